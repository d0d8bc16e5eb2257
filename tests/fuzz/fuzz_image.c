// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes damaged volumes in use.
 *
 * An input says how a volume is damaged and mounted (input.c), and what is done with it,
 * in records of FUZZ_OP_LEN bytes: mount the damaged volume, walk it,
 * read, write, make, link, rename and remove names, truncate, freeze, remount, fail
 * allocations and reads, damage it further while it is mounted, unmount. What comes of it
 * does not matter; the watch (watch.c) says how it may come about, the memory port that
 * nothing is left behind, and the sanitizers that no byte is touched that should not be.
 */
#include <stdlib.h>
#include "fuzz.h"

#define SLOTS	8

enum op {
	OP_WALK, OP_LOOKUP, OP_IGET, OP_READ, OP_WRITE, OP_RESIZE, OP_CREATE, OP_MKDIR,
	OP_SYMLINK, OP_LINK, OP_UNLINK, OP_RMDIR, OP_RENAME, OP_READDIR, OP_READLINK, OP_SYNC,
	OP_FREEZE, OP_REMOUNT, OP_STATFS, OP_DROP, OP_AGAIN, OP_MAP, OP_FAULT, OP_PARENT,
	OP_TMPFILE, OP_DAMAGE, OP_PATH, OP_OPS
};

/**
 * struct run - one input being run
 * @slot: inodes the script holds
 */
struct run {
	struct fuzz_image *im;
	struct efs_test_fs fs;
	struct fuzz_watch watch;
	struct efs_mount_opts o;
	struct efs_test_inode *slot[SLOTS];
	u8 data[8192];
};

/* for vfs_rename(), which asks with numbers alone */
static struct run *running;

/* ---- mount ---- */

static void put_all(struct run *r)
{
	u32 i;

	for (i = 0; i < SLOTS; i++) {
		WATCH(&r->watch, efs_test_iput(r->slot[i]));
		r->slot[i] = NULL;
	}
}

static bool start(struct run *r)
{
	struct efs_test_fs *fs = &r->fs;
	struct efs_test_dev *dev = fs->dev;
	int err;

	fuzz_watch_start(&r->watch, fs);
	err = efs_test_mount(fs, &r->o);
	fuzz_check(!efs_test_locks_held(), "mount: locks are held");
	if (err) {
		fuzz_check(err == -EINVAL || err == -EIO || err == -ENOMEM || err == -EROFS ||
			   err == -EUCLEAN, "mount: %d", err);
		fuzz_check((err != -EINVAL && err != -EUCLEAN) || fs->why,
			   "mount: %d without a reason", err);
		fuzz_check(!dev->live_bufs && !dev->live_allocs && !dev->live_ctrs,
			   "mount: %d, and something is left", err);
		fuzz_check(!r->o.rdonly || (!dev->dirtied && !dev->writes) || r->watch.touched,
			   "mount: a read-only volume was changed");
		fuzz_watch_end(&r->watch);
		return false;
	}
	fuzz_watch_mounted(&r->watch);
	if (!WATCH(&r->watch, efs_test_iget(fs, EFS_ROOT_INO, &r->slot[0])))
		return true;
	r->slot[0] = NULL;
	return true;
}

static void stop(struct run *r)
{
	put_all(r);
	efs_test_reports_clear(r->fs.dev);
	fuzz_watch_begin(&r->watch, "umount");
	efs_test_umount(&r->fs);
	efs_test_flush(r->fs.dev);
	fuzz_watch_end(&r->watch);
	efs_test_reports_clear(r->fs.dev);
	efs_test_dev_check(r->fs.dev);
}

/* ---- looking ---- */

struct seen {
	char name[256];
	u32 ino;
};

/* entries from @pos on, the first @max of them; the number of all */
static u32 list(struct run *r, struct efs_test_inode *dir, u64 pos, bool changed,
		struct seen *seen, u32 max)
{
	struct efs_test_dev *dev = r->fs.dev;
	u32 limit = (r->watch.blocks + 16) * (dev->block_size / EFS_DIRENT_MIN + 1);
	u32 n = 0, steps = 0;
	struct efs_dir_cursor c;
	struct efs_dirent de;
	u64 last = 0;
	int ret;

	fuzz_watch_begin(&r->watch, "readdir");
	efs_dir_open(&dir->core, pos, changed, &c);
	for (;;) {
		u32 reports = dev->report_count;

		ret = efs_dir_next(&c, &de);
		fuzz_check(++steps < limit, "directory %u does not end", dir->core.ino);
		if (ret == -EUCLEAN)
			fuzz_check(dev->report_count != reports, "readdir: not reported");
		if (ret == -ENOMEM || ret == -EIO || !ret)
			break;
		if (ret < 0)
			continue;
		fuzz_check(de.ino && (de.ino <= r->fs.sb.geo.inodes_count || r->watch.poked),
			   "inode %u", de.ino);
		fuzz_check(de.len && de.len < 256 && de.ftype < EFS_FT_MAX, "entry of %u", de.len);
		fuzz_check(!n || c.pos > last, "position %llu after %llu", c.pos, last);
		last = c.pos;
		if (n < max) {
			memcpy(seen[n].name, de.name, de.len);
			seen[n].name[de.len] = '\0';
			seen[n].ino = de.ino;
		}
		n++;
	}
	efs_dir_close(&c);
	fuzz_watch_done(&r->watch, 0);
	return n;
}

/* the file's map, run by run, for some runs */
static void look_map(struct run *r, struct efs_test_inode *ti, u32 lblk, u32 runs)
{
	while (runs--) {
		struct efs_ext ext;
		int err = WATCH(&r->watch, efs_map_lookup(&ti->core, lblk, ~0u, &ext));

		if (err)
			return;
		fuzz_check(ext.lblk == lblk && ext.len &&
			   ext.len <= r->fs.sb.geo.max_blocks - lblk, "run %u+%u at %u", ext.lblk,
			   ext.len, lblk);
		if (ext.flags & EFS_EXT_MAPPED)
			fuzz_watch_data(&r->watch, ext.pblk, ext.len);
		lblk += ext.len;
		if (lblk == r->fs.sb.geo.max_blocks)
			return;
	}
}

static void look(struct run *r, struct efs_test_inode *ti)
{
	u64 size = ti->attr.size;
	char target[65536 + 1];
	u32 major, minor;

	switch (ti->attr.mode & EFS_S_IFMT) {
	case EFS_S_IFREG:
		look_map(r, ti, 0, 24);
		WATCH(&r->watch, vfs_read(ti, 0, r->data, sizeof(r->data)));
		if (size > sizeof(r->data))
			WATCH(&r->watch, vfs_read(ti, size - 1000, r->data, 2000));
		break;
	case EFS_S_IFLNK:
		if (!WATCH(&r->watch, vfs_readlink(ti, target, sizeof(target))))
			fuzz_check(strlen(target) == size, "target of %zu, size %llu",
				   strlen(target), size);
		break;
	case EFS_S_IFDIR:
		look_map(r, ti, 0, 8);
		WATCH(&r->watch, efs_dir_dotdot(&ti->core, &major));
		WATCH(&r->watch, efs_dir_empty(&ti->core));
		break;
	default:
		efs_dev_decode(ti->core.block, &major, &minor);
	}
}

#define WALK_DIRS	24
#define WALK_NAMES	48

static void walk(struct run *r)
{
	static struct seen seen[WALK_NAMES];
	u32 todo[WALK_DIRS] = { EFS_ROOT_INO }, n = 1, at, i, k, count;

	for (at = 0; at < n; at++) {
		struct efs_test_inode *dir, *ti;

		if (WATCH(&r->watch, efs_test_iget(&r->fs, todo[at], &dir)))
			continue;
		if (!efs_is_dir(&dir->core))
			count = 0;
		else
			count = min_t(u32, list(r, dir, 0, false, seen, WALK_NAMES), WALK_NAMES);
		for (i = 0; i < count; i++) {
			if (!strcmp(seen[i].name, ".") || !strcmp(seen[i].name, ".."))
				continue;
			if (WATCH(&r->watch, vfs_lookup(dir, seen[i].name, &ti)))
				continue;
			look(r, ti);
			for (k = 0; k < n && todo[k] != ti->core.ino; k++)
				;
			if (k == n && n < WALK_DIRS && efs_is_dir(&ti->core))
				todo[n++] = ti->core.ino;
			WATCH(&r->watch, efs_test_iput(ti));
		}
		WATCH(&r->watch, efs_test_iput(dir));
	}
}

/* ---- changing ---- */

/* what the dentry cache knows for sure, asked of `..` here: it may lie */
static bool inside(u32 above, u32 ino)
{
	struct efs_test_inode *ti;
	u32 i;

	for (i = 0; i < 16 && ino != EFS_ROOT_INO; i++) {
		int err;

		if (ino == above)
			return true;
		if (efs_test_iget(&running->fs, ino, &ti))
			return false;
		err = efs_is_dir(&ti->core) ? efs_dir_dotdot(&ti->core, &ino) : -ENOTDIR;
		efs_test_iput(ti);
		if (err)
			return false;
	}
	return ino == above;
}

/* names on the base, and some that are not; only the last component */
static const char *name_of(u32 n)
{
	static char longest[256];
	u32 count = 0;
	const char *path, *slash;

	while (fuzz_base_names[count])
		count++;
	n %= count + 3;
	if (n == count)
		return memset(longest, 'L', 255);
	if (n == count + 1)
		return "12";
	if (n > count)
		return "a-name-that-is-of-some-length-but-not-very-long-and-not-there-at-all";
	path = fuzz_base_names[n];
	slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void keep(struct run *r, u32 slot, struct efs_test_inode *ti)
{
	struct efs_test_inode **s = &r->slot[slot % SLOTS];

	if (!ti)
		return;
	WATCH(&r->watch, efs_test_iput(*s));
	*s = ti;
}

/* offsets around the ends of blocks, of the levels of a map, and of the world */
static u64 offset_of(struct run *r, u32 a, u32 b)
{
	const struct efs_geo *geo = &r->fs.sb.geo;
	u64 p = geo->ptrs, bs = geo->block_size;

	switch (a % 8) {
	case 0:
		return b;
	case 1:
		return 12 * bs + (s8)b;
	case 2:
		return (12 + p) * bs + (s8)b;
	case 3:
		return (12 + p + p * p) * bs + (s8)b;
	case 4:
		return geo->max_size - b;
	case 5:
		return b * bs;
	case 6:
		return ((12 + p) * bs) + b * bs / 2;
	default:
		return (u64)b << 17;
	}
}

static void write_file(struct run *r, struct efs_test_inode *ti, u32 a, u32 b)
{
	u64 off = offset_of(r, a, b);
	u32 len = a & 8 ? 5000 : 100, i, bits = r->fs.dev->block_bits;
	s64 done;

	fuzz_watch_begin(&r->watch, "write");
	done = vfs_write(ti, off, r->data, len);
	fuzz_watch_done(&r->watch, done < 0 ? (int)done : 0);
	for (i = 0; done > 0 && i <= (off + done - 1) >> bits && i < 16; i++)
		look_map(r, ti, (u32)(off >> bits) + i, 1);
}

static void tmpfile_link(struct run *r, struct efs_test_inode *dir, const char *name)
{
	struct efs_test_inode *ti;

	if (!efs_is_dir(&dir->core) || !dir->attr.nlink ||
	    WATCH(&r->watch, efs_test_inew(dir, EFS_S_IFREG | 0600, &ti)))
		return;
	efs_i_nlink_set(&ti->core, 0);
	write_file(r, ti, 8, 0);
	if (name)
		WATCH(&r->watch, efs_test_link(dir, name, ti));
	WATCH(&r->watch, efs_test_iput(ti));
}

static void remount(struct run *r, bool rw)
{
	struct fuzz_watch *w = &r->watch;

	if (rw) {
		/* the superblock is written before the volume counts as writable */
		w->touched = true;
		WATCH(w, efs_mark_rw(&r->fs.sb));
		return;
	}
	WATCH(w, vfs_sync(&r->fs));
	WATCH(w, efs_mark_ro(&r->fs.sb));
}

/* a patch in the few bytes of an operation: index and offset have one byte each */
static void damage(struct run *r, u32 target, u32 how, u32 where, u32 value)
{
	const u8 patch[FUZZ_PATCH_LEN] = {
		(u8)target, (u8)how, (u8)where, 0, (u8)(where >> 8), 0, (u8)value,
	};
	struct fuzz_in in = { patch, sizeof(patch) };
	struct fuzz_image *im = r->im;
	u64 at;
	u32 len;

	fuzz_patch(im, &in, &at, &len);
	if (at + len > im->base->bytes)
		return;
	efs_test_poke(r->fs.dev, at, im->img + at, len);
	fuzz_watch_poke(&r->watch, at, im->img + at, len);
}

static void follow(struct run *r, u32 n)
{
	struct efs_test_inode *dir = r->slot[0], *ti;
	const char *path;
	char name[64];
	u32 count = 0, len;

	while (fuzz_base_names[count])
		count++;
	path = fuzz_base_names[n % count];
	if (!dir || WATCH(&r->watch, efs_test_iget(&r->fs, dir->core.ino, &dir)))
		return;
	while (*path) {
		len = strcspn(path, "/");
		memcpy(name, path, len);
		name[len] = '\0';
		path += len + (path[len] == '/');
		count = WATCH(&r->watch, vfs_lookup(dir, name, &ti));
		WATCH(&r->watch, efs_test_iput(dir));
		if (count)
			return;
		dir = ti;
	}
	look(r, dir);
	keep(r, 1 + n % (SLOTS - 1), dir);
}

/* an operation on the volume as a whole; false if @op is none */
static bool global_op(struct run *r, u32 op, u32 slot, u32 name, u32 a, u32 b)
{
	struct efs_statfs st;
	struct efs_test_inode *ti = NULL;

	switch (op) {
	case OP_WALK:
		walk(r);
		return true;
	case OP_IGET:
		/* a file handle: any number */
		ti = efs_test_zalloc(sizeof(*ti));
		efs_inode_init(&r->fs.sb, &ti->core);
		WATCH(&r->watch, efs_inode_load(&r->fs.sb, a & 1 ? b : b % 64, true, &ti->core));
		free(ti);
		ti = NULL;
		if (!WATCH(&r->watch, efs_test_iget(&r->fs, b % 64, &ti)))
			keep(r, 1 + a % (SLOTS - 1), ti);
		return true;
	case OP_SYNC:
		WATCH(&r->watch, vfs_sync(&r->fs));
		return true;
	case OP_FREEZE:
		WATCH(&r->watch, vfs_sync(&r->fs));
		WATCH(&r->watch, efs_freeze(&r->fs.sb));
		WATCH(&r->watch, efs_thaw(&r->fs.sb));
		return true;
	case OP_REMOUNT:
		remount(r, a & 1);
		return true;
	case OP_STATFS:
		efs_statfs(&r->fs.sb, &st);
		fuzz_check(st.bfree <= r->watch.blocks && st.bavail <= st.bfree &&
			   st.ffree <= st.files && st.blocks <= r->watch.blocks, "statfs");
		efs_set_last_mounted(&r->fs.sb, "/mnt", 4);
		return true;
	case OP_DROP:
		keep(r, 1 + a % (SLOTS - 1), NULL);
		WATCH(&r->watch, efs_test_iput(r->slot[1 + a % (SLOTS - 1)]));
		r->slot[1 + a % (SLOTS - 1)] = NULL;
		return true;
	case OP_FAULT:
		r->fs.dev->fail[a % EFS_TEST_FAULTS] = 1 + b % 8;
		return true;
	case OP_DAMAGE:
		damage(r, name, a, b, slot);
		return true;
	case OP_PATH:
		follow(r, b);
		return true;
	}
	return false;
}

static void dir_op(struct run *r, u32 op, struct efs_test_inode *dir, u32 name, u32 a, u32 b)
{
	static const u16 types[] = {
		EFS_S_IFREG, EFS_S_IFREG, EFS_S_IFREG, EFS_S_IFIFO, EFS_S_IFCHR, EFS_S_IFSOCK,
	};
	struct efs_test_inode *other = r->slot[b % SLOTS], *made = NULL;
	const char *what = name_of(name);
	u32 parent;

	switch (op) {
	case OP_LOOKUP:
		if (!WATCH(&r->watch, vfs_lookup(dir, what, &made))) {
			look(r, made);
			keep(r, 1 + a % (SLOTS - 1), made);
		}
		break;
	case OP_CREATE:
		WATCH(&r->watch, vfs_make(dir, what, types[a % ARRAY_SIZE(types)] | 0644, &made));
		keep(r, 1 + b % (SLOTS - 1), made);
		break;
	case OP_MKDIR:
		WATCH(&r->watch, vfs_make(dir, what, EFS_S_IFDIR | 0755, &made));
		keep(r, 1 + b % (SLOTS - 1), made);
		break;
	case OP_SYMLINK:
		memset(r->data, 't', 200);
		r->data[1 + b % 200] = '\0';
		WATCH(&r->watch, vfs_symlink(dir, what, (char *)r->data, &made));
		keep(r, 1 + a % (SLOTS - 1), made);
		break;
	case OP_LINK:
		if (other)
			WATCH(&r->watch, vfs_link(dir, what, other));
		break;
	case OP_UNLINK:
		WATCH(&r->watch, vfs_unlink(dir, what));
		break;
	case OP_RMDIR:
		WATCH(&r->watch, vfs_rmdir(dir, what));
		break;
	case OP_RENAME:
		if (other)
			WATCH(&r->watch, vfs_rename(dir, what, other, name_of(a), b >> 8 & 3,
						    inside));
		break;
	case OP_READDIR:
		if (efs_is_dir(&dir->core))
			list(r, dir, (u64)b * (a & 2 ? 1 : 4), a & 1, NULL, 0);
		break;
	case OP_PARENT:
		if (!efs_is_dir(&dir->core))
			break;
		if (!WATCH(&r->watch, efs_dir_dotdot(&dir->core, &parent)) &&
		    !WATCH(&r->watch, efs_test_iget(&r->fs, parent, &made)))
			keep(r, 1 + a % (SLOTS - 1), made);
		break;
	case OP_TMPFILE:
		tmpfile_link(r, dir, a & 1 ? what : NULL);
		break;
	}
}

static void file_op(struct run *r, u32 op, struct efs_test_inode *ti, u32 a, u32 b)
{
	switch (op) {
	case OP_READ:
		WATCH(&r->watch, vfs_read(ti, offset_of(r, a, b), r->data, sizeof(r->data)));
		break;
	case OP_WRITE:
		write_file(r, ti, a, b);
		break;
	case OP_RESIZE:
		WATCH(&r->watch, vfs_resize(ti, a & 0x80 ? b % 4096 : offset_of(r, a, b)));
		break;
	case OP_READLINK:
		look(r, ti);
		break;
	case OP_MAP:
		look_map(r, ti, a & 1 ? b << 8 : b, 8);
		break;
	}
}

static bool one_op(struct run *r, struct fuzz_in *in)
{
	u32 op = fuzz_u8(in) % OP_OPS, slot = fuzz_u8(in), name = fuzz_u8(in);
	u32 a = fuzz_u8(in), b = fuzz_u16(in);

	if (op == OP_AGAIN) {
		stop(r);
		return start(r);
	}
	if (global_op(r, op, slot, name, a, b))
		return true;
	slot %= SLOTS;
	if (!r->slot[slot])
		return true;
	dir_op(r, op, r->slot[slot], name, a, b);
	/* the slot may hold another one now */
	if (r->slot[slot])
		file_op(r, op, r->slot[slot], a, b);
	return true;
}

/* ---- the input ---- */

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct run run;
	struct fuzz_in in = { data, size };
	struct run *r = &run;
	bool mounted;
	u32 i;

	fuzz_begin();
	memset(r, 0, offsetof(struct run, data));
	running = r;
	r->im = fuzz_set_up(&in, &r->fs, &r->o);
	if (r->fs.dev) {
		mounted = start(r);
		for (i = 0; mounted && in.left && i < FUZZ_OPS; i++)
			mounted = one_op(r, &in);
		if (mounted) {
			walk(r);
			stop(r);
		}
		efs_test_dev_free(r->fs.dev);
	}
	fuzz_heal(r->im);
	return 0;
}

/* ---- mutation ---- */

static void make_op(u8 *rec, u32 *seed)
{
	static const u8 ops[] = {
		OP_WALK, OP_LOOKUP, OP_LOOKUP, OP_IGET, OP_READ, OP_WRITE, OP_WRITE, OP_RESIZE,
		OP_RESIZE, OP_CREATE, OP_CREATE, OP_MKDIR, OP_SYMLINK, OP_LINK, OP_UNLINK,
		OP_UNLINK, OP_RMDIR, OP_RENAME, OP_RENAME, OP_READDIR, OP_READLINK, OP_SYNC,
		OP_FREEZE, OP_REMOUNT, OP_STATFS, OP_DROP, OP_AGAIN, OP_MAP, OP_FAULT, OP_PARENT,
		OP_TMPFILE, OP_DAMAGE, OP_PATH, OP_PATH, OP_PATH, OP_PATH,
	};
	u32 i;

	for (i = 0; i < FUZZ_OP_LEN; i++)
		rec[i] = (u8)(efs_test_rand(seed) >> 8);
	rec[0] = ops[rec[0] % ARRAY_SIZE(ops)];
	if (efs_test_rand(seed) % 2)
		rec[1] = 0;
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed)
{
	return fuzz_damage_mutate(data, size, max, seed, make_op);
}
