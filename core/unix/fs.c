// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What a VFS does above a file system: checks, locks, and then the methods of struct
 * efs_read_ops and efs_write_ops. See fs.h; names are in names.c, extended attributes in xattr.c.
 */
#include "fs_priv.h"

void efs_fs_init(struct efs_fs *fs, const struct efs_read_ops *rd, const struct efs_write_ops *wr,
		 u64 dev)
{
	fs->rd = rd;
	fs->wr = wr;
	fs->dev = dev;
	efs_rwsem_init(&fs->rename_lock);
}

void efs_node_init(struct efs_node *node, struct efs_fs *fs, u64 ino, u16 type)
{
	node->fs = fs;
	node->ino = ino;
	node->type = type;
	efs_rwsem_init(&node->rwsem);
}

/* ---- file systems ---- */

int efs_fs_root(struct efs_fs *fs, struct efs_node **out)
{
	return fs->rd->root(fs, false, out);
}

int efs_fs_root2(struct efs_fs *fs, struct efs_node **out)
{
	return fs->rd->root(fs, true, out);
}

int efs_fs_writable(struct efs_fs *fs)
{
	if (!fs->wr)
		return -EROFS;
	return fs->wr->writable ? fs->wr->writable(fs) : 0;
}

int efs_fs_statfs(struct efs_fs *fs, struct efs_fs_stat *st)
{
	memset(st, 0, sizeof(*st));
	st->dev = fs->dev;
	st->rdonly = efs_fs_writable(fs) != 0;
	return fs->rd->statfs(fs, st);
}

int efs_fs_sync(struct efs_fs *fs)
{
	return fs->wr && fs->wr->sync ? fs->wr->sync(fs) : 0;
}

int efs_fs_unmount(struct efs_fs *fs)
{
	return fs->rd->unmount(fs);
}

/* ---- nodes ---- */

void efs_node_stat(struct efs_node *node, struct efs_stat *st)
{
	efs_rd_lock(&node->rwsem);
	stat_locked(node, st);
	efs_rd_unlock(&node->rwsem);
}

/* a new owner does not inherit what the old one's permission bits promised */
static void drop_suid(const struct efs_stat *st, struct efs_setattr *set)
{
	u16 gone = EFS_S_ISUID;

	if (!(set->mask & (EFS_SET_UID | EFS_SET_GID)) || set->mask & EFS_SET_MODE ||
	    (st->mode & EFS_S_IFMT) == EFS_S_IFDIR)
		return;
	if (st->mode & 0010)
		gone |= EFS_S_ISGID;
	if (st->mode & gone) {
		set->mask |= EFS_SET_MODE;
		set->mode = st->mode & ~gone;
	}
}

int efs_node_setattr(struct efs_node *node, const struct efs_setattr *set)
{
	struct efs_setattr s = *set;
	struct efs_stat st;
	int err;

	if (s.mask & ~EFS_SET_ALL || (s.mask & EFS_SET_FLAGS && s.flags & ~FIXED))
		return -EINVAL;
	efs_wr_lock(&node->rwsem);
	err = efs_fs_writable(node->fs);
	if (!err) {
		stat_locked(node, &st);
		if (st.flags & FIXED && s.mask & ~EFS_SET_FLAGS)
			err = -EPERM;
	}
	if (!err) {
		drop_suid(&st, &s);
		s.mode &= 07777;
		/* what is shown of the list is in the mode's group bits */
		if (s.mask & EFS_SET_MODE && (s.mode ^ st.mode) & 0777)
			err = efs_acl_follow(node, s.mode);
	}
	if (!err)
		err = node->fs->wr->setattr(node, &s);
	efs_wr_unlock(&node->rwsem);
	return err ? err : done(node);
}

/* ---- contents ---- */

static int check_regular(const struct efs_node *node)
{
	if (node->type == EFS_S_IFREG)
		return 0;
	return efs_node_is_dir(node) ? -EISDIR : -EINVAL;
}

int efs_node_read(struct efs_node *node, u64 off, void *buf, size_t len, size_t *n)
{
	int err = check_regular(node);

	*n = 0;
	if (err)
		return err;
	efs_rd_lock(&node->rwsem);
	err = node->fs->rd->read(node, off, buf, len, n);
	efs_rd_unlock(&node->rwsem);
	return err;
}

/* rwsem held for writing */
static int check_write(struct efs_node *node, u64 off)
{
	struct efs_stat st;
	int err = efs_fs_writable(node->fs);

	if (err)
		return err;
	stat_locked(node, &st);
	if (st.flags & EFS_STAT_IMMUTABLE || (st.flags & EFS_STAT_APPEND && off < st.size))
		return -EPERM;
	return 0;
}

static int write_node(struct efs_node *node, u64 off, const void *buf, size_t len, bool sync,
		      size_t *n)
{
	const struct efs_write_ops *wr = node->fs->wr;
	int err = check_regular(node);

	*n = 0;
	if (err)
		return err;
	efs_wr_lock(&node->rwsem);
	err = check_write(node, off);
	if (!err && len)
		err = (sync && wr->write_sync ? wr->write_sync : wr->write)(node, off, buf, len, n);
	efs_wr_unlock(&node->rwsem);
	return err;
}

int efs_node_write(struct efs_node *node, u64 off, const void *buf, size_t len, size_t *n)
{
	int err = write_node(node, off, buf, len, false, n), e;

	e = *n ? done(node) : 0;
	return err ? err : e;
}

int efs_node_write_sync(struct efs_node *node, u64 off, const void *buf, size_t len, size_t *n)
{
	int err = write_node(node, off, buf, len, true, n), e;

	e = *n ? efs_node_fsync(node) : 0;
	return err ? err : e;
}

int efs_node_truncate(struct efs_node *node, u64 size)
{
	int err = check_regular(node);

	if (err)
		return err;
	efs_wr_lock(&node->rwsem);
	err = efs_fs_writable(node->fs);
	if (!err)
		err = check_flags(node, FIXED);
	if (!err)
		err = node->fs->wr->truncate(node, size);
	efs_wr_unlock(&node->rwsem);
	return err ? err : done(node);
}

/* what may be asked of bytes at @off, in Linux's order; rwsem held for writing */
static int check_range(struct efs_node *node, u64 off, u64 len, u32 flags, bool can)
{
	int err = efs_fs_writable(node->fs);

	if (!err)
		err = check_flags(node, flags);
	if (!err && len > ~off)
		err = -EFBIG;
	return err ? err : can ? 0 : -EOPNOTSUPP;
}

int efs_node_punch(struct efs_node *node, u64 off, u64 len)
{
	const struct efs_write_ops *wr = node->fs->wr;
	int err = check_regular(node);

	if (!err && !len)
		err = -EINVAL;
	if (err)
		return err;
	efs_wr_lock(&node->rwsem);
	err = check_range(node, off, len, FIXED, wr && wr->punch);
	if (!err)
		err = wr->punch(node, off, len);
	efs_wr_unlock(&node->rwsem);
	return err ? err : done(node);
}

int efs_node_reserve(struct efs_node *node, u64 off, u64 len, bool keep_size)
{
	const struct efs_write_ops *wr = node->fs->wr;
	int err = check_regular(node);

	if (!err && !len)
		err = -EINVAL;
	if (err)
		return err;
	efs_wr_lock(&node->rwsem);
	err = check_range(node, off, len, EFS_STAT_IMMUTABLE, wr && wr->reserve);
	if (!err)
		err = wr->reserve(node, off, len, keep_size);
	efs_wr_unlock(&node->rwsem);
	return err ? err : done(node);
}

/* where the file system cannot tell, there are no holes */
static int seek_plain(u64 size, u64 off, bool hole, u64 *at)
{
	if (off >= size)
		return -ENXIO;
	*at = hole ? size : off;
	return 0;
}

int efs_node_seek(struct efs_node *node, u64 off, bool hole, u64 *at)
{
	struct efs_stat st;
	int err = check_regular(node);

	if (err)
		return err;
	efs_rd_lock(&node->rwsem);
	stat_locked(node, &st);
	if (off < st.size && node->fs->rd->seek)
		err = node->fs->rd->seek(node, off, hole, at);
	else
		err = seek_plain(st.size, off, hole, at);
	efs_rd_unlock(&node->rwsem);
	return err;
}

int efs_node_readlink(struct efs_node *node, char *buf, size_t size)
{
	int err;

	if (node->type != EFS_S_IFLNK)
		return -EINVAL;
	efs_rd_lock(&node->rwsem);
	err = node->fs->rd->readlink(node, buf, size);
	efs_rd_unlock(&node->rwsem);
	return err;
}

int efs_node_fsync(struct efs_node *node)
{
	return node->fs->wr && node->fs->wr->fsync ? node->fs->wr->fsync(node) : 0;
}
