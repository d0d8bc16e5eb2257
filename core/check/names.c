// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Pass 2: no name may stand twice in a directory.
 *
 * Hashes of all names of one directory are sorted; those that are equal are compared. (e2fsck
 * without -D looks for equal names within each block only.)
 *
 * Locks: none.
 */
#include "priv.h"

#define FIRST_ROOM	256u

/* FNV-1a of 64 bits: what counts is that it is not one of those on the disk */
static u64 hash_of(const u8 *name, u32 len)
{
	u64 h = 0xcbf29ce484222325ull;

	while (len--)
		h = (h ^ *name++) * 0x100000001b3ull;
	return h;
}

int chk_name_add(struct chk *c, u32 blk, u32 off, const u8 *name, u32 len)
{
	if (c->name_count == c->name_room) {
		u32 room = c->name_room ? 2 * c->name_room : FIRST_ROOM;
		struct chk_name *more = efs_alloc(c->sb, (size_t)room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		if (c->name_count)
			memcpy(more, c->names, c->name_count * sizeof(*more));
		efs_free(c->names);
		c->names = more;
		c->name_room = room;
	}
	c->names[c->name_count++] = (struct chk_name){
		.hash = hash_of(name, len), .blk = blk, .off = off,
	};
	return 0;
}

/* equal hashes in the order in which they were met */
static bool before(const struct chk_name *a, const struct chk_name *b)
{
	if (a->hash != b->hash)
		return a->hash < b->hash;
	return a->blk != b->blk ? a->blk < b->blk : a->off < b->off;
}

static void sift(struct chk_name *n, u32 at, u32 count)
{
	struct chk_name moving = n[at];
	u32 child;

	for (; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && before(&n[child], &n[child + 1]))
			child++;
		if (!before(&moving, &n[child]))
			break;
		n[at] = n[child];
	}
	n[at] = moving;
}

/* heapsort: no recursion, no memory, no bad case */
static void sort(struct chk_name *n, u32 count)
{
	u32 i;

	for (i = count / 2; i--; )
		sift(n, i, count);
	for (i = count; i-- > 1; ) {
		struct chk_name last = n[i];

		n[i] = n[0];
		n[0] = last;
		sift(n, 0, i);
	}
}

static int compare(struct chk *c, u32 ino, const struct chk_name *x, const struct chk_name *y)
{
	const struct efs_ddirent *a, *b;
	struct efs_buf *xb, *yb;
	int err = efs_buf_read(c->sb, x->blk, &xb);

	if (err)
		return err;
	err = efs_buf_read(c->sb, y->blk, &yb);
	if (err) {
		efs_buf_put(xb);
		return err;
	}
	a = (const void *)((const u8 *)efs_buf_data(xb) + x->off);
	b = (const void *)((const u8 *)efs_buf_data(yb) + y->off);
	if (chk_entry_len(c, efs_buf_data(xb), x->off) &&
	    chk_entry_len(c, efs_buf_data(yb), y->off) &&
	    a->name_len == b->name_len && !memcmp(a->name, b->name, a->name_len))
		CHK_TELL(c, ENTRY_TWICE, .dir = ino, .ino = le32_to_cpu(b->inode), .blk = y->blk,
			 .off = y->off, .name = b->name, .name_len = b->name_len);
	efs_buf_put(yb);
	efs_buf_put(xb);
	return 0;
}

int chk_names(struct chk *c, u32 ino)
{
	u32 i;
	int err = 0;

	sort(c->names, c->name_count);
	for (i = 1; i < c->name_count && !err; i++)
		if (c->names[i - 1].hash == c->names[i].hash)
			err = compare(c, ino, &c->names[i - 1], &c->names[i]);
	c->name_count = 0;
	return err;
}
