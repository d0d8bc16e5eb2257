// SPDX-License-Identifier: GPL-2.0
/*
 * The efsu_ interface: devices that fail and volumes that are damaged.
 */
#include "fs_test.h"

static int small_work(void)
{
	struct efsu_inode *i;
	char buf[5000];
	size_t n;
	int err;

	memset(buf, 'w', sizeof(buf));
	err = mk("a", EFS_S_IFDIR | 0755);
	if (!err)
		err = mk("a/b", EFS_S_IFREG | 0644);
	i = at("a/b");
	if (!err && i)
		err = efsu_write(i, 70000, buf, sizeof(buf), &n);
	if (!err && i)
		err = efsu_truncate(i, 71000);
	efsu_iput(i);
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
			e = efsu_umount(fs);
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
	struct efs_statfs before, after;
	struct efsu_inode *i;
	size_t n, k;
	u32 bs;

	CHECK_EQ(setup(), 0);
	quiet = true;
	bs = efsu_sb(fs)->geo.block_size;
	memset(buf, 'x', sizeof(buf));
	i = make("old", EFS_S_IFREG);
	CHECK(i);
	for (k = 0; k < 8; k++)
		CHECK_EQ(efsu_write(i, k * sizeof(buf), buf, sizeof(buf), &n), 0);
	efsu_iput(i);
	CHECK_EQ(rm("old"), 0);

	i = make("f", EFS_S_IFREG);
	CHECK(i);
	efs_statfs(efsu_sb(fs), &before);
	efs_dev_fault_plan(dev, &plan);
	CHECK_EQ(efsu_write(i, 0, buf, 2 * bs, &n), -EIO);
	CHECK_EQ(n, 0);
	CHECK_EQ(efs_i_size(&i->core), 0);
	CHECK_EQ(efs_i_sectors(&i->core), 0);
	efs_statfs(efsu_sb(fs), &after);
	CHECK_EQ(after.bfree, before.bfree);

	CHECK_EQ(efsu_truncate(i, 3 * bs), 0);
	efs_dev_fault_plan(dev, &plan);
	CHECK_EQ(efsu_write(i, bs, buf, 2 * bs, &n), -EIO);
	efs_dev_fault_plan(dev, NULL);
	CHECK_EQ(efs_i_size(&i->core), 3 * bs);
	CHECK_EQ(efsu_read(i, 0, back, 3 * bs, &n), 0);
	CHECK_EQ(n, 3 * bs);
	for (k = 0; k < n; k++)
		CHECK_EQ(back[k], 0);
	efsu_iput(i);
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
	CHECK_EQ(efsu_umount(fs), -EIO);
	CHECK(!marked_clean());
	CHECK_EQ(mount_again(false), 0);
	CHECK_EQ(efsu_umount(fs), 0);
	/* it was not clean, and only e2fsck can say that it is */
	CHECK(!marked_clean());
	efs_device_close(dev);
	CHECK_EQ(setup(), 0);
	CHECK_EQ(efsu_umount(fs), 0);
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
static void look_around(struct efsu_inode *start)
{
	static char buf[20000];
	struct efsu_inode *todo[64], *i;
	struct efsu_dirent ents[16];
	struct efsu_stat st;
	u32 n = 0, seen = 0, got, k;
	char *target;
	size_t done;

	todo[n++] = efsu_iref(start);
	while (n) {
		struct efsu_inode *dir = todo[--n];
		struct efsu_dirpos pos = { 0 };
		u32 calls = 0;

		do {
			if (efsu_readdir(dir, &pos, ents, 16, &got))
				break;
			for (k = 0; k < got && seen < 400; k++, seen++) {
				if (efsu_lookup(dir, ents[k].name, ents[k].len, &i))
					continue;
				efsu_stat(i, &st);
				if (!efsu_read(i, st.attr.size / 2, buf, sizeof(buf), &done))
					efsu_read(i, 0, buf, sizeof(buf), &done);
				if (!efsu_readlink(i, &target))
					free(target);
				if (efsu_type(i) == EFS_S_IFDIR && n < 64 && ents[k].name[0] != '.')
					todo[n++] = efsu_iref(i);
				efsu_iput(i);
			}
		} while (got && ++calls < 100);
		efsu_iput(dir);
	}
}

static void change_around(void)
{
	struct efsu_inode *i;
	static char buf[30000];
	size_t done;

	mk("new-d", EFS_S_IFDIR | 0755);
	mk("new-d/f", EFS_S_IFREG | 0644);
	i = at("new-d/f");
	if (i) {
		efsu_write(i, 3000, buf, sizeof(buf), &done);
		efsu_truncate(i, 1234);
		efsu_iput(i);
	}
	i = at("dir/f3");
	if (i) {
		efsu_write(i, 0, buf, sizeof(buf), &done);
		efsu_truncate(i, 10);
		efsu_iput(i);
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
	struct efsu_inode *i;
	size_t done;

	CHECK_EQ(setup(), 0);
	bs = efsu_sb(fs)->geo.block_size;
	CHECK_EQ(mk("dir", EFS_S_IFDIR), 0);
	for (k = 0; k < 40; k++) {
		snprintf(path, sizeof(path), "dir/f%u", k);
		CHECK_EQ(mk(path, k % 3 ? EFS_S_IFREG : EFS_S_IFLNK), 0);
	}
	i = make("big", EFS_S_IFREG);
	CHECK(i);
	for (k = 0; k < 40; k++)
		CHECK_EQ(efsu_write(i, (u64)k * 3 * bs, path, 7, &done), 0);
	efsu_iput(i);
	CHECK_EQ(efsu_umount(fs), 0);
	sound = malloc(image_size);
	CHECK(sound);
	memcpy(sound, bytes, image_size);
	rnd_state = 7;
	quiet = true;
	for (round = 0; round < 300; round++) {
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
			struct efsu_inode *root = efsu_root(fs);

			look_around(root);
			if (!(round & 1))
				change_around();
			look_around(root);
			efsu_iput(root);
		}
		efsu_umount(fs);
	}
	printf("# %u of 300 were refused at mount\n", refused);
	CHECK(refused > 10 && refused < 250);
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
