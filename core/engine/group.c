// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Block groups in memory: descriptors, the system zone, bitmaps.
 *
 * Every group's bitmaps and inode table lie inside the group itself (checked when the
 * descriptors are read, as in-tree ext2 demands), so whether a block is metadata is
 * told by four intervals of one group: no search, no tree.
 *
 * A bitmap is validated when its block is first seen in memory. The bitmap is the
 * truth about what is free: a free count that differs from it, as a power cut leaves
 * it, is corrected in memory. A bitmap that shows metadata as free is not to be
 * trusted: its group is left alone by the allocators from then on.
 *
 * Locks: group->lock for counts, flags, and the validation of a bitmap; single counts and
 * the flags are looked at without it.
 */
#include "efs.h"

/* the most memory a hostile geometry may ask for */
#define GROUP_BYTES_MAX (1u << 30)

static bool overlap(u32 a, u32 alen, u32 b, u32 blen)
{
	return a < b ? b - a < alen : a - b < blen;
}

bool efs_data_ok(const struct efs_sb *sb, u32 blk, u32 len)
{
	const struct efs_geo *geo = &sb->geo;

	if (!len || blk < geo->first_data_block || blk >= geo->blocks_count ||
	    len > geo->blocks_count - blk)
		return false;
	while (len) {
		u32 g = efs_group_of(sb, blk);
		const struct efs_group *grp = &sb->groups[g];
		u32 first = efs_group_first(geo, g);
		u32 n = min_t(u32, len, first + efs_group_blocks(geo, g) - blk);

		if (blk - first < grp->base_len ||
		    overlap(blk, n, grp->block_bitmap, 1) ||
		    overlap(blk, n, grp->inode_bitmap, 1) ||
		    overlap(blk, n, grp->inode_table, geo->itable_blocks))
			return false;
		blk += n;
		len -= n;
	}
	return true;
}

struct efs_dgroup *efs_group_desc(struct efs_sb *sb, u32 g, struct efs_buf **b)
{
	u32 n = g / sb->geo.desc_per_block;

	*b = sb->gdb[n];
	return (struct efs_dgroup *)efs_buf_data(*b) + g % sb->geo.desc_per_block;
}

void efs_group_unload(struct efs_sb *sb)
{
	u32 n;

	if (sb->gdb)
		for (n = 0; n < sb->geo.gdt_blocks; n++)
			efs_buf_put(sb->gdb[n]);
	efs_free(sb->gdb);
	efs_free(sb->groups);
	sb->gdb = NULL;
	sb->groups = NULL;
}

static int read_descriptors(struct efs_sb *sb)
{
	const struct efs_geo *geo = &sb->geo;
	u32 n, ahead = 0;
	int err;

	for (n = 0; n < geo->gdt_blocks; n++) {
		u32 blk = efs_gdt_block(geo, sb->sb_blk, n);

		/* one request for each stretch of neighbours */
		if (n >= ahead) {
			for (ahead = n + 1; ahead < geo->gdt_blocks; ahead++)
				if (efs_gdt_block(geo, sb->sb_blk, ahead) != blk + ahead - n)
					break;
			efs_buf_ahead(sb, blk, ahead - n);
		}
		err = efs_buf_read(sb, blk, &sb->gdb[n]);
		if (err)
			return err;
	}
	return 0;
}

/* wrong counts are what a power cut leaves; the bitmaps will put them right */
static bool count_only(enum efs_code code)
{
	return code == EFS_C_BG_FREE_BLOCKS || code == EFS_C_BG_FREE_INODES ||
	       code == EFS_C_BG_USED_DIRS;
}

/* group->lock held, or the group not yet visible: the counts are as the descriptor says */
static void adopt_descriptor(const struct efs_geo *geo, struct efs_group *grp, u32 g,
			     const struct efs_dgroup *gd)
{
	grp->free_blocks = min_t(u32, le16_to_cpu(gd->bg_free_blocks_count),
				 efs_group_blocks(geo, g));
	grp->free_inodes = min_t(u32, le16_to_cpu(gd->bg_free_inodes_count),
				 geo->inodes_per_group);
	grp->used_dirs = min_t(u32, le16_to_cpu(gd->bg_used_dirs_count),
			       geo->inodes_per_group - grp->free_inodes);
	grp->best_run = grp->free_blocks;
	grp->first_free = 0;
	grp->first_free_ino = 0;
	grp->flags = 0;
}

int efs_group_load(struct efs_sb *sb, enum efs_code *why)
{
	const struct efs_geo *geo = &sb->geo;
	u32 g;
	int err;

	if (geo->groups > GROUP_BYTES_MAX / sizeof(struct efs_group))
		return -ENOMEM;
	sb->groups = efs_alloc(sb, (size_t)geo->groups * sizeof(*sb->groups));
	sb->gdb = efs_alloc(sb, (size_t)geo->gdt_blocks * sizeof(*sb->gdb));
	err = sb->groups && sb->gdb ? read_descriptors(sb) : -ENOMEM;
	if (err)
		goto fail;
	for (g = 0; g < geo->groups; g++) {
		struct efs_group *grp = &sb->groups[g];
		struct efs_buf *b;
		const struct efs_dgroup *gd = efs_group_desc(sb, g, &b);
		enum efs_code code = efs_group_check(geo, g, gd);

		if (code) {
			efs_log(sb, EFS_LOG_WARN, "group %u: %s", g, efs_code_text(code));
			if (!count_only(code)) {
				*why = code;
				err = -EFSCORRUPTED;
				goto fail;
			}
		}
		efs_spin_init(&grp->lock);
		grp->block_bitmap = le32_to_cpu(gd->bg_block_bitmap);
		grp->inode_bitmap = le32_to_cpu(gd->bg_inode_bitmap);
		grp->inode_table = le32_to_cpu(gd->bg_inode_table);
		grp->base_len = efs_group_base_len(geo, g);
		adopt_descriptor(geo, grp, g, gd);
	}
	return 0;
fail:
	efs_group_unload(sb);
	return err;
}

int efs_group_reload(struct efs_sb *sb)
{
	s64 blocks = 0, inodes = 0, dirs = 0;
	u32 g;

	for (g = 0; g < sb->geo.groups; g++) {
		struct efs_group *grp = &sb->groups[g];
		struct efs_buf *b;
		const struct efs_dgroup *gd = efs_group_desc(sb, g, &b);

		if (le32_to_cpu(gd->bg_block_bitmap) != grp->block_bitmap ||
		    le32_to_cpu(gd->bg_inode_bitmap) != grp->inode_bitmap ||
		    le32_to_cpu(gd->bg_inode_table) != grp->inode_table) {
			efs_log(sb, EFS_LOG_ERR, "group %u was moved while mounted", g);
			return -EROFS;
		}
		efs_spin_lock(&grp->lock);
		adopt_descriptor(&sb->geo, grp, g, gd);
		efs_spin_unlock(&grp->lock);
		blocks += grp->free_blocks;
		inodes += grp->free_inodes;
		dirs += grp->used_dirs;
	}
	efs_ctr_add(&sb->free_blocks, blocks - efs_ctr_sum(&sb->free_blocks));
	efs_ctr_add(&sb->free_inodes, inodes - efs_ctr_sum(&sb->free_inodes));
	efs_ctr_add(&sb->dirs, dirs - efs_ctr_sum(&sb->dirs));
	return 0;
}

static bool block_bitmap_sane(const struct efs_sb *sb, u32 g, const void *map)
{
	const struct efs_group *grp = &sb->groups[g];
	u32 first = efs_group_first(&sb->geo, g);

	return efs_bits_all(map, 0, grp->base_len, true) &&
	       efs_bit_test(map, grp->block_bitmap - first) &&
	       efs_bit_test(map, grp->inode_bitmap - first) &&
	       efs_bits_all(map, grp->inode_table - first, sb->geo.itable_blocks, true);
}

/* the inodes before first_ino are in use whether or not anything is in them */
static bool inode_bitmap_sane(const struct efs_sb *sb, u32 g, const void *map)
{
	u32 reserved = sb->geo.first_ino - 1, ipg = sb->geo.inodes_per_group;
	u32 below = g * ipg;	/* cannot overflow: inodes_count is 32 bits wide */

	if (below >= reserved)
		return true;
	return efs_bits_all(map, 0, min_t(u32, ipg, reserved - below), true);
}

/* group->lock held: the bitmap's count is the group's; what that changes */
static s64 adopt_count(struct efs_sb *sb, struct efs_group *grp, const void *map, bool inodes)
{
	u32 g = (u32)(grp - sb->groups);
	u32 old = inodes ? grp->free_inodes : grp->free_blocks, n;
	struct efs_buf *gb;
	struct efs_dgroup *gd = efs_group_desc(sb, g, &gb);

	if (inodes) {
		n = efs_bits_count_free(map, sb->geo.inodes_per_group);
		WRITE_ONCE(grp->free_inodes, n);
		gd->bg_free_inodes_count = cpu_to_le16((u16)n);
		grp->first_free_ino = 0;
	} else {
		u32 size = efs_group_blocks(&sb->geo, g);

		n = efs_bits_count_free(map, size);
		WRITE_ONCE(grp->free_blocks, n);
		gd->bg_free_blocks_count = cpu_to_le16((u16)n);
		grp->first_free = efs_bits_find(map, size, 0, false);
		WRITE_ONCE(grp->best_run, n);
	}
	return (s64)n - old;
}

/*
 * Validate a bitmap and adopt its count; false if it is not sane. Whoever comes second finds
 * that done.
 *
 * A count that differs from the bitmap is a power cut's trace, not a reason to stop. Bitmaps
 * are looked at only where something changes, so the descriptor may be corrected, too.
 */
static bool adopt_bitmap(struct efs_sb *sb, u32 g, struct efs_buf *b, bool inodes)
{
	struct efs_group *grp = &sb->groups[g];
	const void *map = efs_buf_data(b);
	struct efs_buf *gb;
	bool sane = true;
	s64 diff = 0;

	efs_spin_lock(&grp->lock);
	if (!efs_buf_verified(b)) {
		sane = inodes ? inode_bitmap_sane(sb, g, map) : block_bitmap_sane(sb, g, map);
		if (sane) {
			diff = adopt_count(sb, grp, map, inodes);
			efs_buf_set_verified(b);
		} else {
			WRITE_ONCE(grp->flags, grp->flags | (inodes ? EFS_GROUP_BAD_INODES :
							     EFS_GROUP_BAD_BLOCKS));
		}
	}
	efs_spin_unlock(&grp->lock);
	if (!diff)
		return sane;
	efs_group_desc(sb, g, &gb);
	efs_buf_dirty(sb, NULL, gb);
	efs_ctr_add(inodes ? &sb->free_inodes : &sb->free_blocks, diff);
	efs_log(sb, EFS_LOG_WARN, "group %u: free %s count corrected from its bitmap", g,
		inodes ? "inode" : "block");
	return true;
}

static int load_bitmap(struct efs_sb *sb, u32 g, bool inodes, struct efs_buf **out)
{
	struct efs_group *grp = &sb->groups[g];
	u32 blk = inodes ? grp->inode_bitmap : grp->block_bitmap;
	struct efs_buf *b;
	int err;

	if (READ_ONCE(grp->flags) & (inodes ? EFS_GROUP_BAD_INODES : EFS_GROUP_BAD_BLOCKS))
		return -EFSCORRUPTED;
	err = efs_buf_read(sb, blk, &b);
	if (err)
		return err;
	if (!efs_buf_verified(b) && !adopt_bitmap(sb, g, b, inodes)) {
		efs_buf_put(b);
		return efs_bad(sb, inodes ? EFS_C_BG_INODE_RESERVED : EFS_C_BG_BITMAP_META, 0, blk,
			       g);
	}
	*out = b;
	return 0;
}

int efs_block_bitmap(struct efs_sb *sb, u32 g, struct efs_buf **out)
{
	return load_bitmap(sb, g, false, out);
}

int efs_inode_bitmap(struct efs_sb *sb, u32 g, struct efs_buf **out)
{
	return load_bitmap(sb, g, true, out);
}
