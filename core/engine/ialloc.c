// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The inode allocator.
 *
 * Directories are spread by Orlov's rules (as linux/fs/ext2/ialloc.c has them): those in
 * the root, or below a directory marked TOPDIR, go to a group with more than average
 * room and few directories, searched from a random start; others stay near their parent
 * unless its group is crowded. Everything else goes to its directory's group, then to
 * groups reached by a quadratic hash of the directory, so that files of one directory
 * meet again, then wherever there is room.
 *
 * Groups are judged by their summaries, read without a lock: a wrong guess costs one
 * look at a bitmap. No bitmap is read in a group that has no free inode.
 *
 * Invariants: group->free_inodes, used_dirs and the descriptor agree; sb->free_inodes
 * and sb->dirs are the sums. Inodes below first_ino are never handed out, and never
 * freed.
 *
 * Locks: group->lock around bits, descriptor and summary; nothing else.
 */
#include "efs.h"

#define NO_GROUP	0xffffffffu

/* Orlov: what a directory is reckoned to bring in inodes and blocks */
#define INODE_COST	64
#define BLOCK_COST	256
#define DEBT_MAX	255

static bool usable(const struct efs_sb *sb, u32 g)
{
	const struct efs_group *grp = &sb->groups[g];

	return READ_ONCE(grp->free_inodes) && !(READ_ONCE(grp->flags) & EFS_GROUP_BAD_INODES);
}

/* inode and blocks: a file without room for its data beside it gains nothing here */
static bool roomy(const struct efs_sb *sb, u32 g)
{
	return usable(sb, g) && READ_ONCE(sb->groups[g].free_blocks);
}

static u32 counter(efs_ctr_t *c, u32 top)
{
	s64 n = efs_ctr_read(c);

	if (n < 0)
		return 0;
	return n > top ? top : (u32)n;
}

static u32 next_group(const struct efs_sb *sb, u32 g)
{
	return g + 1 < sb->geo.groups ? g + 1 : 0;
}

/* the next group from @g on with at least @least free inodes, or NO_GROUP */
static u32 find_linear(const struct efs_sb *sb, u32 g, u32 least)
{
	u32 i;

	for (i = 0; i < sb->geo.groups; i++, g = next_group(sb, g))
		if (usable(sb, g) && READ_ONCE(sb->groups[g].free_inodes) >= least)
			return g;
	return NO_GROUP;
}

/* a group with more than average room and the fewest directories */
static u32 find_spread(struct efs_sb *sb, u32 start, u32 avg_inodes, u32 avg_blocks)
{
	u32 best = NO_GROUP, dirs = sb->geo.inodes_per_group, g = start, i;

	for (i = 0; i < sb->geo.groups; i++, g = next_group(sb, g)) {
		const struct efs_group *grp = &sb->groups[g];

		if (!usable(sb, g) || READ_ONCE(grp->used_dirs) >= dirs ||
		    READ_ONCE(grp->free_inodes) < avg_inodes ||
		    READ_ONCE(grp->free_blocks) < avg_blocks)
			continue;
		best = g;
		dirs = READ_ONCE(grp->used_dirs);
	}
	return best;
}

static u32 find_for_dir(struct efs_sb *sb, const struct efs_inode *parent)
{
	const struct efs_geo *geo = &sb->geo;
	u32 home = (parent->ino - 1) / geo->inodes_per_group;
	u32 free_blocks = counter(&sb->free_blocks, geo->blocks_count);
	u32 avg_inodes = counter(&sb->free_inodes, geo->inodes_count) / geo->groups;
	u32 avg_blocks = free_blocks / geo->groups;
	u32 dirs = max_t(u32, counter(&sb->dirs, geo->inodes_count), 1);
	u32 max_dirs, min_inodes, min_blocks, max_debt, g, i;

	if (parent->ino == EFS_ROOT_INO || parent->flags & EFS_FL_TOPDIR) {
		home = efs_rand(sb) % geo->groups;
		g = find_spread(sb, home, avg_inodes, avg_blocks);
		if (g != NO_GROUP)
			return g;
		goto fallback;
	}

	max_dirs = dirs / geo->groups + geo->inodes_per_group / 16;
	min_inodes = avg_inodes - min(avg_inodes, geo->inodes_per_group / 4);
	min_blocks = avg_blocks - min(avg_blocks, geo->blocks_per_group / 4);
	max_debt = geo->blocks_per_group /
		   max_t(u32, (geo->blocks_count - free_blocks) / dirs, BLOCK_COST);
	max_debt = min_t(u32, max_debt, geo->inodes_per_group / INODE_COST);
	max_debt = max_t(u32, min_t(u32, max_debt, DEBT_MAX), 1);

	for (i = 0, g = home; i < geo->groups; i++, g = next_group(sb, g)) {
		const struct efs_group *grp = &sb->groups[g];

		if (usable(sb, g) && READ_ONCE(grp->debt) < max_debt &&
		    READ_ONCE(grp->used_dirs) < max_dirs &&
		    READ_ONCE(grp->free_inodes) >= min_inodes &&
		    READ_ONCE(grp->free_blocks) >= min_blocks)
			return g;
	}
fallback:
	g = find_linear(sb, home, avg_inodes);
	/* the average is taken from approximate counters and may be out of reach */
	return g == NO_GROUP && avg_inodes ? find_linear(sb, home, 0) : g;
}

static u32 find_for_file(struct efs_sb *sb, const struct efs_inode *parent)
{
	u32 groups = sb->geo.groups;
	u32 home = (parent->ino - 1) / sb->geo.inodes_per_group;
	u32 g = home, step;

	if (roomy(sb, g))
		return g;
	/* directories that share a group part here: each has its own way on */
	g = (g + parent->ino % groups) % groups;
	for (step = 1; step < groups; step <<= 1) {
		g = (g + step) % groups;
		if (roomy(sb, g))
			return g;
	}
	return find_linear(sb, next_group(sb, home), 0);
}

/* group->lock held: write the group's inode counts into its descriptor */
static void put_counts(struct efs_sb *sb, u32 g)
{
	const struct efs_group *grp = &sb->groups[g];
	struct efs_buf *gb;
	struct efs_dgroup *gd = efs_group_desc(sb, g, &gb);

	gd->bg_free_inodes_count = cpu_to_le16((u16)grp->free_inodes);
	gd->bg_used_dirs_count = cpu_to_le16((u16)grp->used_dirs);
}

static void dirty_both(struct efs_sb *sb, u32 g, struct efs_buf *bitmap)
{
	struct efs_buf *gb;

	efs_group_desc(sb, g, &gb);
	efs_buf_dirty(sb, NULL, gb);
	efs_buf_dirty(sb, NULL, bitmap);
}

/* group->lock held: take the first free inode that is not reserved; its bit, or ipg */
static u32 take_bit(struct efs_sb *sb, u32 g, void *map, bool dir)
{
	struct efs_group *grp = &sb->groups[g];
	u32 ipg = sb->geo.inodes_per_group;
	u32 reserved = sb->geo.first_ino - 1, below = g * ipg;
	u32 from = grp->first_free_ino, bit;

	if (below < reserved)
		from = max_t(u32, from, min_t(u32, reserved - below, ipg));
	bit = efs_bits_find(map, ipg, from, false);
	grp->first_free_ino = bit;
	if (bit == ipg)
		return ipg;
	efs_bits_set(map, bit, 1);
	grp->first_free_ino++;
	WRITE_ONCE(grp->free_inodes, grp->free_inodes - (grp->free_inodes > 0));
	if (dir) {
		WRITE_ONCE(grp->used_dirs, grp->used_dirs + 1);
		WRITE_ONCE(grp->debt, (u8)(grp->debt + (grp->debt < DEBT_MAX)));
	} else {
		WRITE_ONCE(grp->debt, (u8)(grp->debt - (grp->debt > 0)));
	}
	put_counts(sb, g);
	return bit;
}

/* 1 and the number: got one; 0: none here; -errno */
static int alloc_in_group(struct efs_inode *parent, u32 g, bool dir, u32 *ino)
{
	struct efs_sb *sb = parent->sb;
	u32 ipg = sb->geo.inodes_per_group, bit, missing = 0;
	struct efs_group *grp = &sb->groups[g];
	struct efs_buf *b;
	int err;

	err = efs_inode_bitmap(sb, g, &b);
	if (err)
		return err;
	efs_spin_lock(&grp->lock);
	bit = take_bit(sb, g, efs_buf_data(b), dir);
	if (bit == ipg) {
		/* if the summary still promises some it is wrong: do not come here again */
		missing = grp->free_inodes;
		WRITE_ONCE(grp->free_inodes, 0);
	}
	efs_spin_unlock(&grp->lock);
	if (bit == ipg) {
		efs_ctr_add(&sb->free_inodes, -(s64)missing);
		efs_buf_put(b);
		return 0;
	}
	efs_ctr_add(&sb->free_inodes, -1);
	if (dir)
		efs_ctr_add(&sb->dirs, 1);
	dirty_both(sb, g, b);
	*ino = g * ipg + bit + 1;
	err = efs_order(parent, b);
	efs_buf_put(b);
	if (err) {
		efs_inode_free(sb, *ino, dir);
		return err;
	}
	return 1;
}

/* flags that make no sense on a file of this type are not inherited */
static u32 inherit_flags(u32 flags, u16 mode)
{
	flags &= EFS_FL_INHERITED;
	switch (mode & EFS_S_IFMT) {
	case EFS_S_IFDIR:
		return flags;
	case EFS_S_IFREG:
		return flags & ~(u32)(EFS_FL_DIRSYNC | EFS_FL_TOPDIR);
	default:
		return flags & (EFS_FL_NODUMP | EFS_FL_NOATIME);
	}
}

static void fill_new(const struct efs_inode *parent, u16 mode, u32 ino, struct efs_inode *ei)
{
	struct efs_sb *sb = parent->sb;
	const struct efs_geo *geo = &sb->geo;

	ei->ino = ino;
	ei->flags = inherit_flags(parent->flags, mode);
	ei->generation = efs_rand(sb);
	ei->state = EFS_I_NEW;
	ei->extra_isize = geo->inode_size > EFS_INODE_SIZE_REV0 ? EFS_EXTRA_ISIZE : 0;
	ei->btime.sec = efs_now(sb, &ei->btime.nsec);
	/* its slot will be written soon, and that reads its neighbours */
	efs_inode_ahead(sb, ino);
}

int efs_inode_new(struct efs_inode *dir, u16 mode, struct efs_inode *ei)
{
	struct efs_sb *sb = dir->sb;
	bool is_dir = (mode & EFS_S_IFMT) == EFS_S_IFDIR;
	int err = efs_writable(sb), got;
	u32 g, i, ino = 0;

	if (err)
		return err;
	g = is_dir ? find_for_dir(sb, dir) : find_for_file(sb, dir);
	if (g == NO_GROUP)
		return -ENOSPC;
	err = -ENOSPC;
	for (i = 0; i < sb->geo.groups; i++, g = next_group(sb, g)) {
		if (!usable(sb, g))
			continue;
		got = alloc_in_group(dir, g, is_dir, &ino);
		if (got > 0) {
			fill_new(dir, mode, ino, ei);
			return 0;
		}
		/* a bad group is left alone, another one will do */
		if (got && err == -ENOSPC)
			err = got;
	}
	return err;
}

int efs_inode_free(struct efs_sb *sb, u32 ino, bool dir)
{
	const struct efs_geo *geo = &sb->geo;
	u32 g = (ino - 1) / geo->inodes_per_group;
	u32 bit = (ino - 1) % geo->inodes_per_group;
	struct efs_group *grp;
	struct efs_buf *b;
	bool was_used, counted = false;
	int err = efs_writable(sb);

	if (err)
		return err;
	if (ino < geo->first_ino || ino > geo->inodes_count)
		return efs_bad(sb, EFS_C_INO_RANGE, ino, 0, 0);
	err = efs_inode_bitmap(sb, g, &b);
	if (err)
		return err;
	grp = &sb->groups[g];
	efs_spin_lock(&grp->lock);
	was_used = efs_bit_test(efs_buf_data(b), bit);
	if (was_used) {
		efs_bits_clear(efs_buf_data(b), bit, 1);
		WRITE_ONCE(grp->free_inodes,
			   grp->free_inodes + (grp->free_inodes < geo->inodes_per_group));
		counted = dir && grp->used_dirs;
		WRITE_ONCE(grp->used_dirs, grp->used_dirs - counted);
		grp->first_free_ino = min(grp->first_free_ino, bit);
		put_counts(sb, g);
	}
	efs_spin_unlock(&grp->lock);

	if (was_used) {
		efs_ctr_add(&sb->free_inodes, 1);
		if (counted)
			efs_ctr_add(&sb->dirs, -1);
		dirty_both(sb, g, b);
	}
	efs_buf_put(b);
	return was_used ? 0 : efs_bad(sb, EFS_C_BG_INODE_FREE, ino, 0, g);
}
