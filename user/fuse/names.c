// SPDX-License-Identifier: GPL-2.0
/*
 * Names: looking them up, making, removing, moving them.
 *
 * Who may do it the kernel has checked (default_permissions). Names that are not there are
 * remembered by the kernel, too.
 */
#include "fuse.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/* @file is the caller's, and goes. The reply may come too late for whoever asked. */
static void reply_entry(fuse_req_t req, struct efs_file *file)
{
	struct efsd *d = efsd_of(req);
	struct fuse_entry_param e;
	int err = efsd_known(d, file, &e);

	if (err)
		efsd_reply(req, err);
	else if (fuse_reply_entry(req, &e) == -ENOENT)
		efsd_forget(d, e.ino, 1);
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param none = { .entry_timeout = EFSD_TIMEOUT };
	struct efs_file *file;
	int err = efs_open_in(efsd_file(req, parent), name, &file);

	if (!err)
		reply_entry(req, file);
	else if (err == -ENOENT)
		fuse_reply_entry(req, &none);
	else
		efsd_reply(req, err);
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	efsd_forget(efsd_of(req), ino, count);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	size_t k;

	for (k = 0; k < count; k++)
		efsd_forget(efsd_of(req), forgets[k].ino, forgets[k].nlookup);
	fuse_reply_none(req);
}

/* ---- making ---- */

/* With access control lists the umask is ours to heed: not where a directory hands a list on. */
static bool umask_counts(fuse_req_t req, fuse_ino_t parent, uint32_t mode)
{
	size_t n;

	return efsd_of(req)->acl && (mode & EFS_IFMT) != EFS_IFLNK &&
	       efs_xattr_get(efsd_file(req, parent), "system.posix_acl_default", NULL, 0, &n);
}

static int make(fuse_req_t req, fuse_ino_t parent, const char *name, struct efs_create *what,
		struct efs_file **out)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	what->uid = ctx->uid;
	what->gid = ctx->gid;
	if (umask_counts(req, parent, what->mode))
		what->mode &= ~ctx->umask;
	return efsd_changed(req, efs_create_in(efsd_file(req, parent), name, what, out));
}

static void make_and_reply(fuse_req_t req, fuse_ino_t parent, const char *name,
			   struct efs_create *what)
{
	struct efs_file *file;
	int err = make(req, parent, name, what, &file);

	if (err)
		efsd_reply(req, err);
	else
		reply_entry(req, file);
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	struct efs_create what = { .mode = mode, .major = major(rdev), .minor = minor(rdev) };

	if (!(mode & EFS_IFMT))
		what.mode |= EFS_IFREG;
	make_and_reply(req, parent, name, &what);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct efs_create what = { .mode = EFS_IFDIR | (mode & ~EFS_IFMT) };

	make_and_reply(req, parent, name, &what);
}

static void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct efs_create what = { .mode = EFS_IFLNK | 0777, .target = target };

	make_and_reply(req, parent, name, &what);
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	struct efs_create what = { .mode = EFS_IFREG | (mode & ~EFS_IFMT) };
	struct efsd *d = efsd_of(req);
	struct fuse_entry_param e;
	struct efs_file *file;
	int err = make(req, parent, name, &what, &file);

	if (!err)
		err = efsd_known(d, file, &e);
	if (err) {
		efsd_reply(req, err);
		return;
	}
	fi->keep_cache = 1;
	if (fuse_reply_create(req, &e, fi) == -ENOENT)
		efsd_forget(d, e.ino, 1);
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	struct efs_file *file = efsd_file(req, ino);
	int err = efsd_changed(req, efs_link_in(efsd_file(req, parent), name, file));

	if (err)
		efsd_reply(req, err);
	else
		reply_entry(req, efs_file_dup(file));
}

/* ---- removing and moving ---- */

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	efsd_reply(req, efsd_changed(req, efs_unlink_in(efsd_file(req, parent), name)));
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	efsd_reply(req, efsd_changed(req, efs_rmdir_in(efsd_file(req, parent), name)));
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
		      const char *new_name, unsigned int flags)
{
	unsigned int how = 0;

	if (flags & RENAME_NOREPLACE)
		how |= EFS_NOREPLACE;
	if (flags & RENAME_EXCHANGE)
		how |= EFS_EXCHANGE;
	if (flags & ~(unsigned int)(RENAME_NOREPLACE | RENAME_EXCHANGE)) {
		efsd_reply(req, -EINVAL);
		return;
	}
	efsd_reply(req, efsd_changed(req, efs_rename_in(efsd_file(req, parent), name,
							efsd_file(req, new_parent), new_name,
							how)));
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	char target[PATH_MAX + 1];
	int err = efs_file_readlink(efsd_file(req, ino), target, sizeof(target));

	if (err) {
		efsd_reply(req, err == -ERANGE ? -ENAMETOOLONG : err);
		return;
	}
	efsd_accessed(req, ino, false);
	fuse_reply_readlink(req, target);
}

void efsd_name_ops(struct fuse_lowlevel_ops *ops)
{
	ops->lookup = op_lookup;
	ops->forget = op_forget;
	ops->forget_multi = op_forget_multi;
	ops->mknod = op_mknod;
	ops->mkdir = op_mkdir;
	ops->symlink = op_symlink;
	ops->create = op_create;
	ops->link = op_link;
	ops->unlink = op_unlink;
	ops->rmdir = op_rmdir;
	ops->rename = op_rename;
	ops->readlink = op_readlink;
}
