// SPDX-License-Identifier: GPL-2.0
/*
 * Paths to files (core/unix/walk.c) and changes by path (change.c).
 *
 * Tests: core/unix/walk.c core/unix/change.c
 *
 * Locks: none, one thread runs.
 */
#include "unix_fs.h"
#include "../core/unix/walk.h"

/*
 * What the rows find. Each link is known by its target.
 *
 *	/a/b/c/f	a file; /a and below belong to 1000, /a/b may not be searched by others
 *	/d/...
 */
static const struct node {
	const char *path;
	const char *target;	/* of a link */
	bool dir;
} tree[] = {
	{ "/a", NULL, true }, { "/a/b", NULL, true }, { "/a/b/c", NULL, true },
	{ "/a/b/c/f", NULL, false }, { "/d", NULL, true }, { "/d/e", NULL, true },
	{ "/f", NULL, false }, { "/d/f", NULL, false },
	{ "/to_a", "a", false }, { "/to_f", "f", false }, { "/to_b", "/a/b", false },
	{ "/a/up", "../d/e", false }, { "/d/e/back", "../../a/up/../f", false },
	{ "/self", "self", false }, { "/x", "y", false }, { "/y", "x", false },
	{ "/nowhere", "gone", false }, { "/slash", "f/", false }, { "/dslash", "d/", false },
	{ "/root", "/", false }, { "/root2", "//", false }, { "/dot", ".", false },
	{ "/a/b/bb", "..", false }, { "/via", "to_a/b/../b/c", false },
};

/*
 * @path: an M stands for a name of 256 bytes
 * @cwd: NULL: none is given
 * @found: path without links or dots of what is found, if @err is 0
 */
static const struct row {
	const char *name, *path, *cwd;
	u32 flags;
	const char *found;
	int err;
} rows[] = {
	{ "root", "/", NULL, 0, "/", 0 },
	{ "two_slashes", "//", "/a", 0, "/", 0 },
	{ "three_slashes", "///", "/a", 0, "/", 0 },
	{ "two_slashes_and_more", "//d/e", "/a", 0, "/d/e", 0 },
	{ "empty", "", NULL, 0, NULL, -ENOENT },
	{ "dot", ".", "/a/b", 0, "/a/b", 0 },
	{ "dot_without_cwd", ".", NULL, 0, "/", 0 },
	{ "dotdot", "..", "/a/b", 0, "/a", 0 },
	{ "dotdot_of_root", "/..", NULL, 0, "/", 0 },
	{ "dotdots_of_root", "../../../d", "/a", 0, "/d", 0 },
	{ "absolute", "/a/b/c/f", "/d", 0, "/a/b/c/f", 0 },
	{ "relative", "b/c/f", "/a", 0, "/a/b/c/f", 0 },
	{ "many_slashes", "//a///b//c////f", NULL, 0, "/a/b/c/f", 0 },
	{ "dots_inside", "/a/./b/.././b/c/../../b", NULL, 0, "/a/b", 0 },
	{ "slash_behind_dir", "/a/b/", NULL, 0, "/a/b", 0 },
	{ "slashes_behind_dir", "/a/b///", NULL, 0, "/a/b", 0 },
	{ "dot_behind_dir", "/a/b/.", NULL, 0, "/a/b", 0 },
	{ "slash_behind_file", "/f/", NULL, 0, NULL, -ENOTDIR },
	{ "dot_behind_file", "/f/.", NULL, 0, NULL, -ENOTDIR },
	{ "dotdot_behind_file", "/f/..", NULL, 0, NULL, -ENOTDIR },
	{ "file_as_dir", "/f/x", NULL, 0, NULL, -ENOTDIR },
	{ "missing", "/a/x", NULL, 0, NULL, -ENOENT },
	{ "missing_slash", "/a/x/", NULL, 0, NULL, -ENOENT },
	{ "missing_inside", "/a/x/y", NULL, 0, NULL, -ENOENT },
	{ "missing_dotdot", "/x1/..", NULL, 0, NULL, -ENOENT },
	{ "link", "/to_f", NULL, 0, "/f", 0 },
	{ "link_itself", "/to_f", NULL, EFS_WALK_NOFOLLOW, "/to_f", 0 },
	{ "link_inside", "/to_a/b", NULL, EFS_WALK_NOFOLLOW, "/a/b", 0 },
	/* the component behind a link is not lost */
	{ "link_and_two_more", "/to_a/b/c", NULL, 0, "/a/b/c", 0 },
	{ "link_and_three_more", "/to_b/c/f", NULL, 0, "/a/b/c/f", 0 },
	{ "link_slash_follows", "/to_a/", NULL, EFS_WALK_NOFOLLOW, "/a", 0 },
	{ "link_dot_follows", "/to_a/.", NULL, EFS_WALK_NOFOLLOW, "/a", 0 },
	{ "link_to_file_slash", "/to_f/", NULL, 0, NULL, -ENOTDIR },
	{ "link_to_file_slash_nofollow", "/to_f/", NULL, EFS_WALK_NOFOLLOW, NULL, -ENOTDIR },
	{ "link_dotdot", "/to_b/..", NULL, 0, "/a", 0 },
	{ "link_relative_to_its_dir", "/a/up", "/d", 0, "/d/e", 0 },
	{ "link_to_link", "/d/e/back", NULL, 0, "/d/f", 0 },
	{ "link_twice", "/a/up/../../a/up", NULL, 0, "/d/e", 0 },
	{ "links_with_one_target", "/a/b/bb/b/bb/b/bb", NULL, 0, "/a", 0 },
	{ "link_via_link", "/via/f", NULL, 0, "/a/b/c/f", 0 },
	{ "link_to_root", "/root/a", "/d", 0, "/a", 0 },
	{ "link_to_root2", "/root2/a", "/d", 0, "/a", 0 },
	{ "link_to_dot", "/dot/dot/dot/a", NULL, 0, "/a", 0 },
	{ "link_with_slash", "/slash", NULL, 0, NULL, -ENOTDIR },
	{ "link_with_slash_to_dir", "/dslash", NULL, 0, "/d", 0 },
	{ "link_with_slash_and_more", "/dslash/e", NULL, 0, "/d/e", 0 },
	{ "link_to_nothing", "/nowhere", NULL, 0, NULL, -ENOENT },
	{ "link_to_nothing_itself", "/nowhere", NULL, EFS_WALK_NOFOLLOW, "/nowhere", 0 },
	{ "loop", "/self", NULL, 0, NULL, -ELOOP },
	{ "loop_inside", "/self/x", NULL, EFS_WALK_NOFOLLOW, NULL, -ELOOP },
	{ "loop_itself", "/self", NULL, EFS_WALK_NOFOLLOW, "/self", 0 },
	{ "loop_of_two", "/x/..", NULL, 0, NULL, -ELOOP },
	{ "cwd_is_a_file", ".", "/f", 0, NULL, -ENOTDIR },
	{ "long_name", "M", NULL, 0, NULL, -ENAMETOOLONG },
	{ "long_name_inside", "/M/x", NULL, 0, NULL, -ENAMETOOLONG },
	{ "long_name_behind_file", "/f/M", NULL, 0, NULL, -ENOTDIR },
};

EFS_TEST_ROWS(rows);

/**
 * struct scene - a tree on each kind of file system
 * @w: starts at the root, for nobody in particular
 */
struct walk_scene {
	struct unix_test *u;
	struct efs_where w;
};

static struct efs_node *must_find(struct walk_scene *s, const char *path)
{
	struct efs_node *node = NULL;

	KUNIT_ASSERT_EQ_MSG(s->u->test, efs_walk(&s->w, path, strlen(path), EFS_WALK_NOFOLLOW,
						 &node), 0, "%s", path);
	return node;
}

static void scene_begin(struct kunit *test, enum unix_kind kind, struct walk_scene *s)
{
	u32 i;

	memset(s, 0, sizeof(*s));
	s->u = unix_begin(test, kind);
	s->w.fs = s->u->fs;
	for (i = 0; i < ARRAY_SIZE(tree); i++) {
		struct efs_new n = { .mode = EFS_S_IFREG | 0644, .target = tree[i].target };

		if (n.target) {
			n.mode = EFS_S_IFLNK | 0777;
			n.target_len = strlen(n.target);
		} else if (tree[i].dir) {
			n.mode = EFS_S_IFDIR | 0755;
		}
		KUNIT_ASSERT_EQ(test, efs_path_create(&s->w, tree[i].path, strlen(tree[i].path),
						      &n, NULL), 0);
	}
}

static void row(struct kunit *test)
{
	const struct row *r = test->param_value;
	const char *path = r->path, *m = strchr(path, 'M');
	struct efs_node *node, *want;
	char buf[300];
	u32 k;

	if (m) {
		/* 256 bytes in its place */
		memset(buf, 'n', sizeof(buf));
		memcpy(buf, path, m - path);
		memcpy(buf + (m - path) + 256, m + 1, strlen(m));
		path = buf;
	}
	for (k = 0; k < UNIX_KINDS; k++) {
		struct walk_scene s;

		scene_begin(test, k, &s);
		s.w.cwd = r->cwd ? must_find(&s, r->cwd) : NULL;
		KUNIT_EXPECT_EQ_MSG(test, efs_walk(&s.w, path, strlen(path), r->flags, &node),
				    r->err, "%s", s.u->name);
		if (!r->err) {
			want = must_find(&s, r->found);
			KUNIT_EXPECT_PTR_EQ(test, node, want);
			efs_node_put(want);
			efs_node_put(node);
		}
		efs_node_put(s.w.cwd);
		unix_end(s.u);
	}
}

/* 40 links, in a chain or one after the other, and no more */
static void count_links(struct kunit *test)
{
	struct efs_new n = { .mode = EFS_S_IFLNK | 0777 };
	struct walk_scene s;
	struct efs_node *node;
	char name[16], target[16], *path = efs_test_zalloc(400);
	u32 i;

	scene_begin(test, UNIX_MEM, &s);
	for (i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "chain%u", i);
		snprintf(target, sizeof(target), i > 1 ? "chain%u" : "f", i - 1);
		n.target = target;
		n.target_len = strlen(target);
		KUNIT_ASSERT_EQ(test, efs_path_create(&s.w, name, strlen(name), &n, NULL), 0);
	}
	KUNIT_EXPECT_EQ(test, efs_walk(&s.w, "chain40", 7, 0, &node), 0);
	efs_node_put(node);
	KUNIT_EXPECT_EQ(test, efs_walk(&s.w, "chain41", 7, 0, &node), -ELOOP);
	KUNIT_EXPECT_EQ(test, efs_walk(&s.w, "chain41", 7, EFS_WALK_NOFOLLOW, &node), 0);
	efs_node_put(node);
	for (i = 0; i < 40; i++)
		memcpy(path + 4 * i, "dot/", 4);
	KUNIT_EXPECT_EQ(test, efs_walk(&s.w, path, 160, 0, &node), 0);
	efs_node_put(node);
	memcpy(path + 160, "dot", 3);
	KUNIT_EXPECT_EQ(test, efs_walk(&s.w, path, 163, 0, &node), -ELOOP);
	efs_test_mfree(path);
	unix_end(s.u);
}

/* 4095 bytes are a path, 4096 are not; nor when a link makes them */
static void long_paths(struct kunit *test)
{
	struct efs_new n = { .mode = EFS_S_IFLNK | 0777 };
	char *path = efs_test_zalloc(5000);
	struct walk_scene s;
	struct efs_node *node;
	struct efs_last last;

	scene_begin(test, UNIX_MEM, &s);
	memset(path, '/', 5000);
	path[4094] = 'f';
	KUNIT_EXPECT_EQ(test, efs_walk(&s.w, path, 4095, 0, &node), 0);
	efs_node_put(node);
	KUNIT_EXPECT_EQ(test, efs_walk(&s.w, path, 4096, 0, &node), -ENAMETOOLONG);
	KUNIT_EXPECT_EQ(test, efs_walk_last(&s.w, path, 4096, &last), -ENAMETOOLONG);
	/* a target of 1000 bytes */
	n.target = path;
	n.target_len = 1000;
	KUNIT_ASSERT_EQ(test, efs_path_create(&s.w, "l", 1, &n, NULL), 0);
	path[0] = 'l';
	path[3095] = 'f';
	KUNIT_EXPECT_EQ(test, efs_walk(&s.w, path, 3096, 0, &node), 0);
	efs_node_put(node);
	path[3095] = '/';
	path[3096] = 'f';
	KUNIT_EXPECT_EQ(test, efs_walk(&s.w, path, 3097, 0, &node), -ENAMETOOLONG);
	efs_test_mfree(path);
	unix_end(s.u);
}

/* memory that fails, and names that cannot be */
static void failures(struct kunit *test)
{
	struct walk_scene s;
	struct efs_node *node;

	scene_begin(test, UNIX_MEM, &s);
	efs_test_nosb.fail = 1;
	KUNIT_EXPECT_EQ(test, efs_walk(&s.w, "/to_a", 5, 0, &node), -ENOMEM);
	efs_test_nosb.fail = 0;
	KUNIT_EXPECT_EQ(test, efs_walk(&s.w, "/a\0b", 4, 0, &node), -EINVAL);
	unix_end(s.u);
}

/* a root of one's own: nothing is above it, and absolute links stay inside */
static void own_root(struct kunit *test)
{
	struct efs_new n = { .mode = EFS_S_IFLNK | 0777, .target = "/c/f", .target_len = 4 };
	struct walk_scene s;
	struct efs_node *node, *want;

	scene_begin(test, UNIX_MEM, &s);
	KUNIT_ASSERT_EQ(test, efs_path_create(&s.w, "/a/b/abs", 8, &n, NULL), 0);
	want = must_find(&s, "/a/b/c/f");
	s.w.root = must_find(&s, "/a/b");
	KUNIT_EXPECT_EQ(test, efs_walk(&s.w, "/../../c/f", 10, 0, &node), 0);
	KUNIT_EXPECT_PTR_EQ(test, node, want);
	efs_node_put(node);
	KUNIT_EXPECT_EQ(test, efs_walk(&s.w, "//c/../../abs", 13, 0, &node), 0);
	KUNIT_EXPECT_PTR_EQ(test, node, want);
	efs_node_put(node);
	KUNIT_EXPECT_EQ(test, efs_walk(&s.w, "bb", 2, 0, &node), 0);
	KUNIT_EXPECT_PTR_EQ(test, node, s.w.root);
	efs_node_put(node);
	efs_node_put(s.w.root);
	efs_node_put(want);
	unix_end(s.u);
}

static void chmod(struct walk_scene *s, const char *path, u16 mode, u32 uid)
{
	struct efs_setattr set = { .mask = EFS_SET_MODE | EFS_SET_UID, .mode = mode, .uid = uid };
	struct efs_node *node = must_find(s, path);

	KUNIT_ASSERT_EQ(s->u->test, efs_node_setattr(node, &set), 0);
	efs_node_put(node);
}

static void credentials(struct kunit *test)
{
	static const struct { const char *path; int err, all; } finds[] = {
		{ "/a", 0 }, { "/a/b", 0 }, { "/a/b/", 0 }, { "/a/b/.", -EACCES },
		{ "/a/b/..", -EACCES }, { "/a/b/c", -EACCES }, { "/a/b/x", -EACCES, -ENOENT },
		{ "/to_b/c", -EACCES }, { "/to_b", 0 }, { "/via", -EACCES }, { "/d/f", 0 },
	};
	struct efs_new n = { .mode = EFS_S_IFREG | 0644, .uid = 500 };
	struct efs_cred cred = { .uid = 500, .gid = 500 };
	struct walk_scene s;
	struct efs_node *node, *f;
	u32 i;

	scene_begin(test, UNIX_MEM, &s);
	f = must_find(&s, "/f");
	chmod(&s, "/a/b", 0750, 1000);
	chmod(&s, "/d", 0777, 1000);
	chmod(&s, "/d/e", 01777, 1000);
	for (i = 0; i < ARRAY_SIZE(finds); i++) {
		int err;

		s.w.cred = &cred;
		err = efs_walk(&s.w, finds[i].path, strlen(finds[i].path), 0, &node);
		KUNIT_EXPECT_EQ_MSG(test, err, finds[i].err, "%s", finds[i].path);
		if (!err)
			efs_node_put(node);
		/* root, and who asks nothing, may do all that */
		s.w.cred = NULL;
		KUNIT_EXPECT_EQ(test, efs_walk(&s.w, finds[i].path, strlen(finds[i].path), 0,
					       &node), finds[i].all);
		if (!finds[i].all)
			efs_node_put(node);
	}
	s.w.cred = &cred;
	KUNIT_EXPECT_EQ(test, efs_path_create(&s.w, "/new", 4, &n, NULL), -EACCES);
	KUNIT_EXPECT_EQ(test, efs_path_create(&s.w, "/f", 2, &n, NULL), -EEXIST);
	KUNIT_EXPECT_EQ(test, efs_path_create(&s.w, "/d/new", 6, &n, NULL), 0);
	KUNIT_EXPECT_EQ(test, efs_path_link(&s.w, f, "/new", 4), -EACCES);
	KUNIT_EXPECT_EQ(test, efs_path_link(&s.w, f, "/d/e/f", 6), 0);
	KUNIT_EXPECT_EQ(test, efs_path_unlink(&s.w, "/f", 2), -EACCES);
	KUNIT_EXPECT_EQ(test, efs_path_unlink(&s.w, "/gone", 5), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_path_rmdir(&s.w, "/d/e", 4), -ENOTEMPTY);
	KUNIT_EXPECT_EQ(test, efs_path_rmdir(&s.w, "/a", 2), -EACCES);
	/* another's file in a sticky directory */
	KUNIT_EXPECT_EQ(test, efs_path_unlink(&s.w, "/d/e/f", 6), -EPERM);
	KUNIT_EXPECT_EQ(test, efs_path_rename(&s.w, "/d/e/f", 6, "/d/x", 4, 0), -EPERM);
	KUNIT_EXPECT_EQ(test, efs_path_rename(&s.w, "/d/new", 6, "/d/e/f", 6, 0), -EPERM);
	KUNIT_EXPECT_EQ(test, efs_path_rename(&s.w, "/d/new", 6, "/x1", 3, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, efs_path_rename(&s.w, "/d/new", 6, "/d/e/g", 6, 0), 0);
	KUNIT_EXPECT_EQ(test, efs_path_remove(&s.w, "/a/b", 4), -EACCES);
	KUNIT_EXPECT_EQ(test, efs_path_remove(&s.w, "/d", 2), -EACCES);
	KUNIT_EXPECT_EQ(test, efs_path_remove(&s.w, "/d/e/g", 6), 0);
	unix_set_rdonly(s.u, true);
	KUNIT_EXPECT_EQ(test, efs_path_create(&s.w, "/new", 4, &n, NULL), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_path_unlink(&s.w, "/f", 2), -EROFS);
	unix_set_rdonly(s.u, false);
	efs_node_put(f);
	unix_end(s.u);
}

/* changes by path: what the last component may be, and a slash behind it */
static const struct change {
	const char *name;
	enum { MKDIR, MKFILE, LINKF, UNLINK, RMDIR, RENAME, EXCHANGE, NOREPL, REMOVE } op;
	const char *path, *to;
	int err;
} changes[] = {
	{ "mkdir", MKDIR, "/a/new", NULL, 0 },
	{ "mkdir_slash", MKDIR, "/a/new//", NULL, 0 },
	{ "mkdir_relative", MKDIR, "new", NULL, 0 },
	{ "mkdir_through_link", MKDIR, "/to_a/new", NULL, 0 },
	{ "mkdir_root", MKDIR, "/", NULL, -EEXIST },
	{ "mkdir_root2", MKDIR, "//", NULL, -EEXIST },
	{ "mkdir_dot", MKDIR, "/a/.", NULL, -EEXIST },
	{ "mkdir_dotdot", MKDIR, "/a/..", NULL, -EEXIST },
	{ "mkdir_dot_of_nothing", MKDIR, "/new/.", NULL, -ENOENT },
	{ "mkdir_empty", MKDIR, "", NULL, -ENOENT },
	{ "mkdir_on_link", MKDIR, "/nowhere", NULL, -EEXIST },
	{ "mkdir_in_file", MKDIR, "/f/new", NULL, -ENOTDIR },
	{ "mkdir_in_nothing", MKDIR, "/new/new", NULL, -ENOENT },
	{ "create", MKFILE, "/a/new", NULL, 0 },
	{ "create_slash", MKFILE, "/a/new/", NULL, -ENOENT },
	{ "create_slash_exists", MKFILE, "/f/", NULL, -EEXIST },
	{ "link", LINKF, "/a/new", NULL, 0 },
	{ "link_slash", LINKF, "/a/new/", NULL, -ENOENT },
	{ "link_exists", LINKF, "/to_a", NULL, -EEXIST },
	{ "unlink", UNLINK, "/d/f", NULL, 0 },
	{ "unlink_link", UNLINK, "/to_a", NULL, 0 },
	{ "unlink_slash", UNLINK, "/d/f/", NULL, -ENOTDIR },
	{ "unlink_link_slash", UNLINK, "/to_a/", NULL, -ENOTDIR },
	{ "unlink_dir_slash", UNLINK, "/a/", NULL, -EISDIR },
	{ "unlink_nothing_slash", UNLINK, "/new/", NULL, -ENOENT },
	{ "unlink_root", UNLINK, "/", NULL, -EISDIR },
	{ "unlink_dot", UNLINK, "/a/.", NULL, -EISDIR },
	{ "rmdir", RMDIR, "/a/b/c", NULL, -ENOTEMPTY },
	{ "rmdir_slash", RMDIR, "/lost+found/", NULL, 0 },
	{ "rmdir_root", RMDIR, "/", NULL, -EBUSY },
	{ "rmdir_dot", RMDIR, "/a/.", NULL, -EINVAL },
	{ "rmdir_dotdot", RMDIR, "/a/b/..", NULL, -ENOTEMPTY },
	{ "rmdir_link", RMDIR, "/dslash", NULL, -ENOTDIR },
	{ "rmdir_link_slash", RMDIR, "/dslash/", NULL, -ENOTDIR },
	{ "rename", RENAME, "/d/f", "/a/b/new", 0 },
	{ "rename_link", RENAME, "/to_a", "/new", 0 },
	{ "rename_slash", RENAME, "/f/", "/new", -ENOTDIR },
	{ "rename_to_slash", RENAME, "/f", "/new/", -ENOTDIR },
	{ "rename_dir_slashes", RENAME, "/a/b/", "/new/", 0 },
	{ "rename_nothing_slash", RENAME, "/gone/", "/new/", -ENOENT },
	{ "rename_root", RENAME, "/", "/new", -EBUSY },
	{ "rename_to_root", RENAME, "/a", "/", -EBUSY },
	{ "rename_to_dot", RENAME, "/a", "/d/.", -EBUSY },
	{ "rename_below", RENAME, "/a", "/to_b/new", -EINVAL },
	{ "noreplace_root", NOREPL, "/a", "/", -EEXIST },
	{ "noreplace_slash", NOREPL, "/f", "/d/", -EEXIST },
	{ "exchange_slash", EXCHANGE, "/f", "/d/", 0 },
	{ "exchange_file_slash", EXCHANGE, "/d", "/f/", -ENOTDIR },
	{ "exchange_old_slash", EXCHANGE, "/f/", "/d", -ENOTDIR },
	{ "remove_tree", REMOVE, "/a", NULL, 0 },
	{ "remove_tree_slash", REMOVE, "/a/", NULL, 0 },
	{ "remove_file", REMOVE, "/f", NULL, 0 },
	{ "remove_file_slash", REMOVE, "/f/", NULL, -ENOTDIR },
	{ "remove_link", REMOVE, "/to_a", NULL, 0 },
	{ "remove_link_slash", REMOVE, "/dslash/", NULL, -ENOTDIR },
	{ "remove_root", REMOVE, "/", NULL, -EBUSY },
	{ "remove_dot", REMOVE, "/a/.", NULL, -EINVAL },
	{ "remove_nothing", REMOVE, "/new", NULL, -ENOENT },
};

EFS_TEST_ROWS(changes);

static int change_do(struct walk_scene *s, const struct change *c)
{
	struct efs_new n = { .mode = (c->op == MKDIR ? EFS_S_IFDIR : EFS_S_IFREG) | 0755 };
	size_t len = strlen(c->path), to = c->to ? strlen(c->to) : 0;
	struct efs_node *node;
	int err;

	switch (c->op) {
	case MKDIR:
	case MKFILE:
		return efs_path_create(&s->w, c->path, len, &n, NULL);
	case LINKF:
		node = must_find(s, "/f");
		err = efs_path_link(&s->w, node, c->path, len);
		efs_node_put(node);
		return err;
	case UNLINK:
		return efs_path_unlink(&s->w, c->path, len);
	case RMDIR:
		return efs_path_rmdir(&s->w, c->path, len);
	case REMOVE:
		return efs_path_remove(&s->w, c->path, len);
	case EXCHANGE:
		return efs_path_rename(&s->w, c->path, len, c->to, to, EFS_RENAME_EXCHANGE);
	case NOREPL:
		return efs_path_rename(&s->w, c->path, len, c->to, to, EFS_RENAME_NOREPLACE);
	default:
		return efs_path_rename(&s->w, c->path, len, c->to, to, 0);
	}
}

static void change(struct kunit *test)
{
	const struct change *c = test->param_value;
	struct walk_scene s[UNIX_KINDS];
	u32 k;

	for (k = 0; k < UNIX_KINDS; k++) {
		scene_begin(test, k, &s[k]);
		KUNIT_EXPECT_EQ_MSG(test, change_do(&s[k], c), c->err, "%s", s[k].u->name);
	}
	for (k = 1; k < UNIX_KINDS; k++)
		unix_compare(s[0].u, s[k].u);
	for (k = 0; k < UNIX_KINDS; k++)
		unix_end(s[k].u);
}

/* a tree deeper than any stack, with more names in a directory than one look shows */
static void deep_removal(struct kunit *test)
{
	struct efs_new d = { .mode = EFS_S_IFDIR | 0755 }, f = { .mode = EFS_S_IFREG | 0644 };
	struct efs_node *dir, *next;
	struct walk_scene s;
	char name[16];
	u64 before;
	u32 i, j;

	scene_begin(test, UNIX_MEM, &s);
	before = efs_memfs_nodes(s.u->fs);
	KUNIT_ASSERT_EQ(test, efs_path_create(&s.w, "/t", 2, &d, &dir), 0);
	for (i = 0; i < 3000; i++) {
		for (j = 0; j < (i % 500 ? 2 : 100); j++) {
			snprintf(name, sizeof(name), "f%u", j);
			KUNIT_ASSERT_EQ(test, efs_node_create(dir, name, strlen(name), &f, NULL),
					0);
		}
		KUNIT_ASSERT_EQ(test, efs_node_create(dir, "d", 1, &d, &next), 0);
		efs_node_put(dir);
		dir = next;
	}
	efs_node_put(dir);
	/* the memory it takes fails: what is left can be removed later */
	efs_test_nosb.fail = 2000;
	KUNIT_EXPECT_EQ(test, efs_path_remove(&s.w, "/t", 2), -ENOMEM);
	efs_test_nosb.fail = 0;
	KUNIT_EXPECT_EQ(test, efs_path_remove(&s.w, "/t", 2), 0);
	KUNIT_EXPECT_EQ(test, efs_memfs_nodes(s.u->fs), before);
	unix_end(s.u);
}

/* what stands in the way ends the removal, and says why */
static void stopped_removal(struct kunit *test)
{
	struct efs_setattr fix = { .mask = EFS_SET_FLAGS, .flags = EFS_STAT_IMMUTABLE };
	struct walk_scene s;
	struct efs_node *node;

	scene_begin(test, UNIX_MEM, &s);
	node = must_find(&s, "/a/b/c/f");
	KUNIT_ASSERT_EQ(test, efs_node_setattr(node, &fix), 0);
	KUNIT_EXPECT_EQ(test, efs_path_remove(&s.w, "/a", 2), -EPERM);
	fix.flags = 0;
	KUNIT_ASSERT_EQ(test, efs_node_setattr(node, &fix), 0);
	KUNIT_EXPECT_EQ(test, efs_path_remove(&s.w, "/a", 2), 0);
	efs_node_put(node);
	unix_end(s.u);
}

/*
 * A file system that only reads, as somebody else might write it: a root with a link in
 * it that leads nowhere at all, and a directory that is its own child.
 */
static struct stranger {
	struct efs_fs fs;
	struct efs_node root, link;
	u32 refs, loops;
} stranger;

static int stranger_root(struct efs_fs *fs, bool two, struct efs_node **out)
{
	*out = efs_node_get(&stranger.root);
	return 0;
}

static void stranger_get(struct efs_node *node)
{
	stranger.refs++;
}

static void stranger_put(struct efs_node *node)
{
	stranger.refs--;
}

static int stranger_lookup(struct efs_node *dir, const char *name, size_t len,
			   struct efs_node **out)
{
	if (len != 1)
		return -ENOENT;
	*out = efs_node_get(name[0] == 'l' ? &stranger.link : &stranger.root);
	return 0;
}

static void stranger_stat(struct efs_node *node, struct efs_stat *st)
{
	st->mode = node->type | 0777;
	st->nlink = 2;
}

static int stranger_loop(struct efs_node *dir)
{
	stranger.loops++;
	return -EUCLEAN;
}

static int stranger_statfs(struct efs_fs *fs, struct efs_fs_stat *st)
{
	return 0;
}

static void foreign(struct kunit *test)
{
	static const struct efs_read_ops rd = {
		.root = stranger_root, .get = stranger_get, .put = stranger_put,
		.lookup = stranger_lookup, .stat = stranger_stat, .loop = stranger_loop,
		.statfs = stranger_statfs,
	};
	struct efs_new n = { .mode = EFS_S_IFREG | 0644 };
	struct efs_where w = { .fs = &stranger.fs };
	struct efs_fs_stat st;
	struct efs_node *node;
	size_t done;
	u64 at;

	memset(&stranger, 0, sizeof(stranger));
	efs_fs_init(&stranger.fs, &rd, NULL, 9);
	efs_node_init(&stranger.root, &stranger.fs, 1, EFS_S_IFDIR);
	efs_node_init(&stranger.link, &stranger.fs, 2, EFS_S_IFLNK);
	/* an empty target */
	KUNIT_EXPECT_EQ(test, efs_walk(&w, "l", 1, 0, &node), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_walk(&w, "l/", 2, EFS_WALK_NOFOLLOW, &node), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_walk(&w, "l", 1, EFS_WALK_NOFOLLOW, &node), 0);
	KUNIT_EXPECT_EQ(test, efs_node_seek(node, 0, true, &at), -EINVAL);
	efs_node_put(node);
	KUNIT_EXPECT_EQ(test, efs_walk(&w, "d/d/d/x1", 8, 0, &node), -ENOENT);
	/* nothing can be written */
	KUNIT_EXPECT_EQ(test, efs_path_create(&w, "x1", 2, &n, NULL), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_path_unlink(&w, "l", 1), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_path_rename(&w, "l", 1, "m", 1, 0), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(&stranger.link, "user.a", 6, "", 0, 0), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_node_write(&stranger.root, 0, "", 1, &done), -EISDIR);
	KUNIT_EXPECT_EQ(test, efs_fs_sync(&stranger.fs), 0);
	KUNIT_EXPECT_EQ(test, efs_node_fsync(&stranger.link), 0);
	KUNIT_EXPECT_EQ(test, efs_fs_statfs(&stranger.fs, &st), 0);
	KUNIT_EXPECT_EQ(test, st.dev, 9);
	KUNIT_EXPECT_TRUE(test, st.rdonly);
	KUNIT_EXPECT_EQ(test, stranger.refs, 0);
	KUNIT_EXPECT_EQ(test, stranger.loops, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(row, rows_gen_params),
	KUNIT_CASE(count_links),
	KUNIT_CASE(long_paths),
	KUNIT_CASE(failures),
	KUNIT_CASE(own_root),
	KUNIT_CASE(credentials),
	KUNIT_CASE_PARAM(change, changes_gen_params),
	KUNIT_CASE(deep_removal),
	KUNIT_CASE(stopped_removal),
	KUNIT_CASE(foreign),
	{}
};

static struct kunit_suite suite = {
	.name = "efsext2_unix_walk",
	.init = unix_init,
	.exit = unix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
