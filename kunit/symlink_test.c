// SPDX-License-Identifier: GPL-2.0
/*
 * Symbolic links: targets of every length that matters, and targets that no one can have
 * written.
 *
 * Tests: core/engine/symlink.c
 */
#include "scene.h"

static const struct link_row {
	const char *name;
	struct efs_test_mkfs m;
} link_rows[] = {
	{ "1k", { .block_size = 1024, .blocks = 2000 } },
	{ "1k_rev0", { .block_size = 1024, .blocks = 2000, .rev0 = true } },
	{ "4k", { .block_size = 4096, .blocks = 2000 } },
	{ "64k", { .block_size = 65536, .blocks = 200, .bpg = 2048 } },
};

EFS_TEST_ROWS(link_rows);

static void symlinks(struct kunit *test)
{
	const struct link_row *row = test->param_value;
	u32 bs = row->m.block_size;
	const u32 lens[] = { 1, 58, 59, 60, 61, 255, 1000, bs - 2, bs - 1 };
	struct efs_test_fs *fs = efs_test_begin(test, &row->m);
	struct efs_test_inode *root, *ti;
	char *target = kunit_kzalloc(test, bs + 1, GFP_KERNEL);
	char *got = kunit_kzalloc(test, bs + 1, GFP_KERNEL), name[16];
	u32 i, round;

	KUNIT_ASSERT_NOT_NULL(test, target);
	KUNIT_ASSERT_NOT_NULL(test, got);
	for (round = 0; round < 2; round++) {
		KUNIT_ASSERT_EQ(test, efs_test_iget(fs, EFS_ROOT_INO, &root), 0);
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			memset(target, 'a' + i, lens[i]);
			target[lens[i]] = '\0';
			snprintf(name, sizeof(name), "s%u", i);
			if (!round)
				KUNIT_ASSERT_EQ(test, efs_test_symlink(root, name, target, &ti), 0);
			else
				KUNIT_ASSERT_EQ(test, efs_test_lookup(root, name, &ti), 0);
			KUNIT_EXPECT_EQ(test, efs_symlink_is_fast(&ti->core), lens[i] < 60);
			KUNIT_EXPECT_EQ(test, ti->attr.size, lens[i]);
			KUNIT_EXPECT_EQ(test, ti->attr.sectors, lens[i] < 60 ? 0 : bs / 512);
			KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, lens[i] + 1), 0);
			KUNIT_EXPECT_STREQ(test, got, target);
			KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, lens[i]), -ERANGE);
			efs_test_iput(ti);
		}
		efs_test_iput(root);
		efs_test_remount(fs);
	}
	efs_test_end(fs);
}

/* targets that no one can have written */
static void bad_symlinks(struct kunit *test)
{
	struct scene *s = scene_new(test, false);
	struct efs_test_inode *ti;
	char *got = kunit_kzalloc(test, 1025, GFP_KERNEL);
	u32 blk;

	KUNIT_ASSERT_NOT_NULL(test, got);
	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "s", &ti), 0);
	ti->attr.size = 1024;
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_INO_LINK_TARGET));
	ti->attr.size = 0;
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_INO_LINK_TARGET));
	/* the block has 199 bytes and then zeros */
	ti->attr.size = 200;
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_INO_LINK_TARGET));
	ti->attr.size = 199;
	blk = le32_to_cpu(ti->core.block[0]);
	efs_test_bad_block(s->fs->dev, blk, true);
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EIO);
	efs_test_bad_block(s->fs->dev, blk, false);
	ti->core.block[0] = 0;
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_INO_LINK_TARGET));
	/* the superblock */
	ti->core.block[0] = cpu_to_le32(1);
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_MAP_BLOCK));
	ti->core.block[0] = cpu_to_le32(blk);
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), 0);
	/* fast ones */
	ti->attr.sectors = 0;
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_INO_LINK_TARGET));
	ti->attr.size = 59;
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_INO_LINK_TARGET));
	efs_test_iput(ti);
	scene_put(s);
	efs_test_end_dirty(s->fs);
}

/* a block of attributes is counted, and is no target */
static void with_attributes(struct kunit *test)
{
	struct scene *s = scene_new(test, false);
	struct efs_test_inode *slow, *fast, *file;
	char got[201];
	u32 blk, len;

	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "s", &slow), 0);
	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "g", &file), 0);
	KUNIT_ASSERT_EQ(test, efs_test_symlink(s->dir[A], "fast", "target", &fast), 0);
	KUNIT_ASSERT_EQ(test, efs_balloc(&fast->core, 0, 1, false, &blk, &len), 0);
	fast->core.file_acl = blk;
	/* not counted: i_blocks claims a target of its own */
	KUNIT_EXPECT_FALSE(test, efs_symlink_is_fast(&fast->core));
	efs_i_sectors_add(&fast->core, 2);
	KUNIT_EXPECT_TRUE(test, efs_symlink_is_fast(&fast->core));
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&fast->core, got, sizeof(got)), 0);
	KUNIT_EXPECT_STREQ(test, got, "target");
	efs_i_sectors_add(&slow->core, 2);
	slow->core.file_acl = blk;
	KUNIT_EXPECT_FALSE(test, efs_symlink_is_fast(&slow->core));
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&slow->core, got, sizeof(got)), 0);
	KUNIT_EXPECT_EQ(test, got[198], 'T');
	slow->core.file_acl = 0;
	efs_i_sectors_add(&slow->core, -2);
	/* an empty file has no blocks either */
	KUNIT_EXPECT_FALSE(test, efs_symlink_is_fast(&file->core));
	fast->core.file_acl = 0;
	efs_i_sectors_add(&fast->core, -2);
	KUNIT_EXPECT_EQ(test, efs_bfree(&s->fs->sb, fast->core.ino, blk, 1), 0);
	efs_test_iput(file);
	efs_test_iput(fast);
	efs_test_iput(slow);
	scene_end(s);
}

/* a directory that is synchronous alone: the target is written before an entry leads to it */
static void dirsync_order(struct kunit *test)
{
	struct scene *s = scene_new(test, false);
	struct efs_test_inode *root = s->dir[ROOT], *ti;
	struct efs_test_dev *dev = s->fs->dev;
	u32 i, target, entry = le32_to_cpu(root->core.block[0]), written = ~0u, named = ~0u;
	char name[301];

	memset(name, 'x', 300);
	name[300] = '\0';
	root->core.flags |= EFS_FL_DIRSYNC;
	efs_test_log_start(dev, false);
	KUNIT_ASSERT_EQ(test, efs_test_symlink(root, "slow", name, &ti), 0);
	target = le32_to_cpu(ti->core.block[0]);
	for (i = dev->log_len; i-- > 0;) {
		if (dev->log[i].type == EFS_TEST_EV_WRITE && dev->log[i].blk == target)
			written = i;
		if (dev->log[i].type == EFS_TEST_EV_DIRTY && dev->log[i].blk == entry)
			named = i;
	}
	efs_test_log_stop(dev);
	KUNIT_EXPECT_NE(test, named, ~0u);
	KUNIT_EXPECT_LT(test, written, named);
	efs_test_iput(ti);
	scene_end(s);
}

static struct kunit_case symlink_cases[] = {
	KUNIT_CASE_PARAM(symlinks, link_rows_gen_params),
	KUNIT_CASE(with_attributes),
	KUNIT_CASE(bad_symlinks),
	KUNIT_CASE(dirsync_order),
	{}
};

static struct kunit_suite symlink_suite = {
	.name = "efsext2_symlink",
	.exit = efs_test_exit,
	.test_cases = symlink_cases,
};

kunit_test_suite(symlink_suite);
