/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A look at a whole volume: does everything that an ext2 says twice agree?
 *
 * Nothing is written, nothing is repaired, and no mount is needed: the walk starts from the
 * superblock and works on volumes that efs_mount() refuses. Its verdict, clean or not, is
 * meant to be that of `e2fsck -fn` (e2fsprogs 1.47); where the two differ on purpose, the
 * code says so, and Documentation/library.rst has the list.
 *
 * Buffers and memory come through the port (efs_buf_read(), efs_buf_ahead(), efs_alloc()).
 * Time is linear in the size of the volume whatever is written on it: a block is walked
 * once, however many claim it. Memory: a bit for each block in use, 16 bytes for each inode
 * of a group in use, 12 for each directory block, 16 for each entry of the largest
 * directory.
 */
#ifndef EFS_CHECK_H
#define EFS_CHECK_H

#include "../engine/efs.h"

enum efs_check_severity { EFS_CHECK_NOTE, EFS_CHECK_WRONG };

/*
 * What can be wrong: name, severity, text for people. A note is told and does not count
 * against the verdict: e2fsck mentions most of them, and calls the volume clean.
 */
#define EFS_CHECK_CODES(X)							\
	/* superblock */							\
	X(SUPER,		WRONG,	"superblock cannot be used")		\
	X(SUPER_VALUE,		WRONG,	"superblock has an impossible value")	\
	X(SUPER_FEATURE,	WRONG,	"features that an ext2 does not have")	\
	X(SUPER_FOREIGN,	NOTE,	"of another system, or with harmless features of ext4") \
	X(SUPER_JOURNAL,	WRONG,	"journal is missing or damaged")	\
	X(SUPER_STATE,		NOTE,	"volume is not marked clean")		\
	X(SUPER_ORPHANS,	NOTE,	"list of orphans is not empty")		\
	X(SUPER_EXTRA_SIZE,	NOTE,	"superblock asks for a bad extra inode size") \
	X(SUPER_RESERVE,	NOTE,	"descriptor blocks are reserved without resize_inode") \
	X(SUPER_BLOCKS,		NOTE,	"free block count of the superblock is wrong") \
	X(SUPER_INODES,		NOTE,	"free inode count of the superblock is wrong") \
	X(SUPER_COPY,		NOTE,	"superblock copy differs")		\
	X(SUPER_REVISION,	NOTE,	"file above 2 GiB on a revision 0 volume") \
	X(SUPER_LARGE_FILE,	WRONG,	"file above 2 GiB without large_file")	\
	X(RESIZE,		NOTE,	"resize inode is not as it must be")	\
	/* groups and bitmaps */						\
	X(GROUP_BITMAP,		WRONG,	"block bitmap is not where it can be")	\
	X(GROUP_INODE_BITMAP,	WRONG,	"inode bitmap is not where it can be")	\
	X(GROUP_TABLE,		WRONG,	"inode table is not where it can be")	\
	X(GROUP_FLAGS,		NOTE,	"group has flags that need checksums")	\
	X(GROUP_COPY,		NOTE,	"descriptor copy differs")		\
	X(GROUP_BLOCKS,		WRONG,	"free block count of a group is wrong")	\
	X(GROUP_INODES,		WRONG,	"free inode count of a group is wrong")	\
	X(GROUP_DIRS,		WRONG,	"directory count of a group is wrong")	\
	X(BITMAP_BLOCK_LOST,	WRONG,	"blocks are marked used, and nothing uses them") \
	X(BITMAP_BLOCK_FREE,	WRONG,	"blocks in use are marked free")	\
	X(BITMAP_BLOCK_PADDING,	WRONG,	"block bitmap is not filled up behind its group") \
	X(BITMAP_INODE_LOST,	WRONG,	"inodes are marked used, and are not")	\
	X(BITMAP_INODE_FREE,	WRONG,	"inodes in use are marked free")	\
	X(BITMAP_INODE_PADDING,	WRONG,	"inode bitmap is not filled up behind its group") \
	/* inodes */								\
	X(INODE_ROOT,		WRONG,	"root inode is not a directory in use")	\
	X(INODE_RESERVED,	WRONG,	"reserved inode is in use as it must not be") \
	X(INODE_BAD,		WRONG,	"inode of bad blocks has what files have") \
	X(INODE_MODE,		WRONG,	"unknown file type")			\
	X(INODE_FLAGS,		WRONG,	"flags that an ext2 does not have, or not on such a file") \
	X(INODE_VALUE,		WRONG,	"flag of an attribute's value, as only ext4 has it") \
	X(INODE_IMMUTABLE,	NOTE,	"special file is immutable or append-only") \
	X(INODE_DEVICE,		WRONG,	"special file with what only others have") \
	X(INODE_ORPHAN,		WRONG,	"inode was on the list of orphans")	\
	X(INODE_NO_DTIME,	WRONG,	"deleted inode has no deletion time")	\
	X(INODE_DTIME,		WRONG,	"inode in use has a deletion time")	\
	X(INODE_TIME,		NOTE,	"times after 2310 are likely ones before 1970") \
	X(INODE_EXTRA_SIZE,	WRONG,	"bad extra inode size")			\
	X(INODE_WORDS,		WRONG,	"words of an inode that must be 0 are not") \
	X(INODE_SIZE,		WRONG,	"size does not fit the file")		\
	X(INODE_HUGE,		WRONG,	"file of more blocks than a kernel can number") \
	X(INODE_BLOCKS,		WRONG,	"block count of an inode is wrong")	\
	X(INODE_LINK,		WRONG,	"bad target of a symbolic link")	\
	X(INODE_LINKS,		WRONG,	"link count is wrong")			\
	X(INODE_UNATTACHED,	WRONG,	"inode in use has no name")		\
	X(MAP_RANGE,		WRONG,	"block pointer outside the volume")	\
	X(MAP_META,		WRONG,	"block pointer to metadata")		\
	X(MAP_TWICE,		WRONG,	"block has two users")			\
	X(MAP_FAR,		WRONG,	"block lies beyond what a file can have") \
	/* extended attributes */						\
	X(XATTR_BLOCK,		WRONG,	"attribute block outside the volume, or no such feature") \
	X(XATTR_HEADER,		WRONG,	"attribute block has no valid head")	\
	X(XATTR_ENTRY,		WRONG,	"bad entry of an attribute")		\
	X(XATTR_HASH,		WRONG,	"hash of an attribute is wrong")	\
	X(XATTR_COUNT,		WRONG,	"attribute block has other users than it says") \
	/* directories */							\
	X(DIR_EMPTY,		WRONG,	"directory has no block")		\
	X(DIR_HOLE,		WRONG,	"hole in a directory")			\
	X(DIR_CHAIN,		WRONG,	"entries do not fill their block")	\
	X(DIR_DOT,		WRONG,	"bad '.' entry")			\
	X(DIR_DOT_LONG,		NOTE,	"'.' entry has room for another")	\
	X(DIR_DOTDOT,		WRONG,	"bad '..' entry")			\
	X(DIR_PARENT,		WRONG,	"'..' does not lead to the parent")	\
	X(DIR_LOST,		WRONG,	"directory has no name")		\
	X(DIR_LOOP,		WRONG,	"directory is below itself")		\
	X(DIR_TWICE,		WRONG,	"directory has two names")		\
	X(ENTRY_INODE,		WRONG,	"entry names an inode that no entry can name") \
	X(ENTRY_UNUSED,		WRONG,	"entry names an inode that is not in use") \
	X(ENTRY_UNINIT,		WRONG,	"entry names an inode that its group says was never used") \
	X(ENTRY_TYPE,		WRONG,	"entry has the wrong file type")	\
	X(ENTRY_NO_TYPE,	NOTE,	"entry has no file type")		\
	X(ENTRY_NAME,		WRONG,	"name is empty, or has bytes that no name has") \
	X(ENTRY_DOT,		WRONG,	"'.' or '..' out of place")		\
	X(ENTRY_TWICE,		WRONG,	"two entries of one name")		\
	/* indexed directories */						\
	X(INDEX_FLAG,		WRONG,	"index without the feature, or of no directory") \
	X(INDEX_ROOT,		WRONG,	"bad root of an index")			\
	X(INDEX_NODE,		WRONG,	"bad table of an index")		\
	X(INDEX_BLOCK,		WRONG,	"block is not once, or not at its level, in the index") \
	X(INDEX_HASH,		WRONG,	"name is not where its hash belongs")

enum efs_check_code {
#define EFS_CHECK_ENUM(name, severity, text) EFS_CHECK_##name,
	EFS_CHECK_CODES(EFS_CHECK_ENUM)
#undef EFS_CHECK_ENUM
	EFS_CHECK_MAX
};

/**
 * struct efs_problem - one finding; what does not apply is 0
 * @code: what
 * @severity: does it count?
 * @why: of SUPER and the positions of a group: what exactly
 * @ino: the inode, or the one that an entry names
 * @dir: the directory an entry is in
 * @blk: block
 * @count: how many blocks or inodes from @blk or @ino on
 * @group: group; of SUPER_COPY and the like the one that holds the copy
 * @off: byte of an entry in its directory, logical block in a file, byte of a word in
 *	the superblock
 * @have: what is there
 * @want: what should be
 * @name: name of an entry, @name_len bytes, valid during the call; NULL: none
 * @name_len: its length
 */
struct efs_problem {
	enum efs_check_code code;
	enum efs_check_severity severity;
	enum efs_code why;
	u32 ino, dir, blk, count, group;
	u64 off, have, want;
	const u8 *name;
	u32 name_len;
};

/**
 * struct efs_check_args - what to look at, whom to tell
 * @dev_bytes: size of the device, 0 if not known
 * @problem: called for each finding; may be NULL. No lock is held, but buffers are
 * @progress: called now and then, in passes 1 to 5; not 0 ends the walk. May be NULL
 * @ctx: handed to both
 */
struct efs_check_args {
	u64 dev_bytes;
	void (*problem)(void *ctx, const struct efs_problem *p);
	int (*progress)(void *ctx, u32 pass, u64 done, u64 total);
	void *ctx;
};

/**
 * struct efs_check_found - what was found
 * @wrong: findings that count: 0 is a clean volume
 * @notes: those that do not
 * @complete: everything was looked at; else the superblock or a group's positions are
 *	too damaged for that
 * @files: regular files
 * @dirs: directories
 * @symlinks: symbolic links
 * @specials: devices, pipes, sockets
 * @links: names beyond the first, of all that is no directory
 * @inodes_used: reserved ones included
 * @blocks_used: metadata included
 * @fragmented: regular files in more than one piece
 */
struct efs_check_found {
	u64 wrong, notes;
	bool complete;
	u32 files, dirs, symlinks, specials;
	u64 links;
	u32 inodes_used, blocks_used, fragmented;
};

/**
 * efs_check_run() - look at a volume
 * @sb: zeroed but for @sb->port, which the home has made ready for efs_buf_read() with
 *	the block size that @ds tells, if efs_super_parse() finds it usable; only @sb->geo
 *	of the rest is set
 * @ds: superblock as the home read it
 * @args: what to look at, whom to tell
 * @res: filled in
 *
 * Sleeps.
 * Return: 0 (the verdict is @res->wrong), -EIO, -ENOMEM, -EINTR (@args->progress, or
 * efs_interrupted()).
 */
int efs_check_run(struct efs_sb *sb, const struct efs_dsuper *ds,
		  const struct efs_check_args *args, struct efs_check_found *res);

/** efs_check_name() - the code's name as in EFS_CHECK_CODES; any value is safe */
const char *efs_check_name(enum efs_check_code code);

/** efs_check_text() - the sentence for people: of @why where that tells more */
const char *efs_check_text(const struct efs_problem *p);

#endif /* EFS_CHECK_H */
