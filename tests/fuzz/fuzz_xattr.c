// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes attribute blocks, tails of inodes, and what is done with them.
 *
 *	byte	0	1: no tail (128-byte inodes), 2: blocks of 4 KiB, 4: hashes and head are put
 *			right, 8: another file shares the block, 16: synchronous, 32: the block's
 *			bytes are repeated to its end, 64: something fails (an operation says what)
 *		1	how many operations, 4 bytes each: what and whose, which name, size
 *	then the operations, the bytes of the tail (if there is one), those of the block
 *
 * First the pure layer alone, on memory of exactly the size: what it accepts must be as a
 * second reader, as plain as can be, says; a copy of it must hold the same. Then the bytes
 * are put under a mounted volume, beside a model of a few names, which holds once both
 * places were found sound; with the rules of watch.c around every call.
 */
#include <stdlib.h>
#include "fuzz.h"

#define OPS	24
#define TAIL	96	/* behind the fields of an inode of 256 bytes */
#define FILES	2
#define VALUE	5000

static const char *const names[] = {
	"user.a", "user.b", "user.bb", "trusted.a", "security.long name of an attribute",
	"system.posix_acl_access", "user.\xe4", "gnu.g",
};

#define NAMES ARRAY_SIZE(names)

/* ---- the pure layer ---- */

static u32 get16(const u8 *p)
{
	return p[0] | p[1] << 8;
}

static u32 get32(const u8 *p)
{
	return get16(p) | get16(p + 2) << 16;
}

/* what was accepted, by somebody who knows offsets alone; bit by bit, who has which byte */
static void second_reader(const u8 *base, u32 size, u32 first, bool block)
{
	u8 *used = efs_test_zalloc(size);
	u32 pos, i, end;

	for (pos = first; get32(base + pos); pos += (16 + base[pos] + 3) & ~3u)
		fuzz_check(pos + ((16 + base[pos] + 3) & ~3u) + 4 <= size && base[pos + 1] &&
			   !get32(base + pos + 4), "accepted, but broken at %u", pos);
	end = pos + 4;
	memset(used, 1, end);
	for (pos = first; get32(base + pos); pos += (16 + base[pos] + 3) & ~3u) {
		u32 n = get32(base + pos + 8), at = get16(base + pos + 2);

		fuzz_check(!n || (at >= end && at <= size && n <= size - at), "value at %u", pos);
		for (i = 0; i < ((n + 3) & ~3u); i++) {
			fuzz_check(at + i < size && !used[at + i], "value of %u overlaps", pos);
			used[at + i] = 1;
		}
	}
	efs_test_mfree(used);
}

static enum efs_code open_place(const struct efs_geo *geo, u8 *mem, u32 size, bool block,
				struct efs_ea *ea, u32 *off)
{
	return block ? efs_ea_open_block(geo, mem, ea, off) : efs_ea_open_body(mem, size, ea, off);
}

static void check_place(const struct efs_geo *geo, const u8 *bytes, u32 size, bool block)
{
	u8 *mem = efs_test_zalloc(size), *to = efs_test_zalloc(size);
	struct efs_ea ea, copy;
	enum efs_code code;
	u32 off = 0, pos;

	memcpy(mem, bytes, size);
	code = open_place(geo, mem, size, block, &ea, &off);
	fuzz_check((u32)code < EFS_C_MAX && off < size, "code %u, offset %u", code, off);
	if (!code && ea.size && (block || get32(mem) == EFS_XATTR_MAGIC)) {
		second_reader(ea.base, ea.size, ea.first, block);
		if (block)
			efs_ea_new_block(geo, to, &copy);
		else
			efs_ea_new_body(to, size, &copy);
		efs_ea_copy(&copy, &ea, EFS_EA_NONE);
		if (block)
			efs_ea_seal(&copy);
		fuzz_check(copy.end == ea.end, "a copy ends at %u, not at %u", copy.end, ea.end);
		code = open_place(geo, to, size, block, &copy, &off);
		fuzz_check(!code, "a copy is bad: %s", efs_code_name(code));
		for (pos = ea.first; pos < ea.end; pos = efs_ea_next(&ea, pos)) {
			const struct efs_dxattr_entry *e = efs_ea_at(&ea, pos);
			const u8 *v, *w;
			u32 n, m, at;

			at = efs_ea_find(&copy, e->e_name_index, e->e_name, e->e_name_len);
			fuzz_check(at != EFS_EA_NONE, "the copy lost %u", pos);
			v = efs_ea_value(&ea, pos, &n);
			w = efs_ea_value(&copy, at, &m);
			fuzz_check(n == m && !memcmp(v, w, n), "the copy changed %u", pos);
		}
	}
	efs_test_mfree(to);
	efs_test_mfree(mem);
}

/* make head and hashes what they should be, as far as entries lead there */
static void mend(u8 *base, u32 size, u32 first, bool block)
{
	u32 pos, next, i, hash;

	for (pos = first; pos + 20 <= size && get32(base + pos); pos = next) {
		u32 n = get32(base + pos + 8), at = get16(base + pos + 2);
		__le32 out;

		next = pos + ((16 + base[pos] + 3) & ~3u);
		if (next + 4 > size)
			break;
		memset(base + pos + 4, 0, 4);
		hash = 0;
		for (i = 0; i < base[pos]; i++)
			hash = (hash << 5 | hash >> 27) ^ base[pos + 16 + i];
		if (at > size || n > size || ((n + 3) & ~3u) > size - at)
			n = 0;
		for (i = 0; i < n; i += 4)
			hash = (hash << 16 | hash >> 16) ^ get32(base + at + i);
		out = cpu_to_le32(block ? hash : 0);
		memcpy(base + pos + 12, &out, 4);
	}
}

/* ---- the engine ---- */

/**
 * struct run - a volume with two files, and what is known of them
 * @lies: both have the block, which says that it has one user
 * @sound: the model holds
 * @size: of values, -1: not there
 */
struct run {
	struct efs_test_fs *fs;
	struct fuzz_watch watch;
	struct efs_test_inode *ti[FILES];
	bool lies, sound[FILES];
	s32 size[FILES][NAMES];
	u8 *value[FILES][NAMES];
};

static struct efs_ea_name name_of(u32 n)
{
	struct efs_ea_name name = { .index = 0 };
	u32 skip = 0;

	efs_ea_parse(names[n], strlen(names[n]), &name.index, &skip);
	name.rest = names[n] + skip;
	name.len = (u32)strlen(names[n]) - skip;
	return name;
}

static void forget(struct run *r, u32 f, u32 n)
{
	free(r->value[f][n]);
	r->value[f][n] = NULL;
	r->size[f][n] = -1;
}

/* what is there now is what shall be there */
static void learn(struct run *r, u32 f)
{
	static u8 buf[65536];
	size_t done;
	u32 n;
	int err;

	r->sound[f] = !r->lies;
	for (n = 0; n < NAMES; n++) {
		struct efs_ea_name name = name_of(n);

		forget(r, f, n);
		err = WATCH(&r->watch, efs_ea_get(&r->ti[f]->core, &name, buf, sizeof(buf), &done));
		if (err && err != -ENODATA)
			r->sound[f] = false;
		if (err)
			continue;
		r->size[f][n] = (s32)done;
		r->value[f][n] = efs_test_zalloc(done + 1);
		memcpy(r->value[f][n], buf, done);
	}
}

static void compare(struct run *r, u32 f, u32 n)
{
	static u8 buf[65536];
	struct efs_ea_name name = name_of(n);
	size_t done;
	int err = WATCH(&r->watch, efs_ea_get(&r->ti[f]->core, &name, buf, sizeof(buf), &done));

	if (!r->sound[f] || err == -EIO || err == -ENOMEM)
		return;
	fuzz_check(err == (r->size[f][n] < 0 ? -ENODATA : 0), "%s: %d", names[n], err);
	fuzz_check(err || (done == (size_t)r->size[f][n] && !memcmp(buf, r->value[f][n], done)),
		   "%s: another value", names[n]);
}

static void list(struct run *r, u32 f, u32 size)
{
	char *buf = efs_test_zalloc(size + 1);
	size_t done, at;
	int err = WATCH(&r->watch, efs_ea_list(&r->ti[f]->core, buf, size, &done));

	if (!err && size)
		for (at = 0; at < done; at += strlen(buf + at) + 1)
			fuzz_check(buf[at], "an empty name");
	fuzz_check(err != -ERANGE || done > size, "%zu bytes of names do not fit %u", done, size);
	efs_test_mfree(buf);
}

static void change(struct run *r, u32 f, u32 n, u32 size, u32 flags, u8 fill, bool remove)
{
	struct efs_ea_name name = name_of(n);
	u8 *value = efs_test_zalloc(size + 1);
	s32 had = r->size[f][n];
	int err;

	memset(value, fill, size);
	r->watch.attrs = true;
	err = WATCH(&r->watch, efs_ea_set(&r->ti[f]->core, &name, remove ? NULL : value, size,
					  flags));
	r->watch.attrs = false;
	if (r->sound[f]) {
		fuzz_check(err != -EUCLEAN, "%s was found bad", names[n]);
		fuzz_check((err == -EEXIST) == (had >= 0 && flags & EFS_XATTR_CREATE &&
						(remove || size <= r->fs->sb.geo.block_size)) ||
			   err == -EIO || err == -ENOMEM, "%s: %d", names[n], err);
	}
	if (!err) {
		forget(r, f, n);
		r->value[f][n] = value;
		r->size[f][n] = remove ? -1 : (s32)size;
	} else {
		efs_test_mfree(value);
		/* a block that could not be read or written may have been left behind */
		if (err == -EIO || err == -ENOMEM)
			learn(r, f);
	}
	if (!err && remove)
		r->size[f][n] = -1;
	compare(r, f, n);
}

static void one_op(struct run *r, struct fuzz_in *in, bool faults)
{
	u32 op = fuzz_u8(in), n = fuzz_u8(in), size = fuzz_u16(in), f = op >> 4 & 1;

	switch (op % 8) {
	case 0:
		list(r, f, size % 2000);
		break;
	case 1:
		compare(r, f, n % NAMES);
		break;
	case 2:
		change(r, f, n % NAMES, 0, size & 3, 0, true);
		break;
	case 3:
		if (faults)
			r->fs->dev->fail[n % EFS_TEST_FAULTS] = 1 + size % 6;
		break;
	case 4:
		change(r, f, n % NAMES, size % VALUE, op >> 5 & 3, (u8)n, false);
		break;
	default:
		change(r, f, n % NAMES, size % 120, op >> 5 & 3, (u8)(n >> 3), false);
	}
}

/* the bytes of tail and block, under inodes that are not in memory */
static void put_bytes(struct run *r, const u8 *tail, const u8 *block, bool shared)
{
	struct efs_test_fs *fs = r->fs;
	struct efs_test_inode *ti;
	u32 f, blk, len, ino, bs = fs->dev->block_size;

	for (f = 0; f < FILES; f++) {
		ti = efs_test_file(fs, f);
		if (!f)
			fuzz_check(!efs_balloc(&ti->core, 0, 1, false, &blk, &len), "no block");
		if (!f || shared) {
			ti->core.file_acl = blk;
			efs_i_sectors_add(&ti->core, bs / 512);
			efs_i_mark_dirty(&ti->core);
		}
		efs_test_iput(ti);
	}
	efs_test_sync(fs);
	efs_test_dev_write(fs->dev, (u64)blk << fs->dev->block_bits, block, bs);
	if (fs->sb.geo.inode_size == EFS_INODE_SIZE_REV0)
		return;
	ino = efs_test_file_ino(0);
	efs_test_dev_write(fs->dev, ((u64)fs->sb.groups[0].inode_table << fs->dev->block_bits) +
			   (ino - 1) * 256 + 256 - TAIL, tail, TAIL);
}

static void open_files(struct run *r)
{
	u32 f;

	for (f = 0; f < FILES; f++)
		r->ti[f] = efs_test_file(r->fs, f);
}

static void close_files(struct run *r)
{
	u32 f;

	for (f = 0; f < FILES; f++) {
		fuzz_watch_begin(&r->watch, "put");
		efs_test_iput(r->ti[f]);
		fuzz_watch_done(&r->watch, 0);
	}
}

static void script(struct fuzz_in *in, u32 ops, u32 options, const u8 *tail, const u8 *block)
{
	const struct efs_test_mkfs m = {
		.block_size = options & 2 ? 4096 : 1024, .blocks = 400, .ipg = 64,
		.inode_size = options & 1 ? 128 : 256, .files = FILES,
	};
	struct kunit *test = fuzz_test();
	struct run r = { .lies = options & 8 && get32(block + 4) == 1 };
	u32 f, n;

	memset(r.size, 0xff, sizeof(r.size));
	r.fs = efs_test_begin(test, &m);
	put_bytes(&r, tail, block, options & 8);
	efs_test_umount(r.fs);
	r.fs->sb.port.sync = options & 16;
	fuzz_watch_start(&r.watch, r.fs);
	fuzz_check(!efs_test_mount(r.fs, NULL), "mount");
	fuzz_watch_mounted(&r.watch);
	open_files(&r);
	r.watch.bufs = r.fs->dev->live_bufs;
	for (f = 0; f < FILES; f++)
		learn(&r, f);
	for (n = 0; n < ops; n++) {
		one_op(&r, in, options & 64);
		/* what one changes, the other does not see */
		compare(&r, n % FILES, n % NAMES);
	}
	memset(r.fs->dev->fail, 0, sizeof(r.fs->dev->fail));
	close_files(&r);
	open_files(&r);
	for (f = 0; f < FILES; f++) {
		for (n = 0; n < NAMES; n++) {
			compare(&r, f, n);
			forget(&r, f, n);
		}
	}
	close_files(&r);
	efs_test_umount(r.fs);
	efs_test_flush(r.fs->dev);
	fuzz_watch_end(&r.watch);
	efs_test_reports_clear(r.fs->dev);
	efs_test_dev_check(r.fs->dev);
	efs_test_exit(test);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_in in = { data, size }, after;
	u32 options = fuzz_u8(&in), ops = fuzz_u8(&in) % (OPS + 1), i;
	u32 bs = options & 2 ? 4096 : 1024;
	struct efs_geo geo = { .block_size = bs };
	struct efs_dxattr_header *h;
	u8 tail[TAIL] = { 0 }, *block;
	size_t n;

	fuzz_begin();
	after = in;
	n = min_t(size_t, after.left, ops * 4);
	after.p += n;
	after.left -= n;
	n = options & 1 ? 0 : min_t(size_t, after.left, TAIL);
	memcpy(tail, after.p, n);
	after.p += n;
	after.left -= n;
	block = efs_test_zalloc(bs);
	n = min_t(size_t, after.left, bs);
	memcpy(block, after.p, n);
	if (options & 32 && n)
		for (i = n; i < bs; i++)
			block[i] = block[i - n];
	if (options & 4) {
		h = (struct efs_dxattr_header *)block;
		h->h_magic = cpu_to_le32(EFS_XATTR_MAGIC);
		h->h_blocks = cpu_to_le32(1);
		h->h_refcount = cpu_to_le32(options & 8 ? 2 : 1);
		mend(block, bs, sizeof(*h), true);
		memcpy(tail, "\0\0\2\xea", 4);
		mend(tail + 4, TAIL - 4, 0, false);
	}
	check_place(&geo, block, bs, true);
	for (i = 4; i <= TAIL; i += 4)
		check_place(&geo, tail, i, false);
	script(&in, ops, options, tail, block);
	efs_test_mfree(block);
	return 0;
}
