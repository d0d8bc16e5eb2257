// SPDX-License-Identifier: GPL-2.0
/*
 * The shell's line editor: libedit, with completion of commands and of paths.
 *
 * History is in the file EFS_HISTFILE, by default ~/.efs_history.
 */
#define _GNU_SOURCE
#include <editline/readline.h>
#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "frame.h"
#include "sh.h"

static struct words matches;
static size_t next_match;

static char *history_file(void)
{
	const char *file = getenv("EFS_HISTFILE"), *home = getenv("HOME");

	if (file)
		return cmd_strdup(file);
	return home ? cmd_join(home, ".efs_history") : NULL;
}

static void add_match(const char *prefix, const char *name, bool dir)
{
	char *s = cmd_alloc(strlen(prefix) + strlen(name) + 2);

	sprintf(s, "%s%s%s", prefix, name, dir ? "/" : "");
	matches.v = cmd_realloc(matches.v, (matches.n + 1) * sizeof(*matches.v));
	matches.v[matches.n++] = s;
}

static void complete_command(const char *text)
{
	static const char *const own[] = { "cd", "exit", "help", "lcd", "lpwd", "pwd", "quit" };
	const struct command *c;
	size_t k, len = strlen(text);

	for (k = 0; (c = cmd_table(k)); k++)
		if (!(c->flags & CMD_NOSHELL) && !strncmp(c->name, text, len))
			add_match("", c->name, false);
	for (k = 0; k < ARRAY_SIZE(own); k++)
		if (!strncmp(own[k], text, len))
			add_match("", own[k], false);
}

static void complete_image(const char *dir_path, const char *text)
{
	size_t k, len = strlen(text);
	struct efs_file *dir;
	struct operand op;
	struct list list;

	if (cmd_open(".", false, &op) ||
	    efs_open_at(&op.at, *dir_path ? dir_path : ".", 0, &dir))
		return;
	cmd_list(dir, LIST_TYPE | LIST_SORT | (*text == '.' ? LIST_HIDDEN : 0), &list);
	for (k = 0; k < list.n; k++) {
		const struct entry *e = &list.ents[k];

		/* a name that would not be one word is not offered */
		if (!strncmp(e->name, text, len) && !strpbrk(e->name, " \t\n;'\"\\#*?[") &&
		    !strcmp(e->name, cmd_escape(e->name, strlen(e->name))))
			add_match(dir_path, e->name, e->type == EFS_IFDIR);
	}
	list_free(&list);
	efs_file_close(dir);
}

static void complete_host(const char *dir_path, const char *text)
{
	size_t len = strlen(text);
	DIR *d = opendir(*dir_path ? dir_path : ".");
	struct dirent *de;

	while (d && (de = readdir(d)))
		if (!strncmp(de->d_name, text, len) && (de->d_name[0] != '.' || *text == '.') &&
		    !strpbrk(de->d_name, " \t\n;'\"\\#*?["))
			add_match(dir_path, de->d_name, de->d_type == DT_DIR);
	if (d)
		closedir(d);
}

/* the words before the one at @start: none, or a command whose operand comes */
static bool is_first(int start)
{
	while (start && rl_line_buffer[start - 1] == ' ')
		start--;
	return !start || rl_line_buffer[start - 1] == ';';
}

static bool wants_host(int start)
{
	const char *line = rl_line_buffer + strspn(rl_line_buffer, " ");
	int k, words = 0;

	if (!strncmp(line, "put ", 4) || !strncmp(line, "lcd ", 4))
		return true;
	if (strncmp(line, "get ", 4))
		return false;
	/* the second operand of get */
	for (k = 1; k <= start; k++)
		words += rl_line_buffer[k] == ' ' && rl_line_buffer[k - 1] != ' ';
	return words > 1;
}

static char *match_number(const char *text, int state)
{
	(void)text;
	if (!state)
		next_match = 0;
	/* the library calls free() */
	return next_match < matches.n ? strdup(matches.v[next_match++]) : NULL;
}

static char **complete(const char *text, int start, int end)
{
	const char *slash = strrchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) + 1 : 0;
	char *dir = cmd_strndup(text, len);

	(void)end;
	sh_words_free(&matches);
	if (is_first(start))
		complete_command(text);
	else if (wants_host(start))
		complete_host(dir, text + len);
	else
		complete_image(dir, text + len);
	free(dir);
	rl_attempted_completion_over = 1;
	rl_completion_append_character = ' ';
	if (matches.n == 1 && matches.v[0][strlen(matches.v[0]) - 1] == '/')
		rl_completion_append_character = '\0';
	return rl_completion_matches(text, match_number);
}

void sh_edit_start(void)
{
	char *file = history_file();

	rl_readline_name = "efs";
	rl_initialize();
	using_history();
	stifle_history(1000);
	if (file)
		read_history(file);
	free(file);
	rl_attempted_completion_function = complete;
	rl_completer_word_break_characters = " \t\n;";
}

char *sh_edit_line(const char *prompt)
{
	char *line;

	errno = 0;
	line = readline(prompt);
	/* one that the caller has us ignore interrupts the read all the same */
	if (!line && (cmd_signal ? cmd_signal == SIGINT : errno == EINTR)) {
		cmd_signal = 0;
		putchar('\n');
		return cmd_strdup("");
	}
	if (line && line[strspn(line, " \t")])
		add_history(line);
	return line;
}

void sh_edit_end(void)
{
	char *file = history_file();

	if (file)
		write_history(file);
	free(file);
	sh_words_free(&matches);
}
