// SPDX-License-Identifier: GPL-2.0
/*
 * The efs command: files inside an ext2 image by path, without mounting it.
 *
 * Here: the table of commands, the image and its locks, messages. Commands that only
 * read open the image read-only, so not a byte of it can change. An image that somebody
 * has mounted, or that another efs writes, is refused.
 *
 * SIGINT, SIGTERM and SIGHUP ask a writing command to stop at the next safe point; the
 * image is then unmounted cleanly, and the signal is raised again so that the caller
 * sees it. Exit status: 0, 1 for any failure, 2 for wrong usage.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cmd.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	bool writes;
	const char *args;
	const char *help;
};

static const struct command commands[] = {
	{ "ls", cmd_ls, false, "[-aldR] IMAGE:PATH...",
	  "list files; -l in detail, -a all, -d directories themselves, -R below as well" },
	{ "cat", cmd_cat, false, "IMAGE:PATH...", "write files to standard output" },
	{ "stat", cmd_stat, false, "[-L] IMAGE:PATH...",
	  "show all that is known of a file; -L of what a link leads to" },
	{ "put", cmd_put, true, "[-m MODE] FILE... IMAGE:PATH",
	  "copy files into the image; FILE may be - for standard input" },
	{ "mkdir", cmd_mkdir, true, "[-p] [-m MODE] IMAGE:PATH...",
	  "make directories; -p with their parents" },
	{ "rm", cmd_rm, true, "[-rf] IMAGE:PATH...",
	  "remove files; -r directories with all they hold, -f without complaint" },
};

static const struct command *command;

/* the image that is mounted; name NULL: none */
static struct {
	char *name;
	bool rdonly;
	struct efs_device *dev;
	struct efsu_fs *fs;
} image;

volatile sig_atomic_t cmd_signal;

static void on_signal(int sig)
{
	cmd_signal = sig;
}

static void catch_signals(void)
{
	/* no SA_RESTART: a read from a terminal or a pipe shall end */
	struct sigaction sa = { .sa_handler = on_signal };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

/* ---- messages ---- */

static size_t utf8_len(const unsigned char *s, size_t len)
{
	unsigned int c, min_c;
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] < 0xe0) {
		n = 2;
		min_c = 0xa0;	/* what is below are control characters */
	} else if (s[0] >= 0xe0 && s[0] < 0xf0) {
		n = 3;
		min_c = 0x800;
	} else if (s[0] >= 0xf0 && s[0] < 0xf5) {
		n = 4;
		min_c = 0x10000;
	} else {
		return 0;
	}
	if (len < n)
		return 0;
	c = s[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	return c >= min_c && (c < 0xd800 || c > 0xdfff) && c <= 0x10ffff ? n : 0;
}

const char *cmd_escape(const char *s, size_t len)
{
	static char *out;
	static size_t room;
	size_t at = 0, n;

	if (room < 4 * len + 1) {
		char *more = realloc(out, 4 * len + 1);

		if (!more)
			return "?";
		out = more;
		room = 4 * len + 1;
	}
	while (len) {
		const unsigned char *u = (const unsigned char *)s;

		n = utf8_len(u, len);
		if (n == 1 && (*u < 0x20 || *u == 0x7f || *u == '\\'))
			n = 0;
		if (n) {
			memcpy(out + at, s, n);
			at += n;
		} else {
			at += (size_t)sprintf(out + at, "\\%03o", *u);
			n = 1;
		}
		s += n;
		len -= n;
	}
	out[at] = '\0';
	return out;
}

void cmd_print_name(const char *s, size_t len)
{
	static int tty = -1;

	if (tty < 0)
		tty = isatty(STDOUT_FILENO);
	if (tty)
		fputs(cmd_escape(s, len), stdout);
	else
		fwrite(s, 1, len, stdout);
}

static const char *reason(int err)
{
	if (err == -EUCLEAN)
		return "The volume is inconsistent: run e2fsck on it";
	return strerror(-err);
}

int cmd_error(int err, const char *what)
{
	return cmd_complain(what, "%s", reason(err));
}

int cmd_complain(const char *what, const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "efs %s: %s: ", command->name, cmd_escape(what, strlen(what)));
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return CMD_FAILED;
}

int cmd_usage(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "efs %s: ", command->name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\nUsage: efs %s %s\n", command->name, command->args);
	return CMD_USAGE;
}

static void log_line(void *ctx, int level, const char *msg)
{
	(void)ctx;
	if (level > EFS_LOG_WARN)
		return;
	fflush(stdout);
	fprintf(stderr, "efs: %s: %s\n", cmd_escape(image.name, strlen(image.name)), msg);
}

/* ---- is somebody else using the image? ---- */

/* the first line of a small file, without its end; false if there is none */
static bool read_line(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	bool ok;

	if (!f)
		return false;
	ok = fgets(buf, (int)size, f);
	fclose(f);
	if (ok)
		buf[strcspn(buf, "\n")] = '\0';
	return ok;
}

/* the place where the device "major:minor" is mounted; the caller calls free() */
static char *mount_point(const char *dev)
{
	char *line = NULL, *where = NULL;
	FILE *f = fopen("/proc/self/mountinfo", "r");
	size_t size = 0;

	while (f && !where && getline(&line, &size, f) > 0) {
		char *num = NULL, *dir = NULL;

		/* mount id, parent id, major:minor, root, mount point */
		if (sscanf(line, "%*s %*s %ms %*s %ms", &num, &dir) == 2 && !strcmp(num, dev)) {
			where = dir;
			dir = NULL;
		}
		free(num);
		free(dir);
	}
	free(line);
	if (f)
		fclose(f);
	return where;
}

/* a loop device whose backing file is @file: its name; the caller calls free() */
static char *loop_device(const char *file, char *dev, size_t dev_size)
{
	DIR *d = opendir("/sys/block");
	char path[512], back[4096], *name = NULL;
	struct dirent *de;

	while (d && !name && (de = readdir(d))) {
		if (strncmp(de->d_name, "loop", 4))
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", de->d_name);
		if (!read_line(path, back, sizeof(back)) || strcmp(back, file))
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s/dev", de->d_name);
		if (read_line(path, dev, dev_size))
			name = strdup(de->d_name);
	}
	if (d)
		closedir(d);
	return name;
}

static int check_unused(const char *file, bool rdonly)
{
	char dev[64] = "", *real, *loop = NULL, *where = NULL;
	struct stat st;
	int ret = 0;

	/* with another error than these two opening it tells more */
	if (stat(file, &st))
		return 0;
	if (S_ISBLK(st.st_mode)) {
		snprintf(dev, sizeof(dev), "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	} else {
		real = realpath(file, NULL);
		if (real)
			loop = loop_device(real, dev, sizeof(dev));
		free(real);
	}
	if (dev[0])
		where = mount_point(dev);
	if (where)
		ret = cmd_complain(file, "It is mounted on %s", where);
	else if (loop && !rdonly)
		ret = cmd_complain(file, "It is in use by /dev/%s", loop);
	free(where);
	free(loop);
	return ret;
}

/* ---- the image ---- */

static int image_close(void)
{
	int err = 0;

	if (!image.name)
		return 0;
	if (image.fs) {
		err = efsu_umount(image.fs);
		efs_assert(err != -EBUSY);
	}
	efs_device_close(image.dev);
	if (err)
		cmd_complain(image.name, "Not everything could be written: %s", reason(err));
	free(image.name);
	memset(&image, 0, sizeof(image));
	return err;
}

static int image_open(const char *name, size_t len, bool rdonly)
{
	struct efsu_opts o = { .mount = { .rdonly = rdonly }, .log = log_line };
	enum efs_code why = EFS_C_OK;
	int err;

	image.name = strndup(name, len);
	if (!image.name)
		return cmd_error(-ENOMEM, name);
	image.rdonly = rdonly;
	if (check_unused(image.name, rdonly))
		goto out;
	err = efs_device_open(image.name, rdonly ? EFS_DEVICE_RDONLY : 0, &image.dev);
	if (err) {
		if (err == -EBUSY)
			cmd_complain(image.name, "Another program is using it");
		else if (err == -EINVAL)
			cmd_complain(image.name, "Neither a file nor a block device");
		else
			cmd_error(err, image.name);
		goto out;
	}
	err = efsu_mount(image.dev, &o, &image.fs, &why);
	if (!err)
		return 0;
	if (why)
		cmd_complain(image.name, "Cannot use it: %s", efs_code_text(why));
	else
		cmd_error(err, image.name);
out:
	image_close();
	return -1;
}

/*
 * The colon that ends the image's name: the first behind the name of something that
 * exists, else the first before a slash, so that either part may have more of them.
 */
static size_t image_len(const char *arg)
{
	const char *p;
	struct stat st;

	for (p = strchr(arg, ':'); p; p = strchr(p + 1, ':')) {
		char *name = strndup(arg, (size_t)(p - arg));
		bool found = name && p > arg && !stat(name, &st) && !S_ISDIR(st.st_mode);

		free(name);
		if (found)
			return (size_t)(p - arg);
	}
	p = strstr(arg, ":/");
	return p ? (size_t)(p - arg) : strlen(arg);
}

int cmd_open(const char *arg, bool rdonly, struct operand *op)
{
	size_t len = image_len(arg);

	if (!len) {
		cmd_complain(arg, "No image is named: it is IMAGE:PATH");
		return -1;
	}
	if (!image.name || image.rdonly != rdonly || strlen(image.name) != len ||
	    memcmp(image.name, arg, len)) {
		if (image_close() || image_open(arg, len, rdonly))
			return -1;
	}
	op->arg = arg;
	op->fs = image.fs;
	op->path = arg[len] && arg[len + 1] ? arg + len + 1 : "/";
	op->len = strlen(op->path);
	return 0;
}

/* ---- start ---- */

static void help(FILE *f)
{
	size_t k;

	fputs("Usage: efs COMMAND [OPTION]... IMAGE:PATH...\n"
	      "Work with files inside an ext2 image or device, without mounting it.\n\n", f);
	for (k = 0; k < ARRAY_SIZE(commands); k++)
		fprintf(f, "  efs %s %s\n        %s\n", commands[k].name, commands[k].args,
			commands[k].help);
}

static const struct command *find_command(const char *name)
{
	size_t k;

	for (k = 0; k < ARRAY_SIZE(commands); k++)
		if (!strcmp(commands[k].name, name))
			return &commands[k];
	return NULL;
}

int main(int argc, char **argv)
{
	int status;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))) {
		help(stdout);
		return CMD_OK;
	}
	command = argc > 1 ? find_command(argv[1]) : NULL;
	if (!command) {
		if (argc > 1)
			fprintf(stderr, "efs: unknown command %s\n",
				cmd_escape(argv[1], strlen(argv[1])));
		help(stderr);
		return CMD_USAGE;
	}
	if (command->writes)
		catch_signals();
	status = command->run(argc - 1, argv + 1);
	if (image_close())
		status = CMD_FAILED;
	if (fflush(stdout) || ferror(stdout))
		status = cmd_error(errno ? -errno : -EIO, "standard output");
	if (cmd_signal) {
		signal(cmd_signal, SIG_DFL);
		raise(cmd_signal);
	}
	return status;
}
