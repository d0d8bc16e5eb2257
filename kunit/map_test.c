// SPDX-License-Identifier: GPL-2.0
/*
 * The block map: lookup and allocation at every boundary, hostile pointers, faults.
 *
 * What the core says about runs is compared block by block with what a second reader
 * of the map says (ref_map.c).
 *
 * Tests: core/engine/map.c
 */
#include "map_help.h"

static u32 ref_ptr(struct efs_test_inode *ti, u32 lblk)
{
	return efs_test_map_at(ti, lblk, 0);
}

/* what the core says at @lblk, held against the reference; the length of the run */
static u32 check_lookup(struct kunit *test, struct efs_test_inode *ti, u32 lblk, u32 max)
{
	u32 expect = ref_ptr(ti, lblk), i, step;
	struct efs_ext ext;

	KUNIT_ASSERT_EQ_MSG(test, efs_map_lookup(&ti->core, lblk, max, &ext), 0, "lblk %u", lblk);
	KUNIT_ASSERT_EQ(test, ext.lblk, lblk);
	KUNIT_ASSERT_EQ_MSG(test, ext.pblk, expect, "lblk %u", lblk);
	KUNIT_ASSERT_EQ_MSG(test, ext.flags, expect ? EFS_EXT_MAPPED : EFS_EXT_HOLE, "lblk %u",
			    lblk);
	KUNIT_ASSERT_GE(test, ext.len, 1);
	KUNIT_ASSERT_LE(test, ext.len, max);
	/* long runs: the first blocks, the last ones, and some between */
	step = ext.len / 64 + 1;
	for (i = 1; i < ext.len; i += i < 64 || ext.len - i <= 64 ? 1 : step)
		KUNIT_ASSERT_EQ_MSG(test, ref_ptr(ti, lblk + i), expect ? expect + i : 0,
				    "lblk %u+%u of %u", lblk, i, ext.len);
	return ext.len;
}

static s64 sectors(const struct efs_test_inode *ti, u32 blocks)
{
	return (s64)blocks * (ti->core.sb->geo.block_size / 512);
}

static void truncate_all(struct kunit *test, struct efs_test_inode *ti)
{
	efs_i_size_set(&ti->core, 0);
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 0), 0);
	KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), 0);
}

static const struct size all_sizes[] = {
	{ "1k", { .block_size = 1024, .blocks = 8193, .bpg = 1024, .ipg = 16, .files = 3 } },
	{ "2k", { .block_size = 2048, .blocks = 8192, .bpg = 1024, .ipg = 16, .files = 3 } },
	{ "4k", { .block_size = 4096, .blocks = 8192, .bpg = 1024, .ipg = 16, .files = 3 } },
	{ "8k", { .block_size = 8192, .blocks = 8192, .bpg = 1024, .ipg = 32, .files = 3 } },
	{ "16k", { .block_size = 16384, .blocks = 8192, .bpg = 1024, .ipg = 64, .files = 3 } },
	{ "32k", { .block_size = 32768, .blocks = 8192, .bpg = 1024, .ipg = 128, .files = 3 } },
	{ "64k", { .block_size = 65536, .blocks = 8192, .bpg = 1024, .ipg = 256, .files = 3 } },
	{ "1k_rev0", { .block_size = 1024, .blocks = 8193, .bpg = 1024, .ipg = 16, .files = 3,
		       .rev0 = true } },
};

EFS_TEST_ROWS(all_sizes);

/* first block of each level and of what lies beyond, cut at what a map can address */
static u32 boundaries(const struct efs_geo *geo, u32 *out)
{
	u64 p = geo->block_size / 4, at[5] = { 0, 12, 12 + p, 12 + p + p * p,
					       12 + p + p * p + p * p * p };
	u32 i, n = 0;

	for (i = 0; i < 5; i++)
		if (at[i] < geo->max_blocks)
			out[n++] = at[i];
	out[n++] = geo->max_blocks;
	return n;
}

/* one block alone in the file, on both sides of each boundary */
static void single(struct kunit *test)
{
	const struct size *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &r->m);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 bound[6], n = boundaries(&fs->sb.geo, bound), i, free, now;
	struct efs_ext ext;

	efs_test_counts(fs, &free);
	for (i = 0; i < 3 * n; i++) {
		u32 lblk = bound[i / 3] + i % 3 - 1;
		int depth = efs_test_depth(r->m.block_size, lblk), k;

		if (lblk >= fs->sb.geo.max_blocks) {
			/* block -1, and what a map cannot address */
			KUNIT_EXPECT_EQ(test, efs_map_lookup(&ti->core, lblk, 1, &ext), -EFBIG);
			KUNIT_EXPECT_EQ(test, efs_map_alloc(&ti->core, lblk, 1, 1, &ext), -EFBIG);
			continue;
		}
		check_lookup(test, ti, lblk, 100);
		KUNIT_ASSERT_EQ_MSG(test, efs_map_alloc(&ti->core, lblk, 1, 1, &ext), 0, "lblk %u",
				    lblk);
		KUNIT_EXPECT_EQ(test, ext.flags, EFS_EXT_MAPPED | EFS_EXT_NEW);
		KUNIT_EXPECT_EQ(test, ext.lblk, lblk);
		KUNIT_EXPECT_EQ(test, ext.len, 1);
		KUNIT_EXPECT_EQ(test, ext.pblk, ref_ptr(ti, lblk));
		KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), sectors(ti, depth + 1));
		/* all of the way is in use */
		for (k = 0; k <= depth; k++)
			KUNIT_EXPECT_TRUE(test, efs_test_block_used(fs,
								    efs_test_map_at(ti, lblk, k)));
		/* the same again is the same block, and not new */
		KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, lblk, 1, 1, &ext), 0);
		KUNIT_EXPECT_EQ(test, ext.flags, EFS_EXT_MAPPED);
		KUNIT_EXPECT_EQ(test, ext.pblk, ref_ptr(ti, lblk));
		check_lookup(test, ti, lblk, 100);
		if (lblk)
			check_lookup(test, ti, lblk - 1, 100);
		if (lblk + 1 < fs->sb.geo.max_blocks)
			check_lookup(test, ti, lblk + 1, 0xffffffff);
		truncate_all(test, ti);
		check_lookup(test, ti, lblk, 100);
		efs_test_counts(fs, &now);
		KUNIT_ASSERT_EQ_MSG(test, now, free, "lblk %u", lblk);
	}
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* a dense stretch across each boundary, written in pieces; some of it stays for e2fsck */
static void across(struct kunit *test)
{
	const struct size *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &r->m);
	struct efs_test_inode *ti = efs_test_file(fs, 1);
	u32 bound[6], n = boundaries(&fs->sb.geo, bound), i, seed = 0x16180339;
	u32 lblk, max = fs->sb.geo.max_size >> fs->sb.geo.block_bits, end = 0;

	for (i = 0; i < n; i++) {
		u32 from = bound[i] > 20 ? bound[i] - 20 : 0;
		u32 to = min_t(u64, bound[i] + 20ull, fs->sb.geo.max_blocks);

		if (from < max)
			end = min_t(u32, to, max);
		for (lblk = from; lblk < to;) {
			u32 len = 1 + efs_test_rand(&seed) % 7;
			u32 want = len + efs_test_rand(&seed) % 9;
			struct efs_ext ext;

			len = min_t(u32, len, to - lblk);
			want = max_t(u32, want, len);
			KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, lblk, len, want, &ext), 0);
			KUNIT_ASSERT_EQ(test, ext.lblk, lblk);
			KUNIT_ASSERT_GE(test, ext.len, 1);
			KUNIT_ASSERT_LE(test, ext.len, len);
			lblk += ext.len;
		}
		for (lblk = from; lblk < to; lblk++)
			KUNIT_ASSERT_NE_MSG(test, ref_ptr(ti, lblk), 0, "lblk %u", lblk);
		for (lblk = from > 5 ? from - 5 : 0; lblk < to; lblk++) {
			check_lookup(test, ti, lblk, 1);
			check_lookup(test, ti, lblk, 50);
		}
		/* on an empty volume all of it is one run but for the indirect blocks */
		for (lblk = from; lblk + 1 < to; lblk++) {
			u32 gap = ref_ptr(ti, lblk + 1) - ref_ptr(ti, lblk);

			KUNIT_EXPECT_GE(test, gap, 1);
			KUNIT_EXPECT_LE_MSG(test, gap, 4, "lblk %u", lblk);
		}
	}
	/* what no file can be as large as goes before e2fsck looks */
	if (fs->sb.geo.max_blocks > max)
		KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, max), 0);
	efs_i_size_set(&ti->core, (u64)end << fs->sb.geo.block_bits);
	efs_i_mark_dirty(&ti->core);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* holes are told in long steps, wherever the next block is */
static void holes(struct kunit *test)
{
	const struct size *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &r->m);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 bound[6], n = boundaries(&fs->sb.geo, bound), i, k;

	for (i = 1; i < n; i++) {
		u32 target = bound[i] - 3, lblk = 0, steps = 0;
		struct efs_ext ext;

		/* just before the boundary, in an empty file and with a neighbour */
		KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, target, 1, 1, &ext), 0);
		for (k = 0; k < 2; k++) {
			for (lblk = 0; lblk < target; steps++) {
				u32 len = check_lookup(test, ti, lblk, 0xffffffff);

				lblk += len;
			}
			KUNIT_EXPECT_EQ_MSG(test, lblk, target, "in %u steps", steps);
			/* a step for each stretch of a table, not one for each block */
			KUNIT_EXPECT_LE(test, steps, 30);
			KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, target / 2, 1, 1, &ext), 0);
			if (target / 2 != target && ref_ptr(ti, target / 2)) {
				target = target / 2;
				steps = 0;
			}
		}
		truncate_all(test, ti);
	}
	/* the end of the map bounds a hole */
	check_lookup(test, ti, fs->sb.geo.max_blocks - 1, 0xffffffff);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* ---- runs ---- */

static void runs(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	struct efs_ext ext;
	u32 first, lblk;

	/* all direct blocks in one call */
	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, 0, 100, 12, &ext), 0);
	KUNIT_EXPECT_EQ(test, ext.len, 12);
	first = ext.pblk;
	/* the indirect block lies between, the data right behind it */
	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, 12, 300, 256, &ext), 0);
	KUNIT_EXPECT_EQ(test, ext.len, 256);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ti->core.block[12]), first + 12);
	KUNIT_EXPECT_EQ(test, ext.pblk, first + 13);
	/* two indirect blocks; without the window, which would answer first */
	efs_window_discard(&ti->core);
	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, 268, 1000, 1000, &ext), 0);
	KUNIT_EXPECT_EQ(test, ext.len, 256);
	KUNIT_EXPECT_EQ(test, ext.pblk, first + 13 + 256 + 2);
	KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), sectors(ti, 12 + 256 + 256 + 3));

	/* lookups see them as runs */
	KUNIT_ASSERT_EQ(test, efs_map_lookup(&ti->core, 0, 1000, &ext), 0);
	KUNIT_EXPECT_EQ(test, ext.len, 12);
	KUNIT_ASSERT_EQ(test, efs_map_lookup(&ti->core, 12, 1000, &ext), 0);
	KUNIT_EXPECT_EQ(test, ext.len, 256);
	KUNIT_ASSERT_EQ(test, efs_map_lookup(&ti->core, 20, 100, &ext), 0);
	KUNIT_EXPECT_EQ(test, ext.len, 100);
	KUNIT_EXPECT_EQ(test, ext.pblk, first + 13 + 8);

	/* a hole between is filled up to its end, no further */
	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, 600, 1, 1, &ext), 0);
	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, 590, 50, 50, &ext), 0);
	KUNIT_EXPECT_EQ(test, ext.lblk, 590);
	KUNIT_EXPECT_EQ(test, ext.len, 10);
	/* over what is mapped already: that run, not new */
	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, 591, 50, 50, &ext), 0);
	KUNIT_EXPECT_EQ(test, ext.flags, EFS_EXT_MAPPED);
	KUNIT_EXPECT_EQ(test, ext.len, 9);
	for (lblk = 0; lblk < 700; lblk += 7)
		check_lookup(test, ti, lblk, 300);
	efs_i_size_set(&ti->core, 601 * 1024);
	efs_i_mark_dirty(&ti->core);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* new data blocks are announced to the home, so that stale buffers go */
static void data_new(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	struct efs_ext ext;
	u32 i, seen = 0;

	efs_test_log_start(fs->dev, false);
	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, 300, 20, 20, &ext), 0);
	for (i = 0; i < fs->dev->log_len; i++) {
		const struct efs_test_event *e = &fs->dev->log[i];

		if (e->type == EFS_TEST_EV_DATA && e->blk == ext.pblk && e->len == ext.len)
			seen++;
		/* and before the map shows them */
		if (e->type == EFS_TEST_EV_DIRTY && e->blk == efs_test_map_at(ti, 300, 1))
			KUNIT_EXPECT_EQ(test, seen, 1);
	}
	KUNIT_EXPECT_EQ(test, seen, 1);
	efs_i_size_set(&ti->core, 320 * 1024);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* two writers in turn, one block at a time: windows keep each in few pieces */
static void interleaved(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti[2] = { efs_test_file(fs, 0), efs_test_file(fs, 1) };
	u32 lblk, w, pieces;
	struct efs_ext ext;

	for (lblk = 0; lblk < 2000; lblk++)
		for (w = 0; w < 2; w++)
			KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti[w]->core, lblk, 1, 1, &ext), 0);
	for (w = 0; w < 2; w++) {
		for (lblk = 1, pieces = 1; lblk < 2000; lblk++) {
			u32 gap = ref_ptr(ti[w], lblk) - ref_ptr(ti[w], lblk - 1);

			/* a step over an indirect block is none */
			pieces += gap < 1 || gap > 4;
		}
		KUNIT_EXPECT_LE_MSG(test, pieces, 20, "writer %u", w);
		efs_i_size_set(&ti[w]->core, 2000 * 1024);
		efs_i_mark_dirty(&ti[w]->core);
		efs_test_iput(ti[w]);
	}
	efs_test_end(fs);
}

/* ---- order ---- */

/* each new table is durable before what points to it changes, bits before all */
static void order(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 lblk = 12 + 256 + 65536 + 1000, map, slot, leaf;
	struct efs_ext ext;

	efs_test_flush(fs->dev);
	efs_test_log_start(fs->dev, false);
	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, lblk, 1, 1, &ext), 0);
	efs_i_size_set(&ti->core, (lblk + 1) * 1024ull);
	KUNIT_EXPECT_EQ(test, efs_test_store(ti), 0);
	map = fs->sb.groups[0].block_bitmap;
	slot = fs->sb.groups[0].inode_table + (ti->core.ino - 1) / 4;
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, map, efs_test_map_at(ti, lblk, 1)));
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, efs_test_map_at(ti, lblk, 1),
						 efs_test_map_at(ti, lblk, 2)));
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, efs_test_map_at(ti, lblk, 2),
						 efs_test_map_at(ti, lblk, 3)));
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, efs_test_map_at(ti, lblk, 3), slot));

	/* into an existing table: the bits before the pointer */
	leaf = efs_test_map_at(ti, lblk, 1);
	efs_test_log_start(fs->dev, false);
	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, lblk + 5, 1, 1, &ext), 0);
	KUNIT_EXPECT_EQ(test, efs_test_map_at(ti, lblk + 5, 1), leaf);
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, map, leaf));
	truncate_all(test, ti);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* a synchronous file's new blocks are on the disk when the call returns */
static void sync_alloc(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 lblk = 12 + 256 + 1000, level;
	struct efs_ext ext;

	ti->core.port.sync = true;
	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, lblk, 1, 1, &ext), 0);
	for (level = 1; level <= 2; level++) {
		u32 blk = efs_test_map_at(ti, lblk, level), i, used = 0;
		__le32 *table = kunit_kzalloc(test, 1024, GFP_KERNEL);

		efs_test_dev_read(fs->dev, blk * 1024ull, table, 1024);
		for (i = 0; i < 256; i++)
			if (table[i]) {
				KUNIT_EXPECT_EQ(test, le32_to_cpu(table[i]),
						efs_test_map_at(ti, lblk, level - 1));
				used++;
			}
		KUNIT_EXPECT_EQ(test, used, 1);
	}
	truncate_all(test, ti);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* ---- hostile pointers ---- */

/* where a pointer leads: in terms of the volume "plain" */
enum target { SUPER, DESCRIPTORS, BLOCK_BITMAP, INODE_BITMAP, TABLE, TABLE_END, BACKUP, END, FAR,
	      TARGETS };

static u32 target_block(const struct efs_test_fs *fs, enum target t)
{
	const struct efs_group *grp = &fs->sb.groups[1];

	switch (t) {
	case SUPER:
		return 1;
	case DESCRIPTORS:
		return 2;
	case BLOCK_BITMAP:
		return grp->block_bitmap;
	case INODE_BITMAP:
		return grp->inode_bitmap;
	case TABLE:
		return grp->inode_table;
	case TABLE_END:
		return grp->inode_table + fs->sb.geo.itable_blocks - 1;
	case BACKUP:
		return 8193;
	case END:
		return fs->sb.geo.blocks_count;
	default:
		return 0xffffffff;
	}
}

/* the pointer to level @level of the way to @lblk becomes @value; the old one */
static u32 poke_way(struct efs_test_fs *fs, struct efs_test_inode *ti, u32 lblk, u32 level,
		    u32 value)
{
	int depth = efs_test_depth(fs->dev->block_size, lblk);
	u32 old = efs_test_map_at(ti, lblk, level), i, parent;
	struct efs_buf *b;
	__le32 *table;

	if ((int)level == depth) {
		ti->core.block[depth ? 11 + depth : lblk] = cpu_to_le32(value);
		return old;
	}
	parent = efs_test_map_at(ti, lblk, level + 1);
	KUNIT_ASSERT_EQ(fs->test, efs_buf_read(&fs->sb, parent, &b), 0);
	table = efs_buf_data(b);
	for (i = 0; le32_to_cpu(table[i]) != old; i++)
		KUNIT_ASSERT_LT(fs->test, i, fs->sb.geo.ptrs - 1);
	table[i] = cpu_to_le32(value);
	efs_buf_dirty(&fs->sb, &ti->core, b);
	efs_buf_put(b);
	return old;
}

static const struct way {
	const char *name;
	u32 lblk;
} ways[] = {
	{ "direct", 3 },
	{ "single", 12 + 77 },
	{ "double", 12 + 256 + 256 * 3 + 5 },
	{ "triple", 12 + 256 + 65536 + 65536 * 9 + 256 * 4 + 255 },
};

EFS_TEST_ROWS(ways);

static void hostile(struct kunit *test)
{
	const struct way *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	int depth = efs_test_depth(1024, r->lblk);
	struct efs_ext ext;
	u32 level, t, old, free, now;

	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, r->lblk, 1, 1, &ext), 0);
	efs_test_counts(fs, &free);
	for (level = 0; (int)level <= depth; level++) {
		enum efs_code code = level ? EFS_C_MAP_INDIRECT : EFS_C_MAP_BLOCK;

		for (t = 0; t < TARGETS; t++) {
			u32 blk = target_block(fs, t);

			old = poke_way(fs, ti, r->lblk, level, blk);
			KUNIT_EXPECT_EQ(test, efs_map_lookup(&ti->core, r->lblk, 1, &ext),
					-EFSCORRUPTED);
			KUNIT_EXPECT_EQ(test, fs->dev->reports[0].blk, blk);
			KUNIT_EXPECT_EQ(test, fs->dev->reports[0].ino, ti->core.ino);
			KUNIT_EXPECT_TRUE_MSG(test, efs_test_took(fs->dev, code), "level %u to %u",
					      level, blk);
			KUNIT_EXPECT_EQ(test, efs_map_alloc(&ti->core, r->lblk, 4, 9, &ext),
					-EFSCORRUPTED);
			KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, code));
			/* the neighbour is as well off as its own way */
			if (!level && depth) {
				KUNIT_EXPECT_EQ(test, efs_map_lookup(&ti->core, r->lblk - 1, 9,
								     &ext), 0);
				KUNIT_EXPECT_EQ(test, ext.flags, EFS_EXT_HOLE);
				KUNIT_EXPECT_EQ(test, ext.len, 1);
			}
			KUNIT_EXPECT_EQ(test, poke_way(fs, ti, r->lblk, level, old), blk);
		}
	}
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, free);
	truncate_all(test, ti);
	/* an error was recorded, and there is none */
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
	KUNIT_EXPECT_LE(test, efs_test_preen(fs->dev), 1);
}

/* a run that would go on into metadata ends before it */
static void run_into_metadata(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	struct efs_ext ext;
	u32 i;

	/* group 1 begins at 8193 with a superblock */
	for (i = 0; i < 6; i++)
		ti->core.block[i] = cpu_to_le32(8190 + i);
	KUNIT_ASSERT_EQ(test, efs_map_lookup(&ti->core, 0, 10, &ext), 0);
	KUNIT_EXPECT_EQ(test, ext.pblk, 8190);
	KUNIT_EXPECT_LE(test, ext.len, 3);
	KUNIT_ASSERT_EQ(test, efs_map_lookup(&ti->core, 2, 10, &ext), 0);
	KUNIT_EXPECT_EQ(test, ext.len, 1);
	KUNIT_EXPECT_EQ(test, efs_map_lookup(&ti->core, 3, 10, &ext), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_MAP_BLOCK));
	/* and one beyond the end of the volume, or of all numbers */
	ti->core.block[7] = cpu_to_le32(16384);
	ti->core.block[8] = cpu_to_le32(16385);
	ti->core.block[9] = cpu_to_le32(0xffffffff);
	ti->core.block[10] = cpu_to_le32(0);
	KUNIT_ASSERT_EQ(test, efs_map_lookup(&ti->core, 7, 10, &ext), 0);
	KUNIT_EXPECT_EQ(test, ext.len, 1);
	KUNIT_EXPECT_EQ(test, efs_map_lookup(&ti->core, 9, 10, &ext), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_MAP_BLOCK));
	memset(ti->core.block, 0, sizeof(ti->core.block));
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* a table that contains itself: any answer will do, an end there must be */
static void loop(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 lblk = 12 + 256 + 65536, ind, i;
	struct efs_ext ext;
	struct efs_buf *b;

	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, lblk, 1, 1, &ext), 0);
	ind = efs_test_map_at(ti, lblk, 3);
	KUNIT_ASSERT_EQ(test, efs_buf_read(&fs->sb, ind, &b), 0);
	for (i = 0; i < 256; i++)
		((__le32 *)efs_buf_data(b))[i] = cpu_to_le32(ind);
	efs_buf_dirty(&fs->sb, &ti->core, b);
	efs_buf_put(b);
	for (i = 0; i < 1000; i++) {
		KUNIT_ASSERT_EQ(test, efs_map_lookup(&ti->core, lblk + i * 16777, 100, &ext), 0);
		KUNIT_ASSERT_EQ(test, ext.pblk, ind);
	}
	memset(ti->core.block, 0, sizeof(ti->core.block));
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* ---- faults ---- */

/* take all but @leave free blocks with a second file */
static void fill_volume(struct kunit *test, struct efs_test_fs *fs, struct efs_test_inode *ti,
			u32 leave)
{
	u32 lblk = 0, free;
	struct efs_ext ext;
	int err;

	while (!(err = efs_map_alloc(&ti->core, lblk, 500, 500, &ext)))
		lblk += ext.len;
	KUNIT_ASSERT_EQ(test, err, -ENOSPC);
	free = efs_ctr_sum(&fs->sb.free_blocks);
	/* what could not be used is less than a way through the map */
	KUNIT_ASSERT_LE(test, free, leave);
	KUNIT_ASSERT_EQ(test, efs_truncate(&ti->core, lblk - (leave - free)), 0);
	efs_i_size_set(&ti->core, (u64)(lblk - (leave - free)) * fs->dev->block_size);
	KUNIT_ASSERT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks), leave);
}

/* with fewer free blocks than a way needs nothing changes; with just enough it works */
static void no_space(struct kunit *test)
{
	const struct way *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0), *hog = efs_test_file(fs, 1);
	u32 need = efs_test_depth(1024, r->lblk) + 1, leave, now;
	struct efs_ext ext;

	for (leave = need - 1; leave <= need; leave++) {
		fill_volume(test, fs, hog, leave);
		if (leave < need) {
			KUNIT_EXPECT_EQ(test, efs_map_alloc(&ti->core, r->lblk, 8, 30, &ext),
					-ENOSPC);
			KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), 0);
			efs_test_counts(fs, &now);
			KUNIT_EXPECT_EQ(test, now, leave);
		} else {
			KUNIT_EXPECT_EQ(test, efs_map_alloc(&ti->core, r->lblk, 8, 30, &ext), 0);
			KUNIT_EXPECT_EQ(test, ext.len, 1);
			KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks), 0);
			KUNIT_EXPECT_EQ(test, ref_ptr(ti, r->lblk), ext.pblk);
		}
	}
	efs_i_size_set(&ti->core, (r->lblk + 1) * 1024ull);
	efs_i_mark_dirty(&hog->core);
	efs_test_iput(ti);
	efs_test_iput(hog);
	efs_test_end(fs);
}

static const struct fault {
	const char *name;
	enum efs_test_fault fault;
	bool sync;
	int err;
} faults[] = {
	{ "read", EFS_TEST_READ, false, -EIO },
	{ "read_sync", EFS_TEST_READ, true, -EIO },
	{ "write_sync", EFS_TEST_WRITE, true, -EIO },
	{ "new", EFS_TEST_NEW, false, -ENOMEM },
	{ "new_sync", EFS_TEST_NEW, true, -ENOMEM },
};

EFS_TEST_ROWS(faults);

/* the n-th call fails, at each depth, in an empty map and beside an existing block */
static void fault(struct kunit *test)
{
	const struct fault *r = test->param_value;
	u32 w, beside, n, met = 0;

	for (w = 0; w < 2 * ARRAY_SIZE(ways); w++) {
		struct efs_test_fs *fs = efs_test_begin(test, &plain);
		struct efs_test_inode *ti = efs_test_file(fs, 0);
		u32 lblk = ways[w / 2].lblk, base, free, now;
		struct efs_ext ext;
		int err;

		beside = w & 1;
		ti->core.port.sync = r->sync;
		if (beside)
			KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, lblk - 2, 1, 1, &ext), 0);
		base = efs_i_sectors(&ti->core);
		efs_test_counts(fs, &free);
		for (n = 1; n < 50; n++) {
			/* nothing in memory, so that every read is one */
			efs_windows_discard_all(&fs->sb);
			efs_test_flush(fs->dev);
			fs->dev->fail[r->fault] = n;
			err = efs_map_alloc(&ti->core, lblk, 1, 1, &ext);
			if (fs->dev->fail[r->fault])
				break;
			met++;
			efs_windows_discard_all(&fs->sb);
			if (!err) {
				/* it found another way; undo */
				KUNIT_EXPECT_EQ(test, ref_ptr(ti, lblk), ext.pblk);
			} else {
				KUNIT_EXPECT_EQ_MSG(test, err, r->err, "lblk %u call %u", lblk, n);
			}
			if (err && !ref_ptr(ti, lblk)) {
				KUNIT_EXPECT_EQ_MSG(test, efs_i_sectors(&ti->core), base,
						    "lblk %u call %u", lblk, n);
				efs_test_counts(fs, &now);
				KUNIT_EXPECT_EQ_MSG(test, now, free, "lblk %u call %u", lblk, n);
				continue;
			}
			/* only the write of what publishes may fail after the fact */
			if (err)
				KUNIT_EXPECT_EQ(test, r->fault, EFS_TEST_WRITE);
			KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, beside ? lblk - 1 : 0), 0);
			KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), base);
			efs_test_counts(fs, &now);
			KUNIT_EXPECT_EQ(test, now, free);
		}
		fs->dev->fail[r->fault] = 0;
		KUNIT_EXPECT_EQ(test, err, 0);
		efs_test_counts(fs, NULL);
		efs_i_size_set(&ti->core, (lblk + 1) * 1024ull);
		efs_i_mark_dirty(&ti->core);
		efs_test_iput(ti);
		efs_test_end(fs);
		efs_test_exit(test);
	}
	KUNIT_EXPECT_GE(test, met, 6);
}

/* an indirect block that cannot be read is an error, not a hole */
static void unreadable(struct kunit *test)
{
	const struct way *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	int depth = efs_test_depth(1024, r->lblk), level;
	struct efs_ext ext;

	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, r->lblk, 1, 1, &ext), 0);
	efs_test_flush(fs->dev);
	for (level = 1; level <= depth; level++) {
		u32 blk = efs_test_map_at(ti, r->lblk, level);

		efs_test_bad_block(fs->dev, blk, true);
		KUNIT_EXPECT_EQ(test, efs_map_lookup(&ti->core, r->lblk, 1, &ext), -EIO);
		KUNIT_EXPECT_EQ(test, efs_map_alloc(&ti->core, r->lblk, 1, 1, &ext), -EIO);
		efs_test_bad_block(fs->dev, blk, false);
	}
	KUNIT_EXPECT_EQ(test, efs_map_lookup(&ti->core, r->lblk, 1, &ext), 0);
	KUNIT_EXPECT_EQ(test, ext.flags, EFS_EXT_MAPPED);
	truncate_all(test, ti);
	efs_test_iput(ti);
	efs_test_end(fs);
}

static void read_only(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	struct efs_ext ext;
	u32 dirtied;

	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, 5, 1, 1, &ext), 0);
	efs_i_size_set(&ti->core, 6 * 1024);
	KUNIT_EXPECT_EQ(test, efs_test_store(ti), 0);
	KUNIT_ASSERT_EQ(test, efs_mark_ro(&fs->sb), 0);
	dirtied = fs->dev->dirtied;
	KUNIT_EXPECT_EQ(test, efs_map_alloc(&ti->core, 6, 1, 1, &ext), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_map_lookup(&ti->core, 5, 1, &ext), 0);
	KUNIT_EXPECT_EQ(test, ext.flags, EFS_EXT_MAPPED);
	KUNIT_EXPECT_EQ(test, fs->dev->dirtied, dirtied);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* pointers with the top bit set, in a file beyond 4 TiB of logical blocks too */
static void huge(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &largest);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 lblk = 12 + 1024 + (1u << 20) + (1u << 30) - 1;
	struct efs_ext ext;

	KUNIT_EXPECT_EQ(test, fs->sb.geo.max_blocks, lblk + 1);
	ti->core.goal_lblk = lblk;
	ti->core.goal_pblk = 0xfffffff0;
	KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, lblk, 100, 100, &ext), 0);
	KUNIT_EXPECT_EQ(test, ext.len, 1);
	KUNIT_EXPECT_EQ(test, ext.pblk, 0xfffffff3);
	check_lookup(test, ti, lblk, 100);
	KUNIT_EXPECT_EQ(test, efs_map_alloc(&ti->core, lblk + 1, 1, 1, &ext), -EFBIG);
	KUNIT_EXPECT_EQ(test, efs_map_alloc(&ti->core, 0xffffffff, 1, 1, &ext), -EFBIG);
	truncate_all(test, ti);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE_PARAM(single, all_sizes_gen_params),
	KUNIT_CASE_PARAM(across, all_sizes_gen_params),
	KUNIT_CASE_PARAM(holes, all_sizes_gen_params),
	KUNIT_CASE(runs),
	KUNIT_CASE(data_new),
	KUNIT_CASE(interleaved),
	KUNIT_CASE(order),
	KUNIT_CASE(sync_alloc),
	KUNIT_CASE_PARAM(hostile, ways_gen_params),
	KUNIT_CASE(run_into_metadata),
	KUNIT_CASE(loop),
	KUNIT_CASE_PARAM(no_space, ways_gen_params),
	KUNIT_CASE_PARAM(fault, faults_gen_params),
	KUNIT_CASE_PARAM(unreadable, ways_gen_params),
	KUNIT_CASE(read_only),
	KUNIT_CASE(huge),
	{}
};

static struct kunit_suite map_suite = {
	.name = "efsext2_map",
	.exit = efs_test_exit,
	.test_cases = map_cases,
};

kunit_test_suite(map_suite);
