// SPDX-License-Identifier: GPL-2.0
/*
 * Holes made and space had in advance, behind the general interface: what each call does to
 * bytes, blocks and sizes, on ext2 and in memory; what it refuses; what failures leave.
 *
 * Tests: core/unix/ext2_range.c core/unix/fs.c
 *
 * Locks: none, one thread runs.
 */
#include "unix_fs.h"

#define BS 1024u
#define BYTES (20 * BS)

static struct efs_node *make(struct unix_test *u, const char *name, u16 type)
{
	struct efs_new n = { .mode = type | 0644, .target = "t", .target_len = 1 };
	struct efs_node *node = NULL;

	KUNIT_ASSERT_EQ(u->test, efs_node_create(u->root, name, strlen(name), &n, &node), 0);
	return node;
}

static u8 pattern(u32 i)
{
	return (u8)(1 + i % 251);
}

/* the first @len bytes of a file become a pattern without zeros */
static void fill(struct unix_test *u, struct efs_node *f, u32 len)
{
	u8 *data = efs_test_zalloc(len);
	size_t done;
	u32 i;

	for (i = 0; i < len; i++)
		data[i] = pattern(i);
	KUNIT_ASSERT_EQ(u->test, efs_node_write(f, 0, data, len, &done), 0);
	efs_test_mfree(data);
}

/* all bytes are the pattern, but those of [@from, @to), and from @len on, which are zero */
static void expect(struct unix_test *u, struct efs_node *f, u64 from, u64 to, u32 len)
{
	struct efs_stat st;
	size_t done;
	u8 *data;
	u32 i;

	efs_node_stat(f, &st);
	data = efs_test_zalloc(st.size + 1);
	KUNIT_ASSERT_EQ(u->test, efs_node_read(f, 0, data, st.size + 1, &done), 0);
	KUNIT_ASSERT_EQ(u->test, done, st.size);
	for (i = 0; i < st.size; i++)
		KUNIT_ASSERT_EQ_MSG(u->test, data[i],
				    i >= len || (i >= from && i < to) ? 0 : pattern(i),
				    "%s, byte %u", u->name, i);
	efs_test_mfree(data);
}

/* blocks of data in use, as far as the size reaches */
static u32 data_blocks(struct unix_test *u, struct efs_node *f)
{
	struct efs_stat st;
	u64 at = 0, end;
	u32 n = 0;

	efs_node_stat(f, &st);
	while (!efs_node_seek(f, at, false, &at)) {
		KUNIT_ASSERT_EQ(u->test, efs_node_seek(f, at, true, &end), 0);
		n += (u32)((end + BS - 1) / BS - at / BS);
		at = end;
	}
	return n;
}

static const struct punch {
	const char *name;
	u64 off, len;
	u32 left;	/* of 20 blocks */
} punches[] = {
	{ "a_block", 3 * BS, BS, 19 },
	{ "first", 0, BS, 19 },
	{ "inside_a_block", 3 * BS + 10, 100, 20 },
	{ "to_its_end", 3 * BS + 10, BS - 10, 20 },
	{ "from_its_start", 3 * BS, 10, 20 },
	{ "two_halves", 3 * BS + 500, BS, 20 },
	{ "ragged", 3 * BS + 1, 4 * BS, 17 },
	{ "one_byte_short", 3 * BS, 2 * BS - 1, 19 },
	{ "one_byte_more", 3 * BS - 1, 2 * BS + 2, 18 },
	{ "over_the_indirect", 10 * BS, 4 * BS, 16 },
	{ "the_indirect", 12 * BS, 8 * BS, 12 },
	{ "last", 19 * BS, BS, 19 },
	{ "last_and_more", 19 * BS, 100 * BS, 19 },
	{ "tail", 19 * BS + 1, 100 * BS, 20 },
	{ "all", 0, BYTES, 0 },
	{ "all_and_far_more", 0, 1ull << 33, 0 },
	{ "behind", BYTES, 10 * BS, 20 },
	{ "far_behind", 1ull << 32, BS, 20 },
};

EFS_TEST_ROWS(punches);

static void punch(struct kunit *test)
{
	const struct punch *r = test->param_value;
	struct efs_stat before, st;
	struct efs_node *f;
	struct unix_test *u;
	u32 k;

	for (k = 0; k < UNIX_KINDS; k++) {
		u = unix_begin(test, k);
		f = make(u, "f", EFS_S_IFREG);
		fill(u, f, BYTES);
		efs_node_stat(f, &before);
		unix_tick(u);
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, r->off, r->len), 0);
		expect(u, f, r->off, r->off + r->len, BYTES);
		KUNIT_EXPECT_EQ(test, data_blocks(u, f), r->left);
		efs_node_stat(f, &st);
		KUNIT_EXPECT_EQ(test, st.size, BYTES);
		KUNIT_EXPECT_NE(test, st.mtime.sec, before.mtime.sec);
		KUNIT_EXPECT_NE(test, st.ctime.sec, before.ctime.sec);
		KUNIT_EXPECT_EQ(test, st.atime.sec, before.atime.sec);
		/* with nothing but holes, no indirect block is left either */
		if (!r->left)
			KUNIT_EXPECT_EQ(test, st.blocks, 0);
		/* again: nothing is left to do; then the size may grow over it */
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, r->off, r->len), 0);
		KUNIT_EXPECT_EQ(test, efs_node_truncate(f, BYTES + 5 * BS), 0);
		expect(u, f, r->off, r->off + r->len, BYTES);
		efs_node_put(f);
		unix_end(u);
		if (u->vol)
			efs_test_exit(test);
	}
}

/* where the size is inside of a block, that block goes with the rest */
static void punch_ragged_end(struct kunit *test)
{
	struct efs_node *f;
	struct unix_test *u;
	u32 k;

	for (k = 0; k < UNIX_KINDS; k++) {
		u = unix_begin(test, k);
		f = make(u, "f", EFS_S_IFREG);
		fill(u, f, BYTES - 100);
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, 19 * BS, BS - 100), 0);
		KUNIT_EXPECT_EQ(test, data_blocks(u, f), 19);
		expect(u, f, 19 * BS, BYTES, BYTES);
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, 18 * BS, 2 * BS - 101), 0);
		KUNIT_EXPECT_EQ(test, data_blocks(u, f), 18);
		efs_node_put(f);
		unix_end(u);
		if (u->vol)
			efs_test_exit(test);
	}
}

static const struct reserve {
	const char *name;
	u64 off, len;
	bool keep;
	int err;
	u32 size, blocks;	/* of a file that had 5 blocks, 3 of them holes, less 100 bytes */
} reserves[] = {
	{ "hole", BS, BS, false, 0, 5 * BS - 100, 3 },
	{ "holes", 0, 4 * BS, true, 0, 5 * BS - 100, 5 },
	{ "part_of_one", 2 * BS + 5, 10, true, 0, 5 * BS - 100, 3 },
	{ "all", 0, 5 * BS - 100, false, 0, 5 * BS - 100, 5 },
	{ "to_the_block", 0, 5 * BS, true, 0, 5 * BS - 100, 5 },
	{ "grow", 4 * BS, 4 * BS, false, 0, 8 * BS, 5 },
	{ "grow_by_a_byte", 5 * BS - 100, 1, false, 0, 5 * BS - 99, 2 },
	{ "behind_a_gap", 20 * BS, 3 * BS + 7, false, 0, 23 * BS + 7, 6 },
	{ "keep_beyond", 4 * BS, BS + 1, true, -EOPNOTSUPP, 5 * BS - 100, 2 },
	{ "keep_far_beyond", 100 * BS, BS, true, -EOPNOTSUPP, 5 * BS - 100, 2 },
};

EFS_TEST_ROWS(reserves);

static void reserve(struct kunit *test)
{
	const struct reserve *r = test->param_value;
	struct efs_node *f, *old;
	struct unix_test *u;
	struct efs_stat st;
	u32 k;

	for (k = 0; k < UNIX_KINDS; k++) {
		u = unix_begin(test, k);
		/* what is free now is not zero */
		old = make(u, "old", EFS_S_IFREG);
		fill(u, old, 400 * BS);
		KUNIT_EXPECT_EQ(test, efs_node_truncate(old, 0), 0);
		efs_node_put(old);
		f = make(u, "f", EFS_S_IFREG);
		fill(u, f, 5 * BS - 100);
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, BS, 3 * BS), 0);
		KUNIT_EXPECT_EQ(test, efs_node_reserve(f, r->off, r->len, r->keep), r->err);
		efs_node_stat(f, &st);
		KUNIT_EXPECT_EQ(test, st.size, r->size);
		KUNIT_EXPECT_EQ_MSG(test, data_blocks(u, f), r->blocks, "%s", u->name);
		expect(u, f, BS, 4 * BS, 5 * BS - 100);
		KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 30 * BS), 0);
		expect(u, f, BS, 4 * BS, 5 * BS - 100);
		efs_node_put(f);
		unix_end(u);
		if (u->vol)
			efs_test_exit(test);
	}
}

static void refused(struct kunit *test)
{
	static const struct {
		u16 type;
		int err;
	} types[] = {
		{ EFS_S_IFDIR, -EISDIR }, { EFS_S_IFLNK, -EINVAL }, { EFS_S_IFIFO, -EINVAL },
		{ EFS_S_IFCHR, -EINVAL }, { EFS_S_IFBLK, -EINVAL }, { EFS_S_IFSOCK, -EINVAL },
	};
	struct efs_setattr fix = { .mask = EFS_SET_FLAGS, .flags = EFS_STAT_IMMUTABLE };
	const u64 max = 0x101010cull << 10;	/* see unix_begin() */
	struct efs_node *f;
	struct unix_test *u;
	char name[8];
	u32 k, i;

	for (k = 0; k < UNIX_KINDS; k++) {
		u = unix_begin(test, k);
		for (i = 0; i < ARRAY_SIZE(types); i++) {
			snprintf(name, sizeof(name), "t%u", i);
			f = make(u, name, types[i].type);
			KUNIT_EXPECT_EQ(test, efs_node_punch(f, 0, 1), types[i].err);
			KUNIT_EXPECT_EQ(test, efs_node_reserve(f, 0, 1, false), types[i].err);
			efs_node_put(f);
		}
		f = make(u, "f", EFS_S_IFREG);
		fill(u, f, 3 * BS);
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, 0, 0), -EINVAL);
		KUNIT_EXPECT_EQ(test, efs_node_reserve(f, 0, 0, true), -EINVAL);
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, max - 5, 6), -EFBIG);
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, max - 5, 5), 0);
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, 5, ~0ull - 4), -EFBIG);
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, ~0ull, 1), -EFBIG);
		KUNIT_EXPECT_EQ(test, efs_node_reserve(f, max - 5, 6, false), -EFBIG);
		KUNIT_EXPECT_EQ(test, efs_node_reserve(f, 1, ~0ull, false), -EFBIG);
		unix_set_rdonly(u, true);
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, 0, BS), -EROFS);
		KUNIT_EXPECT_EQ(test, efs_node_reserve(f, 0, 9 * BS, false), -EROFS);
		unix_set_rdonly(u, false);
		KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &fix), 0);
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, 0, BS), -EPERM);
		KUNIT_EXPECT_EQ(test, efs_node_reserve(f, 0, 9 * BS, false), -EPERM);
		/* append-only: nothing goes, but room may be had */
		fix.flags = EFS_STAT_APPEND;
		KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &fix), 0);
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, 0, BS), -EPERM);
		expect(u, f, 0, 0, 3 * BS);
		KUNIT_EXPECT_EQ(test, efs_node_reserve(f, 0, 9 * BS, false), 0);
		fix.flags = 0;
		KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &fix), 0);
		fix.flags = EFS_STAT_IMMUTABLE;
		efs_node_put(f);
		unix_end(u);
		if (u->vol)
			efs_test_exit(test);
	}
}

/* room that is not there in full is given back behind the size, and the size stays */
static void no_space(struct kunit *test)
{
	static const struct efs_test_mkfs tiny = {
		.block_size = BS, .blocks = 500, .ipg = 32, .inode_size = 128,
	};
	struct unix_test *u = unix_begin_ext2(test, &tiny, 8);
	struct efs_node *f = make(u, "f", EFS_S_IFREG);
	struct efs_fs_stat before, st;
	struct efs_stat fst;

	fill(u, f, 5 * BS - 100);
	KUNIT_EXPECT_EQ(test, efs_fs_statfs(u->fs, &before), 0);
	KUNIT_EXPECT_EQ(test, efs_node_reserve(f, 0, 600 * BS, false), -ENOSPC);
	KUNIT_EXPECT_EQ(test, efs_fs_statfs(u->fs, &st), 0);
	KUNIT_EXPECT_EQ(test, st.bfree, before.bfree);
	efs_node_stat(f, &fst);
	KUNIT_EXPECT_EQ(test, fst.size, 5 * BS - 100);
	KUNIT_EXPECT_EQ(test, efs_node_reserve(f, 0, 300 * BS, false), 0);
	expect(u, f, 0, 0, 5 * BS - 100);
	KUNIT_EXPECT_EQ(test, efs_node_punch(f, 0, 300 * BS), 0);
	KUNIT_EXPECT_EQ(test, efs_fs_statfs(u->fs, &st), 0);
	KUNIT_EXPECT_EQ(test, st.bfree, before.bfree + 5);
	efs_node_put(f);
	unix_end(u);
}

/* ---- a device that fails ---- */

static u32 write_fails, read_fails;

static int failing_write(struct efs_sb *sb, u32 blk, u32 len, const void *buf)
{
	return write_fails && !--write_fails ? -EIO : unix_ext2_home.data_write(sb, blk, len, buf);
}

static int failing_read(struct efs_sb *sb, u32 blk, u32 len, void *buf)
{
	return read_fails && !--read_fails ? -EIO : unix_ext2_home.data_read(sb, blk, len, buf);
}

static struct unix_test *begin_failing(struct kunit *test, struct efs_ext2_home *home)
{
	struct unix_test *u = unix_begin(test, UNIX_EXT2);

	*home = unix_ext2_home;
	home->data_write = failing_write;
	home->data_read = failing_read;
	efs_node_put(u->root);
	KUNIT_ASSERT_EQ(test, efs_fs_unmount(u->fs), 0);
	KUNIT_ASSERT_EQ(test, efs_test_mount(u->vol, NULL), 0);
	KUNIT_ASSERT_EQ(test, efs_ext2_new(&u->vol->sb, home, NULL, &u->fs), 0);
	KUNIT_ASSERT_EQ(test, efs_fs_root(u->fs, &u->root), 0);
	return u;
}

/* the n-th write of zeros fails: what was in the blocks before is never seen */
static void zeros_fail(struct kunit *test)
{
	struct efs_ext2_home home;
	struct efs_node *old, *f;
	struct unix_test *u;
	u32 n;
	int err;

	for (n = 1, err = -EIO; err; n++) {
		u = begin_failing(test, &home);
		old = make(u, "old", EFS_S_IFREG);
		fill(u, old, 600 * BS);
		KUNIT_EXPECT_EQ(test, efs_node_truncate(old, 0), 0);
		efs_node_put(old);
		f = make(u, "f", EFS_S_IFREG);
		fill(u, f, 5 * BS - 100);
		KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 100 * BS), 0);
		write_fails = n;
		err = efs_node_reserve(f, 0, 400 * BS, false);
		KUNIT_EXPECT_EQ(test, err, write_fails ? 0 : -EIO);
		write_fails = 0;
		expect(u, f, 0, 0, 5 * BS - 100);
		efs_node_put(f);
		unix_end(u);
		efs_test_exit(test);
	}
	KUNIT_EXPECT_GT(test, n, 4);
}

/* the ends of a hole cannot be zeroed: nothing but them may have become so */
static void ends_fail(struct kunit *test)
{
	struct efs_ext2_home home;
	struct efs_node *f;
	struct unix_test *u;
	u32 n;

	for (n = 0; n < 4; n++) {
		u = begin_failing(test, &home);
		f = make(u, "f", EFS_S_IFREG);
		fill(u, f, BYTES);
		write_fails = n & 1 ? 1 + n / 2 : 0;
		read_fails = n & 1 ? 0 : 1 + n / 2;
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, 3 * BS + 100, 10 * BS), -EIO);
		write_fails = 0;
		read_fails = 0;
		KUNIT_EXPECT_EQ(test, data_blocks(u, f), 20);
		expect(u, f, n < 2 ? 0 : 3 * BS + 100, n < 2 ? 0 : 4 * BS, BYTES);
		KUNIT_EXPECT_EQ(test, efs_node_punch(f, 3 * BS + 100, 10 * BS), 0);
		expect(u, f, 3 * BS + 100, 13 * BS + 100, BYTES);
		efs_node_put(f);
		unix_end(u);
		efs_test_exit(test);
	}
}

/* each allocation in turn fails */
static void no_memory(struct kunit *test)
{
	struct efs_node *f;
	struct unix_test *u = unix_begin(test, UNIX_EXT2);
	u32 n;
	int err;

	f = make(u, "f", EFS_S_IFREG);
	for (n = 1, err = -ENOMEM; err; n++) {
		KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 0), 0);
		fill(u, f, BYTES);
		u->vol->dev->fail[EFS_TEST_ALLOC] = n;
		err = efs_node_punch(f, 100, 10 * BS);
		u->vol->dev->fail[EFS_TEST_ALLOC] = 0;
		KUNIT_ASSERT_TRUE(test, !err || err == -ENOMEM);
	}
	expect(u, f, 100, 10 * BS + 100, BYTES);
	KUNIT_EXPECT_EQ(test, n, 4);
	for (n = 1, err = -ENOMEM; err; n++) {
		u->vol->dev->fail[EFS_TEST_ALLOC] = n;
		err = efs_node_reserve(f, 0, 30 * BS, false);
		u->vol->dev->fail[EFS_TEST_ALLOC] = 0;
		KUNIT_ASSERT_TRUE(test, !err || err == -ENOMEM);
		expect(u, f, 100, 10 * BS + 100, BYTES);
	}
	KUNIT_EXPECT_EQ(test, data_blocks(u, f), 30);
	efs_node_put(f);
	unix_end(u);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(punch, punches_gen_params),
	KUNIT_CASE(punch_ragged_end),
	KUNIT_CASE_PARAM(reserve, reserves_gen_params),
	KUNIT_CASE(refused),
	KUNIT_CASE(no_space),
	KUNIT_CASE(zeros_fail),
	KUNIT_CASE(ends_fail),
	KUNIT_CASE(no_memory),
	{}
};

static struct kunit_suite suite = {
	.name = "efsext2_unix_range",
	.init = unix_init,
	.exit = unix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
