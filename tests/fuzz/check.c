// SPDX-License-Identifier: GPL-2.0
/*
 * A second reader of whole volumes: walks all names from the root, remembers who owns
 * each block, and compares everything an ext2 says twice.
 *
 * It is no e2fsck: a volume whose superblock or maps make no sense ends the walk with an
 * error. But it costs a fraction of a millisecond, so the fuzzers judge each volume with
 * it and ask e2fsck only now and then. It shares the structures with the core, no code.
 *
 * Locks: none.
 */
#include <stdarg.h>
#include <stdio.h>
#include "fuzz.h"

/**
 * struct walk - a volume being read
 * @refs: how many inodes refer to each block as their attribute block
 * @todo: inodes found and not yet read, @n of them
 * @parent: of each inode, the directory that names it
 * @sectors: blocks of the inode being read
 * @lax: what is fine, FUZZ_MAY_
 */
struct walk {
	const u8 *img;
	u64 bytes;
	struct fuzz_map *m;
	const struct efs_dsuper *ds;
	u32 dpb, itable, first_ino, incompat;
	u16 *refs;
	u32 *todo, n, *parent;
	u32 sectors, lax;
};

static bool wrong(struct walk *w, const char *fmt, ...) __printf(2, 3);

/* keeps the first complaint; always false */
static bool wrong(struct walk *w, const char *fmt, ...)
{
	va_list ap;

	if (w->m->error[0])
		return false;
	va_start(ap, fmt);
	vsnprintf(w->m->error, sizeof(w->m->error), fmt, ap);
	va_end(ap);
	return false;
}

static const u8 *block(const struct walk *w, u32 blk)
{
	return w->img + (u64)blk * w->m->block_size;
}

static bool claim(struct walk *w, u32 blk, u32 len, enum fuzz_kind kind)
{
	for (; len; blk++, len--) {
		if (blk < w->m->first || blk >= w->m->blocks)
			return wrong(w, "block %u, kind %d, is outside the volume", blk, kind);
		if (w->m->kind[blk])
			return wrong(w, "block %u, kind %d, is kind %d already", blk, kind,
				     w->m->kind[blk]);
		w->m->kind[blk] = kind;
	}
	return true;
}

/* ---- layout ---- */

static bool is_power(u32 n, u32 base)
{
	while (n > 1 && n % base == 0)
		n /= base;
	return n == 1;
}

static bool has_super(const struct walk *w, u32 g)
{
	const struct efs_dsuper *ds = w->ds;

	if (!g)
		return true;
	if (le32_to_cpu(ds->s_feature_compat) & EFS_COMPAT_SPARSE_SUPER2)
		return g == le32_to_cpu(ds->s_backup_bgs[0]) ||
		       g == le32_to_cpu(ds->s_backup_bgs[1]);
	if (!(le32_to_cpu(ds->s_feature_ro_compat) & EFS_RO_COMPAT_SPARSE_SUPER))
		return true;
	return is_power(g, 3) || is_power(g, 5) || is_power(g, 7);
}

static u32 group_start(const struct walk *w, u32 g)
{
	return w->m->first + g * w->m->bpg;
}

static u32 group_size(const struct walk *w, u32 g)
{
	return min_t(u32, w->m->bpg, w->m->blocks - group_start(w, g));
}

static const struct efs_dgroup *descriptor(const struct walk *w, u32 g)
{
	u32 n = g / w->dpb, blk = w->m->first + 1 + n;

	if (w->incompat & EFS_INCOMPAT_META_BG && n >= le32_to_cpu(w->ds->s_first_meta_bg))
		blk = group_start(w, n * w->dpb) + has_super(w, n * w->dpb);
	return (const struct efs_dgroup *)block(w, blk) + g % w->dpb;
}

static bool claim_group(struct walk *w, u32 g)
{
	const struct efs_dgroup *gd;
	u32 at = group_start(w, g), gdt = (w->m->groups + w->dpb - 1) / w->dpb;
	u32 reserved = le16_to_cpu(w->ds->s_reserved_gdt_blocks);
	bool super = has_super(w, g), meta = false;

	if (w->incompat & EFS_INCOMPAT_META_BG) {
		meta = g / w->dpb >= le32_to_cpu(w->ds->s_first_meta_bg);
		gdt = meta ? (g % w->dpb < 2 || g % w->dpb == w->dpb - 1) :
			     le32_to_cpu(w->ds->s_first_meta_bg);
		reserved = 0;
	}
	if (super && !claim(w, at, 1, FUZZ_SUPER))
		return false;
	at += super;
	if ((super || meta) && (!claim(w, at, gdt, FUZZ_GDT) ||
				!claim(w, at + gdt, super ? reserved : 0, FUZZ_RESERVED)))
		return false;
	gd = descriptor(w, g);
	return claim(w, le32_to_cpu(gd->bg_block_bitmap), 1, FUZZ_BBITMAP) &&
	       claim(w, le32_to_cpu(gd->bg_inode_bitmap), 1, FUZZ_IBITMAP) &&
	       claim(w, le32_to_cpu(gd->bg_inode_table), w->itable, FUZZ_ITABLE);
}

static bool read_super(struct walk *w)
{
	struct fuzz_map *m = w->m;
	const struct efs_dsuper *ds;
	bool rev1;
	u32 g;

	if (w->bytes < 2 * EFS_SUPER_SIZE)
		return wrong(w, "no superblock");
	ds = (const struct efs_dsuper *)(w->img + EFS_SUPER_OFFSET);
	w->ds = ds;
	rev1 = le32_to_cpu(ds->s_rev_level) != 0;
	w->incompat = le32_to_cpu(ds->s_feature_incompat);
	m->block_size = 1024u << (le32_to_cpu(ds->s_log_block_size) & 7);
	m->blocks = le32_to_cpu(ds->s_blocks_count);
	m->inodes = le32_to_cpu(ds->s_inodes_count);
	m->bpg = le32_to_cpu(ds->s_blocks_per_group);
	m->ipg = le32_to_cpu(ds->s_inodes_per_group);
	m->first = le32_to_cpu(ds->s_first_data_block);
	m->inode_size = rev1 ? le16_to_cpu(ds->s_inode_size) : EFS_INODE_SIZE_REV0;
	w->first_ino = rev1 ? le32_to_cpu(ds->s_first_ino) : EFS_FIRST_INO_REV0;
	if (le16_to_cpu(ds->s_magic) != EFS_MAGIC || !m->bpg || !m->ipg || !m->inode_size ||
	    m->inode_size > m->block_size || m->blocks <= m->first ||
	    (u64)m->blocks * m->block_size > w->bytes)
		return wrong(w, "the superblock makes no sense");
	m->groups = (m->blocks - m->first - 1) / m->bpg + 1;
	if ((u64)m->groups * m->ipg != m->inodes)
		return wrong(w, "%u inodes, %u groups of %u", m->inodes, m->groups, m->ipg);
	w->dpb = m->block_size / sizeof(struct efs_dgroup);
	w->itable = (m->ipg * m->inode_size + m->block_size - 1) / m->block_size;
	m->kind = efs_test_zalloc(m->blocks);
	m->links = efs_test_zalloc((m->inodes + 1) * sizeof(m->links[0]));
	w->refs = efs_test_zalloc(m->blocks * sizeof(w->refs[0]));
	w->todo = efs_test_zalloc((m->inodes + 1) * sizeof(w->todo[0]));
	w->parent = efs_test_zalloc((m->inodes + 1) * sizeof(w->parent[0]));
	if (m->inodes >= EFS_ROOT_INO)
		w->parent[EFS_ROOT_INO] = EFS_ROOT_INO;
	for (g = 0; g < m->groups; g++)
		if (!claim_group(w, g))
			return false;
	return true;
}

/* ---- inodes and their maps ---- */

u64 fuzz_inode_at(const struct fuzz_map *m, const u8 *img, u32 ino)
{
	struct walk w = { .img = img, .m = (struct fuzz_map *)m };
	u32 g = (ino - 1) / m->ipg;

	w.ds = (const struct efs_dsuper *)(img + EFS_SUPER_OFFSET);
	w.incompat = le32_to_cpu(w.ds->s_feature_incompat);
	w.dpb = m->block_size / sizeof(struct efs_dgroup);
	return (u64)le32_to_cpu(descriptor(&w, g)->bg_inode_table) * m->block_size +
	       (u64)((ino - 1) % m->ipg) * m->inode_size;
}

static const struct efs_dinode *inode(const struct walk *w, u32 ino)
{
	return (const struct efs_dinode *)(w->img + fuzz_inode_at(w->m, w->img, ino));
}

/* call for each block of a tree: data with its logical number, at depth 0 */
struct visit {
	bool (*data)(struct walk *w, u32 ino, u32 blk, u64 lblk);
	u64 lblk, end;
	u32 ino;
	bool holes;
};

static bool tree(struct walk *w, struct visit *v, u32 ptr, u32 depth)
{
	u32 ptrs = w->m->block_size / 4, i;
	const __le32 *table;
	u64 span = 1;

	for (i = 0; i < depth; i++)
		span *= ptrs;
	if (!ptr) {
		v->holes |= v->lblk < v->end;
		v->lblk += span;
		return true;
	}
	w->sectors += w->m->block_size / 512;
	if (!depth) {
		if (v->lblk >= v->end)
			return wrong(w, "inode %u maps block %llu beyond its end", v->ino, v->lblk);
		return v->data(w, v->ino, ptr, v->lblk++);
	}
	if (!claim(w, ptr, 1, FUZZ_INDIRECT))
		return false;
	table = (const __le32 *)block(w, ptr);
	for (i = 0; i < ptrs; i++)
		if (!tree(w, v, le32_to_cpu(table[i]), depth - 1))
			return false;
	return true;
}

static bool data_block(struct walk *w, u32 ino, u32 blk, u64 lblk)
{
	return claim(w, blk, 1, FUZZ_DATA);
}

static bool link_block(struct walk *w, u32 ino, u32 blk, u64 lblk)
{
	return claim(w, blk, 1, FUZZ_LINK);
}

static bool whole_map(struct walk *w, struct visit *v, const struct efs_dinode *di)
{
	u32 i;

	for (i = 0; i < EFS_NBLOCKS; i++)
		if (!tree(w, v, le32_to_cpu(di->i_block[i]), i < EFS_NDIR ? 0 : i - EFS_NDIR + 1))
			return false;
	return true;
}

static bool attr_block(struct walk *w, u32 ino, const struct efs_dinode *di)
{
	u32 blk = le32_to_cpu(di->i_file_acl);

	if (!blk)
		return true;
	w->sectors += w->m->block_size / 512;
	if (blk < w->m->blocks && w->refs[blk]++)
		return true;
	return claim(w, blk, 1, FUZZ_XATTR);
}

static bool entry(struct walk *w, u32 dir, const struct efs_ddirent *de, bool named);

static bool dir_block(struct walk *w, u32 dir, u32 blk, u64 lblk)
{
	u32 bs = w->m->block_size, off, len, n = 0;
	const u8 *b;

	if (!claim(w, blk, 1, FUZZ_DIR))
		return false;
	b = block(w, blk);
	for (off = 0; off < bs; off += len, n++) {
		const struct efs_ddirent *de = (const struct efs_ddirent *)(b + off);
		bool dot = !lblk && n < 2;

		len = le16_to_cpu(de->rec_len);
		if (bs == 65536 && (len == 65535 || !len))
			len = 65536;
		if (len < EFS_DIRENT_LEN(de->name_len) || len % 4 || len > bs - off)
			return wrong(w, "directory %u: entry at %llu+%u has length %u", dir, lblk,
				     off, len);
		if (dot && (de->name_len != n + 1 || memcmp(de->name, "..", n + 1) ||
			    le32_to_cpu(de->inode) != (n ? w->parent[dir] : dir)))
			return wrong(w, "directory %u: entry %u is not as it must be", dir, n);
		if (de->inode && !entry(w, dir, de, !dot))
			return false;
	}
	return lblk || n > 1 ? true : wrong(w, "directory %u has no '..'", dir);
}

static bool read_inode(struct walk *w, u32 ino)
{
	const struct efs_dinode *di = inode(w, ino);
	u32 bs = w->m->block_size, sectors = le32_to_cpu(di->i_blocks);
	u64 size = le32_to_cpu(di->i_size);
	struct visit v = { .ino = ino, .data = data_block };
	u16 type = le16_to_cpu(di->i_mode) & EFS_S_IFMT;
	bool mapped = true;

	w->sectors = 0;
	if (!attr_block(w, ino, di))
		return false;
	if (di->i_dtime)
		return wrong(w, "inode %u in use has a deletion time", ino);
	switch (type) {
	case EFS_S_IFREG:
		size |= (u64)le32_to_cpu(di->i_size_high) << 32;
		break;
	case EFS_S_IFDIR:
		v.data = dir_block;
		break;
	case EFS_S_IFLNK:
		v.data = link_block;
		mapped = sectors != w->sectors;
		if (!size || size >= (mapped ? bs : 60))
			return wrong(w, "symbolic link %u has %llu bytes", ino, size);
		if (!mapped && strnlen((const char *)di->i_block, 60) != size)
			return wrong(w, "symbolic link %u has no target of %llu bytes", ino, size);
		break;
	case EFS_S_IFCHR:
	case EFS_S_IFBLK:
	case EFS_S_IFIFO:
	case EFS_S_IFSOCK:
		mapped = false;
		break;
	default:
		return wrong(w, "inode %u has mode %o", ino, le16_to_cpu(di->i_mode));
	}
	v.end = (size + bs - 1) / bs;
	if (type == EFS_S_IFREG && w->lax & FUZZ_MAY_EXCEED)
		v.end = size / bs + 1;
	if (mapped && !whole_map(w, &v, di))
		return false;
	if (type == EFS_S_IFDIR && (v.holes || !size || size % bs))
		return wrong(w, "directory %u of %llu bytes%s", ino, size,
			     v.holes ? ", holes" : "");
	if (sectors != w->sectors)
		return wrong(w, "inode %u says %u sectors, has %u", ino, sectors, w->sectors);
	return true;
}

static bool entry(struct walk *w, u32 dir, const struct efs_ddirent *de, bool named)
{
	static const u8 type[16] = {
		[1] = EFS_FT_FIFO, [2] = EFS_FT_CHR, [4] = EFS_FT_DIR, [6] = EFS_FT_BLK,
		[8] = EFS_FT_REG, [10] = EFS_FT_LNK, [12] = EFS_FT_SOCK,
	};
	u32 ino = le32_to_cpu(de->inode);
	const struct efs_dinode *di;
	u8 ftype;

	if (ino > w->m->inodes || (ino < w->first_ino && ino != EFS_ROOT_INO))
		return wrong(w, "directory %u names inode %u", dir, ino);
	di = inode(w, ino);
	ftype = w->incompat & EFS_INCOMPAT_FILETYPE ? type[le16_to_cpu(di->i_mode) >> 12] : 0;
	if (de->file_type != ftype)
		return wrong(w, "inode %u has type %u in directory %u", ino, de->file_type, dir);
	if (named) {
		if (!w->m->links[ino]) {
			w->todo[w->n++] = ino;
			w->parent[ino] = dir;
		} else if ((le16_to_cpu(di->i_mode) & EFS_S_IFMT) == EFS_S_IFDIR) {
			return wrong(w, "directory %u has two names", ino);
		}
	}
	w->m->links[ino]++;
	return true;
}

/* ---- comparison ---- */

static bool bit(const u8 *map, u32 n)
{
	return map[n / 8] >> n % 8 & 1;
}

static bool inode_used(const struct walk *w, u32 ino)
{
	return ino < w->first_ino || w->m->links[ino];
}

static bool compare_group(struct walk *w, u32 g, u32 *blocks, u32 *inodes)
{
	const struct efs_dgroup *gd = descriptor(w, g);
	const u8 *map = block(w, le32_to_cpu(gd->bg_block_bitmap));
	u32 start = group_start(w, g), size = group_size(w, g), i, free = 0, ifree = 0, dirs = 0;
	bool leaks = w->lax & FUZZ_MAY_LEAK;

	for (i = 0; i < size; i++) {
		bool used = w->m->kind[start + i], marked = bit(map, i);

		free += !marked;
		if (used != marked && !(marked && leaks))
			return wrong(w, "block %u, kind %u, is marked %s", start + i,
				     w->m->kind[start + i], marked ? "used" : "free");
	}
	for (; i < 8 * w->m->block_size; i++)
		if (!bit(map, i))
			return wrong(w, "group %u: bit %u behind the blocks is clear", g, i);
	map = block(w, le32_to_cpu(gd->bg_inode_bitmap));
	for (i = 0; i < w->m->ipg; i++) {
		u32 ino = g * w->m->ipg + i + 1;
		bool marked = bit(map, i);

		ifree += !marked;
		if (inode_used(w, ino) != marked && !(marked && leaks))
			return wrong(w, "inode %u, %u links, is marked %s", ino, w->m->links[ino],
				     marked ? "used" : "free");
		dirs += w->m->links[ino] &&
			(le16_to_cpu(inode(w, ino)->i_mode) & EFS_S_IFMT) == EFS_S_IFDIR;
	}
	for (; i < 8 * w->m->block_size; i++)
		if (!bit(map, i))
			return wrong(w, "group %u: bit %u behind the inodes is clear", g, i);
	if (le16_to_cpu(gd->bg_free_blocks_count) != free ||
	    le16_to_cpu(gd->bg_free_inodes_count) != ifree ||
	    (le16_to_cpu(gd->bg_used_dirs_count) != dirs && !leaks))
		return wrong(w, "group %u says %u/%u/%u blocks/inodes free/directories: %u/%u/%u",
			     g, le16_to_cpu(gd->bg_free_blocks_count),
			     le16_to_cpu(gd->bg_free_inodes_count),
			     le16_to_cpu(gd->bg_used_dirs_count), free, ifree, dirs);
	*blocks += free;
	*inodes += ifree;
	return true;
}

static bool compare(struct walk *w)
{
	bool leaks = w->lax & FUZZ_MAY_LEAK;
	u32 blocks = 0, inodes = 0, i;

	for (i = 1; i <= w->m->inodes; i++) {
		u32 n = w->m->links[i];
		u32 says = n ? le16_to_cpu(inode(w, i)->i_links_count) : 0;

		if (says != n && !(says > n && leaks))
			return wrong(w, "inode %u says %u links, has %u", i, says, n);
	}
	for (i = 0; i < w->m->blocks; i++) {
		const struct efs_dxattr_header *h = (const void *)block(w, i);

		if (w->refs[i] && le32_to_cpu(h->h_refcount) != w->refs[i])
			return wrong(w, "attribute block %u says %u users, has %u", i,
				     le32_to_cpu(h->h_refcount), w->refs[i]);
	}
	for (i = 0; i < w->m->groups; i++)
		if (!compare_group(w, i, &blocks, &inodes))
			return false;
	if (le32_to_cpu(w->ds->s_free_blocks_count) != blocks ||
	    le32_to_cpu(w->ds->s_free_inodes_count) != inodes)
		return wrong(w, "superblock says %u free blocks, %u free inodes: %u, %u",
			     le32_to_cpu(w->ds->s_free_blocks_count),
			     le32_to_cpu(w->ds->s_free_inodes_count), blocks, inodes);
	if (!(le16_to_cpu(w->ds->s_state) & EFS_STATE_VALID))
		return wrong(w, "the volume is not marked clean");
	return true;
}

/* what the kernel's own inodes hold: no names lead there */
static bool reserved_inodes(struct walk *w)
{
	static const u8 own[] = { EFS_BAD_INO, 8 /* journal */ };
	struct visit v = { .data = data_block, .end = ~0ull };
	size_t i;
	u32 dind;

	for (i = 0; i < ARRAY_SIZE(own); i++) {
		v.ino = own[i];
		v.lblk = 0;
		if (!whole_map(w, &v, inode(w, own[i])))
			return false;
	}
	/* maps the reserved descriptor blocks, which are claimed by their place */
	dind = le32_to_cpu(inode(w, EFS_RESIZE_INO)->i_block[EFS_DIND]);
	return !dind || claim(w, dind, 1, FUZZ_INDIRECT);
}

bool fuzz_check_image(const u8 *img, u64 bytes, u32 lax, struct fuzz_map *m)
{
	struct walk w = { .img = img, .bytes = bytes, .m = m, .lax = lax };
	bool good;

	memset(m, 0, sizeof(*m));
	good = read_super(&w) && reserved_inodes(&w) && read_inode(&w, EFS_ROOT_INO);
	while (good && w.n)
		good = read_inode(&w, w.todo[--w.n]);
	if (good)
		good = compare(&w);
	efs_test_mfree(w.refs);
	efs_test_mfree(w.todo);
	efs_test_mfree(w.parent);
	return good;
}

void fuzz_map_free(struct fuzz_map *m)
{
	efs_test_mfree(m->kind);
	efs_test_mfree(m->links);
	memset(m, 0, sizeof(*m));
}
