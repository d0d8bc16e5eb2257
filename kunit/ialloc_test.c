// SPDX-License-Identifier: GPL-2.0
/*
 * The inode allocator: what it hands out, where, and what it refuses.
 *
 * Tests: core/engine/ialloc.c
 */
#include "home.h"

/* 20 groups of 64 inodes, so that filling them is quick */
static const struct efs_test_mkfs narrow = {
	.block_size = 1024, .blocks = 20 * 1024 + 1, .bpg = 1024, .ipg = 64,
};

static struct efs_test_inode *dir_of(struct efs_test_fs *fs, u32 ino)
{
	struct efs_test_inode *ti;

	KUNIT_ASSERT_EQ(fs->test, efs_test_iget(fs, ino, &ti), 0);
	return ti;
}

static u32 group_of_ino(struct efs_test_fs *fs, u32 ino)
{
	return (ino - 1) / fs->sb.geo.inodes_per_group;
}

/* allocate only: nothing is stored or named. 0 and the number, or -errno */
static int take(struct efs_test_inode *dir, u16 mode, u32 *ino)
{
	struct efs_test_inode *ti = efs_test_zalloc(sizeof(*ti));
	int err;

	efs_inode_init(dir->core.sb, &ti->core);
	ti->attr.mode = mode;
	err = efs_inode_new(&dir->core, mode, &ti->core);
	*ino = ti->core.ino;
	efs_test_mfree(ti);
	return err;
}

/* as if @dir were an inode somewhere else, a subdirectory perhaps */
static struct efs_test_inode *pretend(struct efs_test_fs *fs, u32 ino, u32 flags)
{
	struct efs_test_inode *dir = kunit_kzalloc(fs->test, sizeof(*dir), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(fs->test, dir);
	efs_inode_init(&fs->sb, &dir->core);
	dir->core.ino = ino;
	dir->core.flags = flags;
	dir->attr.mode = EFS_S_IFDIR | 0755;
	return dir;
}

/* every inode once, none reserved; then -ENOSPC; freed ones are found again */
static void exhaust(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &narrow);
	struct efs_test_inode *root = dir_of(fs, EFS_ROOT_INO);
	u32 count = fs->sb.geo.inodes_count, free = (u32)efs_ctr_sum(&fs->sb.free_inodes);
	u8 *seen = kunit_kzalloc(test, count + 1, GFP_KERNEL);
	u32 i, ino, dirs = (u32)efs_ctr_sum(&fs->sb.dirs);

	KUNIT_ASSERT_NOT_NULL(test, seen);
	for (i = 0; i < free; i++) {
		KUNIT_ASSERT_EQ(test, take(root, i % 3 ? EFS_S_IFREG : EFS_S_IFDIR, &ino), 0);
		KUNIT_ASSERT_GT(test, ino, 11);
		KUNIT_ASSERT_LE(test, ino, count);
		KUNIT_ASSERT_FALSE(test, seen[ino]);
		seen[ino] = 1 + (i % 3 == 0);
	}
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.dirs), dirs + (free + 2) / 3);
	efs_test_counts(fs, NULL);
	KUNIT_EXPECT_EQ(test, take(root, EFS_S_IFREG, &ino), -ENOSPC);
	KUNIT_EXPECT_EQ(test, take(root, EFS_S_IFDIR, &ino), -ENOSPC);

	/* full groups are known to be full: no bitmap is looked at */
	i = fs->dev->calls[EFS_TEST_READ];
	KUNIT_EXPECT_EQ(test, take(root, EFS_S_IFREG, &ino), -ENOSPC);
	KUNIT_EXPECT_EQ(test, fs->dev->calls[EFS_TEST_READ], i);

	KUNIT_EXPECT_EQ(test, efs_inode_free(&fs->sb, 777, seen[777] == 2), 0);
	KUNIT_EXPECT_EQ(test, efs_inode_free(&fs->sb, count, seen[count] == 2), 0);
	efs_test_counts(fs, NULL);
	KUNIT_EXPECT_EQ(test, take(root, EFS_S_IFREG, &ino), 0);
	KUNIT_EXPECT_TRUE(test, ino == 777 || ino == count);
	KUNIT_EXPECT_EQ(test, take(root, EFS_S_IFREG, &ino), 0);
	KUNIT_EXPECT_TRUE(test, ino == 777 || ino == count);
	KUNIT_EXPECT_EQ(test, take(root, EFS_S_IFREG, &ino), -ENOSPC);

	/* e2fsck would find a thousand inodes without names: free them all */
	for (i = 12; i <= count; i++)
		KUNIT_EXPECT_EQ(test, efs_inode_free(&fs->sb, i, i != 777 && i != count &&
						     seen[i] == 2), 0);
	efs_test_iput(root);
	efs_test_end_dirty(fs);
}

static void free_errors(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &narrow);
	struct efs_test_inode *root = dir_of(fs, EFS_ROOT_INO);
	u32 bad[] = { 0, 1, 2, 10, fs->sb.geo.inodes_count + 1, 0xffffffff };
	s64 free = efs_ctr_sum(&fs->sb.free_inodes);
	u32 i, ino;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ(test, efs_inode_free(&fs->sb, bad[i], false), -EFSCORRUPTED);
		KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_INO_RANGE));
	}
	KUNIT_ASSERT_EQ(test, take(root, EFS_S_IFREG, &ino), 0);
	KUNIT_EXPECT_EQ(test, efs_inode_free(&fs->sb, ino, false), 0);
	KUNIT_EXPECT_EQ(test, efs_inode_free(&fs->sb, ino, false), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_BG_INODE_FREE));
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_inodes), free);
	efs_test_counts(fs, NULL);

	/* more directories leave than there were: the count ends at zero */
	KUNIT_ASSERT_EQ(test, take(pretend(fs, 64 * 5 + 1, 0), EFS_S_IFREG, &ino), 0);
	KUNIT_ASSERT_EQ(test, fs->sb.groups[group_of_ino(fs, ino)].used_dirs, 0);
	free = efs_ctr_sum(&fs->sb.dirs);
	KUNIT_EXPECT_EQ(test, efs_inode_free(&fs->sb, ino, true), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.groups[group_of_ino(fs, ino)].used_dirs, 0);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.dirs), free);
	efs_test_iput(root);
	efs_test_end_dirty(fs);
}

/* files: the directory's group while it has inodes and blocks, then the hash */
static void near_parent(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &narrow);
	struct efs_test_inode *dir = pretend(fs, 64 * 7 + 5, 0);
	u32 i, ino, other, prev = 0;

	for (i = 0; i < 64; i++) {
		KUNIT_ASSERT_EQ(test, take(dir, EFS_S_IFREG, &ino), 0);
		KUNIT_EXPECT_EQ(test, group_of_ino(fs, ino), 7);
		KUNIT_EXPECT_GT(test, ino, prev);
		prev = ino;
	}
	/* files of one directory meet again, in the place its number leads to */
	KUNIT_ASSERT_EQ(test, take(dir, EFS_S_IFREG, &ino), 0);
	KUNIT_EXPECT_EQ(test, group_of_ino(fs, ino), (7 + dir->core.ino + 1) % 20);
	KUNIT_ASSERT_EQ(test, take(dir, EFS_S_IFREG, &other), 0);
	KUNIT_EXPECT_EQ(test, group_of_ino(fs, other), group_of_ino(fs, ino));
	/* a neighbour of the directory goes elsewhere */
	dir->core.ino++;
	KUNIT_ASSERT_EQ(test, take(dir, EFS_S_IFREG, &other), 0);
	KUNIT_EXPECT_NE(test, group_of_ino(fs, other), group_of_ino(fs, ino));

	/* a group without blocks is avoided, until there is nothing else */
	dir->core.ino = 64 * 3 + 1;
	fs->sb.groups[3].free_blocks = 0;
	KUNIT_ASSERT_EQ(test, take(dir, EFS_S_IFREG, &ino), 0);
	KUNIT_EXPECT_NE(test, group_of_ino(fs, ino), 3);
	for (i = 0; i < 20; i++)
		fs->sb.groups[i].free_blocks = 0;
	KUNIT_ASSERT_EQ(test, take(dir, EFS_S_IFREG, &ino), 0);
	KUNIT_EXPECT_EQ(test, group_of_ino(fs, ino), 4);
	efs_test_end_dirty(fs);
}

/* directories in the root, or below one that is marked, are spread */
static void spread(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &narrow);
	struct efs_test_inode *root = dir_of(fs, EFS_ROOT_INO);
	struct efs_test_inode *top = pretend(fs, 64 * 2 + 1, EFS_FL_TOPDIR);
	u32 i, ino, used[20] = { 0 };

	for (i = 0; i < 10; i++) {
		KUNIT_ASSERT_EQ(test, take(root, EFS_S_IFDIR, &ino), 0);
		used[group_of_ino(fs, ino)]++;
		KUNIT_ASSERT_EQ(test, take(top, EFS_S_IFDIR, &ino), 0);
		used[group_of_ino(fs, ino)]++;
	}
	/* group 0 begins with two directories and less room than average */
	for (i = 0; i < 20; i++)
		KUNIT_EXPECT_LE_MSG(test, used[i], 2, "group %u", i);
	KUNIT_EXPECT_EQ(test, used[0], 0);
	efs_test_iput(root);
	efs_test_end_dirty(fs);
}

/* others stay with their parent until it is crowded or in debt */
static void orlov(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &narrow);
	struct efs_test_inode *dir = pretend(fs, 64 * 7 + 5, 0);
	struct efs_group *grp = &fs->sb.groups[7];
	u32 ino;

	KUNIT_ASSERT_EQ(test, take(dir, EFS_S_IFDIR, &ino), 0);
	KUNIT_EXPECT_EQ(test, group_of_ino(fs, ino), 7);
	KUNIT_EXPECT_EQ(test, grp->debt, 1);
	KUNIT_EXPECT_EQ(test, grp->used_dirs, 1);
	/* 64 inodes a group allow a debt of one: the next one moves on, a file pays back */
	KUNIT_ASSERT_EQ(test, take(dir, EFS_S_IFDIR, &ino), 0);
	KUNIT_EXPECT_EQ(test, group_of_ino(fs, ino), 8);
	KUNIT_ASSERT_EQ(test, take(dir, EFS_S_IFREG, &ino), 0);
	KUNIT_EXPECT_EQ(test, grp->debt, 0);
	KUNIT_ASSERT_EQ(test, take(dir, EFS_S_IFDIR, &ino), 0);
	KUNIT_EXPECT_EQ(test, group_of_ino(fs, ino), 7);

	/* too few blocks, too few inodes, too many directories */
	grp->debt = 0;
	grp->free_blocks -= 600;
	KUNIT_ASSERT_EQ(test, take(dir, EFS_S_IFDIR, &ino), 0);
	KUNIT_EXPECT_NE(test, group_of_ino(fs, ino), 7);
	grp->free_blocks += 600;
	grp->free_inodes -= 40;
	KUNIT_ASSERT_EQ(test, take(dir, EFS_S_IFDIR, &ino), 0);
	KUNIT_EXPECT_NE(test, group_of_ino(fs, ino), 7);
	grp->free_inodes += 40;
	grp->used_dirs = 30;
	KUNIT_ASSERT_EQ(test, take(dir, EFS_S_IFDIR, &ino), 0);
	KUNIT_EXPECT_NE(test, group_of_ino(fs, ino), 7);

	/* the last inode of the volume is found though nothing recommends its group */
	for (ino = 0; ino < 20; ino++)
		fs->sb.groups[ino].free_inodes = 0;
	fs->sb.groups[15].free_inodes = 1;
	KUNIT_ASSERT_EQ(test, take(dir, EFS_S_IFDIR, &ino), 0);
	KUNIT_EXPECT_EQ(test, group_of_ino(fs, ino), 15);
	efs_test_end_dirty(fs);
}

static const struct inherit_row {
	const char *name;
	u16 mode;
	u32 parent, child;
} inherit_rows[] = {
	{ "dir_all", EFS_S_IFDIR, 0xffffffff, EFS_FL_INHERITED },
	{ "file_all", EFS_S_IFREG, 0xffffffff, EFS_FL_INHERITED & ~(u32)EFS_FL_DIRSYNC },
	{ "link_all", EFS_S_IFLNK, 0xffffffff, EFS_FL_NODUMP | EFS_FL_NOATIME },
	{ "fifo_all", EFS_S_IFIFO, 0xffffffff, EFS_FL_NODUMP | EFS_FL_NOATIME },
	{ "dir_none", EFS_S_IFDIR, 0, 0 },
	{ "dir_index", EFS_S_IFDIR, EFS_FL_INDEX | EFS_FL_TOPDIR | EFS_FL_IMMUTABLE, 0 },
	{ "file_sync", EFS_S_IFREG, EFS_FL_SYNC | EFS_FL_DIRSYNC, EFS_FL_SYNC },
};

EFS_TEST_ROWS(inherit_rows);

static void born(struct kunit *test)
{
	const struct inherit_row *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &narrow);
	struct efs_test_inode *dir = pretend(fs, EFS_ROOT_INO, r->parent), *ti;
	u32 generation;

	fs->dev->now = 0x112345678ll;
	fs->dev->now_nsec = 99;
	KUNIT_ASSERT_EQ(test, efs_test_inew(dir, r->mode | 0600, &ti), 0);
	KUNIT_EXPECT_EQ(test, ti->core.flags, r->child);
	KUNIT_EXPECT_EQ(test, ti->core.state, EFS_I_NEW);
	KUNIT_EXPECT_EQ(test, ti->core.btime.sec, 0x112345678ll);
	KUNIT_EXPECT_EQ(test, ti->core.btime.nsec, 99);
	KUNIT_EXPECT_EQ(test, ti->core.extra_isize, EFS_EXTRA_ISIZE);
	KUNIT_EXPECT_EQ(test, ti->core.file_acl, 0);
	generation = ti->core.generation;
	ti->attr.nlink = 0;
	KUNIT_EXPECT_EQ(test, efs_test_iput(ti), 0);
	/* the same number, another file */
	KUNIT_ASSERT_EQ(test, efs_test_inew(dir, r->mode | 0600, &ti), 0);
	KUNIT_EXPECT_NE(test, ti->core.generation, generation);
	ti->attr.nlink = 0;
	KUNIT_EXPECT_EQ(test, efs_test_iput(ti), 0);
	efs_test_end(fs);
}

/* a bitmap that cannot be read, or not be believed, costs its group only */
static void bad_groups(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &narrow);
	struct efs_test_inode *dir = pretend(fs, 64 * 7 + 5, 0);
	struct efs_test_inode *root = pretend(fs, EFS_ROOT_INO, 0);
	u8 byte = 0x7f;
	u32 ino, i;

	efs_test_bad_block(fs->dev, fs->sb.groups[7].inode_bitmap, true);
	KUNIT_EXPECT_EQ(test, take(dir, EFS_S_IFREG, &ino), 0);
	KUNIT_EXPECT_EQ(test, group_of_ino(fs, ino), 8);
	for (i = 0; i < 20; i++)
		if (i != 7)
			fs->sb.groups[i].free_inodes = 0;
	KUNIT_EXPECT_EQ(test, take(dir, EFS_S_IFREG, &ino), -EIO);
	KUNIT_EXPECT_EQ(test, efs_inode_free(&fs->sb, 64 * 7 + 5, false), -EIO);
	efs_test_bad_block(fs->dev, fs->sb.groups[7].inode_bitmap, false);
	KUNIT_EXPECT_EQ(test, take(dir, EFS_S_IFREG, &ino), 0);
	KUNIT_EXPECT_EQ(test, group_of_ino(fs, ino), 7);

	/* inode 8 shown as free */
	fs->sb.groups[0].free_inodes = 10;
	efs_test_flush(fs->dev);
	efs_test_dev_write(fs->dev, (u64)fs->sb.groups[0].inode_bitmap << 10, &byte, 1);
	KUNIT_EXPECT_EQ(test, take(root, EFS_S_IFREG, &ino), 0);
	KUNIT_EXPECT_EQ(test, group_of_ino(fs, ino), 7);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_BG_INODE_RESERVED));
	/* it is left alone from now on, and not reported again */
	KUNIT_EXPECT_EQ(test, take(root, EFS_S_IFREG, &ino), 0);
	KUNIT_EXPECT_EQ(test, group_of_ino(fs, ino), 7);
	efs_test_end_dirty(fs);
}

/* a bit that cannot be made durable before the name is undone; another group will do */
static void order_fails(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &narrow);
	struct efs_test_inode *root = dir_of(fs, EFS_ROOT_INO);
	s64 free = efs_ctr_sum(&fs->sb.free_inodes);
	u32 first = fs->sb.groups[0].free_inodes, ino;

	root->core.port.sync = true;
	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, take(root, EFS_S_IFREG, &ino), 0);
	KUNIT_EXPECT_EQ(test, group_of_ino(fs, ino), 1);
	KUNIT_EXPECT_EQ(test, fs->sb.groups[0].free_inodes, first);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_inodes), free - 1);
	KUNIT_EXPECT_FALSE(test, efs_test_is_dirty(fs->dev, fs->sb.groups[1].inode_bitmap));
	efs_test_counts(fs, NULL);
	KUNIT_EXPECT_EQ(test, efs_inode_free(&fs->sb, ino, false), 0);
	/* no other group */
	for (ino = 1; ino < 20; ino++)
		fs->sb.groups[ino].flags = EFS_GROUP_BAD_INODES;
	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, take(root, EFS_S_IFREG, &ino), -EIO);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_inodes), free);
	efs_test_counts(fs, NULL);
	efs_test_iput(root);
	efs_test_end(fs);
}

static void first_ino(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_fs_new(test, narrow.block_size, narrow.blocks);
	struct efs_test_inode *root;
	struct efs_dsuper *ds = kunit_kzalloc(test, sizeof(*ds), GFP_KERNEL);
	u8 used[8], i;
	u32 ino;

	/* reserved inodes reach into the second group */
	KUNIT_ASSERT_NOT_NULL(test, ds);
	efs_test_format(fs->dev, &narrow);
	efs_test_dev_read(fs->dev, 1024, ds, sizeof(*ds));
	ds->s_first_ino = cpu_to_le32(64 + 17);
	efs_test_dev_write(fs->dev, 1024, ds, sizeof(*ds));
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	memset(used, 0xff, sizeof(used));
	for (i = 0; i < 2; i++)
		efs_test_dev_write(fs->dev, (u64)fs->sb.groups[i].inode_bitmap << 10, used,
				   i ? 2 : 8);
	root = dir_of(fs, EFS_ROOT_INO);
	KUNIT_EXPECT_EQ(test, take(root, EFS_S_IFREG, &ino), 0);
	KUNIT_EXPECT_GE(test, ino, 64 + 17);
	KUNIT_EXPECT_EQ(test, take(pretend(fs, 70, 0), EFS_S_IFREG, &ino), 0);
	KUNIT_EXPECT_GE(test, ino, 64 + 17);
	KUNIT_EXPECT_EQ(test, efs_inode_free(&fs->sb, 64 + 16, false), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_INO_RANGE));
	efs_test_iput(root);
	efs_test_end_dirty(fs);
}

static void stopped(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &narrow);
	struct efs_test_inode *root = dir_of(fs, EFS_ROOT_INO);
	u32 ino;

	fs->sb.errors = EFS_ERRORS_RO;
	efs_bad(&fs->sb, EFS_C_MAP_BLOCK, 12, 0, 0);
	efs_test_reports_clear(fs->dev);
	KUNIT_EXPECT_EQ(test, take(root, EFS_S_IFREG, &ino), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_inode_free(&fs->sb, 12, false), -EROFS);
	efs_test_iput(root);
	efs_test_end_dirty(fs);
}

static struct kunit_case ialloc_cases[] = {
	KUNIT_CASE(exhaust),
	KUNIT_CASE(free_errors),
	KUNIT_CASE(near_parent),
	KUNIT_CASE(spread),
	KUNIT_CASE(orlov),
	KUNIT_CASE_PARAM(born, inherit_rows_gen_params),
	KUNIT_CASE(bad_groups),
	KUNIT_CASE(order_fails),
	KUNIT_CASE(first_ino),
	KUNIT_CASE(stopped),
	{}
};

static struct kunit_suite ialloc_suite = {
	.name = "efsext2_ialloc",
	.exit = efs_test_exit,
	.test_cases = ialloc_cases,
};

kunit_test_suite(ialloc_suite);
