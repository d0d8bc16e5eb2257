// SPDX-License-Identifier: GPL-2.0
/*
 * Between a script and kunit/home.c: what a VFS checks before it calls a file system.
 *
 * The order of the checks is that of Linux's namei.c, as far as a difference shows in an
 * error, so a model of POSIX and the core can be compared call by call. What module/
 * adds to the core's answers (a name of a deleted file, a loop of directories) is here,
 * too.
 *
 * Locks: none, one thread.
 */
#include "fuzz.h"

/* may @dir be searched for @name? */
static int dir_ok(struct efs_test_inode *dir, const char *name)
{
	if (!efs_is_dir(&dir->core))
		return -ENOTDIR;
	if (!dir->attr.nlink)
		return -ENOENT;
	return efs_name_check(strlen(name));
}

int vfs_lookup(struct efs_test_inode *dir, const char *name, struct efs_test_inode **out)
{
	struct efs_test_inode *ti;
	int err = dir_ok(dir, name);

	*out = NULL;
	if (!err)
		err = efs_test_lookup(dir, name, &ti);
	if (err)
		return err;
	if (!ti->attr.nlink)
		err = efs_bad(dir->core.sb, EFS_C_INO_NLINK, ti->core.ino, 0, dir->core.ino);
	/* a directory inside itself: the dentry cache refuses it */
	else if (ti == dir)
		err = -ELOOP;
	if (err)
		efs_test_iput(ti);
	else
		*out = ti;
	return err;
}

/* -EEXIST if the name is taken, 0 if it is free */
static int name_free(struct efs_test_inode *dir, const char *name)
{
	struct efs_test_inode *ti;
	int err = vfs_lookup(dir, name, &ti);

	if (!err) {
		efs_test_iput(ti);
		return -EEXIST;
	}
	if (err != -ENOENT || !dir->attr.nlink)
		return err;
	return efs_writable(dir->core.sb);
}

int vfs_make(struct efs_test_inode *dir, const char *name, u16 mode, struct efs_test_inode **out)
{
	int err = name_free(dir, name);

	if (out)
		*out = NULL;
	if (err)
		return err;
	if ((mode & EFS_S_IFMT) == EFS_S_IFDIR)
		return efs_test_mkdir(dir, name, out);
	return efs_test_create(dir, name, mode, out);
}

int vfs_symlink(struct efs_test_inode *dir, const char *name, const char *target,
		struct efs_test_inode **out)
{
	int err = name_free(dir, name);

	if (out)
		*out = NULL;
	return err ? err : efs_test_symlink(dir, name, target, out);
}

int vfs_link(struct efs_test_inode *dir, const char *name, struct efs_test_inode *ti)
{
	int err = name_free(dir, name);

	if (err)
		return err;
	if (efs_is_dir(&ti->core))
		return -EPERM;
	/* the VFS lets only files without a name ever given be linked from nothing */
	if (!ti->attr.nlink)
		return -ENOENT;
	return efs_test_link(dir, name, ti);
}

static int remove_name(struct efs_test_inode *dir, const char *name, bool rmdir)
{
	struct efs_test_inode *ti;
	int err = vfs_lookup(dir, name, &ti), put;

	if (err)
		return err;
	err = efs_writable(dir->core.sb);
	if (!err && rmdir)
		err = efs_is_dir(&ti->core) ?
		      efs_namei_rmdir(&dir->core, name, strlen(name), &ti->core) : -ENOTDIR;
	else if (!err)
		err = efs_is_dir(&ti->core) ? -EISDIR :
		      efs_namei_unlink(&dir->core, name, strlen(name), &ti->core);
	put = efs_test_iput(ti);
	return err ? err : put;
}

int vfs_unlink(struct efs_test_inode *dir, const char *name)
{
	return remove_name(dir, name, false);
}

int vfs_rmdir(struct efs_test_inode *dir, const char *name)
{
	return remove_name(dir, name, true);
}

/* lock_rename() and may_delete(): what must not be renamed onto what */
static int rename_ok(const struct efs_rename *r, bool (*inside)(u32 a, u32 b))
{
	bool swap = r->flags & EFS_RENAME_EXCHANGE;
	bool old_dir = efs_is_dir(r->old), new_dir = r->new && efs_is_dir(r->new);

	if (r->new && r->flags & EFS_RENAME_NOREPLACE)
		return -EEXIST;
	if (!r->new && swap)
		return -ENOENT;
	if (old_dir && (r->old == r->ndir || inside(r->old->ino, r->ndir->ino)))
		return -EINVAL;
	if (new_dir && (r->new == r->odir || inside(r->new->ino, r->odir->ino)))
		return swap ? -EINVAL : -ENOTEMPTY;
	if (r->new == r->old)
		return 1;
	if (r->new && !swap && old_dir != new_dir)
		return old_dir ? -ENOTDIR : -EISDIR;
	return 0;
}

int vfs_rename(struct efs_test_inode *odir, const char *oname, struct efs_test_inode *ndir,
	       const char *nname, u32 flags, bool (*inside)(u32 a, u32 b))
{
	struct efs_test_inode *old, *new = NULL;
	struct efs_rename r = {
		.odir = &odir->core, .ndir = &ndir->core, .flags = flags,
		.oname = oname, .olen = strlen(oname), .nname = nname, .nlen = strlen(nname),
	};
	int err, put;

	if (flags & ~(EFS_RENAME_NOREPLACE | EFS_RENAME_EXCHANGE) ||
	    flags == (EFS_RENAME_NOREPLACE | EFS_RENAME_EXCHANGE))
		return -EINVAL;
	if (!efs_is_dir(&odir->core) || !efs_is_dir(&ndir->core))
		return -ENOTDIR;
	err = vfs_lookup(odir, oname, &old);
	if (err)
		return err;
	err = vfs_lookup(ndir, nname, &new);
	if (err && (err != -ENOENT || !ndir->attr.nlink))
		goto out;
	r.old = &old->core;
	r.new = new ? &new->core : NULL;
	err = efs_writable(odir->core.sb);
	if (!err)
		err = rename_ok(&r, inside);
	if (!err)
		err = efs_namei_rename(&r);
	/* two names of one file: nothing to do */
	if (err > 0)
		err = 0;
	put = efs_test_iput(new);
	if (!err)
		err = put;
out:
	put = efs_test_iput(old);
	return err ? err : put;
}

/* ---- data ---- */

static int file_ok(const struct efs_test_inode *ti)
{
	if (efs_is_dir(&ti->core))
		return -EISDIR;
	return efs_is_reg(&ti->core) ? 0 : -EINVAL;
}

s64 vfs_write(struct efs_test_inode *ti, u64 off, const void *data, size_t len)
{
	u64 max = ti->core.sb->geo.max_size;
	size_t done = 0;
	int err = file_ok(ti);

	if (!err)
		err = efs_writable(ti->core.sb);
	if (!err && off >= max)
		err = -EFBIG;
	if (err || !len)
		return err;
	len = min_t(u64, len, max - off);
	err = efs_test_write_some(ti, off, data, len, &done);
	return done ? (s64)done : err;
}

int vfs_read(struct efs_test_inode *ti, u64 off, void *buf, size_t len)
{
	int err = file_ok(ti);

	return err ? err : efs_test_read(ti, off, buf, len);
}

int vfs_resize(struct efs_test_inode *ti, u64 size)
{
	int err = file_ok(ti);

	if (!err)
		err = efs_writable(ti->core.sb);
	if (!err && size > ti->core.sb->geo.max_size)
		err = -EFBIG;
	return err ? err : efs_test_resize(ti, size);
}

int vfs_readlink(struct efs_test_inode *ti, char *buf, u32 size)
{
	if ((ti->attr.mode & EFS_S_IFMT) != EFS_S_IFLNK)
		return -EINVAL;
	return efs_symlink_read(&ti->core, buf, size);
}

int vfs_sync(struct efs_test_fs *fs)
{
	struct efs_test_inode *ti;
	int err, first = 0;
	u32 i;

	if (fs->sb.state & EFS_SB_RDONLY)
		return 0;
	for (i = 0; i < EFS_TEST_TABLE; i++) {
		for (ti = fs->table[i]; ti; ti = ti->next) {
			err = efs_test_store(ti);
			if (!first)
				first = err;
		}
	}
	err = efs_sync_super(&fs->sb, true);
	efs_test_flush(fs->dev);
	return first ? first : err;
}
