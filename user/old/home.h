/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the userspace home share; callers see fs.h.
 */
#ifndef EFSU_HOME_H
#define EFSU_HOME_H

#include "../lib/home.h"
#include "fs.h"

#define EFSU_I_LOADING	0x1	/* being read; wait for it */
#define EFSU_I_DYING	0x2	/* being deleted or dropped; wait until it is gone */
#define EFSU_I_LRU	0x4	/* on the list of unused inodes */

#define EFSU_ICACHE_SLOTS	1024u
#define EFSU_ICACHE_UNUSED	1024u	/* unused inodes kept */

/**
 * struct efsu_fs - a mounted volume
 * @sb: the core's part
 * @root: held while mounted
 * @rename_lock: lock 1: one rename across directories at a time
 * @ilock: protects the inode cache: @slots, @lru, @unused, refs and state of inodes
 * @icond: an inode left EFSU_I_LOADING or EFSU_I_DYING
 * @failed: first error that no caller saw; by __atomic only
 * @forgot_entry: an inode left memory whose entry may not be durable; by __atomic only
 */
struct efsu_fs {
	struct efs_home home;
	struct efs_sb sb;
	struct efsu_opts opts;
	struct efsu_inode *root;

	pthread_mutex_t rename_lock;

	pthread_mutex_t ilock;
	pthread_cond_t icond;
	struct efsu_inode *slots[EFSU_ICACHE_SLOTS];
	struct efsu_inode *lru_first, *lru_last;
	u32 unused;
	u32 inodes;

	int failed;
	bool forgot_entry;
};

static inline struct efsu_fs *efsu_fs(const struct efs_sb *sb)
{
	return container_of(efs_home(sb), struct efsu_fs, home);
}

static inline struct efsu_fs *efsu_ifs(const struct efsu_inode *i)
{
	return efsu_fs(i->core.sb);
}

/** efsu_note_error() - an error that the next sync must tell; 0 is ignored */
void efsu_note_error(struct efsu_fs *fs, int err);

/** efsu_io_error() - io_error of struct efsu_bcache_conf; @ctx is the struct efsu_fs */
void efsu_io_error(void *ctx, bool write, u32 blk, u32 len, int err);

/**
 * efsu_inew() - allocate an inode on disk and in memory, born in @dir
 * @dir: lock 2 held
 * @nlink: 0 or 1
 *
 * Return: 0 and a referenced inode that can be found by number; -ENOSPC, ...
 */
int efsu_inew(struct efsu_inode *dir, const struct efsu_new *n, u32 nlink,
	      struct efsu_inode **out);

/** efsu_op_end() - the contents of @i changed: make that durable if it must be */
int efsu_op_end(struct efsu_inode *i);

/** efsu_note_entry() - @i has a new name in @dir, which efsu_fsync() makes durable */
void efsu_note_entry(struct efsu_inode *i, const struct efsu_inode *dir);

/**
 * efsu_name_end() - names in @dir changed, and with them @i, which may be NULL: make that
 * durable if @dir is synchronous
 */
int efsu_name_end(struct efsu_inode *dir, struct efsu_inode *i);

#endif /* EFSU_HOME_H */
