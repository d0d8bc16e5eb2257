// SPDX-License-Identifier: GPL-2.0
/*
 * A block device that is a file or a device node.
 *
 * pread() and pwrite() at byte offsets, so threads share one descriptor without a
 * lock. Interrupted and short transfers are continued; the end of the file in the
 * middle of a request is -EIO, as no caller asks for bytes past the size.
 */
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dev.h"

struct file_dev {
	struct efs_device dev;
	int fd;
	bool rdonly;
	uint64_t size;
};

static int file_read(struct efs_device *dev, uint64_t off, void *buf, size_t len)
{
	struct file_dev *fd = (struct file_dev *)dev;
	char *p = buf;

	if (!efs_dev_in_range(off, len, fd->size))
		return -EIO;
	while (len) {
		ssize_t n = pread(fd->fd, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int file_write(struct efs_device *dev, uint64_t off, const void *buf, size_t len)
{
	struct file_dev *fd = (struct file_dev *)dev;
	const char *p = buf;

	if (fd->rdonly)
		return -EROFS;
	if (!efs_dev_in_range(off, len, fd->size))
		return -EIO;
	while (len) {
		ssize_t n = pwrite(fd->fd, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int file_flush(struct efs_device *dev)
{
	struct file_dev *fd = (struct file_dev *)dev;
	int err;

	if (fd->rdonly)
		return 0;
	do {
		err = fsync(fd->fd);
	} while (err < 0 && errno == EINTR);
	return err < 0 ? -errno : 0;
}

static uint64_t file_size(const struct efs_device *dev)
{
	return ((struct file_dev *)dev)->size;
}

static void file_close(struct efs_device *dev)
{
	close(((struct file_dev *)dev)->fd);
	free(dev);
}

static const struct efs_dev_ops file_ops = {
	.read = file_read,
	.write = file_write,
	.flush = file_flush,
	.size = file_size,
	.close = file_close,
};

/* its descriptor, after all that is wrong with it; -errno */
static int open_file(const char *path, bool rdonly)
{
	/* O_NONBLOCK: a FIFO by mistake must not hang; without meaning for the others */
	int flags = (rdonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK, fd, err;
	struct stat st;

	/* of a device node, not of a file, O_EXCL asks that nobody has it mounted */
	if (!rdonly && !stat(path, &st) && S_ISBLK(st.st_mode))
		flags |= O_EXCL;
	fd = open(path, flags);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	else if (flock(fd, (rdonly ? LOCK_SH : LOCK_EX) | LOCK_NB) && errno == EWOULDBLOCK)
		err = -EBUSY;
	else
		return fd;
	close(fd);
	return err;
}

int efs_device_open(const char *path, unsigned int flags, struct efs_device **out)
{
	struct file_dev *fd;
	int err;
	off_t end;

	if (flags & ~EFS_DEVICE_RDONLY)
		return -EINVAL;
	fd = calloc(1, sizeof(*fd));
	if (!fd)
		return -ENOMEM;
	fd->rdonly = flags & EFS_DEVICE_RDONLY;
	fd->fd = open_file(path, fd->rdonly);
	if (fd->fd < 0) {
		err = fd->fd;
		goto out_free;
	}
	/* works for both kinds, where st_size is 0 for a device node */
	end = lseek(fd->fd, 0, SEEK_END);
	if (end < 0) {
		err = -errno;
		close(fd->fd);
		goto out_free;
	}
	fd->dev.ops = &file_ops;
	fd->size = (uint64_t)end;
	*out = &fd->dev;
	return 0;

out_free:
	free(fd);
	return err;
}
