// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The superblock and the group descriptors: where metadata is, and what else they say.
 *
 * efs_super_parse() decides whether the geometry makes sense; here comes what it lets pass
 * because a mount can live with it, and e2fsck does not. Descriptors are taken from behind
 * the superblock in use. e2fsck turns to the first copy if they are bad; here that is told,
 * and what the bad ones describe is left out.
 *
 * Locks: none.
 */
#include "priv.h"

#define MAX_BLOCKS_PER_GROUP	65528u
#define MAX_DESC_SIZE		1024u
#define MAX_FLEX_LOG		31
#define MIN_EXTRA_SIZE		4

/* all that e2fsprogs 1.47 knows */
#define COMPAT_KNOWN		0x1e3fu
/* features of ext4 that change nothing where they are not used */
#define RO_COMPAT_HARMLESS	(0x0008u | 0x0020u | 0x0040u)

#define BG_INODE_UNINIT		0x1
#define BG_BLOCK_UNINIT		0x2

#define JOURNAL_INO		8
#define JOURNAL_MAGIC		0xc03b3998u
#define JOURNAL_V1		3
#define JOURNAL_V2		4

static bool all_zero(const u8 *p, u32 n)
{
	while (n--)
		if (*p++)
			return false;
	return true;
}

/* ---- the superblock ---- */

/* sizes with which e2fsck refuses to work */
static void values(struct chk *c)
{
	const struct efs_dsuper *ds = c->ds;
	const struct efs_geo *geo = c->geo;
	u32 desc = le16_to_cpu(ds->s_desc_size), bpg = geo->blocks_per_group, i;
	/* as many as fit beside bitmaps, a superblock and a descriptor block */
	u64 inodes = min_t(u64, 65536 - geo->inodes_per_block,
			   (u64)geo->inodes_per_block * (max(bpg, 4u) - 4));
	const struct {
		u32 off;
		u64 have, low, high;
	} v[] = {
		{ offsetof(struct efs_dsuper, s_blocks_per_group), bpg, 8, MAX_BLOCKS_PER_GROUP },
		{ offsetof(struct efs_dsuper, s_frags_per_group),
		  le32_to_cpu(ds->s_frags_per_group), bpg, bpg },
		{ offsetof(struct efs_dsuper, s_inodes_per_group), geo->inodes_per_group, 0,
		  inodes },
		{ offsetof(struct efs_dsuper, s_r_blocks_count),
		  le32_to_cpu(ds->s_r_blocks_count), 0, geo->blocks_count / 2 },
		{ offsetof(struct efs_dsuper, s_reserved_gdt_blocks),
		  le16_to_cpu(ds->s_reserved_gdt_blocks), 0, geo->block_size / 4 },
		/* a power of two, or 0 */
		{ offsetof(struct efs_dsuper, s_desc_size), desc, 0,
		  desc & (desc - 1) ? 0 : MAX_DESC_SIZE },
		{ offsetof(struct efs_dsuper, s_log_groups_per_flex), ds->s_log_groups_per_flex, 0,
		  MAX_FLEX_LOG },
	};

	for (i = 0; i < ARRAY_SIZE(v); i++)
		if (v[i].have < v[i].low || v[i].have > v[i].high)
			CHK_TELL(c, SUPER_VALUE, .off = v[i].off, .have = v[i].have,
				 .want = v[i].high);
}

static void features(struct chk *c, enum efs_code code)
{
	u32 ro = c->geo->ro_compat & ~EFS_RO_COMPAT_SUPP, compat = c->geo->compat & ~COMPAT_KNOWN;

	if (code == EFS_C_SB_REV)
		CHK_TELL(c, SUPER, .why = code, .have = c->geo->rev);
	if (compat || ro & ~RO_COMPAT_HARMLESS)
		CHK_TELL(c, SUPER_FEATURE, .have = compat ? compat : ro,
			 .off = compat ? offsetof(struct efs_dsuper, s_feature_compat) :
					 offsetof(struct efs_dsuper, s_feature_ro_compat));
	if (ro & RO_COMPAT_HARMLESS || code == EFS_C_SB_CREATOR)
		CHK_TELL(c, SUPER_FOREIGN, .have = ro);
}

/* what counts for nothing, yet is not as it should be */
static void remarks(struct chk *c)
{
	const struct efs_dsuper *ds = c->ds;
	u32 sizes[2] = { le16_to_cpu(ds->s_min_extra_isize), le16_to_cpu(ds->s_want_extra_isize) };
	u32 room = c->geo->inode_size - EFS_INODE_SIZE_REV0, i;

	if ((le16_to_cpu(ds->s_state) & (EFS_STATE_VALID | EFS_STATE_ERROR)) != EFS_STATE_VALID)
		CHK_TELL(c, SUPER_STATE, .have = le16_to_cpu(ds->s_state));
	if (ds->s_last_orphan)
		CHK_TELL(c, SUPER_ORPHANS, .have = le32_to_cpu(ds->s_last_orphan));
	if (ds->s_reserved_gdt_blocks && !(c->geo->compat & EFS_COMPAT_RESIZE_INODE))
		CHK_TELL(c, SUPER_RESERVE, .have = le16_to_cpu(ds->s_reserved_gdt_blocks));
	for (i = 0; room && i < ARRAY_SIZE(sizes); i++)
		if (sizes[i] && (sizes[i] < MIN_EXTRA_SIZE || sizes[i] > room || sizes[i] % 4))
			CHK_TELL(c, SUPER_EXTRA_SIZE, .have = sizes[i]);
}

/* small deletion times are times after all where the clock was behind */
static bool clock_sane(const struct chk *c)
{
	const __le32 times[] = { c->ds->s_wtime, c->ds->s_mtime, c->ds->s_mkfs_time };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(times); i++)
		if (times[i] && le32_to_cpu(times[i]) < c->geo->inodes_count)
			return false;
	return true;
}

int chk_super(struct chk *c)
{
	enum efs_code code = efs_super_parse(c->ds, c->args->dev_bytes, &c->sb->geo);

	if (code != EFS_C_OK && !efs_code_readonly(code)) {
		CHK_TELL(c, SUPER, .why = code);
		return 1;
	}
	features(c, code);
	values(c);
	remarks(c);
	c->low_dtime = clock_sane(c);
	return 0;
}

/* ---- where metadata is ---- */

static int use_all(struct chk *c, u32 blk, u32 len, bool *clash)
{
	for (; len; blk++, len--) {
		int err = chk_use(c, blk);

		if (err < 0)
			return err;
		*clash |= err;
	}
	return 0;
}

/* @len blocks at @blk lie in group @g, whose descriptor says so, and are not in use yet */
static int place(struct chk *c, u32 g, u32 blk, u32 len, u8 bad)
{
	static const struct {
		enum efs_check_code code;
		enum efs_code why;
	} what[] = {
		[CHK_BAD_BITMAP] = { EFS_CHECK_GROUP_BITMAP, EFS_C_BG_BLOCK_BITMAP },
		[CHK_BAD_INODES] = { EFS_CHECK_GROUP_INODE_BITMAP, EFS_C_BG_INODE_BITMAP },
		[CHK_BAD_TABLE] = { EFS_CHECK_GROUP_TABLE, EFS_C_BG_INODE_TABLE },
	};
	u32 at = blk - efs_group_first(c->geo, g), size = efs_group_blocks(c->geo, g);
	struct efs_problem p = {
		.code = what[bad].code, .why = what[bad].why, .group = g, .blk = blk,
	};
	bool clash = false;
	int err = 0;

	/* what lies before the group wraps and is too large */
	if (at < size && size - at >= len)
		err = use_all(c, blk, len, &clash);
	else
		clash = true;
	if (clash) {
		c->groups[g].bad |= bad;
		c->res->complete = false;
		chk_tell(c, &p);
	}
	return err;
}

static int one_group(struct chk *c, u32 g, const struct efs_dgroup *gd)
{
	struct chk_group *grp = &c->groups[g];
	int err;

	grp->bitmap = le32_to_cpu(gd->bg_block_bitmap);
	grp->inode_bitmap = le32_to_cpu(gd->bg_inode_bitmap);
	grp->table = le32_to_cpu(gd->bg_inode_table);
	grp->flags = le16_to_cpu(gd->bg_flags);
	/* ext4: number of inodes at the end that were never used, in the first half */
	grp->unused = (u16)le32_to_cpu(gd->bg_reserved[2]);
	grp->free_blocks = le16_to_cpu(gd->bg_free_blocks_count);
	grp->free_inodes = le16_to_cpu(gd->bg_free_inodes_count);
	grp->used_dirs = le16_to_cpu(gd->bg_used_dirs_count);
	if (grp->flags & (BG_INODE_UNINIT | BG_BLOCK_UNINIT) || grp->unused)
		CHK_TELL(c, GROUP_FLAGS, .group = g, .have = grp->flags);

	err = place(c, g, grp->bitmap, 1, CHK_BAD_BITMAP);
	if (!err)
		err = place(c, g, grp->inode_bitmap, 1, CHK_BAD_INODES);
	if (!err)
		err = place(c, g, grp->table, c->geo->itable_blocks, CHK_BAD_TABLE);
	return err;
}

/* superblock and descriptors of all groups first: they are where they must be */
static int bases(struct chk *c)
{
	bool clash = false;
	u32 g;

	for (g = 0; g < c->geo->groups; g++) {
		u32 first = efs_group_first(c->geo, g);
		int err = use_all(c, first, efs_group_base_len(c->geo, g), &clash);

		if (err)
			return err;
	}
	return 0;
}

/* ---- copies ---- */

/* what may not differ between copies; e2fsprogs e2fsck/super.c writes them anew if it does */
static bool super_differs(const struct efs_dsuper *a, const struct efs_dsuper *b)
{
	const __le32 incompat = a->s_feature_incompat ^ b->s_feature_incompat;
	const __le32 ro = (a->s_feature_ro_compat ^ b->s_feature_ro_compat) &
			  cpu_to_le32(~EFS_RO_COMPAT_LARGE_FILE);

	return b->s_magic != a->s_magic || b->s_feature_compat != a->s_feature_compat ||
	       incompat || ro || b->s_blocks_count != a->s_blocks_count ||
	       b->s_inodes_count != a->s_inodes_count || memcmp(a->s_uuid, b->s_uuid, 16);
}

static int super_copy(struct chk *c, u32 g)
{
	struct efs_buf *b;
	int err;

	if (!efs_group_has_super(c->geo, g))
		return 0;
	err = efs_buf_read(c->sb, efs_group_first(c->geo, g), &b);
	if (err)
		return err;
	if (super_differs(c->ds, efs_buf_data(b)))
		CHK_TELL(c, SUPER_COPY, .group = g, .blk = efs_buf_nr(b));
	efs_buf_put(b);
	return 0;
}

/* the copy that a repair would turn to first: positions must be the same there */
static int group_copy(struct chk *c, u32 copy)
{
	const struct efs_geo *geo = c->geo;
	u32 n, i;

	for (n = 0; n < geo->gdt_blocks; n++) {
		u32 g = n * geo->desc_per_block, super = efs_group_first(geo, copy);
		const struct efs_dgroup *gd;
		struct efs_buf *b;
		int err = efs_buf_read(c->sb, efs_gdt_block(geo, super, n), &b);

		if (err)
			return err;
		gd = efs_buf_data(b);
		for (i = 0; i < geo->desc_per_block && g < geo->groups; i++, g++)
			if (le32_to_cpu(gd[i].bg_block_bitmap) != c->groups[g].bitmap ||
			    le32_to_cpu(gd[i].bg_inode_bitmap) != c->groups[g].inode_bitmap ||
			    le32_to_cpu(gd[i].bg_inode_table) != c->groups[g].table)
				CHK_TELL(c, GROUP_COPY, .group = g, .blk = efs_buf_nr(b));
		efs_buf_put(b);
	}
	return 0;
}

static int copies(struct chk *c)
{
	bool first = true;
	u32 g;
	int err = 0;

	for (g = 1; g < c->geo->groups && !err; g++) {
		err = super_copy(c, g);
		if (!err && first && efs_group_has_super(c->geo, g)) {
			err = group_copy(c, g);
			first = false;
		}
	}
	return err;
}

int chk_groups(struct chk *c)
{
	const struct efs_geo *geo = c->geo;
	u32 n, i, g = 0;
	int err;

	err = bases(c);
	for (n = 0; n < geo->gdt_blocks && !err; n++) {
		const struct efs_dgroup *gd;
		struct efs_buf *b;

		err = efs_buf_read(c->sb, efs_gdt_block(geo, geo->first_data_block, n), &b);
		if (err)
			break;
		gd = efs_buf_data(b);
		for (i = 0; i < geo->desc_per_block && g < geo->groups && !err; i++, g++)
			err = one_group(c, g, &gd[i]);
		efs_buf_put(b);
	}
	return err ? err : copies(c);
}

/* ---- inodes that the superblock knows ---- */

/* the block of descriptor @n of the reserve names its copies in all groups that have one */
static int resize_block(struct chk *c, u32 blk, bool *good)
{
	struct efs_buf *b;
	u32 g, at = 0;
	int err = efs_buf_read(c->sb, blk, &b);

	if (err)
		return err;
	for (g = 1; g < c->geo->groups && *good; g++) {
		if (!efs_group_has_super(c->geo, g))
			continue;
		*good = at < c->geo->ptrs &&
			chk_word(efs_buf_data(b), 4 * at) == blk + g * c->geo->blocks_per_group;
		at++;
	}
	efs_buf_put(b);
	return 0;
}

/* as e2fsck does it, a quarter of the reserve is looked at: it divides its count by four */
static int resize_map(struct chk *c, u32 dind, bool *good)
{
	const struct efs_geo *geo = c->geo;
	u32 n = geo->reserved_gdt / 4, blk = geo->first_data_block + 1 + geo->gdt_blocks, i;
	struct efs_buf *b;
	int err = efs_buf_read(c->sb, dind, &b);

	if (err)
		return err;
	for (i = 0; i < n && *good && !err; i++, blk++) {
		*good = chk_word(efs_buf_data(b), (geo->gdt_blocks + i) % geo->ptrs * 4) == blk;
		if (*good)
			err = resize_block(c, blk, good);
	}
	efs_buf_put(b);
	return err;
}

int chk_resize(struct chk *c, const struct efs_dinode *di)
{
	u32 dind = le32_to_cpu(di->i_block[EFS_DIND]), i;
	bool good = true;
	int err = 0;

	if (c->geo->compat & EFS_COMPAT_RESIZE_INODE) {
		good = chk_in_volume(c, dind) && di->i_links_count &&
		       le16_to_cpu(di->i_mode) & EFS_S_IFREG;
		for (i = 0; i < EFS_NBLOCKS; i++)
			good = good && (i == EFS_DIND || !di->i_block[i]);
		if (good)
			err = resize_map(c, dind, &good);
	} else {
		for (i = 0; i < EFS_NBLOCKS; i++)
			good = good && !di->i_block[i];
	}
	if (!good)
		CHK_TELL(c, RESIZE, .ino = EFS_RESIZE_INO);
	return err;
}

static u32 be32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/* the journal's own superblock, in its first block: layout as in linux/jbd2.h */
static int journal_head(struct chk *c, u32 ino, bool *good)
{
	const struct efs_geo *geo = c->geo;
	u32 g = (ino - 1) / geo->inodes_per_group, at = (ino - 1) % geo->inodes_per_group;
	const struct efs_dinode *di;
	struct efs_buf *b;
	u32 blk;
	int err = efs_buf_read(c->sb, c->groups[g].table + at / geo->inodes_per_block, &b);

	if (err)
		return err;
	di = (const void *)((const u8 *)efs_buf_data(b) +
			    (at % geo->inodes_per_block << geo->inode_bits));
	blk = le32_to_cpu(di->i_block[0]);
	*good = chk_in_volume(c, blk) && di->i_links_count &&
		(le16_to_cpu(di->i_mode) & EFS_S_IFMT) == EFS_S_IFREG;
	efs_buf_put(b);
	if (!*good)
		return 0;
	err = efs_buf_read(c->sb, blk, &b);
	if (err)
		return err;
	*good = be32(efs_buf_data(b)) == JOURNAL_MAGIC &&
		(be32((const u8 *)efs_buf_data(b) + 4) == JOURNAL_V1 ||
		 be32((const u8 *)efs_buf_data(b) + 4) == JOURNAL_V2) &&
		be32((const u8 *)efs_buf_data(b) + 12) == geo->block_size;
	efs_buf_put(b);
	return 0;
}

int chk_journal(struct chk *c)
{
	bool has = c->geo->compat & EFS_COMPAT_HAS_JOURNAL;
	u32 ino = le32_to_cpu(c->ds->s_journal_inum);
	bool uuid = !all_zero(c->ds->s_journal_uuid, sizeof(c->ds->s_journal_uuid));
	bool good = false;
	int err = 0;

	if (!has && !ino && !uuid)
		return 0;
	/* one on another device is not looked for */
	if (ino && ino <= c->geo->inodes_count && !uuid &&
	    !(c->groups[(ino - 1) / c->geo->inodes_per_group].bad & CHK_BAD_TABLE))
		err = journal_head(c, ino, &good);
	if (!err && !good)
		CHK_TELL(c, SUPER_JOURNAL, .ino = ino);
	return err;
}
