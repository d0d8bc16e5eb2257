// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What a VFS does above a file system's extended attributes: which names there are, who may
 * have them, and that access control lists and permission bits say the same.
 *
 * Lists pass through here in the form of system calls (core/format/acl.c). The mode's
 * group bits are the list's mask, if it has one; a list that says no more than the mode is
 * not kept. A directory's default list becomes that of what is made in it, as far as the
 * mode asked for allows. All as Linux does it (fs/posix_acl.c, fs/xattr.c).
 *
 * Locks: rwsem, as fs.h says.
 */
#include "fs_priv.h"

#define ACL_ACCESS "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"

static bool is_acl(u8 index)
{
	return index == EFS_EA_ACL_ACCESS || index == EFS_EA_ACL_DEFAULT;
}

/* is @name the prefix of some, with nothing behind it? */
static bool is_prefix(const char *name, size_t len)
{
	const char *text;
	u8 index;
	u32 n;

	for (index = EFS_EA_USER; index <= EFS_EA_GNU; index++) {
		text = efs_ea_prefix(index, &n);
		if (text && n == len && !memcmp(name, text, n))
			return true;
	}
	return false;
}

static int check_name(const char *name, size_t len, u8 *index)
{
	size_t i;
	u32 skip;

	if (!len || len > EFS_NAME_MAX)
		return -ERANGE;
	for (i = 0; i < len; i++)
		if (!name[i])
			return -EINVAL;
	if (efs_ea_parse(name, len, index, &skip))
		return 0;
	return is_prefix(name, len) ? -EINVAL : -EOPNOTSUPP;
}

/* files of other types have permissions for other things */
static bool may_have_user(const struct efs_node *node)
{
	return node->type == EFS_S_IFREG || node->type == EFS_S_IFDIR;
}

/* ---- reading ---- */

int efs_node_getxattr(struct efs_node *node, const char *name, size_t len, void *buf,
		      size_t size, size_t *n)
{
	int err;
	u8 index;

	*n = 0;
	if (!node->fs->rd->getxattr)
		return -EOPNOTSUPP;
	err = check_name(name, len, &index);
	if (err)
		return err;
	if (index == EFS_EA_USER && !may_have_user(node))
		return -ENODATA;
	if (is_acl(index) && node->type == EFS_S_IFLNK)
		return -EOPNOTSUPP;
	efs_rd_lock(&node->rwsem);
	err = node->fs->rd->getxattr(node, name, len, buf, size, n);
	efs_rd_unlock(&node->rwsem);
	return err;
}

int efs_node_listxattr(struct efs_node *node, char *buf, size_t size, size_t *n)
{
	int err;

	*n = 0;
	if (!node->fs->rd->listxattr)
		return -EOPNOTSUPP;
	efs_rd_lock(&node->rwsem);
	err = node->fs->rd->listxattr(node, buf, size, n);
	efs_rd_unlock(&node->rwsem);
	return err;
}

/* ---- access control lists; rwsem held for writing ---- */

static const char *acl_name(bool access, size_t *len)
{
	*len = access ? sizeof(ACL_ACCESS) - 1 : sizeof(ACL_DEFAULT) - 1;
	return access ? ACL_ACCESS : ACL_DEFAULT;
}

/* the list of a file: -ENODATA; with room for another one behind it. efs_free() takes it back */
static int acl_get(struct efs_node *node, bool access, bool twice, u8 **acl, size_t *size)
{
	const char *name;
	size_t len;
	int err;

	*acl = NULL;
	if (!node->fs->rd->getxattr || node->type == EFS_S_IFLNK)
		return -ENODATA;
	name = acl_name(access, &len);
	err = node->fs->rd->getxattr(node, name, len, NULL, 0, size);
	if (err)
		return err == -EOPNOTSUPP ? -ENODATA : err;
	*acl = efs_alloc(node->fs->mem, twice ? 2 * *size : *size);
	if (!*acl)
		return -ENOMEM;
	err = node->fs->rd->getxattr(node, name, len, *acl, *size, size);
	if (!err && efs_acl_check(*acl, *size))
		return 0;
	efs_free(*acl);
	*acl = NULL;
	return err ? err : -EINVAL;
}

static int acl_put(struct efs_node *node, bool access, const void *acl, size_t size)
{
	size_t len;
	const char *name = acl_name(access, &len);
	int err = node->fs->wr->setxattr(node, name, len, acl, size, 0);

	/* to remove what is not there is no error with lists */
	return !acl && err == -ENODATA ? 0 : err;
}

static int set_mode(struct efs_node *node, u16 mode)
{
	const struct efs_setattr set = { .mask = EFS_SET_MODE, .mode = mode & 07777 };

	return node->fs->wr->setattr(node, &set);
}

static int acl_set(struct efs_node *node, bool access, const void *acl, size_t size)
{
	struct efs_stat st;
	bool only;
	int err;

	if (node->type == EFS_S_IFLNK)
		return -EOPNOTSUPP;
	if (acl && size >= 4 && ((const u8 *)acl)[0] != EFS_ACL_X_VERSION)
		return -EOPNOTSUPP;
	/* a list without entries: none */
	if (acl && (!size || size == 4))
		acl = NULL;
	if (!access && !efs_node_is_dir(node))
		return acl ? -EACCES : 0;
	if (acl && !efs_acl_check(acl, size))
		return -EINVAL;
	if (!acl || !access)
		return acl_put(node, access, acl, size);
	stat_locked(node, &st);
	only = efs_acl_mode(acl, size, &st.mode);
	err = acl_put(node, access, only ? NULL : acl, size);
	return err ? err : set_mode(node, st.mode);
}

int efs_acl_follow(struct efs_node *node, u16 mode)
{
	size_t size;
	u8 *acl;
	int err = acl_get(node, true, false, &acl, &size);

	if (err)
		return err == -ENODATA ? 0 : err;
	efs_acl_chmod(acl, size, mode);
	err = acl_put(node, true, acl, size);
	efs_free(acl);
	return err;
}

int efs_acl_inherit(struct efs_node *dir, struct efs_new *n, void **mem)
{
	size_t size;
	u8 *acl;
	int err;

	*mem = NULL;
	n->acl = NULL;
	n->acl_default = NULL;
	if ((n->mode & EFS_S_IFMT) == EFS_S_IFLNK)
		return 0;
	err = acl_get(dir, false, true, &acl, &size);
	if (err)
		return err == -ENODATA ? 0 : err;
	*mem = acl;
	memcpy(acl + size, acl, size);
	n->acl_size = size;
	if ((n->mode & EFS_S_IFMT) == EFS_S_IFDIR)
		n->acl_default = acl;
	if (!efs_acl_create(acl + size, size, &n->mode))
		n->acl = acl + size;
	return 0;
}

/* ---- changing ---- */

static int set_locked(struct efs_node *node, u8 index, const char *name, size_t len,
		      const void *buf, size_t size, u32 flags)
{
	if (is_acl(index))
		return acl_set(node, index == EFS_EA_ACL_ACCESS, buf, size);
	return node->fs->wr->setxattr(node, name, len, buf, size, flags);
}

static int set_xattr(struct efs_node *node, const char *name, size_t len, const void *buf,
		     size_t size, u32 flags)
{
	int err = efs_fs_writable(node->fs);
	u8 index = 0;

	if (!err && !node->fs->wr->setxattr)
		err = -EOPNOTSUPP;
	if (!err)
		err = check_name(name, len, &index);
	if (!err && buf && size > EFS_XATTR_SIZE_MAX)
		err = -E2BIG;
	if (!err && index == EFS_EA_USER && !may_have_user(node))
		err = -EPERM;
	/* what belongs to other systems can be looked at, and got rid of */
	if (!err && buf && index > EFS_EA_SECURITY)
		err = -EOPNOTSUPP;
	if (err)
		return err;
	efs_wr_lock(&node->rwsem);
	err = check_flags(node, FIXED);
	if (!err)
		err = set_locked(node, index, name, len, buf, size, flags);
	efs_wr_unlock(&node->rwsem);
	return err ? err : done(node);
}

int efs_node_setxattr(struct efs_node *node, const char *name, size_t len, const void *buf,
		      size_t size, u32 flags)
{
	if (flags & ~(EFS_XATTR_CREATE | EFS_XATTR_REPLACE))
		return -EINVAL;
	return set_xattr(node, name, len, buf ? buf : "", buf ? size : 0, flags);
}

int efs_node_removexattr(struct efs_node *node, const char *name, size_t len)
{
	return set_xattr(node, name, len, NULL, 0, 0);
}
