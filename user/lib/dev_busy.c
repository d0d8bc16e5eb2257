// SPDX-License-Identifier: GPL-2.0
/*
 * Is a device or an image in use by the system? Answers for Linux, from /proc and /sys;
 * where they are not there, nothing is known to be in use.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "dev.h"

/* the first line of a small file, without its end; false if there is none */
static bool read_line(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	bool ok;

	if (!f)
		return false;
	ok = fgets(buf, (int)size, f);
	fclose(f);
	if (ok)
		buf[strcspn(buf, "\n")] = '\0';
	return ok;
}

/* is the device "major:minor" mounted? */
static bool is_mounted(const char *dev)
{
	FILE *f = fopen("/proc/self/mountinfo", "r");
	bool found = false;
	char *line = NULL;
	size_t size = 0;

	while (f && !found && getline(&line, &size, f) > 0) {
		char num[64];

		/* mount id, parent id, major:minor, ... */
		found = sscanf(line, "%*s %*s %63s", num) == 1 && !strcmp(num, dev);
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

/* a loop device whose backing file is @file: "major:minor" into @dev */
static bool loop_device(const char *file, char *dev, size_t dev_size)
{
	DIR *d = opendir("/sys/block");
	char path[512], back[4096];
	bool found = false;
	struct dirent *de;

	while (d && !found && (de = readdir(d))) {
		if (strncmp(de->d_name, "loop", 4))
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", de->d_name);
		if (!read_line(path, back, sizeof(back)) || strcmp(back, file))
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s/dev", de->d_name);
		found = read_line(path, dev, dev_size);
	}
	if (d)
		closedir(d);
	return found;
}

int efs_dev_check_unused(const char *path, bool rdonly)
{
	bool loop = false;
	char dev[64] = "";
	struct stat st;
	char *real;

	/* what is wrong with it is told by whoever opens it */
	if (stat(path, &st))
		return 0;
	if (S_ISBLK(st.st_mode)) {
		snprintf(dev, sizeof(dev), "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	} else {
		real = realpath(path, NULL);
		if (real)
			loop = loop_device(real, dev, sizeof(dev));
		free(real);
	}
	return (loop && !rdonly) || (dev[0] && is_mounted(dev)) ? -EBUSY : 0;
}
