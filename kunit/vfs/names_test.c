// SPDX-License-Identifier: GPL-2.0
/*
 * Inode operations of directories: names made, found, moved and removed, with the
 * attributes this gives to both sides.
 */
#include "vfs.h"

/* ---- making ---- */

static const struct kind {
	const char *name;
	umode_t mode;
	u32 major, minor;
} kinds[] = {
	{ "file", S_IFREG | 0640 },
	{ "file_setid", S_IFREG | 06711 },
	{ "dir", S_IFDIR | 0750 },
	{ "dir_sticky", S_IFDIR | 01755 },
	{ "fifo", S_IFIFO | 0644 },
	{ "socket", S_IFSOCK | 0755 },
	{ "char", S_IFCHR | 0600, 4, 65 },
	{ "char_large", S_IFCHR | 0600, 300, 70000 },
	{ "block", S_IFBLK | 0640, 255, 255 },
	{ "block_large", S_IFBLK | 0640, 4095, 1048575 },
};

EFS_TEST_ROWS(kinds);

static void check_kind(struct kunit *test, const struct kind *r, const struct kstat *st)
{
	bool dir = S_ISDIR(r->mode);

	KUNIT_EXPECT_EQ(test, st->mode, r->mode);
	KUNIT_EXPECT_EQ(test, st->nlink, dir ? 2u : 1u);
	KUNIT_EXPECT_EQ(test, st->size, dir ? 1024 : 0);
	KUNIT_EXPECT_EQ(test, st->blocks, dir ? 2u : 0u);
	KUNIT_EXPECT_EQ(test, MAJOR(st->rdev), r->major);
	KUNIT_EXPECT_EQ(test, MINOR(st->rdev), r->minor);
	KUNIT_EXPECT_TRUE(test, st->result_mask & STATX_BTIME);
	KUNIT_EXPECT_EQ(test, st->btime.tv_sec, st->mtime.tv_sec);
	KUNIT_EXPECT_EQ(test, st->mtime.tv_sec, st->ctime.tv_sec);
}

static void make(struct kunit *test)
{
	const struct kind *r = test->param_value;
	struct efsv *v = efsv_begin(test, NULL, NULL);
	u64 inodes = efsv_free_inodes(v);
	struct kstat st, root, before;
	bool dir = S_ISDIR(r->mode);

	KUNIT_ASSERT_EQ(test, efsv_stat(v, ".", &before), 0);
	if (dir)
		KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "n", r->mode & 07777), 0);
	else if (S_ISREG(r->mode))
		KUNIT_ASSERT_EQ(test, efsv_create(v, "n", r->mode & 07777), 0);
	else
		KUNIT_ASSERT_EQ(test, efsv_mknod(v, "n", r->mode, MKDEV(r->major, r->minor)), 0);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "n", &st), 0);
	check_kind(test, r, &st);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, ".", &root), 0);
	KUNIT_EXPECT_EQ(test, root.nlink, before.nlink + dir);
	KUNIT_EXPECT_GT(test, root.mtime.tv_sec, before.mtime.tv_sec);
	KUNIT_EXPECT_EQ(test, root.mtime.tv_sec, root.ctime.tv_sec);
	KUNIT_EXPECT_EQ(test, efsv_free_inodes(v), inodes - 1);
	KUNIT_EXPECT_EQ(test, efsv_create(v, "n", 0644), -EEXIST);
	KUNIT_EXPECT_EQ(test, efsv_mkdir(v, "n", 0755), -EEXIST);

	efsv_again(v, NULL);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "n", &st), 0);
	check_kind(test, r, &st);
	efsv_dump(v, "made");
	KUNIT_EXPECT_EQ(test, dir ? efsv_unlink(v, "n") : efsv_rmdir(v, "n"),
			dir ? -EISDIR : -ENOTDIR);
	KUNIT_EXPECT_EQ(test, dir ? efsv_rmdir(v, "n") : efsv_unlink(v, "n"), 0);
	KUNIT_EXPECT_EQ(test, efsv_stat(v, "n", &st), -ENOENT);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, ".", &root), 0);
	KUNIT_EXPECT_EQ(test, root.nlink, before.nlink);
	KUNIT_EXPECT_EQ(test, efsv_free_inodes(v), inodes);
	efsv_end(v);
}

/* ---- whose it is ---- */

static const struct owner {
	const char *name, *opts;
	umode_t parent;
	bool dir;
	umode_t mode;
	u32 gid;
	umode_t got;
} owners[] = {
	{ "plain", "", 0777, false, 0644, 1000, 0644 },
	{ "sgid_file", "", 02777, false, 0644, 77, 0644 },
	{ "sgid_dir", "", 02777, true, 0755, 77, 02755 },
	/* a stranger to the group gets no set-group-id file for it */
	{ "sgid_exec", "", 02777, false, 02755, 77, 0755 },
	{ "grpid", "grpid", 0777, false, 0644, 77, 0644 },
	{ "grpid_dir", "grpid", 0777, true, 0755, 77, 0755 },
};

EFS_TEST_ROWS(owners);

static void owner(struct kunit *test)
{
	const struct owner *r = test->param_value;
	struct efsv *v = efsv_begin(test, NULL, r->opts);
	struct iattr attr = { .ia_valid = ATTR_GID, .ia_gid = KGIDT_INIT(77) };
	struct kstat st;
	int err;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	KUNIT_ASSERT_EQ(test, efsv_setattr(v, "d", &attr), 0);
	KUNIT_ASSERT_EQ(test, efsv_chmod(v, "d", r->parent), 0);
	efsv_become(v, 1000);
	err = r->dir ? efsv_mkdir(v, "d/n", r->mode) : efsv_create(v, "d/n", r->mode);
	efsv_become_root(v);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "d/n", &st), 0);
	KUNIT_EXPECT_EQ(test, st.mode & 07777, r->got);
	KUNIT_EXPECT_EQ(test, from_kuid(&init_user_ns, st.uid), 1000u);
	KUNIT_EXPECT_EQ(test, from_kgid(&init_user_ns, st.gid), r->gid);
	efsv_end(v);
}

/* ---- links ---- */

static void links(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct kstat a, b;
	struct inode *inode;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	efsv_put(v, "a", 0, 1500, 3);
	KUNIT_EXPECT_EQ(test, efsv_link(v, "a", "d/b"), 0);
	KUNIT_EXPECT_EQ(test, efsv_link(v, "a", "d/b"), -EEXIST);
	KUNIT_EXPECT_EQ(test, efsv_link(v, "d", "e"), -EPERM);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "a", &a), 0);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "d/b", &b), 0);
	KUNIT_EXPECT_EQ(test, a.ino, b.ino);
	KUNIT_EXPECT_EQ(test, a.nlink, 2u);

	/* at the limit */
	inode = efsv_inode(v, "a");
	set_nlink(inode, EFS_LINK_MAX);
	KUNIT_EXPECT_EQ(test, efsv_link(v, "a", "c"), -EMLINK);
	set_nlink(inode, 2);
	iput(inode);
	inode = efsv_inode(v, "d");
	set_nlink(inode, EFS_LINK_MAX);
	KUNIT_EXPECT_EQ(test, efsv_mkdir(v, "d/sub", 0755), -EMLINK);
	set_nlink(inode, 2);
	iput(inode);

	KUNIT_EXPECT_EQ(test, efsv_unlink(v, "a"), 0);
	efsv_again(v, NULL);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "d/b", &b), 0);
	KUNIT_EXPECT_EQ(test, b.nlink, 1u);
	efsv_get(v, "d/b", 0, 1500, 3);
	KUNIT_EXPECT_EQ(test, efsv_rmdir(v, "d"), -ENOTEMPTY);
	efsv_end(v);
}

static void lengths(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	char name[EFS_NAME_MAX + 2];
	struct kstat st;
	u32 i;

	memset(name, 'n', sizeof(name));
	name[EFS_NAME_MAX + 1] = '\0';
	KUNIT_EXPECT_EQ(test, efsv_create(v, name, 0644), -ENAMETOOLONG);
	KUNIT_EXPECT_EQ(test, efsv_stat(v, name, &st), -ENAMETOOLONG);
	for (i = 1; i <= EFS_NAME_MAX; i += 2) {
		name[i] = '\0';
		KUNIT_EXPECT_EQ(test, efsv_create(v, name, 0644), 0);
		name[i] = 'n';
	}
	efsv_again(v, NULL);
	for (i = EFS_NAME_MAX; i > 0; i--) {
		name[i] = '\0';
		KUNIT_EXPECT_EQ_MSG(test, efsv_stat(v, name, &st), i % 2 ? 0 : -ENOENT, "%u", i);
	}
	KUNIT_EXPECT_EQ(test, efsv_stat(v, "n/n", &st), -ENOTDIR);
	efsv_end(v);
}

/* ---- renames ---- */

/*
 * Of each row: F is a file, D an empty directory, N a directory that is not empty, -
 * nothing. Afterwards the letters at both places. "x" is in the root, "d/y" is not.
 */
static const struct ren {
	const char *name;
	char from, to;
	bool across;
	u32 flags;
	int err;
	char left, right;
} rens[] = {
	{ "file", 'F', '-', false, 0, 0, '-', 'F' },
	{ "file_across", 'F', '-', true, 0, 0, '-', 'F' },
	{ "file_over_file", 'F', 'F', false, 0, 0, '-', 'F' },
	{ "file_over_file_across", 'F', 'F', true, 0, 0, '-', 'F' },
	{ "file_over_dir", 'F', 'D', false, 0, -EISDIR, 'F', 'D' },
	{ "dir", 'D', '-', false, 0, 0, '-', 'D' },
	{ "dir_across", 'N', '-', true, 0, 0, '-', 'N' },
	{ "dir_over_dir", 'D', 'D', false, 0, 0, '-', 'D' },
	{ "dir_over_dir_across", 'N', 'D', true, 0, 0, '-', 'N' },
	{ "dir_over_full", 'D', 'N', true, 0, -ENOTEMPTY, 'D', 'N' },
	{ "dir_over_file", 'D', 'F', false, 0, -ENOTDIR, 'D', 'F' },
	{ "none", '-', '-', false, 0, -ENOENT, '-', '-' },
	{ "noreplace", 'F', '-', true, RENAME_NOREPLACE, 0, '-', 'F' },
	{ "noreplace_exists", 'F', 'F', true, RENAME_NOREPLACE, -EEXIST, 'F', 'F' },
	{ "exchange_files", 'F', 'F', false, RENAME_EXCHANGE, 0, 'F', 'F' },
	{ "exchange_across", 'F', 'F', true, RENAME_EXCHANGE, 0, 'F', 'F' },
	{ "exchange_kinds", 'F', 'N', false, RENAME_EXCHANGE, 0, 'N', 'F' },
	{ "exchange_kinds_across", 'N', 'F', true, RENAME_EXCHANGE, 0, 'F', 'N' },
	{ "exchange_dirs_across", 'N', 'D', true, RENAME_EXCHANGE, 0, 'D', 'N' },
	{ "exchange_none", 'F', '-', true, RENAME_EXCHANGE, -ENOENT, 'F', '-' },
	{ "whiteout", 'F', '-', true, RENAME_WHITEOUT, -EINVAL, 'F', '-' },
};

EFS_TEST_ROWS(rens);

static int put_thing(struct efsv *v, const char *name, char what, u32 seed)
{
	char sub[16];

	switch (what) {
	case 'F':
		efsv_put(v, name, 0, 700, seed);
		return 0;
	case 'D':
		return efsv_mkdir(v, name, 0755);
	case 'N':
		snprintf(sub, sizeof(sub), "%s/s", name);
		return efsv_mkdir(v, name, 0755) ?: efsv_mkdir(v, sub, 0755);
	default:
		return 0;
	}
}

static char thing_at(struct efsv *v, const char *name)
{
	char sub[16];
	struct kstat st;

	snprintf(sub, sizeof(sub), "%s/s", name);
	if (efsv_stat(v, name, &st))
		return '-';
	if (!S_ISDIR(st.mode))
		return 'F';
	return efsv_stat(v, sub, &st) ? 'D' : 'N';
}

/* links of both parents: themselves, their names, and the directories in them */
static void check_parents(struct efsv *v, char left, char right, bool across)
{
	u32 l = strchr("DN", left) ? 1 : 0, r = strchr("DN", right) ? 1 : 0;
	struct kstat st;

	KUNIT_ASSERT_EQ(v->test, efsv_stat(v, ".", &st), 0);
	/* lost+found and d */
	KUNIT_EXPECT_EQ(v->test, st.nlink, 4 + l + (across ? 0 : r));
	KUNIT_ASSERT_EQ(v->test, efsv_stat(v, "d", &st), 0);
	KUNIT_EXPECT_EQ(v->test, st.nlink, 2 + (across ? r : 0));
}

static void ren(struct kunit *test)
{
	const struct ren *r = test->param_value;
	struct efsv *v = efsv_begin(test, NULL, NULL);
	const char *to = r->across ? "d/y" : "y";
	bool moves = !r->err, swaps = r->flags & RENAME_EXCHANGE;
	u32 a = 0, b = 0, i;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	KUNIT_ASSERT_EQ(test, put_thing(v, "x", r->from, 1), 0);
	KUNIT_ASSERT_EQ(test, put_thing(v, to, r->to, 2), 0);
	if (r->from != '-')
		a = efsv_ino(v, "x");
	if (r->to != '-')
		b = efsv_ino(v, to);
	KUNIT_EXPECT_EQ(test, efsv_rename(v, "x", to, r->flags), r->err);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, thing_at(v, "x"), r->left);
		KUNIT_EXPECT_EQ(test, thing_at(v, to), r->right);
		check_parents(v, r->left, r->right, r->across);
		if (r->right != '-')
			KUNIT_EXPECT_EQ(test, efsv_ino(v, to), moves ? a : b);
		if (r->left != '-')
			KUNIT_EXPECT_EQ(test, efsv_ino(v, "x"), moves && swaps ? b : a);
		if (!i)
			efsv_again(v, NULL);
	}
	efsv_end(v);
}

static void rename_onto_itself(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct kstat st;

	efsv_put(v, "a", 0, 10, 1);
	KUNIT_ASSERT_EQ(test, efsv_link(v, "a", "b"), 0);
	KUNIT_EXPECT_EQ(test, efsv_rename(v, "a", "a", 0), 0);
	/* POSIX: two names of one file stay two */
	KUNIT_EXPECT_EQ(test, efsv_rename(v, "a", "b", 0), 0);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "a", &st), 0);
	KUNIT_EXPECT_EQ(test, st.nlink, 2u);
	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d/e", 0755), 0);
	KUNIT_EXPECT_EQ(test, efsv_rename(v, "d", "d/e/f", 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, efsv_rename(v, "d/e", "d", 0), -ENOTEMPTY);
	efsv_end(v);
}

/* ---- symbolic links ---- */

static const struct target {
	const char *name;
	u32 len;
	int err;
	u32 blocks;
} targets[] = {
	{ "one", 1, 0, 0 },
	{ "fast", 59, 0, 0 },
	{ "slow", 60, 0, 2 },
	{ "slow_more", 61, 0, 2 },
	{ "longest", 1023, 0, 2 },
	{ "too_long", 1024, -ENAMETOOLONG, 0 },
};

EFS_TEST_ROWS(targets);

static void target(struct kunit *test)
{
	const struct target *r = test->param_value;
	struct efsv *v = efsv_begin(test, NULL, NULL);
	u64 blocks = efsv_free_blocks(v), inodes = efsv_free_inodes(v);
	char *want = kunit_kzalloc(test, 2048, GFP_KERNEL);
	char *got = kunit_kzalloc(test, 2048, GFP_KERNEL);
	struct kstat st;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, want);
	KUNIT_ASSERT_NOT_NULL(test, got);
	for (i = 0; i < r->len; i++)
		want[i] = 'a' + i % 26;
	KUNIT_ASSERT_EQ(test, efsv_symlink(v, "l", want), r->err);
	for (i = 0; i < 2 && !r->err; i++) {
		KUNIT_ASSERT_EQ(test, efsv_readlink(v, "l", got, 2048), 0);
		KUNIT_EXPECT_STREQ(test, got, want);
		KUNIT_ASSERT_EQ(test, efsv_stat(v, "l", &st), 0);
		KUNIT_EXPECT_EQ(test, st.mode, (umode_t)(S_IFLNK | 0777));
		KUNIT_EXPECT_EQ(test, st.size, (loff_t)r->len);
		KUNIT_EXPECT_EQ(test, st.blocks, r->blocks);
		efsv_again(v, NULL);
	}
	efsv_dump(v, "made");
	if (!r->err)
		KUNIT_EXPECT_EQ(test, efsv_unlink(v, "l"), 0);
	KUNIT_EXPECT_EQ(test, efsv_free_blocks(v), blocks);
	KUNIT_EXPECT_EQ(test, efsv_free_inodes(v), inodes);
	efsv_end(v);
}

/* ---- files without a name ---- */

static void unlinked_open(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	u64 blocks = efsv_free_blocks(v), inodes = efsv_free_inodes(v);
	struct file *f;

	efsv_put(v, "f", 0, 100000, 5);
	f = efsv_opened(v, "f", O_RDWR);
	KUNIT_EXPECT_EQ(test, efsv_unlink(v, "f"), 0);
	KUNIT_EXPECT_EQ(test, file_inode(f)->i_nlink, 0u);
	efsv_expect(v, f, 0, 100000, 5);
	KUNIT_EXPECT_EQ(test, efsv_write(v, f, 200000, 5000, 6), 5000);
	efsv_expect(v, f, 200000, 5000, 6);
	KUNIT_EXPECT_EQ(test, vfs_fsync(f, 0), 0);
	KUNIT_EXPECT_EQ(test, efsv_free_inodes(v), inodes - 1);
	efsv_close(v, f);
	KUNIT_EXPECT_EQ(test, efsv_free_blocks(v), blocks);
	KUNIT_EXPECT_EQ(test, efsv_free_inodes(v), inodes);
	efsv_end(v);
}

static void removed_dir(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct file *f;
	struct kstat st;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	f = efsv_opened(v, "d", O_RDONLY | O_DIRECTORY);
	KUNIT_ASSERT_EQ(test, efsv_rmdir(v, "d"), 0);
	KUNIT_ASSERT_EQ(test, vfs_getattr(&f->f_path, &st, STATX_BASIC_STATS, 0), 0);
	KUNIT_EXPECT_EQ(test, st.nlink, 0u);
	efsv_close(v, f);
	efsv_end(v);
}

static void tmpfile(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	u64 blocks = efsv_free_blocks(v), inodes = efsv_free_inodes(v);
	struct file *f = efsv_opened(v, ".", O_TMPFILE | O_RDWR);
	struct dentry *dentry = f->f_path.dentry;
	struct inode *root = d_inode(v->mnt->mnt_root);
	struct dentry *name;
	int err;

	KUNIT_EXPECT_EQ(test, file_inode(f)->i_nlink, 0u);
	KUNIT_EXPECT_EQ(test, efsv_write(v, f, 0, 3000, 1), 3000);
	efsv_close(v, f);
	KUNIT_EXPECT_EQ(test, efsv_free_blocks(v), blocks);
	KUNIT_EXPECT_EQ(test, efsv_free_inodes(v), inodes);

	/* one that gets a name after all, as linkat() of /proc/self/fd does it */
	f = efsv_opened(v, ".", O_TMPFILE | O_RDWR);
	dentry = f->f_path.dentry;
	KUNIT_EXPECT_EQ(test, efsv_write(v, f, 0, 3000, 2), 3000);
	inode_lock_nested(root, I_MUTEX_PARENT);
	name = lookup_one_len("f", v->mnt->mnt_root, 1);
	err = PTR_ERR_OR_ZERO(name);
	if (!err) {
		err = vfs_link(dentry, EFS_NOP_IDMAP, root, name, NULL);
		dput(name);
	}
	inode_unlock(root);
	KUNIT_ASSERT_EQ(test, err, 0);
	efsv_close(v, f);
	efsv_again(v, NULL);
	efsv_get(v, "f", 0, 3000, 2);

	f = efsv_opened(v, ".", O_TMPFILE | O_RDWR | O_EXCL);
	inode_lock_nested(root = d_inode(v->mnt->mnt_root), I_MUTEX_PARENT);
	name = lookup_one_len("g", v->mnt->mnt_root, 1);
	err = PTR_ERR_OR_ZERO(name);
	if (!err) {
		err = vfs_link(f->f_path.dentry, EFS_NOP_IDMAP, root, name, NULL);
		dput(name);
	}
	inode_unlock(root);
	KUNIT_EXPECT_EQ(test, err, -ENOENT);
	efsv_end(v);
}

/* ---- many ---- */

/* a directory of several blocks: filled, thinned out, filled again, emptied */
static void many(struct kunit *test)
{
	const u32 n = 300;
	struct efsv *v = efsv_begin(test, NULL, NULL);
	u64 blocks = efsv_free_blocks(v), inodes = efsv_free_inodes(v);
	struct kstat st, full;
	char name[32];
	u32 i, round;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < n; i++) {
			if (round && i % 3)
				continue;
			snprintf(name, sizeof(name), "d/file%u_%s", i, i % 2 ? "odd" : "");
			KUNIT_ASSERT_EQ(test, efsv_create(v, name, 0644), 0);
		}
		KUNIT_ASSERT_EQ(test, efsv_stat(v, "d", round ? &st : &full), 0);
		for (i = 0; i < n && !round; i += 3) {
			snprintf(name, sizeof(name), "d/file%u_%s", i, i % 2 ? "odd" : "");
			KUNIT_ASSERT_EQ(test, efsv_unlink(v, name), 0);
		}
		if (!round)
			efsv_again(v, NULL);
	}
	/* the room of those that went was used again */
	KUNIT_EXPECT_EQ(test, st.size, full.size);
	KUNIT_EXPECT_EQ(test, efsv_free_inodes(v), inodes - 1 - n);
	efsv_dump(v, "full");
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "d/file%u_%s", i, i % 2 ? "odd" : "");
		KUNIT_ASSERT_EQ(test, efsv_unlink(v, name), 0);
	}
	KUNIT_EXPECT_EQ(test, efsv_rmdir(v, "d"), 0);
	KUNIT_EXPECT_EQ(test, efsv_free_blocks(v), blocks);
	KUNIT_EXPECT_EQ(test, efsv_free_inodes(v), inodes);
	efsv_end(v);
}

static void no_inodes(struct kunit *test)
{
	static const struct efs_test_mkfs m = { .block_size = 1024, .blocks = 2048, .ipg = 32 };
	struct efsv *v = efsv_begin(test, &m, NULL);
	u32 i, n = efsv_free_inodes(v);
	u64 blocks = efsv_free_blocks(v);
	char name[16];

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		KUNIT_ASSERT_EQ(test, efsv_create(v, name, 0644), 0);
	}
	KUNIT_EXPECT_EQ(test, efsv_free_inodes(v), 0u);
	KUNIT_EXPECT_EQ(test, efsv_create(v, "one_more", 0644), -ENOSPC);
	KUNIT_EXPECT_EQ(test, efsv_mkdir(v, "one_more", 0755), -ENOSPC);
	KUNIT_EXPECT_EQ(test, efsv_symlink(v, "one_more", "x"), -ENOSPC);
	KUNIT_EXPECT_EQ(test, efsv_free_blocks(v), blocks);
	KUNIT_EXPECT_EQ(test, efsv_unlink(v, "f3"), 0);
	KUNIT_EXPECT_EQ(test, efsv_mkdir(v, "one_more", 0755), 0);
	efsv_end(v);
}

static struct kunit_case names_cases[] = {
	KUNIT_CASE_PARAM(make, kinds_gen_params),
	KUNIT_CASE_PARAM(owner, owners_gen_params),
	KUNIT_CASE(links),
	KUNIT_CASE(lengths),
	KUNIT_CASE_PARAM(ren, rens_gen_params),
	KUNIT_CASE(rename_onto_itself),
	KUNIT_CASE_PARAM(target, targets_gen_params),
	KUNIT_CASE(unlinked_open),
	KUNIT_CASE(removed_dir),
	KUNIT_CASE(tmpfile),
	KUNIT_CASE(many),
	KUNIT_CASE(no_inodes),
	{}
};

EFSV_SUITE(names, names_cases);
