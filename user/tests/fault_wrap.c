// SPDX-License-Identifier: GPL-2.0
/*
 * The efs command over a device that fails: linked in by --wrap, so the command itself
 * has no test hook.
 *
 * EFS_FAULT is "read:N", "write:N" or "flush:N", the request that fails, counted from 1;
 * with a "+" behind it, every one from there on. "count" fails nothing. At the end a line
 * "requests: R W F" goes to the file EFS_FAULT_LOG, if that is set.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../bdev.h"

int __real_efsu_bdev_file(const char *path, bool rdonly, struct efsu_bdev **out);
int __real_efsu_bdev_file_fd(struct efsu_bdev *bd);
int __wrap_efsu_bdev_file(const char *path, bool rdonly, struct efsu_bdev **out);
int __wrap_efsu_bdev_file_fd(struct efsu_bdev *bd);

/* the layer's device, with an end that writes the log */
static struct efsu_bdev *file;
static struct efsu_bdev_ops ops;
static const struct efsu_bdev_ops *real_ops;

static void logged_close(struct efsu_bdev *bd)
{
	const char *path = getenv("EFS_FAULT_LOG");
	struct efsu_fault_count n;
	FILE *f = path ? fopen(path, "w") : NULL;

	if (f) {
		efsu_bdev_fault_count(bd, &n);
		fprintf(f, "requests: %lu %lu %lu\n", n.reads, n.writes, n.flushes);
		fclose(f);
	}
	real_ops->close(bd);
}

int __wrap_efsu_bdev_file(const char *path, bool rdonly, struct efsu_bdev **out)
{
	struct efsu_fault_plan plan = { 0 };
	const char *fault = getenv("EFS_FAULT");
	char kind[8] = "", plus = 0;
	unsigned long at = 0;
	int err;

	err = __real_efsu_bdev_file(path, rdonly, &file);
	if (!err)
		err = efsu_bdev_fault(file, out);
	if (err)
		return err;
	if (fault && sscanf(fault, "%7[a-z]:%lu%c", kind, &at, &plus) >= 2) {
		if (!strcmp(kind, "read"))
			plan.read = at;
		else if (!strcmp(kind, "write"))
			plan.write = at;
		else if (!strcmp(kind, "flush"))
			plan.flush = at;
		plan.sticky = plus == '+';
	}
	efsu_bdev_fault_plan(*out, &plan);
	real_ops = (*out)->ops;
	ops = *real_ops;
	ops.close = logged_close;
	(*out)->ops = &ops;
	return 0;
}

int __wrap_efsu_bdev_file_fd(struct efsu_bdev *bd)
{
	(void)bd;
	return __real_efsu_bdev_file_fd(file);
}
