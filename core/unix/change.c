// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Changes of names by path, and the removal of whole trees; see walk.h.
 *
 * What credentials allow is looked at before the change, not under its locks: who changes
 * permissions at that moment may come too late, as if it had happened just before.
 */
#include "fs_priv.h"
#include "walk.h"

/* may @cred make a name in @dir? */
static int may_add(struct efs_node *dir, const struct efs_cred *cred)
{
	struct efs_stat st;
	int err = efs_fs_writable(dir->fs);

	if (!cred || err)
		return err;
	efs_node_stat(dir, &st);
	return efs_perm(&st, cred, EFS_MAY_WRITE | EFS_MAY_EXEC);
}

/* may @cred take the name away? What is not there, the change itself finds out */
static int may_remove(struct efs_node *dir, const char *name, size_t len,
		      const struct efs_cred *cred)
{
	struct efs_stat st, child;
	struct efs_node *node;
	int err = efs_fs_writable(dir->fs);

	if (!cred || err)
		return err;
	if (efs_node_lookup(dir, name, len, &node))
		return 0;
	efs_node_stat(dir, &st);
	efs_node_stat(node, &child);
	efs_node_put(node);
	return efs_perm_delete(&st, &child, cred);
}

/* is the last component there, and what is it? 0: it is not */
static u16 type_of(const struct efs_last *last)
{
	struct efs_node *node;
	u16 type;

	if (efs_node_lookup(last->dir, last->name, last->len, &node))
		return 0;
	type = node->type;
	efs_node_put(node);
	return type;
}

/* where a name is to be made: -EEXIST if it is there, or can be nothing else */
static int walk_new(const struct efs_where *w, const char *path, size_t len, bool dir,
		    struct efs_last *last)
{
	int err = efs_walk_last(w, path, len, last);

	if (err)
		return err;
	if (last->kind != EFS_PATH_NAME || type_of(last))
		err = -EEXIST;
	else if (last->slash && !dir)
		err = -ENOENT;
	else
		err = may_add(last->dir, w->cred);
	if (err)
		efs_node_put(last->dir);
	return err;
}

int efs_path_create(const struct efs_where *w, const char *path, size_t len,
		    const struct efs_new *n, struct efs_node **out)
{
	bool dir = (n->mode & EFS_S_IFMT) == EFS_S_IFDIR;
	struct efs_last last;
	int err = walk_new(w, path, len, dir, &last);

	if (err)
		return err;
	err = efs_node_create(last.dir, last.name, last.len, n, out);
	efs_node_put(last.dir);
	return err;
}

int efs_path_link(const struct efs_where *w, struct efs_node *node, const char *path, size_t len)
{
	struct efs_last last;
	int err = walk_new(w, path, len, false, &last);

	if (err)
		return err;
	err = efs_node_link(last.dir, last.name, last.len, node);
	efs_node_put(last.dir);
	return err;
}

int efs_path_unlink(const struct efs_where *w, const char *path, size_t len)
{
	struct efs_last last;
	u16 type;
	int err = efs_walk_last(w, path, len, &last);

	if (err)
		return err;
	if (last.kind != EFS_PATH_NAME) {
		err = -EISDIR;
	} else if (last.slash) {
		type = type_of(&last);
		if (type)
			err = type == EFS_S_IFDIR ? -EISDIR : -ENOTDIR;
	}
	if (!err)
		err = may_remove(last.dir, last.name, last.len, w->cred);
	if (!err)
		err = efs_node_unlink(last.dir, last.name, last.len);
	efs_node_put(last.dir);
	return err;
}

int efs_path_rmdir(const struct efs_where *w, const char *path, size_t len)
{
	struct efs_last last;
	int err = efs_walk_last(w, path, len, &last);

	if (err)
		return err;
	if (last.kind == EFS_PATH_END)
		err = -EBUSY;
	else if (last.kind == EFS_PATH_NAME)
		err = may_remove(last.dir, last.name, last.len, w->cred);
	if (!err)
		err = efs_node_rmdir(last.dir, last.name, last.len);
	efs_node_put(last.dir);
	return err;
}

/* both ends of a rename are known */
static int rename_last(const struct efs_where *w, const struct efs_last *o,
		       const struct efs_last *n, u32 flags)
{
	bool swap = flags & EFS_RENAME_EXCHANGE;
	u16 otype, ntype;
	int err;

	if (o->kind != EFS_PATH_NAME)
		return -EBUSY;
	if (n->kind != EFS_PATH_NAME)
		return flags & EFS_RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	otype = type_of(o);
	ntype = type_of(n);
	/* with a slash behind them only directories can be meant */
	if (otype && !(ntype && flags & EFS_RENAME_NOREPLACE)) {
		if (otype != EFS_S_IFDIR && (o->slash || (n->slash && !swap)))
			return -ENOTDIR;
		if (swap && ntype && ntype != EFS_S_IFDIR && n->slash)
			return -ENOTDIR;
	}
	err = may_remove(o->dir, o->name, o->len, w->cred);
	if (!err && otype)
		err = ntype ? may_remove(n->dir, n->name, n->len, w->cred) :
			      may_add(n->dir, w->cred);
	if (err)
		return err;
	return efs_node_rename(o->dir, o->name, o->len, n->dir, n->name, n->len, flags);
}

int efs_path_rename(const struct efs_where *w, const char *opath, size_t olen,
		    const char *npath, size_t nlen, u32 flags)
{
	struct efs_last o, n;
	int err = efs_walk_last(w, opath, olen, &o);

	if (err)
		return err;
	err = efs_walk_last(w, npath, nlen, &n);
	if (!err) {
		err = rename_last(w, &o, &n, flags);
		efs_node_put(n.dir);
	}
	efs_node_put(o.dir);
	return err;
}

/* ---- trees ---- */

/* a directory that is being emptied, and those above it */
struct level {
	struct level *up;
	struct efs_node *dir;	/* referenced */
};

/**
 * struct tree - the removal of a tree
 * @low: the deepest level
 * @depth: how many there are
 * @idle: how often in a row there was something in a directory and none of it could be
 *	found: others are at it, too, or it is damaged
 * @mark, @limit: a directory on the way, and the depth where a new mark is set: whoever
 *	meets the mark again goes round in circles
 */
struct tree {
	const struct efs_cred *cred;
	const int *stop;
	struct level *low;
	const struct efs_node *mark;
	u32 depth, limit, idle;
};

#define IDLE_MAX 100

/* takes the reference; 1 */
static int tree_down(struct tree *t, struct efs_node *dir)
{
	struct level *l;

	if (dir == t->mark) {
		int err = loop(dir);

		efs_node_put(dir);
		return err;
	}
	l = efs_alloc(dir->fs->mem, sizeof(*l));
	if (!l) {
		efs_node_put(dir);
		return -ENOMEM;
	}
	l->up = t->low;
	l->dir = dir;
	t->low = l;
	if (++t->depth == t->limit) {
		t->mark = dir;
		t->limit *= 2;
	}
	return 1;
}

static void tree_up(struct tree *t)
{
	struct level *l = t->low;

	if (l->dir == t->mark) {
		t->mark = NULL;
		t->limit = t->depth;
	}
	t->low = l->up;
	t->depth--;
	efs_node_put(l->dir);
	efs_free(l);
}

/* may what is in @dir be listed? */
static int may_list(struct efs_node *dir, const struct efs_cred *cred)
{
	struct efs_stat st;

	if (!cred)
		return 0;
	efs_node_stat(dir, &st);
	return efs_perm(&st, cred, EFS_MAY_READ);
}

/* Remove one name; a directory that is not empty becomes the lowest level: 1. */
static int tree_remove(struct tree *t, struct efs_node *dir, const char *name, size_t len)
{
	struct efs_node *node;
	int err;

	if (efs_interrupted() || (t->stop && READ_ONCE(*t->stop)))
		return -EINTR;
	efs_cond_resched();
	err = may_remove(dir, name, len, t->cred);
	if (!err)
		err = efs_node_lookup(dir, name, len, &node);
	if (err)
		return err;
	if (!efs_node_is_dir(node)) {
		efs_node_put(node);
		return efs_node_unlink(dir, name, len);
	}
	err = efs_node_rmdir(dir, name, len);
	if (err == -ENOTEMPTY)
		err = may_list(node, t->cred) ? -EACCES : 1;
	if (err > 0)
		err = tree_down(t, node);
	else
		efs_node_put(node);
	return err;
}

static bool is_dots(const struct efs_entry *e)
{
	return e->name[0] == '.' && (e->len == 1 || (e->len == 2 && e->name[1] == '.'));
}

/* One walk over the lowest directory. 0: it is empty, 1: it may not be */
static int tree_pass(struct tree *t, struct efs_entry *e, u32 max)
{
	struct efs_node *dir = t->low->dir;
	struct efs_dirpos pos = { 0 };
	bool any = false;
	u32 n, i;
	int ret;

	for (;;) {
		ret = efs_node_readdir(dir, &pos, e, max, &n);
		if (ret || !n)
			break;
		for (i = 0; i < n; i++) {
			if (is_dots(&e[i]))
				continue;
			any = true;
			ret = tree_remove(t, dir, e[i].name, e[i].len);
			if (!ret)
				t->idle = 0;
			else if (ret != -ENOENT)
				return ret;
		}
	}
	if (any && ++t->idle > IDLE_MAX)
		ret = -ENOTEMPTY;
	return ret ? ret : any;
}

#define TREE_BATCH 32

int efs_node_remove(struct efs_node *dir, const char *name, size_t len,
		    const struct efs_cred *cred, const int *stop)
{
	struct tree t = { .cred = cred, .stop = stop, .limit = 2 };
	struct efs_entry *e = NULL;
	int ret;

	ret = tree_remove(&t, dir, name, len);
	while (ret > 0) {
		if (!e)
			e = efs_alloc(dir->fs->mem, TREE_BATCH * sizeof(*e));
		ret = e ? tree_pass(&t, e, TREE_BATCH) : -ENOMEM;
		if (ret)
			continue;
		/* empty: whoever looks into the one above again removes it */
		tree_up(&t);
		ret = t.low ? 1 : tree_remove(&t, dir, name, len);
	}
	while (t.low)
		tree_up(&t);
	efs_free(e);
	return ret;
}

int efs_path_remove(const struct efs_where *w, const char *path, size_t len)
{
	struct efs_last last;
	u16 type;
	int err = efs_walk_last(w, path, len, &last);

	if (err)
		return err;
	type = last.kind == EFS_PATH_NAME && last.slash ? type_of(&last) : 0;
	if (last.kind == EFS_PATH_END)
		err = -EBUSY;
	else if (last.kind != EFS_PATH_NAME)
		err = -EINVAL;
	else if (type && type != EFS_S_IFDIR)
		err = -ENOTDIR;
	else
		err = efs_node_remove(last.dir, last.name, last.len, w->cred, w->stop);
	efs_node_put(last.dir);
	return err;
}
