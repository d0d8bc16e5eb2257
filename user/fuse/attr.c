// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of files, plain and extended, file flags, and figures of the whole volume.
 *
 * Extended attributes pass through; who may see and set those of a name space, the kernel
 * decides.
 */
#include "fuse.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <time.h>

/* libc and the kernel's headers define these alike, not in the same words */
#undef RWF_HIPRI
#undef RWF_DSYNC
#undef RWF_SYNC
#undef RWF_NOWAIT
#undef RWF_APPEND
#include <linux/fs.h>

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	efsd_stat(efsd_file(req, ino), &st);
	fuse_reply_attr(req, &st, EFSD_TIMEOUT);
}

static struct efs_timestamp time_from(struct timespec t)
{
	return (struct efs_timestamp){ .sec = t.tv_sec, .nsec = (uint32_t)t.tv_nsec };
}

static void wish_times(struct efs_changes *c, const struct stat *attr, int set)
{
	int now = FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW;
	struct timespec t;

	if (set & FUSE_SET_ATTR_ATIME) {
		c->mask |= EFS_SET_ATIME;
		c->atime = time_from(attr->st_atim);
	}
	if (set & FUSE_SET_ATTR_MTIME) {
		c->mask |= EFS_SET_MTIME;
		c->mtime = time_from(attr->st_mtim);
	}
	if (!(set & now))
		return;
	/* EFS_SET_NOW is for both, and one of them may be given */
	clock_gettime(CLOCK_REALTIME, &t);
	if (set & FUSE_SET_ATTR_ATIME_NOW) {
		c->mask |= EFS_SET_ATIME;
		c->atime = time_from(t);
	}
	if (set & FUSE_SET_ATTR_MTIME_NOW) {
		c->mask |= EFS_SET_MTIME;
		c->mtime = time_from(t);
	}
}

static int set_attr(struct efs_file *file, const struct stat *attr, int set)
{
	struct efs_changes c = { 0 };
	int err;

	if (set & FUSE_SET_ATTR_SIZE) {
		if (attr->st_size < 0)
			return -EINVAL;
		err = efs_file_truncate(file, (uint64_t)attr->st_size);
		if (err)
			return err;
	}
	if (set & FUSE_SET_ATTR_MODE) {
		c.mask |= EFS_SET_MODE;
		c.mode = attr->st_mode & 07777;
	}
	if (set & FUSE_SET_ATTR_UID) {
		c.mask |= EFS_SET_UID;
		c.uid = attr->st_uid;
	}
	if (set & FUSE_SET_ATTR_GID) {
		c.mask |= EFS_SET_GID;
		c.gid = attr->st_gid;
	}
	wish_times(&c, attr, set);
	return c.mask ? efs_file_change(file, &c) : 0;
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int set,
		       struct fuse_file_info *fi)
{
	struct efs_file *file = efsd_file(req, ino);
	int err = efsd_changed(req, set_attr(file, attr, set));
	struct stat st;

	(void)fi;
	if (err) {
		efsd_reply(req, err);
		return;
	}
	efsd_stat(file, &st);
	fuse_reply_attr(req, &st, EFSD_TIMEOUT);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct efs_volume_info info;
	struct statvfs st;
	int err = efs_volume_info(efsd_of(req)->volume, &info);

	(void)ino;
	if (err) {
		efsd_reply(req, err);
		return;
	}
	memset(&st, 0, sizeof(st));
	st.f_bsize = info.block_size;
	st.f_frsize = info.block_size;
	st.f_blocks = info.blocks;
	st.f_bfree = info.bfree;
	st.f_bavail = info.bavail;
	st.f_files = info.files;
	st.f_ffree = info.ffree;
	st.f_favail = info.ffree;
	st.f_namemax = info.name_max;
	fuse_reply_statfs(req, &st);
}

/* ---- extended attributes ---- */

/* the size alone, or @n bytes at @buf */
static void reply_xattr(fuse_req_t req, int err, const char *buf, size_t n)
{
	if (err)
		efsd_reply(req, err);
	else if (buf)
		fuse_reply_buf(req, buf, n);
	else
		fuse_reply_xattr(req, n);
}

/* room for what the kernel wants; NULL with 0 if that is nothing */
static int xattr_room(size_t *size, char **buf)
{
	*buf = NULL;
	if (!*size)
		return 0;
	if (*size > XATTR_SIZE_MAX)
		*size = XATTR_SIZE_MAX;
	*buf = malloc(*size);
	return *buf ? 0 : -ENOMEM;
}

static void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	size_t n = 0;
	char *buf;
	int err = xattr_room(&size, &buf);

	if (!err)
		err = efs_xattr_get(efsd_file(req, ino), name, buf, size, &n);
	reply_xattr(req, err, buf, n);
	free(buf);
}

static void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	size_t n = 0;
	char *buf;
	int err = xattr_room(&size, &buf);

	if (!err)
		err = efs_xattr_list(efsd_file(req, ino), buf, size, &n);
	reply_xattr(req, err, buf, n);
	free(buf);
}

static void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value,
			size_t size, int flags)
{
	unsigned int how = 0;

	if (flags & XATTR_CREATE)
		how |= EFS_CREATE;
	if (flags & XATTR_REPLACE)
		how |= EFS_REPLACE;
	efsd_reply(req, efsd_changed(req, efs_xattr_set(efsd_file(req, ino), name, value, size,
							how)));
}

static void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	efsd_reply(req, efsd_changed(req, efs_xattr_remove(efsd_file(req, ino), name)));
}

/* ---- flags: those that lsattr shows as i and a ---- */

/* FS_IOC_GETFLAGS and SETFLAGS, and as struct fsxattr has them, which the kernel asks for */
static uint32_t flags_to(uint32_t flags, uint32_t immutable, uint32_t append)
{
	return (flags & EFS_IMMUTABLE ? immutable : 0) | (flags & EFS_APPEND ? append : 0);
}

static int flags_from(uint32_t have, uint32_t immutable, uint32_t append, uint32_t *flags)
{
	*flags = (have & immutable ? EFS_IMMUTABLE : 0) | (have & append ? EFS_APPEND : 0);
	return have & ~(immutable | append) ? -EOPNOTSUPP : 0;
}

static void get_flags(fuse_req_t req, struct efs_file *file)
{
	struct efs_info info;
	uint32_t flags;

	efs_file_info(file, &info);
	flags = flags_to(info.flags, FS_IMMUTABLE_FL, FS_APPEND_FL);
	fuse_reply_ioctl(req, 0, &flags, sizeof(flags));
}

static void get_xflags(fuse_req_t req, struct efs_file *file)
{
	struct fsxattr fsx = { 0 };
	struct efs_info info;

	efs_file_info(file, &info);
	fsx.fsx_xflags = flags_to(info.flags, FS_XFLAG_IMMUTABLE, FS_XFLAG_APPEND);
	fuse_reply_ioctl(req, 0, &fsx, sizeof(fsx));
}

/*
 * Kernels before 5.13 pass this on unchecked: so it is asked for here that the caller is root,
 * as nobody else may change these two.
 */
static int change_flags(fuse_req_t req, struct efs_file *file, uint32_t flags)
{
	struct efs_changes c = { .mask = EFS_SET_FLAGS, .flags = flags };
	struct efs_info info;

	efs_file_info(file, &info);
	if ((info.flags ^ flags) & (EFS_IMMUTABLE | EFS_APPEND) && fuse_req_ctx(req)->uid)
		return -EPERM;
	return efsd_changed(req, efs_file_change(file, &c));
}

static void set_flags(fuse_req_t req, struct efs_file *file, int err, uint32_t flags)
{
	if (!err)
		err = change_flags(req, file, flags);
	if (err)
		efsd_reply(req, err);
	else
		fuse_reply_ioctl(req, 0, NULL, 0);
}

static void op_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd, void *arg,
		     struct fuse_file_info *fi, unsigned int how, const void *in, size_t in_size,
		     size_t out_size)
{
	struct efs_file *file = efsd_file(req, ino);
	uint32_t flags = 0, wish;
	struct fsxattr fsx;
	int err;

	(void)arg;
	(void)fi;
	if (how & FUSE_IOCTL_COMPAT) {
		efsd_reply(req, -ENOTTY);
	} else if (cmd == FS_IOC_GETFLAGS && out_size >= sizeof(wish)) {
		get_flags(req, file);
	} else if (cmd == FS_IOC_FSGETXATTR && out_size >= sizeof(fsx)) {
		get_xflags(req, file);
	} else if (cmd == FS_IOC_SETFLAGS && in_size >= sizeof(wish)) {
		memcpy(&wish, in, sizeof(wish));
		err = flags_from(wish, FS_IMMUTABLE_FL, FS_APPEND_FL, &flags);
		set_flags(req, file, err, flags);
	} else if (cmd == FS_IOC_FSSETXATTR && in_size >= sizeof(fsx)) {
		memcpy(&fsx, in, sizeof(fsx));
		err = flags_from(fsx.fsx_xflags, FS_XFLAG_IMMUTABLE, FS_XFLAG_APPEND, &flags);
		set_flags(req, file, err, flags);
	} else {
		efsd_reply(req, -ENOTTY);
	}
}

void efsd_attr_ops(struct fuse_lowlevel_ops *ops, bool xattr)
{
	ops->getattr = op_getattr;
	ops->setattr = op_setattr;
	ops->statfs = op_statfs;
	ops->ioctl = op_ioctl;
	/* what is not there the kernel asks for once, instead of before each write */
	if (!xattr)
		return;
	ops->getxattr = op_getxattr;
	ops->listxattr = op_listxattr;
	ops->setxattr = op_setxattr;
	ops->removexattr = op_removexattr;
}
