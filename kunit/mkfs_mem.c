// SPDX-License-Identifier: GPL-2.0
/*
 * The tests' own formatter: an empty ext2 as a function from block number to contents.
 *
 * It serves where mke2fs is not at hand (in the kernel), where mke2fs refuses a legal
 * geometry, and for volumes too large to write: nothing is stored, the device asks for
 * a block's contents when somebody reads it. It shares no code with the core, so the
 * two check each other; e2fsck judges both (mkfs_test.c).
 *
 * Layout of a group: superblock copy, descriptors, block bitmap, inode bitmap, inode
 * table. Group 0 goes on with the root directory's block and that of lost+found.
 */
#include <stdio.h>
#include "mem_port.h"

#define LOST_FOUND_INO	11
#define FIRST_FILE_INO	12

struct layout {
	struct efs_test_mkfs m;
	u32 first, groups, isize, ipb, itable, dpb, gdt, old_gdt;
	u32 root_blk;
	u32 now;
};

u32 efs_test_file_ino(u32 n)
{
	return FIRST_FILE_INO + n;
}

static bool power_of(u32 n, u32 base)
{
	while (n > 1 && n % base == 0)
		n /= base;
	return n == 1;
}

static bool has_super(const struct layout *l, u32 g)
{
	if (l->m.rev0 || l->m.no_sparse || g <= 1)
		return true;
	return power_of(g, 3) || power_of(g, 5) || power_of(g, 7);
}

static u32 group_start(const struct layout *l, u32 g)
{
	return l->first + g * l->m.bpg;
}

static u32 group_len(const struct layout *l, u32 g)
{
	return min_t(u32, l->m.bpg, l->m.blocks - group_start(l, g));
}

/* blocks of descriptors in group @g; @n: number of the first one */
static u32 group_gdt(const struct layout *l, u32 g, u32 *n)
{
	u32 mg = g / l->dpb;

	*n = 0;
	if (!l->m.meta_bg || mg < l->m.first_meta_bg)
		return has_super(l, g) ? l->old_gdt : 0;
	*n = mg;
	return g % l->dpb <= 1 || g % l->dpb == l->dpb - 1;
}

static u32 base_len(const struct layout *l, u32 g)
{
	u32 n;

	return has_super(l, g) + group_gdt(l, g, &n);
}

/* blocks in use at the start of a group */
static u32 group_used(const struct layout *l, u32 g)
{
	return base_len(l, g) + 2 + l->itable + (g ? 0 : 2);
}

static u32 inodes_used(const struct layout *l, u32 g)
{
	return g ? 0 : LOST_FOUND_INO + l->m.files;
}

static void fill_super(const struct layout *l, u32 g, struct efs_dsuper *ds)
{
	u32 free = 0, i;

	for (i = 0; i < l->groups; i++)
		free += group_len(l, i) - group_used(l, i);
	ds->s_inodes_count = cpu_to_le32(l->groups * l->m.ipg);
	ds->s_blocks_count = cpu_to_le32(l->m.blocks);
	ds->s_r_blocks_count = cpu_to_le32(l->m.r_blocks);
	ds->s_free_blocks_count = cpu_to_le32(free);
	ds->s_free_inodes_count = cpu_to_le32(l->groups * l->m.ipg - inodes_used(l, 0));
	ds->s_first_data_block = cpu_to_le32(l->first);
	ds->s_log_block_size = cpu_to_le32(efs_ctz64(l->m.block_size) - 10);
	ds->s_log_frag_size = ds->s_log_block_size;
	ds->s_blocks_per_group = cpu_to_le32(l->m.bpg);
	ds->s_frags_per_group = cpu_to_le32(l->m.bpg);
	ds->s_inodes_per_group = cpu_to_le32(l->m.ipg);
	ds->s_wtime = cpu_to_le32(l->now);
	ds->s_max_mnt_count = cpu_to_le16(0xffff);
	ds->s_magic = cpu_to_le16(EFS_MAGIC);
	ds->s_state = cpu_to_le16(EFS_STATE_VALID);
	ds->s_errors = cpu_to_le16(EFS_ERRORS_CONTINUE);
	ds->s_lastcheck = cpu_to_le32(l->now);
	if (l->m.rev0)
		return;
	ds->s_rev_level = cpu_to_le32(EFS_REV_DYNAMIC);
	ds->s_first_ino = cpu_to_le32(EFS_FIRST_INO_REV0);
	ds->s_inode_size = cpu_to_le16(l->isize);
	ds->s_block_group_nr = cpu_to_le16(g);
	ds->s_feature_incompat = cpu_to_le32((l->m.no_filetype ? 0 : EFS_INCOMPAT_FILETYPE) |
					     (l->m.meta_bg ? EFS_INCOMPAT_META_BG : 0));
	ds->s_feature_ro_compat =
		cpu_to_le32((l->m.no_sparse ? 0 : EFS_RO_COMPAT_SPARSE_SUPER) |
			    (l->m.large_file ? EFS_RO_COMPAT_LARGE_FILE : 0));
	for (i = 0; i < 16; i++)
		ds->s_uuid[i] = 0xa0 + i;
	ds->s_first_meta_bg = cpu_to_le32(l->m.first_meta_bg);
	ds->s_mkfs_time = cpu_to_le32(l->now);
	if (l->isize > EFS_INODE_SIZE_REV0) {
		ds->s_min_extra_isize = cpu_to_le16(EFS_EXTRA_ISIZE);
		ds->s_want_extra_isize = cpu_to_le16(EFS_EXTRA_ISIZE);
	}
}

/* descriptor block @n */
static void fill_gdt(const struct layout *l, u32 n, struct efs_dgroup *gd)
{
	u32 g = n * l->dpb, end = min_t(u32, g + l->dpb, l->groups);

	for (; g < end; g++, gd++) {
		u32 at = group_start(l, g) + base_len(l, g);

		gd->bg_block_bitmap = cpu_to_le32(at);
		gd->bg_inode_bitmap = cpu_to_le32(at + 1);
		gd->bg_inode_table = cpu_to_le32(at + 2);
		gd->bg_free_blocks_count = cpu_to_le16(group_len(l, g) - group_used(l, g));
		gd->bg_free_inodes_count = cpu_to_le16(l->m.ipg - inodes_used(l, g));
		gd->bg_used_dirs_count = cpu_to_le16(g ? 0 : 2);
	}
}

/* bits [0, used) and everything from @size on */
static void fill_bitmap(const struct layout *l, u8 *map, u32 used, u32 size)
{
	u32 bit;

	for (bit = 0; bit < used; bit++)
		map[bit / 8] |= 1 << bit % 8;
	for (bit = size; bit % 8; bit++)
		map[bit / 8] |= 1 << bit % 8;
	memset(map + bit / 8, 0xff, l->m.block_size - bit / 8);
}

static void fill_inode(const struct layout *l, u32 ino, u8 *slot)
{
	struct efs_dinode *di = (struct efs_dinode *)slot;
	bool dir = ino == EFS_ROOT_INO || ino == LOST_FOUND_INO;

	if (!dir && (ino < FIRST_FILE_INO || ino >= FIRST_FILE_INO + l->m.files))
		return;
	di->i_mode = cpu_to_le16(ino == EFS_ROOT_INO ? 040755 : dir ? 040700 : 0100644);
	di->i_links_count = cpu_to_le16(ino == EFS_ROOT_INO ? 3 : dir ? 2 : 1);
	di->i_atime = cpu_to_le32(l->now);
	di->i_ctime = cpu_to_le32(l->now);
	di->i_mtime = cpu_to_le32(l->now);
	if (dir) {
		di->i_size = cpu_to_le32(l->m.block_size);
		di->i_blocks = cpu_to_le32(l->m.block_size / 512);
		di->i_block[0] = cpu_to_le32(l->root_blk + (ino != EFS_ROOT_INO));
	}
	if (l->isize > EFS_INODE_SIZE_REV0)
		di->i_extra_isize = cpu_to_le16(EFS_EXTRA_ISIZE);
}

/* an entry at @off of length @len; 0: to the end of the block */
static u32 fill_entry(const struct layout *l, u8 *blk, u32 off, u32 ino, const char *name,
		      u8 type, u32 len)
{
	struct efs_ddirent *de = (struct efs_ddirent *)(blk + off);

	if (!len)
		len = l->m.block_size - off;
	de->inode = cpu_to_le32(ino);
	de->rec_len = cpu_to_le16(len == 65536 ? 65535 : len);
	de->name_len = strlen(name);
	if (!l->m.rev0 && !l->m.no_filetype)
		de->file_type = type;
	memcpy(de->name, name, de->name_len);
	return off + len;
}

static void fill_root(const struct layout *l, u8 *blk)
{
	u32 n, off;

	off = fill_entry(l, blk, 0, EFS_ROOT_INO, ".", EFS_FT_DIR, 12);
	off = fill_entry(l, blk, off, EFS_ROOT_INO, "..", EFS_FT_DIR, 12);
	for (n = 0; n < l->m.files; n++) {
		char name[16];

		snprintf(name, sizeof(name), "f%u", n);
		off = fill_entry(l, blk, off, FIRST_FILE_INO + n, name, EFS_FT_REG, 12);
	}
	fill_entry(l, blk, off, LOST_FOUND_INO, "lost+found", EFS_FT_DIR, 0);
}

static void fill(struct efs_test_dev *dev, u32 blk, u8 *data)
{
	const struct layout *l = dev->fill_arg;
	u32 g, bit, gdt, n;

	if (!blk && l->first)
		return;
	if (blk >= l->m.blocks)
		return;
	g = (blk - l->first) / l->m.bpg;
	bit = blk - group_start(l, g);
	if (has_super(l, g)) {
		if (!bit) {
			fill_super(l, g, (void *)(data + (blk ? 0 : EFS_SUPER_OFFSET)));
			return;
		}
		bit--;
	}
	gdt = group_gdt(l, g, &n);
	if (bit < gdt) {
		fill_gdt(l, n + bit, (void *)data);
		return;
	}
	bit -= gdt;
	if (bit == 0)
		fill_bitmap(l, data, group_used(l, g), group_len(l, g));
	else if (bit == 1)
		fill_bitmap(l, data, inodes_used(l, g), l->m.ipg);
	else if (bit - 2 < l->itable && !g)
		for (n = 0; n < l->ipb; n++)
			fill_inode(l, (bit - 2) * l->ipb + n + 1, data + n * l->isize);
	else if (blk == l->root_blk)
		fill_root(l, data);
	else if (blk == l->root_blk + 1)
		fill_entry(l, data, fill_entry(l, data, 0, LOST_FOUND_INO, ".", EFS_FT_DIR, 12),
			   EFS_ROOT_INO, "..", EFS_FT_DIR, 0);
}

void efs_test_format_each(struct efs_test_dev *dev,
			  void (*fn)(struct efs_test_dev *dev, u32 blk, const u8 *data, void *arg),
			  void *arg)
{
	const struct layout *l = dev->fill_arg;
	u8 *data;
	u32 g;

	if (!l)
		return;
	data = efs_test_zalloc(dev->block_size);
	for (g = 0; g < l->groups; g++) {
		u32 blk = group_start(l, g), end = blk + base_len(l, g) + 2;

		if (!g)
			end = l->root_blk + 2;
		for (; blk < end; blk++) {
			memset(data, 0, dev->block_size);
			fill(dev, blk, data);
			fn(dev, blk, data, arg);
		}
	}
	efs_test_mfree(data);
}

void efs_test_format(struct efs_test_dev *dev, const struct efs_test_mkfs *m)
{
	struct layout *l = efs_test_zalloc(sizeof(*l));
	struct kunit *test = dev->test;
	u32 bs = dev->block_size;

	/* from here on the device owns it */
	efs_test_mfree(dev->fill_arg);
	dev->fill_arg = l;
	dev->fill = fill;

	l->m = *m;
	l->now = dev->now;
	l->m.block_size = bs;
	if (!l->m.blocks)
		l->m.blocks = dev->blocks;
	if (!l->m.bpg)
		l->m.bpg = min_t(u32, 8 * bs, 65528);
	l->isize = m->inode_size ? m->inode_size : m->rev0 ? EFS_INODE_SIZE_REV0 : 256;
	l->ipb = bs / l->isize;
	if (!l->m.ipg) {
		u32 unit = max_t(u32, l->ipb, 8);

		l->m.ipg = max_t(u32, l->m.bpg / 8, LOST_FOUND_INO + l->m.files + 5);
		l->m.ipg = (l->m.ipg + unit - 1) / unit * unit;
	}
	l->itable = (l->m.ipg + l->ipb - 1) / l->ipb;
	l->first = bs == 1024;
	l->groups = (l->m.blocks - l->first - 1) / l->m.bpg + 1;
	l->dpb = bs / sizeof(struct efs_dgroup);
	l->gdt = (l->groups + l->dpb - 1) / l->dpb;
	l->old_gdt = l->m.meta_bg ? l->m.first_meta_bg : l->gdt;
	l->root_blk = group_start(l, 0) + base_len(l, 0) + 2 + l->itable;

	KUNIT_ASSERT_LE(test, l->m.blocks, dev->blocks);
	KUNIT_ASSERT_EQ(test, l->m.bpg % 8, 0);
	KUNIT_ASSERT_LE(test, l->m.bpg, min_t(u32, 8 * bs, 65528));
	KUNIT_ASSERT_EQ(test, l->m.ipg % l->ipb, 0);
	KUNIT_ASSERT_LE(test, l->m.ipg, min_t(u32, 8 * bs, 65535));
	KUNIT_ASSERT_LE(test, inodes_used(l, 0), l->m.ipg);
	KUNIT_ASSERT_LE(test, 12 * 2 + 12 * l->m.files + 20, bs);
	KUNIT_ASSERT_LE(test, group_used(l, 0), group_len(l, 0));
	KUNIT_ASSERT_LE(test, group_used(l, l->groups - 1), group_len(l, l->groups - 1));
	KUNIT_ASSERT_LE(test, base_len(l, 0) + 2 + l->itable, l->m.bpg);
}
