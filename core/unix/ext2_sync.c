// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ext2 behind the general interface: what makes changes durable.
 *
 * A sync stores every dirty inode and writes every dirty buffer. An fsync writes one file:
 * its contents are on the device already, the blocks of its map belong to it by the
 * port's word for owners, its inode is stored and written, and so is the directory that has its
 * newest entry; then that directory's own entry, and so on upwards, as far as entries are not
 * known to be durable; at last the device is flushed. Bitmaps and counts are not written:
 * after a crash e2fsck -p mends them. If a new entry was taken away again, or its inode left
 * memory, nobody knows any more which directories have new ones: then an fsync is a sync.
 *
 * In synchronous directories a change of names writes the file in the method itself, the
 * directory in done, before anything the name was the last of is freed.
 *
 * Locks: sync_lock over a sync; rwsem, shared, of one node at a time; cache_lock.
 */
#include "ext2_priv.h"

int efs_ext2_store(struct ext2_node *n, bool wait)
{
	const struct efs_ext2_home *home = ext2_fs(n->node.fs)->home;
	int err;

	/* before others can find it clean */
	if (!wait && home->inode_dirty(n->ei, false))
		WRITE_ONCE(n->unsynced, true);
	if (!home->inode_dirty(n->ei, true) && !(wait && READ_ONCE(n->unsynced)))
		return 0;
	if (wait)
		WRITE_ONCE(n->unsynced, false);
	err = efs_inode_store(n->ei, NULL, wait);
	if (err)
		efs_i_mark_dirty(n->ei);
	return err;
}

/* ---- all of it ---- */

/*
 * A dirty inode in @slot that this sync has not seen yet, with a reference. One that is
 * being stored on its way out of memory has to be waited for.
 */
static struct ext2_node *next_dirty(struct ext2_fs *x, u32 slot)
{
	struct ext2_node *n;
	u32 ino;

	for (;;) {
		efs_spin_lock(&x->cache_lock);
		for (n = x->slots[slot]; n; n = n->next)
			if (n->leaving ||
			    (n->seen != x->sync_seq && x->home->inode_dirty(n->ei, false)))
				break;
		if (!n || !n->leaving)
			break;
		ino = n->ei->ino;
		efs_spin_unlock(&x->cache_lock);
		efs_wr_lock(ext2_life(x, ino));
		efs_wr_unlock(ext2_life(x, ino));
	}
	if (n) {
		n->seen = x->sync_seq;
		efs_ext2_cache_ref(x, n);
	}
	efs_spin_unlock(&x->cache_lock);
	return n;
}

/* sync_lock held */
static int store_nodes(struct ext2_fs *x)
{
	struct ext2_node *n;
	int err, first = 0;
	u32 slot;

	x->sync_seq++;
	for (slot = 0; slot < EXT2_SLOTS; slot++) {
		while ((n = next_dirty(x, slot))) {
			efs_rd_lock(&n->node.rwsem);
			err = efs_ext2_store(n, false);
			efs_rd_unlock(&n->node.rwsem);
			if (!first)
				first = err;
			efs_ext2_unref(x, n);
		}
	}
	return first;
}

int efs_ext2_sync(struct efs_fs *fs)
{
	struct ext2_fs *x = ext2_fs(fs);
	u64 entries;
	int err, e;

	efs_wr_lock(&x->sync_lock);
	efs_spin_lock(&x->cache_lock);
	entries = x->entry_seq;
	efs_spin_unlock(&x->cache_lock);
	err = store_nodes(x);
	e = efs_sync_super(x->sb, false);
	err = err ? err : e;
	e = x->home->flush(x->sb);
	err = err ? err : e;
	efs_spin_lock(&x->cache_lock);
	if (!err)
		x->entry_synced = entries;
	e = x->failed;
	x->failed = 0;
	efs_spin_unlock(&x->cache_lock);
	efs_wr_unlock(&x->sync_lock);
	return err ? err : e;
}

/* ---- one file ---- */

/* blocks of the map, attributes, and then the inode, are on the device; rwsem held */
static int write_node(struct ext2_node *n)
{
	int err = ext2_fs(n->node.fs)->home->write_owned(n->ei);
	int e = efs_ea_sync(n->ei);

	err = err ? err : e;
	e = efs_ext2_store(n, true);
	return err ? err : e;
}

static int write_node_locked(struct efs_node *node)
{
	int err;

	efs_rd_lock(&node->rwsem);
	err = write_node(ext2_node(node));
	efs_rd_unlock(&node->rwsem);
	return err;
}

void efs_ext2_named(struct efs_node *node, const struct efs_node *dir)
{
	struct ext2_fs *x = ext2_fs(node->fs);
	struct ext2_node *n = ext2_node(node);

	efs_spin_lock(&x->cache_lock);
	n->entry_dir = (u32)dir->ino;
	n->entry_seq = ++x->entry_seq;
	efs_spin_unlock(&x->cache_lock);
}

void efs_ext2_unnamed(struct efs_node *node, const struct efs_node *dir)
{
	struct ext2_fs *x = ext2_fs(node->fs);
	struct ext2_node *n = ext2_node(node);

	efs_spin_lock(&x->cache_lock);
	if (n->entry_dir == dir->ino) {
		n->entry_dir = 0;
		/* the names it has left may be new, too */
		if (efs_i_nlink(n->ei))
			x->forgot_seq = max(x->forgot_seq, n->entry_seq);
	}
	efs_spin_unlock(&x->cache_lock);
}

/* which directory has the newest entry, if that is not known to be durable; else 0 */
static u32 entry_of(struct ext2_fs *x, const struct ext2_node *n, u64 *seq)
{
	u32 ino;

	efs_spin_lock(&x->cache_lock);
	ino = n->entry_seq > x->entry_synced ? n->entry_dir : 0;
	*seq = n->entry_seq;
	efs_spin_unlock(&x->cache_lock);
	return ino;
}

/* unless there was another in between */
static void entry_written(struct ext2_fs *x, struct ext2_node *n, u64 seq)
{
	efs_spin_lock(&x->cache_lock);
	if (n->entry_seq == seq)
		n->entry_dir = 0;
	efs_spin_unlock(&x->cache_lock);
}

/* the newest entry that names @node, and those of its ancestors that are new, too */
static int write_entries(struct ext2_fs *x, struct efs_node *node)
{
	struct efs_node *dir;
	u64 seq;
	u32 ino;
	int err = 0;

	efs_node_get(node);
	while (!err && (ino = entry_of(x, ext2_node(node), &seq))) {
		err = efs_ext2_iget(&x->fs, ino, &dir);
		if (err)
			break;
		err = write_node_locked(dir);
		if (!err)
			entry_written(x, ext2_node(node), seq);
		efs_node_put(node);
		node = dir;
	}
	efs_node_put(node);
	return err;
}

static bool forgot_some(struct ext2_fs *x)
{
	bool some;

	efs_spin_lock(&x->cache_lock);
	some = x->forgot_seq > x->entry_synced;
	efs_spin_unlock(&x->cache_lock);
	return some;
}

int efs_ext2_fsync(struct efs_node *node)
{
	struct ext2_fs *x = ext2_fs(node->fs);
	int err;

	if (forgot_some(x))
		return efs_ext2_sync(node->fs);
	err = write_node_locked(node);
	if (!err)
		err = write_entries(x, node);
	return err ? err : x->home->settle(x->sb);
}

int efs_ext2_child(struct efs_node *dir, struct efs_node *node)
{
	return efs_i_sync(ext2_ei(dir)) ? write_node(ext2_node(node)) : 0;
}

int efs_ext2_done(struct efs_node *node)
{
	struct ext2_fs *x = ext2_fs(node->fs);
	int err;

	if (!efs_i_sync(ext2_ei(node)))
		return 0;
	if (!efs_node_is_dir(node))
		return efs_ext2_fsync(node);
	err = write_node_locked(node);
	return err ? err : x->home->settle(x->sb);
}
