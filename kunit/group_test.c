// SPDX-License-Identifier: GPL-2.0
/*
 * Groups: where metadata lies, the system zone, hostile descriptors and bitmaps.
 *
 * What is metadata is taken from a fresh volume's own block bitmaps (mkfs_mem.c), not
 * from the core's idea of it.
 *
 * Tests: core/engine/group.c
 */
#include "home.h"

static bool ref_power(u32 n, u32 base)
{
	u64 p;

	for (p = base; p < n; p *= base)
		;
	return p == n;
}

static void has_super(struct kunit *test)
{
	struct efs_geo sparse = { .ro_compat = EFS_RO_COMPAT_SPARSE_SUPER }, all = { 0 };
	struct efs_geo two = { .compat = EFS_COMPAT_SPARSE_SUPER2,
			       .ro_compat = EFS_RO_COMPAT_SPARSE_SUPER,
			       .backup_bgs = { 1, 17 } };
	u32 g;

	for (g = 0; g < 200000; g++) {
		bool expect = g < 2 || ref_power(g, 3) || ref_power(g, 5) || ref_power(g, 7);

		KUNIT_ASSERT_EQ_MSG(test, efs_group_has_super(&sparse, g), expect, "group %u", g);
		KUNIT_ASSERT_TRUE(test, efs_group_has_super(&all, g));
		KUNIT_ASSERT_EQ_MSG(test, efs_group_has_super(&two, g), !g || g == 1 || g == 17,
				    "group %u", g);
	}
	/* the largest power of 3 in 32 bits, and its neighbours */
	KUNIT_EXPECT_TRUE(test, efs_group_has_super(&sparse, 3486784401u));
	KUNIT_EXPECT_FALSE(test, efs_group_has_super(&sparse, 3486784400u));
	KUNIT_EXPECT_FALSE(test, efs_group_has_super(&sparse, 0xffffffffu));
}

static const struct zone_row {
	const char *name;
	struct efs_test_mkfs m;
} zones[] = {
	{ "1k", { .block_size = 1024, .blocks = 30000 } },
	{ "1k_nosparse", { .block_size = 1024, .blocks = 30000, .bpg = 2048, .ipg = 64,
			   .no_sparse = true } },
	{ "1k_rev0", { .block_size = 1024, .blocks = 20000, .rev0 = true } },
	{ "1k_tiny_groups", { .block_size = 1024, .blocks = 20000, .bpg = 256, .ipg = 16 } },
	{ "1k_meta_bg", { .block_size = 1024, .blocks = 50000, .bpg = 512, .ipg = 16,
			  .meta_bg = true } },
	{ "1k_meta_bg_later", { .block_size = 1024, .blocks = 50000, .bpg = 512, .ipg = 16,
				.meta_bg = true, .first_meta_bg = 2 } },
	{ "1k_meta_bg_nosparse", { .block_size = 1024, .blocks = 50000, .bpg = 512, .ipg = 16,
				   .meta_bg = true, .no_sparse = true } },
	{ "4k", { .block_size = 4096, .blocks = 70000 } },
	{ "4k_meta_bg", { .block_size = 4096, .blocks = 140000, .bpg = 512, .ipg = 16,
			  .meta_bg = true } },
	{ "64k", { .block_size = 65536, .blocks = 10000, .bpg = 1024 } },
};

EFS_TEST_ROWS(zones);

static void zone(struct kunit *test)
{
	const struct zone_row *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &r->m);
	const struct efs_geo *geo = &fs->sb.geo;
	u8 *meta = kunit_kzalloc(test, geo->blocks_count, GFP_KERNEL);
	u32 blk, i, seed = 0x31415927, root, overhead = 0;
	struct efs_test_inode *ti;
	struct efs_ext ext;

	KUNIT_ASSERT_NOT_NULL(test, meta);
	for (blk = 0; blk < geo->blocks_count; blk++)
		meta[blk] = blk < geo->first_data_block || efs_test_block_used(fs, blk);
	/* used, but not by metadata: the blocks of the root directory and lost+found */
	KUNIT_ASSERT_EQ(test, efs_test_iget(fs, EFS_ROOT_INO, &ti), 0);
	KUNIT_ASSERT_EQ(test, efs_map_lookup(&ti->core, 0, 1, &ext), 0);
	root = ext.pblk;
	efs_test_iput(ti);
	meta[root] = 0;
	meta[root + 1] = 0;

	for (blk = 0; blk < geo->blocks_count; blk++) {
		overhead += meta[blk];
		KUNIT_ASSERT_EQ_MSG(test, efs_data_ok(&fs->sb, blk, 1), !meta[blk], "block %u",
				    blk);
	}
	KUNIT_EXPECT_EQ(test, geo->overhead, overhead);
	for (i = 0; i < 20000; i++) {
		u32 n = efs_test_rand(&seed) % (i & 1 ? 20 : 2 * geo->blocks_per_group), k;
		bool expect = n > 0;

		blk = efs_test_rand(&seed) % (geo->blocks_count + 10);
		for (k = 0; k < n && expect; k++)
			expect = blk + k < geo->blocks_count && !meta[blk + k];
		KUNIT_ASSERT_EQ_MSG(test, efs_data_ok(&fs->sb, blk, n), expect, "%u+%u", blk, n);
	}
	KUNIT_EXPECT_FALSE(test, efs_data_ok(&fs->sb, geo->blocks_count, 1));
	KUNIT_EXPECT_FALSE(test, efs_data_ok(&fs->sb, 0xffffffff, 1));
	KUNIT_EXPECT_FALSE(test, efs_data_ok(&fs->sb, geo->blocks_count - 1, 0xffffffff));
	KUNIT_EXPECT_FALSE(test, efs_data_ok(&fs->sb, 0xffffffff, 0xffffffff));
	KUNIT_EXPECT_FALSE(test, efs_data_ok(&fs->sb, root, 0));
	efs_test_end(fs);
}

/* the same questions on a volume of 16 TiB, at its ends */
static void zone_huge(struct kunit *test)
{
	static const struct efs_test_mkfs m = {
		.block_size = 4096, .blocks = 0xffffffff, .bpg = 32768, .ipg = 128,
	};
	struct efs_test_fs *fs = efs_test_begin(test, &m);
	u32 first = efs_group_first(&fs->sb.geo, fs->sb.geo.groups - 1);

	KUNIT_EXPECT_EQ(test, fs->sb.geo.groups, 131072);
	/* 131071 is no power: bitmaps, 8 blocks of inodes, data to the end */
	KUNIT_EXPECT_EQ(test, first, 0xffff8000u);
	KUNIT_EXPECT_FALSE(test, efs_data_ok(&fs->sb, first, 1));
	KUNIT_EXPECT_FALSE(test, efs_data_ok(&fs->sb, first + 9, 1));
	KUNIT_EXPECT_TRUE(test, efs_data_ok(&fs->sb, first + 10, 1));
	KUNIT_EXPECT_TRUE(test, efs_data_ok(&fs->sb, first + 10, 32767 - 10));
	KUNIT_EXPECT_FALSE(test, efs_data_ok(&fs->sb, first + 10, 32768 - 10));
	KUNIT_EXPECT_TRUE(test, efs_data_ok(&fs->sb, 0xfffffffe, 1));
	KUNIT_EXPECT_FALSE(test, efs_data_ok(&fs->sb, 0xffffffff, 1));
	efs_test_end_dirty(fs);
}

/* ---- hostile descriptors ---- */

/*
 * One field of one descriptor of a volume with 1 KiB blocks, 1024 blocks per group,
 * sparse superblocks and 4 blocks of inode table. Group 1: superblock 1025, descriptor
 * block 1026, bitmaps 1027 and 1028, table 1029-1032. Group 2 (no base): 2049 on.
 * The last group, 4, begins at 4097 and has 20 blocks.
 */
enum field { BB, IB, IT, FREE_BLOCKS, FREE_INODES, DIRS };

static const struct hostile {
	const char *name;
	u32 group;
	enum field field;
	u32 value;
	enum efs_code code;	/* OK: the mount succeeds */
} hostiles[] = {
	{ "bb_0",		1, BB, 0,	EFS_C_BG_BLOCK_BITMAP },
	{ "bb_max",		1, BB, ~0u,	EFS_C_BG_BLOCK_BITMAP },
	{ "bb_in_super",	1, BB, 1025,	EFS_C_BG_BLOCK_BITMAP },
	{ "bb_in_gdt",		1, BB, 1026,	EFS_C_BG_BLOCK_BITMAP },
	{ "bb_before",		1, BB, 1024,	EFS_C_BG_BLOCK_BITMAP },
	{ "bb_next_group",	1, BB, 2049,	EFS_C_BG_BLOCK_BITMAP },
	{ "bb_last",		1, BB, 2048,	EFS_C_OK },
	{ "bb_on_ib",		1, BB, 1028,	EFS_C_BG_INODE_BITMAP },
	{ "bb_on_table",	1, BB, 1029,	EFS_C_BG_INODE_TABLE },
	{ "bb_on_table_end",	1, BB, 1032,	EFS_C_BG_INODE_TABLE },
	{ "bb_behind_table",	1, BB, 1033,	EFS_C_OK },
	{ "bb_group_0",		0, BB, 1,	EFS_C_BG_BLOCK_BITMAP },
	{ "ib_0",		1, IB, 0,	EFS_C_BG_INODE_BITMAP },
	{ "ib_in_gdt",		1, IB, 1026,	EFS_C_BG_INODE_BITMAP },
	{ "ib_on_bb",		1, IB, 1027,	EFS_C_BG_INODE_BITMAP },
	{ "ib_on_table",	1, IB, 1031,	EFS_C_BG_INODE_TABLE },
	{ "ib_next_group",	1, IB, 2049,	EFS_C_BG_INODE_BITMAP },
	{ "ib_last",		1, IB, 2048,	EFS_C_OK },
	{ "ib_first_no_base",	2, IB, 2049,	EFS_C_BG_INODE_BITMAP },
	{ "it_0",		1, IT, 0,	EFS_C_BG_INODE_TABLE },
	{ "it_in_gdt",		1, IT, 1026,	EFS_C_BG_INODE_TABLE },
	{ "it_on_ib",		1, IT, 1028,	EFS_C_BG_INODE_TABLE },
	{ "it_on_bb",		1, IT, 1027,	EFS_C_BG_INODE_TABLE },
	{ "it_last_fit",	1, IT, 2045,	EFS_C_OK },
	{ "it_over_end",	1, IT, 2046,	EFS_C_BG_INODE_TABLE },
	{ "it_wraps",		1, IT, ~0u - 1,	EFS_C_BG_INODE_TABLE },
	{ "it_short_group_fit",	4, IT, 4113,	EFS_C_OK },
	{ "it_short_group",	4, IT, 4114,	EFS_C_BG_INODE_TABLE },
	{ "bb_short_group",	4, BB, 4117,	EFS_C_BG_BLOCK_BITMAP },
	/* counts are put right from the bitmaps */
	{ "free_blocks",	1, FREE_BLOCKS,	1020,	EFS_C_OK },
	{ "free_blocks_max",	1, FREE_BLOCKS,	0xffff,	EFS_C_OK },
	{ "free_inodes_max",	1, FREE_INODES,	0xffff,	EFS_C_OK },
	{ "free_inodes",	1, FREE_INODES,	17,	EFS_C_OK },
	{ "used_dirs",		1, DIRS,	1,	EFS_C_OK },
	{ "used_dirs_max",	1, DIRS,	0xffff,	EFS_C_OK },
};

EFS_TEST_ROWS(hostiles);

static const struct efs_test_mkfs hostile_volume = {
	.block_size = 1024, .blocks = 4117, .bpg = 1024, .ipg = 16, .files = 1,
};

static void poke_desc(struct efs_test_fs *fs, const struct hostile *r)
{
	u64 at = 2 * 1024 + r->group * sizeof(struct efs_dgroup);
	struct efs_dgroup gd;

	efs_test_dev_read(fs->dev, at, &gd, sizeof(gd));
	switch (r->field) {
	case BB:
		gd.bg_block_bitmap = cpu_to_le32(r->value);
		break;
	case IB:
		gd.bg_inode_bitmap = cpu_to_le32(r->value);
		break;
	case IT:
		gd.bg_inode_table = cpu_to_le32(r->value);
		break;
	case FREE_BLOCKS:
		gd.bg_free_blocks_count = cpu_to_le16(r->value);
		break;
	case FREE_INODES:
		gd.bg_free_inodes_count = cpu_to_le16(r->value);
		break;
	case DIRS:
		gd.bg_used_dirs_count = cpu_to_le16(r->value);
		break;
	}
	efs_test_dev_write(fs->dev, at, &gd, sizeof(gd));
}

static void descriptor(struct kunit *test)
{
	const struct hostile *r = test->param_value;
	struct efs_test_fs *fs = efs_test_fs_new(test, 1024, hostile_volume.blocks);
	int err;

	efs_test_format(fs->dev, &hostile_volume);
	poke_desc(fs, r);
	err = efs_test_mount(fs, NULL);
	KUNIT_EXPECT_EQ(test, err, r->code ? -EFSCORRUPTED : 0);
	KUNIT_EXPECT_EQ_MSG(test, fs->why, r->code, "%s", efs_code_name(fs->why));
	if (r->code)
		KUNIT_EXPECT_EQ(test, fs->dev->dirtied, 0);
	efs_test_end_dirty(fs);
}

/* counts that lie are corrected when the bitmap is seen, and never used blindly */
static void counts_corrected(struct kunit *test)
{
	static const u32 lies[] = { 0, 1, 500, 1017, 0xffff };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		struct hostile r = { .group = 1, .field = FREE_BLOCKS, .value = lies[i] };
		struct efs_test_fs *fs = efs_test_fs_new(test, 1024, hostile_volume.blocks);
		struct efs_buf *b;

		efs_test_format(fs->dev, &hostile_volume);
		poke_desc(fs, &r);
		r.field = FREE_INODES;
		poke_desc(fs, &r);
		KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
		KUNIT_ASSERT_EQ(test, efs_block_bitmap(&fs->sb, 1, &b), 0);
		efs_buf_put(b);
		KUNIT_EXPECT_EQ(test, fs->sb.groups[1].free_blocks, 1024 - 8);
		KUNIT_ASSERT_EQ(test, efs_inode_bitmap(&fs->sb, 1, &b), 0);
		efs_buf_put(b);
		KUNIT_EXPECT_EQ(test, fs->sb.groups[1].free_inodes, 16);
		/* 8 in group 0's table: root, lost+found; all else is free */
		KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_inodes), 5 * 16 - 12);
		efs_test_end_dirty(fs);
		efs_test_exit(test);
	}
}

/* ---- hostile bitmaps ---- */

static const struct bad_bit {
	const char *name;
	u32 group, blk;		/* block shown as free; 0: inode @ino is */
	u32 ino;
	bool bad;
} bad_bits[] = {
	{ "super",		1, 1025, 0, true },
	{ "gdt",		1, 1026, 0, true },
	{ "block_bitmap",	1, 1027, 0, true },
	{ "inode_bitmap",	1, 1028, 0, true },
	{ "table_first",	1, 1029, 0, true },
	{ "table_last",		1, 1032, 0, true },
	{ "primary_super",	0, 1, 0, true },
	{ "no_base",		2, 2049, 0, true },
	{ "bad_blocks_inode",	0, 0, 1, true },
	{ "root_inode",		0, 0, 2, true },
	{ "last_reserved",	0, 0, 10, true },
	/* lost+found and a file: not the bitmap check's to know */
	{ "lost_found",		0, 0, 11, false },
};

EFS_TEST_ROWS(bad_bits);

static void bitmap(struct kunit *test)
{
	const struct bad_bit *r = test->param_value;
	struct efs_test_fs *fs = efs_test_fs_new(test, 1024, hostile_volume.blocks);
	/* bitmaps of the groups, as the format puts them */
	static const u32 maps[] = { 3, 1027, 2049, 3073 + 2 };
	u32 map = maps[r->group] + !r->blk;
	u32 bit = r->blk ? r->blk - 1 - r->group * 1024 : r->ino - 1;
	struct efs_buf *b = NULL;
	u32 before, i;
	u8 byte;
	int err;

	efs_test_format(fs->dev, &hostile_volume);
	efs_test_dev_read(fs->dev, map * 1024 + bit / 8, &byte, 1);
	KUNIT_ASSERT_TRUE(test, byte & 1 << bit % 8);
	byte &= ~(1 << bit % 8);
	efs_test_dev_write(fs->dev, map * 1024 + bit / 8, &byte, 1);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	before = fs->dev->calls[EFS_TEST_READ];
	for (i = 0; i < 3; i++) {
		err = r->blk ? efs_block_bitmap(&fs->sb, r->group, &b) :
			       efs_inode_bitmap(&fs->sb, r->group, &b);
		KUNIT_EXPECT_EQ(test, err, r->bad ? -EFSCORRUPTED : 0);
		if (!err)
			efs_buf_put(b);
	}
	if (r->bad) {
		/* reported once, read once, and never again */
		KUNIT_EXPECT_EQ(test, fs->dev->report_count, 1);
		KUNIT_EXPECT_EQ(test, fs->dev->calls[EFS_TEST_READ], before + 1);
		KUNIT_EXPECT_EQ(test, fs->sb.groups[r->group].flags,
				r->blk ? EFS_GROUP_BAD_BLOCKS : EFS_GROUP_BAD_INODES);
		KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, r->blk ? EFS_C_BG_BITMAP_META :
								 EFS_C_BG_INODE_RESERVED));
	}
	efs_test_end_dirty(fs);
}

/* ---- descriptors moved by META_BG ---- */

static void gdt_block(struct kunit *test)
{
	/* 1 KiB blocks: 32 descriptors in a block; groups of 512 blocks from block 1 */
	static const struct {
		const char *what;
		u32 incompat, first_meta_bg, sb_block, n, expect;
	} rows[] = {
		{ "plain",		0, 0, 1, 0, 2 },
		{ "plain, third",	0, 0, 1, 2, 4 },
		{ "backup",		0, 0, 513, 2, 516 },
		{ "meta group 0",	EFS_INCOMPAT_META_BG, 0, 1, 0, 2 },
		/* group 32 has no superblock, so its first block holds descriptors */
		{ "meta group 1",	EFS_INCOMPAT_META_BG, 0, 1, 1, 1 + 32 * 512 },
		{ "before the first",	EFS_INCOMPAT_META_BG, 2, 1, 1, 3 },
		{ "the first",		EFS_INCOMPAT_META_BG, 2, 1, 2, 1 + 64 * 512 },
		{ "backup, meta 1",	EFS_INCOMPAT_META_BG, 0, 513, 1, 1 + 33 * 512 },
		{ "backup, before",	EFS_INCOMPAT_META_BG, 2, 513, 1, 515 },
		/* group 96 = 3 * 32 is the last: no second copy to use */
		{ "backup, one group",	EFS_INCOMPAT_META_BG, 0, 513, 3, 1 + 96 * 512 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct efs_geo geo = {
			.block_size = 1024, .first_data_block = 1, .blocks_per_group = 512,
			.blocks_count = 97 * 512, .groups = 97, .desc_per_block = 32,
			.gdt_blocks = 4, .ro_compat = EFS_RO_COMPAT_SPARSE_SUPER,
			.incompat = rows[i].incompat, .first_meta_bg = rows[i].first_meta_bg,
		};

		KUNIT_EXPECT_EQ_MSG(test, efs_gdt_block(&geo, rows[i].sb_block, rows[i].n),
				    rows[i].expect, "%s", rows[i].what);
	}
}

/* a mount from the backup superblock finds the backup descriptors */
static void backup(struct kunit *test)
{
	static const struct efs_test_mkfs volumes[] = {
		{ .block_size = 1024, .blocks = 20000, .bpg = 1024, .ipg = 32 },
		{ .block_size = 1024, .blocks = 60000, .bpg = 1024, .ipg = 32, .meta_bg = true },
		{ .block_size = 4096, .blocks = 20000, .bpg = 1024, .ipg = 32 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(volumes); i++) {
		const struct efs_test_mkfs *m = &volumes[i];
		struct efs_test_fs *fs = efs_test_fs_new(test, m->block_size, m->blocks);
		u32 at = m->bpg + (m->block_size == 1024);
		struct efs_mount_opts o = {
			.sb_block = at * (m->block_size / 1024), .rdonly = true,
		};
		u8 *zero = kunit_kzalloc(test, 2 * m->block_size, GFP_KERNEL);

		efs_test_format(fs->dev, m);
		/* the primary copies are lost, or in META_BG those of group 0 at least */
		efs_test_dev_write(fs->dev, 1024, zero, 1024);
		efs_test_dev_write(fs->dev, m->block_size == 1024 ? 2048 : 4096, zero,
				   m->block_size);
		KUNIT_ASSERT_NE(test, efs_test_mount(fs, NULL), 0);
		KUNIT_EXPECT_EQ(test, fs->why, EFS_C_SB_MAGIC);
		KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &o), 0);
		KUNIT_EXPECT_EQ(test, fs->sb.sb_blk, at);
		KUNIT_EXPECT_EQ(test, fs->sb.groups[1].block_bitmap, at + 2);
		efs_test_umount(fs);
		KUNIT_EXPECT_EQ(test, fs->dev->dirtied, 0);
		/* a place where no superblock belongs */
		o.sb_block += m->block_size / 1024;
		KUNIT_EXPECT_EQ(test, efs_test_mount(fs, &o), -EINVAL);
		efs_test_dev_check(fs->dev);
		efs_test_exit(test);
	}
}

/* every allocation and read of a mount fails in turn */
static void mount_faults(struct kunit *test)
{
	static const struct efs_test_mkfs m = {
		.block_size = 1024, .blocks = 50000, .bpg = 512, .ipg = 16, .meta_bg = true,
	};
	static const struct {
		enum efs_test_fault fault;
		int err;
	} rows[] = { { EFS_TEST_ALLOC, -ENOMEM }, { EFS_TEST_READ, -EIO },
		     { EFS_TEST_WRITE, -EIO } };
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (n = 1;; n++) {
			struct efs_test_fs *fs = efs_test_fs_new(test, 1024, m.blocks);
			int err;

			efs_test_format(fs->dev, &m);
			fs->dev->fail[rows[i].fault] = n;
			err = efs_test_mount(fs, NULL);
			if (err)
				KUNIT_EXPECT_EQ_MSG(test, err, rows[i].err, "call %u", n);
			else
				KUNIT_EXPECT_NE(test, fs->dev->fail[rows[i].fault], 0);
			if (!err)
				efs_test_umount(fs);
			efs_test_flush(fs->dev);
			efs_test_dev_check(fs->dev);
			if (rows[i].fault != EFS_TEST_READ || !(n % 8))
				KUNIT_EXPECT_LE(test, efs_test_preen(fs->dev), 1);
			efs_test_exit(test);
			if (!err)
				break;
		}
		/* each kind was met at least once */
		KUNIT_EXPECT_GT(test, n, 1);
	}
}

/* descriptors read anew when a read-only mount becomes writable */
static void reload(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_fs_new(test, 1024, hostile_volume.blocks);
	struct efs_mount_opts o = { .sb_block = 1, .rdonly = true };
	struct efs_dgroup *gd;
	struct efs_buf *b;
	u32 old;

	efs_test_format(fs->dev, &hostile_volume);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &o), 0);
	/* e2fsck corrected a count and moved nothing */
	gd = efs_group_desc(&fs->sb, 1, &b);
	gd->bg_free_blocks_count = cpu_to_le16(100);
	KUNIT_EXPECT_EQ(test, efs_group_reload(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.groups[1].free_blocks, 100);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks),
			100 + (1023 - 7 - 2) + 2 * (1024 - 6) - 2 + 20 - 6);
	gd->bg_free_blocks_count = cpu_to_le16(1024 - 8);
	old = fs->sb.groups[1].inode_table;
	gd->bg_inode_table = cpu_to_le32(old + 8);
	KUNIT_EXPECT_EQ(test, efs_group_reload(&fs->sb), -EROFS);
	gd->bg_inode_table = cpu_to_le32(old);
	KUNIT_EXPECT_EQ(test, efs_group_reload(&fs->sb), 0);
	efs_test_end(fs);
}

static struct kunit_case group_cases[] = {
	KUNIT_CASE(has_super),
	KUNIT_CASE_PARAM_SLOW(zone, zones_gen_params),
	KUNIT_CASE(zone_huge),
	KUNIT_CASE_PARAM(descriptor, hostiles_gen_params),
	KUNIT_CASE(counts_corrected),
	KUNIT_CASE_PARAM(bitmap, bad_bits_gen_params),
	KUNIT_CASE(gdt_block),
	KUNIT_CASE(backup),
	KUNIT_CASE(mount_faults),
	KUNIT_CASE(reload),
	{}
};

static struct kunit_suite group_suite = {
	.name = "efsext2_group",
	.exit = efs_test_exit,
	.test_cases = group_cases,
};

kunit_test_suite(group_suite);
