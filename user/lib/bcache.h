/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The buffer cache between a file system and its block device; see bcache.c.
 */
#ifndef EFSU_BCACHE_H
#define EFSU_BCACHE_H

#include "dev.h"
#include "env.h"
#include "../../core/port.h"

struct efsu_bcache;

/**
 * struct efsu_bcache_conf - what a cache is made for
 * @dev: stays the caller's, and outlives the cache
 * @env: filled; likewise
 * @block_bits: logarithm of the block size
 * @blocks: blocks of the device; reading past them is refused
 * @bytes: memory for blocks, passed only while that many are in use at once; 0: 4 MiB
 * @io_error: told about each failed request of the device; may be NULL. Called without
 *	locks of the cache; must not call back into it
 * @ctx: handed to @io_error
 */
struct efsu_bcache_conf {
	struct efs_device *dev;
	const struct efs_env *env;
	u32 block_bits;
	u32 blocks;
	size_t bytes;
	void (*io_error)(void *ctx, bool write, u32 blk, u32 len, int err);
	void *ctx;
};

/** struct efsu_bcache_stat - counts since the cache was made; requests to the device */
struct efsu_bcache_stat {
	u64 hits, misses;
	u64 reads, read_blocks;
	u64 writes, write_blocks;
	u32 buffers, dirty;
};

/** efsu_bcache_new() - Return: 0, -ENOMEM */
int efsu_bcache_new(const struct efsu_bcache_conf *conf, struct efsu_bcache **out);

/**
 * efsu_bcache_free() - the end; what is dirty still is lost; accepts NULL
 * Return: references that were never put: 0 unless someone has a bug.
 */
u32 efsu_bcache_free(struct efsu_bcache *c);

/**
 * efsu_bcache_get() - a referenced buffer of block @blk
 * @fresh: the contents are of no interest: zero-filled, not dirty, not verified
 *
 * Return: 0; -EFSCORRUPTED when @blk is past the device; -ENOMEM; -EIO, also when the
 * cache is full of blocks that the device refuses to take.
 */
int efsu_bcache_get(struct efsu_bcache *c, u32 blk, bool fresh, struct efs_buf **out);

/** efsu_bcache_dirty() - the contents changed; ignored for a forgotten buffer */
void efsu_bcache_dirty(struct efs_buf *b);

/** efsu_bcache_own() - the block belongs to inode @owner until it is forgotten or made anew */
void efsu_bcache_own(struct efs_buf *b, u32 owner);

/**
 * efsu_bcache_write() - write one buffer now, if dirty
 * Return: 0, or -EIO for a failure now or one since the last successful sync.
 */
int efsu_bcache_write(struct efs_buf *b);

/**
 * efsu_bcache_write_owned() - write the dirty buffers of inode @owner; does not flush
 * Return: 0, -ENOMEM, or -EIO as efsu_bcache_write().
 */
int efsu_bcache_write_owned(struct efsu_bcache *c, u32 owner);

/** efsu_bcache_flush() - what was written is durable; Return: 0 or -EIO */
int efsu_bcache_flush(struct efsu_bcache *c);

/** efsu_bcache_forget() - consumes the reference; the buffer is never written. NULL is fine */
void efsu_bcache_forget(struct efs_buf *b);

/** efsu_bcache_drop() - forget whatever is cached of @len blocks at @blk */
void efsu_bcache_drop(struct efsu_bcache *c, u32 blk, u32 len);

/** efsu_bcache_ahead() - read what is missing of @len blocks at @blk, in one request a gap */
void efsu_bcache_ahead(struct efsu_bcache *c, u32 blk, u32 len);

/**
 * efsu_bcache_sync() - write everything dirty in block order, and flush the device
 * Return: 0, or -EIO if anything since the last call could not be written.
 */
int efsu_bcache_sync(struct efsu_bcache *c);

/**
 * efsu_bcache_data_read() - file data, past the cache; efsu_bcache_data_write() likewise
 * @len: blocks; one request to the device
 * Return: 0 or -EIO.
 */
int efsu_bcache_data_read(struct efsu_bcache *c, u32 blk, u32 len, void *buf);
int efsu_bcache_data_write(struct efsu_bcache *c, u32 blk, u32 len, const void *buf);

/** efsu_bcache_data_zero() - the same, zeros; needs no memory */
int efsu_bcache_data_zero(struct efsu_bcache *c, u32 blk, u32 len);

void efsu_bcache_stat(struct efsu_bcache *c, struct efsu_bcache_stat *st);

#endif /* EFSU_BCACHE_H */
