// SPDX-License-Identifier: GPL-2.0
/*
 * The tree of what goes into an image: names, their order, and how much room they need.
 *
 * The estimate of room is never too small: a directory is counted as if each name were put
 * behind the one before, a map as if no two pieces of a file shared an indirect block.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <unistd.h>

#include "mkimage.h"

#define FNV_PRIME 0x100000001b3ull
#define FNV_BASIS 0xcbf29ce484222325ull

static uint64_t fnv(uint64_t h, const void *p, size_t len)
{
	const uint8_t *b = p;

	for (; len; len--)
		h = (h ^ *b++) * FNV_PRIME;
	return h;
}

/* ---- names ---- */

static size_t slot_of(const struct tree *t, const struct item *dir, const char *name, size_t len)
{
	uint64_t h = fnv(FNV_BASIS ^ (uintptr_t)dir, name, len);

	return (size_t)(h ^ h >> 32) & (t->slot_count - 1);
}

static void hash_add(struct tree *t, struct item *i)
{
	struct item **slot = &t->slots[slot_of(t, i->parent, i->name, strlen(i->name))];

	i->hash_next = *slot;
	*slot = i;
}

static void hash_grow(struct tree *t)
{
	struct item **old = t->slots, *i, *next;
	size_t count = t->slot_count, k;

	t->slot_count *= 2;
	t->slots = cmd_alloc(t->slot_count * sizeof(struct item *));
	for (k = 0; k < count; k++) {
		for (i = old[k]; i; i = next) {
			next = i->hash_next;
			hash_add(t, i);
		}
	}
	free(old);
}

void tree_init(struct tree *t)
{
	memset(t, 0, sizeof(*t));
	t->spool = -1;
	t->slot_count = 1024;
	t->slots = cmd_alloc(t->slot_count * sizeof(struct item *));
	t->root = cmd_alloc(sizeof(*t->root));
	t->root->name = cmd_strdup("");
	tree_inode(t, t->root, EFS_IFDIR | 0755);
}

struct item *tree_find(struct tree *t, const struct item *dir, const char *name, size_t len)
{
	struct item *i = t->slots[slot_of(t, dir, name, len)];

	while (i && (i->parent != dir || strncmp(i->name, name, len) || i->name[len]))
		i = i->hash_next;
	return i;
}

struct item *tree_add(struct tree *t, struct item *dir, const char *name, size_t len)
{
	struct item *i = cmd_alloc(sizeof(*i));

	i->name = cmd_strndup(name, len);
	i->parent = dir;
	i->next = dir->child;
	dir->child = i;
	if (t->names++ > t->slot_count)
		hash_grow(t);
	hash_add(t, i);
	return i;
}

/* ---- inodes ---- */

void tree_attribute(struct inode *inode, const char *name, const void *value, size_t size)
{
	struct attribute *a = cmd_alloc(sizeof(*a)), **p = &inode->attributes;

	a->name = cmd_strdup(name);
	a->value = cmd_alloc(size + 1);
	memcpy(a->value, value, size);
	a->size = size;
	/* by name: the order in which a source tells them is any */
	while (*p && strcmp((*p)->name, name) < 0)
		p = &(*p)->next;
	a->next = *p;
	*p = a;
}

static void drop_inode(struct tree *t, struct inode *inode)
{
	struct attribute *a;

	if (!inode || --inode->names)
		return;
	while ((a = inode->attributes)) {
		inode->attributes = a->next;
		free(a->name);
		free(a->value);
		free(a);
	}
	efs_file_close(inode->file);
	free(inode->target);
	free(inode);
	t->inodes--;
}

void tree_link(struct tree *t, struct item *i, struct inode *inode)
{
	inode->names++;
	drop_inode(t, i->inode);
	i->inode = inode;
}

struct inode *tree_inode(struct tree *t, struct item *i, uint32_t mode)
{
	struct inode *inode = cmd_alloc(sizeof(*inode));

	t->inodes++;
	inode->mode = mode;
	inode->item = i;
	tree_link(t, i, inode);
	return inode;
}

void tree_free(struct tree *t)
{
	struct item *i = t->root, *up;

	/* children first, without recursion */
	while (i) {
		if (i->child) {
			up = i->child;
			i->child = up->next;
			i = up;
			continue;
		}
		up = i->parent;
		drop_inode(t, i->inode);
		free(i->name);
		free(i);
		i = up;
	}
	free(t->slots);
	if (t->spool >= 0)
		close(t->spool);
}

char *tree_path(const struct item *i, const char *prefix)
{
	size_t len = strlen(prefix) + 1, n;
	const struct item *k;
	char *path, *p;

	for (k = i; k->parent; k = k->parent)
		len += strlen(k->name) + 1;
	path = cmd_alloc(len + 1);
	p = path + len;
	for (k = i; k->parent; k = k->parent) {
		n = strlen(k->name);
		p -= n;
		memcpy(p, k->name, n);
		*--p = '/';
	}
	n = strlen(prefix);
	memmove(path + n, p, strlen(p) + 1);
	memcpy(path, prefix, n);
	if (!*path)
		*path = '/';
	return path;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct item *const *)a)->name, (*(struct item *const *)b)->name);
}

static void sort_dir(struct item *dir)
{
	struct item **all, *i;
	size_t n = 0, k;

	for (i = dir->child; i; i = i->next)
		n++;
	if (!n)
		return;
	all = cmd_alloc(n * sizeof(*all));
	for (k = 0, i = dir->child; i; i = i->next)
		all[k++] = i;
	qsort(all, n, sizeof(*all), by_name);
	for (k = 0; k < n; k++)
		all[k]->next = k + 1 < n ? all[k + 1] : NULL;
	dir->child = all[0];
	free(all);
}

/* the item behind @i in a walk that meets directories before what is in them; NULL: the end */
static struct item *after(const struct item *i)
{
	if (i->child)
		return i->child;
	while (i && !i->next)
		i = i->parent;
	return i ? i->next : NULL;
}

void tree_sort(struct tree *t)
{
	struct item *i;

	for (i = t->root; i; i = after(i))
		sort_dir(i);
}

/* ---- a number that follows from the tree ---- */

static uint64_t hash_item(uint64_t h, const struct item *i)
{
	const struct inode *n = i->inode;
	const struct attribute *a;
	uint64_t words[] = { n->mode, n->uid, n->gid, n->major, n->minor, n->size, n->names };

	h = fnv(h, i->name, strlen(i->name) + 1);
	h = fnv(h, words, sizeof(words));
	if (n->target)
		h = fnv(h, n->target, strlen(n->target) + 1);
	for (a = n->attributes; a; a = a->next) {
		h = fnv(h, a->name, strlen(a->name) + 1);
		h = fnv(h, a->value, a->size);
	}
	return h;
}

void tree_hash(const struct tree *t, uint8_t *hash)
{
	uint64_t h[2] = { FNV_BASIS, ~FNV_BASIS };
	const struct item *i;
	int k;

	for (i = t->root; i; i = after(i)) {
		h[0] = hash_item(h[0], i);
		h[1] = hash_item(h[1], i);
	}
	for (k = 0; k < 16; k++)
		hash[k] = (uint8_t)(h[k / 8] >> 8 * (k % 8));
}

/* ---- room ---- */

void tree_pieces(struct inode *inode, int fd, uint64_t base)
{
	uint64_t end = base + inode->size, at = base;
	off_t data, hole;

	inode->data = 0;
	inode->pieces = 0;
	while (at < end) {
		data = lseek(fd, (off_t)at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			return;
		hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
		if (hole < 0) {
			/* the file system does not know holes */
			data = (off_t)at;
			hole = (off_t)end;
		}
		if ((uint64_t)data >= end)
			return;
		at = (uint64_t)hole < end ? (uint64_t)hole : end;
		inode->data += at - (uint64_t)data;
		inode->pieces++;
	}
}

static uint64_t div_up(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

/* indirect blocks over @n blocks in @pieces pieces */
static uint64_t indirect(uint64_t n, uint64_t pieces, uint64_t last, uint32_t size)
{
	uint64_t ptrs = size / 4, sum = 0;

	if (last <= 12)
		return 0;
	for (; n > 1; sum += n)
		n = div_up(n, ptrs);
	/* a piece may begin and end anywhere in a table of each level */
	return sum + 3 + (pieces > 1 ? 6 * pieces : 0);
}

static uint64_t file_blocks(const struct inode *inode, uint32_t size)
{
	uint64_t last = div_up(inode->size, size);
	uint64_t n = inode->data / size + 2 * inode->pieces;

	n = n < last ? n : last;
	return n + indirect(n, inode->pieces, last, size);
}

static uint64_t dir_blocks(const struct item *dir, uint32_t size)
{
	uint64_t n = 1, used = 24, need;
	const struct item *i;

	/* lost+found is there before everything else */
	if (!dir->parent)
		used += 20;
	for (i = dir->child; i; i = i->next) {
		need = (strlen(i->name) + 8 + 3) & ~3ull;
		if (used + need > size) {
			n++;
			used = 0;
		}
		used += need;
	}
	return n + indirect(n, 1, n, size);
}

uint64_t tree_blocks(struct tree *t, uint32_t size)
{
	/* lost+found, as mke2fs makes it */
	uint64_t sum = 16384 / size + 2;
	const struct item *i;

	t->walks++;
	for (i = t->root; i; i = after(i)) {
		struct inode *inode = i->inode;

		/* once for all its names */
		if (inode->seen == t->walks)
			continue;
		inode->seen = t->walks;
		sum += inode->attributes ? 1 : 0;
		switch (inode->mode & EFS_IFMT) {
		case EFS_IFREG:
			sum += file_blocks(inode, size);
			break;
		case EFS_IFDIR:
			sum += dir_blocks(i, size);
			break;
		case EFS_IFLNK:
			sum += strlen(inode->target) >= 60;
			break;
		}
	}
	return sum;
}
