/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Superblocks with some words replaced, for tables of tests.
 */
#ifndef EFS_SUPER_PATCH_H
#define EFS_SUPER_PATCH_H

#include "home.h"

/* one word of a superblock replaced */
struct patch {
	u32 off, size, val;
};

#define P(field, v) { offsetof(struct efs_dsuper, field), \
		      sizeof(((struct efs_dsuper *)0)->field), v }

static inline void apply(u8 *bytes, const struct patch *p)
{
	u32 i;

	for (i = 0; i < p->size; i++)
		bytes[p->off + i] = (u8)(p->val >> 8 * i);
}

#endif /* EFS_SUPER_PATCH_H */
