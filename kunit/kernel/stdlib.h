/* SPDX-License-Identifier: GPL-2.0 */
/* What the memory port and the suites use of libc, in the kernel: memory and the end. */
#ifndef EFS_TEST_STDLIB_H
#define EFS_TEST_STDLIB_H

#include <linux/panic.h>
#include <linux/slab.h>
#include <linux/mm.h>

static inline void *calloc(size_t n, size_t size)
{
	return kvcalloc(n, size, GFP_KERNEL);
}

static inline void free(void *p)
{
	kvfree(p);
}

#define abort()		panic("efsext2_kunit: abort()")

#endif /* EFS_TEST_STDLIB_H */
