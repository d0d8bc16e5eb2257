// SPDX-License-Identifier: GPL-2.0
/*
 * Paths as byte strings (core/unix/path.c).
 *
 * Locks: none, one thread runs.
 *
 * Tests: core/unix/path.c
 */
#include "unix_fs.h"
#include "../core/unix/path.h"

/*
 * @parts: components, each behind a space; from either end
 * @parent: NULL: there is none
 * @file: NULL: the last component is none that a file is named by
 */
static const struct row {
	const char *name;	/* the path */
	enum efs_path_root root;
	bool dir;
	const char *parts, *canonical, *parent, *file;
} rows[] = {
	{ "", EFS_PATH_RELATIVE, false, "", "", NULL, NULL },
	{ "/", EFS_PATH_ROOT, true, "", "/", NULL, NULL },
	{ "//", EFS_PATH_ROOT2, true, "", "//", NULL, NULL },
	{ "///", EFS_PATH_ROOT, true, "", "/", NULL, NULL },
	{ "a", EFS_PATH_RELATIVE, false, " a", "a", NULL, "a" },
	{ "a/", EFS_PATH_RELATIVE, true, " a", "a/", NULL, "a" },
	{ "a///", EFS_PATH_RELATIVE, true, " a", "a/", NULL, "a" },
	{ "/a", EFS_PATH_ROOT, false, " a", "/a", "/", "a" },
	{ "//a", EFS_PATH_ROOT2, false, " a", "//a", "//", "a" },
	{ "///a", EFS_PATH_ROOT, false, " a", "/a", "///", "a" },
	{ "a/b", EFS_PATH_RELATIVE, false, " a b", "a/b", "a", "b" },
	{ "a//b/", EFS_PATH_RELATIVE, true, " a b", "a/b/", "a", "b" },
	{ "/a/b//c", EFS_PATH_ROOT, false, " a b c", "/a/b/c", "/a/b", "c" },
	{ "//a//b", EFS_PATH_ROOT2, false, " a b", "//a/b", "//a", "b" },
	{ ".", EFS_PATH_RELATIVE, false, " .", ".", NULL, NULL },
	{ "..", EFS_PATH_RELATIVE, false, " ..", "..", NULL, NULL },
	{ "a/.", EFS_PATH_RELATIVE, false, " a .", "a/.", "a", NULL },
	{ "a/../", EFS_PATH_RELATIVE, true, " a ..", "a/../", "a", NULL },
	{ "./a", EFS_PATH_RELATIVE, false, " . a", "./a", ".", "a" },
	{ "...", EFS_PATH_RELATIVE, false, " ...", "...", NULL, "..." },
	{ ".a/..b", EFS_PATH_RELATIVE, false, " .a ..b", ".a/..b", ".a", "..b" },
	{ "a b/\xff\xfe/c\n", EFS_PATH_RELATIVE, false, " a b \xff\xfe c\n", "a b/\xff\xfe/c\n",
	  "a b/\xff\xfe", "c\n" },
};

static void row_desc(const struct row *r, char *d)
{
	snprintf(d, KUNIT_PARAM_DESC_SIZE, "%u", (u32)(r - rows));
}

KUNIT_ARRAY_PARAM(rows, rows, row_desc);

static enum efs_path_kind kind_of(const char *name, size_t len)
{
	if (len == 1 && name[0] == '.')
		return EFS_PATH_DOT;
	return len == 2 && name[0] == '.' && name[1] == '.' ? EFS_PATH_DOTDOT : EFS_PATH_NAME;
}

static void row(struct kunit *test)
{
	const struct row *r = test->param_value;
	size_t len = strlen(r->name), n, at = 0, all = strlen(r->parts);
	struct efs_path path = { .p = r->name, .len = len };
	char out[64];
	const char *name;
	enum efs_path_kind kind;

	KUNIT_EXPECT_EQ(test, efs_path_root(r->name, len), r->root);
	KUNIT_EXPECT_EQ(test, efs_path_wants_dir(r->name, len), r->dir);
	while ((kind = efs_path_next(&path, &name, &n)) != EFS_PATH_END) {
		KUNIT_EXPECT_EQ(test, kind, kind_of(name, n));
		KUNIT_ASSERT_LE(test, at + 1 + n, all);
		KUNIT_EXPECT_MEMEQ(test, r->parts + at + 1, name, n);
		at += 1 + n;
		KUNIT_EXPECT_EQ(test, efs_path_is_last(&path), at == all);
	}
	KUNIT_EXPECT_EQ(test, at, all);
	path = (struct efs_path){ .p = r->name, .len = len };
	while ((kind = efs_path_prev(&path, &name, &n)) != EFS_PATH_END) {
		KUNIT_EXPECT_EQ(test, kind, kind_of(name, n));
		KUNIT_ASSERT_GE(test, at, 1 + n);
		at -= n;
		KUNIT_EXPECT_MEMEQ(test, r->parts + at, name, n);
		at--;
	}
	KUNIT_EXPECT_EQ(test, at, 0);

	memset(out, '#', sizeof(out));
	n = efs_path_canonical(r->name, len, out);
	KUNIT_EXPECT_EQ(test, n, strlen(r->canonical));
	KUNIT_EXPECT_MEMEQ(test, out, r->canonical, n);
	KUNIT_EXPECT_EQ(test, out[len], '#');
	KUNIT_EXPECT_TRUE(test, efs_path_equal(r->name, len, r->canonical, n));
	KUNIT_EXPECT_EQ(test, efs_path_parent(r->name, len, &n), !!r->parent);
	if (r->parent) {
		KUNIT_EXPECT_EQ(test, n, strlen(r->parent));
		KUNIT_EXPECT_MEMEQ(test, r->name, r->parent, n);
	}
	KUNIT_EXPECT_EQ(test, efs_path_file_name(r->name, len, &name, &n), !!r->file);
	if (r->file) {
		KUNIT_EXPECT_EQ(test, n, strlen(r->file));
		KUNIT_EXPECT_MEMEQ(test, name, r->file, n);
	}
}

/* each path equals those that are spelled like it, and no other */
static void equal(struct kunit *test)
{
	const struct row *a, *b;

	for (a = rows; a < rows + ARRAY_SIZE(rows); a++)
		for (b = rows; b < rows + ARRAY_SIZE(rows); b++)
			KUNIT_EXPECT_EQ_MSG(test, efs_path_equal(a->name, strlen(a->name),
								 b->name, strlen(b->name)),
					    !strcmp(a->canonical, b->canonical), "'%s' and '%s'",
					    a->name, b->name);
	/* slashes are not all that is left out */
	KUNIT_EXPECT_FALSE(test, efs_path_equal("/a/bc", 5, "/ab/c", 5));
}

static void join(struct kunit *test)
{
	static const struct { const char *a, *b, *want; } joins[] = {
		{ "a", "b", "a/b" }, { "a/", "b", "a/b" }, { "/", "b", "/b" }, { "", "b", "b" },
		{ "a", "", "a" }, { "a/", "", "a/" }, { "", "", "" }, { "/a", "/b", "/b" },
		{ "a", "//b/", "//b/" }, { "a/b", "../c", "a/b/../c" }, { "//", "x", "//x" },
	};
	char out[16], *big = efs_test_zalloc(5000);
	size_t len, k;

	for (k = 0; k < ARRAY_SIZE(joins); k++) {
		size_t alen = strlen(joins[k].a), blen = strlen(joins[k].b);
		size_t want = strlen(joins[k].want);

		KUNIT_EXPECT_EQ(test, efs_path_join(joins[k].a, alen, joins[k].b, blen, out,
						    want, &len), 0);
		KUNIT_EXPECT_EQ(test, len, want);
		KUNIT_EXPECT_MEMEQ(test, out, joins[k].want, want);
		if (want)
			KUNIT_EXPECT_EQ(test, efs_path_join(joins[k].a, alen, joins[k].b, blen, out,
							    want - 1, &len), -ENAMETOOLONG);
	}
	KUNIT_EXPECT_EQ(test, efs_path_join(big, 4000, "b", 1, big + 4200, 10, &len),
			-ENAMETOOLONG);
	memset(big, 'a', 4094);
	KUNIT_EXPECT_EQ(test, efs_path_join("", 0, big, 4094, big + 4200, 800, &len),
			-ENAMETOOLONG);
	efs_test_mfree(big);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(row, rows_gen_params),
	KUNIT_CASE(equal),
	KUNIT_CASE(join),
	{}
};

static struct kunit_suite suite = {
	.name = "efsext2_unix_path",
	.test_cases = cases,
};

kunit_test_suite(suite);
