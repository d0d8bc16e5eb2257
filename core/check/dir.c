// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Pass 2: the blocks of all directories, as pass 1 listed them, entry by entry.
 *
 * Names are counted for each inode, and the first directory that names a directory is its
 * parent from then on. What follows an entry that breaks the chain of its block is not looked
 * at: nothing tells where the next one would begin.
 *
 * Rules as in e2fsprogs e2fsck/pass2.c.
 *
 * Locks: none.
 */
#include "priv.h"

#define BG_INODE_UNINIT	0x1
#define AHEAD		16u
#define PROGRESS_EACH	256u

/**
 * struct dir_block - a block being looked at
 * @at: what the list says of it
 * @data: its bytes
 * @off: of the entry under way
 * @nr: number of the entry in the block
 */
struct dir_block {
	const struct chk_dirblk *at;
	const u8 *data;
	u32 off, nr;
};

static bool is_dots(const struct efs_ddirent *de, u32 n)
{
	return de->name_len == n && de->name[0] == '.' && de->name[n - 1] == '.';
}

/* a finding about the entry under way */
static void tell(struct chk *c, const struct dir_block *d, enum efs_check_code code, u32 ino,
		 u64 have, u64 want)
{
	const struct efs_ddirent *de = (const void *)(d->data + d->off);
	struct efs_problem p = {
		.code = code, .dir = d->at->ino, .ino = ino, .blk = d->at->blk,
		.off = ((u64)d->at->lblk << c->geo->block_bits) + d->off,
		.have = have, .want = want,
	};

	if (code != EFS_CHECK_DIR_CHAIN) {
		p.name = de->name;
		p.name_len = de->name_len;
	}
	chk_tell(c, &p);
}

u32 chk_entry_len(const struct chk *c, const u8 *data, u32 off)
{
	const struct efs_ddirent *de = (const void *)(data + off);
	u32 left = c->geo->block_size - off, len;

	if (left < EFS_DIRENT_MIN)
		return 0;
	len = efs_rec_len(de, c->geo->block_size);
	if (len < EFS_DIRENT_MIN || len > left || len % EFS_DIRENT_ALIGN ||
	    len < EFS_DIRENT_LEN(de->name_len))
		return 0;
	return len;
}

/* ---- `.` and `..` ---- */

static void dot(struct chk *c, const struct dir_block *d, u32 len)
{
	const struct efs_ddirent *de = (const void *)(d->data + d->off);
	u32 ino = le32_to_cpu(de->inode);

	/* old kernels compare the NUL behind the name, too */
	if (ino != d->at->ino || !is_dots(de, 1) || de->name[1])
		tell(c, d, EFS_CHECK_DIR_DOT, ino, ino, d->at->ino);
	if (len > 2 * EFS_DIRENT_MIN)
		tell(c, d, EFS_CHECK_DIR_DOT_LONG, ino, len, EFS_DIRENT_MIN);
}

static void dotdot(struct chk *c, const struct dir_block *d)
{
	const struct efs_ddirent *de = (const void *)(d->data + d->off);
	struct chk_inode *ci = chk_inode(c, d->at->ino);

	if (!de->inode || !is_dots(de, 2) || de->name[2])
		tell(c, d, EFS_CHECK_DIR_DOTDOT, le32_to_cpu(de->inode), 0, 0);
	else
		ci->dotdot = le32_to_cpu(de->inode);
}

/* ---- entries in use ---- */

static bool name_ok(const struct efs_ddirent *de)
{
	u32 i;

	for (i = 0; i < de->name_len; i++)
		if (!de->name[i] || de->name[i] == '/')
			return false;
	return i > 0;
}

/* can an entry name this inode? Reserved ones, but for the root, have no names */
static bool nameable(const struct chk *c, u32 ino)
{
	if (ino > c->geo->inodes_count || chk_hidden(c, ino, true))
		return false;
	return ino == EFS_ROOT_INO || ino >= c->geo->first_ino;
}

static void type_of_entry(struct chk *c, const struct dir_block *d, u32 ino)
{
	const struct efs_ddirent *de = (const void *)(d->data + d->off);
	const struct chk_inode *ci = chk_inode(c, ino);
	u8 want = ci->type;

	if (!(c->geo->incompat & EFS_INCOMPAT_FILETYPE))
		want = EFS_FT_UNKNOWN;
	if (de->file_type == want)
		return;
	if (de->file_type || !want)
		tell(c, d, EFS_CHECK_ENTRY_TYPE, ino, de->file_type, want);
	else
		tell(c, d, EFS_CHECK_ENTRY_NO_TYPE, ino, 0, want);
}

/* a name, not one of the two dots at the start, of the inode of @ci */
static int name(struct chk *c, const struct dir_block *d, u32 ino, struct chk_inode *ci)
{
	const struct efs_ddirent *de = (const void *)(d->data + d->off);

	if (ino == d->at->ino || ino == EFS_ROOT_INO) {
		/* in itself, and the root has no name at all */
		tell(c, d, EFS_CHECK_DIR_TWICE, ino, 0, 0);
	} else if (ci->flags & CHK_DIR) {
		if (ci->parent)
			tell(c, d, EFS_CHECK_DIR_TWICE, ino, ci->parent, 0);
		else
			ci->parent = d->at->ino;
	} else if (ci->found) {
		c->res->links++;
	}
	if (is_dots(de, 1) || is_dots(de, 2))
		tell(c, d, EFS_CHECK_ENTRY_DOT, ino, 0, 0);
	return chk_name_add(c, d->at->blk, d->off, de->name, de->name_len);
}

static int used_entry(struct chk *c, const struct dir_block *d, bool dots)
{
	const struct efs_ddirent *de = (const void *)(d->data + d->off);
	u32 ino = le32_to_cpu(de->inode), g;
	struct chk_inode *ci;
	int err = 0;

	if (!nameable(c, ino)) {
		tell(c, d, EFS_CHECK_ENTRY_INODE, ino, 0, 0);
		return 0;
	}
	if (!name_ok(de))
		tell(c, d, EFS_CHECK_ENTRY_NAME, ino, 0, 0);
	g = (ino - 1) / c->geo->inodes_per_group;
	/* it may say more than there are: e2fsck counts back into groups before, but not below 0 */
	if (c->groups[g].flags & BG_INODE_UNINIT ||
	    ino >= (g + 1) * c->geo->inodes_per_group + 1 - c->groups[g].unused)
		tell(c, d, EFS_CHECK_ENTRY_UNINIT, ino, 0, 0);
	ci = chk_inode(c, ino);
	if (!ci || !(ci->flags & CHK_USED)) {
		/* of a group that could not be read nothing is known */
		if (!(c->groups[g].bad & CHK_BAD_TABLE))
			tell(c, d, EFS_CHECK_ENTRY_UNUSED, ino, 0, 0);
		return 0;
	}
	type_of_entry(c, d, ino);
	if (!dots)
		err = name(c, d, ino, ci);
	ci->found++;
	return err;
}

static int look(struct chk *c, const struct chk_dirblk *at, const u8 *data)
{
	struct dir_block d = { .at = at, .data = data };
	u32 len = 0;
	int err = 0;

	for (; d.off < c->geo->block_size && !err; d.off += len, d.nr++) {
		const struct efs_ddirent *de = (const void *)(data + d.off);
		bool dots = !at->lblk && d.nr < 2;

		len = chk_entry_len(c, data, d.off);
		if (!len) {
			tell(c, &d, EFS_CHECK_DIR_CHAIN, 0, 0, 0);
			break;
		}
		if (dots && !d.nr)
			dot(c, &d, len);
		else if (dots)
			dotdot(c, &d);
		if (de->inode)
			err = used_entry(c, &d, dots);
	}
	/* one entry fills it, and that is not `..` */
	if (!at->lblk && d.nr == 1 && !err && len) {
		d.off = 0;
		tell(c, &d, EFS_CHECK_DIR_DOTDOT, 0, 0, 0);
	}
	return err;
}

/* ---- whole directories ---- */

/**
 * struct scan - where pass 2 stands
 * @ino: the directory under way, 0: none yet
 * @wrong: findings before it
 * @b: piece its blocks begin in, @at of that
 * @at: see above
 * @n: blocks of it so far
 * @done: blocks in all
 */
struct scan {
	u32 ino;
	u64 wrong;
	const struct chk_dirblks *b;
	u32 at, n;
	u64 done;
};

static int dir_end(struct chk *c, const struct scan *s)
{
	const struct chk_inode *ci;
	int err;

	if (!s->ino)
		return 0;
	err = chk_names(c, s->ino);
	ci = chk_inode(c, s->ino);
	/* an index of what is broken anyway is no subject */
	if (!err && ci->flags & CHK_INDEX && !(ci->flags & CHK_BROKEN) && s->wrong == c->res->wrong)
		err = chk_index(c, s->ino, s->b, s->at, s->n);
	return err;
}

/* neighbours in the list that are neighbours on the device, in one request */
static void ahead(struct chk *c, const struct chk_dirblks *b, u32 i)
{
	u32 n = 1, blk = b->blk[i].blk;

	if (i % AHEAD && b->blk[i - 1].blk + 1 == blk)
		return;
	while (n < AHEAD && i + n < b->n && b->blk[i + n].blk == blk + n)
		n++;
	efs_buf_ahead(c->sb, blk, n);
}

static int dir_block(struct chk *c, struct scan *s, const struct chk_dirblks *b, u32 i)
{
	const struct chk_dirblk *at = &b->blk[i];
	struct efs_buf *buf;
	int err;

	if (at->ino != s->ino) {
		err = dir_end(c, s);
		if (err)
			return err;
		s->ino = at->ino;
		s->wrong = c->res->wrong;
		s->b = b;
		s->at = i;
		s->n = 0;
	}
	s->n++;
	if (!(s->done++ % PROGRESS_EACH)) {
		err = chk_progress(c, 2, s->done - 1, c->dir_blocks);
		if (err)
			return err;
	}
	ahead(c, b, i);
	err = efs_buf_read(c->sb, at->blk, &buf);
	if (err)
		return err;
	err = look(c, at, efs_buf_data(buf));
	efs_buf_put(buf);
	return err;
}

int chk_dirs(struct chk *c)
{
	struct chk_inode *root = chk_inode(c, EFS_ROOT_INO);
	struct scan s = { 0 };
	const struct chk_dirblks *b;
	u32 i;
	int err = 0;

	if (root)
		root->parent = EFS_ROOT_INO;
	for (b = c->first_blk; b && !err; b = b->next)
		for (i = 0; i < b->n && !err; i++)
			err = dir_block(c, &s, b, i);
	return err ? err : dir_end(c, &s);
}
