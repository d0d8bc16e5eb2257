// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ext2 behind the general interface: names. names.c has found and locked the nodes, and has
 * checked what a VFS checks; the core's sequences do the rest.
 *
 * Locks: rwsem as fs.h says; it is lock 2 of core/engine/efs.h.
 */
#include "ext2_priv.h"

int efs_ext2_lookup(struct efs_node *dir, const char *name, size_t len, struct efs_node **out)
{
	u32 ino;
	int err = efs_dir_lookup(ext2_ei(dir), name, (u32)len, &ino);

	if (!err)
		err = efs_ext2_iget(dir->fs, ino, out);
	if (err)
		return err;
	/* in use, but without a name: so none can lead here */
	if (!efs_i_nlink(ext2_ei(*out))) {
		err = efs_bad(ext2_ei(dir)->sb, EFS_C_INO_NLINK, ino, 0, (u32)dir->ino);
		efs_node_put(*out);
	}
	return err;
}

int efs_ext2_readdir(struct efs_node *dir, struct efs_dirpos *pos, struct efs_entry *ents, u32 max,
		     u32 *n)
{
	struct efs_inode *ei = ext2_ei(dir);
	struct efs_dir_cursor c;
	struct efs_dirent de;
	int ret = 0;

	efs_dir_open(ei, pos->pos, pos->pos && pos->version != ei->dir_version, &c);
	pos->version = ei->dir_version;
	while (*n < max) {
		struct efs_entry *e = &ents[*n];

		ret = efs_dir_next(&c, &de);
		if (ret <= 0)
			break;
		e->ino = de.ino;
		e->next = c.next;
		e->type = efs_ftype_mode(de.ftype);
		e->len = (u8)min_t(u32, de.len, EFS_NAME_MAX);
		memcpy(e->name, de.name, e->len);
		e->name[e->len] = '\0';
		pos->pos = c.next;
		++*n;
	}
	/* an error comes up once the entries before it are taken, and is then passed by */
	if (ret < 0 && !*n)
		pos->pos = c.next;
	efs_dir_close(&c);
	return ret < 0 && !*n ? ret : 0;
}

static int name_child(struct efs_inode *dir, const char *name, u32 len, const struct efs_new *n,
		      struct efs_inode *child)
{
	switch (n->mode & EFS_S_IFMT) {
	case EFS_S_IFDIR:
		return efs_namei_mkdir(dir, name, len, child);
	case EFS_S_IFLNK:
		return efs_namei_symlink(dir, name, len, child, n->target, (u32)n->target_len);
	default:
		return efs_namei_create(dir, name, len, child);
	}
}

/* @node has a new name in @dir */
static int named(struct efs_node *dir, struct efs_node *node)
{
	efs_ext2_named(node, dir);
	return efs_ext2_child(dir, node);
}

/* it has lost one */
static int unnamed(struct efs_node *dir, struct efs_node *node)
{
	efs_ext2_unnamed(node, dir);
	return efs_ext2_child(dir, node);
}

int efs_ext2_create(struct efs_node *dir, const char *name, size_t len, const struct efs_new *n,
		    struct efs_node **out)
{
	struct efs_node *node;
	int err;

	/* before an inode is taken for it */
	if ((n->mode & EFS_S_IFMT) == EFS_S_IFLNK &&
	    n->target_len >= ext2_ei(dir)->sb->geo.block_size)
		return -ENAMETOOLONG;
	err = efs_ext2_inew(dir, n, 1, &node);
	if (err)
		return err;
	/* its number may be in a damaged directory */
	efs_wr_lock(&node->rwsem);
	err = efs_ext2_init_acl(node, n);
	if (!err)
		err = name_child(ext2_ei(dir), name, (u32)len, n, ext2_ei(node));
	if (err)
		efs_i_nlink_set(ext2_ei(node), 0);
	else
		err = named(dir, node);
	efs_wr_unlock(&node->rwsem);
	if (err)
		efs_node_put(node);
	else
		*out = node;
	return err;
}

int efs_ext2_tmpfile(struct efs_node *dir, const struct efs_new *n, struct efs_node **out)
{
	struct efs_node *node;
	int err = efs_ext2_inew(dir, n, 0, &node);

	if (err)
		return err;
	efs_wr_lock(&node->rwsem);
	err = efs_ext2_init_acl(node, n);
	efs_wr_unlock(&node->rwsem);
	if (err)
		efs_node_put(node);
	else
		*out = node;
	return err;
}

int efs_ext2_link(struct efs_node *dir, const char *name, size_t len, struct efs_node *node)
{
	int err = efs_namei_link(ext2_ei(dir), name, (u32)len, ext2_ei(node));

	return err ? err : named(dir, node);
}

int efs_ext2_unlink(struct efs_node *dir, const char *name, size_t len, struct efs_node *node)
{
	int err = efs_namei_unlink(ext2_ei(dir), name, (u32)len, ext2_ei(node));

	return err ? err : unnamed(dir, node);
}

int efs_ext2_rmdir(struct efs_node *dir, const char *name, size_t len, struct efs_node *node)
{
	int err = efs_namei_rmdir(ext2_ei(dir), name, (u32)len, ext2_ei(node));

	return err ? err : unnamed(dir, node);
}

int efs_ext2_rename(const struct efs_renaming *r)
{
	struct efs_rename er = {
		.odir = ext2_ei(r->odir), .ndir = ext2_ei(r->ndir),
		.oname = r->oname, .nname = r->nname,
		.olen = (u32)r->olen, .nlen = (u32)r->nlen,
		.old = ext2_ei(r->old), .new = r->new ? ext2_ei(r->new) : NULL,
		.flags = r->flags,
	};

	int err = efs_namei_rename(&er), e = 0;

	if (err)
		return err;
	err = named(r->ndir, r->old);
	if (r->flags & EFS_RENAME_EXCHANGE)
		e = named(r->odir, r->new);
	else if (r->new)
		e = unnamed(r->ndir, r->new);
	return err ? err : e;
}
