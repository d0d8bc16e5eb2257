// SPDX-License-Identifier: GPL-2.0
/*
 * A device that is a file or a device node.
 *
 * pread() and pwrite() at byte offsets, so threads share one descriptor without a
 * lock. Interrupted and short transfers are continued; the end of the file in the
 * middle of a request is -EIO, as no caller gets past the size.
 *
 * With EFS_DEVICE_DIRECT requests go past the page cache, in units and from addresses
 * as the system wants them. What does not fit goes through a bounce buffer, whole units of
 * it; writing a part of a unit is reading and writing it under unit_lock, so that two
 * parts of one unit do not undo each other. The end of a file whose size is not a multiple of
 * units is read and written through the page cache, all that shares a page with it too.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dev.h"

#define BOUNCE_BYTES	(256u << 10)
#define UNIT_MAX	(64u << 10)	/* more than any device has */

/**
 * struct file_dev - a file in use
 * @fd: through the page cache; holds the lock of the file
 * @direct_fd: past it, or -1
 * @unit, @mem_unit: of what goes there: multiples of file offsets, of addresses
 * @direct_end: where what goes there ends
 */
struct file_dev {
	struct efs_device dev;
	int fd;
	int direct_fd;
	size_t unit, mem_unit;
	uint64_t direct_end;
	pthread_mutex_t unit_lock;
};

/* one system call, once it was not interrupted; Return: bytes, at least 1, or -errno */
static ssize_t transfer(int fd, bool write, uint64_t off, char *buf, size_t len)
{
	ssize_t n;

	do {
		n = write ? pwrite(fd, buf, len, (off_t)off) : pread(fd, buf, len, (off_t)off);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? n : -EIO;
}

static int transfer_all(int fd, bool write, uint64_t off, char *buf, size_t len)
{
	while (len) {
		ssize_t n = transfer(fd, write, off, buf, len);

		if (n < 0)
			return (int)n;
		buf += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* @len bytes at @off: whole units, BOUNCE_BYTES at most, or a part of one */
static int bounce(struct file_dev *f, bool write, uint64_t off, char *buf, size_t len)
{
	uint64_t start = off - off % f->unit, end = off + len;
	size_t skip = (size_t)(off - start), room;
	bool part;
	void *p;
	int err = 0;

	end += (f->unit - end % f->unit) % f->unit;
	room = (size_t)(end - start);
	part = room != len;
	if (posix_memalign(&p, f->mem_unit > f->unit ? f->mem_unit : f->unit, room))
		return -ENOMEM;
	if (write && part)
		pthread_mutex_lock(&f->unit_lock);
	if (!write || part)
		err = transfer_all(f->direct_fd, false, start, p, room);
	if (!err && write) {
		memcpy((char *)p + skip, buf, len);
		err = transfer_all(f->direct_fd, true, start, p, room);
	}
	if (write && part)
		pthread_mutex_unlock(&f->unit_lock);
	if (!err && !write)
		memcpy(buf, (char *)p + skip, len);
	free(p);
	return err;
}

static int direct(struct file_dev *f, bool write, uint64_t off, char *buf, size_t len)
{
	while (len && off < f->direct_end) {
		size_t skip = (size_t)(off % f->unit), n = len;
		ssize_t done;

		if (n > f->direct_end - off)
			n = (size_t)(f->direct_end - off);
		if (skip && n > f->unit - skip)
			n = f->unit - skip;
		else if (!skip && n >= f->unit)
			n -= n % f->unit;
		if (skip || n < f->unit || (uintptr_t)buf % f->mem_unit) {
			n = n < BOUNCE_BYTES ? n : BOUNCE_BYTES;
			done = bounce(f, write, off, buf, n);
			if (!done)
				done = (ssize_t)n;
		} else {
			done = transfer(f->direct_fd, write, off, buf, n);
		}
		if (done < 0)
			return (int)done;
		buf += done;
		off += (uint64_t)done;
		len -= (size_t)done;
	}
	return transfer_all(f->fd, write, off, buf, len);
}

static int file_io(struct file_dev *f, bool write, uint64_t off, char *buf, size_t len)
{
	if (f->direct_fd >= 0)
		return direct(f, write, off, buf, len);
	return transfer_all(f->fd, write, off, buf, len);
}

static int file_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	return file_io(ctx, false, off, buf, len);
}

static int file_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	return file_io(ctx, true, off, (char *)buf, len);
}

static int file_flush(void *ctx)
{
	struct file_dev *f = ctx;
	int err;

	/* of both descriptors: a write error is told once to each */
	do {
		err = fsync(f->fd);
	} while (err < 0 && errno == EINTR);
	if (err < 0)
		return -errno;
	if (f->direct_fd < 0)
		return 0;
	do {
		err = fdatasync(f->direct_fd);
	} while (err < 0 && errno == EINTR);
	return err < 0 ? -errno : 0;
}

static void file_close(void *ctx)
{
	struct file_dev *f = ctx;

	if (f->direct_fd >= 0)
		close(f->direct_fd);
	if (f->fd >= 0)
		close(f->fd);
	pthread_mutex_destroy(&f->unit_lock);
}

static const struct efs_device_ops file_ops = {
	.read = file_read,
	.write = file_write,
	.flush = file_flush,
	.close = file_close,
};

/* ---- opening ---- */

/* what the system wants of direct requests; false: it does not say */
static bool ask_units(struct file_dev *f, bool blk)
{
#ifdef STATX_DIOALIGN
	struct statx stx;

	if (!statx(f->direct_fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &stx) &&
	    (stx.stx_mask & STATX_DIOALIGN) && stx.stx_dio_offset_align) {
		f->unit = stx.stx_dio_offset_align;
		f->mem_unit = stx.stx_dio_mem_align;
		return true;
	}
#endif
	if (blk) {
		int size;

		if (ioctl(f->direct_fd, BLKSSZGET, &size) || size <= 0)
			return false;
		f->unit = (size_t)size;
		f->mem_unit = (size_t)size;
		return true;
	}
	return false;
}

static int open_direct(struct file_dev *f, const char *path, const struct stat *st, int flags)
{
	long page = sysconf(_SC_PAGESIZE);
	struct stat again;
	uint64_t whole;

	/* the lock is of @fd: a second one must not ask for the device exclusively */
	f->direct_fd = open(path, (flags & ~O_EXCL) | O_DIRECT);
	if (f->direct_fd < 0)
		return errno == EINVAL ? -EOPNOTSUPP : -errno;
	/* the path may lead elsewhere by now */
	if (fstat(f->direct_fd, &again))
		return -errno;
	if (again.st_dev != st->st_dev || again.st_ino != st->st_ino)
		return -EBUSY;
	if (!ask_units(f, S_ISBLK(st->st_mode))) {
		f->unit = (size_t)page;
		f->mem_unit = (size_t)page;
	}
	if (f->unit > UNIT_MAX || f->mem_unit > UNIT_MAX || f->unit & (f->unit - 1) ||
	    f->mem_unit & (f->mem_unit - 1))
		return -EOPNOTSUPP;
	whole = (uint64_t)page > f->unit ? (uint64_t)page : f->unit;
	f->direct_end = f->dev.size;
	if (f->dev.size % f->unit)
		f->direct_end -= f->dev.size % whole;
	return 0;
}

static int open_file(struct file_dev *f, const char *path, unsigned int flags)
{
	bool rdonly = flags & EFS_DEVICE_RDONLY;
	int oflags, err;
	struct stat st;
	off_t end;

	/* O_NONBLOCK: a FIFO by mistake must not hang; without meaning for the others */
	oflags = (rdonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
	/* of a device node, not of a file, O_EXCL asks that nobody has it mounted */
	if (!rdonly && !stat(path, &st) && S_ISBLK(st.st_mode))
		oflags |= O_EXCL;
	f->fd = open(path, oflags);
	if (f->fd < 0)
		return -errno;
	if (fstat(f->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	/* of the open file, so it is gone with the last descriptor, whatever happens */
	if (flock(f->fd, (rdonly ? LOCK_SH : LOCK_EX) | LOCK_NB) && errno == EWOULDBLOCK)
		return -EBUSY;
	err = efs_dev_check_unused(path, rdonly);
	if (err)
		return err;
	/* works for both kinds, where st_size is 0 for a device node */
	end = lseek(f->fd, 0, SEEK_END);
	if (end < 0)
		return -errno;
	f->dev.size = (uint64_t)end;
	f->dev.rdonly = rdonly;
	return flags & EFS_DEVICE_DIRECT ? open_direct(f, path, &st, oflags) : 0;
}

int efs_device_open(const char *path, unsigned int flags, struct efs_device **out)
{
	struct file_dev *f;
	int err;

	if (flags & ~(EFS_DEVICE_RDONLY | EFS_DEVICE_DIRECT))
		return -EINVAL;
	f = efs_dev_new(NULL, sizeof(*f), &file_ops, 0);
	if (!f)
		return -ENOMEM;
	pthread_mutex_init(&f->unit_lock, NULL);
	f->fd = -1;
	f->direct_fd = -1;
	err = open_file(f, path, flags);
	if (err) {
		efs_device_close(&f->dev);
		return err;
	}
	*out = &f->dev;
	return 0;
}
