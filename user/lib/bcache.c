// SPDX-License-Identifier: GPL-2.0
/*
 * The buffer cache: blocks of metadata in memory, written back late and in order.
 *
 * A hash finds buffers, a ring with a clock hand chooses which to give up, a list
 * holds the dirty ones, which bcache_write.c writes. File data does not pass through here;
 * it goes straight to the device, and efsu_bcache_drop() takes away what the cache may
 * still hold of a block that became data.
 *
 * Invariants:
 * - Memory is bounded by conf.bytes, except while more buffers than that are referenced
 *   at once: then the cache grows rather than dead-lock. When nothing can be given up
 *   because the device refuses what is dirty, new blocks are refused with -EIO.
 * - A buffer whose write failed stays dirty and is tried again at the next write-out;
 *   the failure is remembered until a sync has reported it.
 * - B_DEAD buffers are in no hash chain, are never dirty, and go when the last reference
 *   does. Nobody can find them.
 * - A buffer has one owner at most, an inode by number; 0 is none.
 * - A forgotten or dropped buffer is not under write-out when the call returns, so a
 *   write of the old contents cannot pass a write of the new ones.
 *
 * Locks: wb_lock (one write-out at a time; owns bounce and batch), then lock (everything
 * else here), then a buffer's own lock, held for one copy. I/O is done under wb_lock or
 * none. B_READING and B_WRITING say that I/O is under way; cond tells of their end.
 * The last reference to a buffer may be dropped without a lock, but it rises from 0
 * only under lock.
 */
#include "bcache_priv.h"

#define DEFAULT_BYTES	(4u << 20)
#define MIN_BUFFERS	32u
#define BOUNCE_BYTES	(256u << 10)
#define AHEAD_BYTES	(128u << 10)

static struct buffer **hash_head(struct efsu_bcache *c, u32 blk)
{
	return &c->hash[(blk * 0x9E3779B1u >> 7) & c->hash_mask];
}

static struct buffer *hash_find(struct efsu_bcache *c, u32 blk)
{
	struct buffer *b = *hash_head(c, blk);

	while (b && b->b.nr != blk)
		b = b->chain;
	return b;
}

static void hash_del(struct efsu_bcache *c, struct buffer *b)
{
	struct buffer **p = hash_head(c, b->b.nr);

	while (*p != b)
		p = &(*p)->chain;
	*p = b->chain;
}

/* all blk/len pairs below are blocks; requests are whole blocks */
static u64 byte_of(struct efsu_bcache *c, u32 blk)
{
	return (u64)blk << c->conf.block_bits;
}

int efsu_bcache_io(struct efsu_bcache *c, bool write, u32 blk, u32 len, void *buf)
{
	size_t n = (size_t)len << c->conf.block_bits;
	int err;

	if (write)
		err = efs_device_write(c->conf.dev, byte_of(c, blk), buf, n);
	else
		err = efs_device_read(c->conf.dev, byte_of(c, blk), buf, n);
	efs_mutex_lock(&c->lock);
	++*(write ? &c->stat.writes : &c->stat.reads);
	*(write ? &c->stat.write_blocks : &c->stat.read_blocks) += len;
	efs_mutex_unlock(&c->lock);
	if (!err)
		return 0;
	if (c->conf.io_error)
		c->conf.io_error(c->conf.ctx, write, blk, len, err);
	/* whatever the device says (a full host disk, say) is an I/O error to an ext2 */
	return -EIO;
}

/* ---- life of a buffer; all under lock ---- */

static struct buffer *buf_alloc(struct efsu_bcache *c, u32 blk)
{
	struct buffer *b = efs_env_zalloc(c->conf.env, sizeof(*b));

	if (!b)
		return NULL;
	b->b.data = io_alloc(c, 1);
	if (!b->b.data) {
		efs_env_free(c->conf.env, b, sizeof(*b));
		return NULL;
	}
	efs_mutex_init(&b->b.lock);
	b->c = c;
	b->b.nr = blk;
	b->b.refs = 1;
	b->flags = B_USED;
	efs_list_init(&b->dirty);
	efs_list_add_tail(&b->ring, c->hand);
	b->chain = *hash_head(c, blk);
	*hash_head(c, blk) = b;
	c->stat.buffers++;
	return b;
}

/* not referenced, not dirty, no I/O; in no hash chain any more */
static void buf_free(struct efsu_bcache *c, struct buffer *b)
{
	if (c->hand == &b->ring)
		c->hand = b->ring.next;
	efs_list_del(&b->ring);
	c->stat.buffers--;
	efs_mutex_fini(&b->b.lock);
	io_free(c, b->b.data, 1);
	efs_env_free(c->conf.env, b, sizeof(*b));
}

/* the caller waited for I/O to end */
static void buf_kill(struct efsu_bcache *c, struct buffer *b)
{
	if (b->flags & B_DEAD)
		return;
	buf_clear_dirty(c, b);
	buf_clear_failed(c, b);
	hash_del(c, b);
	b->flags |= B_DEAD;
}

void efsu_bcache_put_locked(struct efsu_bcache *c, struct buffer *b)
{
	efs_buf_put(&b->b);
	if ((b->flags & B_DEAD) && !buf_refs(b))
		buf_free(c, b);
}

/* ---- finding and giving up ---- */

/* Give up one clean, unused buffer, or say whether there are dirty ones; lock held. */
static bool give_up(struct efsu_bcache *c, bool *dirty)
{
	u32 steps;

	*dirty = false;
	/* twice round, and past the ring's head: the first time may only take B_USED away */
	for (steps = 2 * c->stat.buffers + 2; steps; steps--) {
		struct buffer *b;

		if (c->hand == &c->ring) {
			c->hand = c->ring.next;
			continue;
		}
		b = container_of(c->hand, struct buffer, ring);
		c->hand = c->hand->next;
		if (buf_refs(b) || (b->flags & (B_READING | B_WRITING)))
			continue;
		if (b->flags & B_DIRTY) {
			*dirty = true;
			continue;
		}
		if (b->flags & B_USED) {
			b->flags &= ~B_USED;
			continue;
		}
		if (b->flags & B_FAILED)
			c->unreported = true;
		buf_kill(c, b);
		buf_free(c, b);
		return true;
	}
	return false;
}

/*
 * Make room for one more buffer; lock held, and dropped at times.
 * Return: 0 go on, 1 the lock was dropped: look again, -EIO.
 */
static int make_room(struct efsu_bcache *c)
{
	bool dirty;
	int err;

	while (c->stat.buffers >= c->max) {
		if (give_up(c, &dirty))
			continue;
		if (!dirty)
			break;
		efs_mutex_unlock(&c->lock);
		err = efsu_bcache_write_all(c);
		efs_mutex_lock(&c->lock);
		/* one bad block among many must not stop the rest */
		return err && !give_up(c, &dirty) ? err : 1;
	}
	return 0;
}

int efsu_bcache_get(struct efsu_bcache *c, u32 blk, bool fresh, struct efs_buf **out)
{
	struct buffer *b;
	int err = 0;

	if (blk >= c->conf.blocks)
		return -EFSCORRUPTED;
	efs_mutex_lock(&c->lock);
	for (;;) {
		b = hash_find(c, blk);
		if (b && !(b->flags & B_READING))
			break;
		if (b) {
			efs_cond_wait(&c->cond, &c->lock);
			continue;
		}
		err = make_room(c);
		if (err < 0)
			goto out_unlock;
		if (err > 0)
			continue;
		c->stat.misses++;
		b = buf_alloc(c, blk);
		if (!b) {
			err = -ENOMEM;
			goto out_unlock;
		}
		b->flags |= B_READING;
		efs_mutex_unlock(&c->lock);
		if (fresh)
			memset(b->b.data, 0, c->block_size);
		else
			err = efsu_bcache_io(c, false, blk, 1, b->b.data);
		efs_mutex_lock(&c->lock);
		b->flags &= ~B_READING;
		efs_cond_wake(&c->cond);
		if (err) {
			efs_buf_put(&b->b);
			buf_kill(c, b);
			buf_free(c, b);
			goto out_unlock;
		}
		efs_mutex_unlock(&c->lock);
		*out = &b->b;
		return 0;
	}
	c->stat.hits++;
	b->flags |= B_USED;
	efs_buf_ref(&b->b);
	if (fresh) {
		wait_io(c, b, B_WRITING);
		buf_clear_dirty(c, b);
		buf_clear_failed(c, b);
		b->owner = 0;
		__atomic_store_n(&b->b.verified, false, __ATOMIC_RELEASE);
	}
	efs_mutex_unlock(&c->lock);
	if (fresh) {
		efs_buf_lock(&b->b);
		memset(b->b.data, 0, c->block_size);
		efs_buf_unlock(&b->b);
	}
	*out = &b->b;
	return 0;

out_unlock:
	efs_mutex_unlock(&c->lock);
	return err;
}

void efsu_bcache_own(struct efs_buf *efs_buf, u32 owner)
{
	struct buffer *b = buffer(efs_buf);

	efs_mutex_lock(&b->c->lock);
	b->owner = owner;
	efs_mutex_unlock(&b->c->lock);
}

void efsu_bcache_dirty(struct efs_buf *efs_buf)
{
	struct buffer *b = buffer(efs_buf);
	struct efsu_bcache *c = b->c;

	efs_mutex_lock(&c->lock);
	if (!(b->flags & B_DEAD))
		buf_set_dirty(c, b);
	efs_mutex_unlock(&c->lock);
}

void efsu_bcache_forget(struct efs_buf *efs_buf)
{
	struct buffer *b;
	struct efsu_bcache *c;

	if (!efs_buf)
		return;
	b = buffer(efs_buf);
	c = b->c;
	efs_mutex_lock(&c->lock);
	wait_io(c, b, B_WRITING);
	buf_kill(c, b);
	efs_buf_put(&b->b);
	if (!buf_refs(b))
		buf_free(c, b);
	efs_mutex_unlock(&c->lock);
}

void efsu_bcache_drop(struct efsu_bcache *c, u32 blk, u32 len)
{
	u32 i;

	efs_mutex_lock(&c->lock);
	for (i = 0; i < len; i++) {
		struct buffer *b = hash_find(c, blk + i);

		if (!b)
			continue;
		if (b->flags & (B_READING | B_WRITING)) {
			/* it may be another buffer, or none, after the wait */
			efs_cond_wait(&c->cond, &c->lock);
			i--;
			continue;
		}
		buf_kill(c, b);
		if (!buf_refs(b))
			buf_free(c, b);
	}
	efs_mutex_unlock(&c->lock);
}

/* ---- reading ahead ---- */

/*
 * Claim the missing blocks at the start of @v's range; lock held. Gives up buffers only
 * where that costs no write: this is a hint.
 */
static u32 ahead_claim(struct efsu_bcache *c, u32 blk, u32 len, struct buffer **v)
{
	bool dirty;
	u32 n;

	for (n = 0; n < len && !hash_find(c, blk + n); n++) {
		if (c->stat.buffers >= c->max && !give_up(c, &dirty))
			break;
		v[n] = buf_alloc(c, blk + n);
		if (!v[n])
			break;
		v[n]->flags |= B_READING;
	}
	return n;
}

void efsu_bcache_ahead(struct efsu_bcache *c, u32 blk, u32 len)
{
	struct buffer *v[AHEAD_BYTES >> EFS_MIN_BLOCK_BITS];
	u32 i, n;
	char *tmp;
	int err;

	if (blk >= c->conf.blocks)
		return;
	len = min(len, c->conf.blocks - blk);
	len = min(len, max(AHEAD_BYTES >> c->conf.block_bits, 2u));
	len = min(len, c->max / 4);
	efs_mutex_lock(&c->lock);
	while (len) {
		if (hash_find(c, blk)) {
			blk++;
			len--;
			continue;
		}
		n = ahead_claim(c, blk, len, v);
		if (n == 0)
			break;
		efs_mutex_unlock(&c->lock);
		tmp = n > 1 ? io_alloc(c, n) : v[0]->b.data;
		err = tmp ? efsu_bcache_io(c, false, blk, n, tmp) : -ENOMEM;
		for (i = 0; !err && n > 1 && i < n; i++)
			memcpy(v[i]->b.data, tmp + i * c->block_size, c->block_size);
		if (n > 1)
			io_free(c, tmp, n);
		efs_mutex_lock(&c->lock);
		for (i = 0; i < n; i++) {
			v[i]->flags &= ~B_READING;
			efs_buf_put(&v[i]->b);
			if (err) {
				buf_kill(c, v[i]);
				buf_free(c, v[i]);
			}
		}
		efs_cond_wake(&c->cond);
		if (err)
			break;
		blk += n;
		len -= n;
	}
	efs_mutex_unlock(&c->lock);
}

/* ---- file data ---- */

int efsu_bcache_data_read(struct efsu_bcache *c, u32 blk, u32 len, void *buf)
{
	return efsu_bcache_io(c, false, blk, len, buf);
}

int efsu_bcache_data_write(struct efsu_bcache *c, u32 blk, u32 len, const void *buf)
{
	return efsu_bcache_io(c, true, blk, len, (void *)buf);
}

int efsu_bcache_data_zero(struct efsu_bcache *c, u32 blk, u32 len)
{
	int err = 0;

	efs_mutex_lock(&c->wb_lock);
	memset(c->bounce, 0, min(len, c->bounce_blocks) * c->block_size);
	while (!err && len) {
		u32 n = min(len, c->bounce_blocks);

		err = efsu_bcache_io(c, true, blk, n, c->bounce);
		blk += n;
		len -= n;
	}
	efs_mutex_unlock(&c->wb_lock);
	return err;
}

/* ---- the cache itself ---- */

void efsu_bcache_stat(struct efsu_bcache *c, struct efsu_bcache_stat *st)
{
	efs_mutex_lock(&c->lock);
	*st = c->stat;
	efs_mutex_unlock(&c->lock);
}

int efsu_bcache_new(const struct efsu_bcache_conf *conf, struct efsu_bcache **out)
{
	struct efsu_bcache *c = efs_env_zalloc(conf->env, sizeof(*c));
	size_t bytes = conf->bytes ? conf->bytes : DEFAULT_BYTES;
	u32 slots = 64;

	if (!c)
		return -ENOMEM;
	c->conf = *conf;
	c->block_size = (size_t)1 << conf->block_bits;
	c->max = max_t(u32, min_t(size_t, bytes >> conf->block_bits, 1 << 24), MIN_BUFFERS);
	/* not more than a small cache itself */
	c->bounce_blocks = max((u32)min_t(size_t, BOUNCE_BYTES, bytes) >> conf->block_bits, 1u);
	c->batch_max = c->max;
	while (slots < c->max)
		slots *= 2;
	c->hash_mask = slots - 1;
	efs_list_init(&c->ring);
	efs_list_init(&c->dirty);
	c->hand = &c->ring;
	efs_mutex_init(&c->wb_lock);
	efs_mutex_init(&c->lock);
	efs_cond_init(&c->cond);
	c->hash = efs_env_zalloc(conf->env, slots * sizeof(struct buffer *));
	c->batch = efs_env_zalloc(conf->env, c->batch_max * sizeof(struct buffer *));
	c->bounce = io_alloc(c, c->bounce_blocks);
	if (!c->hash || !c->batch || !c->bounce) {
		efsu_bcache_free(c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

u32 efsu_bcache_free(struct efsu_bcache *c)
{
	const struct efs_env *env;
	u32 refs = 0;

	if (!c)
		return 0;
	env = c->conf.env;
	while (!efs_list_empty(&c->ring)) {
		struct buffer *b = container_of(c->ring.next, struct buffer, ring);

		refs += buf_refs(b);
		buf_kill(c, b);
		buf_free(c, b);
	}
	efs_cond_fini(&c->cond);
	efs_mutex_fini(&c->lock);
	efs_mutex_fini(&c->wb_lock);
	io_free(c, c->bounce, c->bounce_blocks);
	efs_env_free(env, c->batch, c->batch_max * sizeof(struct buffer *));
	efs_env_free(env, c->hash, (c->hash_mask + 1) * sizeof(struct buffer *));
	efs_env_free(env, c, sizeof(*c));
	return refs;
}
