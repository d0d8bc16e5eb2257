// SPDX-License-Identifier: GPL-2.0
/*
 * The side of copying that is in an image.
 */
#include "copy.h"

void image_node(struct efs_file *file, struct node *out)
{
	memset(out, 0, sizeof(*out));
	out->side = &image_side;
	out->fd = -1;
	out->file = file;
	efs_file_info(file, &out->info);
}

static int image_look(const struct node *dir, const char *name, unsigned int flags,
		      struct node *out)
{
	const struct efs_at at = { .volume = efs_file_volume(dir->file), .cwd = dir->file };
	struct efs_file *file;
	int err;

	if (flags & LOOK_FOLLOW)
		err = efs_open_at(&at, name, 0, &file);
	else
		err = efs_open_in(dir->file, name, &file);
	if (!err)
		image_node(file, out);
	return err;
}

static void image_close(struct node *n)
{
	efs_file_close(n->file);
	n->file = NULL;
}

static int image_list(struct node *dir, struct names *out)
{
	struct list list;
	size_t k;
	int err = cmd_list(dir->file, LIST_HIDDEN, &list);

	out->n = list.n;
	out->v = cmd_alloc(list.n * sizeof(*out->v));
	for (k = 0; k < list.n; k++) {
		out->v[k] = list.ents[k].name;
		list.ents[k].name = NULL;
	}
	list_free(&list);
	return err;
}

static int image_read(struct node *n, uint64_t off, void *buf, size_t len, size_t *done)
{
	return efs_file_read(n->file, off, buf, len, done);
}

static int image_seek(struct node *n, uint64_t off, bool hole, uint64_t *at)
{
	return efs_file_seek(n->file, off, hole, at);
}

static int image_readlink(struct node *n, char **target)
{
	return cmd_readlink(n->file, target);
}

static int image_xattr_list(struct node *n, char *buf, size_t size, size_t *done)
{
	return efs_xattr_list(n->file, buf, size, done);
}

static int image_xattr_get(struct node *n, const char *name, void *buf, size_t size, size_t *done)
{
	return efs_xattr_get(n->file, name, buf, size, done);
}

static int image_create(const struct node *dir, const char *name, const struct efs_create *what,
			bool temp, struct node *out)
{
	struct efs_file *file;
	int err;

	if (temp)
		err = efs_temp_in(dir->file, what, &file);
	else
		err = efs_create_in(dir->file, name, what, &file);
	if (err)
		return err;
	image_node(file, out);
	out->fresh = true;
	out->temp = temp;
	return 0;
}

static int image_name_it(const struct node *dir, const char *name, struct node *n)
{
	int err = efs_link_in(dir->file, name, n->file);

	if (!err)
		n->temp = false;
	return err;
}

static int image_write(struct node *n, uint64_t off, const void *buf, size_t len, size_t *done)
{
	return efs_file_write(n->file, off, buf, len, done);
}

static int image_truncate(struct node *n, uint64_t size)
{
	return efs_file_truncate(n->file, size);
}

static int image_change(struct node *n, const struct efs_changes *c)
{
	return efs_file_change(n->file, c);
}

static int image_xattr_set(struct node *n, const char *name, const void *value, size_t size)
{
	return efs_xattr_set(n->file, name, value, size, 0);
}

static int image_link(const struct node *dir, const char *name, struct node *to)
{
	return efs_link_in(dir->file, name, to->file);
}

static int image_unlink(const struct node *dir, const char *name)
{
	return efs_unlink_in(dir->file, name);
}

const struct side image_side = {
	.image = true,
	.look = image_look,
	.close = image_close,
	.list = image_list,
	.read = image_read,
	.seek = image_seek,
	.readlink = image_readlink,
	.xattr_list = image_xattr_list,
	.xattr_get = image_xattr_get,
	.create = image_create,
	.name_it = image_name_it,
	.write = image_write,
	.truncate = image_truncate,
	.change = image_change,
	.xattr_set = image_xattr_set,
	.link = image_link,
	.unlink = image_unlink,
};
