// SPDX-License-Identifier: GPL-2.0
/*
 * efs cat and efs readlink: what is in a file, where a link leads.
 */
#include <getopt.h>
#include <unistd.h>

#include "cmd.h"

static int write_out(const char *buf, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, buf, len);

		if (n < 0 && errno == EINTR && !cmd_signal)
			continue;
		if (n < 0)
			return -errno;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Return: 1 if standard output is no more, -1 for another failure, else 0 */
static int cat_file(const struct operand *op, char *buf)
{
	struct efs_file *file;
	uint64_t off = 0;
	size_t n;
	int err, out = 0;

	err = cmd_file(op, 0, &file);
	if (err) {
		cmd_error(err, op->arg);
		return -1;
	}
	do {
		n = 0;
		err = efs_file_read(file, off, buf, CMD_BUFFER, &n);
		out = write_out(buf, n);
		off += n;
	} while (!err && !out && n == CMD_BUFFER && !cmd_signal);
	if (out)
		cmd_error(out, "standard output");
	else if (err == -EINVAL)
		cmd_complain(op->arg, "Not a regular file");
	else if (err)
		cmd_error(err, op->arg);
	efs_file_close(file);
	return out ? 1 : err ? -1 : 0;
}

int cmd_cat(int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };
	int ret, status = CMD_OK;
	struct operand op;
	char *buf;

	if (getopt_long(argc, argv, "", longs, NULL) != -1)
		return cmd_usage(NULL);
	if (optind == argc)
		return cmd_usage("no file is named");
	buf = cmd_alloc(CMD_BUFFER);
	fflush(stdout);
	for (; optind < argc && !cmd_signal; optind++) {
		ret = cmd_open(argv[optind], false, &op);
		if (!ret)
			ret = cat_file(&op, buf);
		if (ret)
			status = CMD_FAILED;
		if (ret > 0)
			break;
	}
	free(buf);
	return status;
}

/* ---- readlink ---- */

struct resolve {
	char *path;		/* absolute so far, "" is the root */
	char *left;
	int links;
};

/* take the last component away */
static void go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

static void prepend(struct resolve *r, const char *target)
{
	char *all = *r->left ? cmd_join(target, r->left) : cmd_strdup(target);

	free(r->left);
	r->left = all;
}

/*
 * One component further. The last one need not be there.
 * Return: 1 at the end, 0 to go on, a negative errno.
 */
static int resolve_step(struct resolve *r, const struct operand *op)
{
	const struct efs_at at = { .volume = op->at.volume };
	char *start = r->left + strspn(r->left, "/"), *next, *target, *rest;
	size_t len = strcspn(start, "/");
	struct efs_file *file;
	bool last;
	int err;

	if (!len)
		return 1;
	next = cmd_strndup(start, len);
	last = !start[len + strspn(start + len, "/")];
	rest = cmd_strdup(start + len);
	free(r->left);
	r->left = rest;
	if (!strcmp(next, ".") || !strcmp(next, "..")) {
		if (next[1])
			go_up(r->path);
		free(next);
		return 0;
	}
	rest = cmd_join(*r->path ? r->path : "/", next);
	free(next);
	free(r->path);
	r->path = rest;
	err = efs_open_at(&at, r->path, EFS_NOFOLLOW, &file);
	if (err)
		return err == -ENOENT && last ? 1 : err;
	if (efs_file_type(file) == EFS_IFLNK) {
		err = ++r->links > 40 ? -ELOOP : cmd_readlink(file, &target);
		if (!err) {
			go_up(r->path);
			if (target[0] == '/')
				r->path[0] = '\0';
			prepend(r, target);
			free(target);
		}
	} else if (efs_file_type(file) != EFS_IFDIR && !last) {
		err = -ENOTDIR;
	}
	efs_file_close(file);
	return err;
}

/* the absolute path of the current directory of the shell, "" for the root */
static char *cwd_path(const struct operand *op)
{
	struct efs_file *dir, *up;
	char *path = cmd_strdup(""), *joined, *name;
	struct list list;
	size_t k, depth;

	if (!op->at.cwd)
		return path;
	dir = efs_file_dup(op->at.cwd);
	/* as deep as a path can say */
	for (depth = 0; depth < 2048 && !efs_open_in(dir, "..", &up); depth++) {
		uint64_t ino = efs_file_ino(dir);

		efs_file_close(dir);
		dir = up;
		if (efs_file_ino(up) == ino)
			break;
		cmd_list(up, LIST_HIDDEN, &list);
		for (k = 0; k < list.n && list.ents[k].ino != ino; k++)
			;
		name = k < list.n ? list.ents[k].name : "?";
		joined = cmd_alloc(strlen(name) + strlen(path) + 2);
		sprintf(joined, "/%s%s", name, path);
		free(path);
		path = joined;
		list_free(&list);
	}
	efs_file_close(dir);
	return path;
}

int cmd_canonical(const struct operand *op, char **out)
{
	struct resolve r = { .left = cmd_strdup(op->path) };
	int ret;

	if (op->path[0] == '/')
		r.path = cmd_strdup("");
	else
		r.path = cwd_path(op);
	do {
		ret = op->path[0] ? resolve_step(&r, op) : -ENOENT;
	} while (!ret);
	free(r.left);
	if (ret < 0) {
		free(r.path);
		return ret;
	}
	if (!r.path[0]) {
		free(r.path);
		r.path = cmd_strdup("/");
	}
	*out = r.path;
	return 0;
}

int cmd_readlinks(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "canonicalize", no_argument, NULL, 'f' },
		{ "no-newline", no_argument, NULL, 'n' },
		{ 0 },
	};
	bool canonical = false, newline = true;
	int c, err, status = CMD_OK;
	struct efs_file *file;
	struct operand op;
	char *target;

	while ((c = getopt_long(argc, argv, "fn", longs, NULL)) != -1) {
		if (c == 'f')
			canonical = true;
		else if (c == 'n')
			newline = false;
		else
			return cmd_usage(NULL);
	}
	if (optind == argc)
		return cmd_usage("no file is named");
	for (; optind < argc; optind++) {
		if (cmd_open(argv[optind], false, &op)) {
			status = CMD_FAILED;
			continue;
		}
		if (canonical) {
			err = cmd_canonical(&op, &target);
		} else {
			err = cmd_file(&op, EFS_NOFOLLOW, &file);
			if (!err) {
				err = efs_file_type(file) == EFS_IFLNK ?
					cmd_readlink(file, &target) : -EINVAL;
				efs_file_close(file);
			}
		}
		if (err) {
			status = cmd_error(err, op.arg);
			continue;
		}
		cmd_print_name(target);
		if (newline)
			putchar('\n');
		free(target);
	}
	return status;
}
