// SPDX-License-Identifier: GPL-2.0
/*
 * Directories: contents against a model through growth to double indirect blocks, walks
 * that go on while entries come and go, damage, full volumes, and what each costs.
 *
 * Most names here are links to the formatter's file "f0", so e2fsck can judge the end.
 *
 * Tests: core/engine/dir.c
 */
#include "home.h"

static u32 rand32(u32 *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 17;
	*s ^= *s << 5;
	return *s;
}

#define NAME_BUF (EFS_NAME_MAX + 1)

/* name number @i, @len bytes long (at least 6) */
static const char *name_of(char *buf, u32 i, u32 len)
{
	u32 n = snprintf(buf, NAME_BUF, "%06u", i);

	memset(buf + n, 'x', len - n);
	buf[len] = '\0';
	return buf;
}

/* the root directory, and "f0" to be linked */
struct place {
	struct efs_test_fs *fs;
	struct efs_test_inode *root, *f0;
	char name[NAME_BUF];
};

static struct place *place_new(struct kunit *test, const struct efs_test_mkfs *m)
{
	struct place *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->fs = efs_test_begin(test, m);
	KUNIT_ASSERT_EQ(test, efs_test_iget(p->fs, EFS_ROOT_INO, &p->root), 0);
	p->f0 = efs_test_file(p->fs, 0);
	return p;
}

static void place_put(struct place *p)
{
	KUNIT_EXPECT_EQ(p->fs->test, efs_test_iput(p->f0), 0);
	KUNIT_EXPECT_EQ(p->fs->test, efs_test_iput(p->root), 0);
}

static void place_end(struct place *p)
{
	place_put(p);
	efs_test_end(p->fs);
}

/* nothing survives but the disk */
static void place_remount(struct place *p)
{
	struct kunit *test = p->fs->test;

	place_put(p);
	efs_test_remount(p->fs);
	KUNIT_ASSERT_EQ(test, efs_test_iget(p->fs, EFS_ROOT_INO, &p->root), 0);
	p->f0 = efs_test_file(p->fs, 0);
}

static u32 blocks_of(const struct efs_test_inode *dir)
{
	return efs_size_blocks(dir->core.sb, dir->attr.size);
}

/* ---- contents against a model ---- */

static const struct model_row {
	const char *name;
	struct efs_test_mkfs m;
	u32 names, len, rounds;
} model_rows[] = {
	{ "1k_long", { .block_size = 1024, .blocks = 4000, .files = 1 }, 1200, 255, 5000 },
	{ "1k_any", { .block_size = 1024, .blocks = 4000, .files = 1 }, 600, 0, 6000 },
	{ "1k_rev0", { .block_size = 1024, .blocks = 4000, .files = 1, .rev0 = true },
	  300, 0, 2000 },
	{ "2k_plain", { .block_size = 2048, .blocks = 3000, .files = 1, .no_filetype = true },
	  300, 0, 2000 },
	{ "4k", { .block_size = 4096, .blocks = 3000, .files = 1 }, 900, 0, 4000 },
	{ "64k", { .block_size = 65536, .blocks = 300, .files = 1, .bpg = 2048 }, 900, 0, 3000 },
};

EFS_TEST_ROWS(model_rows);

static u32 model_len(const struct model_row *r, u32 i)
{
	return r->len ? r->len : 6 + i * 7919 % 250;
}

/* a walk shows each name the model has, once, `.`, `..`, what the formatter put, no more */
static void model_compare(struct place *p, const struct model_row *r, const u8 *has, u8 *seen)
{
	struct kunit *test = p->fs->test;
	struct efs_dir_cursor c;
	struct efs_dirent de;
	u32 i, digit, others = 0;
	int ret;

	memset(seen, 0, r->names);
	efs_dir_open(&p->root->core, 0, false, &c);
	while ((ret = efs_dir_next(&c, &de)) > 0) {
		if (de.len < 6 || de.name[0] != '0') {
			others++;
			continue;
		}
		for (i = 0, digit = 0; digit < 6; digit++)
			i = i * 10 + de.name[digit] - '0';
		KUNIT_ASSERT_LT(test, i, r->names);
		KUNIT_ASSERT_EQ(test, de.len, model_len(r, i));
		KUNIT_ASSERT_MEMEQ(test, de.name, name_of(p->name, i, de.len), de.len);
		KUNIT_ASSERT_EQ(test, de.ino, p->f0->core.ino);
		KUNIT_ASSERT_EQ(test, de.ftype,
				r->m.no_filetype || r->m.rev0 ? EFS_FT_UNKNOWN : EFS_FT_REG);
		KUNIT_ASSERT_FALSE(test, seen[i]);
		seen[i] = 1;
	}
	efs_dir_close(&c);
	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_ASSERT_EQ(test, others, 4);	/* . .. lost+found f0 */
	KUNIT_ASSERT_MEMEQ(test, seen, has, r->names);
}

static void model(struct kunit *test)
{
	const struct model_row *r = test->param_value;
	struct place *p = place_new(test, &r->m);
	u8 *has = kunit_kzalloc(test, r->names, GFP_KERNEL);
	u8 *seen = kunit_kzalloc(test, r->names, GFP_KERNEL);
	u32 seed = 0x600df00d, round, ino, links = 1, size;

	KUNIT_ASSERT_NOT_NULL(test, has);
	KUNIT_ASSERT_NOT_NULL(test, seen);
	for (round = 0; round < r->rounds; round++) {
		/* mostly growing, then mostly shrinking, then anything */
		u32 i = round < r->names ? round : rand32(&seed) % r->names;
		int err, want = has[i] ? 0 : -ENOENT;

		name_of(p->name, i, model_len(r, i));
		err = efs_dir_lookup(&p->root->core, p->name, strlen(p->name), &ino);
		KUNIT_ASSERT_EQ(test, err, want);
		if (has[i]) {
			KUNIT_ASSERT_EQ(test, ino, p->f0->core.ino);
			KUNIT_ASSERT_EQ(test, efs_test_unlink(p->root, p->name), 0);
			links--;
		} else {
			KUNIT_ASSERT_EQ(test, efs_test_link(p->root, p->name, p->f0), 0);
			links++;
		}
		has[i] ^= 1;
		KUNIT_ASSERT_EQ(test, p->f0->attr.nlink, links);
		if (round % 500 == 499)
			model_compare(p, r, has, seen);
		if (round == r->names) {
			place_remount(p);
			model_compare(p, r, has, seen);
		}
	}
	model_compare(p, r, has, seen);

	/* what was freed is used again: all names in, no larger than when they were first in */
	for (round = 0; round < r->names; round++) {
		name_of(p->name, round, model_len(r, round));
		if (has[round])
			KUNIT_ASSERT_EQ(test, efs_test_unlink(p->root, p->name), 0);
	}
	size = blocks_of(p->root);
	for (round = 0; round < r->names; round++) {
		name_of(p->name, round, model_len(r, round));
		KUNIT_ASSERT_EQ(test, efs_test_link(p->root, p->name, p->f0), 0);
		has[round] = 1;
	}
	KUNIT_EXPECT_LE(test, blocks_of(p->root), size);
	model_compare(p, r, has, seen);
	place_end(p);
}

/* ---- cost ---- */

/* n insertions look at about n blocks, and finding one name again at about one */
static void cost(struct kunit *test)
{
	struct efs_test_mkfs m = { .block_size = 1024, .blocks = 4000, .files = 1 };
	struct place *p = place_new(test, &m);
	u32 i, n = 400, reads, ino;

	reads = p->fs->dev->calls[EFS_TEST_READ];
	for (i = 0; i < n; i++) {
		name_of(p->name, i, i % 2 ? 255 : 20);
		KUNIT_ASSERT_EQ(test, efs_test_link(p->root, p->name, p->f0), 0);
		efs_test_flush(p->fs->dev);
	}
	/* directory, indirect and bitmap blocks of an insertion; a scan would need 40 more */
	reads = p->fs->dev->calls[EFS_TEST_READ] - reads;
	KUNIT_EXPECT_LT(test, reads, 6 * n);

	KUNIT_ASSERT_EQ(test, efs_dir_lookup(&p->root->core, p->name, strlen(p->name), &ino), 0);
	reads = p->fs->dev->calls[EFS_TEST_READ];
	for (i = 0; i < 10; i++)
		KUNIT_ASSERT_EQ(test, efs_dir_lookup(&p->root->core, p->name, strlen(p->name),
						     &ino), 0);
	reads = p->fs->dev->calls[EFS_TEST_READ] - reads;
	KUNIT_EXPECT_LE(test, reads, 2 * 10);
	place_end(p);
}

/* ---- walks ---- */

/* every position a walk reports leads on from there, and every other one is safe */
static void walk_positions(struct kunit *test)
{
	struct efs_test_mkfs m = { .block_size = 1024, .blocks = 4000, .files = 1 };
	struct place *p = place_new(test, &m);
	struct efs_dir_cursor c, d;
	struct efs_dirent a, b;
	u64 pos;
	u32 i;
	int ret;

	for (i = 0; i < 40; i++)
		KUNIT_ASSERT_EQ(test, efs_test_link(p->root, name_of(p->name, i, 6 + i * 6),
						    p->f0), 0);
	efs_dir_open(&p->root->core, 0, false, &c);
	while (efs_dir_next(&c, &a) > 0) {
		for (i = 0; i < 2; i++) {
			efs_dir_open(&p->root->core, c.pos, i, &d);
			KUNIT_ASSERT_EQ(test, efs_dir_next(&d, &b), 1);
			KUNIT_ASSERT_EQ(test, b.len, a.len);
			KUNIT_ASSERT_MEMEQ(test, b.name, a.name, a.len);
			KUNIT_ASSERT_EQ(test, d.pos, c.pos);
			efs_dir_close(&d);
		}
	}
	efs_dir_close(&c);

	/* a wrong position with @changed shows the next entry, without it anything but harm */
	for (pos = 0; pos < p->root->attr.size + 3000; pos++) {
		efs_dir_open(&p->root->core, pos, true, &c);
		ret = efs_dir_next(&c, &a);
		KUNIT_ASSERT_TRUE(test, ret == 0 || (ret == 1 && c.pos >= pos));
		if (ret)
			KUNIT_ASSERT_EQ(test, efs_dir_lookup(&p->root->core, a.name, a.len, &i), 0);
		efs_dir_close(&c);
		efs_dir_open(&p->root->core, pos, false, &c);
		for (i = 0; i < 1000 && efs_dir_next(&c, &a) > 0; i++)
			;
		KUNIT_ASSERT_LT(test, i, 1000);
		efs_dir_close(&c);
	}
	efs_dir_open(&p->root->core, ~0ull, true, &c);
	KUNIT_EXPECT_EQ(test, efs_dir_next(&c, &a), 0);
	efs_dir_close(&c);
	efs_dir_open(&p->root->core, 0xffffffff00000000ull, false, &c);
	KUNIT_EXPECT_EQ(test, efs_dir_next(&c, &a), 0);
	efs_dir_close(&c);
	place_end(p);
}

#define STAY 60
#define COME 200

/* names that are there all the time are seen once, whatever comes and goes meanwhile */
static void walk_changes(struct kunit *test)
{
	struct efs_test_mkfs m = { .block_size = 1024, .blocks = 4000, .files = 1 };
	struct place *p = place_new(test, &m);
	u32 seed = 0xc0ffee, i, round, n;
	u8 *come = kunit_kzalloc(test, COME, GFP_KERNEL);
	u8 *seen = kunit_kzalloc(test, STAY, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, come);
	KUNIT_ASSERT_NOT_NULL(test, seen);
	for (i = 0; i < STAY; i++) {
		KUNIT_ASSERT_EQ(test, efs_test_link(p->root, name_of(p->name, i, 6 + i % 40),
						    p->f0), 0);
		KUNIT_ASSERT_EQ(test, efs_test_link(p->root, name_of(p->name, 1000 + i, 8),
						    p->f0), 0);
		come[i] = 1;
	}
	for (round = 0; round < 60; round++) {
		u64 pos = 0;

		memset(seen, 0, STAY);
		for (n = 0; ; n++) {
			struct efs_dir_cursor c;
			struct efs_dirent de;
			int ret;

			efs_dir_open(&p->root->core, pos, true, &c);
			ret = efs_dir_next(&c, &de);
			if (ret == 1 && de.len >= 6 && !memcmp(de.name, "0000", 4)) {
				i = (de.name[4] - '0') * 10 + de.name[5] - '0';
				KUNIT_ASSERT_LT(test, i, STAY);
				seen[i]++;
			}
			pos = c.next;
			efs_dir_close(&c);
			if (!ret)
				break;
			KUNIT_ASSERT_EQ(test, ret, 1);
			KUNIT_ASSERT_LT(test, n, 2000);

			i = rand32(&seed) % COME;
			name_of(p->name, 1000 + i, i < STAY ? 8 : 6 + i);
			if (come[i])
				KUNIT_ASSERT_EQ(test, efs_test_unlink(p->root, p->name), 0);
			else
				KUNIT_ASSERT_EQ(test, efs_test_link(p->root, p->name, p->f0), 0);
			come[i] ^= 1;
		}
		for (i = 0; i < STAY; i++)
			KUNIT_ASSERT_EQ_MSG(test, seen[i], 1, "name %u", i);
	}
	place_end(p);
}

/* ---- damage ---- */

/* six blocks of 255-byte names, three in each */
static struct place *six_blocks(struct kunit *test)
{
	struct efs_test_mkfs m = { .block_size = 1024, .blocks = 4000, .files = 1 };
	struct place *p = place_new(test, &m);
	u32 i;

	for (i = 0; blocks_of(p->root) < 6 || i % 3; i++)
		KUNIT_ASSERT_EQ(test, efs_test_link(p->root, name_of(p->name, i, 255), p->f0), 0);
	place_remount(p);
	return p;
}

static u64 place_of(struct place *p, u32 lblk)
{
	struct efs_ext ext;

	KUNIT_ASSERT_EQ(p->fs->test, efs_map_lookup(&p->root->core, lblk, 1, &ext), 0);
	KUNIT_ASSERT_EQ(p->fs->test, ext.flags, EFS_EXT_MAPPED);
	return (u64)ext.pblk * p->fs->dev->block_size;
}

enum damage { BYTES, HOLE, POINTER, UNREADABLE, TAIL };

static const struct damage_row {
	const char *name;
	enum damage how;
	u32 lblk, off, len;
	u8 bytes[8];
	enum efs_code code;
	int err;
} damage_rows[] = {
	{ "reclen", BYTES, 2, 4, 2, { 0, 0 }, EFS_C_DIRENT_RECLEN, -EFSCORRUPTED },
	{ "align", BYTES, 2, 4, 2, { 9, 1 }, EFS_C_DIRENT_ALIGN, -EFSCORRUPTED },
	{ "name", BYTES, 3, 4, 2, { 12, 0 }, EFS_C_DIRENT_NAME, -EFSCORRUPTED },
	{ "cross", BYTES, 4, 4, 2, { 0, 8 }, EFS_C_DIRENT_CROSS, -EFSCORRUPTED },
	{ "ino", BYTES, 1, 0, 4, { 0, 0, 0, 0xff }, EFS_C_DIRENT_INO, -EFSCORRUPTED },
	{ "slash", BYTES, 1, 8, 1, { '/' }, EFS_C_DIRENT_EMPTY, -EFSCORRUPTED },
	{ "dot", BYTES, 0, 0, 4, { 12 }, EFS_C_DIR_DOT, -EFSCORRUPTED },
	{ "dotdot", BYTES, 0, 12 + 9, 1, { 'x' }, EFS_C_DIR_DOTDOT, -EFSCORRUPTED },
	{ "hole", HOLE, 2, 0, 0, { 0 }, EFS_C_DIR_HOLE, -EFSCORRUPTED },
	{ "pointer", POINTER, 3, 0, 0, { 0 }, EFS_C_MAP_BLOCK, -EFSCORRUPTED },
	{ "unreadable", UNREADABLE, 2, 0, 0, { 0 }, EFS_C_OK, -EIO },
	{ "tail", TAIL, 6, 0, 0, { 0 }, EFS_C_DIR_SIZE, -EFSCORRUPTED },
};

EFS_TEST_ROWS(damage_rows);

static void expect_report(struct place *p, const struct damage_row *r)
{
	if (r->code != EFS_C_OK)
		KUNIT_EXPECT_TRUE(p->fs->test, efs_test_took(p->fs->dev, r->code));
}

/* one bad block: the others are as good as before, and only changes are refused */
static void damage(struct kunit *test)
{
	const struct damage_row *r = test->param_value;
	struct place *p = six_blocks(test);
	u64 at = r->how == TAIL ? 0 : place_of(p, r->lblk);
	struct efs_dir_cursor c;
	struct efs_dirent de;
	u32 i, found = 0, lost = 0, errors = 0, names = 0, ino;
	int err;

	switch (r->how) {
	case BYTES:
		efs_test_dev_write(p->fs->dev, at + r->off, r->bytes, r->len);
		break;
	case HOLE:
		p->root->core.block[r->lblk] = 0;
		break;
	case POINTER:
		p->root->core.block[r->lblk] = cpu_to_le32(3);
		break;
	case UNREADABLE:
		efs_test_bad_block(p->fs->dev, at / 1024, true);
		break;
	case TAIL:
		p->root->attr.size += 512;
		break;
	}
	/* blocks 1 to 5 hold three names each, block 0 has the formatter's and two */
	for (i = 0; i < 15; i++) {
		name_of(p->name, i, 255);
		err = efs_dir_lookup(&p->root->core, p->name, 255, &ino);
		found += !err;
		if (err) {
			KUNIT_EXPECT_EQ(test, err, r->err);
			lost++;
			expect_report(p, r);
		}
		efs_test_reports_clear(p->fs->dev);
	}
	KUNIT_EXPECT_GE(test, found, 12);
	KUNIT_EXPECT_EQ(test, lost, r->how == TAIL ? 0 : r->lblk ? 3 : lost);

	/* the walk reports the place once and shows the rest */
	efs_dir_open(&p->root->core, 0, false, &c);
	while ((err = efs_dir_next(&c, &de))) {
		if (err == 1) {
			names += de.len == 255;
			continue;
		}
		KUNIT_EXPECT_EQ(test, err, r->err);
		expect_report(p, r);
		KUNIT_ASSERT_LT(test, ++errors, 2);
	}
	efs_dir_close(&c);
	KUNIT_EXPECT_EQ(test, errors, 1);
	KUNIT_EXPECT_GE(test, names, found);

	/* a name that is not found may be in the bad block */
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&p->root->core, "none", 4, &ino), r->err);
	expect_report(p, r);
	KUNIT_EXPECT_EQ(test, efs_dir_delete(&p->root->core, "none", 4, 5), r->err);
	expect_report(p, r);
	memset(p->root->core.dir_room, 0, sizeof(p->root->core.dir_room));
	name_of(p->name, 99, 255);
	KUNIT_EXPECT_EQ(test, efs_dir_insert(&p->root->core, p->name, 255, 12, EFS_S_IFREG),
			r->err);
	expect_report(p, r);
	if (r->lblk == 0) {
		KUNIT_EXPECT_EQ(test, efs_dir_dotdot(&p->root->core, &ino), r->err);
		expect_report(p, r);
		KUNIT_EXPECT_EQ(test, efs_dir_set_dotdot(&p->root->core, 2), r->err);
		expect_report(p, r);
		KUNIT_EXPECT_EQ(test, efs_dir_empty(&p->root->core), r->err);
		expect_report(p, r);
	}
	place_put(p);
	efs_test_end_dirty(p->fs);
}

/* sizes far beyond what is mapped end at once: a report for each level of the map, no more */
static void endless(struct kunit *test)
{
	struct place *p = six_blocks(test);
	struct efs_dir_cursor c;
	struct efs_dirent de;
	u32 reads, ino, n;
	int err;

	p->root->attr.size = 0xfffffc00;
	reads = p->fs->dev->calls[EFS_TEST_READ];
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&p->root->core, "none", 4, &ino), -EFSCORRUPTED);
	KUNIT_EXPECT_LE(test, p->fs->dev->report_count, 4);
	KUNIT_EXPECT_TRUE(test, efs_test_took(p->fs->dev, EFS_C_DIR_HOLE));
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&p->root->core, "f0", 2, &ino), 0);
	efs_dir_open(&p->root->core, 0, false, &c);
	for (n = 0; (err = efs_dir_next(&c, &de)); n++) {
		KUNIT_ASSERT_TRUE(test, err == 1 || err == -EFSCORRUPTED);
		KUNIT_ASSERT_LT(test, n, 100);
	}
	KUNIT_EXPECT_LE(test, p->fs->dev->report_count, 4);
	KUNIT_EXPECT_TRUE(test, efs_test_took(p->fs->dev, EFS_C_DIR_HOLE));
	efs_dir_close(&c);
	KUNIT_EXPECT_LT(test, p->fs->dev->calls[EFS_TEST_READ] - reads, 100);

	/* a size no map reaches */
	p->root->attr.size = ~0ull << 10;
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&p->root->core, "none", 4, &ino), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(p->fs->dev, EFS_C_DIR_HOLE));
	p->root->attr.size = 0;
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&p->root->core, "f0", 2, &ino), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_dir_dotdot(&p->root->core, &ino), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(p->fs->dev, EFS_C_DIR_DOTDOT));
	place_put(p);
	efs_test_end_dirty(p->fs);
}

/* a directory of nothing but bad blocks is given up after some of them */
static void hopeless(struct kunit *test)
{
	struct efs_test_mkfs m = { .block_size = 1024, .blocks = 4000, .files = 1 };
	struct place *p = place_new(test, &m);
	u32 i, ino, blocks;

	for (i = 0; i < 300; i++)
		KUNIT_ASSERT_EQ(test, efs_test_link(p->root, name_of(p->name, i, 255), p->f0), 0);
	place_remount(p);
	blocks = blocks_of(p->root);
	for (i = 1; i < blocks; i++)
		efs_test_dev_write(p->fs->dev, place_of(p, i), "\0\0\0\0\0\0", 6);
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&p->root->core, "none", 4, &ino), -EFSCORRUPTED);
	KUNIT_EXPECT_LT(test, p->fs->dev->report_count, 20);
	KUNIT_EXPECT_TRUE(test, efs_test_took(p->fs->dev, EFS_C_DIRENT_RECLEN));
	place_put(p);
	efs_test_end_dirty(p->fs);
}

/* a block of two directories: each looks for its own `..` */
static void shared_block(struct kunit *test)
{
	struct place *p = six_blocks(test);
	struct efs_test_inode *sub;
	u32 ino;

	KUNIT_ASSERT_EQ(test, efs_test_mkdir(p->root, "sub", &sub), 0);
	KUNIT_EXPECT_EQ(test, efs_dir_dotdot(&sub->core, &ino), 0);
	KUNIT_EXPECT_EQ(test, ino, EFS_ROOT_INO);
	sub->core.block[0] = p->root->core.block[1];
	KUNIT_EXPECT_EQ(test, efs_dir_dotdot(&sub->core, &ino), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(p->fs->dev, EFS_C_DIR_DOT));
	efs_test_iput(sub);
	place_put(p);
	efs_test_end_dirty(p->fs);
}

/* an entry loses the length of its name after the block was found sound */
static void poked_name(struct kunit *test)
{
	static const u8 none;
	struct place *p = six_blocks(test);
	u64 at = (u64)le32_to_cpu(p->root->core.block[0]) << p->fs->dev->block_bits;
	struct efs_dir_cursor c;
	struct efs_dirent de;
	u32 n = 0;

	KUNIT_ASSERT_EQ(test, efs_test_mkdir(p->root, "sub", NULL), 0);
	/* `.`, `..`, f0: the block is dirty, so it stays in memory as it is */
	KUNIT_ASSERT_TRUE(test, efs_test_is_dirty(p->fs->dev, at >> p->fs->dev->block_bits));
	efs_test_poke(p->fs->dev, at + 24 + offsetof(struct efs_ddirent, name_len), &none, 1);
	efs_dir_open(&p->root->core, 0, false, &c);
	while (efs_dir_next(&c, &de) > 0) {
		KUNIT_EXPECT_NE(test, de.len, 0);
		n++;
	}
	efs_dir_close(&c);
	KUNIT_EXPECT_GT(test, n, 3);
	place_put(p);
	efs_test_end_dirty(p->fs);
}

/* ---- full volumes ---- */

static u32 free_blocks(struct efs_test_fs *fs)
{
	struct efs_statfs st;

	efs_statfs(&fs->sb, &st);
	return st.bfree;
}

static void no_space(struct kunit *test)
{
	struct efs_test_mkfs m = { .block_size = 1024, .blocks = 1000, .files = 2 };
	struct place *p = place_new(test, &m);
	struct efs_test_inode *f1 = efs_test_file(p->fs, 1);
	u32 i, n, size, version, ino;
	u8 *data = kunit_kzalloc(test, 1024, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, data);
	/* block 0: room for a name of 124 bytes, which a longer one passes over */
	for (i = 0; i < 6; i++)
		KUNIT_ASSERT_EQ(test, efs_test_link(p->root, name_of(p->name, i, 124), p->f0), 0);
	for (; i < 9; i++)
		KUNIT_ASSERT_EQ(test, efs_test_link(p->root, name_of(p->name, i, 255), p->f0), 0);
	KUNIT_ASSERT_EQ(test, blocks_of(p->root), 2);
	KUNIT_ASSERT_EQ(test, p->root->core.dir_room[3], 1);
	for (n = 0; free_blocks(p->fs); n++)
		if (efs_test_write(f1, n * 1024ull, data, 1024))
			break;
	KUNIT_ASSERT_EQ(test, free_blocks(p->fs), 0);

	size = p->root->attr.size;
	version = p->root->core.dir_version;
	name_of(p->name, 50, 255);
	KUNIT_EXPECT_EQ(test, efs_test_link(p->root, p->name, p->f0), -ENOSPC);
	KUNIT_EXPECT_EQ(test, p->root->attr.size, size);
	KUNIT_EXPECT_EQ(test, p->root->core.dir_version, version);
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&p->root->core, p->name, 255, &ino), -ENOENT);
	KUNIT_EXPECT_EQ(test, p->f0->attr.nlink, 10);

	/* the gap behind us, as the directory cannot grow */
	p->root->core.dir_room[3] = 2;
	name_of(p->name, 51, 72);
	KUNIT_EXPECT_EQ(test, efs_test_link(p->root, p->name, p->f0), 0);
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&p->root->core, p->name, 72, &ino), 0);
	KUNIT_EXPECT_EQ(test, p->root->attr.size, size);
	efs_test_iput(f1);
	place_end(p);
}

/* the size of a directory has 32 bits */
static void too_big(struct kunit *test)
{
	struct efs_test_mkfs m = { .block_size = 4096, .blocks = 4000, .files = 1 };
	struct place *p = place_new(test, &m);
	u64 size = p->root->attr.size;
	u32 i;

	p->root->attr.size = 0xfffff000;
	for (i = 0; i < ARRAY_SIZE(p->root->core.dir_room); i++)
		p->root->core.dir_room[i] = 0xfffff;
	KUNIT_EXPECT_EQ(test, efs_dir_insert(&p->root->core, "x", 1, 12, EFS_S_IFREG), 0);
	KUNIT_EXPECT_EQ(test, p->root->attr.size, 0xfffff000);
	/* it went into the first block, found in the search of last resort */
	p->root->attr.size = size;
	KUNIT_EXPECT_EQ(test, efs_dir_delete(&p->root->core, "x", 1, 12), 0);
	place_end(p);
}

/* ---- small things ---- */

static void lookup_args(struct kunit *test)
{
	struct efs_test_mkfs m = { .block_size = 1024, .blocks = 2000, .files = 1 };
	struct place *p = place_new(test, &m);
	u32 ino;

	name_of(p->name, 1, 255);
	KUNIT_EXPECT_EQ(test, efs_test_link(p->root, p->name, p->f0), 0);
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&p->root->core, p->name, 255, &ino), 0);
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&p->root->core, p->name, 256, &ino), -ENAMETOOLONG);
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&p->root->core, p->name, 0, &ino), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&p->root->core, p->name, 254, &ino), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_dir_insert(&p->root->core, p->name, 256, 12, EFS_S_IFREG),
			-ENAMETOOLONG);
	KUNIT_EXPECT_EQ(test, efs_dir_insert(&p->root->core, p->name, 0, 12, EFS_S_IFREG),
			-ENOENT);
	/* an entry that names another inode is not the one meant */
	KUNIT_EXPECT_EQ(test, efs_dir_delete(&p->root->core, "f0", 2, 11), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_dir_replace(&p->root->core, "f0", 2, 11, 12, EFS_S_IFREG),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&p->root->core, "f0", 2, &ino), 0);
	KUNIT_EXPECT_EQ(test, ino, p->f0->core.ino);
	place_end(p);
}

/* the index is declared void before the directory changes, and stays so */
static void index_flag(struct kunit *test)
{
	struct efs_test_mkfs m = { .block_size = 1024, .blocks = 2000, .files = 1 };
	struct place *p = place_new(test, &m);
	u32 itable = p->fs->sb.groups[0].inode_table;
	u32 blk = le32_to_cpu(p->root->core.block[0]), ino, op;
	int err;

	for (op = 0; op < 4; op++) {
		p->root->core.flags |= EFS_FL_INDEX;
		KUNIT_EXPECT_EQ(test, efs_dir_lookup(&p->root->core, "f0", 2, &ino), 0);
		KUNIT_EXPECT_TRUE(test, p->root->core.flags & EFS_FL_INDEX);
		/* a store that fails leaves directory and flag alone */
		efs_test_flush(p->fs->dev);
		efs_test_bad_block(p->fs->dev, itable, true);
		efs_test_log_start(p->fs->dev, false);
		err = efs_dir_insert(&p->root->core, "x", 1, 12, EFS_S_IFREG);
		KUNIT_EXPECT_EQ(test, err, -EIO);
		KUNIT_EXPECT_TRUE(test, p->root->core.flags & EFS_FL_INDEX);
		KUNIT_EXPECT_EQ(test, p->fs->dev->log_len, 0);
		efs_test_bad_block(p->fs->dev, itable, false);

		efs_test_log_start(p->fs->dev, false);
		if (op == 0)
			err = efs_dir_insert(&p->root->core, "x", 1, 11, EFS_S_IFREG);
		else if (op == 1)
			err = efs_dir_replace(&p->root->core, "x", 1, 11, 12, EFS_S_IFREG);
		else if (op == 2)
			err = efs_dir_set_dotdot(&p->root->core, 2);
		else
			err = efs_dir_delete(&p->root->core, "x", 1, 12);
		KUNIT_EXPECT_EQ(test, err, 0);
		KUNIT_EXPECT_FALSE(test, p->root->core.flags & EFS_FL_INDEX);
		KUNIT_EXPECT_TRUE_MSG(test, efs_test_ordered(p->fs->dev, itable, blk), "op %u", op);
	}
	place_end(p);
}

/* changes are noticed: version, times; finding is not a change */
static void versions(struct kunit *test)
{
	struct efs_test_mkfs m = { .block_size = 1024, .blocks = 2000, .files = 1 };
	struct place *p = place_new(test, &m);
	struct efs_inode *dir = &p->root->core;
	u32 v, ino;

	p->fs->dev->now += 100;
	v = dir->dir_version;
	efs_dir_lookup(dir, "f0", 2, &ino);
	KUNIT_EXPECT_EQ(test, dir->dir_version, v);
	KUNIT_EXPECT_EQ(test, efs_test_link(p->root, "x", p->f0), 0);
	KUNIT_EXPECT_NE(test, dir->dir_version, v);
	KUNIT_EXPECT_EQ(test, p->root->attr.mtime.sec, p->fs->dev->now);
	KUNIT_EXPECT_EQ(test, p->root->attr.ctime.sec, p->fs->dev->now);
	KUNIT_EXPECT_EQ(test, p->f0->attr.ctime.sec, p->fs->dev->now);
	v = dir->dir_version;
	p->fs->dev->now += 100;
	KUNIT_EXPECT_EQ(test, efs_test_unlink(p->root, "x"), 0);
	KUNIT_EXPECT_NE(test, dir->dir_version, v);
	KUNIT_EXPECT_EQ(test, p->root->attr.mtime.sec, p->fs->dev->now);
	place_end(p);
}

static struct kunit_case dir_cases[] = {
	KUNIT_CASE_PARAM_SLOW(model, model_rows_gen_params),
	KUNIT_CASE(cost),
	KUNIT_CASE(walk_positions),
	KUNIT_CASE_SLOW(walk_changes),
	KUNIT_CASE_PARAM(damage, damage_rows_gen_params),
	KUNIT_CASE(endless),
	KUNIT_CASE(hopeless),
	KUNIT_CASE(shared_block),
	KUNIT_CASE(poked_name),
	KUNIT_CASE(no_space),
	KUNIT_CASE(too_big),
	KUNIT_CASE(lookup_args),
	KUNIT_CASE(index_flag),
	KUNIT_CASE(versions),
	{}
};

static struct kunit_suite dir_suite = {
	.name = "efsext2_dir",
	.exit = efs_test_exit,
	.test_cases = dir_cases,
};

kunit_test_suite(dir_suite);
