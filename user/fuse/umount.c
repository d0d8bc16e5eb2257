// SPDX-License-Identifier: GPL-2.0
/*
 * Unmounting, and waiting for the daemon.
 *
 * A FUSE file system is unmounted when the kernel lets go of it; the daemon then still writes.
 * Whoever takes the image into other hands right after it, e2fsck for one, has to know when that is
 * over. So the daemon marks the image as long as it uses it, and this waits for the mark to go:
 * a lock of the open file, far behind every volume, on the byte that has the number of the
 * mounted file system's device. Several may have the same image, for reading, and
 * each is waited for alone; a mark goes with its process, however that ends.
 */
#include "fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MARKS ((off_t)1 << 62)

/*
 * The byte for the file system on @dir. Asked for nothing, and not to ask, the kernel answers at
 * once, whoever asks: no word goes to the daemon, which may not listen yet, or no more.
 */
static int mark_of(const char *dir, struct flock *mark)
{
	struct statx stx;

	if (statx(AT_FDCWD, dir, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &stx))
		return -errno;
	*mark = (struct flock) {
		.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = MARKS + stx.stx_dev_minor,
		.l_len = 1,
	};
	return 0;
}

int efsd_mark(const char *image, const char *dir)
{
	int err, fd = open(image, O_RDONLY | O_CLOEXEC);
	struct flock mark;

	if (fd < 0)
		return -errno;
	err = mark_of(dir, &mark);
	if (!err && fcntl(fd, F_OFD_SETLK, &mark))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

struct job {
	char *dir, *image;
	bool lazy, force;
};

/* the last of our mounts that covers @job->dir: its image */
static int find_image(struct job *job)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *m;

	if (!mounts) {
		efsd_say(0, "/proc/self/mounts: %s", strerror(errno));
		return -1;
	}
	while ((m = getmntent(mounts))) {
		if (strcmp(m->mnt_dir, job->dir))
			continue;
		free(job->image);
		job->image = strcmp(m->mnt_type, "fuse.efs") ? NULL : strdup(m->mnt_fsname);
	}
	endmntent(mounts);
	if (job->image)
		return 0;
	efsd_say(0, "%s: not a file system of efs-fuse", job->dir);
	return -1;
}

/* who is not root may only through fusermount3, which knows whose mount it is */
static int as_user(const struct job *job)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		execlp("fusermount3", "fusermount3", job->lazy ? "-uz" : "-u", "--", job->dir,
		       NULL);
		efsd_say(0, "fusermount3: %s", strerror(errno));
		_exit(EXIT_FAILURE);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		efsd_say(0, "fusermount3: %s", strerror(errno));
		return -1;
	}
	return status ? -1 : 0;
}

static int unmount(const struct job *job)
{
	if (geteuid())
		return as_user(job);
	if (!umount2(job->dir, (job->lazy ? MNT_DETACH : 0) | (job->force ? MNT_FORCE : 0)))
		return 0;
	efsd_say(0, "%s: %s", job->dir, strerror(errno));
	return -1;
}

static void wait_for_daemon(int fd, const struct flock *mark)
{
	static const struct timespec moment = { .tv_nsec = 5000000 };
	struct flock held;

	/* to wait in fcntl() itself is for who may write the image */
	for (;;) {
		held = *mark;
		held.l_type = F_WRLCK;
		if (fcntl(fd, F_OFD_GETLK, &held) || held.l_type == F_UNLCK)
			return;
		nanosleep(&moment, NULL);
	}
}

static int options(struct job *job, int argc, char **argv)
{
	int c;

	/* what is not used here umount(8) has no reason not to say */
	while ((c = getopt(argc, argv, "uflnvrN:t:")) != -1) {
		switch (c) {
		case 'l':
			job->lazy = true;
			break;
		case 'f':
			job->force = true;
			break;
		case '?':
			return -1;
		}
	}
	if (optind + 1 != argc) {
		efsd_say(0, "one directory is wanted");
		return -1;
	}
	/* it may be the root of a file system whose daemon is dead: only the way to it counts */
	job->dir = realpath(argv[optind], NULL);
	if (!job->dir)
		job->dir = strdup(argv[optind]);
	return job->dir ? 0 : -1;
}

int efsd_umount(int argc, char **argv)
{
	struct job job = { NULL };
	int fd, err, ret = EXIT_FAILURE;
	struct flock mark;

	if (options(&job, argc, argv) || find_image(&job))
		goto out;
	fd = open(job.image, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : mark_of(job.dir, &mark);
	if (!unmount(&job)) {
		ret = EXIT_SUCCESS;
		if (err)
			efsd_say(1, "%s: %s; it may still be in use", job.image, strerror(-err));
		else if (!job.lazy)
			wait_for_daemon(fd, &mark);
	}
	if (fd >= 0)
		close(fd);
out:
	free(job.dir);
	free(job.image);
	return ret;
}
