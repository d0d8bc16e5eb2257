// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the parser of superblocks and the check of descriptors.
 *
 * An input is a superblock, the device's size in KiB (4 bytes, 0: not known), and
 * descriptors. What is accepted must make sense: every number the engine computes from
 * the geometry is computed here again, in 64 bits, and must lie inside the volume. Groups
 * are sampled, with the ends always among them: a hostile volume has millions.
 */
#include "fuzz.h"

#define SAMPLES 24

struct input {
	struct efs_dsuper ds;
	u32 kib;
	struct efs_dgroup gd[8];
};

static void check_group(const struct efs_geo *geo, u32 g, const struct efs_dgroup *gd)
{
	u64 first = geo->first_data_block + (u64)g * geo->blocks_per_group;
	u32 len = efs_group_blocks(geo, g), base = efs_group_base_len(geo, g);
	u64 bb = le32_to_cpu(gd->bg_block_bitmap), ib = le32_to_cpu(gd->bg_inode_bitmap);
	u64 it = le32_to_cpu(gd->bg_inode_table);
	enum efs_code code;

	fuzz_check(first < geo->blocks_count && first == efs_group_first(geo, g), "group %u", g);
	fuzz_check(len && len <= geo->blocks_per_group && first + len <= geo->blocks_count,
		   "group %u has %u blocks", g, len);
	fuzz_check((u64)base + 2 + geo->itable_blocks <= len, "group %u: base %u of %u", g, base,
		   len);
	code = efs_group_check(geo, g, gd);
	fuzz_check((u32)code < EFS_C_MAX, "code %u", code);
	if (code && code != EFS_C_BG_FREE_BLOCKS && code != EFS_C_BG_FREE_INODES &&
	    code != EFS_C_BG_USED_DIRS)
		return;
	fuzz_check(bb >= first + base && bb < first + len, "group %u: block bitmap %llu", g, bb);
	fuzz_check(ib >= first + base && ib < first + len && ib != bb,
		   "group %u: inode bitmap %llu", g, ib);
	fuzz_check(it >= first + base && it + geo->itable_blocks <= first + len,
		   "group %u: inode table %llu", g, it);
	fuzz_check((bb < it || bb >= it + geo->itable_blocks) &&
		   (ib < it || ib >= it + geo->itable_blocks), "group %u: bitmaps in the table", g);
	if (code == EFS_C_OK)
		fuzz_check(le16_to_cpu(gd->bg_free_blocks_count) <= len &&
			   le16_to_cpu(gd->bg_free_inodes_count) <= geo->inodes_per_group,
			   "group %u: counts", g);
}

static void check_gdt(const struct efs_geo *geo, u32 n)
{
	u32 blk = efs_gdt_block(geo, geo->first_data_block, n);
	u32 g;

	fuzz_check(blk > geo->first_data_block && blk < geo->blocks_count,
		   "descriptor block %u at %u", n, blk);
	/* inside what its group keeps for it */
	g = (blk - geo->first_data_block) / geo->blocks_per_group;
	fuzz_check(blk - efs_group_first(geo, g) < efs_group_base_len(geo, g),
		   "descriptor block %u at %u is in the data area", n, blk);
}

static void check_geo(const struct efs_geo *geo, u64 dev_bytes)
{
	u64 inodes = (u64)geo->groups * geo->inodes_per_group;
	u32 idx[4];
	int depth;

	fuzz_check(geo->block_bits >= 10 && geo->block_bits <= 16 &&
		   geo->block_size == 1u << geo->block_bits, "block size");
	fuzz_check(!dev_bytes || (u64)geo->blocks_count << geo->block_bits <= dev_bytes, "device");
	fuzz_check(geo->inode_size >= 128 && geo->inode_size <= geo->block_size &&
		   geo->inode_size == 1u << geo->inode_bits &&
		   geo->inodes_per_block == geo->block_size / geo->inode_size, "inode size");
	fuzz_check(inodes == geo->inodes_count && geo->first_ino <= inodes && geo->first_ino > 10,
		   "inodes");
	fuzz_check(geo->blocks_per_group && geo->blocks_per_group <= 8 * geo->block_size,
		   "blocks per group");
	fuzz_check((u64)geo->itable_blocks * geo->inodes_per_block >= geo->inodes_per_group,
		   "inode table");
	fuzz_check((u64)geo->gdt_blocks * geo->desc_per_block >= geo->groups, "descriptors");
	fuzz_check(geo->overhead <= geo->blocks_count, "overhead %u", geo->overhead);
	fuzz_check(geo->ptrs == geo->block_size / 4 && geo->ptrs == 1u << geo->ptrs_bits,
		   "pointers");
	fuzz_check(geo->max_size && geo->max_size <= (u64)geo->max_blocks << geo->block_bits,
		   "largest size");
	fuzz_check(geo->r_blocks <= geo->blocks_count, "reserved blocks");
	depth = efs_map_way(geo, geo->max_blocks - 1, idx);
	fuzz_check(depth >= 0 && depth <= 3, "way to the last block: %d", depth);
	fuzz_check(efs_map_way(geo, geo->max_blocks, idx) == -EFBIG, "way beyond the last block");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in;
	struct efs_geo geo, again;
	enum efs_code code;
	u64 dev_bytes;
	u32 i, seed;

	fuzz_begin();
	memset(&in, 0, sizeof(in));
	memcpy(&in, data, min_t(size_t, size, sizeof(in)));
	dev_bytes = (u64)in.kib << 10;
	memset(&geo, 0x5a, sizeof(geo));
	code = efs_super_parse(&in.ds, dev_bytes, &geo);
	fuzz_check((u32)code < EFS_C_MAX && efs_code_text(code)[0], "code %u", code);
	memset(&again, 0xa5, sizeof(again));
	fuzz_check(efs_super_parse(&in.ds, dev_bytes, &again) == code, "the second answer differs");
	fuzz_check(!memcmp(&geo, &again, offsetof(struct efs_geo, overhead) + 4),
		   "the geometry is not all set");
	if (code && !efs_code_readonly(code))
		return 0;
	check_geo(&geo, dev_bytes);
	seed = fuzz_hash(data, size) | 1;
	for (i = 0; i < SAMPLES; i++) {
		u32 g = i < 8 ? i : efs_test_rand(&seed);

		check_group(&geo, i == 8 ? geo.groups - 1 : g % geo.groups, &in.gd[i % 8]);
		check_gdt(&geo, i == 8 ? geo.gdt_blocks - 1 : g % geo.gdt_blocks);
	}
	return 0;
}

/* ---- mutation: a field of the superblock takes a value that matters ---- */

static const u16 fields[] = {
	0x00, 0x04, 0x08, 0x14, 0x18, 0x1c, 0x20, 0x28, 0x38, 0x48, 0x4c, 0x54, 0x58, 0x5c, 0x60,
	0x64, 0xce, 0x104, 0x24c, 0x250,
};

static u32 interesting(u32 old, u32 *seed)
{
	u32 r = efs_test_rand(seed);

	switch (r % 8) {
	case 0:
		return r >> 24;
	case 1:
		return 1u << (r >> 8) % 32;
	case 2:
		return (1u << (r >> 8) % 32) - 1;
	case 3:
		return old + (s8)(r >> 8);
	case 4:
		return old ^ 1u << (r >> 8) % 32;
	case 5:
		return ~0u - (r >> 28);
	case 6:
		return old * (2 + (r >> 8) % 3);
	default:
		return old / (2 + (r >> 8) % 3);
	}
}

static u32 groups(const struct efs_dsuper *ds)
{
	u32 len = le32_to_cpu(ds->s_blocks_count) - le32_to_cpu(ds->s_first_data_block);

	return (len - 1) / max_t(u32, le32_to_cpu(ds->s_blocks_per_group), 1) + 1;
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed32)
{
	u32 seed = seed32 | 1, r = efs_test_rand(&seed), at, v;
	struct efs_dsuper *ds = (struct efs_dsuper *)data;
	struct efs_dgroup *gd;

	if (size < EFS_SUPER_SIZE || r % 4 == 0)
		return LLVMFuzzerMutate(data, size, max);
	at = r >> 8;
	if (r % 4 == 1 && size >= sizeof(struct input)) {
		/* a descriptor near where its group begins */
		gd = &((struct input *)data)->gd[at % 8];
		v = le32_to_cpu(ds->s_first_data_block) +
		    at % 8 * le32_to_cpu(ds->s_blocks_per_group) + efs_test_rand(&seed) % 16;
		gd->bg_block_bitmap = cpu_to_le32(v);
		gd->bg_inode_bitmap = cpu_to_le32(v + efs_test_rand(&seed) % 4);
		gd->bg_inode_table = cpu_to_le32(v + efs_test_rand(&seed) % 6);
		return size;
	}
	at = at % 8 ? fields[at % ARRAY_SIZE(fields)] : at % (size - 3) & ~1u;
	memcpy(&v, data + at, 4);
	v = interesting(v, &seed);
	memcpy(data + at, &v, at == 0x58 || at == 0xce ? 2 : 4);
	if (r >> 31)
		/* a count that fits, so that what comes after it is reached */
		ds->s_inodes_count = cpu_to_le32(le32_to_cpu(ds->s_inodes_per_group) * groups(ds));
	return size;
}
