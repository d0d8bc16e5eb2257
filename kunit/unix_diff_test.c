// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations by path and on open files, on ext2 and on the file system in memory:
 * each must end the same way, and from time to time everything must look the same.
 *
 * Tests: core/unix/ext2.c core/unix/ext2_data.c core/unix/ext2_name.c core/unix/ext2_range.c
 * Tests: core/unix/ext2_xattr.c core/unix/xattr.c core/unix/memfs_xattr.c
 *
 * Locks: none, one thread runs.
 */
#include "unix_fs.h"
#include "../core/unix/walk.h"

#define HANDLES	6
#define CHUNK	9000	/* longest write */

/**
 * struct diff - both sides of a run
 * @mem, @ext: the measure, and what it measures
 * @h: files that are held; NULL: nothing in this place
 * @fixed: the one file that is immutable or append-only, held; NULL: there is none
 * @count: operations so far, @good: those that did something
 */
struct diff {
	struct kunit *test;
	struct unix_test *mem, *ext;
	struct { struct efs_node *mem, *ext; } h[HANDLES], fixed;
	u32 seed, count, good;
	u8 data[CHUNK], back[CHUNK];
};

static u32 rnd(struct diff *d, u32 below)
{
	return (efs_test_rand(&d->seed) >> 4) % below;
}

/* few names, so that they meet */
static u32 random_name(struct diff *d, char *buf)
{
	static const u8 lengths[] = { 2, 3, 4, 12, 60, 200, 255 };
	u32 n = rnd(d, 60), len = 1;

	if (!n)
		return (u32)snprintf(buf, 256, "..");
	if (n == 1)
		return (u32)snprintf(buf, 256, ".");
	if (n < 12)
		len = lengths[rnd(d, ARRAY_SIZE(lengths))];
	memset(buf, 'a' + n % 5, len);
	return len;
}

/* Return: length */
static size_t random_path(struct diff *d, char *buf)
{
	u32 parts = rnd(d, 3) ? 1 : 1 + rnd(d, 3), k;
	size_t len = 0;

	for (k = 0; k < parts; k++) {
		if (k || !rnd(d, 4))
			buf[len++] = '/';
		len += random_name(d, buf + len);
	}
	if (!rnd(d, 20))
		buf[len++] = '/';
	return len;
}

#define PATH_ROOM (3 * 257)

/* both results, which must be equal. Return: did it succeed? */
static bool agree(struct diff *d, int mem, int ext, const char *what)
{
	KUNIT_ASSERT_EQ_MSG(d->test, mem, ext, "operation %u, %s", d->count, what);
	d->good += !ext;
	return !ext;
}

static void drop(struct diff *d, u32 k)
{
	efs_node_put(d->h[k].mem);
	efs_node_put(d->h[k].ext);
	d->h[k].mem = NULL;
	d->h[k].ext = NULL;
}

static void hold(struct diff *d, struct efs_node *mem, struct efs_node *ext)
{
	u32 k = rnd(d, HANDLES);

	drop(d, k);
	d->h[k].mem = mem;
	d->h[k].ext = ext;
}

static void do_create(struct diff *d, const struct efs_where *m, const struct efs_where *e)
{
	static const u16 modes[] = {
		EFS_S_IFREG | 0644, EFS_S_IFREG | 04755, EFS_S_IFREG | 0600, EFS_S_IFDIR | 0755,
		EFS_S_IFDIR | 02775, EFS_S_IFLNK | 0777, EFS_S_IFIFO | 0600, EFS_S_IFCHR | 0600,
		EFS_S_IFBLK | 0600, EFS_S_IFSOCK | 0666,
	};
	struct efs_new n = { .mode = modes[rnd(d, ARRAY_SIZE(modes))], .uid = rnd(d, 70000),
			     .gid = rnd(d, 70000), .major = rnd(d, 300), .minor = rnd(d, 300) };
	char path[PATH_ROOM], target[PATH_ROOM];
	size_t len = random_path(d, path);
	struct efs_node *x, *y;

	n.target = target;
	n.target_len = random_path(d, target);
	if (agree(d, efs_path_create(m, path, len, &n, &x), efs_path_create(e, path, len, &n, &y),
		  "create"))
		hold(d, x, y);
}

static void do_open(struct diff *d, const struct efs_where *m, const struct efs_where *e)
{
	char path[PATH_ROOM];
	size_t len = random_path(d, path);
	struct efs_node *x, *y;
	u32 flags = rnd(d, 2);

	if (agree(d, efs_walk(m, path, len, flags, &x), efs_walk(e, path, len, flags, &y), "walk"))
		hold(d, x, y);
}

static void unfix(struct diff *d)
{
	static const struct efs_setattr set = { .mask = EFS_SET_FLAGS };

	if (d->fixed.mem)
		agree(d, efs_node_setattr(d->fixed.mem, &set), efs_node_setattr(d->fixed.ext, &set),
		      "unfix");
	efs_node_put(d->fixed.mem);
	efs_node_put(d->fixed.ext);
	d->fixed.mem = NULL;
	d->fixed.ext = NULL;
}

static void fix(struct diff *d, struct efs_node *x, struct efs_node *y)
{
	struct efs_setattr set = { .mask = EFS_SET_FLAGS, .flags = 1 + rnd(d, 3) };

	unfix(d);
	if (!agree(d, efs_node_setattr(x, &set), efs_node_setattr(y, &set), "fix"))
		return;
	d->fixed.mem = efs_node_get(x);
	d->fixed.ext = efs_node_get(y);
}

static void do_remove(struct diff *d, const struct efs_where *m, const struct efs_where *e)
{
	char path[PATH_ROOM];
	size_t len = random_path(d, path);

	switch (rnd(d, 12)) {
	case 0:
		/* what had gone when it stopped would depend on the order of names */
		unfix(d);
		agree(d, efs_path_remove(m, path, len), efs_path_remove(e, path, len), "rm -r");
		break;
	case 1:
	case 2:
	case 3:
		agree(d, efs_path_rmdir(m, path, len), efs_path_rmdir(e, path, len), "rmdir");
		break;
	default:
		agree(d, efs_path_unlink(m, path, len), efs_path_unlink(e, path, len), "unlink");
	}
}

static void do_rename(struct diff *d, const struct efs_where *m, const struct efs_where *e)
{
	char path[PATH_ROOM], to[PATH_ROOM];
	size_t len = random_path(d, path), tlen = random_path(d, to);
	u32 flags = rnd(d, 8);

	flags = flags < 3 ? flags : 0;
	agree(d, efs_path_rename(m, path, len, to, tlen, flags),
	      efs_path_rename(e, path, len, to, tlen, flags), "rename");
}

static u64 random_offset(struct diff *d, struct efs_node *node)
{
	struct efs_stat st;

	efs_node_stat(node, &st);
	switch (rnd(d, 8)) {
	case 0:
		return st.blksize * (u64)(10 + rnd(d, 4)) + rnd(d, 100);
	case 1:
		return st.blksize * (u64)(12 + st.blksize / 4 - 1) + rnd(d, 2000);
	case 2:
		return rnd(d, 100000);
	case 3:
		return rnd(d, 3000);
	case 4:
		return rnd(d, 20) ? 0 : 1ull << 33;
	default:
		return st.size;
	}
}

static void do_write(struct diff *d, struct efs_node *x, struct efs_node *y)
{
	u64 off = random_offset(d, x);
	size_t len = rnd(d, 3) ? rnd(d, 600) : rnd(d, CHUNK), i, done, done2;

	for (i = 0; i < len; i++)
		d->data[i] = (u8)efs_test_rand(&d->seed);
	agree(d, efs_node_write(x, off, d->data, len, &done),
	      efs_node_write(y, off, d->data, len, &done2), "write");
	KUNIT_EXPECT_EQ(d->test, done, done2);
}

static void do_read(struct diff *d, struct efs_node *x, struct efs_node *y)
{
	u64 off = random_offset(d, x), at = 0, at2 = 0;
	size_t len = rnd(d, CHUNK), done, done2;

	agree(d, efs_node_read(x, off, d->data, len, &done),
	      efs_node_read(y, off, d->back, len, &done2), "read");
	KUNIT_EXPECT_EQ(d->test, done, done2);
	KUNIT_EXPECT_MEMEQ(d->test, d->data, d->back, min_t(size_t, done, done2));
	if (agree(d, efs_node_seek(x, off, false, &at), efs_node_seek(y, off, false, &at2),
		  "seek data"))
		KUNIT_EXPECT_EQ(d->test, at, at2);
	if (agree(d, efs_node_seek(x, off, true, &at), efs_node_seek(y, off, true, &at2),
		  "seek hole"))
		KUNIT_EXPECT_EQ(d->test, at, at2);
}

static void do_attr(struct diff *d, struct efs_node *x, struct efs_node *y)
{
	struct efs_setattr set = {
		.mask = rnd(d, 0x40), .mode = rnd(d, 010000), .uid = rnd(d, 70000),
		.gid = rnd(d, 70000), .atime = { .sec = rnd(d, 0x7fffffff), .nsec = rnd(d, 1000) },
		.mtime = { .sec = -(s64)rnd(d, 0x7fffffff), .nsec = rnd(d, 1000) },
	};

	if (!rnd(d, 4))
		fix(d, x, y);
	else
		agree(d, efs_node_setattr(x, &set), efs_node_setattr(y, &set), "setattr");
}

/* entries of an access control list, each eight bytes; sometimes not a valid one */
static size_t random_acl(struct diff *d, u8 *p)
{
	static const u8 tags[] = { EFS_ACL_USER_OBJ, EFS_ACL_USER, EFS_ACL_USER, EFS_ACL_GROUP_OBJ,
				   EFS_ACL_GROUP, EFS_ACL_MASK, EFS_ACL_OTHER };
	bool bad = !rnd(d, 8), full = rnd(d, 3);
	size_t n = 4;
	u32 k;

	memset(p, 0, 64);
	p[0] = EFS_ACL_X_VERSION;
	for (k = 0; k < ARRAY_SIZE(tags); k++) {
		bool named = tags[k] == EFS_ACL_USER || tags[k] == EFS_ACL_GROUP;

		if ((named && (!full || rnd(d, 3))) || (tags[k] == EFS_ACL_MASK && !full) ||
		    (bad && !rnd(d, 3)))
			continue;
		p[n] = tags[k];
		p[n + 2] = (u8)rnd(d, 8);
		memset(p + n + 4, named ? 0 : 0xff, 4);
		p[n + 4] = named ? (u8)(k + 1) : 0xff;
		n += 8;
	}
	return n;
}

static void do_xattr(struct diff *d, struct efs_node *x, struct efs_node *y)
{
	static const char *const names[] = {
		"user.a", "user.b", "user.longer name", "trusted.t", "security.s", "user.big",
		"system.posix_acl_access", "system.posix_acl_default", "user.", "nothing", "gnu.g",
	};
	const char *name = names[rnd(d, ARRAY_SIZE(names))];
	size_t len = strlen(name), size = rnd(d, 50), i, done, done2;
	u32 flags = rnd(d, 3) ? 0 : rnd(d, 5);

	for (i = 0; i < 300; i++)
		d->data[i] = (u8)(rnd(d, 2) ? 'x' : efs_test_rand(&d->seed));
	if (!strcmp(name, "user.big"))
		size = rnd(d, 300);
	if (!strncmp(name, "system", 6))
		size = random_acl(d, d->data);
	/* more than may be: nobody reads it */
	if (!rnd(d, 60))
		size = rnd(d, 2) ? 5000 : 70000;
	if (!rnd(d, 4))
		agree(d, efs_node_removexattr(x, name, len), efs_node_removexattr(y, name, len),
		      "removexattr");
	else
		agree(d, efs_node_setxattr(x, name, len, d->data, size, flags),
		      efs_node_setxattr(y, name, len, d->data, size, flags), "setxattr");
	size = rnd(d, 100);
	agree(d, efs_node_getxattr(x, name, len, d->data, size, &done),
	      efs_node_getxattr(y, name, len, d->back, size, &done2), "getxattr");
	KUNIT_EXPECT_EQ(d->test, done, done2);
	agree(d, efs_node_listxattr(x, (char *)d->data, size, &done),
	      efs_node_listxattr(y, (char *)d->back, size, &done2), "listxattr");
	KUNIT_EXPECT_EQ(d->test, done, done2);
}

static void do_link(struct diff *d, const struct efs_where *m, const struct efs_where *e,
		    struct efs_node *x, struct efs_node *y)
{
	char path[PATH_ROOM];
	size_t len = random_path(d, path);

	agree(d, efs_path_link(m, x, path, len), efs_path_link(e, y, path, len), "link");
}

static void do_tmpfile(struct diff *d, struct efs_node *x, struct efs_node *y)
{
	struct efs_new n = { .mode = EFS_S_IFREG | 0640, .uid = 1 };
	struct efs_node *p, *q;

	if (agree(d, efs_node_tmpfile(x, &n, &p), efs_node_tmpfile(y, &n, &q), "tmpfile"))
		hold(d, p, q);
}

static void do_range(struct diff *d, struct efs_node *x, struct efs_node *y, bool punch)
{
	u64 off = random_offset(d, x), len = rnd(d, 4) ? rnd(d, 3 * CHUNK) : 1024 * rnd(d, 40);
	bool keep = rnd(d, 2);

	if (!rnd(d, 3))
		off &= ~1023ull;
	if (punch)
		agree(d, efs_node_punch(x, off, len), efs_node_punch(y, off, len), "punch");
	else
		agree(d, efs_node_reserve(x, off, len, keep), efs_node_reserve(y, off, len, keep),
		      "reserve");
}

static void do_handle(struct diff *d, const struct efs_where *m, const struct efs_where *e)
{
	u32 k = rnd(d, HANDLES);
	struct efs_node *x = d->h[k].mem, *y = d->h[k].ext;
	u64 size;

	if (!x)
		return;
	KUNIT_EXPECT_EQ(d->test, x->type, y->type);
	switch (rnd(d, 19)) {
	case 0:
		drop(d, k);
		break;
	case 1:
		do_attr(d, x, y);
		break;
	case 2:
		do_link(d, m, e, x, y);
		break;
	case 3:
		do_tmpfile(d, x, y);
		break;
	case 4:
	case 5:
		size = rnd(d, 3) ? random_offset(d, x) : 0;
		agree(d, efs_node_truncate(x, size), efs_node_truncate(y, size), "truncate");
		break;
	case 6:
	case 7:
		do_read(d, x, y);
		break;
	case 8:
	case 9:
		do_range(d, x, y, true);
		break;
	case 10:
		do_range(d, x, y, false);
		break;
	case 11:
	case 12:
	case 13:
	case 14:
		do_xattr(d, x, y);
		break;
	default:
		do_write(d, x, y);
	}
}

static void one(struct diff *d)
{
	struct efs_where m = { .fs = d->mem->fs }, e = { .fs = d->ext->fs };
	u32 k = rnd(d, HANDLES);

	/* a directory that is held is where paths begin, now and then */
	if (d->h[k].mem && efs_node_is_dir(d->h[k].mem)) {
		m.cwd = d->h[k].mem;
		e.cwd = d->h[k].ext;
	}
	unix_tick(d->ext);
	d->count++;
	switch (rnd(d, 10)) {
	case 0:
	case 1:
	case 2:
		do_create(d, &m, &e);
		break;
	case 3:
		do_open(d, &m, &e);
		break;
	case 4:
		do_remove(d, &m, &e);
		break;
	case 5:
		do_rename(d, &m, &e);
		break;
	default:
		do_handle(d, &m, &e);
	}
}

static const struct volume {
	const char *name;
	struct efs_test_mkfs m;
	u32 seed;
} volumes[] = {
	{ "1k", { .block_size = 1024, .blocks = 24000, .ipg = 1024, .inode_size = 256,
		  .large_file = true }, 1 },
	{ "1k_again", { .block_size = 1024, .blocks = 24000, .ipg = 1024, .inode_size = 256,
			.large_file = true }, 20 },
	{ "4k", { .block_size = 4096, .blocks = 8000, .ipg = 4096, .inode_size = 256,
		  .large_file = true }, 300 },
};

EFS_TEST_ROWS(volumes);

#define OPS 3000

static void random_ops(struct kunit *test)
{
	const struct volume *v = test->param_value;
	struct diff *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
	u32 i, k, ops = OPS * efs_test_times;

	d->test = test;
	d->seed = v->seed * 2654435761u | 1;
	d->ext = unix_begin_ext2(test, &v->m, 8);
	d->mem = unix_begin_like(d->ext);
	for (i = 1; i <= ops; i++) {
		one(d);
		if (i % 300)
			continue;
		unix_compare(d->mem, d->ext);
		/* the first difference is the one to look at */
		if (test->status != KUNIT_SUCCESS)
			break;
		if (i % 900)
			continue;
		unfix(d);
		for (k = 0; k < HANDLES; k++)
			drop(d, k);
		unix_remount(d->ext);
		unix_compare(d->mem, d->ext);
	}
	unfix(d);
	for (k = 0; k < HANDLES; k++)
		drop(d, k);
	/* else it has tested little */
	KUNIT_EXPECT_GT(test, d->good, ops / 5);
	unix_end(d->mem);
	unix_end(d->ext);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(random_ops, volumes_gen_params),
	{}
};

static struct kunit_suite suite = {
	.name = "efsext2_unix_diff",
	.init = unix_init,
	.exit = unix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
