// SPDX-License-Identifier: GPL-2.0
/*
 * Words of the shell: quotes, and patterns that names in the image are matched with.
 *
 * While a word is read each character that was quoted gets a backslash in front, so that
 * the word is a pattern for fnmatch() as it stands.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <fnmatch.h>
#include <glob.h>

#include "sh.h"

struct text {
	char *s;
	size_t len, room;
};

static void add(struct text *t, char c)
{
	if (t->len + 2 > t->room) {
		t->room = 2 * t->room + 32;
		t->s = cmd_realloc(t->s, t->room);
	}
	t->s[t->len++] = c;
	t->s[t->len] = '\0';
}

static void add_quoted(struct text *t, char c)
{
	if (strchr("*?[]\\", c))
		add(t, '\\');
	add(t, c);
}

static void add_word(struct words *w, char *word)
{
	w->v = cmd_realloc(w->v, (w->n + 2) * sizeof(*w->v));
	w->v[w->n++] = word;
	w->v[w->n] = NULL;
}

void sh_words_free(struct words *w)
{
	while (w->n)
		free(w->v[--w->n]);
	free(w->v);
	w->v = NULL;
}

/* the pattern without its backslashes */
static char *unquote(const char *pattern)
{
	char *s = cmd_strdup(pattern), *out = s;
	const char *p;

	for (p = pattern; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		*out++ = *p;
	}
	*out = '\0';
	return s;
}

static bool is_pattern(const char *p)
{
	for (; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (strchr("*?[", *p))
			return true;
	}
	return false;
}

/* ---- names that match ---- */

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* names in the directory @path that match one component, joined to @path */
static void match_one(const struct operand *op, const char *path, const char *part,
		      struct words *out)
{
	unsigned int flags = part[0] == '.' ? LIST_HIDDEN | LIST_DOTS : 0;
	struct efs_file *dir;
	struct list list;
	size_t k;

	if (efs_open_at(&op->at, *path ? path : ".", 0, &dir))
		return;
	cmd_list(dir, flags, &list);
	for (k = 0; k < list.n; k++) {
		if (fnmatch(part, list.ents[k].name, FNM_PERIOD))
			continue;
		add_word(out, *path ? cmd_join(path, list.ents[k].name) :
				      cmd_strdup(list.ents[k].name));
	}
	list_free(&list);
	efs_file_close(dir);
}

static bool is_there(const struct operand *op, const char *path)
{
	struct efs_file *file;
	bool there = !efs_open_at(&op->at, path, EFS_NOFOLLOW, &file);

	if (there)
		efs_file_close(file);
	return there;
}

/* one component further, for each path so far */
static void match_next(const struct operand *op, const struct words *paths, const char *part,
		       struct words *out)
{
	size_t k;

	for (k = 0; k < paths->n; k++) {
		char *name, *path;

		if (is_pattern(part)) {
			match_one(op, paths->v[k], part, out);
			continue;
		}
		name = unquote(part);
		path = *paths->v[k] ? cmd_join(paths->v[k], name) : cmd_strdup(name);
		free(name);
		if (is_there(op, path))
			add_word(out, path);
		else
			free(path);
	}
}

static void match_image(const struct operand *op, const char *pattern, struct words *out)
{
	char *copy = cmd_strdup(pattern), *left = copy, *part;
	struct words paths = { 0 }, next;

	add_word(&paths, cmd_strdup(*pattern == '/' ? "/" : ""));
	while ((part = strsep(&left, "/"))) {
		if (!*part)
			continue;
		memset(&next, 0, sizeof(next));
		match_next(op, &paths, part, &next);
		sh_words_free(&paths);
		paths = next;
	}
	free(copy);
	if (paths.n)
		qsort(paths.v, paths.n, sizeof(*paths.v), compare);
	for (size_t k = 0; k < paths.n; k++)
		add_word(out, cmd_strdup(paths.v[k]));
	sh_words_free(&paths);
}

static void match_host(const char *pattern, struct words *out)
{
	glob_t g;
	size_t k;

	if (glob(pattern, 0, NULL, &g))
		return;
	for (k = 0; k < g.gl_pathc; k++)
		add_word(out, cmd_strdup(g.gl_pathv[k]));
	globfree(&g);
}

/* ---- sides ---- */

/* on which side is word @k of @n, patterns not yet replaced? */
static bool on_host(const struct words *w, size_t k)
{
	const char *name = w->v[0];

	if (!strcmp(name, "put"))
		return k + 1 < w->n;
	if (!strcmp(name, "get"))
		return k + 1 == w->n;
	return !strcmp(name, "lcd");
}

/* a pattern that nothing matches stays as it is, as in sh(1) */
static void expand(const struct operand *op, const struct words *in, struct words *out)
{
	size_t k, before;
	/* what find takes are patterns of its own */
	bool find = in->n && !strcmp(in->v[0], "find");

	for (k = 0; k < in->n; k++) {
		before = out->n;
		if (k && is_pattern(in->v[k]) && in->v[k][0] != '-' &&
		    !(find && in->v[k - 1][0] == '-')) {
			if (on_host(in, k))
				match_host(in->v[k], out);
			else
				match_image(op, in->v[k], out);
		}
		if (out->n == before)
			add_word(out, unquote(in->v[k]));
	}
}

/* ---- words ---- */

/* what is between quotes; NULL: they are not closed */
static const char *quoted(const char *p, struct text *t)
{
	char quote = *p++;

	for (; *p && *p != quote; p++) {
		if (quote == '"' && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		add_quoted(t, *p);
	}
	return *p ? p + 1 : NULL;
}

static const char *read_word(const char *p, struct text *t)
{
	while (p && *p && !isspace((unsigned char)*p) && *p != ';') {
		if (*p == '\'' || *p == '"') {
			/* '' is a word, too */
			if (!t->s) {
				add(t, 'x');
				t->s[--t->len] = '\0';
			}
			p = quoted(p, t);
		} else if (*p == '\\' && p[1]) {
			add_quoted(t, p[1]);
			p += 2;
		} else {
			add(t, *p++);
		}
	}
	return p;
}

int sh_words(const char **line, const struct operand *op, struct words *words)
{
	struct words raw = { 0 };
	const char *p = *line;
	int ret = 0;

	memset(words, 0, sizeof(*words));
	for (;;) {
		struct text t = { 0 };

		while (*p == ' ' || *p == '\t' || *p == '\r')
			p++;
		if (*p == '#')
			p += strcspn(p, "\n");
		if (!*p || *p == ';' || *p == '\n')
			break;
		p = read_word(p, &t);
		if (!p) {
			fputs("efs sh: a quote is not closed\n", stderr);
			free(t.s);
			p = "";
			ret = -1;
			break;
		}
		add_word(&raw, t.s);
	}
	*line = *p ? p + 1 : p;
	if (!ret)
		expand(op, &raw, words);
	sh_words_free(&raw);
	return ret;
}
