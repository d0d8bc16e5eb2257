// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Access control lists: from what is on disk to what system calls exchange, and what they
 * mean for the permission bits of a mode.
 *
 * Both forms are a version and entries of tag, permissions and id in little-endian words;
 * on disk those entries are short that need no id (linux/fs/ext2/acl.h, linux/include/uapi/
 * linux/posix_acl_xattr.h). Rules of a valid list and its relation to the mode are those of
 * POSIX 1003.1e draft 17, 23.1.2 and following, which linux/fs/posix_acl.c implements.
 *
 * Locks: none.
 */
#include "format.h"

struct acl_entry {
	u16 tag, perm;
	u32 id;
};

static bool named(u16 tag)
{
	return tag == EFS_ACL_USER || tag == EFS_ACL_GROUP;
}

static u16 get16(const u8 *p)
{
	return (u16)(p[0] | p[1] << 8);
}

static u32 get32(const u8 *p)
{
	return get16(p) | (u32)get16(p + 2) << 16;
}

static void put16(u8 *p, u16 v)
{
	p[0] = (u8)v;
	p[1] = (u8)(v >> 8);
}

static void put32(u8 *p, u32 v)
{
	put16(p, (u16)v);
	put16(p + 2, (u16)(v >> 16));
}

/* entry of the form of system calls at @p */
static struct acl_entry entry_at(const u8 *p)
{
	return (struct acl_entry){ .tag = get16(p), .perm = get16(p + 2), .id = get32(p + 4) };
}

/*
 * Where a list stands: @last is the tag of the entry before, @want_mask is set when a named
 * user or group was there.
 */
struct acl_order {
	u16 last;
	bool want_mask;
};

static bool order_ok(struct acl_order *o, const struct acl_entry *e)
{
	u16 last = o->last;

	if (e->perm > 7)
		return false;
	o->last = e->tag;
	switch (e->tag) {
	case EFS_ACL_USER_OBJ:
		return !last;
	case EFS_ACL_USER:
		o->want_mask = true;
		return (last == EFS_ACL_USER_OBJ || last == EFS_ACL_USER) &&
		       e->id != EFS_ACL_NO_ID;
	case EFS_ACL_GROUP_OBJ:
		return last == EFS_ACL_USER_OBJ || last == EFS_ACL_USER;
	case EFS_ACL_GROUP:
		o->want_mask = true;
		return (last == EFS_ACL_GROUP_OBJ || last == EFS_ACL_GROUP) &&
		       e->id != EFS_ACL_NO_ID;
	case EFS_ACL_MASK:
		return last == EFS_ACL_GROUP_OBJ || last == EFS_ACL_GROUP;
	case EFS_ACL_OTHER:
		return last == EFS_ACL_MASK ||
		       ((last == EFS_ACL_GROUP_OBJ || last == EFS_ACL_GROUP) && !o->want_mask);
	}
	return false;
}

bool efs_acl_check(const void *acl, size_t size)
{
	const u8 *p = acl;
	struct acl_order o = { .last = 0 };
	size_t at;

	if (size < 4 || (size - 4) % EFS_ACL_X_ENTRY || get32(p) != EFS_ACL_X_VERSION)
		return false;
	for (at = 4; at < size; at += EFS_ACL_X_ENTRY) {
		struct acl_entry e = entry_at(p + at);

		if (!order_ok(&o, &e))
			return false;
	}
	return o.last == EFS_ACL_OTHER;
}

size_t efs_acl_to_disk(const void *acl, size_t size, void *disk)
{
	const u8 *p = acl;
	u8 *d = disk;
	size_t at, n = 4;

	put32(d, EFS_ACL_VERSION);
	for (at = 4; at < size; at += EFS_ACL_X_ENTRY) {
		u32 len = named(get16(p + at)) ? EFS_ACL_LONG : EFS_ACL_SHORT;

		memcpy(d + n, p + at, len);
		n += len;
	}
	return n;
}

enum efs_code efs_acl_from_disk(const void *disk, size_t size, void *acl, size_t room,
				size_t *done)
{
	const u8 *d = disk;
	u8 *p = acl;
	struct acl_order o = { .last = 0 };
	size_t at, n = 4, len;

	*done = 0;
	if (size < 4 || get32(d) != EFS_ACL_VERSION)
		return EFS_C_XATTR_ACL;
	for (at = 4; at < size; at += len, n += EFS_ACL_X_ENTRY) {
		struct acl_entry e = { .id = EFS_ACL_NO_ID };

		if (size - at < EFS_ACL_SHORT)
			return EFS_C_XATTR_ACL;
		e.tag = get16(d + at);
		e.perm = get16(d + at + 2);
		len = named(e.tag) ? EFS_ACL_LONG : EFS_ACL_SHORT;
		if (size - at < len)
			return EFS_C_XATTR_ACL;
		if (named(e.tag))
			e.id = get32(d + at + 4);
		if (!order_ok(&o, &e))
			return EFS_C_XATTR_ACL;
		if (n + EFS_ACL_X_ENTRY <= room) {
			put16(p + n, e.tag);
			put16(p + n + 2, e.perm);
			put32(p + n + 4, e.id);
		}
	}
	if (o.last != EFS_ACL_OTHER)
		return EFS_C_XATTR_ACL;
	if (room >= 4)
		put32(p, EFS_ACL_X_VERSION);
	*done = n;
	return EFS_C_OK;
}

/* ---- lists and modes ---- */

/*
 * Offsets of the entries that correspond to the three classes of a mode: owner, group,
 * others. Of the group it is the mask, if there is one. True if there is nothing else.
 */
static bool classes(const u8 *p, size_t size, size_t at[3])
{
	bool only = true;
	size_t i;

	for (i = 4; i < size; i += EFS_ACL_X_ENTRY) {
		switch (get16(p + i)) {
		case EFS_ACL_USER_OBJ:
			at[0] = i;
			break;
		case EFS_ACL_MASK:
			only = false;
			at[1] = i;
			break;
		case EFS_ACL_GROUP_OBJ:
			at[1] = i;
			break;
		case EFS_ACL_OTHER:
			at[2] = i;
			break;
		default:
			only = false;
		}
	}
	return only;
}

bool efs_acl_mode(const void *acl, size_t size, u16 *mode)
{
	const u8 *p = acl;
	size_t at[3] = { 0 };
	bool only = classes(p, size, at);

	*mode = (u16)((*mode & ~0777) | get16(p + at[0] + 2) << 6 | get16(p + at[1] + 2) << 3 |
		      get16(p + at[2] + 2));
	return only;
}

void efs_acl_chmod(void *acl, size_t size, u16 mode)
{
	u8 *p = acl;
	size_t at[3] = { 0 };
	u32 i;

	classes(p, size, at);
	for (i = 0; i < 3; i++)
		put16(p + at[i] + 2, mode >> (6 - 3 * i) & 7);
}

bool efs_acl_create(void *acl, size_t size, u16 *mode)
{
	u16 allowed = 0;
	bool only = efs_acl_mode(acl, size, &allowed);

	*mode &= (u16)(~0777 | allowed);
	efs_acl_chmod(acl, size, *mode & 0777);
	return only;
}
