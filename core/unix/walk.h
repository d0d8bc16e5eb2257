/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * From paths to files, as POSIX.1-2017, 4.13 has it, and what is done with files by path.
 *
 * A path is bytes and a length. Relative ones start at a directory the caller names; there
 * is no current directory beside that. Components are looked up from the left; a symbolic
 * link puts its target in front of what is left. Links are counted, not nested: 40 are
 * followed, the next one is -ELOOP. Paths of 4096 bytes or more are -ENAMETOOLONG, also
 * those that links make, and so are names that are too long for the file system.
 */
#ifndef EFS_UNIX_WALK_H
#define EFS_UNIX_WALK_H

#include "path.h"
#include "perm.h"

#define EFS_LINKS_MAX	40

/**
 * struct efs_where - where walks start, and for whom; the caller keeps the references
 * @fs: for `/`, and `//`, unless @root is there
 * @root: directory that is `/` and its own parent; NULL: that of @fs
 * @cwd: directory where relative paths start; NULL: the root
 * @cred: who must be allowed to search each directory on the way, and to change those
 *	that are changed; NULL: nothing is asked
 * @stop: efs_path_remove() ends with -EINTR once it is not 0, which others may make it at any time;
 *	NULL: it does not
 */
struct efs_where {
	struct efs_fs *fs;
	struct efs_node *root, *cwd;
	const struct efs_cred *cred;
	const int *stop;
};

#define EFS_WALK_NOFOLLOW	0x1	/* a symbolic link at the end is what is meant */

/**
 * efs_walk() - the file a path leads to
 * @flags: EFS_WALK_NOFOLLOW has no effect where a slash ends the path
 * @out: a reference
 *
 * Return: 0; -ENOENT (also for "" and empty link targets), -ENOTDIR (also where a slash
 * ends a path to something else), -ELOOP, -ENAMETOOLONG, -EACCES, -EINVAL (NUL inside).
 */
int efs_walk(const struct efs_where *w, const char *path, size_t len, u32 flags,
	     struct efs_node **out);

/**
 * struct efs_last - the last component of a path, and the directory it stands in
 * @dir: a reference; the one that the path without that component leads to
 * @name, @len: that component, inside the path
 * @kind: EFS_PATH_END: the path is nothing but slashes, @dir is the root
 * @slash: slashes follow
 */
struct efs_last {
	struct efs_node *dir;
	const char *name;
	size_t len;
	enum efs_path_kind kind;
	bool slash;
};

/** efs_walk_last() - as efs_walk(), all but the last component, which is not looked up.
 * That @last->dir is a directory, and may be searched, is made sure.
 */
int efs_walk_last(const struct efs_where *w, const char *path, size_t len,
		  struct efs_last *last);

/*
 * Changes by path: the last component is never followed. Errors of the walk and of the
 * function of fs.h each calls; with credentials, -EACCES for directories that may not be
 * changed and -EPERM where sticky ones keep others' files.
 */

/** efs_path_create() - a slash at the end is for directories only, else -ENOENT */
int efs_path_create(const struct efs_where *w, const char *path, size_t len,
		    const struct efs_new *n, struct efs_node **out);

/** efs_path_link() - one more name for @node */
int efs_path_link(const struct efs_where *w, struct efs_node *node, const char *path, size_t len);

/** efs_path_unlink() - -ENOTDIR for a slash behind what is none */
int efs_path_unlink(const struct efs_where *w, const char *path, size_t len);

/** efs_path_rmdir() - -EBUSY for the root */
int efs_path_rmdir(const struct efs_where *w, const char *path, size_t len);

/** efs_path_rename() - @flags: as efs_node_rename() */
int efs_path_rename(const struct efs_where *w, const char *opath, size_t olen,
		    const char *npath, size_t nlen, u32 flags);

/**
 * efs_path_remove() - remove a file, or a directory with all there is below
 * Stops at the first error: what was removed by then is gone. Takes memory in proportion
 * to the depth, and no stack.
 * Return: -EINVAL for `.` and `..`, -EBUSY for the root, -EINTR if efs_interrupted() or told to,
 * -EUCLEAN if a directory is below itself, or why something cannot be removed.
 */
int efs_path_remove(const struct efs_where *w, const char *path, size_t len);

/** efs_node_remove() - the same with a name in a directory; @cred, @stop as in struct efs_where */
int efs_node_remove(struct efs_node *dir, const char *name, size_t len,
		    const struct efs_cred *cred, const int *stop);

#endif /* EFS_UNIX_WALK_H */
