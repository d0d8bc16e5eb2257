// SPDX-License-Identifier: GPL-2.0
/*
 * The tree and the operations of the suites about names; see scene.h.
 *
 * Locks: none, one thread runs.
 */
#include "scene.h"

static const char *const dir_names[DIRS] = { "", "a", "b", "full", "full12", "full13" };

static const struct efs_test_mkfs scene_mkfs = {
	.block_size = 1024, .blocks = 2000, .ipg = 128, .inode_size = 1024, .files = 1,
};

/* names in tables are themselves, but LONG is 255 bytes */
static const char *full_name(struct scene *s, u32 i, const char *name)
{
	if (!name || strcmp(name, LONG))
		return name;
	memset(s->name[i], 'L', EFS_NAME_MAX);
	return s->name[i];
}

void scene_hold(struct scene *s)
{
	u32 i;

	KUNIT_ASSERT_EQ(s->test, efs_test_iget(s->fs, EFS_ROOT_INO, &s->dir[ROOT]), 0);
	for (i = 1; i < DIRS; i++)
		KUNIT_ASSERT_EQ(s->test, efs_test_lookup(s->dir[ROOT], dir_names[i], &s->dir[i]),
				0);
}

void scene_put(struct scene *s)
{
	u32 i;

	for (i = 0; i < DIRS; i++)
		KUNIT_EXPECT_EQ(s->test, efs_test_iput(s->dir[i]), 0);
}

void scene_remount(struct scene *s)
{
	scene_put(s);
	efs_test_remount(s->fs);
	scene_hold(s);
}

void scene_end(struct scene *s)
{
	scene_put(s);
	efs_test_end(s->fs);
	efs_test_exit(s->test);
}

static void fill_dir(struct scene *s, u32 dir, u32 blocks)
{
	struct efs_test_inode *f0 = efs_test_file(s->fs, 0);
	char name[EFS_NAME_MAX + 1];
	u32 i;

	memset(name, 'x', EFS_NAME_MAX);
	name[EFS_NAME_MAX] = '\0';
	/* three names in a block */
	for (i = 0; i < 3 * blocks; i++) {
		name[0] = 'A' + i / 26;
		name[1] = 'A' + i % 26;
		KUNIT_ASSERT_EQ(s->test, efs_test_link(s->dir[dir], name, f0), 0);
	}
	KUNIT_ASSERT_EQ(s->test, s->dir[dir]->attr.size, 1024 * blocks);
	efs_test_iput(f0);
}

static void scene_file(struct scene *s, u32 dir, const char *name, const char *other, u32 size)
{
	u8 *data = efs_test_zalloc(size + 1);
	struct efs_test_inode *ti;

	memset(data, name[0], size);
	KUNIT_ASSERT_EQ(s->test, efs_test_create(s->dir[dir], name, EFS_S_IFREG | 0644, &ti), 0);
	KUNIT_ASSERT_EQ(s->test, efs_test_write(ti, 0, data, size), 0);
	if (other)
		KUNIT_ASSERT_EQ(s->test, efs_test_link(s->dir[B], other, ti), 0);
	efs_test_iput(ti);
	efs_test_mfree(data);
}

struct scene *scene_blank(struct kunit *test)
{
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->test = test;
	s->fs = efs_test_fs_new(test, scene_mkfs.block_size, scene_mkfs.blocks);
	efs_test_format(s->fs->dev, &scene_mkfs);
	return s;
}

struct scene *scene_new(struct kunit *test, bool sync)
{
	struct scene *s = scene_blank(test);
	char target[200];
	struct efs_test_inode *ti;
	u32 i;

	KUNIT_ASSERT_EQ(test, efs_test_mount(s->fs, NULL), 0);
	KUNIT_ASSERT_EQ(test, efs_test_iget(s->fs, EFS_ROOT_INO, &s->dir[ROOT]), 0);
	for (i = 1; i < DIRS; i++)
		KUNIT_ASSERT_EQ(test, efs_test_mkdir(s->dir[ROOT], dir_names[i], &s->dir[i]), 0);
	fill_dir(s, FULL, 1);
	fill_dir(s, FULL12, 12);
	fill_dir(s, FULL13, 13);
	scene_file(s, A, "f", NULL, 3000);
	scene_file(s, A, "g", "g2", 0);
	scene_file(s, B, "t", NULL, 2000);
	scene_file(s, B, "h", "h2", 0);
	KUNIT_ASSERT_EQ(test, efs_test_mkdir(s->dir[A], "d", &ti), 0);
	KUNIT_ASSERT_EQ(test, efs_test_mkdir(ti, "sub", NULL), 0);
	KUNIT_ASSERT_EQ(test, efs_test_create(ti, "in", EFS_S_IFREG | 0600, NULL), 0);
	efs_test_iput(ti);
	KUNIT_ASSERT_EQ(test, efs_test_mkdir(s->dir[A], "e", NULL), 0);
	KUNIT_ASSERT_EQ(test, efs_test_mkdir(s->dir[B], "k", NULL), 0);
	KUNIT_ASSERT_EQ(test, efs_test_mkdir(s->dir[B], "m", &ti), 0);
	KUNIT_ASSERT_EQ(test, efs_test_create(ti, "x", EFS_S_IFIFO | 0600, NULL), 0);
	efs_test_iput(ti);
	memset(target, 'T', 199);
	target[199] = '\0';
	KUNIT_ASSERT_EQ(test, efs_test_symlink(s->dir[A], "s", target, NULL), 0);
	s->fs->sb.port.sync = sync;
	scene_remount(s);
	return s;
}

/* ---- what a tree looks like ---- */

static void hash_bytes(u64 *h, const void *data, u32 len)
{
	const u8 *p = data;

	while (len--)
		*h = (*h ^ *p++) * 0x100000001b3ull;
}

static void hash_word(u64 *h, u64 v)
{
	hash_bytes(h, &v, sizeof(v));
}

/* one entry of a directory, and the inode it names */
static void hash_entry(struct scene *s, u32 dir, const struct efs_dirent *de, bool counts, u64 *h,
		       bool *is_dir)
{
	struct efs_test_inode *ti;

	hash_word(h, dir);
	hash_bytes(h, de->name, de->len);
	hash_word(h, de->ino);
	hash_word(h, de->ftype);
	KUNIT_ASSERT_EQ(s->test, efs_test_iget(s->fs, de->ino, &ti), 0);
	*is_dir = efs_is_dir(&ti->core);
	hash_word(h, ti->attr.mode);
	if (counts)
		hash_word(h, ti->attr.nlink);
	if (counts && !(*is_dir && s->any_dir_size)) {
		hash_word(h, ti->attr.size);
		hash_word(h, ti->attr.sectors);
	}
	KUNIT_ASSERT_EQ(s->test, efs_test_iput(ti), 0);
}

u64 scene_hash_but(struct scene *s, const struct except *ex, u32 n_ex)
{
	u32 todo[64] = { EFS_ROOT_INO }, n = 1, i;
	u64 h = 0xcbf29ce484222325ull;

	while (n) {
		u32 ino = todo[--n];
		struct efs_test_inode *dir;
		struct efs_dir_cursor c;
		struct efs_dirent de;
		bool is_dir;
		int ret;

		KUNIT_ASSERT_EQ(s->test, efs_test_iget(s->fs, ino, &dir), 0);
		efs_dir_open(&dir->core, 0, false, &c);
		while ((ret = efs_dir_next(&c, &de)) == 1) {
			bool dots = de.name[0] == '.' && de.len <= 2;

			for (i = 0; i < n_ex; i++)
				if (ex[i].dir == ino &&
				    (!ex[i].name || (de.len == strlen(ex[i].name) &&
				     !memcmp(ex[i].name, de.name, de.len))))
					break;
			if (i < n_ex)
				continue;
			if (n_ex && dots)
				continue;
			hash_entry(s, ino, &de, !ex, &h, &is_dir);
			if (!is_dir || dots)
				continue;
			KUNIT_ASSERT_LT(s->test, n, ARRAY_SIZE(todo));
			todo[n++] = de.ino;
		}
		efs_dir_close(&c);
		KUNIT_ASSERT_EQ(s->test, ret, 0);
		KUNIT_ASSERT_EQ(s->test, efs_test_iput(dir), 0);
	}
	return h;
}

u64 scene_hash(struct scene *s)
{
	return scene_hash_but(s, NULL, 0);
}

/* ---- the operations ---- */

static void arm(struct scene *s, struct doing *d)
{
	efs_test_flush(s->fs->dev);
	s->fs->dev->fail[d->fault] = d->nth;
}

static int disarm(struct scene *s, struct doing *d, int err)
{
	u32 left = s->fs->dev->fail[d->fault];

	d->struck = d->nth && (!left || left == EFS_TEST_ALWAYS);
	s->fs->dev->fail[d->fault] = 0;
	return err;
}

static int namei_call(struct scene *s, struct doing *d)
{
	u32 olen = strlen(d->oname), nlen = d->nname ? strlen(d->nname) : 0;
	struct efs_inode *dir = &d->dir->core, *old = &d->old->core;
	char target[64];
	struct efs_rename r = {
		.odir = dir, .ndir = &d->ndir->core, .oname = d->oname, .olen = olen,
		.nname = d->nname, .nlen = nlen, .old = old,
		.new = d->new ? &d->new->core : NULL, .flags = d->op->flags,
	};

	switch (d->op->kind) {
	case CREATE:
		return efs_namei_create(dir, d->oname, olen, old);
	case MKDIR:
		return efs_namei_mkdir(dir, d->oname, olen, old);
	case SYMLINK:
		memset(target, 't', sizeof(target));
		return efs_namei_symlink(dir, d->oname, olen, old, target, d->op->flags);
	case TMPFILE:
		return efs_namei_link(dir, d->oname, olen, old);
	case LINK:
		return efs_namei_link(&d->ndir->core, d->nname, nlen, old);
	case UNLINK:
		return efs_namei_unlink(dir, d->oname, olen, old);
	case RMDIR:
		return efs_namei_rmdir(dir, d->oname, olen, old);
	case RENAME:
		return efs_namei_rename(&r);
	}
	return -EINVAL;
}

static u16 mode_of(enum kind kind)
{
	if (kind == MKDIR)
		return EFS_S_IFDIR | 0755;
	return kind == SYMLINK ? EFS_S_IFLNK | 0777 : EFS_S_IFREG | 0644;
}

int op_do(struct scene *s, struct doing *d)
{
	const struct op *op = d->op;
	bool makes = op->kind <= TMPFILE;
	int err;

	d->dir = s->dir[op->dir];
	d->ndir = s->dir[op->ndir];
	d->oname = full_name(s, 0, op->oname);
	d->nname = full_name(s, 1, op->nname);
	d->old = NULL;
	d->new = NULL;
	if (makes) {
		KUNIT_ASSERT_EQ(s->test, efs_test_inew(d->dir, mode_of(op->kind), &d->old), 0);
		if (op->kind == TMPFILE)
			efs_i_nlink_set(&d->old->core, 0);
	} else {
		KUNIT_ASSERT_EQ(s->test, efs_test_lookup(d->dir, d->oname, &d->old), 0);
	}
	if (op->kind == RENAME)
		err = efs_test_lookup(d->ndir, d->nname, &d->new);
	arm(s, d);
	err = disarm(s, d, namei_call(s, d));
	if (err && makes)
		efs_i_nlink_set(&d->old->core, 0);
	return err;
}

void op_put(struct scene *s, struct doing *d)
{
	KUNIT_EXPECT_EQ(s->test, efs_test_iput(d->old), 0);
	KUNIT_EXPECT_EQ(s->test, efs_test_iput(d->new), 0);
}

u32 scene_ino(struct scene *s, struct efs_test_inode *dir, const char *name)
{
	u32 ino = 0;
	int err = efs_dir_lookup(&dir->core, name, strlen(name), &ino);

	KUNIT_EXPECT_TRUE(s->test, err == 0 || err == -ENOENT);
	return ino;
}

void op_expect_done(struct scene *s, const struct doing *d)
{
	struct kunit *test = s->test;
	u32 oino = scene_ino(s, d->dir, d->oname), parent;
	u32 nino = d->nname ? scene_ino(s, d->ndir, d->nname) : 0;

	switch (d->op->kind) {
	case CREATE:
	case MKDIR:
	case SYMLINK:
	case TMPFILE:
		KUNIT_EXPECT_EQ(test, oino, d->old->core.ino);
		break;
	case LINK:
		KUNIT_EXPECT_EQ(test, oino, d->old->core.ino);
		KUNIT_EXPECT_EQ(test, nino, d->old->core.ino);
		break;
	case UNLINK:
	case RMDIR:
		KUNIT_EXPECT_EQ(test, oino, 0);
		break;
	case RENAME:
		KUNIT_EXPECT_EQ(test, nino, d->old->core.ino);
		KUNIT_EXPECT_EQ(test, oino, d->op->flags & XCHG ? d->new->core.ino : 0);
		if (efs_is_dir(&d->old->core)) {
			KUNIT_EXPECT_EQ(test, efs_dir_dotdot(&d->old->core, &parent), 0);
			KUNIT_EXPECT_EQ(test, parent, d->ndir->core.ino);
		}
		if (d->op->flags & XCHG && efs_is_dir(&d->new->core)) {
			KUNIT_EXPECT_EQ(test, efs_dir_dotdot(&d->new->core, &parent), 0);
			KUNIT_EXPECT_EQ(test, parent, d->dir->core.ino);
		}
		break;
	}
}
