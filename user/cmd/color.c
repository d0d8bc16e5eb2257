// SPDX-License-Identifier: GPL-2.0
/*
 * Colours of names, by type and ending; LS_COLORS changes them as it does for ls(1).
 */
#include <unistd.h>

#include "cmd.h"

static struct color {
	const char key[3];
	char code[24];
} colors[] = {
	{ "rs", "0" },	   { "di", "01;34" },	 { "ln", "01;36" }, { "pi", "40;33" },
	{ "so", "01;35" }, { "bd", "40;33;01" }, { "cd", "40;33;01" }, { "su", "37;41" },
	{ "sg", "30;43" }, { "tw", "30;42" },	 { "ow", "34;42" }, { "st", "37;44" },
	{ "ex", "01;32" }, { "fi", "" },
};

/* "*.tar" and the like, the last one first */
struct ending {
	struct ending *next;
	char *tail;
	char code[24];
};

static struct ending *endings;

static bool wanted;

static bool good_code(const char *code)
{
	size_t n = strspn(code, "0123456789;");

	return !code[n] && n < sizeof(colors[0].code);
}

static void set_color(const char *key, const char *code)
{
	struct ending *e;
	size_t k;

	if (!good_code(code))
		return;
	if (key[0] == '*') {
		e = cmd_alloc(sizeof(*e));
		e->tail = cmd_strdup(key + 1);
		snprintf(e->code, sizeof(e->code), "%s", code);
		e->next = endings;
		endings = e;
		return;
	}
	for (k = 0; k < ARRAY_SIZE(colors); k++)
		if (!strcmp(colors[k].key, key))
			snprintf(colors[k].code, sizeof(colors[k].code), "%s", code);
}

static void read_environment(void)
{
	const char *env = getenv("LS_COLORS");
	char *copy, *left, *key, *code;

	if (!env || endings)
		return;
	copy = cmd_strdup(env);
	left = copy;
	while ((key = strsep(&left, ":"))) {
		code = strchr(key, '=');
		if (!code)
			continue;
		*code++ = '\0';
		set_color(key, code);
	}
	free(copy);
}

bool color_setup(const char *when)
{
	if (!when || !strcmp(when, "always") || !strcmp(when, "yes"))
		wanted = true;
	else if (!strcmp(when, "never") || !strcmp(when, "no"))
		wanted = false;
	else if (!strcmp(when, "auto") || !strcmp(when, "tty"))
		wanted = cmd_tty() && !getenv("NO_COLOR");
	else
		return false;
	if (wanted)
		read_environment();
	return true;
}

bool color_wanted(void)
{
	return wanted;
}

static const char *code_of(const char *key)
{
	size_t k;

	for (k = 0; k < ARRAY_SIZE(colors); k++)
		if (!strcmp(colors[k].key, key))
			return colors[k].code;
	return "";
}

static const char *by_type(const char *name, uint32_t mode)
{
	const struct ending *e;
	size_t len = strlen(name), n;

	switch (mode & EFS_IFMT) {
	case EFS_IFDIR:
		if ((mode & 01002) == 01002)
			return code_of("tw");
		return code_of(mode & 2 ? "ow" : mode & 01000 ? "st" : "di");
	case EFS_IFLNK:
		return code_of("ln");
	case EFS_IFIFO:
		return code_of("pi");
	case EFS_IFSOCK:
		return code_of("so");
	case EFS_IFBLK:
		return code_of("bd");
	case EFS_IFCHR:
		return code_of("cd");
	}
	if (mode & 04000)
		return code_of("su");
	if (mode & 02000)
		return code_of("sg");
	if (mode & 0111)
		return code_of("ex");
	for (e = endings; e; e = e->next) {
		n = strlen(e->tail);
		if (n <= len && !strcmp(name + len - n, e->tail))
			return e->code;
	}
	return code_of("fi");
}

size_t color_name(const char *name, uint32_t mode)
{
	const char *code = wanted ? by_type(name, mode) : "";
	size_t width;

	if (code[0])
		printf("\033[%sm", code);
	width = cmd_print_name(name);
	if (code[0])
		printf("\033[%sm", code_of("rs"));
	return width;
}
