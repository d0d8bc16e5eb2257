// SPDX-License-Identifier: GPL-2.0
/*
 * Files the kernel knows, and how it knows them.
 *
 * The kernel is told of a file by a number that is the address of its struct efsd_node, and
 * gives the number back when it has forgotten the file as often as it was told of it. As long
 * as that is not so, the file stays open, whether it has a name or not.
 *
 * A file's node is found through the word that libefs keeps for the caller in each open file.
 * The word, and the count, are protected by the lock of the shard that the file number
 * leads to. Whoever sets the word has the file open; so it does not get lost in between.
 */
#include "fuse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>

static struct efsd_shard *shard_of(struct efsd *d, const struct efs_file *file)
{
	return &d->shards[efs_file_ino(file) % EFSD_SHARDS];
}

static struct efsd_node *node_of(struct efsd *d, fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? &d->root : (struct efsd_node *)(uintptr_t)ino;
}

struct efs_file *efsd_file(fuse_req_t req, fuse_ino_t ino)
{
	return node_of(efsd_of(req), ino)->file;
}

static void shard_add(struct efsd_shard *s, struct efsd_node *n)
{
	n->prev = NULL;
	n->next = s->first;
	if (s->first)
		s->first->prev = n;
	s->first = n;
}

static void shard_del(struct efsd_shard *s, struct efsd_node *n)
{
	if (n->next)
		n->next->prev = n->prev;
	if (n->prev)
		n->prev->next = n->next;
	else
		s->first = n->next;
}

/* The node of @file, told of once more. @file is in use by it, or else closed. */
static struct efsd_node *node_get(struct efsd *d, struct efs_file *file)
{
	struct efsd_node *fresh = malloc(sizeof(*fresh)), *n;
	struct efsd_shard *s = shard_of(d, file);
	uint64_t *word = efs_file_user(file);

	pthread_mutex_lock(&s->lock);
	n = (struct efsd_node *)(uintptr_t)*word;
	if (!n && fresh) {
		n = fresh;
		n->file = file;
		n->lookups = 0;
		shard_add(s, n);
		*word = (uintptr_t)n;
		fresh = NULL;
		file = NULL;
	}
	if (n)
		n->lookups++;
	pthread_mutex_unlock(&s->lock);
	free(fresh);
	efs_file_close(file);
	return n;
}

int efsd_known(struct efsd *d, struct efs_file *file, struct fuse_entry_param *e)
{
	struct efs_info info;
	struct efsd_node *n;

	memset(e, 0, sizeof(*e));
	/* only what is damaged leads to the root; the kernel knows what to say */
	if (efs_file_ino(file) == efs_file_ino(d->root.file)) {
		e->ino = FUSE_ROOT_ID;
		efs_file_close(file);
		return 0;
	}
	n = node_get(d, file);
	if (!n)
		return -ENOMEM;
	efs_file_info(n->file, &info);
	e->ino = (uintptr_t)n;
	e->generation = info.gen;
	e->attr_timeout = EFSD_TIMEOUT;
	e->entry_timeout = EFSD_TIMEOUT;
	efsd_stat(n->file, &e->attr);
	return 0;
}

void efsd_forget(struct efsd *d, fuse_ino_t ino, uint64_t count)
{
	struct efsd_node *n = node_of(d, ino);
	struct efsd_shard *s;
	bool last;

	if (n == &d->root)
		return;
	s = shard_of(d, n->file);
	pthread_mutex_lock(&s->lock);
	n->lookups -= count < n->lookups ? count : n->lookups;
	last = !n->lookups;
	if (last) {
		shard_del(s, n);
		*efs_file_user(n->file) = 0;
	}
	pthread_mutex_unlock(&s->lock);
	if (!last)
		return;
	/* which deletes it if it has no name */
	efs_file_close(n->file);
	free(n);
}

void efsd_forget_all(struct efsd *d)
{
	struct efsd_node *n;
	unsigned int k;

	for (k = 0; k < EFSD_SHARDS; k++)
		while ((n = d->shards[k].first))
			efsd_forget(d, (uintptr_t)n, n->lookups);
	efs_file_close(d->root.file);
	d->root.file = NULL;
}

/* ---- attributes ---- */

static struct timespec time_to(struct efs_timestamp t)
{
	return (struct timespec){ .tv_sec = (time_t)t.sec, .tv_nsec = t.nsec };
}

void efsd_stat(struct efs_file *file, struct stat *st)
{
	struct efs_info info;

	efs_file_info(file, &info);
	memset(st, 0, sizeof(*st));
	st->st_ino = info.ino;
	st->st_mode = info.mode;
	st->st_nlink = info.nlink;
	st->st_uid = info.uid;
	st->st_gid = info.gid;
	st->st_rdev = makedev(info.major, info.minor);
	st->st_size = (off_t)info.size;
	st->st_blocks = (blkcnt_t)info.blocks;
	st->st_blksize = info.blksize;
	st->st_atim = time_to(info.atime);
	st->st_mtim = time_to(info.mtime);
	st->st_ctim = time_to(info.ctime);
}

/* is @a not after @b? */
static bool not_after(struct efs_timestamp a, struct efs_timestamp b)
{
	return a.sec < b.sec || (a.sec == b.sec && a.nsec <= b.nsec);
}

/* The rule of relatime, as mount(8) has it: once a day, or if it was changed since. */
static bool access_due(const struct efsd *d, const struct efs_info *info)
{
	if (d->atime == EFSD_STRICTATIME)
		return true;
	return not_after(info->atime, info->mtime) || not_after(info->atime, info->ctime) ||
	       time(NULL) - info->atime.sec >= 86400;
}

void efsd_accessed(fuse_req_t req, fuse_ino_t ino, bool tell)
{
	static const struct efs_changes now = {
		.mask = EFS_SET_ATIME | EFS_SET_NOW | EFS_SET_QUIET,
	};
	struct efsd *d = efsd_of(req);
	struct efs_file *file = efsd_file(req, ino);
	struct efs_info info;

	if (d->rdonly || d->atime == EFSD_NOATIME)
		return;
	efs_file_info(file, &info);
	if (!access_due(d, &info))
		return;
	/* a time that cannot be set is no reason not to read */
	if (!efsd_changed(req, efs_file_change(file, &now)) && tell)
		fuse_lowlevel_notify_inval_inode(d->session, ino, -1, 0);
}

/* ---- memory ---- */

void *efsd_buffer(struct efsd *d, size_t size)
{
	void *buf = pthread_getspecific(d->buffer);

	if (size > EFSD_IO_MAX)
		return NULL;
	if (buf)
		return buf;
	/* aligned as files past the page cache want it */
	if (posix_memalign(&buf, 4096, EFSD_IO_MAX))
		return NULL;
	if (pthread_setspecific(d->buffer, buf)) {
		free(buf);
		return NULL;
	}
	return buf;
}
