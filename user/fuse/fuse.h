/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of efs-fuse share.
 *
 * efs-fuse gives a volume of libefs to the kernel through libfuse's low-level interface. It uses
 * nothing but efs.h. The kernel keeps names, attributes and data as long as it likes: nobody else
 * changes the volume, so they only age by what the kernel itself asks for. What the daemon
 * changes on its own, access times, it takes back from the kernel.
 *
 * How a request is served: a thread of libfuse calls one function of names.c, attr.c or data.c,
 * which makes a file of the number the kernel sends (node.c), calls libefs, and replies.
 * There are as many threads as requests at a time, and none waits for another but in libefs.
 *
 * Locks: those of struct efsd_shard, one at a time, nothing below them.
 */
#ifndef EFSD_FUSE_H
#define EFSD_FUSE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 14)

#include <fuse_lowlevel.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "efs.h"

#define EFSD_SHARDS	64u
#define EFSD_IO_MAX	(1u << 20)	/* bytes in one read or write of the kernel */
#define EFSD_SYNC_EVERY	5		/* seconds from a change to the device, at most */

/* how long the kernel may believe what it was told: for ever, or nearly so */
#define EFSD_TIMEOUT	(10 * 365 * 86400.0)

enum efsd_atime { EFSD_RELATIME, EFSD_NOATIME, EFSD_STRICTATIME };

/**
 * struct efsd_node - a file the kernel knows; its address is the number the kernel knows it by
 * @file: open as long as this is there; its user word is the address of this
 * @lookups: how often the kernel was told of it and has not forgotten it
 * @next, @prev: all nodes of a shard
 */
struct efsd_node {
	struct efs_file *file;
	uint64_t lookups;
	struct efsd_node *next, *prev;
};

/** struct efsd_shard - nodes, by file number; @lock protects all of them */
struct efsd_shard {
	pthread_mutex_t lock;
	struct efsd_node *first;
} __attribute__((aligned(64)));

/**
 * struct efsd - the daemon
 * @image, @mountpoint: absolute paths
 * @conn: the user's wishes for the connection
 * @root: never forgotten
 * @xattr: the volume has extended attributes
 * @acl: the kernel heeds access control lists, and leaves the umask to us
 * @atime: when reading changes access times
 * @opendir: the kernel wants to ask before it reads a directory
 * @changed: something was changed since the last sync; by __atomic only
 * @late: an error of a sync in the background that no fsync() has told of; by __atomic only
 * @failed: an error that the exit status will tell of; by __atomic only
 * @ended: no more requests come; by __atomic only
 * @buffer: of each thread, EFSD_IO_MAX bytes
 */
struct efsd {
	const char *image, *mountpoint;
	struct fuse_session *session;
	struct fuse_conn_info_opts *conn;
	struct efs_device *device;
	struct efs_volume *volume;
	struct efsd_node root;
	bool rdonly, xattr, acl, opendir;
	enum efsd_atime atime;

	bool changed;
	int late, failed;
	bool ended;

	pthread_t main, keeper;
	pthread_key_t buffer;
	struct efsd_shard shards[EFSD_SHARDS];
};

static inline struct efsd *efsd_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

/** efsd_reply() - end a request with 0 or -errno */
static inline void efsd_reply(fuse_req_t req, int err)
{
	fuse_reply_err(req, -err);
}

/** efsd_changed() - @err of an operation that changes the volume passes through */
static inline int efsd_changed(fuse_req_t req, int err)
{
	__atomic_store_n(&efsd_of(req)->changed, true, __ATOMIC_RELEASE);
	return err;
}

/* ---- node.c ---- */

/** efsd_file() - the file the kernel means by a number; the kernel's, not to be closed */
struct efs_file *efsd_file(fuse_req_t req, fuse_ino_t ino);

/**
 * efsd_known() - the kernel is about to be told of a file
 * @file: the caller's reference, which is gone in any case
 * @e: filled in
 * Return: 0 or -ENOMEM.
 */
int efsd_known(struct efsd *d, struct efs_file *file, struct fuse_entry_param *e);

/** efsd_forget() - the kernel has forgotten @n times that it was told of a file */
void efsd_forget(struct efsd *d, fuse_ino_t ino, uint64_t n);

/** efsd_forget_all() - the kernel is gone, and may have taken numbers with it */
void efsd_forget_all(struct efsd *d);

/** efsd_stat() - attributes as the kernel wants them */
void efsd_stat(struct efs_file *file, struct stat *st);

/**
 * efsd_accessed() - somebody reads a file: change its access time if that is due
 * @tell: the kernel does not know that it may have changed
 */
void efsd_accessed(fuse_req_t req, fuse_ino_t ino, bool tell);

/**
 * efsd_buffer() - @size bytes, until this thread asks again
 * Return: NULL: no memory.
 */
void *efsd_buffer(struct efsd *d, size_t size);

/* ---- the operations, one group in each file: they put theirs into @ops ---- */

void efsd_name_ops(struct fuse_lowlevel_ops *ops);
void efsd_list_ops(struct fuse_lowlevel_ops *ops);
void efsd_attr_ops(struct fuse_lowlevel_ops *ops, bool xattr);
void efsd_data_ops(struct fuse_lowlevel_ops *ops);

/* ---- keeper.c ---- */

/** efsd_log_begin() - messages are about @image, and go to stderr */
void efsd_log_begin(const char *image);

/** efsd_log_detach() - from now on they go to the system's log */
void efsd_log_detach(void);

/** efsd_log() - the log of struct efs_env; also for the daemon's own messages */
void efsd_log(void *ctx, int level, const char *msg);

/** efsd_say() - the same, with a format */
void efsd_say(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** efsd_fail() - remember that something went wrong for the exit status */
void efsd_fail(struct efsd *d, int err);

/** efsd_keeper_signals() - to be called before there is any thread */
void efsd_keeper_signals(void);

/**
 * efsd_keeper_start() - a thread that syncs now and then, and ends the session on a signal
 * Return: 0 or -errno.
 */
int efsd_keeper_start(struct efsd *d);

/** efsd_keeper_stop() - the session has ended; the thread is gone when this returns */
void efsd_keeper_stop(struct efsd *d);

/* ---- umount.c ---- */

/**
 * efsd_mark() - tell that @image is used for the file system that is mounted on @dir
 * Return: a descriptor to be closed when it is not any more, or -errno.
 */
int efsd_mark(const char *image, const char *dir);

/** efsd_umount() - what `efs-fuse -u` and umount.fuse.efs do; an exit status */
int efsd_umount(int argc, char **argv);

#endif /* EFSD_FUSE_H */
