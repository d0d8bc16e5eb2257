// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What a VFS does above a file system, as far as names are concerned: checks, locks, and
 * the search for the nodes that the methods then work on. See fs.h.
 *
 * The order of checks is that of Linux's namei.c, as far as it shows in an error.
 *
 * A hostile volume may have a directory below itself. Nobody takes rwsem of one node
 * twice: what a name leads to is compared with the directories that are locked already.
 */
#include "fs_priv.h"

/* ---- checks ---- */

static bool is_dots(const char *name, size_t len)
{
	return len && name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

static bool has_byte(const char *s, size_t len, char c)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] == c)
			return true;
	return false;
}

static int check_dir(const struct efs_node *dir)
{
	return efs_node_is_dir(dir) ? 0 : -ENOTDIR;
}

/* may @name be looked for in @dir? rwsem held */
static int check_name(const struct efs_node *dir, const char *name, size_t len)
{
	if (dir->dead)
		return -ENOENT;
	if (len > EFS_NAME_MAX)
		return -ENAMETOOLONG;
	if (!len)
		return -ENOENT;
	return has_byte(name, len, '/') || has_byte(name, len, '\0') ? -EINVAL : 0;
}

/* ---- looking up and listing ---- */

/* rwsem of @dir held; @name has been checked */
static int find(struct efs_node *dir, const char *name, size_t len, struct efs_node **out)
{
	if (len == 1 && name[0] == '.') {
		*out = efs_node_get(dir);
		return 0;
	}
	return dir->fs->rd->lookup(dir, name, len, out);
}

static bool is_root(struct efs_node *dir)
{
	struct efs_node *root;
	bool same;

	if (efs_fs_root(dir->fs, &root))
		return false;
	same = root == dir;
	efs_node_put(root);
	return same;
}

int efs_node_lookup(struct efs_node *dir, const char *name, size_t len, struct efs_node **out)
{
	int err = check_dir(dir);

	if (err)
		return err;
	/* above the root there is nothing, whatever its `..` says */
	if (len == 2 && is_dots(name, len) && is_root(dir)) {
		*out = efs_node_get(dir);
		return 0;
	}
	efs_rd_lock(&dir->rwsem);
	err = check_name(dir, name, len);
	if (!err)
		err = find(dir, name, len, out);
	efs_rd_unlock(&dir->rwsem);
	return err;
}

int efs_node_readdir(struct efs_node *dir, struct efs_dirpos *pos, struct efs_entry *ents,
		     u32 max, u32 *n)
{
	int err = check_dir(dir);

	*n = 0;
	if (err)
		return err;
	efs_rd_lock(&dir->rwsem);
	err = dir->dead ? -ENOENT : dir->fs->rd->readdir(dir, pos, ents, max, n);
	efs_rd_unlock(&dir->rwsem);
	return err;
}

/* ---- making ---- */

/* 0 if @name may be made in @dir; rwsem held for writing */
static int check_free(struct efs_node *dir, const char *name, size_t len)
{
	struct efs_node *node;
	int err = check_name(dir, name, len);

	if (err)
		return err;
	if (is_dots(name, len))
		return -EEXIST;
	err = find(dir, name, len, &node);
	if (!err)
		efs_node_put(node);
	if (err != -ENOENT)
		return err ? err : -EEXIST;
	return efs_fs_writable(dir->fs);
}

static int check_new(const struct efs_new *n)
{
	if (!efs_mode_ftype(n->mode))
		return -EINVAL;
	if ((n->mode & EFS_S_IFMT) != EFS_S_IFLNK)
		return 0;
	if (!n->target_len)
		return -ENOENT;
	return has_byte(n->target, n->target_len, '\0') ? -EINVAL : 0;
}

/* what the directory hands on: @child, which needs @mem as long as it is used */
static int inherit(struct efs_node *dir, const struct efs_new *n, struct efs_new *child, void **mem)
{
	struct efs_stat st;

	*child = *n;
	stat_locked(dir, &st);
	if (st.mode & EFS_S_ISGID) {
		child->gid = st.gid;
		if ((child->mode & EFS_S_IFMT) == EFS_S_IFDIR)
			child->mode |= EFS_S_ISGID;
	}
	return efs_acl_inherit(dir, child, mem);
}

int efs_node_create(struct efs_node *dir, const char *name, size_t len, const struct efs_new *n,
		    struct efs_node **out)
{
	struct efs_node *node = NULL;
	int err = check_dir(dir);
	struct efs_new child;
	void *mem = NULL;

	if (!err)
		err = check_new(n);
	if (err)
		return err;
	efs_wr_lock(&dir->rwsem);
	err = check_free(dir, name, len);
	if (!err)
		err = check_flags(dir, EFS_STAT_IMMUTABLE);
	if (!err)
		err = inherit(dir, n, &child, &mem);
	if (!err)
		err = dir->fs->wr->create(dir, name, len, &child, &node);
	efs_wr_unlock(&dir->rwsem);
	efs_free(mem);
	if (!err)
		err = done(dir);
	if (!err && out)
		*out = node;
	else
		efs_node_put(node);
	return err;
}

int efs_node_tmpfile(struct efs_node *dir, const struct efs_new *n, struct efs_node **out)
{
	int err = check_dir(dir);
	struct efs_new child;
	void *mem = NULL;

	if (!err && (n->mode & EFS_S_IFMT) != EFS_S_IFREG)
		err = -EINVAL;
	if (!err)
		err = efs_fs_writable(dir->fs);
	if (!err && !dir->fs->wr->tmpfile)
		err = -EOPNOTSUPP;
	if (err)
		return err;
	efs_rd_lock(&dir->rwsem);
	err = dir->dead ? -ENOENT : check_flags(dir, EFS_STAT_IMMUTABLE);
	if (!err)
		err = inherit(dir, n, &child, &mem);
	if (!err)
		err = dir->fs->wr->tmpfile(dir, &child, out);
	if (!err)
		(*out)->unborn = true;
	efs_rd_unlock(&dir->rwsem);
	efs_free(mem);
	return err;
}

/* both locked */
static int link_locked(struct efs_node *dir, const char *name, size_t len, struct efs_node *node)
{
	struct efs_stat st;
	int err = check_flags(dir, EFS_STAT_IMMUTABLE);

	if (err)
		return err;
	stat_locked(node, &st);
	if (st.flags & FIXED)
		return -EPERM;
	if (!st.nlink && !node->unborn)
		return -ENOENT;
	err = dir->fs->wr->link(dir, name, len, node);
	if (!err)
		node->unborn = false;
	return err;
}

int efs_node_link(struct efs_node *dir, const char *name, size_t len, struct efs_node *node)
{
	int err = check_dir(dir);

	if (err)
		return err;
	efs_wr_lock(&dir->rwsem);
	err = check_free(dir, name, len);
	if (!err && dir->fs != node->fs)
		err = -EXDEV;
	if (!err && efs_node_is_dir(node))
		err = -EPERM;
	if (!err) {
		efs_wr_lock(&node->rwsem);
		err = link_locked(dir, name, len, node);
		efs_wr_unlock(&node->rwsem);
	}
	efs_wr_unlock(&dir->rwsem);
	return err ? err : done(dir);
}

/* ---- removing ---- */

/* both locked; @name is @node */
static int remove_locked(struct efs_node *dir, const char *name, size_t len,
			 struct efs_node *node, bool rmdir)
{
	const struct efs_write_ops *wr = dir->fs->wr;
	int err = check_flags(dir, FIXED);

	if (!err)
		err = check_flags(node, FIXED);
	if (!err && efs_node_is_dir(node) != rmdir)
		err = rmdir ? -ENOTDIR : -EISDIR;
	if (!err && rmdir && is_root(node))
		err = -EBUSY;
	if (err)
		return err;
	if (!rmdir)
		return wr->unlink(dir, name, len, node);
	err = wr->rmdir(dir, name, len, node);
	if (!err)
		WRITE_ONCE(node->dead, true);
	return err;
}

static int remove_name(struct efs_node *dir, const char *name, size_t len, bool rmdir)
{
	struct efs_node *node = NULL;
	int err = efs_fs_writable(dir->fs);

	if (err)
		return err;
	efs_wr_lock(&dir->rwsem);
	err = check_name(dir, name, len);
	if (!err)
		err = find(dir, name, len, &node);
	/* only where something is damaged, and then it must not be locked again */
	if (!err && node == dir)
		err = loop(dir);
	if (!err) {
		efs_wr_lock(&node->rwsem);
		err = remove_locked(dir, name, len, node, rmdir);
		efs_wr_unlock(&node->rwsem);
	}
	efs_wr_unlock(&dir->rwsem);
	efs_node_put(node);
	return err ? err : done(dir);
}

int efs_node_unlink(struct efs_node *dir, const char *name, size_t len)
{
	int err = check_dir(dir);

	if (!err && is_dots(name, len))
		err = -EISDIR;
	return err ? err : remove_name(dir, name, len, false);
}

int efs_node_rmdir(struct efs_node *dir, const char *name, size_t len)
{
	int err = check_dir(dir);

	if (!err && is_dots(name, len))
		err = len == 1 ? -EINVAL : -ENOTEMPTY;
	return err ? err : remove_name(dir, name, len, true);
}

/* ---- renaming ---- */

/*
 * Is @above the directory @d or one above it? 1, 0 or -errno. rename_lock held, rwsem of
 * no directory. `..` of a hostile volume may go round in circles: Brent's algorithm
 * notices within a few rounds.
 */
static int is_above(const struct efs_node *above, struct efs_node *d)
{
	struct efs_node *up;
	u64 mark = 0;
	u32 steps = 0, limit = 2;
	int ret = 0;

	efs_node_get(d);
	for (;;) {
		if (d == above) {
			ret = 1;
			break;
		}
		if (is_root(d))
			break;
		if (steps && d->ino == mark) {
			ret = loop(d);
			break;
		}
		if (!steps || steps == limit) {
			mark = d->ino;
			limit *= 2;
			steps = 0;
		}
		steps++;
		ret = efs_node_lookup(d, "..", 2, &up);
		if (ret)
			break;
		efs_node_put(d);
		d = up;
		ret = check_dir(d);
		if (ret)
			break;
	}
	efs_node_put(d);
	return ret;
}

static void put_found(struct efs_renaming *r)
{
	efs_node_put(r->old);
	efs_node_put(r->new);
	r->old = NULL;
	r->new = NULL;
}

/* what the names are now, both directories locked or not */
static int find_both(struct efs_renaming *r, bool locked)
{
	int err;

	r->old = NULL;
	r->new = NULL;
	err = locked ? check_name(r->odir, r->oname, r->olen) : 0;
	if (!err)
		err = locked ? find(r->odir, r->oname, r->olen, &r->old) :
			       efs_node_lookup(r->odir, r->oname, r->olen, &r->old);
	if (!err && locked)
		err = check_name(r->ndir, r->nname, r->nlen);
	if (err)
		return err;
	err = locked ? find(r->ndir, r->nname, r->nlen, &r->new) :
		       efs_node_lookup(r->ndir, r->nname, r->nlen, &r->new);
	/* not there: good, unless nothing can be there */
	if (err == -ENOENT && r->nlen && !READ_ONCE(r->ndir->dead))
		err = 0;
	return err;
}

/* neither may a directory move below itself, nor one above give way to what is below */
static int check_loops(const struct efs_renaming *r)
{
	bool swap = r->flags & EFS_RENAME_EXCHANGE;
	int ret = 0;

	if (r->new && r->flags & EFS_RENAME_NOREPLACE)
		return -EEXIST;
	if (!r->new && swap)
		return -ENOENT;
	if (efs_node_is_dir(r->old))
		ret = is_above(r->old, r->ndir);
	if (ret)
		return ret < 0 ? ret : -EINVAL;
	if (r->new && efs_node_is_dir(r->new))
		ret = is_above(r->new, r->odir);
	if (ret)
		return ret < 0 ? ret : swap ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int check_types(const struct efs_renaming *r)
{
	bool odir = efs_node_is_dir(r->old), ndir = r->new && efs_node_is_dir(r->new);
	int err = check_flags(r->odir, FIXED);

	if (!err)
		err = check_flags(r->ndir, r->new ? FIXED : EFS_STAT_IMMUTABLE);
	if (!err)
		err = check_flags(r->old, FIXED);
	if (!err && r->new)
		err = check_flags(r->new, FIXED);
	if (err || !r->new || r->flags & EFS_RENAME_EXCHANGE)
		return err;
	if (odir && !ndir)
		return -ENOTDIR;
	return !odir && ndir ? -EISDIR : 0;
}

/* must @a be locked after @b? A file may be in a directory, never the other way round */
static bool comes_after(const struct efs_node *a, const struct efs_node *b)
{
	if (efs_node_is_dir(a) != efs_node_is_dir(b))
		return efs_node_is_dir(b);
	return a->ino > b->ino;
}

/* rwsem of @a and of @b, unless that is NULL */
static void lock_pair(struct efs_node *a, struct efs_node *b)
{
	if (b && comes_after(a, b)) {
		efs_wr_lock(&b->rwsem);
		efs_wr_lock(&a->rwsem);
		return;
	}
	efs_wr_lock(&a->rwsem);
	if (b)
		efs_wr_lock(&b->rwsem);
}

static void unlock_pair(struct efs_node *a, struct efs_node *b)
{
	efs_wr_unlock(&a->rwsem);
	if (b && b != a)
		efs_wr_unlock(&b->rwsem);
}

/* rwsem of both directories, the one above first; -errno */
static int lock_dirs(const struct efs_renaming *r)
{
	struct efs_node *first = r->odir, *second = r->ndir;
	int above = 0;

	if (first == second) {
		efs_wr_lock(&first->rwsem);
		return 0;
	}
	above = is_above(r->odir, r->ndir);
	if (!above) {
		above = is_above(r->ndir, r->odir);
		if (above > 0) {
			first = r->ndir;
			second = r->odir;
		}
	}
	if (above < 0)
		return above;
	if (!above) {
		lock_pair(first, second);
		return 0;
	}
	efs_wr_lock(&first->rwsem);
	efs_wr_lock(&second->rwsem);
	return 0;
}

/* both directories locked, @r->old and @r->new found before that */
static int rename_locked(struct efs_renaming *r)
{
	struct efs_renaming now = *r;
	bool same;
	int err = find_both(&now, true);

	same = now.old == r->old && now.new == r->new;
	put_found(&now);
	if (err)
		return err;
	if (!same)
		return -EAGAIN;
	if (r->new == r->old)
		return 0;
	if (r->old == r->odir || r->old == r->ndir || r->new == r->odir || r->new == r->ndir)
		return loop(r->odir);
	lock_pair(r->old, r->new);
	err = check_types(r);
	if (!err)
		err = r->odir->fs->wr->rename(r);
	if (!err && r->new && !(r->flags & EFS_RENAME_EXCHANGE))
		WRITE_ONCE(r->new->dead, efs_node_is_dir(r->new));
	unlock_pair(r->old, r->new);
	return err;
}

static int rename_once(struct efs_renaming *r)
{
	/* a first look without both locks: what is found may be gone when they are taken */
	int err = find_both(r, false);

	if (!err)
		err = check_loops(r);
	if (!err)
		err = lock_dirs(r);
	if (!err) {
		err = rename_locked(r);
		unlock_pair(r->odir, r->ndir);
	}
	put_found(r);
	return err;
}

int efs_node_rename(struct efs_node *odir, const char *oname, size_t olen,
		    struct efs_node *ndir, const char *nname, size_t nlen, u32 flags)
{
	struct efs_renaming r = {
		.odir = odir, .ndir = ndir, .oname = oname, .nname = nname,
		.olen = olen, .nlen = nlen, .flags = flags,
	};
	int err = check_dir(odir);

	if (flags & ~(EFS_RENAME_NOREPLACE | EFS_RENAME_EXCHANGE) ||
	    flags == (EFS_RENAME_NOREPLACE | EFS_RENAME_EXCHANGE))
		return -EINVAL;
	if (!err)
		err = check_dir(ndir);
	if (!err && odir->fs != ndir->fs)
		err = -EXDEV;
	if (!err && is_dots(oname, olen))
		err = -EBUSY;
	if (!err && is_dots(nname, nlen))
		err = flags & EFS_RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	if (!err)
		err = efs_fs_writable(odir->fs);
	if (err)
		return err;
	efs_wr_lock(&odir->fs->rename_lock);
	do {
		err = rename_once(&r);
	} while (err == -EAGAIN);
	efs_wr_unlock(&odir->fs->rename_lock);
	if (!err)
		err = done(odir);
	return err || odir == ndir ? err : done(ndir);
}
