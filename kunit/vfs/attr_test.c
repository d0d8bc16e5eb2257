// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes: setattr, getattr, size changes, file flags, over all that an inode can and
 * cannot hold.
 */
#include <linux/delay.h>
#include "vfs.h"

/* ---- times ---- */

static const struct moment {
	const char *name;
	s64 sec;
	u32 nsec;
	s64 large, small;	/* what inodes of 256 and of 128 bytes make of the seconds */
} moments[] = {
	{ "epoch", 0, 0, 0, 0 },
	{ "now", 1700000000, 123456789, 1700000000, 1700000000 },
	{ "before_epoch", -1, 999999999, -1, -1 },
	{ "first", -2147483648LL, 0, -2147483648LL, -2147483648LL },
	{ "too_early", -2147483649LL, 5, -2147483648LL, -2147483648LL },
	{ "last_of_32_bits", 2147483647, 1, 2147483647, 2147483647 },
	{ "2038", 2147483648LL, 1, 2147483648LL, 2147483647 },
	{ "2106", 4294967296LL, 7, 4294967296LL, 2147483647 },
	{ "2242", 8589934592LL - 1, 7, 8589934592LL - 1, 2147483647 },
	{ "last", 15032385535LL, 999999999, 15032385535LL, 2147483647 },
	{ "too_late", 15032385536LL, 1, 15032385535LL, 2147483647 },
};

EFS_TEST_ROWS(moments);

static void moment(struct kunit *test)
{
	static const struct efs_test_mkfs shapes[] = {
		{ .block_size = 1024, .blocks = 2048 },
		{ .block_size = 1024, .blocks = 2048, .inode_size = 128 },
	};
	const struct moment *r = test->param_value;
	u32 i, round;

	for (i = 0; i < 2; i++) {
		struct efsv *v = efsv_begin(test, &shapes[i], NULL);
		struct iattr attr = {
			.ia_valid = ATTR_ATIME | ATTR_ATIME_SET | ATTR_MTIME | ATTR_MTIME_SET,
			.ia_atime = { r->sec, r->nsec }, .ia_mtime = { r->sec, r->nsec },
		};
		s64 want = i ? r->small : r->large;
		/* at either end of what can be kept, the VFS drops the fraction */
		bool cut = want != r->sec || want == 15032385535LL;
		u32 nsec = i || cut ? 0 : r->nsec;
		struct kstat st;

		KUNIT_ASSERT_EQ(test, efsv_create(v, "f", 0644), 0);
		KUNIT_ASSERT_EQ(test, efsv_setattr(v, "f", &attr), 0);
		for (round = 0; round < 2; round++) {
			KUNIT_ASSERT_EQ(test, efsv_stat(v, "f", &st), 0);
			KUNIT_EXPECT_EQ(test, st.mtime.tv_sec, want);
			KUNIT_EXPECT_EQ(test, st.atime.tv_sec, want);
			KUNIT_EXPECT_EQ(test, st.mtime.tv_nsec, (long)nsec);
			KUNIT_EXPECT_EQ(test, st.atime.tv_nsec, (long)nsec);
			KUNIT_EXPECT_EQ(test, !!(st.result_mask & STATX_BTIME), !i);
			KUNIT_EXPECT_GT(test, st.ctime.tv_sec, 1000000000);
			if (!round)
				efsv_again(v, NULL);
		}
		efsv_end(v);
		efsv_exit(test);
	}
}

/* ---- mode and owner ---- */

static const struct own {
	const char *name, *opts;
	u32 uid, gid, got_uid, got_gid;
} owns[] = {
	{ "small", "", 1, 2, 1, 2 },
	{ "16_bits", "", 65535, 65534, 65535, 65534 },
	{ "17_bits", "", 65536, 65537, 65536, 65537 },
	{ "large", "", 4000000000u, 4000000001u, 4000000000u, 4000000001u },
	{ "nouid32", "nouid32", 1000, 1001, 1000, 1001 },
	/* what does not fit is the overflow id, not somebody else's */
	{ "nouid32_large", "nouid32", 65536 + 7, 65536 + 8, 65534, 65534 },
};

EFS_TEST_ROWS(owns);

static void own(struct kunit *test)
{
	const struct own *r = test->param_value;
	struct efsv *v = efsv_begin(test, NULL, r->opts);
	struct iattr attr = {
		.ia_valid = ATTR_UID | ATTR_GID | ATTR_CTIME,
		.ia_uid = KUIDT_INIT(r->uid), .ia_gid = KGIDT_INIT(r->gid),
	};
	struct kstat st;

	KUNIT_ASSERT_EQ(test, efsv_create(v, "f", 0644), 0);
	KUNIT_ASSERT_EQ(test, efsv_setattr(v, "f", &attr), 0);
	KUNIT_EXPECT_EQ(test, efsv_chmod(v, "f", 07777), 0);
	efsv_again(v, r->opts);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "f", &st), 0);
	KUNIT_EXPECT_EQ(test, from_kuid(&init_user_ns, st.uid), r->got_uid);
	KUNIT_EXPECT_EQ(test, from_kgid(&init_user_ns, st.gid), r->got_gid);
	KUNIT_EXPECT_EQ(test, st.mode, (umode_t)(S_IFREG | 07777));
	efsv_end(v);
}

/* who may not, may not; who is not of the group loses the bit that stands for it */
static void stranger(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct iattr own = {
		.ia_valid = ATTR_UID | ATTR_GID,
		.ia_uid = KUIDT_INIT(1000), .ia_gid = KGIDT_INIT(2000),
	};
	int chmod, chown, trunc;
	ssize_t wrote = 0;
	struct file *f = NULL;
	struct kstat st;

	efsv_put(v, "root", 0, 100, 1);
	efsv_put(v, "mine", 0, 100, 1);
	KUNIT_ASSERT_EQ(test, efsv_setattr(v, "mine", &own), 0);
	KUNIT_ASSERT_EQ(test, efsv_chmod(v, "root", 0600), 0);
	efsv_become(v, 1000);
	chmod = efsv_chmod(v, "root", 0777);
	own.ia_uid = KUIDT_INIT(1001);
	chown = efsv_setattr(v, "mine", &own);
	trunc = efsv_truncate(v, "root", 0);
	efsv_become_root(v);
	KUNIT_EXPECT_EQ(test, chmod, -EPERM);
	KUNIT_EXPECT_EQ(test, chown, -EPERM);
	KUNIT_EXPECT_EQ(test, trunc, -EACCES);

	efsv_become(v, 1000);
	chmod = efsv_chmod(v, "mine", 02755);
	efsv_become_root(v);
	KUNIT_EXPECT_EQ(test, chmod, 0);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "mine", &st), 0);
	KUNIT_EXPECT_EQ(test, st.mode & 07777, 0755);

	/* a write by others takes the set-id bits away */
	KUNIT_ASSERT_EQ(test, efsv_chmod(v, "mine", 06755), 0);
	efsv_become(v, 1000);
	if (!efsv_open(v, "mine", O_WRONLY, 0, &f))
		wrote = efsv_write(v, f, 50, 10, 2);
	efsv_become_root(v);
	KUNIT_EXPECT_EQ(test, wrote, 10);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "mine", &st), 0);
	KUNIT_EXPECT_EQ(test, st.mode & 07777, 0755);
	efsv_end(v);
}

/* ---- sizes ---- */

/* blocks of 512 bytes of a file without holes; 1k blocks, 256 pointers in each */
static u64 sectors(u64 size)
{
	u64 n = DIV_ROUND_UP(size, 1024), meta = 0;

	if (n > 12)
		meta++;
	if (n > 12 + 256)
		meta += 1 + DIV_ROUND_UP(n - 12 - 256, 256);
	return 2 * (n + meta);
}

static const struct cut {
	const char *name;
	u32 from, to;
} cuts[] = {
	{ "same", 5000, 5000 },
	{ "to_nothing", 5000, 0 },
	{ "inside_block", 5000, 4700 },
	{ "to_block", 5000, 4096 },
	{ "across_block", 5000, 4095 },
	{ "to_direct", 20000, 12 * 1024 },
	{ "one_indirect", 20000, 12 * 1024 + 1 },
	{ "indirect", 200000, 100000 },
	{ "indirect_full", 300000, (12 + 256) * 1024 },
	{ "double", 400000, (12 + 256) * 1024 + 1 },
	{ "double_to_direct", 900000, 1 },
	{ "grow_a_little", 100, 101 },
	{ "grow_in_page", 100, 4096 },
	{ "grow_far", 5000, 3000000 },
};

EFS_TEST_ROWS(cuts);

static void cut(struct kunit *test)
{
	const struct cut *r = test->param_value;
	struct efsv *v = efsv_begin(test, NULL, NULL);
	u64 blocks = efsv_free_blocks(v);
	u32 low = min(r->from, r->to), high = max(r->from, r->to), round;
	struct kstat before, st;

	efsv_put(v, "f", 0, r->from, 1);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "f", &before), 0);
	KUNIT_EXPECT_EQ(test, before.blocks, sectors(r->from));
	KUNIT_ASSERT_EQ(test, efsv_truncate(v, "f", r->to), 0);
	for (round = 0; round < 2; round++) {
		KUNIT_ASSERT_EQ(test, efsv_stat(v, "f", &st), 0);
		KUNIT_EXPECT_EQ(test, st.size, (loff_t)r->to);
		KUNIT_EXPECT_EQ(test, st.blocks, sectors(low));
		efsv_get(v, "f", 0, low, 1);
		if (r->to > r->from)
			efsv_get(v, "f", r->from, r->to - r->from, 0);
		if (!round)
			efsv_again(v, NULL);
	}
	/* nothing of what was cut off comes back */
	KUNIT_ASSERT_EQ(test, efsv_truncate(v, "f", high), 0);
	efsv_get(v, "f", low, high - low, 0);
	efsv_again(v, NULL);
	efsv_get(v, "f", low, high - low, 0);
	KUNIT_EXPECT_EQ(test, efsv_unlink(v, "f"), 0);
	KUNIT_EXPECT_EQ(test, efsv_free_blocks(v), blocks);
	efsv_end(v);
}

/* truncate(2) leaves the times to the file system */
static void cut_times(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct kstat before, st;
	u32 size;

	KUNIT_ASSERT_EQ(test, efsv_sb(v)->s_time_gran, 1);
	efsv_put(v, "f", 0, 5000, 1);
	for (size = 4000; size <= 6000; size += 2000) {
		KUNIT_ASSERT_EQ(test, efsv_stat(v, "f", &before), 0);
		msleep(50);
		KUNIT_ASSERT_EQ(test, efsv_truncate(v, "f", size), 0);
		KUNIT_ASSERT_EQ(test, efsv_stat(v, "f", &st), 0);
		KUNIT_EXPECT_GT(test, timespec64_compare(&st.mtime, &before.mtime), 0);
		KUNIT_EXPECT_GT(test, timespec64_compare(&st.ctime, &before.ctime), 0);
	}
	efsv_end(v);
}

static void cut_refused(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	loff_t max = efsv_sb(v)->s_maxbytes;
	struct kstat st;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	KUNIT_ASSERT_EQ(test, efsv_mknod(v, "p", S_IFIFO | 0644, 0), 0);
	KUNIT_EXPECT_EQ(test, efsv_truncate(v, "d", 0), -EISDIR);
	KUNIT_EXPECT_EQ(test, efsv_truncate(v, "p", 0), -EINVAL);
	efsv_put(v, "f", 0, 100, 1);
	KUNIT_EXPECT_EQ(test, efsv_truncate(v, "f", max + 1), -EFBIG);
	KUNIT_EXPECT_EQ(test, efsv_truncate(v, "f", max), 0);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "f", &st), 0);
	KUNIT_EXPECT_EQ(test, st.size, max);
	KUNIT_EXPECT_EQ(test, st.blocks, sectors(100));
	efsv_again(v, NULL);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "f", &st), 0);
	KUNIT_EXPECT_EQ(test, st.size, max);
	efsv_get(v, "f", max - 1000, 1000, 0);
	KUNIT_ASSERT_EQ(test, efsv_set_flags(v, "f", FS_APPEND_FL), 0);
	KUNIT_EXPECT_EQ(test, efsv_truncate(v, "f", 5), -EPERM);
	KUNIT_ASSERT_EQ(test, efsv_set_flags(v, "f", FS_IMMUTABLE_FL), 0);
	KUNIT_EXPECT_EQ(test, efsv_truncate(v, "f", 5), -EPERM);
	efsv_end(v);
}

/* ---- flags ---- */

static const struct flag {
	const char *name;
	u32 flag;
	bool kept;
	u32 vfs;
	u64 statx;
} flags[] = {
	{ "sync", FS_SYNC_FL, true, S_SYNC },
	{ "dirsync", FS_DIRSYNC_FL, true, S_DIRSYNC },
	{ "noatime", FS_NOATIME_FL, true, S_NOATIME },
	{ "append", FS_APPEND_FL, true, S_APPEND, STATX_ATTR_APPEND },
	{ "immutable", FS_IMMUTABLE_FL, true, S_IMMUTABLE, STATX_ATTR_IMMUTABLE },
	{ "nodump", FS_NODUMP_FL, true, 0, STATX_ATTR_NODUMP },
	{ "secrm", FS_SECRM_FL, true },
	{ "topdir", FS_TOPDIR_FL, true },
	/* not ours to set */
	{ "index", FS_INDEX_FL, false },
	{ "extents", FS_EXTENT_FL, false },
	{ "encrypt", FS_ENCRYPT_FL, false },
};

EFS_TEST_ROWS(flags);

static void flag(struct kunit *test)
{
	const struct flag *r = test->param_value;
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct inode *inode;
	struct kstat st;
	u32 got, round;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	KUNIT_ASSERT_EQ(test, efsv_set_flags(v, "d", r->flag), 0);
	for (round = 0; round < 2; round++) {
		KUNIT_ASSERT_EQ(test, efsv_flags(v, "d", &got), 0);
		KUNIT_EXPECT_EQ(test, got, r->kept ? r->flag : 0);
		inode = efsv_inode(v, "d");
		KUNIT_EXPECT_EQ(test, inode->i_flags &
				(S_SYNC | S_DIRSYNC | S_NOATIME | S_APPEND | S_IMMUTABLE), r->vfs);
		iput(inode);
		KUNIT_ASSERT_EQ(test, efsv_stat(v, "d", &st), 0);
		KUNIT_EXPECT_EQ(test, st.attributes & (STATX_ATTR_APPEND | STATX_ATTR_NODUMP |
						       STATX_ATTR_IMMUTABLE), r->statx);
		KUNIT_EXPECT_EQ(test, efsv_create(v, round ? "d/b" : "d/a", 0644),
				r->vfs & S_IMMUTABLE ? -EPERM : 0);
		if (!round)
			efsv_again(v, NULL);
	}
	KUNIT_EXPECT_EQ(test, efsv_set_flags(v, "d", 0), 0);
	KUNIT_ASSERT_EQ(test, efsv_flags(v, "d", &got), 0);
	KUNIT_EXPECT_EQ(test, got, 0u);
	efsv_end(v);
}

static void flags_refused(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct fileattr fa;
	struct path path;
	int err;

	KUNIT_ASSERT_EQ(test, efsv_create(v, "f", 0644), 0);
	efsv_become(v, 1000);
	err = efsv_set_flags(v, "f", FS_NODUMP_FL);
	efsv_become_root(v);
	KUNIT_EXPECT_EQ(test, err, -EPERM);
	KUNIT_ASSERT_EQ(test, efsv_path(v, "f", &path), 0);
	fileattr_fill_xflags(&fa, FS_XFLAG_NODUMP);
	fa.fsx_projid = 5;
	err = vfs_fileattr_set(EFS_NOP_IDMAP, path.dentry, &fa);
	path_put(&path);
	KUNIT_EXPECT_EQ(test, err, -EOPNOTSUPP);
	KUNIT_ASSERT_EQ(test, efsv_remount(v, SB_RDONLY, NULL), 0);
	KUNIT_EXPECT_EQ(test, efsv_set_flags(v, "f", FS_NODUMP_FL), -EROFS);
	efsv_end(v);
}

/* new inodes take after their directory, as far as it suits them */
static void inherited(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	u32 got;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	KUNIT_ASSERT_EQ(test, efsv_set_flags(v, "d", FS_NODUMP_FL | FS_NOATIME_FL |
					     FS_DIRSYNC_FL | FS_TOPDIR_FL), 0);
	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d/d", 0755), 0);
	KUNIT_ASSERT_EQ(test, efsv_create(v, "d/f", 0644), 0);
	KUNIT_ASSERT_EQ(test, efsv_symlink(v, "d/l", "f"), 0);
	KUNIT_ASSERT_EQ(test, efsv_flags(v, "d/d", &got), 0);
	KUNIT_EXPECT_EQ(test, got, FS_NODUMP_FL | FS_NOATIME_FL | FS_DIRSYNC_FL);
	KUNIT_ASSERT_EQ(test, efsv_flags(v, "d/f", &got), 0);
	KUNIT_EXPECT_EQ(test, got, FS_NODUMP_FL | FS_NOATIME_FL);
	efsv_end(v);
}

/* ---- what stat tells ---- */

static void stat(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct kstat st, now;

	efsv_put(v, "f", 0, 5000, 1);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "f", &st), 0);
	KUNIT_EXPECT_EQ(test, st.blksize, 1024u);
	KUNIT_EXPECT_EQ(test, st.dev, efsv_sb(v)->s_dev);
	KUNIT_EXPECT_TRUE(test, st.result_mask & STATX_DIOALIGN);
	KUNIT_EXPECT_EQ(test, st.dio_offset_align, 512u);
	KUNIT_EXPECT_EQ(test, st.attributes_mask & STATX_ATTR_NODUMP, STATX_ATTR_NODUMP);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, ".", &st), 0);
	KUNIT_EXPECT_EQ(test, st.ino, (u64)EFS_ROOT_INO);
	KUNIT_EXPECT_EQ(test, st.nlink, 3u);
	KUNIT_EXPECT_FALSE(test, st.result_mask & STATX_DIOALIGN);

	/* the change of an attribute is a change of the inode, not of its contents */
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "f", &st), 0);
	KUNIT_ASSERT_EQ(test, efsv_chmod(v, "f", 0600), 0);
	KUNIT_ASSERT_EQ(test, efsv_stat(v, "f", &now), 0);
	KUNIT_EXPECT_EQ(test, timespec64_compare(&st.mtime, &now.mtime), 0);
	KUNIT_EXPECT_EQ(test, timespec64_compare(&st.btime, &now.btime), 0);
	KUNIT_EXPECT_GE(test, timespec64_compare(&now.ctime, &st.ctime), 0);
	efsv_end(v);
}

static struct kunit_case attr_cases[] = {
	KUNIT_CASE_PARAM(moment, moments_gen_params),
	KUNIT_CASE_PARAM(own, owns_gen_params),
	KUNIT_CASE(stranger),
	KUNIT_CASE_PARAM(cut, cuts_gen_params),
	KUNIT_CASE(cut_times),
	KUNIT_CASE(cut_refused),
	KUNIT_CASE_PARAM(flag, flags_gen_params),
	KUNIT_CASE(flags_refused),
	KUNIT_CASE(inherited),
	KUNIT_CASE(stat),
	{}
};

EFSV_SUITE(attr, attr_cases);
