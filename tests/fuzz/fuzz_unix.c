// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes damaged volumes behind the general interface (core/unix/ext2.c).
 *
 * An input says how a volume is damaged and mounted (input.c), and what is done with it:
 * walk, look up, make, link, rename, remove, read, write, truncate, set attributes of both
 * kinds, sync,
 * open by number, fail allocations and reads, damage it further, unmount and mount again.
 * Beside the rules of watch.c: a walk ends, no name of it is empty or too long, one file is
 * one node, and a volume can be unmounted as soon as no node is held.
 */
#include <stdlib.h>
#include "fuzz.h"
#include "../../core/unix/ext2.h"

#define SLOTS	6
#define INODES	256	/* in memory at once: those held, and those kept */

enum op {
	OP_WALK, OP_LOOKUP, OP_CREATE, OP_MKDIR, OP_SYMLINK, OP_LINK, OP_UNLINK, OP_RMDIR,
	OP_RENAME, OP_WRITE, OP_READ, OP_RESIZE, OP_SETATTR, OP_SYNC, OP_FSYNC, OP_TMPFILE,
	OP_SEEK, OP_DROP, OP_AGAIN, OP_FAULT, OP_DAMAGE, OP_IGET, OP_PARENT, OP_STATFS,
	OP_GETXATTR, OP_SETXATTR, OP_OPS
};

struct run {
	struct fuzz_image *im;
	struct efs_test_fs vol;
	struct fuzz_watch watch;
	struct efs_mount_opts o;
	struct efs_fs *fs;
	struct efs_node *slot[SLOTS];
	u8 data[8192];
};

/* ---- the home ---- */

static struct efs_test_inode *inodes[INODES];

static struct efs_inode *inode_new(struct efs_sb *sb)
{
	struct efs_test_inode *ti = efs_alloc(sb, sizeof(*ti));
	u32 i;

	for (i = 0; ti && inodes[i]; i++)
		fuzz_check(i + 1 < INODES, "too many inodes in memory");
	if (ti)
		inodes[i] = ti;
	return ti ? &ti->core : NULL;
}

static void inode_free(struct efs_inode *ei)
{
	u32 i;

	for (i = 0; inodes[i] != efs_ti(ei); i++)
		fuzz_check(i + 1 < INODES, "an inode is freed that was not made");
	fuzz_check(efs_list_empty(&ei->win_link), "inode %u leaves memory with a window", ei->ino);
	inodes[i] = NULL;
	efs_free(efs_ti(ei));
}

static bool inode_dirty(struct efs_inode *ei, bool take)
{
	bool dirty = efs_ti(ei)->dirty;

	if (take)
		efs_ti(ei)->dirty = false;
	return dirty;
}

static int data_read(struct efs_sb *sb, u32 blk, u32 len, void *buf)
{
	struct efs_test_dev *dev = sb->port.dev;

	fuzz_watch_data(dev->event_arg, blk, len);
	efs_test_dev_read(dev, (u64)blk << dev->block_bits, buf, (size_t)len << dev->block_bits);
	return 0;
}

static int data_write(struct efs_sb *sb, u32 blk, u32 len, const void *buf)
{
	struct efs_test_dev *dev = sb->port.dev;

	fuzz_watch_data(dev->event_arg, blk, len);
	efs_test_dev_write(dev, (u64)blk << dev->block_bits, buf, (size_t)len << dev->block_bits);
	return 0;
}

static int flush(struct efs_sb *sb)
{
	efs_test_flush(sb->port.dev);
	return 0;
}

static void inode_sync(struct efs_inode *ei, bool on)
{
	ei->port.sync = on;
}

static int write_owned(struct efs_inode *ei)
{
	efs_test_flush_owned(ei->sb->port.dev, ei->ino);
	return 0;
}

static int settle(struct efs_sb *sb)
{
	return 0;
}

static const struct efs_ext2_home home = {
	.inode_new = inode_new, .inode_free = inode_free, .inode_dirty = inode_dirty,
	.data_read = data_read, .data_write = data_write, .inode_sync = inode_sync,
	.write_owned = write_owned, .settle = settle, .flush = flush,
};

static const struct efs_test_inode *find_inode(u32 ino)
{
	u32 i;

	for (i = 0; i < INODES; i++)
		if (inodes[i] && inodes[i]->core.ino == ino)
			return inodes[i];
	return NULL;
}

/* ---- mount ---- */

static bool start(struct run *r)
{
	static const struct efs_ext2_opts o = { .unused_max = 8 };
	struct efs_test_dev *dev = r->vol.dev;
	int err;

	fuzz_watch_start(&r->watch, &r->vol);
	err = efs_test_mount(&r->vol, &r->o);
	if (!err) {
		err = efs_ext2_new(&r->vol.sb, &home, &o, &r->fs);
		if (err)
			efs_test_umount(&r->vol);
	}
	if (err) {
		fuzz_check(!dev->live_bufs && !dev->live_allocs && !dev->live_ctrs,
			   "mount: %d, and something is left", err);
		fuzz_watch_end(&r->watch);
		return false;
	}
	fuzz_watch_mounted(&r->watch);
	if (WATCH(&r->watch, efs_fs_root(r->fs, &r->slot[0])))
		r->slot[0] = NULL;
	return true;
}

static void drop(struct run *r, u32 slot)
{
	fuzz_watch_begin(&r->watch, "put");
	efs_node_put(r->slot[slot]);
	fuzz_watch_done(&r->watch, 0);
	r->slot[slot] = NULL;
}

static void stop(struct run *r)
{
	u32 i;

	for (i = 0; i < SLOTS; i++)
		drop(r, i);
	efs_test_reports_clear(r->vol.dev);
	fuzz_watch_begin(&r->watch, "unmount");
	fuzz_check(efs_fs_unmount(r->fs) != -EBUSY, "unmount: nodes are held");
	r->vol.mounted = false;
	efs_test_flush(r->vol.dev);
	fuzz_watch_end(&r->watch);
	efs_test_reports_clear(r->vol.dev);
	efs_test_dev_check(r->vol.dev);
	for (i = 0; i < INODES; i++)
		fuzz_check(!inodes[i], "inode %u is left in memory", inodes[i]->core.ino);
}

/* ---- looking ---- */

static void look(struct run *r, struct efs_node *node)
{
	struct efs_node *again = NULL;
	struct efs_stat st;
	char target[4096 + 1] = "";
	size_t done;
	u64 at = 0;

	efs_node_stat(node, &st);
	fuzz_check(st.ino == node->ino && (st.mode & EFS_S_IFMT) == node->type && st.ino,
		   "stat of %llu", node->ino);
	if (!WATCH(&r->watch, efs_ext2_iget(r->fs, (u32)st.ino, &again))) {
		fuzz_check(again == node, "inode %llu is two nodes", st.ino);
		efs_node_put(again);
	}
	if (node->type == EFS_S_IFLNK &&
	    !WATCH(&r->watch, efs_node_readlink(node, target, sizeof(target))))
		fuzz_check(strlen(target) == st.size, "target of %zu, size %llu", strlen(target),
			   st.size);
	if (node->type != EFS_S_IFREG)
		return;
	WATCH(&r->watch, efs_node_read(node, 0, r->data, sizeof(r->data), &done));
	fuzz_check(done <= sizeof(r->data) && done <= st.size, "%zu bytes were read", done);
	if (!WATCH(&r->watch, efs_node_seek(node, 0, false, &at)))
		fuzz_check(at < st.size, "data at %llu, size %llu", at, st.size);
	WATCH(&r->watch, efs_node_read(node, at, r->data, sizeof(r->data), &done));
}

#define ENTRIES	8

/* a directory's names and what they are, those below it too, but not endlessly */
static void walk(struct run *r, struct efs_node *dir, u32 depth)
{
	u32 limit = (r->watch.blocks + 16) * (r->vol.dev->block_size / EFS_DIRENT_MIN + 1);
	struct efs_dirpos pos = {};
	struct efs_entry ents[ENTRIES];
	struct efs_node *node;
	u32 n, i, looks = 0, steps = 0;
	int err;

	do {
		err = WATCH(&r->watch, efs_node_readdir(dir, &pos, ents, ENTRIES, &n));
		fuzz_check(++steps < limit, "directory %llu does not end", dir->ino);
		fuzz_check(n <= ENTRIES, "%u entries", n);
		for (i = 0; i < n; i++) {
			const struct efs_entry *e = &ents[i];

			fuzz_check(e->len && strlen(e->name) <= e->len && e->ino,
				   "entry of directory %llu", dir->ino);
			if (e->name[0] == '.' || looks++ > 40 ||
			    WATCH(&r->watch, efs_node_lookup(dir, e->name, e->len, &node)))
				continue;
			look(r, node);
			if (efs_node_is_dir(node) && depth)
				walk(r, node, depth - 1);
			fuzz_watch_begin(&r->watch, "put");
			efs_node_put(node);
			fuzz_watch_done(&r->watch, 0);
		}
	} while (n || (err && err != -EIO && err != -ENOMEM));
}

/* ---- changing ---- */

static const char *name_of(u32 n)
{
	static char longest[256];
	u32 count = 0;
	const char *path, *slash;

	while (fuzz_base_names[count])
		count++;
	n %= count + 2;
	if (n == count)
		return memset(longest, 'L', 255);
	if (n > count)
		return "new";
	path = fuzz_base_names[n];
	slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void keep(struct run *r, u32 slot, struct efs_node *node)
{
	slot = 1 + slot % (SLOTS - 1);
	if (!node)
		return;
	look(r, node);
	drop(r, slot);
	r->slot[slot] = node;
}

static u64 offset_of(struct run *r, u32 a, u32 b)
{
	const struct efs_geo *geo = &r->vol.sb.geo;
	u64 p = geo->ptrs, bs = geo->block_size;

	switch (a % 4) {
	case 0:
		return b;
	case 1:
		return (12 + p) * bs + (s8)b;
	case 2:
		return (12 + p + p * p) * bs + (s8)b;
	default:
		return geo->max_size - b;
	}
}

static void damage(struct run *r, u32 target, u32 how, u32 where, u32 value)
{
	const u8 patch[FUZZ_PATCH_LEN] = {
		(u8)target, (u8)how, (u8)where, 0, (u8)(where >> 8), 0, (u8)value,
	};
	struct fuzz_in in = { patch, sizeof(patch) };
	u64 at;
	u32 len;

	fuzz_patch(r->im, &in, &at, &len);
	if (at + len > r->im->base->bytes)
		return;
	efs_test_poke(r->vol.dev, at, r->im->img + at, len);
	fuzz_watch_poke(&r->watch, at, r->im->img + at, len);
}

/* ---- extended attributes ---- */

static const char *const attr_names[] = {
	"user.first", "user.long", "user.tail", "user.new", "trusted.empty", "security.s",
	"system.posix_acl_access", "system.posix_acl_default", "gnu.g",
};

static void get_attrs(struct run *r, struct efs_node *h, u32 n, u32 b)
{
	const char *name = attr_names[n % ARRAY_SIZE(attr_names)];
	size_t size = b % 600, done = 0, all, at;

	if (!WATCH(&r->watch, efs_node_getxattr(h, name, strlen(name), r->data, size, &done)))
		fuzz_check(!size || done <= size, "value of %zu bytes", done);
	if (WATCH(&r->watch, efs_node_listxattr(h, (char *)r->data, sizeof(r->data), &all)))
		return;
	for (at = 0; at < all; at += strlen((char *)r->data + at) + 1)
		fuzz_check(r->data[at], "an empty name");
	fuzz_check(at == all, "names of %zu bytes end at %zu", all, at);
}

static void set_attr(struct run *r, struct efs_node *h, u32 n, u32 a, u32 b)
{
	static const u8 acl[] = { 2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255,
				  2, 0, 5, 0, 7, 0, 0, 0, 4, 0, 5, 0, 255, 255, 255, 255,
				  16, 0, 3, 0, 255, 255, 255, 255,
				  32, 0, 1, 0, 255, 255, 255, 255 };
	const char *name = attr_names[n % ARRAY_SIZE(attr_names)];
	size_t size = a & 0x40 ? b % 5000 : b % 100;

	memset(r->data, (int)(a >> 4), sizeof(r->data));
	if (!strncmp(name, "system", 6) && !(a & 8)) {
		memcpy(r->data, acl, sizeof(acl));
		size = sizeof(acl);
	}
	if (a & 0x80)
		WATCH(&r->watch, efs_node_removexattr(h, name, strlen(name)));
	else
		WATCH(&r->watch, efs_node_setxattr(h, name, strlen(name), r->data, size, a & 3));
}

static void volume_op(struct run *r, u32 op, u32 s, u32 n, u32 a, u32 b)
{
	struct efs_node *node = NULL;
	struct efs_fs_stat st;

	switch (op) {
	case OP_WALK:
		if (r->slot[0])
			walk(r, r->slot[0], 4);
		break;
	case OP_SYNC:
		WATCH(&r->watch, efs_fs_sync(r->fs));
		break;
	case OP_STATFS:
		efs_fs_statfs(r->fs, &st);
		fuzz_check(st.bfree <= st.blocks && st.bavail <= st.bfree && st.ffree <= st.files,
			   "statfs");
		break;
	case OP_DROP:
		drop(r, 1 + a % (SLOTS - 1));
		break;
	case OP_FAULT:
		r->vol.dev->fail[a % EFS_TEST_FAULTS] = 1 + b % 8;
		break;
	case OP_DAMAGE:
		damage(r, n, a, b, s);
		break;
	case OP_IGET:
		if (!WATCH(&r->watch, efs_ext2_iget(r->fs, a & 1 ? b : b % 64, &node)))
			keep(r, s, node);
		break;
	}
}

static void node_op(struct run *r, u32 op, struct efs_node *h, struct efs_node *h2, u32 n, u32 a,
		    u32 b)
{
	const char *name = name_of(n), *name2 = name_of(a);
	struct efs_setattr set = { .mask = b & EFS_SET_ALL, .mode = (u16)(a << 4), .uid = b,
				   .flags = a & 3 };
	struct efs_new new = { .mode = EFS_S_IFREG | 0644 };
	struct fuzz_watch *w = &r->watch;
	struct efs_node *node = NULL;
	size_t len = strlen(name), done;
	u64 at;

	switch (op) {
	case OP_LOOKUP:
		WATCH(w, efs_node_lookup(h, name, len, &node));
		break;
	case OP_PARENT:
		WATCH(w, efs_node_lookup(h, "..", 2, &node));
		break;
	case OP_CREATE:
		if (a & 0x40)
			new.mode = EFS_S_IFCHR | 0600;
		WATCH(w, efs_node_create(h, name, len, &new, &node));
		break;
	case OP_MKDIR:
		new.mode = EFS_S_IFDIR | 0755;
		WATCH(w, efs_node_create(h, name, len, &new, &node));
		break;
	case OP_SYMLINK:
		memset(r->data, 't', 200);
		new.mode = EFS_S_IFLNK | 0777;
		new.target = (const char *)r->data;
		new.target_len = 1 + b % 200;
		WATCH(w, efs_node_create(h, name, len, &new, &node));
		break;
	case OP_TMPFILE:
		WATCH(w, efs_node_tmpfile(h, &new, &node));
		break;
	case OP_LINK:
		WATCH(w, efs_node_link(h, name, len, h2));
		break;
	case OP_UNLINK:
		WATCH(w, efs_node_unlink(h, name, len));
		break;
	case OP_RMDIR:
		WATCH(w, efs_node_rmdir(h, name, len));
		break;
	case OP_RENAME:
		WATCH(w, efs_node_rename(h, name, len, h2, name2, strlen(name2), b % 4));
		break;
	case OP_WRITE:
		WATCH(w, efs_node_write(h, offset_of(r, a, b), r->data, a & 8 ? 5000 : 100, &done));
		break;
	case OP_READ:
		WATCH(w, efs_node_read(h, offset_of(r, a, b), r->data, sizeof(r->data), &done));
		break;
	case OP_RESIZE:
		WATCH(w, efs_node_truncate(h, a & 0x80 ? b % 4096 : offset_of(r, a, b)));
		break;
	case OP_SETATTR:
		/* a list follows the mode */
		w->attrs = true;
		WATCH(w, efs_node_setattr(h, &set));
		break;
	case OP_GETXATTR:
		get_attrs(r, h, n, b);
		break;
	case OP_SETXATTR:
		w->attrs = true;
		set_attr(r, h, n, a, b);
		break;
	case OP_FSYNC:
		WATCH(w, efs_node_fsync(h));
		break;
	case OP_SEEK:
		WATCH(w, efs_node_seek(h, offset_of(r, a, b), b & 1, &at));
		break;
	}
	w->attrs = false;
	keep(r, b, node);
}

static bool one_op(struct run *r, struct fuzz_in *in)
{
	u32 op = fuzz_u8(in) % OP_OPS, s = fuzz_u8(in), n = fuzz_u8(in), a = fuzz_u8(in);
	u32 b = fuzz_u16(in);
	struct efs_node *h = r->slot[s % SLOTS], *h2 = r->slot[s / SLOTS % SLOTS];

	if (op == OP_AGAIN) {
		stop(r);
		return start(r);
	}
	volume_op(r, op, s, n, a, b);
	if (h && h2)
		node_op(r, op, h, h2, n, a, b);
	return true;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct run run;
	struct fuzz_in in = { data, size };
	struct run *r = &run;
	bool mounted;
	u32 i;

	fuzz_begin();
	memset(r, 0, offsetof(struct run, data));
	r->watch.find = find_inode;
	r->watch.late = true;
	r->im = fuzz_set_up(&in, &r->vol, &r->o);
	if (r->vol.dev) {
		mounted = start(r);
		for (i = 0; mounted && in.left && i < FUZZ_OPS; i++)
			mounted = one_op(r, &in);
		if (mounted) {
			volume_op(r, OP_WALK, 0, 0, 0, 0);
			stop(r);
		}
		efs_test_dev_free(r->vol.dev);
	}
	fuzz_heal(r->im);
	return 0;
}

/* ---- mutation ---- */

static void make_op(u8 *rec, u32 *seed)
{
	static const u8 rare[] = { OP_AGAIN, OP_FAULT, OP_DAMAGE, OP_STATFS, OP_DROP };
	u32 i;

	for (i = 0; i < FUZZ_OP_LEN; i++)
		rec[i] = (u8)(efs_test_rand(seed) >> 8);
	rec[0] = rec[0] & 15 ? rec[0] % OP_OPS : rare[(rec[0] >> 4) % ARRAY_SIZE(rare)];
	if (efs_test_rand(seed) % 2)
		rec[1] = 0;
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed)
{
	return fuzz_damage_mutate(data, size, max, seed, make_op);
}
