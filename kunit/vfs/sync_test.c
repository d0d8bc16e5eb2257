// SPDX-License-Identifier: GPL-2.0
/*
 * What is on the disk when: fsync and its relatives, flushes, writeback, freezing.
 *
 * The disk has a volatile cache. A case writes, makes durable what it cares for, throws
 * away what no flush has reached, and looks.
 */
#include "vfs.h"
#include <linux/pagemap.h>
#include <linux/writeback.h>

/* ---- power cuts ---- */

enum promise {
	FSYNC, FDATASYNC, O_SYNC_WRITE, O_DSYNC_WRITE, DIRECT_DSYNC, MOUNT_SYNC, FLAG_SYNC,
	DIRSYNC, SYNCFS, NOTHING
};

static const struct promised {
	const char *name;
	enum promise by;
	bool named, data;	/* what must have survived */
} promises[] = {
	{ "fsync", FSYNC, true, true },
	{ "fdatasync", FDATASYNC, true, true },
	{ "o_sync", O_SYNC_WRITE, true, true },
	{ "o_dsync", O_DSYNC_WRITE, true, true },
	{ "o_dsync_direct", DIRECT_DSYNC, true, true },
	{ "mount_sync", MOUNT_SYNC, true, true },
	{ "flag_sync", FLAG_SYNC, true, true },
	{ "mount_dirsync", DIRSYNC, true, false },
	{ "syncfs", SYNCFS, true, true },
	/* that a cut does lose what nobody asked for shows that the others have a meaning */
	{ "nothing", NOTHING, false, false },
};

EFS_TEST_ROWS(promises);

static int sync_all(struct efsv *v)
{
	struct super_block *sb = efsv_sb(v);
	int err;

	down_read(&sb->s_umount);
	err = sync_filesystem(sb);
	up_read(&sb->s_umount);
	return err;
}

/* the image of after the cut, mounted; what the last mount did not write is gone */
static void cut_power(struct efsv *v)
{
	u8 *stable = kvmalloc(v->disk->bytes, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(v->test, stable);
	memcpy(stable, v->disk->stable, v->disk->bytes);
	efsv_umount(v);
	memcpy(v->disk->stable, stable, v->disk->bytes);
	kvfree(stable);
	efsv_disk_cut(v->disk);
	KUNIT_ASSERT_EQ(v->test, efsv_mount(v, 0, NULL), 0);
}

static void promised(struct kunit *test)
{
	const struct promised *r = test->param_value;
	struct efsv *v = efsv_begin(test, NULL, NULL);
	const u32 len = 300 * 1024;
	int flags = O_CREAT | O_RDWR;
	struct file *f;
	struct kstat st;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	efsv_again(v, NULL);
	switch (r->by) {
	case MOUNT_SYNC:
		efsv_sb(v)->s_flags |= SB_SYNCHRONOUS;
		break;
	case DIRSYNC:
		efsv_sb(v)->s_flags |= SB_DIRSYNC;
		break;
	case FLAG_SYNC:
		KUNIT_ASSERT_EQ(test, efsv_set_flags(v, "d", FS_SYNC_FL | FS_DIRSYNC_FL), 0);
		break;
	case O_SYNC_WRITE:
		flags |= O_SYNC;
		break;
	case O_DSYNC_WRITE:
		flags |= O_DSYNC;
		break;
	case DIRECT_DSYNC:
		flags |= O_DSYNC | O_DIRECT;
		break;
	default:
		break;
	}
	f = efsv_opened(v, "d/f", flags);
	if (r->by == FLAG_SYNC)
		KUNIT_EXPECT_TRUE(test, IS_SYNC(file_inode(f)));
	KUNIT_ASSERT_EQ(test, efsv_write(v, f, 0, len, 1), (ssize_t)len);
	switch (r->by) {
	case FSYNC:
	case FDATASYNC:
		KUNIT_EXPECT_EQ(test, vfs_fsync(f, r->by == FDATASYNC), 0);
		break;
	case SYNCFS:
		KUNIT_EXPECT_EQ(test, sync_all(v), 0);
		break;
	case DIRSYNC:
		/* the entry is on the disk; that its cache was flushed, only a sync promises */
		efsv_disk_settle(v->disk);
		break;
	case MOUNT_SYNC:
	case FLAG_SYNC:
		efsv_disk_settle(v->disk);
		break;
	default:
		break;
	}
	cut_power(v);
	KUNIT_EXPECT_EQ(test, efsv_stat(v, "d/f", &st), r->named ? 0 : -ENOENT);
	if (r->data)
		efsv_get(v, "d/f", 0, len, 1);
	/* what a cut leaves of all the rest is not the concern of this suite */
	v->no_fsck = true;
	efsv_end(v);
}

/* a rename that was made durable is: one name, the new one */
static void renamed(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct kstat st;
	struct file *f;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "a", 0755), 0);
	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "b", 0755), 0);
	efsv_put(v, "a/f", 0, 5000, 1);
	efsv_put(v, "b/g", 0, 5000, 2);
	efsv_again(v, NULL);
	f = efsv_opened(v, "a/f", O_RDWR);
	KUNIT_ASSERT_EQ(test, efsv_rename(v, "a/f", "b/g", 0), 0);
	KUNIT_EXPECT_EQ(test, vfs_fsync(f, 0), 0);
	cut_power(v);
	efsv_get(v, "b/g", 0, 5000, 1);

	/* of a file that is durable, the fsync of its directory is enough */
	KUNIT_ASSERT_EQ(test, sync_all(v), 0);
	KUNIT_ASSERT_EQ(test, efsv_rename(v, "b/g", "b/h", 0), 0);
	f = efsv_opened(v, "b", O_RDONLY);
	KUNIT_EXPECT_EQ(test, vfs_fsync(f, 0), 0);
	cut_power(v);
	KUNIT_EXPECT_EQ(test, efsv_stat(v, "b/g", &st), -ENOENT);
	efsv_get(v, "b/h", 0, 5000, 1);
	v->no_fsck = true;
	efsv_end(v);
}

/* ---- what an fsync costs ---- */

static void flushes(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct file *f = efsv_opened(v, "f", O_CREAT | O_RDWR);
	struct efsv_disk *d = v->disk;
	u32 n;

	KUNIT_ASSERT_EQ(test, efsv_write(v, f, 0, 100 * 1024, 1), 100 * 1024);
	KUNIT_ASSERT_EQ(test, vfs_fsync(f, 0), 0);
	/* new contents of old blocks: the data and one flush */
	KUNIT_ASSERT_EQ(test, efsv_write(v, f, 4096, 1024, 2), 1024);
	n = d->flushes;
	d->writes = 0;
	KUNIT_EXPECT_EQ(test, vfs_fsync(f, 1), 0);
	KUNIT_EXPECT_EQ(test, d->flushes, n + 1);
	KUNIT_EXPECT_EQ(test, d->writes, 1u);
	/* with the times of the inode: its block too */
	KUNIT_ASSERT_EQ(test, efsv_write(v, f, 4096, 1024, 3), 1024);
	n = d->flushes;
	d->writes = 0;
	KUNIT_EXPECT_EQ(test, vfs_fsync(f, 0), 0);
	KUNIT_EXPECT_EQ(test, d->flushes, n + 1);
	KUNIT_EXPECT_LE(test, d->writes, 2u);
	/* nothing to do but the flush, which nobody knows to be needless */
	n = d->flushes;
	d->writes = 0;
	KUNIT_EXPECT_EQ(test, vfs_fsync(f, 0), 0);
	KUNIT_EXPECT_EQ(test, d->flushes, n + 1);
	KUNIT_EXPECT_EQ(test, d->writes, 0u);
	/* a whole write of known blocks past the cache with O_DSYNC: FUA, no flush at all */
	efsv_close(v, f);
	f = efsv_opened(v, "f", O_RDWR | O_DIRECT | O_DSYNC);
	KUNIT_ASSERT_EQ(test, sync_all(v), 0);
	n = d->flushes;
	KUNIT_ASSERT_EQ(test, efsv_write(v, f, 4096, 4096, 4), 4096);
	KUNIT_EXPECT_LE(test, d->flushes, n + 1);
	cut_power(v);
	efsv_get(v, "f", 4096, 4096, 4);
	v->no_fsck = true;
	efsv_end(v);
}

/* ---- writeback ---- */

static void writeback(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	const struct efs_dinode *di;
	struct inode *inode;
	struct file *f;

	efsv_put(v, "f", 0, 5000, 1);
	KUNIT_ASSERT_EQ(test, sync_all(v), 0);
	inode = efsv_inode(v, "f");
	di = efsv_slot(v, inode->i_ino);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(di->i_size), 5000u);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_mode), S_IFREG | 0644);

	/* a changed inode waits in memory until it is asked for */
	KUNIT_ASSERT_EQ(test, efsv_chmod(v, "f", 0600), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_mode), S_IFREG | 0644);
	KUNIT_EXPECT_EQ(test, write_inode_now(inode, 1), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_mode), S_IFREG | 0600);
	KUNIT_EXPECT_FALSE(test, inode->i_state & I_DIRTY_ALL);

	/* without waiting it is clean for the VFS and in a buffer; an fsync finds it there */
	KUNIT_ASSERT_EQ(test, efsv_chmod(v, "f", 0640), 0);
	KUNIT_EXPECT_EQ(test, write_inode_now(inode, 0), 0);
	f = efsv_opened(v, "f", O_RDONLY);
	KUNIT_EXPECT_EQ(test, vfs_fsync(f, 0), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_mode), S_IFREG | 0640);
	iput(inode);
	efsv_end(v);
}

/* pages that were written are clean; the rest of a last block is zeros on the disk */
static void tail(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct file *f = efsv_opened(v, "f", O_CREAT | O_RDWR);
	sector_t b = 4;
	u32 i;

	KUNIT_ASSERT_EQ(test, efsv_write(v, f, 0, 5120, 1), 5120);
	KUNIT_ASSERT_EQ(test, vfs_fsync(f, 0), 0);
	KUNIT_EXPECT_FALSE(test, mapping_tagged(f->f_mapping, PAGECACHE_TAG_DIRTY));
	KUNIT_ASSERT_EQ(test, efsv_truncate(v, "f", 4100), 0);
	KUNIT_ASSERT_EQ(test, vfs_fsync(f, 0), 0);
	KUNIT_ASSERT_EQ(test, bmap(file_inode(f), &b), 0);
	KUNIT_ASSERT_NE(test, b, 0u);
	for (i = 4; i < 1024; i++)
		KUNIT_ASSERT_EQ(test, efsv_block(v, b)[i], 0);
	efsv_end(v);
}

/* ---- freezing ---- */

static void freeze(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct super_block *sb = efsv_sb(v);
	u32 writes;

	efsv_put(v, "f", 0, 50000, 1);
	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	KUNIT_ASSERT_EQ(test, efsv_freeze(v), 0);
	/* a snapshot of it is clean, on the disk and not in its cache */
	KUNIT_EXPECT_EQ(test, le16_to_cpu(efsv_super(v)->s_state), EFS_STATE_VALID);
	KUNIT_EXPECT_EQ(test, memcmp(v->disk->cache, v->disk->stable, v->disk->bytes), 0);
	efsv_dump(v, "frozen");
	writes = v->disk->writes;
	KUNIT_EXPECT_FALSE(test, sb_start_write_trylock(sb));
	efsv_get(v, "f", 0, 50000, 1);
	KUNIT_EXPECT_EQ(test, efsv_freeze(v), -EBUSY);
	KUNIT_EXPECT_EQ(test, v->disk->writes, writes);
	KUNIT_ASSERT_EQ(test, efsv_thaw(v), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(efsv_super(v)->s_state), 0);
	KUNIT_EXPECT_EQ(test, efsv_thaw(v), -EINVAL);
	efsv_put(v, "d/g", 0, 1000, 2);
	efsv_end(v);
}

/* with a file that is open and has no name, the snapshot is honest: not clean */
static void freeze_unlinked(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct file *f = efsv_opened(v, "f", O_CREAT | O_RDWR);

	KUNIT_ASSERT_EQ(test, efsv_write(v, f, 0, 3000, 1), 3000);
	KUNIT_ASSERT_EQ(test, efsv_unlink(v, "f"), 0);
	KUNIT_ASSERT_EQ(test, efsv_freeze(v), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(efsv_super(v)->s_state), 0);
	KUNIT_ASSERT_EQ(test, efsv_thaw(v), 0);
	efsv_expect(v, f, 0, 3000, 1);
	efsv_end(v);
}

static void freeze_rdonly(struct kunit *test)
{
	struct efsv *v = efsv_new(test, NULL);

	KUNIT_ASSERT_EQ(test, efsv_mount(v, SB_RDONLY, NULL), 0);
	KUNIT_EXPECT_EQ(test, efsv_freeze(v), 0);
	KUNIT_EXPECT_EQ(test, efsv_thaw(v), 0);
	KUNIT_EXPECT_EQ(test, v->disk->writes, 0u);
	efsv_end(v);
}

static struct kunit_case sync_cases[] = {
	KUNIT_CASE_PARAM(promised, promises_gen_params),
	KUNIT_CASE(renamed),
	KUNIT_CASE(flushes),
	KUNIT_CASE(writeback),
	KUNIT_CASE(tail),
	KUNIT_CASE(freeze),
	KUNIT_CASE(freeze_unlinked),
	KUNIT_CASE(freeze_rdonly),
	{}
};

EFSV_SUITE(sync, sync_cases);
