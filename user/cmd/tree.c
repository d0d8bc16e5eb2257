// SPDX-License-Identifier: GPL-2.0
/*
 * efs tree: a drawing of all that is below a directory.
 */
#include <getopt.h>
#include <langinfo.h>

#include "cmd.h"

/* one directory on the way down; the deepest one is the last */
struct level {
	struct level *up;
	struct efs_file *dir;
	struct list list;
	size_t next;
	char *path;
	char *prefix;		/* lines of the levels above, left of its entries */
};

struct tree {
	struct operand op;
	struct inoset seen;
	unsigned int flags;
	uint64_t depth, max_depth;
	bool dirs_only, ascii;
	unsigned long long dirs, files;
	int status;
};

/* box drawings and no-break spaces, in UTF-8 */
#define LAST	"\xe2\x94\x94\xe2\x94\x80\xe2\x94\x80 "
#define ONE	"\xe2\x94\x9c\xe2\x94\x80\xe2\x94\x80 "
#define LINE	"\xe2\x94\x82\xc2\xa0\xc2\xa0 "

static void print_entry(const struct tree *t, const struct level *l, const struct entry *e,
			bool last)
{
	fputs(l->prefix, stdout);
	if (t->ascii)
		fputs(last ? "`-- " : "|-- ", stdout);
	else
		fputs(last ? LAST : ONE, stdout);
	color_name(e->name, e->info.mode ? e->info.mode : e->type);
	if (e->target) {
		fputs(" -> ", stdout);
		cmd_print_name(e->target);
	}
	putchar('\n');
}

/* @last: nothing follows on the level of @l */
static char *prefix_below(const struct tree *t, const struct level *l, bool last)
{
	const char *line = t->ascii ? "|   " : LINE;
	char *s;

	if (!l)
		return cmd_strdup("");
	line = last ? "    " : line;
	s = cmd_alloc(strlen(l->prefix) + strlen(line) + 1);
	sprintf(s, "%s%s", l->prefix, line);
	return s;
}

/* @dir and @path are given away */
static struct level *push(struct tree *t, struct level *up, struct efs_file *dir, char *path,
			  bool last)
{
	struct level *l;
	size_t k, n = 0;
	int err;

	if (!inoset_add(&t->seen, efs_file_ino(dir))) {
		t->status = cmd_complain_in(&t->op, path, "Met for the second time: run e2fsck");
		efs_file_close(dir);
		free(path);
		return up;
	}
	l = cmd_alloc(sizeof(*l));
	l->up = up;
	l->dir = dir;
	l->path = path;
	l->prefix = prefix_below(t, up, last);
	err = cmd_list(dir, t->flags | LIST_SORT | LIST_INFO, &l->list);
	if (err)
		t->status = cmd_error_in(&t->op, path, err);
	for (k = 0; t->dirs_only && k < l->list.n; k++) {
		struct entry e = l->list.ents[k];

		if (e.type == EFS_IFDIR) {
			l->list.ents[k] = l->list.ents[n];
			l->list.ents[n++] = e;
		}
	}
	while (t->dirs_only && l->list.n > n) {
		free(l->list.ents[--l->list.n].name);
		free(l->list.ents[l->list.n].target);
	}
	t->depth++;
	return l;
}

static struct level *pop(struct tree *t, struct level *l)
{
	struct level *up = l->up;

	list_free(&l->list);
	efs_file_close(l->dir);
	free(l->path);
	free(l->prefix);
	free(l);
	t->depth--;
	return up;
}

static struct level *step(struct tree *t, struct level *l)
{
	struct entry *e = &l->list.ents[l->next++];
	bool last = l->next == l->list.n;
	char *path = cmd_join(l->path, e->name);
	struct efs_file *dir;
	int err;

	print_entry(t, l, e, last);
	if (e->err)
		t->status = cmd_error_in(&t->op, path, e->err);
	if (e->type != EFS_IFDIR)
		t->files++;
	else
		t->dirs++;
	if (e->type == EFS_IFDIR && !e->err && (!t->max_depth || t->depth < t->max_depth)) {
		err = efs_open_in(l->dir, e->name, &dir);
		if (!err)
			return push(t, l, dir, path, last);
		t->status = cmd_error_in(&t->op, path, err);
	}
	free(path);
	return l;
}

static int tree_operand(struct tree *t, const char *arg)
{
	struct level *l;
	struct efs_file *dir;
	int err;

	if (cmd_open(arg, false, &t->op))
		return CMD_FAILED;
	t->depth = 0;
	t->status = CMD_OK;
	err = cmd_file(&t->op, 0, &dir);
	if (!err && efs_file_type(dir) != EFS_IFDIR) {
		efs_file_close(dir);
		err = -ENOTDIR;
	}
	if (err)
		return cmd_error(err, arg);
	color_name(t->op.path, EFS_IFDIR | 0755);
	putchar('\n');
	t->dirs++;
	l = push(t, NULL, dir, cmd_strdup(t->op.path), true);
	while (l)
		l = l->next < l->list.n && !cmd_signal ? step(t, l) : pop(t, l);
	inoset_free(&t->seen);
	return t->status;
}

int cmd_tree(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "color", optional_argument, NULL, 'K' },
		{ 0 },
	};
	struct tree t = { .ascii = strcmp(nl_langinfo(CODESET), "UTF-8") };
	int c, status = CMD_OK;

	color_setup("auto");
	while ((c = getopt_long(argc, argv, "adL:", longs, NULL)) != -1) {
		switch (c) {
		case 'a':
			t.flags |= LIST_HIDDEN;
			break;
		case 'd':
			t.dirs_only = true;
			break;
		case 'L':
			if (!cmd_parse_number(optarg, UINT32_MAX, &t.max_depth) || !t.max_depth)
				return cmd_usage("'%s' is no depth", optarg);
			break;
		case 'K':
			if (!color_setup(optarg))
				return cmd_usage("--color is always, never or auto");
			break;
		default:
			return cmd_usage(NULL);
		}
	}
	if (optind == argc && !cmd_globals.image)
		return cmd_usage("no image is named");
	if (optind == argc)
		status = tree_operand(&t, ".");
	for (; optind < argc; optind++)
		if (tree_operand(&t, argv[optind]))
			status = CMD_FAILED;
	printf("\n%llu director%s", t.dirs, t.dirs == 1 ? "y" : "ies");
	if (!t.dirs_only)
		printf(", %llu file%s", t.files, t.files == 1 ? "" : "s");
	putchar('\n');
	return status;
}
