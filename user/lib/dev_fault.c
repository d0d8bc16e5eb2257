// SPDX-License-Identifier: GPL-2.0
/*
 * A layer whose n-th read, write or flush fails; for tests.
 *
 * The lock protects plan and counts; the device below is called without it.
 */
#include <errno.h>
#include <pthread.h>

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

static int fault_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	struct fault_dev *f = ctx;
	int err = fault_next(f, &f->count.reads, &f->plan.read);

	return err ? err : efs_device_read(f->under, off, buf, len);
}

static int fault_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	struct fault_dev *f = ctx;
	int err = fault_next(f, &f->count.writes, &f->plan.write);

	return err ? err : efs_device_write(f->under, off, buf, len);
}

static int fault_flush(void *ctx)
{
	struct fault_dev *f = ctx;
	int err = fault_next(f, &f->count.flushes, &f->plan.flush);

	return err ? err : efs_device_flush(f->under);
}

static void fault_close(void *ctx)
{
	struct fault_dev *f = ctx;

	efs_device_close(f->under);
	pthread_mutex_destroy(&f->lock);
}

static const struct efs_device_ops fault_ops = {
	.read = fault_read,
	.write = fault_write,
	.flush = fault_flush,
	.close = fault_close,
};

int efs_dev_fault(struct efs_device *under, struct efs_device **out)
{
	struct fault_dev *f = efs_dev_new(&under->env, sizeof(*f), &fault_ops, under->size);

	if (!f)
		return -ENOMEM;
	f->dev.rdonly = under->rdonly;
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
