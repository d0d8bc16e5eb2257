// SPDX-License-Identifier: GPL-2.0
/*
 * A watch on every call into a volume.
 *
 * After each call: no lock is held, no buffer but those of the mount is referenced, what it
 * cost in calls of the port is bounded by the size of the volume, a result that says
 * "inconsistent" was reported with a code, one that says "I/O error" or "no memory" has a
 * failure behind it, and a volume that was never writable has nothing dirty.
 *
 * At each change of a block, as it happens: may it be changed by whom, and in these bytes?
 *
 *   superblock	the fields that a mounted volume keeps up to date
 *   descriptors	the three counts
 *   block bitmap	bits of blocks in the data area
 *   inode bitmap	bits of inodes that are not reserved
 *   inode table	slots of inodes in memory; what is behind their known fields stays
 *   data area	blocks the inode allocated, or that its map leads to; of a regular file,
 *		only indirect ones: its data does not go through buffers
 *   the rest		(copies of superblock and descriptors, reserved blocks) never
 *
 * After the unmount the device itself is looked at for what came another way.
 *
 * Locks: none. The core may hold any of its own when a change is told, so what is needed is
 * looked at without the port.
 */
#include <stdlib.h>
#include "fuzz.h"

/* port calls and device reads of one call: what all calls need, and what blocks cost */
#define STEPS_BASE	20000
#define STEPS_BLOCK	200
#define READS_BASE	256
#define READS_BLOCK	16

/**
 * struct fuzz_block - what is known of a block
 * @shadow: of fixed metadata: contents when it was last told to be dirty; NULL: never
 * @taken: inode that allocated it during this mount
 * @stamp: the call that changed it last
 * @seen: the search that came to it last, as a table of each level
 * @zone: enum fuzz_kind, as the mount sees it
 */
struct fuzz_block {
	u8 *shadow;
	u32 taken, stamp, seen[4];
	u8 zone;
};

/* as the mount sees it, which on a damaged volume need not be as the base was */
static void make_zones(struct fuzz_watch *w)
{
	struct efs_sb *sb = &w->fs->sb;
	const struct efs_geo *geo = &sb->geo;
	struct fuzz_block *b = w->blk;
	u32 g, n, blk;

	for (n = 0; n < w->blocks; n++)
		b[n].zone = FUZZ_RESERVED;
	for (g = 0; g < geo->groups; g++) {
		const struct efs_group *grp = &sb->groups[g];

		blk = efs_group_first(geo, g) + grp->base_len;
		for (n = grp->base_len; n < efs_group_blocks(geo, g); n++)
			b[blk++].zone = FUZZ_DATA;
	}
	for (n = 0; n < geo->gdt_blocks; n++)
		b[efs_buf_nr(sb->gdb[n])].zone = FUZZ_GDT;
	b[sb->sb_blk].zone = FUZZ_SUPER;
	for (g = 0; g < geo->groups; g++) {
		const struct efs_group *grp = &sb->groups[g];

		fuzz_check(b[grp->block_bitmap].zone == FUZZ_DATA &&
			   b[grp->inode_bitmap].zone == FUZZ_DATA, "group %u: bitmaps", g);
		b[grp->block_bitmap].zone = FUZZ_BBITMAP;
		b[grp->inode_bitmap].zone = FUZZ_IBITMAP;
		for (n = 0; n < geo->itable_blocks; n++) {
			fuzz_check(b[grp->inode_table + n].zone == FUZZ_DATA,
				   "group %u: inode table", g);
			b[grp->inode_table + n].zone = FUZZ_ITABLE;
		}
	}
}

/* ---- which bytes of fixed metadata may change ---- */

struct range {
	u16 from, to;
};

#define FIELD(type, first, last) \
	{ offsetof(struct type, first), \
	  offsetof(struct type, last) + sizeof(((struct type *)0)->last) }

static const struct range super_fields[] = {
	FIELD(efs_dsuper, s_free_blocks_count, s_free_inodes_count),
	FIELD(efs_dsuper, s_mtime, s_max_mnt_count),
	FIELD(efs_dsuper, s_state, s_state),
	/* a volume of revision 0 with its first file of 2 GiB */
	FIELD(efs_dsuper, s_rev_level, s_rev_level),
	FIELD(efs_dsuper, s_first_ino, s_inode_size),
	/* with the first attribute, and that first file */
	FIELD(efs_dsuper, s_feature_compat, s_feature_compat),
	FIELD(efs_dsuper, s_feature_ro_compat, s_feature_ro_compat),
	FIELD(efs_dsuper, s_last_mounted, s_last_mounted),
	FIELD(efs_dsuper, s_error_count, s_last_error_func),
	FIELD(efs_dsuper, s_wtime_hi, s_wtime_hi),
	FIELD(efs_dsuper, s_mtime_hi, s_mtime_hi),
	FIELD(efs_dsuper, s_first_error_time_hi, s_last_error_errcode),
};

static const struct range group_fields[] = {
	FIELD(efs_dgroup, bg_free_blocks_count, bg_used_dirs_count),
};

static bool in_ranges(const struct range *r, u32 n, u32 off)
{
	for (; n; n--, r++)
		if (off >= r->from && off < r->to)
			return true;
	return false;
}

static void check_super(struct fuzz_watch *w, u32 off)
{
	u32 in = off - (u32)((u8 *)w->fs->sb.ds - (u8 *)efs_buf_data(w->fs->sb.sbuf));

	fuzz_check(in < EFS_SUPER_SIZE && in_ranges(super_fields, ARRAY_SIZE(super_fields), in),
		   "%s: byte %u of the superblock's block was changed", w->what, off);
}

static void check_bits(struct fuzz_watch *w, u32 blk, u32 off, u8 old, u8 new)
{
	const struct efs_geo *geo = &w->fs->sb.geo;
	u32 g = efs_group_of(&w->fs->sb, blk), bit;

	for (bit = off * 8; bit < off * 8 + 8; bit++) {
		u32 mask = 1u << bit % 8, ino = g * geo->inodes_per_group + bit + 1;

		if (!((old ^ new) & mask))
			continue;
		if (w->blk[blk].zone == FUZZ_IBITMAP)
			fuzz_check(bit < geo->inodes_per_group && ino >= geo->first_ino,
				   "%s: bit of inode %u", w->what, ino);
		else if (!(w->poked && new & mask))
			/* bits under a mount may change: then a wrong one is set again */
			fuzz_check(bit < efs_group_blocks(geo, g) &&
				   w->blk[efs_group_first(geo, g) + bit].zone == FUZZ_DATA,
				   "%s: bit of block %u", w->what, efs_group_first(geo, g) + bit);
	}
}

static const struct efs_test_inode *in_memory(const struct fuzz_watch *w, u32 ino)
{
	const struct efs_test_inode *ti = w->fs->evicted;

	if (w->find)
		return w->find(ino);
	if (ti && ti->core.ino == ino)
		return ti;
	for (ti = w->fs->table[ino % EFS_TEST_TABLE]; ti && ti->core.ino != ino; ti = ti->next)
		;
	return ti;
}

static void check_slot(struct fuzz_watch *w, u32 blk, u32 off, const u8 *old, const u8 *new)
{
	const struct efs_geo *geo = &w->fs->sb.geo;
	u32 g = efs_group_of(&w->fs->sb, blk), size = geo->inode_size;
	u32 slot = off / size, in = off % size, known;
	u32 ino = g * geo->inodes_per_group + 1 + slot +
		  (blk - w->fs->sb.groups[g].inode_table) * geo->inodes_per_block;
	const struct efs_dinode *was = (const struct efs_dinode *)(old + slot * size);
	const struct efs_dinode *is = (const struct efs_dinode *)(new + slot * size);

	fuzz_check(ino <= (g + 1) * geo->inodes_per_group && in_memory(w, ino) &&
		   (ino >= geo->first_ino || ino == EFS_ROOT_INO), "%s: slot of inode %u", w->what,
		   ino);
	/* what was in use keeps what nobody here knows; attributes, unless they are set */
	if (w->attrs || in < EFS_INODE_SIZE_REV0 || !was->i_links_count ||
	    was->i_generation != is->i_generation)
		return;
	known = EFS_INODE_SIZE_REV0 + le16_to_cpu(is->i_extra_isize);
	fuzz_check(in < known, "%s: byte %u of inode %u was changed", w->what, in, ino);
}

static void check_bytes(struct fuzz_watch *w, u32 blk, const u8 *old, const u8 *new)
{
	u32 bs = w->fs->dev->block_size, off;

	for (off = 0; off < bs; off++) {
		if (off % 64 == 0 && !memcmp(old + off, new + off, 64)) {
			off += 63;
			continue;
		}
		if (old[off] == new[off])
			continue;
		switch (w->blk[blk].zone) {
		case FUZZ_SUPER:
			check_super(w, off);
			break;
		case FUZZ_GDT:
			fuzz_check(in_ranges(group_fields, ARRAY_SIZE(group_fields),
					     off % sizeof(struct efs_dgroup)),
				   "%s: byte %u of descriptors %u", w->what, off, blk);
			break;
		case FUZZ_BBITMAP:
		case FUZZ_IBITMAP:
			check_bits(w, blk, off, old[off], new[off]);
			break;
		case FUZZ_ITABLE:
			check_slot(w, blk, off, old, new);
			break;
		}
	}
}

static void check_fixed(struct fuzz_watch *w, u32 blk, const u8 *new)
{
	struct efs_test_dev *dev = w->fs->dev;
	u8 *shadow = w->blk[blk].shadow;

	if (!shadow) {
		shadow = efs_test_zalloc(dev->block_size);
		w->blk[blk].shadow = shadow;
		efs_test_dev_read(dev, (u64)blk << dev->block_bits, shadow, dev->block_size);
	}
	check_bytes(w, blk, shadow, new);
	memcpy(shadow, new, dev->block_size);
}

void fuzz_watch_poke(struct fuzz_watch *w, u64 at, const u8 *bytes, u32 len)
{
	struct efs_test_dev *dev = w->fs->dev;
	u32 blk = (u32)(at >> dev->block_bits);
	u8 *shadow = blk < w->blocks ? w->blk[blk].shadow : NULL;

	w->poked = true;
	if (shadow)
		memcpy(shadow + (at & (dev->block_size - 1)), bytes, len);
}

/* ---- blocks of the data area ---- */

/**
 * struct search - for a block in a map
 * @leaves: what holds no pointers counts, too
 * @shaky: a table on the way was changed during this call
 */
struct search {
	struct fuzz_watch *w;
	u32 want;
	bool leaves, shaky;
};

static bool find_below(struct search *s, u32 ptr, u32 depth)
{
	struct fuzz_watch *w = s->w;
	const __le32 *table;
	u32 i;

	if (ptr >= w->blocks || w->blk[ptr].zone != FUZZ_DATA)
		return false;
	if (ptr == s->want && (depth || s->leaves))
		return true;
	if (!depth || w->blk[ptr].seen[depth] == w->searches)
		return false;
	w->blk[ptr].seen[depth] = w->searches;
	s->shaky |= w->blk[ptr].stamp == w->calls;
	table = (const __le32 *)efs_test_peek(w->fs->dev, ptr, w->spare[depth]);
	for (i = 0; i < w->fs->sb.geo.ptrs; i++)
		if (table[i] && find_below(s, le32_to_cpu(table[i]), depth - 1))
			return true;
	return false;
}

/* does the map of @ino lead to @blk? */
static bool is_mapped(struct fuzz_watch *w, u32 ino, u32 blk)
{
	const struct efs_test_inode *ti = in_memory(w, ino);
	struct search s = { .w = w, .want = blk };
	u32 i;

	if (!ti)
		return false;
	s.leaves = !efs_is_reg(&ti->core);
	w->searches++;
	for (i = 0; i < EFS_NBLOCKS; i++)
		if (ti->core.block[i] && find_below(&s, le32_to_cpu(ti->core.block[i]),
						    i < EFS_NDIR ? 0 : i - EFS_NDIR + 1))
			return true;
	/* two owners of one block, who changed each other's pointers: no telling now */
	return w->fs->dev->overlaps && s.shaky;
}

void fuzz_watch_data(struct fuzz_watch *w, u32 blk, u32 len)
{
	for (; len; blk++, len--)
		fuzz_check(blk < w->blocks && w->blk[blk].zone == FUZZ_DATA, "%s: data at block %u",
			   w->what, blk);
}

static void take(struct fuzz_watch *w, const struct efs_test_event *e, u32 ino)
{
	u32 i;

	fuzz_watch_data(w, e->blk, e->len);
	for (i = 0; i < e->len; i++)
		w->blk[e->blk + i].taken = ino;
}

/* ---- events ---- */

static void check_dirty(struct fuzz_watch *w, const struct efs_test_event *e)
{
	struct fuzz_block *b = &w->blk[e->blk];

	if (e->ino) {
		fuzz_watch_data(w, e->blk, 1);
		fuzz_check(b->taken == e->ino || is_mapped(w, e->ino, e->blk),
			   "%s: block %u was changed, which is not of inode %u", w->what, e->blk,
			   e->ino);
		b->stamp = w->calls;
		return;
	}
	switch (b->zone) {
	case FUZZ_SUPER:
	case FUZZ_GDT:
	case FUZZ_BBITMAP:
	case FUZZ_IBITMAP:
	case FUZZ_ITABLE:
		check_fixed(w, e->blk, e->data);
		return;
	case FUZZ_DATA:
		/* nobody's, in the data area: attributes that several inodes share */
		if (((const struct efs_dxattr_header *)e->data)->h_magic ==
		    cpu_to_le32(EFS_XATTR_MAGIC))
			return;
	}
	fuzz_fail("%s: block %u of kind %u was changed", w->what, e->blk, b->zone);
}

static void on_event(struct efs_test_dev *dev, const struct efs_test_event *e)
{
	struct fuzz_watch *w = dev->event_arg;

	fuzz_check(e->blk < w->blocks, "%s: block %u is outside", w->what, e->blk);
	switch (e->type) {
	case EFS_TEST_EV_DIRTY:
		/* while it is being mounted, a volume has nothing but a superblock */
		if (!w->mounted)
			w->blk[e->blk].zone = e->blk == w->fs->sb.sb_blk ? FUZZ_SUPER : FUZZ_FREE;
		check_dirty(w, e);
		break;
	case EFS_TEST_EV_NEW:
		fuzz_watch_data(w, e->blk, 1);
		fuzz_check(w->blk[e->blk].taken, "%s: block %u is used, but was not allocated",
			   w->what, e->blk);
		break;
	case EFS_TEST_EV_FORGET:
	case EFS_TEST_EV_DATA:
		fuzz_watch_data(w, e->blk, e->len);
		break;
	case EFS_TEST_EV_ALLOC:
		take(w, e, e->ino);
		break;
	case EFS_TEST_EV_FREE:
		take(w, e, 0);
		break;
	}
}

void fuzz_watch_start(struct fuzz_watch *w, struct efs_test_fs *fs)
{
	struct efs_test_dev *dev = fs->dev;
	const struct fuzz_watch old = *w;
	u32 i;

	memset(w, 0, sizeof(*w));
	w->fs = fs;
	w->find = old.find;
	w->late = old.late;
	w->what = "mount";
	w->blocks = dev->blocks;
	w->blk = efs_test_zalloc(w->blocks * sizeof(w->blk[0]));
	for (i = 1; i < ARRAY_SIZE(w->spare); i++)
		w->spare[i] = efs_test_zalloc(dev->block_size);
	w->touched = old.touched;
	w->poked = old.poked;
	dev->on_event = on_event;
	dev->event_arg = w;
}

void fuzz_watch_mounted(struct fuzz_watch *w)
{
	w->mounted = true;
	w->bufs = w->fs->dev->live_bufs;
	make_zones(w);
	if (!(w->fs->sb.state & EFS_SB_RDONLY))
		w->touched = true;
	fuzz_watch_begin(w, "mount");
	fuzz_watch_done(w, 0);
}

/* a block somebody wrote to the device */
static void check_written(struct efs_test_dev *dev, u32 blk, const u8 *data, void *arg)
{
	struct fuzz_watch *w = arg;

	fuzz_check(w->blk[blk].zone != FUZZ_RESERVED, "block %u was written", blk);
}

void fuzz_watch_end(struct fuzz_watch *w)
{
	u32 i;

	if (w->mounted && !w->poked)
		efs_test_dev_each(w->fs->dev, check_written, w);
	w->fs->dev->on_event = NULL;
	for (i = 0; i < w->blocks; i++)
		free(w->blk[i].shadow);
	free(w->blk);
	for (i = 0; i < ARRAY_SIZE(w->spare); i++)
		free(w->spare[i]);
	w->blk = NULL;
	w->mounted = false;
}

/* ---- calls ---- */

/* what is wrong with a group was reported when it was found, and is not again */
static bool has_bad_group(const struct efs_sb *sb)
{
	u32 g;

	for (g = 0; g < sb->geo.groups; g++)
		if (sb->groups[g].flags)
			return true;
	return false;
}

void fuzz_watch_begin(struct fuzz_watch *w, const char *what)
{
	struct efs_test_dev *dev = w->fs->dev;

	w->what = what;
	w->calls++;
	w->reports = dev->report_count;
	w->reads = dev->calls[EFS_TEST_READ];
	w->failures = dev->failures;
	w->bad_group = has_bad_group(&w->fs->sb);
	w->steps = efs_test_steps();
}

/*
 * May a call have returned an error of one kind, if it did? It met @n reasons for it. Those
 * it did not return may come with a later call: @owed.
 */
static bool was_met(const struct fuzz_watch *w, bool returned, u32 n, bool *owed)
{
	if (n > (returned ? 1u : 0u))
		*owed = w->late;
	if (!returned || n)
		return true;
	returned = *owed;
	*owed = false;
	return returned;
}

void fuzz_watch_done(struct fuzz_watch *w, int ret)
{
	struct efs_test_dev *dev = w->fs->dev;
	u32 reads = dev->calls[EFS_TEST_READ] - w->reads;
	u64 steps = efs_test_steps() - w->steps;

	fuzz_check(!efs_test_locks_held(), "%s: locks are held", w->what);
	fuzz_check(dev->live_bufs == w->bufs, "%s: %u buffers are referenced, %u before", w->what,
		   dev->live_bufs, w->bufs);
	/* four levels of a map for each block that is looked at, twice */
	fuzz_check(reads <= READS_BASE + READS_BLOCK * w->blocks, "%s: %u blocks were read",
		   w->what, reads);
	fuzz_check(steps <= STEPS_BASE + STEPS_BLOCK * (u64)w->blocks, "%s: %llu steps", w->what,
		   steps);
	fuzz_check(was_met(w, ret == -EUCLEAN, dev->report_count - w->reports, &w->owed_report) ||
		   w->bad_group, "%s: inconsistent, but not reported", w->what);
	fuzz_check(was_met(w, ret == -EIO || ret == -ENOMEM, dev->failures - w->failures,
			   &w->owed_failure), "%s: %d, but nothing failed", w->what, ret);
	fuzz_check(ret >= -4095, "%s: returned %d", w->what, ret);
	if (!(w->fs->sb.state & EFS_SB_RDONLY))
		w->touched = true;
	if (!w->touched)
		fuzz_check(!dev->dirtied && !dev->writes, "%s: a read-only volume was changed",
			   w->what);
}
