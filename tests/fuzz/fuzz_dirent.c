// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes directory blocks.
 *
 * An input is two bytes of options and a block, continued with zeros or repeated. Every
 * function is called whether or not efs_dirent_check() accepts the block: someone may
 * write to it after the check, so each must stay inside the block and end. The block is
 * allocated with exactly its size, so the sanitizer sees a step too far. Where the check
 * says OK, a second walk, as plain as can be, must find the same entries, and the block
 * must stay OK under insertion and deletion.
 */
#include <stdlib.h>
#include "fuzz.h"

#define INODES	1000
#define SELF	12

struct geo_choice {
	u32 bits;
	u32 incompat;
};

static const struct geo_choice choices[] = {
	{ 10, EFS_INCOMPAT_FILETYPE }, { 10, 0 }, { 12, EFS_INCOMPAT_FILETYPE },
	{ 16, EFS_INCOMPAT_FILETYPE }, { 11, 0 },
};

static const struct efs_ddirent *at(const u8 *blk, u32 off)
{
	return (const struct efs_ddirent *)(blk + off);
}

/* the entry of a name, by the plainest walk there is; block_size if there is none */
static u32 find(const struct efs_geo *geo, const u8 *blk, const char *name, u32 len, u32 *count)
{
	u32 off = 0, found = geo->block_size;

	*count = 0;
	while (off < geo->block_size) {
		const struct efs_ddirent *de = at(blk, off);

		if (de->inode && de->name_len == len && !memcmp(de->name, name, len)) {
			if (!*count)
				found = off;
			++*count;
		}
		off += efs_rec_len(de, geo->block_size);
	}
	return found;
}

/* entries in use, and a sum over their names and numbers */
static u32 contents(const struct efs_geo *geo, const u8 *blk, u64 *sum)
{
	u32 off, n = 0;

	*sum = 0;
	for (off = 0; off < geo->block_size; off += efs_rec_len(at(blk, off), geo->block_size)) {
		const struct efs_ddirent *de = at(blk, off);

		fuzz_check(off % 4 == 0 && geo->block_size - off >= EFS_DIRENT_MIN &&
			   efs_rec_len(de, geo->block_size) <= geo->block_size - off &&
			   EFS_DIRENT_LEN(de->name_len) <= efs_rec_len(de, geo->block_size),
			   "accepted, but broken at %u", off);
		if (!de->inode)
			continue;
		fuzz_check(le32_to_cpu(de->inode) <= INODES && de->name_len, "accepted at %u", off);
		n++;
		*sum += (u64)fuzz_hash(de->name, de->name_len) * le32_to_cpu(de->inode);
	}
	return n;
}

/* functions that only look, on bytes nobody has checked */
static void look(const struct efs_geo *geo, const u8 *blk, const char *name, u32 len)
{
	u32 off, prev = 0, gap;

	off = efs_dirent_find(geo, blk, name, len, &prev);
	if (off != geo->block_size)
		fuzz_check(off < geo->block_size && prev <= off &&
			   geo->block_size - off >= EFS_DIRENT_LEN(len), "found at %u, %u", off,
			   prev);
	off = efs_dirent_room(geo, blk, EFS_DIRENT_LEN(len), &gap);
	fuzz_check(off <= geo->block_size && gap <= geo->block_size, "room at %u, %u", off, gap);
	efs_dirent_is_empty(geo, blk, true);
	efs_dirent_is_empty(geo, blk, false);
}

/* functions that change, the same way */
static void change(const struct efs_geo *geo, u8 *blk, const char *name, u32 len)
{
	u32 off, prev, gap;

	off = efs_dirent_room(geo, blk, EFS_DIRENT_LEN(len), &gap);
	if (off < geo->block_size)
		efs_dirent_insert(geo, blk, off, name, len, 17, EFS_FT_REG);
	off = efs_dirent_find(geo, blk, name, len, &prev);
	if (off == geo->block_size)
		return;
	efs_dirent_set(geo, blk, off, 18, EFS_FT_DIR);
	efs_dirent_delete(geo, blk, off, prev);
}

/* an accepted block: insert and delete keep it so, and touch nothing else */
static void check_changes(const struct efs_geo *geo, u8 *blk, bool first, const char *name, u32 len)
{
	u32 off, prev, gap, count, err, ref, n, room;
	u64 sum, sum2;

	n = contents(geo, blk, &sum);
	ref = find(geo, blk, name, len, &count);
	off = efs_dirent_find(geo, blk, name, len, &prev);
	fuzz_check(off == ref, "found at %u, not at %u", off, ref);
	if (count) {
		fuzz_check(off == prev || prev + efs_rec_len(at(blk, prev), geo->block_size) == off,
			   "%u is not before %u", prev, off);
		/* `.` and `..` are never deleted */
		if (first && (!off || !prev))
			return;
		efs_dirent_delete(geo, blk, off, prev);
		fuzz_check(!efs_dirent_check(geo, blk, first, SELF, &err), "bad after a deletion");
		fuzz_check(contents(geo, blk, &sum2) == n - 1, "a deletion took more than one");
		return;
	}
	off = efs_dirent_room(geo, blk, EFS_DIRENT_LEN(len), &gap);
	if (off == geo->block_size) {
		fuzz_check(gap < EFS_DIRENT_LEN(len), "no room, but a gap of %u", gap);
		return;
	}
	/* nothing goes in front of `.` or between it and `..` */
	if (first && off < efs_rec_len(at(blk, 0), geo->block_size))
		return;
	efs_dirent_insert(geo, blk, off, name, len, 17, EFS_FT_REG);
	fuzz_check(!efs_dirent_check(geo, blk, first, SELF, &err), "bad after an insertion");
	fuzz_check(contents(geo, blk, &sum2) == n + 1 &&
		   sum2 == sum + (u64)fuzz_hash((const u8 *)name, len) * 17,
		   "an insertion changed others");
	fuzz_check(efs_dirent_find(geo, blk, name, len, &prev) < geo->block_size, "inserted, lost");
	off = efs_dirent_find(geo, blk, name, len, &prev);
	room = efs_dirent_delete(geo, blk, off, prev);
	fuzz_check(!efs_dirent_check(geo, blk, first, SELF, &err), "bad after the deletion");
	fuzz_check(contents(geo, blk, &sum2) == n && sum2 == sum, "not as before");
	fuzz_check(room >= EFS_DIRENT_LEN(len), "%u bytes of room where a name was", room);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_in in = { data, size };
	const struct geo_choice *c = &choices[fuzz_u8(&in) % ARRAY_SIZE(choices)];
	struct efs_geo geo = { .inodes_count = INODES, .incompat = c->incompat };
	u32 options = fuzz_u8(&in), off = 0, i, len = options >> 1 & 63;
	bool first = options & 1;
	char name[256];
	enum efs_code code;
	u8 *blk, *copy;

	fuzz_begin();
	geo.block_bits = c->bits;
	geo.block_size = 1u << c->bits;
	blk = efs_test_zalloc(geo.block_size);
	copy = efs_test_zalloc(geo.block_size);
	memcpy(blk, in.p, min_t(size_t, in.left, geo.block_size));
	if (options & 0x80 && in.left)
		for (i = in.left; i < geo.block_size; i++)
			blk[i] = blk[i - in.left];
	/* a name the block may hold */
	len = len ? len * 4 : 1;
	memset(name, 'n', sizeof(name));
	if (in.left > 8)
		memcpy(name, in.p + 8, min_t(size_t, in.left - 8, min_t(u32, len, 8)));
	for (i = 0; i < len; i++)
		if (!name[i] || name[i] == '/')
			name[i] = 'x';

	code = efs_dirent_check(&geo, blk, first, SELF, &off);
	fuzz_check((u32)code < EFS_C_MAX, "code %u", code);
	fuzz_check(off < geo.block_size, "offset %u", off);
	look(&geo, blk, name, len);
	if (code == EFS_C_OK) {
		memcpy(copy, blk, geo.block_size);
		check_changes(&geo, copy, first, name, len);
		for (i = 0; i < geo.block_size; i += efs_rec_len(at(blk, i), geo.block_size)) {
			const struct efs_ddirent *de = at(blk, i);
			u32 n;

			if (!de->inode)
				continue;
			memcpy(copy, blk, geo.block_size);
			n = find(&geo, blk, (const char *)de->name, de->name_len, &off);
			if (n != i)
				continue;
			check_changes(&geo, copy, first, (const char *)de->name, de->name_len);
			/* quadratic otherwise */
			if (i > 2048)
				break;
		}
	}
	for (i = 0; i < 4; i++)
		change(&geo, blk, name, i % 2 ? len : 1);
	free(copy);
	free(blk);
	return 0;
}
