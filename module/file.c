// SPDX-License-Identifier: GPL-2.0
/*
 * Regular files: reading, writing, mapping, syncing.
 *
 * Buffered I/O goes through aops.c, direct I/O through iomap.c. Direct writes that stay
 * inside the size, cover whole blocks and need no mark of set-id bits removed share
 * i_rwsem with each other and with readers; all others have it alone. What direct I/O
 * cannot do, writing into holes, is done through the page cache, written out and dropped
 * from it.
 *
 * fsync() makes durable: data, the blocks the core linked to the inode (indirect and
 * directory blocks), the inode, and the entry that names it if that is new, up to the
 * first directory that is known to be durable; then the device's cache is flushed once.
 *
 * Locks: i_rwsem here, the rest below. fsync() takes none: O_DSYNC writes call it with
 * i_rwsem held.
 */
#include <linux/blkdev.h>
#include <linux/iomap.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/uio.h>
#include "efsk.h"

/* ---- open and close ---- */

/* s_last_mounted: for people who look at the volume later */
static void note_mount_point(struct file *file)
{
	struct super_block *sb = file_inode(file)->i_sb;
	struct path root = { .mnt = file->f_path.mnt, .dentry = file->f_path.mnt->mnt_root };
	struct efsk_sb *sbi = efsk_sb(sb);
	char buf[sizeof_field(struct efs_dsuper, s_last_mounted)];
	char *path;

	if (likely(test_bit(0, &sbi->last_mounted_done)) || efs_writable(&sbi->core) ||
	    !sb_start_intwrite_trylock(sb))
		return;
	if (!test_and_set_bit(0, &sbi->last_mounted_done)) {
		path = d_path(&root, buf, sizeof(buf));
		if (!IS_ERR(path))
			efs_set_last_mounted(&sbi->core, path, strlen(path));
	}
	sb_end_intwrite(sb);
}

static int efsk_file_open(struct inode *inode, struct file *file)
{
	int err = generic_file_open(inode, file);

	if (err)
		return err;
	file->f_mode |= FMODE_CAN_ODIRECT;
	note_mount_point(file);
	return 0;
}

static int efsk_file_release(struct inode *inode, struct file *file)
{
	struct efs_inode *ei = efsk_core(inode);

	/* the last writer leaves: what was set aside for it is free again */
	if ((file->f_mode & FMODE_WRITE) && atomic_read(&inode->i_writecount) == 1 &&
	    READ_ONCE(ei->win_len)) {
		sb_start_intwrite(inode->i_sb);
		efs_window_discard(ei);
		sb_end_intwrite(inode->i_sb);
	}
	return 0;
}

/* ---- reading and writing ---- */

static ssize_t efsk_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct inode *inode = file_inode(file);
	ssize_t ret;

	if (!iov_iter_count(to))
		return 0;
	if (!(iocb->ki_flags & IOCB_DIRECT))
		return generic_file_read_iter(iocb, to);
	inode_lock_shared(inode);
	ret = iomap_dio_rw(iocb, to, &efsk_iomap_read_ops, NULL, 0, NULL, 0);
	inode_unlock_shared(inode);
	file_accessed(file);
	return ret;
}

/* i_rwsem held for writing; generic_write_checks() and kiocb_modified() are done */
static ssize_t write_cached(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	struct efsk_inode *ki = efsk_i(inode);
	ssize_t ret;

	if (iocb->ki_pos > i_size_read(inode)) {
		ret = efsk_zero_eof_page(inode, iocb_is_dsync(iocb));
		if (ret)
			return ret;
	}
	WRITE_ONCE(ki->write_end, iocb->ki_pos + iov_iter_count(from));
	WRITE_ONCE(ki->dsync, iocb_is_dsync(iocb));
	ret = efs_perform_write(iocb, from);
	WRITE_ONCE(ki->dsync, false);
	WRITE_ONCE(ki->write_end, 0);
	return ret;
}

static ssize_t buffered_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	ssize_t ret;

	inode_lock(inode);
	ret = generic_write_checks(iocb, from);
	if (ret > 0) {
		int err = kiocb_modified(iocb);

		ret = err ? err : write_cached(iocb, from);
	}
	inode_unlock(inode);
	return ret > 0 ? generic_write_sync(iocb, ret) : ret;
}

static int dio_write_end(struct kiocb *iocb, ssize_t size, int error, unsigned int flags)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	loff_t end = iocb->ki_pos + size;

	/*
	 * Only writers that have i_rwsem alone and wait get here with a larger size. It is
	 * set before iomap drops the page that straddles the old one, or a reader could
	 * cache that page again with zeros in the place of the new data.
	 */
	if (!error && end > i_size_read(inode)) {
		i_size_write(inode, end);
		mark_inode_dirty(inode);
	}
	return error;
}

static const struct iomap_dio_ops dio_write_ops = {
	.end_io = dio_write_end,
};

/* may this write run beside others? Looked at again under the lock. */
static bool is_plain_overwrite(const struct kiocb *iocb, const struct iov_iter *from)
{
	const struct inode *inode = file_inode(iocb->ki_filp);
	u64 pos = iocb->ki_pos, len = iov_iter_count(from);

	return !(iocb->ki_flags & IOCB_APPEND) && IS_NOSEC(inode) &&
	       IS_ALIGNED(pos | len, i_blocksize(inode)) && pos + len <= i_size_read(inode);
}

/* beside others; -ENOTBLK if it turns out that it may not */
static ssize_t dio_write_shared(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	ssize_t ret;

	inode_lock_shared(inode);
	ret = generic_write_checks(iocb, from);
	if (ret > 0)
		ret = is_plain_overwrite(iocb, from) ? kiocb_modified(iocb) : -ENOTBLK;
	if (!ret)
		ret = iomap_dio_rw(iocb, from, &efsk_iomap_dio_write_ops, &dio_write_ops, 0,
				   NULL, 0);
	inode_unlock_shared(inode);
	return ret;
}

/*
 * i_rwsem held for writing. A write that is not aligned to blocks, or goes beyond the
 * size, is the only one in flight: iomap zeroes the rest of the block at the new end.
 */
static ssize_t dio_write_alone(struct kiocb *iocb, struct iov_iter *from, bool wait)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	struct efsk_inode *ki = efsk_i(inode);
	u64 pos = iocb->ki_pos, len = iov_iter_count(from);
	bool extend = pos + len > i_size_read(inode);
	ssize_t ret;

	if (extend || !IS_ALIGNED(pos | len, i_blocksize(inode))) {
		wait = true;
		inode_dio_wait(inode);
	}
	if (pos > i_size_read(inode)) {
		ret = efsk_zero_eof_page(inode, iocb_is_dsync(iocb));
		if (ret)
			return ret;
	}
	/* blocks are mapped before it returns, also where the data is not waited for */
	WRITE_ONCE(ki->dsync, iocb_is_dsync(iocb));
	ret = iomap_dio_rw(iocb, from, &efsk_iomap_dio_write_ops, &dio_write_ops,
			   wait ? IOMAP_DIO_FORCE_WAIT : 0, NULL, 0);
	WRITE_ONCE(ki->dsync, false);
	if (extend && (ret < 0 || iov_iter_count(from)))
		/* blocks beyond the size, whose contents were never written, must go */
		efsk_cut_beyond_eof(inode);
	return ret;
}

static ssize_t direct_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	ssize_t ret, done = 0;
	bool cached = false;

	if (is_plain_overwrite(iocb, from)) {
		ret = dio_write_shared(iocb, from);
		if (ret != -ENOTBLK && (ret < 0 || !iov_iter_count(from)))
			return ret;
		done = max_t(ssize_t, ret, 0);
	}
	inode_lock(inode);
	ret = generic_write_checks(iocb, from);
	if (ret <= 0)
		goto out;
	ret = kiocb_modified(iocb);
	if (ret)
		goto out;
	ret = dio_write_alone(iocb, from, done);
	if (ret == -ENOTBLK)
		ret = 0;
	if (ret >= 0 && iov_iter_count(from)) {
		/* a hole below the size, or a page that cannot be dropped */
		cached = true;
		ret = direct_write_fallback(iocb, from, ret, write_cached(iocb, from));
	}
out:
	inode_unlock(inode);
	/* what went directly has been synced by iomap as far as it had to be */
	if (cached && ret > 0)
		ret = generic_write_sync(iocb, ret);
	return ret < 0 && done ? done : done + ret;
}

static ssize_t efsk_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	int err = efs_writable(efsk_sb_core(file_inode(iocb->ki_filp)->i_sb));

	if (err)
		return err;
	return iocb->ki_flags & IOCB_DIRECT ? direct_write(iocb, from) :
					      buffered_write(iocb, from);
}

static loff_t efsk_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file_inode(file);

	if (whence != SEEK_HOLE && whence != SEEK_DATA)
		return generic_file_llseek(file, offset, whence);
	inode_lock_shared(inode);
	if (whence == SEEK_HOLE)
		offset = iomap_seek_hole(inode, offset, &efsk_iomap_read_ops);
	else
		offset = iomap_seek_data(inode, offset, &efsk_iomap_read_ops);
	inode_unlock_shared(inode);
	return offset < 0 ? offset : vfs_setpos(file, offset, inode->i_sb->s_maxbytes);
}

/* ---- mapping ---- */

/* a page becomes writable: its holes are filled now, while there is someone to tell */
static vm_fault_t efsk_page_mkwrite(struct vm_fault *vmf)
{
	struct file *file = vmf->vma->vm_file;
	struct inode *inode = file_inode(file);
	int err;

	sb_start_pagefault(inode->i_sb);
	err = efs_writable(efsk_sb_core(inode->i_sb));
	if (!err)
		err = file_update_time(file);
	if (!err) {
		filemap_invalidate_lock_shared(inode->i_mapping);
		err = block_page_mkwrite(vmf->vma, vmf, efsk_get_block);
		filemap_invalidate_unlock_shared(inode->i_mapping);
	}
	sb_end_pagefault(inode->i_sb);

	switch (err) {
	case 0:
		return VM_FAULT_LOCKED;
	case -EFAULT:	/* truncated meanwhile */
	case -EAGAIN:
		return VM_FAULT_NOPAGE;
	case -ENOMEM:
		return VM_FAULT_OOM;
	default:
		return VM_FAULT_SIGBUS;
	}
}

static const struct vm_operations_struct efsk_vm_ops = {
	.fault = filemap_fault,
	.map_pages = filemap_map_pages,
	.page_mkwrite = efsk_page_mkwrite,
};

static int efsk_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	file_accessed(file);
	vma->vm_ops = &efsk_vm_ops;
	return 0;
}

/* ---- syncing ---- */

/*
 * The newest entry that names the inode, and those of its ancestors that are new too. A
 * directory with dirty blocks does not leave memory, so one that is not found is durable.
 */
static int sync_new_entries(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	int err = 0;

	ihold(inode);
	while (!err && test_and_clear_bit(EFSK_I_NEWENTRY, &efsk_i(inode)->flags)) {
		struct inode *dir = ilookup(sb, READ_ONCE(efsk_i(inode)->entry_dir));

		if (!dir)
			break;
		err = efsk_sync_inode(dir, false);
		if (err)
			set_bit(EFSK_I_NEWENTRY, &efsk_i(inode)->flags);
		iput(inode);
		inode = dir;
	}
	iput(inode);
	return err;
}

int efsk_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct inode *inode = file->f_mapping->host;
	int err = file_write_and_wait_range(file, start, end), err2;

	if (err)
		return err;
	err = efsk_sync_inode(inode, datasync);
	if (!err)
		err = sync_new_entries(inode);
	/* the blocks of the metadata may have met errors since the first look */
	err2 = file_check_and_advance_wb_err(file);
	if (!err)
		err = err2;
	return err ? err : blkdev_issue_flush(inode->i_sb->s_bdev);
}

const struct file_operations efsk_file_fops = {
	.llseek = efsk_llseek,
	.read_iter = efsk_read_iter,
	.write_iter = efsk_write_iter,
	.mmap = efsk_file_mmap,
	.open = efsk_file_open,
	.release = efsk_file_release,
	.fsync = efsk_fsync,
	.splice_read = efs_splice_read,
	.splice_write = iter_file_splice_write,
	.get_unmapped_area = thp_get_unmapped_area,
	.unlocked_ioctl = efsk_ioctl,
	.compat_ioctl = efsk_compat_ioctl,
};

const struct inode_operations efsk_file_iops = {
	.setattr = efsk_setattr,
	.getattr = efsk_getattr,
	.fiemap = efsk_fiemap,
	.fileattr_get = efsk_fileattr_get,
	.fileattr_set = efsk_fileattr_set,
};
