// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that share a volume: allocators, names, maps, sync, failures.
 *
 * Each case keeps the preconditions of core/engine/efs.h as a VFS does: a directory has
 * one thread that changes it, or any number that read it; a file one thread that changes
 * its size. What threads share is the volume. Its counters and bitmaps, and in the end
 * e2fsck, say whether anything was given twice or got lost.
 *
 * Rounds are few: what is looked for shows to a thread sanitizer, or because threads step
 * aside in the middle of things (thread.c).
 *
 * Tests: core/engine/balloc.c core/engine/ialloc.c core/engine/map.c
 */
#include "home.h"

#define KIB 1024u
#define FILES 6

static const struct efs_test_mkfs one_group = {
	.block_size = 1024, .blocks = 1025, .bpg = 1024, .ipg = 128, .files = FILES,
};

/* so small that threads meet in all of them */
static const struct efs_test_mkfs four_groups = {
	.block_size = 1024, .blocks = 4 * 256 + 1, .bpg = 256, .ipg = 32, .files = FILES,
};

static const struct volume {
	const char *name;
	const struct efs_test_mkfs *m;
	u32 threads;
} volumes[] = {
	{ "two_in_one_group", &one_group, 2 },
	{ "four_in_one_group", &one_group, 4 },
	{ "two_in_four_groups", &four_groups, 2 },
	{ "four_in_four_groups", &four_groups, 4 },
};

EFS_TEST_ROWS(volumes);

/**
 * struct actor - one thread's part
 * @nr: which of them it is
 * @file, @dir: what it works on
 * @got: numbers it holds, @n of them
 * @err: how it ended, 0 or the first error
 * @done: how many have finished, of all; some go on until the others have
 */
struct actor {
	struct kunit *test;
	struct efs_test_fs *fs;
	void (*act)(struct actor *a);
	u32 nr, seed;
	struct efs_test_inode *file, *dir;
	u32 *got, n;
	int err;
	u32 *done;
};

#define GOT_MAX 1024

static struct actor *actors_new(struct efs_test_fs *fs, u32 n)
{
	struct actor *a = kunit_kzalloc(fs->test, n * sizeof(*a) + sizeof(u32), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(fs->test, a);
	for (i = 0; i < n; i++) {
		a[i].test = fs->test;
		a[i].fs = fs;
		a[i].nr = i;
		a[i].seed = 77 + i;
		a[i].got = kunit_kzalloc(fs->test, GOT_MAX * sizeof(u32), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(fs->test, a[i].got);
		a[i].done = (u32 *)(a + n);
	}
	return a;
}

static void run_actor(void *arg)
{
	struct actor *a = arg;

	a->act(a);
	efs_test_add(a->done, 1);
}

/* @act NULL: each has its own already */
static void together(struct actor *a, u32 n, void (*act)(struct actor *a))
{
	void *arg[EFS_TEST_THREADS];
	u32 i;

	KUNIT_ASSERT_LE(a->test, n, EFS_TEST_THREADS);
	*a->done = 0;
	for (i = 0; i < n; i++) {
		if (act)
			a[i].act = act;
		a[i].err = 0;
		arg[i] = &a[i];
	}
	efs_test_together(a->test, n, run_actor, arg);
}

static u32 pick(struct actor *a, u32 n)
{
	return efs_test_rand(&a->seed) % n;
}

static void first_error(struct actor *a, int err)
{
	if (!a->err)
		a->err = err;
}

static void expect_err(struct actor *a, u32 n, int err)
{
	u32 i;

	for (i = 0; i < n; i++)
		KUNIT_EXPECT_EQ_MSG(a->test, a[i].err, err, "thread %u", i);
}

/* no number in two hands, nor twice in one; how many there are */
static u32 count_distinct(struct actor *a, u32 n)
{
	u8 *seen = kunit_kzalloc(a->test, 2 * GOT_MAX, GFP_KERNEL);
	u32 i, j, total = 0;

	KUNIT_ASSERT_NOT_NULL(a->test, seen);
	for (i = 0; i < n; i++) {
		for (j = 0; j < a[i].n; j++) {
			u32 nr = a[i].got[j];

			KUNIT_ASSERT_LT(a->test, nr, 2 * GOT_MAX);
			KUNIT_EXPECT_EQ_MSG(a->test, seen[nr], 0, "%u is given twice", nr);
			seen[nr] = 1;
			total++;
		}
	}
	return total;
}

/* ---- blocks ---- */

static bool take_blocks(struct actor *a, u32 want)
{
	struct efs_inode *ei = &a->file->core;
	u32 start, len;

	efs_map_wlock(ei);
	a->err = efs_balloc(ei, 0, want, a->nr & 1, &start, &len);
	efs_map_wunlock(ei);
	if (a->err)
		return false;
	KUNIT_EXPECT_LE(a->test, len, want);
	while (len--)
		a->got[a->n++] = start++;
	return true;
}

static void give_block(struct actor *a, u32 i)
{
	KUNIT_EXPECT_EQ(a->test, efs_bfree(&a->fs->sb, a->file->core.ino, a->got[i], 1), 0);
	a->got[i] = a->got[--a->n];
}

static void take_all_blocks(struct actor *a)
{
	while (take_blocks(a, 1 + pick(a, 7)))
		;
}

static void churn_blocks(struct actor *a)
{
	u32 i;

	for (i = 0; i < 300; i++) {
		if (a->n && pick(a, 2))
			give_block(a, pick(a, a->n));
		else if (!take_blocks(a, 1 + pick(a, 4)) && a->err != -ENOSPC)
			return;
	}
	while (a->n)
		give_block(a, a->n - 1);
	a->err = 0;
}

/* every block of the volume finds one taker; what is given back can be had again */
static void blocks(struct kunit *test)
{
	const struct volume *v = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, v->m);
	struct actor *a = actors_new(fs, v->threads);
	u32 i, free, left;

	efs_test_counts(fs, &free);
	for (i = 0; i < v->threads; i++)
		a[i].file = efs_test_file(fs, i);
	together(a, v->threads, take_all_blocks);
	expect_err(a, v->threads, -ENOSPC);
	KUNIT_EXPECT_EQ(test, count_distinct(a, v->threads), free);
	efs_test_counts(fs, &left);
	KUNIT_EXPECT_EQ(test, left, 0);

	together(a, v->threads, churn_blocks);
	expect_err(a, v->threads, 0);
	efs_test_counts(fs, &left);
	KUNIT_EXPECT_EQ(test, left, free);
	for (i = 0; i < v->threads; i++)
		efs_test_iput(a[i].file);
	efs_test_end(fs);
}

/*
 * Bitmaps nobody has looked at, in groups whose descriptors are wrong as a power cut leaves
 * them: one thread's correction is not another's allocation.
 */
static void adoption(struct kunit *test)
{
	const struct volume *v = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, v->m);
	struct actor *a = actors_new(fs, v->threads);
	u32 i, g, free, left;

	efs_test_counts(fs, &free);
	for (g = 0; g < fs->sb.geo.groups; g++) {
		struct efs_buf *b;
		struct efs_dgroup *gd = efs_group_desc(&fs->sb, g, &b);

		gd->bg_free_blocks_count = cpu_to_le16(7 + g);
		efs_buf_dirty(&fs->sb, NULL, b);
	}
	efs_test_remount(fs);
	for (i = 0; i < v->threads; i++)
		a[i].file = efs_test_file(fs, i);
	together(a, v->threads, take_all_blocks);
	expect_err(a, v->threads, -ENOSPC);
	KUNIT_EXPECT_EQ(test, count_distinct(a, v->threads), free);
	together(a, v->threads, churn_blocks);
	efs_test_counts(fs, &left);
	KUNIT_EXPECT_EQ(test, left, free);
	for (i = 0; i < v->threads; i++)
		efs_test_iput(a[i].file);
	efs_test_end(fs);
}

/* ---- inodes ---- */

/* inodes without names: the table of the home holds them */
static bool take_inode(struct actor *a)
{
	u16 mode = pick(a, 4) ? EFS_S_IFREG | 0644 : EFS_S_IFDIR | 0755;
	struct efs_test_inode *ti;

	a->err = efs_test_inew(a->dir, mode, &ti);
	if (!a->err)
		a->got[a->n++] = ti->core.ino;
	return !a->err;
}

static void give_inode(struct actor *a, u32 i)
{
	struct efs_test_inode *ti;

	KUNIT_EXPECT_EQ(a->test, efs_test_iget(a->fs, a->got[i], &ti), 0);
	efs_i_nlink_set(&ti->core, 0);
	efs_test_iput(ti);
	KUNIT_EXPECT_EQ(a->test, efs_test_iput(ti), 0);
	a->got[i] = a->got[--a->n];
}

static void take_all_inodes(struct actor *a)
{
	while (take_inode(a))
		;
}

static void churn_inodes(struct actor *a)
{
	u32 i;

	for (i = 0; i < 150; i++) {
		if (a->n && pick(a, 2))
			give_inode(a, pick(a, a->n));
		else if (!take_inode(a) && a->err != -ENOSPC)
			return;
	}
	while (a->n)
		give_inode(a, a->n - 1);
	a->err = 0;
}

static void inodes(struct kunit *test)
{
	const struct volume *v = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, v->m);
	struct actor *a = actors_new(fs, v->threads);
	struct efs_test_inode *root;
	s64 free = efs_ctr_sum(&fs->sb.free_inodes), dirs = efs_ctr_sum(&fs->sb.dirs);
	u32 i;

	KUNIT_ASSERT_EQ(test, efs_test_iget(fs, EFS_ROOT_INO, &root), 0);
	for (i = 0; i < v->threads; i++)
		a[i].dir = root;
	together(a, v->threads, take_all_inodes);
	expect_err(a, v->threads, -ENOSPC);
	KUNIT_EXPECT_EQ(test, count_distinct(a, v->threads), free);
	efs_test_counts(fs, NULL);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_inodes), 0);

	together(a, v->threads, churn_inodes);
	expect_err(a, v->threads, 0);
	efs_test_counts(fs, NULL);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_inodes), free);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.dirs), dirs);
	efs_test_iput(root);
	efs_test_end(fs);
}

/* ---- names ---- */

static const struct efs_test_mkfs roomy = {
	.block_size = 1024, .blocks = 4 * 1024 + 1, .bpg = 1024, .ipg = 64, .files = FILES,
};

static const struct scene {
	const char *name;
	u32 threads;
	bool sync;	/* mounted with -o sync */
	bool beside;	/* one more thread does sync(2) and statfs(2) */
	enum efs_test_fault fault;
	u32 every;	/* a failure of kind @fault for so many calls */
} scenes[] = {
	{ "two", 2 },
	{ "four", 4 },
	{ "two_sync", 2, true },
	{ "two_and_sync_beside", 2, false, true },
	{ "four_and_sync_beside", 4, false, true },
	{ "two_sync_and_sync_beside", 2, true, true },
};

EFS_TEST_ROWS(scenes);

static const struct scene failing[] = {
	{ "reads_fail", 3, false, false, EFS_TEST_READ, 31 },
	{ "new_blocks_fail", 3, false, false, EFS_TEST_NEW, 7 },
	{ "writes_fail", 3, true, false, EFS_TEST_WRITE, 43 },
};

EFS_TEST_ROWS(failing);

/* until the others are done, at least once */
static void sync_beside(struct actor *a)
{
	const struct efs_geo *geo = &a->fs->sb.geo;
	struct efs_statfs st;
	u32 others = a->nr;

	do {
		efs_test_sync(a->fs);
		efs_statfs(&a->fs->sb, &st);
		KUNIT_EXPECT_LE(a->test, st.bfree, geo->blocks_count);
		KUNIT_EXPECT_LE(a->test, st.ffree, geo->inodes_count);
	} while (efs_test_load(a->done) < others);
}

#define NAMES 13
#define LONG_TARGET "a target so long that it does not fit into an inode and needs a block"

static int make_name(struct actor *a, const char *name)
{
	struct efs_test_inode *ti;
	char data[100];
	int err, put;

	switch (pick(a, 5)) {
	case 0:
		return efs_test_mkdir(a->dir, name, NULL);
	case 1:
		return efs_test_symlink(a->dir, name, pick(a, 2) ? "short" : LONG_TARGET, NULL);
	default:
		err = efs_test_create(a->dir, name, EFS_S_IFREG | 0644, &ti);
		if (err)
			return err;
		memset(data, 'a' + a->nr, sizeof(data));
		err = efs_test_write(ti, pick(a, 20) * KIB, data, sizeof(data));
		put = efs_test_iput(ti);
		return err ? err : put;
	}
}

/* @ti has a name, @other is free */
static int change_name(struct actor *a, struct efs_test_inode *ti, const char *name,
		       const char *other)
{
	if (efs_is_dir(&ti->core))
		return pick(a, 2) ? efs_test_rmdir(a->dir, name) :
				    efs_test_rename(a->dir, name, a->dir, other, 0);
	switch (pick(a, 4)) {
	case 0:
		return efs_test_rename(a->dir, name, a->dir, other, 0);
	case 1:
		return efs_test_link(a->dir, other, ti);
	default:
		return efs_test_unlink(a->dir, name);
	}
}

static int name_op(struct actor *a)
{
	struct efs_test_inode *ti, *ti2;
	u32 i = pick(a, NAMES);
	char name[16], other[16];
	int err, put;

	snprintf(name, sizeof(name), "n%u", i);
	snprintf(other, sizeof(other), "n%u", (i + 1 + pick(a, NAMES - 1)) % NAMES);
	err = efs_test_lookup(a->dir, name, &ti);
	if (err)
		return err == -ENOENT ? make_name(a, name) : err;
	err = efs_test_lookup(a->dir, other, &ti2);
	if (!err)
		efs_test_iput(ti2);
	if (err == -ENOENT)
		err = change_name(a, ti, name, other);
	else if (!err && !efs_is_dir(&ti->core))
		err = efs_test_unlink(a->dir, name);
	put = efs_test_iput(ti);
	return err ? err : put;
}

static void name_ops(struct actor *a)
{
	u32 i;

	for (i = 0; i < 150; i++)
		first_error(a, name_op(a));
}

/* the same, while things fail: any operation may, and nothing else comes of it */
static void name_ops_failing(struct actor *a)
{
	const struct scene *r = a->test->param_value;
	u32 i;
	int err;

	for (i = 0; i < 150; i++) {
		err = name_op(a);
		if (err && err != -EIO && err != -ENOMEM)
			first_error(a, err);
		if (!efs_test_load(&a->fs->dev->fail[r->fault]))
			efs_test_put(&a->fs->dev->fail[r->fault], r->every);
	}
}

/* a directory for each of @n, in the root */
static void dirs_make(struct efs_test_fs *fs, struct actor *a, u32 n)
{
	struct efs_test_inode *root;
	char name[16];
	u32 i;

	KUNIT_ASSERT_EQ(fs->test, efs_test_iget(fs, EFS_ROOT_INO, &root), 0);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "dir%u", i);
		KUNIT_ASSERT_EQ(fs->test, efs_test_mkdir(root, name, &a[i].dir), 0);
	}
	efs_test_iput(root);
}

static void dirs_put(struct actor *a, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		efs_test_iput(a[i].dir);
}

static struct efs_test_fs *begin_scene(struct kunit *test, const struct efs_test_mkfs *m, bool sync)
{
	struct efs_test_fs *fs = efs_test_fs_new(test, m->block_size, m->blocks);

	fs->sb.port.sync = sync;
	efs_test_format(fs->dev, m);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	return fs;
}

static void names(struct kunit *test)
{
	const struct scene *r = test->param_value;
	struct efs_test_fs *fs = begin_scene(test, &roomy, r->sync);
	struct actor *a = actors_new(fs, r->threads + r->beside);
	u32 i;

	dirs_make(fs, a, r->threads);
	for (i = 0; i < r->threads; i++)
		a[i].act = name_ops;
	if (r->beside)
		a[r->threads].act = sync_beside;
	together(a, r->threads + r->beside, NULL);
	expect_err(a, r->threads, 0);
	dirs_put(a, r->threads);
	efs_test_counts(fs, NULL);
	efs_test_end(fs);
}

/* failures strike whoever comes by: all that may be left is what e2fsck -p mends unasked */
static void failures(struct kunit *test)
{
	const struct scene *r = test->param_value;
	struct efs_test_fs *fs = begin_scene(test, &roomy, r->sync);
	struct actor *a = actors_new(fs, r->threads);

	dirs_make(fs, a, r->threads);
	together(a, r->threads, name_ops_failing);
	expect_err(a, r->threads, 0);
	fs->dev->fail[r->fault] = 0;
	dirs_put(a, r->threads);
	efs_test_counts(fs, NULL);
	efs_test_end_dirty(fs);
	KUNIT_EXPECT_LE(test, efs_test_preen(fs->dev), 1);
}

/* many names in one directory; readers only, so they share it */
static void look_up(struct actor *a)
{
	struct efs_dir_cursor c;
	struct efs_dirent de;
	char name[16];
	u32 i, n, ino;
	int err;

	for (i = 0; i < 100; i++) {
		n = pick(a, 2 * GOT_MAX / 8);
		snprintf(name, sizeof(name), "name%u", n);
		err = efs_dir_lookup(&a->dir->core, name, strlen(name), &ino);
		KUNIT_EXPECT_EQ_MSG(a->test, err, n < GOT_MAX / 8 ? 0 : -ENOENT, "%s", name);
		if (!err)
			KUNIT_EXPECT_EQ(a->test, ino, efs_test_file_ino(n % FILES));
	}
	efs_dir_open(&a->dir->core, 0, false, &c);
	for (n = 0; efs_dir_next(&c, &de) == 1; n++)
		;
	efs_dir_close(&c);
	KUNIT_EXPECT_EQ(a->test, n, GOT_MAX / 8 + 2);
}

static void lookups(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &roomy);
	struct actor *a = actors_new(fs, 5);
	char name[16];
	u32 i;

	dirs_make(fs, a, 2);
	for (i = 0; i < GOT_MAX / 8; i++) {
		struct efs_test_inode *ti = efs_test_file(fs, i % FILES);

		snprintf(name, sizeof(name), "name%u", i);
		KUNIT_ASSERT_EQ(test, efs_test_link(a[0].dir, name, ti), 0);
		efs_test_iput(ti);
	}
	/* the fourth changes another directory, the fifth writes everything out */
	a[3].dir = a[1].dir;
	a[3].act = name_ops;
	for (i = 0; i < 3; i++) {
		a[i].dir = a[0].dir;
		a[i].act = look_up;
	}
	a[4].act = sync_beside;
	together(a, 5, NULL);
	expect_err(a, 5, 0);
	efs_test_iput(a[0].dir);
	efs_test_iput(a[3].dir);
	efs_test_counts(fs, NULL);
	efs_test_end(fs);
}

/* ---- maps ---- */

/* a file that nobody changes is where it was; @got: its blocks */
static void read_map(struct actor *a)
{
	struct efs_ext ext;
	u32 i, lblk;

	for (i = 0; i < 400; i++) {
		lblk = pick(a, a->n);
		first_error(a, efs_map_lookup(&a->file->core, lblk, 1 + pick(a, 8), &ext));
		if (!a->err)
			KUNIT_EXPECT_EQ(a->test, ext.pblk, a->got[lblk]);
	}
}

/* a file that grows and shrinks under the reader: what is mapped is data, at least */
static void read_moving(struct actor *a)
{
	struct efs_ext ext;
	u32 i;

	for (i = 0; i < 400; i++) {
		first_error(a, efs_map_lookup(&a->file->core, pick(a, 400), 1 + pick(a, 8), &ext));
		if (!a->err && ext.flags & EFS_EXT_MAPPED)
			KUNIT_EXPECT_TRUE(a->test, efs_data_ok(&a->fs->sb, ext.pblk, ext.len));
	}
}

static void append(struct actor *a)
{
	u8 data[KIB];
	u32 i;

	memset(data, 'w', sizeof(data));
	for (i = 0; i < 350; i++)
		first_error(a, efs_test_write(a->file, i * sizeof(data), data, sizeof(data)));
}

static void grow_and_cut(struct actor *a)
{
	u8 data[KIB];
	u32 i, at;

	memset(data, 't', sizeof(data));
	for (i = 0; i < 60; i++) {
		for (at = 0; at < 4; at++)
			first_error(a, efs_test_write(a->file, (u64)pick(a, 350) * KIB, data,
						      sizeof(data)));
		first_error(a, efs_test_resize(a->file, (u64)pick(a, 350) * KIB));
	}
}

/* readers of a file at rest, of one that grows, of one that is cut; sync beside it all */
static void maps(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &roomy);
	struct actor *a = actors_new(fs, 6);
	struct efs_ext ext;
	u8 data[KIB];
	u32 i;

	for (i = 0; i < 3; i++)
		a[i].file = efs_test_file(fs, i);
	memset(data, 'r', sizeof(data));
	for (i = 0; i < 300; i++) {
		KUNIT_ASSERT_EQ(test, efs_test_write(a[0].file, i * KIB, data, KIB), 0);
		KUNIT_ASSERT_EQ(test, efs_map_lookup(&a[0].file->core, i, 1, &ext), 0);
		a[0].got[a[0].n++] = ext.pblk;
	}
	a[0].act = read_map;
	a[1].act = append;
	a[2].act = grow_and_cut;
	a[3].act = read_moving;
	a[3].file = a[1].file;
	a[4].act = read_moving;
	a[4].file = a[2].file;
	a[5].act = sync_beside;
	together(a, 6, NULL);
	expect_err(a, 6, 0);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, efs_test_map_blocks(a[i].file) * (KIB / 512),
				efs_i_sectors(&a[i].file->core));
		efs_test_iput(a[i].file);
	}
	efs_test_counts(fs, NULL);
	efs_test_end(fs);
}

#define SPREAD 600

/* blocks @nr, @nr + 4, ... of one file, as write-back of folios fills the holes of a file */
static void fill_holes(struct actor *a)
{
	struct efs_ext ext;
	u32 i, lblk;

	for (i = 0; i < SPREAD / 4; i++) {
		lblk = (i * 7 % (SPREAD / 4)) * 4 + a->nr;
		first_error(a, efs_map_alloc(&a->file->core, lblk, 1, 1, &ext));
		if (a->err)
			return;
		KUNIT_EXPECT_EQ(a->test, ext.flags, EFS_EXT_MAPPED | EFS_EXT_NEW);
		a->got[a->n++] = ext.pblk;
	}
}

static void one_file(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &roomy);
	struct actor *a = actors_new(fs, 4);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 i;

	efs_i_size_set(&ti->core, SPREAD * KIB);
	for (i = 0; i < 4; i++)
		a[i].file = ti;
	together(a, 4, fill_holes);
	expect_err(a, 4, 0);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, a[i].n, SPREAD / 4);
	for (i = 0; i < SPREAD; i++)
		KUNIT_EXPECT_NE(test, efs_test_map_at(ti, i, 0), 0);
	/* counts each block's bit; two of one number would show in i_blocks */
	KUNIT_EXPECT_EQ(test, efs_test_map_blocks(ti) * (KIB / 512), efs_i_sectors(&ti->core));
	efs_test_iput(ti);
	efs_test_counts(fs, NULL);
	efs_test_end(fs);
}

/* ---- the superblock ---- */

static void pass_2g(struct actor *a)
{
	first_error(a, efs_test_write(a->file, 0x80000000ull + a->nr, "x", 1));
	first_error(a, efs_test_store(a->file));
}

/* several are the first to need LARGE_FILE, on a volume that has no features at all */
static void large_file(struct kunit *test)
{
	static const struct efs_test_mkfs rev0 = {
		.block_size = 4096, .blocks = 256, .rev0 = true, .ipg = 128, .files = FILES,
	};
	struct efs_test_fs *fs = efs_test_begin(test, &rev0);
	struct actor *a = actors_new(fs, 4);
	u32 i;

	for (i = 0; i < 4; i++)
		a[i].file = efs_test_file(fs, i);
	together(a, 4, pass_2g);
	expect_err(a, 4, 0);
	KUNIT_EXPECT_EQ(test, fs->sb.geo.rev, EFS_REV_DYNAMIC);
	KUNIT_EXPECT_TRUE(test, fs->sb.geo.ro_compat & EFS_RO_COMPAT_LARGE_FILE);
	for (i = 0; i < 4; i++)
		efs_test_iput(a[i].file);
	efs_test_end(fs);
}

#define FOUND 15

/* free what is free: each time an inconsistency */
static void find_errors(struct actor *a)
{
	u32 i;

	for (i = 0; i < FOUND; i++)
		KUNIT_EXPECT_EQ(a->test, efs_bfree(&a->fs->sb, a->nr + 1, 1000, 1), -EFSCORRUPTED);
}

static void errors(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &one_group);
	struct actor *a = actors_new(fs, 4);

	together(a, 4, find_errors);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(fs->sb.ds->s_error_count), 4 * FOUND);
	KUNIT_EXPECT_EQ(test, fs->dev->report_count, 4 * FOUND);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_BG_BLOCK_FREE));
	efs_test_end_dirty(fs);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(blocks, volumes_gen_params),
	KUNIT_CASE_PARAM(adoption, volumes_gen_params),
	KUNIT_CASE_PARAM(inodes, volumes_gen_params),
	KUNIT_CASE_PARAM(names, scenes_gen_params),
	KUNIT_CASE_PARAM(failures, failing_gen_params),
	KUNIT_CASE(lookups),
	KUNIT_CASE(maps),
	KUNIT_CASE(one_file),
	KUNIT_CASE(large_file),
	KUNIT_CASE(errors),
	{}
};

static struct kunit_suite suite = {
	.name = "efsext2_race",
	.exit = efs_test_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
