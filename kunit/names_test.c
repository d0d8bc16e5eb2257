// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on names: what they refuse, what they make of things that cannot be, and
 * long random sequences against a model.
 *
 * Tests: core/engine/namei.c core/engine/dir.c
 */
#include "scene.h"

/* ---- what they refuse ---- */

static void refused(struct kunit *test)
{
	static const struct {
		u32 odir;
		const char *oname;
		u32 ndir;
		const char *nname;
		u32 flags;
		int err;
	} rows[] = {
		{ A, "f", A, "g", EFS_RENAME_NOREPLACE, -EEXIST },
		{ A, "f", A, "new", EFS_RENAME_NOREPLACE | XCHG, -EINVAL },
		{ A, "f", A, "new", 4, -EINVAL },
		{ A, "f", A, "new", XCHG, -ENOENT },
		{ A, "f", A, "", 0, -ENOENT },
		{ A, "d", B, "m", 0, -ENOTEMPTY },
		{ A, "e", A, "d", 0, -ENOTEMPTY },
		{ A, "none", B, "new", 0, -ENOENT },
	};
	struct scene *s = scene_new(test, false);
	u64 before = scene_hash(s);
	struct efs_test_inode *ti;
	char *name = s->name[0], *target = kunit_kzalloc(test, 1025, GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, target);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, efs_test_rename(s->dir[rows[i].odir], rows[i].oname,
							  s->dir[rows[i].ndir], rows[i].nname,
							  rows[i].flags), rows[i].err, "row %u", i);
	KUNIT_EXPECT_EQ(test, efs_test_rmdir(s->dir[A], "d"), -ENOTEMPTY);
	KUNIT_EXPECT_EQ(test, efs_test_create(s->dir[A], "", EFS_S_IFREG, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_test_mkdir(s->dir[A], "", NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_test_symlink(s->dir[A], "new", "", NULL), -ENOENT);
	memset(target, 'x', 1024);
	KUNIT_EXPECT_EQ(test, efs_test_symlink(s->dir[A], "new", target, NULL), -ENAMETOOLONG);
	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "d", &ti), 0);
	KUNIT_EXPECT_EQ(test, efs_test_link(s->dir[A], "new", ti), -EPERM);
	efs_test_iput(ti);

	/* lengths the strings of the tests' home cannot say */
	memset(name, 'x', EFS_NAME_MAX + 1);
	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "f", &ti), 0);
	KUNIT_EXPECT_EQ(test, efs_namei_link(&s->dir[A]->core, name, 256, &ti->core),
			-ENAMETOOLONG);
	KUNIT_EXPECT_EQ(test, efs_namei_unlink(&s->dir[A]->core, name, 256, &ti->core),
			-ENAMETOOLONG);
	efs_test_iput(ti);
	KUNIT_EXPECT_EQ(test, scene_hash(s), before);
	scene_end(s);
}

static void read_only(struct kunit *test)
{
	struct efs_mount_opts ro = { .sb_block = 1, .rdonly = true };
	struct scene *s = scene_new(test, false);
	struct efs_test_inode *ti;
	struct efs_inode *a;
	struct efs_rename r = { .oname = "f", .olen = 1, .nname = "n", .nlen = 1 };

	scene_put(s);
	efs_test_umount(s->fs);
	efs_test_flush(s->fs->dev);
	KUNIT_ASSERT_EQ(test, efs_test_mount(s->fs, &ro), 0);
	scene_hold(s);
	a = &s->dir[A]->core;
	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "f", &ti), 0);
	KUNIT_EXPECT_EQ(test, efs_namei_create(a, "n", 1, &ti->core), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_namei_mkdir(a, "n", 1, &ti->core), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_namei_symlink(a, "n", 1, &ti->core, "t", 1), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_namei_link(a, "n", 1, &ti->core), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_namei_unlink(a, "f", 1, &ti->core), -EROFS);
	r.odir = a;
	r.ndir = a;
	r.old = &ti->core;
	KUNIT_EXPECT_EQ(test, efs_namei_rename(&r), -EROFS);
	efs_test_iput(ti);
	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "e", &ti), 0);
	KUNIT_EXPECT_EQ(test, efs_namei_rmdir(a, "e", 1, &ti->core), -EROFS);
	efs_test_iput(ti);
	scene_end(s);
}

/* 32000 names and not one more */
static void link_limit(struct kunit *test)
{
	struct efs_test_mkfs m = { .block_size = 4096, .blocks = 2000, .files = 1 };
	struct efs_test_fs *fs = efs_test_begin(test, &m);
	struct efs_test_inode *root, *f0 = efs_test_file(fs, 0), *sub;
	struct efs_rename r = { .oname = "0", .olen = 1, .nname = "new", .nlen = 3 };
	char name[16];
	u32 i;

	KUNIT_ASSERT_EQ(test, efs_test_iget(fs, EFS_ROOT_INO, &root), 0);
	for (i = 1; i < EFS_LINK_MAX; i++) {
		snprintf(name, sizeof(name), "%u", i - 1);
		KUNIT_ASSERT_EQ(test, efs_test_link(root, name, f0), 0);
	}
	KUNIT_EXPECT_EQ(test, f0->attr.nlink, EFS_LINK_MAX);
	KUNIT_EXPECT_EQ(test, efs_test_link(root, "more", f0), -EMLINK);
	/* another name is no more names */
	r.odir = &root->core;
	r.ndir = &root->core;
	r.old = &f0->core;
	KUNIT_EXPECT_EQ(test, efs_namei_rename(&r), 0);
	KUNIT_EXPECT_EQ(test, f0->attr.nlink, EFS_LINK_MAX);
	KUNIT_EXPECT_EQ(test, efs_test_unlink(root, "new"), 0);
	KUNIT_EXPECT_EQ(test, efs_test_link(root, "more", f0), 0);

	/* directories: a parent that has as many as it can */
	KUNIT_ASSERT_EQ(test, efs_test_mkdir(root, "sub", &sub), 0);
	KUNIT_ASSERT_EQ(test, efs_test_mkdir(root, "moving", NULL), 0);
	KUNIT_ASSERT_EQ(test, efs_test_create(sub, "file", EFS_S_IFREG, NULL), 0);
	efs_i_nlink_set(&sub->core, EFS_LINK_MAX);
	KUNIT_EXPECT_EQ(test, efs_test_mkdir(sub, "one", NULL), -EMLINK);
	KUNIT_EXPECT_EQ(test, efs_test_rename(root, "moving", sub, "moving", 0), -EMLINK);
	KUNIT_EXPECT_EQ(test, efs_test_rename(root, "moving", sub, "file", XCHG), -EMLINK);
	efs_i_nlink_set(&sub->core, 2);
	efs_test_iput(sub);
	efs_test_iput(f0);
	efs_test_iput(root);
	efs_test_end(fs);
}

/* link counts that are too low already are reported, and go no lower */
static void low_counts(struct kunit *test)
{
	struct scene *s = scene_new(test, false);
	struct efs_test_inode *ti;

	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "f", &ti), 0);
	efs_i_nlink_set(&ti->core, 0);
	KUNIT_EXPECT_EQ(test, efs_namei_unlink(&s->dir[A]->core, "f", 1, &ti->core), 0);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_INO_LINKS));
	KUNIT_EXPECT_EQ(test, ti->attr.nlink, 0);
	efs_test_iput(ti);

	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "e", &ti), 0);
	efs_i_nlink_set(&ti->core, 1);
	efs_i_nlink_set(&s->dir[A]->core, 2);
	KUNIT_EXPECT_EQ(test, efs_namei_rmdir(&s->dir[A]->core, "e", 1, &ti->core), 0);
	KUNIT_EXPECT_EQ(test, s->fs->dev->report_count, 2);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_INO_LINKS));
	KUNIT_EXPECT_EQ(test, ti->attr.nlink, 0);
	KUNIT_EXPECT_EQ(test, s->dir[A]->attr.nlink, 2);
	efs_test_iput(ti);
	scene_put(s);
	efs_test_end_dirty(s->fs);
}

/* an entry that ought to be there is not: reported, nothing else changes */
static void entry_vanished(struct kunit *test)
{
	struct scene *s = scene_new(test, false);
	struct efs_test_inode *f, *t;
	struct efs_rename r = { .oname = "none", .olen = 4, .nname = "t", .nlen = 1 };

	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "f", &f), 0);
	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[B], "t", &t), 0);
	KUNIT_EXPECT_EQ(test, efs_namei_unlink(&s->dir[A]->core, "none", 4, &f->core),
			-EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_DIRENT_GONE));
	/* another inode's name */
	KUNIT_EXPECT_EQ(test, efs_namei_unlink(&s->dir[A]->core, "g", 1, &f->core), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_DIRENT_GONE));
	/* found out last, after the new name was made */
	r.odir = &s->dir[A]->core;
	r.ndir = &s->dir[B]->core;
	r.old = &f->core;
	r.new = &t->core;
	KUNIT_EXPECT_EQ(test, efs_namei_rename(&r), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_DIRENT_GONE));
	KUNIT_EXPECT_EQ(test, f->attr.nlink, 1);
	KUNIT_EXPECT_EQ(test, t->attr.nlink, 1);
	KUNIT_EXPECT_EQ(test, scene_ino(s, s->dir[A], "f"), f->core.ino);
	KUNIT_EXPECT_EQ(test, scene_ino(s, s->dir[B], "t"), t->core.ino);
	efs_test_iput(f);
	efs_test_iput(t);
	scene_put(s);
	/* the reports are remembered in the superblock, which e2fsck mentions */
	efs_test_end_dirty(s->fs);
}

/* a directory that was removed while someone is in it */
static void removed_dir(struct kunit *test)
{
	struct scene *s = scene_new(test, false);
	struct efs_test_inode *e;
	u32 ino;

	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "e", &e), 0);
	KUNIT_EXPECT_EQ(test, efs_test_rmdir(s->dir[A], "e"), 0);
	KUNIT_EXPECT_EQ(test, efs_test_create(e, "x", EFS_S_IFREG, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_test_mkdir(e, "x", NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_test_rename(s->dir[A], "f", e, "x", 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&e->core, "x", 1, &ino), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_dir_dotdot(&e->core, &ino), 0);
	efs_test_iput(e);
	scene_end(s);
}

/* two names of one inode */
static void same_inode(struct kunit *test)
{
	struct scene *s = scene_new(test, false);
	u64 before = scene_hash(s);
	struct efs_test_inode *h;
	struct efs_rename r = { .oname = "h", .olen = 1, .nname = "h2", .nlen = 2 };

	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[B], "h", &h), 0);
	r.odir = &s->dir[B]->core;
	r.ndir = &s->dir[B]->core;
	r.old = &h->core;
	r.new = &h->core;
	KUNIT_EXPECT_EQ(test, efs_namei_rename(&r), 0);
	r.flags = XCHG;
	KUNIT_EXPECT_EQ(test, efs_namei_rename(&r), 0);
	r.flags = EFS_RENAME_NOREPLACE;
	KUNIT_EXPECT_EQ(test, efs_namei_rename(&r), -EEXIST);
	efs_test_iput(h);
	KUNIT_EXPECT_EQ(test, scene_hash(s), before);
	scene_end(s);
}

/* ---- anything, against a model ---- */

static const struct random_row {
	const char *name;
	struct efs_test_mkfs m;
	bool sync, full;
} random_rows[] = {
	{ "1k", { .block_size = 1024, .blocks = 4000 } },
	{ "1k_sync", { .block_size = 1024, .blocks = 4000 }, true },
	{ "1k_full", { .block_size = 1024, .blocks = 64, .ipg = 32 }, .full = true },
	{ "1k_rev0", { .block_size = 1024, .blocks = 3000, .rev0 = true } },
	{ "4k_groups", { .block_size = 4096, .blocks = 3000, .bpg = 512, .ipg = 128 } },
	{ "4k_no_filetype", { .block_size = 4096, .blocks = 1000, .no_filetype = true } },
	{ "64k", { .block_size = 65536, .blocks = 300, .bpg = 2048 } },
};

EFS_TEST_ROWS(random_rows);

#define WALK_DIRS	4
#define WALK_NAMES	12

static u32 rand32(u32 *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 17;
	*s ^= *s << 5;
	return *s;
}

/* directories d0..d3 in the root; in each up to twelve names, of which the model knows inodes */
struct tree {
	struct efs_test_fs *fs;
	struct efs_test_inode *dir[WALK_DIRS];
	u32 ino[WALK_DIRS][WALK_NAMES];
	u32 refused;
	char name[2][EFS_NAME_MAX + 1];
};

static const char *tree_name(struct tree *t, u32 which, u32 i)
{
	memset(t->name[which], 'n', EFS_NAME_MAX);
	t->name[which][0] = 'a' + i;
	t->name[which][1 + i * 23] = '\0';
	return t->name[which];
}

static u32 tree_ino(struct tree *t, u32 d, u32 i)
{
	const char *name = tree_name(t, 0, i);
	u32 ino = 0;
	int err = efs_dir_lookup(&t->dir[d]->core, name, strlen(name), &ino);

	KUNIT_ASSERT_EQ(t->fs->test, err, ino ? 0 : -ENOENT);
	return ino;
}

static void tree_hold(struct tree *t)
{
	struct efs_test_inode *root;
	char name[4];
	u32 d;

	KUNIT_ASSERT_EQ(t->fs->test, efs_test_iget(t->fs, EFS_ROOT_INO, &root), 0);
	for (d = 0; d < WALK_DIRS; d++) {
		snprintf(name, sizeof(name), "d%u", d);
		if (efs_test_lookup(root, name, &t->dir[d]))
			KUNIT_ASSERT_EQ(t->fs->test, efs_test_mkdir(root, name, &t->dir[d]), 0);
	}
	efs_test_iput(root);
}

static void tree_put(struct tree *t)
{
	u32 d;

	for (d = 0; d < WALK_DIRS; d++)
		KUNIT_EXPECT_EQ(t->fs->test, efs_test_iput(t->dir[d]), 0);
}

static bool tree_is_dir(struct tree *t, u32 ino)
{
	struct efs_test_inode *ti;
	bool is;

	KUNIT_ASSERT_EQ(t->fs->test, efs_test_iget(t->fs, ino, &ti), 0);
	is = efs_is_dir(&ti->core);
	efs_test_iput(ti);
	return is;
}

/* one random step, and what it must answer; full volumes may refuse what makes or grows */
static void tree_step(struct tree *t, u32 *seed)
{
	u32 d = rand32(seed) % WALK_DIRS, i = rand32(seed) % WALK_NAMES;
	u32 e = rand32(seed) % WALK_DIRS, j = rand32(seed) % WALK_NAMES;
	u32 kind = rand32(seed) % 8, flags = rand32(seed) % 3;
	u32 *old = &t->ino[d][i], *new = &t->ino[e][j], tmp;
	const char *oname = tree_name(t, 0, i), *nname = tree_name(t, 1, j);
	struct kunit *test = t->fs->test;
	struct efs_test_inode *ti;
	int err = 0;

	if (!*old) {
		if (kind < 3)
			err = efs_test_create(t->dir[d], oname, EFS_S_IFREG | 0644, &ti);
		else if (kind < 5)
			err = efs_test_mkdir(t->dir[d], oname, &ti);
		else
			err = efs_test_symlink(t->dir[d], oname, t->name[kind & 1], &ti);
		if (err) {
			KUNIT_ASSERT_EQ(test, err, -ENOSPC);
			t->refused++;
			return;
		}
		*old = ti->core.ino;
		efs_test_iput(ti);
	} else if (kind == 0) {
		err = tree_is_dir(t, *old) ? efs_test_rmdir(t->dir[d], oname) :
					     efs_test_unlink(t->dir[d], oname);
		KUNIT_ASSERT_EQ(test, err, 0);
		*old = 0;
	} else if (kind == 1 && !*new && !tree_is_dir(t, *old)) {
		KUNIT_ASSERT_EQ(test, efs_test_iget(t->fs, *old, &ti), 0);
		err = efs_test_link(t->dir[e], nname, ti);
		efs_test_iput(ti);
		KUNIT_ASSERT_TRUE(test, err == 0 || err == -ENOSPC);
		if (!err)
			*new = *old;
	} else {
		/* what a VFS refuses before it calls */
		if (!(flags & XCHG) && *new && tree_is_dir(t, *old) != tree_is_dir(t, *new))
			return;
		err = efs_test_rename(t->dir[d], oname, t->dir[e], nname, flags);
		if (flags & EFS_RENAME_NOREPLACE && *new && *new != *old) {
			KUNIT_ASSERT_EQ(test, err, -EEXIST);
		} else if (flags & XCHG && !*new) {
			KUNIT_ASSERT_EQ(test, err, -ENOENT);
		} else if (err) {
			KUNIT_ASSERT_EQ(test, err, -ENOSPC);
			KUNIT_ASSERT_EQ(test, *new, 0);
			t->refused++;
		} else if (*new != *old) {
			tmp = flags & XCHG ? *new : 0;
			*new = *old;
			*old = tmp;
		}
	}
}

static void anything(struct kunit *test)
{
	const struct random_row *r = test->param_value;
	struct tree *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	u32 seed = 0x5eed, step, d, i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->fs = efs_test_begin(test, &r->m);
	t->fs->sb.port.sync = r->sync;
	tree_hold(t);
	for (step = 0; step < 3000; step++) {
		tree_step(t, &seed);
		if (step % 250 == 0) {
			tree_put(t);
			efs_test_remount(t->fs);
			tree_hold(t);
		}
		if (step % 50)
			continue;
		for (d = 0; d < WALK_DIRS; d++)
			for (i = 0; i < WALK_NAMES; i++)
				KUNIT_ASSERT_EQ(test, tree_ino(t, d, i), t->ino[d][i]);
	}
	KUNIT_EXPECT_EQ(test, t->refused > 0, r->full);
	tree_put(t);
	efs_test_end(t->fs);
}

static struct kunit_case names_cases[] = {
	KUNIT_CASE(refused),
	KUNIT_CASE(read_only),
	KUNIT_CASE_SLOW(link_limit),
	KUNIT_CASE(low_counts),
	KUNIT_CASE(entry_vanished),
	KUNIT_CASE(removed_dir),
	KUNIT_CASE(same_inode),
	KUNIT_CASE_PARAM_SLOW(anything, random_rows_gen_params),
	{}
};

static struct kunit_suite names_suite = {
	.name = "efsext2_names",
	.exit = efs_test_exit,
	.test_cases = names_cases,
};

kunit_test_suite(names_suite);
