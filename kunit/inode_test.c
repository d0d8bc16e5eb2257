// SPDX-License-Identifier: GPL-2.0
/*
 * The codec of inodes, against tables and garbage.
 *
 * Tests: core/format/inode.c
 */
#include "home.h"

#define SLOT 256u

/* what the codec needs of a geometry */
static void codec_geo(struct efs_geo *geo, u32 block_bits, u32 inode_size)
{
	memset(geo, 0, sizeof(*geo));
	geo->block_bits = block_bits;
	geo->block_size = 1u << block_bits;
	geo->inode_size = inode_size;
	geo->inode_bits = (u32)efs_ctz64(inode_size);
	geo->max_blocks = 16843020;
	geo->max_size = 17247252480ull;
}

static struct efs_dinode *new_slot(struct kunit *test)
{
	struct efs_dinode *di = kunit_kzalloc(test, SLOT, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, di);
	return di;
}

/* a plausible empty file */
static void plain_inode(struct efs_dinode *di, u16 extra)
{
	memset(di, 0, SLOT);
	di->i_mode = cpu_to_le16(EFS_S_IFREG | 0644);
	di->i_links_count = cpu_to_le16(1);
	di->i_extra_isize = cpu_to_le16(extra);
}

/* the encoding of times; 2446 and 1901 are as in Documentation/filesystems/ext4 */
static const struct time_row {
	const char *name;
	s64 sec;
	u32 nsec;
	u32 base, extra;
} time_rows[] = {
	{ "1901_first", -0x80000000ll, 0, 0x80000000, 0 },
	{ "1969_last", -1, 0, 0xffffffff, 0 },
	{ "1969_last_ns", -1, 999999999, 0xffffffff, 999999999u << 2 },
	{ "1970_first", 0, 0, 0, 0 },
	{ "1970_one_ns", 0, 1, 0, 4 },
	{ "2038_last_32", 0x7fffffff, 0, 0x7fffffff, 0 },
	{ "2038_first_34", 0x80000000ll, 0, 0x80000000, 1 },
	{ "2106_last", 0xffffffffll, 5, 0xffffffff, 5 << 2 | 1 },
	{ "2106_first", 0x100000000ll, 0, 0, 1 },
	{ "2174_last", 0x17fffffffll, 0, 0x7fffffff, 1 },
	{ "2174_first", 0x180000000ll, 0, 0x80000000, 2 },
	{ "2242_last", 0x1ffffffffll, 0, 0xffffffff, 2 },
	{ "2242_first", 0x200000000ll, 0, 0, 2 },
	{ "2310_last", 0x27fffffffll, 0, 0x7fffffff, 2 },
	{ "2310_first", 0x280000000ll, 0, 0x80000000, 3 },
	{ "2378_last", 0x2ffffffffll, 0, 0xffffffff, 3 },
	{ "2378_first", 0x300000000ll, 0, 0, 3 },
	{ "2446_last", 0x37fffffffll, 999999999, 0x7fffffff, 999999999u << 2 | 3 },
};

EFS_TEST_ROWS(time_rows);

static void times(struct kunit *test)
{
	const struct time_row *r = test->param_value;
	struct efs_dinode *di = new_slot(test);
	struct efs_time t = { r->sec, r->nsec };
	struct efs_attr attr;
	struct efs_iraw raw;
	struct efs_geo geo;

	codec_geo(&geo, 10, SLOT);
	plain_inode(di, EFS_EXTRA_ISIZE);
	KUNIT_ASSERT_EQ(test, efs_inode_decode(&geo, di, false, &attr, &raw), EFS_C_OK);
	attr.mtime = t;
	raw.btime = t;
	efs_inode_encode(&geo, di, false, false, &attr, &raw);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(di->i_mtime), r->base);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(di->i_mtime_extra), r->extra);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(di->i_crtime), r->base);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(di->i_crtime_extra), r->extra);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(di->i_atime_extra), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(di->i_ctime_extra), 0);
	KUNIT_ASSERT_EQ(test, efs_inode_decode(&geo, di, false, &attr, &raw), EFS_C_OK);
	KUNIT_EXPECT_EQ(test, attr.mtime.sec, r->sec);
	KUNIT_EXPECT_EQ(test, attr.mtime.nsec, r->nsec);
	KUNIT_EXPECT_EQ(test, raw.btime.sec, r->sec);
	KUNIT_EXPECT_EQ(test, raw.btime.nsec, r->nsec);

	/* 128 bytes hold seconds up to 2038 */
	codec_geo(&geo, 10, EFS_INODE_SIZE_REV0);
	raw.extra_isize = 0;
	efs_inode_encode(&geo, di, false, false, &attr, &raw);
	KUNIT_ASSERT_EQ(test, efs_inode_decode(&geo, di, false, &attr, &raw), EFS_C_OK);
	KUNIT_EXPECT_EQ(test, attr.mtime.sec, min_t(s64, r->sec, 0x7fffffff));
	KUNIT_EXPECT_EQ(test, attr.mtime.nsec, 0);
	KUNIT_EXPECT_EQ(test, raw.btime.sec, 0);
}

static void time_limits(struct kunit *test)
{
	struct efs_dinode *di = new_slot(test);
	struct efs_attr attr;
	struct efs_iraw raw;
	struct efs_geo geo;

	codec_geo(&geo, 10, SLOT);
	KUNIT_EXPECT_EQ(test, efs_time_max(&geo), 0x37fffffffll);
	plain_inode(di, EFS_EXTRA_ISIZE);
	KUNIT_ASSERT_EQ(test, efs_inode_decode(&geo, di, false, &attr, &raw), EFS_C_OK);
	attr.atime.sec = 0x380000000ll;
	attr.mtime.sec = EFS_TIME_MIN - 1;
	attr.ctime.nsec = 0xffffffff;
	efs_inode_encode(&geo, di, false, false, &attr, &raw);
	KUNIT_ASSERT_EQ(test, efs_inode_decode(&geo, di, false, &attr, &raw), EFS_C_OK);
	KUNIT_EXPECT_EQ(test, attr.atime.sec, 0x37fffffffll);
	KUNIT_EXPECT_EQ(test, attr.mtime.sec, EFS_TIME_MIN);
	KUNIT_EXPECT_EQ(test, attr.ctime.nsec, 999999999);
	/* a disk may hold more nanoseconds than a second has */
	di->i_ctime_extra = cpu_to_le32(0xffffffff);
	KUNIT_ASSERT_EQ(test, efs_inode_decode(&geo, di, false, &attr, &raw), EFS_C_OK);
	KUNIT_EXPECT_EQ(test, attr.ctime.nsec, 999999999);
	KUNIT_EXPECT_EQ(test, attr.ctime.sec, 3ll << 32);
	codec_geo(&geo, 10, EFS_INODE_SIZE_REV0);
	KUNIT_EXPECT_EQ(test, efs_time_max(&geo), 0x7fffffffll);
}

/* which fields count for each size of the tail */
static const struct extra_row {
	const char *name;
	u32 inode_size;
	u16 extra;
	bool ctime, mtime, atime, btime, expandable;
	enum efs_code code;
} extra_rows[] = {
	{ "128", 128, 32, false, false, false, false, false, EFS_C_OK },
	{ "0", 256, 0, false, false, false, false, true, EFS_C_OK },
	{ "4", 256, 4, false, false, false, false, true, EFS_C_OK },
	{ "8", 256, 8, true, false, false, false, true, EFS_C_OK },
	{ "12", 256, 12, true, true, false, false, true, EFS_C_OK },
	{ "16", 256, 16, true, true, true, false, true, EFS_C_OK },
	{ "20", 256, 20, true, true, true, false, true, EFS_C_OK },
	{ "24", 256, 24, true, true, true, true, false, EFS_C_OK },
	{ "28", 256, 28, true, true, true, true, false, EFS_C_OK },
	{ "32", 256, 32, true, true, true, true, false, EFS_C_OK },
	{ "128", 256, 128, true, true, true, true, false, EFS_C_OK },
	{ "132", 256, 132, false, false, false, false, false, EFS_C_INO_EXTRA_SIZE },
	{ "30", 256, 30, false, false, false, false, false, EFS_C_INO_EXTRA_SIZE },
	{ "65535", 256, 65535, false, false, false, false, false, EFS_C_INO_EXTRA_SIZE },
};

EFS_TEST_ROWS(extra_rows);

static void extra_sizes(struct kunit *test)
{
	const struct extra_row *r = test->param_value;
	struct efs_dinode *di = new_slot(test), *old = new_slot(test);
	struct efs_attr attr;
	struct efs_iraw raw;
	struct efs_geo geo;

	codec_geo(&geo, 10, r->inode_size);
	memset(di, 0xff, SLOT);
	plain_inode(di, r->extra);
	memset((u8 *)di + 130, 0xa5, SLOT - 130);
	memcpy(old, di, SLOT);
	KUNIT_EXPECT_EQ(test, efs_inode_decode(&geo, di, false, &attr, &raw), r->code);
	KUNIT_EXPECT_EQ(test, efs_inode_expandable(&geo, di), r->expandable);
	KUNIT_EXPECT_EQ(test, attr.ctime.nsec != 0, r->ctime);
	KUNIT_EXPECT_EQ(test, attr.mtime.nsec != 0, r->mtime);
	KUNIT_EXPECT_EQ(test, attr.atime.nsec != 0, r->atime);
	KUNIT_EXPECT_EQ(test, raw.btime.nsec != 0, r->btime);
	if (r->code)
		return;

	/* storing what was loaded changes nothing */
	efs_inode_encode(&geo, di, false, false, &attr, &raw);
	KUNIT_EXPECT_MEMEQ(test, di, old, SLOT);

	/* growing clears what was nobody's, and only that */
	if (!r->expandable)
		return;
	raw.extra_isize = EFS_EXTRA_ISIZE;
	attr.mtime.sec = 0x123456789ll;
	efs_inode_encode(&geo, di, false, false, &attr, &raw);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_extra_isize), EFS_EXTRA_ISIZE);
	memset(old, 0, SLOT);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)di + 160, old, SLOT - 160);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(di->i_version_hi), 0);
	KUNIT_ASSERT_EQ(test, efs_inode_decode(&geo, di, false, &attr, &raw), EFS_C_OK);
	KUNIT_EXPECT_EQ(test, attr.mtime.sec, 0x123456789ll);
	KUNIT_EXPECT_EQ(test, raw.btime.sec, 0);
}

/* attributes in the tail stop it from growing */
static void extra_xattr(struct kunit *test)
{
	struct efs_dinode *di = new_slot(test);
	struct efs_geo geo;
	u16 extra;

	codec_geo(&geo, 10, SLOT);
	for (extra = 0; extra < EFS_EXTRA_TIMES; extra += 4) {
		plain_inode(di, extra);
		KUNIT_EXPECT_TRUE(test, efs_inode_expandable(&geo, di));
		*(__le32 *)((u8 *)di + 128 + extra) = cpu_to_le32(EFS_XATTR_MAGIC);
		KUNIT_EXPECT_FALSE_MSG(test, efs_inode_expandable(&geo, di), "%u", extra);
	}
}

static const struct check_row {
	const char *name;
	u16 mode;
	u64 size;
	u32 sectors, flags;
	enum efs_code code;
} check_rows[] = {
	{ "file", EFS_S_IFREG, 0, 0, 0, EFS_C_OK },
	{ "file_largest", EFS_S_IFREG, 16843020ull << 10, 0, 0, EFS_C_OK },
	{ "file_larger", EFS_S_IFREG, (16843020ull << 10) + 1, 0, 0, EFS_C_INO_SIZE },
	{ "file_wild", EFS_S_IFREG, ~0ull, 0, 0, EFS_C_INO_SIZE },
	{ "dir", EFS_S_IFDIR, 1024, 2, 0, EFS_C_OK },
	{ "dir_empty", EFS_S_IFDIR, 0, 2, 0, EFS_C_DIR_SIZE },
	{ "dir_odd", EFS_S_IFDIR, 1000, 2, 0, EFS_C_DIR_SIZE },
	{ "dir_holes", EFS_S_IFDIR, 3072, 4, 0, EFS_C_INO_SIZE },
	{ "dir_4g", EFS_S_IFDIR, 0xfffffc00, 2, 0, EFS_C_INO_SIZE },
	{ "dir_index", EFS_S_IFDIR, 1024, 2, EFS_FL_INDEX, EFS_C_OK },
	{ "link", EFS_S_IFLNK, 1, 0, 0, EFS_C_OK },
	{ "link_longest", EFS_S_IFLNK, 1023, 2, 0, EFS_C_OK },
	{ "link_longer", EFS_S_IFLNK, 1024, 2, 0, EFS_C_INO_SIZE },
	{ "link_empty", EFS_S_IFLNK, 0, 0, 0, EFS_C_INO_SIZE },
	{ "char", EFS_S_IFCHR, 0, 0, 0, EFS_C_OK },
	{ "block", EFS_S_IFBLK, 0, 0, 0, EFS_C_OK },
	{ "fifo", EFS_S_IFIFO, 0, 0, 0, EFS_C_OK },
	{ "socket", EFS_S_IFSOCK, 0, 0, 0, EFS_C_OK },
	{ "no_type", 0, 0, 0, 0, EFS_C_INO_MODE },
	{ "type_3", 0030000, 0, 0, 0, EFS_C_INO_MODE },
	{ "type_15", 0170000, 0, 0, 0, EFS_C_INO_MODE },
	{ "extents", EFS_S_IFREG, 0, 0, EFS_FL_EXTENTS, EFS_C_INO_FLAGS },
	{ "inline_data", EFS_S_IFREG, 0, 0, EFS_FL_INLINE_DATA, EFS_C_INO_FLAGS },
	{ "ea_inode", EFS_S_IFREG, 0, 0, EFS_FL_EA_INODE, EFS_C_INO_FLAGS },
	{ "other_flags", EFS_S_IFREG, 0, 0, 0x0003ffff, EFS_C_OK },
};

EFS_TEST_ROWS(check_rows);

static void checks(struct kunit *test)
{
	const struct check_row *r = test->param_value;
	struct efs_dinode *di = new_slot(test);
	struct efs_attr attr;
	struct efs_iraw raw;
	struct efs_geo geo;

	codec_geo(&geo, 10, SLOT);
	plain_inode(di, EFS_EXTRA_ISIZE);
	di->i_mode = cpu_to_le16(r->mode | 0600);
	di->i_size = cpu_to_le32((u32)r->size);
	di->i_size_high = cpu_to_le32((u32)(r->size >> 32));
	di->i_blocks = cpu_to_le32(r->sectors);
	di->i_flags = cpu_to_le32(r->flags);
	KUNIT_EXPECT_EQ(test, efs_inode_decode(&geo, di, false, &attr, &raw), r->code);
	KUNIT_EXPECT_EQ(test, attr.size, r->size);
	/* deleted, it may look like anything */
	di->i_links_count = 0;
	KUNIT_EXPECT_EQ(test, efs_inode_decode(&geo, di, false, &attr, &raw), EFS_C_OK);
	di->i_extra_isize = cpu_to_le16(1);
	KUNIT_EXPECT_EQ(test, efs_inode_decode(&geo, di, false, &attr, &raw), EFS_C_OK);
	KUNIT_EXPECT_EQ(test, raw.extra_isize, 0);
}

static void ids(struct kunit *test)
{
	struct efs_dinode *di = new_slot(test);
	struct efs_attr attr;
	struct efs_iraw raw;
	struct efs_geo geo;

	codec_geo(&geo, 10, 128);
	plain_inode(di, 0);
	KUNIT_ASSERT_EQ(test, efs_inode_decode(&geo, di, false, &attr, &raw), EFS_C_OK);
	attr.uid = 0x12345678;
	attr.gid = 0xfffffffe;
	efs_inode_encode(&geo, di, false, false, &attr, &raw);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_uid), 0x5678);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_uid_high), 0x1234);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_gid), 0xfffe);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_gid_high), 0xffff);
	efs_inode_decode(&geo, di, false, &attr, &raw);
	KUNIT_EXPECT_EQ(test, attr.uid, 0x12345678);
	KUNIT_EXPECT_EQ(test, attr.gid, 0xfffffffe);
	efs_inode_decode(&geo, di, true, &attr, &raw);
	KUNIT_EXPECT_EQ(test, attr.uid, 0x5678);
	KUNIT_EXPECT_EQ(test, attr.gid, 0xfffe);

	/* with 16 bits, what does not fit becomes the overflow id; high halves are zeroed */
	attr.uid = 0x10000;
	attr.gid = 0xffff;
	efs_inode_encode(&geo, di, true, false, &attr, &raw);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_uid), 65534);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_gid), 0xffff);
	KUNIT_EXPECT_EQ(test, di->i_uid_high | di->i_gid_high, 0);
	attr.uid = 0xfffe;
	attr.gid = 0x20000;
	efs_inode_encode(&geo, di, true, false, &attr, &raw);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_uid), 0xfffe);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_gid), 65534);
	KUNIT_EXPECT_EQ(test, di->i_uid_high | di->i_gid_high, 0);

	/* a dead slot keeps no high halves */
	attr.uid = 0x12345678;
	attr.nlink = 0;
	raw.dtime = 1;
	efs_inode_encode(&geo, di, false, false, &attr, &raw);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_uid), 0x5678);
	KUNIT_EXPECT_EQ(test, di->i_uid_high | di->i_gid_high, 0);
}

/* where a size ends: i_size_high is something else in anything but a file */
static void size_high(struct kunit *test)
{
	struct efs_dinode *di = new_slot(test);
	struct efs_attr attr;
	struct efs_iraw raw;
	struct efs_geo geo;

	codec_geo(&geo, 10, 128);
	plain_inode(di, 0);
	di->i_size = cpu_to_le32(0x400);
	di->i_blocks = cpu_to_le32(2);
	di->i_size_high = cpu_to_le32(3);
	efs_inode_decode(&geo, di, false, &attr, &raw);
	KUNIT_EXPECT_EQ(test, attr.size, 0x300000400ull);
	attr.size = 0x200000400ull;
	efs_inode_encode(&geo, di, false, false, &attr, &raw);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(di->i_size_high), 2);

	di->i_mode = cpu_to_le16(EFS_S_IFDIR | 0755);
	di->i_size_high = cpu_to_le32(77);
	KUNIT_EXPECT_EQ(test, efs_inode_decode(&geo, di, false, &attr, &raw), EFS_C_OK);
	KUNIT_EXPECT_EQ(test, attr.size, 0x400);
	efs_inode_encode(&geo, di, false, false, &attr, &raw);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(di->i_size_high), 77);
	/* more sectors than there is room for */
	attr.sectors = 1ull << 32;
	efs_inode_encode(&geo, di, false, false, &attr, &raw);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(di->i_blocks), 0xffffffff);
}

/* whatever the bytes: what is accepted comes back as it was, unknown bytes included */
static void garbage(struct kunit *test)
{
	struct efs_dinode *di = new_slot(test), *old = new_slot(test);
	u32 seed = 7, i, n, good = 0;

	for (i = 0; i < 20000; i++) {
		struct efs_attr attr, attr2;
		struct efs_iraw raw, raw2;
		struct efs_geo geo;

		codec_geo(&geo, 10 + i % 7, i % 2 ? SLOT : 128);
		for (n = 0; n < SLOT; n++) {
			seed = seed * 1664525 + 1013904223;
			((u8 *)di)[n] = seed >> 24;
		}
		/* in a dead inode ids are cut */
		di->i_dtime = 0;
		if (i % 3) {
			di->i_mode = cpu_to_le16((i % 3 == 1 ? EFS_S_IFREG : EFS_S_IFCHR) | 0666);
			di->i_size_high &= cpu_to_le32(3);
			di->i_extra_isize &= cpu_to_le16(0x7c);
			di->i_flags &= cpu_to_le32(0x0003ffff);
			/* nanoseconds that exist */
			di->i_ctime_extra &= cpu_to_le32(0x7fffffff);
			di->i_mtime_extra &= cpu_to_le32(0x7fffffff);
			di->i_atime_extra &= cpu_to_le32(0x7fffffff);
			di->i_crtime_extra &= cpu_to_le32(0x7fffffff);
		}
		memcpy(old, di, SLOT);
		if (efs_inode_decode(&geo, di, false, &attr, &raw) || !attr.nlink)
			continue;
		efs_inode_encode(&geo, di, false, false, &attr, &raw);
		KUNIT_ASSERT_EQ(test, efs_inode_decode(&geo, di, false, &attr2, &raw2), EFS_C_OK);
		/* decoding clears the padding, too */
		KUNIT_ASSERT_MEMEQ(test, &attr, &attr2, sizeof(attr));
		KUNIT_ASSERT_MEMEQ(test, &raw, &raw2, sizeof(raw));
		if (!(i % 3))
			continue;
		good++;
		KUNIT_ASSERT_MEMEQ(test, di, old, SLOT);
	}
	KUNIT_EXPECT_GT(test, good, 5000);
}

static void fresh(struct kunit *test)
{
	struct efs_dinode *di = new_slot(test);
	struct efs_iraw raw = { .extra_isize = EFS_EXTRA_ISIZE, .generation = 9 };
	struct efs_attr attr = { .mode = EFS_S_IFREG | 0600, .nlink = 1, .uid = 5 };
	struct efs_geo geo;
	u32 i, set = 0;

	codec_geo(&geo, 10, SLOT);
	memset(di, 0xee, SLOT);
	efs_inode_encode(&geo, di, false, true, &attr, &raw);
	for (i = 0; i < SLOT; i++)
		set += ((u8 *)di)[i] != 0;
	/* mode has two bytes; uid, nlink, generation and extra size one each */
	KUNIT_EXPECT_EQ(test, set, 6);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(di->i_extra_isize), EFS_EXTRA_ISIZE);
}

static const struct dev_row {
	const char *name;
	u32 major, minor, old, new;
} dev_rows[] = {
	{ "null", 1, 3, 0x0103, 0 },
	{ "none", 0, 0, 0, 0 },
	{ "old_last", 255, 255, 0xffff, 0 },
	{ "minor_256", 8, 256, 0, 0x00100800 },
	{ "major_256", 256, 0, 0, 0x00010000 },
	{ "last", 4095, 0xfffff, 0, 0xffffffff },
	{ "mixed", 0xabc, 0x12345, 0, 0x123abc45 },
};

EFS_TEST_ROWS(dev_rows);

static void devices(struct kunit *test)
{
	const struct dev_row *r = test->param_value;
	__le32 block[EFS_NBLOCKS];
	u32 major, minor;

	memset(block, 0xff, sizeof(block));
	efs_dev_encode(block, r->major, r->minor);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(block[0]), r->old);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(block[1]), r->new);
	efs_dev_decode(block, &major, &minor);
	KUNIT_EXPECT_EQ(test, major, r->major);
	KUNIT_EXPECT_EQ(test, minor, r->minor);
}

static void types(struct kunit *test)
{
	u32 type;

	for (type = EFS_FT_REG; type < EFS_FT_MAX; type++) {
		KUNIT_EXPECT_EQ(test, efs_mode_ftype(efs_ftype_mode(type) | 07777), type);
		KUNIT_EXPECT_NE(test, efs_ftype_mode(type), 0);
	}
	KUNIT_EXPECT_EQ(test, efs_ftype_mode(EFS_FT_UNKNOWN), 0);
	KUNIT_EXPECT_EQ(test, efs_ftype_mode(EFS_FT_MAX), 0);
	KUNIT_EXPECT_EQ(test, efs_ftype_mode(255), 0);
	KUNIT_EXPECT_EQ(test, efs_mode_ftype(07777), EFS_FT_UNKNOWN);
	KUNIT_EXPECT_EQ(test, efs_mode_ftype(0170000), EFS_FT_UNKNOWN);
}

static struct kunit_case inode_cases[] = {
	KUNIT_CASE_PARAM(times, time_rows_gen_params),
	KUNIT_CASE(time_limits),
	KUNIT_CASE_PARAM(extra_sizes, extra_rows_gen_params),
	KUNIT_CASE(extra_xattr),
	KUNIT_CASE_PARAM(checks, check_rows_gen_params),
	KUNIT_CASE(ids),
	KUNIT_CASE(size_high),
	KUNIT_CASE(garbage),
	KUNIT_CASE(fresh),
	KUNIT_CASE_PARAM(devices, dev_rows_gen_params),
	KUNIT_CASE(types),
	{}
};

static struct kunit_suite inode_suite = {
	.name = "efsext2_inode",
	.test_cases = inode_cases,
};

kunit_test_suite(inode_suite);
