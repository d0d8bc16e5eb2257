// SPDX-License-Identifier: GPL-2.0
/*
 * Is a disk as promised? It is mended by e2fsck, mounted, walked and read.
 *
 * - Each path leads to what it led to in one of the states a cut may bring back, or nowhere
 *   if it did not exist in one of them. A name that was not being changed is the same in all.
 * - A file that had a name in all of them is somewhere, if only in lost+found.
 * - Each cell of a file holds what it held in one of those states.
 *
 * Where data is not synchronous that holds for files that were not changed since their fsync:
 * to grow a file is to change its map in place, and half of that may cost all of it.
 *
 * What is wrong beside the promise is counted as well.
 *
 * There e2fsck is not to be trusted alone: where half of a grown or cut map is on the disk it
 * takes for pointers what are none, and "clears" them in blocks of files that were whole. So
 * if it met that, the disk is held against the promise as the cut left it; what is damaged
 * after the repair is counted beyond.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crash.h"

const char *const flaw_name[FLAWS] = {
	[F_NAME] = "name missing or misleading",
	[F_LOST] = "file lost",
	[F_SIZE] = "wrong size",
	[F_FOREIGN] = "data of another file",
	[F_STALE] = "data of a deleted file, or metadata",
	[F_OWN] = "data missing or outdated",
	[F_REFUSED] = "refused by the core after e2fsck",
	[F_FSCK] = "not mended by e2fsck",
	[F_PROBLEM] = "problem that must not be",
};

/* what is on the mended disk */
struct seen {
	char path[4 * PATH_MAX_LEN];
	u16 type;
	bool lost;		/* in lost+found */
	bool dev_ok;
	u32 obj;		/* by its contents; NO_OBJ if they do not tell */
	u32 taken;		/* by its name and contents */
	struct efs_file *f;
	u64 size;
};

struct look {
	const struct model *m;
	struct efs_volume *vol;
	u32 hi, returned;
	u32 block_size;
	struct seen *seen;
	u32 n;
	bool raw;		/* as the cut left it */
	bool lenient;		/* mended, but see above */
	struct finding *f;
};

static __printf(4, 5) void flaw(struct look *l, enum flaw what, bool breach, const char *fmt, ...)
{
	struct finding *f = l->f;
	size_t at = strlen(f->text);
	va_list args;

	/* of course there is something wrong */
	if (l->raw && (what == F_REFUSED || !breach))
		return;
	breach &= !l->lenient;
	++*(breach ? &f->breach[what] : &f->beyond[what]);
	if (!breach)
		return;
	f->broken = true;
	if (at > sizeof(f->text) - 100)
		return;
	va_start(args, fmt);
	at += (size_t)snprintf(f->text + at, sizeof(f->text) - at, "%s%s: ", at ? "; " : "",
			       flaw_name[what]);
	vsnprintf(f->text + at, sizeof(f->text) - at, fmt, args);
	va_end(args);
}

/* ---- reading ---- */

static void read_page(struct look *l, struct seen *s, u64 idx, u8 *buf)
{
	size_t done;
	int err;

	memset(buf, 0, PAGE);
	err = efs_file_read(s->f, idx * PAGE, buf, PAGE, &done);
	if (err)
		flaw(l, F_REFUSED, true, "reading %s: %s", s->path, strerror(-err));
}

static bool next_data(struct seen *s, u64 *idx)
{
	uint64_t off;

	if (*idx * PAGE >= s->size || efs_file_seek(s->f, *idx * PAGE, false, &off))
		return false;
	*idx = off / PAGE;
	return *idx * PAGE < s->size;
}

static u32 link_obj(const struct model *m, struct efs_file *f)
{
	char target[4096];
	u32 obj;

	if (efs_file_readlink(f, target, sizeof(target)))
		return NO_OBJ;
	for (obj = m->nobj - 1; obj; obj--)
		if (m->obj[obj].target && !strcmp(m->obj[obj].target, target))
			break;
	return obj;
}

/* the file the first cells with a mark belong to */
static u32 data_obj(struct look *l, struct seen *s)
{
	u8 buf[PAGE];
	struct cell c;
	u64 idx = 0;
	u32 at;

	for (; next_data(s, &idx); idx++) {
		read_page(l, s, idx, buf);
		for (at = 0; at < PAGE; at += CELL) {
			memcpy(&c, buf + at, sizeof(c));
			if (c.magic == CELL_MAGIC && c.obj < l->m->nobj && c.obj)
				return c.obj;
		}
	}
	return NO_OBJ;
}

static void see(struct look *l, struct efs_file *in, const char *dir, const char *name, bool lost)
{
	struct efs_info st;
	struct seen *s;
	int err;

	l->seen = xgrow(l->seen, (l->n + 1) * sizeof(*l->seen));
	s = &l->seen[l->n];
	memset(s, 0, sizeof(*s));
	if (snprintf(s->path, sizeof(s->path), "%s%s%s", dir, *dir ? "/" : "", name) >=
	    (int)sizeof(s->path)) {
		flaw(l, F_REFUSED, true, "endless path %.60s...", s->path);
		return;
	}
	err = efs_open_in(in, name, &s->f);
	if (err) {
		flaw(l, F_REFUSED, true, "%s: %s", s->path, strerror(-err));
		return;
	}
	l->n++;
	efs_file_info(s->f, &st);
	s->lost = lost;
	s->type = st.mode & EFS_S_IFMT;
	s->size = st.size;
	s->dev_ok = st.major == 5 && st.minor == 300;
	if (s->type == EFS_S_IFLNK)
		s->obj = link_obj(l->m, s->f);
	if (s->type == EFS_S_IFREG)
		s->obj = data_obj(l, s);
}

/* all directories, those found on the way included */
static void walk(struct look *l)
{
	struct efs_entry_info ents[16];
	struct efs_file *dir;
	char path[4 * PATH_MAX_LEN] = "";
	bool lost = false;
	size_t n, k;
	u32 at = 0;

	if (efs_root(l->vol, &dir))
		die("no root");
	for (;;) {
		struct efs_cursor cur = { 0 };
		int err;

		while (!(err = efs_list_dir(dir, &cur, ents, ARRAY_SIZE(ents), &n)) && n) {
			for (k = 0; k < n; k++) {
				const char *name = ents[k].name;

				if (!strcmp(name, ".") || !strcmp(name, ".."))
					continue;
				if (l->n > 4096)
					return;
				see(l, dir, path, name,
				    lost || (!*path && !strcmp(name, "lost+found")));
			}
		}
		if (err)
			flaw(l, F_REFUSED, true, "directory /%s: %s", path, strerror(-err));
		if (!at)
			efs_file_close(dir);
		while (at < l->n && l->seen[at].type != EFS_S_IFDIR)
			at++;
		if (at == l->n)
			return;
		dir = l->seen[at].f;
		lost = l->seen[at].lost;
		strcpy(path, l->seen[at].path);
		at++;
	}
}

/* ---- contents ---- */

/* the versions a cut may show: from *@from on, up to l->hi */
static const struct version *versions(const struct look *l, u32 obj, u32 since, u32 *n)
{
	const struct obj *o = &l->m->obj[obj];
	u32 first = 0, last;

	while (first + 1 < o->nv && o->v[first + 1].op <= since)
		first++;
	for (last = first; last + 1 < o->nv && o->v[last + 1].op <= l->hi;)
		last++;
	*n = last - first + 1;
	return &o->v[first];
}

/* has @obj a name in all states a cut may bring back? */
static bool is_kept(const struct look *l, u32 obj)
{
	const struct model *m = l->m;
	bool known = false;
	u32 p, k, since, from = 0;

	/* the latest state in which a name of it is sure */
	for (p = 0; p < m->npaths; p++) {
		since = model_path_since(m, p, l->returned);
		if (model_at(m, p, since) != obj)
			continue;
		from = known ? max(from, since) : since;
		known = true;
	}
	for (k = from; known && k <= l->hi; k++) {
		for (p = 0; p < m->npaths && model_at(m, p, k) != obj; p++)
			;
		known = p < m->npaths;
	}
	return known;
}

static bool data_promised(const struct look *l, u32 obj)
{
	u32 since = model_data_since(l->m, obj, l->returned), n;

	versions(l, obj, since, &n);
	return since >= l->m->obj[obj].born && is_kept(l, obj) &&
	       (n == 1 || l->m->mode == MODE_SYNC);
}

static enum flaw cell_flaw(const u8 *cell, u32 obj)
{
	static const u8 zero[CELL];
	struct cell c;

	memcpy(&c, cell, sizeof(c));
	if (!memcmp(cell, zero, CELL))
		return F_OWN;
	if (c.magic != CELL_MAGIC || c.obj == STALE_OBJ)
		return F_STALE;
	return c.obj == obj ? F_OWN : F_FOREIGN;
}

static void check_page(struct look *l, struct seen *s, u64 idx, const struct version *v, u32 n,
		       bool promised)
{
	static const u8 zero[CELL];
	u32 at, k, len, bad = 0;
	enum flaw what;
	u8 buf[PAGE];

	read_page(l, s, idx, buf);
	for (at = 0; at < PAGE && idx * PAGE + at < s->size && !bad; at += CELL) {
		bool fits = false;

		len = (u32)min((u64)CELL, s->size - (idx * PAGE + at));
		for (k = 0; k < n && !fits; k++) {
			const u8 *page = version_page(&v[k], idx);

			fits = !memcmp(buf + at, page ? page + at : zero, len);
		}
		if (fits)
			continue;
		bad++;
		what = cell_flaw(buf + at, s->taken);
		flaw(l, what, l->m->mode == MODE_SYNC || promised ||
		     (what != F_OWN && is_kept(l, s->taken) && model_osync_only(l->m, s->taken)),
		     "%s at byte %llu", s->path, idx * PAGE + at);
	}
}

/* may a cut show the file with the size it has? */
static bool size_fits(const struct look *l, const struct seen *s, u32 obj, u64 *least, u64 *most)
{
	u32 n, k;
	const struct version *v = versions(l, obj, model_data_since(l->m, obj, l->returned), &n);

	*least = ~0ull;
	*most = 0;
	for (k = 0; k < n; k++) {
		*least = min(*least, v[k].size);
		*most = max(*most, v[k].size);
	}
	/* e2fsck lets the size reach to the end of the last block */
	if (*most > *least)
		*most = (*most + l->block_size - 1) / l->block_size * l->block_size;
	return s->size >= *least && s->size <= *most;
}

static void check_data(struct look *l, struct seen *s)
{
	bool promised = data_promised(l, s->taken);
	u32 n, k, p;
	const struct version *v = versions(l, s->taken,
					   model_data_since(l->m, s->taken, l->returned), &n);
	u64 least, most, idx = 0;

	if (!size_fits(l, s, s->taken, &least, &most))
		flaw(l, F_SIZE, l->m->mode == MODE_SYNC || promised,
		     "%s has %llu, not %llu to %llu", s->path, s->size, least, most);
	for (; next_data(s, &idx); idx++)
		check_page(l, s, idx, v, n, promised);
	/* what should be there and is a hole */
	for (k = 0; k < n; k++)
		for (p = 0; p < v[k].n; p++) {
			idx = v[k].page[p].idx;
			if (idx * PAGE < s->size &&
			    (!next_data(s, &idx) || idx != v[k].page[p].idx))
				check_page(l, s, v[k].page[p].idx, v, n, promised);
		}
}

/* ---- names ---- */

static bool matches(const struct look *l, const struct seen *s, u32 obj)
{
	const struct obj *o;

	if (!s || !obj)
		return !s == !obj;
	o = &l->m->obj[obj];
	if (s->type != o->type)
		return false;
	switch (o->type) {
	case EFS_S_IFLNK:
		return s->obj && !strcmp(o->target, l->m->obj[s->obj].target);
	case EFS_S_IFCHR:
		return s->dev_ok;
	case EFS_S_IFREG:
		return !s->obj || s->obj == obj || !data_promised(l, obj);
	default:
		return true;
	}
}

static struct seen *seen_at(struct look *l, const char *path)
{
	u32 i;

	for (i = 0; i < l->n; i++)
		if (!strcmp(l->seen[i].path, path))
			return &l->seen[i];
	return NULL;
}

/*
 * A directory that is being moved has two names for a while, of which e2fsck keeps the one it
 * likes; and one that is exchanged may have none.
 */
static bool may_be_missing(const struct look *l, const char *path)
{
	const struct op *op = l->hi ? &l->m->script->op[l->hi - 1] : NULL;
	u32 a, b;

	if (!op || (op->kind != OP_RENAME && op->kind != OP_NOREPLACE && op->kind != OP_EXCHANGE) ||
	    l->returned == l->hi)
		return false;
	a = model_find(l->m, l->hi - 1, op->a);
	b = model_find(l->m, l->hi - 1, op->b);
	return (l->m->obj[a].type == EFS_S_IFDIR ||
		(op->kind == OP_EXCHANGE && l->m->obj[b].type == EFS_S_IFDIR)) &&
	       (path_below(path, op->a) || path_below(path, op->b));
}

static void check_path(struct look *l, u32 p)
{
	const struct model *m = l->m;
	struct seen *s = seen_at(l, m->path[p]);
	u32 since = model_path_since(m, p, l->returned), k;
	u64 least, most;
	bool same = true, promised, fits = !s && may_be_missing(l, m->path[p]);

	for (k = since; k <= l->hi; k++) {
		u32 obj = model_at(m, p, k);

		same &= obj == model_at(m, p, since);
		if (matches(l, s, obj)) {
			/* the one that its contents, or else its size, speak for */
			if (s && (!s->taken || s->obj == obj ||
				  (!s->obj && s->type == EFS_S_IFREG &&
				   size_fits(l, s, obj, &least, &most))))
				s->taken = obj;
			fits = true;
		}
	}
	k = model_at(m, p, since);
	/* e2fsck may have thrown away what was being changed */
	promised = m->mode == MODE_SYNC || m->obj[k].type != EFS_S_IFREG || data_promised(l, k);
	if (!fits)
		flaw(l, F_NAME, promised && (same || m->mode != MODE_ASYNC), "%s %s", m->path[p],
		     s ? "is something else" : "is missing");
}

/* may the file be in lost+found only, after this operation? */
static bool may_be_lost(const struct look *l, u32 obj)
{
	const struct op *op = &l->m->script->op[l->hi - 1];

	if (l->m->mode == MODE_ASYNC || op->kind == OP_EXCHANGE)
		return true;
	return obj != model_find(l->m, l->hi - 1, op->a) &&
	       obj != model_find(l->m, l->hi - 1, op->b);
}

/* has the file contents to be known by, in every version? */
static bool is_marked(const struct look *l, u32 obj)
{
	u32 n, k, p, at;
	const struct version *v = versions(l, obj, model_data_since(l->m, obj, l->returned), &n);
	struct cell c;

	for (k = 0; k < n; k++) {
		bool marked = false;

		for (p = 0; p < v[k].n && !marked; p++)
			for (at = 0; at < PAGE && !marked; at += CELL) {
				memcpy(&c, v[k].page[p].data + at, sizeof(c));
				marked = c.magic == CELL_MAGIC &&
					 v[k].page[p].idx * PAGE + at + CELL <= v[k].size;
			}
		if (!marked)
			return false;
	}
	return true;
}

static void check_kept(struct look *l, u32 obj)
{
	const struct model *m = l->m;
	const struct seen *found = NULL;
	u32 i;

	if (m->obj[obj].type == EFS_S_IFREG) {
		if (!data_promised(l, obj) || !is_marked(l, obj))
			return;
	} else if (m->obj[obj].type != EFS_S_IFLNK || !is_kept(l, obj)) {
		return;
	}
	for (i = 0; i < l->n; i++)
		if (l->seen[i].obj == obj && (!found || found->lost))
			found = &l->seen[i];
	/* as the cut left it: e2fsck would have found it */
	if (!found && l->raw && l->f->fsck.found[P_UNATTACHED])
		return;
	if (!found)
		flaw(l, F_LOST, true, "%s", m->obj[obj].newest);
	else if (found->lost && l->hi && !may_be_lost(l, obj))
		flaw(l, F_LOST, true, "%s is in lost+found", m->obj[obj].newest);
}

/* has the file been found by one of its names? */
static bool is_taken(const struct look *l, u32 obj)
{
	u32 i;

	for (i = 0; i < l->n && l->seen[i].taken != obj; i++)
		;
	return i < l->n;
}

static void check_files(struct look *l)
{
	const struct model *m = l->m;
	u32 i;

	walk(l);
	for (i = 0; i < m->npaths; i++)
		check_path(l, i);
	for (i = 1; i < m->nobj; i++)
		check_kept(l, i);
	for (i = 0; i < l->n; i++) {
		struct seen *s = &l->seen[i];

		if (s->type != EFS_S_IFREG)
			continue;
		/* reattached, and not a copy of what is in its place */
		if (!s->taken && s->lost && !is_taken(l, s->obj))
			s->taken = s->obj;
		if (s->taken)
			check_data(l, s);
	}
	for (i = 0; i < l->n; i++)
		efs_file_close(l->seen[i].f);
	free(l->seen);
}

/* ---- the whole disk ---- */

/* does nothing count but the order of the operations? */
static bool is_strict(const struct look *l)
{
	return l->m->mode == MODE_SYNC || (l->m->mode == MODE_DIRSYNC && l->m->names_only);
}

/* what e2fsck must not meet then */
static void check_problems(struct look *l)
{
	const struct verdict *v = &l->f->fsck;
	bool strict = is_strict(l);
	const struct op *op = l->hi ? &l->m->script->op[l->hi - 1] : NULL;
	bool moves = op && (op->kind == OP_RENAME || op->kind == OP_NOREPLACE ||
			    op->kind == OP_EXCHANGE);
	u32 p;

	if (v->status > 1)
		flaw(l, F_FSCK, strict, "status %d", v->status);
	for (p = 0; p < P_CLASSES; p++) {
		if (!v->found[p] || p < P_DOTDOT)
			continue;
		if (moves && (p == P_DOTDOT || p == P_DIR_LINK))
			continue;
		flaw(l, F_PROBLEM, strict, "%s", p == P_OTHER ? v->other : problem_name[p]);
	}
}

static void mount_and_check(struct look *l, u8 *image, size_t size)
{
	struct efs_options o = { .flags = EFS_RDONLY };
	struct efs_device *dev;
	struct efs_reason why;
	int err;

	l->seen = NULL;
	l->n = 0;
	if (efs_device_memory(image, size, &dev))
		die("no memory");
	err = efs_volume_open(dev, &o, &l->vol, &why);
	if (err) {
		flaw(l, F_REFUSED, true, "mount: %s, %s", strerror(-err),
		     why.code ? why.code : "");
	} else {
		l->block_size = l->vol->sb.geo.block_size;
		check_files(l);
		if (efs_volume_close(l->vol))
			flaw(l, F_REFUSED, true, "unmount");
	}
	efs_device_close(dev);
}

void check_image(const struct model *m, u8 *image, size_t size, u32 op, bool returned, bool deep,
		 struct finding *f)
{
	struct look l = { .m = m, .hi = op, .returned = returned || !op ? op : op - 1, .f = f };
	static int fd = -1;

	memset(f, 0, sizeof(*f));
	if (fd < 0)
		fd = memfd_create("disk", 0);
	if (fd < 0 || ftruncate(fd, (off_t)size) || pwrite(fd, image, size, 0) != (ssize_t)size)
		die("memfd: %s", strerror(errno));
	fsck_repair(fd, &f->fsck);
	check_problems(&l);
	/* a disk called clean was not looked at */
	if ((deep || f->fsck.preen != 1) && !fsck_clean(fd))
		flaw(&l, F_FSCK, m->mode == MODE_SYNC || f->fsck.preen <= 1, "not with status %d",
		     f->fsck.status);
	if (!is_strict(&l) && (f->fsck.found[P_ILLEGAL] ||
			       (m->mode == MODE_DIRSYNC && f->fsck.found[P_SHARED]))) {
		l.raw = true;
		mount_and_check(&l, image, size);
		l.raw = false;
		l.lenient = true;
	}
	if (pread(fd, image, size, 0) != (ssize_t)size)
		die("memfd: %s", strerror(errno));
	mount_and_check(&l, image, size);
}
