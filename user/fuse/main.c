// SPDX-License-Identifier: GPL-2.0
/*
 * efs-fuse: a volume in an image or on a device becomes a directory, for whoever may read the
 * image. The life of the daemon.
 *
 * The process that was started waits until a child of its has opened the volume and mounted it,
 * or has said on stderr why it could not, and ends with the child's verdict. All the
 * work, opening included, is the child's: threads and locks do not survive a fork.
 *
 * In the end, whether the volume was unmounted or a signal came: no more requests; the kernel's
 * files are closed, which deletes those without names; the volume is written and marked
 * clean. The exit status says whether all that went well.
 */
#include "fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "options.h"

#define CACHE_BYTES	(16u << 20)

/* ---- the connection ---- */

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	struct efsd *d = userdata;

	/*
	 * Nobody but the kernel changes the volume, so it need not look whether somebody has.
	 * Privileges are dropped by the kernel, in requests of their own; it would not do so
	 * for a truncation that comes with an open.
	 */
	conn->want &= ~(unsigned int)(FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_ATOMIC_O_TRUNC |
				      FUSE_CAP_HANDLE_KILLPRIV);
	conn->want |= conn->capable & (FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO |
				       FUSE_CAP_ASYNC_READ | FUSE_CAP_ASYNC_DIO |
				       FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_CACHE_SYMLINKS |
				       FUSE_CAP_EXPLICIT_INVAL_DATA | FUSE_CAP_IOCTL_DIR);
	d->acl = d->xattr && conn->capable & FUSE_CAP_POSIX_ACL &&
		 conn->capable & FUSE_CAP_DONT_MASK;
	if (d->acl)
		conn->want |= FUSE_CAP_POSIX_ACL | FUSE_CAP_DONT_MASK;
	conn->max_write = EFSD_IO_MAX;
	conn->max_read = EFSD_IO_MAX;
	conn->max_readahead = EFSD_IO_MAX;
	conn->max_background = 64;
	conn->congestion_threshold = 48;
	conn->time_gran = 1;
	fuse_apply_conn_info_opts(d->conn, conn);
	d->opendir = !(conn->capable & FUSE_CAP_NO_OPENDIR_SUPPORT);
}

static struct fuse_session *session_new(struct efsd *d, struct efsd_options *o)
{
	struct fuse_lowlevel_ops ops = { .init = op_init };
	char *opts = NULL, *fsname = NULL, read[32];
	struct fuse_session *se = NULL;

	efsd_name_ops(&ops);
	efsd_list_ops(&ops);
	efsd_attr_ops(&ops, d->xattr);
	efsd_data_ops(&ops);
	snprintf(read, sizeof(read), "max_read=%u", EFSD_IO_MAX);
	if (asprintf(&fsname, "fsname=%s", d->image) < 0)
		return NULL;
	if (!fuse_opt_add_opt_escaped(&opts, fsname) && !fuse_opt_add_opt(&opts, "subtype=efs") &&
	    !fuse_opt_add_opt(&opts, "default_permissions") && !fuse_opt_add_opt(&opts, read) &&
	    !(d->rdonly && fuse_opt_add_opt(&opts, "ro")) &&
	    !fuse_opt_add_arg(&o->args, "-o") && !fuse_opt_add_arg(&o->args, opts))
		se = fuse_session_new(&o->args, &ops, sizeof(ops), d);
	free(fsname);
	free(opts);
	return se;
}

static int serve(struct efsd *d, const struct efsd_options *o)
{
	struct fuse_loop_config *cfg;
	int ret;

	if (o->single)
		return fuse_session_loop(d->session);
	cfg = fuse_loop_cfg_create();
	if (!cfg)
		return -ENOMEM;
	fuse_loop_cfg_set_clone_fd(cfg, o->clone_fd);
	if (o->max_threads)
		fuse_loop_cfg_set_max_threads(cfg, o->max_threads);
	if (o->max_idle)
		fuse_loop_cfg_set_idle_threads(cfg, o->max_idle);
	ret = fuse_session_loop_mt(d->session, cfg);
	fuse_loop_cfg_destroy(cfg);
	return ret;
}

/* ---- the volume ---- */

static int open_device(const struct efsd_options *o, struct efs_device **out)
{
	struct efs_device *dev, *part;
	int err = efs_device_open(o->image, o->flags & EFS_RDONLY ? EFS_DEVICE_RDONLY : 0, &dev);

	if (err) {
		efsd_say(0, "%s%s", strerror(-err),
			 err == -EACCES || err == -EROFS ? " (for reading only: -o ro)" : "");
		return err;
	}
	if (o->partition)
		err = efs_device_partition(dev, o->partition, &part);
	else if (o->offset)
		err = efs_device_range(dev, o->offset, 0, &part);
	else
		part = dev;
	if (err) {
		if (o->partition)
			efsd_say(0, "partition %u: %s", o->partition, err == -ENXIO ?
				 "there is none" : "no partition table, or a damaged one");
		else
			efsd_say(0, "offset %llu: beyond the end", (unsigned long long)o->offset);
		efs_device_close(dev);
		return err;
	}
	*out = part;
	return 0;
}

static int open_volume(struct efsd *d, const struct efsd_options *o)
{
	const struct efs_env env = { .log = efsd_log };
	struct efs_options options = {
		.type = o->superblock ? "ext2" : NULL,
		.flags = o->flags, .errors = o->errors, .superblock = o->superblock,
		.cache_bytes = CACHE_BYTES, .env = &env,
	};
	struct efs_reason why = { NULL, NULL };
	int err;

	/* the blocks reserved for root are not for an image of somebody else's */
	if (geteuid())
		options.flags |= EFS_UNPRIVILEGED;
	err = efs_volume_open(d->device, &options, &d->volume, &why);
	if (err)
		efsd_say(0, "%s%s", why.text ? why.text : strerror(-err),
			 err == -EROFS ? " (for reading only: -o ro)" : "");
	return err;
}

static int open_all(struct efsd *d, const struct efsd_options *o)
{
	struct efs_volume_info info;
	size_t n;
	int err = open_device(o, &d->device);

	if (err)
		return err;
	err = open_volume(d, o);
	if (err) {
		efs_device_close(d->device);
		return err;
	}
	err = efs_root(d->volume, &d->root.file);
	if (!err)
		err = efs_volume_info(d->volume, &info);
	if (err) {
		efsd_say(0, "root directory: %s", strerror(-err));
		efs_file_close(d->root.file);
		efs_volume_close(d->volume);
		efs_device_close(d->device);
		return err;
	}
	d->rdonly = o->flags & EFS_RDONLY || info.rdonly;
	d->xattr = efs_xattr_list(d->root.file, NULL, 0, &n) != -EOPNOTSUPP;
	return 0;
}

static int close_all(struct efsd *d)
{
	int err;

	efsd_forget_all(d);
	err = efs_volume_close(d->volume);
	if (err)
		efsd_say(0, "not everything could be written: %s", strerror(-err));
	efs_device_close(d->device);
	return err;
}

/* ---- life ---- */

/* The caller may go: it worked. Nothing of its is needed any more. */
static void detach(int notify)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	if (chdir("/"))
		efsd_say(1, "/: %s", strerror(errno));
	efsd_log_detach();
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		if (null > 2)
			close(null);
	}
	if (write(notify, "", 1) != 1)
		efsd_say(1, "whoever started this is gone");
	close(notify);
}

static int mounted(struct efsd *d, const struct efsd_options *o)
{
	int err = efsd_keeper_start(d);

	if (err)
		return err;
	err = serve(d, o);
	efsd_keeper_stop(d);
	/* positive: a signal. What the connection meets when the kernel gives it up is no error */
	return err < 0 && err != -ENODEV ? err : 0;
}

static void session_end(struct efsd *d)
{
	fuse_session_destroy(d->session);
	free(d->conn);
}

/* @notify: a pipe to the caller, or -1. Return: exit status */
static int run(struct efsd *d, struct efsd_options *o, int notify)
{
	int err, mark;

	efsd_keeper_signals();
	if (open_all(d, o))
		return EXIT_FAILURE;
	d->conn = fuse_parse_conn_info_opts(&o->args);
	d->session = d->conn ? session_new(d, o) : NULL;
	if (!d->session) {
		free(d->conn);
		close_all(d);
		return EXIT_FAILURE;
	}
	if (fuse_session_mount(d->session, d->mountpoint)) {
		session_end(d);
		close_all(d);
		return EXIT_FAILURE;
	}
	mark = efsd_mark(d->image, d->mountpoint);
	if (mark < 0)
		efsd_say(1, "who unmounts it cannot wait for the end: %s", strerror(-mark));
	if (notify >= 0)
		detach(notify);
	err = mounted(d, o);
	if (err)
		efsd_say(0, "the connection to the kernel broke: %s", strerror(-err));
	efsd_fail(d, err);
	fuse_session_unmount(d->session);
	session_end(d);
	efsd_fail(d, close_all(d));
	if (mark >= 0)
		close(mark);
	return d->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* in the process that was started: wait for the word of the child */
static int wait_for(pid_t pid, int fd)
{
	int status;
	char c;

	if (read(fd, &c, 1) == 1)
		return EXIT_SUCCESS;
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status))
		return WEXITSTATUS(status);
	return EXIT_FAILURE;
}

static int run_behind(struct efsd *d, struct efsd_options *o)
{
	int fd[2];
	pid_t pid;

	pid = pipe2(fd, O_CLOEXEC) ? -1 : fork();
	if (pid < 0) {
		efsd_say(0, "%s", strerror(errno));
		return EXIT_FAILURE;
	}
	if (pid) {
		close(fd[1]);
		return wait_for(pid, fd[0]);
	}
	close(fd[0]);
	return run(d, o, fd[1]);
}

static struct efsd *efsd_new(const struct efsd_options *o)
{
	struct efsd *d = aligned_alloc(__alignof__(*d), sizeof(*d));
	unsigned int k;

	if (!d)
		return NULL;
	memset(d, 0, sizeof(*d));
	d->image = o->image;
	d->mountpoint = o->mountpoint;
	d->atime = o->atime;
	for (k = 0; k < EFSD_SHARDS; k++)
		pthread_mutex_init(&d->shards[k].lock, NULL);
	if (!pthread_key_create(&d->buffer, free))
		return d;
	free(d);
	return NULL;
}

static void efsd_free(struct efsd *d)
{
	unsigned int k;

	free(pthread_getspecific(d->buffer));
	pthread_key_delete(d->buffer);
	for (k = 0; k < EFSD_SHARDS; k++)
		pthread_mutex_destroy(&d->shards[k].lock);
	free(d);
}

int main(int argc, char **argv)
{
	struct efsd_options o;
	struct efsd *d;
	int ret;

	if (efsd_is_umount(argc, argv))
		return efsd_umount(argc, argv);
	ret = efsd_options_parse(&o, argc, argv);
	if (ret >= 0)
		return ret;
	efsd_log_begin(o.image);
	d = efsd_new(&o);
	if (!d) {
		efsd_say(0, "%s", strerror(ENOMEM));
		ret = EXIT_FAILURE;
	} else {
		ret = o.foreground ? run(d, &o, -1) : run_behind(d, &o);
		efsd_free(d);
	}
	efsd_options_free(&o);
	return ret;
}
