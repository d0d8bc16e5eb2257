// SPDX-License-Identifier: GPL-2.0
/*
 * efs cp, put, get, mv: where a copy begins and where it goes.
 *
 * cp takes paths of this machine and of images in any place, but one of them must be in
 * an image. put and get say by their names which side is which, so they also serve where
 * operands are plain paths: in the shell and with -i.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy.h"
#include "frame.h"

enum sides { EITHER, HOST, IMAGE };

/**
 * struct target - where a copy goes
 * @base: a directory; @name: in it, NULL: each source keeps its own
 * @shown: of the directory, or of the name
 */
struct target {
	struct node base;
	struct operand op;
	char *name, *shown;
};

struct cp {
	struct copy copy;
	enum sides from, to;
	bool progress, move;
	const char *self;
};

static bool on_host(const char *arg, enum sides side)
{
	return side == HOST || (side == EITHER && !cmd_is_image(arg));
}

/* as messages name it: with the root where no path was given */
static char *shown(const struct operand *op, const char *arg)
{
	size_t len = strlen(arg);
	char *s;

	if (cmd_globals.image || !len || arg[len - 1] == '/' || strcmp(op->path, "/"))
		return cmd_strdup(arg);
	s = cmd_alloc(len + 3);
	sprintf(s, "%s%s/", arg, arg[len - 1] == ':' ? "" : ":");
	return s;
}

/* the last component, without slashes behind it; "" if it is `.`, `..` or the root */
static char *base_name(const char *path)
{
	size_t end = strlen(path), start;
	char *name;

	while (end && path[end - 1] == '/')
		end--;
	for (start = end; start && path[start - 1] != '/'; start--)
		;
	name = cmd_strndup(path + start, end - start);
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		name[0] = '\0';
	return name;
}

/* ---- targets ---- */

/* @arg is to be made in a directory that is there */
static int host_parent(const char *arg, struct target *t)
{
	char *up;
	size_t len = strlen(arg);
	int fd, err;

	t->name = base_name(arg);
	if (!t->name[0])
		return -ENOENT;
	while (len && arg[len - 1] == '/')
		len--;
	while (len && arg[len - 1] != '/')
		len--;
	up = len ? cmd_strndup(arg, len) : cmd_strdup(".");
	fd = open(up, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = fd < 0 ? -errno : host_node(fd, &t->base);
	free(up);
	return err;
}

static int host_target(const char *arg, bool must_dir, bool src_dir, struct target *t)
{
	size_t len = strlen(arg);
	struct stat st;
	int fd, err;

	t->shown = cmd_strdup(arg);
	if (!stat(arg, &st) && S_ISDIR(st.st_mode)) {
		fd = open(arg, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return fd < 0 ? -errno : host_node(fd, &t->base);
	}
	if (must_dir)
		return stat(arg, &st) ? -errno : -ENOTDIR;
	if (len && arg[len - 1] == '/' && !src_dir)
		return -ENOTDIR;
	err = host_parent(arg, t);
	return err;
}

static int image_target(const char *arg, bool must_dir, bool src_dir, struct target *t)
{
	struct efs_file *file;
	const char *name;
	bool slash;
	int err;

	if (cmd_open(arg, true, &t->op))
		return 1;
	t->shown = shown(&t->op, arg);
	err = cmd_file(&t->op, 0, &file);
	if (!err && efs_file_type(file) == EFS_IFDIR) {
		image_node(file, &t->base);
		return 0;
	}
	if (!err) {
		efs_file_close(file);
		if (must_dir)
			return -ENOTDIR;
	} else if (err != -ENOENT || must_dir) {
		return err;
	}
	err = cmd_parent(&t->op, &file, &name, &slash);
	if (err)
		return err;
	if (slash && !src_dir) {
		efs_file_close(file);
		return -ENOTDIR;
	}
	t->name = cmd_strdup(name);
	image_node(file, &t->base);
	return 0;
}

/* ---- sources ---- */

/* a source on this machine; standard input has no name of its own */
static int host_source(const struct cp *cp, const char *arg, struct node *src)
{
	const struct node here = { .side = &host_side, .fd = AT_FDCWD };
	unsigned int flags = cp->copy.deep ? 0 : LOOK_STREAM;
	int err;

	if (cp->from == HOST && !strcmp(arg, "-")) {
		err = host_node(STDIN_FILENO, src);
		/* it may stand in the middle of a file */
		src->stream = true;
		src->info.mode = EFS_IFREG | (src->info.mode & EFS_IFDIR ? 0 : 0666);
		return err;
	}
	if (cp->copy.follow != FOLLOW_NOTHING)
		flags |= LOOK_FOLLOW;
	return host_side.look(&here, arg, flags, src);
}

static int image_source(const struct cp *cp, const char *arg, struct operand *op, struct node *src)
{
	struct efs_file *file;
	int err;

	if (cmd_open(arg, false, op))
		return 1;
	err = cmd_file(op, cp->copy.follow == FOLLOW_NOTHING ? EFS_NOFOLLOW : 0, &file);
	if (!err)
		image_node(file, src);
	return err;
}

/* ---- mv ---- */

static int remove_host_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	return type == FTW_DP || type == FTW_D || type == FTW_DNR ? rmdir(path) : unlink(path);
}

/* what was copied is safe on its side; take it away from where it was */
static int remove_source(const char *arg, bool host, const struct operand *op)
{
	struct efs_file *dir;
	const char *name;
	bool slash;
	int err;

	if (cmd_sync_all())
		return CMD_FAILED;
	if (host) {
		if (nftw(arg, remove_host_entry, 16, FTW_DEPTH | FTW_PHYS))
			return cmd_error(-errno, arg);
		return CMD_OK;
	}
	err = cmd_parent(op, &dir, &name, &slash);
	if (err)
		return cmd_error(err, arg);
	err = image_remove(dir, name, arg, true, false);
	efs_file_close(dir);
	return err;
}

/* Inside one image. Return: a status, -1 if it must be copied */
static int rename_source(struct cp *cp, const struct operand *op, const char *arg,
			 struct target *t, const char *name, const char *to_shown)
{
	struct efs_file *dir;
	const char *old;
	bool slash;
	int err;

	if (!t->base.side->image || t->op.id != op->id)
		return -1;
	err = cmd_parent(op, &dir, &old, &slash);
	if (err == -EINVAL)
		return cmd_complain(arg, "Refusing to move '.', '..' or '/'");
	if (err)
		return cmd_error(err, arg);
	err = efs_rename_in(dir, old, t->base.file, name,
			    cp->copy.keep_files ? EFS_NOREPLACE : 0);
	efs_file_close(dir);
	if (err == -EEXIST && cp->copy.keep_files)
		return CMD_OK;
	if (err)
		return cmd_error(err, err == -ENOENT ? arg : to_shown);
	if (cp->copy.verbose) {
		printf("renamed '%s' -> ", cmd_escape(arg, strlen(arg)));
		printf("'%s'\n", cmd_escape(to_shown, strlen(to_shown)));
	}
	return CMD_OK;
}

/* ---- one source ---- */

static void copy_source(struct cp *cp, const char *arg, struct target *t)
{
	bool host = on_host(arg, cp->from), follow = t->name && !cp->move && !cp->copy.deep;
	char *src_shown, *name, *to;
	struct operand op = { 0 };
	struct node src = { 0 };
	int err, status;

	if (host && !t->base.side->image) {
		cp->copy.status = cmd_complain(arg, "Neither side is in an image: use %s(1)",
					       cp->self);
		return;
	}
	err = host ? host_source(cp, arg, &src) : image_source(cp, arg, &op, &src);
	if (err) {
		cp->copy.status = err > 0 ? CMD_FAILED : cmd_error(err, arg);
		return;
	}
	name = t->name ? cmd_strdup(t->name) : base_name(host ? arg : op.path);
	/* without a directory that has a name there is nothing to keep */
	if (!name[0] && (src.info.mode & EFS_IFMT) != EFS_IFDIR)
		err = -EISDIR;
	if (!strcmp(arg, "-") && src.stream && !t->name)
		err = -EISDIR;
	src_shown = host ? cmd_strdup(strcmp(arg, "-") || !src.stream ? arg : "standard input") :
			   shown(&op, arg);
	to = t->name || !name[0] ? cmd_strdup(t->shown) : cmd_join(t->shown, name);
	status = -1;
	if (err)
		status = cmd_error(err, t->shown);
	else if (cp->move && !host)
		status = rename_source(cp, &op, arg, t, name, to);
	if (status < 0) {
		status = cp->copy.status;
		cp->copy.status = CMD_OK;
		copy_one(&cp->copy, &src, src_shown, &t->base, name, to, follow);
		if (cp->move && !cp->copy.status && !cmd_signal)
			cp->copy.status = remove_source(arg, host, &op);
		status = cp->copy.status ? cp->copy.status : status;
	} else {
		src.side->close(&src);
	}
	if (status)
		cp->copy.status = status;
	free(src_shown);
	free(name);
	free(to);
}

/* bytes of all sources if they are files of this machine; 0: not known */
static uint64_t total_of(const struct cp *cp, char **args, int n)
{
	uint64_t total = 0;
	struct operand op;
	struct node src;
	struct stat st;
	int k;

	for (k = 0; k < n; k++) {
		if (on_host(args[k], cp->from)) {
			if (stat(args[k], &st) || !S_ISREG(st.st_mode))
				return 0;
			total += (uint64_t)st.st_size;
		} else {
			if (n > 1 || image_source(cp, args[k], &op, &src))
				return 0;
			total = (src.info.mode & EFS_IFMT) == EFS_IFREG ? src.info.size : 0;
			src.side->close(&src);
		}
	}
	return total;
}

/* a tree may be deeper than the usual number of open files */
static void more_files(void)
{
	struct rlimit r;

	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static bool source_is_dir(const struct cp *cp, const char *arg)
{
	struct operand op;
	struct node src;
	struct stat st;
	bool dir;

	if (on_host(arg, cp->from))
		return !stat(arg, &st) && S_ISDIR(st.st_mode);
	if (cmd_open(arg, cp->move, &op) || image_source(cp, arg, &op, &src))
		return false;
	dir = (src.info.mode & EFS_IFMT) == EFS_IFDIR;
	src.side->close(&src);
	return dir;
}

static int run(struct cp *cp, char **args, int n)
{
	const char *last = args[n - 1];
	size_t len = strlen(last);
	struct target t = { 0 };
	bool src_dir = false;
	int k, err;

	more_files();
	cp->copy.umask = cmd_umask();
	/* the last one is opened first: what is written must not be open for reading */
	if (len && last[len - 1] == '/' && n == 2 && on_host(last, cp->to))
		src_dir = source_is_dir(cp, args[0]);
	if (on_host(last, cp->to)) {
		frame_catch_signals();
		err = host_target(last, n > 2, src_dir, &t);
	} else {
		err = image_target(last, n > 2, true, &t);
		if (!err && t.name && last[len - 1] == '/' && !source_is_dir(cp, args[0])) {
			t.base.side->close(&t.base);
			err = -ENOTDIR;
		}
	}
	if (err > 0)
		cp->copy.status = CMD_FAILED;
	else if (err)
		cp->copy.status = cmd_error(err, last);
	if (!err) {
		cp->copy.base = &t.base;
		/* what mv takes away is written, too */
		for (k = 0; cp->move && k < n - 1; k++)
			if (!on_host(args[k], cp->from))
				cmd_open(args[k], true, &(struct operand){ 0 });
		progress_setup(cp->progress, total_of(cp, args, n - 1));
		for (k = 0; k < n - 1 && !cmd_signal; k++)
			copy_source(cp, args[k], &t);
		progress_end();
		copy_end(&cp->copy);
		t.base.side->close(&t.base);
	}
	free(t.name);
	free(t.shown);
	return cp->copy.status;
}

/* ---- options ---- */

static void keep_attributes(struct copy *c)
{
	c->keep_mode = true;
	c->keep_owner = true;
	c->keep_times = true;
}

static void keep_all(struct copy *c, bool deep)
{
	c->deep = deep;
	c->follow = FOLLOW_NOTHING;
	keep_attributes(c);
	c->keep_links = true;
	c->keep_xattrs = true;
}

static bool preserve(struct copy *c, char *list)
{
	char *word;

	while ((word = strsep(&list, ","))) {
		if (!strcmp(word, "mode"))
			c->keep_mode = true;
		else if (!strcmp(word, "ownership"))
			c->keep_owner = true;
		else if (!strcmp(word, "timestamps"))
			c->keep_times = true;
		else if (!strcmp(word, "links"))
			c->keep_links = true;
		else if (!strcmp(word, "xattr"))
			c->xattrs_must = true;
		else if (!strcmp(word, "all"))
			keep_all(c, c->deep);
		else
			return false;
	}
	c->keep_xattrs |= c->xattrs_must;
	return true;
}

static int parse(struct cp *cp, int argc, char **argv, const char *shorts)
{
	static const struct option longs[] = {
		{ "archive", no_argument, NULL, 'a' },
		{ "dereference", no_argument, NULL, 'L' },
		{ "force", no_argument, NULL, 'f' },
		{ "mode", required_argument, NULL, 'm' },
		{ "no-clobber", no_argument, NULL, 'n' },
		{ "no-dereference", no_argument, NULL, 'P' },
		{ "preserve", required_argument, NULL, 'K' },
		{ "progress", no_argument, NULL, 'G' },
		{ "recursive", no_argument, NULL, 'r' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct copy *c = &cp->copy;
	bool said = false;
	struct cmd_mode mode;
	int o;

	c->mode = -1;
	c->follow = FOLLOW_OPERANDS;
	while ((o = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		/* a long option that this command does not have */
		if (o != 'K' && o != 'G' && o != '?' && !strchr(shorts, o))
			return cmd_usage("it has no such option");
		switch (o) {
		case 'a':
			keep_all(c, true);
			said = true;
			break;
		case 'f':
			c->force = true;
			break;
		case 'G':
			cp->progress = true;
			break;
		case 'H':
			c->follow = FOLLOW_OPERANDS;
			said = true;
			break;
		case 'K':
			if (!preserve(c, optarg))
				return cmd_usage("'%s' is nothing to preserve", optarg);
			break;
		case 'L':
			c->follow = FOLLOW_ALL;
			said = true;
			break;
		case 'm':
			if (!cmd_parse_mode(optarg, &mode))
				return cmd_usage("'%s' is no mode, octal or like u=rw", optarg);
			c->mode = (int32_t)cmd_apply_mode(&mode, 0666, false);
			break;
		case 'n':
			c->keep_files = true;
			break;
		case 'p':
			keep_attributes(c);
			break;
		case 'P':
			c->follow = FOLLOW_NOTHING;
			said = true;
			break;
		case 'r':
		case 'R':
			c->deep = true;
			break;
		case 'v':
			c->verbose = true;
			break;
		default:
			return cmd_usage(NULL);
		}
	}
	/* links inside a tree are copied as links, and so is one that names it */
	if (c->deep && !said)
		c->follow = FOLLOW_NOTHING;
	if (argc == optind)
		return cmd_usage("no file is named");
	if (argc - optind < 2)
		return cmd_usage("%s", cp->to == IMAGE ? "no image is named" :
				 "where it goes is not named");
	return run(cp, argv + optind, argc - optind);
}

int cmd_cp(int argc, char **argv)
{
	struct cp cp = { .self = "cp" };

	return parse(&cp, argc, argv, "afHLm:npPrRv");
}

int cmd_put(int argc, char **argv)
{
	struct cp cp = { .self = "cp", .from = HOST, .to = IMAGE };

	return parse(&cp, argc, argv, "afHLm:npPrRv");
}

int cmd_get(int argc, char **argv)
{
	struct cp cp = { .self = "cp", .from = IMAGE, .to = HOST };

	return parse(&cp, argc, argv, "afHLm:npPrRv");
}

int cmd_mv(int argc, char **argv)
{
	struct cp cp = { .self = "mv", .move = true };

	cp.copy.deep = true;
	keep_all(&cp.copy, true);
	return parse(&cp, argc, argv, "fnv");
}
