/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test port, inline half, first part: types.
 *
 * Locks here exclude nobody: they check. Each knows its place in the table at the
 * head of core/engine/efs.h, and taking one out of order, twice, or while something
 * that must not be held is held, ends the test case.
 */
#ifndef EFS_PORT_TYPES_H
#define EFS_PORT_TYPES_H

#include <efs_words.h>

/* one thread: nothing to keep apart, and efs_alloc() promises no such alignment */
#define __efs_cacheline

struct efs_inode;
struct efs_test_dev;
struct efs_test_blk;

/**
 * struct efs_test_lock - a lock that only checks
 * @name: how its site of initialisation spells it; tells the rank
 * @rank: row of the lock table, 0: never initialised
 * @readers, @writer: who is inside
 */
struct efs_test_lock {
	const char *name;
	u8 rank;
	bool writer;
	u16 readers;
};

typedef struct efs_test_lock efs_spin_t;
typedef struct efs_test_lock efs_rwsem_t;

typedef struct {
	s64 value;
	bool live;
} efs_ctr_t;

struct efs_sb_port {
	struct efs_test_dev *dev;
	bool privileged;	/* answer of efs_privileged() */
	bool sync;		/* mounted with -o sync */
};

struct efs_inode_port {
	bool sync;		/* answer of efs_i_sync() for this inode alone */
};

/**
 * struct efs_buf - one referenced block; freed with its last reference, so that a
 * use after the put is a use after free
 */
struct efs_buf {
	struct efs_test_dev *dev;
	struct efs_test_blk *tb;
	u8 *data;
	u32 nr;
	u32 refs;
	bool locked;
	bool forgotten;
};

#endif /* EFS_PORT_TYPES_H */
