// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Pass 1: every slot of every inode table.
 *
 * Which inodes are in use is told by their link counts; reserved ones are in use always. What
 * a type demands is checked here, maps are walked in map.c, attributes in xattr.c.
 *
 * The rules, which fields count for which type, and in which order they are asked, are those
 * of e2fsprogs e2fsck/pass1.c; fields in which ext2 has nothing must be 0.
 *
 * Locks: none.
 */
#include "priv.h"

#define USER_QUOTA_INO	3
#define GROUP_QUOTA_INO	4
#define BOOT_INO	5
#define JOURNAL_INO	8

#define RO_COMPAT_HUGE_FILE	0x8	/* block counts of 48 bits */

/* ext4; in an ext2 nothing has them */
#define FL_CASEFOLD	0x40000000u
#define FL_ENCRYPT	0x00000800u
#define FL_VERITY	0x00100000u

#define FL_FOREIGN	(EFS_FL_EXTENTS | EFS_FL_INLINE_DATA | FL_CASEFOLD | FL_ENCRYPT)
#define FL_FIXED	(EFS_FL_IMMUTABLE | EFS_FL_APPEND)

#define MIN_EXTRA_SIZE	4
/* both bits of an epoch, which with a negative second is beyond 2310 */
#define EPOCH_MASK	3u

#define TABLE_AHEAD	32u

static u16 type_of(const struct efs_dinode *di)
{
	return le16_to_cpu(di->i_mode) & EFS_S_IFMT;
}

static u64 size_of(const struct efs_dinode *di)
{
	return le32_to_cpu(di->i_size) | (u64)le32_to_cpu(di->i_size_high) << 32;
}

static bool hurd(const struct chk *c)
{
	return c->geo->creator == EFS_OS_HURD;
}

/* ---- words ---- */

static void times(struct chk *c, u32 ino, const struct efs_dinode *di)
{
	const __le32 t[][2] = {
		{ di->i_atime, di->i_atime_extra }, { di->i_ctime, di->i_ctime_extra },
		{ di->i_mtime, di->i_mtime_extra }, { di->i_crtime, di->i_crtime_extra },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		if (le32_to_cpu(t[i][0]) >> 31 &&
		    (le32_to_cpu(t[i][1]) & EPOCH_MASK) == EPOCH_MASK) {
			CHK_TELL(c, INODE_TIME, .ino = ino);
			return;
		}
	}
}

/* what is behind the first 128 bytes */
static void tail(struct chk *c, u32 ino, const struct efs_dinode *di)
{
	u32 room = c->geo->inode_size - EFS_INODE_SIZE_REV0, used;

	if (!room)
		return;
	used = le16_to_cpu(di->i_extra_isize);
	if (used && (used < MIN_EXTRA_SIZE || used > room || used % 4)) {
		CHK_TELL(c, INODE_EXTRA_SIZE, .ino = ino, .have = used);
		return;
	}
	/* no place for attributes, so e2fsck looks no further */
	if (used >= room - 4)
		return;
	chk_xattr_body(c, ino, di);
	times(c, ino, di);
}

/* fields that others have, or that only some types have */
static void words(struct chk *c, u32 ino, const struct efs_dinode *di)
{
	/* Hurd keeps the size of fragments there, others the high half of the block count */
	bool high = di->i_frag || di->i_fsize;
	bool acl = !hurd(c) && di->i_mode_high;

	if (c->geo->creator != EFS_OS_LINUX && !hurd(c)) {
		high = false;
		acl = false;
	}
	if (c->geo->ro_compat & RO_COMPAT_HUGE_FILE)
		high = false;
	if (di->i_faddr || high || acl || (type_of(di) == EFS_S_IFDIR && di->i_size_high))
		CHK_TELL(c, INODE_WORDS, .ino = ino);
}

static void flags(struct chk *c, u32 ino, const struct efs_dinode *di)
{
	u32 fl = le32_to_cpu(di->i_flags), no = fl & FL_FOREIGN;

	if (fl & EFS_FL_IMAGIC && !(c->geo->compat & EFS_COMPAT_IMAGIC_INODES))
		no |= EFS_FL_IMAGIC;
	if (no)
		CHK_TELL(c, INODE_FLAGS, .ino = ino, .have = no);
	/* e2fsck does not mind; no kernel lets such a file be opened by its name */
	if (fl & EFS_FL_EA_INODE)
		CHK_TELL(c, INODE_VALUE, .ino = ino, .have = fl);
}

/* ---- types ---- */

/* devices, pipes, sockets: nothing but a device number */
static void special(struct chk *c, u32 ino, const struct efs_dinode *di)
{
	u32 fl = le32_to_cpu(di->i_flags), i;
	bool words = false;

	for (i = 4; i < EFS_NBLOCKS; i++)
		words |= di->i_block[i] != 0;
	/* other words than the number are left over from anything, but not with these flags */
	if (fl & EFS_FL_INDEX || (fl & FL_FIXED && words))
		CHK_TELL(c, INODE_DEVICE, .ino = ino, .have = fl);
	else if (fl & FL_FIXED)
		CHK_TELL(c, INODE_IMMUTABLE, .ino = ino, .have = fl & FL_FIXED);
	if (size_of(di))
		CHK_TELL(c, INODE_SIZE, .ino = ino, .have = size_of(di));
	c->res->specials++;
}

static u32 text_len(const u8 *p, u32 max)
{
	u32 n = 0;

	while (n < max && p[n])
		n++;
	return n;
}

/* is there a target of the size it says, in the inode or in one block? */
static int link_target(struct chk *c, const struct efs_dinode *di, bool *good)
{
	const u32 fast = sizeof(di->i_block);
	u32 size = le32_to_cpu(di->i_size), blk = le32_to_cpu(di->i_block[0]), i;
	struct efs_buf *b;
	int err;

	*good = false;
	if (di->i_size_high || !size || le32_to_cpu(di->i_flags) & (EFS_FL_INDEX | EFS_FL_EXTENTS))
		return 0;
	if (size < fast) {
		*good = text_len((const u8 *)di->i_block, fast) == size;
		return 0;
	}
	for (i = 1; i < EFS_NBLOCKS; i++)
		if (di->i_block[i])
			return 0;
	if (!chk_in_volume(c, blk))
		return 0;
	err = efs_buf_read(c->sb, blk, &b);
	if (err)
		return err;
	*good = size < c->geo->block_size &&
		text_len(efs_buf_data(b), c->geo->block_size) == size;
	efs_buf_put(b);
	return 0;
}

static int symlink(struct chk *c, u32 ino, const struct efs_dinode *di)
{
	u32 fl = le32_to_cpu(di->i_flags);
	bool good;
	int err = link_target(c, di, &good);

	if (err)
		return err;
	if (!good)
		CHK_TELL(c, INODE_LINK, .ino = ino, .have = size_of(di));
	else if (fl & FL_FIXED)
		CHK_TELL(c, INODE_IMMUTABLE, .ino = ino, .have = fl & FL_FIXED);
	c->res->symlinks++;
	return 0;
}

static int by_type(struct chk *c, u32 ino, const struct efs_dinode *di, struct chk_inode *ci)
{
	switch (ci->type) {
	case EFS_FT_REG:
		c->res->files++;
		return 0;
	case EFS_FT_DIR:
		c->res->dirs++;
		ci->flags |= CHK_DIR;
		return 0;
	case EFS_FT_LNK:
		return symlink(c, ino, di);
	case EFS_FT_UNKNOWN:
		CHK_TELL(c, INODE_MODE, .ino = ino, .have = le16_to_cpu(di->i_mode));
		return 0;
	}
	special(c, ino, di);
	return 0;
}

/* ---- maps ---- */

/*
 * Does the inode have a map? Without attributes the block count tells whether a symbolic
 * link has one, with them its size (e2fsprogs lib/ext2fs/valid_blk.c).
 */
static bool has_map(const struct efs_dinode *di)
{
	switch (type_of(di)) {
	case EFS_S_IFREG:
	case EFS_S_IFDIR:
		return !(le32_to_cpu(di->i_flags) & EFS_FL_INLINE_DATA);
	case EFS_S_IFLNK:
		if (!di->i_file_acl)
			return di->i_blocks;
		return le32_to_cpu(di->i_size) >= sizeof(di->i_block) ||
		       (le32_to_cpu(di->i_size) > 4 && !di->i_block[1]);
	}
	return false;
}

/* a directory is as long as its blocks, but for those set aside for it */
static bool dir_size_ok(const struct chk *c, const struct chk_file *f)
{
	u32 blocks = (u32)(f->size >> c->geo->block_bits);

	if (f->size & (c->geo->block_size - 1) || blocks > f->end)
		return false;
	return f->end - blocks <= c->ds->s_prealloc_dir_blocks;
}

/* the last block may lie just behind the size */
static bool size_ok(const struct chk *c, const struct chk_file *f)
{
	u64 p = c->geo->ptrs, most = EFS_NDIR + p + p * p + p * p * p;

	if (f->end && f->size < (f->end - 1) << c->geo->block_bits &&
	    !(le32_to_cpu(f->di->i_flags) & FL_VERITY))
		return false;
	return f->size <= most << c->geo->block_bits;
}

static void sizes(struct chk *c, const struct chk_file *f)
{
	u64 sectors = f->blocks * (c->geo->block_size / 512);
	u64 most = (u64)c->geo->max_blocks << c->geo->block_bits;

	if (f->cut)
		return;
	if (f->dir && !f->blocks) {
		CHK_TELL(c, DIR_EMPTY, .ino = f->ino);
		return;
	}
	if (type_of(f->di) != EFS_S_IFLNK && !(f->dir ? dir_size_ok(c, f) : size_ok(c, f)))
		CHK_TELL(c, INODE_SIZE, .ino = f->ino, .have = f->size,
			 .want = f->end << c->geo->block_bits);
	/* e2fsck asks no more than whether the levels of a map could lead there */
	else if (f->reg && f->size > most)
		CHK_TELL(c, INODE_HUGE, .ino = f->ino, .have = f->size, .want = most);
	if (!hurd(c) && sectors != le32_to_cpu(f->di->i_blocks))
		CHK_TELL(c, INODE_BLOCKS, .ino = f->ino, .have = le32_to_cpu(f->di->i_blocks),
			 .want = sectors);
}

static int blocks(struct chk *c, u32 ino, const struct efs_dinode *di, struct chk_inode *ci)
{
	struct chk_file f = {
		.di = di, .ino = ino, .size = size_of(di),
		.dir = type_of(di) == EFS_S_IFDIR, .reg = type_of(di) == EFS_S_IFREG,
	};
	u32 fl = le32_to_cpu(di->i_flags);
	int err = chk_xattr_block(c, &f);

	if (!err && has_map(di))
		err = chk_map(c, &f);
	if (err)
		return err;
	if (f.dir && f.cut)
		ci->flags |= CHK_BROKEN;
	if (fl & EFS_FL_INDEX && (!f.dir || !(c->geo->compat & EFS_COMPAT_DIR_INDEX)))
		CHK_TELL(c, INDEX_FLAG, .ino = ino);
	else if (fl & EFS_FL_INDEX)
		ci->flags |= CHK_INDEX;
	sizes(c, &f);
	c->large |= f.reg && f.size > 0x7fffffff;
	c->res->fragmented += f.reg && f.pieces && ino >= c->geo->first_ino;
	return 0;
}

/* ---- reserved inodes ---- */

/* no file: a list of blocks that cannot be used */
static int bad_blocks(struct chk *c, const struct efs_dinode *di)
{
	struct chk_file f = { .di = di, .ino = EFS_BAD_INO };

	if (di->i_mode || di->i_uid || di->i_gid || di->i_links_count || di->i_file_acl)
		CHK_TELL(c, INODE_BAD, .ino = EFS_BAD_INO);
	return chk_map(c, &f);
}

/* 1: nothing more is asked of the inode */
static int reserved(struct chk *c, u32 ino, const struct efs_dinode *di, struct chk_inode *ci)
{
	u16 mode = le16_to_cpu(di->i_mode), type = type_of(di);
	bool clear = !di->i_links_count && !di->i_blocks && !di->i_block[0];
	int err = 0;

	ci->flags |= CHK_USED;
	switch (ino) {
	case EFS_BAD_INO:
		err = bad_blocks(c, di);
		return err ? err : 1;
	case EFS_ROOT_INO:
		if (type != EFS_S_IFDIR || !di->i_links_count)
			CHK_TELL(c, INODE_ROOT, .ino = ino, .have = mode);
		return 0;
	case JOURNAL_INO:
		if (le32_to_cpu(c->ds->s_journal_inum) != JOURNAL_INO)
			break;
		if (type != EFS_S_IFREG)
			CHK_TELL(c, INODE_RESERVED, .ino = ino, .have = mode);
		err = blocks(c, ino, di, ci);
		return err ? err : 1;
	case USER_QUOTA_INO:
	case GROUP_QUOTA_INO:
		break;
	default:
		if (ino == EFS_RESIZE_INO)
			err = chk_resize(c, di);
		if (ino == BOOT_INO ? type == EFS_S_IFDIR :
		    ino == EFS_RESIZE_INO ? mode && type != EFS_S_IFREG : mode)
			CHK_TELL(c, INODE_RESERVED, .ino = ino, .have = mode);
		if (!err)
			err = blocks(c, ino, di, ci);
		return err ? err : 1;
	}
	if (!clear)
		CHK_TELL(c, INODE_RESERVED, .ino = ino, .have = mode);
	return 0;
}

/* ---- one inode ---- */

/* an inode without links: deleted, never used, or reserved */
static void deleted(struct chk *c, u32 ino, const struct efs_dinode *di)
{
	if (ino >= c->geo->first_ino && !di->i_dtime && di->i_mode)
		CHK_TELL(c, INODE_NO_DTIME, .ino = ino);
}

static int one_inode(struct chk *c, u32 ino, const struct efs_dinode *di)
{
	u32 dtime = le32_to_cpu(di->i_dtime);
	struct chk_inode *ci;
	int err = 0;

	if (c->low_dtime && dtime && dtime < c->geo->inodes_count)
		CHK_TELL(c, INODE_ORPHAN, .ino = ino, .have = dtime);
	if (!di->i_links_count && ino >= c->geo->first_ino) {
		deleted(c, ino, di);
		return 0;
	}
	ci = chk_inode_make(c, ino);
	if (!ci)
		return -ENOMEM;
	ci->says = le16_to_cpu(di->i_links_count);
	ci->type = efs_mode_ftype(le16_to_cpu(di->i_mode));
	if (di->i_links_count)
		flags(c, ino, di);
	if (ino < c->geo->first_ino)
		err = reserved(c, ino, di, ci);
	if (err)
		return err < 0 ? err : 0;
	if (!di->i_links_count)
		return 0;

	ci->flags |= CHK_USED;
	if (chk_hidden(c, ino, false))
		CHK_TELL(c, INODE_RESERVED, .ino = ino, .have = le16_to_cpu(di->i_mode));
	if (dtime)
		CHK_TELL(c, INODE_DTIME, .ino = ino, .have = dtime);
	if (le32_to_cpu(di->i_flags) & EFS_FL_IMAGIC && c->geo->compat & EFS_COMPAT_IMAGIC_INODES)
		ci->flags |= CHK_IMAGIC;
	words(c, ino, di);
	tail(c, ino, di);
	err = by_type(c, ino, di, ci);
	return err ? err : blocks(c, ino, di, ci);
}

/* the slots of one block; @ino: of the first */
static int table_block(struct chk *c, u32 blk, u32 ino, u32 n)
{
	struct efs_buf *b;
	const u8 *at;
	int err = efs_buf_read(c->sb, blk, &b);

	if (err)
		return err;
	for (at = efs_buf_data(b); n && !err; n--, ino++, at += c->geo->inode_size)
		err = one_inode(c, ino, (const void *)at);
	efs_buf_put(b);
	return err;
}

static int table(struct chk *c, u32 g)
{
	const struct efs_geo *geo = c->geo;
	u32 left = geo->inodes_per_group, ino = g * geo->inodes_per_group + 1, i;
	int err = 0;

	for (i = 0; i < geo->itable_blocks && !err; i++) {
		u32 n = min_t(u32, left, geo->inodes_per_block);

		if (i % TABLE_AHEAD == 0)
			efs_buf_ahead(c->sb, c->groups[g].table + i,
				      min_t(u32, TABLE_AHEAD, geo->itable_blocks - i));
		err = table_block(c, c->groups[g].table + i, ino, n);
		ino += n;
		left -= n;
	}
	return err;
}

int chk_inodes(struct chk *c)
{
	u32 g;
	int err;

	for (g = 0; g < c->geo->groups; g++) {
		err = chk_progress(c, 1, g, c->geo->groups);
		if (!err && !(c->groups[g].bad & CHK_BAD_TABLE))
			err = table(c, g);
		if (err)
			return err;
	}
	chk_xattr_counts(c);
	if (c->large && !(c->geo->ro_compat & EFS_RO_COMPAT_LARGE_FILE))
		CHK_TELL(c, SUPER_LARGE_FILE);
	if (c->large && c->geo->rev == EFS_REV_GOOD_OLD)
		CHK_TELL(c, SUPER_REVISION);
	return chk_progress(c, 1, g, c->geo->groups);
}
