// SPDX-License-Identifier: GPL-2.0-only
/*
 * efs-work chew FS LIST [SECONDS]: mount damaged images and do everything to them.
 *
 * LIST names image files, one a line. Each is mounted, by its place in the list read-only or
 * writable, errors=continue or remount-ro, plain or synchronous; walked, read in every way there
 * is, changed in every way there is, unmounted, and mounted and walked once more. What the
 * operations return is for the damage to decide. What must hold whatever the damage:
 *   - they return: no more entries in a directory than fit on the device, no more than SECONDS of
 *     processor time for an image (120: to a guest, what the host takes from it is its own);
 *   - errors are of those a program can know;
 *   - unmounting succeeds at once;
 *   - a read-only mount leaves the image as it was.
 * One KTAP line for each image. Whether the kernel complained is for the caller to see.
 */
#include "work.h"
#include "image.h"
#include <dirent.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#define MNT "/mnt/t"
#define MAX_DEPTH 6
#define MAX_OBJECTS 160
#define MAX_KEPT 24

static struct rng rng;
static size_t device;
static char wrong[200];
static unsigned int calls, errors, unclean;
static unsigned int objects;
/* some of what the walk saw, to be changed later */
static char files[MAX_KEPT][256], dirs[MAX_KEPT][256];
static unsigned int nfiles, ndirs;

static void complain(const char *fmt, ...)
{
	va_list ap;

	if (wrong[0])
		return;
	va_start(ap, fmt);
	vsnprintf(wrong, sizeof(wrong), fmt, ap);
	va_end(ap);
}

/* the result of a system call: any error, if it is one of those user space has a name for */
static long did(long rc, const char *what)
{
	int e = errno;

	calls++;
	if (rc >= 0)
		return rc;
	errors++;
	if (e == EUCLEAN)
		unclean++;
	if (e <= 0 || e > EHWPOISON || e == EFAULT || e == EBADF || e == ENOTTY)
		complain("%s: error %d", what, e);
	return rc;
}

static sigjmp_buf bus;

static void on_bus(int sig)
{
	siglongjmp(bus, sig);
}

/* touch bytes of a mapping; what cannot be had is a signal */
static void touch(volatile char *p, size_t len, bool write)
{
	volatile size_t i;

	if (sigsetjmp(bus, 1)) {
		errors++;
		return;
	}
	for (i = 0; i < len; i += 4096) {
		char c = p[i];

		if (write)
			p[i] = c + 1;
	}
}

static void map_file(int fd, off_t size, bool write)
{
	size_t len = size < 16384 ? size : 16384;
	void *p;

	if (!len)
		return;
	p = mmap(NULL, len, write ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
	if (did(p == MAP_FAILED ? -1 : 0, "mmap"))
		return;
	touch(p, len, write);
	if (write)
		did(msync(p, len, MS_SYNC), "msync");
	munmap(p, len);
}

/* offsets worth looking at: both ends, each change of the map's level, anywhere */
static off_t some_offset(off_t size, unsigned int i)
{
	uint64_t b[3];

	boundaries(1024 << (rng_next(&rng) % 3), b);
	switch (i) {
	case 0:
		return 0;
	case 1:
		return size > 3000 ? size - 3000 : 0;
	case 2:
	case 3:
	case 4:
		return b[i - 2] - 1500;
	default:
		return size > 0 ? (off_t)(rng_next(&rng) % size) : 0;
	}
}

static void read_file(int fd, off_t size)
{
	static char buf[65536] __attribute__((aligned(4096)));
	struct {
		struct fiemap head;
		struct fiemap_extent ext[8];
	} map = { .head = { .fm_length = ~0ull, .fm_extent_count = 8 } };
	unsigned int i;
	off_t at = 0;

	for (i = 0; i < 7; i++)
		did(pread(fd, buf, 8000, some_offset(size, i)), "pread");
	did(pread(fd, buf, sizeof(buf), 0), "pread");
	for (i = 0; i < 8; i++) {
		at = lseek(fd, at, i & 1 ? SEEK_HOLE : SEEK_DATA);
		if (did(at, "lseek") < 0)
			break;
	}
	did(ioctl(fd, FS_IOC_FIEMAP, &map), "fiemap");
	map_file(fd, size, false);
	if (!fcntl(fd, F_SETFL, O_DIRECT))
		did(pread(fd, buf, 16384, 0), "direct pread");
	fcntl(fd, F_SETFL, 0);
}

static void keep(char (*list)[256], unsigned int *n, const char *path)
{
	unsigned int i = *n < MAX_KEPT ? (*n)++ : rng_below(&rng, MAX_KEPT);

	snprintf(list[i], sizeof(list[i]), "%s", path);
}

/* depth-bounded, and bounded by the number of objects: damaged trees have cycles */
static void walk(const char *path, int depth)
{
	unsigned int entries = 0;
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (depth > MAX_DEPTH)
		return;
	keep(dirs, &ndirs, path);
	d = opendir(path);
	if (did(d ? 0 : -1, "opendir"))
		return;
	while (errno = 0, (e = readdir(d))) {
		char sub[256], target[4096];
		int fd;

		/* the smallest entry has 12 bytes, but one block can be in a file many times */
		if (++entries > device / 2) {
			complain("a directory does not end");
			break;
		}
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || objects >= MAX_OBJECTS)
			continue;
		if (snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name) >= (int)sizeof(sub))
			continue;
		objects++;
		if (did(lstat(sub, &st), "lstat"))
			continue;
		switch (st.st_mode & S_IFMT) {
		case S_IFDIR:
			walk(sub, depth + 1);
			break;
		case S_IFLNK:
			did(readlink(sub, target, sizeof(target)), "readlink");
			break;
		case S_IFREG:
			keep(files, &nfiles, sub);
			fd = open(sub, O_RDONLY);
			if (did(fd, "open") < 0)
				break;
			read_file(fd, st.st_size);
			close(fd);
			break;
		}
	}
	if (errno)
		did(-1, "readdir");
	closedir(d);
}

static void write_file(const char *path)
{
	static char buf[20000] __attribute__((aligned(4096)));
	struct stat st = {};
	int fd = open(path, O_RDWR), flags = 0;
	unsigned int i;

	if (did(fd, "open") < 0)
		return;
	did(fstat(fd, &st), "fstat");
	for (i = 0; i < 6; i++)
		did(pwrite(fd, buf, 1 + rng_below(&rng, sizeof(buf)), some_offset(st.st_size, i)),
		    "pwrite");
	map_file(fd, st.st_size, true);
	if (!fcntl(fd, F_SETFL, O_DIRECT))
		did(pwrite(fd, buf, 8192, rng_below(&rng, 20) * 4096), "direct pwrite");
	fcntl(fd, F_SETFL, 0);
	did(fsync(fd), "fsync");
	did(ftruncate(fd, rng_below(&rng, 2) ? 0 : some_offset(st.st_size, 2 + i % 4)),
	    "ftruncate");
	did(ftruncate(fd, some_offset(st.st_size, 3)), "ftruncate");
	did(fchmod(fd, 0640), "fchmod");
	did(futimens(fd, NULL), "futimens");
	if (!did(ioctl(fd, FS_IOC_GETFLAGS, &flags), "getflags")) {
		flags ^= FS_NODUMP_FL;
		did(ioctl(fd, FS_IOC_SETFLAGS, &flags), "setflags");
	}
	close(fd);
}

static void change_dir(const char *dir, const char *other)
{
	char a[600], b[600], target[180];
	unsigned int i;
	int fd;

	memset(target, 't', sizeof(target) - 1);
	target[sizeof(target) - 1] = 0;
	for (i = 0; i < 3; i++) {
		snprintf(a, sizeof(a), "%.255s/%s%u", dir, i & 1 ? target : "new", i);
		fd = open(a, O_RDWR | O_CREAT, 0644);
		if (did(fd, "create") >= 0) {
			did(write(fd, target, sizeof(target)), "write");
			if (!i)
				did(fsync(fd), "fsync");
			close(fd);
		}
		snprintf(b, sizeof(b), "%.255s/link%u", dir, i);
		did(link(a, b), "link");
		snprintf(b, sizeof(b), "%.255s/moved%u", other, i);
		did(rename(a, b), "rename");
	}
	snprintf(a, sizeof(a), "%.255s/sub", dir);
	did(mkdir(a, 0755), "mkdir");
	snprintf(b, sizeof(b), "%.255s/sub-moved", other);
	did(rename(a, b), "rename of a directory");
	snprintf(a, sizeof(a), "%.255s/short", dir);
	did(symlink("short", a), "symlink");
	did(rename(b, a), "rename onto a symbolic link");
	snprintf(a, sizeof(a), "%.255s/long", dir);
	did(symlink(target, a), "symlink");
	snprintf(a, sizeof(a), "%.255s/node", dir);
	did(mknod(a, S_IFCHR | 0600, makedev(300, 70000)), "mknod");
	fd = open(dir, O_TMPFILE | O_RDWR, 0600);
	if (did(fd, "tmpfile") >= 0) {
		did(write(fd, target, 20), "write");
		close(fd);
	}
	snprintf(a, sizeof(a), "%.255s/link2", dir);
	did(unlink(a), "unlink");
	did(rmdir(b), "rmdir");
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	if (did(fd, "open") >= 0) {
		did(fsync(fd), "fsync of a directory");
		close(fd);
	}
}

static void remove_some(void)
{
	unsigned int i;

	for (i = 0; i < nfiles; i += 2)
		did(unlink(files[i]), "unlink");
	for (i = ndirs; i-- > 1; )
		did(rmdir(dirs[i]), "rmdir");
}

static void look(void)
{
	struct statfs sf;

	objects = 0;
	nfiles = 0;
	ndirs = 0;
	walk(MNT, 0);
	did(statfs(MNT, &sf), "statfs");
}

static void change(const char *opts)
{
	unsigned int i;
	int fd;

	for (i = 0; i < nfiles && i < 8; i++)
		write_file(files[i]);
	for (i = 0; i < ndirs && i < 6; i++)
		change_dir(dirs[i], dirs[rng_below(&rng, ndirs)]);
	remove_some();
	fd = open(MNT, O_RDONLY | O_DIRECTORY);
	if (did(fd, "open of the root") >= 0) {
		did(syncfs(fd), "syncfs");
		close(fd);
	}
	if (!rng_below(&rng, 3)) {
		did(mount(NULL, MNT, NULL, MS_REMOUNT | MS_RDONLY, opts), "remount ro");
		did(mount(NULL, MNT, NULL, MS_REMOUNT, opts), "remount rw");
	}
}

static void unmount(void)
{
	if (umount(MNT)) {
		complain("umount: %s", strerror(errno));
		/* the next image must not be mounted on top */
		umount2(MNT, MNT_DETACH);
	}
}

static double cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_stime.tv_sec + u.ru_utime.tv_sec +
	       (u.ru_stime.tv_usec + u.ru_utime.tv_usec) / 1e6;
}

/* one image: what became of the mount */
static const char *chew(const char *fs, const char *path, unsigned int i)
{
	static const unsigned long modes[4] = { 0, MS_SYNCHRONOUS, 0, MS_DIRSYNC };
	const char *opts = i & 2 ? "errors=remount-ro" : "errors=continue";
	unsigned long flags = i & 1 ? MS_RDONLY : modes[i / 4 % 4];
	const char *became = i & 1 ? "read-only" : "writable";
	struct image im;

	image_load(&im, path);
	device = im.len;
	image_attach(&im);
	if (did(mount(im.dev, MNT, fs, flags, opts), "mount")) {
		became = "refused";
	} else {
		look();
		if (!(i & 1))
			change(opts);
		unmount();
		if ((i & 1) && !image_unchanged(&im))
			complain("a read-only mount changed the image");
		/* what was written in ignorance of the damage is there to be read again */
		if (!(i & 1) && !did(mount(im.dev, MNT, fs, MS_RDONLY, opts), "second mount")) {
			look();
			unmount();
		}
	}
	image_detach(&im);
	image_free(&im);
	return became;
}

int cmd_chew(int argc, char **argv)
{
	double limit = argc > 2 ? atof(argv[2]) : 120;
	unsigned int i = 0, bad = 0;
	char line[4096];
	FILE *list;

	if (argc < 2)
		die("chew FS LIST [SECONDS]");
	list = fopen(argv[1], "r");
	if (!list)
		die("%s", argv[1]);
	signal(SIGBUS, on_bus);
	mkdir(MNT, 0755);
	while (fgets(line, sizeof(line), list)) {
		const char *became, *name;
		double start = cpu(), took;

		line[strcspn(line, "\n")] = 0;
		name = strrchr(line, '/') ? strrchr(line, '/') + 1 : line;
		wrong[0] = 0;
		calls = 0;
		errors = 0;
		unclean = 0;
		rng.s = i;
		became = chew(argv[0], line, i);
		took = cpu() - start;
		if (took > limit)
			complain("took %.1f s of processor time", took);
		if (wrong[0]) {
			bad++;
			printf("# %s\n", wrong);
		}
		printf("%s %u - %s %s # calls=%u errors=%u unclean=%u ms=%.0f\n",
		       wrong[0] ? "not ok" : "ok", ++i, name, became, calls, errors, unclean,
		       took * 1000);
		fflush(stdout);
	}
	printf("1..%u\n", i);
	return bad || !i;
}
