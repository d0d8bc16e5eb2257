/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A file system in memory: what names, links, sizes, times and contents must be, in the
 * least code, as a measure for those on disks, or as a place for files in programs.
 *
 * Numbers of files count up from the root's; none is used twice. Errors are those of
 * Linux; the limits can be set to those of the file system it is the measure for.
 */
#ifndef EFS_UNIX_MEMFS_H
#define EFS_UNIX_MEMFS_H

#include "fs.h"

/**
 * struct efs_memfs_opts - 0 means the usual
 * @dev: of stat
 * @page_size: bytes kept as one piece, a power of two; 512. Also what is allocated at once
 *	as far as stat's blocks and @pages_max tell
 * @root_mode: permissions of the root directory; 0755
 * @uid, @gid: of the root directory
 * @link_max: links of a file, and of a directory; 32000
 * @name_max: bytes of a name, at most 255; 255
 * @target_max: bytes of a symbolic link's target; 4095
 * @size_max: bytes of a file; 2^63 - 1
 * @pages_max: of all files together; no limit
 * @nodes_max: files and directories, the root included; no limit
 * @value_max: bytes of an extended attribute's value; 65536
 */
struct efs_memfs_opts {
	u64 dev;
	u32 page_size;
	u16 root_mode;
	u32 uid, gid;
	u32 link_max, name_max, target_max;
	u64 size_max;
	u64 pages_max, nodes_max;
	u32 value_max;
};

/**
 * efs_memfs_new() - an empty file system: a root directory and nothing in it
 * @o: NULL: everything as usual
 *
 * Memory comes from efs_alloc() and the time from efs_now(), both without a superblock.
 * efs_fs_unmount() ends it.
 * Return: 0, -ENOMEM, -EINVAL (options).
 */
int efs_memfs_new(const struct efs_memfs_opts *o, struct efs_fs **out);

/** efs_memfs_set_rdonly() - from now on all changes are -EROFS, or no longer */
void efs_memfs_set_rdonly(struct efs_fs *fs, bool rdonly);

/** efs_memfs_nodes() - files and directories there are, the root and nameless ones included */
u64 efs_memfs_nodes(struct efs_fs *fs);

/**
 * efs_memfs_parent() - the directory a directory is in, without a reference
 * NULL if it was removed; the root's is itself. For checks, while nothing changes.
 */
struct efs_node *efs_memfs_parent(struct efs_node *dir);

#endif /* EFS_UNIX_MEMFS_H */
