/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel glue's own header: what the files of module/ share.
 *
 * An inode in memory is one object: the core's part first, the VFS inode behind it.
 * The VFS inode owns size, mode, ids, link count, times; the core reads and writes
 * them through the inline port. Everything that names a kernel version is in compat.h.
 */
#ifndef EFSK_H
#define EFSK_H

#include <linux/fs.h>
#include <linux/buffer_head.h>
#include <linux/iomap.h>
#include "efs.h"
#include "compat.h"

/* bits of efsk_inode.flags (the structure is in port/efs_port_ops.h) */
#define EFSK_I_NEWENTRY	0	/* entry in the parent not known durable: fsync syncs it */
#define EFSK_I_UNSYNCED	1	/* stored into its table block, which was not waited for */

static inline struct efsk_inode *efsk_i(const struct inode *inode)
{
	return container_of(inode, struct efsk_inode, vfs);
}

static inline struct efs_inode *efsk_core(const struct inode *inode)
{
	return &efsk_i(inode)->core;
}

/**
 * struct efsk_sb - the kernel's part of a mount; core.port points back to the VFS
 * @core: the core's part
 * @opt: EFSK_OPT_ mount options
 * @sb_block: superblock in use, in 1 KiB units
 * @last_mounted_done: s_last_mounted was recorded by this mount
 */
struct efsk_sb {
	struct efs_sb core;
	unsigned int opt;
	unsigned int sb_block;
	unsigned long last_mounted_done;
};

#define EFSK_OPT_GRPID		0x01
#define EFSK_OPT_MINIXDF	0x02
#define EFSK_OPT_DEBUG		0x04
#define EFSK_OPT_ERRORS		0x08	/* errors= was given: show it */

static inline struct efsk_sb *efsk_sb(const struct super_block *sb)
{
	return sb->s_fs_info;
}

static inline struct efs_sb *efsk_sb_core(const struct super_block *sb)
{
	return &efsk_sb(sb)->core;
}

/* inode.c */
struct inode *efsk_iget(struct super_block *sb, unsigned long ino, bool stale_ok);
void efsk_set_ops(struct inode *inode);
void efsk_flags_to_vfs(struct inode *inode);
int efsk_write_inode(struct inode *inode, struct writeback_control *wbc);
/**
 * efsk_sync_inode() - the blocks linked to an inode, and the inode, on the device
 * @inode: VFS inode
 * @datasync: leave out changes of mere times
 *
 * Sleeps; needs no lock, may be called with i_rwsem held. Does not flush the device's
 * cache.
 * Return: 0 or -errno.
 */
int efsk_sync_inode(struct inode *inode, bool datasync);
/**
 * efsk_cut_beyond_eof() - unmap what a failed write published beyond the size
 * i_rwsem held exclusively; takes invalidate_lock.
 * @inode: VFS inode
 *
 * Return: 0 or the error of efs_truncate().
 */
int efsk_cut_beyond_eof(struct inode *inode);
void efsk_evict_inode(struct inode *inode);
int efsk_setattr(efs_idmap_t *idmap, struct dentry *dentry, struct iattr *attr);
int efsk_getattr(efs_idmap_t *idmap, const struct path *path, struct kstat *stat,
		 u32 request_mask, unsigned int flags);
extern const struct inode_operations efsk_special_iops;

/* aops.c */
extern const struct address_space_operations efsk_aops;
int efsk_get_block(struct inode *inode, sector_t iblock, struct buffer_head *bh, int create);
/**
 * efsk_zero_eof_page() - the file is about to grow: no leftovers behind its old end
 * @inode: VFS inode
 * @durable: the growth will be waited for, so the zeros are
 *
 * i_rwsem held exclusively; takes a folio lock.
 * Return: 0 or the error of the write.
 */
int efsk_zero_eof_page(struct inode *inode, bool durable);

/* iomap.c */
extern const struct iomap_ops efsk_iomap_read_ops, efsk_iomap_dio_write_ops;
int efsk_fiemap(struct inode *inode, struct fiemap_extent_info *fi, u64 start, u64 len);

/* file.c */
extern const struct file_operations efsk_file_fops;
extern const struct inode_operations efsk_file_iops;
int efsk_fsync(struct file *file, loff_t start, loff_t end, int datasync);

/* dir.c, namei.c, symlink.c, ioctl.c */
extern const struct file_operations efsk_dir_fops;
extern const struct inode_operations efsk_dir_iops;
extern const struct inode_operations efsk_symlink_iops, efsk_fast_symlink_iops;
struct dentry *efsk_get_parent(struct dentry *child);
int efsk_fileattr_get(struct dentry *dentry, struct fileattr *fa);
int efsk_fileattr_set(efs_idmap_t *idmap, struct dentry *dentry, struct fileattr *fa);
long efsk_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
#ifdef CONFIG_COMPAT
long efsk_compat_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
#else
#define efsk_compat_ioctl NULL
#endif

/* export.c */
extern const struct export_operations efsk_export_ops;

#endif /* EFSK_H */
