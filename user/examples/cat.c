// SPDX-License-Identifier: GPL-2.0
/*
 * cat IMAGE PATH: a file of an image, on standard output.
 */
#include <efs.h>
#include <stdio.h>
#include <string.h>

static char buf[65536];

int main(int argc, char **argv)
{
	struct efs_options options = { .flags = EFS_RDONLY };
	struct efs_reason why = { 0 };
	struct efs_device *dev = NULL;
	struct efs_volume *vol = NULL;
	struct efs_file *file = NULL;
	uint64_t off = 0;
	size_t n;
	int err;

	if (argc != 3) {
		fprintf(stderr, "Usage: cat IMAGE PATH\n");
		return 2;
	}
	err = efs_device_open(argv[1], EFS_DEVICE_RDONLY, &dev);
	if (!err)
		err = efs_volume_open(dev, &options, &vol, &why);
	if (!err)
		err = efs_open(vol, argv[2], 0, &file);
	while (!err) {
		err = efs_file_read(file, off, buf, sizeof(buf), &n);
		if (err || n == 0)
			break;
		fwrite(buf, 1, n, stdout);
		off += n;
	}
	if (err)
		fprintf(stderr, "cat: %s %s: %s\n", argv[1], argv[2],
			why.text ? why.text : strerror(-err));
	efs_file_close(file);
	efs_volume_close(vol);
	efs_device_close(dev);
	return err != 0;
}
