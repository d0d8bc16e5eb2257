/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stateless words for the test port inside the kernel: here they are the kernel's own.
 */
#ifndef EFS_WORDS_H
#define EFS_WORDS_H

#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

static inline u32 efs_ctz64(u64 x)
{
	return __ffs64(x);
}

static inline u32 efs_clz64(u64 x)
{
	return 64 - fls64(x);
}

#endif /* EFS_WORDS_H */
