// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is not to be had: each allocation of each operation fails once.
 *
 * The kernel's own fault injection counts the allocations of a task (fail_nth). A step is
 * repeated from the same state with the first one failing, the second, and so on, until
 * it gets through untouched. A failed step may say -ENOMEM and change nothing, or do
 * without; it must not leave a volume that e2fsck finds wrong, nor one that cannot be
 * unmounted. Whoever loads the module lets sleeping allocations fail too: N into
 * failslab/ignore-gfp-wait and fail_page_alloc/ignore-gfp-wait of debugfs.
 */
#include "vfs.h"
#include <linux/sched.h>

#define MOST 400u

#ifdef CONFIG_FAULT_INJECTION
static void arm(u32 n)
{
	current->fail_nth = n;
}

/* Return: the n-th allocation was reached and failed. */
static bool disarm(void)
{
	bool hit = !current->fail_nth;

	current->fail_nth = 0;
	return hit;
}
#else
static void arm(u32 n)
{
}

static bool disarm(void)
{
	return false;
}
#endif

static bool available(void)
{
	void *p;

	arm(1);
	p = kmalloc(64, GFP_KERNEL);
	disarm();
	kfree(p);
	return !p;
}

static bool emit(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
		 unsigned int type)
{
	return true;
}

/* ---- steps ---- */

static int s_create(struct efsv *v)
{
	return efsv_create(v, "d/new", 0644);
}

static int s_mkdir(struct efsv *v)
{
	return efsv_mkdir(v, "d/new", 0755);
}

static int s_mknod(struct efsv *v)
{
	return efsv_mknod(v, "d/new", S_IFIFO | 0644, 0);
}

static int s_symlink(struct efsv *v)
{
	char target[128] = {};

	memset(target, 'x', 100);
	return efsv_symlink(v, "d/new", target);
}

static int s_readlink(struct efsv *v)
{
	char target[128];

	return efsv_readlink(v, "l", target, sizeof(target));
}

static int s_link(struct efsv *v)
{
	return efsv_link(v, "f", "d/new");
}

static int s_unlink(struct efsv *v)
{
	return efsv_unlink(v, "f");
}

static int s_rmdir(struct efsv *v)
{
	return efsv_rmdir(v, "e");
}

static int s_rename(struct efsv *v)
{
	return efsv_rename(v, "f", "d/new", 0);
}

static int s_rename_over(struct efsv *v)
{
	return efsv_rename(v, "e", "d/sub", 0);
}

static int s_exchange(struct efsv *v)
{
	return efsv_rename(v, "e", "d/g", RENAME_EXCHANGE);
}

static int s_truncate(struct efsv *v)
{
	return efsv_truncate(v, "f", 1500);
}

static int s_chmod(struct efsv *v)
{
	struct iattr attr = { .ia_valid = ATTR_MODE, .ia_mode = S_IFREG | 0600 };

	return efsv_setattr(v, "f", &attr);
}

static int s_readdir(struct efsv *v)
{
	struct dir_context ctx = { .actor = emit };
	struct file *f;
	int err = efsv_open(v, "d", O_RDONLY, 0, &f);

	if (err)
		return err;
	err = iterate_dir(f, &ctx);
	efsv_close(v, f);
	return err;
}

static int io(struct efsv *v, int flags, bool write)
{
	struct file *f;
	ssize_t n;
	int err = efsv_open(v, "f", flags, 0, &f);

	if (err)
		return err;
	n = write ? efsv_write(v, f, 16384, 32768, 2) : efsv_read(v, f, 0, 16384);
	if (n >= 0 && write)
		err = vfs_fsync(f, 0);
	efsv_close(v, f);
	return n < 0 ? n : err;
}

static int s_read(struct efsv *v)
{
	return io(v, O_RDONLY, false);
}

static int s_read_direct(struct efsv *v)
{
	return io(v, O_RDONLY | O_DIRECT, false);
}

static int s_write(struct efsv *v)
{
	return io(v, O_RDWR, true);
}

static int s_write_direct(struct efsv *v)
{
	return io(v, O_RDWR | O_DIRECT, true);
}

static int s_write_sync(struct efsv *v)
{
	return io(v, O_RDWR | O_SYNC, true);
}

static int s_sync(struct efsv *v)
{
	efsv_forget(v);
	return 0;
}

static int s_tmpfile(struct efsv *v)
{
	struct file *f;
	int err = efsv_open(v, "d", O_TMPFILE | O_RDWR, 0600, &f);

	if (!err)
		efsv_close(v, f);
	return err;
}

static int s_freeze(struct efsv *v)
{
	return efsv_freeze(v) ?: efsv_thaw(v);
}

static int s_remount(struct efsv *v)
{
	return efsv_remount(v, SB_RDONLY, "errors=continue") ?: efsv_remount(v, 0, NULL);
}

static int s_umount(struct efsv *v)
{
	efsv_umount(v);
	return 0;
}

static const struct step {
	const char *name;
	int (*run)(struct efsv *v);
} steps[] = {
	{ "create", s_create },
	{ "mkdir", s_mkdir },
	{ "mknod", s_mknod },
	{ "symlink", s_symlink },
	{ "readlink", s_readlink },
	{ "link", s_link },
	{ "unlink", s_unlink },
	{ "rmdir", s_rmdir },
	{ "rename", s_rename },
	{ "rename_over", s_rename_over },
	{ "exchange", s_exchange },
	{ "truncate", s_truncate },
	{ "chmod", s_chmod },
	{ "readdir", s_readdir },
	{ "read", s_read },
	{ "read_direct", s_read_direct },
	{ "write", s_write },
	{ "write_direct", s_write_direct },
	{ "write_sync", s_write_sync },
	{ "sync", s_sync },
	{ "tmpfile", s_tmpfile },
	{ "freeze", s_freeze },
	{ "remount", s_remount },
	{ "umount", s_umount },
};

EFS_TEST_ROWS(steps);

static void populate(struct efsv *v)
{
	char target[128] = {};

	memset(target, 'y', 90);
	KUNIT_ASSERT_EQ(v->test, efsv_mkdir(v, "d", 0755), 0);
	KUNIT_ASSERT_EQ(v->test, efsv_mkdir(v, "d/sub", 0755), 0);
	KUNIT_ASSERT_EQ(v->test, efsv_mkdir(v, "e", 0755), 0);
	efsv_put(v, "f", 0, 16384, 1);
	efsv_put(v, "d/g", 0, 5000, 1);
	KUNIT_ASSERT_EQ(v->test, efsv_symlink(v, "l", target), 0);
}

/* @v as it was before the first step: what is on the disk in @image */
static void restore(struct efsv *v, const u8 *image)
{
	if (v->mnt)
		efsv_umount(v);
	efsv_disk_store(v->disk, 0, image, v->disk->bytes);
	KUNIT_ASSERT_EQ(v->test, efsv_mount(v, 0, NULL), 0);
}

static void step(struct kunit *test)
{
	static const struct efs_test_mkfs m = { .block_size = 1024, .blocks = 1024 };
	const struct step *r = test->param_value;
	struct efsv *v;
	bool hit = true;
	char when[16];
	u8 *image;
	u32 n;
	int err;

	if (!available())
		kunit_skip(test, "this kernel cannot let an allocation fail");
	v = efsv_begin(test, &m, NULL);
	image = kunit_kzalloc(test, v->disk->bytes, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, image);
	populate(v);
	efsv_umount(v);
	memcpy(image, v->disk->cache, v->disk->bytes);
	for (n = 1; hit && n < MOST; n++) {
		restore(v, image);
		arm(n);
		err = r->run(v);
		hit = disarm();
		KUNIT_EXPECT_TRUE_MSG(test, !err || (hit && (err == -ENOMEM || err == -EIO)),
				      "allocation %u: %d", n, err);
		if (v->mnt)
			efsv_umount(v);
		snprintf(when, sizeof(when), "%u", n);
		if (hit)
			efsv_dump(v, when);
	}
	KUNIT_EXPECT_FALSE(test, hit);
	efsv_end(v);
}

/* the mount itself: it fails and leaves nothing, or works */
static void mounting(struct kunit *test)
{
	struct efsv *v;
	u32 n, failures = 0;
	bool hit = true;
	int err;

	if (!available())
		kunit_skip(test, "this kernel cannot let an allocation fail");
	v = efsv_new(test, NULL);
	for (n = 1; hit && n < MOST; n++) {
		arm(n);
		err = efsv_mount(v, 0, "grpid,errors=remount-ro");
		hit = disarm();
		KUNIT_EXPECT_TRUE_MSG(test, !err || (hit && (err == -ENOMEM || err == -EIO)),
				      "allocation %u: %d", n, err);
		failures += !!err;
		if (v->mnt)
			efsv_umount(v);
	}
	KUNIT_EXPECT_FALSE(test, hit);
	KUNIT_EXPECT_GT(test, failures, 5u);
	efsv_end(v);
}

static struct kunit_case alloc_cases[] = {
	KUNIT_CASE_PARAM(step, steps_gen_params),
	KUNIT_CASE(mounting),
	{}
};

EFSV_SUITE(alloc, alloc_cases);
