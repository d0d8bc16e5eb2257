/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A mounted ext2 volume in a program: the efsu_ interface.
 *
 * Everything hangs from one struct efsu_fs; there are no globals. All functions but
 * efsu_umount() may be called by several threads at once, on one volume or on many.
 * Return values are 0 or -errno unless said otherwise; -EUCLEAN means that the volume is
 * inconsistent, and what is wrong has been logged.
 *
 * Inodes are counted: what hands one out hands out a reference, efsu_iput() gives it
 * back. Names are byte strings of 1 to 255 bytes without `/` and NUL.
 */
#ifndef EFSU_FS_H
#define EFSU_FS_H

#include "../lib/dev.h"
#include "../../core/engine/efs.h"

struct efsu_fs;

/**
 * struct efsu_opts - how to mount; zeroed it means: writable, superblock at 1024
 * @mount: what the core may be asked for; sb_block 0 means 1
 * @cache_bytes: memory for metadata blocks, 0: 4 MiB; descriptors come on top
 * @unprivileged: leave the reserved blocks alone
 * @sync: each operation is durable when it returns
 * @dirsync: each operation on names is
 * @seed: of generations and places of directories, so that they repeat; 0: another each time
 * @log: gets each message, without a newline; NULL: none. May be called by any thread
 *	that uses the volume; must not call back into it
 */
struct efsu_opts {
	struct efs_mount_opts mount;
	size_t cache_bytes;
	bool unprivileged;
	bool sync, dirsync;
	u64 seed;
	void (*log)(void *ctx, int level, const char *msg);
	void *ctx;
};

/* ---- volume (fs.c) ---- */

/**
 * efsu_mount() - take the volume on a device into use
 * @dev: stays the caller's; must outlive the mount
 * @why: what is wrong with the volume on -EINVAL, -EUCLEAN and -EROFS, else EFS_C_OK
 */
int efsu_mount(struct efs_device *dev, const struct efsu_opts *o, struct efsu_fs **out,
	       enum efs_code *why);

/**
 * efsu_umount() - write everything, mark the volume clean, give all memory back
 *
 * Return: -EBUSY if inodes are still referenced: nothing happened. Otherwise the volume
 * is gone, with -EIO if not all of it could be written or an error was waiting to be
 * reported: it is then not marked clean.
 */
int efsu_umount(struct efsu_fs *fs);

/**
 * efsu_sync() - make everything done before durable
 * Return: 0 if so; an error of now, or the first of those since the last call.
 */
int efsu_sync(struct efsu_fs *fs);

/** efsu_sb() - the core's view of the volume: geometry, state; for reading */
struct efs_sb *efsu_sb(struct efsu_fs *fs);

/* ---- inodes (fs.c) ---- */

/** efsu_iget() - inode @ino; -EUCLEAN if it is out of range or not in use */
int efsu_iget(struct efsu_fs *fs, u32 ino, struct efsu_inode **out);

/** efsu_root() - the root directory; the mount holds it, this is one more reference */
struct efsu_inode *efsu_root(struct efsu_fs *fs);

/** efsu_iref() - one more reference; Return: @i */
struct efsu_inode *efsu_iref(struct efsu_inode *i);

/** efsu_iput() - give a reference back; the last one of a nameless inode deletes it */
void efsu_iput(struct efsu_inode *i);

/** efsu_type() - EFS_S_IFREG, ...; it never changes */
static inline u16 efsu_type(const struct efsu_inode *i)
{
	return efs_i_mode(&i->core) & EFS_S_IFMT;
}

/** struct efsu_stat - all there is to know about an inode from outside */
struct efsu_stat {
	u32 ino, generation, flags;
	struct efs_attr attr;
	struct efs_time btime;		/* 0 if the volume does not keep it */
	u32 major, minor;		/* of device nodes */
	u32 file_acl;
};

void efsu_stat(struct efsu_inode *i, struct efsu_stat *st);

/* ---- contents of regular files (file.c) ---- */

/**
 * efsu_read() - read from a regular file; does not change its access time
 * @done: bytes read; less than @len only at the end of the file or before an error
 *
 * Return: 0 (at the end, with @done 0); -EISDIR, -EINVAL for what is no regular file,
 * -EIO, -EUCLEAN, -ENOMEM. @done bytes are valid in any case.
 */
int efsu_read(struct efsu_inode *i, u64 off, void *buf, size_t len, size_t *done);

/**
 * efsu_write() - write to a regular file, filling holes and growing it as needed
 * @done: bytes written; what is beyond them is as before
 *
 * Return: 0 if @done is @len; else the reason: -ENOSPC, -EFBIG, -EROFS, -EPERM, ...
 */
int efsu_write(struct efsu_inode *i, u64 off, const void *buf, size_t len, size_t *done);

/**
 * efsu_write_sync() - as efsu_write(), and durable when it returns, as with O_SYNC
 * Even a crash before that shows nothing but what is written, what was there, and zeros.
 */
int efsu_write_sync(struct efsu_inode *i, u64 off, const void *buf, size_t len, size_t *done);

/** efsu_truncate() - set the size; what is cut off is gone, what is added reads as zero */
int efsu_truncate(struct efsu_inode *i, u64 size);

/**
 * efsu_seek_data() - first byte at or after @off that is not in a hole
 * Return: 0 and an offset below the size; -ENXIO if there is none.
 */
int efsu_seek_data(struct efsu_inode *i, u64 off, u64 *data);

/**
 * efsu_fsync() - contents and attributes of an inode are durable, and so is its newest name
 * Bitmaps and counts are not written: after a crash e2fsck -p mends them.
 * Return: 0, or an error of now.
 */
int efsu_fsync(struct efsu_inode *i);

/** efsu_readlink() - target of a symbolic link, NUL-terminated; the caller calls free() */
int efsu_readlink(struct efsu_inode *i, char **target);

/* ---- names (name.c) ---- */

/**
 * struct efsu_new - a file to be made
 * @mode: type and permissions; a set-group-ID directory hands its group on
 * @major, @minor: of device nodes
 * @target: of symbolic links
 */
struct efsu_new {
	u16 mode;
	u32 uid, gid;
	u32 major, minor;
	const char *target;
};

/** efsu_lookup() - the inode of a name in a directory; `.` and `..` are names here */
int efsu_lookup(struct efsu_inode *dir, const char *name, size_t len, struct efsu_inode **out);

/** efsu_create() - make a file of any type; -EEXIST. @out may be NULL */
int efsu_create(struct efsu_inode *dir, const char *name, size_t len, const struct efsu_new *n,
		struct efsu_inode **out);

/**
 * efsu_tmpfile() - a regular file without a name, near @dir
 * It goes with its last reference unless efsu_link() gave it a name. A crash leaves
 * blocks and an inode marked used, which e2fsck -p gives back.
 */
int efsu_tmpfile(struct efsu_inode *dir, const struct efsu_new *n, struct efsu_inode **out);

int efsu_link(struct efsu_inode *dir, const char *name, size_t len, struct efsu_inode *i);
/** efsu_unlink() - -EISDIR for a directory */
int efsu_unlink(struct efsu_inode *dir, const char *name, size_t len);
/** efsu_rmdir() - -ENOTDIR, -ENOTEMPTY, -EBUSY (the root), -EINVAL (`.`) */
int efsu_rmdir(struct efsu_inode *dir, const char *name, size_t len);

/** efsu_rename() - @flags: EFS_RENAME_ */
int efsu_rename(struct efsu_inode *odir, const char *oname, size_t olen,
		struct efsu_inode *ndir, const char *nname, size_t nlen, u32 flags);

/** struct efsu_dirent - a copy of a directory entry */
struct efsu_dirent {
	u32 ino;
	u8 ftype;		/* EFS_FT_; UNKNOWN where the volume does not say */
	u8 len;
	char name[EFS_NAME_MAX + 1];
};

/** struct efsu_dirpos - where a walk over a directory stands; zeroed: at the start */
struct efsu_dirpos {
	u64 pos;
	u32 version;
};

/**
 * efsu_readdir() - the next entries of a directory, `.` and `..` included
 * @max: room in @ents
 * @n: how many there were; 0 at the end
 *
 * The directory may change between calls: what was there all the time is seen once.
 * Return: 0; -ENOTDIR; an error, behind which the walk may go on when called again.
 */
int efsu_readdir(struct efsu_inode *dir, struct efsu_dirpos *pos, struct efsu_dirent *ents,
		 u32 max, u32 *n);

/* ---- paths (walk.c) ---- */

#define EFSU_WALK_NOFOLLOW	0x1	/* a symbolic link at the end is what is meant */

/**
 * efsu_walk() - the inode a path leads to
 * @start: where relative paths begin; NULL: the root
 *
 * Return: 0; -ENOENT (also for ""), -ENOTDIR, -ELOOP after 40 symbolic links,
 * -ENAMETOOLONG (name of more than 255 bytes, path of 4096 and more).
 */
int efsu_walk(struct efsu_fs *fs, struct efsu_inode *start, const char *path, size_t len,
	      u32 flags, struct efsu_inode **out);

/**
 * efsu_walk_parent() - the directory in which a path's last component stands
 * @name, @name_len: that component, inside @path
 *
 * Return: as efsu_walk(); -EINVAL if the last component is `.`, `..`, or none at all.
 */
int efsu_walk_parent(struct efsu_fs *fs, struct efsu_inode *start, const char *path, size_t len,
		     struct efsu_inode **dir, const char **name, size_t *name_len);

#endif /* EFSU_FS_H */
