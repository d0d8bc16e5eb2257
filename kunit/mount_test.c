// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a mounted volume: mount, upkeep of the superblock, errors, unmount.
 *
 * Tests: core/engine/super.c core/engine/error.c
 */
#include "super_patch.h"

#define KIB 1024u

static const struct efs_test_mkfs small = { .block_size = 1024, .blocks = 20000, .files = 2 };
static const struct efs_mount_opts rdonly = { .rdonly = true, .sb_block = 1 };

/* the superblock as it is on the disk */
static struct efs_dsuper *disk(struct efs_test_fs *fs)
{
	struct efs_dsuper *ds = kunit_kzalloc(fs->test, sizeof(*ds), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(fs->test, ds);
	efs_test_dev_read(fs->dev, EFS_SUPER_OFFSET, ds, sizeof(*ds));
	return ds;
}

static u16 disk_state(struct efs_test_fs *fs)
{
	return le16_to_cpu(disk(fs)->s_state);
}

/* change a word of the superblock on the disk; nothing is mounted */
static void disk_patch(struct efs_test_fs *fs, struct patch p)
{
	struct efs_dsuper *ds = disk(fs);

	apply((u8 *)ds, &p);
	efs_test_dev_write(fs->dev, EFS_SUPER_OFFSET, ds, sizeof(*ds));
}

#define DISK_PATCH(fs, field, val) disk_patch(fs, (struct patch)P(field, val))

static struct efs_test_fs *formatted(struct kunit *test, const struct efs_test_mkfs *m)
{
	struct efs_test_fs *fs = efs_test_fs_new(test, m->block_size, m->blocks);

	efs_test_format(fs->dev, m);
	return fs;
}

static void clean_cycle(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_dsuper *ds;

	fs->dev->now = 0x123456789ll;
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	ds = disk(fs);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ds->s_state), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ds->s_mnt_count), 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_mtime), 0x23456789);
	KUNIT_EXPECT_EQ(test, ds->s_mtime_hi, 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_wtime), 0x23456789);
	KUNIT_EXPECT_EQ(test, ds->s_wtime_hi, 1);
	fs->dev->now++;
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	ds = disk(fs);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ds->s_state), EFS_STATE_VALID);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_mtime), 0x23456789);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_wtime), 0x2345678a);
	efs_test_end(fs);
}

static void read_only(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_test_inode *root;

	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &rdonly), 0);
	KUNIT_ASSERT_EQ(test, efs_test_iget(fs, EFS_ROOT_INO, &root), 0);
	KUNIT_EXPECT_EQ(test, efs_inode_store(&root->core, NULL, true), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_test_create(root, "x", EFS_S_IFREG, NULL), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_sync_super(&fs->sb, true), 0);
	efs_set_last_mounted(&fs->sb, "/mnt", 4);
	KUNIT_EXPECT_EQ(test, efs_freeze(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, efs_thaw(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	/* even an error is only told */
	KUNIT_EXPECT_EQ(test, efs_bad(&fs->sb, EFS_C_INO_MODE, 12, 0, 0), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_INO_MODE));
	efs_test_iput(root);
	efs_test_umount(fs);
	KUNIT_EXPECT_EQ(test, fs->dev->dirtied, 0);
	KUNIT_EXPECT_EQ(test, fs->dev->writes, 0);
	efs_test_end(fs);
}

static void unclean_stays_unclean(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);

	DISK_PATCH(fs, s_state, 0);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), 0);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, efs_freeze(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), 0);
	KUNIT_EXPECT_EQ(test, efs_thaw(&fs->sb), 0);
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	KUNIT_EXPECT_EQ(test, disk_state(fs), 0);
	efs_test_end_dirty(fs);
}

static void remount(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_test_inode *ti;

	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &rdonly), 0);
	KUNIT_ASSERT_EQ(test, efs_mark_rw(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), 0);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(disk(fs)->s_mnt_count), 1);

	/* a window is open when the volume turns read-only: its blocks are given back */
	ti = efs_test_file(fs, 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, 0, "a", 1), 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, KIB, "b", 1), 0);
	KUNIT_EXPECT_EQ(test, efs_test_store(ti), 0);
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.reserved_windows), 0);
	efs_test_flush(fs->dev);
	KUNIT_EXPECT_EQ(test, disk_state(fs), EFS_STATE_VALID);
	KUNIT_EXPECT_EQ(test, efs_test_fsck(fs->dev), 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, 2 * KIB, "c", 1), -EROFS);
	efs_test_iput(ti);

	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(disk(fs)->s_mnt_count), 2);
	efs_test_end(fs);
}

static void freeze(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &small);

	KUNIT_EXPECT_EQ(test, efs_freeze(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), EFS_STATE_VALID);
	KUNIT_EXPECT_EQ(test, efs_test_fsck(fs->dev), 0);
	/* sync(2) meets frozen volumes, too */
	KUNIT_EXPECT_EQ(test, efs_sync_super(&fs->sb, true), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), EFS_STATE_VALID);
	KUNIT_EXPECT_EQ(test, efs_thaw(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), 0);
	KUNIT_EXPECT_EQ(test, efs_thaw(&fs->sb), 0);
	efs_test_end(fs);
}

/* each write of the superblock can fail; the state stays what it was */
static void write_errors(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);

	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_test_mount(fs, NULL), -EIO);
	KUNIT_EXPECT_EQ(test, fs->dev->live_bufs + fs->dev->live_allocs + fs->dev->live_ctrs, 0);
	efs_test_power_cut(fs->dev);

	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_freeze(&fs->sb), -EIO);
	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), -EIO);
	KUNIT_EXPECT_EQ(test, efs_writable(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, efs_sync_super(&fs->sb, true), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), 0);
	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_sync_super(&fs->sb, true), -EIO);
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), -EIO);
	KUNIT_EXPECT_EQ(test, efs_writable(&fs->sb), -EROFS);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
	efs_test_end_dirty(fs);
}

static const struct fault_row {
	const char *name;
	enum efs_test_fault fault;
	int err;
} fault_rows[] = {
	{ "alloc", EFS_TEST_ALLOC, -ENOMEM },
	{ "read", EFS_TEST_READ, -EIO },
	{ "write", EFS_TEST_WRITE, -EIO },
};

EFS_TEST_ROWS(fault_rows);

/* the n-th call fails: the mount does, everything is released, the next one works */
static void mount_faults(struct kunit *test)
{
	const struct fault_row *r = test->param_value;
	struct efs_test_fs *fs = formatted(test, &small);
	u32 n, failed = 0;

	for (n = 1; n < 100; n++) {
		int err;

		fs->dev->fail[r->fault] = n;
		err = efs_test_mount(fs, NULL);
		if (!err)
			break;
		KUNIT_EXPECT_EQ_MSG(test, err, r->err, "call %u", n);
		KUNIT_EXPECT_EQ(test, fs->dev->live_bufs, 0);
		KUNIT_EXPECT_EQ(test, fs->dev->live_allocs, 0);
		KUNIT_EXPECT_EQ(test, fs->dev->live_ctrs, 0);
		efs_test_power_cut(fs->dev);
		failed++;
	}
	KUNIT_EXPECT_GT(test, failed, 0);
	KUNIT_EXPECT_LT(test, failed, 20);
	fs->dev->fail[r->fault] = 0;
	efs_test_end(fs);
}

static const struct refuse_row {
	const char *name;
	struct patch patch[2];
	int rw, ro;
	enum efs_code why;
} refuse_rows[] = {
	{ "ro_compat", { P(s_feature_ro_compat, 0x41) }, -EROFS, 0, EFS_C_SB_RO_COMPAT },
	{ "hurd", { P(s_creator_os, EFS_OS_HURD) }, -EROFS, 0, EFS_C_SB_CREATOR },
	{ "masix", { P(s_creator_os, EFS_OS_MASIX) }, -EROFS, 0, EFS_C_SB_CREATOR },
	{ "revision", { P(s_rev_level, 2) }, -EROFS, 0, EFS_C_SB_REV },
	{ "incompat", { P(s_feature_incompat, 0x42) }, -EINVAL, -EINVAL, EFS_C_SB_INCOMPAT },
	{ "freebsd", { P(s_creator_os, EFS_OS_FREEBSD) }, 0, 0, EFS_C_OK },
};

EFS_TEST_ROWS(refuse_rows);

static void refuse(struct kunit *test)
{
	const struct refuse_row *r = test->param_value;
	struct efs_test_fs *fs = formatted(test, &small);

	disk_patch(fs, r->patch[0]);
	KUNIT_EXPECT_EQ(test, efs_test_mount(fs, NULL), r->rw);
	KUNIT_EXPECT_EQ(test, fs->why, r->why);
	if (!r->rw)
		efs_test_umount(fs);
	KUNIT_EXPECT_EQ(test, efs_test_mount(fs, &rdonly), r->ro);
	if (!r->ro) {
		KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), r->rw);
		KUNIT_EXPECT_EQ(test, fs->sb.nouid32, test->param_index == 2);
	}
	efs_test_end_dirty(fs);
}

/* the bytes the home read are not the bytes the core reads */
static void changed_during_mount(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_mount_opts o = { .sb_block = 1 };
	struct efs_geo geo;

	KUNIT_ASSERT_EQ(test, efs_super_parse(disk(fs), fs->dev->bytes, &geo), EFS_C_OK);
	fs->sb.port.dev = fs->dev;
	DISK_PATCH(fs, s_blocks_count, 19000);
	KUNIT_EXPECT_EQ(test, efs_mount(&fs->sb, &geo, &o, &fs->why), -EINVAL);
	KUNIT_EXPECT_EQ(test, fs->why, EFS_C_SB_CHANGED);
	DISK_PATCH(fs, s_magic, 0);
	KUNIT_EXPECT_EQ(test, efs_mount(&fs->sb, &geo, &o, &fs->why), -EINVAL);
	KUNIT_EXPECT_EQ(test, fs->why, EFS_C_SB_CHANGED);
	efs_test_end_dirty(fs);
}

static void super_copies(struct kunit *test)
{
	static const u32 wrong[] = { 0, 2, 3, 8192, 8194, 20000, 0xffffffff };
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_mount_opts o = { .sb_block = 8193 };
	struct efs_geo geo;
	u32 i;

	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &o), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.sb_blk, 8193);
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	/* the copy was written, the original was not */
	KUNIT_EXPECT_EQ(test, le16_to_cpu(disk(fs)->s_mnt_count), 0);

	KUNIT_ASSERT_EQ(test, efs_super_parse(disk(fs), fs->dev->bytes, &geo), EFS_C_OK);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		o.sb_block = wrong[i];
		KUNIT_EXPECT_EQ_MSG(test, efs_mount(&fs->sb, &geo, &o, &fs->why), -EINVAL,
				    "block %u", wrong[i]);
		KUNIT_EXPECT_EQ(test, fs->why, EFS_C_SB_GDT);
	}
	efs_test_end_dirty(fs);
}

static void bad_descriptor(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_dgroup gd[3], bad;

	efs_test_dev_read(fs->dev, 2 * KIB, gd, sizeof(gd));
	bad = gd[1];
	bad.bg_inode_table = gd[0].bg_inode_table;
	efs_test_dev_write(fs->dev, 2 * KIB + sizeof(bad), &bad, sizeof(bad));
	KUNIT_EXPECT_EQ(test, efs_test_mount(fs, NULL), -EFSCORRUPTED);
	KUNIT_EXPECT_EQ(test, fs->why, EFS_C_BG_INODE_TABLE);
	KUNIT_EXPECT_EQ(test, efs_test_mount(fs, &rdonly), -EFSCORRUPTED);
	efs_test_dev_write(fs->dev, 2 * KIB, gd, sizeof(gd));
	KUNIT_EXPECT_EQ(test, efs_test_mount(fs, NULL), 0);
	efs_test_end(fs);
}

/* the root of a boot: mounted read-only, repaired below us, then made writable */
static void repaired_below(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_buf *b;
	struct efs_dgroup *gd;
	u32 free;

	DISK_PATCH(fs, s_state, 0);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &rdonly), 0);
	gd = efs_group_desc(&fs->sb, 1, &b);
	free = le16_to_cpu(gd->bg_free_blocks_count);
	gd->bg_free_blocks_count = cpu_to_le16((u16)(free - 10));
	fs->sb.ds->s_state = cpu_to_le16(EFS_STATE_VALID);
	fs->sb.ds->s_r_blocks_count = cpu_to_le32(77);
	fs->sb.groups[1].flags = EFS_GROUP_BAD_BLOCKS;
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.groups[1].free_blocks, free - 10);
	KUNIT_EXPECT_EQ(test, fs->sb.groups[1].flags, 0);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks),
			fs->sb.groups[0].free_blocks + fs->sb.groups[1].free_blocks +
			fs->sb.groups[2].free_blocks);
	KUNIT_EXPECT_EQ(test, fs->sb.geo.r_blocks, 77);
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs), EFS_STATE_VALID);

	/* a volume that became another one is not written */
	fs->sb.ds->s_blocks_per_group = cpu_to_le32(4096);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), -EROFS);
	fs->sb.ds->s_blocks_per_group = cpu_to_le32(8192);
	gd->bg_inode_bitmap = cpu_to_le32(le32_to_cpu(gd->bg_inode_bitmap) + 1);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), -EROFS);
	efs_test_end_dirty(fs);
}

static void error_record(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	struct efs_dsuper *ds;

	KUNIT_ASSERT_EQ(test, fs->sb.errors, EFS_ERRORS_CONTINUE);
	fs->dev->now = 0x1ffffffffll;
	KUNIT_EXPECT_EQ(test, __efs_bad(&fs->sb, EFS_C_INO_MODE, 12, 345, 6, "short", 78),
			-EFSCORRUPTED);
	KUNIT_EXPECT_EQ(test, efs_writable(&fs->sb), 0);
	/* the first one is on disk at once */
	ds = disk(fs);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ds->s_state), EFS_STATE_ERROR);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_error_count), 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_first_error_time), 0xffffffff);
	KUNIT_EXPECT_EQ(test, ds->s_first_error_time_hi, 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_first_error_ino), 12);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(ds->s_first_error_block), 345);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_first_error_line), 78);
	KUNIT_EXPECT_EQ(test, ds->s_first_error_errcode, 5);
	KUNIT_EXPECT_MEMEQ(test, ds->s_first_error_func, "short\0\0", 8);

	fs->dev->now = 5;
	__efs_bad(&fs->sb, EFS_C_INO_MODE, 13, 346, 6, "a_name_of_more_than_thirty_two_bytes", 79);
	efs_test_flush(fs->dev);
	ds = disk(fs);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_error_count), 2);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_first_error_ino), 12);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_last_error_ino), 13);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_last_error_time), 5);
	KUNIT_EXPECT_EQ(test, ds->s_last_error_time_hi, 0);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(ds->s_last_error_block), 346);
	KUNIT_EXPECT_MEMEQ(test, ds->s_last_error_func, "a_name_of_more_than_thirty_two_b", 32);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_INO_MODE));

	/* clean, but with errors on record */
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	KUNIT_EXPECT_EQ(test, disk_state(fs), EFS_STATE_VALID | EFS_STATE_ERROR);
	efs_test_end_dirty(fs);
}

static const struct policy_row {
	const char *name;
	u16 disk, opt, errors;
} policy_rows[] = {
	{ "continue", EFS_ERRORS_CONTINUE, 0, EFS_ERRORS_CONTINUE },
	{ "remount_ro", EFS_ERRORS_RO, 0, EFS_ERRORS_RO },
	{ "panic", EFS_ERRORS_PANIC, 0, EFS_ERRORS_PANIC },
	{ "unset", 0, 0, EFS_ERRORS_RO },
	{ "garbage", 77, 0, EFS_ERRORS_RO },
	{ "option", EFS_ERRORS_PANIC, EFS_ERRORS_CONTINUE, EFS_ERRORS_CONTINUE },
	{ "option_ro", EFS_ERRORS_CONTINUE, EFS_ERRORS_RO, EFS_ERRORS_RO },
};

EFS_TEST_ROWS(policy_rows);

static void error_policy(struct kunit *test)
{
	const struct policy_row *r = test->param_value;
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_mount_opts o = { .sb_block = 1, .errors = r->opt };
	bool stops = r->errors != EFS_ERRORS_CONTINUE;
	struct efs_test_inode *ti;

	DISK_PATCH(fs, s_errors, r->disk);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &o), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.errors, r->errors);
	ti = efs_test_file(fs, 0);
	efs_bad(&fs->sb, EFS_C_MAP_BLOCK, 12, 0, 0);
	KUNIT_EXPECT_EQ(test, efs_writable(&fs->sb), stops ? -EROFS : 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, 0, "x", 1), stops ? -EROFS : 0);
	/* what was begun before may be finished */
	KUNIT_EXPECT_EQ(test, efs_inode_store(&ti->core, NULL, false), 0);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_MAP_BLOCK));
	efs_test_iput(ti);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), stops ? -EROFS : 0);
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, disk_state(fs),
			EFS_STATE_ERROR | (stops ? 0 : EFS_STATE_VALID));
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), stops ? -EROFS : 0);
	if (stops) {
		/* e2fsck was here */
		fs->sb.ds->s_state = cpu_to_le16(EFS_STATE_VALID);
		KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
		KUNIT_EXPECT_EQ(test, efs_writable(&fs->sb), 0);
	}
	efs_test_end_dirty(fs);
}

static const struct warn_row {
	const char *name;
	struct patch patch[3];
	const char *text;
} warn_rows[] = {
	{ "none", { P(s_max_mnt_count, 0xffff) }, NULL },
	{ "unclean", { P(s_state, 0) }, "not unmounted cleanly" },
	{ "errors", { P(s_state, 3) }, "errors on record" },
	{ "mounts", { P(s_max_mnt_count, 5), P(s_mnt_count, 5) }, "mount count" },
	{ "mounts_left", { P(s_max_mnt_count, 5), P(s_mnt_count, 4) }, NULL },
	{ "time", { P(s_checkinterval, 100), P(s_lastcheck, 1000) }, "time for a check" },
	{ "time_left", { P(s_checkinterval, 0x80000000), P(s_lastcheck, 0xf0000000) }, NULL },
	{ "orphans", { P(s_last_orphan, 12) }, "deleted files" },
	{ "journal", { P(s_feature_compat, 4) }, "journal" },
};

EFS_TEST_ROWS(warn_rows);

static bool contains(const char *text, const char *part)
{
	size_t n = strlen(part);

	for (; *text; text++)
		if (!strncmp(text, part, n))
			return true;
	return false;
}

static void warnings(struct kunit *test)
{
	const struct warn_row *r = test->param_value;
	struct efs_test_fs *fs = formatted(test, &small);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(r->patch); i++)
		disk_patch(fs, r->patch[i]);
	fs->dev->log_text[0] = '\0';
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &rdonly), 0);
	KUNIT_EXPECT_STREQ(test, fs->dev->log_text, "");
	KUNIT_ASSERT_EQ(test, efs_mark_rw(&fs->sb), 0);
	if (r->text)
		KUNIT_EXPECT_TRUE_MSG(test, contains(fs->dev->log_text, r->text), "\"%s\"",
				      fs->dev->log_text);
	else
		KUNIT_EXPECT_STREQ(test, fs->dev->log_text, "");
	efs_test_end_dirty(fs);
}

static void large_file(struct kunit *test)
{
	static const struct efs_test_mkfs old = {
		.block_size = 1024, .blocks = 20000, .files = 1, .rev0 = true,
	};
	struct efs_test_fs *fs = efs_test_begin(test, &old);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	struct efs_dsuper *ds;

	KUNIT_EXPECT_EQ(test, efs_test_write(ti, 0x7ffffffe, "x", 1), 0);
	KUNIT_EXPECT_EQ(test, efs_inode_store(&ti->core, NULL, false), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(disk(fs)->s_rev_level), 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, 0x7fffffff, "x", 1), 0);
	KUNIT_EXPECT_EQ(test, efs_inode_store(&ti->core, NULL, false), 0);
	ds = disk(fs);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_rev_level), 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_first_ino), 11);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ds->s_inode_size), 128);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->s_feature_ro_compat), EFS_RO_COMPAT_LARGE_FILE);
	KUNIT_EXPECT_EQ(test, efs_need_large_file(&fs->sb), 0);
	efs_test_iput(ti);
	/* what we changed ourselves is no reason to refuse */
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
	efs_test_remount(fs);
	ti = efs_test_file(fs, 0);
	KUNIT_EXPECT_EQ(test, ti->attr.size, 0x80000000ull);
	efs_test_iput(ti);
	efs_test_end(fs);
}

static void last_mounted(struct kunit *test)
{
	static const char path[] =
		"/a/path/that/is/longer/than/the/sixty-four/bytes/a/superblock/keeps/for/it";
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	u32 dirtied;

	efs_set_last_mounted(&fs->sb, path, sizeof(path) - 1);
	efs_test_flush(fs->dev);
	KUNIT_EXPECT_MEMEQ(test, disk(fs)->s_last_mounted, path, 63);
	KUNIT_EXPECT_EQ(test, disk(fs)->s_last_mounted[63], 0);
	efs_set_last_mounted(&fs->sb, "/mnt", 4);
	dirtied = fs->dev->dirtied;
	efs_set_last_mounted(&fs->sb, "/mnt", 4);
	KUNIT_EXPECT_EQ(test, fs->dev->dirtied, dirtied);
	efs_test_flush(fs->dev);
	KUNIT_EXPECT_MEMEQ(test, disk(fs)->s_last_mounted, "/mnt\0path", 5);
	KUNIT_EXPECT_EQ(test, disk(fs)->s_last_mounted[6], 0);
	efs_test_end(fs);
}

static void statfs(struct kunit *test)
{
	static const struct efs_test_mkfs m = {
		.block_size = 1024, .blocks = 20000, .files = 1, .r_blocks = 1000,
	};
	struct efs_test_fs *fs = efs_test_begin(test, &m);
	struct efs_test_inode *ti;
	struct efs_statfs a, b;
	u32 reads = fs->dev->calls[EFS_TEST_READ], free;

	efs_statfs(&fs->sb, &a);
	KUNIT_EXPECT_EQ(test, fs->dev->calls[EFS_TEST_READ], reads);
	KUNIT_EXPECT_EQ(test, a.blocks + a.overhead, 20000);
	KUNIT_EXPECT_EQ(test, a.bavail, a.bfree - 1000);
	KUNIT_EXPECT_EQ(test, a.files, fs->sb.geo.inodes_count);
	KUNIT_EXPECT_EQ(test, a.ffree, efs_ctr_sum(&fs->sb.free_inodes));

	/* blocks of a window are free to the user, and used in the superblock */
	ti = efs_test_file(fs, 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, 0, "a", 1), 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, KIB, "b", 1), 0);
	KUNIT_EXPECT_GT(test, efs_ctr_sum(&fs->sb.reserved_windows), 0);
	efs_statfs(&fs->sb, &b);
	KUNIT_EXPECT_EQ(test, b.bfree, a.bfree - 2);
	KUNIT_EXPECT_EQ(test, efs_sync_super(&fs->sb, true), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(disk(fs)->s_free_blocks_count),
			b.bfree - efs_ctr_sum(&fs->sb.reserved_windows));
	efs_test_iput(ti);
	efs_test_counts(fs, &free);
	KUNIT_EXPECT_EQ(test, b.bfree, free);

	fs->sb.geo.r_blocks = 20000;
	efs_statfs(&fs->sb, &b);
	KUNIT_EXPECT_EQ(test, b.bavail, 0);
	efs_test_end(fs);
}

/* descriptors that take all blocks for free ones: never more free than there are */
static void statfs_lied(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_dgroup gd[3];
	struct efs_statfs st;
	u32 g;

	efs_test_dev_read(fs->dev, 2 * KIB, gd, sizeof(gd));
	for (g = 0; g < ARRAY_SIZE(gd); g++) {
		gd[g].bg_free_blocks_count = cpu_to_le16(0xffff);
		gd[g].bg_free_inodes_count = cpu_to_le16(0xffff);
	}
	efs_test_dev_write(fs->dev, 2 * KIB, gd, sizeof(gd));
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &rdonly), 0);
	efs_statfs(&fs->sb, &st);
	KUNIT_EXPECT_EQ(test, st.bfree, st.blocks);
	KUNIT_EXPECT_LE(test, st.bavail, st.bfree);
	KUNIT_EXPECT_EQ(test, st.ffree, st.files);
	efs_test_end_dirty(fs);
}

static void options(struct kunit *test)
{
	struct efs_test_fs *fs = formatted(test, &small);
	struct efs_mount_opts o = {
		.sb_block = 1, .have_resuid = true, .resuid = 70000, .nouid32 = true,
	};

	DISK_PATCH(fs, s_def_resuid, 5);
	DISK_PATCH(fs, s_def_resgid, 6);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &o), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.resuid, 70000);
	KUNIT_EXPECT_EQ(test, fs->sb.resgid, 6);
	KUNIT_EXPECT_TRUE(test, fs->sb.nouid32);
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.resuid, 5);
	KUNIT_EXPECT_FALSE(test, fs->sb.nouid32);
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	DISK_PATCH(fs, s_default_mount_opts, EFS_DEFM_UID16);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	KUNIT_EXPECT_TRUE(test, fs->sb.nouid32);
	efs_test_end(fs);
}

/* ---- volumes of mke2fs ---- */

static const struct image_row {
	const char *name;
	u32 block_size, blocks;
	const char *args;
	bool ro;
} image_rows[] = {
	{ "default_1k", 1024, 40000, "" },
	{ "default_4k", 4096, 70000, "" },
	{ "64k", 65536, 2048, "" },
	{ "inode_128", 1024, 20000, "-I 128" },
	{ "inode_1024", 2048, 20000, "-I 1024" },
	{ "rev0", 1024, 20000, "-r 0" },
	{ "bare", 1024, 60000, "-O none" },
	{ "no_sparse", 1024, 60000, "-O ^sparse_super,^resize_inode" },
	{ "sparse2", 1024, 60000, "-O sparse_super2,^resize_inode -g 1024" },
	{ "sparse2_resize", 1024, 60000, "-O sparse_super2 -E num_backup_sb=1 -g 1024" },
	{ "meta_bg", 1024, 60000, "-O meta_bg,^resize_inode -g 1024" },
	{ "meta_bg_4k", 4096, 300000, "-O meta_bg,^resize_inode -g 1024" },
	{ "small_groups", 1024, 30000, "-g 256 -N 3000" },
	{ "few_inodes", 4096, 70000, "-N 100" },
	{ "resize", 1024, 20000, "-E resize=1000000" },
	{ "journal", 1024, 40000, "-O has_journal" },
	{ "hurd", 1024, 20000, "-o hurd", true },
	{ "freebsd", 1024, 20000, "-o freebsd" },
	{ "ro_compat", 1024, 20000, "-O huge_file", true },
};

EFS_TEST_ROWS(image_rows);

/* the geometry derived fits the volume: bitmaps hold what it says, e2fsck agrees */
static void images(struct kunit *test)
{
	const struct image_row *r = test->param_value;
	struct efs_test_fs *fs = efs_test_fs_new(test, r->block_size, r->blocks);
	struct efs_test_inode *root;
	struct efs_statfs st;
	struct efs_buf *b;
	u32 g;

	efs_test_mkfs(fs->dev, r->args);
	KUNIT_EXPECT_EQ(test, efs_test_mount(fs, NULL), r->ro ? -EROFS : 0);
	if (r->ro)
		KUNIT_ASSERT_EQ(test, efs_test_mount(fs, &rdonly), 0);
	efs_statfs(&fs->sb, &st);
	KUNIT_EXPECT_EQ(test, st.bfree, le32_to_cpu(disk(fs)->s_free_blocks_count));
	KUNIT_EXPECT_EQ(test, st.ffree, le32_to_cpu(disk(fs)->s_free_inodes_count));
	KUNIT_EXPECT_LE(test, st.bfree, st.blocks);
	for (g = 0; g < fs->sb.geo.groups; g++) {
		KUNIT_ASSERT_EQ(test, efs_block_bitmap(&fs->sb, g, &b), 0);
		efs_buf_put(b);
		KUNIT_ASSERT_EQ(test, efs_inode_bitmap(&fs->sb, g, &b), 0);
		efs_buf_put(b);
	}
	/* loading them has corrected nothing */
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks), st.bfree);
	KUNIT_ASSERT_EQ(test, efs_test_iget(fs, EFS_ROOT_INO, &root), 0);
	KUNIT_EXPECT_EQ(test, efs_test_mkdir(root, "dir", NULL), r->ro ? -EROFS : 0);
	KUNIT_EXPECT_EQ(test, efs_test_create(root, "file", EFS_S_IFREG | 0600, NULL),
			r->ro ? -EROFS : 0);
	efs_test_iput(root);
	efs_test_end(fs);
}

static struct kunit_case mount_cases[] = {
	KUNIT_CASE(clean_cycle),
	KUNIT_CASE(read_only),
	KUNIT_CASE(unclean_stays_unclean),
	KUNIT_CASE(remount),
	KUNIT_CASE(freeze),
	KUNIT_CASE(write_errors),
	KUNIT_CASE_PARAM(mount_faults, fault_rows_gen_params),
	KUNIT_CASE_PARAM(refuse, refuse_rows_gen_params),
	KUNIT_CASE(changed_during_mount),
	KUNIT_CASE(super_copies),
	KUNIT_CASE(bad_descriptor),
	KUNIT_CASE(repaired_below),
	KUNIT_CASE(error_record),
	KUNIT_CASE_PARAM(error_policy, policy_rows_gen_params),
	KUNIT_CASE_PARAM(warnings, warn_rows_gen_params),
	KUNIT_CASE(large_file),
	KUNIT_CASE(last_mounted),
	KUNIT_CASE(statfs),
	KUNIT_CASE(statfs_lied),
	KUNIT_CASE(options),
	KUNIT_CASE_PARAM(images, image_rows_gen_params),
	{}
};

static struct kunit_suite mount_suite = {
	.name = "efsext2_mount",
	.exit = efs_test_exit,
	.test_cases = mount_cases,
};

kunit_test_suite(mount_suite);
