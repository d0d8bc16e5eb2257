// SPDX-License-Identifier: GPL-2.0
/*
 * What reaches a device, and what might have reached it.
 *
 * The layer notes each write, by blocks, and each flush. What the buffer cache holds back is
 * noted, too, at the moment it changes: a cache under pressure may write any dirty block at
 * any time, so each contents a dirty block went through may be what a cut finds. The linker
 * puts the three functions at the end of this file in front of the cache's own.
 */
#include <stdlib.h>

#include "crash.h"
#include "../../user/lib/bcache.h"

/* the recording under way, one in a process */
static struct record *recording;

u64 hash_block(u32 blk, const u8 *data, u32 size)
{
	const u64 *p = (const u64 *)data;
	u64 h = 0x9E3779B97F4A7C15ull * (blk + 1);
	u32 i;

	for (i = 0; i < size / 8; i++) {
		h = (h ^ p[i]) * 0xff51afd7ed558ccdull;
		h ^= h >> 32;
	}
	return h;
}

static void note(struct record *r, enum ev_type type, u32 blk, const void *data)
{
	struct ev *ev;

	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 256;
		r->ev = xgrow(r->ev, r->room * sizeof(*r->ev));
	}
	ev = &r->ev[r->n++];
	ev->type = type;
	ev->blk = blk;
	ev->data = NULL;
	if (data) {
		ev->data = xalloc(r->block_size);
		memcpy(ev->data, data, r->block_size);
		ev->hash = hash_block(blk, ev->data, r->block_size);
	}
}

void record_mark(struct record *r, enum ev_type type, u32 op)
{
	note(r, type, op, NULL);
}

void record_clear(struct record *r)
{
	u32 i;

	for (i = 0; i < r->n; i++)
		free(r->ev[i].data);
	free(r->ev);
	r->ev = NULL;
	r->n = 0;
	r->room = 0;
}

static int layer_read(void *under, uint64_t off, void *buf, size_t len)
{
	return efs_device_read(under, off, buf, len);
}

static int layer_write(void *under, uint64_t off, const void *buf, size_t len)
{
	u32 bs = recording->block_size;
	size_t i;

	if (off % bs || len % bs)
		die("a write of %zu bytes at %llu", len, (unsigned long long)off);
	for (i = 0; i < len; i += bs)
		note(recording, EV_WRITE, (u32)((off + i) / bs), (const char *)buf + i);
	return efs_device_write(under, off, buf, len);
}

static int layer_flush(void *under)
{
	note(recording, EV_FLUSH, 0, NULL);
	return efs_device_flush(under);
}

static void layer_close(void *under)
{
	efs_device_close(under);
	recording = NULL;
}

static const struct efs_device_ops layer_ops = {
	.read = layer_read,
	.write = layer_write,
	.flush = layer_flush,
	.close = layer_close,
};

struct efs_device *record_layer(struct efs_device *under, struct record *r)
{
	struct efs_device *dev;

	if (efs_device_custom(&layer_ops, under, efs_device_size(under), NULL, &dev))
		die("no memory");
	recording = r;
	return dev;
}

/* ---- in front of the cache ---- */

void __wrap_efsu_bcache_dirty(struct efs_buf *b)
{
	if (recording)
		note(recording, EV_MAY, b->nr, b->data);
	__real_efsu_bcache_dirty(b);
}

void __wrap_efsu_bcache_forget(struct efs_buf *b)
{
	if (recording && b)
		note(recording, EV_DROP, b->nr, NULL);
	__real_efsu_bcache_forget(b);
}

void __wrap_efsu_bcache_drop(struct efsu_bcache *c, u32 blk, u32 len)
{
	u32 i;

	for (i = 0; recording && i < len; i++)
		note(recording, EV_DROP, blk + i, NULL);
	__real_efsu_bcache_drop(c, blk, len);
}
