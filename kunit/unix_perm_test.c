// SPDX-License-Identifier: GPL-2.0
/*
 * Permissions (core/unix/perm.c): the string of a mode, and who may do what.
 *
 * Tests: core/unix/perm.c
 *
 * Locks: none, one thread runs.
 */
#include "unix_fs.h"
#include "../core/unix/perm.h"

static const struct string {
	const char *name;
	u16 mode;
} strings[] = {
	{ "-rw-r--r--", EFS_S_IFREG | 0644 }, { "drwxr-xr-x", EFS_S_IFDIR | 0755 },
	{ "lrwxrwxrwx", EFS_S_IFLNK | 0777 }, { "prw-------", EFS_S_IFIFO | 0600 },
	{ "crw-rw----", EFS_S_IFCHR | 0660 }, { "brw-rw----", EFS_S_IFBLK | 0660 },
	{ "srwxr-xr-x", EFS_S_IFSOCK | 0755 }, { "?---------", 0 },
	{ "?rwxrwxrwx", 0030000 | 0777 }, { "-rwsr-xr-x", EFS_S_IFREG | 04755 },
	{ "-rwSr-xr-x", EFS_S_IFREG | 04655 }, { "-rwxr-sr-x", EFS_S_IFREG | 02755 },
	{ "-rwxr-Sr-x", EFS_S_IFREG | 02745 }, { "drwxrwxrwt", EFS_S_IFDIR | 01777 },
	{ "drwxrwxrwT", EFS_S_IFDIR | 01776 }, { "---S--S--T", EFS_S_IFREG | 07000 },
	{ "-rwsrwsrwt", EFS_S_IFREG | 07777 }, { "--w--w--w-", EFS_S_IFREG | 0222 },
	{ "-r--r--r--", EFS_S_IFREG | 0444 }, { "---x--x--x", EFS_S_IFREG | 0111 },
};

EFS_TEST_ROWS(strings);

static void mode_string(struct kunit *test)
{
	const struct string *s = test->param_value;
	char buf[EFS_MODE_STRING + 1];

	memset(buf, '#', sizeof(buf));
	efs_mode_string(s->mode, buf);
	KUNIT_EXPECT_STREQ(test, buf, s->name);
	KUNIT_EXPECT_EQ(test, buf[EFS_MODE_STRING], '#');
}

static void triads(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, efs_mode_triad(EFS_S_IFREG | 07421, EFS_OWNER), 4);
	KUNIT_EXPECT_EQ(test, efs_mode_triad(EFS_S_IFREG | 07421, EFS_GROUP), 2);
	KUNIT_EXPECT_EQ(test, efs_mode_triad(EFS_S_IFREG | 07421, EFS_OTHER), 1);
}

static const u32 groups[] = { 30, 40 };

/* a file of 10:20 */
static const struct access {
	const char *name;
	u16 mode;
	u32 uid, gid;
	enum efs_class class;
	u32 want;
	int err;
} accesses[] = {
	{ "owner_reads", EFS_S_IFREG | 0400, 10, 99, EFS_OWNER, EFS_MAY_READ, 0 },
	{ "owner_counts_alone", EFS_S_IFREG | 0077, 10, 20, EFS_OWNER, EFS_MAY_READ, -EACCES },
	{ "group", EFS_S_IFREG | 0040, 11, 20, EFS_GROUP, EFS_MAY_READ, 0 },
	{ "group_counts_alone", EFS_S_IFREG | 0707, 11, 20, EFS_GROUP, EFS_MAY_READ, -EACCES },
	{ "other", EFS_S_IFREG | 0004, 11, 21, EFS_OTHER, EFS_MAY_READ, 0 },
	{ "other_denied", EFS_S_IFREG | 0770, 11, 21, EFS_OTHER, EFS_MAY_READ, -EACCES },
	{ "all_of_it", EFS_S_IFREG | 0600, 10, 20, EFS_OWNER, EFS_MAY_READ | EFS_MAY_WRITE, 0 },
	{ "not_all_of_it", EFS_S_IFREG | 0600, 10, 20, EFS_OWNER,
	  EFS_MAY_READ | EFS_MAY_EXEC, -EACCES },
	{ "root", EFS_S_IFREG, 0, 0, EFS_OTHER, EFS_MAY_READ | EFS_MAY_WRITE, 0 },
	{ "root_runs_nothing", EFS_S_IFREG | 0666, 0, 0, EFS_OTHER, EFS_MAY_EXEC, -EACCES },
	{ "root_runs", EFS_S_IFREG | 0001, 0, 0, EFS_OTHER, EFS_MAY_EXEC, 0 },
	{ "root_searches", EFS_S_IFDIR, 0, 0, EFS_OTHER, EFS_MAY_EXEC, 0 },
	{ "nothing_wanted", EFS_S_IFREG, 11, 21, EFS_OTHER, 0, 0 },
};

EFS_TEST_ROWS(accesses);

static void access(struct kunit *test)
{
	const struct access *a = test->param_value;
	struct efs_cred cred = { .uid = a->uid, .gid = a->gid, groups, ARRAY_SIZE(groups) };
	struct efs_stat st = { .mode = a->mode, .uid = 10, .gid = 20 };

	KUNIT_EXPECT_EQ(test, efs_perm(&st, &cred, a->want), a->err);
	KUNIT_EXPECT_EQ(test, efs_perm_class(&st, &cred), a->class);
	KUNIT_EXPECT_EQ(test, efs_perm(&st, NULL, 7), 0);
}

static void groups_count(struct kunit *test)
{
	struct efs_cred cred = { .uid = 11, .gid = 21, groups, ARRAY_SIZE(groups) };
	struct efs_stat st = { .mode = EFS_S_IFREG | 0060, .uid = 10, .gid = 40 };

	KUNIT_EXPECT_EQ(test, efs_perm(&st, &cred, EFS_MAY_WRITE), 0);
	st.gid = 41;
	KUNIT_EXPECT_EQ(test, efs_perm(&st, &cred, EFS_MAY_WRITE), -EACCES);
}

/* a directory of 10, a file of 11 */
static const struct sticky {
	const char *name;
	u16 mode;
	u32 uid;
	int err;
} stickies[] = {
	{ "not_sticky", 0777, 12, 0 }, { "closed", 0755, 12, -EACCES },
	{ "no_search", 0772, 12, -EACCES }, { "owner_of_neither", 01777, 12, -EPERM },
	{ "owner_of_file", 01777, 11, 0 }, { "owner_of_directory", 01777, 10, 0 },
	{ "root", 01700, 0, 0 }, { "owner_of_file_shut_out", 01755, 11, -EACCES },
};

EFS_TEST_ROWS(stickies);

static void sticky(struct kunit *test)
{
	const struct sticky *s = test->param_value;
	struct efs_stat dir = { .mode = EFS_S_IFDIR | s->mode, .uid = 10 };
	struct efs_stat file = { .mode = EFS_S_IFREG, .uid = 11 };
	struct efs_cred cred = { .uid = s->uid, .gid = 99 };

	KUNIT_EXPECT_EQ(test, efs_perm_delete(&dir, &file, &cred), s->err);
	KUNIT_EXPECT_EQ(test, efs_perm_delete(&dir, &file, NULL), 0);
}

static void owner(struct kunit *test)
{
	struct efs_stat st = { .mode = EFS_S_IFREG | 0777, .uid = 10 };
	struct efs_cred cred = { .uid = 10 };

	KUNIT_EXPECT_EQ(test, efs_perm_owner(&st, &cred), 0);
	cred.uid = 11;
	KUNIT_EXPECT_EQ(test, efs_perm_owner(&st, &cred), -EPERM);
	cred.uid = 0;
	KUNIT_EXPECT_EQ(test, efs_perm_owner(&st, &cred), 0);
	KUNIT_EXPECT_EQ(test, efs_perm_owner(&st, NULL), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(mode_string, strings_gen_params),
	KUNIT_CASE(triads),
	KUNIT_CASE_PARAM(access, accesses_gen_params),
	KUNIT_CASE(groups_count),
	KUNIT_CASE_PARAM(sticky, stickies_gen_params),
	KUNIT_CASE(owner),
	{}
};

static struct kunit_suite suite = {
	.name = "efsext2_unix_perm",
	.test_cases = cases,
};

kunit_test_suite(suite);
