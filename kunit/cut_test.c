// SPDX-License-Identifier: GPL-2.0
/*
 * Power cuts during operations on names, on a synchronous mount.
 *
 * Each operation runs once with a log of what it changed and what it wrote. A cut may
 * come before each of its writes, when of the blocks changed so far and not yet written
 * none, any one, or all have reached the disk. e2fsck must mend every such state, with -p
 * but for the states where no order helps; then all other names must be there as before,
 * and the operation's own names must be as before or as after.
 *
 * Tests: core/engine/namei.c core/engine/symlink.c
 */
#include "scene.h"

EFS_TEST_ROWS(ops);

#define STATES	256
#define BLOCKS	64

/* one block of one state */
struct piece {
	u32 blk;
	const u8 *data;
};

/**
 * struct cut - what is known before any state is tried
 * @base: blocks on the disk before the operation, @n_base of them
 * @log: its events
 * @seen: hashes of the states tried
 */
struct cut {
	struct kunit *test;
	const struct op *op;
	struct piece *base;
	u32 n_base, room;
	struct efs_test_event *log;
	u32 log_len;
	u64 seen[STATES];
	u32 n_seen;
	u64 others;
	u32 dir, ndir, old, new, lost_found;
	bool is_dir;
	char name[2][EFS_NAME_MAX + 1];
};

static void keep_base(struct efs_test_dev *dev, u32 blk, const u8 *data, void *arg)
{
	struct cut *c = arg;
	u8 *copy;

	KUNIT_ASSERT_LT(c->test, c->n_base, c->room);
	copy = kunit_kzalloc(c->test, dev->block_size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(c->test, copy);
	memcpy(copy, data, dev->block_size);
	c->base[c->n_base].blk = blk;
	c->base[c->n_base++].data = copy;
}

/* names the operation may change, and where e2fsck puts what has none */
static u64 hash_others(struct scene *s, const struct cut *c)
{
	struct except ex[3] = {
		{ c->dir, c->op->kind == LINK ? "" : c->name[0] },
		{ c->ndir, c->op->nname ? c->name[1] : "" },
		{ c->lost_found, NULL },
	};

	return scene_hash_but(s, ex, 3);
}

/* run the operation, remember all it did */
static void record(struct cut *c)
{
	struct doing d = { .op = c->op };
	struct scene *s = scene_new(c->test, true);
	struct efs_test_dev *dev = s->fs->dev;

	efs_test_flush(dev);
	c->room = dev->blocks;
	c->base = kunit_kzalloc(c->test, c->room * sizeof(*c->base), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(c->test, c->base);
	efs_test_dev_each(dev, keep_base, c);

	efs_test_log_start(dev, true);
	KUNIT_ASSERT_EQ(c->test, op_do(s, &d), 0);
	snprintf(c->name[0], sizeof(c->name[0]), "%s", d.oname);
	snprintf(c->name[1], sizeof(c->name[1]), "%s", d.nname ? d.nname : "");
	c->dir = d.dir->core.ino;
	c->ndir = d.ndir->core.ino;
	c->old = d.old->core.ino;
	c->new = d.new ? d.new->core.ino : 0;
	c->is_dir = efs_is_dir(&d.old->core);
	c->lost_found = scene_ino(s, s->dir[ROOT], "lost+found");
	op_put(s, &d);
	c->others = hash_others(s, c);

	/* the log outlives its device */
	c->log = dev->log;
	c->log_len = dev->log_len;
	dev->log = NULL;
	dev->log_len = 0;
	dev->log_room = 0;
	dev->logging = false;
	scene_end(s);
}

static void expect_names(struct scene *s, const struct cut *c)
{
	struct kunit *test = c->test;
	struct efs_test_inode *dir, *ndir;
	u32 oino, nino = 0, lost;
	char name[16];

	KUNIT_ASSERT_EQ(test, efs_test_iget(s->fs, c->dir, &dir), 0);
	KUNIT_ASSERT_EQ(test, efs_test_iget(s->fs, c->ndir, &ndir), 0);
	oino = scene_ino(s, dir, c->name[0]);
	if (c->op->nname)
		nino = scene_ino(s, ndir, c->name[1]);
	efs_test_iput(dir);
	efs_test_iput(ndir);

	switch (c->op->kind) {
	case CREATE:
	case MKDIR:
	case SYMLINK:
	case TMPFILE:
	case UNLINK:
	case RMDIR:
		KUNIT_EXPECT_TRUE(test, !oino || oino == c->old);
		break;
	case LINK:
		KUNIT_EXPECT_EQ(test, oino, c->old);
		KUNIT_EXPECT_TRUE(test, !nino || nino == c->old);
		break;
	case RENAME:
		if (!(c->op->flags & XCHG)) {
			KUNIT_EXPECT_TRUE(test, oino == c->old || nino == c->old);
			KUNIT_EXPECT_TRUE(test, !oino || oino == c->old);
			/*
			 * What is replaced is there until its successor is; but of two names of
			 * a directory e2fsck keeps the one it likes.
			 */
			if (!c->is_dir || oino != c->old)
				KUNIT_EXPECT_TRUE(test, nino == c->old || nino == c->new);
			break;
		}
		KUNIT_EXPECT_EQ(test, efs_test_iget(s->fs, c->lost_found, &dir), 0);
		snprintf(name, sizeof(name), "#%u", c->old);
		lost = scene_ino(s, dir, name);
		KUNIT_EXPECT_TRUE(test, oino == c->old || nino == c->old || lost == c->old);
		snprintf(name, sizeof(name), "#%u", c->new);
		lost = scene_ino(s, dir, name);
		KUNIT_EXPECT_TRUE(test, oino == c->new || nino == c->new || lost == c->new);
		efs_test_iput(dir);
		break;
	}
}

/* the disk in one state */
static void try_state(struct cut *c, const struct piece *p, u32 n, u32 at)
{
	struct kunit *test = c->test;
	struct scene *s;
	u64 h = 0;
	u32 i, bs = 1024;
	int status;

	for (i = 0; i < n; i++) {
		u64 one = 0xcbf29ce484222325ull ^ p[i].blk;
		u32 j;

		for (j = 0; j < bs; j++)
			one = (one ^ p[i].data[j]) * 0x100000001b3ull;
		h += one;
	}
	for (i = 0; i < c->n_seen; i++)
		if (c->seen[i] == h)
			return;
	KUNIT_ASSERT_LT(test, c->n_seen, STATES);
	c->seen[c->n_seen++] = h;

	s = scene_blank(test);
	for (i = 0; i < c->n_base; i++)
		efs_test_dev_write(s->fs->dev, (u64)c->base[i].blk * bs, c->base[i].data, bs);
	for (i = 0; i < n; i++)
		efs_test_dev_write(s->fs->dev, (u64)p[i].blk * bs, p[i].data, bs);
	status = efs_test_repair(s->fs->dev, c->op->fsck_y);
	KUNIT_EXPECT_LE_MSG(test, status, 1, "cut at event %u", at);
	KUNIT_ASSERT_EQ(test, efs_test_mount(s->fs, NULL), 0);
	scene_hold(s);
	KUNIT_EXPECT_EQ_MSG(test, hash_others(s, c), c->others, "cut at event %u", at);
	expect_names(s, c);
	scene_end(s);
}

/* @p holds what was written, then what may have been: the states of this moment */
static void try_moment(struct cut *c, struct piece *p, u32 written, u32 n, u32 at)
{
	u32 i;

	try_state(c, p, written, at);
	for (i = written; i < n; i++) {
		struct piece first = p[written];

		p[written] = p[i];
		p[i] = first;
		try_state(c, p, written + 1, at);
		p[i] = p[written];
		p[written] = first;
	}
	try_state(c, p, n, at);
}

/* blocks of the log before event @end: the last contents written, then those not written */
static void moment(struct cut *c, u32 end)
{
	struct piece *p = kunit_kzalloc(c->test, 2 * BLOCKS * sizeof(*p), GFP_KERNEL);
	u32 pass, i, j, from = 0, n = 0, written = 0;

	KUNIT_ASSERT_NOT_NULL(c->test, p);
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < end; i++) {
			const struct efs_test_event *e = &c->log[i];

			if (e->type != (pass ? EFS_TEST_EV_DIRTY : EFS_TEST_EV_WRITE))
				continue;
			/* changed and written since is no longer open */
			for (j = i + 1; pass && j < end; j++)
				if (c->log[j].blk == e->blk &&
				    (c->log[j].type == EFS_TEST_EV_WRITE ||
				     c->log[j].type == EFS_TEST_EV_FORGET))
					break;
			if (pass && j < end)
				continue;
			for (j = from; j < n && p[j].blk != e->blk; j++)
				;
			KUNIT_ASSERT_LT(c->test, j, 2 * BLOCKS);
			p[j].blk = e->blk;
			p[j].data = e->data;
			n = max_t(u32, n, j + 1);
		}
		if (!pass)
			written = n;
		from = n;
	}
	/* a block in both halves: what may have been written goes over what was */
	try_moment(c, p, written, n, end);
}

static void cut(struct kunit *test)
{
	struct cut *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->test = test;
	c->op = test->param_value;
	record(c);
	for (i = 0; i < c->log_len; i++)
		if (c->log[i].type == EFS_TEST_EV_WRITE)
			moment(c, i);
	moment(c, c->log_len);
	KUNIT_EXPECT_GT(test, c->n_seen, 2);
	for (i = 0; i < c->log_len; i++)
		efs_test_mfree(c->log[i].data);
	efs_test_mfree(c->log);
}

static struct kunit_case cut_cases[] = {
	KUNIT_CASE_PARAM_SLOW(cut, ops_gen_params),
	{}
};

static struct kunit_suite cut_suite = {
	.name = "efsext2_cut",
	.exit = efs_test_exit,
	.test_cases = cut_cases,
};

kunit_test_suite(cut_suite);
