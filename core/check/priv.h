/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the passes of a check share; callers see check.h.
 *
 * Locks: none. One walk is one thread's.
 */
#ifndef EFS_CHECK_PRIV_H
#define EFS_CHECK_PRIV_H

#include "check.h"

/* struct chk_inode.flags */
#define CHK_USED	0x01	/* in use, as pass 1 sees it */
#define CHK_DIR		0x02	/* directory in use */
#define CHK_INDEX	0x04	/* with an index */
#define CHK_IMAGIC	0x08	/* links are not counted */
#define CHK_BROKEN	0x10	/* directory in which something is wrong already */
#define CHK_CLIMBED	0x20	/* pass 3: on the way being looked at */
#define CHK_DONE	0x40	/* pass 3: its way to the root was looked at */

/**
 * struct chk_inode - what is kept of an inode
 * @found: names that lead to it
 * @parent: directories: the one that names it, 0 if none was met
 * @dotdot: directories: what `..` says
 * @says: link count in the inode
 * @type: EFS_FT_ as its mode says
 * @flags: CHK_
 */
struct chk_inode {
	u32 found, parent, dotdot;
	u16 says;
	u8 type, flags;
};

/* struct chk_group.bad: not where it can be, so it is not read */
#define CHK_BAD_BITMAP	0x1
#define CHK_BAD_INODES	0x2
#define CHK_BAD_TABLE	0x4

/**
 * struct chk_group - what is kept of a group
 * @bitmap: where its block bitmap is
 * @inode_bitmap: where its inode bitmap is
 * @table: where its inode table begins
 * @bad: CHK_BAD_
 * @flags: bg_flags
 * @unused: inodes at the end of the table that were never used, says the descriptor
 * @free_blocks: says the descriptor
 * @free_inodes: likewise
 * @used_dirs: likewise
 * @used: a bit for each block in use; NULL: none is
 * @inodes: one for each inode; NULL: none is in use
 */
struct chk_group {
	u32 bitmap, inode_bitmap, table;
	u8 bad;
	u16 flags, unused;
	u16 free_blocks, free_inodes, used_dirs;
	u8 *used;
	struct chk_inode *inodes;
};

/** struct chk_dirblk - a block of a directory */
struct chk_dirblk {
	u32 ino, lblk, blk;
};

#define CHK_DIRBLKS 340		/* of one piece of memory */

struct chk_dirblks {
	struct chk_dirblks *next;
	u32 n;
	struct chk_dirblk blk[CHK_DIRBLKS];
};

/** struct chk_xattr - an attribute block: users it says it has, and those met */
struct chk_xattr {
	u32 blk, says, found;
};

/**
 * struct chk_name - an entry of the directory being looked at
 * @hash: of its name
 * @blk: block of the device it is in
 * @off: where there
 */
struct chk_name {
	u64 hash;
	u32 blk, off;
};

/**
 * struct chk - a walk
 * @sb: for the port
 * @geo: geometry in @sb
 * @ds: the superblock
 * @args: what the caller wants
 * @res: what was found
 * @groups: one for each group
 * @first_blk: pieces of the list of directory blocks, by inode and position
 * @last_blk: the piece that is being filled
 * @dir_blocks: how many there are
 * @xattr: open hash table of attribute blocks
 * @xattr_room: its places, a power of two
 * @xattr_count: places in use
 * @xattr_map: a bit for each four bytes of a block: what attributes cover
 * @names: entries of the directory under way
 * @name_count: how many
 * @name_room: room for so many
 * @low_dtime: a small deletion time is the next inode in a list of orphans
 * @large: a regular file passes 2 GiB
 */
struct chk {
	struct efs_sb *sb;
	const struct efs_geo *geo;
	const struct efs_dsuper *ds;
	const struct efs_check_args *args;
	struct efs_check_found *res;
	struct chk_group *groups;

	struct chk_dirblks *first_blk, *last_blk;
	u64 dir_blocks;
	struct chk_xattr *xattr;
	u32 xattr_room, xattr_count;
	void *xattr_map;
	struct chk_name *names;
	u32 name_count, name_room;
	bool low_dtime, large;
};

/* ---- check.c ---- */

/** chk_tell() - a finding: fills in @p->severity, counts, calls back */
void chk_tell(struct chk *c, struct efs_problem *p);

/** CHK_TELL() - chk_tell() of a code and what designated initialisers follow */
#define CHK_TELL(c, what, ...) \
	chk_tell(c, &(struct efs_problem){ .code = EFS_CHECK_##what, ##__VA_ARGS__ })

/** chk_progress() - Return: 0, -EINTR */
int chk_progress(struct chk *c, u32 pass, u64 done, u64 total);

/** chk_inode() - what is kept of inode @ino, in range; NULL: nothing of its group */
struct chk_inode *chk_inode(const struct chk *c, u32 ino);

/** chk_inode_make() - the same, made if need be; NULL: no memory */
struct chk_inode *chk_inode_make(struct chk *c, u32 ino);

/** chk_in_volume() - can @blk be a block of a file? */
static inline bool chk_in_volume(const struct chk *c, u32 blk)
{
	return blk >= c->geo->first_data_block && blk < c->geo->blocks_count;
}

/** chk_group_of() - group of a block of the volume */
static inline u32 chk_group_of(const struct chk *c, u32 blk)
{
	return (blk - c->geo->first_data_block) / c->geo->blocks_per_group;
}

/** chk_hidden() - does the superblock name @ino for something that has no name? (ext4) */
static inline bool chk_hidden(const struct chk *c, u32 ino, bool quota)
{
	return ino == le32_to_cpu(c->ds->s_prj_quota_inum) ||
	       ino == le32_to_cpu(c->ds->s_orphan_file_inum) ||
	       (quota && (ino == le32_to_cpu(c->ds->s_usr_quota_inum) ||
			  ino == le32_to_cpu(c->ds->s_grp_quota_inum)));
}

/** chk_use() - @blk, in the volume, is in use
 * Return: 0; 1 if it was already; -ENOMEM.
 */
int chk_use(struct chk *c, u32 blk);

/** chk_word() - a le32 at byte @off of @p, aligned to 4 */
static inline u32 chk_word(const void *p, u32 off)
{
	return le32_to_cpu(*(const __le32 *)((const u8 *)p + off));
}

/* ---- super.c ---- */

/** chk_super() - the superblock. Return: 0, or 1 if nothing can be done with it */
int chk_super(struct chk *c);
/** chk_groups() - descriptors: where metadata is, and that it is in use; copies */
int chk_groups(struct chk *c);
/** chk_resize() - the inode that holds descriptor blocks for growth */
int chk_resize(struct chk *c, const struct efs_dinode *di);
/** chk_journal() - the inode of a journal, if the volume says it has one */
int chk_journal(struct chk *c);

/* ---- inode.c, map.c, xattr.c: pass 1 ---- */

int chk_inodes(struct chk *c);

/**
 * struct chk_file - a file whose blocks are being counted
 * @di: the inode
 * @ino: its number
 * @size: i_size with its high half
 * @dir: it is a directory
 * @reg: it is a regular file
 * @blocks: of data, maps and attributes
 * @end: logical block behind the last one
 * @prev: block met before
 * @reserve: of the resize inode: indirect blocks met, which are descriptors in reserve
 * @pieces: it is not in one piece
 * @cut: not all of its map was walked
 */
struct chk_file {
	const struct efs_dinode *di;
	u32 ino;
	u64 size;
	bool dir, reg;
	u64 blocks, end;
	u32 prev, reserve;
	bool pieces, cut;
};

/** chk_map() - walk the block map of a file, claim its blocks, list those of a directory */
int chk_map(struct chk *c, struct chk_file *f);

/** chk_xattr_block() - the attribute block of a file */
int chk_xattr_block(struct chk *c, struct chk_file *f);
/** chk_xattr_body() - attributes in the inode */
void chk_xattr_body(struct chk *c, u32 ino, const struct efs_dinode *di);
/** chk_xattr_counts() - users of attribute blocks, after all inodes were seen */
void chk_xattr_counts(struct chk *c);

/* ---- dir.c, names.c, index.c: pass 2 ---- */

int chk_dirs(struct chk *c);

/** chk_entry_len() - length of the entry at @off of a block; 0: at its end, and if it breaks
 * the chain. Blocks may change under a check: each look at one measures again
 */
u32 chk_entry_len(const struct chk *c, const u8 *data, u32 off);

/** chk_name_add() - remember an entry. Return: 0, -ENOMEM */
int chk_name_add(struct chk *c, u32 blk, u32 off, const u8 *name, u32 len);
/** chk_names() - two entries of one name in directory @ino; forgets them all */
int chk_names(struct chk *c, u32 ino);

/**
 * chk_index() - the index of a directory in which nothing else is wrong
 * @c: the walk
 * @ino: the directory
 * @b: its blocks begin in this piece
 * @at: at this place of it
 * @n: how many, without holes
 *
 * Return: 0, -EIO, -ENOMEM.
 */
int chk_index(struct chk *c, u32 ino, const struct chk_dirblks *b, u32 at, u32 n);

/* ---- hash.c ---- */

/** chk_hash_seed() - the seed that hashes of @ds begin with */
void chk_hash_seed(const struct efs_dsuper *ds, u32 *seed);
/**
 * chk_hash() - where a name belongs in an index
 * @version: 0 legacy, 1 half MD4, 2 TEA
 * @sign: bytes are signed
 * @seed: of chk_hash_seed()
 * @name: bytes of a name
 * @len: how many
 *
 * Return: the hash, its lowest bit 0.
 */
u32 chk_hash(u32 version, bool sign, const u32 *seed, const u8 *name, u32 len);

/* ---- tree.c: passes 3 and 4; bitmap.c: pass 5 ---- */

int chk_tree(struct chk *c);
int chk_links(struct chk *c);
int chk_bitmaps(struct chk *c);

#endif /* EFS_CHECK_PRIV_H */
