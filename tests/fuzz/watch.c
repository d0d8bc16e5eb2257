// SPDX-License-Identifier: GPL-2.0
/*
 * A watch on every call into a mounted volume.
 *
 * After each call: no lock is held, no buffer but those of the mount is referenced, a
 * result that says "inconsistent" was reported with a code, the number of blocks read is
 * bounded by the size of the volume, a volume that was never writable has nothing dirty,
 * and each block that was changed, allocated or freed is one the volume may change: inodes
 * own blocks of the data area alone; bitmaps, descriptors, inode tables and the superblock
 * belong to nobody; copies of superblock and descriptors are never written.
 *
 * Locks: none.
 */
#include "fuzz.h"

/* as the mount sees it, which on a damaged volume need not be as the base was */
static void make_zones(struct fuzz_watch *w)
{
	struct efs_sb *sb = &w->fs->sb;
	const struct efs_geo *geo = &sb->geo;
	u32 g, n;

	for (n = 0; n < geo->first_data_block; n++)
		w->zone[n] = FUZZ_RESERVED;
	for (g = 0; g < geo->groups; g++) {
		const struct efs_group *grp = &sb->groups[g];
		u32 first = efs_group_first(geo, g);

		memset(w->zone + first, FUZZ_DATA, efs_group_blocks(geo, g));
		memset(w->zone + first, FUZZ_RESERVED, grp->base_len);
	}
	for (n = 0; n < geo->gdt_blocks; n++)
		w->zone[efs_buf_nr(sb->gdb[n])] = FUZZ_GDT;
	w->zone[sb->sb_blk] = FUZZ_SUPER;
	for (g = 0; g < geo->groups; g++) {
		const struct efs_group *grp = &sb->groups[g];

		fuzz_check(w->zone[grp->block_bitmap] == FUZZ_DATA &&
			   w->zone[grp->inode_bitmap] == FUZZ_DATA, "group %u: bitmaps", g);
		w->zone[grp->block_bitmap] = FUZZ_BBITMAP;
		w->zone[grp->inode_bitmap] = FUZZ_IBITMAP;
		for (n = 0; n < geo->itable_blocks; n++) {
			fuzz_check(w->zone[grp->inode_table + n] == FUZZ_DATA,
				   "group %u: inode table", g);
			w->zone[grp->inode_table + n] = FUZZ_ITABLE;
		}
	}
}

static void note_counts(struct fuzz_watch *w)
{
	struct efs_test_dev *dev = w->fs->dev;

	w->reports = dev->report_count;
	w->reads = dev->calls[EFS_TEST_READ];
	w->writes = dev->writes;
	w->dirtied = dev->dirtied;
	efs_test_log_start(dev, false);
}

void fuzz_watch_mount(struct fuzz_watch *w, struct efs_test_fs *fs)
{
	bool touched = w->touched;

	memset(w, 0, sizeof(*w));
	w->fs = fs;
	w->blocks = fs->sb.geo.blocks_count;
	w->zone = efs_test_zalloc(w->blocks);
	w->bufs = fs->dev->live_bufs;
	w->touched = touched || !(fs->sb.state & EFS_SB_RDONLY);
	make_zones(w);
	note_counts(w);
}

void fuzz_watch_end(struct fuzz_watch *w)
{
	efs_test_mfree(w->zone);
	w->zone = NULL;
}

void fuzz_watch_data(struct fuzz_watch *w, u32 blk, u32 len, const char *what)
{
	for (; len; blk++, len--)
		fuzz_check(blk < w->blocks && w->zone[blk] == FUZZ_DATA, "%s: data at block %u",
			   what, blk);
}

/* may @blk be changed on behalf of @ino, 0: of the volume? */
static void check_dirty(struct fuzz_watch *w, u32 blk, u32 ino, const char *what)
{
	struct efs_dxattr_header h;
	struct efs_buf *b;

	fuzz_check(blk < w->blocks, "%s: block %u is outside", what, blk);
	if (ino) {
		fuzz_watch_data(w, blk, 1, what);
		return;
	}
	switch (w->zone[blk]) {
	case FUZZ_SUPER:
	case FUZZ_GDT:
	case FUZZ_BBITMAP:
	case FUZZ_IBITMAP:
	case FUZZ_ITABLE:
		return;
	case FUZZ_DATA:
		/* nobody's, in the data area: attributes that several inodes share */
		if (efs_buf_read(&w->fs->sb, blk, &b))
			return;
		memcpy(&h, efs_buf_data(b), sizeof(h));
		efs_buf_put(b);
		if (h.h_magic == cpu_to_le32(EFS_XATTR_MAGIC))
			return;
	}
	fuzz_fail("%s: block %u of kind %u was changed", what, blk, w->zone[blk]);
}

static void check_event(struct fuzz_watch *w, const struct efs_test_event *e, const char *what)
{
	switch (e->type) {
	case EFS_TEST_EV_DIRTY:
		check_dirty(w, e->blk, e->ino, what);
		break;
	case EFS_TEST_EV_NEW:
	case EFS_TEST_EV_FORGET:
	case EFS_TEST_EV_DATA:
	case EFS_TEST_EV_ALLOC:
	case EFS_TEST_EV_FREE:
		fuzz_watch_data(w, e->blk, e->len, what);
		break;
	}
}

/* a group whose bitmap was found bad was reported when that was found */
static bool known_bad(const struct efs_sb *sb)
{
	u32 g;

	for (g = 0; g < sb->geo.groups; g++)
		if (sb->groups[g].flags)
			return true;
	return false;
}

void fuzz_watch_begin(struct fuzz_watch *w)
{
	note_counts(w);
}

void fuzz_watch_done(struct fuzz_watch *w, const char *what, int ret)
{
	struct efs_test_dev *dev = w->fs->dev;
	struct efs_sb *sb = &w->fs->sb;
	u32 reads = dev->calls[EFS_TEST_READ] - w->reads, i, n = dev->log_len;

	fuzz_check(!efs_test_locks_held(), "%s: locks are held", what);
	fuzz_check(dev->live_bufs == w->bufs, "%s: %u buffers are referenced, %u before", what,
		   dev->live_bufs, w->bufs);
	/* four levels of a map for each block that is looked at, twice */
	fuzz_check(reads <= 256 + 16 * w->blocks, "%s: %u blocks were read", what, reads);
	if (ret == -EUCLEAN)
		fuzz_check(dev->report_count != w->reports || known_bad(sb),
			   "%s: inconsistent, but not reported", what);
	fuzz_check(ret >= -4095, "%s: returned %d", what, ret);
	if (!(sb->state & EFS_SB_RDONLY))
		w->touched = true;
	if (!w->touched)
		fuzz_check(!dev->dirtied && !dev->writes, "%s: a read-only volume was changed",
			   what);
	for (i = 0; i < n; i++)
		check_event(w, &dev->log[i], what);
}
