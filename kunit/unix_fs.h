/* SPDX-License-Identifier: GPL-2.0 */
/*
 * File systems behind the general interface, for the suites of core/unix/.
 */
#ifndef EFS_TEST_UNIX_FS_H
#define EFS_TEST_UNIX_FS_H

#include "home.h"
#include "../core/unix/ext2.h"
#include "../core/unix/memfs.h"

enum unix_kind { UNIX_MEM, UNIX_EXT2, UNIX_KINDS };

/**
 * struct unix_test - a file system under test
 * @root: its root directory, referenced
 * @vol: of ext2: device and volume; NULL in memory
 */
struct unix_test {
	struct kunit *test;
	const char *name;
	struct efs_fs *fs;
	struct efs_node *root;
	struct efs_test_fs *vol;
};

/** unix_ext2_home - the memory port as a home of core/unix/ext2.c */
extern const struct efs_ext2_home unix_ext2_home;

/** unix_init(), unix_exit() - of the suites that use this */
int unix_init(struct kunit *test);
void unix_exit(struct kunit *test);

/**
 * unix_begin() - an empty file system with a directory lost+found
 * Limits are those of ext2 with blocks of 1 KiB. One ext2 in a case.
 */
struct unix_test *unix_begin(struct kunit *test, enum unix_kind kind);

/** unix_begin_ext2() - ext2 as wanted; @unused_max: as in struct efs_ext2_opts */
struct unix_test *unix_begin_ext2(struct kunit *test, const struct efs_test_mkfs *m,
				  u32 unused_max);

/** unix_begin_like() - a file system in memory with the limits of @vol, at whose clock it looks */
struct unix_test *unix_begin_like(struct unix_test *vol);

/** unix_end() - unmount, expect that nothing leaks and, on a volume, a clean e2fsck */
void unix_end(struct unix_test *u);

void unix_set_rdonly(struct unix_test *u, bool rdonly);

/** unix_remount() - nothing survives but the disk; in memory nothing happens */
void unix_remount(struct unix_test *u);

/** unix_tick() - let time pass: 1.5 seconds */
void unix_tick(struct unix_test *u);

/** unix_put_bytes() - write @len bytes @byte at @off; unix_expect_bytes() - expect them there */
void unix_put_bytes(struct unix_test *u, struct efs_node *node, u64 off, u8 byte, size_t len);
void unix_expect_bytes(struct unix_test *u, struct efs_node *node, u64 off, u8 byte, size_t len);

/** unix_compare() - expect the same names, attributes and contents everywhere */
void unix_compare(struct unix_test *a, struct unix_test *b);

#endif /* EFS_TEST_UNIX_FS_H */
