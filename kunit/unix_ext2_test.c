// SPDX-License-Identifier: GPL-2.0
/*
 * ext2 behind the general interface (core/unix/ext2*.c) beyond what every file system must
 * do: what is durable, what a failing device or failing memory leaves, damaged volumes.
 *
 * Locks: none, one thread runs.
 *
 * Tests: core/unix/ext2.c core/unix/ext2_data.c core/unix/ext2_name.c core/unix/names.c
 */
#include "unix_fs.h"
#include "../core/unix/walk.h"

static const struct efs_new new_file = { .mode = EFS_S_IFREG | 0644 };
static const struct efs_new new_dir = { .mode = EFS_S_IFDIR | 0755 };

static const struct efs_test_mkfs small = {
	.block_size = 1024, .blocks = 2000, .ipg = 256, .inode_size = 256, .large_file = true,
};

static struct efs_node *make(struct unix_test *u, struct efs_node *dir, const char *name,
			     const struct efs_new *n)
{
	struct efs_node *node = NULL;

	KUNIT_ASSERT_EQ(u->test, efs_node_create(dir, name, strlen(name), n, &node), 0);
	return node;
}

/* after a sync everything is there, whatever happens then; before it nothing need be */
static void sync(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &small, 0), *copy;
	struct efs_where w = { .fs = NULL };
	struct efs_node *d, *f;
	char *img;
	u64 bytes = u->vol->dev->bytes;

	d = make(u, u->root, "d", &new_dir);
	f = make(u, d, "f", &new_file);
	unix_put_bytes(u, f, 0, 'x', 20000);
	KUNIT_EXPECT_GT(test, efs_test_dirty_count(u->vol->dev), 0);
	KUNIT_EXPECT_EQ(test, efs_fs_sync(u->fs), 0);
	KUNIT_EXPECT_EQ(test, efs_test_dirty_count(u->vol->dev), 0);
	img = efs_test_zalloc(bytes);
	efs_test_dev_read(u->vol->dev, 0, img, bytes);
	efs_node_put(f);
	efs_node_put(d);
	unix_end(u);
	efs_test_exit(test);

	/* the device as it was at that moment */
	copy = unix_begin_ext2(test, &small, 0);
	efs_node_put(copy->root);
	KUNIT_ASSERT_EQ(test, efs_fs_unmount(copy->fs), 0);
	efs_test_power_cut(copy->vol->dev);
	efs_test_dev_write(copy->vol->dev, 0, img, bytes);
	efs_test_mfree(img);
	KUNIT_ASSERT_EQ(test, efs_test_mount(copy->vol, NULL), 0);
	KUNIT_ASSERT_EQ(test, efs_ext2_new(&copy->vol->sb, &unix_ext2_home, NULL, &copy->fs), 0);
	KUNIT_ASSERT_EQ(test, efs_fs_root(copy->fs, &copy->root), 0);
	w.fs = copy->fs;
	KUNIT_ASSERT_EQ(test, efs_walk(&w, "/d/f", 4, 0, &f), 0);
	unix_expect_bytes(copy, f, 0, 'x', 20000);
	efs_node_put(f);
	efs_node_put(copy->root);
	KUNIT_EXPECT_EQ(test, efs_fs_unmount(copy->fs), 0);
	copy->vol->mounted = false;
	efs_test_end_dirty(copy->vol);
	/* what had been set aside for the file stays marked used */
	KUNIT_EXPECT_LE(test, efs_test_preen(copy->vol->dev), 1);
}

/* more files than are kept in memory: each is found again as it was */
static void small_cache(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &small, 2);
	struct efs_setattr set = { .mask = EFS_SET_MODE };
	struct efs_node *f, *first;
	struct efs_stat st;
	char name[8];
	u32 i;

	first = make(u, u->root, "first", &new_file);
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		f = make(u, u->root, name, &new_file);
		set.mode = i;
		KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &set), 0);
		efs_node_put(f);
	}
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		KUNIT_ASSERT_EQ(test, efs_node_lookup(u->root, name, strlen(name), &f), 0);
		efs_node_stat(f, &st);
		KUNIT_EXPECT_EQ(test, st.mode, EFS_S_IFREG | i);
		KUNIT_EXPECT_EQ(test, st.dev, 8);
		efs_node_put(f);
	}
	/* who is held stays the same node */
	KUNIT_ASSERT_EQ(test, efs_node_lookup(u->root, "first", 5, &f), 0);
	KUNIT_EXPECT_PTR_EQ(test, f, first);
	KUNIT_EXPECT_EQ(test, efs_fs_unmount(u->fs), -EBUSY);
	efs_node_put(f);
	efs_node_put(first);
	KUNIT_EXPECT_EQ(test, efs_fs_unmount(u->fs), -EBUSY);
	unix_end(u);
}

/* times that the volume cannot hold are told as they will be read again */
static void time_limits(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &small, 2);
	struct efs_setattr set = { .mask = EFS_SET_ATIME | EFS_SET_MTIME,
				   .atime = { .sec = -0x80000001ll, .nsec = 5 },
				   .mtime = { .sec = 1ll << 40, .nsec = 5 } };
	struct efs_node *f = make(u, u->root, "f", &new_file);
	struct efs_stat st;

	KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &set), 0);
	efs_node_stat(f, &st);
	KUNIT_EXPECT_EQ(test, st.atime.sec, EFS_TIME_MIN);
	KUNIT_EXPECT_EQ(test, st.mtime.sec, efs_time_max(&efs_ext2_sb(u->fs)->geo));
	KUNIT_EXPECT_EQ(test, st.atime.nsec + st.mtime.nsec, 0);
	efs_node_put(f);
	unix_end(u);
}

/* each allocation, read and new block in turn fails: all or nothing, and nothing leaks */
static void faults(struct kunit *test)
{
	static const enum efs_test_fault kinds[] = { EFS_TEST_ALLOC, EFS_TEST_READ, EFS_TEST_NEW };
	u32 k, nth, op;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct unix_test *u = unix_begin_ext2(test, &small, 1);
		struct efs_where w = { .fs = u->fs };
		char path[] = "/d0/f0";
		u8 *data = kunit_kzalloc(test, 3000, GFP_KERNEL);
		size_t done;

		for (op = 0; op < 4; op++) {
			int err = -1;

			path[2] = '0' + op;
			path[5] = '0' + op;
			for (nth = 1; err && nth < 40; nth++) {
				struct efs_node *f = NULL;

				/* nothing but the root is in memory */
				KUNIT_EXPECT_EQ(test, efs_fs_sync(u->fs), 0);
				if (op >= 2) {
					path[2] = '1';
					path[5] = '1';
				}
				u->vol->dev->fail[kinds[k]] = nth;
				if (op == 0 || op == 1)
					err = efs_path_create(&w, path, op ? 6 : 3,
							      op ? &new_file : &new_dir, NULL);
				else
					err = efs_walk(&w, path, 6, 0, &f);
				if (!err && op == 2)
					err = efs_node_write(f, 0, data, 3000, &done);
				else if (!err && op == 3)
					err = efs_node_read(f, 0, data, 3000, &done);
				u->vol->dev->fail[kinds[k]] = 0;
				efs_node_put(f);
				KUNIT_EXPECT_TRUE_MSG(test, !err || err == -EIO || err == -ENOMEM,
						      "fault %u of %u, operation %u: %d", nth, k,
						      op, err);
			}
			KUNIT_EXPECT_EQ_MSG(test, err, 0, "fault %u, operation %u", k, op);
			if (op == 0) {
				path[2] = '1';
				KUNIT_EXPECT_EQ(test, efs_path_create(&w, path, 3, &new_dir, NULL),
						0);
			}
		}
		unix_end(u);
		efs_test_exit(test);
	}
}

static void new_faults(struct kunit *test)
{
	struct efs_test_fs *vol = efs_test_begin(test, &small);
	struct efs_fs *fs;
	u32 nth;

	for (nth = 1; nth < 20; nth++) {
		int err;

		vol->dev->fail[EFS_TEST_ALLOC] = nth;
		err = efs_ext2_new(&vol->sb, &unix_ext2_home, NULL, &fs);
		vol->dev->fail[EFS_TEST_ALLOC] = 0;
		if (!err)
			break;
		KUNIT_EXPECT_EQ(test, err, -ENOMEM);
	}
	KUNIT_EXPECT_GT(test, nth, 2);
	KUNIT_EXPECT_PTR_EQ(test, efs_ext2_sb(fs), &vol->sb);
	KUNIT_EXPECT_EQ(test, efs_fs_unmount(fs), 0);
	vol->mounted = false;
	efs_test_end(vol);
}

/* ---- a home whose data goes nowhere ---- */

static u32 fail_write, fail_read;
static int flush_result;

static int bad_read(struct efs_sb *sb, u32 blk, u32 len, void *buf)
{
	if (fail_read && !--fail_read)
		return -EIO;
	return unix_ext2_home.data_read(sb, blk, len, buf);
}

static int bad_write(struct efs_sb *sb, u32 blk, u32 len, const void *buf)
{
	if (fail_write && !--fail_write)
		return -EIO;
	return unix_ext2_home.data_write(sb, blk, len, buf);
}

static int bad_flush(struct efs_sb *sb)
{
	return flush_result ? flush_result : unix_ext2_home.flush(sb);
}

static struct unix_test *begin_bad(struct kunit *test, struct efs_ext2_home *home)
{
	struct unix_test *u = unix_begin_ext2(test, &small, 0);

	efs_node_put(u->root);
	KUNIT_ASSERT_EQ(test, efs_fs_unmount(u->fs), 0);
	KUNIT_ASSERT_EQ(test, efs_test_mount(u->vol, NULL), 0);
	*home = unix_ext2_home;
	home->data_read = bad_read;
	home->data_write = bad_write;
	home->flush = bad_flush;
	fail_write = 0;
	fail_read = 0;
	flush_result = 0;
	KUNIT_ASSERT_EQ(test, efs_ext2_new(&u->vol->sb, home, NULL, &u->fs), 0);
	KUNIT_ASSERT_EQ(test, efs_fs_root(u->fs, &u->root), 0);
	return u;
}

/* data that cannot be written leaves the file as it was, and shows no old blocks */
static void bad_data(struct kunit *test)
{
	struct efs_ext2_home home;
	struct unix_test *u = begin_bad(test, &home);
	struct efs_node *f;
	struct efs_stat st;
	u8 *data = kunit_kzalloc(test, 5000, GFP_KERNEL);
	size_t done;

	/* blocks of a file that is gone */
	f = make(u, u->root, "old", &new_file);
	unix_put_bytes(u, f, 0, 'o', 200000);
	efs_node_put(f);
	KUNIT_EXPECT_EQ(test, efs_node_unlink(u->root, "old", 3), 0);

	f = make(u, u->root, "f", &new_file);
	memset(data, 'n', 5000);
	fail_write = 1;
	KUNIT_EXPECT_EQ(test, efs_node_write(f, 0, data, 5000, &done), -EIO);
	KUNIT_EXPECT_EQ(test, done, 0);
	efs_node_stat(f, &st);
	KUNIT_EXPECT_EQ(test, st.size, 0);
	KUNIT_EXPECT_EQ(test, st.blocks, 0);
	/* in a hole inside of the file */
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 50000), 0);
	fail_write = 1;
	KUNIT_EXPECT_EQ(test, efs_node_write(f, 8192, data, 4096, &done), -EIO);
	unix_expect_bytes(u, f, 0, 0, 50000);
	/* over data: the tail of the size cannot be cleared */
	unix_put_bytes(u, f, 50000, 'e', 100);
	fail_write = 1;
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 50050), -EIO);
	fail_write = 1;
	KUNIT_EXPECT_EQ(test, efs_node_write(f, 90000, data, 10, &done), -EIO);
	fail_read = 1;
	KUNIT_EXPECT_EQ(test, efs_node_write(f, 50010, data, 10, &done), -EIO);
	efs_node_stat(f, &st);
	KUNIT_EXPECT_EQ(test, st.size, 50100);
	fail_read = 1;
	KUNIT_EXPECT_EQ(test, efs_node_read(f, 50000, data, 100, &done), -EIO);
	KUNIT_EXPECT_EQ(test, done, 0);
	unix_expect_bytes(u, f, 50000, 'e', 100);
	efs_node_put(f);
	unix_end(u);
}

/* behind the size there may be anything; it never shows */
static void tail(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &small, 0);
	struct efs_node *f = make(u, u->root, "f", &new_file);
	struct efs_ext ext;
	u8 junk[500];

	unix_put_bytes(u, f, 0, 'x', 300);
	KUNIT_ASSERT_EQ(test, efs_map_lookup(efs_ext2_inode(f), 0, 1, &ext), 0);
	memset(junk, 'j', sizeof(junk));
	efs_test_dev_write(u->vol->dev, ext.pblk * 1024ull + 300, junk, sizeof(junk));
	unix_put_bytes(u, f, 700, 'y', 10);
	unix_expect_bytes(u, f, 300, 0, 400);
	efs_test_dev_write(u->vol->dev, ext.pblk * 1024ull + 710, junk, 300);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 1000), 0);
	unix_expect_bytes(u, f, 710, 0, 290);
	efs_test_dev_write(u->vol->dev, ext.pblk * 1024ull + 1000, junk, 24);
	unix_put_bytes(u, f, 4096, 'z', 1);
	unix_expect_bytes(u, f, 1000, 0, 3096);
	efs_node_put(f);
	unix_end(u);
}

/* an error of the device is told once, and the volume is not called clean */
static void bad_flush_at_end(struct kunit *test)
{
	struct efs_ext2_home home;
	struct unix_test *u = begin_bad(test, &home);

	efs_node_put(make(u, u->root, "f", &new_file));
	flush_result = -EIO;
	KUNIT_EXPECT_EQ(test, efs_fs_sync(u->fs), -EIO);
	flush_result = 0;
	KUNIT_EXPECT_EQ(test, efs_fs_sync(u->fs), 0);
	efs_node_put(make(u, u->root, "g", &new_file));
	flush_result = -EIO;
	efs_node_put(u->root);
	KUNIT_EXPECT_EQ(test, efs_fs_unmount(u->fs), -EIO);
	u->vol->mounted = false;
	/* what it could not write is written now: sound, but never called clean */
	efs_test_flush(u->vol->dev);
	KUNIT_ASSERT_EQ(test, efs_test_mount(u->vol, NULL), 0);
	KUNIT_EXPECT_TRUE(test, u->vol->sb.state & EFS_SB_NEVER_VALID);
	efs_test_end(u->vol);
}

/* ---- damaged volumes ---- */

/* the directory /a/b is named as x in itself, and as y in /a/b/c below it */
static void loops(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &small, 0);
	struct efs_where w = { .fs = u->fs };
	struct efs_node *a, *b, *c, *node;

	a = make(u, u->root, "a", &new_dir);
	b = make(u, a, "b", &new_dir);
	c = make(u, b, "c", &new_dir);
	KUNIT_ASSERT_EQ(test, efs_dir_insert(efs_ext2_inode(b), "x", 1, (u32)b->ino,
					     EFS_S_IFDIR), 0);
	KUNIT_ASSERT_EQ(test, efs_dir_insert(efs_ext2_inode(c), "y", 1, (u32)b->ino,
					     EFS_S_IFDIR), 0);
	KUNIT_EXPECT_EQ(test, efs_walk(&w, "/a/b/c/y/c/y/x/x/c", 18, 0, &node), 0);
	KUNIT_EXPECT_PTR_EQ(test, node, c);
	efs_node_put(node);
	KUNIT_EXPECT_EQ(test, efs_node_rmdir(b, "x", 1), -EUCLEAN);
	KUNIT_EXPECT_EQ(test, efs_node_rename(b, "x", 1, b, "z", 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, efs_path_remove(&w, "/a", 2), -EUCLEAN);
	KUNIT_EXPECT_TRUE(test, efs_test_took(u->vol->dev, EFS_C_DIR_DOTDOT));
	/* `..` in a circle: of two directories, the root is in neither */
	KUNIT_ASSERT_EQ(test, efs_dir_set_dotdot(efs_ext2_inode(b), (u32)c->ino), 0);
	KUNIT_EXPECT_EQ(test, efs_node_rename(u->root, "a", 1, c, "a", 1, 0), -EUCLEAN);
	KUNIT_EXPECT_TRUE(test, efs_test_took(u->vol->dev, EFS_C_DIR_DOTDOT));
	efs_node_put(a);
	efs_node_put(b);
	efs_node_put(c);
	efs_node_put(u->root);
	KUNIT_EXPECT_EQ(test, efs_fs_unmount(u->fs), 0);
	u->vol->mounted = false;
	efs_test_end_dirty(u->vol);
}

/* names of what is not there, and numbers that are none */
static void bad_numbers(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &small, 0);
	struct efs_node *node, *f, *tmp;

	KUNIT_EXPECT_EQ(test, efs_ext2_iget(u->fs, 0, &node), -EUCLEAN);
	KUNIT_EXPECT_TRUE(test, efs_test_took(u->vol->dev, EFS_C_INO_RANGE));
	KUNIT_EXPECT_EQ(test, efs_ext2_iget(u->fs, 100000, &node), -EUCLEAN);
	KUNIT_EXPECT_TRUE(test, efs_test_took(u->vol->dev, EFS_C_INO_RANGE));
	KUNIT_EXPECT_EQ(test, efs_ext2_iget(u->fs, 200, &node), -EUCLEAN);
	KUNIT_EXPECT_TRUE(test, efs_test_took(u->vol->dev, EFS_C_INO_FREED));
	f = make(u, u->root, "f", &new_file);
	KUNIT_EXPECT_EQ(test, efs_ext2_iget(u->fs, (u32)f->ino, &node), 0);
	KUNIT_EXPECT_PTR_EQ(test, node, f);
	efs_node_put(node);
	/* a name leads to a file that was made without one */
	KUNIT_ASSERT_EQ(test, efs_node_tmpfile(u->root, &new_file, &tmp), 0);
	KUNIT_ASSERT_EQ(test, efs_dir_insert(efs_ext2_inode(u->root), "t", 1, (u32)tmp->ino,
					     EFS_S_IFREG), 0);
	KUNIT_EXPECT_EQ(test, efs_node_lookup(u->root, "t", 1, &node), -EUCLEAN);
	KUNIT_EXPECT_TRUE(test, efs_test_took(u->vol->dev, EFS_C_INO_NLINK));
	KUNIT_ASSERT_EQ(test, efs_dir_delete(efs_ext2_inode(u->root), "t", 1, (u32)tmp->ino), 0);
	efs_node_put(tmp);
	efs_node_put(f);
	efs_node_put(u->root);
	KUNIT_EXPECT_EQ(test, efs_fs_unmount(u->fs), 0);
	u->vol->mounted = false;
	efs_test_end_dirty(u->vol);
}

static void statfs(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &small, 0);
	struct efs_fs_stat st, now;
	struct efs_node *f;

	KUNIT_EXPECT_EQ(test, efs_fs_statfs(u->fs, &st), 0);
	KUNIT_EXPECT_EQ(test, st.bsize, 1024);
	KUNIT_EXPECT_EQ(test, st.name_max, 255);
	KUNIT_EXPECT_EQ(test, st.dev, 8);
	KUNIT_EXPECT_FALSE(test, st.rdonly);
	f = make(u, u->root, "f", &new_file);
	unix_put_bytes(u, f, 0, 'x', 5000);
	KUNIT_EXPECT_EQ(test, efs_fs_statfs(u->fs, &now), 0);
	KUNIT_EXPECT_EQ(test, now.bfree, st.bfree - 5);
	KUNIT_EXPECT_EQ(test, now.ffree, st.ffree - 1);
	KUNIT_EXPECT_EQ(test, now.blocks, st.blocks);
	KUNIT_EXPECT_EQ(test, now.files, st.files);
	efs_node_put(f);
	unix_end(u);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(sync),
	KUNIT_CASE(small_cache),
	KUNIT_CASE(time_limits),
	KUNIT_CASE(faults),
	KUNIT_CASE(new_faults),
	KUNIT_CASE(bad_data),
	KUNIT_CASE(tail),
	KUNIT_CASE(bad_flush_at_end),
	KUNIT_CASE(loops),
	KUNIT_CASE(bad_numbers),
	KUNIT_CASE(statfs),
	{}
};

static struct kunit_suite suite = {
	.name = "efsext2_unix_ext2",
	.init = unix_init,
	.exit = unix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
