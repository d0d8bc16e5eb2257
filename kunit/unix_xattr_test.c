// SPDX-License-Identifier: GPL-2.0
/*
 * Extended attributes through the general interface: which names there are and who may have
 * them; access control lists, and the mode that goes with them. Each case on ext2 and on the
 * file system in memory.
 *
 * Tests: core/unix/xattr.c core/unix/ext2_xattr.c core/unix/memfs_xattr.c
 *
 * Locks: none, one thread runs.
 */
#include "unix_fs.h"

static const struct kind_row {
	const char *name;
	enum unix_kind kind;
} kinds[] = {
	{ "mem", UNIX_MEM }, { "ext2", UNIX_EXT2 },
};

EFS_TEST_ROWS(kinds);

#define ACCESS "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"

static struct unix_test *begin(struct kunit *test)
{
	return unix_begin(test, ((const struct kind_row *)test->param_value)->kind);
}

static int set(struct efs_node *node, const char *name, const void *value, size_t size)
{
	return efs_node_setxattr(node, name, strlen(name), value, size, 0);
}

static int drop(struct efs_node *node, const char *name)
{
	return efs_node_removexattr(node, name, strlen(name));
}

static struct efs_node *make(struct unix_test *u, struct efs_node *dir, const char *name, u16 mode)
{
	struct efs_new n = { .mode = mode, .target = "t", .target_len = 1 };
	struct efs_node *node;

	KUNIT_ASSERT_EQ(u->test, efs_node_create(dir, name, strlen(name), &n, &node), 0);
	return node;
}

static void expect(struct unix_test *u, struct efs_node *node, const char *name, const void *value,
		   size_t size)
{
	u8 buf[256];
	size_t done;
	int err = efs_node_getxattr(node, name, strlen(name), buf, sizeof(buf), &done);

	KUNIT_EXPECT_EQ_MSG(u->test, err, value ? 0 : -ENODATA, "%s of %s", name, u->name);
	if (!value || err)
		return;
	KUNIT_EXPECT_EQ_MSG(u->test, done, size, "%s of %s", name, u->name);
	KUNIT_EXPECT_MEMEQ(u->test, buf, value, min(size, done));
}

static u16 mode_of(struct efs_node *node)
{
	struct efs_stat st;

	efs_node_stat(node, &st);
	return st.mode & 07777;
}

/* ---- names ---- */

static const struct {
	const char *name;
	int set[3], get[3];	/* of a file, a symbolic link, a fifo */
} name_rows[] = {
	{ "user.a", { 0, -EPERM, -EPERM }, { 0, -ENODATA, -ENODATA } },
	{ "trusted.a", { 0, 0, 0 }, { 0, 0, 0 } },
	{ "security.a", { 0, 0, 0 }, { 0, 0, 0 } },
	{ "system.a", { -EOPNOTSUPP, -EOPNOTSUPP, -EOPNOTSUPP }, { -ENODATA, -ENODATA, -ENODATA } },
	{ "gnu.a", { -EOPNOTSUPP, -EOPNOTSUPP, -EOPNOTSUPP }, { -ENODATA, -ENODATA, -ENODATA } },
	{ "other.a", { -EOPNOTSUPP, -EOPNOTSUPP, -EOPNOTSUPP },
	  { -EOPNOTSUPP, -EOPNOTSUPP, -EOPNOTSUPP } },
	{ "user.", { -EINVAL, -EINVAL, -EINVAL }, { -EINVAL, -EINVAL, -EINVAL } },
	{ "user", { -EOPNOTSUPP, -EOPNOTSUPP, -EOPNOTSUPP },
	  { -EOPNOTSUPP, -EOPNOTSUPP, -EOPNOTSUPP } },
	{ "", { -ERANGE, -ERANGE, -ERANGE }, { -ERANGE, -ERANGE, -ERANGE } },
	{ ACCESS, { -EINVAL, -EOPNOTSUPP, -EINVAL }, { -ENODATA, -EOPNOTSUPP, -ENODATA } },
};

static void names(struct kunit *test)
{
	struct unix_test *u = begin(test);
	struct efs_node *node[3];
	char name[300] = "user.";
	size_t done, i;
	u32 k;
	/* a version, but not a list */
	static const char value[5] = { 2, 0, 0, 0, 1 };

	node[0] = make(u, u->root, "f", EFS_S_IFREG | 0644);
	node[1] = make(u, u->root, "l", EFS_S_IFLNK | 0777);
	node[2] = make(u, u->root, "p", EFS_S_IFIFO | 0644);
	for (i = 0; i < ARRAY_SIZE(name_rows); i++) {
		for (k = 0; k < 3; k++) {
			const char *n = name_rows[i].name;

			KUNIT_EXPECT_EQ_MSG(test, set(node[k], n, value, 5), name_rows[i].set[k],
					    "%s of %u", n, k);
			KUNIT_EXPECT_EQ_MSG(test, efs_node_getxattr(node[k], n, strlen(n), NULL, 0,
								    &done),
					    name_rows[i].get[k], "%s of %u", n, k);
		}
	}
	for (k = 0; k < 3; k++)
		efs_node_put(node[k]);
	memset(name + 5, 'n', 251);
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(u->root, name, 256, "", 0, 0), -ERANGE);
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(u->root, name, 255, "", 0, 0), 0);
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(u->root, "user.\0b", 7, "", 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(u->root, "user.v", 6, name, 65537, 0), -E2BIG);
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(u->root, "user.v", 6, name, 1025, 0), -ERANGE);
	/* no value is an empty one */
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(u->root, "user.v", 6, NULL, 9, 0), 0);
	expect(u, u->root, "user.v", "", 0);
	KUNIT_EXPECT_EQ(test, efs_node_listxattr(u->root, NULL, 0, &done), 0);
	KUNIT_EXPECT_EQ(test, done, 256 + 7);
	unix_remount(u);
	expect(u, u->root, "user.v", "", 0);
	unix_set_rdonly(u, true);
	KUNIT_EXPECT_EQ(test, set(u->root, "user.w", "1", 1), -EROFS);
	KUNIT_EXPECT_EQ(test, drop(u->root, "user.v"), -EROFS);
	expect(u, u->root, "user.v", "", 0);
	unix_set_rdonly(u, false);
	KUNIT_EXPECT_EQ(test, drop(u->root, "user.v"), 0);
	KUNIT_EXPECT_EQ(test, drop(u->root, "user.v"), -ENODATA);
	unix_end(u);
}

static void fixed(struct kunit *test)
{
	struct efs_setattr set_flags = { .mask = EFS_SET_FLAGS, .flags = EFS_STAT_APPEND };
	struct unix_test *u = begin(test);
	struct efs_node *f = make(u, u->root, "f", EFS_S_IFREG | 0644);

	KUNIT_EXPECT_EQ(test, set(f, "user.a", "1", 1), 0);
	KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &set_flags), 0);
	KUNIT_EXPECT_EQ(test, set(f, "user.a", "2", 1), -EPERM);
	KUNIT_EXPECT_EQ(test, drop(f, "user.a"), -EPERM);
	expect(u, f, "user.a", "1", 1);
	set_flags.flags = 0;
	KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &set_flags), 0);
	KUNIT_EXPECT_EQ(test, drop(f, "user.a"), 0);
	efs_node_put(f);
	unix_end(u);
}

/* ---- access control lists ---- */

/* an entry's end: no permissions beyond, and no id */
#define E "\0\377\377\377\377"
/* owner, one named user, group, mask, others */
#define ACL(u, n, g, m, o) \
	"\2\0\0\0\1\0" u E "\2\0" n "\0\7\0\0\0\4\0" g E "\20\0" m E "\40\0" o E
/* owner, group, others */
#define PLAIN(u, g, o) "\2\0\0\0\1\0" u E "\4\0" g E "\40\0" o E
#define SIZE(list) (sizeof(list) - 1)

static void modes(struct kunit *test)
{
	static const char one[] = ACL("\7", "\6", "\5", "\4", "\0");
	static const char changed[] = ACL("\6", "\6", "\5", "\2", "\1");
	static const char plain[] = PLAIN("\6", "\4", "\4");
	struct efs_setattr chmod = { .mask = EFS_SET_MODE, .mode = 04621 };
	struct unix_test *u = begin(test);
	struct efs_node *f = make(u, u->root, "f", EFS_S_IFREG | 04644), *l;
	size_t done;

	KUNIT_EXPECT_EQ(test, set(f, ACCESS, one, SIZE(one)), 0);
	KUNIT_EXPECT_EQ(test, mode_of(f), 04740);
	expect(u, f, ACCESS, one, SIZE(one));
	KUNIT_EXPECT_EQ(test, efs_node_getxattr(f, ACCESS, SIZE(ACCESS), NULL, 0, &done), 0);
	KUNIT_EXPECT_EQ(test, done, SIZE(one));
	KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &chmod), 0);
	KUNIT_EXPECT_EQ(test, mode_of(f), 04621);
	expect(u, f, ACCESS, changed, SIZE(changed));
	efs_node_put(f);
	unix_remount(u);
	KUNIT_ASSERT_EQ(test, efs_node_lookup(u->root, "f", 1, &f), 0);
	expect(u, f, ACCESS, changed, SIZE(changed));
	/* a list that is a mode is only that */
	KUNIT_EXPECT_EQ(test, set(f, ACCESS, plain, SIZE(plain)), 0);
	KUNIT_EXPECT_EQ(test, mode_of(f), 04644);
	expect(u, f, ACCESS, NULL, 0);
	KUNIT_EXPECT_EQ(test, drop(f, ACCESS), 0);
	/* without entries, or nothing at all: none */
	KUNIT_EXPECT_EQ(test, set(f, ACCESS, one, SIZE(one)), 0);
	KUNIT_EXPECT_EQ(test, set(f, ACCESS, one, 4), 0);
	expect(u, f, ACCESS, NULL, 0);
	KUNIT_EXPECT_EQ(test, set(f, ACCESS, one, SIZE(one)), 0);
	KUNIT_EXPECT_EQ(test, set(f, ACCESS, "", 0), 0);
	expect(u, f, ACCESS, NULL, 0);
	KUNIT_EXPECT_EQ(test, mode_of(f), 04740);
	KUNIT_EXPECT_EQ(test, set(f, ACCESS, one, SIZE(one) - 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, set(f, ACCESS, "\3\0\0\0", 4), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, set(f, DEFAULT, one, SIZE(one)), -EACCES);
	KUNIT_EXPECT_EQ(test, set(f, DEFAULT, "", 0), 0);
	KUNIT_EXPECT_EQ(test, drop(f, DEFAULT), 0);
	expect(u, f, DEFAULT, NULL, 0);
	l = make(u, u->root, "l", EFS_S_IFLNK | 0777);
	KUNIT_EXPECT_EQ(test, drop(l, ACCESS), -EOPNOTSUPP);
	efs_node_put(l);
	efs_node_put(f);
	unix_end(u);
}

static void inherited(struct kunit *test)
{
	static const char dflt[] = ACL("\7", "\6", "\5", "\7", "\1");
	static const char for_file[] = ACL("\6", "\6", "\5", "\4", "\0");
	static const char plain[] = PLAIN("\7", "\5", "\1");
	struct efs_new temp = { .mode = EFS_S_IFREG | 0640 };
	struct unix_test *u = begin(test);
	struct efs_node *d = make(u, u->root, "d", EFS_S_IFDIR | 0755), *f;

	KUNIT_EXPECT_EQ(test, set(d, DEFAULT, dflt, SIZE(dflt)), 0);
	KUNIT_EXPECT_EQ(test, mode_of(d), 0755);
	f = make(u, d, "f", EFS_S_IFREG | 0640);
	expect(u, f, ACCESS, for_file, SIZE(for_file));
	expect(u, f, DEFAULT, NULL, 0);
	KUNIT_EXPECT_EQ(test, mode_of(f), 0640);
	efs_node_put(f);
	KUNIT_ASSERT_EQ(test, efs_node_tmpfile(d, &temp, &f), 0);
	expect(u, f, ACCESS, for_file, SIZE(for_file));
	efs_node_put(f);
	f = make(u, d, "l", EFS_S_IFLNK | 0777);
	KUNIT_EXPECT_EQ(test, mode_of(f), 0777);
	efs_node_put(f);
	f = make(u, d, "d", EFS_S_IFDIR | 0777);
	expect(u, f, ACCESS, dflt, SIZE(dflt));
	expect(u, f, DEFAULT, dflt, SIZE(dflt));
	KUNIT_EXPECT_EQ(test, mode_of(f), 0771);
	efs_node_put(d);
	d = f;
	/* the default list is a mode: so are the new lists */
	KUNIT_EXPECT_EQ(test, set(d, DEFAULT, plain, SIZE(plain)), 0);
	f = make(u, d, "f", EFS_S_IFREG | 0666);
	expect(u, f, ACCESS, NULL, 0);
	KUNIT_EXPECT_EQ(test, mode_of(f), 0640);
	efs_node_put(f);
	KUNIT_EXPECT_EQ(test, drop(d, DEFAULT), 0);
	f = make(u, d, "g", EFS_S_IFREG | 0666);
	KUNIT_EXPECT_EQ(test, mode_of(f), 0666);
	efs_node_put(f);
	efs_node_put(d);
	unix_remount(u);
	KUNIT_ASSERT_EQ(test, efs_node_lookup(u->root, "d", 1, &d), 0);
	KUNIT_ASSERT_EQ(test, efs_node_lookup(d, "f", 1, &f), 0);
	expect(u, f, ACCESS, for_file, SIZE(for_file));
	efs_node_put(f);
	efs_node_put(d);
	unix_end(u);
}

/* memory runs out at each place, and no file is left without the list it should have */
static void no_memory(struct kunit *test)
{
	static const char dflt[] = ACL("\7", "\6", "\5", "\7", "\1");
	struct efs_new n = { .mode = EFS_S_IFREG | 0640 };
	struct unix_test *u = begin(test);
	u32 *fail, nosb, k, failed = 0;
	struct efs_node *f;
	size_t done;
	int err;

	KUNIT_EXPECT_EQ(test, set(u->root, DEFAULT, dflt, SIZE(dflt)), 0);
	for (nosb = 0; nosb < 2; nosb++) {
		fail = nosb || !u->vol ? &efs_test_nosb.fail : &u->vol->dev->fail[EFS_TEST_ALLOC];
		for (k = 1; k < 30; k++) {
			*fail = k;
			err = efs_node_create(u->root, "f", 1, &n, &f);
			if (!err)
				err = efs_node_setxattr(f, ACCESS, SIZE(ACCESS), dflt, SIZE(dflt),
							0);
			else
				f = NULL;
			failed += err != 0;
			if (!err) {
				struct efs_setattr chmod = { .mask = EFS_SET_MODE, .mode = 0600 };

				err = efs_node_setattr(f, &chmod);
				KUNIT_EXPECT_EQ(test, mode_of(f), err ? 0771 : 0600);
				failed += err != 0;
			}
			KUNIT_EXPECT_TRUE(test, !err || err == -ENOMEM);
			if (!err)
				*fail = 0;
			if (f) {
				KUNIT_EXPECT_EQ(test, efs_node_getxattr(f, ACCESS, SIZE(ACCESS),
									NULL, 0, &done), 0);
				KUNIT_EXPECT_EQ(test, efs_node_unlink(u->root, "f", 1), 0);
			}
			efs_node_put(f);
			if (!err)
				break;
		}
		*fail = 0;
	}
	KUNIT_EXPECT_GT(test, failed, 5);
	unix_end(u);
}

/* what is on the disk under the name of a list is none */
static void bad_list(struct kunit *test)
{
	static const struct efs_ea_name access = { .index = EFS_EA_ACL_ACCESS, .rest = "" };
	struct unix_test *u = unix_begin(test, UNIX_EXT2);
	struct efs_node *f = make(u, u->root, "f", EFS_S_IFREG | 0644);
	struct efs_setattr chmod = { .mask = EFS_SET_MODE, .mode = 0600 };
	size_t done;

	KUNIT_EXPECT_EQ(test, efs_ea_set(efs_ext2_inode(f), &access, "\1\0\0\0\1\0\7", 8, 0), 0);
	KUNIT_EXPECT_EQ(test, efs_node_getxattr(f, ACCESS, SIZE(ACCESS), NULL, 0, &done),
			-EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(u->vol->dev, EFS_C_XATTR_ACL));
	KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &chmod), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(u->vol->dev, EFS_C_XATTR_ACL));
	KUNIT_EXPECT_EQ(test, mode_of(f), 0644);
	KUNIT_EXPECT_EQ(test, efs_ea_set(efs_ext2_inode(f), &access, "", 0, 0), 0);
	KUNIT_EXPECT_EQ(test, efs_node_getxattr(f, ACCESS, SIZE(ACCESS), NULL, 0, &done),
			-EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(u->vol->dev, EFS_C_XATTR_ACL));
	/* it can be got rid of */
	KUNIT_EXPECT_EQ(test, drop(f, ACCESS), 0);
	KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &chmod), 0);
	efs_node_put(f);
	efs_node_put(u->root);
	KUNIT_EXPECT_EQ(test, efs_fs_unmount(u->fs), 0);
	u->vol->mounted = false;
	efs_test_end_dirty(u->vol);
}

static struct kunit_case unix_xattr_cases[] = {
	KUNIT_CASE_PARAM(names, kinds_gen_params),
	KUNIT_CASE_PARAM(fixed, kinds_gen_params),
	KUNIT_CASE_PARAM(modes, kinds_gen_params),
	KUNIT_CASE_PARAM(inherited, kinds_gen_params),
	KUNIT_CASE_PARAM(no_memory, kinds_gen_params),
	KUNIT_CASE(bad_list),
	{}
};

static struct kunit_suite unix_xattr_suite = {
	.name = "efsext2_unix_xattr",
	.init = unix_init,
	.exit = unix_exit,
	.test_cases = unix_xattr_cases,
};

kunit_test_suite(unix_xattr_suite);
