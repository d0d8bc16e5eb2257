/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * efs.h - UNIX file systems in images and on devices, without a kernel below.
 *
 *	struct efs_device *dev;
 *	struct efs_volume *vol;
 *	struct efs_file *file;
 *
 *	efs_device_open("disk.img", EFS_DEVICE_RDONLY, &dev);
 *	efs_volume_open(dev, NULL, &vol, NULL);
 *	efs_open(vol, "/etc/hostname", 0, &file);
 *	efs_file_read(file, 0, buf, sizeof(buf), &n);
 *	efs_file_close(file);
 *	efs_volume_close(vol);
 *	efs_device_close(dev);
 *
 * Three kinds of objects, each opaque. A device gives and takes blocks. A volume is a file
 * system in use on a device. A file is a file in use, of any type, until it is closed;
 * it stays what it is when its name changes, and when it loses its last one.
 *
 * Results: 0, or a negative errno (-ENOENT, ...). What is asked for comes through pointers,
 * which are set only if 0 is returned, unless said otherwise. -EUCLEAN: what is on the
 * device is damaged; the log has been told where.
 *
 * Paths and names are bytes up to a NUL; any but NUL and `/` may be in a name. Relative
 * paths start at the directory that struct efs_at names, else at the root.
 *
 * Threads: every function may be called by many threads at once, on the same objects too,
 * but for those that close an object: nobody else may be using it then. Two threads at two
 * files do not wait for each other's I/O. Nothing is global: several volumes can be open,
 * each with its own memory, clock and log.
 *
 * What is written is durable once efs_volume_sync() returned 0 (efs_file_sync(): of one
 * file), or each operation by itself if the volume was opened with EFS_SYNC.
 * efs_volume_close() does that, too. Until then it may be in memory, and on a device that
 * has been changed a program that is killed leaves a volume that wants `e2fsck -p`.
 */
#ifndef EFS_H
#define EFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EFS_VERSION_MAJOR 0
#define EFS_VERSION_MINOR 1
#define EFS_VERSION_PATCH 0

/** efs_version() - version of the library in use: "0.1.0" */
const char *efs_version(void);

struct efs_device;
struct efs_volume;
struct efs_file;

/* ---- memory, clock and log of the caller ---- */

/**
 * struct efs_env - what the library asks of its surroundings; each NULL means the usual
 * @alloc: @size bytes for @align, a power of two; not zeroed. NULL if there are none
 * @free: give them back, with the same @size. NULL together with @alloc: malloc() and free()
 * @now: seconds since 1970, and nanoseconds below a second; NULL: CLOCK_REALTIME
 * @log: one message without a newline; @level: 0 error, 1 warning, 2 notice. NULL: silence
 * @ctx: handed to all of them
 *
 * All may be called by any thread that uses the volume, several at once; none may call the
 * library.
 */
struct efs_env {
	void *(*alloc)(void *ctx, size_t size, size_t align);
	void (*free)(void *ctx, void *p, size_t size);
	void (*now)(void *ctx, int64_t *sec, uint32_t *nsec);
	void (*log)(void *ctx, int level, const char *msg);
	void *ctx;
};

/** efs_arena() - an environment that takes all memory from @size bytes at @mem
 * Nothing is asked of the system. The first bytes hold the arena's own state; there is nothing
 * to close. @env: alloc, free and ctx of it are set; now and log, if they are there, go on being
 * called, with the ctx they had.
 * Return: 0, or -ENOMEM if @size does not even hold that.
 */
int efs_arena(void *mem, size_t size, struct efs_env *env);

/**
 * struct efs_arena_info - what became of an arena's memory; in bytes
 * @size: there are for objects, and for two words with each of them
 * @used, @peak: in use now, and the most there ever were
 * @largest: object that can be had now
 * @bad: things given back that had not been taken, or were larger or smaller then
 */
struct efs_arena_info {
	size_t size, used, peak, largest;
	unsigned int bad;
};

/** efs_arena_info() - @env: as efs_arena() made it */
void efs_arena_info(const struct efs_env *env, struct efs_arena_info *info);

/* ---- devices ---- */

/**
 * struct efs_device_ops - a device of the caller's
 * @read: @len bytes at byte @off into @buf, all or an error
 * @write: the same the other way; NULL: the device is read-only
 * @flush: what was written is durable when this returns 0; NULL: it always is
 * @close: the library needs it no more; NULL: nothing to do
 *
 * Each returns 0 or a negative errno. Ranges are within @size of efs_device_custom().
 * Requests may come from several threads at once.
 */
struct efs_device_ops {
	int (*read)(void *ctx, uint64_t off, void *buf, size_t len);
	int (*write)(void *ctx, uint64_t off, const void *buf, size_t len);
	int (*flush)(void *ctx);
	void (*close)(void *ctx);
};

#define EFS_DEVICE_RDONLY	0x1	/* nothing of it can change */
#define EFS_DEVICE_DIRECT	0x2	/* past the system's page cache (O_DIRECT) */

/** efs_device_open() - a regular file or a block device
 * Takes a lock (flock()) that keeps other writers of this library away.
 * Return: -EBUSY (locked, or mounted), -EINVAL (neither file nor block device), ...
 */
int efs_device_open(const char *path, unsigned int flags, struct efs_device **out);

/** efs_device_memory() - @size bytes at @mem, which stay the caller's; @mem NULL: zeroed ones */
int efs_device_memory(void *mem, size_t size, struct efs_device **out);

/** efs_device_custom() - functions of the caller's; @size: bytes, constant
 * @env: memory for the device itself comes from there; NULL: malloc()
 */
int efs_device_custom(const struct efs_device_ops *ops, void *ctx, uint64_t size,
		      const struct efs_env *env, struct efs_device **out);

/*
 * Layers: devices over a device. @under belongs to the layer once it was made, and is closed
 * with it.
 */

/** efs_device_readonly() - what is below is not written */
int efs_device_readonly(struct efs_device *under, struct efs_device **out);

/** efs_device_range() - @size bytes from byte @off of what is below; 0: all that follow
 * Return: -EINVAL if that is not within it.
 */
int efs_device_range(struct efs_device *under, uint64_t off, uint64_t size,
		     struct efs_device **out);

/** efs_device_partition() - partition @number (from 1) of the table below: MBR or GPT
 * Logical partitions of an MBR begin at 5.
 * Return: -ENXIO (no such partition), -EINVAL (no table, or damaged).
 */
int efs_device_partition(struct efs_device *under, unsigned int number,
			 struct efs_device **out);

/** efs_device_overlay() - what is written stays in memory, what is below is only read
 * @limit: bytes of memory for it; 0: no limit. More is -ENOSPC
 */
int efs_device_overlay(struct efs_device *under, uint64_t limit, struct efs_device **out);

/** efs_device_overlay_commit() - write what an overlay holds to what is below, and flush it
 * Return: as writing there: -EROFS, -EIO: what is left stays in the overlay. -EINVAL: no overlay.
 */
int efs_device_overlay_commit(struct efs_device *dev);

int efs_device_read(struct efs_device *dev, uint64_t off, void *buf, size_t len);
int efs_device_write(struct efs_device *dev, uint64_t off, const void *buf, size_t len);
int efs_device_flush(struct efs_device *dev);
uint64_t efs_device_size(const struct efs_device *dev);

/** efs_device_close() - accepts NULL; the volume on it must have been closed */
void efs_device_close(struct efs_device *dev);

/* ---- volumes ---- */

#define EFS_RDONLY	0x01	/* not a byte of the device is written */
#define EFS_SYNC	0x02	/* each change is durable when it returns */
#define EFS_DIRSYNC	0x04	/* each change of names is */
#define EFS_UNPRIVILEGED 0x08	/* leave the blocks reserved for root alone */
#define EFS_MINIXDF	0x10	/* efs_volume_info() counts blocks of metadata as usable */

enum efs_errors { EFS_ERRORS_VOLUME, EFS_ERRORS_CONTINUE, EFS_ERRORS_RDONLY };

/**
 * struct efs_options - how to open a volume; all zero is the usual
 * @type: "ext2", "sfs"; NULL: find out
 * @flags: EFS_RDONLY, ...
 * @errors: what to do when it is found damaged: as it says itself, go on, or write no more
 * @superblock: of ext2: where it is, in units of 1024 bytes; 0: 1, the usual
 * @cache_bytes: memory for blocks; 0: 4 MiB
 * @cache_files: files kept in memory that nobody uses; 0: 1024
 * @dev: what stat shall tell as the device of its files
 * @seed: of what is chosen at random, so that it repeats; 0: another each time
 * @env: copied; NULL: the usual
 */
struct efs_options {
	const char *type;
	unsigned int flags;
	enum efs_errors errors;
	uint32_t superblock;
	size_t cache_bytes;
	uint32_t cache_files;
	uint64_t dev;
	uint64_t seed;
	const struct efs_env *env;
};

/** struct efs_reason - why a volume is not opened: a short name, and a sentence; static */
struct efs_reason {
	const char *code;
	const char *text;
};

/**
 * efs_volume_open() - take the file system on a device into use
 * @dev: stays the caller's, and is not closed before the volume
 * @options: NULL: writable, everything as usual
 * @why: set if 0 is not returned; its strings are NULL if errno says it all. May be NULL
 *
 * Return: -EINVAL (no such file system, or features unknown), -EROFS (can only be read:
 * open with EFS_RDONLY), -EUCLEAN (damaged), -EIO, -ENOMEM.
 */
int efs_volume_open(struct efs_device *dev, const struct efs_options *options,
		    struct efs_volume **out, struct efs_reason *why);

/**
 * efs_volume_close() - write everything, mark the volume clean, give all memory back
 *
 * Return: -EBUSY if files are open: nothing happened. Otherwise the volume is gone; with
 * an error if not all could be written, or some error was waiting to be told. It is
 * not marked clean then.
 */
int efs_volume_close(struct efs_volume *vol);

/** efs_volume_sync() - make everything done before durable
 * Return: an error of now, or the first that nobody was told of since the last call.
 */
int efs_volume_sync(struct efs_volume *vol);

/** struct efs_volume_info - of a whole file system; @bavail: blocks that are not reserved */
struct efs_volume_info {
	const char *type;
	uint64_t dev;
	uint32_t block_size, name_max;
	uint64_t blocks, bfree, bavail;
	uint64_t files, ffree;
	uint8_t uuid[16];
	char label[17];
	bool rdonly;
};

int efs_volume_info(struct efs_volume *vol, struct efs_volume_info *info);

/* ---- attributes of files ---- */

/* types, in the bits EFS_IFMT of a mode; the numbers are those of every UNIX */
#define EFS_IFMT	0170000
#define EFS_IFSOCK	0140000
#define EFS_IFLNK	0120000
#define EFS_IFREG	0100000
#define EFS_IFBLK	0060000
#define EFS_IFDIR	0040000
#define EFS_IFCHR	0020000
#define EFS_IFIFO	0010000

struct efs_timestamp {
	int64_t sec;
	uint32_t nsec;
};

#define EFS_IMMUTABLE	0x1	/* no change at all */
#define EFS_APPEND	0x2	/* contents and names are only added */
#define EFS_HAS_BTIME	0x4	/* @btime is known */

/**
 * struct efs_info - all there is to know about a file from outside
 * @ino, @gen: its number, and what tells apart files that had the number in turn
 * @mode: type and permissions
 * @major, @minor: of device nodes
 * @size: bytes; of a symbolic link the length of its target
 * @blocks: space in use, in units of 512 bytes
 * @blksize: good size for reads and writes
 */
struct efs_info {
	uint64_t dev, ino;
	uint32_t gen, flags;
	uint32_t mode, nlink, uid, gid;
	uint32_t major, minor;
	uint64_t size, blocks;
	uint32_t blksize;
	struct efs_timestamp atime, mtime, ctime, btime;
};

#define EFS_SET_MODE	0x01	/* permission bits; the type stays */
#define EFS_SET_UID	0x02
#define EFS_SET_GID	0x04
#define EFS_SET_ATIME	0x08
#define EFS_SET_MTIME	0x10
#define EFS_SET_NOW	0x20	/* with these two: now, not what is given */
#define EFS_SET_FLAGS	0x40	/* EFS_IMMUTABLE and EFS_APPEND */
#define EFS_SET_QUIET	0x80	/* ctime stays, as when reading changes atime */

/** struct efs_changes - attributes to set; ctime becomes now by itself */
struct efs_changes {
	unsigned int mask;
	uint32_t mode, uid, gid, flags;
	struct efs_timestamp atime, mtime;
};

#define EFS_MODE_STRING	11

/** efs_mode_text() - "drwxr-xr-x", s/S and t/T included, into EFS_MODE_STRING bytes */
void efs_mode_text(uint32_t mode, char *text);

/* ---- paths ---- */

/**
 * struct efs_user - on whose behalf; uid 0 may do everything
 * @groups, @group_count: beside @gid
 */
struct efs_user {
	uint32_t uid, gid;
	const uint32_t *groups;
	size_t group_count;
};

/**
 * struct efs_at - where paths start, and for whom
 * @root: directory that is `/`; NULL: the volume's root
 * @cwd: directory where relative paths start; NULL: the root
 * @user: who must be allowed to search the directories on the way, and to change those that
 *	are changed; NULL: nothing is asked
 */
struct efs_at {
	struct efs_volume *volume;
	struct efs_file *root, *cwd;
	const struct efs_user *user;
};

#define EFS_NOFOLLOW	0x1	/* a symbolic link at the end is what is meant */

/**
 * efs_open() - the file a path leads to, from the root of the volume
 * Of any type; reading, writing, changing it is not decided here.
 * Return: -ENOENT (also for ""), -ENOTDIR, -ELOOP after 40 symbolic links, -ENAMETOOLONG (a
 * name of more than 255 bytes, a path of 4096 and more).
 */
int efs_open(struct efs_volume *vol, const char *path, unsigned int flags,
	     struct efs_file **out);

/** efs_open_at() - the same from somewhere, for someone; -EACCES */
int efs_open_at(const struct efs_at *at, const char *path, unsigned int flags,
		struct efs_file **out);

/**
 * struct efs_create - a file to be made
 * @mode: type and permissions; a set-group-ID directory hands its group on
 * @major, @minor: of device nodes
 * @target: of symbolic links
 */
struct efs_create {
	uint32_t mode, uid, gid;
	uint32_t major, minor;
	const char *target;
};

/*
 * Changes by path. The last component is never followed. With a user in @at: -EACCES for
 * directories it may not change, -EPERM where sticky ones keep the files of others.
 */

/** efs_create_at() - make a file of any type; @out may be NULL. -EEXIST, -ENOSPC, ... */
int efs_create_at(const struct efs_at *at, const char *path, const struct efs_create *what,
		  struct efs_file **out);

int efs_link_at(const struct efs_at *at, struct efs_file *file, const char *path);
/** efs_unlink_at() - -EISDIR for a directory */
int efs_unlink_at(const struct efs_at *at, const char *path);
/** efs_rmdir_at() - -ENOTEMPTY, -EBUSY (the root), -EINVAL (`.`) */
int efs_rmdir_at(const struct efs_at *at, const char *path);

#define EFS_NOREPLACE	0x1	/* -EEXIST if the new name is taken */
#define EFS_EXCHANGE	0x2	/* both names are there and change places */

int efs_rename_at(const struct efs_at *at, const char *from, const char *to,
		  unsigned int flags);

/** efs_remove_at() - a file, or a directory with all below; stops at the first error
 * @stop: may be NULL; looked at between two files: end with -EINTR once it is not 0
 */
int efs_remove_at(const struct efs_at *at, const char *path, const volatile int *stop);

/* ---- files ---- */

/** efs_root() - the root directory */
int efs_root(struct efs_volume *vol, struct efs_file **out);

/** efs_file_dup() - the same file once more, to be closed once more. Return: @file */
struct efs_file *efs_file_dup(struct efs_file *file);

/** efs_file_close() - accepts NULL. The last one deletes a file that has lost its names */
void efs_file_close(struct efs_file *file);

/** efs_file_volume() - the volume a file is on */
struct efs_volume *efs_file_volume(struct efs_file *file);

/** efs_file_type() - EFS_IFREG, ...; never changes. efs_file_ino() likewise */
uint32_t efs_file_type(const struct efs_file *file);
uint64_t efs_file_ino(const struct efs_file *file);

/** efs_file_user() - a word of the caller's, per file, 0 at first; the same for all who
 * have the file open, and kept as long as it is open. Access to it is the caller's matter.
 */
uint64_t *efs_file_user(struct efs_file *file);

void efs_file_info(struct efs_file *file, struct efs_info *info);

/**
 * efs_file_change() - change attributes
 * Changing the owner of what is no directory takes set-user-ID away, and set-group-ID if
 * the group may execute it, unless a mode is given as well.
 */
int efs_file_change(struct efs_file *file, const struct efs_changes *c);

/**
 * efs_file_read() - read from a regular file; does not change its access time
 * @done: bytes read; less than @len only at the end of the file, or before an error, in which
 *	case it is set as well
 */
int efs_file_read(struct efs_file *file, uint64_t off, void *buf, size_t len, size_t *done);

/**
 * efs_file_write() - write to a regular file, filling holes and growing it as needed
 * @done: bytes written, also set if an error is returned
 * Return: 0 if all was written; -ENOSPC, -EFBIG, -EROFS, -EPERM, -EISDIR, -EINVAL, ...
 */
int efs_file_write(struct efs_file *file, uint64_t off, const void *buf, size_t len,
		   size_t *done);

/**
 * efs_file_write_sync() - as efs_file_write(), and durable when it returns, as with O_SYNC
 * Even a crash before that shows nothing but what is written, what was there, and zeros.
 */
int efs_file_write_sync(struct efs_file *file, uint64_t off, const void *buf, size_t len,
			size_t *done);

/** efs_file_truncate() - set the size; what is added reads as zero */
int efs_file_truncate(struct efs_file *file, uint64_t size);

/** efs_file_punch() - make a hole: @len bytes at @off read as zero; the size stays */
int efs_file_punch(struct efs_file *file, uint64_t off, uint64_t len);

/** efs_file_reserve() - have blocks for @len bytes at @off, which read as zero; grows the
 * file unless @keep_size
 */
int efs_file_reserve(struct efs_file *file, uint64_t off, uint64_t len, bool keep_size);

/** efs_file_seek() - the next byte at or after @off in a hole, or not in one; -ENXIO */
int efs_file_seek(struct efs_file *file, uint64_t off, bool hole, uint64_t *at);

/** efs_file_sync() - contents, attributes and name of a file are durable */
int efs_file_sync(struct efs_file *file);

/** efs_file_readlink() - target of a symbolic link, NUL-terminated; -ERANGE if @size is
 * not above its length, -EINVAL for what is none
 */
int efs_file_readlink(struct efs_file *file, char *buf, size_t size);

/* ---- directories ---- */

/**
 * struct efs_entry_info - a copy of a directory entry
 * @next: pos of a cursor that goes on behind this entry, with EFS_CURSOR_ANY as its version
 * @type: 0 if the directory does not say
 */
struct efs_entry_info {
	uint64_t ino, next;
	uint32_t type;
	char name[256];
};

/** struct efs_cursor - where a walk over a directory stands; all zero: at the start */
struct efs_cursor {
	uint64_t pos;
	uint32_t version;
};

/* version of a position that was kept for long */
#define EFS_CURSOR_ANY	0xffffffffu

/**
 * efs_list_dir() - the next entries, `.` and `..` included
 * @max: room in @ents
 * @n: how many there were; 0 at the end
 *
 * The directory may change between calls: what was there all the time is seen once.
 * Return: after an error, the walk may go on behind it when called again.
 */
int efs_list_dir(struct efs_file *dir, struct efs_cursor *cur, struct efs_entry_info *ents,
		 size_t max, size_t *n);

/* by name in an open directory; `.` and `..` are names for efs_open_in() */
int efs_open_in(struct efs_file *dir, const char *name, struct efs_file **out);
int efs_create_in(struct efs_file *dir, const char *name, const struct efs_create *what,
		  struct efs_file **out);
/** efs_temp_in() - a regular file without a name; it goes with its last closing, unless
 * efs_link_in() gave it one
 */
int efs_temp_in(struct efs_file *dir, const struct efs_create *what, struct efs_file **out);
int efs_link_in(struct efs_file *dir, const char *name, struct efs_file *file);
int efs_unlink_in(struct efs_file *dir, const char *name);
int efs_rmdir_in(struct efs_file *dir, const char *name);
int efs_rename_in(struct efs_file *from, const char *old_name, struct efs_file *to,
		  const char *new_name, unsigned int flags);

/* ---- extended attributes; names have their prefix: "user.x" ---- */

#define EFS_CREATE	0x1	/* -EEXIST if it is there */
#define EFS_REPLACE	0x2	/* -ENODATA if it is not */

/** efs_xattr_get() - a value; @size 0: only its length. -ENODATA, -ERANGE, -EOPNOTSUPP */
int efs_xattr_get(struct efs_file *file, const char *name, void *buf, size_t size,
		  size_t *done);
/** efs_xattr_list() - all names, each with its NUL; @size, @done as above */
int efs_xattr_list(struct efs_file *file, char *buf, size_t size, size_t *done);
int efs_xattr_set(struct efs_file *file, const char *name, const void *value, size_t size,
		  unsigned int flags);
int efs_xattr_remove(struct efs_file *file, const char *name);

/* ---- checking a volume ---- */

/**
 * struct efs_check_problem - one finding; what does not apply is 0
 * @code: short name: "DIR_HOLE"
 * @text: a sentence. Both are static
 * @wrong: the volume is not clean because of it; false: a remark
 * @ino: inode, or the one that an entry names
 * @dir: directory the entry is in
 * @blk: block
 * @count: how many blocks from @blk, or inodes from @ino, on
 * @group: block group; only of findings whose code begins with GROUP, BITMAP or SUPER
 * @off: byte of an entry in its directory, or logical block in a file
 * @have, @want: what is there, and what should be
 * @name: of an entry, @name_len bytes of any value and a NUL
 */
struct efs_check_problem {
	const char *code, *text;
	bool wrong;
	uint32_t ino, dir, blk, count, group;
	uint64_t off, have, want;
	size_t name_len;
	char name[256];
};

/**
 * struct efs_check_options - how to check; all zero is the usual
 * @superblock, @cache_bytes, @env: as in struct efs_options
 * @problem: told of each finding; may be NULL
 * @progress: called now and then; @pass 1 to 5. Not 0: end with -EINTR. May be NULL
 * @ctx: handed to both
 */
struct efs_check_options {
	uint32_t superblock;
	size_t cache_bytes;
	const struct efs_env *env;
	void (*problem)(void *ctx, const struct efs_check_problem *p);
	int (*progress)(void *ctx, int pass, uint64_t done, uint64_t total);
	void *ctx;
};

/**
 * struct efs_check_result - what was found
 * @wrong: findings that count; 0: the volume is clean
 * @notes: remarks
 * @complete: false: too damaged for everything to be looked at
 * @files, @dirs, @symlinks, @specials: in use
 * @links: names beyond the first one of what is no directory
 * @fragmented: regular files in more than one piece
 */
struct efs_check_result {
	uint64_t wrong, notes;
	bool complete;
	uint64_t files, dirs, symlinks, specials, links, fragmented;
	uint64_t inodes, inodes_used, blocks, blocks_used;
	uint32_t block_size;
};

/**
 * efs_check() - is the ext2 on a device consistent? Nothing is written
 * @dev: no volume that is being written should be open on it; stays the caller's
 * @options: NULL: the usual
 * @result: filled in if 0 is returned
 *
 * Works on volumes too damaged to be opened. Memory: 4 MiB of cache, a bit for each block in
 * use, 16 bytes for each inode of a block group in use.
 * Return: 0, also if it is not consistent; -EIO, -ENOMEM, -EINTR.
 */
int efs_check(struct efs_device *dev, const struct efs_check_options *options,
	      struct efs_check_result *result);

#ifdef __cplusplus
}
#endif

#endif /* EFS_H */
