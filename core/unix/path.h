/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Paths as byte strings: pointer and length, any byte but NUL and `/` in a name.
 *
 * Nothing here looks at a file system, allocates, or changes a path; results point into
 * the path they come from. The rules are those of POSIX.1-2017, 3.271 and 4.13.
 */
#ifndef EFS_UNIX_PATH_H
#define EFS_UNIX_PATH_H

#include "../port.h"

#define EFS_PATH_MAX	4096	/* bytes, with the NUL that C callers add */

enum efs_path_root {
	EFS_PATH_RELATIVE,
	EFS_PATH_ROOT,		/* one slash, or three and more */
	EFS_PATH_ROOT2,		/* exactly two: the home decides what that is */
};

enum efs_path_kind {
	EFS_PATH_END,		/* no component is left */
	EFS_PATH_NAME,
	EFS_PATH_DOT,
	EFS_PATH_DOTDOT,
};

/**
 * struct efs_path - what is left of a path
 * @p, @len: the bytes not yet walked
 */
struct efs_path {
	const char *p;
	size_t len;
};

/** efs_path_root() - where a walk along this path starts */
enum efs_path_root efs_path_root(const char *p, size_t len);

/**
 * efs_path_next() - take the first component off a path
 * @path: what is left afterwards
 * @name, @len: the component; not set at the end
 *
 * Slashes before the component are skipped, those after it stay.
 */
enum efs_path_kind efs_path_next(struct efs_path *path, const char **name, size_t *len);

/** efs_path_is_last() - is no component left? Slashes may be */
bool efs_path_is_last(const struct efs_path *path);

/**
 * efs_path_wants_dir() - does a path end in a slash, and so name a directory only?
 * Also true for a path of nothing but slashes, false for an empty one.
 */
bool efs_path_wants_dir(const char *p, size_t len);

/**
 * efs_path_split() - cut a path before its last component
 * @parent_len: bytes of the path that name the parent, trailing slashes included; 0 if
 *	the parent is where the walk starts
 * @name, @name_len: the last component, without slashes
 *
 * Return: what the last component is; EFS_PATH_END if there is none ("", "/", "//").
 */
enum efs_path_kind efs_path_split(const char *p, size_t len, size_t *parent_len,
				  const char **name, size_t *name_len);

/**
 * efs_path_prev() - take the last component off a path
 * As efs_path_next() from the other end: slashes behind it are skipped, those before stay.
 */
enum efs_path_kind efs_path_prev(struct efs_path *path, const char **name, size_t *len);

/**
 * efs_path_parent() - the path without its last component, as text
 * @parent_len: bytes of it at the start of @p, without slashes at its end unless it is a
 *	root. `.` and `..` are components like others
 *
 * Return: false if there is none: a root, a single component, or nothing.
 */
bool efs_path_parent(const char *p, size_t len, size_t *parent_len);

/** efs_path_file_name() - the last component; false if it is `.`, `..`, or there is none */
bool efs_path_file_name(const char *p, size_t len, const char **name, size_t *name_len);

/**
 * efs_path_canonical() - the same path with single slashes
 * @out: room for @len bytes
 *
 * Two slashes at the start stay two, three and more become one; one at the end stays.
 * `.` and `..` stay, for what is before them may be a link.
 * Return: length of the result.
 */
size_t efs_path_canonical(const char *p, size_t len, char *out);

/** efs_path_equal() - have both the same canonical form? */
bool efs_path_equal(const char *a, size_t alen, const char *b, size_t blen);

/**
 * efs_path_join() - where @b leads from the directory @a
 * @out: room for @size bytes; may not overlap with either
 * @len: length of the result: @b if that is absolute, else both with a slash between
 *
 * Return: 0, or -ENAMETOOLONG if it takes more than @size, or makes no path.
 */
int efs_path_join(const char *a, size_t alen, const char *b, size_t blen, char *out,
		  size_t size, size_t *len);

#endif /* EFS_UNIX_PATH_H */
