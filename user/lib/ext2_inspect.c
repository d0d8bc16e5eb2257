// SPDX-License-Identifier: GPL-2.0
/*
 * What lies on an ext2 device, as it lies there: superblock, groups, bitmaps (efs_ext2.h).
 *
 * All is read from the device when it is asked for, in pieces small enough for the stack, and
 * nothing is kept but the superblock and what was derived from it; so no lock is needed, and
 * what memory holds of a volume in use plays no part. The pure layer (core/format/) decodes and
 * judges; its verdict is handed on beside what was decoded, never instead of it.
 *
 * A superblock that cannot be accepted is looked at as if its mistakes, one after another, were
 * none (forgive()): as long as sizes of blocks and groups make sense the rest can be found.
 */
#include "ext2_inspect.h"

#define DESC_SIZE_MIN ((u32)sizeof(struct efs_dgroup))
#define INCOMPAT_64BIT 0x80

/* ---- the superblock ---- */

/* change a copy of the superblock so that this mistake is none; false if nothing helps */
static bool forgive(struct efs_dsuper *ds, enum efs_code code, const struct efs_geo *geo)
{
	switch (code) {
	case EFS_C_SB_MAGIC:
		ds->s_magic = cpu_to_le16(EFS_MAGIC);
		return true;
	case EFS_C_SB_INCOMPAT:
		ds->s_feature_incompat &= cpu_to_le32(EFS_INCOMPAT_SUPP);
		return true;
	case EFS_C_SB_RO_COMPAT:
		ds->s_feature_ro_compat &= cpu_to_le32(EFS_RO_COMPAT_SUPP);
		return true;
	case EFS_C_SB_HURD:
	case EFS_C_SB_CREATOR:
		ds->s_creator_os = cpu_to_le32(EFS_OS_LINUX);
		return true;
	case EFS_C_SB_REV:
		ds->s_rev_level = cpu_to_le32(EFS_REV_DYNAMIC);
		return true;
	case EFS_C_SB_FRAG_SIZE:
		ds->s_log_frag_size = ds->s_log_block_size;
		return true;
	case EFS_C_SB_FIRST_INO:
		ds->s_first_ino = cpu_to_le32(EFS_FIRST_INO_REV0);
		return true;
	case EFS_C_SB_FIRST_DATA:
		ds->s_first_data_block = cpu_to_le32(geo->block_size == EFS_SUPER_OFFSET);
		return true;
	case EFS_C_SB_INODES_COUNT:
		if ((u64)geo->groups * geo->inodes_per_group > 0xffffffffu)
			return false;
		ds->s_inodes_count = cpu_to_le32(geo->groups * geo->inodes_per_group);
		return true;
	case EFS_C_SB_RESERVED_GDT:
		ds->s_reserved_gdt_blocks = 0;
		return true;
	case EFS_C_SB_FIRST_META_BG:
		ds->s_first_meta_bg = 0;
		return true;
	default:
		return false;
	}
}

static void judge_super(struct efs_ext2 *x)
{
	struct efs_dsuper ds = x->ds;
	u64 dev_bytes = efs_device_size(x->dev);
	enum efs_code code;

	x->verdict = EFS_EXT2_SOUND;
	while ((code = efs_super_parse(&ds, dev_bytes, &x->geo)) != EFS_C_OK) {
		if (x->problems == EFS_EXT2_PROBLEMS) {
			x->verdict = EFS_EXT2_UNREADABLE;
			return;
		}
		x->code[x->problems++] = code;
		if (!efs_code_readonly(code))
			x->verdict = EFS_EXT2_REFUSED;
		else if (x->verdict == EFS_EXT2_SOUND)
			x->verdict = EFS_EXT2_READONLY;
		if (code == EFS_C_SB_DEVICE)
			dev_bytes = 0;
		else if (!forgive(&ds, code, &x->geo))
			x->verdict = EFS_EXT2_UNREADABLE;
		if (x->verdict == EFS_EXT2_UNREADABLE)
			return;
	}
	if (le32_to_cpu(x->ds.s_feature_incompat) & INCOMPAT_64BIT)
		x->desc_size = le16_to_cpu(x->ds.s_desc_size);
	if (x->desc_size < DESC_SIZE_MIN || x->desc_size > x->geo.block_size ||
	    x->desc_size & (x->desc_size - 1))
		x->desc_size = DESC_SIZE_MIN;
	x->geo.desc_per_block = x->geo.block_size / x->desc_size;
	x->geo.gdt_blocks = (x->geo.groups + x->geo.desc_per_block - 1) / x->geo.desc_per_block;
}

int efs_ext2_open(struct efs_device *dev, const struct efs_options *options, struct efs_ext2 **out)
{
	struct efs_env env;
	struct efs_ext2 *x;
	int err;

	efs_env_fill(&env, options ? options->env : NULL);
	x = efs_env_zalloc(&env, sizeof(*x));
	if (!x)
		return -ENOMEM;
	x->env = env;
	x->dev = dev;
	x->where = EFS_SUPER_OFFSET;
	if (options && options->superblock)
		x->where = (u64)options->superblock * 1024;
	err = -EINVAL;
	if (efs_device_size(dev) < EFS_SUPER_SIZE ||
	    x->where > efs_device_size(dev) - EFS_SUPER_SIZE)
		goto fail;
	err = ext2_read_at(x, x->where, &x->ds, sizeof(x->ds));
	if (err)
		goto fail;
	x->desc_size = DESC_SIZE_MIN;
	judge_super(x);
	if (x->verdict == EFS_EXT2_UNREADABLE) {
		memset(&x->geo, 0, sizeof(x->geo));
		x->geo.block_bits = EFS_MIN_BLOCK_BITS;
		x->geo.block_size = 1u << EFS_MIN_BLOCK_BITS;
	}
	*out = x;
	return 0;
fail:
	efs_env_free(&env, x, sizeof(*x));
	return err;
}

void efs_ext2_close(struct efs_ext2 *x)
{
	struct efs_env env;

	if (!x)
		return;
	env = x->env;
	efs_env_free(&env, x, sizeof(*x));
}

const char *efs_ext2_feature(char word, unsigned int bit)
{
	return bit < 32 ? efs_feature_name(word, 1u << bit) : NULL;
}

/* @size of @to is one more than that of @from */
static void copy_text(char *to, const u8 *from, size_t size)
{
	memcpy(to, from, size - 1);
	to[size - 1] = 0;
}

static s64 wide_time(__le32 low, u8 high)
{
	return le32_to_cpu(low) | (s64)high << 32;
}

static u32 size_of_log(__le32 log)
{
	u32 bits = le32_to_cpu(log);

	return bits <= EFS_MAX_BLOCK_BITS - EFS_MIN_BLOCK_BITS ? 1024u << bits : 0;
}

static void get_counts(const struct efs_dsuper *ds, struct efs_ext2_super *s)
{
	s->inodes = le32_to_cpu(ds->s_inodes_count);
	s->blocks = le32_to_cpu(ds->s_blocks_count);
	s->reserved_blocks = le32_to_cpu(ds->s_r_blocks_count);
	s->free_blocks = le32_to_cpu(ds->s_free_blocks_count);
	s->free_inodes = le32_to_cpu(ds->s_free_inodes_count);
	s->first_data_block = le32_to_cpu(ds->s_first_data_block);
	s->block_size = size_of_log(ds->s_log_block_size);
	s->fragment_size = size_of_log(ds->s_log_frag_size);
	s->blocks_per_group = le32_to_cpu(ds->s_blocks_per_group);
	s->fragments_per_group = le32_to_cpu(ds->s_frags_per_group);
	s->inodes_per_group = le32_to_cpu(ds->s_inodes_per_group);
	s->reserved_gdt_blocks = le16_to_cpu(ds->s_reserved_gdt_blocks);
	s->first_meta_group = le32_to_cpu(ds->s_first_meta_bg);
	s->backup_groups[0] = le32_to_cpu(ds->s_backup_bgs[0]);
	s->backup_groups[1] = le32_to_cpu(ds->s_backup_bgs[1]);
	s->raid_stride = le16_to_cpu(ds->s_raid_stride);
	s->raid_stripe_width = le32_to_cpu(ds->s_raid_stripe_width);
}

static void get_identity(const struct efs_dsuper *ds, struct efs_ext2_super *s)
{
	s->magic = le16_to_cpu(ds->s_magic);
	s->revision = le32_to_cpu(ds->s_rev_level);
	s->minor_revision = le16_to_cpu(ds->s_minor_rev_level);
	s->os = le32_to_cpu(ds->s_creator_os);
	s->compat = le32_to_cpu(ds->s_feature_compat);
	s->incompat = le32_to_cpu(ds->s_feature_incompat);
	s->ro_compat = le32_to_cpu(ds->s_feature_ro_compat);
	s->inode_size = EFS_INODE_SIZE_REV0;
	s->first_inode = EFS_FIRST_INO_REV0;
	if (s->revision != EFS_REV_GOOD_OLD) {
		s->inode_size = le16_to_cpu(ds->s_inode_size);
		s->first_inode = le32_to_cpu(ds->s_first_ino);
	}
	s->min_extra_isize = le16_to_cpu(ds->s_min_extra_isize);
	s->want_extra_isize = le16_to_cpu(ds->s_want_extra_isize);
	s->group = le16_to_cpu(ds->s_block_group_nr);
	memcpy(s->uuid, ds->s_uuid, sizeof(s->uuid));
	copy_text(s->label, ds->s_volume_name, sizeof(s->label));
	copy_text(s->last_mounted, ds->s_last_mounted, sizeof(s->last_mounted));
	s->default_mount_options = le32_to_cpu(ds->s_default_mount_opts);
	s->flags = le32_to_cpu(ds->s_flags);
	memcpy(s->hash_seed, ds->s_hash_seed, sizeof(s->hash_seed));
	s->hash_version = ds->s_def_hash_version;
	s->reserved_uid = le16_to_cpu(ds->s_def_resuid);
	s->reserved_gid = le16_to_cpu(ds->s_def_resgid);
}

static void get_history(const struct efs_dsuper *ds, struct efs_ext2_super *s)
{
	s->state = le16_to_cpu(ds->s_state);
	s->errors = le16_to_cpu(ds->s_errors);
	s->mount_count = le16_to_cpu(ds->s_mnt_count);
	s->max_mount_count = (s16)le16_to_cpu(ds->s_max_mnt_count);
	s->mkfs_time = wide_time(ds->s_mkfs_time, ds->s_mkfs_time_hi);
	s->mount_time = wide_time(ds->s_mtime, ds->s_mtime_hi);
	s->write_time = wide_time(ds->s_wtime, ds->s_wtime_hi);
	s->check_time = wide_time(ds->s_lastcheck, ds->s_lastcheck_hi);
	s->check_interval = le32_to_cpu(ds->s_checkinterval);
	s->last_orphan = le32_to_cpu(ds->s_last_orphan);
	s->kbytes_written = le64_to_cpu(ds->s_kbytes_written);
	s->error_count = le32_to_cpu(ds->s_error_count);
	s->first_error.time = wide_time(ds->s_first_error_time, ds->s_first_error_time_hi);
	s->first_error.inode = le32_to_cpu(ds->s_first_error_ino);
	s->first_error.line = le32_to_cpu(ds->s_first_error_line);
	s->first_error.block = le64_to_cpu(ds->s_first_error_block);
	copy_text(s->first_error.function, ds->s_first_error_func,
		  sizeof(s->first_error.function));
	s->last_error.time = wide_time(ds->s_last_error_time, ds->s_last_error_time_hi);
	s->last_error.inode = le32_to_cpu(ds->s_last_error_ino);
	s->last_error.line = le32_to_cpu(ds->s_last_error_line);
	s->last_error.block = le64_to_cpu(ds->s_last_error_block);
	copy_text(s->last_error.function, ds->s_last_error_func, sizeof(s->last_error.function));
}

void efs_ext2_get_super(const struct efs_ext2 *x, struct efs_ext2_super *s)
{
	u32 i;

	memset(s, 0, sizeof(*s));
	s->verdict = x->verdict;
	s->problems = x->problems;
	for (i = 0; i < x->problems; i++)
		ext2_problem(&s->problem[i], x->code[i]);
	s->where = x->where;
	get_counts(&x->ds, s);
	get_identity(&x->ds, s);
	get_history(&x->ds, s);
	s->groups = x->geo.groups;
	s->itable_blocks = x->geo.itable_blocks;
	s->gdt_blocks = x->geo.gdt_blocks;
	s->desc_size = x->geo.groups ? x->desc_size : 0;
	s->overhead = x->geo.overhead;
	s->max_file_size = x->geo.max_size;
}

/* ---- groups ---- */

static u64 descriptor_at(const struct efs_ext2 *x, u32 g)
{
	u32 block = efs_gdt_block(&x->geo, (u32)(x->where >> x->geo.block_bits),
				  g / x->geo.desc_per_block);

	return ext2_block_at(x, block) + (g % x->geo.desc_per_block) * x->desc_size;
}

int ext2_read_descriptor(const struct efs_ext2 *x, u32 g, struct efs_dgroup *gd)
{
	return ext2_read_at(x, descriptor_at(x, g), gd, sizeof(*gd));
}

int efs_ext2_get_group(const struct efs_ext2 *x, uint32_t number, struct efs_ext2_group *group)
{
	const struct efs_geo *geo = &x->geo;
	struct efs_dgroup gd;
	int err = ext2_readable(x);
	u64 at;

	if (!err && number >= geo->groups)
		err = -ERANGE;
	if (!err)
		err = ext2_read_descriptor(x, number, &gd);
	if (err)
		return err;
	at = descriptor_at(x, number);
	memset(group, 0, sizeof(*group));
	ext2_problem(&group->problem, efs_group_check(geo, number, &gd));
	group->number = number;
	group->first = efs_group_first(geo, number);
	group->blocks = efs_group_blocks(geo, number);
	group->has_super = efs_group_has_super(geo, number);
	group->base = efs_group_base_len(geo, number);
	group->descriptor_block = (u32)(at >> geo->block_bits);
	group->descriptor_offset = (u32)(at & (geo->block_size - 1));
	group->block_bitmap = le32_to_cpu(gd.bg_block_bitmap);
	group->inode_bitmap = le32_to_cpu(gd.bg_inode_bitmap);
	group->inode_table = le32_to_cpu(gd.bg_inode_table);
	group->first_inode = number * geo->inodes_per_group + 1;
	group->free_blocks = le16_to_cpu(gd.bg_free_blocks_count);
	group->free_inodes = le16_to_cpu(gd.bg_free_inodes_count);
	group->used_dirs = le16_to_cpu(gd.bg_used_dirs_count);
	group->flags = le16_to_cpu(gd.bg_flags);
	return 0;
}

/* first bit of value @val in [@from, @size) of a bitmap, or @size */
static int find_bit(const struct efs_ext2 *x, u32 bitmap, u32 size, u32 from, bool val, u32 *at)
{
	u64 map[EXT2_CHUNK / 8];
	u32 base, end;
	int err;

	for (; from < size; from = base + EXT2_CHUNK * 8) {
		base = from & ~(EXT2_CHUNK * 8 - 1);
		end = min(size - base, EXT2_CHUNK * 8);
		err = ext2_read_at(x, ext2_block_at(x, bitmap) + base / 8, map, EXT2_CHUNK);
		if (err)
			return err;
		*at = base + efs_bits_find(map, end, from - base, val);
		if (*at < base + end)
			return 0;
	}
	*at = size;
	return 0;
}

/*
 * Both kinds of things are numbered through, @per_group in each group; the bitmap of blocks has
 * fewer in the last one. @n and @at count from the first thing of group 0.
 */
static int find_next(const struct efs_ext2 *x, bool inodes, u32 n, bool val, u32 *at)
{
	const struct efs_geo *geo = &x->geo;
	u32 per_group = inodes ? geo->inodes_per_group : geo->blocks_per_group;
	u32 g = n / per_group, bit = n % per_group, size, map;
	struct efs_dgroup gd;
	int err;

	for (; g < geo->groups; g++, bit = 0) {
		size = inodes ? per_group : efs_group_blocks(geo, g);
		err = ext2_read_descriptor(x, g, &gd);
		if (err)
			return err;
		map = le32_to_cpu(inodes ? gd.bg_inode_bitmap : gd.bg_block_bitmap);
		err = find_bit(x, map, size, bit, val, at);
		if (err)
			return err;
		*at += g * per_group;
		if (*at < g * per_group + size)
			return 0;
	}
	*at = inodes ? geo->groups * per_group : geo->blocks_count - geo->first_data_block;
	return 0;
}

int efs_ext2_next_block(const struct efs_ext2 *x, uint64_t from, bool used, uint64_t *at)
{
	u32 first = x->geo.first_data_block, n;
	int err = ext2_readable(x);

	if (!err && (from < first || from >= x->geo.blocks_count))
		err = -ERANGE;
	if (!err)
		err = find_next(x, false, (u32)from - first, used, &n);
	if (!err)
		*at = (u64)first + n;
	return err;
}

int efs_ext2_next_inode(const struct efs_ext2 *x, uint64_t from, bool used, uint64_t *at)
{
	int err = ext2_readable(x);
	u32 n;

	if (!err && (!from || from > x->geo.inodes_count))
		err = -ERANGE;
	if (!err)
		err = find_next(x, true, (u32)from - 1, used, &n);
	if (!err)
		*at = (u64)n + 1;
	return err;
}

int efs_ext2_block_used(const struct efs_ext2 *x, uint64_t block, bool *used)
{
	uint64_t at;
	int err = efs_ext2_next_block(x, block, true, &at);

	if (!err)
		*used = at == block;
	return err;
}

int efs_ext2_inode_used(const struct efs_ext2 *x, uint64_t ino, bool *used)
{
	uint64_t at;
	int err = efs_ext2_next_inode(x, ino, true, &at);

	if (!err)
		*used = at == ino;
	return err;
}

int efs_ext2_get_block(const struct efs_ext2 *x, uint64_t block, void *buf, size_t size)
{
	if (block >= efs_device_size(x->dev) >> x->geo.block_bits)
		return -ERANGE;
	size = min_t(size_t, size, x->geo.block_size);
	return ext2_read_at(x, ext2_block_at(x, block), buf, size);
}

/* ---- volumes in use ---- */

int efs_ext2_open_ino(struct efs_volume *vol, uint64_t ino, struct efs_file **out)
{
	static const char ext2[] = "ext2";
	struct efs_volume_info info;
	struct efs_file *root;
	struct efs_node *node;
	int err = efs_volume_info(vol, &info);

	if (err)
		return err;
	if (memcmp(info.type, ext2, sizeof(ext2)))
		return -EOPNOTSUPP;
	if (ino >> 32)
		return -EUCLEAN;
	err = efs_root(vol, &root);
	if (err)
		return err;
	/* a file is a node of the general interface */
	err = efs_ext2_iget(((struct efs_node *)root)->fs, (u32)ino, &node);
	efs_file_close(root);
	if (!err)
		*out = (struct efs_file *)node;
	return err;
}
