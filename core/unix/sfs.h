/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The Simple File System, version 1.0, behind the general interface (fs.h); read-only.
 *
 * Made by Brendan Trotter for exchanging files on removable media: all names stand, as whole
 * paths, in one index at the end of the volume, and each file is one run of blocks. Layout as
 * in the "SFS (Simple File System) Specification, Draft Version 1.0" of March 7, 2009, which
 * its author placed under no restrictions, and in the OSDev wiki's page on it.
 *
 * It knows no owners, permissions, links or inodes. Here files are 0444, directories 0555, of
 * user and group 0, and their numbers come from their places in the index, counted from the
 * end of the volume, where it does not grow.
 *
 * At mount the index is read once into memory, about 80 bytes for each name beside the name
 * itself; after that only contents are read, straight from the device. What is wrong with
 * single entries goes to the log, and they are left out; a file whose blocks cannot be is
 * shown, and reading it is -EUCLEAN. Files that overlap are read as they are.
 */
#ifndef EFS_UNIX_SFS_H
#define EFS_UNIX_SFS_H

#include "fs.h"

/* bytes at the start of a volume that tell what it is */
#define EFS_SFS_HEAD 512u

/* what can be wrong: name, text for people. Up to VOLUME_ID the mount is refused */
#define EFS_SFS_CODES(X)						\
	X(OK,		"no inconsistency")				\
	X(MAGIC,	"no SFS superblock")				\
	X(VERSION,	"unknown version of SFS")			\
	X(CHECKSUM,	"bad checksum of the superblock")		\
	X(BLOCK_SIZE,	"bad block size")				\
	X(DEVICE,	"volume is larger than its device")		\
	X(INDEX_SIZE,	"bad size of the index")			\
	X(AREAS,	"areas do not fit the volume")			\
	X(INDEX_START,	"index does not begin with its marker")		\
	X(VOLUME_ID,	"volume does not end with its identifier")	\
	X(INDEX_CHANGED, "index changed while it was read")		\
	X(ENTRY_TYPE,	"unknown or misplaced entry")			\
	X(ENTRY_CONT,	"entry is continued over another one")		\
	X(ENTRY_NAME,	"impossible name")				\
	X(ENTRY_TWICE,	"name appears twice")				\
	X(ENTRY_PARENT,	"name in a directory that is not there")	\
	X(FILE_RANGE,	"file lies outside the data area")

enum efs_sfs_code {
#define EFS_SFS_CODE_ENUM(name, text) EFS_SFS_##name,
	EFS_SFS_CODES(EFS_SFS_CODE_ENUM)
#undef EFS_SFS_CODE_ENUM
	EFS_SFS_CODES_MAX
};

/** efs_sfs_code_name(), efs_sfs_code_text() - "MAGIC", "no SFS superblock"; any value is safe */
const char *efs_sfs_code_name(enum efs_sfs_code code);
const char *efs_sfs_code_text(enum efs_sfs_code code);

/**
 * struct efs_sfs_super - what the superblock says
 * @bits: blocks have 2^@bits bytes
 * @blocks: of the volume; @reserved of them at its start, the superblock's included, then
 *	@data with contents of files
 * @index_bytes: at the end of the volume
 * @time: last change of these sizes
 */
struct efs_sfs_super {
	u32 bits;
	u64 blocks, reserved, data;
	u64 index_bytes;
	struct efs_time time;
};

/**
 * efs_sfs_parse() - is this an SFS volume, and what is where on it?
 * @head: its first EFS_SFS_HEAD bytes
 * @dev_bytes: size of the device
 * @super: set if EFS_SFS_OK is returned
 *
 * Pure. EFS_SFS_MAGIC and EFS_SFS_VERSION: it is something else.
 */
enum efs_sfs_code efs_sfs_parse(const u8 *head, u64 dev_bytes, struct efs_sfs_super *super);

/**
 * struct efs_sfs_opts - what a mount needs
 * @dev: of stat
 * @bytes: size of the device
 * @read: @len bytes at byte @off of the device, all or a negative errno. Sleeps; called by
 *	many threads at once; never beyond @bytes
 * @ctx: handed to it
 */
struct efs_sfs_opts {
	u64 dev;
	u64 bytes;
	int (*read)(void *ctx, u64 off, void *buf, size_t len);
	void *ctx;
};

/**
 * efs_sfs_new() - take a volume into use
 * @sb: handed to efs_alloc() and efs_log(), and nothing else is done with it: only its part
 *	of the port need be ready. Kept until the file system is unmounted
 * @o: copied
 * @why: set if -EINVAL or -EUCLEAN is returned
 *
 * Return: 0; -EINVAL (no SFS, or not this version), -EUCLEAN, -EIO, -ENOMEM.
 */
int efs_sfs_new(struct efs_sb *sb, const struct efs_sfs_opts *o, struct efs_fs **out,
		enum efs_sfs_code *why);

/** struct efs_sfs_info - of a volume; @label: NUL-terminated; @made: when it was formatted */
struct efs_sfs_info {
	struct efs_sfs_super super;
	char label[53];
	struct efs_time made;
};

void efs_sfs_get_info(struct efs_fs *fs, struct efs_sfs_info *info);

/** efs_sfs_problems() - how often @code was met at mount; EFS_SFS_OK: entries that are in use */
u32 efs_sfs_problems(struct efs_fs *fs, enum efs_sfs_code code);

#endif /* EFS_UNIX_SFS_H */
