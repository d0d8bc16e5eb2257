// SPDX-License-Identifier: GPL-2.0
/*
 * A layer that keeps what is written in memory: chunks in a tree of 64-way nodes.
 *
 * The path to a chunk is its number, six bits a level, so finding one takes as many steps as
 * the size of the device has digits, whatever was written, and a walk meets them in the
 * order they have on the device. A chunk that is written in part takes the rest from below.
 *
 * A commit writes runs of chunks below, flushes, and gives the chunks back only then:
 * what a failed commit leaves is all still there. Chunks that were changed meanwhile stay.
 *
 * Locks: commit_lock (one commit at a time), then lock, under which are the tree and the
 * chunks' bytes. No I/O is done under lock. Who read from below without it, to fill up a
 * chunk, looks afterwards whether chunks were given back (@gen) and, if so, begins anew:
 * what it has could be older than what they held.
 */
#include <errno.h>
#include <string.h>

#include "dev.h"
#include "../port/efs_lock.h"

#define CHUNK		4096u
#define FAN_BITS	6
#define FAN		(1u << FAN_BITS)
#define RUN		16u	/* chunks in one request of a commit */

/**
 * struct chunk - bytes of the device, all of them valid
 * @changes: how often it was changed; @written: the last of them that a commit wrote
 */
struct chunk {
	uint64_t changes, written;
	char bytes[CHUNK];
};

struct node {
	void *slot[FAN];	/* nodes or, in the lowest level, chunks */
};

/**
 * struct overlay_dev - an overlay
 * @top: of the tree, NULL while nothing is in it
 * @levels: of nodes, for the whole device
 * @used, @limit: bytes of memory for chunks and nodes; limit 0: as many as there are
 * @gen: commits that gave chunks back
 */
struct overlay_dev {
	struct efs_device dev;
	struct efs_device *under;
	efs_mutex_t commit_lock;
	efs_rwlock_t lock;
	struct node *top;
	unsigned int levels;
	uint64_t used, limit;
	uint64_t gen;
};

static const struct efs_device_ops overlay_ops;

/* ---- the tree; lock held ---- */

static unsigned int digit(uint64_t nr, unsigned int level)
{
	return (unsigned int)(nr >> (level * FAN_BITS)) & (FAN - 1);
}

static struct chunk *find(const struct overlay_dev *o, uint64_t nr)
{
	const struct node *n = o->top;
	unsigned int level = o->levels;

	while (n && --level)
		n = n->slot[digit(nr, level)];
	return n ? n->slot[digit(nr, 0)] : NULL;
}

/* the first chunk at or after *@nr, which becomes its number; NULL: no more */
static struct chunk *find_next(const struct overlay_dev *o, uint64_t *nr)
{
	unsigned int level;

	if (!o->top)
		return NULL;
	for (;;) {
		const struct node *n = o->top;
		uint64_t span;

		for (level = o->levels - 1; level; level--) {
			if (!n->slot[digit(*nr, level)])
				break;
			n = n->slot[digit(*nr, level)];
		}
		if (n->slot[digit(*nr, level)])
			return n->slot[digit(*nr, level)];
		/* nothing below this slot: on to the next one, maybe of a parent */
		span = (uint64_t)1 << (level * FAN_BITS);
		*nr = (*nr & ~(span - 1)) + span;
		if (*nr > (o->dev.size - 1) / CHUNK)
			return NULL;
	}
}

/* memory, not zeroed */
static void *take(struct overlay_dev *o, size_t size, int *err)
{
	void *p = NULL;

	*err = -ENOSPC;
	if (!o->limit || (o->used <= o->limit && size <= o->limit - o->used)) {
		*err = -ENOMEM;
		p = efs_env_alloc(&o->dev.env, size, __alignof__(max_align_t));
	}
	if (p) {
		o->used += size;
		*err = 0;
	}
	return p;
}

static void give(struct overlay_dev *o, void *p, size_t size)
{
	o->used -= size;
	efs_env_free(&o->dev.env, p, size);
}

/* put @c where no chunk is */
static int insert(struct overlay_dev *o, uint64_t nr, struct chunk *c)
{
	void **at = (void **)&o->top;
	unsigned int level;
	int err;

	for (level = o->levels; level; level--) {
		struct node *n = *at;

		if (!n) {
			n = take(o, sizeof(*n), &err);
			if (!n)
				return err;
			memset(n, 0, sizeof(*n));
			*at = n;
		}
		at = &n->slot[digit(nr, level - 1)];
	}
	*at = c;
	return 0;
}

static bool is_empty(const struct node *n)
{
	unsigned int i;

	for (i = 0; i < FAN; i++)
		if (n->slot[i])
			return false;
	return true;
}

/* free chunks, or those that are written only, and nodes that become empty */
static void prune(struct overlay_dev *o, struct node **top, unsigned int level, bool all)
{
	struct node *n = *top;
	unsigned int i;

	for (i = 0; n && i < FAN; i++) {
		struct chunk *c;

		if (level) {
			prune(o, (struct node **)&n->slot[i], level - 1, all);
			continue;
		}
		c = n->slot[i];
		if (c && (all || c->written == c->changes)) {
			give(o, c, sizeof(*c));
			n->slot[i] = NULL;
		}
	}
	if (n && is_empty(n)) {
		give(o, n, sizeof(*n));
		*top = NULL;
	}
}

/* ---- requests ---- */

/* bytes of chunk @nr that the device has */
static size_t chunk_len(const struct overlay_dev *o, uint64_t nr)
{
	uint64_t rest = o->dev.size - nr * CHUNK;

	return rest < CHUNK ? (size_t)rest : CHUNK;
}

static int overlay_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	struct overlay_dev *o = ctx;
	char *p = buf;
	int err = 0;

	while (len && !err) {
		uint64_t nr = off / CHUNK, next = nr;
		size_t skip = off % CHUNK, n = len;
		struct chunk *c;

		efs_rwlock_rd(&o->lock);
		c = find_next(o, &next);
		if (c && next == nr) {
			n = n < CHUNK - skip ? n : CHUNK - skip;
			memcpy(p, c->bytes + skip, n);
		} else if (c && n > next * CHUNK - off) {
			n = (size_t)(next * CHUNK - off);
		}
		efs_rwlock_un(&o->lock);
		if (!c || next != nr)
			err = efs_device_read(o->under, off, p, n);
		p += n;
		off += n;
		len -= n;
	}
	return err;
}

/*
 * Write where no chunk was. Return: 0; 1: one is there by now, or was, begin anew; or an
 * error. No lock held.
 */
static int write_new(struct overlay_dev *o, uint64_t nr, size_t skip, const char *buf, size_t n,
		     uint64_t gen)
{
	size_t all = chunk_len(o, nr);
	struct chunk *c;
	int err;

	efs_rwlock_wr(&o->lock);
	c = take(o, sizeof(*c), &err);
	efs_rwlock_un(&o->lock);
	if (!c)
		return err;
	if (n < all)
		err = efs_device_read(o->under, nr * CHUNK, c->bytes, all);
	memcpy(c->bytes + skip, buf, n);
	memset(c->bytes + all, 0, CHUNK - all);
	c->changes = 1;
	c->written = 0;
	efs_rwlock_wr(&o->lock);
	if (!err && (o->gen != gen || find(o, nr)))
		err = 1;
	if (!err)
		err = insert(o, nr, c);
	if (err)
		give(o, c, sizeof(*c));
	efs_rwlock_un(&o->lock);
	return err;
}

static int overlay_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	struct overlay_dev *o = ctx;
	const char *p = buf;
	int err = 0;

	while (len && err >= 0) {
		uint64_t nr = off / CHUNK, gen;
		size_t skip = off % CHUNK, n = len < CHUNK - skip ? len : CHUNK - skip;
		struct chunk *c;

		efs_rwlock_wr(&o->lock);
		gen = o->gen;
		c = find(o, nr);
		if (c) {
			memcpy(c->bytes + skip, p, n);
			c->changes++;
		}
		efs_rwlock_un(&o->lock);
		err = c ? 0 : write_new(o, nr, skip, p, n, gen);
		if (err)
			continue;
		p += n;
		off += n;
		len -= n;
	}
	return err;
}

static void overlay_close(void *ctx)
{
	struct overlay_dev *o = ctx;

	prune(o, &o->top, o->levels - 1, true);
	efs_device_close(o->under);
	efs_rwlock_fini(&o->lock);
	efs_mutex_fini(&o->commit_lock);
}

static const struct efs_device_ops overlay_ops = {
	.read = overlay_read,
	.write = overlay_write,
	.close = overlay_close,
};

int efs_device_overlay(struct efs_device *under, uint64_t limit, struct efs_device **out)
{
	struct overlay_dev *o = efs_dev_new(&under->env, sizeof(*o), &overlay_ops, under->size);
	uint64_t chunks;

	if (!o)
		return -ENOMEM;
	efs_mutex_init(&o->commit_lock);
	efs_rwlock_init(&o->lock);
	o->under = under;
	o->limit = limit;
	o->levels = 1;
	for (chunks = under->size / CHUNK; chunks >= FAN; chunks >>= FAN_BITS)
		o->levels++;
	*out = &o->dev;
	return 0;
}

/* ---- commit ---- */

/*
 * The next run of neighbours from *@nr on, at most @max of them, into @buf. Return: how many
 * chunks; their count of changes in @changes.
 */
static unsigned int copy_run(struct overlay_dev *o, uint64_t *nr, char *buf, uint64_t *changes,
			     unsigned int max)
{
	struct chunk *c;
	unsigned int n;

	efs_rwlock_rd(&o->lock);
	c = find_next(o, nr);
	for (n = 0; c && n < max; c = find(o, *nr + n)) {
		memcpy(buf + n * CHUNK, c->bytes, CHUNK);
		changes[n++] = c->changes;
		if ((*nr + n) * CHUNK >= o->dev.size)
			break;
	}
	efs_rwlock_un(&o->lock);
	return n;
}

/* no chunk goes between this and copy_run(): only a commit takes them away */
static void note_written(struct overlay_dev *o, uint64_t nr, const uint64_t *changes,
			 unsigned int n)
{
	efs_rwlock_wr(&o->lock);
	while (n--)
		find(o, nr + n)->written = changes[n];
	efs_rwlock_un(&o->lock);
}

/* commit_lock held */
static int write_out(struct overlay_dev *o, char *buf)
{
	uint64_t nr = 0, changes[RUN];
	unsigned int n;
	int err;

	while ((n = copy_run(o, &nr, buf, changes, RUN))) {
		size_t len = (n - 1) * CHUNK + chunk_len(o, nr + n - 1);

		err = efs_device_write(o->under, nr * CHUNK, buf, len);
		if (err)
			return err;
		note_written(o, nr, changes, n);
		nr += n;
		if (nr > (o->dev.size - 1) / CHUNK)
			break;
	}
	err = efs_device_flush(o->under);
	if (err)
		return err;
	efs_rwlock_wr(&o->lock);
	prune(o, &o->top, o->levels - 1, false);
	o->gen++;
	efs_rwlock_un(&o->lock);
	return 0;
}

int efs_device_overlay_commit(struct efs_device *dev)
{
	struct overlay_dev *o = (struct overlay_dev *)dev;
	char *buf;
	int err;

	if (dev->ops != &overlay_ops)
		return -EINVAL;
	/* also if there is nothing to write */
	if (o->under->rdonly)
		return -EROFS;
	buf = efs_env_alloc(&dev->env, RUN * CHUNK, EFS_IO_ALIGN);
	if (!buf)
		return -ENOMEM;
	efs_mutex_lock(&o->commit_lock);
	err = write_out(o, buf);
	efs_mutex_unlock(&o->commit_lock);
	efs_env_free(&dev->env, buf, RUN * CHUNK);
	return err;
}
