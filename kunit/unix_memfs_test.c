// SPDX-License-Identifier: GPL-2.0
/*
 * The file system in memory (core/unix/memfs.c) beyond what every file system must do:
 * limits, memory that runs out, sparse files of any size, and that nothing leaks.
 *
 * Tests: core/unix/memfs.c core/unix/memfs_data.c
 *
 * Locks: none, one thread runs.
 */
#include "unix_fs.h"

#define XCHG EFS_RENAME_EXCHANGE

static const struct efs_new new_file = { .mode = EFS_S_IFREG | 0644 };
static const struct efs_new new_dir = { .mode = EFS_S_IFDIR | 0755 };

static struct efs_fs *begin(struct kunit *test, const struct efs_memfs_opts *o,
			    struct efs_node **root)
{
	struct efs_fs *fs;

	KUNIT_ASSERT_EQ(test, efs_memfs_new(o, &fs), 0);
	KUNIT_ASSERT_EQ(test, efs_fs_root(fs, root), 0);
	return fs;
}

static void end(struct kunit *test, struct efs_fs *fs, struct efs_node *root)
{
	KUNIT_EXPECT_EQ(test, efs_fs_unmount(fs), -EBUSY);
	efs_node_put(root);
	KUNIT_EXPECT_EQ(test, efs_fs_unmount(fs), 0);
	KUNIT_EXPECT_EQ(test, efs_test_nosb.live, 0);
	KUNIT_EXPECT_EQ(test, efs_test_locks_held(), 0);
}

static struct efs_node *make(struct kunit *test, struct efs_node *dir, const char *name,
			     const struct efs_new *n)
{
	struct efs_node *node;

	KUNIT_ASSERT_EQ(test, efs_node_create(dir, name, strlen(name), n, &node), 0);
	return node;
}

static void options(struct kunit *test)
{
	static const struct efs_memfs_opts bad[] = {
		{ .page_size = 511 }, { .page_size = 256 }, { .page_size = 131072 },
		{ .page_size = 1536 }, { .name_max = 256 }, { .size_max = 1ull << 63 },
	};
	struct efs_memfs_opts o = { .dev = 42, .root_mode = 01777, .uid = 3, .gid = 4 };
	struct efs_node *root;
	struct efs_stat st;
	struct efs_fs *fs;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, efs_memfs_new(&bad[i], &fs), -EINVAL, "row %u", i);
	fs = begin(test, &o, &root);
	efs_node_stat(root, &st);
	KUNIT_EXPECT_EQ(test, st.mode, EFS_S_IFDIR | 01777);
	KUNIT_EXPECT_EQ(test, st.uid, 3);
	KUNIT_EXPECT_EQ(test, st.gid, 4);
	KUNIT_EXPECT_EQ(test, st.dev, 42);
	KUNIT_EXPECT_EQ(test, st.ino, 2);
	KUNIT_EXPECT_EQ(test, st.nlink, 2);
	KUNIT_EXPECT_EQ(test, st.blksize, 512);
	end(test, fs, root);
}

static void links(struct kunit *test)
{
	struct efs_memfs_opts o = { .link_max = 4, .name_max = 5 };
	struct efs_node *root, *d, *f, *g, *e;
	struct efs_fs *fs = begin(test, &o, &root);

	f = make(test, root, "f", &new_file);
	d = make(test, root, "d", &new_dir);
	KUNIT_EXPECT_EQ(test, efs_node_link(d, "1", 1, f), 0);
	KUNIT_EXPECT_EQ(test, efs_node_link(d, "2", 1, f), 0);
	KUNIT_EXPECT_EQ(test, efs_node_link(d, "3", 1, f), 0);
	KUNIT_EXPECT_EQ(test, efs_node_link(d, "4", 1, f), -EMLINK);
	e = make(test, root, "e", &new_dir);
	/* the root has 4 links now */
	KUNIT_EXPECT_EQ(test, efs_node_create(root, "x", 1, &new_dir, NULL), -EMLINK);
	KUNIT_EXPECT_EQ(test, efs_node_create(root, "x", 1, &new_file, NULL), 0);
	g = make(test, d, "g", &new_dir);
	KUNIT_EXPECT_EQ(test, efs_node_rename(d, "g", 1, root, "g", 1, 0), -EMLINK);
	KUNIT_EXPECT_EQ(test, efs_node_rename(d, "g", 1, root, "x", 1, XCHG), -EMLINK);
	KUNIT_EXPECT_EQ(test, efs_node_rename(root, "x", 1, d, "g", 1, XCHG), -EMLINK);
	KUNIT_EXPECT_EQ(test, efs_node_rename(d, "g", 1, root, "e", 1, XCHG), 0);
	KUNIT_EXPECT_PTR_EQ(test, efs_memfs_parent(g), root);
	KUNIT_EXPECT_PTR_EQ(test, efs_memfs_parent(e), d);
	KUNIT_EXPECT_EQ(test, efs_node_rename(root, "g", 1, root, "e", 1, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_node_rename(d, "g", 1, root, "e", 1, 0), 0);
	KUNIT_EXPECT_NULL(test, efs_memfs_parent(g));
	KUNIT_EXPECT_EQ(test, efs_node_create(root, "123456", 6, &new_file, NULL), -ENAMETOOLONG);
	KUNIT_EXPECT_EQ(test, efs_node_create(root, "12345", 5, &new_file, NULL), 0);
	efs_node_put(f);
	efs_node_put(d);
	efs_node_put(e);
	efs_node_put(g);
	end(test, fs, root);
}

/* a byte here and there, in files as large as can be */
static void sparse(struct kunit *test)
{
	static const u64 at[] = { 0, 511, 512, 1023, 1ull << 20, 0xffffffffull, 1ull << 32,
				  (1ull << 45) + 7, 0x7ffffffffffffffeull };
	struct efs_node *root, *f;
	struct efs_fs *fs = begin(test, NULL, &root);
	struct efs_stat st;
	u8 byte, buf[3];
	size_t done;
	u64 pos;
	u32 i;

	f = make(test, root, "f", &new_file);
	for (i = ARRAY_SIZE(at); i--; ) {
		byte = 'a' + i;
		KUNIT_EXPECT_EQ(test, efs_node_write(f, at[i], &byte, 1, &done), 0);
	}
	efs_node_stat(f, &st);
	KUNIT_EXPECT_EQ(test, st.size, 0x7fffffffffffffffull);
	/* the first four share two pages */
	KUNIT_EXPECT_EQ(test, st.blocks, ARRAY_SIZE(at) - 2);
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		KUNIT_EXPECT_EQ(test, efs_node_read(f, at[i], buf, 1, &done), 0);
		KUNIT_EXPECT_EQ(test, buf[0], 'a' + i);
		KUNIT_EXPECT_EQ(test, efs_node_seek(f, at[i], false, &pos), 0);
		KUNIT_EXPECT_EQ(test, pos, at[i]);
	}
	KUNIT_EXPECT_EQ(test, efs_node_seek(f, 0, true, &pos), 0);
	KUNIT_EXPECT_EQ(test, pos, 1024);
	KUNIT_EXPECT_EQ(test, efs_node_seek(f, 1024, false, &pos), 0);
	KUNIT_EXPECT_EQ(test, pos, 1 << 20);
	KUNIT_EXPECT_EQ(test, efs_node_seek(f, 0x7ffffffffffffffeull, true, &pos), 0);
	KUNIT_EXPECT_EQ(test, pos, 0x7fffffffffffffffull);
	KUNIT_EXPECT_EQ(test, efs_node_seek(f, 0x7fffffffffffffffull, true, &pos), -ENXIO);
	/* at the very end */
	KUNIT_EXPECT_EQ(test, efs_node_write(f, 0x7ffffffffffffffeull, "xy", 2, &done), -EFBIG);
	KUNIT_EXPECT_EQ(test, done, 1);
	KUNIT_EXPECT_EQ(test, efs_node_write(f, 0x7fffffffffffffffull, "x", 1, &done), -EFBIG);
	KUNIT_EXPECT_EQ(test, done, 0);
	/* what is cut off does not come back */
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 512), 0);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 511), 0);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 2000), 0);
	KUNIT_EXPECT_EQ(test, efs_node_read(f, 510, buf, 3, &done), 0);
	KUNIT_EXPECT_EQ(test, done, 3);
	KUNIT_EXPECT_MEMEQ(test, buf, "\0\0\0", 3);
	efs_node_stat(f, &st);
	KUNIT_EXPECT_EQ(test, st.blocks, 1);
	KUNIT_EXPECT_EQ(test, efs_node_seek(f, 600, false, &pos), -ENXIO);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 0), 0);
	efs_node_stat(f, &st);
	KUNIT_EXPECT_EQ(test, st.blocks, 0);
	efs_node_put(f);
	end(test, fs, root);
}

/* pages written in any order are found in theirs */
static void scattered(struct kunit *test)
{
	struct efs_node *root, *f;
	struct efs_fs *fs = begin(test, NULL, &root);
	u32 i, v, seed = 12345;
	size_t done;

	f = make(test, root, "f", &new_file);
	for (i = 0; i < 1000; i++) {
		/* each of 1000 places once */
		u32 k = i * 611 % 1000;

		KUNIT_ASSERT_EQ(test, efs_node_write(f, k * 700ull, &k, sizeof(k), &done), 0);
	}
	for (i = 0; i < 1000; i++) {
		u32 k = efs_test_rand(&seed) % 1000;

		KUNIT_ASSERT_EQ(test, efs_node_read(f, k * 700ull, &v, sizeof(v), &done), 0);
		KUNIT_ASSERT_EQ(test, done, sizeof(v));
		KUNIT_EXPECT_EQ(test, v, k);
	}
	efs_node_put(f);
	end(test, fs, root);
}

static void capacity(struct kunit *test)
{
	struct efs_memfs_opts o = { .pages_max = 3, .nodes_max = 3, .target_max = 10,
				    .size_max = 5000 };
	struct efs_new link = { .mode = EFS_S_IFLNK | 0777, .target = "12345678901" };
	struct efs_node *root, *f;
	struct efs_fs *fs = begin(test, &o, &root);
	struct efs_fs_stat st;
	u8 data[2000] = { 1 };
	size_t done;

	f = make(test, root, "f", &new_file);
	KUNIT_EXPECT_EQ(test, efs_node_write(f, 100, data, 2000, &done), -ENOSPC);
	KUNIT_EXPECT_EQ(test, done, 3 * 512 - 100);
	link.target_len = 11;
	KUNIT_EXPECT_EQ(test, efs_node_create(root, "l", 1, &link, NULL), -ENAMETOOLONG);
	link.target_len = 10;
	KUNIT_EXPECT_EQ(test, efs_node_create(root, "l", 1, &link, NULL), -ENOSPC);
	KUNIT_EXPECT_EQ(test, efs_memfs_nodes(fs), 2);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 0), 0);
	KUNIT_EXPECT_EQ(test, efs_node_create(root, "l", 1, &link, NULL), 0);
	KUNIT_EXPECT_EQ(test, efs_node_create(root, "x", 1, &new_file, NULL), -ENOSPC);
	KUNIT_EXPECT_EQ(test, efs_fs_statfs(fs, &st), 0);
	KUNIT_EXPECT_EQ(test, st.blocks, 3);
	KUNIT_EXPECT_EQ(test, st.bfree, 2);
	KUNIT_EXPECT_EQ(test, st.files, 3);
	KUNIT_EXPECT_EQ(test, st.ffree, 0);
	KUNIT_EXPECT_EQ(test, st.bsize, 512);
	KUNIT_EXPECT_EQ(test, st.name_max, 255);
	KUNIT_EXPECT_FALSE(test, st.rdonly);
	KUNIT_EXPECT_EQ(test, efs_node_write(f, 4900, data, 101, &done), -EFBIG);
	KUNIT_EXPECT_EQ(test, done, 100);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 5001), -EFBIG);
	KUNIT_EXPECT_EQ(test, efs_node_unlink(root, "l", 1), 0);
	KUNIT_EXPECT_EQ(test, efs_memfs_nodes(fs), 2);
	efs_memfs_set_rdonly(fs, true);
	KUNIT_EXPECT_EQ(test, efs_fs_statfs(fs, &st), 0);
	KUNIT_EXPECT_TRUE(test, st.rdonly);
	efs_node_put(f);
	end(test, fs, root);
}

/* one of the operations @i; 0 or its error */
static int some_op(struct efs_node *root, struct efs_node *f, u32 i)
{
	static const struct efs_new link = { .mode = EFS_S_IFLNK | 0777, .target = "there",
					     .target_len = 5 };
	u8 data[3000] = { 1 };
	struct efs_node *tmp;
	size_t done;
	int err;

	switch (i) {
	case 0:
		return efs_node_create(root, "new", 3, &new_file, NULL);
	case 1:
		return efs_node_create(root, "new", 3, &new_dir, NULL);
	case 2:
		return efs_node_create(root, "new", 3, &link, NULL);
	case 3:
		return efs_node_link(root, "new", 3, f);
	case 4:
		return efs_node_rename(root, "f", 1, root, "new", 3, 0);
	case 5:
		return efs_node_write(f, 0, data, sizeof(data), &done);
	case 6:
		err = efs_node_tmpfile(root, &new_file, &tmp);
		if (!err)
			efs_node_put(tmp);
		return err;
	}
	return 1;
}

/* memory fails at each place in turn: nothing changed, nothing is lost */
static void no_memory(struct kunit *test)
{
	struct efs_fs *fs;
	u32 op, nth;

	for (op = 0; op < 7; op++) {
		int err = -ENOMEM;

		for (nth = 1; err && nth < 20; nth++) {
			struct efs_node *root, *f, *node;
			struct efs_stat st, was;

			fs = begin(test, NULL, &root);
			f = make(test, root, "f", &new_file);
			efs_node_stat(f, &was);
			efs_test_nosb.fail = nth;
			err = some_op(root, f, op);
			efs_test_nosb.fail = 0;
			KUNIT_EXPECT_TRUE_MSG(test, !err || err == -ENOMEM, "operation %u: %d",
					      op, err);
			if (err) {
				KUNIT_EXPECT_EQ(test, efs_node_lookup(root, "new", 3, &node),
						-ENOENT);
				KUNIT_EXPECT_EQ(test, efs_memfs_nodes(fs), 2);
				efs_node_stat(f, &st);
				KUNIT_EXPECT_EQ(test, st.nlink, 1);
				KUNIT_EXPECT_EQ(test, st.size, st.blocks * 512);
			}
			efs_node_put(f);
			end(test, fs, root);
		}
		KUNIT_EXPECT_EQ(test, err, 0);
		KUNIT_EXPECT_GT(test, nth, 2);
	}
	efs_test_nosb.fail = 1;
	KUNIT_EXPECT_EQ(test, efs_memfs_new(NULL, &fs), -ENOMEM);
	efs_test_nosb.fail = 2;
	KUNIT_EXPECT_EQ(test, efs_memfs_new(NULL, &fs), -ENOMEM);
	efs_test_nosb.fail = 0;
	KUNIT_EXPECT_EQ(test, efs_test_nosb.live, 0);
}

/* a tree that is deep, wide, and held in places goes as a whole */
static void teardown(struct kunit *test)
{
	struct efs_node *root, *dir, *next, *f;
	struct efs_fs *fs = begin(test, NULL, &root);
	u32 i;

	f = make(test, root, "f", &new_file);
	dir = efs_node_get(root);
	for (i = 0; i < 2000; i++) {
		next = make(test, dir, "d", &new_dir);
		KUNIT_EXPECT_EQ(test, efs_node_create(dir, "a", 1, &new_file, NULL), 0);
		KUNIT_EXPECT_EQ(test, efs_node_link(dir, "z", 1, f), 0);
		efs_node_put(dir);
		dir = next;
	}
	KUNIT_EXPECT_EQ(test, efs_memfs_nodes(fs), 2 + 2 * 2000);
	efs_node_put(dir);
	efs_node_put(f);
	end(test, fs, root);
}

static void xattrs(struct kunit *test)
{
	struct efs_memfs_opts o = { .value_max = 5 };
	struct efs_node *root;
	struct efs_fs *fs = begin(test, &o, &root);
	size_t done = 1;
	char buf[24];

	KUNIT_EXPECT_EQ(test, efs_node_getxattr(root, "user.x", 6, buf, 8, &done), -ENODATA);
	KUNIT_EXPECT_EQ(test, done, 0);
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(root, "user.x", 6, "12345", 5, 0), 0);
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(root, "user.x", 6, "123456", 6, 0), -ERANGE);
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(root, "user.x", 6, "1", 1, EFS_XATTR_CREATE),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(root, "user.y", 6, "1", 1, EFS_XATTR_REPLACE),
			-ENODATA);
	efs_test_nosb.fail = 1;
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(root, "user.x", 6, "1", 1, 0), -ENOMEM);
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(root, "trusted.yz", 10, "", 0, 0), 0);
	KUNIT_EXPECT_EQ(test, efs_node_getxattr(root, "user.x", 6, buf, 4, &done), -ERANGE);
	KUNIT_EXPECT_EQ(test, efs_node_getxattr(root, "user.x", 6, buf, 5, &done), 0);
	KUNIT_EXPECT_EQ(test, done, 5);
	KUNIT_EXPECT_MEMEQ(test, buf, "12345", 5);
	KUNIT_EXPECT_EQ(test, efs_node_listxattr(root, buf, 17, &done), -ERANGE);
	KUNIT_EXPECT_EQ(test, efs_node_listxattr(root, buf, 18, &done), 0);
	KUNIT_EXPECT_EQ(test, done, 18);
	KUNIT_EXPECT_MEMEQ(test, buf, "user.x\0trusted.yz", 18);
	KUNIT_EXPECT_EQ(test, efs_node_removexattr(root, "user.x", 6), 0);
	KUNIT_EXPECT_EQ(test, efs_node_removexattr(root, "user.x", 6), -ENODATA);
	KUNIT_EXPECT_EQ(test, efs_node_setxattr(root, "user.x", 6, "1", 1, 4), -EINVAL);
	end(test, fs, root);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(options),
	KUNIT_CASE(links),
	KUNIT_CASE(sparse),
	KUNIT_CASE(scattered),
	KUNIT_CASE(capacity),
	KUNIT_CASE(no_memory),
	KUNIT_CASE(teardown),
	KUNIT_CASE(xattrs),
	{}
};

static struct kunit_suite suite = {
	.name = "efsext2_unix_memfs",
	.init = unix_init,
	.exit = unix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
