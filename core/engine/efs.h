/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The engine: whole ext2 algorithms over the port.
 *
 * Locks, outer first; a lock is never taken while one below it is held.
 *
 *   1  s_umount, rename mutex           home   mount state, cross-directory rename
 *   2  i_rwsem parent, then child       home   names, size, direct I/O vs truncate
 *   3  mmap_lock                        home   never copy to user under 4 and below
 *   4  invalidate_lock                  home   truncate vs faults and readahead
 *   5  folio lock                       home   page contents, publish rule
 *   6  ei->xattr_lock     rw sleeps            in-body attributes, file_acl
 *   7  ei->map_lock       rw sleeps            block[], indirect contents, goal; one
 *                                              at a time; I/O and allocation allowed
 *   -  share_lock           sleeps            who counts as user of attribute blocks, by
 *                                              block; one at a time, under 6, not under 7
 *   8  buffer lock           sleeps            multi-word edit vs write-out; one at a
 *                                              time; no efs_buf_read() under it
 *   9  group->lock        spin                 bitmaps, descriptor, summary of a group
 *  10  sb->lock           spin                 state, error record, window list
 *  11  ei->win_lock       spin                 the window of one inode; leaf
 *  12  ea_cache.lock      spin                 attribute blocks to share; leaf
 *
 * Under a spin lock nothing sleeps, reports, or allocates: remember, unlock, report.
 *
 * Preconditions the home keeps (the kernel by the VFS, userspace by its own locks):
 * name operations hold lock 2 of every directory they change, exclusively; lookup and
 * iteration hold it at least shared; an inode passed in stays alive during the call.
 *
 * Errors: 0 or -errno. Corruption is reported once, where it is found, through
 * efs_bad(), and is -EFSCORRUPTED from there on.
 */
#ifndef EFS_ENGINE_H
#define EFS_ENGINE_H

#include "../format/format.h"

/* ---- a doubly linked list, enough for windows ---- */

struct efs_list {
	struct efs_list *next, *prev;
};

static inline void efs_list_init(struct efs_list *l)
{
	l->next = l;
	l->prev = l;
}

static inline bool efs_list_empty(const struct efs_list *l)
{
	return l->next == l;
}

static inline void efs_list_add_tail(struct efs_list *entry, struct efs_list *head)
{
	entry->prev = head->prev;
	entry->next = head;
	head->prev->next = entry;
	head->prev = entry;
}

/** efs_list_del() - unlink; the entry is left initialised, so twice is harmless */
static inline void efs_list_del(struct efs_list *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	efs_list_init(entry);
}

/* ---- structures ---- */

/**
 * struct efs_group - what is kept in memory of one block group
 * @lock: protects everything here but the positions, and the group's bitmaps and descriptor
 * @free_blocks: zero bits of the block bitmap, as in the descriptor
 * @free_inodes: zero bits of the inode bitmap, as in the descriptor
 * @used_dirs: directories, as in the descriptor
 * @first_free: no free block lies below this bit
 * @best_run: no run of free blocks is longer; an upper bound, exact after a full scan
 * @first_free_ino: no free inode lies below this bit
 * @block_bitmap: where that is; constant
 * @inode_bitmap: where that is; constant
 * @inode_table: where it begins; constant
 * @base_len: blocks of superblock copy, descriptors and their reserve at its start
 * @debt: recent directories over files here, for the Orlov allocator
 * @flags: EFS_GROUP_
 */
struct efs_group {
	efs_spin_t lock;
	u32 free_blocks, free_inodes, used_dirs;
	u32 first_free, best_run, first_free_ino;
	u32 block_bitmap, inode_bitmap, inode_table;
	u32 base_len;
	u8 debt;
	u8 flags;
} __efs_cacheline;

#define EFS_GROUP_BAD_BLOCKS	0x01	/* block bitmap is not to be trusted: never allocate */
#define EFS_GROUP_BAD_INODES	0x02

/**
 * struct efs_rep - one report of an inconsistency
 * @code: what is wrong
 * @func: function that found it
 * @line: and the line there
 * @ino: inode concerned, or 0
 * @blk: block concerned, or 0
 * @off: byte, entry or group concerned, or 0
 */
struct efs_rep {
	enum efs_code code;
	const char *func;
	u32 line;
	u32 ino, blk, off;
};

/* efs_sb.state bits; protected by sb->lock, read without it */
#define EFS_SB_RDONLY	0x01	/* mounted read-only: the core refuses to change anything */
#define EFS_SB_ERROR	0x02	/* an inconsistency was found since mount */
#define EFS_SB_SHUTDOWN	0x04	/* errors=remount-ro has struck: no new change is begun */
#define EFS_SB_FORCE_RO	0x08	/* features or creator allow read-only mounts only */
#define EFS_SB_MARKED	0x10	/* s_state on disk says "in use" because of us */
#define EFS_SB_NEVER_VALID 0x20	/* was not clean at mount: unmount must not mark it clean */

/**
 * struct efs_mount_opts - what a mount may ask for
 * @rdonly: change nothing
 * @nouid32: ids of 16 bits
 * @have_resuid: @resuid was given
 * @have_resgid: @resgid was given
 * @errors: EFS_ERRORS_ value, 0: take the volume's
 * @sb_block: superblock in 1 KiB units from the start of the device; normally 1
 * @resuid: user that may use reserved blocks
 * @resgid: group that may use reserved blocks
 */
struct efs_mount_opts {
	bool rdonly;
	bool nouid32;
	bool have_resuid, have_resgid;
	u16 errors;
	u32 sb_block;
	u32 resuid, resgid;
};

#define EFS_EA_SETS	64u
#define EFS_EA_WAYS	4u
#define EFS_EA_SHARES	16u

/**
 * struct efs_ea_cache - attribute blocks that equal inodes may share, by hash
 * @lock: protects what follows; taken under a buffer lock
 * @seq: number of the last entry that was made
 * @set: in each, the one found last comes first and the last one is dropped; @blk 0: free
 * @share: by block: while a block gets a user, or loses one and may become free
 */
struct efs_ea_cache {
	efs_spin_t lock;
	u32 seq;
	struct {
		u32 hash, blk, seq;
	} set[EFS_EA_SETS][EFS_EA_WAYS];
	struct {
		efs_rwsem_t share_lock;
	} share[EFS_EA_SHARES];
};

/**
 * struct efs_sb - a mounted file system
 * @geo: constant after efs_mount()
 * @sbuf: buffer of the superblock in use
 * @ds: its bytes inside @sbuf
 * @sb_blk: block of @sbuf in file system blocks
 * @gdb: the descriptor blocks, geo.gdt_blocks of them, referenced all the time
 * @groups: geo.groups of them
 * @lock: protects @state, the bytes of @ds, @windows
 * @state: EFS_SB_; read without the lock
 * @errors: policy, an EFS_ERRORS_ value
 * @nouid32: ids of 16 bits
 * @resuid: user that may use reserved blocks
 * @resgid: group that may use reserved blocks
 * @hash_seed: of directory indexes
 * @free_blocks: sum over the groups
 * @free_inodes: sum over the groups
 * @dirs: directories, sum over the groups
 * @reserved_windows: blocks in all windows: allocated on disk, free to the user
 * @windows: inodes with a non-empty window, by efs_inode.win_link
 * @ea_cache: attribute blocks that may be shared
 * @port: the home's part
 */
struct efs_sb {
	struct efs_geo geo;
	struct efs_buf *sbuf;
	struct efs_dsuper *ds;
	u32 sb_blk;
	struct efs_buf **gdb;
	struct efs_group *groups;

	efs_spin_t lock;
	u32 state;
	u16 errors;
	bool nouid32;
	u32 resuid, resgid;
	u32 hash_seed[4];

	efs_ctr_t free_blocks, free_inodes, dirs, reserved_windows;
	struct efs_list windows;
	struct efs_ea_cache ea_cache;

	struct efs_sb_port port;
};

/**
 * struct efs_inode - the core's part of an inode in memory; the home embeds it
 * @sb: the mount it belongs to
 * @ino: its number
 * @flags: EFS_FL_ as on disk
 * @generation: as on disk, for file handles
 * @state: EFS_I_; protected by lock 2, or before the inode is visible
 * @dtime: time of deletion; 0 while it lives
 * @file_acl: block of extended attributes, or 0
 * @osd1: carried through unchanged
 * @faddr: carried through unchanged
 * @frag: carried through unchanged
 * @fsize: carried through unchanged
 * @extra_isize: bytes in use behind the first 128
 * @btime: when it was made
 * @xattr_lock: protects attributes in the body, and @file_acl
 * @map_lock: protects @block of regular files and directories, the contents of
 *	indirect blocks, @goal_*
 * @map_seq: changes whenever a mapped block is unmapped
 * @goal_lblk: the next logical block of a sequential writer
 * @goal_pblk: where that should go
 * @block: pointers, device number, or target of a fast link
 * @win_lock: protects @win_start and @win_len
 * @win_used: had a window once, so sb->windows may know it
 * @win_zeroed: the blocks of the window hold zeros (map_lock)
 * @win_start: first block set aside: set in the bitmap, not in the map
 * @win_len: how many blocks are set aside
 * @win_size: how many to set aside next time; grows while the writer is sequential
 * @win_link: in sb->windows
 * @dir_version: changes whenever entries of this directory change (lock 2)
 * @dir_lookup: block where the last lookup succeeded, a hint
 * @dir_room: for each class of need, no block below has room for the largest of it (lock 2)
 * @port: the home's part
 */
struct efs_inode {
	struct efs_sb *sb;
	u32 ino;
	u32 flags;
	u32 generation;
	u32 state;
	u32 dtime;
	u32 file_acl;
	u32 osd1, faddr;
	u8 frag, fsize;
	u16 extra_isize;
	struct efs_time btime;

	efs_rwsem_t xattr_lock;
	efs_rwsem_t map_lock;
	u32 map_seq;
	u32 goal_lblk, goal_pblk;
	__le32 block[EFS_NBLOCKS];

	efs_spin_t win_lock;
	bool win_used, win_zeroed;
	u32 win_start, win_len, win_size;
	struct efs_list win_link;

	u32 dir_version;
	u32 dir_lookup;
	u32 dir_room[4];

	struct efs_inode_port port;
};

#define EFS_I_NEW	0x01	/* slot on disk still holds an older inode */
#define EFS_I_EXPAND	0x02	/* large inode without times: room may be taken at next store */

#define EFS_ATIME	1
#define EFS_MTIME	2
#define EFS_CTIME	4

/* struct efs_ext.flags */
#define EFS_EXT_HOLE	0x1
#define EFS_EXT_MAPPED	0x2
#define EFS_EXT_NEW	0x4	/* allocated by this call: contents on disk are stale */

/**
 * struct efs_ext - a run of a file: @len logical blocks at @lblk lie at @pblk
 * @lblk: first logical block
 * @pblk: 0 for a hole
 * @len: how many
 * @flags: EFS_EXT_
 * @seq: map_seq under which this was true
 */
struct efs_ext {
	u32 lblk, pblk, len, flags, seq;
};

/* ---- errors (error.c) ---- */

/**
 * __efs_bad() - the one funnel for inconsistencies; use efs_bad()
 * @sb: mounted file system
 * @code: what is wrong
 * @ino: inode concerned, or 0
 * @blk: block concerned, or 0
 * @off: byte, entry or group concerned, or 0
 * @func: the caller
 * @line: the line there
 *
 * Records the error in the superblock (never on a read-only mount), applies the
 * errors= policy, reports through the port. Sleeps; no spin lock held.
 * Return: -EFSCORRUPTED.
 */
int __efs_bad(struct efs_sb *sb, enum efs_code code, u32 ino, u32 blk, u32 off,
	      const char *func, u32 line);
#define efs_bad(sb, code, ino, blk, off) \
	__efs_bad(sb, code, ino, blk, off, __func__, __LINE__)

/** efs_writable() - may a change begin? 0 or -EROFS (read-only or shut down) */
static inline int efs_writable(const struct efs_sb *sb)
{
	return READ_ONCE(sb->state) & (EFS_SB_RDONLY | EFS_SB_SHUTDOWN) ? -EROFS : 0;
}

/* ---- mount and superblock life (super.c) ---- */

/**
 * efs_mount() - take a volume into use
 * @sb: zeroed but for @sb->port, which the home has made ready for efs_buf_read() with
 *	@geo->block_size
 * @geo: result of efs_super_parse() on the bytes the home read
 * @o: options
 * @why: on -EINVAL or -EFSCORRUPTED, what was wrong
 *
 * Reads the superblock again through the port and insists that it still says the
 * same; reads and validates all descriptors; builds groups and counters. Marks the
 * volume in use (efs_mark_rw()) unless @o->rdonly. A volume with RO_COMPAT or creator
 * limits gets EFS_SB_FORCE_RO, and -EROFS unless @o->rdonly.
 * On failure everything is released. Sleeps.
 * Return: 0, -EINVAL or -EFSCORRUPTED with @why, -EROFS, -EIO, -ENOMEM.
 */
int efs_mount(struct efs_sb *sb, const struct efs_geo *geo, const struct efs_mount_opts *o,
	      enum efs_code *why);

/** efs_umount() - release everything; the home has evicted all inodes. Marks the volume
 * clean first if it was marked in use, and leaves buffers dirty for the home to write.
 */
void efs_umount(struct efs_sb *sb);

/**
 * efs_mark_rw() - become writable: -EROFS if the volume must not be written
 * @sb: mounted file system
 *
 * Raises the mount count, stamps s_mtime, clears EFS_STATE_VALID on disk, warns about
 * unchecked or erroneous volumes.
 * Return: 0, -EROFS or -EIO.
 */
int efs_mark_rw(struct efs_sb *sb);

/** efs_mark_ro() - give windows back, write the clean state, refuse further changes */
int efs_mark_ro(struct efs_sb *sb);

/** efs_freeze(), efs_thaw() - give windows back and mark clean, and in use again;
 * the home keeps writers away in between.
 */
int efs_freeze(struct efs_sb *sb);
int efs_thaw(struct efs_sb *sb);

/** efs_sync_super() - bring the counters of the superblock up to date
 * @wait: also write it and wait
 */
int efs_sync_super(struct efs_sb *sb, bool wait);

/** efs_set_last_mounted() - remember where the volume is mounted, once per mount */
void efs_set_last_mounted(struct efs_sb *sb, const char *path, u32 len);

/** efs_need_large_file() - the first file passed 2 GiB: set LARGE_FILE (and rev 1) */
int efs_need_large_file(struct efs_sb *sb);

/** efs_need_ext_attr() - the first attribute is set: announce EXT_ATTR (and rev 1) */
int efs_need_ext_attr(struct efs_sb *sb);

/** struct efs_statfs - in blocks and inodes; constant time */
struct efs_statfs {
	u64 blocks;	/* without metadata overhead */
	u64 overhead;
	u64 bfree, bavail;
	u64 files, ffree;
};

void efs_statfs(struct efs_sb *sb, struct efs_statfs *st);

/* ---- groups (group.c) ---- */

/** efs_group_of() - group of a block inside the volume's groups */
static inline u32 efs_group_of(const struct efs_sb *sb, u32 blk)
{
	return (blk - sb->geo.first_data_block) / sb->geo.blocks_per_group;
}

/**
 * efs_data_ok() - may @len blocks at @blk hold file data or indirect blocks?
 * @sb: mounted file system
 * @blk: first block
 * @len: how many; 0 is not ok
 *
 * The system zone check: inside the volume and touching no superblock, descriptor,
 * bitmap or inode table. Constant time per group crossed.
 * Return: true if all of them are outside the metadata of their groups.
 */
bool efs_data_ok(const struct efs_sb *sb, u32 blk, u32 len);

/** efs_group_desc() - descriptor of group @g inside its buffer; @b without a new reference */
struct efs_dgroup *efs_group_desc(struct efs_sb *sb, u32 g, struct efs_buf **b);

/** efs_group_load() - read all descriptors and build sb->groups; code in @why */
int efs_group_load(struct efs_sb *sb, enum efs_code *why);

/**
 * efs_group_reload() - take the counts of all descriptors over again
 * @sb: mounted file system
 *
 * A volume mounted read-only may have been repaired below us; its descriptor buffers
 * show that. Nothing is being allocated or freed meanwhile.
 * Return: 0, or -EROFS if metadata has moved.
 */
int efs_group_reload(struct efs_sb *sb);

/** efs_group_unload() - undo efs_group_load(); harmless after a failed one */
void efs_group_unload(struct efs_sb *sb);

/** efs_block_bitmap(), efs_inode_bitmap() - a group's bitmap, validated when first read
 * Return: 0 and a referenced buffer; -EIO, -ENOMEM, -EFSCORRUPTED (the group is then
 * left alone by the allocators).
 */
int efs_block_bitmap(struct efs_sb *sb, u32 g, struct efs_buf **out);
int efs_inode_bitmap(struct efs_sb *sb, u32 g, struct efs_buf **out);

/* ---- blocks (balloc.c) ---- */

/**
 * efs_balloc() - allocate one run of blocks
 * @ei: for whom; its window is used if @window
 * @goal: preferred first block, 0: the inode's group
 * @want: blocks wanted, at least 1
 * @window: regular data: take from and refill the inode's window
 * @start: first block of the run
 * @len: its length, 1 <= @len <= @want
 *
 * Stays in the group of @goal if @want blocks can be had there in one piece; else looks
 * for a piece of that size in other groups; else takes the longest piece it meets.
 * Bits, descriptor, counters are changed and dirty; i_blocks is not. With @window and
 * efs_i_sync(@ei) the run holds zeros, durably. Windows of other
 * inodes are given back before -ENOSPC is. Reserved blocks only for efs_privileged().
 * With @window called with ei->map_lock for writing (or before @ei is visible). Sleeps.
 * Return: 0, -ENOSPC, -EROFS, -EIO, -ENOMEM.
 */
int efs_balloc(struct efs_inode *ei, u32 goal, u32 want, bool window, u32 *start, u32 *len);

/**
 * efs_bfree() - free a run of blocks of inode @ino
 * @sb: mounted file system
 * @ino: whose blocks they were, for reports
 * @start: first block
 * @len: how many
 *
 * Refuses runs that touch the system zone, and bits that are free already: reported,
 * nothing written there. i_blocks is not changed. Sleeps; no buffer lock held.
 * Return: 0, -EROFS, -EIO, -ENOMEM, -EFSCORRUPTED.
 */
int efs_bfree(struct efs_sb *sb, u32 ino, u32 start, u32 len);

/** efs_window_discard() - give the inode's window back; harmless without one */
void efs_window_discard(struct efs_inode *ei);

/** efs_windows_discard_all() - give every window back; no spin or buffer lock held */
void efs_windows_discard_all(struct efs_sb *sb);

/* ---- inodes (ialloc.c, inode.c) ---- */

/** efs_inode_init() - make a zeroed core inode usable; before load or efs_inode_new() */
void efs_inode_init(struct efs_sb *sb, struct efs_inode *ei);

/**
 * efs_inode_new() - allocate an inode number for a new file
 * @dir: directory it will be born in
 * @mode: type bits decide the policy: Orlov for directories, else near @dir
 * @ei: initialised; gets ino, generation, inherited flags, btime, EFS_I_NEW
 *
 * The bit is set and the counters changed. The home sets the attributes (nlink 0 or 1)
 * and then calls a name operation, or sets nlink 0 and calls efs_evict().
 * Return: 0, -ENOSPC, -EROFS, -EIO, -ENOMEM, -EFSCORRUPTED.
 */
int efs_inode_new(struct efs_inode *dir, u16 mode, struct efs_inode *ei);

/**
 * efs_inode_free() - clear an inode's bit; only when nothing on disk refers to it
 * @sb: mounted file system
 * @ino: its number
 * @dir: it was a directory
 *
 * Return: 0, -EROFS, -EIO, -ENOMEM; -EFSCORRUPTED if reserved, or free already.
 */
int efs_inode_free(struct efs_sb *sb, u32 ino, bool dir);

/**
 * efs_inode_load() - read inode @ino into @ei and, by efs_i_attr_set(), into the home
 * @sb: mounted file system
 * @ino: its number; of a reserved inode the root alone is loaded
 * @stale_ok: a file handle may name a deleted inode: -ESTALE without a report
 * @ei: initialised
 *
 * Validates everything that can be told from the inode and the geometry.
 * Return: 0, -ESTALE (out of range or unused, with @stale_ok), -EIO, -ENOMEM, -EFSCORRUPTED.
 */
int efs_inode_load(struct efs_sb *sb, u32 ino, bool stale_ok, struct efs_inode *ei);

/**
 * efs_inode_ahead() - inode @ino is about to be needed: read its neighbours, too
 * @sb: mounted file system
 * @ino: inode number
 *
 * Starts I/O only at the first slot of a stretch of the table, so that those who go
 * through inodes in order read in large requests and others pay nothing.
 */
void efs_inode_ahead(struct efs_sb *sb, u32 ino);

/**
 * efs_inode_store() - write an inode into its slot of the inode table
 * @ei: the inode
 * @order: mark an ordering point on behalf of this inode, or NULL
 * @wait: write the block now and wait
 *
 * Attributes come from efs_i_attr_get(). Sets LARGE_FILE when needed. Sleeps.
 * Return: 0, -EROFS, -EIO, -ENOMEM.
 */
int efs_inode_store(struct efs_inode *ei, struct efs_inode *order, bool wait);

/**
 * efs_inode_tail() - the bytes of an inode's slot that may hold attributes
 * @ei: the inode, xattr_lock held
 * @b: buffer of the inode table, referenced and locked; NULL if there are none, what an
 *	older inode left not being counted
 * @tail: where they are in it
 * @len: how many bytes there are, or could be if there are none; 0 without room
 *
 * Return: 0, -EIO, -ENOMEM.
 */
int efs_inode_tail(struct efs_inode *ei, struct efs_buf **b, u8 **tail, u32 *len);

/**
 * efs_inode_store_tail() - efs_inode_store(), and the tail together with it
 * @ei: the inode, xattr_lock held for writing
 * @tail: as many bytes as efs_inode_tail() said, or NULL: the tail stays as it is
 * @stored: was the slot changed? Also if then it could not be written
 *
 * An ordering point on behalf of the inode.
 * Return: 0, -EROFS, -EIO, -ENOMEM.
 */
int efs_inode_store_tail(struct efs_inode *ei, const u8 *tail, bool *stored);

/**
 * efs_evict() - an inode without links and users: free its blocks and itself
 * @ei: the inode
 *
 * Order: dtime and cleared map, ORDER, block bits, inode bit. The home has dropped
 * all cached data. After this @ei is only fit to be freed.
 * Return: 0 or the first error; what it concerns is leaked.
 */
int efs_evict(struct efs_inode *ei);

/** efs_inode_release() - the inode leaves memory: give its window back */
void efs_inode_release(struct efs_inode *ei);

/* ---- block map (map.c), truncate (truncate.c), punch (punch.c) ---- */

/**
 * efs_map_way() - indices that lead to logical block @lblk
 * @geo: geometry of the volume
 * @lblk: logical block
 * @idx: up to four: into block[], then into one indirect block after the other
 *
 * Return: how many indirect blocks lie on the way, 0 to 3; -EFBIG.
 */
int efs_map_way(const struct efs_geo *geo, u32 lblk, u32 *idx);

/**
 * efs_map_lookup() - the run that holds logical block @lblk
 * @ei: the inode
 * @lblk: logical block
 * @max: longest run of interest, at least 1
 * @out: HOLE or MAPPED, at least one block, as long as is cheap to tell
 *
 * Takes ei->map_lock shared. A pointer outside the data area is -EFSCORRUPTED.
 * Return: 0, -EFBIG (@lblk beyond what a map can address), -EIO, -ENOMEM, -EFSCORRUPTED.
 */
int efs_map_lookup(struct efs_inode *ei, u32 lblk, u32 max, struct efs_ext *out);

/**
 * efs_map_alloc() - the same, filling a hole
 * @ei: the inode
 * @lblk: logical block
 * @len: longest run to publish, at least 1
 * @want: blocks the caller expects to need in all from @lblk (>= @len): sizes the window
 * @out: MAPPED; with NEW if this call allocated it
 *
 * The caller may publish only what readers cannot see: it holds the folio lock over all
 * of the range and will fill it, or the range lies beyond the size and it holds lock 2.
 * Order: block bits, zeroed indirect blocks, ORDER, one pointer store that publishes.
 * Takes ei->map_lock for writing.
 * Return: 0, -ENOSPC, -EROFS, -EFBIG, -EIO, -ENOMEM, -EFSCORRUPTED.
 */
int efs_map_alloc(struct efs_inode *ei, u32 lblk, u32 len, u32 want, struct efs_ext *out);

/**
 * efs_truncate() - unmap and free everything from logical block @new_blocks on
 * @ei: the inode
 * @new_blocks: logical blocks that stay
 *
 * The home has set the new size (efs_i_size_set()), dropped cached data beyond it and
 * zeroed the tail of the last block; it holds lock 2 and lock 4. Pointers are cleared,
 * ORDER, then bits freed, in bounded chunks. An unreadable indirect block is reported
 * and what hangs below it leaks; the rest goes on.
 * Return: 0 or the first error.
 */
int efs_truncate(struct efs_inode *ei, u32 new_blocks);

/**
 * efs_punch() - unmap and free the logical blocks [@from, @to)
 * @ei: the inode
 * @from: first block
 * @to: behind the last one
 *
 * Indirect blocks that become empty go, too. Size and times are the home's, which has
 * dropped cached data of the range and holds lock 2 and lock 4. Pointers are cleared,
 * ORDER, then bits freed, in bounded chunks; the blocks outside are never touched.
 * Return: 0 or the first error, behind which nothing was done. -EROFS, -EIO, -ENOMEM,
 * -EFSCORRUPTED.
 */
int efs_punch(struct efs_inode *ei, u32 from, u32 to);

/** efs_size_blocks() - logical blocks a size covers; saturates at geo.max_blocks */
static inline u32 efs_size_blocks(const struct efs_sb *sb, u64 size)
{
	u64 n = (size + sb->geo.block_size - 1) >> sb->geo.block_bits;

	return n > sb->geo.max_blocks ? sb->geo.max_blocks : (u32)n;
}

/* ---- directories (dir.c) ---- */

/** struct efs_dirent - one entry as iteration shows it; @name lives in the block */
struct efs_dirent {
	const char *name;
	u32 len;
	u32 ino;
	u8 ftype;	/* EFS_FT_; UNKNOWN on volumes without FILETYPE */
};

/**
 * struct efs_dir_cursor - a walk over a directory
 * @dir: the directory
 * @buf: block the cursor is in, referenced; or NULL
 * @lblk: number of that block in the directory
 * @pos: byte offset of the entry last returned
 * @next: byte offset where the walk goes on
 * @end: size of the directory, which the lock keeps as it was at the start
 */
struct efs_dir_cursor {
	struct efs_inode *dir;
	struct efs_buf *buf;
	u32 lblk;
	u64 pos, next, end;
};

/** efs_name_check() - may a name have this length? -ENOENT (empty), -ENAMETOOLONG */
static inline int efs_name_check(u32 len)
{
	if (len > EFS_NAME_MAX)
		return -ENAMETOOLONG;
	return len ? 0 : -ENOENT;
}

/**
 * efs_dir_lookup() - find a name
 * @dir: the directory
 * @name: bytes of a name, no NUL behind them
 * @len: how many bytes @name has
 * @ino: what the name leads to
 *
 * Lock 2 of @dir at least shared.
 * Return: 0 and the inode number; -ENOENT, -ENAMETOOLONG, -EIO, -ENOMEM, -EFSCORRUPTED.
 */
int efs_dir_lookup(struct efs_inode *dir, const char *name, u32 len, u32 *ino);

/**
 * efs_dir_open() - start or resume a walk
 * @dir: the directory
 * @pos: a position from an earlier walk, 0 for the start
 * @changed: the directory may have changed since @pos was handed out: find the first
 *	entry at or after it that still exists
 * @c: cursor to be made
 */
void efs_dir_open(struct efs_inode *dir, u64 pos, bool changed, struct efs_dir_cursor *c);

/**
 * efs_dir_next() - next entry in use
 * @c: cursor
 * @out: the entry; its name is valid until the next call
 *
 * Return: 1 with @out, 0 at the end, -errno (a bad block is reported and skipped on the
 * next call, so that the rest of the directory stays reachable).
 */
int efs_dir_next(struct efs_dir_cursor *c, struct efs_dirent *out);

void efs_dir_close(struct efs_dir_cursor *c);

/** efs_dir_insert() - add an entry; grows the directory if needed. Lock 2 exclusive.
 * The home or the caller has made sure the name is not there.
 * Return: 0, -ENOSPC, -EFBIG, -EIO, -ENOMEM, -EFSCORRUPTED.
 */
int efs_dir_insert(struct efs_inode *dir, const char *name, u32 len, u32 ino, u16 mode);

/** efs_dir_delete() - remove an entry, which must name @ino. -ENOENT if it is not there */
int efs_dir_delete(struct efs_inode *dir, const char *name, u32 len, u32 ino);

/** efs_dir_replace() - let an existing entry that names @old name @ino instead */
int efs_dir_replace(struct efs_inode *dir, const char *name, u32 len, u32 old, u32 ino, u16 mode);

/** efs_dir_dotdot() - inode number of the parent */
int efs_dir_dotdot(struct efs_inode *dir, u32 *ino);

/** efs_dir_set_dotdot() - the directory has moved */
int efs_dir_set_dotdot(struct efs_inode *dir, u32 parent);

/** efs_dir_empty() - 1 if nothing but `.` and `..` is in it, 0 if not, or -errno */
int efs_dir_empty(struct efs_inode *dir);

/** efs_dir_make() - first block of a new directory, with `.` and `..`; sets its size */
int efs_dir_make(struct efs_inode *dir, u32 parent);

/* ---- name sequences in crash order (namei.c); lock 2 of all directories ---- */

/**
 * efs_namei_create() - name a new inode that is no directory and no symbolic link
 * @dir: the directory
 * @name: bytes of a name, no NUL behind them
 * @len: how many bytes @name has
 * @child: from efs_inode_new(), attributes set by the home, nlink 1
 *
 * Order: inode bit, inode slot, ORDER, entry. On failure the home sets nlink 0 and
 * evicts @child. All name operations: -EROFS, -ENAMETOOLONG, -ENOENT (empty name),
 * -ENOSPC, -EIO, -ENOMEM, -EFSCORRUPTED; nothing half done is left that e2fsck -p does
 * not mend.
 * Return: 0 or one of the errors above.
 */
int efs_namei_create(struct efs_inode *dir, const char *name, u32 len, struct efs_inode *child);

/** efs_namei_mkdir() - sets nlink of @child to 2, raises @dir's. -EMLINK */
int efs_namei_mkdir(struct efs_inode *dir, const char *name, u32 len, struct efs_inode *child);

/** efs_namei_symlink() - @target has @tlen bytes, no NUL inside. -ENAMETOOLONG if >= a block */
int efs_namei_symlink(struct efs_inode *dir, const char *name, u32 len, struct efs_inode *child,
		      const char *target, u32 tlen);

/** efs_namei_link() - one more name for @child, O_TMPFILE files (nlink 0) included. -EMLINK */
int efs_namei_link(struct efs_inode *dir, const char *name, u32 len, struct efs_inode *child);

/** efs_namei_unlink() - entry, ORDER, nlink - 1 */
int efs_namei_unlink(struct efs_inode *dir, const char *name, u32 len, struct efs_inode *child);

/** efs_namei_rmdir() - -ENOTEMPTY; nlink of @child becomes 0, @dir's falls by one */
int efs_namei_rmdir(struct efs_inode *dir, const char *name, u32 len, struct efs_inode *child);

#define EFS_RENAME_NOREPLACE	0x1
#define EFS_RENAME_EXCHANGE	0x2

/**
 * struct efs_rename - arguments of efs_namei_rename()
 * @odir: directory of the old name
 * @ndir: directory of the new name
 * @oname: old name
 * @nname: new name
 * @olen: bytes of @oname
 * @nlen: bytes of @nname
 * @old: inode the old name has now
 * @new: inode the new name has now, NULL if it is free
 * @flags: EFS_RENAME_
 *
 * The caller has excluded moving a directory into itself, and type mismatches.
 */
struct efs_rename {
	struct efs_inode *odir, *ndir;
	const char *oname, *nname;
	u32 olen, nlen;
	struct efs_inode *old, *new;
	u32 flags;
};

/**
 * efs_namei_rename() - order: target nlink + 1, new entry, ORDER, `..`, ORDER, old entry,
 * nlink - 1; an overwrite is one four-byte store. -EEXIST (NOREPLACE), -ENOENT
 * (EXCHANGE), -ENOTEMPTY, -EMLINK, -EINVAL (unknown flag).
 * @r: arguments
 *
 * Return: 0 or one of the errors above.
 */
int efs_namei_rename(const struct efs_rename *r);

/**
 * efs_symlink_read() - target of a symbolic link, NUL-terminated
 * @ei: the inode
 * @buf: gets the target and a NUL
 * @size: of @buf, at least efs_i_size() + 1, or -ERANGE
 *
 * Return: 0, -ERANGE, -EIO, -ENOMEM, -EFSCORRUPTED.
 */
int efs_symlink_read(struct efs_inode *ei, char *buf, u32 size);

/**
 * efs_symlink_write() - give a new symbolic link its target and its size
 * @ei: a new symbolic link
 * @dir: where it will be named, on whose behalf the operation runs
 * @target: @tlen bytes, no NUL inside; copied into the inode if they fit there with a
 *	NUL, else into one block, which is ordered before the inode
 * @tlen: bytes of @target
 *
 * Return: 0, -ENOENT (empty), -ENAMETOOLONG (does not fit a block with a NUL), -ENOSPC,
 * -EIO, -ENOMEM.
 */
int efs_symlink_write(struct efs_inode *ei, struct efs_inode *dir, const char *target, u32 tlen);

/** efs_symlink_is_fast() - is the target inside the inode? */
bool efs_symlink_is_fast(const struct efs_inode *ei);

/* ---- extended attributes (xattr.c) ---- */

/* flags of efs_ea_set() */
#define EFS_XATTR_CREATE	0x1	/* -EEXIST if it is there */
#define EFS_XATTR_REPLACE	0x2	/* -ENODATA if it is not */

#define EFS_XATTR_SIZE_MAX	65536u	/* of a value, as Linux has it */

/**
 * struct efs_ea_name - name of an attribute
 * @index: EFS_EA_, for its prefix
 * @len: bytes of @rest
 * @rest: what comes behind the prefix
 */
struct efs_ea_name {
	u8 index;
	u32 len;
	const char *rest;
};

/**
 * efs_ea_get() - value of an attribute
 * @ei: the inode
 * @name: its name
 * @buf: room for @size bytes
 * @size: 0: only tell the length
 * @done: length of the value
 *
 * Takes xattr_lock shared. An inode's own tail comes before its block.
 * Return: 0, -ENODATA, -ERANGE (with @done), -EIO, -ENOMEM, -EFSCORRUPTED.
 */
int efs_ea_get(struct efs_inode *ei, const struct efs_ea_name *name, void *buf, size_t size,
	       size_t *done);

/**
 * efs_ea_list() - whole names of all attributes, each with a NUL behind it
 * @ei: the inode
 * @buf: room for @size bytes
 * @size: 0: only tell the length
 * @done: length of all
 *
 * Takes xattr_lock shared. Names whose prefix has no text are left out.
 * Return: 0, -ERANGE, -EIO, -ENOMEM, -EFSCORRUPTED.
 */
int efs_ea_list(struct efs_inode *ei, char *buf, size_t size, size_t *done);

/**
 * efs_ea_set() - set, replace or remove an attribute
 * @ei: the inode; may still be without a name
 * @name: its name
 * @value: @size bytes; NULL: remove it
 * @size: bytes of @value
 * @flags: EFS_XATTR_CREATE or EFS_XATTR_REPLACE, or neither
 *
 * Goes into the inode's tail if there is room, else into its block, which inodes with the
 * same attributes share. Takes xattr_lock for writing; lock 2 is held exclusively.
 * Order: new block, ORDER, inode, ORDER, old block one user less or free. An inode's own
 * block is overwritten, before the inode if the attribute is in it from now on, else after:
 * what moves is twice there for a while, never not at all.
 * Return: 0, -ENODATA, -EEXIST, -ERANGE (name over 255 bytes, or value over a block),
 * -E2BIG (value over EFS_XATTR_SIZE_MAX), -ENOSPC (volume, or the block, is full), -EROFS,
 * -EIO, -ENOMEM, -EFSCORRUPTED. Nothing has changed then; but after -EIO it may have.
 */
int efs_ea_set(struct efs_inode *ei, const struct efs_ea_name *name, const void *value,
	       size_t size, u32 flags);

/**
 * efs_ea_drop() - an attribute block has one user less; the last one frees it
 * @sb: mounted file system
 * @ino: who used it, and refers to it no more, on disk either
 * @blk: the block, a valid position
 *
 * Sleeps; no buffer lock held.
 * Return: 0, -EROFS, -EIO, -ENOMEM; -EFSCORRUPTED: it is none, or has no users.
 */
int efs_ea_drop(struct efs_sb *sb, u32 ino, u32 blk);

/**
 * efs_ea_sync() - write the attribute block of an inode, if it is dirty, and wait
 * @ei: the inode
 *
 * For an fsync, before the inode: a shared block belongs to no inode, so efs_buf_dirty() was
 * told of no owner. Takes xattr_lock shared.
 * Return: 0, -EIO, -ENOMEM.
 */
int efs_ea_sync(struct efs_inode *ei);

/** efs_ea_cache_init() - of a zeroed volume that is being mounted */
void efs_ea_cache_init(struct efs_sb *sb);

/** efs_ea_cache_clear() - the volume becomes writable again: who knows what e2fsck has done */
void efs_ea_cache_clear(struct efs_sb *sb);

static inline bool efs_is_dir(const struct efs_inode *ei);
static inline bool efs_is_reg(const struct efs_inode *ei);

#include "efs_port_ops.h"

static inline bool efs_is_dir(const struct efs_inode *ei)
{
	return (efs_i_mode(ei) & EFS_S_IFMT) == EFS_S_IFDIR;
}

static inline bool efs_is_reg(const struct efs_inode *ei)
{
	return (efs_i_mode(ei) & EFS_S_IFMT) == EFS_S_IFREG;
}

#endif /* EFS_ENGINE_H */
