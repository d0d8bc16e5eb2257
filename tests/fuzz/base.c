// SPDX-License-Identifier: GPL-2.0
/*
 * Base images: small sound volumes of all kinds of geometry, each with something of
 * everything: files of every depth of map, a directory with indirect blocks, links of both
 * kinds, special files, an attribute block with two users, gaps where files were.
 *
 * Made by kunit/mkfs_mem.c or mke2fs and filled by the core itself, with a clock that
 * stands still, so that a base is the same bytes each time. Each is made when first asked
 * for, and judged by the check of check.c.
 *
 * Locks: none.
 */
#include <stdio.h>
#include <stdlib.h>
#include "fuzz.h"

/**
 * struct recipe - how to make a base
 * @mke2fs: options; NULL: @m alone, by mkfs_mem.c
 */
static const struct recipe {
	const char *name;
	struct efs_test_mkfs m;
	const char *mke2fs;
} recipes[] = {
	{ "1k", { .block_size = 1024, .blocks = 420, .ipg = 64, .inode_size = 128 } },
	{ "1k-groups", { .block_size = 1024, .blocks = 500, .bpg = 128, .ipg = 32 } },
	{ "1k-rev0", { .block_size = 1024, .blocks = 480, .bpg = 160, .ipg = 32, .rev0 = true } },
	{ "1k-nosparse", { .block_size = 1024, .blocks = 600, .bpg = 120, .ipg = 16,
			   .no_sparse = true, .no_filetype = true } },
	{ "2k", { .block_size = 2048, .blocks = 240, .bpg = 80, .ipg = 32, .inode_size = 512,
		  .large_file = true } },
	{ "4k", { .block_size = 4096, .blocks = 120, .ipg = 64, .large_file = true } },
	{ "64k", { .block_size = 65536, .blocks = 40, .ipg = 512, .large_file = true } },
	{ "1k-metabg", { .block_size = 1024, .blocks = 1101, .bpg = 32, .ipg = 16,
			 .meta_bg = true } },
	{ "1k-mke2fs", { .block_size = 1024, .blocks = 500 },
	  "-N 64 -I 256 -g 256 -O resize_inode,dir_index,ext_attr -E resize=20000" },
	{ "1k-sparse2", { .block_size = 1024, .blocks = 520 },
	  "-N 64 -I 128 -g 256 -O ^resize_inode,sparse_super2" },
	{ "4k-mke2fs", { .block_size = 4096, .blocks = 128 }, "-N 64 -I 256 -O ^resize_inode" },
	{ "16k", { .block_size = 16384, .blocks = 60, .bpg = 24, .ipg = 128 } },
};

const char *const fuzz_base_names[] = {
	"small", "twelve", "single", "double", "triple", "hole", "empty", "fast", "slow", "fifo",
	"chr", "blk", "sock", "acl1", "acl2", "lost+found", "d1", "d1/d2", "d1/d2/d3",
	"d1/d2/d3/file", "d1/hard", "many", "many/0-entry", "none", "d1/none", NULL
};

static struct fuzz_base *bases[ARRAY_SIZE(recipes)];

u32 fuzz_bases(void)
{
	return ARRAY_SIZE(recipes);
}

/* ---- devices over images ---- */

static const u8 *fill_img;
static u64 fill_bytes;

static void fill(struct efs_test_dev *dev, u32 blk, u8 *data)
{
	u64 at = (u64)blk << dev->block_bits;

	if (at < fill_bytes)
		memcpy(data, fill_img + at, min_t(u64, dev->block_size, fill_bytes - at));
}

struct efs_test_dev *fuzz_dev(const u8 *img, u64 bytes, u32 block_size)
{
	struct efs_test_dev *dev = efs_test_dev_new(fuzz_test(), block_size, bytes);

	fill_img = img;
	fill_bytes = bytes;
	dev->fill = fill;
	return dev;
}

/* ---- filling a volume ---- */

static void must(struct efs_test_fs *fs, int err, const char *what)
{
	fuzz_check(!err, "base %s: %s: %d", fs->test->name, what, err);
}

static void file(struct efs_test_fs *fs, struct efs_test_inode *dir, const char *name, u64 off,
		 u32 len)
{
	u8 data[3000];
	struct efs_test_inode *ti;

	memset(data, name[0], sizeof(data));
	must(fs, vfs_make(dir, name, EFS_S_IFREG | 0644, &ti), name);
	if (len)
		must(fs, efs_test_write(ti, off, data, min_t(u32, len, sizeof(data))), name);
	must(fs, efs_test_iput(ti), name);
}

/* one block that two inodes share for their attributes; it takes the place of file data */
static void attributes(struct efs_test_fs *fs, struct efs_test_inode *root)
{
	static const u8 acl[] = { 1, 0, 0, 0, 1, 0, 6, 0, 2, 0, 5, 0, 9, 0, 0, 0, 4, 0, 4, 0,
				  16, 0, 5, 0, 32, 0, 0, 0 };
	const struct efs_ea_name in_tail = { .index = EFS_EA_USER, .len = 4, .rest = "tail" };
	u8 *block = efs_test_zalloc(fs->dev->block_size);
	struct efs_test_inode *a, *b;
	struct efs_ea ea;

	efs_ea_new_block(&fs->sb.geo, block, &ea);
	efs_ea_head(&ea)->h_refcount = cpu_to_le32(2);
	efs_ea_put(&ea, EFS_EA_ACL_ACCESS, "", 0, acl, sizeof(acl));
	efs_ea_put(&ea, EFS_EA_USER, "first", 5, "value", 5);
	efs_ea_put(&ea, EFS_EA_TRUSTED, "empty", 5, "", 0);
	efs_ea_put(&ea, EFS_EA_USER, "long", 4, block, 300);
	efs_ea_seal(&ea);

	file(fs, root, "acl1", 0, 1);
	file(fs, root, "acl2", 0, 0);
	must(fs, vfs_lookup(root, "acl1", &a), "acl1");
	must(fs, vfs_lookup(root, "acl2", &b), "acl2");
	a->core.file_acl = le32_to_cpu(a->core.block[0]);
	a->core.block[0] = 0;
	a->attr.size = 0;
	b->core.file_acl = a->core.file_acl;
	b->attr.sectors = a->attr.sectors;
	efs_test_dev_write(fs->dev, (u64)a->core.file_acl << fs->dev->block_bits, block,
			   fs->dev->block_size);
	efs_test_mfree(block);
	fs->sb.ds->s_feature_compat |= cpu_to_le32(EFS_COMPAT_EXT_ATTR);
	efs_i_mark_dirty(&a->core);
	efs_i_mark_dirty(&b->core);
	if (fs->sb.geo.inode_size > EFS_INODE_SIZE_REV0)
		must(fs, efs_ea_set(&a->core, &in_tail, "12345", 5, 0), "an attribute");
	efs_test_iput(a);
	efs_test_iput(b);
}

/* enough names for indirect blocks of a directory of 1 KiB blocks, and gaps between them */
static void many(struct efs_test_fs *fs, struct efs_test_inode *root)
{
	struct efs_test_inode *dir, *ti;
	u32 bs = fs->dev->block_size, i, n = bs == 1024 ? 70 : 40;
	char name[256];

	must(fs, vfs_make(root, "many", EFS_S_IFDIR | 0755, &dir), "many");
	must(fs, vfs_lookup(root, "small", &ti), "small");
	for (i = 0; i < n; i++) {
		memset(name, 'n', sizeof(name));
		name[snprintf(name, sizeof(name), "%u-entry", i)] = i ? 'x' : '\0';
		name[i % 7 ? 230 : 20] = '\0';
		must(fs, vfs_link(dir, name, ti), name);
		if (i % 9 == 8)
			must(fs, vfs_unlink(dir, name), name);
	}
	efs_test_iput(ti);
	efs_test_iput(dir);
}

static void populate(struct efs_test_fs *fs)
{
	static const char *const dirs[] = { "d1", "d2", "d3" };
	u32 bs = fs->dev->block_size, ptrs = bs / 4, i;
	char target[] = "/somewhere/else/that/needs/more/bytes/than/sixty/to/be/told/in/full/x";
	struct efs_test_inode *root, *dir, *ti;

	must(fs, efs_test_iget(fs, EFS_ROOT_INO, &root), "root");
	file(fs, root, "small", 0, 10);
	file(fs, root, "twelve", 11 * bs, 10);
	file(fs, root, "single", 12 * bs, 2 * bs);
	file(fs, root, "double", (12ull + ptrs + 1) * bs, 100);
	if (bs < 4096)
		file(fs, root, "triple", (12ull + ptrs + (u64)ptrs * ptrs) * bs, 100);
	else
		file(fs, root, "triple", 0, 1);
	file(fs, root, "hole", 5 * bs, 1);
	file(fs, root, "empty", 0, 0);
	must(fs, vfs_symlink(root, "fast", "to", NULL), "fast");
	must(fs, vfs_symlink(root, "slow", target, NULL), "slow");
	must(fs, vfs_make(root, "fifo", EFS_S_IFIFO | 0600, NULL), "fifo");
	must(fs, vfs_make(root, "chr", EFS_S_IFCHR | 0600, &ti), "chr");
	efs_dev_encode(ti->core.block, 1, 3);
	efs_test_iput(ti);
	must(fs, vfs_make(root, "blk", EFS_S_IFBLK | 0600, NULL), "blk");
	must(fs, vfs_make(root, "sock", EFS_S_IFSOCK | 0600, NULL), "sock");
	attributes(fs, root);
	many(fs, root);

	dir = root;
	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		must(fs, vfs_make(dir, dirs[i], EFS_S_IFDIR | 0755, &ti), dirs[i]);
		if (dir != root)
			efs_test_iput(dir);
		dir = ti;
	}
	file(fs, dir, "file", 0, 2 * bs);
	efs_test_iput(dir);
	must(fs, vfs_lookup(root, "d1", &dir), "d1");
	must(fs, vfs_lookup(root, "small", &ti), "small");
	must(fs, vfs_link(dir, "hard", ti), "hard");
	efs_test_iput(ti);
	efs_test_iput(dir);
	efs_test_iput(root);
}

/* ---- what is where ---- */

static void add_entries(struct fuzz_base *b, u32 blk)
{
	u32 bs = b->map.block_size, off, len;

	for (off = 0; off < bs; off += len) {
		u64 at = (u64)blk * bs + off;
		const struct efs_ddirent *de = (const struct efs_ddirent *)(b->img + at);

		len = le16_to_cpu(de->rec_len);
		if (bs == 65536 && (len == 65535 || !len))
			len = 65536;
		b->entries = realloc(b->entries, (b->n_entries + 1) * sizeof(b->entries[0]));
		fuzz_check(b->entries, "no memory");
		b->entries[b->n_entries++] = at;
	}
}

static void index_base(struct fuzz_base *b)
{
	u32 i;

	fuzz_check(fuzz_check_image(b->img, b->bytes, 0, &b->map), "base %s: %s", b->name,
		   b->map.error);
	b->inos = efs_test_zalloc((b->map.inodes + 1) * sizeof(b->inos[0]));
	for (i = 1; i <= b->map.inodes; i++)
		if (b->map.links[i] || i == EFS_RESIZE_INO)
			b->inos[b->n_inos++] = i;
	for (i = 0; i < b->map.blocks; i++)
		if (b->map.kind[i] == FUZZ_DIR)
			add_entries(b, i);
}

static struct fuzz_base *base_make(const struct recipe *r)
{
	struct fuzz_base *b = efs_test_zalloc(sizeof(*b));
	struct kunit *test = fuzz_test();
	struct efs_test_fs *fs;
	char args[256];

	test->name = r->name;
	fs = efs_test_fs_new(test, r->m.block_size, r->m.blocks);
	if (r->mke2fs) {
		/* nothing in an image may depend on when it was made */
		setenv("E2FSPROGS_FAKE_TIME", "1700000000", 1);
		snprintf(args, sizeof(args), "%s%s -r 1 -U a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf",
			 r->mke2fs, strstr(r->mke2fs, "-E ") ?
			 ",hash_seed=a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf" :
			 " -E hash_seed=a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf");
		fuzz_quiet(true);
		efs_test_mkfs(fs->dev, args);
		fuzz_quiet(false);
		unsetenv("E2FSPROGS_FAKE_TIME");
	} else {
		efs_test_format(fs->dev, &r->m);
	}
	must(fs, efs_test_mount(fs, NULL), "mount");
	populate(fs);
	efs_test_umount(fs);
	efs_test_flush(fs->dev);
	efs_test_dev_check(fs->dev);
	b->name = r->name;
	b->bytes = fs->dev->bytes;
	b->img = efs_test_zalloc(b->bytes);
	efs_test_dev_read(fs->dev, 0, b->img, b->bytes);
	efs_test_exit(test);
	index_base(b);
	return b;
}

const struct fuzz_base *fuzz_base_get(u32 n)
{
	n %= ARRAY_SIZE(recipes);
	if (!bases[n])
		bases[n] = base_make(&recipes[n]);
	return bases[n];
}
