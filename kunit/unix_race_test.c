// SPDX-License-Identifier: GPL-2.0
/*
 * Threads on one file system behind the general interface: names made, moved and removed
 * in the same few directories, contents of the same few files, syncs in between, and an
 * inode cache so small that inodes come and go all the time.
 *
 * What each call returns depends on the others; but it is never an error that nobody
 * asked for, nothing hangs, and in the end nothing is lost or damaged. A record that two
 * threads write at once is the one or the other.
 *
 * Tests: core/unix/fs.c core/unix/names.c core/unix/memfs.c core/unix/ext2.c core/unix/change.c
 */
#include "unix_fs.h"
#include "../core/unix/walk.h"

#define THREADS	4
#define ROUNDS	150
#define RECORD	1500	/* more than a block, not all of the next */

/**
 * struct actor - one thread's part
 * @good: calls that succeeded
 */
struct actor {
	struct unix_test *u;
	u32 nr, seed, good;
	u8 data[RECORD];
};

static u32 pick(struct actor *a, u32 below)
{
	return (efs_test_rand(&a->seed) >> 4) % below;
}

static const char *const names[] = {
	"a", "b", "d", "d/a", "d/b", "d/e", "d/e/a", "e", "e/a", "e/d",
};

static const char *pick_name(struct actor *a, size_t *len)
{
	const char *name = names[pick(a, ARRAY_SIZE(names))];

	*len = strlen(name);
	return name;
}

/* what others at work may lead to */
static void expect_usual(struct actor *a, const char *what, int err)
{
	static const int usual[] = {
		0, -ENOENT, -EEXIST, -ENOTDIR, -EISDIR, -ENOTEMPTY, -EINVAL,
	};
	u32 i;

	a->good += !err;
	for (i = 0; i < ARRAY_SIZE(usual); i++)
		if (err == usual[i])
			return;
	KUNIT_EXPECT_EQ_MSG(a->u->test, err, 0, "%s, %s", a->u->name, what);
}

static void make(struct actor *a, const struct efs_where *w)
{
	struct efs_new n = { .mode = (pick(a, 2) ? EFS_S_IFDIR : EFS_S_IFREG) | 0755 };
	size_t len;
	const char *name = pick_name(a, &len);

	expect_usual(a, "create", efs_path_create(w, name, len, &n, NULL));
}

static void move(struct actor *a, const struct efs_where *w)
{
	static const u32 flags[] = { 0, 0, EFS_RENAME_NOREPLACE, EFS_RENAME_EXCHANGE };
	size_t len, tlen;
	const char *name = pick_name(a, &len), *to = pick_name(a, &tlen);

	expect_usual(a, "rename", efs_path_rename(w, name, len, to, tlen, flags[pick(a, 4)]));
}

static void take_away(struct actor *a, const struct efs_where *w)
{
	size_t len;
	const char *name = pick_name(a, &len);

	switch (pick(a, 8)) {
	case 0:
		expect_usual(a, "rm -r", efs_path_remove(w, name, len));
		break;
	case 1:
	case 2:
		expect_usual(a, "rmdir", efs_path_rmdir(w, name, len));
		break;
	default:
		expect_usual(a, "unlink", efs_path_unlink(w, name, len));
	}
}

/* the same byte all over, or nothing yet */
static void expect_whole(struct actor *a, size_t n)
{
	size_t i;

	for (i = 1; i < n && a->data[i] == a->data[0]; i++)
		;
	KUNIT_EXPECT_TRUE_MSG(a->u->test, !n || (n == RECORD && i == n),
			      "%s: %zu bytes, another at %zu", a->u->name, n, i);
}

static void use(struct actor *a, struct efs_node *node)
{
	struct efs_setattr set = { .mask = EFS_SET_MODE | EFS_SET_MTIME | EFS_SET_NOW,
				   .mode = 0700 };
	struct efs_dirpos pos = { 0 };
	struct efs_entry e;
	struct efs_stat st;
	size_t n;
	u32 k;

	efs_node_stat(node, &st);
	KUNIT_EXPECT_EQ(a->u->test, st.mode & EFS_S_IFMT, node->type);
	if (!pick(a, 4))
		expect_usual(a, "setattr", efs_node_setattr(node, &set));
	if (efs_node_is_dir(node)) {
		do {
			int err = efs_node_readdir(node, &pos, &e, 1, &k);

			expect_usual(a, "readdir", err);
			if (err)
				break;
		} while (k);
		return;
	}
	if (pick(a, 2)) {
		memset(a->data, 'a' + a->nr, RECORD);
		expect_usual(a, "write", efs_node_write(node, 0, a->data, RECORD, &n));
	} else {
		expect_usual(a, "read", efs_node_read(node, 0, a->data, RECORD, &n));
		expect_whole(a, n);
	}
}

static void open_one(struct actor *a, const struct efs_where *w)
{
	struct efs_node *node;
	size_t len, to;
	const char *name = pick_name(a, &len), *other = pick_name(a, &to);
	int err = efs_walk(w, name, len, 0, &node);

	expect_usual(a, "walk", err);
	if (err)
		return;
	if (!pick(a, 3) && !efs_node_is_dir(node))
		expect_usual(a, "link", efs_path_link(w, node, other, to));
	use(a, node);
	efs_node_put(node);
}

static void act(void *arg)
{
	struct actor *a = arg;
	struct efs_where w = { .fs = a->u->fs };
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		switch (pick(a, 10)) {
		case 0:
		case 1:
		case 2:
			make(a, &w);
			break;
		case 3:
			move(a, &w);
			break;
		case 4:
			take_away(a, &w);
			break;
		case 5:
			if (!pick(a, 4))
				expect_usual(a, "sync", efs_fs_sync(a->u->fs));
			break;
		default:
			open_one(a, &w);
		}
	}
}

static void threads(struct kunit *test)
{
	u32 k, i;

	for (k = 0; k < UNIX_KINDS; k++) {
		struct unix_test *u = unix_begin(test, k);
		void *arg[THREADS];

		for (i = 0; i < THREADS; i++) {
			struct actor *a = kunit_kzalloc(test, sizeof(*a), GFP_KERNEL);

			a->u = u;
			a->nr = i;
			a->seed = 4711 + i;
			arg[i] = a;
		}
		efs_test_together(test, THREADS, act, arg);
		for (i = 0; i < THREADS; i++)
			KUNIT_EXPECT_GT(test, ((struct actor *)arg[i])->good, ROUNDS / 5);
		unix_end(u);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(threads),
	{}
};

static struct kunit_suite suite = {
	.name = "efsext2_unix_race",
	.init = unix_init,
	.exit = unix_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
