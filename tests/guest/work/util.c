// SPDX-License-Identifier: GPL-2.0-only
/*
 * efs-work: the parts every workload uses, and the dispatcher.
 */
#include "work.h"
#include <stdarg.h>

uint64_t rng_next(struct rng *r)
{
	/* splitmix64: any seed is good, including 0 */
	uint64_t z = (r->s += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)(rng_next(r) >> 32) % n;
}

void pattern(uint64_t key, uint64_t off, void *buf, size_t len)
{
	unsigned char *p = buf;

	while (len) {
		struct rng r = { key * 0x2545f4914f6cdd1dull + off / 8 };
		uint64_t w = rng_next(&r);
		size_t skip = off % 8, n = 8 - skip;

		if (n > len)
			n = len;
		memcpy(p, (char *)&w + skip, n);
		p += n;
		off += n;
		len -= n;
	}
}

uint64_t hash_bytes(uint64_t h, const void *buf, size_t len)
{
	const unsigned char *p = buf;

	h ^= len;
	while (len >= 8) {
		uint64_t w;

		memcpy(&w, p, 8);
		h = (h ^ w) * 0x9fb21c651e98df25ull;
		h ^= h >> 32;
		p += 8;
		len -= 8;
	}
	while (len--) {
		h = (h ^ *p++) * 0x100000001b3ull;
		h ^= h >> 29;
	}
	return h;
}

void die(const char *fmt, ...)
{
	int e = errno;
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "efs-work: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, " (errno: %s)\n", strerror(e));
	exit(1);
}

void write_all(int fd, const void *buf, size_t len, off_t off)
{
	const char *p = buf;

	while (len) {
		ssize_t n = pwrite(fd, p, len, off);

		if (n <= 0)
			die("pwrite of %zu at %lld gave %zd", len, (long long)off, n);
		p += n;
		off += n;
		len -= n;
	}
}

void read_all(int fd, void *buf, size_t len, off_t off)
{
	char *p = buf;

	while (len) {
		ssize_t n = pread(fd, p, len, off);

		if (n <= 0)
			die("pread of %zu at %lld gave %zd", len, (long long)off, n);
		p += n;
		off += n;
		len -= n;
	}
}

int boundaries(uint64_t bs, uint64_t out[3])
{
	uint64_t n = bs / 4;

	out[0] = 12 * bs;
	out[1] = (12 + n) * bs;
	out[2] = (12 + n + n * n) * bs;
	return 3;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*fn)(int argc, char **argv);
		const char *help;
	} cmds[] = {
		{ "tree", cmd_tree,
		  "make DIR [small|tiny] | sum DIR [blocks] [seconds] | prune DIR" },
		{ "ops", cmd_ops,
		  "list | DIR [quick|GROUP]: one line per VFS operation, `name<TAB>result`" },
		{ "mixed", cmd_mixed, "DIR PROCESSES STEPS SEED: random load that checks itself" },
		{ "handle", cmd_handle, "DIR: files by handle, cached, uncached, stale, forged" },
		{ "idmap", cmd_idmap, "DIR: ids through an idmapped mount" },
		{ "fill", cmd_fill, "small|large|inodes DIR: to ENOSPC, verify, remove" },
		{ "chew", cmd_chew,
		  "FS LIST [SECONDS]: mount damaged images and do everything to them" },
		{ "nth", cmd_nth,
		  "FS OUT alloc|io[-sync] [OPERATION...]: each operation, each of its failures" },
		{ "nthcheck", cmd_nthcheck, "OUT: e2fsck over what nth left" },
	};
	size_t i;

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	for (i = 0; argc > 1 && i < sizeof(cmds) / sizeof(cmds[0]); i++)
		if (!strcmp(argv[1], cmds[i].name))
			return cmds[i].fn(argc - 2, argv + 2);
	for (i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		fprintf(stderr, "efs-work %s %s\n", cmds[i].name, cmds[i].help);
	return 2;
}
