// SPDX-License-Identifier: GPL-2.0
/*
 * A mounted volume: mount, sync, unmount, and the inodes in memory.
 *
 * Each inode in use is in memory once, found by number. Unused ones are kept for a while
 * in the order of their last use. An inode is stored when a sync comes, or when it
 * leaves memory; one without a name is deleted when its last user is gone.
 *
 * The order of writes at unmount: everything else, durable, then the mark that says the
 * volume is clean. If anything could not be written, that mark is not set.
 *
 * Locks: ilock protects the inode cache and is held during no I/O. While an inode is
 * EFSU_I_LOADING or EFSU_I_DYING whoever wants it waits on icond. Lock 2 is not taken
 * here: its holders call efsu_iput(). (core/engine/efs.h has the other locks.)
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "home.h"

void efsu_note_error(struct efsu_fs *fs, int err)
{
	int none = 0;

	if (err)
		__atomic_compare_exchange_n(&fs->failed, &none, err, false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
}

void efsu_io_error(void *ctx, bool write, u32 blk, u32 len, int err)
{
	struct efsu_fs *fs = ctx;

	if (len)
		efs_log(&fs->sb, EFS_LOG_ERR, "cannot %s %u blocks at %u: %s",
			write ? "write" : "read", len, blk, strerror(-err));
	else
		efs_log(&fs->sb, EFS_LOG_ERR, "cannot flush the device: %s", strerror(-err));
}

struct efs_sb *efsu_sb(struct efsu_fs *fs)
{
	return &fs->sb;
}

/* ---- the inode cache; ilock held in what begins with icache_ ---- */

static struct efsu_inode **icache_slot(struct efsu_fs *fs, u32 ino)
{
	return &fs->slots[(ino * 0x9E3779B1u) >> 22 & (EFSU_ICACHE_SLOTS - 1)];
}

static struct efsu_inode *icache_find(struct efsu_fs *fs, u32 ino)
{
	struct efsu_inode *i = *icache_slot(fs, ino);

	while (i && i->core.ino != ino)
		i = i->next;
	return i;
}

static void icache_add(struct efsu_fs *fs, struct efsu_inode *i)
{
	struct efsu_inode **slot = icache_slot(fs, i->core.ino);

	i->next = *slot;
	*slot = i;
	fs->inodes++;
}

static void icache_del(struct efsu_fs *fs, struct efsu_inode *i)
{
	struct efsu_inode **p = icache_slot(fs, i->core.ino);

	while (*p != i)
		p = &(*p)->next;
	*p = i->next;
	fs->inodes--;
}

static void lru_add(struct efsu_fs *fs, struct efsu_inode *i)
{
	i->state |= EFSU_I_LRU;
	i->next_lru = NULL;
	i->prev_lru = fs->lru_last;
	if (fs->lru_last)
		fs->lru_last->next_lru = i;
	else
		fs->lru_first = i;
	fs->lru_last = i;
	fs->unused++;
}

static void lru_del(struct efsu_fs *fs, struct efsu_inode *i)
{
	if (!(i->state & EFSU_I_LRU))
		return;
	i->state &= ~EFSU_I_LRU;
	if (i->prev_lru)
		i->prev_lru->next_lru = i->next_lru;
	else
		fs->lru_first = i->next_lru;
	if (i->next_lru)
		i->next_lru->prev_lru = i->prev_lru;
	else
		fs->lru_last = i->prev_lru;
	fs->unused--;
}

static void icache_ref(struct efsu_fs *fs, struct efsu_inode *i)
{
	lru_del(fs, i);
	i->refs++;
}

static struct efsu_inode *inode_alloc(struct efsu_fs *fs)
{
	struct efsu_inode *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	efsu_inode_prepare(i);
	efs_inode_init(&fs->sb, &i->core);
	i->refs = 1;
	return i;
}

static void inode_free(struct efsu_inode *i)
{
	pthread_mutex_destroy(&i->core.port.lock.m);
	pthread_rwlock_destroy(&i->rwsem);
	pthread_rwlock_destroy(&i->core.xattr_lock);
	pthread_rwlock_destroy(&i->core.map_lock);
	pthread_mutex_destroy(&i->core.win_lock.m);
	free(i);
}

/*
 * Write the inode into its table if it changed, and, to @wait for it, if it was put there
 * earlier; it stays dirty on failure.
 */
static int inode_store(struct efsu_inode *i, bool wait)
{
	bool dirty = __atomic_exchange_n(&i->core.port.dirty, false, __ATOMIC_ACQ_REL);
	int err;

	if (!dirty && !(wait && __atomic_load_n(&i->unsynced, __ATOMIC_ACQUIRE)))
		return 0;
	__atomic_store_n(&i->unsynced, !wait, __ATOMIC_RELEASE);
	err = efs_inode_store(&i->core, NULL, wait);
	if (err)
		efs_i_mark_dirty(&i->core);
	return err;
}

/* The inode, EFSU_I_DYING and unused, leaves memory. No lock held. */
static void inode_drop(struct efsu_fs *fs, struct efsu_inode *i)
{
	int err;

	if (efs_i_nlink(&i->core)) {
		if (__atomic_load_n(&i->entry_dir, __ATOMIC_RELAXED))
			__atomic_store_n(&fs->forgot_entry, true, __ATOMIC_RELAXED);
		err = inode_store(i, false);
		efs_inode_release(&i->core);
	} else {
		err = efs_evict(&i->core);
	}
	if (err)
		efs_log(&fs->sb, EFS_LOG_ERR, "cannot %s inode %u: %s",
			efs_i_nlink(&i->core) ? "store" : "delete", i->core.ino, strerror(-err));
	efsu_note_error(fs, err);

	pthread_mutex_lock(&fs->ilock);
	icache_del(fs, i);
	pthread_cond_broadcast(&fs->icond);
	pthread_mutex_unlock(&fs->ilock);
	inode_free(i);
}

int efsu_iget(struct efsu_fs *fs, u32 ino, struct efsu_inode **out)
{
	struct efsu_inode *i;
	int err;

	pthread_mutex_lock(&fs->ilock);
	for (;;) {
		i = icache_find(fs, ino);
		if (!i || !(i->state & (EFSU_I_LOADING | EFSU_I_DYING)))
			break;
		pthread_cond_wait(&fs->icond, &fs->ilock);
	}
	if (i) {
		icache_ref(fs, i);
		pthread_mutex_unlock(&fs->ilock);
		*out = i;
		return 0;
	}
	i = inode_alloc(fs);
	if (!i) {
		pthread_mutex_unlock(&fs->ilock);
		return -ENOMEM;
	}
	i->core.ino = ino;
	i->state = EFSU_I_LOADING;
	icache_add(fs, i);
	pthread_mutex_unlock(&fs->ilock);

	err = efs_inode_load(&fs->sb, ino, false, &i->core);

	pthread_mutex_lock(&fs->ilock);
	i->state &= ~EFSU_I_LOADING;
	if (err)
		icache_del(fs, i);
	pthread_cond_broadcast(&fs->icond);
	pthread_mutex_unlock(&fs->ilock);
	if (err) {
		inode_free(i);
		return err;
	}
	*out = i;
	return 0;
}

struct efsu_inode *efsu_root(struct efsu_fs *fs)
{
	return efsu_iref(fs->root);
}

struct efsu_inode *efsu_iref(struct efsu_inode *i)
{
	struct efsu_fs *fs = efsu_ifs(i);

	pthread_mutex_lock(&fs->ilock);
	i->refs++;
	pthread_mutex_unlock(&fs->ilock);
	return i;
}

void efsu_iput(struct efsu_inode *i)
{
	struct efsu_fs *fs;

	if (!i)
		return;
	fs = efsu_ifs(i);
	pthread_mutex_lock(&fs->ilock);
	efs_assert(i->refs);
	if (--i->refs) {
		pthread_mutex_unlock(&fs->ilock);
		return;
	}
	if (efs_i_nlink(&i->core)) {
		lru_add(fs, i);
		i = fs->unused > EFSU_ICACHE_UNUSED ? fs->lru_first : NULL;
		if (i)
			lru_del(fs, i);
	}
	if (i)
		i->state |= EFSU_I_DYING;
	pthread_mutex_unlock(&fs->ilock);
	if (i)
		inode_drop(fs, i);
}

/* set what every new inode has; the core adds number, flags, generation and birth time */
static void inode_fill(struct efsu_inode *dir, const struct efsu_new *n, u32 nlink,
		       struct efsu_inode *i)
{
	struct efs_attr attr = {
		.mode = n->mode, .uid = n->uid, .gid = n->gid, .nlink = nlink,
	};
	struct efs_attr parent;
	u16 type = n->mode & EFS_S_IFMT;

	efs_i_attr_get(&dir->core, &parent);
	if (parent.mode & EFS_S_ISGID) {
		attr.gid = parent.gid;
		if (type == EFS_S_IFDIR)
			attr.mode |= EFS_S_ISGID;
	}
	efs_i_attr_set(&i->core, &attr);
	efs_i_touch(&i->core, EFS_ATIME | EFS_MTIME | EFS_CTIME);
	if (type == EFS_S_IFBLK || type == EFS_S_IFCHR)
		efs_dev_encode(i->core.block, n->major, n->minor);
}

int efsu_inew(struct efsu_inode *dir, const struct efsu_new *n, u32 nlink,
	      struct efsu_inode **out)
{
	struct efsu_fs *fs = efsu_ifs(dir);
	struct efsu_inode *i = inode_alloc(fs), *old;
	int err;

	if (!i)
		return -ENOMEM;
	inode_fill(dir, n, nlink, i);
	err = efs_inode_new(&dir->core, efs_i_mode(&i->core), &i->core);
	if (err) {
		inode_free(i);
		return err;
	}
	pthread_mutex_lock(&fs->ilock);
	/* its last life may not be over yet */
	while ((old = icache_find(fs, i->core.ino)) && (old->state & EFSU_I_DYING))
		pthread_cond_wait(&fs->icond, &fs->ilock);
	if (!old)
		icache_add(fs, i);
	pthread_mutex_unlock(&fs->ilock);
	if (old) {
		/* the bitmap had an inode in use as free; now it is right */
		err = efs_bad(&fs->sb, EFS_C_BG_INODE_FREE, i->core.ino, 0, 0);
		inode_free(i);
		return err;
	}
	*out = i;
	return 0;
}

void efsu_stat(struct efsu_inode *i, struct efsu_stat *st)
{
	u16 type;

	memset(st, 0, sizeof(*st));
	efs_rd_lock(&i->rwsem);
	st->ino = i->core.ino;
	st->generation = i->core.generation;
	st->flags = i->core.flags;
	st->btime = i->core.btime;
	st->file_acl = i->core.file_acl;
	efs_i_attr_get(&i->core, &st->attr);
	type = st->attr.mode & EFS_S_IFMT;
	if (type == EFS_S_IFBLK || type == EFS_S_IFCHR)
		efs_dev_decode(i->core.block, &st->major, &st->minor);
	efs_rd_unlock(&i->rwsem);
}

/* ---- sync ---- */

/* Take references of all dirty inodes, once none is on its way out of memory. */
static int collect_dirty(struct efsu_fs *fs, struct efsu_inode ***out, u32 *count)
{
	struct efsu_inode **v, *i;
	u32 s, n;

	pthread_mutex_lock(&fs->ilock);
again:
	v = calloc(fs->inodes + 1, sizeof(struct efsu_inode *));
	n = 0;
	for (s = 0; v && s < EFSU_ICACHE_SLOTS; s++) {
		for (i = fs->slots[s]; i; i = i->next) {
			if (i->state & EFSU_I_DYING)
				goto wait;
			if (!(i->state & EFSU_I_LOADING) &&
			    __atomic_load_n(&i->core.port.dirty, __ATOMIC_ACQUIRE))
				v[n++] = i;
		}
	}
	for (s = 0; s < n; s++)
		icache_ref(fs, v[s]);
	pthread_mutex_unlock(&fs->ilock);
	*out = v;
	*count = n;
	return v ? 0 : -ENOMEM;
wait:
	free(v);
	pthread_cond_wait(&fs->icond, &fs->ilock);
	goto again;
}

static int store_inodes(struct efsu_fs *fs)
{
	struct efsu_inode **v;
	u32 n, k;
	int err, first;

	first = collect_dirty(fs, &v, &n);
	if (first)
		return first;
	for (k = 0; k < n; k++) {
		err = inode_store(v[k], false);
		if (!first)
			first = err;
		efsu_iput(v[k]);
	}
	free(v);
	return first;
}

int efsu_sync(struct efsu_fs *fs)
{
	int err, e;

	__atomic_store_n(&fs->forgot_entry, false, __ATOMIC_RELAXED);
	err = store_inodes(fs);
	e = efs_sync_super(&fs->sb, false);
	err = err ? err : e;
	e = efsu_bcache_sync(fs->home.cache);
	err = err ? err : e;
	e = __atomic_exchange_n(&fs->failed, 0, __ATOMIC_RELAXED);
	return err ? err : e;
}

/* the inode and the blocks it owns are on the device */
static int inode_sync(struct efsu_inode *i)
{
	int err = efsu_bcache_write_owned(efsu_ifs(i)->home.cache, i->core.ino);
	int e = inode_store(i, true);

	return err ? err : e;
}

/* the newest entry that names the inode, and those of its ancestors that are new, too */
static int sync_entries(struct efsu_inode *i)
{
	struct efsu_fs *fs = efsu_ifs(i);
	struct efsu_inode *dir;
	int err = 0;
	u32 ino;

	efsu_iref(i);
	while (!err && (ino = __atomic_exchange_n(&i->entry_dir, 0, __ATOMIC_RELAXED))) {
		err = efsu_iget(fs, ino, &dir);
		if (!err)
			err = inode_sync(dir);
		if (err) {
			__atomic_store_n(&i->entry_dir, ino, __ATOMIC_RELAXED);
			break;
		}
		efsu_iput(i);
		i = dir;
	}
	efsu_iput(i);
	return err;
}

int efsu_fsync(struct efsu_inode *i)
{
	struct efsu_fs *fs = efsu_ifs(i);
	int err;

	if (__atomic_load_n(&fs->forgot_entry, __ATOMIC_RELAXED))
		return efsu_sync(fs);
	err = inode_sync(i);
	if (!err)
		err = sync_entries(i);
	return err ? err : efsu_bcache_flush(fs->home.cache);
}

int efsu_op_end(struct efsu_inode *i)
{
	return efs_i_sync(&i->core) ? efsu_fsync(i) : 0;
}

void efsu_note_entry(struct efsu_inode *i, const struct efsu_inode *dir)
{
	__atomic_store_n(&i->entry_dir, dir->core.ino, __ATOMIC_RELAXED);
}

int efsu_name_end(struct efsu_inode *dir, struct efsu_inode *i)
{
	int err = 0;

	if (!efs_i_sync(&dir->core))
		return 0;
	if (i)
		err = inode_sync(i);
	if (!err)
		err = inode_sync(dir);
	return err ? err : efsu_bcache_flush(efsu_ifs(dir)->home.cache);
}

/* ---- mount ---- */

/* name the features that are in the way */
static void log_features(struct efsu_fs *fs, const char *what, char word, u32 bits)
{
	char names[256] = "";
	size_t at = 0;
	u32 bit;

	for (bit = 1; bit; bit <<= 1) {
		const char *name = efs_feature_name(word, bit);

		if (!(bits & bit) || at > sizeof(names) - 40)
			continue;
		at += (size_t)(name ? snprintf(names + at, sizeof(names) - at, " %s", name) :
				      snprintf(names + at, sizeof(names) - at, " 0x%x", bit));
	}
	efs_log(&fs->sb, EFS_LOG_ERR, "%s:%s", what, names);
}

static int parse_super(struct efsu_fs *fs, struct efs_geo *geo, enum efs_code *why)
{
	u64 off = (u64)fs->opts.mount.sb_block * EFS_SUPER_SIZE, size = efs_device_size(fs->home.dev);
	struct efs_dsuper ds;
	int err;

	if (!efs_dev_in_range(off, sizeof(ds), size)) {
		*why = EFS_C_SB_MAGIC;
		return -EINVAL;
	}
	err = efs_device_read(fs->home.dev, off, &ds, sizeof(ds));
	if (err)
		return err;
	*why = efs_super_parse(&ds, size, geo);
	if (*why == EFS_C_SB_INCOMPAT)
		log_features(fs, "incompatible features", 'i',
			     le32_to_cpu(ds.s_feature_incompat) & ~EFS_INCOMPAT_SUPP);
	if (!*why)
		return 0;
	if (!efs_code_readonly(*why))
		return -EINVAL;
	if (fs->opts.mount.rdonly)
		return 0;
	if (*why == EFS_C_SB_RO_COMPAT)
		log_features(fs, "features that allow reading only", 'r',
			     le32_to_cpu(ds.s_feature_ro_compat) & ~EFS_RO_COMPAT_SUPP);
	return -EROFS;
}

static void seed_rand(struct efsu_fs *fs)
{
	u64 seed = fs->opts.seed;
	struct timespec ts;

	if (!seed) {
		clock_gettime(CLOCK_REALTIME, &ts);
		seed = (u64)ts.tv_sec << 32 ^ (u64)ts.tv_nsec ^ (u64)getpid() << 20 ^
		       (uintptr_t)fs;
	}
	efs_ctr_init(&fs->home.rand, (s64)seed);
}

static int make_cache(struct efsu_fs *fs, const struct efs_geo *geo)
{
	size_t bytes = fs->opts.cache_bytes ? fs->opts.cache_bytes : 4u << 20;
	u64 blocks = efs_device_size(fs->home.dev) >> geo->block_bits;
	struct efsu_bcache_conf conf = {
		.dev = fs->home.dev,
		.env = &fs->home.env,
		.block_bits = geo->block_bits,
		.blocks = (u32)min(blocks, (u64)0xffffffffu),
		/* the descriptors stay referenced */
		.bytes = bytes + ((size_t)geo->gdt_blocks << geo->block_bits),
		.io_error = efsu_io_error,
		.ctx = fs,
	};

	return efsu_bcache_new(&conf, &fs->home.cache);
}

static void fs_free(struct efsu_fs *fs)
{
	u32 refs = efsu_bcache_free(fs->home.cache);

	efs_assert(!refs);
	pthread_cond_destroy(&fs->icond);
	pthread_mutex_destroy(&fs->ilock);
	pthread_mutex_destroy(&fs->rename_lock);
	free(fs);
}

int efsu_mount(struct efs_device *dev, const struct efsu_opts *o, struct efsu_fs **out,
	       enum efs_code *why)
{
	struct efsu_fs *fs = calloc(1, sizeof(*fs));
	struct efs_geo geo;
	int err;

	*why = EFS_C_OK;
	if (!fs)
		return -ENOMEM;
	fs->home.dev = dev;
	fs->opts = *o;
	efs_env_fill(&fs->home.env, NULL);
	fs->home.env.log = o->log;
	fs->home.env.ctx = o->ctx;
	if (!fs->opts.mount.sb_block)
		fs->opts.mount.sb_block = EFS_SUPER_OFFSET / EFS_SUPER_SIZE;
	fs->sb.port.home = &fs->home;
	fs->sb.port.sync = o->sync;
	fs->sb.port.dirsync = o->dirsync;
	fs->sb.port.unprivileged = o->unprivileged;
	pthread_mutex_init(&fs->rename_lock, NULL);
	pthread_mutex_init(&fs->ilock, NULL);
	pthread_cond_init(&fs->icond, NULL);
	seed_rand(fs);

	err = parse_super(fs, &geo, why);
	if (!err)
		err = make_cache(fs, &geo);
	if (!err)
		err = efs_mount(&fs->sb, &geo, &fs->opts.mount, why);
	if (err) {
		fs_free(fs);
		return err;
	}
	err = efsu_iget(fs, EFS_ROOT_INO, &fs->root);
	/* nothing may reach the device before the mark that the volume is in use */
	if (!err && !o->mount.rdonly)
		err = efsu_sync(fs);
	if (err) {
		efsu_umount(fs);
		return err;
	}
	*why = EFS_C_OK;
	*out = fs;
	return 0;
}

/* Return: are all inodes unused, but for the mount's own reference to the root? */
static bool is_idle(struct efsu_fs *fs)
{
	bool idle;

	pthread_mutex_lock(&fs->ilock);
	idle = fs->inodes == fs->unused + !!fs->root && (!fs->root || fs->root->refs == 1);
	pthread_mutex_unlock(&fs->ilock);
	return idle;
}

int efsu_umount(struct efsu_fs *fs)
{
	int err, e;

	if (!is_idle(fs))
		return -EBUSY;
	efsu_iput(fs->root);
	fs->root = NULL;
	while (fs->lru_first) {
		struct efsu_inode *i = fs->lru_first;

		lru_del(fs, i);
		i->state |= EFSU_I_DYING;
		inode_drop(fs, i);
	}
	err = efsu_sync(fs);
	if (err) {
		efs_spin_lock(&fs->sb.lock);
		WRITE_ONCE(fs->sb.state, fs->sb.state | EFS_SB_NEVER_VALID);
		efs_spin_unlock(&fs->sb.lock);
	}
	efs_umount(&fs->sb);
	e = efsu_bcache_sync(fs->home.cache);
	fs_free(fs);
	return err ? err : e;
}
