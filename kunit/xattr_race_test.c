// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that set the same attributes on different files: blocks are shared, changed and
 * freed while others look for them. Each file has one thread that changes it and may have
 * others that read it. What a thread has set it finds again; in the end e2fsck counts the
 * users of each block, and no block is lost.
 *
 * Tests: core/engine/xattr.c
 */
#include "home.h"

#define FILES 4
#define ROUNDS 120

static const struct efs_test_mkfs m = {
	.block_size = 1024, .blocks = 1025, .bpg = 1024, .ipg = 128, .inode_size = 256,
	.files = FILES,
};

static const struct row {
	const char *name;
	u32 values;	/* how many different ones, so that files meet */
	u32 readers;
	bool fail;
} rows[] = {
	{ "one_value", 1, 0 }, { "three_values", 3, 0 }, { "readers", 2, 2 },
	{ "failures", 2, 0, true },
};

EFS_TEST_ROWS(rows);

/**
 * struct actor - one thread's part
 * @file: whose attributes it sets, or reads if @reads
 * @err: the first error that was none of those to be expected
 */
struct actor {
	const struct row *r;
	struct kunit *test;
	struct efs_test_inode *file;
	bool reads;
	u32 seed;
	int err;
};

static const struct efs_ea_name big = { .index = EFS_EA_USER, .len = 3, .rest = "big" };
static const struct efs_ea_name other = { .index = EFS_EA_TRUSTED, .len = 5, .rest = "other" };

static void reader(struct actor *a)
{
	u8 value[400];
	size_t done;
	u32 i, k;
	int err;

	for (i = 0; i < ROUNDS; i++) {
		err = efs_ea_get(&a->file->core, &big, value, sizeof(value), &done);
		/* all of one value, whichever */
		for (k = 1; !err && k < done; k++)
			if (value[k] != value[0])
				err = -EBADMSG;
		if (err && err != -ENODATA)
			a->err = err;
		err = efs_ea_list(&a->file->core, NULL, 0, &done);
		if (err)
			a->err = err;
	}
}

static bool expected(const struct actor *a, int err)
{
	return !err || (a->r->fail && (err == -EIO || err == -ENOMEM));
}

static void writer(struct actor *a)
{
	struct efs_inode *ei = &a->file->core;
	u8 value[300], back[300];
	size_t done;
	u32 i;
	int err;

	for (i = 0; i < ROUNDS && !a->err; i++) {
		memset(value, 'a' + (int)(efs_test_rand(&a->seed) % a->r->values), sizeof(value));
		err = efs_ea_set(ei, &big, value, sizeof(value), 0);
		if (!expected(a, err))
			a->err = err;
		if (err)
			continue;
		err = efs_ea_get(ei, &big, back, sizeof(back), &done);
		if (!err && (done != sizeof(back) || memcmp(value, back, done)))
			err = -EBADMSG;
		if (!expected(a, err))
			a->err = err;
		switch (efs_test_rand(&a->seed) % 3) {
		case 0:
			err = efs_ea_set(ei, &big, NULL, 0, 0);
			break;
		case 1:
			err = efs_ea_set(ei, &other, value, 100, 0);
			if (!err)
				err = efs_ea_set(ei, &other, NULL, 0, 0);
			break;
		default:
			err = efs_ea_sync(ei);
		}
		if (!expected(a, err) && err != -ENODATA)
			a->err = err;
	}
}

static void act(void *arg)
{
	struct actor *a = arg;

	if (a->reads)
		reader(a);
	else
		writer(a);
	KUNIT_EXPECT_EQ(a->test, a->err, 0);
}

static void threads(struct kunit *test)
{
	const struct row *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &m);
	u32 n = FILES + r->readers, i, before, after;
	struct efs_test_inode *file[FILES];
	struct actor a[FILES + 2];
	void *arg[FILES + 2];

	efs_test_counts(fs, &before);
	for (i = 0; i < FILES; i++)
		file[i] = efs_test_file(fs, i);
	for (i = 0; i < n; i++) {
		a[i] = (struct actor){ .r = r, .test = test, .file = file[i % FILES],
				       .reads = i >= FILES, .seed = 5 + i };
		arg[i] = &a[i];
	}
	if (r->fail) {
		fs->dev->fail[EFS_TEST_NEW] = 7;
		fs->dev->fail[EFS_TEST_ALLOC] = 60;
	}
	efs_test_together(test, n, act, arg);
	for (i = 0; i < FILES; i++) {
		int err = efs_ea_set(&file[i]->core, &big, NULL, 0, 0);

		KUNIT_EXPECT_TRUE(test, !err || err == -ENODATA);
		err = efs_ea_set(&file[i]->core, &other, NULL, 0, 0);
		KUNIT_EXPECT_TRUE(test, !err || err == -ENODATA);
		KUNIT_EXPECT_EQ(test, file[i]->core.file_acl, 0);
		efs_test_iput(file[i]);
	}
	efs_test_counts(fs, &after);
	KUNIT_EXPECT_EQ(test, after, before);
	efs_test_end(fs);
}

static struct kunit_case xattr_race_cases[] = {
	KUNIT_CASE_PARAM(threads, rows_gen_params),
	{}
};

static struct kunit_suite xattr_race_suite = {
	.name = "efsext2_xattr_race",
	.exit = efs_test_exit,
	.test_cases = xattr_race_cases,
};

kunit_test_suite(xattr_race_suite);
