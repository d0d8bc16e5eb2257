// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ext2 behind the general interface: extended attributes. The engine keeps them; access
 * control lists have a form of their own on disk, and go through core/format/acl.c.
 *
 * Locks: rwsem as fs.h says; the engine's xattr_lock is below it. A list is read in two
 * steps, between which rwsem keeps it as it is.
 */
#include "ext2_priv.h"

static bool split(const char *whole, size_t len, struct efs_ea_name *name)
{
	u32 skip;

	if (!efs_ea_parse(whole, len, &name->index, &skip))
		return false;
	name->rest = whole + skip;
	name->len = (u32)len - skip;
	return true;
}

static bool is_acl(const struct efs_ea_name *name)
{
	return name->index == EFS_EA_ACL_ACCESS || name->index == EFS_EA_ACL_DEFAULT;
}

static int get_acl(struct efs_inode *ei, const struct efs_ea_name *name, void *buf, size_t size,
		   size_t *done)
{
	size_t len;
	int err = efs_ea_get(ei, name, NULL, 0, &len);
	void *disk;

	if (err)
		return err;
	/* a byte more: an empty value is no list either, but has no memory */
	disk = efs_alloc(ei->sb, len + 1);
	if (!disk)
		return -ENOMEM;
	err = efs_ea_get(ei, name, disk, len + 1, &len);
	if (!err && efs_acl_from_disk(disk, len, buf, size, done))
		err = efs_bad(ei->sb, EFS_C_XATTR_ACL, ei->ino, 0, 0);
	efs_free(disk);
	if (err)
		return err;
	return size && *done > size ? -ERANGE : 0;
}

int efs_ext2_getxattr(struct efs_node *node, const char *whole, size_t len, void *buf, size_t size,
		      size_t *done)
{
	struct efs_ea_name name;

	if (!split(whole, len, &name))
		return -EOPNOTSUPP;
	if (is_acl(&name))
		return get_acl(ext2_ei(node), &name, buf, size, done);
	return efs_ea_get(ext2_ei(node), &name, buf, size, done);
}

int efs_ext2_listxattr(struct efs_node *node, char *buf, size_t size, size_t *done)
{
	return efs_ea_list(ext2_ei(node), buf, size, done);
}

static int set_acl(struct efs_inode *ei, const struct efs_ea_name *name, const void *acl,
		   size_t size)
{
	void *disk = efs_alloc(ei->sb, size);
	int err;

	if (!disk)
		return -ENOMEM;
	size = efs_acl_to_disk(acl, size, disk);
	err = efs_ea_set(ei, name, disk, size, 0);
	efs_free(disk);
	return err;
}

int efs_ext2_setxattr(struct efs_node *node, const char *whole, size_t len, const void *buf,
		      size_t size, u32 flags)
{
	struct efs_ea_name name;

	if (!split(whole, len, &name))
		return -EOPNOTSUPP;
	if (buf && is_acl(&name))
		return set_acl(ext2_ei(node), &name, buf, size);
	return efs_ea_set(ext2_ei(node), &name, buf, size, flags);
}

int efs_ext2_init_acl(struct efs_node *node, const struct efs_new *n)
{
	const struct efs_ea_name access = { .index = EFS_EA_ACL_ACCESS, .rest = "" };
	const struct efs_ea_name dflt = { .index = EFS_EA_ACL_DEFAULT, .rest = "" };
	int err = 0;

	if (n->acl_default)
		err = set_acl(ext2_ei(node), &dflt, n->acl_default, n->acl_size);
	if (!err && n->acl)
		err = set_acl(ext2_ei(node), &access, n->acl, n->acl_size);
	return err;
}
