// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ext2 behind the general interface: contents of regular files.
 *
 * Data goes straight between the caller's memory and the device, a whole physical run in
 * one request; there is no data cache. The device sees whole blocks only: the ragged
 * ends of a request pass through one block of memory, read first if it is in use.
 *
 * Invariants:
 * - The core publishes blocks before they are filled. rwsem, held for writing, keeps
 *   readers away meanwhile; blocks beyond the size that could not be filled are given
 *   back; a hole inside the file that could not be filled is overwritten with zeroes.
 * - Behind the size the last block may hold anything, so the bytes between the old size
 *   and what makes the file longer are zeroed when it grows.
 *
 * Locks: rwsem, over the whole call.
 */
#include "ext2_priv.h"

/* one call's view of a file, and its bounce block */
struct io {
	struct efs_sb *sb;
	const struct efs_ext2_home *home;
	struct efs_inode *ei;
	u32 bits, size;		/* of a block */
	char *bounce;
};

static void io_init(struct io *io, struct efs_node *node)
{
	io->home = ext2_fs(node->fs)->home;
	io->ei = ext2_ei(node);
	io->sb = io->ei->sb;
	io->bits = io->sb->geo.block_bits;
	io->size = io->sb->geo.block_size;
	io->bounce = NULL;
}

static int io_bounce(struct io *io)
{
	if (!io->bounce)
		io->bounce = efs_alloc(io->sb, io->size);
	return io->bounce ? 0 : -ENOMEM;
}

/* blocks that @len bytes at @off touch */
static u32 blocks_touched(const struct io *io, u64 off, size_t len)
{
	u64 first = off >> io->bits, last = (off + len - 1) >> io->bits;

	return (u32)min_t(u64, last - first + 1, 0x7fffffff);
}

/* ---- reading ---- */

/* As efs_map_lookup(), joining what is contiguous across indirect blocks. */
static int lookup_run(struct io *io, u32 lblk, u32 max, struct efs_ext *ext)
{
	struct efs_ext more;
	int err = efs_map_lookup(io->ei, lblk, max, ext);

	while (!err && ext->len < max) {
		err = efs_map_lookup(io->ei, lblk + ext->len, max - ext->len, &more);
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
			n = min_t(size_t, len, (size_t)(io->size - in));
			err = io_bounce(io);
			if (!err)
				err = io->home->data_read(io->sb, pblk, 1, io->bounce);
			if (err)
				return err;
			memcpy(buf, io->bounce + in, n);
			in = 0;
			pblk++;
		} else {
			n &= ~(size_t)(io->size - 1);
			err = io->home->data_read(io->sb, pblk, (u32)(n >> io->bits), buf);
			if (err)
				return err;
			pblk += (u32)(n >> io->bits);
		}
		buf += n;
		len -= n;
	}
	return 0;
}

int efs_ext2_read(struct efs_node *node, u64 off, void *buf, size_t len, size_t *done)
{
	struct efs_ext ext;
	struct io io;
	char *p = buf;
	u64 size;
	int err = 0;

	io_init(&io, node);
	size = efs_i_size(io.ei);
	if (off >= size)
		return 0;
	len = (size_t)min_t(u64, len, size - off);
	while (len) {
		u64 in = off & (io.size - 1);
		size_t n;

		err = lookup_run(&io, (u32)(off >> io.bits), blocks_touched(&io, off, len), &ext);
		if (err)
			break;
		n = (size_t)min_t(u64, len, ((u64)ext.len << io.bits) - in);
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
	efs_free(io.bounce);
	return err;
}

int efs_ext2_seek(struct efs_node *node, u64 off, bool hole, u64 *at)
{
	struct efs_inode *ei = ext2_ei(node);
	u32 bits = ei->sb->geo.block_bits;
	u64 size = efs_i_size(ei);
	struct efs_ext ext;
	int err;

	while (off < size) {
		err = efs_map_lookup(ei, (u32)(off >> bits), 0x7fffffff, &ext);
		if (err)
			return err;
		if (hole == (bool)(ext.flags & EFS_EXT_HOLE)) {
			*at = off;
			return 0;
		}
		off = ((off >> bits) + ext.len) << bits;
	}
	*at = size;
	return hole ? 0 : -ENXIO;
}

/* ---- writing ---- */

/*
 * Change @len bytes at byte @in of one block. @valid is how many bytes at its start are
 * contents of the file so far; the others become zero. @buf NULL: only that.
 */
static int write_part(struct io *io, u32 pblk, u32 in, const char *buf, u32 len, u32 valid)
{
	int err = io_bounce(io);

	if (!err && valid)
		err = io->home->data_read(io->sb, pblk, 1, io->bounce);
	if (err)
		return err;
	memset(io->bounce + valid, 0, io->size - valid);
	if (buf)
		memcpy(io->bounce + in, buf, len);
	return io->home->data_write(io->sb, pblk, 1, io->bounce);
}

/* bytes of the block at file offset @at that lie below @size */
static u32 valid_bytes(const struct io *io, u64 at, u64 size)
{
	return at < size ? (u32)min_t(u64, size - at, io->size) : 0;
}

/* Move @len bytes to byte @in of the run @ext, at file offset @off. */
static int write_run(struct io *io, const struct efs_ext *ext, u64 off, const char *buf,
		     size_t len)
{
	u64 size = ext->flags & EFS_EXT_NEW ? 0 : efs_i_size(io->ei);
	u32 pblk = ext->pblk, in = (u32)off & (io->size - 1);
	int err;

	while (len) {
		size_t n = len;

		if (in || len < io->size) {
			n = min_t(size_t, len, io->size - in);
			err = write_part(io, pblk, in, buf, (u32)n,
					 valid_bytes(io, off - in, size));
			pblk++;
		} else {
			n &= ~(size_t)(io->size - 1);
			err = io->home->data_write(io->sb, pblk, (u32)(n >> io->bits), buf);
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
	u32 k, inside = ext->lblk < blocks ? min_t(u32, ext->len, blocks - ext->lblk) : 0;

	for (k = 0; k < inside; k++)
		if (write_part(io, ext->pblk + k, 0, NULL, 0, 0))
			break;
	if (k < inside)
		efs_log(io->sb, EFS_LOG_ERR, "inode %u: old data shows in blocks %u to %u",
			io->ei->ino, ext->lblk + k, ext->lblk + inside - 1);
	efs_truncate(io->ei, blocks);
}

/* Bytes between the size and the end of its block become zero, on the device as well. */
static int zero_tail(struct io *io, u64 size)
{
	u32 in = (u32)size & (io->size - 1);
	struct efs_ext ext;
	int err;

	if (!in)
		return 0;
	err = efs_map_lookup(io->ei, (u32)(size >> io->bits), 1, &ext);
	if (err || ext.flags & EFS_EXT_HOLE)
		return err;
	return write_part(io, ext.pblk, 0, NULL, 0, in);
}

/* one run; @n: bytes written */
static int write_some(struct io *io, u64 off, const char *buf, size_t len, size_t *n)
{
	u32 lblk = (u32)(off >> io->bits), touched = blocks_touched(io, off, len);
	struct efs_ext ext;
	int err;

	err = efs_map_alloc(io->ei, lblk, touched, touched, &ext);
	if (err)
		return err;
	*n = (size_t)min_t(u64, len, ((u64)ext.len << io->bits) - (off & (io->size - 1)));
	err = write_run(io, &ext, off, buf, *n);
	if (err && ext.flags & EFS_EXT_NEW)
		take_back(io, &ext, efs_size_blocks(io->sb, efs_i_size(io->ei)));
	return err;
}

int efs_ext2_write(struct efs_node *node, u64 off, const void *buf, size_t len, size_t *done)
{
	struct efs_inode *ei = ext2_ei(node);
	u64 max_size = ei->sb->geo.max_size;
	int err = 0, limit = 0;
	const char *p = buf;
	struct io io;
	size_t n;

	if (off >= max_size)
		return -EFBIG;
	if (len > max_size - off) {
		len = (size_t)(max_size - off);
		limit = -EFBIG;
	}
	io_init(&io, node);
	if (off > efs_i_size(ei))
		err = zero_tail(&io, efs_i_size(ei));
	while (!err && len) {
		err = write_some(&io, off, p, len, &n);
		if (err)
			break;
		off += n;
		p += n;
		len -= n;
		*done += n;
		if (off > efs_i_size(ei))
			efs_i_size_set(ei, off);
	}
	efs_free(io.bounce);
	if (*done) {
		efs_i_touch(ei, EFS_MTIME | EFS_CTIME);
		efs_i_mark_dirty(ei);
	}
	return err ? err : limit;
}

/* What it maps is zeroed or written before anything on the device leads there. */
int efs_ext2_write_sync(struct efs_node *node, u64 off, const void *buf, size_t len, size_t *done)
{
	const struct efs_ext2_home *home = ext2_fs(node->fs)->home;
	int err;

	home->inode_sync(ext2_ei(node), true);
	err = efs_ext2_write(node, off, buf, len, done);
	home->inode_sync(ext2_ei(node), false);
	return err;
}

int efs_ext2_truncate(struct efs_node *node, u64 size)
{
	struct efs_inode *ei = ext2_ei(node);
	struct io io;
	u64 was;
	int err;

	if (size > ei->sb->geo.max_size)
		return -EFBIG;
	was = efs_i_size(ei);
	io_init(&io, node);
	err = zero_tail(&io, min(size, was));
	efs_free(io.bounce);
	if (err)
		return err;
	efs_i_size_set(ei, size);
	efs_i_touch(ei, EFS_MTIME | EFS_CTIME);
	efs_i_mark_dirty(ei);
	return size <= was ? efs_truncate(ei, efs_size_blocks(ei->sb, size)) : 0;
}
