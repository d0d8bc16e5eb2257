// SPDX-License-Identifier: GPL-2.0
/*
 * The check of whole volumes at its limits: what its findings say beside their kind, long
 * lists, counts that only a large volume has, values just inside and just outside of a range.
 *
 * Tests: core/check/bitmap.c core/check/tree.c core/check/names.c core/check/dir.c
 * Tests: core/check/map.c core/check/super.c core/check/inode.c core/check/xattr.c
 */
#include "check_vol.h"

/* bits that follow each other, and are wrong the same way, are one finding */
static void runs(struct kunit *test)
{
	static const struct patch4 map = { IN_BITMAP, 1, 0, 1, 0 };
	struct check_vol *v = check_vol_new(test, NULL);
	const struct efs_problem *lost = &v->last[EFS_CHECK_BITMAP_BLOCK_LOST];
	const struct efs_problem *freed = &v->last[EFS_CHECK_BITMAP_BLOCK_FREE];
	u32 bit, first = efs_group_first(&v->fs->sb.geo, 1);

	check_vol_flip(v, IN_BITMAP, 1, 900);
	check_vol_flip(v, IN_BITMAP, 1, 901);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_BITMAP_BLOCK_LOST], 1);
	KUNIT_EXPECT_EQ(test, lost->blk, first + 900);
	KUNIT_EXPECT_EQ(test, lost->count, 2);
	KUNIT_EXPECT_EQ(test, lost->group, 1);
	check_vol_flip(v, IN_BITMAP, 1, 903);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_BITMAP_BLOCK_LOST], 2);
	KUNIT_EXPECT_EQ(test, lost->blk, first + 903);
	KUNIT_EXPECT_EQ(test, lost->count, 1);
	/* a block in use, marked free, beside a free one that is marked used */
	for (bit = 0; check_vol_get(v, check_vol_at(v, &map) + bit / 8, 1) >> bit % 8 & 1; bit++)
		;
	KUNIT_ASSERT_GT(test, bit, 0);
	check_vol_flip(v, IN_BITMAP, 1, bit);
	check_vol_flip(v, IN_BITMAP, 1, bit - 1);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_BITMAP_BLOCK_LOST], 3);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_BITMAP_BLOCK_FREE], 1);
	KUNIT_EXPECT_EQ(test, freed->blk, first + bit - 1);
	KUNIT_EXPECT_EQ(test, freed->count, 1);
	check_vol_flip(v, IN_INODES, 1, 56);
	check_vol_flip(v, IN_INODES, 1, 57);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_BITMAP_INODE_LOST], 1);
	KUNIT_EXPECT_EQ(test, v->last[EFS_CHECK_BITMAP_INODE_LOST].ino,
			v->fs->sb.geo.inodes_per_group + 57);
	KUNIT_EXPECT_EQ(test, v->last[EFS_CHECK_BITMAP_INODE_LOST].count, 2);
	check_vol_end(v);
}

/* what could not be looked at may be what uses a block: that it is marked tells nothing */
static void incomplete(struct kunit *test)
{
	static const struct patch4 table = GD(2, bg_inode_table, 3060);
	struct check_vol *v = check_vol_new(test, NULL);

	check_vol_patch(v, &table);
	check_vol_flip(v, IN_BITMAP, 1, 900);
	check_vol_flip(v, IN_BITMAP, 0, 0);
	check_vol_run(v);
	KUNIT_EXPECT_FALSE(test, v->found.complete);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_BITMAP_BLOCK_LOST], 0);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_BITMAP_BLOCK_FREE], 1);
	check_vol_end(v);
}

/* link counts that take more directories than a test has room for */
static void counts(struct kunit *test)
{
	static const struct {
		u32 found, says, flags;
		bool nlink, wrong;
	} rows[] = {
		{ 5, 5, CHK_DIR, false, false },
		{ 5, 4, CHK_DIR, false, true },
		{ 65000, 65000, CHK_DIR, true, false },
		{ 65000, 1, CHK_DIR, true, true },
		{ 65001, 1, CHK_DIR, true, false },
		{ 65001, 1, CHK_DIR, false, true },
		{ 65001, 1, 0, true, true },
		{ 65001, 65001, CHK_DIR, true, true },
		/* an ext4 with less than so many left a 1 in an indexed one */
		{ 5, 1, CHK_DIR | CHK_INDEX, false, false },
		{ 5, 1, CHK_DIR, false, true },
		{ 5, 1, CHK_INDEX, false, true },
		{ 5, 2, CHK_DIR | CHK_INDEX, false, true },
		{ 5, 2, CHK_DIR | CHK_IMAGIC, false, false },
	};
	struct check_vol *v = check_vol_new(test, NULL);
	struct chk_group *groups;
	struct efs_geo *geo = kunit_kzalloc(test, sizeof(*geo), GFP_KERNEL);
	struct efs_check_found found = { 0 };
	const struct efs_check_args args = { 0 };
	struct chk_inode *ci;
	struct chk c = { .sb = &v->sb, .geo = geo, .args = &args, .res = &found };
	u32 i;

	check_vol_run(v);
	KUNIT_ASSERT_NOT_NULL(test, geo);
	*geo = v->sb.geo;
	groups = kunit_kzalloc(test, geo->groups * sizeof(*groups), GFP_KERNEL);
	ci = kunit_kzalloc(test, geo->inodes_per_group * sizeof(*ci), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, groups);
	KUNIT_ASSERT_NOT_NULL(test, ci);
	c.groups = groups;
	groups[1].inodes = ci;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		found.wrong = 0;
		geo->ro_compat = rows[i].nlink ? 0x20 : 0;
		ci[7] = (struct chk_inode){ .found = rows[i].found, .says = (u16)rows[i].says,
					    .flags = (u8)(rows[i].flags | CHK_USED) };
		KUNIT_EXPECT_EQ(test, chk_links(&c), 0);
		KUNIT_EXPECT_EQ_MSG(test, found.wrong, rows[i].wrong, "row %u", i);
	}
	check_vol_end(v);
}

static struct efs_test_inode *dir_in(struct kunit *test, struct efs_test_inode *parent, u32 n)
{
	struct efs_test_inode *dir;
	char name[16];

	snprintf(name, sizeof(name), "dir%u", n);
	KUNIT_ASSERT_EQ(test, efs_test_mkdir(parent, name, &dir), 0);
	return dir;
}

/* a name may be in two directories: those of the one before are forgotten */
static void forgotten(struct kunit *test)
{
	static const char *const names[] = { "pq", "p", "pq", "q", "", "pq", "" };
	/* one group, so that the walk meets them as they were made */
	static const struct efs_test_mkfs m = { .block_size = 1024, .blocks = 4000, .ipg = 64 };
	struct check_vol *v = check_vol_new(test, &m);
	struct efs_test_inode *root = check_vol_mount(v), *dir;
	const char *name;
	char text[2] = "";
	u32 i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		dir = dir_in(test, root, i);
		for (name = names[i]; *name; name++) {
			text[0] = *name;
			KUNIT_ASSERT_EQ(test, efs_test_create(dir, text, EFS_S_IFREG, NULL), 0);
		}
		efs_test_iput(dir);
	}
	check_vol_umount(v, root);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->found.wrong, 0);
	check_vol_end(v);
}

#define SORTED	60

/* hashes come out in order, none lost, whatever an earlier directory left behind them */
static void sorted(struct kunit *test)
{
	struct check_vol *v = check_vol_new(test, NULL);
	struct chk_name *names = kunit_kzalloc(test, 2 * SORTED * sizeof(*names), GFP_KERNEL);
	struct efs_check_found found = { 0 };
	const struct efs_check_args args = { 0 };
	struct chk c = { .sb = &v->sb, .geo = &v->sb.geo, .args = &args, .res = &found };
	u32 count, i, seed = 5;
	u64 sum;

	KUNIT_ASSERT_NOT_NULL(test, names);
	check_vol_run(v);
	c.names = names;
	for (count = 0; count < SORTED; count++) {
		for (sum = 0, i = 0; i < 2 * SORTED; i++) {
			names[i] = (struct chk_name){ .hash = (u64)efs_test_rand(&seed) << 8 | i,
						      .off = i };
			/* what is left is larger than all */
			if (i >= count)
				names[i].hash |= 1ull << 63;
			else
				sum += names[i].hash;
		}
		c.name_count = count;
		KUNIT_EXPECT_EQ(test, chk_names(&c, EFS_ROOT_INO), 0);
		KUNIT_EXPECT_EQ(test, c.name_count, 0);
		for (i = 0; i < count; i++) {
			sum -= names[i].hash;
			KUNIT_EXPECT_TRUE(test, !i || names[i - 1].hash < names[i].hash);
		}
		KUNIT_EXPECT_EQ(test, sum, 0);
	}
	KUNIT_EXPECT_EQ(test, found.wrong, 0);
	check_vol_end(v);
}

/* a directory whose only name is in itself: lost, and no ring */
static void itself(struct kunit *test)
{
	static const struct patch4 gone = DE(NAME_D, inode, 0);
	struct check_vol *v = check_vol_new(test, NULL);
	const struct patch4 e = { IN_DATA, DIR_D, 24, 4, v->ino[DIR_D] };

	check_vol_patch(v, &gone);
	check_vol_patch(v, &e);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_DIR_TWICE], 1);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_DIR_LOOP], 0);
	/* and what was below it */
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_DIR_LOST], 2);
	check_vol_end(v);
}

/* of equal names in a block the later one is told */
static void later(struct kunit *test)
{
	static const struct patch4 same = { SAME_NAME, NAME_FIFO, 0, 4, NAME_FAST };
	static const struct patch4 fifo = DE(NAME_FIFO, inode, 0);
	struct check_vol *v = check_vol_new(test, NULL);

	check_vol_patch(v, &same);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_ENTRY_TWICE], 1);
	KUNIT_EXPECT_EQ(test, v->last[EFS_CHECK_ENTRY_TWICE].off, check_vol_at(v, &fifo) % 1024);
	KUNIT_EXPECT_EQ(test, v->last[EFS_CHECK_ENTRY_TWICE].ino, v->ino[FIFO]);
	check_vol_end(v);
}

/* more directory blocks than fit into two pieces of their list */
static void many_dirs(struct kunit *test)
{
	static const struct efs_test_mkfs m = { .block_size = 1024, .blocks = 4000, .bpg = 1024,
						.ipg = 256 };
	struct check_vol *v = check_vol_new(test, &m);
	struct efs_test_inode *root = check_vol_mount(v);
	u32 i;

	for (i = 0; i < 2 * CHK_DIRBLKS; i++)
		efs_test_iput(dir_in(test, root, i));
	check_vol_umount(v, root);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->found.wrong, 0);
	KUNIT_EXPECT_EQ(test, v->found.dirs, 2 * CHK_DIRBLKS + 5);
	check_vol_fails(v, EFS_TEST_ALLOC, -ENOMEM);
	check_vol_end(v);
}

/* 2^31 bytes of a directory, unless it says that it may be larger */
static void far_dir(struct kunit *test)
{
	static const struct efs_test_mkfs m = { .block_size = 65536, .blocks = 500, .ipg = 512 };
	static const struct patch4 dind = DIB(DIR_D, EFS_DIND, 400);
	static const struct patch4 high = DI(DIR_D, i_size_high, 1);
	/* behind those that the inode and the first table name */
	const u32 first = EFS_NDIR + m.block_size / 4, most = (1u << 31) / m.block_size;
	struct check_vol *v = check_vol_new(test, &m);
	u64 at = 401ull * m.block_size + 4 * (most - first);

	check_vol_patch(v, &dind);
	check_vol_set(v, 400ull * m.block_size, 4, 401);
	check_vol_set(v, at, 4, 402);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_MAP_FAR], 0);
	check_vol_set(v, at + 4, 4, 403);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_MAP_FAR], 1);
	KUNIT_EXPECT_EQ(test, v->last[EFS_CHECK_MAP_FAR].blk, 403);
	KUNIT_EXPECT_EQ(test, v->last[EFS_CHECK_MAP_FAR].off, most + 1);
	check_vol_patch(v, &high);
	check_vol_run(v);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_MAP_FAR], 0);
	check_vol_end(v);
}

/* sizes of the extra fields that new inodes are to have */
static void extra_sizes(struct kunit *test)
{
	static const struct {
		u16 size;
		bool good;
	} rows[] = {
		{ 0, true }, { 2, false }, { 4, true }, { 6, false }, { 8, true }, { 124, true },
		{ 128, true }, { 130, false }, { 132, false },
	};
	struct check_vol *v = check_vol_new(test, NULL);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct patch4 min = SB(s_min_extra_isize, rows[i].size);
		const struct patch4 want = SB(s_want_extra_isize, rows[i].size);

		check_vol_patch(v, &min);
		check_vol_patch(v, &want);
		check_vol_run(v);
		KUNIT_EXPECT_EQ_MSG(test, v->count[EFS_CHECK_SUPER_EXTRA_SIZE],
				    rows[i].good ? 0 : 2, "%u", rows[i].size);
	}
	check_vol_end(v);
}

/* a target needs the byte behind it, in the inode as in a block */
static void full_links(struct kunit *test)
{
	static const struct patch4 text = { IN_DATA, SLOW, 0, 1, 0 };
	static const u16 sizes[] = { 1023, 1024 };
	struct check_vol *v = check_vol_new(test, NULL);
	u64 at = check_vol_at(v, &text);
	u32 i, n;

	for (n = 0; n < ARRAY_SIZE(sizes); n++) {
		const struct patch4 size = DI(SLOW, i_size, sizes[n]);

		for (i = 0; i < 1024; i++)
			check_vol_set(v, at + i, 1, i < sizes[n] ? 'x' : 0);
		check_vol_patch(v, &size);
		check_vol_run(v);
		KUNIT_EXPECT_EQ_MSG(test, v->count[EFS_CHECK_INODE_LINK], n, "%u", sizes[n]);
		KUNIT_EXPECT_EQ(test, v->found.wrong, n);
	}
	check_vol_end(v);
}

/* ---- attributes ---- */

/* an entry "user.y" at @at; its value, @words of them, @off bytes from @base */
static void attribute(struct check_vol *v, u64 at, u64 base, u32 off, u32 words)
{
	u32 hash = 'y', i;

	for (i = 0; i < words; i++) {
		u32 word = 0x01020304 * (i + 1);

		check_vol_set(v, base + off + 4 * i, 4, word);
		hash = (hash << 16 | hash >> 16) ^ word;
	}
	check_vol_set(v, at, 4, 1 | 1 << 8 | off << 16);
	check_vol_set(v, at + 4, 4, 0);
	check_vol_set(v, at + 8, 4, 4 * words);
	check_vol_set(v, at + 12, 4, hash);
	check_vol_set(v, at + 16, 4, 'y');
	check_vol_set(v, at + 20, 4, 0);
}

static u32 xattr_findings(struct check_vol *v)
{
	u32 i, n = 0;

	check_vol_run(v);
	for (i = EFS_CHECK_XATTR_BLOCK; i <= EFS_CHECK_XATTR_COUNT; i++)
		n += v->count[i];
	return n;
}

/* several sets, values of several words: none is measured by the one before */
static void attributes(struct kunit *test)
{
	static const struct patch4 acl = DI(FILE_BIG, i_file_acl, 3000);
	static const struct patch4 body = { IN_INODE, FILE_BIG, 128 + 32, 4, EFS_XATTR_MAGIC };
	static const struct patch4 more = { IN_INODE, FIFO, 128 + 32, 4, EFS_XATTR_MAGIC };
	const u64 block = 3000 * 1024;
	struct check_vol *v = check_vol_new(test, NULL);
	u64 at = check_vol_at(v, &body);

	check_vol_patch(v, &acl);
	check_vol_patch(v, &body);
	check_vol_patch(v, &more);
	check_vol_set(v, block, 4, EFS_XATTR_MAGIC);
	check_vol_set(v, block + 4, 4, 1);
	check_vol_set(v, block + 8, 4, 1);
	attribute(v, block + 32, block, 600, 5);
	attribute(v, at + 4, at + 4, 40, 3);
	attribute(v, check_vol_at(v, &more) + 4, check_vol_at(v, &more) + 4, 24, 9);
	KUNIT_EXPECT_EQ(test, xattr_findings(v), 0);
	/* the last word counts */
	check_vol_set(v, block + 600 + 16, 4, 7);
	KUNIT_EXPECT_EQ(test, xattr_findings(v), 1);
	KUNIT_EXPECT_EQ(test, v->last[EFS_CHECK_XATTR_HASH].blk, 3000);
	check_vol_set(v, at + 4 + 40 + 8, 4, 7);
	KUNIT_EXPECT_EQ(test, xattr_findings(v), 2);
	/* a value in the head of the block, or of the set */
	attribute(v, block + 32, block, 28, 1);
	check_vol_set(v, block + 28, 4, 0);
	KUNIT_EXPECT_EQ(test, xattr_findings(v), 2);
	KUNIT_EXPECT_EQ(test, v->count[EFS_CHECK_XATTR_ENTRY], 1);
	check_vol_end(v);
}

static struct kunit_case check_edge_cases[] = {
	KUNIT_CASE(runs),
	KUNIT_CASE(incomplete),
	KUNIT_CASE(counts),
	KUNIT_CASE(forgotten),
	KUNIT_CASE(sorted),
	KUNIT_CASE(itself),
	KUNIT_CASE(later),
	KUNIT_CASE(many_dirs),
	KUNIT_CASE(far_dir),
	KUNIT_CASE(extra_sizes),
	KUNIT_CASE(full_links),
	KUNIT_CASE(attributes),
	{}
};

static struct kunit_suite check_edge_suite = {
	.name = "efsext2_check_edge",
	.exit = efs_test_exit,
	.test_cases = check_edge_cases,
};

kunit_test_suite(check_edge_suite);
