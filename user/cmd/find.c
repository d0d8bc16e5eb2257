// SPDX-License-Identifier: GPL-2.0
/*
 * efs find: look for files by what they are, and print or remove them.
 *
 * Files are only opened if a test asks for more than names and types.
 */
#include <time.h>

#include "find.h"

static void print_ls(const struct walk_item *item)
{
	const struct efs_info *i = &item->e->info;
	char mode[EFS_MODE_STRING], when[32];
	time_t sec = (time_t)i->mtime.sec;
	struct tm tm;

	efs_mode_text(i->mode, mode);
	if (!localtime_r(&sec, &tm) || !strftime(when, sizeof(when), "%F %H:%M", &tm))
		snprintf(when, sizeof(when), "%lld", (long long)i->mtime.sec);
	printf("%9llu %6llu %s %3u %-8s ", (unsigned long long)i->ino,
	       (unsigned long long)(i->blocks + 1) / 2, mode, i->nlink, cmd_user_name(i->uid));
	printf("%-8s ", cmd_group_name(i->gid));
	if (item->e->type == EFS_IFBLK || item->e->type == EFS_IFCHR)
		printf("%3u, %3u %s ", i->major, i->minor, when);
	else
		printf("%8llu %s ", (unsigned long long)i->size, when);
	cmd_print_name(item->path);
	if (item->e->target) {
		fputs(" -> ", stdout);
		cmd_print_name(item->e->target);
	}
	putchar('\n');
}

static bool delete_item(struct find *f, const struct walk_item *item)
{
	bool dir = item->e->type == EFS_IFDIR;
	int err;

	if (item->parent)
		err = dir ? efs_rmdir_in(item->parent, item->e->name) :
			    efs_unlink_in(item->parent, item->e->name);
	else
		err = dir ? efs_rmdir_at(&f->walk->op->at, item->path) :
			    efs_unlink_at(&f->walk->op->at, item->path);
	if (err)
		f->status = cmd_error_in(f->walk->op, item->path, err);
	return !err;
}

bool find_act(struct find *f, enum find_what what, struct walk_item *item)
{
	switch (what) {
	case FIND_PRINT:
		cmd_print_name(item->path);
		putchar('\n');
		return true;
	case FIND_PRINT0:
		fputs(item->path, stdout);
		putchar('\0');
		return true;
	case FIND_LS:
		print_ls(item);
		return true;
	case FIND_DELETE:
		return delete_item(f, item);
	default:
		f->quit = true;
		return true;
	}
}

static bool look_at(struct find *f, struct walk_item *item)
{
	bool prune = false;

	if (item->depth < f->min_depth || f->quit)
		return !f->quit;
	if (find_eval(f, f->expr, item, &prune) && !f->acts)
		find_act(f, FIND_PRINT, item);
	return !prune && !f->quit;
}

static bool enter(void *ctx, struct walk_item *item)
{
	struct find *f = ctx;

	return f->depth_first ? !f->quit : look_at(f, item);
}

static void leave(void *ctx, struct walk_item *item)
{
	struct find *f = ctx;

	if (f->depth_first)
		look_at(f, item);
}

/* where the expression begins */
static bool begins(const char *arg)
{
	return arg[0] == '-' || !strcmp(arg, "!") || !strcmp(arg, "(");
}

int cmd_find_files(int argc, char **argv)
{
	struct find f = { .max_depth = UINT64_MAX, .now = time(NULL) };
	struct walk w = { .enter = enter, .leave = leave, .ctx = &f };
	char here[] = ".", *only[] = { here, NULL }, **args = argv + 1;
	struct operand op;
	int n = 0, k;

	while (1 + n < argc && !begins(args[n]))
		n++;
	if (!n && !cmd_globals.image)
		return cmd_usage("no image is named");
	f.status = find_parse(&f, args + n);
	if (f.status) {
		find_free(f.expr);
		return f.status;
	}
	w.flags = LIST_HIDDEN | (f.info ? LIST_INFO : LIST_TYPE);
	w.max_depth = f.max_depth;
	f.walk = &w;
	if (!n) {
		args = only;
		n = 1;
	}
	for (k = 0; k < n && !cmd_signal && !f.quit; k++) {
		if (cmd_open(args[k], f.writes, &op)) {
			f.status = CMD_FAILED;
			continue;
		}
		w.op = &op;
		if (walk_tree(&w))
			f.status = CMD_FAILED;
	}
	find_free(f.expr);
	return f.status;
}
