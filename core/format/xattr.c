// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Extended attributes as they lie in a block, and in the tail of a large inode.
 *
 * Both are a place with entries growing from its start, a zero word behind them, and values
 * growing from its end; entries and values are padded to four bytes. The block has a head
 * of 32 bytes, the tail a magic number alone, and counts offsets from behind it. Layout as
 * in linux/fs/ext2/xattr.h and linux/fs/ext4/xattr.h; hashes as computed there.
 *
 * A place is validated as a whole when it is opened; after that it may be walked without
 * checks. It is changed by putting together a new one: so whatever gaps and orders others
 * leave, ours has none.
 *
 * Invariants of an open place: @first <= @end, @end + 4 <= @low <= @size, all multiples of
 * four but @low, which others may have left unaligned.
 *
 * Locks: none; nobody may change the bytes meanwhile.
 */
#include "format.h"

/* the least that has room for a magic number and the zero word */
#define BODY_MIN	8u

/* ---- names ---- */

static const struct {
	u8 index;
	bool whole;	/* the prefix is the whole name */
	u8 len;
	const char *text;
} prefixes[] = {
	{ EFS_EA_USER, false, 5, "user." },
	{ EFS_EA_ACL_ACCESS, true, 23, "system.posix_acl_access" },
	{ EFS_EA_ACL_DEFAULT, true, 24, "system.posix_acl_default" },
	{ EFS_EA_TRUSTED, false, 8, "trusted." },
	{ EFS_EA_SECURITY, false, 9, "security." },
	{ EFS_EA_RICHACL, true, 14, "system.richacl" },
	{ EFS_EA_SYSTEM, false, 7, "system." },
	{ EFS_EA_GNU, false, 4, "gnu." },
};

const char *efs_ea_prefix(u8 index, u32 *len)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (prefixes[i].index == index) {
			*len = prefixes[i].len;
			return prefixes[i].text;
		}
	}
	return NULL;
}

bool efs_ea_parse(const char *name, size_t len, u8 *index, u32 *skip)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		u32 n = prefixes[i].len;

		if (len < n || memcmp(name, prefixes[i].text, n) ||
		    (prefixes[i].whole ? len > n : len == n))
			continue;
		*index = prefixes[i].index;
		*skip = n;
		return true;
	}
	return false;
}

/* ---- hashes ---- */

static u32 turn(u32 hash, u32 bits)
{
	return hash << bits | hash >> (32 - bits);
}

/* @is_signed: as characters are where gcc has them so, and old kernels had them */
static u32 entry_hash(const struct efs_ea *ea, u32 pos, bool is_signed)
{
	const struct efs_dxattr_entry *e = efs_ea_at(ea, pos);
	u32 hash = 0, size, i;
	const u8 *value = efs_ea_value(ea, pos, &size);
	__le32 word;

	for (i = 0; i < e->e_name_len; i++)
		hash = turn(hash, 5) ^ (is_signed ? (u32)(s32)(s8)e->e_name[i] : e->e_name[i]);
	/* padding counts */
	for (i = 0; i < size; i += 4) {
		memcpy(&word, value + i, 4);
		hash = turn(hash, 16) ^ le32_to_cpu(word);
	}
	return hash;
}

static bool hash_ok(const struct efs_ea *ea, u32 pos)
{
	u32 hash = le32_to_cpu(efs_ea_at(ea, pos)->e_hash);

	return (!ea->block && !hash) || hash == entry_hash(ea, pos, false) ||
	       hash == entry_hash(ea, pos, true);
}

u32 efs_ea_seal(struct efs_ea *ea)
{
	u32 hash = 0, pos, h;
	bool share = true;

	for (pos = ea->first; pos < ea->end; pos = efs_ea_next(ea, pos)) {
		h = entry_hash(ea, pos, false);
		((struct efs_dxattr_entry *)(ea->base + pos))->e_hash = cpu_to_le32(h);
		/* as Linux has it: 0 means not computed */
		share = share && h;
		hash = turn(hash, 16) ^ h;
	}
	if (!share)
		hash = 0;
	efs_ea_head(ea)->h_hash = cpu_to_le32(hash);
	return hash;
}

/* ---- validation ---- */

static bool has_nul(const u8 *s, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		if (!s[i])
			return true;
	return false;
}

/* names from @first on: finds the end of their list */
static enum efs_code check_names(struct efs_ea *ea, u32 *off)
{
	u32 pos = ea->first, next;
	__le32 word;

	for (;; pos = next) {
		const struct efs_dxattr_entry *e = efs_ea_at(ea, pos);

		*off = pos;
		memcpy(&word, e, 4);
		if (!word)
			break;
		/* with the zero word behind it */
		next = efs_ea_next(ea, pos);
		if (next > ea->size - 4)
			return EFS_C_XATTR_ENTRY;
		if (!e->e_name_index || has_nul(e->e_name, e->e_name_len))
			return EFS_C_XATTR_NAME;
	}
	ea->end = pos;
	return EFS_C_OK;
}

static enum efs_code check_value(struct efs_ea *ea, u32 pos)
{
	const struct efs_dxattr_entry *e = efs_ea_at(ea, pos);
	u32 size = le32_to_cpu(e->e_value_size), at = le16_to_cpu(e->e_value_offs);

	if (e->e_value_block)
		return EFS_C_XATTR_VALUE_BLOCK;
	if (!size)
		return EFS_C_OK;
	if (size > ea->size || at > ea->size || EFS_XATTR_PAD(size) > ea->size - at ||
	    at < ea->end + 4)
		return EFS_C_XATTR_VALUE;
	ea->low = min(ea->low, at);
	return EFS_C_OK;
}

/* of two entries whose values are inside */
static enum efs_code check_pair(const struct efs_ea *ea, u32 a, u32 b)
{
	const struct efs_dxattr_entry *x = efs_ea_at(ea, a), *y = efs_ea_at(ea, b);
	u32 m, n, at, bt;

	if (x->e_name_index == y->e_name_index && x->e_name_len == y->e_name_len &&
	    !memcmp(x->e_name, y->e_name, x->e_name_len))
		return EFS_C_XATTR_TWICE;
	m = EFS_XATTR_PAD(le32_to_cpu(x->e_value_size));
	n = EFS_XATTR_PAD(le32_to_cpu(y->e_value_size));
	at = le16_to_cpu(x->e_value_offs);
	bt = le16_to_cpu(y->e_value_offs);
	return m && n && at < bt + n && bt < at + m ? EFS_C_XATTR_OVERLAP : EFS_C_OK;
}

static enum efs_code check_all(struct efs_ea *ea, u32 *off)
{
	enum efs_code code = check_names(ea, off);
	u32 pos, other;

	for (pos = ea->first; !code && pos < ea->end; pos = efs_ea_next(ea, pos)) {
		*off = pos;
		code = check_value(ea, pos);
		for (other = ea->first; !code && other < pos; other = efs_ea_next(ea, other))
			code = check_pair(ea, other, pos);
		if (!code && !hash_ok(ea, pos))
			code = EFS_C_XATTR_HASH;
	}
	return code;
}

enum efs_code efs_ea_open_block(const struct efs_geo *geo, void *blk, struct efs_ea *ea, u32 *off)
{
	const struct efs_dxattr_header *h = blk;

	*ea = (struct efs_ea){
		.base = blk, .size = geo->block_size, .first = sizeof(*h), .end = sizeof(*h),
		.low = geo->block_size, .block = true,
	};
	*off = 0;
	if (h->h_magic != cpu_to_le32(EFS_XATTR_MAGIC))
		return EFS_C_XATTR_MAGIC;
	if (h->h_blocks != cpu_to_le32(1))
		return EFS_C_XATTR_BLOCKS;
	if (!h->h_refcount)
		return EFS_C_XATTR_REFCOUNT;
	return check_all(ea, off);
}

/* the place, and no entry in it */
static void body_place(void *tail, u32 len, struct efs_ea *ea)
{
	*ea = (struct efs_ea){ .base = (u8 *)tail + 4 };
	if (len < BODY_MIN)
		return;
	ea->size = len - 4;
	ea->low = ea->size;
}

enum efs_code efs_ea_open_body(void *tail, u32 len, struct efs_ea *ea, u32 *off)
{
	enum efs_code code;
	__le32 magic;

	*off = 0;
	body_place(tail, len, ea);
	if (!ea->size)
		return EFS_C_OK;
	memcpy(&magic, tail, 4);
	if (magic != cpu_to_le32(EFS_XATTR_MAGIC))
		return EFS_C_OK;
	code = check_all(ea, off);
	*off += 4;
	return code;
}

/* ---- changes ---- */

void efs_ea_new_block(const struct efs_geo *geo, void *blk, struct efs_ea *ea)
{
	struct efs_dxattr_header *h = blk;

	memset(blk, 0, geo->block_size);
	h->h_magic = cpu_to_le32(EFS_XATTR_MAGIC);
	h->h_refcount = cpu_to_le32(1);
	h->h_blocks = cpu_to_le32(1);
	*ea = (struct efs_ea){
		.base = blk, .size = geo->block_size, .first = sizeof(*h), .end = sizeof(*h),
		.low = geo->block_size, .block = true,
	};
}

void efs_ea_new_body(void *tail, u32 len, struct efs_ea *ea)
{
	const __le32 magic = cpu_to_le32(EFS_XATTR_MAGIC);

	memset(tail, 0, len);
	body_place(tail, len, ea);
	if (ea->size)
		memcpy(tail, &magic, 4);
}

static int compare(const struct efs_dxattr_entry *e, u8 index, const void *name, u32 len)
{
	if (e->e_name_index != index)
		return e->e_name_index < index ? -1 : 1;
	if (e->e_name_len != len)
		return e->e_name_len < len ? -1 : 1;
	return memcmp(e->e_name, name, len);
}

u32 efs_ea_find(const struct efs_ea *ea, u8 index, const void *name, u32 len)
{
	u32 pos;

	for (pos = ea->first; pos < ea->end; pos = efs_ea_next(ea, pos))
		if (!compare(efs_ea_at(ea, pos), index, name, len))
			return pos;
	return EFS_EA_NONE;
}

bool efs_ea_put(struct efs_ea *ea, u8 index, const void *name, u32 len, const void *value,
		u32 size)
{
	u32 need = EFS_XATTR_LEN(len), pos = ea->first;
	struct efs_dxattr_entry *e;

	if (size > ea->size || ea->low - ea->end < need + 4 + EFS_XATTR_PAD(size))
		return false;
	while (pos < ea->end && compare(efs_ea_at(ea, pos), index, name, len) < 0)
		pos = efs_ea_next(ea, pos);
	e = (struct efs_dxattr_entry *)(ea->base + pos);
	memmove((u8 *)e + need, e, ea->end - pos);
	memset(e, 0, need);
	e->e_name_len = (u8)len;
	e->e_name_index = index;
	e->e_value_size = cpu_to_le32(size);
	memcpy(e->e_name, name, len);
	ea->end += need;
	if (size) {
		/* what lies between is zero, so padding is */
		ea->low -= EFS_XATTR_PAD(size);
		memcpy(ea->base + ea->low, value, size);
		e->e_value_offs = cpu_to_le16((u16)ea->low);
	}
	return true;
}

void efs_ea_copy(struct efs_ea *to, const struct efs_ea *from, u32 skip)
{
	u32 pos, size;

	for (pos = from->first; pos < from->end; pos = efs_ea_next(from, pos)) {
		const struct efs_dxattr_entry *e = efs_ea_at(from, pos);
		const u8 *value = efs_ea_value(from, pos, &size);

		if (pos != skip)
			efs_ea_put(to, e->e_name_index, e->e_name, e->e_name_len, value, size);
	}
}

bool efs_ea_same(const struct efs_ea *a, const struct efs_ea *b)
{
	u32 pos, m, n;

	/* the same names, so entries are at the same offsets */
	if (a->end - a->first != b->end - b->first)
		return false;
	for (pos = a->first; pos < a->end; pos = efs_ea_next(a, pos)) {
		const struct efs_dxattr_entry *e = efs_ea_at(a, pos);
		const u8 *value = efs_ea_value(a, pos, &m), *other;

		if (compare(efs_ea_at(b, pos), e->e_name_index, e->e_name, e->e_name_len))
			return false;
		other = efs_ea_value(b, pos, &n);
		if (m != n || memcmp(value, other, m))
			return false;
	}
	return true;
}
