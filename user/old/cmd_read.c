// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that only read: ls, cat, stat.
 *
 * A directory that is met twice below one operand is a loop on a hostile volume, and is
 * reported; depth costs memory, not stack.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"

#define CHUNK (1u << 20)

/* ---- help for all commands ---- */

void cmd_mode(u16 mode, char *out)
{
	static const char types[] = "?pc?d?b?-?l?s???";
	static const char *const rwx = "rwxrwxrwx";
	int k;

	out[0] = types[mode >> 12];
	for (k = 0; k < 9; k++)
		out[1 + k] = mode & (0400 >> k) ? rwx[k] : '-';
	if (mode & EFS_S_ISUID)
		out[3] = mode & 0100 ? 's' : 'S';
	if (mode & EFS_S_ISGID)
		out[6] = mode & 0010 ? 's' : 'S';
	if (mode & EFS_S_ISVTX)
		out[9] = mode & 0001 ? 't' : 'T';
	out[10] = '\0';
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct efsu_dirent *)a)->name, ((const struct efsu_dirent *)b)->name);
}

int cmd_list(struct efsu_inode *dir, bool all, struct efsu_dirent **ents, size_t *n)
{
	struct efsu_dirpos pos = { 0 };
	struct efsu_dirent *v = NULL, *more, *ents_new;
	size_t room = 0;
	u32 got, k;
	int err;

	*n = 0;
	do {
		if (room - *n < 64) {
			room = 2 * room + 64;
			more = realloc(v, room * sizeof(*v));
			if (!more) {
				err = -ENOMEM;
				break;
			}
			v = more;
		}
		ents_new = v + *n;
		err = efsu_readdir(dir, &pos, ents_new, 64, &got);
		for (k = 0; k < got; k++)
			if (all || ents_new[k].name[0] != '.')
				v[(*n)++] = ents_new[k];
	} while (!err && got);
	if (*n)
		qsort(v, *n, sizeof(*v), by_name);
	*ents = v;
	return err;
}

int inoset_add(struct inoset *set, u32 ino)
{
	u32 k, *slots;

	if (2 * set->used >= set->mask) {
		struct inoset big = { .mask = set->mask ? 2 * set->mask + 1 : 255 };

		slots = calloc(big.mask + 1, sizeof(*slots));
		if (!slots)
			return -ENOMEM;
		big.slots = slots;
		for (k = 0; set->slots && k <= set->mask; k++)
			if (set->slots[k])
				inoset_add(&big, set->slots[k]);
		free(set->slots);
		*set = big;
	}
	for (k = ino * 0x9E3779B1u; ; k++) {
		u32 *slot = &set->slots[k & set->mask];

		if (*slot == ino)
			return 0;
		if (*slot)
			continue;
		*slot = ino;
		set->used++;
		return 1;
	}
}

void inoset_free(struct inoset *set)
{
	free(set->slots);
}

/* ---- ls ---- */

struct ls {
	bool all, detail, self, deep;
	bool any;		/* something was printed: a blank line comes first */
	bool headings;
	int status;
};

/* one line, its fields as text so that columns can be measured first */
struct row {
	char mode[11], links[12], uid[12], gid[12], size[24], time[24];
};

struct widths {
	int links, uid, gid, size;
};

static void row_fill(struct row *row, const struct efsu_stat *st)
{
	time_t t = (time_t)st->attr.mtime.sec;
	u16 type = st->attr.mode & EFS_S_IFMT;
	struct tm tm;

	cmd_mode(st->attr.mode, row->mode);
	snprintf(row->links, sizeof(row->links), "%u", st->attr.nlink);
	snprintf(row->uid, sizeof(row->uid), "%u", st->attr.uid);
	snprintf(row->gid, sizeof(row->gid), "%u", st->attr.gid);
	if (type == EFS_S_IFBLK || type == EFS_S_IFCHR)
		snprintf(row->size, sizeof(row->size), "%u, %u", st->major, st->minor);
	else
		snprintf(row->size, sizeof(row->size), "%llu", st->attr.size);
	if (!localtime_r(&t, &tm) || !strftime(row->time, sizeof(row->time), "%F %H:%M", &tm))
		snprintf(row->time, sizeof(row->time), "%lld", st->attr.mtime.sec);
}

static void widen(struct widths *w, const struct row *row)
{
	w->links = max_t(int, w->links, strlen(row->links));
	w->uid = max_t(int, w->uid, strlen(row->uid));
	w->gid = max_t(int, w->gid, strlen(row->gid));
	w->size = max_t(int, w->size, strlen(row->size));
}

static void row_print(const struct row *row, const struct widths *w)
{
	printf("%s %*s %-*s %-*s %*s %s ", row->mode, w->links, row->links, w->uid, row->uid,
	       w->gid, row->gid, w->size, row->size, row->time);
}

static void print_target(struct ls *ls, struct efsu_inode *i, const char *arg)
{
	char *target;
	int err;

	if (efsu_type(i) != EFS_S_IFLNK)
		return;
	err = efsu_readlink(i, &target);
	if (err) {
		ls->status = cmd_error(err, arg);
		return;
	}
	fputs(" -> ", stdout);
	cmd_print_name(target, strlen(target));
	free(target);
}

static void ls_one(struct ls *ls, struct efsu_inode *i, const char *name, size_t len)
{
	struct widths w = { 0 };
	struct efsu_stat st;
	struct row row;

	if (ls->detail) {
		efsu_stat(i, &st);
		row_fill(&row, &st);
		row_print(&row, &w);
	}
	cmd_print_name(name, len);
	if (ls->detail)
		print_target(ls, i, name);
	putchar('\n');
	ls->any = true;
}

/* a path below an operand, for messages and headings; the caller calls free() */
static char *join(const char *dir, const char *name)
{
	size_t n = strlen(dir);
	char *s = NULL;

	if (asprintf(&s, "%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", name) < 0)
		return NULL;
	return s;
}

/* messages about an entry name the whole path */
static void ls_entry_error(struct ls *ls, int err, const char *dir, const char *name)
{
	char *path = join(dir, name);

	ls->status = cmd_error(err, path ? path : name);
	free(path);
}

static void ls_entries(struct ls *ls, struct efsu_fs *fs, const char *path,
		       const struct efsu_dirent *ents, size_t n)
{
	struct row *rows = calloc(n + 1, sizeof(*rows));
	struct widths w = { 0 };
	struct efsu_inode *i;
	struct efsu_stat st;
	size_t k;
	int err;

	if (!rows) {
		ls->status = cmd_error(-ENOMEM, path);
		return;
	}
	for (k = 0; ls->detail && k < n; k++) {
		err = efsu_iget(fs, ents[k].ino, &i);
		if (err) {
			ls_entry_error(ls, err, path, ents[k].name);
			continue;
		}
		efsu_stat(i, &st);
		efsu_iput(i);
		row_fill(&rows[k], &st);
		widen(&w, &rows[k]);
	}
	for (k = 0; k < n; k++) {
		if (rows[k].mode[0])
			row_print(&rows[k], &w);
		else if (ls->detail)
			fputs("?????????? ", stdout);
		cmd_print_name(ents[k].name, ents[k].len);
		if (rows[k].mode[0] == 'l' && !efsu_iget(fs, ents[k].ino, &i)) {
			print_target(ls, i, ents[k].name);
			efsu_iput(i);
		}
		putchar('\n');
	}
	free(rows);
}

/* directories still to be listed, the next one first */
struct todo {
	struct todo *next;
	u32 ino;
	char *path;
};

static int todo_push(struct todo **head, u32 ino, char *path)
{
	struct todo *t = path ? calloc(1, sizeof(*t)) : NULL;

	if (!t) {
		free(path);
		return -ENOMEM;
	}
	t->ino = ino;
	t->path = path;
	t->next = *head;
	*head = t;
	return 0;
}

static bool is_subdir(struct efsu_fs *fs, const struct efsu_dirent *de)
{
	struct efsu_inode *i;
	bool dir;

	if (!strcmp(de->name, ".") || !strcmp(de->name, ".."))
		return false;
	if (de->ftype != EFS_FT_UNKNOWN)
		return de->ftype == EFS_FT_DIR;
	if (efsu_iget(fs, de->ino, &i))
		return false;
	dir = efsu_type(i) == EFS_S_IFDIR;
	efsu_iput(i);
	return dir;
}

static void ls_dir(struct ls *ls, struct efsu_fs *fs, struct todo *t, struct todo **todo)
{
	struct efsu_dirent *ents = NULL;
	struct efsu_inode *dir;
	size_t n = 0, k;
	int err;

	err = efsu_iget(fs, t->ino, &dir);
	if (err) {
		ls->status = cmd_error(err, t->path);
		return;
	}
	if (ls->headings) {
		if (ls->any)
			putchar('\n');
		cmd_print_name(t->path, strlen(t->path));
		puts(":");
	}
	ls->any = true;
	err = cmd_list(dir, ls->all, &ents, &n);
	ls_entries(ls, fs, t->path, ents, n);
	if (err)
		ls->status = cmd_error(err, t->path);
	for (k = n; ls->deep && k--;)
		if (is_subdir(fs, &ents[k]) &&
		    todo_push(todo, ents[k].ino, join(t->path, ents[k].name)))
			ls_entry_error(ls, -ENOMEM, t->path, ents[k].name);
	free(ents);
	efsu_iput(dir);
}

static void ls_tree(struct ls *ls, struct efsu_fs *fs, u32 ino, const char *path)
{
	struct inoset seen = { 0 };
	struct todo *todo = NULL, *t;
	int new;

	if (todo_push(&todo, ino, strdup(path)))
		ls->status = cmd_error(-ENOMEM, path);
	while ((t = todo)) {
		todo = t->next;
		new = inoset_add(&seen, t->ino);
		if (new > 0)
			ls_dir(ls, fs, t, &todo);
		else
			ls->status = new ? cmd_error(new, t->path) :
				cmd_complain(t->path, "Met for the second time: run e2fsck");
		free(t->path);
		free(t);
	}
	inoset_free(&seen);
}

/* a link to a directory is listed like one, unless it is the link that is asked for */
static int ls_find(struct ls *ls, struct operand *op, struct efsu_inode **i)
{
	struct efsu_inode *dir;
	int err = efsu_walk(op->fs, NULL, op->path, op->len, EFSU_WALK_NOFOLLOW, i);

	if (err || ls->detail || ls->self || efsu_type(*i) != EFS_S_IFLNK ||
	    efsu_walk(op->fs, NULL, op->path, op->len, 0, &dir))
		return err;
	if (efsu_type(dir) == EFS_S_IFDIR) {
		efsu_iput(*i);
		*i = dir;
	} else {
		efsu_iput(dir);
	}
	return 0;
}

int cmd_ls(int argc, char **argv)
{
	struct ls ls = { 0 };
	struct efsu_inode *i;
	struct operand op;
	int c, err;

	while ((c = getopt(argc, argv, "+aldR1")) != -1) {
		switch (c) {
		case 'a':
			ls.all = true;
			break;
		case 'l':
			ls.detail = true;
			break;
		case 'd':
			ls.self = true;
			break;
		case 'R':
			ls.deep = true;
			break;
		case '1':
			break;
		default:
			return cmd_usage("wrong option");
		}
	}
	if (optind == argc)
		return cmd_usage("no image is named");
	ls.headings = ls.deep || argc - optind > 1;
	for (; optind < argc; optind++) {
		if (cmd_open(argv[optind], true, &op)) {
			ls.status = CMD_FAILED;
			continue;
		}
		err = ls_find(&ls, &op, &i);
		if (err) {
			ls.status = cmd_error(err, op.arg);
			continue;
		}
		if (efsu_type(i) == EFS_S_IFDIR && !ls.self)
			ls_tree(&ls, op.fs, i->core.ino, op.path);
		else
			ls_one(&ls, i, op.path, op.len);
		efsu_iput(i);
	}
	return ls.status;
}

/* ---- cat ---- */

static int write_out(const char *buf, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Return: 1 if standard output is no more, else a status */
static int cat_file(const struct operand *op, char *buf)
{
	struct efsu_inode *i;
	u64 off = 0;
	size_t n;
	int err, out = 0;

	err = efsu_walk(op->fs, NULL, op->path, op->len, 0, &i);
	if (err)
		return -cmd_error(err, op->arg);
	do {
		err = efsu_read(i, off, buf, CHUNK, &n);
		out = write_out(buf, n);
		off += n;
	} while (!err && !out && n);
	if (out)
		cmd_error(out, "standard output");
	else if (err == -EINVAL)
		err = -cmd_complain(op->arg, "Not a regular file");
	else if (err)
		cmd_error(err, op->arg);
	efsu_iput(i);
	return out ? 1 : err;
}

int cmd_cat(int argc, char **argv)
{
	int ret, status = CMD_OK;
	struct operand op;
	char *buf;

	if (getopt(argc, argv, "+") != -1)
		return cmd_usage("wrong option");
	if (optind == argc)
		return cmd_usage("no file is named");
	buf = malloc(CHUNK);
	if (!buf)
		return cmd_error(-ENOMEM, "cat");
	for (; optind < argc; optind++) {
		ret = cmd_open(argv[optind], true, &op);
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

/* ---- stat ---- */

static const char *type_name(u16 mode)
{
	switch (mode & EFS_S_IFMT) {
	case EFS_S_IFREG:
		return "regular file";
	case EFS_S_IFDIR:
		return "directory";
	case EFS_S_IFLNK:
		return "symbolic link";
	case EFS_S_IFCHR:
		return "character device";
	case EFS_S_IFBLK:
		return "block device";
	case EFS_S_IFIFO:
		return "fifo";
	default:
		return "socket";
	}
}

static void print_time(const char *what, const struct efs_time *t)
{
	time_t sec = (time_t)t->sec;
	char text[32];
	struct tm tm;

	if (!gmtime_r(&sec, &tm) || !strftime(text, sizeof(text), "%FT%T", &tm))
		printf("%s: %lld\n", what, t->sec);
	else
		printf("%s: %s.%09uZ\n", what, text, t->nsec);
}

static void print_flags(u32 flags)
{
	/* letters as lsattr has them */
	static const struct {
		u32 bit;
		char letter;
	} names[] = {
		{ EFS_FL_SECRM, 's' }, { EFS_FL_UNRM, 'u' }, { EFS_FL_SYNC, 'S' },
		{ EFS_FL_DIRSYNC, 'D' }, { EFS_FL_IMMUTABLE, 'i' }, { EFS_FL_APPEND, 'a' },
		{ EFS_FL_NODUMP, 'd' }, { EFS_FL_NOATIME, 'A' }, { EFS_FL_COMPR, 'c' },
		{ EFS_FL_JOURNAL_DATA, 'j' }, { EFS_FL_INDEX, 'I' }, { EFS_FL_NOTAIL, 't' },
		{ EFS_FL_TOPDIR, 'T' },
	};
	size_t k;

	printf("flags: 0x%08x ", flags);
	for (k = 0; k < ARRAY_SIZE(names); k++)
		if (flags & names[k].bit)
			putchar(names[k].letter);
	putchar('\n');
}

static int stat_file(const struct operand *op, u32 walk_flags)
{
	struct efsu_inode *i;
	struct efsu_stat st;
	char mode[11], *target;
	u16 type;
	int err;

	err = efsu_walk(op->fs, NULL, op->path, op->len, walk_flags, &i);
	if (err)
		return cmd_error(err, op->arg);
	efsu_stat(i, &st);
	cmd_mode(st.attr.mode, mode);
	type = st.attr.mode & EFS_S_IFMT;
	fputs("path: ", stdout);
	cmd_print_name(op->path, op->len);
	printf("\ntype: %s\ninode: %u\nmode: %04o %s\nlinks: %u\nuid: %u\ngid: %u\n",
	       type_name(st.attr.mode), st.ino, st.attr.mode & 07777u, mode, st.attr.nlink,
	       st.attr.uid, st.attr.gid);
	printf("size: %llu\nsectors: %llu\nblock size: %u\n", st.attr.size, st.attr.sectors,
	       efsu_sb(op->fs)->geo.block_size);
	if (type == EFS_S_IFBLK || type == EFS_S_IFCHR)
		printf("device: %u, %u\n", st.major, st.minor);
	if (type == EFS_S_IFLNK) {
		err = efsu_readlink(i, &target);
		if (!err) {
			fputs("target: ", stdout);
			cmd_print_name(target, strlen(target));
			putchar('\n');
			free(target);
		}
	}
	print_time("atime", &st.attr.atime);
	print_time("mtime", &st.attr.mtime);
	print_time("ctime", &st.attr.ctime);
	if (st.btime.sec || st.btime.nsec)
		print_time("btime", &st.btime);
	else
		puts("btime: -");
	print_flags(st.flags);
	printf("generation: %u\nattribute block: %u\n", st.generation, st.file_acl);
	efsu_iput(i);
	return err ? cmd_error(err, op->arg) : CMD_OK;
}

int cmd_stat(int argc, char **argv)
{
	u32 walk_flags = EFSU_WALK_NOFOLLOW;
	int c, status = CMD_OK;
	bool first = true;
	struct operand op;

	while ((c = getopt(argc, argv, "+L")) != -1) {
		if (c != 'L')
			return cmd_usage("wrong option");
		walk_flags = 0;
	}
	if (optind == argc)
		return cmd_usage("no file is named");
	for (; optind < argc; optind++) {
		if (cmd_open(argv[optind], true, &op)) {
			status = CMD_FAILED;
			continue;
		}
		if (!first)
			putchar('\n');
		first = false;
		if (stat_file(&op, walk_flags))
			status = CMD_FAILED;
	}
	return status;
}
