/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzzers share: base images, patches, a VFS's guarantees, a watch on the rules,
 * a consistency check.
 *
 * Everything runs over the memory port of kunit/, whose own checks (locks, reference
 * counts, dirtying on a read-only mount) end the process here instead of a test case.
 */
#ifndef EFS_FUZZ_H
#define EFS_FUZZ_H

#include "../../kunit/home.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max);

/* ---- fuzz.c ---- */

/** fuzz_fail() - a rule was broken: say so and end the process */
void fuzz_fail(const char *fmt, ...) __printf(1, 2) __attribute__((noreturn));
#define fuzz_check(cond, fmt, ...)						\
	do {									\
		if (!(cond))							\
			fuzz_fail("%s:%d: " fmt, __func__, __LINE__, ##__VA_ARGS__); \
	} while (0)

/** fuzz_begin() - an input begins; it may take so much of the processor's time, no more */
void fuzz_begin(void);

/** fuzz_test() - the one case everything runs in; fresh at each input */
struct kunit *fuzz_test(void);

/** fuzz_hash() - of an input, to do what is expensive for some inputs only, always the same */
u32 fuzz_hash(const u8 *data, size_t size);

/** fuzz_quiet() - keep libFuzzer's clock from interrupting reads of other programs' output */
void fuzz_quiet(bool on);

/** struct fuzz_in - an input being read; past its end everything is 0 */
struct fuzz_in {
	const u8 *p;
	size_t left;
};

u32 fuzz_u8(struct fuzz_in *in);
u32 fuzz_u16(struct fuzz_in *in);
u32 fuzz_u32(struct fuzz_in *in);

/* ---- check.c: a small second reader of whole volumes ---- */

enum fuzz_kind {
	FUZZ_FREE, FUZZ_SUPER, FUZZ_GDT, FUZZ_RESERVED, FUZZ_BBITMAP, FUZZ_IBITMAP, FUZZ_ITABLE,
	FUZZ_DATA, FUZZ_INDIRECT, FUZZ_DIR, FUZZ_LINK, FUZZ_XATTR, FUZZ_KINDS
};

/**
 * struct fuzz_map - what fuzz_check_image() found
 * @kind: of each block, an enum fuzz_kind
 * @links: names that lead to each inode, by number; for directories `.` and `..` too
 * @error: what is wrong with the volume, "" if nothing is
 */
struct fuzz_map {
	u32 block_size, blocks, inodes, inode_size, ipg, bpg, first, groups;
	u8 *kind;
	u16 *links;
	char error[256];
};

/* blocks and inodes that are marked used but belong to nobody are fine */
#define FUZZ_MAY_LEAK	1
/* so is a block that begins where a file ends: e2fsck does not mind */
#define FUZZ_MAY_EXCEED	2

/**
 * fuzz_check_image() - read a whole volume, compare everything that is there twice
 * @lax: FUZZ_MAY_
 *
 * Follows names from the root, counts blocks and links, and compares with bitmaps,
 * descriptors, superblock and inodes. Shares no code with the core.
 * Return: is it consistent? m->error says what is not. The caller frees with
 * fuzz_map_free() in both cases.
 */
bool fuzz_check_image(const u8 *img, u64 bytes, u32 lax, struct fuzz_map *m);
void fuzz_map_free(struct fuzz_map *m);

/** fuzz_inode_at() - byte offset in the image of inode @ino */
u64 fuzz_inode_at(const struct fuzz_map *m, const u8 *img, u32 ino);

/* ---- base.c: sound images to begin with ---- */

/**
 * struct fuzz_base - a small volume with something of everything on it
 * @img: its bytes, @bytes of them; never changed
 * @map: what is where
 * @inos: inodes in use, @n_inos; @entries: byte offsets of directory entries
 */
struct fuzz_base {
	const char *name;
	u8 *img;
	u64 bytes;
	struct fuzz_map map;
	u32 *inos, n_inos;
	u64 *entries;
	u32 n_entries;
};

/** fuzz_bases() - how many there are */
u32 fuzz_bases(void);
/** fuzz_base_get() - base @n, made when first asked for */
const struct fuzz_base *fuzz_base_get(u32 n);
/** fuzz_base_names() - paths on every base, one after the other; NULL behind the last */
extern const char *const fuzz_base_names[];

/**
 * fuzz_dev() - a device whose unwritten blocks are those of an image
 * @img: lives as long as the device is used
 */
struct efs_test_dev *fuzz_dev(const u8 *img, u64 bytes, u32 block_size);

/* ---- patch.c: damage ---- */

#define FUZZ_PATCH_LEN	10	/* bytes of a patch in an input */

/** struct fuzz_image - a copy of a base that can be damaged, and healed again */
struct fuzz_image {
	const struct fuzz_base *base;
	u8 *img;
	struct fuzz_undo *undo;
	u32 n_undo;
};

/** fuzz_image_get() - the working copy of base @n, undamaged */
struct fuzz_image *fuzz_image_get(u32 n);
/** fuzz_patch() - apply the patch in the next FUZZ_PATCH_LEN bytes of @in
 * @at, @len: which bytes changed
 */
void fuzz_patch(struct fuzz_image *im, struct fuzz_in *in, u64 *at, u32 *len);
/** fuzz_heal() - undo all patches */
void fuzz_heal(struct fuzz_image *im);
/** fuzz_patch_random() - a patch that hits a field somebody reads */
void fuzz_patch_random(u8 *patch, u32 *seed);

/**
 * fuzz_records_mutate() - mutate one of @n records of @len bytes at @data, or their number
 * @make: fills in a new record
 * @max: records there is room for
 * Return: how many there are now.
 */
u32 fuzz_records_mutate(u8 *data, u32 n, u32 max, u32 len, void (*make)(u8 *rec, u32 *seed),
			u32 *seed);

/* ---- input.c: inputs that begin with a damaged volume ---- */

#define FUZZ_PATCHES	24
#define FUZZ_OPS	48
#define FUZZ_OP_LEN	6

/**
 * fuzz_set_up() - read such a beginning: damage a base, make a device of it
 * @fs: zeroed; gets a device, or none if nobody would mount this
 * @o: options to mount it with
 * Return: the image, to be healed afterwards.
 */
struct fuzz_image *fuzz_set_up(struct fuzz_in *in, struct efs_test_fs *fs,
			       struct efs_mount_opts *o);
/** fuzz_damage_mutate() - mutator of such inputs; @make_op as in fuzz_records_mutate() */
size_t fuzz_damage_mutate(u8 *data, size_t size, size_t max, unsigned int seed32,
			  void (*make_op)(u8 *rec, u32 *seed));

/* ---- watch.c: rules that hold around every call ---- */

/**
 * struct fuzz_watch - a device being watched, while it is mounted or about to be
 * @find: inodes in memory by number; NULL: they are in @fs. Set before fuzz_watch_start()
 * @what: the call that is being made
 * @blk: each block of the device
 * @spare: room to look at a block, for each level of a map
 * @bufs: buffers a quiet mount holds
 * @touched: the volume may be written to: it is, or once was, not read-only
 * @poked: somebody wrote to the device under the mount: what was checked may be wrong now
 * @calls, @searches: numbers of the current ones
 * @reports, @reads, @failures, @steps: as they were before the call
 * @bad_group: a group was known to be bad before it
 * @attrs: it may change attributes in the tail of an inode; set before it
 * @late: what is watched keeps errors that it could not return (of the last put of a file,
 *	say), for the next call that makes something durable
 * @owed_report, @owed_failure: it has one that may come: a call met more than it returned
 */
struct fuzz_watch {
	struct efs_test_fs *fs;
	const struct efs_test_inode *(*find)(u32 ino);
	const char *what;
	struct fuzz_block *blk;
	u8 *spare[4];
	u32 blocks, bufs, calls, searches;
	bool mounted, touched, poked, bad_group, attrs;
	bool late, owed_report, owed_failure;
	u32 reports, reads, failures;
	u64 steps;
};

/** fuzz_watch_start() - begin to watch a device that will be mounted by @fs
 * Zeroed before the first time; what it knows about the device itself is kept.
 */
void fuzz_watch_start(struct fuzz_watch *w, struct efs_test_fs *fs);
/** fuzz_watch_mounted() - it was */
void fuzz_watch_mounted(struct fuzz_watch *w);
/** fuzz_watch_end() - after a failed mount, or unmount and flush */
void fuzz_watch_end(struct fuzz_watch *w);
/** fuzz_watch_data() - may file data be read or written at @blk? */
void fuzz_watch_data(struct fuzz_watch *w, u32 blk, u32 len);
/** fuzz_watch_poke() - @len bytes were written to the device, inside one block */
void fuzz_watch_poke(struct fuzz_watch *w, u64 at, const u8 *bytes, u32 len);
void fuzz_watch_begin(struct fuzz_watch *w, const char *what);
void fuzz_watch_done(struct fuzz_watch *w, int ret);

/** WATCH() - make a call and check what it did; its value is the call's */
#define WATCH(w, call) ({				\
	int __ret;					\
							\
	fuzz_watch_begin(w, #call);			\
	__ret = (call);					\
	fuzz_watch_done(w, __ret);			\
	__ret; })

/* ---- vfs.c: what a VFS sees to before it calls ---- */

/* Errors are those of Linux. Names are NUL-terminated, without slashes, not `.` or `..` */
int vfs_lookup(struct efs_test_inode *dir, const char *name, struct efs_test_inode **out);
/** vfs_make() - a new file of any type but symbolic link; @out as in home.h */
int vfs_make(struct efs_test_inode *dir, const char *name, u16 mode, struct efs_test_inode **out);
int vfs_symlink(struct efs_test_inode *dir, const char *name, const char *target,
		struct efs_test_inode **out);
int vfs_link(struct efs_test_inode *dir, const char *name, struct efs_test_inode *ti);
int vfs_unlink(struct efs_test_inode *dir, const char *name);
int vfs_rmdir(struct efs_test_inode *dir, const char *name);
/** vfs_rename() - @inside: ask whether directory @a is @b or above it */
int vfs_rename(struct efs_test_inode *odir, const char *oname, struct efs_test_inode *ndir,
	       const char *nname, u32 flags, bool (*inside)(u32 a, u32 b));
/** vfs_write() - bytes written, or the error if none were */
s64 vfs_write(struct efs_test_inode *ti, u64 off, const void *data, size_t len);
int vfs_read(struct efs_test_inode *ti, u64 off, void *buf, size_t len);
int vfs_resize(struct efs_test_inode *ti, u64 size);
int vfs_readlink(struct efs_test_inode *ti, char *buf, u32 size);
/** vfs_sync() - store all inodes, flush; the first error */
int vfs_sync(struct efs_test_fs *fs);

#endif /* EFS_FUZZ_H */
