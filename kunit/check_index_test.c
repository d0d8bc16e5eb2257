// SPDX-License-Identifier: GPL-2.0
/*
 * The check of indexed directories: hashes against known ones, an index of one level and one
 * of two, made by hand and, where e2fsck is at hand, sound to it; then words of them that
 * are wrong. On the largest of these volumes everything that can fail does, once.
 *
 * Tests: core/check/index.c core/check/hash.c core/check/check.c
 */
#include "check_vol.h"

static void hashes(struct kunit *test)
{
	/* as debugfs has them (dx_hash), without a seed; the last one with */
	static const char lf[] = "lost+found", high[] = "\xe4\xf6";
	static const char more[] = "a-name-that-has-more-than-thirty-two-bytes-in-it";
	static const struct {
		u32 version;
		const char *name;
		u32 hash;
	} known[] = {
		{ 0, "a", 0xe74b53e2 }, { 0, lf, 0x5e2aba24 }, { 0, more, 0xc06dfe0e },
		{ 0, high, 0xf10e3954 },
		{ 1, "a", 0xd5fa7d7a }, { 1, lf, 0x591de422 }, { 1, more, 0xeea4c39e },
		{ 1, high, 0xc1b941fc },
		{ 2, "a", 0x6d0ea4c0 }, { 2, lf, 0x2dbf9e80 }, { 2, more, 0x440e1bcc },
		{ 2, high, 0xec04e90c },
	};
	struct efs_dsuper *ds = kunit_kzalloc(test, sizeof(*ds), GFP_KERNEL);
	u32 seed[4], i;

	KUNIT_ASSERT_NOT_NULL(test, ds);
	chk_hash_seed(ds, seed);
	for (i = 0; i < ARRAY_SIZE(known); i++) {
		const u8 *name = (const u8 *)known[i].name;
		u32 len = strlen(known[i].name);

		KUNIT_EXPECT_EQ_MSG(test, chk_hash(known[i].version, true, seed, name, len),
				    known[i].hash, "row %u", i);
		/* bytes above 127 are where signs matter */
		KUNIT_EXPECT_EQ_MSG(test, chk_hash(known[i].version, false, seed, name, len) ==
				    known[i].hash, known[i].name != high, "row %u", i);
	}
	ds->s_hash_seed[0] = cpu_to_le32(0x04030201);
	ds->s_hash_seed[1] = cpu_to_le32(0x08070605);
	ds->s_hash_seed[2] = cpu_to_le32(0x0c0b0a09);
	ds->s_hash_seed[3] = cpu_to_le32(0x100f0e0d);
	chk_hash_seed(ds, seed);
	KUNIT_EXPECT_EQ(test, chk_hash(1, true, seed, (const u8 *)"abc", 3), 0xf54f014a);
	/* one word that is not 0 makes it a seed */
	memset(ds->s_hash_seed, 0, sizeof(ds->s_hash_seed));
	ds->s_hash_seed[0] = cpu_to_le32(7);
	chk_hash_seed(ds, seed);
	KUNIT_EXPECT_EQ(test, seed[0], 7);
	KUNIT_EXPECT_EQ(test, seed[3], 0);
}

#define LEAF_NAMES 4

/* give directory "many" an index: 16 names on its four blocks become 12 below @levels tables */
struct index_maker {
	struct check_vol *v;
	u64 blk[7];
	u32 hash[16];
	u8 ch[16];
};

static void sort_names(struct index_maker *m)
{
	u32 seed[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 }, i, j;
	u8 name[200];

	for (i = 0; i < 16; i++) {
		u32 hash;
		u8 ch = 'a' + i;

		memset(name, ch, sizeof(name));
		hash = chk_hash(1, true, seed, name, sizeof(name));
		for (j = i; j && m->hash[j - 1] > hash; j--) {
			m->hash[j] = m->hash[j - 1];
			m->ch[j] = m->ch[j - 1];
		}
		m->hash[j] = hash;
		m->ch[j] = ch;
	}
}

/* names @from to @end in block @n */
static void leaf(struct index_maker *m, u32 n, u32 from, u32 end)
{
	u32 ino = m->v->ino[FILE_BIG], i;
	u64 at = m->blk[n];

	for (i = from; i < end; i++, at += 208) {
		u32 len = i + 1 == end ? 1024 - 208 * (i - from) : 208;
		u8 name[200];

		memset(name, m->ch[i], sizeof(name));
		check_vol_set(m->v, at, 4, ino);
		check_vol_set(m->v, at + 4, 4, len | 200 << 16 | EFS_FT_REG << 24);
		efs_test_dev_write(m->v->fs->dev, at + 8, name, sizeof(name));
	}
}

static void pair(struct index_maker *m, u64 at, u32 hash, u32 blk)
{
	check_vol_set(m->v, at, 4, hash);
	check_vol_set(m->v, at + 4, 4, blk);
}

/*
 * The root: `..` fills its block; head, then limit and count, and block 1 before all other
 * hashes. Blocks of the directory are found, the flags set.
 */
static void begin_index(struct index_maker *m, struct check_vol *v, u32 levels, u32 count)
{
	static const struct patch4 flag = DI(DIR_MANY, i_flags, EFS_FL_INDEX);
	static const struct patch4 feature =
		SB(s_feature_compat, EFS_COMPAT_DIR_INDEX | EFS_COMPAT_EXT_ATTR);
	u32 i;

	m->v = v;
	for (i = 0; i < ARRAY_SIZE(m->blk); i++) {
		const struct patch4 p = DIB(DIR_MANY, i, 0);

		m->blk[i] = (u64)check_vol_get(v, check_vol_at(v, &p), 4) << 10;
	}
	sort_names(m);
	check_vol_set(v, m->blk[0] + 12 + 4, 2, 1012);
	check_vol_set(v, m->blk[0] + 24, 4, 0);
	check_vol_set(v, m->blk[0] + 28, 4, 1 | 8 << 8 | levels << 16);
	check_vol_set(v, m->blk[0] + 32, 4, 124 | count << 16);
	check_vol_set(v, m->blk[0] + 36, 4, 1);
	check_vol_patch(v, &flag);
	check_vol_patch(v, &feature);
}

/* block @n is a table of two leaves, @first and the one behind it, which begins with @hash */
static void table(struct index_maker *m, u32 n, u32 first, u32 hash)
{
	u64 at = m->blk[n];

	check_vol_set(m->v, at, 4, 0);
	check_vol_set(m->v, at + 4, 4, 1024);
	check_vol_set(m->v, at + 8, 4, 127 | 2 << 16);
	check_vol_set(m->v, at + 12, 4, first);
	pair(m, at + 16, hash, first + 1);
}

/* 12 names in 3 leaves, or, with two levels, 8 names in two below one table more */
static void make_index(struct index_maker *m, struct check_vol *v, bool two)
{
	u32 names = two ? 8 : 12;

	begin_index(m, v, two, two ? 1 : 3);
	leaf(m, 2, two ? 0 : 4, two ? 4 : 8);
	leaf(m, 3, two ? 4 : 8, names);
	if (two) {
		table(m, 1, 2, m->hash[4]);
	} else {
		leaf(m, 1, 0, 4);
		pair(m, m->blk[0] + 40, m->hash[4], 2);
		pair(m, m->blk[0] + 48, m->hash[8], 3);
	}
	/* the names that have gone were links */
	check_vol_patch(v, &(struct patch4)DI(FILE_BIG, i_links_count, 1 + names));
}

/* bytes of block @blk of the index, and what they make wrong */
static const struct index_row {
	const char *name;
	bool two;
	enum efs_check_code code;
	u32 blk, off, size, val;
} index_rows[] = {
	{ "one_level", false, EFS_CHECK_MAX },
	{ "two_levels", true, EFS_CHECK_MAX },
	{ "reserved", false, EFS_CHECK_INDEX_ROOT, 0, 24, 4, 1 },
	{ "version", false, EFS_CHECK_INDEX_ROOT, 0, 28, 1, 6 },
	{ "other_version", false, EFS_CHECK_INDEX_HASH, 0, 28, 1, 2 },
	{ "head", false, EFS_CHECK_INDEX_ROOT, 0, 29, 1, 4 },
	{ "levels", false, EFS_CHECK_INDEX_ROOT, 0, 30, 1, 2 },
	{ "flags", false, EFS_CHECK_INDEX_ROOT, 0, 31, 1, 1 },
	{ "limit", false, EFS_CHECK_INDEX_NODE, 0, 32, 2, 100 },
	{ "count", false, EFS_CHECK_INDEX_NODE, 0, 34, 2, 125 },
	{ "count_less", false, EFS_CHECK_INDEX_BLOCK, 0, 34, 2, 2 },
	{ "range", false, EFS_CHECK_INDEX_NODE, 0, 44, 4, 4 },
	{ "order", false, EFS_CHECK_INDEX_NODE, 0, 40, 4, 0xfffffff0 },
	{ "twice", false, EFS_CHECK_INDEX_BLOCK, 0, 44, 4, 1 },
	{ "low", false, EFS_CHECK_INDEX_HASH, 0, 48, 4, 0xfffffff0 },
	{ "high", false, EFS_CHECK_INDEX_HASH, 0, 40, 4, 2 },
	{ "depth", true, EFS_CHECK_INDEX_BLOCK, 0, 30, 1, 0 },
	{ "node_limit", true, EFS_CHECK_INDEX_BLOCK, 1, 8, 2, 100 },
	{ "node_count", true, EFS_CHECK_INDEX_NODE, 1, 10, 2, 128 },
	{ "node_loop", true, EFS_CHECK_INDEX_BLOCK, 1, 12, 4, 1 },
	{ "node_high", true, EFS_CHECK_INDEX_HASH, 1, 16, 4, 2 },
};

EFS_TEST_ROWS(index_rows);

static void indexed(struct kunit *test)
{
	const struct index_row *r = test->param_value;
	struct check_vol *v = check_vol_new(test, NULL);
	struct index_maker *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	make_index(m, v, r->two);
	if (r->size)
		check_vol_set(v, m->blk[r->blk] + r->off, r->size, r->val);
	else
		KUNIT_EXPECT_EQ(test, efs_test_fsck(v->fs->dev), 0);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, !v->found.wrong, r->code == EFS_CHECK_MAX);
	if (r->code != EFS_CHECK_MAX)
		KUNIT_EXPECT_NE(test, v->count[r->code], 0);
	check_vol_end(v);
}

/* ---- more than one table ---- */

/*
 * A directory of seven blocks: the root, two tables, below each of them two leaves of four names.
 * Where its blocks are in the walk's list is up to the caller.
 */
static void make_deep(struct index_maker *m, struct check_vol *v, u32 ino)
{
	u32 i;

	v->ino[DIR_MANY] = ino;
	begin_index(m, v, 1, 2);
	pair(m, m->blk[0] + 40, m->hash[8], 2);
	for (i = 0; i < 2; i++) {
		table(m, 1 + i, 3 + 2 * i, m->hash[8 * i + 4]);
		leaf(m, 3 + 2 * i, 8 * i, 8 * i + 4);
		leaf(m, 4 + 2 * i, 8 * i + 4, 8 * i + 8);
	}
}

/* a directory with 28 names, and @others before it, of which the index may be a part of the list */
static struct index_maker *deep(struct kunit *test, u32 others)
{
	static const struct efs_test_mkfs mkfs = { .block_size = 1024, .blocks = 4000, .bpg = 1024,
						   .ipg = 256 };
	struct index_maker *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct check_vol *v = check_vol_new(test, &mkfs);
	struct efs_test_inode *root, *big, *dir = NULL, *last = NULL;
	char name[201];
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, m);
	root = check_vol_mount(v);
	KUNIT_ASSERT_EQ(test, efs_test_iget(v->fs, v->ino[FILE_BIG], &big), 0);
	/* the one with the largest number is the last one in the list */
	for (i = 0; i <= others; i++) {
		snprintf(name, sizeof(name), "dir%u", i);
		KUNIT_ASSERT_EQ(test, efs_test_mkdir(root, name, &dir), 0);
		if (last && last->core.ino > dir->core.ino) {
			efs_test_iput(dir);
			continue;
		}
		efs_test_iput(last);
		last = dir;
	}
	for (i = 0; i < 28; i++) {
		memset(name, i < 16 ? 'a' + i : 'A' + i, 200);
		name[200] = '\0';
		KUNIT_ASSERT_EQ(test, efs_test_link(last, name, big), 0);
	}
	i = last->core.ino;
	efs_test_iput(last);
	efs_test_iput(big);
	check_vol_umount(v, root);
	make_deep(m, v, i);
	/* 16 of 28 names are left, and those of "many" */
	check_vol_patch(v, &(struct patch4)DI(FILE_BIG, i_links_count, 1 + 16 + 16));
	return m;
}

/* the index is what it is wherever the list of blocks is cut */
static const struct piece_row {
	const char *name;
	u32 others;
} piece_rows[] = {
	{ "one", 0 }, { "324", 324 }, { "325", 325 }, { "326", 326 }, { "327", 327 },
	{ "328", 328 }, { "329", 329 }, { "330", 330 }, { "331", 331 }, { "332", 332 },
};

EFS_TEST_ROWS(piece_rows);

static void pieces(struct kunit *test)
{
	const struct piece_row *r = test->param_value;
	struct index_maker *m = deep(test, r->others);

	KUNIT_EXPECT_EQ(test, efs_test_fsck(m->v->fs->dev), 0);
	check_vol_run(m->v);
	KUNIT_EXPECT_EQ(test, m->v->found.wrong, 0);
	/* so it was looked at */
	check_vol_set(m->v, m->blk[2] + 16, 4, 2);
	check_vol_run(m->v);
	KUNIT_EXPECT_NE(test, m->v->count[EFS_CHECK_INDEX_HASH], 0);
	check_vol_end(m->v);
}

/* @val at @at makes a finding of @code about logical block @lblk; no code: it makes none */
static void deep_word(struct index_maker *m, u64 at, u32 val, enum efs_check_code code, u32 lblk)
{
	struct check_vol *v = m->v;
	u32 old = check_vol_get(v, at, 4);

	check_vol_set(v, at, 4, val);
	check_vol_run(v);
	KUNIT_EXPECT_EQ_MSG(v->test, v->found.wrong, code != EFS_CHECK_MAX, "%u: %x", lblk, val);
	if (code == EFS_CHECK_MAX) {
		KUNIT_EXPECT_EQ(v->test, efs_test_fsck(v->fs->dev), 0);
	} else {
		/* e2fsck says so, of the same block */
		KUNIT_EXPECT_EQ(v->test, v->count[code], 1);
		KUNIT_EXPECT_EQ(v->test, v->last[code].off, lblk);
	}
	check_vol_set(v, at, 4, old);
}

/* hashes meet at borders of leaves and of tables */
static void borders(struct kunit *test)
{
	struct index_maker *m = deep(test, 0);
	u64 root = m->blk[0] + 40, one = m->blk[1] + 16, two = m->blk[2] + 16;
	const enum efs_check_code none = EFS_CHECK_MAX, hash = EFS_CHECK_INDEX_HASH;

	/* from the last hash of what is before to the first behind, both of them */
	deep_word(m, one, m->hash[3], none, 0);
	deep_word(m, one, m->hash[3] + 2, none, 0);
	deep_word(m, one, m->hash[3] - 2, hash, 3);
	deep_word(m, one, m->hash[4] + 2, hash, 4);
	deep_word(m, two, m->hash[11], none, 0);
	deep_word(m, two, m->hash[11] - 2, hash, 5);
	deep_word(m, two, m->hash[12] + 2, hash, 6);
	deep_word(m, root, m->hash[7], none, 0);
	deep_word(m, root, m->hash[8] + 2, hash, 2);
	/* what is behind a table begins where its names do, not where the root says */
	deep_word(m, root, m->hash[7] - 2, none, 0);
	check_vol_end(m->v);
}

/* names on the wrong side of a border between two tables, and one that is none any more */
static void strays(struct kunit *test)
{
	struct index_maker *m = deep(test, 0);
	struct check_vol *v = m->v;
	u8 ch = m->ch[7];

	m->ch[7] = m->ch[8];
	m->ch[8] = ch;
	leaf(m, 4, 4, 8);
	leaf(m, 5, 8, 12);
	check_vol_run(v);
	/* the first table has too large a name below it, the second too small a one */
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_INDEX_HASH], 2);
	KUNIT_EXPECT_EQ(test, v->last[EFS_CHECK_INDEX_HASH].off, 2);
	m->ch[8] = m->ch[7];
	m->ch[7] = ch;
	leaf(m, 4, 4, 8);
	leaf(m, 5, 8, 12);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->found.wrong, 0);
	/* an entry that is not in use may have any name */
	m->ch[1] = m->ch[15];
	leaf(m, 3, 0, 4);
	check_vol_set(v, m->blk[3] + 208, 4, 0);
	check_vol_patch(v, &(struct patch4)DI(FILE_BIG, i_links_count, 1 + 15 + 16));
	KUNIT_EXPECT_EQ(test, efs_test_fsck(v->fs->dev), 0);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->found.wrong, 0);
	check_vol_end(v);
}

/* ---- what fails ---- */

static void faults(struct kunit *test)
{
	struct check_vol *v = check_vol_new(test, NULL);
	struct index_maker *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	static const struct patch4 twice = { SAME_NAME, NAME_FIFO, 0, 4, NAME_FAST };

	KUNIT_ASSERT_NOT_NULL(test, m);
	make_index(m, v, true);
	check_vol_patch(v, &twice);
	check_vol_fails(v, EFS_TEST_READ, -EIO);
	check_vol_fails(v, EFS_TEST_ALLOC, -ENOMEM);
	check_vol_end(v);
}

static void stopped(struct kunit *test)
{
	struct check_vol *v = check_vol_new(test, NULL);
	u32 n, calls;

	v->stop = ~0u;
	check_vol_try(v);
	calls = v->calls;
	KUNIT_EXPECT_GT(test, calls, 15);
	for (n = 1; n <= calls; n++) {
		v->stop = n;
		check_vol_try(v);
		KUNIT_EXPECT_EQ(test, v->err, -EINTR);
	}
	v->fs->dev->signal = 1;
	v->stop = 0;
	check_vol_try(v);
	KUNIT_EXPECT_EQ(test, v->err, -EINTR);
	check_vol_end(v);
}

/* every finding about an index has a row */
static void all_found(struct kunit *test)
{
	u32 code, i;

	for (code = EFS_CHECK_INDEX_ROOT; code <= EFS_CHECK_INDEX_HASH; code++) {
		bool there = false;

		for (i = 0; i < ARRAY_SIZE(index_rows); i++)
			there |= index_rows[i].code == code;
		KUNIT_EXPECT_TRUE_MSG(test, there, "%s", efs_check_name(code));
	}
}

static struct kunit_case check_index_cases[] = {
	KUNIT_CASE(hashes),
	KUNIT_CASE_PARAM(indexed, index_rows_gen_params),
	KUNIT_CASE_PARAM(pieces, piece_rows_gen_params),
	KUNIT_CASE(borders),
	KUNIT_CASE(strays),
	KUNIT_CASE(faults),
	KUNIT_CASE(stopped),
	KUNIT_CASE(all_found),
	{}
};

static struct kunit_suite check_index_suite = {
	.name = "efsext2_check_index",
	.exit = efs_test_exit,
	.test_cases = check_index_cases,
};

kunit_test_suite(check_index_suite);
