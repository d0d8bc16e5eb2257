// SPDX-License-Identifier: GPL-2.0
/*
 * What dm-log-writes wrote. The format is that of Linux, drivers/md/dm-log-writes.c: a superblock
 * in the first sector, then entries, each a sector of its own with the data behind it.
 *
 * A write stands there from the flush on that made it durable, or from its end if it went past
 * the cache; marks and flushes stand where they happened. So whatever a state takes for sent had
 * been sent, and what it takes for durable was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel.h"

#define LOG_MAGIC	0x6a736677736872ull
#define LOG_FLUSH	1u
#define LOG_FUA		2u
#define LOG_DISCARD	4u
#define LOG_MARK	8u
#define SECTOR		512u

struct log_super {
	__le64 magic, version, nr_entries;
	__le32 sectorsize;
};

struct log_entry {
	__le64 sector, nr_sectors, flags, data_len;
};

static void get(int fd, void *buf, size_t len, u64 at)
{
	if (pread(fd, buf, len, (off_t)at) != (ssize_t)len)
		die("the log ends too early");
}

static void event(struct record *r, enum ev_type type, u32 blk, const u8 *data)
{
	record_mark(r, type, blk);
	if (data) {
		struct ev *ev = &r->ev[r->n - 1];

		ev->data = xalloc(r->block_size);
		memcpy(ev->data, data, r->block_size);
		ev->hash = hash_block(blk, data, r->block_size);
	}
}

static void writes(struct record *r, enum ev_type type, u64 off, u64 len, const u8 *data)
{
	u64 i;

	if (off % r->block_size || len % r->block_size)
		die("a write of %llu bytes at %llu", (unsigned long long)len,
		    (unsigned long long)off);
	for (i = 0; i < len; i += r->block_size)
		event(r, type, (u32)((off + i) / r->block_size), data + i);
}

static void mark(struct record *r, const char *text)
{
	char what[16];
	u32 op;

	/* one of its own ends the log */
	if (sscanf(text, "%15[a-z]:%u", what, &op) == 2)
		event(r, strcmp(what, "end") ? EV_BEGIN : EV_END, op, NULL);
}

u32 log_read(int fd, u32 slice, const struct volume *v, struct record *r)
{
	u64 at = slice * SLICE_BYTES, i, n;
	struct log_super super;
	u32 count = 0;

	get(fd, &super, sizeof(super), at);
	if (le64_to_cpu(super.magic) != LOG_MAGIC || le64_to_cpu(super.version) != 1 ||
	    le32_to_cpu(super.sectorsize) != SECTOR)
		die("slice %u holds no log", slice);
	n = le64_to_cpu(super.nr_entries);
	r->block_size = v->block_size;
	at += SECTOR;
	for (i = 0; i < n; i++) {
		u8 sector[SECTOR], *data;
		struct log_entry e;
		u64 flags, len;

		get(fd, sector, sizeof(sector), at);
		memcpy(&e, sector, sizeof(e));
		at += SECTOR;
		flags = le64_to_cpu(e.flags);
		len = le64_to_cpu(e.nr_sectors) * SECTOR;
		if (flags & LOG_DISCARD || len > LOG_BYTES)
			die("an entry that nobody should make, flags %llx",
			    (unsigned long long)flags);
		if (flags & LOG_MARK) {
			sector[SECTOR - 1] = 0;
			mark(r, (const char *)sector + sizeof(e));
			continue;
		}
		/* a flush that carries data comes before them */
		if (flags & LOG_FLUSH)
			event(r, EV_FLUSH, 0, NULL);
		if (!len)
			continue;
		data = xalloc(len);
		get(fd, data, len, at);
		writes(r, flags & LOG_FUA ? EV_FUA : EV_WRITE, le64_to_cpu(e.sector) * SECTOR, len,
		       data);
		free(data);
		at += len;
		count++;
	}
	return count;
}
