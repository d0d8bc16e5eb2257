// SPDX-License-Identifier: GPL-2.0-only
/*
 * efs-work tree: a tree holding one of everything, and a canonical listing of any tree.
 *
 *   make DIR [small|tiny]
 *                      builds the tree; small leaves out the gigabyte-long sparse files, tiny
 *                      also most of the plain ones
 *   sum DIR [blocks] [seconds]
 *                      one line per object, sorted: path type mode uid gid nlink size rdev mtime
 *                      digest. Two listings are equal when no program could tell the trees apart
 *                      (sizes and links of directories aside: those are the file system's own).
 *   prune DIR          removes every third non-directory and some whole directories, by name, and
 *                      sets the time of each directory it changed, so pruned trees compare equal
 *
 * Times are whole seconds within 32 bits, which every ext2 can hold.
 */
#include "work.h"
#include <dirent.h>
#include <sys/sysmacros.h>

#define T0 1500000000u
#define PROBE_SIZE (16u << 20)	/* larger and sparse: digest windows, not everything */

static struct rng rng;
static unsigned long made;

/* a directory opened for building in */
struct at {
	int fd;
};

static struct at sub(struct at d, const char *name)
{
	struct at n;

	if (mkdirat(d.fd, name, 0755))
		die("mkdir %s", name);
	n.fd = openat(d.fd, name, O_RDONLY | O_DIRECTORY);
	if (n.fd < 0)
		die("open %s", name);
	made++;
	return n;
}

static void stamp(int dirfd, const char *name)
{
	struct timespec ts[2];

	ts[0].tv_sec = T0 + rng_below(&rng, 300000000);
	ts[0].tv_nsec = 0;
	ts[1].tv_sec = T0 + rng_below(&rng, 300000000);
	ts[1].tv_nsec = 0;
	if (utimensat(dirfd, name, ts, AT_SYMLINK_NOFOLLOW))
		die("utimensat %s", name);
}

/* owner and mode after the contents: writing clears set-id bits */
static void dress(struct at d, const char *name)
{
	static const uid_t ids[] = { 0, 1, 1000, 65533, 65536, 70000, 16777216, 4294967293u };
	static const mode_t modes[] = { 0644, 0600, 0755, 0, 0777, 04755, 02755, 06711, 01644 };

	if (fchownat(d.fd, name, ids[rng_below(&rng, 8)], ids[rng_below(&rng, 8)], 0))
		die("chown %s", name);
	if (fchmodat(d.fd, name, modes[rng_below(&rng, 9)], 0))
		die("chmod %s", name);
	stamp(d.fd, name);
}

static int create(struct at d, const char *name)
{
	int fd = openat(d.fd, name, O_RDWR | O_CREAT | O_EXCL, 0644);

	if (fd < 0)
		die("create %s", name);
	made++;
	return fd;
}

static void plain(struct at d, const char *name, size_t size)
{
	static char buf[65536];
	uint64_t key = rng_next(&rng);
	int fd = create(d, name);
	size_t off, n;

	for (off = 0; off < size; off += n) {
		n = size - off < sizeof(buf) ? size - off : sizeof(buf);
		pattern(key, off, buf, n);
		write_all(fd, buf, n, off);
	}
	close(fd);
	dress(d, name);
}

static void done(struct at d, struct at parent, const char *name)
{
	close(d.fd);
	stamp(parent.fd, name);
}

static void make_files(struct at top, int ndirs)
{
	struct at all = sub(top, "files");
	char name[64];
	int i, j;

	for (i = 0; i < ndirs; i++) {
		struct at d;

		snprintf(name, sizeof(name), "dir-%02d", i);
		d = sub(all, name);
		for (j = 0; j < 50; j++) {
			char f[64];
			/* mostly small; the sizes around a block matter more than their sum */
			size_t size = j < 6 ? (size_t)(1024 << (j / 2)) - (j & 1)
					    : rng_below(&rng, j < 45 ? 6000 : 30000);

			snprintf(f, sizeof(f), "file-%03d.%x", j, rng_below(&rng, 1 << 16));
			plain(d, f, size);
		}
		done(d, all, name);
	}
	done(all, top, "files");
}

static void make_many(struct at top)
{
	struct at d = sub(top, "many");
	char name[300], prev[300] = "";
	int i;

	for (i = 0; i < 5000; i++) {
		int n = snprintf(name, sizeof(name), "%04d", i);
		int pad = rng_below(&rng, i % 50 ? 24 : 200);

		memset(name + n, 'a' + i % 26, pad);
		name[n + pad] = 0;
		if (i % 5 == 4) {
			if (linkat(d.fd, prev, d.fd, name, 0))
				die("link %s", name);
			made++;
		} else {
			int fd = create(d, name);

			if (i % 100 == 0)
				write_all(fd, name, strlen(name), 0);
			close(fd);
			stamp(d.fd, name);
			strcpy(prev, name);
		}
	}
	done(d, top, "many");
}

static void make_deep(struct at top)
{
	struct at chain[101];
	char names[101][32];
	int i;

	chain[0] = sub(top, "deep");
	for (i = 1; i <= 100; i++) {
		snprintf(names[i], sizeof(names[i]), "level-%03d", i);
		chain[i] = sub(chain[i - 1], names[i]);
		if (i % 10 == 0)
			plain(chain[i], "leaf", i * 7);
	}
	for (i = 100; i > 0; i--)
		done(chain[i], chain[i - 1], names[i]);
	done(chain[0], top, "deep");
}

static void make_wide(struct at top)
{
	struct at all = sub(top, "wide");
	char name[32];
	int i;

	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "sub-%d", i);
		done(sub(all, name), all, name);
	}
	done(all, top, "wide");
}

static void make_names(struct at top)
{
	struct at d = sub(top, "names");
	char name[256];
	int i, j;

	for (i = 0; i < 20; i++) {
		/* any byte but NUL and '/', the awkward ones included */
		for (j = 0; j < 255; j++) {
			name[j] = 1 + (i * 31 + j * 7) % 255;
			if (name[j] == '/')
				name[j] = '_';
		}
		name[255] = 0;
		if (i % 4 == 3)
			done(sub(d, name), d, name);
		else
			plain(d, name, 100 + i);
	}
	for (i = 1; i <= 12; i++) {
		memset(name, 'n', i);
		name[i] = 0;
		plain(d, name, i);
	}
	plain(d, "...", 1);
	plain(d, " ", 1);
	plain(d, "line\nbreak\ttab\\", 1);
	done(d, top, "names");
}

static void make_links(struct at top)
{
	static const int len[] = { 1, 10, 58, 59, 60, 61, 64, 100, 255, 1000, 1022, 1023 };
	struct at d = sub(top, "links");
	char name[64], target[2048];
	size_t i;

	for (i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		memset(target, 'a' + (int)i, len[i]);
		target[len[i]] = 0;
		snprintf(name, sizeof(name), "symlink-%d", len[i]);
		if (symlinkat(target, d.fd, name))
			die("symlink %s", name);
		if (fchownat(d.fd, name, 70000, 70001, AT_SYMLINK_NOFOLLOW))
			die("lchown %s", name);
		stamp(d.fd, name);
		made++;
	}
	plain(d, "hard-0", 12345);
	for (i = 1; i < 20; i++) {
		snprintf(name, sizeof(name), "hard-%zu", i);
		if (linkat(d.fd, "hard-0", d.fd, name, 0))
			die("link %s", name);
		made++;
	}
	if (linkat(d.fd, "hard-0", top.fd, "hard-elsewhere", 0))
		die("link elsewhere");
	done(d, top, "links");
}

static void make_nodes(struct at top)
{
	static const struct {
		const char *name;
		mode_t mode;
		unsigned int maj, min;
	} node[] = {
		{ "null", S_IFCHR | 0666, 1, 3 },
		{ "chr-255-255", S_IFCHR | 0600, 255, 255 },
		{ "chr-256-0", S_IFCHR | 0600, 256, 0 },
		{ "chr-1-256", S_IFCHR | 0640, 1, 256 },
		{ "chr-4095-1048575", S_IFCHR | 0640, 4095, 1048575 },
		{ "blk-8-0", S_IFBLK | 0660, 8, 0 },
		{ "blk-259-70000", S_IFBLK | 0660, 259, 70000 },
		{ "fifo", S_IFIFO | 0622, 0, 0 },
		{ "socket", S_IFSOCK | 0755, 0, 0 },
	};
	struct at d = sub(top, "nodes");
	size_t i;

	for (i = 0; i < sizeof(node) / sizeof(node[0]); i++) {
		if (mknodat(d.fd, node[i].name, node[i].mode, makedev(node[i].maj, node[i].min)))
			die("mknod %s", node[i].name);
		stamp(d.fd, node[i].name);
		made++;
	}
	done(d, top, "nodes");
}

/* data on both sides of each place where the map of a file changes level, holes elsewhere */
static void make_sparse(struct at top, uint64_t bs, const char *name)
{
	uint64_t b[3], key = rng_next(&rng);
	int fd = create(top, name), i;
	char buf[8192];

	boundaries(bs, b);
	for (i = 0; i < 3; i++) {
		pattern(key, b[i] - bs, buf, 2 * bs);
		write_all(fd, buf, 2 * bs, b[i] - bs);
	}
	pattern(key, b[2] + 3 * bs * bs / 4 + 5 * bs, buf, 100);
	write_all(fd, buf, 100, b[2] + 3 * bs * bs / 4 + 5 * bs);
	if (ftruncate(fd, b[2] + bs * bs + 777))
		die("ftruncate %s", name);
	close(fd);
	dress(top, name);
}

static void make_odd(struct at top)
{
	static char big[6 << 20];
	struct at d = sub(top, "odd");
	uint64_t off;
	int fd, i;

	/* one run written in one call */
	pattern(1, 0, big, sizeof(big));
	fd = create(d, "big");
	write_all(fd, big, sizeof(big), 0);
	close(fd);
	dress(d, "big");
	/* the same bytes, by pieces */
	fd = create(d, "appended");
	for (off = 0; off < (1 << 20);) {
		uint64_t n = 1 + rng_below(&rng, 9000);

		if (n > (1 << 20) - off)
			n = (1 << 20) - off;
		write_all(fd, big + off, n, off);
		off += n;
	}
	close(fd);
	dress(d, "appended");
	/* backwards, so that allocation never meets its predecessor */
	fd = create(d, "backwards");
	for (i = 63; i >= 0; i--)
		write_all(fd, big + i * 4096, 4096, i * 4096);
	close(fd);
	dress(d, "backwards");
	/* every other kilobyte */
	fd = create(d, "comb");
	for (i = 0; i < 200; i++)
		write_all(fd, big + i * 1024, 1024, i * 8192);
	close(fd);
	dress(d, "comb");
	/* cut and grown again: what was cut reads as zero */
	fd = create(d, "regrown");
	write_all(fd, big, 500000, 0);
	if (ftruncate(fd, 12345) || ftruncate(fd, 400000))
		die("ftruncate");
	close(fd);
	dress(d, "regrown");
	done(sub(d, "empty-dir"), d, "empty-dir");
	plain(d, "empty", 0);
	done(d, top, "odd");
}

static int tree_make(const char *dir, const char *how)
{
	bool tiny = !strcmp(how, "tiny"), small = tiny || !strcmp(how, "small");

	struct at top = { open(dir, O_RDONLY | O_DIRECTORY) };

	if (top.fd < 0)
		die("open %s", dir);
	umask(0);
	rng.s = 2;
	make_files(top, tiny ? 4 : 40);
	if (!tiny)
		make_many(top);
	make_deep(top);
	make_wide(top);
	make_names(top);
	make_links(top);
	make_nodes(top);
	make_odd(top);
	make_sparse(top, 1024, "sparse-1k");
	if (!small) {
		make_sparse(top, 2048, "sparse-2k");
		make_sparse(top, 4096, "sparse-4k");
	}
	stamp(top.fd, ".");
	printf("%lu\n", made);
	return 0;
}

/* --- listing --- */

struct names {
	char **v;
	unsigned char *type;
	size_t n;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char **list(int dirfd, size_t *n)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	size_t cap = 64, k = 0;
	char **v = malloc(cap * sizeof(*v));
	struct dirent *e;

	if (!d || !v)
		die("opendir");
	while (errno = 0, (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (k == cap) {
			cap *= 2;
			v = realloc(v, cap * sizeof(*v));
		}
		v[k++] = strdup(e->d_name);
	}
	if (errno)
		die("readdir");
	closedir(d);
	qsort(v, k, sizeof(*v), by_name);
	*n = k;
	return v;
}

static void free_list(char **v, size_t n)
{
	while (n)
		free(v[--n]);
	free(v);
}

static uint64_t window(int fd, uint64_t off, uint64_t len, uint64_t size, uint64_t h)
{
	static char buf[65536];

	if (off >= size)
		return h;
	if (len > size - off)
		len = size - off;
	read_all(fd, buf, len, off);
	return hash_bytes(hash_bytes(h, &off, sizeof(off)), buf, len);
}

/*
 * A large sparse file would take minutes to read. Its digest covers the neighbourhood of every
 * map boundary of every block size, its end, and places spread over its whole length.
 */
static uint64_t digest_sparse(int fd, uint64_t size)
{
	struct rng r = { size };
	uint64_t h = 7, bs, b[3];
	int i;

	for (bs = 1024; bs <= 4096; bs *= 2) {
		boundaries(bs, b);
		for (i = 0; i < 3; i++)
			h = window(fd, b[i] - 2 * bs, 4 * bs, size, h);
		h = window(fd, b[2] + 3 * bs * bs / 4, 8 * bs, size, h);
		h = window(fd, b[2] + bs * bs - bs, 4 * bs, size, h);
	}
	for (i = 0; i < 64; i++)
		h = window(fd, rng_next(&r) % size, 4096, size, h);
	h = window(fd, 0, 65536, size, h);
	return window(fd, size - 4096, 4096, size, h);
}

static uint64_t digest(int fd, const struct stat *st)
{
	static char buf[65536];
	uint64_t h = 7, off = 0;
	ssize_t n;

	if (st->st_size > PROBE_SIZE)
		return digest_sparse(fd, st->st_size);
	while ((n = pread(fd, buf, sizeof(buf), off)) > 0) {
		/* fold by fixed pieces: short reads must not change the digest */
		ssize_t i;

		for (i = 0; i < n; i += 512)
			h = hash_bytes(h, buf + i, n - i < 512 ? n - i : 512);
		off += n;
	}
	if (n < 0)
		die("read");
	if (off != (uint64_t)st->st_size)
		die("size is %lld, read %llu", (long long)st->st_size, (unsigned long long)off);
	return h;
}

static char path[65536];
static bool want_blocks, whole_seconds;

static void print_name(const char *s)
{
	for (; *s; s++) {
		unsigned char c = *s;

		if (c > ' ' && c < 127 && c != '\\')
			putchar(c);
		else
			printf("\\%03o", c);
	}
}

static void sum_at(int dirfd, size_t plen)
{
	size_t n, i;
	char **v = list(dirfd, &n);

	for (i = 0; i < n; i++) {
		static char target[65536];
		struct stat st;
		uint64_t h = 0;
		size_t len = strlen(v[i]);
		ssize_t tl;
		int fd = -1;

		if (plen == 0 && !strcmp(v[i], "lost+found"))
			continue;
		if (plen + len + 2 > sizeof(path))
			die("path too long");
		memcpy(path + plen, v[i], len + 1);
		if (fstatat(dirfd, v[i], &st, AT_SYMLINK_NOFOLLOW))
			die("stat %s", path);
		print_name(path);
		if (S_ISREG(st.st_mode)) {
			fd = openat(dirfd, v[i], O_RDONLY);
			if (fd < 0)
				die("open %s", path);
			h = digest(fd, &st);
		} else if (S_ISLNK(st.st_mode)) {
			tl = readlinkat(dirfd, v[i], target, sizeof(target));
			if (tl != st.st_size)
				die("readlink %s gave %zd, size %lld", path, tl,
				    (long long)st.st_size);
			h = hash_bytes(7, target, tl);
		}
		printf("\t%o\t%u\t%u\t%lu\t%lld\t%x\t%lld", st.st_mode, st.st_uid, st.st_gid,
		       (unsigned long)st.st_nlink,
		       S_ISDIR(st.st_mode) ? 0 : (long long)st.st_size,
		       S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode) ? (unsigned int)st.st_rdev : 0,
		       (long long)st.st_mtim.tv_sec);
		if (!whole_seconds)
			printf(".%09ld", st.st_mtim.tv_nsec);
		if (want_blocks && !S_ISDIR(st.st_mode))
			printf("\t%lld", (long long)st.st_blocks);
		printf("\t%016llx\n", (unsigned long long)h);
		if (fd >= 0)
			close(fd);
		if (S_ISDIR(st.st_mode)) {
			fd = openat(dirfd, v[i], O_RDONLY | O_DIRECTORY);
			if (fd < 0)
				die("open %s", path);
			path[plen + len] = '/';
			sum_at(fd, plen + len + 1);
			close(fd);
		}
	}
	free_list(v, n);
}

/* --- removal --- */

static unsigned long removed;

static bool chosen(const char *name, unsigned int one_in)
{
	return hash_bytes(99, name, strlen(name)) % one_in == 0;
}

static void prune_at(int dirfd, bool everything)
{
	size_t n, i;
	char **v = list(dirfd, &n);
	struct timespec ts[2] = { { T0, 0 }, { T0, 0 } };

	for (i = 0; i < n; i++) {
		struct stat st;
		int fd;

		if (!strcmp(v[i], "lost+found"))
			continue;
		if (fstatat(dirfd, v[i], &st, AT_SYMLINK_NOFOLLOW))
			die("stat %s", v[i]);
		if (!S_ISDIR(st.st_mode)) {
			if (!everything && !chosen(v[i], 3))
				continue;
			if (unlinkat(dirfd, v[i], 0))
				die("unlink %s", v[i]);
			removed++;
			continue;
		}
		fd = openat(dirfd, v[i], O_RDONLY | O_DIRECTORY);
		if (fd < 0)
			die("open %s", v[i]);
		if (everything || chosen(v[i], 10)) {
			prune_at(fd, true);
			if (unlinkat(dirfd, v[i], AT_REMOVEDIR))
				die("rmdir %s", v[i]);
			removed++;
		} else {
			prune_at(fd, false);
		}
		close(fd);
	}
	free_list(v, n);
	if (!everything && futimens(dirfd, ts))
		die("futimens");
}

int cmd_tree(int argc, char **argv)
{
	int fd, i;

	if (argc < 2)
		die("tree make|sum|prune DIR");
	if (!strcmp(argv[0], "make"))
		return tree_make(argv[1], argc > 2 ? argv[2] : "full");
	fd = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		die("open %s", argv[1]);
	for (i = 2; i < argc; i++) {
		want_blocks |= !strcmp(argv[i], "blocks");
		whole_seconds |= !strcmp(argv[i], "seconds");
	}
	if (!strcmp(argv[0], "sum")) {
		sum_at(fd, 0);
	} else if (!strcmp(argv[0], "prune")) {
		prune_at(fd, false);
		printf("%lu\n", removed);
	} else {
		die("tree make|sum|prune DIR");
	}
	return 0;
}
