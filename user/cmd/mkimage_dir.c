// SPDX-License-Identifier: GPL-2.0
/*
 * A directory of this machine as the tree of an image.
 *
 * Nothing is followed: symbolic links go into the image as they are, and what is mounted in the
 * directory belongs to it. Directories wait on a list, so depth costs no stack.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "mkimage.h"

/* a file that has several names on this machine */
struct number {
	dev_t dev;
	ino_t ino;
	struct inode *inode;
};

/**
 * struct known - such files, by number
 * @slots: @mask + 1 of them, less than half full; one that is free has no inode
 */
struct known {
	struct number *slots;
	size_t used, mask;
};

/* where a file is, or would be */
static struct number *slot_of(const struct known *known, dev_t dev, ino_t ino)
{
	uint64_t h = ((uint64_t)ino ^ (uint64_t)dev << 32) * 0x9E3779B97F4A7C15ull;
	size_t k = (size_t)(h >> 32) & known->mask;

	while (known->slots[k].inode && (known->slots[k].ino != ino || known->slots[k].dev != dev))
		k = (k + 1) & known->mask;
	return &known->slots[k];
}

static void known_grow(struct known *known)
{
	struct known old = *known;
	size_t k;

	known->mask = old.slots ? 2 * old.mask + 1 : 255;
	known->slots = cmd_alloc((known->mask + 1) * sizeof(*known->slots));
	for (k = 0; old.slots && k <= old.mask; k++)
		if (old.slots[k].inode)
			*slot_of(known, old.slots[k].dev, old.slots[k].ino) = old.slots[k];
	free(old.slots);
}

static int failed(const char *path)
{
	cmd_error(-errno, path);
	return -1;
}

static int read_attributes(struct inode *inode, const char *path)
{
	ssize_t size = llistxattr(path, NULL, 0), got, value_size;
	char *names, *name, *value;
	int ret = 0;

	if (size <= 0)
		return size && errno != ENOTSUP ? failed(path) : 0;
	names = cmd_alloc((size_t)size);
	got = llistxattr(path, names, (size_t)size);
	if (got < 0)
		ret = failed(path);
	for (name = names; !ret && name < names + got; name += strlen(name) + 1) {
		value_size = lgetxattr(path, name, NULL, 0);
		value = cmd_alloc(value_size < 0 ? 1 : (size_t)value_size + 1);
		if (value_size >= 0)
			value_size = lgetxattr(path, name, value, (size_t)value_size);
		/* one that is gone, or not for us to read, is not there */
		if (value_size >= 0)
			tree_attribute(inode, name, value, (size_t)value_size);
		else if (errno != ENODATA && errno != ENOTSUP && errno != EPERM && errno != EACCES)
			ret = failed(path);
		free(value);
	}
	free(names);
	return ret;
}

static int read_target(struct inode *inode, const char *path, const struct stat *st)
{
	size_t room = (size_t)st->st_size + 1;
	ssize_t len;

	/* some file systems do not say how long it is */
	if (room < 4096)
		room = 4096;
	inode->target = cmd_alloc(room + 1);
	len = readlink(path, inode->target, room);
	if (len < 0)
		return failed(path);
	if ((size_t)len == room) {
		errno = ENAMETOOLONG;
		return failed(path);
	}
	return 0;
}

static int read_pieces(struct inode *inode, const char *path, const struct stat *st)
{
	int fd;

	inode->size = (uint64_t)st->st_size;
	if ((uint64_t)st->st_blocks * 512 >= inode->size) {
		inode->data = inode->size;
		inode->pieces = 1;
		return 0;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return failed(path);
	tree_pieces(inode, fd, 0);
	close(fd);
	return 0;
}

/* all about the file at @path, except what is in a directory */
static int read_inode(struct tree *t, struct item *i, const char *path, const struct stat *st)
{
	struct inode *inode = tree_inode(t, i, st->st_mode & 0xffff);

	inode->uid = st->st_uid;
	inode->gid = st->st_gid;
	inode->mtime.sec = st->st_mtim.tv_sec;
	inode->mtime.nsec = (uint32_t)st->st_mtim.tv_nsec;
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		inode->major = major(st->st_rdev);
		inode->minor = minor(st->st_rdev);
	}
	if (S_ISLNK(st->st_mode) && read_target(inode, path, st))
		return -1;
	if (S_ISREG(st->st_mode) && read_pieces(inode, path, st))
		return -1;
	return read_attributes(inode, path);
}

/* another name of a file that was met before? */
static bool is_known(struct tree *t, const struct known *known, struct item *i,
		     const struct stat *st)
{
	const struct number *n = known->slots ? slot_of(known, st->st_dev, st->st_ino) : NULL;

	if (!n || !n->inode)
		return false;
	tree_link(t, i, n->inode);
	return true;
}

static void remember(struct known *known, struct inode *inode, const struct stat *st)
{
	if (2 * ++known->used > known->mask)
		known_grow(known);
	*slot_of(known, st->st_dev, st->st_ino) = (struct number){ st->st_dev, st->st_ino, inode };
}

static int read_entry(struct tree *t, struct item *dir, const char *dir_path, const char *name,
		      struct known *known)
{
	char *path = cmd_join(dir_path, name);
	struct stat st;
	struct item *i;
	int ret = 0;

	if (lstat(path, &st)) {
		ret = failed(path);
	} else {
		i = tree_add(t, dir, name, strlen(name));
		if (S_ISDIR(st.st_mode) || st.st_nlink < 2 || !is_known(t, known, i, &st)) {
			ret = read_inode(t, i, path, &st);
			if (!S_ISDIR(st.st_mode) && st.st_nlink > 1)
				remember(known, i->inode, &st);
		}
	}
	free(path);
	return ret;
}

static int read_names(struct tree *t, struct item *dir, const char *path, struct known *known)
{
	DIR *d = opendir(path);
	struct dirent *de;
	int ret = 0;

	if (!d)
		return failed(path);
	while (!ret && (errno = 0, de = readdir(d)) && !cmd_signal) {
		if (strcmp(de->d_name, ".") && strcmp(de->d_name, ".."))
			ret = read_entry(t, dir, path, de->d_name, known);
	}
	if (!ret && !cmd_signal && errno)
		ret = failed(path);
	closedir(d);
	return cmd_signal ? -1 : ret;
}

/* the next directory in the tree behind @i; what is in them has just been read */
static struct item *next_dir(struct item *i)
{
	do {
		if (i->child) {
			i = i->child;
		} else {
			while (i && !i->next)
				i = i->parent;
			i = i ? i->next : NULL;
		}
	} while (i && (i->inode->mode & EFS_IFMT) != EFS_IFDIR);
	return i;
}

int read_dir(struct tree *t, const char *path)
{
	struct known known = { 0 };
	struct item *i;
	struct stat st;
	int ret = 0;

	if (stat(path, &st))
		return failed(path);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return failed(path);
	}
	t->source = path;
	ret = read_inode(t, t->root, path, &st);
	for (i = t->root; i && !ret; i = next_dir(i)) {
		char *dir = tree_path(i, path);

		ret = read_names(t, i, dir, &known);
		free(dir);
	}
	free(known.slots);
	return ret;
}
