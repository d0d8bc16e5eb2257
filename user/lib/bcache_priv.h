/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bcache.c and bcache_write.c share; invariants and locks are told in bcache.c.
 */
#ifndef EFSU_BCACHE_PRIV_H
#define EFSU_BCACHE_PRIV_H

#include "bcache.h"
#include "../../core/engine/efs.h"

#define B_READING	0x01
#define B_WRITING	0x02
#define B_DIRTY		0x04
#define B_DEAD		0x08
#define B_USED		0x10	/* since the hand passed */
#define B_FAILED	0x20	/* a write failed and no sync has said so */

struct buffer {
	struct efs_buf b;
	struct efsu_bcache *c;
	struct buffer *chain;
	struct efs_list ring;
	struct efs_list dirty;
	u32 owner;
	u32 flags;
};

struct efsu_bcache {
	struct efsu_bcache_conf conf;
	size_t block_size;
	u32 max;

	efs_mutex_t wb_lock;
	char *bounce;
	u32 bounce_blocks;
	struct buffer **batch;
	u32 batch_max;

	efs_mutex_t lock;
	efs_cond_t cond;
	struct buffer **hash;
	u32 hash_mask;
	struct efs_list ring;
	struct efs_list *hand;
	struct efs_list dirty;
	u32 nfailed;		/* buffers with B_FAILED */
	bool unreported;	/* one of them is gone, written in the end */
	struct efsu_bcache_stat stat;
};

static inline struct buffer *buffer(struct efs_buf *b)
{
	return container_of(b, struct buffer, b);
}

static inline u32 buf_refs(const struct buffer *b)
{
	return __atomic_load_n(&b->b.refs, __ATOMIC_ACQUIRE);
}

/* memory for @n blocks on their way */
static inline void *io_alloc(struct efsu_bcache *c, u32 n)
{
	return efs_env_alloc(c->conf.env, n * c->block_size, EFS_IO_ALIGN);
}

static inline void io_free(struct efsu_bcache *c, void *p, u32 n)
{
	efs_env_free(c->conf.env, p, n * c->block_size);
}

/* ---- state of a buffer; all under lock ---- */

static inline void buf_set_dirty(struct efsu_bcache *c, struct buffer *b)
{
	if (b->flags & B_DIRTY)
		return;
	b->flags |= B_DIRTY;
	efs_list_add_tail(&b->dirty, &c->dirty);
	c->stat.dirty++;
}

static inline void buf_clear_dirty(struct efsu_bcache *c, struct buffer *b)
{
	if (!(b->flags & B_DIRTY))
		return;
	b->flags &= ~B_DIRTY;
	efs_list_del(&b->dirty);
	c->stat.dirty--;
}

static inline void buf_clear_failed(struct efsu_bcache *c, struct buffer *b)
{
	if (!(b->flags & B_FAILED))
		return;
	b->flags &= ~B_FAILED;
	c->nfailed--;
}

static inline void wait_io(struct efsu_bcache *c, struct buffer *b, u32 which)
{
	while (b->flags & which)
		efs_cond_wait(&c->cond, &c->lock);
}

/* ---- bcache.c ---- */

/** efsu_bcache_io() - one request; @blk, @len: blocks. No lock held, or wb_lock. Return: 0, -EIO */
int efsu_bcache_io(struct efsu_bcache *c, bool write, u32 blk, u32 len, void *buf);

/** efsu_bcache_put_locked() - drop a reference; a dead buffer goes with the last. lock held */
void efsu_bcache_put_locked(struct efsu_bcache *c, struct buffer *b);

/* ---- bcache_write.c ---- */

/** efsu_bcache_write_all() - write what is dirty now, each buffer once; no lock held.
 * Return: 0, or -EIO if a request failed: the others were made.
 */
int efsu_bcache_write_all(struct efsu_bcache *c);

#endif /* EFSU_BCACHE_PRIV_H */
