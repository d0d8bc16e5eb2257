/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites of the block map, of truncation and of punching share: volumes, files with
 * blocks in all kinds of tables, and damage.
 */
#ifndef EFS_TEST_MAP_HELP_H
#define EFS_TEST_MAP_HELP_H

#include "home.h"

static const struct size {
	const char *name;
	struct efs_test_mkfs m;
} sizes[] __maybe_unused = {
	{ "1k", { .block_size = 1024, .blocks = 8193, .bpg = 1024, .ipg = 16, .files = 3 } },
	{ "2k", { .block_size = 2048, .blocks = 8192, .bpg = 1024, .ipg = 16, .files = 3 } },
	{ "4k", { .block_size = 4096, .blocks = 8192, .bpg = 1024, .ipg = 16, .files = 3 } },
	{ "64k", { .block_size = 65536, .blocks = 8192, .bpg = 1024, .ipg = 256, .files = 3 } },
	{ "1k_rev0", { .block_size = 1024, .blocks = 8193, .bpg = 1024, .ipg = 16, .files = 3,
		       .rev0 = true } },
};

static const struct efs_test_mkfs plain __maybe_unused = {
	.block_size = 1024, .blocks = 16385, .bpg = 8192, .ipg = 64, .files = 4,
};

/* a file may have 4 TiB, and pointers the top bit */
static const struct efs_test_mkfs largest __maybe_unused = {
	.block_size = 4096, .blocks = 0xffffffff, .bpg = 32768, .ipg = 128, .files = 1,
};

/* the first blocks behind two and three levels of tables, of blocks of 1 KiB */
#define DOUBLE (12 + 256)
#define TRIPLE (12 + 256 + 65536)

static inline u32 rand_below(u32 *seed, u32 n)
{
	return efs_test_rand(seed) % n;
}

static inline void put_block(struct kunit *test, struct efs_test_inode *ti, u32 lblk)
{
	struct efs_ext ext;

	KUNIT_ASSERT_EQ_MSG(test, efs_map_alloc(&ti->core, lblk, 1, 1, &ext), 0, "lblk %u", lblk);
}

/* i_blocks and free count must follow from the map; @base: blocks free without the file */
static inline void check_file(struct efs_test_fs *fs, struct efs_test_inode *ti, u32 base)
{
	u32 blocks = efs_test_map_blocks(ti);

	KUNIT_EXPECT_EQ(fs->test, efs_i_sectors(&ti->core),
			(u64)blocks << (fs->dev->block_bits - 9));
	KUNIT_EXPECT_EQ(fs->test, efs_ctr_sum(&fs->sb.free_blocks), base - blocks -
			efs_ctr_sum(&fs->sb.reserved_windows));
}

/* in what was logged of a synchronous call: table or inode @table was written before any freeing */
static inline void expect_cut_first(struct efs_test_fs *fs, u32 table, u32 row)
{
	u32 k, cut = 0, freed = 0;

	for (k = 0; k < fs->dev->log_len; k++) {
		const struct efs_test_event *e = &fs->dev->log[k];

		if (e->type == EFS_TEST_EV_WRITE && e->blk == table)
			cut = k + 1;
		if (e->type == EFS_TEST_EV_FREE) {
			KUNIT_EXPECT_NE_MSG(fs->test, cut, 0, "row %u", row);
			freed += e->len;
		}
	}
	KUNIT_EXPECT_GT_MSG(fs->test, freed, 0, "row %u", row);
}

/* ---- hostile maps ---- */

/* all that is metadata must be set in the bitmaps still, and the counts be true */
static inline void check_metadata(struct efs_test_fs *fs)
{
	u32 blk;

	for (blk = 1; blk < fs->sb.geo.blocks_count; blk++)
		if (!efs_data_ok(&fs->sb, blk, 1))
			KUNIT_ASSERT_TRUE_MSG(fs->test, efs_test_block_used(fs, blk), "block %u",
					      blk);
	efs_test_counts(fs, NULL);
}

/* pointer number @at of table @blk becomes @value */
static inline void poke(struct efs_test_fs *fs, struct efs_test_inode *ti, u32 blk, u32 at,
			u32 value)
{
	struct efs_buf *b;

	KUNIT_ASSERT_EQ(fs->test, efs_buf_read(&fs->sb, blk, &b), 0);
	((__le32 *)efs_buf_data(b))[at] = cpu_to_le32(value);
	efs_buf_dirty(&fs->sb, &ti->core, b);
	efs_buf_put(b);
}

/* the tables over block TRIPLE contain themselves or each other, in one of four shapes */
static inline void put_loop(struct efs_test_fs *fs, struct efs_test_inode *ti, u32 shape)
{
	u32 ind[4], i, level;

	put_block(fs->test, ti, TRIPLE);
	for (level = 1; level <= 3; level++)
		ind[level] = efs_test_map_at(ti, TRIPLE, level);
	for (i = 0; i < 256; i++) {
		/* all to itself; in a ring; the top full of one child; half of it */
		if (shape == 0)
			poke(fs, ti, ind[3], i, ind[3]);
		else if (shape == 1)
			for (level = 1; level <= 3; level++)
				poke(fs, ti, ind[level], i, ind[1 + (level + i) % 3]);
		else if (shape == 2 || i & 1)
			for (level = 2; level <= 3; level++)
				poke(fs, ti, ind[level], i, ind[level - 1]);
	}
	fs->dev->overlaps = true;
}

/* a volume on which garbage soon hits something */
static const struct efs_test_mkfs small __maybe_unused = {
	.block_size = 1024, .blocks = 2049, .bpg = 512, .ipg = 16, .files = 1,
};

/* random numbers for pointers, in a file with tables of each level */
static inline void put_garbage(struct efs_test_fs *fs, struct efs_test_inode *ti, u32 *seed)
{
	u32 lblk = TRIPLE + 9, ind[4], i, level;

	put_block(fs->test, ti, lblk);
	put_block(fs->test, ti, DOUBLE + 9);
	put_block(fs->test, ti, 12 + 9);
	for (level = 1; level <= 3; level++)
		ind[level] = efs_test_map_at(ti, lblk, level);
	for (i = 0; i < 60; i++) {
		u32 at = rand_below(seed, 256), value = rand_below(seed, 2100);

		if (rand_below(seed, 20) == 0)
			value = efs_test_rand(seed);
		if (rand_below(seed, 5) == 0)
			value = ind[1 + rand_below(seed, 3)];
		level = rand_below(seed, 4);
		if (level)
			poke(fs, ti, ind[level], at, value);
		else
			ti->core.block[at % 12] = cpu_to_le32(value);
	}
	fs->dev->overlaps = true;
}

/* ---- faults while blocks are given back ---- */

static const struct free_fault {
	const char *name;
	enum efs_test_fault fault;
	bool sync;
} free_faults[] __maybe_unused = {
	{ "read", EFS_TEST_READ, false },
	{ "read_sync", EFS_TEST_READ, true },
	{ "write_sync", EFS_TEST_WRITE, true },
	{ "alloc", EFS_TEST_ALLOC, false },
};

static const u32 spread[] __maybe_unused = {
	0, 7, 12 + 3, 12 + 200, DOUBLE + 3, DOUBLE + 300, TRIPLE, TRIPLE + 70000,
};

/*
 * A file with the blocks of spread[], on the disk as well. @was: room for where they are, or NULL;
 * @base: blocks free without it
 */
static inline struct efs_test_inode *spread_file(struct efs_test_fs *fs, u32 *was, u32 *base)
{
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 k;

	efs_test_counts(fs, base);
	for (k = 0; k < ARRAY_SIZE(spread); k++)
		put_block(fs->test, ti, spread[k]);
	for (k = 0; was && k < ARRAY_SIZE(spread); k++)
		was[k] = efs_test_map_at(ti, spread[k], 0);
	efs_windows_discard_all(&fs->sb);
	efs_i_size_set(&ti->core, (TRIPLE + 70001) * 1024ull);
	efs_test_sync(fs);
	return ti;
}

/*
 * The end of a case whose @n-th call of a kind failed, if @hit. Leaks at most: no block in two
 * places, none free and in use.
 */
static inline void spread_end(struct efs_test_fs *fs, struct efs_test_inode *ti, bool hit, u32 n)
{
	struct kunit *test = fs->test;

	efs_i_mark_dirty(&ti->core);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
	if (!hit)
		KUNIT_EXPECT_EQ(test, efs_test_fsck(fs->dev), 0);
	else if (n % 4 == 1)
		KUNIT_EXPECT_LE(test, efs_test_preen(fs->dev), 1);
	efs_test_exit(test);
}

/* ---- random operations ---- */

#define DOMAIN 400

/* block numbers that matter: the start, and some around each boundary */
static inline u32 domain(u32 i)
{
	if (i < 100)
		return i;
	if (i < 200)
		return DOUBLE - 50 + i - 100;
	if (i < 300)
		return TRIPLE - 50 + i - 200;
	return TRIPLE + 65536 - 50 + i - 300;
}

#endif /* EFS_TEST_MAP_HELP_H */
