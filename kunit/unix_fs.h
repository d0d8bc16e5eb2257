/* SPDX-License-Identifier: GPL-2.0 */
/*
 * File systems behind the general interface, for the suites of core/unix/.
 */
#ifndef EFS_TEST_UNIX_FS_H
#define EFS_TEST_UNIX_FS_H

#include "home.h"
#include "../core/unix/memfs.h"

enum unix_kind { UNIX_MEM, UNIX_KINDS };

/** struct unix_kind_ops - how one kind is made and ended */
struct unix_kind_ops {
	const char *name;
};

/**
 * struct unix_test - a file system under test
 * @root: its root directory, referenced
 */
struct unix_test {
	struct kunit *test;
	const struct unix_kind_ops *kind;
	struct efs_fs *fs;
	struct efs_node *root;
};

/** unix_init(), unix_exit() - of the suites that use this */
int unix_init(struct kunit *test);
void unix_exit(struct kunit *test);

/** unix_begin() - an empty file system with a directory lost+found */
struct unix_test *unix_begin(struct kunit *test, enum unix_kind kind);

/** unix_end() - unmount, expect that nothing leaks and, on a volume, a clean e2fsck */
void unix_end(struct unix_test *u);

void unix_set_rdonly(struct unix_test *u, bool rdonly);

/** unix_tick() - let time pass: 1.5 seconds */
void unix_tick(struct unix_test *u);

/** unix_compare() - expect the same names, attributes and contents everywhere */
void unix_compare(struct unix_test *a, struct unix_test *b);

#endif /* EFS_TEST_UNIX_FS_H */
