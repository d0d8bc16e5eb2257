// SPDX-License-Identifier: GPL-2.0
/*
 * The block allocator: goals, runs, windows, exhaustion, frees.
 *
 * Blocks are taken and given back here without a map, so every case returns what it
 * took; the last word on the counts has the bitmap, and e2fsck.
 *
 * Tests: core/engine/balloc.c
 */
#include "home.h"

/*
 * Eight groups of 1024 blocks of 1 KiB, the first at block 1. Groups 0, 1, 3, 5 and 7
 * begin with superblock and descriptors (2), all have bitmaps (2) and inode table (4);
 * group 0 goes on with two directory blocks. So the first free blocks are:
 */
static const u32 first_free[] = { 11, 1033, 2055, 3081, 4103, 5129, 6151, 7177 };

#define BLOCKS 8193

static const struct efs_test_mkfs volume = {
	.block_size = 1024, .blocks = BLOCKS, .bpg = 1024, .ipg = 16, .files = 3,
};

static struct kunit *test_of(const struct efs_test_inode *ti)
{
	return ti->core.sb->port.dev->test;
}

static int take(struct efs_test_inode *ti, u32 goal, u32 want, bool window, u32 *start, u32 *len)
{
	int err;

	*start = 0;
	*len = 0;
	efs_map_wlock(&ti->core);
	err = efs_balloc(&ti->core, goal, want, window, start, len);
	efs_map_wunlock(&ti->core);
	return err;
}

static int give(struct efs_test_inode *ti, u32 start, u32 len)
{
	return efs_bfree(ti->core.sb, ti->core.ino, start, len);
}

static void finish(struct efs_test_fs *fs, u32 free)
{
	u32 now;

	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(fs->test, now, free);
	efs_test_end(fs);
}

/* ---- goals ---- */

static const struct goal {
	const char *name;
	u32 goal, want, start, len;
} goals[] = {
	{ "none",		0, 1, 11, 1 },
	{ "none_run",		0, 100, 11, 100 },
	{ "exact",		2500, 1, 2500, 1 },
	{ "exact_run",		2500, 64, 2500, 64 },
	{ "first_free",		4103, 5, 4103, 5 },
	{ "superblock",		3073, 8, 3081, 8 },
	{ "inode_table",	1030, 8, 1033, 8 },
	{ "next_group",		2049, 8, 2055, 8 },
	{ "last_block",		3072, 10, 3072, 1 },
	{ "last_two",		3071, 10, 3071, 2 },
	{ "whole_group",	2055, 5000, 2055, 1018 },
	{ "most_of_all",	2055, 0xffffffff, 2055, 1018 },
	{ "run_from_table",	2051, 1018, 2055, 1018 },
	{ "end_of_volume",	8192, 3, 8192, 1 },
	{ "beyond",		8193, 3, 11, 3 },
	{ "far_beyond",		0xffffffff, 3, 11, 3 },
	{ "block_0",		0, 3, 11, 3 },
};

EFS_TEST_ROWS(goals);

static void goal(struct kunit *test)
{
	const struct goal *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 start, len, free, i;

	efs_test_counts(fs, &free);
	KUNIT_ASSERT_EQ(test, take(ti, r->goal, r->want, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, r->start);
	KUNIT_EXPECT_EQ(test, len, r->len);
	for (i = 0; i < len; i++)
		KUNIT_ASSERT_TRUE(test, efs_test_block_used(fs, start + i));
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks), free - len);
	KUNIT_EXPECT_EQ(test, give(ti, start, len), 0);
	KUNIT_EXPECT_FALSE(test, efs_test_block_used(fs, start));
	efs_test_iput(ti);
	finish(fs, free);
}

/* an inode without a goal starts in its own group */
static void home_group(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 g, start, len, free, ino = ti->core.ino;

	efs_test_counts(fs, &free);
	for (g = 0; g < ARRAY_SIZE(first_free); g++) {
		ti->core.ino = g * volume.ipg + volume.ipg;
		KUNIT_ASSERT_EQ(test, take(ti, 0, 4, false, &start, &len), 0);
		KUNIT_EXPECT_EQ(test, start, first_free[g]);
		KUNIT_EXPECT_EQ(test, give(ti, start, len), 0);
	}
	ti->core.ino = ino;
	efs_test_iput(ti);
	finish(fs, free);
}

/* a group that is full sends its callers on, forward and around the end */
static void next_group(struct kunit *test)
{
	static const struct {
		u32 full, goal, start;
	} rows[] = { { 2, 2500, 3081 }, { 7, 8000, 11 }, { 0, 100, 1033 } };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct efs_test_fs *fs = efs_test_begin(test, &volume);
		struct efs_test_inode *ti = efs_test_file(fs, 0);
		u32 at, n, start, len, free;

		efs_test_counts(fs, &free);
		KUNIT_ASSERT_EQ(test, take(ti, first_free[rows[i].full], 1024, false, &at, &n), 0);
		KUNIT_EXPECT_EQ(test, at, first_free[rows[i].full]);
		KUNIT_ASSERT_EQ(test, take(ti, rows[i].goal, 5, false, &start, &len), 0);
		KUNIT_EXPECT_EQ(test, start, rows[i].start);
		KUNIT_EXPECT_EQ(test, len, 5);
		KUNIT_EXPECT_EQ(test, give(ti, start, len), 0);
		KUNIT_EXPECT_EQ(test, give(ti, at, n), 0);
		efs_test_iput(ti);
		finish(fs, free);
		efs_test_exit(test);
	}
}

/* with holes of 1, 2, 4, ... blocks only, each request gets the hole that fits */
static void fragments(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	static const u32 hole_len[] = { 1, 2, 4, 8, 16, 32, 64 };
	u32 hole[7], at = 2100, g, i, start, len, free, all[8][2];

	efs_test_counts(fs, &free);
	for (g = 0; g < 8; g++)
		KUNIT_ASSERT_EQ(test, take(ti, first_free[g], 1024, false, &all[g][0], &all[g][1]),
				0);
	KUNIT_ASSERT_EQ(test, take(ti, 0, 1, false, &start, &len), -ENOSPC);
	for (i = 0; i < 7; i++) {
		hole[i] = at;
		KUNIT_ASSERT_EQ(test, give(ti, at, hole_len[i]), 0);
		at += hole_len[i] + 3;
	}
	for (i = 0; i < 7; i++) {
		/* from the group's start, from far away, and past the fitting hole */
		u32 goals[] = { 0, 2049, 7000, 2900 }, k;

		for (k = 0; k < 4; k++) {
			KUNIT_ASSERT_EQ(test, take(ti, goals[k], hole_len[i], false, &start, &len),
					0);
			KUNIT_EXPECT_EQ_MSG(test, start, hole[i], "hole %u goal %u", i, goals[k]);
			KUNIT_EXPECT_EQ(test, len, hole_len[i]);
			KUNIT_ASSERT_EQ(test, give(ti, start, len), 0);
		}
	}
	/* more than any hole: the longest */
	KUNIT_ASSERT_EQ(test, take(ti, 0, 65, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, hole[6]);
	KUNIT_EXPECT_EQ(test, len, 64);
	/* and then the next longest */
	KUNIT_ASSERT_EQ(test, take(ti, 0, 65, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, hole[5]);
	KUNIT_EXPECT_EQ(test, len, 32);
	/* a goal inside a hole is taken though a longer hole exists */
	KUNIT_ASSERT_EQ(test, take(ti, hole[3] + 6, 8, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, hole[3] + 6);
	KUNIT_EXPECT_EQ(test, len, 2);
	KUNIT_ASSERT_EQ(test, give(ti, hole[3] + 6, 2), 0);
	KUNIT_ASSERT_EQ(test, give(ti, hole[5], 32), 0);
	KUNIT_ASSERT_EQ(test, give(ti, hole[6], 64), 0);
	/* fill the holes again so that all can go as it came */
	for (i = 0; i < 7; i++)
		KUNIT_ASSERT_EQ(test, take(ti, hole[i], hole_len[i], false, &start, &len), 0);
	for (g = 0; g < 8; g++)
		KUNIT_EXPECT_EQ(test, give(ti, all[g][0], all[g][1]), 0);
	efs_test_iput(ti);
	finish(fs, free);
}

/* ---- exhaustion and reserve ---- */

/* take all there is, in runs of @want; blocks taken. The runs are in a shadow */
static u32 drain(struct efs_test_inode *ti, u8 *shadow, u32 want, bool window)
{
	struct kunit *test = test_of(ti);
	u32 total = 0, start, len, i;
	int err;

	while (!(err = take(ti, 0, want, window, &start, &len))) {
		KUNIT_ASSERT_GE(test, len, 1);
		KUNIT_ASSERT_LE(test, len, want);
		for (i = 0; i < len; i++) {
			KUNIT_ASSERT_EQ_MSG(test, shadow[start + i], 0, "block %u twice",
					    start + i);
			shadow[start + i] = 1;
		}
		total += len;
	}
	KUNIT_EXPECT_EQ(test, err, -ENOSPC);
	return total;
}

static void restore(struct efs_test_inode *ti, u8 *shadow)
{
	struct kunit *test = test_of(ti);
	u32 blk;

	for (blk = 0; blk < BLOCKS; blk++) {
		u32 n = 0;

		while (blk + n < BLOCKS && shadow[blk + n])
			shadow[blk + n++] = 0;
		if (n)
			KUNIT_EXPECT_EQ(test, give(ti, blk, n), 0);
		blk += n;
	}
}

static void exhaustion(struct kunit *test)
{
	static const u32 wants[] = { 1, 7, 100, 5000 };
	u8 *shadow = kunit_kzalloc(test, BLOCKS, GFP_KERNEL);
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 i, free, start, len;

	efs_test_counts(fs, &free);
	for (i = 0; i < ARRAY_SIZE(wants); i++) {
		KUNIT_EXPECT_EQ(test, drain(ti, shadow, wants[i], i & 1), free);
		KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks), 0);
		/* one block comes back and is found from anywhere */
		KUNIT_ASSERT_EQ(test, give(ti, 4500, 1), 0);
		KUNIT_ASSERT_EQ(test, take(ti, 8000, 50, i & 1, &start, &len), 0);
		KUNIT_EXPECT_EQ(test, start, 4500);
		KUNIT_EXPECT_EQ(test, len, 1);
		restore(ti, shadow);
	}
	efs_test_iput(ti);
	finish(fs, free);
}

static void reserve(struct kunit *test)
{
	u8 *shadow = kunit_kzalloc(test, BLOCKS, GFP_KERNEL);
	struct efs_test_mkfs m = volume;
	struct efs_test_fs *fs;
	struct efs_test_inode *ti;
	struct efs_statfs st;
	u32 free;

	m.r_blocks = 400;
	fs = efs_test_begin(test, &m);
	ti = efs_test_file(fs, 0);
	efs_test_counts(fs, &free);
	efs_statfs(&fs->sb, &st);
	KUNIT_EXPECT_EQ(test, st.bfree, free);
	KUNIT_EXPECT_EQ(test, st.bavail, free - 400);
	KUNIT_EXPECT_EQ(test, drain(ti, shadow, 64, false), free - 400);
	efs_statfs(&fs->sb, &st);
	KUNIT_EXPECT_EQ(test, st.bfree, 400);
	KUNIT_EXPECT_EQ(test, st.bavail, 0);
	fs->sb.port.privileged = true;
	KUNIT_EXPECT_EQ(test, drain(ti, shadow, 64, false), 400);
	efs_statfs(&fs->sb, &st);
	KUNIT_EXPECT_EQ(test, st.bfree, 0);
	KUNIT_EXPECT_EQ(test, st.bavail, 0);
	restore(ti, shadow);
	/* with windows the same number, not one block of the reserve */
	fs->sb.port.privileged = false;
	ti->core.win_size = 100;
	KUNIT_EXPECT_EQ(test, drain(ti, shadow, 3, true), free - 400);
	restore(ti, shadow);
	efs_test_iput(ti);
	finish(fs, free);
}

/* ---- windows ---- */

/* two writers in turn, each gets one contiguous run */
static void interleaved(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *ti[2] = { efs_test_file(fs, 0), efs_test_file(fs, 1) };
	u32 i, w, start, len, free, first[2], next[2] = { 0, 0 };
	struct efs_statfs st;

	efs_test_counts(fs, &free);
	ti[0]->core.win_size = 64;
	ti[1]->core.win_size = 64;
	for (i = 0; i < 64; i++) {
		for (w = 0; w < 2; w++) {
			KUNIT_ASSERT_EQ(test, take(ti[w], next[w], 1, true, &start, &len), 0);
			KUNIT_ASSERT_EQ(test, len, 1);
			if (i)
				KUNIT_ASSERT_EQ_MSG(test, start, next[w], "writer %u", w);
			else
				first[w] = start;
			next[w] = start + 1;
		}
		/* set aside is free to the user, and used on the disk */
		efs_statfs(&fs->sb, &st);
		KUNIT_EXPECT_EQ(test, st.bfree, free - 2 * (i + 1));
		KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.reserved_windows),
				ti[0]->core.win_len + ti[1]->core.win_len);
		KUNIT_EXPECT_EQ(test, ti[0]->core.win_len, 64 - i);
	}
	for (w = 0; w < 2; w++) {
		KUNIT_EXPECT_TRUE(test, efs_test_block_used(fs, next[w]));
		efs_window_discard(&ti[w]->core);
		KUNIT_EXPECT_FALSE(test, efs_test_block_used(fs, next[w]));
		/* twice is harmless */
		efs_window_discard(&ti[w]->core);
		KUNIT_EXPECT_EQ(test, give(ti[w], first[w], 64), 0);
		efs_test_iput(ti[w]);
	}
	KUNIT_EXPECT_TRUE(test, efs_list_empty(&fs->sb.windows));
	finish(fs, free);
}

/* a writer that goes elsewhere loses its window, one that wants part of it does not */
static void elsewhere(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 start, len, free;

	efs_test_counts(fs, &free);
	ti->core.win_size = 32;
	KUNIT_ASSERT_EQ(test, take(ti, 2100, 4, true, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, 2100);
	KUNIT_EXPECT_EQ(test, ti->core.win_start, 2104);
	KUNIT_EXPECT_EQ(test, ti->core.win_len, 32);
	KUNIT_ASSERT_EQ(test, take(ti, 2104, 40, true, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, 2104);
	KUNIT_EXPECT_EQ(test, len, 32);
	KUNIT_EXPECT_EQ(test, ti->core.win_len, 0);
	KUNIT_ASSERT_EQ(test, give(ti, 2100, 36), 0);

	KUNIT_ASSERT_EQ(test, take(ti, 2100, 4, true, &start, &len), 0);
	KUNIT_ASSERT_EQ(test, take(ti, 6200, 4, true, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, 6200);
	KUNIT_EXPECT_EQ(test, ti->core.win_start, 6204);
	KUNIT_EXPECT_FALSE(test, efs_test_block_used(fs, 2104));
	KUNIT_EXPECT_FALSE(test, efs_test_block_used(fs, 2135));
	KUNIT_ASSERT_EQ(test, give(ti, 2100, 4), 0);
	KUNIT_ASSERT_EQ(test, give(ti, 6200, 4), 0);
	efs_test_iput(ti);
	finish(fs, free);
}

/* nobody is told -ENOSPC while there are blocks in windows */
static void windows_before_enospc(struct kunit *test)
{
	u8 *shadow = kunit_kzalloc(test, BLOCKS, GFP_KERNEL);
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *a = efs_test_file(fs, 0), *b = efs_test_file(fs, 1);
	u32 free, start, len;

	efs_test_counts(fs, &free);
	a->core.win_size = 500;
	KUNIT_ASSERT_EQ(test, take(a, 2100, 1, true, &start, &len), 0);
	shadow[start] = 1;
	KUNIT_EXPECT_EQ(test, a->core.win_len, 500);
	KUNIT_EXPECT_EQ(test, drain(b, shadow, 50, false), free - 1);
	KUNIT_EXPECT_EQ(test, a->core.win_len, 0);
	KUNIT_EXPECT_TRUE(test, efs_list_empty(&fs->sb.windows));
	restore(b, shadow);
	efs_test_iput(a);
	efs_test_iput(b);
	finish(fs, free);
}

/* unmount, freeze and read-only give windows back: nothing leaks on the disk */
static void windows_end(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 free, start, len, i;

	efs_test_counts(fs, &free);
	for (i = 0; i < 2; i++) {
		ti->core.win_size = 20;
		KUNIT_ASSERT_EQ(test, take(ti, 3500, 2, true, &start, &len), 0);
		KUNIT_EXPECT_EQ(test, ti->core.win_len, 20);
		KUNIT_EXPECT_EQ(test, give(ti, start, len), 0);
		KUNIT_ASSERT_EQ(test, i ? efs_mark_ro(&fs->sb) : efs_freeze(&fs->sb), 0);
		KUNIT_EXPECT_EQ(test, ti->core.win_len, 0);
		efs_test_flush(fs->dev);
		KUNIT_EXPECT_EQ(test, efs_test_fsck(fs->dev), 0);
		KUNIT_ASSERT_EQ(test, i ? efs_mark_rw(&fs->sb) : efs_thaw(&fs->sb), 0);
	}
	efs_test_iput(ti);
	finish(fs, free);
}

/* ---- frees ---- */

static const struct bad_free {
	const char *name;
	u32 start, len;
} bad_frees[] = {
	{ "block_0",		0, 1 },
	{ "super",		1, 1 },
	{ "gdt",		2, 1 },
	{ "block_bitmap",	3, 1 },
	{ "inode_bitmap",	4, 1 },
	{ "inode_table",	8, 1 },
	{ "into_table",		2000, 60 },
	{ "over_table",		2040, 100 },
	{ "backup_super",	1025, 1 },
	{ "bitmap_no_base",	2049, 1 },
	{ "end",		8193, 1 },
	{ "over_end",		8190, 4 },
	{ "far",		0xffffffff, 1 },
	{ "wraps",		8000, 0xfffffff0 },
	{ "all",		1, 0xffffffff },
	{ "whole_volume",	1, 8192 },
};

EFS_TEST_ROWS(bad_frees);

/* refused as a whole: no bit changes, nothing but the error record is written */
static void bad_free(struct kunit *test)
{
	const struct bad_free *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 free, i;

	efs_test_counts(fs, &free);
	efs_test_log_start(fs->dev, false);
	KUNIT_EXPECT_EQ(test, give(ti, r->start, r->len), -EFSCORRUPTED);
	KUNIT_EXPECT_EQ(test, fs->dev->reports[0].blk, r->start);
	KUNIT_EXPECT_EQ(test, fs->dev->reports[0].ino, ti->core.ino);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_BG_BLOCK_RANGE));
	for (i = 0; i < fs->dev->log_len; i++)
		KUNIT_EXPECT_EQ(test, fs->dev->log[i].blk, 1);
	efs_test_iput(ti);
	efs_test_counts(fs, &i);
	KUNIT_EXPECT_EQ(test, i, free);
	efs_test_end_dirty(fs);
	/* all that is wrong with it is the mark "has errors" */
	KUNIT_EXPECT_LE(test, efs_test_preen(fs->dev), 1);
}

static void double_free(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 start, len, free, now;

	efs_test_counts(fs, &free);
	KUNIT_ASSERT_EQ(test, take(ti, 5000, 10, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, give(ti, 5000, 10), 0);
	KUNIT_EXPECT_EQ(test, give(ti, 5000, 10), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_BG_BLOCK_FREE));
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, free);

	/* in part: what was in use is free afterwards, counted once */
	KUNIT_ASSERT_EQ(test, take(ti, 5000, 10, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, give(ti, 5003, 3), 0);
	KUNIT_EXPECT_EQ(test, give(ti, 5000, 10), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_BG_BLOCK_FREE));
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, free);
	KUNIT_EXPECT_TRUE(test, fs->sb.ds->s_state & cpu_to_le16(EFS_STATE_ERROR));
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/*
 * With bitmaps and table in the middle of a group, data of two groups are neighbours:
 * one free crosses the border.
 */
static void free_across_groups(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_fs_new(test, 1024, BLOCKS);
	u64 at = 2 * 1024 + 2 * sizeof(struct efs_dgroup);
	u32 i, start, len, free;
	struct efs_test_inode *ti;
	u8 *block = kunit_kzalloc(test, 1024, GFP_KERNEL);
	struct efs_dgroup gd;

	efs_test_format(fs->dev, &volume);
	efs_test_dev_read(fs->dev, at, &gd, sizeof(gd));
	gd.bg_block_bitmap = cpu_to_le32(2500);
	gd.bg_inode_bitmap = cpu_to_le32(2501);
	gd.bg_inode_table = cpu_to_le32(2502);
	efs_test_dev_write(fs->dev, at, &gd, sizeof(gd));
	efs_test_dev_read(fs->dev, 2050 * 1024, block, 1024);
	efs_test_dev_write(fs->dev, 2501 * 1024, block, 1024);
	memset(block, 0, 1024);
	for (i = 2500 - 2049; i < 2506 - 2049; i++)
		block[i / 8] |= 1 << i % 8;
	memset(block + 128, 0xff, 1024 - 128);
	efs_test_dev_write(fs->dev, 2500 * 1024, block, 1024);
	KUNIT_ASSERT_EQ(test, efs_test_fsck(fs->dev), 0);

	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	ti = efs_test_file(fs, 0);
	efs_test_counts(fs, &free);
	KUNIT_EXPECT_TRUE(test, efs_data_ok(&fs->sb, 2000, 500));
	KUNIT_EXPECT_FALSE(test, efs_data_ok(&fs->sb, 2000, 501));
	/* an allocation stays inside its group */
	KUNIT_ASSERT_EQ(test, take(ti, 2000, 100, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, len, 49);
	KUNIT_ASSERT_EQ(test, take(ti, 2049, 100, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, 2049);
	KUNIT_EXPECT_EQ(test, len, 100);
	KUNIT_EXPECT_EQ(test, give(ti, 2000, 149), 0);
	efs_test_counts(fs, &i);
	KUNIT_EXPECT_EQ(test, i, free);
	KUNIT_EXPECT_EQ(test, efs_test_fsck(fs->dev), 0);
	/* an error on one side of the border does not keep from the other side */
	KUNIT_ASSERT_EQ(test, take(ti, 2049, 100, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, give(ti, 2000, 149), -EFSCORRUPTED);
	KUNIT_EXPECT_EQ(test, fs->dev->report_count, 1);
	/* of two errors the first is returned */
	efs_test_bad_block(fs->dev, fs->sb.groups[1].block_bitmap, true);
	efs_test_flush(fs->dev);
	KUNIT_EXPECT_EQ(test, give(ti, 2000, 149), -EIO);
	KUNIT_EXPECT_EQ(test, fs->dev->report_count, 2);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_BG_BLOCK_FREE));
	efs_test_bad_block(fs->dev, fs->sb.groups[1].block_bitmap, false);
	efs_test_counts(fs, &i);
	KUNIT_EXPECT_EQ(test, i, free);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* ---- all at once, against a shadow ---- */

struct model {
	u8 owner[BLOCKS];	/* 0: not taken here; else who took it, + 1 */
};

/* does any group have @n free blocks in a row? Windows count as taken */
static bool run_exists(struct efs_test_fs *fs, u32 n)
{
	u32 g, bit, run;

	for (g = 0; g < fs->sb.geo.groups; g++) {
		struct efs_buf *b;
		const u8 *map;

		KUNIT_ASSERT_EQ(fs->test, efs_buf_read(&fs->sb, fs->sb.groups[g].block_bitmap, &b),
				0);
		map = efs_buf_data(b);
		for (bit = 0, run = 0; bit < efs_group_blocks(&fs->sb.geo, g); bit++) {
			run = map[bit / 8] >> bit % 8 & 1 ? 0 : run + 1;
			if (run == n)
				break;
		}
		efs_buf_put(b);
		if (run >= n)
			return true;
	}
	return false;
}

static void random_mix(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u32 seed = 0x27182818, step, i, free, now, held = 0, start, len;
	struct efs_test_inode *ti[3];

	for (i = 0; i < 3; i++)
		ti[i] = efs_test_file(fs, i);
	efs_test_counts(fs, &free);
	for (step = 0; step < 12000; step++) {
		u32 who = efs_test_rand(&seed) % 3, op = efs_test_rand(&seed) % 100;
		/* drift between nearly empty and nearly full */
		bool grow = op < (step / 2000 % 2 ? 40 : 60);

		if (grow) {
			u32 goal = efs_test_rand(&seed) % (BLOCKS + 50);
			u32 want = 1 + efs_test_rand(&seed) % (op & 1 ? 8 : 200);
			bool window = efs_test_rand(&seed) & 1, goal_free;
			int err;

			if (window && ti[who]->core.win_len && efs_test_rand(&seed) % 4)
				goal = ti[who]->core.win_start;
			ti[who]->core.win_size = efs_test_rand(&seed) % 50;
			goal_free = goal && goal < BLOCKS && efs_data_ok(&fs->sb, goal, 1) &&
				    !efs_test_block_used(fs, goal);
			err = take(ti[who], goal, want, window, &start, &len);
			if (err) {
				KUNIT_ASSERT_EQ(test, err, -ENOSPC);
				KUNIT_ASSERT_EQ(test, held, free);
				continue;
			}
			KUNIT_ASSERT_GE(test, len, 1);
			KUNIT_ASSERT_LE(test, len, want);
			if (goal_free)
				KUNIT_ASSERT_EQ(test, start, goal);
			else if (!window && len < want)
				KUNIT_ASSERT_FALSE_MSG(test, run_exists(fs, want),
						       "step %u: %u of %u", step, len, want);
			for (i = start; i < start + len; i++) {
				KUNIT_ASSERT_EQ_MSG(test, m->owner[i], 0, "block %u twice", i);
				KUNIT_ASSERT_TRUE(test, efs_test_block_used(fs, i));
				m->owner[i] = who + 1;
			}
			held += len;
		} else {
			u32 most = 1 + efs_test_rand(&seed) % 100;

			for (i = 0, start = efs_test_rand(&seed) % BLOCKS; i < BLOCKS; i++)
				if (m->owner[(start + i) % BLOCKS] == who + 1)
					break;
			start = (start + i) % BLOCKS;
			for (len = 0; len < most && start + len < BLOCKS; len++) {
				if (m->owner[start + len] != who + 1)
					break;
				m->owner[start + len] = 0;
			}
			if (!len)
				continue;
			KUNIT_ASSERT_EQ(test, give(ti[who], start, len), 0);
			held -= len;
		}
		if (step % 500)
			continue;
		efs_test_counts(fs, &now);
		KUNIT_ASSERT_EQ(test, now, free - held);
	}
	for (i = 1; i < BLOCKS; i++)
		if (m->owner[i])
			KUNIT_ASSERT_EQ(test, give(ti[0], i, 1), 0);
	for (i = 0; i < 3; i++)
		efs_test_iput(ti[i]);
	finish(fs, free);
}

/* ---- faults ---- */

/* an unreadable bitmap costs its group only */
static void bad_bitmap_block(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 start, len, free, g;

	free = efs_ctr_sum(&fs->sb.free_blocks);
	efs_test_bad_block(fs->dev, fs->sb.groups[2].block_bitmap, true);
	KUNIT_ASSERT_EQ(test, take(ti, 2500, 10, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, first_free[3]);
	KUNIT_EXPECT_EQ(test, give(ti, start, len), 0);
	KUNIT_EXPECT_EQ(test, give(ti, 2500, 1), -EIO);
	for (g = 0; g < 8; g++)
		efs_test_bad_block(fs->dev, fs->sb.groups[g].block_bitmap, true);
	efs_test_flush(fs->dev);
	KUNIT_EXPECT_EQ(test, take(ti, 2500, 10, false, &start, &len), -EIO);
	for (g = 0; g < 8; g++)
		efs_test_bad_block(fs->dev, fs->sb.groups[g].block_bitmap, false);
	KUNIT_ASSERT_EQ(test, take(ti, 2500, 10, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, 2500);
	KUNIT_EXPECT_EQ(test, give(ti, start, len), 0);
	efs_test_iput(ti);
	finish(fs, free);
}

/* so does one that cannot be true */
static void corrupt_bitmap(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_fs_new(test, 1024, BLOCKS);
	u32 start, len;
	struct efs_test_inode *ti;
	u8 zero[128] = { 0 };

	efs_test_format(fs->dev, &volume);
	efs_test_dev_write(fs->dev, 2049 * 1024, zero, sizeof(zero));
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	ti = efs_test_file(fs, 0);
	KUNIT_ASSERT_EQ(test, take(ti, 2500, 10, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, first_free[3]);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_BG_BITMAP_META));
	KUNIT_EXPECT_EQ(test, give(ti, start, len), 0);
	/* reported once; the group is out of use */
	KUNIT_ASSERT_EQ(test, take(ti, 2500, 10, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, give(ti, start, len), 0);
	KUNIT_EXPECT_EQ(test, give(ti, 2500, 1), -EFSCORRUPTED);
	KUNIT_EXPECT_EQ(test, fs->dev->report_count, 0);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* synchronous: the bitmap is on the disk when the blocks are handed out, or they are not */
static void sync_write(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 start, len, free, now, map = fs->sb.groups[2].block_bitmap;
	u8 byte;

	efs_test_counts(fs, &free);
	ti->core.port.sync = true;
	KUNIT_ASSERT_EQ(test, take(ti, 2500, 1, false, &start, &len), 0);
	efs_test_dev_read(fs->dev, map * 1024 + (2500 - 2049) / 8, &byte, 1);
	KUNIT_EXPECT_TRUE(test, byte >> (2500 - 2049) % 8 & 1);
	KUNIT_EXPECT_EQ(test, give(ti, start, len), 0);
	/* one bitmap cannot be written: another group's can */
	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_ASSERT_EQ(test, take(ti, 2500, 1, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, first_free[3]);
	KUNIT_EXPECT_EQ(test, give(ti, start, len), 0);
	fs->dev->fail[EFS_TEST_WRITE] = EFS_TEST_ALWAYS;
	KUNIT_EXPECT_EQ(test, take(ti, 2500, 1, false, &start, &len), -EIO);
	fs->dev->fail[EFS_TEST_WRITE] = 0;
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, free);
	efs_test_iput(ti);
	finish(fs, free);
}

/* synchronous: what is taken, or set aside, for data holds zeros already */
static void sync_zeroes(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u8 old[1024], zero[1024] = { 0 }, got[1024];
	u32 start, len, free, now, i;

	efs_test_counts(fs, &free);
	memset(old, 0xa5, sizeof(old));
	for (i = 0; i < 32; i++)
		efs_test_dev_write(fs->dev, (2500 + i) * 1024, old, sizeof(old));
	/* set aside while it is not synchronous: it holds what it held */
	ti->core.win_size = 8;
	KUNIT_ASSERT_EQ(test, take(ti, 2500, 1, true, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, 2500);
	efs_test_dev_read(fs->dev, start * 1024, got, sizeof(got));
	KUNIT_EXPECT_MEMEQ(test, got, old, sizeof(got));
	ti->core.port.sync = true;
	for (i = 1; i < 20; i++) {
		ti->core.win_size = 8;
		KUNIT_ASSERT_EQ(test, take(ti, 2500 + i, 1, true, &start, &len), 0);
		KUNIT_EXPECT_EQ(test, start, 2500 + i);
		efs_test_dev_read(fs->dev, start * 1024, got, sizeof(got));
		KUNIT_EXPECT_MEMEQ(test, got, zero, sizeof(got));
	}
	KUNIT_EXPECT_EQ(test, give(ti, 2500, 20), 0);
	efs_window_discard(&ti->core);
	/* the device refuses the zeros: nothing was taken */
	fs->dev->fail[EFS_TEST_WRITE] = 2;
	KUNIT_EXPECT_EQ(test, take(ti, 2500, 1, true, &start, &len), -EIO);
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, free);
	efs_test_iput(ti);
	finish(fs, free);
}

/* nothing is taken or given on a volume that must not change */
static void refused(struct kunit *test)
{
	static const u32 states[] = { EFS_SB_RDONLY, EFS_SB_SHUTDOWN };
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 i, start, len, dirtied, free;

	efs_test_counts(fs, &free);
	dirtied = fs->dev->dirtied;
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		fs->sb.state |= states[i];
		KUNIT_EXPECT_EQ(test, take(ti, 0, 1, false, &start, &len), -EROFS);
		KUNIT_EXPECT_EQ(test, take(ti, 0, 1, true, &start, &len), -EROFS);
		KUNIT_EXPECT_EQ(test, give(ti, 2500, 1), -EROFS);
		fs->sb.state &= ~states[i];
	}
	KUNIT_EXPECT_EQ(test, fs->dev->dirtied, dirtied);
	efs_test_iput(ti);
	finish(fs, free);
}

/* summaries choose the group: a request on a full volume reads no bitmap */
static void no_needless_reads(struct kunit *test)
{
	u8 *shadow = kunit_kzalloc(test, BLOCKS, GFP_KERNEL);
	struct efs_test_fs *fs = efs_test_begin(test, &volume);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 free, start, len, before;

	efs_test_counts(fs, &free);
	drain(ti, shadow, 1024, false);
	KUNIT_ASSERT_EQ(test, give(ti, 7500, 1), 0);
	efs_test_flush(fs->dev);
	before = fs->dev->calls[EFS_TEST_READ];
	KUNIT_ASSERT_EQ(test, take(ti, 100, 1, false, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, 7500);
	KUNIT_EXPECT_LE(test, fs->dev->calls[EFS_TEST_READ], before + 1);
	efs_test_flush(fs->dev);
	before = fs->dev->calls[EFS_TEST_READ];
	KUNIT_EXPECT_EQ(test, take(ti, 100, 1, false, &start, &len), -ENOSPC);
	KUNIT_EXPECT_EQ(test, fs->dev->calls[EFS_TEST_READ], before);
	restore(ti, shadow);
	efs_test_iput(ti);
	finish(fs, free);
}

/* groups beyond the reach of mke2fs: the far end of 16 TiB, and block sizes up to 64k */
static void large(struct kunit *test)
{
	static const struct {
		struct efs_test_mkfs m;
		u32 goal, want, len;
	} rows[] = {
		{ { .block_size = 4096, .blocks = 0xffffffff, .bpg = 32768, .ipg = 128,
		    .files = 1 }, 0xfffffff0, 100, 15 },
		{ { .block_size = 4096, .blocks = 0xffffffff, .bpg = 32768, .ipg = 128,
		    .files = 1 }, 0xffff9000, 0xffffffff, 0x6fff },
		{ { .block_size = 65536, .blocks = 200000, .bpg = 65528, .ipg = 256, .files = 1 },
		  70000, 60000, 60000 },
		{ { .block_size = 65536, .blocks = 200000, .bpg = 65528, .ipg = 256, .files = 1 },
		  100000, 65528, 65528 * 2 - 100000 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct efs_test_fs *fs = efs_test_begin(test, &rows[i].m);
		struct efs_test_inode *ti = efs_test_file(fs, 0);
		s64 free = efs_ctr_sum(&fs->sb.free_blocks);
		u32 start, len;

		KUNIT_ASSERT_EQ(test, take(ti, rows[i].goal, rows[i].want, false, &start, &len), 0);
		KUNIT_EXPECT_EQ(test, start, rows[i].goal);
		KUNIT_EXPECT_EQ(test, len, rows[i].len);
		KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks), free - len);
		KUNIT_EXPECT_EQ(test, give(ti, start, len), 0);
		KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks), free);
		efs_test_iput(ti);
		efs_test_end_dirty(fs);
		efs_test_exit(test);
	}
}

static struct kunit_case balloc_cases[] = {
	KUNIT_CASE_PARAM(goal, goals_gen_params),
	KUNIT_CASE(home_group),
	KUNIT_CASE(next_group),
	KUNIT_CASE(fragments),
	KUNIT_CASE(exhaustion),
	KUNIT_CASE(reserve),
	KUNIT_CASE(interleaved),
	KUNIT_CASE(elsewhere),
	KUNIT_CASE(windows_before_enospc),
	KUNIT_CASE(windows_end),
	KUNIT_CASE_PARAM(bad_free, bad_frees_gen_params),
	KUNIT_CASE(double_free),
	KUNIT_CASE(free_across_groups),
	KUNIT_CASE_SLOW(random_mix),
	KUNIT_CASE(bad_bitmap_block),
	KUNIT_CASE(corrupt_bitmap),
	KUNIT_CASE(sync_write),
	KUNIT_CASE(sync_zeroes),
	KUNIT_CASE(refused),
	KUNIT_CASE(no_needless_reads),
	KUNIT_CASE(large),
	{}
};

static struct kunit_suite balloc_suite = {
	.name = "efsext2_balloc",
	.exit = efs_test_exit,
	.test_cases = balloc_cases,
};

kunit_test_suite(balloc_suite);
