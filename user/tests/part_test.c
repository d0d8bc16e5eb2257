// SPDX-License-Identifier: GPL-2.0
/*
 * Tables of partitions: right ones, every lie that a row can tell, and random damage.
 *
 *   part_test			the tests
 *   part_test IMAGE NUMBER	where partition NUMBER of IMAGE lies: first byte, and bytes
 */
#include "dev_test.h"

#define SECTORS	8192u
#define SIZE	(SECTORS * 512)

static unsigned char disk[SIZE];
static size_t disk_size;
static struct efs_device *image;	/* instead of @disk */
static uint64_t last_read;
static int reads, fail_at;	/* the request that fails, from 1; 0: none */

static int disk_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	(void)ctx;
	last_read = off;
	if (++reads == fail_at)
		return -EIO;
	if (image)
		return efs_device_read(image, off, buf, len);
	memcpy(buf, disk + off, len);
	return 0;
}

/* where partition @n lies, in bytes; or an error. -EILSEQ: not within the device */
static int look(unsigned int n, uint64_t *off, uint64_t *len)
{
	static const struct efs_device_ops ops = { .read = disk_read };
	struct efs_device *dev, *part = NULL;
	char byte;
	int err;

	reads = 0;
	*off = 0;
	*len = 0;
	if (efs_device_custom(&ops, NULL, disk_size, NULL, &dev))
		return -ENOMEM;
	err = efs_device_partition(dev, n, &part);
	if (err) {
		efs_device_close(dev);
		return part ? -EILSEQ : err;
	}
	*len = efs_device_size(part);
	fail_at = 0;
	err = efs_device_read(part, 0, &byte, 1);
	if (!err)
		err = efs_device_read(part, *len - 1, &byte, 1);
	*off = last_read - (*len - 1);
	efs_device_close(part);
	return err || !*off || !*len ? -EILSEQ : 0;
}

#define CHECK_PART(n, first, count)					\
	do {								\
		uint64_t _off, _len;					\
									\
		CHECK_EQ(look(n, &_off, &_len), 0);			\
		CHECK_EQ(_off, 512ull * (first));			\
		CHECK_EQ(_len, 512ull * (count));			\
	} while (0)

#define CHECK_NONE(n, error)						\
	do {								\
		uint64_t _off, _len;					\
									\
		CHECK_EQ(look(n, &_off, &_len), error);			\
	} while (0)

static void put32(unsigned char *p, uint32_t v)
{
	int i;

	for (i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

static void put64(unsigned char *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

static uint32_t get32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* ---- MBR ---- */

static void mbr_entry(uint32_t sector, int slot, uint8_t type, uint32_t start, uint32_t count)
{
	unsigned char *p = disk + (size_t)sector * 512;

	p[510] = 0x55;
	p[511] = 0xaa;
	p += 446 + slot * 16;
	p[0] = slot ? 0 : 0x80;
	p[4] = type;
	put32(p + 8, start);
	put32(p + 12, count);
}

/* 1: 64+100; 2: nothing; 3: extended 1000+3000 with 5, 6, 7; 4: 5000 to the end */
static void make_mbr(void)
{
	disk_size = SIZE;
	fail_at = 0;
	memset(disk, 0, SIZE);
	mbr_entry(0, 0, 0x83, 64, 100);
	mbr_entry(0, 2, 0x05, 1000, 3000);
	mbr_entry(0, 3, 0x07, 5000, SECTORS - 5000);
	mbr_entry(1000, 0, 0x83, 10, 90);
	mbr_entry(1000, 1, 0x05, 500, 100);
	mbr_entry(1500, 0, 0x83, 1, 99);
	mbr_entry(1500, 1, 0x0f, 2000, 1000);
	mbr_entry(3000, 0, 0x82, 50, 950);
}

static void test_mbr(void)
{
	unsigned int n;

	make_mbr();
	CHECK_PART(1, 64, 100);
	CHECK_NONE(2, -ENXIO);
	CHECK_NONE(3, -ENXIO);
	CHECK_PART(4, 5000, SECTORS - 5000);
	CHECK_PART(5, 1010, 90);
	CHECK_PART(6, 1501, 99);
	CHECK_PART(7, 3050, 950);
	CHECK_NONE(8, -ENXIO);
	CHECK_NONE(0, -ENXIO);
	CHECK_NONE(4000000000u, -ENXIO);
	/* a device that fails says so, wherever */
	for (n = 1; n <= 4; n++) {
		fail_at = (int)n;
		CHECK_NONE(7, -EIO);
	}
}

struct lie {
	uint32_t sector;
	int at, bytes;
	uint64_t value;
	unsigned int number;
	int err;
};

static void test_mbr_lies(void)
{
	static const struct lie rows[] = {
		{ 0, 510, 1, 0x54, 1, -EINVAL },		/* no signature */
		{ 0, 511, 1, 0, 1, -EINVAL },
		{ 0, 446, 1, 0x7f, 1, -EINVAL },		/* neither active nor not */
		{ 0, 446 + 32, 1, 1, 1, -EINVAL },		/* another's, even */
		{ 0, 446 + 4, 1, 0, 1, -ENXIO },		/* no type */
		{ 0, 446 + 12, 4, 0, 1, -ENXIO },		/* no sectors */
		{ 0, 446 + 8, 4, 0, 1, -EINVAL },		/* begins with the table */
		{ 0, 446 + 8, 4, SECTORS, 1, -EINVAL },
		{ 0, 446 + 8, 4, 0xffffffff, 1, -EINVAL },
		{ 0, 446 + 12, 4, SECTORS - 63, 1, -EINVAL },
		{ 0, 446 + 12, 4, SECTORS - 64, 1, 0 },
		{ 0, 446 + 12, 4, 0xffffffff, 1, -EINVAL },
		{ 0, 446 + 40, 4, 0, 5, -EINVAL },		/* extended begins with the table */
		{ 0, 446 + 40, 4, 7000, 5, -EINVAL },		/* and passes the end */
		{ 0, 446 + 44, 4, 0xffffffff, 5, -EINVAL },
		{ 0, 446 + 44, 4, 0, 5, -ENXIO },
		{ 0, 446 + 36, 1, 0x83, 5, -ENXIO },
		{ 0, 446 + 36, 1, 0x85, 5, 0 },
		{ 1000, 510, 1, 0, 5, -EINVAL },
		{ 1000, 446 + 8, 4, 0, 5, -EINVAL },
		{ 1000, 446 + 8, 4, 3000, 5, -EINVAL },		/* out of the extended one */
		{ 1000, 446 + 12, 4, 2990, 5, 0 },
		{ 1000, 446 + 12, 4, 2991, 5, -EINVAL },
		{ 1000, 446 + 24, 4, 0, 6, -EINVAL },		/* back to the first link */
		{ 1000, 446 + 24, 4, 3000, 6, -EINVAL },	/* out of it */
		{ 1000, 446 + 24, 4, 0xfffff000, 6, -EINVAL },
		{ 1500, 446 + 24, 4, 500, 7, 0 },		/* to itself: 6 once more */
		{ 1500, 446 + 24, 4, 500, 1000, -EINVAL },	/* without end */
		{ 1500, 446 + 20, 1, 0, 7, -ENXIO },
		{ 1500, 446 + 4, 1, 0, 6, 0 },			/* a link without one: the next */
		{ 3000, 446 + 12, 4, 951, 7, -EINVAL },
	};
	uint64_t off, len;
	int i;

	for (i = 0; i < COUNT(rows); i++) {
		unsigned char *p = disk + rows[i].sector * 512 + rows[i].at;

		make_mbr();
		if (rows[i].bytes == 1)
			*p = (unsigned char)rows[i].value;
		else
			put32(p, (uint32_t)rows[i].value);
		if (look(rows[i].number, &off, &len) != rows[i].err)
			printf("# row %d\n", i);
		CHECK_NONE(rows[i].number, rows[i].err);
	}
	/* the boot sector of a file system has the signature, too */
	make_mbr();
	memset(disk + 446, 0xe8, 64);
	CHECK_NONE(1, -EINVAL);
	for (i = 0; i <= 512; i += 511) {
		make_mbr();
		disk_size = (size_t)i;
		CHECK_NONE(1, -EINVAL);
	}
}

/* ---- GPT ---- */

/* bit by bit, with the polynomial the right way round: not the way of the code under test */
static uint32_t slow_crc(const unsigned char *p, size_t len)
{
	uint32_t crc = 0xffffffff, out = 0;
	size_t i;

	for (i = 0; i < 8 * len; i++) {
		uint32_t bit = p[i / 8] >> (i % 8) & 1;

		crc = crc << 1 ^ ((crc >> 31 ^ bit) & 1 ? 0x04c11db7 : 0);
	}
	for (i = 0; i < 32; i++)
		out |= (~crc >> i & 1) << (31 - i);
	return out;
}

static uint32_t block;
static uint64_t blocks;

static unsigned char *header(bool backup)
{
	return disk + (backup ? blocks - 1 : 1) * block;
}

static unsigned char *table(bool backup)
{
	return disk + (backup ? blocks - 1 - 16384 / block : 2) * block;
}

static void seal(bool backup)
{
	unsigned char *h = header(backup);
	uint32_t size = get32(h + 12);

	put32(h + 88, slow_crc(table(backup), 16384));
	put32(h + 16, 0);
	put32(h + 16, slow_crc(h, size <= 512 ? size : 92));
}

/* 128 entries; 1: from the first usable block on, 50; 3: the last 20 */
static void make_gpt(uint32_t block_size)
{
	uint64_t first, last;
	int b;

	block = block_size;
	disk_size = SIZE;
	fail_at = 0;
	blocks = SIZE / block;
	memset(disk, 0, SIZE);
	mbr_entry(0, 0, 0xee, 1, 0xffffffff);
	first = 2 + 16384 / block;
	last = blocks - 2 - 16384 / block;
	for (b = 0; b < 2; b++) {
		unsigned char *h = header(b), *t = table(b);

		memcpy(h, "EFI PART\0\0\1\0", 12);
		put32(h + 12, 92);
		put64(h + 24, b ? blocks - 1 : 1);
		put64(h + 32, b ? 1 : blocks - 1);
		put64(h + 40, first);
		put64(h + 48, last);
		put64(h + 72, b ? blocks - 1 - 16384 / block : 2);
		put32(h + 80, 128);
		put32(h + 84, 128);
		t[0] = 1;
		put64(t + 32, first);
		put64(t + 40, first + 49);
		t[2 * 128 + 15] = 1;
		put64(t + 2 * 128 + 32, last - 19);
		put64(t + 2 * 128 + 40, last);
		seal(b);
	}
}

static void test_gpt(void)
{
	static const uint32_t sizes[] = { 512, 1024, 2048, 4096 };
	uint64_t first;
	int i, n;

	for (i = 0; i < COUNT(sizes); i++) {
		uint32_t per = sizes[i] / 512;

		make_gpt(sizes[i]);
		first = 2 + 16384 / block;
		CHECK_PART(1, first * per, 50 * per);
		CHECK_NONE(2, -ENXIO);
		CHECK_PART(3, (blocks - 2 - 16384 / block - 19) * per, 20 * per);
		CHECK_NONE(128, -ENXIO);
		CHECK_NONE(129, -ENXIO);
		CHECK_NONE(0, -ENXIO);
		/* without the first header, or its table, the other one */
		header(false)[30] ^= 1;
		CHECK_PART(1, first * per, 50 * per);
		make_gpt(sizes[i]);
		table(false)[9000] ^= 1;
		CHECK_PART(3, (blocks - 2 - 16384 / block - 19) * per, 20 * per);
		header(true)[0] = 'e';
		CHECK_NONE(1, -EINVAL);
	}
	/* where one cannot be read */
	make_gpt(512);
	for (n = 2; n < 34; n++) {
		fail_at = n;
		CHECK_PART(1, 34, 50);
	}
	fail_at = 1;
	CHECK_NONE(1, -EIO);
	fail_at = 0;
	/* a disk of both: what GPT says counts */
	mbr_entry(0, 1, 0x83, 3000, 10);
	CHECK_NONE(2, -ENXIO);
	make_gpt(512);
	disk_size = 1024;
	CHECK_NONE(1, -EINVAL);
	disk_size = 0;
	CHECK_NONE(1, -EINVAL);
}

static void test_gpt_lies(void)
{
	/* of the header, with a checksum that is right; both copies tell it */
	static const struct lie rows[] = {
		{ 1, 0, 1, 'e', 1, -EINVAL },			/* signature */
		{ 1, 10, 1, 2, 1, -EINVAL },			/* revision */
		{ 1, 8, 1, 9, 1, 0 },				/* a newer one */
		{ 1, 12, 4, 91, 1, -EINVAL },			/* its size */
		{ 1, 12, 4, 512, 1, 0 },
		{ 1, 12, 4, 513, 1, -EINVAL },
		{ 1, 12, 4, 0xffffffff, 1, -EINVAL },
		{ 1, 24, 8, 3, 1, -EINVAL },			/* it is elsewhere */
		{ 1, 40, 8, 5000, 1, -EINVAL },			/* begins before what is usable */
		{ 1, 40, 8, UINT64_MAX, 1, -EINVAL },
		{ 1, 48, 8, 80, 1, -EINVAL },
		{ 1, 48, 8, SECTORS, 1, -EINVAL },
		{ 1, 48, 8, SECTORS - 1, 1, 0 },
		{ 1, 48, 8, UINT64_MAX, 1, -EINVAL },
		{ 1, 72, 8, 0, 1, -EINVAL },			/* another table */
		{ 1, 72, 8, SECTORS - 31, 1, -EINVAL },
		{ 1, 72, 8, SECTORS, 1, -EINVAL },
		{ 1, 72, 8, (uint64_t)1 << 55, 1, -EINVAL },
		{ 1, 72, 8, UINT64_MAX, 1, -EINVAL },
		{ 1, 80, 4, 127, 1, -EINVAL },			/* another checksum */
		{ 1, 80, 4, 0, 1, -EINVAL },
		{ 1, 80, 4, 0xffffffff, 1, -EINVAL },
		{ 1, 84, 4, 127, 1, -EINVAL },
		{ 1, 84, 4, 64, 1, -EINVAL },
		{ 1, 84, 4, 0, 1, -EINVAL },
		{ 1, 84, 4, 192, 1, -EINVAL },
		{ 1, 84, 4, 0x80000000, 1, -EINVAL },
		/* of the table */
		{ 2, 32, 8, 33, 1, -EINVAL },
		{ 2, 32, 8, 84, 1, -EINVAL },			/* behind its end */
		{ 2, 32, 8, 83, 1, 0 },
		{ 2, 32, 8, UINT64_MAX, 1, -EINVAL },
		{ 2, 40, 8, SECTORS - 34, 1, 0 },
		{ 2, 40, 8, SECTORS - 33, 1, -EINVAL },
		{ 2, 40, 8, UINT64_MAX, 1, -EINVAL },
		{ 2, 0, 1, 0, 1, -ENXIO },
	};
	uint64_t off, len;
	int i, b;

	for (i = 0; i < COUNT(rows); i++) {
		make_gpt(512);
		for (b = 0; b < 2; b++) {
			unsigned char *p = rows[i].sector == 1 ? header(b) : table(b);

			p += rows[i].at;
			if (rows[i].bytes == 1)
				*p = (unsigned char)rows[i].value;
			else if (rows[i].bytes == 4)
				put32(p, (uint32_t)rows[i].value);
			else
				put64(p, rows[i].value);
			seal(b);
		}
		if (look(rows[i].number, &off, &len) != rows[i].err)
			printf("# row %d\n", i);
		CHECK_NONE(rows[i].number, rows[i].err);
	}
	/* an entry larger than usual, and as many as a table may have */
	make_gpt(512);
	put32(header(false) + 80, 64);
	put32(header(false) + 84, 256);
	seal(false);
	CHECK_PART(1, 34, 50);
	CHECK_PART(2, SECTORS - 34 - 19, 20);
	CHECK_NONE(64, -ENXIO);
	CHECK_NONE(65, -ENXIO);
}

/* ---- random damage ---- */

static bool known(int err)
{
	return !err || err == -EINVAL || err == -ENXIO;
}

static void test_random(void)
{
	static const uint32_t sizes[] = { 512, 4096 };
	uint32_t r = 11;
	uint64_t off, len;
	int i, k, found = 0, gone = 0;

	for (i = 0; i < 3000; i++) {
		bool mbr = i & 1;
		unsigned int number = 1 + rnd(&r, 9);
		int err;

		if (mbr)
			make_mbr();
		else
			make_gpt(sizes[rnd(&r, 2)]);
		for (k = (int)rnd(&r, 6); k >= 0; k--) {
			static const uint32_t links[] = { 0, 1000, 1500, 3000 };
			bool b = rnd(&r, 2);
			unsigned char *p;

			if (mbr)
				p = disk + links[rnd(&r, 4)] * 512 + 446 + rnd(&r, 66);
			else
				p = rnd(&r, 2) ? header(b) + rnd(&r, 96) : table(b) + rnd(&r, 400);
			*p = (unsigned char)(rnd(&r, 2) ? rnd(&r, 256) : *p ^ 1u << rnd(&r, 8));
		}
		if (!mbr && rnd(&r, 4))
			seal(false);
		if (!mbr && rnd(&r, 4))
			seal(true);
		err = look(number, &off, &len);
		CHECK(known(err));
		CHECK(err || (off < disk_size && len <= disk_size - off));
		found += !err;
		gone += !!err;
	}
	CHECK(found > 300 && gone > 300);
}

static int show(const char *path, const char *number)
{
	uint64_t off, len;
	int err = efs_device_open(path, EFS_DEVICE_RDONLY, &image);

	if (!err) {
		disk_size = (size_t)efs_device_size(image);
		err = look((unsigned int)atoi(number), &off, &len);
		efs_device_close(image);
	}
	if (err)
		printf("%s\n", strerror(-err));
	else
		printf("%llu %llu\n", (unsigned long long)off, (unsigned long long)len);
	return err != 0;
}

int main(int argc, char **argv)
{
	static const struct ktap_case cases[] = {
		{ "MBR", test_mbr },
		{ "MBR, damaged", test_mbr_lies },
		{ "GPT", test_gpt },
		{ "GPT, damaged", test_gpt_lies },
		{ "random damage", test_random },
	};

	if (argc == 3)
		return show(argv[1], argv[2]);
	return ktap_run(cases, COUNT(cases));
}
