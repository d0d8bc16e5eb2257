/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices from the inside; efs.h has what callers of the library see.
 *
 * Every kind of device, the callers' own too, is a table of functions (struct
 * efs_device_ops) and an object for them. Ranges are checked once, in the calls of efs.h,
 * so the functions see none that passes the end of their device, and none that is empty.
 * Layers are devices over devices and go through the same calls. All offsets and lengths
 * are bytes.
 *
 * A device may be called by several threads at once. Nothing here knows a file system.
 *
 * This, or efs.h, comes before the headers of core/: EFS_ERRORS_CONTINUE is an enumerator here
 * and a macro with the same value there.
 */
#ifndef EFS_DEV_H
#define EFS_DEV_H

#include "env.h"

/**
 * struct efs_device - at the start of each kind
 * @ops: write is NULL where nothing can be written
 * @ctx: what they are called with
 * @size: bytes; constant
 * @rdonly: writing is refused, here or by what is below
 * @env: where the memory of the device comes from; layers take it over from below
 * @bytes: of this object
 */
struct efs_device {
	const struct efs_device_ops *ops;
	void *ctx;
	uint64_t size;
	bool rdonly;
	struct efs_env env;
	size_t bytes;
};

/** efs_dev_in_range() - do @len bytes at @off lie inside @size bytes? */
static inline bool efs_dev_in_range(uint64_t off, uint64_t len, uint64_t size)
{
	return off <= size && len <= size - off;
}

/**
 * efs_dev_new() - a zeroed object that begins with a struct efs_device, which is filled in
 * @env: NULL: the usual
 * @bytes: of the object
 * @ops: outlive it; called with the object. They do not free it
 * @size: of the device
 *
 * Return: the object, which efs_device_close() frees after @ops->close; NULL: no memory.
 */
void *efs_dev_new(const struct efs_env *env, size_t bytes, const struct efs_device_ops *ops,
		  uint64_t size);

/** efs_dev_check_unused() - is a file or block device in use by the system? (dev_busy.c)
 * @rdonly: it will not be written: then a loop device may be using it
 * Return: 0, or -EBUSY: mounted, or written through a loop device.
 */
int efs_dev_check_unused(const char *path, bool rdonly);

/** efs_dev_memory_bytes() - the bytes of a device of efs_device_memory() */
void *efs_dev_memory_bytes(struct efs_device *dev);

/** struct efs_fault_plan - which requests shall fail, counted from 1; 0: none
 * @sticky: all from that one on, as when a disk is pulled
 * @error: what they fail with, negative; 0: -EIO
 */
struct efs_fault_plan {
	unsigned long read, write, flush;
	bool sticky;
	int error;
};

/** struct efs_fault_count - requests seen since the plan was made */
struct efs_fault_count {
	unsigned long reads, writes, flushes, failed;
};

/**
 * efs_dev_fault() - a layer whose n-th requests fail (dev_fault.c)
 * @under: closed together with the layer; a failed write changes nothing in it
 *
 * Return: 0 or -ENOMEM (@under is the caller's still).
 */
int efs_dev_fault(struct efs_device *under, struct efs_device **out);

/** efs_dev_fault_plan() - start counting at 0 with this plan; NULL: fail nothing */
void efs_dev_fault_plan(struct efs_device *dev, const struct efs_fault_plan *plan);

/** efs_dev_fault_count() - what happened since the plan was made */
void efs_dev_fault_count(struct efs_device *dev, struct efs_fault_count *count);

#endif /* EFS_DEV_H */
