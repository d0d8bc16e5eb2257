/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copying between this machine and images: two sides with the same operations, and the
 * engine that walks one and builds the other.
 *
 * A node is a file in use on either side. What an image names is hostile: on this
 * machine names are only used relative to an open directory, one component at a time,
 * and no symbolic link is followed that the user did not name.
 */
#ifndef EFS_CMD_COPY_H
#define EFS_CMD_COPY_H

#include "cmd.h"

struct side;

/**
 * struct node - a file, or no more than a directory and a name in it
 * @fd: of this machine: regular files and directories are open; -1: not
 * @dirfd, @name: where it is; borrowed
 * @file: in an image
 * @fresh: made by this copy; @temp: it has no name yet
 * @stream: its size is not known, it cannot be sought in
 */
struct node {
	const struct side *side;
	int fd, dirfd;
	const char *name;
	struct efs_file *file;
	struct efs_info info;
	bool fresh, temp, stream;
};

struct names {
	char **v;
	size_t n;
};

#define LOOK_FOLLOW	0x1	/* a symbolic link at the end is followed */
#define LOOK_WRITE	0x2	/* a regular file is opened for writing */
#define LOOK_STREAM	0x4	/* so are a pipe and a character device, for reading */

/**
 * struct side - what can be done with nodes; each returns 0 or a negative errno
 * @look: find @name in @dir and open it
 * @create: make it; as mode and owner say, as far as they can be set at once
 * @change: as efs_file_change()
 * @name_it: give a temporary file its name
 */
struct side {
	bool image;
	int (*look)(const struct node *dir, const char *name, unsigned int flags, struct node *out);
	void (*close)(struct node *n);
	int (*list)(struct node *dir, struct names *out);
	int (*read)(struct node *n, uint64_t off, void *buf, size_t len, size_t *done);
	int (*seek)(struct node *n, uint64_t off, bool hole, uint64_t *at);
	int (*readlink)(struct node *n, char **target);
	int (*xattr_list)(struct node *n, char *buf, size_t size, size_t *done);
	int (*xattr_get)(struct node *n, const char *name, void *buf, size_t size, size_t *done);
	int (*create)(const struct node *dir, const char *name, const struct efs_create *what,
		      bool temp, struct node *out);
	int (*name_it)(const struct node *dir, const char *name, struct node *n);
	int (*write)(struct node *n, uint64_t off, const void *buf, size_t len, size_t *done);
	int (*truncate)(struct node *n, uint64_t size);
	int (*change)(struct node *n, const struct efs_changes *c);
	int (*xattr_set)(struct node *n, const char *name, const void *value, size_t size);
	int (*link)(const struct node *dir, const char *name, struct node *to);
	int (*unlink)(const struct node *dir, const char *name);
};

extern const struct side host_side, image_side;

/** image_node() - a node of an open file, which is given away; host_node() of a descriptor */
void image_node(struct efs_file *file, struct node *out);
int host_node(int fd, struct node *out);

/** image_remove() - a file, or a directory with all below, going on after errors (rm.c)
 * @shown: how messages name it. Return: a status.
 */
int image_remove(struct efs_file *dir, const char *name, const char *shown, bool deep, bool force);

void names_free(struct names *names);

enum follow { FOLLOW_NOTHING, FOLLOW_OPERANDS, FOLLOW_ALL };

struct hardlink;

/**
 * struct copy - how to copy; zeroed but for the options
 * @mode: of new regular files; -1: that of the source
 * @base: where everything goes, for hard links; @links: files seen with several names
 * @made: directories of the target that were made, @walked: of the source, to end loops
 */
struct copy {
	bool deep, force, keep_files, verbose;
	bool keep_mode, keep_owner, keep_times, keep_links, keep_xattrs, xattrs_must;
	enum follow follow;
	int32_t mode;
	struct node *base;
	struct hardlink **links;
	size_t nlinks, link_slots;
	struct inoset made, walked;
	uint32_t umask;
	char *buf;
	int status;
};

/** copy_one() - one operand, with all below it
 * @src: closed
 * @src_shown, @dst_shown: how messages name them
 * @dir, @name: where it goes; @name "" is @dir itself, if @src is a directory
 * @follow: an existing link of that name is written through: the user named it
 */
void copy_one(struct copy *c, struct node *src, const char *src_shown, struct node *dir,
	      const char *name, const char *dst_shown, bool follow);
void copy_end(struct copy *c);

/* ---- progress.c ---- */

/** progress_setup() - @force: also if stderr is no terminal; @total: bytes, 0: not known */
void progress_setup(bool force, uint64_t total);
void progress_file(const char *name);
void progress_bytes(uint64_t n);

/** progress_clear() - nothing of it is on the screen; before messages, and at the end */
void progress_clear(void);
void progress_end(void);

#endif /* EFS_CMD_COPY_H */
