// SPDX-License-Identifier: GPL-2.0
/*
 * efs ls: list files, in the manner of ls(1).
 *
 * A directory that is met twice below one operand is a loop on a hostile volume, and is
 * reported; depth costs memory, not stack.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"

enum sort { BY_NAME, BY_TIME, BY_SIZE, UNSORTED };

struct ls {
	bool detail, numeric, self, deep, inode, human, columns, classify, reverse, full_time;
	bool any;		/* something was printed: a blank line comes first */
	bool headings;
	unsigned int flags;	/* of cmd_list() */
	enum sort sort;
	int status;
};

struct widths {
	int ino, links, user, group, size, major, minor;
};

static void failed(struct ls *ls, int status)
{
	if (ls->status < status)
		ls->status = status;
}

/* ---- order ---- */

static const struct ls *sorting;

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	const struct efs_timestamp *s = &x->info.mtime, *t = &y->info.mtime;
	int d = 0;

	if (sorting->sort == BY_TIME)
		d = s->sec != t->sec ? (s->sec < t->sec ? 1 : -1) :
			(s->nsec < t->nsec) - (s->nsec > t->nsec);
	else if (sorting->sort == BY_SIZE)
		d = (x->info.size < y->info.size) - (x->info.size > y->info.size);
	if (!d)
		d = strcmp(x->name, y->name);
	return sorting->reverse ? -d : d;
}

static void sort_list(const struct ls *ls, struct list *list)
{
	sorting = ls;
	if (ls->sort != UNSORTED && list->n)
		qsort(list->ents, list->n, sizeof(*list->ents), compare);
}

/* ---- lines ---- */

static int length(const char *fmt, unsigned long long v)
{
	return snprintf(NULL, 0, fmt, v);
}

static const char *user_of(const struct ls *ls, uint32_t id, bool group)
{
	static char number[12];

	if (!ls->numeric)
		return group ? cmd_group_name(id) : cmd_user_name(id);
	snprintf(number, sizeof(number), "%u", id);
	return number;
}

static bool is_device(uint32_t mode)
{
	return (mode & EFS_IFMT) == EFS_IFBLK || (mode & EFS_IFMT) == EFS_IFCHR;
}

static int max_of(int a, int b)
{
	return a > b ? a : b;
}

static void widen(const struct ls *ls, struct widths *w, const struct entry *e)
{
	const struct efs_info *i = &e->info;
	char human[16];

	w->ino = max_of(w->ino, length("%llu", e->ino));
	if (e->err && !i->mode)
		return;
	w->links = max_of(w->links, length("%llu", i->nlink));
	w->user = max_of(w->user, (int)strlen(user_of(ls, i->uid, false)));
	w->group = max_of(w->group, (int)strlen(user_of(ls, i->gid, true)));
	if (is_device(i->mode)) {
		w->major = max_of(w->major, length("%llu", i->major));
		w->minor = max_of(w->minor, length("%llu", i->minor));
		w->size = max_of(w->size, w->major + 2 + w->minor);
	} else if (ls->human) {
		w->size = max_of(w->size, (int)strlen(cmd_human(i->size, human)));
	} else {
		w->size = max_of(w->size, length("%llu", i->size));
	}
}

static void print_time(const struct ls *ls, const struct efs_timestamp *t)
{
	time_t sec = (time_t)t->sec;
	char text[64], zone[8];
	struct tm tm;

	if (!localtime_r(&sec, &tm)) {
		printf("%lld ", (long long)t->sec);
		return;
	}
	if (!ls->full_time) {
		strftime(text, sizeof(text), "%F %H:%M", &tm);
		printf("%s ", text);
		return;
	}
	strftime(text, sizeof(text), "%F %T", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	printf("%s.%09u %s ", text, t->nsec, zone);
}

static void print_detail(const struct ls *ls, const struct entry *e, const struct widths *w)
{
	const struct efs_info *i = &e->info;
	char mode[EFS_MODE_STRING], human[16];

	if (e->err && !i->mode) {
		printf("?????????? %*s %-*s %-*s %*s %16s ", w->links, "?", w->user, "?",
		       w->group, "?", w->size, "?", "?");
		return;
	}
	efs_mode_text(i->mode, mode);
	printf("%s %*u ", mode, w->links, i->nlink);
	printf("%-*s ", w->user, user_of(ls, i->uid, false));
	printf("%-*s ", w->group, user_of(ls, i->gid, true));
	if (is_device(i->mode))
		printf("%*u, %*u ", w->size - 2 - w->minor, i->major, w->minor, i->minor);
	else if (ls->human)
		printf("%*s ", w->size, cmd_human(i->size, human));
	else
		printf("%*llu ", w->size, (unsigned long long)i->size);
	print_time(ls, &i->mtime);
}

static char mark_of(uint32_t mode)
{
	switch (mode & EFS_IFMT) {
	case EFS_IFDIR:
		return '/';
	case EFS_IFLNK:
		return '@';
	case EFS_IFIFO:
		return '|';
	case EFS_IFSOCK:
		return '=';
	case EFS_IFREG:
		return mode & 0111 ? '*' : 0;
	}
	return 0;
}

static uint32_t mode_of(const struct entry *e)
{
	return e->info.mode ? e->info.mode : e->type;
}

/* one name with what goes around it; Return: its columns */
static size_t print_cell(const struct ls *ls, const struct entry *e, const struct widths *w)
{
	size_t width = 0;
	char mark;

	if (ls->inode)
		width += (size_t)printf("%*llu ", w->ino, (unsigned long long)e->ino);
	if (ls->detail)
		print_detail(ls, e, w);
	width += color_name(e->name, mode_of(e));
	if (ls->detail && e->target) {
		fputs(" -> ", stdout);
		cmd_print_name(e->target);
	} else if (ls->classify) {
		mark = mark_of(mode_of(e));
		if (mark) {
			putchar(mark);
			width++;
		}
	}
	return width;
}

/* ---- columns ---- */

static size_t terminal_width(void)
{
	struct winsize ws;
	const char *env = getenv("COLUMNS");
	uint64_t n;

	if (env && cmd_parse_number(env, 10000, &n) && n)
		return n;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) && ws.ws_col)
		return ws.ws_col;
	return 80;
}

/* the rows that are needed with @cols columns, or 0 if that is too wide */
static size_t try_columns(const size_t *cells, size_t n, size_t cols, size_t width, size_t *widths)
{
	size_t rows = (n + cols - 1) / cols, c, k, total = 0;

	for (c = 0; c < cols; c++) {
		widths[c] = 0;
		for (k = c * rows; k < n && k < (c + 1) * rows; k++)
			if (widths[c] < cells[k])
				widths[c] = cells[k];
		total += widths[c] + (c ? 2 : 0);
	}
	return total <= width || cols == 1 ? rows : 0;
}

static void print_columns(const struct ls *ls, const struct list *list, const struct widths *w)
{
	size_t width = terminal_width(), cols, rows = 0, r, c, k, got;
	size_t *cells = cmd_alloc(list->n * sizeof(*cells));
	size_t *widths = cmd_alloc((width / 3 + 2) * sizeof(*widths));

	for (k = 0; k < list->n; k++) {
		const struct entry *e = &list->ents[k];

		cells[k] = cmd_width(e->name) + (ls->inode ? (size_t)w->ino + 1 : 0) +
			   (ls->classify && mark_of(mode_of(e)) ? 1 : 0);
	}
	for (cols = width / 3 + 1; cols; cols--) {
		if (cols > list->n && cols > 1)
			continue;
		rows = try_columns(cells, list->n, cols, width, widths);
		if (rows)
			break;
	}
	for (r = 0; r < rows; r++) {
		for (c = 0, k = r; k < list->n; c++, k += rows) {
			got = print_cell(ls, &list->ents[k], w);
			/* to a pipe nothing is counted */
			if (!cmd_tty())
				got = cells[k];
			if (k + rows < list->n)
				printf("%*s", (int)(widths[c] + 2 - got), "");
		}
		putchar('\n');
	}
	free(cells);
	free(widths);
}

static void print_list(struct ls *ls, const struct list *list)
{
	struct widths w = { 0 };
	size_t k;

	/* of names alone nothing is aligned by these */
	for (k = 0; (ls->detail || ls->inode) && k < list->n; k++)
		widen(ls, &w, &list->ents[k]);
	if (ls->columns && list->n) {
		print_columns(ls, list, &w);
		return;
	}
	for (k = 0; k < list->n; k++) {
		print_cell(ls, &list->ents[k], &w);
		putchar('\n');
	}
}

/* ---- directories ---- */

/* directories still to be listed, the next one first */
struct todo {
	struct todo *next;
	struct efs_file *dir;
	char *path;
};

static void push(struct todo **head, struct efs_file *dir, const char *path)
{
	struct todo *t = cmd_alloc(sizeof(*t));

	t->dir = dir;
	t->path = cmd_strdup(path);
	t->next = *head;
	*head = t;
}

static void heading(struct ls *ls, const char *path, const struct list *list)
{
	uint64_t blocks = 0;
	char human[16];
	size_t k;

	if (ls->headings) {
		if (ls->any)
			putchar('\n');
		cmd_print_name(path);
		puts(":");
	}
	ls->any = true;
	if (!ls->detail)
		return;
	for (k = 0; k < list->n; k++)
		blocks += list->ents[k].info.blocks;
	if (ls->human)
		printf("total %s\n", cmd_human(blocks * 512, human));
	else
		printf("total %llu\n", (unsigned long long)(blocks + 1) / 2);
}

static void list_dir(struct ls *ls, const struct operand *op, const struct todo *t,
		     struct todo **todo)
{
	struct efs_file *sub;
	struct list list;
	size_t k;
	int err;

	err = cmd_list(t->dir, ls->flags, &list);
	sort_list(ls, &list);
	heading(ls, t->path, &list);
	print_list(ls, &list);
	if (err)
		failed(ls, cmd_error_in(op, t->path, err));
	for (k = list.n; k--;) {
		struct entry *e = &list.ents[k];
		bool enter = ls->deep && !e->err && (!e->type || e->type == EFS_IFDIR) &&
			     strcmp(e->name, ".") && strcmp(e->name, "..");
		char *path;

		if (!e->err && !enter)
			continue;
		path = cmd_join(t->path, e->name);
		if (e->err) {
			failed(ls, cmd_error_in(op, path, e->err));
		} else {
			err = efs_open_in(t->dir, e->name, &sub);
			if (err)
				failed(ls, cmd_error_in(op, path, err));
			else if (efs_file_type(sub) != EFS_IFDIR)
				efs_file_close(sub);
			else
				push(todo, sub, path);
		}
		free(path);
	}
	list_free(&list);
}

/* @dir is closed */
static void list_tree(struct ls *ls, const struct operand *op, struct efs_file *dir)
{
	struct inoset seen = { 0 };
	struct todo *todo = NULL, *t;

	push(&todo, dir, op->path);
	while ((t = todo)) {
		todo = t->next;
		if (cmd_signal)
			;
		else if (inoset_add(&seen, efs_file_ino(t->dir)))
			list_dir(ls, op, t, &todo);
		else
			failed(ls, cmd_complain_in(op, t->path,
						   "Met for the second time: run e2fsck"));
		efs_file_close(t->dir);
		free(t->path);
		free(t);
	}
	inoset_free(&seen);
}

/* ---- operands ---- */

/* a link to a directory is listed like one, unless it is the link that is asked for */
static int open_operand(const struct ls *ls, const struct operand *op, struct efs_file **file)
{
	struct efs_file *to;
	int err = cmd_file(op, EFS_NOFOLLOW, file);

	if (err || ls->detail || ls->self || efs_file_type(*file) != EFS_IFLNK ||
	    cmd_file(op, 0, &to))
		return err;
	if (efs_file_type(to) == EFS_IFDIR) {
		efs_file_close(*file);
		*file = to;
	} else {
		efs_file_close(to);
	}
	return 0;
}

struct ls_dir {
	struct operand op;
	struct efs_file *dir;
};

static void operands(struct ls *ls, char **args, int n)
{
	struct ls_dir *dirs = cmd_alloc((size_t)n * sizeof(*dirs));
	struct list files = { .ents = cmd_alloc((size_t)n * sizeof(*files.ents)) };
	struct efs_file *file;
	struct operand op;
	int k, err, ndirs = 0;

	for (k = 0; k < n; k++) {
		if (cmd_open(args[k], false, &op)) {
			failed(ls, CMD_USAGE);
			continue;
		}
		err = open_operand(ls, &op, &file);
		if (err) {
			cmd_error(err, args[k]);
			failed(ls, CMD_USAGE);
			continue;
		}
		if (efs_file_type(file) == EFS_IFDIR && !ls->self) {
			dirs[ndirs].op = op;
			dirs[ndirs++].dir = file;
		} else {
			struct entry *e = &files.ents[files.n++];

			e->name = cmd_strdup(op.path);
			e->err = entry_fill(e, file);
			if (e->err)
				failed(ls, cmd_error(e->err, args[k]));
			efs_file_close(file);
		}
	}
	sort_list(ls, &files);
	print_list(ls, &files);
	ls->any = files.n;
	ls->headings = ls->deep || n > 1;
	for (k = 0; k < ndirs; k++)
		list_tree(ls, &dirs[k].op, dirs[k].dir);
	list_free(&files);
	free(dirs);
}

int cmd_ls(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "almost-all", no_argument, NULL, 'A' },
		{ "classify", no_argument, NULL, 'F' },
		{ "color", optional_argument, NULL, 'K' },
		{ "directory", no_argument, NULL, 'd' },
		{ "full-time", no_argument, NULL, 'T' },
		{ "human-readable", no_argument, NULL, 'h' },
		{ "inode", no_argument, NULL, 'i' },
		{ "numeric-uid-gid", no_argument, NULL, 'n' },
		{ "recursive", no_argument, NULL, 'R' },
		{ "reverse", no_argument, NULL, 'r' },
		{ 0 },
	};
	struct ls ls = { .columns = cmd_tty() };
	char root[] = ".", *here = root;
	int c;

	color_setup("auto");
	while ((c = getopt_long(argc, argv, "aACdFhilnrRStU1", longs, NULL)) != -1) {
		switch (c) {
		case 'a':
			ls.flags |= LIST_DOTS | LIST_HIDDEN;
			break;
		case 'A':
			ls.flags |= LIST_HIDDEN;
			break;
		case 'C':
			ls.columns = true;
			ls.detail = false;
			break;
		case 'd':
			ls.self = true;
			break;
		case 'F':
			ls.classify = true;
			break;
		case 'h':
			ls.human = true;
			break;
		case 'i':
			ls.inode = true;
			break;
		case 'T':
			ls.full_time = true;
			ls.detail = true;
			break;
		case 'n':
			ls.numeric = true;
			ls.detail = true;
			break;
		case 'l':
			ls.detail = true;
			break;
		case 'r':
			ls.reverse = true;
			break;
		case 'R':
			ls.deep = true;
			break;
		case 'S':
			ls.sort = BY_SIZE;
			break;
		case 't':
			ls.sort = BY_TIME;
			break;
		case 'U':
			ls.sort = UNSORTED;
			break;
		case '1':
			ls.columns = false;
			break;
		case 'K':
			if (!color_setup(optarg))
				return cmd_usage("--color is always, never or auto");
			break;
		default:
			return cmd_usage(NULL);
		}
	}
	if (ls.detail)
		ls.columns = false;
	if (ls.detail || ls.classify || color_wanted() || ls.sort == BY_TIME || ls.sort == BY_SIZE)
		ls.flags |= LIST_INFO;
	if (optind < argc)
		operands(&ls, argv + optind, argc - optind);
	else if (cmd_globals.image)
		operands(&ls, &here, 1);
	else
		return cmd_usage("no image is named");
	return ls.status;
}
