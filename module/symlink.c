// SPDX-License-Identifier: GPL-2.0
/*
 * Symbolic links.
 *
 * A short target lies in the inode and is followed without sleeping, through
 * inode->i_link. A longer one lies in a block of its own, a buffer of the device, and is
 * copied out each time it is followed.
 */
#include <linux/slab.h>
#include "efsk.h"

static const char *efsk_get_link(struct dentry *dentry, struct inode *inode,
				 struct delayed_call *done)
{
	char *target;
	u32 size;
	int err;

	if (!dentry)
		return ERR_PTR(-ECHILD);
	/* less than a block: efs_inode_load() has seen to that */
	size = (u32)i_size_read(inode) + 1;
	target = kmalloc(size, GFP_KERNEL);
	if (!target)
		return ERR_PTR(-ENOMEM);
	err = efs_symlink_read(efsk_core(inode), target, size);
	if (err) {
		kfree(target);
		return ERR_PTR(err);
	}
	set_delayed_call(done, kfree_link, target);
	return target;
}

const struct inode_operations efsk_symlink_iops = {
	.get_link = efsk_get_link,
	.setattr = efsk_setattr,
	.getattr = efsk_getattr,
};

const struct inode_operations efsk_fast_symlink_iops = {
	.get_link = simple_get_link,
	.setattr = efsk_setattr,
	.getattr = efsk_getattr,
};
