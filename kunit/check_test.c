// SPDX-License-Identifier: GPL-2.0
/*
 * The check of whole volumes: a volume with something of everything is clean, and each
 * finding there is comes from a patch of a few bytes. That e2fsck's verdicts are the same is
 * for user/tests/check.sh to show.
 *
 * Tests: core/check/check.c core/check/super.c core/check/inode.c core/check/map.c
 * Tests: core/check/xattr.c core/check/dir.c core/check/names.c core/check/tree.c
 * Tests: core/check/bitmap.c
 */
#include "check_vol.h"

/*
 * Patches, and the finding they make; EFS_CHECK_MAX: none that counts. @wrong and @notes: how many
 * findings there are in all, so that none comes or goes unseen
 */
static const struct row {
	const char *name;
	enum efs_check_code code;
	struct patch4 p[4];
	u32 wrong, notes;
} rows[] = {
	{ "super", EFS_CHECK_SUPER, { SB(s_magic, 1) }, 1, 0 },
	{ "super_revision", EFS_CHECK_SUPER, { SB(s_rev_level, 2) }, 1, 2 },
	{ "super_bpg", EFS_CHECK_SUPER_VALUE, { SB(s_frags_per_group, 1000) }, 1, 2 },
	{ "super_reserved", EFS_CHECK_SUPER_VALUE, { SB(s_r_blocks_count, 3500) }, 1, 2 },
	{ "super_desc_size", EFS_CHECK_SUPER_VALUE, { SB(s_desc_size, 48) }, 1, 2 },
	{ "super_flex", EFS_CHECK_SUPER_VALUE, { SB(s_log_groups_per_flex, 32) }, 1, 2 },
	{ "super_compat", EFS_CHECK_SUPER_FEATURE, { SB(s_feature_compat, 0x8000) }, 4, 2 },
	{ "super_incompat", EFS_CHECK_SUPER, { SB(s_feature_incompat, 0x1002) }, 1, 0 },
	{ "super_harmless", EFS_CHECK_SUPER_FOREIGN, { SB(s_feature_ro_compat, 0x43) }, 0, 3 },
	{ "super_creator", EFS_CHECK_SUPER_FOREIGN, { SB(s_creator_os, EFS_OS_MASIX) }, 0, 3 },
	{ "super_journal", EFS_CHECK_SUPER_JOURNAL, { SB(s_journal_inum, 8) }, 2, 2 },
	{ "super_journal_uuid", EFS_CHECK_SUPER_JOURNAL, { { IN_SUPER, 0, 0xd0, 4, 1 } }, 1, 2 },
	{ "super_journal_file", EFS_CHECK_SUPER_JOURNAL, { SB(s_journal_inum, 12) }, 1, 2 },
	{ "super_min_extra", EFS_CHECK_SUPER_EXTRA_SIZE, { SB(s_min_extra_isize, 2) }, 0, 3 },
	{ "super_large_extra", EFS_CHECK_SUPER_EXTRA_SIZE, { SB(s_min_extra_isize, 132) }, 0, 3 },
	{ "super_extra_good", EFS_CHECK_MAX, { SB(s_want_extra_isize, 32) }, 0, 2 },
	{ "super_quota", EFS_CHECK_SUPER_FEATURE, { SB(s_feature_ro_compat, 0x103) }, 1, 2 },
	{ "super_journal_far", EFS_CHECK_SUPER_JOURNAL, { SB(s_journal_inum, 70000) }, 1, 2 },
	{ "super_state", EFS_CHECK_SUPER_STATE, { SB(s_state, 0) }, 0, 3 },
	{ "super_orphans", EFS_CHECK_SUPER_ORPHANS, { SB(s_last_orphan, 12) }, 0, 3 },
	{ "super_extra", EFS_CHECK_SUPER_EXTRA_SIZE, { SB(s_want_extra_isize, 30) }, 0, 3 },
	{ "super_blocks", EFS_CHECK_SUPER_BLOCKS, { SB(s_free_blocks_count, 5) }, 0, 3 },
	{ "super_inodes", EFS_CHECK_SUPER_INODES, { SB(s_free_inodes_count, 5) }, 0, 3 },
	{ "super_copy", EFS_CHECK_SUPER_COPY, { { IN_COPY, 1, 0, 4, 5 } }, 0, 2 },
	{ "super_copy_uuid", EFS_CHECK_SUPER_COPY, { { IN_COPY, 3, 0x6f, 1, 5 } }, 0, 2 },
	{ "super_large", EFS_CHECK_SUPER_LARGE_FILE,
	  { SB(s_feature_ro_compat, 1), DI(FILE_BIG, i_size_high, 1) }, 1, 2 },
	{ "super_rev0_large", EFS_CHECK_SUPER_REVISION,
	  { SB(s_rev_level, 0), DI(FILE_BIG, i_size_high, 1) }, 71, 3 },
	{ "group_bitmap", EFS_CHECK_GROUP_BITMAP, { GD(1, bg_block_bitmap, 3) }, 1, 3 },
	{ "group_bitmap_twice", EFS_CHECK_GROUP_INODE_BITMAP,
	  { GD(0, bg_inode_bitmap, 3) }, 1, 3 },
	{ "group_table", EFS_CHECK_GROUP_TABLE, { GD(2, bg_inode_table, 3060) }, 2, 3 },
	{ "group_flags", EFS_CHECK_GROUP_FLAGS, { GD(2, bg_flags, 1) }, 3, 3 },
	{ "group_copy", EFS_CHECK_GROUP_COPY, { { IN_GROUP_COPY, 0, 4, 4, 77 } }, 0, 3 },
	{ "group_blocks", EFS_CHECK_GROUP_BLOCKS, { GD(1, bg_free_blocks_count, 5) }, 1, 2 },
	{ "group_inodes", EFS_CHECK_GROUP_INODES, { GD(1, bg_free_inodes_count, 5) }, 1, 2 },
	{ "group_dirs", EFS_CHECK_GROUP_DIRS, { GD(0, bg_used_dirs_count, 9) }, 1, 2 },
	{ "block_lost", EFS_CHECK_BITMAP_BLOCK_LOST, { BITS_OF(IN_BITMAP, 1, 900, 5) }, 3, 3 },
	{ "block_free", EFS_CHECK_BITMAP_BLOCK_FREE, { BITS_OF(IN_BITMAP, 0, 0, 0xfe) }, 2, 3 },
	{ "block_padding", EFS_CHECK_BITMAP_BLOCK_PADDING,
	  { { IN_BITMAP, 3, 1000, 1, 0x7f } }, 1, 2 },
	{ "inode_lost", EFS_CHECK_BITMAP_INODE_LOST, { BITS_OF(IN_INODES, 1, 56, 5) }, 3, 3 },
	{ "inode_free", EFS_CHECK_BITMAP_INODE_FREE, { BITS_OF(IN_INODES, 0, 0, 0xfd) }, 3, 3 },
	{ "inode_padding", EFS_CHECK_BITMAP_INODE_PADDING, { { IN_INODES, 0, 1000, 1, 0 } }, 1, 2 },

	{ "root_mode", EFS_CHECK_INODE_ROOT, { DI(ROOT, i_mode, 0100644) }, 20, 2 },
	{ "root_links", EFS_CHECK_INODE_ROOT, { DI(ROOT, i_links_count, 0) }, 18, 2 },
	{ "reserved_mode", EFS_CHECK_INODE_RESERVED, { DI(RESERVED + 6, i_mode, 0100644) }, 1, 2 },
	{ "boot_mode", EFS_CHECK_INODE_RESERVED, { DI(RESERVED + 5, i_mode, 040644) }, 2, 2 },
	{ "quota_used", EFS_CHECK_INODE_RESERVED, { DI(RESERVED + 3, i_blocks, 2) }, 1, 2 },
	{ "journal_used", EFS_CHECK_INODE_RESERVED, { DI(RESERVED + 8, i_links_count, 1) }, 2, 2 },
	{ "project_quota", EFS_CHECK_INODE_RESERVED, { SB(s_prj_quota_inum, 12) }, 19, 2 },
	{ "resize_mode", EFS_CHECK_INODE_RESERVED, { DI(RESERVED + 7, i_mode, 040644) }, 2, 2 },
	{ "resize_file", EFS_CHECK_MAP_FAR,
	  { DI(RESERVED + 7, i_mode, 0100644), DIB(RESERVED + 7, EFS_IND, 900) }, 1, 3 },
	{ "journal_mode", EFS_CHECK_INODE_RESERVED,
	  { SB(s_journal_inum, 8), DI(RESERVED + 8, i_mode, 040644) }, 3, 2 },
	{ "orphan_file", EFS_CHECK_INODE_RESERVED, { SB(s_orphan_file_inum, 12) }, 19, 2 },
	{ "resize", EFS_CHECK_RESIZE, { DIB(RESERVED + 7, 3, 700) }, 0, 3 },
	{ "bad_inode", EFS_CHECK_INODE_BAD, { DI(RESERVED + 1, i_uid, 5) }, 1, 2 },
	{ "bad_inode_mode", EFS_CHECK_INODE_BAD, { DI(RESERVED + 1, i_mode, 0100644) }, 1, 2 },
	{ "bad_inode_gid", EFS_CHECK_INODE_BAD, { DI(RESERVED + 1, i_gid, 5) }, 1, 2 },
	{ "bad_inode_links", EFS_CHECK_INODE_BAD, { DI(RESERVED + 1, i_links_count, 1) }, 1, 2 },
	{ "bad_inode_acl", EFS_CHECK_INODE_BAD, { DI(RESERVED + 1, i_file_acl, 500) }, 1, 2 },
	{ "bad_block_meta", EFS_CHECK_MAP_META, { DIB(RESERVED + 1, 0, 2) }, 1, 2 },
	{ "mode", EFS_CHECK_INODE_MODE, { DI(FIFO, i_mode, 0030644) }, 2, 2 },
	{ "extents", EFS_CHECK_INODE_FLAGS, { DI(FILE_BIG, i_flags, EFS_FL_EXTENTS) }, 1, 2 },
	{ "imagic", EFS_CHECK_INODE_FLAGS, { DI(FILE_BIG, i_flags, EFS_FL_IMAGIC) }, 1, 2 },
	{ "value_of_attribute", EFS_CHECK_INODE_VALUE,
	  { DI(FILE_BIG, i_flags, EFS_FL_EA_INODE) }, 1, 2 },
	{ "immutable_fifo", EFS_CHECK_INODE_IMMUTABLE,
	  { DI(FIFO, i_flags, EFS_FL_IMMUTABLE) }, 0, 3 },
	{ "immutable_link", EFS_CHECK_INODE_IMMUTABLE, { DI(FAST, i_flags, EFS_FL_APPEND) }, 0, 3 },
	{ "index_fifo", EFS_CHECK_INODE_DEVICE, { DI(FIFO, i_flags, EFS_FL_INDEX) }, 2, 2 },
	{ "words_fifo", EFS_CHECK_INODE_DEVICE,
	  { DI(FIFO, i_flags, EFS_FL_IMMUTABLE), DIB(FIFO, 5, 1) }, 1, 2 },
	{ "size_fifo", EFS_CHECK_INODE_SIZE, { DI(FIFO, i_size, 1) }, 1, 2 },
	{ "orphan", EFS_CHECK_INODE_ORPHAN, { DI(DEAD, i_dtime, 12) }, 1, 2 },
	{ "old_clock", EFS_CHECK_MAX, { DI(DEAD, i_dtime, 12), SB(s_mkfs_time, 5) }, 0, 2 },
	{ "no_dtime", EFS_CHECK_INODE_NO_DTIME, { DI(DEAD, i_dtime, 0) }, 1, 2 },
	{ "dtime", EFS_CHECK_INODE_DTIME, { DI(FILE_BIG, i_dtime, 1000000) }, 1, 2 },
	{ "time", EFS_CHECK_INODE_TIME,
	  { DI(FIFO, i_mtime, 0x80000000), DI(FIFO, i_mtime_extra, 3) }, 0, 3 },
	{ "extra_size", EFS_CHECK_INODE_EXTRA_SIZE, { DI(FIFO, i_extra_isize, 30) }, 1, 2 },
	{ "extra_small", EFS_CHECK_INODE_EXTRA_SIZE, { DI(FIFO, i_extra_isize, 2) }, 1, 2 },
	{ "extra_large", EFS_CHECK_INODE_EXTRA_SIZE, { DI(FIFO, i_extra_isize, 132) }, 1, 2 },
	{ "extra_none", EFS_CHECK_MAX, { DI(FIFO, i_extra_isize, 0) }, 0, 2 },
	{ "extra_full", EFS_CHECK_MAX, { DI(FIFO, i_extra_isize, 124) }, 0, 2 },
	/* no room for an attribute, so what is there is none */
	{ "extra_full_magic", EFS_CHECK_MAX,
	  { DI(FIFO, i_extra_isize, 124), { IN_INODE, FIFO, 252, 4, EFS_XATTR_MAGIC } }, 0, 2 },
	{ "faddr", EFS_CHECK_INODE_WORDS, { DI(FIFO, i_faddr, 1) }, 1, 2 },
	{ "blocks_high", EFS_CHECK_INODE_WORDS, { DI(FIFO, i_frag, 1) }, 1, 2 },
	{ "blocks_high_byte", EFS_CHECK_INODE_WORDS, { DI(FIFO, i_fsize, 1) }, 1, 2 },
	{ "blocks_huge", EFS_CHECK_MAX,
	  { DI(FIFO, i_fsize, 1), SB(s_feature_ro_compat, 0xb) }, 0, 3 },
	{ "words_masix", EFS_CHECK_MAX,
	  { DI(FIFO, i_fsize, 1), DI(FIFO, i_mode_high, 1), SB(s_creator_os, EFS_OS_MASIX) },
	  0, 3 },
	{ "words_hurd", EFS_CHECK_MAX,
	  { DI(FIFO, i_blocks, 8), DI(FIFO, i_mode_high, 1), SB(s_creator_os, EFS_OS_HURD) },
	  0, 3 },
	{ "acl_high", EFS_CHECK_INODE_WORDS, { DI(FIFO, i_mode_high, 1) }, 1, 2 },
	{ "dir_size_high", EFS_CHECK_INODE_WORDS, { DI(DIR_D, i_size_high, 1) }, 2, 2 },
	{ "size_small", EFS_CHECK_INODE_SIZE, { DI(FILE_BIG, i_size, 1024) }, 1, 2 },
	{ "size_one_more", EFS_CHECK_MAX, { DI(FILE_SMALL, i_size, 0) }, 0, 2 },
	{ "size_large", EFS_CHECK_INODE_SIZE, { DI(FILE_BIG, i_size_high, 5) }, 2, 2 },
	{ "dir_size", EFS_CHECK_INODE_SIZE, { DI(DIR_D, i_size, 1000) }, 1, 2 },
	{ "dir_size_more", EFS_CHECK_INODE_SIZE, { DI(DIR_D, i_size, 2048) }, 1, 2 },
	{ "dir_size_less", EFS_CHECK_INODE_SIZE, { DI(DIR_MANY, i_size, 1024) }, 1, 2 },
	{ "dir_prealloc", EFS_CHECK_MAX,
	  { DI(DIR_MANY, i_size, 1024), SB(s_prealloc_dir_blocks, 9) }, 0, 2 },
	{ "sectors", EFS_CHECK_INODE_BLOCKS, { DI(FILE_BIG, i_blocks, 4) }, 1, 2 },
	{ "sectors_fifo", EFS_CHECK_INODE_BLOCKS, { DI(FIFO, i_blocks, 2) }, 1, 2 },
	{ "link_size", EFS_CHECK_INODE_LINK, { DI(FAST, i_size, 3) }, 1, 2 },
	{ "link_empty", EFS_CHECK_INODE_LINK, { DI(FAST, i_size, 0) }, 1, 2 },
	{ "link_high", EFS_CHECK_INODE_LINK, { DI(FAST, i_size_high, 1) }, 1, 2 },
	{ "link_block", EFS_CHECK_INODE_LINK, { DI(SLOW, i_size, 1024) }, 1, 2 },
	{ "link_acl", EFS_CHECK_XATTR_BLOCK, { DI(FAST, i_file_acl, 40000) }, 1, 2 },
	{ "link_slow_acl", EFS_CHECK_XATTR_BLOCK, { DI(SLOW, i_file_acl, 40000) }, 1, 2 },
	{ "link_short_acl", EFS_CHECK_XATTR_BLOCK,
	  { DI(FAST, i_file_acl, 40000), DI(FAST, i_size, 3) }, 2, 2 },
	{ "link_slow_short_acl", EFS_CHECK_XATTR_BLOCK,
	  { DI(SLOW, i_file_acl, 40000), DI(SLOW, i_size, 60), { IN_DATA, SLOW, 60, 1, 0 } },
	  1, 2 },
	{ "link_index", EFS_CHECK_INODE_LINK, { DI(FAST, i_flags, EFS_FL_INDEX) }, 2, 2 },
	{ "link_slow_size", EFS_CHECK_INODE_LINK, { DI(SLOW, i_size, 90) }, 1, 2 },
	{ "link_slow_blocks", EFS_CHECK_INODE_LINK, { DIB(SLOW, 1, 600) }, 2, 2 },
	{ "link_slow_range", EFS_CHECK_INODE_LINK, { DIB(SLOW, 0, 60000) }, 4, 2 },
	{ "links_first", EFS_CHECK_INODE_LINKS, { DI(RESERVED + 11, i_links_count, 7) }, 1, 2 },
	{ "links", EFS_CHECK_INODE_LINKS, { DI(FILE_BIG, i_links_count, 7) }, 1, 2 },
	{ "unattached", EFS_CHECK_INODE_UNATTACHED, { DE(NAME_FIFO, inode, 0) }, 1, 2 },
	{ "imagic_unattached", EFS_CHECK_MAX,
	  { SB(s_feature_compat, EFS_COMPAT_IMAGIC_INODES | EFS_COMPAT_EXT_ATTR),
	    DI(FIFO, i_flags, EFS_FL_IMAGIC), DE(NAME_FIFO, inode, 0) }, 0, 2 },
	{ "range", EFS_CHECK_MAP_RANGE, { DIB(FILE_BIG, 1, 4000) }, 3, 2 },
	{ "range_low", EFS_CHECK_MAP_RANGE, { { IN_INDIRECT, FILE_BIG, 0, 4, 70000 } }, 3, 2 },
	{ "range_indirect", EFS_CHECK_MAP_RANGE, { DIB(FILE_BIG, EFS_DIND, 4000) }, 2, 2 },
	{ "meta", EFS_CHECK_MAP_META, { DIB(FILE_BIG, 2, 3) }, 2, 2 },
	{ "meta_table", EFS_CHECK_MAP_META, { DIB(FILE_BIG, 2, 10) }, 2, 2 },
	{ "twice", EFS_CHECK_MAP_TWICE, { { COPY_WORD, FILE_BIG, 0, 4, 1 } }, 2, 2 },
	{ "loop", EFS_CHECK_MAP_TWICE, { { COPY_WORD, FILE_BIG, EFS_TIND, 4, EFS_IND } }, 1, 2 },
	{ "far_link", EFS_CHECK_MAP_FAR, { DIB(SLOW, 2, 900) }, 2, 2 },

	{ "xattr_feature", EFS_CHECK_XATTR_BLOCK, { SB(s_feature_compat, 0) }, 3, 0 },
	{ "xattr_range", EFS_CHECK_XATTR_BLOCK, { DI(FILE_SMALL, i_file_acl, 40000) }, 3, 2 },
	{ "xattr_shared_data", EFS_CHECK_MAP_TWICE, { DI(FILE_SMALL, i_file_acl, 5) }, 4, 2 },
	{ "xattr_magic", EFS_CHECK_XATTR_HEADER, { { IN_XATTR, 0, 0, 4, 5 } }, 1, 2 },
	{ "xattr_blocks", EFS_CHECK_XATTR_HEADER, { { IN_XATTR, 0, 8, 4, 2 } }, 1, 2 },
	{ "xattr_count", EFS_CHECK_XATTR_COUNT, { { IN_XATTR, 0, 4, 4, 3 } }, 1, 2 },
	{ "xattr_index", EFS_CHECK_XATTR_ENTRY, { { IN_XATTR, 0, 33, 1, 0 } }, 1, 2 },
	{ "xattr_align", EFS_CHECK_XATTR_ENTRY, { { IN_XATTR, 0, 34, 2, 1018 } }, 1, 2 },
	{ "xattr_empty", EFS_CHECK_XATTR_HASH, { { IN_XATTR, 0, 40, 4, 0 } }, 1, 2 },
	{ "xattr_long", EFS_CHECK_XATTR_ENTRY, { { IN_XATTR, 0, 40, 4, 1000 } }, 1, 2 },
	{ "xattr_value", EFS_CHECK_XATTR_ENTRY, { { IN_XATTR, 0, 34, 2, 1022 } }, 1, 2 },
	{ "xattr_overlap", EFS_CHECK_XATTR_ENTRY, { { IN_XATTR, 0, 34, 2, 32 } }, 1, 2 },
	{ "xattr_inode", EFS_CHECK_XATTR_ENTRY, { { IN_XATTR, 0, 36, 4, 12 } }, 1, 2 },
	{ "xattr_size", EFS_CHECK_XATTR_ENTRY, { { IN_XATTR, 0, 40, 4, 0x2000000 } }, 1, 2 },
	{ "xattr_hash", EFS_CHECK_XATTR_HASH, { { IN_XATTR, 0, 44, 4, 5 } }, 1, 2 },
	{ "xattr_name", EFS_CHECK_XATTR_HASH, { { IN_XATTR, 0, 48, 1, 0xe4 } }, 1, 2 },
	{ "body_hash", EFS_CHECK_XATTR_HASH,
	  { { IN_INODE, FILE_SMALL, 128 + 32 + 16, 4, 5 } }, 1, 2 },
	{ "body_no_hash", EFS_CHECK_MAX, { { IN_INODE, FILE_SMALL, 128 + 32 + 16, 4, 0 } }, 0, 2 },
	{ "body_long", EFS_CHECK_XATTR_ENTRY,
	  { { IN_INODE, FILE_SMALL, 128 + 32 + 4, 1, 200 } }, 1, 2 },

	{ "dir_empty", EFS_CHECK_DIR_EMPTY, { DIB(DIR_D, 0, 0), DI(DIR_D, i_blocks, 0) }, 8, 2 },
	{ "dir_hole", EFS_CHECK_DIR_HOLE, { DIB(DIR_MANY, 1, 0) }, 3, 2 },
	{ "chain_short", EFS_CHECK_DIR_CHAIN, { DE(NAME_BIG, rec_len, 8) }, 12, 2 },
	{ "chain_align", EFS_CHECK_DIR_CHAIN, { DE(NAME_BIG, rec_len, 13) }, 12, 2 },
	{ "chain_cross", EFS_CHECK_DIR_CHAIN, { DE(NAME_BIG, rec_len, 2000) }, 12, 2 },
	{ "chain_name", EFS_CHECK_DIR_CHAIN, { DE(NAME_BIG, name_len, 200) }, 12, 2 },
	{ "dot_inode", EFS_CHECK_DIR_DOT, { { IN_DATA, DIR_D, 0, 4, 2 } }, 3, 2 },
	{ "dot_name", EFS_CHECK_DIR_DOT, { { IN_DATA, DIR_D, 8, 1, 'x' } }, 1, 2 },
	{ "dot_end", EFS_CHECK_DIR_DOT, { { IN_DATA, DIR_D, 9, 1, 'x' } }, 1, 2 },
	{ "dot_only", EFS_CHECK_DIR_DOTDOT, { { IN_DATA, DIR_D, 4, 2, 1024 } }, 6, 3 },
	{ "dot_long", EFS_CHECK_DIR_DOT_LONG,
	  { { IN_DATA, DIR_D, 4, 2, 36 }, { IN_DATA, DIR_D, 36, 4, 2 },
	    { IN_DATA, DIR_D, 40, 4, 0x020203dc }, { IN_DATA, DIR_D, 44, 4, 0x2e2e } }, 3, 3 },
	{ "dot_not_so_long", EFS_CHECK_DIR_LOST,
	  { { IN_DATA, DIR_D, 4, 2, 24 }, { IN_DATA, DIR_D, 24, 4, 2 },
	    { IN_DATA, DIR_D, 28, 4, 0x020203e8 }, { IN_DATA, DIR_D, 32, 4, 0x2e2e } }, 3, 2 },
	{ "dotdot_free", EFS_CHECK_DIR_DOTDOT, { { IN_DATA, DIR_D, 12, 4, 0 } }, 3, 2 },
	{ "dotdot_name", EFS_CHECK_DIR_DOTDOT, { { IN_DATA, DIR_D, 21, 1, 'x' } }, 2, 2 },
	{ "dotdot_end", EFS_CHECK_DIR_DOTDOT, { { IN_DATA, DIR_D, 22, 1, 'x' } }, 2, 2 },
	{ "parent", EFS_CHECK_DIR_PARENT, { { IN_DATA, DIR_D, 12, 4, 11 } }, 3, 2 },
	{ "lost", EFS_CHECK_DIR_LOST, { DE(NAME_D, inode, 0) }, 3, 2 },
	{ "twice_named", EFS_CHECK_DIR_TWICE, { { SAME_INODE, NAME_FIFO, 0, 4, NAME_D } }, 4, 2 },
	{ "root_named", EFS_CHECK_DIR_TWICE, { DE(NAME_FIFO, inode, 2) }, 4, 2 },
	{ "entry_range", EFS_CHECK_ENTRY_INODE, { DE(NAME_FIFO, inode, 7000) }, 2, 2 },
	{ "entry_reserved", EFS_CHECK_ENTRY_INODE, { DE(NAME_FIFO, inode, 5) }, 2, 2 },
	{ "entry_quota", EFS_CHECK_ENTRY_INODE, { SB(s_usr_quota_inum, 12) }, 18, 2 },
	{ "entry_group_quota", EFS_CHECK_ENTRY_INODE, { SB(s_grp_quota_inum, 12) }, 18, 2 },
	{ "entry_unused", EFS_CHECK_ENTRY_UNUSED, { DE(NAME_FIFO, inode, 200) }, 2, 2 },
	{ "entry_uninit", EFS_CHECK_ENTRY_UNINIT, { GD(0, bg_flags, 1) }, 28, 3 },
	{ "entry_beyond", EFS_CHECK_ENTRY_UNINIT, { { IN_GROUP, 0, 28, 4, 60 } }, 23, 3 },
	{ "entry_all_unused", EFS_CHECK_GROUP_FLAGS, { { IN_GROUP, 0, 28, 4, 65 } }, 28, 3 },
	{ "entry_other_group", EFS_CHECK_ENTRY_UNUSED, { DE(NAME_FIFO, inode, 70) }, 2, 2 },
	{ "entry_type", EFS_CHECK_ENTRY_TYPE, { DE(NAME_FIFO, file_type, EFS_FT_REG) }, 1, 2 },
	{ "entry_no_type", EFS_CHECK_ENTRY_NO_TYPE, { DE(NAME_FIFO, file_type, 0) }, 0, 3 },
	{ "entry_types", EFS_CHECK_ENTRY_TYPE, { SB(s_feature_incompat, 0) }, 36, 2 },
	{ "entry_slash", EFS_CHECK_ENTRY_NAME, { DEN(NAME_FIFO, 1, '/') }, 1, 2 },
	{ "entry_nul", EFS_CHECK_ENTRY_NAME, { DEN(NAME_FIFO, 2, 0) }, 1, 2 },
	{ "entry_empty", EFS_CHECK_ENTRY_NAME, { DE(NAME_FIFO, name_len, 0) }, 1, 2 },
	{ "entry_dot", EFS_CHECK_ENTRY_DOT,
	  { DEN(NAME_FIFO, 0, '.'), DE(NAME_FIFO, name_len, 1) }, 1, 2 },
	{ "entry_dotdot", EFS_CHECK_ENTRY_DOT,
	  { DEN(NAME_FIFO, 0, '.'), DEN(NAME_FIFO, 1, '.'), DE(NAME_FIFO, name_len, 2) }, 1, 2 },
	{ "entry_same", EFS_CHECK_ENTRY_TWICE,
	  { { SAME_NAME, NAME_FIFO, 0, 4, NAME_FAST } }, 1, 2 },

	{ "index_file", EFS_CHECK_INDEX_FLAG, { DI(FILE_BIG, i_flags, EFS_FL_INDEX) }, 1, 2 },
	{ "index_feature", EFS_CHECK_INDEX_FLAG, { DI(DIR_D, i_flags, EFS_FL_INDEX) }, 1, 2 },
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
	KUNIT_EXPECT_EQ(test, v->found.wrong, r->wrong);
	KUNIT_EXPECT_EQ(test, v->found.notes, r->notes);
	if (r->code != EFS_CHECK_MAX) {
		n = v->count[r->code];
		KUNIT_EXPECT_NE_MSG(test, n, 0, "%s", efs_check_name(r->code));
	}
	check_vol_end(v);
}

/* ---- sound volumes ---- */

static const struct sound_row {
	const char *name;
	struct efs_test_mkfs m;
} sound_rows[] = {
	{ "1k", { .block_size = 1024, .blocks = 4000, .bpg = 1024, .ipg = 64 } },
	{ "1k_128", { .block_size = 1024, .blocks = 4000, .inode_size = 128, .ipg = 128 } },
	{ "1k_rev0", { .block_size = 1024, .blocks = 4000, .bpg = 1024, .ipg = 64, .rev0 = true } },
	{ "1k_nosparse", { .block_size = 1024, .blocks = 4000, .bpg = 512, .ipg = 32,
			   .no_sparse = true, .no_filetype = true } },
	{ "1k_metabg", { .block_size = 1024, .blocks = 40000, .bpg = 512, .ipg = 32,
			 .meta_bg = true, .first_meta_bg = 1 } },
	{ "4k", { .block_size = 4096, .blocks = 4000, .ipg = 128, .large_file = true } },
	{ "64k", { .block_size = 65536, .blocks = 500, .ipg = 512 } },
};

EFS_TEST_ROWS(sound_rows);

static void sound(struct kunit *test)
{
	const struct sound_row *r = test->param_value;
	struct check_vol *v = check_vol_new(test, &r->m);
	struct efs_dsuper *ds = kunit_kzalloc(test, sizeof(*ds), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ds);
	KUNIT_EXPECT_EQ(test, efs_test_fsck(v->fs->dev), 0);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->found.wrong, 0);
	KUNIT_EXPECT_TRUE(test, v->found.complete);
	KUNIT_EXPECT_EQ(test, v->found.dirs, 5);
	KUNIT_EXPECT_EQ(test, v->found.files, 3);
	KUNIT_EXPECT_EQ(test, v->found.symlinks, 2);
	KUNIT_EXPECT_EQ(test, v->found.specials, 1);
	KUNIT_EXPECT_EQ(test, v->found.links, 16);
	KUNIT_EXPECT_EQ(test, v->found.fragmented, 0);
	/* attributes were turned on behind the back of the copies */
	KUNIT_EXPECT_EQ(test, v->found.notes, v->count[EFS_CHECK_SUPER_COPY]);
	efs_test_dev_read(v->fs->dev, EFS_SUPER_OFFSET, ds, sizeof(*ds));
	/* what lies before group 0 is in nobody's count */
	KUNIT_EXPECT_EQ(test, v->found.blocks_used + le32_to_cpu(ds->s_free_blocks_count) +
			le32_to_cpu(ds->s_first_data_block), r->m.blocks);
	KUNIT_EXPECT_EQ(test, v->found.inodes_used + le32_to_cpu(ds->s_free_inodes_count),
			le32_to_cpu(ds->s_inodes_count));
	check_vol_end(v);
}

/* ---- damage that takes more than some bytes ---- */

/* d is named in d/e and nowhere else */
static void loop(struct kunit *test)
{
	static const struct patch4 p[] = {
		{ SAME_INODE, NAME_Z, 0, 4, NAME_D }, DE(NAME_Z, file_type, EFS_FT_DIR),
		DE(NAME_D, inode, 0),
	};
	struct check_vol *v = check_vol_new(test, NULL);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(p); i++)
		check_vol_patch(v, &p[i]);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_DIR_LOOP], 1);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_DIR_LOST], 0);
	check_vol_end(v);
}

/* the reserve without its feature, and a resize inode that is not there */
static void reserve(struct kunit *test)
{
	static const struct efs_test_mkfs m = { .block_size = 1024, .blocks = 4000, .ipg = 64 };
	static const struct patch4 p[] = {
		SB(s_reserved_gdt_blocks, 8), SB(s_reserved_gdt_blocks, 0),
		SB(s_feature_compat, EFS_COMPAT_RESIZE_INODE | EFS_COMPAT_EXT_ATTR),
	};
	struct check_vol *v = check_vol_new(test, &m);

	check_vol_patch(v, &p[0]);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_SUPER_RESERVE], 1);
	/* it lies where bitmaps and tables are */
	KUNIT_EXPECT_FALSE(test, v->found.complete);
	check_vol_patch(v, &p[1]);
	check_vol_patch(v, &p[2]);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_SUPER_RESERVE], 0);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_RESIZE], 1);
	check_vol_end(v);
}

/* room in a map of large blocks, but not in the number of a block */
static void huge(struct kunit *test)
{
	static const struct efs_test_mkfs m = { .block_size = 8192, .blocks = 4000, .ipg = 128,
						.large_file = true };
	static const struct patch4 most = DI(FILE_BIG, i_size_high, 0x1fff);
	static const struct patch4 more = DI(FILE_BIG, i_size_high, 0x2000);
	struct check_vol *v = check_vol_new(test, &m);

	check_vol_patch(v, &most);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->found.wrong, 0);
	check_vol_patch(v, &more);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_INODE_HUGE], 1);
	KUNIT_EXPECT_EQ(test, v->found.wrong, 1);
	check_vol_end(v);
}

/* bitmaps are compared by words: no bit may get lost on the way */
static void each_bit(struct kunit *test)
{
	static const struct efs_test_mkfs m = { .block_size = 1024, .blocks = 1025, .bpg = 256,
						.ipg = 64 };
	struct check_vol *v = check_vol_new(test, &m);
	u32 bit, n;

	for (bit = 0; bit < m.bpg + m.ipg; bit++) {
		u32 where = bit < m.bpg ? IN_BITMAP : IN_INODES;
		u32 at = bit < m.bpg ? bit : bit - m.bpg;

		check_vol_flip(v, where, 1, at);
		check_vol_run(v);
		check_vol_flip(v, where, 1, at);
		n = v->count[EFS_CHECK_BITMAP_BLOCK_LOST] + v->count[EFS_CHECK_BITMAP_BLOCK_FREE];
		KUNIT_EXPECT_EQ_MSG(test, n, where == IN_BITMAP, "bit %u", bit);
		n = v->count[EFS_CHECK_BITMAP_INODE_LOST] + v->count[EFS_CHECK_BITMAP_INODE_FREE];
		KUNIT_EXPECT_EQ_MSG(test, n, where == IN_INODES, "bit %u", bit);
	}
	check_vol_end(v);
}

/* a map of three levels each of which is the first block again */
static void circles(struct kunit *test)
{
	static const struct patch4 top = { COPY_WORD, FILE_BIG, EFS_TIND, 4, EFS_IND };
	static const struct patch4 in = { IN_INDIRECT, FILE_BIG, 0, 4, 0 };
	struct check_vol *v = check_vol_new(test, NULL);
	u64 at = check_vol_at(v, &in);
	u32 i;

	for (i = 0; i < 256; i++)
		check_vol_set(v, at + 4 * i, 4, (u32)(at >> 10));
	check_vol_patch(v, &top);
	check_vol_run(v);
	/* each pointer once, and the one above */
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_MAP_TWICE], 257);
	check_vol_end(v);
}

/* many attribute blocks, some with several users */
static void shared(struct kunit *test)
{
	static const struct efs_test_mkfs m = {
		.block_size = 1024, .blocks = 4000, .ipg = 256, .files = 60,
	};
	struct check_vol *v = check_vol_new(test, &m);
	u32 i;

	for (i = 0; i < 60; i++) {
		const struct patch4 p =
			DI(RESERVED + efs_test_file_ino(i), i_file_acl, 2000 + i % 50);

		check_vol_patch(v, &p);
	}
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_XATTR_HEADER], 50);
	/* they say that they have no user */
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_XATTR_COUNT], 50);
	check_vol_end(v);
}

/* names that differ across blocks, and a directory large enough for its list to grow */
static void across_blocks(struct kunit *test)
{
	struct check_vol *v = check_vol_new(test, NULL);
	struct efs_test_inode *root, *dir, *ti;
	const struct patch4 p[] = { DIB(DIR_MANY, 0, 0), DIB(DIR_MANY, 1, 0) };
	u64 from, to;
	char name[32];
	u32 i;

	root = check_vol_mount(v);
	KUNIT_ASSERT_EQ(test, efs_test_mkdir(root, "more", &dir), 0);
	KUNIT_ASSERT_EQ(test, efs_test_iget(v->fs, v->ino[FILE_BIG], &ti), 0);
	for (i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "%u", i);
		KUNIT_ASSERT_EQ(test, efs_test_link(dir, name, ti), 0);
	}
	efs_test_iput(ti);
	efs_test_iput(dir);
	check_vol_umount(v, root);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->found.wrong, 0);
	/* the first name of block 1 becomes the one behind `..` in block 0 */
	from = (u64)check_vol_get(v, check_vol_at(v, &p[0]), 4) << 10;
	to = (u64)check_vol_get(v, check_vol_at(v, &p[1]), 4) << 10;
	for (i = 0; i < 200; i++)
		check_vol_set(v, to + 8 + i, 1, check_vol_get(v, from + 24 + 8 + i, 1));
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_ENTRY_TWICE], 1);
	KUNIT_EXPECT_EQ(test, v->found.wrong, 1);
	/* it is the second one that is told */
	KUNIT_EXPECT_EQ(test, v->last[EFS_CHECK_ENTRY_TWICE].blk, (u32)(to >> 10));
	KUNIT_EXPECT_EQ(test, v->last[EFS_CHECK_ENTRY_TWICE].off, 0);
	check_vol_fails(v, EFS_TEST_READ, -EIO);
	check_vol_end(v);
}

/* ---- what mke2fs alone makes ---- */

static struct check_vol *made(struct kunit *test, const char *args)
{
	struct check_vol *v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, v);
	v->test = test;
	v->fs = efs_test_fs_new(test, 1024, 8000);
	efs_test_mkfs(v->fs->dev, args);
	KUNIT_ASSERT_EQ(test, efs_test_mount(v->fs, NULL), 0);
	efs_test_umount(v->fs);
	efs_test_flush(v->fs->dev);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->found.wrong, 0);
	return v;
}

/* a word becomes another, is told, and is put back */
static void word(struct check_vol *v, u64 at, u32 val, enum efs_check_code code)
{
	u32 old = check_vol_get(v, at, 4);

	check_vol_set(v, at, 4, val);
	check_vol_run(v);
	KUNIT_EXPECT_EQ_MSG(v->test, v->count[code], 1, "%llu", at);
	check_vol_set(v, at, 4, old);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(v->test, v->count[code], 0);
}

static void growth(struct kunit *test)
{
	static const struct patch4 dind = DIB(RESERVED + 7, EFS_DIND, 0);
	static const struct patch4 other = DIB(RESERVED + 7, 5, 0);
	static const struct patch4 links = DI(RESERVED + 7, i_links_count, 0);
	struct check_vol *v = made(test, "-g 1024 -O resize_inode -E resize=1000000");
	u64 at, first;

	KUNIT_EXPECT_EQ(test, v->found.notes, 0);
	at = (u64)check_vol_get(v, check_vol_at(v, &dind), 4) << 10;
	first = (u64)check_vol_get(v, at + 4, 4) << 10;
	word(v, check_vol_at(v, &dind), 0, EFS_CHECK_RESIZE);
	word(v, check_vol_at(v, &dind), 70000, EFS_CHECK_RESIZE);
	word(v, check_vol_at(v, &other), 500, EFS_CHECK_RESIZE);
	/* mode and links are one word each with their neighbours */
	word(v, check_vol_at(v, &links) - 2, 0, EFS_CHECK_RESIZE);
	word(v, at + 4, 77, EFS_CHECK_RESIZE);
	word(v, first, 77, EFS_CHECK_RESIZE);
	check_vol_fails(v, EFS_TEST_READ, -EIO);
	check_vol_end(v);
}

static void journal(struct kunit *test)
{
	static const struct patch4 first = DIB(RESERVED + 8, 0, 0);
	struct check_vol *v = made(test, "-O has_journal -J size=1");
	u64 at = (u64)check_vol_get(v, check_vol_at(v, &first), 4) << 10;

	KUNIT_EXPECT_EQ(test, v->found.notes, 0);
	word(v, at, 0, EFS_CHECK_SUPER_JOURNAL);
	word(v, at + 4, 0x01000000, EFS_CHECK_SUPER_JOURNAL);
	word(v, at + 12, 0, EFS_CHECK_SUPER_JOURNAL);
	word(v, EFS_SUPER_OFFSET + 0xd0, 1, EFS_CHECK_SUPER_JOURNAL);
	word(v, check_vol_at(v, &first), 90000, EFS_CHECK_SUPER_JOURNAL);
	check_vol_end(v);
}

/* ---- limits and names ---- */

/* memory that a hostile number of groups would ask for is not asked for */
static void too_many_groups(struct kunit *test)
{
	static const struct patch4 p[] = {
		SB(s_feature_incompat, EFS_INCOMPAT_FILETYPE | EFS_INCOMPAT_META_BG),
		SB(s_blocks_count, 0xfffffff0), SB(s_blocks_per_group, 16),
		SB(s_frags_per_group, 16), SB(s_inodes_per_group, 4),
		SB(s_inodes_count, 0x3ffffffc),
	};
	struct check_vol *v = check_vol_new(test, NULL);
	struct efs_check_args args = { .ctx = v };
	struct efs_dsuper *ds = kunit_kzalloc(test, sizeof(*ds), GFP_KERNEL);
	struct efs_check_found found;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, ds);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		check_vol_patch(v, &p[i]);
	efs_test_dev_read(v->fs->dev, EFS_SUPER_OFFSET, ds, sizeof(*ds));
	v->sb.port.dev = v->fs->dev;
	v->fs->dev->calls[EFS_TEST_ALLOC] = 0;
	KUNIT_EXPECT_EQ(test, efs_check_run(&v->sb, ds, &args, &found), -ENOMEM);
	KUNIT_EXPECT_EQ(test, v->fs->dev->calls[EFS_TEST_ALLOC], 0);
	check_vol_end(v);
}

static void names_of_codes(struct kunit *test)
{
	struct efs_problem p = { .code = EFS_CHECK_DIR_HOLE };

	KUNIT_EXPECT_STREQ(test, efs_check_name(EFS_CHECK_DIR_HOLE), "DIR_HOLE");
	KUNIT_EXPECT_STREQ(test, efs_check_name(EFS_CHECK_MAX), "UNKNOWN");
	KUNIT_EXPECT_STREQ(test, efs_check_text(&p), "hole in a directory");
	p.why = EFS_C_SB_MAGIC;
	KUNIT_EXPECT_STREQ(test, efs_check_text(&p), "no ext2 superblock");
	p.why = EFS_C_OK;
	p.code = EFS_CHECK_MAX;
	KUNIT_EXPECT_STREQ(test, efs_check_text(&p), "unknown finding");
}

/* every finding there is has a row, or a case */
static void all_found(struct kunit *test)
{
	/* loop(), reserve(), huge(), and those of check_index_test.c, which counts its own */
	static const enum efs_check_code elsewhere[] = {
		EFS_CHECK_SUPER_RESERVE, EFS_CHECK_DIR_LOOP, EFS_CHECK_INODE_HUGE,
		EFS_CHECK_INDEX_ROOT, EFS_CHECK_INDEX_NODE, EFS_CHECK_INDEX_BLOCK,
		EFS_CHECK_INDEX_HASH,
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
	KUNIT_CASE_PARAM(sound, sound_rows_gen_params),
	KUNIT_CASE(loop),
	KUNIT_CASE(reserve),
	KUNIT_CASE(huge),
	KUNIT_CASE(each_bit),
	KUNIT_CASE(circles),
	KUNIT_CASE(shared),
	KUNIT_CASE(across_blocks),
	KUNIT_CASE(growth),
	KUNIT_CASE(journal),
	KUNIT_CASE(too_many_groups),
	KUNIT_CASE(names_of_codes),
	KUNIT_CASE(all_found),
	{}
};

static struct kunit_suite check_suite = {
	.name = "efsext2_check",
	.exit = efs_test_exit,
	.test_cases = check_cases,
};

kunit_test_suite(check_suite);
