// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The superblock, and where each group keeps its metadata.
 *
 * efs_super_parse() accepts a superblock only if every number the rest of the core
 * derives from it is in range, so nobody below needs to check geometry again. What
 * is legal follows linux/fs/ext2/super.c; where that trusts the disk, e2fsprogs
 * (lib/ext2fs/openfs.c, e2fsck/super.c) decides. Nothing here takes time in
 * proportion to the number of groups: that number is hostile, too.
 *
 * A group is laid out as
 *
 *   [superblock copy] [descriptors] [reserve]    "base", in groups that have it
 *   block bitmap, inode bitmap, inode table      anywhere behind it
 *   data                                         the rest
 *
 * and without FLEX_BG, which ext2 does not have, all of it lies inside the group.
 *
 * Locks: none.
 */
#include "format.h"

/*
 * The counts of a descriptor have 16 bits; e2fsprogs stays below 2^16 - 8 blocks and
 * inodes. A group of 2^16 blocks can never be free as a whole, so it is still sound.
 */
#define MAX_BLOCKS_PER_GROUP	65536u
#define MAX_INODES_PER_GROUP	65535u

/* ---- feature names, as e2fsprogs prints them ---- */

struct feature {
	u32 bit;
	const char *name;
};

static const struct feature compat_names[] = {
	{ EFS_COMPAT_DIR_PREALLOC,	"dir_prealloc" },
	{ EFS_COMPAT_IMAGIC_INODES,	"imagic_inodes" },
	{ EFS_COMPAT_HAS_JOURNAL,	"has_journal" },
	{ EFS_COMPAT_EXT_ATTR,		"ext_attr" },
	{ EFS_COMPAT_RESIZE_INODE,	"resize_inode" },
	{ EFS_COMPAT_DIR_INDEX,		"dir_index" },
	{ 0x0040,			"lazy_bg" },
	{ 0x0100,			"snapshot_bitmap" },
	{ EFS_COMPAT_SPARSE_SUPER2,	"sparse_super2" },
	{ 0x0400,			"fast_commit" },
	{ 0x0800,			"stable_inodes" },
	{ 0x1000,			"orphan_file" },
};

static const struct feature incompat_names[] = {
	{ 0x00001,			"compression" },
	{ EFS_INCOMPAT_FILETYPE,	"filetype" },
	{ 0x00004,			"needs_recovery" },
	{ 0x00008,			"journal_dev" },
	{ EFS_INCOMPAT_META_BG,		"meta_bg" },
	{ 0x00040,			"extent" },
	{ 0x00080,			"64bit" },
	{ 0x00100,			"mmp" },
	{ 0x00200,			"flex_bg" },
	{ 0x00400,			"ea_inode" },
	{ 0x01000,			"dirdata" },
	{ 0x02000,			"metadata_csum_seed" },
	{ 0x04000,			"large_dir" },
	{ 0x08000,			"inline_data" },
	{ 0x10000,			"encrypt" },
	{ 0x20000,			"casefold" },
};

static const struct feature ro_compat_names[] = {
	{ EFS_RO_COMPAT_SPARSE_SUPER,	"sparse_super" },
	{ EFS_RO_COMPAT_LARGE_FILE,	"large_file" },
	{ EFS_RO_COMPAT_BTREE_DIR,	"btree_dir" },
	{ 0x00008,			"huge_file" },
	{ 0x00010,			"uninit_bg" },
	{ 0x00020,			"dir_nlink" },
	{ 0x00040,			"extra_isize" },
	{ 0x00080,			"has_snapshot" },
	{ 0x00100,			"quota" },
	{ 0x00200,			"bigalloc" },
	{ 0x00400,			"metadata_csum" },
	{ 0x00800,			"replica" },
	{ 0x01000,			"read-only" },
	{ 0x02000,			"project" },
	{ 0x04000,			"shared_blocks" },
	{ 0x08000,			"verity" },
	{ 0x10000,			"orphan_present" },
};

static const char *feature_name(const struct feature *f, size_t n, u32 bit)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (f[i].bit == bit)
			return f[i].name;
	return NULL;
}

const char *efs_feature_name(char word, u32 bit)
{
	switch (word) {
	case 'c':
		return feature_name(compat_names, ARRAY_SIZE(compat_names), bit);
	case 'i':
		return feature_name(incompat_names, ARRAY_SIZE(incompat_names), bit);
	case 'r':
		return feature_name(ro_compat_names, ARRAY_SIZE(ro_compat_names), bit);
	}
	return NULL;
}

/* ---- where superblock copies and descriptors are ---- */

static bool power_of(u32 v, u32 base)
{
	while (v % base == 0)
		v /= base;
	return v == 1;
}

bool efs_group_has_super(const struct efs_geo *geo, u32 g)
{
	if (g == 0)
		return true;
	if (geo->compat & EFS_COMPAT_SPARSE_SUPER2)
		return g == geo->backup_bgs[0] || g == geo->backup_bgs[1];
	if (g == 1 || !(geo->ro_compat & EFS_RO_COMPAT_SPARSE_SUPER))
		return true;
	return power_of(g, 3) || power_of(g, 5) || power_of(g, 7);
}

/* groups below @end that hold a superblock copy; @end >= 1 */
static u32 count_supers(const struct efs_geo *geo, u32 end)
{
	static const u8 base[] = { 3, 5, 7 };
	u32 a = geo->backup_bgs[0], b = geo->backup_bgs[1];
	u32 n = 1;
	size_t i;

	if (geo->compat & EFS_COMPAT_SPARSE_SUPER2)
		return n + (a && a < end) + (b && b != a && b < end);
	if (!(geo->ro_compat & EFS_RO_COMPAT_SPARSE_SUPER))
		return end;
	n += end > 1;
	for (i = 0; i < ARRAY_SIZE(base); i++) {
		u64 g;

		for (g = base[i]; g < end; g *= base[i])
			n++;
	}
	return n;
}

/* does META_BG spread the descriptor block that describes group @g? */
static bool meta_group(const struct efs_geo *geo, u32 g)
{
	return geo->incompat & EFS_INCOMPAT_META_BG &&
	       g / geo->desc_per_block >= geo->first_meta_bg;
}

/*
 * With META_BG each run of desc_per_block groups keeps its one descriptor block
 * itself, in its first, second and last group. The descriptors before
 * first_meta_bg stay behind each superblock copy.
 */
u32 efs_group_base_len(const struct efs_geo *geo, u32 g)
{
	bool super = efs_group_has_super(geo, g);
	u32 in = g % geo->desc_per_block;

	if (meta_group(geo, g))
		return super + (in < 2 || in == geo->desc_per_block - 1);
	if (!super)
		return 0;
	if (geo->incompat & EFS_INCOMPAT_META_BG)
		return 1 + geo->first_meta_bg;
	return 1 + geo->gdt_blocks + geo->reserved_gdt;
}

u32 efs_gdt_block(const struct efs_geo *geo, u32 sb_block, u32 n)
{
	u32 g;

	if (!(geo->incompat & EFS_INCOMPAT_META_BG) || n < geo->first_meta_bg)
		return sb_block + 1 + n;
	/* the copy in the second group goes with a backup superblock */
	g = n * geo->desc_per_block;
	if (sb_block != geo->first_data_block && g + 1 < geo->groups)
		g++;
	return efs_group_first(geo, g) + efs_group_has_super(geo, g);
}

enum efs_code efs_group_check(const struct efs_geo *geo, u32 g, const struct efs_dgroup *gd)
{
	u32 len = efs_group_blocks(geo, g), base = efs_group_base_len(geo, g);
	/* an offset below the group wraps and fails the test against len */
	u32 bb = le32_to_cpu(gd->bg_block_bitmap) - efs_group_first(geo, g);
	u32 ib = le32_to_cpu(gd->bg_inode_bitmap) - efs_group_first(geo, g);
	u32 it = le32_to_cpu(gd->bg_inode_table) - efs_group_first(geo, g);
	u32 free_inodes = le16_to_cpu(gd->bg_free_inodes_count);

	if (bb < base || bb >= len)
		return EFS_C_BG_BLOCK_BITMAP;
	if (ib < base || ib >= len || ib == bb)
		return EFS_C_BG_INODE_BITMAP;
	if (it < base || it >= len || len - it < geo->itable_blocks)
		return EFS_C_BG_INODE_TABLE;
	if (bb - it < geo->itable_blocks || ib - it < geo->itable_blocks)
		return EFS_C_BG_INODE_TABLE;
	if (le16_to_cpu(gd->bg_free_blocks_count) > len - base - 2 - geo->itable_blocks)
		return EFS_C_BG_FREE_BLOCKS;
	if (free_inodes > geo->inodes_per_group)
		return EFS_C_BG_FREE_INODES;
	if (le16_to_cpu(gd->bg_used_dirs_count) > geo->inodes_per_group - free_inodes)
		return EFS_C_BG_USED_DIRS;
	return EFS_C_OK;
}

/* ---- the superblock ---- */

static u32 div_up(u32 a, u32 b)
{
	return a / b + (a % b != 0);
}

/* @v is not 0 */
static bool power_of_two(u32 v)
{
	return !(v & (v - 1));
}

/*
 * Blocks that hold metadata of a fixed place, as linux/fs/ext2/super.c counts them for
 * statfs: the descriptors' reserve is not part of it. META_BG and SPARSE_SUPER2, which
 * ext2 gets wrong there, are counted as they are.
 */
static u32 overhead(const struct efs_geo *geo)
{
	u64 n = geo->first_data_block;
	u32 dpb = geo->desc_per_block, old, meta;

	n += (u64)geo->groups * (2 + geo->itable_blocks);
	n += count_supers(geo, geo->groups);
	if (!(geo->incompat & EFS_INCOMPAT_META_BG))
		return n + (u64)count_supers(geo, geo->groups) * geo->gdt_blocks;

	/* groups [0, old) carry the first descriptor blocks, meta runs follow */
	old = geo->first_meta_bg < geo->gdt_blocks ? geo->first_meta_bg * dpb : geo->groups;
	if (old)
		n += (u64)count_supers(geo, old) * geo->first_meta_bg;
	meta = geo->groups - old;
	n += (u64)(meta / dpb) * 3;
	n += min_t(u32, meta % dpb, 2);
	return n;
}

/*
 * The largest size whose map both has room for it and keeps i_blocks below 2^32 units
 * of 512 bytes when the file is dense, indirect blocks included; the same limit as in
 * linux/fs/ext2/super.c.
 */
static u64 max_size(const struct efs_geo *geo)
{
	u64 p = geo->ptrs;
	u64 limit = 0xffffffffu >> (geo->block_bits - 9);
	u64 tree = EFS_NDIR + p + p * p + p * p * p;
	u64 left = limit - EFS_NDIR - p, meta = 1;

	if (tree + 3 + 2 * p + p * p <= limit)
		return tree << geo->block_bits;
	if (left >= p * p) {
		left -= p * p;
		meta += 1 + p;
		meta += (left + p * p - 1) >> (2 * geo->ptrs_bits);
	}
	meta += 1 + ((left + p - 1) >> geo->ptrs_bits);
	return (limit - meta) << geo->block_bits;
}

static enum efs_code parse_sizes(const struct efs_dsuper *ds, struct efs_geo *geo)
{
	u32 log = le32_to_cpu(ds->s_log_block_size);
	u64 reach;

	if (log > EFS_MAX_BLOCK_BITS - EFS_MIN_BLOCK_BITS)
		return EFS_C_SB_BLOCK_SIZE;
	geo->block_bits = EFS_MIN_BLOCK_BITS + log;
	geo->block_size = 1u << geo->block_bits;
	if (le32_to_cpu(ds->s_log_frag_size) != log)
		return EFS_C_SB_FRAG_SIZE;

	geo->ptrs_bits = geo->block_bits - 2;
	geo->ptrs = 1u << geo->ptrs_bits;
	reach = EFS_NDIR + (u64)geo->ptrs + ((u64)geo->ptrs << geo->ptrs_bits) +
		((u64)geo->ptrs << 2 * geo->ptrs_bits);
	geo->max_blocks = min_t(u64, reach, 0xffffffffu);
	geo->max_size = max_size(geo);

	geo->inode_size = EFS_INODE_SIZE_REV0;
	geo->first_ino = EFS_FIRST_INO_REV0;
	if (geo->rev >= EFS_REV_DYNAMIC) {
		geo->inode_size = le16_to_cpu(ds->s_inode_size);
		geo->first_ino = le32_to_cpu(ds->s_first_ino);
	}
	if (geo->inode_size < EFS_INODE_SIZE_REV0 || geo->inode_size > geo->block_size ||
	    !power_of_two(geo->inode_size))
		return EFS_C_SB_INODE_SIZE;
	geo->inode_bits = efs_ctz64(geo->inode_size);
	geo->inodes_per_block = geo->block_size >> geo->inode_bits;
	geo->desc_per_block = geo->block_size / sizeof(struct efs_dgroup);
	return EFS_C_OK;
}

static enum efs_code parse_groups(const struct efs_dsuper *ds, u64 dev_bytes, struct efs_geo *geo)
{
	geo->blocks_count = le32_to_cpu(ds->s_blocks_count);
	geo->first_data_block = le32_to_cpu(ds->s_first_data_block);
	geo->blocks_per_group = le32_to_cpu(ds->s_blocks_per_group);
	geo->inodes_per_group = le32_to_cpu(ds->s_inodes_per_group);
	geo->inodes_count = le32_to_cpu(ds->s_inodes_count);
	geo->r_blocks = le32_to_cpu(ds->s_r_blocks_count);

	/* the superblock is at byte 1024: in block 0, unless that is all of block 0 */
	if (geo->first_data_block != (geo->block_size > EFS_SUPER_OFFSET ? 0 : 1))
		return EFS_C_SB_FIRST_DATA;
	if (geo->blocks_count <= geo->first_data_block)
		return EFS_C_SB_BLOCKS_COUNT;
	if (dev_bytes && geo->blocks_count > dev_bytes >> geo->block_bits)
		return EFS_C_SB_DEVICE;
	if (!geo->blocks_per_group ||
	    geo->blocks_per_group > min_t(u32, 8 * geo->block_size, MAX_BLOCKS_PER_GROUP))
		return EFS_C_SB_BLOCKS_PER_GROUP;
	if (geo->inodes_per_group < geo->inodes_per_block ||
	    geo->inodes_per_group > min_t(u32, 8 * geo->block_size, MAX_INODES_PER_GROUP))
		return EFS_C_SB_INODES_PER_GROUP;

	geo->itable_blocks = div_up(geo->inodes_per_group, geo->inodes_per_block);
	geo->groups = div_up(geo->blocks_count - geo->first_data_block, geo->blocks_per_group);
	if ((u64)geo->groups * geo->inodes_per_group != geo->inodes_count)
		return EFS_C_SB_INODES_COUNT;
	if (geo->first_ino < EFS_FIRST_INO_REV0 || geo->first_ino > geo->inodes_count)
		return EFS_C_SB_FIRST_INO;
	/* reserving more than there is reserves everything */
	geo->r_blocks = min(geo->r_blocks, geo->blocks_count);
	return EFS_C_OK;
}

static enum efs_code parse_descriptors(const struct efs_dsuper *ds, struct efs_geo *geo)
{
	u32 need = 2 + geo->itable_blocks;
	u32 last = geo->groups - 1;

	geo->gdt_blocks = div_up(geo->groups, geo->desc_per_block);
	if (geo->incompat & EFS_INCOMPAT_META_BG) {
		/* there is no reserve: growth adds meta groups */
		geo->first_meta_bg = le32_to_cpu(ds->s_first_meta_bg);
		if (geo->first_meta_bg > geo->gdt_blocks)
			return EFS_C_SB_FIRST_META_BG;
	} else {
		geo->reserved_gdt = le16_to_cpu(ds->s_reserved_gdt_blocks);
		if (geo->reserved_gdt > geo->block_size / 4)
			return EFS_C_SB_RESERVED_GDT;
	}
	if (geo->compat & EFS_COMPAT_SPARSE_SUPER2) {
		geo->backup_bgs[0] = le32_to_cpu(ds->s_backup_bgs[0]);
		geo->backup_bgs[1] = le32_to_cpu(ds->s_backup_bgs[1]);
	}

	/* no group but the last is shorter than group 0, and no base is longer */
	if (need >= geo->blocks_per_group)
		return EFS_C_SB_BLOCKS_PER_GROUP;
	if (efs_group_base_len(geo, 0) >= efs_group_blocks(geo, 0) ||
	    efs_group_base_len(geo, 0) > geo->blocks_per_group - need)
		return EFS_C_SB_GDT;
	if (efs_group_base_len(geo, last) + need > efs_group_blocks(geo, last))
		return EFS_C_SB_LAST_GROUP;
	geo->overhead = overhead(geo);
	return EFS_C_OK;
}

/*
 * Creators differ in the OS-dependent words of an inode (e2fsprogs, ext2_fs.h). FreeBSD
 * and Lites fill them as Linux does. Hurd keeps a translator's block in osd1, high mode
 * bits and an author in osd2: reading is safe, but deleting a file would leak its
 * translator, and features that use osd2 words themselves make the inode ambiguous.
 * Masix keeps nothing there that Linux reads, but expects words Linux would write.
 */
static enum efs_code parse_creator(const struct efs_geo *geo)
{
	switch (geo->creator) {
	case EFS_OS_LINUX:
	case EFS_OS_FREEBSD:
	case EFS_OS_LITES:
		return EFS_C_OK;
	case EFS_OS_HURD:
		if (geo->ro_compat & ~EFS_RO_COMPAT_SUPP)
			return EFS_C_SB_HURD;
		return EFS_C_SB_CREATOR;
	default:
		return EFS_C_SB_CREATOR;
	}
}

enum efs_code efs_super_parse(const struct efs_dsuper *ds, u64 dev_bytes, struct efs_geo *geo)
{
	enum efs_code code, creator;

	memset(geo, 0, sizeof(*geo));
	if (le16_to_cpu(ds->s_magic) != EFS_MAGIC)
		return EFS_C_SB_MAGIC;
	geo->rev = le32_to_cpu(ds->s_rev_level);
	geo->creator = le32_to_cpu(ds->s_creator_os);
	geo->compat = le32_to_cpu(ds->s_feature_compat);
	geo->incompat = le32_to_cpu(ds->s_feature_incompat);
	geo->ro_compat = le32_to_cpu(ds->s_feature_ro_compat);
	if (geo->incompat & ~EFS_INCOMPAT_SUPP)
		return EFS_C_SB_INCOMPAT;

	code = parse_sizes(ds, geo);
	if (code == EFS_C_OK)
		code = parse_groups(ds, dev_bytes, geo);
	if (code == EFS_C_OK)
		code = parse_descriptors(ds, geo);
	if (code != EFS_C_OK)
		return code;

	creator = parse_creator(geo);
	if (creator == EFS_C_SB_HURD)
		return creator;
	if (geo->rev > EFS_REV_DYNAMIC)
		return EFS_C_SB_REV;
	if (geo->ro_compat & ~EFS_RO_COMPAT_SUPP)
		return EFS_C_SB_RO_COMPAT;
	return creator;
}
