// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Extended attributes of a file in memory: a list. Values are kept as they are given; that
 * access control lists are what they should be, xattr.c has seen to.
 *
 * Locks: the file's rwsem.
 */
#include "memfs_xattr.h"

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
static struct mem_attr **find(struct mem_attrs *attrs, const char *name, size_t len)
{
	struct mem_attr **p = &attrs->first;

	while (*p && ((*p)->len != len || memcmp((*p)->bytes, name, len)))
		p = &(*p)->next;
	return p;
}

int efs_memfs_getxattr(const struct mem_attrs *attrs, const char *name, size_t len, void *buf,
		       size_t size, size_t *done)
{
	const struct mem_attr *a = *find((struct mem_attrs *)attrs, name, len);

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

int efs_memfs_listxattr(const struct mem_attrs *attrs, char *buf, size_t size, size_t *done)
{
	const struct mem_attr *a;

	for (a = attrs->first; a; a = a->next) {
		if (size >= *done && size - *done > a->len) {
			memcpy(buf + *done, a->bytes, a->len);
			buf[*done + a->len] = '\0';
		}
		*done += a->len + 1;
	}
	return size && *done > size ? -ERANGE : 0;
}

int efs_memfs_setxattr(struct mem_attrs *attrs, const char *name, size_t len, const void *buf,
		       size_t size, u32 flags)
{
	struct mem_attr **p = find(attrs, name, len), *old = *p, *a = NULL;

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
	return 0;
}

void efs_memfs_dropxattrs(struct mem_attrs *attrs)
{
	while (attrs->first) {
		struct mem_attr *a = attrs->first;

		attrs->first = a->next;
		efs_free(a);
	}
}
