// SPDX-License-Identifier: GPL-2.0
/*
 * Reading directories: whole, in pieces, from anywhere, while they change.
 */
#include "vfs.h"

#define MAX_SEEN 512

/**
 * struct reader - a caller of getdents
 * @room: entries taken by one call
 * @ino, @type, @pos, @name: of those seen
 */
struct reader {
	struct dir_context ctx;
	u32 room, n;
	u32 ino[MAX_SEEN];
	u8 type[MAX_SEEN];
	loff_t pos[MAX_SEEN];
	char name[MAX_SEEN][16];
};

static bool take(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
		 unsigned int type)
{
	struct reader *r = container_of(ctx, struct reader, ctx);

	if (!r->room || r->n == MAX_SEEN)
		return false;
	r->room--;
	r->ino[r->n] = ino;
	r->type[r->n] = type;
	r->pos[r->n] = pos;
	snprintf(r->name[r->n], sizeof(r->name[0]), "%.*s", len, name);
	r->n++;
	return true;
}

static int some(struct file *dir, struct reader *r, u32 room)
{
	u32 before = r->n;
	int err;

	r->room = room;
	r->ctx = (struct dir_context){ .actor = take, .pos = dir->f_pos };
	err = iterate_dir(dir, &r->ctx);
	return err ? err : r->n - before;
}

static void all(struct kunit *test, struct file *dir, struct reader *r, u32 room)
{
	int n;

	do {
		n = some(dir, r, room);
		KUNIT_ASSERT_GE(test, n, 0);
	} while (n);
}

static u32 times_seen(const struct reader *r, const char *name)
{
	u32 i, n = 0;

	for (i = 0; i < r->n; i++)
		n += !strcmp(r->name[i], name);
	return n;
}

static struct reader *new_reader(struct kunit *test)
{
	struct reader *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, r);
	return r;
}

static void fill(struct efsv *v, u32 from, u32 to)
{
	char name[16];

	for (; from < to; from++) {
		snprintf(name, sizeof(name), "d/n%u", from);
		KUNIT_ASSERT_EQ(v->test, efsv_create(v, name, 0644), 0);
	}
}

static const struct way {
	const char *name;
	u32 files, room;
	bool no_filetype;
} ways[] = {
	{ "empty", 0, 100 },
	{ "one_call", 200, 1000 },
	{ "one_by_one", 100, 1 },
	{ "by_seven", 200, 7 },
	{ "no_filetype", 30, 8, true },
};

EFS_TEST_ROWS(ways);

static void read_all(struct kunit *test)
{
	const struct way *w = test->param_value;
	struct efs_test_mkfs m = { .no_filetype = w->no_filetype };
	struct efsv *v = efsv_begin(test, &m, NULL);
	struct reader *r = new_reader(test);
	char name[16];
	struct file *d;
	u32 i;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	fill(v, 0, w->files);
	efsv_again(v, NULL);
	d = efsv_opened(v, "d", O_RDONLY | O_DIRECTORY);
	all(test, d, r, w->room);
	KUNIT_EXPECT_EQ(test, r->n, w->files + 2);
	KUNIT_EXPECT_STREQ(test, r->name[0], ".");
	KUNIT_EXPECT_STREQ(test, r->name[1], "..");
	KUNIT_EXPECT_EQ(test, r->ino[0], efsv_ino(v, "d"));
	KUNIT_EXPECT_EQ(test, r->ino[1], (u32)EFS_ROOT_INO);
	for (i = 0; i < w->files; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		KUNIT_EXPECT_EQ_MSG(test, times_seen(r, name), 1u, "%s", name);
		KUNIT_EXPECT_EQ(test, r->type[2 + i], w->no_filetype ? DT_UNKNOWN : DT_REG);
	}
	/* again from the start, and from each place that was told */
	KUNIT_EXPECT_EQ(test, vfs_llseek(d, 0, SEEK_SET), 0);
	for (i = 0; i < r->n; i += 1 + r->n / 16) {
		struct reader *s = new_reader(test);

		KUNIT_EXPECT_EQ(test, vfs_llseek(d, r->pos[i], SEEK_SET), r->pos[i]);
		KUNIT_ASSERT_EQ(test, some(d, s, 1), 1);
		KUNIT_EXPECT_STREQ(test, s->name[0], r->name[i]);
	}
	efsv_end(v);
}

/* d_type of every kind, from the entries alone */
static void types(struct kunit *test)
{
	static const struct {
		umode_t mode;
		u8 type;
	} rows[] = {
		{ S_IFREG | 0644, DT_REG }, { S_IFDIR | 0755, DT_DIR },
		{ S_IFIFO | 0600, DT_FIFO }, { S_IFSOCK | 0600, DT_SOCK },
		{ S_IFCHR | 0600, DT_CHR }, { S_IFBLK | 0600, DT_BLK },
		{ S_IFLNK | 0777, DT_LNK },
	};
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct reader *r = new_reader(test);
	char name[16];
	u32 i;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int err;

		snprintf(name, sizeof(name), "d/%u", i);
		if (S_ISDIR(rows[i].mode))
			err = efsv_mkdir(v, name, 0755);
		else if (S_ISLNK(rows[i].mode))
			err = efsv_symlink(v, name, "t");
		else if (S_ISREG(rows[i].mode))
			err = efsv_create(v, name, 0644);
		else
			err = efsv_mknod(v, name, rows[i].mode, MKDEV(1, 3));
		KUNIT_ASSERT_EQ(test, err, 0);
	}
	all(test, efsv_opened(v, "d", O_RDONLY), r, 100);
	KUNIT_ASSERT_EQ(test, r->n, ARRAY_SIZE(rows) + 2);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, r->type[i + 2], rows[i].type, "%o", rows[i].mode);
	efsv_end(v);
}

/*
 * What is there from the first call to the last is seen once, whatever else comes and
 * goes between the calls.
 */
static void while_it_changes(struct kunit *test)
{
	const u32 keep = 120;
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct reader *r = new_reader(test);
	char name[16];
	struct file *d;
	u32 i, gone = 0, made = keep;
	int n;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	fill(v, 0, keep);
	d = efsv_opened(v, "d", O_RDONLY | O_DIRECTORY);
	do {
		n = some(d, r, 5);
		KUNIT_ASSERT_GE(test, n, 0);
		/* the odd ones go, two at a time, in front of and behind the reader */
		for (i = 0; i < 2 && gone < keep / 2; i++, gone++) {
			u32 victim = gone % 2 ? keep - gone : gone + 1;

			snprintf(name, sizeof(name), "d/n%u", victim | 1);
			efsv_unlink(v, name);
		}
		if (made < keep + 60) {
			fill(v, made, made + 3);
			made += 3;
		}
	} while (n);
	for (i = 0; i < keep; i += 2) {
		snprintf(name, sizeof(name), "n%u", i);
		KUNIT_EXPECT_EQ_MSG(test, times_seen(r, name), 1u, "%s", name);
	}
	for (i = 1; i < made; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		KUNIT_EXPECT_LE_MSG(test, times_seen(r, name), 1u, "%s", name);
	}
	efsv_end(v);
}

/* a place nobody handed out: the next entry behind it, never a piece of one */
static void seek_anywhere(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct reader *r = new_reader(test), *s = new_reader(test);
	struct file *d;
	u32 i, pos;
	int n;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	fill(v, 0, 150);
	d = efsv_opened(v, "d", O_RDONLY | O_DIRECTORY);
	all(test, d, r, 1000);
	for (pos = 0; pos < 3200; pos += 37) {
		for (i = 0; i < r->n && r->pos[i] < pos; i++)
			;
		KUNIT_ASSERT_EQ(test, vfs_llseek(d, pos, SEEK_SET), pos);
		s->n = 0;
		n = some(d, s, 1);
		KUNIT_ASSERT_EQ_MSG(test, n, i < r->n ? 1 : 0, "at %u", pos);
		if (n)
			KUNIT_EXPECT_STREQ(test, s->name[0], r->name[i]);
	}
	KUNIT_ASSERT_EQ(test, vfs_llseek(d, 1 << 30, SEEK_SET), 1 << 30);
	KUNIT_EXPECT_EQ(test, some(d, s, 1), 0);
	KUNIT_EXPECT_EQ(test, vfs_llseek(d, -1, SEEK_SET), -EINVAL);
	efsv_end(v);
}

/* an open directory that was removed holds nothing, and is no error */
static void removed(struct kunit *test)
{
	struct efsv *v = efsv_begin(test, NULL, NULL);
	struct reader *r = new_reader(test);
	struct file *d;
	loff_t pos = 0;

	KUNIT_ASSERT_EQ(test, efsv_mkdir(v, "d", 0755), 0);
	d = efsv_opened(v, "d", O_RDONLY | O_DIRECTORY);
	KUNIT_ASSERT_EQ(test, some(d, r, 1), 1);
	KUNIT_ASSERT_EQ(test, efsv_rmdir(v, "d"), 0);
	KUNIT_EXPECT_EQ(test, some(d, r, 10), -ENOENT);
	KUNIT_EXPECT_EQ(test, d->f_op->read(d, NULL, 10, &pos), -EISDIR);
	efsv_end(v);
}

static struct kunit_case dir_cases[] = {
	KUNIT_CASE_PARAM(read_all, ways_gen_params),
	KUNIT_CASE(types),
	KUNIT_CASE(while_it_changes),
	KUNIT_CASE(seek_anywhere),
	KUNIT_CASE(removed),
	{}
};

EFSV_SUITE(dir, dir_cases);
