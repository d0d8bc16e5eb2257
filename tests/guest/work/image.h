/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images as devices; see image.c. Failures of the harness itself end the program.
 */
#ifndef EFS_WORK_IMAGE_H
#define EFS_WORK_IMAGE_H

#include <stdarg.h>

struct image {
	unsigned char *bytes;	/* as loaded */
	size_t len;
	int fd;			/* the device's backing file while attached */
	char name[16];		/* loop0 */
	char dev[32];		/* /dev/loop0 */
};

/* one image is attached at a time */
void image_load(struct image *im, const char *path);
void image_free(struct image *im);
/* attach: a fresh copy of the loaded bytes becomes a device */
void image_attach(struct image *im);
void image_detach(struct image *im);
/* is what the device holds what was loaded? Unmounted only */
bool image_unchanged(const struct image *im);
void image_save(const struct image *im, const char *path);

void set_file(const char *value, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
