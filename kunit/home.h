/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests' home: what a VFS would do around the core, in the least code.
 *
 * A case begins with efs_test_begin() and ends with efs_test_end(), which unmounts,
 * flushes, lets e2fsck judge, and looks for leaks. Every suite's exit is
 * efs_test_exit(), which clears up after a case that was aborted.
 */
#ifndef EFS_TEST_HOME_H
#define EFS_TEST_HOME_H

#include "mem_port.h"

/** efs_test_times - how often the usual number of random operations; run_user.c sets it */
extern u32 efs_test_times;

#define EFS_TEST_TABLE 64

/**
 * struct efs_test_fs - a device with a mounted volume; test->priv
 * @why: of the last efs_test_mount() that failed
 * @table: inodes in memory, by number; @guard: of it and of their counts
 * @evicted: the inode being evicted, in no table any more; kept while one thread runs
 */
struct efs_test_fs {
	struct kunit *test;
	struct efs_test_dev *dev;
	struct efs_sb sb;
	enum efs_code why;
	bool mounted;
	struct efs_test_guard guard;
	struct efs_test_inode *table[EFS_TEST_TABLE];
	struct efs_test_inode *evicted;
};

/** efs_test_fs_new() - a device of @blocks blocks with nothing on it; sets test->priv */
struct efs_test_fs *efs_test_fs_new(struct kunit *test, u32 block_size, u64 blocks);

/** efs_test_begin() - device, efs_test_format(), read-write mount; ends the case on failure */
struct efs_test_fs *efs_test_begin(struct kunit *test, const struct efs_test_mkfs *m);

/** efs_test_end() - unmount, flush, expect a clean e2fsck and no leak */
void efs_test_end(struct efs_test_fs *fs);

/** efs_test_end_dirty() - the same without e2fsck, for volumes that were made bad */
void efs_test_end_dirty(struct efs_test_fs *fs);

/** efs_test_exit() - a suite's exit: release test->priv in whatever state it is */
void efs_test_exit(struct kunit *test);

/** efs_test_mount() - @o NULL: read-write, everything as usual. Code in fs->why */
int efs_test_mount(struct efs_test_fs *fs, const struct efs_mount_opts *o);
/** efs_test_umount() - expects that no inode is held; does not flush */
void efs_test_umount(struct efs_test_fs *fs);
/** efs_test_remount() - unmount, flush, mount: nothing survives but the disk */
void efs_test_remount(struct efs_test_fs *fs);
/**
 * efs_test_sync() - all inodes stored, superblock brought up to date, all flushed
 * Threads may be at work beside it, as beside sync(2).
 */
void efs_test_sync(struct efs_test_fs *fs);

/* ---- inodes; all return 0 or -errno ---- */

/** efs_test_iget() - one object per number; release with efs_test_iput() */
int efs_test_iget(struct efs_test_fs *fs, u32 ino, struct efs_test_inode **out);
/** efs_test_iput() - last put: evict if no links are left, else store and release
 * Return: what the core said.
 */
int efs_test_iput(struct efs_test_inode *ti);
/** efs_test_store() - efs_inode_store() if dirty */
int efs_test_store(struct efs_test_inode *ti);
/** efs_test_inew() - efs_inode_new() with attributes, nlink 1; not yet named */
int efs_test_inew(struct efs_test_inode *dir, u16 mode, struct efs_test_inode **out);
/** efs_test_file() - the formatter's empty file @n; ends the case on failure */
struct efs_test_inode *efs_test_file(struct efs_test_fs *fs, u32 n);

/* name operations as a VFS would call them; @out may be NULL where one is made: it is
 * put then
 */
int efs_test_lookup(struct efs_test_inode *dir, const char *name, struct efs_test_inode **out);
int efs_test_create(struct efs_test_inode *dir, const char *name, u16 mode,
		    struct efs_test_inode **out);
int efs_test_mkdir(struct efs_test_inode *dir, const char *name, struct efs_test_inode **out);
int efs_test_symlink(struct efs_test_inode *dir, const char *name, const char *target,
		     struct efs_test_inode **out);
int efs_test_link(struct efs_test_inode *dir, const char *name, struct efs_test_inode *ti);
int efs_test_unlink(struct efs_test_inode *dir, const char *name);
int efs_test_rmdir(struct efs_test_inode *dir, const char *name);
int efs_test_rename(struct efs_test_inode *odir, const char *oname, struct efs_test_inode *ndir,
		    const char *nname, u32 flags);

/* ---- file data, straight to the device ---- */

/** efs_test_write() - @len bytes at @off; grows the size. Stops at the first error */
int efs_test_write(struct efs_test_inode *ti, u64 off, const void *data, size_t len);
/** efs_test_write_some() - the same; @done: bytes written, also when it fails */
int efs_test_write_some(struct efs_test_inode *ti, u64 off, const void *data, size_t len,
			size_t *done);
/** efs_test_read() - holes and what is beyond the size read as zeros */
int efs_test_read(struct efs_test_inode *ti, u64 off, void *buf, size_t len);
/** efs_test_resize() - ftruncate(): zero the tail, set the size, efs_truncate() */
int efs_test_resize(struct efs_test_inode *ti, u64 size);

/* ---- oracles ---- */

/**
 * efs_test_counts() - expect that bitmaps, descriptors, group summaries and counters agree
 * Windows are given back first. Free blocks of the volume in @free if not NULL.
 */
void efs_test_counts(struct efs_test_fs *fs, u32 *free);

/** efs_test_block_used() - the bit of block @blk in its bitmap */
bool efs_test_block_used(struct efs_test_fs *fs, u32 blk);

/* ---- ref_map.c: the block map as a second reader sees it ---- */

/** efs_test_depth() - levels of indirect blocks above @lblk; -1: beyond the map */
int efs_test_depth(u32 block_size, u32 lblk);

/** efs_test_map_at() - the block of level @level on the way to @lblk, 0 if none
 * @level: 0 is the data block, 1 the lowest indirect block, ...
 */
u32 efs_test_map_at(struct efs_test_inode *ti, u32 lblk, u32 level);

/** efs_test_map_blocks() - blocks in the whole map, indirect ones included
 * Expects that each is set in its bitmap.
 */
u32 efs_test_map_blocks(struct efs_test_inode *ti);

#endif /* EFS_TEST_HOME_H */
