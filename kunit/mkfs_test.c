// SPDX-License-Identifier: GPL-2.0
/*
 * The tests' own formatter, judged by e2fsck, over the matrix of geometries the other
 * suites rely on.
 *
 * Tests: kunit/mkfs_mem.c
 */
#include "home.h"

static const struct geometry {
	const char *name;
	struct efs_test_mkfs m;
} geometries[] = {
	{ "1k", { .block_size = 1024, .blocks = 20000 } },
	{ "1k_last_group_short", { .block_size = 1024, .blocks = 8193 + 8192 + 1300 } },
	{ "1k_128", { .block_size = 1024, .blocks = 20000, .inode_size = 128 } },
	{ "1k_1024", { .block_size = 1024, .blocks = 30000, .inode_size = 1024 } },
	{ "1k_rev0", { .block_size = 1024, .blocks = 20000, .rev0 = true } },
	{ "1k_nosparse", { .block_size = 1024, .blocks = 50000, .no_sparse = true } },
	{ "1k_small_groups", { .block_size = 1024, .blocks = 20000, .bpg = 512, .ipg = 64 } },
	{ "1k_meta_bg", { .block_size = 1024, .blocks = 60000, .bpg = 1024, .ipg = 64,
			  .meta_bg = true } },
	{ "1k_meta_bg_later", { .block_size = 1024, .blocks = 80000, .bpg = 1024, .ipg = 64,
				.meta_bg = true, .first_meta_bg = 1 } },
	{ "1k_no_filetype", { .block_size = 1024, .blocks = 3000, .no_filetype = true } },
	{ "2k", { .block_size = 2048, .blocks = 20000 } },
	{ "2k_files", { .block_size = 2048, .blocks = 20000, .files = 100 } },
	{ "4k", { .block_size = 4096, .blocks = 70000 } },
	{ "4k_rev0", { .block_size = 4096, .blocks = 70000, .rev0 = true, .files = 2 } },
	{ "4k_meta_bg", { .block_size = 4096, .blocks = 300 * 1024, .bpg = 1024, .ipg = 32,
			  .meta_bg = true } },
	{ "4k_4096", { .block_size = 4096, .blocks = 9000, .ipg = 64, .inode_size = 4096 } },
	{ "8k", { .block_size = 8192, .blocks = 9000, .files = 1 } },
	{ "16k", { .block_size = 16384, .blocks = 9000, .files = 1 } },
	{ "32k", { .block_size = 32768, .blocks = 5000, .files = 1, .bpg = 2048 } },
	{ "64k", { .block_size = 65536, .blocks = 5000, .files = 1, .bpg = 2048 } },
};

EFS_TEST_ROWS(geometries);

/* the device reads as what a fresh e2fsck finds clean, and mounts and unmounts clean */
static void clean(struct kunit *test)
{
	const struct geometry *r = test->param_value;
	struct efs_test_fs *fs = efs_test_fs_new(test, r->m.block_size, r->m.blocks);

	efs_test_format(fs->dev, &r->m);
	KUNIT_ASSERT_EQ(test, efs_test_fsck(fs->dev), 0);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	efs_test_counts(fs, NULL);
	efs_test_end(fs);
}

static struct kunit_case mkfs_cases[] = {
	KUNIT_CASE_PARAM(clean, geometries_gen_params),
	{}
};

static struct kunit_suite mkfs_suite = {
	.name = "efsext2_mkfs",
	.exit = efs_test_exit,
	.test_cases = mkfs_cases,
};

kunit_test_suite(mkfs_suite);
