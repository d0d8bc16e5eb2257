// SPDX-License-Identifier: GPL-2.0
/*
 * Path splitting against tables.
 *
 * Tests: core/unix/path.c
 */
#include <stdlib.h>

#include "../../core/unix/path.h"
#include "ktap.h"

void efs_assert_fail(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
	abort();
}

static void test_root(void)
{
	static const struct {
		const char *path;
		enum efs_path_root root;
	} rows[] = {
		{ "", EFS_PATH_RELATIVE }, { "a", EFS_PATH_RELATIVE }, { "a/", EFS_PATH_RELATIVE },
		{ "./a", EFS_PATH_RELATIVE }, { "/", EFS_PATH_ROOT }, { "/a", EFS_PATH_ROOT },
		{ "//", EFS_PATH_ROOT2 }, { "//a", EFS_PATH_ROOT2 }, { "///", EFS_PATH_ROOT },
		{ "///a", EFS_PATH_ROOT },
	};
	size_t k;

	for (k = 0; k < ARRAY_SIZE(rows); k++)
		CHECK_EQ(efs_path_root(rows[k].path, strlen(rows[k].path)), rows[k].root);
}

/* components joined by commas, "." and ".." as the kinds they are */
static void flatten(const char *path, char *out)
{
	struct efs_path left = { .p = path, .len = strlen(path) };
	enum efs_path_kind kind;
	const char *name;
	size_t len;

	while ((kind = efs_path_next(&left, &name, &len)) != EFS_PATH_END) {
		if (kind == EFS_PATH_DOT)
			out += sprintf(out, "<.>");
		else if (kind == EFS_PATH_DOTDOT)
			out += sprintf(out, "<..>");
		else
			out += sprintf(out, "%.*s", (int)len, name);
		out += sprintf(out, efs_path_is_last(&left) ? ";" : ",");
	}
	*out = '\0';
}

static void test_next(void)
{
	static const char *const rows[][2] = {
		{ "", "" }, { "/", "" }, { "////", "" },
		{ "a", "a;" }, { "/a", "a;" }, { "a/", "a;" }, { "//a//", "a;" },
		{ "a/b", "a,b;" }, { "/a//b/", "a,b;" },
		{ ".", "<.>;" }, { "..", "<..>;" }, { "./..", "<.>,<..>;" },
		{ "a/./../b", "a,<.>,<..>,b;" },
		{ "...", "...;" }, { ".a/..b/c..", ".a,..b,c..;" },
		{ " /\t\n", " ,\t\n;" }, { "\xff\x80/\x01", "\xff\x80,\x01;" },
	};
	char out[64];
	size_t k;

	for (k = 0; k < ARRAY_SIZE(rows); k++) {
		flatten(rows[k][0], out);
		CHECK(!strcmp(out, rows[k][1]));
	}
}

static void test_split(void)
{
	static const struct {
		const char *path, *parent, *name;
		enum efs_path_kind kind;
	} rows[] = {
		{ "", "", "", EFS_PATH_END }, { "/", "", "", EFS_PATH_END },
		{ "//", "", "", EFS_PATH_END },
		{ "a", "", "a", EFS_PATH_NAME }, { "a/", "", "a", EFS_PATH_NAME },
		{ "/a", "/", "a", EFS_PATH_NAME }, { "//a//", "//", "a", EFS_PATH_NAME },
		{ "a/b", "a/", "b", EFS_PATH_NAME }, { "/a//b///", "/a//", "b", EFS_PATH_NAME },
		{ ".", "", ".", EFS_PATH_DOT }, { "a/.", "a/", ".", EFS_PATH_DOT },
		{ "a/../", "a/", "..", EFS_PATH_DOTDOT }, { "..a", "", "..a", EFS_PATH_NAME },
	};
	size_t k;

	for (k = 0; k < ARRAY_SIZE(rows); k++) {
		const char *name = NULL;
		size_t parent = 99, len = 99;

		CHECK_EQ(efs_path_split(rows[k].path, strlen(rows[k].path), &parent, &name, &len),
			 rows[k].kind);
		CHECK_EQ(len, strlen(rows[k].name));
		CHECK(!memcmp(name, rows[k].name, len));
		if (rows[k].kind == EFS_PATH_END)
			continue;
		CHECK_EQ(parent, strlen(rows[k].parent));
		CHECK(!memcmp(rows[k].path, rows[k].parent, parent));
	}
}

static void test_wants_dir(void)
{
	CHECK(!efs_path_wants_dir("", 0));
	CHECK(efs_path_wants_dir("/", 1));
	CHECK(efs_path_wants_dir("a/", 2));
	CHECK(!efs_path_wants_dir("a/", 1));
	CHECK(!efs_path_wants_dir("/a", 2));
}

int main(void)
{
	static const struct ktap_case cases[] = {
		{ "where a walk starts", test_root },
		{ "components from the left", test_next },
		{ "the last component", test_split },
		{ "a slash at the end", test_wants_dir },
	};

	return ktap_run(cases, ARRAY_SIZE(cases));
}
