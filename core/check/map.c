// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Pass 1: the block map of one file. Every block of it becomes "in use"; those of a
 * directory are listed for pass 2.
 *
 * A block that is in use already has two users, or is metadata. An indirect block among
 * those is not read: whoever had it first has been through it. So each one is walked once,
 * and a map that leads round in circles ends, too.
 *
 * Limits of files are those that e2fsprogs e2fsck/pass1.c has: 2^31 bytes in units of
 * blocks for all, 2^31 bytes of a directory.
 *
 * Locks: none.
 */
#include "priv.h"

/**
 * struct level - an indirect block being walked
 * @b: its buffer
 * @i: next pointer in it
 */
struct level {
	struct efs_buf *b;
	u32 i;
};

static u64 span(const struct chk *c, u32 depth)
{
	return 1ull << (depth * c->geo->ptrs_bits);
}

/* metadata has its place in the group it lies in, or is none (which is told elsewhere) */
static bool metadata(const struct chk *c, u32 blk)
{
	u32 g = chk_group_of(c, blk);
	const struct chk_group *grp = &c->groups[g];

	return blk - efs_group_first(c->geo, g) < efs_group_base_len(c->geo, g) ||
	       blk == grp->bitmap || blk == grp->inode_bitmap ||
	       blk - grp->table < c->geo->itable_blocks;
}

/* is a block at this place in such a file possible at all? */
static bool possible(const struct chk *c, const struct chk_file *f, u64 lblk, bool data)
{
	u32 bits = c->geo->block_bits - EFS_MIN_BLOCK_BITS;

	if ((f->dir || f->reg) && f->blocks + 1 >= 1u << (31 - bits))
		return false;
	if (!data || f->reg)
		return true;
	if (f->dir)
		return lblk <= 1u << (21 - bits) || f->di->i_size_high;
	/* a symbolic link has one block, the lists of reserved inodes any number */
	return !lblk || f->ino == EFS_BAD_INO;
}

static int list_dir_block(struct chk *c, const struct chk_file *f, u32 blk, u32 lblk)
{
	struct chk_dirblks *b = c->last_blk;

	if (!b || b->n == CHK_DIRBLKS) {
		b = efs_alloc(c->sb, sizeof(*b));
		if (!b)
			return -ENOMEM;
		if (c->last_blk)
			c->last_blk->next = b;
		else
			c->first_blk = b;
		c->last_blk = b;
	}
	b->blk[b->n++] = (struct chk_dirblk){ .ino = f->ino, .lblk = lblk, .blk = blk };
	c->dir_blocks++;
	return 0;
}

static int data_block(struct chk *c, struct chk_file *f, u32 blk, u64 lblk, bool twice)
{
	u64 hole = f->end;

	f->pieces |= f->prev && f->prev + 1 != blk;
	f->prev = blk;
	f->end = lblk + 1;
	if (!f->dir)
		return 0;
	if (hole != lblk) {
		f->cut = true;
		CHK_TELL(c, DIR_HOLE, .ino = f->ino, .off = hole, .count = (u32)(lblk - hole));
	}
	return twice ? 0 : list_dir_block(c, f, blk, (u32)lblk);
}

/*
 * Take the block at @blk into account. Return: 1 if it is an indirect block to be walked,
 * 0 or -errno.
 */
static int claim(struct chk *c, struct chk_file *f, u32 blk, u64 lblk, u32 depth)
{
	struct efs_problem p = { .ino = f->ino, .blk = blk, .off = lblk };
	int err;

	/* the reserve's descriptors are in use by their place; only its own block is new */
	bool placed = f->ino == EFS_RESIZE_INO && depth != 2;

	if (!chk_in_volume(c, blk))
		p.code = EFS_CHECK_MAP_RANGE;
	else if (!possible(c, f, lblk, !depth) ||
		 (placed && depth && f->reserve++ >= c->geo->reserved_gdt))
		p.code = EFS_CHECK_MAP_FAR;
	if (p.code) {
		f->cut |= depth > 0;
		chk_tell(c, &p);
		return 0;
	}
	f->blocks++;
	err = placed ? 0 : chk_use(c, blk);
	if (err < 0)
		return err;
	if (err) {
		p.code = metadata(c, blk) ? EFS_CHECK_MAP_META : EFS_CHECK_MAP_TWICE;
		chk_tell(c, &p);
		f->cut = true;
	}
	if (!depth)
		return data_block(c, f, blk, lblk, err);
	f->prev = blk;
	return !err;
}

/*
 * Below one pointer, with its levels on a stack of three. @at: of the first logical block
 * there.
 */
static int tree(struct chk *c, struct chk_file *f, u32 blk, u32 depth, u64 at)
{
	struct level lv[3];
	u32 top = 0;
	int err = claim(c, f, blk, at, depth);

	if (err != 1)
		return err;
	lv[0].i = 0;
	err = efs_buf_read(c->sb, blk, &lv[0].b);
	if (err)
		return err;
	for (;;) {
		u32 below = depth - top - 1, ptr;
		struct level *l = &lv[top];

		if (err < 0 || l->i == c->geo->ptrs) {
			efs_buf_put(l->b);
			if (!top--)
				return err;
			continue;
		}
		ptr = chk_word(efs_buf_data(l->b), 4 * l->i++);
		if (ptr)
			err = claim(c, f, ptr, at, below);
		if (ptr && err == 1) {
			err = efs_buf_read(c->sb, ptr, &lv[top + 1].b);
			if (err)
				continue;
			lv[++top].i = 0;
			continue;
		}
		at += span(c, below);
	}
}

int chk_map(struct chk *c, struct chk_file *f)
{
	u64 at = 0;
	u32 i;
	int err;

	for (i = 0; i < EFS_NBLOCKS; i++) {
		u32 depth = i < EFS_NDIR ? 0 : i - EFS_NDIR + 1;
		u32 blk = le32_to_cpu(f->di->i_block[i]);

		err = blk ? tree(c, f, blk, depth, at) : 0;
		if (err < 0)
			return err;
		at += span(c, depth);
	}
	return 0;
}
