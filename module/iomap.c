// SPDX-License-Identifier: GPL-2.0
/*
 * Runs of the block map for iomap: direct I/O, FIEMAP, SEEK_HOLE and SEEK_DATA.
 *
 * Direct writes publish blocks only wholly beyond the size, where no reader looks, with
 * i_rwsem held exclusively; file.c cuts off what a failed write leaves there. A hole
 * below the size is refused with -ENOTBLK: it is filled through the page cache, under
 * folio locks.
 *
 * Direct reads hold i_rwsem shared, so a buffered write is over when they begin; but a
 * page fault may publish a block of a hole at any time, and until that page is written
 * out the block holds what its previous owner left. A direct read that finds a mapped
 * run therefore waits for faults in progress and writes out the dirty pages above the
 * run before it reads. Since then nothing but the file's own data is there.
 *
 * Locks: i_rwsem is held, shared or exclusively, around everything here.
 */
#include <linux/fiemap.h>
#include <linux/iomap.h>
#include <linux/pagemap.h>
#include "efsk.h"
#include "trace.h"

/* logical blocks that @length bytes at @pos touch, as far as a map reaches */
static u32 blocks_in(const struct inode *inode, loff_t pos, loff_t length, u32 lblk)
{
	u64 last = (u64)(pos + length - 1) >> inode->i_blkbits;
	u32 max = efsk_core(inode)->sb->geo.max_blocks;

	return (u32)min_t(u64, last - lblk + 1, max - lblk);
}

static void set_hole(struct iomap *iomap, u64 length)
{
	iomap->type = IOMAP_HOLE;
	iomap->addr = IOMAP_NULL_ADDR;
	iomap->length = length;
}

static void set_run(const struct inode *inode, struct iomap *iomap, const struct efs_ext *ext)
{
	unsigned int bits = inode->i_blkbits;

	iomap->offset = (u64)ext->lblk << bits;
	if (ext->flags & EFS_EXT_HOLE) {
		set_hole(iomap, (u64)ext->len << bits);
		return;
	}
	iomap->type = IOMAP_MAPPED;
	iomap->addr = (u64)ext->pblk << bits;
	iomap->length = (u64)ext->len << bits;
	/* FIEMAP says so: the map knows blocks, the run is our finding */
	iomap->flags |= IOMAP_F_MERGED;
	if (ext->flags & EFS_EXT_NEW)
		iomap->flags |= IOMAP_F_NEW;
}

/* the run is mapped: is what the disk holds there this file's own data? Make it so. */
static int settle(struct inode *inode, const struct iomap *iomap)
{
	struct address_space *mapping = inode->i_mapping;
	loff_t end = iomap->offset + iomap->length - 1;

	if (likely(!filemap_range_has_writeback(mapping, iomap->offset, end)))
		return 0;
	/* a fault holds this shared from before it publishes until its page is dirty */
	filemap_invalidate_lock(mapping);
	filemap_invalidate_unlock(mapping);
	return filemap_write_and_wait_range(mapping, iomap->offset, end);
}

static int read_begin(struct inode *inode, loff_t pos, loff_t length, unsigned int flags,
		      struct iomap *iomap, struct iomap *srcmap)
{
	struct efs_inode *ei = efsk_core(inode);
	u64 lblk = (u64)pos >> inode->i_blkbits;
	struct efs_ext ext;
	u32 len;
	int err;

	iomap->bdev = inode->i_sb->s_bdev;
	iomap->flags = 0;
	iomap->offset = lblk << inode->i_blkbits;
	if (lblk >= ei->sb->geo.max_blocks) {
		set_hole(iomap, pos + length - iomap->offset);
		return 0;
	}
	len = blocks_in(inode, pos, length, (u32)lblk);
	err = efs_map_lookup(ei, (u32)lblk, len, &ext);
	trace_efsext2_map(inode, (u32)lblk, len, 0, &ext, err);
	if (err)
		return err;
	set_run(inode, iomap, &ext);
	if ((flags & IOMAP_DIRECT) && iomap->type == IOMAP_MAPPED)
		return settle(inode, iomap);
	return 0;
}

const struct iomap_ops efsk_iomap_read_ops = {
	.iomap_begin = read_begin,
};

/*
 * Would fdatasync() have to write metadata for what this write changes, or for what was
 * changed before it? Then a write through the device's cache is not enough for O_DSYNC.
 */
static bool metadata_pending(struct inode *inode, loff_t end)
{
	struct efsk_inode *ki = efsk_i(inode);

	return end > i_size_read(inode) || efs_has_buffers(inode) ||
	       (READ_ONCE(inode->i_state) & (I_DIRTY_DATASYNC | I_SYNC)) ||
	       test_bit(EFSK_I_UNSYNCED, &ki->flags) || test_bit(EFSK_I_NEWENTRY, &ki->flags);
}

static int write_begin(struct inode *inode, loff_t pos, loff_t length, unsigned int flags,
		       struct iomap *iomap, struct iomap *srcmap)
{
	struct efs_inode *ei = efsk_core(inode);
	u64 lblk = (u64)pos >> inode->i_blkbits;
	struct efs_ext ext;
	u32 len;
	int err;

	if (lblk >= ei->sb->geo.max_blocks)
		return -EFBIG;
	len = blocks_in(inode, pos, length, (u32)lblk);
	if (lblk << inode->i_blkbits >= i_size_read(inode))
		err = efs_map_alloc(ei, (u32)lblk, len, len, &ext);
	else
		err = efs_map_lookup(ei, (u32)lblk, len, &ext);
	trace_efsext2_map(inode, (u32)lblk, len, 1, &ext, err);
	if (err)
		return err;
	if (ext.flags & EFS_EXT_HOLE)
		return -ENOTBLK;
	iomap->bdev = inode->i_sb->s_bdev;
	iomap->flags = 0;
	set_run(inode, iomap, &ext);
	if (metadata_pending(inode, pos + length))
		iomap->flags |= IOMAP_F_DIRTY;
	return 0;
}

const struct iomap_ops efsk_iomap_dio_write_ops = {
	.iomap_begin = write_begin,
};

/* FIEMAP_FLAG_XATTR: the one block that may hold extended attributes */
static int xattr_begin(struct inode *inode, loff_t pos, loff_t length, unsigned int flags,
		       struct iomap *iomap, struct iomap *srcmap)
{
	u32 blk = READ_ONCE(efsk_core(inode)->file_acl);

	if (!blk || pos >= i_blocksize(inode))
		return -ENOENT;
	iomap->bdev = inode->i_sb->s_bdev;
	iomap->flags = IOMAP_F_XATTR;
	iomap->offset = 0;
	iomap->type = IOMAP_MAPPED;
	iomap->addr = (u64)blk << inode->i_blkbits;
	iomap->length = i_blocksize(inode);
	return 0;
}

static const struct iomap_ops xattr_ops = {
	.iomap_begin = xattr_begin,
};

int efsk_fiemap(struct inode *inode, struct fiemap_extent_info *fi, u64 start, u64 len)
{
	int err;

	inode_lock_shared(inode);
	if (fi->fi_flags & FIEMAP_FLAG_XATTR) {
		fi->fi_flags &= ~FIEMAP_FLAG_XATTR;
		err = iomap_fiemap(inode, fi, start, len, &xattr_ops);
	} else {
		/* nothing is mapped behind the size; an empty range would be refused */
		len = min_t(u64, len, max_t(u64, i_size_read(inode), 1));
		err = iomap_fiemap(inode, fi, start, len, &efsk_iomap_read_ops);
	}
	inode_unlock_shared(inode);
	return err;
}
