/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's half of the contract: what must be free. See core/port.h.
 */
#ifndef EFS_PORT_OPS_H
#define EFS_PORT_OPS_H

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/uidgid.h>
#include "compat.h"

/**
 * struct efsk_inode - core and VFS inode in one slab object
 * @core: the core's part
 * @flags: EFSK_I_ bits, atomic
 * @write_end: where the buffered write under way will end, in bytes; 0: there is none.
 *	Written under i_rwsem, a hint for others
 * @dsync: a write with O_DSYNC is under way, which maps blocks as in a synchronous file.
 *	Written under i_rwsem, held for writing
 * @entry_dir: directory that got the newest entry for this inode, see EFSK_I_NEWENTRY
 * @vfs: the VFS inode, which owns size, mode, ids, link count, times
 */
struct efsk_inode {
	struct efs_inode core;
	unsigned long flags;
	u64 write_end;
	bool dsync;
	u32 entry_dir;
	struct inode vfs;
};

static inline struct inode *efsk_vfs(struct efs_inode *ei)
{
	return &container_of(ei, struct efsk_inode, core)->vfs;
}

static inline const struct inode *efsk_vfs_const(const struct efs_inode *ei)
{
	return &container_of(ei, const struct efsk_inode, core)->vfs;
}

/* ---- buffers ---- */

/* first state bit that buffer.c leaves to others */
#define EFS_BH_VERIFIED BH_PrivateStart

static inline void *efs_buf_data(struct efs_buf *b)
{
	return b->bh.b_data;
}

static inline u32 efs_buf_nr(const struct efs_buf *b)
{
	return (u32)b->bh.b_blocknr;
}

static inline void efs_buf_ref(struct efs_buf *b)
{
	get_bh(&b->bh);
}

static inline void efs_buf_put(struct efs_buf *b)
{
	if (b)
		brelse(&b->bh);
}

static inline void efs_buf_lock(struct efs_buf *b)
{
	lock_buffer(&b->bh);
}

static inline void efs_buf_unlock(struct efs_buf *b)
{
	unlock_buffer(&b->bh);
}

static inline bool efs_buf_verified(const struct efs_buf *b)
{
	return test_bit_acquire(EFS_BH_VERIFIED, &b->bh.b_state);
}

static inline void efs_buf_set_verified(struct efs_buf *b)
{
	smp_mb__before_atomic(); /* pairs with efs_buf_verified(): checked, then noted */
	set_bit(EFS_BH_VERIFIED, &b->bh.b_state);
}

/* ---- locks; initialisers are macros, so that each site is a lock class ---- */

#define efs_spin_init(l)	spin_lock_init(l)
#define efs_spin_lock(l)	spin_lock(l)
#define efs_spin_unlock(l)	spin_unlock(l)
#define efs_spin_assert(l)	lockdep_assert_held(l)
#define efs_rwsem_init(l)	init_rwsem(l)
#define efs_rd_lock(l)		down_read(l)
#define efs_rd_unlock(l)	up_read(l)
#define efs_wr_lock(l)		down_write(l)
#define efs_wr_unlock(l)	up_write(l)

static inline void efs_map_wlock(struct efs_inode *ei)
{
	down_write(&ei->map_lock);
	ei->port.nofs = memalloc_nofs_save();
}

static inline void efs_map_wunlock(struct efs_inode *ei)
{
	unsigned int nofs = ei->port.nofs;

	up_write(&ei->map_lock);
	memalloc_nofs_restore(nofs);
}

/* ---- counters ---- */

static inline int efs_ctr_init(efs_ctr_t *c, s64 v)
{
	return percpu_counter_init(c, v, GFP_KERNEL);
}

static inline void efs_ctr_add(efs_ctr_t *c, s64 v)
{
	percpu_counter_add(c, v);
}

static inline s64 efs_ctr_read(efs_ctr_t *c)
{
	return percpu_counter_read(c);
}

static inline s64 efs_ctr_sum(efs_ctr_t *c)
{
	return percpu_counter_sum(c);
}

static inline void efs_ctr_fini(efs_ctr_t *c)
{
	percpu_counter_destroy(c);
}

/* ---- attributes, which the VFS inode owns ---- */

static inline u64 efs_i_size(const struct efs_inode *ei)
{
	return i_size_read(efsk_vfs_const(ei));
}

static inline void efs_i_size_set(struct efs_inode *ei, u64 size)
{
	i_size_write(efsk_vfs(ei), size);
}

static inline u16 efs_i_mode(const struct efs_inode *ei)
{
	return efsk_vfs_const(ei)->i_mode;
}

static inline u32 efs_i_nlink(const struct efs_inode *ei)
{
	return efsk_vfs_const(ei)->i_nlink;
}

static inline void efs_i_nlink_set(struct efs_inode *ei, u32 nlink)
{
	set_nlink(efsk_vfs(ei), nlink);
}

static inline u64 efs_i_sectors(const struct efs_inode *ei)
{
	return READ_ONCE(efsk_vfs_const(ei)->i_blocks);
}

/* All space is in whole sectors, so i_bytes stays 0. */
static inline void efs_i_sectors_add(struct efs_inode *ei, s64 sectors)
{
	struct inode *inode = efsk_vfs(ei);

	spin_lock(&inode->i_lock);
	WRITE_ONCE(inode->i_blocks, inode->i_blocks + sectors);
	spin_unlock(&inode->i_lock);
}

static inline void efs_i_touch(struct efs_inode *ei, u32 which)
{
	struct inode *inode = efsk_vfs(ei);
	struct timespec64 now = current_time(inode);

	if (which & EFS_ATIME)
		efs_atime_set(inode, now);
	if (which & EFS_MTIME)
		efs_mtime_set(inode, now);
	if (which & EFS_CTIME)
		efs_ctime_set(inode, now);
}

static inline void efs_i_mark_dirty(struct efs_inode *ei)
{
	mark_inode_dirty(efsk_vfs(ei));
}

static inline bool efs_i_sync(const struct efs_inode *ei)
{
	const struct inode *inode = efsk_vfs_const(ei);

	if (S_ISDIR(inode->i_mode))
		return IS_DIRSYNC(inode);
	return IS_SYNC(inode) || READ_ONCE(container_of(ei, struct efsk_inode, core)->dsync);
}

static inline struct efs_time efsk_time(struct timespec64 ts)
{
	return (struct efs_time){ .sec = ts.tv_sec, .nsec = ts.tv_nsec };
}

static inline struct timespec64 efsk_timespec(struct efs_time t)
{
	return (struct timespec64){ .tv_sec = t.sec, .tv_nsec = t.nsec };
}

static inline void efs_i_attr_get(const struct efs_inode *ei, struct efs_attr *attr)
{
	const struct inode *inode = efsk_vfs_const(ei);

	attr->size = i_size_read(inode);
	attr->sectors = efs_i_sectors(ei);
	attr->uid = i_uid_read(inode);
	attr->gid = i_gid_read(inode);
	attr->nlink = inode->i_nlink;
	attr->mode = inode->i_mode;
	attr->atime = efsk_time(efs_atime(inode));
	attr->mtime = efsk_time(efs_mtime(inode));
	attr->ctime = efsk_time(efs_ctime(inode));
}

static inline void efs_i_attr_set(struct efs_inode *ei, const struct efs_attr *attr)
{
	struct inode *inode = efsk_vfs(ei);

	inode->i_mode = attr->mode;
	i_uid_write(inode, attr->uid);
	i_gid_write(inode, attr->gid);
	set_nlink(inode, attr->nlink);
	i_size_write(inode, attr->size);
	inode->i_blocks = attr->sectors;
	efs_atime_set(inode, efsk_timespec(attr->atime));
	efs_mtime_set(inode, efsk_timespec(attr->mtime));
	efs_ctime_set(inode, efsk_timespec(attr->ctime));
}

/* ---- the caller ---- */

/* Reserved blocks are for the named user, the named group unless it is 0, and root. */
static inline bool efs_privileged(struct efs_sb *sb)
{
	return uid_eq(current_fsuid(), make_kuid(&init_user_ns, sb->resuid)) ||
	       (sb->resgid && in_group_p(make_kgid(&init_user_ns, sb->resgid))) ||
	       ns_capable_noaudit(&init_user_ns, CAP_SYS_RESOURCE);
}

#define efs_cond_resched() cond_resched()

static inline bool efs_interrupted(void)
{
	return fatal_signal_pending(current);
}

#endif /* EFS_PORT_OPS_H */
