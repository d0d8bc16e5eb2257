/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the files of SFS behind the general interface share; see sfs.h.
 */
#ifndef EFS_UNIX_SFS_PRIV_H
#define EFS_UNIX_SFS_PRIV_H

#include "sfs.h"

#define SFS_ENTRY	64u	/* bytes of an index entry */
#define SFS_ROOT	0u	/* the root directory in the table of names */
#define SFS_ROOT_INO	1u
#define SFS_LOG_MAX	20u	/* a hostile index can be wrong without end */

struct sfs_node;

/**
 * struct sfs_name - a file or directory; constant after mount but for @node
 * @path: from the root, without a slash in front, @len bytes in the memory of all names
 * @dir_len: bytes before the last slash; 0 in the root directory
 * @slot: its entry's place in the index, from the end of the volume
 * @off: of a file: its first byte on the device
 * @size: of a file
 * @room: bytes of the blocks it holds
 * @time: in units of 1/65536 second
 * @parent: its directory
 * @first, @count: of a directory: what is in it, in the order of names
 * @subdirs: how many of these are directories
 * @bad: its blocks cannot be read
 * @node: while it is in use (count_lock)
 */
struct sfs_name {
	const char *path;
	u16 len, dir_len;
	bool dir, bad;
	u64 slot;
	u64 off, size, room;
	s64 time;
	u32 parent, first, count, subdirs;
	struct sfs_node *node;
};

/**
 * struct sfs_fs - a volume
 * @names: the root, then all others by directory and name, @count in all
 * @bytes: memory of all paths
 * @problems: by code
 * @count_lock: spins; protects sfs_name.node, references, and @held: nodes in use
 */
struct sfs_fs {
	struct efs_fs fs;
	struct efs_sb *sb;
	struct efs_sfs_opts o;
	struct efs_sfs_super super;
	char label[53];
	struct efs_time made;

	struct sfs_name *names;
	char *bytes;
	u32 count;
	u32 problems[EFS_SFS_CODES_MAX], told;

	efs_spin_t count_lock;
	u64 held;
};

/** sfs_le64() - eight bytes anywhere */
static inline u64 sfs_le64(const u8 *p)
{
	u64 v = 0;
	u32 i;

	for (i = 8; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

/** sfs_time() - of a time stamp on the volume: 1/65536 second since 1970, signed */
static inline struct efs_time sfs_time(s64 stamp)
{
	struct efs_time t;

	t.sec = stamp >> 16;
	t.nsec = (u32)(((u64)stamp & 0xffff) * 1000000000ull >> 16);
	return t;
}

/** efs_sfs_bad() - something is wrong with the entry at @slot: counted, and told in the log */
void efs_sfs_bad(struct sfs_fs *x, enum efs_sfs_code code, u64 slot);

/** efs_sfs_find() - name @len bytes at @name in directory @dir. 0 (the root's place): not there */
u32 efs_sfs_find(const struct sfs_fs *x, u32 dir, const char *name, size_t len);

/**
 * efs_sfs_index_load() - read the index: names, bytes, count, label
 * @why: set if -EUCLEAN is returned
 *
 * What was made when it fails is in @x, and the caller's to free.
 * Return: 0, -EUCLEAN, -ENOMEM, or what reading said.
 */
int efs_sfs_index_load(struct sfs_fs *x, enum efs_sfs_code *why);

#endif /* EFS_UNIX_SFS_PRIV_H */
