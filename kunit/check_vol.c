// SPDX-License-Identifier: GPL-2.0
/*
 * The volume that check_test.c damages.
 *
 * Made through the core, so that it is what the core writes; attributes are put there byte
 * by byte. Patches go straight to the device.
 *
 * Locks: none.
 */
#include "check_vol.h"

#define MANY_NAMES	16
#define MANY_LEN	200

/* bytes of an attribute "user.x" = "1234" (linux/fs/ext2/xattr.h), its hash left out */
static const u8 entry[] = { 1, 1, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 'x' };

static u32 entry_hash(void)
{
	/* of the name, then of the value as one word */
	return ((u32)'x' << 16) ^ 0x34333231;
}

static void must(struct check_vol *v, int err, const char *what)
{
	KUNIT_ASSERT_EQ_MSG(v->test, err, 0, "%s", what);
}

/* ---- bytes of the device ---- */

u32 check_vol_get(struct check_vol *v, u64 at, u32 size)
{
	u8 b[4] = { 0 };

	efs_test_dev_read(v->fs->dev, at, b, size);
	return b[0] | (u32)b[1] << 8 | (u32)b[2] << 16 | (u32)b[3] << 24;
}

void check_vol_set(struct check_vol *v, u64 at, u32 size, u32 val)
{
	const u8 b[4] = { (u8)val, (u8)(val >> 8), (u8)(val >> 16), (u8)(val >> 24) };

	efs_test_dev_write(v->fs->dev, at, b, size);
}

static u64 block_at(const struct check_vol *v, u32 blk)
{
	return (u64)blk << v->fs->dev->block_bits;
}

static u64 desc_at(const struct check_vol *v, u32 copy, u32 g)
{
	const struct efs_geo *geo = &v->fs->sb.geo;
	u32 sb = efs_group_first(geo, copy);

	return block_at(v, efs_gdt_block(geo, sb, g / geo->desc_per_block)) +
	       g % geo->desc_per_block * sizeof(struct efs_dgroup);
}

static u64 inode_at(struct check_vol *v, u32 f)
{
	const struct efs_geo *geo = &v->fs->sb.geo;
	u32 ino = f < ARRAY_SIZE(v->ino) ? v->ino[f] : f - RESERVED;
	u32 table = check_vol_get(v, desc_at(v, 0, (ino - 1) / geo->inodes_per_group) + 8, 4);

	return block_at(v, table) + (u64)((ino - 1) % geo->inodes_per_group) * geo->inode_size;
}

static u64 pointer_at(struct check_vol *v, u32 f, u32 n)
{
	return inode_at(v, f) + offsetof(struct efs_dinode, i_block) + 4 * n;
}

/* the @n-th entry behind the first @skip of a file's first block */
static u64 entry_at(struct check_vol *v, u32 f, u32 skip, u32 n)
{
	u64 at = block_at(v, check_vol_get(v, pointer_at(v, f, 0), 4));

	for (n += skip; n; n--)
		at += check_vol_get(v, at + 4, 2);
	return at;
}

static u64 name_at(struct check_vol *v, u32 name)
{
	/* the root has `.`, `..` and lost+found first */
	return name == NAME_Z ? entry_at(v, DIR_E, 2, 0) : entry_at(v, ROOT, 3, name);
}

u64 check_vol_at(struct check_vol *v, const struct patch4 *p)
{
	u64 at;

	switch (p->where) {
	case IN_SUPER:
		return EFS_SUPER_OFFSET + p->off;
	case IN_COPY:
		return block_at(v, efs_group_first(&v->fs->sb.geo, p->arg)) + p->off;
	case IN_GROUP:
		return desc_at(v, 0, p->arg) + p->off;
	case IN_GROUP_COPY:
		return desc_at(v, 1, p->arg) + p->off;
	case IN_BITMAP:
	case IN_INODES:
		at = desc_at(v, 0, p->arg) + 4 * (p->where == IN_INODES);
		break;
	case IN_INODE:
		return inode_at(v, p->arg) + p->off;
	case IN_ENTRY:
		return name_at(v, p->arg) + p->off;
	case IN_DATA:
		at = pointer_at(v, p->arg, 0);
		break;
	case IN_INDIRECT:
		at = pointer_at(v, p->arg, EFS_IND);
		break;
	default:
		at = inode_at(v, FILE_SMALL) + offsetof(struct efs_dinode, i_file_acl);
	}
	return block_at(v, check_vol_get(v, at, 4)) + p->off;
}

void check_vol_patch(struct check_vol *v, const struct patch4 *p)
{
	u32 i, n;

	switch (p->where) {
	case COPY_WORD:
		n = check_vol_get(v, pointer_at(v, p->arg, p->val), 4);
		check_vol_set(v, pointer_at(v, p->arg, p->off), 4, n);
		return;
	case SAME_INODE:
		n = check_vol_get(v, name_at(v, p->val), 4);
		check_vol_set(v, name_at(v, p->arg), 4, n);
		return;
	case SAME_NAME:
		for (i = 8; i < 12; i++) {
			n = check_vol_get(v, name_at(v, p->val) + i, 1);
			check_vol_set(v, name_at(v, p->arg) + i, 1, n);
		}
		return;
	}
	check_vol_set(v, check_vol_at(v, p), p->size, p->val);
}

void check_vol_flip(struct check_vol *v, u32 where, u32 g, u32 bit)
{
	const struct patch4 p = { where, g, bit / 8, 1, 0 };
	u64 at = check_vol_at(v, &p);

	check_vol_set(v, at, 1, check_vol_get(v, at, 1) ^ 1u << bit % 8);
}

/* ---- making it ---- */

static void attributes(struct check_vol *v, struct efs_test_inode *ti)
{
	const struct efs_dxattr_header h = {
		.h_magic = cpu_to_le32(EFS_XATTR_MAGIC), .h_refcount = cpu_to_le32(1),
		.h_blocks = cpu_to_le32(1),
	};
	u32 bs = v->fs->dev->block_size, start, len;
	u64 at;

	efs_map_wlock(&ti->core);
	must(v, efs_balloc(&ti->core, 0, 1, false, &start, &len), "balloc");
	efs_map_wunlock(&ti->core);
	ti->core.file_acl = start;
	ti->attr.sectors += bs / 512;
	efs_i_mark_dirty(&ti->core);
	at = block_at(v, start);
	efs_test_dev_write(v->fs->dev, at, &h, sizeof(h));
	efs_test_dev_write(v->fs->dev, at + sizeof(h), entry, sizeof(entry));
	check_vol_set(v, at + sizeof(h) + 2, 2, bs - 4);
	check_vol_set(v, at + sizeof(h) + 12, 4, entry_hash());
	check_vol_set(v, at + bs - 4, 4, 0x34333231);
	v->fs->sb.ds->s_feature_compat |= cpu_to_le32(EFS_COMPAT_EXT_ATTR);
}

/* the same in the inode, behind its times; offsets count from the first entry */
static void body_attributes(struct check_vol *v)
{
	u64 at = inode_at(v, FILE_SMALL) + EFS_INODE_SIZE_REV0 + EFS_EXTRA_ISIZE;

	if (v->fs->sb.geo.inode_size < 256)
		return;
	check_vol_set(v, at, 4, EFS_XATTR_MAGIC);
	efs_test_dev_write(v->fs->dev, at + 4, entry, sizeof(entry));
	check_vol_set(v, at + 4 + 2, 2, 60);
	check_vol_set(v, at + 4 + 12, 4, entry_hash());
	check_vol_set(v, at + 4 + 60, 4, 0x34333231);
}

static void many(struct check_vol *v, struct efs_test_inode *dir, struct efs_test_inode *ti)
{
	char name[MANY_LEN + 1];
	u32 i;

	for (i = 0; i < MANY_NAMES; i++) {
		memset(name, 'a' + i, MANY_LEN);
		name[MANY_LEN] = '\0';
		must(v, efs_test_link(dir, name, ti), "link");
	}
}

static void keep(struct check_vol *v, u32 f, struct efs_test_inode *ti)
{
	v->ino[f] = ti->core.ino;
	must(v, efs_test_iput(ti), "put");
}

static void populate(struct check_vol *v)
{
	static const char target[] =
		"/a/target/that/does/not/fit/into/an/inode/so/it/has/its/block";
	struct efs_test_inode *root, *dir, *ti, *big;
	struct efs_test_fs *fs = v->fs;
	u8 data[1024];
	u32 i;

	memset(data, 'x', sizeof(data));
	must(v, efs_test_iget(fs, EFS_ROOT_INO, &root), "root");
	must(v, efs_test_create(root, "big", EFS_S_IFREG | 0644, &big), "big");
	for (i = 0; i < 20; i++)
		must(v, efs_test_write(big, (u64)i * fs->dev->block_size, data, 10), "write");
	must(v, efs_test_write(big, 400ull * fs->dev->block_size, data, 10), "far");
	must(v, efs_test_create(root, "small", EFS_S_IFREG | 0644, &ti), "small");
	must(v, efs_test_write(ti, 0, data, 100), "write");
	attributes(v, ti);
	keep(v, FILE_SMALL, ti);
	must(v, efs_test_symlink(root, "fast", "target", &ti), "fast");
	keep(v, FAST, ti);
	must(v, efs_test_symlink(root, "slow", target, &ti), "slow");
	keep(v, SLOW, ti);
	must(v, efs_test_create(root, "fifo", EFS_S_IFIFO | 0600, &ti), "fifo");
	keep(v, FIFO, ti);
	must(v, efs_test_mkdir(root, "d", &dir), "d");
	must(v, efs_test_mkdir(dir, "e", &ti), "e");
	must(v, efs_test_create(ti, "z", EFS_S_IFREG | 0600, NULL), "z");
	keep(v, DIR_E, ti);
	keep(v, DIR_D, dir);
	must(v, efs_test_mkdir(root, "many", &dir), "many");
	many(v, dir, big);
	keep(v, DIR_MANY, dir);
	keep(v, FILE_BIG, big);
	must(v, efs_test_create(root, "dead", EFS_S_IFREG | 0600, &ti), "dead");
	must(v, efs_test_unlink(root, "dead"), "unlink");
	keep(v, DEAD, ti);
	keep(v, ROOT, root);
}

struct efs_test_inode *check_vol_mount(struct check_vol *v)
{
	struct efs_test_inode *root;

	KUNIT_ASSERT_EQ(v->test, efs_test_mount(v->fs, NULL), 0);
	KUNIT_ASSERT_EQ(v->test, efs_test_iget(v->fs, EFS_ROOT_INO, &root), 0);
	return root;
}

void check_vol_umount(struct check_vol *v, struct efs_test_inode *root)
{
	efs_test_iput(root);
	efs_test_umount(v->fs);
	efs_test_flush(v->fs->dev);
}

struct check_vol *check_vol_new(struct kunit *test, const struct efs_test_mkfs *m)
{
	static const struct efs_test_mkfs usual = {
		.block_size = 1024, .blocks = 4000, .bpg = 1024, .ipg = 64,
	};
	struct check_vol *v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, v);
	v->test = test;
	v->fs = efs_test_begin(test, m ? m : &usual);
	populate(v);
	efs_test_umount(v->fs);
	efs_test_flush(v->fs->dev);
	body_attributes(v);
	return v;
}

/* ---- checking it ---- */

static void told(void *ctx, const struct efs_problem *p)
{
	struct check_vol *v = ctx;

	KUNIT_EXPECT_LT(v->test, p->code, EFS_CHECK_MAX);
	KUNIT_EXPECT_NE(v->test, efs_check_text(p)[0], '\0');
	KUNIT_EXPECT_EQ(v->test, !p->name, !p->name_len && p->code != EFS_CHECK_ENTRY_NAME);
	v->count[p->code]++;
	v->last[p->code] = *p;
	v->last[p->code].name = NULL;
}

static int progress(void *ctx, u32 pass, u64 done, u64 total)
{
	struct check_vol *v = ctx;

	KUNIT_EXPECT_LE(v->test, done, total);
	KUNIT_EXPECT_LE(v->test, pass, 5);
	return v->stop && ++v->calls == v->stop;
}

void check_vol_try(struct check_vol *v)
{
	struct efs_check_args args = {
		.dev_bytes = v->fs->dev->bytes, .problem = told, .progress = progress, .ctx = v,
	};
	struct efs_dsuper *ds = efs_test_zalloc(sizeof(*ds));

	memset(v->count, 0, sizeof(v->count));
	memset(&v->sb, 0, sizeof(v->sb));
	v->sb.port.dev = v->fs->dev;
	v->calls = 0;
	efs_test_dev_read(v->fs->dev, EFS_SUPER_OFFSET, ds, sizeof(*ds));
	v->err = efs_check_run(&v->sb, ds, &args, &v->found);
	efs_test_mfree(ds);
}

void check_vol_run(struct check_vol *v)
{
	u64 wrong = 0, notes = 0;
	u32 writes = v->fs->dev->writes, dirtied = v->fs->dev->dirtied, i;

	check_vol_try(v);
	KUNIT_EXPECT_EQ(v->test, v->err, 0);
	for (i = 0; i < EFS_CHECK_MAX; i++) {
		struct efs_problem p = { .code = i };

		/* severity shows in the sums alone */
		KUNIT_EXPECT_NE(v->test, efs_check_text(&p)[0], '\0');
		wrong += v->count[i];
	}
	notes = v->found.notes;
	KUNIT_EXPECT_EQ(v->test, v->found.wrong + notes, wrong);
	KUNIT_EXPECT_EQ(v->test, v->fs->dev->writes, writes);
	KUNIT_EXPECT_EQ(v->test, v->fs->dev->dirtied, dirtied);
}

void check_vol_fails(struct check_vol *v, enum efs_test_fault what, int err)
{
	struct efs_test_dev *dev = v->fs->dev;
	u32 n, calls;

	dev->calls[what] = 0;
	check_vol_try(v);
	KUNIT_EXPECT_EQ(v->test, v->err, 0);
	calls = dev->calls[what];
	KUNIT_EXPECT_GT(v->test, calls, 5);
	for (n = 1; n <= calls; n++) {
		dev->fail[what] = n;
		check_vol_try(v);
		KUNIT_EXPECT_EQ_MSG(v->test, v->err, err, "%u of %u", n, calls);
	}
	dev->fail[what] = 0;
}

void check_vol_end(struct check_vol *v)
{
	efs_test_end_dirty(v->fs);
}
