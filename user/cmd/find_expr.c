// SPDX-License-Identifier: GPL-2.0
/*
 * Expressions of efs find: tests as find(1) has them, joined by -a, -o, ! and parentheses.
 *
 * The parser goes down by precedence; parentheses and ! are counted, so that a silly
 * argument list does not use up the stack.
 */
#define _GNU_SOURCE
#include <fnmatch.h>

#include "find.h"

#define MAX_NESTING 1000

struct parser {
	struct find *f;
	char **args;
	int nesting, status;
};

static struct find_expr *parse_or(struct parser *p);

static struct find_expr *new_expr(enum find_what what)
{
	struct find_expr *e = cmd_alloc(sizeof(*e));

	e->what = what;
	return e;
}

void find_free(struct find_expr *e)
{
	/* chains of -a and -o lean to the left */
	while (e) {
		struct find_expr *a = e->a;

		find_free(e->b);
		free(e);
		e = a;
	}
}

static struct find_expr *wrong(struct parser *p, const char *arg, const char *why)
{
	if (!p->status)
		p->status = cmd_usage("%s: %s", cmd_escape(arg, strlen(arg)), why);
	return NULL;
}

static bool is_word(const struct parser *p, const char *a, const char *b)
{
	return *p->args && (!strcmp(*p->args, a) || (b && !strcmp(*p->args, b)));
}

/* ---- arguments of tests ---- */

static const struct test {
	const char *name;
	enum find_what what;
	char kind;		/* of the argument: see parse_argument(); 0: none */
	char which;
	bool info, act;
} tests[] = {
	{ "-true", FIND_TRUE, 0, 0, false, false },
	{ "-false", FIND_FALSE, 0, 0, false, false },
	{ "-name", FIND_NAME, 's', 0, false, false },
	{ "-iname", FIND_INAME, 's', 0, false, false },
	{ "-path", FIND_PATH, 's', 0, false, false },
	{ "-wholename", FIND_PATH, 's', 0, false, false },
	{ "-ipath", FIND_IPATH, 's', 0, false, false },
	{ "-lname", FIND_LNAME, 's', 0, true, false },
	{ "-type", FIND_TYPE, 't', 0, false, false },
	{ "-size", FIND_SIZE, 'z', 0, true, false },
	{ "-perm", FIND_PERM, 'p', 0, true, false },
	{ "-user", FIND_UID, 'u', 0, true, false },
	{ "-group", FIND_GID, 'g', 0, true, false },
	{ "-uid", FIND_UID, 'n', 0, true, false },
	{ "-gid", FIND_GID, 'n', 0, true, false },
	{ "-atime", FIND_TIME, 'n', 'a', true, false },
	{ "-mtime", FIND_TIME, 'n', 'm', true, false },
	{ "-ctime", FIND_TIME, 'n', 'c', true, false },
	{ "-amin", FIND_MIN, 'n', 'a', true, false },
	{ "-mmin", FIND_MIN, 'n', 'm', true, false },
	{ "-cmin", FIND_MIN, 'n', 'c', true, false },
	{ "-newer", FIND_NEWER, 'f', 'm', true, false },
	{ "-newermt", FIND_NEWER, 'd', 'm', true, false },
	{ "-links", FIND_LINKS, 'n', 0, true, false },
	{ "-inum", FIND_INUM, 'n', 0, false, false },
	{ "-empty", FIND_EMPTY, 0, 0, true, false },
	{ "-prune", FIND_PRUNE, 0, 0, false, false },
	{ "-print", FIND_PRINT, 0, 0, false, true },
	{ "-print0", FIND_PRINT0, 0, 0, false, true },
	{ "-ls", FIND_LS, 0, 0, true, true },
	{ "-delete", FIND_DELETE, 0, 0, false, true },
	{ "-quit", FIND_QUIT, 0, 0, false, true },
};

static bool parse_size(struct find_expr *e, const char *s)
{
	static const char units[] = "bcwkMG";
	static const uint64_t bytes[] = { 512, 1, 2, 1024, 1 << 20, 1 << 30 };
	size_t len = strlen(s);
	const char *unit = len ? strchr(units, s[len - 1]) : NULL;
	char number[24];

	e->unit = unit ? bytes[unit - units] : 512;
	if (unit)
		len--;
	if (!len || len >= sizeof(number))
		return false;
	memcpy(number, s, len);
	number[len] = '\0';
	return cmd_parse_number(number, UINT64_MAX, &e->n);
}

static bool parse_perm(struct find_expr *e, const char *s)
{
	struct cmd_mode m;

	if (!cmd_parse_mode(s, &m))
		return false;
	/* no umask here: -perm g=w is just that bit */
	m.umask = 0;
	e->n = cmd_apply_mode(&m, 0, false);
	return true;
}

static bool parse_reference(struct find_expr *e, const char *arg)
{
	struct efs_file *file;
	struct efs_info info;
	struct operand op;

	if (cmd_open(arg, false, &op) || cmd_file(&op, 0, &file))
		return false;
	efs_file_info(file, &info);
	efs_file_close(file);
	e->time = info.mtime;
	return true;
}

static bool parse_argument(struct find_expr *e, char kind, const char *s)
{
	uint32_t id;
	bool good;

	e->text = s;
	if (strchr("nzp", kind) && (*s == '+' || *s == '-' || (kind == 'p' && *s == '/')))
		e->sign = *s++;
	switch (kind) {
	case 's':
		return true;
	case 't':
		return *s && !s[strspn(s, "bcdflps,")];
	case 'n':
		return cmd_parse_number(s, UINT64_MAX / 86400, &e->n);
	case 'z':
		return parse_size(e, s);
	case 'p':
		return parse_perm(e, s);
	case 'u':
	case 'g':
		good = kind == 'u' ? cmd_user_id(s, &id) : cmd_group_id(s, &id);
		e->n = good ? id : 0;
		return good;
	case 'f':
		return parse_reference(e, s);
	default:
		return cmd_parse_time(s, &e->time);
	}
}

/* -maxdepth and the like: true wherever they stand */
static struct find_expr *parse_global(struct parser *p)
{
	const char *name = *p->args;
	uint64_t *depth = NULL;

	if (!strcmp(name, "-depth")) {
		p->f->depth_first = true;
		p->args++;
		return new_expr(FIND_TRUE);
	}
	if (!strcmp(name, "-maxdepth"))
		depth = &p->f->max_depth;
	else if (!strcmp(name, "-mindepth"))
		depth = &p->f->min_depth;
	else
		return wrong(p, name, "no test that is known");
	p->args++;
	if (!*p->args || !cmd_parse_number(*p->args, UINT64_MAX, depth))
		return wrong(p, name, "a number must follow");
	p->args++;
	return new_expr(FIND_TRUE);
}

static struct find_expr *parse_test(struct parser *p)
{
	const struct test *t = NULL;
	struct find_expr *e;
	size_t k;

	for (k = 0; k < ARRAY_SIZE(tests) && !t; k++)
		if (!strcmp(tests[k].name, *p->args))
			t = &tests[k];
	if (!t)
		return parse_global(p);
	p->args++;
	e = new_expr(t->what);
	e->which = t->which;
	if (t->kind) {
		if (!*p->args || !parse_argument(e, t->kind, *p->args)) {
			find_free(e);
			return wrong(p, t->name, *p->args ? "its argument is wrong" :
				     "an argument must follow");
		}
		p->args++;
	}
	p->f->info |= t->info;
	p->f->acts |= t->act;
	if (t->what == FIND_DELETE) {
		p->f->writes = true;
		p->f->depth_first = true;
	}
	return e;
}

/* ---- what joins them ---- */

static struct find_expr *parse_factor(struct parser *p)
{
	struct find_expr *e;

	if (!*p->args)
		return wrong(p, "the end", "something must follow");
	if (++p->nesting > MAX_NESTING)
		return wrong(p, *p->args, "nested too deep");
	if (is_word(p, "!", "-not")) {
		p->args++;
		e = new_expr(FIND_NOT);
		e->a = parse_factor(p);
	} else if (is_word(p, "(", NULL)) {
		p->args++;
		e = parse_or(p);
		if (!p->status && !is_word(p, ")", NULL))
			wrong(p, "(", "it is not closed");
		else if (!p->status)
			p->args++;
	} else {
		e = parse_test(p);
	}
	p->nesting--;
	return e;
}

static struct find_expr *join(enum find_what what, struct find_expr *a, struct find_expr *b)
{
	struct find_expr *e = new_expr(what);

	e->a = a;
	e->b = b;
	return e;
}

static struct find_expr *parse_and(struct parser *p)
{
	struct find_expr *e = parse_factor(p);

	while (!p->status && *p->args && !is_word(p, ")", NULL) && !is_word(p, "-o", "-or")) {
		if (is_word(p, "-a", "-and"))
			p->args++;
		e = join(FIND_AND, e, parse_factor(p));
	}
	return e;
}

static struct find_expr *parse_or(struct parser *p)
{
	struct find_expr *e = parse_and(p);

	while (!p->status && is_word(p, "-o", "-or")) {
		p->args++;
		e = join(FIND_OR, e, parse_and(p));
	}
	return e;
}

int find_parse(struct find *f, char **args)
{
	struct parser p = { .f = f, .args = args };

	if (!*args) {
		f->expr = new_expr(FIND_TRUE);
		return 0;
	}
	f->expr = parse_or(&p);
	if (!p.status && *p.args)
		wrong(&p, *p.args, "it is not expected here");
	return p.status;
}

/* ---- tests ---- */

static bool compare(const struct find_expr *e, uint64_t v)
{
	return e->sign == '+' ? v > e->n : e->sign == '-' ? v < e->n : v == e->n;
}

static bool test_type(const char *letters, uint32_t type)
{
	static const char all[] = "?pc?d?b?f?l?s???";

	return strchr(letters, all[type >> 12 & 15]);
}

static bool test_perm(const struct find_expr *e, uint32_t mode)
{
	mode &= 07777;
	if (e->sign == '-')
		return (mode & e->n) == e->n;
	if (e->sign == '/')
		return !e->n || mode & e->n;
	return mode == e->n;
}

static const struct efs_timestamp *time_of(const struct find_expr *e, const struct efs_info *i)
{
	return e->which == 'a' ? &i->atime : e->which == 'c' ? &i->ctime : &i->mtime;
}

static bool test_age(const struct find *f, const struct find_expr *e, const struct efs_info *i)
{
	int64_t age = f->now - time_of(e, i)->sec, unit = e->what == FIND_TIME ? 86400 : 60;

	/* what is of tomorrow is younger than anything */
	if (age < 0)
		return e->sign == '-';
	return compare(e, (uint64_t)(age / unit));
}

static bool test_newer(const struct find_expr *e, const struct efs_info *i)
{
	return i->mtime.sec != e->time.sec ? i->mtime.sec > e->time.sec :
					     i->mtime.nsec > e->time.nsec;
}

static bool test_empty(const struct find *f, const struct walk_item *item)
{
	struct efs_file *dir;
	struct list list;
	bool empty;

	if (item->e->type == EFS_IFREG)
		return !item->e->info.size;
	if (item->e->type != EFS_IFDIR)
		return false;
	if (walk_open(f->walk, item, &dir))
		return false;
	empty = !cmd_list(dir, LIST_HIDDEN, &list) && !list.n;
	list_free(&list);
	efs_file_close(dir);
	return empty;
}

static bool test(const struct find *f, const struct find_expr *e, const struct walk_item *item)
{
	const struct efs_info *i = &item->e->info;
	const char *name = item->e->name;

	switch (e->what) {
	case FIND_NAME:
		return !fnmatch(e->text, name, 0);
	case FIND_INAME:
		return !fnmatch(e->text, name, FNM_CASEFOLD);
	case FIND_PATH:
		return !fnmatch(e->text, item->path, 0);
	case FIND_IPATH:
		return !fnmatch(e->text, item->path, FNM_CASEFOLD);
	case FIND_LNAME:
		return item->e->target && !fnmatch(e->text, item->e->target, 0);
	case FIND_TYPE:
		return test_type(e->text, item->e->type);
	case FIND_SIZE:
		/* sizes are rounded up to the unit */
		return compare(e, i->size / e->unit + (i->size % e->unit ? 1 : 0));
	case FIND_PERM:
		return test_perm(e, i->mode);
	case FIND_UID:
		return compare(e, i->uid);
	case FIND_GID:
		return compare(e, i->gid);
	case FIND_TIME:
	case FIND_MIN:
		return test_age(f, e, i);
	case FIND_NEWER:
		return test_newer(e, i);
	case FIND_LINKS:
		return compare(e, i->nlink);
	case FIND_INUM:
		return compare(e, item->e->ino);
	case FIND_EMPTY:
		return test_empty(f, item);
	default:
		return e->what == FIND_TRUE;
	}
}

bool find_eval(struct find *f, const struct find_expr *e, struct walk_item *item, bool *prune)
{
	switch (e->what) {
	case FIND_AND:
		return find_eval(f, e->a, item, prune) && find_eval(f, e->b, item, prune);
	case FIND_OR:
		return find_eval(f, e->a, item, prune) || find_eval(f, e->b, item, prune);
	case FIND_NOT:
		return !find_eval(f, e->a, item, prune);
	case FIND_PRUNE:
		*prune = true;
		return true;
	case FIND_PRINT:
	case FIND_PRINT0:
	case FIND_LS:
	case FIND_DELETE:
	case FIND_QUIT:
		return find_act(f, e->what, item);
	default:
		return test(f, e, item);
	}
}
