/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A RAM disk with a volatile cache, whose every request the test can count or fail.
 *
 * A write lands in the cache. A flush copies the cache to what is stable, a write with
 * FUA its own bytes. A power cut throws the cache away.
 */
#ifndef EFSV_DISK_H
#define EFSV_DISK_H

#include <linux/bitmap.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define EFSV_DISK_NAME	"efskunit"
#define EFSV_DISK_MAX	(16u << 20)
#define EFSV_DISK_UNIT	4096u	/* a piece whose state is told by one bit */

/**
 * struct efsv_fault - requests of one direction that fail
 * @from, @to: those which touch these bytes
 * @skip: so many of them still work
 * @count: so many then fail
 */
struct efsv_fault {
	u64 from, to;
	u32 skip, count;
};

/**
 * struct efsv_disk - the disk
 * @bytes: its size now
 * @cache: contents, EFSV_DISK_MAX bytes; to be changed by a test only while nobody
 *	has them in memory
 * @stable: contents after a power cut
 * @used: units that may be other than zero
 * @unstable: units that were written since the last flush
 * @fail: what fails of reads and writes
 * @gone: everything fails
 * @reads, @writes, @flushes: requests that worked
 * @failed: requests that were made to fail
 */
struct efsv_disk {
	struct gendisk *gd;
	u64 bytes;
	u8 *cache, *stable;
	DECLARE_BITMAP(used, EFSV_DISK_MAX / EFSV_DISK_UNIT);
	DECLARE_BITMAP(unstable, EFSV_DISK_MAX / EFSV_DISK_UNIT);
	spinlock_t lock;	/* everything below and both bitmaps */
	struct efsv_fault fail[2];
	bool gone;
	u32 reads, writes, flushes, failed;
};

/** efsv_disk_new() - /dev/EFSV_DISK_NAME; NULL if it cannot be made */
struct efsv_disk *efsv_disk_new(void);
void efsv_disk_free(struct efsv_disk *d);
/** efsv_disk_reset() - @bytes of zeros and no faults; nobody may use it */
void efsv_disk_reset(struct efsv_disk *d, u64 bytes);
/** efsv_disk_store() - contents from outside, stable at once */
void efsv_disk_store(struct efsv_disk *d, u64 pos, const u8 *data, u32 len);
/** efsv_disk_settle() - all that is in the cache becomes stable */
void efsv_disk_settle(struct efsv_disk *d);
/** efsv_disk_cut() - nobody uses the disk any more: drop its cache */
void efsv_disk_cut(struct efsv_disk *d);
/** efsv_disk_fail() - the next @count requests to [@from, @to) fail; @rw: READ or WRITE */
void efsv_disk_fail(struct efsv_disk *d, int rw, u64 from, u64 to, u32 count);
/** efsv_disk_mend() - no faults any more */
void efsv_disk_mend(struct efsv_disk *d);

#endif /* EFSV_DISK_H */
