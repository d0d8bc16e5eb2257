// SPDX-License-Identifier: GPL-2.0
/*
 * The library: volumes as a whole. What opening them asks and answers, their surroundings, what
 * a sync that says yes has promised, and paths on somebody's behalf.
 */
#include "fs_test.h"

/* ---- opening ---- */

static void test_open(void)
{
	static const struct {
		struct efs_options o;
		int err;
		const char *code;
	} rows[] = {
		{ { .type = "ext2" }, 0, NULL },
		{ { .type = "sfs", .flags = EFS_RDONLY }, -EINVAL, "MAGIC" },
		{ { .type = "minix" }, -EINVAL, "NO_SUCH_TYPE" },
		{ { .flags = 0x8000 }, -EINVAL, NULL },
		{ { .errors = 7 }, -EINVAL, NULL },
		{ { .superblock = 3 }, -EINVAL, "NO_FILE_SYSTEM" },
		{ { .type = "ext2", .superblock = 3 }, -EINVAL, "SB_MAGIC" },
		{ { .superblock = 0x7fffffff }, -EINVAL, "NO_FILE_SYSTEM" },
	};
	struct efs_volume_info info;
	struct efs_reason why;
	struct efs_volume *v;
	size_t k;

	CHECK_EQ(setup(), 0);
	CHECK_EQ(efs_volume_close(vol), 0);
	for (k = 0; k < ARRAY_SIZE(rows); k++) {
		printf("# row %zu\n", k);
		CHECK_EQ(efs_volume_open(dev, &rows[k].o, &v, &why), rows[k].err);
		CHECK(!why.code == !rows[k].code && !why.text == !why.code);
		CHECK(!why.code || !strcmp(why.code, rows[k].code));
		if (!rows[k].err)
			CHECK_EQ(efs_volume_close(v), 0);
	}
	CHECK_EQ(mount_again(true), 0);
	CHECK_EQ(efs_volume_info(vol, &info), 0);
	CHECK(!strcmp(info.type, "ext2") && info.rdonly);
	CHECK_EQ(info.block_size, vol->sb.geo.block_size);
	CHECK_EQ(info.name_max, 255);
	CHECK(!memcmp(info.uuid, bytes + 1024 + 104, 16));
	TEARDOWN();
}

/* reading changes nothing at all */
static void test_readonly(void)
{
	struct efs_create c = { .mode = EFS_IFREG | 0644 };
	struct efs_at from;
	struct efs_file *f;
	char *was = malloc(image_size);

	CHECK(was);
	CHECK_EQ(setup(), 0);
	f = make("f", EFS_IFREG | 0644);
	CHECK(f);
	efs_file_close(f);
	CHECK_EQ(efs_volume_close(vol), 0);
	memcpy(was, bytes, image_size);
	CHECK_EQ(mount_again(true), 0);
	from = (struct efs_at){ .volume = vol };
	f = at("f");
	CHECK(f);
	CHECK_EQ(efs_file_truncate(f, 1), -EROFS);
	CHECK_EQ(efs_create_at(&from, "g", &c, NULL), -EROFS);
	CHECK_EQ(efs_file_sync(f), 0);
	efs_file_close(f);
	CHECK_EQ(efs_volume_sync(vol), 0);
	TEARDOWN();
	CHECK(!memcmp(was, bytes, image_size));
	free(was);
}

/* a superblock that is damaged, and its copy */
static void test_copy_of_super(void)
{
	u32 first, copy;
	struct efs_options o = { .flags = EFS_RDONLY };
	struct efs_reason why;
	struct efs_volume *v;

	CHECK_EQ(setup(), 0);
	first = vol->sb.geo.first_data_block + vol->sb.geo.blocks_per_group;
	copy = (u32)((u64)first * vol->sb.geo.block_size / 1024);
	if (vol->sb.geo.groups < 2 || !efs_group_has_super(&vol->sb.geo, 1))
		copy = 0;
	CHECK_EQ(efs_volume_close(vol), 0);
	memset(bytes + 1024 + 24, 0x77, 4);
	CHECK_EQ(efs_volume_open(dev, &o, &v, &why), -EINVAL);
	CHECK(why.code && !strcmp(why.code, "SB_BLOCK_SIZE"));
	o.superblock = copy;
	if (copy) {
		CHECK_EQ(efs_volume_open(dev, &o, &v, &why), 0);
		CHECK_EQ(efs_volume_close(v), 0);
	}
	efs_device_close(dev);
}

/* ---- surroundings ---- */

struct own {
	size_t used;
	u64 calls, fail_at;
	s64 now;
	u32 logged;
};

static void *own_alloc(void *ctx, size_t size, size_t align)
{
	struct own *own = ctx;
	void *p;

	if (__atomic_add_fetch(&own->calls, 1, __ATOMIC_RELAXED) == own->fail_at)
		return NULL;
	if (posix_memalign(&p, max(align, sizeof(void *)), size))
		return NULL;
	__atomic_add_fetch(&own->used, size, __ATOMIC_RELAXED);
	memset(p, 0xa5, size);
	return p;
}

static void own_free(void *ctx, void *p, size_t size)
{
	struct own *own = ctx;

	__atomic_sub_fetch(&own->used, size, __ATOMIC_RELAXED);
	free(p);
}

static void own_now(void *ctx, int64_t *sec, uint32_t *nsec)
{
	*sec = ((struct own *)ctx)->now;
	*nsec = 7;
}

static void own_log(void *ctx, int level, const char *msg)
{
	(void)level;
	(void)msg;
	((struct own *)ctx)->logged++;
}

#define OWN(o) { .alloc = own_alloc, .free = own_free, .now = own_now, .log = own_log, .ctx = o }

static int work_on(struct efs_volume *v)
{
	struct efs_create c = { .mode = EFS_IFDIR | 0755 };
	struct efs_at from = { .volume = v };
	struct efs_file *f = NULL;
	char buf[5000];
	size_t n;
	int err = efs_create_at(&from, "d", &c, NULL);

	memset(buf, 'w', sizeof(buf));
	c.mode = EFS_IFREG | 0644;
	if (!err)
		err = efs_create_at(&from, "d/f", &c, &f);
	if (!err)
		err = efs_file_write(f, 300000, buf, sizeof(buf), &n);
	if (!err)
		err = efs_file_sync(f);
	if (!err)
		err = efs_rename_at(&from, "d/f", "d/g", 0);
	efs_file_close(f);
	return err;
}

/* two at once, each with memory, clock, log and number of its own */
static void test_two(void)
{
	struct own own[2] = { { .now = 1000000000 }, { .now = 2000000000 } };
	struct efs_env env[2] = { OWN(&own[0]), OWN(&own[1]) };
	struct efs_device *d[2] = { NULL, NULL };
	struct efs_volume *v[2];
	struct efs_file *f, *g;
	struct efs_info info;
	char *copy = malloc(image_size);
	u32 k;

	CHECK(copy);
	CHECK_EQ(setup(), 0);
	CHECK_EQ(efs_volume_close(vol), 0);
	memcpy(copy, bytes, image_size);
	d[0] = dev;
	CHECK_EQ(efs_device_memory(copy, image_size, &d[1]), 0);
	for (k = 0; k < 2; k++) {
		struct efs_options o = { .env = &env[k], .dev = 40 + k, .seed = 5 };

		CHECK_EQ(efs_volume_open(d[k], &o, &v[k], NULL), 0);
		CHECK(own[k].used);
	}
	for (k = 0; k < 2; k++)
		CHECK_EQ(work_on(v[k]), 0);
	for (k = 0; k < 2; k++) {
		CHECK_EQ(efs_open(v[k], "d/g", 0, &f), 0);
		CHECK(efs_file_volume(f) == v[k]);
		efs_file_info(f, &info);
		CHECK_EQ(info.dev, 40 + k);
		CHECK_EQ(info.mtime.sec, own[k].now);
		/* a word of the caller's */
		CHECK_EQ(*efs_file_user(f), 0);
		*efs_file_user(f) = 99;
		CHECK_EQ(efs_open(v[k], "d/g", 0, &g), 0);
		CHECK(f == g);
		CHECK_EQ(*efs_file_user(g), 99);
		CHECK(efs_file_dup(f) == f);
		CHECK_EQ(efs_volume_close(v[k]), -EBUSY);
		efs_file_close(f);
		efs_file_close(f);
		efs_file_close(g);
	}
	/* no file of one goes to the other */
	CHECK_EQ(efs_open(v[0], "d/g", 0, &f), 0);
	CHECK_EQ(efs_root(v[1], &g), 0);
	CHECK_EQ(efs_link_in(g, "x", f), -EXDEV);
	efs_file_close(g);
	efs_file_close(f);
	CHECK_EQ(own[0].logged, 0);
	for (k = 0; k < 2; k++) {
		CHECK_EQ(efs_volume_close(v[k]), 0);
		CHECK_EQ(own[k].used, 0);
	}
	efs_device_close(d[1]);
	free(copy);
	efs_device_close(dev);
	CHECK_EQ(fsck("-fn"), 0);
}

/* the same seed and clock make the same bytes */
static void test_repeats(void)
{
	struct own own = { .now = 1000000000 };
	struct efs_env env = OWN(&own);
	struct efs_options o = { .env = &env, .seed = 77 };
	char *first = malloc(image_size);
	u32 k;

	CHECK(first);
	for (k = 0; k < 2; k++) {
		CHECK_EQ(setup_bytes(), 0);
		CHECK_EQ(efs_volume_open(dev, &o, &vol, NULL), 0);
		CHECK_EQ(work_on(vol), 0);
		CHECK_EQ(efs_volume_close(vol), 0);
		if (k)
			CHECK(!memcmp(first, bytes, image_size));
		memcpy(first, bytes, image_size);
		efs_device_close(dev);
	}
	free(first);
}

/* each allocation fails once: an error of some kind, nothing lost, nothing damaged */
static void test_no_memory(void)
{
	struct own own = { .now = 1000000000 };
	struct efs_env env = OWN(&own);
	struct efs_options o = { .env = &env, .seed = 1, .cache_bytes = 65536 };
	u64 last = 1, k;
	int err, e;

	for (k = 0; k <= last; k++) {
		CHECK_EQ(setup_bytes(), 0);
		own.calls = 0;
		own.fail_at = k;
		err = efs_volume_open(dev, &o, &vol, NULL);
		e = 0;
		if (!err) {
			err = work_on(vol);
			e = efs_volume_close(vol);
		}
		if (!k) {
			CHECK_EQ(err, 0);
			last = own.calls;
			CHECK(last > 20 && last < 2000);
		}
		CHECK(!err || err == -ENOMEM || err == -EIO);
		CHECK(!e || e == -ENOMEM || e == -EIO);
		CHECK_EQ(own.used, 0);
		if (k % 8 == 0 || e || (err && err != -ENOMEM))
			CHECK_EQ(fsck(err || e ? "-fy" : "-fn") & ~1, 0);
		efs_device_close(dev);
	}
}

/* ---- what a sync promises ---- */

#define FILES	6

static int sync_work(u32 round)
{
	char buf[3000], path[16];
	struct efs_file *f;
	size_t n;
	int err = 0, e;
	u32 k;

	for (k = 0; k < FILES && !err; k++) {
		snprintf(path, sizeof(path), "r%u-%u", round, k);
		f = make(path, EFS_IFREG | 0644);
		if (!f)
			return -EIO;
		memset(buf, (int)('a' + k), sizeof(buf));
		err = efs_file_write(f, k * 40000, buf, sizeof(buf), &n);
		efs_file_close(f);
	}
	e = efs_volume_sync(vol);
	return err ? err : e;
}

/* is all of a round in the bytes as they are now? */
static bool all_there(u32 round)
{
	struct efs_options o = { .flags = EFS_RDONLY };
	struct efs_device *d;
	struct efs_volume *v;
	char buf[3000], path[16];
	struct efs_file *f;
	bool good = true;
	size_t n;
	u32 k;

	if (efs_device_memory(bytes, image_size, &d) || efs_volume_open(d, &o, &v, NULL))
		return false;
	for (k = 0; k < FILES && good; k++) {
		snprintf(path, sizeof(path), "r%u-%u", round, k);
		good = !efs_open(v, path, 0, &f);
		if (!good)
			break;
		good = !efs_file_read(f, k * 40000, buf, sizeof(buf), &n) && n == sizeof(buf);
		while (good && n--)
			good = buf[n] == (char)('a' + k);
		efs_file_close(f);
	}
	efs_volume_close(v);
	efs_device_close(d);
	return good;
}

/* each write and each flush fails, once or from then on: yes means yes */
static void test_sync_promise(void)
{
	struct efs_fault_count count;
	unsigned long last[2] = { 0, 0 }, n;
	u32 kind, sticky, said_yes = 0, said_no = 0;

	for (kind = 0; kind < 2; kind++)
		for (sticky = 0; sticky < 2; sticky++)
			for (n = 0; n <= last[kind]; n++) {
				struct efs_fault_plan plan = { .sticky = sticky };
				int first, second;

				*(kind ? &plan.flush : &plan.write) = n;
				CHECK_EQ(setup(), 0);
				quiet = true;
				efs_dev_fault_plan(dev, &plan);
				first = sync_work(0);
				if (!first)
					CHECK(all_there(0));
				efs_dev_fault_count(dev, &count);
				/* an error is told once; what it was about may work by then */
				second = sync_work(1);
				if (!second)
					CHECK(all_there(1));
				if (!n) {
					CHECK(!first && !second);
					last[kind] = kind ? count.flushes : count.writes;
					CHECK(last[kind] > 0 && last[kind] < 200);
				} else {
					CHECK(first);
					CHECK_EQ(count.failed > 0, true);
					CHECK(!sticky || second);
				}
				said_yes += !first + !second;
				said_no += !!first + !!second;
				efs_dev_fault_plan(dev, NULL);
				n += last[kind] / 40;
				efs_volume_close(vol);
				efs_device_close(dev);
			}
	CHECK(said_yes > 10 && said_no > 10);
}

/* ---- paths for somebody ---- */

static void test_at(void)
{
	static const uint32_t groups[] = { 30, 40 };
	struct efs_user joe = { .uid = 5, .gid = 6, .groups = groups, .group_count = 2 };
	struct efs_create c = { .mode = EFS_IFDIR | 0700, .uid = 5, .gid = 6 };
	struct efs_file *home, *f;
	struct efs_at root, from;
	int stop = 1;

	CHECK_EQ(setup(), 0);
	root = (struct efs_at){ .volume = vol };
	CHECK_EQ(efs_create_at(&root, "home", &c, &home), 0);
	c = (struct efs_create){ .mode = EFS_IFDIR | 0750, .gid = 40 };
	CHECK_EQ(efs_create_at(&root, "team", &c, NULL), 0);
	c.gid = 50;
	CHECK_EQ(efs_create_at(&root, "others", &c, NULL), 0);
	c = (struct efs_create){ .mode = EFS_IFREG | 0644 };
	CHECK_EQ(efs_create_at(&root, "team/f", &c, NULL), 0);
	CHECK_EQ(efs_create_at(&root, "others/f", &c, NULL), 0);

	from = (struct efs_at){ .volume = vol, .cwd = home, .user = &joe };
	CHECK_EQ(efs_open_at(&from, "../team/f", 0, &f), 0);
	efs_file_close(f);
	CHECK_EQ(efs_open_at(&from, "/others/f", 0, &f), -EACCES);
	CHECK_EQ(efs_create_at(&from, "mine", &c, NULL), 0);
	CHECK_EQ(efs_create_at(&from, "/team/mine", &c, NULL), -EACCES);
	CHECK_EQ(efs_unlink_at(&from, "../team/f"), -EACCES);
	CHECK_EQ(efs_rename_at(&from, "mine", "/team/mine", 0), -EACCES);
	CHECK_EQ(efs_rename_at(&from, "mine", "own", 0), 0);

	/* nothing is above where somebody's root is */
	from = (struct efs_at){ .volume = vol, .root = home };
	CHECK_EQ(efs_open_at(&from, "/../../own", 0, &f), 0);
	efs_file_close(f);
	CHECK_EQ(efs_open_at(&from, "/home", 0, &f), -ENOENT);
	efs_file_close(home);

	CHECK_EQ(efs_remove_at(&root, "home", &stop), -EINTR);
	CHECK(ino_of("home/own"));
	stop = 0;
	CHECK_EQ(efs_remove_at(&root, "home", &stop), 0);
	CHECK_EQ(efs_remove_at(&root, "home", NULL), -ENOENT);
	CHECK_EQ(efs_remove_at(&root, "/", NULL), -EBUSY);
	TEARDOWN();
}

/* holes made and filled, through the whole library */
static void test_ranges(void)
{
	struct efs_file *f;
	char buf[20000];
	uint64_t where;
	size_t n, k;

	CHECK_EQ(setup(), 0);
	f = make("f", EFS_IFREG | 0644);
	CHECK(f);
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(efs_file_write(f, 0, buf, sizeof(buf), &n), 0);
	CHECK_EQ(efs_file_punch(f, 1, sizeof(buf) - 2), 0);
	CHECK_EQ(efs_file_read(f, 0, buf, sizeof(buf), &n), 0);
	CHECK(buf[0] == 'x' && buf[n - 1] == 'x');
	for (k = 1; k < n - 1; k++)
		CHECK_EQ(buf[k], 0);
	CHECK_EQ(efs_file_reserve(f, 0, 100000, false), 0);
	CHECK_EQ(info_of(f).size, 100000);
	CHECK_EQ(efs_file_seek(f, 0, true, &where), 0);
	CHECK_EQ(where, 100000);
	CHECK_EQ(efs_file_read(f, 20000, buf, sizeof(buf), &n), 0);
	for (k = 0; k < n; k++)
		CHECK_EQ(buf[k], 0);
	CHECK_EQ(efs_file_punch(f, 0, 0), -EINVAL);
	efs_file_close(f);
	TEARDOWN();
}

const struct ktap_case volume_tests[] = {
	{ "how volumes are opened", test_open },
	{ "read-only is to the byte", test_readonly },
	{ "another superblock", test_copy_of_super },
	{ "two volumes at once", test_two },
	{ "the same again with the same seed", test_repeats },
	{ "each allocation fails", test_no_memory },
	{ "a sync that says yes", test_sync_promise },
	{ "paths from somewhere, for somebody", test_at },
	{ "holes made and filled", test_ranges },
	{ NULL, NULL }
};
