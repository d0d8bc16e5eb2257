// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images as mountable devices, for workloads that mount many: a file on tmpfs behind a loop
 * device, mounted and unmounted by system calls.
 */
#include "work.h"
#include "image.h"
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#ifndef LOOP_CONFIGURE
#error "headers older than Linux 5.8"
#endif

void image_load(struct image *im, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &st))
		die("image %s", path);
	im->len = st.st_size;
	im->bytes = malloc(im->len);
	if (!im->bytes)
		die("memory");
	read_all(fd, im->bytes, im->len, 0);
	close(fd);
	im->fd = -1;
}

void image_free(struct image *im)
{
	free(im->bytes);
	im->bytes = NULL;
}

void image_attach(struct image *im)
{
	static const char zeros[4096];
	struct loop_config cfg = {};
	char path[64];
	int ctl, loop, n;
	size_t at;

	snprintf(path, sizeof(path), "/dev/shm/efs-work.%d", getpid());
	im->fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (im->fd < 0 || ftruncate(im->fd, im->len) || unlink(path))
		die("%s", path);
	for (at = 0; at < im->len; at += sizeof(zeros)) {
		size_t len = im->len - at < sizeof(zeros) ? im->len - at : sizeof(zeros);

		if (memcmp(im->bytes + at, zeros, len))
			write_all(im->fd, im->bytes + at, len, at);
	}
	ctl = open("/dev/loop-control", O_RDWR);
	cfg.fd = im->fd;
	do {
		n = ctl < 0 ? -1 : ioctl(ctl, LOOP_CTL_GET_FREE);
		if (n < 0)
			die("no loop device");
		snprintf(im->name, sizeof(im->name), "loop%d", n);
		snprintf(im->dev, sizeof(im->dev), "/dev/loop%d", n);
		loop = open(im->dev, O_RDWR);
		/* another process may have been faster */
		n = loop < 0 ? -1 : ioctl(loop, LOOP_CONFIGURE, &cfg);
		if (n && errno != EBUSY)
			die("%s", im->dev);
		close(loop);
	} while (n);
	close(ctl);
}

void image_detach(struct image *im)
{
	int loop = open(im->dev, O_RDWR);

	if (loop < 0 || ioctl(loop, LOOP_CLR_FD, 0))
		die("cannot detach %s", im->dev);
	close(loop);
	close(im->fd);
	im->fd = -1;
}

bool image_unchanged(const struct image *im)
{
	static char buf[65536];
	size_t at;

	for (at = 0; at < im->len; at += sizeof(buf)) {
		size_t len = im->len - at < sizeof(buf) ? im->len - at : sizeof(buf);

		read_all(im->fd, buf, len, at);
		if (memcmp(buf, im->bytes + at, len))
			return false;
	}
	return true;
}

void image_save(const struct image *im, const char *path)
{
	static char buf[65536], zeros[65536];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	size_t at;

	if (fd < 0 || ftruncate(fd, im->len))
		die("%s", path);
	for (at = 0; at < im->len; at += sizeof(buf)) {
		size_t len = im->len - at < sizeof(buf) ? im->len - at : sizeof(buf);

		read_all(im->fd, buf, len, at);
		if (memcmp(buf, zeros, len))
			write_all(fd, buf, len, at);
	}
	if (close(fd))
		die("%s", path);
}

void set_file(const char *value, const char *fmt, ...)
{
	char path[256];
	va_list ap;
	int fd;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) != (ssize_t)strlen(value))
		die("cannot write '%s' to %s", value, path);
	close(fd);
}
