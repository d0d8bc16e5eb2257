// SPDX-License-Identifier: GPL-2.0
/*
 * check_test IMAGE...: efs_check() on each, a line each on stdout:
 *
 *	IMAGE: clean [note:CODE...]
 *	IMAGE: wrong CODE... [note:CODE...]
 *
 * Codes are told once. check.sh holds that against what e2fsck says.
 *
 * check_test -i VOLUME: the interface itself, KTAP; the volume is clean and has groups of 2048
 * blocks of 1 KiB.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <efs.h>

#include "ktap.h"

#define CODES 128

/** struct seen - codes met so far */
struct seen {
	const char *code[CODES];
	bool wrong[CODES];
	size_t n;
	int calls, stop;
};

static void problem(void *ctx, const struct efs_check_problem *p)
{
	struct seen *s = ctx;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->code[i] == p->code)
			return;
	if (s->n < CODES) {
		s->code[s->n] = p->code;
		s->wrong[s->n++] = p->wrong;
	}
}

static int progress(void *ctx, int pass, uint64_t done, uint64_t total)
{
	struct seen *s = ctx;

	return pass < 1 || pass > 5 || done > total || ++s->calls == s->stop;
}

static int check(const char *path, struct seen *s, struct efs_check_result *r)
{
	struct efs_check_options o = { .problem = problem, .progress = progress, .ctx = s };
	struct efs_device *dev;
	int err = efs_device_open(path, EFS_DEVICE_RDONLY, &dev);

	if (err)
		return err;
	err = efs_check(dev, &o, r);
	efs_device_close(dev);
	return err;
}

static int one_image(const char *path)
{
	struct efs_check_result r;
	struct seen s = { .n = 0 };
	size_t i;
	int err = check(path, &s, &r);

	if (err) {
		printf("%s: %s\n", path, strerror(-err));
		return 1;
	}
	printf("%s: %s", path, r.wrong ? "wrong" : "clean");
	for (i = 0; i < s.n; i++)
		if (s.wrong[i])
			printf(" %s", s.code[i]);
	for (i = 0; i < s.n; i++)
		if (!s.wrong[i])
			printf(" note:%s", s.code[i]);
	putchar('\n');
	return 0;
}

/* ---- the interface ---- */

#define IMAGE_BYTES (64u << 10)

/* a device of @size bytes that has no file system */
static void nothing_there(void)
{
	size_t size;

	for (size = 512; size <= IMAGE_BYTES; size *= 2) {
		struct seen s = { .n = 0 };
		struct efs_check_options o = { .problem = problem, .ctx = &s };
		struct efs_check_result r;
		struct efs_device *dev;

		CHECK_EQ(efs_device_memory(NULL, size, &dev), 0);
		CHECK_EQ(efs_check(dev, &o, &r), 0);
		CHECK_EQ(r.wrong, 1);
		CHECK(!r.complete);
		CHECK_EQ(s.n, 1);
		CHECK(!strcmp(s.code[0], "SUPER"));
		/* nobody needs to listen */
		CHECK_EQ(efs_check(dev, NULL, &r), 0);
		CHECK_EQ(r.wrong, 1);
		efs_device_close(dev);
	}
}

static int read_fails(void *ctx, uint64_t off, void *buf, size_t len)
{
	(void)ctx;
	(void)off;
	(void)buf;
	(void)len;
	return -EIO;
}

static void device_fails(void)
{
	static const struct efs_device_ops ops = { .read = read_fails };
	struct efs_check_result r;
	struct efs_device *dev;

	CHECK_EQ(efs_device_custom(&ops, NULL, IMAGE_BYTES, NULL, &dev), 0);
	CHECK_EQ(efs_check(dev, NULL, &r), -EIO);
	efs_device_close(dev);
}

static void *no_memory(void *ctx, size_t size, size_t align)
{
	(void)ctx;
	(void)size;
	(void)align;
	return NULL;
}

static void no_free(void *ctx, void *p, size_t size)
{
	(void)ctx;
	(void)p;
	(void)size;
}

static void memory_fails(void)
{
	static const struct efs_env env = { .alloc = no_memory, .free = no_free };
	struct efs_check_options o = { .env = &env };
	struct efs_check_result r;
	struct efs_device *dev;

	CHECK_EQ(efs_device_memory(NULL, IMAGE_BYTES, &dev), 0);
	CHECK_EQ(efs_check(dev, &o, &r), -ENOMEM);
	efs_device_close(dev);
}

static const char *volume;

/* wherever it is stopped; and the copy of the superblock will do */
static void stopped(void)
{
	struct seen s = { .n = 0 };
	struct efs_check_result r;
	int i, calls;

	CHECK_EQ(check(volume, &s, &r), 0);
	CHECK_EQ(r.wrong, 0);
	CHECK(r.complete);
	CHECK(r.dirs >= 2 && r.block_size && r.blocks > r.blocks_used && r.inodes > r.inodes_used);
	calls = s.calls;
	for (i = 1; i <= calls; i++) {
		s = (struct seen){ .stop = i };
		CHECK_EQ(check(volume, &s, &r), -EINTR);
	}
}

static void copy_of_super(void)
{
	struct efs_check_options o = { .superblock = 2049, .cache_bytes = 1 << 16 };
	struct efs_check_result r;
	struct efs_device *dev;

	CHECK_EQ(efs_device_open(volume, EFS_DEVICE_RDONLY, &dev), 0);
	CHECK_EQ(efs_check(dev, &o, &r), 0);
	CHECK_EQ(r.wrong, 0);
	o.superblock = 2050;
	CHECK_EQ(efs_check(dev, &o, &r), 0);
	CHECK_EQ(r.wrong, 1);
	efs_device_close(dev);
}

#define CASES 5

static const struct ktap_case cases[CASES] = {
	{ "nothing is there", nothing_there },
	{ "the device fails", device_fails },
	{ "there is no memory", memory_fails },
	{ "stopped wherever", stopped },
	{ "a copy of the superblock", copy_of_super },
};

int main(int argc, char **argv)
{
	int i, bad = 0;

	if (argc == 3 && !strcmp(argv[1], "-i")) {
		volume = argv[2];
		return ktap_run(cases, CASES);
	}
	for (i = 1; i < argc; i++)
		bad |= one_image(argv[i]);
	return bad;
}
