// SPDX-License-Identifier: GPL-2.0
/*
 * The edges of directories, maps and names: signals, memory that runs out, second failures
 * while the first is undone, contents that change after they were found sound, maps that
 * lead astray more than once.
 *
 * Tests: core/engine/dir.c core/engine/map.c core/engine/truncate.c core/engine/namei.c
 * Tests: core/engine/punch.c
 */
#include "scene.h"

/* ---- directories ---- */

/* name number @i of the directories that scene.c fills, three in a block */
static const char *full_entry(struct scene *s, u32 i)
{
	memset(s->name[0], 'x', EFS_NAME_MAX);
	s->name[0][0] = 'A' + i / 26;
	s->name[0][1] = 'A' + i % 26;
	return s->name[0];
}

static u32 count_entries(struct scene *s, struct efs_test_inode *dir)
{
	struct efs_dir_cursor c;
	struct efs_dirent de;
	u32 n = 0;

	efs_dir_open(&dir->core, 0, false, &c);
	while (efs_dir_next(&c, &de) == 1)
		n++;
	efs_dir_close(&c);
	return n;
}

/* a signal ends what only looks; what changes goes through */
static void signals(struct kunit *test)
{
	struct scene *s = scene_new(test, false);
	struct efs_test_dev *dev = s->fs->dev;
	struct efs_inode *a = &s->dir[A]->core;
	struct efs_test_inode *e, *f;
	struct efs_dir_cursor c;
	struct efs_dirent de;
	u32 ino;

	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "e", &e), 0);
	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "f", &f), 0);
	dev->signal = 1;
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(a, "g", 1, &ino), -EINTR);
	/* the next block of many */
	dev->signal = 3;
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(&s->dir[FULL12]->core, "none", 4, &ino), -EINTR);
	efs_dir_open(a, 0, false, &c);
	dev->signal = 1;
	KUNIT_EXPECT_EQ(test, efs_dir_next(&c, &de), -EINTR);
	/* nothing was passed over */
	KUNIT_EXPECT_EQ(test, efs_dir_next(&c, &de), 1);
	KUNIT_EXPECT_EQ(test, de.len, 1);
	efs_dir_close(&c);
	dev->signal = 1;
	KUNIT_EXPECT_EQ(test, efs_dir_empty(&e->core), -EINTR);
	dev->signal = 1;
	KUNIT_EXPECT_EQ(test, efs_namei_rmdir(a, "e", 1, &e->core), -EINTR);
	KUNIT_EXPECT_EQ(test, scene_ino(s, s->dir[A], "e"), e->core.ino);

	dev->signal = 1;
	KUNIT_EXPECT_EQ(test, efs_namei_unlink(a, "f", 1, &f->core), 0);
	KUNIT_EXPECT_EQ(test, dev->signal, 1);
	dev->signal = 0;
	KUNIT_EXPECT_EQ(test, scene_ino(s, s->dir[A], "f"), 0);
	efs_test_iput(e);
	efs_test_iput(f);
	scene_end(s);
}

/* a block that cannot be read is stepped over; without memory the search has no answer */
static void no_memory(struct kunit *test)
{
	struct scene *s = scene_new(test, false);
	struct efs_inode *dir = &s->dir[FULL12]->core;
	const char *name = full_entry(s, 20);
	u32 ino;

	s->fs->dev->fail[EFS_TEST_READ] = 1;
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(dir, name, EFS_NAME_MAX, &ino), 0);
	KUNIT_EXPECT_EQ(test, ino, efs_test_file_ino(0));
	dir->dir_lookup = 0;
	s->fs->dev->read_error = -ENOMEM;
	s->fs->dev->fail[EFS_TEST_READ] = 1;
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(dir, name, EFS_NAME_MAX, &ino), -ENOMEM);
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(dir, name, EFS_NAME_MAX, &ino), 0);
	scene_end(s);
}

/* a search that begins inside a hole meets the hole's beginning last */
static void hole_around_hint(struct kunit *test)
{
	struct scene *s = scene_new(test, false);
	struct efs_inode *dir = &s->dir[FULL12]->core;
	__le32 kept[3];
	u32 ino;

	KUNIT_ASSERT_EQ(test, efs_dir_lookup(dir, full_entry(s, 18), EFS_NAME_MAX, &ino), 0);
	KUNIT_ASSERT_EQ(test, dir->dir_lookup, 6);
	memcpy(kept, dir->block + 5, sizeof(kept));
	memset(dir->block + 5, 0, sizeof(kept));
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(dir, "none", 4, &ino), -EFSCORRUPTED);
	KUNIT_EXPECT_EQ(test, s->fs->dev->report_count, 2);
	KUNIT_EXPECT_EQ(test, s->fs->dev->reports[0].off, 6);
	KUNIT_EXPECT_EQ(test, s->fs->dev->reports[1].off, 5);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_DIR_HOLE));
	/* the other blocks are within reach */
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(dir, full_entry(s, 35), EFS_NAME_MAX, &ino), 0);
	efs_test_reports_clear(s->fs->dev);
	memcpy(dir->block + 5, kept, sizeof(kept));
	scene_put(s);
	efs_test_end_dirty(s->fs);
}

/* a block that was found sound, and then written to by someone else */
static void poked_entries(struct kunit *test)
{
	static const struct {
		u32 off, len;		/* of what changes */
		const char *bytes;
	} rows[] = {
		/* no `..` at all; as the first entry; as the third */
		{ 12 + 6, 4, "\1\2xx" },
		{ 6, 4, "\2\2.." },
		{ 12 + 6, 16, "\2\2xx\0\0\20\0\0\0\14\0\2\2.." },
	};
	struct scene *s = scene_new(test, false);
	struct efs_test_inode *d;
	struct efs_dir_cursor c;
	struct efs_dirent de;
	u8 was[32], *data;
	struct efs_buf *b;
	u32 i, ino;

	KUNIT_ASSERT_EQ(test, efs_test_lookup(s->dir[A], "d", &d), 0);
	KUNIT_ASSERT_EQ(test, efs_buf_read(&s->fs->sb, le32_to_cpu(d->core.block[0]), &b), 0);
	data = efs_buf_data(b);
	memcpy(was, data, sizeof(was));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		KUNIT_ASSERT_EQ(test, efs_dir_dotdot(&d->core, &ino), 0);
		KUNIT_ASSERT_EQ(test, ino, s->dir[A]->core.ino);
		memcpy(data + rows[i].off, rows[i].bytes, rows[i].len);
		KUNIT_EXPECT_EQ_MSG(test, efs_dir_dotdot(&d->core, &ino), -EFSCORRUPTED, "row %u",
				    i);
		KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_DIR_DOTDOT));
		KUNIT_EXPECT_EQ(test, efs_dir_set_dotdot(&d->core, 2), -EFSCORRUPTED);
		KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_DIR_DOTDOT));
		memcpy(data, was, sizeof(was));
	}
	/* types beyond those there are */
	data[12 + 7] = EFS_FT_MAX;
	efs_dir_open(&d->core, 0, false, &c);
	KUNIT_ASSERT_EQ(test, efs_dir_next(&c, &de), 1);
	KUNIT_EXPECT_EQ(test, de.ftype, EFS_FT_DIR);
	KUNIT_ASSERT_EQ(test, efs_dir_next(&c, &de), 1);
	KUNIT_EXPECT_EQ(test, de.ftype, EFS_FT_UNKNOWN);
	efs_dir_close(&c);
	data[12 + 7] = EFS_FT_DIR;
	efs_buf_put(b);
	efs_test_iput(d);
	scene_put(s);
	efs_test_end_dirty(s->fs);
}

/* a block mapped beyond the size, as a failure may leave it, is taken and cleared */
static void mapped_beyond(struct kunit *test)
{
	struct scene *s = scene_new(test, false);
	struct efs_test_inode *dir = s->dir[FULL];
	u8 *dirt = kunit_kzalloc(test, 1024, GFP_KERNEL);
	struct efs_ext ext;
	u32 entries;

	KUNIT_ASSERT_NOT_NULL(test, dirt);
	memset(dirt, 0xa5, 1024);
	entries = count_entries(s, dir);
	KUNIT_ASSERT_EQ(test, efs_map_alloc(&dir->core, 1, 1, 1, &ext), 0);
	efs_test_flush(s->fs->dev);
	efs_test_dev_write(s->fs->dev, (u64)ext.pblk << 10, dirt, 1024);
	KUNIT_EXPECT_EQ(test, efs_test_create(dir, "new name", EFS_S_IFREG, NULL), 0);
	KUNIT_ASSERT_EQ(test, efs_test_create(dir, full_entry(s, 100), EFS_S_IFREG, NULL), 0);
	KUNIT_EXPECT_EQ(test, dir->attr.size, 2048);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(dir->core.block[1]), ext.pblk);
	KUNIT_EXPECT_EQ(test, count_entries(s, dir), entries + 2);
	scene_end(s);
}

/* the index cannot be declared void: nothing changes, whatever the change was to be */
static void index_stays(struct kunit *test)
{
	struct scene *s = scene_new(test, false);
	struct efs_inode *dir = &s->dir[FULL]->core, *root = &s->dir[ROOT]->core;
	u32 ipg = s->fs->sb.geo.inodes_per_group, ino = efs_test_file_ino(0), op;
	u64 before = scene_hash(s);
	int err;

	for (op = 0; op < 4; op++) {
		struct efs_inode *ei = op == 3 ? root : dir;
		/* one inode in each block of the table */
		u32 slot = s->fs->sb.groups[(ei->ino - 1) / ipg].inode_table +
			   (ei->ino - 1) % ipg;

		ei->flags |= EFS_FL_INDEX;
		efs_test_flush(s->fs->dev);
		efs_test_bad_block(s->fs->dev, slot, true);
		if (op == 0)	/* the directory would have to grow */
			err = efs_dir_insert(ei, full_entry(s, 100), EFS_NAME_MAX, ino,
					     EFS_S_IFREG);
		else if (op == 1)
			err = efs_dir_delete(ei, full_entry(s, 1), EFS_NAME_MAX, ino);
		else if (op == 2)
			err = efs_dir_replace(ei, full_entry(s, 1), EFS_NAME_MAX, ino, 11,
					      EFS_S_IFREG);
		else
			err = efs_dir_set_dotdot(ei, 2);
		KUNIT_EXPECT_EQ_MSG(test, err, -EIO, "op %u", op);
		KUNIT_EXPECT_TRUE(test, ei->flags & EFS_FL_INDEX);
		KUNIT_EXPECT_EQ(test, efs_test_dirty_count(s->fs->dev), 0);
		efs_test_bad_block(s->fs->dev, slot, false);
		ei->flags &= ~(u32)EFS_FL_INDEX;
	}
	KUNIT_EXPECT_EQ(test, scene_hash(s), before);
	scene_end(s);
}

/* a deletion that cannot be written is taken back, of a block's first entry, too */
static void delete_taken_back(struct kunit *test)
{
	struct scene *s = scene_new(test, true);
	struct efs_inode *dir = &s->dir[FULL12]->core;
	u32 entries = count_entries(s, s->dir[FULL12]), f0 = efs_test_file_ino(0), i, ino;
	u64 before = scene_hash(s);

	for (i = 3; i < 6; i++) {
		s->fs->dev->fail[EFS_TEST_WRITE] = 1;
		KUNIT_EXPECT_EQ(test, efs_dir_delete(dir, full_entry(s, i), EFS_NAME_MAX, f0),
				-EIO);
		KUNIT_EXPECT_EQ(test, s->fs->dev->fail[EFS_TEST_WRITE], 0);
		KUNIT_EXPECT_EQ(test, efs_dir_lookup(dir, full_entry(s, i), EFS_NAME_MAX, &ino), 0);
		KUNIT_EXPECT_EQ(test, count_entries(s, s->dir[FULL12]), entries);
	}
	KUNIT_EXPECT_EQ(test, scene_hash(s), before);
	scene_end(s);
}

struct renamer {
	const struct efs_geo *geo;
	u32 blk, done;
};

/* what the core has just made is named differently, as any program may */
static void rename_entry(struct efs_test_dev *dev, const struct efs_test_event *e)
{
	struct renamer *r = dev->event_arg;
	u32 off, prev;

	if (e->type != EFS_TEST_EV_DIRTY || e->blk != r->blk)
		return;
	off = efs_dirent_find(r->geo, e->data, "gone", 4, &prev);
	if (off == r->geo->block_size)
		return;
	memcpy(e->data + off + offsetof(struct efs_ddirent, name), "left", 4);
	r->done++;
}

/* an insertion that cannot be written, and what is to be taken back is not there */
static void insert_gone(struct kunit *test)
{
	struct scene *s = scene_new(test, true);
	struct efs_inode *dir = &s->dir[A]->core;
	struct renamer r = { .geo = &s->fs->sb.geo, .blk = le32_to_cpu(dir->block[0]) };
	u32 entries = count_entries(s, s->dir[A]), f0 = efs_test_file_ino(0), ino;
	u64 before = scene_hash(s);

	s->fs->dev->on_event = rename_entry;
	s->fs->dev->event_arg = &r;
	s->fs->dev->fail[EFS_TEST_WRITE] = 1;
	KUNIT_EXPECT_EQ(test, efs_dir_insert(dir, "gone", 4, f0, EFS_S_IFREG), -EIO);
	s->fs->dev->on_event = NULL;
	KUNIT_EXPECT_EQ(test, s->fs->dev->fail[EFS_TEST_WRITE], 0);
	KUNIT_EXPECT_EQ(test, r.done, 1);
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(dir, "gone", 4, &ino), -ENOENT);
	KUNIT_EXPECT_EQ(test, efs_dir_lookup(dir, "left", 4, &ino), 0);
	KUNIT_EXPECT_EQ(test, ino, f0);
	KUNIT_EXPECT_EQ(test, count_entries(s, s->dir[A]), entries + 1);
	KUNIT_EXPECT_EQ(test, efs_dir_delete(dir, "left", 4, f0), 0);
	KUNIT_EXPECT_EQ(test, scene_hash(s), before);
	scene_end(s);
}

/* several blocks of a directory at once: each holds no entries before any is mapped */
static void blocks_at_once(struct kunit *test)
{
	struct scene *s = scene_new(test, true);
	struct efs_test_inode *dir = s->dir[FULL];
	struct efs_ext ext;
	u32 n, i, free, now, sectors = dir->attr.sectors;
	struct efs_ddirent de;
	int err;

	efs_test_counts(s->fs, &free);
	for (n = 1;; n++) {
		efs_test_flush(s->fs->dev);
		s->fs->dev->fail[EFS_TEST_WRITE] = n;
		err = efs_map_alloc(&dir->core, 1, 3, 3, &ext);
		if (s->fs->dev->fail[EFS_TEST_WRITE])
			break;
		KUNIT_ASSERT_LT(test, n, 20);
		/* of the bitmap: it was tried once more */
		if (!err)
			KUNIT_EXPECT_EQ(test, efs_truncate(&dir->core, 1), 0);
		else
			KUNIT_EXPECT_EQ(test, err, -EIO);
		KUNIT_EXPECT_EQ(test, dir->attr.sectors, sectors);
		for (i = 1; i < EFS_NBLOCKS; i++)
			KUNIT_EXPECT_EQ(test, dir->core.block[i], 0);
		efs_test_counts(s->fs, &now);
		KUNIT_EXPECT_EQ(test, now, free);
	}
	s->fs->dev->fail[EFS_TEST_WRITE] = 0;
	KUNIT_EXPECT_EQ(test, n, 5);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_EQ(test, ext.len, 3);
	for (i = 0; i < 3; i++) {
		efs_test_dev_read(s->fs->dev, (u64)(ext.pblk + i) << 10, &de, sizeof(de));
		KUNIT_EXPECT_EQ(test, de.inode, 0);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(de.rec_len), 1024);
	}
	KUNIT_EXPECT_EQ(test, efs_truncate(&dir->core, 1), 0);
	scene_end(s);
}

/* ---- names ---- */

/*
 * From the n-th call on everything fails, so that undoing fails, too. Names may then be
 * doubled or an inode be without one, but no count is too low: e2fsck finds each inode.
 */
static void undo_fails(struct kunit *test)
{
	static const enum efs_test_fault faults[] = { EFS_TEST_READ, EFS_TEST_WRITE };
	u32 i, k, wrecked = 0;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		struct doing d = { .op = &ops[i] };

		if (ops[i].kind != RENAME || ops[i].dir == ops[i].ndir || ops[i].ndir > B)
			continue;
		for (k = 0; k < ARRAY_SIZE(faults); k++) {
			d.fault = faults[k];
			d.nth = 1;
			do {
				struct scene *s = scene_new(test, true);
				u32 old, new, old_size, new_size;
				struct efs_test_inode *ti;
				u64 before = scene_hash(s);
				int err;

				s->fs->dev->stays = true;
				err = op_do(s, &d);
				s->fs->dev->stays = false;
				KUNIT_ASSERT_EQ(test, err, d.struck ? -EIO : 0);
				old = d.old->core.ino;
				old_size = d.old->attr.size;
				new = d.new ? d.new->core.ino : 0;
				new_size = d.new ? d.new->attr.size : 0;
				op_put(s, &d);
				wrecked += err && scene_hash(s) != before;
				scene_put(s);
				efs_test_end_dirty(s->fs);
				KUNIT_EXPECT_LE_MSG(test, efs_test_repair(s->fs->dev, true), 1,
						    "%s %u", ops[i].name, d.nth);
				KUNIT_ASSERT_EQ(test, efs_test_mount(s->fs, NULL), 0);
				KUNIT_ASSERT_EQ(test, efs_test_iget(s->fs, old, &ti), 0);
				KUNIT_EXPECT_EQ(test, ti->attr.size, old_size);
				efs_test_iput(ti);
				if (err && new) {
					KUNIT_ASSERT_EQ(test, efs_test_iget(s->fs, new, &ti), 0);
					KUNIT_EXPECT_EQ(test, ti->attr.size, new_size);
					efs_test_iput(ti);
				}
				efs_test_end(s->fs);
				efs_test_exit(test);
				d.nth++;
			} while (d.struck && d.nth < 50);
			KUNIT_EXPECT_FALSE(test, d.struck);
		}
	}
	/* the ways out of an undo that fails were taken */
	KUNIT_EXPECT_GT(test, wrecked, 0);
}

/* ---- maps ---- */

static const struct efs_test_mkfs plain = {
	.block_size = 1024, .blocks = 400, .ipg = 16, .files = 2,
};

static void put_blocks(struct efs_test_inode *ti, u32 lblk, u32 n)
{
	struct efs_ext ext;

	KUNIT_ASSERT_EQ(ti->core.sb->port.dev->test, efs_map_alloc(&ti->core, lblk, n, n, &ext), 0);
	KUNIT_ASSERT_EQ(ti->core.sb->port.dev->test, ext.len, n);
}

/* pointer number @at of table @blk becomes @value */
static void set_pointer(struct efs_test_inode *ti, u32 blk, u32 at, u32 value)
{
	struct efs_sb *sb = ti->core.sb;
	struct efs_buf *b;

	KUNIT_ASSERT_EQ(sb->port.dev->test, efs_buf_read(sb, blk, &b), 0);
	((__le32 *)efs_buf_data(b))[at] = cpu_to_le32(value);
	efs_buf_dirty(sb, &ti->core, b);
	efs_buf_put(b);
}

/* the way to the new end leads into metadata, and so does what lies beyond it */
static void bad_way(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 lblk = 12 + 256 + 3, top, below;

	put_blocks(ti, lblk, 1);
	put_blocks(ti, lblk + 256, 1);
	top = efs_test_map_at(ti, lblk, 2);
	below = efs_test_map_at(ti, lblk, 1);
	set_pointer(ti, top, 0, 1);
	set_pointer(ti, top, 1, 2);
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, lblk - 1), -EFSCORRUPTED);
	/* the way twice, as there was a second round, and the other one between */
	KUNIT_EXPECT_EQ(test, fs->dev->report_count, 3);
	KUNIT_EXPECT_EQ(test, fs->dev->reports[0].blk, 1);
	KUNIT_EXPECT_EQ(test, fs->dev->reports[1].blk, 2);
	KUNIT_EXPECT_EQ(test, fs->dev->reports[2].blk, 1);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_MAP_INDIRECT));
	/* what may hold blocks that stay is left as it is */
	set_pointer(ti, top, 0, below);
	KUNIT_EXPECT_NE(test, efs_test_map_at(ti, lblk, 0), 0);
	KUNIT_EXPECT_EQ(test, efs_test_map_at(ti, lblk + 256, 1), 0);
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, lblk - 1), 0);
	KUNIT_EXPECT_EQ(test, efs_test_map_at(ti, lblk, 0), 0);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* a pointer of a directory into metadata: what is there does not leave memory */
static void bad_dir_block(struct kunit *test)
{
	struct scene *s = scene_new(test, false);
	struct efs_test_inode *dir = s->dir[FULL12];
	u32 blk = le32_to_cpu(dir->core.block[11]), i;

	dir->core.block[11] = cpu_to_le32(s->fs->sb.groups[0].block_bitmap);
	dir->attr.size = 11 * 1024;
	efs_test_log_start(s->fs->dev, false);
	KUNIT_EXPECT_EQ(test, efs_truncate(&dir->core, 11), -EFSCORRUPTED);
	KUNIT_EXPECT_TRUE(test, efs_test_took(s->fs->dev, EFS_C_BG_BLOCK_RANGE));
	for (i = 0; i < s->fs->dev->log_len; i++)
		KUNIT_EXPECT_NE(test, s->fs->dev->log[i].type, EFS_TEST_EV_DATA);
	efs_test_log_stop(s->fs->dev);
	KUNIT_EXPECT_EQ(test, dir->core.block[11], 0);
	KUNIT_EXPECT_EQ(test, efs_bfree(&s->fs->sb, dir->core.ino, blk, 1), 0);
	scene_put(s);
	efs_test_end_dirty(s->fs);
}

/* the volume stops changing in the middle of a tree: the rest of it leaks */
static void stopped_in_tree(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 base, now;

	efs_test_counts(fs, &base);
	put_blocks(ti, 12 + 3, 1);
	put_blocks(ti, 12 + 9, 1);
	put_blocks(ti, 12 + 20, 1);
	set_pointer(ti, efs_test_map_at(ti, 12, 1), 9, 1);
	efs_windows_discard_all(&fs->sb);
	fs->sb.errors = EFS_ERRORS_RO;
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 0), -EFSCORRUPTED);
	KUNIT_EXPECT_EQ(test, fs->dev->report_count, 1);
	KUNIT_EXPECT_TRUE(test, efs_test_took(fs->dev, EFS_C_BG_BLOCK_RANGE));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ti->core.block[12]), 0);
	/* the table, what it lost, and what came after that */
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, base - 3);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* one tree has more pointers than the volume has blocks: another one is not followed then */
static void too_many_pointers(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 lblk = 12 + 256 + 65536, base, now, i, tables[4];
	const struct efs_test_report *last;

	efs_test_counts(fs, &base);
	put_blocks(ti, lblk, 40);
	put_blocks(ti, 12 + 256 + 3, 1);
	for (i = 1; i < 4; i++)
		tables[i] = efs_test_map_at(ti, lblk, i);
	for (i = 0; i < 256; i++) {
		set_pointer(ti, tables[3], i, tables[2]);
		set_pointer(ti, tables[2], i, tables[1]);
	}
	efs_windows_discard_all(&fs->sb);
	efs_test_flush(fs->dev);
	fs->dev->overlaps = true;
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 0), -EFSCORRUPTED);
	KUNIT_ASSERT_LT(test, fs->dev->report_count, EFS_TEST_REPORTS);
	for (i = 0; i + 1 < fs->dev->report_count; i++)
		KUNIT_EXPECT_EQ(test, fs->dev->reports[i].code, EFS_C_BG_BLOCK_FREE);
	last = &fs->dev->reports[i];
	KUNIT_EXPECT_EQ(test, last->code, EFS_C_MAP_LOOP);
	efs_test_reports_clear(fs->dev);
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, base - 3);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* a table that is its own data is as full as before after each round: it ends nevertheless */
static void own_data(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 base, now, table, i;

	efs_test_counts(fs, &base);
	put_blocks(ti, 12, 45);
	table = efs_test_map_at(ti, 12, 1);
	set_pointer(ti, table, 45, table);
	/* what a directory holds is dropped from memory when it is freed */
	ti->attr.mode = EFS_S_IFDIR | 0755;
	efs_windows_discard_all(&fs->sb);
	efs_test_flush(fs->dev);
	fs->dev->overlaps = true;
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 12 + 5), -EFSCORRUPTED);
	KUNIT_ASSERT_LT(test, fs->dev->report_count, EFS_TEST_REPORTS);
	/* two runs in a round, of which the first round frees what is there */
	for (i = 0; i + 1 < fs->dev->report_count; i++)
		KUNIT_EXPECT_EQ(test, fs->dev->reports[i].code, EFS_C_BG_BLOCK_FREE);
	KUNIT_EXPECT_EQ(test, fs->dev->reports[i].code, EFS_C_MAP_LOOP);
	KUNIT_EXPECT_EQ(test, fs->dev->reports[i].off, 12 + 5);
	efs_test_reports_clear(fs->dev);
	efs_test_counts(fs, &now);
	KUNIT_EXPECT_EQ(test, now, base - 5);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* freed blocks are in use again at once */
static void take_back(struct efs_test_dev *dev, const struct efs_test_event *e)
{
	struct efs_test_fs *fs = dev->event_arg;
	u8 *mem = efs_test_zalloc(dev->block_size), byte;
	u32 bitmap = fs->sb.groups[0].block_bitmap, i, bit;

	for (i = 0; e->type == EFS_TEST_EV_FREE && i < e->len; i++) {
		bit = e->blk + i - efs_group_first(&fs->sb.geo, 0);
		byte = efs_test_peek(dev, bitmap, mem)[bit / 8] | 1 << bit % 8;
		efs_test_poke(dev, (u64)bitmap * dev->block_size + bit / 8, &byte, 1);
	}
	efs_test_mfree(mem);
}

/* a tree that holds itself many times, and a bitmap that never refuses: a hole in it has an end */
static void endless_hole(struct kunit *test)
{
	struct efs_test_fs *fs = efs_test_begin(test, &plain);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	u32 lblk = 12 + 256, tables[3], i;

	put_blocks(ti, lblk, 40);
	for (i = 1; i < 3; i++)
		tables[i] = efs_test_map_at(ti, lblk, i);
	for (i = 0; i < 256; i++)
		set_pointer(ti, tables[2], i, tables[1]);
	efs_windows_discard_all(&fs->sb);
	efs_test_flush(fs->dev);
	fs->dev->overlaps = true;
	fs->dev->on_event = take_back;
	fs->dev->event_arg = fs;
	KUNIT_EXPECT_EQ(test, efs_punch(&ti->core, lblk, lblk + 65536), -EFSCORRUPTED);
	fs->dev->on_event = NULL;
	/* nothing else was wrong with any of them but their number */
	KUNIT_EXPECT_EQ(test, fs->dev->report_count, 2);
	KUNIT_EXPECT_EQ(test, fs->dev->reports[0].code, EFS_C_MAP_SECTORS);
	KUNIT_EXPECT_EQ(test, fs->dev->reports[1].code, EFS_C_MAP_LOOP);
	KUNIT_EXPECT_EQ(test, fs->dev->reports[1].off, lblk);
	efs_test_reports_clear(fs->dev);
	KUNIT_EXPECT_EQ(test, efs_i_sectors(&ti->core), 0);
	KUNIT_EXPECT_EQ(test, efs_test_map_blocks(ti), 0);
	efs_test_iput(ti);
	efs_test_end_dirty(fs);
}

/* however much a writer announces, so much is set aside and no more */
static void largest_window(struct kunit *test)
{
	static const struct efs_test_mkfs m = {
		.block_size = 1024, .blocks = 8000, .ipg = 16, .files = 1,
	};
	static const struct {
		u32 want, size;
	} rows[] = { { 1, 0 }, { 2, 1 }, { 1024, 1023 }, { 1025, 1024 }, { 1026, 1024 },
		     { 0xffffffff, 1024 } };
	struct efs_test_fs *fs = efs_test_begin(test, &m);
	struct efs_test_inode *ti = efs_test_file(fs, 0);
	struct efs_ext ext;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		/* away from where the last one ended */
		KUNIT_ASSERT_EQ(test, efs_map_alloc(&ti->core, 12 - 2 * i, 1, rows[i].want, &ext),
				0);
		KUNIT_EXPECT_EQ_MSG(test, ti->core.win_size, rows[i].size, "row %u", i);
		KUNIT_EXPECT_LE_MSG(test, ti->core.win_len, rows[i].size, "row %u", i);
	}
	KUNIT_EXPECT_EQ(test, efs_truncate(&ti->core, 0), 0);
	efs_test_iput(ti);
	efs_test_end(fs);
}

static struct kunit_case edge_tree_cases[] = {
	KUNIT_CASE(signals),
	KUNIT_CASE(no_memory),
	KUNIT_CASE(hole_around_hint),
	KUNIT_CASE(poked_entries),
	KUNIT_CASE(mapped_beyond),
	KUNIT_CASE(index_stays),
	KUNIT_CASE(delete_taken_back),
	KUNIT_CASE(insert_gone),
	KUNIT_CASE(blocks_at_once),
	KUNIT_CASE(undo_fails),
	KUNIT_CASE(bad_way),
	KUNIT_CASE(bad_dir_block),
	KUNIT_CASE(stopped_in_tree),
	KUNIT_CASE(too_many_pointers),
	KUNIT_CASE(own_data),
	KUNIT_CASE(endless_hole),
	KUNIT_CASE(largest_window),
	{}
};

static struct kunit_suite edge_tree_suite = {
	.name = "efsext2_edge_tree",
	.exit = efs_test_exit,
	.test_cases = edge_tree_cases,
};

kunit_test_suite(edge_tree_suite);
