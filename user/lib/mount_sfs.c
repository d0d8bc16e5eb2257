// SPDX-License-Identifier: GPL-2.0
/*
 * SFS, the Simple File System, as a type of volumes: read past any cache, and never written.
 *
 * Locks: none.
 */
#include "volume.h"
#include "../../core/unix/sfs.h"

static int read_device(void *ctx, u64 off, void *buf, size_t len)
{
	return efs_device_read(ctx, off, buf, len);
}

static int sfs_probe(struct efs_volume *vol, const struct efs_options *o)
{
	u64 size = efs_device_size(vol->home.dev);
	struct efs_sfs_super super;
	enum efs_sfs_code code;
	u8 head[EFS_SFS_HEAD];
	int err;

	(void)o;
	if (size < sizeof(head))
		return 0;
	err = efs_device_read(vol->home.dev, 0, head, sizeof(head));
	if (err)
		return err;
	code = efs_sfs_parse(head, size, &super);
	return code != EFS_SFS_MAGIC && code != EFS_SFS_VERSION;
}

static int sfs_open(struct efs_volume *vol, const struct efs_options *o, struct efs_reason *why)
{
	struct efs_sfs_opts so = {
		.dev = o->dev, .bytes = efs_device_size(vol->home.dev), .read = read_device,
		.ctx = vol->home.dev,
	};
	enum efs_sfs_code code = EFS_SFS_OK;
	int err;

	/* as with every file system that can only be read */
	if (!(o->flags & EFS_RDONLY)) {
		why->code = "READ_ONLY";
		why->text = "this type of file systems can only be read";
		return -EROFS;
	}
	err = efs_sfs_new(&vol->sb, &so, &vol->fs, &code);
	if (err == -EINVAL || err == -EFSCORRUPTED) {
		why->code = efs_sfs_code_name(code);
		why->text = efs_sfs_code_text(code);
	}
	return err;
}

static void sfs_close(struct efs_volume *vol)
{
	(void)vol;
}

static void sfs_info(struct efs_volume *vol, struct efs_volume_info *info)
{
	struct efs_sfs_info si;

	efs_sfs_get_info(vol->fs, &si);
	memcpy(info->label, si.label, sizeof(info->label) - 1);
}

const struct efs_volume_type efs_volume_sfs = {
	.name = "sfs",
	.probe = sfs_probe,
	.open = sfs_open,
	.close = sfs_close,
	.info = sfs_info,
};
