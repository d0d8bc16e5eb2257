/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A volume from the inside; efs.h has what callers of the library see.
 *
 * A struct efs_file is a struct efs_node of core/unix, seen from outside: file() and node()
 * go from one to the other.
 */
#ifndef EFS_VOLUME_H
#define EFS_VOLUME_H

#include "home.h"
#include "../../core/unix/fs.h"
#include "../../core/unix/walk.h"

/**
 * struct efs_volume_type - a kind of file system
 * @name: of struct efs_options
 * @probe: does a volume of this kind begin on the device? 1, 0 or -errno. Nothing but
 *	@vol->home.dev and @vol->home.env is there
 * @open: make @vol->fs; on failure all is released that it made. @why: as of efs_volume_open()
 * @close: release what @open made, after efs_fs_unmount()
 * @info: fill in uuid and label
 */
struct efs_volume_type {
	const char *name;
	int (*probe)(struct efs_volume *vol, const struct efs_options *o);
	int (*open)(struct efs_volume *vol, const struct efs_options *o, struct efs_reason *why);
	void (*close)(struct efs_volume *vol);
	void (*info)(struct efs_volume *vol, struct efs_volume_info *info);
};

extern const struct efs_volume_type efs_volume_ext2, efs_volume_sfs;

/**
 * struct efs_volume - a file system in use
 * @home: below the port
 * @sb: of ext2: the core's part; of others what it says of the port is all there is
 * @fs: behind the general interface; @fs->owner is the volume
 * @minixdf: EFS_MINIXDF was given
 */
struct efs_volume {
	struct efs_home home;
	struct efs_sb sb;
	struct efs_fs *fs;
	const struct efs_volume_type *type;
	bool minixdf;
};

static inline struct efs_node *efs_node_of(const struct efs_file *file)
{
	return (struct efs_node *)(void *)file;
}

static inline struct efs_file *efs_file_of(struct efs_node *node)
{
	return (struct efs_file *)(void *)node;
}

static inline struct efs_where efs_where_of(struct efs_volume *vol)
{
	return (struct efs_where){ .fs = vol->fs };
}

/** efs_new_of() - @c as core/unix wants it; -EINVAL if that has no room for its mode */
int efs_new_of(const struct efs_create *c, struct efs_new *n);

#endif /* EFS_VOLUME_H */
