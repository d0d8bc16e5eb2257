// SPDX-License-Identifier: GPL-2.0
/*
 * mutate COUNT SEED DIR: damaged images, for guests to mount.
 *
 *	make -C tests/fuzz mutate
 *	mkdir -p DIR && build/fuzz/mutate 500 1 DIR >DIR/list
 *
 * Writes DIR/0000-BASE.img and so on: base images (base.c: block sizes of 1, 2 and 4 KiB,
 * both revisions, one group and many, meta_bg, sparse_super2, as mke2fs makes them, ...)
 * with one to six patches (patch.c). They are sparse files of 400 KiB to 1.1 MiB, 500 of
 * them take 50 MiB on the disk and a few seconds. Pages of a kernel on x86 are 4 KiB and
 * it mounts nothing with larger blocks, so there is none of those.
 *
 * The same COUNT and SEED give the same bytes, and image N is the same whatever COUNT is:
 * `mutate 1 SEED DIR FIRST` makes image FIRST again. On stdout, a line for each image: its
 * name, and its patches as fuzz_image would read them. Needs mke2fs, but no fuzzing.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "fuzz.h"

static void write_image(const struct fuzz_image *im, const char *path)
{
	static const u8 zeros[4096];
	const u64 bytes = im->base->bytes;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	u64 at;
	bool good = fd >= 0;

	for (at = 0; good && at < bytes; at += sizeof(zeros)) {
		size_t n = min_t(u64, sizeof(zeros), bytes - at);

		if (memcmp(im->img + at, zeros, n))
			good = pwrite(fd, im->img + at, n, (off_t)at) == (ssize_t)n;
	}
	if (!good || ftruncate(fd, (off_t)bytes) || close(fd)) {
		perror(path);
		exit(1);
	}
}

/* one that a kernel can mount */
static struct fuzz_image *choose(u32 *seed)
{
	struct fuzz_image *im;

	do {
		im = fuzz_image_get(efs_test_rand(seed) >> 8);
	} while (im->base->map.block_size > 4096);
	return im;
}

int main(int argc, char **argv)
{
	u32 first, end, seed, i, k, n, len;

	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: %s COUNT SEED DIR [FIRST]\n", argv[0]);
		return 2;
	}
	first = argc == 5 ? strtoul(argv[4], NULL, 0) : 0;
	end = first + strtoul(argv[1], NULL, 0);
	for (i = first; i < end; i++) {
		struct fuzz_image *im;
		char path[4096];
		u64 at;

		seed = ((u32)strtoul(argv[2], NULL, 0) * 7919 + i) * 2654435761u | 1;
		for (k = 0; k < 8; k++)
			efs_test_rand(&seed);
		im = choose(&seed);
		printf("%04u-%s.img", i, im->base->name);
		n = 1 + efs_test_rand(&seed) % 6;
		while (n--) {
			u8 patch[FUZZ_PATCH_LEN];
			struct fuzz_in in = { patch, sizeof(patch) };

			fuzz_patch_random(patch, &seed);
			fuzz_patch(im, &in, &at, &len);
			putchar(' ');
			for (k = 0; k < sizeof(patch); k++)
				printf("%02x", patch[k]);
		}
		putchar('\n');
		snprintf(path, sizeof(path), "%s/%04u-%s.img", argv[3], i, im->base->name);
		write_image(im, path);
		fuzz_heal(im);
	}
	return 0;
}
