/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What those parts share that play the VFS above the methods: fs.c, names.c, xattr.c, change.c.
 */
#ifndef EFS_UNIX_FS_PRIV_H
#define EFS_UNIX_FS_PRIV_H

#include "fs.h"

/* efs_node_stat() with rwsem held */
static inline void stat_locked(struct efs_node *node, struct efs_stat *st)
{
	memset(st, 0, sizeof(*st));
	st->dev = node->fs->dev;
	st->ino = node->ino;
	node->fs->rd->stat(node, st);
}

/* -EPERM if one of @flags is set; rwsem held */
static inline int check_flags(struct efs_node *node, u32 flags)
{
	struct efs_stat st;

	stat_locked(node, &st);
	return st.flags & flags ? -EPERM : 0;
}

#define FIXED (EFS_STAT_IMMUTABLE | EFS_STAT_APPEND)

/* a change has succeeded; no lock held */
static inline int done(struct efs_node *node)
{
	return node->fs->wr->done ? node->fs->wr->done(node) : 0;
}

/* names lead from @dir to itself */
static inline int loop(struct efs_node *dir)
{
	return dir->fs->rd->loop ? dir->fs->rd->loop(dir) : -EFSCORRUPTED;
}

/* ---- xattr.c ---- */

/** efs_acl_follow() - the mode is about to be @mode: an access control list, too
 * rwsem held for writing, setxattr allowed.
 */
int efs_acl_follow(struct efs_node *node, u16 mode);

/**
 * efs_acl_inherit() - what the default list of @dir makes of a new file; rwsem of @dir held
 * @n: mode and lists are set
 * @mem: to be freed when @n is no longer needed, with efs_free()
 */
int efs_acl_inherit(struct efs_node *dir, struct efs_new *n, void **mem);

#endif /* EFS_UNIX_FS_PRIV_H */
