/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attributes by whole names, for the suites of core/engine/xattr.c.
 */
#ifndef EFS_TEST_XATTR_HELP_H
#define EFS_TEST_XATTR_HELP_H

#include "home.h"

static inline struct efs_ea_name name_of(const char *whole)
{
	struct efs_ea_name n = { .index = 0 };
	u32 skip = 0;

	if (efs_ea_parse(whole, strlen(whole), &n.index, &skip))
		n.rest = whole + skip;
	n.len = (u32)strlen(whole) - skip;
	return n;
}

static inline int set(struct efs_test_inode *ti, const char *whole, const void *value, size_t size)
{
	struct efs_ea_name n = name_of(whole);

	return efs_ea_set(&ti->core, &n, value, size, 0);
}

static inline int drop(struct efs_test_inode *ti, const char *whole)
{
	return set(ti, whole, NULL, 0);
}

static inline int get(struct efs_test_inode *ti, const char *whole, void *buf, size_t size,
		      size_t *done)
{
	struct efs_ea_name n = name_of(whole);

	return efs_ea_get(&ti->core, &n, buf, size, done);
}

/* expect @whole to be @size bytes of @value; NULL: not to be there */
static inline void expect(struct kunit *test, struct efs_test_inode *ti, const char *whole,
			  const void *value, size_t size)
{
	u8 *buf = efs_test_zalloc(65536);
	size_t done;
	int err = get(ti, whole, buf, 65536, &done);

	KUNIT_EXPECT_EQ_MSG(test, err, value ? 0 : -ENODATA, "%s", whole);
	if (value) {
		KUNIT_EXPECT_EQ(test, done, size);
		KUNIT_EXPECT_MEMEQ(test, buf, value, min(size, done));
	}
	efs_test_mfree(buf);
}

static inline void random_bytes(u8 *p, size_t n, u32 *seed)
{
	while (n--)
		*p++ = (u8)(efs_test_rand(seed) >> 8);
}

static inline const u8 *some_bytes(struct kunit *test, size_t n)
{
	u8 *p = kunit_kzalloc(test, n, GFP_KERNEL);
	u32 seed = 77;

	KUNIT_ASSERT_NOT_NULL(test, p);
	random_bytes(p, n, &seed);
	return p;
}

#endif /* EFS_TEST_XATTR_HELP_H */
