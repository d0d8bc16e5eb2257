// SPDX-License-Identifier: GPL-2.0
/*
 * The superblock: what is accepted, what follows from it, and its life while mounted.
 */
#include "home.h"

#define KIB 1024u

/* ---- parsing ---- */

/* one word of a superblock replaced */
struct patch {
	u32 off, size, val;
};

#define P(field, v) { offsetof(struct efs_dsuper, field), \
		      sizeof(((struct efs_dsuper *)0)->field), v }

static void apply(u8 *bytes, const struct patch *p)
{
	u32 i;

	for (i = 0; i < p->size; i++)
		bytes[p->off + i] = (u8)(p->val >> 8 * i);
}

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
	{ "everywhere", { P(s_feature_ro_compat, 0) } },
	{ "sparse2", { P(s_feature_compat, EFS_COMPAT_SPARSE_SUPER2),
		       P(s_backup_bgs[0], 1), P(s_backup_bgs[1], 199) } },
	{ "sparse2_one", { P(s_feature_compat, EFS_COMPAT_SPARSE_SUPER2),
			   P(s_backup_bgs[0], 7), P(s_backup_bgs[1], 7) } },
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

/* ---- life ---- */

static const struct efs_test_mkfs small = { .block_size = 1024, .blocks = 20000, .files = 2 };
static const struct efs_mount_opts rdonly = { .rdonly = true, .sb_block = 1 };

/* the superblock as it is on the disk */
static struct efs_dsuper *disk(struct efs_test_fs *fs)
{
	struct efs_dsuper *ds = kunit_kzalloc(fs->test, sizeof(*ds), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(fs->test, ds);
	efs_test_dev_read(fs->dev, EFS_SUPER_OFFSET, ds, sizeof(*ds));
	return ds;
}

static u16 disk_state(struct efs_test_fs *fs)
{
	return le16_to_cpu(disk(fs)->s_state);
}

/* change a word of the superblock on the disk; nothing is mounted */
static void disk_patch(struct efs_test_fs *fs, struct patch p)
{
	struct efs_dsuper *ds = disk(fs);

	apply((u8 *)ds, &p);
	efs_test_dev_write(fs->dev, EFS_SUPER_OFFSET, ds, sizeof(*ds));
}

#define DISK_PATCH(fs, field, val) disk_patch(fs, (struct patch)P(field, val))

static struct efs_test_fs *formatted(struct kunit *test, const struct efs_test_mkfs *m)
{
	struct efs_test_fs *fs = efs_test_fs_new(test, m->block_size, m->blocks);

	efs_test_format(fs->dev, m);
	return fs;
}

static void clean_cycle(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_dsuper *ds;

	fs->dev->now = 0x123456789ll;
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	ds = disk(fs);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ds->s_state), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ds->s_mnt_count), 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_mtime), 0x23456789);
	KUNIT_EXPECT_EQ(test, ds->s_mtime_hi, 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_wtime), 0x23456789);
	KUNIT_EXPECT_EQ(test, ds->s_wtime_hi, 1);
	fs->dev->now++;
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	ds = disk(fs);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ds->s_state), EFS_STATE_VALID);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_mtime), 0x23456789);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_wtime), 0x2345678a);
	efs_test_end(fs);
}

static void read_only(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_test_inode *root;

	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &rdonly), 0);
	KUNIT_ASSERT_EQ(test, efs_test_iget(fs, EFS_ROOT_INO, &root), 0);
	KUNIT_EXPECT_EQ(test, efs_inode_store(&root->core, NULL, true), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_test_create(root, "x", EFS_S_IFREG, NULL), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_sync_super(&fs->sb, true), 0);
	efs_set_last_mounted(&fs->sb, "/mnt", 4);
	KUNIT_EXPECT_EQ(test, efs_freeze(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, efs_thaw(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	/* even an error is only told */
	KUNIT_EXPECT_EQ(test, efs_bad(&fs->sb, EFS_C_INO_MODE, 12, 0, 0), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_INO_MODE));
	efs_test_iput(root);
	efs_test_umount(fs);
	KUNIT_EXPECT_EQ(test, fs->dev->dirtied, 0);
	KUNIT_EXPECT_EQ(test, fs->dev->writes, 0);
	efs_test_end(fs);
}

static void unclean_stays_unclean(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);

	DISK_PATCH(fs, s_state, 0);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), 0);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, efs_freeze(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), 0);
	KUNIT_EXPECT_EQ(test, efs_thaw(&fs->sb), 0);
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	KUNIT_EXPECT_EQ(test, disk_state(fs), 0);
	efs_test_end_dirty(fs);
}

static void remount(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_test_inode *ti;

	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &rdonly), 0);
	KUNIT_ASSERT_EQ(test, efs_mark_rw(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), 0);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(disk(fs)->s_mnt_count), 1);

	/* a window is open when the volume turns read-only: its blocks are given back */
	ti = efs_test_file(fs, 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, 0, "a", 1), 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, KIB, "b", 1), 0);
	KUNIT_EXPECT_EQ(test, efs_test_store(ti), 0);
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.reserved_windows), 0);
	efs_test_flush(fs->dev);
	KUNIT_EXPECT_EQ(test, disk_state(fs), EFS_STATE_VALID);
	KUNIT_EXPECT_EQ(test, efs_test_fsck(fs->dev), 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, 2 * KIB, "c", 1), -EROFS);
	efs_test_iput(ti);

	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(disk(fs)->s_mnt_count), 2);
	efs_test_end(fs);
}

static void freeze(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &small);

	KUNIT_EXPECT_EQ(test, efs_freeze(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), EFS_STATE_VALID);
	KUNIT_EXPECT_EQ(test, efs_test_fsck(fs->dev), 0);
	/* sync(2) meets frozen volumes, too */
	KUNIT_EXPECT_EQ(test, efs_sync_super(&fs->sb, true), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), EFS_STATE_VALID);
	KUNIT_EXPECT_EQ(test, efs_thaw(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), 0);
	KUNIT_EXPECT_EQ(test, efs_thaw(&fs->sb), 0);
	efs_test_end(fs);
}

/* each write of the superblock can fail; the state stays what it was */
static void write_errors(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);

	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_test_mount(fs, NULL), -EIO);
	KUNIT_EXPECT_EQ(test, fs->dev->live_bufs + fs->dev->live_allocs + fs->dev->live_ctrs, 0);
	efs_test_power_cut(fs->dev);

	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_freeze(&fs->sb), -EIO);
	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), -EIO);
	KUNIT_EXPECT_EQ(test, efs_writable(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, efs_sync_super(&fs->sb, true), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), 0);
	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_sync_super(&fs->sb, true), -EIO);
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), -EIO);
	KUNIT_EXPECT_EQ(test, efs_writable(&fs->sb), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
	efs_test_end_dirty(fs);
}

static const struct fault_row {
	const char *name;
	enum efs_test_fault fault;
	int err;
} fault_rows[] = {
	{ "alloc", EFS_TEST_ALLOC, -ENOMEM },
	{ "read", EFS_TEST_READ, -EIO },
	{ "write", EFS_TEST_WRITE, -EIO },
};

EFS_TEST_ROWS(fault_rows);

/* the n-th call fails: the mount does, everything is released, the next one works */
static void mount_faults(struct kunit *test)
{
	const struct fault_row *r = test->param_value;
	struct efs_test_fs *fs = formatted(test, &small);
	u32 n, failed = 0;

	for (n = 1; n < 100; n++) {
		int err;

		fs->dev->fail[r->fault] = n;
		err = efs_test_mount(fs, NULL);
		if (!err)
			break;
		KUNIT_EXPECT_EQ_MSG(test, err, r->err, "call %u", n);
		KUNIT_EXPECT_EQ(test, fs->dev->live_bufs, 0);
		KUNIT_EXPECT_EQ(test, fs->dev->live_allocs, 0);
		KUNIT_EXPECT_EQ(test, fs->dev->live_ctrs, 0);
		efs_test_power_cut(fs->dev);
		failed++;
	}
	KUNIT_EXPECT_GT(test, failed, 0);
	KUNIT_EXPECT_LT(test, failed, 20);
	fs->dev->fail[r->fault] = 0;
	efs_test_end(fs);
}

static const struct refuse_row {
	const char *name;
	struct patch patch[2];
	int rw, ro;
	enum efs_code why;
} refuse_rows[] = {
	{ "ro_compat", { P(s_feature_ro_compat, 0x41) }, -EROFS, 0, EFS_C_SB_RO_COMPAT },
	{ "hurd", { P(s_creator_os, EFS_OS_HURD) }, -EROFS, 0, EFS_C_SB_CREATOR },
	{ "masix", { P(s_creator_os, EFS_OS_MASIX) }, -EROFS, 0, EFS_C_SB_CREATOR },
	{ "revision", { P(s_rev_level, 2) }, -EROFS, 0, EFS_C_SB_REV },
	{ "incompat", { P(s_feature_incompat, 0x42) }, -EINVAL, -EINVAL, EFS_C_SB_INCOMPAT },
	{ "freebsd", { P(s_creator_os, EFS_OS_FREEBSD) }, 0, 0, EFS_C_OK },
};

EFS_TEST_ROWS(refuse_rows);

static void refuse(struct kunit *test)
{
	const struct refuse_row *r = test->param_value;
	struct efs_test_fs *fs = formatted(test, &small);

	disk_patch(fs, r->patch[0]);
	KUNIT_EXPECT_EQ(test, efs_test_mount(fs, NULL), r->rw);
	KUNIT_EXPECT_EQ(test, fs->why, r->why);
	if (!r->rw)
		efs_test_umount(fs);
	KUNIT_EXPECT_EQ(test, efs_test_mount(fs, &rdonly), r->ro);
	if (!r->ro) {
		KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), r->rw);
		KUNIT_EXPECT_EQ(test, fs->sb.nouid32, test->param_index == 2);
	}
	efs_test_end_dirty(fs);
}

/* the bytes the home read are not the bytes the core reads */
static void changed_during_mount(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_mount_opts o = { .sb_block = 1 };
	struct efs_geo geo;

	KUNIT_ASSERT_EQ(test, efs_super_parse(disk(fs), fs->dev->bytes, &geo), EFS_C_OK);
	fs->sb.port.dev = fs->dev;
	DISK_PATCH(fs, s_blocks_count, 19000);
	KUNIT_EXPECT_EQ(test, efs_mount(&fs->sb, &geo, &o, &fs->why), -EINVAL);
	KUNIT_EXPECT_EQ(test, fs->why, EFS_C_SB_CHANGED);
	DISK_PATCH(fs, s_magic, 0);
	KUNIT_EXPECT_EQ(test, efs_mount(&fs->sb, &geo, &o, &fs->why), -EINVAL);
	KUNIT_EXPECT_EQ(test, fs->why, EFS_C_SB_CHANGED);
	efs_test_end_dirty(fs);
}

static void super_copies(struct kunit *test)
{
	static const u32 wrong[] = { 0, 2, 3, 8192, 8194, 20000, 0xffffffff };
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_mount_opts o = { .sb_block = 8193 };
	struct efs_geo geo;
	u32 i;

	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &o), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.sb_blk, 8193);
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	/* the copy was written, the original was not */
	KUNIT_EXPECT_EQ(test, le16_to_cpu(disk(fs)->s_mnt_count), 0);

	KUNIT_ASSERT_EQ(test, efs_super_parse(disk(fs), fs->dev->bytes, &geo), EFS_C_OK);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		o.sb_block = wrong[i];
		KUNIT_EXPECT_EQ_MSG(test, efs_mount(&fs->sb, &geo, &o, &fs->why), -EINVAL,
				    "block %u", wrong[i]);
		KUNIT_EXPECT_EQ(test, fs->why, EFS_C_SB_GDT);
	}
	efs_test_end_dirty(fs);
}

static void bad_descriptor(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_dgroup gd[3], bad;

	efs_test_dev_read(fs->dev, 2 * KIB, gd, sizeof(gd));
	bad = gd[1];
	bad.bg_inode_table = gd[0].bg_inode_table;
	efs_test_dev_write(fs->dev, 2 * KIB + sizeof(bad), &bad, sizeof(bad));
	KUNIT_EXPECT_EQ(test, efs_test_mount(fs, NULL), -EFSCORRUPTED);
	KUNIT_EXPECT_EQ(test, fs->why, EFS_C_BG_INODE_TABLE);
	KUNIT_EXPECT_EQ(test, efs_test_mount(fs, &rdonly), -EFSCORRUPTED);
	efs_test_dev_write(fs->dev, 2 * KIB, gd, sizeof(gd));
	KUNIT_EXPECT_EQ(test, efs_test_mount(fs, NULL), 0);
	efs_test_end(fs);
}

/* the root of a boot: mounted read-only, repaired below us, then made writable */
static void repaired_below(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_buf *b;
	struct efs_dgroup *gd;
	u32 free;

	DISK_PATCH(fs, s_state, 0);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &rdonly), 0);
	gd = efs_group_desc(&fs->sb, 1, &b);
	free = le16_to_cpu(gd->bg_free_blocks_count);
	gd->bg_free_blocks_count = cpu_to_le16((u16)(free - 10));
	fs->sb.ds->s_state = cpu_to_le16(EFS_STATE_VALID);
	fs->sb.ds->s_r_blocks_count = cpu_to_le32(77);
	fs->sb.groups[1].flags = EFS_GROUP_BAD_BLOCKS;
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.groups[1].free_blocks, free - 10);
	KUNIT_EXPECT_EQ(test, fs->sb.groups[1].flags, 0);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks),
			fs->sb.groups[0].free_blocks + fs->sb.groups[1].free_blocks +
			fs->sb.groups[2].free_blocks);
	KUNIT_EXPECT_EQ(test, fs->sb.geo.r_blocks, 77);
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), EFS_STATE_VALID);

	/* a volume that became another one is not written */
	fs->sb.ds->s_blocks_per_group = cpu_to_le32(4096);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), -EROFS);
	fs->sb.ds->s_blocks_per_group = cpu_to_le32(8192);
	gd->bg_inode_bitmap = cpu_to_le32(le32_to_cpu(gd->bg_inode_bitmap) + 1);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), -EROFS);
	efs_test_end_dirty(fs);
}

static void error_record(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	struct efs_dsuper *ds;

	KUNIT_ASSERT_EQ(test, fs->sb.errors, EFS_ERRORS_CONTINUE);
	fs->dev->now = 0x1ffffffffll;
	KUNIT_EXPECT_EQ(test, __efs_bad(&fs->sb, EFS_C_INO_MODE, 12, 345, 6, "short", 78),
			-EFSCORRUPTED);
	KUNIT_EXPECT_EQ(test, efs_writable(&fs->sb), 0);
	/* the first one is on disk at once */
	ds = disk(fs);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ds->s_state), EFS_STATE_ERROR);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_error_count), 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_first_error_time), 0xffffffff);
	KUNIT_EXPECT_EQ(test, ds->s_first_error_time_hi, 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_first_error_ino), 12);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(ds->s_first_error_block), 345);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_first_error_line), 78);
	KUNIT_EXPECT_EQ(test, ds->s_first_error_errcode, 5);
	KUNIT_EXPECT_MEMEQ(test, ds->s_first_error_func, "short\0\0", 8);

	fs->dev->now = 5;
	__efs_bad(&fs->sb, EFS_C_INO_MODE, 13, 346, 6, "a_name_of_more_than_thirty_two_bytes", 79);
	efs_test_flush(fs->dev);
	ds = disk(fs);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_error_count), 2);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_first_error_ino), 12);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_last_error_ino), 13);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_last_error_time), 5);
	KUNIT_EXPECT_EQ(test, ds->s_last_error_time_hi, 0);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(ds->s_last_error_block), 346);
	KUNIT_EXPECT_MEMEQ(test, ds->s_last_error_func, "a_name_of_more_than_thirty_two_b", 32);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_INO_MODE));

	/* clean, but with errors on record */
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	KUNIT_EXPECT_EQ(test, disk_state(fs), EFS_STATE_VALID | EFS_STATE_ERROR);
	efs_test_end_dirty(fs);
}

static const struct policy_row {
	const char *name;
	u16 disk, opt, errors;
} policy_rows[] = {
	{ "continue", EFS_ERRORS_CONTINUE, 0, EFS_ERRORS_CONTINUE },
	{ "remount_ro", EFS_ERRORS_RO, 0, EFS_ERRORS_RO },
	{ "panic", EFS_ERRORS_PANIC, 0, EFS_ERRORS_PANIC },
	{ "unset", 0, 0, EFS_ERRORS_RO },
	{ "garbage", 77, 0, EFS_ERRORS_RO },
	{ "option", EFS_ERRORS_PANIC, EFS_ERRORS_CONTINUE, EFS_ERRORS_CONTINUE },
	{ "option_ro", EFS_ERRORS_CONTINUE, EFS_ERRORS_RO, EFS_ERRORS_RO },
};

EFS_TEST_ROWS(policy_rows);

static void error_policy(struct kunit *test)
{
	const struct policy_row *r = test->param_value;
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_mount_opts o = { .sb_block = 1, .errors = r->opt };
	bool stops = r->errors != EFS_ERRORS_CONTINUE;
	struct efs_test_inode *ti;

	DISK_PATCH(fs, s_errors, r->disk);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &o), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.errors, r->errors);
	ti = efs_test_file(fs, 0);
	efs_bad(&fs->sb, EFS_C_MAP_BLOCK, 12, 0, 0);
	KUNIT_EXPECT_EQ(test, efs_writable(&fs->sb), stops ? -EROFS : 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, 0, "x", 1), stops ? -EROFS : 0);
	/* what was begun before may be finished */
	KUNIT_EXPECT_EQ(test, efs_inode_store(&ti->core, NULL, false), 0);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_MAP_BLOCK));
	efs_test_iput(ti);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), stops ? -EROFS : 0);
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs),
			EFS_STATE_ERROR | (stops ? 0 : EFS_STATE_VALID));
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), stops ? -EROFS : 0);
	if (stops) {
		/* e2fsck was here */
		fs->sb.ds->s_state = cpu_to_le16(EFS_STATE_VALID);
		KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
		KUNIT_EXPECT_EQ(test, efs_writable(&fs->sb), 0);
	}
	efs_test_end_dirty(fs);
}

static const struct warn_row {
	const char *name;
	struct patch patch[3];
	const char *text;
} warn_rows[] = {
	{ "none", { P(s_max_mnt_count, 0xffff) }, NULL },
	{ "unclean", { P(s_state, 0) }, "not unmounted cleanly" },
	{ "errors", { P(s_state, 3) }, "errors on record" },
	{ "mounts", { P(s_max_mnt_count, 5), P(s_mnt_count, 5) }, "mount count" },
	{ "mounts_left", { P(s_max_mnt_count, 5), P(s_mnt_count, 4) }, NULL },
	{ "time", { P(s_checkinterval, 100), P(s_lastcheck, 1000) }, "time for a check" },
	{ "time_left", { P(s_checkinterval, 0x80000000), P(s_lastcheck, 0xf0000000) }, NULL },
	{ "orphans", { P(s_last_orphan, 12) }, "deleted files" },
	{ "journal", { P(s_feature_compat, 4) }, "journal" },
};

EFS_TEST_ROWS(warn_rows);

static bool contains(const char *text, const char *part)
{
	size_t n = strlen(part);

	for (; *text; text++)
		if (!strncmp(text, part, n))
			return true;
	return false;
}

static void warnings(struct kunit *test)
{
	const struct warn_row *r = test->param_value;
	struct efs_test_fs *fs = formatted(test, &small);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(r->patch); i++)
		disk_patch(fs, r->patch[i]);
	fs->dev->log_text[0] = '\0';
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &rdonly), 0);
	KUNIT_EXPECT_STREQ(test, fs->dev->log_text, "");
	KUNIT_ASSERT_EQ(test, efs_mark_rw(&fs->sb), 0);
	if (r->text)
		KUNIT_EXPECT_TRUE_MSG(test, contains(fs->dev->log_text, r->text), "\"%s\"",
				      fs->dev->log_text);
	else
		KUNIT_EXPECT_STREQ(test, fs->dev->log_text, "");
	efs_test_end_dirty(fs);
}

static void large_file(struct kunit *test)
{
	static const struct efs_test_mkfs old = {
		.block_size = 1024, .blocks = 20000, .files = 1, .rev0 = true,
	};
	struct efs_test_fs *fs = efs_test_begin(test, &old);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	struct efs_dsuper *ds;

	KUNIT_EXPECT_EQ(test, efs_test_write(ti, 0x7ffffffe, "x", 1), 0);
	KUNIT_EXPECT_EQ(test, efs_inode_store(&ti->core, NULL, false), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(disk(fs)->s_rev_level), 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, 0x7fffffff, "x", 1), 0);
	KUNIT_EXPECT_EQ(test, efs_inode_store(&ti->core, NULL, false), 0);
	ds = disk(fs);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_rev_level), 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_first_ino), 11);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ds->s_inode_size), 128);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_feature_ro_compat), EFS_RO_COMPAT_LARGE_FILE);
	KUNIT_EXPECT_EQ(test, efs_need_large_file(&fs->sb), 0);
	efs_test_iput(ti);
	/* what we changed ourselves is no reason to refuse */
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
	efs_test_remount(fs);
	ti = efs_test_file(fs, 0);
	KUNIT_EXPECT_EQ(test, ti->attr.size, 0x80000000ull);
	efs_test_iput(ti);
	efs_test_end(fs);
}

static void last_mounted(struct kunit *test)
{
	static const char path[] =
		"/a/path/that/is/longer/than/the/sixty-four/bytes/a/superblock/keeps/for/it";
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	u32 dirtied;

	efs_set_last_mounted(&fs->sb, path, sizeof(path) - 1);
	efs_test_flush(fs->dev);
	KUNIT_EXPECT_MEMEQ(test, disk(fs)->s_last_mounted, path, 63);
	KUNIT_EXPECT_EQ(test, disk(fs)->s_last_mounted[63], 0);
	efs_set_last_mounted(&fs->sb, "/mnt", 4);
	dirtied = fs->dev->dirtied;
	efs_set_last_mounted(&fs->sb, "/mnt", 4);
	KUNIT_EXPECT_EQ(test, fs->dev->dirtied, dirtied);
	efs_test_flush(fs->dev);
	KUNIT_EXPECT_MEMEQ(test, disk(fs)->s_last_mounted, "/mnt\0path", 5);
	KUNIT_EXPECT_EQ(test, disk(fs)->s_last_mounted[6], 0);
	efs_test_end(fs);
}

static void statfs(struct kunit *test)
{
	static const struct efs_test_mkfs m = {
		.block_size = 1024, .blocks = 20000, .files = 1, .r_blocks = 1000,
	};
	struct efs_test_fs *fs = efs_test_begin(test, &m);
	struct efs_test_inode *ti;
	struct efs_statfs a, b;
	u32 reads = fs->dev->calls[EFS_TEST_READ], free;

	efs_statfs(&fs->sb, &a);
	KUNIT_EXPECT_EQ(test, fs->dev->calls[EFS_TEST_READ], reads);
	KUNIT_EXPECT_EQ(test, a.blocks + a.overhead, 20000);
	KUNIT_EXPECT_EQ(test, a.bavail, a.bfree - 1000);
	KUNIT_EXPECT_EQ(test, a.files, fs->sb.geo.inodes_count);
	KUNIT_EXPECT_EQ(test, a.ffree, efs_ctr_sum(&fs->sb.free_inodes));

	/* blocks of a window are free to the user, and used in the superblock */
	ti = efs_test_file(fs, 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, 0, "a", 1), 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, KIB, "b", 1), 0);
	KUNIT_EXPECT_GT(test, efs_ctr_sum(&fs->sb.reserved_windows), 0);
	efs_statfs(&fs->sb, &b);
	KUNIT_EXPECT_EQ(test, b.bfree, a.bfree - 2);
	KUNIT_EXPECT_EQ(test, efs_sync_super(&fs->sb, true), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(disk(fs)->s_free_blocks_count),
			b.bfree - efs_ctr_sum(&fs->sb.reserved_windows));
	efs_test_iput(ti);
	efs_test_counts(fs, &free);
	KUNIT_EXPECT_EQ(test, b.bfree, free);

	fs->sb.geo.r_blocks = 20000;
	efs_statfs(&fs->sb, &b);
	KUNIT_EXPECT_EQ(test, b.bavail, 0);
	efs_test_end(fs);
}

static void options(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_mount_opts o = {
		.sb_block = 1, .have_resuid = true, .resuid = 70000, .nouid32 = true,
	};

	DISK_PATCH(fs, s_def_resuid, 5);
	DISK_PATCH(fs, s_def_resgid, 6);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &o), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.resuid, 70000);
	KUNIT_EXPECT_EQ(test, fs->sb.resgid, 6);
	KUNIT_EXPECT_TRUE(test, fs->sb.nouid32);
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.resuid, 5);
	KUNIT_EXPECT_FALSE(test, fs->sb.nouid32);
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	DISK_PATCH(fs, s_default_mount_opts, EFS_DEFM_UID16);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	KUNIT_EXPECT_TRUE(test, fs->sb.nouid32);
	efs_test_end(fs);
}

/* ---- volumes of mke2fs ---- */

static const struct image_row {
	const char *name;
	u32 block_size, blocks;
	const char *args;
	bool ro;
} image_rows[] = {
	{ "default_1k", 1024, 40000, "" },
	{ "default_4k", 4096, 70000, "" },
	{ "64k", 65536, 2048, "" },
	{ "inode_128", 1024, 20000, "-I 128" },
	{ "inode_1024", 2048, 20000, "-I 1024" },
	{ "rev0", 1024, 20000, "-r 0" },
	{ "bare", 1024, 60000, "-O none" },
	{ "no_sparse", 1024, 60000, "-O ^sparse_super,^resize_inode" },
	{ "sparse2", 1024, 60000, "-O sparse_super2,^resize_inode -g 1024" },
	{ "sparse2_resize", 1024, 60000, "-O sparse_super2 -E num_backup_sb=1 -g 1024" },
	{ "meta_bg", 1024, 60000, "-O meta_bg,^resize_inode -g 1024" },
	{ "meta_bg_4k", 4096, 300000, "-O meta_bg,^resize_inode -g 1024" },
	{ "small_groups", 1024, 30000, "-g 256 -N 3000" },
	{ "few_inodes", 4096, 70000, "-N 100" },
	{ "resize", 1024, 20000, "-E resize=1000000" },
	{ "journal", 1024, 40000, "-O has_journal" },
	{ "hurd", 1024, 20000, "-o hurd", true },
	{ "freebsd", 1024, 20000, "-o freebsd" },
	{ "ro_compat", 1024, 20000, "-O huge_file", true },
};

EFS_TEST_ROWS(image_rows);

/* the geometry derived fits the volume: bitmaps hold what it says, e2fsck agrees */
static void images(struct kunit *test)
{
	const struct image_row *r = test->param_value;
	struct efs_test_fs *fs = efs_test_fs_new(test, r->block_size, r->blocks);
	struct efs_test_inode *root;
	struct efs_statfs st;
	struct efs_buf *b;
	u32 g;

	efs_test_mkfs(fs->dev, r->args);
	KUNIT_EXPECT_EQ(test, efs_test_mount(fs, NULL), r->ro ? -EROFS : 0);
	if (r->ro)
		KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &rdonly), 0);
	efs_statfs(&fs->sb, &st);
	KUNIT_EXPECT_EQ(test, st.bfree, le32_to_cpu(disk(fs)->s_free_blocks_count));
	KUNIT_EXPECT_EQ(test, st.ffree, le32_to_cpu(disk(fs)->s_free_inodes_count));
	KUNIT_EXPECT_LE(test, st.bfree, st.blocks);
	for (g = 0; g < fs->sb.geo.groups; g++) {
		KUNIT_ASSERT_EQ(test, efs_block_bitmap(&fs->sb, g, &b), 0);
		efs_buf_put(b);
		KUNIT_ASSERT_EQ(test, efs_inode_bitmap(&fs->sb, g, &b), 0);
		efs_buf_put(b);
	}
	/* loading them has corrected nothing */
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks), st.bfree);
	KUNIT_ASSERT_EQ(test, efs_test_iget(fs, EFS_ROOT_INO, &root), 0);
	KUNIT_EXPECT_EQ(test, efs_test_mkdir(root, "dir", NULL), r->ro ? -EROFS : 0);
	KUNIT_EXPECT_EQ(test, efs_test_create(root, "file", EFS_S_IFREG | 0600, NULL),
			r->ro ? -EROFS : 0);
	efs_test_iput(root);
	efs_test_end(fs);
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
	KUNIT_CASE(clean_cycle),
	KUNIT_CASE(read_only),
	KUNIT_CASE(unclean_stays_unclean),
	KUNIT_CASE(remount),
	KUNIT_CASE(freeze),
	KUNIT_CASE(write_errors),
	KUNIT_CASE_PARAM(mount_faults, fault_rows_gen_params),
	KUNIT_CASE_PARAM(refuse, refuse_rows_gen_params),
	KUNIT_CASE(changed_during_mount),
	KUNIT_CASE(super_copies),
	KUNIT_CASE(bad_descriptor),
	KUNIT_CASE(repaired_below),
	KUNIT_CASE(error_record),
	KUNIT_CASE_PARAM(error_policy, policy_rows_gen_params),
	KUNIT_CASE_PARAM(warnings, warn_rows_gen_params),
	KUNIT_CASE(large_file),
	KUNIT_CASE(last_mounted),
	KUNIT_CASE(statfs),
	KUNIT_CASE(options),
	KUNIT_CASE_PARAM(images, image_rows_gen_params),
	{}
};

static struct kunit_suite super_suite = {
	.name = "efsext2_super",
	.exit = efs_test_exit,
	.test_cases = super_cases,
};

kunit_test_suite(super_suite);
