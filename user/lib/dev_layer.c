// SPDX-License-Identifier: GPL-2.0
/*
 * Layers that only look: a device that is not written, and a part of a device.
 */
#include <errno.h>

#include "dev.h"

struct layer_dev {
	struct efs_device dev;
	struct efs_device *under;
	uint64_t off;
};

static int layer_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	struct layer_dev *l = ctx;

	return efs_device_read(l->under, l->off + off, buf, len);
}

static int layer_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	struct layer_dev *l = ctx;

	return efs_device_write(l->under, l->off + off, buf, len);
}

static int layer_flush(void *ctx)
{
	return efs_device_flush(((struct layer_dev *)ctx)->under);
}

static void layer_close(void *ctx)
{
	efs_device_close(((struct layer_dev *)ctx)->under);
}

static const struct efs_device_ops layer_ops = {
	.read = layer_read,
	.write = layer_write,
	.flush = layer_flush,
	.close = layer_close,
};

/* @off and @size are within @under */
static int new_layer(struct efs_device *under, uint64_t off, uint64_t size, bool rdonly,
		     struct efs_device **out)
{
	struct layer_dev *l = efs_dev_new(&under->env, sizeof(*l), &layer_ops, size);

	if (!l)
		return -ENOMEM;
	l->dev.rdonly = rdonly;
	l->under = under;
	l->off = off;
	*out = &l->dev;
	return 0;
}

int efs_device_readonly(struct efs_device *under, struct efs_device **out)
{
	return new_layer(under, 0, under->size, true, out);
}

int efs_device_range(struct efs_device *under, uint64_t off, uint64_t size,
		     struct efs_device **out)
{
	if (!efs_dev_in_range(off, size, under->size))
		return -EINVAL;
	return new_layer(under, off, size ? size : under->size - off, under->rdonly, out);
}
