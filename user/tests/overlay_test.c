// SPDX-License-Identifier: GPL-2.0
/*
 * Overlays: what is written stays in memory until it is committed.
 */
#include <unistd.h>

#include "dev_test.h"

#define CHUNK	4096u

/* ---- a device below that counts, and can be very large: zeros but for what is written ---- */

struct below {
	int reads, writes, flushes;
	uint64_t last;		/* end of the last write */
	int backwards;
	unsigned char *bytes;
	size_t size;
};

static struct below below;

static int below_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	struct below *b = ctx;

	__atomic_add_fetch(&b->reads, 1, __ATOMIC_RELAXED);
	if (off + len <= b->size)
		memcpy(buf, b->bytes + off, len);
	else
		memset(buf, 0, len);
	return 0;
}

static int below_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	struct below *b = ctx;

	b->writes++;
	b->backwards += off < b->last;
	b->last = off + len;
	if (off + len <= b->size)
		memcpy(b->bytes + off, buf, len);
	return 0;
}

static int below_flush(void *ctx)
{
	struct below *b = ctx;

	b->flushes++;
	b->last = 0;
	return 0;
}

static const struct efs_device_ops below_ops = {
	.read = below_read, .write = below_write, .flush = below_flush,
};

/* @bytes: of the first @have ones, or NULL */
static struct efs_device *over(uint64_t size, void *bytes, size_t have, uint64_t limit,
			       const struct efs_env *env)
{
	struct efs_device *under, *dev;

	below = (struct below){ .bytes = bytes, .size = have };
	if (efs_device_custom(&below_ops, &below, size, env, &under))
		return NULL;
	if (!efs_device_overlay(under, limit, &dev))
		return dev;
	efs_device_close(under);
	return NULL;
}

/* ---- memory that runs out ---- */

struct meter {
	long left;	/* allocations until one fails; negative: none does */
	long live;
};

static void *meter_alloc(void *ctx, size_t size, size_t align)
{
	struct meter *m = ctx;
	void *p;

	(void)align;
	if (!m->left)
		return NULL;
	m->left--;
	p = malloc(size);
	m->live += !!p;
	return p;
}

static void meter_free(void *ctx, void *p, size_t size)
{
	(void)size;
	((struct meter *)ctx)->live--;
	free(p);
}

/* ---- tests ---- */

#define MODEL_SIZE	300001u

static unsigned char base[MODEL_SIZE], want[MODEL_SIZE], was[MODEL_SIZE];

static void test_model(void)
{
	struct model m = { .bytes = want, .size = MODEL_SIZE, .rnd = 5 };
	int i;

	fill(&m.rnd, base, MODEL_SIZE);
	memcpy(want, base, MODEL_SIZE);
	memcpy(was, base, MODEL_SIZE);
	m.dev = over(MODEL_SIZE, base, MODEL_SIZE, 0, NULL);
	CHECK(m.dev);
	for (i = 0; i < 4000; i++) {
		if (i % 1000 == 999) {
			CHECK_EQ(model_same(&m), 0);
			CHECK(!memcmp(base, was, MODEL_SIZE));
			CHECK_EQ(efs_device_overlay_commit(m.dev), 0);
			CHECK(!memcmp(base, want, MODEL_SIZE));
			memcpy(was, want, MODEL_SIZE);
			CHECK_EQ(model_same(&m), 0);
		}
		CHECK_EQ(model_step(&m, i % 1000 < 100 || rnd(&m.rnd, 3) == 0), 0);
	}
	CHECK_EQ(efs_device_flush(m.dev), 0);
	CHECK(!memcmp(base, was, MODEL_SIZE));
	efs_device_close(m.dev);
}

/* the order and the size of what a commit writes */
static void test_commit(void)
{
	struct efs_device *dev = over(MODEL_SIZE, base, MODEL_SIZE, 0, NULL);
	uint32_t r = 3;
	unsigned int i;

	memset(base, 0, MODEL_SIZE);
	CHECK_EQ(efs_device_overlay_commit(dev), 0);
	CHECK(below.writes == 0 && below.flushes == 1);
	/* each chunk, in no order */
	for (i = 0; i <= MODEL_SIZE / CHUNK; i++) {
		uint64_t nr = (i * 31) % (MODEL_SIZE / CHUNK + 1);
		unsigned char c = (unsigned char)nr;

		CHECK_EQ(efs_device_write(dev, nr * CHUNK + (nr == MODEL_SIZE / CHUNK ? 0 :
					  rnd(&r, CHUNK)), &c, 1), 0);
	}
	CHECK_EQ(efs_device_overlay_commit(dev), 0);
	CHECK_EQ(below.backwards, 0);
	CHECK_EQ(below.flushes, 2);
	CHECK_EQ(below.writes, (MODEL_SIZE / CHUNK + 1 + 15) / 16);
	/* it is all given back: nothing is written, and reads go below */
	CHECK_EQ(efs_device_overlay_commit(dev), 0);
	CHECK_EQ(below.writes, (MODEL_SIZE / CHUNK + 1 + 15) / 16);
	below.reads = 0;
	CHECK_EQ(efs_device_read(dev, 0, want, MODEL_SIZE), 0);
	CHECK_EQ(below.reads, 1);
	CHECK(!memcmp(want, base, MODEL_SIZE));
	efs_device_close(dev);
	CHECK_EQ(efs_device_memory(NULL, 10, &dev), 0);
	CHECK_EQ(efs_device_overlay_commit(dev), -EINVAL);
	efs_device_close(dev);
}

/* below, the n-th write fails, or the flush: all is there still, and goes with the next commit */
static void test_commit_fails(void)
{
	struct efs_device *under, *dev;
	struct efs_fault_count count;
	unsigned long n;
	unsigned int i;

	for (n = 0; n < 12; n++) {
		struct efs_fault_plan plan = { .write = n, .flush = n == 0, .error = -ENXIO };

		memset(base, 0, MODEL_SIZE);
		memset(want, 0, MODEL_SIZE);
		CHECK_EQ(efs_device_memory(base, MODEL_SIZE, &dev), 0);
		CHECK_EQ(efs_dev_fault(dev, &under), 0);
		CHECK_EQ(efs_device_overlay(under, 0, &dev), 0);
		for (i = 0; i < 10; i++) {
			unsigned int off = i * 30000 + 77;

			memset(want + off, (int)i + 1, 9000);
			CHECK_EQ(efs_device_write(dev, off, want + off, 9000), 0);
		}
		efs_dev_fault_plan(under, &plan);
		CHECK_EQ(efs_device_overlay_commit(dev), n > 10 ? 0 : -ENXIO);
		CHECK_EQ(efs_device_read(dev, 0, was, MODEL_SIZE), 0);
		CHECK(!memcmp(was, want, MODEL_SIZE));
		/* once more, with something new where the first commit had been */
		memset(want + 100, 99, 10);
		CHECK_EQ(efs_device_write(dev, 100, want + 100, 10), 0);
		efs_dev_fault_plan(under, NULL);
		CHECK_EQ(efs_device_overlay_commit(dev), 0);
		CHECK(!memcmp(base, want, MODEL_SIZE));
		efs_dev_fault_count(under, &count);
		CHECK_EQ(count.writes, n > 10 ? 1 : 10);
		/* filling up a chunk, reading fails: nothing is changed */
		plan = (struct efs_fault_plan){ .read = 1 };
		efs_dev_fault_plan(under, &plan);
		CHECK_EQ(efs_device_write(dev, 5, "x", 1), -EIO);
		CHECK_EQ(efs_device_read(dev, 5, was, 1), 0);
		CHECK_EQ(was[0], 0);
		CHECK_EQ(efs_device_write(dev, 0, want, CHUNK), 0);
		efs_device_close(dev);
	}
}

static void test_limit(void)
{
	static unsigned char data[64 * CHUNK];
	struct meter meter = { .left = -1 };
	struct efs_env env = { .alloc = meter_alloc, .free = meter_free, .ctx = &meter };
	struct efs_device *dev;
	int n, again;

	memset(base, 0, MODEL_SIZE);
	dev = over(MODEL_SIZE, base, MODEL_SIZE, 20000, &env);
	CHECK(dev);
	for (n = 0; !efs_device_write(dev, (uint64_t)n * CHUNK, "y", 1); n++)
		;
	/* four chunks, and what leads to them */
	CHECK_EQ(n, 4);
	CHECK_EQ(efs_device_write(dev, (uint64_t)n * CHUNK, "y", 1), -ENOSPC);
	CHECK_EQ(efs_device_write(dev, CHUNK + 1, "zz", 2), 0);
	CHECK_EQ(efs_device_read(dev, CHUNK, was, 3), 0);
	CHECK(!memcmp(was, "yzz", 3));
	CHECK_EQ(efs_device_overlay_commit(dev), 0);
	CHECK(!memcmp(base + CHUNK, "yzz", 3));
	for (again = 0; !efs_device_write(dev, (50ull + again) * CHUNK, data, CHUNK); again++)
		;
	CHECK_EQ(again, 4);
	efs_device_close(dev);
	CHECK_EQ(meter.live, 0);
	dev = over(MODEL_SIZE, base, MODEL_SIZE, 1, &env);
	CHECK_EQ(efs_device_write(dev, 0, "y", 1), -ENOSPC);
	efs_device_close(dev);
	CHECK_EQ(meter.live, 0);
}

/* each allocation in turn fails: -ENOMEM, and nothing is lost or changed */
static void test_memory(void)
{
	struct meter meter = { .left = -1 };
	struct efs_env env = { .alloc = meter_alloc, .free = meter_free, .ctx = &meter };
	long n, live;
	int err = -ENOMEM;

	memset(base, 0, MODEL_SIZE);
	for (n = 0; err; n++) {
		struct model m = { .bytes = want, .size = MODEL_SIZE };

		memset(base, 7, MODEL_SIZE);
		memset(want, 7, MODEL_SIZE);
		meter.left = n < 2 ? n : -1;
		m.dev = over(MODEL_SIZE, base, MODEL_SIZE, 0, &env);
		if (n < 2) {
			CHECK(!m.dev);
			CHECK_EQ(meter.live, 0);
			continue;
		}
		CHECK(m.dev);
		CHECK_EQ(efs_device_write(m.dev, 200000, "abc", 3), 0);
		memcpy(want + 200000, "abc", 3);
		live = meter.live;
		meter.left = n - 2;
		err = efs_device_write(m.dev, 100000, "def", 3);
		if (!err) {
			memcpy(want + 100000, "def", 3);
			err = efs_device_overlay_commit(m.dev);
		} else {
			CHECK(meter.live >= live);
		}
		if (err)
			CHECK_EQ(err, -ENOMEM);
		CHECK_EQ(model_same(&m), 0);
		meter.left = -1;
		CHECK_EQ(efs_device_overlay_commit(m.dev), 0);
		CHECK(!memcmp(base, want, MODEL_SIZE));
		CHECK_EQ(meter.live, 2);
		efs_device_close(m.dev);
		CHECK_EQ(meter.live, 0);
	}
	CHECK(n > 3);
}

/* places all over a device of 2^64 - 1 bytes */
static void test_huge(void)
{
	static const uint64_t places[] = {
		0, 1, CHUNK - 1, (uint64_t)1 << 18, ((uint64_t)1 << 30) - 1, (uint64_t)1 << 40,
		((uint64_t)1 << 63) - 3, (uint64_t)1 << 63, UINT64_MAX - 3,
	};
	struct efs_device *dev = over(UINT64_MAX, NULL, 0, 0, NULL);
	char buf[5] = "";
	int i;

	CHECK(dev);
	for (i = COUNT(places); i--;)
		CHECK_EQ(efs_device_write(dev, places[i], "abc", i ? 3 : 1), 0);
	CHECK_EQ(below.writes, 0);
	for (i = 2; i < COUNT(places); i++) {
		CHECK_EQ(efs_device_read(dev, places[i], buf, 3), 0);
		CHECK(!memcmp(buf, "abc", 3));
	}
	CHECK_EQ(efs_device_read(dev, UINT64_MAX - 5, buf, 5), 0);
	CHECK(!memcmp(buf, "\0\0abc", 5));
	CHECK_EQ(efs_device_read(dev, (uint64_t)1 << 50, buf, 3), 0);
	CHECK(!memcmp(buf, "\0\0\0", 3));
	CHECK_EQ(efs_device_overlay_commit(dev), 0);
	CHECK_EQ(below.backwards, 0);
	CHECK_EQ(below.writes, 6);	/* neighbours go together */
	CHECK_EQ(below.last, 0);
	efs_device_close(dev);
	/* and small ones */
	for (i = 0; i < 3; i++) {
		static const size_t sizes[] = { 0, 1, CHUNK };

		dev = over(sizes[i], base, sizes[i], 0, NULL);
		CHECK_EQ(efs_device_write(dev, 0, "q", 1), sizes[i] ? 0 : -EIO);
		CHECK_EQ(efs_device_overlay_commit(dev), 0);
		CHECK(!sizes[i] || base[0] == 'q');
		efs_device_close(dev);
	}
}

/* ---- what happens while a request is under way below, where no lock is held ---- */

static struct efs_device *hooked;
static void (*on_read)(void), (*on_write)(void);
static int hook_err;

/* once */
static void run_hook(void (**hook)(void))
{
	void (*run)(void) = *hook;

	*hook = NULL;
	if (run)
		run();
}

static int hook_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	(void)ctx;
	memcpy(buf, base + off, len);
	run_hook(&on_read);
	return 0;
}

static int hook_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	(void)ctx;
	run_hook(&on_write);
	memcpy(base + off, buf, len);
	return 0;
}

static bool begin_hooked(void)
{
	static const struct efs_device_ops ops = { .read = hook_read, .write = hook_write };
	struct efs_device *under;

	memset(base, 0, MODEL_SIZE);
	hook_err = 0;
	return !efs_device_custom(&ops, NULL, 2 * CHUNK, NULL, &under) &&
	       !efs_device_overlay(under, 0, &hooked);
}

static void write_two(void)
{
	hook_err |= efs_device_write(hooked, 2, "two", 3);
}

static void write_two_and_commit(void)
{
	write_two();
	hook_err |= efs_device_overlay_commit(hooked);
}

static void *commit_thread(void *arg)
{
	(void)arg;
	return efs_device_overlay_commit(hooked) ? NULL : hooked;
}

static pthread_t second;

/* a commit that begins now has to wait for the one under way: time to show that it does not */
static void write_two_and_commit_beside(void)
{
	write_two();
	hook_err |= pthread_create(&second, NULL, commit_thread, NULL);
	usleep(30000);
}

static void test_meanwhile(void)
{
	static void (*const hooks[])(void) = { write_two, write_two_and_commit };
	char got[6];
	void *ok;
	int i;

	/* a chunk is filled up from below, and another one comes in between, and goes again */
	for (i = 0; i < COUNT(hooks); i++) {
		CHECK(begin_hooked());
		on_read = hooks[i];
		CHECK_EQ(efs_device_write(hooked, 5, "x", 1), 0);
		CHECK_EQ(hook_err, 0);
		CHECK_EQ(efs_device_read(hooked, 0, got, 6), 0);
		CHECK(!memcmp(got, "\0\0twox", 6));
		CHECK_EQ(efs_device_overlay_commit(hooked), 0);
		CHECK(!memcmp(base, "\0\0twox", 6));
		efs_device_close(hooked);
	}
	/* a chunk is changed while it is committed: it stays */
	CHECK(begin_hooked());
	CHECK_EQ(efs_device_write(hooked, 0, "oneone", 6), 0);
	on_write = write_two;
	CHECK_EQ(efs_device_overlay_commit(hooked), 0);
	CHECK(!memcmp(base, "oneone", 6));
	CHECK_EQ(efs_device_read(hooked, 0, got, 6), 0);
	CHECK(!memcmp(got, "ontwoe", 6));
	/* and so it does while another commit begins */
	on_write = write_two_and_commit_beside;
	CHECK_EQ(efs_device_write(hooked, 0, "six", 3), 0);
	CHECK_EQ(efs_device_overlay_commit(hooked), 0);
	CHECK_EQ(pthread_join(second, &ok), 0);
	CHECK(ok && !hook_err);
	CHECK(!memcmp(base, "sitwoe", 6));
	efs_device_close(hooked);
}

/* ---- threads ---- */

#define THREADS	3
#define STRIPE	64u
#define SPAN	(64u * CHUNK)

struct worker {
	struct efs_device *dev;
	unsigned int me;
	int err;
	bool stop;
};

/* every third stripe is mine: written again and again, and never anything else in it */
static void *stripes(void *arg)
{
	struct worker *w = arg;
	unsigned char buf[STRIPE], got[STRIPE];
	uint32_t r = w->me;
	unsigned int i;

	for (i = 0; i < 4000 && !w->err; i++) {
		uint64_t nr = rnd(&r, SPAN / STRIPE / THREADS) * THREADS + w->me;

		memset(buf, (int)rnd(&r, 256), sizeof(buf));
		w->err = efs_device_write(w->dev, nr * STRIPE, buf, sizeof(buf));
		if (!w->err)
			w->err = efs_device_read(w->dev, nr * STRIPE, got, sizeof(got));
		if (!w->err && memcmp(buf, got, sizeof(got)))
			w->err = -EILSEQ;
		memcpy(want + nr * STRIPE, buf, sizeof(buf));
	}
	return NULL;
}

static void *committer(void *arg)
{
	struct worker *w = arg;

	while (!w->err && !__atomic_load_n(&w->stop, __ATOMIC_RELAXED))
		w->err = efs_device_overlay_commit(w->dev);
	return NULL;
}

static int locked_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	pthread_mutex_lock(ctx);
	memcpy(buf, base + off, len);
	pthread_mutex_unlock(ctx);
	return 0;
}

static int locked_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	pthread_mutex_lock(ctx);
	memcpy(base + off, buf, len);
	pthread_mutex_unlock(ctx);
	return 0;
}

static void test_threads(void)
{
	static const struct efs_device_ops ops = { .read = locked_read, .write = locked_write };
	pthread_mutex_t lock;
	struct worker w[THREADS + 2];
	pthread_t t[THREADS + 2];
	struct efs_device *under, *dev;
	unsigned int i;

	memset(base, 0, MODEL_SIZE);
	memset(want, 0, MODEL_SIZE);
	CHECK_EQ(pthread_mutex_init(&lock, NULL), 0);
	CHECK_EQ(efs_device_custom(&ops, &lock, SPAN, NULL, &under), 0);
	CHECK_EQ(efs_device_overlay(under, 0, &dev), 0);
	for (i = 0; i < THREADS + 2; i++) {
		w[i] = (struct worker){ .dev = dev, .me = i };
		CHECK_EQ(pthread_create(&t[i], NULL, i < THREADS ? stripes : committer, &w[i]), 0);
	}
	for (i = 0; i < THREADS + 2; i++) {
		__atomic_store_n(&w[i].stop, i >= THREADS, __ATOMIC_RELAXED);
		pthread_join(t[i], NULL);
		CHECK_EQ(w[i].err, 0);
	}
	CHECK_EQ(efs_device_read(dev, 0, was, SPAN), 0);
	CHECK(!memcmp(was, want, SPAN));
	CHECK_EQ(efs_device_overlay_commit(dev), 0);
	CHECK(!memcmp(base, want, SPAN));
	efs_device_close(dev);
}

int main(void)
{
	static const struct ktap_case cases[] = {
		{ "random requests against a model", test_model },
		{ "commit: order, size of requests", test_commit },
		{ "commit: what fails below", test_commit_fails },
		{ "limit", test_limit },
		{ "memory runs out", test_memory },
		{ "devices of any size", test_huge },
		{ "changes while a request is under way", test_meanwhile },
		{ "threads", test_threads },
	};

	return ktap_run(cases, COUNT(cases));
}
