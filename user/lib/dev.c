// SPDX-License-Identifier: GPL-2.0
/*
 * What all devices have in common: the calls of efs.h that go to the kind's own.
 */
#include "dev.h"

int efs_device_read(struct efs_device *dev, uint64_t off, void *buf, size_t len)
{
	return dev->ops->read(dev, off, buf, len);
}

int efs_device_write(struct efs_device *dev, uint64_t off, const void *buf, size_t len)
{
	return dev->ops->write(dev, off, buf, len);
}

int efs_device_flush(struct efs_device *dev)
{
	return dev->ops->flush(dev);
}

uint64_t efs_device_size(const struct efs_device *dev)
{
	return dev->ops->size(dev);
}

void efs_device_close(struct efs_device *dev)
{
	if (dev)
		dev->ops->close(dev);
}
