// SPDX-License-Identifier: GPL-2.0
/*
 * The library: names, paths, and several threads at once.
 */
#include <unistd.h>

#include "fs_test.h"
#include "../../core/unix/ext2.h"

static bool exists(const char *path)
{
	struct efs_file *i = at(path);

	efs_file_close(i);
	return i;
}

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
	struct efs_create n = {
		.uid = 0x12345, .gid = 0x54321, .major = 259, .minor = 0x12345, .target = "t",
	};
	struct efs_file *i, *root;
	struct efs_info st;
	size_t k;

	CHECK_EQ(setup(), 0);
	root = root_of();
	for (k = 0; k < ARRAY_SIZE(rows); k++) {
		n.mode = rows[k].type | 06751;
		CHECK_EQ(efs_create_in(root, rows[k].name, &n, &i), 0);
		efs_file_close(i);
		CHECK_EQ(efs_create_in(root, rows[k].name, &n, &i), -EEXIST);
	}
	n.mode = 0644;
	CHECK_EQ(efs_create_in(root, "x", &n, &i), -EINVAL);
	efs_file_close(root);
	CHECK_EQ(efs_volume_close(vol), 0);
	CHECK_EQ(mount_again(true), 0);
	for (k = 0; k < ARRAY_SIZE(rows); k++) {
		i = at(rows[k].name);
		CHECK(i);
		efs_file_info(i, &st);
		CHECK_EQ(st.mode, rows[k].type | 06751);
		CHECK_EQ(st.uid, 0x12345);
		CHECK_EQ(st.gid, 0x54321);
		CHECK_EQ(st.nlink, rows[k].type == EFS_S_IFDIR ? 2 : 1);
		if (rows[k].type == EFS_S_IFBLK || rows[k].type == EFS_S_IFCHR) {
			CHECK_EQ(st.major, 259);
			CHECK_EQ(st.minor, 0x12345);
		}
		efs_file_close(i);
	}
	CHECK_EQ(mk("new", EFS_S_IFREG), -EROFS);
	CHECK_EQ(rm("reg"), -EROFS);
	CHECK_EQ(reports, 0);
	TEARDOWN();
}

static void test_setgid(void)
{
	struct efs_create n = { .mode = EFS_S_IFDIR | 02775, .gid = 77 };
	struct efs_file *root, *dir, *i;

	CHECK_EQ(setup(), 0);
	root = root_of();
	CHECK_EQ(efs_create_in(root, "d", &n, &dir), 0);
	n.gid = 5;
	n.mode = EFS_S_IFDIR | 0755;
	CHECK_EQ(efs_create_in(dir, "sub", &n, &i), 0);
	CHECK_EQ(info_of(i).gid, 77);
	CHECK_EQ(info_of(i).mode, EFS_S_IFDIR | 02755);
	efs_file_close(i);
	n.mode = EFS_S_IFREG | 0644;
	CHECK_EQ(efs_create_in(dir, "file", &n, &i), 0);
	CHECK_EQ(info_of(i).gid, 77);
	CHECK_EQ(info_of(i).mode, EFS_S_IFREG | 0644);
	efs_file_close(i);
	efs_file_close(dir);
	efs_file_close(root);
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
	CHECK_EQ(mk(".", EFS_S_IFREG), -EEXIST);
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
		struct efs_file *i = at("o");
		size_t n;

		CHECK(i);
		CHECK_EQ(rm("o"), 0);
		CHECK_EQ(efs_volume_close(vol), -EBUSY);
		CHECK_EQ(efs_file_write(i, 100000, "x", 1, &n), 0);
		CHECK_EQ(efs_file_ino(i), ino);
		efs_file_close(i);
	}
	TEARDOWN();
}

static void test_tmpfile(void)
{
	struct efs_create n = { .mode = EFS_S_IFREG | 0600 };
	struct efs_volume_info before, after;
	struct efs_file *root, *i;
	size_t done;

	CHECK_EQ(setup(), 0);
	CHECK_EQ(efs_volume_info(vol, &before), 0);
	root = root_of();
	CHECK_EQ(efs_temp_in(root, &n, &i), 0);
	CHECK_EQ(efs_file_write(i, 12345, "hello", 5, &done), 0);
	efs_file_close(i);
	CHECK_EQ(efs_volume_info(vol, &after), 0);
	CHECK_EQ(after.bfree, before.bfree);
	CHECK_EQ(after.ffree, before.ffree);

	CHECK_EQ(efs_temp_in(root, &n, &i), 0);
	CHECK_EQ(efs_file_write(i, 12345, "hello", 5, &done), 0);
	CHECK_EQ(efs_link_in(root, "a", i), 0);
	CHECK_EQ(efs_link_in(root, "b", i), 0);
	CHECK_EQ(efs_link_in(root, "b", i), -EEXIST);
	CHECK_EQ(info_of(i).nlink, 2);
	efs_file_close(i);
	CHECK_EQ(rm("a"), 0);
	CHECK_EQ(nlink_of("b"), 1);
	i = at("lost+found");
	CHECK(i);
	CHECK_EQ(efs_link_in(root, "c", i), -EPERM);
	efs_file_close(i);
	efs_file_close(root);
	TEARDOWN();
}

/* the last names that a file can have; the others are put down to its count */
static void test_link_max(void)
{
	struct efs_file *i, *root;
	struct efs_inode *ei;

	CHECK_EQ(setup(), 0);
	root = root_of();
	i = make("f", EFS_S_IFREG);
	CHECK(i);
	ei = efs_ext2_inode(efs_node_of(i));
	efs_i_nlink_set(ei, EFS_LINK_MAX - 1);
	CHECK_EQ(efs_link_in(root, "g", i), 0);
	CHECK_EQ(info_of(i).nlink, EFS_LINK_MAX);
	CHECK_EQ(efs_link_in(root, "h", i), -EMLINK);
	CHECK_EQ(info_of(i).nlink, EFS_LINK_MAX);
	CHECK_EQ(efs_unlink_in(root, "g"), 0);
	CHECK_EQ(efs_link_in(root, "h", i), 0);
	CHECK_EQ(info_of(i).nlink, EFS_LINK_MAX);
	efs_i_nlink_set(ei, 2);
	efs_file_close(i);
	efs_file_close(root);
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
		{ "/d1/sub/.", "/x", 0, -EBUSY },
		{ "/d1/sub", "/d3/sub/../sub2", 0, -ENOENT },
		{ "/f2", "/h", EFS_NOREPLACE, -EEXIST },
		{ "/f2", "/n", EFS_NOREPLACE, 0 },
		{ "/n", "/f2", EFS_NOREPLACE, 0 },
		{ "/f2", "/none", EFS_EXCHANGE, -ENOENT },
		{ "/f2", "/d1/sub", EFS_EXCHANGE, 0 },
		{ "/f2", "/d1/sub", EFS_EXCHANGE, 0 },
		{ "/d1", "/d1/sub", EFS_EXCHANGE, -EINVAL },
		{ "/d1/sub", "/d1", EFS_EXCHANGE, -EINVAL },
		{ "/d3", "/d1/sub", EFS_EXCHANGE, 0 },
		{ "/h", "/h2", 0, 0 },		/* two names of one file: both stay */
		{ "/h", "/h", 0, 0 },
		{ "/f2", "/f3", 8, -EINVAL },
	};
	struct efs_file *i, *root;
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
	root = root_of();
	CHECK_EQ(efs_link_in(root, "h2", i), 0);
	efs_file_close(root);
	efs_file_close(i);
	for (k = 0; k < ARRAY_SIZE(rows); k++) {
		printf("# %s -> %s\n", rows[k].from, rows[k].to);
		CHECK_EQ(mv(rows[k].from, rows[k].to, rows[k].flags), rows[k].err);
		/* in use, hence a status of its own, but nothing to mend */
		CHECK_EQ(efs_volume_sync(vol), 0);
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
	struct efs_cursor pos = { 0 };
	struct efs_entry_info ents[7];
	struct efs_file *dir;
	static u8 seen[600];
	char path[64];
	static bool gone[600];
	size_t n;
	u32 k;

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
		CHECK_EQ(efs_list_dir(dir, &pos, ents, 7, &n), 0);
		/* what was gone when these were asked for is not among them */
		for (k = 0; k < n; k++) {
			u32 id;

			CHECK(sscanf(ents[k].name, "file-%u", &id) != 1 || !gone[id]);
		}
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
	efs_file_close(dir);
	CHECK_EQ(mk("f", EFS_S_IFREG), 0);
	dir = at("f");
	CHECK(dir);
	CHECK_EQ(efs_list_dir(dir, &pos, ents, 7, &n), -ENOTDIR);
	efs_file_close(dir);
	TEARDOWN();
}

/* where the walk stands there is no entry any more, but the middle of another one */
static void test_readdir_moved(void)
{
	struct efs_cursor pos = { 0 };
	struct efs_entry_info ents[8];
	struct efs_file *dir;
	char b[128] = "d/", z[128] = "d/";
	size_t n;

	memset(b + 2, 'b', 100);
	memset(z + 2, 'z', 110);
	CHECK_EQ(setup(), 0);
	CHECK_EQ(mk("d", EFS_S_IFDIR), 0);
	CHECK_EQ(mk("d/a", EFS_S_IFREG), 0);
	CHECK_EQ(mk(b, EFS_S_IFREG), 0);
	CHECK_EQ(mk("d/c", EFS_S_IFREG), 0);
	CHECK_EQ(mk("d/f", EFS_S_IFREG), 0);
	dir = at("d");
	CHECK(dir);
	CHECK_EQ(efs_list_dir(dir, &pos, ents, 4, &n), 0);
	CHECK_EQ(n, 4);
	CHECK(!strcmp(ents[3].name, b + 2));
	CHECK_EQ(rm("d/c"), 0);
	CHECK_EQ(rm(b), 0);
	CHECK_EQ(mk(z, EFS_S_IFREG), 0);
	CHECK_EQ(efs_list_dir(dir, &pos, ents, 8, &n), 0);
	CHECK_EQ(n, 1);
	CHECK(!strcmp(ents[0].name, "f"));
	CHECK_EQ(efs_list_dir(dir, &pos, ents, 8, &n), 0);
	CHECK_EQ(n, 0);
	efs_file_close(dir);
	TEARDOWN();
}

static int walk(const char *path, u32 flags, u64 *ino)
{
	struct efs_file *i;
	int err = efs_open(vol, path, flags, &i);

	*ino = 0;
	if (!err) {
		*ino = efs_file_ino(i);
		efs_file_close(i);
	}
	return err;
}

static int ln(const char *target, const char *name)
{
	struct efs_create c = { .mode = EFS_S_IFLNK | 0777, .target = target };
	struct efs_at from = { .volume = vol };

	return efs_create_at(&from, name, &c, NULL);
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
	u64 want, got;
	u32 k;

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
		CHECK_EQ(walk(rows[k].path, EFS_NOFOLLOW, &got), rows[k].nofollow_err);
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

#define THREADS		4
#define EXCHANGES	300

static int thread_work(u32 id)
{
	char mine[32], shared[32], other[32], buf[3000], back[3000];
	u32 x = id * 77 + 5, k, round;
	struct efs_file *i;
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
			err = efs_volume_sync(vol);
			break;
		case 5: {
			struct efs_cursor pos = { 0 };
			struct efs_entry_info ents[8];
			size_t got;

			i = at("s");
			do {
				err = efs_list_dir(i, &pos, ents, 8, &got);
			} while (!err && got);
			efs_file_close(i);
			break;
		}
		default:
			err = mk(mine, EFS_S_IFREG | 0644);
			i = at(mine);
			if (!i)
				break;
			for (k = 0; k < sizeof(buf); k++)
				buf[k] = (char)(id + round + k);
			err = efs_file_write(i, (x >> 8) % 50000, buf, sizeof(buf), &n);
			if (!err)
				err = efs_file_read(i, (x >> 8) % 50000, back, sizeof(back), &n);
			if (!err && (n != sizeof(back) || memcmp(buf, back, n)))
				err = -EILSEQ;
			if (!err && (x >> 28) % 4 == 0)
				err = efs_file_truncate(i, (x >> 8) % 60000);
			efs_file_close(i);
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

static void *exchange_main(void *arg)
{
	int i, err = 0;

	(void)arg;
	for (i = 0; i < EXCHANGES && !err; i++)
		err = mv("d", "f", EFS_EXCHANGE);
	return (void *)(intptr_t)err;
}

/* a directory and a file with a name in it change places while that name comes and goes */
static void test_exchange_below(void)
{
	struct efs_file *d, *f;
	pthread_t t;
	void *res;
	int i, err;

	CHECK_EQ(setup(), 0);
	/* the file has the lower number */
	CHECK_EQ(mk("f", EFS_S_IFREG | 0644), 0);
	CHECK_EQ(mk("d", EFS_S_IFDIR | 0755), 0);
	f = at("f");
	d = at("d");
	CHECK(f && d && ino_of("f") < ino_of("d"));
	/* two threads that wait for each other end the program */
	alarm(100);
	CHECK_EQ(pthread_create(&t, NULL, exchange_main, NULL), 0);
	for (i = 0, err = 0; i < EXCHANGES && !err; i++) {
		err = efs_link_in(d, "x", f);
		if (!err)
			err = efs_unlink_in(d, "x");
	}
	CHECK_EQ(err, 0);
	pthread_join(t, &res);
	CHECK_EQ((intptr_t)res, 0);
	alarm(0);
	efs_file_close(f);
	efs_file_close(d);
	CHECK_EQ(reports, 0);
	TEARDOWN();
}

const struct ktap_case name_tests[] = {
	{ "all types of files", test_types },
	{ "set-group-ID directories", test_setgid },
	{ "removing", test_remove },
	{ "files without a name", test_tmpfile },
	{ "renaming", test_rename },
	{ "listing a directory that changes", test_readdir },
	{ "listing from where an entry was", test_readdir_moved },
	{ "paths", test_walk },
	{ "threads", test_threads },
	{ "threads, exchange with what is below", test_exchange_below },
	{ "link limit", test_link_max },
	{ NULL, NULL }
};
