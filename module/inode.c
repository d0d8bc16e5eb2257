// SPDX-License-Identifier: GPL-2.0
/*
 * Inodes between the VFS and the core: loading, storing, evicting, attributes.
 *
 * The VFS inode owns size, mode, ids, link count and times, the core everything else;
 * efs_inode_load() and efs_inode_store() move attributes through the port. What is set
 * up here is what only the kernel knows: operation tables, S_ flags, device numbers.
 *
 * An inode is stored without waiting by background writeback, which leaves it clean for
 * the VFS while its slot sits in a dirty buffer. EFSK_I_UNSYNCED remembers that, so that
 * a later fsync() of a "clean" inode still reaches the device.
 *
 * Truncation: the size is set and the page cache dropped first, then the core cuts the
 * pointers, then it frees the blocks; i_rwsem and invalidate_lock are held over all of it.
 *
 * Locks: see core/engine/efs.h. Eviction runs alone with its inode.
 */
#include <linux/blkdev.h>
#include <linux/pagemap.h>
#include <linux/writeback.h>
#include "efsk.h"

#define EFSK_S_FLAGS (S_SYNC | S_APPEND | S_IMMUTABLE | S_NOATIME | S_DIRSYNC)

void efsk_flags_to_vfs(struct inode *inode)
{
	u32 fl = efsk_core(inode)->flags;
	unsigned int s = 0;

	if (fl & EFS_FL_SYNC)
		s |= S_SYNC;
	if (fl & EFS_FL_APPEND)
		s |= S_APPEND;
	if (fl & EFS_FL_IMMUTABLE)
		s |= S_IMMUTABLE;
	if (fl & EFS_FL_NOATIME)
		s |= S_NOATIME;
	if (fl & EFS_FL_DIRSYNC)
		s |= S_DIRSYNC;
	inode_set_flags(inode, s, EFSK_S_FLAGS);
}

void efsk_set_ops(struct inode *inode)
{
	struct efs_inode *ei = efsk_core(inode);
	u32 major, minor;

	switch (inode->i_mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &efsk_file_iops;
		inode->i_fop = &efsk_file_fops;
		inode->i_mapping->a_ops = &efsk_aops;
		break;
	case S_IFDIR:
		inode->i_op = &efsk_dir_iops;
		inode->i_fop = &efsk_dir_fops;
		break;
	case S_IFLNK:
		if (efs_symlink_is_fast(ei)) {
			inode->i_op = &efsk_fast_symlink_iops;
			/* NUL-terminated: the core validated or wrote it */
			inode->i_link = (char *)ei->block;
		} else {
			inode->i_op = &efsk_symlink_iops;
		}
		break;
	default:
		efs_dev_decode(ei->block, &major, &minor);
		inode->i_op = &efsk_special_iops;
		init_special_inode(inode, inode->i_mode, MKDEV(major, minor));
	}
}

struct inode *efsk_iget(struct super_block *sb, unsigned long ino, bool stale_ok)
{
	struct inode *inode = iget_locked(sb, ino);
	struct efs_inode *ei;
	int err;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	if (!(inode->i_state & I_NEW))
		return inode;
	ei = efsk_core(inode);
	err = efs_inode_load(efsk_sb_core(sb), (u32)ino, stale_ok, ei);
	if (err) {
		iget_failed(inode);
		return ERR_PTR(err);
	}
	inode->i_generation = ei->generation;
	efsk_flags_to_vfs(inode);
	efsk_set_ops(inode);
	unlock_new_inode(inode);
	return inode;
}

/* put the inode into its slot; a failure to wait for it is made up for by the next fsync */
static int store(struct inode *inode, bool wait)
{
	struct efsk_inode *ki = efsk_i(inode);
	int err;

	if (wait)
		clear_bit(EFSK_I_UNSYNCED, &ki->flags);
	else
		set_bit(EFSK_I_UNSYNCED, &ki->flags);
	/* against efsk_sync_inode(), which looks at the bit before it decides to store */
	smp_mb__after_atomic();
	err = efs_inode_store(&ki->core, NULL, wait);
	if (err)
		set_bit(EFSK_I_UNSYNCED, &ki->flags);
	return err;
}

int efsk_write_inode(struct inode *inode, struct writeback_control *wbc)
{
	/* sync() writes the whole device afterwards and waits once */
	return store(inode, wbc->sync_mode == WB_SYNC_ALL && !wbc->for_sync);
}

int efsk_sync_inode(struct inode *inode, bool datasync)
{
	unsigned long dirty = datasync ? I_DIRTY_DATASYNC : I_DIRTY_ALL;
	int err = sync_mapping_buffers(inode->i_mapping), err2 = 0;

	/* I_SYNC: writeback has taken the dirty bits and may not have stored the inode yet */
	if (READ_ONCE(inode->i_state) & (dirty | I_SYNC))
		err2 = sync_inode_metadata(inode, 1);
	if (!err2 && test_bit(EFSK_I_UNSYNCED, &efsk_i(inode)->flags))
		err2 = store(inode, true);
	return err ? err : err2;
}

void efsk_evict_inode(struct inode *inode)
{
	struct efs_inode *ei = efsk_core(inode);
	bool dead = !inode->i_nlink && !is_bad_inode(inode);
	/* both change bitmaps, from which a frozen volume must be safe */
	bool writes = dead || READ_ONCE(ei->win_len);

	truncate_inode_pages_final(&inode->i_data);
	if (writes)
		sb_start_intwrite(inode->i_sb);
	if (dead)
		/* a failure has been reported; the inode leaks until e2fsck finds it */
		efs_evict(ei);
	efs_inode_release(ei);
	if (writes)
		sb_end_intwrite(inode->i_sb);
	invalidate_inode_buffers(inode);
	clear_inode(inode);
}

int efsk_cut_beyond_eof(struct inode *inode)
{
	struct address_space *mapping = inode->i_mapping;
	struct efs_inode *ei = efsk_core(inode);
	loff_t size = i_size_read(inode);
	int err;

	filemap_invalidate_lock(mapping);
	truncate_pagecache(inode, size);
	err = efs_truncate(ei, efs_size_blocks(ei->sb, size));
	filemap_invalidate_unlock(mapping);
	return err;
}

/* i_rwsem held for writing */
static int set_size(struct inode *inode, loff_t size)
{
	struct address_space *mapping = inode->i_mapping;
	struct efs_inode *ei = efsk_core(inode);
	loff_t old = i_size_read(inode);
	int err = 0;

	if (!S_ISREG(inode->i_mode))
		return -EINVAL;
	if (IS_APPEND(inode) || IS_IMMUTABLE(inode))
		return -EPERM;
	inode_dio_wait(inode);
	if (size > old)
		err = efsk_zero_eof_page(inode, IS_SYNC(inode));
	else
		err = block_truncate_page(mapping, size, efsk_get_block);
	if (err)
		return err;
	filemap_invalidate_lock(mapping);
	truncate_setsize(inode, size);
	if (size < old)
		err = efs_truncate(ei, efs_size_blocks(ei->sb, size));
	filemap_invalidate_unlock(mapping);
	/* even if blocks were left behind, the size is what was asked for */
	efs_i_touch(ei, EFS_MTIME | EFS_CTIME);
	mark_inode_dirty(inode);
	return err;
}

int efsk_setattr(efs_idmap_t *idmap, struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int err = efs_writable(efsk_sb_core(inode->i_sb));

	if (err)
		return err;
	err = setattr_prepare(idmap, dentry, attr);
	if (err)
		return err;
	if ((attr->ia_valid & ATTR_SIZE) && attr->ia_size != i_size_read(inode)) {
		err = set_size(inode, attr->ia_size);
		if (err)
			return err;
	}
	setattr_copy(idmap, inode, attr);
	mark_inode_dirty(inode);
	if (!IS_SYNC(inode))
		return 0;
	err = efsk_sync_inode(inode, false);
	return err ? err : blkdev_issue_flush(inode->i_sb->s_bdev);
}

/* is a birth time kept on the disk? */
static bool has_btime(const struct efs_inode *ei)
{
	return READ_ONCE(ei->extra_isize) >=
	       offsetofend(struct efs_dinode, i_crtime) - EFS_INODE_SIZE_REV0;
}

int efsk_getattr(efs_idmap_t *idmap, const struct path *path, struct kstat *stat,
		 u32 request_mask, unsigned int flags)
{
	struct inode *inode = d_inode(path->dentry);
	struct efs_inode *ei = efsk_core(inode);
	struct block_device *bdev = inode->i_sb->s_bdev;

	if ((request_mask & STATX_BTIME) && has_btime(ei)) {
		stat->result_mask |= STATX_BTIME;
		stat->btime = efsk_timespec(ei->btime);
	}
	if ((request_mask & STATX_DIOALIGN) && S_ISREG(inode->i_mode)) {
		stat->result_mask |= STATX_DIOALIGN;
		stat->dio_mem_align = bdev_dma_alignment(bdev) + 1;
		stat->dio_offset_align = bdev_logical_block_size(bdev);
	}
	if (ei->flags & EFS_FL_APPEND)
		stat->attributes |= STATX_ATTR_APPEND;
	if (ei->flags & EFS_FL_COMPR)
		stat->attributes |= STATX_ATTR_COMPRESSED;
	if (ei->flags & EFS_FL_IMMUTABLE)
		stat->attributes |= STATX_ATTR_IMMUTABLE;
	if (ei->flags & EFS_FL_NODUMP)
		stat->attributes |= STATX_ATTR_NODUMP;
	stat->attributes_mask |= STATX_ATTR_APPEND | STATX_ATTR_COMPRESSED |
				 STATX_ATTR_ENCRYPTED | STATX_ATTR_IMMUTABLE |
				 STATX_ATTR_NODUMP;
	efs_fillattr(idmap, request_mask, inode, stat);
	return 0;
}

const struct inode_operations efsk_special_iops = {
	.setattr = efsk_setattr,
	.getattr = efsk_getattr,
};
