// SPDX-License-Identifier: GPL-2.0
/*
 * What this kernel offers to the tests; see module/probe.c. Answers are in efsv_probe.h.
 */
#include <linux/blkdev.h>
#include <linux/fs.h>

#if defined(PROBE_NONE)
int probe(void);

#elif defined(PROBE_DISK_LIMITS)
struct gendisk *probe(struct queue_limits *lim);
struct gendisk *probe(struct queue_limits *lim)
{
	return blk_alloc_disk(lim, NUMA_NO_NODE);
}

#elif defined(PROBE_FREEZE_HOLDER)
int (*probe)(struct super_block *, enum freeze_holder) = freeze_super;

#else
#error unknown probe
#endif
