// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Paths as byte strings; see path.h. Pure: no state, no locks.
 */
#include "path.h"

static enum efs_path_kind kind_of(const char *name, size_t len)
{
	if (len == 1 && name[0] == '.')
		return EFS_PATH_DOT;
	if (len == 2 && name[0] == '.' && name[1] == '.')
		return EFS_PATH_DOTDOT;
	return EFS_PATH_NAME;
}

static size_t skip_slashes(const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && p[n] == '/')
		n++;
	return n;
}

enum efs_path_root efs_path_root(const char *p, size_t len)
{
	switch (skip_slashes(p, len)) {
	case 0:
		return EFS_PATH_RELATIVE;
	case 2:
		return EFS_PATH_ROOT2;
	default:
		return EFS_PATH_ROOT;
	}
}

enum efs_path_kind efs_path_next(struct efs_path *path, const char **name, size_t *len)
{
	size_t n = skip_slashes(path->p, path->len);

	path->p += n;
	path->len -= n;
	if (!path->len)
		return EFS_PATH_END;
	*name = path->p;
	for (n = 0; n < path->len && path->p[n] != '/'; n++)
		;
	*len = n;
	path->p += n;
	path->len -= n;
	return kind_of(*name, n);
}

bool efs_path_is_last(const struct efs_path *path)
{
	return skip_slashes(path->p, path->len) == path->len;
}

bool efs_path_wants_dir(const char *p, size_t len)
{
	return len && p[len - 1] == '/';
}

enum efs_path_kind efs_path_split(const char *p, size_t len, size_t *parent_len,
				  const char **name, size_t *name_len)
{
	size_t end = len, start;

	while (end && p[end - 1] == '/')
		end--;
	for (start = end; start && p[start - 1] != '/'; start--)
		;
	*parent_len = start;
	*name = p + start;
	*name_len = end - start;
	return end ? kind_of(*name, *name_len) : EFS_PATH_END;
}
