/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small tree, and a table of operations on its names: what the suites about names share.
 *
 * The volume has one inode in each block of the inode table, so that the order of blocks
 * is the order of inodes.
 */
#ifndef EFS_TEST_SCENE_H
#define EFS_TEST_SCENE_H

#include "home.h"

enum { ROOT, A, B, FULL, FULL12, FULL13, DIRS };

/**
 * struct scene - a small tree, with its directories at hand
 *
 *	a/	f (data), g (= b/g2), d/ (in, sub/), e/ (empty), s (slow link)
 *	b/	t (data), h (= b/h2), g2, k/ (empty), m/ (x)
 *	full*	names of 255 bytes in 1, 12 and 13 blocks: the next one needs a new block
 *
 * @any_dir_size: what the sizes of directories are is no difference
 */
struct scene {
	struct kunit *test;
	struct efs_test_fs *fs;
	struct efs_test_inode *dir[DIRS];
	bool any_dir_size;
	char name[2][EFS_NAME_MAX + 1];
};

#define LONG "long"

/** scene_new() - make the tree, on a volume mounted with -o sync if @sync; cold caches */
struct scene *scene_new(struct kunit *test, bool sync);

/** scene_blank() - its volume without the tree, not mounted */
struct scene *scene_blank(struct kunit *test);

/** scene_hold(), scene_put() - the directories, in memory and not */
void scene_hold(struct scene *s);
void scene_put(struct scene *s);
/** scene_remount() - nothing survives but the disk */
void scene_remount(struct scene *s);
/** scene_end() - unmount, let e2fsck judge, release everything but @s itself */
void scene_end(struct scene *s);

/* a name, and all below it, that a comparison leaves out; NULL: everything in @dir */
struct except {
	u32 dir;
	const char *name;
};

/**
 * scene_hash() - of every name and what it names, with all counts and sizes
 * scene_hash_but() - the same without some names, and without counts and sizes
 */
u64 scene_hash(struct scene *s);
u64 scene_hash_but(struct scene *s, const struct except *ex, u32 n_ex);

enum kind { CREATE, MKDIR, SYMLINK, TMPFILE, LINK, UNLINK, RMDIR, RENAME };

#define XCHG EFS_RENAME_EXCHANGE

/*
 * @fsck_y: a power cut may leave what e2fsck does not mend without asking, in whatever
 * order blocks are written: an inode with contents and no name, two names of a directory
 */
static const struct op {
	const char *name;
	enum kind kind;
	u32 dir;
	const char *oname;
	u32 ndir;
	const char *nname;
	u32 flags;
	bool fsck_y;
} ops[] __maybe_unused = {
	{ "create", CREATE, A, "new" },
	{ "create_grow", CREATE, FULL, LONG },
	{ "create_grow_indirect", CREATE, FULL12, LONG },
	{ "create_grow_in_indirect", CREATE, FULL13, LONG },
	{ "mkdir", MKDIR, A, "new", .fsck_y = true },
	{ "mkdir_grow", MKDIR, FULL, LONG, .fsck_y = true },
	{ "symlink_fast", SYMLINK, A, "new", 0, NULL, 59, true },
	{ "symlink_slow", SYMLINK, A, "new", 0, NULL, 60, true },
	{ "tmpfile", TMPFILE, A, "new" },
	{ "link", LINK, A, "f", B, "new" },
	{ "link_grow", LINK, A, "f", FULL12, LONG },
	{ "unlink", UNLINK, A, "f", .fsck_y = true },
	{ "unlink_one_of_two", UNLINK, B, "h" },
	{ "unlink_symlink", UNLINK, A, "s", .fsck_y = true },
	{ "rmdir", RMDIR, A, "e", .fsck_y = true },
	{ "rename", RENAME, A, "f", A, "new" },
	{ "rename_split_itself", RENAME, A, "s", A, "new" },
	{ "rename_cross", RENAME, A, "f", B, "new" },
	{ "rename_grow", RENAME, A, "f", FULL13, LONG },
	{ "rename_replace", RENAME, A, "f", A, "g" },
	{ "rename_replace_cross", RENAME, A, "f", B, "t", 0, true },
	{ "rename_replace_one_of_two", RENAME, B, "t", B, "h" },
	{ "rename_dir", RENAME, A, "d", A, "new", 0, true },
	{ "rename_dir_cross", RENAME, A, "d", B, "new", 0, true },
	{ "rename_dir_grow", RENAME, A, "d", FULL, LONG, 0, true },
	{ "rename_dir_replace", RENAME, A, "d", A, "e", 0, true },
	{ "rename_dir_replace_cross", RENAME, A, "d", B, "k", 0, true },
	{ "exchange", RENAME, A, "f", A, "g", XCHG, true },
	{ "exchange_cross", RENAME, A, "f", B, "t", XCHG, true },
	{ "exchange_dirs", RENAME, A, "d", A, "e", XCHG, true },
	{ "exchange_dirs_cross", RENAME, A, "d", B, "m", XCHG, true },
	{ "exchange_dir_file_cross", RENAME, A, "d", B, "t", XCHG, true },
	{ "exchange_file_dir_cross", RENAME, A, "f", B, "m", XCHG, true },
};

/**
 * struct doing - one operation under way
 * @old, @new: inodes of its names before; @old is the new inode of those that make one
 * @fault, @nth: what is to fail during it, 0: nothing
 * @struck: it did
 */
struct doing {
	const struct op *op;
	struct efs_test_inode *dir, *ndir, *old, *new;
	const char *oname, *nname;
	enum efs_test_fault fault;
	u32 nth;
	bool struck;
};

/**
 * op_do() - as a VFS would, with the fault alive during the core's part only
 * What it looked up and made stays held until op_put().
 */
int op_do(struct scene *s, struct doing *d);
void op_put(struct scene *s, struct doing *d);
/** op_expect_done() - the names are as they should be after it */
void op_expect_done(struct scene *s, const struct doing *d);

/** scene_ino() - inode number of a name, 0 if it is not there */
u32 scene_ino(struct scene *s, struct efs_test_inode *dir, const char *name);

#endif /* EFS_TEST_SCENE_H */
