// SPDX-License-Identifier: GPL-2.0
/*
 * The efsu_ interface over images in memory.
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
struct efsu_fs *fs;
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
	struct efsu_opts o = { .mount = { .rdonly = rdonly }, .log = log_line };
	enum efs_code why;

	reports = 0;
	return efsu_mount(dev, &o, &fs, &why);
}

int setup(void)
{
	memcpy(bytes, image, image_size);
	quiet = false;
	if (efs_device_memory(bytes, image_size, &mem) || efs_dev_fault(mem, &dev))
		return -1;
	return mount_again(false);
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

struct efsu_inode *make(const char *name, u16 mode)
{
	struct efsu_new n = { .mode = mode, .target = "target" };
	struct efsu_inode *root = efsu_root(fs), *i = NULL;

	if (efsu_create(root, name, strlen(name), &n, &i))
		i = NULL;
	efsu_iput(root);
	return i;
}

struct efsu_inode *at(const char *path)
{
	struct efsu_inode *i;

	return efsu_walk(fs, NULL, path, strlen(path), EFSU_WALK_NOFOLLOW, &i) ? NULL : i;
}

/* by path: the operation, or the error of a walk */
static int do_path(const char *path, u16 mode, int (*op)(struct efsu_inode *, const char *, size_t))
{
	struct efsu_inode *dir;
	const char *name;
	size_t len;
	int err = efsu_walk_parent(fs, NULL, path, strlen(path), &dir, &name, &len);

	if (err)
		return err;
	if (op) {
		err = op(dir, name, len);
	} else {
		struct efsu_new n = { .mode = mode, .target = "target" };

		err = efsu_create(dir, name, len, &n, NULL);
	}
	efsu_iput(dir);
	return err;
}

int mk(const char *path, u16 mode)
{
	return do_path(path, mode, NULL);
}

int rm(const char *path)
{
	return do_path(path, 0, efsu_unlink);
}

int rmd(const char *path)
{
	return do_path(path, 0, efsu_rmdir);
}

int mv(const char *from, const char *to, u32 flags)
{
	struct efsu_inode *a, *b;
	const char *an, *bn;
	size_t al, bl;
	int err = efsu_walk_parent(fs, NULL, from, strlen(from), &a, &an, &al);

	if (err)
		return err;
	err = efsu_walk_parent(fs, NULL, to, strlen(to), &b, &bn, &bl);
	if (!err) {
		err = efsu_rename(a, an, al, b, bn, bl, flags);
		efsu_iput(b);
	}
	efsu_iput(a);
	return err;
}

u32 nlink_of(const char *path)
{
	struct efsu_inode *i = at(path);
	u32 n = i ? efs_i_nlink(&i->core) : 0;

	efsu_iput(i);
	return n;
}

u32 ino_of(const char *path)
{
	struct efsu_inode *i = at(path);
	u32 n = i ? i->core.ino : 0;

	efsu_iput(i);
	return n;
}

int main(int argc, char **argv)
{
	static const struct ktap_case *const all[] = { data_tests, name_tests, fault_tests };
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
