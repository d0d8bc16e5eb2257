/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory port: a device in memory, and a world that can be watched and broken.
 *
 * A device is sparse: a block exists once it was written, and an unwritten one reads
 * as the formatter's contents (mkfs_mem.c) or as zeros, so a 16 TiB volume costs what
 * is touched. What the core wrote is in one of two places: *volatile*, a dirty buffer,
 * or *durable*, on the device. efs_buf_sync() and efs_test_flush() move it there.
 *
 * A buffer lives while it is referenced; the last put frees it (contents that are
 * dirty are kept aside), so each later access reads and validates again and a use
 * after the put is a use after free.
 *
 * Cases may have threads (efs_test_together()): locks exclude, and guards keep the port's
 * own data whole. Counters are changed atomically and order nothing, so that a thread
 * sanitizer sees no more order between threads than the core's own locks make, but for
 * what users of one block have through its guard.
 *
 * At the end of a case efs_test_dev_check() fails it for a leaked buffer, memory,
 * counter, or held lock, and for an efs_report() that nobody expected.
 */
#ifndef EFS_MEM_PORT_H
#define EFS_MEM_PORT_H

#include "efs_kunit.h"
#include "efs.h"

/* what can be made to fail; see struct efs_test_dev.fail */
enum efs_test_fault {
	EFS_TEST_ALLOC,		/* efs_alloc(), efs_ctr_init() */
	EFS_TEST_READ,		/* efs_buf_read() of a block that is not in memory */
	EFS_TEST_WRITE,		/* efs_buf_sync(), and efs_order() when it writes */
	EFS_TEST_NEW,		/* efs_buf_new() */
	EFS_TEST_FAULTS
};

#define EFS_TEST_ALWAYS 0xffffffffu

enum efs_test_event_type {
	EFS_TEST_EV_DIRTY,	/* efs_buf_dirty(): volatile contents of @blk changed */
	EFS_TEST_EV_ORDER,	/* efs_order(): @blk before everything later */
	EFS_TEST_EV_WRITE,	/* @blk became durable */
	EFS_TEST_EV_NEW,	/* efs_buf_new() */
	EFS_TEST_EV_FORGET,	/* efs_buf_forget() */
	EFS_TEST_EV_DATA,	/* efs_data_new() of @len blocks */
	EFS_TEST_EV_ALLOC,	/* efs_trace_alloc() */
	EFS_TEST_EV_FREE	/* efs_trace_free() */
};

/**
 * struct efs_test_event - one line of the order log
 * @ino: inode concerned; owner for DIRTY, 0 if none
 * @data: contents, if the log keeps them (DIRTY, ORDER, WRITE)
 */
struct efs_test_event {
	u8 type;
	u32 blk, len, ino;
	u8 *data;
};

struct efs_test_report {
	enum efs_code code;
	u32 ino, blk, off;
};

#define EFS_TEST_REPORTS 64
#define EFS_TEST_HASH_GUARDS 64

/**
 * struct efs_test_dev - the device and everything around it
 * @bytes, @blocks: size; @blocks saturates at 2^32 - 1
 * @fill: contents of a block that was never written; NULL: zeros. @fill_arg is its own
 * @fail: n > 0: the n-th call from now fails, once; EFS_TEST_ALWAYS: all of them
 * @stays: what has begun to fail goes on failing
 * @read_error: what a read that fails says; 0: -EIO
 * @signal: n > 0: the n-th efs_interrupted() from now says yes
 * @calls: calls so far, those that failed included; @failures: those made to fail
 * @now, @now_nsec: the clock; it stands still
 * @rand: state of efs_rand()
 * @log: events since efs_test_log_start()
 * @on_event: told of each event as it happens, with the block's contents in @data where
 *	it has any; @event_arg is its own
 * @reports: since efs_test_took() or efs_test_reports_clear(); @report_count goes on
 *	when the array is full
 * @log_text: last line of efs_log()
 * @overlaps: maps on the volume are hostile: a block may be given up under its user
 * @writes: blocks written to the device; @dirtied: calls of efs_buf_dirty()
 * @guard: of the log, of reports, and of @allocs
 * @hash_guard: each of some of the chains of @hash, the blocks and buffers in them
 */
struct efs_test_dev {
	struct kunit *test;
	u32 block_size, block_bits;
	u64 bytes;
	u32 blocks;
	void (*fill)(struct efs_test_dev *dev, u32 blk, u8 *data);
	void *fill_arg;

	u32 fail[EFS_TEST_FAULTS];
	u32 calls[EFS_TEST_FAULTS];
	u32 failures;
	bool stays;
	int read_error;
	u32 signal;

	s64 now;
	u32 now_nsec;
	u32 rand;

	bool logging, log_data;
	struct efs_test_event *log;
	u32 log_len, log_room;
	void (*on_event)(struct efs_test_dev *dev, const struct efs_test_event *e);
	void *event_arg;

	struct efs_test_report reports[EFS_TEST_REPORTS];
	u32 report_count;
	char log_text[256];

	bool overlaps;
	u32 writes, dirtied;
	u32 live_bufs, live_allocs, live_ctrs;

	struct efs_test_guard guard, hash_guard[EFS_TEST_HASH_GUARDS];
	struct efs_test_blk **hash;
	void *allocs;
};

/**
 * struct efs_test_nosb - what efs_alloc() and efs_now() do without a superblock
 * @fail: as in struct efs_test_dev, of efs_alloc(); @calls of it so far
 * @live: pieces that were not given back
 * @now: the clock while there is no device; with one it is the device's
 */
struct efs_test_nosb {
	u32 fail, calls, live;
	s64 now;
	u32 now_nsec;
};

extern struct efs_test_nosb efs_test_nosb;

/* memory of the tests themselves: zeroed, never fails */
void *efs_test_zalloc(size_t size);
void efs_test_mfree(void *p);

/** efs_test_rand() - next number of a fixed sequence; *@seed is not 0 */
static inline u32 efs_test_rand(u32 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/**
 * efs_test_dev_new() - an empty device
 * @block_size: power of two; the file system on it uses this block size
 * Makes @test the current case: efs_test_bug() fails it.
 */
struct efs_test_dev *efs_test_dev_new(struct kunit *test, u32 block_size, u64 bytes);

/** efs_test_dev_check() - fail the case if anything leaked or was reported unexpectedly */
void efs_test_dev_check(struct efs_test_dev *dev);

/** efs_test_dev_free() - release everything, what leaked too; accepts NULL */
void efs_test_dev_free(struct efs_test_dev *dev);

/* bytes of the device, past all buffers: a test's own eyes and hands. A block that is
 * dirty in memory must not be written this way.
 */
void efs_test_dev_read(struct efs_test_dev *dev, u64 off, void *buf, size_t len);
void efs_test_dev_write(struct efs_test_dev *dev, u64 off, const void *buf, size_t len);
/**
 * efs_test_peek() - a block as the core sees it: dirty contents come first
 * @spare: of the size of a block, may be used for the answer
 */
const u8 *efs_test_peek(struct efs_test_dev *dev, u32 blk, u8 *spare);
/**
 * efs_test_poke() - write to the device under a mounted volume, as any program may
 * What is in memory changes, too, and stays verified. Inside one block.
 */
void efs_test_poke(struct efs_test_dev *dev, u64 off, const void *buf, u32 len);
/** efs_test_dev_each() - call @fn for every block ever written, in no order */
void efs_test_dev_each(struct efs_test_dev *dev,
		       void (*fn)(struct efs_test_dev *dev, u32 blk, const u8 *data, void *arg),
		       void *arg);

/** efs_test_bad_block() - reading @blk from the device fails from now on, or no more */
void efs_test_bad_block(struct efs_test_dev *dev, u32 blk, bool bad);

/** efs_test_flush() - all dirty buffers become durable */
void efs_test_flush(struct efs_test_dev *dev);
/** efs_test_flush_owned() - those that inode @ino owns do */
void efs_test_flush_owned(struct efs_test_dev *dev, u32 ino);
/** efs_test_power_cut() - all dirty buffers are lost; none may be referenced */
void efs_test_power_cut(struct efs_test_dev *dev);
/** efs_test_dirty_count() - buffers dirty now */
u32 efs_test_dirty_count(struct efs_test_dev *dev);
/** efs_test_is_dirty() - is @blk dirty in memory? */
bool efs_test_is_dirty(struct efs_test_dev *dev, u32 blk);

/** efs_test_log_start() - begin an empty order log; @data: keep contents too */
void efs_test_log_start(struct efs_test_dev *dev, bool data);
void efs_test_log_stop(struct efs_test_dev *dev);

/**
 * efs_test_ordered() - does the log promise @a on disk before the first change of @b?
 * True if, before the first DIRTY of @b, there is an ORDER of @a with every DIRTY of
 * @a that precedes that change before it, and at least one of them.
 */
bool efs_test_ordered(const struct efs_test_dev *dev, u32 a, u32 b);

/**
 * efs_test_took() - were all reports since the last call of @code, at least one?
 * Acknowledges them. efs_test_reports_clear() acknowledges whatever there is.
 */
bool efs_test_took(struct efs_test_dev *dev, enum efs_code code);
void efs_test_reports_clear(struct efs_test_dev *dev);

/* ---- checks.c ---- */

/* rows of the lock table in core/engine/efs.h; those of core/unix/ are 1 to 3 */
enum efs_test_rank {
	EFS_TEST_RANK_RENAME = 1,
	EFS_TEST_RANK_NODE,	/* several at a time */
	EFS_TEST_RANK_LIFE,
	EFS_TEST_RANK_XATTR = 6,
	EFS_TEST_RANK_MAP,
	EFS_TEST_RANK_SHARE,
	EFS_TEST_RANK_BUF,
	EFS_TEST_RANK_GROUP,	/* spin locks from here on */
	EFS_TEST_RANK_SB,
	EFS_TEST_RANK_WIN
};

/**
 * struct efs_test_self - what belongs to one thread
 * @index: its place among those of efs_test_together()
 * @worker: it is one of them
 * @held: locks, in the order taken; @guard: guards
 * @seed: of where it lets others go first
 */
struct efs_test_self {
	u32 index;
	bool worker;
	struct {
		struct efs_test_lock *lock;
		bool write;
	} held[16];
	u32 held_count;
	struct efs_test_guard *guard[4];
	u32 guards;
	u32 seed;
};

/** efs_test_current() - @test is running from now on, and no lock is held */
void efs_test_current(struct kunit *test);

/** efs_test_not_under() - @call was made: a lock of @rank or below is held? */
void efs_test_not_under(const char *call, enum efs_test_rank rank);

/** efs_test_locks_held() - how many locks are held now */
u32 efs_test_locks_held(void);

/** efs_test_steps() - calls of the port so far: what a call costs, on any machine */
u64 efs_test_steps(void);

/* ---- mkfs_mem.c ---- */

/**
 * struct efs_test_mkfs - an empty volume to be made; 0 means the usual
 * @blocks: of the volume
 * @bpg: blocks per group, a multiple of 8
 * @ipg: inodes per group
 * @rev0: revision 0: no features, 128-byte inodes
 * @files: empty regular files "f0", "f1", ... in the root directory, for tests of the
 *	layers below names; inode numbers from efs_test_file_ino()
 * @no_sparse: a superblock copy in each group
 * @meta_bg: with descriptors spread from meta group @first_meta_bg on
 */
struct efs_test_mkfs {
	u32 block_size, blocks, bpg, ipg, inode_size;
	u32 r_blocks, files, first_meta_bg;
	bool rev0, no_sparse, meta_bg, no_filetype, large_file;
};

/**
 * efs_test_format() - put an empty, valid ext2 on a fresh device
 * Nothing is written: the device's unwritten blocks take the contents of the volume,
 * so any size is formatted at once. Ends the case if the geometry is impossible.
 */
void efs_test_format(struct efs_test_dev *dev, const struct efs_test_mkfs *m);

/** efs_test_file_ino() - inode number of the formatter's file @n */
u32 efs_test_file_ino(u32 n);

/** efs_test_format_each() - call @fn for each non-zero block of the format */
void efs_test_format_each(struct efs_test_dev *dev,
			  void (*fn)(struct efs_test_dev *dev, u32 blk, const u8 *data, void *arg),
			  void *arg);

/* ---- image.c, userspace only ---- */

/**
 * efs_test_mkfs() - make an image with mke2fs and load it into @dev
 * @args: options of mke2fs, separated by spaces; size and block size come from @dev.
 *	"-d DIR" and the like work
 */
void efs_test_mkfs(struct efs_test_dev *dev, const char *args);

/**
 * efs_test_fsck() - e2fsck -fn on what is durable; volatile contents are not seen
 * Return: its exit status; output is printed if that is not 0.
 */
int efs_test_fsck(struct efs_test_dev *dev);

/** efs_test_preen() - the status e2fsck -p would end with; the device stays as it is */
int efs_test_preen(struct efs_test_dev *dev);

/**
 * efs_test_repair() - let e2fsck mend what is durable, -p or, with @yes, -y
 * Return: its exit status, 1 if it mended all it found; output is printed if it is above.
 */
int efs_test_repair(struct efs_test_dev *dev, bool yes);

/** efs_test_debugfs() - run commands of debugfs, a line each, on the device, writing */
void efs_test_debugfs(struct efs_test_dev *dev, const char *commands);

/** efs_test_dump() - write what is durable to a sparse file */
void efs_test_dump(struct efs_test_dev *dev, const char *path);

/* ---- thread.c ---- */

#define EFS_TEST_THREADS 8

/**
 * efs_test_together() - run @fn(@arg[i]) in @n threads at once and wait for all
 * Ends the case if one of them broke a rule. Inside, use KUNIT_EXPECT_*() alone: with
 * KUnit, an assertion knows only the thread of the case. Lock 2 is the case's to keep.
 */
void efs_test_together(struct kunit *test, u32 n, void (*fn)(void *arg), void *const *arg);

/** efs_test_self() - of the running thread */
struct efs_test_self *efs_test_self(void);
/** efs_test_threaded() - are we inside of efs_test_together()? */
bool efs_test_threaded(void);
/** efs_test_wait() - someone else has it: let others run. @since: 0 at first */
void efs_test_wait(u64 *since, const char *what);
/** efs_test_thread_end() - end this thread, the case has failed */
void __noreturn efs_test_thread_end(void);
void efs_test_drop_guards(void);

#endif /* EFS_MEM_PORT_H */
