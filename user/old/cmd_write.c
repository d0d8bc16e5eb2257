// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that change the image: put, mkdir, rm.
 *
 * Each stops between two operations when a signal asks it to. A new file gets its name
 * when all of it is written, so whatever ends put earlier leaves nothing of it behind; a
 * file that was there before is overwritten in place, as cp does, and if that stops half
 * way the message says how far it got.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/unix/path.h"
#include "cmd.h"

#define CHUNK (4u << 20)

static void new_here(struct efsu_new *n, u16 mode)
{
	memset(n, 0, sizeof(*n));
	n->mode = mode;
	n->uid = geteuid();
	n->gid = getegid();
}

static mode_t current_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

static int parse_mode(const char *s, u32 *mode)
{
	char *end;
	unsigned long v = strtoul(s, &end, 8);

	if (!*s || *end || v > 07777 || s[0] == '-' || s[0] == '+')
		return cmd_usage("'%s' is no octal mode", s);
	*mode = (u32)v;
	return 0;
}

/* ---- put ---- */

/**
 * struct put - one file on its way
 * @name: of the source, for messages
 * @fd, @st: the source; @seekable: it has a size and may have holes
 * @done: bytes of the file so far, holes included
 */
struct put {
	const char *name;
	int fd;
	struct stat st;
	bool seekable;
	char *buf;
	u64 done;
};

/* read until @len bytes, the end, or a signal */
static int read_full(struct put *p, size_t len, size_t *got)
{
	*got = 0;
	while (*got < len) {
		ssize_t n = read(p->fd, p->buf + *got, len - *got);

		if (cmd_signal)
			return -EINTR;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return 0;
}

/* Where the next data of the source is: [@p->done, @end) after the call; @end 0: no more. */
static int next_data(struct put *p, u64 *end)
{
	off_t at, stop;

	*end = ~0ull;
	if (!p->seekable)
		return 0;
	at = lseek(p->fd, (off_t)p->done, SEEK_DATA);
	if (at < 0 && errno == ENXIO) {
		*end = 0;
		p->done = (u64)lseek(p->fd, 0, SEEK_END);
		return 0;
	}
	/* a file system that knows no holes */
	if (at < 0)
		return errno == EINVAL ? 0 : -errno;
	stop = lseek(p->fd, at, SEEK_HOLE);
	if (stop < 0 || lseek(p->fd, at, SEEK_SET) < 0)
		return -errno;
	p->done = (u64)at;
	*end = (u64)stop;
	return 0;
}

/* Copy one run of data. @at_end: the source has no more. @source: whose fault an error is */
static int put_data(struct put *p, struct efsu_inode *i, u64 end, bool *at_end, bool *source)
{
	while (p->done < end && !*at_end) {
		size_t want = (size_t)min((u64)CHUNK, end - p->done), got, put;
		int err = read_full(p, want, &got);

		*source = true;
		if (err)
			return err;
		*source = false;
		err = efsu_write(i, p->done, p->buf, got, &put);
		p->done += put;
		if (err)
			return err;
		*at_end = got < want;
	}
	return 0;
}

static int put_contents(struct put *p, struct efsu_inode *i, bool *source)
{
	bool at_end = false;
	u64 end;
	int err;

	while (!at_end) {
		*source = true;
		err = next_data(p, &end);
		if (err)
			return err;
		if (!end)
			break;
		err = put_data(p, i, end, &at_end, source);
		if (err)
			return err;
	}
	*source = false;
	/* what is left at the end is a hole */
	return efs_i_size(&i->core) < p->done ? efsu_truncate(i, p->done) : 0;
}

static int put_failed(const struct put *p, const char *arg, int err, bool source, bool old)
{
	const char *what = source && err != -EINTR ? p->name : arg;

	if (err == -EUCLEAN)
		return cmd_error(err, what);
	if (old)
		return cmd_complain(what, "%s; %s is incomplete: %llu bytes of it were written",
				    strerror(-err), cmd_escape(arg, strlen(arg)), p->done);
	return cmd_complain(what, "%s; nothing was written", strerror(-err));
}

/* overwrite what is there */
static int put_over(struct put *p, const char *arg, struct efsu_inode *i)
{
	bool source = false;
	int err;

	if (efsu_type(i) != EFS_S_IFREG)
		return cmd_complain(arg, "Exists and is no regular file");
	err = efsu_truncate(i, 0);
	if (err)
		return cmd_error(err, arg);
	err = put_contents(p, i, &source);
	return err ? put_failed(p, arg, err, source, true) : CMD_OK;
}

static int put_new(struct put *p, const char *arg, struct efsu_inode *dir, const char *name,
		   size_t len, u16 mode)
{
	struct efsu_inode *i;
	struct efsu_new n;
	bool source = false;
	int err;

	new_here(&n, EFS_S_IFREG | mode);
	err = efsu_tmpfile(dir, &n, &i);
	if (err)
		return put_failed(p, arg, err, false, false);
	err = put_contents(p, i, &source);
	if (!err && cmd_signal)
		err = -EINTR;
	if (!err)
		err = efsu_link(dir, name, len, i);
	efsu_iput(i);
	return err ? put_failed(p, arg, err, source, false) : CMD_OK;
}

/* the name a source keeps inside a directory */
static const char *base_name(const char *path, size_t *len)
{
	const char *name;
	size_t parent;

	if (efs_path_split(path, strlen(path), &parent, &name, len) != EFS_PATH_NAME)
		return NULL;
	return name;
}

static int put_into(struct put *p, const struct operand *op, bool must_dir, u16 mode)
{
	struct efsu_inode *i = NULL, *dir = NULL;
	const char *name;
	size_t len;
	int err, status;

	err = efsu_walk(op->fs, NULL, op->path, op->len, 0, &i);
	if (!err && efsu_type(i) == EFS_S_IFDIR) {
		dir = i;
		i = NULL;
		name = p->fd == STDIN_FILENO ? NULL : base_name(p->name, &len);
		if (!name) {
			efsu_iput(dir);
			return cmd_error(-EISDIR, op->arg);
		}
		/* a link of that name leads to what is overwritten, if it leads to anything */
		err = efsu_walk(op->fs, dir, name, len, 0, &i);
	} else if (!err && must_dir) {
		err = -ENOTDIR;
	} else if (err == -ENOENT && !must_dir) {
		err = efsu_walk_parent(op->fs, NULL, op->path, op->len, &dir, &name, &len);
		if (!err && efs_path_wants_dir(op->path, op->len))
			err = -ENOTDIR;
		if (!err)
			err = -ENOENT;
	}
	if (i && !err)
		status = put_over(p, op->arg, i);
	else if (err == -ENOENT && dir)
		status = put_new(p, op->arg, dir, name, len, mode);
	else
		status = cmd_error(err, op->arg);
	efsu_iput(i);
	efsu_iput(dir);
	return status;
}

static int put_file(const char *name, const struct operand *op, bool must_dir, s32 mode)
{
	struct put p = { .name = name };
	int status;

	if (!strcmp(name, "-")) {
		p.name = "standard input";
		p.fd = STDIN_FILENO;
	} else {
		p.fd = open(name, O_RDONLY | O_CLOEXEC);
	}
	if (p.fd < 0 || fstat(p.fd, &p.st)) {
		status = cmd_error(-errno, name);
		goto out;
	}
	if (S_ISDIR(p.st.st_mode)) {
		status = cmd_error(-EISDIR, name);
		goto out;
	}
	p.buf = malloc(CHUNK);
	if (!p.buf) {
		status = cmd_error(-ENOMEM, name);
		goto out;
	}
	/* standard input may stand in the middle of a file */
	p.seekable = S_ISREG(p.st.st_mode) && p.fd != STDIN_FILENO;
	if (mode < 0)
		mode = (p.fd != STDIN_FILENO ? (s32)p.st.st_mode & 0777 : 0666) &
		       ~(s32)current_umask();
	status = put_into(&p, op, must_dir, (u16)mode);
out:
	free(p.buf);
	if (p.fd > STDIN_FILENO)
		close(p.fd);
	return status;
}

int cmd_put(int argc, char **argv)
{
	int c, k, status = CMD_OK;
	struct operand op;
	u32 mode = ~0u;

	while ((c = getopt(argc, argv, "+m:")) != -1) {
		if (c != 'm')
			return cmd_usage("wrong option");
		if (parse_mode(optarg, &mode))
			return CMD_USAGE;
	}
	if (argc - optind < 2)
		return cmd_usage(argc == optind ? "no file is named" : "no image is named");
	if (cmd_open(argv[argc - 1], false, &op))
		return CMD_FAILED;
	for (k = optind; k < argc - 1 && !cmd_signal; k++)
		if (put_file(argv[k], &op, argc - optind > 2, (s32)mode))
			status = CMD_FAILED;
	return status;
}

/* ---- mkdir ---- */

/* make each directory of the path that is not there */
static int mkdir_parents(const struct operand *op, struct efsu_new *n)
{
	struct efs_path left = { .p = op->path, .len = op->len };
	struct efsu_inode *dir;
	const char *name;
	size_t len;
	u16 last = n->mode;
	int err = 0;

	while (efs_path_next(&left, &name, &len) != EFS_PATH_END) {
		size_t end = (size_t)(name + len - op->path);

		if (cmd_signal)
			return -EINTR;
		err = efsu_walk(op->fs, NULL, op->path, end, 0, &dir);
		if (!err) {
			if (efsu_type(dir) != EFS_S_IFDIR)
				err = efs_path_is_last(&left) ? -EEXIST : -ENOTDIR;
			efsu_iput(dir);
		} else if (err == -ENOENT) {
			err = efsu_walk_parent(op->fs, NULL, op->path, end, &dir, &name, &len);
			if (err)
				return err;
			/* as mkdir(1): whoever asked must be able to go on below */
			n->mode = efs_path_is_last(&left) ? last : (u16)
				(EFS_S_IFDIR | 0300 | (0777 & ~current_umask()));
			err = efsu_create(dir, name, len, n, NULL);
			efsu_iput(dir);
		}
		if (err)
			return err;
	}
	n->mode = last;
	return 0;
}

static int mkdir_one(const struct operand *op, const struct efsu_new *n)
{
	struct efsu_inode *dir;
	const char *name;
	size_t len;
	int err;

	err = efsu_walk_parent(op->fs, NULL, op->path, op->len, &dir, &name, &len);
	/* `.`, `..` and `/` are always there */
	if (err)
		return err == -EINVAL ? -EEXIST : err;
	err = efsu_create(dir, name, len, n, NULL);
	efsu_iput(dir);
	return err;
}

int cmd_mkdir(int argc, char **argv)
{
	u32 mode = 0777 & ~current_umask();
	int c, err, status = CMD_OK;
	bool parents = false;
	struct operand op;
	struct efsu_new n;

	while ((c = getopt(argc, argv, "+pm:")) != -1) {
		if (c == 'p')
			parents = true;
		else if (c != 'm')
			return cmd_usage("wrong option");
		else if (parse_mode(optarg, &mode))
			return CMD_USAGE;
	}
	if (optind == argc)
		return cmd_usage("no directory is named");
	new_here(&n, (u16)(EFS_S_IFDIR | mode));
	for (; optind < argc && !cmd_signal; optind++) {
		if (cmd_open(argv[optind], false, &op)) {
			status = CMD_FAILED;
			continue;
		}
		err = parents ? mkdir_parents(&op, &n) : mkdir_one(&op, &n);
		if (err)
			status = cmd_error(err, op.arg);
	}
	return status;
}

/* ---- rm ---- */

/**
 * struct level - a directory being emptied
 * @up: the level above, of its parent
 * @path: bytes of struct rm.path that name it
 * @kept: something in it could not be removed
 */
struct level {
	struct level *up;
	struct efsu_inode *dir;
	struct efsu_dirpos pos;
	size_t path;
	bool kept;
	u8 len;
	char name[EFS_NAME_MAX + 1];
};

struct rm {
	struct efsu_fs *fs;
	bool deep, force;
	struct level *top;
	struct inoset seen;
	char *path;		/* of what is being removed, for messages */
	size_t room;
	int status;
};

/* the path of @name below the first @base bytes */
static int rm_path(struct rm *rm, size_t base, const char *name)
{
	size_t len = strlen(name), need = base + len + 2;

	if (need > rm->room) {
		char *more = realloc(rm->path, 2 * need);

		if (!more)
			return -ENOMEM;
		rm->path = more;
		rm->room = 2 * need;
	}
	if (base && rm->path[base - 1] != '/')
		rm->path[base++] = '/';
	memcpy(rm->path + base, name, len + 1);
	return 0;
}

static void rm_keep(struct rm *rm)
{
	rm->status = CMD_FAILED;
	if (rm->top)
		rm->top->kept = true;
}

static void rm_failed(struct rm *rm, int err)
{
	cmd_error(err, rm->path);
	rm_keep(rm);
}

static int rm_push(struct rm *rm, const char *name, size_t len, struct efsu_inode *dir)
{
	struct level *l;
	int new = inoset_add(&rm->seen, dir->core.ino);

	if (new < 0)
		return new;
	if (!new)
		return -ELOOP;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->dir = efsu_iref(dir);
	l->path = strlen(rm->path);
	l->len = (u8)len;
	memcpy(l->name, name, len);
	l->up = rm->top;
	rm->top = l;
	return 0;
}

static struct level *rm_pop(struct rm *rm)
{
	struct level *l = rm->top;

	rm->top = l->up;
	efsu_iput(l->dir);
	return l;
}

/* Remove @name, or begin to empty it. rm->path names it. */
static void rm_name(struct rm *rm, struct efsu_inode *dir, const char *name, size_t len)
{
	struct efsu_inode *i;
	int err;

	err = efsu_lookup(dir, name, len, &i);
	if (err) {
		rm_failed(rm, err);
		return;
	}
	if (efsu_type(i) != EFS_S_IFDIR)
		err = efsu_unlink(dir, name, len);
	else if (!rm->deep)
		err = -EISDIR;
	else
		err = efsu_rmdir(dir, name, len);
	if (err == -ENOTEMPTY)
		err = rm_push(rm, name, len, i);
	if (err == -ELOOP)
		err = -EUCLEAN;
	efsu_iput(i);
	if (err)
		rm_failed(rm, err);
}

/* the directory on top is done with */
static void rm_finish_level(struct rm *rm, struct efsu_inode *base)
{
	struct level *l = rm_pop(rm);
	int err;

	rm->path[l->path] = '\0';
	if (l->kept) {
		rm_keep(rm);
	} else {
		err = efsu_rmdir(rm->top ? rm->top->dir : base, l->name, l->len);
		if (err)
			rm_failed(rm, err);
	}
	free(l);
}

static void rm_tree(struct rm *rm, struct efsu_inode *base)
{
	struct efsu_dirent de;
	int err;
	u32 n;

	while (rm->top && !cmd_signal) {
		struct level *l = rm->top;

		err = efsu_readdir(l->dir, &l->pos, &de, 1, &n);
		if (err) {
			rm->path[l->path] = '\0';
			rm_failed(rm, err);
		}
		if (err || !n) {
			rm_finish_level(rm, base);
			continue;
		}
		if (!strcmp(de.name, ".") || !strcmp(de.name, ".."))
			continue;
		err = rm_path(rm, l->path, de.name);
		if (err)
			rm_failed(rm, err);
		else
			rm_name(rm, l->dir, de.name, de.len);
	}
	if (rm->top)
		rm->status = cmd_error(-EINTR, rm->path);
	while (rm->top)
		free(rm_pop(rm));
}

static void rm_operand(struct rm *rm, const struct operand *op)
{
	struct efsu_inode *dir, *i;
	const char *name;
	size_t len;
	int err;

	err = rm_path(rm, 0, op->arg);
	if (!err)
		err = efsu_walk_parent(op->fs, NULL, op->path, op->len, &dir, &name, &len);
	if (err == -EINVAL)
		rm->status = cmd_complain(op->arg, "Refusing to remove '.', '..' or '/'");
	else if (err && !(err == -ENOENT && rm->force))
		rm->status = cmd_error(err, op->arg);
	if (err)
		return;
	/* with a slash behind it, it must be a directory, and no link to one */
	err = efsu_lookup(dir, name, len, &i);
	if (!err) {
		if (efs_path_wants_dir(op->path, op->len) && efsu_type(i) != EFS_S_IFDIR)
			err = -ENOTDIR;
		efsu_iput(i);
	}
	if (err == -ENOENT && rm->force)
		err = 0;
	else if (err)
		rm->status = cmd_error(err, op->arg);
	else
		rm_name(rm, dir, name, len);
	rm_tree(rm, dir);
	efsu_iput(dir);
	inoset_free(&rm->seen);
	memset(&rm->seen, 0, sizeof(rm->seen));
}

int cmd_rm(int argc, char **argv)
{
	struct rm rm = { 0 };
	struct operand op;
	int c;

	while ((c = getopt(argc, argv, "+rRf")) != -1) {
		if (c == 'r' || c == 'R')
			rm.deep = true;
		else if (c == 'f')
			rm.force = true;
		else
			return cmd_usage("wrong option");
	}
	if (optind == argc)
		return rm.force ? CMD_OK : cmd_usage("no file is named");
	for (; optind < argc && !cmd_signal; optind++) {
		if (cmd_open(argv[optind], false, &op)) {
			rm.status = CMD_FAILED;
			continue;
		}
		rm_operand(&rm, &op);
	}
	free(rm.path);
	return rm.status;
}
