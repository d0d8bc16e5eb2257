// SPDX-License-Identifier: GPL-2.0
/*
 * Extended attributes of inodes: everything fails once, and places that were damaged.
 *
 * Tests: core/engine/xattr.c core/engine/inode.c
 *
 * Locks: none, one thread runs.
 */
#include "xattr_help.h"

static const struct efs_test_mkfs k1 = { .block_size = 1024, .blocks = 4000, .ipg = 256,
					 .inode_size = 256, .files = 6 };

/* ---- faults ---- */

static const struct step {
	const char *name;
	u32 size;	/* NO: remove */
} steps[] = {
	{ "user.a", 20 }, { "user.b", 300 }, { "user.c", 250 }, { "user.a", 200 }, { "user.b", 10 },
	{ "user.c", 0xffffffff }, { "user.a", 0xffffffff },
};

#define NO 0xffffffff

/* before each step, another file has what it will lead to; or shares what there is */
static void prepare(struct efs_test_inode **ti, u32 step, const u8 *data, u32 with)
{
	u32 i, f;

	for (f = 0; f < 2; f++)
		for (i = 0; i < step + (f ? with == 2 : 0); i++)
			if (f <= with)
				set(ti[f], steps[i].name, steps[i].size == NO ? NULL : data,
				    steps[i].size == NO ? 0 : steps[i].size);
}

/* Is @name of @ti what it was, or what it shall be? Nothing else is allowed. */
static bool is_old(struct kunit *test, struct efs_test_inode *ti, u32 step, const u8 *data)
{
	const struct step *s = &steps[step];
	u32 i, was = NO;
	u8 buf[400];
	size_t done;
	int err;

	for (i = 0; i < step; i++)
		if (!strcmp(steps[i].name, s->name))
			was = steps[i].size;
	err = get(ti, s->name, buf, sizeof(buf), &done);
	if (err == -ENODATA)
		done = NO;
	else
		KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_TRUE_MSG(test, done == was || done == s->size, "step %u: %zu", step, done);
	if (done != NO)
		KUNIT_EXPECT_MEMEQ(test, buf, data, done);
	return done == was;
}

static void faults_at(struct kunit *test, u32 fault, u32 step, u32 with, u32 *failed)
{
	const u8 *data = some_bytes(test, 400);
	u32 n;

	for (n = 1; n < 40; n++) {
		struct efs_test_fs *fs = efs_test_begin(test, &k1);
		struct efs_test_inode *ti[2] = { efs_test_file(fs, 0), efs_test_file(fs, 1) };
		const struct step *s = &steps[step];
		bool hit, old;
		int err, err_was;

		prepare(ti, step, data, with);
		efs_test_sync(fs);
		ti[0]->core.port.sync = fault == EFS_TEST_WRITE;
		fs->dev->fail[fault] = n;
		err = set(ti[0], s->name, s->size == NO ? NULL : data, s->size == NO ? 0 : s->size);
		hit = !fs->dev->fail[fault];
		fs->dev->fail[fault] = 0;
		KUNIT_EXPECT_TRUE(test, !err || hit);
		KUNIT_EXPECT_TRUE(test, !err || err == -EIO || err == -ENOMEM);
		*failed += err != 0;
		err_was = err;
		old = is_old(test, ti[0], step, data);
		if (!err)
			KUNIT_EXPECT_FALSE(test, old && step != 0 && s->size != NO);
		else if (fault != EFS_TEST_WRITE && fault != EFS_TEST_READ)
			KUNIT_EXPECT_TRUE(test, old);
		/* it works afterwards */
		err = set(ti[0], "user.a", "works", 5);
		KUNIT_EXPECT_EQ(test, err, 0);
		expect(test, ti[0], "user.a", "works", 5);
		efs_test_iput(ti[0]);
		efs_test_iput(ti[1]);
		/* a write or a bitmap that failed may leave a block a user too much, which is
		 * nothing e2fsck -p would mend
		 */
		if (err_was == -EIO) {
			efs_test_umount(fs);
			efs_test_flush(fs->dev);
			KUNIT_EXPECT_LE(test, efs_test_repair(fs->dev, true), 1);
		} else {
			efs_test_end(fs);
		}
		efs_test_exit(test);
		if (!hit)
			break;
	}
	KUNIT_EXPECT_LT(test, n, 40);
}

static const struct fault_row {
	const char *name;
	u32 fault, least;
} fault_rows[] = {
	{ "alloc", EFS_TEST_ALLOC, 7 }, { "read", EFS_TEST_READ, 7 },
	{ "write", EFS_TEST_WRITE, 12 }, { "new", EFS_TEST_NEW, 2 },
};

EFS_TEST_ROWS(fault_rows);

static void faults(struct kunit *test)
{
	const struct fault_row *r = test->param_value;
	u32 step, with, failed = 0;

	/* alone; beside one that has the same; beside one that has what this will be */
	for (with = 0; with < 3; with++)
		for (step = 0; step < ARRAY_SIZE(steps); step++)
			faults_at(test, r->fault, step, with, &failed);
	KUNIT_EXPECT_GE(test, failed, r->least);
}

/* reading fails, and says so */
static void read_faults(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &k1);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	const u8 *data = some_bytes(test, 300);
	u32 table = fs->sb.groups[0].inode_table + (efs_test_file_ino(0) - 1) / 4, blk;
	size_t done;

	KUNIT_EXPECT_EQ(test, set(ti, "user.a", data, 300), 0);
	KUNIT_EXPECT_EQ(test, set(ti, "user.b", data, 3), 0);
	blk = ti->core.file_acl;
	efs_test_sync(fs);
	efs_test_bad_block(fs->dev, blk, true);
	KUNIT_EXPECT_EQ(test, get(ti, "user.a", NULL, 0, &done), -EIO);
	expect(test, ti, "user.b", data, 3);
	KUNIT_EXPECT_EQ(test, efs_ea_list(&ti->core, NULL, 0, &done), -EIO);
	KUNIT_EXPECT_EQ(test, set(ti, "user.a", data, 3), -EIO);
	KUNIT_EXPECT_EQ(test, efs_ea_sync(&ti->core), -EIO);
	efs_test_bad_block(fs->dev, blk, false);
	efs_test_bad_block(fs->dev, table, true);
	KUNIT_EXPECT_EQ(test, get(ti, "user.b", NULL, 0, &done), -EIO);
	KUNIT_EXPECT_EQ(test, efs_ea_list(&ti->core, NULL, 0, &done), -EIO);
	efs_test_bad_block(fs->dev, table, false);
	fs->dev->fail[EFS_TEST_ALLOC] = 1;
	KUNIT_EXPECT_EQ(test, efs_ea_list(&ti->core, NULL, 0, &done), -ENOMEM);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* ---- damage ---- */

/* an entry in the block at 32 is "a" with 300 bytes; in the tail at 4 it is "t" with 3 */
static const struct damage_row {
	const char *name;
	bool tail;
	u32 off, len;
	u32 val;
	enum efs_code code;
} damage_rows[] = {
	{ "magic", false, 0, 4, 0xEA010000, EFS_C_XATTR_MAGIC },
	{ "blocks", false, 8, 4, 2, EFS_C_XATTR_BLOCKS },
	{ "no_users", false, 4, 4, 0, EFS_C_XATTR_REFCOUNT },
	{ "index", false, 33, 1, 0, EFS_C_XATTR_NAME },
	{ "nul", false, 48, 1, 0, EFS_C_XATTR_NAME },
	{ "value_block", false, 36, 4, 7, EFS_C_XATTR_VALUE_BLOCK },
	{ "value_outside", false, 34, 2, 1000, EFS_C_XATTR_VALUE },
	{ "value_in_names", false, 34, 2, 32, EFS_C_XATTR_VALUE },
	{ "size_huge", false, 40, 4, 0xfffffffe, EFS_C_XATTR_VALUE },
	{ "hash", false, 44, 4, 1, EFS_C_XATTR_HASH },
	{ "value", false, 1023, 1, 0, EFS_C_XATTR_HASH },
	{ "tail_index", true, 5, 1, 0, EFS_C_XATTR_NAME },
	{ "tail_name", true, 4, 1, 255, EFS_C_XATTR_ENTRY },
	{ "tail_value_block", true, 8, 4, 7, EFS_C_XATTR_VALUE_BLOCK },
	{ "tail_value", true, 6, 2, 0xffff, EFS_C_XATTR_VALUE },
	{ "tail_hash", true, 16, 4, 1, EFS_C_XATTR_HASH },
};

EFS_TEST_ROWS(damage_rows);

static void damage(struct kunit *test)
{
	const struct damage_row *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &k1);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	const u8 *data = some_bytes(test, 300);
	__le32 val = cpu_to_le32(r->val);
	u32 ino = efs_test_file_ino(0), blk;
	size_t done;
	u64 at;

	KUNIT_EXPECT_EQ(test, set(ti, "user.a", data, 300), 0);
	KUNIT_EXPECT_EQ(test, set(ti, "user.t", data, 3), 0);
	blk = ti->core.file_acl;
	efs_test_sync(fs);
	at = (u64)blk << 10;
	if (r->tail)
		at = ((u64)(fs->sb.groups[0].inode_table + (ino - 1) / 4) << 10) +
		     (ino - 1) % 4 * 256 + 160;
	if (!strcmp(r->name, "value"))
		val = cpu_to_le32(data[299] ^ 1);
	efs_test_poke(fs->dev, at + r->off, &val, r->len);

	KUNIT_EXPECT_EQ(test, get(ti, r->tail ? "user.t" : "user.a", NULL, 0, &done),
			-EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, r->code));
	KUNIT_EXPECT_EQ(test, efs_ea_list(&ti->core, NULL, 0, &done), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, r->code));
	KUNIT_EXPECT_EQ(test, set(ti, "user.b", data, 3), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, r->code));
	KUNIT_EXPECT_EQ(test, drop(ti, "user.a"), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, r->code));
	/* nothing was written to it */
	KUNIT_EXPECT_FALSE(test, efs_test_is_dirty(fs->dev, blk));
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

static struct kunit_case xattr_fault_cases[] = {
	KUNIT_CASE_PARAM(faults, fault_rows_gen_params),
	KUNIT_CASE(read_faults),
	KUNIT_CASE_PARAM(damage, damage_rows_gen_params),
	{}
};

static struct kunit_suite xattr_fault_suite = {
	.name = "efsext2_xattr_fault",
	.exit = efs_test_exit,
	.test_cases = xattr_fault_cases,
};

kunit_test_suite(xattr_fault_suite);
