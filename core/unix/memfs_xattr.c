// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A file system in memory: extended attributes, a list of them in each file. Values are kept
 * as they are given; that access control lists are what they should be, xattr.c has seen to.
 *
 * Locks: the file's rwsem.
 */
#include "memfs_priv.h"

/**
 * struct mem_attr - an attribute
 * @bytes: @len bytes of name, then @size of value
 */
struct mem_attr {
	struct mem_attr *next;
	size_t len, size;
	u8 bytes[];
};

/* the link that leads to it, or the one behind the last */
static struct mem_attr **find(struct mem_node *mn, const char *name, size_t len)
{
	struct mem_attr **p = &mn->attrs;

	while (*p && ((*p)->len != len || memcmp((*p)->bytes, name, len)))
		p = &(*p)->next;
	return p;
}

int efs_memfs_getxattr(struct efs_node *node, const char *name, size_t len, void *buf, size_t size,
		       size_t *done)
{
	const struct mem_attr *a = *find(mem_node(node), name, len);

	if (!a)
		return -ENODATA;
	*done = a->size;
	if (!size)
		return 0;
	if (a->size > size)
		return -ERANGE;
	memcpy(buf, a->bytes + a->len, a->size);
	return 0;
}

int efs_memfs_listxattr(struct efs_node *node, char *buf, size_t size, size_t *done)
{
	const struct mem_attr *a;

	for (a = mem_node(node)->attrs; a; a = a->next) {
		if (size >= *done && size - *done > a->len) {
			memcpy(buf + *done, a->bytes, a->len);
			buf[*done + a->len] = '\0';
		}
		*done += a->len + 1;
	}
	return size && *done > size ? -ERANGE : 0;
}

int efs_memfs_setxattr(struct efs_node *node, const char *name, size_t len, const void *buf,
		       size_t size, u32 flags)
{
	struct mem_node *mn = mem_node(node);
	struct mem_attr **p = find(mn, name, len), *old = *p, *a = NULL;

	if (size > fs_of(mn)->o.value_max)
		return -ERANGE;
	if (old && flags & EFS_XATTR_CREATE)
		return -EEXIST;
	if (!old && (flags & EFS_XATTR_REPLACE || !buf))
		return -ENODATA;
	if (buf) {
		a = efs_alloc(NULL, sizeof(*a) + len + size);
		if (!a)
			return -ENOMEM;
		a->len = len;
		a->size = size;
		memcpy(a->bytes, name, len);
		memcpy(a->bytes + len, buf, size);
		a->next = old ? old->next : NULL;
	}
	*p = a ? a : old->next;
	efs_free(old);
	mn->ctime = now();
	return 0;
}

int efs_memfs_init_acl(struct mem_node *mn, const struct efs_new *n)
{
	static const char access[] = "system.posix_acl_access";
	static const char dflt[] = "system.posix_acl_default";
	int err = 0;

	if (n->acl_default)
		err = efs_memfs_setxattr(&mn->node, dflt, sizeof(dflt) - 1, n->acl_default,
					 n->acl_size, 0);
	if (!err && n->acl)
		err = efs_memfs_setxattr(&mn->node, access, sizeof(access) - 1, n->acl,
					 n->acl_size, 0);
	return err;
}

void efs_memfs_drop_xattrs(struct mem_node *mn)
{
	while (mn->attrs) {
		struct mem_attr *a = mn->attrs;

		mn->attrs = a->next;
		efs_free(a);
	}
}
