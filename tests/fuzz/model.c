// SPDX-License-Identifier: GPL-2.0
/*
 * A file system in memory; see model.h.
 *
 * Invariants: nlink of a directory is 2 plus its directories, of anything else the number
 * of its names; a node without names that nobody holds does not exist.
 *
 * Locks: none, one thread.
 */
#include <stdlib.h>
#include "model.h"

#define S_IFMT	0170000
#define S_IFDIR	0040000
#define S_IFREG	0100000

static void *zalloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

static bool is_dir(const struct model_node *node)
{
	return (node->mode & S_IFMT) == S_IFDIR;
}

/* ---- nodes ---- */

static void cut_pages(struct model_node *node, u64 from)
{
	struct model_page **p = &node->pages;

	while (*p) {
		struct model_page *page = *p;

		if (page->index < from) {
			p = &page->next;
			continue;
		}
		*p = page->next;
		free(page);
	}
}

static struct model_node *node_new(struct model *m, u16 mode)
{
	struct model_node *node = zalloc(sizeof(*node));

	node->mode = mode;
	node->nlink = is_dir(node) ? 2 : 1;
	m->nodes++;
	return node;
}

static void node_gone(struct model *m, struct model_node *node)
{
	if (node->nlink || node->held)
		return;
	cut_pages(node, 0);
	free(node);
	m->nodes--;
}

void model_hold(struct model_node *node)
{
	node->held++;
}

void model_drop(struct model *m, struct model_node *node)
{
	node->held--;
	node_gone(m, node);
}

void model_init(struct model *m, u16 root_mode)
{
	m->nodes = 0;
	m->root = node_new(m, root_mode);
	m->root->parent = m->root;
	m->root->held = 1;
}

/* the first name of a directory is taken off, what it named is empty before it goes */
static void forget_name(struct model *m, struct model_node *dir)
{
	struct model_name *n = dir->names;
	struct model_node *node = n->node;

	dir->names = n->next;
	free(n);
	if (is_dir(node)) {
		dir->nlink--;
		node->nlink = 0;
	} else {
		node->nlink--;
	}
	node_gone(m, node);
}

void model_fini(struct model *m)
{
	struct model_node *dir = m->root;

	/* down to a directory without directories, and up again */
	while (dir) {
		struct model_node *next = NULL;

		while (dir->names && !next) {
			if (is_dir(dir->names->node) && dir->names->node->names)
				next = dir->names->node;
			else
				forget_name(m, dir);
		}
		if (next)
			dir = next;
		else
			dir = dir == m->root ? NULL : dir->parent;
	}
	m->root->nlink = 0;
	model_drop(m, m->root);
	m->root = NULL;
}

/* ---- names ---- */

static struct model_name **find(struct model_node *dir, const char *name)
{
	struct model_name **p = &dir->names;
	size_t len = strlen(name);

	while (*p && ((*p)->len != len || memcmp((*p)->name, name, len)))
		p = &(*p)->next;
	return p;
}

static int dir_ok(const struct model_node *dir, const char *name)
{
	if (!is_dir(dir))
		return -ENOTDIR;
	if (!dir->nlink)
		return -ENOENT;
	if (strlen(name) > 255)
		return -ENAMETOOLONG;
	return *name ? 0 : -ENOENT;
}

int model_lookup(struct model_node *dir, const char *name, struct model_node **out)
{
	struct model_name **p;
	int err = dir_ok(dir, name);

	*out = NULL;
	if (err)
		return err;
	p = find(dir, name);
	if (!*p)
		return -ENOENT;
	*out = (*p)->node;
	return 0;
}

static void add_name(struct model_node *dir, const char *name, struct model_node *node)
{
	struct model_name *n = zalloc(sizeof(*n));

	n->len = strlen(name);
	memcpy(n->name, name, n->len);
	n->node = node;
	n->next = dir->names;
	dir->names = n;
	if (is_dir(node)) {
		node->parent = dir;
		dir->nlink++;
	}
}

static void del_name(struct model_node *dir, struct model_name **p)
{
	struct model_name *n = *p;

	if (is_dir(n->node)) {
		dir->nlink--;
		n->node->parent = NULL;
	}
	*p = n->next;
	free(n);
}

static int name_free(struct model_node *dir, const char *name)
{
	int err = dir_ok(dir, name);

	if (err)
		return err;
	return *find(dir, name) ? -EEXIST : 0;
}

int model_make(struct model *m, struct model_node *dir, const char *name, u16 mode,
	       const char *target, struct model_node **out)
{
	struct model_node *node;
	int err = name_free(dir, name);

	*out = NULL;
	if (err)
		return err;
	if ((mode & S_IFMT) == S_IFDIR && dir->nlink >= MODEL_LINK_MAX)
		return -EMLINK;
	node = node_new(m, mode);
	add_name(dir, name, node);
	if (target)
		model_write(node, 0, target, strlen(target));
	*out = node;
	return 0;
}

int model_link(struct model_node *dir, const char *name, struct model_node *node)
{
	int err = name_free(dir, name);

	if (err)
		return err;
	if (is_dir(node))
		return -EPERM;
	if (!node->nlink)
		return -ENOENT;
	if (node->nlink >= MODEL_LINK_MAX)
		return -EMLINK;
	node->nlink++;
	add_name(dir, name, node);
	return 0;
}

/* the name is gone already */
static void lose_link(struct model *m, struct model_node *node)
{
	if (is_dir(node))
		node->nlink = 0;
	else
		node->nlink--;
	node_gone(m, node);
}

static int remove_name(struct model *m, struct model_node *dir, const char *name, bool rmdir)
{
	struct model_node *node;
	int err = model_lookup(dir, name, &node);

	if (err)
		return err;
	if (rmdir && !is_dir(node))
		return -ENOTDIR;
	if (!rmdir && is_dir(node))
		return -EISDIR;
	if (rmdir && node->names)
		return -ENOTEMPTY;
	del_name(dir, find(dir, name));
	lose_link(m, node);
	return 0;
}

int model_unlink(struct model *m, struct model_node *dir, const char *name)
{
	return remove_name(m, dir, name, false);
}

int model_rmdir(struct model *m, struct model_node *dir, const char *name)
{
	return remove_name(m, dir, name, true);
}

bool model_inside(const struct model_node *above, const struct model_node *dir)
{
	for (; dir; dir = dir->parent) {
		if (dir == above)
			return true;
		if (dir == dir->parent)
			break;
	}
	return false;
}

static void swap(struct model_node *odir, const char *oname, struct model_node *ndir,
		 const char *nname, struct model_node *old, struct model_node *new)
{
	del_name(odir, find(odir, oname));
	del_name(ndir, find(ndir, nname));
	add_name(odir, oname, new);
	add_name(ndir, nname, old);
}

int model_rename(struct model *m, struct model_node *odir, const char *oname,
		 struct model_node *ndir, const char *nname, bool noreplace, bool exchange)
{
	struct model_node *old, *new;
	int err;

	if (noreplace && exchange)
		return -EINVAL;
	err = model_lookup(odir, oname, &old);
	if (err)
		return err;
	err = model_lookup(ndir, nname, &new);
	if (err && (err != -ENOENT || !ndir->nlink))
		return err;
	if (new && noreplace)
		return -EEXIST;
	if (!new && exchange)
		return -ENOENT;
	if (is_dir(old) && model_inside(old, ndir))
		return -EINVAL;
	if (new && is_dir(new) && model_inside(new, odir))
		return exchange ? -EINVAL : -ENOTEMPTY;
	if (new == old)
		return 0;
	if (exchange) {
		swap(odir, oname, ndir, nname, old, new);
		return 0;
	}
	if (new && is_dir(old) != is_dir(new))
		return is_dir(old) ? -ENOTDIR : -EISDIR;
	if (new && new->names)
		return -ENOTEMPTY;
	if (is_dir(old) && !new && ndir != odir && ndir->nlink >= MODEL_LINK_MAX)
		return -EMLINK;
	if (new) {
		del_name(ndir, find(ndir, nname));
		lose_link(m, new);
	}
	del_name(odir, find(odir, oname));
	add_name(ndir, nname, old);
	return 0;
}

/* ---- contents ---- */

/* the page at @index, or where it belongs */
static struct model_page **page_at(struct model_node *node, u64 index)
{
	struct model_page **p = &node->pages;

	while (*p && (*p)->index < index)
		p = &(*p)->next;
	return p;
}

int model_write(struct model_node *node, u64 off, const void *data, size_t len)
{
	const u8 *from = data;

	while (len) {
		u32 at = off % MODEL_PAGE;
		size_t n = min_t(size_t, len, MODEL_PAGE - at);
		struct model_page **p = page_at(node, off / MODEL_PAGE), *page = *p;

		if (!page || page->index != off / MODEL_PAGE) {
			page = zalloc(sizeof(*page));
			page->index = off / MODEL_PAGE;
			page->next = *p;
			*p = page;
		}
		memcpy(page->data + at, from, n);
		from += n;
		off += n;
		len -= n;
		if (off > node->size)
			node->size = off;
	}
	return 0;
}

int model_read(const struct model_node *node, u64 off, void *data, size_t len)
{
	u8 *to = data;

	memset(data, 0, len);
	if (off >= node->size)
		return 0;
	len = min_t(u64, len, node->size - off);
	while (len) {
		u32 at = off % MODEL_PAGE;
		size_t n = min_t(size_t, len, MODEL_PAGE - at);
		const struct model_page *page = *page_at((struct model_node *)node,
							 off / MODEL_PAGE);

		if (page && page->index == off / MODEL_PAGE)
			memcpy(to, page->data + at, n);
		to += n;
		off += n;
		len -= n;
	}
	return 0;
}

int model_resize(struct model_node *node, u64 size)
{
	u32 at = size % MODEL_PAGE;

	if (is_dir(node))
		return -EISDIR;
	if ((node->mode & S_IFMT) != S_IFREG)
		return -EINVAL;
	if (size < node->size) {
		struct model_page *page = *page_at(node, size / MODEL_PAGE);

		if (at && page && page->index == size / MODEL_PAGE)
			memset(page->data + at, 0, MODEL_PAGE - at);
		cut_pages(node, size / MODEL_PAGE + (at != 0));
	}
	node->size = size;
	return 0;
}
