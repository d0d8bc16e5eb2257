// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Pass 5: what is in use against what is marked, and all counts.
 *
 * Counts are held against the bitmaps, not against what was found in use: if bitmaps are
 * wrong that is told, and counts that agree with them are right in their way. Bits behind
 * the end of a group are set.
 *
 * Locks: none.
 */
#include "priv.h"

/**
 * struct run - neighbours with the same finding, told as one
 * @start: first bit; @len of them, 0: none
 * @lost: marked and not in use; else the other way round
 */
struct run {
	u32 start, len;
	bool lost;
};

/**
 * struct map - one bitmap
 * @group: whose
 * @inodes: of inodes, not of blocks
 * @first: what its bit 0 stands for
 * @bits: in use of it
 */
struct map {
	struct chk *c;
	u32 group;
	bool inodes;
	u32 first, bits;
	struct run run;
};

static void run_end(struct map *m)
{
	struct run *r = &m->run;
	struct efs_problem p = { .group = m->group, .count = r->len };

	if (!r->len)
		return;
	if (m->inodes) {
		p.code = r->lost ? EFS_CHECK_BITMAP_INODE_LOST : EFS_CHECK_BITMAP_INODE_FREE;
		p.ino = m->first + r->start;
	} else {
		p.code = r->lost ? EFS_CHECK_BITMAP_BLOCK_LOST : EFS_CHECK_BITMAP_BLOCK_FREE;
		p.blk = m->first + r->start;
	}
	chk_tell(m->c, &p);
	r->len = 0;
}

static void differs(struct map *m, u32 bit, bool lost)
{
	struct run *r = &m->run;

	/* what was not looked at may be in use */
	if (lost && !m->c->res->complete)
		return;
	if (r->len && (r->lost != lost || r->start + r->len != bit))
		run_end(m);
	if (!r->len) {
		r->start = bit;
		r->lost = lost;
	}
	r->len++;
}

static bool inode_used(const struct map *m, u32 bit)
{
	const struct chk_inode *ci = m->c->groups[m->group].inodes;

	return ci && ci[bit].flags & CHK_USED;
}

/* words that are equal cost nothing; @used NULL: nothing is in use */
static void compare_blocks(struct map *m, const u8 *data, const u8 *used)
{
	u32 bit;

	for (bit = 0; bit < m->bits; bit++) {
		bool marked, is;

		if (!(bit % 64) && m->bits - bit >= 64) {
			const __le64 *a = (const __le64 *)(data + bit / 8);
			const __le64 *b = (const __le64 *)(used ? used + bit / 8 : NULL);

			if (b ? *a == *b : !*a) {
				bit += 63;
				continue;
			}
		}
		marked = efs_bit_test(data, bit);
		is = used && efs_bit_test(used, bit);
		if (marked != is)
			differs(m, bit, marked);
	}
}

static void compare_inodes(struct map *m, const u8 *data)
{
	u32 bit;

	for (bit = 0; bit < m->bits; bit++) {
		bool marked = efs_bit_test(data, bit), is = inode_used(m, bit);

		if (marked != is)
			differs(m, bit, marked);
	}
}

static u32 count_dirs(const struct map *m, const u8 *data)
{
	const struct chk_inode *ci = m->c->groups[m->group].inodes;
	u32 bit, n = 0;

	for (bit = 0; ci && bit < m->bits; bit++) {
		m->c->res->inodes_used += ci[bit].flags & CHK_USED;
		n += ci[bit].flags & CHK_DIR && efs_bit_test(data, bit);
	}
	return n;
}

/* one bitmap; @free: zeros in it */
static int one_map(struct map *m, u32 blk, u32 *free, u32 *dirs)
{
	struct chk *c = m->c;
	struct efs_problem p = { .group = m->group, .blk = blk };
	struct efs_buf *b;
	const u8 *data;
	int err = efs_buf_read(c->sb, blk, &b);

	if (err)
		return err;
	data = efs_buf_data(b);
	if (m->inodes) {
		compare_inodes(m, data);
		*dirs = count_dirs(m, data);
	} else {
		compare_blocks(m, data, c->groups[m->group].used);
	}
	run_end(m);
	*free = efs_bits_count_free(data, m->bits);
	if (!efs_bits_all(data, m->bits, 8 * c->geo->block_size - m->bits, true)) {
		p.code = m->inodes ? EFS_CHECK_BITMAP_INODE_PADDING :
				     EFS_CHECK_BITMAP_BLOCK_PADDING;
		chk_tell(c, &p);
	}
	efs_buf_put(b);
	return 0;
}

/* ---- a group ---- */

static void count(struct chk *c, enum efs_check_code code, u32 g, u64 have, u64 want)
{
	if (have != want)
		chk_tell(c, &(struct efs_problem){
			.code = code, .group = g, .have = have, .want = want });
}

static int group(struct chk *c, u32 g, u64 *blocks, u64 *inodes)
{
	const struct efs_geo *geo = c->geo;
	const struct chk_group *grp = &c->groups[g];
	struct map bm = {
		.c = c, .group = g, .first = efs_group_first(geo, g),
		.bits = efs_group_blocks(geo, g),
	};
	struct map im = {
		.c = c, .group = g, .inodes = true, .first = g * geo->inodes_per_group + 1,
		.bits = geo->inodes_per_group,
	};
	u32 free, dirs;
	int err;

	if (!(grp->bad & CHK_BAD_BITMAP)) {
		err = one_map(&bm, grp->bitmap, &free, &dirs);
		if (err)
			return err;
		count(c, EFS_CHECK_GROUP_BLOCKS, g, grp->free_blocks, free);
		*blocks += free;
	}
	if (!(grp->bad & CHK_BAD_INODES)) {
		err = one_map(&im, grp->inode_bitmap, &free, &dirs);
		if (err)
			return err;
		count(c, EFS_CHECK_GROUP_INODES, g, grp->free_inodes, free);
		count(c, EFS_CHECK_GROUP_DIRS, g, grp->used_dirs, dirs);
		*inodes += free;
	}
	return 0;
}

int chk_bitmaps(struct chk *c)
{
	u64 blocks = 0, inodes = 0;
	u32 g;
	int err;

	for (g = 0; g < c->geo->groups; g++) {
		err = chk_progress(c, 5, g, c->geo->groups);
		if (!err)
			err = group(c, g, &blocks, &inodes);
		if (err)
			return err;
	}
	if (c->res->complete) {
		count(c, EFS_CHECK_SUPER_BLOCKS, 0, le32_to_cpu(c->ds->s_free_blocks_count),
		      blocks);
		count(c, EFS_CHECK_SUPER_INODES, 0, le32_to_cpu(c->ds->s_free_inodes_count),
		      inodes);
	}
	return chk_progress(c, 5, g, c->geo->groups);
}
