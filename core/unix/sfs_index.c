// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The Simple File System: its superblock, and its index, from the device into a table.
 *
 * The index is an array of entries of 64 bytes at the end of the volume: a starting marker,
 * then files, directories, what was deleted, what is unusable and what is unused in any order,
 * and the volume's identifier as the very last. A name that does not fit goes on in entries
 * that hold nothing else, as many as the first one says. Names are whole paths.
 *
 * It is read twice, to count and to fill; what changes in between is noticed. Then names are
 * sorted by directory, then by name: what is in a directory is one run of the table, and a
 * directory stands before all that is in it. So each name's directory is found by a search
 * among those before it, and what has none is left out.
 *
 * Hostile volumes: each size is checked against the one around it, so the work is bounded by
 * the index, and the index by the device. There are no references that could form a loop.
 *
 * Locks: none, nobody knows the volume yet.
 */
#include "sfs_priv.h"

/* on disk: offsets in the superblock's sector, in entries, and types of entries */
#define SB_TIME		0x194
#define SB_DATA		0x19c
#define SB_INDEX	0x1a4
#define SB_MAGIC	0x1ac
#define SB_VERSION	0x1af
#define SB_BLOCKS	0x1b0
#define SB_RESERVED	0x1b8
#define SB_BLOCK_SIZE	0x1bc
#define SB_END		0x1be	/* behind the checksum, which covers all from the magic on */

#define ENT_CONT	0x01
#define ENT_TIME	0x02
#define ENT_DIR_NAME	0x0a
#define ENT_START	0x0a
#define ENT_END		0x12
#define ENT_SIZE	0x1a
#define ENT_FILE_NAME	0x22
#define ENT_VOL_TIME	0x04
#define ENT_VOL_NAME	0x0c

#define TYPE_VOLUME	0x01
#define TYPE_MARKER	0x02
#define TYPE_UNUSED	0x10
#define TYPE_DIR	0x11
#define TYPE_FILE	0x12
#define TYPE_UNUSABLE	0x18
#define TYPE_GONE_DIR	0x19
#define TYPE_GONE_FILE	0x1a
#define TYPE_LAST	0x1f	/* names have no such bytes, so no continuation begins with one */

#define VERSION_1_0	0x10
#define BITS_MAX	30u	/* of a block's size; a u32 must hold it */
#define CHUNK		16384u	/* the index is read in pieces of so many bytes */

/* ---- the superblock ---- */

static enum efs_sfs_code check_areas(const struct efs_sfs_super *s, u64 dev_bytes)
{
	u64 index_blocks;

	if (s->blocks > dev_bytes >> s->bits)
		return EFS_SFS_DEVICE;
	/* a marker and an identifier at least; numbers of names are of 32 bits */
	if (s->index_bytes % SFS_ENTRY || s->index_bytes < 2 * SFS_ENTRY ||
	    s->index_bytes > s->blocks << s->bits || s->index_bytes / SFS_ENTRY > 0x7fffffff)
		return EFS_SFS_INDEX_SIZE;
	index_blocks = (s->index_bytes + (1ull << s->bits) - 1) >> s->bits;
	if (s->reserved > s->blocks || s->reserved << s->bits < EFS_SFS_HEAD ||
	    s->data > s->blocks - s->reserved ||
	    index_blocks > s->blocks - s->reserved - s->data)
		return EFS_SFS_AREAS;
	return EFS_SFS_OK;
}

enum efs_sfs_code efs_sfs_parse(const u8 *head, u64 dev_bytes, struct efs_sfs_super *super)
{
	struct efs_sfs_super s;
	enum efs_sfs_code code;
	u8 sum = 0;
	u32 i;

	if (head[SB_MAGIC] != 'S' || head[SB_MAGIC + 1] != 'F' || head[SB_MAGIC + 2] != 'S')
		return EFS_SFS_MAGIC;
	for (i = SB_MAGIC; i < SB_END; i++)
		sum += head[i];
	if (sum)
		return EFS_SFS_CHECKSUM;
	if (head[SB_VERSION] != VERSION_1_0)
		return EFS_SFS_VERSION;
	s.bits = head[SB_BLOCK_SIZE] + 7u;
	if (s.bits > BITS_MAX)
		return EFS_SFS_BLOCK_SIZE;
	s.time = sfs_time((s64)sfs_le64(head + SB_TIME));
	s.data = sfs_le64(head + SB_DATA);
	s.index_bytes = sfs_le64(head + SB_INDEX);
	s.blocks = sfs_le64(head + SB_BLOCKS);
	s.reserved = (u32)sfs_le64(head + SB_RESERVED);
	code = check_areas(&s, dev_bytes);
	if (code == EFS_SFS_OK)
		*super = s;
	return code;
}

/* ---- reading the index ---- */

/**
 * struct scan - a walk over the index
 * @chunk: entries [@from, @from + @n) of it
 * @slots: how many there are; the first is the marker, the last the identifier
 * @names, @bytes: room; 0 while counting
 * @used, @byte: what was needed of it so far
 */
struct scan {
	struct sfs_fs *x;
	u8 *chunk;
	u64 from;
	u32 n;
	u64 slots;
	u32 names, used;
	u64 bytes, byte;
};

/* the entry at place @k from the start; valid until the next call */
static int get_slot(struct scan *s, u64 k, const u8 **entry)
{
	struct sfs_fs *x = s->x;
	u64 start = (x->super.blocks << x->super.bits) - x->super.index_bytes;
	int err;

	if (k < s->from || k - s->from >= s->n) {
		s->from = k;
		s->n = (u32)min_t(u64, CHUNK / SFS_ENTRY, s->slots - k);
		err = x->o.read(x->o.ctx, start + k * SFS_ENTRY, s->chunk, s->n * SFS_ENTRY);
		if (err) {
			s->n = 0;
			return err;
		}
	}
	*entry = s->chunk + (k - s->from) * SFS_ENTRY;
	return 0;
}

/* more bytes of a name; only counted if there is no room yet. Return: did they fit? */
static bool put_bytes(struct scan *s, const u8 *p, u32 len)
{
	s->byte += len;
	if (!s->bytes)
		return true;
	if (s->byte > s->bytes)
		return false;
	memcpy(s->x->bytes + s->byte - len, p, len);
	return true;
}

static u32 text_len(const u8 *p, u32 max)
{
	u32 n = 0;

	while (n < max && p[n])
		n++;
	return n;
}

/* no empty components, none that mean something else, none too long. *@dir_len: see sfs_name */
static bool path_ok(const char *path, u32 len, u16 *dir_len)
{
	u32 start = 0, i, n;

	for (i = 0; i <= len; i++) {
		if (i < len && path[i] != '/')
			continue;
		n = i - start;
		if (!n || n > EFS_NAME_MAX || (n == 1 && path[start] == '.') ||
		    (n == 2 && path[start] == '.' && path[start + 1] == '.'))
			return false;
		if (i < len)
			*dir_len = (u16)i;
		start = i + 1;
	}
	return true;
}

/* where the contents of a file are; @entry is not to be trusted */
static void set_range(struct sfs_fs *x, struct sfs_name *e, const u8 *entry)
{
	const struct efs_sfs_super *s = &x->super;
	u64 start = sfs_le64(entry + ENT_START), end = sfs_le64(entry + ENT_END);

	e->size = sfs_le64(entry + ENT_SIZE);
	/* what an empty file says of blocks means nothing */
	if (!e->size)
		return;
	if (start < s->reserved || end < start || end >= s->reserved + s->data ||
	    e->size > (end - start + 1) << s->bits) {
		e->bad = true;
		return;
	}
	e->off = start << s->bits;
	e->room = (end - start + 1) << s->bits;
}

/*
 * A file or directory at place @k, whose name goes on in *@more entries behind it. If they are
 * not there, *@more becomes 0: the walk goes on right behind the first.
 */
static int take_name(struct scan *s, u64 k, const u8 *entry, u32 *more)
{
	bool dir = entry[0] == TYPE_DIR, fits, ended;
	u32 at = dir ? ENT_DIR_NAME : ENT_FILE_NAME, len, i;
	struct sfs_name e = { .dir = dir, .slot = s->slots - 1 - k };
	struct sfs_fs *x = s->x;
	u64 byte = s->byte;
	int err;

	e.time = (s64)sfs_le64(entry + ENT_TIME);
	if (!dir)
		set_range(x, &e, entry);
	len = text_len(entry + at, SFS_ENTRY - at);
	ended = len < SFS_ENTRY - at;
	fits = put_bytes(s, entry + at, len);
	for (i = 1; i <= *more; i++) {
		if (k + i >= s->slots - 1)
			goto cont;
		err = get_slot(s, k + i, &entry);
		if (err)
			return err;
		if (entry[0] && entry[0] <= TYPE_LAST)
			goto cont;
		len = ended ? 0 : text_len(entry, SFS_ENTRY);
		ended |= len < SFS_ENTRY;
		fits &= put_bytes(s, entry, len);
	}
	s->used++;
	if (!s->names)
		return 0;
	if (!fits || s->used >= s->names)
		return -EFSCORRUPTED;
	e.path = x->bytes + byte;
	e.len = (u16)(s->byte - byte);
	if (path_ok(e.path, e.len, &e.dir_len)) {
		if (e.bad)
			efs_sfs_bad(x, EFS_SFS_FILE_RANGE, e.slot);
		x->names[s->used] = e;
		return 0;
	}
	efs_sfs_bad(x, EFS_SFS_ENTRY_NAME, e.slot);
	s->used--;
	s->byte = byte;
	return 0;
cont:
	if (s->names)
		efs_sfs_bad(x, EFS_SFS_ENTRY_CONT, e.slot);
	s->byte = byte;
	*more = 0;
	return 0;
}

/* all entries between the marker and the identifier */
static int scan_index(struct scan *s)
{
	const u8 *entry;
	u64 k;
	u32 more;
	int err;

	s->used = 0;
	s->byte = 0;
	for (k = 1; k < s->slots - 1; k += 1 + more) {
		err = get_slot(s, k, &entry);
		if (err)
			return err;
		more = 0;
		switch (entry[0]) {
		case TYPE_DIR:
		case TYPE_FILE:
			more = entry[ENT_CONT];
			err = take_name(s, k, entry, &more);
			if (err)
				return err;
			break;
		case TYPE_GONE_DIR:
		case TYPE_GONE_FILE:
			more = entry[ENT_CONT];
			break;
		case TYPE_UNUSED:
		case TYPE_UNUSABLE:
			break;
		default:
			if (s->names)
				efs_sfs_bad(s->x, EFS_SFS_ENTRY_TYPE, s->slots - 1 - k);
		}
		efs_cond_resched();
	}
	return 0;
}

static int read_ends(struct scan *s, enum efs_sfs_code *why)
{
	const u8 *entry;
	u32 len;
	int err = get_slot(s, 0, &entry);

	if (err)
		return err;
	*why = EFS_SFS_INDEX_START;
	if (entry[0] != TYPE_MARKER)
		return -EFSCORRUPTED;
	err = get_slot(s, s->slots - 1, &entry);
	if (err)
		return err;
	*why = EFS_SFS_VOLUME_ID;
	if (entry[0] != TYPE_VOLUME)
		return -EFSCORRUPTED;
	s->x->made = sfs_time((s64)sfs_le64(entry + ENT_VOL_TIME));
	len = text_len(entry + ENT_VOL_NAME, SFS_ENTRY - ENT_VOL_NAME);
	memcpy(s->x->label, entry + ENT_VOL_NAME, len);
	return 0;
}

/* ---- the table of names ---- */

/* bytes, then length */
static int cmp_bytes(const char *a, u32 alen, const char *b, u32 blen)
{
	int c = memcmp(a, b, min(alen, blen));

	return c ? c : (alen > blen) - (alen < blen);
}

/* the last component */
static const char *name_of(const struct sfs_name *e, u32 *len)
{
	u32 skip = e->dir_len + (e->dir_len != 0);

	*len = e->len - skip;
	return e->path + skip;
}

/* by directory, then by name; in the index they may have the same */
static int cmp_names(const struct sfs_name *a, const struct sfs_name *b)
{
	u32 alen, blen;
	const char *an = name_of(a, &alen), *bn = name_of(b, &blen);
	int c = cmp_bytes(a->path, a->dir_len, b->path, b->dir_len);

	if (!c)
		c = cmp_bytes(an, alen, bn, blen);
	return c ? c : (a->slot > b->slot) - (a->slot < b->slot);
}

/* heap sort: in place, and no order of names makes it slow */
static void sift(struct sfs_name *v, u32 at, u32 n)
{
	struct sfs_name e = v[at];
	u32 child;

	for (; 2 * at + 1 < n; at = child) {
		child = 2 * at + 1;
		if (child + 1 < n && cmp_names(&v[child], &v[child + 1]) < 0)
			child++;
		if (cmp_names(&e, &v[child]) >= 0)
			break;
		v[at] = v[child];
	}
	v[at] = e;
}

static void sort_names(struct sfs_name *v, u32 n)
{
	struct sfs_name last;
	u32 i;

	for (i = n / 2; i-- > 0;)
		sift(v, i, n);
	for (i = n; i-- > 1;) {
		last = v[i];
		v[i] = v[0];
		v[0] = last;
		sift(v, 0, i);
		efs_cond_resched();
	}
}

u32 efs_sfs_find(const struct sfs_fs *x, u32 dir, const char *name, size_t len)
{
	u32 low = x->names[dir].first, end = low + x->names[dir].count, high = end;

	while (low < high) {
		u32 mid = low + (high - low) / 2, n;
		const char *p = name_of(&x->names[mid], &n);

		if (cmp_bytes(p, n, name, (u32)len) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < end) {
		u32 n;
		const char *p = name_of(&x->names[low], &n);

		if (!cmp_bytes(p, n, name, (u32)len))
			return low;
	}
	return SFS_ROOT;
}

/* the directory of @e, component by component from the root, all of which stand before it */
static bool find_parent(const struct sfs_fs *x, const struct sfs_name *e, u32 *dir)
{
	u32 start = 0, i;

	*dir = SFS_ROOT;
	for (i = 0; e->dir_len && i <= e->dir_len; i++) {
		if (e->path[i] != '/')
			continue;
		*dir = efs_sfs_find(x, *dir, e->path + start, i - start);
		if (*dir == SFS_ROOT || !x->names[*dir].dir)
			return false;
		start = i + 1;
	}
	return true;
}

/* same directory, same name as the one before? */
static bool is_twin(const struct sfs_fs *x, u32 n, const struct sfs_name *e)
{
	return n > 1 && x->names[n - 1].len == e->len &&
		!memcmp(x->names[n - 1].path, e->path, e->len);
}

/* sorted names find their directories; what has none is dropped */
static void link_names(struct sfs_fs *x, u32 all)
{
	u32 n = 1, i, dir;

	for (i = 1; i < all; i++) {
		struct sfs_name e = x->names[i];

		if (is_twin(x, n, &e)) {
			efs_sfs_bad(x, EFS_SFS_ENTRY_TWICE, e.slot);
			continue;
		}
		if (!find_parent(x, &e, &dir)) {
			efs_sfs_bad(x, EFS_SFS_ENTRY_PARENT, e.slot);
			continue;
		}
		e.parent = dir;
		if (!x->names[dir].count++)
			x->names[dir].first = n;
		x->names[dir].subdirs += e.dir;
		x->names[n++] = e;
		efs_cond_resched();
	}
	x->count = n;
}

static int load(struct scan *s, enum efs_sfs_code *why)
{
	struct sfs_fs *x = s->x;
	u64 room;
	int err;

	err = read_ends(s, why);
	if (!err)
		err = scan_index(s);
	if (err)
		return err;
	*why = EFS_SFS_INDEX_CHANGED;
	s->names = s->used + 1;
	s->bytes = s->byte + 1;
	room = (u64)s->names * sizeof(x->names[0]);
	/* where addresses are of 32 bits */
	if (max(room, s->bytes) > (size_t)-1 / 2)
		return -ENOMEM;
	x->names = efs_alloc(x->sb, (size_t)room);
	x->bytes = efs_alloc(x->sb, (size_t)s->bytes);
	if (!x->names || !x->bytes)
		return -ENOMEM;
	x->names[SFS_ROOT].dir = true;
	x->names[SFS_ROOT].path = x->bytes;
	/* what was read to count must be read again, so that it is seen to have changed */
	s->n = 0;
	err = scan_index(s);
	if (err)
		return err;
	sort_names(x->names + 1, s->used);
	link_names(x, s->used + 1);
	return 0;
}

int efs_sfs_index_load(struct sfs_fs *x, enum efs_sfs_code *why)
{
	struct scan s = { .x = x, .slots = x->super.index_bytes / SFS_ENTRY };
	int err;

	s.chunk = efs_alloc(x->sb, CHUNK);
	if (!s.chunk)
		return -ENOMEM;
	err = load(&s, why);
	efs_free(s.chunk);
	return err;
}
