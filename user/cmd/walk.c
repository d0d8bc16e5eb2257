// SPDX-License-Identifier: GPL-2.0
/*
 * A walk over a tree in an image. Depth costs memory, not stack.
 */
#include "walk.h"

struct level {
	struct level *up;
	struct efs_file *dir;
	struct list list;
	size_t next;
	struct walk_item item;	/* the directory itself */
	char *path;
};

struct state {
	const struct walk *w;
	struct inoset seen;
	int status;
};

static void leave_item(const struct state *s, struct walk_item *item, struct level *up)
{
	if (s->w->leave)
		s->w->leave(s->w->ctx, item);
	if (up)
		up->item.sum += item->sum;
}

/* @dir and @path are given away. Return: the new top */
static struct level *push(struct state *s, struct level *up, const struct walk_item *item,
			  struct efs_file *dir, char *path)
{
	struct level *l;
	int err;

	if (!inoset_add(&s->seen, efs_file_ino(dir))) {
		s->status = cmd_complain_in(s->w->op, path, "Met for the second time: run e2fsck");
		efs_file_close(dir);
		free(path);
		return up;
	}
	l = cmd_alloc(sizeof(*l));
	l->up = up;
	l->dir = dir;
	l->path = path;
	l->item = *item;
	l->item.path = path;
	err = cmd_list(dir, s->w->flags, &l->list);
	if (err)
		s->status = cmd_error_in(s->w->op, path, err);
	l->item.count = l->list.n;
	return l;
}

static struct level *pop(struct state *s, struct level *l)
{
	struct level *up = l->up;

	list_free(&l->list);
	efs_file_close(l->dir);
	if (!cmd_signal)
		leave_item(s, &l->item, up);
	free(l->path);
	free(l);
	return up;
}

static struct level *step(struct state *s, struct level *l)
{
	struct entry *e = &l->list.ents[l->next++];
	char *path = cmd_join(l->path, e->name);
	struct walk_item item = { .parent = l->dir, .last = l->next == l->list.n, .path = path,
				  .e = e, .depth = l->item.depth + 1 };
	struct efs_file *dir;
	bool deeper;
	int err = e->err;

	if (err)
		s->status = cmd_error_in(s->w->op, path, err);
	/* of what cannot be opened at least the name is known */
	deeper = s->w->enter(s->w->ctx, &item) && e->type == EFS_IFDIR && !err &&
		 item.depth < s->w->max_depth;
	if (deeper) {
		err = walk_open(s->w, &item, &dir);
		if (!err)
			return push(s, l, &item, dir, path);
		s->status = cmd_error_in(s->w->op, path, err);
	}
	leave_item(s, &item, l);
	free(path);
	return l;
}

int walk_open(const struct walk *w, const struct walk_item *item, struct efs_file **out)
{
	if (item->parent)
		return efs_open_in(item->parent, item->e->name, out);
	return cmd_file(w->op, w->follow ? 0 : EFS_NOFOLLOW, out);
}

int walk_tree(const struct walk *w)
{
	struct state s = { .w = w };
	struct entry e = { 0 };
	struct walk_item item = { .path = w->op->path, .e = &e };
	struct level *l = NULL;
	struct efs_file *file;
	const char *slash;
	int err;

	err = walk_open(w, &item, &file);
	if (err)
		return cmd_error(err, w->op->arg);
	slash = strrchr(w->op->path, '/');
	e.name = cmd_strdup(slash && slash[1] ? slash + 1 : w->op->path);
	e.err = entry_fill(&e, file);
	if (e.err)
		s.status = cmd_error(e.err, w->op->arg);
	if (w->enter(w->ctx, &item) && e.type == EFS_IFDIR && w->max_depth) {
		l = push(&s, NULL, &item, file, cmd_strdup(w->op->path));
	} else {
		leave_item(&s, &item, NULL);
		efs_file_close(file);
	}
	while (l)
		l = l->next < l->list.n && !cmd_signal ? step(&s, l) : pop(&s, l);
	inoset_free(&s.seen);
	free(e.name);
	free(e.target);
	return s.status;
}
