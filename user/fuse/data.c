// SPDX-License-Identifier: GPL-2.0
/*
 * Contents of regular files.
 *
 * A read goes from the device into the thread's buffer and from there to the kernel; a write
 * straight from the request to the device. What is written goes to libefs before the writer is
 * told so: there is no cache above this for it to wait in, so it is here that a full volume is
 * noticed, and mtime and ctime are those of the write. Shared mappings are the exception:
 * the kernel sends them when it sees fit, or at msync() and fsync().
 *
 * Files are not opened here: the kernel's number is all that is needed. It asks whether it may
 * open one, because file flags and access times are ours.
 */
#include "fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <unistd.h>

/* may the file be opened like this? Flags; the kernel has seen to permissions */
static int may_open(struct efs_file *file, int flags)
{
	struct efs_info info;

	if ((flags & O_ACCMODE) == O_RDONLY)
		return 0;
	efs_file_info(file, &info);
	if (info.flags & EFS_IMMUTABLE)
		return -EPERM;
	if (info.flags & EFS_APPEND && (!(flags & O_APPEND) || flags & O_TRUNC))
		return -EPERM;
	return 0;
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	int err = may_open(efsd_file(req, ino), fi->flags);

	if (err) {
		efsd_reply(req, err);
		return;
	}
	/* what is in the kernel's cache is read without a word to us: so this has to count */
	if ((fi->flags & O_ACCMODE) == O_RDONLY && !(fi->flags & O_NOATIME))
		efsd_accessed(req, ino, true);
	fi->keep_cache = 1;
	fuse_reply_open(req, fi);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	char *buf = efsd_buffer(efsd_of(req), size);
	size_t done = 0;
	int err = buf ? efs_file_read(efsd_file(req, ino), (uint64_t)off, buf, size, &done) :
			-ENOMEM;

	if (err && !done) {
		efsd_reply(req, err);
		return;
	}
	if (!(fi->flags & O_NOATIME))
		efsd_accessed(req, ino, false);
	fuse_reply_buf(req, buf, done);
}

/*
 * A file is durable. An error of the sync that nobody had asked for is told to the first who
 * asks.
 */
static int make_durable(fuse_req_t req, fuse_ino_t ino)
{
	int err = efs_file_sync(efsd_file(req, ino));
	int late = __atomic_exchange_n(&efsd_of(req)->late, 0, __ATOMIC_ACQ_REL);

	return err ? err : late;
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
		     struct fuse_file_info *fi)
{
	struct efs_file *file = efsd_file(req, ino);
	size_t done = 0;
	int err;

	/* O_SYNC has the bit of O_DSYNC, too */
	if (fi->flags & O_DSYNC)
		err = efs_file_write_sync(file, (uint64_t)off, buf, size, &done);
	else
		err = efs_file_write(file, (uint64_t)off, buf, size, &done);
	efsd_changed(req, err);
	if (err && !done)
		efsd_reply(req, err);
	else
		fuse_reply_write(req, done);
}

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	(void)datasync;
	(void)fi;
	efsd_reply(req, make_durable(req, ino));
}

static int change_space(struct efs_file *file, int mode, uint64_t off, uint64_t len)
{
	bool keep = mode & FALLOC_FL_KEEP_SIZE;
	int err;

	switch (mode & ~FALLOC_FL_KEEP_SIZE) {
	case 0:
		return efs_file_reserve(file, off, len, keep);
	case FALLOC_FL_PUNCH_HOLE:
		return efs_file_punch(file, off, len);
	case FALLOC_FL_ZERO_RANGE:
		err = efs_file_punch(file, off, len);
		return err ? err : efs_file_reserve(file, off, len, keep);
	default:
		return -EOPNOTSUPP;
	}
}

static void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len,
			 struct fuse_file_info *fi)
{
	(void)fi;
	efsd_reply(req, efsd_changed(req, change_space(efsd_file(req, ino), mode, (uint64_t)off,
						       (uint64_t)len)));
}

/* only SEEK_DATA and SEEK_HOLE come here */
static void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence,
		     struct fuse_file_info *fi)
{
	uint64_t at;
	int err = -EINVAL;

	(void)fi;
	if (whence == SEEK_DATA || whence == SEEK_HOLE)
		err = off < 0 ? -ENXIO : efs_file_seek(efsd_file(req, ino), (uint64_t)off,
						       whence == SEEK_HOLE, &at);
	if (err)
		efsd_reply(req, err);
	else
		fuse_reply_lseek(req, (off_t)at);
}

/* @done: bytes copied. Two parts of one file do not overlap; the kernel has seen to it */
static int copy(struct efsd *d, struct efs_file *from, uint64_t at, struct efs_file *to,
		uint64_t off, size_t len, size_t *done)
{
	char *buf = efsd_buffer(d, EFSD_IO_MAX);
	size_t n, w;
	int err = buf ? 0 : -ENOMEM;

	while (!err && *done < len) {
		n = len - *done < EFSD_IO_MAX ? len - *done : EFSD_IO_MAX;
		err = efs_file_read(from, at + *done, buf, n, &n);
		if (err || !n)
			break;
		err = efs_file_write(to, off + *done, buf, n, &w);
		*done += w;
	}
	return err;
}

static void op_copy_file_range(fuse_req_t req, fuse_ino_t ino, off_t at, struct fuse_file_info *fi,
			       fuse_ino_t ino_to, off_t off, struct fuse_file_info *fi_to,
			       size_t len, int flags)
{
	size_t done = 0, most = 64 * EFSD_IO_MAX;
	int err = -EINVAL;

	(void)fi;
	(void)fi_to;
	/* the rest is asked for again; meanwhile the copy can be interrupted */
	if (!flags)
		err = efsd_changed(req, copy(efsd_of(req), efsd_file(req, ino), (uint64_t)at,
					     efsd_file(req, ino_to), (uint64_t)off,
					     len < most ? len : most, &done));
	if (err && !done) {
		efsd_reply(req, err);
		return;
	}
	efsd_accessed(req, ino, true);
	fuse_reply_write(req, done);
}

void efsd_data_ops(struct fuse_lowlevel_ops *ops)
{
	ops->open = op_open;
	ops->read = op_read;
	ops->write = op_write;
	ops->fsync = op_fsync;
	ops->fsyncdir = op_fsync;
	ops->fallocate = op_fallocate;
	ops->lseek = op_lseek;
	ops->copy_file_range = op_copy_file_range;
}
