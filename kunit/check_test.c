// SPDX-License-Identifier: GPL-2.0
/*
 * The check of whole volumes: a volume with something of everything is clean, and each
 * finding there is comes from a patch of a few bytes. That e2fsck's verdicts are the same is
 * for user/tests/check.sh to show.
 *
 * Tests: core/check/check.c core/check/super.c core/check/inode.c core/check/map.c
 * Tests: core/check/xattr.c core/check/dir.c core/check/names.c core/check/index.c
 * Tests: core/check/hash.c core/check/tree.c core/check/bitmap.c
 */
#include "check_vol.h"

/* ---- what a volume is made of ---- */

#define SB(field)	IN_SUPER, 0, offsetof(struct efs_dsuper, field), \
			sizeof(((struct efs_dsuper *)0)->field)
#define GD(g, field)	IN_GROUP, g, offsetof(struct efs_dgroup, field), \
			sizeof(((struct efs_dgroup *)0)->field)
#define DI(f, field)	IN_INODE, f, offsetof(struct efs_dinode, field), \
			sizeof(((struct efs_dinode *)0)->field)
#define DIB(f, n)	IN_INODE, f, offsetof(struct efs_dinode, i_block) + 4 * (n), 4
#define DE(name, field)	IN_ENTRY, name, offsetof(struct efs_ddirent, field), \
			sizeof(((struct efs_ddirent *)0)->field)
#define DEN(name, n)	IN_ENTRY, name, 8 + (n), 1
#define DOT(d, off, size) IN_DATA, d, off, size
#define BIT(where, g, n) where, g, (n) / 8, 1

/* patches, and the finding each makes; EFS_CHECK_MAX: none that counts */
static const struct row {
	const char *name;
	enum efs_check_code code;
	struct patch4 p[4];
} rows[] = {
	{ "super", EFS_CHECK_SUPER, { { SB(s_magic), 1 } } },
	{ "super_revision", EFS_CHECK_SUPER, { { SB(s_rev_level), 2 } } },
	{ "super_bpg", EFS_CHECK_SUPER_VALUE, { { SB(s_frags_per_group), 1000 } } },
	{ "super_reserved", EFS_CHECK_SUPER_VALUE, { { SB(s_r_blocks_count), 3500 } } },
	{ "super_desc_size", EFS_CHECK_SUPER_VALUE, { { SB(s_desc_size), 48 } } },
	{ "super_flex", EFS_CHECK_SUPER_VALUE, { { SB(s_log_groups_per_flex), 32 } } },
	{ "super_compat", EFS_CHECK_SUPER_FEATURE, { { SB(s_feature_compat), 0x8000 } } },
	{ "super_incompat", EFS_CHECK_SUPER, { { SB(s_feature_incompat), 0x1002 } } },
	{ "super_harmless", EFS_CHECK_SUPER_FOREIGN, { { SB(s_feature_ro_compat), 0x43 } } },
	{ "super_creator", EFS_CHECK_SUPER_FOREIGN, { { SB(s_creator_os), EFS_OS_MASIX } } },
	{ "super_journal", EFS_CHECK_SUPER_JOURNAL, { { SB(s_journal_inum), 8 } } },
	{ "super_journal_uuid", EFS_CHECK_SUPER_JOURNAL, { { IN_SUPER, 0, 0xd0, 4, 1 } } },
	{ "super_journal_file", EFS_CHECK_SUPER_JOURNAL, { { SB(s_journal_inum), 12 } } },
	{ "super_state", EFS_CHECK_SUPER_STATE, { { SB(s_state), 0 } } },
	{ "super_orphans", EFS_CHECK_SUPER_ORPHANS, { { SB(s_last_orphan), 12 } } },
	{ "super_extra", EFS_CHECK_SUPER_EXTRA_SIZE, { { SB(s_want_extra_isize), 30 } } },
	{ "super_blocks", EFS_CHECK_SUPER_BLOCKS, { { SB(s_free_blocks_count), 5 } } },
	{ "super_inodes", EFS_CHECK_SUPER_INODES, { { SB(s_free_inodes_count), 5 } } },
	{ "super_copy", EFS_CHECK_SUPER_COPY, { { IN_COPY, 1, 0, 4, 5 } } },
	{ "super_copy_uuid", EFS_CHECK_SUPER_COPY, { { IN_COPY, 3, 0x6f, 1, 5 } } },
	{ "super_large", EFS_CHECK_SUPER_LARGE_FILE,
	  { { SB(s_feature_ro_compat), 1 }, { DI(FILE_BIG, i_size_high), 1 } } },
	{ "super_rev0_large", EFS_CHECK_SUPER_REVISION,
	  { { SB(s_rev_level), 0 }, { DI(FILE_BIG, i_size_high), 1 } } },
	{ "group_bitmap", EFS_CHECK_GROUP_BITMAP, { { GD(1, bg_block_bitmap), 3 } } },
	{ "group_bitmap_twice", EFS_CHECK_GROUP_INODE_BITMAP,
	  { { GD(0, bg_inode_bitmap), 3 } } },
	{ "group_table", EFS_CHECK_GROUP_TABLE, { { GD(2, bg_inode_table), 3060 } } },
	{ "group_flags", EFS_CHECK_GROUP_FLAGS, { { GD(2, bg_flags), 1 } } },
	{ "group_copy", EFS_CHECK_GROUP_COPY, { { IN_GROUP_COPY, 0, 4, 4, 77 } } },
	{ "group_blocks", EFS_CHECK_GROUP_BLOCKS, { { GD(1, bg_free_blocks_count), 5 } } },
	{ "group_inodes", EFS_CHECK_GROUP_INODES, { { GD(1, bg_free_inodes_count), 5 } } },
	{ "group_dirs", EFS_CHECK_GROUP_DIRS, { { GD(0, bg_used_dirs_count), 9 } } },
	{ "block_lost", EFS_CHECK_BITMAP_BLOCK_LOST, { { BIT(IN_BITMAP, 1, 900), 5 } } },
	{ "block_free", EFS_CHECK_BITMAP_BLOCK_FREE, { { BIT(IN_BITMAP, 0, 0), 0xfe } } },
	{ "block_padding", EFS_CHECK_BITMAP_BLOCK_PADDING, { { IN_BITMAP, 3, 1000, 1, 0x7f } } },
	{ "inode_lost", EFS_CHECK_BITMAP_INODE_LOST, { { BIT(IN_INODES, 1, 56), 5 } } },
	{ "inode_free", EFS_CHECK_BITMAP_INODE_FREE, { { BIT(IN_INODES, 0, 0), 0xfd } } },
	{ "inode_padding", EFS_CHECK_BITMAP_INODE_PADDING, { { IN_INODES, 0, 1000, 1, 0 } } },

	{ "root_mode", EFS_CHECK_INODE_ROOT, { { DI(ROOT, i_mode), 0100644 } } },
	{ "root_links", EFS_CHECK_INODE_ROOT, { { DI(ROOT, i_links_count), 0 } } },
	{ "reserved_mode", EFS_CHECK_INODE_RESERVED, { { DI(RESERVED + 6, i_mode), 0100644 } } },
	{ "boot_mode", EFS_CHECK_INODE_RESERVED, { { DI(RESERVED + 5, i_mode), 040644 } } },
	{ "quota_used", EFS_CHECK_INODE_RESERVED, { { DI(RESERVED + 3, i_blocks), 2 } } },
	{ "journal_used", EFS_CHECK_INODE_RESERVED, { { DI(RESERVED + 8, i_links_count), 1 } } },
	{ "orphan_file", EFS_CHECK_INODE_RESERVED, { { SB(s_orphan_file_inum), 12 } } },
	{ "resize", EFS_CHECK_RESIZE, { { DIB(RESERVED + 7, 3), 700 } } },
	{ "bad_inode", EFS_CHECK_INODE_BAD, { { DI(RESERVED + 1, i_uid), 5 } } },
	{ "bad_block_meta", EFS_CHECK_MAP_META, { { DIB(RESERVED + 1, 0), 2 } } },
	{ "mode", EFS_CHECK_INODE_MODE, { { DI(FIFO, i_mode), 0030644 } } },
	{ "extents", EFS_CHECK_INODE_FLAGS, { { DI(FILE_BIG, i_flags), EFS_FL_EXTENTS } } },
	{ "imagic", EFS_CHECK_INODE_FLAGS, { { DI(FILE_BIG, i_flags), EFS_FL_IMAGIC } } },
	{ "immutable_fifo", EFS_CHECK_INODE_IMMUTABLE, { { DI(FIFO, i_flags), EFS_FL_IMMUTABLE } } },
	{ "immutable_link", EFS_CHECK_INODE_IMMUTABLE, { { DI(FAST, i_flags), EFS_FL_APPEND } } },
	{ "index_fifo", EFS_CHECK_INODE_DEVICE, { { DI(FIFO, i_flags), EFS_FL_INDEX } } },
	{ "words_fifo", EFS_CHECK_INODE_DEVICE,
	  { { DI(FIFO, i_flags), EFS_FL_IMMUTABLE }, { DIB(FIFO, 5), 1 } } },
	{ "size_fifo", EFS_CHECK_INODE_SIZE, { { DI(FIFO, i_size), 1 } } },
	{ "orphan", EFS_CHECK_INODE_ORPHAN, { { DI(DEAD, i_dtime), 12 } } },
	{ "no_dtime", EFS_CHECK_INODE_NO_DTIME, { { DI(DEAD, i_dtime), 0 } } },
	{ "dtime", EFS_CHECK_INODE_DTIME, { { DI(FILE_BIG, i_dtime), 1000000 } } },
	{ "time", EFS_CHECK_INODE_TIME,
	  { { DI(FIFO, i_mtime), 0x80000000 }, { DI(FIFO, i_mtime_extra), 3 } } },
	{ "extra_size", EFS_CHECK_INODE_EXTRA_SIZE, { { DI(FIFO, i_extra_isize), 30 } } },
	{ "extra_full", EFS_CHECK_MAX, { { DI(FIFO, i_extra_isize), 124 } } },
	{ "faddr", EFS_CHECK_INODE_WORDS, { { DI(FIFO, i_faddr), 1 } } },
	{ "blocks_high", EFS_CHECK_INODE_WORDS, { { DI(FIFO, i_frag), 1 } } },
	{ "acl_high", EFS_CHECK_INODE_WORDS, { { DI(FIFO, i_mode_high), 1 } } },
	{ "dir_size_high", EFS_CHECK_INODE_WORDS, { { DI(DIR_D, i_size_high), 1 } } },
	{ "size_small", EFS_CHECK_INODE_SIZE, { { DI(FILE_BIG, i_size), 1024 } } },
	{ "size_one_more", EFS_CHECK_MAX, { { DI(FILE_SMALL, i_size), 0 } } },
	{ "size_large", EFS_CHECK_INODE_SIZE, { { DI(FILE_BIG, i_size_high), 5 } } },
	{ "dir_size", EFS_CHECK_INODE_SIZE, { { DI(DIR_D, i_size), 1000 } } },
	{ "dir_size_more", EFS_CHECK_INODE_SIZE, { { DI(DIR_D, i_size), 2048 } } },
	{ "dir_size_less", EFS_CHECK_INODE_SIZE, { { DI(DIR_MANY, i_size), 1024 } } },
	{ "dir_prealloc", EFS_CHECK_MAX,
	  { { DI(DIR_MANY, i_size), 1024 }, { SB(s_prealloc_dir_blocks), 9 } } },
	{ "sectors", EFS_CHECK_INODE_BLOCKS, { { DI(FILE_BIG, i_blocks), 4 } } },
	{ "sectors_fifo", EFS_CHECK_INODE_BLOCKS, { { DI(FIFO, i_blocks), 2 } } },
	{ "link_size", EFS_CHECK_INODE_LINK, { { DI(FAST, i_size), 3 } } },
	{ "link_empty", EFS_CHECK_INODE_LINK, { { DI(FAST, i_size), 0 } } },
	{ "link_index", EFS_CHECK_INODE_LINK, { { DI(FAST, i_flags), EFS_FL_INDEX } } },
	{ "link_slow_size", EFS_CHECK_INODE_LINK, { { DI(SLOW, i_size), 90 } } },
	{ "link_slow_blocks", EFS_CHECK_INODE_LINK, { { DIB(SLOW, 1), 600 } } },
	{ "link_slow_range", EFS_CHECK_INODE_LINK, { { DIB(SLOW, 0), 60000 } } },
	{ "links", EFS_CHECK_INODE_LINKS, { { DI(FILE_BIG, i_links_count), 7 } } },
	{ "unattached", EFS_CHECK_INODE_UNATTACHED, { { DE(NAME_FIFO, inode), 0 } } },
	{ "imagic_unattached", EFS_CHECK_MAX,
	  { { SB(s_feature_compat), EFS_COMPAT_IMAGIC_INODES | EFS_COMPAT_EXT_ATTR },
	    { DI(FIFO, i_flags), EFS_FL_IMAGIC }, { DE(NAME_FIFO, inode), 0 } } },
	{ "range", EFS_CHECK_MAP_RANGE, { { DIB(FILE_BIG, 1), 4000 } } },
	{ "range_low", EFS_CHECK_MAP_RANGE, { { IN_INDIRECT, FILE_BIG, 0, 4, 70000 } } },
	{ "range_indirect", EFS_CHECK_MAP_RANGE, { { DIB(FILE_BIG, EFS_DIND), 4000 } } },
	{ "meta", EFS_CHECK_MAP_META, { { DIB(FILE_BIG, 2), 3 } } },
	{ "meta_table", EFS_CHECK_MAP_META, { { DIB(FILE_BIG, 2), 10 } } },
	{ "twice", EFS_CHECK_MAP_TWICE, { { COPY_WORD, FILE_BIG, 0, 4, 1 } } },
	{ "loop", EFS_CHECK_MAP_TWICE, { { COPY_WORD, FILE_BIG, EFS_TIND, 4, EFS_IND } } },
	{ "far_link", EFS_CHECK_MAP_FAR, { { DIB(SLOW, 2), 900 } } },

	{ "xattr_feature", EFS_CHECK_XATTR_BLOCK, { { SB(s_feature_compat), 0 } } },
	{ "xattr_range", EFS_CHECK_XATTR_BLOCK, { { DI(FILE_SMALL, i_file_acl), 40000 } } },
	{ "xattr_shared_data", EFS_CHECK_MAP_TWICE, { { DI(FILE_SMALL, i_file_acl), 5 } } },
	{ "xattr_magic", EFS_CHECK_XATTR_HEADER, { { IN_XATTR, 0, 0, 4, 5 } } },
	{ "xattr_blocks", EFS_CHECK_XATTR_HEADER, { { IN_XATTR, 0, 8, 4, 2 } } },
	{ "xattr_count", EFS_CHECK_XATTR_COUNT, { { IN_XATTR, 0, 4, 4, 3 } } },
	{ "xattr_index", EFS_CHECK_XATTR_ENTRY, { { IN_XATTR, 0, 33, 1, 0 } } },
	{ "xattr_value", EFS_CHECK_XATTR_ENTRY, { { IN_XATTR, 0, 34, 2, 1022 } } },
	{ "xattr_overlap", EFS_CHECK_XATTR_ENTRY, { { IN_XATTR, 0, 34, 2, 32 } } },
	{ "xattr_inode", EFS_CHECK_XATTR_ENTRY, { { IN_XATTR, 0, 36, 4, 12 } } },
	{ "xattr_size", EFS_CHECK_XATTR_ENTRY, { { IN_XATTR, 0, 40, 4, 0x2000000 } } },
	{ "xattr_hash", EFS_CHECK_XATTR_HASH, { { IN_XATTR, 0, 44, 4, 5 } } },
	{ "xattr_name", EFS_CHECK_XATTR_HASH, { { IN_XATTR, 0, 48, 1, 0xe4 } } },
	{ "body_hash", EFS_CHECK_XATTR_HASH, { { IN_INODE, FILE_SMALL, 128 + 32 + 16, 4, 5 } } },
	{ "body_no_hash", EFS_CHECK_MAX, { { IN_INODE, FILE_SMALL, 128 + 32 + 16, 4, 0 } } },
	{ "body_long", EFS_CHECK_XATTR_ENTRY, { { IN_INODE, FILE_SMALL, 128 + 32 + 4, 1, 200 } } },

	{ "dir_empty", EFS_CHECK_DIR_EMPTY, { { DIB(DIR_D, 0), 0 }, { DI(DIR_D, i_blocks), 0 } } },
	{ "dir_hole", EFS_CHECK_DIR_HOLE, { { DIB(DIR_MANY, 1), 0 } } },
	{ "chain_short", EFS_CHECK_DIR_CHAIN, { { DE(NAME_BIG, rec_len), 8 } } },
	{ "chain_align", EFS_CHECK_DIR_CHAIN, { { DE(NAME_BIG, rec_len), 13 } } },
	{ "chain_cross", EFS_CHECK_DIR_CHAIN, { { DE(NAME_BIG, rec_len), 2000 } } },
	{ "chain_name", EFS_CHECK_DIR_CHAIN, { { DE(NAME_BIG, name_len), 200 } } },
	{ "dot_inode", EFS_CHECK_DIR_DOT, { { DOT(DIR_D, 0, 4), 2 } } },
	{ "dot_name", EFS_CHECK_DIR_DOT, { { DOT(DIR_D, 8, 1), 'x' } } },
	{ "dot_end", EFS_CHECK_DIR_DOT, { { DOT(DIR_D, 9, 1), 'x' } } },
	{ "dot_only", EFS_CHECK_DIR_DOTDOT, { { DOT(DIR_D, 4, 2), 1024 } } },
	{ "dot_long", EFS_CHECK_DIR_DOT_LONG,
	  { { DOT(DIR_D, 4, 2), 36 }, { IN_DATA, DIR_D, 36, 4, 2 },
	    { IN_DATA, DIR_D, 40, 4, 0x020203dc }, { IN_DATA, DIR_D, 44, 4, 0x2e2e } } },
	{ "dotdot_free", EFS_CHECK_DIR_DOTDOT, { { DOT(DIR_D, 12, 4), 0 } } },
	{ "dotdot_name", EFS_CHECK_DIR_DOTDOT, { { DOT(DIR_D, 21, 1), 'x' } } },
	{ "dotdot_end", EFS_CHECK_DIR_DOTDOT, { { DOT(DIR_D, 22, 1), 'x' } } },
	{ "parent", EFS_CHECK_DIR_PARENT, { { DOT(DIR_D, 12, 4), 11 } } },
	{ "lost", EFS_CHECK_DIR_LOST, { { DE(NAME_D, inode), 0 } } },
	{ "twice_named", EFS_CHECK_DIR_TWICE, { { SAME_INODE, NAME_FIFO, 0, 4, NAME_D } } },
	{ "root_named", EFS_CHECK_DIR_TWICE, { { DE(NAME_FIFO, inode), 2 } } },
	{ "entry_range", EFS_CHECK_ENTRY_INODE, { { DE(NAME_FIFO, inode), 7000 } } },
	{ "entry_reserved", EFS_CHECK_ENTRY_INODE, { { DE(NAME_FIFO, inode), 5 } } },
	{ "entry_quota", EFS_CHECK_ENTRY_INODE, { { SB(s_usr_quota_inum), 12 } } },
	{ "entry_unused", EFS_CHECK_ENTRY_UNUSED, { { DE(NAME_FIFO, inode), 200 } } },
	{ "entry_uninit", EFS_CHECK_ENTRY_UNINIT, { { GD(0, bg_flags), 1 } } },
	{ "entry_beyond", EFS_CHECK_ENTRY_UNINIT, { { IN_GROUP, 0, 28, 4, 60 } } },
	{ "entry_type", EFS_CHECK_ENTRY_TYPE, { { DE(NAME_FIFO, file_type), EFS_FT_REG } } },
	{ "entry_no_type", EFS_CHECK_ENTRY_NO_TYPE, { { DE(NAME_FIFO, file_type), 0 } } },
	{ "entry_types", EFS_CHECK_ENTRY_TYPE, { { SB(s_feature_incompat), 0 } } },
	{ "entry_slash", EFS_CHECK_ENTRY_NAME, { { DEN(NAME_FIFO, 1), '/' } } },
	{ "entry_nul", EFS_CHECK_ENTRY_NAME, { { DEN(NAME_FIFO, 2), 0 } } },
	{ "entry_empty", EFS_CHECK_ENTRY_NAME, { { DE(NAME_FIFO, name_len), 0 } } },
	{ "entry_dot", EFS_CHECK_ENTRY_DOT, { { DEN(NAME_FIFO, 0), '.' }, { DE(NAME_FIFO, name_len), 1 } } },
	{ "entry_same", EFS_CHECK_ENTRY_TWICE, { { SAME_NAME, NAME_FIFO, 0, 4, NAME_FAST } } },

	{ "index_file", EFS_CHECK_INDEX_FLAG, { { DI(FILE_BIG, i_flags), EFS_FL_INDEX } } },
	{ "index_feature", EFS_CHECK_INDEX_FLAG, { { DI(DIR_D, i_flags), EFS_FL_INDEX } } },
};

EFS_TEST_ROWS(rows);

static void finding(struct kunit *test)
{
	const struct row *r = test->param_value;
	struct check_vol *v = check_vol_new(test, NULL);
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(r->p) && r->p[i].size; i++)
		check_vol_patch(v, &r->p[i]);
	check_vol_run(v);
	if (r->code == EFS_CHECK_MAX) {
		KUNIT_EXPECT_EQ(test, v->found.wrong, 0);
	} else {
		n = v->count[r->code];
		KUNIT_EXPECT_NE_MSG(test, n, 0, "%s", efs_check_name(r->code));
	}
	check_vol_end(v);
}

/* every finding there is has a row, here or below */
static void complete(struct kunit *test)
{
	static const enum efs_check_code elsewhere[] = {
		EFS_CHECK_SUPER_RESERVE, EFS_CHECK_DIR_LOOP, EFS_CHECK_INDEX_ROOT,
		EFS_CHECK_INDEX_NODE, EFS_CHECK_INDEX_BLOCK, EFS_CHECK_INDEX_HASH,
	};
	u32 code, i;

	for (code = 0; code < EFS_CHECK_MAX; code++) {
		bool there = false;

		for (i = 0; i < ARRAY_SIZE(rows); i++)
			there |= rows[i].code == code;
		for (i = 0; i < ARRAY_SIZE(elsewhere); i++)
			there |= elsewhere[i] == code;
		KUNIT_EXPECT_TRUE_MSG(test, there, "%s", efs_check_name(code));
	}
}

static struct kunit_case check_cases[] = {
	KUNIT_CASE_PARAM(finding, rows_gen_params),
	KUNIT_CASE(complete),
	{}
};

static struct kunit_suite check_suite = {
	.name = "efsext2_check",
	.exit = efs_test_exit,
	.test_cases = check_cases,
};

kunit_test_suite(check_suite);
