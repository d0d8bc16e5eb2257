// SPDX-License-Identifier: GPL-2.0
/*
 * The tree of an image goes into its volume, in the order of names.
 *
 * A file is made under the first of its names that comes along, the others become links to it;
 * so the image does not depend on the order in which the source told them. Attributes are set
 * when nothing else changes a file any more: those of a directory after all that is in it.
 * Directories on the way down are open, which is as many as the path is long.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <fcntl.h>
#include <unistd.h>

#include "mkimage.h"

static int failed(const struct fill *f, const struct item *i, int err)
{
	char *path = tree_path(i, "");

	cmd_complain(f->name, "%s: %s", cmd_escape(path, strlen(path)), cmd_reason(err));
	free(path);
	return -1;
}

/* ---- contents ---- */

/* @len bytes at @off of @fd to @at of @file */
static int copy_piece(struct fill *f, const struct item *i, int fd, uint64_t off, uint64_t at,
		      uint64_t len, void *buf)
{
	size_t want, done;
	ssize_t got;
	int err;

	for (; len; len -= want, off += want, at += want) {
		if (cmd_signal)
			return -1;
		want = len < CMD_BUFFER ? (size_t)len : CMD_BUFFER;
		got = pread(fd, buf, want, (off_t)off);
		if (got < 0)
			return failed(f, i, -errno);
		if (!got) {
			cmd_complain(f->name, "%s: It became shorter while it was read",
				     cmd_escape(i->name, strlen(i->name)));
			return -1;
		}
		want = (size_t)got;
		err = efs_file_write(i->inode->file, at, buf, want, &done);
		if (err)
			return failed(f, i, err);
	}
	return 0;
}

static int copy_pieces(struct fill *f, const struct item *i, int fd, uint64_t base)
{
	uint64_t at = base, end = base + i->inode->size;
	void *buf = cmd_alloc(end - at > CMD_BUFFER ? CMD_BUFFER : (size_t)(end - at));
	off_t data, hole;
	int ret = 0;

	while (at < end && !ret) {
		data = lseek(fd, (off_t)at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			break;
		hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
		if (hole < 0) {
			data = (off_t)at;
			hole = (off_t)end;
		}
		if ((uint64_t)data >= end)
			break;
		at = (uint64_t)hole < end ? (uint64_t)hole : end;
		ret = copy_piece(f, i, fd, (uint64_t)data, (uint64_t)data - base,
				 at - (uint64_t)data, buf);
	}
	free(buf);
	return ret;
}

static int copy_contents(struct fill *f, const struct item *i)
{
	struct inode *inode = i->inode;
	struct efs_info info;
	char *path;
	int fd, ret, err;

	if (!inode->size)
		return 0;
	if (f->tree->source) {
		path = tree_path(inode->item, f->tree->source);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0) {
			cmd_error(-errno, path);
			free(path);
			return -1;
		}
		free(path);
		ret = copy_pieces(f, i, fd, 0);
		close(fd);
	} else {
		ret = copy_pieces(f, i, f->tree->spool, inode->base);
	}
	if (ret)
		return ret;
	/* a hole at the end */
	efs_file_info(inode->file, &info);
	err = info.size < inode->size ? efs_file_truncate(inode->file, inode->size) : 0;
	return err ? failed(f, i, err) : 0;
}

/* ---- attributes ---- */

static int set_attributes(struct fill *f, const struct item *i, struct efs_file *file)
{
	const struct inode *inode = i->inode;
	const struct owner *owner = !i->parent && f->root_owner.set ? &f->root_owner : &f->owner;
	struct efs_changes c = {
		.mask = EFS_SET_UID | EFS_SET_GID | EFS_SET_MTIME | EFS_SET_ATIME,
		.mode = inode->mode & 07777,
		.uid = owner->set ? owner->uid : inode->uid,
		.gid = owner->set ? owner->gid : inode->gid,
		.mtime = inode->mtime,
	};
	const struct attribute *a;
	int err;

	/* a link has no permissions */
	if ((inode->mode & EFS_IFMT) != EFS_IFLNK)
		c.mask |= EFS_SET_MODE;
	if (f->epoch >= 0 && c.mtime.sec >= f->epoch) {
		c.mtime.sec = f->epoch;
		c.mtime.nsec = 0;
	}
	/* reading the source changes its own; none would be the same twice */
	c.atime = c.mtime;
	err = efs_file_change(file, &c);
	if (err)
		return failed(f, i, err);
	/* an ACL brings the group's permissions of the mode along: it comes later */
	for (a = inode->attributes; a; a = a->next) {
		err = efs_xattr_set(file, a->name, a->value, a->size, 0);
		if (err) {
			char *path = tree_path(i, "");

			cmd_complain(f->name, "%s: attribute %s: %s",
				     cmd_escape(path, strlen(path)),
				     cmd_escape(a->name, strlen(a->name)), cmd_reason(err));
			free(path);
			return -1;
		}
	}
	return 0;
}

/* ---- names ---- */

/* the volume's own lost+found is what a directory of that name becomes */
static int make_inode(struct fill *f, const struct item *i, struct efs_file *dir)
{
	struct inode *inode = i->inode;
	struct efs_create what = {
		.mode = inode->mode,
		.major = inode->major,
		.minor = inode->minor,
		.target = inode->target,
	};
	int err = efs_create_in(dir, i->name, &what, &inode->file);

	if (err == -EEXIST && (inode->mode & EFS_IFMT) == EFS_IFDIR)
		err = efs_open_in(dir, i->name, &inode->file);
	if (!err && efs_file_type(inode->file) != (inode->mode & EFS_IFMT))
		err = -EEXIST;
	if (err)
		return failed(f, i, err);
	if ((inode->mode & EFS_IFMT) == EFS_IFREG && copy_contents(f, i))
		return -1;
	/* a directory gets them when it is complete */
	return (inode->mode & EFS_IFMT) == EFS_IFDIR ? 0 : set_attributes(f, i, inode->file);
}

static int make_name(struct fill *f, const struct item *i)
{
	struct efs_file *dir = i->parent->inode->file;
	struct inode *inode = i->inode;
	int err = 0;

	if (!inode->made) {
		if (make_inode(f, i, dir))
			return -1;
	} else {
		err = efs_link_in(dir, i->name, inode->file);
	}
	if (err)
		return failed(f, i, err);
	if (++inode->made == inode->names && (inode->mode & EFS_IFMT) != EFS_IFDIR) {
		efs_file_close(inode->file);
		inode->file = NULL;
	}
	return 0;
}

static int leave_dir(struct fill *f, const struct item *dir)
{
	struct inode *inode = dir->inode;
	int ret = set_attributes(f, dir, inode->file);

	efs_file_close(inode->file);
	inode->file = NULL;
	return ret;
}

/* the next name behind @i, leaving directories that end here; NULL: all is done, or *@ret < 0 */
static const struct item *go_on(struct fill *f, const struct item *i, int *ret)
{
	if (i->child)
		return i->child;
	for (;;) {
		if ((i->inode->mode & EFS_IFMT) == EFS_IFDIR)
			*ret = leave_dir(f, i);
		if (*ret || !i->parent)
			return NULL;
		if (i->next)
			return i->next;
		i = i->parent;
	}
}

/* what a failure has left open */
static void close_files(struct tree *t)
{
	const struct item *i = t->root;

	while (i) {
		efs_file_close(i->inode->file);
		i->inode->file = NULL;
		if (i->child) {
			i = i->child;
			continue;
		}
		while (i && !i->next)
			i = i->parent;
		i = i ? i->next : NULL;
	}
}

int fill_volume(struct fill *f)
{
	const struct item *i = f->tree->root;
	int ret = efs_root(f->vol, &i->inode->file);

	if (ret) {
		cmd_error(ret, f->name);
		return -1;
	}
	while ((i = go_on(f, i, &ret))) {
		ret = cmd_signal ? -1 : make_name(f, i);
		if (ret)
			break;
	}
	if (ret)
		close_files(f->tree);
	return ret;
}
