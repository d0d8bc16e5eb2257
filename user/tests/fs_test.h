/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the efsu_ interface share; see fs_test.c. One volume at a time.
 */
#ifndef EFSU_FS_TEST_H
#define EFSU_FS_TEST_H

#include <stdlib.h>

#include "../old/fs.h"
#include "ktap.h"

extern char *bytes;		/* of the volume, as they lie on the device */
extern size_t image_size;
extern struct efs_device *dev;	/* a layer of faults over them */
extern struct efsu_fs *fs;
extern int reports;		/* errors logged since the mount */
extern bool quiet;		/* show no log */

/** setup() - mount a fresh copy of the image. Return: 0, or -errno */
int setup(void);

/** mount_again() - mount what is in @bytes */
int mount_again(bool rdonly);

/** fsck() - exit status of e2fsck with @option on what is in @bytes */
int fsck(const char *option);

#define TEARDOWN()							\
	do {								\
		CHECK_EQ(efsu_umount(fs), 0);				\
		efs_device_close(dev);					\
		CHECK_EQ(fsck("-fn"), 0);				\
	} while (0)

/** rnd() - below @n; the same in each run from the same @rnd_state on */
u32 rnd(u32 n);
extern u32 rnd_state;

/** make() - a new file in the root directory, or NULL */
struct efsu_inode *make(const char *name, u16 mode);

/** at() - the inode at a path, symbolic links not followed, or NULL */
struct efsu_inode *at(const char *path);

/* operations by path; 0 or -errno */
int mk(const char *path, u16 mode);
int rm(const char *path);
int rmd(const char *path);
int mv(const char *from, const char *to, u32 flags);

/* of what is at a path; 0 if nothing */
u32 nlink_of(const char *path);
u32 ino_of(const char *path);

extern const struct ktap_case data_tests[], name_tests[], fault_tests[];

#endif /* EFSU_FS_TEST_H */
