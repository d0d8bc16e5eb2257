// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Pass 2: the index of a directory, whose blocks are sound as those of a plain one.
 *
 * Block 0 is the root: behind `.` and a `..` that fills the block lies a head and a table of
 * (hash, block), the first of which has no hash but room for the table's own sizes. Blocks
 * named there hold entries, or, with two levels, tables once more, behind an unused entry
 * that fills the block. Names whose hash is h are in the last block whose hash is not above
 * h, or in the next one if that has the lowest bit set or begins with h. Layout as in
 * linux/fs/ext4/namei.c, rules as in e2fsprogs e2fsck/pass2.c.
 *
 * Locks: none.
 */
#include "priv.h"

#define ROOT_INFO	24u		/* behind `.` and the name of `..` */
#define ROOT_INFO_LEN	8u
#define NODE_TABLE	8u
#define LEVELS		2u		/* with large_dir, which ext2 does not have, 3 */
#define BLOCK_MASK	0x0fffffffu
#define HASH_TOP	0xfffffffeu
#define FLAG_INCOMPAT	0x1
#define FLAGS_UNSIGNED	0x2		/* s_flags */

/**
 * struct slot - what is known of a block of the directory
 * @min, @max: hashes of its names; of a table: of all below it
 * @low, @high: between which the table says they are
 * @parent: table that names it
 * @before: the block named before it, itself if none
 * @refs: how often it is named
 * @node: it has a table
 * @first: the first of its table; its names are not below @low by definition
 * @last: the last of its table
 */
struct slot {
	u32 min, max, low, high, parent, before, refs;
	bool node, first, last;
};

/**
 * struct index - an index being looked at
 * @slots: of all @n blocks
 * @version: of the hash, with @sign and @seed
 * @levels: of tables below the root
 */
struct index {
	struct chk *c;
	u32 ino;
	struct slot *slots;
	u32 n;
	u32 version, levels;
	bool sign;
	u32 seed[4];
};

static void tell(struct index *x, enum efs_check_code code, u32 lblk, u64 have, u64 want)
{
	chk_tell(x->c, &(struct efs_problem){
		.code = code, .ino = x->ino, .off = lblk, .have = have, .want = want });
}

static bool root_info(struct index *x, const u8 *data)
{
	const u8 *info = data + ROOT_INFO;

	x->version = info[4];
	x->levels = info[6];
	x->sign = !(le32_to_cpu(x->c->ds->s_flags) & FLAGS_UNSIGNED);
	chk_hash_seed(x->c->ds, x->seed);
	return !chk_word(info, 0) && x->version <= 2 && info[5] >= ROOT_INFO_LEN &&
	       !(info[5] % 4) && x->levels < LEVELS && !(info[7] & FLAG_INCOMPAT);
}

/* a block with a table looks like one unused entry; a leaf could, too, but for the limit */
static bool is_node(const struct index *x, const u8 *data)
{
	const struct efs_ddirent *de = (const void *)data;
	u32 size = x->c->geo->block_size;

	return !de->inode && efs_rec_len(de, size) == size && !de->name_len &&
	       (chk_word(data, NODE_TABLE) & 0xffff) == (size - NODE_TABLE) / 8;
}

static void leaf(struct index *x, u32 lblk, const u8 *data)
{
	struct slot *s = &x->slots[lblk];
	u32 off, len;

	for (off = 0; (len = chk_entry_len(x->c, data, off)); off += len) {
		const struct efs_ddirent *de = (const void *)(data + off);
		u32 hash;

		if (!de->inode)
			continue;
		hash = chk_hash(x->version, x->sign, x->seed, de->name, de->name_len);
		s->min = min(s->min, hash);
		s->max = max(s->max, hash);
	}
}

/* the table at @at of a block; false: it makes no sense */
static bool table(struct index *x, u32 lblk, const u8 *data, u32 at)
{
	u32 limit = (x->c->geo->block_size - at) / 8;
	u32 sizes = chk_word(data, at), count = sizes >> 16, hash = 0, i;
	u32 before = lblk;

	if ((sizes & 0xffff) != limit || count > limit) {
		tell(x, EFS_CHECK_INDEX_NODE, lblk, sizes, limit);
		return false;
	}
	for (i = 0; i < count; i++) {
		u32 blk = chk_word(data, at + 8 * i + 4) & BLOCK_MASK, prev = hash;
		struct slot *s;

		hash = i ? chk_word(data, at + 8 * i) & ~1u : 0;
		if (blk >= x->n || hash < prev) {
			tell(x, EFS_CHECK_INDEX_NODE, lblk, blk, hash);
			return false;
		}
		s = &x->slots[blk];
		if (!s->refs++)
			s->parent = lblk;
		s->before = i ? before : blk;
		s->first = !i;
		s->last = i + 1 == count;
		s->low = hash;
		s->high = i + 1 < count ? chk_word(data, at + 8 * (i + 1)) & ~1u : HASH_TOP;
		before = blk;
	}
	x->slots[lblk].min = 0;
	x->slots[lblk].max = hash;
	return true;
}

/* what a table's block begins and ends with is known from the first and last below it */
static void pass_up(struct index *x, bool node)
{
	u32 i;

	for (i = 1; i < x->n; i++) {
		struct slot *s = &x->slots[i], *up = &x->slots[s->parent];

		if (s->node != node)
			continue;
		if (s->first) {
			up->min = s->min;
			if (up->before != s->parent)
				x->slots[up->before].high = s->min;
		}
		if (s->last)
			up->max = s->max;
	}
}

static u32 depth(const struct index *x, u32 lblk)
{
	u32 n = 0;

	/* a ring of tables is none of them below the root */
	while (lblk && n <= LEVELS) {
		lblk = x->slots[lblk].parent;
		n++;
	}
	return n;
}

static void judge(struct index *x)
{
	u32 i;

	pass_up(x, false);
	pass_up(x, true);
	for (i = 1; i < x->n; i++) {
		const struct slot *s = &x->slots[i];

		if (s->refs != 1 || (!s->node && depth(x, i) != x->levels + 1))
			tell(x, EFS_CHECK_INDEX_BLOCK, i, s->refs, 1);
		else if ((!s->first && s->min < s->low) || s->max > s->high)
			tell(x, EFS_CHECK_INDEX_HASH, i, s->low, s->high);
	}
}

/* one block; 1: go on */
static int look(struct index *x, u32 lblk, u32 blk)
{
	struct slot *s = &x->slots[lblk];
	struct efs_buf *b;
	const u8 *data;
	bool good = true;
	int err = efs_buf_read(x->c->sb, blk, &b);

	if (err)
		return err;
	data = efs_buf_data(b);
	s->min = ~0u;
	if (!lblk) {
		good = root_info(x, data);
		s->node = true;
		s->first = true;
		s->last = true;
		if (!good)
			tell(x, EFS_CHECK_INDEX_ROOT, 0, x->version, x->levels);
		else
			good = table(x, 0, data, ROOT_INFO + data[ROOT_INFO + 5]);
	} else if (is_node(x, data)) {
		s->node = true;
		good = table(x, lblk, data, NODE_TABLE);
	} else {
		leaf(x, lblk, data);
	}
	efs_buf_put(b);
	return good;
}

int chk_index(struct chk *c, u32 ino, const struct chk_dirblks *b, u32 at, u32 n)
{
	struct index x = { .c = c, .ino = ino, .n = n };
	u32 i;
	int err = 1;

	x.slots = efs_alloc(c->sb, (size_t)n * sizeof(*x.slots));
	if (!x.slots)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		x.slots[i].before = i;
	for (i = 0; i < n && err == 1; i++, at++) {
		if (at == b->n) {
			b = b->next;
			at = 0;
		}
		err = look(&x, i, b->blk[at].blk);
	}
	if (err == 1)
		judge(&x);
	efs_free(x.slots);
	return min(err, 0);
}
