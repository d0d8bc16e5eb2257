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

#include "../lib/dev.h"

int __real_efs_device_open(const char *path, unsigned int flags, struct efs_device **out);
int __wrap_efs_device_open(const char *path, unsigned int flags, struct efs_device **out);

/* the layer's device, with an end that writes the log */
static struct efs_device *file;
static struct efs_device_ops ops;
static const struct efs_device_ops *real_ops;

static void logged_close(void *dev)
{
	const char *path = getenv("EFS_FAULT_LOG");
	struct efs_fault_count n;
	FILE *f = path ? fopen(path, "w") : NULL;

	if (f) {
		efs_dev_fault_count(dev, &n);
		fprintf(f, "requests: %lu %lu %lu\n", n.reads, n.writes, n.flushes);
		fclose(f);
	}
	real_ops->close(dev);
}

int __wrap_efs_device_open(const char *path, unsigned int flags, struct efs_device **out)
{
	struct efs_fault_plan plan = { 0 };
	const char *fault = getenv("EFS_FAULT");
	char kind[8] = "", plus = 0;
	unsigned long at = 0;
	int err;

	err = __real_efs_device_open(path, flags, &file);
	if (!err)
		err = efs_dev_fault(file, out);
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
	efs_dev_fault_plan(*out, &plan);
	real_ops = (*out)->ops;
	ops = *real_ops;
	ops.close = logged_close;
	(*out)->ops = &ops;
	return 0;
}
