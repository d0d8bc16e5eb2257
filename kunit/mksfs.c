// SPDX-License-Identifier: GPL-2.0
/*
 * SFS volumes in memory; see mksfs.h. Shares nothing with what reads them but the
 * specification.
 */
#include "mksfs.h"

#define ENTRY 64

void mksfs_put(u8 *p, u64 v, u32 n)
{
	for (; n; n--, v >>= 8)
		*p++ = (u8)v;
}

u8 *mksfs_entry(struct mksfs *m, u8 type, u32 n)
{
	u64 used = m->next << m->bits;
	u8 *p;

	/* a marker must have room, too */
	if (m->full || m->size - used < (m->slots + n + 1) * ENTRY) {
		m->full = true;
		return NULL;
	}
	m->slots += n;
	p = m->img + m->size - m->slots * ENTRY;
	memset(p, 0, (size_t)n * ENTRY);
	p[0] = type;
	return p;
}

void mksfs_begin(struct mksfs *m, u8 *img, u64 size, u32 bits, u32 reserved, const char *label,
		 s64 time)
{
	u8 *p;

	*m = (struct mksfs){ .img = img, .size = size >> bits << bits, .bits = bits,
			     .reserved = reserved, .next = reserved };
	p = mksfs_entry(m, 0x01, 1);
	if (!p)
		return;
	mksfs_put(p + 4, (u64)time, 8);
	memcpy(p + 12, label, strlen(label));
}

u8 *mksfs_name(struct mksfs *m, u8 type, const char *path, s64 time, const void *data, u64 len)
{
	bool dir = type == MKSFS_DIR || type == MKSFS_GONE_DIR;
	u64 blocks = dir ? 0 : (len + (1ull << m->bits) - 1) >> m->bits;
	u32 at = dir ? 10 : 34, n = (u32)strlen(path), more = 0;
	u8 *p;

	if (n > ENTRY - at)
		more = (n - (ENTRY - at) + ENTRY - 1) / ENTRY;
	p = more > 255 ? NULL : mksfs_entry(m, type, 1 + more);
	if (!p || (m->size - m->slots * ENTRY) >> m->bits < m->next + blocks) {
		m->full = true;
		return NULL;
	}
	p[1] = (u8)more;
	mksfs_put(p + 2, (u64)time, 8);
	memcpy(p + at, path, n);
	if (dir)
		return p;
	/* the end of what is empty lies before its start */
	mksfs_put(p + 10, m->next, 8);
	mksfs_put(p + 18, m->next + blocks - 1, 8);
	mksfs_put(p + 26, len, 8);
	if (data)
		memcpy(m->img + (m->next << m->bits), data, (size_t)len);
	m->next += blocks;
	return p;
}

void mksfs_checksum(u8 *img)
{
	u8 sum = 0;
	u32 i;

	for (i = 0x1ac; i < 0x1bd; i++)
		sum += img[i];
	img[0x1bd] = (u8)-sum;
}

bool mksfs_end(struct mksfs *m, s64 time)
{
	u8 *sb = m->img, *marker = m->img + m->size - (m->slots + 1) * ENTRY;

	if (m->full)
		return false;
	memset(marker, 0, ENTRY);
	marker[0] = 0x02;
	m->slots++;
	mksfs_put(sb + 0x194, (u64)time, 8);
	mksfs_put(sb + 0x19c, m->next - m->reserved, 8);
	mksfs_put(sb + 0x1a4, m->slots * ENTRY, 8);
	memcpy(sb + 0x1ac, "SFS\x10", 4);
	mksfs_put(sb + 0x1b0, m->size >> m->bits, 8);
	mksfs_put(sb + 0x1b8, m->reserved, 4);
	sb[0x1bc] = (u8)(m->bits - 7);
	mksfs_checksum(sb);
	sb[0x1fe] = 0x55;
	sb[0x1ff] = 0xaa;
	return true;
}
