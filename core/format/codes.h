/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Every way a volume can be inconsistent, one line each: name, text for people.
 *
 * The pure layer returns these codes and never logs; the engine sends them through
 * one funnel, efs_bad(). Tests assert on codes, not on text. Codes are not stored
 * on disk, so their order is free.
 */
#ifndef EFS_CODES_H
#define EFS_CODES_H

#define EFS_CODES(X)							\
	X(OK,			"no inconsistency")			\
	/* superblock: the mount is refused */				\
	X(SB_MAGIC,		"no ext2 superblock")			\
	X(SB_REV,		"unknown revision level")		\
	X(SB_BLOCK_SIZE,	"bad block size")			\
	X(SB_FRAG_SIZE,		"fragment size differs from block size") \
	X(SB_INODE_SIZE,	"bad inode size")			\
	X(SB_FIRST_INO,		"bad first inode")			\
	X(SB_FIRST_DATA,	"bad first data block")			\
	X(SB_BLOCKS_COUNT,	"bad block count")			\
	X(SB_BLOCKS_PER_GROUP,	"bad blocks per group")			\
	X(SB_INODES_PER_GROUP,	"bad inodes per group")			\
	X(SB_INODES_COUNT,	"inode count does not fit the groups")	\
	X(SB_LAST_GROUP,	"last group has no room for its metadata") \
	X(SB_GDT,		"group descriptors do not fit the volume") \
	X(SB_RESERVED_GDT,	"bad reserved descriptor blocks")	\
	X(SB_FIRST_META_BG,	"bad first meta block group")		\
	X(SB_DEVICE,		"volume is larger than its device")	\
	X(SB_INCOMPAT,		"unsupported incompatible features")	\
	X(SB_RO_COMPAT,		"unsupported features, read-only only")	\
	X(SB_CREATOR,		"creator OS allows a read-only mount only") \
	X(SB_HURD,		"Hurd volume with foreign features")	\
	X(SB_CHANGED,		"superblock changed during mount")	\
	/* group descriptors and bitmaps */				\
	X(BG_BLOCK_BITMAP,	"block bitmap outside its group or in other metadata") \
	X(BG_INODE_BITMAP,	"inode bitmap outside its group or in other metadata") \
	X(BG_INODE_TABLE,	"inode table outside its group or in other metadata") \
	X(BG_FREE_BLOCKS,	"bad free block count of a group")	\
	X(BG_FREE_INODES,	"bad free inode count of a group")	\
	X(BG_USED_DIRS,		"bad directory count of a group")	\
	X(BG_BITMAP_META,	"block bitmap shows metadata as free")	\
	X(BG_BLOCK_FREE,	"block is free already")		\
	X(BG_INODE_FREE,	"inode is free already")		\
	X(BG_INODE_USED,	"inode bitmap shows an inode in use as free") \
	X(BG_INODE_RESERVED,	"inode bitmap shows reserved inodes as free") \
	X(BG_BLOCK_RANGE,	"freed block outside the data area")	\
	/* inodes */							\
	X(INO_RANGE,		"inode number out of range")		\
	X(INO_MODE,		"unknown file type")			\
	X(INO_EXTRA_SIZE,	"bad extra inode size")			\
	X(INO_NLINK,		"inode in use has no link")		\
	X(INO_FREED,		"inode in use was deleted")		\
	X(INO_SIZE,		"bad file size")			\
	X(INO_FLAGS,		"inode uses an unsupported format")	\
	X(INO_FILE_ACL,		"bad extended attribute block")		\
	X(XATTR_MAGIC,		"attribute block without its magic number") \
	X(XATTR_BLOCKS,		"attributes in more than one block")	\
	X(XATTR_REFCOUNT,	"attribute block without users")	\
	X(XATTR_ENTRY,		"attribute name crosses the end of its place") \
	X(XATTR_NAME,		"bad attribute name")			\
	X(XATTR_TWICE,		"attribute name appears twice")		\
	X(XATTR_VALUE_BLOCK,	"attribute value in a place of its own") \
	X(XATTR_VALUE,		"attribute value outside its place, or in the names") \
	X(XATTR_OVERLAP,	"attribute values overlap")		\
	X(XATTR_HASH,		"attribute does not match its hash")	\
	X(XATTR_ACL,		"bad access control list")		\
	X(INO_LINK_TARGET,	"bad symbolic link target")		\
	X(INO_ROOT,		"root inode is not a directory")	\
	X(INO_LINKS,		"link count too low")			\
	/* block map */							\
	X(MAP_BLOCK,		"block pointer outside the data area")	\
	X(MAP_INDIRECT,		"indirect pointer outside the data area") \
	X(MAP_LOOP,		"map holds more pointers than the volume has blocks") \
	X(MAP_SECTORS,		"block count of an inode below zero")	\
	/* directories */						\
	X(DIR_SIZE,		"directory size is no multiple of the block size") \
	X(DIR_HOLE,		"hole in a directory")			\
	X(DIR_DOT,		"bad '.' entry")			\
	X(DIR_DOTDOT,		"bad '..' entry")			\
	X(DIRENT_RECLEN,	"entry length below its minimum")	\
	X(DIRENT_ALIGN,		"entry length is not aligned")		\
	X(DIRENT_NAME,		"entry too short for its name")		\
	X(DIRENT_CROSS,		"entry crosses the end of its block")	\
	X(DIRENT_INO,		"entry names an inode out of range")	\
	X(DIRENT_EMPTY,		"entry has an empty or impossible name") \
	X(DIRENT_GONE,		"entry vanished")

enum efs_code {
#define EFS_CODE_ENUM(name, text) EFS_C_##name,
	EFS_CODES(EFS_CODE_ENUM)
#undef EFS_CODE_ENUM
	EFS_C_MAX
};

/** efs_code_text() - the sentence for people; any value is safe */
const char *efs_code_text(enum efs_code code);

/** efs_code_name() - the code's name as in EFS_CODES; any value is safe */
const char *efs_code_name(enum efs_code code);

#endif /* EFS_CODES_H */
