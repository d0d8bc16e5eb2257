// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on names: what they do, in which order they write, and what is left when the
 * n-th allocation, read or write of one fails or there is no room for it.
 *
 * Tests: core/engine/namei.c
 */
#include "scene.h"

EFS_TEST_ROWS(ops);

/* ---- what they do ---- */

static void effect(struct kunit *test)
{
	struct doing d = { .op = test->param_value };
	struct scene *s;
	u32 sync;
	u64 after;

	for (sync = 0; sync < 2; sync++) {
		s = scene_new(test, sync);
		KUNIT_ASSERT_EQ(test, op_do(s, &d), 0);
		op_expect_done(s, &d);
		op_put(s, &d);
		after = scene_hash(s);
		scene_remount(s);
		KUNIT_EXPECT_EQ(test, scene_hash(s), after);
		scene_end(s);
	}
}

/* ---- in which order they write ---- */

static u32 slot_of(struct scene *s, const struct efs_test_inode *ti)
{
	u32 ipg = s->fs->sb.geo.inodes_per_group, ino = ti->core.ino - 1;

	return s->fs->sb.groups[ino / ipg].inode_table + ino % ipg;
}

static u32 block_of(const struct efs_test_inode *ti, u32 lblk)
{
	return le32_to_cpu(ti->core.block[lblk]);
}

/* block of the directory that holds the entry */
static u32 entry_block(struct scene *s, struct efs_test_inode *dir, const char *name)
{
	struct efs_dir_cursor c;
	struct efs_dirent de;
	u32 blk = 0;

	efs_dir_open(&dir->core, 0, false, &c);
	while (efs_dir_next(&c, &de) == 1)
		if (de.len == strlen(name) && !memcmp(de.name, name, de.len))
			blk = efs_buf_nr(c.buf);
	efs_dir_close(&c);
	KUNIT_ASSERT_NE(s->test, blk, 0);
	return blk;
}

/* block @a was ordered before block @b changed */
static void expect_order(struct scene *s, u32 a, u32 b)
{
	KUNIT_EXPECT_TRUE_MSG(s->test, efs_test_ordered(s->fs->dev, a, b), "%u, %u", a, b);
}

static void order_made(struct scene *s, const struct doing *d)
{
	u32 slot = slot_of(s, d->old), entry = entry_block(s, d->dir, d->oname);
	u32 ipg = s->fs->sb.geo.inodes_per_group;

	expect_order(s, s->fs->sb.groups[(d->old->core.ino - 1) / ipg].inode_bitmap, slot);
	expect_order(s, slot, entry);
	if (d->op->kind == MKDIR) {
		expect_order(s, block_of(d->old, 0), slot);
		expect_order(s, slot_of(s, d->dir), entry);
	}
	if (d->op->kind == SYMLINK && d->op->flags >= 60)
		expect_order(s, block_of(d->old, 0), slot);
	if (d->op->kind == CREATE && d->op->dir >= FULL)
		expect_order(s, entry, slot_of(s, d->dir));
	if (d->op->dir >= FULL12)
		expect_order(s, entry, block_of(d->dir, EFS_IND));
}

static void order_renamed(struct scene *s, const struct doing *d, u32 from)
{
	u32 to = entry_block(s, d->ndir, d->nname);
	bool moved = efs_is_dir(&d->old->core) && d->dir != d->ndir;

	if (!efs_is_dir(&d->old->core))
		expect_order(s, slot_of(s, d->old), to);
	if (from != to)
		expect_order(s, to, from);
	if (d->new)
		expect_order(s, to, slot_of(s, d->new));
	else if (moved)
		expect_order(s, slot_of(s, d->ndir), to);
	if (moved) {
		expect_order(s, to, block_of(d->old, 0));
		expect_order(s, block_of(d->old, 0), from);
		expect_order(s, from, slot_of(s, d->dir));
	}
}

static void order_exchanged(struct scene *s, const struct doing *d)
{
	u32 to = entry_block(s, d->ndir, d->nname), from = entry_block(s, d->dir, d->oname);
	bool old_dir = efs_is_dir(&d->old->core), new_dir = efs_is_dir(&d->new->core);

	if (!old_dir)
		expect_order(s, slot_of(s, d->old), from);
	if (!new_dir)
		expect_order(s, slot_of(s, d->new), from);
	if (from == to)
		return;
	expect_order(s, from, to);
	if (old_dir)
		expect_order(s, to, block_of(d->old, 0));
	if (new_dir)
		expect_order(s, to, block_of(d->new, 0));
	if (old_dir && !new_dir)
		expect_order(s, slot_of(s, d->ndir), from);
	if (new_dir && !old_dir)
		expect_order(s, slot_of(s, d->dir), from);
}

static void order(struct kunit *test)
{
	struct doing d = { .op = test->param_value };
	struct scene *s;
	u32 from = 0;

	s = scene_new(test, true);
	if (d.op->kind >= LINK)
		from = entry_block(s, s->dir[d.op->dir], d.op->oname);
	efs_test_log_start(s->fs->dev, false);
	KUNIT_ASSERT_EQ(test, op_do(s, &d), 0);
	/* what was left for later */
	efs_test_sync(s->fs);
	switch (d.op->kind) {
	case CREATE:
	case MKDIR:
	case SYMLINK:
	case TMPFILE:
		order_made(s, &d);
		break;
	case LINK:
		expect_order(s, slot_of(s, d.old), entry_block(s, d.ndir, d.nname));
		break;
	case RMDIR:
		expect_order(s, from, slot_of(s, d.dir));
		fallthrough;
	case UNLINK:
		expect_order(s, from, slot_of(s, d.old));
		break;
	case RENAME:
		if (d.op->flags & XCHG)
			order_exchanged(s, &d);
		else
			order_renamed(s, &d, from);
		break;
	}
	efs_test_log_stop(s->fs->dev);
	op_put(s, &d);
	scene_end(s);
}

/* ---- failures ---- */

/*
 * The n-th call of one kind fails, for all n. The operation then either says so and has
 * changed nothing, or has done everything; and e2fsck has nothing to say.
 */
static void failures(struct kunit *test)
{
	static const char *const what[] = { "alloc", "read", "write", "new" };
	struct doing d = { .op = test->param_value };
	struct scene *s;
	u32 round, strikes = 0;

	for (round = 0; round < 2 * EFS_TEST_FAULTS; round++) {
		bool sync = round & 1;
		u64 before;
		int err;

		d.fault = round / 2;
		d.nth = 1;
		do {
			s = scene_new(test, sync);
			/* an entry that is taken back leaves its new block to the directory */
			s->any_dir_size = d.op->kind == RENAME && d.op->ndir >= FULL;
			before = scene_hash(s);
			/* while it fails the tree is as it was, so the next try can follow */
			for (;; d.nth++) {
				err = op_do(s, &d);
				if (!err)
					break;
				KUNIT_ASSERT_TRUE_MSG(test, d.struck && d.nth < 200,
						      "%s %u: error %d", what[d.fault], d.nth, err);
				KUNIT_EXPECT_TRUE(test, err == -EIO || err == -ENOMEM);
				strikes++;
				op_put(s, &d);
				KUNIT_EXPECT_EQ_MSG(test, scene_hash(s), before,
						    "%s %u, sync %u", what[d.fault], d.nth, sync);
			}
			op_expect_done(s, &d);
			op_put(s, &d);
			scene_end(s);
			d.nth++;
		} while (d.struck);
	}
	/* each reads something */
	KUNIT_EXPECT_GT(test, strikes, 0);
}

/* ---- no room ---- */

/* a full volume: an operation that needs a block says so and has changed nothing */
static void no_space(struct kunit *test)
{
	struct doing d = { .op = test->param_value };
	bool needs = d.op->dir >= FULL || d.op->ndir >= FULL || d.op->kind == MKDIR ||
		     (d.op->kind == SYMLINK && d.op->flags >= 60);
	struct scene *s = scene_new(test, false);
	struct efs_test_inode *filler;
	struct efs_statfs st;
	u8 *data = efs_test_zalloc(1024);
	u64 off = 0, before;
	int err;

	KUNIT_ASSERT_EQ(test, efs_test_create(s->dir[ROOT], "filler", EFS_S_IFREG, &filler), 0);
	while (!efs_test_write(filler, off, data, 1024))
		off += 1024;
	efs_test_mfree(data);
	KUNIT_ASSERT_EQ(test, efs_test_iput(filler), 0);
	efs_statfs(&s->fs->sb, &st);
	KUNIT_ASSERT_EQ(test, st.bfree, 0);

	before = scene_hash(s);
	err = op_do(s, &d);
	KUNIT_EXPECT_EQ(test, err, needs ? -ENOSPC : 0);
	if (!err)
		op_expect_done(s, &d);
	op_put(s, &d);
	if (err)
		KUNIT_EXPECT_EQ(test, scene_hash(s), before);
	scene_end(s);
}

static struct kunit_case namei_cases[] = {
	KUNIT_CASE_PARAM(effect, ops_gen_params),
	KUNIT_CASE_PARAM(order, ops_gen_params),
	KUNIT_CASE_PARAM_SLOW(failures, ops_gen_params),
	KUNIT_CASE_PARAM_SLOW(no_space, ops_gen_params),
	{}
};

static struct kunit_suite namei_suite = {
	.name = "efsext2_namei",
	.exit = efs_test_exit,
	.test_cases = namei_cases,
};

kunit_test_suite(namei_suite);
