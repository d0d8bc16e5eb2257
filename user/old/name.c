// SPDX-License-Identifier: GPL-2.0
/*
 * Names: look up, list, make, remove and rename.
 *
 * This is the part that an operating system's file system layer plays for a kernel
 * module: it finds the inodes, takes lock 2 in the right order, checks what POSIX wants
 * checked, and hands the inodes to the core's sequences.
 *
 * Locks: lock 1 (rename_lock) for renames between directories; with it held, no
 * directory changes its parent. Then lock 2: parent before child; of two directories the
 * ancestor first, else the lower number; children in order of their numbers.
 *
 * A hostile volume may have a directory below itself. Nobody takes lock 2 of one inode
 * twice: what a name leads to is compared with the directories that are locked already.
 */
#include "home.h"

static int check_name(const char *name, size_t len)
{
	if (len > EFS_NAME_MAX)
		return -ENAMETOOLONG;
	if (!len)
		return -ENOENT;
	if (memchr(name, '/', len) || memchr(name, '\0', len))
		return -EINVAL;
	return 0;
}

static bool is_dots(const char *name, size_t len)
{
	return name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

/* a name that may be made, or taken away */
static int check_new_name(const char *name, size_t len)
{
	int err = check_name(name, len);

	return !err && is_dots(name, len) ? -EEXIST : err;
}

static int check_dir(struct efsu_inode *dir)
{
	return efsu_type(dir) == EFS_S_IFDIR ? 0 : -ENOTDIR;
}

/* entries of @dir are about to change; lock 2 held */
static int check_dir_change(struct efsu_inode *dir, bool removes)
{
	int err = check_dir(dir);

	if (!err)
		err = efs_writable(dir->core.sb);
	if (!err && dir->core.flags & (EFS_FL_IMMUTABLE | (removes ? EFS_FL_APPEND : 0)))
		err = -EPERM;
	return err;
}

/* lock 2 of @dir held, at least shared */
static int lookup_locked(struct efsu_inode *dir, const char *name, size_t len,
			 struct efsu_inode **out)
{
	u32 ino;
	int err = efs_dir_lookup(&dir->core, name, (u32)len, &ino);

	return err ? err : efsu_iget(efsu_ifs(dir), ino, out);
}

int efsu_lookup(struct efsu_inode *dir, const char *name, size_t len, struct efsu_inode **out)
{
	int err = check_dir(dir);

	if (!err)
		err = check_name(name, len);
	if (err)
		return err;
	efs_rd_lock(&dir->rwsem);
	err = lookup_locked(dir, name, len, out);
	efs_rd_unlock(&dir->rwsem);
	return err;
}

int efsu_readdir(struct efsu_inode *dir, struct efsu_dirpos *pos, struct efsu_dirent *ents,
		 u32 max, u32 *n)
{
	struct efs_dir_cursor c;
	struct efs_dirent de;
	int ret = check_dir(dir);

	*n = 0;
	if (ret)
		return ret;
	efs_rd_lock(&dir->rwsem);
	efs_dir_open(&dir->core, pos->pos, pos->pos && pos->version != dir->core.dir_version, &c);
	pos->version = dir->core.dir_version;
	while (*n < max) {
		struct efsu_dirent *e = &ents[*n];

		ret = efs_dir_next(&c, &de);
		if (ret <= 0)
			break;
		e->ino = de.ino;
		e->ftype = de.ftype;
		e->len = (u8)min_t(u32, de.len, EFS_NAME_MAX);
		memcpy(e->name, de.name, e->len);
		e->name[e->len] = '\0';
		pos->pos = c.next;
		++*n;
	}
	/* an error comes up once the entries before it are taken, and is then passed by */
	if (ret < 0 && !*n)
		pos->pos = c.next;
	efs_dir_close(&c);
	efs_rd_unlock(&dir->rwsem);
	return ret < 0 && !*n ? ret : 0;
}

/* ---- making ---- */

/* -EEXIST, or 0 if the name is free */
static int must_be_free(struct efsu_inode *dir, const char *name, size_t len)
{
	u32 ino;
	int err = efs_dir_lookup(&dir->core, name, (u32)len, &ino);

	if (err == -ENOENT)
		return 0;
	return err ? err : -EEXIST;
}

static int name_child(struct efsu_inode *dir, const char *name, size_t len,
		      const struct efsu_new *n, struct efsu_inode *i)
{
	switch (n->mode & EFS_S_IFMT) {
	case EFS_S_IFDIR:
		return efs_namei_mkdir(&dir->core, name, (u32)len, &i->core);
	case EFS_S_IFLNK:
		return efs_namei_symlink(&dir->core, name, (u32)len, &i->core, n->target,
					 (u32)strlen(n->target));
	default:
		return efs_namei_create(&dir->core, name, (u32)len, &i->core);
	}
}

int efsu_create(struct efsu_inode *dir, const char *name, size_t len, const struct efsu_new *n,
		struct efsu_inode **out)
{
	struct efsu_inode *i = NULL;
	int err = check_new_name(name, len);

	if (!err && !efs_mode_ftype(n->mode))
		err = -EINVAL;
	if (!err && (n->mode & EFS_S_IFMT) == EFS_S_IFLNK &&
	    strlen(n->target) >= dir->core.sb->geo.block_size)
		err = -ENAMETOOLONG;
	if (err)
		return err;
	efs_wr_lock(&dir->rwsem);
	err = check_dir_change(dir, false);
	if (!err)
		err = must_be_free(dir, name, len);
	if (!err)
		err = efsu_inew(dir, n, 1, &i);
	if (!err) {
		efs_wr_lock(&i->rwsem);
		err = name_child(dir, name, len, n, i);
		if (err)
			efs_i_nlink_set(&i->core, 0);
		efs_wr_unlock(&i->rwsem);
	}
	efs_wr_unlock(&dir->rwsem);
	if (!err) {
		efsu_note_entry(i, dir);
		err = efsu_name_end(dir, i);
	}
	if (!err && out)
		*out = i;
	else
		efsu_iput(i);
	return err;
}

int efsu_tmpfile(struct efsu_inode *dir, const struct efsu_new *n, struct efsu_inode **out)
{
	int err;

	if ((n->mode & EFS_S_IFMT) != EFS_S_IFREG)
		return -EINVAL;
	efs_rd_lock(&dir->rwsem);
	err = check_dir_change(dir, false);
	if (!err)
		err = efsu_inew(dir, n, 0, out);
	efs_rd_unlock(&dir->rwsem);
	return err;
}

int efsu_link(struct efsu_inode *dir, const char *name, size_t len, struct efsu_inode *i)
{
	int err = check_new_name(name, len);

	if (!err && efsu_ifs(dir) != efsu_ifs(i))
		err = -EXDEV;
	if (!err && efsu_type(i) == EFS_S_IFDIR)
		err = -EPERM;
	if (err)
		return err;
	efs_wr_lock(&dir->rwsem);
	efs_wr_lock(&i->rwsem);
	err = check_dir_change(dir, false);
	if (!err && i->core.flags & (EFS_FL_IMMUTABLE | EFS_FL_APPEND))
		err = -EPERM;
	if (!err)
		err = must_be_free(dir, name, len);
	if (!err)
		err = efs_namei_link(&dir->core, name, (u32)len, &i->core);
	efs_wr_unlock(&i->rwsem);
	efs_wr_unlock(&dir->rwsem);
	if (err)
		return err;
	efsu_note_entry(i, dir);
	return efsu_name_end(dir, i);
}

/* ---- removing ---- */

/* a name of @dir leads back to @dir: only on a volume that is inconsistent */
static int check_loop(struct efsu_inode *dir, struct efsu_inode *i)
{
	return dir == i ? efs_bad(dir->core.sb, EFS_C_DIRENT_INO, dir->core.ino, 0, 0) : 0;
}

static int check_victim(struct efsu_inode *i)
{
	return i->core.flags & (EFS_FL_IMMUTABLE | EFS_FL_APPEND) ? -EPERM : 0;
}

static int remove_name(struct efsu_inode *dir, const char *name, size_t len, bool rmdir)
{
	struct efsu_inode *i = NULL;
	bool is_dir;
	int err;

	efs_wr_lock(&dir->rwsem);
	err = check_dir_change(dir, true);
	if (!err)
		err = lookup_locked(dir, name, len, &i);
	if (!err)
		err = check_loop(dir, i);
	if (!err)
		err = check_victim(i);
	if (!err) {
		is_dir = efsu_type(i) == EFS_S_IFDIR;
		if (is_dir != rmdir)
			err = rmdir ? -ENOTDIR : -EISDIR;
		else if (i == efsu_ifs(dir)->root)
			err = -EBUSY;
	}
	if (!err) {
		efs_wr_lock(&i->rwsem);
		if (rmdir)
			err = efs_namei_rmdir(&dir->core, name, (u32)len, &i->core);
		else
			err = efs_namei_unlink(&dir->core, name, (u32)len, &i->core);
		efs_wr_unlock(&i->rwsem);
	}
	efs_wr_unlock(&dir->rwsem);
	/* before its blocks go, nothing on the device may lead to them */
	if (!err)
		err = efsu_name_end(dir, i);
	efsu_iput(i);
	return err;
}

int efsu_unlink(struct efsu_inode *dir, const char *name, size_t len)
{
	int err = check_name(name, len);

	if (!err && is_dots(name, len))
		err = -EISDIR;
	return err ? err : remove_name(dir, name, len, false);
}

int efsu_rmdir(struct efsu_inode *dir, const char *name, size_t len)
{
	int err = check_name(name, len);

	if (!err && is_dots(name, len))
		err = len == 1 ? -EINVAL : -ENOTEMPTY;
	return err ? err : remove_name(dir, name, len, true);
}

/* ---- renaming ---- */

/*
 * Is @ino the directory @d or one above it? 1, 0 or -errno. rename_lock held, lock 2 of
 * no directory. `..` of a hostile volume may go round in circles: Brent's algorithm
 * notices within a few rounds.
 */
static int is_above(u32 ino, struct efsu_inode *d)
{
	struct efsu_fs *fs = efsu_ifs(d);
	u32 at, mark = 0, steps = 0, limit = 2, up;
	int ret = 0;

	efsu_iref(d);
	while (!ret) {
		at = d->core.ino;
		if (at == ino) {
			ret = 1;
			break;
		}
		if (at == EFS_ROOT_INO)
			break;
		if (at == mark) {
			ret = efs_bad(&fs->sb, EFS_C_DIR_DOTDOT, at, 0, 0);
			break;
		}
		if (steps++ == limit) {
			mark = at;
			steps = 0;
			limit *= 2;
		}
		efs_rd_lock(&d->rwsem);
		ret = efs_dir_dotdot(&d->core, &up);
		efs_rd_unlock(&d->rwsem);
		efsu_iput(d);
		d = NULL;
		if (!ret)
			ret = efsu_iget(fs, up, &d);
		if (!ret)
			ret = check_dir(d);
	}
	efsu_iput(d);
	return ret;
}

/* the two names of a rename, and what they lead to */
struct mover {
	struct efsu_inode *odir, *ndir;
	const char *oname, *nname;
	size_t olen, nlen;
	struct efsu_inode *old, *new;
	u32 flags;
};

static void mover_put(struct mover *m)
{
	efsu_iput(m->old);
	efsu_iput(m->new);
	m->old = NULL;
	m->new = NULL;
}

/* both directories are locked, or nothing can change their names */
static int mover_find(struct mover *m)
{
	int err = lookup_locked(m->odir, m->oname, m->olen, &m->old);

	if (!err)
		err = lookup_locked(m->ndir, m->nname, m->nlen, &m->new);
	if (err == -ENOENT && m->old)
		err = 0;
	return err;
}

/* neither may a directory move below itself, nor one above give way to what is below */
static int mover_check_loops(struct mover *m)
{
	bool swap = m->flags & EFS_RENAME_EXCHANGE;
	int ret = 0;

	if (efsu_type(m->old) == EFS_S_IFDIR)
		ret = is_above(m->old->core.ino, m->ndir);
	if (ret)
		return ret < 0 ? ret : -EINVAL;
	if (m->new && efsu_type(m->new) == EFS_S_IFDIR)
		ret = is_above(m->new->core.ino, m->odir);
	if (ret)
		return ret < 0 ? ret : swap ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int mover_check_types(const struct mover *m)
{
	bool odir = efsu_type(m->old) == EFS_S_IFDIR;
	bool ndir = m->new && efsu_type(m->new) == EFS_S_IFDIR;

	if (m->old->core.flags & (EFS_FL_IMMUTABLE | EFS_FL_APPEND) ||
	    (m->new && check_victim(m->new)))
		return -EPERM;
	if (!m->new || m->flags)
		return 0;
	if (odir && !ndir)
		return -ENOTDIR;
	return !odir && ndir ? -EISDIR : 0;
}

/* is lock 2 of @a taken before that of @b? A directory may hold a name of a file */
static bool comes_first(const struct efsu_inode *a, const struct efsu_inode *b)
{
	bool a_dir = efsu_type(a) == EFS_S_IFDIR, b_dir = efsu_type(b) == EFS_S_IFDIR;

	return a_dir == b_dir ? a->core.ino < b->core.ino : a_dir;
}

/* lock 2 of @a and @b in their order; either may be NULL, or both the same */
static void lock_pair(struct efsu_inode *a, struct efsu_inode *b)
{
	if (a && b && a != b && comes_first(b, a)) {
		efs_wr_lock(&b->rwsem);
		efs_wr_lock(&a->rwsem);
		return;
	}
	if (a)
		efs_wr_lock(&a->rwsem);
	if (b && b != a)
		efs_wr_lock(&b->rwsem);
}

static void unlock_pair(struct efsu_inode *a, struct efsu_inode *b)
{
	if (a)
		efs_wr_unlock(&a->rwsem);
	if (b && b != a)
		efs_wr_unlock(&b->rwsem);
}

/* lock 2 of both directories, the one above first; -errno */
static int mover_lock_dirs(struct mover *m)
{
	int above = m->odir == m->ndir ? 0 : is_above(m->odir->core.ino, m->ndir);

	if (above < 0)
		return above;
	if (above) {
		efs_wr_lock(&m->odir->rwsem);
		efs_wr_lock(&m->ndir->rwsem);
		return 0;
	}
	if (m->odir != m->ndir)
		above = is_above(m->ndir->core.ino, m->odir);
	if (above < 0)
		return above;
	if (above) {
		efs_wr_lock(&m->ndir->rwsem);
		efs_wr_lock(&m->odir->rwsem);
		return 0;
	}
	lock_pair(m->odir, m->ndir);
	return 0;
}

/* both directories locked, @m->old and @m->new found before that */
static int mover_run(struct mover *m)
{
	struct mover now = *m;
	struct efs_rename r = {
		.odir = &m->odir->core, .ndir = &m->ndir->core,
		.oname = m->oname, .nname = m->nname,
		.olen = (u32)m->olen, .nlen = (u32)m->nlen,
		.old = &m->old->core, .new = m->new ? &m->new->core : NULL,
		.flags = m->flags,
	};
	bool same;
	int err;

	err = check_dir_change(m->odir, true);
	if (!err)
		err = check_dir_change(m->ndir, m->new);
	now.old = NULL;
	now.new = NULL;
	if (!err)
		err = mover_find(&now);
	same = now.old == m->old && now.new == m->new;
	mover_put(&now);
	if (err)
		return err;
	if (!same)
		return -EAGAIN;
	if (m->old == m->odir || m->old == m->ndir || m->new == m->odir || m->new == m->ndir)
		return efs_bad(m->odir->core.sb, EFS_C_DIRENT_INO, m->odir->core.ino, 0, 0);
	err = mover_check_types(m);
	if (err)
		return err;
	lock_pair(m->old, m->new);
	err = efs_namei_rename(&r);
	unlock_pair(m->old, m->new);
	return err;
}

/* the names have changed; what is deleted is deleted after this */
static int mover_end(const struct mover *m)
{
	int err, e;

	efsu_note_entry(m->old, m->ndir);
	if (m->flags & EFS_RENAME_EXCHANGE)
		efsu_note_entry(m->new, m->odir);
	err = efsu_name_end(m->ndir, m->old);
	e = efsu_name_end(m->odir, m->new);
	return err ? err : e;
}

static int rename_once(struct mover *m)
{
	int err;

	/* a first look without lock 2 over both: what is found may be gone when they are */
	err = efsu_lookup(m->odir, m->oname, m->olen, &m->old);
	if (!err)
		err = efsu_lookup(m->ndir, m->nname, m->nlen, &m->new);
	if (err == -ENOENT && m->old)
		err = 0;
	if (!err)
		err = mover_check_loops(m);
	if (!err)
		err = mover_lock_dirs(m);
	if (!err) {
		err = mover_run(m);
		unlock_pair(m->odir, m->ndir);
		if (!err)
			err = mover_end(m);
	}
	mover_put(m);
	return err;
}

int efsu_rename(struct efsu_inode *odir, const char *oname, size_t olen,
		struct efsu_inode *ndir, const char *nname, size_t nlen, u32 flags)
{
	struct efsu_fs *fs = efsu_ifs(odir);
	struct mover m = {
		.odir = odir, .ndir = ndir, .oname = oname, .nname = nname,
		.olen = olen, .nlen = nlen, .flags = flags,
	};
	int err = check_name(oname, olen);

	if (!err)
		err = check_name(nname, nlen);
	if (!err && fs != efsu_ifs(ndir))
		err = -EXDEV;
	if (!err && (is_dots(oname, olen) || is_dots(nname, nlen)))
		err = -EBUSY;
	if (!err)
		err = check_dir(odir);
	if (!err)
		err = check_dir(ndir);
	if (err)
		return err;
	pthread_mutex_lock(&fs->rename_lock);
	do {
		err = rename_once(&m);
	} while (err == -EAGAIN);
	pthread_mutex_unlock(&fs->rename_lock);
	return err;
}
