// SPDX-License-Identifier: GPL-2.0
/*
 * efs tree: a drawing of all that is below a directory.
 */
#include <getopt.h>
#include <langinfo.h>

#include "walk.h"

/**
 * struct tree - a drawing
 * @last: of each directory on the way down, by depth: nothing follows beside it; @room: of these
 */
struct tree {
	struct operand op;
	bool ascii;
	bool *last;
	uint64_t room;
	unsigned long long dirs, files;
	int status;
};

/* box drawings and no-break spaces, in UTF-8 */
#define LAST	"\xe2\x94\x94\xe2\x94\x80\xe2\x94\x80 "
#define ONE	"\xe2\x94\x9c\xe2\x94\x80\xe2\x94\x80 "
#define LINE	"\xe2\x94\x82\xc2\xa0\xc2\xa0 "

static void print_item(struct tree *t, const struct walk_item *item)
{
	const struct entry *e = item->e;
	uint64_t k;

	if (item->depth >= t->room) {
		t->room = 2 * item->depth;
		t->last = cmd_realloc(t->last, t->room * sizeof(*t->last));
	}
	t->last[item->depth] = item->last;
	for (k = 1; k < item->depth; k++)
		fputs(t->last[k] ? "    " : t->ascii ? "|   " : LINE, stdout);
	if (t->ascii)
		fputs(item->last ? "`-- " : "|-- ", stdout);
	else
		fputs(item->last ? LAST : ONE, stdout);
	color_name(e->name, e->info.mode ? e->info.mode : e->type);
	if (e->target) {
		fputs(" -> ", stdout);
		cmd_print_name(e->target);
	}
	putchar('\n');
}

static bool enter(void *ctx, struct walk_item *item)
{
	bool dir = item->e->type == EFS_IFDIR;
	struct tree *t = ctx;

	if (item->depth) {
		print_item(t, item);
	} else if (dir) {
		color_name(item->path, EFS_IFDIR | 0755);
		putchar('\n');
	} else {
		t->status = cmd_error(-ENOTDIR, t->op.arg);
		return false;
	}
	++*(dir ? &t->dirs : &t->files);
	return true;
}

static void tree_operand(struct tree *t, const struct walk *w, const char *arg)
{
	if (cmd_open(arg, false, &t->op) || walk_tree(w))
		t->status = CMD_FAILED;
}

int cmd_tree(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "color", optional_argument, NULL, 'K' },
		{ 0 },
	};
	struct tree t = { .ascii = strcmp(nl_langinfo(CODESET), "UTF-8") };
	struct walk w = { .op = &t.op, .flags = LIST_SORT | LIST_INFO, .follow = true,
			  .max_depth = UINT64_MAX, .enter = enter, .ctx = &t };
	int c;

	color_setup("auto");
	while ((c = getopt_long(argc, argv, "adL:", longs, NULL)) != -1) {
		switch (c) {
		case 'a':
			w.flags |= LIST_HIDDEN;
			break;
		case 'd':
			w.flags |= LIST_DIRS;
			break;
		case 'L':
			if (!cmd_parse_number(optarg, UINT32_MAX, &w.max_depth) || !w.max_depth)
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
		tree_operand(&t, &w, ".");
	for (; optind < argc; optind++)
		tree_operand(&t, &w, argv[optind]);
	printf("\n%llu director%s", t.dirs, t.dirs == 1 ? "y" : "ies");
	if (!(w.flags & LIST_DIRS))
		printf(", %llu file%s", t.files, t.files == 1 ? "" : "s");
	putchar('\n');
	free(t.last);
	return t.status;
}
