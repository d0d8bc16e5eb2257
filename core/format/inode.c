// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Inodes as they lie in the inode table.
 *
 * The first 128 bytes are as in linux/fs/ext2/ext2.h. Behind them a large inode has
 * i_extra_isize bytes of further fields (linux/fs/ext4/ext4.h), which hold for each
 * time two bits that continue the 32-bit seconds beyond 2038 and 30 bits of
 * nanoseconds. A field counts only if it lies wholly inside i_extra_isize: what is
 * behind it may be left over from anything, since in-tree ext2 neither reads nor
 * writes there.
 *
 * Encoding keeps every byte it does not know, unless the slot belongs to a new inode.
 *
 * Locks: none; the engine encodes under the lock of the table's buffer.
 */
#include "format.h"

/* bytes behind the first 128 that must be in use for @field to count */
#define EXTRA_END(field) \
	(offsetof(struct efs_dinode, field) + 4 - EFS_INODE_SIZE_REV0)

#define EPOCH_BITS	2
#define EPOCH_MASK	3u
#define NSEC_MAX	999999999u
#define TIME_MAX_32	0x7fffffffll
#define TIME_MAX_34	0x37fffffffll

static_assert(EXTRA_END(i_crtime_extra) == EFS_EXTRA_TIMES);

/* what a 16-bit volume shows for an id it cannot hold; the kernel's default overflow id */
#define ID_OVERFLOW	65534u

#define FL_FOREIGN	(EFS_FL_EXTENTS | EFS_FL_EA_INODE | EFS_FL_INLINE_DATA)

/* ---- times ---- */

s64 efs_time_max(const struct efs_geo *geo)
{
	return geo->inode_size > EFS_INODE_SIZE_REV0 ? TIME_MAX_34 : TIME_MAX_32;
}

/* @extra: NULL if the inode has no room for one */
static struct efs_time time_decode(__le32 sec, const __le32 *extra)
{
	struct efs_time t = { .sec = (s32)le32_to_cpu(sec), .nsec = 0 };

	if (extra) {
		u32 e = le32_to_cpu(*extra);

		t.sec += (s64)(e & EPOCH_MASK) << 32;
		t.nsec = min(e >> EPOCH_BITS, NSEC_MAX);
	}
	return t;
}

static void time_encode(struct efs_time t, __le32 *sec, __le32 *extra)
{
	s64 top = extra ? TIME_MAX_34 : TIME_MAX_32;
	s64 s = min_t(s64, max_t(s64, t.sec, EFS_TIME_MIN), top);

	*sec = cpu_to_le32((u32)s);
	if (extra)
		*extra = cpu_to_le32((u32)((s - (s32)s) >> 32) |
				     min(t.nsec, NSEC_MAX) << EPOCH_BITS);
}

/* ---- whole inodes ---- */

/* the bytes of an inode's tail that are in use, or a code if that is nonsense */
static enum efs_code extra_size(const struct efs_geo *geo, const struct efs_dinode *di, u16 *size)
{
	*size = 0;
	if (geo->inode_size == EFS_INODE_SIZE_REV0)
		return EFS_C_OK;
	*size = le16_to_cpu(di->i_extra_isize);
	if (*size > geo->inode_size - EFS_INODE_SIZE_REV0 || *size % 4)
		return EFS_C_INO_EXTRA_SIZE;
	return EFS_C_OK;
}

static enum efs_code check_size(const struct efs_geo *geo, const struct efs_attr *attr)
{
	switch (attr->mode & EFS_S_IFMT) {
	case EFS_S_IFREG:
		/* max_size limits what grows here; others may have left longer sparse files */
		if (attr->size > (u64)geo->max_blocks << geo->block_bits)
			return EFS_C_INO_SIZE;
		return EFS_C_OK;
	case EFS_S_IFDIR:
		if (!attr->size || attr->size & (geo->block_size - 1))
			return EFS_C_DIR_SIZE;
		/* directories have no holes, so each block of them is counted */
		if (attr->size >> 9 > attr->sectors)
			return EFS_C_INO_SIZE;
		return EFS_C_OK;
	case EFS_S_IFLNK:
		if (!attr->size || attr->size >= geo->block_size)
			return EFS_C_INO_SIZE;
		return EFS_C_OK;
	case EFS_S_IFCHR:
	case EFS_S_IFBLK:
	case EFS_S_IFIFO:
	case EFS_S_IFSOCK:
		return EFS_C_OK;
	}
	return EFS_C_INO_MODE;
}

static void decode_attr(const struct efs_dinode *di, bool nouid32, struct efs_attr *attr)
{
	attr->mode = le16_to_cpu(di->i_mode);
	attr->nlink = le16_to_cpu(di->i_links_count);
	attr->uid = le16_to_cpu(di->i_uid);
	attr->gid = le16_to_cpu(di->i_gid);
	if (!nouid32) {
		attr->uid |= (u32)le16_to_cpu(di->i_uid_high) << 16;
		attr->gid |= (u32)le16_to_cpu(di->i_gid_high) << 16;
	}
	attr->size = le32_to_cpu(di->i_size);
	if ((attr->mode & EFS_S_IFMT) == EFS_S_IFREG)
		attr->size |= (u64)le32_to_cpu(di->i_size_high) << 32;
	attr->sectors = le32_to_cpu(di->i_blocks);
}

enum efs_code efs_inode_decode(const struct efs_geo *geo, const void *slot, bool nouid32,
			       struct efs_attr *attr, struct efs_iraw *raw)
{
	const struct efs_dinode *di = slot;
	enum efs_code code;
	u16 extra;

	memset(attr, 0, sizeof(*attr));
	memset(raw, 0, sizeof(*raw));
	code = extra_size(geo, di, &extra);
	if (code)
		extra = 0;

	decode_attr(di, nouid32, attr);
	attr->atime = time_decode(di->i_atime,
				  extra >= EXTRA_END(i_atime_extra) ? &di->i_atime_extra : NULL);
	attr->mtime = time_decode(di->i_mtime,
				  extra >= EXTRA_END(i_mtime_extra) ? &di->i_mtime_extra : NULL);
	attr->ctime = time_decode(di->i_ctime,
				  extra >= EXTRA_END(i_ctime_extra) ? &di->i_ctime_extra : NULL);
	if (extra >= EFS_EXTRA_TIMES)
		raw->btime = time_decode(di->i_crtime, &di->i_crtime_extra);

	raw->flags = le32_to_cpu(di->i_flags);
	raw->generation = le32_to_cpu(di->i_generation);
	raw->dtime = le32_to_cpu(di->i_dtime);
	raw->file_acl = le32_to_cpu(di->i_file_acl);
	raw->osd1 = le32_to_cpu(di->i_osd1);
	raw->faddr = le32_to_cpu(di->i_faddr);
	raw->frag = di->i_frag;
	raw->fsize = di->i_fsize;
	raw->extra_isize = extra;
	memcpy(raw->block, di->i_block, sizeof(raw->block));

	/* in a deleted inode only the fact that it is one means anything */
	if (!attr->nlink)
		return EFS_C_OK;
	if (!code)
		code = check_size(geo, attr);
	if (!code && raw->flags & FL_FOREIGN)
		code = EFS_C_INO_FLAGS;
	return code;
}

bool efs_inode_expandable(const struct efs_geo *geo, const void *slot)
{
	const struct efs_dinode *di = slot;
	u32 end = EFS_INODE_SIZE_REV0;
	u16 extra;

	if (geo->inode_size == EFS_INODE_SIZE_REV0 || extra_size(geo, di, &extra) ||
	    extra >= EFS_EXTRA_TIMES)
		return false;
	end += extra;
	return *(const __le32 *)((const u8 *)slot + end) != cpu_to_le32(EFS_XATTR_MAGIC);
}

/* make the tail @size bytes long; what was behind it before is nobody's */
static void grow_tail(const struct efs_geo *geo, struct efs_dinode *di, u16 size)
{
	u32 tail = geo->inode_size - EFS_INODE_SIZE_REV0;
	u32 used = le16_to_cpu(di->i_extra_isize);

	if (used >= size)
		return;
	/* an inode that uses none of its tail does not own i_extra_isize either */
	memset((u8 *)di + EFS_INODE_SIZE_REV0 + used, 0, tail - used);
	di->i_extra_isize = cpu_to_le16(size);
}

static void encode_ids(struct efs_dinode *di, bool nouid32, bool dead, const struct efs_attr *attr)
{
	u32 uid = attr->uid, gid = attr->gid;

	if (nouid32) {
		uid = uid >> 16 ? ID_OVERFLOW : uid;
		gid = gid >> 16 ? ID_OVERFLOW : gid;
	}
	di->i_uid = cpu_to_le16((u16)uid);
	di->i_gid = cpu_to_le16((u16)gid);
	/* a system that knows only 16 bits may use a dead slot again: leave none behind */
	di->i_uid_high = cpu_to_le16(dead ? 0 : (u16)(uid >> 16));
	di->i_gid_high = cpu_to_le16(dead ? 0 : (u16)(gid >> 16));
}

void efs_inode_encode(const struct efs_geo *geo, void *slot, bool nouid32, bool fresh,
		      const struct efs_attr *attr, const struct efs_iraw *raw)
{
	struct efs_dinode *di = slot;
	u16 extra = raw->extra_isize;

	if (fresh)
		memset(slot, 0, geo->inode_size);
	if (geo->inode_size > EFS_INODE_SIZE_REV0)
		grow_tail(geo, di, extra);

	di->i_mode = cpu_to_le16(attr->mode);
	di->i_links_count = cpu_to_le16((u16)attr->nlink);
	encode_ids(di, nouid32, raw->dtime != 0, attr);
	di->i_size = cpu_to_le32((u32)attr->size);
	if ((attr->mode & EFS_S_IFMT) == EFS_S_IFREG)
		di->i_size_high = cpu_to_le32((u32)(attr->size >> 32));
	di->i_blocks = cpu_to_le32(min_t(u64, attr->sectors, 0xffffffffu));

	time_encode(attr->atime, &di->i_atime,
		    extra >= EXTRA_END(i_atime_extra) ? &di->i_atime_extra : NULL);
	time_encode(attr->mtime, &di->i_mtime,
		    extra >= EXTRA_END(i_mtime_extra) ? &di->i_mtime_extra : NULL);
	time_encode(attr->ctime, &di->i_ctime,
		    extra >= EXTRA_END(i_ctime_extra) ? &di->i_ctime_extra : NULL);
	if (extra >= EFS_EXTRA_TIMES)
		time_encode(raw->btime, &di->i_crtime, &di->i_crtime_extra);

	di->i_flags = cpu_to_le32(raw->flags);
	di->i_generation = cpu_to_le32(raw->generation);
	di->i_dtime = cpu_to_le32(raw->dtime);
	di->i_file_acl = cpu_to_le32(raw->file_acl);
	di->i_osd1 = cpu_to_le32(raw->osd1);
	di->i_faddr = cpu_to_le32(raw->faddr);
	di->i_frag = raw->frag;
	di->i_fsize = raw->fsize;
	memcpy(di->i_block, raw->block, sizeof(di->i_block));
}

/* ---- device numbers and types ---- */

void efs_dev_encode(__le32 *block, u32 major, u32 minor)
{
	if (major < 256 && minor < 256) {
		block[0] = cpu_to_le32(major << 8 | minor);
		block[1] = 0;
		return;
	}
	block[0] = 0;
	block[1] = cpu_to_le32((minor & 0xff) | (major & 0xfff) << 8 | (minor & 0xfff00) << 12);
	block[2] = 0;
}

void efs_dev_decode(const __le32 *block, u32 *major, u32 *minor)
{
	u32 dev = le32_to_cpu(block[0]);

	if (dev) {
		*major = dev >> 8 & 0xff;
		*minor = dev & 0xff;
		return;
	}
	dev = le32_to_cpu(block[1]);
	*major = dev >> 8 & 0xfff;
	*minor = (dev & 0xff) | (dev >> 12 & 0xfff00);
}

u8 efs_mode_ftype(u16 mode)
{
	switch (mode & EFS_S_IFMT) {
	case EFS_S_IFREG:
		return EFS_FT_REG;
	case EFS_S_IFDIR:
		return EFS_FT_DIR;
	case EFS_S_IFCHR:
		return EFS_FT_CHR;
	case EFS_S_IFBLK:
		return EFS_FT_BLK;
	case EFS_S_IFIFO:
		return EFS_FT_FIFO;
	case EFS_S_IFSOCK:
		return EFS_FT_SOCK;
	case EFS_S_IFLNK:
		return EFS_FT_LNK;
	}
	return EFS_FT_UNKNOWN;
}

u16 efs_ftype_mode(u8 ftype)
{
	static const u16 mode[EFS_FT_MAX] = {
		[EFS_FT_REG] = EFS_S_IFREG,
		[EFS_FT_DIR] = EFS_S_IFDIR,
		[EFS_FT_CHR] = EFS_S_IFCHR,
		[EFS_FT_BLK] = EFS_S_IFBLK,
		[EFS_FT_FIFO] = EFS_S_IFIFO,
		[EFS_FT_SOCK] = EFS_S_IFSOCK,
		[EFS_FT_LNK] = EFS_S_IFLNK,
	};

	return ftype < EFS_FT_MAX ? mode[ftype] : 0;
}
