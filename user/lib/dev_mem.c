// SPDX-License-Identifier: GPL-2.0
/*
 * A device in memory.
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
};

static int mem_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	memcpy(buf, ((struct mem_dev *)ctx)->bytes + off, len);
	return 0;
}

static int mem_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	memcpy(((struct mem_dev *)ctx)->bytes + off, buf, len);
	return 0;
}

static void mem_close(void *ctx)
{
	struct mem_dev *m = ctx;

	if (m->own)
		free(m->bytes);
}

static const struct efs_device_ops mem_ops = {
	.read = mem_read,
	.write = mem_write,
	.close = mem_close,
};

int efs_device_memory(void *mem, size_t size, struct efs_device **out)
{
	struct mem_dev *m = efs_dev_new(NULL, sizeof(*m), &mem_ops, size);

	if (!m)
		return -ENOMEM;
	m->own = !mem;
	/* calloc(): pages that nobody writes cost nothing */
	m->bytes = mem ? mem : calloc(1, size ? size : 1);
	if (!m->bytes) {
		efs_device_close(&m->dev);
		return -ENOMEM;
	}
	*out = &m->dev;
	return 0;
}

void *efs_dev_memory_bytes(struct efs_device *dev)
{
	return ((struct mem_dev *)dev)->bytes;
}
