/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's half of the contract: words and types. See core/port.h.
 */
#ifndef EFS_PORT_TYPES_H
#define EFS_PORT_TYPES_H

#include <linux/bitops.h>
#include <linux/buffer_head.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/percpu_counter.h>
#include <linux/ratelimit.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>

#define __efs_cacheline ____cacheline_aligned_in_smp

/* A programming error: say so once and go on. Never reached by what a disk contains. */
#define efs_assert(cond) WARN_ON_ONCE(!(cond))

typedef spinlock_t efs_spin_t;
typedef struct rw_semaphore efs_rwsem_t;
typedef struct percpu_counter efs_ctr_t;

/**
 * struct efs_buf - a buffer head under the core's name: only ever a cast
 * @bh: of the block device's mapping
 */
struct efs_buf {
	struct buffer_head bh;
};

/**
 * struct efs_sb_port - what the port adds to a mount
 * @vfs: the VFS super block; set before efs_mount()
 * @blocks: blocks of the device; set before efs_mount(), the limit of efs_buf_read()
 * @rs: keeps a bad volume from flooding the log
 */
struct efs_sb_port {
	struct super_block *vfs;
	u64 blocks;
	struct ratelimit_state rs;
};

/**
 * struct efs_inode_port - what the port adds to an inode
 * @nofs: allocation scope to restore when the map lock is given back; under that lock
 */
struct efs_inode_port {
	unsigned int nofs;
};

static inline u32 efs_ctz64(u64 v)
{
	return __builtin_ctzll(v);
}

static inline u32 efs_clz64(u64 v)
{
	return __builtin_clzll(v);
}

#endif /* EFS_PORT_TYPES_H */
