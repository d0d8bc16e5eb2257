// SPDX-License-Identifier: GPL-2.0
/*
 * efs sh: a shell over one image. All commands, with plain paths and a current directory;
 * files of this machine through put, get, lcd, and !COMMAND.
 *
 * The image stays open, and what a command did is durable before the next one begins.
 * Ctrl-C ends the command, not the shell; SIGTERM and SIGHUP end both.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame.h"
#include "sh.h"

struct shell {
	struct operand root;
	bool stop_at_error, interactive, done;
	int status;
};

/* ---- commands of its own ---- */

static int shell_cd(int argc, char **argv)
{
	struct efs_file *dir;
	struct operand op;
	int err;

	if (argc > 2)
		return cmd_usage("it takes one directory");
	if (cmd_open(argc > 1 ? argv[1] : "/", false, &op))
		return CMD_FAILED;
	err = cmd_file(&op, 0, &dir);
	if (!err && efs_file_type(dir) != EFS_IFDIR) {
		efs_file_close(dir);
		err = -ENOTDIR;
	}
	if (err)
		return cmd_error(err, argc > 1 ? argv[1] : "/");
	cmd_set_cwd(dir);
	return CMD_OK;
}

static int current_path(char **path)
{
	struct operand op;

	if (cmd_open(".", false, &op))
		return -EIO;
	return cmd_canonical(&op, path);
}

static int shell_pwd(int argc, char **argv)
{
	char *path;
	int err = current_path(&path);

	(void)argc;
	(void)argv;
	if (err)
		return cmd_error(err, ".");
	cmd_print_name(path);
	putchar('\n');
	free(path);
	return CMD_OK;
}

static int shell_lcd(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : getenv("HOME");

	if (argc > 2)
		return cmd_usage("it takes one directory");
	if (chdir(dir ? dir : "/"))
		return cmd_error(-errno, dir ? dir : "/");
	return CMD_OK;
}

static int shell_lpwd(int argc, char **argv)
{
	char *dir = getcwd(NULL, 0);

	(void)argc;
	(void)argv;
	if (!dir)
		return cmd_error(-errno, ".");
	puts(dir);
	free(dir);
	return CMD_OK;
}

static int shell_help(int argc, char **argv);

static const struct command own[] = {
	{ "cd", shell_cd, "[DIRECTORY]", "change the current directory in the image", NULL, 0 },
	{ "pwd", shell_pwd, "", "print it", NULL, 0 },
	{ "lcd", shell_lcd, "[DIRECTORY]", "the same of this machine", NULL, 0 },
	{ "lpwd", shell_lpwd, "", "print it", NULL, 0 },
	{ "help", shell_help, "[COMMAND]", "tell what there is", NULL, 0 },
};

static const struct command *find_own(const char *name)
{
	size_t k;

	for (k = 0; k < ARRAY_SIZE(own); k++)
		if (!strcmp(own[k].name, name))
			return &own[k];
	return NULL;
}

static int shell_help(int argc, char **argv)
{
	const struct command *c;
	size_t k;

	if (argc > 1) {
		c = find_own(argv[1]);
		c = c ? c : cmd_find(argv[1]);
		if (!c)
			return cmd_complain(argv[1], "There is no such command");
		cmd_help(stdout, c);
		return CMD_OK;
	}
	for (k = 0; (c = cmd_table(k)); k++)
		if (!(c->flags & CMD_NOSHELL))
			printf("  %-10s %s\n", c->name, c->help);
	for (k = 0; k < ARRAY_SIZE(own); k++)
		printf("  %-10s %s\n", own[k].name, own[k].help);
	puts("  exit       end the shell\n"
	     "  !COMMAND   run a command of this machine");
	return CMD_OK;
}

static int run_own(const struct command *c, int argc, char **argv)
{
	const struct command *before = cmd_current;
	int status;

	cmd_current = c;
	status = c->run(argc, argv);
	fflush(stdout);
	cmd_current = before;
	return status;
}

static int run_host(const char *line)
{
	int ret;

	fflush(stdout);
	ret = system(line);
	return ret >= 0 && WIFEXITED(ret) ? WEXITSTATUS(ret) : CMD_FAILED;
}

/* ---- lines ---- */

static void run_words(struct shell *sh, struct words *w)
{
	const struct command *c = find_own(w->v[0]);
	char **argv;
	uint64_t n;

	if (!strcmp(w->v[0], "exit") || !strcmp(w->v[0], "quit")) {
		if (w->n > 1 && cmd_parse_number(w->v[1], 255, &n))
			sh->status = (int)n;
		sh->done = true;
		return;
	}
	/* commands put their arguments into another order */
	argv = cmd_alloc((w->n + 1) * sizeof(*argv));
	memcpy(argv, w->v, w->n * sizeof(*argv));
	if (c)
		sh->status = run_own(c, (int)w->n, argv);
	else
		sh->status = cmd_run((int)w->n, argv);
	free(argv);
	if (cmd_sync_all())
		sh->status = CMD_FAILED;
}

static void after_command(struct shell *sh)
{
	if (cmd_signal == SIGINT && sh->interactive) {
		cmd_signal = 0;
		sh->status = 128 + SIGINT;
		fputc('\n', stderr);
	}
	if (cmd_signal || (sh->stop_at_error && sh->status))
		sh->done = true;
}

/* a line, or several; what follows a failure is not run if that was asked for */
static void run_line(struct shell *sh, const char *line)
{
	struct words w;

	while (*line && !sh->done) {
		char *copy;

		line += strspn(line, " \t");
		if (*line == '!') {
			copy = cmd_strndup(line + 1, strcspn(line + 1, "\n"));
			sh->status = run_host(copy);
			line += 1 + strlen(copy);
			free(copy);
			after_command(sh);
			continue;
		}
		/* patterns are looked up from where the last command left us */
		if (cmd_open(".", false, &sh->root) || sh_words(&line, &sh->root, &w)) {
			sh->status = CMD_USAGE;
		} else if (w.n) {
			run_words(sh, &w);
			sh_words_free(&w);
		} else {
			sh_words_free(&w);
			continue;
		}
		after_command(sh);
	}
}

static void interactive(struct shell *sh)
{
	char *line, *path, *prompt;

	sh_edit_start();
	while (!sh->done) {
		if (current_path(&path))
			path = cmd_strdup("?");
		prompt = cmd_alloc(4 * strlen(path) + 16);
		sprintf(prompt, "efs:%s> ", cmd_escape(path, strlen(path)));
		line = sh_edit_line(prompt);
		free(path);
		free(prompt);
		if (!line) {
			putchar('\n');
			break;
		}
		run_line(sh, line);
		free(line);
	}
	sh_edit_end();
}

/* commands from a pipe or a file, a line at a time */
static void batch(struct shell *sh)
{
	char *line = NULL;
	size_t size = 0;

	while (!sh->done && getline(&line, &size, stdin) > 0)
		run_line(sh, line);
	free(line);
}

static int parse(struct shell *sh, int argc, char **argv, const char **script)
{
	static const struct option longs[] = { { 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "c:e", longs, NULL)) != -1) {
		if (c == 'c')
			*script = optarg;
		else if (c == 'e')
			sh->stop_at_error = true;
		else
			return cmd_usage(NULL);
	}
	if (argc - optind != (cmd_globals.image ? 0 : 1))
		return cmd_usage("it takes one image");
	if (!cmd_globals.image)
		cmd_globals.image = argv[optind];
	return 0;
}

int cmd_sh(int argc, char **argv)
{
	struct shell sh = { 0 };
	const char *script = NULL;

	sh.status = parse(&sh, argc, argv, &script);
	if (sh.status)
		return sh.status;
	if (cmd_open("/", true, &sh.root))
		return CMD_FAILED;
	frame_catch_signals();
	frame_set_shell(true);
	if (script) {
		run_line(&sh, script);
	} else if (isatty(STDIN_FILENO)) {
		sh.interactive = true;
		interactive(&sh);
	} else {
		batch(&sh);
	}
	frame_set_shell(false);
	return sh.status;
}
