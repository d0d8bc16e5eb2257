// SPDX-License-Identifier: GPL-2.0
/*
 * The library's calls for an open file: attributes, contents, extended attributes.
 */
#include "volume.h"

/* what both sides call by different names has the same numbers */
static_assert(EFS_IFMT == EFS_S_IFMT && EFS_IFREG == EFS_S_IFREG && EFS_IFDIR == EFS_S_IFDIR);
static_assert(EFS_IMMUTABLE == EFS_STAT_IMMUTABLE && EFS_APPEND == EFS_STAT_APPEND &&
	      EFS_HAS_BTIME == EFS_STAT_BTIME);
static_assert(EFS_CREATE == EFS_XATTR_CREATE && EFS_REPLACE == EFS_XATTR_REPLACE);

/* ---- references ---- */

int efs_root(struct efs_volume *vol, struct efs_file **out)
{
	struct efs_node *node;
	int err = efs_fs_root(vol->fs, &node);

	if (!err)
		*out = efs_file_of(node);
	return err;
}

struct efs_file *efs_file_dup(struct efs_file *file)
{
	efs_node_get(efs_node_of(file));
	return file;
}

void efs_file_close(struct efs_file *file)
{
	if (file)
		efs_node_put(efs_node_of(file));
}

struct efs_volume *efs_file_volume(struct efs_file *file)
{
	return efs_node_of(file)->fs->owner;
}

uint32_t efs_file_type(const struct efs_file *file)
{
	return efs_node_of(file)->type;
}

uint64_t efs_file_ino(const struct efs_file *file)
{
	return efs_node_of(file)->ino;
}

uint64_t *efs_file_user(struct efs_file *file)
{
	/* nobody but the caller looks at it, so that u64 may be another type of 64 bits */
	static_assert(sizeof(uint64_t) == sizeof(u64));
	return (void *)&efs_node_of(file)->user;
}

/* ---- attributes ---- */

static struct efs_timestamp stamp(const struct efs_time *t)
{
	return (struct efs_timestamp){ .sec = t->sec, .nsec = t->nsec };
}

void efs_file_info(struct efs_file *file, struct efs_info *info)
{
	struct efs_stat st;

	efs_node_stat(efs_node_of(file), &st);
	*info = (struct efs_info){
		.dev = st.dev, .ino = st.ino, .gen = st.gen, .flags = st.flags,
		.mode = st.mode, .nlink = st.nlink, .uid = st.uid, .gid = st.gid,
		.major = st.major, .minor = st.minor,
		.size = st.size, .blocks = st.blocks, .blksize = st.blksize,
		.atime = stamp(&st.atime), .mtime = stamp(&st.mtime),
		.ctime = stamp(&st.ctime), .btime = stamp(&st.btime),
	};
}

int efs_file_change(struct efs_file *file, const struct efs_changes *c)
{
	struct efs_setattr set = {
		.mask = c->mask, .mode = (u16)(c->mode & 07777), .uid = c->uid, .gid = c->gid,
		.flags = c->flags,
		.atime = { .sec = c->atime.sec, .nsec = c->atime.nsec },
		.mtime = { .sec = c->mtime.sec, .nsec = c->mtime.nsec },
	};

	return efs_node_setattr(efs_node_of(file), &set);
}

void efs_mode_text(uint32_t mode, char *text)
{
	efs_mode_string((u16)mode, text);
}

/* ---- contents ---- */

int efs_file_read(struct efs_file *file, uint64_t off, void *buf, size_t len, size_t *done)
{
	return efs_node_read(efs_node_of(file), off, buf, len, done);
}

int efs_file_write(struct efs_file *file, uint64_t off, const void *buf, size_t len,
		   size_t *done)
{
	return efs_node_write(efs_node_of(file), off, buf, len, done);
}

int efs_file_write_sync(struct efs_file *file, uint64_t off, const void *buf, size_t len,
			size_t *done)
{
	return efs_node_write_sync(efs_node_of(file), off, buf, len, done);
}

int efs_file_truncate(struct efs_file *file, uint64_t size)
{
	return efs_node_truncate(efs_node_of(file), size);
}

int efs_file_punch(struct efs_file *file, uint64_t off, uint64_t len)
{
	return efs_node_punch(efs_node_of(file), off, len);
}

int efs_file_reserve(struct efs_file *file, uint64_t off, uint64_t len, bool keep_size)
{
	return efs_node_reserve(efs_node_of(file), off, len, keep_size);
}

int efs_file_seek(struct efs_file *file, uint64_t off, bool hole, uint64_t *at)
{
	u64 found;
	int err = efs_node_seek(efs_node_of(file), off, hole, &found);

	if (!err)
		*at = found;
	return err;
}

int efs_file_sync(struct efs_file *file)
{
	return efs_node_fsync(efs_node_of(file));
}

int efs_file_readlink(struct efs_file *file, char *buf, size_t size)
{
	return efs_node_readlink(efs_node_of(file), buf, size);
}

/* ---- extended attributes ---- */

int efs_xattr_get(struct efs_file *file, const char *name, void *buf, size_t size, size_t *done)
{
	return efs_node_getxattr(efs_node_of(file), name, strlen(name), buf, size, done);
}

int efs_xattr_list(struct efs_file *file, char *buf, size_t size, size_t *done)
{
	return efs_node_listxattr(efs_node_of(file), buf, size, done);
}

int efs_xattr_set(struct efs_file *file, const char *name, const void *value, size_t size,
		  unsigned int flags)
{
	return efs_node_setxattr(efs_node_of(file), name, strlen(name), value, size, flags);
}

int efs_xattr_remove(struct efs_file *file, const char *name)
{
	return efs_node_removexattr(efs_node_of(file), name, strlen(name));
}
