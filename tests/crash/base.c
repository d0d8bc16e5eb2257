// SPDX-License-Identifier: GPL-2.0
/*
 * The volumes before a script begins: made by mke2fs, filled by the core, with the rest of
 * their blocks full of what a deleted file would have left.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash.h"

/* several groups; one; names without types; as of 1993 */
const struct volume volumes[] = {
	{ "1k", 1024, 768, "-b 1024 -g 256 -I 128 -N 96 -O none,filetype,sparse_super,large_file" },
	{ "4k", 4096, 256, "-b 4096 -I 256 -N 96 -O none,filetype,sparse_super,large_file" },
	{ "notype", 1024, 384, "-b 1024 -I 128 -N 96 -O none,sparse_super,large_file" },
	{ "rev0", 1024, 384, "-b 1024 -r 0 -N 96" },
	{ NULL, 0, 0, NULL }
};

const struct volume *volume_find(const char *name)
{
	const struct volume *v;

	for (v = volumes; v->name; v++)
		if (!strcmp(v->name, name))
			return v;
	die("no volume '%s'", name);
}

#define LONG_AGO	1700000000

void base_now(void *ctx, int64_t *sec, uint32_t *nsec)
{
	(void)ctx;
	*sec = LONG_AGO;
	*nsec = 0;
}

static u8 *make_volume(const struct volume *v)
{
	size_t size = (size_t)v->blocks * v->block_size;
	int fd = memfd_create("base", 0);
	u8 *image = xalloc(size);
	char cmd[512];

	if (fd < 0 || ftruncate(fd, (off_t)size))
		die("memfd: %s", strerror(errno));
	snprintf(cmd, sizeof(cmd),
		 "PATH=$PATH:/sbin E2FSPROGS_FAKE_TIME=%d %s %s -U %s /proc/%d/fd/%d %u %s",
		 LONG_AGO, "mke2fs -t ext2 -q -F -m 0", v->mke2fs,
		 "6f0c1a52-7d0e-4a3e-9b1c-5b2f0e7a9d11", (int)getpid(), fd, v->blocks,
		 ">/dev/null 2>&1");
	if (system(cmd))
		die("%s", cmd);
	if (pread(fd, image, size, 0) != (ssize_t)size)
		die("reading the volume back");
	close(fd);
	return image;
}

static void fill_free(struct efs_volume *vol, u8 *image, const struct volume *v)
{
	struct efs_sb *sb = &vol->sb;
	u32 g, bit;

	for (g = 0; g < sb->geo.groups; g++) {
		u32 first = efs_group_first(&sb->geo, g);
		struct efs_buf *b;

		if (efs_block_bitmap(sb, g, &b))
			die("no bitmap of group %u", g);
		for (bit = 0; bit < efs_group_blocks(&sb->geo, g); bit++)
			if (!efs_bit_test(efs_buf_data(b), bit))
				fill_cells(image + (size_t)(first + bit) * v->block_size, STALE_OBJ,
					   first + bit, 0, v->block_size);
		efs_buf_put(b);
	}
}

u8 *base_image(const struct volume *v, const struct model *m, const struct script *base)
{
	size_t size = (size_t)v->blocks * v->block_size;
	struct efs_env env = { .now = base_now };
	struct efs_options o = { .seed = 1, .env = &env };
	u8 *image = make_volume(v);
	struct efs_device *dev;
	struct efs_volume *vol;

	if (efs_device_memory(image, size, &dev) || efs_volume_open(dev, &o, &vol, NULL))
		die("%s: cannot mount what mke2fs made", v->name);
	run_core(vol, base, m, true, NULL);
	if (efs_volume_close(vol))
		die("%s: unmount", v->name);
	o.flags = EFS_RDONLY;
	if (efs_volume_open(dev, &o, &vol, NULL))
		die("%s: cannot mount again", v->name);
	fill_free(vol, image, v);
	if (efs_volume_close(vol))
		die("%s: unmount", v->name);
	efs_device_close(dev);
	return image;
}
