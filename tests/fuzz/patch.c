// SPDX-License-Identifier: GPL-2.0
/*
 * Damage: patches of a few bytes at places that somebody reads.
 *
 * A patch in an input is FUZZ_PATCH_LEN bytes: target, how, index (2), offset (2), value
 * (4). Target and index choose a structure of the base (the superblock, the n-th inode in
 * use, the n-th directory entry, ...), the offset a field inside, and `how` its width and
 * what goes there: the value, an end of the range, the number of the block itself or of
 * some other metadata block, one past the end, a copy of another structure's field, ...
 * In what fills a block (pointers, bitmaps, entries) the same may go everywhere from there
 * on: a table full of pointers to itself is the dearest map there is. So any bytes are a
 * patch, and a small change of them is a small change of the damage.
 *
 * Locks: none.
 */
#include <stdlib.h>
#include "fuzz.h"

#define UNDO_MAX 256

/** struct fuzz_undo - bytes that are no longer those of the base */
struct fuzz_undo {
	u64 at;
	u32 len;
};

enum target {
	T_SUPER, T_DESC, T_INODE, T_POINTER, T_ENTRY, T_INDIRECT, T_DIR, T_LINK, T_XATTR,
	T_BBITMAP, T_IBITMAP, T_RAW, T_TARGETS
};

enum how {
	H_VALUE, H_ZERO, H_ONES, H_OWN, H_META, H_PAST, H_ADD, H_FLIP, H_COPY, H_HIGH, H_HOWS
};

static struct fuzz_image *images[32];

struct fuzz_image *fuzz_image_get(u32 n)
{
	struct fuzz_image *im;

	n %= fuzz_bases();
	im = images[n];
	if (im)
		return im;
	im = efs_test_zalloc(sizeof(*im));
	im->base = fuzz_base_get(n);
	im->img = efs_test_zalloc(im->base->bytes);
	im->undo = efs_test_zalloc(UNDO_MAX * sizeof(im->undo[0]));
	memcpy(im->img, im->base->img, im->base->bytes);
	images[n] = im;
	return im;
}

void fuzz_heal(struct fuzz_image *im)
{
	while (im->n_undo) {
		const struct fuzz_undo *u = &im->undo[--im->n_undo];

		memcpy(im->img + u->at, im->base->img + u->at, u->len);
	}
}

/* the n-th block of a kind, counted round; 0 if there is none */
static u32 nth_block(const struct fuzz_map *m, enum fuzz_kind kind, u32 n)
{
	u32 i, count = 0;

	for (i = 0; i < m->blocks; i++)
		count += m->kind[i] == kind;
	if (!count)
		return 0;
	n %= count;
	for (i = 0; i < m->blocks; i++)
		if (m->kind[i] == kind && !n--)
			return i;
	return 0;
}

/* where a target's structure begins, and how long it is */
static u64 place(const struct fuzz_image *im, u32 target, u32 index, u32 *len)
{
	const struct fuzz_base *b = im->base;
	const struct fuzz_map *m = &b->map;
	enum fuzz_kind kind = FUZZ_FREE;
	u32 blk;

	*len = m->block_size;
	switch (target) {
	case T_SUPER:
		*len = EFS_SUPER_SIZE;
		return EFS_SUPER_OFFSET;
	case T_DESC:
		*len = sizeof(struct efs_dgroup);
		blk = m->first + 1;
		return (u64)blk * m->block_size + index % m->groups * *len;
	case T_INODE:
		*len = m->inode_size;
		return fuzz_inode_at(m, b->img, b->inos[index % b->n_inos]);
	case T_POINTER:
		*len = EFS_NBLOCKS * 4;
		return fuzz_inode_at(m, b->img, b->inos[index % b->n_inos]) +
		       offsetof(struct efs_dinode, i_block);
	case T_ENTRY:
		*len = EFS_DIRENT_MIN;
		return b->entries[index % b->n_entries];
	case T_INDIRECT:
		kind = FUZZ_INDIRECT;
		break;
	case T_DIR:
		kind = FUZZ_DIR;
		break;
	case T_LINK:
		kind = FUZZ_LINK;
		break;
	case T_XATTR:
		kind = FUZZ_XATTR;
		break;
	case T_BBITMAP:
		kind = FUZZ_BBITMAP;
		break;
	case T_IBITMAP:
		kind = FUZZ_IBITMAP;
		break;
	default:
		*len = (u32)b->bytes;
		return 0;
	}
	return (u64)nth_block(m, kind, index) * m->block_size;
}

static u32 load(const u8 *p, u32 width)
{
	u32 v = 0;

	while (width--)
		v = v << 8 | p[width];
	return v;
}

static void store(u8 *p, u32 v, u32 width)
{
	for (; width; p++, v >>= 8, width--)
		*p = (u8)v;
}

void fuzz_patch(struct fuzz_image *im, struct fuzz_in *in, u64 *where, u32 *changed)
{
	const struct fuzz_map *m = &im->base->map;
	u32 target = fuzz_u8(in) % T_TARGETS, how = fuzz_u8(in);
	u32 index = fuzz_u16(in), off = fuzz_u16(in), value = fuzz_u32(in);
	static const u8 widths[4] = { 4, 2, 1, 4 };
	bool fill = how >> 6 == 3 && target >= T_INDIRECT && target < T_RAW;
	u32 width = widths[how >> 6], len, old, span;
	u64 at = place(im, target, index, &len), from;

	/* fields are aligned */
	if (target == T_RAW)
		off |= index << 16;
	off = off % len & ~(width - 1);
	at += off;
	span = fill ? len - off : width;
	*where = at;
	*changed = span;
	if (at + width > im->base->bytes)
		return;
	old = load(im->img + at, width);
	switch ((how & 63) % H_HOWS) {
	case H_ZERO:
		value = 0;
		break;
	case H_ONES:
		value = ~0u;
		break;
	case H_OWN:
		value = (u32)(at / m->block_size);
		break;
	case H_META:
		value = nth_block(m, FUZZ_SUPER + value % (FUZZ_KINDS - 1), value >> 8);
		break;
	case H_PAST:
		value = m->blocks + value % 4 - 1;
		break;
	case H_ADD:
		value = old + (s8)value;
		break;
	case H_FLIP:
		value = old ^ 1u << value % 32;
		break;
	case H_COPY:
		from = place(im, target, value, &len) + off;
		value = from + width <= im->base->bytes ? load(im->img + from, width) : 0;
		break;
	case H_HIGH:
		value = old | 0x80u << (8 * width - 8);
		break;
	}
	fuzz_check(im->n_undo < UNDO_MAX, "more damage than can be undone");
	im->undo[im->n_undo++] = (struct fuzz_undo){ at, span };
	for (; span; at += width, span -= width)
		store(im->img + at, value, width);
}

/* ---- mutation ---- */

static const u8 super_fields[] = {
	0x00, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x28, 0x34, 0x36, 0x38, 0x3a,
	0x3c, 0x40, 0x44, 0x48, 0x4c, 0x50, 0x54, 0x58, 0x5c, 0x60, 0x64, 0xce, 0xe8,
};

static const u8 inode_fields[] = {
	0, 2, 4, 8, 16, 20, 24, 26, 28, 32, 36, 100, 104, 108, 112, 116, 118, 120, 128, 130, 132,
};

static const u8 entry_fields[] = { 0, 4, 6, 7, 8, 10 };

#define PICK(array, seed) ((array)[efs_test_rand(seed) % ARRAY_SIZE(array)])

void fuzz_patch_random(u8 *p, u32 *seed)
{
	static const u8 targets[] = {
		T_SUPER, T_DESC, T_DESC, T_INODE, T_INODE, T_INODE, T_INODE, T_POINTER, T_POINTER,
		T_ENTRY, T_ENTRY, T_ENTRY, T_INDIRECT, T_INDIRECT, T_DIR, T_LINK, T_XATTR,
		T_BBITMAP, T_BBITMAP, T_IBITMAP, T_RAW,
	};
	u32 i, target = PICK(targets, seed), off;

	for (i = 0; i < FUZZ_PATCH_LEN; i++)
		p[i] = (u8)(efs_test_rand(seed) >> 8);
	p[0] = (u8)target;
	off = p[4] | p[5] << 8;
	switch (target) {
	case T_SUPER:
		/* most of them only end the mount */
		off = off % 8 ? PICK(super_fields, seed) : off;
		break;
	case T_INODE:
		off = PICK(inode_fields, seed);
		break;
	case T_ENTRY:
		off = PICK(entry_fields, seed);
		break;
	case T_DIR:
	case T_INDIRECT:
		/* mostly where something is */
		off %= off % 4 ? 64 : 1024;
		break;
	case T_XATTR:
		off %= 32;
		break;
	}
	p[4] = (u8)off;
	p[5] = (u8)(off >> 8);
	/* small values are more telling than large ones */
	if (efs_test_rand(seed) % 2)
		memset(p + 7, 0, 3);
}

u32 fuzz_records_mutate(u8 *data, u32 n, u32 max, u32 len, void (*make)(u8 *rec, u32 *seed),
			u32 *seed)
{
	u32 at = n ? efs_test_rand(seed) % n : 0, to;
	u8 *rec = data + at * len;
	u8 spare[32];

	switch (n ? efs_test_rand(seed) % 8 : 0) {
	case 0:
	case 1:
	case 2:
		if (n == max)
			break;
		memmove(rec + len, rec, (n - at) * len);
		make(rec, seed);
		return n + 1;
	case 3:
		memmove(rec, rec + len, (n - at - 1) * len);
		return n - 1;
	case 4:
		if (n == max)
			break;
		memmove(rec + len, rec, (n - at) * len);
		return n + 1;
	case 5:
		to = efs_test_rand(seed) % n;
		memcpy(spare, rec, len);
		memcpy(rec, data + to * len, len);
		memcpy(data + to * len, spare, len);
		return n;
	case 6:
		rec[efs_test_rand(seed) % len] ^= 1u << efs_test_rand(seed) % 8;
		return n;
	case 7:
		rec[efs_test_rand(seed) % len] = (u8)(efs_test_rand(seed) >> 8);
		return n;
	}
	make(rec, seed);
	return n;
}
