/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A walk over a tree in an image, for commands that look at each file of it.
 */
#ifndef EFS_CMD_WALK_H
#define EFS_CMD_WALK_H

#include "cmd.h"

/**
 * struct walk_item - a file that was met
 * @parent: the directory it is in; NULL: it is the operand
 * @last: nothing follows there
 * @e: what is known of it; e->info with LIST_INFO, and of the operand
 * @count: entries of a directory that has been walked, `.` and `..` aside
 * @sum: a word of the caller's: what it adds to an item is there for the directory above
 */
struct walk_item {
	struct efs_file *parent;
	bool last;
	const char *path;
	struct entry *e;
	uint64_t depth, count;
	uint64_t sum;
};

/**
 * struct walk - how to walk
 * @flags: of cmd_list()
 * @follow: an operand that is a link stands for what it leads to
 * @max_depth: no deeper; 0 is the operand alone
 * @enter: each file, directories before what is in them; false: not into this one. It may
 *	correct the type in @e
 * @leave: each directory after what is in it, and each file right after @enter; NULL: not
 *	wanted
 */
struct walk {
	const struct operand *op;
	unsigned int flags;
	bool follow;
	uint64_t max_depth;
	bool (*enter)(void *ctx, struct walk_item *item);
	void (*leave)(void *ctx, struct walk_item *item);
	void *ctx;
};

/** walk_tree() - walk from an operand on; stops when cmd_signal is set
 * A directory that is met twice is reported and left out. Return: a status.
 */
int walk_tree(const struct walk *w);

/** walk_open() - the file of an item; nothing is said. Return: 0, -errno */
int walk_open(const struct walk *w, const struct walk_item *item, struct efs_file **out);

#endif /* EFS_CMD_WALK_H */
