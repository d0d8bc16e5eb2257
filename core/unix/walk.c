// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * From a path to a file; see walk.h.
 *
 * Locks: those of efs_node_lookup(), one directory at a time.
 */
#include "walk.h"

/* where a walk stands */
struct walk {
	const struct efs_where *w;
	struct efs_node *at;	/* referenced */
	struct efs_path left;
	char *buf;		/* what @left points into, once a link was met */
	u32 links;
};

static void walk_to(struct walk *k, struct efs_node *node)
{
	efs_node_put(k->at);
	k->at = node;
}

/* where @root leads; @out is a reference */
static int start_of(const struct efs_where *w, enum efs_path_root root, struct efs_node **out)
{
	if (root == EFS_PATH_RELATIVE && w->cwd) {
		*out = efs_node_get(w->cwd);
		return 0;
	}
	if (w->root) {
		*out = efs_node_get(w->root);
		return 0;
	}
	return root == EFS_PATH_ROOT2 ? efs_fs_root2(w->fs, out) : efs_fs_root(w->fs, out);
}

/* may something be looked up in @node? */
static int may_search(const struct efs_where *w, struct efs_node *node)
{
	struct efs_stat st;

	if (!efs_node_is_dir(node))
		return -ENOTDIR;
	if (!w->cred)
		return 0;
	efs_node_stat(node, &st);
	return efs_perm(&st, w->cred, EFS_MAY_EXEC);
}

/* a link met on the way: put its target in front of what is left */
static int walk_link(struct walk *k, struct efs_node *link)
{
	enum efs_path_root root;
	struct efs_node *start;
	struct efs_stat st;
	size_t tlen;
	char *buf;
	int err;

	if (++k->links > EFS_LINKS_MAX)
		return -ELOOP;
	efs_node_stat(link, &st);
	if (!st.size)
		return -ENOENT;
	if (st.size + k->left.len >= EFS_PATH_MAX)
		return -ENAMETOOLONG;
	tlen = (size_t)st.size;
	buf = efs_alloc(k->at->fs->mem, tlen + k->left.len + 1);
	if (!buf)
		return -ENOMEM;
	err = efs_node_readlink(link, buf, tlen + 1);
	if (err)
		goto fail;
	root = efs_path_root(buf, tlen);
	if (root != EFS_PATH_RELATIVE) {
		err = start_of(k->w, root, &start);
		if (err)
			goto fail;
		walk_to(k, start);
	}
	/* what is left begins with a slash, or is empty */
	memcpy(buf + tlen, k->left.p, k->left.len);
	k->left.p = buf;
	k->left.len += tlen;
	efs_free(k->buf);
	k->buf = buf;
	return 0;
fail:
	efs_free(buf);
	return err;
}

static int walk_name(struct walk *k, const char *name, size_t len, u32 flags)
{
	bool last = efs_path_is_last(&k->left);
	struct efs_node *node;
	int err;

	err = efs_node_lookup(k->at, name, len, &node);
	if (err)
		return err;
	if (node->type == EFS_S_IFLNK &&
	    (!last || k->left.len || !(flags & EFS_WALK_NOFOLLOW))) {
		err = walk_link(k, node);
		efs_node_put(node);
		return err;
	}
	walk_to(k, node);
	/* a slash behind the last name asks for a directory */
	return last && k->left.len && !efs_node_is_dir(node) ? -ENOTDIR : 0;
}

static int walk_up(struct walk *k)
{
	struct efs_node *up;
	int err;

	if (k->at == k->w->root)
		return 0;
	err = efs_node_lookup(k->at, "..", 2, &up);
	if (!err)
		walk_to(k, up);
	return err;
}

/* 1: there was a component, 0: there is none left */
static int walk_step(struct walk *k, u32 flags)
{
	enum efs_path_kind kind;
	const char *name;
	size_t len;
	int err;

	kind = efs_path_next(&k->left, &name, &len);
	if (kind == EFS_PATH_END)
		return 0;
	err = may_search(k->w, k->at);
	if (!err && kind == EFS_PATH_DOTDOT)
		err = walk_up(k);
	else if (!err && kind == EFS_PATH_NAME)
		err = walk_name(k, name, len, flags);
	return err ? err : 1;
}

int efs_walk(const struct efs_where *w, const char *path, size_t len, u32 flags,
	     struct efs_node **out)
{
	struct walk k = { .w = w, .left = { .p = path, .len = len } };
	int ret;

	if (!len)
		return -ENOENT;
	if (len >= EFS_PATH_MAX)
		return -ENAMETOOLONG;
	ret = start_of(w, efs_path_root(path, len), &k.at);
	if (ret)
		return ret;
	do {
		ret = walk_step(&k, flags);
	} while (ret > 0);
	efs_free(k.buf);
	if (ret)
		efs_node_put(k.at);
	else
		*out = k.at;
	return ret;
}

int efs_walk_last(const struct efs_where *w, const char *path, size_t len,
		  struct efs_last *last)
{
	size_t parent;
	int err;

	if (!len)
		return -ENOENT;
	if (len >= EFS_PATH_MAX)
		return -ENAMETOOLONG;
	last->kind = efs_path_split(path, len, &parent, &last->name, &last->len);
	last->slash = last->kind != EFS_PATH_END && efs_path_wants_dir(path, len);
	if (last->kind == EFS_PATH_END)
		parent = len;
	if (parent)
		err = efs_walk(w, path, parent, 0, &last->dir);
	else
		err = start_of(w, EFS_PATH_RELATIVE, &last->dir);
	if (err)
		return err;
	err = may_search(w, last->dir);
	if (err)
		efs_node_put(last->dir);
	return err;
}
