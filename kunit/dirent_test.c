// SPDX-License-Identifier: GPL-2.0
/*
 * Directory blocks: tables of sound and broken blocks, a random walk of changes against
 * a model, and blocks of garbage, which must not lead anyone out of the block.
 *
 * Tests: core/format/dirent.c core/format/codes.c
 */
#include "mem_port.h"

#define INODES	5000
#define SELF	77

static u32 rand32(u32 *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 17;
	*s ^= *s << 5;
	return *s;
}

static struct efs_geo geo_of(u32 block_size, bool filetype)
{
	return (struct efs_geo){
		.block_size = block_size, .block_bits = efs_ctz64(block_size),
		.inodes_count = INODES, .incompat = filetype ? EFS_INCOMPAT_FILETYPE : 0,
	};
}

/* ---- the check, by tables ---- */

/* raw fields; END ends a list; LAST as rec_len: up to the end of the block */
struct raw {
	u32 ino, rec_len;
	const char *name;
	u32 name_len;
};

#define END	0xffffffffu
#define LAST	0xffffffffu
#define DOT	{ SELF, 12, ".", 1 }
#define LONG	"0123456789abcdefghijklmnopqrstuvwxyz"

static const struct check_row {
	const char *name;
	u32 block_size;
	bool first;
	struct raw e[6];
	enum efs_code code;
	u32 off;
} check_rows[] = {
	{ "unused", 1024, false, { { 0, LAST, "", 0 }, { END } }, EFS_C_OK, 0 },
	{ "unused_stale_name", 1024, false, { { 0, LAST, "a/b", 3 }, { END } }, EFS_C_OK, 0 },
	{ "one", 1024, false, { { 5, LAST, "a", 1 }, { END } }, EFS_C_OK, 0 },
	{ "two", 4096, false, { { 5, 12, "abcd", 4 }, { 6, LAST, "b", 1 }, { END } },
	  EFS_C_OK, 12 },
	{ "last_minimal", 1024, false, { { 5, 1012, "a", 1 }, { 6, 12, "b", 1 }, { END } },
	  EFS_C_OK, 1012 },
	{ "highest_inode", 1024, false, { { INODES, LAST, "a", 1 }, { END } }, EFS_C_OK, 0 },
	{ "htree_root", 4096, true, { DOT, { 2, LAST, "..", 2 }, { END } }, EFS_C_OK, 12 },
	{ "dot_in_second_block", 1024, false, { { 9, 12, ".", 1 }, { 9, LAST, "..", 2 }, { END } },
	  EFS_C_OK, 12 },
	{ "reclen_0", 1024, false, { { 5, 12, "a", 1 }, { 6, 0, "b", 1 }, { END } },
	  EFS_C_DIRENT_RECLEN, 12 },
	{ "reclen_4", 1024, false, { { 5, 4, "", 0 }, { END } }, EFS_C_DIRENT_RECLEN, 0 },
	{ "reclen_8_unused", 1024, false, { { 0, 8, "", 0 }, { END } }, EFS_C_DIRENT_RECLEN, 0 },
	{ "reclen_11", 1024, false, { { 0, 11, "", 0 }, { END } }, EFS_C_DIRENT_RECLEN, 0 },
	{ "align_13", 1024, false, { { 5, 13, "a", 1 }, { END } }, EFS_C_DIRENT_ALIGN, 0 },
	{ "align_14", 1024, false, { { 5, 14, "a", 1 }, { END } }, EFS_C_DIRENT_ALIGN, 0 },
	{ "align_1023", 1024, false, { { 5, 1023, "a", 1 }, { END } }, EFS_C_DIRENT_ALIGN, 0 },
	{ "name_4_in_12", 1024, false, { { 5, 12, "abcd", 4 }, { 0, LAST, "", 0 }, { END } },
	  EFS_C_OK, 12 },
	{ "name_5_in_12", 1024, false, { { 5, 12, "abcde", 5 }, { 0, LAST, "", 0 }, { END } },
	  EFS_C_DIRENT_NAME, 0 },
	{ "name_255_in_264", 1024, false, { { 0, 264, LONG, 255 }, { 0, LAST, "", 0 }, { END } },
	  EFS_C_OK, 264 },
	{ "name_255_in_260", 1024, false, { { 0, 260, LONG, 255 }, { 0, LAST, "", 0 }, { END } },
	  EFS_C_DIRENT_NAME, 0 },
	{ "name_in_short_last", 1024, false, { { 5, 1012, "a", 1 }, { 6, 12, LONG, 20 }, { END } },
	  EFS_C_DIRENT_NAME, 1012 },
	{ "cross", 1024, false, { { 5, 1028, "a", 1 }, { END } }, EFS_C_DIRENT_CROSS, 0 },
	{ "cross_second", 1024, false, { { 5, 512, "a", 1 }, { 6, 516, "b", 1 }, { END } },
	  EFS_C_DIRENT_CROSS, 512 },
	{ "cross_leaves_8", 1024, false, { { 5, 1016, "a", 1 }, { 0, 8, "", 0 }, { END } },
	  EFS_C_DIRENT_CROSS, 1016 },
	{ "cross_leaves_4", 1024, false, { { 5, 1020, "a", 1 }, { END } },
	  EFS_C_DIRENT_CROSS, 1020 },
	{ "ino", 1024, false, { { INODES + 1, LAST, "a", 1 }, { END } }, EFS_C_DIRENT_INO, 0 },
	{ "ino_huge", 1024, false, { { 5, 12, "a", 1 }, { 0xfffffffe, LAST, "b", 1 }, { END } },
	  EFS_C_DIRENT_INO, 12 },
	{ "empty", 1024, false, { { 5, LAST, "", 0 }, { END } }, EFS_C_DIRENT_EMPTY, 0 },
	{ "slash", 1024, false, { { 5, LAST, "a/", 2 }, { END } }, EFS_C_DIRENT_EMPTY, 0 },
	{ "nul", 1024, false, { { 5, LAST, "a\0b", 3 }, { END } }, EFS_C_DIRENT_EMPTY, 0 },
	{ "dot_other_inode", 1024, true, { { SELF - 1, 12, ".", 1 }, { 2, LAST, "..", 2 },
					   { END } },
	  EFS_C_DIR_DOT, 0 },
	{ "dot_unused", 1024, true, { { 0, 12, ".", 1 }, { 2, LAST, "..", 2 }, { END } },
	  EFS_C_DIR_DOT, 0 },
	{ "dot_name", 1024, true, { { SELF, 12, "x", 1 }, { 2, LAST, "..", 2 }, { END } },
	  EFS_C_DIR_DOT, 0 },
	{ "dot_is_dotdot", 1024, true, { { SELF, 12, "..", 2 }, { 2, LAST, "..", 2 }, { END } },
	  EFS_C_DIR_DOT, 0 },
	{ "dotdot_unused", 1024, true, { DOT, { 0, LAST, "..", 2 }, { END } },
	  EFS_C_DIR_DOTDOT, 12 },
	{ "dotdot_name", 1024, true, { DOT, { 2, LAST, ".x", 2 }, { END } }, EFS_C_DIR_DOTDOT, 12 },
	{ "dotdot_third", 1024, true, { DOT, { 9, 12, "a", 1 }, { 2, LAST, "..", 2 }, { END } },
	  EFS_C_DIR_DOTDOT, 12 },
	{ "dotdot_missing", 1024, true, { { SELF, LAST, ".", 1 }, { END } }, EFS_C_DIR_DOTDOT, 0 },
	{ "dotdot_range", 1024, true, { DOT, { INODES + 1, LAST, "..", 2 }, { END } },
	  EFS_C_DIRENT_INO, 12 },
	{ "64k_raw_65535", 65536, false, { { 0, 65535, "", 0 }, { END } }, EFS_C_OK, 0 },
	{ "64k_raw_0", 65536, false, { { 0, 0, "", 0 }, { END } }, EFS_C_OK, 0 },
	{ "64k_htree_root", 65536, true, { DOT, { 2, 65524, "..", 2 }, { END } }, EFS_C_OK, 12 },
	{ "64k_last_minimal", 65536, false, { { 5, 65524, "a", 1 }, { 6, 12, "b", 1 }, { END } },
	  EFS_C_OK, 65524 },
	{ "64k_leaves_4", 65536, false, { { 0, 65532, "", 0 }, { END } },
	  EFS_C_DIRENT_CROSS, 65532 },
	{ "64k_whole_second", 65536, false, { { 5, 12, "a", 1 }, { 0, 65535, "", 0 }, { END } },
	  EFS_C_DIRENT_CROSS, 12 },
	{ "64k_above_64k", 65536, false, { { 0, 1, "", 0 }, { END } }, EFS_C_OK, 0 },
	{ "64k_far_above", 65536, false, { { 0, 14, "", 0 }, { END } }, EFS_C_DIRENT_CROSS, 0 },
	{ "32k_cross", 32768, false, { { 0, 32772, "", 0 }, { END } }, EFS_C_DIRENT_CROSS, 0 },
};

EFS_TEST_ROWS(check_rows);

static void check(struct kunit *test)
{
	const struct check_row *r = test->param_value;
	struct efs_geo geo = geo_of(r->block_size, true);
	u8 *blk = kunit_kzalloc(test, r->block_size, GFP_KERNEL);
	const struct raw *e;
	u32 at = 0, off = 0;

	KUNIT_ASSERT_NOT_NULL(test, blk);
	for (e = r->e; e->ino != END; e++) {
		struct efs_ddirent *de = (struct efs_ddirent *)(blk + at);
		u32 left = r->block_size - at, len = e->rec_len == LAST ? left : e->rec_len;
		u32 copy = e->name_len < sizeof(LONG) ? e->name_len : sizeof(LONG);

		de->inode = cpu_to_le32(e->ino);
		de->rec_len = cpu_to_le16((u16)len);
		de->name_len = (u8)e->name_len;
		memcpy(de->name, e->name, min_t(u32, copy, left - 8));
		at += len;
	}
	KUNIT_EXPECT_STREQ(test, efs_code_name(efs_dirent_check(&geo, blk, r->first, SELF, &off)),
			   efs_code_name(r->code));
	KUNIT_EXPECT_EQ(test, off, r->off);
}

/* ---- rec_len of every block size ---- */

static void rec_len(struct kunit *test)
{
	u32 bits, len;

	for (bits = EFS_MIN_BLOCK_BITS; bits <= EFS_MAX_BLOCK_BITS; bits++) {
		struct efs_ddirent de = { 0 };

		for (len = EFS_DIRENT_MIN; len <= 1u << bits; len += EFS_DIRENT_ALIGN) {
			efs_rec_len_set(&de, len, 1u << bits);
			if (efs_rec_len(&de, 1u << bits) != len)
				break;
		}
		KUNIT_EXPECT_EQ_MSG(test, len, (1u << bits) + EFS_DIRENT_ALIGN,
				    "block size %u", 1u << bits);
	}
}

/* ---- single functions at their edges ---- */

static void init(struct kunit *test)
{
	u32 bits, off, gap, prev;

	for (bits = EFS_MIN_BLOCK_BITS; bits <= EFS_MAX_BLOCK_BITS; bits++) {
		struct efs_geo geo = geo_of(1u << bits, bits & 1);
		u8 *blk = kunit_kzalloc(test, geo.block_size, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, blk);
		memset(blk, 0xff, geo.block_size);
		efs_dirent_init(&geo, blk, 0, 0);
		KUNIT_EXPECT_EQ(test, efs_dirent_check(&geo, blk, false, SELF, &off), EFS_C_OK);
		KUNIT_EXPECT_TRUE(test, efs_dirent_is_empty(&geo, blk, false));
		KUNIT_EXPECT_EQ(test, efs_dirent_room(&geo, blk, geo.block_size, &gap), 0);
		KUNIT_EXPECT_EQ(test, gap, geo.block_size);

		memset(blk, 0xff, geo.block_size);
		efs_dirent_init(&geo, blk, SELF, 2);
		KUNIT_EXPECT_EQ(test, efs_dirent_check(&geo, blk, true, SELF, &off), EFS_C_OK);
		KUNIT_EXPECT_TRUE(test, efs_dirent_is_empty(&geo, blk, true));
		KUNIT_EXPECT_FALSE(test, efs_dirent_is_empty(&geo, blk, false));
		KUNIT_EXPECT_EQ(test, efs_dirent_find(&geo, blk, "..", 2, &prev), 12);
		KUNIT_EXPECT_EQ(test, prev, 0);
		KUNIT_EXPECT_EQ(test, efs_dirent_room(&geo, blk, geo.block_size, &gap),
				geo.block_size);
		KUNIT_EXPECT_EQ(test, gap, geo.block_size - 24);
		KUNIT_EXPECT_EQ(test, blk[7], bits & 1 ? EFS_FT_DIR : 0);
		KUNIT_EXPECT_EQ(test, blk[12 + 7], bits & 1 ? EFS_FT_DIR : 0);

		efs_dirent_insert(&geo, blk, 12, "x", 1, 9, EFS_FT_REG);
		KUNIT_EXPECT_FALSE(test, efs_dirent_is_empty(&geo, blk, true));
	}
}

static void set(struct kunit *test)
{
	struct efs_geo geo = geo_of(1024, true), plain = geo_of(1024, false);
	u8 *blk = kunit_kzalloc(test, 1024, GFP_KERNEL);
	u8 *old = kunit_kzalloc(test, 1024, GFP_KERNEL);
	u32 i, changed = 0;

	KUNIT_ASSERT_NOT_NULL(test, blk);
	KUNIT_ASSERT_NOT_NULL(test, old);
	efs_dirent_init(&geo, blk, SELF, 2);
	efs_dirent_insert(&geo, blk, 12, "name", 4, 0x01020304, EFS_FT_REG);
	memcpy(old, blk, 1024);
	efs_dirent_set(&geo, blk, 24, 0x0a0b0c0d, EFS_FT_LNK);
	for (i = 0; i < 1024; i++)
		changed += blk[i] != old[i];
	KUNIT_EXPECT_EQ(test, changed, 5);
	KUNIT_EXPECT_EQ(test, blk[24], 0x0d);
	KUNIT_EXPECT_EQ(test, blk[27], 0x0a);
	KUNIT_EXPECT_EQ(test, blk[24 + 7], EFS_FT_LNK);
	efs_dirent_set(&plain, blk, 24, 9, EFS_FT_LNK);
	KUNIT_EXPECT_EQ(test, blk[24 + 7], 0);
}

/* names that differ only where a sloppy comparison does not look */
static void find(struct kunit *test)
{
	static const char *const names[] = {
		"a", "aa", "aaa", "aaaa", "aaaaa", "baaaa", "aabaa", "aaaab", "aaaaA",
		"\xff\xfe", "\xff\xff", "f00001", "f00010", "f10000",
	};
	struct efs_geo geo = geo_of(1024, true);
	u8 *blk = kunit_kzalloc(test, 1024, GFP_KERNEL);
	u32 i, gap, prev, last = 0, off;

	KUNIT_ASSERT_NOT_NULL(test, blk);
	efs_dirent_init(&geo, blk, 0, 0);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		u32 len = strlen(names[i]);

		KUNIT_EXPECT_EQ(test, efs_dirent_find(&geo, blk, names[i], len, NULL), 1024);
		off = efs_dirent_room(&geo, blk, EFS_DIRENT_LEN(len), &gap);
		efs_dirent_insert(&geo, blk, off, names[i], len, 100 + i, EFS_FT_REG);
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		off = efs_dirent_find(&geo, blk, names[i], strlen(names[i]), &prev);
		KUNIT_ASSERT_LT(test, off, 1024);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(*(__le32 *)(blk + off)), 100 + i);
		KUNIT_EXPECT_EQ(test, prev, last);
		last = off;
	}
	/* an unused entry keeps its name but does not have it */
	KUNIT_EXPECT_EQ(test, efs_dirent_delete(&geo, blk, 0, 0), 12);
	KUNIT_EXPECT_EQ(test, efs_dirent_find(&geo, blk, "a", 1, NULL), 1024);
	KUNIT_EXPECT_EQ(test, efs_dirent_find(&geo, blk, "aa", 2, &prev), 12);
	KUNIT_EXPECT_EQ(test, prev, 0);
}

/* ---- a random walk against a model ---- */

#define MODEL_MAX 400

struct model_name {
	char name[EFS_NAME_MAX + 1];
	u32 len, ino;
	u8 ftype;
	bool seen;
};

struct model {
	u32 n;
	struct model_name e[MODEL_MAX];
};

static struct model_name *model_find(struct model *m, const char *name, u32 len)
{
	u32 i;

	for (i = 0; i < m->n; i++)
		if (m->e[i].len == len && !memcmp(m->e[i].name, name, len))
			return &m->e[i];
	return NULL;
}

/* the block shows each name of the model once and nothing else; its largest gap */
static u32 compare(struct kunit *test, const struct efs_geo *geo, const u8 *blk, struct model *m)
{
	u32 off, len, n = 0, gap, max = 0, i;

	for (i = 0; i < m->n; i++)
		m->e[i].seen = false;
	for (off = 0; off < geo->block_size; off += len) {
		const struct efs_ddirent *de = (const struct efs_ddirent *)(blk + off);
		struct model_name *e;

		len = efs_rec_len(de, geo->block_size);
		gap = len - (de->inode ? EFS_DIRENT_LEN(de->name_len) : 0);
		max = max_t(u32, max, gap);
		if (!de->inode)
			continue;
		n++;
		e = model_find(m, (const char *)de->name, de->name_len);
		KUNIT_ASSERT_NOT_NULL(test, e);
		KUNIT_ASSERT_FALSE(test, e->seen);
		e->seen = true;
		KUNIT_ASSERT_EQ(test, le32_to_cpu(de->inode), e->ino);
		KUNIT_ASSERT_EQ(test, de->file_type, geo->incompat ? e->ftype : 0);
	}
	KUNIT_ASSERT_EQ(test, off, geo->block_size);
	KUNIT_ASSERT_EQ(test, n, m->n);
	return max;
}

static void model_insert(struct kunit *test, const struct efs_geo *geo, u8 *blk, struct model *m,
			 const struct model_name *e, u32 max)
{
	u32 need = EFS_DIRENT_LEN(e->len), gap;
	u32 off = efs_dirent_room(geo, blk, need, &gap);

	if (max < need) {
		KUNIT_ASSERT_EQ(test, off, geo->block_size);
		KUNIT_ASSERT_EQ(test, gap, max);
		return;
	}
	KUNIT_ASSERT_LT(test, off, geo->block_size);
	KUNIT_ASSERT_LE(test, gap, max);
	KUNIT_ASSERT_GE(test, gap, need);
	efs_dirent_insert(geo, blk, off, e->name, e->len, e->ino, e->ftype);
	m->e[m->n++] = *e;
}

static const struct walk_row {
	const char *name;
	u32 block_size, max_len, rounds;
	bool filetype;
} walk_rows[] = {
	{ "1k", 1024, 255, 20000, true },
	{ "1k_short", 1024, 8, 20000, false },
	{ "4k", 4096, 60, 10000, true },
	{ "32k", 32768, 255, 6000, false },
	{ "64k", 65536, 255, 6000, true },
};

EFS_TEST_ROWS(walk_rows);

static void walk(struct kunit *test)
{
	const struct walk_row *r = test->param_value;
	struct efs_geo geo = geo_of(r->block_size, r->filetype);
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct model_name *e = kunit_kzalloc(test, sizeof(*e), GFP_KERNEL), *had;
	u8 *blk = kunit_kzalloc(test, r->block_size, GFP_KERNEL);
	u32 seed = 0x1234567 + r->block_size, round, i, off, prev, gap, max = r->block_size;

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_NOT_NULL(test, e);
	KUNIT_ASSERT_NOT_NULL(test, blk);
	efs_dirent_init(&geo, blk, 0, 0);
	for (round = 0; round < r->rounds; round++) {
		/* waves of growing and shrinking */
		u32 grow = (round / 1000) & 1 ? 3 : 7;

		e->len = 1 + rand32(&seed) % r->max_len;
		for (i = 0; i < e->len; i++)
			e->name[i] = "abcdefgh"[rand32(&seed) % (i < 2 ? 8 : 2)];
		e->ino = 1 + rand32(&seed) % INODES;
		e->ftype = rand32(&seed) % EFS_FT_MAX;
		had = model_find(m, e->name, e->len);
		if (!had && m->n && rand32(&seed) % 10 >= grow)
			had = &m->e[rand32(&seed) % m->n];
		off = efs_dirent_find(&geo, blk, e->name, e->len, NULL);
		if (had) {
			off = efs_dirent_find(&geo, blk, had->name, had->len, &prev);
			KUNIT_ASSERT_LT(test, off, r->block_size);
			if (rand32(&seed) % 4) {
				gap = efs_dirent_delete(&geo, blk, off, prev);
				*had = m->e[--m->n];
				max = compare(test, &geo, blk, m);
				KUNIT_ASSERT_GE(test, gap, EFS_DIRENT_MIN);
				KUNIT_ASSERT_LE(test, gap, max);
			} else {
				efs_dirent_set(&geo, blk, off, e->ino, e->ftype);
				had->ino = e->ino;
				had->ftype = e->ftype;
			}
		} else {
			KUNIT_ASSERT_EQ(test, off, r->block_size);
			if (m->n < MODEL_MAX)
				model_insert(test, &geo, blk, m, e, max);
		}
		max = compare(test, &geo, blk, m);
		KUNIT_ASSERT_EQ(test, efs_dirent_check(&geo, blk, false, SELF, &off), EFS_C_OK);
		KUNIT_ASSERT_EQ(test, efs_dirent_is_empty(&geo, blk, false), m->n == 0);
	}
}

/* ---- garbage ---- */

/*
 * Each function on blocks that were never checked. The block is exactly as long as it
 * says, so that a sanitizer sees who leaves it.
 */
static void garbage(struct kunit *test)
{
	static const u32 sizes[] = { 1024, 4096, 65536 };
	u32 seed = 0xdeadbee, round, i, off, prev, gap, ok = 0;
	char name[EFS_NAME_MAX];

	memset(name, 'a', sizeof(name));
	for (round = 0; round < 3000; round++) {
		struct efs_geo geo = geo_of(sizes[round % 3], true);
		u32 bs = geo.block_size, len = 1 + rand32(&seed) % EFS_NAME_MAX;
		u8 *blk = kunit_kzalloc(test, bs, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, blk);
		/* chains of plausible steps with damage here and there */
		for (off = 0; off + 12 <= bs; off += gap) {
			struct efs_ddirent *de = (struct efs_ddirent *)(blk + off);

			gap = 12 + 4 * (rand32(&seed) % 20);
			if (rand32(&seed) % 64 == 0)
				gap = rand32(&seed) % 70000;
			de->inode = cpu_to_le32(rand32(&seed) % 3);
			de->rec_len = cpu_to_le16((u16)gap);
			de->name_len = rand32(&seed) % (rand32(&seed) % 8 ? 8 : 256);
			memset(de->name, 'a', min_t(u32, de->name_len, bs - off - 8));
			gap = max_t(u32, 12, gap & ~3u);
		}
		for (i = 0; i < round % 5; i++)
			blk[rand32(&seed) % bs] = (u8)rand32(&seed);
		ok += efs_dirent_check(&geo, blk, round & 1, SELF, &off) == EFS_C_OK;
		KUNIT_ASSERT_LT(test, off, bs);
		efs_dirent_is_empty(&geo, blk, round & 1);
		off = efs_dirent_find(&geo, blk, name, len, &prev);
		if (off < bs) {
			KUNIT_ASSERT_LE(test, prev, off);
			efs_dirent_delete(&geo, blk, off, prev);
		}
		off = efs_dirent_room(&geo, blk, EFS_DIRENT_LEN(len), &gap);
		if (off < bs)
			efs_dirent_insert(&geo, blk, off, name, len, 1, EFS_FT_REG);
		/* an offset that was right before someone wrote to the device */
		efs_dirent_insert(&geo, blk, (rand32(&seed) % bs) & ~3u, name, len, 1, EFS_FT_REG);
	}
	KUNIT_EXPECT_LT(test, ok, 3000);
}

static struct kunit_case dirent_cases[] = {
	KUNIT_CASE_PARAM(check, check_rows_gen_params),
	KUNIT_CASE(rec_len),
	KUNIT_CASE(init),
	KUNIT_CASE(set),
	KUNIT_CASE(find),
	KUNIT_CASE_PARAM(walk, walk_rows_gen_params),
	KUNIT_CASE(garbage),
	{}
};

static struct kunit_suite dirent_suite = {
	.name = "efsext2_dirent",
	.test_cases = dirent_cases,
};

kunit_test_suite(dirent_suite);
