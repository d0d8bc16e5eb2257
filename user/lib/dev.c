// SPDX-License-Identifier: GPL-2.0
/*
 * What all devices have in common, and devices made of the caller's functions.
 *
 * Nothing here has a lock: what a device is does not change while it is open.
 */
#include <errno.h>
#include <string.h>

#include "dev.h"

void *efs_dev_new(const struct efs_env *env, size_t bytes, const struct efs_device_ops *ops,
		  uint64_t size)
{
	struct efs_device *dev;
	struct efs_env full;

	efs_env_fill(&full, env);
	dev = efs_env_zalloc(&full, bytes);
	if (!dev)
		return NULL;
	dev->ops = ops;
	dev->ctx = dev;
	dev->size = size;
	dev->rdonly = !ops->write;
	dev->env = full;
	dev->bytes = bytes;
	return dev;
}

int efs_device_read(struct efs_device *dev, uint64_t off, void *buf, size_t len)
{
	if (!efs_dev_in_range(off, len, dev->size))
		return -EIO;
	return len ? dev->ops->read(dev->ctx, off, buf, len) : 0;
}

int efs_device_write(struct efs_device *dev, uint64_t off, const void *buf, size_t len)
{
	if (dev->rdonly)
		return -EROFS;
	if (!efs_dev_in_range(off, len, dev->size))
		return -EIO;
	return len ? dev->ops->write(dev->ctx, off, buf, len) : 0;
}

int efs_device_flush(struct efs_device *dev)
{
	return !dev->rdonly && dev->ops->flush ? dev->ops->flush(dev->ctx) : 0;
}

uint64_t efs_device_size(const struct efs_device *dev)
{
	return dev->size;
}

void efs_device_close(struct efs_device *dev)
{
	struct efs_env env;

	if (!dev)
		return;
	if (dev->ops->close)
		dev->ops->close(dev->ctx);
	env = dev->env;
	efs_env_free(&env, dev, dev->bytes);
}

/* ---- the caller's functions ---- */

struct custom_dev {
	struct efs_device dev;
	struct efs_device_ops ops;
};

int efs_device_custom(const struct efs_device_ops *ops, void *ctx, uint64_t size,
		      const struct efs_env *env, struct efs_device **out)
{
	struct custom_dev *c;

	if (!ops || !ops->read)
		return -EINVAL;
	c = efs_dev_new(env, sizeof(*c), ops, size);
	if (!c)
		return -ENOMEM;
	c->ops = *ops;
	c->dev.ops = &c->ops;
	c->dev.ctx = ctx;
	*out = &c->dev;
	return 0;
}
