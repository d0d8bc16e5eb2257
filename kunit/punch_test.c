// SPDX-License-Identifier: GPL-2.0
/*
 * Punching: every boundary of the map, tables that become empty, order, hostile maps, faults,
 * and a model.
 *
 * The second reader of maps (ref_map.c) counts what is left; bitmaps and i_blocks must
 * agree with it after every step. What must be left of a map is told by ideal(),
 * which knows nothing but which blocks are in use.
 *
 * Tests: core/engine/punch.c
 */
#include "map_help.h"

/* blocks of a map without empty tables that holds @n blocks @lblk, in ascending order */
static u32 ideal(u32 block_size, const u32 *lblk, u32 n)
{
	u32 p = block_size / 4, all = 0, i, level;
	u64 last[4] = { 0 }, base, at;

	for (i = 0; i < n; i++) {
		int depth = efs_test_depth(block_size, lblk[i]);

		all++;
		base = depth < 2 ? 12 : depth == 2 ? 12 + p : 12 + p + (u64)p * p;
		at = lblk[i] - base;
		for (level = 1; (int)level <= depth; level++) {
			at /= p;
			/* tables of a level have numbers that only grow: depth, then position */
			if (last[level] != ((u64)depth << 32) + at + 1)
				all++;
			last[level] = ((u64)depth << 32) + at + 1;
		}
	}
	return all;
}

EFS_TEST_ROWS(sizes);

/*
 * Points that matter: the start, the first and last block of each kind of table, and some
 * beside them; in ascending order. Return: how many
 */
static u32 points(const struct efs_geo *geo, u32 *out, u32 max)
{
	u64 p = geo->ptrs, bound[] = { 0, 12, 12 + p, 12 + 2 * p, 12 + 3 * p, 12 + p + p * p,
				       12 + 2 * p + p * p, 12 + p + 2 * p * p };
	u64 end = min_t(u64, geo->max_blocks, geo->max_size >> geo->block_bits);
	u32 i, k, n = 0;

	for (i = 0; i < ARRAY_SIZE(bound); i++)
		for (k = 0; k < 5; k++) {
			u64 at = bound[i] + k;

			if (at < 2 || at - 2 >= end || n == max)
				continue;
			if (!n || out[n - 1] < at - 2)
				out[n++] = (u32)at - 2;
		}
	return n;
}

#define POINTS 48

/* those at the points in [@from, @to) are gone, the others are there, and no table too many */
static void expect_left(struct efs_test_fs *fs, struct efs_test_inode *ti, const u32 *pts, u32 n,
			u32 from, u32 to)
{
	u32 left[POINTS], k, m = 0;

	for (k = 0; k < n; k++) {
		bool out = pts[k] >= from && pts[k] < to;

		KUNIT_ASSERT_EQ_MSG(fs->test, efs_test_map_at(ti, pts[k], 0) != 0, !out,
				    "lblk %u, [%u, %u)", pts[k], from, to);
		if (!out)
			left[m++] = pts[k];
	}
	KUNIT_ASSERT_EQ_MSG(fs->test, efs_test_map_blocks(ti),
			    ideal(fs->dev->block_size, left, m), "[%u, %u)", from, to);
}

/* from each point to each other one, and to behind all */
static void boundary(struct kunit *test)
{
	const struct size *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &r->m);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 pts[POINTS], n = points(&fs->sb.geo, pts, POINTS), i, k, j, base;

	efs_test_counts(fs, &base);
	KUNIT_ASSERT_GT(test, n, 20);
	for (i = 0; i < n; i++)
		for (k = i + 1; k <= n; k += 1 + (i + k) % 5) {
			u32 to = k < n ? pts[k] : 0xffffffff;

			for (j = 0; j < n; j++)
				put_block(test, ti, pts[j]);
			KUNIT_ASSERT_EQ(test, efs_punch(&ti->core, pts[i], to), 0);
			expect_left(fs, ti, pts, n, pts[i], to);
			check_file(fs, ti, base);
		}
	efs_i_size_set(&ti->core, (u64)(pts[n - 1] + 1) << fs->dev->block_bits);
	efs_i_mark_dirty(&ti->core);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* nothing there, nothing to do, or not in reach: nothing changes */
static void nothing(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 seq = ti->core.map_seq, dirtied, blocks, reads;

	KUNIT_EXPECT_EQ(test, efs_punch(&ti->core, 0, 0xffffffff), 0);
	put_block(test, ti, 12 + 256 + 65536 + 70000);
	put_block(test, ti, 3);
	efs_windows_discard_all(&fs->sb);
	blocks = efs_test_map_blocks(ti);
	dirtied = fs->dev->dirtied;
	reads = fs->dev->calls[EFS_TEST_READ];
	KUNIT_EXPECT_EQ(test, efs_punch(&ti->core, 3, 3), 0);
	KUNIT_EXPECT_EQ(test, efs_punch(&ti->core, 4, 3), 0);
	KUNIT_EXPECT_EQ(test, efs_punch(&ti->core, 4, 12 + 256 + 65536 + 70000), 0);
	KUNIT_EXPECT_EQ(test, efs_punch(&ti->core, 12 + 256 + 65536 + 70001, 0xffffffff), 0);
	KUNIT_EXPECT_EQ(test, efs_punch(&ti->core, 0xfffffff0, 0xffffffff), 0);
	/* holes cost no more than the ways to their ends */
	KUNIT_EXPECT_LE(test, fs->dev->calls[EFS_TEST_READ], reads + 30);
	KUNIT_EXPECT_EQ(test, fs->dev->dirtied, dirtied);
	KUNIT_EXPECT_EQ(test, ti->core.map_seq, seq);
	KUNIT_EXPECT_EQ(test, efs_test_map_blocks(ti), blocks);
	KUNIT_EXPECT_EQ(test, efs_punch(&ti->core, 3, 4), 0);
	KUNIT_EXPECT_NE(test, ti->core.map_seq, seq);
	fs->sb.state |= EFS_SB_SHUTDOWN;
	KUNIT_EXPECT_EQ(test, efs_punch(&ti->core, 0, 0xffffffff), -EROFS);
	fs->sb.state &= ~EFS_SB_SHUTDOWN;
	KUNIT_EXPECT_EQ(test, efs_test_map_blocks(ti), blocks - 1);
	efs_i_size_set(&ti->core, (12 + 256 + 65536 + 70001) * 1024ull);
	efs_i_mark_dirty(&ti->core);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* every other block is more runs than a round takes; other files stay what they are */
static void many_runs(struct kunit *test)
{
	static const struct {
		u32 from, to;
	} rows[] = {
		{ 0, 2500 }, { 1, 2499 }, { 11, 13 }, { 13, 267 }, { 20, 900 }, { 268, 524 },
		{ 267, 525 }, { 300, 400 }, { 1036, 1037 }, { 600, 2400 },
	};
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0), *other = efs_test_file(fs, 1);
	u32 i, k, base;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		efs_test_counts(fs, &base);
		base += efs_test_map_blocks(ti);
		for (k = 0; k < 2500; k += 2) {
			put_block(test, ti, k);
			if (!i) {
				put_block(test, other, k);
				efs_windows_discard_all(&fs->sb);
			}
		}
		if (!i)
			base -= efs_test_map_blocks(other);
		KUNIT_ASSERT_EQ(test, efs_punch(&ti->core, rows[i].from, rows[i].to), 0);
		for (k = 0; k < 2500; k++)
			KUNIT_ASSERT_EQ_MSG(test, efs_test_map_at(ti, k, 0) != 0,
					    k % 2 == 0 && (k < rows[i].from || k >= rows[i].to),
					    "lblk %u, row %u", k, i);
		efs_windows_discard_all(&fs->sb);
		check_file(fs, ti, base);
	}
	for (k = 0; k < 2500; k++)
		KUNIT_ASSERT_EQ(test, efs_test_map_at(other, k, 0) != 0, k % 2 == 0);
	efs_i_size_set(&ti->core, 3000 * 1024);
	efs_i_size_set(&other->core, 3000 * 1024);
	efs_i_mark_dirty(&ti->core);
	efs_i_mark_dirty(&other->core);
	efs_test_iput(ti);
	efs_test_iput(other);
	efs_test_end(fs);
}

/* a hole can be filled again, and shows nothing of what was there */
static void refill(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u8 *buf = kunit_kzalloc(test, 600 * 1024, GFP_KERNEL), *back;
	u32 i, base;

	efs_test_counts(fs, &base);
	back = kunit_kzalloc(test, 600 * 1024, GFP_KERNEL);
	for (i = 0; i < 600 * 1024; i++)
		buf[i] = (u8)(i * 7 + i / 1024);
	KUNIT_ASSERT_EQ(test, efs_test_write(ti, 0, buf, 600 * 1024), 0);
	KUNIT_ASSERT_EQ(test, efs_punch(&ti->core, 5, 555), 0);
	memset(buf + 5 * 1024, 0, 550 * 1024);
	KUNIT_ASSERT_EQ(test, efs_test_read(ti, 0, back, 600 * 1024), 0);
	KUNIT_EXPECT_MEMEQ(test, buf, back, 600 * 1024);
	memset(buf + 100 * 1024, 0x5a, 300 * 1024);
	KUNIT_ASSERT_EQ(test, efs_test_write(ti, 100 * 1024, buf + 100 * 1024, 300 * 1024), 0);
	KUNIT_ASSERT_EQ(test, efs_test_read(ti, 0, back, 600 * 1024), 0);
	KUNIT_EXPECT_MEMEQ(test, buf, back, 600 * 1024);
	efs_windows_discard_all(&fs->sb);
	check_file(fs, ti, base);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* ---- order ---- */

/*
 * Synchronous: when a block is freed, the disk no longer has a pointer to it; so the table
 * that was cut, or the inode, was written before.
 */
static void order(struct kunit *test)
{
	static const struct {
		u32 from, to;
		u32 stay;	/* a block beside the range, in the table that is cut */
		u32 level;	/* of that table; 0: the inode */
	} rows[] = {
		{ 5, 6, 4, 0 }, { 12, 268, 3, 0 }, { 20, 30, 40, 1 },
		{ 12 + 256 + 300, 12 + 256 + 310, 12 + 256 + 310, 1 },
		{ 12 + 256 + 256, 12 + 256 + 512, 12 + 256, 2 },
		{ 12 + 256 + 65536 + 65536, 12 + 256 + 65536 + 70000, 12 + 256 + 65536, 3 },
		{ 12 + 256 + 65536, 12 + 256 + 65536 + 70000, 1, 0 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct efs_test_fs *fs = efs_test_begin(test, &plain);
		struct efs_test_inode *ti = efs_test_file(fs, 0);
		u32 slot = fs->sb.groups[0].inode_table + (ti->core.ino - 1) / 4;
		u32 table;

		put_block(test, ti, rows[i].stay);
		put_block(test, ti, rows[i].from);
		efs_i_size_set(&ti->core, (12 + 256 + 65536 + 70000) * 1024ull);
		table = rows[i].level ? efs_test_map_at(ti, rows[i].from, rows[i].level) : slot;
		efs_test_sync(fs);
		ti->core.port.sync = true;
		efs_test_log_start(fs->dev, true);
		KUNIT_ASSERT_EQ(test, efs_punch(&ti->core, rows[i].from, rows[i].to), 0);
		expect_cut_first(fs, table, i);
		KUNIT_EXPECT_NE(test, efs_test_map_at(ti, rows[i].stay, 0), 0);
		ti->core.port.sync = false;
		efs_i_mark_dirty(&ti->core);
		efs_test_iput(ti);
		efs_test_end(fs);
		efs_test_exit(test);
	}
}

/*
 * The power is cut at each write of a synchronous punch, when of what was changed and not yet
 * written nothing, any one block or all has reached the disk: e2fsck -p mends it, every
 * block outside of the range is there, and those inside are there or not.
 */
struct cuts {
	struct kunit *test;
	struct {
		u32 blk;
		u8 *data;
	} base[64];
	u32 n;
	struct efs_test_event *log;
	u32 log_len;
	u32 from, to, was[8];
};

static const u32 cut_blocks[] = { 3, 12 + 3, 12 + 9, DOUBLE + 3, DOUBLE + 300, DOUBLE + 301,
				  TRIPLE, TRIPLE + 70000 };

static void keep_base(struct efs_test_dev *dev, u32 blk, const u8 *data, void *arg)
{
	struct cuts *c = arg;

	KUNIT_ASSERT_LT(c->test, c->n, ARRAY_SIZE(c->base));
	c->base[c->n].blk = blk;
	c->base[c->n].data = kunit_kzalloc(c->test, dev->block_size, GFP_KERNEL);
	memcpy(c->base[c->n++].data, data, dev->block_size);
}

static void cut_record(struct cuts *c)
{
	struct efs_test_fs *fs = efs_test_begin(c->test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	struct efs_test_dev *dev = fs->dev;
	u32 k;

	for (k = 0; k < ARRAY_SIZE(cut_blocks); k++) {
		put_block(c->test, ti, cut_blocks[k]);
		c->was[k] = efs_test_map_at(ti, cut_blocks[k], 0);
	}
	efs_windows_discard_all(&fs->sb);
	efs_i_size_set(&ti->core, (TRIPLE + 70001) * 1024ull);
	efs_test_sync(fs);
	efs_test_dev_each(dev, keep_base, c);
	ti->core.port.sync = true;
	efs_test_log_start(dev, true);
	KUNIT_ASSERT_EQ(c->test, efs_punch(&ti->core, c->from, c->to), 0);
	KUNIT_ASSERT_EQ(c->test, efs_test_store(ti), 0);
	/* the log outlives its device */
	c->log = dev->log;
	c->log_len = dev->log_len;
	dev->log = NULL;
	dev->log_len = 0;
	dev->log_room = 0;
	dev->logging = false;
	ti->core.port.sync = false;
	efs_test_iput(ti);
	efs_test_end(fs);
	efs_test_exit(c->test);
}

/* was what event @k changed written, or given up, before event @end? */
static bool settled(const struct cuts *c, u32 k, u32 end)
{
	u32 j;

	for (j = k + 1; j < end; j++)
		if (c->log[j].blk == c->log[k].blk && (c->log[j].type == EFS_TEST_EV_WRITE ||
						       c->log[j].type == EFS_TEST_EV_FORGET))
			return true;
	return false;
}

#define NOTHING	0xffffffff
#define ALL	0xfffffffe

/* the disk when event @end was about to happen, and @more of what was open is on it, too */
static void cut_try(struct cuts *c, u32 end, u32 more)
{
	struct kunit *test = c->test;
	struct efs_test_fs *fs = efs_test_fs_new(test, plain.block_size, plain.blocks);
	struct efs_test_inode *ti;
	u32 k, now;

	efs_test_format(fs->dev, &plain);
	for (k = 0; k < c->n; k++)
		efs_test_dev_write(fs->dev, (u64)c->base[k].blk << 10, c->base[k].data, 1024);
	for (k = 0; k < end; k++)
		if (c->log[k].type == EFS_TEST_EV_WRITE ||
		    (c->log[k].type == EFS_TEST_EV_DIRTY && (more == ALL || more == k) &&
		     !settled(c, k, end)))
			efs_test_dev_write(fs->dev, (u64)c->log[k].blk << 10, c->log[k].data, 1024);
	KUNIT_EXPECT_LE_MSG(test, efs_test_repair(fs->dev, false), 1, "cut at event %u", end);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	ti = efs_test_file(fs, 0);
	for (k = 0; k < ARRAY_SIZE(cut_blocks); k++) {
		now = efs_test_map_at(ti, cut_blocks[k], 0);
		if (now || cut_blocks[k] < c->from || cut_blocks[k] >= c->to)
			KUNIT_EXPECT_EQ_MSG(test, now, c->was[k], "lblk %u, cut at event %u",
					    cut_blocks[k], end);
	}
	/* each block of the map has its bit */
	efs_test_map_blocks(ti);
	efs_test_iput(ti);
	efs_test_end(fs);
	efs_test_exit(test);
}

static const struct cut_range {
	const char *name;
	u32 from, to;
} cut_ranges[] = {
	{ "leaf", 12 + 5, 12 + 20 }, { "leaf_empty", 12, DOUBLE },
	{ "two_leaves", DOUBLE, DOUBLE + 301 },
	{ "all_levels", 5, TRIPLE + 69000 }, { "all", 0, 0xffffffff },
};

EFS_TEST_ROWS(cut_ranges);

static void power_cut(struct kunit *test)
{
	const struct cut_range *r = test->param_value;
	struct cuts *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	u32 end, k, states = 0;

	c->test = test;
	c->from = r->from;
	c->to = r->to;
	cut_record(c);
	for (end = 0; end <= c->log_len; end++) {
		if (end < c->log_len && c->log[end].type != EFS_TEST_EV_WRITE)
			continue;
		cut_try(c, end, NOTHING);
		cut_try(c, end, ALL);
		states += 2;
		for (k = 0; k < end; k++)
			if (c->log[k].type == EFS_TEST_EV_DIRTY && !settled(c, k, end)) {
				cut_try(c, end, k);
				states++;
			}
	}
	KUNIT_EXPECT_GT(test, states, 4);
	for (k = 0; k < c->log_len; k++)
		efs_test_mfree(c->log[k].data);
	efs_test_mfree(c->log);
}

/* ---- hostile maps ---- */

static const struct bad {
	const char *name;
	u32 lblk, level;	/* the table at this level over this block, 0: the inode */
	u32 at;			/* its pointer */
	u32 value;
	u32 from, to;
	enum efs_code code;
} bads[] = {
	{ "direct_super",	2, 0, 6, 1, 5, 8,		EFS_C_BG_BLOCK_RANGE },
	{ "direct_far",		2, 0, 6, 0xffffffff, 6, 7,	EFS_C_BG_BLOCK_RANGE },
	{ "direct_free",	2, 0, 6, 15000, 0, 12,		EFS_C_BG_BLOCK_FREE },
	{ "single_root",	2, 0, 12, 3, 12, DOUBLE,	EFS_C_MAP_INDIRECT },
	{ "single_way",		2, 0, 12, 3, 20, 21,		EFS_C_MAP_INDIRECT },
	{ "double_way",		2, 0, 13, 8, DOUBLE, TRIPLE - 1, EFS_C_MAP_INDIRECT },
	{ "triple_way",		2, 0, 14, 0xfffffffe, TRIPLE + 1, TRIPLE + 5, EFS_C_MAP_INDIRECT },
	{ "leaf_super",		12 + 3, 1, 9, 8193, 12, 12 + 20, EFS_C_BG_BLOCK_RANGE },
	{ "middle_bitmap",	DOUBLE + 3, 2, 9, 4, DOUBLE + 9 * 256, DOUBLE + 9 * 256 + 1,
				EFS_C_MAP_INDIRECT },
	{ "under_top",		TRIPLE, 2, 9, 5, TRIPLE, TRIPLE + 65536, EFS_C_MAP_INDIRECT },
};

EFS_TEST_ROWS(bads);

/* one bad pointer in a good file: it is told, nothing outside the range is touched, no more */
static void bad_pointer(struct kunit *test)
{
	const struct bad *r = test->param_value;
	static const u32 good[] = { 2, 12 + 3, DOUBLE + 3, TRIPLE };
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 i, was[4];

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		put_block(test, ti, good[i]);
		was[i] = efs_test_map_at(ti, good[i], 0);
	}
	if (r->level)
		poke(fs, ti, efs_test_map_at(ti, r->lblk, r->level), r->at, r->value);
	else
		ti->core.block[r->at] = cpu_to_le32(r->value);
	KUNIT_EXPECT_EQ(test, efs_punch(&ti->core, r->from, r->to), -EFSCORRUPTED);
	KUNIT_EXPECT_EQ(test, fs->dev->report_count, 1);
	KUNIT_EXPECT_EQ(test, fs->dev->reports[0].ino, ti->core.ino);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, r->code));
	for (i = 0; i < ARRAY_SIZE(good); i++)
		if ((good[i] < r->from || good[i] >= r->to) && (r->level || r->at != 11 + i)) {
			KUNIT_EXPECT_EQ(test, efs_test_map_at(ti, good[i], 0), was[i]);
			KUNIT_EXPECT_TRUE(test, efs_test_block_used(fs, was[i]));
		}
	check_metadata(fs);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* tables that contain themselves or each other: it ends */
static void loops(struct kunit *test)
{
	u32 shape;

	for (shape = 0; shape < 8; shape++) {
		struct efs_test_fs *fs = efs_test_begin(test, &plain);
		struct efs_test_inode *ti = efs_test_file(fs, 0);
		u32 reads, from = shape & 4 ? TRIPLE + 777 : 0;

		put_loop(fs, ti, shape & 3);
		reads = fs->dev->calls[EFS_TEST_READ];
		KUNIT_EXPECT_EQ_MSG(test, efs_punch(&ti->core, from, 0xffffffff), -EFSCORRUPTED,
				    "shape %u", shape);
		KUNIT_EXPECT_LE(test, fs->dev->calls[EFS_TEST_READ] - reads,
				8 * fs->sb.geo.blocks_count);
		KUNIT_EXPECT_GT(test, fs->dev->report_count, 0);
		efs_test_reports_clear(fs->dev);
		check_metadata(fs);
		efs_test_iput(ti);
		efs_test_reports_clear(fs->dev);
		efs_test_end_dirty(fs);
		efs_test_exit(test);
	}
}

/* random numbers for pointers: whatever is freed, metadata is not, and it ends */
static void garbage(struct kunit *test)
{
	u32 seed = 0x27182818, round, i, reports = 0;

	for (round = 0; round < 60; round++) {
		struct efs_test_fs *fs = efs_test_begin(test, &small);
		struct efs_test_inode *ti = efs_test_file(fs, 0);
		u32 from, to;

		put_garbage(fs, ti, &seed);
		for (i = 0; i < 20; i++) {
			from = rand_below(&seed, TRIPLE + 600);
			to = from + rand_below(&seed, i < 10 ? 300 : 200000);
			efs_punch(&ti->core, from, to);
		}
		efs_punch(&ti->core, 0, 0xffffffff);
		reports += fs->dev->report_count;
		efs_test_reports_clear(fs->dev);
		check_metadata(fs);
		efs_test_iput(ti);
		efs_test_end_dirty(fs);
		efs_test_exit(test);
	}
	KUNIT_EXPECT_GT(test, reports, 60);
}

/* ---- faults ---- */

EFS_TEST_ROWS(free_faults);

/* after a call of [@from, @to) that failed at its @n-th step, or was not made to fail */
static void expect_sane(struct efs_test_fs *fs, struct efs_test_inode *ti, const u32 *was, u32 from,
			u32 to, u32 base)
{
	u32 k, left;

	for (k = 0; k < ARRAY_SIZE(spread); k++)
		if (spread[k] < from || spread[k] >= to)
			KUNIT_EXPECT_EQ_MSG(fs->test, efs_test_map_at(ti, spread[k], 0), was[k],
					    "lblk %u", spread[k]);
	/* counts every block of the map and looks at its bit */
	left = efs_test_map_blocks(ti);
	KUNIT_EXPECT_LE(fs->test, efs_ctr_sum(&fs->sb.free_blocks), base - left);
	efs_test_counts(fs, NULL);
}

/*
 * The n-th call fails. What the file still shows is still its own, what is outside of the
 * range is as before, and the rest can be had by asking again.
 */
static void fault(struct kunit *test)
{
	const struct free_fault *r = test->param_value;
	static const struct {
		u32 from, to;
	} rows[] = {
		{ 0, 0xffffffff }, { 5, TRIPLE + 10 }, { 12 + 100, DOUBLE + 200 },
		{ DOUBLE + 300, TRIPLE + 70000 }, { 7, DOUBLE + 301 },
	};
	u32 t, n, k, met = 0;

	for (t = 0; t < ARRAY_SIZE(rows); t++) {
		for (n = 1; n < 100; n++) {
			struct efs_test_fs *fs = efs_test_begin(test, &plain);
			u32 base, was[ARRAY_SIZE(spread)];
			struct efs_test_inode *ti = spread_file(fs, was, &base);
			bool hit;
			int err;

			ti->core.port.sync = r->sync;
			fs->dev->fail[r->fault] = n;
			err = efs_punch(&ti->core, rows[t].from, rows[t].to);
			hit = !fs->dev->fail[r->fault];
			fs->dev->fail[r->fault] = 0;
			met += hit;
			KUNIT_EXPECT_EQ_MSG(test, err, hit ? -EIO : 0, "row %u call %u", t, n);
			expect_sane(fs, ti, was, rows[t].from, rows[t].to, base);
			ti->core.port.sync = false;
			KUNIT_EXPECT_EQ(test, efs_punch(&ti->core, rows[t].from, rows[t].to), 0);
			for (k = 0; k < ARRAY_SIZE(spread); k++)
				if (spread[k] >= rows[t].from && spread[k] < rows[t].to)
					KUNIT_EXPECT_EQ(test,
							efs_test_map_at(ti, spread[k], 0), 0);
			spread_end(fs, ti, hit, n);
			if (!hit)
				break;
		}
	}
	KUNIT_EXPECT_EQ(test, met > 0, r->fault != EFS_TEST_ALLOC);
}

/* a file of 4 TiB with a block at each end and in the middle costs what it has, not its size */
static void huge(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &largest);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 last = fs->sb.geo.max_blocks - 1, reads;
	s64 base = efs_ctr_sum(&fs->sb.free_blocks);

	put_block(test, ti, 0);
	put_block(test, ti, last / 2);
	put_block(test, ti, last);
	efs_test_flush(fs->dev);
	reads = fs->dev->calls[EFS_TEST_READ];
	KUNIT_EXPECT_EQ(test, efs_punch(&ti->core, 1, last), 0);
	KUNIT_EXPECT_EQ(test, efs_test_map_at(ti, last / 2, 0), 0);
	KUNIT_EXPECT_NE(test, efs_test_map_at(ti, last, 0), 0);
	KUNIT_EXPECT_NE(test, efs_test_map_at(ti, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, efs_punch(&ti->core, 0, 0xffffffff), 0);
	KUNIT_EXPECT_LE(test, fs->dev->calls[EFS_TEST_READ], reads + 60);
	efs_windows_discard_all(&fs->sb);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks), base);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* ---- writes and holes at random, against a model ---- */

struct model {
	bool mapped[DOMAIN];
	u32 left[DOMAIN];
};

static void random_mix(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 seed = 0x31415926, step, k, n, base;

	efs_test_counts(fs, &base);
	for (step = 0; step < 3000; step++) {
		u32 at = rand_below(&seed, DOMAIN), len = 1 + rand_below(&seed, 30), end;
		struct efs_ext ext;

		if (rand_below(&seed, 3)) {
			KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, domain(at), 1,
							    rand_below(&seed, 20), &ext), 0);
			m->mapped[at] = true;
		} else {
			end = min_t(u32, DOMAIN - 1, at + (rand_below(&seed, 8) ? len : 200));
			KUNIT_ASSERT_EQ(test, efs_punch(&ti->core, domain(at), domain(end)), 0);
			for (k = at; k < end; k++)
				m->mapped[k] = false;
		}
		if (step % 50)
			continue;
		for (k = 0, n = 0; k < DOMAIN; k++) {
			KUNIT_ASSERT_EQ_MSG(test, efs_test_map_at(ti, domain(k), 0) != 0,
					    m->mapped[k], "step %u lblk %u", step, domain(k));
			if (m->mapped[k])
				m->left[n++] = domain(k);
		}
		KUNIT_ASSERT_EQ(test, efs_test_map_blocks(ti), ideal(1024, m->left, n));
		efs_windows_discard_all(&fs->sb);
		check_file(fs, ti, base);
	}
	efs_i_size_set(&ti->core, (domain(DOMAIN - 1) + 1) * 1024ull);
	efs_i_mark_dirty(&ti->core);
	efs_test_iput(ti);
	efs_test_end(fs);
}

static struct kunit_case punch_cases[] = {
	KUNIT_CASE_PARAM(boundary, sizes_gen_params),
	KUNIT_CASE(nothing),
	KUNIT_CASE_SLOW(many_runs),
	KUNIT_CASE(refill),
	KUNIT_CASE(order),
	KUNIT_CASE_PARAM_SLOW(power_cut, cut_ranges_gen_params),
	KUNIT_CASE_PARAM(bad_pointer, bads_gen_params),
	KUNIT_CASE_SLOW(loops),
	KUNIT_CASE(garbage),
	KUNIT_CASE_PARAM(fault, free_faults_gen_params),
	KUNIT_CASE(huge),
	KUNIT_CASE_SLOW(random_mix),
	{}
};

static struct kunit_suite punch_suite = {
	.name = "efsext2_punch",
	.exit = efs_test_exit,
	.test_cases = punch_cases,
};

kunit_test_suite(punch_suite);
