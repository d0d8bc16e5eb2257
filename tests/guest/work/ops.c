// SPDX-License-Identifier: GPL-2.0-only
/*
 * efs-work ops DIR [quick|GROUP]: one by one, what each operation of the VFS answers,
 * `name<TAB>result`.
 *
 * Nothing here knows the right answer. Two file systems given twin images must print the same
 * lines, apart from the differences listed, each with its reason, in tests/guest/differences.
 * Results therefore never contain a time of day, an inode number or a physical block.
 *
 * quick leaves out what takes long, the limit of hard links; GROUP is one of `ops list`.
 * DIR is the root of an otherwise empty mounted file system; the caller is root.
 */
#include "work.h"
#include <dirent.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>

static char root[4096];
static unsigned int bs;
static char buf[1 << 20] __attribute__((aligned(4096)));

static void r(const char *op, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void r(const char *op, const char *fmt, ...)
{
	va_list ap;

	printf("%s\t", op);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* the name of an error, or the value when there was none */
static const char *en(long rc)
{
	static char b[8][32];
	static int i;

	if (rc < 0)
		return strerrorname_np(errno);
	i = (i + 1) % 8;
	snprintf(b[i], sizeof(b[i]), "%ld", rc);
	return b[i];
}

static void rc(const char *op, long v)
{
	r(op, "%s", en(v));
}

/* descriptors are not results */
static int fdr(const char *op, int fd)
{
	r(op, "%s", en(fd < 0 ? fd : 0));
	return fd;
}

static int mk(const char *name, size_t size)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	size_t i;

	if (fd < 0)
		die("create %s", name);
	for (i = 0; i < size; i += sizeof(buf)) {
		size_t n = size - i < sizeof(buf) ? size - i : sizeof(buf);

		pattern(1, i, buf, n);
		write_all(fd, buf, n, i);
	}
	return fd;
}

static void mkc(const char *name, size_t size)
{
	close(mk(name, size));
}

static struct stat st_of(const char *name)
{
	struct stat st;

	memset(&st, 0, sizeof(st));
	lstat(name, &st);
	return st;
}

static unsigned long nlink_of(const char *name)
{
	return st_of(name).st_nlink;
}

static uint64_t hash_of(int fd, uint64_t off, size_t len)
{
	ssize_t n;

	memset(buf, 0x55, sizeof(buf));
	n = pread(fd, buf, len, off);
	return n < 0 ? (uint64_t)errno : hash_bytes(n, buf, n);
}

static bool all_zero(int fd, uint64_t off, size_t len)
{
	size_t i;

	memset(buf, 0x55, len);
	read_all(fd, buf, len, off);
	for (i = 0; i < len; i++)
		if (buf[i])
			return false;
	return true;
}

static void names(void)
{
	char n[300];
	int fd;

	fd = fdr("create.excl", open("a", O_RDWR | O_CREAT | O_EXCL, 0640));
	close(fd);
	fdr("create.excl-again", open("a", O_RDWR | O_CREAT | O_EXCL, 0640));
	r("create.stat", "%o %lu %lld %lld", st_of("a").st_mode, nlink_of("a"),
	  (long long)st_of("a").st_size, (long long)st_of("a").st_blocks);
	memset(n, 'N', sizeof(n));
	n[255] = 0;
	fd = fdr("create.name-255", open(n, O_RDWR | O_CREAT | O_EXCL, 0644));
	close(fd);
	rc("unlink.name-255", unlink(n));
	n[255] = 'N';
	n[256] = 0;
	fdr("create.name-256", open(n, O_RDWR | O_CREAT | O_EXCL, 0644));
	rc("mkdir.name-256", mkdir(n, 0755));
	rc("lookup.missing", access("nothing", F_OK));
	rc("lookup.through-file", access("a/b", F_OK));
	rc("open.directory-flag-on-file", open("a", O_RDONLY | O_DIRECTORY));
	rc("open.write-directory", open(".", O_WRONLY));
	rc("unlink.missing", unlink("nothing"));
	rc("unlink.file", unlink("a"));
	rc("lookup.after-unlink", access("a", F_OK));
}

static void dirs(void)
{
	unsigned long before = nlink_of(".");

	rc("mkdir", mkdir("d", 01755));
	r("mkdir.parent-nlink", "+%lu", nlink_of(".") - before);
	r("mkdir.stat", "%o %lu %d %d", st_of("d").st_mode, nlink_of("d"),
	  st_of("d").st_size == bs, st_of("d").st_blocks == bs / 512);
	rc("mkdir.exists", mkdir("d", 0755));
	mkc("d/f", 1);
	rc("rmdir.not-empty", rmdir("d"));
	rc("unlink.directory", unlink("d"));
	rc("rmdir.file", rmdir("d/f"));
	rc("rmdir.dot", rmdir("d/."));
	rc("rmdir.dotdot", rmdir("d/.."));
	unlink("d/f");
	rc("rmdir", rmdir("d"));
	r("rmdir.parent-nlink", "+%lu", nlink_of(".") - before);
	/* a removed directory that is still somebody's cwd */
	mkdir("gone", 0755);
	if (chdir("gone"))
		die("chdir");
	rc("rmdir.cwd", rmdir("../gone"));
	rc("create.in-removed-directory", open("x", O_CREAT | O_RDWR, 0644));
	rc("mkdir.in-removed-directory", mkdir("x", 0755));
	if (chdir(root))
		die("chdir");
	r("rmdir.cwd-parent-nlink", "+%lu", nlink_of(".") - before);
}

static void links(void)
{
	mkc("l0", 100);
	rc("link", link("l0", "l1"));
	r("link.nlink", "%lu %lu", nlink_of("l0"), nlink_of("l1"));
	rc("link.exists", link("l0", "l1"));
	rc("link.missing", link("nothing", "l2"));
	rc("link.directory", link(".", "l2"));
	rc("unlink.one-name", unlink("l0"));
	r("unlink.other-name-stays", "%lu %lld", nlink_of("l1"), (long long)st_of("l1").st_size);
	unlink("l1");
}

/* the limit of hard links, spread over directories to keep each one short */
static void link_limit(void)
{
	char n[64];
	int i, k;

	mkc("l1", 100);
	mkdir("many", 0755);
	for (i = 0; i < 33; i++) {
		snprintf(n, sizeof(n), "many/%d", i);
		mkdir(n, 0755);
	}
	for (k = 1; k < 40000; k++) {
		snprintf(n, sizeof(n), "many/%d/%d", k / 1000, k);
		if (link("l1", n))
			break;
	}
	r("link.limit", "%d %s", k, en(-1));
	r("link.limit-nlink", "%lu", nlink_of("l1"));
	mkc("l2", 1);
	rc("link.at-limit-other-file", link("l2", "l3"));
	rc("rename.at-limit", rename("l1", "l4"));
	for (i = 1; i < k; i++) {
		snprintf(n, sizeof(n), "many/%d/%d", i / 1000, i);
		if (unlink(n))
			die("unlink %s", n);
	}
	r("unlink.many", "%lu", nlink_of("l4"));
	for (i = 0; i < 33; i++) {
		snprintf(n, sizeof(n), "many/%d", i);
		rmdir(n);
	}
	rc("rmdir.after-many", rmdir("many"));
	unlink("l2");
	unlink("l3");
	unlink("l4");
}

static long ren2(const char *a, const char *b, unsigned int flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, flags);
}

static void renames(void)
{
	unsigned long before = nlink_of(".");
	struct stat a, b;
	int fd;

	mkc("r1", 10);
	rc("rename", rename("r1", "r2"));
	rc("rename.old-gone", access("r1", F_OK));
	rc("rename.missing", rename("nothing", "r3"));
	rc("rename.to-itself", rename("r2", "r2"));
	link("r2", "r3");
	rc("rename.to-own-link", rename("r2", "r3"));
	r("rename.to-own-link-keeps-both", "%lu %lu", nlink_of("r2"), nlink_of("r3"));
	unlink("r3");
	fd = mk("r4", 20);
	rc("rename.over-open-file", rename("r2", "r4"));
	r("rename.over-result", "%lld", (long long)st_of("r4").st_size);
	if (fstat(fd, &a))
		die("fstat");
	r("rename.over-victim", "%lu %lld", (unsigned long)a.st_nlink, (long long)a.st_size);
	close(fd);
	mkdir("rd1", 0755);
	mkdir("rd2", 0755);
	mkdir("rd2/sub", 0755);
	rc("rename.dir-over-full-dir", rename("rd1", "rd2"));
	rc("rename.dir-over-file", rename("rd1", "r4"));
	rc("rename.file-over-dir", rename("r4", "rd1"));
	rc("rename.dir-into-itself", rename("rd2", "rd2/sub/x"));
	rc("rename.dir-over-ancestor", rename("rd2/sub", "rd2"));
	rc("rename.full-dir-over-empty-dir", rename("rd2", "rd1"));
	r("rename.parent-nlink", "+%lu", nlink_of(".") - before);
	mkdir("rd3", 0755);
	rc("rename.dir-across", rename("rd1/sub", "rd3/moved"));
	r("rename.dir-across-nlink", "%lu %lu", nlink_of("rd1"), nlink_of("rd3"));
	a = st_of("rd3/moved/..");
	b = st_of("rd3");
	r("rename.dir-across-dotdot", "%d", a.st_ino == b.st_ino);
	rc("rename.noreplace-exists", ren2("r4", "rd3", RENAME_NOREPLACE));
	rc("rename.noreplace", ren2("r4", "r5", RENAME_NOREPLACE));
	mkc("r6", 66);
	rc("rename.exchange-files", ren2("r5", "r6", RENAME_EXCHANGE));
	r("rename.exchange-files-result", "%lld %lld", (long long)st_of("r5").st_size,
	  (long long)st_of("r6").st_size);
	rc("rename.exchange-missing", ren2("r5", "nothing", RENAME_EXCHANGE));
	mkc("rd1/file", 7);
	rc("rename.exchange-dir-file", ren2("rd3/moved", "rd1/file", RENAME_EXCHANGE));
	r("rename.exchange-dir-file-result", "%o %o %lu %lu", st_of("rd3/moved").st_mode,
	  st_of("rd1/file").st_mode, nlink_of("rd1"), nlink_of("rd3"));
	a = st_of("rd1/file/..");
	b = st_of("rd1");
	r("rename.exchange-dotdot", "%d", a.st_ino == b.st_ino);
	rc("rename.exchange-same-dir-dirs", ren2("rd1", "rd3", RENAME_EXCHANGE));
	rc("rename.exchange-ancestor", ren2("rd3", "rd3/file", RENAME_EXCHANGE));
	rc("rename.whiteout", ren2("r5", "r7", RENAME_WHITEOUT));
	rc("rename.bad-flags", ren2("r5", "r7", RENAME_EXCHANGE | RENAME_NOREPLACE));
	unlink("r5");
	unlink("r6");
	unlink("r7");
	/* whichever way the exchanges went */
	unlink("rd1/moved");
	unlink("rd1/file");
	unlink("rd3/moved");
	unlink("rd3/file");
	rmdir("rd1/moved");
	rmdir("rd1/file");
	rmdir("rd3/moved");
	rmdir("rd3/file");
	rmdir("rd1");
	rmdir("rd3");
	r("rename.clean-up", "+%lu", nlink_of(".") - before);
}

static void tmpfiles(void)
{
	char proc[64];
	struct stat st;
	int fd;

	fd = fdr("tmpfile", open(".", O_TMPFILE | O_RDWR, 0600));
	if (fd < 0)
		return;
	write_all(fd, "hello", 5, 0);
	if (fstat(fd, &st))
		die("fstat");
	r("tmpfile.nlink", "%lu %lld", (unsigned long)st.st_nlink, (long long)st.st_size);
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	rc("tmpfile.linkat", linkat(AT_FDCWD, proc, AT_FDCWD, "t1", AT_SYMLINK_FOLLOW));
	r("tmpfile.linked", "%lu %lld", nlink_of("t1"), (long long)st_of("t1").st_size);
	close(fd);
	fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	rc("tmpfile.excl-linkat", linkat(AT_FDCWD, proc, AT_FDCWD, "t2", AT_SYMLINK_FOLLOW));
	close(fd);
	rc("tmpfile.read-only", open(".", O_TMPFILE | O_RDONLY, 0600));
	unlink("t1");
}

static void symlinks(void)
{
	static const int len[] = { 1, 59, 60, 61, 255, 1023 };
	char t[5000], got[5000], name[32];
	size_t i;

	for (i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		ssize_t n;

		memset(t, 's', len[i]);
		t[len[i]] = 0;
		n = symlink(t, "s");
		snprintf(name, sizeof(name), "symlink.%d", len[i]);
		if (n) {
			rc(name, n);
			continue;
		}
		n = readlink("s", got, sizeof(got));
		r(name, "%zd %lld %lld %d", n, (long long)st_of("s").st_size,
		  (long long)st_of("s").st_blocks, n > 0 && !memcmp(t, got, n));
		unlink("s");
	}
	memset(t, 's', bs);
	t[bs] = 0;
	rc("symlink.block-size", symlink(t, "s"));
	unlink("s");
	t[bs - 1] = 0;
	rc("symlink.block-size-1", symlink(t, "s"));
	unlink("s");
	rc("symlink.empty", symlink("", "s"));
	rc("symlink.exists", symlink("x", "."));
	symlink("s", "s");
	rc("symlink.loop", open("s", O_RDONLY));
	unlink("s");
	mkc("target", 3);
	symlink("target", "s");
	r("symlink.follow", "%lld", (long long)({ struct stat q; stat("s", &q); q.st_size; }));
	rc("symlink.nofollow", open("s", O_RDONLY | O_NOFOLLOW));
	rc("symlink.chmod", fchmodat(AT_FDCWD, "s", 0600, AT_SYMLINK_NOFOLLOW));
	rc("symlink.chown", lchown("s", 5, 6));
	r("symlink.owner", "%u %u %o", st_of("s").st_uid, st_of("s").st_gid, st_of("s").st_mode);
	unlink("s");
	unlink("target");
}

static void nodes(void)
{
	static const struct {
		const char *op;
		mode_t mode;
		unsigned int maj, min;
	} t[] = {
		{ "mknod.chr", S_IFCHR | 0600, 1, 3 },
		{ "mknod.blk-old-limit", S_IFBLK | 0600, 255, 255 },
		{ "mknod.chr-new-encoding", S_IFCHR | 0600, 300, 70000 },
		{ "mknod.chr-largest", S_IFCHR | 0600, 4095, 1048575 },
		{ "mknod.fifo", S_IFIFO | 0600, 0, 0 },
		{ "mknod.socket", S_IFSOCK | 0600, 0, 0 },
		{ "mknod.file", S_IFREG | 0600, 0, 0 },
		{ "mknod.directory", S_IFDIR | 0600, 0, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (mknod("n", t[i].mode, makedev(t[i].maj, t[i].min))) {
			rc(t[i].op, -1);
			continue;
		}
		r(t[i].op, "%o %u:%u %lld", st_of("n").st_mode, major(st_of("n").st_rdev),
		  minor(st_of("n").st_rdev), (long long)st_of("n").st_blocks);
		unlink("n");
	}
	mkfifo("n", 0600);
	r("fifo.works", "%d", ({
		int fd = open("n", O_RDWR);
		int ok = write(fd, "ab", 2) == 2 && read(fd, buf, 9) == 2;

		close(fd);
		ok;
	}));
	unlink("n");
}

static void data(void)
{
	uint64_t b[3];
	struct stat st;
	int fd, i;
	ssize_t n;

	fd = mk("f", 0);
	rc("write", pwrite(fd, "abc", 3, 0));
	rc("read.past-end", pread(fd, buf, 10, 3));
	rc("read.short", pread(fd, buf, 10, 1));
	rc("write.beyond-end", pwrite(fd, "xyz", 3, 3 * bs + 1));
	r("write.beyond-end-hole", "%d", all_zero(fd, 3, 3 * bs - 2));
	fsync(fd);
	r("write.beyond-end-stat", "%lld %lld", (long long)st_of("f").st_size - 3 * bs,
	  (long long)st_of("f").st_blocks * 512 / bs);
	rc("truncate.up", ftruncate(fd, 10 * bs + 5));
	r("truncate.up-zero", "%d", all_zero(fd, 3 * bs + 4, 7 * bs));
	rc("truncate.down-mid-block", ftruncate(fd, 2));
	r("truncate.down-blocks", "%lld", (long long)st_of("f").st_blocks * 512 / bs);
	rc("truncate.up-again", ftruncate(fd, 4 * bs));
	r("truncate.no-old-bytes", "%d", all_zero(fd, 2, 4 * bs - 2));
	rc("truncate.zero", ftruncate(fd, 0));
	r("truncate.zero-blocks", "%lld", (long long)st_of("f").st_blocks);
	close(fd);
	rc("truncate.directory", truncate(".", 0));

	/* every place where the map gets a level */
	boundaries(bs, b);
	fd = mk("f", 0);
	for (i = 0; i < 3; i++) {
		static const char * const op[] = { "map.indirect", "map.double", "map.triple" };
		char name[64];

		write_all(fd, "last", 4, b[i] - 4);
		fsync(fd);
		snprintf(name, sizeof(name), "%s-before", op[i]);
		r(name, "%lld", (long long)st_of("f").st_blocks * 512 / bs);
		write_all(fd, "next", 4, b[i]);
		fsync(fd);
		snprintf(name, sizeof(name), "%s-after", op[i]);
		r(name, "%lld %016llx", (long long)st_of("f").st_blocks * 512 / bs,
		  (unsigned long long)hash_of(fd, b[i] - bs, 2 * bs));
	}
	for (i = 2; i >= 0; i--) {
		static const char * const op[] = { "map.cut-direct", "map.cut-indirect",
					    "map.cut-double" };

		rc("map.cut", ftruncate(fd, b[i]));
		r(op[i], "%lld %016llx", (long long)st_of("f").st_blocks * 512 / bs,
		  (unsigned long long)hash_of(fd, b[i] - bs, 2 * bs));
	}
	ftruncate(fd, 0);
	r("map.cut-all", "%lld", (long long)st_of("f").st_blocks);

	/* the largest file */
	rc("size.too-big-truncate", ftruncate(fd, INT64_MAX - bs));
	{
		int64_t lo = 0, hi = INT64_MAX / 2;

		while (lo + 1 < hi) {
			int64_t mid = lo + (hi - lo) / 2;

			if (ftruncate(fd, mid))
				hi = mid;
			else
				lo = mid;
		}
		r("size.largest", "%lld", (long long)lo);
		rc("size.write-at-largest", pwrite(fd, "z", 1, lo - 1));
		rc("size.write-past-largest", pwrite(fd, "zz", 2, lo - 1));
		rc("size.write-beyond-largest", pwrite(fd, "z", 1, lo));
		fsync(fd);
		if (fstat(fd, &st))
			die("fstat");
		r("size.blocks-at-largest", "%lld", (long long)st.st_blocks * 512 / bs);
		ftruncate(fd, 0);
		fsync(fd);
		r("size.blocks-after", "%lld", (long long)st_of("f").st_blocks);
	}
	close(fd);

	fd = open("f", O_RDWR | O_APPEND);
	rc("append", write(fd, "1", 1));
	rc("append.pwrite", pwrite(fd, "2", 1, 0));
	r("append.result", "%lld", (long long)st_of("f").st_size);
	close(fd);
	fd = fdr("open.trunc", open("f", O_RDWR | O_TRUNC));
	r("open.trunc-size", "%lld", (long long)st_of("f").st_size);
	close(fd);
	fd = open("f", O_RDWR | O_SYNC);
	rc("write.o-sync", write(fd, "sync", 4));
	rc("fsync", fsync(fd));
	rc("fdatasync", fdatasync(fd));
	rc("syncfs", syncfs(fd));
	rc("sync_file_range", sync_file_range(fd, 0, 4, SYNC_FILE_RANGE_WRITE));
	rc("fallocate", fallocate(fd, 0, 0, 100 * bs));
	rc("fallocate.punch", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, bs));
	close(fd);
	fd = open(".", O_RDONLY | O_DIRECTORY);
	rc("fsync.directory", fsync(fd));
	rc("read.directory", read(fd, buf, 10));
	close(fd);

	/* open but nameless */
	fd = mk("f", 5 * bs);
	rc("unlink.open", unlink("f"));
	n = pread(fd, buf, 5 * bs, 0);
	if (fstat(fd, &st))
		die("fstat");
	r("unlink.open-read", "%d %lu", n == 5 * (ssize_t)bs, (unsigned long)st.st_nlink);
	rc("unlink.open-write", pwrite(fd, "q", 1, 6 * bs));
	rc("unlink.open-fsync", fsync(fd));
	close(fd);
}

static void seeks(void)
{
	int fd = mk("f", 0);

	write_all(fd, "a", 1, 4 * bs);
	write_all(fd, "b", 1, 20 * bs + 7);
	ftruncate(fd, 40 * bs);
	r("seek.data-0", "%lld", (long long)lseek(fd, 0, SEEK_DATA) / bs);
	r("seek.hole-0", "%lld", (long long)lseek(fd, 0, SEEK_HOLE) / bs);
	r("seek.hole-data", "%lld", (long long)lseek(fd, 4 * bs + 3, SEEK_HOLE) / bs);
	r("seek.data-5", "%lld", (long long)lseek(fd, 5 * bs, SEEK_DATA) / bs);
	fsync(fd);
	r("seek.data-0-synced", "%lld", (long long)lseek(fd, 0, SEEK_DATA) / bs);
	r("seek.hole-0-synced", "%lld", (long long)lseek(fd, 0, SEEK_HOLE) / bs);
	r("seek.data-last", "%s", en(lseek(fd, 21 * bs, SEEK_DATA) < 0 ? -1 : 0));
	r("seek.hole-last", "%lld", (long long)lseek(fd, 30 * bs, SEEK_HOLE) / bs);
	r("seek.data-end", "%s", en(lseek(fd, 40 * bs, SEEK_DATA) < 0 ? -1 : 0));
	r("seek.hole-end", "%s", en(lseek(fd, 40 * bs, SEEK_HOLE) < 0 ? -1 : 0));
	r("seek.negative", "%s", en(lseek(fd, -1, SEEK_SET) < 0 ? -1 : 0));
	close(fd);
	unlink("f");
}

/* logical extents only: their places on the disk are each file system's own business */
static void fiemap_row(const char *op, int fd, uint64_t start, uint64_t len, unsigned int flags)
{
	struct fiemap *fm = calloc(1, sizeof(*fm) + 64 * sizeof(struct fiemap_extent));
	unsigned int i;
	uint64_t at = 0, end = 0;

	fm->fm_start = start;
	fm->fm_length = len;
	fm->fm_flags = flags;
	fm->fm_extent_count = 64;
	if (ioctl(fd, FS_IOC_FIEMAP, fm)) {
		rc(op, -1);
		free(fm);
		return;
	}
	printf("%s\t", op);
	/* join runs that are adjacent in the file: how many there are is allocation policy */
	for (i = 0; i < fm->fm_mapped_extents; i++) {
		struct fiemap_extent *e = &fm->fm_extents[i];

		if (i == 0) {
			at = e->fe_logical;
		} else if (e->fe_logical != end) {
			printf("[%llu,%llu) ", (unsigned long long)at / bs,
			       (unsigned long long)end / bs);
			at = e->fe_logical;
		}
		end = e->fe_logical + e->fe_length;
	}
	if (i)
		printf("[%llu,%llu) last=%d", (unsigned long long)at / bs,
		       (unsigned long long)end / bs,
		       !!(fm->fm_extents[i - 1].fe_flags & FIEMAP_EXTENT_LAST));
	putchar('\n');
	fflush(stdout);
	free(fm);
}

static void fiemaps(void)
{
	int fd = mk("f", 0);

	fiemap_row("fiemap.empty", fd, 0, UINT64_MAX, FIEMAP_FLAG_SYNC);
	pattern(3, 0, buf, 6 * bs);
	write_all(fd, buf, 6 * bs, 2 * bs);
	write_all(fd, buf, 5 * bs, 10 * bs);
	write_all(fd, buf, bs, 300 * bs);
	fiemap_row("fiemap.all", fd, 0, UINT64_MAX, FIEMAP_FLAG_SYNC);
	fiemap_row("fiemap.part", fd, 3 * bs, 2 * bs, FIEMAP_FLAG_SYNC);
	fiemap_row("fiemap.hole", fd, 100 * bs, 50 * bs, FIEMAP_FLAG_SYNC);
	fiemap_row("fiemap.xattr", fd, 0, UINT64_MAX, FIEMAP_FLAG_XATTR);
	close(fd);
	unlink("f");
	fd = open(".", O_RDONLY | O_DIRECTORY);
	fiemap_row("fiemap.directory", fd, 0, UINT64_MAX, 0);
	close(fd);
}

static void direct(void)
{
	int fd = mk("f", 0), d;
	size_t unit = 4096;
	char *al = buf + (512 << 10), one;

	d = fdr("direct.open", open("f", O_RDWR | O_DIRECT));
	if (d < 0)
		return;
	pattern(5, 0, al, 8 * unit);
	rc("direct.write-new", pwrite(d, al, 4 * unit, 0));
	rc("direct.read", pread(d, al, 4 * unit, 0));
	r("direct.buffered-sees", "%016llx", (unsigned long long)hash_of(fd, 0, 4 * unit));
	pattern(6, 0, al, 8 * unit);
	rc("direct.write-beyond-end", pwrite(d, al, 2 * unit, 20 * unit));
	r("direct.gap-zero", "%d", all_zero(fd, 4 * unit, 16 * unit));
	pattern(6, 0, al, 8 * unit);
	rc("direct.write-hole", pwrite(d, al, unit, 8 * unit));
	r("direct.hole-result", "%016llx", (unsigned long long)hash_of(fd, 0, 22 * unit));
	r("direct.neighbours-zero", "%d %d", all_zero(fd, 7 * unit, unit),
	  all_zero(fd, 9 * unit, unit));
	rc("direct.read-hole", pread(d, al, 2 * unit, 10 * unit));
	rc("direct.read-past-end", pread(d, al, unit, 22 * unit));
	rc("direct.read-across-end", pread(d, al, 4 * unit, 20 * unit));
	rc("direct.unaligned-length", pwrite(d, al, 100, 0));
	rc("direct.unaligned-offset", pwrite(d, al, unit, 17));
	rc("direct.unaligned-memory", pread(d, al + 1, unit, 0));
	/* dirty page cache under a direct read, and a cached page under a direct write */
	write_all(fd, "dirty", 5, 0);
	pread(d, al, unit, 0);
	r("direct.read-sees-dirty", "%.5s", al);
	pread(fd, &one, 1, unit);
	pattern(9, 0, al, unit);
	pwrite(d, al, unit, unit);
	r("direct.write-drops-cache", "%016llx", (unsigned long long)hash_of(fd, unit, unit));
	fsync(d);
	r("direct.stat", "%lld %lld", (long long)st_of("f").st_size / unit,
	  (long long)st_of("f").st_blocks * 512 / bs);
	ftruncate(fd, unit * 20 + 100);
	rc("direct.read-ragged-end", pread(d, al, 2 * unit, 20 * unit));
	close(d);
	close(fd);
	unlink("f");
}

static sigjmp_buf jump;

static void on_bus(int sig)
{
	siglongjmp(jump, sig);
}

static const char *touch(volatile char *p)
{
	int sig = sigsetjmp(jump, 1);

	if (sig)
		return sig == SIGBUS ? "SIGBUS" : "SIGSEGV";
	*p = 'T';
	return "ok";
}

static void maps(void)
{
	struct sigaction sa = { .sa_handler = on_bus };
	int fd = mk("f", 3 * 4096 + 100);
	char *p = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	sigaction(SIGBUS, &sa, NULL);
	if (p == MAP_FAILED) {
		rc("mmap", -1);
		return;
	}
	r("mmap.write", "%s", touch(p + 5000));
	r("mmap.tail-zero", "%d", p[3 * 4096 + 101] == 0);
	r("mmap.beyond-end", "%s", touch(p + 5 * 4096));
	ftruncate(fd, 8 * 4096);
	r("mmap.into-hole", "%s", touch(p + 6 * 4096 + 1));
	r("mmap.grown-tail", "%s", touch(p + 4 * 4096 - 1));
	rc("mmap.msync", msync(p, 8 * 4096, MS_SYNC));
	r("mmap.read-sees", "%016llx", (unsigned long long)hash_of(fd, 0, 8 * 4096));
	write_all(fd, "through", 7, 4 * 4096);
	r("mmap.sees-write", "%.7s", p + 4 * 4096);
	ftruncate(fd, 4096);
	r("mmap.after-truncate", "%s", touch(p + 2 * 4096));
	ftruncate(fd, 3 * 4096);
	r("mmap.truncated-is-zero", "%d", p[2 * 4096 + 5] == 0);
	munmap(p, 8 * 4096);
	close(fd);
	unlink("f");
	fd = mk("f", 4096);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	p[0] = '!';
	r("mmap.private", "%016llx", (unsigned long long)hash_of(fd, 0, 4096));
	munmap(p, 4096);
	close(fd);
	unlink("f");
}

static void splices(void)
{
	int a = mk("f", 30000), b = mk("g", 0), p[2];
	loff_t in = 100, out = 50;
	off_t so = 0;
	ssize_t n;

	if (pipe(p))
		die("pipe");
	n = splice(a, &in, p[1], NULL, 8192, 0);
	rc("splice.file-to-pipe", n);
	rc("splice.pipe-to-file", splice(p[0], NULL, b, &out, 8192, 0));
	r("splice.result", "%lld %016llx", (long long)st_of("g").st_size,
	  (unsigned long long)hash_of(b, 0, 8242));
	rc("sendfile", sendfile(b, a, &so, 30000));
	r("sendfile.result", "%lld", (long long)st_of("g").st_size);
	in = 0;
	out = 40000;
	rc("copy_file_range", copy_file_range(a, &in, b, &out, 20000, 0));
	r("copy_file_range.result", "%016llx", (unsigned long long)hash_of(b, 40000, 20000));
	rc("ficlone", ioctl(b, FICLONE, a));
	close(a);
	close(b);
	close(p[0]);
	close(p[1]);
	unlink("f");
	unlink("g");
}

static void statxs(void)
{
	struct statx x;
	struct statfs s;

	mkc("f", 10);
	memset(&x, 0, sizeof(x));
	rc("statx", statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS | STATX_BTIME, &x));
	r("statx.basic", "%x %u %o %llu", x.stx_mask & STATX_BASIC_STATS, x.stx_blksize / bs,
	  x.stx_mode, (unsigned long long)x.stx_size);
	r("statx.btime", "%d", !!(x.stx_mask & STATX_BTIME));
	r("statx.btime-sane", "%d", !(x.stx_mask & STATX_BTIME) ||
	  (x.stx_btime.tv_sec <= x.stx_ctime.tv_sec &&
	   x.stx_btime.tv_sec > x.stx_ctime.tv_sec - 100));
	r("statx.attributes-mask", "%llx", (unsigned long long)x.stx_attributes_mask);
	if (statfs(".", &s))
		die("statfs");
	r("statfs", "%lx %ld %ld %lld %lld", (long)s.f_type, (long)s.f_bsize, (long)s.f_namelen,
	  (long long)s.f_blocks, (long long)s.f_files);
	r("statfs.avail", "%lld", (long long)(s.f_bfree - s.f_bavail));
	r("statfs.fsid", "%x %x", s.f_fsid.__val[0], s.f_fsid.__val[1]);
	unlink("f");
}

struct seen {
	char seen[2000];
	int total, twice;
};

static void see(struct seen *s, const char *name)
{
	int i;

	if (sscanf(name, "e%d", &i) != 1 || i < 0 || i >= 2000)
		return;
	s->twice += s->seen[i];
	s->seen[i] = 1;
	s->total++;
}

static void readdirs(void)
{
	static struct seen s;
	static long cookie[2000];
	static char at[2000][256];
	struct dirent *e;
	char n[300];
	int i, k, bad, types = 0;
	DIR *d;

	mkdir("rd", 0755);
	for (i = 0; i < 1000; i++) {
		snprintf(n, sizeof(n), "rd/e%d", i);
		close(open(n, O_CREAT | O_RDWR, 0644));
	}
	d = opendir("rd");
	for (k = 0; (e = readdir(d)); k++) {
		snprintf(at[k], sizeof(at[k]), "%s", e->d_name);
		cookie[k] = telldir(d);
		types += e->d_type == (at[k][0] == '.' ? DT_DIR : DT_REG);
	}
	r("readdir.count", "%d", k);
	r("readdir.types", "%d", types);
	/* each cookie leads to the entry after the one it was taken at */
	for (i = 0, bad = 0; i < k - 1; i += 7) {
		seekdir(d, cookie[i]);
		e = readdir(d);
		bad += !e || strcmp(e->d_name, at[i + 1]);
	}
	r("readdir.seekdir", "%d", bad);
	seekdir(d, cookie[k - 1]);
	r("readdir.end", "%d", !readdir(d));
	rewinddir(d);
	e = readdir(d);
	r("readdir.rewind", "%s", e ? e->d_name : "none");
	/*
	 * Change the directory under a reader that has read a part. Small buffer, so that the
	 * C library has not read it all already.
	 */
	closedir(d);
	{
		char b[512];
		int fd = open("rd", O_RDONLY | O_DIRECTORY);
		long got, o;
		int reads = 0;

		memset(&s, 0, sizeof(s));
		while ((got = syscall(SYS_getdents64, fd, b, sizeof(b))) > 0) {
			for (o = 0; o < got;) {
				struct dirent64 *de = (void *)(b + o);

				see(&s, de->d_name);
				o += de->d_reclen;
			}
			if (++reads != 20)
				continue;
			/* odd ones of the upper half go, new ones come */
			for (i = 501; i < 1000; i += 2) {
				snprintf(n, sizeof(n), "rd/e%d", i);
				unlink(n);
			}
			for (i = 1000; i < 1200; i++) {
				snprintf(n, sizeof(n), "rd/e%d", i);
				close(open(n, O_CREAT | O_RDWR, 0644));
			}
		}
		for (i = 0, bad = 0; i < 1000; i++)
			bad += !s.seen[i] && (i < 500 || !(i & 1));
		r("readdir.changed-missed", "%d", bad);
		r("readdir.changed-twice", "%d", s.twice);
		close(fd);
	}
	/* remove while reading, as rm -r does */
	d = opendir("rd");
	k = 0;
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(n, sizeof(n), "rd/%s", e->d_name);
		k += !unlink(n);
	}
	closedir(d);
	r("readdir.remove-all", "%d", k);
	rc("readdir.then-rmdir", rmdir("rd"));
}

static void times(void)
{
	static const struct {
		const char *op;
		long long s;
		long ns;
	} t[] = {
		{ "utimes.now-ish", 1700000000, 0 },
		{ "utimes.ns", 1700000000, 123456789 },
		{ "utimes.zero", 0, 0 },
		{ "utimes.before-1970", -1, 0 },
		{ "utimes.before-1970-ns", -1, 999999999 },
		{ "utimes.1901", -2147483648ll, 0 },
		{ "utimes.before-1901", -2147483649ll, 0 },
		{ "utimes.2038", 2147483647ll, 0 },
		{ "utimes.after-2038", 2147483648ll, 0 },
		{ "utimes.2106", 4294967296ll, 0 },
		{ "utimes.2400", 13569465600ll, 0 },
		{ "utimes.2446", 15032385535ll, 0 },
		{ "utimes.after-2446", 15032385536ll, 0 },
	};
	struct timespec ts[2];
	size_t i;

	mkc("f", 1);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ts[0].tv_sec = t[i].s;
		ts[1].tv_sec = t[i].s;
		ts[0].tv_nsec = t[i].ns;
		ts[1].tv_nsec = t[i].ns;
		if (utimensat(AT_FDCWD, "f", ts, 0)) {
			rc(t[i].op, -1);
			continue;
		}
		r(t[i].op, "%lld.%09ld", (long long)st_of("f").st_mtim.tv_sec,
		  st_of("f").st_mtim.tv_nsec);
	}
	ts[0].tv_sec = 1000;
	ts[0].tv_nsec = 0;
	ts[1].tv_nsec = UTIME_OMIT;
	utimensat(AT_FDCWD, "f", ts, 0);
	r("utimes.omit", "%lld", (long long)st_of("f").st_atim.tv_sec);
	/* what operations do to times: only the relation of before and after is a result */
	{
		struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
		int fd = open("f", O_RDWR);

		futimens(fd, old);
		write_all(fd, "x", 1, 0);
		r("times.write-sets-mtime", "%d", st_of("f").st_mtim.tv_sec > 1000);
		futimens(fd, old);
		ftruncate(fd, 0);
		r("times.truncate-sets-mtime", "%d", st_of("f").st_mtim.tv_sec > 1000);
		close(fd);
		utimensat(AT_FDCWD, ".", old, 0);
		mkc("g", 0);
		r("times.create-sets-dir-mtime", "%d", st_of(".").st_mtim.tv_sec > 1000);
		utimensat(AT_FDCWD, ".", old, 0);
		unlink("g");
		r("times.unlink-sets-dir-mtime", "%d", st_of(".").st_mtim.tv_sec > 1000);
		utimensat(AT_FDCWD, "f", old, 0);
		chmod("f", 0600);
		r("times.chmod-keeps-mtime", "%d", st_of("f").st_mtim.tv_sec == 1000);
	}
	unlink("f");
}

/* run as an unprivileged user with these ids */
static long as(uid_t u, gid_t g, long (*fn)(void))
{
	int e;
	long v;

	if (setegid(g) || seteuid(u))
		die("seteuid");
	v = fn();
	e = errno;
	if (seteuid(0) || setegid(0))
		die("seteuid back");
	errno = e;
	return v;
}

static long try_unlink_sticky(void)
{
	return unlink("sticky/theirs");
}

static long try_open(void)
{
	int fd = open("secret", O_RDONLY);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static long try_chown(void)
{
	return chown("secret", 1, 1);
}

static long make_in_setgid(void)
{
	mkc("sg/file", 1);
	return mkdir("sg/dir", 0755);
}

static long write_suid(void)
{
	int fd = open("suid", O_WRONLY);
	long v = write(fd, "x", 1);

	close(fd);
	return v;
}

static void owners(void)
{
	static const uid_t ids[] = { 0, 1, 65534, 65535, 65536, 70000, 4294967294u };
	char op[64];
	size_t i;

	mkc("f", 1);
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		snprintf(op, sizeof(op), "chown.%u", ids[i]);
		if (chown("f", ids[i], ids[i] ? ids[i] - 1 : 0))
			rc(op, -1);
		else
			r(op, "%u %u", st_of("f").st_uid, st_of("f").st_gid);
	}
	rc("chmod", chmod("f", 07777));
	r("chmod.mode", "%o", st_of("f").st_mode);
	chown("f", 5, 5);
	r("chown.clears-setid", "%o", st_of("f").st_mode);
	unlink("f");
	mkc("suid", 1);
	chmod("suid", 06777);
	rc("write.as-other", as(1000, 1000, write_suid));
	r("write.clears-setid", "%o", st_of("suid").st_mode);
	unlink("suid");
	mkdir("sticky", 0777);
	chmod("sticky", 01777);
	mkc("sticky/theirs", 1);
	rc("unlink.sticky-other", as(1000, 1000, try_unlink_sticky));
	chown("sticky/theirs", 1000, 1000);
	rc("unlink.sticky-own", as(1000, 1000, try_unlink_sticky));
	rmdir("sticky");
	mkc("secret", 1);
	chmod("secret", 0600);
	rc("open.no-permission", as(1000, 1000, try_open));
	rc("chown.no-permission", as(1000, 1000, try_chown));
	unlink("secret");
	mkdir("sg", 0777);
	chown("sg", 0, 4242);
	chmod("sg", 02777);
	rc("setgid.make", as(1000, 1000, make_in_setgid));
	r("setgid.file", "%u %u %o", st_of("sg/file").st_uid, st_of("sg/file").st_gid,
	  st_of("sg/file").st_mode);
	r("setgid.directory", "%u %o", st_of("sg/dir").st_gid, st_of("sg/dir").st_mode);
	rmdir("sg/dir");
	unlink("sg/file");
	rmdir("sg");
	umask(027);
	mkdir("um", 0777);
	r("umask.directory", "%o", st_of("um").st_mode);
	umask(0);
	rmdir("um");
}

static void freezes(void)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY);

	mkc("f", 5000);
	rc("freeze", ioctl(fd, FIFREEZE, 0));
	rc("freeze.again", ioctl(fd, FIFREEZE, 0));
	r("freeze.read", "%lld", (long long)st_of("f").st_size);
	rc("thaw", ioctl(fd, FITHAW, 0));
	rc("thaw.again", ioctl(fd, FITHAW, 0));
	rc("thaw.then-unlink", unlink("f"));
	close(fd);
}

static void handles(void)
{
	struct {
		struct file_handle h;
		unsigned char b[128];
	} f, d;
	int mnt = open(".", O_RDONLY | O_DIRECTORY), id, fd;

	mkdir("hd", 0755);
	mkc("hd/f", 10);
	f.h.handle_bytes = 128;
	d.h.handle_bytes = 128;
	rc("handle.file", name_to_handle_at(AT_FDCWD, "hd/f", &f.h, &id, 0));
	rc("handle.directory", name_to_handle_at(AT_FDCWD, "hd", &d.h, &id, 0));
	fd = fdr("handle.open-file", open_by_handle_at(mnt, &f.h, O_RDONLY));
	if (fd >= 0)
		rc("handle.read", read(fd, buf, 100));
	close(fd);
	fd = fdr("handle.open-directory", open_by_handle_at(mnt, &d.h, O_RDONLY | O_DIRECTORY));
	close(fd);
	unlink("hd/f");
	fdr("handle.stale-file", open_by_handle_at(mnt, &f.h, O_RDONLY));
	/* another file may have taken the inode: the generation tells */
	mkc("hd/g", 10);
	fdr("handle.reused-inode", open_by_handle_at(mnt, &f.h, O_RDONLY));
	unlink("hd/g");
	rmdir("hd");
	fdr("handle.stale-directory", open_by_handle_at(mnt, &d.h, O_RDONLY));
	memset(f.h.f_handle, 0xff, f.h.handle_bytes);
	fdr("handle.nonsense", open_by_handle_at(mnt, &f.h, O_RDONLY));
	memset(f.h.f_handle, 0, f.h.handle_bytes);
	fdr("handle.zero", open_by_handle_at(mnt, &f.h, O_RDONLY));
	close(mnt);
}

static int user_ns(unsigned int from, unsigned int to)
{
	int go[2], ready[2], fd;
	char path[64], map[64], c;
	pid_t pid;

	if (pipe(go) || pipe(ready))
		die("pipe");
	pid = fork();
	if (!pid) {
		close(go[1]);
		if (unshare(CLONE_NEWUSER))
			_exit(1);
		if (write(ready[1], "r", 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		die("unshare");
	snprintf(map, sizeof(map), "%u %u 10000", from, to);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	fd = open(path, O_WRONLY);
	if (write(fd, map, strlen(map)) < 0)
		die("%s", path);
	close(fd);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	fd = open(path, O_WRONLY);
	if (write(fd, map, strlen(map)) < 0)
		die("%s", path);
	close(fd);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY);
	if (write(go[1], "g", 1) != 1)
		die("pipe");
	waitpid(pid, NULL, 0);
	return fd;
}

static void idmaps(void)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	int ns = user_ns(0, 100000), tree, fd;
	struct stat st;

	/* ids on disk 0..9999 show as 100000..109999 */
	mkc("on-disk-5", 1);
	chown("on-disk-5", 5, 6);
	tree = open_tree(AT_FDCWD, root, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		die("open_tree");
	attr.userns_fd = ns;
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr))) {
		rc("idmap.mount", -1);
		goto out;
	}
	rc("idmap.mount", 0);
	if (fstatat(tree, "on-disk-5", &st, 0))
		die("stat");
	r("idmap.owner", "%u %u", st.st_uid, st.st_gid);
	chmod(".", 0777);
	setfsgid(100008);
	setfsuid(100007);
	fd = openat(tree, "made", O_CREAT | O_RDWR, 0644);
	r("idmap.create", "%s", en(fd < 0 ? -1 : 0));
	close(fd);
	r("idmap.mkdir", "%s", en(mkdirat(tree, "made-dir", 0755)));
	r("idmap.symlink", "%s", en(symlinkat("x", tree, "made-link")));
	r("idmap.mknod", "%s", en(mknodat(tree, "made-fifo", S_IFIFO | 0600, 0)));
	fd = openat(tree, ".", O_TMPFILE | O_RDWR, 0600);
	r("idmap.tmpfile", "%s", en(fd < 0 ? -1 : 0));
	if (fd >= 0 && !fstat(fd, &st))
		r("idmap.tmpfile-owner", "%u %u", st.st_uid, st.st_gid);
	close(fd);
	setfsuid(0);
	setfsgid(0);
	r("idmap.create-owner", "%u %u", st_of("made").st_uid, st_of("made").st_gid);
	r("idmap.mkdir-owner", "%u %u", st_of("made-dir").st_uid, st_of("made-dir").st_gid);
	r("idmap.symlink-owner", "%u", st_of("made-link").st_uid);
	r("idmap.mknod-owner", "%u", st_of("made-fifo").st_uid);
	rc("idmap.chown", fchownat(tree, "made", 100009, 100010, 0));
	r("idmap.chown-owner", "%u %u", st_of("made").st_uid, st_of("made").st_gid);
	rc("idmap.chown-unmapped", fchownat(tree, "made", 5, 5, 0));
	unlink("made");
	rmdir("made-dir");
	unlink("made-link");
	unlink("made-fifo");
	chmod(".", 0755);
out:
	unlink("on-disk-5");
	close(tree);
	close(ns);
}

static void locks(void)
{
	int a = mk("f", 10), b = open("f", O_RDWR);

	rc("flock", flock(a, LOCK_EX | LOCK_NB));
	rc("flock.held", flock(b, LOCK_EX | LOCK_NB));
	rc("lease", fcntl(a, F_SETLEASE, F_RDLCK));
	close(a);
	close(b);
	unlink("f");
}

static const struct group {
	const char *name;
	void (*fn)(void);
} groups[] = {
	{ "names", names },
	{ "directories", dirs },
	{ "links", links },
	{ "link-limit", link_limit },
	{ "rename", renames },
	{ "tmpfile", tmpfiles },
	{ "symlinks", symlinks },
	{ "nodes", nodes },
	{ "data", data },
	{ "seek", seeks },
	{ "fiemap", fiemaps },
	{ "direct", direct },
	{ "mmap", maps },
	{ "splice", splices },
	{ "stat", statxs },
	{ "readdir", readdirs },
	{ "times", times },
	{ "owners", owners },
	{ "freeze", freezes },
	{ "handles", handles },
	{ "idmap", idmaps },
	{ "locks", locks },
};

int cmd_ops(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : "";
	struct statvfs s;
	size_t i;

	if (argc == 1 && !strcmp(argv[0], "list")) {
		for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
			puts(groups[i].name);
		return 0;
	}
	if (argc < 1)
		die("ops list | ops DIR [quick|GROUP]");
	if (chdir(argv[0]) || !getcwd(root, sizeof(root)) || statvfs(".", &s))
		die("%s", argv[0]);
	bs = s.f_bsize;
	umask(0);
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (!strcmp(only, "quick") ? groups[i].fn == link_limit
					   : *only && strcmp(only, groups[i].name))
			continue;
		groups[i].fn();
	}
	r("done", "%d", 1);
	return 0;
}
