// SPDX-License-Identifier: GPL-2.0
/*
 * Memory and log of the caller's: the arena itself, messages, and volumes whose memory ends.
 *
 *   arena_test IMAGE SCRATCH
 *
 * IMAGE, an ext2, stays as it is: what is written to it is in an overlay, and goes to the file
 * SCRATCH, where e2fsck must find nothing that it cannot mend.
 */
#include <fcntl.h>
#include <limits.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dev_test.h"

static const char *image, *scratch;

/* ---- the arena alone ---- */

static _Alignas(65536) unsigned char space[1 << 20];

static size_t given(const struct efs_env *env)
{
	struct efs_arena_info info;

	efs_arena_info(env, &info);
	return info.bad ? SIZE_MAX : info.used;
}

static size_t largest(const struct efs_env *env)
{
	struct efs_arena_info info;

	efs_arena_info(env, &info);
	return info.largest;
}

static void test_small(void)
{
	struct efs_env env = { 0 };
	size_t size, least = 0;
	void *p;

	CHECK_EQ(efs_arena(space, 0, &env), -ENOMEM);
	CHECK(!env.alloc);
	for (size = 1; size < 4096; size++) {
		size_t at = size % 64;

		if (efs_arena(space + at, size, &env))
			continue;
		least = least ? least : size;
		space[at + size] = 0x77;
		p = env.alloc(env.ctx, 1, 1);
		if (p) {
			CHECK((unsigned char *)p > space + at);
			CHECK((unsigned char *)p < space + at + size);
			env.free(env.ctx, p, 1);
		}
		CHECK(!env.alloc(env.ctx, size, 1));
		CHECK_EQ(given(&env), 0);
		CHECK_EQ(space[at + size], 0x77);
	}
	CHECK(least && least < 2048);
	/* an end beyond all addresses */
	CHECK_EQ(efs_arena(space, SIZE_MAX, &env), -ENOMEM);
}

struct thing {
	unsigned char *p;
	size_t size, align;
	unsigned char mark;
};

#define THINGS	400

static bool is_whole(const struct thing *t)
{
	size_t i;

	for (i = 0; i < t->size; i++)
		if (t->p[i] != t->mark)
			return false;
	return (uintptr_t)t->p % t->align == 0;
}

/* takes and gives at random; sum of where things lay, or 0 */
static uint64_t churn(struct efs_env *env, uint32_t seed, int rounds, int *refused)
{
	static struct thing things[THINGS];
	uint64_t sum = 1;
	int i;

	memset(things, 0, sizeof(things));
	for (i = 0; i < rounds; i++) {
		struct thing *t = &things[rnd(&seed, THINGS)];

		if (t->p) {
			if (!is_whole(t))
				return 0;
			env->free(env->ctx, t->p, t->size);
			t->p = NULL;
			continue;
		}
		t->size = rnd(&seed, rnd(&seed, 4) ? 300 : 20000);
		t->align = (size_t)1 << (rnd(&seed, 4) ? rnd(&seed, 5) : rnd(&seed, 13));
		t->mark = (unsigned char)rnd(&seed, 256);
		t->p = env->alloc(env->ctx, t->size, t->align);
		sum = sum * 31 + (t->p ? (uint64_t)(t->p - space) : 7);
		*refused += !t->p;
		if (t->p)
			memset(t->p, t->mark, t->size);
	}
	for (i = 0; i < THINGS; i++) {
		if (!things[i].p)
			continue;
		if (!is_whole(&things[i]))
			return 0;
		env->free(env->ctx, things[i].p, things[i].size);
	}
	return sum;
}

static void test_churn(void)
{
	struct efs_env env = { 0 };
	struct efs_arena_info info;
	uint64_t sum, again;
	int refused = 0, seed;
	size_t all;

	for (seed = 0; seed < 4; seed++) {
		CHECK_EQ(efs_arena(space, 700000, &env), 0);
		all = largest(&env);
		sum = churn(&env, (uint32_t)seed, 8000, &refused);
		CHECK(sum);
		CHECK(refused > 0);
		/* all is given back, and one piece again */
		CHECK_EQ(given(&env), 0);
		CHECK_EQ(largest(&env), all);
		efs_arena_info(&env, &info);
		CHECK(info.peak > 500000 && info.peak <= info.size);
		/* where things lie depends on the calls alone */
		CHECK_EQ(efs_arena(space, 700000, &env), 0);
		again = churn(&env, (uint32_t)seed, 8000, &refused);
		CHECK(sum == again);
	}
}

/* full means full: what is left is less than what was refused */
static void test_full(void)
{
	static void *p[2000];
	struct efs_env env = { 0 };
	int n, i;
	size_t all;

	CHECK_EQ(efs_arena(space, 100000, &env), 0);
	all = largest(&env);
	CHECK(env.alloc(env.ctx, all, 1));
	CHECK(!env.alloc(env.ctx, 1, 1));
	CHECK_EQ(efs_arena(space, 100000, &env), 0);
	CHECK(!env.alloc(env.ctx, all + 1, 1));
	for (n = 0; (p[n] = env.alloc(env.ctx, 100, 8)); n++)
		;
	CHECK(n > 700);
	CHECK(largest(&env) < 100);
	for (i = 0; i < n; i += 2)
		env.free(env.ctx, p[i], 100);
	CHECK(!env.alloc(env.ctx, 200, 8));
	for (i = 0; i < n; i += 2) {
		p[i] = env.alloc(env.ctx, 100, 8);
		CHECK(p[i]);
	}
	for (i = 0; i < n; i++)
		env.free(env.ctx, p[i], 100);
	CHECK_EQ(largest(&env), all);
	/* 100 bytes for an alignment of which there is one place */
	CHECK_EQ(efs_arena(space, 100000, &env), 0);
	p[0] = env.alloc(env.ctx, 100, 65536);
	CHECK(p[0] && (uintptr_t)p[0] % 65536 == 0);
	CHECK(!env.alloc(env.ctx, 100, 65536));
	env.free(env.ctx, p[0], 100);
	CHECK_EQ(largest(&env), all);
}

static int logged;

static void note_log(void *ctx, int level, const char *msg)
{
	logged += ctx == &logged && level == 0 && strlen(msg) > 10;
}

static void note_now(void *ctx, int64_t *sec, uint32_t *nsec)
{
	*sec = ctx == &logged ? 17 : 0;
	*nsec = 4;
}

static void test_misuse(void)
{
	struct efs_env env = { .log = note_log, .now = note_now, .ctx = &logged };
	struct efs_arena_info info;
	unsigned char *p, *q, other[64] = { 0 };
	uint32_t nsec;
	int64_t sec;
	size_t all, *head;

	CHECK_EQ(efs_arena(space, 50000, &env), 0);
	all = largest(&env);
	env.now(env.ctx, &sec, &nsec);
	CHECK(sec == 17 && nsec == 4);
	CHECK(!env.alloc(env.ctx, 10, 3));
	CHECK(!env.alloc(env.ctx, SIZE_MAX, 1));
	CHECK(!env.alloc(env.ctx, SIZE_MAX - 40, 64));
	CHECK(!env.alloc(env.ctx, 10, SIZE_MAX / 2 + 1));
	p = env.alloc(env.ctx, 0, 0);
	q = env.alloc(env.ctx, 0, 0);
	CHECK(p && q && p != q);
	env.free(env.ctx, p, 0);
	env.free(env.ctx, q, 0);
	p = env.alloc(env.ctx, 1000, 16);
	q = env.alloc(env.ctx, 1000, 16);
	CHECK(p && q);
	memset(p, 0, 1000);
	memset(q, 0, 1000);
	logged = 0;
	env.free(env.ctx, p, 500);		/* less, more than it was */
	env.free(env.ctx, p, 1100);
	env.free(env.ctx, p, SIZE_MAX);
	env.free(env.ctx, p + 16, 1000);	/* within */
	env.free(env.ctx, p + 1, 1000);
	env.free(env.ctx, other + 32, 16);	/* elsewhere */
	env.free(env.ctx, space, 16);
	env.free(env.ctx, space + 49999, 16);
	env.free(env.ctx, (void *)(uintptr_t)16, 16);
	/* what looks like a piece, within one: its neighbour knows better */
	head = (size_t *)(p + 64);
	head[0] = 32;
	head[1] = 64;
	((size_t *)(p + 128))[0] = 64;
	env.free(env.ctx, head + 2, 64 - 2 * sizeof(size_t));
	efs_arena_info(&env, &info);
	CHECK_EQ(info.bad, 10);
	CHECK_EQ(logged, 10);
	CHECK(info.used >= 2000);
	env.free(env.ctx, p, 1000);
	env.free(env.ctx, p, 1000);		/* twice */
	env.free(env.ctx, q, 1000);
	env.free(env.ctx, q, 1000);
	env.free(env.ctx, p, 1000);
	efs_arena_info(&env, &info);
	CHECK_EQ(info.bad, 13);
	CHECK_EQ(info.used, 0);
	CHECK_EQ(info.largest, all);
}

static void *churner(void *arg)
{
	struct efs_env *env = arg;
	unsigned char *p[20];
	long ok = 1;
	int i, k;

	for (i = 0; i < 300; i++) {
		for (k = 0; k < 20; k++) {
			p[k] = env->alloc(env->ctx, (size_t)(k * 37 + 1), 16);
			if (p[k])
				memset(p[k], k, (size_t)(k * 37 + 1));
		}
		for (k = 0; k < 20; k++) {
			ok &= !p[k] || (p[k][0] == k && p[k][k * 37] == k);
			if (p[k])
				env->free(env->ctx, p[k], (size_t)(k * 37 + 1));
		}
	}
	return ok ? env : NULL;
}

static void test_threads(void)
{
	struct efs_env env = { 0 };
	pthread_t t[3];
	void *ok;
	int i;

	CHECK_EQ(efs_arena(space, 20000, &env), 0);
	for (i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, churner, &env), 0);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(pthread_join(t[i], &ok), 0);
		CHECK(ok);
	}
	CHECK_EQ(given(&env), 0);
}

/* ---- messages: as the C library makes them ---- */

#define CHECK_TEXT(...)							\
	do {								\
		char _got[64], _want[64];				\
		size_t _n = efs_format(_got, sizeof(_got), __VA_ARGS__); \
									\
		CHECK_EQ(snprintf(_want, sizeof(_want), __VA_ARGS__), _n); \
		CHECK(!strcmp(_got, _want));				\
		_n = efs_format(_got, 5, __VA_ARGS__);			\
		_want[4] = '\0';						\
		CHECK(!strcmp(_got, _want));				\
	} while (0)

static void test_messages(void)
{
	char got[8] = "x";

	CHECK_TEXT("plain, and longer than there is room for it");
	CHECK_TEXT("%s %10s|%c%%", "abc", "right", 'z');
	CHECK_TEXT("%d %d %i", 0, -1, 2147483647);
	CHECK_TEXT("%d", -2147483647 - 1);
	CHECK_TEXT("%u %x", 4294967295u, 0xdeadbeefu);
	CHECK_TEXT("%ld %lu", -5L, ULONG_MAX);
	CHECK_TEXT("%lld", LLONG_MIN);
	CHECK_TEXT("%llu", ULLONG_MAX);
	CHECK_TEXT("%llx %zu", 0x123456789abcULL, sizeof(got));
	CHECK_TEXT("%5d|%05d|%05d|%2u", 42, 42, -42, 12345u);
	CHECK_TEXT("%08x%3d", 0xbeefu, -7);
	CHECK_EQ(efs_format(got, 0, "%d", 123), 3);
	CHECK_EQ(got[0], 'x');
	CHECK_EQ(efs_format(got, 1, "%d", 123), 3);
	CHECK_EQ(got[0], 0);
}

/* ---- volumes ---- */

static bool knows(int err)
{
	return !err || err == -ENOMEM || err == -EIO || err == -ENOSPC;
}

static int open_image(struct efs_device **dev)
{
	struct efs_device *under;
	int err = efs_device_open(image, EFS_DEVICE_RDONLY, &under);

	if (err)
		return err;
	err = efs_device_overlay(under, 0, dev);
	if (err)
		efs_device_close(under);
	return err;
}

/* exit status of e2fsck on what is on the device now */
static int fsck(struct efs_device *dev, const char *option)
{
	static const unsigned char zero[65536];
	unsigned char *buf = malloc(sizeof(zero));
	uint64_t off, size = efs_device_size(dev);
	char cmd[4096];
	int fd = open(scratch, O_CREAT | O_TRUNC | O_WRONLY, 0600), err, status;

	err = fd < 0 || ftruncate(fd, (off_t)size);
	for (off = 0; !err && off < size; off += sizeof(zero)) {
		size_t n = size - off < sizeof(zero) ? (size_t)(size - off) : sizeof(zero);

		err = efs_device_read(dev, off, buf, n);
		if (!err && memcmp(buf, zero, n))
			err = pwrite(fd, buf, n, (off_t)off) != (ssize_t)n;
	}
	close(fd);
	free(buf);
	snprintf(cmd, sizeof(cmd), "e2fsck %s '%s' >'%s.log' 2>&1", option, scratch, scratch);
	status = err ? -1 : system(cmd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * A bit of everything, each step tried although another failed. Return: 0, or the first error;
 * -EILSEQ: what a step said had worked had not.
 */
static int work(struct efs_volume *vol)
{
	static const char *const names[] = { "/d", "/d/f", "/d/link", "/d/big", "/d/sub" };
	struct efs_create what[] = {
		{ .mode = EFS_IFDIR | 0755 }, { .mode = EFS_IFREG | 0644 },
		{ .mode = EFS_IFLNK | 0777, .target = "f" }, { .mode = EFS_IFREG | 0600 },
		{ .mode = EFS_IFDIR | 0700 },
	};
	static unsigned char data[60000], got[60000];
	struct efs_at at = { .volume = vol };
	struct efs_entry_info ents[4];
	struct efs_cursor cur = { 0 };
	struct efs_file *file;
	int err, first = 0, i;
	size_t n, done;

	memset(data, 0xa7, sizeof(data));
	for (i = 0; i < COUNT(names); i++) {
		err = efs_create_at(&at, names[i], &what[i], NULL);
		first = first || (err == -ENOENT && i) ? first : err;
	}
	err = efs_open(vol, "/d/link", 0, &file);
	if (!err) {
		err = efs_file_write(file, 5, data, 1000, &n);
		if (!err) {
			err = efs_file_read(file, 5, got, 1000, &done);
			if (!err && (done != 1000 || memcmp(data, got, 1000)))
				first = -EILSEQ;
		}
		efs_file_close(file);
	}
	first = first || err == -ENOENT ? first : err;
	err = efs_open(vol, "/d/big", 0, &file);
	if (!err) {
		err = efs_file_write(file, 300000, data, sizeof(data), &n);
		if (!err)
			err = efs_file_sync(file);
		if (!err)
			err = efs_file_truncate(file, 320000);
		if (!err) {
			err = efs_file_read(file, 299990, got, 100, &done);
			if (!err && (done != 100 || got[9] || memcmp(got + 10, data, 90)))
				first = -EILSEQ;
		}
		efs_file_close(file);
	}
	first = first || err == -ENOENT ? first : err;
	err = efs_rename_at(&at, "/d/big", "/d/sub/moved", 0);
	first = first || err == -ENOENT || err == -ENOTDIR ? first : err;
	err = efs_open(vol, "/d", 0, &file);
	while (!err) {
		err = efs_list_dir(file, &cur, ents, COUNT(ents), &n);
		if (err || !n) {
			efs_file_close(file);
			break;
		}
	}
	first = first || err == -ENOENT ? first : err;
	err = efs_remove_at(&at, "/d", NULL);
	first = first || err == -ENOENT ? first : err;
	err = efs_volume_sync(vol);
	return first ? first : err;
}

static void test_volume_in_arena(void)
{
	struct efs_options o = { .cache_bytes = 32 << 10, .cache_files = 8 };
	struct efs_env env = { 0 };
	struct efs_volume *vol;
	struct efs_device *dev;
	int opened = 0, worked = 0, err;
	size_t size;

	o.env = &env;
	for (size = 1 << 10; size < sizeof(space) && worked < 3; size += size / 16) {
		CHECK_EQ(open_image(&dev), 0);
		if (efs_arena(space, size, &env)) {
			efs_device_close(dev);
			continue;
		}
		err = efs_volume_open(dev, &o, &vol, NULL);
		if (err && err != -ENOMEM)
			printf("# %zu bytes: open: %d\n", size, err);
		CHECK(!err || err == -ENOMEM);
		if (!err) {
			opened++;
			err = work(vol);
			if (!knows(err))
				printf("# %zu bytes: %d\n", size, err);
			CHECK(knows(err));
			worked += !err;
			CHECK(knows(efs_volume_close(vol)));
			CHECK(fsck(dev, "-fy") < 4);
			CHECK_EQ(fsck(dev, "-fn") >= (err ? 8 : 1), 0);
		}
		CHECK_EQ(given(&env), 0);
		efs_device_close(dev);
	}
	printf("# %d sizes in which it opens, the last is %zu\n", opened, size);
	CHECK(worked == 3 && opened > worked);
}

/* ---- each allocation fails once ---- */

struct meter {
	long fail, seen;	/* which one, from 0; how many there were */
	long live;
	size_t bytes;
};

static void *meter_alloc(void *ctx, size_t size, size_t align)
{
	struct meter *m = ctx;
	void *p;

	if (m->seen++ == m->fail)
		return NULL;
	if (align <= 16)
		p = malloc(size);
	else if (posix_memalign(&p, align, size))
		return NULL;
	m->live++;
	m->bytes += size;
	return p;
}

static void meter_free(void *ctx, void *p, size_t size)
{
	struct meter *m = ctx;

	m->live--;
	m->bytes -= size;
	free(p);
}

static void each_fails(unsigned int flags)
{
	struct meter m = { .fail = -1 };
	struct efs_env env = { .alloc = meter_alloc, .free = meter_free, .ctx = &m };
	struct efs_options o = { .cache_bytes = 40 << 10, .cache_files = 4, .seed = 1, .env = &env,
				 .flags = flags };
	struct efs_volume *vol;
	struct efs_device *dev;
	long n, all = 1, told = 0;
	int err;

	for (n = -1; n < all; n++) {
		CHECK_EQ(open_image(&dev), 0);
		m = (struct meter){ .fail = n };
		err = efs_volume_open(dev, &o, &vol, NULL);
		CHECK(!err || (err == -ENOMEM && n >= 0));
		if (err) {
			told++;
			CHECK_EQ(m.live, 0);
			/* the next try is another thing */
			m.seen = n + 1;
			CHECK_EQ(efs_volume_open(dev, &o, &vol, NULL), 0);
		}
		err = work(vol);
		if (!knows(err))
			printf("# allocation %ld: %d\n", n, err);
		CHECK(knows(err));
		told += !!err;
		/* what is told by now is not told again */
		efs_volume_sync(vol);
		if (n < 0) {
			CHECK_EQ(err, 0);
		} else if (m.seen > n) {
			struct efs_at at = { .volume = vol };

			/* what the first one could not remove */
			err = efs_remove_at(&at, "/d", NULL);
			CHECK(!err || err == -ENOENT);
			err = work(vol);
			if (err)
				printf("# allocation %ld: %d afterwards\n", n, err);
			CHECK_EQ(err, 0);
		}
		CHECK(knows(efs_volume_close(vol)));
		all = n < 0 ? m.seen : all;
		CHECK_EQ(m.live, 0);
		CHECK_EQ(m.bytes, 0);
		if (n % 16 == 0)
			CHECK(fsck(dev, "-fy") < 4);
		efs_device_close(dev);
	}
	printf("# %ld allocations, %ld failures were told\n", all, told);
	CHECK(all > 50 && told > 30);
}

static void test_each_fails(void)
{
	each_fails(0);
}

static void test_each_fails_sync(void)
{
	each_fails(EFS_SYNC);
}

int main(int argc, char **argv)
{
	static const struct ktap_case cases[] = {
		{ "arenas of all sizes", test_small },
		{ "taking and giving at random", test_churn },
		{ "to the last byte", test_full },
		{ "misuse", test_misuse },
		{ "threads", test_threads },
		{ "messages", test_messages },
		{ "volumes in arenas", test_volume_in_arena },
		{ "each allocation fails", test_each_fails },
		{ "each allocation fails, synchronous", test_each_fails_sync },
	};

	if (argc < 3) {
		fprintf(stderr, "Usage: arena_test IMAGE SCRATCH\n");
		return 2;
	}
	image = argv[1];
	scratch = argv[2];
	return ktap_run(cases, COUNT(cases));
}
