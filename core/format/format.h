/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The pure layer: bytes in, verdict out.
 *
 * No function here allocates, sleeps, locks, logs, or knows a mounted file system.
 * Bytes that come from a disk are hostile: each function says what it validated.
 */
#ifndef EFS_FORMAT_H
#define EFS_FORMAT_H

#include "ondisk.h"
#include "codes.h"

/* ---- superblock and geometry (super.c) ---- */

/**
 * struct efs_geo - what a valid superblock says; constant while mounted
 * @rev: revision, 0 or 1
 * @creator: system that made it
 * @compat: feature bits anyone may ignore
 * @incompat: feature bits nobody may ignore
 * @ro_compat: feature bits that matter to writers
 * @block_size: in bytes
 * @block_bits: logarithm of @block_size
 * @blocks_count: blocks of the volume, counted from block 0
 * @first_data_block: 1 with 1 KiB blocks, else 0; where group 0 begins
 * @r_blocks: kept for the privileged
 * @blocks_per_group: of all groups but the last one
 * @inodes_per_group: of all groups
 * @inodes_count: number of the last inode
 * @first_ino: first inode that is not reserved
 * @inode_size: bytes of a slot in the inode table
 * @inode_bits: logarithm of @inode_size
 * @inodes_per_block: slots in one block
 * @itable_blocks: inode table blocks of a group
 * @groups: how many
 * @desc_per_block: group descriptors in one block
 * @gdt_blocks: descriptor blocks in all (without META_BG: at each superblock copy)
 * @reserved_gdt: blocks kept free after the descriptors for growth
 * @first_meta_bg: META_BG: first meta group whose descriptors are spread
 * @backup_bgs: SPARSE_SUPER2: the groups that hold a superblock copy; 0: none
 * @ptrs: block pointers in one block; @ptrs_bits its logarithm
 * @ptrs_bits: logarithm of @ptrs
 * @max_blocks: logical blocks a file's map can address, at most 2^32 - 1
 * @max_size: largest size in bytes of a regular file
 * @overhead: blocks of metadata that all groups have, for statfs
 */
struct efs_geo {
	u32 rev;
	u32 creator;
	u32 compat, incompat, ro_compat;
	u32 block_size, block_bits;
	u32 blocks_count, first_data_block, r_blocks;
	u32 blocks_per_group, inodes_per_group;
	u32 inodes_count, first_ino;
	u32 inode_size, inode_bits, inodes_per_block;
	u32 itable_blocks;
	u32 groups;
	u32 desc_per_block, gdt_blocks, reserved_gdt, first_meta_bg;
	u32 backup_bgs[2];
	u32 ptrs, ptrs_bits;
	u32 max_blocks;
	u64 max_size;
	u32 overhead;
};

/**
 * efs_super_parse() - validate a superblock and derive the geometry
 * @ds: 1024 bytes from the disk
 * @dev_bytes: size of the device, 0 if not known
 * @geo: filled in on success and for the codes of efs_code_readonly()
 *
 * Feature words count in every revision, as in linux/fs/ext2/super.c: revision 0
 * volumes with features exist.
 * Return: EFS_C_OK; a code of efs_code_readonly() when the volume is sound but must
 * not be written; any other code when it must not be mounted.
 */
enum efs_code efs_super_parse(const struct efs_dsuper *ds, u64 dev_bytes, struct efs_geo *geo);

/** efs_code_readonly() - does this verdict of efs_super_parse() allow reading? */
static inline bool efs_code_readonly(enum efs_code code)
{
	return code == EFS_C_SB_RO_COMPAT || code == EFS_C_SB_CREATOR || code == EFS_C_SB_REV;
}

/** efs_feature_name() - name of one feature bit, NULL if it has none we know.
 * @word: 'c' compatible, 'i' incompatible, 'r' read-only compatible
 */
const char *efs_feature_name(char word, u32 bit);

/** efs_group_has_super() - does group @g hold a copy of the superblock? */
bool efs_group_has_super(const struct efs_geo *geo, u32 g);

/** efs_group_first() - first block of group @g */
static inline u32 efs_group_first(const struct efs_geo *geo, u32 g)
{
	return geo->first_data_block + g * geo->blocks_per_group;
}

/** efs_group_blocks() - blocks of group @g; the last one may be short */
static inline u32 efs_group_blocks(const struct efs_geo *geo, u32 g)
{
	return g + 1 < geo->groups ? geo->blocks_per_group :
				     geo->blocks_count - efs_group_first(geo, g);
}

/** efs_gdt_block() - block that holds descriptor block @n (0 .. gdt_blocks - 1)
 * @sb_block: block of the superblock in use (its group's copies are used)
 */
u32 efs_gdt_block(const struct efs_geo *geo, u32 sb_block, u32 n);

/**
 * efs_group_base_len() - superblock copy, descriptors and their reserve at the
 * start of group @g, in blocks; 0 if the group has none
 * @geo: geometry of the volume
 * @g: number of the group
 *
 * Return: blocks.
 */
u32 efs_group_base_len(const struct efs_geo *geo, u32 g);

/**
 * efs_group_check() - validate the positions in a descriptor
 * @geo: geometry of the volume
 * @g: number of the group
 * @gd: its descriptor
 *
 * Bitmaps and inode table must lie in group @g, after its superblock and descriptor
 * blocks, and must not touch each other; counts must fit the group.
 * Return: EFS_C_OK or an EFS_C_BG_ code.
 */
enum efs_code efs_group_check(const struct efs_geo *geo, u32 g, const struct efs_dgroup *gd);

/* ---- bitmaps, little-endian bit order (bitmap.c); sizes in bits ---- */

bool efs_bit_test(const void *map, u32 bit);
/** efs_bits_set(), efs_bits_clear() - change @len bits at @bit */
void efs_bits_set(void *map, u32 bit, u32 len);
void efs_bits_clear(void *map, u32 bit, u32 len);
/** efs_bits_find() - first bit of value @val in [@from, @size), or @size */
u32 efs_bits_find(const void *map, u32 size, u32 from, bool val);
/** efs_bits_count_free() - zero bits in [0, @size) */
u32 efs_bits_count_free(const void *map, u32 size);
/** efs_bits_all() - are all @len bits at @bit equal to @val? */
bool efs_bits_all(const void *map, u32 bit, u32 len, bool val);
/**
 * efs_bits_find_run() - a run of zero bits in [@from, @size)
 * @map: the bitmap
 * @size: its bits
 * @from: first bit that is looked at
 * @want: longest useful run
 * @run: length found, at most @want; 0 if there is no zero bit
 *
 * Return: the start of the first run of @want bits, else of the longest one.
 */
u32 efs_bits_find_run(const void *map, u32 size, u32 from, u32 want, u32 *run);

/* ---- inodes (inode.c) ---- */

struct efs_time {
	s64 sec;
	u32 nsec;
};

/**
 * struct efs_attr - attributes a home's inode owns, on their way from or to disk
 * @size: bytes
 * @sectors: allocated space in units of 512 bytes, indirect and attribute blocks included
 * @uid: owner
 * @gid: group of the owner
 * @nlink: links
 * @mode: type and permissions
 * @atime: last access
 * @mtime: last change of contents
 * @ctime: last change of anything
 */
struct efs_attr {
	u64 size;
	u64 sectors;
	u32 uid, gid;
	u32 nlink;
	u16 mode;
	struct efs_time atime, mtime, ctime;
};

/**
 * struct efs_iraw - the rest of a decoded inode, owned by the core
 * @flags: EFS_FL_
 * @generation: for file handles
 * @dtime: time of deletion
 * @file_acl: block of extended attributes, or 0
 * @osd1: carried through unchanged
 * @faddr: carried through unchanged
 * @frag: carried through unchanged
 * @fsize: carried through unchanged
 * @extra_isize: bytes used after the first 128; 0 if the inode has no room for times
 * @btime: when it was made
 * @block: pointers, device number, or target of a fast link
 */
struct efs_iraw {
	u32 flags, generation, dtime, file_acl, osd1, faddr;
	u8  frag, fsize;
	u16 extra_isize;
	struct efs_time btime;
	__le32 block[EFS_NBLOCKS];
};

/**
 * efs_inode_decode() - validate and decode an inode
 * @geo: geometry of the volume
 * @di: @geo->inode_size bytes
 * @nouid32: ids have 16 bits
 * @attr: the home's part of the result
 * @raw: the core's part of the result
 *
 * Checks what is knowable from the inode alone: extra size, type, size. An unused
 * slot (mode 0) decodes without complaint: the caller looks at mode and nlink.
 * Return: EFS_C_OK or an EFS_C_INO_ code.
 */
enum efs_code efs_inode_decode(const struct efs_geo *geo, const void *di, bool nouid32,
			       struct efs_attr *attr, struct efs_iraw *raw);

/**
 * efs_inode_expandable() - may extra_isize become EFS_EXTRA_ISIZE at the next encoding?
 * @geo: geometry of the volume
 * @di: a slot that efs_inode_decode() accepted
 *
 * True for a large inode that has no room for its times and no attributes in its tail:
 * so does in-tree ext2 leave inodes. Growing is how they survive 2038.
 * Return: true if there is room.
 */
bool efs_inode_expandable(const struct efs_geo *geo, const void *di);

/**
 * efs_inode_encode() - write attributes into an inode slot
 * @geo: geometry of the volume
 * @di: @geo->inode_size bytes; everything not decoded above is kept, except that the
 *	tail is cleared from where it was in use if @raw->extra_isize is larger now
 * @nouid32: ids have 16 bits
 * @fresh: the slot belongs to a new inode: clear it first
 * @attr: what the home says
 * @raw: what the core says
 *
 * Times the slot cannot hold are clamped; high halves of ids are zero in a deleted inode
 * (@raw->dtime) and with @nouid32.
 */
void efs_inode_encode(const struct efs_geo *geo, void *di, bool nouid32, bool fresh,
		      const struct efs_attr *attr, const struct efs_iraw *raw);

/** efs_time_max() - last second a volume can store: 2446 with large inodes, else 2038 */
s64 efs_time_max(const struct efs_geo *geo);
#define EFS_TIME_MIN (-0x80000000ll)	/* 1901 */

/** efs_dev_encode(), efs_dev_decode() - device numbers in block[0], block[1]
 * Old 8:8 encoding in block[0] if both fit, else 12:20 in block[1].
 */
void efs_dev_encode(__le32 *block, u32 major, u32 minor);
void efs_dev_decode(const __le32 *block, u32 *major, u32 *minor);

/** efs_mode_ftype(), efs_ftype_mode() - between mode and directory entry type */
u8 efs_mode_ftype(u16 mode);
u16 efs_ftype_mode(u8 ftype);

/* ---- directory blocks (dirent.c) ---- */

/** efs_rec_len(), efs_rec_len_set() - decode and encode rec_len; 64 KiB blocks included */
static inline u32 efs_rec_len(const struct efs_ddirent *de, u32 block_size)
{
	u32 len = le16_to_cpu(READ_ONCE(de->rec_len));

	if (block_size < 65536)
		return len;
	if (len == 65535 || len == 0)
		return 65536;
	return (len & 65532) | ((len & 3) << 16);
}

static inline void efs_rec_len_set(struct efs_ddirent *de, u32 len, u32 block_size)
{
	if (block_size >= 65536 && len >= 65536)
		len = 65535;
	de->rec_len = cpu_to_le16(len);
}

/**
 * efs_dirent_check() - validate one directory block as a whole
 * @geo: geometry of the volume
 * @blk: @geo->block_size bytes
 * @first: the directory's first block: `.` and `..` are expected in their places
 * @self: inode number `.` must have if @first
 * @off: byte offset of the offending entry
 *
 * After EFS_C_OK the other functions may walk the block without further checks.
 * Return: EFS_C_OK, or an EFS_C_DIRENT_ or EFS_C_DIR_ code.
 */
enum efs_code efs_dirent_check(const struct efs_geo *geo, const void *blk, bool first, u32 self,
			       u32 *off);

/**
 * efs_dirent_find() - find a name in a validated block
 * @geo: geometry of the volume
 * @blk: @geo->block_size bytes
 * @name: bytes of a name, no NUL behind them
 * @len: how many bytes @name has
 * @prev: offset of the entry before the one found, or equal to the result if it is
 *	the first of the block; may be NULL
 *
 * Return: offset of the entry, or @geo->block_size if there is none.
 */
u32 efs_dirent_find(const struct efs_geo *geo, const void *blk, const char *name, u32 len,
		    u32 *prev);

/**
 * efs_dirent_room() - first entry of a validated block with @need spare bytes
 * @geo: geometry of the volume
 * @blk: @geo->block_size bytes
 * @need: EFS_DIRENT_LEN() of the new name
 * @max_gap: largest spare space seen in the block; exact when nothing was found
 *
 * Return: offset of the entry to split or reuse, or block_size.
 */
u32 efs_dirent_room(const struct efs_geo *geo, const void *blk, u32 need, u32 *max_gap);

/** efs_dirent_insert() - put a name where efs_dirent_room() found room */
void efs_dirent_insert(const struct efs_geo *geo, void *blk, u32 off, const char *name, u32 len,
		       u32 ino, u8 ftype);

/**
 * efs_dirent_delete() - remove the entry at @off
 * @geo: geometry of the volume
 * @blk: @geo->block_size bytes
 * @off: where the entry is
 * @prev: as efs_dirent_find() reported; merged into it, or emptied if first
 *
 * Return: spare bytes now at that place.
 */
u32 efs_dirent_delete(const struct efs_geo *geo, void *blk, u32 off, u32 prev);

/** efs_dirent_set() - one four-byte store: the entry now names another inode */
void efs_dirent_set(const struct efs_geo *geo, void *blk, u32 off, u32 ino, u8 ftype);

/** efs_dirent_init() - make an empty block; with `.` and `..` if @self is not 0 */
void efs_dirent_init(const struct efs_geo *geo, void *blk, u32 self, u32 parent);

/** efs_dirent_is_empty() - nothing but `.` and `..`? @first as in efs_dirent_check() */
bool efs_dirent_is_empty(const struct efs_geo *geo, const void *blk, bool first);

/* ---- extended attributes (xattr.c) ---- */

/**
 * struct efs_ea - the attributes in one place: a block, or the tail of an inode
 * @base: what offsets of values count from
 * @size: bytes from there to the end of the place; 0: there is no room for any
 * @first: offset of the first entry
 * @end: offset of the zero word behind the last entry
 * @low: values lie from here on
 * @block: it is a block: entries have hashes
 */
struct efs_ea {
	u8 *base;
	u32 size, first, end, low;
	bool block;
};

#define EFS_EA_NONE	0xffffffffu	/* no such entry */

/**
 * efs_ea_open_block() - validate an attribute block as a whole
 * @geo: geometry of the volume
 * @blk: @geo->block_size bytes
 * @ea: the result
 * @off: byte offset of the offending entry
 *
 * Checks head, names, and that no value lies in the names, in another value, or outside;
 * that no name is there twice, and each hash, which old kernels made of signed characters.
 * Entries may be in any order: a block is searched to its end, as e2fsck does.
 * Return: EFS_C_OK or an EFS_C_XATTR_ code.
 */
enum efs_code efs_ea_open_block(const struct efs_geo *geo, void *blk, struct efs_ea *ea, u32 *off);

/**
 * efs_ea_open_body() - the same for the tail of an inode
 * @tail: the bytes behind i_extra_isize
 * @len: how many
 * @ea: the result; empty if the tail does not begin with the magic number
 * @off: byte offset of the offending entry in @tail
 *
 * A hash of 0 is none.
 * Return: EFS_C_OK or an EFS_C_XATTR_ code.
 */
enum efs_code efs_ea_open_body(void *tail, u32 len, struct efs_ea *ea, u32 *off);

/** efs_ea_new_block(), efs_ea_new_body() - make the place empty; the block has one user */
void efs_ea_new_block(const struct efs_geo *geo, void *blk, struct efs_ea *ea);
void efs_ea_new_body(void *tail, u32 len, struct efs_ea *ea);

/* of a valid place; offsets from @first to @end, or EFS_EA_NONE */

static inline bool efs_ea_empty(const struct efs_ea *ea)
{
	return ea->first == ea->end;
}

static inline const struct efs_dxattr_entry *efs_ea_at(const struct efs_ea *ea, u32 pos)
{
	return (const struct efs_dxattr_entry *)(ea->base + pos);
}

static inline u32 efs_ea_next(const struct efs_ea *ea, u32 pos)
{
	return pos + EFS_XATTR_LEN(efs_ea_at(ea, pos)->e_name_len);
}

/** efs_ea_value() - the bytes of a value; @size: how many */
static inline const u8 *efs_ea_value(const struct efs_ea *ea, u32 pos, u32 *size)
{
	*size = le32_to_cpu(efs_ea_at(ea, pos)->e_value_size);
	return *size ? ea->base + le16_to_cpu(efs_ea_at(ea, pos)->e_value_offs) : ea->base;
}

/** efs_ea_find() - the entry of a name, or EFS_EA_NONE */
u32 efs_ea_find(const struct efs_ea *ea, u8 index, const void *name, u32 len);

/**
 * efs_ea_put() - add an attribute that is not there to a place begun with efs_ea_new_...()
 * @ea: the place
 * @index: EFS_EA_
 * @name: what is behind the prefix
 * @len: bytes of @name
 * @value: @size bytes
 * @size: bytes of @value
 *
 * Entries are kept in the order of index, length, name.
 * Return: false if there is no room; nothing has changed then.
 */
bool efs_ea_put(struct efs_ea *ea, u8 index, const void *name, u32 len, const void *value,
		u32 size);

/**
 * efs_ea_copy() - put all attributes but one into an empty place of the same size
 * @to: the empty place
 * @from: a valid one
 * @skip: entry to leave out, or EFS_EA_NONE
 */
void efs_ea_copy(struct efs_ea *to, const struct efs_ea *from, u32 skip);

/**
 * efs_ea_seal() - compute the hashes of a block after the last change
 * @ea: the block
 *
 * Return: that of the whole, in its head; 0: the block is not to be shared.
 */
u32 efs_ea_seal(struct efs_ea *ea);

/** efs_ea_same() - do two blocks hold the same attributes, in the same order? */
bool efs_ea_same(const struct efs_ea *a, const struct efs_ea *b);

/** efs_ea_head() - of a block */
static inline struct efs_dxattr_header *efs_ea_head(const struct efs_ea *ea)
{
	return (struct efs_dxattr_header *)ea->base;
}

/** efs_ea_prefix() - text that stands for an index, NULL if it has none; @len: its bytes */
const char *efs_ea_prefix(u8 index, u32 *len);

/**
 * efs_ea_parse() - find the prefix of a whole name ("user.x")
 * @name: the name
 * @len: its bytes
 * @index: EFS_EA_; the rest of the name is kept in the entry
 * @skip: where the rest begins
 *
 * Return: false if the prefix is none of ours, or all there is.
 */
bool efs_ea_parse(const char *name, size_t len, u8 *index, u32 *skip);

/* ---- access control lists (acl.c) ---- */

/**
 * efs_acl_check() - validate a list in the form of system calls
 * @acl: @size bytes
 * @size: bytes of @acl
 *
 * One entry for owner, group and others; named users and groups behind the first two; a
 * mask if there is any of those; permissions of three bits.
 * Return: is it valid?
 */
bool efs_acl_check(const void *acl, size_t size);

/** efs_acl_to_disk() - a valid list as it is on disk. Return: its bytes, not above @size */
size_t efs_acl_to_disk(const void *acl, size_t size, void *disk);

/**
 * efs_acl_from_disk() - validate a list from disk and bring it into the form of system calls
 * @disk: @size bytes
 * @size: bytes of @disk
 * @acl: room for @room bytes
 * @room: bytes of @acl
 * @done: bytes of the result; set also if there is not enough room
 *
 * Return: EFS_C_OK or EFS_C_XATTR_ACL. With EFS_C_OK, @acl is filled in if @done <= @room.
 */
enum efs_code efs_acl_from_disk(const void *disk, size_t size, void *acl, size_t room,
				size_t *done);

/**
 * efs_acl_mode() - the permission bits a valid list means
 * @acl: @size bytes
 * @size: bytes of @acl
 * @mode: type and permissions; the lower nine bits are replaced. The group's are those of
 *	the mask, if there is one
 *
 * Return: true if the mode says all: the list need not be kept.
 */
bool efs_acl_mode(const void *acl, size_t size, u16 *mode);

/** efs_acl_chmod() - make a valid list mean @mode: what efs_acl_mode() says becomes that */
void efs_acl_chmod(void *acl, size_t size, u16 mode);

/**
 * efs_acl_create() - from a directory's default list to that of a new file
 * @acl: a copy of the default list; loses what @mode does not allow
 * @size: bytes of @acl
 * @mode: what is asked for; loses what the list does not allow
 *
 * Return: true if the mode says all.
 */
bool efs_acl_create(void *acl, size_t size, u16 *mode);

#endif /* EFS_FORMAT_H */
