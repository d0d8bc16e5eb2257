/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A volume with something of everything, to be damaged and checked (check_vol.c).
 */
#ifndef EFS_CHECK_VOL_H
#define EFS_CHECK_VOL_H

#include "home.h"
#include "../core/check/priv.h"

/* its files; RESERVED + n is inode n */
enum {
	ROOT, FILE_BIG, FILE_SMALL, FAST, SLOW, FIFO, DIR_D, DIR_E, DIR_MANY, DEAD, CHECK_FILES,
	RESERVED = 100
};

/* entries of the root, in this order; NAME_Z is in d/e */
enum { NAME_BIG, NAME_SMALL, NAME_FAST, NAME_SLOW, NAME_FIFO, NAME_D, NAME_MANY, NAME_Z };

/* what a patch changes; its @arg is a group, a file, or a name */
enum patch_where {
	IN_SUPER, IN_COPY, IN_GROUP, IN_GROUP_COPY, IN_BITMAP, IN_INODES, IN_INODE, IN_ENTRY,
	IN_DATA,	/* first block of a file */
	IN_INDIRECT,	/* its indirect block */
	IN_XATTR,	/* attribute block of FILE_SMALL */
	COPY_WORD,	/* i_block[@off] becomes what i_block[@val] is */
	SAME_INODE,	/* the entry names what entry @val names */
	SAME_NAME,	/* the entry has the name of entry @val */
};

/** struct patch4 - @size bytes at @off of something become @val; @size 0: no patch */
struct patch4 {
	u32 where, arg, off, size, val;
};

/* patches: of a superblock, a descriptor, an inode, a pointer, an entry, its name, a bit */
#define SB(field, v)	{ IN_SUPER, 0, offsetof(struct efs_dsuper, field), \
			  sizeof(((struct efs_dsuper *)0)->field), v }
#define GD(g, field, v)	{ IN_GROUP, g, offsetof(struct efs_dgroup, field), \
			  sizeof(((struct efs_dgroup *)0)->field), v }
#define DI(f, field, v)	{ IN_INODE, f, offsetof(struct efs_dinode, field), \
			  sizeof(((struct efs_dinode *)0)->field), v }
#define DIB(f, n, v)	{ IN_INODE, f, offsetof(struct efs_dinode, i_block) + 4 * (n), 4, v }
#define DE(e, field, v)	{ IN_ENTRY, e, offsetof(struct efs_ddirent, field), \
			  sizeof(((struct efs_ddirent *)0)->field), v }
#define DEN(e, n, v)	{ IN_ENTRY, e, 8 + (n), 1, v }
#define BITS_OF(in, g, n, v) { in, g, (n) / 8, 1, v }

/**
 * struct check_vol - the volume, and what a check of it told
 * @sb: what the check works on
 * @ino: of its files
 * @count: findings of each kind
 * @last: the last one of each, without its name
 * @stop: callbacks until one says stop; 0: none does
 * @err: what the check returned
 */
struct check_vol {
	struct kunit *test;
	struct efs_test_fs *fs;
	struct efs_sb sb;
	u32 ino[CHECK_FILES];
	struct efs_check_found found;
	u32 count[EFS_CHECK_MAX];
	struct efs_problem last[EFS_CHECK_MAX];
	u32 calls, stop;
	int err;
};

/** check_vol_new() - make it; @m NULL: 4000 blocks of 1 KiB in 4 groups. Not mounted */
struct check_vol *check_vol_new(struct kunit *test, const struct efs_test_mkfs *m);

void check_vol_patch(struct check_vol *v, const struct patch4 *p);

/** check_vol_at() - byte of the device where a patch would be */
u64 check_vol_at(struct check_vol *v, const struct patch4 *p);

/** check_vol_get(), check_vol_set() - up to four bytes of the device */
u32 check_vol_get(struct check_vol *v, u64 at, u32 size);
void check_vol_set(struct check_vol *v, u64 at, u32 size, u32 val);

/** check_vol_flip() - turn bit @bit of a bitmap of group @g: @where is IN_BITMAP or IN_INODES */
void check_vol_flip(struct check_vol *v, u32 where, u32 g, u32 bit);

/** check_vol_mount() - to add to it by calls; the root, held until check_vol_umount() */
struct efs_test_inode *check_vol_mount(struct check_vol *v);
void check_vol_umount(struct check_vol *v, struct efs_test_inode *root);

/** check_vol_try() - check it: @v->err, found, count */
void check_vol_try(struct check_vol *v);
/** check_vol_run() - the same, and expect that nothing fails, and sane numbers */
void check_vol_run(struct check_vol *v);
/** check_vol_fails() - let each call of a kind fail once: the check has to return @err */
void check_vol_fails(struct check_vol *v, enum efs_test_fault what, int err);

/** check_vol_end() - expect that nothing leaked and nothing was written */
void check_vol_end(struct check_vol *v);

#endif /* EFS_CHECK_VOL_H */
