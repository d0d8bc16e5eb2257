/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test port, inline half, first part: types.
 *
 * Locks here exclude, and they check. Each knows its place in the table at the head of
 * core/engine/efs.h, and taking one out of order, twice, or while something that must
 * not be held is held, ends the test case.
 */
#ifndef EFS_PORT_TYPES_H
#define EFS_PORT_TYPES_H

#include <efs_words.h>

/* what is packed densely is checked densely; efs_alloc() promises no such alignment */
#define __efs_cacheline

struct efs_inode;
struct efs_test_dev;
struct efs_test_blk;

/**
 * struct efs_test_lock - a lock that excludes, and checks (checks.c)
 * @name: how its site of initialisation spells it; tells the rank
 * @word: readers inside, EFS_TEST_WRITER, EFS_TEST_WAITING; changed atomically
 * @rank: row of the lock table, 0: never initialised
 */
struct efs_test_lock {
	const char *name;
	u32 word;
	u8 rank;
};

#define EFS_TEST_WRITER		0x80000000u
#define EFS_TEST_WAITING	0x40000000u	/* a writer is: no new readers */

typedef struct efs_test_lock efs_spin_t;
typedef struct efs_test_lock efs_rwsem_t;

/** struct efs_test_guard - keeps the port's own data, or the home's, from other threads */
struct efs_test_guard {
	u32 word;
};

/* for what is no data race, whatever a thread sanitizer thinks */
#define __efs_no_tsan	__attribute__((no_sanitize("thread")))

/* of counters that threads share and that order nothing */
#define efs_test_load(p)	__atomic_load_n(p, __ATOMIC_RELAXED)
#define efs_test_put(p, v)	__atomic_store_n(p, v, __ATOMIC_RELAXED)
#define efs_test_add(p, v)	__atomic_fetch_add(p, v, __ATOMIC_RELAXED)

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
 * @pins: write-outs under way, which are no users; with @refs under the block's guard
 */
struct efs_buf {
	struct efs_test_dev *dev;
	struct efs_test_blk *tb;
	u8 *data;
	u32 nr;
	u32 refs, pins;
	struct efs_test_lock lock;
	bool forgotten;
};

#endif /* EFS_PORT_TYPES_H */
