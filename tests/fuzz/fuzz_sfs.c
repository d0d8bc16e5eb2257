// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes volumes of the Simple File System (core/unix/sfs.c).
 *
 *	byte	0	1: the checksum of the superblock is put right, 2: blocks of 128 bytes,
 *			4: the volume is full of index, 8: a read or an allocation fails,
 *			16: marker and identifier are as they must be
 *		1, 2	a byte of the superblock, counted from its first field, and what it becomes
 *		3	which read or allocation
 *	then the index
 *
 * What is mounted is walked through: each name leads by its path to the file that listing
 * shows, its parent is where it was found, numbers are different, all of it ends, reads stay
 * on the device, and nothing leaks.
 */
#include <stdlib.h>
#include "fuzz.h"
#include "../../core/unix/sfs.h"
#include "../../core/unix/walk.h"
#include "../../kunit/mksfs.h"

#define BYTES	16384u
#define DEEP	200
#define NAMES	(BYTES / 64 + 2)

static u8 img[BYTES];
static u32 reads, fail_at;

static int read_img(void *ctx, u64 off, void *buf, size_t len)
{
	fuzz_check(len && off <= BYTES && len <= BYTES - off, "%zu bytes at %llu", len,
		   (unsigned long long)off);
	if (++reads == fail_at)
		return -EIO;
	memcpy(buf, img + off, len);
	return 0;
}

static void make_volume(struct fuzz_in *in)
{
	u32 flags = fuzz_u8(in), at = fuzz_u8(in) % 42, value = fuzz_u8(in);
	u32 bits = flags & 2 ? 7 : 9, n;
	struct mksfs m;

	fuzz_u8(in);
	memset(img, 0x5a, sizeof(img));
	memset(img, 0, 512);
	mksfs_begin(&m, img, BYTES, bits, 512 >> bits ? 512 >> bits : 1, "fuzz", 0);
	n = (u32)min_t(size_t, (in->left + 63) / 64, BYTES / 64 - 20);
	if (flags & 4)
		n = BYTES / 64 - 20;
	n = max_t(u32, n, 2);
	m.next = flags & 4 ? m.reserved : m.reserved + 8;
	if (!mksfs_entry(&m, 0x10, n - 2))
		fuzz_fail("%u entries do not fit", n);
	mksfs_end(&m, 0);
	memcpy(img + BYTES - n * 64, in->p, min_t(size_t, in->left, n * 64));
	if (flags & 16) {
		img[BYTES - n * 64] = 2;
		img[BYTES - 64] = 1;
	}
	if (at || value)
		img[0x194 + at] = (u8)value;
	if (flags & 1)
		mksfs_checksum(img);
}

/* a name is what a listing says, by its path too */
static void check_name(struct efs_fs *fs, struct efs_node *dir, const struct efs_entry *e,
		       struct efs_node **out)
{
	struct efs_node *up;
	struct efs_stat st;

	fuzz_check(e->len && e->len == strlen(e->name) && !memchr(e->name, '/', e->len),
		   "a name of %u bytes", e->len);
	fuzz_check(!efs_node_lookup(dir, e->name, e->len, out), "%s is listed only", e->name);
	efs_node_stat(*out, &st);
	fuzz_check(st.ino == e->ino && (st.mode & EFS_S_IFMT) == e->type, "%s is another one",
		   e->name);
	fuzz_check(st.size < 1ull << 32 || e->type == EFS_S_IFREG, "%s", e->name);
	if (efs_node_is_dir(*out)) {
		fuzz_check(!efs_node_lookup(*out, "..", 2, &up), "no parent");
		fuzz_check(up == dir, "%s has another parent", e->name);
		efs_node_put(up);
	}
}

static void read_some(struct efs_node *node)
{
	u8 buf[700];
	struct efs_stat st;
	size_t done;
	int err;

	efs_node_stat(node, &st);
	err = efs_node_read(node, st.size / 3, buf, sizeof(buf), &done);
	fuzz_check(!err || err == -EUCLEAN || err == -EIO, "reading says %d", err);
	fuzz_check(done <= sizeof(buf) && done <= st.size - st.size / 3, "%zu bytes", done);
}

static void look_at_all(struct efs_fs *fs)
{
	struct efs_node *dir[DEEP], *node;
	struct efs_dirpos pos[DEEP];
	bool seen[NAMES] = { false };
	u32 depth = 1, n, all = 0;
	struct efs_entry e;

	fuzz_check(!efs_fs_root(fs, &dir[0]), "no root");
	memset(&pos[0], 0, sizeof(pos[0]));
	while (depth) {
		fuzz_check(!efs_node_readdir(dir[depth - 1], &pos[depth - 1], &e, 1, &n), "list");
		if (!n) {
			efs_node_put(dir[--depth]);
			continue;
		}
		if (pos[depth - 1].pos <= 2)
			continue;
		check_name(fs, dir[depth - 1], &e, &node);
		fuzz_check(e.ino > 1 && e.ino < NAMES && !seen[e.ino], "number %llu",
			   (unsigned long long)e.ino);
		seen[e.ino] = true;
		all++;
		if (!efs_node_is_dir(node)) {
			read_some(node);
			efs_node_put(node);
			continue;
		}
		fuzz_check(depth < DEEP, "%u directories in each other", depth);
		dir[depth] = node;
		memset(&pos[depth++], 0, sizeof(pos[0]));
	}
	fuzz_check(all == efs_sfs_problems(fs, EFS_SFS_OK), "%u of %u names", all,
		   efs_sfs_problems(fs, EFS_SFS_OK));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct efs_sfs_opts o = { .bytes = BYTES, .read = read_img };
	enum efs_sfs_code why = EFS_SFS_CODES_MAX;
	struct efs_sb sb = { .port.dev = efs_test_dev_new(fuzz_test(), 1024, 65536) };
	struct efs_fs *fs;
	u32 fail = size > 3 && data[0] & 8 ? 1 + data[3] : 0;
	int err;

	fuzz_begin();
	make_volume(&in);
	reads = 0;
	fail_at = fail & 1 ? 1 + fail / 2 : 0;
	sb.port.dev->fail[EFS_TEST_ALLOC] = fail & 1 ? 0 : fail / 2;
	err = efs_sfs_new(&sb, &o, &fs, &why);
	sb.port.dev->fail[EFS_TEST_ALLOC] = 0;
	fail_at = 0;
	if (err == -EINVAL || err == -EUCLEAN) {
		fuzz_check(why > EFS_SFS_OK && why < EFS_SFS_CODES_MAX, "refused, code %u", why);
	} else if (err) {
		fuzz_check(fail && (err == -EIO || err == -ENOMEM), "mount says %d", err);
	} else {
		look_at_all(fs);
		fuzz_check(!efs_fs_unmount(fs), "busy");
	}
	efs_test_dev_check(sb.port.dev);
	efs_test_dev_free(sb.port.dev);
	return 0;
}
