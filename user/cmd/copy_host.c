// SPDX-License-Identifier: GPL-2.0
/*
 * The side of copying that is on this machine.
 *
 * Everything goes through openat() and its like with an open directory and one name, and
 * without following links, unless the user named the link. What is made is made with
 * O_EXCL or fails where something is, so a link that an image brought along leads nowhere.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "copy.h"

static int result(int ret)
{
	return ret ? -errno : 0;
}

static void set_info(struct node *n, const struct stat *st)
{
	struct efs_info *i = &n->info;

	memset(i, 0, sizeof(*i));
	i->dev = st->st_dev;
	i->ino = st->st_ino;
	i->mode = st->st_mode;
	i->nlink = (uint32_t)st->st_nlink;
	i->uid = st->st_uid;
	i->gid = st->st_gid;
	i->major = major(st->st_rdev);
	i->minor = minor(st->st_rdev);
	i->size = (uint64_t)st->st_size;
	i->blocks = (uint64_t)st->st_blocks;
	i->atime.sec = st->st_atim.tv_sec;
	i->atime.nsec = (uint32_t)st->st_atim.tv_nsec;
	i->mtime.sec = st->st_mtim.tv_sec;
	i->mtime.nsec = (uint32_t)st->st_mtim.tv_nsec;
}

int host_node(int fd, struct node *out)
{
	struct stat st;

	memset(out, 0, sizeof(*out));
	out->side = &host_side;
	out->fd = fd;
	out->dirfd = -1;
	if (fd == AT_FDCWD)
		return 0;
	if (fstat(fd, &st))
		return -errno;
	set_info(out, &st);
	return 0;
}

/* how a file of that type is opened; -1: not at all */
static int open_flags(mode_t mode, unsigned int flags)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return (flags & LOOK_WRITE ? O_WRONLY : O_RDONLY) | O_NONBLOCK;
	case S_IFDIR:
		return O_RDONLY | O_DIRECTORY;
	case S_IFIFO:
	case S_IFCHR:
		return flags & LOOK_STREAM ? O_RDONLY : -1;
	}
	return -1;
}

static int host_look(const struct node *dir, const char *name, unsigned int flags,
		     struct node *out)
{
	bool follow = flags & LOOK_FOLLOW;
	struct stat st;
	int how;

	memset(out, 0, sizeof(*out));
	out->side = &host_side;
	out->fd = -1;
	out->dirfd = dir->fd;
	out->name = name;
	if (fstatat(dir->fd, name, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW))
		return -errno;
	how = open_flags(st.st_mode, flags);
	if (how >= 0) {
		out->fd = openat(dir->fd, name, how | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
		/* it is the file that was opened that counts from here on */
		if (out->fd < 0 || fstat(out->fd, &st))
			goto failed;
		out->stream = !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
	}
	set_info(out, &st);
	return 0;
failed:
	how = -errno;
	if (out->fd >= 0)
		close(out->fd);
	out->fd = -1;
	return how;
}

static void host_close(struct node *n)
{
	if (n->fd > STDIN_FILENO)
		close(n->fd);
	n->fd = -1;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* sorted, so that the same tree makes the same image */
static int host_list(struct node *dir, struct names *out)
{
	int err = 0, fd = dup(dir->fd);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	size_t room = 0;

	memset(out, 0, sizeof(*out));
	if (!d) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	rewinddir(d);
	while (errno = 0, (de = readdir(d))) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		if (out->n == room) {
			room = 2 * room + 64;
			out->v = cmd_realloc(out->v, room * sizeof(*out->v));
		}
		out->v[out->n++] = cmd_strdup(de->d_name);
	}
	err = -errno;
	closedir(d);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), compare);
	return err;
}

static int host_read(struct node *n, uint64_t off, void *buf, size_t len, size_t *done)
{
	*done = 0;
	while (*done < len) {
		char *to = (char *)buf + *done;
		ssize_t got;

		if (n->stream)
			got = read(n->fd, to, len - *done);
		else
			got = pread(n->fd, to, len - *done, (off_t)(off + *done));
		if (cmd_signal)
			return -EINTR;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		*done += (size_t)got;
	}
	return 0;
}

static int host_seek(struct node *n, uint64_t off, bool hole, uint64_t *at)
{
	off_t ret = lseek(n->fd, (off_t)off, hole ? SEEK_HOLE : SEEK_DATA);
	struct stat st;

	if (ret >= 0) {
		*at = (uint64_t)ret;
		return 0;
	}
	if (errno != EINVAL)
		return -errno;
	/* a file system that knows no holes */
	if (fstat(n->fd, &st))
		return -errno;
	if (off >= (uint64_t)st.st_size)
		return -ENXIO;
	*at = hole ? (uint64_t)st.st_size : off;
	return 0;
}

static int host_readlink(struct node *n, char **target)
{
	size_t room = 256;

	for (;;) {
		char *buf = cmd_alloc(room);
		ssize_t len = readlinkat(n->dirfd, n->name, buf, room);

		if (len >= 0 && (size_t)len < room) {
			*target = buf;
			return 0;
		}
		free(buf);
		if (len < 0)
			return -errno;
		room *= 2;
	}
}

/* a path to a node that is not open: through its directory, if that is */
static char *path_of(const struct node *n)
{
	char fd[64];

	if (n->dirfd == AT_FDCWD)
		return cmd_strdup(n->name);
	snprintf(fd, sizeof(fd), "/proc/self/fd/%d", n->dirfd);
	return cmd_join(fd, n->name);
}

static int length_or_error(ssize_t n, size_t *done)
{
	if (n < 0)
		return errno == ENOTSUP ? -EOPNOTSUPP : -errno;
	*done = (size_t)n;
	return 0;
}

static int host_xattr_list(struct node *n, char *buf, size_t size, size_t *done)
{
	char *path;
	int err;

	if (n->fd >= 0)
		return length_or_error(flistxattr(n->fd, buf, size), done);
	path = path_of(n);
	err = length_or_error(llistxattr(path, buf, size), done);
	free(path);
	return err;
}

static int host_xattr_get(struct node *n, const char *name, void *buf, size_t size, size_t *done)
{
	char *path;
	int err;

	if (n->fd >= 0)
		return length_or_error(fgetxattr(n->fd, name, buf, size), done);
	path = path_of(n);
	err = length_or_error(lgetxattr(path, name, buf, size), done);
	free(path);
	return err;
}

static int host_xattr_set(struct node *n, const char *name, const void *value, size_t size)
{
	char *path;
	int err;

	if (n->fd >= 0) {
		err = result(fsetxattr(n->fd, name, value, size, 0));
	} else {
		path = path_of(n);
		err = result(lsetxattr(path, name, value, size, 0));
		free(path);
	}
	return err == -ENOTSUP ? -EOPNOTSUPP : err;
}

/* Until it is filled nobody else may look into it: the mode comes last. */
static int host_create(const struct node *dir, const char *name, const struct efs_create *what,
		       bool temp, struct node *out)
{
	mode_t type = what->mode & EFS_IFMT, mode = what->mode & 0700;
	struct stat st;
	int err, how;
	dev_t dev;

	(void)temp;
	memset(out, 0, sizeof(*out));
	out->side = &host_side;
	out->fd = -1;
	out->dirfd = dir->fd;
	out->name = name;
	out->fresh = true;
	switch (type) {
	case EFS_IFREG:
		how = O_WRONLY | O_CREAT | O_EXCL;
		out->fd = openat(dir->fd, name, how | O_NOFOLLOW | O_CLOEXEC, 0600);
		err = out->fd < 0 ? -errno : 0;
		break;
	case EFS_IFDIR:
		err = result(mkdirat(dir->fd, name, 0700));
		if (!err) {
			how = O_RDONLY | O_DIRECTORY;
			out->fd = openat(dir->fd, name, how | O_NOFOLLOW | O_CLOEXEC);
			err = out->fd < 0 ? -errno : 0;
		}
		break;
	case EFS_IFLNK:
		err = result(symlinkat(what->target, dir->fd, name));
		break;
	default:
		dev = makedev(what->major, what->minor);
		err = result(mknodat(dir->fd, name, type | mode, dev));
	}
	if (err)
		return err;
	if (out->fd >= 0 ? fstat(out->fd, &st) : fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW)) {
		err = -errno;
		host_close(out);
		return err;
	}
	set_info(out, &st);
	return 0;
}

static int host_name_it(const struct node *dir, const char *name, struct node *n)
{
	(void)dir;
	(void)name;
	(void)n;
	return 0;
}

static int host_write(struct node *n, uint64_t off, const void *buf, size_t len, size_t *done)
{
	*done = 0;
	while (*done < len) {
		ssize_t put = pwrite(n->fd, (const char *)buf + *done, len - *done,
				     (off_t)(off + *done));

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		*done += (size_t)put;
	}
	return 0;
}

static int host_truncate(struct node *n, uint64_t size)
{
	return result(ftruncate(n->fd, (off_t)size));
}

static int change_owner(struct node *n, const struct efs_changes *c)
{
	uid_t uid = c->mask & EFS_SET_UID ? c->uid : (uid_t)-1;
	gid_t gid = c->mask & EFS_SET_GID ? c->gid : (gid_t)-1;

	if (n->fd >= 0)
		return result(fchown(n->fd, uid, gid));
	return result(fchownat(n->dirfd, n->name, uid, gid, AT_SYMLINK_NOFOLLOW));
}

static int change_times(struct node *n, const struct efs_changes *c)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };

	if (c->mask & EFS_SET_ATIME) {
		t[0].tv_sec = (time_t)c->atime.sec;
		t[0].tv_nsec = c->atime.nsec;
	}
	if (c->mask & EFS_SET_MTIME) {
		t[1].tv_sec = (time_t)c->mtime.sec;
		t[1].tv_nsec = c->mtime.nsec;
	}
	if (n->fd >= 0)
		return result(futimens(n->fd, t));
	return result(utimensat(n->dirfd, n->name, t, AT_SYMLINK_NOFOLLOW));
}

static int host_change(struct node *n, const struct efs_changes *c)
{
	int err = 0;

	if (c->mask & (EFS_SET_UID | EFS_SET_GID))
		err = change_owner(n, c);
	if (!err && c->mask & EFS_SET_MODE && (n->info.mode & EFS_IFMT) != EFS_IFLNK) {
		if (n->fd >= 0)
			err = result(fchmod(n->fd, c->mode & 07777));
		else
			err = result(fchmodat(n->dirfd, n->name, c->mode & 07777, 0));
	}
	if (!err && c->mask & (EFS_SET_ATIME | EFS_SET_MTIME))
		err = change_times(n, c);
	return err;
}

static int host_link(const struct node *dir, const char *name, struct node *to)
{
	return result(linkat(to->dirfd, to->name, dir->fd, name, 0));
}

static int host_unlink(const struct node *dir, const char *name)
{
	return result(unlinkat(dir->fd, name, 0));
}

const struct side host_side = {
	.look = host_look,
	.close = host_close,
	.list = host_list,
	.read = host_read,
	.seek = host_seek,
	.readlink = host_readlink,
	.xattr_list = host_xattr_list,
	.xattr_get = host_xattr_get,
	.create = host_create,
	.name_it = host_name_it,
	.write = host_write,
	.truncate = host_truncate,
	.change = host_change,
	.xattr_set = host_xattr_set,
	.link = host_link,
	.unlink = host_unlink,
};
