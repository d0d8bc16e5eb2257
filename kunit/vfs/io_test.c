// SPDX-License-Identifier: GPL-2.0
/*
 * File and address space operations: data through the page cache, past it, and through
 * mappings, at the places where a block map changes its shape.
 */
#include "vfs.h"
#include <linux/falloc.h>
#include <linux/fiemap.h>
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/uaccess.h>

#define IND	(12 * 1024)			/* first byte behind the direct blocks */
#define DIND	((12 + 256) * 1024)		/* first byte of the double indirect ones */
#define TIND	((12 + 256 + 65536) * 1024LL)

/* ---- ranges ---- */

static const struct place {
	const char *name;
	loff_t pos;
	u32 len;
	u32 blocks;	/* of 1024 bytes, indirect ones included */
} places[] = {
	{ "byte", 0, 1, 1 },
	{ "block", 0, 1024, 1 },
	{ "block_and_byte", 0, 1025, 2 },
	{ "second_block", 1024, 1024, 1 },
	{ "inside", 5000, 100, 1 },
	{ "last_direct", IND - 1024, 1024, 1 },
	{ "first_indirect", IND, 1024, 2 },
	{ "over_the_edge", IND - 1, 2, 3 },
	{ "last_indirect", DIND - 1024, 1024, 2 },
	{ "first_double", DIND, 1024, 3 },
	{ "into_double", DIND - 512, 1024, 5 },
	{ "second_table", DIND + 256 * 1024 - 1024, 2048, 5 },
	{ "last_double", TIND - 1024, 1024, 3 },
	{ "first_triple", TIND, 1024, 4 },
	{ "into_triple", TIND - 1024, 2048, 7 },
	{ "far", 15000000000LL, 3000, 3 + 4 },
	{ "long", 0, 400 * 1024, 400 + 1 + 2 },
};

EFS_TEST_ROWS(places);

static void place(struct kunit *test)
{
	const struct place *r = test->param_value;
	struct efsv *v = efsv_begin(test, NULL, NULL);
	u64 blocks = efsv_free_blocks(v);
	loff_t before = max_t(loff_t, r->pos - 9000, 0);
	struct kstat st;
	u32 round;

	efsv_put(v, "f", r->pos, r->len, 7);
	for (round = 0; round < 2; round++) {
		KUNIT_ASSERT_EQ(test, efsv_stat(v, "f", &st), 0);
		KUNIT_EXPECT_EQ(test, st.size, r->pos + r->len);
		KUNIT_EXPECT_EQ(test, st.blocks, 2ull * r->blocks);
		efsv_get(v, "f", r->pos, r->len, 7);
		efsv_get(v, "f", before, r->pos - before, 0);
		KUNIT_EXPECT_EQ(test, efsv_free_blocks(v), blocks - r->blocks);
		if (!round)
			efsv_again(v, NULL);
	}
	efsv_dump(v, "written");
	KUNIT_EXPECT_EQ(test, efsv_unlink(v, "f"), 0);
	KUNIT_EXPECT_EQ(test, efsv_free_blocks(v), blocks);
	efsv_end(v);
}

/* ---- direct ---- */

static const struct direct {
	const char *name;
	loff_t size;	/* of the file before, of seed 1 */
	loff_t pos;
	u32 len;
	bool hole;	/* the file is a hole before */
	int err;
} directs[] = {
	{ "new", 0, 0, 8192 },
	{ "new_sector", 0, 0, 512 },
	{ "new_far", 0, 1 << 20, 4096 },
	{ "over", 16384, 4096, 4096 },
	{ "over_sector", 16384, 4608, 512 },
	{ "append", 8192, 8192, 4096 },
	{ "append_to_sector", 8704, 8704, 1024 },
	{ "across_the_end", 8192, 4096, 8192 },
	{ "behind_the_end", 5000, 16384, 4096 },
	{ "hole", 65536, 8192, 4096, true },
	{ "hole_sector", 65536, 8704, 512, true },
	{ "hole_and_more", 16384, 8192, 16384, true },
	{ "over_the_edge", 300 * 1024, IND - 4096, 8192 },
	{ "long", 0, 0, 300 * 1024 },
	{ "odd_place", 8192, 100, 512, false, -EINVAL },
	{ "odd_length", 8192, 512, 100, false, -EINVAL },
};

EFS_TEST_ROWS(directs);

static void expect_file(struct efsv *v, const struct direct *r, int flags, u32 old, u32 new)
{
	struct file *f = efsv_opened(v, "f", flags);
	loff_t end = r->pos + r->len, size = max(r->size, end);
	/* a direct read wants whole sectors */
	loff_t low = flags & O_DIRECT ? round_down(min(r->pos, r->size), 512) :
					min(r->pos, r->size);

	KUNIT_EXPECT_EQ(v->test, i_size_read(file_inode(f)), size);
	efsv_expect(v, f, 0, low, old);
	efsv_expect(v, f, r->pos, r->len, new);
	if (end < r->size)
		efsv_expect(v, f, end, r->size - end, old);
	if (r->pos > r->size && !(flags & O_DIRECT))
		efsv_expect(v, f, r->size, r->pos - r->size, 0);
	efsv_close(v, f);
}

static void direct(struct kunit *test)
{
	const struct direct *r = test->param_value;
	struct efsv *v = efsv_begin(test, NULL, NULL);
	u32 old = r->hole ? 0 : 1;
	struct file *f;

	KUNIT_ASSERT_EQ(test, efsv_create(v, "f", 0644), 0);
	if (r->hole)
		KUNIT_ASSERT_EQ(test, efsv_truncate(v, "f", r->size), 0);
	else
		efsv_put(v, "f", 0, r->size, 1);
	/* the cache knows the old contents and has to learn the new */
	f = efsv_opened(v, "f", O_RDONLY);
	efsv_expect(v, f, 0, r->size, old);
	efsv_close(v, f);
	f = efsv_opened(v, "f", O_RDWR | O_DIRECT);
	KUNIT_EXPECT_EQ(test, efsv_write(v, f, r->pos, r->len, 2),
			r->err ? r->err : (ssize_t)r->len);
	efsv_close(v, f);
	if (!r->err) {
		expect_file(v, r, O_RDONLY | O_DIRECT, old, 2);
		expect_file(v, r, O_RDONLY, old, 2);
		efsv_again(v, NULL);
		expect_file(v, r, O_RDONLY, old, 2);
		expect_file(v, r, O_RDONLY | O_DIRECT, old, 2);
	}
	efsv_end(v);
}

/* what was written through the cache is what a direct read sees, and the other way */
static void mixed(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct file *c = efsv_opened(v, "f", O_CREAT | O_RDWR);
	struct file *d = efsv_opened(v, "f", O_RDWR | O_DIRECT);
	u32 i;

	for (i = 1; i < 20; i++) {
		loff_t pos = i * 2048;

		KUNIT_ASSERT_EQ(test, efsv_write(v, c, pos, 1024, i), 1024);
		efsv_expect(v, d, pos, 1024, i);
		KUNIT_ASSERT_EQ(test, efsv_write(v, d, pos, 512, i + 100), 512);
		efsv_expect(v, c, pos, 512, i + 100);
		efsv_expect(v, c, pos + 512, 512, i);
		KUNIT_ASSERT_EQ(test, efsv_write(v, d, pos + 1024, 1024, i + 200), 1024);
		efsv_expect(v, c, pos + 1024, 1024, i + 200);
	}
	KUNIT_EXPECT_EQ(test, efsv_read(v, d, 60000, 512), 0);
	efsv_end(v);
}

static void append(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct file *f = efsv_opened(v, "f", O_CREAT | O_WRONLY | O_APPEND);
	u8 text[] = "0123456789";
	loff_t pos = 0;
	u32 i;

	for (i = 0; i < 300; i++) {
		pos = 0;
		KUNIT_ASSERT_EQ(test, kernel_write(f, text, 10, &pos), 10);
	}
	KUNIT_EXPECT_EQ(test, i_size_read(file_inode(f)), 3000);
	efsv_again(v, NULL);
	f = efsv_opened(v, "f", O_RDONLY);
	KUNIT_ASSERT_EQ(test, efsv_read(v, f, 2990, 100), 10);
	KUNIT_EXPECT_MEMEQ(test, v->buf, text, 10);
	KUNIT_EXPECT_EQ(test, efsv_read(v, f, 3000, 100), 0);
	KUNIT_EXPECT_EQ(test, efsv_read(v, f, 1 << 30, 100), 0);
	efsv_end(v);
}

/* ---- the end of what there is ---- */

static void largest(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	loff_t max = efsv_sb(v)->s_maxbytes;
	struct file *f = efsv_opened(v, "f", O_CREAT | O_RDWR);
	struct file *d = efsv_opened(v, "f", O_RDWR | O_DIRECT);

	KUNIT_EXPECT_EQ(test, efsv_write(v, f, max, 1, 1), -EFBIG);
	KUNIT_EXPECT_EQ(test, efsv_write(v, d, round_up(max, 512), 512, 1), -EFBIG);
	/* as much as fits */
	KUNIT_EXPECT_EQ(test, efsv_write(v, f, max - 5, 100, 1), 5);
	efsv_expect(v, f, max - 5, 5, 1);
	KUNIT_EXPECT_EQ(test, efsv_read(v, f, max, 10), 0);
	efsv_again(v, NULL);
	efsv_get(v, "f", max - 5, 5, 1);
	KUNIT_EXPECT_EQ(test, efsv_unlink(v, "f"), 0);
	efsv_end(v);
}

static const struct full {
	const char *name;
	bool direct, user;
	u32 reserve;
} fulls[] = {
	{ "cached", false, false },
	{ "direct", true, false },
	{ "user", false, true },
	{ "user_with_reserve", false, true, 100 },
	{ "root_with_reserve", false, false, 100 },
};

EFS_TEST_ROWS(fulls);

/*
 * As much as there is room for; a direct write that does not fit whole is not done at
 * all. Return: bytes written.
 */
static loff_t fill_up(struct efsv *v, struct file *f, ssize_t *last)
{
	u32 unit = EFSV_BUF;
	loff_t pos = 0;

	while (unit >= 1024) {
		*last = efsv_write(v, f, pos, unit, 1);
		if (*last > 0)
			pos += *last;
		else
			unit /= 4;
	}
	return pos;
}

/* to the last block, again and again: none lost, none too many */
static void full(struct kunit *test)
{
	const struct full *r = test->param_value;
	struct efs_test_mkfs m = { .block_size = 1024, .blocks = 2048, .r_blocks = r->reserve };
	struct efsv *v = efsv_begin(test, &m, NULL);
	u64 blocks = efsv_free_blocks(v), keep = r->user ? r->reserve : 0, left;
	ssize_t last = 0;
	struct file *f;
	struct kstat st;
	loff_t n = 0;
	u32 round;

	KUNIT_ASSERT_EQ(test, efsv_chmod(v, ".", 0777), 0);
	for (round = 0; round < 3; round++) {
		f = NULL;
		if (r->user)
			efsv_become(v, 1000);
		if (!efsv_open(v, "f", O_CREAT | O_RDWR | (r->direct ? O_DIRECT : 0), 0644, &f))
			n = fill_up(v, f, &last);
		efsv_become_root(v);
		KUNIT_EXPECT_EQ(test, last, -ENOSPC);
		/* the last block is of no use if it would need an indirect one too */
		left = efsv_free_blocks(v);
		KUNIT_EXPECT_GE(test, left, keep);
		KUNIT_EXPECT_LE(test, left, keep + 1);
		KUNIT_ASSERT_EQ(test, efsv_stat(v, "f", &st), 0);
		KUNIT_EXPECT_EQ(test, st.blocks, 2 * (blocks - left));
		KUNIT_EXPECT_EQ(test, st.size, n);
		efsv_expect(v, f, 0, n, 1);
		if (!left)
			KUNIT_EXPECT_EQ(test, efsv_mkdir(v, "d", 0755), -ENOSPC);
		if (round == 1) {
			efsv_again(v, NULL);
			efsv_get(v, "f", 0, n, 1);
		} else {
			efsv_close(v, f);
		}
		KUNIT_ASSERT_EQ(test, round == 2 ? efsv_truncate(v, "f", 0) :
						   efsv_unlink(v, "f"), 0);
		KUNIT_EXPECT_EQ(test, efsv_free_blocks(v), blocks);
	}
	efsv_end(v);
}

static void not_there(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct file *f = efsv_opened(v, "f", O_CREAT | O_RDWR);

	KUNIT_EXPECT_EQ(test, vfs_fallocate(f, 0, 0, 4096), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, vfs_fallocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096),
			-EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, efsv_open(v, "none", O_RDONLY, 0, &f), -ENOENT);
	KUNIT_EXPECT_EQ(test, efsv_open(v, "f", O_CREAT | O_EXCL | O_RDWR, 0, &f), -EEXIST);
	KUNIT_EXPECT_EQ(test, efsv_open(v, "f", O_DIRECTORY, 0, &f), -ENOTDIR);
	KUNIT_EXPECT_EQ(test, efsv_open(v, ".", O_RDWR, 0, &f), -EISDIR);
	efsv_end(v);
}

/* ---- what is where ---- */

static const struct seek {
	loff_t from;
	int whence;
	loff_t to;
} seeks[] = {
	{ 0, SEEK_DATA, 0 }, { 0, SEEK_HOLE, 2048 }, { 2047, SEEK_HOLE, 2048 },
	{ 2048, SEEK_HOLE, 2048 }, { 2048, SEEK_DATA, IND }, { 9000, SEEK_HOLE, 9000 },
	{ IND, SEEK_DATA, IND }, { IND + 1, SEEK_HOLE, IND + 1024 },
	{ IND + 1024, SEEK_DATA, DIND + 5120 }, { DIND + 6143, SEEK_DATA, DIND + 6143 },
	{ DIND + 5120, SEEK_HOLE, DIND + 6144 }, { DIND + 6144, SEEK_DATA, -ENXIO },
	{ 1 << 20, SEEK_HOLE, -ENXIO }, { 1 << 21, SEEK_DATA, -ENXIO }, { -1, SEEK_DATA, -ENXIO },
	{ 5, SEEK_SET, 5 }, { -5, SEEK_END, (1 << 20) - 5 }, { -6, SEEK_SET, -EINVAL },
};

static void holes(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct fiemap_extent_info fi = {};
	struct inode *inode;
	struct file *f;
	sector_t b;
	u32 i, round;

	efsv_put(v, "f", 0, 2048, 1);
	efsv_put(v, "f", IND, 1024, 1);
	efsv_put(v, "f", DIND + 5120, 1024, 1);
	KUNIT_ASSERT_EQ(test, efsv_truncate(v, "f", 1 << 20), 0);
	for (round = 0; round < 2; round++) {
		f = efsv_opened(v, "f", O_RDONLY);
		for (i = 0; i < ARRAY_SIZE(seeks); i++)
			KUNIT_EXPECT_EQ_MSG(test, vfs_llseek(f, seeks[i].from, seeks[i].whence),
					    seeks[i].to, "row %u", i);
		inode = file_inode(f);
		/* three runs, counted only */
		fi.fi_flags = FIEMAP_FLAG_SYNC;
		fi.fi_extents_mapped = 0;
		KUNIT_EXPECT_EQ(test, inode->i_op->fiemap(inode, &fi, 0, 1 << 20), 0);
		KUNIT_EXPECT_EQ(test, fi.fi_extents_mapped, 3u);
		b = 1;
		KUNIT_EXPECT_EQ(test, bmap(inode, &b), 0);
		KUNIT_EXPECT_NE(test, b, 0u);
		b = 2;
		KUNIT_EXPECT_EQ(test, bmap(inode, &b), 0);
		KUNIT_EXPECT_EQ(test, b, 0u);
		efsv_close(v, f);
		if (!round)
			efsv_again(v, NULL);
	}
	efsv_end(v);
}

/* ---- mappings ---- */

/* The thread borrows the address space of whoever loaded the module. */
static unsigned long map(struct file *f, u32 len, int prot)
{
	kthread_use_mm(efsv_mm);
	return vm_mmap(f, 0, len, prot, MAP_SHARED, 0);
}

static void unmap(unsigned long at, u32 len)
{
	if (at && !IS_ERR_VALUE(at))
		vm_munmap(at, len);
	kthread_unuse_mm(efsv_mm);
}

/* one byte in each 1024, as far as it goes; bytes stored */
static u32 scribble(unsigned long at, u32 from, u32 to, u8 byte)
{
	u32 n = 0;

	for (; from < to; from += 1024, n++)
		if (copy_to_user((void __user *)(at + from), &byte, 1))
			break;
	return n;
}

static void mapped(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct file *f = efsv_opened(v, "f", O_CREAT | O_RDWR);
	u64 blocks = efsv_free_blocks(v);
	unsigned long at;
	u32 n = 0, bad = 0, i;
	u8 back = 0;

	KUNIT_ASSERT_NOT_NULL(test, efsv_mm);
	/* a hole but for one block, and an end inside of a page */
	KUNIT_ASSERT_EQ(test, efsv_truncate(v, "f", 5 * 4096 + 100), 0);
	KUNIT_ASSERT_EQ(test, efsv_write(v, f, 4096, 1024, 1), 1024);
	at = map(f, 8 * 4096, PROT_READ | PROT_WRITE);
	if (!IS_ERR_VALUE(at)) {
		n = scribble(at, 0, 3 * 4096, 'x');
		n += scribble(at, 5 * 4096 + 200, 5 * 4096 + 201, 'y');
		bad = scribble(at, 6 * 4096, 6 * 4096 + 1, 'z');
		n += !copy_from_user(&back, (void __user *)at + 4 * 4096, 1);
	}
	unmap(at, 8 * 4096);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(at));
	KUNIT_EXPECT_EQ(test, n, 12u + 1 + 1);
	KUNIT_EXPECT_EQ_MSG(test, bad, 0u, "written beyond the last page");
	KUNIT_EXPECT_EQ(test, back, 0);
	KUNIT_EXPECT_EQ(test, vfs_fsync(f, 0), 0);
	/* what was stored behind the end is not part of the file, not even when it grows */
	KUNIT_ASSERT_EQ(test, efsv_truncate(v, "f", 6 * 4096), 0);
	efsv_expect(v, f, 5 * 4096, 4096, 0);
	/* three pages, of the last one the block with the end; and the indirect block */
	KUNIT_EXPECT_EQ(test, blocks - efsv_free_blocks(v), 12u + 1 + 1);
	efsv_again(v, NULL);
	f = efsv_opened(v, "f", O_RDONLY);
	KUNIT_ASSERT_EQ(test, efsv_read(v, f, 0, 3 * 4096), 3 * 4096);
	for (i = 0; i < 12; i++)
		KUNIT_EXPECT_EQ(test, v->buf[i * 1024], 'x');
	efsv_expect(v, f, 4097, 1023, 1);
	efsv_expect(v, f, 3 * 4096, 3 * 4096, 0);
	efsv_end(v);
}

/* a page without a block cannot become writable: the writer is told, by a signal */
static void mapped_full(struct kunit *test)
{
	static const struct efs_test_mkfs m = { .block_size = 1024, .blocks = 1024 };
	struct efsv *v = efsv_begin(test, &m, NULL);
	struct file *f = efsv_opened(v, "f", O_CREAT | O_RDWR);
	unsigned long at;
	u32 n = 0;

	KUNIT_ASSERT_NOT_NULL(test, efsv_mm);
	KUNIT_ASSERT_EQ(test, efsv_truncate(v, "f", 8 << 20), 0);
	at = map(f, 2 << 20, PROT_READ | PROT_WRITE);
	if (!IS_ERR_VALUE(at))
		n = scribble(at, 0, 2 << 20, 'x');
	unmap(at, 2 << 20);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(at));
	KUNIT_EXPECT_GT(test, n, 500u);
	KUNIT_EXPECT_LT(test, n, 1024u);
	KUNIT_EXPECT_LT(test, efsv_free_blocks(v), 4u);
	KUNIT_EXPECT_EQ(test, vfs_fsync(f, 0), 0);
	efsv_again(v, NULL);
	f = efsv_opened(v, "f", O_RDONLY);
	KUNIT_ASSERT_EQ(test, efsv_read(v, f, 400 * 1024, 1), 1);
	KUNIT_EXPECT_EQ(test, v->buf[0], 'x');
	efsv_end(v);
}

/* the generation number, by the ioctl that has it, from and to user memory */
static void version(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct file *f = efsv_opened(v, "f", O_CREAT | O_RDWR);
	int first = 0, then = 0, want = 4711, err[4] = {};
	u32 old = file_inode(f)->i_generation;
	unsigned long at;

	KUNIT_ASSERT_NOT_NULL(test, efsv_mm);
	kthread_use_mm(efsv_mm);
	at = vm_mmap(NULL, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (!IS_ERR_VALUE(at)) {
		int __user *u = (int __user *)at;

		err[0] = vfs_ioctl(f, FS_IOC_GETVERSION, at) ?: get_user(first, u);
		err[1] = put_user(want, u) ?: vfs_ioctl(f, FS_IOC_SETVERSION, at);
		err[2] = vfs_ioctl(f, FS_IOC_GETVERSION, at) ?: get_user(then, u);
		err[3] = vfs_ioctl(f, FS_IOC_SETVERSION, 8);
	}
	unmap(at, 4096);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(at));
	KUNIT_EXPECT_EQ(test, err[0], 0);
	KUNIT_EXPECT_EQ(test, err[1], 0);
	KUNIT_EXPECT_EQ(test, err[2], 0);
	KUNIT_EXPECT_EQ(test, err[3], -EFAULT);
	KUNIT_EXPECT_EQ(test, (u32)first, old);
	KUNIT_EXPECT_EQ(test, then, want);
	KUNIT_EXPECT_EQ(test, vfs_ioctl(f, FS_IOC_SETVERSION + 77, 0), -ENOTTY);
	efsv_again(v, NULL);
	f = efsv_opened(v, "f", O_RDONLY);
	KUNIT_EXPECT_EQ(test, file_inode(f)->i_generation, (u32)want);
	efsv_end(v);
}

static struct kunit_case io_cases[] = {
	KUNIT_CASE_PARAM(place, places_gen_params),
	KUNIT_CASE_PARAM(direct, directs_gen_params),
	KUNIT_CASE(mixed),
	KUNIT_CASE(append),
	KUNIT_CASE(largest),
	KUNIT_CASE_PARAM(full, fulls_gen_params),
	KUNIT_CASE(not_there),
	KUNIT_CASE(holes),
	KUNIT_CASE(mapped),
	KUNIT_CASE(mapped_full),
	KUNIT_CASE(version),
	{}
};

EFSV_SUITE(io, io_cases);
