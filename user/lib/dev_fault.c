// SPDX-License-Identifier: GPL-2.0
/*
 * A block device layer whose n-th read, write or flush fails.
 *
 * The lock protects plan and counts; the device below is called without it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "dev.h"

struct fault_dev {
	struct efs_device dev;
	struct efs_device *under;
	pthread_mutex_t lock;
	struct efs_fault_plan plan;
	struct efs_fault_count count;
};

/* counts one request; 0 or the error it is to fail with */
static int fault_next(struct fault_dev *f, unsigned long *count, const unsigned long *at)
{
	int err = 0;

	pthread_mutex_lock(&f->lock);
	++*count;
	if (*at && (*count == *at || (f->plan.sticky && *count > *at))) {
		f->count.failed++;
		err = f->plan.error ? f->plan.error : -EIO;
	}
	pthread_mutex_unlock(&f->lock);
	return err;
}

static int fault_read(struct efs_device *dev, uint64_t off, void *buf, size_t len)
{
	struct fault_dev *f = (struct fault_dev *)dev;
	int err = fault_next(f, &f->count.reads, &f->plan.read);

	return err ? err : efs_device_read(f->under, off, buf, len);
}

static int fault_write(struct efs_device *dev, uint64_t off, const void *buf, size_t len)
{
	struct fault_dev *f = (struct fault_dev *)dev;
	int err = fault_next(f, &f->count.writes, &f->plan.write);

	return err ? err : efs_device_write(f->under, off, buf, len);
}

static int fault_flush(struct efs_device *dev)
{
	struct fault_dev *f = (struct fault_dev *)dev;
	int err = fault_next(f, &f->count.flushes, &f->plan.flush);

	return err ? err : efs_device_flush(f->under);
}

static uint64_t fault_size(const struct efs_device *dev)
{
	return efs_device_size(((struct fault_dev *)dev)->under);
}

static void fault_close(struct efs_device *dev)
{
	struct fault_dev *f = (struct fault_dev *)dev;

	efs_device_close(f->under);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

static const struct efs_dev_ops fault_ops = {
	.read = fault_read,
	.write = fault_write,
	.flush = fault_flush,
	.size = fault_size,
	.close = fault_close,
};

int efs_dev_fault(struct efs_device *under, struct efs_device **out)
{
	struct fault_dev *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->dev.ops = &fault_ops;
	f->under = under;
	pthread_mutex_init(&f->lock, NULL);
	*out = &f->dev;
	return 0;
}

void efs_dev_fault_plan(struct efs_device *dev, const struct efs_fault_plan *plan)
{
	struct fault_dev *f = (struct fault_dev *)dev;

	pthread_mutex_lock(&f->lock);
	f->plan = plan ? *plan : (struct efs_fault_plan){ 0 };
	f->count = (struct efs_fault_count){ 0 };
	pthread_mutex_unlock(&f->lock);
}

void efs_dev_fault_count(struct efs_device *dev, struct efs_fault_count *count)
{
	struct fault_dev *f = (struct fault_dev *)dev;

	pthread_mutex_lock(&f->lock);
	*count = f->count;
	pthread_mutex_unlock(&f->lock);
}
