// SPDX-License-Identifier: GPL-2.0
/*
 * From a path to an inode, as POSIX.1-2017, 4.13 has it.
 *
 * The path is walked from the left, one component at a time; a symbolic link puts its
 * target in front of what is left. Links are counted, not nested, so the walk needs no
 * stack. The volume's root is its own parent. Permissions are not looked at: whoever
 * may write the image may do everything in it.
 *
 * Locks: lock 2 of one directory at a time, shared, during its look-up.
 */
#include <stdlib.h>

#include "../../core/unix/path.h"
#include "home.h"

#define LINKS_MAX 40

/* where a walk stands */
struct walk {
	struct efsu_fs *fs;
	struct efsu_inode *at;	/* referenced */
	struct efs_path left;
	char *buf;		/* what @left points into, once a link was met */
	u32 links;
};

static void walk_to(struct walk *w, struct efsu_inode *i)
{
	efsu_iput(w->at);
	w->at = i;
}

static int walk_up(struct walk *w)
{
	struct efsu_inode *up;
	u32 ino;
	int err;

	if (efsu_type(w->at) != EFS_S_IFDIR)
		return -ENOTDIR;
	if (w->at->core.ino == EFS_ROOT_INO)
		return 0;
	efs_rd_lock(&w->at->rwsem);
	err = efs_dir_dotdot(&w->at->core, &ino);
	efs_rd_unlock(&w->at->rwsem);
	if (!err)
		err = efsu_iget(w->fs, ino, &up);
	if (!err)
		walk_to(w, up);
	return err;
}

/* @i is a link met on the way: put its target in front of what is left */
static int walk_link(struct walk *w, struct efsu_inode *i)
{
	char *target, *buf;
	size_t tlen;
	int err;

	if (++w->links > LINKS_MAX)
		return -ELOOP;
	err = efsu_readlink(i, &target);
	if (err)
		return err;
	tlen = strlen(target);
	if (tlen + w->left.len >= EFS_PATH_MAX) {
		free(target);
		return -ENAMETOOLONG;
	}
	/* what is left begins with a slash, or is empty */
	buf = realloc(target, tlen + w->left.len + 1);
	if (!buf) {
		free(target);
		return -ENOMEM;
	}
	memcpy(buf + tlen, w->left.p, w->left.len);
	w->left.p = buf;
	w->left.len += tlen;
	free(w->buf);
	w->buf = buf;
	if (efs_path_root(buf, w->left.len) != EFS_PATH_RELATIVE)
		walk_to(w, efsu_root(w->fs));
	return 0;
}

static int walk_name(struct walk *w, const char *name, size_t len, u32 flags)
{
	bool last = efs_path_is_last(&w->left);
	struct efsu_inode *i;
	int err;

	err = efsu_lookup(w->at, name, len, &i);
	if (err)
		return err;
	if (efsu_type(i) == EFS_S_IFLNK &&
	    (!last || w->left.len || !(flags & EFSU_WALK_NOFOLLOW))) {
		err = walk_link(w, i);
		efsu_iput(i);
		return err;
	}
	/* a slash behind the last name asks for a directory */
	if (last && w->left.len && efsu_type(i) != EFS_S_IFDIR) {
		efsu_iput(i);
		return -ENOTDIR;
	}
	walk_to(w, i);
	return 0;
}

static int walk_step(struct walk *w, u32 flags, bool *end)
{
	const char *name;
	size_t len;

	switch (efs_path_next(&w->left, &name, &len)) {
	case EFS_PATH_END:
		*end = true;
		return 0;
	case EFS_PATH_DOT:
		return efsu_type(w->at) == EFS_S_IFDIR ? 0 : -ENOTDIR;
	case EFS_PATH_DOTDOT:
		return walk_up(w);
	case EFS_PATH_NAME:
		return walk_name(w, name, len, flags);
	}
	return -EINVAL;
}

int efsu_walk(struct efsu_fs *fs, struct efsu_inode *start, const char *path, size_t len,
	      u32 flags, struct efsu_inode **out)
{
	struct walk w = { .fs = fs, .left = { .p = path, .len = len } };
	bool end = false;
	int err = 0;

	if (!len)
		return -ENOENT;
	if (len >= EFS_PATH_MAX)
		return -ENAMETOOLONG;
	if (!start || efs_path_root(path, len) != EFS_PATH_RELATIVE)
		w.at = efsu_root(fs);
	else
		w.at = efsu_iref(start);
	while (!err && !end)
		err = walk_step(&w, flags, &end);
	free(w.buf);
	if (err)
		efsu_iput(w.at);
	else
		*out = w.at;
	return err;
}

int efsu_walk_parent(struct efsu_fs *fs, struct efsu_inode *start, const char *path, size_t len,
		     struct efsu_inode **dir, const char **name, size_t *name_len)
{
	size_t parent;
	int err;

	if (!len)
		return -ENOENT;
	if (len >= EFS_PATH_MAX)
		return -ENAMETOOLONG;
	if (efs_path_split(path, len, &parent, name, name_len) != EFS_PATH_NAME)
		return -EINVAL;
	if (*name_len > EFS_NAME_MAX)
		return -ENAMETOOLONG;
	if (!parent) {
		*dir = start ? efsu_iref(start) : efsu_root(fs);
		return 0;
	}
	err = efsu_walk(fs, start, path, parent, 0, dir);
	if (!err && efsu_type(*dir) != EFS_S_IFDIR) {
		efsu_iput(*dir);
		err = -ENOTDIR;
	}
	return err;
}
