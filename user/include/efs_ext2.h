/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * efs_ext2.h - what lies on an ext2 device, as it lies there.
 *
 *	struct efs_device *dev;
 *	struct efs_ext2 *x;
 *	struct efs_ext2_inode root;
 *
 *	efs_device_open("disk.img", EFS_DEVICE_RDONLY, &dev);
 *	efs_ext2_open(dev, NULL, &x);
 *	efs_ext2_get_inode(x, EFS_EXT2_ROOT, &root);
 *	efs_ext2_records(x, &root, 0, print_record, NULL);
 *	efs_ext2_close(x);
 *	efs_device_close(dev);
 *
 * Superblock, group descriptors, bitmaps, inodes, block maps, directory records: decoded, but
 * neither judged nor repaired nor cached. Everything here only reads. No volume need be open,
 * and the device may hold one that cannot be: a damaged superblock, features of ext4,
 * descriptors that lead nowhere. What is wrong is told beside what could be read.
 *
 * What a volume in use holds in memory is not on its device yet: efs_volume_sync() before
 * looking. While it is being changed one look may not fit the next.
 *
 * Results, threads and lifetimes are those of efs.h. A struct efs_ext2 holds no state that
 * changes: any number of threads may use one.
 */
#ifndef EFS_EXT2_H
#define EFS_EXT2_H

#include "efs.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EFS_EXT2_ROOT 2 /* inode of the root directory */

struct efs_ext2;

/**
 * efs_ext2_open() - look at a device
 * @dev: stays the caller's, and is not closed before @out
 * @options: superblock and env count; NULL: the usual. A copy of the superblock in use there
 *	brings its own copies of the group descriptors along
 *
 * Whether the superblock is one, and is sound, is told by efs_ext2_get_super(): if not even
 * the places of groups can be guessed, everything but that and efs_ext2_get_block() is
 * -EUCLEAN.
 * Return: -EIO, -ENOMEM, -EINVAL (the device ends before the superblock).
 */
int efs_ext2_open(struct efs_device *dev, const struct efs_options *options,
		  struct efs_ext2 **out);

/** efs_ext2_close() - accepts NULL */
void efs_ext2_close(struct efs_ext2 *x);

/* ---- the superblock ---- */

#define EFS_EXT2_PROBLEMS 8

/* what opening a volume with this superblock comes to, as far as it alone decides */
enum efs_ext2_verdict {
	EFS_EXT2_SOUND,	/* it can be used */
	EFS_EXT2_READONLY,	/* it can be read */
	EFS_EXT2_REFUSED,	/* it cannot be used, but looked at here */
	EFS_EXT2_UNREADABLE,	/* not even that */
};

/**
 * struct efs_ext2_super - a superblock
 * @verdict: see above; @problem: why, @problems of them
 * @where: byte on the device where it is
 * @compat, @incompat, @ro_compat: feature words as they are; efs_ext2_feature() names them
 * @state: 1: clean; 2: errors were found; both may be set
 * @errors: what to do when more are found: 1 go on, 2 write no more, 3 panic
 * @os: that made it: 0 Linux, 1 Hurd, 2 Masix, 3 FreeBSD, 4 Lites
 * @group: whose copy this is, as it says itself
 * @last_orphan: inode at the head of the list of those that were deleted while in use
 * @hash_version: 0 legacy, 1 half MD4, 2 TEA; @flags: 1, 2: signed, unsigned hash
 * @raid_stride, @raid_stripe_width: in blocks
 * @kbytes_written: since it was made
 * @first_error, @last_error: if @error_count is not 0
 *
 * What follows is derived, and zero if @verdict is EFS_EXT2_UNREADABLE:
 * @groups: how many
 * @itable_blocks: blocks of the inode table of each
 * @gdt_blocks: blocks of all group descriptors
 * @desc_size: bytes of one descriptor
 * @max_file_size: in bytes
 * @overhead: blocks of metadata
 */
struct efs_ext2_super {
	enum efs_ext2_verdict verdict;
	unsigned int problems;
	struct efs_reason problem[EFS_EXT2_PROBLEMS];
	uint64_t where;

	uint16_t magic;
	uint32_t revision, minor_revision, os;
	uint32_t compat, incompat, ro_compat;
	uint32_t inodes, blocks, reserved_blocks, free_blocks, free_inodes;
	uint32_t first_data_block;
	uint32_t block_size, fragment_size;	/* 0: nonsense */
	uint32_t blocks_per_group, fragments_per_group, inodes_per_group;
	uint32_t inode_size, first_inode;
	uint16_t min_extra_isize, want_extra_isize;
	uint16_t state, errors;
	uint32_t mount_count;
	int32_t max_mount_count;	/* -1: never checked because of it */
	int64_t mkfs_time, mount_time, write_time, check_time;
	uint32_t check_interval;	/* seconds; 0: never */
	uint32_t reserved_uid, reserved_gid;
	uint32_t group;
	uint8_t uuid[16];
	char label[17], last_mounted[65];
	uint32_t default_mount_options, flags;
	uint32_t reserved_gdt_blocks, first_meta_group, backup_groups[2];
	uint32_t last_orphan;
	uint8_t hash_seed[16], hash_version;
	uint32_t raid_stride, raid_stripe_width;
	uint64_t kbytes_written;
	uint32_t error_count;
	struct efs_ext2_error {
		int64_t time;
		uint32_t inode, line;
		uint64_t block;
		char function[33];
	} first_error, last_error;

	uint32_t groups, itable_blocks, gdt_blocks, desc_size, overhead;
	uint64_t max_file_size;
};

void efs_ext2_get_super(const struct efs_ext2 *x, struct efs_ext2_super *super);

/** efs_ext2_feature() - name a feature bit
 * @word: 'c' compatible, 'i' incompatible, 'r' read-only compatible
 * @bit: 0 to 31
 * Return: a static string, NULL if it has no name.
 */
const char *efs_ext2_feature(char word, unsigned int bit);

/* ---- groups ---- */

/**
 * struct efs_ext2_group - a group of blocks
 * @problem: code NULL: its descriptor is sound. The rest is what it says, sound or not
 * @first, @blocks: where it begins, and how many it has
 * @has_super: it begins with a copy of the superblock
 * @base: blocks of that copy, of the descriptors and their reserve
 * @descriptor_block, @descriptor_offset: where its descriptor is, and the byte in that block
 * @block_bitmap, @inode_bitmap, @inode_table: blocks
 * @first_inode: number
 */
struct efs_ext2_group {
	struct efs_reason problem;
	uint32_t number;
	uint32_t first, blocks;
	bool has_super;
	uint32_t base;
	uint32_t descriptor_block, descriptor_offset;
	uint32_t block_bitmap, inode_bitmap, inode_table;
	uint32_t first_inode;
	uint32_t free_blocks, free_inodes, used_dirs;
	uint16_t flags;
};

/** efs_ext2_get_group() - group @number, from 0; -ERANGE behind the last */
int efs_ext2_get_group(const struct efs_ext2 *x, uint32_t number, struct efs_ext2_group *group);

/** efs_ext2_block_used() - what the block bitmap says; -ERANGE if no group has the block */
int efs_ext2_block_used(const struct efs_ext2 *x, uint64_t block, bool *used);

/** efs_ext2_inode_used() - what the inode bitmap says; -ERANGE */
int efs_ext2_inode_used(const struct efs_ext2 *x, uint64_t ino, bool *used);

/**
 * efs_ext2_next_block() - the first block at or after @from that is used, or is not
 * @at: that block; the number of blocks if there is none
 *
 * With the two values of @used in turn all runs are found, without asking for each block.
 */
int efs_ext2_next_block(const struct efs_ext2 *x, uint64_t from, bool used, uint64_t *at);

/** efs_ext2_next_inode() - the same with inodes; the number of the last one + 1 if none */
int efs_ext2_next_inode(const struct efs_ext2 *x, uint64_t from, bool used, uint64_t *at);

/** efs_ext2_get_block() - the bytes of a block
 * @size: of @buf; as much of the block is read. Without a usable superblock blocks have 1024
 *	bytes
 * Return: -ERANGE behind the end of the device, -EIO.
 */
int efs_ext2_get_block(const struct efs_ext2 *x, uint64_t block, void *buf, size_t size);

/* ---- inodes ---- */

#define EFS_EXT2_WORDS 15

/**
 * struct efs_ext2_inode - an inode; one that is not in use may hold anything
 * @problem: what is wrong with it, by itself; code NULL: nothing
 * @table_block, @table_offset: where it lies
 * @mode: type and permissions, as in efs.h
 * @sectors: space in use in units of 512 bytes
 * @flags: as on the disk
 * @file_acl: block of extended attributes, or 0
 * @extra_size: bytes in use behind the first 128
 * @dtime: when it was deleted; 0: it was not
 * @word: 12 blocks, and one each of single, double and triple indirection; or whatever the
 *	type keeps there. @word_bytes: the same 60 bytes as they are
 * @fast_link: the target of the symbolic link is @word_bytes, NUL-terminated if sound
 * @major, @minor: of device nodes
 * @btime: if @has_btime
 */
struct efs_ext2_inode {
	struct efs_reason problem;
	uint64_t ino;
	uint32_t table_block, table_offset;
	uint32_t mode, nlink, uid, gid;
	uint64_t size, sectors;
	uint32_t flags, generation, version;
	uint32_t file_acl, fragment;
	uint16_t extra_size;
	uint32_t dtime;
	uint32_t word[EFS_EXT2_WORDS];
	uint8_t word_bytes[4 * EFS_EXT2_WORDS];
	bool fast_link, has_btime;
	uint32_t major, minor;
	struct efs_timestamp atime, mtime, ctime, btime;
};

/** efs_ext2_get_inode() - inode @ino, in use or not; -ERANGE */
int efs_ext2_get_inode(const struct efs_ext2 *x, uint64_t ino, struct efs_ext2_inode *inode);

/**
 * struct efs_ext2_extent - a run of blocks of a file, or one block of its map
 * @logical: first block of the file that this is, or that can be reached through it
 * @physical: first block on the device
 * @length: blocks
 * @level: 0: contents; 1, 2, 3: single, double, triple indirect block, @length 1
 * @bad: not all of it is in the volume and outside of groups' metadata; not looked into
 */
struct efs_ext2_extent {
	uint64_t logical, physical, length;
	unsigned int level;
	bool bad;
};

/**
 * efs_ext2_map() - go through the block map of an inode, holes aside
 * @found: called for each run, as long as it can be, in the order of the map: an indirect
 *	block comes before what it leads to. Not 0: end, and return that
 *
 * Blocks behind the end of the file are shown, too. Inodes without a map (device nodes, fast
 * links) have nothing.
 * Return: -EOPNOTSUPP (the inode has extents, or its contents inside, as ext4 does),
 * -EUCLEAN (the map is a loop), -EIO.
 */
int efs_ext2_map(const struct efs_ext2 *x, const struct efs_ext2_inode *inode,
		 int (*found)(void *ctx, const struct efs_ext2_extent *extent), void *ctx);

/** efs_ext2_map_block() - where a block of a file is; @physical 0: in a hole. -EFBIG */
int efs_ext2_map_block(const struct efs_ext2 *x, const struct efs_ext2_inode *inode,
		       uint64_t logical, uint64_t *physical);

/* ---- directories ---- */

#define EFS_EXT2_DELETED 0x1 /* what can be seen of deleted entries, too */

/**
 * struct efs_ext2_record - a record of a directory
 * @problem: what is wrong with it; the rest of its block is skipped. code NULL: nothing
 * @offset: byte in the directory
 * @block: on the device, where that is
 * @length: bytes to the next record
 * @ino: 0: not in use
 * @type: as on the disk: 1 regular file, 2 directory, 3 char, 4 block, 5 fifo, 6 socket, 7 link
 * @deleted: a record that is not reached any more, from the spare bytes of another, whose
 *	contents may be anything
 */
struct efs_ext2_record {
	struct efs_reason problem;
	uint64_t offset, block;
	uint32_t length, ino;
	uint8_t type, name_length;
	bool deleted;
	char name[256];
};

/**
 * efs_ext2_records() - go through the records of a directory, unused ones included
 * @found: not 0: end, and return that
 * Return: -ENOTDIR, -EIO, and as efs_ext2_map().
 */
int efs_ext2_records(const struct efs_ext2 *x, const struct efs_ext2_inode *dir,
		     unsigned int flags,
		     int (*found)(void *ctx, const struct efs_ext2_record *record), void *ctx);

/* ---- volumes in use ---- */

/** efs_ext2_open_ino() - the file with a number
 * Return: -EOPNOTSUPP if the volume is not ext2, -EUCLEAN (no such inode, or not in use).
 */
int efs_ext2_open_ino(struct efs_volume *vol, uint64_t ino, struct efs_file **out);

#ifdef __cplusplus
}
#endif

#endif /* EFS_EXT2_H */
