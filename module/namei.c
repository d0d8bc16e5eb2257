// SPDX-License-Identifier: GPL-2.0
/*
 * Names: what the VFS asks of a directory.
 *
 * The VFS holds i_rwsem of every directory that changes and has checked permissions; the
 * core runs the operation in its crash order. Between them this file makes new inodes
 * (owner, mode, times, operation tables), keeps the dentry cache in step, and finishes
 * synchronous operations: the core orders what must be ordered, what comes last is
 * awaited here.
 *
 * A new inode is locked (I_NEW) from the moment it has a number until it has a name. One
 * that gets none is given back by evicting it without links.
 */
#include <linux/blkdev.h>
#include <linux/namei.h>
#include "efsk.h"

static struct dentry *efsk_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct efs_sb *sb = efsk_sb_core(dir->i_sb);
	struct inode *inode = NULL;
	u32 ino;
	int err = efs_dir_lookup(efsk_core(dir), dentry->d_name.name, dentry->d_name.len, &ino);

	if (err && err != -ENOENT)
		return ERR_PTR(err);
	if (!err)
		inode = efsk_iget(dir->i_sb, ino, false);
	if (!IS_ERR_OR_NULL(inode) && !inode->i_nlink) {
		/* deleted, and in memory only because someone has it open */
		iput(inode);
		return ERR_PTR(efs_bad(sb, EFS_C_INO_NLINK, ino, 0, (u32)dir->i_ino));
	}
	return d_splice_alias(inode, dentry);
}

struct dentry *efsk_get_parent(struct dentry *child)
{
	struct inode *dir = d_inode(child);
	u32 ino;
	int err = efs_dir_dotdot(efsk_core(dir), &ino);

	if (err)
		return ERR_PTR(err);
	return d_obtain_alias(efsk_iget(dir->i_sb, ino, false));
}

/* ---- new inodes ---- */

/* an inode with a number, an owner, times and one link; locked, no operation tables yet */
static int new_child(efs_idmap_t *idmap, struct inode *dir, umode_t mode, struct inode **out)
{
	struct efs_sb *sb = efsk_sb_core(dir->i_sb);
	struct inode *inode = new_inode(dir->i_sb);
	struct efs_inode *ei;
	int err;

	if (!inode)
		return -ENOMEM;
	ei = efsk_core(inode);
	if (efsk_sb(dir->i_sb)->opt & EFSK_OPT_GRPID) {
		inode->i_mode = mode;
		inode_fsuid_set(inode, idmap);
		inode->i_gid = dir->i_gid;
	} else {
		inode_init_owner(idmap, inode, dir, mode);
	}
	err = efs_inode_new(efsk_core(dir), inode->i_mode, ei);
	if (err)
		goto bad;
	inode->i_ino = ei->ino;
	inode->i_generation = ei->generation;
	ei->btime = efsk_time(efs_times_init(inode));
	efsk_flags_to_vfs(inode);
	if (insert_inode_locked(inode)) {
		/* the bitmap called an inode free that is in use; now its bit is right */
		err = efs_bad(sb, EFS_C_BG_INODE_USED, ei->ino, 0, 0);
		goto bad;
	}
	*out = inode;
	return 0;

bad:
	make_bad_inode(inode);
	iput(inode);
	return err;
}

static void discard_child(struct inode *inode)
{
	clear_nlink(inode);
	discard_new_inode(inode);
}

/* the inode has a new name in @dir, which an fsync of the inode makes durable */
static void note_entry(struct inode *inode, const struct inode *dir)
{
	struct efsk_inode *ki = efsk_i(inode);

	WRITE_ONCE(ki->entry_dir, (u32)dir->i_ino);
	/* sync_new_entries() looks at the bit first */
	smp_mb__before_atomic();
	set_bit(EFSK_I_NEWENTRY, &ki->flags);
}

/*
 * End of an operation that changed @dir and, if not NULL, the link count of @inode: wait
 * for what a synchronous directory has promised.
 */
static int finish(struct inode *dir, struct inode *inode)
{
	int err = 0;

	if (!efs_i_sync(efsk_core(dir)))
		return 0;
	if (inode)
		err = efsk_sync_inode(inode, false);
	if (!err)
		err = efsk_sync_inode(dir, false);
	return err ? err : blkdev_issue_flush(dir->i_sb->s_bdev);
}

/*
 * The same where one name changed. After a failure the change stands in memory and is
 * told as failed, so the next lookup has to read what the directory says.
 */
static int finish_name(struct inode *dir, struct inode *inode, struct dentry *dentry)
{
	int err = finish(dir, inode);

	if (err)
		d_drop(dentry);
	return err;
}

/* the core has named @inode, or said why not */
static int finish_new(struct inode *dir, struct inode *inode, struct dentry *dentry, int err)
{
	if (err) {
		discard_child(inode);
		return err;
	}
	note_entry(inode, dir);
	d_instantiate_new(dentry, inode);
	return finish_name(dir, inode, dentry);
}

static int efsk_mknod(efs_idmap_t *idmap, struct inode *dir, struct dentry *dentry, umode_t mode,
		      dev_t rdev)
{
	struct inode *inode;
	int err = new_child(idmap, dir, mode, &inode);

	if (err)
		return err;
	if (S_ISCHR(mode) || S_ISBLK(mode))
		efs_dev_encode(efsk_core(inode)->block, MAJOR(rdev), MINOR(rdev));
	efsk_set_ops(inode);
	err = efs_namei_create(efsk_core(dir), dentry->d_name.name, dentry->d_name.len,
			       efsk_core(inode));
	return finish_new(dir, inode, dentry, err);
}

static int efsk_create(efs_idmap_t *idmap, struct inode *dir, struct dentry *dentry,
		       umode_t mode, bool excl)
{
	return efsk_mknod(idmap, dir, dentry, mode, 0);
}

static int efsk_tmpfile(efs_idmap_t *idmap, struct inode *dir, struct file *file, umode_t mode)
{
	struct inode *inode;
	int err = new_child(idmap, dir, mode, &inode);

	if (err)
		return finish_open_simple(file, err);
	efsk_set_ops(inode);
	/* takes the link away and marks the inode dirty */
	d_tmpfile(file, inode);
	unlock_new_inode(inode);
	return finish_open_simple(file, 0);
}

static int efsk_symlink(efs_idmap_t *idmap, struct inode *dir, struct dentry *dentry,
			const char *target)
{
	struct inode *inode;
	int err = new_child(idmap, dir, S_IFLNK | 0777, &inode);

	if (err)
		return err;
	err = efs_namei_symlink(efsk_core(dir), dentry->d_name.name, dentry->d_name.len,
				efsk_core(inode), target, strlen(target));
	/* only now is it known which kind of symbolic link it is */
	efsk_set_ops(inode);
	return finish_new(dir, inode, dentry, err);
}

static int efsk_mkdir(efs_idmap_t *idmap, struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct inode *inode;
	int err = new_child(idmap, dir, S_IFDIR | mode, &inode);

	if (err)
		return err;
	efsk_set_ops(inode);
	err = efs_namei_mkdir(efsk_core(dir), dentry->d_name.name, dentry->d_name.len,
			      efsk_core(inode));
	return finish_new(dir, inode, dentry, err);
}

/* ---- names of what exists ---- */

static int efsk_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(old);
	int err = efs_namei_link(efsk_core(dir), dentry->d_name.name, dentry->d_name.len,
				 efsk_core(inode));

	if (err)
		return err;
	ihold(inode);
	note_entry(inode, dir);
	d_instantiate(dentry, inode);
	return finish_name(dir, inode, dentry);
}

static int efsk_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);
	int err = efs_namei_unlink(efsk_core(dir), dentry->d_name.name, dentry->d_name.len,
				   efsk_core(inode));

	return err ? err : finish_name(dir, inode, dentry);
}

static int efsk_rmdir(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);
	int err = efs_namei_rmdir(efsk_core(dir), dentry->d_name.name, dentry->d_name.len,
				  efsk_core(inode));

	return err ? err : finish_name(dir, inode, dentry);
}

static int efsk_rename(efs_idmap_t *idmap, struct inode *odir, struct dentry *odentry,
		       struct inode *ndir, struct dentry *ndentry, unsigned int flags)
{
	struct inode *old = d_inode(odentry), *new = d_inode(ndentry);
	struct efs_rename r = {
		.odir = efsk_core(odir),
		.ndir = efsk_core(ndir),
		.oname = odentry->d_name.name,
		.olen = odentry->d_name.len,
		.nname = ndentry->d_name.name,
		.nlen = ndentry->d_name.len,
		.old = efsk_core(old),
		.new = new ? efsk_core(new) : NULL,
		.flags = (flags & RENAME_NOREPLACE ? EFS_RENAME_NOREPLACE : 0) |
			 (flags & RENAME_EXCHANGE ? EFS_RENAME_EXCHANGE : 0),
	};
	int err, err2;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	err = efs_namei_rename(&r);
	if (err)
		return err;
	note_entry(old, ndir);
	if (flags & RENAME_EXCHANGE)
		note_entry(new, odir);
	err = finish(ndir, old);
	err2 = finish(odir, new);
	if (err || err2) {
		d_drop(odentry);
		d_drop(ndentry);
	}
	return err ? err : err2;
}

const struct inode_operations efsk_dir_iops = {
	.lookup = efsk_lookup,
	.create = efsk_create,
	.link = efsk_link,
	.unlink = efsk_unlink,
	.symlink = efsk_symlink,
	.mkdir = efsk_mkdir,
	.rmdir = efsk_rmdir,
	.mknod = efsk_mknod,
	.rename = efsk_rename,
	.tmpfile = efsk_tmpfile,
	.setattr = efsk_setattr,
	.getattr = efsk_getattr,
	.fiemap = efsk_fiemap,
	.fileattr_get = efsk_fileattr_get,
	.fileattr_set = efsk_fileattr_set,
};
