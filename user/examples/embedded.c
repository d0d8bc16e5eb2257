// SPDX-License-Identifier: GPL-2.0
/*
 * A file system without a heap and without an operating system: libefs-embedded.a, an arena of
 * 128 KiB, and a device of two functions.
 *
 * What stands for the hardware here is an array, filled from the image that is named and
 * written back at the end; a program on a board has its flash or its card there. Nothing else
 * but main() and say() uses the C library.
 */
#include <efs.h>
#include <stdio.h>
#include <string.h>

#define DISK_SIZE	(16u << 20)
#define MEMORY_SIZE	(128u << 10)

static unsigned char disk[DISK_SIZE];
static unsigned char memory[MEMORY_SIZE];

/* ---- the hardware ---- */

static int disk_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	(void)ctx;
	memcpy(buf, disk + off, len);
	return 0;
}

static int disk_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	(void)ctx;
	memcpy(disk + off, buf, len);
	return 0;
}

/* a clock that was set once and stands */
static void clock_now(void *ctx, int64_t *sec, uint32_t *nsec)
{
	(void)ctx;
	*sec = 1700000000;
	*nsec = 0;
}

static void say(void *ctx, int level, const char *msg)
{
	(void)ctx;
	(void)level;
	printf("log: %s\n", msg);
}

/* ---- the program ---- */

static int count_boots(struct efs_volume *vol, unsigned int *boots)
{
	struct efs_at at = { .volume = vol };
	struct efs_create what = { .mode = EFS_IFREG | 0644 };
	struct efs_file *file;
	unsigned char count[2] = { 0 };
	size_t n;
	int err;

	err = efs_create_at(&at, "/boots", &what, &file);
	if (err == -17)		/* EEXIST */
		err = efs_open(vol, "/boots", 0, &file);
	if (err)
		return err;
	err = efs_file_read(file, 0, count, sizeof(count), &n);
	*boots = count[0] + count[1] * 256u + 1;
	count[0] = (unsigned char)*boots;
	count[1] = (unsigned char)(*boots >> 8);
	if (!err)
		err = efs_file_write(file, 0, count, sizeof(count), &n);
	if (!err)
		err = efs_file_sync(file);
	efs_file_close(file);
	return err;
}

static int list(struct efs_volume *vol)
{
	struct efs_entry_info ent;
	struct efs_cursor cursor = { 0 };
	struct efs_file *root;
	size_t n;
	int err = efs_root(vol, &root);

	if (err)
		return err;
	while ((err = efs_list_dir(root, &cursor, &ent, 1, &n)) == 0 && n)
		printf("%llu %s\n", (unsigned long long)ent.ino, ent.name);
	efs_file_close(root);
	return err;
}

static int run(uint64_t size)
{
	static const struct efs_device_ops ops = { .read = disk_read, .write = disk_write };
	struct efs_env env = { .now = clock_now, .log = say };
	struct efs_options options = {
		.cache_bytes = 32 << 10, .cache_files = 8, .seed = 1, .env = &env,
	};
	struct efs_arena_info info;
	struct efs_volume *vol;
	struct efs_device *dev;
	unsigned int boots = 0;
	int err, close_err;

	err = efs_arena(memory, sizeof(memory), &env);
	if (err)
		return err;
	err = efs_device_custom(&ops, NULL, size, &env, &dev);
	if (err)
		return err;
	err = efs_volume_open(dev, &options, &vol, NULL);
	if (!err) {
		err = count_boots(vol, &boots);
		if (!err)
			err = list(vol);
		close_err = efs_volume_close(vol);
		err = err ? err : close_err;
	}
	efs_device_close(dev);
	efs_arena_info(&env, &info);
	printf("boot %u; memory: %zu bytes at most, %zu left behind, of %zu\n", boots, info.peak,
	       info.used, sizeof(memory));
	return err;
}

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "r+b") : NULL;
	size_t size;
	int err;

	if (!f) {
		fprintf(stderr, "Usage: embedded IMAGE\n");
		return 2;
	}
	size = fread(disk, 1, sizeof(disk), f);
	err = run(size);
	rewind(f);
	if (fwrite(disk, 1, size, f) != size || fclose(f))
		err = -5;
	if (err)
		printf("error %d\n", -err);
	return err != 0;
}
