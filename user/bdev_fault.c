// SPDX-License-Identifier: GPL-2.0
/*
 * A block device layer whose n-th read, write or flush fails.
 *
 * The lock protects plan and counts; the device below is called without it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "bdev.h"

struct fault_dev {
	struct efsu_bdev bd;
	struct efsu_bdev *under;
	pthread_mutex_t lock;
	struct efsu_fault_plan plan;
	struct efsu_fault_count count;
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

static int fault_read(struct efsu_bdev *bd, uint64_t off, void *buf, size_t len)
{
	struct fault_dev *f = (struct fault_dev *)bd;
	int err = fault_next(f, &f->count.reads, &f->plan.read);

	return err ? err : efsu_bdev_read(f->under, off, buf, len);
}

static int fault_write(struct efsu_bdev *bd, uint64_t off, const void *buf, size_t len)
{
	struct fault_dev *f = (struct fault_dev *)bd;
	int err = fault_next(f, &f->count.writes, &f->plan.write);

	return err ? err : efsu_bdev_write(f->under, off, buf, len);
}

static int fault_flush(struct efsu_bdev *bd)
{
	struct fault_dev *f = (struct fault_dev *)bd;
	int err = fault_next(f, &f->count.flushes, &f->plan.flush);

	return err ? err : efsu_bdev_flush(f->under);
}

static uint64_t fault_size(struct efsu_bdev *bd)
{
	return efsu_bdev_size(((struct fault_dev *)bd)->under);
}

static void fault_close(struct efsu_bdev *bd)
{
	struct fault_dev *f = (struct fault_dev *)bd;

	efsu_bdev_close(f->under);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

static const struct efsu_bdev_ops fault_ops = {
	.read = fault_read,
	.write = fault_write,
	.flush = fault_flush,
	.size = fault_size,
	.close = fault_close,
};

int efsu_bdev_fault(struct efsu_bdev *under, struct efsu_bdev **out)
{
	struct fault_dev *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->bd.ops = &fault_ops;
	f->under = under;
	pthread_mutex_init(&f->lock, NULL);
	*out = &f->bd;
	return 0;
}

void efsu_bdev_fault_plan(struct efsu_bdev *bd, const struct efsu_fault_plan *plan)
{
	struct fault_dev *f = (struct fault_dev *)bd;

	pthread_mutex_lock(&f->lock);
	f->plan = plan ? *plan : (struct efsu_fault_plan){ 0 };
	f->count = (struct efsu_fault_count){ 0 };
	pthread_mutex_unlock(&f->lock);
}

void efsu_bdev_fault_count(struct efsu_bdev *bd, struct efsu_fault_count *count)
{
	struct fault_dev *f = (struct fault_dev *)bd;

	pthread_mutex_lock(&f->lock);
	*count = f->count;
	pthread_mutex_unlock(&f->lock);
}
