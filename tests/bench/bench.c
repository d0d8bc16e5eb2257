// SPDX-License-Identifier: GPL-2.0
/*
 * bench DIR: what file system operations cost, one line each: name, units, nanoseconds.
 *
 * In a guest whose clock counts instructions (tests/vm/run --icount) a nanosecond is an
 * instruction, and the figures repeat whatever else the machine does. Elsewhere they
 * are times and mean little. The caller mounts a fresh volume on DIR and, between
 * phases named on the command line, may unmount it to empty the caches.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILES	1000
#define BIG	(16 << 20)
#define CHUNK	(64 << 10)
#define RANDOM	1000

static char buf[CHUNK] __attribute__((aligned(4096)));

static void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static long long started;

static void start(void)
{
	started = now();
}

static void done(const char *name, long units)
{
	printf("%s\t%ld\t%lld\n", name, units, now() - started);
	fflush(stdout);
}

static void name_of(char *name, int i)
{
	sprintf(name, "d/file-%05d.txt", i);
}

static int must_open(const char *name, int flags)
{
	int fd = open(name, flags, 0644);

	if (fd < 0)
		die(name);
	return fd;
}

static void small_files(void)
{
	char name[64];
	int i, fd;

	if (mkdir("d", 0755))
		die("mkdir");
	start();
	for (i = 0; i < FILES; i++) {
		name_of(name, i);
		close(must_open(name, O_CREAT | O_EXCL | O_WRONLY));
	}
	done("create", FILES);
	start();
	for (i = 0; i < FILES; i++) {
		name_of(name, i);
		fd = must_open(name, O_WRONLY);
		if (write(fd, buf, 4096) != 4096)
			die("write");
		close(fd);
	}
	done("write 4 KiB each", FILES);
	start();
	sync();
	done("sync", FILES);
	start();
	for (i = 0; i < FILES; i++) {
		char to[64];

		name_of(name, i);
		sprintf(to, "d/moved-%05d.txt", i);
		if (rename(name, to) || rename(to, name))
			die("rename");
	}
	done("rename", 2 * FILES);
}

static void look(void)
{
	struct dirent *de;
	struct stat st;
	char name[64];
	int i, n = 0;
	DIR *d;

	start();
	d = opendir("d");
	if (!d)
		die("opendir");
	while ((de = readdir(d)))
		n++;
	closedir(d);
	done("readdir", n);
	start();
	for (i = 0; i < FILES; i++) {
		name_of(name, (i * 7) % FILES);
		if (stat(name, &st))
			die(name);
	}
	done("cold stat", FILES);
	start();
	for (i = 0; i < FILES; i++) {
		sprintf(name, "d/absent-%05d", i);
		if (!stat(name, &st) || errno != ENOENT)
			die(name);
	}
	done("absent name", FILES);
}

static void gone(void)
{
	char name[64];
	int i;

	start();
	for (i = 0; i < FILES; i++) {
		name_of(name, i);
		if (unlink(name))
			die(name);
	}
	done("unlink", FILES);
}

static void big_write(void)
{
	int fd = must_open("big", O_CREAT | O_RDWR), i;
	char *map;

	start();
	for (i = 0; i < BIG / CHUNK; i++)
		if (write(fd, buf, CHUNK) != CHUNK)
			die("write");
	done("write, per MiB", BIG >> 20);
	start();
	if (fsync(fd))
		die("fsync");
	done("write-out, per MiB", BIG >> 20);
	start();
	for (i = 0; i < RANDOM; i++)
		if (pwrite(fd, buf, 4096, (i * 7919ll % (BIG >> 12)) << 12) != 4096)
			die("pwrite");
	done("overwrite 4 KiB", RANDOM);
	if (fsync(fd))
		die("fsync");
	close(fd);

	fd = must_open("sparse", O_CREAT | O_RDWR);
	if (ftruncate(fd, 4096ll * RANDOM))
		die("ftruncate");
	map = mmap(NULL, 4096ll * RANDOM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		die("mmap");
	start();
	for (i = 0; i < RANDOM; i++)
		map[4096l * i] = 1;
	done("fault into a hole", RANDOM);
	munmap(map, 4096ll * RANDOM);
	close(fd);
}

static void big_read(void)
{
	int fd = must_open("big", O_RDONLY), i;

	start();
	for (i = 0; i < BIG / CHUNK; i++)
		if (read(fd, buf, CHUNK) != CHUNK)
			die("read");
	done("cold read, per MiB", BIG >> 20);
	close(fd);
	fd = must_open("big", O_RDONLY | O_DIRECT);
	start();
	for (i = 0; i < BIG / CHUNK; i++)
		if (read(fd, buf, CHUNK) != CHUNK)
			die("read");
	done("direct read, per MiB", BIG >> 20);
	close(fd);
}

static void big_gone(void)
{
	start();
	if (truncate("big", 0))
		die("truncate");
	done("truncate, per MiB", BIG >> 20);
	start();
	sync();
	done("sync after it", 1);
}

static void direct_write(void)
{
	int fd = must_open("direct", O_CREAT | O_WRONLY | O_DIRECT), i;

	start();
	for (i = 0; i < BIG / CHUNK; i++)
		if (write(fd, buf, CHUNK) != CHUNK)
			die("write");
	done("direct append, per MiB", BIG >> 20);
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} phases[] = {
		{ "small", small_files }, { "look", look }, { "gone", gone },
		{ "write", big_write }, { "direct", direct_write }, { "read", big_read },
		{ "cut", big_gone },
	};
	size_t p;
	int i;

	if (argc < 3 || chdir(argv[1]))
		die("usage: bench DIR PHASE...");
	memset(buf, 'x', sizeof(buf));
	for (i = 2; i < argc; i++)
		for (p = 0; p < sizeof(phases) / sizeof(phases[0]); p++)
			if (!strcmp(argv[i], phases[p].name))
				phases[p].run();
	return 0;
}
