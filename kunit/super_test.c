// SPDX-License-Identifier: GPL-2.0
/*
 * The superblock and group descriptors: what is accepted, and what follows from it.
 *
 * Tests: core/format/super.c core/format/codes.c
 */
#include "super_patch.h"

#define KIB 1024u

/* ---- parsing ---- */

/* three groups of 8192 blocks of 1 KiB, the last one short; 128-byte inodes */
static void plain_super(struct efs_dsuper *ds)
{
	static const struct patch words[] = {
		P(s_magic, EFS_MAGIC), P(s_rev_level, 1), P(s_first_ino, 11),
		P(s_inode_size, 128), P(s_blocks_count, 20000), P(s_first_data_block, 1),
		P(s_blocks_per_group, 8192), P(s_frags_per_group, 8192),
		P(s_inodes_per_group, 1024), P(s_inodes_count, 3072),
		P(s_r_blocks_count, 1000), P(s_state, EFS_STATE_VALID),
		P(s_feature_incompat, EFS_INCOMPAT_FILETYPE),
		P(s_feature_ro_compat, EFS_RO_COMPAT_SPARSE_SUPER),
	};
	u32 i;

	memset(ds, 0, sizeof(*ds));
	for (i = 0; i < ARRAY_SIZE(words); i++)
		apply((u8 *)ds, &words[i]);
}

#define DEV (20000ull * KIB)

static const struct parse_row {
	const char *name;
	struct patch patch[6];
	enum efs_code code;
	u64 dev;
} parse_rows[] = {
	{ "plain", { }, EFS_C_OK, DEV },
	{ "size_unknown", { P(s_blocks_count, 20481) }, EFS_C_OK, 0 },
	{ "magic", { P(s_magic, 0xEF54) }, EFS_C_SB_MAGIC },
	{ "magic_swapped", { P(s_magic, 0x53EF) }, EFS_C_SB_MAGIC },
	{ "rev0", { P(s_rev_level, 0), P(s_inode_size, 7), P(s_first_ino, 3) }, EFS_C_OK },
	{ "rev0_features", { P(s_rev_level, 0), P(s_feature_incompat, 0x40) },
	  EFS_C_SB_INCOMPAT },
	{ "rev2", { P(s_rev_level, 2) }, EFS_C_SB_REV },
	{ "rev_huge", { P(s_rev_level, 0xffffffff) }, EFS_C_SB_REV },
	{ "incompat_extent", { P(s_feature_incompat, 0x42) }, EFS_C_SB_INCOMPAT },
	{ "incompat_top_bit", { P(s_feature_incompat, 0x80000000) }, EFS_C_SB_INCOMPAT },
	{ "ro_compat", { P(s_feature_ro_compat, 0x11) }, EFS_C_SB_RO_COMPAT },
	{ "ro_compat_known", { P(s_feature_ro_compat, 0x7) }, EFS_C_OK },
	{ "compat_all", { P(s_feature_compat, 0xfffffdff) }, EFS_C_OK },
	{ "block_64k", { P(s_log_block_size, 6), P(s_log_frag_size, 6),
			 P(s_first_data_block, 0), P(s_inode_size, 1024) }, EFS_C_OK },
	{ "block_128k", { P(s_log_block_size, 7) }, EFS_C_SB_BLOCK_SIZE },
	{ "block_wild", { P(s_log_block_size, 0xffffffff) }, EFS_C_SB_BLOCK_SIZE },
	{ "frag", { P(s_log_frag_size, 1) }, EFS_C_SB_FRAG_SIZE },
	{ "frag_wild", { P(s_log_frag_size, 0xffffffff) }, EFS_C_SB_FRAG_SIZE },
	{ "inode_0", { P(s_inode_size, 0) }, EFS_C_SB_INODE_SIZE },
	{ "inode_64", { P(s_inode_size, 64) }, EFS_C_SB_INODE_SIZE },
	{ "inode_192", { P(s_inode_size, 192) }, EFS_C_SB_INODE_SIZE },
	{ "inode_1024", { P(s_inode_size, 1024) }, EFS_C_OK },
	{ "inode_2048", { P(s_inode_size, 2048) }, EFS_C_SB_INODE_SIZE },
	{ "inode_32768", { P(s_inode_size, 32768) }, EFS_C_SB_INODE_SIZE },
	{ "first_ino_10", { P(s_first_ino, 10) }, EFS_C_SB_FIRST_INO },
	{ "first_ino_last", { P(s_first_ino, 3072) }, EFS_C_OK },
	{ "first_ino_beyond", { P(s_first_ino, 3073) }, EFS_C_SB_FIRST_INO },
	{ "first_data_0_1k", { P(s_first_data_block, 0) }, EFS_C_SB_FIRST_DATA },
	{ "first_data_1_4k", { P(s_log_block_size, 2), P(s_log_frag_size, 2) },
	  EFS_C_SB_FIRST_DATA },
	{ "first_data_wild", { P(s_first_data_block, 0xfffffff0) }, EFS_C_SB_FIRST_DATA },
	{ "blocks_0", { P(s_blocks_count, 0) }, EFS_C_SB_BLOCKS_COUNT },
	{ "blocks_1", { P(s_blocks_count, 1) }, EFS_C_SB_BLOCKS_COUNT },
	{ "blocks_device", { P(s_blocks_count, 20001) }, EFS_C_SB_DEVICE, DEV },
	{ "blocks_device_odd", { }, EFS_C_SB_DEVICE, DEV - 1 },
	{ "bpg_0", { P(s_blocks_per_group, 0) }, EFS_C_SB_BLOCKS_PER_GROUP },
	{ "bpg_8193", { P(s_blocks_per_group, 8193) }, EFS_C_SB_BLOCKS_PER_GROUP },
	{ "bpg_wild", { P(s_blocks_per_group, 0xffffffff) }, EFS_C_SB_BLOCKS_PER_GROUP },
	{ "bpg_16bit", { P(s_log_block_size, 6), P(s_log_frag_size, 6),
			 P(s_first_data_block, 0), P(s_blocks_per_group, 65537) },
	  EFS_C_SB_BLOCKS_PER_GROUP },
	/* 16 inode table blocks and 2 bitmaps */
	{ "bpg_no_data", { P(s_blocks_per_group, 18), P(s_inodes_per_group, 128),
			   P(s_blocks_count, 37), P(s_inodes_count, 256) },
	  EFS_C_SB_BLOCKS_PER_GROUP },
	{ "bpg_no_gdt", { P(s_blocks_per_group, 19), P(s_inodes_per_group, 128),
			  P(s_blocks_count, 39), P(s_inodes_count, 256) }, EFS_C_SB_GDT },
	{ "bpg_exact", { P(s_blocks_per_group, 20), P(s_inodes_per_group, 128),
			 P(s_blocks_count, 41), P(s_inodes_count, 256) }, EFS_C_OK },
	{ "ipg_0", { P(s_inodes_per_group, 0) }, EFS_C_SB_INODES_PER_GROUP },
	{ "ipg_below_block", { P(s_inodes_per_group, 7) }, EFS_C_SB_INODES_PER_GROUP },
	{ "ipg_bitmap", { P(s_inodes_per_group, 8193) }, EFS_C_SB_INODES_PER_GROUP },
	{ "ipg_16bit", { P(s_log_block_size, 6), P(s_log_frag_size, 6),
			 P(s_first_data_block, 0), P(s_inodes_per_group, 65536) },
	  EFS_C_SB_INODES_PER_GROUP },
	{ "ipg_odd", { P(s_inodes_per_group, 1001), P(s_inodes_count, 3003) }, EFS_C_OK },
	{ "inodes_low", { P(s_inodes_count, 3071) }, EFS_C_SB_INODES_COUNT },
	{ "inodes_wrap", { P(s_blocks_per_group, 256), P(s_blocks_count, 0xffffffff),
			   P(s_inodes_per_group, 1024) }, EFS_C_SB_INODES_COUNT },
	/* 128 + 2 blocks of metadata, superblock copy, one descriptor block */
	{ "last_group_short", { P(s_blocks_count, 8193 + 131), P(s_inodes_count, 2048) },
	  EFS_C_SB_LAST_GROUP },
	{ "last_group_exact", { P(s_blocks_count, 8193 + 132), P(s_inodes_count, 2048) },
	  EFS_C_OK },
	{ "only_group_short", { P(s_blocks_count, 132), P(s_inodes_count, 1024) },
	  EFS_C_SB_LAST_GROUP },
	{ "gdt_reserve", { P(s_reserved_gdt_blocks, 256) }, EFS_C_OK },
	{ "gdt_reserve_large", { P(s_reserved_gdt_blocks, 257) }, EFS_C_SB_RESERVED_GDT },
	{ "gdt_reserve_group", { P(s_blocks_per_group, 256), P(s_blocks_count, 25601),
				 P(s_inodes_per_group, 64), P(s_inodes_count, 6400),
				 P(s_reserved_gdt_blocks, 250) }, EFS_C_SB_GDT },
	{ "gdt_too_many", { P(s_blocks_per_group, 64), P(s_blocks_count, 128001),
			    P(s_inodes_per_group, 8), P(s_inodes_count, 16000) },
	  EFS_C_SB_GDT },
	{ "meta_bg_many", { P(s_blocks_per_group, 64), P(s_blocks_count, 128001),
			    P(s_inodes_per_group, 8), P(s_inodes_count, 16000),
			    P(s_feature_incompat, EFS_INCOMPAT_META_BG) }, EFS_C_OK },
	{ "meta_bg_first", { P(s_feature_incompat, EFS_INCOMPAT_META_BG),
			     P(s_first_meta_bg, 1) }, EFS_C_OK },
	{ "meta_bg_beyond", { P(s_feature_incompat, EFS_INCOMPAT_META_BG),
			      P(s_first_meta_bg, 2) }, EFS_C_SB_FIRST_META_BG },
	{ "hurd", { P(s_creator_os, EFS_OS_HURD) }, EFS_C_SB_CREATOR },
	{ "hurd_foreign", { P(s_creator_os, EFS_OS_HURD), P(s_feature_ro_compat, 0x9) },
	  EFS_C_SB_HURD },
	{ "hurd_foreign_rev2", { P(s_creator_os, EFS_OS_HURD), P(s_feature_ro_compat, 0x9),
				 P(s_rev_level, 2) }, EFS_C_SB_HURD },
	{ "masix", { P(s_creator_os, EFS_OS_MASIX) }, EFS_C_SB_CREATOR },
	{ "freebsd", { P(s_creator_os, EFS_OS_FREEBSD) }, EFS_C_OK },
	{ "lites", { P(s_creator_os, EFS_OS_LITES) }, EFS_C_OK },
	{ "creator_unknown", { P(s_creator_os, 5) }, EFS_C_SB_CREATOR },
	{ "reserved_all", { P(s_r_blocks_count, 0xffffffff) }, EFS_C_OK },
};

EFS_TEST_ROWS(parse_rows);

static void parse(struct kunit *test)
{
	const struct parse_row *r = test->param_value;
	struct efs_dsuper *ds = kunit_kzalloc(test, sizeof(*ds), GFP_KERNEL);
	struct efs_geo geo;
	enum efs_code code;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, ds);
	plain_super(ds);
	for (i = 0; i < ARRAY_SIZE(r->patch); i++)
		apply((u8 *)ds, &r->patch[i]);
	code = efs_super_parse(ds, r->dev, &geo);
	KUNIT_ASSERT_EQ_MSG(test, code, r->code, "%s, not %s", efs_code_name(code),
			    efs_code_name(r->code));
	if (code && !efs_code_readonly(code))
		return;
	/* what everyone below relies on */
	KUNIT_EXPECT_EQ(test, geo.block_size, 1u << geo.block_bits);
	KUNIT_EXPECT_EQ(test, geo.inode_size, 1u << geo.inode_bits);
	KUNIT_EXPECT_EQ(test, geo.inodes_per_block * geo.inode_size, geo.block_size);
	KUNIT_EXPECT_GE(test, geo.itable_blocks * geo.inodes_per_block, geo.inodes_per_group);
	KUNIT_EXPECT_LT(test, efs_group_first(&geo, geo.groups - 1), geo.blocks_count);
	KUNIT_EXPECT_LE(test, geo.r_blocks, geo.blocks_count);
	KUNIT_EXPECT_LE(test, geo.overhead, geo.blocks_count);
	if (geo.rev == EFS_REV_GOOD_OLD) {
		KUNIT_EXPECT_EQ(test, geo.inode_size, EFS_INODE_SIZE_REV0);
		KUNIT_EXPECT_EQ(test, geo.first_ino, EFS_FIRST_INO_REV0);
	}
}

/* any bytes: no crash, and a verdict that holds what it promises */
static void parse_garbage(struct kunit *test)
{
	struct efs_dsuper *ds = kunit_kzalloc(test, sizeof(*ds), GFP_KERNEL);
	u32 seed = 1, i, good = 0;

	KUNIT_ASSERT_NOT_NULL(test, ds);
	for (i = 0; i < 20000; i++) {
		struct patch p = { 0 };
		struct efs_geo geo;
		u32 n;

		plain_super(ds);
		for (n = 0; n < 1 + i % 3; n++) {
			seed = seed * 1664525 + 1013904223;
			p.off = (seed >> 8) % 0x60 & ~3u;
			p.size = 4;
			seed = seed * 1664525 + 1013904223;
			p.val = seed >> (seed & 31);
			apply((u8 *)ds, &p);
		}
		if (efs_super_parse(ds, 0, &geo))
			continue;
		good++;
		n = geo.groups - 1;
		KUNIT_ASSERT_LE(test, efs_group_base_len(&geo, n) + 2 + geo.itable_blocks,
				efs_group_blocks(&geo, n));
		KUNIT_ASSERT_LT(test, efs_gdt_block(&geo, geo.first_data_block,
						    geo.gdt_blocks - 1), geo.blocks_count);
	}
	KUNIT_EXPECT_GT(test, good, 100);
}

static const struct size_row {
	const char *name;
	u32 log;
	u64 max_size;
	u32 max_blocks;
} size_rows[] = {
	/* sizes as in-tree ext2 has them */
	{ "1k", 0, 17247252480ull, 16843020 },
	{ "2k", 1, 275415851008ull, 134480396 },
	{ "4k", 2, 2196873666560ull, 1074791436 },
	{ "8k", 3, 2197948973056ull, 0xffffffff },
	{ "16k", 4, 2198486220800ull, 0xffffffff },
	{ "32k", 5, 2198754754560ull, 0xffffffff },
	{ "64k", 6, 2198888906752ull, 0xffffffff },
};

EFS_TEST_ROWS(size_rows);

static void file_sizes(struct kunit *test)
{
	const struct size_row *r = test->param_value;
	struct efs_dsuper *ds = kunit_kzalloc(test, sizeof(*ds), GFP_KERNEL);
	const struct patch p[] = {
		P(s_log_block_size, r->log), P(s_log_frag_size, r->log),
		P(s_first_data_block, !r->log), P(s_blocks_count, 16384 + !r->log),
		P(s_inodes_count, 2048),
	};
	struct efs_geo geo;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, ds);
	plain_super(ds);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		apply((u8 *)ds, &p[i]);
	if (r->log >= 4) {
		const struct patch ipg[] = { P(s_inode_size, 256) };

		apply((u8 *)ds, ipg);
	}
	KUNIT_ASSERT_EQ(test, efs_super_parse(ds, 0, &geo), EFS_C_OK);
	KUNIT_EXPECT_EQ(test, geo.max_size, r->max_size);
	KUNIT_EXPECT_EQ(test, geo.max_blocks, r->max_blocks);
	KUNIT_EXPECT_EQ(test, geo.ptrs, geo.block_size / 4);
	KUNIT_EXPECT_EQ(test, 1u << geo.ptrs_bits, geo.ptrs);
}

static void feature_names(struct kunit *test)
{
	static const struct {
		char word;
		u32 bit;
		const char *name;
	} rows[] = {
		{ 'i', 0x2, "filetype" }, { 'i', 0x10, "meta_bg" }, { 'i', 0x40, "extent" },
		{ 'i', 0x80, "64bit" }, { 'i', 0x200, "flex_bg" }, { 'i', 0x20000, "casefold" },
		{ 'r', 0x1, "sparse_super" }, { 'r', 0x10, "uninit_bg" },
		{ 'r', 0x400, "metadata_csum" }, { 'r', 0x1000, "read-only" },
		{ 'c', 0x1, "dir_prealloc" }, { 'c', 0x20, "dir_index" },
		{ 'c', 0x200, "sparse_super2" }, { 'c', 0x1000, "orphan_file" },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_STREQ(test, efs_feature_name(rows[i].word, rows[i].bit),
				   rows[i].name);
	KUNIT_EXPECT_NULL(test, efs_feature_name('i', 0x80000000));
	KUNIT_EXPECT_NULL(test, efs_feature_name('i', 0x3));
	KUNIT_EXPECT_NULL(test, efs_feature_name('i', 0));
	KUNIT_EXPECT_NULL(test, efs_feature_name('x', 1));
}

static void code_texts(struct kunit *test)
{
	u32 i;

	for (i = 0; i < EFS_C_MAX; i++) {
		KUNIT_EXPECT_GT(test, strlen(efs_code_name(i)), 1);
		KUNIT_EXPECT_GT(test, strlen(efs_code_text(i)), 5);
	}
	KUNIT_EXPECT_STREQ(test, efs_code_name(EFS_C_SB_MAGIC), "SB_MAGIC");
	KUNIT_EXPECT_STREQ(test, efs_code_text(EFS_C_SB_MAGIC), "no ext2 superblock");
	KUNIT_EXPECT_STREQ(test, efs_code_name(EFS_C_MAX), "UNKNOWN");
	KUNIT_EXPECT_STREQ(test, efs_code_text((enum efs_code)0xffffffff),
			   "unknown inconsistency");
}

/* ---- groups ---- */

/* 3000 groups: 94 descriptor blocks */
static void many_groups(struct efs_geo *geo)
{
	memset(geo, 0, sizeof(*geo));
	geo->block_size = KIB;
	geo->block_bits = 10;
	geo->first_data_block = 1;
	geo->blocks_per_group = 1024;
	geo->groups = 3000;
	geo->blocks_count = 1 + 3000 * 1024;
	geo->inodes_per_group = 64;
	geo->itable_blocks = 8;
	geo->desc_per_block = 32;
	geo->gdt_blocks = 94;
	geo->ro_compat = EFS_RO_COMPAT_SPARSE_SUPER;
}

static void supers(struct kunit *test)
{
	static const u32 with[] = { 0, 1, 3, 5, 7, 9, 25, 27, 49, 81, 125, 243, 343, 625, 729,
				    2187, 2401 };
	struct efs_geo geo;
	u32 g, n = 0;

	many_groups(&geo);
	for (g = 0; g < geo.groups; g++) {
		bool want = n < ARRAY_SIZE(with) && with[n] == g;

		n += want;
		KUNIT_EXPECT_EQ_MSG(test, efs_group_has_super(&geo, g), want, "group %u", g);
	}
	KUNIT_EXPECT_TRUE(test, efs_group_has_super(&geo, 3486784401u));
	geo.ro_compat = 0;
	KUNIT_EXPECT_TRUE(test, efs_group_has_super(&geo, 2));
	geo.ro_compat = EFS_RO_COMPAT_SPARSE_SUPER;
	geo.compat = EFS_COMPAT_SPARSE_SUPER2;
	geo.backup_bgs[0] = 1;
	geo.backup_bgs[1] = 2999;
	for (g = 0, n = 0; g < geo.groups; g++)
		n += efs_group_has_super(&geo, g);
	KUNIT_EXPECT_EQ(test, n, 3);
	geo.backup_bgs[0] = 0;
	KUNIT_EXPECT_FALSE(test, efs_group_has_super(&geo, 1));
}

static void descriptors(struct kunit *test)
{
	struct efs_geo geo;
	u32 g1 = 1 + 1024;

	many_groups(&geo);
	KUNIT_EXPECT_EQ(test, efs_gdt_block(&geo, 1, 0), 2);
	KUNIT_EXPECT_EQ(test, efs_gdt_block(&geo, 1, 93), 95);
	KUNIT_EXPECT_EQ(test, efs_gdt_block(&geo, g1, 93), g1 + 94);
	KUNIT_EXPECT_EQ(test, efs_group_base_len(&geo, 0), 95);
	KUNIT_EXPECT_EQ(test, efs_group_base_len(&geo, 2), 0);
	geo.reserved_gdt = 100;
	KUNIT_EXPECT_EQ(test, efs_group_base_len(&geo, 3), 195);
	KUNIT_EXPECT_EQ(test, efs_group_base_len(&geo, 4), 0);

	geo.reserved_gdt = 0;
	geo.incompat = EFS_INCOMPAT_META_BG;
	geo.first_meta_bg = 2;
	KUNIT_EXPECT_EQ(test, efs_gdt_block(&geo, 1, 1), 3);
	KUNIT_EXPECT_EQ(test, efs_gdt_block(&geo, 1, 2), 1 + 64 * 1024);
	/* group 81 has a superblock copy, but 96 has none: its run begins with descriptors */
	KUNIT_EXPECT_EQ(test, efs_gdt_block(&geo, 1, 3), 1 + 96 * 1024);
	KUNIT_EXPECT_EQ(test, efs_gdt_block(&geo, g1, 1), g1 + 2);
	KUNIT_EXPECT_EQ(test, efs_gdt_block(&geo, g1, 2), 1 + 65 * 1024);
	KUNIT_EXPECT_EQ(test, efs_group_base_len(&geo, 0), 3);
	KUNIT_EXPECT_EQ(test, efs_group_base_len(&geo, 63), 0);
	KUNIT_EXPECT_EQ(test, efs_group_base_len(&geo, 64), 1);
	KUNIT_EXPECT_EQ(test, efs_group_base_len(&geo, 65), 1);
	KUNIT_EXPECT_EQ(test, efs_group_base_len(&geo, 66), 0);
	KUNIT_EXPECT_EQ(test, efs_group_base_len(&geo, 81), 1);
	KUNIT_EXPECT_EQ(test, efs_group_base_len(&geo, 95), 1);
	/* the last run has one group less than 2: 2976 .. 2999 */
	KUNIT_EXPECT_EQ(test, efs_group_base_len(&geo, 2976), 1);
	KUNIT_EXPECT_EQ(test, efs_group_base_len(&geo, 2999), 0);
}

static const struct overhead_row {
	const char *name;
	struct patch patch[6];
} overhead_rows[] = {
	{ "sparse", { P(s_feature_ro_compat, 1) } },
	{ "one_group", { P(s_blocks_count, 1024 + 1), P(s_inodes_count, 64) } },
	{ "two_groups", { P(s_blocks_count, 2 * 1024 + 1), P(s_inodes_count, 2 * 64) } },
	{ "everywhere", { P(s_feature_ro_compat, 0) } },
	{ "sparse2", { P(s_feature_compat, EFS_COMPAT_SPARSE_SUPER2),
		       P(s_backup_bgs[0], 1), P(s_backup_bgs[1], 199) } },
	{ "sparse2_one", { P(s_feature_compat, EFS_COMPAT_SPARSE_SUPER2),
			   P(s_backup_bgs[0], 7), P(s_backup_bgs[1], 7) } },
	{ "sparse2_wild", { P(s_feature_compat, EFS_COMPAT_SPARSE_SUPER2),
			    P(s_backup_bgs[0], 200), P(s_backup_bgs[1], 7) } },
	{ "sparse2_none", { P(s_feature_compat, EFS_COMPAT_SPARSE_SUPER2),
			    P(s_backup_bgs[1], 200) } },
	{ "meta_bg_0", { P(s_feature_incompat, 0x10) } },
	{ "meta_bg_2", { P(s_feature_incompat, 0x10), P(s_first_meta_bg, 2) } },
	{ "meta_bg_all", { P(s_feature_incompat, 0x10), P(s_first_meta_bg, 7) } },
	{ "meta_bg_tail_1", { P(s_feature_incompat, 0x10), P(s_blocks_count, 193 * 1024 + 1),
			      P(s_inodes_count, 193 * 64) } },
	{ "meta_bg_whole", { P(s_feature_incompat, 0x10), P(s_blocks_count, 192 * 1024 + 1),
			     P(s_inodes_count, 192 * 64) } },
	{ "meta_bg_everywhere", { P(s_feature_incompat, 0x10), P(s_feature_ro_compat, 0) } },
};

EFS_TEST_ROWS(overhead_rows);

/* the closed form against a walk of all groups */
static void overheads(struct kunit *test)
{
	static const struct patch base[] = {
		P(s_blocks_per_group, 1024), P(s_blocks_count, 200 * 1024 + 1),
		P(s_inodes_per_group, 64), P(s_inodes_count, 200 * 64),
	};
	const struct overhead_row *r = test->param_value;
	struct efs_dsuper *ds = kunit_kzalloc(test, sizeof(*ds), GFP_KERNEL);
	struct efs_geo geo;
	u32 g, i, n;

	KUNIT_ASSERT_NOT_NULL(test, ds);
	plain_super(ds);
	for (i = 0; i < ARRAY_SIZE(base); i++)
		apply((u8 *)ds, &base[i]);
	for (i = 0; i < ARRAY_SIZE(r->patch); i++)
		apply((u8 *)ds, &r->patch[i]);
	KUNIT_ASSERT_EQ(test, efs_super_parse(ds, 0, &geo), EFS_C_OK);
	n = geo.first_data_block;
	for (g = 0; g < geo.groups; g++)
		n += efs_group_base_len(&geo, g) + 2 + geo.itable_blocks;
	KUNIT_EXPECT_EQ(test, geo.overhead, n);
}

/* group 2 of many_groups(): no base; blocks 2049 .. 3072 */
#define G2 2049u

static const struct desc_row {
	const char *name;
	u32 g, bb, ib, it;
	u16 blocks, inodes, dirs;
	enum efs_code code;
} desc_rows[] = {
	{ "front", 2, G2, G2 + 1, G2 + 2, 0, 0, 0, EFS_C_OK },
	{ "any_order", 2, G2 + 1023, G2 + 8, G2, 1014, 64, 0, EFS_C_OK },
	{ "block_bitmap_before", 2, G2 - 1, G2 + 1, G2 + 2, 0, 0, 0, EFS_C_BG_BLOCK_BITMAP },
	{ "block_bitmap_behind", 2, G2 + 1024, G2 + 1, G2 + 2, 0, 0, 0, EFS_C_BG_BLOCK_BITMAP },
	{ "block_bitmap_zero", 2, 0, G2 + 1, G2 + 2, 0, 0, 0, EFS_C_BG_BLOCK_BITMAP },
	{ "block_bitmap_wild", 2, 0xffffffff, G2 + 1, G2 + 2, 0, 0, 0, EFS_C_BG_BLOCK_BITMAP },
	{ "block_bitmap_gdt", 0, 95, 96, 97, 0, 0, 0, EFS_C_BG_BLOCK_BITMAP },
	{ "behind_gdt", 0, 96, 97, 98, 0, 0, 0, EFS_C_OK },
	{ "inode_bitmap_before", 2, G2, G2 - 1, G2 + 2, 0, 0, 0, EFS_C_BG_INODE_BITMAP },
	{ "inode_bitmap_same", 2, G2, G2, G2 + 2, 0, 0, 0, EFS_C_BG_INODE_BITMAP },
	{ "inode_bitmap_super", 0, 96, 1, 98, 0, 0, 0, EFS_C_BG_INODE_BITMAP },
	{ "table_before", 2, G2, G2 + 1, G2 - 1, 0, 0, 0, EFS_C_BG_INODE_TABLE },
	{ "table_end", 2, G2, G2 + 1, G2 + 1016, 0, 0, 0, EFS_C_OK },
	{ "table_behind", 2, G2, G2 + 1, G2 + 1017, 0, 0, 0, EFS_C_BG_INODE_TABLE },
	{ "table_on_block_bitmap", 2, G2 + 9, G2 + 1, G2 + 2, 0, 0, 0, EFS_C_BG_INODE_TABLE },
	{ "table_on_inode_bitmap", 2, G2, G2 + 2, G2 + 2, 0, 0, 0, EFS_C_BG_INODE_TABLE },
	{ "free_blocks", 2, G2, G2 + 1, G2 + 2, 1015, 0, 0, EFS_C_BG_FREE_BLOCKS },
	{ "free_inodes", 2, G2, G2 + 1, G2 + 2, 0, 65, 0, EFS_C_BG_FREE_INODES },
	{ "dirs_all", 2, G2, G2 + 1, G2 + 2, 0, 14, 50, EFS_C_OK },
	{ "dirs", 2, G2, G2 + 1, G2 + 2, 0, 14, 51, EFS_C_BG_USED_DIRS },
};

EFS_TEST_ROWS(desc_rows);

static void group_check(struct kunit *test)
{
	const struct desc_row *r = test->param_value;
	struct efs_dgroup gd = {
		.bg_block_bitmap = cpu_to_le32(r->bb), .bg_inode_bitmap = cpu_to_le32(r->ib),
		.bg_inode_table = cpu_to_le32(r->it),
		.bg_free_blocks_count = cpu_to_le16(r->blocks),
		.bg_free_inodes_count = cpu_to_le16(r->inodes),
		.bg_used_dirs_count = cpu_to_le16(r->dirs),
	};
	struct efs_geo geo;

	many_groups(&geo);
	KUNIT_EXPECT_EQ(test, efs_group_check(&geo, r->g, &gd), r->code);
}

static struct kunit_case super_cases[] = {
	KUNIT_CASE_PARAM(parse, parse_rows_gen_params),
	KUNIT_CASE(parse_garbage),
	KUNIT_CASE_PARAM(file_sizes, size_rows_gen_params),
	KUNIT_CASE(feature_names),
	KUNIT_CASE(code_texts),
	KUNIT_CASE(supers),
	KUNIT_CASE(descriptors),
	KUNIT_CASE_PARAM(overheads, overhead_rows_gen_params),
	KUNIT_CASE_PARAM(group_check, desc_rows_gen_params),
	{}
};

static struct kunit_suite super_suite = {
	.name = "efsext2_super",
	.test_cases = super_cases,
};

kunit_test_suite(super_suite);
