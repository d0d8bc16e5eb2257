// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Directory blocks: a chain of entries that fills the block exactly.
 *
 * Each entry says where the next one begins (rec_len); what it does not need for its
 * own name is spare and may be split off. Inode number 0 marks an unused entry. Blocks of
 * a hash index look like one unused entry, or like `.` and a long `..`, so they pass as
 * linear blocks. Layout as in linux/fs/ext2/ext2.h, rec_len of 64 KiB blocks as in
 * e2fsprogs lib/ext2fs/dirblock.c.
 *
 * efs_dirent_check() validates a block once, when it is first seen. Someone may still
 * write to the device under a mounted volume, so every later walk measures each step
 * again before it takes it: it may then miss entries, but stays inside the block and ends.
 *
 * Locks: none here. The engine changes a block under its buffer lock, with lock 2 of
 * the directory exclusive.
 */
#include "format.h"

static const struct efs_ddirent *dirent_at(const void *blk, u32 off)
{
	return (const struct efs_ddirent *)((const u8 *)blk + off);
}

static struct efs_ddirent *dirent_edit(void *blk, u32 off)
{
	return (struct efs_ddirent *)((u8 *)blk + off);
}

/* a step of a walk: length of the entry at @off, or 0 at the end and where the chain breaks */
static u32 dirent_step(const struct efs_geo *geo, const void *blk, u32 off)
{
	u32 left = geo->block_size - off, len;

	if (left < EFS_DIRENT_MIN)
		return 0;
	len = efs_rec_len(dirent_at(blk, off), geo->block_size);
	if (unlikely(len < EFS_DIRENT_MIN || len > left || len % EFS_DIRENT_ALIGN))
		return 0;
	return len;
}

/* what an entry of @len bytes needs for itself */
static u32 dirent_used(const struct efs_ddirent *de, u32 len)
{
	return de->inode ? min_t(u32, len, EFS_DIRENT_LEN(READ_ONCE(de->name_len))) : 0;
}

static u8 dirent_ftype(const struct efs_geo *geo, u8 ftype)
{
	return geo->incompat & EFS_INCOMPAT_FILETYPE ? ftype : 0;
}

static bool dirent_is(const struct efs_ddirent *de, const char *name, u32 len)
{
	return de->name_len == len && !memcmp(de->name, name, len);
}

static bool dirent_name_ok(const struct efs_ddirent *de, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		if (!de->name[i] || de->name[i] == '/')
			return false;
	return i > 0;
}

static enum efs_code dirent_check_one(const struct efs_geo *geo, const void *blk, u32 off, u32 *len)
{
	const struct efs_ddirent *de = dirent_at(blk, off);
	u32 left = geo->block_size - off, ino, name_len;

	if (left < EFS_DIRENT_MIN)
		return EFS_C_DIRENT_CROSS;
	name_len = READ_ONCE(de->name_len);
	*len = efs_rec_len(de, geo->block_size);
	if (*len < EFS_DIRENT_MIN)
		return EFS_C_DIRENT_RECLEN;
	if (*len % EFS_DIRENT_ALIGN)
		return EFS_C_DIRENT_ALIGN;
	if (*len < EFS_DIRENT_LEN(name_len))
		return EFS_C_DIRENT_NAME;
	if (*len > left)
		return EFS_C_DIRENT_CROSS;
	ino = le32_to_cpu(de->inode);
	if (ino > geo->inodes_count)
		return EFS_C_DIRENT_INO;
	if (ino && !dirent_name_ok(de, name_len))
		return EFS_C_DIRENT_EMPTY;
	return EFS_C_OK;
}

enum efs_code efs_dirent_check(const struct efs_geo *geo, const void *blk, bool first, u32 self,
			       u32 *off)
{
	u32 n, len, at = 0;

	for (n = 0; at < geo->block_size; at += len, n++) {
		const struct efs_ddirent *de = dirent_at(blk, at);
		enum efs_code code = dirent_check_one(geo, blk, at, &len);

		*off = at;
		if (code != EFS_C_OK)
			return code;
		if (!first || n > 1)
			continue;
		if (n == 0 && (le32_to_cpu(de->inode) != self || !dirent_is(de, ".", 1)))
			return EFS_C_DIR_DOT;
		if (n == 1 && (!de->inode || !dirent_is(de, "..", 2)))
			return EFS_C_DIR_DOTDOT;
	}
	return first && n < 2 ? EFS_C_DIR_DOTDOT : EFS_C_OK;
}

/*
 * The loop that every lookup spends its time in, so a step costs a handful of
 * instructions. @left is what lies behind the smallest entry possible at @de.
 */
u32 efs_dirent_find(const struct efs_geo *geo, const void *blk, const char *name, u32 len,
		    u32 *prev)
{
	const u32 size = geo->block_size;
	const u8 *at = blk, *before = blk;
	s32 left = (s32)(size - EFS_DIRENT_MIN);
	const bool large = size >= 65536;

	while (left >= 0) {
		const struct efs_ddirent *de = (const struct efs_ddirent *)at;
		u32 step = large ? efs_rec_len(de, size) : le16_to_cpu(READ_ONCE(de->rec_len));

		/* below the minimum it wraps and is too large */
		if (unlikely(step - EFS_DIRENT_MIN > (u32)left || step % EFS_DIRENT_ALIGN))
			break;
		if (de->name_len == len && de->inode && step >= EFS_DIRENT_LEN(len) &&
		    !memcmp(de->name, name, len)) {
			if (prev)
				*prev = (u32)(before - (const u8 *)blk);
			return (u32)(at - (const u8 *)blk);
		}
		before = at;
		at += step;
		left -= (s32)step;
	}
	return size;
}

u32 efs_dirent_room(const struct efs_geo *geo, const void *blk, u32 need, u32 *max_gap)
{
	u32 off, step;

	*max_gap = 0;
	for (off = 0; (step = dirent_step(geo, blk, off)); off += step) {
		u32 gap = step - dirent_used(dirent_at(blk, off), step);

		if (gap > *max_gap)
			*max_gap = gap;
		if (gap >= need)
			return off;
	}
	return geo->block_size;
}

void efs_dirent_insert(const struct efs_geo *geo, void *blk, u32 off, const char *name, u32 len,
		       u32 ino, u8 ftype)
{
	struct efs_ddirent *de = dirent_edit(blk, off);
	u32 step = dirent_step(geo, blk, off);
	u32 used = step ? dirent_used(de, step) : 0;

	if (unlikely(step - used < EFS_DIRENT_LEN(len)))
		return;
	if (used) {
		efs_rec_len_set(de, used, geo->block_size);
		de = dirent_edit(blk, off + used);
		efs_rec_len_set(de, step - used, geo->block_size);
	}
	de->inode = cpu_to_le32(ino);
	de->name_len = (u8)len;
	de->file_type = dirent_ftype(geo, ftype);
	memcpy(de->name, name, len);
}

u32 efs_dirent_delete(const struct efs_geo *geo, void *blk, u32 off, u32 prev)
{
	struct efs_ddirent *de = dirent_edit(blk, off), *before = dirent_edit(blk, prev);
	u32 len = dirent_step(geo, blk, off);

	de->inode = 0;
	if (prev == off)
		return len;
	len += off - prev;
	efs_rec_len_set(before, len, geo->block_size);
	return len - dirent_used(before, len);
}

void efs_dirent_set(const struct efs_geo *geo, void *blk, u32 off, u32 ino, u8 ftype)
{
	struct efs_ddirent *de = dirent_edit(blk, off);

	WRITE_ONCE(de->inode, cpu_to_le32(ino));
	de->file_type = dirent_ftype(geo, ftype);
}

void efs_dirent_init(const struct efs_geo *geo, void *blk, u32 self, u32 parent)
{
	memset(blk, 0, geo->block_size);
	efs_rec_len_set(blk, geo->block_size, geo->block_size);
	if (!self)
		return;
	efs_dirent_insert(geo, blk, 0, ".", 1, self, EFS_FT_DIR);
	efs_dirent_insert(geo, blk, 0, "..", 2, parent, EFS_FT_DIR);
}

bool efs_dirent_is_empty(const struct efs_geo *geo, const void *blk, bool first)
{
	u32 off, step, n = 0;

	for (off = 0; (step = dirent_step(geo, blk, off)); off += step, n++)
		if (dirent_at(blk, off)->inode && (!first || n > 1))
			return false;
	return off == geo->block_size;
}
