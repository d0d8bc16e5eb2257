// SPDX-License-Identifier: GPL-2.0
/*
 * A disk that fails, is gone, or lies: each error reaches its caller, once, and the
 * unmount always works.
 */
#include "vfs.h"

/* ---- reads that fail ---- */

enum where { DATA, INDIRECT, INODE, DIR_BLOCK, LINK_BLOCK, BITMAP };

static const struct unread {
	const char *name;
	enum where where;
	bool direct;
} unreads[] = {
	{ "data", DATA, false },
	{ "data_direct", DATA, true },
	{ "indirect", INDIRECT, false },
	{ "indirect_direct", INDIRECT, true },
	{ "inode", INODE, false },
	{ "directory", DIR_BLOCK, false },
	{ "symlink", LINK_BLOCK, false },
	{ "bitmap", BITMAP, false },
};

EFS_TEST_ROWS(unreads);

/* block @lblk of the file on the disk */
static u32 block_of(struct efsv *v, const char *name, u32 lblk)
{
	struct inode *inode = efsv_inode(v, name);
	sector_t b = lblk;
	int err = bmap(inode, &b);

	iput(inode);
	KUNIT_ASSERT_EQ(v->test, err, 0);
	KUNIT_ASSERT_NE(v->test, b, 0u);
	return b;
}

static bool emit(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
		 unsigned int type)
{
	return true;
}

static int use(struct efsv *v, const struct unread *r)
{
	struct dir_context ctx = { .actor = emit };
	struct file *f;
	ssize_t n = 0;
	char buf[128];
	int err;

	switch (r->where) {
	case DATA:
	case INDIRECT:
		err = efsv_open(v, "d/f", O_RDONLY | (r->direct ? O_DIRECT : 0), 0, &f);
		if (err)
			return err;
		n = efsv_read(v, f, 20 * 1024, 4096);
		efsv_close(v, f);
		return n < 0 ? n : n == 4096 ? 0 : -ENODATA;
	case INODE:
		err = efsv_open(v, "d/f", O_RDONLY, 0, &f);
		if (!err)
			efsv_close(v, f);
		return err;
	case DIR_BLOCK:
		err = efsv_open(v, "d", O_RDONLY, 0, &f);
		if (err)
			return err;
		err = iterate_dir(f, &ctx);
		efsv_close(v, f);
		return err;
	case LINK_BLOCK:
		return efsv_readlink(v, "l", buf, sizeof(buf));
	case BITMAP:
		err = efsv_create(v, "new", 0644);
		return err ? err : efsv_unlink(v, "new");
	}
	return 0;
}

static void unread(struct kunit *test)
{
	const struct unread *r = test->param_value;
	struct efsv *v = efsv_begin(test, NULL, NULL);
	char target[128] = {};
	u64 at = 0, len = 1024;
	u32 block[15];

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	efsv_put(v, "d/f", 0, 40 * 1024, 1);
	memset(target, 't', 100);
	KUNIT_ASSERT_EQ(test, efsv_symlink(v, "l", target), 0);
	switch (r->where) {
	case DATA:
		at = block_of(v, "d/f", 21) * 1024ull;
		break;
	case INODE:
		at = efsv_slot_at(v, efsv_ino(v, "d/f"));
		len = 256;
		break;
	case INDIRECT:
	case DIR_BLOCK:
	case LINK_BLOCK:
		efsv_again(v, NULL);
		memcpy(block, efsv_slot(v, efsv_ino(v, r->where == INDIRECT ? "d/f" :
						    r->where == DIR_BLOCK ? "d" : "l"))->i_block,
		       sizeof(block));
		at = le32_to_cpu((__force __le32)block[r->where == INDIRECT ? 12 : 0]) * 1024ull;
		break;
	case BITMAP:
		at = le32_to_cpu(efsv_desc(v, 0)->bg_inode_bitmap) * 1024ull;
		break;
	}
	KUNIT_ASSERT_GE(test, at, 4096u);
	efsv_again(v, NULL);
	efsv_disk_fail(v->disk, READ, at, at + len, 1000);
	KUNIT_EXPECT_EQ(test, use(v, r), -EIO);
	KUNIT_EXPECT_GT(test, v->disk->failed, 0u);
	KUNIT_EXPECT_EQ(test, use(v, r), -EIO);
	/* a disk that answers again is believed again */
	efsv_disk_mend(v->disk);
	KUNIT_EXPECT_EQ(test, use(v, r), 0);
	efsv_end(v);
}

/* ---- writes that fail ---- */

static void written_data(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct file *a = efsv_opened(v, "f", O_CREAT | O_RDWR);
	struct file *b = efsv_opened(v, "f", O_RDWR), *late;
	u64 at;

	KUNIT_ASSERT_EQ(test, efsv_write(v, a, 0, 40 * 1024, 1), 40 * 1024);
	KUNIT_ASSERT_EQ(test, vfs_fsync(a, 0), 0);
	at = block_of(v, "f", 20) * 1024ull;
	KUNIT_ASSERT_EQ(test, efsv_write(v, a, 0, 40 * 1024, 2), 40 * 1024);
	efsv_disk_fail(v->disk, WRITE, at, at + 1024, 1000);
	/* everybody who had it open is told, once */
	KUNIT_EXPECT_EQ(test, vfs_fsync(a, 0), -EIO);
	KUNIT_EXPECT_EQ(test, vfs_fsync(a, 0), 0);
	KUNIT_EXPECT_EQ(test, vfs_fsync(b, 0), -EIO);
	KUNIT_EXPECT_EQ(test, vfs_fsync(b, 0), 0);
	late = efsv_opened(v, "f", O_RDWR);
	KUNIT_EXPECT_EQ(test, vfs_fsync(late, 0), 0);
	/* and again when it happens again */
	KUNIT_ASSERT_EQ(test, efsv_write(v, a, 20 * 1024, 1024, 3), 1024);
	KUNIT_EXPECT_EQ(test, vfs_fsync(late, 1), -EIO);
	efsv_disk_mend(v->disk);
	KUNIT_ASSERT_EQ(test, efsv_write(v, a, 0, 40 * 1024, 4), 40 * 1024);
	KUNIT_EXPECT_EQ(test, vfs_fsync(late, 0), 0);
	KUNIT_EXPECT_EQ(test, vfs_fsync(b, 0), -EIO);
	efsv_again(v, NULL);
	efsv_get(v, "f", 0, 40 * 1024, 4);
	efsv_end(v);
}

static void written_direct(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct file *f = efsv_opened(v, "f", O_CREAT | O_RDWR | O_DIRECT);
	struct file *c = efsv_opened(v, "f", O_RDONLY);
	u64 blocks = efsv_free_blocks(v);
	u64 data = 261ull * 1024;

	/* blocks that were got for a write that failed go back */
	efsv_disk_fail(v->disk, WRITE, data, v->disk->bytes, 1000);
	KUNIT_EXPECT_EQ(test, efsv_write(v, f, 0, 8192, 1), -EIO);
	KUNIT_EXPECT_EQ(test, i_size_read(file_inode(f)), 0);
	efsv_disk_mend(v->disk);
	KUNIT_EXPECT_EQ(test, efsv_free_blocks(v), blocks);
	KUNIT_EXPECT_EQ(test, efsv_write(v, f, 0, 8192, 1), 8192);
	efsv_expect(v, c, 0, 8192, 1);
	/* beyond the end: what was there stays */
	efsv_disk_fail(v->disk, WRITE, data, v->disk->bytes, 1000);
	KUNIT_EXPECT_EQ(test, efsv_write(v, f, 8192, 4096, 2), -EIO);
	efsv_disk_mend(v->disk);
	KUNIT_EXPECT_EQ(test, i_size_read(file_inode(f)), 8192);
	efsv_expect(v, c, 0, 8192, 1);
	KUNIT_EXPECT_EQ(test, efsv_free_blocks(v), blocks - 8);
	efsv_end(v);
}

enum meta { META_INODE, META_INDIRECT, META_DIR };

static const struct unwritten {
	const char *name;
	enum meta what;
} unwrittens[] = {
	{ "inode", META_INODE },
	{ "indirect", META_INDIRECT },
	{ "directory", META_DIR },
};

EFS_TEST_ROWS(unwrittens);

static void unwritten(struct kunit *test)
{
	const struct unwritten *r = test->param_value;
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct file *f, *d;
	u64 at, ino;
	u32 ind;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	efsv_put(v, "d/f", 0, 40 * 1024, 1);
	efsv_again(v, NULL);
	f = efsv_opened(v, "d/f", O_RDWR);
	ino = file_inode(f)->i_ino;
	ind = le32_to_cpu(efsv_slot(v, ino)->i_block[12]);
	switch (r->what) {
	case META_INODE:
		at = efsv_slot_at(v, ino);
		break;
	case META_INDIRECT:
		at = ind * 1024ull;
		break;
	default:
		at = le32_to_cpu(efsv_slot(v, efsv_ino(v, "d"))->i_block[0]) * 1024ull;
	}
	d = efsv_opened(v, "d", O_RDONLY);
	efsv_disk_fail(v->disk, WRITE, at, at + 256, 1000);
	KUNIT_ASSERT_EQ(test, efsv_write(v, f, 40 * 1024, 10 * 1024, 1), 10 * 1024);
	KUNIT_ASSERT_EQ(test, efsv_create(v, "d/g", 0644), 0);
	KUNIT_EXPECT_EQ(test, vfs_fsync(r->what == META_DIR ? d : f, 0), -EIO);
	/*
	 * The error was told. What is in memory is still believed: the next change of the
	 * same block brings the first one to the disk as well.
	 */
	efsv_disk_mend(v->disk);
	KUNIT_ASSERT_EQ(test, efsv_write(v, f, 50 * 1024, 10 * 1024, 1), 10 * 1024);
	KUNIT_ASSERT_EQ(test, efsv_create(v, "d/h", 0644), 0);
	vfs_fsync(f, 0);
	KUNIT_EXPECT_EQ(test, vfs_fsync(f, 0), 0);
	vfs_fsync(d, 0);
	KUNIT_EXPECT_EQ(test, vfs_fsync(d, 0), 0);
	efsv_disk_settle(v->disk);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(efsv_slot(v, ino)->i_size), 60u * 1024);
	efsv_again(v, NULL);
	efsv_get(v, "d/f", 0, 60 * 1024, 1);
	efsv_get(v, "d/g", 0, 0, 0);
	efsv_end(v);
}

/* ---- a disk that is gone ---- */

static void gone(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct dir_context ctx = { .actor = emit };
	struct file *f, *d;
	char name[16];
	u32 i;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	efsv_put(v, "d/f", 0, 100 * 1024, 1);
	efsv_again(v, NULL);
	f = efsv_opened(v, "d/f", O_RDWR);
	d = efsv_opened(v, ".", O_RDONLY);
	v->disk->gone = true;
	/* no crash, no hang, and no success that is none */
	KUNIT_EXPECT_EQ(test, efsv_read(v, f, 50 * 1024, 1000), -EIO);
	efsv_write(v, f, 0, 5000, 2);
	KUNIT_EXPECT_EQ(test, vfs_fsync(f, 0), -EIO);
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "d/n%u", i);
		efsv_create(v, name, 0644);
	}
	efsv_mkdir(v, "e", 0755);
	efsv_rename(v, "d/f", "e/f", 0);
	efsv_unlink(v, "d/n3");
	efsv_truncate(v, "d/f", 100);
	efsv_chmod(v, "d", 0700);
	iterate_dir(d, &ctx);
	efsv_freeze(v) ?: efsv_thaw(v);
	efsv_remount(v, SB_RDONLY, NULL);
	efsv_forget(v);
	efsv_umount(v);
	v->no_fsck = true;
	efsv_end(v);
}

/* every write of a life fails, from the n-th on, for many n */
static void gone_later(struct kunit *test)
{
	struct efsv *v = efsv_new(test, NULL);
	u32 n, failed = 1;

	for (n = 0; failed && n < 60; n++) {
		efsv_disk_reset(v->disk, v->disk->bytes);
		efsv_exit(test);
		v = efsv_new(test, NULL);
		efsv_disk_fail(v->disk, WRITE, 0, v->disk->bytes, 100000);
		v->disk->fail[WRITE].skip = n;
		if (!efsv_mount(v, 0, NULL)) {
			struct file *f;

			efsv_mkdir(v, "d", 0755);
			if (!efsv_open(v, "d/f", O_CREAT | O_RDWR, 0644, &f)) {
				efsv_write(v, f, 0, 20000, 1);
				vfs_fsync(f, 0);
				efsv_truncate(v, "d/f", 3000);
			}
			efsv_rename(v, "d/f", "g", 0);
			efsv_forget(v);
			efsv_unlink(v, "g");
			efsv_umount(v);
		}
		failed = v->disk->failed;
	}
	/* the last one met no failure: all places were tried */
	KUNIT_EXPECT_EQ(test, failed, 0u);
	KUNIT_EXPECT_GT(test, n, 5u);
	efsv_end(v);
}

/* ---- a disk that lies ---- */

enum lie { REC_LEN, DIR_INO, DIR_FREE_INO, MODE, POINTER, IND_POINTER };

static const struct lied {
	const char *name;
	enum lie lie;
	bool stops;	/* errors=remount-ro */
} lieds[] = {
	{ "rec_len", REC_LEN, false },
	{ "rec_len_stops", REC_LEN, true },
	{ "entry_beyond_inodes", DIR_INO, false },
	{ "entry_of_free_inode", DIR_FREE_INO, true },
	{ "mode", MODE, false },
	{ "pointer", POINTER, false },
	{ "pointer_stops", POINTER, true },
	{ "indirect_pointer", IND_POINTER, false },
};

EFS_TEST_ROWS(lieds);

static void lied(struct kunit *test)
{
	const struct lied *r = test->param_value;
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct dir_context ctx = { .actor = emit };
	struct efs_ddirent *de;
	struct efs_dinode *di;
	struct file *f = NULL;
	char shown[128];
	struct kstat st;
	int err = 0;
	ssize_t n;
	u32 ind;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	efsv_put(v, "d/f", 0, 40 * 1024, 1);
	efsv_put(v, "ok", 0, 1000, 2);
	di = efsv_slot(v, efsv_ino(v, "d/f"));
	de = (void *)(uintptr_t)efsv_ino(v, "d");
	efsv_umount(v);
	/* the third entry of d: "." and ".." are 12 bytes each */
	de = (void *)(efsv_block(v, le32_to_cpu(efsv_slot(v, (u32)(uintptr_t)de)->i_block[0])) +
		      24);
	ind = le32_to_cpu(di->i_block[12]);
	switch (r->lie) {
	case REC_LEN:
		de->rec_len = cpu_to_le16(10);
		break;
	case DIR_INO:
		de->inode = cpu_to_le32(1 << 20);
		break;
	case DIR_FREE_INO:
		de->inode = cpu_to_le32(900);
		break;
	case MODE:
		di->i_mode = cpu_to_le16(0x3000 | 0644);
		break;
	case POINTER:
		di->i_block[5] = cpu_to_le32(1 << 30);
		break;
	case IND_POINTER:
		*(__le32 *)(efsv_block(v, ind) + 4 * 4) = cpu_to_le32(3);
		break;
	}
	efsv_disk_settle(v->disk);
	KUNIT_ASSERT_EQ(test, efsv_mount(v, 0, r->stops ? "errors=remount-ro" :
						      "errors=continue"), 0);
	switch (r->lie) {
	case REC_LEN:
		f = efsv_opened(v, "d", O_RDONLY);
		/* "." and ".." are good; the rest is not */
		err = iterate_dir(f, &ctx) ?: iterate_dir(f, &ctx);
		KUNIT_EXPECT_EQ(test, efsv_stat(v, "d/f", &st), -EUCLEAN);
		break;
	case POINTER:
	case IND_POINTER:
		f = efsv_opened(v, "d/f", O_RDONLY);
		/* through the cache a page that cannot be mapped is a page that cannot be read */
		n = efsv_read(v, f, r->lie == POINTER ? 4096 : 16 * 1024, 4096);
		KUNIT_EXPECT_EQ(test, n, -EIO);
		efsv_close(v, f);
		f = efsv_opened(v, "d/f", O_RDONLY | O_DIRECT);
		err = efsv_read(v, f, r->lie == POINTER ? 4096 : 16 * 1024, 4096);
		break;
	default:
		err = efsv_stat(v, "d/f", &st);
	}
	KUNIT_EXPECT_EQ(test, err, -EUCLEAN);
	/* what is good is still there; whether it can be changed is the option's choice */
	efsv_get(v, "ok", 0, 1000, 2);
	KUNIT_EXPECT_EQ(test, efsv_create(v, "new", 0644), r->stops ? -EROFS : 0);
	efsv_options(v, shown, sizeof(shown));
	KUNIT_EXPECT_STREQ(test, shown, r->stops ? ",errors=remount-ro,emergency_ro" :
						  ",errors=continue");
	KUNIT_EXPECT_EQ(test, efsv_remount(v, 0, NULL), r->stops ? -EROFS : 0);
	efsv_umount(v);
	/* the disk knows, and its next e2fsck will look */
	KUNIT_EXPECT_TRUE(test, efsv_super(v)->s_state & cpu_to_le16(EFS_STATE_ERROR));
	KUNIT_EXPECT_GT(test, le32_to_cpu(efsv_super(v)->s_error_count), 0u);
	v->no_fsck = true;
	efsv_end(v);
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE_PARAM(unread, unreads_gen_params),
	KUNIT_CASE(written_data),
	KUNIT_CASE(written_direct),
	KUNIT_CASE_PARAM(unwritten, unwrittens_gen_params),
	KUNIT_CASE(gone),
	KUNIT_CASE(gone_later),
	KUNIT_CASE_PARAM(lied, lieds_gen_params),
	{}
};

EFSV_SUITE(fault, fault_cases);
