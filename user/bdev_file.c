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
#include <sys/stat.h>
#include <unistd.h>

#include "bdev.h"

struct file_dev {
	struct efsu_bdev bd;
	int fd;
	bool rdonly;
	uint64_t size;
};

static int file_read(struct efsu_bdev *bd, uint64_t off, void *buf, size_t len)
{
	struct file_dev *fd = (struct file_dev *)bd;
	char *p = buf;

	if (!efsu_bdev_in_range(off, len, fd->size))
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

static int file_write(struct efsu_bdev *bd, uint64_t off, const void *buf, size_t len)
{
	struct file_dev *fd = (struct file_dev *)bd;
	const char *p = buf;

	if (fd->rdonly)
		return -EROFS;
	if (!efsu_bdev_in_range(off, len, fd->size))
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

static int file_flush(struct efsu_bdev *bd)
{
	struct file_dev *fd = (struct file_dev *)bd;
	int err;

	if (fd->rdonly)
		return 0;
	do {
		err = fsync(fd->fd);
	} while (err < 0 && errno == EINTR);
	return err < 0 ? -errno : 0;
}

static uint64_t file_size(struct efsu_bdev *bd)
{
	return ((struct file_dev *)bd)->size;
}

static void file_close(struct efsu_bdev *bd)
{
	close(((struct file_dev *)bd)->fd);
	free(bd);
}

static const struct efsu_bdev_ops file_ops = {
	.read = file_read,
	.write = file_write,
	.flush = file_flush,
	.size = file_size,
	.close = file_close,
};

int efsu_bdev_file(const char *path, bool rdonly, struct efsu_bdev **out)
{
	struct file_dev *fd = calloc(1, sizeof(*fd));
	struct stat st;
	int err, flags;
	off_t end;

	if (!fd)
		return -ENOMEM;
	/* O_NONBLOCK: a FIFO by mistake must not hang; without meaning for the others */
	flags = (rdonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
	/* of a device node, not of a file, O_EXCL asks that nobody has it mounted */
	if (!rdonly && !stat(path, &st) && S_ISBLK(st.st_mode))
		flags |= O_EXCL;
	fd->fd = open(path, flags);
	if (fd->fd < 0) {
		err = -errno;
		goto out_free;
	}
	if (fstat(fd->fd, &st) < 0) {
		err = -errno;
		goto out_close;
	}
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
		goto out_close;
	}
	/* works for both kinds, where st_size is 0 for a device node */
	end = lseek(fd->fd, 0, SEEK_END);
	if (end < 0) {
		err = -errno;
		goto out_close;
	}
	fd->bd.ops = &file_ops;
	fd->rdonly = rdonly;
	fd->size = (uint64_t)end;
	*out = &fd->bd;
	return 0;

out_close:
	close(fd->fd);
out_free:
	free(fd);
	return err;
}

int efsu_bdev_file_fd(struct efsu_bdev *bd)
{
	return ((struct file_dev *)bd)->fd;
}
