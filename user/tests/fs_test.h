/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the library share; see fs_test.c. One volume at a time.
 */
#ifndef EFS_FS_TEST_H
#define EFS_FS_TEST_H

#include <stdlib.h>

#include "../lib/volume.h"
#include "ktap.h"

extern char *bytes;		/* of the volume, as they lie on the device */
extern size_t image_size;
extern struct efs_device *dev;	/* a layer of faults over them */
extern struct efs_volume *vol;
extern int reports;		/* errors logged since the mount */
extern bool quiet;		/* show no log */

/** setup_bytes() - a fresh copy of the image on a device; 0 */
int setup_bytes(void);

/** setup() - mount a fresh copy of the image. Return: 0, or -errno */
int setup(void);

/** mount_again() - mount what is in @bytes */
int mount_again(bool rdonly);

/** fsck() - exit status of e2fsck with @option on what is in @bytes */
int fsck(const char *option);

#define TEARDOWN()							\
	do {								\
		CHECK_EQ(efs_volume_close(vol), 0);				\
		efs_device_close(dev);					\
		CHECK_EQ(fsck("-fn"), 0);				\
	} while (0)

/** rnd() - below @n; the same in each run from the same @rnd_state on */
u32 rnd(u32 n);
extern u32 rnd_state;

/** root_of() - a reference to the root directory */
struct efs_file *root_of(void);

struct efs_info info_of(struct efs_file *f);

/** make() - a new file in the root directory, or NULL */
struct efs_file *make(const char *name, u32 mode);

/** at() - the file at a path, symbolic links not followed, or NULL */
struct efs_file *at(const char *path);

/* operations by path; 0 or -errno */
int mk(const char *path, u32 mode);
int rm(const char *path);
int rmd(const char *path);
int mv(const char *from, const char *to, u32 flags);

/* of what is at a path; 0 if nothing */
u32 nlink_of(const char *path);
u64 ino_of(const char *path);

extern const struct ktap_case data_tests[], name_tests[], fault_tests[], volume_tests[];

#endif /* EFS_FS_TEST_H */
