// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the core on sound volumes against a model.
 *
 * An input is a header (volume, options) and records of a script. Each operation is done
 * on the volume and on a file system in memory (core/unix/memfs.c); results must agree,
 * but for -ENOSPC, which the latter does not know: it must come only when there is hardly
 * any room, and change nothing. Allocations, reads and writes may be made to fail once
 * during an operation: it has then happened or it has not, nothing between. From time to
 * time and at the end everything is compared: names, types, links, sizes, contents. After
 * the unmount the volume must satisfy check.c, and, for some
 * inputs, e2fsck; after a failure things may have leaked, but nothing worse.
 */
#include <stdio.h>
#include <stdlib.h>
#include "fuzz.h"
#include "../../core/unix/memfs.h"

#define OPS	100
#define OP_LEN	6
#define SLOTS	6
#define HEADER	4

/* blocks that -ENOSPC may leave: a block and its map, of a directory and of a new child */
#define ROOM_LEFT	8

enum op {
	OP_OPEN, OP_CREATE, OP_MKDIR, OP_SYMLINK, OP_MKNOD, OP_LINK, OP_UNLINK, OP_RMDIR,
	OP_RENAME, OP_WRITE, OP_READ, OP_RESIZE, OP_SYNC, OP_REMOUNT, OP_FREEZE, OP_DROP,
	OP_LIST, OP_STREAM, OP_FILL, OP_CLEAR, OP_READONLY, OP_FAULT, OP_OPS
};

/** struct handle - a file that the script holds, on both sides; node->user is its number */
struct handle {
	struct efs_test_inode *ti;
	struct efs_node *node;
};

/**
 * struct run - one input being run
 * @h: h[0] is the root
 * @serial: of writes, so that no two have the same contents
 * @armed: something will fail during this operation
 * @leaks: something failed while it was being given back
 */
struct run {
	struct efs_test_fs fs;
	struct fuzz_watch watch;
	struct efs_fs *model;
	struct handle h[SLOTS];
	u32 serial;
	bool privileged, armed, leaks;
	u8 data[16384], back[16384];
};

static struct run *running;

static const struct efs_test_mkfs volumes[] = {
	{ .block_size = 1024, .blocks = 320, .ipg = 64, .inode_size = 128 },
	{ .block_size = 1024, .blocks = 700, .bpg = 240, .ipg = 24, .r_blocks = 20 },
	{ .block_size = 1024, .blocks = 500, .bpg = 128, .ipg = 32, .rev0 = true },
	{ .block_size = 2048, .blocks = 240, .bpg = 80, .ipg = 32, .no_filetype = true },
	{ .block_size = 4096, .blocks = 100, .ipg = 48, .large_file = true },
	{ .block_size = 1024, .blocks = 160, .ipg = 24 },
	{ .block_size = 65536, .blocks = 24, .ipg = 512 },
};

/* ---- agreement ---- */

/* did the call run out of room, and rightly so? Then the model does nothing */
static bool no_room(struct run *r, s64 real, const char *what)
{
	struct efs_statfs st;

	if (real != -ENOSPC)
		return false;
	efs_statfs(&r->fs.sb, &st);
	fuzz_check((r->privileged ? st.bfree : st.bavail) <= ROOM_LEFT || !st.ffree,
		   "%s: no room, but %llu blocks and %llu inodes are free", what, st.bfree,
		   st.ffree);
	return true;
}

/* the call is over: nothing fails any more. Did it fail for that reason? */
static bool was_hit(struct run *r, s64 real)
{
	bool armed = r->armed;

	r->armed = false;
	memset(r->fs.dev->fail, 0, sizeof(r->fs.dev->fail));
	if (!armed || (real != -EIO && real != -ENOMEM))
		return false;
	r->leaks = true;
	return true;
}

static void agree(s64 real, s64 model, const char *what)
{
	fuzz_check(real == model, "%s: %lld, must be %lld", what, real, model);
}

static u64 size_of(struct efs_node *node)
{
	struct efs_stat st;

	efs_node_stat(node, &st);
	return st.size;
}

static void same_attr(const struct efs_test_inode *ti, struct efs_node *node, const char *what)
{
	struct efs_stat st;

	efs_node_stat(node, &st);
	fuzz_check(ti->attr.nlink == st.nlink, "%s: inode %u has %u links, must be %u", what,
		   ti->core.ino, ti->attr.nlink, st.nlink);
	fuzz_check(ti->attr.mode == st.mode, "%s: inode %u has mode %o, must be %o", what,
		   ti->core.ino, ti->attr.mode, st.mode);
	fuzz_check(efs_is_dir(&ti->core) || ti->attr.size == st.size,
		   "%s: inode %u has %llu bytes, must be %llu", what, ti->core.ino,
		   ti->attr.size, st.size);
}

/* what a name is in the model, with a reference */
static int lookup(struct efs_node *dir, const char *name, struct efs_node **out)
{
	return efs_node_lookup(dir, name, strlen(name), out);
}

/* ---- handles ---- */

static void drop(struct run *r, u32 slot)
{
	struct handle *h = &r->h[slot];
	int err;

	if (!h->ti)
		return;
	same_attr(h->ti, h->node, "drop");
	err = WATCH(&r->watch, efs_test_iput(h->ti));
	if (!was_hit(r, err))
		fuzz_check(!err, "an inode cannot be put: %d", err);
	efs_node_put(h->node);
	h->ti = NULL;
	h->node = NULL;
}

/* both references become the slot's; slot 0 stays the root */
static void keep(struct run *r, u32 slot, struct efs_test_inode *ti, struct efs_node *node)
{
	slot = 1 + slot % (SLOTS - 1);
	drop(r, slot);
	r->h[slot].ti = ti;
	r->h[slot].node = node;
	same_attr(ti, node, "keep");
}

/* ---- comparison of all there is ---- */

#define ENTRIES	16

/* the names in the model, `.` and `..` included */
static u32 count_names(struct efs_node *dir)
{
	struct efs_dirpos pos = {};
	struct efs_entry ents[ENTRIES];
	u32 count = 0, n;

	do {
		fuzz_check(!efs_node_readdir(dir, &pos, ents, ENTRIES, &n), "model: readdir");
		count += n;
	} while (n);
	return count;
}

static void same_dir(struct run *r, struct efs_test_inode *dir, struct efs_node *node)
{
	struct efs_dir_cursor c;
	struct efs_dirent de;
	u32 count = 0, want = count_names(node);
	int ret;

	efs_dir_open(&dir->core, 0, false, &c);
	while ((ret = efs_dir_next(&c, &de)) > 0) {
		struct efs_node *found;

		fuzz_check(!efs_node_lookup(node, (const char *)de.name, de.len, &found),
			   "directory %u has '%.*s'", dir->core.ino, de.len, de.name);
		fuzz_check(de.ino == found->user, "'%.*s' in %u is %u, must be %llu", de.len,
			   de.name, dir->core.ino, de.ino, found->user);
		fuzz_check(de.ftype == EFS_FT_UNKNOWN || de.ftype == efs_mode_ftype(found->type),
			   "'%.*s' in %u has type %u", de.len, de.name, dir->core.ino, de.ftype);
		efs_node_put(found);
		count++;
	}
	efs_dir_close(&c);
	fuzz_check(!ret, "readdir: %d", ret);
	fuzz_check(count == want, "directory %u has %u names, must be %u", dir->core.ino, count,
		   want);
}

/* contents as the model has them; zeros behind the end */
static int model_read(struct efs_node *node, u64 off, void *buf, size_t len)
{
	size_t done;

	memset(buf, 0, len);
	return efs_node_read(node, off, buf, len, &done);
}

static void same_range(struct run *r, struct efs_test_inode *ti, struct efs_node *node, u64 off,
		       u64 len)
{
	u8 real[4096], model[4096];

	for (; len; off += sizeof(real), len -= min_t(u64, len, sizeof(real))) {
		int err = vfs_read(ti, off, real, sizeof(real));
		u32 i;

		fuzz_check(!err, "read: %d", err);
		fuzz_check(!model_read(node, off, model, sizeof(model)), "model: read");
		if (!memcmp(real, model, sizeof(real)))
			continue;
		for (i = 0; real[i] == model[i]; i++)
			;
		fuzz_fail("inode %u differs at byte %llu: %02x, must be %02x", ti->core.ino,
			  off + i, real[i], model[i]);
	}
}

static void same_file(struct run *r, struct efs_test_inode *ti, struct efs_node *node)
{
	u32 bits = r->fs.dev->block_bits, lblk, end = efs_size_blocks(&r->fs.sb, ti->attr.size);
	struct efs_ext ext;
	u64 at = 0, hole;

	while (!efs_node_seek(node, at, false, &at)) {
		fuzz_check(!efs_node_seek(node, at, true, &hole), "model: seek");
		same_range(r, ti, node, at, hole - at);
		at = hole;
	}
	/* what the volume maps and the model does not know */
	for (lblk = 0; lblk < end; lblk += ext.len) {
		int err = efs_map_lookup(&ti->core, lblk, end - lblk, &ext);

		fuzz_check(!err, "map: %d", err);
		if (ext.flags & EFS_EXT_MAPPED)
			same_range(r, ti, node, (u64)lblk << bits, (u64)ext.len << bits);
	}
}

static void same_link(struct efs_test_inode *ti, struct efs_node *node)
{
	char real[4096] = "", model[4096] = "";
	int err = vfs_readlink(ti, real, sizeof(real));

	fuzz_check(!err, "readlink: %d", err);
	fuzz_check(!efs_node_readlink(node, model, sizeof(model)), "model: readlink");
	fuzz_check(!strcmp(real, model), "link %u: '%s', must be '%s'", ti->core.ino, real, model);
}

static void same_node(struct run *r, struct efs_node *node)
{
	struct efs_test_inode *ti;
	int err = efs_test_iget(&r->fs, (u32)node->user, &ti);

	fuzz_check(!err, "inode %llu: %d", node->user, err);
	same_attr(ti, node, "compare");
	switch (node->type) {
	case EFS_S_IFDIR:
		same_dir(r, ti, node);
		break;
	case EFS_S_IFREG:
		same_file(r, ti, node);
		break;
	case EFS_S_IFLNK:
		same_link(ti, node);
		break;
	}
	fuzz_check(!efs_test_iput(ti), "iput");
}

/* compare what a directory of the model names; directories go to the list */
static u32 same_names(struct run *r, struct efs_node *dir, struct efs_node **todo, u32 n)
{
	struct efs_dirpos pos = {};
	struct efs_entry ents[ENTRIES];
	struct efs_node *node;
	u32 got, i;

	for (;;) {
		fuzz_check(!efs_node_readdir(dir, &pos, ents, ENTRIES, &got), "model: readdir");
		for (i = 0; i < got; i++) {
			if (!strcmp(ents[i].name, ".") || !strcmp(ents[i].name, ".."))
				continue;
			fuzz_check(!lookup(dir, ents[i].name, &node), "model: lookup");
			if (efs_node_is_dir(node)) {
				todo[n++] = node;
				continue;
			}
			same_node(r, node);
			efs_node_put(node);
		}
		if (!got)
			return n;
	}
}

static void same_all(struct run *r)
{
	struct efs_node **todo = efs_test_zalloc(efs_memfs_nodes(r->model) * sizeof(*todo));
	u32 n = 1, at;

	todo[0] = efs_node_get(r->h[0].node);
	for (at = 0; at < n; at++) {
		same_node(r, todo[at]);
		n = same_names(r, todo[at], todo, n);
		efs_node_put(todo[at]);
	}
	free(todo);
}

/* ---- operations ---- */

/* the directory with this number, if a slot holds it or has it in it; no reference */
static struct efs_node *dir_of(u32 ino)
{
	struct efs_dirpos pos;
	struct efs_entry ents[ENTRIES];
	struct efs_node *node;
	u32 i, k, n;

	for (i = 0; i < SLOTS; i++) {
		struct efs_node *dir = running->h[i].node;

		if (!dir || !efs_node_is_dir(dir))
			continue;
		if (dir->user == ino && !dir->dead)
			return dir;
		memset(&pos, 0, sizeof(pos));
		while (!dir->dead && !efs_node_readdir(dir, &pos, ents, ENTRIES, &n) && n) {
			for (k = 0; k < n; k++) {
				if (ents[k].type != EFS_S_IFDIR || lookup(dir, ents[k].name, &node))
					continue;
				/* its name keeps it */
				efs_node_put(node);
				if (node->user == ino)
					return node;
			}
		}
	}
	return NULL;
}

static bool inside(u32 above, u32 ino)
{
	struct efs_node *a = dir_of(above), *b = dir_of(ino);

	while (a && b && a != b && efs_memfs_parent(b) != b)
		b = efs_memfs_parent(b);
	return a && a == b;
}

/* a small set of names, of all lengths, so that they meet often */
static const char *name_of(u32 n, char *buf)
{
	static const u16 lengths[] = { 1, 2, 3, 4, 5, 8, 12, 30, 59, 100, 200, 255, 256 };
	u32 len = lengths[n % 13];

	memset(buf, 'a' + n / 13 % 4, len);
	buf[len] = '\0';
	return buf;
}

static void open_file(struct run *r, struct handle *dir, const char *name, u32 slot)
{
	struct efs_test_inode *ti;
	struct efs_node *node;
	int err = WATCH(&r->watch, vfs_lookup(dir->ti, name, &ti));

	if (was_hit(r, err))
		return;
	agree(err, lookup(dir->node, name, &node), "lookup");
	if (err)
		return;
	fuzz_check(ti->core.ino == node->user, "'%s' is %u, must be %llu", name, ti->core.ino,
		   node->user);
	keep(r, slot, ti, node);
}

/* what @name is in @dir; 0: it is not there */
static u32 number_of(struct run *r, struct handle *dir, const char *name)
{
	struct efs_test_inode *ti;
	u32 ino;
	int err = WATCH(&r->watch, vfs_lookup(dir->ti, name, &ti));

	if (err == -ENOENT || err == -ENAMETOOLONG || err == -ENOTDIR)
		return 0;
	fuzz_check(!err, "lookup: %d", err);
	ino = ti->core.ino;
	fuzz_check(!efs_test_iput(ti), "iput");
	return ino;
}

static u32 number_in_model(struct handle *dir, const char *name)
{
	struct efs_node *node;

	if (lookup(dir->node, name, &node))
		return 0;
	efs_node_put(node);
	/* its name keeps it */
	return (u32)node->user;
}

/* an operation that failed must not have happened */
static void unchanged(struct run *r, struct handle *dir, const char *name, const char *what)
{
	fuzz_check(number_of(r, dir, name) == number_in_model(dir, name),
		   "%s failed, but not without a trace", what);
	same_attr(dir->ti, dir->node, what);
}

static void make(struct run *r, struct handle *dir, const char *name, u16 mode, const char *target,
		 u32 slot)
{
	const struct efs_new new = {
		.mode = mode, .target = target, .target_len = target ? strlen(target) : 0,
	};
	struct efs_test_inode *ti;
	struct efs_node *node;
	int err;

	if (target)
		err = WATCH(&r->watch, vfs_symlink(dir->ti, name, target, &ti));
	else
		err = WATCH(&r->watch, vfs_make(dir->ti, name, mode, &ti));
	if (was_hit(r, err) || no_room(r, err, "make")) {
		unchanged(r, dir, name, "make");
		return;
	}
	agree(err, efs_node_create(dir->node, name, strlen(name), &new, &node), "make");
	if (err)
		return;
	node->user = ti->core.ino;
	same_attr(dir->ti, dir->node, "parent");
	keep(r, slot, ti, node);
}

static void link_name(struct run *r, struct handle *dir, const char *name, struct handle *h)
{
	int err = WATCH(&r->watch, vfs_link(dir->ti, name, h->ti));

	if (was_hit(r, err) || no_room(r, err, "link")) {
		unchanged(r, dir, name, "link");
		same_attr(h->ti, h->node, "link");
		return;
	}
	agree(err, efs_node_link(dir->node, name, strlen(name), h->node), "link");
	same_attr(h->ti, h->node, "link");
}

static void remove_name(struct run *r, struct handle *dir, const char *name, bool rmdir)
{
	int err, want;

	if (rmdir)
		err = WATCH(&r->watch, vfs_rmdir(dir->ti, name));
	else
		err = WATCH(&r->watch, vfs_unlink(dir->ti, name));
	if (was_hit(r, err)) {
		/* or the name has gone, and the file could not follow */
		if (number_of(r, dir, name) == number_in_model(dir, name)) {
			unchanged(r, dir, name, "remove");
			return;
		}
		err = 0;
	}
	if (rmdir)
		want = efs_node_rmdir(dir->node, name, strlen(name));
	else
		want = efs_node_unlink(dir->node, name, strlen(name));
	agree(err, want, "remove");
	same_attr(dir->ti, dir->node, "parent");
}

static void rename_name(struct run *r, struct handle *odir, const char *oname, struct handle *ndir,
			const char *nname, u32 flags)
{
	int err = WATCH(&r->watch, vfs_rename(odir->ti, oname, ndir->ti, nname, flags, inside));
	u32 was = number_in_model(odir, oname);
	bool hit = was_hit(r, err);

	if (hit && was && number_of(r, odir, oname) != was)
		/* it has happened, and a file that was replaced could not follow */
		err = 0;
	else if (hit || no_room(r, err, "rename")) {
		unchanged(r, odir, oname, "rename");
		unchanged(r, ndir, nname, "rename");
		return;
	}
	agree(err, efs_node_rename(odir->node, oname, strlen(oname), ndir->node, nname,
				   strlen(nname), flags), "rename");
	same_attr(odir->ti, odir->node, "old parent");
	same_attr(ndir->ti, ndir->node, "new parent");
}

static u64 offset_of(struct run *r, struct handle *h, u32 a, u32 b)
{
	u64 bs = r->fs.dev->block_size, p = bs / 4, size = size_of(h->node);

	switch (a % 8) {
	case 0:
	case 1:
		return size;
	case 2:
		return b % 20000;
	case 3:
		return 10 * bs + b % (4 * bs);
	case 4:
		return (12 + p - 2) * bs + b % (4 * bs);
	case 5:
		return (12 + p + p * p - 1) * bs + b % (2 * bs);
	case 6:
		return b * bs % (1 << 20);
	default:
		return size > b ? size - b : 0;
	}
}

static void write_file(struct run *r, struct handle *h, u64 off, u32 len)
{
	u32 i, seed = ++r->serial * 2654435761u | 1;
	size_t model_done;
	bool armed;
	s64 done;

	for (i = 0; i < len; i += 4) {
		u32 v = efs_test_rand(&seed);

		memcpy(r->data + i, &v, 4);
	}
	fuzz_watch_begin(&r->watch, "write");
	done = vfs_write(h->ti, off, r->data, len);
	fuzz_watch_done(&r->watch, done < 0 ? (int)done : 0);
	armed = r->armed;
	if (was_hit(r, done) || no_room(r, done, "write")) {
		same_attr(h->ti, h->node, "write");
		return;
	}
	if (done < 0) {
		agree(done, efs_node_write(h->node, off, r->data, len, &model_done), "write");
		return;
	}
	if (done < len && !armed)
		no_room(r, -ENOSPC, "short write");
	r->leaks |= done < len && armed;
	agree(0, efs_node_write(h->node, off, r->data, (size_t)done, &model_done), "write");
	agree(done, (s64)model_done, "write");
	same_attr(h->ti, h->node, "write");
}

static void read_file(struct run *r, struct handle *h, u64 off, u32 len)
{
	int err;

	if (!efs_is_reg(&h->ti->core))
		return;
	err = WATCH(&r->watch, vfs_read(h->ti, off, r->data, len));
	if (was_hit(r, err))
		return;
	agree(err, model_read(h->node, off, r->back, len), "read");
	fuzz_check(!memcmp(r->data, r->back, len), "contents differ");
}

static void resize(struct run *r, struct handle *h, u64 size)
{
	int err = WATCH(&r->watch, vfs_resize(h->ti, size));

	/* what was left behind goes at the next attempt */
	if (was_hit(r, err))
		err = WATCH(&r->watch, vfs_resize(h->ti, size));
	agree(err, efs_node_truncate(h->node, size), "resize");
	same_attr(h->ti, h->node, "resize");
}

/* many names of one file, for directories of many blocks */
static void fill(struct run *r, struct handle *dir, struct handle *h, u32 a, u32 n, bool clear)
{
	char name[256];
	u32 i;

	for (i = 0; i < n; i++) {
		memset(name, 'f', sizeof(name));
		name[snprintf(name, sizeof(name), "%u", (a % 8) * 24 + i)] = '-';
		name[a & 8 ? 240 : 60] = '\0';
		if (clear)
			remove_name(r, dir, name, false);
		else
			link_name(r, dir, name, h);
	}
}

/* two writers side by side: each has its window */
static void stream(struct run *r, struct handle *a, struct handle *b, u32 n)
{
	u32 bs = min_t(u32, r->fs.dev->block_size, 4096), i;

	if (!efs_is_reg(&a->ti->core) || !efs_is_reg(&b->ti->core) || a->ti == b->ti)
		return;
	for (i = 0; i < n; i++) {
		write_file(r, a, size_of(a->node), bs);
		write_file(r, b, size_of(b->node), bs);
	}
}

/* ---- the volume as a whole ---- */

static void start(struct run *r)
{
	int err;

	fuzz_watch_start(&r->watch, &r->fs);
	err = efs_test_mount(&r->fs, NULL);
	fuzz_check(!err, "mount: %d, %s", err, efs_code_name(r->fs.why));
	fuzz_watch_mounted(&r->watch);
	err = efs_test_iget(&r->fs, EFS_ROOT_INO, &r->h[0].ti);
	fuzz_check(!err, "root: %d", err);
}

static void stop(struct run *r)
{
	u32 i;

	for (i = 1; i < SLOTS; i++)
		drop(r, i);
	efs_test_iput(r->h[0].ti);
	fuzz_watch_begin(&r->watch, "umount");
	efs_test_umount(&r->fs);
	efs_test_flush(r->fs.dev);
	fuzz_watch_end(&r->watch);
	efs_test_dev_check(r->fs.dev);
}

static void remount(struct run *r)
{
	struct efs_statfs a, b;
	u32 i;

	for (i = 1; i < SLOTS; i++)
		drop(r, i);
	efs_statfs(&r->fs.sb, &a);
	stop(r);
	start(r);
	efs_statfs(&r->fs.sb, &b);
	fuzz_check(a.bfree == b.bfree && a.ffree == b.ffree && a.bavail == b.bavail,
		   "%llu blocks, %llu inodes were free, now %llu, %llu", a.bfree, a.ffree, b.bfree,
		   b.ffree);
	same_all(r);
}

static void one_op(struct run *r, struct fuzz_in *in)
{
	u32 op = fuzz_u8(in) % OP_OPS, s = fuzz_u8(in), n = fuzz_u8(in), a = fuzz_u8(in);
	u32 b = fuzz_u16(in);
	struct handle *h = &r->h[s % SLOTS], *h2 = &r->h[s / SLOTS % SLOTS];
	char name[257], name2[257], target[1100];

	/* names are made in directories: the root stands in for anything else */
	if (!h->ti)
		h = &r->h[0];
	if (!h2->ti)
		h2 = &r->h[0];
	name_of(n, name);
	name_of(a, name2);
	/* these may fail in ways that are not looked at here */
	if (op == OP_SYNC || op == OP_REMOUNT || op == OP_FREEZE || op == OP_READONLY ||
	    op == OP_LIST)
		was_hit(r, 0);
	switch (op) {
	case OP_FAULT:
		r->fs.dev->fail[a % EFS_TEST_FAULTS] = 1 + b % 16;
		r->armed = true;
		return;
	case OP_OPEN:
		open_file(r, h, name, a);
		break;
	case OP_CREATE:
		make(r, h, name, EFS_S_IFREG | 0644, NULL, a);
		break;
	case OP_MKDIR:
		make(r, h, name, EFS_S_IFDIR | 0755, NULL, a);
		break;
	case OP_SYMLINK:
		memset(target, 't', sizeof(target));
		target[1 + b % (sizeof(target) - 2)] = '\0';
		if (b & 0x8000)
			target[58 + b % 4] = '\0';
		make(r, h, name, EFS_S_IFLNK | 0777, target, a);
		break;
	case OP_MKNOD:
		make(r, h, name, (b & 1 ? EFS_S_IFIFO : EFS_S_IFSOCK) | 0600, NULL, a);
		break;
	case OP_LINK:
		link_name(r, h, name, h2);
		break;
	case OP_UNLINK:
		remove_name(r, h, name, false);
		break;
	case OP_RMDIR:
		remove_name(r, h, name, true);
		break;
	case OP_RENAME:
		rename_name(r, h, name, h2, name2, b % 4);
		break;
	case OP_WRITE:
		write_file(r, h, offset_of(r, h, a, b), 1 + b % (a & 8 ? 12000 : 700));
		break;
	case OP_READ:
		read_file(r, h, offset_of(r, h, a, b), 1 + b % 12000);
		break;
	case OP_RESIZE:
		resize(r, h, a & 16 ? 0 : offset_of(r, h, a, b));
		break;
	case OP_SYNC:
		fuzz_check(!WATCH(&r->watch, vfs_sync(&r->fs)), "sync");
		break;
	case OP_REMOUNT:
		remount(r);
		break;
	case OP_FREEZE:
		fuzz_check(!WATCH(&r->watch, vfs_sync(&r->fs)), "sync");
		fuzz_check(!WATCH(&r->watch, efs_freeze(&r->fs.sb)), "freeze");
		fuzz_check(!WATCH(&r->watch, efs_thaw(&r->fs.sb)), "thaw");
		break;
	case OP_DROP:
		drop(r, 1 + a % (SLOTS - 1));
		break;
	case OP_LIST:
		if (efs_is_dir(&h->ti->core) && !h->node->dead)
			same_dir(r, h->ti, h->node);
		break;
	case OP_STREAM:
		stream(r, h, h2, 1 + b % 24);
		break;
	case OP_FILL:
		fill(r, h, h2, a, b % 24, false);
		break;
	case OP_CLEAR:
		fill(r, h, h2, a, b % 24, true);
		break;
	case OP_READONLY:
		fuzz_check(!WATCH(&r->watch, vfs_sync(&r->fs)), "sync");
		fuzz_check(!WATCH(&r->watch, efs_mark_ro(&r->fs.sb)), "remount ro");
		fuzz_check(vfs_unlink(r->h[0].ti, "lost+found") == -EROFS, "not read-only");
		fuzz_check(!WATCH(&r->watch, efs_mark_rw(&r->fs.sb)), "remount rw");
		break;
	}
	was_hit(r, 0);
}

/* ---- the input ---- */

static void set_up(struct run *r, struct fuzz_in *in)
{
	const struct efs_test_mkfs *v = &volumes[fuzz_u8(in) % ARRAY_SIZE(volumes)];
	u32 flags = fuzz_u8(in), seed = fuzz_u16(in);
	struct efs_memfs_opts o = { .target_max = v->block_size - 1 };
	struct efs_new lost = {};
	struct efs_test_inode *ti;
	struct efs_node *node;

	r->fs.test = fuzz_test();
	r->fs.dev = efs_test_dev_new(r->fs.test, v->block_size, (u64)v->blocks * v->block_size);
	r->fs.dev->rand ^= seed;
	efs_test_format(r->fs.dev, v);
	r->privileged = flags & 1;
	r->fs.sb.port.privileged = r->privileged;
	r->fs.sb.port.sync = flags & 2;
	start(r);
	o.size_max = r->fs.sb.geo.max_size;
	fuzz_check(!efs_memfs_new(&o, &r->model) && !efs_fs_root(r->model, &r->h[0].node), "model");
	r->h[0].node->user = EFS_ROOT_INO;
	/* the formatter's */
	fuzz_check(!vfs_lookup(r->h[0].ti, "lost+found", &ti), "lost+found");
	lost.mode = ti->attr.mode;
	fuzz_check(!efs_node_create(r->h[0].node, "lost+found", 10, &lost, &node), "lost+found");
	node->user = ti->core.ino;
	efs_node_put(node);
	efs_test_iput(ti);
}

/* after the unmount: what lies on the device */
static void judge(struct run *r, u32 hash)
{
	struct efs_test_dev *dev = r->fs.dev;
	u8 *img = efs_test_zalloc(dev->bytes);
	struct fuzz_map map;

	efs_test_dev_read(dev, 0, img, dev->bytes);
	fuzz_check(fuzz_check_image(img, dev->bytes, r->leaks ? FUZZ_MAY_LEAK : 0, &map), "%s",
		   map.error);
	fuzz_map_free(&map);
	free(img);
	if (r->leaks || (hash % 64 && !getenv("EFS_FUZZ_FSCK")))
		return;
	fuzz_quiet(true);
	fuzz_check(!efs_test_fsck(dev), "e2fsck is not content");
	fuzz_quiet(false);
}

/* nobody else gets at the blocks kept for the privileged */
static void checked_op(struct run *r, struct fuzz_in *in)
{
	struct efs_statfs a, b;

	efs_statfs(&r->fs.sb, &a);
	one_op(r, in);
	efs_statfs(&r->fs.sb, &b);
	if (!r->privileged)
		fuzz_check(b.bfree >= min_t(u64, a.bfree, r->fs.sb.geo.r_blocks),
			   "%llu blocks are free, %u are reserved", b.bfree,
			   r->fs.sb.geo.r_blocks);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct run run;
	struct fuzz_in in = { data, size };
	struct run *r = &run;
	u32 i;

	fuzz_begin();
	memset(r, 0, offsetof(struct run, data));
	running = r;
	set_up(r, &in);
	for (i = 0; in.left && i < OPS; i++)
		checked_op(r, &in);
	was_hit(r, 0);
	same_all(r);
	efs_test_counts(&r->fs, NULL);
	stop(r);
	judge(r, fuzz_hash(data, size));
	efs_node_put(r->h[0].node);
	fuzz_check(!efs_fs_unmount(r->model) && !efs_test_nosb.live, "the model leaks");
	efs_test_dev_free(r->fs.dev);
	return 0;
}

/* ---- mutation ---- */

static void make_op(u8 *rec, u32 *seed)
{
	static const u8 ops[] = {
		OP_OPEN, OP_OPEN, OP_OPEN, OP_CREATE, OP_CREATE, OP_CREATE, OP_MKDIR, OP_MKDIR,
		OP_SYMLINK, OP_MKNOD, OP_LINK, OP_UNLINK, OP_UNLINK, OP_RMDIR, OP_RENAME,
		OP_RENAME, OP_RENAME, OP_WRITE, OP_WRITE, OP_WRITE, OP_READ, OP_RESIZE, OP_RESIZE,
		OP_SYNC, OP_REMOUNT, OP_FREEZE, OP_DROP, OP_LIST, OP_STREAM, OP_FILL, OP_CLEAR,
		OP_READONLY, OP_FAULT, OP_FAULT,
	};
	u32 i;

	for (i = 0; i < OP_LEN; i++)
		rec[i] = (u8)(efs_test_rand(seed) >> 8);
	rec[0] = ops[rec[0] % ARRAY_SIZE(ops)];
	/* few names, so that they meet, and often the root */
	if (efs_test_rand(seed) % 4) {
		rec[2] %= 4;
		rec[3] %= 8;
	}
	if (efs_test_rand(seed) % 2)
		rec[1] %= 3;
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed32)
{
	u32 seed = seed32 | 1, r = efs_test_rand(&seed), n, i;
	u8 ops[(OPS + 1) * OP_LEN];

	if (max < HEADER + OP_LEN)
		return LLVMFuzzerMutate(data, size, max);
	if (size < HEADER) {
		memset(data + size, 0, HEADER - size);
		size = HEADER;
	}
	switch (r % 16) {
	case 0:
		return LLVMFuzzerMutate(data, size, max);
	case 1:
		data[r >> 8 & 3] = (u8)(r >> 16);
		return size;
	}
	n = min_t(u32, (size - HEADER) / OP_LEN, OPS);
	memcpy(ops, data + HEADER, n * OP_LEN);
	for (i = 0; i < 1 + (r >> 8) % 3; i++)
		n = fuzz_records_mutate(ops, n, min_t(u32, OPS, (max - HEADER) / OP_LEN), OP_LEN,
					make_op, &seed);
	memcpy(data + HEADER, ops, n * OP_LEN);
	return HEADER + n * OP_LEN;
}
