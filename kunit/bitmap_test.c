// SPDX-License-Identifier: GPL-2.0
/*
 * Bitmaps, against a reference that looks at one bit at a time.
 *
 * Tests: core/format/bitmap.c
 */
#include "mem_port.h"

#define WORDS 8
#define BITS (WORDS * 64)

/* aligned as a block is; guards on both sides must stay as they are */
struct map {
	u64 before;
	u64 w[WORDS];
	u64 after;
};

#define GUARD 0x5aa5c33c0ff09669ull

static bool ref_test(const struct map *m, u32 bit)
{
	return ((const u8 *)m->w)[bit / 8] >> (bit % 8) & 1;
}

static void ref_put(struct map *m, u32 bit, u32 len, bool val)
{
	for (; len; len--, bit++) {
		u8 *p = (u8 *)m->w + bit / 8;

		*p = val ? *p | 1 << bit % 8 : *p & ~(1 << bit % 8);
	}
}

static u32 ref_find(const struct map *m, u32 size, u32 from, bool val)
{
	for (; from < size; from++)
		if (ref_test(m, from) == val)
			return from;
	return size;
}

/* first run of @want zero bits, else the first of the longest */
static u32 ref_run(const struct map *m, u32 size, u32 from, u32 want, u32 *run)
{
	u32 at = size, i;

	*run = 0;
	for (; from < size; from++) {
		for (i = 0; i < want && from + i < size && !ref_test(m, from + i); i++)
			;
		if (i > *run) {
			*run = i;
			at = from;
		}
		if (i == want)
			break;
	}
	return at;
}

/* maps of all densities, whole words of ones and zeros among them */
static void fill(struct map *m, u32 *seed)
{
	u32 density = efs_test_rand(seed) % 5, i, n;

	m->before = GUARD;
	m->after = GUARD;
	memset(m->w, density == 4 ? 0xff : 0, sizeof(m->w));
	if (density < 4 && density)
		for (i = 0; i < 1u << (3 * density - 2); i++) {
			n = efs_test_rand(seed) % BITS;
			ref_put(m, n, min_t(u32, efs_test_rand(seed) % 70, BITS - n), true);
		}
	if (density == 4)
		for (i = 0; i < 4; i++)
			ref_put(m, efs_test_rand(seed) % BITS, 1, false);
}

static void change(struct kunit *test)
{
	u32 seed = 0x1234567, round;

	for (round = 0; round < 3000; round++) {
		struct map a, b;
		u32 bit, len;
		bool val = round & 1;

		fill(&a, &seed);
		b = a;
		bit = efs_test_rand(&seed) % BITS;
		len = efs_test_rand(&seed) % (BITS - bit + 1);
		if (round % 3 == 0)
			len %= 9;
		ref_put(&b, bit, len, val);
		if (val)
			efs_bits_set(a.w, bit, len);
		else
			efs_bits_clear(a.w, bit, len);
		KUNIT_ASSERT_MEMEQ_MSG(test, &a, &b, sizeof(a), "%s %u+%u", val ? "set" : "clear",
				       bit, len);
		for (bit = 0; bit < BITS; bit++)
			KUNIT_ASSERT_EQ(test, efs_bit_test(a.w, bit), ref_test(&a, bit));
	}
}

static void find(struct kunit *test)
{
	u32 seed = 0x7654321, round;

	for (round = 0; round < 20000; round++) {
		struct map m;
		u32 size, from;
		bool val = round & 1;

		fill(&m, &seed);
		size = efs_test_rand(&seed) % (BITS + 1);
		/* beyond the end too */
		from = efs_test_rand(&seed) % (BITS + 9);
		KUNIT_ASSERT_EQ_MSG(test, efs_bits_find(m.w, size, from, val),
				    ref_find(&m, size, from, val), "%u from %u size %u", val, from,
				    size);
	}
}

static void find_edges(struct kunit *test)
{
	static const struct {
		u32 bit, size, from, expect;
	} rows[] = {
		{ 0, 1, 0, 0 },		{ 0, 0, 0, 0 },		{ 63, 64, 0, 63 },
		{ 63, 63, 0, 63 },	{ 64, 65, 0, 64 },	{ 64, 64, 0, 64 },
		{ 64, BITS, 64, 64 },	{ 64, BITS, 65, BITS },
		{ BITS - 1, BITS, 0, BITS - 1 },
		{ BITS - 1, BITS, BITS - 1, BITS - 1 },		{ 5, BITS, BITS, BITS },
		{ 127, 127, 100, 127 },	{ 100, 90, 0, 90 },
	};
	__le64 *word;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct map m = { 0 };

		ref_put(&m, rows[i].bit, 1, true);
		KUNIT_EXPECT_EQ_MSG(test, efs_bits_find(m.w, rows[i].size, rows[i].from, true),
				    rows[i].expect, "row %u", i);
		memset(&m, 0xff, sizeof(m));
		ref_put(&m, rows[i].bit, 1, false);
		KUNIT_EXPECT_EQ_MSG(test, efs_bits_find(m.w, rows[i].size, rows[i].from, false),
				    rows[i].expect, "row %u, zero", i);
	}
	/* at the very end nothing is read */
	word = kunit_kzalloc(test, sizeof(*word), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, word);
	KUNIT_EXPECT_EQ(test, efs_bits_find(word, 64, 64, true), 64);
	KUNIT_EXPECT_EQ(test, efs_bits_find(word, 64, 0, true), 64);
}

static void count(struct kunit *test)
{
	u32 seed = 0xabcdef, round;

	for (round = 0; round < 5000; round++) {
		struct map m;
		u32 size = efs_test_rand(&seed) % (BITS + 1), bit, n = 0;

		fill(&m, &seed);
		for (bit = 0; bit < size; bit++)
			n += !ref_test(&m, bit);
		KUNIT_ASSERT_EQ_MSG(test, efs_bits_count_free(m.w, size), n, "size %u", size);
	}
}

static void all(struct kunit *test)
{
	u32 seed = 0xfedcba, round;

	for (round = 0; round < 20000; round++) {
		struct map m;
		bool val = round & 1, expect = true;
		u32 bit, len, i;

		fill(&m, &seed);
		bit = efs_test_rand(&seed) % BITS;
		len = efs_test_rand(&seed) % (round % 3 ? 70 : BITS);
		len = min_t(u32, len, BITS - bit);
		for (i = 0; i < len; i++)
			expect &= ref_test(&m, bit + i) == val;
		KUNIT_ASSERT_EQ_MSG(test, efs_bits_all(m.w, bit, len, val), expect, "%u+%u", bit,
				    len);
	}
}

static void run(struct kunit *test)
{
	u32 seed = 0x13579bd, round;

	for (round = 0; round < 20000; round++) {
		struct map m;
		u32 size, from, want, len, ref_len, at;

		fill(&m, &seed);
		size = efs_test_rand(&seed) % (BITS + 1);
		from = efs_test_rand(&seed) % (BITS + 9);
		want = 1 + efs_test_rand(&seed) % (round % 3 ? 20 : BITS + 9);
		at = ref_run(&m, size, from, want, &ref_len);
		KUNIT_ASSERT_EQ_MSG(test, efs_bits_find_run(m.w, size, from, want, &len), at,
				    "size %u from %u want %u", size, from, want);
		KUNIT_ASSERT_EQ_MSG(test, len, ref_len, "size %u from %u want %u", size, from,
				    want);
	}
}

static struct kunit_case bitmap_cases[] = {
	KUNIT_CASE(change),
	KUNIT_CASE(find),
	KUNIT_CASE(find_edges),
	KUNIT_CASE(count),
	KUNIT_CASE(all),
	KUNIT_CASE(run),
	{}
};

static struct kunit_suite bitmap_suite = {
	.name = "efsext2_bitmap",
	.test_cases = bitmap_cases,
};

kunit_test_suite(bitmap_suite);
