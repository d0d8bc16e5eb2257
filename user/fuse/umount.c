// SPDX-License-Identifier: GPL-2.0
/*
 * Unmounting, and waiting for the daemon.
 *
 * A FUSE file system is unmounted when the kernel lets go of it; the daemon then still writes.
 * Whoever takes the image into other hands right after it, e2fsck for one, has to know when that is
 * over. The daemon has the image locked (flock()) as long as it uses it: so this waits
 * for that lock.
 */
#include "fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void wait_for_daemon(int fd)
{
	while (flock(fd, LOCK_SH) && errno == EINTR)
		;
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
	int fd, ret = EXIT_FAILURE;

	if (options(&job, argc, argv) || find_image(&job))
		goto out;
	fd = open(job.image, O_RDONLY | O_CLOEXEC);
	if (!unmount(&job)) {
		ret = EXIT_SUCCESS;
		if (fd < 0)
			efsd_say(1, "%s: %s; it may still be in use", job.image, strerror(errno));
		else if (!job.lazy)
			wait_for_daemon(fd);
	}
	if (fd >= 0)
		close(fd);
out:
	free(job.dir);
	free(job.image);
	return ret;
}
