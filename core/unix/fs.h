/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The general interface of a UNIX file system, for callers without a VFS.
 *
 * A file system is a struct efs_fs with two tables of methods: what reads, and what
 * writes (NULL: it cannot be written). A file in use is a struct efs_node: one object for
 * one file, whoever asks, so two are the same file if the pointers are equal. Several file
 * systems can be in use at once; nothing is global.
 *
 * How to use it: make a file system (memfs.h, ext2.h), take its root with efs_fs_root(),
 * walk (walk.h) or efs_node_lookup() from there, call efs_node_...(), give every node back
 * with efs_node_put(), end with efs_fs_unmount(). Callers never call a method themselves.
 *
 * What is here (fs.c, names.c) plays the VFS: it checks types, names and what POSIX and Linux want
 * checked, in Linux's order, takes the locks, and hands found nodes to the methods. All
 * functions may be called by many threads at once, on one node or several, and sleep. None
 * checks permissions: that is the caller's (perm.h), or the walk's.
 *
 * Locks, outer first; core/engine/efs.h has those below:
 *
 *   1  fs->rename_lock    one rename between directories at a time: with it held no
 *                         directory changes its parent
 *   2  node->rwsem        names of a directory, contents and attributes of a file.
 *                         Parent before child; of two directories the one above first,
 *                         else the one with the lower number; then children,
 *                         directories first, by number
 *   -  whatever a method takes
 *
 * Two threads on two files share no lock that is held during I/O. Reference counts are
 * the methods' own (get, put); a put may delete a file without a name, so it may sleep.
 *
 * Return values are 0 or -errno. -EUCLEAN: the file system is damaged, and has said where.
 * Names are byte strings of 1 to 255 bytes without `/` and NUL.
 */
#ifndef EFS_UNIX_FS_H
#define EFS_UNIX_FS_H

#include "../engine/efs.h"

struct efs_fs;
struct efs_node;

/* struct efs_stat.flags */
#define EFS_STAT_IMMUTABLE	0x1	/* no change at all */
#define EFS_STAT_APPEND		0x2	/* contents and names are only added */
#define EFS_STAT_BTIME		0x4	/* @btime is known */

/**
 * struct efs_stat - all there is to know about a file from outside
 * @dev: of the file system, as given when it was made
 * @ino, @gen: number of the file; @gen tells apart files that had the number in turn
 * @mode: type and permissions
 * @major, @minor: of device nodes, else 0
 * @size: bytes; of a symbolic link the length of its target
 * @blocks: space in use, in units of 512 bytes
 * @blksize: good size for reads and writes
 */
struct efs_stat {
	u64 dev;
	u64 ino;
	u32 gen;
	u32 flags;
	u16 mode;
	u32 nlink, uid, gid;
	u32 major, minor;
	u64 size, blocks;
	u32 blksize;
	struct efs_time atime, mtime, ctime, btime;
};

/** struct efs_fs_stat - of a whole file system; @bavail: blocks the unprivileged can have */
struct efs_fs_stat {
	u64 dev;
	u32 bsize, name_max;
	u64 blocks, bfree, bavail;
	u64 files, ffree;
	bool rdonly;
};

/* struct efs_setattr.mask: what is to be set */
#define EFS_SET_MODE	0x01	/* permission bits; the type stays */
#define EFS_SET_UID	0x02
#define EFS_SET_GID	0x04
#define EFS_SET_ATIME	0x08
#define EFS_SET_MTIME	0x10
#define EFS_SET_NOW	0x20	/* with these two: now, not what is given */
#define EFS_SET_FLAGS	0x40	/* EFS_STAT_IMMUTABLE and EFS_STAT_APPEND */
#define EFS_SET_QUIET	0x80	/* ctime stays, as when reading changes atime */
#define EFS_SET_ALL	0xff

/** struct efs_setattr - attributes to set; ctime becomes now by itself */
struct efs_setattr {
	u32 mask;
	u16 mode;
	u32 uid, gid;
	u32 flags;
	struct efs_time atime, mtime;
};

/**
 * struct efs_new - a file to be made
 * @mode: type and permissions; a set-group-ID directory hands its group on
 * @major, @minor: of device nodes
 * @target, @target_len: of symbolic links
 * @acl, @acl_default: access control lists of @acl_size bytes that the directory hands on,
 *	in the form of system calls, or NULL; filled in for the methods
 */
struct efs_new {
	u16 mode;
	u32 uid, gid;
	u32 major, minor;
	const char *target;
	size_t target_len;
	const void *acl, *acl_default;
	size_t acl_size;
};

/**
 * struct efs_entry - a copy of a directory entry
 * @type: EFS_S_IFREG, ...; 0 where the directory does not say
 * @next: pos of a walk that goes on behind it; its version is EFS_DIRPOS_ANY then
 * @name: NUL-terminated
 */
struct efs_entry {
	u64 ino;
	u64 next;
	u16 type;
	u8 len;
	char name[EFS_NAME_MAX + 1];
};

/** struct efs_dirpos - where a walk over a directory stands; zeroed: at the start */
struct efs_dirpos {
	u64 pos;
	u32 version;
};

/* version of a position that was kept for long: whether an entry begins there is looked up */
#define EFS_DIRPOS_ANY	0xffffffffu

/**
 * struct efs_renaming - arguments of the rename method
 * @old, @new: what the two names are now; @new NULL if that name is free
 * @flags: EFS_RENAME_NOREPLACE or EFS_RENAME_EXCHANGE (engine/efs.h)
 */
struct efs_renaming {
	struct efs_node *odir, *ndir;
	const char *oname, *nname;
	size_t olen, nlen;
	struct efs_node *old, *new;
	u32 flags;
};

/**
 * struct efs_read_ops - what reads; each as the function of the same name below
 * @root: @two: for paths that begin with exactly two slashes
 * @get, @put: count references. put: the last one, which is never called under rwsem of
 *	this node, deletes a file without links
 * @lookup: rwsem of @dir held. @name is not `.`; `..` is a name like others, but never
 *	that of the root. -ENOENT, -ENAMETOOLONG
 * @readdir, @read, @readlink, @stat, @seek: rwsem held at least shared, type checked
 * @statfs: no lock
 * @getxattr, @listxattr: rwsem held; names were checked; access control lists are in the
 *	form of system calls. NULL: there are none
 * @loop: names lead from directory @dir back to itself; tells people and returns the
 *	error to give. NULL where that cannot be
 * @unmount: frees everything, @fs too; -EBUSY if nodes are held. What else it returns
 *	is about what could not be written: it is gone then
 */
struct efs_read_ops {
	int (*root)(struct efs_fs *fs, bool two, struct efs_node **out);
	void (*get)(struct efs_node *node);
	void (*put)(struct efs_node *node);
	int (*lookup)(struct efs_node *dir, const char *name, size_t len, struct efs_node **out);
	int (*readdir)(struct efs_node *dir, struct efs_dirpos *pos, struct efs_entry *ents,
		       u32 max, u32 *n);
	int (*read)(struct efs_node *node, u64 off, void *buf, size_t len, size_t *done);
	int (*readlink)(struct efs_node *node, char *buf, size_t size);
	void (*stat)(struct efs_node *node, struct efs_stat *st);
	int (*seek)(struct efs_node *node, u64 off, bool hole, u64 *at);
	int (*getxattr)(struct efs_node *node, const char *name, size_t len, void *buf,
			size_t size, size_t *done);
	int (*listxattr)(struct efs_node *node, char *buf, size_t size, size_t *done);
	int (*statfs)(struct efs_fs *fs, struct efs_fs_stat *st);
	int (*loop)(struct efs_node *dir);
	int (*unmount)(struct efs_fs *fs);
};

/**
 * struct efs_write_ops - what writes
 * @writable: may a change begin? 0 or -EROFS. NULL: always
 * @create: rwsem of @dir held for writing; the name is valid and free. -EMLINK, -ENOSPC
 * @tmpfile: a regular file without a name; rwsem of @dir held. NULL: -EOPNOTSUPP
 * @link, @unlink, @rmdir: rwsem of @dir and @node held for writing; @name names @node
 *	(not yet for link). rmdir: -ENOTEMPTY. link: -EMLINK
 * @rename: rwsem of both directories and of @old and @new held for writing; loops, types
 *	and flags were checked, @old is not @new. -ENOTEMPTY, -EMLINK
 * @write, @truncate, @setattr: rwsem held for writing, type and flags checked. setattr
 *	puts the time in the place of those that are EFS_SET_NOW
 * @punch, @reserve: likewise; @len is not 0, and @off + @len no overflow. NULL: -EOPNOTSUPP
 * @setxattr: rwsem held for writing; @buf NULL: remove it; lists are valid and, if they are
 *	for access, agree with the mode or will be made to. NULL: -EOPNOTSUPP
 * @write_sync: as write, where fsync is next: what it maps shows no old data after a crash,
 *	even in between. NULL: write is as good
 * @done: a change of @node, in a rename of both directories, succeeded: make it durable
 *	if that is asked for. No lock held. NULL: nothing to do
 * @sync: no lock held
 * @fsync: rwsem is not held
 */
struct efs_write_ops {
	int (*writable)(struct efs_fs *fs);
	int (*create)(struct efs_node *dir, const char *name, size_t len,
		      const struct efs_new *n, struct efs_node **out);
	int (*tmpfile)(struct efs_node *dir, const struct efs_new *n, struct efs_node **out);
	int (*link)(struct efs_node *dir, const char *name, size_t len, struct efs_node *node);
	int (*unlink)(struct efs_node *dir, const char *name, size_t len, struct efs_node *node);
	int (*rmdir)(struct efs_node *dir, const char *name, size_t len, struct efs_node *node);
	int (*rename)(const struct efs_renaming *r);
	int (*write)(struct efs_node *node, u64 off, const void *buf, size_t len, size_t *done);
	int (*write_sync)(struct efs_node *node, u64 off, const void *buf, size_t len,
			  size_t *done);
	int (*truncate)(struct efs_node *node, u64 size);
	int (*punch)(struct efs_node *node, u64 off, u64 len);
	int (*reserve)(struct efs_node *node, u64 off, u64 len, bool keep_size);
	int (*setattr)(struct efs_node *node, const struct efs_setattr *set);
	int (*setxattr)(struct efs_node *node, const char *name, size_t len, const void *buf,
			size_t size, u32 flags);
	int (*done)(struct efs_node *node);
	int (*sync)(struct efs_fs *fs);
	int (*fsync)(struct efs_node *node);
};

/**
 * struct efs_fs - a file system in use; its maker embeds it
 * @wr: NULL: read-only for ever
 * @owner: its user's, who may want to come from here to something of his own
 * @mem: for efs_alloc(); NULL where the home's memory is not bound to a volume
 * @dev: as its user wants stat to tell
 */
struct efs_fs {
	const struct efs_read_ops *rd;
	const struct efs_write_ops *wr;
	void *owner;
	struct efs_sb *mem;
	u64 dev;
	efs_rwsem_t rename_lock;
};

/**
 * struct efs_node - a file in use; the file system embeds it
 * @ino, @type: never change; @type is EFS_S_IFREG, ...
 * @dead: a directory that was removed: nothing is found or made in it any more (rwsem)
 * @unborn: made without a name and never given one: it may be linked (rwsem)
 * @user: the caller's: 0 at first, kept while the node is in memory, which is as long as
 *	it is referenced, and in memfs as long as the file exists
 */
struct efs_node {
	struct efs_fs *fs;
	u64 ino;
	u16 type;
	bool dead, unborn;
	u64 user;
	efs_rwsem_t rwsem;
};

/* ---- for those who make file systems ---- */

/** efs_fs_init() - make a zeroed struct efs_fs usable */
void efs_fs_init(struct efs_fs *fs, const struct efs_read_ops *rd, const struct efs_write_ops *wr,
		 u64 dev);

/** efs_node_init() - make a zeroed struct efs_node usable */
void efs_node_init(struct efs_node *node, struct efs_fs *fs, u64 ino, u16 type);

/* ---- file systems ---- */

/** efs_fs_root() - a reference to the root directory; efs_fs_root2(): to that of `//` */
int efs_fs_root(struct efs_fs *fs, struct efs_node **out);
int efs_fs_root2(struct efs_fs *fs, struct efs_node **out);

/** efs_fs_writable() - 0 or -EROFS */
int efs_fs_writable(struct efs_fs *fs);

int efs_fs_statfs(struct efs_fs *fs, struct efs_fs_stat *st);

/**
 * efs_fs_sync() - make everything done before durable
 * Return: 0 if so; an error of now, or the first that nobody was told of since the last
 * call. On what cannot be written: 0.
 */
int efs_fs_sync(struct efs_fs *fs);

/**
 * efs_fs_unmount() - write everything, give all memory back
 * Return: -EBUSY if nodes are held: nothing happened. Otherwise @fs is gone, with -EIO if
 * not all of it could be written.
 */
int efs_fs_unmount(struct efs_fs *fs);

/* ---- nodes ---- */

/** efs_node_get() - one more reference. Return: @node */
static inline struct efs_node *efs_node_get(struct efs_node *node)
{
	node->fs->rd->get(node);
	return node;
}

/** efs_node_put() - give a reference back; the last one of a nameless file deletes it.
 * Accepts NULL.
 */
static inline void efs_node_put(struct efs_node *node)
{
	if (node)
		node->fs->rd->put(node);
}

static inline bool efs_node_is_dir(const struct efs_node *node)
{
	return node->type == EFS_S_IFDIR;
}

void efs_node_stat(struct efs_node *node, struct efs_stat *st);

/**
 * efs_node_setattr() - change attributes
 * Changing the owner or group of what is no directory takes set-user-ID away, and
 * set-group-ID if the group may execute it, unless a mode is given as well.
 * Return: 0, -EROFS, -EINVAL (mask), -EPERM (immutable or append-only, unless only the
 * flags are set), -EIO.
 */
int efs_node_setattr(struct efs_node *node, const struct efs_setattr *set);

/* ---- contents ---- */

/**
 * efs_node_read() - read from a regular file; does not change its access time
 * @done: bytes read; less than @len only at the end of the file or before an error
 *
 * Return: 0 (at the end, with @done 0); -EISDIR, -EINVAL for what is no regular file,
 * -EIO, -EUCLEAN, -ENOMEM. @done bytes are valid in any case.
 */
int efs_node_read(struct efs_node *node, u64 off, void *buf, size_t len, size_t *done);

/**
 * efs_node_write() - write to a regular file, filling holes and growing it as needed
 * @done: bytes written; what is beyond them is as before
 *
 * Return: 0 if @done is @len; else the reason: -ENOSPC, -EFBIG, -EROFS, -EPERM, -EISDIR,
 * -EINVAL, -EIO, -ENOMEM.
 */
int efs_node_write(struct efs_node *node, u64 off, const void *buf, size_t len, size_t *done);

/**
 * efs_node_write_sync() - as efs_node_write(), and durable when it returns, as with O_SYNC
 * Even a crash before that shows nothing but what is written, what was there, and zeros.
 */
int efs_node_write_sync(struct efs_node *node, u64 off, const void *buf, size_t len,
			size_t *done);

/** efs_node_truncate() - set the size; what is cut off is gone, what is added reads as zero */
int efs_node_truncate(struct efs_node *node, u64 size);

/**
 * efs_node_punch() - make a hole: @len bytes at @off read as zero, their blocks are free
 * The size stays. What a block holds beside the range stays, too.
 * Return: 0; -EINVAL (@len 0), -EFBIG, -EROFS, -EPERM, -EISDIR, -EINVAL (no regular file),
 * -EOPNOTSUPP, -EIO, -EUCLEAN, -ENOMEM: some of it may be a hole then.
 */
int efs_node_punch(struct efs_node *node, u64 off, u64 len);

/**
 * efs_node_reserve() - have blocks for @len bytes at @off, so that writing there needs none
 * @keep_size: else the file grows to hold the range
 *
 * What was a hole, or beyond the size, reads as zero, and is zero on the device. What cannot
 * be had in full leaves the size as it was; holes may have been filled.
 * Return: 0; -ENOSPC, -EFBIG, -EPERM (immutable), -EOPNOTSUPP (also where blocks behind
 * the size cannot be: @keep_size and a range that ends beyond its last block); the others as
 * efs_node_punch().
 */
int efs_node_reserve(struct efs_node *node, u64 off, u64 len, bool keep_size);

/**
 * efs_node_seek() - the next byte at or after @off that is in a hole, or that is not
 * The end of the file counts as a hole.
 * Return: 0 and an offset in @at; -ENXIO if @off is not below the size or there is none.
 */
int efs_node_seek(struct efs_node *node, u64 off, bool hole, u64 *at);

/**
 * efs_node_readlink() - target of a symbolic link, NUL-terminated
 * Return: 0; -EINVAL for what is none; -ERANGE if @size is not above the target's length.
 */
int efs_node_readlink(struct efs_node *node, char *buf, size_t size);

/** efs_node_fsync() - make a file's contents and attributes durable; as efs_fs_sync() */
int efs_node_fsync(struct efs_node *node);

/* ---- names; the directory of the wrong type: -ENOTDIR; removed: -ENOENT ---- */

/**
 * efs_node_lookup() - what a name in a directory is; `.` and `..` are names here
 * Return: 0 and a reference; -ENOTDIR, -ENOENT (also for ""), -ENAMETOOLONG, -EINVAL
 * (`/` or NUL inside).
 */
int efs_node_lookup(struct efs_node *dir, const char *name, size_t len, struct efs_node **out);

/**
 * efs_node_readdir() - the next entries of a directory, `.` and `..` included
 * @max: room in @ents
 * @n: how many there were; 0 at the end
 *
 * The directory may change between calls: what was there all the time is seen once.
 * Return: 0; -ENOTDIR; an error, behind which the walk may go on when called again.
 */
int efs_node_readdir(struct efs_node *dir, struct efs_dirpos *pos, struct efs_entry *ents,
		     u32 max, u32 *n);

/**
 * efs_node_create() - make a file of any type
 * @out: a reference; may be NULL
 *
 * Return: -EINVAL (no such type), -EEXIST (`.` and `..`, too), -EROFS, -EPERM, -EMLINK,
 * -ENOSPC; of symbolic links -ENOENT (empty), -EINVAL (NUL inside), -ENAMETOOLONG.
 */
int efs_node_create(struct efs_node *dir, const char *name, size_t len, const struct efs_new *n,
		    struct efs_node **out);

/**
 * efs_node_tmpfile() - a regular file without a name, near @dir
 * It goes with its last reference unless efs_node_link() gave it a name.
 * Return: -EOPNOTSUPP where there is none.
 */
int efs_node_tmpfile(struct efs_node *dir, const struct efs_new *n, struct efs_node **out);

/**
 * efs_node_link() - one more name for a file
 * Return: -EEXIST, -EROFS, -EXDEV, -EPERM (a directory, or flags), -ENOENT (it lost its
 * last name), -EMLINK, -ENOSPC.
 */
int efs_node_link(struct efs_node *dir, const char *name, size_t len, struct efs_node *node);

/** efs_node_unlink() - -EISDIR (a directory, `.` and `..` included), -EROFS, -ENOENT, -EPERM */
int efs_node_unlink(struct efs_node *dir, const char *name, size_t len);

/**
 * efs_node_rmdir() - remove an empty directory
 * Return: -EINVAL (`.`), -ENOTEMPTY (`..`, too), -EROFS, -ENOENT, -ENOTDIR, -EPERM.
 */
int efs_node_rmdir(struct efs_node *dir, const char *name, size_t len);

/**
 * efs_node_rename() - @flags: EFS_RENAME_NOREPLACE or EFS_RENAME_EXCHANGE, or neither
 *
 * Two names of one file: both stay.
 * Return: -EINVAL (flags; a directory into itself or below), -EXDEV, -EBUSY (`.`, `..`),
 * -EROFS, -ENOENT, -EEXIST (NOREPLACE), -ENOTEMPTY (also where the new name is that of a
 * directory above the old), -EISDIR, -ENOTDIR, -EPERM, -EMLINK, -ENOSPC.
 */
int efs_node_rename(struct efs_node *odir, const char *oname, size_t olen,
		    struct efs_node *ndir, const char *nname, size_t nlen, u32 flags);

/*
 * ---- extended attributes; -EOPNOTSUPP where there are none ----
 *
 * Whole names, with their prefix: "user." (of regular files and directories alone),
 * "trusted.", "security.", "system.posix_acl_access" and "system.posix_acl_default" (of
 * directories); those of other systems can be read and removed. Errors of names: -ERANGE
 * (empty, over 255 bytes), -EINVAL (a prefix alone, a NUL inside), -EOPNOTSUPP (no such
 * prefix; a list of a symbolic link).
 *
 * Access control lists have the form of Linux's system calls: le32 2, then le16 tag, le16
 * permissions, le32 id for each entry. Setting one for access sets the mode, changing the
 * mode changes it, and one that says no more than the mode is not kept; removing one that
 * is not there is no error. What is made in a directory with a default list takes that over.
 */

/**
 * efs_node_getxattr() - value of an attribute
 * @size: of @buf; 0: only tell how long it is
 * @done: its length
 * Return: 0, -ENODATA, -ERANGE (@buf is too small).
 */
int efs_node_getxattr(struct efs_node *node, const char *name, size_t len, void *buf,
		      size_t size, size_t *done);

/** efs_node_listxattr() - all names, each with a NUL behind it; @size, @done as above */
int efs_node_listxattr(struct efs_node *node, char *buf, size_t size, size_t *done);

/**
 * efs_node_setxattr() - @flags: EFS_XATTR_CREATE or EFS_XATTR_REPLACE, or neither
 * Return: 0, -EEXIST, -ENODATA (by @flags), -E2BIG (over 64 KiB), -ERANGE (over what the
 * file system can ever hold), -ENOSPC, -EPERM (user attributes of a special file, immutable),
 * -EACCES (a default list of what is no directory), -EINVAL (no valid list), -EROFS.
 */
int efs_node_setxattr(struct efs_node *node, const char *name, size_t len, const void *buf,
		      size_t size, u32 flags);

/** efs_node_removexattr() - -ENODATA if it is not there */
int efs_node_removexattr(struct efs_node *node, const char *name, size_t len);

#endif /* EFS_UNIX_FS_H */
