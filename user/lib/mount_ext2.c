// SPDX-License-Identifier: GPL-2.0
/*
 * ext2 as a type of volumes: the home of core/unix/ext2.h over the buffer cache.
 *
 * The superblock is read past the cache, which needs to know the block size; the core reads
 * it again.
 *
 * Locks: none; those of cache and core.
 */
#include "volume.h"
#include "../../core/unix/ext2.h"

/* public values go through unchanged */
static_assert(EFS_ERRORS_CONTINUE == 1 && EFS_ERRORS_RO == EFS_ERRORS_RDONLY);

/* ---- below core/unix ---- */

static struct efs_inode *home_inode_new(struct efs_sb *sb)
{
	struct efsu_inode *ui = efs_alloc(sb, sizeof(*ui));

	if (!ui)
		return NULL;
	efsu_inode_prepare(ui);
	return &ui->core;
}

static void home_inode_free(struct efs_inode *ei)
{
	efs_free(efsu_inode(ei));
}

static bool home_inode_dirty(struct efs_inode *ei, bool take)
{
	return take ? __atomic_exchange_n(&ei->port.dirty, false, __ATOMIC_ACQ_REL) :
		      __atomic_load_n(&ei->port.dirty, __ATOMIC_ACQUIRE);
}

static int home_data_read(struct efs_sb *sb, u32 blk, u32 len, void *buf)
{
	return efsu_bcache_data_read(efs_home(sb)->cache, blk, len, buf);
}

static int home_data_write(struct efs_sb *sb, u32 blk, u32 len, const void *buf)
{
	return efsu_bcache_data_write(efs_home(sb)->cache, blk, len, buf);
}

static void home_inode_sync(struct efs_inode *ei, bool on)
{
	ei->port.sync = on;
}

static int home_write_owned(struct efs_inode *ei)
{
	return efsu_bcache_write_owned(efs_home(ei->sb)->cache, ei->ino);
}

static int home_settle(struct efs_sb *sb)
{
	return efsu_bcache_flush(efs_home(sb)->cache);
}

static int home_flush(struct efs_sb *sb)
{
	return efsu_bcache_sync(efs_home(sb)->cache);
}

static const struct efs_ext2_home ext2_home = {
	.inode_new = home_inode_new,
	.inode_free = home_inode_free,
	.inode_dirty = home_inode_dirty,
	.data_read = home_data_read,
	.data_write = home_data_write,
	.inode_sync = home_inode_sync,
	.write_owned = home_write_owned,
	.settle = home_settle,
	.flush = home_flush,
};

static void io_error(void *ctx, bool write, u32 blk, u32 len, int err)
{
	struct efs_volume *vol = ctx;

	if (len)
		efs_log(&vol->sb, EFS_LOG_ERR, "cannot %s %u blocks at %u: error %d",
			write ? "write" : "read", len, blk, -err);
	else
		efs_log(&vol->sb, EFS_LOG_ERR, "cannot flush the device: error %d", -err);
}

/* ---- open ---- */

static u32 super_at(const struct efs_options *o)
{
	return o->superblock ? o->superblock : EFS_SUPER_OFFSET / EFS_SUPER_SIZE;
}

/* Return: 1, 0 if the device ends before it, -errno */
static int read_super(struct efs_volume *vol, const struct efs_options *o,
		      struct efs_dsuper *ds)
{
	u64 off = (u64)super_at(o) * EFS_SUPER_SIZE, size = efs_device_size(vol->home.dev);
	int err;

	if (!efs_dev_in_range(off, sizeof(*ds), size))
		return 0;
	err = efs_device_read(vol->home.dev, off, ds, sizeof(*ds));
	return err ? err : 1;
}

static int ext2_probe(struct efs_volume *vol, const struct efs_options *o)
{
	struct efs_dsuper ds;
	int ret = read_super(vol, o, &ds);

	return ret > 0 ? le16_to_cpu(ds.s_magic) == EFS_MAGIC : ret;
}

/* name the features that are in the way */
static void log_features(struct efs_volume *vol, const char *what, char word, u32 bits)
{
	char names[256] = "";
	size_t at = 0;
	u32 bit;

	for (bit = 1; bit; bit <<= 1) {
		const char *name = efs_feature_name(word, bit);

		if (!(bits & bit) || at > sizeof(names) - 40)
			continue;
		at += name ? efs_format(names + at, sizeof(names) - at, " %s", name) :
			     efs_format(names + at, sizeof(names) - at, " 0x%x", bit);
	}
	efs_log(&vol->sb, EFS_LOG_ERR, "%s:%s", what, names);
}

static int parse_super(struct efs_volume *vol, const struct efs_options *o, struct efs_geo *geo,
		       enum efs_code *why)
{
	struct efs_dsuper ds;
	int ret = read_super(vol, o, &ds);

	if (ret < 0)
		return ret;
	*why = ret ? efs_super_parse(&ds, efs_device_size(vol->home.dev), geo) : EFS_C_SB_MAGIC;
	if (*why == EFS_C_SB_INCOMPAT)
		log_features(vol, "incompatible features", 'i',
			     le32_to_cpu(ds.s_feature_incompat) & ~EFS_INCOMPAT_SUPP);
	if (!*why)
		return 0;
	if (!efs_code_readonly(*why))
		return -EINVAL;
	if (o->flags & EFS_RDONLY)
		return 0;
	if (*why == EFS_C_SB_RO_COMPAT)
		log_features(vol, "features that allow reading only", 'r',
			     le32_to_cpu(ds.s_feature_ro_compat) & ~EFS_RO_COMPAT_SUPP);
	return -EROFS;
}

static int make_cache(struct efs_volume *vol, const struct efs_options *o,
		      const struct efs_geo *geo)
{
	size_t bytes = o->cache_bytes ? o->cache_bytes : 4u << 20;
	u64 blocks = min_t(u64, efs_device_size(vol->home.dev) >> geo->block_bits, 0xffffffffu);
	struct efsu_bcache_conf conf = {
		.dev = vol->home.dev,
		.env = &vol->home.env,
		.block_bits = geo->block_bits,
		.blocks = (u32)blocks,
		/* the descriptors stay referenced */
		.bytes = bytes + ((size_t)geo->gdt_blocks << geo->block_bits),
		.io_error = io_error,
		.ctx = vol,
	};

	return efsu_bcache_new(&conf, &vol->home.cache);
}

static void ext2_close(struct efs_volume *vol)
{
	u32 refs = efsu_bcache_free(vol->home.cache);

	efs_assert(!refs);
}

static int open_mounted(struct efs_volume *vol, const struct efs_options *o)
{
	struct efs_ext2_opts eo = { .dev = o->dev, .unused_max = o->cache_files };
	int err = efs_ext2_new(&vol->sb, &ext2_home, &eo, &vol->fs);

	/* take the mark back that it is in use */
	if (err) {
		efs_umount(&vol->sb);
		efsu_bcache_sync(vol->home.cache);
	}
	return err;
}

static int ext2_open(struct efs_volume *vol, const struct efs_options *o, struct efs_reason *why)
{
	struct efs_mount_opts mo = {
		.rdonly = o->flags & EFS_RDONLY, .errors = (u16)o->errors, .sb_block = super_at(o),
	};
	enum efs_code code = EFS_C_OK;
	struct efs_geo geo;
	int err;

	err = parse_super(vol, o, &geo, &code);
	if (!err)
		err = make_cache(vol, o, &geo);
	if (!err)
		err = efs_mount(&vol->sb, &geo, &mo, &code);
	if (!err)
		err = open_mounted(vol, o);
	if (!err)
		return 0;
	ext2_close(vol);
	if (code != EFS_C_OK) {
		why->code = efs_code_name(code);
		why->text = efs_code_text(code);
	}
	return err;
}

static void ext2_info(struct efs_volume *vol, struct efs_volume_info *info)
{
	const struct efs_dsuper *ds = vol->sb.ds;

	memcpy(info->uuid, ds->s_uuid, sizeof(info->uuid));
	memcpy(info->label, ds->s_volume_name, sizeof(ds->s_volume_name));
	if (vol->minixdf)
		info->blocks += vol->sb.geo.overhead;
}

const struct efs_volume_type efs_volume_ext2 = {
	.name = "ext2",
	.probe = ext2_probe,
	.open = ext2_open,
	.close = ext2_close,
	.info = ext2_info,
};
