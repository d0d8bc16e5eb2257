// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Block and inode bitmaps: bit n of the map is bit n % 8 of byte n / 8.
 *
 * Maps are blocks, so they are aligned and a whole number of 64-bit words long;
 * they are scanned as little-endian words, which gives the same bit order on every
 * machine. Nothing outside the words that hold [from, size) is touched.
 *
 * Locks: none here; the engine calls under the group's lock.
 */
#include "format.h"

static u64 word(const void *map, u32 bit)
{
	return le64_to_cpu(((const __le64 *)map)[bit / 64]);
}

/* bits [bit % 64, bit % 64 + len) of a word, cut at the word's end */
static u64 mask(u32 bit, u32 len)
{
	u64 m = len >= 64 ? ~0ull : (1ull << len) - 1;

	return m << (bit % 64);
}

static u32 span(u32 bit, u32 len)
{
	return min_t(u32, len, 64 - bit % 64);
}

bool efs_bit_test(const void *map, u32 bit)
{
	return word(map, bit) >> (bit % 64) & 1;
}

void efs_bits_set(void *map, u32 bit, u32 len)
{
	__le64 *w = map;

	while (len) {
		u32 n = span(bit, len);

		w[bit / 64] |= cpu_to_le64(mask(bit, n));
		bit += n;
		len -= n;
	}
}

void efs_bits_clear(void *map, u32 bit, u32 len)
{
	__le64 *w = map;

	while (len) {
		u32 n = span(bit, len);

		w[bit / 64] &= ~cpu_to_le64(mask(bit, n));
		bit += n;
		len -= n;
	}
}

u32 efs_bits_find(const void *map, u32 size, u32 from, bool val)
{
	while (from < size) {
		u64 w = word(map, from);

		if (!val)
			w = ~w;
		w >>= from % 64;
		if (w) {
			from += efs_ctz64(w);
			return min_t(u32, from, size);
		}
		from += 64 - from % 64;
	}
	return size;
}

/* the sum of bits in parallel, as no compiler helper may be called from here */
static u32 weight(u64 w)
{
	w -= w >> 1 & 0x5555555555555555ull;
	w = (w & 0x3333333333333333ull) + (w >> 2 & 0x3333333333333333ull);
	w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (u32)(w * 0x0101010101010101ull >> 56);
}

u32 efs_bits_count_free(const void *map, u32 size)
{
	u32 bit = 0, n = 0;

	while (bit < size) {
		u32 len = span(bit, size - bit);

		n += weight(~word(map, bit) & mask(bit, len));
		bit += len;
	}
	return n;
}

bool efs_bits_all(const void *map, u32 bit, u32 len, bool val)
{
	return !len || efs_bits_find(map, bit + len, bit, !val) == bit + len;
}

u32 efs_bits_find_run(const void *map, u32 size, u32 from, u32 want, u32 *run)
{
	u32 best = 0, at = size;

	while (from < size) {
		u32 start = efs_bits_find(map, size, from, false);
		u32 limit, end;

		if (start >= size)
			break;
		limit = size - start > want ? start + want : size;
		end = efs_bits_find(map, limit, start, true);
		if (end - start > best) {
			best = end - start;
			at = start;
			if (best >= want)
				break;
		}
		from = end;
	}
	*run = best;
	return at;
}
