// SPDX-License-Identifier: GPL-2.0
/*
 * The volume's edges: clocks and counters at their ends, places where no superblock belongs,
 * second errors, bitmaps that change under a mounted volume, and where the allocators turn.
 *
 * Tests: core/engine/super.c core/engine/error.c core/engine/group.c core/engine/balloc.c
 * Tests: core/engine/ialloc.c
 */
#include "super_patch.h"

static const struct efs_test_mkfs small = { .block_size = 1024, .blocks = 20000, .files = 2 };

static struct efs_test_fs *formatted(struct kunit *test, const struct efs_test_mkfs *m)
{
	struct efs_test_fs *fs = efs_test_fs_new(test, m->block_size, m->blocks);

	efs_test_format(fs->dev, m);
	return fs;
}

/* the superblock as it is on the disk */
static struct efs_dsuper *disk(struct efs_test_fs *fs)
{
	struct efs_dsuper *ds = kunit_kzalloc(fs->test, sizeof(*ds), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(fs->test, ds);
	efs_test_dev_read(fs->dev, EFS_SUPER_OFFSET, ds, sizeof(*ds));
	return ds;
}

static void disk_patch(struct efs_test_fs *fs, struct patch p)
{
	struct efs_dsuper *ds = disk(fs);

	apply((u8 *)ds, &p);
	efs_test_dev_write(fs->dev, EFS_SUPER_OFFSET, ds, sizeof(*ds));
}

/* ---- the superblock ---- */

static const struct old_row {
	const char *name;
	struct patch patch;
	bool told;
} old_rows[] = {
	{ "none", P(s_feature_compat, 0), false },
	{ "compat", P(s_feature_compat, EFS_COMPAT_DIR_INDEX), true },
	{ "incompat", P(s_feature_incompat, EFS_INCOMPAT_FILETYPE), true },
	{ "ro_compat", P(s_feature_ro_compat, EFS_RO_COMPAT_LARGE_FILE), true },
};

EFS_TEST_ROWS(old_rows);

/* features count in revision 0, too, and are mentioned */
static void old_features(struct kunit *test)
{
	static const struct efs_test_mkfs m = {
		.block_size = 1024, .blocks = 3000, .rev0 = true,
	};
	const struct old_row *r = test->param_value;
	struct efs_test_fs *fs = formatted(test, &m);

	disk_patch(fs, r->patch);
	fs->dev->log_text[0] = '\0';
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	if (r->told)
		KUNIT_EXPECT_STREQ(test, fs->dev->log_text,
				   "revision 0 volume has feature flags: running e2fsck is recommended");
	else
		KUNIT_EXPECT_STREQ(test, fs->dev->log_text, "");
	efs_test_end_dirty(fs);
}

/* large files were announced, but the revision has no place for their sizes */
static void old_large_file(struct kunit *test)
{
	static const struct efs_test_mkfs m = {
		.block_size = 1024, .blocks = 3000, .files = 1, .rev0 = true,
	};
	struct efs_test_fs *fs = formatted(test, &m);
	struct efs_test_inode *ti;

	disk_patch(fs, (struct patch)P(s_feature_ro_compat, EFS_RO_COMPAT_LARGE_FILE));
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	ti = efs_test_file(fs, 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, 0x7fffffff, "x", 1), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(disk(fs)->s_rev_level), EFS_REV_GOOD_OLD);
	KUNIT_EXPECT_EQ(test, efs_test_iput(ti), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(disk(fs)->s_rev_level), EFS_REV_DYNAMIC);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(disk(fs)->s_inode_size), EFS_INODE_SIZE_REV0);
	efs_test_end(fs);
}

static void defaults(struct kunit *test)
{
	struct efs_mount_opts o = { .sb_block = 1, .have_resgid = true, .resgid = 70001 };
	struct efs_test_fs *fs = formatted(test, &small);

	/* what a volume does not say about checks is written as in-tree ext2 does */
	disk_patch(fs, (struct patch)P(s_max_mnt_count, 0));
	disk_patch(fs, (struct patch)P(s_def_resuid, 5));
	disk_patch(fs, (struct patch)P(s_def_resgid, 6));
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &o), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(disk(fs)->s_max_mnt_count), 20);
	KUNIT_EXPECT_EQ(test, fs->sb.resuid, 5);
	KUNIT_EXPECT_EQ(test, fs->sb.resgid, 70001);
	efs_test_end(fs);
}

/* descriptors are found relative to a superblock, so it must lie where one belongs */
static void super_places(struct kunit *test)
{
	static const struct efs_test_mkfs m4k = {
		.block_size = 4096, .blocks = 4000, .bpg = 1024,
	};
	static const struct {
		const struct efs_test_mkfs *m;
		u32 sb_block;	/* in KiB */
		int err;
	} rows[] = {
		{ &small, 1, 0 },
		{ &small, 8193, 0 },
		/* no copy in the third group */
		{ &small, 2 * 8192 + 1, -EINVAL },
		{ &m4k, 1, 0 },
		/* the start of the first block, and the second KiB of the copy's */
		{ &m4k, 0, -EINVAL },
		{ &m4k, 4 * 1024, 0 },
		{ &m4k, 4 * 1024 + 1, -EINVAL },
		{ &m4k, 4 * 2 * 1024, -EINVAL },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct efs_test_fs *fs = formatted(test, rows[i].m);
		struct efs_mount_opts o = { .sb_block = rows[i].sb_block };
		struct efs_geo geo;

		KUNIT_ASSERT_EQ(test, efs_super_parse(disk(fs), 0, &geo), EFS_C_OK);
		fs->sb.port.dev = fs->dev;
		fs->why = EFS_C_OK;
		KUNIT_EXPECT_EQ_MSG(test, efs_mount(&fs->sb, &geo, &o, &fs->why), rows[i].err,
				    "row %u", i);
		KUNIT_EXPECT_EQ(test, fs->why, rows[i].err ? EFS_C_SB_GDT : EFS_C_OK);
		fs->mounted = !rows[i].err;
		efs_test_end_dirty(fs);
		efs_test_exit(test);
	}
}

/* a volume that became another one while it was mounted read-only */
static void changed_below(struct kunit *test)
{
	struct efs_mount_opts o = { .sb_block = 1, .rdonly = true };
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_dgroup *gd;
	struct efs_buf *b;

	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &o), 0);
	/* sound, but not what was mounted */
	fs->sb.ds->s_blocks_count = cpu_to_le32(19999);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), -EROFS);
	fs->sb.ds->s_blocks_count = cpu_to_le32(20000);
	gd = efs_group_desc(&fs->sb, 1, &b);
	gd->bg_block_bitmap = cpu_to_le32(le32_to_cpu(gd->bg_block_bitmap) + 100);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), -EROFS);
	KUNIT_EXPECT_STREQ(test, fs->dev->log_text, "group 1 was moved while mounted");
	gd->bg_block_bitmap = cpu_to_le32(le32_to_cpu(gd->bg_block_bitmap) - 100);
	KUNIT_EXPECT_EQ(test, fs->dev->dirtied, 0);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
	efs_test_end(fs);
}

/* the memory that descriptors may ask for has a limit, and is not asked for beyond it */
static void too_many_groups(struct kunit *test)
{
	struct efs_sb *sb = kunit_kzalloc(test, sizeof(*sb), GFP_KERNEL);
	struct efs_test_fs *fs = formatted(test, &small);
	enum efs_code why = EFS_C_OK;

	KUNIT_ASSERT_NOT_NULL(test, sb);
	sb->port.dev = fs->dev;
	sb->geo.groups = (1u << 30) / sizeof(struct efs_group) + 1;
	KUNIT_EXPECT_EQ(test, efs_group_load(sb, &why), -ENOMEM);
	KUNIT_EXPECT_EQ(test, fs->dev->calls[EFS_TEST_ALLOC], 0);
	KUNIT_EXPECT_EQ(test, why, EFS_C_OK);
	efs_test_end(fs);
}

/* ---- clocks and errors ---- */

/* times a superblock cannot hold, and the one that means "no error yet" */
static void clocks(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_dsuper *ds;

	fs->dev->now = -100;
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	ds = disk(fs);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_mtime), 0);
	KUNIT_EXPECT_EQ(test, ds->s_mtime_hi, 0);
	efs_bad(&fs->sb, EFS_C_INO_MODE, 12, 0, 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(disk(fs)->s_first_error_time), 1);
	KUNIT_EXPECT_EQ(test, disk(fs)->s_first_error_time_hi, 0);
	efs_test_reports_clear(fs->dev);
	efs_test_end_dirty(fs);
	efs_test_exit(test);

	/* 2106: the low half is zero */
	fs = formatted(test, &small);
	fs->dev->now = 0x100000000ll;
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	efs_bad(&fs->sb, EFS_C_INO_MODE, 12, 0, 0);
	fs->dev->now++;
	efs_bad(&fs->sb, EFS_C_INO_MODE, 13, 0, 0);
	efs_test_flush(fs->dev);
	ds = disk(fs);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_first_error_time), 0);
	KUNIT_EXPECT_EQ(test, ds->s_first_error_time_hi, 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_first_error_ino), 12);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_last_error_time), 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_last_error_ino), 13);
	efs_test_reports_clear(fs->dev);
	efs_test_end_dirty(fs);
}

/* a volume is stopped once; errors found after that are still counted */
static void second_error(struct kunit *test)
{
	struct efs_mount_opts o = { .sb_block = 1, .errors = EFS_ERRORS_RO };
	struct efs_test_fs *fs = formatted(test, &small);

	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &o), 0);
	efs_bad(&fs->sb, EFS_C_INO_MODE, 12, 0, 0);
	KUNIT_EXPECT_STREQ(test, fs->dev->log_text,
			   "volume is inconsistent: no further changes are made");
	fs->dev->log_text[0] = '\0';
	efs_bad(&fs->sb, EFS_C_INO_MODE, 13, 0, 0);
	KUNIT_EXPECT_STREQ(test, fs->dev->log_text, "");
	KUNIT_EXPECT_EQ(test, efs_writable(&fs->sb), -EROFS);
	KUNIT_EXPECT_EQ(test, fs->dev->report_count, 2);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_INO_MODE));
	efs_test_flush(fs->dev);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(disk(fs)->s_error_count), 2);
	efs_test_end_dirty(fs);
}

/* ---- counters and groups ---- */

static struct efs_test_inode *pretend_dir(struct efs_test_fs *fs, u32 ino)
{
	struct efs_test_inode *dir = kunit_kzalloc(fs->test, sizeof(*dir), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(fs->test, dir);
	efs_inode_init(&fs->sb, &dir->core);
	dir->core.ino = ino;
	dir->attr.mode = EFS_S_IFDIR | 0755;
	return dir;
}

/* the group of a new inode below @dir */
static u32 born_in(struct efs_test_inode *dir, u16 mode)
{
	struct kunit *test = dir->core.sb->port.dev->test;
	struct efs_test_inode *ti = kunit_kzalloc(test, sizeof(*ti), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ti);
	efs_inode_init(dir->core.sb, &ti->core);
	ti->attr.mode = mode;
	KUNIT_EXPECT_EQ(test, efs_inode_new(&dir->core, mode, &ti->core), 0);
	return (ti->core.ino - 1) / dir->core.sb->geo.inodes_per_group;
}

/* approximate counters may be anywhere: nothing overflows, and what is there is found */
static void wild_counters(struct kunit *test)
{
	static const s64 off[] = { -1000000, 0x7fffffffffll };
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_statfs st;
	u32 i;

	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	for (i = 0; i < ARRAY_SIZE(off); i++) {
		efs_ctr_add(&fs->sb.free_blocks, off[i]);
		efs_ctr_add(&fs->sb.free_inodes, off[i]);
		efs_ctr_add(&fs->sb.dirs, off[i]);
		efs_statfs(&fs->sb, &st);
		KUNIT_EXPECT_EQ(test, st.bfree, off[i] < 0 ? 0 : st.blocks);
		KUNIT_EXPECT_EQ(test, st.ffree, off[i] < 0 ? 0 : fs->sb.geo.inodes_count);
		KUNIT_EXPECT_EQ(test, efs_sync_super(&fs->sb, true), 0);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(disk(fs)->s_free_blocks_count),
				off[i] < 0 ? 0 : fs->sb.geo.blocks_count);
		KUNIT_EXPECT_LT(test, born_in(pretend_dir(fs, EFS_ROOT_INO), EFS_S_IFDIR), 3);
		KUNIT_EXPECT_LT(test, born_in(pretend_dir(fs, 3000), EFS_S_IFDIR), 3);
		efs_ctr_add(&fs->sb.free_blocks, -off[i]);
		efs_ctr_add(&fs->sb.free_inodes, -off[i]);
		efs_ctr_add(&fs->sb.dirs, -off[i]);
	}
	efs_test_counts(fs, NULL);
	efs_test_end_dirty(fs);
}

static const struct debt_row {
	const char *name;
	struct efs_test_mkfs m;
	s64 dirs, used;		/* set the counters to these */
	u32 debt;		/* with one less a directory stays */
} debt_rows[] = {
	/* a directory is reckoned to bring 256 blocks and 64 inodes at least */
	{ "inodes", { .block_size = 1024, .blocks = 32769, .ipg = 1024 }, 1000, 4000, 16 },
	{ "blocks", { .block_size = 1024, .blocks = 32769, .ipg = 1024 }, 8, 8 * 1024, 8 },
	{ "at_least_one", { .block_size = 1024, .blocks = 32769, .ipg = 1024 }, 1, 20000, 1 },
	{ "no_dirs", { .block_size = 1024, .blocks = 32769, .ipg = 1024 }, 0, 8 * 1024, 1 },
	{ "at_most_255", { .block_size = 65536, .blocks = 131056, .bpg = 65528, .ipg = 16384 },
	  1000, 4000, 255 },
};

EFS_TEST_ROWS(debt_rows);

/* how many directories in a row a group takes, for a parent that is not the root */
static void debt(struct kunit *test)
{
	const struct debt_row *r = test->param_value;
	struct efs_test_fs *fs = formatted(test, &r->m);
	struct efs_test_inode *dir;
	struct efs_group *grp;

	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	grp = &fs->sb.groups[1];
	dir = pretend_dir(fs, fs->sb.geo.inodes_per_group + 5);
	efs_ctr_add(&fs->sb.dirs, r->dirs - efs_ctr_sum(&fs->sb.dirs));
	efs_ctr_add(&fs->sb.free_blocks,
		    fs->sb.geo.blocks_count - r->used - efs_ctr_sum(&fs->sb.free_blocks));
	grp->debt = r->debt - 1;
	KUNIT_EXPECT_EQ(test, born_in(dir, EFS_S_IFDIR), 1);
	KUNIT_EXPECT_EQ(test, grp->debt, r->debt);
	/* the counters moved by one each, which changes nothing here */
	efs_ctr_add(&fs->sb.dirs, -1);
	KUNIT_EXPECT_NE(test, born_in(dir, EFS_S_IFDIR), 1);
	KUNIT_EXPECT_EQ(test, grp->debt, r->debt);
	efs_test_end_dirty(fs);
}

/* of several groups that fail, the first one's reason is returned */
static void first_reason(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_test_inode *ti = kunit_kzalloc(test, sizeof(*ti), GFP_KERNEL);
	u8 byte = 0x7f;

	KUNIT_ASSERT_NOT_NULL(test, ti);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	efs_inode_init(&fs->sb, &ti->core);
	/* inode 8 is shown as free in group 0, which comes last; group 2 has none at all */
	efs_test_dev_write(fs->dev, (u64)fs->sb.groups[0].inode_bitmap << 10, &byte, 1);
	efs_test_bad_block(fs->dev, fs->sb.groups[1].inode_bitmap, true);
	fs->sb.groups[2].free_inodes = 0;
	KUNIT_EXPECT_EQ(test, efs_inode_new(&pretend_dir(fs, fs->sb.geo.inodes_per_group + 1)->core,
					    EFS_S_IFREG, &ti->core), -EIO);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_BG_INODE_RESERVED));
	efs_test_end_dirty(fs);
}

/* ---- bitmaps that change while they are in use ---- */

/* eight groups; group 2: bitmaps in 2049 and 2050, inode table in 2051 to 2054 */
static const struct efs_test_mkfs groups8 = {
	.block_size = 1024, .blocks = 8193, .bpg = 1024, .ipg = 16, .files = 3,
};

static int take(struct efs_test_inode *ti, u32 goal, u32 want, u32 *start, u32 *len)
{
	int err;

	efs_map_wlock(&ti->core);
	err = efs_balloc(&ti->core, goal, want, false, start, len);
	efs_map_wunlock(&ti->core);
	return err;
}

/* metadata shown as free after the bitmap was found sound: not handed out, and told */
static void bitmap_poked_free(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &groups8);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 start, len;
	struct efs_buf *b;
	u8 byte = 0xfb;

	/* in memory, validated and dirty */
	KUNIT_ASSERT_EQ(test, take(ti, 2500, 1, &start, &len), 0);
	KUNIT_ASSERT_EQ(test, efs_block_bitmap(&fs->sb, 2, &b), 0);
	efs_test_poke(fs->dev, 2049 * 1024, &byte, 1);
	KUNIT_EXPECT_EQ(test, take(ti, 2051, 1, &start, &len), 0);
	KUNIT_EXPECT_NE(test, efs_group_of(&fs->sb, start), 2);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_BG_BITMAP_META));
	KUNIT_EXPECT_TRUE(test, fs->sb.groups[2].flags & EFS_GROUP_BAD_BLOCKS);
	efs_buf_put(b);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* blocks that were never counted as used are freed: the count ends at the group's size */
static void bitmap_poked_used(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &groups8);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	struct efs_dgroup *gd;
	struct efs_buf *b, *gb;
	u32 start, len;
	u8 bytes[25];

	memset(bytes, 0xff, sizeof(bytes));
	KUNIT_ASSERT_EQ(test, take(ti, 2500, 1, &start, &len), 0);
	KUNIT_ASSERT_EQ(test, efs_block_bitmap(&fs->sb, 2, &b), 0);
	efs_test_poke(fs->dev, 2049 * 1024 + 50, bytes, sizeof(bytes));
	KUNIT_EXPECT_EQ(test, efs_bfree(&fs->sb, 12, 2049 + 400, 200), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.groups[2].free_blocks, 1024);
	gd = efs_group_desc(&fs->sb, 2, &gb);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(gd->bg_free_blocks_count), 1024);
	efs_buf_put(b);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* the lower bound of free blocks keeps up, so that full stretches are not searched again */
static void first_free(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &groups8);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 start, len, *first = &fs->sb.groups[2].first_free;

	KUNIT_ASSERT_EQ(test, take(ti, 2055, 100, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, 2055);
	KUNIT_EXPECT_EQ(test, *first, 106);
	/* a goal before it: from there on */
	KUNIT_ASSERT_EQ(test, take(ti, 2060, 10, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, 2049 + 106);
	KUNIT_EXPECT_EQ(test, *first, 116);
	KUNIT_EXPECT_EQ(test, efs_bfree(&fs->sb, 12, 2055 + 50, 5), 0);
	KUNIT_EXPECT_EQ(test, *first, 56);
	KUNIT_ASSERT_EQ(test, take(ti, 2060, 5, &start, &len), 0);
	KUNIT_EXPECT_EQ(test, start, 2055 + 50);
	KUNIT_EXPECT_EQ(test, efs_bfree(&fs->sb, 12, 2055, 110), 0);
	efs_test_iput(ti);
	efs_test_counts(fs, NULL);
	efs_test_end(fs);
}

static struct kunit_case edge_volume_cases[] = {
	KUNIT_CASE_PARAM(old_features, old_rows_gen_params),
	KUNIT_CASE(old_large_file),
	KUNIT_CASE(defaults),
	KUNIT_CASE(super_places),
	KUNIT_CASE(changed_below),
	KUNIT_CASE(too_many_groups),
	KUNIT_CASE(clocks),
	KUNIT_CASE(second_error),
	KUNIT_CASE(wild_counters),
	KUNIT_CASE_PARAM(debt, debt_rows_gen_params),
	KUNIT_CASE(first_reason),
	KUNIT_CASE(bitmap_poked_free),
	KUNIT_CASE(bitmap_poked_used),
	KUNIT_CASE(first_free),
	{}
};

static struct kunit_suite edge_volume_suite = {
	.name = "efsext2_edge_volume",
	.exit = efs_test_exit,
	.test_cases = edge_volume_cases,
};

kunit_test_suite(edge_volume_suite);
