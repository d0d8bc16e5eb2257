// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The block allocator: runs of blocks, goals, windows.
 *
 * A request names a goal and a length; it is answered with one run. Groups that cannot
 * help are passed over by their summary in memory (free count, upper bound of the
 * longest free run), so a bitmap is read only where blocks are likely to be found.
 *
 * A window keeps interleaved writers apart: blocks behind the last one of a sequential
 * writer are set in the bitmap but in no map. They belong to the inode and are given
 * back when its last writer closes it, when it is truncated or evicted, when the volume
 * is frozen or turned read-only, and before anyone is told -ENOSPC. After a power cut
 * they are leaked blocks, which e2fsck -p frees.
 *
 * In a synchronous file no old data may show, not even after a power cut between a pointer
 * and what it points to: what it takes is zeroed before anyone can have it, whole windows at
 * a time.
 *
 * Invariants: group->free_blocks and the descriptor equal the zero bits of the bitmap;
 * sb->free_blocks is their sum; sb->reserved_windows is the sum of all win_len.
 *
 * Locks: group->lock around bits, descriptor and summary, of which others may look at
 * single words without it; win_lock around a window;
 * sb->lock around the list of windows. A window is filled only under ei->map_lock.
 */
#include "efs.h"

/* error of an approximate counter that may be ignored when there is plenty */
#define COUNTER_SLACK	8192

/* group->lock held: bits [bit, bit + n) are free, take them */
static void take_bits(struct efs_sb *sb, u32 g, void *map, u32 bit, u32 n)
{
	struct efs_group *grp = &sb->groups[g];
	struct efs_buf *gb;
	struct efs_dgroup *gd = efs_group_desc(sb, g, &gb);

	efs_bits_set(map, bit, n);
	WRITE_ONCE(grp->free_blocks, grp->free_blocks - min_t(u32, n, grp->free_blocks));
	gd->bg_free_blocks_count = cpu_to_le16((u16)grp->free_blocks);
	if (bit == grp->first_free)
		grp->first_free = bit + n;
	if (grp->best_run > grp->free_blocks)
		WRITE_ONCE(grp->best_run, grp->free_blocks);
}

/*
 * group->lock held: the run to take in a group, 0 if none of at least @least blocks.
 * @goal: a bit of the group, 0: anywhere
 * The goal itself is accepted whatever its length: it continues what lies before it.
 */
static u32 find_run(struct efs_sb *sb, u32 g, const void *map, u32 goal, u32 want, u32 least,
		    u32 *at)
{
	struct efs_group *grp = &sb->groups[g];
	u32 size = efs_group_blocks(&sb->geo, g);
	u32 first = grp->first_free, run, run2, at2;

	if (goal && !efs_bit_test(map, goal)) {
		u32 limit = size - goal > want ? goal + want : size;

		*at = goal;
		return efs_bits_find(map, limit, goal, true) - goal;
	}
	if (grp->best_run < least)
		return 0;
	if (goal < first)
		goal = first;
	*at = efs_bits_find_run(map, size, goal, want, &run);
	if (run >= want)
		return run;
	if (goal > first) {
		/* a run may begin before the goal and end behind it: look again from there */
		at2 = efs_bits_find_run(map, size, first, want, &run2);
		if (run2 > run) {
			*at = at2;
			run = run2;
		}
	}
	/* the whole group was seen, so now it is known exactly */
	if (run < want)
		WRITE_ONCE(grp->best_run, run);
	return run < least ? 0 : run;
}

/* 1: got a run; 0: nothing suitable here; -errno */
static int alloc_in_group(struct efs_inode *ei, u32 g, u32 goal, u32 want, u32 least, u32 *start,
			  u32 *len)
{
	struct efs_sb *sb = ei->sb;
	struct efs_group *grp = &sb->groups[g];
	struct efs_buf *b, *gb;
	u32 bit = 0, n;
	int err;

	if (!READ_ONCE(grp->free_blocks) || READ_ONCE(grp->flags) & EFS_GROUP_BAD_BLOCKS)
		return 0;
	err = efs_block_bitmap(sb, g, &b);
	if (err)
		return err;
	efs_spin_lock(&grp->lock);
	n = find_run(sb, g, efs_buf_data(b), goal, want, least, &bit);
	if (n)
		take_bits(sb, g, efs_buf_data(b), bit, n);
	efs_spin_unlock(&grp->lock);
	if (!n) {
		efs_buf_put(b);
		return 0;
	}
	*start = efs_group_first(&sb->geo, g) + bit;
	*len = n;
	efs_ctr_add(&sb->free_blocks, -(s64)n);
	efs_group_desc(sb, g, &gb);
	efs_buf_dirty(sb, NULL, gb);
	efs_buf_dirty(sb, NULL, b);
	if (!efs_data_ok(sb, *start, n)) {
		/* the bitmap changed under us since it was validated; the bits stay set */
		efs_spin_lock(&grp->lock);
		WRITE_ONCE(grp->flags, grp->flags | EFS_GROUP_BAD_BLOCKS);
		efs_spin_unlock(&grp->lock);
		efs_buf_put(b);
		return efs_bad(sb, EFS_C_BG_BITMAP_META, ei->ino, *start, g);
	}
	err = efs_order(ei, b);
	efs_buf_put(b);
	if (err) {
		efs_bfree(sb, ei->ino, *start, n);
		return err;
	}
	efs_trace_alloc(sb, ei->ino, *start - bit + goal, *start, n);
	return 1;
}

/* how many of @want blocks may be taken, considering what is kept for the privileged */
static u32 budget(struct efs_sb *sb, u32 want)
{
	s64 keep = sb->geo.r_blocks, free = efs_ctr_read(&sb->free_blocks);

	if (free >= keep + want + COUNTER_SLACK)
		return want;
	if (efs_privileged(sb))
		keep = 0;
	free = efs_ctr_sum(&sb->free_blocks) - keep;
	if (free <= 0)
		return 0;
	return free < want ? (u32)free : want;
}

/* @least of @want blocks near @goal, or what is longest if there is no such run anywhere */
static int alloc_run(struct efs_inode *ei, u32 goal, u32 want, u32 least, u32 *start, u32 *len)
{
	struct efs_sb *sb = ei->sb;
	const struct efs_geo *geo = &sb->geo;
	u32 home, bit = 0, i, g;
	int pass, got, err = -ENOSPC;

	if (goal >= geo->first_data_block && goal < geo->blocks_count) {
		home = efs_group_of(sb, goal);
		bit = goal - efs_group_first(geo, home);
	} else {
		home = (ei->ino - 1) / geo->inodes_per_group;
	}
	for (pass = 0; pass < 2; pass++) {
		for (i = 0, g = home; i < geo->groups; i++) {
			struct efs_group *grp = &sb->groups[g];
			u32 need = pass ? 1 : i ? want : least;

			/* the goal's own bit is looked at whatever the summary says */
			if (READ_ONCE(grp->best_run) >= need || (!i && !pass && bit)) {
				got = alloc_in_group(ei, g, i ? 0 : bit, want,
						     pass ? 1 : least, start, len);
				if (got > 0)
					return 0;
				if (got && err == -ENOSPC)
					err = got;
			}
			if (++g == geo->groups)
				g = 0;
		}
	}
	return err;
}

/* the front of the window, if it is what the caller wants next; 0 if not */
static u32 window_take(struct efs_inode *ei, u32 goal, u32 want, u32 *start)
{
	u32 n = 0;

	efs_spin_lock(&ei->win_lock);
	if (ei->win_len && (!goal || goal == ei->win_start)) {
		n = min_t(u32, want, ei->win_len);
		*start = ei->win_start;
		ei->win_start += n;
		ei->win_len -= n;
	}
	efs_spin_unlock(&ei->win_lock);
	if (n)
		efs_ctr_add(&ei->sb->reserved_windows, -(s64)n);
	return n;
}

/* the inode's window was given back: @len blocks at @start become it */
static void window_set(struct efs_inode *ei, u32 start, u32 len, bool zeroed)
{
	struct efs_sb *sb = ei->sb;

	efs_ctr_add(&sb->reserved_windows, len);
	efs_spin_lock(&sb->lock);
	efs_spin_lock(&ei->win_lock);
	ei->win_start = start;
	ei->win_len = len;
	WRITE_ONCE(ei->win_used, true);
	ei->win_zeroed = zeroed;
	efs_spin_unlock(&ei->win_lock);
	efs_list_add_tail(&ei->win_link, &sb->windows);
	efs_spin_unlock(&sb->lock);
}

/* sb->lock held: the window leaves the inode; its blocks are the caller's to free */
static u32 window_strip(struct efs_inode *ei, u32 *start)
{
	u32 len;

	efs_spin_lock(&ei->win_lock);
	*start = ei->win_start;
	len = ei->win_len;
	ei->win_len = 0;
	efs_spin_unlock(&ei->win_lock);
	efs_list_del(&ei->win_link);
	return len;
}

static void window_free(struct efs_sb *sb, u32 ino, u32 start, u32 len)
{
	if (!len)
		return;
	efs_ctr_add(&sb->reserved_windows, -(s64)len);
	/* a failure has been reported; what could not be freed is leaked, not lost */
	efs_bfree(sb, ino, start, len);
}

void efs_window_discard(struct efs_inode *ei)
{
	struct efs_sb *sb = ei->sb;
	u32 start, len;

	if (!READ_ONCE(ei->win_used))
		return;
	efs_spin_lock(&sb->lock);
	len = window_strip(ei, &start);
	efs_spin_unlock(&sb->lock);
	window_free(sb, ei->ino, start, len);
}

void efs_windows_discard_all(struct efs_sb *sb)
{
	u32 start, len, ino;

	efs_spin_lock(&sb->lock);
	while (!efs_list_empty(&sb->windows)) {
		struct efs_inode *ei = container_of(sb->windows.next, struct efs_inode, win_link);

		ino = ei->ino;
		len = window_strip(ei, &start);
		efs_spin_unlock(&sb->lock);
		window_free(sb, ino, start, len);
		efs_cond_resched();
		efs_spin_lock(&sb->lock);
	}
	efs_spin_unlock(&sb->lock);
}

int efs_balloc(struct efs_inode *ei, u32 goal, u32 want, bool window, u32 *start, u32 *len)
{
	struct efs_sb *sb = ei->sb;
	bool gave_back = false, zero = window && efs_i_sync(ei);
	u32 total = want, n;
	int err;

	err = efs_writable(sb);
	if (err)
		return err;
	if (window) {
		/* set aside before the file became synchronous */
		if (zero && !ei->win_zeroed)
			efs_window_discard(ei);
		*len = window_take(ei, goal, want, start);
		if (*len)
			return 0;
		/* the writer went elsewhere */
		efs_window_discard(ei);
		total = min_t(u32, want, sb->geo.blocks_per_group) + ei->win_size;
	}
	total = min_t(u32, total, sb->geo.blocks_per_group);
	for (;;) {
		n = budget(sb, total);
		err = -ENOSPC;
		if (n)
			err = alloc_run(ei, goal, n, min_t(u32, n, want), start, &n);
		if (err != -ENOSPC || gave_back)
			break;
		efs_windows_discard_all(sb);
		gave_back = true;
		/* near the end every block counts */
		total = min_t(u32, want, sb->geo.blocks_per_group);
	}
	if (err)
		return err;
	if (zero) {
		err = efs_zero(sb, *start, n);
		if (err) {
			efs_bfree(sb, ei->ino, *start, n);
			return err;
		}
	}
	*len = min_t(u32, n, want);
	if (n > want)
		window_set(ei, *start + want, n - want, zero);
	return 0;
}

/* group->lock held: clear those of @len bits that are set; how many those were */
static u32 clear_used(void *map, u32 bit, u32 len)
{
	u32 end = bit + len, n = 0;

	while (bit < end) {
		u32 from = efs_bits_find(map, end, bit, true);
		u32 to = efs_bits_find(map, end, from, false);

		efs_bits_clear(map, from, to - from);
		n += to - from;
		bit = to;
	}
	return n;
}

static int free_in_group(struct efs_sb *sb, u32 ino, u32 g, u32 bit, u32 len)
{
	struct efs_group *grp = &sb->groups[g];
	struct efs_dgroup *gd;
	struct efs_buf *b, *gb;
	u32 n, free;
	int err = efs_block_bitmap(sb, g, &b);

	if (err)
		return err;
	gd = efs_group_desc(sb, g, &gb);
	efs_spin_lock(&grp->lock);
	n = clear_used(efs_buf_data(b), bit, len);
	free = min_t(u32, grp->free_blocks + n, efs_group_blocks(&sb->geo, g));
	WRITE_ONCE(grp->free_blocks, free);
	gd->bg_free_blocks_count = cpu_to_le16((u16)free);
	if (n && bit < grp->first_free)
		grp->first_free = bit;
	/* the freed run may join two of the longest kind */
	if (grp->best_run < free)
		WRITE_ONCE(grp->best_run, free - grp->best_run > grp->best_run + n ?
					  2 * grp->best_run + n : free);
	efs_spin_unlock(&grp->lock);

	if (n) {
		efs_ctr_add(&sb->free_blocks, n);
		efs_buf_dirty(sb, NULL, gb);
		efs_buf_dirty(sb, NULL, b);
		efs_trace_free(sb, ino, efs_group_first(&sb->geo, g) + bit, n);
	}
	efs_buf_put(b);
	if (n < len)
		return efs_bad(sb, EFS_C_BG_BLOCK_FREE, ino, efs_group_first(&sb->geo, g) + bit,
			       len - n);
	return 0;
}

int efs_bfree(struct efs_sb *sb, u32 ino, u32 start, u32 len)
{
	const struct efs_geo *geo = &sb->geo;
	int err = efs_writable(sb), err2;

	if (err)
		return err;
	if (!efs_data_ok(sb, start, len))
		return efs_bad(sb, EFS_C_BG_BLOCK_RANGE, ino, start, len);
	while (len) {
		u32 g = efs_group_of(sb, start);
		u32 bit = start - efs_group_first(geo, g);
		u32 n = min_t(u32, len, efs_group_blocks(geo, g) - bit);

		err2 = free_in_group(sb, ino, g, bit, n);
		if (!err)
			err = err2;
		start += n;
		len -= n;
	}
	return err;
}
