// SPDX-License-Identifier: GPL-2.0
/*
 * Super operations: mounting what is good and what is not, options, remounts, statfs,
 * marks on the disk.
 */
#include "vfs.h"

/* ---- shapes ---- */

static const struct shape {
	const char *name;
	struct efs_test_mkfs m;
	u32 overhead;
} shapes[] = {
	/* superblock, descriptors, 2 bitmaps, table of each group, and the boot block */
	{ "1k", { .block_size = 1024, .blocks = 4096 }, 1 + 2 + 2 + 256 },
	{ "1k_two_groups", { .block_size = 1024, .blocks = 12288 }, 1 + 2 * (2 + 2 + 256) },
	{ "1k_128", { .block_size = 1024, .blocks = 4096, .inode_size = 128 }, },
	{ "1k_rev0", { .block_size = 1024, .blocks = 4096, .rev0 = true }, },
	{ "1k_nosparse", { .block_size = 1024, .blocks = 8192, .bpg = 1024, .no_sparse = true } },
	{ "1k_meta_bg", { .block_size = 1024, .blocks = 8192, .bpg = 512, .ipg = 64,
			  .meta_bg = true } },
	{ "1k_no_filetype", { .block_size = 1024, .blocks = 3000, .no_filetype = true } },
	{ "2k", { .block_size = 2048, .blocks = 4096 } },
	{ "4k", { .block_size = 4096, .blocks = 2048 } },
	{ "4k_reserve", { .block_size = 4096, .blocks = 2048, .r_blocks = 100 } },
};

EFS_TEST_ROWS(shapes);

/* what statfs says, before and after there is a file, and without its own overhead */
static void shape(struct kunit *test)
{
	const struct shape *r = test->param_value;
	struct efsv *v = efsv_begin(test, &r->m, NULL);
	struct path root = { .mnt = v->mnt, .dentry = v->mnt->mnt_root };
	const struct efs_dsuper *ds = efsv_super(v);
	u32 free = le32_to_cpu(ds->s_free_blocks_count), blocks = r->m.blocks;
	struct kstatfs st = {}, df = {};

	KUNIT_ASSERT_EQ(test, vfs_statfs(&root, &st), 0);
	KUNIT_EXPECT_EQ(test, st.f_type, (long)EFS_MAGIC);
	KUNIT_EXPECT_EQ(test, st.f_bsize, (long)r->m.block_size);
	KUNIT_EXPECT_LT(test, st.f_blocks, (u64)blocks);
	if (r->overhead)
		KUNIT_EXPECT_EQ(test, st.f_blocks, (u64)blocks - r->overhead);
	KUNIT_EXPECT_EQ(test, st.f_bfree, (u64)free);
	KUNIT_EXPECT_EQ(test, st.f_bavail, (u64)free - r->m.r_blocks);
	KUNIT_EXPECT_EQ(test, st.f_files, (u64)le32_to_cpu(ds->s_inodes_count));
	KUNIT_EXPECT_EQ(test, st.f_ffree, (u64)le32_to_cpu(ds->s_free_inodes_count));
	KUNIT_EXPECT_EQ(test, st.f_namelen, (long)EFS_NAME_MAX);
	KUNIT_EXPECT_EQ(test, efsv_sb(v)->s_blocksize, (unsigned long)r->m.block_size);
	KUNIT_EXPECT_EQ(test, efsv_sb(v)->s_time_gran,
			r->m.rev0 || r->m.inode_size == 128 ? 1000000000u : 1u);

	KUNIT_EXPECT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	efsv_put(v, "d/f", 0, 5 * r->m.block_size, 1);
	/* the directory's block and five of data */
	KUNIT_EXPECT_EQ(test, efsv_free_blocks(v), (u64)free - 6);
	KUNIT_EXPECT_EQ(test, efsv_free_inodes(v), st.f_ffree - 2);

	efsv_again(v, "minixdf");
	root.mnt = v->mnt;
	root.dentry = v->mnt->mnt_root;
	KUNIT_ASSERT_EQ(test, vfs_statfs(&root, &df), 0);
	KUNIT_EXPECT_EQ(test, df.f_blocks, (u64)blocks);
	KUNIT_EXPECT_EQ(test, df.f_bfree, (u64)free - 6);
	KUNIT_EXPECT_EQ(test, df.f_fsid.val[0], st.f_fsid.val[0]);
	KUNIT_EXPECT_EQ(test, df.f_fsid.val[1], st.f_fsid.val[1]);
	efsv_get(v, "d/f", 0, 5 * r->m.block_size, 1);
	efsv_end(v);
}

/* ---- superblocks that lie ---- */

struct word {
	u32 off, size, val;
};

#define W(field, v) { offsetof(struct efs_dsuper, field), \
		      sizeof_field(struct efs_dsuper, field), v }

static const struct lie {
	const char *name;
	struct word w;
	int rw, ro;
} lies[] = {
	{ "magic", W(s_magic, 0xef54), -EINVAL, -EINVAL },
	{ "blocks_none", W(s_blocks_count, 0), -EINVAL, -EINVAL },
	{ "blocks_too_many", W(s_blocks_count, 4097), -EINVAL, -EINVAL },
	{ "inodes_none", W(s_inodes_count, 0), -EINVAL, -EINVAL },
	{ "inodes_other", W(s_inodes_count, 77), -EINVAL, -EINVAL },
	{ "first_data_block", W(s_first_data_block, 0), -EINVAL, -EINVAL },
	{ "log_block_size", W(s_log_block_size, 7), -EINVAL, -EINVAL },
	{ "log_block_size_huge", W(s_log_block_size, 0xffffffff), -EINVAL, -EINVAL },
	{ "bpg_none", W(s_blocks_per_group, 0), -EINVAL, -EINVAL },
	{ "bpg_many", W(s_blocks_per_group, 8200), -EINVAL, -EINVAL },
	{ "ipg_none", W(s_inodes_per_group, 0), -EINVAL, -EINVAL },
	{ "ipg_many", W(s_inodes_per_group, 9000), -EINVAL, -EINVAL },
	{ "inode_size_odd", W(s_inode_size, 200), -EINVAL, -EINVAL },
	{ "inode_size_large", W(s_inode_size, 2048), -EINVAL, -EINVAL },
	{ "first_ino", W(s_first_ino, 5), -EINVAL, -EINVAL },
	{ "incompat_extents", W(s_feature_incompat, 0x42), -EINVAL, -EINVAL },
	{ "incompat_recover", W(s_feature_incompat, 0x06), -EINVAL, -EINVAL },
	{ "incompat_unknown", W(s_feature_incompat, 0x80000002), -EINVAL, -EINVAL },
	{ "ro_compat_unknown", W(s_feature_ro_compat, 0x80000001), -EROFS, 0 },
	{ "ro_compat_csum", W(s_feature_ro_compat, 0x11), -EROFS, 0 },
	{ "compat_unknown", W(s_feature_compat, 0x80000000), 0, 0 },
	{ "creator_hurd", W(s_creator_os, 1), -EROFS, 0 },
	{ "revision_2", W(s_rev_level, 2), -EROFS, 0 },
	{ "not_clean", W(s_state, 0), 0, 0 },
	{ "with_errors", W(s_state, 2), 0, 0 },
	{ "mounted_often", W(s_max_mnt_count, 1), 0, 0 },
};

EFS_TEST_ROWS(lies);

static void lie(struct kunit *test)
{
	const struct lie *r = test->param_value;
	struct efsv *v = efsv_new(test, NULL);
	u8 *super = (u8 *)efsv_super(v);
	int err;
	u32 i;

	for (i = 0; i < r->w.size; i++)
		super[r->w.off + i] = r->w.val >> 8 * i;
	efsv_disk_settle(v->disk);
	err = efsv_mount(v, SB_RDONLY, NULL);
	KUNIT_EXPECT_EQ(test, err, r->ro);
	if (!err)
		efsv_umount(v);
	KUNIT_EXPECT_EQ(test, v->disk->writes, 0u);
	err = efsv_mount(v, 0, NULL);
	KUNIT_EXPECT_EQ(test, err, r->rw);
	if (!err)
		efsv_umount(v);
	else
		KUNIT_EXPECT_EQ(test, v->disk->writes, 0u);
	/* where a refused volume can be read, it cannot become writable by a remount */
	if (r->rw && !r->ro) {
		KUNIT_ASSERT_EQ(test, efsv_mount(v, SB_RDONLY, NULL), 0);
		KUNIT_EXPECT_EQ(test, efsv_remount(v, 0, NULL), -EROFS);
		KUNIT_EXPECT_TRUE(test, sb_rdonly(efsv_sb(v)));
	}
	v->no_fsck = true;
	efsv_end(v);
}

/* ---- damage behind a superblock that is good ---- */

enum damage {
	DESC_BITMAP, DESC_TABLE, ROOT_FREE, ROOT_FILE, READ_SUPER, READ_DESC, READ_ROOT, TINY
};

static const struct broken {
	const char *name;
	enum damage what;
	int err;
} broken[] = {
	{ "desc_bitmap", DESC_BITMAP, -EUCLEAN },
	{ "desc_table", DESC_TABLE, -EUCLEAN },
	{ "root_free", ROOT_FREE, -EUCLEAN },
	{ "root_file", ROOT_FILE, -EUCLEAN },
	{ "read_super", READ_SUPER, -EIO },
	{ "read_desc", READ_DESC, -EIO },
	{ "read_root", READ_ROOT, -EIO },
	{ "tiny_device", TINY, -EINVAL },
};

EFS_TEST_ROWS(broken);

static void refused(struct kunit *test)
{
	const struct broken *r = test->param_value;
	struct efsv *v = efsv_new(test, NULL);
	struct efsv_disk *d = v->disk;
	u64 root = efsv_slot_at(v, EFS_ROOT_INO);
	int err;

	switch (r->what) {
	case DESC_BITMAP:
		efsv_desc(v, 0)->bg_block_bitmap = cpu_to_le32(9999);
		break;
	case DESC_TABLE:
		efsv_desc(v, 0)->bg_inode_table = cpu_to_le32(4000);
		break;
	case ROOT_FREE:
		efsv_slot(v, EFS_ROOT_INO)->i_links_count = 0;
		break;
	case ROOT_FILE:
		efsv_slot(v, EFS_ROOT_INO)->i_mode = cpu_to_le16(0100644);
		break;
	case READ_SUPER:
		efsv_disk_fail(d, READ, EFS_SUPER_OFFSET, EFS_SUPER_OFFSET + 1024, 100);
		break;
	case READ_DESC:
		efsv_disk_fail(d, READ, 2048, 3072, 100);
		break;
	case READ_ROOT:
		efsv_disk_fail(d, READ, root, root + 1, 100);
		break;
	case TINY:
		efsv_disk_reset(d, 512);
		break;
	}
	err = efsv_mount(v, 0, NULL);
	KUNIT_EXPECT_TRUE_MSG(test, err == r->err || (r->err == -EUCLEAN && err == -EINVAL),
			      "%d", err);
	if (!err)
		efsv_umount(v);
	/* a device that only did not answer is good again */
	if (r->err == -EIO) {
		efsv_disk_mend(d);
		KUNIT_ASSERT_EQ(test, efsv_mount(v, 0, NULL), 0);
	} else {
		v->no_fsck = true;
	}
	efsv_end(v);
}

/* ---- options ---- */

static const struct option {
	const char *name, *opts;
	int err;
	const char *shown;
} options[] = {
	{ "none", "", 0, "" },
	{ "bsddf", "bsddf", 0, "" },
	{ "minixdf", "minixdf", 0, ",minixdf" },
	{ "last_one_counts", "minixdf,bsddf", 0, "" },
	{ "debug", "debug", 0, ",debug" },
	{ "errors_continue", "errors=continue", 0, ",errors=continue" },
	{ "errors_ro", "errors=remount-ro", 0, ",errors=remount-ro" },
	{ "errors_panic", "errors=panic", 0, ",errors=panic" },
	{ "errors_bad", "errors=perhaps", -EINVAL, NULL },
	{ "errors_none", "errors", -EINVAL, NULL },
	{ "grpid", "grpid", 0, ",grpid" },
	{ "bsdgroups", "bsdgroups", 0, ",grpid" },
	{ "nogrpid", "nogrpid", 0, "" },
	{ "sysvgroups", "grpid,sysvgroups", 0, "" },
	{ "nouid32", "nouid32", 0, ",nouid32" },
	{ "resuid", "resuid=1000", 0, ",resuid=1000" },
	{ "resgid", "resgid=70000", 0, ",resgid=70000" },
	{ "resuid_bad", "resuid=4294967295", -EINVAL, NULL },
	{ "resuid_word", "resuid=root", -EINVAL, NULL },
	{ "sb", "sb=1", 0, "" },
	{ "sb_none_there", "sb=7", -EINVAL, NULL },
	{ "sb_beyond", "sb=4096", -EINVAL, NULL },
	{ "acl", "acl,user_xattr", 0, "" },
	{ "noacl", "noacl,nouser_xattr", 0, "" },
	{ "reservation", "reservation,noreservation", 0, "" },
	{ "oldalloc", "oldalloc,orlov,nobh,noquota,nocheck", 0, "" },
	{ "check_none", "check=none", 0, "" },
	{ "check_strict", "check=strict", -EINVAL, NULL },
	{ "unknown", "data=journal", -EINVAL, NULL },
	{ "many", "grpid,minixdf,errors=continue,resuid=1,resgid=2", 0,
	  ",minixdf,grpid,resuid=1,resgid=2,errors=continue" },
};

EFS_TEST_ROWS(options);

static void option(struct kunit *test)
{
	const struct option *r = test->param_value;
	struct efsv *v = efsv_new(test, NULL);
	char shown[256];
	int err = efsv_mount(v, 0, r->opts);

	KUNIT_ASSERT_EQ(test, err, r->err);
	if (!err) {
		efsv_options(v, shown, sizeof(shown));
		KUNIT_EXPECT_STREQ(test, shown, r->shown);
		/* what is shown can be given back */
		efsv_again(v, shown[0] ? shown + 1 : NULL);
		efsv_options(v, shown, sizeof(shown));
		KUNIT_EXPECT_STREQ(test, shown, r->shown);
	}
	efsv_end(v);
}

static const struct remount {
	const char *name, *first;
	bool first_ro;
	const char *then;
	bool then_ro;
	int err;
	const char *shown;
} remounts[] = {
	{ "to_ro", "", false, "", true, 0, "" },
	{ "to_rw", "", true, "", false, 0, "" },
	{ "ro_to_ro", "", true, "", true, 0, "" },
	{ "rw_to_rw", "grpid", false, "", false, 0, ",grpid" },
	{ "errors", "errors=continue", false, "errors=remount-ro", false, 0,
	  ",errors=remount-ro" },
	{ "nogrpid", "grpid", false, "nogrpid", false, 0, "" },
	{ "resuid", "resuid=5", false, "resuid=0,resgid=6", false, 0, ",resgid=6" },
	{ "sb_same", "", false, "sb=1", false, 0, "" },
	{ "sb_other", "", false, "sb=8193", false, -EINVAL, "" },
	{ "nouid32", "", false, "nouid32", false, -EINVAL, "" },
	{ "nouid32_kept", "nouid32", false, "nouid32", false, 0, ",nouid32" },
	{ "unknown", "minixdf", false, "nonsense", true, -EINVAL, ",minixdf" },
};

EFS_TEST_ROWS(remounts);

static void remount(struct kunit *test)
{
	const struct remount *r = test->param_value;
	struct efsv *v = efsv_new(test, NULL);
	bool ro;
	char shown[256];

	KUNIT_ASSERT_EQ(test, efsv_mount(v, r->first_ro ? SB_RDONLY : 0, r->first), 0);
	if (!r->first_ro)
		efsv_put(v, "before", 0, 3000, 1);
	KUNIT_ASSERT_EQ(test, efsv_remount(v, r->then_ro ? SB_RDONLY : 0, r->then), r->err);
	efsv_options(v, shown, sizeof(shown));
	KUNIT_EXPECT_STREQ(test, shown, r->shown);
	ro = r->err ? r->first_ro : r->then_ro;
	KUNIT_EXPECT_EQ(test, sb_rdonly(efsv_sb(v)), ro);
	KUNIT_EXPECT_EQ(test, efsv_create(v, "after", 0644), ro ? -EROFS : 0);
	/* a volume that is not written to is clean, also after a power cut */
	KUNIT_EXPECT_EQ(test, le16_to_cpu(efsv_super(v)->s_state), ro ? EFS_STATE_VALID : 0);
	if (ro)
		efsv_dump(v, "read-only");
	if (!r->first_ro)
		efsv_get(v, "before", 0, 3000, 1);
	efsv_end(v);
}

/* ---- marks ---- */

/* who mounts to write takes the mark "clean" away and puts it back at the end */
static void clean_mark(struct kunit *test)
{
	struct efsv *v = efsv_new(test, NULL);
	struct efs_dsuper *ds = efsv_super(v);
	const struct efs_dsuper *stable = (void *)(v->disk->stable + EFS_SUPER_OFFSET);
	u32 i;

	for (i = 1; i <= 3; i++) {
		KUNIT_ASSERT_EQ(test, efsv_mount(v, 0, NULL), 0);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(ds->s_state), 0);
		/* beyond the reach of a power cut before anything else is written */
		KUNIT_EXPECT_EQ(test, le16_to_cpu(stable->s_state), 0);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(ds->s_mnt_count), i);
		efsv_umount(v);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(ds->s_state), EFS_STATE_VALID);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(stable->s_state), EFS_STATE_VALID);
	}
	/* a volume that was not clean is not made so by being mounted */
	ds->s_state = 0;
	KUNIT_ASSERT_EQ(test, efsv_mount(v, 0, NULL), 0);
	efsv_umount(v);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ds->s_state), 0);
	ds->s_state = cpu_to_le16(EFS_STATE_VALID);
	efsv_end(v);
}

/* reading changes nothing, not by a bit */
static void read_only(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct kstat st;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	efsv_put(v, "d/f", 0, 20000, 1);
	KUNIT_ASSERT_EQ(test, efsv_symlink(v, "d/l", "f"), 0);
	efsv_umount(v);
	v->disk->writes = 0;
	KUNIT_ASSERT_EQ(test, efsv_mount(v, SB_RDONLY, NULL), 0);
	efsv_get(v, "d/f", 0, 20000, 1);
	KUNIT_EXPECT_EQ(test, efsv_stat(v, "d/l", &st), 0);
	KUNIT_EXPECT_EQ(test, efsv_unlink(v, "d/f"), -EROFS);
	KUNIT_EXPECT_EQ(test, efsv_chmod(v, "d", 0700), -EROFS);
	KUNIT_EXPECT_EQ(test, efsv_truncate(v, "d/f", 0), -EROFS);
	efsv_forget(v);
	efsv_umount(v);
	KUNIT_EXPECT_EQ(test, v->disk->writes, 0u);
	efsv_end(v);
}

/* the same device twice is the same super block; the second one cannot differ in ro */
static void twice(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct vfsmount *first = v->mnt;

	KUNIT_EXPECT_EQ(test, efsv_mount(v, SB_RDONLY, NULL), -EBUSY);
	KUNIT_ASSERT_EQ(test, efsv_mount(v, 0, NULL), 0);
	KUNIT_EXPECT_PTR_EQ(test, v->mnt->mnt_sb, first->mnt_sb);
	mntput(first);
	efsv_put(v, "f", 0, 100, 1);
	efsv_end(v);
}

static struct kunit_case super_cases[] = {
	KUNIT_CASE_PARAM(shape, shapes_gen_params),
	KUNIT_CASE_PARAM(lie, lies_gen_params),
	KUNIT_CASE_PARAM(refused, broken_gen_params),
	KUNIT_CASE_PARAM(option, options_gen_params),
	KUNIT_CASE_PARAM(remount, remounts_gen_params),
	KUNIT_CASE(clean_mark),
	KUNIT_CASE(read_only),
	KUNIT_CASE(twice),
	{}
};

EFSV_SUITE(super, super_cases);
