// SPDX-License-Identifier: GPL-2.0
/*
 * The buffer cache alone, over a memory device under a layer of faults.
 */
#include <stdlib.h>
#include <unistd.h>

#include "../lib/bcache.h"
#include "../../core/engine/efs.h"
#include "ktap.h"

#define BITS	10
#define BLOCKS	4096u

static struct efs_device *mem, *dev;
static struct efsu_bcache *c;
static struct efs_env env;
static int io_errors;

void efs_assert_fail(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
	abort();
}

static void io_error(void *ctx, bool write, u32 blk, u32 len, int err)
{
	(void)ctx;
	(void)write;
	(void)blk;
	(void)len;
	(void)err;
	__atomic_add_fetch(&io_errors, 1, __ATOMIC_RELAXED);
}

static u32 *word(u32 blk)
{
	return (u32 *)((char *)efs_dev_memory_bytes(mem) + ((size_t)blk << BITS));
}

/* a cache of @n buffers over a device whose block k begins with the number k */
static int setup(u32 n)
{
	struct efsu_bcache_conf conf = {
		.block_bits = BITS, .blocks = BLOCKS, .bytes = (size_t)n << BITS,
		.io_error = io_error, .env = &env,
	};
	u32 i;

	io_errors = 0;
	if (efs_device_memory(NULL, (size_t)BLOCKS << BITS, &mem) || efs_dev_fault(mem, &dev))
		return -1;
	for (i = 0; i < BLOCKS; i++)
		*word(i) = i;
	conf.dev = dev;
	return efsu_bcache_new(&conf, &c);
}

/* Return: references left behind */
static u32 teardown(void)
{
	u32 refs = efsu_bcache_free(c);

	efs_device_close(dev);
	return refs;
}

static void fail(unsigned long rd, unsigned long wr, unsigned long fl, bool sticky)
{
	struct efs_fault_plan plan = { .read = rd, .write = wr, .flush = fl, .sticky = sticky };

	efs_dev_fault_plan(dev, &plan);
}

static int change(u32 blk, u32 val)
{
	struct efs_buf *b;
	int err = efsu_bcache_get(c, blk, false, &b);

	if (err)
		return err;
	*(u32 *)efs_buf_data(b) = val;
	efsu_bcache_dirty(b);
	efs_buf_put(b);
	return 0;
}

static u32 value(u32 blk)
{
	struct efs_buf *b;
	u32 v;

	if (efsu_bcache_get(c, blk, false, &b))
		return ~0u;
	v = *(u32 *)efs_buf_data(b);
	efs_buf_put(b);
	return v;
}

static void test_read(void)
{
	struct efsu_bcache_stat st;
	struct efs_buf *a, *b;

	CHECK_EQ(setup(64), 0);
	CHECK_EQ(efsu_bcache_get(c, 7, false, &a), 0);
	CHECK_EQ(efsu_bcache_get(c, 7, false, &b), 0);
	CHECK(a == b);
	CHECK_EQ(efs_buf_nr(a), 7);
	CHECK_EQ(*(u32 *)efs_buf_data(a), 7);
	CHECK(!efs_buf_verified(a));
	efs_buf_set_verified(a);
	efs_buf_put(a);
	efs_buf_put(b);
	CHECK_EQ(efsu_bcache_get(c, 7, false, &a), 0);
	CHECK(efs_buf_verified(a));
	efs_buf_put(a);
	efs_buf_put(NULL);
	efsu_bcache_stat(c, &st);
	CHECK_EQ(st.reads, 1);
	CHECK_EQ(st.hits, 2);
	CHECK_EQ(efsu_bcache_get(c, BLOCKS - 1, false, &a), 0);
	CHECK_EQ(efsu_bcache_get(c, BLOCKS, false, &b), -EUCLEAN);
	CHECK_EQ(efsu_bcache_get(c, ~0u, true, &b), -EUCLEAN);
	CHECK_EQ(teardown(), 1);	/* block BLOCKS - 1 was not put */
}

static void test_bounded(void)
{
	struct efsu_bcache_stat st;
	u32 i;

	CHECK_EQ(setup(64), 0);
	for (i = 0; i < BLOCKS; i++) {
		CHECK_EQ(value(i), i);
		efsu_bcache_stat(c, &st);
		CHECK(st.buffers <= 64);
	}
	for (i = 0; i < BLOCKS; i++) {
		CHECK_EQ(change(i, ~i), 0);
		efsu_bcache_stat(c, &st);
		CHECK(st.buffers <= 64);
	}
	CHECK_EQ(efsu_bcache_sync(c), 0);
	for (i = 0; i < BLOCKS; i++)
		CHECK_EQ(*word(i), ~i);
	efsu_bcache_stat(c, &st);
	CHECK_EQ(st.dirty, 0);
	CHECK_EQ(st.write_blocks, BLOCKS);
	CHECK(st.writes <= BLOCKS / 32);	/* neighbours were joined */
	CHECK_EQ(teardown(), 0);
}

/* more in use at once than fits: it grows, and shrinks again */
static void test_pinned(void)
{
	struct efsu_bcache_stat st;
	struct efs_buf *v[200];
	u32 i;

	CHECK_EQ(setup(64), 0);
	for (i = 0; i < 200; i++) {
		CHECK_EQ(efsu_bcache_get(c, i, false, &v[i]), 0);
		efsu_bcache_dirty(v[i]);
	}
	efsu_bcache_stat(c, &st);
	CHECK_EQ(st.buffers, 200);
	for (i = 0; i < 200; i++)
		efs_buf_put(v[i]);
	CHECK_EQ(value(1000), 1000);
	efsu_bcache_stat(c, &st);
	CHECK(st.buffers <= 64);
	CHECK_EQ(teardown(), 0);
}

static u64 order_last;
static int order_bad;

static int order_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	(void)ctx;
	(void)off;
	memset(buf, 0, len);
	return 0;
}

static int order_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	(void)ctx;
	(void)buf;
	order_bad += off < order_last;
	order_last = off + len;
	return 0;
}

static void test_order(void)
{
	static const struct efs_device_ops ops = { .read = order_read, .write = order_write };
	struct efsu_bcache_conf conf = {
		.env = &env, .block_bits = BITS, .blocks = BLOCKS, .bytes = 512 << BITS,
	};
	struct efsu_bcache_stat st;
	struct efs_buf *b;
	u32 i;

	CHECK_EQ(efs_device_custom(&ops, NULL, (u64)BLOCKS << BITS, NULL, &dev), 0);
	conf.dev = dev;
	CHECK_EQ(efsu_bcache_new(&conf, &c), 0);
	order_last = 0;
	order_bad = 0;
	for (i = 0; i < 300; i++) {
		CHECK_EQ(efsu_bcache_get(c, i * 1237 % 2048, true, &b), 0);
		efsu_bcache_dirty(b);
		efs_buf_put(b);
	}
	CHECK_EQ(efsu_bcache_sync(c), 0);
	CHECK_EQ(order_bad, 0);
	efsu_bcache_stat(c, &st);
	CHECK_EQ(st.write_blocks, 300);
	CHECK_EQ(efsu_bcache_free(c), 0);
	efs_device_close(dev);
}

static void test_new(void)
{
	struct efs_buf *b;
	u32 i;

	CHECK_EQ(setup(64), 0);
	CHECK_EQ(change(9, 77), 0);
	fail(1, 0, 0, true);
	CHECK_EQ(efsu_bcache_get(c, 9, true, &b), 0);	/* dirty one in the cache */
	CHECK(!efs_buf_verified(b));
	CHECK_EQ(*(u32 *)efs_buf_data(b), 0);
	efs_buf_put(b);
	CHECK_EQ(efsu_bcache_get(c, 10, true, &b), 0);	/* one that is not */
	for (i = 0; i < 1u << BITS; i++)
		CHECK_EQ(((char *)efs_buf_data(b))[i], 0);
	efsu_bcache_dirty(b);
	efs_buf_put(b);
	CHECK_EQ(efsu_bcache_sync(c), 0);
	CHECK_EQ(*word(9), 9);		/* nobody called it dirty */
	CHECK_EQ(*word(10), 0);
	CHECK_EQ(teardown(), 0);
}

static void test_forget(void)
{
	struct efs_buf *a, *b;

	CHECK_EQ(setup(64), 0);
	CHECK_EQ(efsu_bcache_get(c, 5, false, &a), 0);
	efs_buf_ref(a);
	*(u32 *)efs_buf_data(a) = 55;
	efsu_bcache_dirty(a);
	efsu_bcache_forget(a);
	/* a reference is left; what is done with it reaches nobody */
	efsu_bcache_dirty(a);
	CHECK_EQ(efsu_bcache_get(c, 5, false, &b), 0);
	CHECK(a != b);
	CHECK_EQ(*(u32 *)efs_buf_data(b), 5);
	efs_buf_put(b);
	efs_buf_put(a);
	CHECK_EQ(efsu_bcache_sync(c), 0);
	CHECK_EQ(*word(5), 5);

	CHECK_EQ(change(6, 66), 0);
	CHECK_EQ(change(8, 88), 0);
	efsu_bcache_drop(c, 4, 4);
	CHECK_EQ(efsu_bcache_sync(c), 0);
	CHECK_EQ(*word(6), 6);
	CHECK_EQ(*word(8), 88);
	efsu_bcache_forget(NULL);
	CHECK_EQ(teardown(), 0);
}

static void test_ahead(void)
{
	struct efsu_bcache_stat st;
	u32 i;

	CHECK_EQ(setup(256), 0);
	CHECK_EQ(change(20, 2020), 0);
	efsu_bcache_ahead(c, 10, 32);
	efsu_bcache_stat(c, &st);
	CHECK_EQ(st.reads, 3);		/* block 20, before it, after it */
	for (i = 10; i < 42; i++)
		CHECK_EQ(value(i), i == 20 ? 2020 : i);
	efsu_bcache_stat(c, &st);
	CHECK_EQ(st.reads, 3);
	efsu_bcache_ahead(c, BLOCKS - 2, 100);
	efsu_bcache_ahead(c, BLOCKS, 100);
	efsu_bcache_stat(c, &st);
	CHECK_EQ(st.reads, 4);
	fail(1, 0, 0, true);
	efsu_bcache_ahead(c, 100, 8);
	CHECK_EQ(io_errors, 1);
	fail(0, 0, 0, false);
	CHECK_EQ(value(100), 100);
	CHECK_EQ(teardown(), 0);
}

static void test_read_error(void)
{
	struct efs_buf *b;

	CHECK_EQ(setup(64), 0);
	fail(2, 0, 0, false);
	CHECK_EQ(efsu_bcache_get(c, 1, false, &b), 0);
	efs_buf_put(b);
	CHECK_EQ(efsu_bcache_get(c, 2, false, &b), -EIO);
	CHECK_EQ(efsu_bcache_get(c, 2, false, &b), 0);	/* tried again */
	efs_buf_put(b);
	CHECK_EQ(io_errors, 1);
	CHECK_EQ(teardown(), 0);
}

static void test_write_error(void)
{
	struct efs_buf *b;
	u32 i;

	CHECK_EQ(setup(64), 0);
	fail(0, 1, 0, true);
	CHECK_EQ(change(3, 33), 0);
	CHECK_EQ(efsu_bcache_get(c, 3, false, &b), 0);
	CHECK_EQ(efsu_bcache_write(b), -EIO);
	CHECK_EQ(efsu_bcache_sync(c), -EIO);
	CHECK_EQ(*word(3), 3);
	fail(0, 0, 0, false);
	/* now it would work, but an error had been waiting */
	CHECK_EQ(efsu_bcache_write(b), -EIO);
	CHECK_EQ(*word(3), 33);
	CHECK_EQ(efsu_bcache_sync(c), -EIO);
	CHECK_EQ(efsu_bcache_sync(c), 0);
	CHECK_EQ(efsu_bcache_write(b), 0);
	efs_buf_put(b);

	/* an error during eviction is not forgotten either */
	fail(0, 1, 0, false);
	for (i = 0; i < 200; i++)
		CHECK_EQ(change(3 * i, i + 1000), 0);
	CHECK_EQ(efsu_bcache_sync(c), -EIO);
	for (i = 0; i < 200; i++)
		CHECK_EQ(*word(3 * i), i + 1000);
	CHECK_EQ(efsu_bcache_sync(c), 0);

	/* but one of a forgotten block is of no interest */
	fail(0, 1, 0, false);
	CHECK_EQ(change(3, 34), 0);
	CHECK_EQ(efsu_bcache_get(c, 3, false, &b), 0);
	CHECK_EQ(efsu_bcache_write(b), -EIO);
	efsu_bcache_forget(b);
	CHECK_EQ(efsu_bcache_sync(c), 0);

	fail(0, 0, 1, false);
	CHECK_EQ(efsu_bcache_sync(c), -EIO);
	CHECK_EQ(efsu_bcache_sync(c), 0);
	CHECK_EQ(teardown(), 0);
}

/* the device takes nothing: the cache does not grow without end, and what it has stays */
static void test_dead_device(void)
{
	struct efsu_bcache_stat st;
	struct efs_buf *b;
	int err = 0;
	u32 i;

	CHECK_EQ(setup(64), 0);
	fail(0, 1, 0, true);
	for (i = 0; !err && i < 1000; i++)
		err = change(i, ~i);
	CHECK_EQ(err, -EIO);
	efsu_bcache_stat(c, &st);
	CHECK(st.buffers <= 64);
	CHECK_EQ(efsu_bcache_get(c, 0, false, &b), 0);
	CHECK_EQ(*(u32 *)efs_buf_data(b), ~0u);
	efs_buf_put(b);
	fail(0, 0, 0, false);
	CHECK_EQ(efsu_bcache_sync(c), -EIO);
	for (i = 0; i < 64; i++)
		CHECK_EQ(*word(i), ~i);
	CHECK_EQ(teardown(), 0);
}

#define THREADS	4
#define ROUNDS	3000

static u64 changes;

static void *hammer(void *arg)
{
	u32 id = (u32)(uintptr_t)arg, x = id * 2654435761u + 1, i;
	struct efs_buf *b;

	for (i = 0; i < ROUNDS; i++) {
		u32 blk;

		x = x * 1664525 + 1013904223;
		blk = (x >> 8) % 512;
		switch ((x >> 24) % 8) {
		case 0:
			efsu_bcache_ahead(c, blk, 16);
			break;
		case 1:
			if (i % 64 == 0)
				efsu_bcache_sync(c);
			break;
		case 2:		/* private blocks come and go */
			blk = 1024 + id * 64 + blk % 64;
			if (efsu_bcache_get(c, blk, true, &b))
				return "get";
			efs_buf_lock(b);
			*(u32 *)efs_buf_data(b) = blk;
			efs_buf_unlock(b);
			efsu_bcache_dirty(b);
			if (i & 1)
				efsu_bcache_forget(b);
			else
				efs_buf_put(b);
			break;
		case 3:
			efsu_bcache_drop(c, 1024 + id * 64, 64);
			break;
		default:	/* shared counters */
			if (efsu_bcache_get(c, blk, false, &b))
				return "get";
			efs_buf_lock(b);
			((u32 *)efs_buf_data(b))[1 + id]++;
			efs_buf_unlock(b);
			efsu_bcache_dirty(b);
			if (i % 32 == 0 && efsu_bcache_write(b))
				return "write";
			efs_buf_put(b);
			__atomic_add_fetch(&changes, 1, __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t t[THREADS];
	struct efsu_bcache_stat st;
	u64 sum = 0;
	u32 i, j;

	CHECK_EQ(setup(64), 0);
	changes = 0;
	for (i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, hammer, (void *)(uintptr_t)i), 0);
	for (i = 0; i < THREADS; i++) {
		void *what;

		pthread_join(t[i], &what);
		CHECK(!what);
	}
	CHECK_EQ(efsu_bcache_sync(c), 0);
	for (i = 0; i < 512; i++) {
		CHECK_EQ(*word(i), i);
		for (j = 0; j < THREADS; j++)
			sum += word(i)[1 + j];
	}
	CHECK_EQ(sum, changes);	/* no change was lost */
	efsu_bcache_stat(c, &st);
	CHECK(st.buffers <= 64 + THREADS * 16);
	CHECK_EQ(teardown(), 0);
}

static void test_big_blocks(void)
{
	struct efsu_bcache_conf conf = {
		.env = &env, .block_bits = 16, .blocks = 64, .bytes = 1,
	};
	struct efs_device *bd;
	struct efs_buf *b;
	u32 i;

	CHECK_EQ(efs_device_memory(NULL, 64 << 16, &bd), 0);
	conf.dev = bd;
	CHECK_EQ(efsu_bcache_new(&conf, &c), 0);
	efsu_bcache_ahead(c, 0, 64);
	for (i = 0; i < 64; i++) {
		CHECK_EQ(efsu_bcache_get(c, i, false, &b), 0);
		memset(efs_buf_data(b), (int)i, 65536);
		efsu_bcache_dirty(b);
		efs_buf_put(b);
	}
	CHECK_EQ(efsu_bcache_sync(c), 0);
	for (i = 0; i < 64 << 16; i++)
		CHECK_EQ(((u8 *)efs_dev_memory_bytes(bd))[i], i >> 16);
	CHECK_EQ(efsu_bcache_free(c), 0);
	efs_device_close(bd);
}

static void test_file(void)
{
	char path[] = "/tmp/efsu-bdev-XXXXXX", buf[512];
	struct efs_device *bd;
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, 4096), 0);
	close(fd);
	CHECK_EQ(efs_device_open(path, 0, &bd), 0);
	CHECK_EQ(efs_device_size(bd), 4096);
	CHECK_EQ(efs_device_write(bd, 3584, "end", 4), 0);
	CHECK_EQ(efs_device_read(bd, 3584, buf, 512), 0);
	CHECK_EQ(strcmp(buf, "end"), 0);
	CHECK_EQ(efs_device_read(bd, 3585, buf, 512), -EIO);
	CHECK_EQ(efs_device_write(bd, 4096, buf, 1), -EIO);
	CHECK_EQ(efs_device_read(bd, ~0ull, buf, 2), -EIO);
	CHECK_EQ(efs_device_flush(bd), 0);
	efs_device_close(bd);
	CHECK_EQ(efs_device_open(path, EFS_DEVICE_RDONLY, &bd), 0);
	CHECK_EQ(efs_device_write(bd, 0, buf, 1), -EROFS);
	CHECK_EQ(efs_device_flush(bd), 0);
	efs_device_close(bd);
	unlink(path);
	CHECK_EQ(efs_device_open(path, EFS_DEVICE_RDONLY, &bd), -ENOENT);
	CHECK_EQ(efs_device_open("/tmp", EFS_DEVICE_RDONLY, &bd), -EISDIR);
	CHECK_EQ(efs_device_open("/dev/null", EFS_DEVICE_RDONLY, &bd), -EINVAL);
}

int main(void)
{
	static const struct ktap_case cases[] = {
		{ "read, hit, verified, range", test_read },
		{ "memory is bounded, neighbours are joined", test_bounded },
		{ "more referenced than fit", test_pinned },
		{ "write-out in block order", test_order },
		{ "new blocks", test_new },
		{ "forgotten and dropped blocks are never written", test_forget },
		{ "read-ahead", test_ahead },
		{ "read errors", test_read_error },
		{ "write errors are remembered", test_write_error },
		{ "a device that refuses all writes", test_dead_device },
		{ "threads", test_threads },
		{ "blocks of 64 KiB", test_big_blocks },
		{ "file device", test_file },
	};

	efs_env_fill(&env, NULL);
	return ktap_run(cases, ARRAY_SIZE(cases));
}
