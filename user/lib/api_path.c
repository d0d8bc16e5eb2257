// SPDX-License-Identifier: GPL-2.0
/*
 * The library's calls by path and by name: core/unix with strings in place of bytes and lengths.
 */
#include "volume.h"

/**
 * struct from - where a walk starts, made from struct efs_at
 * @cred: room for its credentials
 */
struct from {
	struct efs_where where;
	struct efs_cred cred;
};

static const struct efs_where *from_at(struct from *f, const struct efs_at *at)
{
	f->where = (struct efs_where){
		.fs = at->volume->fs,
		.root = at->root ? efs_node_of(at->root) : NULL,
		.cwd = at->cwd ? efs_node_of(at->cwd) : NULL,
	};
	if (at->user) {
		size_t groups = min_t(size_t, at->user->group_count, 0xffffffffu);

		f->cred = (struct efs_cred){
			.uid = at->user->uid, .gid = at->user->gid, .groups = at->user->groups,
			.group_count = (u32)groups,
		};
		f->where.cred = &f->cred;
	}
	return &f->where;
}

/* what core/unix found or made, as files; @out may be NULL where none is wanted */
static int give(int err, struct efs_node *node, struct efs_file **out)
{
	if (err)
		return err;
	if (out)
		*out = efs_file_of(node);
	else
		efs_node_put(node);
	return 0;
}

/* ---- by path ---- */

int efs_open_at(const struct efs_at *at, const char *path, unsigned int flags,
		struct efs_file **out)
{
	struct efs_node *node = NULL;
	struct from f;
	int err;

	if (flags & ~EFS_NOFOLLOW)
		return -EINVAL;
	err = efs_walk(from_at(&f, at), path, strlen(path),
		       flags & EFS_NOFOLLOW ? EFS_WALK_NOFOLLOW : 0, &node);
	return give(err, node, out);
}

int efs_open(struct efs_volume *vol, const char *path, unsigned int flags, struct efs_file **out)
{
	struct efs_at at = { .volume = vol };

	return efs_open_at(&at, path, flags, out);
}

int efs_new_of(const struct efs_create *c, struct efs_new *n)
{
	if (c->mode > 0xffff)
		return -EINVAL;
	*n = (struct efs_new){
		.mode = (u16)c->mode, .uid = c->uid, .gid = c->gid,
		.major = c->major, .minor = c->minor,
		.target = c->target, .target_len = c->target ? strlen(c->target) : 0,
	};
	return 0;
}

int efs_create_at(const struct efs_at *at, const char *path, const struct efs_create *what,
		  struct efs_file **out)
{
	struct efs_node *node = NULL;
	struct efs_new n;
	struct from f;
	int err = efs_new_of(what, &n);

	if (!err)
		err = efs_path_create(from_at(&f, at), path, strlen(path), &n, &node);
	return give(err, node, out);
}

int efs_link_at(const struct efs_at *at, struct efs_file *file, const char *path)
{
	struct from f;

	return efs_path_link(from_at(&f, at), efs_node_of(file), path, strlen(path));
}

int efs_unlink_at(const struct efs_at *at, const char *path)
{
	struct from f;

	return efs_path_unlink(from_at(&f, at), path, strlen(path));
}

int efs_rmdir_at(const struct efs_at *at, const char *path)
{
	struct from f;

	return efs_path_rmdir(from_at(&f, at), path, strlen(path));
}

/* the flags have the same numbers */
static_assert(EFS_NOREPLACE == EFS_RENAME_NOREPLACE && EFS_EXCHANGE == EFS_RENAME_EXCHANGE);

int efs_rename_at(const struct efs_at *at, const char *from, const char *to, unsigned int flags)
{
	struct from f;

	return efs_path_rename(from_at(&f, at), from, strlen(from), to, strlen(to), flags);
}

int efs_remove_at(const struct efs_at *at, const char *path, const volatile int *stop)
{
	struct from f;

	from_at(&f, at);
	f.where.stop = (const int *)stop;
	return efs_path_remove(&f.where, path, strlen(path));
}

/* ---- by name in a directory ---- */

int efs_open_in(struct efs_file *dir, const char *name, struct efs_file **out)
{
	struct efs_node *node = NULL;
	int err = efs_node_lookup(efs_node_of(dir), name, strlen(name), &node);

	return give(err, node, out);
}

int efs_create_in(struct efs_file *dir, const char *name, const struct efs_create *what,
		  struct efs_file **out)
{
	struct efs_node *node = NULL;
	struct efs_new n;
	int err = efs_new_of(what, &n);

	if (!err)
		err = efs_node_create(efs_node_of(dir), name, strlen(name), &n, &node);
	return give(err, node, out);
}

int efs_temp_in(struct efs_file *dir, const struct efs_create *what, struct efs_file **out)
{
	struct efs_node *node = NULL;
	struct efs_new n;
	int err = efs_new_of(what, &n);

	if (!err)
		err = efs_node_tmpfile(efs_node_of(dir), &n, &node);
	return give(err, node, out);
}

int efs_link_in(struct efs_file *dir, const char *name, struct efs_file *file)
{
	return efs_node_link(efs_node_of(dir), name, strlen(name), efs_node_of(file));
}

int efs_unlink_in(struct efs_file *dir, const char *name)
{
	return efs_node_unlink(efs_node_of(dir), name, strlen(name));
}

int efs_rmdir_in(struct efs_file *dir, const char *name)
{
	return efs_node_rmdir(efs_node_of(dir), name, strlen(name));
}

int efs_rename_in(struct efs_file *from, const char *old_name, struct efs_file *to,
		  const char *new_name, unsigned int flags)
{
	return efs_node_rename(efs_node_of(from), old_name, strlen(old_name), efs_node_of(to),
			       new_name, strlen(new_name), flags);
}

/* ---- listing ---- */

#define LIST_BATCH 32u

/*
 * In words, as most names are short: what a compiler makes of memcpy() with such a length
 * takes longer to begin than they take to copy.
 */
static void copy_name(char *to, const struct efs_entry *e)
{
	size_t k;

	static_assert(sizeof(e->name) == sizeof(((struct efs_entry_info *)0)->name));
	static_assert(sizeof(e->name) % sizeof(u64) == 0);
	for (k = 0; k <= e->len; k += sizeof(u64))
		memcpy(to + k, e->name + k, sizeof(u64));
}

int efs_list_dir(struct efs_file *dir, struct efs_cursor *cur, struct efs_entry_info *ents,
		 size_t max, size_t *n)
{
	struct efs_entry batch[LIST_BATCH];
	u32 got, i;

	*n = 0;
	while (*n < max) {
		struct efs_dirpos pos = { .pos = cur->pos, .version = cur->version };
		int err = efs_node_readdir(efs_node_of(dir), &pos, batch,
					   (u32)min_t(size_t, max - *n, LIST_BATCH), &got);

		/* once those before it were taken, the next call meets it again */
		if (err && *n)
			break;
		cur->pos = pos.pos;
		cur->version = pos.version;
		if (err || !got)
			return err;
		for (i = 0; i < got; i++) {
			struct efs_entry_info *e = &ents[(*n)++];

			e->ino = batch[i].ino;
			e->next = batch[i].next;
			e->type = batch[i].type;
			copy_name(e->name, &batch[i]);
		}
	}
	return 0;
}
