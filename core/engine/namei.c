// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Operations on names, each in its canonical order of metadata writes.
 *
 *   create, symlink   inode bit -> inode slot (and block of a slow link) -> entry
 *   mkdir             inode bit -> `.`/`..` block, inode slot, links of parent + 1 -> entry
 *   link              links + 1 -> entry
 *   unlink, rmdir     entry -> links - 1
 *   rename            links + 1 -> new entry -> `..` -> old entry -> links - 1
 *   overwrite         the new entry is one store into the existing one
 *   exchange          links of both + 1 -> one entry -> the other -> `..` -> links - 1
 *
 * So no entry ever names a free inode and no link count on disk is ever too low; a cut
 * leaves one too high, or an unattached inode, which e2fsck mends. During an exchange one
 * of the two inodes has no name for the moment between the two stores: no order of two
 * blocks avoids that.
 *
 * Where each arrow is: efs_inode_new() orders the inode bitmap; inode_first() orders a
 * slot of the inode table; each function of dir.c orders the block it changed before it
 * returns. All of them act on behalf of the directory being changed, so in a rename
 * between a synchronous directory and another each side keeps its own promise only. What
 * comes last (lower link counts, times) is left dirty: a synchronous home ends the
 * operation by syncing the directories.
 *
 * Failures without a cut are undone in reverse: nothing is left to mend unless undoing
 * fails as well, and then a count is too high.
 *
 * Link counts of directories being moved are left alone: no count would make two names
 * of a directory right, and its lock need not be held.
 *
 * Locks: lock 2 of every directory whose entries change, exclusive; the moved directory
 * is one of them if its `..` changes.
 */
#include "efs.h"

static int namei_begin(const struct efs_inode *dir, u32 len)
{
	int err = efs_writable(dir->sb);

	if (!err)
		err = efs_name_check(len);
	/* a removed directory takes no names */
	if (!err && !efs_i_nlink(dir))
		err = -ENOENT;
	return err;
}

/* what @ei says must be on disk before the names in @dir change */
static int inode_first(struct efs_inode *ei, struct efs_inode *dir)
{
	if (efs_i_sync(dir))
		return efs_inode_store(ei, dir, false);
	efs_i_mark_dirty(ei);
	return 0;
}

static int links_raise(struct efs_inode *ei, struct efs_inode *dir)
{
	u32 n = efs_i_nlink(ei);
	int err;

	efs_i_nlink_set(ei, n + 1);
	efs_i_touch(ei, EFS_CTIME);
	err = inode_first(ei, dir);
	if (err) {
		/* its slot may hold the higher count already */
		efs_i_nlink_set(ei, n);
		efs_i_mark_dirty(ei);
	}
	return err;
}

/* one link less, but never less than @least */
static void links_drop(struct efs_inode *ei, u32 least)
{
	u32 n = efs_i_nlink(ei);

	if (n > least)
		efs_i_nlink_set(ei, n - 1);
	else
		efs_bad(ei->sb, EFS_C_INO_LINKS, ei->ino, 0, n);
	efs_i_touch(ei, EFS_CTIME);
	efs_i_mark_dirty(ei);
}

/* a directory keeps the links of its own `.` and its name */
#define LEAST_DIR	2

/* an empty directory lost its name */
static void links_drop_dir(struct efs_inode *ei)
{
	if (efs_i_nlink(ei) < LEAST_DIR)
		efs_bad(ei->sb, EFS_C_INO_LINKS, ei->ino, 0, efs_i_nlink(ei));
	efs_i_nlink_set(ei, 0);
	efs_i_touch(ei, EFS_CTIME);
	efs_i_mark_dirty(ei);
}

/* the caller found the name under the same lock: that it is not there is no common error */
static int entry_gone(struct efs_inode *dir, int err)
{
	if (err == -ENOENT)
		return efs_bad(dir->sb, EFS_C_DIRENT_GONE, dir->ino, 0, 0);
	return err;
}

int efs_namei_create(struct efs_inode *dir, const char *name, u32 len, struct efs_inode *child)
{
	int err = namei_begin(dir, len);

	if (!err)
		err = inode_first(child, dir);
	if (!err)
		err = efs_dir_insert(dir, name, len, child->ino, efs_i_mode(child));
	return err;
}

int efs_namei_mkdir(struct efs_inode *dir, const char *name, u32 len, struct efs_inode *child)
{
	int err = namei_begin(dir, len);

	if (err)
		return err;
	if (efs_i_nlink(dir) >= EFS_LINK_MAX)
		return -EMLINK;
	efs_i_nlink_set(child, 2);
	err = efs_dir_make(child, dir->ino);
	if (!err)
		err = inode_first(child, dir);
	if (!err)
		err = links_raise(dir, dir);
	if (err)
		return err;
	err = efs_dir_insert(dir, name, len, child->ino, efs_i_mode(child));
	if (err)
		links_drop(dir, LEAST_DIR);
	return err;
}

int efs_namei_symlink(struct efs_inode *dir, const char *name, u32 len, struct efs_inode *child,
		      const char *target, u32 tlen)
{
	int err = namei_begin(dir, len);

	if (!err)
		err = efs_symlink_write(child, dir, target, tlen);
	if (!err)
		err = efs_namei_create(dir, name, len, child);
	return err;
}

int efs_namei_link(struct efs_inode *dir, const char *name, u32 len, struct efs_inode *child)
{
	int err = namei_begin(dir, len);

	if (err)
		return err;
	if (efs_is_dir(child))
		return -EPERM;
	if (efs_i_nlink(child) >= EFS_LINK_MAX)
		return -EMLINK;
	err = links_raise(child, dir);
	if (err)
		return err;
	err = efs_dir_insert(dir, name, len, child->ino, efs_i_mode(child));
	if (err)
		links_drop(child, 0);
	return err;
}

int efs_namei_unlink(struct efs_inode *dir, const char *name, u32 len, struct efs_inode *child)
{
	int err = namei_begin(dir, len);

	efs_assert(!efs_is_dir(child));
	if (!err)
		err = entry_gone(dir, efs_dir_delete(dir, name, len, child->ino));
	if (!err)
		links_drop(child, 0);
	return err;
}

static int dir_must_be_empty(struct efs_inode *dir)
{
	int ret = efs_dir_empty(dir);

	if (ret < 0)
		return ret;
	return ret ? 0 : -ENOTEMPTY;
}

int efs_namei_rmdir(struct efs_inode *dir, const char *name, u32 len, struct efs_inode *child)
{
	int err = namei_begin(dir, len);

	if (!err)
		err = dir_must_be_empty(child);
	if (!err)
		err = entry_gone(dir, efs_dir_delete(dir, name, len, child->ino));
	if (err)
		return err;
	links_drop_dir(child);
	links_drop(dir, LEAST_DIR);
	return 0;
}

/* on whose behalf inodes are ordered: of the synchronous directory, if one is */
static struct efs_inode *rename_for(const struct efs_rename *r)
{
	return efs_i_sync(r->ndir) ? r->ndir : r->odir;
}

/* the inode lost the link that kept it safe while its name changed */
static void rename_settle(struct efs_inode *ei)
{
	if (!efs_is_dir(ei)) {
		links_drop(ei, 0);
	} else {
		efs_i_touch(ei, EFS_CTIME);
		efs_i_mark_dirty(ei);
	}
}

static int rename_put(const struct efs_rename *r)
{
	if (!r->new)
		return efs_dir_insert(r->ndir, r->nname, r->nlen, r->old->ino,
				      efs_i_mode(r->old));
	return entry_gone(r->ndir, efs_dir_replace(r->ndir, r->nname, r->nlen, r->new->ino,
						   r->old->ino, efs_i_mode(r->old)));
}

static int rename_unput(const struct efs_rename *r)
{
	if (!r->new)
		return efs_dir_delete(r->ndir, r->nname, r->nlen, r->old->ino);
	return efs_dir_replace(r->ndir, r->nname, r->nlen, r->old->ino, r->new->ino,
			       efs_i_mode(r->new));
}

static int rename_move(const struct efs_rename *r)
{
	struct efs_inode *by = rename_for(r);
	bool is_dir = efs_is_dir(r->old);
	bool moved = is_dir && r->odir != r->ndir;
	/* where a directory replaces one, the parent's count stays */
	bool gains = moved && !r->new;
	int err = 0;

	if (r->new && is_dir)
		err = dir_must_be_empty(r->new);
	if (!err && gains && efs_i_nlink(r->ndir) >= EFS_LINK_MAX)
		err = -EMLINK;
	if (!err && !is_dir)
		err = links_raise(r->old, by);
	if (err)
		return err;
	if (gains)
		err = links_raise(r->ndir, by);
	if (err)
		goto undo_old;
	err = rename_put(r);
	if (err)
		goto undo_ndir;
	if (moved)
		err = efs_dir_set_dotdot(r->old, r->ndir->ino);
	if (err)
		goto undo_entry;
	/* by name: the insertion may have moved it */
	err = entry_gone(r->odir, efs_dir_delete(r->odir, r->oname, r->olen, r->old->ino));
	if (err)
		goto undo_dotdot;

	rename_settle(r->old);
	if (is_dir && (moved || r->new))
		links_drop(r->odir, LEAST_DIR);
	if (r->new && is_dir)
		links_drop_dir(r->new);
	else if (r->new)
		links_drop(r->new, 0);
	return 0;

undo_dotdot:
	if (moved)
		efs_dir_set_dotdot(r->old, r->odir->ino);
undo_entry:
	/* with both names there the counts are right as they are */
	if (rename_unput(r))
		return err;
undo_ndir:
	if (gains)
		links_drop(r->ndir, LEAST_DIR);
undo_old:
	rename_settle(r->old);
	return err;
}

/* let @name in @dir, which names @from, name @to */
static int exchange_entry(struct efs_inode *dir, const char *name, u32 len,
			  struct efs_inode *from, struct efs_inode *to)
{
	return entry_gone(dir, efs_dir_replace(dir, name, len, from->ino, to->ino,
					       efs_i_mode(to)));
}

static int rename_exchange(const struct efs_rename *r)
{
	struct efs_inode *by = rename_for(r);
	bool cross = r->odir != r->ndir;
	bool old_dir = efs_is_dir(r->old), new_dir = efs_is_dir(r->new);
	struct efs_inode *gains = NULL, *loses = NULL;
	int err = 0;

	if (cross && old_dir != new_dir) {
		gains = old_dir ? r->ndir : r->odir;
		loses = old_dir ? r->odir : r->ndir;
		if (efs_i_nlink(gains) >= EFS_LINK_MAX)
			return -EMLINK;
	}
	if (!old_dir)
		err = links_raise(r->old, by);
	if (err)
		return err;
	if (!new_dir)
		err = links_raise(r->new, by);
	if (err)
		goto undo_old;
	if (gains)
		err = links_raise(gains, by);
	if (err)
		goto undo_new;
	err = exchange_entry(r->odir, r->oname, r->olen, r->old, r->new);
	if (err)
		goto undo_gains;
	err = exchange_entry(r->ndir, r->nname, r->nlen, r->new, r->old);
	if (err)
		goto undo_oname;
	if (cross && old_dir)
		err = efs_dir_set_dotdot(r->old, r->ndir->ino);
	if (err)
		goto undo_nname;
	if (cross && new_dir)
		err = efs_dir_set_dotdot(r->new, r->odir->ino);
	if (err)
		goto undo_dotdot;

	rename_settle(r->old);
	rename_settle(r->new);
	if (loses)
		links_drop(loses, LEAST_DIR);
	return 0;

undo_dotdot:
	if (old_dir)
		efs_dir_set_dotdot(r->old, r->odir->ino);
undo_nname:
	if (exchange_entry(r->ndir, r->nname, r->nlen, r->old, r->new))
		return err;
undo_oname:
	if (exchange_entry(r->odir, r->oname, r->olen, r->new, r->old))
		return err;
undo_gains:
	if (gains)
		links_drop(gains, LEAST_DIR);
undo_new:
	rename_settle(r->new);
undo_old:
	rename_settle(r->old);
	return err;
}

int efs_namei_rename(const struct efs_rename *r)
{
	int err;

	if (r->flags & ~(EFS_RENAME_NOREPLACE | EFS_RENAME_EXCHANGE) ||
	    r->flags == (EFS_RENAME_NOREPLACE | EFS_RENAME_EXCHANGE))
		return -EINVAL;
	err = namei_begin(r->odir, r->olen);
	if (!err)
		err = namei_begin(r->ndir, r->nlen);
	if (err)
		return err;
	if (r->new && r->flags & EFS_RENAME_NOREPLACE)
		return -EEXIST;
	if (!r->new && r->flags & EFS_RENAME_EXCHANGE)
		return -ENOENT;
	/* two names of one inode: POSIX lets both be */
	if (r->new && r->new->ino == r->old->ino)
		return 0;
	return r->flags & EFS_RENAME_EXCHANGE ? rename_exchange(r) : rename_move(r);
}
