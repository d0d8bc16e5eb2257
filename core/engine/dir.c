// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Directories: finding, adding, removing and walking entries, block by block.
 *
 * A directory is searched linearly, beginning with the block of the last success. A
 * block is validated when it is first seen (efs_dirent_check(), remembered by
 * efs_buf_verified()); a bad one is reported, costs what it holds, and is stepped over,
 * so the rest of the directory stays reachable. A search gives up after BAD_LIMIT of
 * them, and holes are stepped over as whole runs: a hostile size costs no endless scan.
 *
 * Room: needs fall into four classes; dir_room[c] is a block below which no block has
 * room for the largest need of class c. Insertion searches from there on and moves it
 * past each block that had no room, deletion moves it back, so n insertions look at n
 * blocks in all and not at n * n. A smaller need of the class may overlook a gap below;
 * before a directory fails to grow, everything is searched.
 *
 * Each change is: clear the INDEX flag in the inode, edit one block, dirty, ORDER. It is
 * durable in order when the function returns, so that sequences of changes (namei.c) are
 * in the order of their calls. If that fails the edit is taken back.
 *
 * Locks: lock 2 of the directory, exclusive for changes, else shared. The buffer lock
 * is held during an edit only.
 */
#include "efs.h"

#define BAD_LIMIT	16
#define RUN_MAX		128	/* blocks looked up at once */
#define AHEAD_STEP	16	/* blocks; read-ahead is asked for twice that */

#define ROOM_CLASSES	4

/* needs of class c are above room_need[c] and up to room_need[c + 1] */
static const u32 room_need[ROOM_CLASSES + 1] = { EFS_DIRENT_MIN - EFS_DIRENT_ALIGN, 24, 56, 120,
						 EFS_DIRENT_LEN(EFS_NAME_MAX) };

static u32 room_class(u32 need)
{
	u32 c = 0;

	while (need > room_need[c + 1])
		c++;
	return c;
}

/* ---- blocks ---- */

/**
 * struct dir_scan - linear access to the blocks of a directory
 * @dir: the directory
 * @blocks: how many its size covers
 * @run: mapping of the blocks around the one seen last
 * @first: nothing was read yet
 */
struct dir_scan {
	struct efs_inode *dir;
	u32 blocks;
	bool first;
	struct efs_ext run;
};

static void scan_init(struct dir_scan *s, struct efs_inode *dir)
{
	s->dir = dir;
	s->blocks = efs_size_blocks(dir->sb, efs_i_size(dir));
	s->first = true;
	s->run.len = 0;
}

/* a block that had to be read will not be the only one */
static void scan_ahead(struct dir_scan *s, u32 lblk)
{
	u32 left = s->run.lblk + s->run.len - lblk - 1;

	if (left && (s->first || lblk % AHEAD_STEP == 0))
		efs_buf_ahead(s->dir->sb, s->run.pblk + (lblk - s->run.lblk) + 1,
			      min_t(u32, left, 2 * AHEAD_STEP));
}

static int dir_verify(struct efs_inode *dir, u32 lblk, struct efs_buf *b)
{
	enum efs_code code;
	u32 off;

	code = efs_dirent_check(&dir->sb->geo, efs_buf_data(b), lblk == 0, dir->ino, &off);
	if (code != EFS_C_OK)
		return efs_bad(dir->sb, code, dir->ino, efs_buf_nr(b), off);
	efs_buf_set_verified(b);
	return 0;
}

/*
 * Block @lblk, below s->blocks, of the directory, validated: 0 and a referenced buffer, or
 * an error; then scan_skip() tells how many blocks it concerns.
 */
static int scan_read(struct dir_scan *s, u32 lblk, struct efs_buf **out)
{
	struct efs_inode *dir = s->dir;
	struct efs_sb *sb = dir->sb;
	struct efs_buf *b;
	u32 left;
	int err;

	if (((u64)lblk + 1) << sb->geo.block_bits > efs_i_size(dir))
		return efs_bad(sb, EFS_C_DIR_SIZE, dir->ino, 0, lblk);
	if (lblk - s->run.lblk >= s->run.len) {
		left = s->blocks - lblk;
		err = efs_map_lookup(dir, lblk, min_t(u32, left, RUN_MAX), &s->run);
		/* of a hole, the whole of it */
		if (!err && s->run.flags & EFS_EXT_HOLE)
			err = efs_map_lookup(dir, lblk, left, &s->run);
		if (err) {
			s->run.len = 0;
			return err;
		}
	}
	if (s->run.flags & EFS_EXT_HOLE)
		return efs_bad(sb, EFS_C_DIR_HOLE, dir->ino, 0, lblk);
	err = efs_buf_read(sb, s->run.pblk + (lblk - s->run.lblk), &b);
	if (err)
		return err;
	if (!efs_buf_verified(b)) {
		scan_ahead(s, lblk);
		err = dir_verify(dir, lblk, b);
		if (err) {
			efs_buf_put(b);
			return err;
		}
	}
	s->first = false;
	*out = b;
	return 0;
}

/* blocks from @lblk on that a failure of scan_read() concerns */
static u32 scan_skip(const struct dir_scan *s, u32 lblk)
{
	if (s->run.len && s->run.flags & EFS_EXT_HOLE)
		return s->run.lblk + s->run.len - lblk;
	return 1;
}

/* ---- finding ---- */

/**
 * struct dir_pos - an entry
 * @buf: its block, referenced
 * @lblk: logical number of that block
 * @off: where the entry is
 * @prev: as efs_dirent_find() says
 */
struct dir_pos {
	struct efs_buf *buf;
	u32 lblk, off, prev;
};

static struct efs_ddirent *dir_entry(struct efs_buf *b, u32 off)
{
	return (struct efs_ddirent *)((u8 *)efs_buf_data(b) + off);
}

/* search every block, from the hint on and around; -ENOENT only if all could be read */
static int dir_find(struct efs_inode *dir, const char *name, u32 len, bool killable,
		    struct dir_pos *p)
{
	const struct efs_geo *geo = &dir->sb->geo;
	u32 lblk = READ_ONCE(dir->dir_lookup), left, n, bad = 0;
	struct dir_scan s;
	int err, ret = -ENOENT;

	scan_init(&s, dir);
	if (lblk >= s.blocks)
		lblk = 0;
	for (left = s.blocks; left; left -= min_t(u32, left, n)) {
		if (killable && efs_interrupted())
			return -EINTR;
		n = 1;
		err = scan_read(&s, lblk, &p->buf);
		if (!err) {
			p->off = efs_dirent_find(geo, efs_buf_data(p->buf), name, len, &p->prev);
			if (p->off < geo->block_size) {
				p->lblk = lblk;
				WRITE_ONCE(dir->dir_lookup, lblk);
				return 0;
			}
			efs_buf_put(p->buf);
		} else {
			if ((err != -EFSCORRUPTED && err != -EIO) || ++bad == BAD_LIMIT)
				return err;
			ret = err;
			n = scan_skip(&s, lblk);
		}
		lblk += n;
		if (lblk >= s.blocks)
			lblk = 0;
		efs_cond_resched();
	}
	return ret;
}

/* the same for an entry known to name @ino; the caller changes it */
static int dir_find_ino(struct efs_inode *dir, const char *name, u32 len, u32 ino,
			struct dir_pos *p)
{
	/* a change, or the undoing of one, goes through */
	int err = dir_find(dir, name, len, false, p);

	if (!err && le32_to_cpu(dir_entry(p->buf, p->off)->inode) != ino) {
		efs_buf_put(p->buf);
		err = -ENOENT;
	}
	return err;
}

int efs_dir_lookup(struct efs_inode *dir, const char *name, u32 len, u32 *ino)
{
	struct dir_pos p;
	int err = efs_name_check(len);

	if (!err)
		err = dir_find(dir, name, len, true, &p);
	if (err)
		return err;
	*ino = le32_to_cpu(dir_entry(p.buf, p.off)->inode);
	efs_buf_put(p.buf);
	return 0;
}

/* `..` has its place: the second entry of the first block */
static int dir_find_dotdot(struct efs_inode *dir, struct dir_pos *p)
{
	const struct efs_geo *geo = &dir->sb->geo;
	struct dir_scan s;
	int err;

	scan_init(&s, dir);
	if (!s.blocks)
		return efs_bad(dir->sb, EFS_C_DIR_DOTDOT, dir->ino, 0, 0);
	err = scan_read(&s, 0, &p->buf);
	if (err)
		return err;
	p->lblk = 0;
	p->off = efs_dirent_find(geo, efs_buf_data(p->buf), "..", 2, &p->prev);
	if (p->off < geo->block_size && p->off && !p->prev)
		return 0;
	/* a block of two directories was verified for the other one */
	err = efs_bad(dir->sb, EFS_C_DIR_DOTDOT, dir->ino, efs_buf_nr(p->buf), p->off);
	efs_buf_put(p->buf);
	return err;
}

int efs_dir_dotdot(struct efs_inode *dir, u32 *ino)
{
	struct dir_pos p;
	int err = dir_find_dotdot(dir, &p);

	if (err)
		return err;
	*ino = le32_to_cpu(dir_entry(p.buf, p.off)->inode);
	efs_buf_put(p.buf);
	return 0;
}

int efs_dir_empty(struct efs_inode *dir)
{
	struct dir_scan s;
	struct efs_buf *b;
	bool empty;
	u32 lblk;
	int err;

	scan_init(&s, dir);
	for (lblk = 0; lblk < s.blocks; lblk++) {
		err = efs_interrupted() ? -EINTR : scan_read(&s, lblk, &b);
		if (err)
			return err;
		empty = efs_dirent_is_empty(&dir->sb->geo, efs_buf_data(b), lblk == 0);
		efs_buf_put(b);
		if (!empty)
			return 0;
		efs_cond_resched();
	}
	return 1;
}

/* ---- walking ---- */

void efs_dir_open(struct efs_inode *dir, u64 pos, bool changed, struct efs_dir_cursor *c)
{
	u32 in_block = (u32)pos & (dir->sb->geo.block_size - 1);

	c->dir = dir;
	c->buf = NULL;
	c->lblk = 0;
	c->pos = pos;
	c->next = pos;
	c->end = efs_i_size(dir);
	/* the walk finds the boundary: it passes over entries that begin before @pos */
	if (changed || in_block % EFS_DIRENT_ALIGN)
		c->next -= in_block;
}

void efs_dir_close(struct efs_dir_cursor *c)
{
	efs_buf_put(c->buf);
	c->buf = NULL;
}

/* have the block of c->next in c->buf; after an error c->next is where the walk goes on */
static int cursor_read(struct efs_dir_cursor *c)
{
	u32 bits = c->dir->sb->geo.block_bits, lblk = (u32)(c->next >> bits);
	struct dir_scan s;
	int err;

	if (c->buf && c->lblk == lblk)
		return 0;
	if (efs_interrupted())
		return -EINTR;
	scan_init(&s, c->dir);
	s.first = !c->buf;
	efs_dir_close(c);
	err = scan_read(&s, lblk, &c->buf);
	if (err) {
		c->buf = NULL;
		c->next = ((u64)lblk + scan_skip(&s, lblk)) << bits;
		return err;
	}
	c->lblk = lblk;
	return 0;
}

int efs_dir_next(struct efs_dir_cursor *c, struct efs_dirent *out)
{
	const struct efs_geo *geo = &c->dir->sb->geo;

	while (c->next < c->end) {
		u32 off = (u32)c->next & (geo->block_size - 1);
		const struct efs_ddirent *de;
		u32 len, left = geo->block_size - off;
		u64 at = c->next;
		int err = cursor_read(c);

		if (err)
			return err;
		if (left < EFS_DIRENT_MIN) {
			c->next = at + left;
			continue;
		}
		de = dir_entry(c->buf, off);
		out->len = READ_ONCE(de->name_len);
		out->ino = le32_to_cpu(READ_ONCE(de->inode));
		len = efs_rec_len(de, geo->block_size);
		if (len < EFS_DIRENT_LEN(out->len) || len < EFS_DIRENT_MIN || len > left ||
		    len % EFS_DIRENT_ALIGN) {
			/* the block was sound: written to behind our back, or a wrong @pos */
			c->next = at + left;
			continue;
		}
		c->next = at + len;
		/* a name without bytes: as above */
		if (!out->ino || !out->len || at < c->pos)
			continue;
		c->pos = at;
		out->name = (const char *)de->name;
		out->ftype = EFS_FT_UNKNOWN;
		if (geo->incompat & EFS_INCOMPAT_FILETYPE && de->file_type < EFS_FT_MAX)
			out->ftype = de->file_type;
		return 1;
	}
	return 0;
}

/* ---- changing ---- */

/* before the first edit: the hash index, if there is one, will be wrong */
static int dir_begin(struct efs_inode *dir)
{
	int err;

	if (likely(!(dir->flags & EFS_FL_INDEX)))
		return 0;
	dir->flags &= ~EFS_FL_INDEX;
	err = efs_inode_store(dir, dir, false);
	if (err)
		dir->flags |= EFS_FL_INDEX;
	return err;
}

/* an edit was made: to the device in order */
static int dir_write(struct efs_inode *dir, struct efs_buf *b)
{
	dir->dir_version++;
	efs_buf_dirty(dir->sb, dir, b);
	return efs_order(dir, b);
}

/* an edit was taken back */
static void dir_rewrite(struct efs_inode *dir, struct efs_buf *b)
{
	dir->dir_version++;
	efs_buf_dirty(dir->sb, dir, b);
}

static void dir_touch(struct efs_inode *dir)
{
	efs_i_touch(dir, EFS_MTIME | EFS_CTIME);
	efs_i_mark_dirty(dir);
}

/* block @lblk has @gap spare bytes again */
static void room_lower(struct efs_inode *dir, u32 lblk, u32 gap)
{
	u32 c;

	for (c = 0; c < ROOM_CLASSES && gap > room_need[c]; c++)
		dir->dir_room[c] = min_t(u32, dir->dir_room[c], lblk);
}

/* block @lblk had no room for a need of class @class, and has none for needs above @gap */
static void room_raise(struct efs_inode *dir, u32 lblk, u32 class, u32 gap)
{
	u32 c;

	for (c = 0; c < ROOM_CLASSES; c++)
		if (dir->dir_room[c] == lblk && (c == class || gap <= room_need[c]))
			dir->dir_room[c] = lblk + 1;
}

/* a block with @need spare bytes, from dir_room[] on; -ENOENT if there is none */
static int dir_find_room(struct efs_inode *dir, u32 need, struct dir_pos *p)
{
	const struct efs_geo *geo = &dir->sb->geo;
	u32 class = room_class(need), gap;
	struct dir_scan s;
	int err;

	scan_init(&s, dir);
	while (dir->dir_room[class] < s.blocks) {
		p->lblk = dir->dir_room[class];
		err = scan_read(&s, p->lblk, &p->buf);
		if (err)
			return err;
		p->off = efs_dirent_room(geo, efs_buf_data(p->buf), need, &gap);
		if (p->off < geo->block_size)
			return 0;
		efs_buf_put(p->buf);
		room_raise(dir, p->lblk, class, gap);
		efs_cond_resched();
	}
	return -ENOENT;
}

/* delete the entry @name, which an insertion that failed has just made */
static void dir_uninsert(struct efs_inode *dir, struct efs_buf *b, const char *name, u32 len)
{
	const struct efs_geo *geo = &dir->sb->geo;
	u32 off, prev;

	efs_buf_lock(b);
	off = efs_dirent_find(geo, efs_buf_data(b), name, len, &prev);
	if (off < geo->block_size)
		efs_dirent_delete(geo, efs_buf_data(b), off, prev);
	efs_buf_unlock(b);
	dir_rewrite(dir, b);
}

/*
 * Map block @lblk, the first beyond the size, and fill it in: with `.` and `..` if @parent is
 * not 0, else with one entry.
 *
 * The block is ordered before the inode learns of the larger size. After a failure
 * nothing is mapped and the size is as before.
 */
static int dir_new_block(struct efs_inode *dir, u32 lblk, u32 parent, const char *name, u32 len,
			 u32 ino, u8 ftype)
{
	struct efs_sb *sb = dir->sb;
	const struct efs_geo *geo = &sb->geo;
	u64 size = ((u64)lblk + 1) << geo->block_bits;
	struct efs_buf *b = NULL;
	struct efs_ext ext;
	int err;

	/* the upper half of the size has no place in the inode; a map reaches further */
	if (size >> 32)
		return -EFBIG;
	err = efs_map_alloc(dir, lblk, 1, 1, &ext);
	if (err)
		goto undo;
	/* efs_map_alloc() made an empty block of it; one mapped before may hold anything */
	if (ext.flags & EFS_EXT_NEW)
		err = efs_buf_read(sb, ext.pblk, &b);
	else
		err = efs_buf_new(sb, ext.pblk, &b);
	if (err)
		goto undo;
	efs_buf_lock(b);
	efs_dirent_init(geo, efs_buf_data(b), parent ? dir->ino : 0, parent);
	if (!parent)
		efs_dirent_insert(geo, efs_buf_data(b), 0, name, len, ino, ftype);
	efs_buf_unlock(b);
	efs_buf_set_verified(b);
	err = dir_write(dir, b);
	efs_buf_put(b);
	if (err)
		goto undo;
	efs_i_size_set(dir, size);
	if (efs_i_sync(dir))
		err = efs_inode_store(dir, dir, false);
	else
		efs_i_mark_dirty(dir);
	if (!err)
		return 0;
	efs_i_size_set(dir, size - geo->block_size);
undo:
	/* its own failure is reported or leaks a block; the error to return is the first */
	efs_truncate(dir, lblk);
	return err;
}

int efs_dir_make(struct efs_inode *dir, u32 parent)
{
	return dir_new_block(dir, 0, parent, NULL, 0, 0, 0);
}

int efs_dir_insert(struct efs_inode *dir, const char *name, u32 len, u32 ino, u16 mode)
{
	const struct efs_geo *geo = &dir->sb->geo;
	u32 need = EFS_DIRENT_LEN(len);
	u8 ftype = efs_mode_ftype(mode);
	struct dir_pos p;
	int err = efs_name_check(len);

	if (err)
		return err;
	err = dir_find_room(dir, need, &p);
	if (err == -ENOENT) {
		u32 blocks = efs_size_blocks(dir->sb, efs_i_size(dir));

		err = dir_begin(dir);
		if (!err)
			err = dir_new_block(dir, blocks, 0, name, len, ino, ftype);
		if (!err)
			dir_touch(dir);
		if (err != -ENOSPC && err != -EFBIG)
			return err;
		/* a gap in a block that a larger need has passed over will do */
		dir->dir_room[room_class(need)] = 0;
		if (dir_find_room(dir, need, &p))
			return err;
		err = 0;
	}
	if (err)
		return err;
	err = dir_begin(dir);
	if (err)
		goto out;
	efs_buf_lock(p.buf);
	efs_dirent_insert(geo, efs_buf_data(p.buf), p.off, name, len, ino, ftype);
	efs_buf_unlock(p.buf);
	err = dir_write(dir, p.buf);
	if (err)
		dir_uninsert(dir, p.buf, name, len);
	else
		dir_touch(dir);
out:
	efs_buf_put(p.buf);
	return err;
}

int efs_dir_delete(struct efs_inode *dir, const char *name, u32 len, u32 ino)
{
	const struct efs_geo *geo = &dir->sb->geo;
	struct efs_ddirent *de;
	struct dir_pos p;
	u32 gap;
	int err;

	err = dir_find_ino(dir, name, len, ino, &p);
	if (err)
		return err;
	err = dir_begin(dir);
	if (err)
		goto out;
	efs_buf_lock(p.buf);
	gap = efs_dirent_delete(geo, efs_buf_data(p.buf), p.off, p.prev);
	efs_buf_unlock(p.buf);
	err = dir_write(dir, p.buf);
	if (err) {
		/* the bytes of the entry are still there */
		de = dir_entry(p.buf, p.off);
		efs_buf_lock(p.buf);
		if (p.prev != p.off)
			efs_rec_len_set(dir_entry(p.buf, p.prev), p.off - p.prev, geo->block_size);
		de->inode = cpu_to_le32(ino);
		efs_buf_unlock(p.buf);
		dir_rewrite(dir, p.buf);
		goto out;
	}
	room_lower(dir, p.lblk, gap);
	dir_touch(dir);
out:
	efs_buf_put(p.buf);
	return err;
}

/* let the entry at @p, which names @old, name @ino; consumes p->buf */
static int dir_set(struct efs_inode *dir, struct dir_pos *p, u32 old, u32 ino, u8 ftype)
{
	const struct efs_geo *geo = &dir->sb->geo;
	u8 old_ftype = dir_entry(p->buf, p->off)->file_type;
	int err = dir_begin(dir);

	if (err)
		goto out;
	efs_buf_lock(p->buf);
	efs_dirent_set(geo, efs_buf_data(p->buf), p->off, ino, ftype);
	efs_buf_unlock(p->buf);
	err = dir_write(dir, p->buf);
	if (err) {
		efs_buf_lock(p->buf);
		efs_dirent_set(geo, efs_buf_data(p->buf), p->off, old, old_ftype);
		efs_buf_unlock(p->buf);
		dir_rewrite(dir, p->buf);
	}
out:
	efs_buf_put(p->buf);
	return err;
}

int efs_dir_replace(struct efs_inode *dir, const char *name, u32 len, u32 old, u32 ino, u16 mode)
{
	struct dir_pos p;
	int err;

	err = dir_find_ino(dir, name, len, old, &p);
	if (err)
		return err;
	err = dir_set(dir, &p, old, ino, efs_mode_ftype(mode));
	if (!err)
		dir_touch(dir);
	return err;
}

int efs_dir_set_dotdot(struct efs_inode *dir, u32 parent)
{
	struct dir_pos p;
	int err;

	err = dir_find_dotdot(dir, &p);
	if (err)
		return err;
	return dir_set(dir, &p, le32_to_cpu(dir_entry(p.buf, p.off)->inode), parent, EFS_FT_DIR);
}
