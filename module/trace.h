/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of efsext2: mount, allocation, freeing, mapping, errors.
 *
 * Numbers only, so that an event costs little and its layout is the same on every
 * kernel; error codes are shown by name.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM efsext2

#if !defined(EFSK_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define EFSK_TRACE_H

#include <linux/tracepoint.h>
#include "efs.h"

#ifndef EFSK_TRACE_ONCE
#define EFSK_TRACE_ONCE
#define EFSK_TRACE_CODE(name, text) { EFS_C_##name, #name },
#define efsk_trace_code(code) \
	__print_symbolic(code, EFS_CODES(EFSK_TRACE_CODE) { EFS_C_MAX, "?" })
#define efsk_trace_ext(flags)				\
	__print_flags(flags, "|",			\
		{ EFS_EXT_HOLE, "hole" },		\
		{ EFS_EXT_MAPPED, "mapped" },		\
		{ EFS_EXT_NEW, "new" })
#endif

TRACE_EVENT(efsext2_mount,
	TP_PROTO(struct super_block *sb, int err),
	TP_ARGS(sb, err),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(unsigned long, flags)
		__field(unsigned long, block_size)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->dev = sb->s_dev;
		__entry->flags = sb->s_flags;
		__entry->block_size = sb->s_blocksize;
		__entry->err = err;
	),
	TP_printk("dev %d,%d flags 0x%lx block_size %lu err %d",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->flags,
		  __entry->block_size, __entry->err)
);

TRACE_EVENT(efsext2_alloc,
	TP_PROTO(struct super_block *sb, u32 ino, u32 goal, u32 start, u32 len),
	TP_ARGS(sb, ino, goal, start, len),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(u32, ino)
		__field(u32, goal)
		__field(u32, start)
		__field(u32, len)
	),
	TP_fast_assign(
		__entry->dev = sb->s_dev;
		__entry->ino = ino;
		__entry->goal = goal;
		__entry->start = start;
		__entry->len = len;
	),
	TP_printk("dev %d,%d ino %u goal %u start %u len %u",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino,
		  __entry->goal, __entry->start, __entry->len)
);

TRACE_EVENT(efsext2_free,
	TP_PROTO(struct super_block *sb, u32 ino, u32 start, u32 len),
	TP_ARGS(sb, ino, start, len),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(u32, ino)
		__field(u32, start)
		__field(u32, len)
	),
	TP_fast_assign(
		__entry->dev = sb->s_dev;
		__entry->ino = ino;
		__entry->start = start;
		__entry->len = len;
	),
	TP_printk("dev %d,%d ino %u start %u len %u",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino,
		  __entry->start, __entry->len)
);

/* A mapping was asked for: @ext is valid if @err is 0. */
TRACE_EVENT(efsext2_map,
	TP_PROTO(struct inode *inode, u32 lblk, u32 max, int create,
		 const struct efs_ext *ext, int err),
	TP_ARGS(inode, lblk, max, create, ext, err),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(unsigned long, ino)
		__field(u32, lblk)
		__field(u32, max)
		__field(u32, pblk)
		__field(u32, len)
		__field(u32, flags)
		__field(int, create)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->dev = inode->i_sb->s_dev;
		__entry->ino = inode->i_ino;
		__entry->lblk = lblk;
		__entry->max = max;
		__entry->pblk = err ? 0 : ext->pblk;
		__entry->len = err ? 0 : ext->len;
		__entry->flags = err ? 0 : ext->flags;
		__entry->create = create;
		__entry->err = err;
	),
	TP_printk("dev %d,%d ino %lu lblk %u max %u create %d -> pblk %u len %u %s err %d",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino,
		  __entry->lblk, __entry->max, __entry->create, __entry->pblk,
		  __entry->len, efsk_trace_ext(__entry->flags), __entry->err)
);

TRACE_EVENT(efsext2_error,
	TP_PROTO(struct super_block *sb, const struct efs_rep *rep),
	TP_ARGS(sb, rep),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(u32, code)
		__field(u32, line)
		__field(u32, ino)
		__field(u32, blk)
		__field(u32, off)
	),
	TP_fast_assign(
		__entry->dev = sb->s_dev;
		__entry->code = rep->code;
		__entry->line = rep->line;
		__entry->ino = rep->ino;
		__entry->blk = rep->blk;
		__entry->off = rep->off;
	),
	TP_printk("dev %d,%d %s line %u ino %u blk %u off %u",
		  MAJOR(__entry->dev), MINOR(__entry->dev),
		  efsk_trace_code(__entry->code), __entry->line, __entry->ino,
		  __entry->blk, __entry->off)
);

#endif /* EFSK_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
