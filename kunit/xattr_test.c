// SPDX-License-Identifier: GPL-2.0
/*
 * Extended attributes of inodes: sizes at every boundary, a random walk against a model,
 * blocks that are shared and parted again, both places at once, order, full volumes.
 *
 * Tests: core/engine/xattr.c core/engine/inode.c core/engine/super.c
 *
 * Locks: none, one thread runs.
 */
#include "xattr_help.h"

static const struct efs_test_mkfs k1 = { .block_size = 1024, .blocks = 4000, .ipg = 256,
					 .inode_size = 256, .files = 6 };

static const struct volume {
	const char *name;
	struct efs_test_mkfs m;
} volumes[] = {
	{ "1k_128", { .block_size = 1024, .blocks = 4000, .ipg = 256, .inode_size = 128,
		      .files = 6 } },
	{ "1k_256", { .block_size = 1024, .blocks = 4000, .ipg = 256, .inode_size = 256,
		      .files = 6 } },
	{ "4k_1024", { .block_size = 4096, .blocks = 4000, .ipg = 256, .inode_size = 1024,
		       .files = 6 } },
};

EFS_TEST_ROWS(volumes);

static const struct efs_dxattr_header *head_of(struct efs_test_fs *fs, u32 blk, u8 *spare)
{
	return (const void *)efs_test_peek(fs->dev, blk, spare);
}

static u32 users_of(struct efs_test_fs *fs, u32 blk)
{
	u8 *spare = efs_test_zalloc(fs->dev->block_size);
	u32 n = le32_to_cpu(head_of(fs, blk, spare)->h_refcount);

	efs_test_mfree(spare);
	return n;
}

/* ---- sizes ---- */

/* one attribute, of all sizes: where it lies, and where it ends */
static void sizes(struct kunit *test)
{
	const struct volume *v = test->param_value;
	struct efs_test_fs *fs = efs_test_begin(test, &v->m);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	const u8 *data = some_bytes(test, 70000);
	/* a head, a name of one byte, the zero word */
	u32 in_block = v->m.block_size - 32 - 20 - 4, size, free, now;
	/* a magic number in place of the head */
	s32 in_tail = v->m.inode_size > 128 ? (s32)v->m.inode_size - 128 - 32 - 4 - 20 - 4 : -1;

	efs_test_counts(fs, &free);
	for (size = 0; size <= in_block; size += size < 100 || size + 40 > in_block ? 1 : 37) {
		u32 before = ti->core.file_acl;

		KUNIT_ASSERT_EQ_MSG(test, set(ti, "user.a", data + size, size), 0, "%u", size);
		expect(test, ti, "user.a", data + size, size);
		KUNIT_EXPECT_EQ_MSG(test, ti->core.file_acl != 0, (s32)size > in_tail, "%u", size);
		KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core),
				ti->core.file_acl ? v->m.block_size / 512 : 0);
		/* what has one user is written over */
		if (before)
			KUNIT_EXPECT_EQ(test, ti->core.file_acl, before);
	}
	KUNIT_EXPECT_EQ(test, set(ti, "user.a", data, in_block + 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, set(ti, "user.a", data, v->m.block_size), -ENOSPC);
	KUNIT_EXPECT_EQ(test, set(ti, "user.a", data, v->m.block_size + 1), -ERANGE);
	KUNIT_EXPECT_EQ(test, set(ti, "user.a", data, 65537), -E2BIG);
	expect(test, ti, "user.a", data + in_block, in_block);
	efs_test_iput(ti);
	efs_test_remount(fs);
	ti = efs_test_file(fs, 0);
	expect(test, ti, "user.a", data + in_block, in_block);
	KUNIT_EXPECT_EQ(test, drop(ti, "user.a"), 0);
	KUNIT_EXPECT_EQ(test, drop(ti, "user.a"), -ENODATA);
	KUNIT_EXPECT_EQ(test, ti->core.file_acl, 0);
	KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), 0);
	efs_test_iput(ti);
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, free);
	efs_test_end(fs);
}

/* names of all lengths, and of all kinds */
static void names(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &k1);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	static const char *const kinds[] = {
		"user.a", "trusted.a", "security.a", "system.posix_acl_access",
		"system.posix_acl_default", "user.\xff\x80", "gnu.translator", "system.data",
	};
	struct efs_ea_name n = { .index = EFS_EA_USER };
	char whole[300] = "user.";
	size_t done, i, want = 0;
	char list[1024];

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		KUNIT_EXPECT_EQ_MSG(test, set(ti, kinds[i], kinds[i], strlen(kinds[i])), 0, "%s",
				    kinds[i]);
		want += strlen(kinds[i]) + 1;
	}
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		expect(test, ti, kinds[i], kinds[i], strlen(kinds[i]));
	KUNIT_EXPECT_EQ(test, efs_ea_list(&ti->core, NULL, 0, &done), 0);
	KUNIT_EXPECT_EQ(test, done, want);
	KUNIT_EXPECT_EQ(test, efs_ea_list(&ti->core, list, done - 1, &done), -ERANGE);
	KUNIT_EXPECT_EQ(test, done, want);
	KUNIT_EXPECT_EQ(test, efs_ea_list(&ti->core, list, done, &done), 0);
	for (i = 0; i < done; i += strlen(list + i) + 1) {
		KUNIT_EXPECT_EQ(test, drop(ti, list + i), 0);
		expect(test, ti, list + i, NULL, 0);
	}
	KUNIT_EXPECT_EQ(test, i, want);
	KUNIT_EXPECT_EQ(test, efs_ea_list(&ti->core, NULL, 0, &done), 0);
	KUNIT_EXPECT_EQ(test, done, 0);

	for (i = 1; i <= 255; i++) {
		memset(whole + 5, 'n', i);
		whole[5 + i] = '\0';
		KUNIT_EXPECT_EQ_MSG(test, set(ti, whole, "v", 1), 0, "%zu", i);
		expect(test, ti, whole, "v", 1);
		KUNIT_EXPECT_EQ(test, drop(ti, whole), 0);
	}
	n.rest = whole;
	n.len = 256;
	KUNIT_EXPECT_EQ(test, efs_ea_set(&ti->core, &n, "v", 1, 0), -ERANGE);
	efs_test_iput(ti);
	efs_test_end(fs);
}

static void flags(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &k1);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	struct efs_ea_name n = name_of("user.f");
	struct efs_attr attr;
	char buf[8];
	size_t done;

	KUNIT_EXPECT_EQ(test, efs_ea_set(&ti->core, &n, "1", 1, EFS_XATTR_REPLACE), -ENODATA);
	fs->dev->now += 100;
	KUNIT_EXPECT_EQ(test, efs_ea_set(&ti->core, &n, "12", 2, EFS_XATTR_CREATE), 0);
	efs_i_attr_get(&ti->core, &attr);
	KUNIT_EXPECT_EQ(test, attr.ctime.sec, fs->dev->now);
	KUNIT_EXPECT_EQ(test, attr.mtime.sec, fs->dev->now - 100);
	KUNIT_EXPECT_EQ(test, efs_ea_set(&ti->core, &n, "34", 2, EFS_XATTR_CREATE), -EEXIST);
	KUNIT_EXPECT_EQ(test, get(ti, "user.f", buf, 1, &done), -ERANGE);
	KUNIT_EXPECT_EQ(test, done, 2);
	KUNIT_EXPECT_EQ(test, get(ti, "user.f", NULL, 0, &done), 0);
	KUNIT_EXPECT_EQ(test, done, 2);
	KUNIT_EXPECT_EQ(test, get(ti, "user.g", NULL, 0, &done), -ENODATA);
	KUNIT_EXPECT_EQ(test, efs_ea_set(&ti->core, &n, "345", 3, EFS_XATTR_REPLACE), 0);
	expect(test, ti, "user.f", "345", 3);
	efs_test_iput(ti);
	KUNIT_EXPECT_EQ(test, efs_mark_ro(&fs->sb), 0);
	ti = efs_test_file(fs, 0);
	KUNIT_EXPECT_EQ(test, set(ti, "user.f", "x", 1), -EROFS);
	expect(test, ti, "user.f", "345", 3);
	efs_test_iput(ti);
	KUNIT_EXPECT_EQ(test, efs_mark_rw(&fs->sb), 0);
	efs_test_end(fs);
}

/* the volume announces what it has; one of revision 0 becomes revision 1 */
static void announced(struct kunit *test)
{
	static const struct efs_test_mkfs old = { .block_size = 1024, .blocks = 2000, .rev0 = true,
						  .files = 1 };
	struct efs_test_fs *fs = efs_test_begin(test, &old);
	struct efs_test_inode *ti = efs_test_file(fs, 0);

	KUNIT_EXPECT_EQ(test, fs->sb.geo.compat & EFS_COMPAT_EXT_ATTR, 0);
	KUNIT_EXPECT_EQ(test, drop(ti, "user.a"), -ENODATA);
	KUNIT_EXPECT_EQ(test, fs->sb.geo.rev, EFS_REV_GOOD_OLD);
	KUNIT_EXPECT_EQ(test, set(ti, "user.a", "1", 1), 0);
	KUNIT_EXPECT_EQ(test, fs->sb.geo.rev, EFS_REV_DYNAMIC);
	KUNIT_EXPECT_EQ(test, set(ti, "user.a", "2", 1), 0);
	efs_test_iput(ti);
	efs_test_remount(fs);
	KUNIT_EXPECT_EQ(test, fs->sb.geo.compat & EFS_COMPAT_EXT_ATTR, EFS_COMPAT_EXT_ATTR);
	ti = efs_test_file(fs, 0);
	expect(test, ti, "user.a", "2", 1);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* ---- a random walk against a model ---- */

#define FILES	4
#define NAMES	8
#define ROOM	400

struct model {
	struct efs_test_fs *fs;
	struct efs_test_inode *ti[FILES];
	u32 seed;
	struct {
		bool there;
		u32 size;
		u8 value[ROOM];
	} a[FILES][NAMES];
};

static void model_name(u32 k, char *buf)
{
	static const char *const prefix[] = { "user.", "trusted.", "security." };

	snprintf(buf, 32, "%s%.*s", prefix[k % 3], 1 + k * 2, "a name that gets long");
}

static void model_open(struct model *m)
{
	u32 f;

	for (f = 0; f < FILES; f++)
		m->ti[f] = efs_test_file(m->fs, f);
}

static void model_close(struct model *m)
{
	u32 f;

	for (f = 0; f < FILES; f++)
		efs_test_iput(m->ti[f]);
}

static void model_compare(struct kunit *test, struct model *m)
{
	size_t want, done;
	u32 f, k;
	char name[32];

	for (f = 0; f < FILES; f++) {
		for (k = 0, want = 0; k < NAMES; k++) {
			model_name(k, name);
			expect(test, m->ti[f], name, m->a[f][k].there ? m->a[f][k].value : NULL,
			       m->a[f][k].size);
			want += m->a[f][k].there ? strlen(name) + 1 : 0;
		}
		KUNIT_EXPECT_EQ(test, efs_ea_list(&m->ti[f]->core, NULL, 0, &done), 0);
		KUNIT_EXPECT_EQ(test, done, want);
	}
}

/* 1: it was as full as it may be */
static u32 model_step(struct kunit *test, struct model *m)
{
	u32 f = efs_test_rand(&m->seed) % FILES, k = efs_test_rand(&m->seed) % NAMES;
	u32 size = efs_test_rand(&m->seed) % (efs_test_rand(&m->seed) % 4 ? 40 : ROOM);
	u8 value[ROOM];
	char name[32];
	int err;

	model_name(k, name);
	if (efs_test_rand(&m->seed) % 3 == 0) {
		err = drop(m->ti[f], name);
		KUNIT_EXPECT_EQ(test, err, m->a[f][k].there ? 0 : -ENODATA);
		m->a[f][k].there = false;
		return 0;
	}
	/* often what another one has, so that blocks are shared */
	if (efs_test_rand(&m->seed) % 2)
		memset(value, 'v', size);
	else
		random_bytes(value, size, &m->seed);
	err = set(m->ti[f], name, value, size);
	if (err == -ENOSPC)
		return 1;
	KUNIT_EXPECT_EQ(test, err, 0);
	m->a[f][k].there = true;
	m->a[f][k].size = size;
	memcpy(m->a[f][k].value, value, size);
	return 0;
}

static void random_sets(struct kunit *test)
{
	const struct volume *v = test->param_value;
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u32 i, full = 0;

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->fs = efs_test_begin(test, &v->m);
	m->seed = 9;
	model_open(m);
	for (i = 1; i <= 1200; i++) {
		full += model_step(test, m);
		if (i % 60)
			continue;
		model_compare(test, m);
		if (test->status != KUNIT_SUCCESS)
			break;
		if (i % 240)
			continue;
		model_close(m);
		efs_test_counts(m->fs, NULL);
		efs_test_remount(m->fs);
		model_open(m);
		model_compare(test, m);
	}
	if (v->m.block_size == 1024)
		KUNIT_EXPECT_GT(test, full, 5);
	model_close(m);
	efs_test_end(m->fs);
}

/* ---- sharing ---- */

static void sharing(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &k1);
	const u8 *data = some_bytes(test, 600);
	struct efs_test_inode *ti[4];
	u32 i, blk, free, now, seed = 5;
	char name[3] = "f0";
	__le32 users;

	efs_test_counts(fs, &free);
	for (i = 0; i < 4; i++)
		ti[i] = efs_test_file(fs, i);
	/* in any order: they are sorted */
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, set(ti[i], i % 2 ? "user.a" : "user.b", data, 200 + i % 2 *
					  100), 0);
		KUNIT_EXPECT_EQ(test, set(ti[i], i % 2 ? "user.b" : "user.a", data, 300 - i % 2 *
					  100), 0);
	}
	blk = ti[0]->core.file_acl;
	KUNIT_EXPECT_EQ(test, ti[1]->core.file_acl, blk);
	KUNIT_EXPECT_EQ(test, ti[2]->core.file_acl, blk);
	KUNIT_EXPECT_EQ(test, users_of(fs, blk), 3);
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, free - 1);

	/* one goes its own way, and comes back */
	KUNIT_EXPECT_EQ(test, set(ti[1], "user.b", data, 201), 0);
	KUNIT_EXPECT_NE(test, ti[1]->core.file_acl, blk);
	KUNIT_EXPECT_EQ(test, users_of(fs, blk), 2);
	expect(test, ti[0], "user.b", data, 200);
	KUNIT_EXPECT_EQ(test, set(ti[1], "user.b", data, 200), 0);
	KUNIT_EXPECT_EQ(test, ti[1]->core.file_acl, blk);
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, free - 1);

	/* after a mount, a block is known once it was read */
	for (i = 0; i < 4; i++)
		efs_test_iput(ti[i]);
	efs_test_remount(fs);
	for (i = 0; i < 4; i++)
		ti[i] = efs_test_file(fs, i);
	expect(test, ti[0], "user.a", data, 300);
	KUNIT_EXPECT_EQ(test, set(ti[3], "user.a", data, 300), 0);
	KUNIT_EXPECT_EQ(test, set(ti[3], "user.b", data, 200), 0);
	KUNIT_EXPECT_EQ(test, ti[3]->core.file_acl, blk);
	KUNIT_EXPECT_EQ(test, users_of(fs, blk), 4);
	/* the same again is no change */
	KUNIT_EXPECT_EQ(test, set(ti[3], "user.b", data, 200), 0);
	KUNIT_EXPECT_EQ(test, users_of(fs, blk), 4);

	/* 1024 users, and not one more */
	KUNIT_EXPECT_EQ(test, set(ti[3], "user.b", data, 1), 0);
	efs_test_sync(fs);
	users = cpu_to_le32(EFS_XATTR_REFCOUNT_MAX);
	efs_test_poke(fs->dev, ((u64)blk << 10) + 4, &users, 4);
	KUNIT_EXPECT_EQ(test, set(ti[3], "user.b", data, 200), 0);
	KUNIT_EXPECT_NE(test, ti[3]->core.file_acl, blk);
	KUNIT_EXPECT_EQ(test, users_of(fs, blk), EFS_XATTR_REFCOUNT_MAX);
	users = cpu_to_le32(3);
	efs_test_poke(fs->dev, ((u64)blk << 10) + 4, &users, 4);

	/* more blocks than the cache knows */
	for (i = 0; i < 1000; i++) {
		u8 value[100];

		random_bytes(value, sizeof(value), &seed);
		KUNIT_EXPECT_EQ(test, set(ti[3], "user.c", value, sizeof(value)), 0);
	}
	for (i = 0; i < 4; i++) {
		efs_test_iput(ti[i]);
		name[1] = (char)('0' + i);
		KUNIT_ASSERT_EQ(test, efs_test_iget(fs, EFS_ROOT_INO, &ti[i]), 0);
		KUNIT_EXPECT_EQ(test, efs_test_unlink(ti[i], name), 0);
		efs_test_iput(ti[i]);
	}
	KUNIT_EXPECT_FALSE(test, efs_test_block_used(fs, blk));
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, free);
	efs_test_end(fs);
}

/* what the cache says of a block that changed under the mount is not believed */
static void sharing_stale(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &k1);
	struct efs_test_inode *a = efs_test_file(fs, 0), *b = efs_test_file(fs, 1);
	const u8 *data = some_bytes(test, 300);
	u8 byte;
	u32 blk;

	KUNIT_EXPECT_EQ(test, set(a, "user.a", data, 300), 0);
	blk = a->core.file_acl;
	efs_test_sync(fs);
	byte = data[299] ^ 1;
	efs_test_poke(fs->dev, ((u64)blk << 10) + 1023, &byte, 1);
	KUNIT_EXPECT_EQ(test, set(b, "user.a", data, 300), 0);
	KUNIT_EXPECT_NE(test, b->core.file_acl, blk);
	byte = data[299];
	efs_test_poke(fs->dev, ((u64)blk << 10) + 1023, &byte, 1);
	efs_test_iput(a);
	efs_test_iput(b);
	efs_test_end(fs);
}

/* ---- both places ---- */

/* a name in the tail and in the block, as a power cut may leave it */
static void twice(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &k1);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	const u8 *data = some_bytes(test, 200);
	struct efs_buf *b;
	struct efs_ea ea;
	size_t done;
	char list[64];

	KUNIT_EXPECT_EQ(test, set(ti, "user.big", data, 200), 0);
	KUNIT_EXPECT_EQ(test, set(ti, "user.a", "tail", 4), 0);
	KUNIT_ASSERT_NE(test, ti->core.file_acl, 0);
	KUNIT_ASSERT_EQ(test, efs_buf_read(&fs->sb, ti->core.file_acl, &b), 0);
	efs_buf_lock(b);
	efs_ea_new_block(&fs->sb.geo, efs_buf_data(b), &ea);
	KUNIT_EXPECT_TRUE(test, efs_ea_put(&ea, EFS_EA_USER, "a", 1, "block", 5));
	KUNIT_EXPECT_TRUE(test, efs_ea_put(&ea, EFS_EA_USER, "c", 1, "block", 5));
	KUNIT_EXPECT_TRUE(test, efs_ea_put(&ea, EFS_EA_USER, "d", 1, data, 200));
	efs_ea_seal(&ea);
	efs_buf_unlock(b);
	efs_buf_dirty(&fs->sb, NULL, b);
	efs_buf_put(b);

	expect(test, ti, "user.a", "tail", 4);
	expect(test, ti, "user.c", "block", 5);
	KUNIT_EXPECT_EQ(test, efs_ea_list(&ti->core, list, sizeof(list), &done), 0);
	KUNIT_EXPECT_EQ(test, done, 21);
	/* whatever is done to it, it is there once or not at all then */
	KUNIT_EXPECT_EQ(test, drop(ti, "user.a"), 0);
	expect(test, ti, "user.a", NULL, 0);
	expect(test, ti, "user.c", "block", 5);
	/* room in the tail: it moves there, and the block loses it */
	KUNIT_EXPECT_EQ(test, set(ti, "user.c", "here", 4), 0);
	expect(test, ti, "user.c", "here", 4);
	/* and back */
	KUNIT_EXPECT_EQ(test, set(ti, "user.c", data, 90), 0);
	expect(test, ti, "user.c", data, 90);
	KUNIT_EXPECT_EQ(test, drop(ti, "user.d"), 0);
	KUNIT_EXPECT_EQ(test, drop(ti, "user.c"), 0);
	KUNIT_EXPECT_EQ(test, ti->core.file_acl, 0);
	KUNIT_EXPECT_EQ(test, efs_ea_list(&ti->core, NULL, 0, &done), 0);
	KUNIT_EXPECT_EQ(test, done, 0);
	efs_test_iput(ti);
	efs_test_end(fs);
}

/* stores leave the tail alone; a slot that in-tree ext2 wrote grows fields first */
static void tails(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &k1);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 off, blk, ino = efs_test_file_ino(0);
	u16 zero = 0;

	efs_test_iput(ti);
	efs_test_sync(fs);
	blk = fs->sb.groups[0].inode_table + (ino - 1) / 4;
	off = (ino - 1) % 4 * 256;
	efs_test_poke(fs->dev, ((u64)blk << 10) + off + 128, &zero, 2);
	ti = efs_test_file(fs, 0);
	KUNIT_EXPECT_EQ(test, ti->core.state, EFS_I_EXPAND);
	expect(test, ti, "user.a", NULL, 0);
	KUNIT_EXPECT_EQ(test, set(ti, "user.a", "1", 1), 0);
	KUNIT_EXPECT_EQ(test, ti->core.extra_isize, EFS_EXTRA_ISIZE);
	KUNIT_EXPECT_EQ(test, ti->core.file_acl, 0);
	efs_i_touch(&ti->core, EFS_MTIME);
	efs_i_mark_dirty(&ti->core);
	efs_test_iput(ti);
	efs_test_remount(fs);
	ti = efs_test_file(fs, 0);
	expect(test, ti, "user.a", "1", 1);
	KUNIT_EXPECT_EQ(test, ti->core.file_acl, 0);
	efs_test_iput(ti);

	/* a new inode shows nothing of the one before, and may have some before it has a name */
	KUNIT_ASSERT_EQ(test, efs_test_iget(fs, EFS_ROOT_INO, &ti), 0);
	KUNIT_EXPECT_EQ(test, efs_test_unlink(ti, "f0"), 0);
	{
		struct efs_test_inode *new;

		KUNIT_ASSERT_EQ(test, efs_test_inew(ti, EFS_S_IFREG | 0600, &new), 0);
		KUNIT_EXPECT_EQ(test, new->core.ino, ino);
		expect(test, new, "user.a", NULL, 0);
		KUNIT_EXPECT_EQ(test, set(new, "user.b", "2", 1), 0);
		KUNIT_EXPECT_EQ(test, efs_namei_create(&ti->core, "new", 3, &new->core), 0);
		efs_test_iput(new);
		efs_test_iput(ti);
		efs_test_remount(fs);
		KUNIT_ASSERT_EQ(test, efs_test_iget(fs, ino, &new), 0);
		expect(test, new, "user.b", "2", 1);
		expect(test, new, "user.a", NULL, 0);
		efs_test_iput(new);
	}
	efs_test_end(fs);
}

/* ---- order ---- */

static void order(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &k1);
	struct efs_test_inode *a = efs_test_file(fs, 0), *b = efs_test_file(fs, 1);
	const u8 *data = some_bytes(test, 300);
	u32 table = fs->sb.groups[0].inode_table + (efs_test_file_ino(0) - 1) / 4;
	u32 table_b = fs->sb.groups[0].inode_table + (efs_test_file_ino(1) - 1) / 4;
	u32 old, new, bitmap = fs->sb.groups[0].block_bitmap;

	/* a new block, then the inode */
	KUNIT_EXPECT_EQ(test, set(b, "user.z", data, 300), 0);
	efs_test_log_start(fs->dev, false);
	KUNIT_EXPECT_EQ(test, set(a, "user.a", data, 300), 0);
	old = a->core.file_acl;
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, old, table));
	/* one user more, then the inode */
	efs_test_log_start(fs->dev, false);
	KUNIT_EXPECT_EQ(test, set(b, "user.a", data, 300), 0);
	KUNIT_EXPECT_EQ(test, drop(b, "user.z"), 0);
	KUNIT_EXPECT_EQ(test, b->core.file_acl, old);
	efs_test_log_start(fs->dev, false);
	KUNIT_EXPECT_EQ(test, set(a, "user.a", data, 299), 0);
	new = a->core.file_acl;
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, new, table));
	/* the inode, then one user less */
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, table, old));
	/* the inode, then the block is free */
	efs_test_log_start(fs->dev, false);
	KUNIT_EXPECT_EQ(test, drop(b, "user.a"), 0);
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, table_b, bitmap));
	/* from the block to the tail: the inode first */
	KUNIT_EXPECT_EQ(test, set(a, "user.b", data, 200), 0);
	efs_test_log_start(fs->dev, false);
	KUNIT_EXPECT_EQ(test, set(a, "user.a", data, 20), 0);
	KUNIT_EXPECT_EQ(test, a->core.file_acl, new);
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, table, new));
	/* and from the tail to the block: the block first */
	efs_test_log_start(fs->dev, false);
	KUNIT_EXPECT_EQ(test, set(a, "user.a", data, 200), 0);
	KUNIT_EXPECT_EQ(test, a->core.file_acl, new);
	KUNIT_EXPECT_TRUE(test, efs_test_ordered(fs->dev, new, table));
	efs_test_log_stop(fs->dev);

	/* what an fsync wants */
	efs_test_sync(fs);
	KUNIT_EXPECT_EQ(test, set(a, "user.a", data, 201), 0);
	KUNIT_EXPECT_TRUE(test, efs_test_is_dirty(fs->dev, new));
	KUNIT_EXPECT_EQ(test, efs_ea_sync(&a->core), 0);
	KUNIT_EXPECT_FALSE(test, efs_test_is_dirty(fs->dev, new));
	KUNIT_EXPECT_EQ(test, efs_ea_sync(&b->core), 0);
	efs_test_iput(a);
	efs_test_iput(b);
	efs_test_end(fs);
}

/* ---- no space ---- */

static void full(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &k1);
	struct efs_test_inode *ti = efs_test_file(fs, 0), *other = efs_test_file(fs, 1);
	const u8 *data = some_bytes(test, 300);
	u32 free, now, blk;
	u64 off = 0;
	u8 byte = 1;

	KUNIT_EXPECT_EQ(test, set(ti, "user.a", data, 300), 0);
	blk = ti->core.file_acl;
	while (!efs_test_write(other, off, &byte, 1))
		off += 1024;
	efs_window_discard(&other->core);
	efs_test_counts(fs, &free);
	KUNIT_EXPECT_EQ(test, free, 0);
	/* in place, and in a block somebody has, there is room */
	KUNIT_EXPECT_EQ(test, set(ti, "user.b", data, 100), 0);
	KUNIT_EXPECT_EQ(test, drop(ti, "user.b"), 0);
	KUNIT_EXPECT_EQ(test, set(other, "user.a", data, 300), 0);
	KUNIT_EXPECT_EQ(test, other->core.file_acl, blk);
	KUNIT_EXPECT_EQ(test, set(other, "user.c", "tail", 4), 0);
	/* but not in a new one */
	KUNIT_EXPECT_EQ(test, set(other, "user.b", data, 100), -ENOSPC);
	KUNIT_EXPECT_EQ(test, set(other, "user.a", data, 299), -ENOSPC);
	KUNIT_EXPECT_EQ(test, set(other, "user.c", data, 100), -ENOSPC);
	KUNIT_EXPECT_EQ(test, users_of(fs, blk), 2);
	expect(test, other, "user.a", data, 300);
	expect(test, other, "user.c", "tail", 4);
	expect(test, other, "user.b", NULL, 0);
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, 0);
	KUNIT_EXPECT_EQ(test, efs_test_resize(other, off - 1024), 0);
	KUNIT_EXPECT_EQ(test, set(other, "user.b", data, 100), 0);
	KUNIT_EXPECT_EQ(test, users_of(fs, blk), 1);
	efs_test_iput(ti);
	efs_test_iput(other);
	efs_test_end(fs);
}

static struct kunit_case xattr_cases[] = {
	KUNIT_CASE_PARAM(sizes, volumes_gen_params),
	KUNIT_CASE(names),
	KUNIT_CASE(flags),
	KUNIT_CASE(announced),
	KUNIT_CASE_PARAM(random_sets, volumes_gen_params),
	KUNIT_CASE(sharing),
	KUNIT_CASE(sharing_stale),
	KUNIT_CASE(twice),
	KUNIT_CASE(tails),
	KUNIT_CASE(order),
	KUNIT_CASE(full),
	{}
};

static struct kunit_suite xattr_suite = {
	.name = "efsext2_xattr",
	.exit = efs_test_exit,
	.test_cases = xattr_cases,
};

kunit_test_suite(xattr_suite);
