// SPDX-License-Identifier: GPL-2.0
/*
 * The efs command: files inside an ext2 image by path, without mounting it.
 *
 * Here: the options in front of commands, signals, the end. The commands are in table.c.
 *
 * SIGINT, SIGTERM, SIGHUP and SIGPIPE ask a command that has something open for writing
 * to stop at the next safe point; the image is then closed cleanly, and the signal is
 * raised again so that the caller sees it. Exit status: 0, 1 for any failure (ls: 2 for
 * an operand that is not there, 1 for less), 2 for wrong usage.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <locale.h>
#include <unistd.h>

#include "cmd.h"
#include "frame.h"

const struct command *cmd_current;
volatile sig_atomic_t cmd_signal;
static bool in_shell;

/* ---- signals ---- */

static void on_signal(int sig)
{
	cmd_signal = sig;
}

void frame_catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	/* no SA_RESTART: a read from a terminal or a pipe shall end */
	struct sigaction sa = { .sa_handler = on_signal }, old;
	size_t k;

	sigemptyset(&sa.sa_mask);
	for (k = 0; k < ARRAY_SIZE(signals); k++)
		if (!sigaction(signals[k], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(signals[k], &sa, NULL);
}

bool frame_in_shell(void)
{
	return in_shell;
}

void frame_set_shell(bool on)
{
	in_shell = on;
}

/* ---- one command ---- */

static bool asks_help(int argc, char **argv)
{
	int k;

	for (k = 1; k < argc && strcmp(argv[k], "--"); k++)
		if (!strcmp(argv[k], "--help"))
			return true;
	return false;
}

int cmd_run(int argc, char **argv)
{
	const struct command *c = cmd_find(argv[0]), *before = cmd_current;
	char called[64];
	int status;

	if (!c || c->flags & (in_shell ? CMD_NOSHELL : CMD_SHELL)) {
		fprintf(stderr, "efs: unknown command %s\n", cmd_escape(argv[0], strlen(argv[0])));
		return CMD_USAGE;
	}
	cmd_current = c;
	if (asks_help(argc, argv)) {
		cmd_help(stdout, c);
		status = CMD_OK;
	} else {
		/* getopt_long() names the program by argv[0]; 0 makes it start anew */
		snprintf(called, sizeof(called), "efs %s", c->name);
		argv[0] = called;
		optind = 0;
		status = c->run(argc, argv);
	}
	if (fflush(stdout) || ferror(stdout)) {
		int err = errno ? -errno : -EIO;

		clearerr(stdout);
		if (!cmd_signal)
			status = cmd_error(err, "standard output");
	}
	cmd_current = before;
	return status;
}

/* ---- start ---- */

static void show_help(FILE *f)
{
	const struct command *c;
	size_t k;

	fputs("Usage: efs [OPTION]... COMMAND [OPTION]... IMAGE:PATH...\n"
	      "Work with files inside an ext2 image or device, without mounting it.\n\n"
	      "IMAGE is a file or a block device; IMAGE#N is partition N of it. An operand of cp\n"
	      "and mv that names no image, or that is a file of this machine with a colon in\n"
	      "its name, is a path of this machine.\n\n"
	      "  -i, --image=IMAGE    all operands are paths in this image: PATH...\n"
	      "  -o KEY[=VALUE],...   offset=BYTES, sizelimit=BYTES: where in the file it is;\n"
	      "                       partition=N, sb=N (superblock, in units of 1 KiB), ro, sync,\n"
	      "                       dirsync, errors=continue|remount-ro, cache=BYTES, minixdf,\n"
	      "                       direct (O_DIRECT), overlay (a dry run: nothing is written)\n"
	      "  -r, --read-only      as -o ro: not a byte of the image is written\n"
	      "      --commands       the names of all commands, a line each\n"
	      "      --help, --version\n\n", f);
	for (k = 0; (c = cmd_table(k)); k++)
		if (!(c->flags & CMD_SHELL))
			fprintf(f, "  efs %s %s\n        %s\n", c->name, c->args, c->help);
	fputs("\n'efs COMMAND --help' tells more.\n", f);
}

static int names(void)
{
	const struct command *c;
	size_t k;

	for (k = 0; (c = cmd_table(k)); k++)
		if (!(c->flags & CMD_SHELL))
			puts(c->name);
	return CMD_OK;
}

/* Return: a status, or -1 to go on with argv[optind] */
static int options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "image", required_argument, NULL, 'i' },
		{ "options", required_argument, NULL, 'o' },
		{ "read-only", no_argument, NULL, 'r' },
		{ "commands", no_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "+i:o:r", longs, NULL)) != -1) {
		switch (c) {
		case 'i':
			cmd_globals.image = optarg;
			break;
		case 'o':
			if (cmd_globals_parse(optarg))
				return CMD_USAGE;
			break;
		case 'r':
			cmd_globals.rdonly = true;
			break;
		case 'C':
			return names();
		case 'h':
			show_help(stdout);
			return CMD_OK;
		case 'V':
			printf("efs %s\n", efs_version());
			return CMD_OK;
		default:
			fputs("'efs --help' tells more.\n", stderr);
			return CMD_USAGE;
		}
	}
	return -1;
}

/* `efs help [COMMAND]` */
static int help_about(const char *name)
{
	const struct command *c = name ? cmd_find(name) : NULL;

	if (!name) {
		show_help(stdout);
	} else if (c) {
		cmd_help(stdout, c);
	} else {
		fprintf(stderr, "efs: unknown command %s\n", cmd_escape(name, strlen(name)));
		return CMD_USAGE;
	}
	return CMD_OK;
}

int main(int argc, char **argv)
{
	int status;

	/* character widths and times follow the locale, numbers do not */
	setlocale(LC_CTYPE, "");
	setlocale(LC_TIME, "");
	status = options(argc, argv);
	if (status < 0 && optind == argc) {
		fputs("Usage: efs [OPTION]... COMMAND [OPTION]... IMAGE:PATH...\n"
		      "'efs --help' tells more.\n", stderr);
		status = CMD_USAGE;
	} else if (status < 0 && !strcmp(argv[optind], "help")) {
		status = help_about(argv[optind + 1]);
	} else if (status < 0) {
		status = cmd_run(argc - optind, argv + optind);
		if (cmd_close_all())
			status = CMD_FAILED;
	}
	if (fflush(stdout) || ferror(stdout))
		status = CMD_FAILED;
	if (cmd_signal) {
		signal(cmd_signal, SIG_DFL);
		raise(cmd_signal);
	}
	return status;
}
