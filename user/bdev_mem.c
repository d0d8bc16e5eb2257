// SPDX-License-Identifier: GPL-2.0
/*
 * A block device in memory.
 *
 * Concurrent requests to different bytes need no lock; for the same bytes the file
 * system above never has two requests under way, one of them a write.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bdev.h"

struct mem_dev {
	struct efsu_bdev bd;
	char *bytes;
	bool own;
	size_t size;
};

static int mem_read(struct efsu_bdev *bd, uint64_t off, void *buf, size_t len)
{
	struct mem_dev *m = (struct mem_dev *)bd;

	if (!efsu_bdev_in_range(off, len, m->size))
		return -EIO;
	memcpy(buf, m->bytes + off, len);
	return 0;
}

static int mem_write(struct efsu_bdev *bd, uint64_t off, const void *buf, size_t len)
{
	struct mem_dev *m = (struct mem_dev *)bd;

	if (!efsu_bdev_in_range(off, len, m->size))
		return -EIO;
	memcpy(m->bytes + off, buf, len);
	return 0;
}

static int mem_flush(struct efsu_bdev *bd)
{
	(void)bd;
	return 0;
}

static uint64_t mem_size(struct efsu_bdev *bd)
{
	return ((struct mem_dev *)bd)->size;
}

static void mem_close(struct efsu_bdev *bd)
{
	struct mem_dev *m = (struct mem_dev *)bd;

	if (m->own)
		free(m->bytes);
	free(m);
}

static const struct efsu_bdev_ops mem_ops = {
	.read = mem_read,
	.write = mem_write,
	.flush = mem_flush,
	.size = mem_size,
	.close = mem_close,
};

int efsu_bdev_mem(void *bytes, size_t size, struct efsu_bdev **out)
{
	struct mem_dev *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->bd.ops = &mem_ops;
	m->size = size;
	m->own = !bytes;
	m->bytes = bytes ? bytes : calloc(1, size ? size : 1);
	if (!m->bytes) {
		free(m);
		return -ENOMEM;
	}
	*out = &m->bd;
	return 0;
}

void *efsu_bdev_mem_bytes(struct efsu_bdev *bd)
{
	return ((struct mem_dev *)bd)->bytes;
}
