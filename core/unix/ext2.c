// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ext2 behind the general interface: inodes in memory, attributes, unmount.
 *
 * Each inode in use is in memory once, found by number. Unused ones are kept for a while
 * in the order of their last use. An inode is stored when a sync comes (ext2_sync.c), or when
 * it leaves memory; one without a name is deleted when its last user is gone.
 *
 * The order of writes at unmount: everything else, durable, then the mark that says the
 * volume is clean. If anything could not be written, that mark is not set.
 *
 * Locks, outer first; those of the core (engine/efs.h) come between the last two:
 *
 *   sync_lock    one sync at a time
 *   rwsem        of nodes (fs.h)
 *   life_lock    of an inode number, by hash: held while that inode is read, deleted or
 *                dropped, and while it is put where others find it. So who does not find
 *                an inode and has this lock knows that nobody else is at it. One at a time
 *   cache_lock   a spin lock: lists and reference counts; the port's own locks below it
 */
#include "ext2_priv.h"

static void note_error(struct ext2_fs *x, int err)
{
	if (!err)
		return;
	efs_spin_lock(&x->cache_lock);
	if (!x->failed)
		x->failed = err;
	efs_spin_unlock(&x->cache_lock);
}

/* ---- the cache; cache_lock held in what begins with cache_ ---- */

static struct ext2_node **cache_slot(struct ext2_fs *x, u32 ino)
{
	return &x->slots[(ino * 0x9E3779B1u) >> 22 & (EXT2_SLOTS - 1)];
}

static void cache_lru_add(struct ext2_fs *x, struct ext2_node *n)
{
	n->in_lru = true;
	n->lru_next = NULL;
	n->lru_prev = x->lru_last;
	if (x->lru_last)
		x->lru_last->lru_next = n;
	else
		x->lru_first = n;
	x->lru_last = n;
	x->unused++;
}

static void cache_lru_del(struct ext2_fs *x, struct ext2_node *n)
{
	if (!n->in_lru)
		return;
	n->in_lru = false;
	if (n->lru_prev)
		n->lru_prev->lru_next = n->lru_next;
	else
		x->lru_first = n->lru_next;
	if (n->lru_next)
		n->lru_next->lru_prev = n->lru_prev;
	else
		x->lru_last = n->lru_prev;
	x->unused--;
}

void efs_ext2_cache_ref(struct ext2_fs *x, struct ext2_node *n)
{
	cache_lru_del(x, n);
	n->refs++;
}

/* the inode with a new reference, or NULL; to be sure of that, the life_lock it takes */
static struct ext2_node *cache_find(struct ext2_fs *x, u32 ino)
{
	struct ext2_node *n = *cache_slot(x, ino);

	while (n && n->node.ino != ino)
		n = n->next;
	if (!n || n->leaving)
		return NULL;
	efs_ext2_cache_ref(x, n);
	return n;
}

static void cache_add(struct ext2_fs *x, struct ext2_node *n)
{
	struct ext2_node **slot = cache_slot(x, (u32)n->node.ino);

	n->next = *slot;
	*slot = n;
	x->count++;
}

static void cache_del(struct ext2_fs *x, struct ext2_node *n)
{
	struct ext2_node **p = cache_slot(x, (u32)n->node.ino);

	while (*p != n)
		p = &(*p)->next;
	*p = n->next;
	x->count--;
}

/* ---- inodes come and go ---- */

static struct ext2_node *node_alloc(struct ext2_fs *x)
{
	struct ext2_node *n = efs_alloc(x->sb, sizeof(*n));

	if (!n)
		return NULL;
	n->ei = x->home->inode_new(x->sb);
	if (!n->ei) {
		efs_free(n);
		return NULL;
	}
	efs_inode_init(x->sb, n->ei);
	n->refs = 1;
	return n;
}

static void node_free(struct ext2_fs *x, struct ext2_node *n)
{
	x->home->inode_free(n->ei);
	efs_free(n);
}

/* read an inode that is not in memory; life_lock held */
static int node_load(struct ext2_fs *x, u32 ino, struct ext2_node **out)
{
	struct ext2_node *n = node_alloc(x);
	int err;

	if (!n)
		return -ENOMEM;
	err = efs_inode_load(x->sb, ino, false, n->ei);
	if (err) {
		node_free(x, n);
		return err;
	}
	efs_node_init(&n->node, &x->fs, ino, efs_i_mode(n->ei) & EFS_S_IFMT);
	efs_spin_lock(&x->cache_lock);
	cache_add(x, n);
	efs_spin_unlock(&x->cache_lock);
	*out = n;
	return 0;
}

int efs_ext2_iget(struct efs_fs *fs, u32 ino, struct efs_node **out)
{
	struct ext2_fs *x = ext2_fs(fs);
	struct ext2_node *n;
	int err = 0;

	efs_spin_lock(&x->cache_lock);
	n = cache_find(x, ino);
	efs_spin_unlock(&x->cache_lock);
	if (!n) {
		efs_wr_lock(ext2_life(x, ino));
		efs_spin_lock(&x->cache_lock);
		n = cache_find(x, ino);
		efs_spin_unlock(&x->cache_lock);
		if (!n)
			err = node_load(x, ino, &n);
		efs_wr_unlock(ext2_life(x, ino));
	}
	if (!err)
		*out = &n->node;
	return err;
}

/* Nobody finds or uses it any more. */
static void node_evict(struct ext2_fs *x, struct ext2_node *n)
{
	int err = efs_evict(n->ei);

	if (err)
		efs_log(x->sb, EFS_LOG_ERR, "cannot delete inode %u: error %d", n->ei->ino, -err);
	note_error(x, err);
}

/*
 * The caller's reference is given back. If it was the last one, the inode is kept if it
 * has links, and else deleted.
 */
void efs_ext2_unref(struct ext2_fs *x, struct ext2_node *n)
{
	efs_rwsem_t *life = ext2_life(x, n->ei->ino);
	bool last;

	efs_spin_lock(&x->cache_lock);
	efs_assert(n->refs);
	/* who changes links holds a reference */
	if (n->refs > 1 || efs_i_nlink(n->ei)) {
		if (!--n->refs)
			cache_lru_add(x, n);
		efs_spin_unlock(&x->cache_lock);
		return;
	}
	efs_spin_unlock(&x->cache_lock);

	efs_wr_lock(life);
	efs_spin_lock(&x->cache_lock);
	last = !--n->refs;
	if (last)
		cache_del(x, n);
	efs_spin_unlock(&x->cache_lock);
	if (last)
		node_evict(x, n);
	efs_wr_unlock(life);
	if (last)
		node_free(x, n);
}

/*
 * Forget an inode of which the caller has the only reference. Return: false, and nothing
 * happened, if somebody came in between, it is to be deleted, or cannot be stored. @all:
 * the latter does not count.
 */
static bool node_forget(struct ext2_fs *x, struct ext2_node *n, bool all)
{
	efs_rwsem_t *life = ext2_life(x, n->ei->ino);
	bool gone;
	int err;

	efs_wr_lock(life);
	efs_spin_lock(&x->cache_lock);
	gone = n->refs == 1 && efs_i_nlink(n->ei);
	n->leaving = gone;
	efs_spin_unlock(&x->cache_lock);
	if (!gone) {
		efs_wr_unlock(life);
		return false;
	}
	err = efs_ext2_store(n, false);
	if (err)
		efs_log(x->sb, EFS_LOG_ERR, "cannot store inode %u: error %d", n->ei->ino, -err);
	note_error(x, err);
	gone = !err || all;
	efs_spin_lock(&x->cache_lock);
	n->leaving = false;
	if (gone) {
		cache_del(x, n);
		if (n->entry_dir)
			x->forgot_seq = max(x->forgot_seq, n->entry_seq);
	}
	efs_spin_unlock(&x->cache_lock);
	if (gone)
		efs_inode_release(n->ei);
	efs_wr_unlock(life);
	if (gone)
		node_free(x, n);
	return gone;
}

/* the inode that nobody used for longest, if there are more than @max; with a reference */
static struct ext2_node *lru_take(struct ext2_fs *x, u32 max)
{
	struct ext2_node *n;

	efs_spin_lock(&x->cache_lock);
	n = x->unused > max ? x->lru_first : NULL;
	if (n)
		efs_ext2_cache_ref(x, n);
	efs_spin_unlock(&x->cache_lock);
	return n;
}

static void ext2_get(struct efs_node *node)
{
	struct ext2_fs *x = ext2_fs(node->fs);

	efs_spin_lock(&x->cache_lock);
	efs_ext2_cache_ref(x, ext2_node(node));
	efs_spin_unlock(&x->cache_lock);
}

static void ext2_put(struct efs_node *node)
{
	struct ext2_fs *x = ext2_fs(node->fs);
	struct ext2_node *n;

	efs_ext2_unref(x, ext2_node(node));
	n = lru_take(x, x->unused_max);
	if (n && !node_forget(x, n, false))
		efs_ext2_unref(x, n);
}

static int ext2_root(struct efs_fs *fs, bool two, struct efs_node **out)
{
	(void)two;
	*out = efs_node_get(&ext2_fs(fs)->root->node);
	return 0;
}

int efs_ext2_inew(struct efs_node *dir, const struct efs_new *new, u32 nlink, struct efs_node **out)
{
	struct ext2_fs *x = ext2_fs(dir->fs);
	struct efs_attr attr = {
		.mode = new->mode, .uid = new->uid, .gid = new->gid, .nlink = nlink,
	};
	struct ext2_node *n = node_alloc(x), *old;
	u16 type = new->mode & EFS_S_IFMT;
	int err;

	if (!n)
		return -ENOMEM;
	efs_i_attr_set(n->ei, &attr);
	efs_i_touch(n->ei, EFS_ATIME | EFS_MTIME | EFS_CTIME);
	if (type == EFS_S_IFBLK || type == EFS_S_IFCHR)
		efs_dev_encode(n->ei->block, new->major, new->minor);
	err = efs_inode_new(ext2_ei(dir), new->mode, n->ei);
	if (err) {
		node_free(x, n);
		return err;
	}
	efs_node_init(&n->node, &x->fs, n->ei->ino, type);
	/* its last life may not be over yet */
	efs_wr_lock(ext2_life(x, n->ei->ino));
	efs_spin_lock(&x->cache_lock);
	old = cache_find(x, n->ei->ino);
	if (!old)
		cache_add(x, n);
	efs_spin_unlock(&x->cache_lock);
	efs_wr_unlock(ext2_life(x, n->ei->ino));
	if (old) {
		/* the bitmap had an inode in use as free; now it is right */
		err = efs_bad(x->sb, EFS_C_BG_INODE_USED, n->ei->ino, 0, 0);
		node_free(x, n);
		efs_ext2_unref(x, old);
		return err;
	}
	*out = &n->node;
	return 0;
}

/* ---- attributes ---- */

static void ext2_stat(struct efs_node *node, struct efs_stat *st)
{
	struct efs_inode *ei = ext2_ei(node);
	struct efs_attr attr;

	efs_i_attr_get(ei, &attr);
	st->gen = ei->generation;
	st->mode = attr.mode;
	st->nlink = attr.nlink;
	st->uid = attr.uid;
	st->gid = attr.gid;
	st->size = attr.size;
	st->blocks = attr.sectors;
	st->blksize = ei->sb->geo.block_size;
	st->atime = attr.atime;
	st->mtime = attr.mtime;
	st->ctime = attr.ctime;
	st->btime = ei->btime;
	if (ei->flags & EFS_FL_IMMUTABLE)
		st->flags |= EFS_STAT_IMMUTABLE;
	if (ei->flags & EFS_FL_APPEND)
		st->flags |= EFS_STAT_APPEND;
	if (READ_ONCE(ei->extra_isize) && (ei->btime.sec || ei->btime.nsec))
		st->flags |= EFS_STAT_BTIME;
	if (node->type == EFS_S_IFBLK || node->type == EFS_S_IFCHR)
		efs_dev_decode(ei->block, &st->major, &st->minor);
}

/* what the volume cannot hold becomes the next it can, as in Linux */
static struct efs_time storable(const struct efs_geo *geo, struct efs_time t)
{
	s64 top = efs_time_max(geo);

	if (t.sec >= EFS_TIME_MIN && t.sec <= top)
		return t;
	return (struct efs_time){ .sec = t.sec < 0 ? EFS_TIME_MIN : top };
}

static int ext2_setattr(struct efs_node *node, const struct efs_setattr *set)
{
	struct efs_inode *ei = ext2_ei(node);
	struct efs_attr attr;
	struct efs_time was;

	efs_i_attr_get(ei, &attr);
	was = attr.ctime;
	efs_i_touch(ei, EFS_CTIME);
	efs_i_attr_get(ei, &attr);
	if (set->mask & EFS_SET_MODE)
		attr.mode = node->type | set->mode;
	if (set->mask & EFS_SET_UID)
		attr.uid = set->uid;
	if (set->mask & EFS_SET_GID)
		attr.gid = set->gid;
	if (set->mask & EFS_SET_ATIME)
		attr.atime = set->mask & EFS_SET_NOW ? attr.ctime :
						       storable(&ei->sb->geo, set->atime);
	if (set->mask & EFS_SET_MTIME)
		attr.mtime = set->mask & EFS_SET_NOW ? attr.ctime :
						       storable(&ei->sb->geo, set->mtime);
	if (set->mask & EFS_SET_QUIET)
		attr.ctime = was;
	if (set->mask & EFS_SET_FLAGS) {
		ei->flags &= ~(EFS_FL_IMMUTABLE | EFS_FL_APPEND);
		if (set->flags & EFS_STAT_IMMUTABLE)
			ei->flags |= EFS_FL_IMMUTABLE;
		if (set->flags & EFS_STAT_APPEND)
			ei->flags |= EFS_FL_APPEND;
	}
	efs_i_attr_set(ei, &attr);
	efs_i_mark_dirty(ei);
	return 0;
}

static int ext2_readlink(struct efs_node *node, char *buf, size_t size)
{
	return efs_symlink_read(ext2_ei(node), buf, (u32)min_t(u64, size, 0xffffffff));
}

static int ext2_statfs(struct efs_fs *fs, struct efs_fs_stat *st)
{
	struct efs_statfs s;

	efs_statfs(ext2_fs(fs)->sb, &s);
	st->bsize = ext2_fs(fs)->sb->geo.block_size;
	st->name_max = EFS_NAME_MAX;
	st->blocks = s.blocks;
	st->bfree = s.bfree;
	st->bavail = s.bavail;
	st->files = s.files;
	st->ffree = s.ffree;
	return 0;
}

static int ext2_writable(struct efs_fs *fs)
{
	return efs_writable(ext2_fs(fs)->sb);
}

/* directories go round in a circle, which says that a `..` is wrong */
static int ext2_loop(struct efs_node *dir)
{
	return efs_bad(ext2_ei(dir)->sb, EFS_C_DIR_DOTDOT, (u32)dir->ino, 0, 0);
}

/* ---- mount and unmount ---- */

/* @hold: the file system's own reference to the root is there */
static bool is_idle(struct ext2_fs *x, u32 hold)
{
	bool idle;

	efs_spin_lock(&x->cache_lock);
	idle = x->count == x->unused + hold && (!hold || x->root->refs == 1);
	efs_spin_unlock(&x->cache_lock);
	return idle;
}

static void forget_all(struct ext2_fs *x)
{
	struct ext2_node *n;

	while ((n = lru_take(x, 0)))
		node_forget(x, n, true);
}

static int ext2_unmount(struct efs_fs *fs)
{
	struct ext2_fs *x = ext2_fs(fs);
	struct efs_sb *sb = x->sb;
	int err, e;

	if (!is_idle(x, 1))
		return -EBUSY;
	efs_ext2_unref(x, x->root);
	forget_all(x);
	err = efs_ext2_sync(fs);
	if (err) {
		efs_spin_lock(&sb->lock);
		WRITE_ONCE(sb->state, sb->state | EFS_SB_NEVER_VALID);
		efs_spin_unlock(&sb->lock);
	}
	efs_umount(sb);
	e = x->home->flush(sb);
	efs_free(x);
	return err ? err : e;
}

static const struct efs_read_ops ext2_read_ops = {
	.root = ext2_root,
	.get = ext2_get,
	.put = ext2_put,
	.lookup = efs_ext2_lookup,
	.readdir = efs_ext2_readdir,
	.read = efs_ext2_read,
	.readlink = ext2_readlink,
	.stat = ext2_stat,
	.seek = efs_ext2_seek,
	.getxattr = efs_ext2_getxattr,
	.listxattr = efs_ext2_listxattr,
	.statfs = ext2_statfs,
	.loop = ext2_loop,
	.unmount = ext2_unmount,
};

static const struct efs_write_ops ext2_write_ops = {
	.writable = ext2_writable,
	.create = efs_ext2_create,
	.tmpfile = efs_ext2_tmpfile,
	.link = efs_ext2_link,
	.unlink = efs_ext2_unlink,
	.rmdir = efs_ext2_rmdir,
	.rename = efs_ext2_rename,
	.write = efs_ext2_write,
	.write_sync = efs_ext2_write_sync,
	.truncate = efs_ext2_truncate,
	.punch = efs_ext2_punch,
	.reserve = efs_ext2_reserve,
	.setattr = ext2_setattr,
	.setxattr = efs_ext2_setxattr,
	.done = efs_ext2_done,
	.sync = efs_ext2_sync,
	.fsync = efs_ext2_fsync,
};

int efs_ext2_new(struct efs_sb *sb, const struct efs_ext2_home *home,
		 const struct efs_ext2_opts *o, struct efs_fs **out)
{
	struct ext2_fs *x = efs_alloc(sb, sizeof(*x));
	struct efs_node *root;
	u32 k;
	int err;

	if (!x)
		return -ENOMEM;
	efs_fs_init(&x->fs, &ext2_read_ops, &ext2_write_ops, o ? o->dev : 0);
	x->fs.mem = sb;
	x->sb = sb;
	x->home = home;
	x->unused_max = o && o->unused_max ? o->unused_max : EXT2_UNUSED_MAX;
	efs_rwsem_init(&x->sync_lock);
	efs_spin_init(&x->cache_lock);
	for (k = 0; k < EXT2_LIVES; k++)
		efs_rwsem_init(&x->lives[k].life_lock);
	err = efs_ext2_iget(&x->fs, EFS_ROOT_INO, &root);
	if (!err && !efs_node_is_dir(root)) {
		err = efs_bad(sb, EFS_C_INO_ROOT, EFS_ROOT_INO, 0, 0);
		efs_node_put(root);
	}
	if (err) {
		forget_all(x);
		efs_free(x);
		return err;
	}
	x->root = ext2_node(root);
	*out = &x->fs;
	return 0;
}

struct efs_sb *efs_ext2_sb(struct efs_fs *fs)
{
	return ext2_fs(fs)->sb;
}

struct efs_inode *efs_ext2_inode(struct efs_node *node)
{
	return ext2_ei(node);
}
