// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ext2 behind the general interface: holes made, and space had in advance.
 *
 * Invariants:
 * - ext2 has no unwritten extents, so blocks that are had in advance are zeros on the
 *   device. They are in the map before they are; rwsem, held for writing, keeps readers away
 *   meanwhile, and what could not be zeroed is taken out of the map again.
 * - Nothing lies behind the last block of the size: e2fsck would cut it off, or make the
 *   file as long. So space behind a size that stays cannot be had.
 *
 * Locks: rwsem for writing, over the whole call.
 */
#include "ext2_priv.h"

/* zeros are written in pieces of so many bytes, or one block */
#define ZERO_BYTES 65536u

/* The bytes [@from, @to) of one block of the file, not all of it, become zero. */
static int zero_part(struct efs_node *node, u64 from, u64 to)
{
	const struct efs_ext2_home *home = ext2_fs(node->fs)->home;
	struct efs_inode *ei = ext2_ei(node);
	struct efs_sb *sb = ei->sb;
	struct efs_ext ext;
	char *p;
	int err;

	err = efs_map_lookup(ei, (u32)(from >> sb->geo.block_bits), 1, &ext);
	if (err || ext.flags & EFS_EXT_HOLE)
		return err;
	p = efs_alloc(sb, sb->geo.block_size);
	if (!p)
		return -ENOMEM;
	err = home->data_read(sb, ext.pblk, 1, p);
	if (!err) {
		memset(p + (from & (sb->geo.block_size - 1)), 0, (size_t)(to - from));
		err = home->data_write(sb, ext.pblk, 1, p);
	}
	efs_free(p);
	return err;
}

int efs_ext2_punch(struct efs_node *node, u64 off, u64 len)
{
	struct efs_inode *ei = ext2_ei(node);
	const struct efs_geo *geo = &ei->sb->geo;
	u64 mask = geo->block_size - 1, size = efs_i_size(ei), end = min(off + len, size);
	u64 from, to;
	int err = 0;

	if (off + len > geo->max_size)
		return -EFBIG;
	if (off >= end)
		goto out;
	/* behind the size there is nothing to keep */
	if (end == size)
		end = (size + mask) & ~mask;
	from = (off + mask) & ~mask;
	to = end & ~mask;
	if (from > to)
		err = zero_part(node, off, end);
	if (from <= to && off < from)
		err = zero_part(node, off, from);
	if (!err && from <= to && to < end)
		err = zero_part(node, to, end);
	if (!err && from < to)
		err = efs_punch(ei, (u32)(from >> geo->block_bits), (u32)(to >> geo->block_bits));
	if (err)
		return err;
out:
	efs_i_touch(ei, EFS_MTIME | EFS_CTIME);
	efs_i_mark_dirty(ei);
	return 0;
}

static int write_zeros(struct efs_node *node, const struct efs_ext *ext)
{
	const struct efs_ext2_home *home = ext2_fs(node->fs)->home;
	struct efs_sb *sb = ext2_ei(node)->sb;
	u32 most = max(ZERO_BYTES >> sb->geo.block_bits, 1u), done, n;
	void *zeros;
	int err = 0;

	most = min(most, ext->len);
	zeros = efs_alloc(sb, (size_t)most << sb->geo.block_bits);
	if (!zeros)
		return -ENOMEM;
	for (done = 0; done < ext->len && !err; done += n) {
		n = min(most, ext->len - done);
		err = home->data_write(sb, ext->pblk + done, n, zeros);
	}
	efs_free(zeros);
	return err;
}

/* blocks for [@lblk, @end) that are not there yet */
static int fill_holes(struct efs_node *node, u32 lblk, u32 end)
{
	struct efs_inode *ei = ext2_ei(node);
	struct efs_ext ext;
	int err = 0, e;

	for (; lblk < end && !err; lblk += ext.len) {
		err = efs_map_alloc(ei, lblk, end - lblk, end - lblk, &ext);
		if (err)
			break;
		if (!(ext.flags & EFS_EXT_NEW))
			continue;
		err = write_zeros(node, &ext);
		if (!err)
			continue;
		e = efs_punch(ei, ext.lblk, ext.lblk + ext.len);
		if (e)
			efs_log(ei->sb, EFS_LOG_ERR, "inode %u: old data shows in blocks %u to %u",
				ei->ino, ext.lblk, ext.lblk + ext.len - 1);
	}
	return err;
}

int efs_ext2_reserve(struct efs_node *node, u64 off, u64 len, bool keep_size)
{
	struct efs_inode *ei = ext2_ei(node);
	const struct efs_geo *geo = &ei->sb->geo;
	u64 mask = geo->block_size - 1, size = efs_i_size(ei), end = off + len;
	u32 held = efs_size_blocks(ei->sb, size), last;
	int err = 0;

	if (end > geo->max_size)
		return -EFBIG;
	last = efs_size_blocks(ei->sb, end);
	if (keep_size && last > held)
		return -EOPNOTSUPP;
	/* what becomes part of the file may be anything so far */
	if (!keep_size && end > size && size & mask)
		err = zero_part(node, size, (size + mask) & ~mask);
	if (!err)
		err = fill_holes(node, (u32)(off >> geo->block_bits), last);
	if (err) {
		if (last > held)
			efs_truncate(ei, held);
		return err;
	}
	if (!keep_size && end > size)
		efs_i_size_set(ei, end);
	efs_i_touch(ei, EFS_MTIME | EFS_CTIME);
	efs_i_mark_dirty(ei);
	return 0;
}
