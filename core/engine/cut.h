/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Pointers cut out of a block map, and what hung on them freed: what truncation and
 * punching share. The functions are in truncate.c, and so is how a round goes.
 *
 * Invariants: a round cuts pointers in one table, or in the inode, under map_lock; what it
 * cut is durable, where that is asked for, before the first block of it is freed.
 */
#ifndef EFS_ENGINE_CUT_H
#define EFS_ENGINE_CUT_H

#include "efs.h"

#define EFS_CUT_MAX 32

/**
 * struct efs_cut - pointers taken out of the map in one round
 * @n: entries of @run in use
 * @run: @depth 0: @len data blocks at @blk; else an indirect block with @depth levels
 * @inode: pointers in block[] were among them
 */
struct efs_cut {
	u32 n;
	bool inode;
	struct {
		u32 blk, len, depth;
	} run[EFS_CUT_MAX];
};

/**
 * struct efs_toll - what one call has come across so far
 * @left: pointers it may still follow; at first, the blocks of the volume
 * @few: i_blocks was found too low; that is said once
 */
struct efs_toll {
	u32 left;
	bool few;
};

/** efs_cut_holes() - are the pointers table[@from, @to) all zero? */
static inline bool efs_cut_holes(const __le32 *table, u32 from, u32 to)
{
	while (to > from)
		if (table[--to])
			return false;
	return true;
}

/**
 * efs_cut_table() - cut table[@from, @to), as much as there is room for in @c
 * @c: gets what was cut
 * @table: block[], or the contents of an indirect block; map_lock held for writing
 * @from: first pointer
 * @to: behind the last one
 * @depth: levels of the trees the pointers lead to; 0: to data blocks
 *
 * Return: did anything change?
 */
bool efs_cut_table(struct efs_cut *c, __le32 *table, u32 from, u32 to, u32 depth);

/**
 * efs_cut_order() - a round's pointers are gone before their blocks can be someone else's
 * @ei: the inode
 * @c: what was cut
 * @changed: the table it was cut from, dirty; NULL if it was block[] alone
 *
 * map_lock is not held.
 * Return: 0, or the error of writing it: nothing may be freed then.
 */
int efs_cut_order(struct efs_inode *ei, const struct efs_cut *c, struct efs_buf *changed);

/**
 * efs_cut_free() - free what a round cut, whole trees with all below them
 * @ei: the inode
 * @c: what was cut
 * @t: of the whole call; with nothing left of it, the rest leaks
 *
 * map_lock is not held. i_blocks follows.
 * Return: 0 or the first error; what it concerns leaks.
 */
int efs_cut_free(struct efs_inode *ei, const struct efs_cut *c, struct efs_toll *t);

#endif /* EFS_ENGINE_CUT_H */
