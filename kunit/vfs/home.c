// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a case: a volume made, mounted, remounted, unmounted, and left behind for
 * e2fsck.
 *
 * Cases run in kernel threads, so nothing here may be put off to a return to user mode:
 * mounts are internal ones and files are put synchronously; when a helper returns, what
 * it closed is closed.
 *
 * Locks: none of our own; s_umount where the VFS would hold it.
 */
#include <linux/file.h>
#include <linux/fs_context.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/writeback.h>
#include "vfs.h"

struct mm_struct *efsv_mm;

static struct efsv_disk *disk;
static const char *suite_name;

static char *share;
module_param(share, charp, 0444);
MODULE_PARM_DESC(share, "directory for the image of each case");

/* what the formatter needs of the core's tests */
void *efs_test_zalloc(size_t size)
{
	return kvzalloc(size, GFP_KERNEL | __GFP_NOFAIL);
}

void efs_test_mfree(void *p)
{
	kvfree(p);
}

/* ---- suites ---- */

int efsv_suite_init(struct kunit_suite *suite)
{
	suite_name = suite->name;
	disk = efsv_disk_new();
	if (!disk)
		return -ENOMEM;
	efsv_mm = current->mm;
	if (efsv_mm)
		mmget(efsv_mm);
	return 0;
}

void efsv_suite_exit(struct kunit_suite *suite)
{
	if (efsv_mm)
		mmput(efsv_mm);
	efsv_mm = NULL;
	if (disk)
		efsv_disk_free(disk);
	disk = NULL;
}

void efsv_exit(struct kunit *test)
{
	struct efsv *v = test->priv;

	if (!v)
		return;
	efsv_become_root(v);
	efsv_disk_mend(v->disk);
	if (v->mnt)
		efsv_umount(v);
	kvfree(v->buf);
	kfree(v);
	test->priv = NULL;
}

/* ---- volumes ---- */

static void copy_block(struct efs_test_dev *dev, u32 blk, const u8 *data, void *arg)
{
	efsv_disk_store(disk, (u64)blk * dev->block_size, data, dev->block_size);
}

static void format(struct kunit *test, const struct efs_test_mkfs *m)
{
	struct efs_test_dev *dev = kunit_kzalloc(test, sizeof(*dev), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, dev);
	dev->test = test;
	dev->block_size = m->block_size;
	dev->blocks = m->blocks;
	dev->now = 1700000000;
	efs_test_format(dev, m);
	efs_test_format_each(dev, copy_block, NULL);
	efs_test_mfree(dev->fill_arg);
}

struct efsv *efsv_new(struct kunit *test, const struct efs_test_mkfs *m)
{
	struct efsv *v = kzalloc(sizeof(*v), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, v);
	test->priv = v;
	v->test = test;
	v->disk = disk;
	v->buf = kvmalloc(EFSV_BUF, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, v->buf);
	if (m)
		v->geo = *m;
	if (!v->geo.block_size)
		v->geo.block_size = 1024;
	if (!v->geo.blocks)
		v->geo.blocks = 4096;
	KUNIT_ASSERT_LE(test, (u64)v->geo.blocks * v->geo.block_size, EFSV_DISK_MAX);
	efsv_disk_reset(disk, (u64)v->geo.blocks * v->geo.block_size);
	format(test, &v->geo);
	return v;
}

struct efsv *efsv_begin(struct kunit *test, const struct efs_test_mkfs *m, const char *opts)
{
	struct efsv *v = efsv_new(test, m);

	KUNIT_ASSERT_EQ(test, efsv_mount(v, 0, opts), 0);
	return v;
}

void efsv_end(struct efsv *v)
{
	efsv_become_root(v);
	if (v->mnt)
		efsv_umount(v);
	if (!v->no_fsck)
		efsv_dump(v, "end");
}

struct efs_dgroup *efsv_desc(struct efsv *v, u32 g)
{
	u32 first = v->geo.block_size == 1024;

	return (struct efs_dgroup *)efsv_block(v, first + 1) + g;
}

u64 efsv_slot_at(struct efsv *v, u32 ino)
{
	const struct efs_dsuper *ds = efsv_super(v);
	u32 ipg = le32_to_cpu(ds->s_inodes_per_group);
	u32 size = le32_to_cpu(ds->s_rev_level) ? le16_to_cpu(ds->s_inode_size) : 128;
	u32 table = le32_to_cpu(efsv_desc(v, (ino - 1) / ipg)->bg_inode_table);

	return (u64)table * v->geo.block_size + (ino - 1) % ipg * size;
}

struct efs_dinode *efsv_slot(struct efsv *v, u32 ino)
{
	return (struct efs_dinode *)(v->disk->cache + efsv_slot_at(v, ino));
}

/* ---- mounting ---- */

static int parse(struct fs_context *fc, const char *opts)
{
	char *copy;
	int err;

	if (!opts || !*opts)
		return 0;
	copy = kstrdup(opts, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	err = generic_parse_monolithic(fc, copy);
	kfree(copy);
	return err;
}

static struct fs_context *new_context(unsigned long flags, const char *opts)
{
	static const char source[] = "/dev/" EFSV_DISK_NAME;
	struct file_system_type *type = get_fs_type("efsext2");
	struct fs_context *fc;
	int err;

	if (!type)
		return ERR_PTR(-ENODEV);
	fc = fs_context_for_mount(type, flags | SB_KERNMOUNT);
	module_put(type->owner);
	if (IS_ERR(fc))
		return fc;
	err = vfs_parse_fs_string(fc, "source", source, strlen(source));
	if (!err)
		err = parse(fc, opts);
	if (!err)
		return fc;
	put_fs_context(fc);
	return ERR_PTR(err);
}

/*
 * In a kernel thread the last close of the device is put off; its cache, which goes with
 * it, must not outlive the mount.
 */
static void close_device(void)
{
	flush_delayed_fput();
}

int efsv_mount(struct efsv *v, unsigned long flags, const char *opts)
{
	struct fs_context *fc = new_context(flags, opts);
	struct vfsmount *mnt;

	if (IS_ERR(fc))
		return PTR_ERR(fc);
	mnt = fc_mount(fc);
	put_fs_context(fc);
	if (IS_ERR(mnt)) {
		close_device();
		return PTR_ERR(mnt);
	}
	v->mnt = mnt;
	return 0;
}

static void count_super(struct super_block *sb, void *arg)
{
	++*(u32 *)arg;
}

void efsv_umount(struct efsv *v)
{
	struct file_system_type *type = v->mnt->mnt_sb->s_type;
	u32 i, left = 0;

	for (i = 0; i < EFSV_FILES; i++)
		if (v->files[i])
			efsv_close(v, v->files[i]);
	mntput(v->mnt);
	v->mnt = NULL;
	close_device();
	iterate_supers_type(type, count_super, &left);
	KUNIT_EXPECT_EQ_MSG(v->test, left, 0, "still in use after the unmount");
}

void efsv_again(struct efsv *v, const char *opts)
{
	efsv_umount(v);
	KUNIT_ASSERT_EQ(v->test, efsv_mount(v, 0, opts), 0);
}

/*
 * The kernel's own function for this is not for modules. It looks for files open for
 * writing first, and sets the flags afterwards.
 */
int efsv_remount(struct efsv *v, unsigned long flags, const char *opts)
{
	struct super_block *sb = efsv_sb(v);
	struct fs_context *fc = new_context(flags, opts);
	int err;

	if (IS_ERR(fc))
		return PTR_ERR(fc);
	/* both are given back by put_fs_context() */
	fc->root = dget(sb->s_root);
	atomic_inc(&sb->s_active);
	down_write(&sb->s_umount);
	if (flags & SB_RDONLY)
		shrink_dcache_sb(sb);
	err = fc->ops->reconfigure(fc);
	if (!err)
		sb->s_flags = (sb->s_flags & ~SB_RDONLY) | (fc->sb_flags & SB_RDONLY);
	up_write(&sb->s_umount);
	put_fs_context(fc);
	return err;
}

void efsv_options(struct efsv *v, char *buf, size_t size)
{
	struct seq_file m = { .buf = buf, .size = size };

	KUNIT_EXPECT_EQ(v->test, efsv_sb(v)->s_op->show_options(&m, v->mnt->mnt_root), 0);
	KUNIT_ASSERT_LT(v->test, m.count, size);
	buf[m.count] = '\0';
}

int efsv_freeze(struct efsv *v)
{
#if EFSV_HAVE_FREEZE_HOLDER
	return freeze_super(efsv_sb(v), FREEZE_HOLDER_USERSPACE);
#else
	return freeze_super(efsv_sb(v));
#endif
}

int efsv_thaw(struct efsv *v)
{
#if EFSV_HAVE_FREEZE_HOLDER
	return thaw_super(efsv_sb(v), FREEZE_HOLDER_USERSPACE);
#else
	return thaw_super(efsv_sb(v));
#endif
}

static int statfs(struct efsv *v, struct kstatfs *st)
{
	struct path root = { .mnt = v->mnt, .dentry = v->mnt->mnt_root };

	return vfs_statfs(&root, st);
}

u64 efsv_free_blocks(struct efsv *v)
{
	struct kstatfs st = {};

	KUNIT_EXPECT_EQ(v->test, statfs(v, &st), 0);
	return st.f_bfree;
}

u64 efsv_free_inodes(struct efsv *v)
{
	struct kstatfs st = {};

	KUNIT_EXPECT_EQ(v->test, statfs(v, &st), 0);
	return st.f_ffree;
}

void efsv_forget(struct efsv *v)
{
	struct super_block *sb = efsv_sb(v);

	down_read(&sb->s_umount);
	sync_filesystem(sb);
	shrink_dcache_sb(sb);
	up_read(&sb->s_umount);
	invalidate_bdev(sb->s_bdev);
}

/* ---- images ---- */

static int dump(struct efsv *v, struct file *file)
{
	const u32 unit = EFSV_DISK_UNIT, end = DIV_ROUND_UP(v->disk->bytes, unit);
	u32 from = 0, to = 0;
	loff_t pos;

	for (;;) {
		ssize_t n, len;

		from = find_next_bit(v->disk->used, end, to);
		if (from >= end)
			return vfs_truncate(&file->f_path, v->disk->bytes);
		to = find_next_zero_bit(v->disk->used, end, from);
		pos = (u64)from * unit;
		len = min_t(u64, (u64)to * unit, v->disk->bytes) - pos;
		n = kernel_write(file, v->disk->cache + pos, len, &pos);
		if (n != len)
			return n < 0 ? n : -EIO;
	}
}

void efsv_dump(struct efsv *v, const char *when)
{
	struct kunit *test = v->test;
	struct file *file;
	char path[256];
	int err;

	if (!share)
		return;
	snprintf(path, sizeof(path), "%s/%s.%s.%d.%s", share, suite_name, test->name,
		 test->param_index, when);
	file = filp_open(path, O_CREAT | O_TRUNC | O_WRONLY | O_LARGEFILE, 0666);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(file), "%s", path);
	err = dump(v, file);
	__fput_sync(file);
	KUNIT_EXPECT_EQ_MSG(test, err, 0, "%s", path);
}

/* ---- people ---- */

void efsv_become(struct efsv *v, uid_t id)
{
	struct cred *new = prepare_creds();

	KUNIT_ASSERT_NOT_NULL(v->test, new);
	KUNIT_ASSERT_NULL(v->test, v->old_cred);
	new->uid = make_kuid(&init_user_ns, id);
	new->euid = new->uid;
	new->fsuid = new->uid;
	new->gid = make_kgid(&init_user_ns, id);
	new->egid = new->gid;
	new->fsgid = new->gid;
	cap_clear(new->cap_effective);
	v->old_cred = override_creds(new);
	put_cred(new);
}

void efsv_become_root(struct efsv *v)
{
	if (v->old_cred)
		revert_creds(v->old_cred);
	v->old_cred = NULL;
}
