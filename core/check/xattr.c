// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Pass 1: extended attributes, in the inode and in a block that several inodes may share.
 *
 * Entries grow from the front, values lie behind; no two may overlap, and each entry has a
 * hash of its name and value. Layout as in linux/fs/ext2/xattr.h and e2fsprogs
 * lib/ext2fs/ext2_ext_attr.h; what is asked is what e2fsprogs e2fsck/pass1.c asks. Whether
 * this implementation could read a set is the stricter question of core/format/xattr.c.
 *
 * Locks: none.
 */
#include "priv.h"

/*
 * An entry: u8 length of the name, u8 index of its prefix, u16 offset, u32 inode and u32 size of
 * the value, u32 hash, the name.
 */
#define ENTRY_SIZE	16u
#define ENTRY_LEN(n)	(((n) + ENTRY_SIZE + 3) & ~3u)
#define VALUE_MAX	(1u << 24)

#define NAME_SHIFT	5
#define VALUE_SHIFT	16

/**
 * struct set - the attributes of an inode body or a block
 * @p: its bytes, from the magic number on, @size of them
 * @first: offset of the first entry
 * @base: what offsets of values count from
 * @body: in the inode: old ones have no hashes, and lengths are asked differently
 */
struct set {
	const u8 *p;
	u32 size, first, base;
	bool body;
};

static u32 turn(u32 v, u32 n)
{
	return v << n | v >> (32 - n);
}

/* bytes of names were once taken as signed, on some machines */
static u32 entry_hash(const u8 *e, const u8 *value, u32 value_size, bool sign)
{
	u32 hash = 0, i;

	for (i = 0; i < e[0]; i++) {
		u8 ch = e[ENTRY_SIZE + i];

		hash = turn(hash, NAME_SHIFT) ^ (sign ? (u32)(s32)(s8)ch : ch);
	}
	for (i = 0; i < value_size; i += 4)
		hash = turn(hash, VALUE_SHIFT) ^ chk_word(value, i);
	return hash;
}

/*
 * Values must not touch entries, nor each other: bits of @map, one for four bytes. Both
 * begin at multiples of four, or are wrong.
 */
static bool take(const struct set *s, void *map, u64 off, u32 len)
{
	u32 units = (len + 3) / 4;

	if (off % 4 || off > s->size || units > (s->size - off) / 4)
		return false;
	if (!efs_bits_all(map, (u32)off / 4, units, false))
		return false;
	efs_bits_set(map, (u32)off / 4, units);
	return true;
}

static enum efs_check_code check_entry(const struct set *s, void *map, u32 at)
{
	const u8 *e = s->p + at;
	u32 size = chk_word(e, 8), hash = chk_word(e, 12);
	u64 off = (u64)s->base + e[2] + ((u32)e[3] << 8);

	/* values in inodes of their own are ext4's */
	if (!take(s, map, at, ENTRY_LEN(e[0])) || (!s->body && !e[1]) || chk_word(e, 4))
		return EFS_CHECK_XATTR_ENTRY;
	if (size > VALUE_MAX || off + size > s->size || (size && !take(s, map, off, size)))
		return EFS_CHECK_XATTR_ENTRY;
	if (s->body && !hash)
		return EFS_CHECK_MAX;
	if (!size)
		off = 0;
	if (hash != entry_hash(e, s->p + off, size, false) &&
	    hash != entry_hash(e, s->p + off, size, true))
		return EFS_CHECK_XATTR_HASH;
	return EFS_CHECK_MAX;
}

/* EFS_CHECK_MAX: nothing is wrong. @map: zeroed, a bit for each four bytes */
static enum efs_check_code check_set(const struct set *s, void *map)
{
	u32 at = s->first;

	efs_bits_set(map, 0, s->first / 4);
	while (at + 4 <= s->size && chk_word(s->p, at)) {
		enum efs_check_code code = EFS_CHECK_XATTR_ENTRY;

		if (at + ENTRY_SIZE <= s->size)
			code = check_entry(s, map, at);
		if (code != EFS_CHECK_MAX)
			return code;
		at += ENTRY_LEN(s->p[at]);
	}
	/* four bytes of zeros end the list; in a body that is full they may be missing */
	return take(s, map, at, 4) ? EFS_CHECK_MAX : EFS_CHECK_XATTR_ENTRY;
}

void chk_xattr_body(struct chk *c, u32 ino, const struct efs_dinode *di)
{
	u32 head = EFS_INODE_SIZE_REV0 + le16_to_cpu(di->i_extra_isize);
	struct set s = {
		.p = (const u8 *)di + head, .size = c->geo->inode_size - head,
		.first = 4, .base = 4, .body = true,
	};
	enum efs_check_code code;
	void *map;

	if (chk_word(s.p, 0) != EFS_XATTR_MAGIC)
		return;
	map = c->xattr_map;
	memset(map, 0, c->geo->block_size / 32);
	code = check_set(&s, map);
	if (code != EFS_CHECK_MAX)
		chk_tell(c, &(struct efs_problem){ .code = code, .ino = ino });
}

/* ---- blocks and their users ---- */

static struct chk_xattr *place_of(const struct chk *c, u32 blk)
{
	u32 i = (blk * 2654435761u) & (c->xattr_room - 1);

	while (c->xattr[i].blk && c->xattr[i].blk != blk)
		i = (i + 1) & (c->xattr_room - 1);
	return &c->xattr[i];
}

/* room for one more, at most half full */
static int make_room(struct chk *c)
{
	u32 old = c->xattr_room, i;
	struct chk_xattr *from = c->xattr;

	if (c->xattr_count < old / 2)
		return 0;
	c->xattr = efs_alloc(c->sb, (old ? 2 * (size_t)old : 64) * sizeof(*c->xattr));
	if (!c->xattr) {
		c->xattr = from;
		return -ENOMEM;
	}
	c->xattr_room = old ? 2 * old : 64;
	for (i = 0; i < old; i++)
		if (from[i].blk)
			*place_of(c, from[i].blk) = from[i];
	efs_free(from);
	return 0;
}

static int first_user(struct chk *c, u32 ino, struct chk_xattr *x)
{
	const struct efs_dxattr_header *h;
	enum efs_check_code code = EFS_CHECK_MAX;
	struct efs_buf *b;
	int err = efs_buf_read(c->sb, x->blk, &b);

	if (err)
		return err;
	h = efs_buf_data(b);
	x->says = le32_to_cpu(h->h_refcount);
	if (le32_to_cpu(h->h_magic) != EFS_XATTR_MAGIC || le32_to_cpu(h->h_blocks) != 1) {
		code = EFS_CHECK_XATTR_HEADER;
	} else {
		struct set s = {
			.p = efs_buf_data(b), .size = c->geo->block_size, .first = sizeof(*h),
		};

		memset(c->xattr_map, 0, c->geo->block_size / 32);
		code = check_set(&s, c->xattr_map);
	}
	if (code != EFS_CHECK_MAX)
		chk_tell(c, &(struct efs_problem){ .code = code, .ino = ino, .blk = x->blk });
	efs_buf_put(b);
	return 0;
}

int chk_xattr_block(struct chk *c, struct chk_file *f)
{
	u32 blk = le32_to_cpu(f->di->i_file_acl);
	struct chk_xattr *x;
	int err;

	if (!blk)
		return 0;
	if (!(c->geo->compat & EFS_COMPAT_EXT_ATTR) || !chk_in_volume(c, blk)) {
		CHK_TELL(c, XATTR_BLOCK, .ino = f->ino, .blk = blk);
		return 0;
	}
	f->blocks++;
	err = make_room(c);
	if (err)
		return err;
	x = place_of(c, blk);
	if (x->blk) {
		x->found++;
		return 0;
	}
	x->blk = blk;
	x->found = 1;
	c->xattr_count++;
	err = chk_use(c, blk);
	if (err < 0)
		return err;
	if (err)
		CHK_TELL(c, MAP_TWICE, .ino = f->ino, .blk = blk);
	return first_user(c, f->ino, x);
}

void chk_xattr_counts(struct chk *c)
{
	u32 i;

	for (i = 0; i < c->xattr_room; i++)
		if (c->xattr[i].blk && c->xattr[i].says != c->xattr[i].found)
			CHK_TELL(c, XATTR_COUNT, .blk = c->xattr[i].blk, .have = c->xattr[i].says,
				 .want = c->xattr[i].found);
}
