// SPDX-License-Identifier: GPL-2.0
/*
 * Directories, paths, memory.
 *
 * A listing looks at its files in the order of the directory, where a lookup finds the
 * next name beside the last one, and is sorted only afterwards: 50,000 names looked up
 * in alphabetical order are 50,000 walks over the directory.
 */
#include <unistd.h>

#include "cmd.h"

/* ---- memory ---- */

static void *need(void *p)
{
	if (p)
		return p;
	fputs("efs: out of memory; what was not finished is incomplete\n", stderr);
	cmd_sync_all();
	exit(CMD_FAILED);
}

void *cmd_alloc(size_t size)
{
	return need(calloc(1, size ? size : 1));
}

void *cmd_realloc(void *p, size_t size)
{
	return need(realloc(p, size ? size : 1));
}

char *cmd_strdup(const char *s)
{
	return need(strdup(s));
}

char *cmd_strndup(const char *s, size_t len)
{
	return need(strndup(s, len));
}

char *cmd_join(const char *dir, const char *name)
{
	size_t n = strlen(dir), m = strlen(name);
	bool slash = n && dir[n - 1] != '/';
	char *s = cmd_alloc(n + m + 2);

	memcpy(s, dir, n);
	if (slash)
		s[n++] = '/';
	memcpy(s + n, name, m + 1);
	return s;
}

/* ---- directories ---- */

static bool wanted(const char *name, unsigned int flags)
{
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return flags & LIST_DOTS;
	return name[0] != '.' || flags & LIST_HIDDEN;
}

int entry_fill(struct entry *e, struct efs_file *file)
{
	e->type = efs_file_type(file);
	efs_file_info(file, &e->info);
	e->ino = e->info.ino;
	return e->type == EFS_IFLNK ? cmd_readlink(file, &e->target) : 0;
}

static void look_up(struct efs_file *dir, struct entry *e)
{
	struct efs_file *file;

	e->err = efs_open_in(dir, e->name, &file);
	if (e->err)
		return;
	e->err = entry_fill(e, file);
	efs_file_close(file);
}

static void entry_free(struct entry *e)
{
	free(e->name);
	free(e->target);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

int cmd_list(struct efs_file *dir, unsigned int flags, struct list *list)
{
	struct efs_entry_info *batch = cmd_alloc(256 * sizeof(*batch));
	struct efs_cursor cur = { 0 };
	size_t room = 0, got, k;
	struct entry *e;
	int err;

	memset(list, 0, sizeof(*list));
	do {
		got = 0;
		err = efs_list_dir(dir, &cur, batch, 256, &got);
		if (room - list->n < got) {
			room = 2 * room + got;
			list->ents = cmd_realloc(list->ents, room * sizeof(*e));
		}
		for (k = 0; k < got; k++) {
			if (!wanted(batch[k].name, flags))
				continue;
			e = &list->ents[list->n++];
			memset(e, 0, sizeof(*e));
			e->name = cmd_strdup(batch[k].name);
			e->ino = batch[k].ino;
			e->type = batch[k].type;
			if (flags & LIST_INFO || (flags & LIST_TYPE && !e->type))
				look_up(dir, e);
			if (flags & LIST_DIRS && e->type != EFS_IFDIR)
				entry_free(&list->ents[--list->n]);
		}
	} while (!err && got);
	free(batch);
	if (flags & LIST_SORT && list->n)
		qsort(list->ents, list->n, sizeof(*list->ents), by_name);
	return err;
}

void list_free(struct list *list)
{
	while (list->n)
		entry_free(&list->ents[--list->n]);
	free(list->ents);
	list->ents = NULL;
}

/* ---- sets of inode numbers ---- */

/* slots hold the number and one more: 0 is none */
static uint64_t *slot_of(const struct inoset *set, uint64_t ino)
{
	uint64_t k = ino * 0x9E3779B97F4A7C15u >> 16;

	while (set->slots[k & set->mask] && set->slots[k & set->mask] != ino + 1)
		k++;
	return &set->slots[k & set->mask];
}

bool inoset_has(const struct inoset *set, uint64_t ino)
{
	return set->slots && *slot_of(set, ino);
}

bool inoset_add(struct inoset *set, uint64_t ino)
{
	uint64_t *slot;
	size_t k;

	if (2 * set->used >= set->mask) {
		struct inoset big = { .mask = set->mask ? 2 * set->mask + 1 : 255 };

		big.slots = cmd_alloc((big.mask + 1) * sizeof(*big.slots));
		for (k = 0; set->slots && k <= set->mask; k++)
			if (set->slots[k])
				inoset_add(&big, set->slots[k] - 1);
		free(set->slots);
		*set = big;
	}
	slot = slot_of(set, ino);
	if (*slot)
		return false;
	*slot = ino + 1;
	set->used++;
	return true;
}

void inoset_free(struct inoset *set)
{
	free(set->slots);
	memset(set, 0, sizeof(*set));
}

/* ---- links ---- */

int cmd_readlink(struct efs_file *file, char **target)
{
	struct efs_info info;
	int err;

	efs_file_info(file, &info);
	/* the size is the volume's word; the library refuses what cannot be */
	if (info.size > 65536)
		return -EUCLEAN;
	*target = cmd_alloc(info.size + 1);
	err = efs_file_readlink(file, *target, info.size + 1);
	if (err) {
		free(*target);
		*target = NULL;
	}
	return err;
}
