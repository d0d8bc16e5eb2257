// SPDX-License-Identifier: GPL-2.0
/*
 * The copying engine: one operand and all below it, from either side to either side.
 *
 * A new file gets its name when all of it is there: what fits into the buffer is read
 * before the file is made, what does not is written to a file without a name in an image.
 * So whatever ends a copy leaves nothing of a new file. A file that was there before is
 * overwritten in place, as cp(1) does, and if that stops half way the message says how
 * far it got. Directories get their attributes when they are full.
 *
 * Depth costs memory, not stack.
 */
#include <unistd.h>

#include "copy.h"

/* files up to this size are read before they are made, into the one buffer there is */
#define SMALL ((uint64_t)CMD_BUFFER)

/* ---- messages ---- */

static void failed(struct copy *c, int err, const char *what)
{
	progress_clear();
	c->status = cmd_error(err, what);
}

static void refuse(struct copy *c, const char *what, const char *why)
{
	progress_clear();
	c->status = cmd_complain(what, "%s", why);
}

/* ---- files with several names ---- */

struct hardlink {
	struct hardlink *next;
	uint64_t dev, ino;
	char *rel;		/* the first copy, from the base on */
};

static struct hardlink **link_slot(struct copy *c, const struct efs_info *i)
{
	uint64_t k = (i->ino ^ i->dev << 48) * 0x9E3779B97F4A7C15u >> 20;

	return &c->links[k % c->link_slots];
}

static void more_slots(struct copy *c)
{
	struct hardlink **old = c->links, *h, **slot;
	size_t n = c->link_slots, k;
	struct efs_info i = { 0 };

	c->link_slots = n ? 4 * n : 256;
	c->links = cmd_alloc(c->link_slots * sizeof(*c->links));
	for (k = 0; k < n; k++) {
		while ((h = old[k])) {
			old[k] = h->next;
			i.dev = h->dev;
			i.ino = h->ino;
			slot = link_slot(c, &i);
			h->next = *slot;
			*slot = h;
		}
	}
	free(old);
}

static bool has_links(const struct copy *c, const struct node *src)
{
	return c->keep_links && src->info.nlink > 1 && !src->stream;
}

static void remember_link(struct copy *c, const struct node *src, const char *rel)
{
	struct hardlink *h, **slot;

	if (!has_links(c, src))
		return;
	if (c->nlinks >= c->link_slots)
		more_slots(c);
	slot = link_slot(c, &src->info);
	h = cmd_alloc(sizeof(*h));
	h->dev = src->info.dev;
	h->ino = src->info.ino;
	h->rel = cmd_strdup(rel);
	h->next = *slot;
	*slot = h;
	c->nlinks++;
}

static const char *first_copy(struct copy *c, const struct node *src)
{
	struct hardlink *h;

	if (!has_links(c, src) || !c->link_slots)
		return NULL;
	for (h = *link_slot(c, &src->info); h; h = h->next)
		if (h->dev == src->info.dev && h->ino == src->info.ino)
			return h->rel;
	return NULL;
}

/* the last step to @name in @at, which is not opened: it is only to be linked */
static int link_to(const struct node *at, char *name, struct node *dir, const char *new_name)
{
	struct node to = *at;
	int err;

	if (!dir->side->image) {
		to.dirfd = at->fd;
		to.name = name;
		return dir->side->link(dir, new_name, &to);
	}
	err = dir->side->look(at, name, 0, &to);
	if (err)
		return err;
	err = dir->side->link(dir, new_name, &to);
	dir->side->close(&to);
	return err;
}

/* Make @name in @dir one more name of what is at @rel below the base. */
static int link_copy(struct copy *c, const char *rel, struct node *dir, const char *name)
{
	char *copy = cmd_strdup(rel), *left = copy, *part;
	struct node at = *c->base, next;
	bool mine = false;
	int err = 0;

	while ((part = strsep(&left, "/")) && left && !err) {
		err = dir->side->look(&at, part, 0, &next);
		if (mine)
			dir->side->close(&at);
		mine = !err;
		at = next;
	}
	if (!err)
		err = link_to(&at, part, dir, name);
	if (mine)
		dir->side->close(&at);
	free(copy);
	return err;
}

/* ---- attributes ---- */

static uint32_t mode_for(const struct copy *c, const struct efs_info *i)
{
	if (c->mode >= 0 && ((i->mode & EFS_IFMT) == EFS_IFREG))
		return (uint32_t)c->mode;
	if (c->keep_mode)
		return i->mode & 07777;
	return i->mode & 0777 & ~c->umask;
}

static int copy_xattr(struct node *src, struct node *dst, const char *name)
{
	static char value[65536];
	size_t len;
	int err = src->side->xattr_get(src, name, value, sizeof(value), &len);

	/* it may have gone since it was listed */
	if (err)
		return err == -ENODATA ? 0 : err;
	return dst->side->xattr_set(dst, name, value, len);
}

static void copy_xattrs(struct copy *c, struct node *src, struct node *dst, const char *dst_shown)
{
	static char names[65536];
	const char *name;
	size_t len = 0;
	int err = src->side->xattr_list(src, names, sizeof(names), &len);

	for (name = names; !err && name < names + len; name += strlen(name) + 1) {
		err = copy_xattr(src, dst, name);
		/* as cp -a: what the target does not have or allow may be left out */
		if ((err == -EOPNOTSUPP || err == -EPERM) && !c->xattrs_must)
			err = 0;
		if (err) {
			progress_clear();
			c->status = cmd_complain(dst_shown, "Extended attribute %s: %s",
						 cmd_escape(name, strlen(name)), cmd_reason(err));
			err = 0;
		}
	}
	if (err && err != -EOPNOTSUPP)
		failed(c, err, dst_shown);
}

static void copy_attributes(struct copy *c, struct node *src, struct node *dst,
			    const char *dst_shown)
{
	const struct efs_info *i = &src->info;
	struct efs_changes ch = { .mode = mode_for(c, i), .uid = i->uid, .gid = i->gid,
				  .atime = i->atime, .mtime = i->mtime };
	int err = 0;

	if (c->keep_owner) {
		/* with a mode, set-ID bits stay */
		ch.mask = EFS_SET_UID | EFS_SET_GID | (dst->side->image ? EFS_SET_MODE : 0);
		if (!c->keep_mode)
			ch.mask &= ~(unsigned int)EFS_SET_MODE;
		err = dst->side->change(dst, &ch);
		if (err == -EPERM && !dst->side->image && geteuid()) {
			/* as cp(1): only root gives files away, and set-ID bits were for another */
			err = 0;
			ch.mode &= 0777;
		}
		if (err)
			failed(c, err, dst_shown);
	}
	if (c->keep_xattrs)
		copy_xattrs(c, src, dst, dst_shown);
	ch.mask = 0;
	if (c->keep_mode || (dst->fresh && (!dst->side->image || c->mode >= 0)))
		ch.mask |= EFS_SET_MODE;
	if (c->keep_times)
		ch.mask |= EFS_SET_ATIME | EFS_SET_MTIME;
	if ((i->mode & EFS_IFMT) == EFS_IFLNK)
		ch.mask &= ~(unsigned int)EFS_SET_MODE;
	err = ch.mask ? dst->side->change(dst, &ch) : 0;
	if (err)
		failed(c, err, dst_shown);
}

static void prepare(const struct copy *c, const struct efs_info *i, struct efs_create *what)
{
	memset(what, 0, sizeof(*what));
	what->mode = (i->mode & EFS_IFMT) | mode_for(c, i);
	what->uid = c->keep_owner ? i->uid : geteuid();
	what->gid = c->keep_owner ? i->gid : getegid();
	what->major = i->major;
	what->minor = i->minor;
}

/* ---- contents ---- */

/**
 * struct transfer - one file's contents on their way
 * @done: bytes of the file so far, holes included
 * @ready: all of it is in the buffer already
 * @source: whose fault an error is
 */
struct transfer {
	struct copy *c;
	struct node *src, *dst;
	uint64_t done;
	bool ready, source, at_end;
};

static int move_data(struct transfer *t, uint64_t end)
{
	while (t->done < end && !t->at_end) {
		size_t want = CMD_BUFFER, got = 0, put = 0;
		char *buf = t->c->buf;
		int err = 0;

		if (end - t->done < want)
			want = (size_t)(end - t->done);
		t->source = true;
		if (cmd_signal)
			return -EINTR;
		if (t->ready) {
			buf += t->done;
			got = want;
		} else {
			err = t->src->side->read(t->src, t->done, buf, want, &got);
		}
		if (err)
			return err;
		t->source = false;
		err = got ? t->dst->side->write(t->dst, t->done, buf, got, &put) : 0;
		t->done += put;
		progress_bytes(put);
		if (err)
			return err;
		t->at_end = got < want;
	}
	return 0;
}

static int contents(struct transfer *t)
{
	uint64_t start, end, size = t->src->info.size;
	int err = 0;

	if (t->src->stream)
		return move_data(t, UINT64_MAX);
	while (!t->at_end && size) {
		t->source = true;
		err = t->src->side->seek(t->src, t->done, false, &start);
		if (err == -ENXIO)
			break;
		if (!err)
			err = t->src->side->seek(t->src, start, true, &end);
		if (err)
			return err;
		/* what was read before is all there is of it */
		if (t->ready && end > size)
			end = size;
		if (start >= end)
			break;
		t->done = start;
		err = move_data(t, end);
		if (err)
			return err;
	}
	/* what is left at the end is a hole */
	t->source = false;
	if (t->done >= size)
		return 0;
	t->done = size;
	return t->dst->side->truncate(t->dst, size);
}

static void transfer_failed(const struct transfer *t, int err, const char *src_shown,
			    const char *dst_shown, bool old)
{
	const char *what = t->source && err != -EINTR ? src_shown : dst_shown;

	if (err == -EUCLEAN && !old) {
		failed(t->c, err, what);
		return;
	}
	progress_clear();
	t->c->status = CMD_FAILED;
	if (!old)
		cmd_complain(what, "%s; nothing was written", cmd_reason(err));
	else
		cmd_complain(what, "%s; %s is incomplete: %llu bytes of it were written",
			     cmd_reason(err), cmd_escape(dst_shown, strlen(dst_shown)),
			     (unsigned long long)t->done);
}

static int read_small(struct transfer *t)
{
	size_t got = 0;
	int err;

	t->source = true;
	err = t->src->side->read(t->src, 0, t->c->buf, (size_t)t->src->info.size, &got);
	if (err)
		return err;
	/* it has become shorter meanwhile */
	t->src->info.size = got;
	t->ready = true;
	t->source = false;
	return 0;
}

static void new_file(struct copy *c, struct node *src, const char *src_shown, struct node *dir,
		     const char *name, const char *dst_shown)
{
	struct transfer t = { .c = c, .src = src };
	bool temp = src->stream || src->info.size > SMALL, made = false;
	int status = c->status, err = 0;
	struct efs_create what;
	struct node dst;

	if (!temp && src->info.size)
		err = read_small(&t);
	prepare(c, &src->info, &what);
	what.mode = EFS_IFREG | (what.mode & 07777);
	if (!err) {
		err = dir->side->create(dir, name, &what, temp, &dst);
		made = !err;
	}
	if (!err) {
		t.dst = &dst;
		err = contents(&t);
		if (!err && cmd_signal)
			err = -EINTR;
	}
	if (!err) {
		c->status = CMD_OK;
		copy_attributes(c, src, &dst, dst_shown);
		c->status = c->status ? c->status : status;
		if (dst.temp)
			err = dir->side->name_it(dir, name, &dst);
	}
	if (err) {
		transfer_failed(&t, err, src_shown, dst_shown, false);
		if (made && !dst.temp)
			dir->side->unlink(dir, name);
	}
	if (made)
		dir->side->close(&dst);
}

static void over_file(struct copy *c, struct node *src, const char *src_shown, struct node *old,
		      const char *dst_shown)
{
	struct transfer t = { .c = c, .src = src, .dst = old };
	int err;

	err = old->side->truncate(old, 0);
	if (err) {
		failed(c, err, dst_shown);
		return;
	}
	err = contents(&t);
	if (err)
		transfer_failed(&t, err, src_shown, dst_shown, true);
	else
		copy_attributes(c, src, old, dst_shown);
}

/* ---- what is no regular file and no directory ---- */

static void new_special(struct copy *c, struct node *src, const char *src_shown, struct node *dir,
			const char *name, const char *dst_shown)
{
	struct efs_create what;
	char *target = NULL;
	struct node dst;
	int err;

	prepare(c, &src->info, &what);
	if ((what.mode & EFS_IFMT) == EFS_IFLNK) {
		what.mode = EFS_IFLNK | 0777;
		err = src->side->readlink(src, &target);
		if (err) {
			failed(c, err, src_shown);
			return;
		}
		what.target = target;
	}
	err = dir->side->create(dir, name, &what, false, &dst);
	free(target);
	if (err) {
		failed(c, err, dst_shown);
		return;
	}
	copy_attributes(c, src, &dst, dst_shown);
	dir->side->close(&dst);
}

/* ---- one file ---- */

/* the image that is being read or written, seen from outside */
static bool is_image(const struct node *n)
{
	return !n->side->image && cmd_is_open_image(n->info.dev, n->info.ino);
}

static bool same_file(const struct node *a, const struct node *b)
{
	return a->side == b->side && a->info.dev == b->info.dev && a->info.ino == b->info.ino;
}

/* Make room where @old is. False: the file is not to be copied, or cannot be. */
static bool make_room(struct copy *c, const struct node *src, struct node *dir, const char *name,
		      const struct node *old, const char *dst_shown, bool replace)
{
	uint32_t type = old->info.mode & EFS_IFMT;
	int err;

	if (same_file(src, old)) {
		refuse(c, dst_shown, "It is the file that is to be copied");
		return false;
	}
	if (type == EFS_IFDIR || (!replace && !c->force)) {
		refuse(c, dst_shown, "Exists and is no regular file");
		return false;
	}
	err = dir->side->unlink(dir, name);
	if (err)
		failed(c, err, dst_shown);
	return !err;
}

/* one that is no directory */
static void copy_file(struct copy *c, struct node *src, const char *src_shown, struct node *dir,
		      const char *name, const char *dst_shown, bool follow, const char *rel)
{
	uint32_t type = src->info.mode & EFS_IFMT;
	bool regular = type == EFS_IFREG || src->stream, over = false;
	const char *first = first_copy(c, src);
	struct node old;
	int err = -ENOENT;

	if (!regular && !c->deep && type != EFS_IFLNK) {
		refuse(c, src_shown, "Not a regular file");
		return;
	}
	if (is_image(src)) {
		refuse(c, src_shown, "It is the image that is in use");
		return;
	}
	/* nothing is in a directory that was just made */
	if (!dir->fresh)
		err = dir->side->look(dir, name, (regular && !first ? LOOK_WRITE : 0) |
				      (follow ? LOOK_FOLLOW : 0), &old);
	if (err == -ENOENT && follow && !dir->side->look(dir, name, 0, &old)) {
		dir->side->close(&old);
		refuse(c, dst_shown, "Refusing to write through a link that leads nowhere");
		return;
	}
	if (err == -EACCES && c->force)
		err = dir->side->unlink(dir, name) ? err : -ENOENT;
	if (err && err != -ENOENT) {
		failed(c, err, dst_shown);
		return;
	}
	if (!err && c->keep_files) {
		dir->side->close(&old);
		return;
	}
	if (!err && is_image(&old)) {
		dir->side->close(&old);
		refuse(c, dst_shown, "It is the image that is in use");
		return;
	}
	if (!err && regular && !first && (old.info.mode & EFS_IFMT) == EFS_IFREG &&
	    !same_file(src, &old))
		over = true;
	else if (!err && !make_room(c, src, dir, name, &old, dst_shown, !regular || first)) {
		dir->side->close(&old);
		return;
	}
	if (c->verbose) {
		progress_clear();
		printf("'%s' -> ", cmd_escape(src_shown, strlen(src_shown)));
		printf("'%s'\n", cmd_escape(dst_shown, strlen(dst_shown)));
	}
	progress_file(src_shown);
	/* a link that cannot be made becomes a copy */
	if (over)
		over_file(c, src, src_shown, &old, dst_shown);
	else if (first && !link_copy(c, first, dir, name))
		first = NULL;
	else if (regular)
		new_file(c, src, src_shown, dir, name, dst_shown);
	else
		new_special(c, src, src_shown, dir, name, dst_shown);
	if (!err)
		dir->side->close(&old);
	remember_link(c, src, rel);
}

/* ---- directories ---- */

struct level {
	struct level *up;
	struct node src, dst;
	bool borrowed;		/* dst is the caller's */
	char *src_shown, *dst_shown, *rel, *name;
	struct names names;
	size_t next;
};

void names_free(struct names *names)
{
	while (names->n)
		free(names->v[--names->n]);
	free(names->v);
	names->v = NULL;
}

/* is a directory met again: a loop on the volume, or of links, or the copy itself? */
static bool goes_round(struct copy *c, const struct level *top, const struct node *src,
		       const char *src_shown)
{
	const struct level *l;

	if (src->side->image && c->base->side->image && src->info.dev == c->base->info.dev &&
	    inoset_has(&c->made, src->info.ino)) {
		refuse(c, src_shown, "Cannot copy a directory into itself");
		return true;
	}
	if (src->side->image && c->follow != FOLLOW_ALL) {
		if (inoset_add(&c->walked, src->info.ino))
			return false;
		refuse(c, src_shown, "Met for the second time: run e2fsck");
		return true;
	}
	for (l = top; l; l = l->up)
		if (same_file(&l->src, src)) {
			failed(c, -ELOOP, src_shown);
			return true;
		}
	return false;
}

static int target_dir(struct copy *c, struct node *src, struct node *dir, const char *name,
		      struct node *out)
{
	struct efs_create what;
	int err = -ENOENT;

	if (!dir->fresh)
		err = dir->side->look(dir, name, 0, out);
	if (!err && (out->info.mode & EFS_IFMT) != EFS_IFDIR) {
		dir->side->close(out);
		return -ENOTDIR;
	}
	if (err != -ENOENT)
		return err;
	prepare(c, &src->info, &what);
	/* whoever copies must be able to go on below */
	if (!c->keep_mode)
		what.mode |= 0700;
	return dir->side->create(dir, name, &what, false, out);
}

/* @src is given away. Return: the new top */
static struct level *enter(struct copy *c, struct level *top, struct node *src,
			   const char *src_shown, struct node *dir, const char *name,
			   const char *dst_shown, const char *rel)
{
	struct level *l;
	int err = 0;

	if (!c->deep) {
		failed(c, -EISDIR, src_shown);
		src->side->close(src);
		return top;
	}
	if (goes_round(c, top, src, src_shown)) {
		src->side->close(src);
		return top;
	}
	l = cmd_alloc(sizeof(*l));
	l->name = cmd_strdup(name);
	if (*name)
		err = target_dir(c, src, dir, l->name, &l->dst);
	else
		l->dst = *dir, l->borrowed = true;
	if (err) {
		failed(c, err, dst_shown);
		src->side->close(src);
		free(l->name);
		free(l);
		return top;
	}
	if (l->dst.side->image)
		inoset_add(&c->made, l->dst.info.ino);
	if (c->verbose && l->dst.fresh) {
		printf("'%s' -> ", cmd_escape(src_shown, strlen(src_shown)));
		printf("'%s'\n", cmd_escape(dst_shown, strlen(dst_shown)));
	}
	l->up = top;
	l->src = *src;
	l->src_shown = cmd_strdup(src_shown);
	l->dst_shown = cmd_strdup(dst_shown);
	l->rel = cmd_strdup(rel);
	err = src->side->list(&l->src, &l->names);
	if (err)
		failed(c, err, src_shown);
	return l;
}

static struct level *leave(struct copy *c, struct level *l)
{
	struct level *up = l->up;

	if (!cmd_signal && (l->dst.fresh || c->keep_mode || c->keep_times || c->keep_owner))
		copy_attributes(c, &l->src, &l->dst, l->dst_shown);
	names_free(&l->names);
	l->src.side->close(&l->src);
	if (!l->borrowed)
		l->dst.side->close(&l->dst);
	free(l->src_shown);
	free(l->dst_shown);
	free(l->rel);
	free(l->name);
	free(l);
	return up;
}

static struct level *step(struct copy *c, struct level *l)
{
	const char *name = l->names.v[l->next++];
	char *src_shown = cmd_join(l->src_shown, name), *dst_shown = cmd_join(l->dst_shown, name);
	char *rel = *l->rel ? cmd_join(l->rel, name) : cmd_strdup(name);
	struct level *top = l;
	struct node src;
	int err;

	/* a name is one component, whatever a damaged volume says */
	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		err = -EUCLEAN;
	else
		err = l->src.side->look(&l->src, name,
					c->follow == FOLLOW_ALL ? LOOK_FOLLOW : 0, &src);
	if (err) {
		failed(c, err, src_shown);
	} else if ((src.info.mode & EFS_IFMT) == EFS_IFDIR) {
		top = enter(c, l, &src, src_shown, &l->dst, name, dst_shown, rel);
	} else {
		copy_file(c, &src, src_shown, &l->dst, name, dst_shown, false, rel);
		src.side->close(&src);
	}
	free(src_shown);
	free(dst_shown);
	free(rel);
	return top;
}

void copy_one(struct copy *c, struct node *src, const char *src_shown, struct node *dir,
	      const char *name, const char *dst_shown, bool follow)
{
	struct level *top = NULL;

	if (!c->buf)
		c->buf = cmd_alloc(CMD_BUFFER);
	if ((src->info.mode & EFS_IFMT) != EFS_IFDIR) {
		copy_file(c, src, src_shown, dir, name, dst_shown, follow, name);
		src->side->close(src);
		return;
	}
	top = enter(c, NULL, src, src_shown, dir, name, dst_shown, name);
	while (top) {
		if (cmd_signal) {
			if (!top->up)
				refuse(c, top->dst_shown, "Interrupted: it is incomplete");
			top = leave(c, top);
		} else {
			top = top->next < top->names.n ? step(c, top) : leave(c, top);
		}
	}
	inoset_free(&c->walked);
}

void copy_end(struct copy *c)
{
	struct hardlink *h;
	size_t k;

	for (k = 0; k < c->link_slots; k++) {
		while ((h = c->links[k])) {
			c->links[k] = h->next;
			free(h->rel);
			free(h);
		}
	}
	free(c->links);
	inoset_free(&c->made);
	inoset_free(&c->walked);
	free(c->buf);
}
