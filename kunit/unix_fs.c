// SPDX-License-Identifier: GPL-2.0
/*
 * File systems behind the general interface, for the suites of core/unix/; see unix_fs.h.
 *
 * Locks: none, one thread runs.
 */
#include "unix_fs.h"

static const struct unix_kind_ops kinds[UNIX_KINDS] = {
	[UNIX_MEM] = { "mem" },
};

int unix_init(struct kunit *test)
{
	efs_test_current(test);
	efs_test_nosb = (struct efs_test_nosb){ .now = 1700000000, .now_nsec = 123456789 };
	return 0;
}

void unix_exit(struct kunit *test)
{
	efs_test_exit(test);
	efs_test_current(NULL);
}

static int begin_mem(struct unix_test *u)
{
	struct efs_memfs_opts o = { .dev = 7, .page_size = 1024, .target_max = 1023,
				    .size_max = 0x40303080000ull >> 10 << 10 };

	return efs_memfs_new(&o, &u->fs);
}

struct unix_test *unix_begin(struct kunit *test, enum unix_kind kind)
{
	struct unix_test *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);
	struct efs_new n = { .mode = EFS_S_IFDIR | 0700 };

	u->test = test;
	u->kind = &kinds[kind];
	KUNIT_ASSERT_EQ(test, begin_mem(u), 0);
	KUNIT_ASSERT_EQ(test, efs_fs_root(u->fs, &u->root), 0);
	KUNIT_ASSERT_EQ(test, efs_node_create(u->root, "lost+found", 10, &n, NULL), 0);
	return u;
}

void unix_end(struct unix_test *u)
{
	efs_node_put(u->root);
	KUNIT_EXPECT_EQ(u->test, efs_fs_unmount(u->fs), 0);
	if (u->kind == &kinds[UNIX_MEM])
		KUNIT_EXPECT_EQ(u->test, efs_test_locks_held(), 0);
}

void unix_set_rdonly(struct unix_test *u, bool rdonly)
{
	efs_memfs_set_rdonly(u->fs, rdonly);
}

void unix_tick(struct unix_test *u)
{
	efs_test_nosb.now_nsec += 500000000;
	efs_test_nosb.now += 1 + efs_test_nosb.now_nsec / 1000000000;
	efs_test_nosb.now_nsec %= 1000000000;
}

/* ---- comparison ---- */

static void same_stat(struct unix_test *a, struct unix_test *b, struct efs_node *x,
		      struct efs_node *y, const char *name)
{
	struct efs_stat s, t;

	efs_node_stat(x, &s);
	efs_node_stat(y, &t);
#define SAME(field) \
	KUNIT_EXPECT_EQ_MSG(a->test, s.field, t.field, "%s, %s and %s", name, a->kind->name, \
			    b->kind->name)
	SAME(mode);
	SAME(nlink);
	SAME(uid);
	SAME(gid);
	SAME(flags);
	SAME(major);
	SAME(minor);
	SAME(blksize);
	SAME(atime.sec);
	SAME(atime.nsec);
	SAME(mtime.sec);
	SAME(mtime.nsec);
	SAME(ctime.sec);
	SAME(ctime.nsec);
	SAME(btime.sec);
	SAME(btime.nsec);
	if (s.mode >> 12 != EFS_S_IFDIR >> 12)
		SAME(size);
#undef SAME
	/* of regular files that need no indirect blocks, and have lost none */
	if (x->type == EFS_S_IFREG && s.size <= 12 * s.blksize)
		KUNIT_EXPECT_EQ_MSG(a->test, s.blocks, t.blocks, "%s", name);
}

/* the first byte in use in either, from @off on; the end if there is none */
static u64 next_data(struct efs_node *x, struct efs_node *y, u64 off)
{
	u64 at, first = ~0ull;

	if (!efs_node_seek(x, off, false, &at))
		first = at;
	if (!efs_node_seek(y, off, false, &at))
		first = min(first, at);
	return first;
}

static void same_contents(struct unix_test *a, struct efs_node *x, struct efs_node *y,
			  const char *name)
{
	u8 *p = efs_test_zalloc(4096), *q = efs_test_zalloc(4096);
	size_t n, m;
	u64 off;

	for (off = next_data(x, y, 0); off != ~0ull; off = next_data(x, y, off + n)) {
		KUNIT_EXPECT_EQ(a->test, efs_node_read(x, off, p, 4096, &n), 0);
		KUNIT_EXPECT_EQ(a->test, efs_node_read(y, off, q, 4096, &m), 0);
		KUNIT_EXPECT_EQ(a->test, n, m);
		if (n != m || !n)
			break;
		KUNIT_EXPECT_MEMEQ_MSG(a->test, p, q, n, "%s at %llu", name, off);
	}
	efs_test_mfree(p);
	efs_test_mfree(q);
}

static void same_target(struct unix_test *a, struct efs_node *x, struct efs_node *y)
{
	char *p = efs_test_zalloc(4097), *q = efs_test_zalloc(4097);

	KUNIT_EXPECT_EQ(a->test, efs_node_readlink(x, p, 4097), 0);
	KUNIT_EXPECT_EQ(a->test, efs_node_readlink(y, q, 4097), 0);
	KUNIT_EXPECT_STREQ(a->test, p, q);
	efs_test_mfree(p);
	efs_test_mfree(q);
}

static u32 count_names(struct unix_test *u, struct efs_node *dir)
{
	struct efs_entry *e = efs_test_zalloc(8 * sizeof(*e));
	struct efs_dirpos pos = { 0 };
	u32 n, all = 0;

	do {
		KUNIT_EXPECT_EQ(u->test, efs_node_readdir(dir, &pos, e, 8, &n), 0);
		all += n;
	} while (n);
	efs_test_mfree(e);
	return all;
}

static void same_node(struct unix_test *a, struct unix_test *b, struct efs_node *x,
		      struct efs_node *y, const char *name);

/* every name of @x is in @y, and there are no more; trees of tests are not deep */
static void same_names(struct unix_test *a, struct unix_test *b, struct efs_node *x,
		       struct efs_node *y)
{
	struct efs_entry *e = efs_test_zalloc(sizeof(*e));
	struct efs_dirpos pos = { 0 };
	struct efs_node *cx, *cy;
	u32 n;

	KUNIT_EXPECT_EQ_MSG(a->test, count_names(a, x), count_names(b, y), "names, %s and %s",
			    a->kind->name, b->kind->name);
	while (!efs_node_readdir(x, &pos, e, 1, &n) && n) {
		int err = efs_node_lookup(y, e->name, e->len, &cy);

		KUNIT_EXPECT_EQ_MSG(a->test, err, 0, "%s on %s", e->name, b->kind->name);
		if (err)
			continue;
		KUNIT_EXPECT_EQ(a->test, efs_node_lookup(x, e->name, e->len, &cx), 0);
		KUNIT_EXPECT_EQ(a->test, e->ino, cx->ino);
		KUNIT_EXPECT_EQ(a->test, e->type, cx->type);
		KUNIT_EXPECT_EQ(a->test, e->type, cy->type);
		if (strcmp(e->name, ".") && strcmp(e->name, ".."))
			same_node(a, b, cx, cy, e->name);
		efs_node_put(cx);
		efs_node_put(cy);
	}
	efs_test_mfree(e);
}

static void same_node(struct unix_test *a, struct unix_test *b, struct efs_node *x,
		      struct efs_node *y, const char *name)
{
	same_stat(a, b, x, y, name);
	if (x->type != y->type)
		return;
	if (x->type == EFS_S_IFREG)
		same_contents(a, x, y, name);
	else if (x->type == EFS_S_IFLNK)
		same_target(a, x, y);
	else if (x->type == EFS_S_IFDIR)
		same_names(a, b, x, y);
}

void unix_compare(struct unix_test *a, struct unix_test *b)
{
	same_node(a, b, a->root, b->root, "/");
}
