// SPDX-License-Identifier: GPL-2.0
/*
 * The Simple File System behind the general interface: volumes from a maker that shares
 * nothing with the reader (mksfs.c), damaged ones, devices and memory that fail, threads.
 *
 * Tests: core/unix/sfs.c core/unix/sfs_index.c
 *
 * Locks: none, but in the suite with threads, where the volume is only read.
 */
#include "home.h"
#include "mksfs.h"
#include "../core/unix/sfs.h"
#include "../core/unix/walk.h"

#define IMG_BYTES	(256 * 1024u)
#define BIG_BYTES	(1024 * 1024u)
#define STAMP(sec)	(65536 * (s64)(sec))

/**
 * struct vol - a volume in memory
 * @t: a device, for memory and the log alone
 * @img: its @size bytes; @m made them
 * @reads, @bytes: of them so far; the @fail_at-th fails, from 1 on
 * @flip_at: before this read, byte @flip changes by @by
 * @node, @data: room for whoever needs it
 */
struct vol {
	struct kunit *test;
	struct efs_test_fs *t;
	u8 *img;
	u64 size;
	struct mksfs m;
	u32 reads, fail_at, flip_at;
	u64 bytes, flip;
	u8 by;
	struct efs_fs *fs;
	struct efs_node *root;
	enum efs_sfs_code why;
	struct efs_entry ents[16];
	u8 data[8192];
};

static int vol_read(void *ctx, u64 off, void *buf, size_t len)
{
	struct vol *v = ctx;
	u32 n = efs_test_add(&v->reads, 1) + 1;

	if (n == v->fail_at)
		return -EIO;
	if (n == v->flip_at)
		v->img[v->flip] += v->by;
	efs_test_add(&v->bytes, len);
	if (off > v->size || len > v->size - off || !len) {
		efs_test_bug("read of %zu bytes at %llu", len, (unsigned long long)off);
		return -EIO;
	}
	memcpy(buf, v->img + off, len);
	return 0;
}

static struct vol *vol_sized(struct kunit *test, u32 bits, u32 size)
{
	struct vol *v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);

	v->test = test;
	v->t = efs_test_fs_new(test, 1024, 64);
	v->t->sb.port.dev = v->t->dev;
	v->size = size;
	v->img = kunit_kzalloc(test, size, GFP_KERNEL);
	mksfs_begin(&v->m, v->img, v->size, bits, bits < 9 ? 4 : 1, "a label", STAMP(1000));
	return v;
}

static struct vol *vol_new(struct kunit *test, u32 bits)
{
	return vol_sized(test, bits, IMG_BYTES);
}

static void vol_end(struct vol *v)
{
	KUNIT_ASSERT_TRUE(v->test, mksfs_end(&v->m, STAMP(2000) + 32768));
}

static int vol_try(struct vol *v)
{
	struct efs_sfs_opts o = { .dev = 77, .bytes = v->size, .read = vol_read, .ctx = v };

	v->why = EFS_SFS_OK;
	return efs_sfs_new(&v->t->sb, &o, &v->fs, &v->why);
}

static void vol_mount(struct vol *v)
{
	KUNIT_ASSERT_EQ(v->test, vol_try(v), 0);
	KUNIT_ASSERT_EQ(v->test, efs_fs_root(v->fs, &v->root), 0);
}

static void vol_umount(struct vol *v)
{
	KUNIT_EXPECT_EQ(v->test, efs_fs_unmount(v->fs), -EBUSY);
	efs_node_put(v->root);
	KUNIT_EXPECT_EQ(v->test, efs_fs_unmount(v->fs), 0);
	efs_test_dev_check(v->t->dev);
	KUNIT_EXPECT_EQ(v->test, efs_test_locks_held(), 0);
}

static int walk(struct vol *v, const char *path, struct efs_node **out)
{
	struct efs_where w = { .fs = v->fs };

	return efs_walk(&w, path, strlen(path), 0, out);
}

static struct efs_node *get(struct vol *v, const char *path)
{
	struct efs_node *node = NULL;

	KUNIT_ASSERT_EQ_MSG(v->test, walk(v, path, &node), 0, "%s", path);
	return node;
}

/* byte @i of file number @seed */
static u8 pattern(u32 seed, u32 i)
{
	return (u8)(seed * 31 + i * 7 + i / 256);
}

static u8 *add_file(struct vol *v, const char *path, u32 seed, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		v->data[i] = pattern(seed, i);
	return mksfs_name(&v->m, MKSFS_FILE, path, STAMP(5000 + seed) + 1, v->data, len);
}

static u8 *add_dir(struct vol *v, const char *path)
{
	return mksfs_name(&v->m, MKSFS_DIR, path, STAMP(4000), NULL, 0);
}

static void expect_file(struct vol *v, const char *path, u32 seed, u32 len)
{
	struct efs_node *node = get(v, path);
	struct efs_stat st;
	size_t done;
	u32 i;

	efs_node_stat(node, &st);
	KUNIT_EXPECT_EQ(v->test, st.mode, EFS_S_IFREG | 0444);
	KUNIT_EXPECT_EQ(v->test, st.size, len);
	KUNIT_EXPECT_EQ(v->test, st.nlink, 1);
	KUNIT_EXPECT_EQ(v->test, st.mtime.sec, 5000 + seed);
	memset(v->data, 0xee, sizeof(v->data));
	KUNIT_EXPECT_EQ(v->test, efs_node_read(node, 0, v->data, sizeof(v->data), &done), 0);
	KUNIT_EXPECT_EQ(v->test, done, len);
	for (i = 0; i < len; i++)
		KUNIT_ASSERT_EQ_MSG(v->test, v->data[i], pattern(seed, i), "%s, byte %u", path, i);
	efs_node_put(node);
}

/* names of a directory but `.` and `..`, read @max at a time, joined by commas */
static void list(struct vol *v, struct efs_node *dir, u32 max, char *buf, size_t size)
{
	struct efs_dirpos pos = { 0 };
	size_t at = 0;
	u32 n, i;

	buf[0] = '\0';
	do {
		KUNIT_ASSERT_EQ(v->test, efs_node_readdir(dir, &pos, v->ents, max, &n), 0);
		for (i = 0; i < n; i++)
			if (strcmp(v->ents[i].name, ".") && strcmp(v->ents[i].name, ".."))
				at += snprintf(buf + at, size - at, "%s,", v->ents[i].name);
	} while (n);
}

/* ---- volumes as they should be ---- */

static const struct shape {
	const char *name;
	u32 bits;
} shapes[] = {
	{ "128", 7 }, { "256", 8 }, { "512", 9 }, { "1k", 10 }, { "4k", 12 },
};

EFS_TEST_ROWS(shapes);

static struct vol *small_tree(struct kunit *test, u32 bits)
{
	struct vol *v = vol_new(test, bits);

	/* in no order at all: directories may come behind what is in them */
	add_file(v, "sub/deep/er/leaf", 3, 5000);
	add_file(v, "readme", 1, 700);
	add_dir(v, "sub/deep");
	add_dir(v, "void");
	add_file(v, "sub.txt", 2, 1);
	add_dir(v, "sub");
	add_dir(v, "sub/deep/er");
	add_file(v, "sub/nothing", 4, 0);
	vol_end(v);
	return v;
}

static void tree(struct kunit *test)
{
	const struct shape *r = test->param_value;
	struct vol *v = small_tree(test, r->bits);
	struct efs_node *node, *up, *again;
	struct efs_sfs_info info;
	struct efs_fs_stat fst;
	struct efs_stat st;
	char names[64];

	vol_mount(v);
	KUNIT_EXPECT_EQ(test, efs_sfs_problems(v->fs, EFS_SFS_OK), 8);
	expect_file(v, "/readme", 1, 700);
	expect_file(v, "sub.txt", 2, 1);
	expect_file(v, "/sub/deep/../deep/er/leaf", 3, 5000);
	expect_file(v, "sub/nothing", 4, 0);
	list(v, v->root, 3, names, sizeof(names));
	KUNIT_EXPECT_STREQ(test, names, "readme,sub,sub.txt,void,");
	node = get(v, "sub");
	list(v, node, 1, names, sizeof(names));
	KUNIT_EXPECT_STREQ(test, names, "deep,nothing,");
	efs_node_stat(node, &st);
	KUNIT_EXPECT_EQ(test, st.dev, 77);
	KUNIT_EXPECT_EQ(test, st.mode, EFS_S_IFDIR | 0555);
	KUNIT_EXPECT_EQ(test, st.nlink, 3);
	/* the identifier is first from the end, five entries follow */
	KUNIT_EXPECT_EQ(test, st.ino, 7);
	KUNIT_EXPECT_EQ(test, st.blksize, 1u << r->bits);
	KUNIT_EXPECT_EQ(test, st.mtime.sec, 4000);
	KUNIT_EXPECT_EQ(test, efs_node_lookup(node, "..", 2, &up), 0);
	KUNIT_EXPECT_PTR_EQ(test, up, v->root);
	efs_node_put(up);
	again = get(v, "void/../sub/.");
	KUNIT_EXPECT_PTR_EQ(test, again, node);
	efs_node_put(again);
	efs_node_put(node);
	KUNIT_EXPECT_EQ(test, walk(v, "readme/x", &node), -ENOTDIR);
	KUNIT_EXPECT_EQ(test, walk(v, "sub/no", &node), -ENOENT);
	KUNIT_EXPECT_EQ(test, walk(v, "deep", &node), -ENOENT);
	KUNIT_EXPECT_EQ(test, walk(v, "su", &node), -ENOENT);
	KUNIT_EXPECT_EQ(test, walk(v, "void/x", &node), -ENOENT);

	efs_node_stat(v->root, &st);
	KUNIT_EXPECT_EQ(test, st.ino, 1);
	KUNIT_EXPECT_EQ(test, st.nlink, 4);
	KUNIT_EXPECT_EQ(test, st.mtime.sec, 2000);
	KUNIT_EXPECT_EQ(test, st.mtime.nsec, 500000000);
	KUNIT_EXPECT_EQ(test, efs_fs_statfs(v->fs, &fst), 0);
	KUNIT_EXPECT_TRUE(test, fst.rdonly);
	KUNIT_EXPECT_EQ(test, fst.bsize, 1u << r->bits);
	KUNIT_EXPECT_EQ(test, fst.blocks, IMG_BYTES >> r->bits);
	KUNIT_EXPECT_EQ(test, fst.bfree, (IMG_BYTES >> r->bits) - v->m.next -
			((v->m.slots * 64 + (1u << r->bits) - 1) >> r->bits));
	KUNIT_EXPECT_EQ(test, fst.files, 9);
	efs_sfs_get_info(v->fs, &info);
	KUNIT_EXPECT_STREQ(test, info.label, "a label");
	KUNIT_EXPECT_EQ(test, info.made.sec, 1000);
	vol_umount(v);
}

/* every piece of a file, and only that, is what is asked of the device */
static void pieces(struct kunit *test)
{
	struct vol *v = small_tree(test, 9);
	struct efs_node *node;
	u32 off, len, i;
	size_t done;
	u64 at;

	vol_mount(v);
	node = get(v, "sub/deep/er/leaf");
	for (off = 0; off < 5300; off += 97)
		for (len = 0; len < 5300; len += 501) {
			u32 want = off < 5000 ? min_t(u32, len, 5000 - off) : 0;
			u64 bytes = v->bytes;

			KUNIT_ASSERT_EQ(test, efs_node_read(node, off, v->data, len, &done), 0);
			KUNIT_ASSERT_EQ(test, done, want);
			KUNIT_ASSERT_EQ(test, v->bytes - bytes, want);
			for (i = 0; i < want; i++)
				KUNIT_ASSERT_EQ(test, v->data[i], pattern(3, off + i));
		}
	KUNIT_EXPECT_EQ(test, efs_node_read(node, ~0ull, v->data, 10, &done), 0);
	KUNIT_EXPECT_EQ(test, done, 0);
	KUNIT_EXPECT_EQ(test, efs_node_seek(node, 10, false, &at), 0);
	KUNIT_EXPECT_EQ(test, at, 10);
	KUNIT_EXPECT_EQ(test, efs_node_seek(node, 10, true, &at), 0);
	KUNIT_EXPECT_EQ(test, at, 5000);
	v->fail_at = v->reads + 1;
	KUNIT_EXPECT_EQ(test, efs_node_read(node, 0, v->data, 10, &done), -EIO);
	KUNIT_EXPECT_EQ(test, done, 0);
	efs_node_put(node);
	KUNIT_EXPECT_EQ(test, efs_node_read(v->root, 0, v->data, 10, &done), -EISDIR);
	vol_umount(v);
}

/* nothing can be changed, by any function */
static void rdonly(struct kunit *test)
{
	struct vol *v = small_tree(test, 9);
	struct efs_new n = { .mode = EFS_S_IFREG | 0644 };
	struct efs_setattr set = { .mask = EFS_SET_MODE };
	struct efs_node *f;
	size_t done;

	vol_mount(v);
	f = get(v, "readme");
	KUNIT_EXPECT_EQ(test, efs_node_create(v->root, "new", 3, &n, NULL), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_node_tmpfile(v->root, &n, &f), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_node_link(v->root, "new", 3, f), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_node_unlink(v->root, "readme", 6), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_node_rmdir(v->root, "void", 4), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_node_rename(v->root, "readme", 6, v->root, "b", 1, 0), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_node_write(f, 0, "x", 1, &done), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 0), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_node_punch(f, 0, 1), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_node_reserve(f, 0, 1, false), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &set), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(f, "user.a", 6, "1", 1, 0), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_node_getxattr(f, "user.a", 6, v->data, 1, &done), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, efs_node_fsync(f), 0);
	KUNIT_EXPECT_EQ(test, efs_fs_sync(v->fs), 0);
	KUNIT_EXPECT_EQ(test, efs_fs_writable(v->fs), -EROFS);
	efs_node_put(f);
	vol_umount(v);
}

/* names that end just before, at and behind the end of an entry, in one or many pieces */
static void long_names(struct kunit *test)
{
	static const u32 lens[] = { 1, 29, 30, 31, 53, 54, 55, 93, 94, 95, 118, 119, 158, 159,
				    222, 223, 254, 255 };
	struct vol *v = vol_sized(test, 9, BIG_BYTES);
	char *path = kunit_kzalloc(test, 16400, GFP_KERNEL);
	struct efs_node *node;
	u32 i, at = 0;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		memset(path, 'a' + i, lens[i]);
		path[lens[i]] = '\0';
		KUNIT_ASSERT_NOT_NULL(test, add_file(v, path, i, 10));
		path[0] = '0';
		KUNIT_ASSERT_NOT_NULL(test, add_dir(v, path));
	}
	/* directories in each other as far as a name can tell of */
	for (i = 0; i < 64; i++) {
		memset(path + at, 'x', 254);
		path[at + 254] = '\0';
		KUNIT_ASSERT_NOT_NULL(test, add_dir(v, path));
		at += 254;
		path[at++] = '/';
	}
	vol_end(v);
	vol_mount(v);
	KUNIT_EXPECT_EQ(test, efs_sfs_problems(v->fs, EFS_SFS_OK), 2 * ARRAY_SIZE(lens) + 64);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		memset(path, 'a' + i, lens[i]);
		path[lens[i]] = '\0';
		expect_file(v, path, i, 10);
		path[0] = '0';
		node = get(v, path);
		KUNIT_EXPECT_EQ(test, node->type, EFS_S_IFDIR);
		efs_node_put(node);
	}
	memset(path, 'x', 254);
	node = efs_node_get(v->root);
	for (i = 0; i < 64; i++) {
		struct efs_node *child = NULL;

		KUNIT_ASSERT_EQ(test, efs_node_lookup(node, path, 254, &child), 0);
		efs_node_put(node);
		node = child;
	}
	KUNIT_EXPECT_EQ(test, efs_node_lookup(node, path, 254, &v->root), -ENOENT);
	efs_node_put(node);
	KUNIT_EXPECT_EQ(test, efs_node_lookup(v->root, path, 256, &node), -ENAMETOOLONG);
	vol_umount(v);
}

#define MANY_DIRS	20
#define MANY_FILES	70

/* an index of many pieces; each directory's names are together and in order */
static void many(struct kunit *test)
{
	struct vol *v = vol_sized(test, 9, BIG_BYTES);
	u32 i, k, n, seen;
	char path[32];

	for (i = 0; i < MANY_DIRS * MANY_FILES; i++) {
		k = i * 911 % (MANY_DIRS * MANY_FILES);
		snprintf(path, sizeof(path), "d%02u/f%02u", k / MANY_FILES, k % MANY_FILES);
		KUNIT_ASSERT_NOT_NULL(test, add_file(v, path, k % 200, k % 7));
	}
	for (i = 0; i < MANY_DIRS; i++) {
		snprintf(path, sizeof(path), "d%02u", i);
		add_dir(v, path);
	}
	vol_end(v);
	vol_mount(v);
	KUNIT_EXPECT_EQ(test, efs_sfs_problems(v->fs, EFS_SFS_OK), MANY_DIRS * (MANY_FILES + 1));
	/* twice, in pieces of 16 KiB, the two ends, and the superblock */
	KUNIT_EXPECT_LE(test, v->reads, 2 * (MANY_DIRS * (MANY_FILES + 1) / 256 + 2) + 3);
	for (i = 0; i < MANY_DIRS; i++) {
		struct efs_dirpos pos = { 0 };
		struct efs_node *dir;

		snprintf(path, sizeof(path), "d%02u", i);
		dir = get(v, path);
		for (seen = 0; ; seen += n) {
			KUNIT_ASSERT_EQ(test, efs_node_readdir(dir, &pos, v->ents, 16, &n), 0);
			if (!n)
				break;
			for (k = seen ? 0 : 2; k < n; k++) {
				snprintf(path, sizeof(path), "f%02u", seen + k - 2);
				KUNIT_EXPECT_STREQ(test, v->ents[k].name, path);
			}
			/* a walk may go on behind any entry, also one kept for long */
			pos.pos = v->ents[n - 1].next;
			pos.version = EFS_DIRPOS_ANY;
		}
		KUNIT_EXPECT_EQ(test, seen, MANY_FILES + 2);
		efs_node_put(dir);
		for (k = 0; k < MANY_FILES; k += 9) {
			u32 f = i * MANY_FILES + k;

			snprintf(path, sizeof(path), "d%02u/f%02u", i, k);
			expect_file(v, path, f % 200, f % 7);
		}
	}
	vol_umount(v);
}

/* what was deleted, is unusable or unused is not seen, names and continuations included */
static void deleted(struct kunit *test)
{
	struct vol *v = vol_new(test, 9);
	char name[200], names[32];
	u8 *p;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	add_file(v, "one", 1, 10);
	mksfs_name(&v->m, MKSFS_GONE_FILE, "gone", 0, v->data, 10);
	mksfs_name(&v->m, MKSFS_GONE_FILE, name, 0, v->data, 10);
	mksfs_entry(&v->m, MKSFS_UNUSED, 1);
	p = mksfs_entry(&v->m, MKSFS_UNUSED, 1);
	memset(p + 1, 0xff, 63);
	mksfs_name(&v->m, MKSFS_GONE_DIR, name, 0, NULL, 0);
	p = mksfs_entry(&v->m, MKSFS_UNUSABLE, 1);
	memset(p + 1, 0xff, 63);
	mksfs_name(&v->m, MKSFS_GONE_DIR, "gone/dir", 0, NULL, 0);
	add_file(v, "two", 2, 20);
	vol_end(v);
	vol_mount(v);
	list(v, v->root, 16, names, sizeof(names));
	KUNIT_EXPECT_STREQ(test, names, "one,two,");
	KUNIT_EXPECT_EQ(test, v->t->dev->log_text[0], '\0');
	expect_file(v, "one", 1, 10);
	expect_file(v, "two", 2, 20);
	vol_umount(v);
}

/* an empty volume is a marker and an identifier; time goes back beyond 1970 */
static void empty(struct kunit *test)
{
	struct vol *v = vol_new(test, 9);
	struct efs_node *node;
	struct efs_stat st;
	char names[8];

	KUNIT_ASSERT_TRUE(test, mksfs_end(&v->m, STAMP(-3) + 16384));
	vol_mount(v);
	list(v, v->root, 4, names, sizeof(names));
	KUNIT_EXPECT_STREQ(test, names, "");
	efs_node_stat(v->root, &st);
	KUNIT_EXPECT_EQ(test, st.mtime.sec, -3);
	KUNIT_EXPECT_EQ(test, st.mtime.nsec, 250000000);
	KUNIT_EXPECT_EQ(test, st.nlink, 2);
	KUNIT_EXPECT_EQ(test, efs_node_lookup(v->root, "x", 1, &node), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_fs_root2(v->fs, &node), 0);
	KUNIT_EXPECT_PTR_EQ(test, node, v->root);
	efs_node_put(node);
	vol_umount(v);
}

/* ---- damaged volumes ---- */

#define FAR (~0ull)

static const struct bad_super {
	const char *name;
	u32 off, n;
	u64 value;
	bool sum;	/* the checksum is put right */
	int err;
	enum efs_sfs_code why;
} bad_supers[] = {
	{ "no_magic", 0x1ac, 3, 0, true, -EINVAL, EFS_SFS_MAGIC },
	{ "half_magic", 0x1ae, 1, 'X', true, -EINVAL, EFS_SFS_MAGIC },
	{ "version_1a", 0x1af, 1, 0x1a, true, -EINVAL, EFS_SFS_VERSION },
	{ "checksum", 0x1bd, 1, 0x55, false, -EUCLEAN, EFS_SFS_CHECKSUM },
	{ "blocks_changed", 0x1b0, 1, 1, false, -EUCLEAN, EFS_SFS_CHECKSUM },
	{ "block_size", 0x1bc, 1, 24, true, -EUCLEAN, EFS_SFS_BLOCK_SIZE },
	{ "block_size_max", 0x1bc, 1, 255, true, -EUCLEAN, EFS_SFS_BLOCK_SIZE },
	{ "larger", 0x1b0, 8, 513, true, -EUCLEAN, EFS_SFS_DEVICE },
	{ "far_larger", 0x1b0, 8, FAR, true, -EUCLEAN, EFS_SFS_DEVICE },
	{ "blocks_twice_as_big", 0x1bc, 1, 3, true, -EUCLEAN, EFS_SFS_DEVICE },
	{ "no_blocks", 0x1b0, 8, 0, true, -EUCLEAN, EFS_SFS_INDEX_SIZE },
	{ "index_ragged", 0x1a4, 8, 130, true, -EUCLEAN, EFS_SFS_INDEX_SIZE },
	{ "index_empty", 0x1a4, 8, 0, true, -EUCLEAN, EFS_SFS_INDEX_SIZE },
	{ "index_one", 0x1a4, 8, 64, true, -EUCLEAN, EFS_SFS_INDEX_SIZE },
	{ "index_large", 0x1a4, 8, IMG_BYTES + 64, true, -EUCLEAN, EFS_SFS_INDEX_SIZE },
	{ "index_far", 0x1a4, 8, FAR - 63, true, -EUCLEAN, EFS_SFS_INDEX_SIZE },
	{ "index_over_data", 0x1a4, 8, IMG_BYTES - 1024, true, -EUCLEAN, EFS_SFS_AREAS },
	{ "no_reserved", 0x1b8, 4, 0, true, -EUCLEAN, EFS_SFS_AREAS },
	{ "reserved_far", 0x1b8, 4, 0xffffffff, true, -EUCLEAN, EFS_SFS_AREAS },
	{ "data_far", 0x19c, 8, FAR, true, -EUCLEAN, EFS_SFS_AREAS },
	{ "data_over_index", 0x19c, 8, 511, true, -EUCLEAN, EFS_SFS_AREAS },
	{ "marker_elsewhere", 0x1a4, 8, 128, true, -EUCLEAN, EFS_SFS_INDEX_START },
	{ "end_elsewhere", 0x1b0, 8, 511, true, -EUCLEAN, EFS_SFS_INDEX_START },
};

EFS_TEST_ROWS(bad_supers);

static void bad_super(struct kunit *test)
{
	const struct bad_super *r = test->param_value;
	struct vol *v = small_tree(test, 9);

	mksfs_put(v->img + r->off, r->value, r->n);
	if (r->sum)
		mksfs_checksum(v->img);
	KUNIT_EXPECT_EQ(test, vol_try(v), r->err);
	KUNIT_EXPECT_EQ_MSG(test, v->why, r->why, "%s", efs_sfs_code_name(v->why));
	KUNIT_EXPECT_LE(test, v->reads, 2);
	efs_test_dev_check(v->t->dev);
}

/* the end of the image is not there; the identifier is not what it must be */
static void cut_off(struct kunit *test)
{
	struct vol *v = small_tree(test, 9);
	u64 k;

	v->img[v->size - 64] = MKSFS_UNUSED;
	KUNIT_EXPECT_EQ(test, vol_try(v), -EUCLEAN);
	KUNIT_EXPECT_EQ(test, v->why, EFS_SFS_VOLUME_ID);
	v->img[v->size - 64] = 0x01;
	for (k = 0; k < 12; k++) {
		v->size = IMG_BYTES - 1 - k * k * 2000;
		KUNIT_EXPECT_EQ(test, vol_try(v), -EUCLEAN);
		KUNIT_EXPECT_EQ(test, v->why, EFS_SFS_DEVICE);
	}
	for (k = 0; k < 512; k += 73) {
		v->size = k;
		KUNIT_EXPECT_EQ(test, vol_try(v), -EINVAL);
		KUNIT_EXPECT_EQ(test, v->why, EFS_SFS_MAGIC);
	}
	efs_test_dev_check(v->t->dev);
}

static const struct bad_name {
	const char *name, *path;
	enum efs_sfs_code code;
	u8 type;
} bad_names[] = {
	{ "empty", "", EFS_SFS_ENTRY_NAME, MKSFS_FILE },
	{ "rooted", "/x", EFS_SFS_ENTRY_NAME, MKSFS_FILE },
	{ "slash", "/", EFS_SFS_ENTRY_NAME, MKSFS_DIR },
	{ "slash_behind", "x/", EFS_SFS_ENTRY_NAME, MKSFS_DIR },
	{ "two_slashes", "dir//x", EFS_SFS_ENTRY_NAME, MKSFS_FILE },
	{ "dot", ".", EFS_SFS_ENTRY_NAME, MKSFS_DIR },
	{ "dot_inside", "dir/./x", EFS_SFS_ENTRY_NAME, MKSFS_FILE },
	{ "dot_behind", "dir/.", EFS_SFS_ENTRY_NAME, MKSFS_FILE },
	{ "dotdot", "..", EFS_SFS_ENTRY_NAME, MKSFS_DIR },
	{ "dotdot_inside", "dir/../x", EFS_SFS_ENTRY_NAME, MKSFS_FILE },
	{ "twice", "good", EFS_SFS_ENTRY_TWICE, MKSFS_FILE },
	{ "twice_as_dir", "good", EFS_SFS_ENTRY_TWICE, MKSFS_DIR },
	{ "twice_below", "dir/in", EFS_SFS_ENTRY_TWICE, MKSFS_FILE },
	{ "nowhere", "no/x", EFS_SFS_ENTRY_PARENT, MKSFS_FILE },
	{ "nowhere_dir", "no/x", EFS_SFS_ENTRY_PARENT, MKSFS_DIR },
	{ "nowhere_deep", "dir/no/x", EFS_SFS_ENTRY_PARENT, MKSFS_FILE },
	{ "below_a_file", "good/x", EFS_SFS_ENTRY_PARENT, MKSFS_FILE },
	{ "below_a_file_dir", "dir/in/x", EFS_SFS_ENTRY_PARENT, MKSFS_DIR },
	{ "below_its_start", "di/x", EFS_SFS_ENTRY_PARENT, MKSFS_FILE },
};

EFS_TEST_ROWS(bad_names);

/* one is wrong: it is left out and told, all others are there */
static void bad_name(struct kunit *test)
{
	const struct bad_name *r = test->param_value;
	struct vol *v = vol_new(test, 9);
	enum efs_sfs_code c;
	char names[32];

	add_file(v, "good", 1, 100);
	add_dir(v, "dir");
	add_file(v, "dir/in", 2, 600);
	mksfs_name(&v->m, r->type, r->path, 0, NULL, 0);
	add_file(v, "last", 3, 10);
	vol_end(v);
	vol_mount(v);
	for (c = EFS_SFS_OK + 1; c < EFS_SFS_CODES_MAX; c++)
		KUNIT_EXPECT_EQ_MSG(test, efs_sfs_problems(v->fs, c), c == r->code, "%s",
				    efs_sfs_code_name(c));
	KUNIT_EXPECT_NOT_NULL(test, strstr(v->t->dev->log_text, efs_sfs_code_name(r->code)));
	list(v, v->root, 16, names, sizeof(names));
	KUNIT_EXPECT_STREQ(test, names, "dir,good,last,");
	expect_file(v, "good", 1, 100);
	expect_file(v, "dir/in", 2, 600);
	expect_file(v, "last", 3, 10);
	vol_umount(v);
}

/* a component of 256 bytes is no name; what is below a bad directory is nowhere */
static void bad_chain(struct kunit *test)
{
	struct vol *v = vol_new(test, 9);
	char path[300];

	memset(path, 'p', 256);
	path[256] = '\0';
	add_dir(v, path);
	add_dir(v, "a/b");
	add_file(v, "a/b/c", 1, 1);
	add_dir(v, "a/b/d");
	add_file(v, "a/b/d/e", 1, 1);
	vol_end(v);
	vol_mount(v);
	KUNIT_EXPECT_EQ(test, efs_sfs_problems(v->fs, EFS_SFS_OK), 0);
	KUNIT_EXPECT_EQ(test, efs_sfs_problems(v->fs, EFS_SFS_ENTRY_NAME), 1);
	KUNIT_EXPECT_EQ(test, efs_sfs_problems(v->fs, EFS_SFS_ENTRY_PARENT), 4);
	vol_umount(v);
}

/* entries of no known type, and continuations that would swallow others */
static void bad_entries(struct kunit *test)
{
	struct vol *v = vol_new(test, 9);
	char names[32];
	u32 i;
	u8 *p;

	/* the next one in the index is the one made before */
	add_file(v, "good", 1, 100);
	p = add_file(v, "greedy", 2, 10);
	p[1] = 1;
	mksfs_entry(&v->m, 0x77, 1);
	mksfs_entry(&v->m, 0x00, 1);
	mksfs_entry(&v->m, 0x01, 1);
	mksfs_entry(&v->m, 0x02, 1);
	/* more continuations than there are entries */
	p = add_dir(v, "all");
	p[1] = 255;
	/* deleted, with a number out of nowhere: whatever it is, it ends */
	p = mksfs_name(&v->m, MKSFS_GONE_FILE, "gone", 0, NULL, 0);
	p[1] = 0;
	add_file(v, "last", 3, 10);
	vol_end(v);
	vol_mount(v);
	KUNIT_EXPECT_EQ(test, efs_sfs_problems(v->fs, EFS_SFS_ENTRY_TYPE), 4);
	KUNIT_EXPECT_EQ(test, efs_sfs_problems(v->fs, EFS_SFS_ENTRY_CONT), 2);
	list(v, v->root, 16, names, sizeof(names));
	KUNIT_EXPECT_STREQ(test, names, "good,last,");
	vol_umount(v);
	efs_test_exit(test);

	/* the log has an end */
	v = vol_new(test, 9);
	for (i = 0; i < 100; i++)
		mksfs_entry(&v->m, 0x77, 1);
	vol_end(v);
	vol_mount(v);
	KUNIT_EXPECT_EQ(test, efs_sfs_problems(v->fs, EFS_SFS_ENTRY_TYPE), 100);
	KUNIT_EXPECT_STREQ(test, v->t->dev->log_text, "further inconsistencies are not listed");
	vol_umount(v);
}

static const struct run {
	const char *name;
	u64 start, end, size;	/* blocks from the start of the data area, @end its last */
	bool bad;
} ranges[] = {
	/* the data area has 10 blocks of 512 bytes, behind one that is reserved */
	{ "all", 1, 10, 5120, false },
	{ "overlap", 3, 5, 1400, false },
	{ "room_to_spare", 2, 9, 1, false },
	{ "too_long_by_one", 1, 10, 5121, true },
	{ "before", 0, 3, 100, true },
	{ "behind", 11, 12, 100, true },
	{ "ends_behind", 9, 11, 600, true },
	{ "backwards", 5, 4, 100, true },
	{ "far", 0x8000000000000000ull, 0x8000000000000001ull, 600, true },
	{ "wraps", 1, FAR, 600, true },
	{ "size_far", 1, 10, FAR, true },
	{ "empty", FAR, 0, 0, false },
};

EFS_TEST_ROWS(ranges);

static void range(struct kunit *test)
{
	const struct run *r = test->param_value;
	struct vol *v = vol_new(test, 9);
	struct efs_node *node;
	struct efs_stat st;
	size_t done;
	u32 i, n;
	u8 *p;

	add_file(v, "good", 1, 5120);
	p = mksfs_name(&v->m, MKSFS_FILE, "x", 0, NULL, 0);
	mksfs_put(p + 10, r->start, 8);
	mksfs_put(p + 18, r->end, 8);
	mksfs_put(p + 26, r->size, 8);
	vol_end(v);
	vol_mount(v);
	node = get(v, "x");
	efs_node_stat(node, &st);
	KUNIT_EXPECT_EQ(test, st.size, r->size);
	KUNIT_EXPECT_EQ(test, efs_node_read(node, 0, v->data, sizeof(v->data), &done),
			r->bad ? -EUCLEAN : 0);
	n = r->bad ? 0 : (u32)r->size;
	KUNIT_EXPECT_EQ(test, done, n);
	for (i = 0; i < n; i++)
		KUNIT_ASSERT_EQ(test, v->data[i], pattern(1, (u32)(r->start - 1) * 512 + i));
	KUNIT_EXPECT_EQ(test, efs_sfs_problems(v->fs, EFS_SFS_FILE_RANGE), r->bad);
	efs_node_put(node);
	expect_file(v, "good", 1, 5120);
	vol_umount(v);
}

/* ---- what fails ---- */

/* a small tree with an index of several pieces */
static struct vol *wide_tree(struct kunit *test)
{
	struct vol *v = vol_sized(test, 9, BIG_BYTES);
	char path[32];
	u32 i;

	add_dir(v, "d");
	for (i = 0; i < 700; i++) {
		snprintf(path, sizeof(path), "d/f%u", i);
		add_file(v, path, i % 100, i % 3);
	}
	vol_end(v);
	return v;
}

/* the n-th read fails: no mount, and nothing is left of it */
static void reads_fail(struct kunit *test)
{
	struct vol *v = wide_tree(test);
	u32 n;
	int err;

	for (n = 1; ; n++) {
		v->fail_at = v->reads + n;
		err = vol_try(v);
		if (!err)
			break;
		KUNIT_ASSERT_EQ(test, err, -EIO);
		efs_test_dev_check(v->t->dev);
	}
	KUNIT_EXPECT_GT(test, n, 6);
	v->fail_at = 0;
	KUNIT_ASSERT_EQ(test, efs_fs_root(v->fs, &v->root), 0);
	expect_file(v, "d/f699", 99, 0);
	vol_umount(v);
}

/* the n-th piece of memory is not to be had: at mount, and for a node */
static void no_memory(struct kunit *test)
{
	struct vol *v = small_tree(test, 9);
	struct efs_node *node;
	u32 n;
	int err;

	for (n = 1; ; n++) {
		v->t->dev->fail[EFS_TEST_ALLOC] = n;
		err = vol_try(v);
		v->t->dev->fail[EFS_TEST_ALLOC] = 0;
		if (!err)
			break;
		KUNIT_ASSERT_EQ(test, err, -ENOMEM);
		efs_test_dev_check(v->t->dev);
	}
	KUNIT_EXPECT_EQ(test, n, 6);
	KUNIT_ASSERT_EQ(test, efs_fs_root(v->fs, &v->root), 0);
	v->t->dev->fail[EFS_TEST_ALLOC] = 1;
	KUNIT_EXPECT_EQ(test, efs_node_lookup(v->root, "readme", 6, &node), -ENOMEM);
	KUNIT_EXPECT_EQ(test, efs_node_lookup(v->root, "readme", 6, &node), 0);
	efs_node_put(node);
	vol_umount(v);
}

/* the index changes between counting and filling: more, or longer names, do not fit */
static void changed(struct kunit *test)
{
	static const struct {
		u32 off;	/* in the entry */
		u8 was, is;
	} rows[] = { { 0, MKSFS_UNUSED, MKSFS_FILE }, { 36, 0, 'x' }, { 1, 0, 1 } };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vol *v = vol_new(test, 9);
		u8 *p;
		int err;

		p = add_file(v, "ab", 1, 1);
		p[0] = rows[i].off ? MKSFS_FILE : rows[i].was;
		p[37] = 'c';
		p[38] = 'd';
		add_file(v, "c", 1, 1);
		vol_end(v);
		/* superblock, the index in one piece: the third read is to fill */
		v->flip_at = 3;
		v->flip = (u64)(p - v->img) + rows[i].off;
		v->by = (u8)(rows[i].is - rows[i].was);
		err = vol_try(v);
		if (rows[i].off == 1) {
			/* a continuation over the identifier is only one name less */
			KUNIT_ASSERT_EQ(test, err, 0);
			KUNIT_EXPECT_EQ(test, efs_sfs_problems(v->fs, EFS_SFS_ENTRY_CONT), 1);
			KUNIT_EXPECT_EQ(test, efs_fs_unmount(v->fs), 0);
		} else {
			KUNIT_EXPECT_EQ_MSG(test, err, -EUCLEAN, "row %u", i);
			KUNIT_EXPECT_EQ(test, v->why, EFS_SFS_INDEX_CHANGED);
		}
		KUNIT_EXPECT_EQ(test, v->reads, 3);
		efs_test_dev_check(v->t->dev);
		efs_test_exit(test);
	}
}

/* ---- random damage ---- */

/* everything that can be reached, and what it says of itself, holds together */
static void visit_all(struct vol *v)
{
	struct efs_node *dir[64], *node, *up;
	struct efs_dirpos pos[64] = { { 0 } };
	u32 depth = 1, n, seen = 0;
	struct efs_stat st;
	size_t done;

	dir[0] = efs_node_get(v->root);
	while (depth) {
		struct efs_node *d = dir[depth - 1];

		KUNIT_ASSERT_EQ(v->test, efs_node_readdir(d, &pos[depth - 1], v->ents, 1, &n), 0);
		if (!n) {
			efs_node_put(dir[--depth]);
			continue;
		}
		if (pos[depth - 1].pos <= 2)
			continue;
		seen++;
		KUNIT_ASSERT_EQ(v->test, efs_node_lookup(d, v->ents[0].name, v->ents[0].len,
							 &node), 0);
		efs_node_stat(node, &st);
		KUNIT_ASSERT_EQ(v->test, st.ino, v->ents[0].ino);
		KUNIT_ASSERT_EQ(v->test, node->type, v->ents[0].type);
		if (!efs_node_is_dir(node)) {
			efs_node_read(node, st.size / 2, v->data, sizeof(v->data), &done);
			efs_node_put(node);
			continue;
		}
		KUNIT_ASSERT_EQ(v->test, efs_node_lookup(node, "..", 2, &up), 0);
		KUNIT_ASSERT_PTR_EQ(v->test, up, d);
		efs_node_put(up);
		if (depth == ARRAY_SIZE(dir)) {
			efs_node_put(node);
			continue;
		}
		dir[depth] = node;
		pos[depth++] = (struct efs_dirpos){ 0 };
	}
	KUNIT_ASSERT_EQ(v->test, seen, efs_sfs_problems(v->fs, EFS_SFS_OK));
}

#define ROUNDS 4000

static void garbage(struct kunit *test)
{
	struct vol *v = vol_new(test, 9);
	u8 *was = kunit_kzalloc(test, IMG_BYTES, GFP_KERNEL);
	u32 seed = 0x60221407, round, i, index, mounted = 0;
	char path[200];

	/* small, so that damage meets something */
	v->size = 16384;
	mksfs_begin(&v->m, v->img, v->size, 9, 1, "x", 0);
	for (i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), i % 3 ? "d%u/a-name-%u-%090u" : "d%u", i / 9, i, i);
		if (i % 9 % 3 == 0)
			snprintf(path, sizeof(path), i % 9 ? "d%u/e%u" : "d%u", i / 9, i);
		if (i % 3)
			add_file(v, path, i, i * 9);
		else
			add_dir(v, path);
	}
	vol_end(v);
	memcpy(was, v->img, v->size);
	index = (u32)(v->size - v->m.slots * 64);
	for (round = 0; round < ROUNDS; round++) {
		u32 n = 1 + efs_test_rand(&seed) % 8;

		memcpy(v->img, was, v->size);
		for (i = 0; i < n; i++) {
			u32 r = efs_test_rand(&seed), at = index + (r >> 8) % (v->size - index);
			static const u8 likely[] = { 0, 1, 2, '/', '.', 0x10, 0x11, 0x12, 0x18,
						     0x19, 0x1a, 255 };

			if (r % 8 == 0)
				at = 0x194 + (r >> 8) % 42;
			/* the first bytes of entries matter most */
			else if (r % 8 < 4)
				at &= ~63u | (r % 8 < 3 ? 0 : 0x1f);
			v->img[at] = r & 128 ? (u8)(r >> 16) : likely[(r >> 16) % sizeof(likely)];
		}
		if (efs_test_rand(&seed) % 4)
			mksfs_checksum(v->img);
		v->reads = 0;
		if (!vol_try(v)) {
			mounted++;
			KUNIT_ASSERT_LE(test, v->reads, 6);
			KUNIT_ASSERT_EQ(test, efs_fs_root(v->fs, &v->root), 0);
			visit_all(v);
			vol_umount(v);
		}
		if (test->status != KUNIT_SUCCESS)
			break;
	}
	/* else it has tested little */
	KUNIT_EXPECT_GT(test, mounted, ROUNDS / 4);
	KUNIT_EXPECT_LT(test, mounted, ROUNDS);
	efs_test_dev_check(v->t->dev);
}

/* ---- threads ---- */

#define THREADS 4

struct reader {
	struct vol *v;
	u32 seed, bad;
};

static void read_all(void *arg)
{
	struct reader *a = arg;
	u8 buf[8];
	u32 i;

	for (i = 0; i < 400; i++) {
		u32 f = efs_test_rand(&a->seed) % 700;
		struct efs_node *dir, *node;
		char name[16];
		size_t done;

		snprintf(name, sizeof(name), "f%u", f);
		if (efs_node_lookup(a->v->root, "d", 1, &dir)) {
			a->bad++;
			continue;
		}
		if (efs_node_lookup(dir, name, strlen(name), &node)) {
			a->bad++;
			efs_node_put(dir);
			continue;
		}
		if (efs_node_read(node, 0, buf, sizeof(buf), &done) || done != f % 3 ||
		    (done && buf[0] != pattern(f % 100, 0)))
			a->bad++;
		efs_node_put(efs_node_get(node));
		efs_node_put(dir);
		efs_node_put(node);
	}
}

static void threads(struct kunit *test)
{
	struct vol *v = wide_tree(test);
	struct reader *a = kunit_kzalloc(test, THREADS * sizeof(*a), GFP_KERNEL);
	void *arg[THREADS];
	u32 i;

	vol_mount(v);
	for (i = 0; i < THREADS; i++) {
		a[i].v = v;
		a[i].seed = 99 + i;
		arg[i] = &a[i];
	}
	efs_test_together(test, THREADS, read_all, arg);
	for (i = 0; i < THREADS; i++)
		KUNIT_EXPECT_EQ(test, a[i].bad, 0);
	vol_umount(v);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(tree, shapes_gen_params),
	KUNIT_CASE(pieces),
	KUNIT_CASE(rdonly),
	KUNIT_CASE(long_names),
	KUNIT_CASE(many),
	KUNIT_CASE(deleted),
	KUNIT_CASE(empty),
	KUNIT_CASE_PARAM(bad_super, bad_supers_gen_params),
	KUNIT_CASE(cut_off),
	KUNIT_CASE_PARAM(bad_name, bad_names_gen_params),
	KUNIT_CASE(bad_chain),
	KUNIT_CASE(bad_entries),
	KUNIT_CASE_PARAM(range, ranges_gen_params),
	KUNIT_CASE(reads_fail),
	KUNIT_CASE(no_memory),
	KUNIT_CASE(changed),
	KUNIT_CASE(garbage),
	{}
};

static struct kunit_suite suite = {
	.name = "efsext2_sfs",
	.exit = efs_test_exit,
	.test_cases = cases,
};

static struct kunit_case race_cases[] = {
	KUNIT_CASE(threads),
	{}
};

static struct kunit_suite race_suite = {
	.name = "efsext2_sfs_race",
	.exit = efs_test_exit,
	.test_cases = race_cases,
};

kunit_test_suites(&suite, &race_suite);
