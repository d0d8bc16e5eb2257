// SPDX-License-Identifier: GPL-2.0
/*
 * The memory port: the out-of-line half of core/port.h over memory, with checks.
 *
 * Invariants: a block (struct efs_test_blk) with a buffer keeps its contents there;
 * without one, dirty contents are in @kept and clean ones are nowhere but on the
 * device. @owner is who first dirtied the block since it was made new: the contract
 * gives a block one owner.
 *
 * Locks: a guard for each stretch of the hash table, one for logs and memory. What the
 * core may not call under a lock it holds is checked at the head of each function
 * (checks.c).
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "mem_port.h"

#define HASH_BITS	14
#define NO_OWNER	0xffffffffu	/* never dirtied; 0 is "no inode" */

struct efs_test_blk {
	struct efs_test_blk *next;
	u32 nr;
	u32 owner;
	u8 *durable;
	u8 *kept;
	struct efs_buf *buf;
	bool dirty, verified, bad;
};

/* before each piece of efs_alloc() memory */
struct alloc {
	struct alloc *next, *prev;
	struct efs_test_dev *dev;
	u64 magic;
};

#define ALLOC_MAGIC 0xefa110cefa110cull

static_assert(sizeof(struct alloc) % 16 == 0 || sizeof(void *) == 4);

/* the device of the running case, for what the port tells no device of */
static struct efs_test_dev *current_dev;

struct efs_test_nosb efs_test_nosb = { .now = 1700000000, .now_nsec = 123456789 };

void *efs_test_zalloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		abort();
	return p;
}

void efs_test_mfree(void *p)
{
	free(p);
}

/* ---- faults and log ---- */

static bool counts_down(u32 *fail, u32 *calls)
{
	u32 n = efs_test_load(fail);

	efs_test_add(calls, 1);
	while (n && n != EFS_TEST_ALWAYS)
		if (__atomic_compare_exchange_n(fail, &n, n - 1, true, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return n == 1;
	return n;
}

static bool fails(struct efs_test_dev *dev, enum efs_test_fault what)
{
	bool hit = counts_down(&dev->fail[what], &dev->calls[what]);

	if (hit && dev->stays)
		efs_test_put(&dev->fail[what], EFS_TEST_ALWAYS);
	efs_test_add(&dev->failures, hit);
	return hit;
}

bool efs_interrupted(void)
{
	return current_dev && current_dev->signal && !--current_dev->signal;
}

static void event(struct efs_test_dev *dev, enum efs_test_event_type type, u32 blk, u32 len,
		  u32 ino, const u8 *data)
{
	struct efs_test_event *e;

	if (dev->on_event) {
		const struct efs_test_event now = {
			.type = type, .blk = blk, .len = len, .ino = ino, .data = (u8 *)data,
		};

		dev->on_event(dev, &now);
	}
	if (!dev->logging)
		return;
	efs_test_guard(&dev->guard);
	if (dev->log_len == dev->log_room) {
		u32 room = dev->log_room ? dev->log_room * 2 : 256;
		struct efs_test_event *log = efs_test_zalloc(room * sizeof(*log));

		if (dev->log_len)
			memcpy(log, dev->log, dev->log_len * sizeof(*log));
		efs_test_mfree(dev->log);
		dev->log = log;
		dev->log_room = room;
	}
	e = &dev->log[dev->log_len++];
	*e = (struct efs_test_event){ .type = type, .blk = blk, .len = len, .ino = ino };
	if (data && dev->log_data) {
		e->data = efs_test_zalloc(dev->block_size);
		memcpy(e->data, data, dev->block_size);
	}
	efs_test_unguard(&dev->guard);
}

void efs_test_log_stop(struct efs_test_dev *dev)
{
	u32 i;

	for (i = 0; i < dev->log_len; i++)
		efs_test_mfree(dev->log[i].data);
	efs_test_mfree(dev->log);
	dev->log = NULL;
	dev->log_len = 0;
	dev->log_room = 0;
	dev->logging = false;
}

void efs_test_log_start(struct efs_test_dev *dev, bool data)
{
	efs_test_log_stop(dev);
	dev->logging = true;
	dev->log_data = data;
}

bool efs_test_ordered(const struct efs_test_dev *dev, u32 a, u32 b)
{
	bool changed = false, safe = false;
	u32 i;

	for (i = 0; i < dev->log_len; i++) {
		const struct efs_test_event *e = &dev->log[i];

		if (e->type == EFS_TEST_EV_DIRTY && e->blk == b)
			return changed && safe;
		if (e->blk != a)
			continue;
		if (e->type == EFS_TEST_EV_DIRTY) {
			changed = true;
			safe = false;
		} else if (e->type == EFS_TEST_EV_ORDER) {
			safe = true;
		}
	}
	return false;
}

/* ---- device ---- */

static u32 hash_of(u32 nr)
{
	return (nr * 2654435761u) >> (32 - HASH_BITS);
}

/* what keeps a block and its buffer: taken before slot(), blk_get() and the like */
static struct efs_test_guard *guard_of(struct efs_test_dev *dev, u32 nr)
{
	return &dev->hash_guard[hash_of(nr) % EFS_TEST_HASH_GUARDS];
}

/* blocks are never removed, so a block found stays */
static struct efs_test_blk **slot(struct efs_test_dev *dev, u32 nr)
{
	struct efs_test_blk **p = &dev->hash[hash_of(nr)];

	while (*p && (*p)->nr != nr)
		p = &(*p)->next;
	return p;
}

static struct efs_test_blk *blk_get(struct efs_test_dev *dev, u32 nr)
{
	struct efs_test_blk **p = slot(dev, nr), *tb = *p;

	if (!tb) {
		tb = efs_test_zalloc(sizeof(*tb));
		tb->nr = nr;
		tb->owner = NO_OWNER;
		/* efs_test_flush() looks for empty chains without their guards */
		__atomic_store_n(p, tb, __ATOMIC_RELEASE);
	}
	return tb;
}

/* what the device holds */
static void blk_contents(struct efs_test_dev *dev, u32 nr, u8 *data)
{
	struct efs_test_blk *tb = *slot(dev, nr);

	if (tb && tb->durable) {
		memcpy(data, tb->durable, dev->block_size);
		return;
	}
	memset(data, 0, dev->block_size);
	if (dev->fill)
		dev->fill(dev, nr, data);
}

static void blk_write(struct efs_test_dev *dev, u32 nr, const u8 *data)
{
	struct efs_test_blk *tb = blk_get(dev, nr);

	if (!tb->durable)
		tb->durable = efs_test_zalloc(dev->block_size);
	memcpy(tb->durable, data, dev->block_size);
}

struct efs_test_dev *efs_test_dev_new(struct kunit *test, u32 block_size, u64 bytes)
{
	struct efs_test_dev *dev = efs_test_zalloc(sizeof(*dev));

	efs_test_current(test);
	current_dev = dev;
	dev->test = test;
	dev->block_size = block_size;
	dev->block_bits = efs_ctz64(block_size);
	dev->bytes = bytes;
	dev->blocks = min_t(u64, bytes >> dev->block_bits, 0xffffffff);
	dev->now = 1700000000;
	dev->now_nsec = 123456789;
	dev->rand = 0x2545f491;
	dev->hash = efs_test_zalloc(sizeof(dev->hash[0]) << HASH_BITS);
	return dev;
}

void efs_test_dev_check(struct efs_test_dev *dev)
{
	struct kunit *test = dev->test;
	u32 i;

	for (i = 0; i < 1u << HASH_BITS; i++) {
		struct efs_test_blk *tb;

		for (tb = dev->hash[i]; tb; tb = tb->next)
			if (tb->buf)
				KUNIT_EXPECT_EQ_MSG(test, tb->buf->refs, 0, "block %u leaked",
						    tb->nr);
	}
	KUNIT_EXPECT_EQ_MSG(test, dev->live_bufs, 0, "buffers leaked");
	KUNIT_EXPECT_EQ_MSG(test, dev->live_allocs, 0, "efs_alloc() memory leaked");
	KUNIT_EXPECT_EQ_MSG(test, dev->live_ctrs, 0, "counters leaked");
	KUNIT_EXPECT_EQ_MSG(test, efs_test_locks_held(), 0, "locks held");
	for (i = 0; i < min_t(u32, dev->report_count, EFS_TEST_REPORTS); i++)
		KUNIT_FAIL(test, "unexpected report %s ino %u blk %u off %u",
			   efs_code_name(dev->reports[i].code), dev->reports[i].ino,
			   dev->reports[i].blk, dev->reports[i].off);
}

static void buf_free(struct efs_test_dev *dev, struct efs_buf *b)
{
	efs_test_add(&dev->live_bufs, -1);
	efs_test_mfree(b->data);
	efs_test_mfree(b);
}

void efs_test_dev_free(struct efs_test_dev *dev)
{
	struct alloc *a, *next;
	u32 i;

	if (!dev)
		return;
	for (i = 0; i < 1u << HASH_BITS; i++) {
		while (dev->hash[i]) {
			struct efs_test_blk *tb = dev->hash[i];

			dev->hash[i] = tb->next;
			if (tb->buf)
				buf_free(dev, tb->buf);
			efs_test_mfree(tb->durable);
			efs_test_mfree(tb->kept);
			efs_test_mfree(tb);
		}
	}
	for (a = dev->allocs; a; a = next) {
		next = a->next;
		efs_test_mfree(a);
	}
	efs_test_log_stop(dev);
	efs_test_mfree(dev->hash);
	efs_test_mfree(dev->fill_arg);
	if (current_dev == dev) {
		current_dev = NULL;
		efs_test_current(NULL);
	}
	efs_test_mfree(dev);
}

void efs_test_dev_read(struct efs_test_dev *dev, u64 off, void *buf, size_t len)
{
	u8 *data = efs_test_zalloc(dev->block_size), *to = buf;

	while (len) {
		u32 at = off & (dev->block_size - 1);
		u32 n = min_t(u64, len, dev->block_size - at);

		efs_test_guard(guard_of(dev, off >> dev->block_bits));
		blk_contents(dev, off >> dev->block_bits, data);
		efs_test_unguard(guard_of(dev, off >> dev->block_bits));
		memcpy(to, data + at, n);
		to += n;
		off += n;
		len -= n;
	}
	efs_test_mfree(data);
}

void efs_test_dev_write(struct efs_test_dev *dev, u64 off, const void *buf, size_t len)
{
	u8 *data = efs_test_zalloc(dev->block_size);
	const u8 *from = buf;

	while (len) {
		u32 at = off & (dev->block_size - 1), nr = off >> dev->block_bits;
		u32 n = min_t(u64, len, dev->block_size - at);
		struct efs_test_blk *tb;

		efs_test_guard(guard_of(dev, nr));
		tb = *slot(dev, nr);
		if (tb && tb->dirty && !dev->overlaps)
			efs_test_bug("block %u is written past a dirty buffer", nr);
		blk_contents(dev, nr, data);
		memcpy(data + at, from, n);
		blk_write(dev, nr, data);
		/* file data and metadata in one block: caches that know nothing of each other */
		if (tb && tb->buf && !tb->dirty)
			memcpy(tb->buf->data, data, dev->block_size);
		if (tb && !tb->dirty)
			efs_test_put(&tb->verified, false);
		efs_test_unguard(guard_of(dev, nr));
		from += n;
		off += n;
		len -= n;
	}
	efs_test_mfree(data);
}

const u8 *efs_test_peek(struct efs_test_dev *dev, u32 blk, u8 *spare)
{
	struct efs_test_blk *tb = *slot(dev, blk);

	if (tb && (tb->buf || tb->kept))
		return tb->buf ? tb->buf->data : tb->kept;
	if (tb && tb->durable)
		return tb->durable;
	blk_contents(dev, blk, spare);
	return spare;
}

void efs_test_poke(struct efs_test_dev *dev, u64 off, const void *buf, u32 len)
{
	struct efs_test_blk *tb = *slot(dev, off >> dev->block_bits);
	u8 *data = !tb ? NULL : tb->buf ? tb->buf->data : tb->kept;

	if (data)
		memcpy(data + (off & (dev->block_size - 1)), buf, len);
	if (!tb || !tb->dirty)
		efs_test_dev_write(dev, off, buf, len);
}

void efs_test_dev_each(struct efs_test_dev *dev,
		       void (*fn)(struct efs_test_dev *dev, u32 blk, const u8 *data, void *arg),
		       void *arg)
{
	u32 i;

	for (i = 0; i < 1u << HASH_BITS; i++) {
		struct efs_test_blk *tb;

		for (tb = dev->hash[i]; tb; tb = tb->next)
			if (tb->durable)
				fn(dev, tb->nr, tb->durable, arg);
	}
}

void efs_test_bad_block(struct efs_test_dev *dev, u32 blk, bool bad)
{
	blk_get(dev, blk)->bad = bad;
}

/*
 * What a device does with memory while somebody changes it is nobody's race: such a change
 * is followed by efs_buf_dirty(), or kept away by the buffer lock.
 */
static void __efs_no_tsan dma(u8 *to, const u8 *from, u32 n)
{
	const volatile u64 *src = (const void *)from;
	volatile u64 *dst = (void *)to;

	for (n /= sizeof(*src); n; n--)
		*dst++ = *src++;
}

/* guard held; volatile to durable */
static void blk_clean(struct efs_test_dev *dev, struct efs_test_blk *tb)
{
	if (!tb->durable)
		tb->durable = efs_test_zalloc(dev->block_size);
	dma(tb->durable, tb->buf ? tb->buf->data : tb->kept, dev->block_size);
	event(dev, EFS_TEST_EV_WRITE, tb->nr, 1, tb->owner, tb->durable);
	efs_test_add(&dev->writes, 1);
	tb->dirty = false;
	if (!tb->buf) {
		efs_test_mfree(tb->kept);
		tb->kept = NULL;
		efs_test_put(&tb->verified, false);
	}
}

/* contents in memory are worthless from now on; the owner is free to change */
static void blk_drop(struct efs_test_blk *tb)
{
	tb->dirty = false;
	efs_test_put(&tb->verified, false);
	tb->owner = NO_OWNER;
	efs_test_mfree(tb->kept);
	tb->kept = NULL;
}

/* guard held: the last user of the buffer is gone, or the last write-out */
static void buf_settle(struct efs_test_dev *dev, struct efs_test_blk *tb)
{
	struct efs_buf *b = tb->buf;

	if (b->refs || b->pins)
		return;
	if (efs_test_load(&b->lock.word))
		efs_test_bug("last put of block %u, which is locked", b->nr);
	tb->buf = NULL;
	if (tb->dirty) {
		tb->kept = efs_test_zalloc(dev->block_size);
		memcpy(tb->kept, b->data, dev->block_size);
	} else {
		efs_test_put(&tb->verified, false);
	}
	buf_free(dev, b);
}

/* write-out waits for who has the buffer locked, and is no user of it; @owner NULL: any */
static void flush_one(struct efs_test_dev *dev, struct efs_test_blk *tb, const u32 *owner)
{
	struct efs_test_guard *g = guard_of(dev, tb->nr);
	struct efs_buf *b;

	efs_test_guard(g);
	b = tb->buf;
	if (!tb->dirty || !b || (owner && tb->owner != *owner)) {
		if (tb->dirty && (!owner || tb->owner == *owner))
			blk_clean(dev, tb);
		efs_test_unguard(g);
		return;
	}
	b->pins++;
	efs_test_unguard(g);
	efs_test_lock(&b->lock, true);
	efs_test_guard(g);
	if (tb->dirty)
		blk_clean(dev, tb);
	efs_test_unlock(&b->lock, true);
	b->pins--;
	buf_settle(dev, tb);
	efs_test_unguard(g);
}

static void flush_blocks(struct efs_test_dev *dev, const u32 *owner)
{
	u32 i;

	for (i = 0; i < 1u << HASH_BITS; i++) {
		struct efs_test_guard *g = &dev->hash_guard[i % EFS_TEST_HASH_GUARDS];
		struct efs_test_blk *tb;

		tb = __atomic_load_n(&dev->hash[i], __ATOMIC_ACQUIRE);
		while (tb) {
			flush_one(dev, tb, owner);
			efs_test_guard(g);
			tb = tb->next;
			efs_test_unguard(g);
		}
	}
}

void efs_test_flush(struct efs_test_dev *dev)
{
	flush_blocks(dev, NULL);
}

void efs_test_flush_owned(struct efs_test_dev *dev, u32 ino)
{
	flush_blocks(dev, &ino);
}

void efs_test_power_cut(struct efs_test_dev *dev)
{
	u32 i;

	for (i = 0; i < 1u << HASH_BITS; i++) {
		struct efs_test_blk *tb;

		for (tb = dev->hash[i]; tb; tb = tb->next) {
			if (tb->buf)
				efs_test_bug("power cut with block %u referenced", tb->nr);
			blk_drop(tb);
		}
	}
}

u32 efs_test_dirty_count(struct efs_test_dev *dev)
{
	u32 i, n = 0;

	for (i = 0; i < 1u << HASH_BITS; i++) {
		struct efs_test_blk *tb;

		for (tb = dev->hash[i]; tb; tb = tb->next)
			n += tb->dirty;
	}
	return n;
}

bool efs_test_is_dirty(struct efs_test_dev *dev, u32 blk)
{
	struct efs_test_blk *tb = *slot(dev, blk);

	return tb && tb->dirty;
}

/* ---- port: buffers ---- */

static struct efs_buf *buf_make(struct efs_test_dev *dev, struct efs_test_blk *tb)
{
	struct efs_buf *b = efs_test_zalloc(sizeof(*b));

	b->dev = dev;
	b->tb = tb;
	b->nr = tb->nr;
	b->refs = 1;
	b->lock = (struct efs_test_lock){ .name = "a buffer lock", .rank = EFS_TEST_RANK_BUF };
	b->data = efs_test_zalloc(dev->block_size);
	tb->buf = b;
	efs_test_add(&dev->live_bufs, 1);
	return b;
}

/* guard held */
static int buf_get(struct efs_test_dev *dev, u32 blk, struct efs_buf **out)
{
	struct efs_test_blk *tb = blk_get(dev, blk);

	if (tb->buf) {
		/* a write-out alone keeps it: what a new user sees is not what was dropped */
		if (!tb->buf->refs && !tb->dirty)
			blk_contents(dev, blk, tb->buf->data);
		if (!tb->buf->refs)
			tb->buf->forgotten = false;
		tb->buf->refs++;
		*out = tb->buf;
		return 0;
	}
	if (!tb->kept && (fails(dev, EFS_TEST_READ) || tb->bad))
		return dev->read_error ? dev->read_error : -EIO;
	*out = buf_make(dev, tb);
	if (tb->kept) {
		memcpy((*out)->data, tb->kept, dev->block_size);
		efs_test_mfree(tb->kept);
		tb->kept = NULL;
	} else {
		blk_contents(dev, blk, (*out)->data);
	}
	return 0;
}

int efs_buf_read(struct efs_sb *sb, u32 blk, struct efs_buf **out)
{
	struct efs_test_dev *dev = sb->port.dev;
	int err;

	efs_test_not_under(__func__, EFS_TEST_RANK_BUF);
	if (blk >= dev->blocks)
		return -EFSCORRUPTED;
	efs_test_guard(guard_of(dev, blk));
	err = buf_get(dev, blk, out);
	efs_test_unguard(guard_of(dev, blk));
	return err;
}

int efs_buf_new(struct efs_sb *sb, u32 blk, struct efs_buf **out)
{
	struct efs_test_dev *dev = sb->port.dev;
	struct efs_test_blk *tb;

	efs_test_not_under(__func__, EFS_TEST_RANK_BUF);
	if (blk >= dev->blocks)
		efs_test_bug("%s(%u) is beyond the device", __func__, blk);
	if (fails(dev, EFS_TEST_NEW))
		return -ENOMEM;
	efs_test_guard(guard_of(dev, blk));
	tb = blk_get(dev, blk);
	if (tb->buf && tb->buf->refs && !dev->overlaps)
		efs_test_bug("%s(%u) while the block is referenced", __func__, blk);
	blk_drop(tb);
	event(dev, EFS_TEST_EV_NEW, blk, 1, 0, NULL);
	if (!tb->buf) {
		*out = buf_make(dev, tb);
	} else {
		*out = tb->buf;
		tb->buf->refs++;
		tb->buf->forgotten = false;
		memset(tb->buf->data, 0, dev->block_size);
	}
	efs_test_unguard(guard_of(dev, blk));
	return 0;
}

/* guard held: a buffer that may still be used, and its device */
static struct efs_test_dev *live(struct efs_buf *b, const char *call)
{
	if (!b->refs)
		efs_test_bug("%s() of a buffer without references", call);
	if (b->forgotten && !b->dev->overlaps)
		efs_test_bug("%s() of block %u, which is forgotten", call, b->nr);
	return b->dev;
}

void efs_buf_dirty(struct efs_sb *sb, struct efs_inode *owner, struct efs_buf *b)
{
	struct efs_test_dev *dev = sb->port.dev;
	u32 ino = owner ? owner->ino : 0;

	efs_test_not_under(__func__, EFS_TEST_RANK_BUF);
	/* the superblock itself changes on the way to and from read-only */
	if (READ_ONCE(sb->state) & EFS_SB_RDONLY && b != sb->sbuf)
		efs_test_bug("block %u dirtied on a read-only mount", b->nr);
	efs_test_guard(guard_of(dev, b->nr));
	live(b, __func__);
	if (b->tb->owner != NO_OWNER && b->tb->owner != ino && !dev->overlaps)
		efs_test_bug("block %u of inode %u dirtied for inode %u", b->nr, b->tb->owner, ino);
	b->tb->owner = ino;
	b->tb->dirty = true;
	efs_test_add(&dev->dirtied, 1);
	event(dev, EFS_TEST_EV_DIRTY, b->nr, 1, ino, b->data);
	efs_test_unguard(guard_of(dev, b->nr));
}

int efs_buf_sync(struct efs_buf *b)
{
	struct efs_test_dev *dev = b->dev;
	struct efs_test_guard *g = guard_of(dev, b->nr);
	bool dirty, fail;

	efs_test_not_under(__func__, EFS_TEST_RANK_BUF);
	efs_test_guard(g);
	live(b, __func__);
	dirty = b->tb->dirty;
	efs_test_unguard(g);
	if (!dirty)
		return 0;
	fail = fails(dev, EFS_TEST_WRITE);
	if (!fail)
		flush_one(dev, b->tb, NULL);
	return fail ? -EIO : 0;
}

void efs_buf_ref(struct efs_buf *b)
{
	efs_test_guard(guard_of(b->dev, b->nr));
	live(b, __func__);
	b->refs++;
	efs_test_unguard(guard_of(b->dev, b->nr));
}

/* guard held */
static void buf_drop_ref(struct efs_buf *b)
{
	b->refs--;
	buf_settle(b->dev, b->tb);
}

void efs_buf_put(struct efs_buf *b)
{
	struct efs_test_guard *g;

	if (!b)
		return;
	g = guard_of(b->dev, b->nr);
	efs_test_guard(g);
	if (!b->refs)
		efs_test_bug("%s() of a buffer without references", __func__);
	buf_drop_ref(b);
	efs_test_unguard(g);
}

void efs_buf_forget(struct efs_buf *b)
{
	struct efs_test_guard *g;

	if (!b)
		return;
	efs_test_not_under(__func__, EFS_TEST_RANK_GROUP);
	g = guard_of(b->dev, b->nr);
	efs_test_guard(g);
	live(b, __func__);
	if (efs_test_load(&b->lock.word) && !b->pins)
		efs_test_bug("block %u is forgotten while locked", b->nr);
	event(b->dev, EFS_TEST_EV_FORGET, b->nr, 1, 0, NULL);
	blk_drop(b->tb);
	/* who else holds it must not use it */
	b->forgotten = true;
	buf_drop_ref(b);
	efs_test_unguard(g);
}

void efs_buf_lock(struct efs_buf *b)
{
	efs_test_guard(guard_of(b->dev, b->nr));
	live(b, __func__);
	efs_test_unguard(guard_of(b->dev, b->nr));
	efs_test_lock(&b->lock, true);
}

void efs_buf_unlock(struct efs_buf *b)
{
	efs_test_unlock(&b->lock, true);
}

bool efs_buf_verified(const struct efs_buf *b)
{
	return efs_test_load(&b->tb->verified);
}

void efs_buf_set_verified(struct efs_buf *b)
{
	efs_test_put(&b->tb->verified, true);
}

void efs_buf_ahead(struct efs_sb *sb, u32 blk, u32 len)
{
	struct efs_test_dev *dev = sb->port.dev;

	efs_test_not_under(__func__, EFS_TEST_RANK_GROUP);
	if (!len || blk >= dev->blocks || len > dev->blocks - blk)
		efs_test_bug("read-ahead of %u blocks at %u is beyond the device", len, blk);
}

int efs_order(struct efs_inode *ei, struct efs_buf *b)
{
	efs_test_not_under(__func__, EFS_TEST_RANK_BUF);
	efs_test_guard(guard_of(b->dev, b->nr));
	event(live(b, __func__), EFS_TEST_EV_ORDER, b->nr, 1, ei->ino, b->data);
	efs_test_unguard(guard_of(b->dev, b->nr));
	return efs_i_sync(ei) ? efs_buf_sync(b) : 0;
}

void efs_data_new(struct efs_sb *sb, u32 blk, u32 len)
{
	struct efs_test_dev *dev = sb->port.dev;
	u32 i;

	efs_test_not_under(__func__, EFS_TEST_RANK_GROUP);
	event(dev, EFS_TEST_EV_DATA, blk, len, 0, NULL);
	for (i = 0; i < len; i++) {
		struct efs_test_blk *tb;

		efs_test_guard(guard_of(dev, blk + i));
		tb = *slot(dev, blk + i);
		if (tb && tb->buf && tb->buf->refs && !dev->overlaps)
			efs_test_bug("block %u became data while its buffer is referenced",
				     blk + i);
		if (tb)
			blk_drop(tb);
		efs_test_unguard(guard_of(dev, blk + i));
	}
}

int efs_zero(struct efs_sb *sb, u32 blk, u32 len)
{
	struct efs_test_dev *dev = sb->port.dev;
	u8 *zero = efs_test_zalloc(dev->block_size);
	u32 i;
	int err = fails(dev, EFS_TEST_WRITE) ? -EIO : 0;

	efs_test_not_under(__func__, EFS_TEST_RANK_BUF);
	for (i = 0; i < len && !err; i++) {
		efs_test_dev_write(dev, (u64)(blk + i) << dev->block_bits, zero, dev->block_size);
		event(dev, EFS_TEST_EV_WRITE, blk + i, 1, 0, zero);
	}
	efs_test_mfree(zero);
	return err;
}

/* ---- port: the rest ---- */

/* without a device, memory is only counted: what leaks is the leak checker's to find */
static void *alloc_nosb(size_t size)
{
	struct alloc *a;

	if (counts_down(&efs_test_nosb.fail, &efs_test_nosb.calls))
		return NULL;
	a = efs_test_zalloc(sizeof(*a) + size);
	a->magic = ALLOC_MAGIC;
	efs_test_add(&efs_test_nosb.live, 1);
	return a + 1;
}

void *efs_alloc(struct efs_sb *sb, size_t size)
{
	struct efs_test_dev *dev;
	struct alloc *a;

	efs_test_not_under(__func__, EFS_TEST_RANK_GROUP);
	if (!sb)
		return alloc_nosb(size);
	dev = sb->port.dev;
	if (fails(dev, EFS_TEST_ALLOC))
		return NULL;
	a = efs_test_zalloc(sizeof(*a) + size);
	a->dev = dev;
	a->magic = ALLOC_MAGIC;
	efs_test_guard(&dev->guard);
	a->next = dev->allocs;
	if (a->next)
		a->next->prev = a;
	dev->allocs = a;
	dev->live_allocs++;
	efs_test_unguard(&dev->guard);
	return a + 1;
}

static void unlink_alloc(struct alloc *a)
{
	struct efs_test_dev *dev = a->dev;

	efs_test_guard(&dev->guard);
	if (a->prev)
		a->prev->next = a->next;
	else
		dev->allocs = a->next;
	if (a->next)
		a->next->prev = a->prev;
	dev->live_allocs--;
	efs_test_unguard(&dev->guard);
}

void efs_free(void *p)
{
	struct alloc *a;

	if (!p)
		return;
	a = (struct alloc *)p - 1;
	if (a->magic != ALLOC_MAGIC)
		efs_test_bug("%s() of what efs_alloc() did not give", __func__);
	if (a->dev)
		unlink_alloc(a);
	else
		efs_test_add(&efs_test_nosb.live, -1);
	a->magic = 0;
	efs_test_mfree(a);
}

s64 efs_now(struct efs_sb *sb, u32 *nsec)
{
	struct efs_test_dev *dev = sb ? sb->port.dev : current_dev;

	*nsec = dev ? dev->now_nsec : efs_test_nosb.now_nsec;
	return dev ? dev->now : efs_test_nosb.now;
}

u32 efs_rand(struct efs_sb *sb)
{
	u32 *rand = &sb->port.dev->rand, old = efs_test_load(rand), new;

	do {
		new = old;
		efs_test_rand(&new);
	} while (!__atomic_compare_exchange_n(rand, &old, new, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return new;
}

void efs_report(struct efs_sb *sb, const struct efs_rep *rep)
{
	struct efs_test_dev *dev = sb->port.dev;

	efs_test_not_under(__func__, EFS_TEST_RANK_GROUP);
	if (rep->code == EFS_C_OK || rep->code >= EFS_C_MAX)
		efs_test_bug("report of code %d", rep->code);
	if (!rep->func || !rep->line)
		efs_test_bug("report %s does not say where", efs_code_name(rep->code));
	efs_test_guard(&dev->guard);
	if (dev->report_count < EFS_TEST_REPORTS)
		dev->reports[dev->report_count] = (struct efs_test_report){
			.code = rep->code, .ino = rep->ino, .blk = rep->blk, .off = rep->off,
		};
	dev->report_count++;
	efs_test_unguard(&dev->guard);
}

bool efs_test_took(struct efs_test_dev *dev, enum efs_code code)
{
	u32 i, n = min_t(u32, dev->report_count, EFS_TEST_REPORTS);
	bool good = n > 0;

	for (i = 0; i < n; i++) {
		if (dev->reports[i].code == code)
			continue;
		kunit_info(dev->test, "reported: %s ino %u blk %u off %u",
			   efs_code_name(dev->reports[i].code), dev->reports[i].ino,
			   dev->reports[i].blk, dev->reports[i].off);
		good = false;
	}
	dev->report_count = 0;
	return good;
}

void efs_test_reports_clear(struct efs_test_dev *dev)
{
	dev->report_count = 0;
}

void efs_log(struct efs_sb *sb, enum efs_log_level level, const char *fmt, ...)
{
	struct efs_test_dev *dev = sb->port.dev;
	va_list ap;

	efs_test_not_under(__func__, EFS_TEST_RANK_GROUP);
	if (level > EFS_LOG_DEBUG)
		efs_test_bug("log level %d", level);
	efs_test_guard(&dev->guard);
	va_start(ap, fmt);
	vsnprintf(dev->log_text, sizeof(dev->log_text), fmt, ap);
	va_end(ap);
	if (strchr(dev->log_text, '\n'))
		efs_test_bug("log line with a newline: %s", dev->log_text);
	efs_test_unguard(&dev->guard);
}

void efs_trace_alloc(struct efs_sb *sb, u32 ino, u32 goal, u32 start, u32 len)
{
	(void)goal;
	event(sb->port.dev, EFS_TEST_EV_ALLOC, start, len, ino, NULL);
}

void efs_trace_free(struct efs_sb *sb, u32 ino, u32 start, u32 len)
{
	event(sb->port.dev, EFS_TEST_EV_FREE, start, len, ino, NULL);
}

/* ---- port: counters, attributes ---- */

int efs_ctr_init(efs_ctr_t *c, s64 v)
{
	efs_test_not_under(__func__, EFS_TEST_RANK_GROUP);
	if (!current_dev)
		efs_test_bug("%s() without a device", __func__);
	if (fails(current_dev, EFS_TEST_ALLOC))
		return -ENOMEM;
	if (c->live)
		efs_test_bug("%s() of a live counter", __func__);
	c->value = v;
	c->live = true;
	current_dev->live_ctrs++;
	return 0;
}

void efs_ctr_add(efs_ctr_t *c, s64 v)
{
	if (!c->live)
		efs_test_bug("%s() without efs_ctr_init()", __func__);
	efs_test_add(&c->value, v);
}

s64 efs_ctr_read(const efs_ctr_t *c)
{
	if (!c->live)
		efs_test_bug("%s() without efs_ctr_init()", __func__);
	return efs_test_load(&c->value);
}

s64 efs_ctr_sum(const efs_ctr_t *c)
{
	return efs_ctr_read(c);
}

void efs_ctr_fini(efs_ctr_t *c)
{
	/* percpu_counter_destroy() accepts one that was never made, if zeroed */
	if (c->live)
		current_dev->live_ctrs--;
	c->live = false;
}

void efs_i_mark_dirty(struct efs_inode *ei)
{
	efs_test_not_under(__func__, EFS_TEST_RANK_GROUP);
	if (READ_ONCE(ei->sb->state) & EFS_SB_RDONLY)
		efs_test_bug("inode %u dirtied on a read-only mount", ei->ino);
	efs_test_put(&efs_ti(ei)->dirty, true);
}
