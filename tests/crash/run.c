// SPDX-License-Identifier: GPL-2.0
/*
 * Scripts in action: on the core, through libefs, or on a mounted directory,
 * through the operating system. What an operation must do is known; anything else ends the
 * program.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "crash.h"

/* object of an operation's first path: the one it makes, or the one that is there */
static u32 op_obj(const struct model *m, const struct op *op, u32 k, bool after)
{
	return model_find(m, after || !k ? k : k - 1, op->a);
}

/* ---- the core ---- */

static int core_make(const struct efs_at *at, const struct op *op, const char *target)
{
	static const u16 mode[OP_KINDS] = {
		[OP_CREATE] = EFS_IFREG | 0644, [OP_MKDIR] = EFS_IFDIR | 0755,
		[OP_FIFO] = EFS_IFIFO | 0600, [OP_CHR] = EFS_IFCHR | 0600,
		[OP_SYMLINK] = EFS_IFLNK | 0777,
	};
	struct efs_create c = {
		.mode = mode[op->kind], .major = 5, .minor = 300, .target = target,
	};

	return efs_create_at(at, op->a, &c, NULL);
}

static struct efs_file *file_of(const struct efs_at *at, const char *path)
{
	struct efs_file *f;
	int err = efs_open_at(at, path, EFS_NOFOLLOW, &f);

	if (err)
		die("%s: %s", path, strerror(-err));
	return f;
}

static int core_link(const struct efs_at *at, const struct op *op)
{
	struct efs_file *f = file_of(at, op->a);
	int err = efs_link_at(at, f, op->b);

	efs_file_close(f);
	return err;
}

static int core_file(const struct efs_at *at, const struct op *op, u32 k, u32 obj)
{
	struct efs_file *f = file_of(at, op->a);
	size_t done;
	u8 *buf;
	int err;

	switch (op->kind) {
	case OP_TRUNCATE:
		err = efs_file_truncate(f, op->len);
		break;
	case OP_FSYNC:
		err = efs_file_sync(f);
		break;
	default:
		buf = xalloc(op->len);
		fill_cells(buf, obj, k, op->off, op->len);
		if (op->kind == OP_OSYNC)
			err = efs_file_write_sync(f, op->off, buf, op->len, &done);
		else
			err = efs_file_write(f, op->off, buf, op->len, &done);
		free(buf);
	}
	efs_file_close(f);
	return err;
}

static int core_op(struct efs_volume *vol, const struct op *op, u32 k, const struct model *m)
{
	struct efs_at at = { .volume = vol };

	switch (op->kind) {
	case OP_CREATE:
	case OP_MKDIR:
	case OP_FIFO:
	case OP_CHR:
	case OP_SYMLINK:
		return core_make(&at, op, m->obj[op_obj(m, op, k, true)].target);
	case OP_UNLINK:
		return efs_unlink_at(&at, op->a);
	case OP_RMDIR:
		return efs_rmdir_at(&at, op->a);
	case OP_LINK:
		return core_link(&at, op);
	case OP_RENAME:
		return efs_rename_at(&at, op->a, op->b, 0);
	case OP_EXCHANGE:
		return efs_rename_at(&at, op->a, op->b, EFS_EXCHANGE);
	case OP_NOREPLACE:
		return efs_rename_at(&at, op->a, op->b, EFS_NOREPLACE);
	case OP_SYNC:
		return efs_volume_sync(vol);
	default:
		return core_file(&at, op, k, op_obj(m, op, k, false));
	}
}

static void expect(const struct op *op, u32 k, int err)
{
	char text[256];

	if (op->fails ? err < 0 : !err)
		return;
	op_print(op, text, sizeof(text));
	die("operation %u, %s: %s", k, text, err ? strerror(-err) : "did not fail");
}

void run_core(struct efs_volume *vol, const struct script *s, const struct model *m, bool base,
	      struct record *r)
{
	u32 i;

	for (i = 0; i < s->n; i++) {
		u32 k = base ? 0 : i + 1;

		if (r)
			record_mark(r, EV_BEGIN, k);
		expect(&s->op[i], k, core_op(vol, &s->op[i], k, m));
		if (r)
			record_mark(r, EV_END, k);
	}
}

/* ---- a mounted directory; the current one ---- */

static int posix_write(const struct op *op, u32 k, u32 obj)
{
	int fd = open(op->a, O_WRONLY | O_NOFOLLOW | (op->kind == OP_OSYNC ? O_SYNC : 0));
	u8 *buf = xalloc(op->len);
	int err = 0;

	fill_cells(buf, obj, k, op->off, op->len);
	if (fd < 0 || pwrite(fd, buf, op->len, (off_t)op->off) != (ssize_t)op->len)
		err = -errno;
	if (fd >= 0)
		close(fd);
	free(buf);
	return err;
}

static int posix_fsync(const struct op *op)
{
	int fd = open(op->a, O_RDONLY | O_NOFOLLOW), err;

	if (fd < 0)
		return -errno;
	err = fsync(fd) ? -errno : 0;
	close(fd);
	return err;
}

static int posix_op(const struct op *op, u32 k, const struct model *m)
{
	int ret = 0;

	switch (op->kind) {
	case OP_CREATE:
		ret = mknod(op->a, S_IFREG | 0644, 0);
		break;
	case OP_MKDIR:
		ret = mkdir(op->a, 0755);
		break;
	case OP_FIFO:
		ret = mknod(op->a, S_IFIFO | 0600, 0);
		break;
	case OP_CHR:
		ret = mknod(op->a, S_IFCHR | 0600, makedev(5, 300));
		break;
	case OP_SYMLINK:
		ret = symlink(m->obj[op_obj(m, op, k, true)].target, op->a);
		break;
	case OP_LINK:
		ret = linkat(AT_FDCWD, op->a, AT_FDCWD, op->b, 0);
		break;
	case OP_UNLINK:
		ret = unlink(op->a);
		break;
	case OP_RMDIR:
		ret = rmdir(op->a);
		break;
	case OP_RENAME:
		ret = rename(op->a, op->b);
		break;
	case OP_EXCHANGE:
		ret = renameat2(AT_FDCWD, op->a, AT_FDCWD, op->b, RENAME_EXCHANGE);
		break;
	case OP_NOREPLACE:
		ret = renameat2(AT_FDCWD, op->a, AT_FDCWD, op->b, RENAME_NOREPLACE);
		break;
	case OP_TRUNCATE:
		ret = truncate(op->a, (off_t)op->len);
		break;
	case OP_FSYNC:
		return posix_fsync(op);
	case OP_SYNC:
		sync();
		break;
	default:
		return posix_write(op, k, op_obj(m, op, k, false));
	}
	return ret ? -errno : 0;
}

static void posix_mark(const char *mark, const char *what, u32 k)
{
	char cmd[1024];

	if (!mark)
		return;
	snprintf(cmd, sizeof(cmd), "%s %s %u", mark, what, k);
	if (system(cmd))
		die("'%s' failed", cmd);
}

void run_posix(const char *dir, const struct script *s, const struct model *m, const char *mark)
{
	u32 k;

	if (chdir(dir))
		die("%s: %s", dir, strerror(errno));
	for (k = 1; k <= s->n; k++) {
		posix_mark(mark, "begin", k);
		expect(&s->op[k - 1], k, posix_op(&s->op[k - 1], k, m));
		posix_mark(mark, "end", k);
	}
}
