// SPDX-License-Identifier: GPL-2.0
/*
 * mksfs [-b SIZE] [-r BLOCKS] [-l LABEL] [-t SECONDS] DIRECTORY IMAGE
 *
 * An SFS 1.0 volume with the files and directories below DIRECTORY, for the tests. -b: bytes of
 * a block (512); -r: reserved blocks (as many as the superblock needs); -t: the time of
 * everything, else files keep theirs. Other types of files are left out, as SFS has none. Built
 * by sfs.sh.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../kunit/mksfs.h"

static struct mksfs vol;
static unsigned long long bytes;
static size_t root_len;
static long long fixed_time = -1;

static s64 stamp(const struct timespec *t)
{
	if (fixed_time >= 0)
		return fixed_time * 65536;
	return (s64)t->tv_sec * 65536 + ((s64)t->tv_nsec << 16) / 1000000000;
}

/* blocks and entries that will be needed, with something to spare */
static int measure(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)ftw;
	if (flag == FTW_F && S_ISREG(st->st_mode))
		bytes += (unsigned long long)st->st_size + (1ull << vol.bits);
	bytes += 128 + strlen(path);
	return 0;
}

static int add(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	const char *name = path + root_len + 1;
	void *data = NULL;
	int fd;

	(void)ftw;
	if (strlen(path) <= root_len)
		return 0;
	if (flag == FTW_D) {
		mksfs_name(&vol, MKSFS_DIR, name, stamp(&st->st_mtim), NULL, 0);
		return 0;
	}
	if (flag != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	fd = open(path, O_RDONLY);
	if (fd < 0)
		err(1, "%s", path);
	if (st->st_size) {
		data = mmap(NULL, (size_t)st->st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data == MAP_FAILED)
			err(1, "%s", path);
	}
	mksfs_name(&vol, MKSFS_FILE, name, stamp(&st->st_mtim), data, (u64)st->st_size);
	if (data)
		munmap(data, (size_t)st->st_size);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long block = 512, reserved = 0;
	const char *label = "";
	struct timespec now;
	u64 size;
	int c, fd;
	u8 *img;

	while ((c = getopt(argc, argv, "b:r:l:t:")) != -1) {
		if (c == 'b')
			block = strtoul(optarg, NULL, 0);
		else if (c == 'r')
			reserved = strtoul(optarg, NULL, 0);
		else if (c == 'l')
			label = optarg;
		else if (c == 't')
			fixed_time = strtoll(optarg, NULL, 0);
		else
			return 2;
	}
	if (!reserved)
		reserved = block < 512 ? 4 : 1;
	if (argc - optind != 2 || block < 128 || block & (block - 1) || reserved * block < 512 ||
	    strlen(label) > 51)
		errx(2, "mksfs [-b SIZE] [-r BLOCKS] [-l LABEL] [-t SECONDS] DIRECTORY IMAGE");
	vol.bits = (u32)__builtin_ctzl(block);
	root_len = strlen(argv[optind]);
	if (nftw(argv[optind], measure, 32, FTW_PHYS))
		err(1, "%s", argv[optind]);
	size = (bytes + reserved * block + 65536) >> vol.bits << vol.bits;

	fd = open(argv[optind + 1], O_RDWR | O_CREAT | O_TRUNC, 0666);
	if (fd < 0 || ftruncate(fd, (off_t)size))
		err(1, "%s", argv[optind + 1]);
	img = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (img == MAP_FAILED)
		err(1, "%s", argv[optind + 1]);
	clock_gettime(CLOCK_REALTIME, &now);
	mksfs_begin(&vol, img, size, vol.bits, (u32)reserved, label, stamp(&now));
	if (nftw(argv[optind], add, 32, FTW_PHYS))
		err(1, "%s", argv[optind]);
	if (!mksfs_end(&vol, stamp(&now)))
		errx(1, "%s: names too long", argv[optind]);
	if (msync(img, size, MS_SYNC) || close(fd))
		err(1, "%s", argv[optind + 1]);
	return 0;
}
