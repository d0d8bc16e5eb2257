// SPDX-License-Identifier: GPL-2.0
/*
 * What lies on an ext2 device, as it lies there: inodes, block maps, directories (efs_ext2.h).
 *
 * The bytes may say anything: a map is followed as far as there are blocks in the volume, and no
 * table of pointers is looked into that cannot be one; a directory block is read record by
 * record as long as each says where the next one is.
 */
#include "ext2_inspect.h"

#define CHUNK_PTRS (EXT2_CHUNK / 4)

/* ---- inodes ---- */

static struct efs_timestamp stamp(struct efs_time t)
{
	return (struct efs_timestamp){ .sec = t.sec, .nsec = t.nsec };
}

static void get_words(const struct efs_iraw *raw, struct efs_ext2_inode *inode)
{
	u32 i;

	for (i = 0; i < EFS_NBLOCKS; i++)
		inode->word[i] = le32_to_cpu(raw->block[i]);
	memcpy(inode->word_bytes, raw->block, sizeof(inode->word_bytes));
}

int efs_ext2_get_inode(const struct efs_ext2 *x, uint64_t ino, struct efs_ext2_inode *inode)
{
	const struct efs_geo *geo = &x->geo;
	struct efs_dinode di = { 0 };
	struct efs_dgroup gd;
	struct efs_attr attr;
	struct efs_iraw raw;
	int err = ext2_readable(x);
	u64 at;

	if (!err && (!ino || ino > geo->inodes_count))
		err = -ERANGE;
	if (!err)
		err = ext2_read_descriptor(x, (u32)(ino - 1) / geo->inodes_per_group, &gd);
	if (err)
		return err;
	at = ext2_block_at(x, le32_to_cpu(gd.bg_inode_table)) +
	     ((u64)((u32)(ino - 1) % geo->inodes_per_group) << geo->inode_bits);
	err = ext2_read_at(x, at, &di, min_t(size_t, sizeof(di), geo->inode_size));
	if (err)
		return err;

	memset(inode, 0, sizeof(*inode));
	ext2_problem(&inode->problem, efs_inode_decode(geo, &di, false, &attr, &raw));
	inode->ino = ino;
	inode->table_block = (u32)(at >> geo->block_bits);
	inode->table_offset = (u32)(at & (geo->block_size - 1));
	inode->mode = attr.mode;
	inode->nlink = attr.nlink;
	inode->uid = attr.uid;
	inode->gid = attr.gid;
	inode->size = attr.size;
	inode->sectors = attr.sectors;
	inode->flags = raw.flags;
	inode->generation = raw.generation;
	inode->version = raw.osd1;
	inode->file_acl = raw.file_acl;
	inode->fragment = raw.faddr;
	inode->extra_size = raw.extra_isize;
	inode->dtime = raw.dtime;
	get_words(&raw, inode);
	inode->fast_link = (attr.mode & EFS_S_IFMT) == EFS_S_IFLNK &&
			   attr.sectors == (raw.file_acl ? geo->block_size >> 9 : 0);
	if ((attr.mode & EFS_S_IFMT) == EFS_S_IFCHR || (attr.mode & EFS_S_IFMT) == EFS_S_IFBLK)
		efs_dev_decode(raw.block, &inode->major, &inode->minor);
	inode->atime = stamp(attr.atime);
	inode->mtime = stamp(attr.mtime);
	inode->ctime = stamp(attr.ctime);
	inode->btime = stamp(raw.btime);
	inode->has_btime = raw.extra_isize >= EFS_EXTRA_TIMES;
	return 0;
}

/* ---- block maps ---- */

/* 1: the words are a map; 0: they are something else; -EOPNOTSUPP */
static int has_map(const struct efs_ext2_inode *inode)
{
	u32 type = inode->mode & EFS_IFMT;

	if (inode->flags & (EFS_FL_EXTENTS | EFS_FL_INLINE_DATA))
		return -EOPNOTSUPP;
	if (type == EFS_IFCHR || type == EFS_IFBLK || type == EFS_IFIFO || type == EFS_IFSOCK)
		return 0;
	return !inode->fast_link;
}

/* may file contents be there? As far as descriptors are sound, metadata of groups may not */
static bool place_ok(const struct efs_ext2 *x, u32 block)
{
	const struct efs_geo *geo = &x->geo;
	u32 g, bb, ib, it;
	struct efs_dgroup gd;

	if (block < geo->first_data_block || block >= geo->blocks_count)
		return false;
	g = (block - geo->first_data_block) / geo->blocks_per_group;
	if (block - efs_group_first(geo, g) < efs_group_base_len(geo, g))
		return false;
	if (ext2_read_descriptor(x, g, &gd) || efs_group_check(geo, g, &gd))
		return true;
	bb = le32_to_cpu(gd.bg_block_bitmap);
	ib = le32_to_cpu(gd.bg_inode_bitmap);
	it = le32_to_cpu(gd.bg_inode_table);
	return block != bb && block != ib && (block < it || block - it >= geo->itable_blocks);
}

/**
 * struct table - pointers of the map that are being looked at
 * @at: byte of the device
 * @next: the pointer to look at next
 * @level: 1: they lead to contents, 2: to tables of level 1, ...
 * @lblk: logical block of the first pointer
 * @ptrs: those from @next rounded down
 */
struct table {
	u64 at;
	u32 next, level;
	u64 lblk;
	__le32 ptrs[CHUNK_PTRS];
};

/**
 * struct map_walk - a walk over a map
 * @run: found, but not told yet, as it may grow; @run.length 0: none
 * @seen: pointers that were not 0
 * @stack: @depth tables, each reached from the one before
 */
struct map_walk {
	const struct efs_ext2 *x;
	int (*found)(void *ctx, const struct efs_ext2_extent *extent);
	void *ctx;
	struct efs_ext2_extent run;
	u64 seen;
	u32 depth;
	struct table stack[3];
};

static int tell_run(struct map_walk *w)
{
	struct efs_ext2_extent run = w->run;

	w->run.length = 0;
	return run.length ? w->found(w->ctx, &run) : 0;
}

/* logical blocks behind one pointer of a table of this level */
static u64 span(const struct map_walk *w, u32 level)
{
	return 1ull << (level - 1) * w->x->geo.ptrs_bits;
}

/* a pointer of level @level (0: to contents) that is not 0 */
static int meet(struct map_walk *w, u32 level, u64 lblk, u32 block)
{
	struct efs_ext2_extent *run = &w->run, e;
	bool bad = !place_ok(w->x, block);
	struct table *t;
	int err;

	/* no block is in a map twice */
	if (++w->seen > w->x->geo.blocks_count)
		return -EUCLEAN;
	if (!level && run->length && run->logical + run->length == lblk &&
	    run->physical + run->length == block && run->bad == bad) {
		run->length++;
		return 0;
	}
	err = tell_run(w);
	if (err)
		return err;
	e = (struct efs_ext2_extent){
		.logical = lblk,
		.physical = block,
		.length = 1,
		.level = level,
		.bad = bad,
	};
	if (!level) {
		w->run = e;
		return 0;
	}
	err = w->found(w->ctx, &e);
	if (err || bad)
		return err;
	t = &w->stack[w->depth++];
	t->at = ext2_block_at(w->x, block);
	t->next = 0;
	t->level = level;
	t->lblk = lblk;
	return 0;
}

/* look at the next pointer of the innermost table */
static int step(struct map_walk *w)
{
	struct table *t = &w->stack[w->depth - 1];
	u32 n = t->next, ptr;
	int err;

	if (n == w->x->geo.ptrs) {
		w->depth--;
		return 0;
	}
	if (n % CHUNK_PTRS == 0) {
		err = ext2_read_at(w->x, t->at + n * 4, t->ptrs, EXT2_CHUNK);
		if (err)
			return err;
	}
	t->next++;
	ptr = le32_to_cpu(t->ptrs[n % CHUNK_PTRS]);
	return ptr ? meet(w, t->level - 1, t->lblk + n * span(w, t->level), ptr) : 0;
}

int efs_ext2_map(const struct efs_ext2 *x, const struct efs_ext2_inode *inode,
		 int (*found)(void *ctx, const struct efs_ext2_extent *extent), void *ctx)
{
	struct map_walk w = { .x = x, .found = found, .ctx = ctx };
	u32 i, level;
	u64 lblk = 0;
	int err = ext2_readable(x);

	if (!err)
		err = has_map(inode);
	if (err <= 0)
		return err;
	for (i = 0; i < EFS_NBLOCKS; i++) {
		level = i < EFS_NDIR ? 0 : i - EFS_NDIR + 1;
		err = inode->word[i] ? meet(&w, level, lblk, inode->word[i]) : 0;
		while (!err && w.depth)
			err = step(&w);
		if (err)
			return err;
		lblk += level ? span(&w, level + 1) : 1;
	}
	return tell_run(&w);
}

int efs_ext2_map_block(const struct efs_ext2 *x, const struct efs_ext2_inode *inode,
		       uint64_t logical, uint64_t *physical)
{
	u32 idx[4], ptr;
	__le32 word;
	int err = ext2_readable(x), depth, i;

	if (!err)
		err = has_map(inode);
	if (err < 0)
		return err;
	*physical = 0;
	if (!err)
		return 0;
	depth = logical >> 32 ? -EFBIG : efs_map_way(&x->geo, (u32)logical, idx);
	if (depth < 0)
		return depth;
	ptr = inode->word[idx[0]];
	for (i = 1; i <= depth && ptr; i++) {
		if (!place_ok(x, ptr))
			return -EUCLEAN;
		err = ext2_read_at(x, ext2_block_at(x, ptr) + idx[i] * 4, &word, sizeof(word));
		if (err)
			return err;
		ptr = le32_to_cpu(word);
	}
	*physical = ptr;
	return 0;
}

/* ---- directories ---- */

/**
 * struct record_walk - a walk over a directory
 * @r: the record that is told next
 * @at: byte of the device where the block @r is in begins
 */
struct record_walk {
	const struct efs_ext2 *x;
	unsigned int flags;
	int (*found)(void *ctx, const struct efs_ext2_record *record);
	void *ctx;
	struct efs_ext2_record r;
	u64 at;
};

/* the record at byte @off of the block, as it is */
static int read_record(struct record_walk *w, u64 base, u32 off)
{
	struct efs_ext2_record *r = &w->r;
	union {
		struct efs_ddirent de;
		u8 bytes[8 + EFS_NAME_MAX];
	} u;
	u32 len = min_t(u32, sizeof(u), w->x->geo.block_size - off);
	int err;

	memset(&u, 0, sizeof(u));
	err = ext2_read_at(w->x, w->at + off, &u, len);
	if (err)
		return err;
	r->offset = base + off;
	r->length = efs_rec_len(&u.de, w->x->geo.block_size);
	r->ino = le32_to_cpu(u.de.inode);
	r->type = u.de.file_type;
	r->name_length = u.de.name_len;
	memcpy(r->name, u.bytes + 8, r->name_length);
	r->name[r->name_length] = 0;
	return 0;
}

static enum efs_code judge_record(const struct record_walk *w, u32 off)
{
	const struct efs_ext2_record *r = &w->r;

	if (r->length < EFS_DIRENT_MIN)
		return EFS_C_DIRENT_RECLEN;
	if (r->length % EFS_DIRENT_ALIGN)
		return EFS_C_DIRENT_ALIGN;
	if (r->length > w->x->geo.block_size - off)
		return EFS_C_DIRENT_CROSS;
	if (!r->ino)
		return EFS_C_OK;
	if (r->length < EFS_DIRENT_LEN(r->name_length))
		return EFS_C_DIRENT_NAME;
	if (r->ino > w->x->geo.inodes_count)
		return EFS_C_DIRENT_INO;
	return r->name_length ? EFS_C_OK : EFS_C_DIRENT_EMPTY;
}

/* could this have been an entry once? */
static bool plausible(const struct record_walk *w, u32 off, u32 end)
{
	const struct efs_ext2_record *r = &w->r;
	u32 i;

	/* most systems take the number out of what they delete */
	if (r->ino > w->x->geo.inodes_count || !r->name_length ||
	    r->type >= EFS_FT_MAX || r->length % EFS_DIRENT_ALIGN ||
	    r->length < EFS_DIRENT_LEN(r->name_length) ||
	    off + EFS_DIRENT_LEN(r->name_length) > end ||
	    r->length > w->x->geo.block_size - off)
		return false;
	for (i = 0; i < r->name_length; i++)
		if (!r->name[i] || r->name[i] == '/')
			return false;
	return true;
}

/* what the spare bytes [@off, @end) of a record still show */
static int deleted_records(struct record_walk *w, u64 base, u32 off, u32 end)
{
	u32 len;
	int err;

	for (; off + EFS_DIRENT_MIN <= end; off += len) {
		len = EFS_DIRENT_ALIGN;
		err = read_record(w, base, off);
		if (err)
			return err;
		if (!plausible(w, off, end))
			continue;
		len = EFS_DIRENT_LEN(w->r.name_length);
		w->r.deleted = true;
		err = w->found(w->ctx, &w->r);
		w->r.deleted = false;
		if (err)
			return err;
	}
	return 0;
}

static int block_records(struct record_walk *w, u64 base)
{
	u32 off, next, spare;
	enum efs_code code;
	int err;

	for (off = 0; off < w->x->geo.block_size; off = next) {
		err = read_record(w, base, off);
		if (err)
			return err;
		code = judge_record(w, off);
		ext2_problem(&w->r.problem, code);
		next = off + w->r.length;
		spare = off + EFS_DIRENT_LEN(w->r.name_length);
		err = w->found(w->ctx, &w->r);
		if (err)
			return err;
		/* an entry whose name is wrong still says where the next one is */
		if (code == EFS_C_DIRENT_RECLEN || code == EFS_C_DIRENT_ALIGN ||
		    code == EFS_C_DIRENT_CROSS)
			break;
		ext2_problem(&w->r.problem, EFS_C_OK);
		if (w->flags & EFS_EXT2_DELETED && spare < next)
			err = deleted_records(w, base, spare, next);
		if (err)
			return err;
	}
	return 0;
}

/* a block of the directory that has no records to show */
static int no_records(struct record_walk *w, u64 base, enum efs_code code)
{
	u64 block = w->r.block;
	int err;

	memset(&w->r, 0, sizeof(w->r));
	ext2_problem(&w->r.problem, code);
	w->r.offset = base;
	w->r.block = block;
	w->r.length = w->x->geo.block_size;
	err = w->found(w->ctx, &w->r);
	ext2_problem(&w->r.problem, EFS_C_OK);
	return err;
}

int efs_ext2_records(const struct efs_ext2 *x, const struct efs_ext2_inode *dir,
		     unsigned int flags,
		     int (*found)(void *ctx, const struct efs_ext2_record *record), void *ctx)
{
	struct record_walk w = { .x = x, .flags = flags, .found = found, .ctx = ctx };
	uint64_t base, block;
	int err = ext2_readable(x);

	if (err)
		return err;
	if ((dir->mode & EFS_IFMT) != EFS_IFDIR)
		return -ENOTDIR;
	for (base = 0; base < dir->size; base += x->geo.block_size) {
		err = efs_ext2_map_block(x, dir, base >> x->geo.block_bits, &block);
		if (err)
			return err;
		w.r.block = block;
		w.at = ext2_block_at(x, block);
		if (!block)
			err = no_records(&w, base, EFS_C_DIR_HOLE);
		else if (!place_ok(x, (u32)block))
			err = no_records(&w, base, EFS_C_MAP_BLOCK);
		else
			err = block_records(&w, base);
		if (err)
			return err;
	}
	return 0;
}
