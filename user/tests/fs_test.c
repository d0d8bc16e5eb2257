// SPDX-License-Identifier: GPL-2.0
/*
 * The library over images in memory.
 *
 *   fs_test IMAGE SCRATCH
 *
 * IMAGE was made by mke2fs and stays as it is: each test gets its own copy in memory.
 * Afterwards the copy goes to the file SCRATCH, where e2fsck must find nothing.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs_test.h"

static const char *scratch;
static char *image;
static struct efs_device *mem;

char *bytes;
size_t image_size;
struct efs_device *dev;
struct efs_volume *vol;
int reports;
bool quiet;
u32 rnd_state;

static void log_line(void *ctx, int level, const char *msg)
{
	(void)ctx;
	if (level == EFS_LOG_ERR)
		__atomic_add_fetch(&reports, 1, __ATOMIC_RELAXED);
	if (!quiet)
		printf("# log: %s\n", msg);
}

int mount_again(bool rdonly)
{
	struct efs_env env = { .log = log_line };
	struct efs_options o = { .flags = rdonly ? EFS_RDONLY : 0, .env = &env };

	reports = 0;
	return efs_volume_open(dev, &o, &vol, NULL);
}

int setup_bytes(void)
{
	memcpy(bytes, image, image_size);
	quiet = false;
	return efs_device_memory(bytes, image_size, &mem) || efs_dev_fault(mem, &dev) ? -1 : 0;
}

int setup(void)
{
	return setup_bytes() ? -1 : mount_again(false);
}

/* the bytes go to the file, holes where they are zero: that is most of them */
static int save(void)
{
	static const char zero[65536];
	int fd = open(scratch, O_CREAT | O_TRUNC | O_WRONLY, 0600), err;
	size_t off, n;

	err = fd < 0 || ftruncate(fd, (off_t)image_size);
	for (off = 0; !err && off < image_size; off += n) {
		n = min(sizeof(zero), image_size - off);
		if (memcmp(bytes + off, zero, n))
			err = pwrite(fd, bytes + off, n, (off_t)off) != (ssize_t)n;
	}
	close(fd);
	return err;
}

/* what e2fsck says of the bytes now: its exit status */
int fsck(const char *option)
{
	char cmd[4096];
	int status;

	if (save())
		return -1;
	snprintf(cmd, sizeof(cmd), "e2fsck %s '%s' >'%s.log' 2>&1", option, scratch, scratch);
	status = system(cmd);
	if (!WIFEXITED(status))
		return -1;
	if (WEXITSTATUS(status) && !strcmp(option, "-fn")) {
		snprintf(cmd, sizeof(cmd), "sed 's/^/# /' '%s.log'", scratch);
		if (system(cmd))
			return -1;
	}
	return WEXITSTATUS(status);
}

u32 rnd(u32 n)
{
	rnd_state = rnd_state * 1664525 + 1013904223;
	return (u32)(((u64)(rnd_state >> 4) * n) >> 28);
}

struct efs_file *root_of(void)
{
	struct efs_file *root;

	return efs_root(vol, &root) ? NULL : root;
}

struct efs_info info_of(struct efs_file *f)
{
	struct efs_info info;

	efs_file_info(f, &info);
	return info;
}

struct efs_file *make(const char *name, u32 mode)
{
	struct efs_create c = { .mode = mode, .target = "target" };
	struct efs_file *root = root_of(), *f = NULL;

	if (efs_create_in(root, name, &c, &f))
		f = NULL;
	efs_file_close(root);
	return f;
}

struct efs_file *at(const char *path)
{
	struct efs_file *f;

	return efs_open(vol, path, EFS_NOFOLLOW, &f) ? NULL : f;
}

int mk(const char *path, u32 mode)
{
	struct efs_create c = { .mode = mode, .target = "target" };
	struct efs_at from = { .volume = vol };

	return efs_create_at(&from, path, &c, NULL);
}

int rm(const char *path)
{
	struct efs_at from = { .volume = vol };

	return efs_unlink_at(&from, path);
}

int rmd(const char *path)
{
	struct efs_at from = { .volume = vol };

	return efs_rmdir_at(&from, path);
}

int mv(const char *old, const char *new, u32 flags)
{
	struct efs_at from = { .volume = vol };

	return efs_rename_at(&from, old, new, flags);
}

u32 nlink_of(const char *path)
{
	struct efs_file *f = at(path);
	u32 n = f ? info_of(f).nlink : 0;

	efs_file_close(f);
	return n;
}

u64 ino_of(const char *path)
{
	struct efs_file *f = at(path);
	u64 n = f ? efs_file_ino(f) : 0;

	efs_file_close(f);
	return n;
}

int main(int argc, char **argv)
{
	static const struct ktap_case *const all[] = {
		data_tests, name_tests, volume_tests, fault_tests,
	};
	const struct ktap_case *t;
	struct ktap_case one[64];
	struct stat st;
	int fd, k, n = 0;

	if (argc < 3) {
		fprintf(stderr, "Usage: fs_test IMAGE SCRATCH [TEST]\n");
		return 2;
	}
	scratch = argv[2];
	fd = open(argv[1], O_RDONLY);
	if (fd < 0 || fstat(fd, &st)) {
		perror(argv[1]);
		return 2;
	}
	image_size = (size_t)st.st_size;
	image = malloc(image_size);
	bytes = malloc(image_size);
	if (!image || !bytes || read(fd, image, image_size) != st.st_size) {
		fprintf(stderr, "%s: cannot read it all\n", argv[1]);
		return 2;
	}
	close(fd);
	for (k = 0; k < (int)ARRAY_SIZE(all); k++)
		for (t = all[k]; t->name; t++)
			if (argc < 4 || strstr(t->name, argv[3]))
				one[n++] = *t;
	k = ktap_run(one, n);
	free(image);
	free(bytes);
	return k;
}
