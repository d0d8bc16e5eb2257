// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel offers beyond paths: file handles and idmapped mounts.
 */
#include "work.h"
#include <sched.h>
#include <stdarg.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int bad;

static void wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void wrong(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	bad = 1;
}

struct handle {
	struct file_handle fh;
	unsigned char bytes[MAX_HANDLE_SZ];
};

/* generic 32-bit handle: type 1, inode number and generation */
#define HANDLE_INO_GEN 1

static struct handle handle_of(int dir, const char *name)
{
	struct handle h = { .fh.handle_bytes = MAX_HANDLE_SZ };
	int id;

	if (name_to_handle_at(dir, name, &h.fh, &id, 0))
		die("name_to_handle_at %s: %m", name);
	return h;
}

static int open_handle(int mnt, struct handle *h, int flags)
{
	return open_by_handle_at(mnt, &h->fh, flags);
}

static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	sync();
	if (fd < 0 || write(fd, "2", 1) != 1)
		die("drop_caches: %m");
	close(fd);
}

static void expect_stale(int mnt, struct handle *h, const char *what)
{
	int fd = open_handle(mnt, h, O_RDONLY);

	if (fd >= 0 || errno != ESTALE)
		wrong("%s: %s", what, fd >= 0 ? "opened" : strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* handle DIR: files and directories by handle, cached or not; stale and forged ones */
int cmd_handle(int argc, char **argv)
{
	struct handle file, dir, gone, forged;
	char buf[64], path[4096], want[4096];
	uint32_t generation;
	int mnt, fd, i;
	ssize_t n;

	if (argc != 1)
		die("handle DIR");
	mnt = open(argv[0], O_RDONLY | O_DIRECTORY);
	if (mnt < 0)
		die("%s: %m", argv[0]);
	if (mkdirat(mnt, "h1", 0755) || mkdirat(mnt, "h1/h2", 0755) ||
	    mkdirat(mnt, "h1/h2/h3", 0755))
		die("mkdir: %m");
	fd = openat(mnt, "h1/h2/h3/f", O_WRONLY | O_CREAT, 0644);
	write_all(fd, "by handle", 9, 0);
	close(fd);
	close(openat(mnt, "h1/gone", O_WRONLY | O_CREAT, 0644));
	file = handle_of(mnt, "h1/h2/h3/f");
	dir = handle_of(mnt, "h1/h2/h3");
	gone = handle_of(mnt, "h1/gone");
	if (file.fh.handle_type != HANDLE_INO_GEN || file.fh.handle_bytes != 8)
		wrong("handle of type %d, %u bytes", file.fh.handle_type, file.fh.handle_bytes);

	for (i = 0; i < 2; i++) {
		fd = open_handle(mnt, &file, O_RDONLY);
		if (fd < 0) {
			wrong("file, %s: %m", i ? "not cached" : "cached");
		} else {
			read_all(fd, buf, 9, 0);
			if (memcmp(buf, "by handle", 9))
				wrong("file: other contents");
			close(fd);
		}
		drop_caches();
	}

	/* a directory that is not cached is connected to the root through its `..` */
	fd = open_handle(mnt, &dir, O_RDONLY | O_DIRECTORY);
	if (fd < 0) {
		wrong("directory: %m");
	} else {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, want, sizeof(want) - 1);
		want[n < 0 ? 0 : n] = 0;
		snprintf(path, sizeof(path), "%s/h1/h2/h3", argv[0]);
		if (strcmp(path, want))
			wrong("directory is at %s", want);
		close(fd);
	}

	if (unlinkat(mnt, "h1/gone", 0))
		die("unlink: %m");
	expect_stale(mnt, &gone, "deleted, cached");
	drop_caches();
	expect_stale(mnt, &gone, "deleted");

	forged = file;
	memcpy(&generation, (char *)&forged + sizeof(forged.fh) + 4, 4);
	generation ^= 1;
	memcpy((char *)&forged + sizeof(forged.fh) + 4, &generation, 4);
	expect_stale(mnt, &forged, "other generation");
	for (i = 0; i < 200; i++) {
		/* reserved inodes, unused ones, numbers beyond the volume */
		uint32_t ino = i == 2 ? 0 : i;

		if (i >= 100)
			ino = 1u << (i % 32) | 0x800000;
		forged = file;
		if (!memcmp(forged.fh.f_handle, &ino, 4))
			continue;
		memcpy(forged.fh.f_handle, &ino, 4);
		expect_stale(mnt, &forged, "forged");
	}
	unlinkat(mnt, "h1/h2/h3/f", 0);
	unlinkat(mnt, "h1/h2/h3", AT_REMOVEDIR);
	unlinkat(mnt, "h1/h2", AT_REMOVEDIR);
	unlinkat(mnt, "h1", AT_REMOVEDIR);
	expect_stale(mnt, &dir, "deleted directory");
	close(mnt);
	return bad;
}

#define IDMAP_SHIFT 100000

/* a user namespace in which 0..65535 are IDMAP_SHIFT.. outside */
static int make_userns(void)
{
	int go[2], ready[2], fd, i;
	char path[64], map[64];
	pid_t pid;

	if (pipe(go) || pipe(ready))
		die("pipe: %m");
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWUSER) || write(ready[1], "r", 1) != 1)
			_exit(1);
		read(go[0], path, 1);
		_exit(0);
	}
	if (read(ready[0], path, 1) != 1)
		die("no user namespace");
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%cid_map", pid, "ug"[i]);
		snprintf(map, sizeof(map), "0 %d 65536", IDMAP_SHIFT);
		fd = open(path, O_WRONLY);
		if (fd < 0 || write(fd, map, strlen(map)) < 0)
			die("%s: %m", path);
		close(fd);
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %m", path);
	write(go[1], "g", 1);
	waitpid(pid, NULL, 0);
	return fd;
}

static void expect_ids(int dir, const char *name, uid_t uid, gid_t gid)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		wrong("%s: %m", name);
	else if (st.st_uid != uid || st.st_gid != gid)
		wrong("%s: %u:%u, not %u:%u", name, st.st_uid, st.st_gid, uid, gid);
}

/* idmap DIR: the same directory through a mount with shifted ids */
int cmd_idmap(int argc, char **argv)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	int plain, shifted;

	if (argc != 1)
		die("idmap DIR");
	plain = open(argv[0], O_RDONLY | O_DIRECTORY);
	if (plain < 0 || fchmod(plain, 0777))
		die("%s: %m", argv[0]);
	close(openat(plain, "old", O_WRONLY | O_CREAT, 0644));
	if (fchownat(plain, "old", 7, 8, 0))
		die("chown: %m");

	shifted = syscall(SYS_open_tree, AT_FDCWD, argv[0], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (shifted < 0)
		die("open_tree: %m");
	attr.userns_fd = make_userns();
	if (syscall(SYS_mount_setattr, shifted, "", AT_EMPTY_PATH, &attr, sizeof(attr)))
		die("mount_setattr: %m");

	expect_ids(shifted, "old", IDMAP_SHIFT + 7, IDMAP_SHIFT + 8);
	setfsgid(IDMAP_SHIFT + 6);
	setfsuid(IDMAP_SHIFT + 5);
	close(openat(shifted, "file", O_WRONLY | O_CREAT, 0644));
	mkdirat(shifted, "dir", 0755);
	symlinkat("target", shifted, "link");
	mknodat(shifted, "fifo", S_IFIFO | 0600, 0);
	if (openat(plain, "strange", O_WRONLY | O_CREAT, 0644) < 0)
		wrong("the plain mount does not know ids above 65535: %m");
	/* an id the mapping does not have */
	setfsuid(3);
	if (openat(shifted, "unmapped", O_WRONLY | O_CREAT, 0644) >= 0 || errno != EOVERFLOW)
		wrong("a file of an unmapped user: %m");
	setfsuid(0);
	setfsgid(0);
	expect_ids(plain, "file", 5, 6);
	expect_ids(plain, "dir", 5, 6);
	expect_ids(plain, "link", 5, 6);
	expect_ids(plain, "fifo", 5, 6);
	expect_ids(plain, "strange", IDMAP_SHIFT + 5, IDMAP_SHIFT + 6);
	if (fchownat(shifted, "file", IDMAP_SHIFT + 40000, IDMAP_SHIFT + 2, 0))
		wrong("chown: %m");
	expect_ids(plain, "file", 40000, 2);
	expect_ids(shifted, "file", IDMAP_SHIFT + 40000, IDMAP_SHIFT + 2);
	close(shifted);
	close(plain);
	return bad;
}
