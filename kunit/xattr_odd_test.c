// SPDX-License-Identifier: GPL-2.0
/*
 * Extended attributes as others may have left them, or as chance makes them: inodes with odd
 * tails, hashes of 0, prefixes without a name, counts of sectors that lie, flags in revision 0.
 *
 * Tests: core/engine/xattr.c core/engine/inode.c core/engine/super.c
 *
 * Locks: none, one thread runs.
 */
#include "xattr_help.h"

static const struct efs_test_mkfs k1 = { .block_size = 1024, .blocks = 4000, .ipg = 256,
					 .inode_size = 256, .files = 6 };

/* of the inode of file 0, on the device */
static u64 slot_at(struct efs_test_fs *fs)
{
	u32 size = fs->sb.geo.inode_size, off = (efs_test_file_ino(0) - 1) * size;

	return (u64)fs->sb.groups[0].inode_table * fs->dev->block_size + off;
}

/* a copy of a block */
static u8 *block(struct efs_test_fs *fs, u32 blk)
{
	u8 *mem = kunit_kzalloc(fs->test, fs->dev->block_size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(fs->test, mem);
	memmove(mem, efs_test_peek(fs->dev, blk, mem), fs->dev->block_size);
	return mem;
}

static u32 users_of(struct efs_test_fs *fs, u32 blk)
{
	return le32_to_cpu(((struct efs_dxattr_header *)block(fs, blk))->h_refcount);
}

static u32 hash_of(struct efs_test_fs *fs, u32 blk)
{
	return le32_to_cpu(((struct efs_dxattr_header *)block(fs, blk))->h_hash);
}

/* the hash that attribute @attr has in the block */
static u32 hash_in(struct efs_test_fs *fs, u32 blk, const char *attr)
{
	struct efs_ea_name n = name_of(attr);
	struct efs_ea ea;
	u32 pos, off;

	KUNIT_ASSERT_EQ(fs->test, efs_ea_open_block(&fs->sb.geo, block(fs, blk), &ea, &off),
			EFS_C_OK);
	pos = efs_ea_find(&ea, n.index, n.rest, n.len);
	KUNIT_ASSERT_NE(fs->test, pos, EFS_EA_NONE);
	return le32_to_cpu(efs_ea_at(&ea, pos)->e_hash);
}

/* ---- tails ---- */

#define TAIL 128

/* file 0 has @extra bytes of fields; behind them are attributes, "user.t", or zeros */
static const struct body_row {
	const char *name;
	u16 extra;
	bool attrs;
	bool read;	/* they are ours */
	bool in_tail;	/* what is set next has room there */
	u16 then;	/* bytes of fields after that */
} body_rows[] = {
	/* the magic number is where the size of the fields should be: it has none */
	{ "none", 0, true, false, false, 0 },
	{ "none_grows", 0, false, false, true, 32 },
	{ "least", 4, true, true, true, 4 },
	{ "least_grows", 4, false, false, true, 32 },
	{ "usual", 32, true, true, true, 32 },
	{ "one_entry", 96, false, false, true, 96 },
	{ "no_entry", 100, false, false, false, 100 },
	{ "end_alone", 120, false, false, false, 120 },
	{ "magic_alone", 124, false, false, false, 124 },
	{ "all", 128, false, false, false, 128 },
};

EFS_TEST_ROWS(body_rows);

static void bodies(struct kunit *test)
{
	const struct body_row *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &k1);
	u8 want[TAIL] = { (u8)r->extra }, have[TAIL];
	struct efs_test_inode *ti;
	struct efs_ea ea;
	size_t done;
	char list[32];

	if (r->attrs) {
		efs_ea_new_body(want + r->extra, TAIL - r->extra, &ea);
		KUNIT_ASSERT_TRUE(test, efs_ea_put(&ea, EFS_EA_USER, "t", 1, "tail", 4));
	}
	efs_test_poke(fs->dev, slot_at(fs) + EFS_INODE_SIZE_REV0, want, TAIL);
	ti = efs_test_file(fs, 0);
	expect(test, ti, "user.t", r->read ? "tail" : NULL, 4);
	KUNIT_EXPECT_EQ(test, efs_ea_list(&ti->core, list, sizeof(list), &done), 0);
	KUNIT_EXPECT_EQ(test, done, r->read ? sizeof("user.t") : 0);

	KUNIT_EXPECT_EQ(test, set(ti, "user.a", "one", 3), 0);
	KUNIT_EXPECT_EQ(test, ti->core.file_acl == 0, r->in_tail);
	KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), r->in_tail ? 0 : 2);
	efs_test_iput(ti);
	efs_test_remount(fs);
	efs_test_dev_read(fs->dev, slot_at(fs) + EFS_INODE_SIZE_REV0, have, TAIL);
	KUNIT_EXPECT_EQ(test, have[0], r->then);
	KUNIT_EXPECT_EQ(test, efs_test_fsck(fs->dev), 0);
	/* who has no place there leaves it alone */
	if (!r->in_tail)
		KUNIT_EXPECT_MEMEQ(test, have + r->extra, want + r->extra, TAIL - r->extra);

	ti = efs_test_file(fs, 0);
	expect(test, ti, "user.a", "one", 3);
	expect(test, ti, "user.t", r->read ? "tail" : NULL, 4);
	KUNIT_EXPECT_EQ(test, efs_ea_list(&ti->core, list, sizeof(list), &done), 0);
	KUNIT_EXPECT_EQ(test, done, (r->read ? 2 : 1) * sizeof("user.t"));
	KUNIT_EXPECT_EQ(test, drop(ti, "user.a"), 0);
	KUNIT_EXPECT_EQ(test, ti->core.file_acl, 0);
	expect(test, ti, "user.t", r->read ? "tail" : NULL, 4);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* ---- hashes of 0 ---- */

/* all attributes in the block */
static const struct efs_test_mkfs small = { .block_size = 1024, .blocks = 4000, .ipg = 256,
					    .inode_size = 128, .files = 6 };

static const struct zero_row {
	const char *name, *attr;
	u32 size;	/* of its value, which ends in the word that makes the hash 0 */
	const char *other;	/* beside it */
} zero_rows[] = {
	{ "alone", "user.a", 4 },
	/* the last byte of that word is padding */
	{ "padded", "user.a", 3 },
	{ "long", "user.a", 300 },
	{ "first", "user.a", 8, "user.bb" },
	{ "last", "user.cc", 8, "user.b" },
	{ "long_name", "user.more than thirty-two bits of it", 8, "user.b" },
	{ "high_bytes", "user.\xff\x80\xfe", 8, "user.b" },
	{ "no_name", "system.posix_acl_access", 8, "user.b" },
};

EFS_TEST_ROWS(zero_rows);

static u32 turn(u32 hash, u32 by)
{
	return hash << by | hash >> (32 - by);
}

static u32 value_word(const u8 *value, u32 size, u32 at)
{
	u32 word = 0, i;

	for (i = 0; i < 4 && at + i < size; i++)
		word |= (u32)value[at + i] << 8 * i;
	return word;
}

/* as the reference defines it, of words before @end */
static u32 entry_hash(const char *attr, const u8 *value, u32 size, u32 end)
{
	struct efs_ea_name n = name_of(attr);
	u32 hash = 0, i;

	for (i = 0; i < n.len; i++)
		hash = turn(hash, 5) ^ (u8)n.rest[i];
	for (i = 0; i < end; i += 4)
		hash = turn(hash, 16) ^ value_word(value, size, i);
	return hash;
}

static u8 *zero_value(struct kunit *test, const struct zero_row *r)
{
	u32 last = (r->size - 1) & ~3u, word, i, seed = 77;
	u8 *value = kunit_kzalloc(test, r->size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, value);
	random_bytes(value, r->size, &seed);
	word = turn(entry_hash(r->attr, value, r->size, last), 16);
	for (i = last; i < r->size; i++)
		value[i] = (u8)(word >> 8 * (i - last));
	KUNIT_ASSERT_EQ(test, entry_hash(r->attr, value, r->size, r->size), 0);
	return value;
}

static void set_zero(struct kunit *test, struct efs_test_inode *ti, const u8 *value)
{
	const struct zero_row *r = test->param_value;

	if (r->other)
		KUNIT_EXPECT_EQ(test, set(ti, r->other, "ordinary", 8), 0);
	KUNIT_EXPECT_EQ(test, set(ti, r->attr, value, r->size), 0);
}

/* 0 means that no hash was computed, in Linux: such a block is nobody else's */
static void zero_hash(struct kunit *test)
{
	const struct zero_row *r = test->param_value;
	u32 i, free, now, blk;
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	u8 *value = zero_value(test, r);
	struct efs_test_inode *ti[3];

	efs_test_counts(fs, &free);
	for (i = 0; i < 3; i++)
		ti[i] = efs_test_file(fs, i);
	set_zero(test, ti[0], value);
	set_zero(test, ti[1], value);
	blk = ti[0]->core.file_acl;
	KUNIT_EXPECT_NE(test, ti[1]->core.file_acl, blk);
	KUNIT_EXPECT_EQ(test, hash_of(fs, blk), 0);
	KUNIT_EXPECT_EQ(test, hash_of(fs, ti[1]->core.file_acl), 0);
	KUNIT_EXPECT_EQ(test, hash_in(fs, blk, r->attr), 0);
	if (r->other)
		KUNIT_EXPECT_NE(test, hash_in(fs, blk, r->other), 0);
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, free - 2);

	/* nor is one that was read */
	for (i = 0; i < 3; i++)
		efs_test_iput(ti[i]);
	efs_test_remount(fs);
	KUNIT_EXPECT_EQ(test, efs_test_fsck(fs->dev), 0);
	for (i = 0; i < 3; i++)
		ti[i] = efs_test_file(fs, i);
	expect(test, ti[0], r->attr, value, r->size);
	expect(test, ti[1], r->attr, value, r->size);
	set_zero(test, ti[2], value);
	expect(test, ti[2], r->attr, value, r->size);
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, free - 3);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, users_of(fs, ti[i]->core.file_acl), 1);

	/* with another bit it is shared, and parted again */
	value[0] ^= 1;
	for (i = 0; i < 3; i++)
		set_zero(test, ti[i], value);
	KUNIT_EXPECT_EQ(test, ti[0]->core.file_acl, blk);
	KUNIT_EXPECT_EQ(test, ti[1]->core.file_acl, blk);
	KUNIT_EXPECT_EQ(test, users_of(fs, blk), 3);
	KUNIT_EXPECT_NE(test, hash_of(fs, blk), 0);
	value[0] ^= 1;
	set_zero(test, ti[0], value);
	set_zero(test, ti[1], value);
	KUNIT_EXPECT_NE(test, ti[0]->core.file_acl, ti[1]->core.file_acl);
	KUNIT_EXPECT_EQ(test, ti[2]->core.file_acl, blk);
	KUNIT_EXPECT_EQ(test, users_of(fs, blk), 1);
	for (i = 0; i < 3; i++) {
		if (r->other)
			expect(test, ti[i], r->other, "ordinary", 8);
		value[0] ^= i == 2;
		expect(test, ti[i], r->attr, value, r->size);
		KUNIT_EXPECT_EQ(test, drop(ti[i], r->attr), 0);
		if (r->other)
			KUNIT_EXPECT_EQ(test, drop(ti[i], r->other), 0);
		KUNIT_EXPECT_EQ(test, ti[i]->core.file_acl, 0);
		efs_test_iput(ti[i]);
	}
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, free);
	efs_test_end(fs);
}

/* entries have hashes, and the head was left without */
static void no_head_hash(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &small);
	struct efs_test_inode *a = efs_test_file(fs, 0), *b;
	const u8 *data = some_bytes(test, 300);
	u32 blk, zero = 0;

	KUNIT_EXPECT_EQ(test, set(a, "user.a", data, 300), 0);
	blk = a->core.file_acl;
	KUNIT_EXPECT_NE(test, hash_of(fs, blk), 0);
	efs_test_iput(a);
	efs_test_sync(fs);
	efs_test_poke(fs->dev, ((u64)blk << 10) + 12, &zero, 4);
	efs_test_remount(fs);
	a = efs_test_file(fs, 0);
	b = efs_test_file(fs, 1);
	expect(test, a, "user.a", data, 300);
	KUNIT_EXPECT_EQ(test, set(b, "user.a", data, 300), 0);
	KUNIT_EXPECT_NE(test, b->core.file_acl, blk);
	KUNIT_EXPECT_EQ(test, users_of(fs, blk), 1);
	/* it has one when it was changed */
	KUNIT_EXPECT_EQ(test, set(a, "user.b", data, 30), 0);
	KUNIT_EXPECT_NE(test, hash_of(fs, blk), 0);
	KUNIT_EXPECT_EQ(test, set(b, "user.b", data, 30), 0);
	KUNIT_EXPECT_EQ(test, b->core.file_acl, blk);
	KUNIT_EXPECT_EQ(test, users_of(fs, blk), 2);
	efs_test_iput(a);
	efs_test_iput(b);
	efs_test_end(fs);
}

/* ---- prefixes without a name ---- */

static const struct efs_ea_name strangers[] = {
	{ .index = EFS_EA_LUSTRE, .rest = "a", .len = 1 },
	{ .index = 200, .rest = "a", .len = 1 },
};

static void expect_strangers(struct kunit *test, struct efs_test_inode *ti, const u8 *data,
			     const u32 *size)
{
	u8 buf[200];
	size_t done;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(strangers); i++) {
		KUNIT_EXPECT_EQ(test, efs_ea_get(&ti->core, &strangers[i], buf, sizeof(buf), &done),
				0);
		KUNIT_EXPECT_EQ(test, done, size[i]);
		KUNIT_EXPECT_MEMEQ(test, buf, data, size[i]);
	}
}

static void expect_list(struct kunit *test, struct efs_test_inode *ti, const char *want, size_t n)
{
	char list[64];
	size_t done;

	KUNIT_EXPECT_EQ(test, efs_ea_list(&ti->core, NULL, 0, &done), 0);
	KUNIT_EXPECT_EQ(test, done, n);
	KUNIT_EXPECT_EQ(test, efs_ea_list(&ti->core, list, n, &done), 0);
	KUNIT_EXPECT_EQ(test, done, n);
	KUNIT_EXPECT_MEMEQ(test, list, want, n);
}

static const struct stranger_row {
	const char *name;
	u32 size[2];	/* of their values: up to 20 bytes lie in the tail, 150 in the block */
} stranger_rows[] = {
	{ "tail", { 8, 8 } }, { "block", { 150, 150 } }, { "both", { 8, 150 } },
	{ "both_other", { 150, 8 } },
};

EFS_TEST_ROWS(stranger_rows);

/* nobody can ask for them by name; they are passed over, and stay what they are */
static void unnamed(struct kunit *test)
{
	const struct stranger_row *r = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &k1);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	const u8 *data = some_bytes(test, 200);
	static const char two[] = "user.a\0security.b";
	u32 i;

	for (i = 0; i < ARRAY_SIZE(strangers); i++)
		KUNIT_EXPECT_EQ(test, efs_ea_set(&ti->core, &strangers[i], data, r->size[i], 0), 0);
	KUNIT_EXPECT_EQ(test, ti->core.file_acl != 0, r->size[0] > 20 || r->size[1] > 20);
	expect_list(test, ti, two, 0);
	/* names before and behind them, in either place */
	KUNIT_EXPECT_EQ(test, set(ti, "user.a", "1", 1), 0);
	KUNIT_EXPECT_EQ(test, set(ti, "security.b", data, 151), 0);
	expect_list(test, ti, two, sizeof(two));
	efs_test_iput(ti);
	efs_test_remount(fs);
	KUNIT_EXPECT_EQ(test, efs_test_fsck(fs->dev), 0);
	ti = efs_test_file(fs, 0);
	expect_list(test, ti, two, sizeof(two));
	expect_strangers(test, ti, data, r->size);
	KUNIT_EXPECT_EQ(test, set(ti, "user.a", "23", 2), 0);
	KUNIT_EXPECT_EQ(test, set(ti, "security.b", data, 152), 0);
	expect_strangers(test, ti, data, r->size);
	KUNIT_EXPECT_EQ(test, drop(ti, "user.a"), 0);
	expect_list(test, ti, two + 7, sizeof(two) - 7);
	KUNIT_EXPECT_EQ(test, drop(ti, "security.b"), 0);
	expect_list(test, ti, two, 0);
	expect_strangers(test, ti, data, r->size);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* ---- i_blocks ---- */

static const struct sectors_row {
	const char *name;
	u32 block_size, sectors;
	bool unlink;
} sectors_rows[] = {
	{ "none", 1024, 0 }, { "one", 1024, 1 }, { "most_of_4k", 4096, 7 },
	{ "unlink_none", 1024, 0, true }, { "unlink_one", 1024, 1, true },
};

EFS_TEST_ROWS(sectors_rows);

/* fewer than the attribute block alone takes: there is no less than none */
static void sectors(struct kunit *test)
{
	const struct sectors_row *r = test->param_value;
	struct efs_test_mkfs m = { .block_size = r->block_size, .blocks = 4000, .ipg = 256,
				   .inode_size = 128, .files = 6 };
	struct efs_test_fs *fs = efs_test_begin(test, &m);
	struct efs_test_inode *ti = efs_test_file(fs, 0), *root;
	__le32 word = cpu_to_le32(r->sectors);
	u64 at = slot_at(fs) + offsetof(struct efs_dinode, i_blocks);
	const u8 *data = some_bytes(test, 300);

	KUNIT_EXPECT_EQ(test, set(ti, "user.a", data, 300), 0);
	KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), r->block_size / 512);
	efs_test_iput(ti);
	efs_test_sync(fs);
	efs_test_poke(fs->dev, at, &word, 4);

	ti = efs_test_file(fs, 0);
	expect(test, ti, "user.a", data, 300);
	KUNIT_EXPECT_EQ(test, set(ti, "user.b", data, 30), 0);
	KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), r->sectors);
	if (r->unlink) {
		KUNIT_ASSERT_EQ(test, efs_test_iget(fs, EFS_ROOT_INO, &root), 0);
		KUNIT_EXPECT_EQ(test, efs_test_unlink(root, "f0"), 0);
		efs_test_iput(root);
		KUNIT_EXPECT_EQ(test, efs_test_iput(ti), 0);
		efs_test_sync(fs);
	} else {
		KUNIT_EXPECT_EQ(test, drop(ti, "user.b"), 0);
		KUNIT_EXPECT_EQ(test, drop(ti, "user.a"), 0);
		KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), 0);
		efs_test_iput(ti);
		efs_test_remount(fs);
		/* and it counts on from there */
		ti = efs_test_file(fs, 0);
		KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), 0);
		KUNIT_EXPECT_EQ(test, set(ti, "user.a", data, 300), 0);
		KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), r->block_size / 512);
		KUNIT_EXPECT_EQ(test, drop(ti, "user.a"), 0);
		efs_test_iput(ti);
		efs_test_sync(fs);
	}
	efs_test_dev_read(fs->dev, at, &word, 4);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(word), 0);
	efs_test_counts(fs, NULL);
	efs_test_end(fs);
}

/* ---- revision 0 ---- */

static u32 disk_super(struct efs_test_fs *fs, u32 off)
{
	__le32 word;

	efs_test_dev_read(fs->dev, EFS_SUPER_OFFSET + off, &word, 4);
	return le32_to_cpu(word);
}

/* it has no flags, and this one: what is there is read; the next one makes it revision 1 */
static void old_revision(struct kunit *test)
{
	static const struct efs_test_mkfs old = { .block_size = 1024, .blocks = 2000, .rev0 = true,
						  .files = 1 };
	struct efs_test_fs *fs = efs_test_begin(test, &old);
	const u32 rev = offsetof(struct efs_dsuper, s_rev_level);
	const __le32 zero = cpu_to_le32(EFS_REV_GOOD_OLD);
	struct efs_test_inode *ti = efs_test_file(fs, 0);

	KUNIT_EXPECT_EQ(test, set(ti, "user.a", "1", 1), 0);
	efs_test_iput(ti);
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	efs_test_dev_write(fs->dev, EFS_SUPER_OFFSET + rev, &zero, 4);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.geo.rev, EFS_REV_GOOD_OLD);
	KUNIT_EXPECT_EQ(test, fs->sb.geo.compat & EFS_COMPAT_EXT_ATTR, EFS_COMPAT_EXT_ATTR);
	ti = efs_test_file(fs, 0);
	expect(test, ti, "user.a", "1", 1);
	KUNIT_EXPECT_EQ(test, set(ti, "user.b", "2", 1), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.geo.rev, EFS_REV_DYNAMIC);
	/* at once: what needs it may be on the disk any time */
	KUNIT_EXPECT_EQ(test, disk_super(fs, rev), EFS_REV_DYNAMIC);
	KUNIT_EXPECT_EQ(test, disk_super(fs, offsetof(struct efs_dsuper, s_feature_compat)),
			EFS_COMPAT_EXT_ATTR);
	expect(test, ti, "user.a", "1", 1);
	efs_test_iput(ti);
	efs_test_end(fs);
}

static struct kunit_case xattr_odd_cases[] = {
	KUNIT_CASE_PARAM(bodies, body_rows_gen_params),
	KUNIT_CASE_PARAM(zero_hash, zero_rows_gen_params),
	KUNIT_CASE(no_head_hash),
	KUNIT_CASE_PARAM(unnamed, stranger_rows_gen_params),
	KUNIT_CASE_PARAM(sectors, sectors_rows_gen_params),
	KUNIT_CASE(old_revision),
	{}
};

static struct kunit_suite xattr_odd_suite = {
	.name = "efsext2_xattr_odd",
	.exit = efs_test_exit,
	.test_cases = xattr_odd_cases,
};

kunit_test_suite(xattr_odd_suite);
