// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of chattr(1), and the generation number.
 *
 * Flags are stored as they are on disk; those the kernel acts on are mirrored in
 * inode->i_flags. Locks: the VFS holds i_rwsem around efsk_fileattr_set().
 */
#include <linux/compat.h>
#include <linux/fileattr.h>
#include <linux/mount.h>
#include <linux/uaccess.h>
#include "efsk.h"

int efsk_fileattr_get(struct dentry *dentry, struct fileattr *fa)
{
	fileattr_fill_flags(fa, efsk_core(d_inode(dentry))->flags & EFS_FL_USER_VISIBLE);
	return 0;
}

static int changed(struct inode *inode)
{
	efs_i_touch(efsk_core(inode), EFS_CTIME);
	mark_inode_dirty(inode);
	return IS_SYNC(inode) ? efsk_sync_inode(inode, false) : 0;
}

int efsk_fileattr_set(efs_idmap_t *idmap, struct dentry *dentry, struct fileattr *fa)
{
	struct inode *inode = d_inode(dentry);
	struct efs_inode *ei = efsk_core(inode);
	int err = efs_writable(ei->sb);

	if (err)
		return err;
	/* project ids and extent sizes have no place in the volume */
	if (fileattr_has_fsx(fa))
		return -EOPNOTSUPP;
	ei->flags = (ei->flags & ~EFS_FL_USER_MODIFIABLE) | (fa->flags & EFS_FL_USER_MODIFIABLE);
	efsk_flags_to_vfs(inode);
	return changed(inode);
}

static int set_version(struct file *file, const int __user *arg)
{
	struct inode *inode = file_inode(file);
	int version, err;

	if (!inode_owner_or_capable(efs_file_idmap(file), inode))
		return -EPERM;
	if (get_user(version, arg))
		return -EFAULT;
	err = mnt_want_write_file(file);
	if (err)
		return err;
	inode_lock(inode);
	err = efs_writable(efsk_sb_core(inode->i_sb));
	if (!err && (IS_IMMUTABLE(inode) || IS_APPEND(inode)))
		err = -EPERM;
	if (!err) {
		inode->i_generation = version;
		efsk_core(inode)->generation = version;
		err = changed(inode);
	}
	inode_unlock(inode);
	mnt_drop_write_file(file);
	return err;
}

long efsk_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case FS_IOC_GETVERSION:
		return put_user((int)file_inode(file)->i_generation, (int __user *)arg);
	case FS_IOC_SETVERSION:
		return set_version(file, (const int __user *)arg);
	default:
		return -ENOTTY;
	}
}

#ifdef CONFIG_COMPAT
long efsk_compat_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case FS_IOC32_GETVERSION:
		cmd = FS_IOC_GETVERSION;
		break;
	case FS_IOC32_SETVERSION:
		cmd = FS_IOC_SETVERSION;
		break;
	default:
		return -ENOIOCTLCMD;
	}
	return efsk_ioctl(file, cmd, (unsigned long)compat_ptr(arg));
}
#endif
