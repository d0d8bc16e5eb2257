// SPDX-License-Identifier: GPL-2.0
/*
 * Power cuts while an attribute is set, on a synchronous mount.
 *
 * A cut may come before each write, when of the blocks changed so far and not yet written none,
 * any one, or all have reached the disk. e2fsck must mend every such state; then the attribute
 * must be what it was or what it shall be, and all others as they were. Counts of users are
 * nothing that e2fsck -p mends.
 *
 * Tests: core/engine/xattr.c
 *
 * Locks: none, one thread runs.
 */
#include "xattr_help.h"

#define BLOCKS 32
#define DISK_BLOCKS 400

static const struct efs_test_mkfs m = { .block_size = 1024, .blocks = DISK_BLOCKS, .ipg = 64,
					.inode_size = 256, .files = 2 };

/* file 0 has "user.a" of @was bytes beside "user.k" in its block, file 1 the same or @other */
static const struct row {
	const char *name;
	s32 was, is;	/* -1: not there */
	s32 other;	/* file 1: "user.a" of so many bytes and "user.k"; -1: nothing */
} rows[] = {
	{ "first", -1, 20, -1 }, { "in_place", 200, 210, -1 }, { "to_tail", 200, 20, -1 },
	{ "to_block", 20, 200, -1 }, { "part", 200, 210, 200 }, { "join", 200, 210, 210 },
	{ "remove", 200, -1, 200 },
};

EFS_TEST_ROWS(rows);

/**
 * struct cut - what happened to each block
 * @base: contents before, of those that were ever written
 * @blk: the @n blocks that the log is about
 * @written: what was last written; NULL: nothing
 * @open: changed and not written
 */
struct cut {
	struct kunit *test;
	const struct row *r;
	u8 *base[DISK_BLOCKS];
	u32 n, blk[BLOCKS];
	const u8 *written[BLOCKS], *open[BLOCKS];
	const u8 *data;
};

static void set_a(struct cut *c, struct efs_test_inode *ti, s32 size)
{
	if (size >= 0)
		KUNIT_EXPECT_EQ(c->test, set(ti, "user.a", c->data, (size_t)size), 0);
}

static void keep_base(struct efs_test_dev *dev, u32 blk, const u8 *data, void *arg)
{
	struct cut *c = arg;

	KUNIT_ASSERT_LT(c->test, blk, DISK_BLOCKS);
	c->base[blk] = kunit_kzalloc(c->test, 1024, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(c->test, c->base[blk]);
	memcpy(c->base[blk], data, 1024);
}

/* @only: of the open blocks this one, or BLOCKS: none, or BLOCKS + 1: all */
static void try_state(struct cut *c, u32 only)
{
	struct kunit *test = c->test;
	struct efs_test_fs *fs = efs_test_fs_new(test, 1024, DISK_BLOCKS);
	struct efs_test_inode *ti;
	u8 buf[300];
	size_t done;
	u32 i;
	int err;

	efs_test_format(fs->dev, &m);
	for (i = 0; i < DISK_BLOCKS; i++)
		if (c->base[i])
			efs_test_dev_write(fs->dev, (u64)i << 10, c->base[i], 1024);
	for (i = 0; i < min_t(u32, c->n, BLOCKS); i++) {
		const u8 *p = c->written[i];

		if (c->open[i] && (only > BLOCKS || only == i))
			p = c->open[i];
		if (p)
			efs_test_dev_write(fs->dev, (u64)c->blk[i] << 10, p, 1024);
	}
	KUNIT_EXPECT_LE(test, efs_test_repair(fs->dev, true), 1);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	ti = efs_test_file(fs, 0);
	err = get(ti, "user.a", buf, sizeof(buf), &done);
	if (err == -ENODATA)
		KUNIT_EXPECT_TRUE(test, c->r->was < 0 || c->r->is < 0);
	else
		KUNIT_EXPECT_TRUE(test, !err && ((s32)done == c->r->was || (s32)done == c->r->is));
	expect(test, ti, "user.k", c->data, 150);
	efs_test_iput(ti);
	ti = efs_test_file(fs, 1);
	if (c->r->other >= 0)
		expect(test, ti, "user.a", c->data, (size_t)c->r->other);
	efs_test_iput(ti);
	efs_test_end(fs);
	efs_test_exit(test);
}

static void moment(struct cut *c)
{
	u32 i, open = 0;

	try_state(c, BLOCKS);
	for (i = 0; i < c->n; i++) {
		open += !!c->open[i];
		if (c->open[i])
			try_state(c, i);
	}
	if (open > 1)
		try_state(c, BLOCKS + 1);
}

static u32 slot(struct cut *c, u32 blk)
{
	u32 i;

	for (i = 0; i < c->n; i++)
		if (c->blk[i] == blk)
			return i;
	KUNIT_ASSERT_LT(c->test, i, BLOCKS);
	c->blk[c->n++] = blk;
	return i;
}

/* set it once, and keep what happened: log and contents outlive the device */
static struct efs_test_event *record(struct cut *c, u32 *len)
{
	struct efs_test_fs *fs = efs_test_begin(c->test, &m);
	struct efs_test_inode *ti = efs_test_file(fs, 0), *other = efs_test_file(fs, 1);
	struct efs_test_event *log;

	/* first, so that it is in the block */
	KUNIT_EXPECT_EQ(c->test, set(ti, "user.k", c->data, 150), 0);
	if (c->r->other >= 0)
		KUNIT_EXPECT_EQ(c->test, set(other, "user.k", c->data, 150), 0);
	set_a(c, ti, c->r->was);
	set_a(c, other, c->r->other);
	efs_test_sync(fs);
	efs_test_dev_each(fs->dev, keep_base, c);
	ti->core.port.sync = true;
	efs_test_log_start(fs->dev, true);
	if (c->r->is >= 0)
		set_a(c, ti, c->r->is);
	else
		KUNIT_EXPECT_EQ(c->test, drop(ti, "user.a"), 0);
	log = fs->dev->log;
	*len = fs->dev->log_len;
	fs->dev->log = NULL;
	fs->dev->log_len = 0;
	fs->dev->log_room = 0;
	fs->dev->logging = false;
	efs_test_iput(ti);
	efs_test_iput(other);
	efs_test_end(fs);
	efs_test_exit(c->test);
	return log;
}

static void cut(struct kunit *test)
{
	struct cut *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	struct efs_test_event *log;
	u32 i, k, len, writes = 0;

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->test = test;
	c->r = test->param_value;
	c->data = some_bytes(test, 300);
	log = record(c, &len);
	for (i = 0; i < len; i++) {
		const struct efs_test_event *e = &log[i];

		if (e->type != EFS_TEST_EV_DIRTY && e->type != EFS_TEST_EV_WRITE &&
		    e->type != EFS_TEST_EV_FORGET)
			continue;
		if (e->type == EFS_TEST_EV_WRITE) {
			moment(c);
			writes++;
		}
		k = slot(c, e->blk);
		c->open[k] = e->type == EFS_TEST_EV_DIRTY ? e->data : NULL;
		if (e->type == EFS_TEST_EV_WRITE)
			c->written[k] = e->data;
	}
	moment(c);
	KUNIT_EXPECT_GE(test, writes, 1);
	for (i = 0; i < len; i++)
		efs_test_mfree(log[i].data);
	efs_test_mfree(log);
}

static struct kunit_case xattr_cut_cases[] = {
	KUNIT_CASE_PARAM_SLOW(cut, rows_gen_params),
	{}
};

static struct kunit_suite xattr_cut_suite = {
	.name = "efsext2_xattr_cut",
	.exit = efs_test_exit,
	.test_cases = xattr_cut_cases,
};

kunit_test_suite(xattr_cut_suite);
