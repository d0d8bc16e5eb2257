// SPDX-License-Identifier: GPL-2.0
/*
 * e2fsprogs as tools and judges of the memory device: userspace only.
 *
 * Images pass through sparse temporary files in $TMPDIR.
 */
/* volumes may be larger than what addresses reach */
#define _FILE_OFFSET_BITS 64
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>
#include "mem_port.h"

static void temp_name(struct efs_test_dev *dev, char *path, size_t size)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	snprintf(path, size, "%s/efsext2-kunit-XXXXXX", dir ? dir : "/tmp");
	fd = mkstemp(path);
	if (fd < 0)
		efs_test_bug("cannot make %s", path);
	if (ftruncate(fd, dev->bytes))
		efs_test_bug("cannot make %llu bytes in %s", dev->bytes, path);
	close(fd);
}

/* output of @cmd is printed when its status is above @quiet */
static int run(struct efs_test_dev *dev, int quiet, const char *cmd)
{
	size_t room = 16384, n;
	char *out = efs_test_zalloc(room), *line, *end;
	FILE *f;
	int status;

	fflush(stdout);
	f = popen(cmd, "r");
	if (!f)
		efs_test_bug("no process for %s", cmd);
	n = fread(out, 1, room - 1, f);
	while (!feof(f) && !ferror(f)) {
		char rest[512];

		if (!fread(rest, 1, sizeof(rest), f))
			break;
	}
	status = pclose(f);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	if (status > quiet) {
		kunit_info(dev->test, "%s: status %d", cmd, status);
		out[n] = '\0';
		for (line = out; *line; line = end) {
			end = line + strcspn(line, "\n");
			if (*end)
				*end++ = '\0';
			kunit_info(dev->test, "| %s", line);
		}
	}
	efs_test_mfree(out);
	return status;
}

struct dump {
	int fd;
	bool failed;
};

static void dump_block(struct efs_test_dev *dev, u32 blk, const u8 *data, void *arg)
{
	struct dump *d = arg;

	if (pwrite(d->fd, data, dev->block_size, (off_t)blk << dev->block_bits) !=
	    (ssize_t)dev->block_size)
		d->failed = true;
}

void efs_test_dump(struct efs_test_dev *dev, const char *path)
{
	struct dump d = { .fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600) };

	if (d.fd < 0)
		efs_test_bug("cannot write %s", path);
	efs_test_format_each(dev, dump_block, &d);
	efs_test_dev_each(dev, dump_block, &d);
	if (ftruncate(d.fd, dev->bytes))
		d.failed = true;
	close(d.fd);
	if (d.failed)
		efs_test_bug("cannot write %s", path);
}

/* every block of the file that is not a hole */
static void load(struct efs_test_dev *dev, const char *path)
{
	u8 *data = efs_test_zalloc(dev->block_size), *old = efs_test_zalloc(dev->block_size);
	int fd = open(path, O_RDONLY);
	off_t at = 0;

	if (fd < 0)
		efs_test_bug("cannot read %s", path);
	while ((at = lseek(fd, at, SEEK_DATA)) >= 0) {
		off_t end = lseek(fd, at, SEEK_HOLE);

		at &= ~((off_t)dev->block_size - 1);
		for (; at < end; at += dev->block_size) {
			ssize_t n = pread(fd, data, dev->block_size, at);

			if (n <= 0)
				break;
			memset(data + n, 0, dev->block_size - n);
			efs_test_dev_read(dev, at, old, dev->block_size);
			if (memcmp(data, old, dev->block_size))
				efs_test_dev_write(dev, at, data, dev->block_size);
		}
	}
	close(fd);
	efs_test_mfree(data);
	efs_test_mfree(old);
}

void efs_test_mkfs(struct efs_test_dev *dev, const char *args)
{
	char path[256], cmd[1024];
	int status;

	temp_name(dev, path, sizeof(path));
	snprintf(cmd, sizeof(cmd),
		 "PATH=$PATH:/usr/sbin:/sbin mke2fs -q -F -t ext2 -b %u %s %s %u 2>&1",
		 dev->block_size, args, path, dev->blocks);
	status = run(dev, 0, cmd);
	if (!status)
		load(dev, path);
	unlink(path);
	KUNIT_ASSERT_EQ_MSG(dev->test, status, 0, "mke2fs %s", args);
}

/* e2fsck on a copy of what is durable; output is printed above @quiet */
static int judge(struct efs_test_dev *dev, int quiet, const char *options)
{
	char path[256], cmd[512];
	int status;

	temp_name(dev, path, sizeof(path));
	efs_test_dump(dev, path);
	snprintf(cmd, sizeof(cmd), "PATH=$PATH:/usr/sbin:/sbin e2fsck %s %s 2>&1", options, path);
	status = run(dev, quiet, cmd);
	unlink(path);
	return status;
}

int efs_test_fsck(struct efs_test_dev *dev)
{
	return judge(dev, 0, "-fn");
}

int efs_test_preen(struct efs_test_dev *dev)
{
	return judge(dev, 1, "-fp");
}

int efs_test_repair(struct efs_test_dev *dev, bool yes)
{
	char path[256], cmd[512];
	int status;

	temp_name(dev, path, sizeof(path));
	efs_test_dump(dev, path);
	snprintf(cmd, sizeof(cmd), "PATH=$PATH:/usr/sbin:/sbin e2fsck -f -%c %s 2>&1",
		 yes ? 'y' : 'p', path);
	status = run(dev, 1, cmd);
	load(dev, path);
	unlink(path);
	return status;
}

void efs_test_debugfs(struct efs_test_dev *dev, const char *commands)
{
	char path[256], cmd[4096];

	temp_name(dev, path, sizeof(path));
	efs_test_dump(dev, path);
	snprintf(cmd, sizeof(cmd),
		 "PATH=$PATH:/usr/sbin:/sbin debugfs -w -f - %s >/dev/null 2>&1 <<'END'\n%s\nEND\n",
		 path, commands);
	KUNIT_EXPECT_EQ(dev->test, run(dev, 0, cmd), 0);
	load(dev, path);
	unlink(path);
}
