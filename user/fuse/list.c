// SPDX-License-Identifier: GPL-2.0
/*
 * Directories as lists.
 *
 * The kernel asks for a list by the position behind the last entry it has used, and each entry
 * carries the position behind itself; so nothing is kept between two requests, and opening
 * a directory is not asked of us at all where the kernel can do without. The kernel then
 * keeps whole lists, too.
 *
 * In the list with attributes each entry counts as a lookup, but `.` and `..`, and what cannot
 * be opened: a name in a damaged directory can be seen and removed.
 */
#include "fuse.h"

#include <errno.h>
#include <string.h>

#define BATCH 64u

/**
 * struct list - a reply in the making
 * @plus: with attributes
 * @buf, @size, @used: the reply
 */
struct list {
	fuse_req_t req;
	struct efs_file *dir;
	bool plus;
	char *buf;
	size_t size, used;
};

static size_t entry_size(const struct list *l, const char *name)
{
	if (l->plus)
		return fuse_add_direntry_plus(l->req, NULL, 0, name, NULL, 0);
	return fuse_add_direntry(l->req, NULL, 0, name, NULL, 0);
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* what the kernel is to know of an entry beside its name */
static void fill(const struct list *l, const struct efs_entry_info *ent,
		 struct fuse_entry_param *e)
{
	struct efs_file *file;

	if (!is_dots(ent->name) && !efs_open_in(l->dir, ent->name, &file) &&
	    !efsd_known(efsd_of(l->req), file, e) && e->ino != FUSE_ROOT_ID)
		return;
	memset(e, 0, sizeof(*e));
	e->attr.st_ino = ent->ino;
	e->attr.st_mode = ent->type;
}

/* false: no room */
static bool add(struct list *l, const struct efs_entry_info *ent)
{
	struct fuse_entry_param e = { .attr = { .st_ino = ent->ino, .st_mode = ent->type } };
	size_t left = l->size - l->used, size;
	char *at = l->buf + l->used;

	if (l->plus) {
		/* known before the kernel is promised that it will hear of the file */
		size = entry_size(l, ent->name);
		if (size > left)
			return false;
		fill(l, ent, &e);
		fuse_add_direntry_plus(l->req, at, size, ent->name, &e, (off_t)ent->next);
	} else {
		/* writes nothing where there is no room */
		size = fuse_add_direntry(l->req, at, left, ent->name, &e.attr, (off_t)ent->next);
		if (size > left)
			return false;
	}
	l->used += size;
	return true;
}

/* An error comes up once the entries before it are taken. */
static int list(struct list *l, off_t off)
{
	struct efs_cursor cur = { .pos = (uint64_t)off, .version = EFS_CURSOR_ANY };
	struct efs_entry_info ents[BATCH];
	size_t max, n, k;
	int err;

	for (;;) {
		/* names of one or two letters: more cannot come */
		max = (l->size - l->used) / entry_size(l, "") + 1;
		err = efs_list_dir(l->dir, &cur, ents, max < BATCH ? max : BATCH, &n);
		if (err || !n)
			return l->used ? 0 : err;
		for (k = 0; k < n; k++)
			if (!add(l, &ents[k]))
				return 0;
	}
}

static void list_and_reply(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, bool plus)
{
	struct list l = {
		.req = req, .dir = efsd_file(req, ino), .plus = plus,
		.size = size < EFSD_IO_MAX ? size : EFSD_IO_MAX,
	};
	int err;

	l.buf = efsd_buffer(efsd_of(req), l.size);
	err = l.buf ? list(&l, off) : -ENOMEM;
	if (err) {
		efsd_reply(req, err);
		return;
	}
	efsd_accessed(req, ino, false);
	fuse_reply_buf(req, l.buf, l.used);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	(void)fi;
	list_and_reply(req, ino, size, off, false);
}

static void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
			   struct fuse_file_info *fi)
{
	(void)fi;
	list_and_reply(req, ino, size, off, true);
}

static void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	if (!efsd_of(req)->opendir) {
		/* the kernel does not ask again */
		efsd_reply(req, -ENOSYS);
		return;
	}
	fi->cache_readdir = 1;
	fi->keep_cache = 1;
	fuse_reply_open(req, fi);
}

void efsd_list_ops(struct fuse_lowlevel_ops *ops)
{
	ops->opendir = op_opendir;
	ops->readdir = op_readdir;
	ops->readdirplus = op_readdirplus;
}
