// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of core/engine/efs.h, checked: the lock table, and what may not be called
 * under which lock. Whoever breaks one fails the running case and ends it.
 *
 * A lock's rank is its row of the table, told by the name its site of initialisation
 * gives it. One thread runs, so a lock that is held already is a deadlock.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "mem_port.h"

#define MAX_HELD 16

static struct kunit *current_test;
static struct efs_test_lock *held[MAX_HELD];
static u32 held_count;
static u64 steps;

void efs_test_current(struct kunit *test)
{
	current_test = test;
	held_count = 0;
}

void efs_test_bug(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!current_test) {
		fprintf(stderr, "outside of a case: %s\n", text);
		abort();
	}
	KUNIT_FAIL(current_test, "rule broken: %s", text);
	efs_kunit_abort(current_test);
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), t = strlen(tail);

	return n >= t && !strcmp(s + n - t, tail);
}

void efs_test_lock_init(struct efs_test_lock *l, const char *name, bool spin)
{
	bool sleeps;

	*l = (struct efs_test_lock){ .name = name };
	if (ends_with(name, "xattr_lock"))
		l->rank = EFS_TEST_RANK_XATTR;
	else if (ends_with(name, "map_lock"))
		l->rank = EFS_TEST_RANK_MAP;
	else if (ends_with(name, "win_lock"))
		l->rank = EFS_TEST_RANK_WIN;
	else if (ends_with(name, "sb->lock"))
		l->rank = EFS_TEST_RANK_SB;
	else if (ends_with(name, "rename_lock") || ends_with(name, "sync_lock"))
		l->rank = EFS_TEST_RANK_RENAME;
	else if (ends_with(name, "rwsem"))
		l->rank = EFS_TEST_RANK_NODE;
	else if (ends_with(name, "life_lock"))
		l->rank = EFS_TEST_RANK_LIFE;
	else if (ends_with(name, "lock"))
		l->rank = EFS_TEST_RANK_GROUP;
	sleeps = l->rank < EFS_TEST_RANK_GROUP;
	if (!l->rank || spin == sleeps)
		efs_test_bug("%s is not in the lock table", name);
}

static void hold(struct efs_test_lock *l)
{
	u32 i;

	steps++;
	if (!l->rank)
		efs_test_bug("lock used before it was initialised");
	for (i = 0; i < held_count; i++)
		if (held[i]->rank > l->rank ||
		    (held[i]->rank == l->rank && l->rank != EFS_TEST_RANK_NODE))
			efs_test_bug("%s (rank %u) taken under %s (rank %u)", l->name, l->rank,
				     held[i]->name, held[i]->rank);
	/* the design says of these two: never nested */
	if (l->rank == EFS_TEST_RANK_MAP && held_count &&
	    held[held_count - 1]->rank == EFS_TEST_RANK_XATTR)
		efs_test_bug("%s taken under %s", l->name, held[held_count - 1]->name);
	if (held_count == MAX_HELD)
		efs_test_bug("too many locks");
	held[held_count++] = l;
}

static void unhold(struct efs_test_lock *l)
{
	u32 i;

	for (i = held_count; i; i--) {
		if (held[i - 1] != l)
			continue;
		memmove(&held[i - 1], &held[i], (held_count - i) * sizeof(held[0]));
		held_count--;
		return;
	}
	efs_test_bug("%s released but not held", l->name ? l->name : "a lock");
}

void efs_test_lock(struct efs_test_lock *l, bool write)
{
	if (l->writer || (write && l->readers))
		efs_test_bug("deadlock: %s is held already", l->name);
	hold(l);
	if (write)
		l->writer = true;
	else
		l->readers++;
}

void efs_test_unlock(struct efs_test_lock *l, bool write)
{
	if (write ? !l->writer : !l->readers)
		efs_test_bug("%s is not held that way", l->name ? l->name : "a lock");
	unhold(l);
	if (write)
		l->writer = false;
	else
		l->readers--;
}

u32 efs_test_locks_held(void)
{
	return held_count;
}

u64 efs_test_steps(void)
{
	return steps;
}

void efs_test_not_under(const char *call, enum efs_test_rank rank)
{
	u32 i;

	steps++;
	for (i = 0; i < held_count; i++)
		if (held[i]->rank >= rank)
			efs_test_bug("%s() under %s", call, held[i]->name);
}
