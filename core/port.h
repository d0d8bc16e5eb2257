/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The contract between the core and its homes.
 *
 * Everything the core needs from the place it runs in is named here, each item
 * with its rule: does it sleep, which locks may be held, who owns what. A home
 * (the kernel module, userspace, the test port) supplies two headers, found by
 * the compiler's include path, and one set of functions:
 *
 *   efs_port_types.h   inline half, first part: stateless words under kernel
 *                      names, and the types of everything that has state.
 *                      Included here, before any core structure exists.
 *   efs_port_ops.h     inline half, second part: operations that must be free.
 *                      Included at the end of engine/efs.h.
 *   (functions)        out-of-line half: declared below, linked in. This half is
 *                      the seam where the test port replaces the world.
 *
 * efs_port_types.h supplies
 *
 *   u8 u16 u32 u64 s8 s16 s32 s64 bool size_t NULL true false
 *   __le16 __le32 __le64, le16_to_cpu() ... cpu_to_le64()
 *   min() max() min_t() max_t() ARRAY_SIZE() container_of() offsetof()
 *   READ_ONCE() WRITE_ONCE() likely() unlikely() static_assert() __printf(a, b)
 *   div_u64(u64, u32), div_u64_rem(u64, u32, u32 *): no 64 by 64 division
 *   memcpy() memmove() memset() memcmp()
 *   the errno values EPERM ... with EUCLEAN among them
 *   efs_ctz64(u64), efs_clz64(u64): argument not 0
 *   efs_assert(cond): a programming error, never a consequence of disk contents
 *   efs_spin_t, efs_rwsem_t, efs_ctr_t
 *   struct efs_sb_port, struct efs_inode_port: the home's part of core objects
 *   struct efs_buf: one block of the device in memory; opaque to the core
 *   __efs_cacheline: alignment attribute for what several CPUs write, or nothing
 *
 * efs_port_ops.h supplies (none of these sleeps unless it says so)
 *
 *   void *efs_buf_data(b)       the block's bytes
 *   u32 efs_buf_nr(b)           its block number
 *   efs_buf_ref(b), efs_buf_put(b)   put accepts NULL
 *   efs_buf_lock(b), efs_buf_unlock(b)  sleeps; keeps write-out away while a
 *                               multi-word edit is half done; one at a time
 *   bool efs_buf_verified(b), efs_buf_set_verified(b)  a note that the contents
 *                               were validated; gone when the block is re-read,
 *                               made new, or forgotten
 *   efs_spin_init(l) (a macro: one lock class per site), efs_spin_lock(l),
 *   efs_spin_unlock(l), efs_spin_assert(l)
 *   efs_rwsem_init(l) (a macro), efs_rd_lock(l), efs_rd_unlock(l),
 *   efs_wr_lock(l), efs_wr_unlock(l)    sleep
 *   efs_map_wlock(ei), efs_map_wunlock(ei)   sleep; write side of ei->map_lock;
 *                               memory allocated inside must not re-enter the
 *                               filesystem (the kernel's NOFS scope)
 *   int efs_ctr_init(c, s64 v), efs_ctr_add(c, s64 v), s64 efs_ctr_read(c)
 *   (approximate, cheap), s64 efs_ctr_sum(c) (exact), efs_ctr_fini(c)
 *   u64 efs_i_size(ei), efs_i_size_set(ei, u64), u16 efs_i_mode(ei)
 *   u32 efs_i_nlink(ei), efs_i_nlink_set(ei, u32), u64 efs_i_sectors(ei)
 *   efs_i_sectors_add(ei, s64)  in units of 512 bytes
 *   efs_i_touch(ei, which)      EFS_ATIME | EFS_MTIME | EFS_CTIME := now
 *   efs_i_mark_dirty(ei)        the home will call efs_inode_store() later; may
 *                               sleep, never under a spin lock
 *   efs_i_attr_get(ei, struct efs_attr *), efs_i_attr_set(ei, const struct
 *   efs_attr *)                 all attributes at once, for load and store
 *   bool efs_i_sync(ei)         each change of this inode is to be synchronous
 *                               (for a directory: dirsync counts too)
 *   bool efs_privileged(sb)     may the caller use reserved blocks?
 *   efs_cond_resched(), bool efs_interrupted()   fatal signal pending
 */
#ifndef EFS_PORT_H
#define EFS_PORT_H

#include "efs_port_types.h"

struct efs_sb;
struct efs_inode;
struct efs_rep;
struct efs_buf;

#define EFSCORRUPTED EUCLEAN

enum efs_log_level { EFS_LOG_ERR, EFS_LOG_WARN, EFS_LOG_INFO, EFS_LOG_DEBUG };

/**
 * efs_buf_read() - get a block of the device with its contents
 * @sb: mounted file system
 * @blk: block number, below the device's size in blocks
 * @out: a referenced buffer, the caller puts it
 *
 * Sleeps. Must not be called under a spin lock or a buffer lock.
 * Return: 0, -EIO, -ENOMEM, or -EFSCORRUPTED when @blk is out of range.
 */
int efs_buf_read(struct efs_sb *sb, u32 blk, struct efs_buf **out);

/**
 * efs_buf_new() - get a block that was just allocated, without reading it
 * @sb: mounted file system
 * @blk: block number
 * @out: a referenced buffer: zero-filled, up to date, not yet dirty, not verified
 *
 * Sleeps. The home drops any older cached state of the block.
 * Return: 0, -ENOMEM or -EIO.
 */
int efs_buf_new(struct efs_sb *sb, u32 blk, struct efs_buf **out);

/**
 * efs_buf_dirty() - the contents changed and must reach the device some time
 * @sb: mounted file system
 * @owner: inode whose fsync must write this block (its indirect blocks, directory
 *	blocks, slow symlink), or NULL for bitmaps, descriptors, inode tables and
 *	the superblock; a block has one owner in its life
 * @b: buffer; the caller keeps its reference
 *
 * May sleep; never under a spin lock or a buffer lock.
 */
void efs_buf_dirty(struct efs_sb *sb, struct efs_inode *owner, struct efs_buf *b);

/**
 * efs_buf_sync() - write a dirty buffer now and wait for it
 * @b: buffer; the caller keeps its reference
 *
 * Sleeps.
 * Return: 0 or -EIO; after an earlier write-out of @b that failed, 0 only if it
 * was written again with success.
 */
int efs_buf_sync(struct efs_buf *b);

/**
 * efs_buf_forget() - the block was freed: never write this buffer
 * @b: buffer, or NULL
 *
 * Consumes the caller's reference; accepts NULL. May sleep.
 */
void efs_buf_forget(struct efs_buf *b);

/** efs_buf_ahead() - start reading @len blocks at @blk; a hint, waits for nothing */
void efs_buf_ahead(struct efs_sb *sb, u32 blk, u32 len);

/**
 * efs_order() - ordering point of an operation
 * @ei: inode on whose behalf the operation runs (the directory for name operations)
 * @b: buffer that must be durable before anything the operation writes later
 *
 * A home executes it when efs_i_sync(@ei): efs_buf_sync(), and no cache of the device may
 * hold the block back behind what is written later. Otherwise it may do nothing. The test
 * port records it. Sleeps; no spin lock, no buffer lock held.
 * Return: 0 or -EIO.
 */
int efs_order(struct efs_inode *ei, struct efs_buf *b);

/**
 * efs_data_new() - blocks are no longer metadata: they became file data, or were freed
 * @sb: mounted file system
 * @blk: first block
 * @len: how many
 *
 * The home drops metadata buffers of these blocks without writing them. Sleeps.
 */
void efs_data_new(struct efs_sb *sb, u32 blk, u32 len);

/**
 * efs_zero() - blocks that were just allocated, and are in no map yet, become zeros
 * @sb: mounted file system
 * @blk: first block
 * @len: how many
 *
 * Durable when it returns. Sleeps; no spin lock, no buffer lock held.
 * Return: 0 or -EIO.
 */
int efs_zero(struct efs_sb *sb, u32 blk, u32 len);

/**
 * efs_alloc() - zeroed memory, or NULL. Sleeps; never under a spin lock.
 * @sb: for whom; NULL: for what belongs to no mounted volume (core/unix/)
 * @size: in bytes
 *
 * Aligned for every core structure: as a u64 is and, where the home gives __efs_cacheline
 * an alignment, to that.
 * Return: the memory, which efs_free() takes back, or NULL.
 */
void *efs_alloc(struct efs_sb *sb, size_t size);

/** efs_free() - give memory of efs_alloc() back; accepts NULL. */
void efs_free(void *p);

/** efs_now() - current time: seconds since 1970 and, in @nsec, nanoseconds; @sb may be NULL */
s64 efs_now(struct efs_sb *sb, u32 *nsec);

/** efs_rand() - 32 random bits; a fixed sequence in tests */
u32 efs_rand(struct efs_sb *sb);

/**
 * efs_report() - tell people about an inconsistency
 * @sb: file system; its error state has been updated already
 * @rep: what, where; valid during the call
 *
 * Logs (rate-limited) and traces; panics if sb->errors is EFS_ERRORS_PANIC and the
 * home can. The core has already set the shutdown flag for EFS_ERRORS_RO. May sleep;
 * never under a spin lock.
 */
void efs_report(struct efs_sb *sb, const struct efs_rep *rep);

/** efs_log() - one line for the system's log, without a trailing newline; not ratelimited */
void efs_log(struct efs_sb *sb, enum efs_log_level level, const char *fmt, ...) __printf(3, 4);

/** efs_trace_alloc() - @len blocks at @start were allocated for inode @ino near @goal */
void efs_trace_alloc(struct efs_sb *sb, u32 ino, u32 goal, u32 start, u32 len);

/** efs_trace_free() - @len blocks at @start of inode @ino were freed */
void efs_trace_free(struct efs_sb *sb, u32 ino, u32 start, u32 len);

#endif /* EFS_PORT_H */
