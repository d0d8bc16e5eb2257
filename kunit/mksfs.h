/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A maker of SFS 1.0 volumes in memory (core/unix/sfs.h), for the suites and for a tool of
 * user/tests: data from the front, index from the back, and no memory of its own.
 */
#ifndef EFS_TEST_MKSFS_H
#define EFS_TEST_MKSFS_H

#include "efs_port_types.h"

/**
 * struct mksfs - a volume being made
 * @img: @size bytes, zeroed, the caller's
 * @bits: of the block size
 * @reserved: blocks before the data area
 * @next: first block behind what data there is
 * @slots: entries of the index so far, the identifier included
 * @full: something did not fit
 */
struct mksfs {
	u8 *img;
	u64 size;
	u32 bits, reserved;
	u64 next, slots;
	bool full;
};

#define MKSFS_DIR	0x11
#define MKSFS_FILE	0x12
#define MKSFS_UNUSED	0x10
#define MKSFS_UNUSABLE	0x18
#define MKSFS_GONE_DIR	0x19
#define MKSFS_GONE_FILE	0x1a

/** mksfs_begin() - @size: bytes at @img; @label: up to 51 bytes; @time: in 1/65536 second */
void mksfs_begin(struct mksfs *m, u8 *img, u64 size, u32 bits, u32 reserved, const char *label,
		 s64 time);

/**
 * mksfs_name() - an entry of a type that has a name; continued as far as it must be
 * @data: @len bytes, copied; NULL: room for so many is left as it is
 *
 * Return: the entry; its continuations are behind it. NULL if it did not fit.
 */
u8 *mksfs_name(struct mksfs *m, u8 type, const char *path, s64 time, const void *data, u64 len);

/** mksfs_entry() - @n entries with nothing but the type in the first one. NULL: no room */
u8 *mksfs_entry(struct mksfs *m, u8 type, u32 n);

/** mksfs_end() - the starting marker and the superblock. Return: did all fit? */
bool mksfs_end(struct mksfs *m, s64 time);

/** mksfs_checksum() - make the superblock's right; for those who have changed it */
void mksfs_checksum(u8 *img);

/** mksfs_put() - @n bytes of @v at @p, the lowest first */
void mksfs_put(u8 *p, u64 v, u32 n);

#endif /* EFS_TEST_MKSFS_H */
