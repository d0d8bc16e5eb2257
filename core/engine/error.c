// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The funnel through which every inconsistency goes.
 *
 * Whoever finds one calls efs_bad() once and hands -EFSCORRUPTED up. Here it is noted
 * in the superblock, where e2fsck and dumpe2fs look (fields and codes as in
 * linux/fs/ext4/ext4.h), the errors= policy is applied, and the home is told.
 *
 * A volume mounted read-only, or still being mounted, is not touched. The shutdown flag
 * stops new changes; it is not the home's read-only state, which only its owner sets.
 *
 * Locks: sb->lock around state and superblock bytes. Called under map_lock or none; no
 * spin lock, no buffer lock.
 */
#include "efs.h"

/* s_first_error_errcode, s_last_error_errcode: the structure is inconsistent */
#define ERRCODE_CORRUPTED 5

static void put_name(u8 *dst, const char *src, u32 size)
{
	u32 i;

	for (i = 0; i < size && src[i]; i++)
		dst[i] = (u8)src[i];
	memset(dst + i, 0, size - i);
}

/* sb->lock held */
static void record(struct efs_dsuper *ds, const struct efs_rep *rep, s64 now)
{
	u32 lo = (u32)now;
	u8 hi = (u8)(now >> 32);

	if (!ds->s_first_error_time && !ds->s_first_error_time_hi) {
		ds->s_first_error_time = cpu_to_le32(lo);
		ds->s_first_error_time_hi = hi;
		ds->s_first_error_ino = cpu_to_le32(rep->ino);
		ds->s_first_error_block = cpu_to_le64(rep->blk);
		ds->s_first_error_line = cpu_to_le32(rep->line);
		ds->s_first_error_errcode = ERRCODE_CORRUPTED;
		put_name(ds->s_first_error_func, rep->func, sizeof(ds->s_first_error_func));
	}
	ds->s_last_error_time = cpu_to_le32(lo);
	ds->s_last_error_time_hi = hi;
	ds->s_last_error_ino = cpu_to_le32(rep->ino);
	ds->s_last_error_block = cpu_to_le64(rep->blk);
	ds->s_last_error_line = cpu_to_le32(rep->line);
	ds->s_last_error_errcode = ERRCODE_CORRUPTED;
	put_name(ds->s_last_error_func, rep->func, sizeof(ds->s_last_error_func));
	ds->s_error_count = cpu_to_le32(le32_to_cpu(ds->s_error_count) + 1);
	ds->s_state |= cpu_to_le16(EFS_STATE_ERROR);
}

int __efs_bad(struct efs_sb *sb, enum efs_code code, u32 ino, u32 blk, u32 off,
	      const char *func, u32 line)
{
	const struct efs_rep rep = {
		.code = code, .func = func, .line = line, .ino = ino, .blk = blk, .off = off,
	};
	bool write, first = false, stop = false;
	u32 nsec;
	/* 0 would mean that there was no error */
	s64 now = max_t(s64, efs_now(sb, &nsec), 1);

	efs_spin_lock(&sb->lock);
	write = !(sb->state & EFS_SB_RDONLY);
	if (write) {
		record(sb->ds, &rep, now);
		first = !(sb->state & EFS_SB_ERROR);
		stop = sb->errors != EFS_ERRORS_CONTINUE && !(sb->state & EFS_SB_SHUTDOWN);
		WRITE_ONCE(sb->state, sb->state | EFS_SB_ERROR | (stop ? EFS_SB_SHUTDOWN : 0));
	}
	efs_spin_unlock(&sb->lock);

	if (write) {
		efs_buf_dirty(sb, NULL, sb->sbuf);
		/*
		 * The first record goes out now: a panic may follow, or a power cut. That
		 * it may fail changes nothing here, the buffer stays dirty.
		 */
		if (first)
			efs_buf_sync(sb->sbuf);
	}
	if (stop)
		efs_log(sb, EFS_LOG_ERR, "volume is inconsistent: no further changes are made");
	efs_report(sb, &rep);
	return -EFSCORRUPTED;
}
