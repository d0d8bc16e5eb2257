// SPDX-License-Identifier: GPL-2.0
/*
 * Inodes of a mounted volume: load, store, evict.
 *
 * Tests: core/engine/inode.c
 */
#include "home.h"

#define SLOT 256u

static struct efs_dinode *new_slot(struct kunit *test)
{
	struct efs_dinode *di = kunit_kzalloc(test, SLOT, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, di);
	return di;
}

static const struct efs_test_mkfs small = { .block_size = 1024, .blocks = 20000, .files = 4 };

/* byte offset of an inode's slot on the device */
static u64 slot_at(struct efs_test_fs *fs, u32 ino)
{
	const struct efs_geo *geo = &fs->sb.geo;
	u32 g = (ino - 1) / geo->inodes_per_group;

	return ((u64)fs->sb.groups[g].inode_table << geo->block_bits) +
	       (ino - 1) % geo->inodes_per_group * geo->inode_size;
}

static void slot_read(struct efs_test_fs *fs, u32 ino, struct efs_dinode *di)
{
	efs_test_flush(fs->dev);
	efs_test_dev_read(fs->dev, slot_at(fs, ino), di, fs->sb.geo.inode_size);
}

static void slot_write(struct efs_test_fs *fs, u32 ino, const struct efs_dinode *di)
{
	efs_test_flush(fs->dev);
	efs_test_dev_write(fs->dev, slot_at(fs, ino), di, fs->sb.geo.inode_size);
}

static bool ino_used(struct efs_test_fs *fs, u32 ino)
{
	u32 g = (ino - 1) / fs->sb.geo.inodes_per_group;
	u32 bit = (ino - 1) % fs->sb.geo.inodes_per_group;
	struct efs_buf *b;
	bool used;

	KUNIT_ASSERT_EQ(fs->test, efs_buf_read(&fs->sb, fs->sb.groups[g].inode_bitmap, &b), 0);
	used = ((u8 *)efs_buf_data(b))[bit / 8] >> bit % 8 & 1;
	efs_buf_put(b);
	return used;
}

/* efs_inode_load() alone */
static int load(struct efs_test_fs *fs, u32 ino, bool stale_ok)
{
	struct efs_test_inode *ti = efs_test_zalloc(sizeof(*ti));
	int err;

	efs_inode_init(&fs->sb, &ti->core);
	err = efs_inode_load(&fs->sb, ino, stale_ok, &ti->core);
	if (!err)
		efs_inode_release(&ti->core);
	efs_test_mfree(ti);
	return err;
}

static const struct load_row {
	const char *name;
	u16 mode, nlink;
	u64 size;
	u32 sectors, dtime, flags, acl;
	const char *block;
	u16 extra;
	enum efs_code code;
	bool stale;	/* no report if a file handle asked */
} load_rows[] = {
	{ "file", EFS_S_IFREG, 1, 5, .code = EFS_C_OK },
	{ "deleted", EFS_S_IFREG, 0, 5, 0, 99, .code = EFS_C_INO_FREED, .stale = true },
	{ "unused", 0, 0, .code = EFS_C_INO_FREED, .stale = true },
	{ "unnamed", EFS_S_IFREG, 0, 5, .code = EFS_C_INO_NLINK, .stale = true },
	{ "no_mode", 0, 1, .code = EFS_C_INO_MODE },
	{ "dtime", EFS_S_IFREG, 1, 5, 0, 99, .code = EFS_C_OK },
	{ "dir_size", EFS_S_IFDIR, 2, 1, 2, .code = EFS_C_DIR_SIZE },
	{ "dir_large", EFS_S_IFDIR, 2, 20000 << 10, ~0u, .code = EFS_C_OK },
	{ "dir_larger", EFS_S_IFDIR, 2, 20001 << 10, ~0u, .code = EFS_C_INO_SIZE },
	{ "extents", EFS_S_IFREG, 1, 5, .flags = EFS_FL_EXTENTS, .code = EFS_C_INO_FLAGS },
	{ "acl_super", EFS_S_IFREG, 1, 5, 2, .acl = 1, .code = EFS_C_INO_FILE_ACL },
	{ "acl_beyond", EFS_S_IFREG, 1, 5, 2, .acl = 20000, .code = EFS_C_INO_FILE_ACL },
	{ "acl_zone", EFS_S_IFREG, 1, 5, 2, .acl = 8200, .code = EFS_C_INO_FILE_ACL },
	{ "acl_data", EFS_S_IFREG, 1, 5, 2, .acl = 19999, .code = EFS_C_OK },
	{ "link", EFS_S_IFLNK, 1, 6, .block = "target", .code = EFS_C_OK },
	{ "link_nul", EFS_S_IFLNK, 1, 7, .block = "target", .code = EFS_C_INO_LINK_TARGET },
	{ "link_fast_long", EFS_S_IFLNK, 1, 60, .code = EFS_C_INO_LINK_TARGET },
	{ "link_fast_acl", EFS_S_IFLNK, 1, 6, 2, .acl = 19999, .block = "target",
	  .code = EFS_C_OK },
	{ "link_fast_acl_nul", EFS_S_IFLNK, 1, 7, 2, .acl = 19999, .block = "target",
	  .code = EFS_C_INO_LINK_TARGET },
	{ "link_slow", EFS_S_IFLNK, 1, 7, 2, .code = EFS_C_OK },
	{ "extra", EFS_S_IFREG, 1, 5, .extra = 200, .code = EFS_C_INO_EXTRA_SIZE },
};

EFS_TEST_ROWS(load_rows);

static void loads(struct kunit *test)
{
	const struct load_row *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	struct efs_dinode *di = new_slot(test);
	u32 ino = efs_test_file_ino(0);

	slot_read(fs, ino, di);
	di->i_mode = cpu_to_le16(r->mode ? r->mode | 0644 : 0);
	di->i_links_count = cpu_to_le16(r->nlink);
	di->i_size = cpu_to_le32((u32)r->size);
	di->i_blocks = cpu_to_le32(r->sectors);
	di->i_dtime = cpu_to_le32(r->dtime);
	di->i_flags = cpu_to_le32(r->flags);
	di->i_file_acl = cpu_to_le32(r->acl);
	di->i_extra_isize = cpu_to_le16(r->extra ? r->extra : EFS_EXTRA_ISIZE);
	if (r->block)
		memcpy(di->i_block, r->block, strlen(r->block));
	slot_write(fs, ino, di);
	KUNIT_EXPECT_EQ(test, load(fs, ino, false), r->code ? -EFSCORRUPTED : 0);
	if (r->code)
		KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, r->code));
	KUNIT_EXPECT_EQ(test, load(fs, ino, true),
			r->stale ? -ESTALE : r->code ? -EFSCORRUPTED : 0);
	if (r->code && !r->stale)
		KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, r->code));
	efs_test_end_dirty(fs);
}

static void load_range(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	u32 bad[] = { 0, 1, 3, 7, 10, fs->sb.geo.inodes_count + 1, 0xffffffff }, i;
	struct efs_dinode *di = new_slot(test);

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ(test, load(fs, bad[i], true), -ESTALE);
		KUNIT_EXPECT_EQ(test, load(fs, bad[i], false), -EFSCORRUPTED);
		KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_INO_RANGE));
	}
	KUNIT_EXPECT_EQ(test, load(fs, fs->sb.geo.inodes_count, true), -ESTALE);
	KUNIT_EXPECT_EQ(test, load(fs, EFS_ROOT_INO, true), 0);
	fs->dev->fail[EFS_TEST_READ] = 1;
	KUNIT_EXPECT_EQ(test, load(fs, EFS_ROOT_INO, false), -EIO);

	slot_read(fs, EFS_ROOT_INO, di);
	di->i_mode = cpu_to_le16(EFS_S_IFREG | 0755);
	slot_write(fs, EFS_ROOT_INO, di);
	KUNIT_EXPECT_EQ(test, load(fs, EFS_ROOT_INO, false), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_INO_ROOT));
	efs_test_end_dirty(fs);
}

static const struct efs_test_mkfs shapes[] = {
	{ .block_size = 1024, .blocks = 20000, .files = 2 },
	{ .block_size = 1024, .blocks = 20000, .files = 2, .rev0 = true },
	{ .block_size = 2048, .blocks = 9000, .files = 2, .inode_size = 2048 },
	{ .block_size = 4096, .blocks = 9000, .files = 2, .inode_size = 128 },
	{ .block_size = 65536, .blocks = 3000, .files = 2, .bpg = 2048 },
};

/* every attribute survives a remount, as far as the slot has room for it */
static void store(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		struct efs_test_fs *fs = efs_test_begin(test, &shapes[i]);
		bool wide = fs->sb.geo.inode_size > 128;
		struct efs_test_inode *ti = efs_test_file(fs, 1);
		struct efs_attr want = {
			.mode = EFS_S_IFREG | 04751, .uid = 0x12345, .gid = 0x54321, .nlink = 1,
			.size = 12345, .atime = { 1, 2 }, .mtime = { 0x200000003ll, 4 },
			.ctime = { -5, 6 },
		};

		ti->attr = want;
		ti->core.flags = EFS_FL_NODUMP;
		ti->core.generation = 0xfedcba98;
		efs_i_mark_dirty(&ti->core);
		KUNIT_EXPECT_EQ(test, efs_test_iput(ti), 0);
		efs_test_remount(fs);
		ti = efs_test_file(fs, 1);
		KUNIT_EXPECT_EQ(test, ti->attr.mode, want.mode);
		KUNIT_EXPECT_EQ(test, ti->attr.uid, want.uid);
		KUNIT_EXPECT_EQ(test, ti->attr.gid, want.gid);
		KUNIT_EXPECT_EQ(test, ti->attr.size, want.size);
		KUNIT_EXPECT_EQ(test, ti->attr.atime.sec, 1);
		KUNIT_EXPECT_EQ(test, ti->attr.atime.nsec, wide ? 2 : 0);
		KUNIT_EXPECT_EQ(test, ti->attr.mtime.sec, wide ? 0x200000003ll : 0x7fffffff);
		KUNIT_EXPECT_EQ(test, ti->attr.ctime.sec, -5);
		KUNIT_EXPECT_EQ(test, ti->core.flags, EFS_FL_NODUMP);
		KUNIT_EXPECT_EQ(test, ti->core.generation, 0xfedcba98);
		efs_test_iput(ti);
		efs_test_end(fs);
		efs_test_exit(test);
	}
}

/* an inode as in-tree ext2 leaves it: no extra size, stale words behind */
static void expand(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	struct efs_dinode *di = new_slot(test);
	u32 ino = efs_test_file_ino(0);
	struct efs_test_inode *ti;

	slot_read(fs, ino, di);
	di->i_extra_isize = 0;
	di->i_mtime = cpu_to_le32(1000);
	di->i_mtime_extra = cpu_to_le32(0xffffffff);
	slot_write(fs, ino, di);
	ti = efs_test_file(fs, 0);
	KUNIT_EXPECT_EQ(test, ti->attr.mtime.sec, 1000);
	KUNIT_EXPECT_EQ(test, ti->core.extra_isize, 0);
	ti->attr.atime.sec = 0x100000000ll;
	KUNIT_EXPECT_EQ(test, efs_inode_store(&ti->core, NULL, false), 0);
	KUNIT_EXPECT_EQ(test, ti->core.extra_isize, EFS_EXTRA_ISIZE);
	efs_test_iput(ti);
	slot_read(fs, ino, di);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_extra_isize), EFS_EXTRA_ISIZE);
	KUNIT_EXPECT_EQ(test, di->i_mtime_extra, 0);
	ti = efs_test_file(fs, 0);
	KUNIT_EXPECT_EQ(test, ti->attr.atime.sec, 0x100000000ll);
	KUNIT_EXPECT_EQ(test, ti->attr.mtime.sec, 1000);
	efs_test_iput(ti);

	/* with attributes in the tail it stays as it is */
	slot_read(fs, ino, di);
	memset((u8 *)di + 128, 0, 128);
	*(__le32 *)((u8 *)di + 128) = cpu_to_le32(EFS_XATTR_MAGIC);
	memset((u8 *)di + 132, 0x5c, 100);
	slot_write(fs, ino, di);
	ti = efs_test_file(fs, 0);
	ti->attr.atime.sec = 0x100000000ll;
	KUNIT_EXPECT_EQ(test, efs_inode_store(&ti->core, NULL, false), 0);
	efs_test_iput(ti);
	slot_read(fs, ino, di);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(di->i_atime), 0x7fffffff);
	KUNIT_EXPECT_EQ(test, *(__le32 *)((u8 *)di + 128), cpu_to_le32(EFS_XATTR_MAGIC));
	KUNIT_EXPECT_EQ(test, ((u8 *)di)[132 + 99], 0x5c);
	efs_test_end_dirty(fs);
}

static void store_faults(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	struct efs_dinode *di = new_slot(test);

	efs_test_flush(fs->dev);
	fs->dev->fail[EFS_TEST_READ] = 1;
	KUNIT_EXPECT_EQ(test, efs_inode_store(&ti->core, NULL, false), -EIO);
	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_inode_store(&ti->core, NULL, true), -EIO);
	ti->core.port.sync = true;
	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_inode_store(&ti->core, &ti->core, false), -EIO);
	/* LARGE_FILE cannot be announced: the size stays off the disk */
	ti->attr.size = 0x80000000ull;
	fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_inode_store(&ti->core, NULL, false), -EIO);
	slot_read(fs, ti->core.ino, di);
	KUNIT_EXPECT_EQ(test, di->i_size, 0);
	KUNIT_EXPECT_EQ(test, efs_inode_store(&ti->core, NULL, true), 0);
	slot_read(fs, ti->core.ino, di);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(di->i_size), 0x80000000);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* ---- eviction ---- */

static struct efs_test_inode *root_of(struct efs_test_fs *fs)
{
	struct efs_test_inode *root;

	KUNIT_ASSERT_EQ(fs->test, efs_test_iget(fs, EFS_ROOT_INO, &root), 0);
	return root;
}

/* everything comes back: blocks, number, and a slot that says so */
static void evict(struct kunit *test)
{
	static const char target[] =
		"a target that is too long for the inode and therefore needs a block of its own";
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	struct efs_test_inode *root = root_of(fs), *ti;
	struct efs_dinode *di = new_slot(test);
	u32 before, after, ino, i;

	efs_test_counts(fs, &before);
	for (i = 0; i < 6; i++) {
		const char *name = "x";

		switch (i) {
		case 0:
			KUNIT_ASSERT_EQ(test, efs_test_create(root, name, EFS_S_IFREG, &ti), 0);
			break;
		case 1:	/* single, double and triple indirect */
			KUNIT_ASSERT_EQ(test, efs_test_create(root, name, EFS_S_IFREG, &ti), 0);
			KUNIT_EXPECT_EQ(test, efs_test_write(ti, 0, "a", 1), 0);
			KUNIT_EXPECT_EQ(test, efs_test_write(ti, 200 << 10, "a", 1), 0);
			KUNIT_EXPECT_EQ(test, efs_test_write(ti, 20 << 20, "a", 1), 0);
			KUNIT_EXPECT_EQ(test, efs_test_write(ti, 1 << 30, "a", 1), 0);
			break;
		case 2:
			KUNIT_ASSERT_EQ(test, efs_test_symlink(root, name, "fast", &ti), 0);
			break;
		case 3:
			KUNIT_ASSERT_EQ(test, efs_test_symlink(root, name, target, &ti), 0);
			break;
		case 4:
			KUNIT_ASSERT_EQ(test, efs_test_create(root, name, EFS_S_IFCHR, &ti), 0);
			efs_dev_encode(ti->core.block, 8, 1);
			break;
		default:
			KUNIT_ASSERT_EQ(test, efs_test_mkdir(root, name, &ti), 0);
		}
		ino = ti->core.ino;
		KUNIT_EXPECT_EQ(test, efs_test_iput(ti), 0);
		if (i == 5)
			KUNIT_EXPECT_EQ(test, efs_test_rmdir(root, name), 0);
		else
			KUNIT_EXPECT_EQ(test, efs_test_unlink(root, name), 0);
		efs_test_counts(fs, &after);
		KUNIT_EXPECT_EQ_MSG(test, after, before, "round %u", i);
		KUNIT_EXPECT_FALSE(test, ino_used(fs, ino));
		slot_read(fs, ino, di);
		KUNIT_EXPECT_EQ(test, di->i_links_count, 0);
		KUNIT_EXPECT_EQ(test, di->i_size, 0);
		KUNIT_EXPECT_EQ(test, di->i_blocks, 0);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(di->i_dtime), (u32)fs->dev->now);
	}
	efs_test_iput(root);
	efs_test_end(fs);
}

/* the slot, with its deletion time and without its map, before any bit is cleared */
static void evict_order(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	struct efs_test_inode *root = root_of(fs), *ti;
	u32 slot, inode_bitmap, block_bitmap, g;

	KUNIT_ASSERT_EQ(test, efs_test_create(root, "x", EFS_S_IFREG, &ti), 0);
	KUNIT_EXPECT_EQ(test, efs_test_write(ti, 0, "a", 1), 0);
	slot = (u32)(slot_at(fs, ti->core.ino) >> 10);
	g = (ti->core.ino - 1) / fs->sb.geo.inodes_per_group;
	inode_bitmap = fs->sb.groups[g].inode_bitmap;
	block_bitmap = fs->sb.groups[efs_group_of(&fs->sb, le32_to_cpu(ti->core.block[0]))]
			       .block_bitmap;
	KUNIT_EXPECT_EQ(test, efs_namei_unlink(&root->core, "x", 1, &ti->core), 0);
	efs_test_sync(fs);
	ti->core.port.sync = true;
	efs_test_log_start(fs->dev, false);
	KUNIT_EXPECT_EQ(test, efs_test_iput(ti), 0);
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, slot, inode_bitmap));
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, slot, block_bitmap));
	efs_test_log_stop(fs->dev);
	efs_test_iput(root);
	efs_test_end(fs);
}

/* a clock before the epoch, or a stopped one, makes no orphan links */
static void evict_clock(struct kunit *test)
{
	static const s64 clocks[] = { -1, 0, 5, 0x100000000ll, 0x100000005ll };
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	struct efs_test_inode *root = root_of(fs), *ti;
	struct efs_dinode *di = new_slot(test);
	u32 i, ino;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		KUNIT_ASSERT_EQ(test, efs_test_create(root, "x", EFS_S_IFREG, &ti), 0);
		ino = ti->core.ino;
		efs_test_iput(ti);
		fs->dev->now = clocks[i];
		KUNIT_EXPECT_EQ(test, efs_test_unlink(root, "x"), 0);
		slot_read(fs, ino, di);
		KUNIT_EXPECT_GE(test, le32_to_cpu(di->i_dtime), fs->sb.geo.inodes_count);
	}
	efs_test_iput(root);
	efs_test_end_dirty(fs);
}

/* give file @n an attribute block that @users inodes share */
static u32 share_attr_block(struct efs_test_fs *fs, u32 n, u32 blk, u32 users)
{
	struct efs_test_inode *ti = efs_test_file(fs, n);
	struct efs_dxattr_header *h;
	struct efs_buf *b;
	u32 len = 1;

	if (!blk)
		KUNIT_ASSERT_EQ(fs->test, efs_balloc(&ti->core, 0, 1, false, &blk, &len), 0);
	KUNIT_ASSERT_EQ(fs->test, efs_buf_new(&fs->sb, blk, &b), 0);
	h = efs_buf_data(b);
	h->h_magic = cpu_to_le32(EFS_XATTR_MAGIC);
	h->h_refcount = cpu_to_le32(users);
	h->h_blocks = cpu_to_le32(1);
	efs_buf_dirty(&fs->sb, NULL, b);
	efs_buf_put(b);
	ti->core.file_acl = blk;
	efs_i_sectors_add(&ti->core, 2);
	efs_i_mark_dirty(&ti->core);
	KUNIT_EXPECT_EQ(fs->test, efs_test_iput(ti), 0);
	/* e2fsck clears attribute blocks on volumes that do not announce them */
	fs->sb.ds->s_feature_compat |= cpu_to_le32(EFS_COMPAT_EXT_ATTR);
	efs_buf_dirty(&fs->sb, NULL, fs->sb.sbuf);
	return blk;
}

static int drop_file(struct efs_test_fs *fs, u32 n)
{
	char name[] = { 'f', (char)('0' + n), 0 };
	struct efs_test_inode *root = root_of(fs);
	int err = efs_test_unlink(root, name);

	efs_test_iput(root);
	return err;
}

static void evict_attr_block(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	struct efs_dxattr_header h;
	u32 blk = share_attr_block(fs, 0, 0, 1);

	share_attr_block(fs, 1, blk, 2);
	KUNIT_EXPECT_EQ(test, efs_sync_super(&fs->sb, true), 0);
	efs_test_flush(fs->dev);
	KUNIT_EXPECT_EQ(test, efs_test_fsck(fs->dev), 0);
	KUNIT_EXPECT_EQ(test, drop_file(fs, 0), 0);
	KUNIT_EXPECT_TRUE(test, efs_test_block_used(fs, blk));
	efs_test_flush(fs->dev);
	efs_test_dev_read(fs->dev, (u64)blk << 10, &h, sizeof(h));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(h.h_refcount), 1);
	KUNIT_EXPECT_EQ(test, drop_file(fs, 1), 0);
	KUNIT_EXPECT_FALSE(test, efs_test_block_used(fs, blk));
	efs_test_end(fs);
}

/* i_blocks of a hostile inode may leave the attribute block out: it ends at zero */
static void evict_uncounted_attr_block(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	u32 blk = share_attr_block(fs, 0, 0, 1);
	struct efs_test_inode *ti = efs_test_file(fs, 0);

	ti->attr.sectors = 1;
	efs_i_mark_dirty(&ti->core);
	KUNIT_EXPECT_EQ(test, efs_test_iput(ti), 0);
	KUNIT_EXPECT_EQ(test, drop_file(fs, 0), 0);
	KUNIT_EXPECT_FALSE(test, efs_test_block_used(fs, blk));
	efs_test_end(fs);
}

/* a bad attribute block is reported and left alone; the rest of the inode goes */
static void evict_bad_attr_block(struct kunit *test)
{
	static const struct {
		u32 off, val;
	} bad[] = { { 0, 0xEA010000 }, { 4, 0 }, { 8, 2 } };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct efs_test_fs *fs = efs_test_begin(test, &small);
		u32 blk = share_attr_block(fs, 0, 0, 1);
		__le32 val = cpu_to_le32(bad[i].val);

		efs_test_flush(fs->dev);
		efs_test_dev_write(fs->dev, ((u64)blk << 10) + bad[i].off, &val, sizeof(val));
		KUNIT_EXPECT_EQ(test, drop_file(fs, 0), -EFSCORRUPTED);
		KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_INO_FILE_ACL));
		KUNIT_EXPECT_TRUE(test, efs_test_block_used(fs, blk));
		KUNIT_EXPECT_FALSE(test, ino_used(fs, efs_test_file_ino(0)));
		efs_test_end_dirty(fs);
		efs_test_exit(test);
	}
}

/* whatever fails: the number is not given away while the slot may still map blocks */
static void evict_faults(struct kunit *test)
{
	u32 fault, n, failed = 0;

	for (fault = EFS_TEST_READ; fault <= EFS_TEST_WRITE; fault++) {
		for (n = 1; n < 60; n++) {
			struct efs_test_fs *fs = efs_test_begin(test, &small);
			struct efs_dinode *di = new_slot(test);
			u32 ino = efs_test_file_ino(0), i;
			struct efs_test_inode *ti;
			bool hit;

			share_attr_block(fs, 0, 0, 1);
			ti = efs_test_file(fs, 0);
			for (i = 0; i < 40; i++)
				KUNIT_ASSERT_EQ(test, efs_test_write(ti, i << 11, "a", 1), 0);
			efs_test_sync(fs);
			ti->core.port.sync = true;
			ti->attr.nlink = 0;
			fs->dev->fail[fault] = n;
			efs_test_iput(ti);
			hit = !fs->dev->fail[fault];
			failed += hit;
			fs->dev->fail[fault] = 0;
			efs_test_reports_clear(fs->dev);
			if (!ino_used(fs, ino)) {
				slot_read(fs, ino, di);
				KUNIT_EXPECT_EQ(test, di->i_links_count, 0);
				KUNIT_EXPECT_NE(test, di->i_dtime, 0);
				for (i = 0; i < EFS_NBLOCKS; i++)
					KUNIT_EXPECT_EQ(test, di->i_block[i], 0);
				KUNIT_EXPECT_EQ(test, di->i_file_acl, 0);
			}
			efs_test_end_dirty(fs);
			efs_test_exit(test);
			if (!hit)
				break;
		}
		KUNIT_EXPECT_LT(test, n, 60);
	}
	KUNIT_EXPECT_GT(test, failed, 6);
}

static void evict_stopped(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 dirtied;

	fs->sb.errors = EFS_ERRORS_RO;
	efs_bad(&fs->sb, EFS_C_MAP_BLOCK, 12, 0, 0);
	efs_test_reports_clear(fs->dev);
	dirtied = fs->dev->dirtied;
	ti->attr.nlink = 0;
	KUNIT_EXPECT_EQ(test, efs_test_iput(ti), -EROFS);
	KUNIT_EXPECT_EQ(test, fs->dev->dirtied, dirtied);
	KUNIT_EXPECT_TRUE(test, ino_used(fs, efs_test_file_ino(0)));
	efs_test_end_dirty(fs);
}

static struct kunit_case life_cases[] = {
	KUNIT_CASE_PARAM(loads, load_rows_gen_params),
	KUNIT_CASE(load_range),
	KUNIT_CASE(store),
	KUNIT_CASE(expand),
	KUNIT_CASE(store_faults),
	KUNIT_CASE(evict),
	KUNIT_CASE(evict_order),
	KUNIT_CASE(evict_clock),
	KUNIT_CASE(evict_attr_block),
	KUNIT_CASE(evict_uncounted_attr_block),
	KUNIT_CASE(evict_bad_attr_block),
	KUNIT_CASE(evict_faults),
	KUNIT_CASE(evict_stopped),
	{}
};

static struct kunit_suite life_suite = {
	.name = "efsext2_inode_life",
	.exit = efs_test_exit,
	.test_cases = life_cases,
};

kunit_test_suite(life_suite);
