// SPDX-License-Identifier: GPL-2.0
/*
 * What is promised: every state of the tree that a script goes through, and how far back a
 * power cut may throw each name and each file.
 *
 * Synchronous mounts go back to before the operation under way and no further. With dirsync
 * that holds for names. Else a name or a file goes back to what was last synced: by sync, by
 * an fsync of the file, which carries the name it was given last along, or by an fsync of the
 * directory, which carries names of files that were synced themselves.
 *
 * Data is made of cells that name file, operation and place; so nothing that shows up where
 * it does not belong can pass for something else.
 */
#include <stdio.h>
#include <stdlib.h>

#include "crash.h"

const char *const mode_name[MODES] = { "sync", "dirsync", "async" };

void fill_cells(u8 *buf, u32 obj, u32 op, u64 off, u64 len)
{
	u64 i;

	for (i = 0; i < len; i++) {
		u64 at = off + i;
		struct cell c = { CELL_MAGIC, obj, op, (u32)(at / CELL) };

		buf[i] = ((const u8 *)&c)[at % CELL];
	}
}

/* ---- trees ---- */

/* where @path stands or would stand */
static u32 tree_pos(const struct tree *t, const char *path)
{
	u32 lo = 0, hi = t->n;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (strcmp(t->name[mid].path, path) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static u32 tree_find(const struct tree *t, const char *path)
{
	u32 at = tree_pos(t, path);

	return at < t->n && !strcmp(t->name[at].path, path) ? t->name[at].obj : NO_OBJ;
}

static void tree_add(struct tree *t, const char *path, u32 obj)
{
	u32 at = tree_pos(t, path);

	t->name = xgrow(t->name, (t->n + 1) * sizeof(*t->name));
	memmove(t->name + at + 1, t->name + at, (t->n - at) * sizeof(*t->name));
	t->n++;
	snprintf(t->name[at].path, PATH_MAX_LEN, "%s", path);
	t->name[at].obj = obj;
}

static void tree_del(struct tree *t, const char *path)
{
	u32 at = tree_pos(t, path);

	t->n--;
	memmove(t->name + at, t->name + at + 1, (t->n - at) * sizeof(*t->name));
}

bool path_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/');
}

/* @path with @from in front replaced by @to */
static void move_path(char *path, const char *from, const char *to)
{
	char tmp[2 * PATH_MAX_LEN];

	if (snprintf(tmp, sizeof(tmp), "%s%s", to, path + strlen(from)) >= PATH_MAX_LEN)
		die("path too long: %s", tmp);
	strcpy(path, tmp);
}

static void move_all(struct model *m, struct tree *t, const char *a, const char *b, bool swap)
{
	struct tree old = *t;
	u32 i;

	t->name = NULL;
	t->n = 0;
	for (i = 0; i < old.n; i++) {
		struct name *n = &old.name[i];

		if (path_below(n->path, a))
			move_path(n->path, a, b);
		else if (swap && path_below(n->path, b))
			move_path(n->path, b, a);
		tree_add(t, n->path, n->obj);
	}
	free(old.name);
	for (i = 1; i < m->nobj; i++) {
		char *p = m->obj[i].newest;

		if (path_below(p, a))
			move_path(p, a, b);
		else if (swap && path_below(p, b))
			move_path(p, b, a);
	}
}

/* ---- contents ---- */

const struct version *model_version(const struct model *m, u32 obj, u32 k)
{
	const struct obj *o = &m->obj[obj];
	u32 i = o->nv;

	while (i && o->v[i - 1].op > k)
		i--;
	return i ? &o->v[i - 1] : NULL;
}

const u8 *version_page(const struct version *v, u64 idx)
{
	u32 lo = 0, hi = v->n;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (v->page[mid].idx < idx)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < v->n && v->page[lo].idx == idx ? v->page[lo].data : NULL;
}

/* a version of its own for operation @op, equal to the one before; pages are never shared */
static struct version *new_version(struct obj *o, u32 op)
{
	struct version *v, *old;
	u32 i;

	if (o->nv && o->v[o->nv - 1].op == op)
		return &o->v[o->nv - 1];
	o->v = xgrow(o->v, (o->nv + 1) * sizeof(*o->v));
	v = &o->v[o->nv];
	memset(v, 0, sizeof(*v));
	if (o->nv) {
		old = &o->v[o->nv - 1];
		*v = *old;
		v->page = xalloc((v->n + 1) * sizeof(*v->page));
		for (i = 0; i < v->n; i++) {
			v->page[i].idx = old->page[i].idx;
			v->page[i].data = xalloc(PAGE);
			memcpy(v->page[i].data, old->page[i].data, PAGE);
		}
	}
	v->op = op;
	o->nv++;
	return v;
}

static u8 *page_for_write(struct version *v, u64 idx)
{
	u32 at = 0;

	while (at < v->n && v->page[at].idx < idx)
		at++;
	if (at == v->n || v->page[at].idx != idx) {
		v->page = xgrow(v->page, (v->n + 1) * sizeof(*v->page));
		memmove(v->page + at + 1, v->page + at, (v->n - at) * sizeof(*v->page));
		v->page[at].idx = idx;
		v->page[at].data = xalloc(PAGE);
		v->n++;
	}
	return v->page[at].data;
}

static void write_version(struct obj *o, u32 id, u32 op, u64 off, u64 len)
{
	struct version *v = new_version(o, op);

	while (len) {
		u64 in = off % PAGE, n = PAGE - in < len ? PAGE - in : len;

		fill_cells(page_for_write(v, off / PAGE) + in, id, op, off, n);
		off += n;
		len -= n;
	}
	if (off > v->size)
		v->size = off;
}

static void cut_version(struct obj *o, u32 op, u64 size)
{
	struct version *v = new_version(o, op);

	while (v->n && v->page[v->n - 1].idx * PAGE >= size)
		free(v->page[--v->n].data);
	if (v->n && v->page[v->n - 1].idx == size / PAGE)
		memset(v->page[v->n - 1].data + size % PAGE, 0, PAGE - size % PAGE);
	v->size = size;
}

/* ---- operations ---- */

static const u16 made_type[OP_KINDS] = {
	[OP_CREATE] = EFS_S_IFREG, [OP_MKDIR] = EFS_S_IFDIR, [OP_FIFO] = EFS_S_IFIFO,
	[OP_CHR] = EFS_S_IFCHR, [OP_SYMLINK] = EFS_S_IFLNK,
};

static void give_name(struct obj *o, const char *path)
{
	snprintf(o->newest, PATH_MAX_LEN, "%s", path);
	o->fresh = true;
}

static u32 new_obj(struct model *m, const struct op *op, u32 k)
{
	u32 id = m->nobj++, i;
	struct obj *o;

	m->obj = xgrow(m->obj, m->nobj * sizeof(*m->obj));
	o = &m->obj[id];
	memset(o, 0, sizeof(*o));
	o->type = made_type[op->kind];
	o->born = k;
	give_name(o, op->a);
	if (op->kind == OP_SYMLINK) {
		o->target = xalloc(op->len + 1);
		for (i = 0; i < op->len; i++)
			o->target[i] = (char)('a' + (id + i / 26 + i) % 26);
	}
	new_version(o, k);
	return id;
}

/* the name of @obj, and those of the directories above it, as long as they are new */
static void sync_names(struct model *m, const struct tree *t, u32 obj, u32 k)
{
	char path[PATH_MAX_LEN], *slash;

	if (!m->obj[obj].fresh)
		return;
	strcpy(m->synced[k], m->obj[obj].newest);
	strcpy(path, m->obj[obj].newest);
	do {
		strcpy(m->synced_top[k], path);
		m->obj[obj].fresh = false;
		slash = strrchr(path, '/');
		if (slash)
			*slash = '\0';
		obj = slash ? tree_find(t, path) : NO_OBJ;
	} while (obj && m->obj[obj].fresh);
}

static void apply(struct model *m, const struct op *op, u32 k)
{
	struct tree *t = &m->tree[k];
	u32 a = tree_find(t, op->a), b, i;

	switch (op->kind) {
	case OP_CREATE:
	case OP_MKDIR:
	case OP_FIFO:
	case OP_CHR:
	case OP_SYMLINK:
		tree_add(t, op->a, new_obj(m, op, k));
		break;
	case OP_LINK:
		tree_add(t, op->b, a);
		give_name(&m->obj[a], op->b);
		break;
	case OP_UNLINK:
	case OP_RMDIR:
		tree_del(t, op->a);
		break;
	case OP_RENAME:
	case OP_NOREPLACE:
		if (tree_find(t, op->b) == a)
			break;
		if (tree_find(t, op->b))
			tree_del(t, op->b);
		move_all(m, t, op->a, op->b, false);
		give_name(&m->obj[a], op->b);
		break;
	case OP_EXCHANGE:
		b = tree_find(t, op->b);
		move_all(m, t, op->a, op->b, true);
		give_name(&m->obj[a], op->b);
		give_name(&m->obj[b], op->a);
		break;
	case OP_WRITE:
	case OP_OSYNC:
		write_version(&m->obj[a], a, k, op->off, op->len);
		break;
	case OP_TRUNCATE:
		cut_version(&m->obj[a], k, op->len);
		break;
	default:
		break;
	}
	if (op->kind == OP_OSYNC || op->kind == OP_FSYNC)
		sync_names(m, t, a, k);
	for (i = 1; op->kind == OP_SYNC && i < m->nobj; i++)
		m->obj[i].fresh = false;
}

void model_step(struct model *m)
{
	u32 k = ++m->steps;
	const struct op *op = &m->script->op[k - 1];
	struct tree *from = &m->tree[k - 1], *t = &m->tree[k];

	t->n = from->n;
	t->name = xalloc((t->n + 1) * sizeof(*t->name));
	memcpy(t->name, from->name, t->n * sizeof(*t->name));
	if (!op->fails)
		apply(m, op, k);
	if (op->kind == OP_WRITE || op->kind == OP_OSYNC || op->kind == OP_TRUNCATE)
		m->names_only = false;
}

struct model *model_new(const struct script *base, const struct script *s, enum mode mode)
{
	struct model *m = xalloc(sizeof(*m));
	u32 i;

	m->script = s;
	m->mode = mode;
	m->names_only = true;
	m->obj = xalloc(sizeof(*m->obj));
	m->nobj = 1;
	m->tree = xalloc((OPS_MAX + 1) * sizeof(*m->tree));
	m->synced = xalloc((OPS_MAX + 1) * sizeof(*m->synced));
	m->synced_top = xalloc((OPS_MAX + 1) * sizeof(*m->synced_top));
	for (i = 0; i < base->n; i++)
		apply(m, &base->op[i], 0);
	while (m->steps < s->n)
		model_step(m);
	return m;
}

void model_free(struct model *m)
{
	u32 i, j, k;

	for (i = 1; i < m->nobj; i++) {
		struct obj *o = &m->obj[i];

		for (j = 0; j < o->nv; j++) {
			for (k = 0; k < o->v[j].n; k++)
				free(o->v[j].page[k].data);
			free(o->v[j].page);
		}
		free(o->v);
		free(o->target);
	}
	for (i = 0; i <= m->steps; i++)
		free(m->tree[i].name);
	free(m->obj);
	free(m->tree);
	free(m->synced);
	free(m->synced_top);
	free(m->path);
	free(m->at);
	free(m->path_since);
	free(m->data_since);
	free(m);
}

u32 model_find(const struct model *m, u32 k, const char *path)
{
	return tree_find(&m->tree[k], path);
}

/* ---- what can be done ---- */

static bool parent_ok(const struct model *m, const struct tree *t, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX_LEN];
	u32 obj;

	if (!slash)
		return true;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	obj = tree_find(t, dir);
	return obj && m->obj[obj].type == EFS_S_IFDIR;
}

static bool is_empty(const struct tree *t, const char *dir)
{
	u32 at = tree_pos(t, dir) + 1, i;

	for (i = at; i < t->n; i++)
		if (path_below(t->name[i].path, dir))
			return false;
	return true;
}

bool model_possible(const struct model *m, const struct op *op)
{
	const struct tree *t = &m->tree[m->steps];
	u32 a = tree_find(t, op->a), b = op->b[0] ? tree_find(t, op->b) : NO_OBJ;
	bool a_dir = a && m->obj[a].type == EFS_S_IFDIR;
	bool b_dir = b && m->obj[b].type == EFS_S_IFDIR;

	if (op->b[0] && (!parent_ok(m, t, op->b) || a == b || path_below(op->b, op->a) ||
			 path_below(op->a, op->b)))
		return false;
	switch (op->kind) {
	case OP_CREATE:
	case OP_MKDIR:
	case OP_FIFO:
	case OP_CHR:
	case OP_SYMLINK:
		return !a && parent_ok(m, t, op->a);
	case OP_LINK:
		return a && !a_dir && !b;
	case OP_UNLINK:
		return a && !a_dir;
	case OP_RMDIR:
		return a_dir && is_empty(t, op->a);
	case OP_RENAME:
		return a && (!b || a_dir == b_dir) && (!b_dir || is_empty(t, op->b));
	case OP_EXCHANGE:
		return a && b;
	case OP_NOREPLACE:
		return a && !b;
	case OP_FSYNC:
		return a_dir || (a && m->obj[a].type == EFS_S_IFREG);
	case OP_SYNC:
		return true;
	default:
		return a && m->obj[a].type == EFS_S_IFREG;
	}
}

/* ---- how far back ---- */

/* does operation @k make the contents of @obj durable? */
static bool syncs_data(const struct model *m, u32 obj, u32 k)
{
	const struct op *op = &m->script->op[k - 1];

	switch (op->kind) {
	case OP_SYNC:
		return true;
	case OP_FSYNC:
	case OP_OSYNC:
		return tree_find(&m->tree[k], op->a) == obj;
	default:
		return false;
	}
}

bool model_osync_only(const struct model *m, u32 obj)
{
	const struct op *op;
	bool any = false;
	u32 k;

	for (k = 1; k <= m->steps; k++) {
		op = &m->script->op[k - 1];
		if (tree_find(&m->tree[k], op->a) != obj)
			continue;
		if (op->kind == OP_WRITE || op->kind == OP_TRUNCATE)
			return false;
		any |= op->kind == OP_OSYNC;
	}
	return any;
}

/* does operation @k make @path durable, or that it is not there? */
static bool syncs_path(const struct model *m, const char *path, u32 k)
{
	const struct op *op = &m->script->op[k - 1];
	const char *slash = strrchr(path, '/');
	size_t dir_len = slash ? (size_t)(slash - path) : 0;
	u32 obj = tree_find(&m->tree[k], path);

	if (op->kind == OP_SYNC)
		return true;
	/* the name given last, and the directories above it */
	if (m->synced[k][0] && obj && path_below(m->synced[k], path) &&
	    path_below(path, m->synced_top[k]))
		return true;
	/* fsync of the directory: what it says, if what it names is durable itself */
	return op->kind == OP_FSYNC && dir_len && strlen(op->a) == dir_len &&
	       !strncmp(op->a, path, dir_len) &&
	       (!obj || m->obj[obj].born <= model_data_since(m, obj, k));
}

static u32 add_paths(struct model *m)
{
	struct tree all = { 0 };
	u32 k, i;

	for (k = 0; k <= m->steps; k++)
		for (i = 0; i < m->tree[k].n; i++)
			if (!tree_find(&all, m->tree[k].name[i].path))
				tree_add(&all, m->tree[k].name[i].path, 1);
	m->path = xalloc((all.n + 1) * sizeof(*m->path));
	for (i = 0; i < all.n; i++)
		strcpy(m->path[i], all.name[i].path);
	free(all.name);
	return all.n;
}

/* a name is no surer than the directory it stands in */
static void below_parent(struct model *m, u32 p)
{
	const char *slash = strrchr(m->path[p], '/');
	size_t len = slash ? (size_t)(slash - m->path[p]) : 0;
	u32 q, k, r, since;

	for (q = 0; slash && (strncmp(m->path[q], m->path[p], len) || m->path[q][len]); q++)
		;
	for (r = 0; slash && r <= m->steps; r++) {
		u16 *mine = &m->path_since[p * (m->steps + 1) + r];

		since = model_path_since(m, q, r);
		for (k = since; k < r && model_at(m, q, k) == model_at(m, q, r); k++)
			;
		if (k < r && since < *mine)
			*mine = (u16)since;
	}
}

void model_index(struct model *m)
{
	u32 states = m->steps + 1, i, k;

	m->npaths = add_paths(m);
	m->at = xalloc(m->npaths * states * sizeof(*m->at));
	m->path_since = xalloc(m->npaths * states * sizeof(*m->path_since));
	m->data_since = xalloc(m->nobj * states * sizeof(*m->data_since));
	for (i = 0; i < m->nobj; i++)
		for (k = 1; k < states; k++)
			m->data_since[i * states + k] =
				m->mode == MODE_SYNC || syncs_data(m, i, k) ? (u16)k :
				m->data_since[i * states + k - 1];
	for (i = 0; i < m->npaths; i++) {
		for (k = 0; k < states; k++)
			m->at[i * states + k] = (u16)tree_find(&m->tree[k], m->path[i]);
		for (k = 1; k < states; k++)
			m->path_since[i * states + k] =
				m->mode != MODE_ASYNC || syncs_path(m, m->path[i], k) ? (u16)k :
				m->path_since[i * states + k - 1];
		below_parent(m, i);
	}
}
