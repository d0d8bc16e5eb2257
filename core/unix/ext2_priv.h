/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the files of ext2 behind the general interface share; see ext2.h.
 */
#ifndef EFS_UNIX_EXT2_PRIV_H
#define EFS_UNIX_EXT2_PRIV_H

#include "ext2.h"

#define EXT2_SLOTS	1024u
#define EXT2_LIVES	64u
#define EXT2_UNUSED_MAX	1024u

/**
 * struct ext2_node - an inode in memory
 * @ei: the core's part, in the home's memory
 * @next: in its slot
 * @lru_next, @lru_prev: among those nobody uses, if @in_lru
 * @refs: users
 * @seen: number of the last sync that looked at it
 * @unsynced: stored in a buffer that may not have been written; no lock
 * @entry_dir: directory that has its newest entry, if it got one while in memory, else 0
 * @entry_seq: which new entry on the volume that is; durable up to struct ext2_fs.entry_synced
 * @leaving: being stored and forgotten, under its life_lock: not to be found meanwhile
 */
struct ext2_node {
	struct efs_node node;
	struct efs_inode *ei;
	struct ext2_node *next, *lru_next, *lru_prev;
	u32 refs;
	u32 seen;
	bool in_lru, leaving;
	bool unsynced;
	u32 entry_dir;
	u64 entry_seq;
};

struct ext2_life {
	efs_rwsem_t life_lock;
};

/**
 * struct ext2_fs - a volume
 * @root: held until the end
 * @sync_lock: one sync at a time; @sync_seq, their number
 * @lives: by inode number: while an inode enters or leaves memory
 * @cache_lock: spins; protects what follows, and refs, seen, entries and lists of all nodes
 * @count, @unused: nodes in memory, and those without users
 * @failed: first error that no caller saw
 * @entry_seq: counts new entries; the first @entry_synced of them are durable
 * @forgot_seq: the newest of those in directories nobody knows any more
 */
struct ext2_fs {
	struct efs_fs fs;
	struct efs_sb *sb;
	const struct efs_ext2_home *home;
	struct ext2_node *root;
	u32 unused_max;

	efs_rwsem_t sync_lock;
	u32 sync_seq;
	struct ext2_life lives[EXT2_LIVES];

	efs_spin_t cache_lock;
	struct ext2_node *slots[EXT2_SLOTS];
	struct ext2_node *lru_first, *lru_last;
	u32 count, unused;
	int failed;
	u64 entry_seq, entry_synced, forgot_seq;
};

static inline struct ext2_fs *ext2_fs(const struct efs_fs *fs)
{
	return container_of((struct efs_fs *)fs, struct ext2_fs, fs);
}

static inline struct ext2_node *ext2_node(const struct efs_node *node)
{
	return container_of((struct efs_node *)node, struct ext2_node, node);
}

static inline struct efs_inode *ext2_ei(const struct efs_node *node)
{
	return ext2_node(node)->ei;
}

/* held while inode @ino enters or leaves memory */
static inline efs_rwsem_t *ext2_life(struct ext2_fs *x, u32 ino)
{
	return &x->lives[ino % EXT2_LIVES].life_lock;
}

/* ---- ext2.c ---- */

/** efs_ext2_cache_ref() - one more user of a node in the cache; cache_lock held */
void efs_ext2_cache_ref(struct ext2_fs *x, struct ext2_node *n);

/**
 * efs_ext2_unref() - give a reference back
 * If it was the last one, the inode is kept if it has links, and else deleted.
 */
void efs_ext2_unref(struct ext2_fs *x, struct ext2_node *n);

/**
 * efs_ext2_inew() - a new inode on the volume and in memory, without a name, born in @dir
 * @nlink: 0 or 1
 */
int efs_ext2_inew(struct efs_node *dir, const struct efs_new *n, u32 nlink, struct efs_node **out);

/* ---- ext2_sync.c ---- */

/**
 * efs_ext2_store() - write an inode into its table if it changed; it stays dirty on failure
 * @wait: it is on the device afterwards, before the next flush of the device
 * rwsem held, or nobody else uses it.
 */
int efs_ext2_store(struct ext2_node *n, bool wait);

/** efs_ext2_named() - @node has a new name in @dir, which fsync makes durable */
void efs_ext2_named(struct efs_node *node, const struct efs_node *dir);

/** efs_ext2_unnamed() - @node has lost a name in @dir */
void efs_ext2_unnamed(struct efs_node *node, const struct efs_node *dir);

/**
 * efs_ext2_child() - a name of @node in @dir came or went: if @dir is synchronous, @node goes
 * to the device; done of @dir completes that. rwsem of both held for writing
 */
int efs_ext2_child(struct efs_node *dir, struct efs_node *node);

int efs_ext2_sync(struct efs_fs *fs);
int efs_ext2_fsync(struct efs_node *node);
int efs_ext2_done(struct efs_node *node);

/* ---- ext2_data.c ---- */

int efs_ext2_read(struct efs_node *node, u64 off, void *buf, size_t len, size_t *done);
int efs_ext2_write(struct efs_node *node, u64 off, const void *buf, size_t len, size_t *done);
int efs_ext2_write_sync(struct efs_node *node, u64 off, const void *buf, size_t len, size_t *done);
int efs_ext2_truncate(struct efs_node *node, u64 size);
int efs_ext2_seek(struct efs_node *node, u64 off, bool hole, u64 *at);

/* ---- ext2_range.c ---- */

int efs_ext2_punch(struct efs_node *node, u64 off, u64 len);
int efs_ext2_reserve(struct efs_node *node, u64 off, u64 len, bool keep_size);

/* ---- ext2_xattr.c ---- */

int efs_ext2_getxattr(struct efs_node *node, const char *whole, size_t len, void *buf, size_t size,
		      size_t *done);
int efs_ext2_listxattr(struct efs_node *node, char *buf, size_t size, size_t *done);
int efs_ext2_setxattr(struct efs_node *node, const char *whole, size_t len, const void *buf,
		      size_t size, u32 flags);
/** efs_ext2_init_acl() - the lists @n has for a new inode, which has no name yet */
int efs_ext2_init_acl(struct efs_node *node, const struct efs_new *n);

/* ---- ext2_name.c ---- */

int efs_ext2_lookup(struct efs_node *dir, const char *name, size_t len, struct efs_node **out);
int efs_ext2_readdir(struct efs_node *dir, struct efs_dirpos *pos, struct efs_entry *ents, u32 max,
		     u32 *n);
int efs_ext2_create(struct efs_node *dir, const char *name, size_t len, const struct efs_new *n,
		    struct efs_node **out);
int efs_ext2_tmpfile(struct efs_node *dir, const struct efs_new *n, struct efs_node **out);
int efs_ext2_link(struct efs_node *dir, const char *name, size_t len, struct efs_node *node);
int efs_ext2_unlink(struct efs_node *dir, const char *name, size_t len, struct efs_node *node);
int efs_ext2_rmdir(struct efs_node *dir, const char *name, size_t len, struct efs_node *node);
int efs_ext2_rename(const struct efs_renaming *r);

#endif /* EFS_UNIX_EXT2_PRIV_H */
