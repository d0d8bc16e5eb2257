/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * ext2 behind the general interface (fs.h): what the engine asks of a VFS, without one.
 *
 * The home mounts a volume with efs_mount() and hands it over; from then on all is done
 * through the struct efs_fs, by any number of threads. What this needs of the home beside
 * the port is in struct efs_ext2_home: memory for inodes, whose form the port decides, and
 * the way of file data to the device, which does not pass through buffers.
 */
#ifndef EFS_UNIX_EXT2_H
#define EFS_UNIX_EXT2_H

#include "fs.h"

/**
 * struct efs_ext2_home - the home's part; constant, shared by all volumes
 * @inode_new: zeroed memory in the form the home's efs_i_...() expect, its own part ready
 *	for use; the core's part is left alone. NULL: no memory
 * @inode_free: give it back
 * @inode_dirty: was efs_i_mark_dirty() called since the last call with @take? Atomic with
 *	it; does not sleep; may be called under a spin lock unless @take
 * @data_read, @data_write: @len whole blocks between memory and the device, at once; no
 *	buffer holds these blocks. 0 or -EIO, -ENOMEM
 * @inode_sync: from now on efs_i_sync() is true of an inode, or no longer; rwsem held for
 *	writing
 * @write_owned: the dirty buffers that @ei owns are written; not flushed. 0, -EIO, -ENOMEM
 * @settle: what was written is on stable storage. 0 or -EIO
 * @flush: all dirty buffers, and all that was written, are on stable storage. 0 or -EIO
 */
struct efs_ext2_home {
	struct efs_inode *(*inode_new)(struct efs_sb *sb);
	void (*inode_free)(struct efs_inode *ei);
	bool (*inode_dirty)(struct efs_inode *ei, bool take);
	int (*data_read)(struct efs_sb *sb, u32 blk, u32 len, void *buf);
	int (*data_write)(struct efs_sb *sb, u32 blk, u32 len, const void *buf);
	void (*inode_sync)(struct efs_inode *ei, bool on);
	int (*write_owned)(struct efs_inode *ei);
	int (*settle)(struct efs_sb *sb);
	int (*flush)(struct efs_sb *sb);
};

/**
 * struct efs_ext2_opts - 0 means the usual
 * @dev: of stat
 * @unused_max: inodes kept in memory that nobody uses; 1024
 */
struct efs_ext2_opts {
	u64 dev;
	u32 unused_max;
};

/**
 * efs_ext2_new() - put a mounted volume behind the interface
 * @sb: after efs_mount(); belongs to the file system until it is unmounted, then to the
 *	caller again, after efs_umount()
 * @o: NULL: everything as usual
 *
 * Of efs_fs_unmount(): -EBUSY leaves all as it was. Any other error: not all could be
 * written, and the volume was not marked clean.
 * Return: 0, -ENOMEM, -EIO, -EUCLEAN (no root directory); @sb is still mounted then.
 */
int efs_ext2_new(struct efs_sb *sb, const struct efs_ext2_home *home,
		 const struct efs_ext2_opts *o, struct efs_fs **out);

/** efs_ext2_sb() - the volume, for looking at */
struct efs_sb *efs_ext2_sb(struct efs_fs *fs);

/** efs_ext2_inode() - the core's part of a node, for looking at; rwsem held */
struct efs_inode *efs_ext2_inode(struct efs_node *node);

/** efs_ext2_iget() - a file by number; -EUCLEAN if it is out of range or not in use */
int efs_ext2_iget(struct efs_fs *fs, u32 ino, struct efs_node **out);

#endif /* EFS_UNIX_EXT2_H */
