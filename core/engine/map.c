// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The block map: from logical blocks of a file to blocks of the volume.
 *
 * Twelve direct pointers, then trees of one, two and three levels of indirect blocks.
 * A way through the map is a sequence of indices: idx[0] into block[], idx[1] into the
 * first indirect block, and so on; depth says how many indirect blocks lie on it.
 *
 * Every pointer is checked against the system zone before it is used, so a hostile map
 * can neither read nor overwrite metadata. An allocation builds its missing indirect
 * blocks and its data run aside and publishes both with one pointer store; what fails
 * before that leaves no trace. New blocks of a directory hold entries before that store.
 *
 * Locks: map_lock of the inode, shared for lookups, exclusive for allocation. Contents
 * of indirect blocks change only under it; single pointers are written with one store,
 * so the buffer lock is not needed.
 */
#include "efs.h"

#define WAY_MAX 4

/* windows of a sequential writer, in blocks: the first one, and the largest */
#define WINDOW_FIRST	8
#define WINDOW_LAST	1024

/**
 * struct way - where a walk through the map stopped
 * @idx: as efs_map_way() says; @depth its result
 * @depth: indirect blocks on the whole way
 * @level: table level reached: @depth, or less if the way ends in a hole before
 * @table: pointers at that level, @size of them
 * @size: see @table
 * @buf: the indirect block @table lies in, referenced; NULL at level 0
 * @ptr: the pointer at @table[@idx[@level]]
 */
struct way {
	u32 idx[WAY_MAX];
	u32 depth, level, size, ptr;
	__le32 *table;
	struct efs_buf *buf;
};

int efs_map_way(const struct efs_geo *geo, u32 lblk, u32 *idx)
{
	u32 bits = geo->ptrs_bits, mask = geo->ptrs - 1, depth, i;
	u64 n = lblk, span = geo->ptrs;

	if (lblk >= geo->max_blocks)
		return -EFBIG;
	if (n < EFS_NDIR) {
		idx[0] = lblk;
		return 0;
	}
	n -= EFS_NDIR;
	/* max_blocks is no more than three levels hold */
	for (depth = 1; n >= span; depth++) {
		n -= span;
		span <<= bits;
	}
	idx[0] = EFS_NDIR + depth - 1;
	for (i = depth; i; i--) {
		idx[i] = (u32)n & mask;
		n >>= bits;
	}
	return (int)depth;
}

/* map_lock held; the caller puts w->buf, also after an error */
static int walk(struct efs_inode *ei, u32 lblk, struct way *w)
{
	struct efs_sb *sb = ei->sb;
	struct efs_buf *b;
	int err = efs_map_way(&sb->geo, lblk, w->idx);

	w->buf = NULL;
	if (err < 0)
		return err;
	w->depth = (u32)err;
	w->level = 0;
	w->table = ei->block;
	w->size = w->depth ? w->idx[0] + 1 : EFS_NDIR;
	for (;;) {
		w->ptr = le32_to_cpu(w->table[w->idx[w->level]]);
		if (!w->ptr || w->level == w->depth)
			return 0;
		if (!efs_data_ok(sb, w->ptr, 1))
			return efs_bad(sb, EFS_C_MAP_INDIRECT, ei->ino, w->ptr, lblk);
		err = efs_buf_read(sb, w->ptr, &b);
		if (err)
			return err;
		efs_buf_put(w->buf);
		w->buf = b;
		w->table = efs_buf_data(b);
		w->size = sb->geo.ptrs;
		w->level++;
	}
}

/* blocks from @lblk on for which the walk's table shows nothing but holes */
static u32 hole_len(const struct efs_geo *geo, const struct way *w, u32 max)
{
	u64 unit = 1, off = 0, n;
	u32 i;

	for (i = w->depth; i > w->level; i--) {
		off += unit * w->idx[i];
		unit <<= geo->ptrs_bits;
	}
	n = unit - off;
	for (i = w->idx[w->level] + 1; i < w->size && n < max && !w->table[i]; i++)
		n += unit;
	return n < max ? (u32)n : max;
}

static u32 mapped_len(const struct way *w, u32 max)
{
	u32 at = w->idx[w->level], n = 1;

	max = min_t(u32, max, w->size - at);
	while (n < max && le32_to_cpu(w->table[at + n]) == w->ptr + n)
		n++;
	return n;
}

/* what the walk shows at @lblk, validated */
static int describe(struct efs_inode *ei, const struct way *w, u32 lblk, u32 max,
		    struct efs_ext *out)
{
	const struct efs_geo *geo = &ei->sb->geo;

	max = min_t(u32, max, geo->max_blocks - lblk);
	out->lblk = lblk;
	out->pblk = w->ptr;
	out->seq = ei->map_seq;
	if (!w->ptr) {
		out->flags = EFS_EXT_HOLE;
		out->len = hole_len(geo, w, max);
		return 0;
	}
	out->flags = EFS_EXT_MAPPED;
	out->len = mapped_len(w, max);
	if (unlikely(!efs_data_ok(ei->sb, out->pblk, out->len))) {
		out->len = 1;
		if (!efs_data_ok(ei->sb, out->pblk, 1))
			return efs_bad(ei->sb, EFS_C_MAP_BLOCK, ei->ino, out->pblk, lblk);
	}
	return 0;
}

int efs_map_lookup(struct efs_inode *ei, u32 lblk, u32 max, struct efs_ext *out)
{
	struct way w;
	int err;

	efs_rd_lock(&ei->map_lock);
	err = walk(ei, lblk, &w);
	if (!err)
		err = describe(ei, &w, lblk, max, out);
	efs_buf_put(w.buf);
	efs_rd_unlock(&ei->map_lock);
	return err;
}

/* where a new block should go: behind the one before it in the file, else near its map */
static u32 find_goal(const struct efs_inode *ei, const struct way *w, u32 lblk)
{
	u32 i;

	if (lblk == ei->goal_lblk && ei->goal_pblk)
		return ei->goal_pblk;
	for (i = w->idx[w->level]; i-- > 0;)
		if (w->table[i])
			return le32_to_cpu(w->table[i]) + 1;
	return w->buf ? efs_buf_nr(w->buf) + 1 : 0;
}

/* a writer that continues where it stopped gets ever larger windows, others none */
static void size_window(struct efs_inode *ei, u32 lblk, u32 len, u32 want)
{
	u32 size = 0;

	if (lblk && lblk == ei->goal_lblk)
		size = ei->win_size ? min_t(u32, 2 * ei->win_size, WINDOW_LAST) : WINDOW_FIRST;
	if (want > len)
		size = max_t(u32, size, min_t(u32, want - len, WINDOW_LAST));
	ei->win_size = size;
}

/**
 * struct fresh - blocks taken for one allocation
 * @ind: indirect blocks, topmost first
 * @nind: how many of them
 * @buf: their buffers, once made
 * @data: first block of the data run
 * @len: its length
 */
struct fresh {
	u32 ind[WAY_MAX - 1], nind;
	struct efs_buf *buf[WAY_MAX - 1];
	u32 data, len;
};

static void give_back(struct efs_inode *ei, struct fresh *f)
{
	u32 i;

	for (i = 0; i < f->nind; i++) {
		efs_buf_forget(f->buf[i]);
		efs_bfree(ei->sb, ei->ino, f->ind[i], 1);
	}
	if (!f->len)
		return;
	if (!efs_is_reg(ei))
		efs_data_new(ei->sb, f->data, f->len);
	efs_bfree(ei->sb, ei->ino, f->data, f->len);
}

/* @missing indirect blocks, laid out in front of the data they map, and a data run */
static int take(struct efs_inode *ei, u32 goal, u32 missing, u32 len, struct fresh *f)
{
	bool window = efs_is_reg(ei);
	int err;

	while (f->nind < missing || !f->len) {
		u32 start, n;

		err = efs_balloc(ei, goal, missing - f->nind + len, window, &start, &n);
		if (err)
			return err;
		goal = start + n;
		for (; n && f->nind < missing; n--)
			f->ind[f->nind++] = start++;
		f->data = start;
		f->len = n;
	}
	return 0;
}

/* a directory must never show a block that holds no entries, not even after a power cut */
static int init_dir_blocks(struct efs_inode *ei, const struct fresh *f)
{
	struct efs_sb *sb = ei->sb;
	struct efs_buf *b;
	u32 i;
	int err = 0;

	for (i = 0; i < f->len && !err; i++) {
		err = efs_buf_new(sb, f->data + i, &b);
		if (err)
			break;
		efs_dirent_init(&sb->geo, efs_buf_data(b), 0, 0);
		efs_buf_set_verified(b);
		efs_buf_dirty(sb, ei, b);
		err = efs_order(ei, b);
		efs_buf_put(b);
	}
	return err;
}

/* fill the new indirect blocks, the lowest first, and order each before what points to it */
static int build(struct efs_inode *ei, const struct way *w, struct fresh *f)
{
	struct efs_sb *sb = ei->sb;
	u32 i, j;
	int err;

	for (i = f->nind; i-- > 0;) {
		u32 at = w->idx[w->level + 1 + i];
		__le32 *table;

		err = efs_buf_new(sb, f->ind[i], &f->buf[i]);
		if (err)
			return err;
		table = efs_buf_data(f->buf[i]);
		if (i + 1 < f->nind)
			table[at] = cpu_to_le32(f->ind[i + 1]);
		else
			for (j = 0; j < f->len; j++)
				table[at + j] = cpu_to_le32(f->data + j);
		efs_buf_dirty(sb, ei, f->buf[i]);
		err = efs_order(ei, f->buf[i]);
		if (err)
			return err;
	}
	return 0;
}

/* the store that makes it all visible */
static int publish(struct efs_inode *ei, struct way *w, const struct fresh *f)
{
	__le32 *at = &w->table[w->idx[w->level]];
	u32 i;

	if (f->nind)
		WRITE_ONCE(*at, cpu_to_le32(f->ind[0]));
	else
		for (i = 0; i < f->len; i++)
			WRITE_ONCE(at[i], cpu_to_le32(f->data + i));
	efs_i_sectors_add(ei, (s64)(f->nind + f->len) << (ei->sb->geo.block_bits - 9));
	efs_i_mark_dirty(ei);
	if (!w->buf)
		return 0;
	efs_buf_dirty(ei->sb, ei, w->buf);
	/*
	 * Entries in a new block may be all that names a file, so a directory's pointers are
	 * ordered, and its growth is undone if that fails. What holds file data is readable
	 * from now on and the caller must fill it: a failed write-out is fsync's to tell.
	 */
	return efs_is_dir(ei) ? efs_order(ei, w->buf) : 0;
}

/* map_lock held for writing; the walk ended in a hole */
static int fill_hole(struct efs_inode *ei, struct way *w, u32 lblk, u32 len, u32 want,
		     struct efs_ext *out)
{
	struct efs_sb *sb = ei->sb;
	struct fresh f = {};
	u32 missing = w->depth - w->level, room, i;
	int err;

	room = missing ? sb->geo.ptrs - w->idx[w->depth] : hole_len(&sb->geo, w, len);
	len = min_t(u32, min_t(u32, len, room), sb->geo.max_blocks - lblk);

	size_window(ei, lblk, len, want);
	err = take(ei, find_goal(ei, w, lblk), missing, len, &f);
	if (!err && efs_is_reg(ei))
		efs_data_new(sb, f.data, f.len);
	if (!err && efs_is_dir(ei))
		err = init_dir_blocks(ei, &f);
	if (!err)
		err = build(ei, w, &f);
	if (err) {
		give_back(ei, &f);
		return err;
	}
	err = publish(ei, w, &f);
	for (i = 0; i < f.nind; i++)
		efs_buf_put(f.buf[i]);
	ei->goal_lblk = lblk + f.len;
	ei->goal_pblk = f.data + f.len;

	out->lblk = lblk;
	out->pblk = f.data;
	out->len = f.len;
	out->flags = EFS_EXT_MAPPED | EFS_EXT_NEW;
	out->seq = ei->map_seq;
	return err;
}

int efs_map_alloc(struct efs_inode *ei, u32 lblk, u32 len, u32 want, struct efs_ext *out)
{
	struct way w;
	int err = efs_writable(ei->sb);

	if (err)
		return err;
	efs_map_wlock(ei);
	err = walk(ei, lblk, &w);
	if (!err && w.ptr)
		err = describe(ei, &w, lblk, len, out);
	else if (!err)
		err = fill_hole(ei, &w, lblk, len, want, out);
	efs_buf_put(w.buf);
	efs_map_wunlock(ei);
	return err;
}
