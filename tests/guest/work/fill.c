// SPDX-License-Identifier: GPL-2.0-only
/*
 * efs-work fill: take everything a file system has, prove that what was accepted is kept, give it
 * back, and prove that all of it came back.
 *
 *   small DIR    files of a few kilobytes until ENOSPC, all read back, all removed
 *   large DIR    one file until ENOSPC, read back; cut in half, grown again; removed
 *   inodes DIR   empty files until the inodes run out, removed
 *
 * DIR must be otherwise idle. Work happens in DIR/fill, so that DIR itself never grows.
 */
#include "work.h"
#include <sys/statvfs.h>

static char base[4096];

static void space(const char *dir, uint64_t *blocks, uint64_t *inodes)
{
	struct statvfs s;

	if (statvfs(dir, &s))
		die("statvfs");
	*blocks = s.f_bfree;
	*inodes = s.f_ffree;
}

static uint32_t small_size(unsigned int i)
{
	struct rng r = { i };

	return rng_below(&r, 12000);
}

/* how much of file i was accepted: everything, or (the last ones) what the write returned */
static bool put_small(unsigned int i, uint32_t *got)
{
	static char buf[12000];
	char name[4200];
	uint32_t size = small_size(i), off = 0;
	ssize_t n = 0;
	int fd;

	*got = 0;
	snprintf(name, sizeof(name), "%s/%u", base, i);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
	if (fd < 0) {
		if (errno != ENOSPC)
			die("create %s", name);
		*got = UINT32_MAX;
		return false;
	}
	pattern(i, 0, buf, size);
	while (off < size) {
		n = write(fd, buf + off, size - off);
		if (n <= 0)
			break;
		off += n;
	}
	*got = off;
	if (off < size && (n == 0 || errno != ENOSPC))
		die("write %s gave %zd", name, n);
	if (close(fd))
		die("close %s", name);
	return off == size;
}

static void check_small(unsigned int i, uint32_t want)
{
	static char buf[12001], ref[12000];
	char name[4200];
	ssize_t n;
	int fd;

	snprintf(name, sizeof(name), "%s/%u", base, i);
	fd = open(name, O_RDONLY);
	if (fd < 0)
		die("open %s", name);
	n = pread(fd, buf, sizeof(buf), 0);
	close(fd);
	if (n != (ssize_t)want)
		die("%s: %zd bytes, wrote %u", name, n, want);
	pattern(i, 0, ref, want);
	if (memcmp(buf, ref, want))
		die("%s: wrong contents", name);
}

static int fill_small(const char *dir)
{
	static uint32_t got[1000000];
	unsigned int n = 0, i, refused = 0;
	uint64_t b, f;

	/* ENOSPC for one size is not the end: smaller files still fit for a while */
	while (n < 1000000 && refused < 20) {
		if (!put_small(n, &got[n]))
			refused++;
		n++;
	}
	sync();
	space(dir, &b, &f);
	printf("# %u files, %llu blocks and %llu inodes left\n", n, (unsigned long long)b,
	       (unsigned long long)f);
	for (i = 0; i < n; i++)
		if (got[i] != UINT32_MAX)
			check_small(i, got[i]);
	/* a hole in the middle of the full disk can be used again */
	for (i = 0; i < n; i += 7) {
		char name[4200];

		if (got[i] == UINT32_MAX)
			continue;
		snprintf(name, sizeof(name), "%s/%u", base, i);
		if (unlink(name))
			die("unlink %s", name);
	}
	for (i = 0; i < n; i += 7) {
		if (got[i] == UINT32_MAX || !small_size(i))
			continue;
		put_small(i, &got[i]);
		if (got[i] == UINT32_MAX)
			continue;
		check_small(i, got[i]);
	}
	for (i = 0; i < n; i++) {
		char name[4200];

		snprintf(name, sizeof(name), "%s/%u", base, i);
		if (unlink(name) && errno != ENOENT)
			die("unlink %s", name);
	}
	return 0;
}

static uint64_t grow(int fd, uint64_t key, uint64_t off)
{
	static char buf[1 << 20];
	ssize_t n;

	for (;;) {
		pattern(key, off, buf, sizeof(buf));
		n = pwrite(fd, buf, sizeof(buf), off);
		if (n < 0) {
			if (errno != ENOSPC)
				die("write at %llu", (unsigned long long)off);
			return off;
		}
		off += n;
	}
}

static void check_large(int fd, uint64_t size, uint64_t cut, uint64_t k1, uint64_t k2)
{
	static char buf[1 << 16], ref[1 << 16];
	uint64_t off;
	struct stat st;

	if (fstat(fd, &st) || (uint64_t)st.st_size != size)
		die("size %lld, wanted %llu", (long long)st.st_size, (unsigned long long)size);
	for (off = 0; off < size;) {
		uint64_t end = off < cut ? cut : size;
		size_t n = end - off < sizeof(buf) ? end - off : sizeof(buf);

		read_all(fd, buf, n, off);
		pattern(off < cut ? k1 : k2, off, ref, n);
		if (memcmp(buf, ref, n))
			die("wrong contents near %llu", (unsigned long long)off);
		off += n;
	}
}

static int fill_large(const char *dir)
{
	char name[4200];
	uint64_t size, half, b, f;
	int fd;

	snprintf(name, sizeof(name), "%s/large", base);
	fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0644);
	if (fd < 0)
		die("create");
	size = grow(fd, 1, 0);
	if (fsync(fd))
		die("fsync of a file that met ENOSPC");
	space(dir, &b, &f);
	printf("# one file of %llu bytes, %llu blocks left\n", (unsigned long long)size,
	       (unsigned long long)b);
	check_large(fd, size, size, 1, 1);
	half = size / 2 + 123;
	if (ftruncate(fd, half))
		die("ftruncate");
	size = grow(fd, 2, half);
	if (posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		die("fadvise");
	check_large(fd, size, half, 1, 2);
	close(fd);
	if (unlink(name))
		die("unlink");
	return 0;
}

static int fill_inodes(void)
{
	char name[4200];
	unsigned int n, i;
	int fd;

	for (n = 0;; n++) {
		snprintf(name, sizeof(name), "%s/%u", base, n);
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
		if (fd < 0)
			break;
		close(fd);
	}
	if (errno != ENOSPC)
		die("create");
	printf("# %u inodes\n", n);
	if (!n)
		die("no inode at all");
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/%u", base, i);
		if (unlink(name))
			die("unlink");
	}
	return 0;
}

int cmd_fill(int argc, char **argv)
{
	uint64_t b0, f0, b1, f1;
	int tries = 0;
	int rc;

	if (argc != 2)
		die("fill small|large|inodes DIR");
	sync();
	space(argv[1], &b0, &f0);
	snprintf(base, sizeof(base), "%s/fill", argv[1]);
	if (mkdir(base, 0755))
		die("mkdir %s", base);
	if (!strcmp(argv[0], "small"))
		rc = fill_small(argv[1]);
	else if (!strcmp(argv[0], "large"))
		rc = fill_large(argv[1]);
	else if (!strcmp(argv[0], "inodes"))
		rc = fill_inodes();
	else
		die("fill small|large|inodes DIR");
	if (rmdir(base))
		die("rmdir %s", base);
	sync();
	/* a FUSE daemon is told a little later that the kernel has done with a file */
	do {
		space(argv[1], &b1, &f1);
	} while ((b0 != b1 || f0 != f1) && tries++ < 50 && !usleep(20000));
	if (b0 != b1 || f0 != f1) {
		printf("# free before: %llu blocks %llu inodes; after: %llu and %llu\n",
		       (unsigned long long)b0, (unsigned long long)f0, (unsigned long long)b1,
		       (unsigned long long)f1);
		rc = 1;
	}
	return rc;
}
