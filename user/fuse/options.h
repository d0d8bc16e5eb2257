/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the command line of efs-fuse says.
 */
#ifndef EFSD_OPTIONS_H
#define EFSD_OPTIONS_H

#include "fuse.h"

/**
 * struct efsd_options - what was asked for
 * @image, @mountpoint: absolute paths
 * @args: what is for libfuse
 * @flags: EFS_RDONLY, ... of struct efs_options; @errors, @superblock likewise
 * @offset: of the volume in the image; @partition: it is in, from 1; not both
 * @foreground: do not detach
 * @single: serve one request at a time
 * @max_threads, @max_idle, @clone_fd: of libfuse; 0: as it likes
 */
struct efsd_options {
	char *image, *mountpoint;
	struct fuse_args args;
	unsigned int flags;
	enum efs_errors errors;
	uint32_t superblock, partition;
	uint64_t offset;
	enum efsd_atime atime;
	bool foreground, single, clone_fd;
	uint32_t max_threads, max_idle;
};

/**
 * efsd_options_parse() - from the arguments, those of a mount helper if it was called as one
 * Return: -1: go on, with efsd_options_free() in the end; else an exit status, and everything
 * was said.
 */
int efsd_options_parse(struct efsd_options *o, int argc, char **argv);

void efsd_options_free(struct efsd_options *o);

/** efsd_is_umount() - was it called to unmount? */
bool efsd_is_umount(int argc, char **argv);

#endif /* EFSD_OPTIONS_H */
