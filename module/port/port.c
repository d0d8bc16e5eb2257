// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's half of the contract: what is a call anyway. See core/port.h.
 *
 * Metadata lives in buffer heads of the block device's mapping. Two things about them
 * need care here. A block changes its use in life: what an earlier use left in its
 * buffer (dirtiness, a place on some inode's list, the note that it was validated) must
 * not reach the next one. And a failed write leaves a buffer "not up to date" although
 * memory holds the only good copy: it is believed again before the next write, never
 * read over.
 */
#include <linux/blkdev.h>
#include <linux/log2.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include "efsk.h"
#include "trace.h"

static struct buffer_head *bh_of(struct efs_buf *b)
{
	return &b->bh;
}

static struct efs_buf *buf_of(struct buffer_head *bh)
{
	return container_of(bh, struct efs_buf, bh);
}

int efs_buf_read(struct efs_sb *sb, u32 blk, struct efs_buf **out)
{
	struct buffer_head *bh;
	int err;

	if (blk >= sb->port.blocks)
		return -EFSCORRUPTED;
	bh = sb_getblk(sb->port.vfs, blk);
	if (!bh)
		return -ENOMEM;
	if (!buffer_uptodate(bh)) {
		lock_buffer(bh);
		if (buffer_uptodate(bh)) {
			unlock_buffer(bh);
		} else if (buffer_write_io_error(bh)) {
			set_buffer_uptodate(bh);
			unlock_buffer(bh);
		} else {
			clear_bit(EFS_BH_VERIFIED, &bh->b_state);
			err = __bh_read(bh, REQ_META | REQ_PRIO, true);
			if (err) {
				brelse(bh);
				return err;
			}
		}
	}
	*out = buf_of(bh);
	return 0;
}

int efs_buf_new(struct efs_sb *sb, u32 blk, struct efs_buf **out)
{
	struct buffer_head *bh;

	if (blk >= sb->port.blocks)
		return -EIO;
	bh = sb_getblk(sb->port.vfs, blk);
	if (!bh)
		return -ENOMEM;
	if (bh->b_assoc_map) {
		/* an earlier owner's fsync must not take this block for its own */
		get_bh(bh);
		bforget(bh);
	}
	lock_buffer(bh);
	clear_buffer_dirty(bh);
	clear_buffer_write_io_error(bh);
	clear_bit(EFS_BH_VERIFIED, &bh->b_state);
	memset(bh->b_data, 0, bh->b_size);
	set_buffer_uptodate(bh);
	unlock_buffer(bh);
	*out = buf_of(bh);
	return 0;
}

void efs_buf_dirty(struct efs_sb *sb, struct efs_inode *owner, struct efs_buf *b)
{
	struct buffer_head *bh = bh_of(b);

	if (!buffer_uptodate(bh))
		set_buffer_uptodate(bh);
	if (owner)
		mark_buffer_dirty_inode(bh, efsk_vfs(owner));
	else
		mark_buffer_dirty(bh);
}

int efs_buf_sync(struct efs_buf *b)
{
	struct buffer_head *bh = bh_of(b);

	/* what an earlier write did not bring to the device, this one has to */
	if (buffer_write_io_error(bh)) {
		clear_buffer_write_io_error(bh);
		set_buffer_uptodate(bh);
		mark_buffer_dirty(bh);
	}
	return sync_dirty_buffer(bh);
}

void efs_buf_forget(struct efs_buf *b)
{
	if (!b)
		return;
	clear_bit(EFS_BH_VERIFIED, &b->bh.b_state);
	bforget(bh_of(b));
}

void efs_buf_ahead(struct efs_sb *sb, u32 blk, u32 len)
{
	struct blk_plug plug;
	u32 i;

	if (blk >= sb->port.blocks)
		return;
	len = min_t(u64, len, sb->port.blocks - blk);
	blk_start_plug(&plug);
	for (i = 0; i < len; i++)
		sb_breadahead(sb->port.vfs, blk + i);
	blk_finish_plug(&plug);
}

/*
 * Write a dirty buffer past the device's own cache, and wait. Return: was it dirty? Looked at under
 * the buffer's lock, because background writeback may be about to take it.
 */
static bool write_through(struct buffer_head *bh, int *err)
{
	lock_buffer(bh);
	if (!buffer_mapped(bh) || !test_clear_buffer_dirty(bh)) {
		unlock_buffer(bh);
		return false;
	}
	get_bh(bh);
	bh->b_end_io = end_buffer_write_sync;
	submit_bh(REQ_OP_WRITE | REQ_SYNC | REQ_FUA, bh);
	wait_on_buffer(bh);
	*err = buffer_uptodate(bh) ? 0 : -EIO;
	return true;
}

/*
 * Past the device's own cache, too, which may write in any order. A buffer that background
 * writeback was faster to take is in that cache, for all that is known.
 */
int efs_order(struct efs_inode *ei, struct efs_buf *b)
{
	struct buffer_head *bh = bh_of(b);
	int err;

	if (!efs_i_sync(ei))
		return 0;
	if (!buffer_write_io_error(bh) && write_through(bh, &err))
		return err;
	err = efs_buf_sync(b);
	return err ? err : blkdev_issue_flush(bh->b_bdev);
}

void efs_data_new(struct efs_sb *sb, u32 blk, u32 len)
{
	clean_bdev_aliases(sb->port.vfs->s_bdev, blk, len);
}

int efs_zero(struct efs_sb *sb, u32 blk, u32 len)
{
	int err = sb_issue_zeroout(sb->port.vfs, blk, len, GFP_NOFS);

	return err ? err : blkdev_issue_flush(sb->port.vfs->s_bdev);
}

void *efs_alloc(struct efs_sb *sb, size_t size)
{
	/* kmalloc() has two sizes that are no power of two, aligned to less than a cache line */
	if (size && size <= 192)
		size = roundup_pow_of_two(size);
	return kvzalloc(size, GFP_KERNEL);
}

void efs_free(void *p)
{
	kvfree(p);
}

s64 efs_now(struct efs_sb *sb, u32 *nsec)
{
	struct timespec64 now;

	ktime_get_coarse_real_ts64(&now);
	*nsec = now.tv_nsec;
	return now.tv_sec;
}

u32 efs_rand(struct efs_sb *sb)
{
	return get_random_u32();
}

void efs_report(struct efs_sb *sb, const struct efs_rep *rep)
{
	struct super_block *vfs = sb->port.vfs;

	trace_efsext2_error(vfs, rep);
	if (__ratelimit(&sb->port.rs))
		pr_err("efsext2 (%s): error %s: %s (%s:%u, inode %u, block %u, offset %u)\n",
		       vfs->s_id, efs_code_name(rep->code), efs_code_text(rep->code),
		       rep->func, rep->line, rep->ino, rep->blk, rep->off);
	if (sb->errors == EFS_ERRORS_PANIC)
		panic("efsext2 (%s): errors=panic and an error was found\n", vfs->s_id);
}

void efs_log(struct efs_sb *sb, enum efs_log_level level, const char *fmt, ...)
{
	const char *id = sb->port.vfs->s_id;
	struct va_format vaf;
	va_list args;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	switch (level) {
	case EFS_LOG_ERR:
		pr_err("efsext2 (%s): %pV\n", id, &vaf);
		break;
	case EFS_LOG_WARN:
		pr_warn("efsext2 (%s): %pV\n", id, &vaf);
		break;
	case EFS_LOG_INFO:
		pr_info("efsext2 (%s): %pV\n", id, &vaf);
		break;
	case EFS_LOG_DEBUG:
		pr_debug("efsext2 (%s): %pV\n", id, &vaf);
		break;
	}
	va_end(args);
}

void efs_trace_alloc(struct efs_sb *sb, u32 ino, u32 goal, u32 start, u32 len)
{
	trace_efsext2_alloc(sb->port.vfs, ino, goal, start, len);
}

void efs_trace_free(struct efs_sb *sb, u32 ino, u32 start, u32 len)
{
	trace_efsext2_free(sb->port.vfs, ino, start, len);
}
