// SPDX-License-Identifier: GPL-2.0-only
/*
 * efs-work mixed: several processes, each with a model of its own files in memory.
 *
 * Every step does one random thing to a file of the file system and the same thing to the model;
 * reads are compared at once, and at the end each process compares every byte, size, link count
 * and directory listing. Besides its own directory each process works in two shared places:
 *   - `common/`: names that all processes create, link, rename and unlink at once. Nobody can say
 *     what the outcome is, only that errors are among those the race allows;
 *   - `striped`: one file in which process i owns every i-th 1000-byte stripe.
 */
#include "work.h"
#include <dirent.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define FILES 24
#define MAX_SIZE 300000u
#define STRIPE 1000u
#define STRIPES 64u

struct model {
	char name[64];		/* empty: does not exist */
	char link[64];		/* a second name, or empty */
	uint32_t size;
	unsigned char *data;	/* MAX_SIZE bytes, zero beyond size */
};

static struct model files[FILES];
static struct rng rng;
static int me, procs, dir, common, striped;
static unsigned int serial;
static uint32_t stripe_version[STRIPES];

static void fresh_name(char *to)
{
	int n = snprintf(to, 64, "p%d-%u-", me, serial++), pad = rng_below(&rng, 30);

	memset(to + n, 'x', pad);
	to[n + pad] = 0;
}

static int open_it(struct model *m, int flags)
{
	/* either name leads to the same bytes */
	const char *n = m->link[0] && rng_below(&rng, 2) ? m->link : m->name;
	int fd = openat(dir, n, flags);

	if (fd < 0)
		die("process %d: open %s", me, n);
	return fd;
}

static void check_range(struct model *m, int fd, uint32_t off, uint32_t len)
{
	static unsigned char buf[MAX_SIZE];
	uint32_t i;

	if (off >= m->size)
		return;
	if (len > m->size - off)
		len = m->size - off;
	read_all(fd, buf, len, off);
	if (!memcmp(buf, m->data + off, len))
		return;
	for (i = 0; buf[i] == m->data[off + i]; i++)
		;
	die("process %d: %s differs from the model at %u of %u: got %02x, wrote %02x", me, m->name,
	    off + i, m->size, buf[i], m->data[off + i]);
}

static void check_all(struct model *m)
{
	struct stat st;
	int fd = open_it(m, O_RDONLY);

	if (fstat(fd, &st))
		die("fstat");
	if (st.st_size != m->size || st.st_nlink != (m->link[0] ? 2 : 1))
		die("process %d: %s has size %lld, %lu links; wanted %u, %d", me, m->name,
		    (long long)st.st_size, (unsigned long)st.st_nlink, m->size,
		    m->link[0] ? 2 : 1);
	check_range(m, fd, 0, m->size);
	close(fd);
}

static void new_bytes(struct model *m, uint32_t off, uint32_t len)
{
	pattern(rng_next(&rng), off, m->data + off, len);
	if (off + len > m->size)
		m->size = off + len;
}

static void do_write(struct model *m, int flags)
{
	uint32_t off = rng_below(&rng, MAX_SIZE - 1), len;
	int fd = open_it(m, O_RDWR | flags);

	if (rng_below(&rng, 3))
		off %= m->size + 1;
	len = 1 + rng_below(&rng, rng_below(&rng, 4) ? 9000 : 100000);
	if (len > MAX_SIZE - off)
		len = MAX_SIZE - off;
	new_bytes(m, off, len);
	write_all(fd, m->data + off, len, off);
	if (!rng_below(&rng, 8) && (rng_below(&rng, 2) ? fsync(fd) : fdatasync(fd)))
		die("fsync");
	close(fd);
}

static void do_direct(struct model *m)
{
	static unsigned char buf[65536] __attribute__((aligned(4096)));
	uint32_t off = rng_below(&rng, (MAX_SIZE - 65536) / 4096) * 4096;
	uint32_t len = (1 + rng_below(&rng, 16)) * 4096;
	int fd = open_it(m, O_RDWR | O_DIRECT);
	ssize_t n;

	new_bytes(m, off, len);
	memcpy(buf, m->data + off, len);
	n = pwrite(fd, buf, len, off);
	if (n != (ssize_t)len)
		die("direct write of %u at %u gave %zd", len, off, n);
	n = pread(fd, buf, len, off);
	if (n != (ssize_t)len || memcmp(buf, m->data + off, len))
		die("direct read after write at %u gave %zd", off, n);
	close(fd);
}

static void do_map(struct model *m)
{
	uint32_t off, len;
	unsigned char *p;
	int fd;

	if (!m->size)
		return;
	fd = open_it(m, O_RDWR);
	p = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die("mmap");
	off = rng_below(&rng, m->size);
	len = 1 + rng_below(&rng, 20000);
	if (len > m->size - off)
		len = m->size - off;
	if (memcmp(p, m->data, m->size))
		die("process %d: %s: the mapping differs from the model", me, m->name);
	new_bytes(m, off, len);
	memcpy(p + off, m->data + off, len);
	if (!rng_below(&rng, 4) && msync(p, m->size, MS_SYNC))
		die("msync");
	munmap(p, m->size);
	close(fd);
}

static void do_truncate(struct model *m)
{
	uint32_t to = rng_below(&rng, MAX_SIZE);
	int fd = open_it(m, O_RDWR);

	if (rng_below(&rng, 4))
		to %= m->size + 5000;
	if (to > MAX_SIZE)
		to = MAX_SIZE;
	if (ftruncate(fd, to))
		die("ftruncate");
	if (to < m->size)
		memset(m->data + to, 0, m->size - to);
	m->size = to;
	close(fd);
}

static void do_rename(struct model *m)
{
	char to[64];

	fresh_name(to);
	if (renameat(dir, m->name, dir, to))
		die("rename %s", m->name);
	strcpy(m->name, to);
}

static void do_replace(struct model *m)
{
	struct model *v = &files[rng_below(&rng, FILES)];
	unsigned char *data;

	if (v == m || !v->name[0] || v->link[0])
		return;
	if (renameat(dir, m->name, dir, v->name))
		die("rename %s over %s", m->name, v->name);
	strcpy(m->name, v->name);
	v->name[0] = 0;
	data = v->data;
	memset(data, 0, MAX_SIZE);
	v->size = 0;
}

static void do_link(struct model *m)
{
	if (m->link[0]) {
		if (unlinkat(dir, m->link, 0))
			die("unlink %s", m->link);
		m->link[0] = 0;
		return;
	}
	fresh_name(m->link);
	if (linkat(dir, m->name, dir, m->link, 0))
		die("link %s", m->name);
}

static void do_remove(struct model *m)
{
	int fd = -1;

	if (rng_below(&rng, 2))
		fd = open_it(m, O_RDWR);
	if (unlinkat(dir, m->name, 0))
		die("unlink %s", m->name);
	if (m->link[0] && unlinkat(dir, m->link, 0))
		die("unlink %s", m->link);
	/* a file without a name keeps working until it is closed */
	if (fd >= 0) {
		check_range(m, fd, 0, m->size);
		write_all(fd, "tail", 4, m->size);
		close(fd);
	}
	m->name[0] = 0;
	m->link[0] = 0;
	m->size = 0;
	memset(m->data, 0, MAX_SIZE);
}

static void do_create(struct model *m)
{
	int fd;

	fresh_name(m->name);
	fd = -1;
	if (!rng_below(&rng, 4)) {
		fd = openat(dir, ".", O_TMPFILE | O_RDWR, 0644);
		/* FUSE has none; `ops` sees to it that the others do */
		if (fd < 0 && errno != EOPNOTSUPP)
			die("O_TMPFILE");
	}
	if (fd >= 0) {
		char proc[64];

		snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
		if (linkat(AT_FDCWD, proc, dir, m->name, AT_SYMLINK_FOLLOW))
			die("linkat of an O_TMPFILE");
	} else {
		fd = openat(dir, m->name, O_RDWR | O_CREAT | O_EXCL, 0644);
		if (fd < 0)
			die("create %s", m->name);
	}
	close(fd);
	do_write(m, 0);
}

static void allow(int rc, const char *what, int e1, int e2, int e3, int e4)
{
	if (rc < 0 && errno != e1 && errno != e2 && errno != e3 && errno != e4)
		die("process %d: %s in the common directory", me, what);
}

static void do_common(void)
{
	char a[16], b[16];
	int rc;

	snprintf(a, sizeof(a), "n%u", rng_below(&rng, 40));
	snprintf(b, sizeof(b), "n%u", rng_below(&rng, 40));
	switch (rng_below(&rng, 8)) {
	case 0:
	case 1:
		rc = openat(common, a, O_RDWR | O_CREAT, 0644);
		allow(rc, "create", EISDIR, ENOENT, ELOOP, 0);
		if (rc >= 0) {
			if (write(rc, a, strlen(a)) < 0)
				die("write in the common directory");
			close(rc);
		}
		break;
	case 2:
		allow(linkat(common, a, common, b, 0), "link", EEXIST, ENOENT, EPERM, EMLINK);
		break;
	case 3:
		allow(renameat(common, a, common, b), "rename", ENOENT, EISDIR, ENOTDIR, ENOTEMPTY);
		break;
	case 4:
	case 5:
		allow(unlinkat(common, a, 0), "unlink", ENOENT, EISDIR, 0, 0);
		break;
	case 6:
		allow(mkdirat(common, a, 0755), "mkdir", EEXIST, 0, 0, 0);
		break;
	case 7:
		allow(unlinkat(common, b, AT_REMOVEDIR), "rmdir", ENOENT, ENOTDIR, ENOTEMPTY, 0);
		break;
	}
}

static uint64_t stripe_key(uint32_t s)
{
	return ((uint64_t)me << 40) + ((uint64_t)s << 20) + stripe_version[s];
}

static void do_stripe(bool verify)
{
	static char buf[STRIPE], ref[STRIPE];
	uint32_t s = rng_below(&rng, STRIPES);
	off_t off = (off_t)(s * procs + me) * STRIPE;

	if (stripe_version[s]) {
		read_all(striped, buf, STRIPE, off);
		pattern(stripe_key(s), 0, ref, STRIPE);
		if (memcmp(buf, ref, STRIPE))
			die("process %d: stripe %u of the shared file is wrong", me, s);
	}
	if (verify)
		return;
	stripe_version[s]++;
	pattern(stripe_key(s), 0, buf, STRIPE);
	write_all(striped, buf, STRIPE, off);
}

static void check_listing(void)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY), want = 0, got = 0, i;
	DIR *d = fdopendir(fd);
	struct dirent *e;

	for (i = 0; i < FILES; i++)
		want += !!files[i].name[0] + !!files[i].link[0];
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		for (i = 0; i < FILES; i++)
			if (!strcmp(e->d_name, files[i].name) || !strcmp(e->d_name, files[i].link))
				break;
		if (i == FILES)
			die("process %d: %s is listed and should not be", me, e->d_name);
		got++;
	}
	closedir(d);
	if (got != want)
		die("process %d: %d names listed, %d exist", me, got, want);
}

static int run(const char *top, int steps, uint64_t seed)
{
	char name[64];
	int i, s;

	rng.s = seed * 1000 + me;
	if (chdir(top))
		die("chdir %s", top);
	snprintf(name, sizeof(name), "proc-%d", me);
	if (mkdir(name, 0755))
		die("mkdir %s", name);
	dir = open(name, O_RDONLY | O_DIRECTORY);
	common = open("common", O_RDONLY | O_DIRECTORY);
	striped = open("striped", O_RDWR);
	if (dir < 0 || common < 0 || striped < 0)
		die("open");
	for (i = 0; i < FILES; i++) {
		files[i].data = calloc(1, MAX_SIZE);
		if (!files[i].data)
			die("memory");
	}
	for (s = 0; s < steps; s++) {
		struct model *m = &files[rng_below(&rng, FILES)];

		if (!m->name[0]) {
			do_create(m);
			continue;
		}
		switch (rng_below(&rng, 16)) {
		case 0: case 1: case 2:
			do_write(m, 0);
			break;
		case 3:
			do_write(m, O_SYNC);
			break;
		case 4:
			do_direct(m);
			break;
		case 5: case 6:
			do_map(m);
			break;
		case 7: case 8:
			do_truncate(m);
			break;
		case 9:
			do_rename(m);
			break;
		case 10:
			do_replace(m);
			break;
		case 11:
			do_link(m);
			break;
		case 12:
			do_remove(m);
			break;
		case 13:
			check_all(m);
			break;
		case 14:
			do_stripe(false);
			break;
		case 15:
			do_common();
			do_common();
			break;
		}
		if (s % 200 == 199)
			check_listing();
	}
	check_listing();
	for (i = 0; i < FILES; i++)
		if (files[i].name[0])
			check_all(&files[i]);
	for (i = 0; i < 500; i++)
		do_stripe(true);
	return 0;
}

int cmd_mixed(int argc, char **argv)
{
	int i, fd, bad = 0, st;
	char name[4200];

	if (argc != 4)
		die("mixed DIR PROCESSES STEPS SEED");
	procs = atoi(argv[1]);
	snprintf(name, sizeof(name), "%s/common", argv[0]);
	if (mkdir(name, 0755))
		die("mkdir %s", name);
	snprintf(name, sizeof(name), "%s/striped", argv[0]);
	fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0644);
	if (fd < 0)
		die("create %s", name);
	close(fd);
	for (i = 0; i < procs; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			me = i;
			exit(run(argv[0], atoi(argv[2]), strtoull(argv[3], NULL, 0)));
		}
	}
	for (i = 0; i < procs; i++) {
		if (wait(&st) < 0)
			die("wait");
		if (st) {
			if (WIFSIGNALED(st))
				printf("# a process died of signal %d\n", WTERMSIG(st));
			bad++;
		}
	}
	if (bad)
		printf("# %d of %d processes failed\n", bad, procs);
	return bad != 0;
}
