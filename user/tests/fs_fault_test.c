// SPDX-License-Identifier: GPL-2.0
/*
 * The library: devices that fail and volumes that are damaged.
 */
#include "fs_test.h"

static int small_work(void)
{
	struct efs_file *i;
	char buf[5000];
	size_t n;
	int err;

	memset(buf, 'w', sizeof(buf));
	err = mk("a", EFS_S_IFDIR | 0755);
	if (!err)
		err = mk("a/b", EFS_S_IFREG | 0644);
	i = at("a/b");
	if (!err && i)
		err = efs_file_write(i, 70000, buf, sizeof(buf), &n);
	if (!err && i)
		err = efs_file_truncate(i, 71000);
	efs_file_close(i);
	if (!err)
		err = mv("a/b", "c", 0);
	if (!err)
		err = rmd("a");
	return err;
}

/* each request of a small job fails once, then for good */
static void fail_each(int kind)
{
	struct efs_fault_count count;
	unsigned long n, last;
	int err, e, sticky, status;

	for (sticky = 0; sticky < 2; sticky++) {
		last = 1;
		for (n = 0; n <= last; n++) {
			struct efs_fault_plan plan = { .sticky = sticky };

			*(kind == 0 ? &plan.read : kind == 1 ? &plan.write : &plan.flush) = n;
			CHECK_EQ(setup(), 0);
			quiet = true;
			efs_dev_fault_plan(dev, &plan);
			err = small_work();
			e = efs_volume_close(vol);
			efs_dev_fault_count(dev, &count);
			efs_device_close(dev);
			if (!n) {
				/* nothing failed: that is how many there are */
				CHECK_EQ(err, 0);
				CHECK_EQ(e, 0);
				last = kind == 0 ? count.reads :
				       kind == 1 ? count.writes : count.flushes;
				CHECK(last > 0 && last < 500);
				continue;
			}
			/* a read may have been a hint, and its failure of no consequence */
			if (kind)
				CHECK(err || e);
			CHECK(count.failed);
			status = fsck(err || e ? "-fy" : "-fn");
			if (err || e)
				CHECK(status == 0 || status == 1);
			else
				CHECK_EQ(status, 0);
		}
	}
}

/* blocks that could not be filled show nothing of what was in them, and are not lost */
static void test_unfilled(void)
{
	struct efs_fault_plan plan = { .write = 1 };
	static char buf[262144], back[262144];
	struct efs_volume_info before, after;
	struct efs_file *i;
	size_t n, k;
	u32 bs;

	CHECK_EQ(setup(), 0);
	quiet = true;
	bs = vol->sb.geo.block_size;
	memset(buf, 'x', sizeof(buf));
	i = make("old", EFS_S_IFREG);
	CHECK(i);
	for (k = 0; k < 8; k++)
		CHECK_EQ(efs_file_write(i, k * sizeof(buf), buf, sizeof(buf), &n), 0);
	efs_file_close(i);
	CHECK_EQ(rm("old"), 0);

	i = make("f", EFS_S_IFREG);
	CHECK(i);
	CHECK_EQ(efs_volume_info(vol, &before), 0);
	efs_dev_fault_plan(dev, &plan);
	CHECK_EQ(efs_file_write(i, 0, buf, 2 * bs, &n), -EIO);
	CHECK_EQ(n, 0);
	CHECK_EQ(info_of(i).size, 0);
	CHECK_EQ(info_of(i).blocks, 0);
	CHECK_EQ(efs_volume_info(vol, &after), 0);
	CHECK_EQ(after.bfree, before.bfree);

	CHECK_EQ(efs_file_truncate(i, 3 * bs), 0);
	efs_dev_fault_plan(dev, &plan);
	CHECK_EQ(efs_file_write(i, bs, buf, 2 * bs, &n), -EIO);
	efs_dev_fault_plan(dev, NULL);
	CHECK_EQ(info_of(i).size, 3 * bs);
	CHECK_EQ(efs_file_read(i, 0, back, 3 * bs, &n), 0);
	CHECK_EQ(n, 3 * bs);
	for (k = 0; k < n; k++)
		CHECK_EQ(back[k], 0);
	efs_file_close(i);
	TEARDOWN();
}

/* s_state of the bytes: does the volume say it is clean? */
static bool marked_clean(void)
{
	return bytes[1024 + 58] & EFS_STATE_VALID;
}

static void test_mark(void)
{
	struct efs_fault_plan plan = { .write = 1 };

	CHECK_EQ(setup(), 0);
	quiet = true;
	CHECK(!marked_clean());
	CHECK_EQ(mk("d", EFS_S_IFDIR), 0);
	efs_dev_fault_plan(dev, &plan);
	CHECK_EQ(efs_volume_close(vol), -EIO);
	CHECK(!marked_clean());
	CHECK_EQ(mount_again(false), 0);
	CHECK_EQ(efs_volume_close(vol), 0);
	/* it was not clean, and only e2fsck can say that it is */
	CHECK(!marked_clean());
	efs_device_close(dev);
	CHECK_EQ(setup(), 0);
	CHECK_EQ(efs_volume_close(vol), 0);
	CHECK(marked_clean());
	efs_device_close(dev);
}

static void test_read_faults(void)
{
	fail_each(0);
}

static void test_write_faults(void)
{
	fail_each(1);
}

static void test_flush_faults(void)
{
	fail_each(2);
}

/* look at everything there is, within limits: a loop may have no end */
static void look_around(struct efs_file *start)
{
	static char buf[20000];
	struct efs_file *todo[64], *i;
	struct efs_entry_info ents[16];
	struct efs_info st;
	u32 n = 0, seen = 0;
	size_t got, k;
	char target[5000];
	size_t done;

	todo[n++] = efs_file_dup(start);
	while (n) {
		struct efs_file *dir = todo[--n];
		struct efs_cursor pos = { 0 };
		u32 calls = 0;

		do {
			if (efs_list_dir(dir, &pos, ents, 16, &got))
				break;
			for (k = 0; k < got && seen < 400; k++, seen++) {
				if (efs_open_in(dir, ents[k].name, &i))
					continue;
				efs_file_info(i, &st);
				if (!efs_file_read(i, st.size / 2, buf, sizeof(buf), &done))
					efs_file_read(i, 0, buf, sizeof(buf), &done);
				efs_file_readlink(i, target, sizeof(target));
				if (efs_file_type(i) == EFS_IFDIR && n < 64 &&
				    ents[k].name[0] != '.')
					todo[n++] = efs_file_dup(i);
				efs_file_close(i);
			}
		} while (got && ++calls < 100);
		efs_file_close(dir);
	}
}

static void change_around(void)
{
	struct efs_file *i;
	static char buf[30000];
	size_t done;

	mk("new-d", EFS_S_IFDIR | 0755);
	mk("new-d/f", EFS_S_IFREG | 0644);
	i = at("new-d/f");
	if (i) {
		efs_file_write(i, 3000, buf, sizeof(buf), &done);
		efs_file_truncate(i, 1234);
		efs_file_close(i);
	}
	i = at("dir/f3");
	if (i) {
		efs_file_write(i, 0, buf, sizeof(buf), &done);
		efs_file_truncate(i, 10);
		efs_file_close(i);
	}
	mv("new-d/f", "dir/f3", 0);
	rm("dir/f1");
	rm("big");
	rmd("dir");
}

/*
 * Damage: bytes of the metadata become something else. Whatever happens then is an
 * error of some kind, never a crash; the sanitizers watch.
 */
static void test_damage(void)
{
	char path[32], *sound;
	u32 round, k, bs, refused = 0;
	struct efs_file *i;
	size_t done;

	CHECK_EQ(setup(), 0);
	bs = vol->sb.geo.block_size;
	CHECK_EQ(mk("dir", EFS_S_IFDIR), 0);
	for (k = 0; k < 40; k++) {
		snprintf(path, sizeof(path), "dir/f%u", k);
		CHECK_EQ(mk(path, k % 3 ? EFS_S_IFREG : EFS_S_IFLNK), 0);
	}
	i = make("big", EFS_S_IFREG);
	CHECK(i);
	for (k = 0; k < 40; k++)
		CHECK_EQ(efs_file_write(i, (u64)k * 3 * bs, path, 7, &done), 0);
	efs_file_close(i);
	CHECK_EQ(efs_volume_close(vol), 0);
	sound = malloc(image_size);
	CHECK(sound);
	memcpy(sound, bytes, image_size);
	rnd_state = 7;
	quiet = true;
	for (round = 0; round < 150; round++) {
		size_t used = min(image_size, (size_t)600 * bs);
		u32 hits = 1 + rnd(round % 3 ? 6 : 400);

		memcpy(bytes, sound, image_size);
		for (k = 0; k < hits; k++) {
			size_t where = round % 5 == 0 ? 1024 + rnd(1024) : rnd((u32)used);

			bytes[where] = (char)(rnd(2) ? rnd(256) : rnd(2) ? 0xff : 0);
		}
		if (mount_again(round & 1)) {
			refused++;
			continue;
		}
		{
			struct efs_file *root = root_of();

			look_around(root);
			if (!(round & 1))
				change_around();
			look_around(root);
			efs_file_close(root);
		}
		efs_volume_close(vol);
	}
	printf("# %u of 150 were refused at mount\n", refused);
	CHECK(refused > 5 && refused < 125);
	free(sound);
	efs_device_close(dev);
}

const struct ktap_case fault_tests[] = {
	{ "blocks that cannot be filled", test_unfilled },
	{ "the mark of a clean volume", test_mark },
	{ "failing reads", test_read_faults },
	{ "failing writes", test_write_faults },
	{ "failing flushes", test_flush_faults },
	{ "damaged volumes", test_damage },
	{ NULL, NULL }
};
