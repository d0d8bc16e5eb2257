// SPDX-License-Identifier: GPL-2.0-only
/*
 * efs-work nth FS OUT KIND [OPERATION...]: let every operation meet every failure.
 *
 * KIND says what fails: `alloc`, allocations of memory, or `io`, requests to the device, both with
 * `-sync` appended on a synchronous mount. For n = 1, 2, ... an operation, one system call, is run
 * on a freshly mounted copy of one small volume while the n-th such thing it asks for fails
 * (/proc/self/fail-nth of a kernel with fault injection), until it asks for fewer than n. Then:
 *   - a failure comes back as ENOMEM or EIO, or does no harm;
 *   - what the operation was not about is as it was, read through the same mount;
 *   - after a failed allocation the operation succeeds when tried again;
 *   - the volume can be unmounted.
 * What the device holds at the end of each run goes to OUT/OPERATION.KIND as difference to
 * OUT/base, for `nthcheck`.
 *
 * efs-work nthcheck OUT: e2fsck over all that `nth` left there; runs on the host. An operation
 * that met a failure may leave space and inodes that nobody owns and counts that do not see it,
 * but nothing that is used and free, or wrong; after a failed request only if nobody was told.
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
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define MNT "/mnt/t"
#define P(name) MNT "/" name
#define LONG "a-target-that-is-too-long-to-be-kept-in-the-inode-and-so-has-a-block-for-itself-alone"
/* three entries with such names fill a block of 1024 bytes */
#define NAME250 \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"8901234567890123456789012345678901234567890123456789012345678901234567890123456789012345" \
	"67890123456789012345678901234567890123456789012345678901234567890123456789"
#define BIG 300000	/* with 1024-byte blocks: in the reach of the second level of the map */
#define MAX_N 500

static const char *fs;
static unsigned long mode;
static char buf[65536] __attribute__((aligned(4096)));
static int fd = -1;
static char *mapped;

/* ---- the operations: what comes before, and the call itself ---- */

static void dirty(void)
{
	int f = open(P("dirty"), O_RDWR | O_CREAT, 0644);

	if (f < 0 || pwrite(f, buf, 20000, 0) != 20000 || mkdir(P("dirtydir"), 0755))
		die("before the operation");
	close(f);
}

static void open_small(void)
{
	fd = open(P("small"), O_RDWR);
	if (fd < 0)
		die("small");
}

static void open_big(void)
{
	fd = open(P("big"), O_RDWR);
	if (fd < 0)
		die("big");
}

static void open_big_direct(void)
{
	fd = open(P("big"), O_RDWR | O_DIRECT);
	if (fd < 0)
		die("big");
}

static void open_dir(void)
{
	fd = open(P("dir"), O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		die("dir");
}

static void map_hole(void)
{
	fd = open(P("sparse"), O_RDWR);
	mapped = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 16384);
	if (fd < 0 || mapped == MAP_FAILED)
		die("sparse");
}

static void dirty_small(void)
{
	open_small();
	write_all(fd, buf, 9000, 0);
}

static void dirty_new(void)
{
	fd = open(P("new"), O_RDWR | O_CREAT, 0644);
	if (fd < 0)
		die("new");
	write_all(fd, buf, 15000, 0);
}

static void make_ro(void)
{
	if (mount(NULL, MNT, NULL, MS_REMOUNT | MS_RDONLY | mode, NULL))
		die("remount");
}

static sigjmp_buf bus;

static void on_bus(int sig)
{
	siglongjmp(bus, sig);
}

static long fault(bool write)
{
	if (sigsetjmp(bus, 1)) {
		errno = EIO;
		return -1;
	}
	if (write)
		*(volatile char *)mapped = 1;
	else
		(void)*(volatile char *)mapped;
	return 0;
}

static long do_umount(void) { return umount(MNT); }
static long do_ro(void) { return mount(NULL, MNT, NULL, MS_REMOUNT | MS_RDONLY | mode, NULL); }
static long do_rw(void) { return mount(NULL, MNT, NULL, MS_REMOUNT | mode, NULL); }
static long do_statfs(void) { struct statfs s; return statfs(MNT, &s); }
static long do_stat(void) { struct stat s; return stat(P("dir/file30"), &s); }
static long do_open(void) { return fd = open(P("big"), O_RDWR); }
static long do_read(void) { return pread(fd, buf, 8192, 0); }
static long do_read_far(void) { return pread(fd, buf, 8192, BIG - 9000); }
static long do_read_direct(void) { return pread(fd, buf, 16384, 8192); }
static long do_readdir(void) { return syscall(SYS_getdents64, fd, buf, 4000); }
static long do_readlink(void) { return readlink(P("longlink"), buf, 4000); }
static long do_create(void) { return fd = open(P("dir/new"), O_RDWR | O_CREAT | O_EXCL, 0644); }
static long do_grow_dir(void) { return fd = creat(P("full/") NAME250 "9", 0644); }
static long do_mkdir(void) { return mkdir(P("dir/newdir"), 0755); }
static long do_symlink(void) { return symlink("short", P("dir/sym")); }
static long do_long_symlink(void) { return symlink(LONG, P("dir/sym")); }
static long do_mknod(void) { return mknod(P("dir/pipe"), S_IFIFO | 0600, 0); }
static long do_link(void) { return link(P("small"), P("dir/link")); }
static long do_rename(void) { return rename(P("small"), P("dir/small")); }
static long do_rename_over(void) { return rename(P("small"), P("big")); }
static long do_rename_dir(void) { return rename(P("dir/sub"), P("full/sub")); }
static long do_unlink(void) { return unlink(P("small")); }
static long do_unlink_big(void) { return unlink(P("big")); }
static long do_rmdir(void) { return rmdir(P("dir/sub")); }
static long do_tmpfile(void) { return fd = open(P("dir"), O_TMPFILE | O_RDWR, 0600); }
static long do_write(void) { return pwrite(fd, buf, 5000, 0); }
static long do_append(void) { return pwrite(fd, buf, 30000, BIG); }
static long do_write_far(void) { return pwrite(fd, buf, 3000, 70000000); }
static long do_write_direct(void) { return pwrite(fd, buf, 8192, 4096); }
static long do_fault(void) { return fault(false); }
static long do_fault_write(void) { return fault(true); }
static long do_truncate(void) { return ftruncate(fd, 2000); }
static long do_truncate_part(void) { return ftruncate(fd, 20 * 1024 + 100); }
static long do_extend(void) { return ftruncate(fd, 50000); }
static long do_fsync(void) { return fsync(fd); }
static long do_fdatasync(void) { return fdatasync(fd); }
static long do_syncfs(void) { return syncfs(fd); }
static long do_chmod(void) { return chmod(P("dir/file30"), 0600); }
static long do_times(void) { return utimensat(AT_FDCWD, P("dir/file30"), NULL, 0); }
static long do_seek(void) { return lseek(fd, 0, SEEK_HOLE); }

static long do_flags(void)
{
	int flags = FS_NOATIME_FL;

	return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

static long do_fiemap(void)
{
	static struct {
		struct fiemap head;
		struct fiemap_extent ext[8];
	} map;

	map.head.fm_length = ~0ull;
	map.head.fm_extent_count = 8;
	return ioctl(fd, FS_IOC_FIEMAP, &map);
}

static char handle[sizeof(struct file_handle) + MAX_HANDLE_SZ];

static void take_handle(void)
{
	struct file_handle *h = (struct file_handle *)handle;
	int id;

	h->handle_bytes = MAX_HANDLE_SZ;
	fd = open(MNT, O_RDONLY | O_DIRECTORY);
	if (fd < 0 || name_to_handle_at(AT_FDCWD, P("dir/file30"), h, &id, 0))
		die("handle");
	set_file("2", "/proc/sys/vm/drop_caches");
}

static long do_handle(void)
{
	int f = open_by_handle_at(fd, (struct file_handle *)handle, O_RDONLY);

	if (f >= 0)
		close(f);
	return f;
}

/* after a failure, at most this may have happened to the operation's own objects */
static const struct op {
	const char *name;
	void (*before)(void);
	long (*run)(void);
	const char *about;	/* the base file that may change */
	bool once;		/* a second try finds the work done */
} ops[] = {
	{ "mount", NULL, NULL, NULL, false },
	{ "umount", dirty, do_umount, NULL, true },
	{ "remount-ro", dirty, do_ro, NULL, false },
	{ "remount-rw", make_ro, do_rw, NULL, false },
	{ "statfs", NULL, do_statfs, NULL, false },
	{ "stat", NULL, do_stat, NULL, false },
	{ "open", NULL, do_open, NULL, false },
	{ "read", open_big, do_read, NULL, false },
	{ "read-far", open_big, do_read_far, NULL, false },
	{ "read-direct", open_big_direct, do_read_direct, NULL, false },
	{ "readdir", open_dir, do_readdir, NULL, false },
	{ "readlink", NULL, do_readlink, NULL, false },
	{ "create", NULL, do_create, NULL, true },
	{ "create-grow", NULL, do_grow_dir, NULL, true },
	{ "mkdir", NULL, do_mkdir, NULL, true },
	{ "symlink", NULL, do_symlink, NULL, true },
	{ "symlink-long", NULL, do_long_symlink, NULL, true },
	{ "mknod", NULL, do_mknod, NULL, true },
	{ "link", NULL, do_link, "small", true },
	{ "rename", NULL, do_rename, "small", true },
	{ "rename-over", NULL, do_rename_over, "small big", true },
	{ "rename-dir", NULL, do_rename_dir, NULL, true },
	{ "unlink", NULL, do_unlink, "small", true },
	{ "unlink-big", NULL, do_unlink_big, "big", true },
	{ "rmdir", NULL, do_rmdir, NULL, true },
	{ "tmpfile", NULL, do_tmpfile, NULL, false },
	{ "write", open_small, do_write, "small", false },
	{ "append", open_big, do_append, "big", false },
	{ "write-far", open_small, do_write_far, "small", false },
	{ "write-direct", open_big_direct, do_write_direct, "big", false },
	{ "fault", map_hole, do_fault, NULL, false },
	{ "fault-write", map_hole, do_fault_write, NULL, false },
	{ "truncate", open_big, do_truncate, "big", false },
	{ "truncate-part", open_big, do_truncate_part, "big", false },
	{ "extend", open_small, do_extend, "small", false },
	{ "fsync", dirty_small, do_fsync, "small", false },
	{ "fsync-new", dirty_new, do_fsync, NULL, false },
	{ "fdatasync", dirty_small, do_fdatasync, "small", false },
	{ "syncfs", dirty_new, do_syncfs, NULL, false },
	{ "chmod", NULL, do_chmod, NULL, false },
	{ "utimens", NULL, do_times, NULL, false },
	{ "setflags", open_small, do_flags, NULL, false },
	{ "fiemap", open_big, do_fiemap, NULL, false },
	{ "seek", open_big, do_seek, NULL, false },
	{ "handle", take_handle, do_handle, NULL, false },
};

#define N_OPS (sizeof(ops) / sizeof(ops[0]))

/* ---- the volume ---- */

static struct image base;
static uint64_t known[2];	/* hashes of small and big */

static uint64_t hash_file(const char *path)
{
	static char b[65536];
	uint64_t h = 1;
	int f = open(path, O_RDONLY);
	ssize_t n;

	if (f < 0)
		return 0;
	while ((n = read(f, b, sizeof(b))) > 0)
		h = hash_bytes(h, b, n);
	close(f);
	return n < 0 ? 0 : h;
}

static void put(const char *path, uint64_t key, size_t len)
{
	static char b[BIG];
	int f = open(path, O_WRONLY | O_CREAT, 0644);

	if (f < 0)
		die("%s", path);
	pattern(key, 0, b, len);
	write_all(f, b, len, 0);
	close(f);
}

static void make_base(const char *out)
{
	char path[600];
	int i, rc;

	snprintf(path, sizeof(path),
		 "mke2fs -q -F -t ext2 -b 1024 -N 128 -g 1024 %s/base 2048 >/dev/null", out);
	rc = system(path);
	if (rc)
		die("mke2fs: status %d", rc);
	snprintf(path, sizeof(path), "%s/base", out);
	image_load(&base, path);
	image_attach(&base);
	mkdir(MNT, 0755);
	if (mount(base.dev, MNT, fs, 0, NULL))
		die("mount of a sound volume");
	put(P("small"), 1, 700);
	put(P("big"), 2, BIG);
	if (mkdir(P("dir"), 0755) || mkdir(P("full"), 0755) || mkdir(P("dir/sub"), 0755) ||
	    symlink(LONG, P("longlink")))
		die("base tree");
	for (i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), P("dir/file%d"), i);
		put(path, i, i);
	}
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), P("full/%s%d"), NAME250, i);
		put(path, i, 0);
	}
	i = open(P("sparse"), O_WRONLY | O_CREAT, 0644);
	if (i < 0 || ftruncate(i, 100000))
		die("base tree");
	close(i);
	known[0] = hash_file(P("small"));
	known[1] = hash_file(P("big"));
	if (umount(MNT))
		die("umount of the base");
	read_all(base.fd, base.bytes, base.len, 0);
	snprintf(path, sizeof(path), "%s/base", out);
	image_save(&base, path);
}

/* the device's file becomes the base again: nobody has it mounted, nothing of it is cached */
static void restore(void)
{
	static char b[4096];
	size_t at;

	for (at = 0; at < base.len; at += sizeof(b)) {
		read_all(base.fd, b, sizeof(b), at);
		if (memcmp(b, base.bytes + at, sizeof(b)))
			write_all(base.fd, base.bytes + at, sizeof(b), at);
	}
}

/* one run's outcome for nthcheck; blocks of 1024 bytes that differ from the base follow */
struct outcome {
	uint32_t n, told, blocks;
};

static void keep_outcome(FILE *f, uint32_t n, bool told)
{
	static char now[4096];
	struct outcome o = { n, told, 0 };
	size_t at, i;
	int pass;

	for (pass = 0; pass < 2; pass++) {
		if (pass)
			fwrite(&o, sizeof(o), 1, f);
		for (at = 0; at < base.len; at += sizeof(now)) {
			read_all(base.fd, now, sizeof(now), at);
			for (i = 0; i < sizeof(now); i += 1024) {
				uint32_t blk = (at + i) / 1024;

				if (!memcmp(now + i, base.bytes + at + i, 1024))
					continue;
				o.blocks += !pass;
				if (pass && (fwrite(&blk, sizeof(blk), 1, f) != 1 ||
					     fwrite(now + i, 1024, 1, f) != 1))
					die("cannot write the outcome");
			}
		}
	}
}

/* ---- failures ---- */

static int nth_fd;

static void arm(unsigned int n)
{
	char s[16];
	int len = snprintf(s, sizeof(s), "%u", n);

	if (pwrite(nth_fd, s, len, 0) != len)
		die("fail-nth");
}

/* armed and still waiting? */
static bool waiting(void)
{
	char s[16] = "";

	if (pread(nth_fd, s, sizeof(s) - 1, 0) <= 0)
		die("fail-nth");
	return atoi(s) > 0;
}

static void set_up_failures(bool io)
{
	static const char *const kinds[] = { "failslab", "fail_page_alloc", "fail_make_request" };
	size_t i;

	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		set_file("0", "/sys/kernel/debug/%s/verbose", kinds[i]);
	set_file("N", "/sys/kernel/debug/failslab/ignore-gfp-wait");
	set_file("N", "/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait");
	set_file("N", "/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem");
	/* only one of them can be meant by n: the others are told to leave all alone */
	set_file(io ? "Y" : "N", "/sys/kernel/debug/failslab/cache-filter");
	set_file(io ? "20" : "0", "/sys/kernel/debug/fail_page_alloc/min-order");
	set_file(io ? "1" : "0", "/sys/block/%s/make-it-fail", base.name);
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	if (nth_fd < 0)
		die("a kernel without fail-nth");
}

/* ---- a run ---- */

static char wrong[300];

static void complain(unsigned int n, const char *fmt, ...)
{
	size_t len;
	va_list ap;

	if (wrong[0])
		return;
	len = snprintf(wrong, sizeof(wrong), "n=%u: ", n);
	va_start(ap, fmt);
	vsnprintf(wrong + len, sizeof(wrong) - len, fmt, ap);
	va_end(ap);
}

static long do_mount(void)
{
	return mount(base.dev, MNT, fs, mode, NULL);
}

static bool mounted(void)
{
	struct stat a, b;

	return !stat(MNT, &a) && !stat(MNT "/..", &b) && a.st_dev != b.st_dev;
}

static void check_others(unsigned int n, const struct op *op)
{
	static const char *const names[] = { "small", "big" };
	char path[64];
	int i;

	for (i = 0; i < 2; i++) {
		if (op->about && strstr(op->about, names[i]))
			continue;
		snprintf(path, sizeof(path), P("%s"), names[i]);
		if (hash_file(path) != known[i])
			complain(n, "%s is not what it was", names[i]);
	}
}

static void again(unsigned int n, const struct op *op)
{
	if (mapped || op->run == do_umount)
		return;
	if (op->run() < 0)
		complain(n, "a second try: %s", strerror(errno));
}

/* returns false when the operation asks for fewer than n */
static bool one(const struct op *op, unsigned int n, bool io, FILE *f, unsigned int *failed)
{
	long (*run)(void) = op->run ? op->run : do_mount;
	bool hit, told = false;
	long rc;
	int e;

	if (op->run && do_mount())
		die("mount before %s, n=%u", op->name, n);
	if (op->before)
		op->before();
	arm(n);
	rc = run();
	e = errno;
	hit = !waiting();
	arm(0);
	if (rc < 0) {
		(*failed)++;
		told = true;
		if (!hit)
			complain(n, "failed without a failure: %s", strerror(e));
		else if (e != (io ? EIO : ENOMEM))
			complain(n, "%s", strerror(e));
	}
	if (mounted()) {
		int root;

		if (rc < 0 && !io)
			again(n, op);
		check_others(n, op);
		root = open(MNT, O_RDONLY | O_DIRECTORY);
		if (root < 0)
			complain(n, "the root: %s", strerror(errno));
		else if (syncfs(root))
			told = true;
		close(root);
	} else if (rc < 0 && !io && do_mount()) {
		complain(n, "a second try: %s", strerror(errno));
	}
	if (mapped)
		munmap(mapped, 8192);
	if (fd >= 0)
		close(fd);
	mapped = NULL;
	fd = -1;
	if (mounted() && umount(MNT)) {
		complain(n, "umount: %s", strerror(errno));
		die("%s: umount after n=%u", op->name, n);
	}
	/* who unmounts asks to be told nothing */
	if (op->run == do_umount)
		told = true;
	keep_outcome(f, n, told);
	restore();
	return hit;
}

static bool wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return !argc;
}

int cmd_nth(int argc, char **argv)
{
	unsigned int count = 0, bad = 0;
	bool io;
	size_t i;

	if (argc < 3)
		die("nth FS OUT alloc|io[-sync] [OPERATION...]");
	fs = argv[0];
	io = !strncmp(argv[2], "io", 2);
	signal(SIGBUS, on_bus);
	make_base(argv[1]);
	mode = strstr(argv[2], "-sync") ? MS_SYNCHRONOUS : 0;
	set_up_failures(io);
	for (i = 0; i < N_OPS; i++) {
		unsigned int n = 0, failed = 0;
		char path[600];
		FILE *f;

		if (!wanted(ops[i].name, argc - 3, argv + 3))
			continue;
		snprintf(path, sizeof(path), "%s/%s.%s", argv[1], ops[i].name, argv[2]);
		f = fopen(path, "w");
		if (!f)
			die("%s", path);
		wrong[0] = 0;
		while (one(&ops[i], ++n, io, f, &failed) && n < MAX_N)
			;
		if (fclose(f))
			die("%s", path);
		if (n == MAX_N)
			complain(n, "no end of failures");
		if (wrong[0]) {
			bad++;
			printf("# %s\n", wrong);
		}
		printf("%s %u - %s: %s # failures=%u seen=%u\n", wrong[0] ? "not ok" : "ok",
		       ++count, argv[2], ops[i].name, n - 1, failed);
		fflush(stdout);
	}
	image_detach(&base);
	printf("1..%u\n", count);
	return bad || !count;
}

/* ---- on the host ---- */

/* what e2fsck may find: space, inodes and names that are lost to everybody */
static bool harmless(const char *line)
{
	static const char *const starts[] = {
		"e2fsck ", "Pass ", "Free blocks count wrong", "Free inodes count wrong",
		"Directories count wrong", "Unattached inode", "Unattached zero-length inode",
		"Connect to /lost+found", "Fix? no", "Clear? no", "Padding", "",
	};
	const char *p;
	size_t i, len;
	unsigned int inode, has, should;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		len = strlen(starts[i]);
		if (len ? !strncmp(line, starts[i], len) : !*line)
			return true;
	}
	if (strstr(line, "******") || strstr(line, "files (") || strstr(line, "check forced") ||
	    strstr(line, "zero dtime"))
		return true;
	if (sscanf(line, "Inode %u ref count is %u, should be %u", &inode, &has, &should) == 3)
		return has > should;
	/* "-12" is in use by nobody; "+12" is used and may be given away */
	p = strstr(line, "bitmap differences:");
	return p && !strchr(p, '+');
}

struct verdict {
	unsigned int images, clean, leaks, worse;
	char example[300];
};

static void fsck_image(const char *path, uint32_t n, bool may, struct verdict *v)
{
	char cmd[700], line[600], first[300] = "";
	bool harm = false;
	FILE *p;
	int rc;

	snprintf(cmd, sizeof(cmd), "e2fsck -fn %s 2>&1", path);
	p = popen(cmd, "r");
	if (!p)
		die("e2fsck");
	while (fgets(line, sizeof(line), p)) {
		line[strcspn(line, "\n")] = 0;
		if (harmless(line))
			continue;
		if (!harm)
			snprintf(first, sizeof(first), "n=%u: %.250s", n, line);
		harm = true;
	}
	rc = pclose(p);
	v->images++;
	if (!WIFEXITED(rc) || WEXITSTATUS(rc) & ~7) {
		harm = true;
		snprintf(first, sizeof(first), "n=%u: e2fsck ended with %x", n, rc);
	}
	if (!rc)
		v->clean++;
	else if (!harm)
		v->leaks++;
	else
		v->worse++;
	if (harm && !may && !v->example[0])
		strcpy(v->example, first);
}

static void check_file(const char *dir, const char *name, struct image *im, struct verdict *v)
{
	char path[600], tmp[64];
	struct outcome o;
	FILE *f;
	int t;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(tmp, sizeof(tmp), "/dev/shm/nthcheck.%d", getpid());
	f = fopen(path, "r");
	if (!f)
		die("%s", path);
	while (fread(&o, sizeof(o), 1, f) == 1) {
		im->fd = open(tmp, O_RDWR | O_CREAT | O_TRUNC, 0600);
		if (im->fd < 0)
			die("%s", tmp);
		write_all(im->fd, im->bytes, im->len, 0);
		for (t = 0; t < (int)o.blocks; t++) {
			char block[1024];
			uint32_t blk;

			if (fread(&blk, sizeof(blk), 1, f) != 1 || fread(block, 1024, 1, f) != 1 ||
			    blk >= im->len / 1024)
				die("%s is cut short", path);
			write_all(im->fd, block, 1024, blk * 1024ull);
		}
		close(im->fd);
		fsck_image(tmp, o.n, strstr(name, ".io") && o.told, v);
	}
	unlink(tmp);
	fclose(f);
}

int cmd_nthcheck(int argc, char **argv)
{
	unsigned int count = 0, bad = 0;
	struct dirent **list;
	struct image im;
	char path[600];
	int i, n;

	if (argc != 1)
		die("nthcheck OUT");
	snprintf(path, sizeof(path), "%s/base", argv[0]);
	image_load(&im, path);
	n = scandir(argv[0], &list, NULL, alphasort);
	for (i = 0; i < n; i++) {
		const char *name = list[i]->d_name;
		struct verdict v = {};

		if (!strstr(name, ".alloc") && !strstr(name, ".io"))
			continue;
		check_file(argv[0], name, &im, &v);
		if (v.example[0]) {
			bad++;
			printf("# %s\n", v.example);
		}
		printf("%s %u - e2fsck after %s # images=%u clean=%u leaks=%u worse=%u\n",
		       v.example[0] ? "not ok" : "ok", ++count, name, v.images, v.clean, v.leaks,
		       v.worse);
	}
	printf("1..%u\n", count);
	return bad || !count;
}
