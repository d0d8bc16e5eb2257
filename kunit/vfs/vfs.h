/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Home of the suites that drive the module through the kernel's VFS.
 *
 * A case begins with efsv_begin(): a fresh volume from the tests' own formatter on a RAM
 * disk of theirs (disk.h), mounted without a place in any tree; it ends with efsv_end(),
 * which unmounts and hands the image to e2fsck. Every suite is declared by EFSV_SUITE(),
 * which makes and removes the disk and clears up after a case that was aborted.
 *
 * Names are paths from the root of the volume; "." is the root itself. Helpers take and
 * drop the locks a system call would, so nothing is held while a case asserts. They
 * return 0 or -errno.
 */
#ifndef EFSV_VFS_H
#define EFSV_VFS_H

#include "mem_port.h"
#include <linux/blkdev.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/fileattr.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/sched/mm.h>
#include <linux/statfs.h>
#include "../../module/compat.h"
#include "efsv_probe.h"
#include "disk.h"

#define EFSV_FILES 8

/**
 * struct efsv - a running case; test->priv
 * @disk: with a volume of the shape @geo
 * @mnt: NULL while not mounted
 * @files: open ones
 * @no_fsck: e2fsck will not like what the case leaves, on purpose
 * @old_cred: while the case runs as somebody else
 * @buf: EFSV_BUF bytes for whoever needs them
 */
struct efsv {
	struct kunit *test;
	struct efsv_disk *disk;
	struct efs_test_mkfs geo;
	struct vfsmount *mnt;
	struct file *files[EFSV_FILES];
	bool no_fsck;
	const struct cred *old_cred;
	u8 *buf;
};

#define EFSV_BUF 65536u

/* ---- the volume ---- */

/** efsv_new() - a formatted disk, not mounted; @m NULL: 4096 blocks of 1024 bytes */
struct efsv *efsv_new(struct kunit *test, const struct efs_test_mkfs *m);
/** efsv_begin() - the same, mounted read-write with options @opts (NULL: none) */
struct efsv *efsv_begin(struct kunit *test, const struct efs_test_mkfs *m, const char *opts);
/** efsv_end() - unmount, leave the image for e2fsck */
void efsv_end(struct efsv *v);
/** efsv_mount() - @flags: SB_ */
int efsv_mount(struct efsv *v, unsigned long flags, const char *opts);
/** efsv_umount() - closes what is open; expects the super block to go */
void efsv_umount(struct efsv *v);
/** efsv_again() - unmount and mount with @opts: what is left is what was on the disk */
void efsv_again(struct efsv *v, const char *opts);
/** efsv_remount() - change a mount, as mount -o remount; @flags: SB_ */
int efsv_remount(struct efsv *v, unsigned long flags, const char *opts);
/** efsv_options() - what /proc/mounts would show, "" or ",a,b=c" */
void efsv_options(struct efsv *v, char *buf, size_t size);
int efsv_freeze(struct efsv *v);
int efsv_thaw(struct efsv *v);
/** efsv_dump() - leave the image as it is now for e2fsck, under a name that tells @when */
void efsv_dump(struct efsv *v, const char *when);
/** efsv_free_blocks() - by statfs */
u64 efsv_free_blocks(struct efsv *v);
u64 efsv_free_inodes(struct efsv *v);
/** efsv_forget() - no dentry and no inode that is not in use stays in memory */
void efsv_forget(struct efsv *v);

static inline struct super_block *efsv_sb(struct efsv *v)
{
	return v->mnt->mnt_sb;
}

/** efsv_super(), efsv_block() - bytes on the disk */
static inline struct efs_dsuper *efsv_super(struct efsv *v)
{
	return (struct efs_dsuper *)(v->disk->cache + EFS_SUPER_OFFSET);
}

static inline u8 *efsv_block(struct efsv *v, u32 blk)
{
	return v->disk->cache + (u64)blk * v->geo.block_size;
}

/** efsv_desc() - descriptor of group @g, in the first copy */
struct efs_dgroup *efsv_desc(struct efsv *v, u32 g);
/** efsv_slot() - an inode's slot in its table */
struct efs_dinode *efsv_slot(struct efsv *v, u32 ino);
/** efsv_slot_at() - where on the disk, in bytes */
u64 efsv_slot_at(struct efsv *v, u32 ino);

/* ---- names ---- */

int efsv_create(struct efsv *v, const char *name, umode_t mode);
int efsv_mkdir(struct efsv *v, const char *name, umode_t mode);
int efsv_mknod(struct efsv *v, const char *name, umode_t mode, dev_t dev);
int efsv_symlink(struct efsv *v, const char *name, const char *target);
int efsv_link(struct efsv *v, const char *old, const char *name);
int efsv_unlink(struct efsv *v, const char *name);
int efsv_rmdir(struct efsv *v, const char *name);
int efsv_rename(struct efsv *v, const char *old, const char *name, unsigned int flags);
/** efsv_readlink() - the target, NUL-terminated; the last name is not followed */
int efsv_readlink(struct efsv *v, const char *name, char *buf, size_t size);
/** efsv_path() - a reference for path_put(); the last name is not followed */
int efsv_path(struct efsv *v, const char *name, struct path *path);
/** efsv_inode() - a reference for iput(); ends the case if there is none */
struct inode *efsv_inode(struct efsv *v, const char *name);
/** efsv_ino() - inode number; ends the case if there is none */
u32 efsv_ino(struct efsv *v, const char *name);

/* ---- attributes ---- */

int efsv_stat(struct efsv *v, const char *name, struct kstat *st);
int efsv_setattr(struct efsv *v, const char *name, struct iattr *attr);
int efsv_chmod(struct efsv *v, const char *name, umode_t mode);
int efsv_truncate(struct efsv *v, const char *name, loff_t size);
int efsv_flags(struct efsv *v, const char *name, u32 *flags);
int efsv_set_flags(struct efsv *v, const char *name, u32 flags);
/** efsv_become() - a user without privileges until efsv_become_root() */
void efsv_become(struct efsv *v, uid_t id);
void efsv_become_root(struct efsv *v);

/* ---- files ---- */

int efsv_open(struct efsv *v, const char *name, int flags, umode_t mode, struct file **out);
/** efsv_opened() - the same for what must work */
struct file *efsv_opened(struct efsv *v, const char *name, int flags);
void efsv_close(struct efsv *v, struct file *file);

/**
 * efsv_write() - write what belongs at @pos in a file made with @seed
 * Direct if the file is open so. Return: bytes written or -errno.
 */
ssize_t efsv_write(struct efsv *v, struct file *file, loff_t pos, size_t len, u32 seed);
/** efsv_read() - into v->buf; at most EFSV_BUF bytes. Return: bytes read or -errno */
ssize_t efsv_read(struct efsv *v, struct file *file, loff_t pos, size_t len);
/** efsv_expect() - the bytes there belong to @seed; 0: they are zeros */
void efsv_expect(struct efsv *v, struct file *file, loff_t pos, size_t len, u32 seed);
/** efsv_put() - open, write, close; expects it to work */
void efsv_put(struct efsv *v, const char *name, loff_t pos, size_t len, u32 seed);
/** efsv_get() - open, expect, close */
void efsv_get(struct efsv *v, const char *name, loff_t pos, size_t len, u32 seed);

/* ---- suites ---- */

/** efsv_mm - address space of whoever loads the module, for mappings */
extern struct mm_struct *efsv_mm;

int efsv_suite_init(struct kunit_suite *suite);
void efsv_suite_exit(struct kunit_suite *suite);
void efsv_exit(struct kunit *test);

#define EFSV_SUITE(id, cases)						\
	static struct kunit_suite id##_suite = {			\
		.name = "efsext2_vfs_" #id,				\
		.suite_init = efsv_suite_init,				\
		.suite_exit = efsv_suite_exit,				\
		.exit = efsv_exit,					\
		.test_cases = cases,					\
	};								\
	kunit_test_suite(id##_suite)

#endif /* EFSV_VFS_H */
