// SPDX-License-Identifier: GPL-2.0
/*
 * ext2 behind the general interface: what is on the device when an fsync returned, or any call
 * of a synchronous volume or directory.
 *
 * Each row does something and ends; the device, as it is at that moment, goes to another
 * volume, where e2fsck -p must have at most counts to mend, and where the row's files must be.
 *
 * Locks: none, one thread runs.
 *
 * Tests: core/unix/ext2_sync.c
 */
#include "unix_fs.h"
#include "../core/unix/walk.h"

static const struct efs_test_mkfs small = {
	.block_size = 1024, .blocks = 2000, .ipg = 256, .inode_size = 256, .large_file = true,
};

/* ---- by path, from the root ---- */

static struct efs_node *make(struct unix_test *u, const char *path, u16 mode)
{
	struct efs_where w = { .fs = u->fs };
	struct efs_new n = { .mode = mode };
	struct efs_node *node = NULL;

	KUNIT_ASSERT_EQ(u->test, efs_path_create(&w, path, strlen(path), &n, &node), 0);
	return node;
}

static struct efs_node *file(struct unix_test *u, const char *path)
{
	return make(u, path, EFS_S_IFREG | 0644);
}

static void dir(struct unix_test *u, const char *path)
{
	efs_node_put(make(u, path, EFS_S_IFDIR | 0755));
}

static struct efs_node *at(struct unix_test *u, const char *path)
{
	struct efs_where w = { .fs = u->fs };
	struct efs_node *node = NULL;

	KUNIT_ASSERT_EQ(u->test, efs_walk(&w, path, strlen(path), EFS_WALK_NOFOLLOW, &node), 0);
	return node;
}

static void move(struct unix_test *u, const char *from, const char *to, u32 flags)
{
	struct efs_where w = { .fs = u->fs };

	KUNIT_EXPECT_EQ(u->test, efs_path_rename(&w, from, strlen(from), to, strlen(to), flags), 0);
}

static void name(struct unix_test *u, struct efs_node *node, const char *path)
{
	struct efs_where w = { .fs = u->fs };

	KUNIT_EXPECT_EQ(u->test, efs_path_link(&w, node, path, strlen(path)), 0);
}

static void drop(struct unix_test *u, const char *path, bool is_dir)
{
	struct efs_where w = { .fs = u->fs };

	KUNIT_EXPECT_EQ(u->test, is_dir ? efs_path_rmdir(&w, path, strlen(path)) :
					  efs_path_unlink(&w, path, strlen(path)), 0);
}

static void put_synced(struct unix_test *u, struct efs_node *node)
{
	KUNIT_EXPECT_EQ(u->test, efs_node_fsync(node), 0);
	efs_node_put(node);
}

static void fill_by(struct unix_test *u, struct efs_node *node, u64 off, size_t len,
		    int (*write)(struct efs_node *node, u64 off, const void *buf, size_t len,
				 size_t *done))
{
	u8 *data = efs_test_zalloc(len);
	size_t done;

	memset(data, 'x', len);
	KUNIT_EXPECT_EQ(u->test, write(node, off, data, len, &done), 0);
	KUNIT_EXPECT_EQ(u->test, done, len);
	efs_test_mfree(data);
}

static void fill(struct unix_test *u, struct efs_node *node, u64 off, size_t len)
{
	fill_by(u, node, off, len, efs_node_write);
}

/* ---- rows ---- */

static void new_below_new(struct unix_test *u)
{
	struct efs_node *f;

	dir(u, "a");
	dir(u, "a/b");
	f = file(u, "a/b/f");
	fill(u, f, 0, 20000);
	put_synced(u, f);
}

/* through a double indirect block */
static void far_away(struct unix_test *u)
{
	struct efs_node *f = file(u, "f");

	fill(u, f, 0, 1000);
	fill(u, f, 400000, 3000);
	put_synced(u, f);
}

static void newest_name(struct unix_test *u)
{
	struct efs_node *f = file(u, "f");

	fill(u, f, 0, 100);
	KUNIT_EXPECT_EQ(u->test, efs_node_fsync(f), 0);
	dir(u, "d");
	name(u, f, "d/g");
	put_synced(u, f);
}

static void moved(struct unix_test *u)
{
	struct efs_node *f = file(u, "f");

	fill(u, f, 0, 100);
	KUNIT_EXPECT_EQ(u->test, efs_node_fsync(f), 0);
	dir(u, "d");
	move(u, "f", "d/g", 0);
	put_synced(u, f);
}

static void exchanged(struct unix_test *u)
{
	struct efs_node *f;

	dir(u, "d");
	dir(u, "e");
	f = file(u, "d/f");
	fill(u, f, 0, 100);
	efs_node_put(file(u, "e/g"));
	KUNIT_EXPECT_EQ(u->test, efs_fs_sync(u->fs), 0);
	move(u, "e/g", "d/f", EFS_RENAME_EXCHANGE);
	put_synced(u, f);
}

/* the directory of its newest name is gone, and so is that name */
static void name_taken_away(struct unix_test *u)
{
	struct efs_node *f;

	dir(u, "d");
	f = file(u, "d/f");
	fill(u, f, 0, 100);
	dir(u, "e");
	name(u, f, "e/g");
	drop(u, "e/g", false);
	drop(u, "e", true);
	put_synced(u, f);
}

/* nameless, in a directory that is gone */
static void removed(struct unix_test *u)
{
	struct efs_node *f;

	dir(u, "d");
	f = file(u, "d/f");
	drop(u, "d/f", false);
	drop(u, "d", true);
	fill(u, f, 0, 100);
	put_synced(u, f);
}

/* it left memory, and with it the word of where its name is */
static void forgotten(struct unix_test *u)
{
	struct efs_node *f;
	char path[8] = "other-a";

	dir(u, "d");
	f = file(u, "d/f");
	fill(u, f, 0, 100);
	efs_node_put(f);
	for (; path[6] < 'i'; path[6]++)
		efs_node_put(file(u, path));
	put_synced(u, at(u, "d/f"));
}

static void directory(struct unix_test *u)
{
	struct efs_node *d;

	dir(u, "d");
	dir(u, "d/e");
	efs_node_put(file(u, "d/e/f"));
	d = at(u, "d/e");
	put_synced(u, d);
}

static void o_sync(struct unix_test *u)
{
	struct efs_node *f;

	dir(u, "d");
	f = file(u, "d/f");
	fill_by(u, f, 0, 3000, efs_node_write_sync);
	KUNIT_EXPECT_FALSE(u->test, efs_i_sync(efs_ext2_inode(f)));
	efs_node_put(f);
}

/* everything that changes a volume, each durable when it returns */
static void all_sync(struct unix_test *u)
{
	struct efs_setattr set = { .mask = EFS_SET_MODE, .mode = 0600 };
	struct efs_node *f = file(u, "f"), *g = file(u, "g");

	fill(u, f, 0, 3000);
	KUNIT_EXPECT_EQ(u->test, efs_node_truncate(f, 100), 0);
	KUNIT_EXPECT_EQ(u->test, efs_node_setattr(f, &set), 0);
	name(u, f, "h");
	name(u, f, "i");
	drop(u, "i", false);
	dir(u, "d");
	dir(u, "gone");
	move(u, "h", "d/h", 0);
	drop(u, "gone", true);
	fill(u, g, 0, 7);
	efs_node_put(f);
	efs_node_put(g);
}

#define GONE ((size_t)-1)

/* a file of @len bytes 'x' at @off, from which on it is read; or none at all */
struct want {
	const char *path;
	u64 off;
	size_t len;
};

static const struct row {
	const char *name;
	void (*run)(struct unix_test *u);
	bool sync;
	u32 unused_max;
	struct want want[5];
} rows[] = {
	{ "a new file below new directories", new_below_new, .want = { { "/a/b/f", 0, 20000 } } },
	{ "indirect blocks", far_away, .want = { { "/f", 400000, 3000 } } },
	{ "the newest name", newest_name,
	  .want = { { "/d/g", 0, 100 }, { "/f", 0, 100 } } },
	{ "moved", moved, .want = { { "/d/g", 0, 100 } } },
	{ "exchanged", exchanged, .want = { { "/e/g", 0, 100 } } },
	{ "the newest name was taken away", name_taken_away,
	  .want = { { "/d/f", 0, 100 }, { "/e", 0, GONE } } },
	{ "no name at all", removed, .want = { { "/d", 0, GONE } } },
	{ "out of memory and back", forgotten, .unused_max = 2, .want = { { "/d/f", 0, 100 } } },
	{ "a directory", directory, .want = { { "/d/e", 0, 0 } } },
	{ "written with O_SYNC", o_sync, .want = { { "/d/f", 0, 3000 } } },
	{ "a synchronous volume", all_sync, .sync = true,
	  .want = { { "/f", 0, 100 }, { "/d/h", 0, 100 }, { "/g", 0, 7 }, { "/i", 0, GONE },
		    { "/gone", 0, GONE } } },
};

EFS_TEST_ROWS(rows);

static void expect_file(struct unix_test *u, const struct want *w)
{
	struct efs_where where = { .fs = u->fs };
	struct efs_node *node;
	size_t done, i = 0;
	u8 *data;
	int err;

	err = efs_walk(&where, w->path, strlen(w->path), EFS_WALK_NOFOLLOW, &node);
	KUNIT_EXPECT_EQ_MSG(u->test, err, w->len == GONE ? -ENOENT : 0, "%s", w->path);
	if (err)
		return;
	if (w->len != GONE && w->len) {
		data = efs_test_zalloc(w->len);
		KUNIT_EXPECT_EQ(u->test, efs_node_read(node, w->off, data, w->len, &done), 0);
		while (i < done && data[i] == 'x')
			i++;
		KUNIT_EXPECT_EQ_MSG(u->test, i, w->len, "%s", w->path);
		efs_test_mfree(data);
	}
	efs_node_put(node);
}

/* mount @img, read-only, as the device it is */
static struct unix_test *open_image(struct kunit *test, const char *img)
{
	static const struct efs_mount_opts rdonly = { .rdonly = true, .sb_block = 1 };
	struct unix_test *u = unix_begin_ext2(test, &small, 0);

	efs_node_put(u->root);
	KUNIT_ASSERT_EQ(test, efs_fs_unmount(u->fs), 0);
	efs_test_power_cut(u->vol->dev);
	efs_test_dev_write(u->vol->dev, 0, img, u->vol->dev->bytes);
	KUNIT_ASSERT_EQ(test, efs_test_mount(u->vol, &rdonly), 0);
	KUNIT_ASSERT_EQ(test, efs_ext2_new(&u->vol->sb, &unix_ext2_home, NULL, &u->fs), 0);
	KUNIT_ASSERT_EQ(test, efs_fs_root(u->fs, &u->root), 0);
	return u;
}

static void durable(struct kunit *test)
{
	const struct row *r = test->param_value;
	struct unix_test *u = unix_begin_ext2(test, &small, r->unused_max);
	u64 bytes = u->vol->dev->bytes;
	const struct want *w;
	char *img;

	KUNIT_EXPECT_EQ(test, efs_fs_sync(u->fs), 0);
	u->vol->sb.port.sync = r->sync;
	r->run(u);
	KUNIT_EXPECT_LE(test, efs_test_preen(u->vol->dev), 1);
	img = efs_test_zalloc(bytes);
	efs_test_dev_read(u->vol->dev, 0, img, bytes);
	unix_end(u);
	efs_test_exit(test);

	u = open_image(test, img);
	efs_test_mfree(img);
	for (w = r->want; w < r->want + ARRAY_SIZE(r->want) && w->path; w++)
		expect_file(u, w);
	efs_node_put(u->root);
	KUNIT_EXPECT_EQ(test, efs_fs_unmount(u->fs), 0);
	u->vol->mounted = false;
	efs_test_end_dirty(u->vol);
}

/* an fsync writes what it must, and no more */
static void others_wait(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &small, 0);
	struct efs_node *f = file(u, "f"), *g;
	u32 writes;

	KUNIT_EXPECT_EQ(test, efs_fs_sync(u->fs), 0);
	dir(u, "d");
	g = file(u, "d/g");
	fill(u, g, 0, 30000);
	fill(u, f, 0, 10);
	writes = u->vol->dev->writes;
	KUNIT_EXPECT_EQ(test, efs_node_fsync(f), 0);
	/* the name is durable already: nothing but the inode */
	KUNIT_EXPECT_EQ(test, u->vol->dev->writes - writes, 1);
	KUNIT_EXPECT_GT(test, efs_test_dirty_count(u->vol->dev), 0);
	efs_node_put(f);
	efs_node_put(g);
	unix_end(u);
}

/* what cannot be written is tried again by the next fsync */
static void tried_again(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &small, 0);
	struct efs_node *f;
	u32 writes;

	dir(u, "d");
	f = file(u, "d/f");
	u->vol->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_node_fsync(f), -EIO);
	writes = u->vol->dev->writes;
	KUNIT_EXPECT_EQ(test, efs_node_fsync(f), 0);
	KUNIT_EXPECT_GT(test, u->vol->dev->writes, writes);
	writes = u->vol->dev->writes;
	KUNIT_EXPECT_EQ(test, efs_node_fsync(f), 0);
	KUNIT_EXPECT_EQ(test, u->vol->dev->writes, writes);
	efs_node_put(f);
	unix_end(u);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(durable, rows_gen_params),
	KUNIT_CASE(others_wait),
	KUNIT_CASE(tried_again),
	{}
};

static struct kunit_suite suite = {
	.name = "efsext2_unix_sync",
	.init = unix_init,
	.exit = unix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
