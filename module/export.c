// SPDX-License-Identifier: GPL-2.0
/*
 * File handles, for NFS and open_by_handle_at().
 *
 * A handle is an inode number and a generation, of the file and possibly of its parent.
 * Both come from outside: the number may be out of range, the inode free or reused.
 * Such a handle is stale, which says nothing against the volume.
 */
#include <linux/exportfs.h>
#include "efsk.h"

static struct inode *nfs_get_inode(struct super_block *sb, u64 ino, u32 generation)
{
	struct efs_sb *core = efsk_sb_core(sb);
	struct inode *inode;

	if (ino > core->geo.inodes_count || (ino < core->geo.first_ino && ino != EFS_ROOT_INO))
		return ERR_PTR(-ESTALE);
	inode = efsk_iget(sb, ino, true);
	if (IS_ERR(inode))
		return inode;
	/* generation 0 asks for whatever is there, as in handles made by hand */
	if (generation && inode->i_generation != generation) {
		iput(inode);
		return ERR_PTR(-ESTALE);
	}
	return inode;
}

static struct dentry *efsk_fh_to_dentry(struct super_block *sb, struct fid *fid, int fh_len,
					int fh_type)
{
	return generic_fh_to_dentry(sb, fid, fh_len, fh_type, nfs_get_inode);
}

static struct dentry *efsk_fh_to_parent(struct super_block *sb, struct fid *fid, int fh_len,
					int fh_type)
{
	return generic_fh_to_parent(sb, fid, fh_len, fh_type, nfs_get_inode);
}

const struct export_operations efsk_export_ops = {
	EFS_EXPORT_ENCODE_FH
	.fh_to_dentry = efsk_fh_to_dentry,
	.fh_to_parent = efsk_fh_to_parent,
	.get_parent = efsk_get_parent,
};
