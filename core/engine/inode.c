// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Inodes between the inode table and memory, and their end.
 *
 * Attributes every home knows (mode, ids, size, times, links) live in the home's inode
 * and pass through struct efs_attr; the rest lives in struct efs_inode. Loading
 * validates all that can be told without reading further blocks, so nobody checks it
 * again. Storing reads the attributes under the lock of the table's buffer: of two
 * stores the later one always carries the newer values.
 *
 * Inodes of a volume that in-tree ext2 wrote have room for wide times but do not use it
 * (EFS_I_EXPAND); the first store takes that room.
 *
 * Deleting: dtime and cleared map -> ORDER -> block bits, attribute block -> inode bit.
 * Until the cleared inode is written its number must not be given to anyone else, so
 * whatever fails before that point leaves the inode bit set, for e2fsck to clear.
 *
 * Locks: none held by callers but what efs.h says; the buffer lock while a slot is
 * encoded, which also protects EFS_I_NEW and EFS_I_EXPAND of a visible inode.
 */
#include "efs.h"

/* sizes from here on need LARGE_FILE */
#define LARGE_SIZE 0x80000000u

/* of the inode table, read in one request where inodes are met in order */
#define AHEAD_BYTES (64u << 10)

/* bytes of block[], the longest fast symbolic link and its NUL */
#define FAST_SIZE (EFS_NBLOCKS * (u32)sizeof(__le32))

void efs_inode_init(struct efs_sb *sb, struct efs_inode *ei)
{
	ei->sb = sb;
	efs_rwsem_init(&ei->xattr_lock);
	efs_rwsem_init(&ei->map_lock);
	efs_spin_init(&ei->win_lock);
	efs_list_init(&ei->win_link);
}

void efs_inode_release(struct efs_inode *ei)
{
	efs_window_discard(ei);
}

/* block of the inode table that holds @ino, and where in it */
static u32 slot_block(const struct efs_sb *sb, u32 ino, u32 *off)
{
	u32 g = (ino - 1) / sb->geo.inodes_per_group;
	u32 byte = ((ino - 1) % sb->geo.inodes_per_group) << sb->geo.inode_bits;

	*off = byte & (sb->geo.block_size - 1);
	return sb->groups[g].inode_table + (byte >> sb->geo.block_bits);
}

void efs_inode_ahead(struct efs_sb *sb, u32 ino)
{
	const struct efs_geo *geo = &sb->geo;
	u32 g = (ino - 1) / geo->inodes_per_group, off, at;
	u32 n = max_t(u32, AHEAD_BYTES >> geo->block_bits, 1);

	at = slot_block(sb, ino, &off) - sb->groups[g].inode_table;
	if (!off && at % n == 0)
		efs_buf_ahead(sb, sb->groups[g].inode_table + at,
			      min_t(u32, n, geo->itable_blocks - at));
}

/* ---- loading ---- */

static bool link_target_ok(const struct efs_attr *attr, const struct efs_iraw *raw)
{
	const char *target = (const char *)raw->block;
	u32 i;

	if (attr->size >= FAST_SIZE)
		return false;
	for (i = 0; i < attr->size; i++)
		if (!target[i])
			return false;
	return true;
}

/* what efs_inode_decode() cannot know: the rest of the volume */
static enum efs_code check_inode(const struct efs_sb *sb, u32 ino, const struct efs_attr *attr,
				 const struct efs_iraw *raw)
{
	u16 type = attr->mode & EFS_S_IFMT;
	u32 attr_sectors = raw->file_acl ? 1u << (sb->geo.block_bits - 9) : 0;

	if (ino == EFS_ROOT_INO && type != EFS_S_IFDIR)
		return EFS_C_INO_ROOT;
	/* without holes a directory fits the volume; a wild size would cost an endless search */
	if (type == EFS_S_IFDIR && attr->size >> sb->geo.block_bits > sb->geo.blocks_count)
		return EFS_C_INO_SIZE;
	if (raw->file_acl && !efs_data_ok(sb, raw->file_acl, 1))
		return EFS_C_INO_FILE_ACL;
	/* the same test as in efs_symlink_is_fast() */
	if (type == EFS_S_IFLNK && attr->sectors == attr_sectors && !link_target_ok(attr, raw))
		return EFS_C_INO_LINK_TARGET;
	return EFS_C_OK;
}

static void adopt(struct efs_inode *ei, u32 ino, const struct efs_iraw *raw)
{
	ei->ino = ino;
	ei->flags = raw->flags;
	ei->generation = raw->generation;
	ei->dtime = raw->dtime;
	ei->file_acl = raw->file_acl;
	ei->osd1 = raw->osd1;
	ei->faddr = raw->faddr;
	ei->frag = raw->frag;
	ei->fsize = raw->fsize;
	ei->extra_isize = raw->extra_isize;
	ei->btime = raw->btime;
	memcpy(ei->block, raw->block, sizeof(ei->block));
}

/* bytes of fields behind the first 128 after the next store */
static u32 extra_size(const struct efs_inode *ei)
{
	return ei->state & EFS_I_EXPAND ? EFS_EXTRA_ISIZE : READ_ONCE(ei->extra_isize);
}

/* bytes behind these; without fields there is not even one that says where they end */
static u32 tail_size(const struct efs_inode *ei)
{
	u32 extra = extra_size(ei);

	return extra ? ei->sb->geo.inode_size - EFS_INODE_SIZE_REV0 - extra : 0;
}

/* the other way round, as it will be on disk */
static void collect(const struct efs_inode *ei, struct efs_iraw *raw)
{
	u32 i;

	raw->flags = ei->flags;
	raw->generation = ei->generation;
	raw->dtime = ei->dtime;
	raw->file_acl = READ_ONCE(ei->file_acl);
	raw->osd1 = ei->osd1;
	raw->faddr = ei->faddr;
	raw->frag = ei->frag;
	raw->fsize = ei->fsize;
	raw->extra_isize = (u16)extra_size(ei);
	raw->btime = ei->btime;
	/* without map_lock, which a caller may hold: each pointer is right by itself */
	for (i = 0; i < EFS_NBLOCKS; i++)
		raw->block[i] = READ_ONCE(ei->block[i]);
}

int efs_inode_load(struct efs_sb *sb, u32 ino, bool stale_ok, struct efs_inode *ei)
{
	struct efs_attr attr;
	struct efs_iraw raw;
	struct efs_buf *b;
	enum efs_code code;
	bool expand;
	u32 off, blk;
	int err;

	if (ino != EFS_ROOT_INO && (ino < sb->geo.first_ino || ino > sb->geo.inodes_count))
		return stale_ok ? -ESTALE : efs_bad(sb, EFS_C_INO_RANGE, ino, 0, 0);

	efs_inode_ahead(sb, ino);
	blk = slot_block(sb, ino, &off);
	err = efs_buf_read(sb, blk, &b);
	if (err)
		return err;
	code = efs_inode_decode(&sb->geo, (u8 *)efs_buf_data(b) + off, sb->nouid32, &attr, &raw);
	expand = efs_inode_expandable(&sb->geo, (u8 *)efs_buf_data(b) + off);
	efs_buf_put(b);

	/* a file handle may also lead to what a power cut left of an unnamed file */
	if (!attr.nlink && stale_ok)
		return -ESTALE;
	if (!attr.nlink)
		code = !attr.mode || raw.dtime ? EFS_C_INO_FREED : EFS_C_INO_NLINK;
	if (!code)
		code = check_inode(sb, ino, &attr, &raw);
	if (code)
		return efs_bad(sb, code, ino, blk, off);

	adopt(ei, ino, &raw);
	/* a time left in a living inode; on the disk it goes with the next store */
	ei->dtime = 0;
	ei->state = expand ? EFS_I_EXPAND : 0;
	efs_i_attr_set(ei, &attr);
	return 0;
}

/* ---- storing ---- */

static bool large_file_missing(const struct efs_sb *sb)
{
	return !(READ_ONCE(sb->geo.ro_compat) & EFS_RO_COMPAT_LARGE_FILE) ||
	       READ_ONCE(sb->geo.rev) == EFS_REV_GOOD_OLD;
}

/*
 * Encode into the slot, under its buffer's lock; with @tail, if it is not NULL. False if a
 * size was met that the superblock must announce first: it may have grown since the caller
 * looked.
 */
static bool encode_slot(struct efs_inode *ei, struct efs_buf *b, u32 off, const u8 *tail)
{
	struct efs_sb *sb = ei->sb;
	u8 *slot = (u8 *)efs_buf_data(b) + off;
	struct efs_attr attr;
	struct efs_iraw raw;
	u32 len;
	bool fit;

	efs_buf_lock(b);
	efs_i_attr_get(ei, &attr);
	fit = (attr.mode & EFS_S_IFMT) != EFS_S_IFREG || attr.size < LARGE_SIZE ||
	      !large_file_missing(sb);
	if (fit) {
		collect(ei, &raw);
		len = tail ? tail_size(ei) : 0;
		efs_inode_encode(&sb->geo, slot, sb->nouid32, ei->state & EFS_I_NEW, &attr, &raw);
		if (len)
			memcpy(slot + sb->geo.inode_size - len, tail, len);
		WRITE_ONCE(ei->extra_isize, raw.extra_isize);
		ei->state &= ~(EFS_I_NEW | EFS_I_EXPAND);
	}
	efs_buf_unlock(b);
	return fit;
}

static int store(struct efs_inode *ei, struct efs_inode *order, bool wait, const u8 *tail,
		 bool *stored)
{
	struct efs_sb *sb = ei->sb;
	struct efs_buf *b;
	u32 off;
	int err = 0;

	*stored = false;
	/* a shutdown stops new changes; this one has happened already */
	if (READ_ONCE(sb->state) & EFS_SB_RDONLY)
		return -EROFS;
	err = efs_buf_read(sb, slot_block(sb, ei->ino, &off), &b);
	if (err)
		return err;
	while (!err && !encode_slot(ei, b, off, tail))
		err = efs_need_large_file(sb);
	if (!err) {
		*stored = true;
		efs_buf_dirty(sb, NULL, b);
		if (order)
			err = efs_order(order, b);
		if (!err && wait)
			err = efs_buf_sync(b);
	}
	efs_buf_put(b);
	return err;
}

int efs_inode_store(struct efs_inode *ei, struct efs_inode *order, bool wait)
{
	bool stored;

	return store(ei, order, wait, NULL, &stored);
}

int efs_inode_store_tail(struct efs_inode *ei, const u8 *tail, bool *stored)
{
	return store(ei, ei, false, tail, stored);
}

int efs_inode_tail(struct efs_inode *ei, struct efs_buf **b, u8 **tail, u32 *len)
{
	struct efs_sb *sb = ei->sb;
	u32 off;
	int err;

	*b = NULL;
	*len = 0;
	if (sb->geo.inode_size == EFS_INODE_SIZE_REV0)
		return 0;
	err = efs_buf_read(sb, slot_block(sb, ei->ino, &off), b);
	if (err)
		return err;
	efs_buf_lock(*b);
	*len = tail_size(ei);
	if (*len && !(ei->state & (EFS_I_NEW | EFS_I_EXPAND))) {
		*tail = (u8 *)efs_buf_data(*b) + off + sb->geo.inode_size - *len;
		return 0;
	}
	/* what nobody wrote yet is nobody's */
	efs_buf_unlock(*b);
	efs_buf_put(*b);
	*b = NULL;
	return 0;
}

/* ---- deleting ---- */

/*
 * Deletion times below the number of inodes are taken for links of the orphan list, by
 * e2fsck and by ext4; a machine without a clock must not produce them.
 */
static u32 deletion_time(struct efs_sb *sb)
{
	u32 nsec;

	return max_t(u32, (u32)efs_now(sb, &nsec), sb->geo.inodes_count);
}

/* are there blocks below block[], and not a device number or a link's target? */
static bool has_map(const struct efs_inode *ei)
{
	u16 type = efs_i_mode(ei) & EFS_S_IFMT;

	return type == EFS_S_IFREG || type == EFS_S_IFDIR ||
	       (type == EFS_S_IFLNK && !efs_symlink_is_fast(ei));
}

static bool map_empty(const struct efs_inode *ei)
{
	u32 i;

	for (i = 0; i < EFS_NBLOCKS; i++)
		if (ei->block[i])
			return false;
	return true;
}

int efs_evict(struct efs_inode *ei)
{
	struct efs_sb *sb = ei->sb;
	u32 attr_block = ei->file_acl;
	bool mapped = has_map(ei);
	int err, first = 0;

	efs_window_discard(ei);
	err = efs_writable(sb);
	if (err)
		return err;

	ei->dtime = deletion_time(sb);
	efs_i_size_set(ei, 0);
	ei->file_acl = 0;
	if (mapped)
		first = efs_truncate(ei, 0);
	if (attr_block)
		efs_i_sectors_add(ei, -min_t(s64, efs_i_sectors(ei),
					     1 << (sb->geo.block_bits - 9)));
	err = efs_inode_store(ei, ei, false);
	if (err || (mapped && !map_empty(ei)))
		return first ? first : err;

	if (attr_block)
		err = efs_ea_drop(sb, ei->ino, attr_block);
	if (!first)
		first = err;
	err = efs_inode_free(sb, ei->ino, efs_is_dir(ei));
	return first ? first : err;
}
