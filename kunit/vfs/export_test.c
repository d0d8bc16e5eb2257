// SPDX-License-Identifier: GPL-2.0
/*
 * File handles: made, kept while the file is not in memory, and refused when they are
 * stale or were never ours.
 */
#include "vfs.h"
#include <linux/exportfs.h>

static int any(void *context, struct dentry *dentry)
{
	return 1;
}

/* words of the handle, type in *@type */
static int encode(struct efsv *v, const char *name, bool with_parent, struct fid *fid, int *type)
{
	struct path path;
	int words = 8;

	if (efsv_path(v, name, &path))
		return -1;
	*type = exportfs_encode_fh(path.dentry, fid, &words, with_parent);
	path_put(&path);
	return words;
}

/* the inode number behind a handle, or -errno */
static s64 decode(struct efsv *v, struct fid *fid, int words, int type)
{
	struct dentry *dentry = exportfs_decode_fh(v->mnt, fid, words, type, any, NULL);
	s64 ino;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	ino = d_inode(dentry)->i_ino;
	dput(dentry);
	return ino;
}

static const struct handle {
	const char *name, *path;
	bool parent;
	int type;
} handles[] = {
	{ "file", "d/e/f", false, FILEID_INO32_GEN },
	{ "file_and_parent", "d/e/f", true, FILEID_INO32_GEN_PARENT },
	{ "dir", "d/e", false, FILEID_INO32_GEN },
	{ "root", ".", false, FILEID_INO32_GEN },
	{ "symlink", "l", true, FILEID_INO32_GEN_PARENT },
};

EFS_TEST_ROWS(handles);

static void handle(struct kunit *test)
{
	const struct handle *r = test->param_value;
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct fid fid = {};
	int words, type = 0;
	u32 ino;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d/e", 0755), 0);
	efsv_put(v, "d/e/f", 0, 10, 1);
	KUNIT_ASSERT_EQ(test, efsv_symlink(v, "l", "d"), 0);
	ino = efsv_ino(v, r->path);
	words = encode(v, r->path, r->parent, &fid, &type);
	KUNIT_EXPECT_EQ(test, type, r->type);
	KUNIT_EXPECT_EQ(test, words, r->type == FILEID_INO32_GEN ? 2 : 4);
	KUNIT_EXPECT_EQ(test, fid.i32.ino, ino);
	KUNIT_EXPECT_EQ(test, decode(v, &fid, words, type), (s64)ino);
	/* out of memory, and in another mount: the way up is found on the disk */
	efsv_forget(v);
	KUNIT_EXPECT_EQ(test, decode(v, &fid, words, type), (s64)ino);
	efsv_again(v, NULL);
	KUNIT_EXPECT_EQ(test, decode(v, &fid, words, type), (s64)ino);
	efsv_end(v);
}

static void stale(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct fid fid = {}, bad;
	int words, type;
	u32 i, count = le32_to_cpu(efsv_super(v)->s_inodes_count);
	const struct {
		u32 ino, gen;
		s64 want;
	} rows[] = {
		{ 0, 0, -ESTALE }, { 1, 0, -ESTALE }, { 7, 0, -ESTALE }, { count + 1, 0, -ESTALE },
		{ 0xffffffff, 0, -ESTALE }, { 500, 0, -ESTALE }, { EFS_ROOT_INO, 99, -ESTALE },
		{ EFS_ROOT_INO, 0, EFS_ROOT_INO },
	};

	efsv_put(v, "f", 0, 10, 1);
	words = encode(v, "f", false, &fid, &type);
	KUNIT_ASSERT_EQ(test, words, 2);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		bad = fid;
		bad.i32.ino = rows[i].ino;
		bad.i32.gen = rows[i].gen;
		KUNIT_EXPECT_EQ_MSG(test, decode(v, &bad, words, type), rows[i].want, "row %u", i);
	}
	bad = fid;
	bad.i32.gen++;
	KUNIT_EXPECT_EQ(test, decode(v, &bad, words, type), -ESTALE);
	KUNIT_EXPECT_EQ(test, decode(v, &fid, 1, type), -ESTALE);
	KUNIT_EXPECT_EQ(test, decode(v, &fid, words, 0x77), -ESTALE);
	/* gone, and its number used by another */
	KUNIT_ASSERT_EQ(test, efsv_unlink(v, "f"), 0);
	KUNIT_EXPECT_EQ(test, decode(v, &fid, words, type), -ESTALE);
	efsv_put(v, "g", 0, 10, 1);
	KUNIT_EXPECT_EQ(test, efsv_ino(v, "g"), fid.i32.ino);
	KUNIT_EXPECT_EQ(test, decode(v, &fid, words, type), -ESTALE);
	/* none of that says anything against the volume */
	KUNIT_EXPECT_EQ(test, le32_to_cpu(efsv_super(v)->s_error_count), 0u);
	efsv_end(v);
}

static struct kunit_case export_cases[] = {
	KUNIT_CASE_PARAM(handle, handles_gen_params),
	KUNIT_CASE(stale),
	{}
};

EFSV_SUITE(export, export_cases);
