// SPDX-License-Identifier: GPL-2.0
/*
 * Partitions: where the n-th one of a device lies, by an MBR or a GPT.
 *
 * Layouts and numbers as in linux/block/partitions/ and the UEFI
 * specification. All of it is hostile: nothing is believed that passes the device, a chain of
 * logical partitions is followed for a bounded number of steps, and a GPT counts only if both
 * its checksums are right; the one at the end of the device stands in for the first.
 *
 * An MBR does not say how large its sectors are: 512 bytes. Those of a GPT are as large as the
 * place of its header tells.
 */
#include <errno.h>
#include <string.h>

#include "dev.h"

#define SECTOR		512u
#define MBR_TABLE	446
#define MBR_ENTRY	16
#define MBR_ENTRIES	4
#define MBR_CHAIN_MAX	256	/* links of a chain of logical partitions */

#define MBR_TYPE_GPT	0xee

#define GPT_HEADER	92
#define GPT_ENTRY	128u		/* the least */
#define GPT_TABLE_MAX	(1u << 20)	/* bytes */

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* of a range in bytes */
struct extent {
	uint64_t off, size;
};

/* ---- MBR ---- */

struct mbr_entry {
	uint8_t type;
	uint32_t start, count;	/* sectors */
};

/* Return: 0, -EINVAL: no table of partitions, or an error of the device */
static int read_mbr(struct efs_device *dev, uint64_t sector, struct mbr_entry *entries)
{
	uint8_t buf[SECTOR];
	int i, err;

	if (!efs_dev_in_range(sector * SECTOR, SECTOR, dev->size))
		return -EINVAL;
	err = efs_device_read(dev, sector * SECTOR, buf, SECTOR);
	if (err)
		return err;
	if (buf[SECTOR - 2] != 0x55 || buf[SECTOR - 1] != 0xaa)
		return -EINVAL;
	for (i = 0; i < MBR_ENTRIES; i++) {
		const uint8_t *p = buf + MBR_TABLE + i * MBR_ENTRY;

		/* in the boot sector of a file system there is code here */
		if (p[0] & 0x7f)
			return -EINVAL;
		entries[i].type = p[4];
		entries[i].start = le32(p + 8);
		entries[i].count = le32(p + 12);
	}
	return 0;
}

static bool is_extended(const struct mbr_entry *e)
{
	return e->count && (e->type == 0x05 || e->type == 0x0f || e->type == 0x85);
}

static bool is_plain(const struct mbr_entry *e)
{
	return e->count && e->type && !is_extended(e);
}

static int mbr_extent(const struct mbr_entry *e, uint64_t base, uint64_t end, struct extent *out)
{
	uint64_t start = base + e->start;

	if (!e->start || start + e->count > end)
		return -EINVAL;
	out->off = start * SECTOR;
	out->size = (uint64_t)e->count * SECTOR;
	return 0;
}

/* number 5 and so on: each link has a partition, and where the next link is */
static int find_logical(struct efs_device *dev, const struct mbr_entry *extended,
			unsigned int number, struct extent *out)
{
	uint64_t first = extended->start, end = first + extended->count, at = first;
	unsigned int links, n = MBR_ENTRIES;
	struct mbr_entry e[MBR_ENTRIES];
	int i, err;

	if (!first || end > dev->size / SECTOR)
		return -EINVAL;
	for (links = 0; links < MBR_CHAIN_MAX; links++) {
		uint64_t next = 0;

		err = read_mbr(dev, at, e);
		if (err)
			return err;
		for (i = 0; i < MBR_ENTRIES; i++) {
			if (is_plain(&e[i]) && ++n == number)
				return mbr_extent(&e[i], at, end, out);
			if (is_extended(&e[i]) && !next)
				next = first + e[i].start;
		}
		if (!next)
			return -ENXIO;
		if (next <= first || next >= end)
			return -EINVAL;
		at = next;
	}
	return -EINVAL;
}

static int find_mbr(struct efs_device *dev, const struct mbr_entry *e, unsigned int number,
		    struct extent *out)
{
	int i;

	if (number <= MBR_ENTRIES) {
		e += number - 1;
		return is_plain(e) ? mbr_extent(e, 0, dev->size / SECTOR, out) : -ENXIO;
	}
	for (i = 0; i < MBR_ENTRIES; i++)
		if (is_extended(&e[i]))
			return find_logical(dev, &e[i], number, out);
	return -ENXIO;
}

/* ---- GPT ---- */

/* struct gpt - what counts of a header; @block: bytes; the others: blocks */
struct gpt {
	uint32_t block;
	uint64_t first, last;	/* that partitions may take */
	uint64_t table;
	uint32_t entries, entry_size;
};

/* CRC-32 as in Ethernet, continued from @crc; 0 at first */
static uint32_t crc32(uint32_t crc, const uint8_t *p, size_t len)
{
	int bit;

	for (crc = ~crc; len; len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* Return: 0, -EINVAL: the table is not what the header says, or an error of the device */
static int check_table(struct efs_device *dev, const struct gpt *g, uint32_t want)
{
	uint64_t off = g->table * g->block, left = (uint64_t)g->entries * g->entry_size;
	uint8_t buf[SECTOR];
	uint32_t crc = 0;

	while (left) {
		size_t n = left < sizeof(buf) ? (size_t)left : sizeof(buf);
		int err = efs_device_read(dev, off, buf, n);

		if (err)
			return err;
		crc = crc32(crc, buf, n);
		off += n;
		left -= n;
	}
	return crc == want ? 0 : -EINVAL;
}

/* the header in block @at. Return: 0, -EINVAL: none, or damaged, or an error of the device */
static int read_gpt(struct efs_device *dev, uint32_t block, uint64_t at, struct gpt *g)
{
	uint64_t blocks = dev->size / block, bytes;
	uint8_t buf[SECTOR];
	uint32_t size, crc;
	int err;

	if (at >= blocks)
		return -EINVAL;
	err = efs_device_read(dev, at * block, buf, sizeof(buf));
	if (err)
		return err;
	if (memcmp(buf, "EFI PART", 8) || le32(buf + 8) >> 16 != 1)
		return -EINVAL;
	size = le32(buf + 12);
	crc = le32(buf + 16);
	if (size < GPT_HEADER || size > sizeof(buf))
		return -EINVAL;
	memset(buf + 16, 0, 4);
	if (crc32(0, buf, size) != crc || le64(buf + 24) != at)
		return -EINVAL;

	g->block = block;
	g->first = le64(buf + 40);
	g->last = le64(buf + 48);
	g->table = le64(buf + 72);
	g->entries = le32(buf + 80);
	g->entry_size = le32(buf + 84);
	bytes = (uint64_t)g->entries * g->entry_size;
	if (g->first > g->last || g->last >= blocks)
		return -EINVAL;
	if (g->entry_size < GPT_ENTRY || g->entry_size & (g->entry_size - 1) ||
	    bytes > GPT_TABLE_MAX)
		return -EINVAL;
	if (g->table >= blocks || !efs_dev_in_range(g->table * block, bytes, dev->size))
		return -EINVAL;
	return check_table(dev, g, le32(buf + 88));
}

static int find_in_gpt(struct efs_device *dev, const struct gpt *g, unsigned int number,
		       struct extent *out)
{
	static const uint8_t none[16];
	uint64_t first, last;
	uint8_t e[GPT_ENTRY];
	int err;

	if (number > g->entries)
		return -ENXIO;
	err = efs_device_read(dev, g->table * g->block + (uint64_t)(number - 1) * g->entry_size,
			      e, sizeof(e));
	if (err)
		return err;
	if (!memcmp(e, none, sizeof(none)))
		return -ENXIO;
	first = le64(e + 32);
	last = le64(e + 40);
	if (first < g->first || last > g->last || first > last)
		return -EINVAL;
	out->off = first * g->block;
	out->size = (last - first + 1) * g->block;
	return 0;
}

static int find_gpt(struct efs_device *dev, unsigned int number, struct extent *out)
{
	static const uint16_t sizes[4] = { 512, 4096, 2048, 1024 };
	struct gpt g;
	int i, err;

	for (i = 0; i < 2 * 4; i++) {
		uint32_t block = sizes[i / 2];

		if (dev->size / block < 3)
			continue;
		err = read_gpt(dev, block, i % 2 ? dev->size / block - 1 : 1, &g);
		if (!err)
			return find_in_gpt(dev, &g, number, out);
		/* where one copy cannot be read the other one may */
		if (err != -EINVAL && err != -EIO)
			return err;
	}
	return -EINVAL;
}

int efs_device_partition(struct efs_device *under, unsigned int number, struct efs_device **out)
{
	struct mbr_entry e[MBR_ENTRIES];
	struct extent x = { 0 };
	int i, err;

	if (!number)
		return -ENXIO;
	err = read_mbr(under, 0, e);
	if (err)
		return err;
	for (i = 0; i < MBR_ENTRIES && e[i].type != MBR_TYPE_GPT; i++)
		;
	if (i < MBR_ENTRIES)
		err = find_gpt(under, number, &x);
	else
		err = find_mbr(under, e, number, &x);
	return err ? err : efs_device_range(under, x.off, x.size, out);
}
