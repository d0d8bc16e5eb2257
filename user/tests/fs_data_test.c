// SPDX-License-Identifier: GPL-2.0
/*
 * The library: contents of files.
 */
#include "fs_test.h"

#define SHADOW	(3u << 20)

/* random writes and truncations against the same in memory, and now and then all of it */
static void test_random_io(void)
{
	char *shadow = calloc(1, SHADOW), *buf = malloc(SHADOW);
	struct efs_file *i;
	u32 size = 0, round, k;
	size_t n;

	CHECK(shadow && buf);
	CHECK_EQ(setup(), 0);
	i = make("f", EFS_S_IFREG | 0644);
	CHECK(i);
	rnd_state = 1;
	for (round = 0; round < 400; round++) {
		u32 off = rnd(SHADOW), len = rnd(4) ? rnd(5000) : rnd(200000);

		if (rnd(3) == 0)
			off = size;
		len = min(len, SHADOW - off);
		switch (rnd(8)) {
		case 0:
			if (rnd(4) == 0)
				off = rnd(3000);
			CHECK_EQ(efs_file_truncate(i, off), 0);
			if (off < size)
				memset(shadow + off, 0, size - off);
			size = off;
			break;
		case 1:
		case 2:
			CHECK_EQ(efs_file_read(i, off, buf, len, &n), 0);
			CHECK_EQ(n, off >= size ? 0 : min(len, size - off));
			CHECK(!memcmp(buf, shadow + off, n));
			break;
		default:
			for (k = 0; k < len; k++)
				buf[k] = (char)rnd(256);
			CHECK_EQ(efs_file_write(i, off, buf, len, &n), 0);
			CHECK_EQ(n, len);
			memcpy(shadow + off, buf, len);
			if (len)
				size = max(size, off + len);
		}
		CHECK_EQ(info_of(i).size, size);
		if (round % 50 == 49) {
			efs_file_close(i);
			CHECK_EQ(efs_volume_close(vol), 0);
			CHECK_EQ(fsck("-fn"), 0);
			CHECK_EQ(mount_again(false), 0);
			i = at("f");
			CHECK(i);
			CHECK_EQ(efs_file_read(i, 0, buf, SHADOW, &n), 0);
			CHECK_EQ(n, size);
			CHECK(!memcmp(buf, shadow, n));
		}
	}
	efs_file_close(i);
	TEARDOWN();
	free(shadow);
	free(buf);
}

/* one block at each border of the map, everything between a hole */
static void test_sparse(void)
{
	u64 bs, p, edge[4], off, last = 0;
	uint64_t data;
	struct efs_file *i;
	char buf[16];
	size_t n;
	u32 k;
	int d;

	CHECK_EQ(setup(), 0);
	bs = vol->sb.geo.block_size;
	p = vol->sb.geo.ptrs;
	edge[0] = EFS_NDIR;
	edge[1] = edge[0] + p;
	edge[2] = edge[1] + p * p;
	edge[3] = vol->sb.geo.max_size / bs;
	i = make("sparse", EFS_S_IFREG | 0600);
	CHECK(i);
	for (k = 0; k < 4; k++) {
		for (d = -1; d <= 0; d++) {
			off = (edge[k] + (u64)(s64)d) * bs + 5;
			if (off + 8 > vol->sb.geo.max_size) {
				CHECK(k >= 2);
				continue;
			}
			CHECK_EQ(efs_file_write(i, off, &off, 8, &n), 0);
			last = off;
		}
	}
	CHECK_EQ(efs_file_write(i, vol->sb.geo.max_size, "x", 1, &n), -EFBIG);
	CHECK_EQ(efs_file_truncate(i, vol->sb.geo.max_size + 1), -EFBIG);
	CHECK_EQ(info_of(i).size, last + 8);
	for (k = 0; k < 4; k++) {
		for (d = -1; d <= 0; d++) {
			off = (edge[k] + (u64)(s64)d) * bs + 5;
			if (off > last)
				continue;
			memset(buf, 1, sizeof(buf));
			CHECK_EQ(efs_file_read(i, off - 4, buf, 12, &n), 0);
			CHECK_EQ(n, 12);
			CHECK(!memcmp(buf, "\0\0\0\0", 4) && !memcmp(buf + 4, &off, 8));
			CHECK_EQ(efs_file_seek(i, off, false, &data), 0);
			CHECK_EQ(data, off);
		}
	}
	CHECK_EQ(efs_file_seek(i, 0, false, &data), 0);
	CHECK_EQ(data, (edge[0] - 1) * bs);
	CHECK_EQ(efs_file_seek(i, last + 8, false, &data), -ENXIO);
	CHECK_EQ(efs_volume_sync(vol), 0);
	CHECK_EQ(fsck("-fn") & ~1, 0);	/* in use, so not clean, but sound */
	CHECK_EQ(efs_file_truncate(i, 0), 0);
	CHECK_EQ(info_of(i).blocks, 0);
	efs_file_close(i);
	TEARDOWN();
}

/* what an earlier file left behind a size must not come to light when a file grows */
static void test_stale_tail(void)
{
	struct efs_file *i;
	char buf[64];
	u32 bs, k;
	size_t n;

	CHECK_EQ(setup(), 0);
	bs = vol->sb.geo.block_size;
	for (k = 0; k < 2; k++) {
		i = make("f", EFS_S_IFREG | 0600);
		CHECK(i);
		memset(buf, 'x', sizeof(buf));
		CHECK_EQ(efs_file_write(i, 0, buf, 64, &n), 0);
		CHECK_EQ(efs_file_truncate(i, 10), 0);
		if (k)
			CHECK_EQ(efs_file_truncate(i, 64), 0);
		else
			CHECK_EQ(efs_file_write(i, bs + 7, buf, 3, &n), 0);
		CHECK_EQ(efs_file_read(i, 0, buf, 64, &n), 0);
		CHECK_EQ(n, 64);
		CHECK_EQ(buf[9], 'x');
		CHECK_EQ(buf[10], 0);
		CHECK_EQ(buf[63], 0);
		efs_file_close(i);
		CHECK_EQ(rm("f"), 0);
	}
	TEARDOWN();
}

static void test_full(void)
{
	struct efs_volume_info before, after;
	struct efs_file *i;
	static char buf[65536];
	char name[256];
	u64 off = 0;
	size_t n;
	int err;
	u32 k;

	memset(buf, 0x5a, sizeof(buf));
	CHECK_EQ(setup(), 0);
	CHECK_EQ(mk("d", EFS_S_IFDIR | 0755), 0);
	CHECK_EQ(efs_volume_info(vol, &before), 0);
	i = make("d/big", EFS_S_IFREG | 0644);
	CHECK(!i);		/* a name has no slash */
	i = make("big", EFS_S_IFREG | 0644);
	CHECK(i);
	do {
		err = efs_file_write(i, off, buf, sizeof(buf), &n);
		off += n;
	} while (!err);
	CHECK_EQ(err, -ENOSPC);
	CHECK_EQ(info_of(i).size, off);
	CHECK_EQ(efs_volume_info(vol, &after), 0);
	CHECK(after.bfree < 2);
	/* directories can grow no more, but nothing breaks */
	for (k = 0; !err || k < 2; k++) {
		snprintf(name, sizeof(name), "d/%0200u", k);
		err = mk(name, EFS_S_IFREG);
	}
	CHECK_EQ(err, -ENOSPC);
	CHECK_EQ(efs_volume_sync(vol), 0);
	CHECK_EQ(rm("big"), 0);
	while (k--) {
		snprintf(name, sizeof(name), "d/%0200u", k);
		err = rm(name);
		CHECK(!err || err == -ENOENT);
	}
	/* a directory keeps its blocks */
	CHECK_EQ(rmd("d"), 0);
	CHECK_EQ(mk("d", EFS_S_IFDIR | 0755), 0);
	efs_file_close(i);
	CHECK_EQ(efs_volume_info(vol, &after), 0);
	CHECK_EQ(after.bfree, before.bfree);
	CHECK_EQ(after.ffree, before.ffree);
	TEARDOWN();
}

/* directories become data: what the cache held of them must not come back */
static void test_reuse(void)
{
	static char buf[65536], back[65536];
	struct efs_file *i;
	char name[300];
	u64 off = 0, end;
	size_t n;
	u32 k;
	int err;

	CHECK_EQ(setup(), 0);
	CHECK_EQ(mk("d", EFS_S_IFDIR | 0755), 0);
	for (k = 0; k < 300; k++) {
		snprintf(name, sizeof(name), "d/%0220u", k);
		CHECK_EQ(mk(name, EFS_S_IFREG), 0);
	}
	for (k = 0; k < 300; k++) {
		snprintf(name, sizeof(name), "d/%0220u", k);
		CHECK_EQ(rm(name), 0);
	}
	CHECK_EQ(rmd("d"), 0);
	i = make("f", EFS_S_IFREG | 0644);
	CHECK(i);
	memset(buf, 0x77, sizeof(buf));
	do {
		err = efs_file_write(i, off, buf, sizeof(buf), &n);
		off += n;
	} while (!err);
	CHECK_EQ(err, -ENOSPC);
	efs_file_close(i);
	CHECK_EQ(efs_volume_close(vol), 0);
	CHECK_EQ(mount_again(true), 0);
	i = at("f");
	CHECK(i);
	end = off;
	for (off = 0; off < end; off += n) {
		CHECK_EQ(efs_file_read(i, off, back, sizeof(back), &n), 0);
		CHECK(n && !memcmp(buf, back, n));
	}
	efs_file_close(i);
	TEARDOWN();
}

/* what port.h says of efs_alloc() */
static void test_alloc(void)
{
	void *p[64];
	size_t size;

	CHECK_EQ(setup(), 0);
	for (size = 0; size < ARRAY_SIZE(p); size++) {
		u8 *byte = p[size] = efs_alloc(&vol->sb, 3 * size);
		size_t i;

		CHECK(byte);
		CHECK_EQ((unsigned long)byte % __alignof__(struct efs_group), 0);
		for (i = 0; i < 3 * size; i++)
			CHECK_EQ(byte[i], 0);
		memset(byte, 0xff, 3 * size);
	}
	for (size = 0; size < ARRAY_SIZE(p); size++)
		efs_free(p[size]);
	TEARDOWN();
}

const struct ktap_case data_tests[] = {
	{ "memory is zeroed and aligned", test_alloc },
	{ "random reads, writes and truncations", test_random_io },
	{ "holes and the borders of the block map", test_sparse },
	{ "what lies behind the end of a file", test_stale_tail },
	{ "a full volume", test_full },
	{ "blocks that change their use", test_reuse },
	{ NULL, NULL }
};
