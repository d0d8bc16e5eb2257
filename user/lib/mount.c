// SPDX-License-Identifier: GPL-2.0
/*
 * Volumes: which file system it is, open, sync, close, and what is to be known of all of it.
 *
 * Locks: none; core/unix has them.
 */
#include "volume.h"

#define STRING(x)	#x
#define TEXT(x)		STRING(x)

const char *efs_version(void)
{
	return TEXT(EFS_VERSION_MAJOR) "." TEXT(EFS_VERSION_MINOR) "." TEXT(EFS_VERSION_PATCH);
}

static const struct efs_volume_type *const types[] = {
	&efs_volume_ext2,
	&efs_volume_sfs,
};

#define ALL_FLAGS (EFS_RDONLY | EFS_SYNC | EFS_DIRSYNC | EFS_UNPRIVILEGED | EFS_MINIXDF)

static int say(struct efs_reason *why, const char *code, const char *text)
{
	why->code = code;
	why->text = text;
	return -EINVAL;
}

static int find_type(struct efs_volume *vol, const struct efs_options *o, struct efs_reason *why)
{
	bool known = false;
	int ret = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types) && ret <= 0; i++) {
		if (o->type && strcmp(o->type, types[i]->name))
			continue;
		known = true;
		/* whoever names a type is told what is wrong with a volume of it */
		ret = o->type ? 1 : types[i]->probe(vol, o);
		if (ret < 0)
			return ret;
		vol->type = types[i];
	}
	if (ret > 0)
		return 0;
	return known ? say(why, "NO_FILE_SYSTEM", "no file system that is known") :
		       say(why, "NO_SUCH_TYPE", "no such type of file systems");
}

static void seed_rand(struct efs_volume *vol, u64 seed)
{
	const struct efs_env *env = &vol->home.env;
	uint32_t nsec;
	int64_t sec;

	if (!seed) {
		env->now(env->ctx, &sec, &nsec);
		seed = (u64)sec << 32 ^ (u64)nsec ^ (uintptr_t)vol;
	}
	efs_ctr_init(&vol->home.rand, (s64)seed);
}

/* after all that can fail: what is on the device says that the volume is in use */
static int open_volume(struct efs_volume *vol, const struct efs_options *o,
		       struct efs_reason *why)
{
	int err = find_type(vol, o, why);

	if (!err)
		err = vol->type->open(vol, o, why);
	if (err)
		return err;
	vol->fs->owner = vol;
	vol->fs->mem = &vol->sb;
	err = efs_fs_sync(vol->fs);
	if (err) {
		efs_fs_unmount(vol->fs);
		vol->type->close(vol);
	}
	return err;
}

int efs_volume_open(struct efs_device *dev, const struct efs_options *options,
		    struct efs_volume **out, struct efs_reason *why)
{
	static const struct efs_options usual;
	const struct efs_options *o = options ? options : &usual;
	struct efs_reason ignored = { 0 };
	struct efs_volume *vol;
	struct efs_env env;
	int err;

	why = why ? why : &ignored;
	*why = (struct efs_reason){ 0 };
	if (o->flags & ~ALL_FLAGS || o->errors > EFS_ERRORS_RDONLY)
		return -EINVAL;
	if (dev->rdonly && !(o->flags & EFS_RDONLY))
		return -EROFS;
	efs_env_fill(&env, o->env);
	vol = efs_env_zalloc(&env, sizeof(*vol));
	if (!vol)
		return -ENOMEM;
	vol->home.env = env;
	vol->home.dev = dev;
	vol->minixdf = o->flags & EFS_MINIXDF;
	vol->sb.port.home = &vol->home;
	vol->sb.port.sync = o->flags & EFS_SYNC;
	vol->sb.port.dirsync = o->flags & EFS_DIRSYNC;
	vol->sb.port.unprivileged = o->flags & EFS_UNPRIVILEGED;
	seed_rand(vol, o->seed);
	err = open_volume(vol, o, why);
	if (err) {
		efs_env_free(&env, vol, sizeof(*vol));
		return err;
	}
	*out = vol;
	return 0;
}

int efs_volume_close(struct efs_volume *vol)
{
	struct efs_env env;
	int err;

	if (!vol)
		return 0;
	err = efs_fs_unmount(vol->fs);
	if (err == -EBUSY)
		return err;
	vol->type->close(vol);
	env = vol->home.env;
	efs_env_free(&env, vol, sizeof(*vol));
	return err;
}

int efs_volume_sync(struct efs_volume *vol)
{
	return efs_fs_sync(vol->fs);
}

int efs_volume_info(struct efs_volume *vol, struct efs_volume_info *info)
{
	struct efs_fs_stat st;
	int err = efs_fs_statfs(vol->fs, &st);

	if (err)
		return err;
	*info = (struct efs_volume_info){
		.type = vol->type->name, .dev = st.dev, .block_size = st.bsize,
		.name_max = st.name_max, .blocks = st.blocks, .bfree = st.bfree,
		.bavail = st.bavail, .files = st.files, .ffree = st.ffree, .rdonly = st.rdonly,
	};
	vol->type->info(vol, info);
	return 0;
}
