// SPDX-License-Identifier: GPL-2.0
/*
 * File systems behind the general interface, for the suites of core/unix/; see unix_fs.h.
 *
 * Locks: none, one thread runs.
 */
#include "unix_fs.h"

/* ---- the memory port as a home ---- */

static struct efs_inode *home_inode_new(struct efs_sb *sb)
{
	struct efs_test_inode *ti = efs_alloc(sb, sizeof(*ti));

	return ti ? &ti->core : NULL;
}

static void home_inode_free(struct efs_inode *ei)
{
	if (!efs_list_empty(&ei->win_link))
		efs_test_bug("inode %u leaves memory with a window", ei->ino);
	efs_free(efs_ti(ei));
}

static bool home_inode_dirty(struct efs_inode *ei, bool take)
{
	bool dirty = efs_test_load(&efs_ti(ei)->dirty);

	if (dirty && take)
		efs_test_put(&efs_ti(ei)->dirty, false);
	return dirty;
}

static int home_data_read(struct efs_sb *sb, u32 blk, u32 len, void *buf)
{
	struct efs_test_dev *dev = sb->port.dev;

	efs_test_dev_read(dev, (u64)blk << dev->block_bits, buf, (size_t)len << dev->block_bits);
	return 0;
}

static int home_data_write(struct efs_sb *sb, u32 blk, u32 len, const void *buf)
{
	struct efs_test_dev *dev = sb->port.dev;

	efs_test_dev_write(dev, (u64)blk << dev->block_bits, buf, (size_t)len << dev->block_bits);
	return 0;
}

static void home_inode_sync(struct efs_inode *ei, bool on)
{
	ei->port.sync = on;
}

static int home_write_owned(struct efs_inode *ei)
{
	efs_test_flush_owned(ei->sb->port.dev, ei->ino);
	return 0;
}

/* what is written is durable here */
static int home_settle(struct efs_sb *sb)
{
	return 0;
}

static int home_flush(struct efs_sb *sb)
{
	efs_test_flush(sb->port.dev);
	return 0;
}

const struct efs_ext2_home unix_ext2_home = {
	.inode_new = home_inode_new,
	.inode_free = home_inode_free,
	.inode_dirty = home_inode_dirty,
	.data_read = home_data_read,
	.data_write = home_data_write,
	.inode_sync = home_inode_sync,
	.write_owned = home_write_owned,
	.settle = home_settle,
	.flush = home_flush,
};

/* ---- a case ---- */

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

/* of what the formatter made */
static void set_times(struct unix_test *u)
{
	struct efs_setattr now = { .mask = EFS_SET_ATIME | EFS_SET_MTIME | EFS_SET_NOW };
	struct efs_node *node;

	KUNIT_ASSERT_EQ(u->test, efs_node_setattr(u->root, &now), 0);
	KUNIT_ASSERT_EQ(u->test, efs_node_lookup(u->root, "lost+found", 10, &node), 0);
	KUNIT_ASSERT_EQ(u->test, efs_node_setattr(node, &now), 0);
	efs_node_put(node);
}

static struct unix_test *begin_mem(struct kunit *test, u32 block_size, u64 size_max)
{
	struct efs_memfs_opts o = { .dev = 7, .page_size = block_size,
				    .target_max = block_size - 1, .size_max = size_max,
				    .value_max = block_size };
	struct efs_new n = { .mode = EFS_S_IFDIR | 0700 };
	struct unix_test *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);

	u->test = test;
	u->name = "mem";
	KUNIT_ASSERT_EQ(u->test, efs_memfs_new(&o, &u->fs), 0);
	KUNIT_ASSERT_EQ(u->test, efs_fs_root(u->fs, &u->root), 0);
	KUNIT_ASSERT_EQ(u->test, efs_node_create(u->root, "lost+found", 10, &n, NULL), 0);
	set_times(u);
	return u;
}

static void open_ext2(struct unix_test *u, u32 unused_max)
{
	struct efs_ext2_opts o = { .dev = 8, .unused_max = unused_max };

	KUNIT_ASSERT_EQ(u->test, efs_ext2_new(&u->vol->sb, &unix_ext2_home, &o, &u->fs), 0);
	KUNIT_ASSERT_EQ(u->test, efs_fs_root(u->fs, &u->root), 0);
}

struct unix_test *unix_begin_ext2(struct kunit *test, const struct efs_test_mkfs *m,
				  u32 unused_max)
{
	struct unix_test *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);

	u->test = test;
	u->name = "ext2";
	u->vol = efs_test_begin(test, m);
	open_ext2(u, unused_max);
	set_times(u);
	return u;
}

struct unix_test *unix_begin_like(struct unix_test *vol)
{
	const struct efs_geo *geo = &vol->vol->sb.geo;

	return begin_mem(vol->test, geo->block_size, geo->max_size);
}

struct unix_test *unix_begin(struct kunit *test, enum unix_kind kind)
{
	static const struct efs_test_mkfs m = {
		.block_size = 1024, .blocks = 4000, .ipg = 512, .inode_size = 256,
		.large_file = true,
	};
	if (kind == UNIX_EXT2)
		return unix_begin_ext2(test, &m, 4);
	/* 12 blocks, and 256, 256^2 and 256^3 more */
	return begin_mem(test, m.block_size, 0x101010cull << 10);
}

void unix_end(struct unix_test *u)
{
	efs_node_put(u->root);
	KUNIT_EXPECT_EQ(u->test, efs_fs_unmount(u->fs), 0);
	KUNIT_EXPECT_EQ(u->test, efs_test_locks_held(), 0);
	if (!u->vol)
		return;
	u->vol->mounted = false;
	efs_test_end(u->vol);
}

void unix_remount(struct unix_test *u)
{
	if (!u->vol)
		return;
	efs_node_put(u->root);
	KUNIT_ASSERT_EQ(u->test, efs_fs_unmount(u->fs), 0);
	KUNIT_ASSERT_EQ(u->test, efs_test_mount(u->vol, NULL), 0);
	open_ext2(u, 4);
}

void unix_set_rdonly(struct unix_test *u, bool rdonly)
{
	if (!u->vol) {
		efs_memfs_set_rdonly(u->fs, rdonly);
		return;
	}
	KUNIT_EXPECT_EQ(u->test, efs_fs_sync(u->fs), 0);
	if (rdonly)
		KUNIT_EXPECT_EQ(u->test, efs_mark_ro(&u->vol->sb), 0);
	else
		KUNIT_EXPECT_EQ(u->test, efs_mark_rw(&u->vol->sb), 0);
}

static void tick(s64 *now, u32 *nsec)
{
	*nsec += 500000000;
	*now += 1 + *nsec / 1000000000;
	*nsec %= 1000000000;
}

void unix_tick(struct unix_test *u)
{
	if (u->vol)
		tick(&u->vol->dev->now, &u->vol->dev->now_nsec);
	else
		tick(&efs_test_nosb.now, &efs_test_nosb.now_nsec);
}

/* ---- contents ---- */

void unix_put_bytes(struct unix_test *u, struct efs_node *node, u64 off, u8 byte, size_t len)
{
	u8 *data = efs_test_zalloc(len);
	size_t done;

	memset(data, byte, len);
	KUNIT_EXPECT_EQ(u->test, efs_node_write(node, off, data, len, &done), 0);
	KUNIT_EXPECT_EQ(u->test, done, len);
	efs_test_mfree(data);
}

void unix_expect_bytes(struct unix_test *u, struct efs_node *node, u64 off, u8 byte, size_t len)
{
	u8 *data = efs_test_zalloc(len);
	size_t done, i;

	KUNIT_EXPECT_EQ(u->test, efs_node_read(node, off, data, len, &done), 0);
	KUNIT_EXPECT_EQ(u->test, done, len);
	for (i = 0; i < done && data[i] == byte; i++)
		;
	KUNIT_EXPECT_EQ_MSG(u->test, i, len, "at %llu", (unsigned long long)off);
	efs_test_mfree(data);
}

/* ---- comparison ---- */

static void same_stat(struct unix_test *a, struct unix_test *b, struct efs_node *x,
		      struct efs_node *y, const char *name)
{
	struct efs_stat s, t;

	efs_node_stat(x, &s);
	efs_node_stat(y, &t);
#define SAME(field) \
	KUNIT_EXPECT_EQ_MSG(a->test, s.field, t.field, "%s, %s and %s", name, a->name, \
			    b->name)
	SAME(mode);
	SAME(nlink);
	SAME(uid);
	SAME(gid);
	SAME(major);
	SAME(minor);
	SAME(blksize);
	SAME(atime.sec);
	SAME(atime.nsec);
	SAME(mtime.sec);
	SAME(mtime.nsec);
	SAME(ctime.sec);
	SAME(ctime.nsec);
	/* the formatter's have no birth */
	if (strcmp(name, "/") && strcmp(name, "lost+found")) {
		SAME(flags);
		SAME(btime.sec);
		SAME(btime.nsec);
	}
	if (x->type != EFS_S_IFDIR)
		SAME(size);
#undef SAME
	if (b->vol && efs_ext2_inode(y)->file_acl)
		t.blocks -= t.blksize / 512;
	/* of regular files that need no indirect blocks, and have lost none */
	if (x->type == EFS_S_IFREG && s.size <= 12 * s.blksize)
		KUNIT_EXPECT_EQ_MSG(a->test, s.blocks, t.blocks, "%s", name);
}

#define LIST_ROOM 4096

/* the same names in any order, with the same values */
static void same_xattrs(struct unix_test *a, struct unix_test *b, struct efs_node *x,
			struct efs_node *y, const char *name)
{
	char *list = efs_test_zalloc(3 * LIST_ROOM), *v = list + LIST_ROOM, *w = v + LIST_ROOM;
	size_t n, m, at, len;

	KUNIT_EXPECT_EQ_MSG(a->test, efs_node_listxattr(y, NULL, 0, &m), 0, "%s", name);
	KUNIT_EXPECT_EQ_MSG(a->test, efs_node_listxattr(x, list, LIST_ROOM, &n), 0, "%s", name);
	KUNIT_EXPECT_EQ_MSG(a->test, n, m, "attributes of %s, %s and %s", name, a->name, b->name);
	for (at = 0; at < n && n <= LIST_ROOM; at += len + 1) {
		const char *attr = list + at;

		len = strlen(attr);
		KUNIT_EXPECT_EQ(a->test, efs_node_getxattr(x, attr, len, v, LIST_ROOM, &n), 0);
		KUNIT_EXPECT_EQ_MSG(a->test, efs_node_getxattr(y, attr, len, w, LIST_ROOM, &m), 0,
				    "%s of %s", attr, name);
		KUNIT_EXPECT_EQ_MSG(a->test, n, m, "%s of %s", attr, name);
		KUNIT_EXPECT_MEMEQ(a->test, v, w, min(n, m));
		KUNIT_EXPECT_EQ(a->test, efs_node_listxattr(x, NULL, 0, &n), 0);
	}
	efs_test_mfree(list);
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
			    a->name, b->name);
	while (!efs_node_readdir(x, &pos, e, 1, &n) && n) {
		int err = efs_node_lookup(y, e->name, e->len, &cy);

		KUNIT_EXPECT_EQ_MSG(a->test, err, 0, "%s on %s", e->name, b->name);
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
	same_xattrs(a, b, x, y, name);
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
