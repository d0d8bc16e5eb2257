// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A file system in memory; see memfs.h.
 *
 * Invariants: nlink of a directory is 2 plus its directories, of anything else the number
 * of its names. Names of a directory are in the order in which they were made, each with
 * a number that no other had before: so a walk goes on where it was, whatever changed.
 * A file with neither names nor users does not exist. Contents are in memfs_data.c, extended
 * attributes in memfs_xattr.c.
 *
 * Locks: names, @parent and all attributes of a file are under its rwsem (fs.h), contents
 * too. count_lock, a leaf: references of all files, and the counts of struct mem_fs.
 */
#include "memfs_priv.h"

#define ROOT_INO 2	/* as on ext2, so that numbers can be compared */

/* positions in a directory: `.`, `..`, then the numbers of names */
#define SEQ_FIRST 2

static bool is_dir(const struct mem_node *mn)
{
	return efs_node_is_dir(&mn->node);
}

/* ---- nodes ---- */

static int node_new(struct mem_fs *m, const struct efs_new *n, struct mem_node **out)
{
	struct mem_node *mn = efs_alloc(NULL, sizeof(*mn));
	bool full;
	u64 ino;

	if (!mn)
		return -ENOMEM;
	efs_spin_lock(&m->count_lock);
	full = m->nodes >= m->o.nodes_max;
	if (!full) {
		m->nodes++;
		m->held++;
	}
	ino = m->next_ino;
	m->next_ino += !full;
	efs_spin_unlock(&m->count_lock);
	if (full) {
		efs_free(mn);
		return -ENOSPC;
	}
	efs_node_init(&mn->node, &m->fs, ino, n->mode & EFS_S_IFMT);
	mn->refs = 1;
	mn->mode = n->mode;
	mn->uid = n->uid;
	mn->gid = n->gid;
	if (mn->node.type == EFS_S_IFCHR || mn->node.type == EFS_S_IFBLK) {
		mn->major = n->major;
		mn->minor = n->minor;
	}
	mn->btime = now();
	mn->atime = mn->btime;
	mn->mtime = mn->btime;
	mn->ctime = mn->btime;
	mn->next_seq = SEQ_FIRST;
	*out = mn;
	return 0;
}

/* nobody knows it any more */
static void node_free(struct mem_node *mn)
{
	struct mem_fs *m = fs_of(mn);

	efs_memfs_drop_pages(mn);
	efs_memfs_drop_xattrs(mn);
	efs_spin_lock(&m->count_lock);
	m->nodes--;
	efs_spin_unlock(&m->count_lock);
	efs_free(mn);
}

static void mem_get(struct efs_node *node)
{
	struct mem_fs *m = mem_fs(node->fs);

	efs_spin_lock(&m->count_lock);
	if (!mem_node(node)->refs++)
		m->held++;
	efs_spin_unlock(&m->count_lock);
}

static void mem_put(struct efs_node *node)
{
	struct mem_fs *m = mem_fs(node->fs);
	struct mem_node *mn = mem_node(node);
	bool last;

	efs_spin_lock(&m->count_lock);
	efs_assert(mn->refs);
	last = !--mn->refs;
	if (last)
		m->held--;
	/* whoever changes nlink holds a reference */
	last = last && !mn->nlink;
	efs_spin_unlock(&m->count_lock);
	if (last)
		node_free(mn);
}

static int mem_root(struct efs_fs *fs, bool two, struct efs_node **out)
{
	(void)two;
	*out = efs_node_get(&mem_fs(fs)->root->node);
	return 0;
}

static void mem_stat(struct efs_node *node, struct efs_stat *st)
{
	struct mem_node *mn = mem_node(node);
	struct mem_fs *m = fs_of(mn);

	st->flags = mn->flags | EFS_STAT_BTIME;
	st->mode = mn->mode;
	st->nlink = mn->nlink;
	st->uid = mn->uid;
	st->gid = mn->gid;
	st->major = mn->major;
	st->minor = mn->minor;
	st->size = mn->size;
	st->blocks = (u64)mn->page_count * (m->o.page_size / 512);
	st->blksize = m->o.page_size;
	st->atime = mn->atime;
	st->mtime = mn->mtime;
	st->ctime = mn->ctime;
	st->btime = mn->btime;
}

static int mem_setattr(struct efs_node *node, const struct efs_setattr *set)
{
	struct mem_node *mn = mem_node(node);
	struct efs_time t = now();

	if (!(set->mask & EFS_SET_QUIET))
		mn->ctime = t;
	if (set->mask & EFS_SET_MODE)
		mn->mode = mn->node.type | set->mode;
	if (set->mask & EFS_SET_UID)
		mn->uid = set->uid;
	if (set->mask & EFS_SET_GID)
		mn->gid = set->gid;
	if (set->mask & EFS_SET_FLAGS)
		mn->flags = set->flags;
	if (set->mask & EFS_SET_ATIME)
		mn->atime = set->mask & EFS_SET_NOW ? t : set->atime;
	if (set->mask & EFS_SET_MTIME)
		mn->mtime = set->mask & EFS_SET_NOW ? t : set->mtime;
	return 0;
}

/* ---- names ---- */

static struct mem_name *name_find(const struct mem_node *dir, const char *name, size_t len)
{
	struct mem_name *n = dir->first;

	while (n && (n->len != len || memcmp(n->name, name, len)))
		n = n->next;
	return n;
}

/* the name @n of @dir names @mn from now on, or nothing: links of a directory follow */
static void name_bind(struct mem_node *dir, struct mem_name *n, struct mem_node *mn)
{
	if (n->node && is_dir(n->node)) {
		n->node->parent = NULL;
		dir->nlink--;
	}
	n->node = mn;
	if (mn && is_dir(mn)) {
		mn->parent = dir;
		dir->nlink++;
	}
	touch(dir);
}

static int name_make(struct mem_node *dir, const char *name, size_t len, struct mem_node *mn)
{
	struct mem_name *n = efs_alloc(NULL, sizeof(*n) + len);

	if (!n)
		return -ENOMEM;
	memcpy(n->name, name, len);
	n->len = len;
	n->seq = dir->next_seq++;
	n->prev = dir->last;
	if (dir->last)
		dir->last->next = n;
	else
		dir->first = n;
	dir->last = n;
	name_bind(dir, n, mn);
	return 0;
}

/* @n goes; what it named is for the caller to look after */
static void name_del(struct mem_node *dir, struct mem_name *n)
{
	name_bind(dir, n, NULL);
	if (n->prev)
		n->prev->next = n->next;
	else
		dir->first = n->next;
	if (n->next)
		n->next->prev = n->prev;
	else
		dir->last = n->prev;
	efs_free(n);
}

/* a name of @mn is gone */
static void lose_link(struct mem_node *mn)
{
	mn->nlink = is_dir(mn) ? 0 : mn->nlink - 1;
	mn->ctime = now();
}

static int mem_lookup(struct efs_node *node, const char *name, size_t len, struct efs_node **out)
{
	struct mem_node *dir = mem_node(node);
	struct mem_name *n;

	if (len == 2 && name[0] == '.' && name[1] == '.') {
		*out = efs_node_get(&dir->parent->node);
		return 0;
	}
	if (len > fs_of(dir)->o.name_max)
		return -ENAMETOOLONG;
	n = name_find(dir, name, len);
	if (!n)
		return -ENOENT;
	*out = efs_node_get(&n->node->node);
	return 0;
}

static void entry_fill(struct efs_entry *e, const struct mem_node *mn, const char *name, size_t len)
{
	e->ino = mn->node.ino;
	e->type = mn->node.type;
	e->len = (u8)len;
	memcpy(e->name, name, len);
	e->name[len] = '\0';
}

static int mem_readdir(struct efs_node *node, struct efs_dirpos *pos, struct efs_entry *ents,
		       u32 max, u32 *n)
{
	struct mem_node *dir = mem_node(node);
	struct mem_name *name;

	for (; pos->pos < SEQ_FIRST && *n < max; pos->pos++) {
		ents[*n].next = pos->pos + 1;
		entry_fill(&ents[(*n)++], pos->pos ? dir->parent : dir, "..", 1 + pos->pos);
	}
	for (name = dir->first; name && *n < max; name = name->next) {
		if (name->seq < pos->pos)
			continue;
		pos->pos = name->seq + 1;
		ents[*n].next = pos->pos;
		entry_fill(&ents[(*n)++], name->node, name->name, name->len);
	}
	return 0;
}

/* ---- contents ---- */
static int mem_readlink(struct efs_node *node, char *buf, size_t size)
{
	size_t done = 0;

	if (size <= mem_node(node)->size)
		return -ERANGE;
	efs_memfs_read(node, 0, buf, size, &done);
	buf[done] = '\0';
	return 0;
}

/* ---- changes of names ---- */

static int mem_create(struct efs_node *node, const char *name, size_t len,
		      const struct efs_new *n, struct efs_node **out)
{
	struct mem_node *dir = mem_node(node), *mn;
	struct mem_fs *m = fs_of(dir);
	bool link = (n->mode & EFS_S_IFMT) == EFS_S_IFLNK;
	size_t done = 0;
	int err;

	if (link && n->target_len > m->o.target_max)
		return -ENAMETOOLONG;
	if ((n->mode & EFS_S_IFMT) == EFS_S_IFDIR && dir->nlink >= m->o.link_max)
		return -EMLINK;
	err = node_new(m, n, &mn);
	if (err)
		return err;
	if (link)
		err = efs_memfs_write(&mn->node, 0, n->target, n->target_len, &done);
	else
		err = efs_memfs_init_acl(mn, n);
	if (!err)
		err = name_make(dir, name, len, mn);
	if (err) {
		mem_put(&mn->node);
		return err;
	}
	mn->nlink = is_dir(mn) ? 2 : 1;
	*out = &mn->node;
	return 0;
}

static int mem_tmpfile(struct efs_node *dir, const struct efs_new *n, struct efs_node **out)
{
	struct mem_node *mn;
	int err = node_new(mem_fs(dir->fs), n, &mn);

	if (err)
		return err;
	err = efs_memfs_init_acl(mn, n);
	if (err)
		mem_put(&mn->node);
	else
		*out = &mn->node;
	return err;
}

static int mem_link(struct efs_node *dir, const char *name, size_t len, struct efs_node *node)
{
	struct mem_node *mn = mem_node(node);
	int err;

	if (mn->nlink >= fs_of(mn)->o.link_max)
		return -EMLINK;
	err = name_make(mem_node(dir), name, len, mn);
	if (err)
		return err;
	mn->nlink++;
	mn->ctime = now();
	return 0;
}

static int mem_unlink(struct efs_node *dir, const char *name, size_t len, struct efs_node *node)
{
	name_del(mem_node(dir), name_find(mem_node(dir), name, len));
	lose_link(mem_node(node));
	return 0;
}

static int mem_rmdir(struct efs_node *dir, const char *name, size_t len, struct efs_node *node)
{
	if (mem_node(node)->first)
		return -ENOTEMPTY;
	return mem_unlink(dir, name, len, node);
}

/* may @dir take a directory, which is not in it, for what is not one? */
static bool may_gain(const struct mem_node *dir)
{
	return dir->nlink < fs_of(dir)->o.link_max;
}

static int exchange(struct mem_node *odir, struct mem_name *on, struct mem_node *ndir,
		    struct mem_name *nn)
{
	struct mem_node *old = on->node, *new = nn->node;

	if (odir != ndir && is_dir(old) != is_dir(new) && !may_gain(is_dir(old) ? ndir : odir))
		return -EMLINK;
	name_bind(odir, on, NULL);
	name_bind(ndir, nn, old);
	name_bind(odir, on, new);
	old->ctime = now();
	new->ctime = now();
	return 0;
}

static int mem_rename(const struct efs_renaming *r)
{
	struct mem_node *odir = mem_node(r->odir), *ndir = mem_node(r->ndir);
	struct mem_node *old = mem_node(r->old), *new = r->new ? mem_node(r->new) : NULL;
	struct mem_name *on = name_find(odir, r->oname, r->olen);
	int err = 0;

	if (r->flags & EFS_RENAME_EXCHANGE)
		return exchange(odir, on, ndir, name_find(ndir, r->nname, r->nlen));
	if (new && new->first)
		return -ENOTEMPTY;
	if (is_dir(old) && !new && odir != ndir && !may_gain(ndir))
		return -EMLINK;
	if (!new)
		err = name_make(ndir, r->nname, r->nlen, NULL);
	if (err)
		return err;
	name_del(odir, on);
	name_bind(ndir, name_find(ndir, r->nname, r->nlen), old);
	old->ctime = now();
	if (new)
		lose_link(new);
	return 0;
}

/* ---- the whole ---- */

static int mem_statfs(struct efs_fs *fs, struct efs_fs_stat *st)
{
	struct mem_fs *m = mem_fs(fs);

	st->bsize = m->o.page_size;
	st->name_max = m->o.name_max;
	efs_spin_lock(&m->count_lock);
	st->blocks = m->o.pages_max;
	st->bfree = m->o.pages_max - m->pages;
	st->bavail = st->bfree;
	st->files = m->o.nodes_max;
	st->ffree = m->o.nodes_max - m->nodes;
	efs_spin_unlock(&m->count_lock);
	return 0;
}

static int mem_writable(struct efs_fs *fs)
{
	return READ_ONCE(mem_fs(fs)->rdonly) ? -EROFS : 0;
}

static void name_drop_first(struct mem_node *dir)
{
	struct mem_name *n = dir->first;
	struct mem_node *mn = n->node;

	name_del(dir, n);
	lose_link(mn);
	if (!mn->nlink)
		node_free(mn);
}

/* Everything goes: down to a directory without directories in front, and up again. */
static int mem_unmount(struct efs_fs *fs)
{
	struct mem_fs *m = mem_fs(fs);
	struct mem_node *dir = m->root, *child;

	efs_spin_lock(&m->count_lock);
	if (m->held) {
		efs_spin_unlock(&m->count_lock);
		return -EBUSY;
	}
	efs_spin_unlock(&m->count_lock);
	while (dir->first || dir != m->root) {
		child = dir->first ? dir->first->node : NULL;
		if (!child)
			dir = dir->parent;
		else if (is_dir(child) && child->first)
			dir = child;
		else
			name_drop_first(dir);
	}
	node_free(m->root);
	efs_free(m);
	return 0;
}

static const struct efs_read_ops mem_read_ops = {
	.root = mem_root,
	.get = mem_get,
	.put = mem_put,
	.lookup = mem_lookup,
	.readdir = mem_readdir,
	.read = efs_memfs_read,
	.readlink = mem_readlink,
	.stat = mem_stat,
	.seek = efs_memfs_seek,
	.getxattr = efs_memfs_getxattr,
	.listxattr = efs_memfs_listxattr,
	.statfs = mem_statfs,
	.unmount = mem_unmount,
};

static const struct efs_write_ops mem_write_ops = {
	.writable = mem_writable,
	.create = mem_create,
	.tmpfile = mem_tmpfile,
	.link = mem_link,
	.unlink = mem_unlink,
	.rmdir = mem_rmdir,
	.rename = mem_rename,
	.write = efs_memfs_write,
	.truncate = efs_memfs_truncate,
	.punch = efs_memfs_punch,
	.reserve = efs_memfs_reserve,
	.setattr = mem_setattr,
	.setxattr = efs_memfs_setxattr,
};

static u64 usual(u64 given, u64 value)
{
	return given ? given : value;
}

static int set_opts(struct efs_memfs_opts *o)
{
	const u64 no_limit = 0x7fffffffffffffffull;

	o->page_size = usual(o->page_size, 512);
	o->root_mode = usual(o->root_mode, 0755);
	o->link_max = usual(o->link_max, EFS_LINK_MAX);
	o->name_max = usual(o->name_max, EFS_NAME_MAX);
	o->target_max = usual(o->target_max, 4095);
	o->size_max = usual(o->size_max, no_limit);
	o->pages_max = usual(o->pages_max, no_limit);
	o->nodes_max = usual(o->nodes_max, no_limit);
	o->value_max = usual(o->value_max, EFS_XATTR_SIZE_MAX);
	if (o->page_size & (o->page_size - 1) || o->page_size < 512 || o->page_size > 65536 ||
	    o->name_max > EFS_NAME_MAX || o->size_max > no_limit)
		return -EINVAL;
	return 0;
}

int efs_memfs_new(const struct efs_memfs_opts *o, struct efs_fs **out)
{
	struct mem_fs *m = efs_alloc(NULL, sizeof(*m));
	struct efs_new n = { .mode = 0 };
	int err;

	if (!m)
		return -ENOMEM;
	if (o)
		m->o = *o;
	err = set_opts(&m->o);
	if (err)
		goto fail;
	efs_fs_init(&m->fs, &mem_read_ops, &mem_write_ops, m->o.dev);
	efs_spin_init(&m->count_lock);
	m->next_ino = ROOT_INO;
	n.mode = EFS_S_IFDIR | m->o.root_mode;
	n.uid = m->o.uid;
	n.gid = m->o.gid;
	err = node_new(m, &n, &m->root);
	if (err)
		goto fail;
	m->root->nlink = 2;
	m->root->parent = m->root;
	mem_put(&m->root->node);
	*out = &m->fs;
	return 0;
fail:
	efs_free(m);
	return err;
}

void efs_memfs_set_rdonly(struct efs_fs *fs, bool rdonly)
{
	WRITE_ONCE(mem_fs(fs)->rdonly, rdonly);
}

u64 efs_memfs_nodes(struct efs_fs *fs)
{
	struct mem_fs *m = mem_fs(fs);
	u64 n;

	efs_spin_lock(&m->count_lock);
	n = m->nodes;
	efs_spin_unlock(&m->count_lock);
	return n;
}

struct efs_node *efs_memfs_parent(struct efs_node *dir)
{
	struct mem_node *mn = mem_node(dir);

	return mn->parent ? &mn->parent->node : NULL;
}
