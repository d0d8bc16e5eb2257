// SPDX-License-Identifier: GPL-2.0
/*
 * Places for extended attributes, as bytes: sound and broken ones by tables, changes at every
 * edge, names and their prefixes, hashes that others computed, and places of garbage, which
 * must lead nobody outside.
 *
 * Tests: core/format/xattr.c core/format/codes.c
 *
 * Locks: none.
 */
#include "mem_port.h"

static const struct efs_geo geo = { .block_size = 1024, .block_bits = 10 };

/* ---- places put together by hand ---- */

/* an entry as it is on disk; name NULL ends a list */
struct raw {
	const char *name;
	u8 index;
	u16 at;
	u32 size, block;
};

#define HASH_RIGHT	0	/* as efs_ea_seal() has it */
#define HASH_NONE	1
#define HASH_WRONG	2
#define HASH_SIGNED	3

static const struct place_row {
	const char *name;
	bool body;
	u32 len;	/* of the tail */
	struct raw e[5];
	u8 hash;
	enum efs_code code;
	u32 off;
} place_rows[] = {
	{ "empty", .code = EFS_C_OK },
	{ "one", .e = { { "a", 1, 1020, 4 } }, .code = EFS_C_OK },
	{ "no_value", .e = { { "a", 1, 0xffff, 0 } }, .code = EFS_C_OK },
	{ "unsorted", .e = { { "bb", 1, 1020, 4 }, { "a", 1, 1016, 2 } }, .code = EFS_C_OK },
	{ "gaps", .e = { { "a", 1, 500, 4 }, { "b", 1, 300, 1 } }, .code = EFS_C_OK },
	{ "unaligned", .e = { { "a", 1, 1017, 4 } }, .code = EFS_C_OK },
	{ "no_name", .e = { { "", 2, 1020, 4 } }, .code = EFS_C_OK },
	{ "index", .e = { { "a", 0, 1020, 4 } }, .code = EFS_C_XATTR_NAME, .off = 32 },
	{ "index_second", .e = { { "a", 1, 1020, 4 }, { "a", 0, 1016, 4 } },
	  .code = EFS_C_XATTR_NAME, .off = 52 },
	{ "twice", .e = { { "a", 1, 1020, 4 }, { "b", 1, 1016, 4 }, { "a", 1, 1000, 0 } },
	  .code = EFS_C_XATTR_TWICE, .off = 72 },
	{ "other_index", .e = { { "a", 1, 1020, 4 }, { "a", 4, 1016, 4 } }, .code = EFS_C_OK },
	{ "value_block", .e = { { "a", 1, 1020, 4, 9 } }, .code = EFS_C_XATTR_VALUE_BLOCK,
	  .off = 32 },
	{ "value_block_empty", .e = { { "a", 1, 0, 0, 9 } }, .code = EFS_C_XATTR_VALUE_BLOCK,
	  .off = 32 },
	{ "outside", .e = { { "a", 1, 1024, 1 } }, .code = EFS_C_XATTR_VALUE, .off = 32 },
	{ "far_outside", .e = { { "a", 1, 0xffff, 1 } }, .code = EFS_C_XATTR_VALUE, .off = 32 },
	{ "crosses", .e = { { "a", 1, 1016, 9 } }, .code = EFS_C_XATTR_VALUE, .off = 32 },
	{ "padding_crosses", .e = { { "a", 1, 1022, 1 } }, .code = EFS_C_XATTR_VALUE, .off = 32 },
	{ "huge", .e = { { "a", 1, 500, 0xffffffff } }, .code = EFS_C_XATTR_VALUE, .off = 32 },
	{ "in_names", .e = { { "a", 1, 52, 4 } }, .code = EFS_C_XATTR_VALUE, .off = 32 },
	{ "behind_names", .e = { { "a", 1, 56, 4 } }, .code = EFS_C_OK },
	{ "in_head", .e = { { "a", 1, 0, 4 } }, .code = EFS_C_XATTR_VALUE, .off = 32 },
	{ "overlap", .e = { { "a", 1, 1016, 8 }, { "b", 1, 1020, 1 } },
	  .code = EFS_C_XATTR_OVERLAP, .off = 52 },
	{ "overlap_padding", .e = { { "a", 1, 1016, 8 }, { "b", 1, 1013, 1 } },
	  .code = EFS_C_XATTR_OVERLAP, .off = 52 },
	{ "same_value", .e = { { "a", 1, 1016, 8 }, { "c", 1, 1000, 4 }, { "b", 1, 1016, 8 } },
	  .code = EFS_C_XATTR_OVERLAP, .off = 72 },
	{ "no_hash", .e = { { "a", 1, 1020, 4 } }, .hash = HASH_NONE, .code = EFS_C_XATTR_HASH,
	  .off = 32 },
	{ "hash", .e = { { "a", 1, 1020, 4 } }, .hash = HASH_WRONG, .code = EFS_C_XATTR_HASH,
	  .off = 32 },
	{ "signed_hash", .e = { { "\xfe\x80", 1, 1020, 4 } }, .hash = HASH_SIGNED,
	  .code = EFS_C_OK },
	{ "body_empty", true, 96, .code = EFS_C_OK },
	{ "body_one", true, 96, { { "a", 1, 88, 4 } }, HASH_NONE, EFS_C_OK },
	{ "body_hash", true, 96, { { "a", 1, 88, 4 } }, HASH_RIGHT, EFS_C_OK },
	{ "body_signed", true, 96, { { "\xff", 1, 88, 4 } }, HASH_SIGNED, EFS_C_OK },
	{ "body_wrong", true, 96, { { "a", 1, 88, 4 } }, HASH_WRONG, EFS_C_XATTR_HASH, 4 },
	{ "body_outside", true, 96, { { "a", 1, 89, 4 } }, HASH_NONE, EFS_C_XATTR_VALUE, 4 },
	{ "body_in_names", true, 96, { { "a", 1, 20, 4 } }, HASH_NONE, EFS_C_XATTR_VALUE, 4 },
	{ "body_full", true, 28, { { "a", 1, 0, 0 } }, HASH_NONE, EFS_C_OK },
	{ "body_no_end", true, 24, { { "a", 1, 0, 0 } }, HASH_NONE, EFS_C_XATTR_ENTRY, 4 },
	{ "body_least", true, 8, .code = EFS_C_OK },
	{ "body_none", true, 4, .code = EFS_C_OK },
};

EFS_TEST_ROWS(place_rows);

static u32 turn(u32 hash, u32 by)
{
	return hash << by | hash >> (32 - by);
}

/* a hash as the reference defines it */
static u32 hash_of(const u8 *base, const struct raw *r, bool is_signed)
{
	u32 hash = 0, i;

	for (i = 0; i < strlen(r->name); i++)
		hash = turn(hash, 5) ^ (u32)(is_signed ? (int)(s8)r->name[i] : (u8)r->name[i]);
	for (i = 0; i < r->size; i += 4)
		hash = turn(hash, 16) ^ (base[r->at + i] | base[r->at + i + 1] << 8 |
					 base[r->at + i + 2] << 16 |
					 (u32)base[r->at + i + 3] << 24);
	return hash;
}

static void put_raw(u8 *base, u32 *pos, const struct raw *r, u32 room, u8 how)
{
	struct efs_dxattr_entry *e = (struct efs_dxattr_entry *)(base + *pos);
	u32 len = (u32)strlen(r->name), hash = 0;

	e->e_name_len = (u8)len;
	e->e_name_index = r->index;
	e->e_value_offs = cpu_to_le16(r->at);
	e->e_value_block = cpu_to_le32(r->block);
	e->e_value_size = cpu_to_le32(r->size);
	memcpy(e->e_name, r->name, len);
	*pos += EFS_XATTR_LEN(len);
	if (how != HASH_NONE && (!r->size || (r->at <= room && r->size <= room &&
					      EFS_XATTR_PAD(r->size) <= room - r->at)))
		hash = hash_of(base, r, how == HASH_SIGNED) + (how == HASH_WRONG);
	e->e_hash = cpu_to_le32(hash);
}

static void places(struct kunit *test)
{
	const struct place_row *r = test->param_value;
	u32 room = r->body ? r->len : 1024, pos, off = 99, i;
	/* exactly as long as it may be used */
	u8 *mem = efs_test_zalloc(room), *base = r->body ? mem + 4 : mem;
	struct efs_dxattr_header *h = (void *)mem;
	struct efs_ea ea;
	enum efs_code code;

	for (i = r->body ? 100 : 200; i < room; i++)
		mem[i] = (u8)(i * 7);
	h->h_magic = cpu_to_le32(EFS_XATTR_MAGIC);
	pos = r->body ? 0 : 32;
	if (!r->body) {
		h->h_blocks = cpu_to_le32(1);
		h->h_refcount = cpu_to_le32(1);
	}
	for (i = 0; i < ARRAY_SIZE(r->e) && r->e[i].name; i++)
		put_raw(base, &pos, &r->e[i], r->body ? room - 4 : room, r->hash);
	code = r->body ? efs_ea_open_body(mem, room, &ea, &off) :
			 efs_ea_open_block(&geo, mem, &ea, &off);
	KUNIT_EXPECT_EQ(test, code, r->code);
	if (code)
		KUNIT_EXPECT_EQ(test, off, r->off);
	if (!code) {
		KUNIT_EXPECT_EQ(test, efs_ea_empty(&ea), !r->e[0].name);
		for (i = 0; i < ARRAY_SIZE(r->e) && r->e[i].name; i++)
			KUNIT_EXPECT_NE(test, efs_ea_find(&ea, r->e[i].index, r->e[i].name,
							  strlen(r->e[i].name)), EFS_EA_NONE);
		KUNIT_EXPECT_EQ(test, efs_ea_find(&ea, 1, "none", 4), EFS_EA_NONE);
	}
	efs_test_mfree(mem);
}

static void heads(struct kunit *test)
{
	static const struct {
		u32 off, val;
		enum efs_code code;
	} rows[] = {
		{ 0, 0xEA010000, EFS_C_XATTR_MAGIC }, { 8, 0, EFS_C_XATTR_BLOCKS },
		{ 8, 2, EFS_C_XATTR_BLOCKS }, { 4, 0, EFS_C_XATTR_REFCOUNT },
		{ 4, 4000, EFS_C_OK }, { 12, 1, EFS_C_OK },
	};
	struct efs_ea ea;
	u32 i, off;
	u8 *mem = efs_test_zalloc(1024);

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		__le32 val = cpu_to_le32(rows[i].val);

		efs_ea_new_block(&geo, mem, &ea);
		memcpy(mem + rows[i].off, &val, 4);
		KUNIT_EXPECT_EQ(test, efs_ea_open_block(&geo, mem, &ea, &off), rows[i].code);
	}
	/* a name that crosses the end, and one that leaves no room for the zero word */
	efs_ea_new_block(&geo, mem, &ea);
	for (i = 32; i < 1000; i += 20) {
		struct raw r = { "a", 1, 0, 0 };
		u32 pos = i;

		r.index = (u8)(1 + i / 20);
		put_raw(mem, &pos, &r, 1024, HASH_RIGHT);
	}
	KUNIT_EXPECT_EQ(test, i, 1012);
	KUNIT_EXPECT_EQ(test, efs_ea_open_block(&geo, mem, &ea, &off), EFS_C_OK);
	mem[992] = 9;	/* 28 bytes, up to 1020 */
	memset(mem + 992 + 16, 'b', 9);
	((struct efs_dxattr_entry *)(mem + 992))->e_hash =
		cpu_to_le32(hash_of(mem, &(struct raw){ "bbbbbbbbb" }, false));
	KUNIT_EXPECT_EQ(test, efs_ea_open_block(&geo, mem, &ea, &off), EFS_C_OK);
	mem[992] = 13;
	KUNIT_EXPECT_EQ(test, efs_ea_open_block(&geo, mem, &ea, &off), EFS_C_XATTR_ENTRY);
	KUNIT_EXPECT_EQ(test, off, 992);
	mem[992] = 255;
	KUNIT_EXPECT_EQ(test, efs_ea_open_block(&geo, mem, &ea, &off), EFS_C_XATTR_ENTRY);
	mem[992] = 9;
	mem[992 + 16 + 8] = 0;
	KUNIT_EXPECT_EQ(test, efs_ea_open_block(&geo, mem, &ea, &off), EFS_C_XATTR_NAME);

	/* a tail without the magic number is empty, whatever is in it */
	memset(mem, 0xff, 96);
	KUNIT_EXPECT_EQ(test, efs_ea_open_body(mem, 96, &ea, &off), EFS_C_OK);
	KUNIT_EXPECT_TRUE(test, efs_ea_empty(&ea));
	KUNIT_EXPECT_EQ(test, ea.size, 92);
	efs_test_mfree(mem);
}

/* ---- changes ---- */

static const u32 lens[] = { 0, 4, 8, 24, 28, 32, 64, 96, 1024 };

/* whatever fits is found again, whatever does not changes nothing */
static void fill(struct kunit *test)
{
	u8 value[300], name[8];
	u32 k, n, i, off, size;

	memset(value, 'v', sizeof(value));
	for (k = 0; k < ARRAY_SIZE(lens); k++) {
		bool block = lens[k] == 1024;
		u8 *mem = efs_test_zalloc(max_t(u32, lens[k], 4)), *was = efs_test_zalloc(1024);
		struct efs_ea ea;

		if (block)
			efs_ea_new_block(&geo, mem, &ea);
		else
			efs_ea_new_body(mem, lens[k], &ea);
		for (n = 0;; n++) {
			snprintf((char *)name, sizeof(name), "n%u", 97 * n % 89);
			size = n * 13 % 40;
			memcpy(was, mem, lens[k]);
			if (!efs_ea_put(&ea, (u8)(1 + n % 3), name, strlen((char *)name), value,
					size))
				break;
			if (block)
				efs_ea_seal(&ea);
			KUNIT_EXPECT_EQ(test, block ? efs_ea_open_block(&geo, mem, &ea, &off) :
						      efs_ea_open_body(mem, lens[k], &ea, &off), 0);
		}
		KUNIT_EXPECT_EQ(test, memcmp(was, mem, lens[k]), 0);
		/* it really has no room */
		KUNIT_EXPECT_LT(test, ea.low - ea.end,
				4 + EFS_XATTR_LEN(strlen((char *)name)) + EFS_XATTR_PAD(size));
		for (i = 0; i < n; i++) {
			u32 pos, got;

			snprintf((char *)name, sizeof(name), "n%u", 97 * i % 89);
			pos = efs_ea_find(&ea, (u8)(1 + i % 3), name, strlen((char *)name));
			KUNIT_ASSERT_NE(test, pos, EFS_EA_NONE);
			KUNIT_EXPECT_MEMEQ(test, efs_ea_value(&ea, pos, &got), value, i * 13 % 40);
			KUNIT_EXPECT_EQ(test, got, i * 13 % 40);
		}
		/* in order */
		for (i = ea.first; i < ea.end && efs_ea_next(&ea, i) < ea.end;
		     i = efs_ea_next(&ea, i)) {
			const struct efs_dxattr_entry *a = efs_ea_at(&ea, i);
			const struct efs_dxattr_entry *b = efs_ea_at(&ea, efs_ea_next(&ea, i));

			KUNIT_EXPECT_LE(test, a->e_name_index, b->e_name_index);
			if (a->e_name_index == b->e_name_index)
				KUNIT_EXPECT_LE(test, a->e_name_len, b->e_name_len);
		}
		efs_test_mfree(was);
		efs_test_mfree(mem);
	}
}

/* a copy is the same; without one it is not; and order alone is a difference */
static void copies(struct kunit *test)
{
	u8 *mem = efs_test_zalloc(4096);
	struct efs_ea a, b, c;
	u32 pos, h;

	efs_ea_new_block(&geo, mem, &a);
	efs_ea_put(&a, 1, "x", 1, "12345", 5);
	efs_ea_put(&a, 4, "y", 1, "", 0);
	efs_ea_put(&a, 1, "abc", 3, "1", 1);
	h = efs_ea_seal(&a);
	KUNIT_EXPECT_NE(test, h, 0);
	efs_ea_new_block(&geo, mem + 1024, &b);
	efs_ea_copy(&b, &a, EFS_EA_NONE);
	KUNIT_EXPECT_EQ(test, efs_ea_seal(&b), h);
	KUNIT_EXPECT_TRUE(test, efs_ea_same(&a, &b));
	KUNIT_EXPECT_TRUE(test, efs_ea_same(&b, &a));

	pos = efs_ea_find(&a, 4, "y", 1);
	efs_ea_new_block(&geo, mem + 2048, &c);
	efs_ea_copy(&c, &a, pos);
	KUNIT_EXPECT_EQ(test, efs_ea_find(&c, 4, "y", 1), EFS_EA_NONE);
	KUNIT_EXPECT_FALSE(test, efs_ea_same(&a, &c));
	KUNIT_EXPECT_NE(test, efs_ea_seal(&c), h);
	/* another index, name, length, value */
	efs_ea_put(&c, 6, "y", 1, "", 0);
	KUNIT_EXPECT_FALSE(test, efs_ea_same(&a, &c));
	efs_ea_new_block(&geo, mem + 3072, &b);
	efs_ea_copy(&b, &c, efs_ea_find(&c, 6, "y", 1));
	efs_ea_put(&b, 4, "z", 1, "", 0);
	KUNIT_EXPECT_FALSE(test, efs_ea_same(&a, &b));
	efs_ea_new_block(&geo, mem + 3072, &b);
	efs_ea_copy(&b, &c, efs_ea_find(&c, 6, "y", 1));
	efs_ea_put(&b, 4, "y", 1, "1", 1);
	KUNIT_EXPECT_FALSE(test, efs_ea_same(&a, &b));
	efs_ea_new_block(&geo, mem + 3072, &b);
	efs_ea_copy(&b, &a, efs_ea_find(&a, 1, "x", 1));
	efs_ea_put(&b, 1, "x", 1, "12346", 5);
	KUNIT_EXPECT_FALSE(test, efs_ea_same(&a, &b));

	efs_test_mfree(mem);
}

static u32 hash_at(const struct efs_ea *ea, u8 index, const char *name)
{
	return le32_to_cpu(efs_ea_at(ea, efs_ea_find(ea, index, name, strlen(name)))->e_hash);
}

/* what has a hash of 0 is not shared, whatever comes before and after it */
static void zero_hash(struct kunit *test)
{
	u8 *mem = efs_test_zalloc(1024);
	struct efs_ea ea;
	u32 off;

	/* by its name */
	efs_ea_new_block(&geo, mem, &ea);
	efs_ea_put(&ea, 2, "", 0, "", 0);
	KUNIT_EXPECT_EQ(test, efs_ea_seal(&ea), 0);
	efs_ea_put(&ea, 1, "a", 1, "", 0);
	KUNIT_EXPECT_EQ(test, efs_ea_seal(&ea), 0);
	efs_ea_put(&ea, 4, "a", 1, "", 0);
	KUNIT_EXPECT_EQ(test, efs_ea_seal(&ea), 0);
	KUNIT_EXPECT_EQ(test, hash_at(&ea, 2, ""), 0);
	KUNIT_EXPECT_EQ(test, hash_at(&ea, 4, "a"), 'a');
	KUNIT_EXPECT_EQ(test, efs_ea_open_block(&geo, mem, &ea, &off), EFS_C_OK);

	/* by its value: the name's hash, turned by 16 bits */
	efs_ea_new_block(&geo, mem, &ea);
	efs_ea_put(&ea, 1, "b", 1, "\0\0b", 3);
	KUNIT_EXPECT_EQ(test, efs_ea_seal(&ea), 0);
	efs_ea_put(&ea, 1, "a", 1, "\0\0b", 3);
	efs_ea_put(&ea, 1, "c", 1, "\0\0b", 3);
	KUNIT_EXPECT_EQ(test, efs_ea_seal(&ea), 0);
	KUNIT_EXPECT_EQ(test, hash_at(&ea, 1, "a"), ('a' ^ 'b') << 16);
	KUNIT_EXPECT_EQ(test, hash_at(&ea, 1, "b"), 0);
	KUNIT_EXPECT_EQ(test, efs_ea_head(&ea)->h_hash, 0);
	KUNIT_EXPECT_EQ(test, efs_ea_open_block(&geo, mem, &ea, &off), EFS_C_OK);
	efs_test_mfree(mem);
}

/* ---- names ---- */

static const struct name_row {
	const char *name;
	u8 index;	/* 0: none of ours */
	u8 skip;
} name_rows[] = {
	{ "user.a", EFS_EA_USER, 5 }, { "user.", 0 }, { "user", 0 }, { "user+a", 0 }, { "", 0 },
	{ "trusted.x.y", EFS_EA_TRUSTED, 8 }, { "security.selinux", EFS_EA_SECURITY, 9 },
	{ "system.posix_acl_access", EFS_EA_ACL_ACCESS, 23 },
	{ "system.posix_acl_default", EFS_EA_ACL_DEFAULT, 24 },
	{ "system.posix_acl_access2", EFS_EA_SYSTEM, 7 }, { "system.data", EFS_EA_SYSTEM, 7 },
	{ "system.", 0 }, { "system.richacl", EFS_EA_RICHACL, 14 },
	{ "gnu.translator", EFS_EA_GNU, 4 }, { "Xuser.a", 0 }, { "btrfs.a", 0 },
};

static void prefixes(struct kunit *test)
{
	const char *text;
	u32 i, skip, len;
	u8 index;

	for (i = 0; i < ARRAY_SIZE(name_rows); i++) {
		const struct name_row *r = &name_rows[i];
		bool ok = efs_ea_parse(r->name, strlen(r->name), &index, &skip);

		KUNIT_EXPECT_EQ_MSG(test, ok, r->index != 0, "%s", r->name);
		if (!ok)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, index, r->index, "%s", r->name);
		KUNIT_EXPECT_EQ_MSG(test, skip, r->skip, "%s", r->name);
		text = efs_ea_prefix(index, &len);
		KUNIT_ASSERT_NOT_NULL(test, text);
		KUNIT_EXPECT_EQ(test, len, skip);
		KUNIT_EXPECT_EQ(test, strlen(text), len);
		KUNIT_EXPECT_MEMEQ(test, text, r->name, len);
	}
	KUNIT_EXPECT_NULL(test, efs_ea_prefix(0, &len));
	KUNIT_EXPECT_NULL(test, efs_ea_prefix(EFS_EA_LUSTRE, &len));
	KUNIT_EXPECT_NULL(test, efs_ea_prefix(EFS_EA_ENCRYPTION, &len));
	KUNIT_EXPECT_NULL(test, efs_ea_prefix(200, &len));
}

/* ---- garbage ---- */

/* a valid block with some bytes changed: what is accepted can be walked and copied */
static void garbage(struct kunit *test)
{
	u8 *mem = efs_test_zalloc(1024), *copy = efs_test_zalloc(1024);
	u32 seed = 3, round, i, off, good = 0, bad = 0;
	struct efs_ea ea, to;

	for (round = 0; round < 6000; round++) {
		efs_ea_new_block(&geo, mem, &ea);
		for (i = 0; i < 4; i++)
			efs_ea_put(&ea, (u8)(1 + i), "name", 1 + i, "a longer value", i * 3);
		efs_ea_seal(&ea);
		for (i = 0; i < 1 + round % 3; i++) {
			u32 at = efs_test_rand(&seed) % 4 ? efs_test_rand(&seed) % 128 :
				 efs_test_rand(&seed) % 1024;

			mem[at] = (u8)efs_test_rand(&seed);
		}
		if (efs_ea_open_block(&geo, mem, &ea, &off)) {
			KUNIT_EXPECT_LT(test, off, 1024);
			bad++;
			continue;
		}
		good++;
		efs_ea_new_block(&geo, copy, &to);
		efs_ea_copy(&to, &ea, EFS_EA_NONE);
		efs_ea_seal(&to);
		KUNIT_EXPECT_EQ(test, to.end, ea.end);
		KUNIT_EXPECT_EQ(test, efs_ea_open_block(&geo, copy, &to, &off), EFS_C_OK);
	}
	KUNIT_EXPECT_GT(test, good, 100);
	KUNIT_EXPECT_GT(test, bad, 1000);
	efs_test_mfree(copy);
	efs_test_mfree(mem);
}

static struct kunit_case xattr_format_cases[] = {
	KUNIT_CASE_PARAM(places, place_rows_gen_params),
	KUNIT_CASE(heads),
	KUNIT_CASE(fill),
	KUNIT_CASE(copies),
	KUNIT_CASE(zero_hash),
	KUNIT_CASE(prefixes),
	KUNIT_CASE(garbage),
	{}
};

static struct kunit_suite xattr_format_suite = {
	.name = "efsext2_xattr_format",
	.test_cases = xattr_format_cases,
};

kunit_test_suite(xattr_format_suite);
