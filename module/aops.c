// SPDX-License-Identifier: GPL-2.0
/*
 * The page cache of regular files, over buffer heads.
 *
 * Reads are mapped in whole runs. A block is published (entered in the map) one at a
 * time under the lock of the folio that holds it, and filled or zeroed before that lock
 * is dropped: buffered readers see no stale data. Contiguity comes from the inode's
 * allocation window, which is told how much the write under way still needs. Direct
 * reads take no folio lock; iomap.c makes them wait for what is published here.
 *
 * Holes below a writable mapping are filled at fault time (file.c), so writeback meets
 * no unmapped dirty block but those that were dirtied through pinned pages.
 *
 * Locks: i_rwsem around writes; the folio lock is taken before the core's map_lock.
 */
#include <linux/blkdev.h>
#include <linux/buffer_head.h>
#include <linux/mpage.h>
#include <linux/pagemap.h>
#include <linux/writeback.h>
#include "efsk.h"
#include "trace.h"

/* blocks the write under way needs from @lblk on, this one included */
static u32 blocks_wanted(struct inode *inode, u32 lblk)
{
	u64 end = READ_ONCE(efsk_i(inode)->write_end);
	u64 pos = (u64)lblk << inode->i_blkbits;

	if (end <= pos)
		return 1;
	return min_t(u64, (end - pos + i_blocksize(inode) - 1) >> inode->i_blkbits, U32_MAX);
}

/* does another indirect block have to be read to go on behind block @end - 1? */
static bool at_table_end(const struct efs_geo *geo, u32 end)
{
	return end >= EFS_NDIR && ((end - EFS_NDIR) & (geo->ptrs - 1)) == 0;
}

int efsk_get_block(struct inode *inode, sector_t iblock, struct buffer_head *bh, int create)
{
	struct efs_inode *ei = efsk_core(inode);
	const struct efs_geo *geo = &ei->sb->geo;
	u32 max = max_t(u32, bh->b_size >> inode->i_blkbits, 1);
	struct efs_ext ext = { .flags = EFS_EXT_HOLE };
	u32 lblk = (u32)iblock;
	int err = 0;

	if (iblock >= geo->max_blocks)
		return create ? -EFBIG : 0;
	/* beyond the size there is nothing to find */
	if (!create || (u64)lblk << inode->i_blkbits < i_size_read(inode))
		err = efs_map_lookup(ei, lblk, max, &ext);
	if (!err && create && ext.flags & EFS_EXT_HOLE)
		err = efs_map_alloc(ei, lblk, 1, blocks_wanted(inode, lblk), &ext);
	trace_efsext2_map(inode, lblk, max, create, &ext, err);
	if (err || ext.flags & EFS_EXT_HOLE)
		return err;

	map_bh(bh, inode->i_sb, ext.pblk);
	bh->b_size = (size_t)ext.len << inode->i_blkbits;
	if (ext.flags & EFS_EXT_NEW)
		set_buffer_new(bh);
	if (at_table_end(geo, lblk + ext.len))
		set_buffer_boundary(bh);
	return 0;
}

/*
 * The bytes behind the end of the file, in the page that holds the end, become part of
 * the file when it grows. On the disk they are zeros, because every write-out clears
 * them; in the cache a mapping may have scribbled there. A truncation that cut the file here
 * has left its zeros in the cache: if the growth is to be @durable, so must they be, and before
 * the size that shows them.
 */
int efsk_zero_eof_page(struct inode *inode, bool durable)
{
	loff_t size = i_size_read(inode);
	struct folio *folio;
	int err;

	if (!(size & (PAGE_SIZE - 1)))
		return 0;
	folio = filemap_lock_folio(inode->i_mapping, size >> PAGE_SHIFT);
	if (IS_ERR_OR_NULL(folio))
		return 0;
	folio_wait_writeback(folio);
	folio_zero_segment(folio, offset_in_folio(folio, size), folio_size(folio));
	folio_unlock(folio);
	folio_put(folio);
	if (!durable)
		return 0;
	/* the size may go past the device's cache */
	err = filemap_write_and_wait_range(inode->i_mapping, size, size);
	return err ? err : blkdev_issue_flush(inode->i_sb->s_bdev);
}

static int efsk_read_folio(struct file *file, struct folio *folio)
{
	return mpage_read_folio(folio, efsk_get_block);
}

static void efsk_readahead(struct readahead_control *rac)
{
	mpage_readahead(rac, efsk_get_block);
}

static int efsk_writepages(struct address_space *mapping, struct writeback_control *wbc)
{
	return mpage_writepages(mapping, wbc, efsk_get_block);
}

/* a write fell short: blocks that were published beyond the size must not stay */
static void write_failed(struct inode *inode, loff_t end)
{
	if (end > i_size_read(inode))
		/* what cannot be cut has been reported and lies beyond the size */
		efsk_cut_beyond_eof(inode);
}

static int efsk_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
			    unsigned int len, efs_wfolio_t **out, void **fsdata)
{
	int err = block_write_begin(mapping, pos, len, out, efsk_get_block);

	if (err < 0)
		write_failed(mapping->host, pos + len);
	return err;
}

static int efsk_write_end(struct file *file, struct address_space *mapping, loff_t pos,
			  unsigned int len, unsigned int copied, efs_wfolio_t *folio,
			  void *fsdata)
{
	int ret = generic_write_end(file, mapping, pos, len, copied, folio, fsdata);

	if (ret < (int)len)
		write_failed(mapping->host, pos + len);
	return ret;
}

static sector_t efsk_bmap(struct address_space *mapping, sector_t block)
{
	return generic_block_bmap(mapping, block, efsk_get_block);
}

const struct address_space_operations efsk_aops = {
	.read_folio = efsk_read_folio,
	.readahead = efsk_readahead,
	.writepages = efsk_writepages,
	.write_begin = efsk_write_begin,
	.write_end = efsk_write_end,
	.dirty_folio = block_dirty_folio,
	.invalidate_folio = block_invalidate_folio,
	.is_partially_uptodate = block_is_partially_uptodate,
	.migrate_folio = buffer_migrate_folio,
	.bmap = efsk_bmap,
	EFS_AOP_ERROR_REMOVE,
};
