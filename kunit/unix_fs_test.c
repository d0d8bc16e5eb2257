// SPDX-License-Identifier: GPL-2.0
/*
 * The general interface (core/unix/fs.h): rows of operations with the result each must
 * have, done on every file system that can be written. In the end they must look the same.
 *
 * Tests: core/unix/fs.c core/unix/names.c core/unix/memfs.c
 *
 * Locks: none, one thread runs.
 */
#include "unix_fs.h"

#define STEPS 16

/*
 * @path: where; of rename and link where from, and @to where to
 * @arg: size, mode, offset, flags of a rename, or the value that is expected
 */
struct step {
	enum { END, MKDIR, MKFILE, MKFIFO, MKSOCK, MKCHR, MKBLK, MKNONE, SYMLINK, LINK, UNLINK,
	       RMDIR, RENAME, PWRITE, TRUNC, PREAD, LOOKUP, NLINK, SIZE, MODE, FLAGS, CHMOD,
	       CHOWN, READDIR, READLINK, SAME, TMPLINK } op;
	const char *path, *to;
	u64 arg;
	int err;
};

#define LONG255 "L"	/* stands for a name of 255 bytes */
#define LONG256 "M"	/* and of 256 */

static const struct row {
	const char *name;
	struct step steps[STEPS];
} rows[] = {
	{ "types", { { MKFILE, "f" }, { MKDIR, "d" }, { MKFIFO, "p" }, { MKSOCK, "s" },
		     { MKCHR, "c" }, { MKBLK, "b" }, { SYMLINK, "l", "target" },
		     { NLINK, "d", NULL, 2 }, { NLINK, "f", NULL, 1 }, { NLINK, "", NULL, 4 },
		     { SIZE, "l", NULL, 6 }, { READLINK, "l", "target" } } },
	{ "no_type", { { MKNONE, "x", NULL, 0, -EINVAL }, { LOOKUP, "x", NULL, 0, -ENOENT } } },
	{ "create_exists", { { MKFILE, "f" }, { MKFILE, "f", NULL, 0, -EEXIST },
			     { MKDIR, "f", NULL, 0, -EEXIST }, { MKDIR, "d" },
			     { MKFILE, "d", NULL, 0, -EEXIST },
			     { SYMLINK, "d", "t", 0, -EEXIST } } },
	{ "create_dots", { { MKDIR, ".", NULL, 0, -EEXIST }, { MKFILE, "..", NULL, 0, -EEXIST },
			   { MKFILE, "...", NULL }, { MKDIR, ".x" }, { MKDIR, "..x" } } },
	{ "create_names", { { MKFILE, LONG255 }, { MKFILE, LONG256, NULL, 0, -ENAMETOOLONG },
			    { LOOKUP, LONG256, NULL, 0, -ENAMETOOLONG }, { LOOKUP, LONG255 },
			    { MKFILE, "", NULL, 0, -ENOENT }, { MKFILE, "a\xff\x01 b" },
			    { LOOKUP, "a\xff\x01 b" } } },
	{ "create_in_file", { { MKFILE, "f" }, { MKFILE, "f/x", NULL, 0, -ENOTDIR },
			      { LOOKUP, "f/x", NULL, 0, -ENOTDIR },
			      { LOOKUP, "f/.", NULL, 0, -ENOTDIR },
			      { READDIR, "f", NULL, 0, -ENOTDIR },
			      { UNLINK, "f/x", NULL, 0, -ENOTDIR },
			      { RMDIR, "f/x", NULL, 0, -ENOTDIR } } },
	{ "symlink", { { SYMLINK, "e", "", 0, -ENOENT }, { SYMLINK, "l", "a/b/../c" },
		       { READLINK, "l", "a/b/../c" }, { MKFILE, "f" },
		       { READLINK, "f", "", 0, -EINVAL }, { MKDIR, "d" },
		       { READLINK, "d", "", 0, -EINVAL },
		       { PREAD, "l", NULL, 0, -EINVAL }, { PWRITE, "l", NULL, 1, -EINVAL },
		       { TRUNC, "l", NULL, 0, -EINVAL } } },
	{ "symlink_lengths", {
		{ SYMLINK, "a", "12345678901234567890123456789012345678901234567890123456789" },
		{ SYMLINK, "b", "123456789012345678901234567890123456789012345678901234567890" },
		{ SIZE, "a", NULL, 59 }, { SIZE, "b", NULL, 60 },
		{ READLINK, "a",
		  "12345678901234567890123456789012345678901234567890123456789" },
		{ READLINK, "b",
		  "123456789012345678901234567890123456789012345678901234567890" } } },
	{ "unlink", { { MKFILE, "f" }, { PWRITE, "f", NULL, 3000 }, { UNLINK, "f" },
		      { UNLINK, "f", NULL, 0, -ENOENT }, { MKDIR, "d" },
		      { UNLINK, "d", NULL, 0, -EISDIR }, { UNLINK, ".", NULL, 0, -EISDIR },
		      { UNLINK, "..", NULL, 0, -EISDIR }, { UNLINK, "", NULL, 0, -ENOENT },
		      { UNLINK, LONG256, NULL, 0, -ENAMETOOLONG } } },
	{ "rmdir", { { MKDIR, "d" }, { MKFILE, "f" }, { RMDIR, "f", NULL, 0, -ENOTDIR },
		     { RMDIR, "x", NULL, 0, -ENOENT }, { RMDIR, ".", NULL, 0, -EINVAL },
		     { RMDIR, "..", NULL, 0, -ENOTEMPTY }, { MKFILE, "d/f" },
		     { RMDIR, "d", NULL, 0, -ENOTEMPTY }, { UNLINK, "d/f" }, { RMDIR, "d" },
		     { LOOKUP, "d", NULL, 0, -ENOENT }, { NLINK, "", NULL, 3 } } },
	{ "link", { { MKFILE, "f" }, { MKDIR, "d" }, { LINK, "f", "g" }, { LINK, "f", "d/h" },
		    { NLINK, "f", NULL, 3 }, { SAME, "f", "d/h" },
		    { LINK, "f", "g", 0, -EEXIST }, { LINK, "d", "e", 0, -EPERM },
		    { LINK, "d", "g", 0, -EEXIST }, { LINK, "f", "..", 0, -EEXIST },
		    { UNLINK, "f" }, { NLINK, "g", NULL, 2 },
		    { LINK, "g", LONG256, 0, -ENAMETOOLONG } } },
	{ "link_specials", { { SYMLINK, "l", "t" }, { LINK, "l", "m" }, { NLINK, "l", NULL, 2 },
			     { MKFIFO, "p" }, { LINK, "p", "q" }, { UNLINK, "p" },
			     { READLINK, "m", "t" } } },
	{ "tmpfile", { { MKDIR, "d" }, { TMPLINK, "d", "d/x" }, { NLINK, "d/x", NULL, 1 },
		       { TMPLINK, "d", "d/x", 0, -EEXIST },
		       { TMPLINK, "d", "f/x", 0, -ENOENT } } },
	{ "dotdot", { { MKDIR, "d" }, { MKDIR, "d/e" }, { SAME, "d/e/..", "d" },
		      { SAME, "d/..", "" }, { SAME, "..", "" }, { SAME, "d/.", "d" },
		      { SAME, "d/e/../../d/e", "d/e" } } },
	{ "rename", { { MKFILE, "f" }, { PWRITE, "f", NULL, 100 }, { RENAME, "f", "g" },
		      { LOOKUP, "f", NULL, 0, -ENOENT }, { SIZE, "g", NULL, 100 },
		      { MKDIR, "d" }, { RENAME, "g", "d/h" }, { SIZE, "d/h", NULL, 100 },
		      { RENAME, "x", "y", 0, -ENOENT }, { RENAME, "d/h", "d/h" },
		      { RENAME, "d", LONG255 }, { RENAME, LONG255, LONG256, 0, -ENAMETOOLONG },
		      { RENAME, LONG256, "x", 0, -ENAMETOOLONG } } },
	{ "rename_over", { { MKFILE, "f" }, { PWRITE, "f", NULL, 9 }, { MKFILE, "g" },
			   { LINK, "g", "g2" }, { RENAME, "f", "g" }, { NLINK, "g2", NULL, 1 },
			   { SIZE, "g", NULL, 9 }, { MKDIR, "d" },
			   { RENAME, "g", "d", 0, -EISDIR }, { RENAME, "d", "g", 0, -ENOTDIR },
			   { LINK, "g", "h" }, { RENAME, "g", "h" }, { LOOKUP, "g" },
			   { RENAME, "g2", "d/x" }, { RENAME, "d/x", "h" } } },
	{ "rename_dirs", { { MKDIR, "a" }, { MKDIR, "b" }, { MKDIR, "a/s" }, { MKFILE, "b/f" },
			   { RENAME, "a", "b", 0, -ENOTEMPTY }, { UNLINK, "b/f" },
			   { RENAME, "a", "b" }, { NLINK, "", NULL, 4 },
			   { NLINK, "b", NULL, 3 }, { MKDIR, "c" }, { RENAME, "b/s", "c/t" },
			   { NLINK, "b", NULL, 2 }, { NLINK, "c", NULL, 3 },
			   { SAME, "c/t/..", "c" } } },
	{ "rename_loops", { { MKDIR, "a" }, { MKDIR, "a/b" }, { MKDIR, "a/b/c" },
			    { RENAME, "a", "a/x", 0, -EINVAL },
			    { RENAME, "a", "a/b/c/x", 0, -EINVAL },
			    { RENAME, "a", "a/b", 0, -EINVAL },
			    { RENAME, "a/b/c", "a", 0, -ENOTEMPTY },
			    { RENAME, "a/b", "a", EFS_RENAME_EXCHANGE, -EINVAL },
			    { RENAME, "a", "a/b", EFS_RENAME_EXCHANGE, -EINVAL },
			    { RENAME, "a", "a" }, { RENAME, ".", "x", 0, -EBUSY },
			    { RENAME, "a", "..", 0, -EBUSY }, { RENAME, "a/b/c", "c" },
			    { RENAME, "a", "c/a" }, { SAME, "c/a/b/../../..", "" } } },
	{ "rename_flags", { { MKFILE, "f" }, { MKFILE, "g" }, { PWRITE, "g", NULL, 5 },
			    { RENAME, "f", "g", EFS_RENAME_NOREPLACE, -EEXIST },
			    { RENAME, "f", "h", EFS_RENAME_EXCHANGE, -ENOENT },
			    { RENAME, "f", "h", 4, -EINVAL }, { RENAME, "f", "h", 3, -EINVAL },
			    { RENAME, "f", "..", EFS_RENAME_NOREPLACE, -EEXIST },
			    { RENAME, "f", "g", EFS_RENAME_EXCHANGE }, { SIZE, "f", NULL, 5 },
			    { RENAME, "f", "h", EFS_RENAME_NOREPLACE },
			    { RENAME, "h", "h", EFS_RENAME_NOREPLACE, -EEXIST },
			    { RENAME, "h", "h", EFS_RENAME_EXCHANGE } } },
	{ "exchange_kinds", { { MKDIR, "a" }, { MKDIR, "b" }, { MKDIR, "a/d" }, { MKFILE, "b/f" },
			      { RENAME, "a/d", "b/f", EFS_RENAME_EXCHANGE },
			      { NLINK, "a", NULL, 2 }, { NLINK, "b", NULL, 3 },
			      { SAME, "b/f/..", "b" }, { MKDIR, "a/e" }, { MKFILE, "a/e/x" },
			      { RENAME, "a/e", "b/f", EFS_RENAME_EXCHANGE },
			      { LOOKUP, "b/f/x" }, { SAME, "a/e/..", "a" } } },
	{ "write", { { MKFILE, "f" }, { PWRITE, "f", NULL, 0 }, { SIZE, "f", NULL, 0 },
		     { PWRITE, "f", NULL, 1 }, { PWRITE, "f", NULL, 20000 },
		     { SIZE, "f", NULL, 20000 }, { PREAD, "f", NULL, 20000 }, { MKDIR, "d" },
		     { PWRITE, "d", NULL, 1, -EISDIR }, { PREAD, "d", NULL, 0, -EISDIR },
		     { TRUNC, "d", NULL, 0, -EISDIR }, { MKFIFO, "p" },
		     { PWRITE, "p", NULL, 1, -EINVAL } } },
	{ "truncate", { { MKFILE, "f" }, { PWRITE, "f", NULL, 5000 }, { TRUNC, "f", NULL, 100 },
			{ TRUNC, "f", NULL, 5000 }, { PREAD, "f", NULL, 5000 },
			{ TRUNC, "f", NULL, 1 << 30 }, { SIZE, "f", NULL, 1 << 30 },
			{ TRUNC, "f", NULL, 1ull << 62, -EFBIG }, { SIZE, "f", NULL, 1 << 30 },
			{ TRUNC, "f", NULL, 3000 }, { PWRITE, "f", NULL, 10 } } },
	{ "modes", { { MKFILE, "f", NULL, 0 }, { MODE, "f", NULL, EFS_S_IFREG | 0644 },
		     { CHMOD, "f", NULL, 07755 }, { MODE, "f", NULL, EFS_S_IFREG | 07755 },
		     { CHOWN, "f", NULL, 70000 }, { MODE, "f", NULL, EFS_S_IFREG | 01755 },
		     { CHMOD, "f", NULL, 06644 }, { CHOWN, "f", NULL, 70001 },
		     { MODE, "f", NULL, EFS_S_IFREG | 02644 }, { MKDIR, "d" },
		     { CHMOD, "d", NULL, 06755 }, { CHOWN, "d", NULL, 1000 },
		     { MODE, "d", NULL, EFS_S_IFDIR | 06755 } } },
	{ "setgid_dirs", { { MKDIR, "d" }, { CHOWN, "d", NULL, 77 }, { CHMOD, "d", NULL, 02775 },
			   { MKDIR, "d/e" }, { MODE, "d/e", NULL, EFS_S_IFDIR | 02755 },
			   { MKFILE, "d/f" }, { MODE, "d/f", NULL, EFS_S_IFREG | 0644 },
			   { TMPLINK, "d", "d/t" } } },
	{ "immutable", { { MKFILE, "f" }, { PWRITE, "f", NULL, 10 },
			 { FLAGS, "f", NULL, EFS_STAT_IMMUTABLE },
			 { PWRITE, "f", NULL, 20, -EPERM }, { TRUNC, "f", NULL, 0, -EPERM },
			 { CHMOD, "f", NULL, 0600, -EPERM }, { UNLINK, "f", NULL, 0, -EPERM },
			 { LINK, "f", "g", 0, -EPERM }, { RENAME, "f", "g", 0, -EPERM },
			 { MKFILE, "h" }, { RENAME, "h", "f", 0, -EPERM }, { FLAGS, "f" },
			 { FLAGS, "h", NULL, 0x80, -EINVAL }, { UNLINK, "f" } } },
	{ "append", { { MKFILE, "f" }, { PWRITE, "f", NULL, 10 },
		      { FLAGS, "f", NULL, EFS_STAT_APPEND }, { PWRITE, "f", NULL, 5, -EPERM },
		      { TRUNC, "f", NULL, 0, -EPERM }, { UNLINK, "f", NULL, 0, -EPERM },
		      { MKDIR, "d" }, { MKFILE, "d/x" }, { FLAGS, "d", NULL, EFS_STAT_APPEND },
		      { MKFILE, "d/y" }, { UNLINK, "d/x", NULL, 0, -EPERM },
		      { RENAME, "d/x", "d/z", 0, -EPERM }, { RMDIR, "d", NULL, 0, -EPERM },
		      { FLAGS, "d" } } },
	{ "immutable_dir", { { MKDIR, "d" }, { MKDIR, "d/e" }, { MKFILE, "f" },
			     { FLAGS, "d", NULL, EFS_STAT_IMMUTABLE },
			     { MKFILE, "d/x", NULL, 0, -EPERM },
			     { MKFILE, "d/e", NULL, 0, -EEXIST },
			     { RMDIR, "d/e", NULL, 0, -EPERM }, { LINK, "f", "d/x", 0, -EPERM },
			     { RENAME, "f", "d/x", 0, -EPERM },
			     { RENAME, "d/e", "e", 0, -EPERM },
			     { TMPLINK, "d", "x", 0, -EPERM }, { MKFILE, "d/e/x" },
			     { FLAGS, "d" } } },
};

EFS_TEST_ROWS(rows);

/* the names that stand for long ones */
static const char *real_name(const char *name, size_t *len)
{
	static char buf[257];

	if (*len != 1 || (name[0] != 'L' && name[0] != 'M'))
		return name;
	memset(buf, 'n', sizeof(buf));
	*len = name[0] == 'L' ? 255 : 256;
	return buf;
}

/* the directory that @path's last name is in, by look-ups alone, and that name */
static int parent_of(struct unix_test *u, const char *path, struct efs_node **dir,
		     const char **name, size_t *len)
{
	struct efs_node *next;
	int err = 0;

	*dir = efs_node_get(u->root);
	for (;;) {
		const char *slash = strchr(path, '/');

		*len = slash ? (size_t)(slash - path) : strlen(path);
		*name = real_name(path, len);
		if (!slash)
			return 0;
		err = efs_node_lookup(*dir, *name, *len, &next);
		efs_node_put(*dir);
		if (err)
			return err;
		*dir = next;
		path = slash + 1;
	}
}

static int node_of(struct unix_test *u, const char *path, struct efs_node **out)
{
	struct efs_node *dir;
	const char *name;
	size_t len;
	int err;

	if (!*path) {
		*out = efs_node_get(u->root);
		return 0;
	}
	err = parent_of(u, path, &dir, &name, &len);
	if (err)
		return err;
	err = efs_node_lookup(dir, name, len, out);
	efs_node_put(dir);
	return err;
}

static int step_make(struct efs_node *dir, const char *name, size_t len, const struct step *s)
{
	static const u16 modes[] = {
		[MKDIR] = EFS_S_IFDIR | 0755, [MKFILE] = EFS_S_IFREG | 0644,
		[MKFIFO] = EFS_S_IFIFO | 0600, [MKSOCK] = EFS_S_IFSOCK | 0600,
		[MKCHR] = EFS_S_IFCHR | 0600, [MKBLK] = EFS_S_IFBLK | 0600,
		[MKNONE] = 0644, [SYMLINK] = EFS_S_IFLNK | 0777,
	};
	struct efs_new n = {
		.mode = modes[s->op], .uid = 1000, .gid = 100000,
		.major = s->op == MKCHR ? 5 : 260, .minor = s->op == MKCHR ? 1 : 70000,
	};

	if (s->op == SYMLINK) {
		n.target = s->to;
		n.target_len = strlen(s->to);
	}
	return efs_node_create(dir, name, len, &n, NULL);
}

static int step_tmplink(struct unix_test *u, struct efs_node *dir, const char *to)
{
	struct efs_new n = { .mode = EFS_S_IFREG | 0640, .uid = 1, .gid = 2 };
	struct efs_node *tmp, *ndir;
	const char *name;
	size_t len;
	int err = efs_node_tmpfile(dir, &n, &tmp);

	if (err)
		return err;
	err = parent_of(u, to, &ndir, &name, &len);
	if (!err) {
		err = efs_node_link(ndir, name, len, tmp);
		efs_node_put(ndir);
	}
	efs_node_put(tmp);
	return err;
}

static int step_rename(struct unix_test *u, const struct step *s)
{
	struct efs_node *odir, *ndir;
	const char *oname, *nname;
	char copy[256];
	size_t olen, nlen;
	int err = parent_of(u, s->path, &odir, &oname, &olen);

	if (err)
		return err;
	/* real_name() has one buffer */
	memcpy(copy, oname, min_t(size_t, olen, sizeof(copy)));
	err = parent_of(u, s->to, &ndir, &nname, &nlen);
	if (!err) {
		err = efs_node_rename(odir, copy, olen, ndir, nname, nlen, s->arg);
		efs_node_put(ndir);
	}
	efs_node_put(odir);
	return err;
}

/* @len bytes that depend on where they are and on how many there were at once */
static int step_write(struct unix_test *u, struct efs_node *node, size_t len)
{
	u8 *data = efs_test_zalloc(len);
	size_t i, done;
	int err;

	for (i = 0; i < len; i++)
		data[i] = i % 251 + len;
	err = efs_node_write(node, 0, data, len, &done);
	KUNIT_EXPECT_EQ(u->test, done, err ? 0 : len);
	efs_test_mfree(data);
	return err;
}

static int step_read(struct unix_test *u, struct efs_node *node, size_t want)
{
	size_t done, len = want + 100;
	u8 *data = efs_test_zalloc(len);
	int err = efs_node_read(node, 0, data, len, &done);

	KUNIT_EXPECT_EQ(u->test, done, err ? 0 : want);
	efs_test_mfree(data);
	return err;
}

static int step_setattr(struct efs_node *node, const struct step *s)
{
	struct efs_setattr set = { 0 };

	switch (s->op) {
	case CHMOD:
		set.mask = EFS_SET_MODE;
		set.mode = s->arg;
		break;
	case CHOWN:
		set.mask = EFS_SET_UID | EFS_SET_GID;
		set.uid = s->arg;
		set.gid = s->arg + 1;
		break;
	default:
		set.mask = EFS_SET_FLAGS;
		set.flags = s->arg;
	}
	return efs_node_setattr(node, &set);
}

static int step_readdir(struct efs_node *dir)
{
	struct efs_dirpos pos = { 0 };
	struct efs_entry e;
	u32 n;

	return efs_node_readdir(dir, &pos, &e, 1, &n);
}

static int step_readlink(struct unix_test *u, struct efs_node *node, const char *want)
{
	char buf[64];
	int err = efs_node_readlink(node, buf, strlen(want));

	KUNIT_EXPECT_EQ(u->test, err, node->type == EFS_S_IFLNK ? -ERANGE : -EINVAL);
	err = efs_node_readlink(node, buf, strlen(want) + 1);
	if (!err)
		KUNIT_EXPECT_STREQ(u->test, buf, want);
	return err;
}

static int step_same(struct unix_test *u, struct efs_node *node, const char *other)
{
	struct efs_node *node2;
	int err = node_of(u, other, &node2);

	if (err)
		return err;
	KUNIT_EXPECT_PTR_EQ(u->test, node, node2);
	efs_node_put(node2);
	return 0;
}

/* steps on the file itself */
static int step_node(struct unix_test *u, const struct step *s)
{
	struct efs_node *node, *dir;
	struct efs_stat st;
	const char *name;
	size_t len;
	int err = node_of(u, s->path, &node);

	if (err)
		return err;
	efs_node_stat(node, &st);
	switch (s->op) {
	case LINK:
		err = parent_of(u, s->to, &dir, &name, &len);
		if (!err) {
			err = efs_node_link(dir, name, len, node);
			efs_node_put(dir);
		}
		break;
	case TMPLINK:
		err = step_tmplink(u, node, s->to);
		break;
	case PWRITE:
		err = step_write(u, node, s->arg);
		break;
	case PREAD:
		err = step_read(u, node, s->arg);
		break;
	case TRUNC:
		err = efs_node_truncate(node, s->arg);
		break;
	case NLINK:
		KUNIT_EXPECT_EQ(u->test, st.nlink, s->arg);
		break;
	case SIZE:
		KUNIT_EXPECT_EQ(u->test, st.size, s->arg);
		break;
	case MODE:
		KUNIT_EXPECT_EQ(u->test, st.mode, s->arg);
		break;
	case READDIR:
		err = step_readdir(node);
		break;
	case READLINK:
		err = step_readlink(u, node, s->to);
		break;
	case SAME:
		err = step_same(u, node, s->to);
		break;
	case LOOKUP:
		break;
	default:
		err = step_setattr(node, s);
	}
	efs_node_put(node);
	return err;
}

static int step_do(struct unix_test *u, const struct step *s)
{
	struct efs_node *dir;
	const char *name;
	size_t len;
	int err;

	if (s->op == RENAME)
		return step_rename(u, s);
	if (s->op > SYMLINK && s->op != UNLINK && s->op != RMDIR)
		return step_node(u, s);
	err = parent_of(u, s->path, &dir, &name, &len);
	if (err)
		return err;
	if (s->op == UNLINK)
		err = efs_node_unlink(dir, name, len);
	else if (s->op == RMDIR)
		err = efs_node_rmdir(dir, name, len);
	else
		err = step_make(dir, name, len, s);
	efs_node_put(dir);
	return err;
}

static void run_row(struct unix_test *u, const struct row *row)
{
	u32 i;

	for (i = 0; i < STEPS && row->steps[i].op; i++)
		KUNIT_EXPECT_EQ_MSG(u->test, step_do(u, &row->steps[i]), row->steps[i].err,
				    "%s: step %u, '%s'", u->name, i, row->steps[i].path);
}

static void row(struct kunit *test)
{
	struct unix_test *u[UNIX_KINDS];
	u32 k;

	for (k = 0; k < UNIX_KINDS; k++) {
		u[k] = unix_begin(test, k);
		run_row(u[k], test->param_value);
	}
	for (k = 1; k < UNIX_KINDS; k++)
		unix_compare(u[0], u[k]);
	for (k = 0; k < UNIX_KINDS; k++)
		unix_end(u[k]);
}

/* nothing changes where nothing may */
static void readonly(struct kunit *test)
{
	static const struct step steps[] = {
		{ MKFILE, "f", NULL, 0, -EEXIST }, { MKFILE, "x", NULL, 0, -EROFS },
		{ MKDIR, "x", NULL, 0, -EROFS }, { SYMLINK, "x", "t", 0, -EROFS },
		{ LINK, "f", "f", 0, -EEXIST }, { LINK, "f", "x", 0, -EROFS },
		{ UNLINK, "f", NULL, 0, -EROFS }, { UNLINK, "x", NULL, 0, -EROFS },
		{ UNLINK, ".", NULL, 0, -EISDIR }, { RMDIR, "d", NULL, 0, -EROFS },
		{ RENAME, "f", "g", 0, -EROFS }, { RENAME, "x", "g", 0, -EROFS },
		{ PWRITE, "f", NULL, 1, -EROFS }, { PWRITE, "d", NULL, 1, -EISDIR },
		{ TRUNC, "f", NULL, 0, -EROFS }, { CHMOD, "f", NULL, 0, -EROFS },
		{ FLAGS, "f", NULL, 0, -EROFS }, { TMPLINK, "d", "x", 0, -EROFS },
		{ PREAD, "f", NULL, 300 }, { READDIR, "d" }, { LOOKUP, "x", NULL, 0, -ENOENT },
	};
	u32 k, i;

	for (k = 0; k < UNIX_KINDS; k++) {
		static const struct row make = {
			"", { { MKFILE, "f" }, { PWRITE, "f", NULL, 300 }, { MKDIR, "d" } }
		};
		struct unix_test *u = unix_begin(test, k);

		run_row(u, &make);
		unix_set_rdonly(u, true);
		for (i = 0; i < ARRAY_SIZE(steps); i++)
			KUNIT_EXPECT_EQ_MSG(test, step_do(u, &steps[i]), steps[i].err,
					    "%s: step %u", u->name, i);
		KUNIT_EXPECT_EQ(test, efs_fs_sync(u->fs), 0);
		unix_set_rdonly(u, false);
		unix_end(u);
	}
}

/* a directory that was removed while in use is empty for ever */
static void dead(struct kunit *test)
{
	struct efs_new n = { .mode = EFS_S_IFREG | 0644 };
	struct efs_dirpos pos = { 0 };
	struct efs_node *dir, *file, *tmp, *out;
	struct efs_entry e;
	struct efs_stat st;
	u32 k, count;

	for (k = 0; k < UNIX_KINDS; k++) {
		static const struct row make = {
			"", { { MKDIR, "a" }, { MKDIR, "a/d" }, { MKFILE, "f" },
			      { MKDIR, "e" } }
		};
		struct unix_test *u = unix_begin(test, k);

		run_row(u, &make);
		KUNIT_ASSERT_EQ(test, node_of(u, "a/d", &dir), 0);
		KUNIT_ASSERT_EQ(test, node_of(u, "f", &file), 0);
		KUNIT_EXPECT_EQ(test, step_do(u, &(struct step){ RMDIR, "a/d" }), 0);
		efs_node_stat(dir, &st);
		KUNIT_EXPECT_EQ(test, st.nlink, 0);
		KUNIT_EXPECT_EQ(test, efs_node_lookup(dir, "x", 1, &out), -ENOENT);
		KUNIT_EXPECT_EQ(test, efs_node_lookup(dir, "..", 2, &out), -ENOENT);
		KUNIT_EXPECT_EQ(test, efs_node_readdir(dir, &pos, &e, 1, &count), -ENOENT);
		KUNIT_EXPECT_EQ(test, efs_node_create(dir, "x", 1, &n, NULL), -ENOENT);
		KUNIT_EXPECT_EQ(test, efs_node_tmpfile(dir, &n, &tmp), -ENOENT);
		KUNIT_EXPECT_EQ(test, efs_node_link(dir, "x", 1, file), -ENOENT);
		KUNIT_EXPECT_EQ(test, efs_node_unlink(dir, "x", 1), -ENOENT);
		KUNIT_EXPECT_EQ(test, efs_node_rmdir(dir, "x", 1), -ENOENT);
		KUNIT_EXPECT_EQ(test, efs_node_rename(u->root, "f", 1, dir, "f", 1, 0), -ENOENT);
		KUNIT_EXPECT_EQ(test, efs_node_rename(u->root, "e", 1, dir, "e", 1, 0), -ENOENT);
		KUNIT_EXPECT_EQ(test, efs_node_rename(dir, "f", 1, u->root, "g", 1, 0), -ENOENT);
		KUNIT_EXPECT_EQ(test, efs_fs_unmount(u->fs), -EBUSY);
		/* a file without names may be used, but not named again */
		KUNIT_EXPECT_EQ(test, efs_node_unlink(u->root, "f", 1), 0);
		KUNIT_EXPECT_EQ(test, step_write(u, file, 100), 0);
		KUNIT_EXPECT_EQ(test, step_read(u, file, 100), 0);
		KUNIT_EXPECT_EQ(test, efs_node_link(u->root, "g", 1, file), -ENOENT);
		/* as with one that is replaced */
		efs_node_put(dir);
		KUNIT_ASSERT_EQ(test, node_of(u, "e", &dir), 0);
		KUNIT_EXPECT_EQ(test, efs_node_rename(u->root, "a", 1, u->root, "e", 1, 0), 0);
		KUNIT_EXPECT_EQ(test, efs_node_create(dir, "x", 1, &n, NULL), -ENOENT);
		efs_node_put(dir);
		efs_node_put(file);
		unix_end(u);
	}
}

/* names made and removed during a walk: what stays is seen once */
static void cursor(struct kunit *test)
{
	struct efs_new n = { .mode = EFS_S_IFREG | 0644 };
	u32 k, i, count;

	for (k = 0; k < UNIX_KINDS; k++) {
		struct unix_test *u = unix_begin(test, k);
		struct efs_dirpos pos = { 0 };
		struct efs_entry e;
		u8 seen[64] = { 0 };
		char name[40];

		for (i = 0; i < 64; i++) {
			snprintf(name, sizeof(name), "%02u-a name of some length", i);
			KUNIT_ASSERT_EQ(test, efs_node_create(u->root, name, strlen(name), &n,
							      NULL), 0);
		}
		for (i = 0; ; i++) {
			KUNIT_ASSERT_EQ(test, efs_node_readdir(u->root, &pos, &e, 1, &count), 0);
			if (!count)
				break;
			if (e.name[0] >= '0' && e.name[0] <= '9')
				seen[(e.name[0] - '0') * 10 + e.name[1] - '0']++;
			/* odd ones go, and others come, all over the place */
			snprintf(name, sizeof(name), "%02u-a name of some length", i * 2 + 1);
			if (i < 32)
				KUNIT_EXPECT_EQ(test, efs_node_unlink(u->root, name,
								      strlen(name)), 0);
			snprintf(name, sizeof(name), "x%u", i);
			if (i < 100)
				KUNIT_EXPECT_EQ(test, efs_node_create(u->root, name, strlen(name),
								      &n, NULL), 0);
		}
		for (i = 0; i < 64; i += 2)
			KUNIT_EXPECT_EQ_MSG(test, seen[i], 1, "%s: name %u", u->name, i);
		for (i = 1; i < 64; i += 2)
			KUNIT_EXPECT_LE_MSG(test, seen[i], 1, "%s: name %u", u->name, i);
		unix_end(u);
	}
}

/* behind each entry a walk can be taken up again, also when much has changed since */
static void positions(struct kunit *test)
{
	struct efs_new n = { .mode = EFS_S_IFREG | 0644 };
	u32 k, i, all, count;

	for (k = 0; k < UNIX_KINDS; k++) {
		struct unix_test *u = unix_begin(test, k);
		struct efs_entry *e = efs_test_zalloc(80 * sizeof(*e)), one;
		struct efs_dirpos pos = { 0 };
		char name[40];

		for (i = 0; i < 64; i++) {
			snprintf(name, sizeof(name), "%02u-a name of some length", i);
			KUNIT_ASSERT_EQ(test, efs_node_create(u->root, name, strlen(name), &n,
							      NULL), 0);
		}
		KUNIT_ASSERT_EQ(test, efs_node_readdir(u->root, &pos, e, 80, &all), 0);
		KUNIT_ASSERT_GE(test, all, 66);
		KUNIT_EXPECT_EQ(test, e[all - 1].next, pos.pos);
		for (i = 0; i < all; i++) {
			pos.pos = e[i].next;
			pos.version = EFS_DIRPOS_ANY;
			KUNIT_ASSERT_EQ(test, efs_node_readdir(u->root, &pos, &one, 1, &count), 0);
			KUNIT_EXPECT_EQ(test, count, i + 1 < all);
			if (count)
				KUNIT_EXPECT_STREQ(test, one.name, e[i + 1].name);
		}
		/* the entries at the positions go; what follows is what is left */
		for (i = 0; i + 1 < all; i++) {
			if (e[i].name[0] < '0' || e[i].name[0] > '9' || i % 3 == 2)
				continue;
			KUNIT_EXPECT_EQ(test, efs_node_unlink(u->root, e[i].name, e[i].len), 0);
			pos.pos = e[i].next;
			pos.version = EFS_DIRPOS_ANY;
			KUNIT_ASSERT_EQ(test, efs_node_readdir(u->root, &pos, &one, 1, &count), 0);
			KUNIT_EXPECT_EQ(test, count, i + 1 < all);
			if (count)
				KUNIT_EXPECT_STREQ(test, one.name, e[i + 1].name);
		}
		efs_test_mfree(e);
		unix_end(u);
	}
}

static u64 time_of(struct efs_time t)
{
	return t.sec * 1000000000ull + t.nsec;
}

/* EFS_ATIME, ... of the times that are others now */
static u32 moved(const struct efs_stat *was, const struct efs_stat *now)
{
	return (time_of(was->atime) != time_of(now->atime)) * EFS_ATIME +
	       (time_of(was->mtime) != time_of(now->mtime)) * EFS_MTIME +
	       (time_of(was->ctime) != time_of(now->ctime)) * EFS_CTIME;
}

/* which times an operation moves: @self of the file, @dir of the directory */
static void times(struct kunit *test)
{
	static const struct { struct step s; u32 self, dir; } ops[] = {
		{ { PWRITE, "d/f", NULL, 10 }, EFS_MTIME | EFS_CTIME, 0 },
		{ { PWRITE, "d/f", NULL, 0 }, 0, 0 },
		{ { PREAD, "d/f", NULL, 10 }, 0, 0 },
		{ { TRUNC, "d/f", NULL, 10 }, EFS_MTIME | EFS_CTIME, 0 },
		{ { CHMOD, "d/f", NULL, 0600 }, EFS_CTIME, 0 },
		{ { CHOWN, "d/f", NULL, 5 }, EFS_CTIME, 0 },
		{ { LINK, "d/f", "d/g" }, EFS_CTIME, EFS_MTIME | EFS_CTIME },
		{ { UNLINK, "d/g" }, EFS_CTIME, EFS_MTIME | EFS_CTIME },
		{ { RENAME, "d/f", "d/g" }, EFS_CTIME, EFS_MTIME | EFS_CTIME },
		{ { RENAME, "d/g", "d/g" }, 0, 0 },
		{ { RENAME, "d/g", "d/k", EFS_RENAME_EXCHANGE }, EFS_CTIME,
		  EFS_MTIME | EFS_CTIME },
		{ { READDIR, "d" }, 0, 0 },
	};
	static const struct row make = {
		"", { { MKDIR, "d" }, { MKFILE, "d/f" }, { MKDIR, "d/k" } }
	};
	u32 k, i;

	for (k = 0; k < UNIX_KINDS; k++) {
		struct unix_test *u = unix_begin(test, k);
		struct efs_node *file, *dir;
		struct efs_stat st[2], now[2];

		run_row(u, &make);
		KUNIT_ASSERT_EQ(test, node_of(u, "d", &dir), 0);
		KUNIT_ASSERT_EQ(test, node_of(u, "d/f", &file), 0);
		for (i = 0; i < ARRAY_SIZE(ops); i++) {
			efs_node_stat(file, &st[0]);
			efs_node_stat(dir, &st[1]);
			unix_tick(u);
			KUNIT_EXPECT_EQ_MSG(test, step_do(u, &ops[i].s), 0, "%s: step %u",
					    u->name, i);
			efs_node_stat(file, &now[0]);
			efs_node_stat(dir, &now[1]);
			KUNIT_EXPECT_EQ_MSG(test, moved(&st[0], &now[0]), ops[i].self,
					    "%s: step %u", u->name, i);
			KUNIT_EXPECT_EQ_MSG(test, moved(&st[1], &now[1]), ops[i].dir,
					    "%s: step %u", u->name, i);
			KUNIT_EXPECT_EQ(test, time_of(st[0].btime), time_of(now[0].btime));
		}
		efs_node_put(file);
		efs_node_put(dir);
		unix_end(u);
	}
}

static void set_times(struct kunit *test)
{
	static const struct efs_time when = { .sec = 2000000001, .nsec = 987654321 };
	u32 k;

	for (k = 0; k < UNIX_KINDS; k++) {
		struct unix_test *u = unix_begin(test, k);
		struct efs_setattr set = { .mask = EFS_SET_ATIME | EFS_SET_MTIME,
					   .atime = when, .mtime = { .sec = -5, .nsec = 1 } };
		struct efs_stat st, was;

		efs_node_stat(u->root, &was);
		unix_tick(u);
		KUNIT_EXPECT_EQ(test, efs_node_setattr(u->root, &set), 0);
		efs_node_stat(u->root, &st);
		KUNIT_EXPECT_EQ(test, time_of(st.atime), time_of(when));
		KUNIT_EXPECT_EQ(test, st.mtime.sec, -5);
		KUNIT_EXPECT_EQ(test, st.mtime.nsec, 1);
		KUNIT_EXPECT_GT(test, time_of(st.ctime), time_of(was.ctime));
		set.mask = EFS_SET_ATIME | EFS_SET_NOW;
		KUNIT_EXPECT_EQ(test, efs_node_setattr(u->root, &set), 0);
		efs_node_stat(u->root, &st);
		KUNIT_EXPECT_EQ(test, time_of(st.atime), time_of(st.ctime));
		KUNIT_EXPECT_EQ(test, st.mtime.sec, -5);
		was = st;
		unix_tick(u);
		set.mask = EFS_SET_ATIME | EFS_SET_NOW | EFS_SET_QUIET;
		KUNIT_EXPECT_EQ(test, efs_node_setattr(u->root, &set), 0);
		efs_node_stat(u->root, &st);
		KUNIT_EXPECT_EQ(test, moved(&was, &st), EFS_ATIME);
		KUNIT_EXPECT_GT(test, time_of(st.atime), time_of(was.atime));
		set.mask = 0x1000;
		KUNIT_EXPECT_EQ(test, efs_node_setattr(u->root, &set), -EINVAL);
		unix_end(u);
	}
}

/* names no caller may use, and two file systems at once */
static void strangers(struct kunit *test)
{
	struct efs_new n = { .mode = EFS_S_IFREG | 0644 };
	struct unix_test *a = unix_begin(test, UNIX_MEM), *b = unix_begin(test, UNIX_MEM);
	struct efs_node *f, *out;
	struct efs_stat st;

	KUNIT_EXPECT_EQ(test, efs_node_create(a->root, "x/y", 3, &n, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, efs_node_create(a->root, "x\0y", 3, &n, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, efs_node_lookup(a->root, "x/y", 3, &out), -EINVAL);
	KUNIT_EXPECT_EQ(test, efs_node_create(a->root, "f", 1, &n, &f), 0);
	KUNIT_EXPECT_EQ(test, efs_node_link(b->root, "f", 1, f), -EXDEV);
	KUNIT_EXPECT_EQ(test, efs_node_rename(a->root, "f", 1, b->root, "f", 1, 0), -EXDEV);
	efs_node_stat(f, &st);
	KUNIT_EXPECT_EQ(test, st.dev, 7);
	KUNIT_EXPECT_EQ(test, efs_fs_root2(a->fs, &out), 0);
	KUNIT_EXPECT_PTR_EQ(test, out, a->root);
	efs_node_put(out);
	n.mode = EFS_S_IFLNK | 0777;
	n.target = "a\0b";
	n.target_len = 3;
	KUNIT_EXPECT_EQ(test, efs_node_create(a->root, "l", 1, &n, NULL), -EINVAL);
	n.mode = EFS_S_IFDIR | 0755;
	KUNIT_EXPECT_EQ(test, efs_node_tmpfile(a->root, &n, &out), -EINVAL);
	efs_node_put(f);
	unix_end(a);
	unix_end(b);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(row, rows_gen_params),
	KUNIT_CASE(readonly),
	KUNIT_CASE(dead),
	KUNIT_CASE(cursor),
	KUNIT_CASE(positions),
	KUNIT_CASE(times),
	KUNIT_CASE(set_times),
	KUNIT_CASE(strangers),
	{}
};

static struct kunit_suite suite = {
	.name = "efsext2_unix_fs",
	.init = unix_init,
	.exit = unix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
