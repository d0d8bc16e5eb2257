// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Truncation: unmapping and freeing the tail of a file.
 *
 * In rounds: under map_lock a bounded number of pointers is cut off the map (data runs,
 * or roots of whole subtrees) and remembered; the lock is dropped, the cut is ordered
 * before what follows, then the blocks are freed. A subtree that was cut off is out of
 * everyone's reach, so it is walked without the lock, by a loop over at most three open
 * indirect blocks. A power cut between the two halves leaks blocks and loses nothing.
 *
 * Hostile maps: pointers are checked before they are followed or freed, blocks that are
 * free already are reported and skipped, and one call follows no more pointers than the
 * volume has blocks, so loops in a map end.
 *
 * What cuts and what frees is shared with punch.c; see cut.h.
 *
 * Locks: the home holds lock 2 and lock 4; map_lock exclusive while pointers are cut.
 */
#include "cut.h"

static bool cut_add(struct efs_cut *c, u32 blk, u32 depth)
{
	if (c->n && !depth && !c->run[c->n - 1].depth &&
	    c->run[c->n - 1].blk + c->run[c->n - 1].len == blk) {
		c->run[c->n - 1].len++;
		return true;
	}
	if (c->n == EFS_CUT_MAX)
		return false;
	c->run[c->n].blk = blk;
	c->run[c->n].len = 1;
	c->run[c->n].depth = depth;
	c->n++;
	return true;
}

bool efs_cut_table(struct efs_cut *c, __le32 *table, u32 from, u32 to, u32 depth)
{
	bool changed = false;
	u32 i;

	for (i = from; i < to; i++) {
		if (!table[i])
			continue;
		if (!cut_add(c, le32_to_cpu(table[i]), depth))
			break;
		WRITE_ONCE(table[i], 0);
		changed = true;
	}
	return changed;
}

/*
 * map_lock held for writing. Along the way to the first block to go, everything to the
 * right of the way is cut, one table in a round. Where nothing is left of the way in a
 * table either, the table goes with what it maps, as in-tree ext2 frees it.
 */
static int cut_along(struct efs_inode *ei, const u32 *idx, u32 depth, struct efs_cut *c,
		     struct efs_buf **changed)
{
	struct efs_sb *sb = ei->sb;
	u32 ptr = le32_to_cpu(ei->block[idx[0]]), last, from, level;
	struct efs_buf *b[4] = { NULL };
	__le32 *table[4] = { ei->block };
	int err = 0;

	for (last = 0; last < depth && ptr; last++) {
		err = efs_data_ok(sb, ptr, 1) ? efs_buf_read(sb, ptr, &b[last + 1]) :
			efs_bad(sb, EFS_C_MAP_INDIRECT, ei->ino, ptr, last + 1);
		if (err)
			break;
		table[last + 1] = efs_buf_data(b[last + 1]);
		ptr = le32_to_cpu(table[last + 1][idx[last + 1]]);
	}
	/* a table that cannot be read may hold blocks that stay */
	from = idx[last] + !!err;
	while (!err && last && efs_cut_holes(table[last], 0, from))
		from = idx[--last];
	if (!last && !err)
		c->inode |= efs_cut_table(c, ei->block, from, from + 1, depth);
	for (level = 1; level <= last && !*changed; level++)
		if (efs_cut_table(c, table[level], level == last ? from : idx[level] + 1,
				  sb->geo.ptrs, depth - level)) {
			efs_buf_dirty(sb, ei, b[level]);
			efs_buf_ref(b[level]);
			*changed = b[level];
		}
	for (level = 1; level <= depth; level++)
		efs_buf_put(b[level]);
	return err;
}

/* map_lock held for writing: one round's worth of pointers, the right end first */
static int cut_some(struct efs_inode *ei, u32 new_blocks, struct efs_cut *c,
		    struct efs_buf **changed)
{
	const struct efs_geo *geo = &ei->sb->geo;
	u32 idx[4] = { EFS_NBLOCKS }, i;
	int depth = 0;

	if (new_blocks < geo->max_blocks)
		depth = efs_map_way(geo, new_blocks, idx);
	for (i = EFS_NBLOCKS; i-- > max_t(u32, EFS_NDIR, idx[0] + !!depth);)
		c->inode |= efs_cut_table(c, ei->block, i, i + 1, i - EFS_NDIR + 1);
	c->inode |= efs_cut_table(c, ei->block, idx[0], EFS_NDIR, 0);
	return depth && !c->n ? cut_along(ei, idx, (u32)depth, c, changed) : 0;
}

static void uncount(struct efs_inode *ei, u32 blocks, struct efs_toll *t)
{
	s64 n = (s64)blocks << (ei->sb->geo.block_bits - 9);
	s64 have = (s64)efs_i_sectors(ei);

	if (n > have) {
		if (!t->few)
			efs_bad(ei->sb, EFS_C_MAP_SECTORS, ei->ino, 0, blocks);
		t->few = true;
		n = have;
	}
	efs_i_sectors_add(ei, -n);
}

static int free_run(struct efs_inode *ei, u32 blk, u32 len, struct efs_toll *t)
{
	int err;

	/* what directories and symbolic links hold are buffers of the device */
	if (!efs_is_reg(ei) && efs_data_ok(ei->sb, blk, len))
		efs_data_new(ei->sb, blk, len);
	err = efs_bfree(ei->sb, ei->ino, blk, len);
	if (!err)
		uncount(ei, len, t);
	return err;
}

/* one open indirect block of a tree being freed: @next entry, @depth levels below and here */
struct open_block {
	struct efs_buf *b;
	u32 next, depth;
};

static int open_indirect(struct efs_inode *ei, u32 blk, u32 depth, struct open_block *o)
{
	o->next = 0;
	o->depth = depth;
	if (!efs_data_ok(ei->sb, blk, 1))
		return efs_bad(ei->sb, EFS_C_MAP_INDIRECT, ei->ino, blk, depth);
	return efs_buf_read(ei->sb, blk, &o->b);
}

/* the next run of data pointers in a lowest indirect block, or its next child; 0: none left */
static u32 next_run(const struct efs_geo *geo, struct open_block *o, u32 *blk)
{
	const __le32 *table = efs_buf_data(o->b);
	u32 n;

	while (o->next < geo->ptrs && !table[o->next])
		o->next++;
	if (o->next == geo->ptrs)
		return 0;
	*blk = le32_to_cpu(table[o->next++]);
	for (n = 1; o->depth == 1 && o->next < geo->ptrs; n++, o->next++)
		if (le32_to_cpu(table[o->next]) != *blk + n)
			break;
	return n;
}

/*
 * Free a subtree of @depth levels, at least 1, that nobody can reach any more. Returns the
 * first error. Each error leaks what it concerns; a shut-down volume leaks
 * all the rest.
 */
static int free_tree(struct efs_inode *ei, u32 root, u32 depth, struct efs_toll *t)
{
	struct efs_sb *sb = ei->sb;
	struct open_block open[3];
	int level = 0, first = 0, err;

	err = open_indirect(ei, root, depth, &open[0]);
	if (err)
		return err;
	while (level >= 0) {
		struct open_block *o = &open[level];
		u32 blk, n = t->left && !efs_writable(sb) ? next_run(&sb->geo, o, &blk) : 0;

		if (n) {
			t->left -= min_t(u32, t->left, n);
			if (o->depth == 1) {
				err = free_run(ei, blk, n, t);
			} else {
				err = open_indirect(ei, blk, o->depth - 1, o + 1);
				if (!err)
					level++;
			}
		} else {
			blk = efs_buf_nr(o->b);
			efs_buf_forget(o->b);
			err = free_run(ei, blk, 1, t);
			level--;
			efs_cond_resched();
		}
		if (err && !first)
			first = err;
	}
	return first;
}

int efs_cut_order(struct efs_inode *ei, const struct efs_cut *c, struct efs_buf *changed)
{
	int err = 0;

	if (changed)
		err = efs_order(ei, changed);
	if (!err && c->inode) {
		if (efs_i_sync(ei))
			err = efs_inode_store(ei, ei, false);
		else
			efs_i_mark_dirty(ei);
	}
	return err;
}

int efs_cut_free(struct efs_inode *ei, const struct efs_cut *c, struct efs_toll *t)
{
	int err, first = 0;
	u32 i;

	for (i = 0; i < c->n && t->left; i++) {
		t->left -= min_t(u32, t->left, c->run[i].depth ? 1 : c->run[i].len);
		if (c->run[i].depth)
			err = free_tree(ei, c->run[i].blk, c->run[i].depth, t);
		else
			err = free_run(ei, c->run[i].blk, c->run[i].len, t);
		if (err && !first)
			first = err;
	}
	return first;
}

int efs_truncate(struct efs_inode *ei, u32 new_blocks)
{
	struct efs_sb *sb = ei->sb;
	struct efs_toll t = { .left = sb->geo.blocks_count };
	struct efs_cut c;
	int err = efs_writable(sb), first = 0;

	if (err)
		return err;
	efs_window_discard(ei);
	/* the smaller size goes first: pointers beyond it are harmless, missing ones are not */
	if (efs_i_sync(ei)) {
		err = efs_inode_store(ei, ei, false);
		if (err)
			return err;
	}
	do {
		struct efs_buf *changed = NULL;

		c.n = 0;
		c.inode = false;
		efs_map_wlock(ei);
		ei->goal_pblk = 0;
		ei->win_size = 0;
		err = cut_some(ei, new_blocks, &c, &changed);
		if (c.n)
			ei->map_seq++;
		efs_map_wunlock(ei);
		if (err && !first)
			first = err;
		if (c.n) {
			err = efs_cut_order(ei, &c, changed);
			if (!err)
				err = efs_cut_free(ei, &c, &t);
			if (err && !first)
				first = err;
		}
		efs_buf_put(changed);
		efs_cond_resched();
		/*
		 * A table that is its own data loses what was cut when it is freed, and is as
		 * full as before in the next round: there must be an end to that, too.
		 */
	} while (c.n && t.left);
	/* so many pointers name some block twice, and that was an error already */
	if (!t.left)
		efs_bad(sb, EFS_C_MAP_LOOP, ei->ino, 0, new_blocks);
	efs_i_mark_dirty(ei);
	return first;
}
