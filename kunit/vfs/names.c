// SPDX-License-Identifier: GPL-2.0
/*
 * Names, attributes and files for the suites: what the system calls do between a path
 * and the operations of the file system.
 *
 * Locks: as the VFS wants them, taken and dropped inside each helper. A kernel thread
 * must not fail an assertion with one held.
 */
#include <linux/bvec.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include "vfs.h"

/* ---- names ---- */

/* name by name: the kernel's own walk is not for modules everywhere */
int efsv_path(struct efsv *v, const char *name, struct path *path)
{
	struct dentry *at = dget(v->mnt->mnt_root), *next;

	while (*name && strcmp(name, ".")) {
		size_t len = strcspn(name, "/");

		next = d_can_lookup(at) ? lookup_one_len_unlocked(name, at, len) :
					  ERR_PTR(-ENOTDIR);
		dput(at);
		if (IS_ERR(next))
			return PTR_ERR(next);
		at = next;
		if (d_is_negative(at)) {
			dput(at);
			return -ENOENT;
		}
		name += len + (name[len] == '/');
	}
	path->mnt = mntget(v->mnt);
	path->dentry = at;
	return 0;
}

struct inode *efsv_inode(struct efsv *v, const char *name)
{
	struct inode *inode;
	struct path path;

	KUNIT_ASSERT_EQ_MSG(v->test, efsv_path(v, name, &path), 0, "%s", name);
	inode = igrab(d_inode(path.dentry));
	path_put(&path);
	KUNIT_ASSERT_NOT_NULL(v->test, inode);
	return inode;
}

u32 efsv_ino(struct efsv *v, const char *name)
{
	struct inode *inode = efsv_inode(v, name);
	u32 ino = inode->i_ino;

	iput(inode);
	return ino;
}

/**
 * struct spot - where a name is or will be
 * @dir: the directory
 * @last: the name there
 */
struct spot {
	struct path dir;
	const char *last;
};

/* On success a reference is held; path_put(&s->dir) drops it. */
static int enter(struct efsv *v, const char *name, struct spot *s)
{
	const char *slash = strrchr(name, '/');
	char *parent;
	int err;

	s->last = slash ? slash + 1 : name;
	parent = slash ? kstrndup(name, slash - name, GFP_KERNEL) : kstrdup(".", GFP_KERNEL);
	if (!parent)
		return -ENOMEM;
	err = efsv_path(v, parent, &s->dir);
	kfree(parent);
	return err;
}

enum change { CREATE, MKDIR, MKNOD, SYMLINK, LINK, UNLINK, RMDIR };

struct args {
	umode_t mode;
	dev_t dev;
	const char *target;
	struct dentry *old;
};

static int change(struct efsv *v, const char *name, enum change what, const struct args *a)
{
	struct dentry *dentry;
	struct inode *dir;
	struct spot s;
	int err = enter(v, name, &s);

	if (err)
		return err;
	err = mnt_want_write(v->mnt);
	if (err)
		goto out_path;
	dir = d_inode(s.dir.dentry);
	inode_lock_nested(dir, I_MUTEX_PARENT);
	dentry = lookup_one_len(s.last, s.dir.dentry, strlen(s.last));
	err = PTR_ERR_OR_ZERO(dentry);
	if (err)
		goto out;
	switch (what) {
	case CREATE:
		err = vfs_create(EFS_NOP_IDMAP, dir, dentry, a->mode, true);
		break;
	case MKDIR:
		err = vfs_mkdir(EFS_NOP_IDMAP, dir, dentry, a->mode);
		break;
	case MKNOD:
		err = vfs_mknod(EFS_NOP_IDMAP, dir, dentry, a->mode, a->dev);
		break;
	case SYMLINK:
		err = vfs_symlink(EFS_NOP_IDMAP, dir, dentry, a->target);
		break;
	case LINK:
		err = vfs_link(a->old, EFS_NOP_IDMAP, dir, dentry, NULL);
		break;
	case UNLINK:
		err = d_is_negative(dentry) ? -ENOENT :
		      vfs_unlink(EFS_NOP_IDMAP, dir, dentry, NULL);
		break;
	case RMDIR:
		err = d_is_negative(dentry) ? -ENOENT : vfs_rmdir(EFS_NOP_IDMAP, dir, dentry);
		break;
	}
	dput(dentry);
out:
	inode_unlock(dir);
	mnt_drop_write(v->mnt);
out_path:
	path_put(&s.dir);
	return err;
}

int efsv_create(struct efsv *v, const char *name, umode_t mode)
{
	return change(v, name, CREATE, &(struct args){ .mode = mode });
}

int efsv_mkdir(struct efsv *v, const char *name, umode_t mode)
{
	return change(v, name, MKDIR, &(struct args){ .mode = mode });
}

int efsv_mknod(struct efsv *v, const char *name, umode_t mode, dev_t dev)
{
	return change(v, name, MKNOD, &(struct args){ .mode = mode, .dev = dev });
}

int efsv_symlink(struct efsv *v, const char *name, const char *target)
{
	return change(v, name, SYMLINK, &(struct args){ .target = target });
}

int efsv_link(struct efsv *v, const char *old, const char *name)
{
	struct path path;
	int err = efsv_path(v, old, &path);

	if (err)
		return err;
	err = change(v, name, LINK, &(struct args){ .old = path.dentry });
	path_put(&path);
	return err;
}

int efsv_unlink(struct efsv *v, const char *name)
{
	return change(v, name, UNLINK, NULL);
}

int efsv_rmdir(struct efsv *v, const char *name)
{
	return change(v, name, RMDIR, NULL);
}

static int rename_locked(struct spot *from, struct spot *to, struct dentry *trap,
			 unsigned int flags)
{
	struct renamedata rd = {
		.old_dir = d_inode(from->dir.dentry),
		.new_dir = d_inode(to->dir.dentry),
		.flags = flags,
	};
	int err;

#if EFS_HAVE_MNT_IDMAP
	rd.old_mnt_idmap = EFS_NOP_IDMAP;
	rd.new_mnt_idmap = EFS_NOP_IDMAP;
#else
	rd.old_mnt_userns = EFS_NOP_IDMAP;
	rd.new_mnt_userns = EFS_NOP_IDMAP;
#endif
	rd.old_dentry = lookup_one_len(from->last, from->dir.dentry, strlen(from->last));
	if (IS_ERR(rd.old_dentry))
		return PTR_ERR(rd.old_dentry);
	rd.new_dentry = lookup_one_len(to->last, to->dir.dentry, strlen(to->last));
	if (IS_ERR(rd.new_dentry)) {
		dput(rd.old_dentry);
		return PTR_ERR(rd.new_dentry);
	}
	if (d_is_negative(rd.old_dentry) ||
	    (flags & RENAME_EXCHANGE && d_is_negative(rd.new_dentry)))
		err = -ENOENT;
	else if (flags & RENAME_NOREPLACE && d_is_positive(rd.new_dentry))
		err = -EEXIST;
	else if (rd.old_dentry == trap)
		err = -EINVAL;
	else if (rd.new_dentry == trap)
		err = flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	else
		err = vfs_rename(&rd);
	dput(rd.new_dentry);
	dput(rd.old_dentry);
	return err;
}

int efsv_rename(struct efsv *v, const char *old, const char *name, unsigned int flags)
{
	struct dentry *trap;
	struct spot from, to;
	int err = enter(v, old, &from);

	if (err)
		return err;
	err = enter(v, name, &to);
	if (err)
		goto out_from;
	err = mnt_want_write(v->mnt);
	if (err)
		goto out_to;
	trap = lock_rename(to.dir.dentry, from.dir.dentry);
	if (IS_ERR(trap)) {
		err = PTR_ERR(trap);
	} else {
		err = rename_locked(&from, &to, trap, flags);
		unlock_rename(to.dir.dentry, from.dir.dentry);
	}
	mnt_drop_write(v->mnt);
out_to:
	path_put(&to.dir);
out_from:
	path_put(&from.dir);
	return err;
}

int efsv_readlink(struct efsv *v, const char *name, char *buf, size_t size)
{
	DEFINE_DELAYED_CALL(done);
	const char *target;
	struct path path;
	int err = efsv_path(v, name, &path);

	if (err)
		return err;
	target = vfs_get_link(path.dentry, &done);
	err = PTR_ERR_OR_ZERO(target);
	if (!err)
		strscpy(buf, target, size);
	do_delayed_call(&done);
	path_put(&path);
	return err;
}

/* ---- attributes ---- */

int efsv_stat(struct efsv *v, const char *name, struct kstat *st)
{
	struct path path;
	int err = efsv_path(v, name, &path);

	if (err)
		return err;
	memset(st, 0, sizeof(*st));
	err = vfs_getattr(&path, st, STATX_BASIC_STATS | STATX_BTIME | STATX_DIOALIGN, 0);
	path_put(&path);
	return err;
}

int efsv_setattr(struct efsv *v, const char *name, struct iattr *attr)
{
	struct path path;
	int err = efsv_path(v, name, &path);

	if (err)
		return err;
	err = mnt_want_write(v->mnt);
	if (!err) {
		inode_lock(d_inode(path.dentry));
		err = notify_change(EFS_NOP_IDMAP, path.dentry, attr, NULL);
		inode_unlock(d_inode(path.dentry));
		mnt_drop_write(v->mnt);
	}
	path_put(&path);
	return err;
}

int efsv_chmod(struct efsv *v, const char *name, umode_t mode)
{
	struct iattr attr = { .ia_valid = ATTR_MODE | ATTR_CTIME, .ia_mode = mode };
	struct inode *inode = efsv_inode(v, name);

	attr.ia_mode |= inode->i_mode & S_IFMT;
	iput(inode);
	return efsv_setattr(v, name, &attr);
}

int efsv_truncate(struct efsv *v, const char *name, loff_t size)
{
	struct path path;
	int err = efsv_path(v, name, &path);

	if (err)
		return err;
	err = vfs_truncate(&path, size);
	path_put(&path);
	return err;
}

int efsv_flags(struct efsv *v, const char *name, u32 *flags)
{
	struct fileattr fa = { .flags_valid = true };
	struct path path;
	int err = efsv_path(v, name, &path);

	if (err)
		return err;
	err = vfs_fileattr_get(path.dentry, &fa);
	path_put(&path);
	*flags = fa.flags;
	return err;
}

int efsv_set_flags(struct efsv *v, const char *name, u32 flags)
{
	struct fileattr fa;
	struct path path;
	int err = efsv_path(v, name, &path);

	if (err)
		return err;
	err = mnt_want_write(v->mnt);
	if (!err) {
		fileattr_fill_flags(&fa, flags);
		err = vfs_fileattr_set(EFS_NOP_IDMAP, path.dentry, &fa);
		mnt_drop_write(v->mnt);
	}
	path_put(&path);
	return err;
}

/* ---- files ---- */

int efsv_open(struct efsv *v, const char *name, int flags, umode_t mode, struct file **out)
{
	struct file *file;
	u32 i;

	for (i = 0; i < EFSV_FILES && v->files[i]; i++)
		;
	KUNIT_ASSERT_LT_MSG(v->test, i, EFSV_FILES, "too many open files");
	file = file_open_root_mnt(v->mnt, name, flags | O_LARGEFILE, mode);
	if (IS_ERR(file))
		return PTR_ERR(file);
	v->files[i] = file;
	*out = file;
	return 0;
}

struct file *efsv_opened(struct efsv *v, const char *name, int flags)
{
	struct file *file = NULL;

	KUNIT_ASSERT_EQ_MSG(v->test, efsv_open(v, name, flags, 0644, &file), 0, "%s", name);
	return file;
}

void efsv_close(struct efsv *v, struct file *file)
{
	u32 i;

	for (i = 0; i < EFSV_FILES; i++)
		if (v->files[i] == file)
			v->files[i] = NULL;
	__fput_sync(file);
}

static u8 byte_of(u32 seed, loff_t pos)
{
	u32 x = (u32)(pos >> 2) * 2654435761u + seed * 40503u;

	return seed ? (x >> 8 * (pos & 3)) | 1 : 0;
}

/* A run of bytes through the iterator, which direct I/O wants to consist of pages. */
static ssize_t transfer(struct efsv *v, struct file *file, loff_t pos, size_t len, bool write)
{
	u32 n = DIV_ROUND_UP(len, PAGE_SIZE), i;
	struct bio_vec *bv = kcalloc(n, sizeof(*bv), GFP_KERNEL);
	struct iov_iter iter;
	struct kiocb kiocb;
	ssize_t ret;

	if (!bv)
		return -ENOMEM;
	init_sync_kiocb(&kiocb, file);
	kiocb.ki_pos = pos;
	for (i = 0; i < n; i++) {
		u8 *p = v->buf + i * PAGE_SIZE;

		bv[i].bv_page = is_vmalloc_addr(p) ? vmalloc_to_page(p) : virt_to_page(p);
		bv[i].bv_len = min_t(size_t, PAGE_SIZE, len - i * PAGE_SIZE);
	}
	iov_iter_bvec(&iter, write ? ITER_SOURCE : ITER_DEST, bv, n, len);
	if (write) {
		file_start_write(file);
		ret = file->f_op->write_iter(&kiocb, &iter);
		file_end_write(file);
	} else {
		ret = file->f_op->read_iter(&kiocb, &iter);
	}
	kfree(bv);
	return ret;
}

ssize_t efsv_write(struct efsv *v, struct file *file, loff_t pos, size_t len, u32 seed)
{
	ssize_t done = 0, ret;
	size_t n, i;

	while (len) {
		n = min_t(size_t, len, EFSV_BUF);
		for (i = 0; i < n; i++)
			v->buf[i] = byte_of(seed, pos + i);
		ret = transfer(v, file, pos, n, true);
		if (ret <= 0)
			return done ? done : ret;
		done += ret;
		if (ret < n)
			break;
		pos += n;
		len -= n;
	}
	return done;
}

ssize_t efsv_read(struct efsv *v, struct file *file, loff_t pos, size_t len)
{
	KUNIT_ASSERT_LE(v->test, len, EFSV_BUF);
	return transfer(v, file, pos, len, false);
}

void efsv_expect(struct efsv *v, struct file *file, loff_t pos, size_t len, u32 seed)
{
	ssize_t ret;
	size_t n, i;

	while (len) {
		n = min_t(size_t, len, EFSV_BUF);
		ret = efsv_read(v, file, pos, n);
		KUNIT_ASSERT_EQ_MSG(v->test, ret, (ssize_t)n, "reading at %lld", pos);
		for (i = 0; i < n && v->buf[i] == byte_of(seed, pos + i); i++)
			;
		KUNIT_ASSERT_EQ_MSG(v->test, i, n, "byte %lld: %x instead of %x", pos + i,
				    v->buf[i], byte_of(seed, pos + i));
		pos += n;
		len -= n;
	}
}

void efsv_put(struct efsv *v, const char *name, loff_t pos, size_t len, u32 seed)
{
	struct file *file = efsv_opened(v, name, O_CREAT | O_WRONLY);

	KUNIT_EXPECT_EQ_MSG(v->test, efsv_write(v, file, pos, len, seed), (ssize_t)len, "%s", name);
	efsv_close(v, file);
}

void efsv_get(struct efsv *v, const char *name, loff_t pos, size_t len, u32 seed)
{
	struct file *file = efsv_opened(v, name, O_RDONLY);

	efsv_expect(v, file, pos, len, seed);
	efsv_close(v, file);
}
