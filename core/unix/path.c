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

enum efs_path_kind efs_path_prev(struct efs_path *path, const char **name, size_t *len)
{
	size_t parent;
	enum efs_path_kind kind = efs_path_split(path->p, path->len, &parent, name, len);

	path->len = parent;
	return kind;
}

bool efs_path_parent(const char *p, size_t len, size_t *parent_len)
{
	size_t root = skip_slashes(p, len), name_len;
	const char *name;

	if (efs_path_split(p, len, parent_len, &name, &name_len) == EFS_PATH_END || !*parent_len)
		return false;
	while (*parent_len > root && p[*parent_len - 1] == '/')
		--*parent_len;
	return true;
}

bool efs_path_file_name(const char *p, size_t len, const char **name, size_t *name_len)
{
	size_t parent;

	return efs_path_split(p, len, &parent, name, name_len) == EFS_PATH_NAME;
}

size_t efs_path_canonical(const char *p, size_t len, char *out)
{
	struct efs_path left = { .p = p, .len = len };
	enum efs_path_root root = efs_path_root(p, len);
	size_t n = 0, name_len;
	const char *name;

	if (root != EFS_PATH_RELATIVE)
		out[n++] = '/';
	if (root == EFS_PATH_ROOT2)
		out[n++] = '/';
	while (efs_path_next(&left, &name, &name_len) != EFS_PATH_END) {
		memcpy(out + n, name, name_len);
		n += name_len;
		if (left.len)
			out[n++] = '/';
	}
	return n;
}

bool efs_path_equal(const char *a, size_t alen, const char *b, size_t blen)
{
	struct efs_path x = { .p = a, .len = alen }, y = { .p = b, .len = blen };
	const char *m = NULL, *n = NULL;
	size_t mlen = 0, nlen = 0;
	enum efs_path_kind kind;

	if (efs_path_root(a, alen) != efs_path_root(b, blen) ||
	    efs_path_wants_dir(a, alen) != efs_path_wants_dir(b, blen))
		return false;
	do {
		kind = efs_path_next(&x, &m, &mlen);
		if (kind != efs_path_next(&y, &n, &nlen))
			return false;
		if (kind != EFS_PATH_END && (mlen != nlen || memcmp(m, n, mlen)))
			return false;
	} while (kind != EFS_PATH_END);
	return true;
}

int efs_path_join(const char *a, size_t alen, const char *b, size_t blen, char *out,
		  size_t size, size_t *len)
{
	bool slash;

	if (efs_path_root(b, blen) != EFS_PATH_RELATIVE)
		alen = 0;
	slash = alen && blen && !efs_path_wants_dir(a, alen);
	*len = alen + slash + blen;
	if (*len > size || *len >= EFS_PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(out, a, alen);
	if (slash)
		out[alen] = '/';
	memcpy(out + alen + slash, b, blen);
	return 0;
}
