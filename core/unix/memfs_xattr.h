/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Extended attributes of a file in memory; a part of memfs.c.
 */
#ifndef EFS_UNIX_MEMFS_XATTR_H
#define EFS_UNIX_MEMFS_XATTR_H

#include "fs.h"

struct mem_attr;

/** struct mem_attrs - all attributes of a file, in the order in which they were made; zeroed: none */
struct mem_attrs {
	struct mem_attr *first;
};

/* as the methods of the same name; the file's rwsem protects them */
int efs_memfs_getxattr(const struct mem_attrs *attrs, const char *name, size_t len, void *buf,
		       size_t size, size_t *done);
int efs_memfs_listxattr(const struct mem_attrs *attrs, char *buf, size_t size, size_t *done);
int efs_memfs_setxattr(struct mem_attrs *attrs, const char *name, size_t len, const void *buf,
		       size_t size, u32 flags);

/** efs_memfs_dropxattrs() - the file is gone */
void efs_memfs_dropxattrs(struct mem_attrs *attrs);

#endif /* EFS_UNIX_MEMFS_XATTR_H */
