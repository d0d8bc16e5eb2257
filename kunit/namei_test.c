// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on names: what they do, in which order they write, what is left when the
 * n-th allocation, read or write of one fails, and what e2fsck -p makes of a power cut at
 * any of their writes. One table of operations serves all four.
 *
 * The volume has one inode in each block of the inode table, so that the order of blocks
 * is the order of inodes.
 */
#include "home.h"

/* ---- the scene ---- */

enum { ROOT, A, B, FULL, FULL12, FULL13, DIRS };

static const char *const dir_names[DIRS] = { "", "a", "b", "full", "full12", "full13" };

/**
 * struct scene - a small tree, with its directories at hand
 *
 *	a/	f (data), g (= b/g2), d/ (in, sub/), e/ (empty), s (slow link)
 *	b/	t (data), h (= b/h2), g2, k/ (empty), m/ (x)
 *	full*	names of 255 bytes in 1, 12 and 13 blocks: the next one needs a new block
 *
 * @any_dir_size: what the sizes of directories are is no difference
 */
struct scene {
	struct kunit *test;
	struct efs_test_fs *fs;
	struct efs_test_inode *dir[DIRS];
	bool any_dir_size;
	char name[2][EFS_NAME_MAX + 1];
};

static const struct efs_test_mkfs scene_mkfs = {
	.block_size = 1024, .blocks = 2000, .ipg = 128, .inode_size = 1024, .files = 1,
};

#define LONG "long"

/* names in tables are themselves, but LONG is 255 bytes */
static const char *full_name(struct scene *s, u32 i, const char *name)
{
	if (!name || strcmp(name, LONG))
		return name;
	memset(s->name[i], 'L', EFS_NAME_MAX);
	return s->name[i];
}

static void scene_hold(struct scene *s)
{
	u32 i;

	KUNIT_ASSERT_EQ(s->test, efs_test_iget(s->fs, EFS_ROOT_INO, &s->dir[ROOT]), 0);
	for (i = 1; i < DIRS; i++)
		KUNIT_ASSERT_EQ(s->test, efs_test_lookup(s->dir[ROOT], dir_names[i], &s->dir[i]),
				0);
}

static void scene_put(struct scene *s)
{
	u32 i;

	for (i = 0; i < DIRS; i++)
		KUNIT_EXPECT_EQ(s->test, efs_test_iput(s->dir[i]), 0);
}

static void scene_remount(struct scene *s)
{
	scene_put(s);
	efs_test_remount(s->fs);
	scene_hold(s);
}

static void scene_end(struct scene *s)
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

static void scene_make(struct scene *s, struct kunit *test, bool sync)
{
	char target[200];
	struct efs_test_inode *ti;
	u32 i;

	s->test = test;
	s->fs = efs_test_begin(test, &scene_mkfs);
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

/* a name that a comparison leaves out */
struct except {
	u32 dir;
	const char *name;
};

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

/* every name and inode of the tree; with @ex without those names and all link counts */
static u64 snapshot(struct scene *s, const struct except *ex, u32 n_ex)
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
				if (ex[i].dir == ino && ex[i].name &&
				    de.len == strlen(ex[i].name) &&
				    !memcmp(ex[i].name, de.name, de.len))
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

/* ---- the operations ---- */

enum kind { CREATE, MKDIR, SYMLINK, TMPFILE, LINK, UNLINK, RMDIR, RENAME };

#define XCHG EFS_RENAME_EXCHANGE

/* @fsck_y: a cut may leave what e2fsck mends only when it may ask; see namei.c */
static const struct op {
	const char *name;
	enum kind kind;
	u32 dir;
	const char *oname;
	u32 ndir;
	const char *nname;
	u32 flags;
	bool fsck_y;
} ops[] = {
	{ "create", CREATE, A, "new" },
	{ "create_grow", CREATE, FULL, LONG },
	{ "create_grow_indirect", CREATE, FULL12, LONG },
	{ "create_grow_in_indirect", CREATE, FULL13, LONG },
	{ "mkdir", MKDIR, A, "new" },
	{ "mkdir_grow", MKDIR, FULL, LONG },
	{ "symlink_fast", SYMLINK, A, "new", 0, NULL, 59 },
	{ "symlink_slow", SYMLINK, A, "new", 0, NULL, 60 },
	{ "tmpfile", TMPFILE, A, "new" },
	{ "link", LINK, A, "f", B, "new" },
	{ "link_grow", LINK, A, "f", FULL12, LONG },
	{ "unlink", UNLINK, A, "f" },
	{ "unlink_one_of_two", UNLINK, B, "h" },
	{ "unlink_symlink", UNLINK, A, "s" },
	{ "rmdir", RMDIR, A, "e" },
	{ "rename", RENAME, A, "f", A, "new" },
	{ "rename_split_itself", RENAME, A, "s", A, "new" },
	{ "rename_cross", RENAME, A, "f", B, "new" },
	{ "rename_grow", RENAME, A, "f", FULL13, LONG },
	{ "rename_replace", RENAME, A, "f", A, "g" },
	{ "rename_replace_cross", RENAME, A, "f", B, "t" },
	{ "rename_replace_one_of_two", RENAME, B, "t", B, "h" },
	{ "rename_dir", RENAME, A, "d", A, "new", 0, true },
	{ "rename_dir_cross", RENAME, A, "d", B, "new", 0, true },
	{ "rename_dir_grow", RENAME, A, "d", FULL, LONG, 0, true },
	{ "rename_dir_replace", RENAME, A, "d", A, "e", 0, true },
	{ "rename_dir_replace_cross", RENAME, A, "d", B, "k", 0, true },
	{ "exchange", RENAME, A, "f", A, "g", XCHG, true },
	{ "exchange_cross", RENAME, A, "f", B, "t", XCHG, true },
	{ "exchange_dirs", RENAME, A, "d", A, "e", XCHG, true },
	{ "exchange_dirs_cross", RENAME, A, "d", B, "m", XCHG, true },
	{ "exchange_dir_file_cross", RENAME, A, "d", B, "t", XCHG, true },
	{ "exchange_file_dir_cross", RENAME, A, "f", B, "m", XCHG, true },
};

EFS_TEST_ROWS(ops);

/**
 * struct doing - one operation under way
 * @old, @new: inodes of its names before; @old is the new inode of those that make one
 * @fault, @nth: what is to fail during it, 0: nothing
 * @struck: it did
 */
struct doing {
	const struct op *op;
	struct efs_test_inode *dir, *ndir, *old, *new;
	const char *oname, *nname;
	enum efs_test_fault fault;
	u32 nth;
	bool struck;
};

static void arm(struct scene *s, struct doing *d)
{
	efs_test_flush(s->fs->dev);
	s->fs->dev->fail[d->fault] = d->nth;
}

static int disarm(struct scene *s, struct doing *d, int err)
{
	d->struck = d->nth && !s->fs->dev->fail[d->fault];
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

/* as a VFS would, with the fault alive during the core's part only; d->old, d->new stay held */
static int op_do(struct scene *s, struct doing *d)
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

static void op_put(struct scene *s, struct doing *d)
{
	KUNIT_EXPECT_EQ(s->test, efs_test_iput(d->old), 0);
	KUNIT_EXPECT_EQ(s->test, efs_test_iput(d->new), 0);
}

/* 0: @name is not there */
static u32 ino_of(struct scene *s, struct efs_test_inode *dir, const char *name)
{
	u32 ino = 0;
	int err = efs_dir_lookup(&dir->core, name, strlen(name), &ino);

	KUNIT_EXPECT_TRUE(s->test, err == 0 || err == -ENOENT);
	return ino;
}

static void expect_done(struct scene *s, const struct doing *d)
{
	struct kunit *test = s->test;
	u32 oino = ino_of(s, d->dir, d->oname), parent;
	u32 nino = d->nname ? ino_of(s, d->ndir, d->nname) : 0;

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

/* ---- what they do ---- */

static void effect(struct kunit *test)
{
	struct doing d = { .op = test->param_value };
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	u32 sync;
	u64 after;

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (sync = 0; sync < 2; sync++) {
		scene_make(s, test, sync);
		KUNIT_ASSERT_EQ(test, op_do(s, &d), 0);
		expect_done(s, &d);
		op_put(s, &d);
		after = snapshot(s, NULL, 0);
		scene_remount(s);
		KUNIT_EXPECT_EQ(test, snapshot(s, NULL, 0), after);
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
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	u32 from = 0;

	KUNIT_ASSERT_NOT_NULL(test, s);
	scene_make(s, test, true);
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
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	u32 round, strikes = 0;

	KUNIT_ASSERT_NOT_NULL(test, s);
	/* a new entry that is taken back leaves its new block to the directory */
	s->any_dir_size = d.op->kind == RENAME && d.op->ndir >= FULL;
	for (round = 0; round < 2 * EFS_TEST_FAULTS; round++) {
		bool sync = round & 1;
		u64 before;
		int err;

		d.fault = round / 2;
		d.nth = 1;
		do {
			scene_make(s, test, sync);
			before = snapshot(s, NULL, 0);
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
				KUNIT_EXPECT_EQ_MSG(test, snapshot(s, NULL, 0), before,
						    "%s %u, sync %u", what[d.fault], d.nth, sync);
			}
			expect_done(s, &d);
			op_put(s, &d);
			scene_end(s);
			d.nth++;
		} while (d.struck);
	}
	/* each reads something */
	KUNIT_EXPECT_GT(test, strikes, 0);
}

/* ---- what they refuse ---- */

static struct scene *scene_new(struct kunit *test)
{
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	scene_make(s, test, false);
	return s;
}

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
	struct scene *s = scene_new(test);
	u64 before = snapshot(s, NULL, 0);
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
	KUNIT_EXPECT_EQ(test, snapshot(s, NULL, 0), before);
	scene_end(s);
}

static void read_only(struct kunit *test)
{
	struct efs_mount_opts ro = { .sb_block = 1, .rdonly = true };
	struct scene *s = scene_new(test);
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
	struct scene *s = scene_new(test);
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
	struct scene *s = scene_new(test);
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
	KUNIT_EXPECT_EQ(test, ino_of(s, s->dir[A], "f"), f->core.ino);
	KUNIT_EXPECT_EQ(test, ino_of(s, s->dir[B], "t"), t->core.ino);
	efs_test_iput(f);
	efs_test_iput(t);
	scene_put(s);
	/* the reports are remembered in the superblock, which e2fsck mentions */
	efs_test_end_dirty(s->fs);
}

/* a directory that was removed while someone is in it */
static void removed_dir(struct kunit *test)
{
	struct scene *s = scene_new(test);
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
	struct scene *s = scene_new(test);
	u64 before = snapshot(s, NULL, 0);
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
	KUNIT_EXPECT_EQ(test, snapshot(s, NULL, 0), before);
	scene_end(s);
}

/* ---- symbolic links ---- */

static const struct link_row {
	const char *name;
	struct efs_test_mkfs m;
} link_rows[] = {
	{ "1k", { .block_size = 1024, .blocks = 2000 } },
	{ "1k_rev0", { .block_size = 1024, .blocks = 2000, .rev0 = true } },
	{ "4k", { .block_size = 4096, .blocks = 2000 } },
	{ "64k", { .block_size = 65536, .blocks = 200, .bpg = 2048 } },
};

EFS_TEST_ROWS(link_rows);

static void symlinks(struct kunit *test)
{
	const struct link_row *row = test->param_value;
	u32 bs = row->m.block_size;
	const u32 lens[] = { 1, 58, 59, 60, 61, 255, 1000, bs - 2, bs - 1 };
	struct efs_test_fs *fs = efs_test_begin(test, &row->m);
	struct efs_test_inode *root, *ti;
	char *target = kunit_kzalloc(test, bs + 1, GFP_KERNEL);
	char *got = kunit_kzalloc(test, bs + 1, GFP_KERNEL), name[16];
	u32 i, round;

	KUNIT_ASSERT_NOT_NULL(test, target);
	KUNIT_ASSERT_NOT_NULL(test, got);
	for (round = 0; round < 2; round++) {
		KUNIT_ASSERT_EQ(test, efs_test_iget(fs, EFS_ROOT_INO, &root), 0);
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			memset(target, 'a' + i, lens[i]);
			target[lens[i]] = '\0';
			snprintf(name, sizeof(name), "s%u", i);
			if (!round)
				KUNIT_ASSERT_EQ(test, efs_test_symlink(root, name, target, &ti), 0);
			else
				KUNIT_ASSERT_EQ(test, efs_test_lookup(root, name, &ti), 0);
			KUNIT_EXPECT_EQ(test, efs_symlink_is_fast(&ti->core), lens[i] < 60);
			KUNIT_EXPECT_EQ(test, ti->attr.size, lens[i]);
			KUNIT_EXPECT_EQ(test, ti->attr.sectors, lens[i] < 60 ? 0 : bs / 512);
			KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, lens[i] + 1), 0);
			KUNIT_EXPECT_STREQ(test, got, target);
			KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, lens[i]), -ERANGE);
			efs_test_iput(ti);
		}
		efs_test_iput(root);
		efs_test_remount(fs);
	}
	efs_test_end(fs);
}

/* targets that no one can have written */
static void bad_symlinks(struct kunit *test)
{
	struct scene *s = scene_new(test);
	struct efs_test_inode *ti;
	char *got = kunit_kzalloc(test, 1025, GFP_KERNEL);
	u32 blk;

	KUNIT_ASSERT_NOT_NULL(test, got);
	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "s", &ti), 0);
	ti->attr.size = 1024;
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_INO_LINK_TARGET));
	ti->attr.size = 0;
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_INO_LINK_TARGET));
	/* the block has 199 bytes and then zeros */
	ti->attr.size = 200;
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_INO_LINK_TARGET));
	ti->attr.size = 199;
	blk = block_of(ti, 0);
	efs_test_bad_block(s->fs->dev, blk, true);
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EIO);
	efs_test_bad_block(s->fs->dev, blk, false);
	ti->core.block[0] = 0;
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_INO_LINK_TARGET));
	ti->core.block[0] = cpu_to_le32(blk);
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), 0);
	/* fast ones */
	ti->attr.sectors = 0;
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_INO_LINK_TARGET));
	ti->attr.size = 59;
	KUNIT_EXPECT_EQ(test, efs_symlink_read(&ti->core, got, 1025), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_INO_LINK_TARGET));
	efs_test_iput(ti);
	scene_put(s);
	efs_test_end_dirty(s->fs);
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

static struct kunit_case namei_cases[] = {
	KUNIT_CASE_PARAM(effect, ops_gen_params),
	KUNIT_CASE_PARAM(order, ops_gen_params),
	KUNIT_CASE_PARAM(failures, ops_gen_params),
	KUNIT_CASE(refused),
	KUNIT_CASE(read_only),
	KUNIT_CASE(link_limit),
	KUNIT_CASE(low_counts),
	KUNIT_CASE(entry_vanished),
	KUNIT_CASE(removed_dir),
	KUNIT_CASE(same_inode),
	KUNIT_CASE_PARAM(symlinks, link_rows_gen_params),
	KUNIT_CASE(bad_symlinks),
	KUNIT_CASE_PARAM(anything, random_rows_gen_params),
	{}
};

static struct kunit_suite namei_suite = {
	.name = "efsext2_namei",
	.exit = efs_test_exit,
	.test_cases = namei_cases,
};

kunit_test_suite(namei_suite);
