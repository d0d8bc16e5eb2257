/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of `efs mkimage` share: the tree of what goes into the image.
 *
 * The tree is read whole before the image is made, as the image's size follows from it.
 * Contents stay where they are: in the files of a directory, or, as a stream passes only once,
 * in a temporary file.
 */
#ifndef EFS_CMD_MKIMAGE_H
#define EFS_CMD_MKIMAGE_H

#include "cmd.h"

/** struct attribute - an extended attribute */
struct attribute {
	struct attribute *next;
	char *name;
	void *value;
	size_t size;
};

/**
 * struct inode - a file, which may have several names
 * @names: how many; @made: how many of them are in the image
 * @item: its first name, which says where contents are if that is a directory of this machine
 * @seen: number of the last walk that met it
 * @base: where they begin if that is the temporary file
 * @data, @pieces: bytes of contents outside of holes, and in how many pieces they are
 * @file: while @made is neither 0 nor @names
 */
struct inode {
	uint32_t names, made, seen;
	const struct item *item;
	uint32_t mode, uid, gid, major, minor;
	struct efs_timestamp mtime;
	uint64_t size, data, pieces, base;
	char *target;
	struct attribute *attributes;
	struct efs_file *file;
};

/**
 * struct item - a name
 * @hash_next: in its slot of the table of names
 * @name: "" of the root
 */
struct item {
	struct item *parent, *child, *next, *hash_next;
	char *name;
	struct inode *inode;
};

/**
 * struct tree - what goes into an image
 * @source: the directory; NULL: contents are in @spool
 * @spool: temporary file, or -1; @spooled: bytes in it
 * @inodes: how many there are
 * @walks: how often all of them were counted
 */
struct tree {
	struct item *root;
	const char *source;
	int spool;
	uint64_t spooled;
	uint64_t inodes;
	uint32_t walks;
	struct item **slots;
	size_t slot_count, names;
};

/* ---- mkimage_tree.c ---- */

void tree_init(struct tree *t);
void tree_free(struct tree *t);

/** tree_find() - a name in a directory; NULL if there is none */
struct item *tree_find(struct tree *t, const struct item *dir, const char *name, size_t len);

/** tree_add() - a new name in @dir, where it is not yet; it has no inode yet */
struct item *tree_add(struct tree *t, struct item *dir, const char *name, size_t len);

/** tree_inode() - give a name a new inode, in place of the one it has
 * Of a directory that stays one, what is in it stays, too.
 */
struct inode *tree_inode(struct tree *t, struct item *i, uint32_t mode);

/** tree_link() - give a name the inode of another one */
void tree_link(struct tree *t, struct item *i, struct inode *inode);

void tree_attribute(struct inode *inode, const char *name, const void *value, size_t size);

/** tree_sort() - names of each directory by their bytes */
void tree_sort(struct tree *t);

/** tree_hash() - 128 bits that follow from names and attributes */
void tree_hash(const struct tree *t, uint8_t *hash);

/** tree_blocks() - blocks of @size bytes that are surely enough for everything */
uint64_t tree_blocks(struct tree *t, uint32_t size);

/** tree_path() - the path of an item below @prefix; the caller calls free() */
char *tree_path(const struct item *i, const char *prefix);

/** tree_pieces() - find the holes of @size bytes at @base of a file: sets data and pieces */
void tree_pieces(struct inode *inode, int fd, uint64_t base);

/* ---- where trees come from: 0, or -1: what is wrong has been said ---- */

/** read_dir() - mkimage_dir.c */
int read_dir(struct tree *t, const char *path);

/** read_tar() - from a file, or stdin if @path is "-" (mkimage_tar.c) */
int read_tar(struct tree *t, const char *path);

/* ---- mkimage_fill.c ---- */

/**
 * struct fill - how the tree gets into the volume
 * @epoch: later times become this one; < 0: none
 * @owner, @root_owner: have @uid and @gid, if @set
 */
struct fill {
	struct tree *tree;
	struct efs_volume *vol;
	const char *name;
	int64_t epoch;
	struct owner {
		bool set;
		uint32_t uid, gid;
	} owner, root_owner;
};

/** fill_volume() - 0, or -1: what is wrong has been said */
int fill_volume(struct fill *f);

#endif /* EFS_CMD_MKIMAGE_H */
