// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Hashes of names, as indexes of directories sort by them.
 *
 * Three kinds, told by a byte in the index: "legacy", and the compression functions of
 * half of MD4 (RFC 1320, two of its four words of input at a time) and of the Tiny
 * Encryption Algorithm, fed with the name in pieces, each padded with its length. Constants
 * and the way names are cut are those of linux/fs/ext4/hash.c. The lowest bit is no part of
 * a hash: it marks names of one hash that go on in the next block.
 *
 * Bytes are signed or not as they were on the machine that made the volume, which has a
 * flag for it.
 *
 * Locks: none.
 */
#include "priv.h"

#define HASH_HALF_MD4	1
#define HASH_TEA	2

#define MD4_BYTES	32u	/* of a name, in one round of each */
#define TEA_BYTES	16u

#define TEA_DELTA	0x9e3779b9u
#define TEA_ROUNDS	16

void chk_hash_seed(const struct efs_dsuper *ds, u32 *seed)
{
	/* the start values of MD4, unless the volume has its own */
	static const u32 usual[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	bool own = false;
	u32 i;

	for (i = 0; i < 4; i++) {
		seed[i] = le32_to_cpu(ds->s_hash_seed[i]);
		own |= seed[i] != 0;
	}
	if (!own)
		memcpy(seed, usual, sizeof(usual));
}

static u32 byte_of(u8 ch, bool sign)
{
	return sign ? (u32)(s32)(s8)ch : ch;
}

static u32 rol(u32 v, u32 n)
{
	return v << n | v >> (32 - n);
}

/* the next @words words of a name of which @len bytes are left */
static void fill(u32 *in, u32 words, const u8 *p, u32 len, bool sign)
{
	u32 pad = len | len << 8, i, n = 0;

	pad |= pad << 16;
	for (i = 0; i < words; i++)
		in[i] = pad;
	len = min(len, 4 * words);
	for (i = 0; i < len; i++) {
		in[n] = byte_of(p[i], sign) + (in[n] << 8);
		n += i % 4 == 3;
	}
}

/* one step of a round, and the words change places */
static void md4_step(u32 *s, u32 f, u32 in, u32 shift)
{
	u32 a = rol(s[0] + f + in, shift);

	s[0] = s[3];
	s[3] = s[2];
	s[2] = s[1];
	s[1] = a;
}

static void half_md4(u32 *buf, const u32 *in)
{
	static const u8 shift[3][4] = { { 3, 7, 11, 19 }, { 3, 5, 9, 13 }, { 3, 9, 11, 15 } };
	static const u8 order[3][8] = {
		{ 0, 1, 2, 3, 4, 5, 6, 7 }, { 1, 3, 5, 7, 0, 2, 4, 6 }, { 3, 7, 2, 6, 1, 5, 0, 4 },
	};
	static const u32 constant[3] = { 0, 0x5a827999, 0x6ed9eba1 };
	u32 s[4] = { buf[0], buf[1], buf[2], buf[3] }, round, i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < 8; i++) {
			u32 b = s[1], c = s[2], d = s[3], f;

			if (round == 0)
				f = d ^ (b & (c ^ d));
			else if (round == 1)
				f = (b & c) + ((b ^ c) & d);
			else
				f = b ^ c ^ d;
			md4_step(s, f, in[order[round][i]] + constant[round], shift[round][i % 4]);
		}
	}
	for (i = 0; i < 4; i++)
		buf[i] += s[i];
}

static void tea(u32 *buf, const u32 *in)
{
	u32 b0 = buf[0], b1 = buf[1], sum = 0, i;

	for (i = 0; i < TEA_ROUNDS; i++) {
		sum += TEA_DELTA;
		b0 += ((b1 << 4) + in[0]) ^ (b1 + sum) ^ ((b1 >> 5) + in[1]);
		b1 += ((b0 << 4) + in[2]) ^ (b0 + sum) ^ ((b0 >> 5) + in[3]);
	}
	buf[0] += b0;
	buf[1] += b1;
}

static u32 legacy(const u8 *name, u32 len, bool sign)
{
	u32 h0 = 0x12a3fe2d, h1 = 0x37abe8f9;

	while (len--) {
		u32 h = h1 + (h0 ^ (byte_of(*name++, sign) * 7152373));

		if (h & 0x80000000u)
			h -= 0x7fffffff;
		h1 = h0;
		h0 = h;
	}
	return h0 << 1;
}

u32 chk_hash(u32 version, bool sign, const u32 *seed, const u8 *name, u32 len)
{
	u32 buf[4] = { seed[0], seed[1], seed[2], seed[3] };
	u32 step = version == HASH_TEA ? TEA_BYTES : MD4_BYTES, in[8];

	if (version != HASH_HALF_MD4 && version != HASH_TEA)
		return legacy(name, len, sign) & ~1u;
	for (;;) {
		fill(in, step / 4, name, len, sign);
		if (version == HASH_TEA)
			tea(buf, in);
		else
			half_md4(buf, in);
		if (len <= step)
			break;
		name += step;
		len -= step;
	}
	return (version == HASH_TEA ? buf[0] : buf[1]) & ~1u;
}
