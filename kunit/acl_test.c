// SPDX-License-Identifier: GPL-2.0
/*
 * Access control lists: both forms, valid and not, and what they mean for a mode.
 *
 * Tests: core/format/acl.c
 *
 * Locks: none.
 */
#include "mem_port.h"

/* a list in few letters: u=owner, U=named user, g, G, m, o; then a digit of permissions */
static size_t make(const char *s, u8 *acl)
{
	static const char letters[] = "uUgGmo";
	static const u8 tags[] = { 1, 2, 4, 8, 16, 32 };
	size_t n = 4;

	memset(acl, 0, 128);
	acl[0] = 2;
	for (; *s; s += 2, n += 8) {
		const char *at = strchr(letters, s[0]);
		bool named = s[0] == 'U' || s[0] == 'G';

		acl[n] = at ? tags[at - letters] : 7;
		acl[n + 2] = (u8)(s[1] - '0');
		memset(acl + n + 4, named ? 0 : 0xff, 4);
		if (named)
			acl[n + 5] = (u8)n;
	}
	return n;
}

static const struct acl_row {
	const char *name;
	const char *list;
	bool valid, only;
	u16 mode;		/* what it means */
	u32 disk;		/* bytes there */
} rows[] = {
	{ "three", "u7g5o4", true, true, 0754, 16 },
	{ "none", "u0g0o0", true, true, 0, 16 },
	{ "mask", "u7g5m1o4", true, false, 0714, 20 },
	{ "user", "u6U7g5m7o0", true, false, 0670, 28 },
	{ "users", "u6U7U3U1g5m7o0", true, false, 0670, 44 },
	{ "group", "u6g5G7m2o0", true, false, 0620, 28 },
	{ "all", "u6U7g5G1G2m3o7", true, false, 0637, 44 },
	{ "user_no_mask", "u6U7g5o0" },
	{ "group_no_mask", "u6g5G1o0" },
	{ "no_others", "u7g5" },
	{ "no_group", "u7o5" },
	{ "no_owner", "g7o5" },
	{ "empty", "" },
	{ "owner_twice", "u7u7g5o4" },
	{ "group_twice", "u7g5g5o4" },
	{ "mask_twice", "u7g5m7m7o4" },
	{ "others_twice", "u7g5o4o4" },
	{ "order", "g7u5o4" },
	{ "user_late", "u7g5U7m7o4" },
	{ "group_early", "u7G7g5m7o4" },
	{ "mask_early", "u7m7g5o4" },
	{ "behind_others", "u7g5o4m7" },
	{ "permissions", "u8g5o4" },
	{ "tag", "u7g5?4o4" },
};

EFS_TEST_ROWS(rows);

static void lists(struct kunit *test)
{
	const struct acl_row *r = test->param_value;
	u8 acl[128], disk[128], back[128];
	size_t n = make(r->list, acl), d, done = 1, k;
	u16 mode = EFS_S_IFREG | 04777;

	KUNIT_EXPECT_EQ(test, efs_acl_check(acl, n), r->valid);
	d = efs_acl_to_disk(acl, n, disk);
	KUNIT_EXPECT_EQ(test, efs_acl_from_disk(disk, d, back, sizeof(back), &done),
			r->valid ? EFS_C_OK : EFS_C_XATTR_ACL);
	if (!r->valid)
		return;
	KUNIT_EXPECT_EQ(test, d, r->disk);
	KUNIT_EXPECT_EQ(test, done, n);
	KUNIT_EXPECT_MEMEQ(test, back, acl, n);
	/* what has no room is not written */
	for (k = 0; k < n; k++) {
		memset(back, 0x55, sizeof(back));
		KUNIT_EXPECT_EQ(test, efs_acl_from_disk(disk, d, back, k, &done), EFS_C_OK);
		KUNIT_EXPECT_EQ(test, done, n);
		KUNIT_EXPECT_EQ(test, back[k], 0x55);
		KUNIT_EXPECT_EQ(test, k < 4 || !memcmp(back, acl, 4), true);
	}
	/* all that is cut short is refused, on disk too: the last entry is missing then */
	for (k = 0; k < n; k++)
		KUNIT_EXPECT_FALSE(test, efs_acl_check(acl, k));
	for (k = 0; k < d; k++) {
		/* behind these bytes there is nothing to be read */
		u8 *cut = efs_test_zalloc(k);

		memcpy(cut, disk, k);
		KUNIT_EXPECT_EQ(test, efs_acl_from_disk(cut, k, back, sizeof(back), &done),
				EFS_C_XATTR_ACL);
		efs_test_mfree(cut);
	}
	KUNIT_EXPECT_EQ(test, efs_acl_mode(acl, n, &mode), r->only);
	KUNIT_EXPECT_EQ(test, mode, EFS_S_IFREG | 04000 | r->mode);
	/* any mode can be put into it */
	for (mode = 0; mode < 01000; mode += 13) {
		u16 now = 0;

		efs_acl_chmod(acl, n, mode);
		KUNIT_EXPECT_TRUE(test, efs_acl_check(acl, n));
		KUNIT_EXPECT_EQ(test, efs_acl_mode(acl, n, &now), r->only);
		KUNIT_EXPECT_EQ(test, now, mode);
	}
}

static void versions(struct kunit *test)
{
	static const u8 bytes[28] = { 1, 0, 0, 0, 1, 0, 6, 0, 2, 0, 5, 0, 0, 12, 0, 0,
				      4, 0, 4, 0, 16, 0, 7, 0, 32, 0, 1, 0 };
	u8 acl[128], disk[128];
	size_t n = make("u7g5o4", acl), d, done;

	d = efs_acl_to_disk(acl, n, disk);
	acl[0] = 1;
	KUNIT_EXPECT_FALSE(test, efs_acl_check(acl, n));
	acl[0] = 2;
	acl[3] = 1;
	KUNIT_EXPECT_FALSE(test, efs_acl_check(acl, n));
	disk[0] = 2;
	KUNIT_EXPECT_EQ(test, efs_acl_from_disk(disk, d, acl, 128, &done), EFS_C_XATTR_ACL);
	KUNIT_EXPECT_EQ(test, done, 0);
	/* nobody is the user or the group of no number */
	n = make("u6U7g5m7o0", acl);
	memset(acl + 16, 0xff, 4);
	KUNIT_EXPECT_FALSE(test, efs_acl_check(acl, n));
	n = make("u6g5G7m7o0", acl);
	memset(acl + 24, 0xff, 4);
	KUNIT_EXPECT_FALSE(test, efs_acl_check(acl, n));
	/* of entries without a number, it does not matter */
	n = make("u7g5o4", acl);
	acl[8] = 3;
	KUNIT_EXPECT_TRUE(test, efs_acl_check(acl, n));
	/* bytes as they must be on disk */
	n = make("u6U5g4m7o1", acl);
	KUNIT_EXPECT_EQ(test, efs_acl_to_disk(acl, n, disk), 28);
	KUNIT_EXPECT_MEMEQ(test, disk, bytes, 28);
}

static const struct create_row {
	const char *list;
	u16 mode, got;
	const char *left;
	bool only;
} create_rows[] = {
	{ "u7g5o4", 0666, 0644, "u6g4o4", true },
	{ "u7g7o7", 0640, 0640, "u6g4o0", true },
	{ "u7U7g5m7o4", 0666, 0664, "u6U7g5m6o4", false },
	{ "u7U7g5m3o4", 04777, 04734, "u7U7g5m3o4", false },
	{ "u0g5G7m7o7", 0777, 0077, "u0g5G7m7o7", false },
};

static void creation(struct kunit *test)
{
	u8 acl[128], want[128];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(create_rows); i++) {
		const struct create_row *r = &create_rows[i];
		size_t n = make(r->list, acl);
		u16 mode = EFS_S_IFREG | r->mode;

		KUNIT_EXPECT_EQ_MSG(test, efs_acl_create(acl, n, &mode), r->only, "%u", i);
		KUNIT_EXPECT_EQ_MSG(test, mode, EFS_S_IFREG | r->got, "%u", i);
		make(r->left, want);
		KUNIT_EXPECT_MEMEQ(test, acl, want, n);
	}
}

static struct kunit_case acl_cases[] = {
	KUNIT_CASE_PARAM(lists, rows_gen_params),
	KUNIT_CASE(versions),
	KUNIT_CASE(creation),
	{}
};

static struct kunit_suite acl_suite = {
	.name = "efsext2_acl",
	.test_cases = acl_cases,
};

kunit_test_suite(acl_suite);
