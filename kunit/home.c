// SPDX-License-Identifier: GPL-2.0
/*
 * The tests' home: inode table, name operations and file data over the core.
 *
 * It keeps the preconditions the core states for a VFS: one object per inode number,
 * attributes set before a name operation, nlink 0 and eviction after a failed one.
 * Lock 2 is not modelled: cases with threads give each its own directories and files.
 *
 * Locks: fs->guard around the table of inodes.
 */
#include "home.h"

u32 efs_test_times = 1;

struct efs_test_fs *efs_test_fs_new(struct kunit *test, u32 block_size, u64 blocks)
{
	struct efs_test_fs *fs = efs_test_zalloc(sizeof(*fs));

	fs->test = test;
	test->priv = fs;
	fs->dev = efs_test_dev_new(test, block_size, blocks * block_size);
	return fs;
}

struct efs_test_fs *efs_test_begin(struct kunit *test, const struct efs_test_mkfs *m)
{
	struct efs_test_fs *fs = efs_test_fs_new(test, m->block_size, m->blocks);

	efs_test_format(fs->dev, m);
	KUNIT_ASSERT_EQ(test, efs_test_mount(fs, NULL), 0);
	return fs;
}

void efs_test_end_dirty(struct efs_test_fs *fs)
{
	if (fs->mounted)
		efs_test_umount(fs);
	efs_test_flush(fs->dev);
	efs_test_dev_check(fs->dev);
}

void efs_test_end(struct efs_test_fs *fs)
{
	efs_test_end_dirty(fs);
	KUNIT_EXPECT_EQ(fs->test, efs_test_fsck(fs->dev), 0);
}

void efs_test_exit(struct kunit *test)
{
	struct efs_test_fs *fs = test->priv;
	u32 i;

	if (!fs)
		return;
	for (i = 0; i < EFS_TEST_TABLE; i++) {
		while (fs->table[i]) {
			struct efs_test_inode *ti = fs->table[i];

			fs->table[i] = ti->next;
			efs_test_mfree(ti);
		}
	}
	efs_test_dev_free(fs->dev);
	efs_test_mfree(fs);
	test->priv = NULL;
}

/* ---- mount ---- */

int efs_test_mount(struct efs_test_fs *fs, const struct efs_mount_opts *o)
{
	struct efs_mount_opts usual = { .sb_block = 1 };
	bool privileged = fs->sb.port.privileged, sync = fs->sb.port.sync;
	struct efs_dsuper ds;
	struct efs_geo geo;
	int err;

	if (!o)
		o = &usual;
	memset(&fs->sb, 0, sizeof(fs->sb));
	memset(&geo, 0, sizeof(geo));
	fs->sb.port.dev = fs->dev;
	fs->sb.port.privileged = privileged;
	fs->sb.port.sync = sync;
	efs_test_dev_read(fs->dev, o->sb_block * 1024ull, &ds, sizeof(ds));
	fs->why = efs_super_parse(&ds, fs->dev->bytes, &geo);
	if (fs->why && !efs_code_readonly(fs->why))
		return -EINVAL;
	KUNIT_ASSERT_EQ(fs->test, geo.block_size, fs->dev->block_size);
	fs->why = EFS_C_OK;
	err = efs_mount(&fs->sb, &geo, o, &fs->why);
	fs->mounted = !err;
	return err;
}

void efs_test_umount(struct efs_test_fs *fs)
{
	u32 i;

	for (i = 0; i < EFS_TEST_TABLE; i++) {
		struct efs_test_inode *ti;

		for (ti = fs->table[i]; ti; ti = ti->next)
			KUNIT_FAIL(fs->test, "inode %u is held at umount", ti->core.ino);
	}
	efs_umount(&fs->sb);
	fs->mounted = false;
}

void efs_test_remount(struct efs_test_fs *fs)
{
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	KUNIT_ASSERT_EQ(fs->test, efs_test_mount(fs, NULL), 0);
}

/* ---- inodes ---- */

static struct efs_test_fs *fs_of(const struct efs_test_inode *ti)
{
	return container_of(ti->core.sb, struct efs_test_fs, sb);
}

static struct efs_test_inode **table_slot(struct efs_test_fs *fs, u32 ino)
{
	struct efs_test_inode **p = &fs->table[ino % EFS_TEST_TABLE];

	while (*p && (*p)->core.ino != ino)
		p = &(*p)->next;
	return p;
}

/* false: its number is there already */
static bool table_add(struct efs_test_fs *fs, struct efs_test_inode *ti)
{
	struct efs_test_inode **p;
	bool taken;

	efs_test_guard(&fs->guard);
	p = table_slot(fs, ti->core.ino);
	taken = *p;
	if (!taken)
		*p = ti;
	efs_test_unguard(&fs->guard);
	return !taken;
}

/*
 * held for the caller, NULL if it is not there: who leaves is waited for, or what the disk
 * says of it would be read before it is written
 */
static struct efs_test_inode *table_get(struct efs_test_fs *fs, u32 ino)
{
	struct efs_test_inode *ti;
	u64 since = 0;

	for (;;) {
		efs_test_guard(&fs->guard);
		ti = *table_slot(fs, ino);
		if (!ti || !ti->leaving)
			break;
		efs_test_unguard(&fs->guard);
		efs_test_wait(&since, "an inode that leaves");
	}
	if (ti)
		ti->count++;
	efs_test_unguard(&fs->guard);
	return ti;
}

static void table_remove(struct efs_test_inode *ti)
{
	struct efs_test_inode **p = table_slot(fs_of(ti), ti->core.ino);

	if (*p != ti)
		efs_test_bug("inode %u is not in the table", ti->core.ino);
	*p = ti->next;
}

int efs_test_iget(struct efs_test_fs *fs, u32 ino, struct efs_test_inode **out)
{
	struct efs_test_inode *ti = table_get(fs, ino);
	int err;

	*out = ti;
	if (ti)
		return 0;
	ti = efs_test_zalloc(sizeof(*ti));
	efs_inode_init(&fs->sb, &ti->core);
	err = efs_inode_load(&fs->sb, ino, false, &ti->core);
	if (err) {
		efs_test_mfree(ti);
		return err;
	}
	ti->count = 1;
	if (!table_add(fs, ti))
		efs_test_bug("inode %u is loaded twice at once", ino);
	*out = ti;
	return 0;
}

int efs_test_store(struct efs_test_inode *ti)
{
	int err;

	if (!efs_test_load(&ti->dirty))
		return 0;
	efs_test_put(&ti->dirty, false);
	err = efs_inode_store(&ti->core, NULL, false);
	if (err)
		efs_test_put(&ti->dirty, true);
	return err;
}

/* the last of one that has names: it is in the table until the disk has it */
static int leave(struct efs_test_inode *ti)
{
	int err = efs_test_store(ti);

	/* a VFS would keep it and come back */
	if (err)
		efs_test_store(ti);
	efs_inode_release(&ti->core);
	efs_test_guard(&fs_of(ti)->guard);
	table_remove(ti);
	efs_test_unguard(&fs_of(ti)->guard);
	return err;
}

/* the last of one without a name: its number may be somebody else's before efs_evict() ends */
static int evict(struct efs_test_inode *ti)
{
	bool threaded = efs_test_threaded();
	int err;

	if (!threaded)
		fs_of(ti)->evicted = ti;
	err = efs_evict(&ti->core);
	if (!threaded)
		fs_of(ti)->evicted = NULL;
	return err;
}

int efs_test_iput(struct efs_test_inode *ti)
{
	bool last;
	int err;

	if (!ti)
		return 0;
	efs_test_guard(&fs_of(ti)->guard);
	last = !--ti->count;
	if (last && ti->attr.nlink)
		ti->leaving = true;
	else if (last)
		table_remove(ti);
	efs_test_unguard(&fs_of(ti)->guard);
	if (!last)
		return 0;
	err = ti->leaving ? leave(ti) : evict(ti);
	if (!efs_list_empty(&ti->core.win_link))
		efs_test_bug("inode %u leaves memory with a window", ti->core.ino);
	efs_test_mfree(ti);
	return err;
}

/* every inode in memory that has a name, and no other lock than the guard for the table */
void efs_test_sync(struct efs_test_fs *fs)
{
	struct efs_test_inode *ti, *before;
	u32 i;

	for (i = 0; i < EFS_TEST_TABLE; i++) {
		before = NULL;
		do {
			efs_test_guard(&fs->guard);
			ti = before ? before->next : fs->table[i];
			while (ti && (ti->fresh || ti->leaving))
				ti = ti->next;
			if (ti)
				ti->count++;
			efs_test_unguard(&fs->guard);
			if (ti)
				KUNIT_EXPECT_EQ(fs->test, efs_test_store(ti), 0);
			efs_test_iput(before);
			before = ti;
		} while (ti);
	}
	KUNIT_EXPECT_EQ(fs->test, efs_sync_super(&fs->sb, true), 0);
	efs_test_flush(fs->dev);
}

static int inew(struct efs_test_inode *dir, u16 mode, bool fresh, struct efs_test_inode **out)
{
	struct efs_test_fs *fs = fs_of(dir);
	struct efs_test_inode *ti = efs_test_zalloc(sizeof(*ti));
	int err;

	*out = NULL;
	ti->fresh = fresh;
	efs_inode_init(&fs->sb, &ti->core);
	ti->attr.mode = mode;
	err = efs_inode_new(&dir->core, mode, &ti->core);
	if (err) {
		efs_test_mfree(ti);
		return err;
	}
	ti->count = 1;
	ti->attr.nlink = 1;
	if (!table_add(fs, ti)) {
		/* the bitmap called an inode free that is in use */
		err = efs_bad(&fs->sb, EFS_C_BG_INODE_USED, ti->core.ino, 0, 0);
		efs_test_mfree(ti);
		return err;
	}
	efs_i_touch(&ti->core, EFS_ATIME | EFS_MTIME | EFS_CTIME);
	efs_i_mark_dirty(&ti->core);
	*out = ti;
	return 0;
}

int efs_test_inew(struct efs_test_inode *dir, u16 mode, struct efs_test_inode **out)
{
	return inew(dir, mode, false, out);
}

struct efs_test_inode *efs_test_file(struct efs_test_fs *fs, u32 n)
{
	struct efs_test_inode *ti;

	KUNIT_ASSERT_EQ(fs->test, efs_test_iget(fs, efs_test_file_ino(n), &ti), 0);
	return ti;
}

/* ---- names ---- */

int efs_test_lookup(struct efs_test_inode *dir, const char *name, struct efs_test_inode **out)
{
	u32 ino;
	int err = efs_dir_lookup(&dir->core, name, strlen(name), &ino);

	return err ? err : efs_test_iget(fs_of(dir), ino, out);
}

/* a new inode was, or with @err was not, named */
static int made(struct efs_test_inode *ti, int err, struct efs_test_inode **out)
{
	efs_test_guard(&fs_of(ti)->guard);
	ti->fresh = false;
	efs_test_unguard(&fs_of(ti)->guard);
	if (out)
		*out = err ? NULL : ti;
	if (err)
		efs_i_nlink_set(&ti->core, 0);
	if (err || !out)
		efs_test_iput(ti);
	return err;
}

int efs_test_create(struct efs_test_inode *dir, const char *name, u16 mode,
		    struct efs_test_inode **out)
{
	struct efs_test_inode *ti;
	int err = inew(dir, mode, true, &ti);

	if (err)
		return err;
	return made(ti, efs_namei_create(&dir->core, name, strlen(name), &ti->core), out);
}

int efs_test_mkdir(struct efs_test_inode *dir, const char *name, struct efs_test_inode **out)
{
	struct efs_test_inode *ti;
	int err = inew(dir, EFS_S_IFDIR | 0755, true, &ti);

	if (err)
		return err;
	return made(ti, efs_namei_mkdir(&dir->core, name, strlen(name), &ti->core), out);
}

int efs_test_symlink(struct efs_test_inode *dir, const char *name, const char *target,
		     struct efs_test_inode **out)
{
	struct efs_test_inode *ti;
	int err = inew(dir, EFS_S_IFLNK | 0777, true, &ti);

	if (err)
		return err;
	return made(ti, efs_namei_symlink(&dir->core, name, strlen(name), &ti->core, target,
					  strlen(target)), out);
}

int efs_test_link(struct efs_test_inode *dir, const char *name, struct efs_test_inode *ti)
{
	return efs_namei_link(&dir->core, name, strlen(name), &ti->core);
}

static int remove_name(struct efs_test_inode *dir, const char *name, bool rmdir)
{
	struct efs_test_inode *ti;
	u32 len = strlen(name);
	int err = efs_test_lookup(dir, name, &ti);
	int put;

	if (err)
		return err;
	if (rmdir)
		err = efs_namei_rmdir(&dir->core, name, len, &ti->core);
	else
		err = efs_namei_unlink(&dir->core, name, len, &ti->core);
	put = efs_test_iput(ti);
	return err ? err : put;
}

int efs_test_unlink(struct efs_test_inode *dir, const char *name)
{
	return remove_name(dir, name, false);
}

int efs_test_rmdir(struct efs_test_inode *dir, const char *name)
{
	return remove_name(dir, name, true);
}

int efs_test_rename(struct efs_test_inode *odir, const char *oname, struct efs_test_inode *ndir,
		    const char *nname, u32 flags)
{
	struct efs_test_inode *old, *new = NULL;
	struct efs_rename r = {
		.odir = &odir->core, .ndir = &ndir->core, .flags = flags,
		.oname = oname, .olen = strlen(oname), .nname = nname, .nlen = strlen(nname),
	};
	int err = efs_test_lookup(odir, oname, &old);
	int put;

	if (err)
		return err;
	err = efs_test_lookup(ndir, nname, &new);
	if (!err || err == -ENOENT) {
		r.old = &old->core;
		r.new = err ? NULL : &new->core;
		/* two names of one inode: the VFS has answered this already */
		err = old == new ? 0 : efs_namei_rename(&r);
		put = efs_test_iput(new);
		if (!err)
			err = put;
	}
	put = efs_test_iput(old);
	return err ? err : put;
}

/* ---- data ---- */

int efs_test_write_some(struct efs_test_inode *ti, u64 off, const void *data, size_t len,
			size_t *done)
{
	struct efs_test_dev *dev = ti->core.sb->port.dev;
	u32 bs = dev->block_size, bits = dev->block_bits;
	const u8 *from = data;
	int err = 0;

	*done = 0;
	while (len) {
		u32 lblk = off >> bits, at = off & (bs - 1), i;
		u32 blocks = (at + len + bs - 1) >> bits;
		struct efs_ext ext;
		u64 phys;
		size_t n;

		err = efs_map_alloc(&ti->core, lblk, blocks, blocks, &ext);
		if (err)
			break;
		if (!(ext.flags & EFS_EXT_MAPPED) || ext.lblk > lblk || !ext.len ||
		    ext.len > blocks)
			efs_test_bug("efs_map_alloc(%u, %u) says %u+%u at %u, flags %x", lblk,
				     blocks, ext.lblk, ext.len, ext.pblk, ext.flags);
		n = min_t(u64, len, ((u64)ext.len << bits) - at);
		phys = (u64)ext.pblk << bits;
		if (ext.flags & EFS_EXT_NEW) {
			u8 *zero = efs_test_zalloc(bs);

			for (i = 0; i < ext.len; i++)
				efs_test_dev_write(dev, phys + ((u64)i << bits), zero, bs);
			efs_test_mfree(zero);
		}
		efs_test_dev_write(dev, phys + at, from, n);
		from += n;
		off += n;
		len -= n;
		*done += n;
		if (off > efs_i_size(&ti->core))
			efs_i_size_set(&ti->core, off);
		efs_i_touch(&ti->core, EFS_MTIME | EFS_CTIME);
		efs_i_mark_dirty(&ti->core);
	}
	return err;
}

int efs_test_write(struct efs_test_inode *ti, u64 off, const void *data, size_t len)
{
	size_t done;

	return efs_test_write_some(ti, off, data, len, &done);
}

int efs_test_read(struct efs_test_inode *ti, u64 off, void *buf, size_t len)
{
	struct efs_test_dev *dev = ti->core.sb->port.dev;
	u32 bs = dev->block_size, bits = dev->block_bits;
	u8 *to = buf;

	memset(buf, 0, len);
	if (off >= efs_i_size(&ti->core))
		return 0;
	len = min_t(u64, len, efs_i_size(&ti->core) - off);
	while (len) {
		u32 lblk = off >> bits, at = off & (bs - 1);
		u32 blocks = (at + len + bs - 1) >> bits;
		struct efs_ext ext;
		size_t n;
		int err = efs_map_lookup(&ti->core, lblk, blocks, &ext);

		if (err)
			return err;
		if (!ext.len || ext.len > blocks || ext.lblk != lblk)
			efs_test_bug("efs_map_lookup(%u, %u) says %u+%u", lblk, blocks, ext.lblk,
				     ext.len);
		n = min_t(u64, len, ((u64)ext.len << bits) - at);
		if (ext.flags & EFS_EXT_MAPPED)
			efs_test_dev_read(dev, ((u64)ext.pblk << bits) + at, to, n);
		to += n;
		off += n;
		len -= n;
	}
	return 0;
}

int efs_test_resize(struct efs_test_inode *ti, u64 size)
{
	struct efs_test_dev *dev = ti->core.sb->port.dev;
	u32 bs = dev->block_size, at = size & (bs - 1);
	struct efs_ext ext;
	int err;

	if (size < efs_i_size(&ti->core) && at) {
		u8 *zero = efs_test_zalloc(bs);

		err = efs_map_lookup(&ti->core, size >> dev->block_bits, 1, &ext);
		if (!err && ext.flags & EFS_EXT_MAPPED)
			efs_test_dev_write(dev, ((u64)ext.pblk << dev->block_bits) + at, zero,
					   bs - at);
		efs_test_mfree(zero);
		if (err)
			return err;
	}
	efs_i_size_set(&ti->core, size);
	efs_i_touch(&ti->core, EFS_MTIME | EFS_CTIME);
	efs_i_mark_dirty(&ti->core);
	return efs_truncate(&ti->core, efs_size_blocks(ti->core.sb, size));
}

/* ---- oracles ---- */

/* clear bits of [0, size), counted the slow way */
static u32 count_clear(const u8 *map, u32 size)
{
	u32 bit, n = 0;

	for (bit = 0; bit < size; bit++)
		n += !(map[bit / 8] >> bit % 8 & 1);
	return n;
}

/* the bounds a group keeps must hold for the bitmap as it is */
static void check_bounds(struct efs_test_fs *fs, u32 g, const u8 *map, u32 size)
{
	const struct efs_group *grp = &fs->sb.groups[g];
	u32 bit, run = 0, longest = 0;

	for (bit = 0; bit < size; bit++) {
		run = map[bit / 8] >> bit % 8 & 1 ? 0 : run + 1;
		if (run)
			KUNIT_EXPECT_GE_MSG(fs->test, bit, grp->first_free, "group %u", g);
		if (run > longest)
			longest = run;
	}
	KUNIT_EXPECT_LE_MSG(fs->test, longest, grp->best_run, "group %u", g);
}

void efs_test_counts(struct efs_test_fs *fs, u32 *free)
{
	const struct efs_geo *geo = &fs->sb.geo;
	struct kunit *test = fs->test;
	u64 blocks = 0, inodes = 0;
	u32 g;

	efs_windows_discard_all(&fs->sb);
	for (g = 0; g < geo->groups; g++) {
		struct efs_group *grp = &fs->sb.groups[g];
		struct efs_buf *desc_buf, *b;
		const struct efs_dgroup *gd = efs_group_desc(&fs->sb, g, &desc_buf);
		u32 n;

		KUNIT_ASSERT_EQ(test, efs_buf_read(&fs->sb, grp->block_bitmap, &b), 0);
		n = count_clear(efs_buf_data(b), efs_group_blocks(geo, g));
		check_bounds(fs, g, efs_buf_data(b), efs_group_blocks(geo, g));
		efs_buf_put(b);
		blocks += n;
		KUNIT_EXPECT_EQ_MSG(test, grp->free_blocks, n, "group %u", g);
		KUNIT_EXPECT_EQ_MSG(test, le16_to_cpu(gd->bg_free_blocks_count), n, "group %u", g);

		KUNIT_ASSERT_EQ(test, efs_buf_read(&fs->sb, grp->inode_bitmap, &b), 0);
		n = count_clear(efs_buf_data(b), geo->inodes_per_group);
		efs_buf_put(b);
		inodes += n;
		KUNIT_EXPECT_EQ_MSG(test, grp->free_inodes, n, "group %u", g);
		KUNIT_EXPECT_EQ_MSG(test, le16_to_cpu(gd->bg_free_inodes_count), n, "group %u", g);
	}
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_blocks), blocks);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.free_inodes), inodes);
	KUNIT_EXPECT_EQ(test, efs_ctr_sum(&fs->sb.reserved_windows), 0);
	if (free)
		*free = blocks;
}

bool efs_test_block_used(struct efs_test_fs *fs, u32 blk)
{
	u32 g = efs_group_of(&fs->sb, blk);
	u32 bit = blk - efs_group_first(&fs->sb.geo, g);
	struct efs_buf *b;
	bool used;

	KUNIT_ASSERT_EQ(fs->test, efs_buf_read(&fs->sb, fs->sb.groups[g].block_bitmap, &b), 0);
	used = ((u8 *)efs_buf_data(b))[bit / 8] >> bit % 8 & 1;
	efs_buf_put(b);
	return used;
}
