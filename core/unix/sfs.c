// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The Simple File System behind the general interface; see sfs.h.
 *
 * The table of names never changes after mount, so looking things up takes no lock. An object
 * for a file (struct efs_node) is made when somebody wants one and goes with the last user.
 *
 * Locks: count_lock, a leaf, as sfs_priv.h says.
 */
#include "sfs_priv.h"

/**
 * struct sfs_node - a file or directory in use
 * @at: its place in the table of names
 * @refs: users (count_lock)
 */
struct sfs_node {
	struct efs_node node;
	u32 at, refs;
};

/* positions in a directory: `.`, `..`, then names in their order */
#define POS_FIRST 2

static struct sfs_fs *sfs_fs(const struct efs_fs *fs)
{
	return container_of((struct efs_fs *)fs, struct sfs_fs, fs);
}

static struct sfs_node *sfs_node(const struct efs_node *node)
{
	return container_of((struct efs_node *)node, struct sfs_node, node);
}

static const struct sfs_name *name_of(const struct efs_node *node)
{
	return &sfs_fs(node->fs)->names[sfs_node(node)->at];
}

/* ---- what is wrong ---- */

static const struct {
	const char *name;
	const char *text;
} codes[] = {
#define EFS_SFS_CODE_ROW(name, text) { #name, text },
	EFS_SFS_CODES(EFS_SFS_CODE_ROW)
#undef EFS_SFS_CODE_ROW
};

static_assert(ARRAY_SIZE(codes) == EFS_SFS_CODES_MAX);

const char *efs_sfs_code_name(enum efs_sfs_code code)
{
	return (u32)code < EFS_SFS_CODES_MAX ? codes[code].name : "UNKNOWN";
}

const char *efs_sfs_code_text(enum efs_sfs_code code)
{
	return (u32)code < EFS_SFS_CODES_MAX ? codes[code].text : "unknown inconsistency";
}

void efs_sfs_bad(struct sfs_fs *x, enum efs_sfs_code code, u64 slot)
{
	x->problems[code]++;
	if (x->told++ < SFS_LOG_MAX)
		efs_log(x->sb, EFS_LOG_WARN, "inconsistent: %s [%s], entry %llu from the end",
			efs_sfs_code_text(code), efs_sfs_code_name(code), (unsigned long long)slot);
	else if (x->told == SFS_LOG_MAX + 1)
		efs_log(x->sb, EFS_LOG_WARN, "further inconsistencies are not listed");
}

u32 efs_sfs_problems(struct efs_fs *fs, enum efs_sfs_code code)
{
	struct sfs_fs *x = sfs_fs(fs);

	return code == EFS_SFS_OK ? x->count - 1 : x->problems[code];
}

/* ---- nodes ---- */

static u64 ino_of(const struct sfs_fs *x, u32 at)
{
	/* the identifier is entry 0 from the end */
	return at == SFS_ROOT ? SFS_ROOT_INO : x->names[at].slot + 1;
}

static u16 type_of(const struct sfs_name *e)
{
	return e->dir ? EFS_S_IFDIR : EFS_S_IFREG;
}

/* one more user of the object at @at; if there is none yet, of @fresh, which may be NULL */
static struct sfs_node *node_hold(struct sfs_fs *x, u32 at, struct sfs_node *fresh)
{
	struct sfs_name *e = &x->names[at];
	struct sfs_node *sn;

	efs_spin_lock(&x->count_lock);
	if (!e->node && fresh) {
		e->node = fresh;
		x->held++;
	}
	sn = e->node;
	if (sn)
		sn->refs++;
	efs_spin_unlock(&x->count_lock);
	return sn;
}

static int node_get(struct sfs_fs *x, u32 at, struct efs_node **out)
{
	struct sfs_node *sn = node_hold(x, at, NULL), *fresh;

	if (!sn) {
		fresh = efs_alloc(x->sb, sizeof(*fresh));
		if (!fresh)
			return -ENOMEM;
		efs_node_init(&fresh->node, &x->fs, ino_of(x, at), type_of(&x->names[at]));
		fresh->at = at;
		sn = node_hold(x, at, fresh);
		if (sn != fresh)
			efs_free(fresh);
	}
	*out = &sn->node;
	return 0;
}

static void sfs_get(struct efs_node *node)
{
	struct sfs_fs *x = sfs_fs(node->fs);

	efs_spin_lock(&x->count_lock);
	sfs_node(node)->refs++;
	efs_spin_unlock(&x->count_lock);
}

static void sfs_put(struct efs_node *node)
{
	struct sfs_fs *x = sfs_fs(node->fs);
	struct sfs_node *sn = sfs_node(node);
	bool last;

	efs_spin_lock(&x->count_lock);
	efs_assert(sn->refs);
	last = !--sn->refs;
	if (last) {
		x->names[sn->at].node = NULL;
		x->held--;
	}
	efs_spin_unlock(&x->count_lock);
	if (last)
		efs_free(sn);
}

static int sfs_root(struct efs_fs *fs, bool two, struct efs_node **out)
{
	(void)two;
	return node_get(sfs_fs(fs), SFS_ROOT, out);
}

static void sfs_stat(struct efs_node *node, struct efs_stat *st)
{
	const struct sfs_fs *x = sfs_fs(node->fs);
	const struct sfs_name *e = name_of(node);

	st->mode = type_of(e) | (e->dir ? 0555 : 0444);
	st->nlink = e->dir ? 2 + e->subdirs : 1;
	st->size = e->size;
	st->blocks = e->room >> 9;
	st->blksize = 1u << x->super.bits;
	st->mtime = sfs_node(node)->at == SFS_ROOT ? x->super.time : sfs_time(e->time);
	st->atime = st->mtime;
	st->ctime = st->mtime;
}

/* ---- names and contents ---- */

static int sfs_lookup(struct efs_node *dir, const char *name, size_t len, struct efs_node **out)
{
	struct sfs_fs *x = sfs_fs(dir->fs);
	u32 at;

	if (len == 2 && name[0] == '.' && name[1] == '.')
		return node_get(x, name_of(dir)->parent, out);
	if (len > EFS_NAME_MAX)
		return -ENAMETOOLONG;
	at = efs_sfs_find(x, sfs_node(dir)->at, name, len);
	return at == SFS_ROOT ? -ENOENT : node_get(x, at, out);
}

static void entry_fill(const struct sfs_fs *x, u32 at, const char *name, u32 len,
		       struct efs_entry *e)
{
	e->ino = ino_of(x, at);
	e->type = type_of(&x->names[at]);
	e->len = (u8)len;
	memcpy(e->name, name, len);
	e->name[len] = '\0';
}

static int sfs_readdir(struct efs_node *node, struct efs_dirpos *pos, struct efs_entry *ents,
		       u32 max, u32 *n)
{
	const struct sfs_fs *x = sfs_fs(node->fs);
	const struct sfs_name *dir = name_of(node), *e;
	u32 at, skip;

	while (*n < max && pos->pos < POS_FIRST + (u64)dir->count) {
		if (pos->pos < POS_FIRST) {
			at = pos->pos ? dir->parent : sfs_node(node)->at;
			entry_fill(x, at, "..", (u32)pos->pos + 1, &ents[*n]);
		} else {
			at = dir->first + (u32)(pos->pos - POS_FIRST);
			e = &x->names[at];
			skip = e->dir_len + (e->dir_len != 0);
			entry_fill(x, at, e->path + skip, e->len - skip, &ents[*n]);
		}
		ents[(*n)++].next = ++pos->pos;
	}
	return 0;
}

static int sfs_read(struct efs_node *node, u64 off, void *buf, size_t len, size_t *done)
{
	const struct sfs_fs *x = sfs_fs(node->fs);
	const struct sfs_name *e = name_of(node);
	int err;

	if (e->bad)
		return -EFSCORRUPTED;
	if (off >= e->size || !len)
		return 0;
	len = (size_t)min_t(u64, len, e->size - off);
	err = x->o.read(x->o.ctx, e->off + off, buf, len);
	if (!err)
		*done = len;
	return err;
}

/* ---- the whole ---- */

static int sfs_statfs(struct efs_fs *fs, struct efs_fs_stat *st)
{
	const struct sfs_fs *x = sfs_fs(fs);
	const struct efs_sfs_super *s = &x->super;
	u64 index = (s->index_bytes + (1ull << s->bits) - 1) >> s->bits;

	st->bsize = 1u << s->bits;
	st->name_max = EFS_NAME_MAX;
	st->blocks = s->blocks;
	st->bfree = s->blocks - s->reserved - s->data - index;
	st->bavail = st->bfree;
	st->files = x->count;
	return 0;
}

static void sfs_free(struct sfs_fs *x)
{
	efs_free(x->names);
	efs_free(x->bytes);
	efs_free(x);
}

static int sfs_unmount(struct efs_fs *fs)
{
	struct sfs_fs *x = sfs_fs(fs);
	bool busy;

	efs_spin_lock(&x->count_lock);
	busy = x->held;
	efs_spin_unlock(&x->count_lock);
	if (busy)
		return -EBUSY;
	sfs_free(x);
	return 0;
}

static const struct efs_read_ops sfs_read_ops = {
	.root = sfs_root,
	.get = sfs_get,
	.put = sfs_put,
	.lookup = sfs_lookup,
	.readdir = sfs_readdir,
	.read = sfs_read,
	.stat = sfs_stat,
	.statfs = sfs_statfs,
	.unmount = sfs_unmount,
};

static int mount(struct sfs_fs *x, enum efs_sfs_code *why)
{
	u8 *head = efs_alloc(x->sb, EFS_SFS_HEAD);
	int err;

	if (!head)
		return -ENOMEM;
	*why = EFS_SFS_MAGIC;
	err = x->o.bytes < EFS_SFS_HEAD ? -EINVAL : x->o.read(x->o.ctx, 0, head, EFS_SFS_HEAD);
	if (!err) {
		*why = efs_sfs_parse(head, x->o.bytes, &x->super);
		if (*why == EFS_SFS_MAGIC || *why == EFS_SFS_VERSION)
			err = -EINVAL;
		else if (*why != EFS_SFS_OK)
			err = -EFSCORRUPTED;
	}
	efs_free(head);
	return err ? err : efs_sfs_index_load(x, why);
}

int efs_sfs_new(struct efs_sb *sb, const struct efs_sfs_opts *o, struct efs_fs **out,
		enum efs_sfs_code *why)
{
	struct sfs_fs *x = efs_alloc(sb, sizeof(*x));
	int err;

	if (!x)
		return -ENOMEM;
	x->sb = sb;
	x->o = *o;
	efs_fs_init(&x->fs, &sfs_read_ops, NULL, o->dev);
	efs_spin_init(&x->count_lock);
	err = mount(x, why);
	if (err)
		sfs_free(x);
	else
		*out = &x->fs;
	return err;
}

void efs_sfs_get_info(struct efs_fs *fs, struct efs_sfs_info *info)
{
	const struct sfs_fs *x = sfs_fs(fs);

	info->super = x->super;
	memcpy(info->label, x->label, sizeof(info->label));
	info->made = x->made;
}
