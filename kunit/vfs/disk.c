// SPDX-License-Identifier: GPL-2.0
/*
 * The tests' disk: see disk.h.
 *
 * Requests are done where they are submitted, so nothing is in flight when a call that
 * wrote has returned. Those that fail are marked quiet: the kernel's complaint about a
 * bad device on the console is for devices that were not asked to be bad.
 *
 * Locks: disk->lock around the contents, the counters and the faults.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "efsv_probe.h"
#include "disk.h"

static bool must_fail(struct efsv_disk *d, int rw, u64 from, u64 to)
{
	struct efsv_fault *f = &d->fail[rw];

	if (d->gone)
		return true;
	if (!f->count || to <= f->from || from >= f->to)
		return false;
	if (f->skip) {
		f->skip--;
		return false;
	}
	f->count--;
	return true;
}

static void mark(struct efsv_disk *d, u64 pos, u32 len)
{
	u32 from = pos / EFSV_DISK_UNIT, n = (pos + len - 1) / EFSV_DISK_UNIT + 1 - from;

	bitmap_set(d->used, from, n);
	bitmap_set(d->unstable, from, n);
}

static void flush(struct efsv_disk *d)
{
	u32 i;

	for_each_set_bit(i, d->unstable, EFSV_DISK_MAX / EFSV_DISK_UNIT)
		memcpy(d->stable + i * EFSV_DISK_UNIT, d->cache + i * EFSV_DISK_UNIT,
		       EFSV_DISK_UNIT);
	bitmap_zero(d->unstable, EFSV_DISK_MAX / EFSV_DISK_UNIT);
}

static void transfer(struct efsv_disk *d, struct bio *bio, bool write, u64 pos)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter) {
		if (write) {
			memcpy_from_bvec(d->cache + pos, &bv);
			mark(d, pos, bv.bv_len);
			if (bio->bi_opf & REQ_FUA)
				memcpy(d->stable + pos, d->cache + pos, bv.bv_len);
		} else {
			memcpy_to_bvec(&bv, d->cache + pos);
		}
		pos += bv.bv_len;
	}
}

static void submit(struct bio *bio)
{
	struct efsv_disk *d = bio->bi_bdev->bd_disk->private_data;
	u64 pos = (u64)bio->bi_iter.bi_sector << SECTOR_SHIFT;
	u32 len = bio->bi_iter.bi_size;
	bool write = op_is_write(bio_op(bio)), bad;

	spin_lock(&d->lock);
	bad = pos + len > d->bytes || must_fail(d, write, pos, pos + len);
	if (bad) {
		d->failed++;
	} else {
		if (bio->bi_opf & REQ_PREFLUSH) {
			flush(d);
			d->flushes++;
		}
		if (len) {
			transfer(d, bio, write, pos);
			if (write)
				d->writes++;
			else
				d->reads++;
		}
	}
	spin_unlock(&d->lock);

	if (bad) {
		bio_set_flag(bio, BIO_QUIET);
		bio_io_error(bio);
	} else {
		bio_endio(bio);
	}
}

static const struct block_device_operations disk_ops = {
	.owner = THIS_MODULE,
	.submit_bio = submit,
};

static struct gendisk *alloc_gendisk(void)
{
#if EFSV_HAVE_DISK_LIMITS
	struct queue_limits lim = {
		.logical_block_size = SECTOR_SIZE,
		.features = BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA,
	};
	struct gendisk *gd = blk_alloc_disk(&lim, NUMA_NO_NODE);

	return IS_ERR(gd) ? NULL : gd;
#else
	struct gendisk *gd = blk_alloc_disk(NUMA_NO_NODE);

	if (gd)
		blk_queue_write_cache(gd->queue, true, true);
	return gd;
#endif
}

struct efsv_disk *efsv_disk_new(void)
{
	struct efsv_disk *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return NULL;
	spin_lock_init(&d->lock);
	d->cache = vzalloc(EFSV_DISK_MAX);
	d->stable = vzalloc(EFSV_DISK_MAX);
	d->gd = alloc_gendisk();
	if (!d->cache || !d->stable || !d->gd)
		goto bad;
	d->gd->fops = &disk_ops;
	d->gd->private_data = d;
	d->gd->flags |= GENHD_FL_NO_PART;
	strscpy(d->gd->disk_name, EFSV_DISK_NAME, sizeof(d->gd->disk_name));
	if (!add_disk(d->gd))
		return d;
bad:
	if (d->gd)
		put_disk(d->gd);
	vfree(d->cache);
	vfree(d->stable);
	kfree(d);
	return NULL;
}

void efsv_disk_free(struct efsv_disk *d)
{
	del_gendisk(d->gd);
	put_disk(d->gd);
	vfree(d->cache);
	vfree(d->stable);
	kfree(d);
}

void efsv_disk_store(struct efsv_disk *d, u64 pos, const u8 *data, u32 len)
{
	memcpy(d->cache + pos, data, len);
	memcpy(d->stable + pos, data, len);
	mark(d, pos, len);
}

void efsv_disk_reset(struct efsv_disk *d, u64 bytes)
{
	u32 i;

	efsv_disk_mend(d);
	d->bytes = bytes;
	d->reads = 0;
	d->writes = 0;
	d->flushes = 0;
	d->failed = 0;
	for_each_set_bit(i, d->used, EFSV_DISK_MAX / EFSV_DISK_UNIT) {
		memset(d->cache + i * EFSV_DISK_UNIT, 0, EFSV_DISK_UNIT);
		memset(d->stable + i * EFSV_DISK_UNIT, 0, EFSV_DISK_UNIT);
	}
	bitmap_zero(d->used, EFSV_DISK_MAX / EFSV_DISK_UNIT);
	bitmap_zero(d->unstable, EFSV_DISK_MAX / EFSV_DISK_UNIT);
	set_capacity(d->gd, bytes >> SECTOR_SHIFT);
}

void efsv_disk_settle(struct efsv_disk *d)
{
	memcpy(d->stable, d->cache, d->bytes);
}

void efsv_disk_cut(struct efsv_disk *d)
{
	memcpy(d->cache, d->stable, d->bytes);
	bitmap_zero(d->unstable, EFSV_DISK_MAX / EFSV_DISK_UNIT);
}

void efsv_disk_fail(struct efsv_disk *d, int rw, u64 from, u64 to, u32 count)
{
	spin_lock(&d->lock);
	d->fail[rw] = (struct efsv_fault){ .from = from, .to = to, .count = count };
	spin_unlock(&d->lock);
}

void efsv_disk_mend(struct efsv_disk *d)
{
	spin_lock(&d->lock);
	memset(d->fail, 0, sizeof(d->fail));
	d->gone = false;
	spin_unlock(&d->lock);
}
