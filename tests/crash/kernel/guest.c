// SPDX-License-Identifier: GPL-2.0
/*
 * In the guest: each case's script on a mounted volume, over dm-log-writes, and once more over
 * dm-flakey, which after some operation says yes to every write and does nothing.
 *
 * In asynchronous mode the flusher is made eager and given time between operations: the writes it
 * chooses to do early are what a cut in that mode is about. In the others it sleeps: where it would
 * write a block that then goes past the cache, the log has the older contents behind the newer.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel.h"

#define MNT "/mnt/t"

/* ---- the device mapper ---- */

struct dm {
	struct dm_ioctl io;
	struct dm_target_spec spec;
	char params[512];
};

static void dm_call(struct dm *d, const char *name, unsigned long what, u32 flags)
{
	static int ctl = -1;

	if (ctl < 0)
		ctl = open("/dev/mapper/control", O_RDWR);
	d->io.version[0] = DM_VERSION_MAJOR;
	d->io.version[1] = 0;
	d->io.version[2] = 0;
	d->io.data_size = sizeof(*d);
	d->io.data_start = offsetof(struct dm, spec);
	d->io.flags = flags;
	strcpy(d->io.name, name);
	if (ctl < 0 || ioctl(ctl, what, d))
		die("device mapper: %s, call %lx: %s", name, what & 0xff, strerror(errno));
}

static void dm_table(const char *name, u64 bytes, const char *type, const char *params)
{
	struct dm d = { 0 };

	d.io.target_count = 1;
	d.spec.length = bytes / 512;
	strcpy(d.spec.target_type, type);
	snprintf(d.params, sizeof(d.params), "%s", params);
	dm_call(&d, name, DM_TABLE_LOAD, 0);
}

static void dm_suspend(const char *name, u32 flags)
{
	struct dm d = { 0 };

	dm_call(&d, name, DM_DEV_SUSPEND, flags);
}

/* Return: /dev/dm-N in @node */
static void dm_create(const char *name, u64 bytes, const char *type, const char *params, char *node)
{
	struct dm d = { 0 };

	dm_call(&d, name, DM_DEV_CREATE, 0);
	snprintf(node, 32, "/dev/dm-%u", minor(d.io.dev));
	dm_table(name, bytes, type, params);
	/* not suspended: resumed */
	dm_suspend(name, 0);
}

/* a mark in the log of "cut" */
static void dm_mark(const char *what, u32 op)
{
	struct dm d = { 0 };
	struct dm_target_msg *msg = (void *)&d.spec;

	msg->sector = 0;
	snprintf(msg->message, sizeof(d) - offsetof(struct dm, spec) - sizeof(*msg),
		 "mark %s:%u", what, op);
	dm_call(&d, "cut", DM_TARGET_MSG, 0);
}

static void dm_remove(const char *name)
{
	struct dm d = { 0 };

	dm_call(&d, name, DM_DEV_REMOVE, 0);
}

/* ---- marks: what run_posix() takes for a command is a message ---- */

static bool logged, eager;
static u32 drop_at;
static char drop_params[128];

/* from now on the device keeps nothing; what is in flight arrives */
static void drop_writes(void)
{
	dm_table("cut", DEVICE_BYTES, "flakey", drop_params);
	dm_suspend("cut", DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG | DM_NOFLUSH_FLAG);
	dm_suspend("cut", 0);
}

int __wrap_system(const char *cmd)
{
	char what[16];
	bool end;
	u32 op;

	if (sscanf(cmd, "mark %15s %u", what, &op) != 2)
		return __real_system(cmd);
	end = !strcmp(what, "end");
	if (eager && end)
		usleep(30000);
	if (logged)
		dm_mark(what, op);
	else if (end && op == drop_at)
		drop_writes();
	return 0;
}

static void set_file(const char *path, const char *value)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(value, f) < 0 || fclose(f))
		die("%s: %s", path, strerror(errno));
}

/* ---- a case ---- */

static void copy_base(const char *dir, const struct volume *v, const char *dev)
{
	size_t size = volume_size(v);
	u8 *buf = aligned_alloc(4096, size);
	char path[512];
	int in, out;

	snprintf(path, sizeof(path), "%s/%s.img", dir, v->name);
	in = open(path, O_RDONLY);
	out = open(dev, O_WRONLY | O_DIRECT);
	if (!buf || in < 0 || out < 0 || read(in, buf, size) != (ssize_t)size ||
	    pwrite(out, buf, size, 0) != (ssize_t)size)
		die("%s to %s: %s", path, dev, strerror(errno));
	close(in);
	close(out);
	free(buf);
}

static void run_script(const struct leaf *l, const struct script *s, const struct model *m,
		       const char *fs, const char *node)
{
	static const unsigned long flags[MODES] = {
		[MODE_SYNC] = MS_SYNCHRONOUS, [MODE_DIRSYNC] = MS_DIRSYNC,
	};

	if (mount(node, MNT, fs, flags[l->mode], NULL))
		die("%s: mount: %s", l->script, strerror(errno));
	run_posix(MNT, s, m, "mark");
	if (chdir("/") || umount(MNT))
		die("%s: umount: %s", l->script, strerror(errno));
}

static void run_logged(const struct leaf *l, const struct script *s, const struct model *m,
		       u32 slice, const char *fs, const char *data, const char *log)
{
	char params[128], log_node[32], node[32];

	snprintf(params, sizeof(params), "%s %llu", log, slice * SLICE_BYTES / 512);
	dm_create("cut-log", LOG_BYTES, "linear", params, log_node);
	snprintf(params, sizeof(params), "%s %s", data, log_node);
	dm_create("cut", DEVICE_BYTES, "log-writes", params, node);
	logged = true;
	run_script(l, s, m, fs, node);
	logged = false;
	dm_remove("cut");
	dm_remove("cut-log");
}

static void run_dropped(const struct leaf *l, const struct script *s, const struct model *m,
			u32 slice, const char *fs, const char *data, const char *log)
{
	size_t size = volume_size(l->volume);
	u8 *buf = aligned_alloc(4096, size);
	char params[128], node[32];
	int in, out;

	drop_at = drop_after(s, slice);
	snprintf(params, sizeof(params), "%s 0", data);
	snprintf(drop_params, sizeof(drop_params), "%s 0 0 1000 1 drop_writes", data);
	dm_create("cut", DEVICE_BYTES, "linear", params, node);
	run_script(l, s, m, fs, node);
	dm_remove("cut");
	in = open(data, O_RDONLY | O_DIRECT);
	out = open(log, O_WRONLY | O_DIRECT);
	if (!buf || in < 0 || out < 0 || pread(in, buf, size, 0) != (ssize_t)size ||
	    pwrite(out, buf, size, (off_t)(slice * SLICE_BYTES + LOG_BYTES)) != (ssize_t)size)
		die("keeping what was not dropped: %s", strerror(errno));
	close(in);
	close(out);
	free(buf);
}

static void run_leaf(const struct leaf *l, u32 slice, const char *fs, const char *dir,
		     const char *data, const char *log)
{
	struct script s;
	struct model *m = prepare(l, &s);

	eager = l->mode == MODE_ASYNC;
	copy_base(dir, l->volume, data);
	run_logged(l, &s, m, slice, fs, data, log);
	copy_base(dir, l->volume, data);
	run_dropped(l, &s, m, slice, fs, data, log);
	model_free(m);
}

void run_guest(const struct leaf *l, u32 n, const char *fs, const char *dir, const char *data,
	       const char *log)
{
	u32 i;

	set_file("/proc/sys/vm/dirty_writeback_centisecs", "60000");
	mkdir(MNT, 0755);
	for (i = 0; i < n; i++)
		if (l[i].mode != MODE_ASYNC)
			run_leaf(&l[i], i, fs, dir, data, log);
	set_file("/proc/sys/vm/dirty_expire_centisecs", "1");
	set_file("/proc/sys/vm/dirty_writeback_centisecs", "1");
	for (i = 0; i < n; i++)
		if (l[i].mode == MODE_ASYNC)
			run_leaf(&l[i], i, fs, dir, data, log);
}
