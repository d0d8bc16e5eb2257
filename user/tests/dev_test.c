// SPDX-License-Identifier: GPL-2.0
/*
 * Devices and layers, but for overlays and partitions, which have programs of their own.
 *
 *   dev_test DIRECTORY		files are made there
 *
 * pread() and pwrite() of the library end here: they can be cut short and interrupted.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dev_test.h"

static char path[4096];
static bool choppy;
static uint32_t chop_rnd;
static int chops;

/* ---- system calls that do half of what they are asked for ---- */

static bool chop(size_t *len)
{
	if (!choppy || rnd(&chop_rnd, 2))
		return false;
	__atomic_add_fetch(&chops, 1, __ATOMIC_RELAXED);
	if (rnd(&chop_rnd, 2) || *len < 2) {
		errno = EINTR;
		return true;
	}
	*len = 1 + rnd(&chop_rnd, (uint32_t)*len - 1);
	return false;
}

ssize_t pread64(int fd, void *buf, size_t len, off64_t off)
{
	struct iovec v = { buf, len };

	return chop(&v.iov_len) ? -1 : preadv64(fd, &v, 1, off);
}

ssize_t pwrite64(int fd, const void *buf, size_t len, off64_t off)
{
	struct iovec v = { (void *)buf, len };

	return chop(&v.iov_len) ? -1 : pwritev64(fd, &v, 1, off);
}

/* ---- a device of the caller's that counts ---- */

struct counter {
	int reads, writes, flushes, closes, error;
	uint64_t last;
};

static int count_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	struct counter *c = ctx;

	c->reads++;
	c->last = off;
	memset(buf, 0x5a, len);
	return c->error;
}

static int count_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	struct counter *c = ctx;

	(void)buf;
	(void)len;
	c->writes++;
	c->last = off;
	return c->error;
}

static int count_flush(void *ctx)
{
	struct counter *c = ctx;

	c->flushes++;
	return c->error;
}

static void count_close(void *ctx)
{
	((struct counter *)ctx)->closes++;
}

static const struct efs_device_ops count_ops = {
	.read = count_read, .write = count_write, .flush = count_flush, .close = count_close,
};

static struct counter counter;

static struct efs_device *counting(uint64_t size)
{
	struct efs_device *dev;

	counter = (struct counter){ 0 };
	return efs_device_custom(&count_ops, &counter, size, NULL, &dev) ? NULL : dev;
}

/* ---- files ---- */

/* @size bytes of a pattern; Return: 0 or -1 */
static int make_file(size_t size, unsigned char *bytes)
{
	uint32_t r = 7;
	int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600), err;

	fill(&r, bytes, size);
	err = fd < 0 || write(fd, bytes, size) != (ssize_t)size;
	close(fd);
	return -err;
}

/* is the file as it must be, for those who read it in the ordinary way? */
static bool file_is(const unsigned char *bytes, size_t size)
{
	int fd = open(path, O_RDONLY);
	unsigned char *all = malloc(size + 1);
	bool same = fd >= 0 && read(fd, all, size + 1) == (ssize_t)size;

	same = same && !memcmp(all, bytes, size);
	free(all);
	close(fd);
	return same;
}

/* ---- all kinds ---- */

enum { K_MEMORY, K_CUSTOM, K_FILE, K_READONLY, K_RANGE, K_OVERLAY, K_FAULT, K_KINDS };

#define SIZE	10000u	/* of the devices below; no multiple of anything */

static struct efs_device *any(int kind)
{
	static unsigned char bytes[SIZE];
	struct efs_device *dev, *under = NULL;
	int err = 0;

	if (kind == K_MEMORY)
		return efs_device_memory(NULL, SIZE, &dev) ? NULL : dev;
	if (kind == K_FILE)
		return make_file(SIZE, bytes) || efs_device_open(path, 0, &dev) ? NULL : dev;
	under = counting(kind == K_RANGE ? SIZE + 77 : SIZE);
	if (kind == K_CUSTOM)
		return under;
	if (kind == K_READONLY)
		err = efs_device_readonly(under, &dev);
	else if (kind == K_RANGE)
		err = efs_device_range(under, 50, SIZE, &dev);
	else if (kind == K_OVERLAY)
		err = efs_device_overlay(under, 0, &dev);
	else
		err = efs_dev_fault(under, &dev);
	return err ? NULL : dev;
}

static void test_ranges(void)
{
	static const struct {
		uint64_t off;
		size_t len;
		int err;
	} rows[] = {
		{ 0, 0, 0 }, { 0, 1, 0 }, { 0, SIZE, 0 }, { SIZE, 0, 0 }, { SIZE - 1, 1, 0 },
		{ 4095, 2, 0 }, { 1, SIZE - 1, 0 },
		{ SIZE, 1, -EIO }, { SIZE - 1, 2, -EIO }, { 0, SIZE + 1, -EIO },
		{ SIZE + 1, 0, -EIO },
		{ UINT64_MAX, 1, -EIO }, { UINT64_MAX, 0, -EIO }, { 1, SIZE_MAX, -EIO },
		{ UINT64_MAX - 5, 10, -EIO }, { (uint64_t)1 << 63, 1, -EIO },
	};
	static unsigned char buf[SIZE + 1];
	int kind, i;

	for (kind = 0; kind < K_KINDS; kind++) {
		struct efs_device *dev = any(kind);

		CHECK(dev);
		CHECK_EQ(efs_device_size(dev), SIZE);
		for (i = 0; i < COUNT(rows); i++) {
			CHECK_EQ(efs_device_read(dev, rows[i].off, buf, rows[i].len), rows[i].err);
			CHECK_EQ(efs_device_write(dev, rows[i].off, buf, rows[i].len),
				 kind == K_READONLY ? -EROFS : rows[i].err);
		}
		CHECK_EQ(efs_device_flush(dev), 0);
		efs_device_close(dev);
		CHECK_EQ(counter.closes, kind != K_MEMORY && kind != K_FILE);
		counter.closes = 0;
	}
	efs_device_close(NULL);
}

static void test_memory(void)
{
	unsigned char mine[64], buf[64], zero[64] = { 0 };
	struct efs_device *dev;

	memset(mine, 3, sizeof(mine));
	CHECK_EQ(efs_device_memory(mine, sizeof(mine), &dev), 0);
	CHECK_EQ(efs_device_write(dev, 10, "abc", 3), 0);
	CHECK(!memcmp(mine + 9, "\3abc\3", 5));
	efs_device_close(dev);
	CHECK_EQ(mine[10], 'a');
	CHECK_EQ(efs_device_memory(NULL, sizeof(buf), &dev), 0);
	CHECK_EQ(efs_device_read(dev, 0, buf, sizeof(buf)), 0);
	CHECK(!memcmp(buf, zero, sizeof(buf)));
	efs_device_close(dev);
	CHECK_EQ(efs_device_memory(NULL, 0, &dev), 0);
	CHECK_EQ(efs_device_read(dev, 0, buf, 1), -EIO);
	efs_device_close(dev);
}

static void *no_memory(void *ctx, size_t size, size_t align)
{
	(void)ctx;
	(void)size;
	(void)align;
	return NULL;
}

static void test_custom(void)
{
	struct efs_env none = { .alloc = no_memory };
	struct efs_device_ops ops = count_ops;
	struct efs_device *dev = NULL;
	char c;

	CHECK_EQ(efs_device_custom(NULL, NULL, 1, NULL, &dev), -EINVAL);
	ops.read = NULL;
	CHECK_EQ(efs_device_custom(&ops, NULL, 1, NULL, &dev), -EINVAL);
	CHECK_EQ(efs_device_custom(&count_ops, NULL, 1, &none, &dev), -ENOMEM);
	CHECK(!dev);

	counter = (struct counter){ 0 };
	ops = (struct efs_device_ops){ .read = count_read };
	CHECK_EQ(efs_device_custom(&ops, &counter, UINT64_MAX, NULL, &dev), 0);
	ops.read = NULL;	/* it has a copy */
	CHECK_EQ(efs_device_read(dev, UINT64_MAX - 1, &c, 1), 0);
	CHECK_EQ(counter.last, UINT64_MAX - 1);
	CHECK_EQ(efs_device_write(dev, 0, &c, 1), -EROFS);
	CHECK_EQ(efs_device_flush(dev), 0);
	efs_device_close(dev);

	dev = counting(100);
	counter.error = -ENOSPC;
	CHECK_EQ(efs_device_read(dev, 0, &c, 1), -ENOSPC);
	CHECK_EQ(efs_device_write(dev, 0, &c, 1), -ENOSPC);
	CHECK_EQ(efs_device_flush(dev), -ENOSPC);
	CHECK_EQ(efs_device_read(dev, 0, &c, 0), 0);
	CHECK_EQ(counter.reads, 1);
	efs_device_close(dev);
	CHECK_EQ(counter.closes, 1);
}

static void test_readonly(void)
{
	struct efs_device *dev = counting(100), *ro, *part, *over;
	char c = 0;

	CHECK_EQ(efs_device_readonly(dev, &ro), 0);
	CHECK_EQ(efs_device_write(ro, 0, &c, 1), -EROFS);
	CHECK_EQ(efs_device_write(ro, 200, &c, 1), -EROFS);
	CHECK_EQ(efs_device_flush(ro), 0);
	CHECK_EQ(efs_device_range(ro, 10, 20, &part), 0);
	CHECK_EQ(efs_device_write(part, 0, &c, 1), -EROFS);
	CHECK_EQ(efs_device_overlay(part, 0, &over), 0);
	CHECK_EQ(efs_device_write(over, 0, &c, 1), 0);
	CHECK_EQ(efs_device_overlay_commit(over), -EROFS);
	CHECK_EQ(efs_device_read(over, 0, &c, 1), 0);
	CHECK_EQ(c, 0);
	CHECK_EQ(counter.writes + counter.flushes, 0);
	efs_device_close(over);
	CHECK_EQ(counter.closes, 1);
}

static void test_range(void)
{
	static const struct {
		uint64_t off, size, got;
		int err;
	} rows[] = {
		{ 0, 100, 100, 0 }, { 0, 0, 100, 0 }, { 40, 0, 60, 0 }, { 40, 60, 60, 0 },
		{ 99, 1, 1, 0 }, { 100, 0, 0, 0 }, { 101, 0, 0, -EINVAL }, { 40, 61, 0, -EINVAL },
		{ 100, 1, 0, -EINVAL }, { UINT64_MAX, 2, 0, -EINVAL },
		{ 1, UINT64_MAX, 0, -EINVAL },
	};
	struct efs_device *dev, *a, *b;
	unsigned char bytes[100], buf[4];
	int i;

	for (i = 0; i < COUNT(rows); i++) {
		CHECK_EQ(efs_device_memory(bytes, 100, &dev), 0);
		CHECK_EQ(efs_device_range(dev, rows[i].off, rows[i].size, &a), rows[i].err);
		if (!rows[i].err)
			CHECK_EQ(efs_device_size(a), rows[i].got);
		efs_device_close(rows[i].err ? dev : a);
	}
	memset(bytes, 0, sizeof(bytes));
	CHECK_EQ(efs_device_memory(bytes, 100, &dev), 0);
	CHECK_EQ(efs_device_range(dev, 30, 40, &a), 0);
	CHECK_EQ(efs_device_range(a, 5, 4, &b), 0);
	CHECK_EQ(efs_device_write(b, 0, "wxyz", 4), 0);
	CHECK(!memcmp(bytes + 34, "\0wxyz\0", 6));
	CHECK_EQ(efs_device_read(a, 6, buf, 2), 0);
	CHECK(!memcmp(buf, "xy", 2));
	CHECK_EQ(efs_device_write(b, 1, "wxyz", 4), -EIO);
	CHECK_EQ(efs_device_read(b, 4, buf, 1), -EIO);
	efs_device_close(b);
}

static void test_fault(void)
{
	struct efs_fault_plan plan = { .read = 2, .write = 1, .sticky = true, .error = -ENXIO };
	struct efs_fault_count n;
	struct efs_device *dev;
	char c;

	CHECK_EQ(efs_dev_fault(counting(10), &dev), 0);
	efs_dev_fault_plan(dev, &plan);
	CHECK_EQ(efs_device_read(dev, 0, &c, 1), 0);
	CHECK_EQ(efs_device_read(dev, 0, &c, 1), -ENXIO);
	CHECK_EQ(efs_device_read(dev, 0, &c, 1), -ENXIO);
	CHECK_EQ(efs_device_write(dev, 0, &c, 1), -ENXIO);
	CHECK_EQ(efs_device_flush(dev), 0);
	efs_dev_fault_count(dev, &n);
	CHECK(n.reads == 3 && n.writes == 1 && n.flushes == 1 && n.failed == 3);
	CHECK(counter.reads == 1 && counter.writes == 0);
	plan = (struct efs_fault_plan){ .flush = 1 };
	efs_dev_fault_plan(dev, &plan);
	CHECK_EQ(efs_device_flush(dev), -EIO);
	CHECK_EQ(efs_device_flush(dev), 0);
	efs_dev_fault_plan(dev, NULL);
	CHECK_EQ(efs_device_write(dev, 0, &c, 1), 0);
	efs_device_close(dev);
}

/* ---- files and devices of the system ---- */

static void test_open(void)
{
	static unsigned char bytes[SIZE];
	struct efs_device *dev, *two;
	char fifo[4200], dir[4200];

	snprintf(fifo, sizeof(fifo), "%s.fifo", path);
	snprintf(dir, sizeof(dir), "%s.dir", path);
	unlink(path);
	CHECK_EQ(efs_device_open(path, 0, &dev), -ENOENT);
	CHECK_EQ(make_file(SIZE, bytes), 0);
	CHECK_EQ(efs_device_open(path, 0x80, &dev), -EINVAL);
	CHECK_EQ(mkfifo(fifo, 0600), 0);
	CHECK_EQ(efs_device_open(fifo, 0, &dev), -EINVAL);
	CHECK_EQ(efs_device_open(fifo, EFS_DEVICE_RDONLY, &dev), -EINVAL);
	unlink(fifo);
	CHECK_EQ(mkdir(dir, 0700), 0);
	CHECK_EQ(efs_device_open(dir, EFS_DEVICE_RDONLY, &dev), -EISDIR);
	rmdir(dir);
	CHECK_EQ(efs_device_open("/dev/null", 0, &dev), -EINVAL);

	/* a writer is alone */
	CHECK_EQ(efs_device_open(path, 0, &dev), 0);
	CHECK_EQ(efs_device_open(path, 0, &two), -EBUSY);
	CHECK_EQ(efs_device_open(path, EFS_DEVICE_RDONLY, &two), -EBUSY);
	efs_device_close(dev);
	CHECK_EQ(efs_device_open(path, EFS_DEVICE_RDONLY, &dev), 0);
	CHECK_EQ(efs_device_open(path, EFS_DEVICE_RDONLY, &two), 0);
	efs_device_close(two);
	CHECK_EQ(efs_device_open(path, 0, &two), -EBUSY);
	CHECK_EQ(efs_device_write(dev, 0, "x", 1), -EROFS);
	CHECK_EQ(efs_device_flush(dev), 0);
	efs_device_close(dev);
	CHECK_EQ(efs_device_open(path, 0, &dev), 0);
	efs_device_close(dev);
	CHECK(file_is(bytes, SIZE));
}

static void test_file(void)
{
	static unsigned char bytes[200001], buf[8192];
	struct model m = { .bytes = bytes, .size = sizeof(bytes), .rnd = 1 };
	int i;

	CHECK_EQ(make_file(m.size, bytes), 0);
	CHECK_EQ(efs_device_open(path, 0, &m.dev), 0);
	choppy = true;
	chops = 0;
	for (i = 0; i < 1500; i++)
		CHECK_EQ(model_step(&m, i & 1), 0);
	CHECK(chops > 1000);
	choppy = false;
	CHECK_EQ(model_same(&m), 0);
	CHECK_EQ(efs_device_flush(m.dev), 0);
	CHECK(file_is(bytes, m.size));
	/* somebody cuts the file off */
	CHECK_EQ(truncate(path, 5000), 0);
	CHECK_EQ(efs_device_read(m.dev, 0, buf, 5000), 0);
	CHECK_EQ(efs_device_read(m.dev, 0, buf, 5001), -EIO);
	CHECK_EQ(efs_device_read(m.dev, 6000, buf, 1), -EIO);
	efs_device_close(m.dev);
}

/* Return: a device for O_DIRECT, or NULL where the file system has none */
static int open_direct(unsigned int flags, struct efs_device **out)
{
	int err = efs_device_open(path, flags | EFS_DEVICE_DIRECT, out);

	if (err == -EOPNOTSUPP)
		printf("# no O_DIRECT in this directory\n");
	return err;
}

static void test_direct(void)
{
	static const size_t sizes[] = { 262144, 200192, 200001, 4096, 513, 1 };
	static unsigned char bytes[262144];
	int k, i, err;

	for (k = 0; k < COUNT(sizes); k++) {
		struct model m = { .bytes = bytes, .size = sizes[k], .rnd = (uint32_t)k };

		CHECK_EQ(make_file(m.size, bytes), 0);
		err = open_direct(0, &m.dev);
		if (err == -EOPNOTSUPP)
			return;
		CHECK_EQ(err, 0);
		for (i = 0; i < 200; i++) {
			/* not short ones: those of O_DIRECT end at whole units */
			CHECK_EQ(model_step(&m, i & 1), 0);
		}
		CHECK_EQ(model_same(&m), 0);
		CHECK_EQ(efs_device_flush(m.dev), 0);
		efs_device_close(m.dev);
		CHECK(file_is(bytes, m.size));
		CHECK_EQ(open_direct(EFS_DEVICE_RDONLY, &m.dev), 0);
		CHECK_EQ(model_same(&m), 0);
		CHECK_EQ(efs_device_write(m.dev, 0, bytes, 1), -EROFS);
		efs_device_close(m.dev);
	}
}

/* ---- threads at parts of the same units ---- */

#define THREADS	4

struct worker {
	struct efs_device *dev;
	unsigned int me;
	int err;
};

/* of each 512 bytes 128 are mine */
static void *stripes(void *arg)
{
	struct worker *w = arg;
	unsigned char buf[128];
	unsigned int i;

	for (i = 0; i < 64 && !w->err; i++) {
		memset(buf, (int)(w->me * 64 + i), sizeof(buf));
		w->err = efs_device_write(w->dev, i * 512 + w->me * 128, buf, sizeof(buf));
	}
	return NULL;
}

static void test_direct_threads(void)
{
	static unsigned char bytes[64 * 512];
	struct worker w[THREADS];
	pthread_t t[THREADS];
	struct efs_device *dev;
	unsigned int i;
	int err;

	CHECK_EQ(make_file(sizeof(bytes), bytes), 0);
	err = open_direct(0, &dev);
	if (err == -EOPNOTSUPP)
		return;
	CHECK_EQ(err, 0);
	for (i = 0; i < THREADS; i++) {
		w[i] = (struct worker){ dev, i, 0 };
		CHECK_EQ(pthread_create(&t[i], NULL, stripes, &w[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		CHECK_EQ(w[i].err, 0);
	}
	efs_device_close(dev);
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i % 512 / 128 * 64 + i / 512);
	CHECK(file_is(bytes, sizeof(bytes)));
}

int main(int argc, char **argv)
{
	static const struct ktap_case cases[] = {
		{ "ranges", test_ranges },
		{ "memory", test_memory },
		{ "functions of the caller", test_custom },
		{ "read-only", test_readonly },
		{ "part of a device", test_range },
		{ "failing requests", test_fault },
		{ "opening files", test_open },
		{ "a file", test_file },
		{ "a file past the page cache", test_direct },
		{ "threads past the page cache", test_direct_threads },
	};
	int ret;

	if (argc < 2) {
		fprintf(stderr, "Usage: dev_test DIRECTORY\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%s/dev_test.%d", argv[1], (int)getpid());
	ret = ktap_run(cases, COUNT(cases));
	unlink(path);
	return ret;
}
