// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A file system in memory; see memfs.h.
 *
 * Invariants: nlink of a directory is 2 plus its directories, of anything else the number
 * of its names. Names of a directory are in the order in which they were made, each with
 * a number that no other had before: so a walk goes on where it was, whatever changed.
 * Contents are pages sorted by index; what is missing is zeros, and so is what lies behind
 * the size. A file with neither names nor users does not exist.
 *
 * Locks: names, @parent and all attributes of a file are under its rwsem (fs.h), contents
 * too. count_lock, a leaf: references of all files, and the counts of struct mem_fs.
 */
#include "memfs.h"
#include "memfs_xattr.h"

#define ROOT_INO 2	/* as on ext2, so that numbers can be compared */

struct mem_node;

struct mem_name {
	struct mem_name *next, *prev;
	struct mem_node *node;
	u64 seq;
	size_t len;
	char name[];
};

struct mem_page {
	u64 index;
	u8 data[];
};

struct mem_node {
	struct efs_node node;
	u32 refs;
	u16 mode;
	u32 nlink, uid, gid, flags, major, minor;
	u64 size;
	struct efs_time atime, mtime, ctime, btime;
	struct mem_attrs attrs;
	/* of a directory */
	struct mem_node *parent;
	struct mem_name *first, *last;
	u64 next_seq;
	/* of anything else */
	struct mem_page **pages;
	u32 page_count, page_room;
};

struct mem_fs {
	struct efs_fs fs;
	struct efs_memfs_opts o;
	struct mem_node *root;
	bool rdonly;
	efs_spin_t count_lock;
	u64 nodes, pages, held;
	u64 next_ino;
};

/* positions in a directory: `.`, `..`, then the numbers of names */
#define SEQ_FIRST 2

/* behind all pages there can be */
#define NO_INDEX (~0ull)

static struct mem_fs *mem_fs(const struct efs_fs *fs)
{
	return container_of((struct efs_fs *)fs, struct mem_fs, fs);
}

static struct mem_node *mem_node(const struct efs_node *node)
{
	return container_of((struct efs_node *)node, struct mem_node, node);
}

static struct mem_fs *fs_of(const struct mem_node *mn)
{
	return mem_fs(mn->node.fs);
}

static bool is_dir(const struct mem_node *mn)
{
	return efs_node_is_dir(&mn->node);
}

static struct efs_time now(void)
{
	struct efs_time t;

	t.sec = efs_now(NULL, &t.nsec);
	return t;
}

/* names of a directory, or contents of a file, changed */
static void touch(struct mem_node *mn)
{
	mn->mtime = now();
	mn->ctime = mn->mtime;
}

/* ---- pages ---- */

/* a page more or, with @n -1, less; false: there are too many */
static bool count_page(struct mem_fs *m, int n)
{
	bool ok;

	efs_spin_lock(&m->count_lock);
	ok = n < 0 || m->pages < m->o.pages_max;
	if (ok)
		m->pages += n;
	efs_spin_unlock(&m->count_lock);
	return ok;
}

/* position of the first page at or after @index */
static u32 page_find(const struct mem_node *mn, u64 index)
{
	u32 low = 0, high = mn->page_count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (mn->pages[mid]->index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct mem_page *page_get(const struct mem_node *mn, u64 index)
{
	u32 at = page_find(mn, index);

	return at < mn->page_count && mn->pages[at]->index == index ? mn->pages[at] : NULL;
}

/* room for one page more in the array */
static int page_more_room(struct mem_node *mn)
{
	u32 room = mn->page_room ? 2 * mn->page_room : 4;
	struct mem_page **pages;

	if (mn->page_count < mn->page_room)
		return 0;
	pages = efs_alloc(NULL, room * sizeof(mn->pages[0]));
	if (!pages)
		return -ENOMEM;
	if (mn->page_count)
		memcpy(pages, mn->pages, mn->page_count * sizeof(mn->pages[0]));
	efs_free(mn->pages);
	mn->pages = pages;
	mn->page_room = room;
	return 0;
}

/* the page at @index, made if it is missing */
static int page_make(struct mem_node *mn, u64 index, struct mem_page **out)
{
	struct mem_fs *m = fs_of(mn);
	u32 at = page_find(mn, index);
	struct mem_page *page;

	if (at < mn->page_count && mn->pages[at]->index == index) {
		*out = mn->pages[at];
		return 0;
	}
	if (page_more_room(mn))
		return -ENOMEM;
	if (!count_page(m, 1))
		return -ENOSPC;
	page = efs_alloc(NULL, sizeof(*page) + m->o.page_size);
	if (!page) {
		count_page(m, -1);
		return -ENOMEM;
	}
	page->index = index;
	memmove(&mn->pages[at + 1], &mn->pages[at],
		(mn->page_count - at) * sizeof(mn->pages[0]));
	mn->pages[at] = page;
	mn->page_count++;
	*out = page;
	return 0;
}

/* drop the pages [@index, @end) */
static void pages_cut(struct mem_node *mn, u64 index, u64 end)
{
	u32 at = page_find(mn, index), to = page_find(mn, end), k;

	for (k = at; k < to; k++) {
		efs_free(mn->pages[k]);
		count_page(fs_of(mn), -1);
	}
	if (to < mn->page_count)
		memmove(mn->pages + at, mn->pages + to,
			(mn->page_count - to) * sizeof(mn->pages[0]));
	mn->page_count -= to - at;
	if (mn->page_count)
		return;
	efs_free(mn->pages);
	mn->pages = NULL;
	mn->page_room = 0;
}

/* index and offset of byte @off */
static u64 page_index(const struct mem_fs *m, u64 off, u32 *in)
{
	*in = (u32)off & (m->o.page_size - 1);
	return off >> efs_ctz64(m->o.page_size);
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

	pages_cut(mn, 0, NO_INDEX);
	efs_memfs_dropxattrs(&mn->attrs);
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

/* ---- extended attributes ---- */

static int mem_getxattr(struct efs_node *node, const char *name, size_t len, void *buf,
			size_t size, size_t *done)
{
	return efs_memfs_getxattr(&mem_node(node)->attrs, name, len, buf, size, done);
}

static int mem_listxattr(struct efs_node *node, char *buf, size_t size, size_t *done)
{
	return efs_memfs_listxattr(&mem_node(node)->attrs, buf, size, done);
}

static int mem_setxattr(struct efs_node *node, const char *name, size_t len, const void *buf,
			size_t size, u32 flags)
{
	struct mem_node *mn = mem_node(node);
	int err;

	if (size > fs_of(mn)->o.value_max)
		return -ERANGE;
	err = efs_memfs_setxattr(&mn->attrs, name, len, buf, size, flags);
	if (!err)
		mn->ctime = now();
	return err;
}

/* the lists a directory hands on, to a new file that nobody else knows */
static int init_acl(struct mem_node *mn, const struct efs_new *n)
{
	static const char access[] = "system.posix_acl_access";
	static const char dflt[] = "system.posix_acl_default";
	int err = 0;

	if (n->acl_default)
		err = mem_setxattr(&mn->node, dflt, sizeof(dflt) - 1, n->acl_default,
				   n->acl_size, 0);
	if (!err && n->acl)
		err = mem_setxattr(&mn->node, access, sizeof(access) - 1, n->acl, n->acl_size, 0);
	return err;
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

static int mem_read(struct efs_node *node, u64 off, void *buf, size_t len, size_t *done)
{
	struct mem_node *mn = mem_node(node);
	u8 *to = buf;
	u32 in;

	if (off >= mn->size)
		return 0;
	len = min_t(u64, len, mn->size - off);
	while (*done < len) {
		const struct mem_page *page = page_get(mn, page_index(fs_of(mn), off + *done, &in));
		size_t n = min_t(size_t, len - *done, fs_of(mn)->o.page_size - in);

		if (page)
			memcpy(to + *done, page->data + in, n);
		else
			memset(to + *done, 0, n);
		*done += n;
	}
	return 0;
}

static int mem_write(struct efs_node *node, u64 off, const void *buf, size_t len, size_t *done)
{
	struct mem_node *mn = mem_node(node);
	struct mem_fs *m = fs_of(mn);
	const u8 *from = buf;
	int err = 0, limit = 0;
	u32 in;

	if (off >= m->o.size_max)
		return -EFBIG;
	if (len > m->o.size_max - off) {
		len = m->o.size_max - off;
		limit = -EFBIG;
	}
	while (*done < len) {
		struct mem_page *page;
		size_t n;

		err = page_make(mn, page_index(m, off + *done, &in), &page);
		if (err)
			break;
		n = min_t(size_t, len - *done, m->o.page_size - in);
		memcpy(page->data + in, from + *done, n);
		*done += n;
	}
	if (*done) {
		mn->size = max(mn->size, off + *done);
		touch(mn);
	}
	return err ? err : limit;
}

static int mem_truncate(struct efs_node *node, u64 size)
{
	struct mem_node *mn = mem_node(node);
	struct mem_fs *m = fs_of(mn);
	struct mem_page *page;
	u64 index;
	u32 in;

	if (size > m->o.size_max)
		return -EFBIG;
	index = page_index(m, size, &in);
	if (size < mn->size) {
		pages_cut(mn, index + (in != 0), NO_INDEX);
		page = in ? page_get(mn, index) : NULL;
		if (page)
			memset(page->data + in, 0, m->o.page_size - in);
	}
	mn->size = size;
	touch(mn);
	return 0;
}

/* bytes [@from, @to) of a page become zero */
static void page_zero(struct mem_node *mn, u64 index, u32 from, u32 to)
{
	struct mem_page *page = page_get(mn, index);

	if (page)
		memset(page->data + from, 0, to - from);
}

static int mem_punch(struct efs_node *node, u64 off, u64 len)
{
	struct mem_node *mn = mem_node(node);
	struct mem_fs *m = fs_of(mn);
	u64 end = min(off + len, mn->size), first, last;
	u32 in, out;

	if (off + len > m->o.size_max)
		return -EFBIG;
	if (off < end) {
		first = page_index(m, off, &in);
		last = page_index(m, end, &out);
		/* behind the size there is nothing to keep */
		if (out && end == mn->size) {
			last++;
			out = 0;
		}
		if (in && first < last)
			page_zero(mn, first++, in, m->o.page_size);
		if (out)
			page_zero(mn, last, first == last ? in : 0, out);
		pages_cut(mn, first, last);
	}
	touch(mn);
	return 0;
}

static int mem_reserve(struct efs_node *node, u64 off, u64 len, bool keep_size)
{
	struct mem_node *mn = mem_node(node);
	struct mem_fs *m = fs_of(mn);
	u64 end = off + len, index, last, held;
	struct mem_page *page;
	int err = 0;
	u32 in;

	if (end > m->o.size_max)
		return -EFBIG;
	held = page_index(m, mn->size, &in) + (in != 0);
	last = page_index(m, end, &in) + (in != 0);
	if (keep_size && last > held)
		return -EOPNOTSUPP;
	for (index = page_index(m, off, &in); index < last && !err; index++)
		err = page_make(mn, index, &page);
	if (err) {
		pages_cut(mn, held, NO_INDEX);
		return err;
	}
	if (!keep_size)
		mn->size = max(mn->size, end);
	touch(mn);
	return 0;
}

static int mem_seek(struct efs_node *node, u64 off, bool hole, u64 *at)
{
	struct mem_node *mn = mem_node(node);
	struct mem_fs *m = fs_of(mn);
	u32 in, k;
	u64 index = page_index(m, off, &in);

	k = page_find(mn, index);
	if (hole) {
		for (; k < mn->page_count && mn->pages[k]->index == index; k++)
			index++;
		*at = min(mn->size, max(off, index * m->o.page_size));
		return 0;
	}
	if (k == mn->page_count)
		return -ENXIO;
	*at = max(off, mn->pages[k]->index * m->o.page_size);
	return 0;
}

static int mem_readlink(struct efs_node *node, char *buf, size_t size)
{
	size_t done = 0;

	if (size <= mem_node(node)->size)
		return -ERANGE;
	mem_read(node, 0, buf, size, &done);
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
		err = mem_write(&mn->node, 0, n->target, n->target_len, &done);
	else
		err = init_acl(mn, n);
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
	err = init_acl(mn, n);
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
	.read = mem_read,
	.readlink = mem_readlink,
	.stat = mem_stat,
	.seek = mem_seek,
	.getxattr = mem_getxattr,
	.listxattr = mem_listxattr,
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
	.write = mem_write,
	.truncate = mem_truncate,
	.punch = mem_punch,
	.reserve = mem_reserve,
	.setattr = mem_setattr,
	.setxattr = mem_setxattr,
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
