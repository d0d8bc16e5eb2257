// SPDX-License-Identifier: GPL-2.0
/*
 * The write-out of the buffer cache: sorted by block number, neighbours in one request.
 *
 * Invariants and locks are told in bcache.c. Contents are copied under a buffer's own lock and
 * written from the copy, so that nobody waits for the device to change a block.
 */
#include "bcache_priv.h"

/*
 * Contents may change word by word while they are copied out: whoever changes them
 * marks the buffer dirty afterwards and it is written again. Half-done edits of several
 * words hold the buffer lock. ThreadSanitizer cannot know that.
 */
__attribute__((no_sanitize("thread")))
static void copy_out(void *to, struct efs_buf *b, size_t n)
{
	const volatile u64 *src = b->data;
	u64 *dst = to;
	size_t i;

	efs_buf_lock(b);
	for (i = 0; i < n / sizeof(*src); i++)
		dst[i] = src[i];
	efs_buf_unlock(b);
}

/* the heap below @at is one but for its top */
static void sift(struct buffer **v, u32 at, u32 n)
{
	struct buffer *b = v[at];
	u32 child;

	for (; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && v[child + 1]->b.nr > v[child]->b.nr)
			child++;
		if (v[child]->b.nr <= b->b.nr)
			break;
		v[at] = v[child];
	}
	v[at] = b;
}

/* by number, in place */
static void sort(struct buffer **v, u32 n)
{
	u32 i;

	for (i = n / 2; i-- > 0;)
		sift(v, i, n);
	for (i = n; i-- > 1;) {
		struct buffer *most = v[0];

		v[0] = v[i];
		v[i] = most;
		sift(v, 0, i);
	}
}

/* lock held; after I/O of a buffer in B_WRITING */
static void write_done(struct efsu_bcache *c, struct buffer *b, int err)
{
	b->flags &= ~B_WRITING;
	if (!err)
		return;
	buf_set_dirty(c, b);
	if (!(b->flags & B_FAILED)) {
		b->flags |= B_FAILED;
		c->nfailed++;
	}
}

/*
 * Write as many of the @n sorted buffers as form one request, at least one; wb_lock held.
 * Buffers that somebody else cleaned meanwhile are passed over.
 */
static u32 write_run(struct efsu_bcache *c, struct buffer **v, u32 n, int *err)
{
	u32 i, len = 0;
	int e;

	efs_mutex_lock(&c->lock);
	while (len < n && len < c->bounce_blocks) {
		struct buffer *b = v[len];

		if (len && b->b.nr != v[0]->b.nr + len)
			break;
		/* not with buffers of this run in hand: two writers could wait for each other */
		if (!len)
			wait_io(c, b, B_WRITING);
		if (!(b->flags & B_DIRTY) || (b->flags & B_WRITING))
			break;
		buf_clear_dirty(c, b);
		b->flags |= B_WRITING;
		len++;
	}
	efs_mutex_unlock(&c->lock);
	if (!len)
		return 1;

	for (i = 0; i < len; i++)
		copy_out(c->bounce + i * c->block_size, &v[i]->b, c->block_size);
	e = efsu_bcache_io(c, true, v[0]->b.nr, len, c->bounce);
	if (e)
		*err = e;

	efs_mutex_lock(&c->lock);
	for (i = 0; i < len; i++)
		write_done(c, v[i], e);
	efs_cond_wake(&c->cond);
	efs_mutex_unlock(&c->lock);
	return len;
}

int efsu_bcache_write_all(struct efsu_bcache *c)
{
	struct efs_list todo;
	u32 n, i;
	int err = 0;

	efs_list_init(&todo);
	efs_mutex_lock(&c->wb_lock);
	efs_mutex_lock(&c->lock);
	while (!efs_list_empty(&c->dirty)) {
		struct efs_list *l = c->dirty.next;

		efs_list_del(l);
		efs_list_add_tail(l, &todo);
	}
	for (;;) {
		struct efs_list *l = todo.next;

		for (n = 0; l != &todo && n < c->batch_max; l = l->next) {
			struct buffer *b = container_of(l, struct buffer, dirty);

			efs_buf_ref(&b->b);
			c->batch[n++] = b;
		}
		efs_mutex_unlock(&c->lock);
		if (!n)
			break;
		sort(c->batch, n);
		for (i = 0; i < n;)
			i += write_run(c, c->batch + i, n - i, &err);
		efs_mutex_lock(&c->lock);
		for (i = 0; i < n; i++)
			efsu_bcache_put_locked(c, c->batch[i]);
	}
	efs_mutex_unlock(&c->wb_lock);
	return err;
}

int efsu_bcache_flush(struct efsu_bcache *c)
{
	int err = efs_device_flush(c->conf.dev);

	if (err && c->conf.io_error)
		c->conf.io_error(c->conf.ctx, true, 0, 0, err);
	return err ? -EIO : 0;
}

int efsu_bcache_write(struct efs_buf *efs_buf)
{
	struct buffer *b = buffer(efs_buf);
	struct efsu_bcache *c = b->c;
	void *own = io_alloc(c, 1), *copy = own ? own : c->bounce;
	int err = 0;

	if (!own)
		efs_mutex_lock(&c->wb_lock);
	efs_mutex_lock(&c->lock);
	wait_io(c, b, B_WRITING);
	if (b->flags & B_DIRTY) {
		buf_clear_dirty(c, b);
		b->flags |= B_WRITING;
		efs_mutex_unlock(&c->lock);
		copy_out(copy, &b->b, c->block_size);
		err = efsu_bcache_io(c, true, b->b.nr, 1, copy);
		efs_mutex_lock(&c->lock);
		write_done(c, b, err);
		efs_cond_wake(&c->cond);
	}
	if (b->flags & B_FAILED)
		err = -EIO;
	efs_mutex_unlock(&c->lock);
	if (!own)
		efs_mutex_unlock(&c->wb_lock);
	io_free(c, own, 1);
	return err;
}

int efsu_bcache_write_owned(struct efsu_bcache *c, u32 owner)
{
	struct buffer **v, *b;
	struct efs_list *l;
	u32 n = 0, i;
	int err = 0, e;
	size_t size;

	efs_mutex_lock(&c->lock);
	size = (c->stat.dirty + 1) * sizeof(*v);
	v = efs_env_zalloc(c->conf.env, size);
	for (l = c->dirty.next; v && l != &c->dirty; l = l->next) {
		b = container_of(l, struct buffer, dirty);
		if (b->owner != owner)
			continue;
		efs_buf_ref(&b->b);
		v[n++] = b;
	}
	efs_mutex_unlock(&c->lock);
	if (!v)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		e = efsu_bcache_write(&v[i]->b);
		err = err ? err : e;
		efs_mutex_lock(&c->lock);
		efsu_bcache_put_locked(c, v[i]);
		efs_mutex_unlock(&c->lock);
	}
	efs_env_free(c->conf.env, v, size);
	return err;
}

int efsu_bcache_sync(struct efsu_bcache *c)
{
	struct efs_list *l;
	int err = efsu_bcache_write_all(c);
	int e;

	efs_mutex_lock(&c->lock);
	if (c->nfailed || c->unreported) {
		err = -EIO;
		c->unreported = false;
		for (l = c->ring.next; l != &c->ring; l = l->next) {
			struct buffer *b = container_of(l, struct buffer, ring);

			if (!(b->flags & (B_DIRTY | B_WRITING)))
				buf_clear_failed(c, b);
		}
	}
	efs_mutex_unlock(&c->lock);

	e = efsu_bcache_flush(c);
	return err || e ? -EIO : 0;
}
