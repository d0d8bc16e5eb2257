/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Block devices below the file system, from the inside: a table of operations and an object to
 * go with it. efs.h has what callers of the library see.
 *
 * Layers are devices on top of devices. All offsets and lengths are bytes. The file system
 * asks for whole blocks of its own size only, but for the superblock: 1024 bytes, normally at
 * 1024.
 *
 * A device may be called by several threads at once. Nothing here knows a file system.
 *
 * This, or efs.h, comes before the headers of core/: EFS_ERRORS_CONTINUE is an enumerator here
 * and a macro with the same value there.
 */
#ifndef EFS_DEV_H
#define EFS_DEV_H

#include "../include/efs.h"

/**
 * struct efs_dev_ops - what a device can do
 * @read: @len bytes at @off into @buf, all of them or an error. A range that passes
 *	the end of the device is -EIO.
 * @write: the same the other way; -EROFS on a read-only device
 * @flush: everything written before is durable when this returns 0
 * @size: bytes; constant during the device's life
 * @close: release the device and its memory; layers close what is below them
 *
 * All return 0 or -errno, @size and @close aside.
 */
struct efs_dev_ops {
	int (*read)(struct efs_device *dev, uint64_t off, void *buf, size_t len);
	int (*write)(struct efs_device *dev, uint64_t off, const void *buf, size_t len);
	int (*flush)(struct efs_device *dev);
	uint64_t (*size)(const struct efs_device *dev);
	void (*close)(struct efs_device *dev);
};

/** struct efs_device - embedded at the start of each kind of device */
struct efs_device {
	const struct efs_dev_ops *ops;
};

/** efs_dev_in_range() - do @len bytes at @off lie inside @size bytes? */
static inline bool efs_dev_in_range(uint64_t off, size_t len, uint64_t size)
{
	return off <= size && len <= size - off;
}

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
