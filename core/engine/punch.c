// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Punching: unmapping and freeing blocks inside a file.
 *
 * In rounds, from left to right, each as in truncate.c: under map_lock pointers are cut
 * from one table, or from the inode, and remembered; the lock is dropped, the cut is
 * ordered before what follows, then the blocks are freed.
 *
 * Trees that lie in the range are cut by their roots, so only the ways to its two ends are
 * walked. Where nothing would stay in a table, the pointer to the table is cut instead: no
 * indirect block is left that has become empty, and no reader ever meets one.
 *
 * A power cut between the two halves of a round leaks blocks and loses nothing. The first
 * error ends it: what was cut until then is a hole, what was not is as before.
 *
 * Hostile maps: as in truncate.c. A round cuts something or goes on to the right.
 *
 * Locks: the home holds lock 2 and lock 4; map_lock exclusive while pointers are cut.
 */
#include "cut.h"

/*
 * struct spot - a place in the map: the pointer tables on the way to a block
 * @idx: as efs_map_way() says; @depth its result
 * @level: table reached: where the round cuts, or where there is a hole
 * @unit: blocks each pointer of that table stands for
 * @buf, @table: of each level from 1 on, and from 0
 */
struct spot {
	u32 idx[4], depth, level;
	u64 unit;
	struct efs_buf *buf[4];
	__le32 *table[4];
};

/* pointers of the table at the spot that stand for runs of the same length */
static u32 table_end(const struct efs_geo *geo, const struct spot *s)
{
	if (s->level)
		return geo->ptrs;
	return s->depth ? s->idx[0] + 1 : EFS_NDIR;
}

/*
 * map_lock held. Walk to the first pointer on the way to @cur whose blocks are all in
 * [@cur, @to), or to a hole. Return: 1 if it is a hole, *@first then its first block.
 */
static int find_spot(struct efs_inode *ei, u32 cur, u32 to, struct spot *s, u64 *first)
{
	struct efs_sb *sb = ei->sb;
	u32 bits = sb->geo.ptrs_bits, ptr;
	int err = efs_map_way(&sb->geo, cur, s->idx);
	u64 in = 0;
	u32 i;

	if (err < 0)
		return err;
	s->depth = (u32)err;
	s->table[0] = ei->block;
	for (i = 1; i <= s->depth; i++)
		in = (in << bits) | s->idx[i];
	s->unit = 1ull << (s->depth * bits);
	for (;; s->level++) {
		ptr = le32_to_cpu(s->table[s->level][s->idx[s->level]]);
		*first = cur - in;
		if (!ptr)
			return 1;
		if (!in && cur + s->unit <= to)
			return 0;
		if (!efs_data_ok(sb, ptr, 1))
			return efs_bad(sb, EFS_C_MAP_INDIRECT, ei->ino, ptr, cur);
		err = efs_buf_read(sb, ptr, &s->buf[s->level + 1]);
		if (err)
			return err;
		s->table[s->level + 1] = efs_buf_data(s->buf[s->level + 1]);
		s->unit >>= bits;
		in &= s->unit - 1;
	}
}

/* map_lock held for writing: cut at the spot, or above it what would become empty */
static void cut_spot(struct efs_inode *ei, u32 cur, u32 to, struct spot *s, struct efs_cut *c,
		     struct efs_buf **changed)
{
	const struct efs_geo *geo = &ei->sb->geo;
	u32 size = table_end(geo, s), from = s->idx[s->level], end, i;

	i = s->depth - s->level;
	end = from + (u32)min_t(u64, size - from, (to - cur) >> (i * geo->ptrs_bits));
	while (s->level && efs_cut_holes(s->table[s->level], 0, from) &&
	       efs_cut_holes(s->table[s->level], end, geo->ptrs)) {
		from = s->idx[--s->level];
		end = from + 1;
	}
	if (!efs_cut_table(c, s->table[s->level], from, end, s->depth - s->level))
		return;
	ei->map_seq++;
	if (!s->level) {
		c->inode = true;
		return;
	}
	efs_buf_dirty(ei->sb, ei, s->buf[s->level]);
	efs_buf_ref(s->buf[s->level]);
	*changed = s->buf[s->level];
}

/* map_lock held for writing: one round at *@cur, which moves on over holes */
static int cut_some(struct efs_inode *ei, u32 *cur, u32 to, struct efs_cut *c,
		    struct efs_buf **changed)
{
	struct spot s = { .level = 0 };
	u64 next;
	u32 i, end;
	int err = find_spot(ei, *cur, to, &s, &next);

	if (err > 0) {
		end = table_end(&ei->sb->geo, &s);
		for (i = s.idx[s.level]; i < end && !s.table[s.level][i] && next < to; i++)
			next += s.unit;
		*cur = (u32)min_t(u64, next, to);
		err = 0;
	} else if (!err) {
		cut_spot(ei, *cur, to, &s, c, changed);
	}
	for (i = 1; i <= s.depth; i++)
		efs_buf_put(s.buf[i]);
	return err;
}

int efs_punch(struct efs_inode *ei, u32 from, u32 to)
{
	struct efs_sb *sb = ei->sb;
	struct efs_toll t = { .left = sb->geo.blocks_count };
	struct efs_cut c;
	int err = efs_writable(sb);

	to = min_t(u32, to, sb->geo.max_blocks);
	while (!err && from < to) {
		struct efs_buf *changed = NULL;

		c.n = 0;
		c.inode = false;
		efs_map_wlock(ei);
		err = cut_some(ei, &from, to, &c, &changed);
		efs_map_wunlock(ei);
		if (c.n) {
			err = efs_cut_order(ei, &c, changed);
			if (!err)
				err = efs_cut_free(ei, &c, &t);
			efs_i_mark_dirty(ei);
		}
		efs_buf_put(changed);
		if (!err && !t.left)
			err = efs_bad(sb, EFS_C_MAP_LOOP, ei->ino, 0, from);
		efs_cond_resched();
	}
	return err;
}
