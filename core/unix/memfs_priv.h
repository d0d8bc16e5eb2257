/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the files of the file system in memory share; see memfs.h and memfs.c.
 */
#ifndef EFS_UNIX_MEMFS_PRIV_H
#define EFS_UNIX_MEMFS_PRIV_H

#include "memfs.h"

struct mem_node;

struct mem_name {
	struct mem_name *next, *prev;
	struct mem_node *node;
	u64 seq;
	size_t len;
	char name[];
};

struct mem_page {
	u64 index;
	u8 data[];
};

struct mem_attr;

struct mem_node {
	struct efs_node node;
	u32 refs;
	u16 mode;
	u32 nlink, uid, gid, flags, major, minor;
	u64 size;
	struct efs_time atime, mtime, ctime, btime;
	struct mem_attr *attrs;
	/* of a directory */
	struct mem_node *parent;
	struct mem_name *first, *last;
	u64 next_seq;
	/* of anything else */
	struct mem_page **pages;
	u32 page_count, page_room;
};

struct mem_fs {
	struct efs_fs fs;
	struct efs_memfs_opts o;
	struct mem_node *root;
	bool rdonly;
	efs_spin_t count_lock;
	u64 nodes, pages, held;
	u64 next_ino;
};

static inline struct mem_fs *mem_fs(const struct efs_fs *fs)
{
	return container_of((struct efs_fs *)fs, struct mem_fs, fs);
}

static inline struct mem_node *mem_node(const struct efs_node *node)
{
	return container_of((struct efs_node *)node, struct mem_node, node);
}

static inline struct mem_fs *fs_of(const struct mem_node *mn)
{
	return mem_fs(mn->node.fs);
}

static inline struct efs_time now(void)
{
	struct efs_time t;

	t.sec = efs_now(NULL, &t.nsec);
	return t;
}

/* names of a directory, or contents of a file, changed */
static inline void touch(struct mem_node *mn)
{
	mn->mtime = now();
	mn->ctime = mn->mtime;
}

/* ---- memfs_data.c: contents; the methods of the same name ---- */

int efs_memfs_read(struct efs_node *node, u64 off, void *buf, size_t len, size_t *done);
int efs_memfs_write(struct efs_node *node, u64 off, const void *buf, size_t len, size_t *done);
int efs_memfs_truncate(struct efs_node *node, u64 size);
int efs_memfs_punch(struct efs_node *node, u64 off, u64 len);
int efs_memfs_reserve(struct efs_node *node, u64 off, u64 len, bool keep_size);
int efs_memfs_seek(struct efs_node *node, u64 off, bool hole, u64 *at);

/** efs_memfs_drop_pages() - all contents go */
void efs_memfs_drop_pages(struct mem_node *mn);

/* ---- memfs_xattr.c: extended attributes; the same ---- */

int efs_memfs_getxattr(struct efs_node *node, const char *name, size_t len, void *buf, size_t size,
		       size_t *done);
int efs_memfs_listxattr(struct efs_node *node, char *buf, size_t size, size_t *done);
int efs_memfs_setxattr(struct efs_node *node, const char *name, size_t len, const void *buf,
		       size_t size, u32 flags);

/** efs_memfs_init_acl() - the lists a directory hands on, to a new file that nobody else knows */
int efs_memfs_init_acl(struct mem_node *mn, const struct efs_new *n);

/** efs_memfs_drop_xattrs() - all attributes go */
void efs_memfs_drop_xattrs(struct mem_node *mn);

#endif /* EFS_UNIX_MEMFS_PRIV_H */
