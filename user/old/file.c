// SPDX-License-Identifier: GPL-2.0
/*
 * Contents of regular files.
 *
 * Data goes straight between the caller's memory and the device, a whole physical run in
 * one request; there is no data cache. The device sees whole blocks only: the ragged
 * ends of a request pass through one block of memory, read first if it is in use.
 *
 * Invariants:
 * - The core publishes blocks before they are filled. Lock 2, held for writing, keeps
 *   readers away meanwhile; blocks beyond the size that could not be filled are given
 *   back; a hole inside the file that could not be filled is overwritten with zeroes.
 * - Behind the size the last block may hold anything, so the bytes between the old size
 *   and what makes the file longer are zeroed when it grows.
 *
 * Locks: lock 2 shared for reading, exclusive for writing, over the whole call.
 */
#include <stdlib.h>

#include "home.h"

/* one call's view of a file, and its bounce block */
struct io {
	struct efsu_fs *fs;
	struct efsu_inode *i;
	u32 bits, size;		/* of a block */
	char *bounce;
};

static void io_init(struct io *io, struct efsu_inode *i)
{
	io->fs = efsu_ifs(i);
	io->i = i;
	io->bits = io->fs->sb.geo.block_bits;
	io->size = io->fs->sb.geo.block_size;
	io->bounce = NULL;
}

static int io_bounce(struct io *io)
{
	void *p;

	if (io->bounce)
		return 0;
	if (posix_memalign(&p, 512, io->size))
		return -ENOMEM;
	io->bounce = p;
	return 0;
}

static int check_regular(const struct efsu_inode *i)
{
	switch (efsu_type(i)) {
	case EFS_S_IFREG:
		return 0;
	case EFS_S_IFDIR:
		return -EISDIR;
	default:
		return -EINVAL;
	}
}

/* blocks that @len bytes at @off touch */
static u32 blocks_touched(const struct io *io, u64 off, size_t len)
{
	u64 first = off >> io->bits, last = (off + len - 1) >> io->bits;

	return (u32)min(last - first + 1, (u64)0x7fffffff);
}

/* As efs_map_lookup(), joining what is contiguous across indirect blocks. */
static int lookup_run(struct io *io, u32 lblk, u32 max, struct efs_ext *ext)
{
	struct efs_ext more;
	int err = efs_map_lookup(&io->i->core, lblk, max, ext);

	while (!err && ext->len < max) {
		err = efs_map_lookup(&io->i->core, lblk + ext->len, max - ext->len, &more);
		/* whoever reads that far meets the error there */
		if (err)
			return 0;
		if ((more.flags ^ ext->flags) & EFS_EXT_HOLE ||
		    (!(ext->flags & EFS_EXT_HOLE) && more.pblk != ext->pblk + ext->len))
			break;
		ext->len += more.len;
	}
	return err;
}

/* Move @len bytes at byte @in of a mapped run to @buf. */
static int read_run(struct io *io, u32 pblk, u64 in, char *buf, size_t len)
{
	int err;

	pblk += (u32)(in >> io->bits);
	in &= io->size - 1;
	while (len) {
		size_t n = len;

		if (in || len < io->size) {
			n = min(len, (size_t)(io->size - in));
			err = io_bounce(io);
			if (!err)
				err = efsu_bcache_data_read(io->fs->home.cache, pblk, 1, io->bounce);
			if (err)
				return err;
			memcpy(buf, io->bounce + in, n);
			in = 0;
			pblk++;
		} else {
			n &= ~(size_t)(io->size - 1);
			err = efsu_bcache_data_read(io->fs->home.cache, pblk, (u32)(n >> io->bits), buf);
			if (err)
				return err;
			pblk += (u32)(n >> io->bits);
		}
		buf += n;
		len -= n;
	}
	return 0;
}

int efsu_read(struct efsu_inode *i, u64 off, void *buf, size_t len, size_t *done)
{
	struct efs_ext ext;
	struct io io;
	char *p = buf;
	u64 size;
	int err;

	*done = 0;
	err = check_regular(i);
	if (err)
		return err;
	io_init(&io, i);
	efs_rd_lock(&i->rwsem);
	size = efs_i_size(&i->core);
	if (off >= size)
		len = 0;
	else if (len > size - off)
		len = (size_t)(size - off);
	while (len) {
		u64 in = off & (io.size - 1);
		size_t n;

		err = lookup_run(&io, (u32)(off >> io.bits), blocks_touched(&io, off, len), &ext);
		if (err)
			break;
		n = (size_t)min((u64)len, ((u64)ext.len << io.bits) - in);
		if (ext.flags & EFS_EXT_HOLE)
			memset(p, 0, n);
		else
			err = read_run(&io, ext.pblk, in, p, n);
		if (err)
			break;
		p += n;
		off += n;
		len -= n;
		*done += n;
	}
	efs_rd_unlock(&i->rwsem);
	free(io.bounce);
	return err;
}

int efsu_seek_data(struct efsu_inode *i, u64 off, u64 *data)
{
	struct efs_ext ext;
	struct io io;
	u64 size;
	int err;

	err = check_regular(i);
	if (err)
		return err;
	io_init(&io, i);
	efs_rd_lock(&i->rwsem);
	size = efs_i_size(&i->core);
	err = -ENXIO;
	while (off < size) {
		err = efs_map_lookup(&i->core, (u32)(off >> io.bits), 0x7fffffff, &ext);
		if (err || !(ext.flags & EFS_EXT_HOLE))
			break;
		off = ((off >> io.bits) + ext.len) << io.bits;
		err = -ENXIO;
	}
	efs_rd_unlock(&i->rwsem);
	*data = off;
	return err;
}

/* ---- writing; lock 2 held for writing ---- */

/*
 * Change @len bytes at byte @in of one block. @valid is how many bytes at its start are
 * contents of the file so far; the others become zero. @buf NULL: only that.
 */
static int write_part(struct io *io, u32 pblk, u32 in, const char *buf, u32 len, u32 valid)
{
	int err = io_bounce(io);

	if (!err && valid)
		err = efsu_bcache_data_read(io->fs->home.cache, pblk, 1, io->bounce);
	if (err)
		return err;
	memset(io->bounce + valid, 0, io->size - valid);
	if (buf)
		memcpy(io->bounce + in, buf, len);
	return efsu_bcache_data_write(io->fs->home.cache, pblk, 1, io->bounce);
}

/* bytes of the block at file offset @at that lie below @size */
static u32 valid_bytes(const struct io *io, u64 at, u64 size)
{
	if (at >= size)
		return 0;
	return (u32)min(size - at, (u64)io->size);
}

/* Move @len bytes to byte @in of the run @ext, at file offset @off. */
static int write_run(struct io *io, const struct efs_ext *ext, u64 off, const char *buf,
		     size_t len)
{
	u64 size = ext->flags & EFS_EXT_NEW ? 0 : efs_i_size(&io->i->core);
	u32 pblk = ext->pblk, in = (u32)off & (io->size - 1);
	int err;

	while (len) {
		size_t n = len;

		if (in || len < io->size) {
			n = min(len, (size_t)(io->size - in));
			err = write_part(io, pblk, in, buf, (u32)n,
					 valid_bytes(io, off - in, size));
			pblk++;
		} else {
			n &= ~(size_t)(io->size - 1);
			err = efsu_bcache_data_write(io->fs->home.cache, pblk, (u32)(n >> io->bits),
						     buf);
			pblk += (u32)(n >> io->bits);
		}
		if (err)
			return err;
		in = 0;
		off += n;
		buf += n;
		len -= n;
	}
	return 0;
}

/* New blocks could not be filled: hide what was in them before. @blocks: of the size. */
static void take_back(struct io *io, const struct efs_ext *ext, u32 blocks)
{
	u32 k, inside = ext->lblk < blocks ? min(ext->len, blocks - ext->lblk) : 0;

	for (k = 0; k < inside; k++)
		if (write_part(io, ext->pblk + k, 0, NULL, 0, 0))
			break;
	if (k < inside)
		efs_log(&io->fs->sb, EFS_LOG_ERR, "inode %u: old data shows in blocks %u to %u",
			io->i->core.ino, ext->lblk + k, ext->lblk + inside - 1);
	efs_truncate(&io->i->core, blocks);
}

/* Bytes between the size and the end of its block become zero, on the device as well. */
static int zero_tail(struct io *io, u64 size)
{
	u32 in = (u32)size & (io->size - 1);
	struct efs_ext ext;
	int err;

	if (!in)
		return 0;
	err = efs_map_lookup(&io->i->core, (u32)(size >> io->bits), 1, &ext);
	if (err || ext.flags & EFS_EXT_HOLE)
		return err;
	return write_part(io, ext.pblk, 0, NULL, 0, in);
}

static int check_change(struct efsu_inode *i)
{
	int err = check_regular(i);

	if (!err)
		err = efs_writable(i->core.sb);
	if (!err && i->core.flags & EFS_FL_IMMUTABLE)
		err = -EPERM;
	return err;
}

static int write_locked(struct io *io, u64 off, const char *buf, size_t len, size_t *done)
{
	struct efs_inode *ei = &io->i->core;
	u64 max_size = io->fs->sb.geo.max_size, size = efs_i_size(ei);
	int err = 0, limit = 0;

	if (ei->flags & EFS_FL_APPEND && off < size)
		return -EPERM;
	if (off >= max_size)
		return -EFBIG;
	if (len > max_size - off) {
		len = (size_t)(max_size - off);
		limit = -EFBIG;
	}
	if (off > size)
		err = zero_tail(io, size);
	while (!err && len) {
		u32 lblk = (u32)(off >> io->bits), touched = blocks_touched(io, off, len);
		struct efs_ext ext;
		size_t n;

		err = efs_map_alloc(ei, lblk, touched, touched, &ext);
		if (err)
			break;
		n = (size_t)min((u64)len, ((u64)ext.len << io->bits) - (off & (io->size - 1)));
		err = write_run(io, &ext, off, buf, n);
		size = efs_i_size(ei);
		if (err && ext.flags & EFS_EXT_NEW)
			take_back(io, &ext, efs_size_blocks(ei->sb, size));
		if (err)
			break;
		off += n;
		buf += n;
		len -= n;
		*done += n;
		if (off > size)
			efs_i_size_set(ei, off);
	}
	if (*done) {
		efs_i_touch(ei, EFS_MTIME | EFS_CTIME);
		efs_i_mark_dirty(ei);
	}
	return err ? err : limit;
}

static int write_file(struct efsu_inode *i, u64 off, const void *buf, size_t len, bool sync,
		      size_t *done)
{
	struct io io;
	int err, e;

	*done = 0;
	efs_wr_lock(&i->rwsem);
	err = check_change(i);
	if (!err && len) {
		io_init(&io, i);
		i->core.port.sync = sync;
		err = write_locked(&io, off, buf, len, done);
		i->core.port.sync = false;
		free(io.bounce);
	}
	efs_wr_unlock(&i->rwsem);
	e = !*done ? 0 : sync ? efsu_fsync(i) : efsu_op_end(i);
	return err ? err : e;
}

int efsu_write(struct efsu_inode *i, u64 off, const void *buf, size_t len, size_t *done)
{
	return write_file(i, off, buf, len, false, done);
}

int efsu_write_sync(struct efsu_inode *i, u64 off, const void *buf, size_t len, size_t *done)
{
	return write_file(i, off, buf, len, true, done);
}

int efsu_truncate(struct efsu_inode *i, u64 size)
{
	struct efs_inode *ei = &i->core;
	struct io io;
	u64 was;
	int err;

	efs_wr_lock(&i->rwsem);
	err = check_change(i);
	if (!err && ei->flags & EFS_FL_APPEND)
		err = -EPERM;
	if (!err && size > ei->sb->geo.max_size)
		err = -EFBIG;
	if (err)
		goto out;
	was = efs_i_size(ei);
	io_init(&io, i);
	err = zero_tail(&io, min(size, was));
	free(io.bounce);
	if (err)
		goto out;
	efs_i_size_set(ei, size);
	efs_i_touch(ei, EFS_MTIME | EFS_CTIME);
	efs_i_mark_dirty(ei);
	if (size <= was)
		err = efs_truncate(ei, efs_size_blocks(ei->sb, size));
out:
	efs_wr_unlock(&i->rwsem);
	return err ? err : efsu_op_end(i);
}

int efsu_readlink(struct efsu_inode *i, char **target)
{
	u32 size = i->core.sb->geo.block_size + 1;
	int err;

	if (efsu_type(i) != EFS_S_IFLNK)
		return -EINVAL;
	*target = malloc(size);
	if (!*target)
		return -ENOMEM;
	err = efs_symlink_read(&i->core, *target, size);
	if (err)
		free(*target);
	return err;
}
