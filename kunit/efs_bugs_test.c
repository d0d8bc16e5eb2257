// SPDX-License-Identifier: GPL-2.0
/*
 * What other portable ext2 implementations got wrong, each as a case that must go right here:
 * the bugs that a reading of the Rust library `efs` (0.2 to 0.4) had found, in the order and by
 * the numbers of that list. All through the general interface, on ext2, with e2fsck at the end.
 *
 * Tests: core/unix/ext2.c core/unix/ext2_data.c core/unix/ext2_name.c core/unix/walk.c
 *
 * Locks: none, one thread runs.
 */
#include "unix_fs.h"
#include "super_patch.h"
#include "../core/unix/ext2_priv.h"
#include "../core/unix/walk.h"

static const struct efs_new new_file = { .mode = EFS_S_IFREG | 0644 };
static const struct efs_new new_dir = { .mode = EFS_S_IFDIR | 0755 };

static const struct efs_test_mkfs plain = {
	.block_size = 1024, .blocks = 8000, .ipg = 512, .inode_size = 256, .large_file = true,
};

/* ---- by path, each as it should succeed ---- */

static struct efs_where at(struct unix_test *u)
{
	return (struct efs_where){ .fs = u->fs };
}

static int find(struct unix_test *u, const char *path, u32 flags, struct efs_node **out)
{
	struct efs_where w = at(u);

	return efs_walk(&w, path, strlen(path), flags, out);
}

static struct efs_node *get(struct unix_test *u, const char *path)
{
	struct efs_node *node = NULL;

	KUNIT_ASSERT_EQ_MSG(u->test, find(u, path, 0, &node), 0, "%s", path);
	return node;
}

static int try_make(struct unix_test *u, const char *path, const struct efs_new *n)
{
	struct efs_where w = at(u);

	return efs_path_create(&w, path, strlen(path), n, NULL);
}

static struct efs_node *make(struct unix_test *u, const char *path, const struct efs_new *n)
{
	struct efs_node *node = NULL;
	struct efs_where w = at(u);

	KUNIT_ASSERT_EQ_MSG(u->test, efs_path_create(&w, path, strlen(path), n, &node), 0, "%s",
			    path);
	return node;
}

static int try_symlink(struct unix_test *u, const char *path, const char *target)
{
	struct efs_new n = { .mode = EFS_S_IFLNK | 0777, .target = target,
			     .target_len = strlen(target) };

	return try_make(u, path, &n);
}

static int rm(struct unix_test *u, const char *path)
{
	struct efs_where w = at(u);

	return efs_path_unlink(&w, path, strlen(path));
}

static int rm_dir(struct unix_test *u, const char *path)
{
	struct efs_where w = at(u);

	return efs_path_rmdir(&w, path, strlen(path));
}

static struct efs_stat stat_of(struct efs_node *node)
{
	struct efs_stat st;

	efs_node_stat(node, &st);
	return st;
}

static u64 free_blocks(struct unix_test *u)
{
	struct efs_fs_stat st;

	KUNIT_EXPECT_EQ(u->test, efs_fs_statfs(u->fs, &st), 0);
	return st.bfree;
}

static u64 free_files(struct unix_test *u)
{
	struct efs_fs_stat st;

	KUNIT_EXPECT_EQ(u->test, efs_fs_statfs(u->fs, &st), 0);
	return st.ffree;
}

/* names in a directory, `.` and `..` included; or the error that listing ends with */
static int count_names(struct efs_node *dir)
{
	struct efs_entry *e = efs_test_zalloc(4 * sizeof(*e));
	struct efs_dirpos pos = { 0 };
	int all = 0, err;
	u32 n;

	do {
		err = efs_node_readdir(dir, &pos, e, 4, &n);
		all += n;
	} while (!err && n && all < 100000);
	efs_test_mfree(e);
	return err ? err : all;
}

/* ---- data and names ---- */

/* a link inside of a path swallowed the component behind it */
static void bug_01_link_inside_a_path(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	struct efs_node *f, *g;

	efs_node_put(make(u, "/real", &new_dir));
	efs_node_put(make(u, "/real/b", &new_dir));
	f = make(u, "/real/b/c", &new_file);
	KUNIT_EXPECT_EQ(test, try_symlink(u, "/link", "real"), 0);
	KUNIT_EXPECT_EQ(test, try_symlink(u, "/real/far", "/link/b"), 0);
	g = get(u, "/link/b/c");
	KUNIT_EXPECT_PTR_EQ(test, f, g);
	efs_node_put(g);
	g = get(u, "/link/far/c");
	KUNIT_EXPECT_PTR_EQ(test, f, g);
	efs_node_put(g);
	g = get(u, "/link/b");
	KUNIT_EXPECT_EQ(test, g->type, EFS_S_IFDIR);
	efs_node_put(g);
	KUNIT_EXPECT_EQ(test, find(u, "/link/c", 0, &g), -ENOENT);
	efs_node_put(f);
	unix_end(u);
}

/* types were compared bit by bit: sockets became files, block devices directories */
static void bug_02_all_types(struct kunit *test)
{
	static const u16 types[] = { EFS_S_IFREG, EFS_S_IFDIR, EFS_S_IFLNK, EFS_S_IFIFO,
				     EFS_S_IFCHR, EFS_S_IFBLK, EFS_S_IFSOCK };
	struct unix_test *u = unix_begin_ext2(test, &plain, 0);
	struct efs_node *node, *dir;
	char path[16];
	u32 i;

	efs_node_put(make(u, "d", &new_dir));
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct efs_new n = { .mode = types[i] | 0600, .target = "t", .target_len = 1 };

		snprintf(path, sizeof(path), "d/%u", i);
		efs_node_put(make(u, path, &n));
	}
	unix_remount(u);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		snprintf(path, sizeof(path), "d/%u", i);
		KUNIT_ASSERT_EQ(test, find(u, path, EFS_WALK_NOFOLLOW, &node), 0);
		KUNIT_EXPECT_EQ(test, node->type, types[i]);
		KUNIT_EXPECT_EQ(test, stat_of(node).mode, types[i] | 0600);
		efs_node_put(node);
	}
	dir = get(u, "d");
	KUNIT_EXPECT_EQ(test, count_names(dir), 2 + ARRAY_SIZE(types));
	efs_node_put(dir);
	unix_end(u);
}

/* "d/" and a name of @len bytes */
static const char *name_of(char *path, u32 len)
{
	memcpy(path, "d/", 2);
	memset(path + 2, 'a' + len / 4, len);
	path[2 + len] = '\0';
	return path;
}

/* a NUL was counted to names: those of 4, 8, ... bytes did not fit their entries */
static void bug_03_names_of_four(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	struct efs_node *dir;
	char path[80];
	u32 len, round;

	dir = make(u, "d", &new_dir);
	/* no entry has room to spare, so each removal and addition meets the smallest ones */
	for (round = 0; round < 4; round++) {
		for (len = 4; len <= 64; len += 4)
			efs_node_put(make(u, name_of(path, len), &new_file));
		KUNIT_EXPECT_EQ(test, count_names(dir), 2 + 16);
		/* every other one, then those between */
		for (len = 4; len <= 64; len += 8)
			KUNIT_EXPECT_EQ(test, rm(u, name_of(path, len)), 0);
		for (len = 4; len <= 64; len += 4)
			KUNIT_EXPECT_EQ(test, rm(u, name_of(path, len)), len % 8 ? -ENOENT : 0);
		KUNIT_EXPECT_EQ(test, count_names(dir), 2);
	}
	efs_node_put(dir);
	unix_end(u);
}

/* holes were dropped, and what is behind them moved forward */
static void bug_04_holes(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	struct efs_node *f = make(u, "f", &new_file), *g = make(u, "g", &new_file);
	u64 hole;

	unix_put_bytes(u, f, 0, 'a', 1024);
	unix_put_bytes(u, f, 30 * 1024, 'b', 1024);
	unix_put_bytes(u, f, 500 * 1024, 'c', 1024);
	unix_expect_bytes(u, f, 1024, 0, 29 * 1024);
	unix_expect_bytes(u, f, 30 * 1024, 'b', 1024);
	unix_put_bytes(u, f, 10 * 1024, 'd', 100);
	unix_expect_bytes(u, f, 0, 'a', 1024);
	unix_expect_bytes(u, f, 30 * 1024, 'b', 1024);
	unix_expect_bytes(u, f, 31 * 1024, 0, 469 * 1024);
	unix_expect_bytes(u, f, 500 * 1024, 'c', 1024);
	KUNIT_EXPECT_EQ(test, efs_node_seek(f, 0, true, &hole), 0);
	KUNIT_EXPECT_EQ(test, hole, 1024);
	/* a tree of two levels, and none of one */
	unix_put_bytes(u, g, 400 * 1024, 'e', 2000);
	efs_node_put(f);
	efs_node_put(g);
	unix_remount(u);
	g = get(u, "g");
	unix_expect_bytes(u, g, 0, 0, 400 * 1024);
	unix_expect_bytes(u, g, 400 * 1024, 'e', 2000);
	efs_node_put(g);
	unix_end(u);
}

/* the indirect block that a smaller file still needs was freed */
static void bug_05_truncate_keeps_what_is_needed(struct kunit *test)
{
	static const u32 to[] = { 12 + 256 + 300, 12 + 256 + 1, 12 + 256, 12 + 100, 13, 12, 5, 0 };
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	struct efs_node *f = make(u, "f", &new_file), *g = make(u, "g", &new_file);
	u32 i;

	unix_put_bytes(u, f, 0, 'a', 700 * 1024);
	for (i = 0; i < ARRAY_SIZE(to); i++) {
		KUNIT_EXPECT_EQ(test, efs_node_truncate(f, to[i] * 1024ull), 0);
		/* whatever was freed is overwritten now */
		unix_put_bytes(u, g, i * 200 * 1024, 'z', 200 * 1024);
		unix_expect_bytes(u, f, 0, 'a', to[i] * 1024ull);
	}
	/* the high half of a size goes, too, and nothing comes back when it grows */
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 5ull << 30), 0);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 10), 0);
	KUNIT_EXPECT_EQ(test, stat_of(f).size, 10);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 100000), 0);
	unix_expect_bytes(u, f, 0, 0, 100000);
	efs_node_put(f);
	efs_node_put(g);
	unix_remount(u);
	f = get(u, "f");
	KUNIT_EXPECT_EQ(test, stat_of(f).size, 100000);
	efs_node_put(f);
	unix_end(u);
}

/* indirect blocks of a deleted file were not freed */
static void bug_06_indirect_blocks_freed(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	u64 before, files = free_files(u);
	struct efs_node *f;

	before = free_blocks(u);
	f = make(u, "f", &new_file);
	unix_put_bytes(u, f, 0, 'a', 600 * 1024);
	unix_put_bytes(u, f, (12 + 256 + 65536ull) * 1024, 'b', 3000);
	KUNIT_EXPECT_LT(test, free_blocks(u), before - 600);
	efs_node_put(f);
	KUNIT_EXPECT_EQ(test, rm(u, "f"), 0);
	KUNIT_EXPECT_EQ(test, free_blocks(u), before);
	KUNIT_EXPECT_EQ(test, free_files(u), files);
	unix_end(u);
}

/* a read went on behind the size, to the end of the block */
static void bug_07_read_ends_at_the_size(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	struct efs_node *f = make(u, "f", &new_file);
	u8 buf[1024];
	size_t done, all = 0;
	u32 calls = 0;

	unix_put_bytes(u, f, 0, 'x', 13);
	memset(buf, 0xee, sizeof(buf));
	KUNIT_EXPECT_EQ(test, efs_node_read(f, 0, buf, sizeof(buf), &done), 0);
	KUNIT_EXPECT_EQ(test, done, 13);
	KUNIT_EXPECT_EQ(test, buf[12], 'x');
	KUNIT_EXPECT_EQ(test, buf[13], 0xee);
	/* a loop until nothing more comes ends */
	do {
		KUNIT_EXPECT_EQ(test, efs_node_read(f, all, buf, 5, &done), 0);
		all += done;
	} while (done && ++calls < 10);
	KUNIT_EXPECT_EQ(test, all, 13);
	efs_node_put(f);
	unix_end(u);
}

/* offsets in 32 bits: inode tables beyond 4 GiB, files beyond 4 GiB */
static void bug_08_beyond_4g(struct kunit *test)
{
	static const struct efs_test_mkfs big = {
		.block_size = 1024, .blocks = 12 << 20, .bpg = 8192, .ipg = 64, .inode_size = 128,
		.large_file = true,
	};
	struct unix_test *u = unix_begin_ext2(test, &big, 0);
	const u64 off = (5ull << 30) + 12345;
	struct efs_node *f, *d;
	u32 i, far = 0;
	char path[24];

	/* new directories of the root spread over the volume */
	for (i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "d%u", i);
		d = make(u, path, &new_dir);
		far += (d->ino - 1) / 64 * 8192ull * 1024 > 1ull << 32;
		efs_node_put(d);
		snprintf(path, sizeof(path), "d%u/f", i);
		f = make(u, path, &new_file);
		unix_put_bytes(u, f, 0, 'a' + i % 26, 2000);
		efs_node_put(f);
	}
	KUNIT_EXPECT_GT(test, far, 5);
	f = make(u, "d59/big", &new_file);
	unix_put_bytes(u, f, off, 'y', 3000);
	efs_node_put(f);
	unix_remount(u);
	for (i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "d%u/f", i);
		f = get(u, path);
		unix_expect_bytes(u, f, 0, 'a' + i % 26, 2000);
		efs_node_put(f);
	}
	f = get(u, "d59/big");
	KUNIT_EXPECT_EQ(test, stat_of(f).size, off + 3000);
	unix_expect_bytes(u, f, off, 'y', 3000);
	unix_expect_bytes(u, f, off & 0xffffffff, 0, 3000);
	efs_node_put(f);
	unix_end(u);
}

/* blocks got lost where a write began on the boundary of an indirect block */
static void bug_09_writes_at_boundaries(struct kunit *test)
{
	static const u32 begin[] = { 12, 12 + 256, 12 + 512, 12 + 256 + 65536 - 256,
				     12 + 256 + 65536, 12 + 512 + 65536,
				     12 + 256 + 2 * 65536, 12 + 512 + 2 * 65536 };
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	struct efs_node *f = make(u, "f", &new_file);
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(begin); i++) {
		/* from the boundary, up to it, across it */
		unix_put_bytes(u, f, begin[i] * 1024ull, 'a' + i, 3 * 1024);
		unix_put_bytes(u, f, (begin[i] - 2) * 1024ull, 'A' + i, 2 * 1024);
		unix_put_bytes(u, f, (begin[i] + 2) * 1024ull - 100, '0' + i, 260 * 1024);
	}
	for (k = 0; k < 2; k++) {
		for (i = 0; i < ARRAY_SIZE(begin); i++) {
			unix_expect_bytes(u, f, begin[i] * 1024ull, 'a' + i, 2 * 1024 - 100);
			unix_expect_bytes(u, f, (begin[i] - 2) * 1024ull, 'A' + i, 2 * 1024);
			unix_expect_bytes(u, f, (begin[i] + 2) * 1024ull - 100, '0' + i,
					  200 * 1024);
		}
		efs_node_put(f);
		unix_remount(u);
		f = get(u, "f");
	}
	efs_node_put(f);
	unix_end(u);
}

/* empty writes underflowed; small groups made gaps; the limit forgot the offset */
static void bug_10_lengths_and_limits(struct kunit *test)
{
	static const struct efs_test_mkfs groups = {
		.block_size = 4096, .blocks = 4000, .bpg = 512, .ipg = 64, .inode_size = 128,
	};
	struct unix_test *u = unix_begin_ext2(test, &groups, 8);
	struct efs_node *f = make(u, "f", &new_file);
	const struct efs_geo *geo = &u->vol->sb.geo;
	u64 before;
	size_t done;

	KUNIT_EXPECT_EQ(test, efs_node_write(f, 0, "", 0, &done), 0);
	KUNIT_EXPECT_EQ(test, efs_node_write(f, 1 << 20, "", 0, &done), 0);
	KUNIT_EXPECT_EQ(test, stat_of(f).size, 0);
	KUNIT_EXPECT_EQ(test, stat_of(f).blocks, 0);
	/* more than three groups hold */
	unix_put_bytes(u, f, 0, 'g', 1700 * 4096);
	unix_expect_bytes(u, f, 0, 'g', 1700 * 4096);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 0), 0);

	before = free_blocks(u);
	KUNIT_EXPECT_EQ(test, efs_node_write(f, geo->max_size, "x", 1, &done), -EFBIG);
	KUNIT_EXPECT_EQ(test, efs_node_write(f, geo->max_size - 2, "xyz", 3, &done), -EFBIG);
	KUNIT_EXPECT_EQ(test, done, 2);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 0), 0);
	KUNIT_EXPECT_EQ(test, free_blocks(u), before);

	unix_put_bytes(u, f, 0x7ffffffeull, 'x', 1);
	KUNIT_EXPECT_EQ(test, efs_fs_sync(u->fs), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(u->vol->sb.ds->s_feature_ro_compat) &
			EFS_RO_COMPAT_LARGE_FILE, 0);
	unix_put_bytes(u, f, 0x7fffffffull, 'x', 1);
	KUNIT_EXPECT_EQ(test, efs_fs_sync(u->fs), 0);
	KUNIT_EXPECT_NE(test, le32_to_cpu(u->vol->sb.ds->s_feature_ro_compat) &
			EFS_RO_COMPAT_LARGE_FILE, 0);
	efs_node_put(f);
	unix_end(u);
}

/* removing the only entry of a directory's block waited for itself */
static void bug_11_last_entry_of_a_block(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	struct efs_node *dir = make(u, "d", &new_dir);
	char path[260];
	u32 i;

	/* 3 entries of 255 bytes fill a block, so the 4th is alone in the second */
	for (i = 0; i < 4; i++) {
		memset(path, 'a' + i, 257);
		memcpy(path, "d/", 2);
		path[257] = '\0';
		efs_node_put(make(u, path, &new_file));
	}
	KUNIT_EXPECT_EQ(test, stat_of(dir).size, 2048);
	KUNIT_EXPECT_EQ(test, rm(u, path), 0);
	KUNIT_EXPECT_EQ(test, count_names(dir), 5);
	efs_node_put(make(u, path, &new_file));
	for (i = 0; i < 4; i++) {
		memset(path, 'a' + i, 257);
		memcpy(path, "d/", 2);
		KUNIT_EXPECT_EQ(test, rm(u, path), 0);
	}
	KUNIT_EXPECT_EQ(test, count_names(dir), 2);
	efs_node_put(dir);
	KUNIT_EXPECT_EQ(test, rm_dir(u, "d"), 0);
	unix_end(u);
}

/* targets of 60 bytes, of a block and more */
static void bug_12_targets(struct kunit *test)
{
	static const struct {
		u32 len;
		int err;
	} rows[] = { { 1, 0 }, { 59, 0 }, { 60, 0 }, { 61, 0 }, { 1022, 0 }, { 1023, 0 },
		     { 1024, -ENAMETOOLONG }, { 1025, -ENAMETOOLONG }, { 5000, -ENAMETOOLONG } };
	struct unix_test *u = unix_begin_ext2(test, &plain, 0);
	char *target = kunit_kzalloc(test, 5001, GFP_KERNEL);
	char *back = kunit_kzalloc(test, 5001, GFP_KERNEL);
	u64 before = free_blocks(u);
	struct efs_node *node;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(target, 'a' + i, rows[i].len);
		target[rows[i].len] = '\0';
		KUNIT_EXPECT_EQ(test, try_symlink(u, "l", target), rows[i].err);
		if (rows[i].err)
			continue;
		unix_remount(u);
		KUNIT_ASSERT_EQ(test, find(u, "l", EFS_WALK_NOFOLLOW, &node), 0);
		KUNIT_EXPECT_EQ(test, efs_node_readlink(node, back, 5001), 0);
		KUNIT_EXPECT_STREQ(test, back, target);
		efs_node_put(node);
		KUNIT_EXPECT_EQ(test, rm(u, "l"), 0);
		KUNIT_EXPECT_EQ(test, free_blocks(u), before);
	}
	unix_end(u);
}

/* ---- directories as others write them, and damaged ones ---- */

/* take the volume out of use, change @len bytes at @off of the device, and take it into use */
static int change_volume(struct unix_test *u, u64 off, const void *bytes, size_t len,
			 const struct efs_mount_opts *o)
{
	struct efs_test_fs *vol = u->vol;
	int err;

	efs_node_put(u->root);
	KUNIT_ASSERT_EQ(u->test, efs_fs_unmount(u->fs), 0);
	vol->mounted = false;
	efs_test_flush(vol->dev);
	efs_test_dev_write(vol->dev, off, bytes, len);
	err = efs_test_mount(vol, o);
	if (err)
		return err;
	KUNIT_ASSERT_EQ(u->test, efs_ext2_new(&vol->sb, &unix_ext2_home, NULL, &u->fs), 0);
	KUNIT_ASSERT_EQ(u->test, efs_fs_root(u->fs, &u->root), 0);
	return 0;
}

/* the same as unix_end() without e2fsck */
static void end_damaged(struct unix_test *u)
{
	efs_node_put(u->root);
	KUNIT_EXPECT_EQ(u->test, efs_fs_unmount(u->fs), 0);
	u->vol->mounted = false;
	efs_test_end_dirty(u->vol);
	efs_test_exit(u->test);
}

/* where the first block of a directory lies on the device */
static u64 dir_block(struct efs_node *dir)
{
	const struct efs_inode *ei = ext2_ei(dir);

	return (u64)le32_to_cpu(ei->block[0]) << ei->sb->geo.block_bits;
}

/* entries were believed: a length of 0 had no end */
static void bug_13_damaged_entries(struct kunit *test)
{
	static const struct {
		struct patch p;		/* in the block: `.` at 0, `..` at 12, "name" at 24 */
		enum efs_code code;
	} rows[] = {
		{ { 28, 2, 0 }, EFS_C_DIRENT_RECLEN },
		{ { 28, 2, 10 }, EFS_C_DIRENT_RECLEN },
		{ { 28, 2, 1002 }, EFS_C_DIRENT_ALIGN },
		{ { 28, 2, 1004 }, EFS_C_DIRENT_CROSS },
		{ { 28, 2, 0xfffc }, EFS_C_DIRENT_CROSS },
		{ { 28, 2, 12 }, EFS_C_DIRENT_RECLEN },
		{ { 4, 2, 0 }, EFS_C_DIRENT_RECLEN },
		{ { 24, 4, 0xfffffff0 }, EFS_C_DIRENT_INO },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct unix_test *u = unix_begin_ext2(test, &plain, 8);
		struct efs_node *dir = make(u, "d", &new_dir), *node;
		u64 block = dir_block(dir);
		u8 bytes[64] = { 0 };

		efs_node_put(make(u, "d/name", &new_file));
		efs_node_put(dir);
		apply(bytes, &rows[i].p);
		KUNIT_ASSERT_EQ(test, change_volume(u, block + rows[i].p.off,
						    bytes + rows[i].p.off, rows[i].p.size,
						    NULL), 0);
		dir = get(u, "d");
		KUNIT_EXPECT_EQ_MSG(test, count_names(dir), -EUCLEAN, "row %u", i);
		KUNIT_EXPECT_TRUE_MSG(test, efs_test_took(u->vol->dev, rows[i].code), "row %u", i);
		KUNIT_EXPECT_EQ(test, efs_node_lookup(dir, "name", 4, &node), -EUCLEAN);
		KUNIT_EXPECT_LT(test, try_make(u, "d/new", &new_file), 0);
		efs_test_reports_clear(u->vol->dev);
		efs_node_put(dir);
		end_damaged(u);
	}
}

/* unused entries ended a listing; a directory with an index was changed behind its back */
static void bug_14_unused_entries_and_index(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	struct efs_node *dir = make(u, "d", &new_dir), *f;
	static const u8 zero[4];
	u64 block = dir_block(dir);

	efs_node_put(make(u, "d/a", &new_file));
	efs_node_put(make(u, "d/b", &new_file));
	f = get(u, "d/a");
	KUNIT_EXPECT_EQ(test, try_make(u, "d/a", &new_file), -EEXIST);
	/* one more name, so that what loses the other is still in use */
	KUNIT_EXPECT_EQ(test, efs_node_link(u->root, "a", 1, f), 0);
	KUNIT_EXPECT_EQ(test, rm(u, "d/a"), 0);
	KUNIT_EXPECT_EQ(test, efs_node_link(dir, "a", 1, f), 0);
	KUNIT_EXPECT_EQ(test, rm(u, "a"), 0);
	efs_node_put(f);
	efs_node_put(dir);

	/* "a" stands first behind `..`: as Linux leaves what it removes at a block's start */
	KUNIT_ASSERT_EQ(test, change_volume(u, block + 24, zero, 4, NULL), 0);
	dir = get(u, "d");
	KUNIT_EXPECT_EQ(test, count_names(dir), 3);
	KUNIT_EXPECT_EQ(test, efs_node_lookup(dir, "a", 1, &f), -ENOENT);
	f = get(u, "d/b");
	efs_node_put(f);
	/* and the place is used again */
	efs_node_put(make(u, "d/c", &new_file));
	KUNIT_EXPECT_EQ(test, stat_of(dir).size, 1024);
	KUNIT_EXPECT_EQ(test, count_names(dir), 4);

	ext2_ei(dir)->flags |= EFS_FL_INDEX;
	efs_node_put(make(u, "d/e", &new_file));
	KUNIT_EXPECT_FALSE(test, ext2_ei(dir)->flags & EFS_FL_INDEX);
	efs_node_put(dir);
	end_damaged(u);
}

/* ---- volumes ---- */

/* features nobody knows were ignored, and volumes of ext4 written */
static void bug_15_unknown_features(struct kunit *test)
{
	static const struct {
		struct patch p;
		int err, err_rdonly;
	} rows[] = {
		{ P(s_feature_incompat, EFS_INCOMPAT_FILETYPE | 0x40), -EINVAL, -EINVAL },
		{ P(s_feature_incompat, EFS_INCOMPAT_FILETYPE | 0x4), -EINVAL, -EINVAL },
		{ P(s_feature_incompat, 0x80000000), -EINVAL, -EINVAL },
		{ P(s_feature_ro_compat, 0x8), -EROFS, 0 },
		{ P(s_feature_ro_compat, 0x80000000), -EROFS, 0 },
	};
	static const struct efs_mount_opts ro = { .rdonly = true, .sb_block = 1 };
	static const struct efs_test_mkfs untyped = {
		.block_size = 1024, .blocks = 2000, .ipg = 256, .no_filetype = true,
	};
	struct unix_test *u;
	struct efs_node *dir;
	u8 bytes[1024];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct patch *p = &rows[i].p;

		u = unix_begin_ext2(test, &plain, 8);
		apply(bytes, p);
		KUNIT_EXPECT_EQ_MSG(test, change_volume(u, 1024 + p->off, bytes + p->off, p->size,
							NULL), rows[i].err, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, efs_test_mount(u->vol, &ro), rows[i].err_rdonly,
				    "row %u", i);
		efs_test_end_dirty(u->vol);
		efs_test_exit(test);
	}
	/* without FILETYPE the byte is half of the name's length, and a lookup finds the type */
	u = unix_begin_ext2(test, &untyped, 8);
	dir = make(u, "d", &new_dir);
	efs_node_put(make(u, "d/sub", &new_dir));
	efs_node_put(make(u, "d/f", &new_file));
	KUNIT_EXPECT_EQ(test, count_names(dir), 4);
	KUNIT_EXPECT_EQ(test, efs_fs_sync(u->fs), 0);
	efs_test_dev_read(u->vol->dev, dir_block(dir), bytes, 64);
	KUNIT_EXPECT_EQ(test, bytes[24 + 6], 3);
	KUNIT_EXPECT_EQ(test, bytes[24 + 7], 0);
	efs_node_put(dir);
	dir = get(u, "d/sub");
	KUNIT_EXPECT_EQ(test, dir->type, EFS_S_IFDIR);
	efs_node_put(dir);
	unix_end(u);
}

/* paths that end in `.` and `..` were undefined; a slash could get into a name */
static void bug_16_impossible_names(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	struct efs_node *d;

	d = make(u, "d", &new_dir);
	KUNIT_EXPECT_EQ(test, try_make(u, "d/.", &new_file), -EEXIST);
	KUNIT_EXPECT_EQ(test, try_make(u, "d/..", &new_dir), -EEXIST);
	KUNIT_EXPECT_EQ(test, try_make(u, "/", &new_dir), -EEXIST);
	KUNIT_EXPECT_EQ(test, try_make(u, "", &new_file), -ENOENT);
	KUNIT_EXPECT_EQ(test, try_make(u, "x/.", &new_dir), -ENOENT);
	KUNIT_EXPECT_EQ(test, rm(u, "d/."), -EISDIR);
	KUNIT_EXPECT_EQ(test, rm(u, "d/.."), -EISDIR);
	KUNIT_EXPECT_EQ(test, rm_dir(u, "d/."), -EINVAL);
	KUNIT_EXPECT_EQ(test, rm_dir(u, "d/.."), -ENOTEMPTY);
	KUNIT_EXPECT_EQ(test, rm_dir(u, "/"), -EBUSY);
	KUNIT_EXPECT_EQ(test, efs_node_create(d, "a/b", 3, &new_file, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, efs_node_create(d, "a\0b", 3, &new_file, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, count_names(d), 2);
	efs_node_put(d);
	unix_end(u);
}

/* what failed half way was not undone; links wrapped; a deletion time came too early */
static void bug_17_all_or_nothing(struct kunit *test)
{
	static const struct efs_test_mkfs tiny = {
		.block_size = 1024, .blocks = 400, .ipg = 32, .inode_size = 128,
	};
	struct unix_test *u = unix_begin_ext2(test, &tiny, 0);
	struct efs_node *f, *d;
	char name[300];
	u64 blocks, files;
	size_t done;
	u32 i;
	int err;

	f = make(u, "f", &new_file);
	files = free_files(u);
	blocks = free_blocks(u);
	memset(name, 'n', 299);
	KUNIT_EXPECT_EQ(test, efs_node_create(u->root, name, 256, &new_file, NULL), -ENAMETOOLONG);
	KUNIT_EXPECT_EQ(test, efs_node_link(u->root, name, 256, f), -ENAMETOOLONG);
	KUNIT_EXPECT_EQ(test, free_files(u), files);
	KUNIT_EXPECT_EQ(test, stat_of(f).nlink, 1);

	/* a file of two names loses one, and stays */
	KUNIT_EXPECT_EQ(test, efs_node_link(u->root, "g", 1, f), 0);
	unix_put_bytes(u, f, 0, 'x', 3000);
	efs_node_put(f);
	KUNIT_EXPECT_EQ(test, rm(u, "f"), 0);
	unix_remount(u);
	f = get(u, "g");
	KUNIT_EXPECT_EQ(test, stat_of(f).nlink, 1);
	unix_expect_bytes(u, f, 0, 'x', 3000);

	/* no link more than a count can tell of */
	efs_ti(ext2_ei(f))->attr.nlink = EFS_LINK_MAX;
	KUNIT_EXPECT_EQ(test, efs_node_link(u->root, "h", 1, f), -EMLINK);
	efs_ti(ext2_ei(f))->attr.nlink = 1;
	d = make(u, "d", &new_dir);
	efs_ti(ext2_ei(d))->attr.nlink = EFS_LINK_MAX;
	KUNIT_EXPECT_EQ(test, try_make(u, "d/sub", &new_dir), -EMLINK);
	efs_ti(ext2_ei(d))->attr.nlink = 2;
	efs_node_put(d);

	/* to the last block and inode: what did not fit left nothing behind */
	err = efs_node_write(f, 3000, name, 299, &done);
	for (i = 0; !err && i < 2000; i++)
		err = efs_node_write(f, stat_of(f).size, name, 299, &done);
	KUNIT_EXPECT_EQ(test, err, -ENOSPC);
	KUNIT_EXPECT_EQ(test, try_make(u, "no", &new_dir), -ENOSPC);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 0), 0);
	for (i = 0, err = 0; !err && i < 100; i++) {
		snprintf(name, sizeof(name), "%u", i);
		err = try_make(u, name, &new_file);
	}
	KUNIT_EXPECT_EQ(test, err, -ENOSPC);
	KUNIT_EXPECT_EQ(test, free_files(u), 0);
	while (i-- > 1) {
		snprintf(name, sizeof(name), "%u", i - 1);
		KUNIT_EXPECT_EQ(test, rm(u, name), 0);
	}
	efs_node_put(f);
	KUNIT_EXPECT_EQ(test, rm(u, "g"), 0);
	KUNIT_EXPECT_EQ(test, rm_dir(u, "d"), 0);
	KUNIT_EXPECT_EQ(test, free_files(u), files + 1);
	KUNIT_EXPECT_EQ(test, free_blocks(u), blocks);
	unix_end(u);
}

/* two users of one file had an inode each, and overwrote the other's */
static void bug_18_one_file_one_object(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	struct efs_setattr set = { .mask = EFS_SET_MODE, .mode = 0600 };
	struct efs_node *a = make(u, "f", &new_file), *b, *c;
	u32 i;

	KUNIT_EXPECT_EQ(test, efs_node_link(u->root, "g", 1, a), 0);
	b = get(u, "f");
	c = get(u, "g");
	KUNIT_EXPECT_PTR_EQ(test, a, b);
	KUNIT_EXPECT_PTR_EQ(test, a, c);
	for (i = 0; i < 40; i++)
		unix_put_bytes(u, i & 1 ? b : c, i * 700, 'a' + i % 26, 700);
	KUNIT_EXPECT_EQ(test, efs_node_setattr(b, &set), 0);
	efs_node_put(b);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(a, 30 * 700), 0);
	efs_node_put(a);
	KUNIT_EXPECT_EQ(test, stat_of(c).size, 30 * 700);
	KUNIT_EXPECT_EQ(test, stat_of(c).mode, EFS_S_IFREG | 0600);
	for (i = 0; i < 30; i++)
		unix_expect_bytes(u, c, i * 700, 'a' + i % 26, 700);
	efs_node_put(c);
	unix_end(u);
}

/* ---- POSIX ---- */

/* not following the last link changed what links inside, and slashes behind, mean */
static void bug_19_nofollow(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	struct efs_node *d, *node;

	d = make(u, "d", &new_dir);
	efs_node_put(make(u, "d/sub", &new_dir));
	KUNIT_EXPECT_EQ(test, try_symlink(u, "link", "d"), 0);
	KUNIT_EXPECT_EQ(test, find(u, "link", EFS_WALK_NOFOLLOW, &node), 0);
	KUNIT_EXPECT_EQ(test, node->type, EFS_S_IFLNK);
	efs_node_put(node);
	KUNIT_EXPECT_EQ(test, find(u, "link/", EFS_WALK_NOFOLLOW, &node), 0);
	KUNIT_EXPECT_PTR_EQ(test, node, d);
	efs_node_put(node);
	KUNIT_EXPECT_EQ(test, find(u, "link/sub/", EFS_WALK_NOFOLLOW, &node), 0);
	KUNIT_EXPECT_EQ(test, node->type, EFS_S_IFDIR);
	efs_node_put(node);
	efs_node_put(d);
	unix_end(u);
}

/* a target seen twice was a loop; a real one was bounded by nothing but that */
static void bug_20_loops_by_count(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	struct efs_node *node;
	char name[8], target[8];
	u32 i;

	efs_node_put(make(u, "d", &new_dir));
	KUNIT_EXPECT_EQ(test, try_symlink(u, "one", "d"), 0);
	KUNIT_EXPECT_EQ(test, try_symlink(u, "d/two", "."), 0);
	KUNIT_EXPECT_EQ(test, try_symlink(u, "d/three", "."), 0);
	node = get(u, "one/two/three/two/three/../one/two");
	efs_node_put(node);
	KUNIT_EXPECT_EQ(test, try_symlink(u, "x", "y"), 0);
	KUNIT_EXPECT_EQ(test, try_symlink(u, "y", "x"), 0);
	KUNIT_EXPECT_EQ(test, find(u, "x", 0, &node), -ELOOP);
	KUNIT_EXPECT_EQ(test, try_symlink(u, "l0", "d"), 0);
	for (i = 1; i <= EFS_LINKS_MAX; i++) {
		snprintf(name, sizeof(name), "l%u", i);
		snprintf(target, sizeof(target), "l%u", i - 1);
		KUNIT_EXPECT_EQ(test, try_symlink(u, name, target), 0);
		KUNIT_EXPECT_EQ(test, find(u, name, 0, &node), i < EFS_LINKS_MAX ? 0 : -ELOOP);
		if (i < EFS_LINKS_MAX)
			efs_node_put(node);
	}
	unix_end(u);
}

/* paths were equal whatever their slashes; execute was shown where write was set */
static void bug_21_paths_and_strings(struct kunit *test)
{
	static const struct {
		u16 mode;
		const char *text;
	} rows[] = {
		{ EFS_S_IFREG | 04755, "-rwsr-xr-x" }, { EFS_S_IFREG | 04655, "-rwSr-xr-x" },
		{ EFS_S_IFREG | 04555, "-r-sr-xr-x" }, { EFS_S_IFREG | 02710, "-rwx--s---" },
		{ EFS_S_IFREG | 02720, "-rwx-wS---" }, { EFS_S_IFDIR | 01777, "drwxrwxrwt" },
		{ EFS_S_IFDIR | 01776, "drwxrwxrwT" }, { EFS_S_IFSOCK | 07000, "s--S--S--T" },
	};
	char text[16];
	u32 i;

	KUNIT_EXPECT_FALSE(test, efs_path_equal("/a/bc", 5, "/ab/c", 5));
	KUNIT_EXPECT_FALSE(test, efs_path_equal("/a", 2, "a", 1));
	KUNIT_EXPECT_TRUE(test, efs_path_equal("/a//b", 5, "/a/b", 4));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		efs_mode_string(rows[i].mode, text);
		KUNIT_EXPECT_STREQ(test, text, rows[i].text);
	}
}

static bool is_now(const struct unix_test *u, const struct efs_time *t)
{
	return t->sec == u->vol->dev->now && t->nsec == u->vol->dev->now_nsec;
}

/* no flags, no credentials, no change time; times of 32 bits without nanoseconds */
static void bug_22_times_flags_permissions(struct kunit *test)
{
	static const struct efs_cred someone = { .uid = 1000, .gid = 1000 };
	struct unix_test *u = unix_begin_ext2(test, &plain, 0);
	struct efs_setattr set = { .mask = EFS_SET_ATIME | EFS_SET_MTIME,
				   .atime = { 4102444800, 999999999 },
				   .mtime = { -2000000000, 123456789 } };
	struct efs_setattr chmod = { .mask = EFS_SET_MODE, .mode = 0700 };
	struct efs_setattr chown = { .mask = EFS_SET_UID, .uid = 7 };
	struct efs_setattr fix = { .mask = EFS_SET_FLAGS, .flags = EFS_STAT_IMMUTABLE };
	struct efs_node *f = make(u, "f", &new_file), *d;
	struct efs_where w;
	struct efs_stat st;
	size_t done;

	KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &set), 0);
	efs_node_put(f);
	unix_remount(u);
	f = get(u, "f");
	st = stat_of(f);
	KUNIT_EXPECT_EQ(test, st.atime.sec, 4102444800);
	KUNIT_EXPECT_EQ(test, st.atime.nsec, 999999999);
	KUNIT_EXPECT_EQ(test, st.mtime.sec, -2000000000);
	KUNIT_EXPECT_EQ(test, st.mtime.nsec, 123456789);

	unix_tick(u);
	KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &chmod), 0);
	st = stat_of(f);
	KUNIT_EXPECT_TRUE(test, is_now(u, &st.ctime));
	unix_tick(u);
	KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &chown), 0);
	st = stat_of(f);
	KUNIT_EXPECT_TRUE(test, is_now(u, &st.ctime));
	KUNIT_EXPECT_EQ(test, st.mtime.sec, -2000000000);
	unix_tick(u);
	unix_put_bytes(u, f, 0, 'x', 10);
	st = stat_of(f);
	KUNIT_EXPECT_TRUE(test, is_now(u, &st.ctime) && is_now(u, &st.mtime));
	unix_tick(u);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 3), 0);
	st = stat_of(f);
	KUNIT_EXPECT_TRUE(test, is_now(u, &st.ctime) && is_now(u, &st.mtime));
	KUNIT_EXPECT_EQ(test, st.atime.sec, 4102444800);

	KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &fix), 0);
	KUNIT_EXPECT_EQ(test, efs_node_write(f, 0, "x", 1, &done), -EPERM);
	KUNIT_EXPECT_EQ(test, rm(u, "f"), -EPERM);
	fix.flags = EFS_STAT_APPEND;
	KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &fix), 0);
	KUNIT_EXPECT_EQ(test, efs_node_write(f, 0, "x", 1, &done), -EPERM);
	KUNIT_EXPECT_EQ(test, efs_node_write(f, 3, "x", 1, &done), 0);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 0), -EPERM);
	fix.flags = 0;
	KUNIT_EXPECT_EQ(test, efs_node_setattr(f, &fix), 0);
	efs_node_put(f);

	d = make(u, "private", &new_dir);
	KUNIT_EXPECT_EQ(test, efs_node_setattr(d, &chmod), 0);
	efs_node_put(d);
	w = at(u);
	w.cred = &someone;
	KUNIT_EXPECT_EQ(test, efs_walk(&w, "private/x", 9, 0, &d), -EACCES);
	KUNIT_EXPECT_EQ(test, efs_path_unlink(&w, "f", 1), -EACCES);
	unix_end(u);
}

/* device numbers were 0, ids of 16 bits, names that are no UTF-8 unreadable */
static void bug_23_numbers_and_names(struct kunit *test)
{
	static const struct efs_new chr = { .mode = EFS_S_IFCHR | 0600, .uid = 0xfffffffe,
					    .gid = 70000, .major = 259, .minor = 70000 };
	static const struct efs_new blk = { .mode = EFS_S_IFBLK | 0600, .major = 8, .minor = 1 };
	struct unix_test *u = unix_begin_ext2(test, &plain, 0);
	struct efs_node *node, *dir;
	struct efs_stat st;

	efs_node_put(make(u, "c", &chr));
	efs_node_put(make(u, "b", &blk));
	dir = make(u, "d", &new_dir);
	efs_node_put(make(u, "d/\xff\xfe\x80", &new_file));
	KUNIT_EXPECT_EQ(test, count_names(dir), 3);
	efs_node_put(dir);
	node = make(u, "big", &new_file);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(node, 15ull << 30), 0);
	efs_node_put(node);
	unix_remount(u);
	node = get(u, "c");
	st = stat_of(node);
	KUNIT_EXPECT_EQ(test, st.major, 259);
	KUNIT_EXPECT_EQ(test, st.minor, 70000);
	KUNIT_EXPECT_EQ(test, st.uid, 0xfffffffe);
	KUNIT_EXPECT_EQ(test, st.gid, 70000);
	efs_node_put(node);
	node = get(u, "b");
	st = stat_of(node);
	KUNIT_EXPECT_EQ(test, st.major, 8);
	KUNIT_EXPECT_EQ(test, st.minor, 1);
	efs_node_put(node);
	node = get(u, "big");
	KUNIT_EXPECT_EQ(test, stat_of(node).size, 15ull << 30);
	efs_node_put(node);
	efs_node_put(get(u, "d/\xff\xfe\x80"));
	unix_end(u);
}

/* ---- safety and cost ---- */

/* blocks were freed before the inode was cleared, and the volume never marked in use */
static void bug_24_crash_order(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 0);
	struct efs_test_dev *dev;
	struct efs_node *f;
	u32 slot, bitmap;
	u8 state[2];

	dev = u->vol->dev;
	KUNIT_EXPECT_EQ(test, efs_fs_sync(u->fs), 0);
	efs_test_dev_read(dev, 1024 + offsetof(struct efs_dsuper, s_state), state, 2);
	KUNIT_EXPECT_EQ(test, state[0] & EFS_STATE_VALID, 0);
	f = make(u, "f", &new_file);
	unix_put_bytes(u, f, 0, 'x', 300 * 1024);
	KUNIT_EXPECT_EQ(test, efs_fs_sync(u->fs), 0);
	slot = u->vol->sb.groups[0].inode_table + ((u32)f->ino - 1) / 4;
	bitmap = u->vol->sb.groups[0].block_bitmap;
	efs_windows_discard_all(&u->vol->sb);
	/* as on a synchronous mount, so that order is carried out at once */
	ext2_ei(f)->port.sync = true;
	efs_test_log_start(dev, false);
	KUNIT_EXPECT_EQ(test, efs_node_truncate(f, 0), 0);
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(dev, slot, bitmap));
	efs_test_log_stop(dev);
	ext2_ei(f)->port.sync = false;
	efs_node_put(f);
	efs_node_put(u->root);
	KUNIT_EXPECT_EQ(test, efs_fs_unmount(u->fs), 0);
	u->vol->mounted = false;
	efs_test_dev_read(dev, 1024 + offsetof(struct efs_dsuper, s_state), state, 2);
	KUNIT_EXPECT_NE(test, state[0] & EFS_STATE_VALID, 0);
	efs_test_end(u->vol);
}

/* a small write or read cost as much as the file is long */
static void bug_25_small_writes_are_small(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	struct efs_node *f = make(u, "f", &new_file);
	struct efs_test_dev *dev = u->vol->dev;
	u32 reads, dirtied, i;

	unix_put_bytes(u, f, 0, 'x', 3000 * 1024);
	reads = dev->calls[EFS_TEST_READ];
	dirtied = dev->dirtied;
	for (i = 0; i < 100; i++) {
		unix_put_bytes(u, f, i * 30000, 'y', 10);
		unix_expect_bytes(u, f, i * 30000, 'y', 10);
	}
	/* at most the way through the map, each time; nothing of the map changes */
	KUNIT_EXPECT_LE(test, dev->calls[EFS_TEST_READ] - reads, 100 * 2 * 2);
	KUNIT_EXPECT_EQ(test, dev->dirtied, dirtied);
	efs_node_put(f);
	unix_end(u);
}

/* each component of a path opened all its siblings; an addition rewrote the directory */
static void bug_26_siblings_are_left_alone(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 0);
	struct efs_test_dev *dev = u->vol->dev;
	char path[16];
	u32 i, reads, dirtied;

	efs_node_put(make(u, "d", &new_dir));
	for (i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "d/dir%u", i);
		efs_node_put(make(u, path, &new_dir));
	}
	unix_remount(u);
	reads = dev->calls[EFS_TEST_READ];
	efs_node_put(get(u, "d/dir150"));
	/* blocks of two directories, two inodes */
	KUNIT_EXPECT_LE(test, dev->calls[EFS_TEST_READ] - reads, 12);
	dirtied = dev->dirtied;
	efs_node_put(make(u, "d/one", &new_file));
	/* the block of the entry, two inodes, bitmap, descriptor, superblock */
	KUNIT_EXPECT_LE(test, dev->dirtied - dirtied, 12);
	unix_end(u);
}

/* requests of one block each, and a read before every write */
static u32 data_reads, data_writes;

static int counted_read(struct efs_sb *sb, u32 blk, u32 len, void *buf)
{
	data_reads++;
	return unix_ext2_home.data_read(sb, blk, len, buf);
}

static int counted_write(struct efs_sb *sb, u32 blk, u32 len, const void *buf)
{
	data_writes++;
	return unix_ext2_home.data_write(sb, blk, len, buf);
}

static void bug_27_large_requests(struct kunit *test)
{
	struct unix_test *u = unix_begin_ext2(test, &plain, 8);
	struct efs_ext2_home home = unix_ext2_home;
	struct efs_node *f;

	home.data_read = counted_read;
	home.data_write = counted_write;
	efs_node_put(u->root);
	KUNIT_ASSERT_EQ(test, efs_fs_unmount(u->fs), 0);
	KUNIT_ASSERT_EQ(test, efs_test_mount(u->vol, NULL), 0);
	KUNIT_ASSERT_EQ(test, efs_ext2_new(&u->vol->sb, &home, NULL, &u->fs), 0);
	KUNIT_ASSERT_EQ(test, efs_fs_root(u->fs, &u->root), 0);
	data_reads = 0;
	data_writes = 0;
	f = make(u, "f", &new_file);
	unix_put_bytes(u, f, 0, 'x', 2000 * 1024);
	KUNIT_EXPECT_EQ(test, data_reads, 0);
	KUNIT_EXPECT_LE(test, data_writes, 20);
	unix_expect_bytes(u, f, 0, 'x', 2000 * 1024);
	KUNIT_EXPECT_LE(test, data_reads, 20);
	efs_node_put(f);
	unix_end(u);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(bug_01_link_inside_a_path),
	KUNIT_CASE(bug_02_all_types),
	KUNIT_CASE(bug_03_names_of_four),
	KUNIT_CASE(bug_04_holes),
	KUNIT_CASE(bug_05_truncate_keeps_what_is_needed),
	KUNIT_CASE(bug_06_indirect_blocks_freed),
	KUNIT_CASE(bug_07_read_ends_at_the_size),
	KUNIT_CASE(bug_08_beyond_4g),
	KUNIT_CASE(bug_09_writes_at_boundaries),
	KUNIT_CASE(bug_10_lengths_and_limits),
	KUNIT_CASE(bug_11_last_entry_of_a_block),
	KUNIT_CASE(bug_12_targets),
	KUNIT_CASE(bug_13_damaged_entries),
	KUNIT_CASE(bug_14_unused_entries_and_index),
	KUNIT_CASE(bug_15_unknown_features),
	KUNIT_CASE(bug_16_impossible_names),
	KUNIT_CASE(bug_17_all_or_nothing),
	KUNIT_CASE(bug_18_one_file_one_object),
	KUNIT_CASE(bug_19_nofollow),
	KUNIT_CASE(bug_20_loops_by_count),
	KUNIT_CASE(bug_21_paths_and_strings),
	KUNIT_CASE(bug_22_times_flags_permissions),
	KUNIT_CASE(bug_23_numbers_and_names),
	KUNIT_CASE(bug_24_crash_order),
	KUNIT_CASE(bug_25_small_writes_are_small),
	KUNIT_CASE(bug_26_siblings_are_left_alone),
	KUNIT_CASE(bug_27_large_requests),
	{}
};

static struct kunit_suite suite = {
	.name = "efsext2_efs_bugs",
	.init = unix_init,
	.exit = unix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
