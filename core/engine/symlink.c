// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Symbolic links: a target of up to 59 bytes lies in the inode, in place of the block
 * pointers and ended by a NUL ("fast"); a longer one in the file's only block, also with
 * a NUL behind it ("slow"). Which of the two it is, the allocated space says: a fast link
 * has none beside its attribute block. As in linux/fs/ext2/inode.c and symlink.c.
 *
 * Targets never change, so readers need no lock.
 */
#include "efs.h"

#define FAST_SIZE (EFS_NBLOCKS * (u32)sizeof(__le32))

bool efs_symlink_is_fast(const struct efs_inode *ei)
{
	u32 attr = ei->file_acl ? 1u << (ei->sb->geo.block_bits - 9) : 0;

	return (efs_i_mode(ei) & EFS_S_IFMT) == EFS_S_IFLNK && efs_i_sectors(ei) == attr;
}

static int symlink_write_slow(struct efs_inode *ei, struct efs_inode *dir, const char *target,
			      u32 tlen)
{
	struct efs_sb *sb = ei->sb;
	struct efs_ext ext;
	struct efs_buf *b;
	int err;

	err = efs_map_alloc(ei, 0, 1, 1, &ext);
	if (err)
		return err;
	err = efs_buf_new(sb, ext.pblk, &b);
	if (err)
		return err;
	efs_buf_lock(b);
	memcpy(efs_buf_data(b), target, tlen);
	efs_buf_unlock(b);
	efs_buf_dirty(sb, ei, b);
	/* the link may be less synchronous than the directory whose entry leads to it */
	err = efs_order(dir, b);
	efs_buf_put(b);
	return err;
}

int efs_symlink_write(struct efs_inode *ei, struct efs_inode *dir, const char *target, u32 tlen)
{
	int err = 0;

	if (!tlen)
		return -ENOENT;
	if (tlen >= ei->sb->geo.block_size)
		return -ENAMETOOLONG;
	if (tlen < FAST_SIZE) {
		memset(ei->block, 0, FAST_SIZE);
		memcpy(ei->block, target, tlen);
	} else {
		err = symlink_write_slow(ei, dir, target, tlen);
	}
	if (!err)
		efs_i_size_set(ei, tlen);
	return err;
}

static bool symlink_has_nul(const char *s, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		if (!s[i])
			return true;
	return false;
}

int efs_symlink_read(struct efs_inode *ei, char *buf, u32 size)
{
	struct efs_sb *sb = ei->sb;
	bool fast = efs_symlink_is_fast(ei);
	u64 len = efs_i_size(ei);
	struct efs_buf *b;
	struct efs_ext ext;
	int err;

	if (!len || len >= (fast ? FAST_SIZE : sb->geo.block_size))
		goto bad;
	if (len >= size)
		return -ERANGE;
	if (fast) {
		memcpy(buf, ei->block, len);
	} else {
		err = efs_map_lookup(ei, 0, 1, &ext);
		if (err)
			return err;
		if (ext.flags & EFS_EXT_HOLE)
			goto bad;
		err = efs_buf_read(sb, ext.pblk, &b);
		if (err)
			return err;
		memcpy(buf, efs_buf_data(b), len);
		efs_buf_put(b);
	}
	buf[len] = '\0';
	if (!symlink_has_nul(buf, (u32)len))
		return 0;
bad:
	return efs_bad(sb, EFS_C_INO_LINK_TARGET, ei->ino, 0, 0);
}
