/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Block devices below the file system: a table of operations and an object to go with it.
 *
 * Layers (faults, later overlays and partitions) are devices on top of devices. All
 * offsets and lengths are bytes. The file system asks for whole file system blocks
 * only, but for the superblock: 1024 bytes, normally at 1024.
 *
 * A device may be called by several threads at once. Nothing here knows ext2.
 */
#ifndef EFSU_BDEV_H
#define EFSU_BDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct efsu_bdev;

/**
 * struct efsu_bdev_ops - what a device can do
 * @read: @len bytes at @off into @buf, all of them or an error. A range that passes
 *	the end of the device is -EIO.
 * @write: the same the other way; -EROFS on a read-only device
 * @flush: everything written before is durable when this returns 0
 * @size: bytes; constant during the device's life
 * @close: release the device and its memory; layers close what is below them
 *
 * All return 0 or -errno, @size and @close aside.
 */
struct efsu_bdev_ops {
	int (*read)(struct efsu_bdev *bd, uint64_t off, void *buf, size_t len);
	int (*write)(struct efsu_bdev *bd, uint64_t off, const void *buf, size_t len);
	int (*flush)(struct efsu_bdev *bd);
	uint64_t (*size)(struct efsu_bdev *bd);
	void (*close)(struct efsu_bdev *bd);
};

/** struct efsu_bdev - embedded at the start of each kind of device */
struct efsu_bdev {
	const struct efsu_bdev_ops *ops;
};

static inline int efsu_bdev_read(struct efsu_bdev *bd, uint64_t off, void *buf, size_t len)
{
	return bd->ops->read(bd, off, buf, len);
}

static inline int efsu_bdev_write(struct efsu_bdev *bd, uint64_t off, const void *buf,
				  size_t len)
{
	return bd->ops->write(bd, off, buf, len);
}

static inline int efsu_bdev_flush(struct efsu_bdev *bd)
{
	return bd->ops->flush(bd);
}

static inline uint64_t efsu_bdev_size(struct efsu_bdev *bd)
{
	return bd->ops->size(bd);
}

/** efsu_bdev_close() - accepts NULL */
static inline void efsu_bdev_close(struct efsu_bdev *bd)
{
	if (bd)
		bd->ops->close(bd);
}

/** efsu_bdev_in_range() - do @len bytes at @off lie inside @size bytes? */
static inline bool efsu_bdev_in_range(uint64_t off, size_t len, uint64_t size)
{
	return off <= size && len <= size - off;
}

/**
 * efsu_bdev_file() - a regular file or a block device node (bdev_file.c)
 * @rdonly: open it for reading only; nothing of it can change then
 *
 * Return: 0 and a device that efsu_bdev_close() closes, or -errno (-EINVAL for what is
 * neither file nor block device).
 */
int efsu_bdev_file(const char *path, bool rdonly, struct efsu_bdev **out);

/** efsu_bdev_file_fd() - the descriptor behind a device of efsu_bdev_file() */
int efsu_bdev_file_fd(struct efsu_bdev *bd);

/**
 * efsu_bdev_mem() - bytes in memory (bdev_mem.c)
 * @bytes: @size bytes that outlive the device and stay the caller's, or NULL: zeroed
 *	memory of the device's own
 *
 * Return: 0 or -ENOMEM.
 */
int efsu_bdev_mem(void *bytes, size_t size, struct efsu_bdev **out);

/** efsu_bdev_mem_bytes() - the bytes of a device of efsu_bdev_mem() */
void *efsu_bdev_mem_bytes(struct efsu_bdev *bd);

/** struct efsu_fault_plan - which requests shall fail, counted from 1; 0: none
 * @sticky: all from that one on, as when a disk is pulled
 * @error: what they fail with, negative
 */
struct efsu_fault_plan {
	unsigned long read, write, flush;
	bool sticky;
	int error;
};

/** struct efsu_fault_count - requests seen since the plan was made */
struct efsu_fault_count {
	unsigned long reads, writes, flushes, failed;
};

/**
 * efsu_bdev_fault() - a layer whose n-th requests fail (bdev_fault.c)
 * @under: closed together with the layer; a failed write changes nothing in it
 *
 * Return: 0 or -ENOMEM (@under is the caller's still).
 */
int efsu_bdev_fault(struct efsu_bdev *under, struct efsu_bdev **out);

/** efsu_bdev_fault_plan() - start counting at 0 with this plan; NULL: fail nothing */
void efsu_bdev_fault_plan(struct efsu_bdev *bd, const struct efsu_fault_plan *plan);

/** efsu_bdev_fault_count() - what happened since the plan was made */
void efsu_bdev_fault_count(struct efsu_bdev *bd, struct efsu_fault_count *count);

#endif /* EFSU_BDEV_H */
