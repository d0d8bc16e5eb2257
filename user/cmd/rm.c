// SPDX-License-Identifier: GPL-2.0
/*
 * efs rm and efs rmdir.
 *
 * Depth costs memory, not stack; what cannot be removed is said, and the rest goes. A
 * directory that is met twice is a loop on a hostile volume, and is left alone.
 */
#include <getopt.h>

#include "copy.h"

/**
 * struct level - a directory being emptied
 * @up: the level above, of its parent
 * @path: bytes of struct rm.path that name it
 * @kept: something in it could not be removed
 */
struct level {
	struct level *up;
	struct efs_file *dir;
	struct efs_cursor pos;
	struct efs_entry_info ents[32];
	size_t n, next;
	size_t path;
	bool kept;
	char name[256];
};

struct rm {
	bool deep, force, verbose;
	struct level *top;
	struct inoset seen;
	char *path;		/* of what is being removed, for messages */
	size_t room;
	int status;
};

/* the path of @name below the first @base bytes */
static void set_path(struct rm *rm, size_t base, const char *name)
{
	size_t len = strlen(name), need = base + len + 2;

	if (need > rm->room) {
		rm->path = cmd_realloc(rm->path, 2 * need);
		rm->room = 2 * need;
	}
	if (base && rm->path[base - 1] != '/')
		rm->path[base++] = '/';
	memcpy(rm->path + base, name, len + 1);
}

static void keep(struct rm *rm)
{
	rm->status = CMD_FAILED;
	if (rm->top)
		rm->top->kept = true;
}

static void rm_failed(struct rm *rm, int err)
{
	cmd_error(err, rm->path);
	keep(rm);
}

static void say_removed(const struct rm *rm)
{
	if (rm->verbose)
		printf("removed '%s'\n", cmd_escape(rm->path, strlen(rm->path)));
}

/* @dir is given away */
static int push(struct rm *rm, const char *name, struct efs_file *dir)
{
	struct level *l;

	if (!inoset_add(&rm->seen, efs_file_ino(dir))) {
		efs_file_close(dir);
		return -EUCLEAN;
	}
	l = cmd_alloc(sizeof(*l));
	l->dir = dir;
	l->path = strlen(rm->path);
	snprintf(l->name, sizeof(l->name), "%s", name);
	l->up = rm->top;
	rm->top = l;
	return 0;
}

static struct level *pop(struct rm *rm)
{
	struct level *l = rm->top;

	rm->top = l->up;
	efs_file_close(l->dir);
	return l;
}

/* A directory: remove it, or begin to empty it. */
static int remove_dir(struct rm *rm, struct efs_file *dir, const char *name)
{
	struct efs_file *sub;
	int err;

	if (!rm->deep)
		return -EISDIR;
	err = efs_rmdir_in(dir, name);
	if (!err)
		say_removed(rm);
	if (err != -ENOTEMPTY)
		return err;
	err = efs_open_in(dir, name, &sub);
	return err ? err : push(rm, name, sub);
}

/* rm->path names it; @type: 0 if it is not known */
static void remove_name(struct rm *rm, struct efs_file *dir, const char *name, uint32_t type)
{
	int err;

	if (type == EFS_IFDIR) {
		err = remove_dir(rm, dir, name);
	} else {
		err = efs_unlink_in(dir, name);
		if (!err)
			say_removed(rm);
		else if (err == -EISDIR)
			err = remove_dir(rm, dir, name);
	}
	if (err)
		rm_failed(rm, err);
}

/* the directory on top is done with */
static void finish_level(struct rm *rm, struct efs_file *base)
{
	struct level *l = pop(rm);
	int err;

	rm->path[l->path] = '\0';
	if (l->kept) {
		keep(rm);
	} else {
		err = efs_rmdir_in(rm->top ? rm->top->dir : base, l->name);
		if (err)
			rm_failed(rm, err);
		else
			say_removed(rm);
	}
	free(l);
}

/* the next entries of the top; false: there are none */
static bool refill(struct rm *rm)
{
	struct level *l = rm->top;
	int err;

	l->next = 0;
	l->n = 0;
	err = efs_list_dir(l->dir, &l->pos, l->ents, ARRAY_SIZE(l->ents), &l->n);
	if (err) {
		rm->path[l->path] = '\0';
		rm_failed(rm, err);
	}
	return l->n;
}

static void remove_below(struct rm *rm, struct efs_file *base)
{
	while (rm->top && !cmd_signal) {
		struct level *l = rm->top;
		const struct efs_entry_info *e;

		if (l->next == l->n && !refill(rm)) {
			finish_level(rm, base);
			continue;
		}
		e = &l->ents[l->next++];
		if (!strcmp(e->name, ".") || !strcmp(e->name, ".."))
			continue;
		set_path(rm, l->path, e->name);
		remove_name(rm, l->dir, e->name, e->type);
	}
	if (rm->top)
		rm->status = cmd_error(-EINTR, rm->path);
	while (rm->top)
		free(pop(rm));
	inoset_free(&rm->seen);
}

int image_remove(struct efs_file *dir, const char *name, const char *shown, bool deep, bool force)
{
	struct rm rm = { .deep = deep, .force = force };

	set_path(&rm, 0, shown);
	remove_name(&rm, dir, name, 0);
	remove_below(&rm, dir);
	free(rm.path);
	return rm.status;
}

static void rm_operand(struct rm *rm, const struct operand *op)
{
	struct efs_file *dir, *file;
	const char *name;
	bool slash;
	int err;

	set_path(rm, 0, op->arg);
	err = cmd_parent(op, &dir, &name, &slash);
	if (err == -EINVAL) {
		rm->status = cmd_complain(op->arg, "Refusing to remove '.', '..' or '/'");
		return;
	}
	if (err) {
		if (err != -ENOENT || !rm->force)
			rm->status = cmd_error(err, op->arg);
		return;
	}
	/* with a slash behind it, it must be a directory, and no link to one */
	err = efs_open_in(dir, name, &file);
	if (!err) {
		uint32_t type = efs_file_type(file);

		efs_file_close(file);
		if (slash && type != EFS_IFDIR)
			rm->status = cmd_error(-ENOTDIR, op->arg);
		else
			remove_name(rm, dir, name, type);
		remove_below(rm, dir);
	} else if (err != -ENOENT || !rm->force) {
		rm->status = cmd_error(err, op->arg);
	}
	efs_file_close(dir);
}

int cmd_rm(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "force", no_argument, NULL, 'f' },
		{ "recursive", no_argument, NULL, 'r' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct rm rm = { 0 };
	struct operand op;
	int c;

	while ((c = getopt_long(argc, argv, "frRv", longs, NULL)) != -1) {
		if (c == 'r' || c == 'R')
			rm.deep = true;
		else if (c == 'f')
			rm.force = true;
		else if (c == 'v')
			rm.verbose = true;
		else
			return cmd_usage(NULL);
	}
	if (optind == argc)
		return rm.force ? CMD_OK : cmd_usage("no file is named");
	for (; optind < argc && !cmd_signal; optind++) {
		if (cmd_open(argv[optind], true, &op))
			rm.status = CMD_FAILED;
		else
			rm_operand(&rm, &op);
	}
	free(rm.path);
	return rm.status;
}

/* ---- rmdir ---- */

/* the directory, and with @parents those above it that became empty */
static int rmdir_operand(const struct operand *op, bool parents)
{
	char *path = cmd_strdup(op->path), *slash;
	int err;

	for (;;) {
		size_t len = strlen(path);

		while (len > 1 && path[len - 1] == '/')
			path[--len] = '\0';
		err = efs_rmdir_at(&op->at, path);
		if (err) {
			cmd_error_in(op, path, err);
			break;
		}
		slash = strrchr(path, '/');
		if (!parents || !slash || slash == path)
			break;
		*slash = '\0';
	}
	free(path);
	return err ? CMD_FAILED : CMD_OK;
}

int cmd_rmdir(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "parents", no_argument, NULL, 'p' },
		{ 0 },
	};
	int c, status = CMD_OK;
	bool parents = false;
	struct operand op;

	while ((c = getopt_long(argc, argv, "p", longs, NULL)) != -1) {
		if (c != 'p')
			return cmd_usage(NULL);
		parents = true;
	}
	if (optind == argc)
		return cmd_usage("no directory is named");
	for (; optind < argc && !cmd_signal; optind++)
		if (cmd_open(argv[optind], true, &op) || rmdir_operand(&op, parents))
			status = CMD_FAILED;
	return status;
}
