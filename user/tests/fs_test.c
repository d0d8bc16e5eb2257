// SPDX-License-Identifier: GPL-2.0
/*
 * The efsu_ interface over images in memory.
 *
 *   fs_test IMAGE SCRATCH
 *
 * IMAGE was made by mke2fs and stays as it is: each test gets its own copy in memory.
 * Afterwards the copy goes to the file SCRATCH, where e2fsck must find nothing.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../fs.h"
#include "ktap.h"

static const char *scratch;
static char *image, *bytes;
static size_t image_size;
static struct efsu_bdev *mem, *dev;
static struct efsu_fs *fs;
static int reports;
static bool quiet;

static void log_line(void *ctx, enum efs_log_level level, const char *msg)
{
	(void)ctx;
	if (level == EFS_LOG_ERR)
		__atomic_add_fetch(&reports, 1, __ATOMIC_RELAXED);
	if (!quiet)
		printf("# log: %s\n", msg);
}

static int mount_again(bool rdonly)
{
	struct efsu_opts o = { .mount = { .rdonly = rdonly }, .log = log_line };
	enum efs_code why;

	reports = 0;
	return efsu_mount(dev, &o, &fs, &why);
}

static int setup(void)
{
	memcpy(bytes, image, image_size);
	quiet = false;
	if (efsu_bdev_mem(bytes, image_size, &mem) || efsu_bdev_fault(mem, &dev))
		return -1;
	return mount_again(false);
}

/* what e2fsck says of the bytes now: its exit status */
static int fsck(const char *option)
{
	char cmd[4096];
	int fd = open(scratch, O_CREAT | O_TRUNC | O_WRONLY, 0600), status;
	size_t at = 0;

	while (fd >= 0 && at < image_size) {
		ssize_t n = write(fd, bytes + at, image_size - at);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	close(fd);
	if (at < image_size)
		return -1;
	snprintf(cmd, sizeof(cmd), "e2fsck %s '%s' >'%s.log' 2>&1", option, scratch, scratch);
	status = system(cmd);
	if (!WIFEXITED(status))
		return -1;
	if (WEXITSTATUS(status) && !strcmp(option, "-fn")) {
		snprintf(cmd, sizeof(cmd), "sed 's/^/# /' '%s.log'", scratch);
		if (system(cmd))
			return -1;
	}
	return WEXITSTATUS(status);
}

#define TEARDOWN()							\
	do {								\
		CHECK_EQ(efsu_umount(fs), 0);				\
		efsu_bdev_close(dev);					\
		CHECK_EQ(fsck("-fn"), 0);				\
	} while (0)

static u32 rnd_state;

static u32 rnd(u32 n)
{
	rnd_state = rnd_state * 1664525 + 1013904223;
	return (u32)(((u64)(rnd_state >> 4) * n) >> 28);
}

static struct efsu_inode *make(const char *name, u16 mode)
{
	struct efsu_new n = { .mode = mode, .target = "target" };
	struct efsu_inode *root = efsu_root(fs), *i = NULL;

	if (efsu_create(root, name, strlen(name), &n, &i))
		i = NULL;
	efsu_iput(root);
	return i;
}

static struct efsu_inode *at(const char *path)
{
	struct efsu_inode *i;

	return efsu_walk(fs, NULL, path, strlen(path), EFSU_WALK_NOFOLLOW, &i) ? NULL : i;
}

static bool exists(const char *path)
{
	struct efsu_inode *i = at(path);

	efsu_iput(i);
	return i;
}

/* by path: the operation, or the error of a walk */
static int do_path(const char *path, u16 mode, int (*op)(struct efsu_inode *, const char *, size_t))
{
	struct efsu_inode *dir;
	const char *name;
	size_t len;
	int err = efsu_walk_parent(fs, NULL, path, strlen(path), &dir, &name, &len);

	if (err)
		return err;
	if (op) {
		err = op(dir, name, len);
	} else {
		struct efsu_new n = { .mode = mode, .target = "target" };

		err = efsu_create(dir, name, len, &n, NULL);
	}
	efsu_iput(dir);
	return err;
}

static int mk(const char *path, u16 mode)
{
	return do_path(path, mode, NULL);
}

static int rm(const char *path)
{
	return do_path(path, 0, efsu_unlink);
}

static int rmd(const char *path)
{
	return do_path(path, 0, efsu_rmdir);
}

static int mv(const char *from, const char *to, u32 flags)
{
	struct efsu_inode *a, *b;
	const char *an, *bn;
	size_t al, bl;
	int err = efsu_walk_parent(fs, NULL, from, strlen(from), &a, &an, &al);

	if (err)
		return err;
	err = efsu_walk_parent(fs, NULL, to, strlen(to), &b, &bn, &bl);
	if (!err) {
		err = efsu_rename(a, an, al, b, bn, bl, flags);
		efsu_iput(b);
	}
	efsu_iput(a);
	return err;
}

static u32 nlink_of(const char *path)
{
	struct efsu_inode *i = at(path);
	u32 n = i ? efs_i_nlink(&i->core) : 0;

	efsu_iput(i);
	return n;
}

static u32 ino_of(const char *path)
{
	struct efsu_inode *i = at(path);
	u32 n = i ? i->core.ino : 0;

	efsu_iput(i);
	return n;
}

/* ---- contents ---- */

#define SHADOW	(3u << 20)

/* random writes and truncations against the same in memory, and now and then all of it */
static void test_random_io(void)
{
	char *shadow = calloc(1, SHADOW), *buf = malloc(SHADOW);
	struct efsu_inode *i;
	u32 size = 0, round, k;
	size_t n;

	CHECK(shadow && buf);
	CHECK_EQ(setup(), 0);
	i = make("f", EFS_S_IFREG | 0644);
	CHECK(i);
	rnd_state = 1;
	for (round = 0; round < 400; round++) {
		u32 off = rnd(SHADOW), len = rnd(4) ? rnd(5000) : rnd(200000);

		if (rnd(3) == 0)
			off = size;
		len = min(len, SHADOW - off);
		switch (rnd(8)) {
		case 0:
			if (rnd(4) == 0)
				off = rnd(3000);
			CHECK_EQ(efsu_truncate(i, off), 0);
			if (off < size)
				memset(shadow + off, 0, size - off);
			size = off;
			break;
		case 1:
		case 2:
			CHECK_EQ(efsu_read(i, off, buf, len, &n), 0);
			CHECK_EQ(n, off >= size ? 0 : min(len, size - off));
			CHECK(!memcmp(buf, shadow + off, n));
			break;
		default:
			for (k = 0; k < len; k++)
				buf[k] = (char)rnd(256);
			CHECK_EQ(efsu_write(i, off, buf, len, &n), 0);
			CHECK_EQ(n, len);
			memcpy(shadow + off, buf, len);
			if (len)
				size = max(size, off + len);
		}
		CHECK_EQ(efs_i_size(&i->core), size);
		if (round % 50 == 49) {
			efsu_iput(i);
			CHECK_EQ(efsu_umount(fs), 0);
			CHECK_EQ(fsck("-fn"), 0);
			CHECK_EQ(mount_again(false), 0);
			i = at("f");
			CHECK(i);
			CHECK_EQ(efsu_read(i, 0, buf, SHADOW, &n), 0);
			CHECK_EQ(n, size);
			CHECK(!memcmp(buf, shadow, n));
		}
	}
	efsu_iput(i);
	TEARDOWN();
	free(shadow);
	free(buf);
}

/* one block at each border of the map, everything between a hole */
static void test_sparse(void)
{
	u64 bs, p, edge[4], off, data, last = 0;
	struct efsu_inode *i;
	char buf[16];
	size_t n;
	u32 k;
	int d;

	CHECK_EQ(setup(), 0);
	bs = efsu_sb(fs)->geo.block_size;
	p = efsu_sb(fs)->geo.ptrs;
	edge[0] = EFS_NDIR;
	edge[1] = edge[0] + p;
	edge[2] = edge[1] + p * p;
	edge[3] = efsu_sb(fs)->geo.max_size / bs;
	i = make("sparse", EFS_S_IFREG | 0600);
	CHECK(i);
	for (k = 0; k < 4; k++) {
		for (d = -1; d <= 0; d++) {
			off = (edge[k] + (u64)(s64)d) * bs + 5;
			if (off + 8 > efsu_sb(fs)->geo.max_size) {
				CHECK(k >= 2);
				continue;
			}
			CHECK_EQ(efsu_write(i, off, &off, 8, &n), 0);
			last = off;
		}
	}
	CHECK_EQ(efsu_write(i, efsu_sb(fs)->geo.max_size, "x", 1, &n), -EFBIG);
	CHECK_EQ(efsu_truncate(i, efsu_sb(fs)->geo.max_size + 1), -EFBIG);
	CHECK_EQ(efs_i_size(&i->core), last + 8);
	for (k = 0; k < 4; k++) {
		for (d = -1; d <= 0; d++) {
			off = (edge[k] + (u64)(s64)d) * bs + 5;
			if (off > last)
				continue;
			memset(buf, 1, sizeof(buf));
			CHECK_EQ(efsu_read(i, off - 4, buf, 12, &n), 0);
			CHECK_EQ(n, 12);
			CHECK(!memcmp(buf, "\0\0\0\0", 4) && !memcmp(buf + 4, &off, 8));
			CHECK_EQ(efsu_seek_data(i, off, &data), 0);
			CHECK_EQ(data, off);
		}
	}
	CHECK_EQ(efsu_seek_data(i, 0, &data), 0);
	CHECK_EQ(data, (edge[0] - 1) * bs);
	CHECK_EQ(efsu_seek_data(i, last + 8, &data), -ENXIO);
	CHECK_EQ(efsu_sync(fs), 0);
	CHECK_EQ(fsck("-fn") & ~1, 0);	/* in use, so not clean, but sound */
	CHECK_EQ(efsu_truncate(i, 0), 0);
	CHECK_EQ(efs_i_sectors(&i->core), 0);
	efsu_iput(i);
	TEARDOWN();
}

/* what an earlier file left behind a size must not come to light when a file grows */
static void test_stale_tail(void)
{
	struct efsu_inode *i;
	char buf[64];
	u32 bs, k;
	size_t n;

	CHECK_EQ(setup(), 0);
	bs = efsu_sb(fs)->geo.block_size;
	for (k = 0; k < 2; k++) {
		i = make("f", EFS_S_IFREG | 0600);
		CHECK(i);
		memset(buf, 'x', sizeof(buf));
		CHECK_EQ(efsu_write(i, 0, buf, 64, &n), 0);
		CHECK_EQ(efsu_truncate(i, 10), 0);
		if (k)
			CHECK_EQ(efsu_truncate(i, 64), 0);
		else
			CHECK_EQ(efsu_write(i, bs + 7, buf, 3, &n), 0);
		CHECK_EQ(efsu_read(i, 0, buf, 64, &n), 0);
		CHECK_EQ(n, 64);
		CHECK_EQ(buf[9], 'x');
		CHECK_EQ(buf[10], 0);
		CHECK_EQ(buf[63], 0);
		efsu_iput(i);
		CHECK_EQ(rm("f"), 0);
	}
	TEARDOWN();
}

static void test_full(void)
{
	struct efs_statfs before, after;
	struct efsu_inode *i;
	static char buf[65536];
	char name[256];
	u64 off = 0;
	size_t n;
	int err;
	u32 k;

	memset(buf, 0x5a, sizeof(buf));
	CHECK_EQ(setup(), 0);
	CHECK_EQ(mk("d", EFS_S_IFDIR | 0755), 0);
	efs_statfs(efsu_sb(fs), &before);
	i = make("d/big", EFS_S_IFREG | 0644);
	CHECK(!i);		/* a name has no slash */
	i = make("big", EFS_S_IFREG | 0644);
	CHECK(i);
	do {
		err = efsu_write(i, off, buf, sizeof(buf), &n);
		off += n;
	} while (!err);
	CHECK_EQ(err, -ENOSPC);
	CHECK_EQ(efs_i_size(&i->core), off);
	efs_statfs(efsu_sb(fs), &after);
	CHECK(after.bfree < 2);
	/* directories can grow no more, but nothing breaks */
	for (k = 0; !err || k < 2; k++) {
		snprintf(name, sizeof(name), "d/%0200u", k);
		err = mk(name, EFS_S_IFREG);
	}
	CHECK_EQ(err, -ENOSPC);
	CHECK_EQ(efsu_sync(fs), 0);
	CHECK_EQ(rm("big"), 0);
	while (k--) {
		snprintf(name, sizeof(name), "d/%0200u", k);
		err = rm(name);
		CHECK(!err || err == -ENOENT);
	}
	/* a directory keeps its blocks */
	CHECK_EQ(rmd("d"), 0);
	CHECK_EQ(mk("d", EFS_S_IFDIR | 0755), 0);
	efsu_iput(i);
	efs_statfs(efsu_sb(fs), &after);
	CHECK_EQ(after.bfree, before.bfree);
	CHECK_EQ(after.ffree, before.ffree);
	TEARDOWN();
}

/* ---- names ---- */

static void test_types(void)
{
	static const struct {
		const char *name;
		u16 type;
	} rows[] = {
		{ "reg", EFS_S_IFREG }, { "dir", EFS_S_IFDIR }, { "lnk", EFS_S_IFLNK },
		{ "chr", EFS_S_IFCHR }, { "blk", EFS_S_IFBLK }, { "fifo", EFS_S_IFIFO },
		{ "sock", EFS_S_IFSOCK },
	};
	struct efsu_new n = {
		.uid = 0x12345, .gid = 0x54321, .major = 259, .minor = 0x12345, .target = "t",
	};
	struct efsu_inode *i, *root;
	struct efsu_stat st;
	size_t k;

	CHECK_EQ(setup(), 0);
	root = efsu_root(fs);
	for (k = 0; k < ARRAY_SIZE(rows); k++) {
		n.mode = rows[k].type | 06751;
		CHECK_EQ(efsu_create(root, rows[k].name, strlen(rows[k].name), &n, &i), 0);
		efsu_iput(i);
		CHECK_EQ(efsu_create(root, rows[k].name, strlen(rows[k].name), &n, &i), -EEXIST);
	}
	n.mode = 0644;
	CHECK_EQ(efsu_create(root, "x", 1, &n, &i), -EINVAL);
	efsu_iput(root);
	CHECK_EQ(efsu_umount(fs), 0);
	CHECK_EQ(mount_again(true), 0);
	for (k = 0; k < ARRAY_SIZE(rows); k++) {
		i = at(rows[k].name);
		CHECK(i);
		efsu_stat(i, &st);
		CHECK_EQ(st.attr.mode, rows[k].type | 06751);
		CHECK_EQ(st.attr.uid, 0x12345);
		CHECK_EQ(st.attr.gid, 0x54321);
		CHECK_EQ(st.attr.nlink, rows[k].type == EFS_S_IFDIR ? 2 : 1);
		if (rows[k].type == EFS_S_IFBLK || rows[k].type == EFS_S_IFCHR) {
			CHECK_EQ(st.major, 259);
			CHECK_EQ(st.minor, 0x12345);
		}
		efsu_iput(i);
	}
	CHECK_EQ(mk("new", EFS_S_IFREG), -EROFS);
	CHECK_EQ(rm("reg"), -EROFS);
	CHECK_EQ(reports, 0);
	TEARDOWN();
}

static void test_setgid(void)
{
	struct efsu_new n = { .mode = EFS_S_IFDIR | 02775, .gid = 77 };
	struct efsu_inode *root, *dir, *i;

	CHECK_EQ(setup(), 0);
	root = efsu_root(fs);
	CHECK_EQ(efsu_create(root, "d", 1, &n, &dir), 0);
	n.gid = 5;
	n.mode = EFS_S_IFDIR | 0755;
	CHECK_EQ(efsu_create(dir, "sub", 3, &n, &i), 0);
	CHECK_EQ(i->attr.gid, 77);
	CHECK_EQ(i->attr.mode, EFS_S_IFDIR | 02755);
	efsu_iput(i);
	n.mode = EFS_S_IFREG | 0644;
	CHECK_EQ(efsu_create(dir, "file", 4, &n, &i), 0);
	CHECK_EQ(i->attr.gid, 77);
	CHECK_EQ(i->attr.mode, EFS_S_IFREG | 0644);
	efsu_iput(i);
	efsu_iput(dir);
	efsu_iput(root);
	TEARDOWN();
}

static void test_remove(void)
{
	char name[300];
	u32 ino;

	CHECK_EQ(setup(), 0);
	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	CHECK_EQ(mk(name, EFS_S_IFREG), 0);
	CHECK(exists(name));
	name[255] = 'n';
	name[256] = '\0';
	CHECK_EQ(mk(name, EFS_S_IFREG), -ENAMETOOLONG);
	CHECK_EQ(mk("", EFS_S_IFREG), -ENOENT);
	CHECK_EQ(mk(".", EFS_S_IFREG), -EINVAL);
	CHECK_EQ(mk("a/b", EFS_S_IFDIR), -ENOENT);

	CHECK_EQ(mk("a", EFS_S_IFDIR), 0);
	CHECK_EQ(mk("a/b", EFS_S_IFDIR), 0);
	CHECK_EQ(mk("a/f", EFS_S_IFREG), 0);
	CHECK_EQ(nlink_of("a"), 3);
	CHECK_EQ(rmd("a"), -ENOTEMPTY);
	CHECK_EQ(rm("a/b"), -EISDIR);
	CHECK_EQ(rmd("a/f"), -ENOTDIR);
	CHECK_EQ(rm("a/f/x"), -ENOTDIR);
	CHECK_EQ(rm("a/g"), -ENOENT);
	CHECK_EQ(rmd("a/b"), 0);
	CHECK_EQ(nlink_of("a"), 2);
	CHECK_EQ(rm("a/f"), 0);
	CHECK_EQ(rmd("a"), 0);
	CHECK(!exists("a"));

	/* open while removed: alive until the last reference goes, then the number is free */
	CHECK_EQ(mk("o", EFS_S_IFREG), 0);
	ino = ino_of("o");
	{
		struct efsu_inode *i = at("o");
		size_t n;

		CHECK(i);
		CHECK_EQ(rm("o"), 0);
		CHECK_EQ(efsu_umount(fs), -EBUSY);
		CHECK_EQ(efsu_write(i, 100000, "x", 1, &n), 0);
		CHECK_EQ(i->core.ino, ino);
		efsu_iput(i);
	}
	TEARDOWN();
}

static void test_tmpfile(void)
{
	struct efsu_new n = { .mode = EFS_S_IFREG | 0600 };
	struct efs_statfs before, after;
	struct efsu_inode *root, *i;
	size_t done;

	CHECK_EQ(setup(), 0);
	efs_statfs(efsu_sb(fs), &before);
	root = efsu_root(fs);
	CHECK_EQ(efsu_tmpfile(root, &n, &i), 0);
	CHECK_EQ(efsu_write(i, 12345, "hello", 5, &done), 0);
	efsu_iput(i);
	efs_statfs(efsu_sb(fs), &after);
	CHECK_EQ(after.bfree, before.bfree);
	CHECK_EQ(after.ffree, before.ffree);

	CHECK_EQ(efsu_tmpfile(root, &n, &i), 0);
	CHECK_EQ(efsu_write(i, 12345, "hello", 5, &done), 0);
	CHECK_EQ(efsu_link(root, "a", 1, i), 0);
	CHECK_EQ(efsu_link(root, "b", 1, i), 0);
	CHECK_EQ(efsu_link(root, "b", 1, i), -EEXIST);
	CHECK_EQ(efs_i_nlink(&i->core), 2);
	efsu_iput(i);
	CHECK_EQ(rm("a"), 0);
	CHECK_EQ(nlink_of("b"), 1);
	i = at("lost+found");
	CHECK(i);
	CHECK_EQ(efsu_link(root, "c", 1, i), -EPERM);
	efsu_iput(i);
	efsu_iput(root);
	TEARDOWN();
}

static void test_link_max(void)
{
	struct efsu_inode *i, *root;
	char name[16];
	u32 k;
	int err = 0;

	CHECK_EQ(setup(), 0);
	root = efsu_root(fs);
	i = make("f", EFS_S_IFREG);
	CHECK(i);
	for (k = 1; !err && k <= EFS_LINK_MAX; k++)
		err = efsu_link(root, name, (size_t)snprintf(name, sizeof(name), "%u", k), i);
	CHECK_EQ(err, -EMLINK);
	CHECK_EQ(k, EFS_LINK_MAX + 1);
	CHECK_EQ(efs_i_nlink(&i->core), EFS_LINK_MAX);
	for (k = 1; k < EFS_LINK_MAX; k++)
		CHECK_EQ(efsu_unlink(root, name, (size_t)snprintf(name, sizeof(name), "%u", k)), 0);
	CHECK_EQ(efs_i_nlink(&i->core), 1);
	efsu_iput(i);
	efsu_iput(root);
	TEARDOWN();
}

static void test_rename(void)
{
	static const struct {
		const char *from, *to;
		u32 flags;
		int err;
	} rows[] = {
		{ "/f1", "/f9", 0, 0 },
		{ "/f9", "/f1", 0, 0 },
		{ "/none", "/x", 0, -ENOENT },
		{ "/f1", "/d1/f1", 0, 0 },
		{ "/d1/f1", "/f2", 0, 0 },			/* over another file */
		{ "/f2", "/d1", 0, -EISDIR },
		{ "/d1", "/f2", 0, -ENOTDIR },
		{ "/d1", "/d2", 0, 0 },				/* over an empty one */
		{ "/d2", "/d1", 0, 0 },
		{ "/d1", "/d3", 0, -ENOTEMPTY },
		{ "/d3/sub", "/d1/sub", 0, 0 },			/* `..` changes */
		{ "/d1", "/d1/sub/x", 0, -EINVAL },
		{ "/d1", "/d1/x", 0, -EINVAL },
		{ "/d1/sub", "/d1", 0, -ENOTEMPTY },
		{ "/d1/sub/.", "/x", 0, -EINVAL },
		{ "/d1/sub", "/d3/sub/../sub2", 0, -ENOENT },
		{ "/f2", "/h", EFS_RENAME_NOREPLACE, -EEXIST },
		{ "/f2", "/n", EFS_RENAME_NOREPLACE, 0 },
		{ "/n", "/f2", EFS_RENAME_NOREPLACE, 0 },
		{ "/f2", "/none", EFS_RENAME_EXCHANGE, -ENOENT },
		{ "/f2", "/d1/sub", EFS_RENAME_EXCHANGE, 0 },
		{ "/f2", "/d1/sub", EFS_RENAME_EXCHANGE, 0 },
		{ "/d1", "/d1/sub", EFS_RENAME_EXCHANGE, -EINVAL },
		{ "/d1/sub", "/d1", EFS_RENAME_EXCHANGE, -EINVAL },
		{ "/d3", "/d1/sub", EFS_RENAME_EXCHANGE, 0 },
		{ "/h", "/h2", 0, 0 },		/* two names of one file: both stay */
		{ "/h", "/h", 0, 0 },
		{ "/f2", "/f3", 8, -EINVAL },
	};
	struct efsu_inode *i, *root;
	size_t k;

	CHECK_EQ(setup(), 0);
	CHECK_EQ(mk("f1", EFS_S_IFREG), 0);
	CHECK_EQ(mk("f2", EFS_S_IFLNK), 0);
	CHECK_EQ(mk("d1", EFS_S_IFDIR), 0);
	CHECK_EQ(mk("d2", EFS_S_IFDIR), 0);
	CHECK_EQ(mk("d3", EFS_S_IFDIR), 0);
	CHECK_EQ(mk("d3/sub", EFS_S_IFDIR), 0);
	CHECK_EQ(mk("d3/other", EFS_S_IFREG), 0);
	i = make("h", EFS_S_IFREG);
	CHECK(i);
	root = efsu_root(fs);
	CHECK_EQ(efsu_link(root, "h2", 2, i), 0);
	efsu_iput(root);
	efsu_iput(i);
	for (k = 0; k < ARRAY_SIZE(rows); k++) {
		printf("# %s -> %s\n", rows[k].from, rows[k].to);
		CHECK_EQ(mv(rows[k].from, rows[k].to, rows[k].flags), rows[k].err);
		/* in use, hence a status of its own, but nothing to mend */
		CHECK_EQ(efsu_sync(fs), 0);
		CHECK_EQ(fsck("-fn"), 0);
	}
	CHECK(exists("h") && exists("h2"));
	CHECK_EQ(ino_of("h"), ino_of("h2"));
	CHECK_EQ(ino_of("d1/sub/.."), ino_of("d1"));
	CHECK(exists("d1/sub/other"));
	CHECK_EQ(reports, 0);
	TEARDOWN();
}

static void test_readdir(void)
{
	struct efsu_dirpos pos = { 0 };
	struct efsu_dirent ents[7];
	struct efsu_inode *dir;
	static u8 seen[600];
	char path[64];
	static bool gone[600];
	u32 k, n;

	memset(seen, 0, sizeof(seen));
	memset(gone, 0, sizeof(gone));
	CHECK_EQ(setup(), 0);
	CHECK_EQ(mk("d", EFS_S_IFDIR), 0);
	for (k = 0; k < 500; k++) {
		snprintf(path, sizeof(path), "d/file-%u", k);
		CHECK_EQ(mk(path, EFS_S_IFREG), 0);
	}
	dir = at("d");
	CHECK(dir);
	do {
		CHECK_EQ(efsu_readdir(dir, &pos, ents, 7, &n), 0);
		for (k = 0; k < n; k++) {
			u32 id;

			if (sscanf(ents[k].name, "file-%u", &id) != 1)
				continue;
			seen[id]++;
			/* what comes next, and what has been, changes meanwhile */
			snprintf(path, sizeof(path), "d/file-%u", id ^ 1);
			if (id % 3 == 0 && !rm(path))
				gone[id ^ 1] = true;
			snprintf(path, sizeof(path), "d/x-%u", id);
			if (id % 5 == 0)
				CHECK_EQ(mk(path, EFS_S_IFREG), 0);
		}
	} while (n);
	for (k = 0; k < 500; k++)
		CHECK(seen[k] == 1 || (!seen[k] && gone[k]));
	efsu_iput(dir);
	CHECK_EQ(mk("f", EFS_S_IFREG), 0);
	dir = at("f");
	CHECK(dir);
	CHECK_EQ(efsu_readdir(dir, &pos, ents, 7, &n), -ENOTDIR);
	efsu_iput(dir);
	TEARDOWN();
}

static int walk(const char *path, u32 flags, u32 *ino)
{
	struct efsu_inode *i;
	int err = efsu_walk(fs, NULL, path, strlen(path), flags, &i);

	*ino = 0;
	if (!err) {
		*ino = i->core.ino;
		efsu_iput(i);
	}
	return err;
}

static int ln(const char *target, const char *name)
{
	struct efsu_new n = { .mode = EFS_S_IFLNK | 0777, .target = target };
	struct efsu_inode *root = efsu_root(fs);
	int err = efsu_create(root, name, strlen(name), &n, NULL);

	efsu_iput(root);
	return err;
}

static void test_walk(void)
{
	static const struct {
		const char *path;
		const char *same;	/* leads to the same inode, or */
		int err;
		int nofollow_err;
	} rows[] = {
		{ "/", "/", 0, 0 }, { "//", "/", 0, 0 }, { "", NULL, -ENOENT, -ENOENT },
		{ "..", "/", 0, 0 }, { "../../d/..", "/", 0, 0 }, { ".", "/", 0, 0 },
		{ "d/f", "d/f", 0, 0 }, { "/d//./f", "d/f", 0, 0 },
		{ "d/f/", NULL, -ENOTDIR, -ENOTDIR }, { "d/f/.", NULL, -ENOTDIR, -ENOTDIR },
		{ "d/f/..", NULL, -ENOTDIR, -ENOTDIR }, { "d/f/x", NULL, -ENOTDIR, -ENOTDIR },
		{ "d/", "d", 0, 0 }, { "d/x", NULL, -ENOENT, -ENOENT },
		{ "d/x/..", NULL, -ENOENT, -ENOENT },
		{ "to-d/f", "d/f", 0, 0 }, { "to-d/", "d", 0, 0 }, { "to-d/..", "/", 0, 0 },
		{ "to-f", "d/f", 0, 0 }, { "to-f/", NULL, -ENOTDIR, -ENOTDIR },
		{ "abs", "d/f", 0, 0 }, { "to-abs", "d/f", 0, 0 }, { "up", "/", 0, 0 },
		{ "dangling", NULL, -ENOENT, 0 }, { "dangling/", NULL, -ENOENT, -ENOENT },
		{ "self", NULL, -ELOOP, 0 }, { "self/x", NULL, -ELOOP, -ELOOP },
		{ "ping", NULL, -ELOOP, 0 },
		{ "l40", "d/f", 0, 0 }, { "l41", NULL, -ELOOP, 0 },
		{ "slow", "d/f", 0, 0 },
	};
	char a[600], b[16];
	u32 want, got, k;

	CHECK_EQ(setup(), 0);
	CHECK_EQ(mk("d", EFS_S_IFDIR), 0);
	CHECK_EQ(mk("d/f", EFS_S_IFREG), 0);
	CHECK_EQ(ln("d", "to-d"), 0);
	CHECK_EQ(ln("to-d/f", "to-f"), 0);
	CHECK_EQ(ln("/d/f", "abs"), 0);
	CHECK_EQ(ln("d/../abs", "to-abs"), 0);
	CHECK_EQ(ln("../../..", "up"), 0);
	CHECK_EQ(ln("nothing", "dangling"), 0);
	CHECK_EQ(ln("self", "self"), 0);
	CHECK_EQ(ln("pong", "ping"), 0);
	CHECK_EQ(ln("ping", "pong"), 0);
	CHECK_EQ(ln("d/f", "l1"), 0);
	for (k = 2; k <= 41; k++) {
		snprintf(a, sizeof(a), "l%u", k - 1);
		snprintf(b, sizeof(b), "l%u", k);
		CHECK_EQ(ln(a, b), 0);
	}
	for (k = 0; k < 250; k++)
		memcpy(a + 2 * k, "./", 2);
	memcpy(a + 500, "d/f", 4);
	CHECK_EQ(ln(a, "slow"), 0);
	CHECK_EQ(ln("", "empty"), -ENOENT);
	for (k = 0; k < ARRAY_SIZE(rows); k++) {
		printf("# \"%s\"\n", rows[k].path);
		CHECK_EQ(walk(rows[k].path, 0, &got), rows[k].err);
		if (rows[k].same) {
			CHECK_EQ(walk(rows[k].same, 0, &want), 0);
			CHECK_EQ(got, want);
		}
		CHECK_EQ(walk(rows[k].path, EFSU_WALK_NOFOLLOW, &got), rows[k].nofollow_err);
	}
	{
		char *path = malloc(EFS_NAME_MAX * 20);

		CHECK(path);
		memset(path, '/', 5000);
		path[4095] = '\0';
		CHECK_EQ(walk(path, 0, &got), 0);
		path[4095] = '/';
		path[4096] = '\0';
		CHECK_EQ(walk(path, 0, &got), -ENAMETOOLONG);
		memset(path, 'x', 256);
		path[256] = '\0';
		CHECK_EQ(walk(path, 0, &got), -ENAMETOOLONG);
		free(path);
	}
	TEARDOWN();
}

/* ---- several at once ---- */

#define THREADS 4

static int thread_work(u32 id)
{
	char mine[32], shared[32], other[32], buf[3000], back[3000];
	u32 x = id * 77 + 5, k, round;
	struct efsu_inode *i;
	size_t n;
	int err;

	snprintf(mine, sizeof(mine), "t%u", id);
	err = mk(mine, EFS_S_IFDIR | 0755);
	for (round = 0; !err && round < 120; round++) {
		x = x * 1664525 + 1013904223;
		snprintf(mine, sizeof(mine), "t%u/f%u", id, (x >> 8) % 10);
		snprintf(shared, sizeof(shared), "s/f%u", (x >> 12) % 6);
		snprintf(other, sizeof(other), "t%u/g%u", (x >> 20) % THREADS, (x >> 16) % 4);
		switch ((x >> 24) % 8) {
		case 0:
			err = rm(mine);
			break;
		case 1:
			err = mv(mine, shared, 0);
			break;
		case 2:
			err = mv(shared, other, (x >> 28) % 3);
			break;
		case 3:
			err = rm(shared);
			break;
		case 4:
			err = efsu_sync(fs);
			break;
		case 5: {
			struct efsu_dirpos pos = { 0 };
			struct efsu_dirent ents[8];
			u32 got;

			i = at("s");
			do {
				err = efsu_readdir(i, &pos, ents, 8, &got);
			} while (!err && got);
			efsu_iput(i);
			break;
		}
		default:
			err = mk(mine, EFS_S_IFREG | 0644);
			i = at(mine);
			if (!i)
				break;
			for (k = 0; k < sizeof(buf); k++)
				buf[k] = (char)(id + round + k);
			err = efsu_write(i, (x >> 8) % 50000, buf, sizeof(buf), &n);
			if (!err)
				err = efsu_read(i, (x >> 8) % 50000, back, sizeof(back), &n);
			if (!err && (n != sizeof(back) || memcmp(buf, back, n)))
				err = -EILSEQ;
			if (!err && (x >> 28) % 4 == 0)
				err = efsu_truncate(i, (x >> 8) % 60000);
			efsu_iput(i);
		}
		if (err == -ENOENT || err == -EEXIST || err == -ENOSPC)
			err = 0;
	}
	return err;
}

static void *thread_main(void *arg)
{
	return (void *)(intptr_t)thread_work((u32)(uintptr_t)arg);
}

static void test_threads(void)
{
	pthread_t t[THREADS];
	u32 k;

	CHECK_EQ(setup(), 0);
	CHECK_EQ(mk("s", EFS_S_IFDIR | 0755), 0);
	for (k = 0; k < THREADS; k++)
		CHECK_EQ(pthread_create(&t[k], NULL, thread_main, (void *)(uintptr_t)k), 0);
	for (k = 0; k < THREADS; k++) {
		void *err;

		pthread_join(t[k], &err);
		CHECK_EQ((intptr_t)err, 0);
	}
	CHECK_EQ(reports, 0);
	TEARDOWN();
}

/* ---- failures ---- */

static int small_work(void)
{
	struct efsu_inode *i;
	char buf[5000];
	size_t n;
	int err;

	memset(buf, 'w', sizeof(buf));
	err = mk("a", EFS_S_IFDIR | 0755);
	if (!err)
		err = mk("a/b", EFS_S_IFREG | 0644);
	i = at("a/b");
	if (!err && i)
		err = efsu_write(i, 70000, buf, sizeof(buf), &n);
	if (!err && i)
		err = efsu_truncate(i, 71000);
	efsu_iput(i);
	if (!err)
		err = mv("a/b", "c", 0);
	if (!err)
		err = rmd("a");
	return err;
}

/* each request of a small job fails once, then for good */
static void fail_each(int kind)
{
	struct efsu_fault_count count;
	unsigned long n, last;
	int err, e, sticky, status;

	for (sticky = 0; sticky < 2; sticky++) {
		last = 1;
		for (n = 0; n <= last; n++) {
			struct efsu_fault_plan plan = { .sticky = sticky };

			*(kind == 0 ? &plan.read : kind == 1 ? &plan.write : &plan.flush) = n;
			CHECK_EQ(setup(), 0);
			quiet = true;
			efsu_bdev_fault_plan(dev, &plan);
			err = small_work();
			e = efsu_umount(fs);
			efsu_bdev_fault_count(dev, &count);
			efsu_bdev_close(dev);
			if (!n) {
				/* nothing failed: that is how many there are */
				CHECK_EQ(err, 0);
				CHECK_EQ(e, 0);
				last = kind == 0 ? count.reads :
				       kind == 1 ? count.writes : count.flushes;
				CHECK(last > 0 && last < 500);
				continue;
			}
			/* a read may have been a hint, and its failure of no consequence */
			if (kind)
				CHECK(err || e);
			CHECK(count.failed);
			status = fsck(err || e ? "-fy" : "-fn");
			if (err || e)
				CHECK(status == 0 || status == 1);
			else
				CHECK_EQ(status, 0);
		}
	}
}

static void test_read_faults(void)
{
	fail_each(0);
}

static void test_write_faults(void)
{
	fail_each(1);
}

static void test_flush_faults(void)
{
	fail_each(2);
}

/* look at everything there is, within limits: a loop may have no end */
static void look_around(struct efsu_inode *start)
{
	static char buf[20000];
	struct efsu_inode *todo[64], *i;
	struct efsu_dirent ents[16];
	struct efsu_stat st;
	u32 n = 0, seen = 0, got, k;
	char *target;
	size_t done;

	todo[n++] = efsu_iref(start);
	while (n) {
		struct efsu_inode *dir = todo[--n];
		struct efsu_dirpos pos = { 0 };
		u32 calls = 0;

		do {
			if (efsu_readdir(dir, &pos, ents, 16, &got))
				break;
			for (k = 0; k < got && seen < 400; k++, seen++) {
				if (efsu_lookup(dir, ents[k].name, ents[k].len, &i))
					continue;
				efsu_stat(i, &st);
				if (!efsu_read(i, st.attr.size / 2, buf, sizeof(buf), &done))
					efsu_read(i, 0, buf, sizeof(buf), &done);
				if (!efsu_readlink(i, &target))
					free(target);
				if (efsu_type(i) == EFS_S_IFDIR && n < 64 && ents[k].name[0] != '.')
					todo[n++] = efsu_iref(i);
				efsu_iput(i);
			}
		} while (got && ++calls < 100);
		efsu_iput(dir);
	}
}

static void change_around(void)
{
	struct efsu_inode *i;
	static char buf[30000];
	size_t done;

	mk("new-d", EFS_S_IFDIR | 0755);
	mk("new-d/f", EFS_S_IFREG | 0644);
	i = at("new-d/f");
	if (i) {
		efsu_write(i, 3000, buf, sizeof(buf), &done);
		efsu_truncate(i, 1234);
		efsu_iput(i);
	}
	i = at("dir/f3");
	if (i) {
		efsu_write(i, 0, buf, sizeof(buf), &done);
		efsu_truncate(i, 10);
		efsu_iput(i);
	}
	mv("new-d/f", "dir/f3", 0);
	rm("dir/f1");
	rm("big");
	rmd("dir");
}

/*
 * Damage: bytes of the metadata become something else. Whatever happens then is an
 * error of some kind, never a crash; the sanitizers watch.
 */
static void test_damage(void)
{
	char path[32], *sound;
	u32 round, k, bs, refused = 0;
	struct efsu_inode *i;
	size_t done;

	CHECK_EQ(setup(), 0);
	bs = efsu_sb(fs)->geo.block_size;
	CHECK_EQ(mk("dir", EFS_S_IFDIR), 0);
	for (k = 0; k < 40; k++) {
		snprintf(path, sizeof(path), "dir/f%u", k);
		CHECK_EQ(mk(path, k % 3 ? EFS_S_IFREG : EFS_S_IFLNK), 0);
	}
	i = make("big", EFS_S_IFREG);
	CHECK(i);
	for (k = 0; k < 40; k++)
		CHECK_EQ(efsu_write(i, (u64)k * 3 * bs, path, 7, &done), 0);
	efsu_iput(i);
	CHECK_EQ(efsu_umount(fs), 0);
	sound = malloc(image_size);
	CHECK(sound);
	memcpy(sound, bytes, image_size);
	rnd_state = 7;
	quiet = true;
	for (round = 0; round < 300; round++) {
		size_t used = min(image_size, (size_t)600 * bs);
		u32 hits = 1 + rnd(round % 3 ? 6 : 400);

		memcpy(bytes, sound, image_size);
		for (k = 0; k < hits; k++) {
			size_t where = round % 5 == 0 ? 1024 + rnd(1024) : rnd((u32)used);

			bytes[where] = (char)(rnd(2) ? rnd(256) : rnd(2) ? 0xff : 0);
		}
		if (mount_again(round & 1)) {
			refused++;
			continue;
		}
		{
			struct efsu_inode *root = efsu_root(fs);

			look_around(root);
			if (!(round & 1))
				change_around();
			look_around(root);
			efsu_iput(root);
		}
		efsu_umount(fs);
	}
	printf("# %u of 300 were refused at mount\n", refused);
	CHECK(refused > 10 && refused < 250);
	free(sound);
	efsu_bdev_close(dev);
}

int main(int argc, char **argv)
{
	static const struct ktap_case all[] = {
		{ "random reads, writes and truncations", test_random_io },
		{ "holes and the borders of the block map", test_sparse },
		{ "what lies behind the end of a file", test_stale_tail },
		{ "a full volume", test_full },
		{ "all types of files", test_types },
		{ "set-group-ID directories", test_setgid },
		{ "removing", test_remove },
		{ "files without a name", test_tmpfile },
		{ "renaming", test_rename },
		{ "listing a directory that changes", test_readdir },
		{ "paths", test_walk },
		{ "threads", test_threads },
		{ "failing reads", test_read_faults },
		{ "failing writes", test_write_faults },
		{ "failing flushes", test_flush_faults },
		{ "damaged volumes", test_damage },
		{ "link limit", test_link_max },
	};
	struct ktap_case one[ARRAY_SIZE(all)];
	struct stat st;
	int fd, k, n = 0;

	if (argc < 3) {
		fprintf(stderr, "Usage: fs_test IMAGE SCRATCH [TEST]\n");
		return 2;
	}
	scratch = argv[2];
	fd = open(argv[1], O_RDONLY);
	if (fd < 0 || fstat(fd, &st)) {
		perror(argv[1]);
		return 2;
	}
	image_size = (size_t)st.st_size;
	image = malloc(image_size);
	bytes = malloc(image_size);
	if (!image || !bytes || read(fd, image, image_size) != st.st_size) {
		fprintf(stderr, "%s: cannot read it all\n", argv[1]);
		return 2;
	}
	close(fd);
	for (k = 0; k < (int)ARRAY_SIZE(all); k++)
		if (argc < 4 || strstr(all[k].name, argv[3]))
			one[n++] = all[k];
	k = ktap_run(one, n);
	free(image);
	free(bytes);
	return k;
}
