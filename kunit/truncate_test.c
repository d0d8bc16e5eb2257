// SPDX-License-Identifier: GPL-2.0
/*
 * Truncation: every boundary, partial trees, order, hostile trees, faults.
 *
 * The second reader of maps (ref_map.c) counts what is left; bitmaps and i_blocks must
 * agree with it after every step.
 *
 * Tests: core/engine/truncate.c
 */
#include "map_help.h"

EFS_TEST_ROWS(sizes);

/* first block of each level, as far as there are files of that size */
static u32 boundaries(const struct efs_geo *geo, u32 *out)
{
	u64 p = geo->block_size / 4, at[4] = { 0, 12, 12 + p, 12 + p + p * p };
	u32 max = geo->max_size >> geo->block_bits, i, n = 0;

	for (i = 0; i < 4; i++)
		if (at[i] + 10 < max)
			out[n++] = at[i];
	return n;
}

/*
 * Some blocks at each level and around the boundary; truncated to each point near it,
 * the blocks below stay and those above are gone.
 */
static void boundary(struct kunit *test)
{
	const struct size *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &r->m);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 bound[4], n = boundaries(&fs->sb.geo, bound), i, k, d, base;

	efs_test_counts(fs, &base);
	for (i = 0; i < n; i++) {
		for (d = 0; d < 8; d++) {
			u32 lblk[64], used = 0, to = bound[i] + d;

			if (to < 4)
				continue;
			to -= 4;
			for (k = 0; k < n; k++) {
				lblk[used++] = bound[k];
				lblk[used++] = bound[k] + 7;
			}
			for (k = 0; k < 10; k++)
				if (bound[i] + k >= 5 && k != 7)
					lblk[used++] = bound[i] + k - 5;
			for (k = 0; k < used; k++)
				put_block(test, ti, lblk[k]);
			check_file(fs, ti, base);
			efs_i_size_set(&ti->core, (u64)to << fs->dev->block_bits);
			KUNIT_ASSERT_EQ(test, efs_truncate(&ti->core, to), 0);
			for (k = 0; k < used; k++) {
				u32 ptr = efs_test_map_at(ti, lblk[k], 0);

				KUNIT_ASSERT_EQ_MSG(test, ptr != 0, lblk[k] < to,
						    "lblk %u after truncation to %u", lblk[k], to);
			}
			check_file(fs, ti, base);
		}
	}
	/* up: nothing is there to go */
	k = efs_test_map_blocks(ti);
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, bound[n - 1] + 1000), 0);
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, fs->sb.geo.max_blocks), 0);
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 0xffffffff), 0);
	KUNIT_EXPECT_EQ(test, efs_test_map_blocks(ti), k);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* to nothing, from a file with something at every level */
static void all(struct kunit *test)
{
	const struct size *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &r->m);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 bound[4], n = boundaries(&fs->sb.geo, bound), i, base, now, p = r->m.block_size / 4;

	efs_test_counts(fs, &base);
	for (i = 0; i < n; i++) {
		put_block(test, ti, bound[i]);
		put_block(test, ti, bound[i] + 3);
		/* other tables of the same level */
		if (i >= 2)
			put_block(test, ti, bound[i] + 5 * p);
		if (i == 3 && p < 1024)
			put_block(test, ti, bound[i] + 3 * p * p + p - 1);
	}
	efs_i_size_set(&ti->core, 0);
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 0), 0);
	for (i = 0; i < EFS_NBLOCKS; i++)
		KUNIT_EXPECT_EQ(test, le32_to_cpu(ti->core.block[i]), 0);
	KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), 0);
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, base);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* every other block: more runs than one round takes, in every kind of table */
static void many_runs(struct kunit *test)
{
	static const u32 tos[] = { 0, 1, 7, 12, 13, 100, 268, 269, 270, 524, 525, 3000 };
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0), *other = efs_test_file(fs, 1);
	u32 i, k, base, seq;

	for (i = 0; i < ARRAY_SIZE(tos); i++) {
		efs_test_counts(fs, &base);
		base += efs_test_map_blocks(ti) + efs_test_map_blocks(other);
		for (k = 0; k < 2500; k += 2) {
			put_block(test, ti, k);
			put_block(test, other, k);
		}
		seq = ti->core.map_seq;
		KUNIT_ASSERT_EQ(test, efs_truncate(&ti->core, tos[i]), 0);
		KUNIT_EXPECT_EQ(test, ti->core.map_seq != seq, tos[i] < 2500);
		for (k = 0; k < 2500; k++)
			KUNIT_ASSERT_EQ_MSG(test, efs_test_map_at(ti, k, 0) != 0,
					    k < tos[i] && k % 2 == 0, "lblk %u to %u", k, tos[i]);
		efs_windows_discard_all(&fs->sb);
		check_file(fs, ti, base - efs_test_map_blocks(other));
	}
	efs_i_size_set(&ti->core, 3000 * 1024);
	efs_i_size_set(&other->core, 3000 * 1024);
	efs_i_mark_dirty(&other->core);
	efs_test_iput(ti);
	efs_test_iput(other);
	efs_test_end(fs);
}

/* a window goes with the tail, and the next write does not continue behind it */
static void window(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 base, now, i;

	efs_test_counts(fs, &base);
	for (i = 0; i < 5; i++)
		put_block(test, ti, i);
	KUNIT_EXPECT_GT(test, ti->core.win_len, 0);
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 5), 0);
	KUNIT_EXPECT_EQ(test, ti->core.win_len, 0);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.reserved_windows), 0);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks), base - 5);
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 0), 0);
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, base);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* ---- order ---- */

/*
 * Synchronous: when the first block of the tail is freed, the disk no longer has a
 * pointer to it. Looked at in the log of writes: at the time of each FREE, the latest
 * durable contents of whatever pointed there.
 */
static void order(struct kunit *test)
{
	static const struct {
		u32 lblk, to;
		u32 level;	/* of the table that is cut; 0: the inode */
	} rows[] = {
		{ 5, 0, 0 }, { 5, 3, 0 }, { 12 + 30, 0, 0 }, { 12 + 30, 12, 0 },
		{ 12 + 30, 13, 1 }, { 12 + 256 + 600, 12 + 256, 0 },
		{ 12 + 256 + 600, 12 + 256 + 400, 2 }, { 12 + 256 + 600, 12 + 256 + 590, 1 },
		{ 12 + 256 + 65536 + 70000, 12 + 256 + 65536 + 1, 3 },
		{ 12 + 256 + 65536 + 70000, 12 + 256 + 65536 + 69999, 1 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct efs_test_fs *fs = efs_test_begin(test, &plain);
		struct efs_test_inode *ti = efs_test_file(fs, 0);
		u32 slot = fs->sb.groups[0].inode_table + (ti->core.ino - 1) / 4;
		u32 table;

		/* a block before each, so that partial tables stay */
		put_block(test, ti, rows[i].lblk);
		if (rows[i].to)
			put_block(test, ti, rows[i].to - 1);
		efs_i_size_set(&ti->core, (rows[i].lblk + 1) * 1024ull);
		table = rows[i].level ? efs_test_map_at(ti, rows[i].lblk, rows[i].level) : slot;
		if (rows[i].level)
			KUNIT_ASSERT_EQ(test, efs_test_map_at(ti, rows[i].to - 1, rows[i].level),
					table);
		efs_test_sync(fs);
		ti->core.port.sync = true;
		efs_test_log_start(fs->dev, true);
		efs_i_size_set(&ti->core, rows[i].to * 1024ull);
		KUNIT_ASSERT_EQ(test, efs_truncate(&ti->core, rows[i].to), 0);
		expect_cut_first(fs, table, i);
		ti->core.port.sync = false;
		efs_i_mark_dirty(&ti->core);
		efs_test_iput(ti);
		efs_test_end(fs);
		efs_test_exit(test);
	}
}

/* the new size is on the disk before any pointer is cut from a table */
static void size_first(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 slot = fs->sb.groups[0].inode_table + (ti->core.ino - 1) / 4, leaf;

	put_block(test, ti, 20);
	put_block(test, ti, 40);
	efs_i_size_set(&ti->core, 41 * 1024);
	leaf = efs_test_map_at(ti, 20, 1);
	efs_test_sync(fs);
	ti->core.port.sync = true;
	efs_test_log_start(fs->dev, false);
	efs_i_size_set(&ti->core, 30 * 1024);
	KUNIT_ASSERT_EQ(test, efs_truncate(&ti->core, 30), 0);
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, slot, leaf));
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, leaf, fs->sb.groups[0].block_bitmap));
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* freed tables and directory blocks are never written afterwards */
static void forgotten(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0), *root, *dir;
	u32 lblk = 12 + 256 + 65536 + 9, level, ind[4], blocks[4], i, n;
	char name[16];

	put_block(test, ti, lblk);
	for (level = 1; level <= 3; level++)
		ind[level] = efs_test_map_at(ti, lblk, level);
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 0), 0);
	for (level = 1; level <= 3; level++)
		KUNIT_EXPECT_FALSE(test, efs_test_is_dirty(fs->dev, ind[level]));

	KUNIT_ASSERT_EQ(test, efs_test_iget(fs, EFS_ROOT_INO, &root), 0);
	KUNIT_ASSERT_EQ(test, efs_test_mkdir(root, "d", &dir), 0);
	for (i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "name%04u", i);
		KUNIT_ASSERT_EQ(test, efs_test_link(dir, name, ti), 0);
	}
	n = dir->attr.size / 1024;
	KUNIT_ASSERT_GE(test, n, 3);
	for (i = 0; i < 3; i++)
		blocks[i] = efs_test_map_at(dir, i, 0);
	for (i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "name%04u", i);
		KUNIT_ASSERT_EQ(test, efs_test_unlink(dir, name), 0);
	}
	efs_test_iput(dir);
	KUNIT_EXPECT_TRUE(test, efs_test_is_dirty(fs->dev, blocks[1]));
	KUNIT_ASSERT_EQ(test, efs_test_rmdir(root, "d"), 0);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_FALSE(test, efs_test_block_used(fs, blocks[i]));
		KUNIT_EXPECT_FALSE(test, efs_test_is_dirty(fs->dev, blocks[i]));
	}
	efs_test_iput(root);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* ---- hostile trees ---- */

static const struct bad {
	const char *name;
	u32 lblk, level;	/* the table at this level over this block, 0: the inode */
	u32 at;			/* its pointer */
	u32 value;
	enum efs_code code;
} bads[] = {
	{ "direct_super",	5, 0, 6, 1,		EFS_C_BG_BLOCK_RANGE },
	{ "direct_gdt",		5, 0, 6, 2,		EFS_C_BG_BLOCK_RANGE },
	{ "direct_far",		5, 0, 6, 0xffffffff,	EFS_C_BG_BLOCK_RANGE },
	{ "direct_end",		5, 0, 6, 16385,		EFS_C_BG_BLOCK_RANGE },
	{ "direct_free",	5, 0, 6, 15000,		EFS_C_BG_BLOCK_FREE },
	{ "single_bitmap",	5, 0, 12, 3,		EFS_C_MAP_INDIRECT },
	{ "double_table",	5, 0, 13, 8,		EFS_C_MAP_INDIRECT },
	{ "triple_far",		5, 0, 14, 0xfffffffe,	EFS_C_MAP_INDIRECT },
	{ "leaf_super",		12 + 3, 1, 9, 8193,	EFS_C_BG_BLOCK_RANGE },
	{ "leaf_free",		12 + 3, 1, 9, 15000,	EFS_C_BG_BLOCK_FREE },
	{ "middle_bitmap",	12 + 256 + 3, 2, 9, 4,	EFS_C_MAP_INDIRECT },
	{ "top_end",		12 + 256 + 65536, 3, 9, 16385, EFS_C_MAP_INDIRECT },
	{ "under_top",		12 + 256 + 65536, 2, 9, 5, EFS_C_MAP_INDIRECT },
};

EFS_TEST_ROWS(bads);

/* one bad pointer in a good file: reported, passed over, all else freed */
static void bad_pointer(struct kunit *test)
{
	const struct bad *r = test->param_value;
	static const u32 good[] = { 2, 12 + 3, 12 + 256 + 3, 12 + 256 + 65536 };
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 base, now, i, spared = 0;

	efs_test_counts(fs, &base);
	for (i = 0; i < ARRAY_SIZE(good); i++)
		put_block(test, ti, good[i]);
	if (r->level) {
		poke(fs, ti, efs_test_map_at(ti, r->lblk, r->level), r->at, r->value);
	} else {
		/* what hung there is out of reach, and leaks */
		if (ti->core.block[r->at])
			spared = r->at - 10;
		ti->core.block[r->at] = cpu_to_le32(r->value);
	}
	efs_i_size_set(&ti->core, 0);
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 0), -EFSCORRUPTED);
	KUNIT_EXPECT_EQ(test, fs->dev->report_count, 1);
	KUNIT_EXPECT_EQ(test, fs->dev->reports[0].ino, ti->core.ino);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, r->code));
	for (i = 0; i < EFS_NBLOCKS; i++)
		KUNIT_EXPECT_EQ(test, le32_to_cpu(ti->core.block[i]), 0);
	check_metadata(fs);
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, base - spared);
	KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), spared * 2);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* a block that hangs in two places is freed once, and that is told */
static void shared(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 base, now;

	efs_test_counts(fs, &base);
	put_block(test, ti, 0);
	put_block(test, ti, 12 + 256 + 3);
	put_block(test, ti, 12 + 256 + 7);
	/* a data block twice, and a table in the place of another one */
	poke(fs, ti, efs_test_map_at(ti, 12 + 256 + 3, 1), 4, le32_to_cpu(ti->core.block[0]));
	poke(fs, ti, efs_test_map_at(ti, 12 + 256 + 3, 2), 200,
	     efs_test_map_at(ti, 12 + 256 + 3, 1));
	fs->dev->overlaps = true;
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 0), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_BG_BLOCK_FREE));
	check_metadata(fs);
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, base);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* tables that contain themselves or each other, and nothing else: it ends */
static void loops(struct kunit *test)
{
	u32 shape;

	for (shape = 0; shape < 4; shape++) {
		struct efs_test_fs *fs = efs_test_begin(test, &plain);
		struct efs_test_inode *ti = efs_test_file(fs, 0);
		u32 reads;

		put_loop(fs, ti, shape);
		reads = fs->dev->calls[EFS_TEST_READ];
		KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 0), -EFSCORRUPTED);
		/* in the order of the volume's size, not of its square */
		KUNIT_EXPECT_LE(test, fs->dev->calls[EFS_TEST_READ] - reads,
				8 * fs->sb.geo.blocks_count);
		KUNIT_EXPECT_GT(test, fs->dev->report_count, 0);
		/* so many pointers are followed, and one report says that it was enough */
		KUNIT_EXPECT_LE(test, fs->dev->report_count, fs->sb.geo.blocks_count + 1);
		efs_test_reports_clear(fs->dev);
		check_metadata(fs);
		efs_test_iput(ti);
		efs_test_end_dirty(fs);
		efs_test_exit(test);
	}
}

/* random numbers for pointers: whatever is freed, metadata is not, and it ends */
static void garbage(struct kunit *test)
{
	u32 seed = 0x14142135, round, reports = 0;

	for (round = 0; round < 60; round++) {
		struct efs_test_fs *fs = efs_test_begin(test, &small);
		struct efs_test_inode *ti = efs_test_file(fs, 0);
		u32 to;

		put_garbage(fs, ti, &seed);
		to = round & 1 ? 0 : rand_below(&seed, 12 + 256 + 65536 + 600);
		efs_truncate(&ti->core, to);
		efs_truncate(&ti->core, 0);
		reports += fs->dev->report_count;
		efs_test_reports_clear(fs->dev);
		check_metadata(fs);
		efs_test_iput(ti);
		efs_test_end_dirty(fs);
		efs_test_exit(test);
	}
	KUNIT_EXPECT_GT(test, reports, 60);
}

/* i_blocks of a hostile inode may be too small: it ends at 0, and that is said */
static void sectors_too_few(struct kunit *test)
{
	static const u32 claims[] = { 0, 7, 8 };
	u32 base, now, i, k;

	for (k = 0; k < ARRAY_SIZE(claims); k++) {
		struct efs_test_fs *fs = efs_test_begin(test, &plain);
		struct efs_test_inode *ti = efs_test_file(fs, 0);

		efs_test_counts(fs, &base);
		for (i = 0; i < 30; i += 2)
			put_block(test, ti, i);
		ti->attr.sectors = claims[k];
		KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 0), 0);
		KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), 0);
		KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_MAP_SECTORS));
		efs_test_counts(fs, &now);
		KUNIT_EXPECT_EQ(test, now, base);
		efs_test_iput(ti);
		efs_test_end_dirty(fs);
		efs_test_exit(test);
	}
}

/* ---- faults ---- */

/* a table that cannot be read leaks what hangs below it; the rest goes on */
static void unreadable(struct kunit *test)
{
	static const struct {
		u32 lblk, level, to;
		u32 leak;	/* blocks that stay in use, out of reach */
	} rows[] = {
		/* the whole tree goes: the table and what it maps */
		{ 12 + 3, 1, 0, 2 },
		{ 12 + 256 + 3, 1, 0, 2 }, { 12 + 256 + 3, 2, 0, 3 },
		{ 12 + 256 + 65536, 1, 0, 2 }, { 12 + 256 + 65536, 2, 0, 3 },
		{ 12 + 256 + 65536, 3, 0, 4 },
	};
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		static const u32 lblks[] = { 2, 12 + 3, 12 + 256 + 3, 12 + 256 + 65536 };
		struct efs_test_fs *fs = efs_test_begin(test, &plain);
		struct efs_test_inode *ti = efs_test_file(fs, 0);
		u32 base, now;

		efs_test_counts(fs, &base);
		for (k = 0; k < ARRAY_SIZE(lblks); k++)
			put_block(test, ti, lblks[k]);
		efs_test_flush(fs->dev);
		efs_test_bad_block(fs->dev, efs_test_map_at(ti, rows[i].lblk, rows[i].level), true);
		KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, rows[i].to), -EIO);
		for (k = 0; k < EFS_NBLOCKS; k++)
			KUNIT_EXPECT_EQ(test, le32_to_cpu(ti->core.block[k]), 0);
		efs_test_counts(fs, &now);
		KUNIT_EXPECT_EQ_MSG(test, now, base - rows[i].leak, "row %u", i);
		efs_test_iput(ti);
		efs_test_end_dirty(fs);
		/* the leak is all that is wrong */
		KUNIT_EXPECT_LE(test, efs_test_preen(fs->dev), 1);
		efs_test_exit(test);
	}
}

/* on the way to the new end: nothing below is touched, an error is returned */
static void unreadable_way(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 lblk = 12 + 256 + 300, blocks, blk;

	put_block(test, ti, lblk);
	put_block(test, ti, lblk + 2);
	put_block(test, ti, 12 + 256 + 65536);
	efs_test_flush(fs->dev);
	blk = efs_test_map_at(ti, lblk, 1);
	efs_test_bad_block(fs->dev, blk, true);
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, lblk + 1), -EIO);
	/* the triple tree lay beyond and is gone */
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ti->core.block[14]), 0);
	efs_test_bad_block(fs->dev, blk, false);
	KUNIT_EXPECT_NE(test, efs_test_map_at(ti, lblk, 0), 0);
	KUNIT_EXPECT_NE(test, efs_test_map_at(ti, lblk + 2, 0), 0);
	/* and can be completed later */
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, lblk + 1), 0);
	KUNIT_EXPECT_EQ(test, efs_test_map_at(ti, lblk + 2, 0), 0);
	blocks = efs_test_map_blocks(ti);
	KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), blocks * 2);
	efs_i_size_set(&ti->core, (lblk + 1) * 1024ull);
	efs_test_iput(ti);
	efs_test_end(fs);
}

EFS_TEST_ROWS(free_faults);

/*
 * The n-th call fails. What the file still shows is still its own: each block in the
 * map has its bit, and what the disk shows is never more than what is in use.
 */
static void fault(struct kunit *test)
{
	const struct free_fault *r = test->param_value;
	static const u32 tos[] = { 0, 5, 12 + 100, 12 + 256 + 200, 12 + 256 + 65536 + 500 };
	u32 t, n, met = 0;

	for (t = 0; t < ARRAY_SIZE(tos); t++) {
		for (n = 1; n < 100; n++) {
			struct efs_test_fs *fs = efs_test_begin(test, &plain);
			u32 base, left;
			struct efs_test_inode *ti = spread_file(fs, NULL, &base);
			bool hit;
			int err;

			ti->core.port.sync = r->sync;
			efs_i_size_set(&ti->core, tos[t] * 1024ull);
			fs->dev->fail[r->fault] = n;
			err = efs_truncate(&ti->core, tos[t]);
			hit = !fs->dev->fail[r->fault];
			fs->dev->fail[r->fault] = 0;
			met += hit;
			if (hit)
				KUNIT_EXPECT_EQ_MSG(test, err, -EIO, "to %u call %u", tos[t], n);
			else
				KUNIT_EXPECT_EQ_MSG(test, err, 0, "to %u", tos[t]);
			/* counts every block of the map and looks at its bit */
			left = efs_test_map_blocks(ti);
			KUNIT_EXPECT_LE(test, efs_ctr_sum(&fs->sb.free_blocks), base - left);
			if (!hit)
				KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), 2 * left);
			efs_test_counts(fs, NULL);
			ti->core.port.sync = false;
			spread_end(fs, ti, hit, n);
			if (!hit)
				break;
		}
	}
	KUNIT_EXPECT_EQ(test, met > 0, r->fault != EFS_TEST_ALLOC);
}

static void refused(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 dirtied;

	put_block(test, ti, 5);
	efs_i_size_set(&ti->core, 6 * 1024);
	efs_windows_discard_all(&fs->sb);
	dirtied = fs->dev->dirtied;
	fs->sb.state |= EFS_SB_SHUTDOWN;
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 0), -EROFS);
	fs->sb.state &= ~EFS_SB_SHUTDOWN;
	KUNIT_EXPECT_NE(test, efs_test_map_at(ti, 5, 0), 0);
	KUNIT_EXPECT_EQ(test, fs->dev->dirtied, dirtied);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* a file of 4 TiB with a block at each end costs what it has, not its size */
static void huge(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &largest);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 last = fs->sb.geo.max_blocks - 1, reads;
	s64 base = efs_ctr_sum(&fs->sb.free_blocks);

	put_block(test, ti, 0);
	put_block(test, ti, last);
	efs_test_flush(fs->dev);
	reads = fs->dev->calls[EFS_TEST_READ];
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, last), 0);
	KUNIT_EXPECT_EQ(test, efs_test_map_at(ti, last, 0), 0);
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 1), 0);
	KUNIT_EXPECT_NE(test, efs_test_map_at(ti, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 0), 0);
	KUNIT_EXPECT_LE(test, fs->dev->calls[EFS_TEST_READ], reads + 40);
	efs_windows_discard_all(&fs->sb);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks), base);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* ---- writes and truncations at random, against a model ---- */

#define FILES 3

struct model {
	bool mapped[FILES][DOMAIN];
};

static void random_mix(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u32 seed = 0x17320508, step, i, base, used, now;
	struct efs_test_inode *ti[FILES];

	for (i = 0; i < FILES; i++)
		ti[i] = efs_test_file(fs, i);
	efs_test_counts(fs, &base);
	for (step = 0; step < 4000; step++) {
		u32 f = rand_below(&seed, FILES), at = rand_below(&seed, DOMAIN);
		u32 len = 1 + rand_below(&seed, 30), k;
		struct efs_ext ext;

		if (rand_below(&seed, 12)) {
			KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti[f]->core, domain(at), len,
							    len + rand_below(&seed, 20), &ext), 0);
			KUNIT_ASSERT_EQ(test, ext.lblk, domain(at));
			for (k = at; k < DOMAIN && domain(k) < ext.lblk + ext.len; k++)
				m->mapped[f][k] = true;
		} else {
			KUNIT_ASSERT_EQ(test, efs_truncate(&ti[f]->core, domain(at)), 0);
			for (k = at; k < DOMAIN; k++)
				m->mapped[f][k] = false;
		}
		if (step % 100)
			continue;
		for (f = 0, used = 0; f < FILES; f++) {
			for (k = 0; k < DOMAIN; k++)
				KUNIT_ASSERT_EQ_MSG(test, efs_test_map_at(ti[f], domain(k), 0) != 0,
						    m->mapped[f][k], "step %u file %u lblk %u",
						    step, f, domain(k));
			k = efs_test_map_blocks(ti[f]);
			KUNIT_ASSERT_EQ(test, efs_i_sectors(&ti[f]->core), 2 * k);
			used += k;
		}
		efs_test_counts(fs, &now);
		KUNIT_ASSERT_EQ(test, now, base - used);
	}
	for (i = 0; i < FILES; i++) {
		efs_i_size_set(&ti[i]->core, (domain(DOMAIN - 1) + 31) * 1024ull);
		efs_i_mark_dirty(&ti[i]->core);
		efs_test_iput(ti[i]);
	}
	efs_test_end(fs);
}

static struct kunit_case truncate_cases[] = {
	KUNIT_CASE_PARAM(boundary, sizes_gen_params),
	KUNIT_CASE_PARAM(all, sizes_gen_params),
	KUNIT_CASE_SLOW(many_runs),
	KUNIT_CASE(window),
	KUNIT_CASE(order),
	KUNIT_CASE(size_first),
	KUNIT_CASE(forgotten),
	KUNIT_CASE_PARAM(bad_pointer, bads_gen_params),
	KUNIT_CASE(shared),
	KUNIT_CASE_SLOW(loops),
	KUNIT_CASE(garbage),
	KUNIT_CASE(sectors_too_few),
	KUNIT_CASE(unreadable),
	KUNIT_CASE(unreadable_way),
	KUNIT_CASE_PARAM(fault, free_faults_gen_params),
	KUNIT_CASE(refused),
	KUNIT_CASE(huge),
	KUNIT_CASE_SLOW(random_mix),
	{}
};

static struct kunit_suite truncate_suite = {
	.name = "efsext2_truncate",
	.exit = efs_test_exit,
	.test_cases = truncate_cases,
};

kunit_test_suite(truncate_suite);
