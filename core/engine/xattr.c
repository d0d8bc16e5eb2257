// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Extended attributes: in the tail of a large inode, and in one block that inodes with the
 * same attributes may share. The layout is that of core/format/xattr.c.
 *
 * Both places are always read, the tail first. What is set goes into the tail if there is
 * room, and disappears from the block; else the other way round. A power cut may leave a
 * name in both, which then counts for one.
 *
 * Places are validated each time: a hostile volume may use an attribute block as something
 * else, too. So whoever reads one holds its buffer lock, and whoever changes one works on
 * copies.
 *
 * Sharing: blocks that were seen are remembered by hash in sb->ea_cache. To share one is to
 * raise its count of users, which is done under its buffer lock and only while the cache
 * still has that very entry. Who changes or frees a block takes it out of the cache under
 * the same lock first, having seen that it has one user: so nobody shares a block that is
 * about to change. And nobody has even a buffer of one that is freed: who is neither a user
 * of a block nor holds its share_lock does not look at it, and the last user leaves under
 * that lock.
 *
 * Order: new block, or one user more -> ORDER -> inode -> ORDER -> old block, one user less
 * or free. An inode's own block is written over in place.
 *
 * Locks: xattr_lock, share_lock, below them one buffer lock at a time, and below that
 * ea_cache.lock. I/O is done under xattr_lock, which belongs to one inode, and under the
 * share_lock of a block that may be shared: no memory must be had there in a way that could
 * lead back here.
 */
#include "efs.h"

/* ---- the cache ---- */

static u32 cache_set(u32 hash)
{
	return (hash ^ hash >> 16) % EFS_EA_SETS;
}

/* lock held: the way that has it, or EFS_EA_WAYS */
static u32 cache_find(const struct efs_ea_cache *c, u32 hash, u32 blk)
{
	u32 s = cache_set(hash), w;

	for (w = 0; w < EFS_EA_WAYS; w++)
		if (c->set[s][w].hash == hash && c->set[s][w].blk == blk)
			break;
	return w;
}

void efs_ea_cache_init(struct efs_sb *sb)
{
	u32 i;

	efs_spin_init(&sb->ea_cache.lock);
	for (i = 0; i < EFS_EA_SHARES; i++)
		efs_rwsem_init(&sb->ea_cache.share[i].share_lock);
}

static efs_rwsem_t *share_lock(struct efs_sb *sb, u32 blk)
{
	return &sb->ea_cache.share[blk % EFS_EA_SHARES].share_lock;
}

void efs_ea_cache_clear(struct efs_sb *sb)
{
	struct efs_ea_cache *c = &sb->ea_cache;

	efs_spin_lock(&c->lock);
	memset(c->set, 0, sizeof(c->set));
	efs_spin_unlock(&c->lock);
}

/* a valid block was seen, or made; its buffer is locked */
static void cache_add(struct efs_sb *sb, u32 hash, u32 blk)
{
	struct efs_ea_cache *c = &sb->ea_cache;
	u32 s = cache_set(hash), w;

	if (!hash)
		return;
	efs_spin_lock(&c->lock);
	w = cache_find(c, hash, blk);
	if (w == EFS_EA_WAYS) {
		w--;
		c->set[s][w].hash = hash;
		c->set[s][w].blk = blk;
		c->set[s][w].seq = ++c->seq;
	}
	for (; w; w--) {
		u32 h = c->set[s][w].hash, b = c->set[s][w].blk, seq = c->set[s][w].seq;

		c->set[s][w] = c->set[s][w - 1];
		c->set[s][w - 1].hash = h;
		c->set[s][w - 1].blk = b;
		c->set[s][w - 1].seq = seq;
	}
	efs_spin_unlock(&c->lock);
}

static void cache_del(struct efs_sb *sb, u32 hash, u32 blk)
{
	struct efs_ea_cache *c = &sb->ea_cache;
	u32 w;

	efs_spin_lock(&c->lock);
	w = cache_find(c, hash, blk);
	if (w < EFS_EA_WAYS)
		c->set[cache_set(hash)][w].blk = 0;
	efs_spin_unlock(&c->lock);
}

/* way @w of those that may have @hash: a block to look at, 0: none */
static u32 cache_get(struct efs_sb *sb, u32 hash, u32 w, u32 *seq)
{
	struct efs_ea_cache *c = &sb->ea_cache;
	u32 s = cache_set(hash), blk = 0;

	efs_spin_lock(&c->lock);
	if (c->set[s][w].hash == hash) {
		blk = c->set[s][w].blk;
		*seq = c->set[s][w].seq;
	}
	efs_spin_unlock(&c->lock);
	return blk;
}

/* is the entry that was made then still there? */
static bool cache_has(struct efs_sb *sb, u32 hash, u32 blk, u32 seq)
{
	struct efs_ea_cache *c = &sb->ea_cache;
	u32 w;
	bool has;

	efs_spin_lock(&c->lock);
	w = cache_find(c, hash, blk);
	has = w < EFS_EA_WAYS && c->set[cache_set(hash)][w].seq == seq;
	efs_spin_unlock(&c->lock);
	return has;
}

/* ---- the two places ---- */

/* a place being read: its buffer is locked */
struct place {
	struct efs_buf *b;
	struct efs_ea ea;
};

static void place_close(struct place *p)
{
	if (!p->b)
		return;
	efs_buf_unlock(p->b);
	efs_buf_put(p->b);
	p->b = NULL;
}

static int place_bad(struct efs_inode *ei, struct place *p, enum efs_code code, u32 off)
{
	u32 blk = efs_buf_nr(p->b);

	place_close(p);
	return efs_bad(ei->sb, code, ei->ino, blk, off);
}

/* p->b is NULL and the place empty if there is none; @len: bytes of the tail */
static int tail_open(struct efs_inode *ei, struct place *p, u32 *len)
{
	enum efs_code code;
	u8 *tail;
	u32 off;
	int err;

	p->ea = (struct efs_ea){ .base = NULL };
	err = efs_inode_tail(ei, &p->b, &tail, len);
	if (err || !p->b)
		return err;
	code = efs_ea_open_body(tail, *len, &p->ea, &off);
	return code ? place_bad(ei, p, code, off) : 0;
}

static int block_open(struct efs_inode *ei, struct place *p)
{
	struct efs_sb *sb = ei->sb;
	enum efs_code code;
	u32 off;
	int err;

	*p = (struct place){ .b = NULL };
	if (!ei->file_acl)
		return 0;
	err = efs_buf_read(sb, ei->file_acl, &p->b);
	if (err) {
		p->b = NULL;
		return err;
	}
	efs_buf_lock(p->b);
	code = efs_ea_open_block(&sb->geo, efs_buf_data(p->b), &p->ea, &off);
	if (code)
		return place_bad(ei, p, code, off);
	cache_add(sb, le32_to_cpu(efs_ea_head(&p->ea)->h_hash), ei->file_acl);
	return 0;
}

/* ---- reading ---- */

static u32 find(const struct efs_ea *ea, const struct efs_ea_name *name)
{
	return efs_ea_find(ea, name->index, name->rest, name->len);
}

/* 1: it is here, and what is to be said of it was */
static int get_here(const struct efs_ea *ea, const struct efs_ea_name *name, void *buf, size_t size,
		    size_t *done)
{
	u32 pos = find(ea, name), n;
	const u8 *value;

	if (pos == EFS_EA_NONE)
		return 0;
	value = efs_ea_value(ea, pos, &n);
	*done = n;
	if (!size)
		return 1;
	if (n > size)
		return -ERANGE;
	memcpy(buf, value, n);
	return 1;
}

int efs_ea_get(struct efs_inode *ei, const struct efs_ea_name *name, void *buf, size_t size,
	       size_t *done)
{
	struct place p;
	int ret;
	u32 len;

	*done = 0;
	efs_rd_lock(&ei->xattr_lock);
	ret = tail_open(ei, &p, &len);
	if (!ret) {
		ret = get_here(&p.ea, name, buf, size, done);
		place_close(&p);
	}
	if (!ret)
		ret = block_open(ei, &p);
	if (!ret && p.b) {
		ret = get_here(&p.ea, name, buf, size, done);
		place_close(&p);
	}
	efs_rd_unlock(&ei->xattr_lock);
	if (ret > 0)
		return 0;
	return ret ? ret : -ENODATA;
}

/* whole names of a place, but for those that are in @first, too; counts on when full */
static void list_here(const struct efs_ea *ea, const struct efs_ea *first, char *buf, size_t size,
		      size_t *done)
{
	const char *text;
	u32 pos, n;

	for (pos = ea->first; pos < ea->end; pos = efs_ea_next(ea, pos)) {
		const struct efs_dxattr_entry *e = efs_ea_at(ea, pos);

		text = efs_ea_prefix(e->e_name_index, &n);
		if (!text || (first && efs_ea_find(first, e->e_name_index, e->e_name,
						   e->e_name_len) != EFS_EA_NONE))
			continue;
		if (size >= *done && size - *done > n + e->e_name_len) {
			memcpy(buf + *done, text, n);
			memcpy(buf + *done + n, e->e_name, e->e_name_len);
			buf[*done + n + e->e_name_len] = '\0';
		}
		*done += n + e->e_name_len + 1;
	}
}

/* a copy of the tail's attributes, at @mem, of @room bytes; one buffer is locked at a time */
static int tail_copy(struct efs_inode *ei, u8 *mem, struct efs_ea *ea, u32 *len)
{
	struct place p;
	int err = tail_open(ei, &p, len);

	if (err)
		return err;
	efs_ea_new_body(mem, *len, ea);
	if (p.b)
		efs_ea_copy(ea, &p.ea, EFS_EA_NONE);
	place_close(&p);
	return 0;
}

int efs_ea_list(struct efs_inode *ei, char *buf, size_t size, size_t *done)
{
	u8 *mem = efs_alloc(ei->sb, ei->sb->geo.inode_size);
	struct efs_ea tail;
	struct place p;
	int err;
	u32 len;

	*done = 0;
	if (!mem)
		return -ENOMEM;
	efs_rd_lock(&ei->xattr_lock);
	err = tail_copy(ei, mem, &tail, &len);
	if (!err) {
		list_here(&tail, NULL, buf, size, done);
		err = block_open(ei, &p);
	}
	if (!err && p.b) {
		list_here(&p.ea, &tail, buf, size, done);
		place_close(&p);
	}
	efs_rd_unlock(&ei->xattr_lock);
	efs_free(mem);
	if (err)
		return err;
	return size && *done > size ? -ERANGE : 0;
}

/* ---- users of a block ---- */

/* one user less of the block in @b, whose reference is given back */
static int drop(struct efs_sb *sb, u32 ino, struct efs_buf *b)
{
	struct efs_dxattr_header *h = efs_buf_data(b);
	u32 blk = efs_buf_nr(b), users = 0;

	efs_wr_lock(share_lock(sb, blk));
	efs_buf_lock(b);
	if (h->h_magic == cpu_to_le32(EFS_XATTR_MAGIC) && h->h_blocks == cpu_to_le32(1))
		users = le32_to_cpu(h->h_refcount);
	if (users > 1)
		h->h_refcount = cpu_to_le32(users - 1);
	else
		cache_del(sb, le32_to_cpu(h->h_hash), blk);
	efs_buf_unlock(b);

	if (users > 1)
		efs_buf_dirty(sb, NULL, b);
	if (users == 1)
		efs_buf_forget(b);
	else
		efs_buf_put(b);
	efs_wr_unlock(share_lock(sb, blk));
	if (users == 1)
		return efs_bfree(sb, ino, blk, 1);
	return users ? 0 : efs_bad(sb, EFS_C_INO_FILE_ACL, ino, blk, 0);
}

int efs_ea_drop(struct efs_sb *sb, u32 ino, u32 blk)
{
	struct efs_buf *b;
	int err = efs_buf_read(sb, blk, &b);

	return err ? err : drop(sb, ino, b);
}

int efs_ea_sync(struct efs_inode *ei)
{
	struct efs_buf *b;
	int err = 0;

	efs_rd_lock(&ei->xattr_lock);
	if (ei->file_acl) {
		err = efs_buf_read(ei->sb, ei->file_acl, &b);
		if (!err) {
			err = efs_buf_sync(b);
			efs_buf_put(b);
		}
	}
	efs_rd_unlock(&ei->xattr_lock);
	return err;
}

/* the block in @b becomes ours, too, if it is what it was and holds the same as @want */
static bool join(struct efs_sb *sb, struct efs_buf *b, u32 seq, const struct efs_ea *want)
{
	u32 hash = le32_to_cpu(efs_ea_head(want)->h_hash), off, users;
	struct efs_dxattr_header *h = efs_buf_data(b);
	struct efs_ea ea;
	bool ok;

	efs_buf_lock(b);
	ok = cache_has(sb, hash, efs_buf_nr(b), seq) &&
	     !efs_ea_open_block(&sb->geo, h, &ea, &off) && efs_ea_same(&ea, want);
	users = ok ? le32_to_cpu(h->h_refcount) : 0;
	if (ok && users < EFS_XATTR_REFCOUNT_MAX)
		h->h_refcount = cpu_to_le32(users + 1);
	else
		/* full, or not what it was taken for */
		cache_del(sb, hash, efs_buf_nr(b));
	efs_buf_unlock(b);
	return ok && users < EFS_XATTR_REFCOUNT_MAX;
}

/* the same for a block the cache knew a moment ago: a reference, or NULL */
static struct efs_buf *join_block(struct efs_sb *sb, u32 blk, u32 seq, const struct efs_ea *want)
{
	u32 hash = le32_to_cpu(efs_ea_head(want)->h_hash);
	bool joined = false;
	struct efs_buf *b;

	efs_wr_lock(share_lock(sb, blk));
	if (cache_has(sb, hash, blk, seq) && !efs_buf_read(sb, blk, &b)) {
		joined = join(sb, b, seq, want);
		if (joined)
			efs_buf_dirty(sb, NULL, b);
		else
			efs_buf_put(b);
	}
	efs_wr_unlock(share_lock(sb, blk));
	return joined ? b : NULL;
}

/*
 * A block with the attributes of @want that somebody else has, now with one user more and
 * ordered before what follows; NULL if there is none. What cannot be read or written is
 * passed over.
 */
static struct efs_buf *share(struct efs_inode *ei, const struct efs_ea *want)
{
	u32 hash = le32_to_cpu(efs_ea_head(want)->h_hash), w, seq = 0;
	struct efs_sb *sb = ei->sb;
	struct efs_buf *b;

	for (w = 0; hash && w < EFS_EA_WAYS; w++) {
		u32 blk = cache_get(sb, hash, w, &seq);

		b = blk && blk != ei->file_acl ? join_block(sb, blk, seq, want) : NULL;
		if (!b)
			continue;
		if (!efs_order(ei, b))
			return b;
		drop(sb, ei->ino, b);
	}
	return NULL;
}

/* ---- setting ---- */

/*
 * struct change - attributes of an inode, as they are and as they shall be
 * @mem: the bytes of what follows
 * @b: the old block, referenced, so that nothing has to be read again; NULL: none
 * @tail, @block: copies of both places
 * @new_tail, @new_block: what they shall be
 * @tail_len: bytes of the tail
 * @tail_changes, @block_changes: they differ
 * @in_block: what is set is in the block
 * @own: the old block has no other user, and no one will come
 */
struct change {
	struct efs_inode *ei;
	u8 *mem;
	struct efs_buf *b;
	struct efs_ea tail, new_tail, block, new_block;
	u32 tail_len;
	bool tail_changes, block_changes, in_block, own;
};

static u8 *new_tail_mem(const struct change *c)
{
	return c->mem + c->ei->sb->geo.inode_size;
}

static u8 *block_mem(const struct change *c, bool new)
{
	const struct efs_geo *geo = &c->ei->sb->geo;

	return c->mem + 2 * geo->inode_size + (new ? geo->block_size : 0);
}

/* xattr_lock held */
static int change_begin(struct efs_inode *ei, struct change *c)
{
	const struct efs_geo *geo = &ei->sb->geo;
	struct place p;
	u32 off;
	int err;

	*c = (struct change){ .ei = ei };
	c->mem = efs_alloc(ei->sb, 2 * geo->inode_size + 2 * geo->block_size);
	if (!c->mem)
		return -ENOMEM;
	err = tail_copy(ei, c->mem, &c->tail, &c->tail_len);
	efs_ea_new_block(geo, block_mem(c, false), &c->block);
	if (!err)
		err = block_open(ei, &p);
	if (!err && p.b) {
		memcpy(block_mem(c, false), efs_buf_data(p.b), geo->block_size);
		c->b = p.b;
		efs_buf_ref(c->b);
		place_close(&p);
		/* it was found good, and is a copy now */
		efs_ea_open_block(geo, block_mem(c, false), &c->block, &off);
	}
	return err;
}

/* what shall be: 0, -ENODATA, -EEXIST, -ENOSPC */
static int change_plan(struct change *c, const struct efs_ea_name *name, const void *value,
		       u32 size, u32 flags)
{
	u32 t = find(&c->tail, name), b = find(&c->block, name);
	bool there = t != EFS_EA_NONE || b != EFS_EA_NONE, in_tail;

	if (there && flags & EFS_XATTR_CREATE)
		return -EEXIST;
	if (!there && (flags & EFS_XATTR_REPLACE || !value))
		return -ENODATA;
	efs_ea_new_body(new_tail_mem(c), c->tail_len, &c->new_tail);
	efs_ea_copy(&c->new_tail, &c->tail, t);
	efs_ea_new_block(&c->ei->sb->geo, block_mem(c, true), &c->new_block);
	efs_ea_copy(&c->new_block, &c->block, b);
	in_tail = value && efs_ea_put(&c->new_tail, name->index, name->rest, name->len, value,
				      size);
	c->in_block = value && !in_tail;
	if (c->in_block && !efs_ea_put(&c->new_block, name->index, name->rest, name->len, value,
				       size))
		return -ENOSPC;
	efs_ea_seal(&c->new_block);
	c->tail_changes = t != EFS_EA_NONE || in_tail;
	c->block_changes = (b != EFS_EA_NONE || c->in_block) &&
			   (efs_ea_empty(&c->new_block) || !efs_ea_same(&c->block, &c->new_block));
	return 0;
}

/* may the old block be written over? Then nobody can share it from now on. */
static bool claim(struct change *c)
{
	struct efs_dxattr_header *h;

	if (!c->b)
		return false;
	h = efs_buf_data(c->b);
	efs_buf_lock(c->b);
	c->own = h->h_refcount == cpu_to_le32(1);
	if (c->own)
		cache_del(c->ei->sb, le32_to_cpu(h->h_hash), efs_buf_nr(c->b));
	efs_buf_unlock(c->b);
	return c->own;
}

/* write the new block over the one in @b, and order it */
static int fill(struct change *c, struct efs_buf *b)
{
	struct efs_sb *sb = c->ei->sb;

	efs_buf_lock(b);
	memcpy(efs_buf_data(b), c->new_block.base, sb->geo.block_size);
	cache_add(sb, le32_to_cpu(efs_ea_head(&c->new_block)->h_hash), efs_buf_nr(b));
	efs_buf_unlock(b);
	efs_buf_dirty(sb, NULL, b);
	return efs_order(c->ei, b);
}

static int make_block(struct change *c, struct efs_buf **b)
{
	struct efs_inode *ei = c->ei;
	struct efs_sb *sb = ei->sb;
	u32 blk, len;
	int err;

	err = efs_balloc(ei, 0, 1, false, &blk, &len);
	if (err)
		return err;
	err = efs_buf_new(sb, blk, b);
	if (err) {
		efs_bfree(sb, ei->ino, blk, 1);
		return err;
	}
	err = fill(c, *b);
	if (err)
		drop(sb, ei->ino, *b);
	return err;
}

/* the inode's block will be @blk: 0, the old one, or another; its size follows */
static void point(struct efs_inode *ei, u32 blk)
{
	s64 sectors = 1u << (ei->sb->geo.block_bits - 9);

	if (blk && !ei->file_acl)
		efs_i_sectors_add(ei, sectors);
	if (!blk && ei->file_acl)
		efs_i_sectors_add(ei, -min_t(s64, efs_i_sectors(ei), sectors));
	WRITE_ONCE(ei->file_acl, blk);
}

/* where the new block is, or will be, with one user for us; NULL: there will be none */
static int choose_block(struct change *c, struct efs_buf **b)
{
	*b = NULL;
	if (efs_ea_empty(&c->new_block))
		return 0;
	*b = share(c->ei, &c->new_block);
	if (*b)
		return 0;
	if (!claim(c))
		return make_block(c, b);
	*b = c->b;
	return c->in_block ? fill(c, c->b) : 0;
}

/* xattr_lock held; whatever fails before the inode is stored is undone */
static int change_apply(struct change *c)
{
	struct efs_inode *ei = c->ei;
	struct efs_buf *b = c->b;
	bool stored;
	int err;

	if (c->block_changes) {
		err = choose_block(c, &b);
		if (err)
			return err;
	}
	point(ei, b ? efs_buf_nr(b) : 0);
	efs_i_touch(ei, EFS_CTIME);
	err = efs_inode_store_tail(ei, c->tail_changes ? new_tail_mem(c) : NULL, &stored);
	/* it was stored for its order; whoever makes the file durable writes it again */
	efs_i_mark_dirty(ei);
	if (b == c->b) {
		if (!err && c->block_changes && !c->in_block)
			err = fill(c, b);
		return err;
	}
	if (!stored) {
		point(ei, c->b ? efs_buf_nr(c->b) : 0);
		if (b)
			drop(ei->sb, ei->ino, b);
		return err;
	}
	efs_buf_put(b);
	/* if the disk may know either block, both stay: one leaks */
	if (err || !c->b)
		return err;
	b = c->b;
	c->b = NULL;
	return drop(ei->sb, ei->ino, b);
}

int efs_ea_set(struct efs_inode *ei, const struct efs_ea_name *name, const void *value,
	       size_t size, u32 flags)
{
	struct efs_sb *sb = ei->sb;
	struct change c;
	int err = efs_writable(sb);

	if (err)
		return err;
	if (value && size > EFS_XATTR_SIZE_MAX)
		return -E2BIG;
	if (name->len > EFS_NAME_MAX || (value && size > sb->geo.block_size))
		return -ERANGE;
	efs_wr_lock(&ei->xattr_lock);
	err = change_begin(ei, &c);
	if (!err)
		err = change_plan(&c, name, value, (u32)size, flags);
	if (!err && value)
		err = efs_need_ext_attr(sb);
	if (!err)
		err = change_apply(&c);
	efs_wr_unlock(&ei->xattr_lock);
	efs_buf_put(c.b);
	efs_free(c.mem);
	return err;
}
