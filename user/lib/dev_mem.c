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

#include "dev.h"

struct mem_dev {
	struct efs_device dev;
	char *bytes;
	bool own;
	size_t size;
};

static int mem_read(struct efs_device *dev, uint64_t off, void *buf, size_t len)
{
	struct mem_dev *m = (struct mem_dev *)dev;

	if (!efs_dev_in_range(off, len, m->size))
		return -EIO;
	memcpy(buf, m->bytes + off, len);
	return 0;
}

static int mem_write(struct efs_device *dev, uint64_t off, const void *buf, size_t len)
{
	struct mem_dev *m = (struct mem_dev *)dev;

	if (!efs_dev_in_range(off, len, m->size))
		return -EIO;
	memcpy(m->bytes + off, buf, len);
	return 0;
}

static int mem_flush(struct efs_device *dev)
{
	(void)dev;
	return 0;
}

static uint64_t mem_size(const struct efs_device *dev)
{
	return ((struct mem_dev *)dev)->size;
}

static void mem_close(struct efs_device *dev)
{
	struct mem_dev *m = (struct mem_dev *)dev;

	if (m->own)
		free(m->bytes);
	free(m);
}

static const struct efs_dev_ops mem_ops = {
	.read = mem_read,
	.write = mem_write,
	.flush = mem_flush,
	.size = mem_size,
	.close = mem_close,
};

int efs_device_memory(void *bytes, size_t size, struct efs_device **out)
{
	struct mem_dev *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->dev.ops = &mem_ops;
	m->size = size;
	m->own = !bytes;
	m->bytes = bytes ? bytes : calloc(1, size ? size : 1);
	if (!m->bytes) {
		free(m);
		return -ENOMEM;
	}
	*out = &m->dev;
	return 0;
}

void *efs_dev_memory_bytes(struct efs_device *dev)
{
	return ((struct mem_dev *)dev)->bytes;
}
