// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of core/engine/efs.h, checked: the lock table, and what may not be called
 * under which lock. Whoever breaks one fails the running case and ends it.
 *
 * A lock's rank is its row of the table, told by the name its site of initialisation
 * gives it. Each thread knows what it holds; where there is one thread, a lock that is
 * taken already is a deadlock.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "mem_port.h"

static struct kunit *current_test;
static u64 steps;

void efs_test_current(struct kunit *test)
{
	current_test = test;
	efs_test_self()->held_count = 0;
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
	efs_test_drop_guards();
	if (efs_test_self()->worker)
		efs_test_thread_end();
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
	else if (ends_with(name, "share_lock"))
		l->rank = EFS_TEST_RANK_SHARE;
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

static void hold(struct efs_test_self *self, struct efs_test_lock *l, bool write)
{
	u32 i, n = self->held_count;

	efs_test_add(&steps, 1);
	if (!l->rank)
		efs_test_bug("lock used before it was initialised");
	for (i = 0; i < n; i++) {
		if (self->held[i].lock == l)
			efs_test_bug("deadlock: %s is held already", l->name);
		if (self->held[i].lock->rank > l->rank ||
		    (self->held[i].lock->rank == l->rank && l->rank != EFS_TEST_RANK_NODE))
			efs_test_bug("%s (rank %u) taken under %s (rank %u)", l->name, l->rank,
				     self->held[i].lock->name, self->held[i].lock->rank);
	}
	/* the design says of these two: never nested */
	if (l->rank == EFS_TEST_RANK_MAP && n &&
	    self->held[n - 1].lock->rank == EFS_TEST_RANK_XATTR)
		efs_test_bug("%s taken under %s", l->name, self->held[n - 1].lock->name);
	if (n == ARRAY_SIZE(self->held))
		efs_test_bug("too many locks");
	self->held[n].lock = l;
	self->held[n].write = write;
	self->held_count++;
}

static void unhold(struct efs_test_self *self, struct efs_test_lock *l, bool write)
{
	u32 i, n = self->held_count;

	for (i = n; i; i--) {
		if (self->held[i - 1].lock != l)
			continue;
		if (self->held[i - 1].write != write)
			efs_test_bug("%s is not held that way", l->name);
		memmove(&self->held[i - 1], &self->held[i], (n - i) * sizeof(self->held[0]));
		self->held_count--;
		return;
	}
	efs_test_bug("%s released but not held", l->name ? l->name : "a lock");
}

/* a reader waits for writers inside and waiting, a writer for everyone inside */
static bool try_lock(struct efs_test_lock *l, bool write)
{
	u32 word = efs_test_load(&l->word);
	u32 busy = write ? ~EFS_TEST_WAITING : EFS_TEST_WRITER | EFS_TEST_WAITING;

	if (word & busy)
		return false;
	return __atomic_compare_exchange_n(&l->word, &word, write ? EFS_TEST_WRITER : word + 1,
					   false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void efs_test_lock(struct efs_test_lock *l, bool write)
{
	u64 since = 0;

	hold(efs_test_self(), l, write);
	while (!try_lock(l, write)) {
		if (!efs_test_threaded())
			efs_test_bug("deadlock: %s is held already", l->name);
		if (write)
			__atomic_fetch_or(&l->word, EFS_TEST_WAITING, __ATOMIC_RELAXED);
		efs_test_wait(&since, l->name);
	}
}

void efs_test_unlock(struct efs_test_lock *l, bool write)
{
	unhold(efs_test_self(), l, write);
	if (write)
		__atomic_fetch_and(&l->word, ~EFS_TEST_WRITER, __ATOMIC_RELEASE);
	else
		__atomic_fetch_sub(&l->word, 1, __ATOMIC_RELEASE);
}

void efs_test_lock_assert(struct efs_test_lock *l)
{
	struct efs_test_self *self = efs_test_self();
	u32 i;

	for (i = 0; i < self->held_count; i++)
		if (self->held[i].lock == l && self->held[i].write)
			return;
	efs_test_bug("%s is not held", l->name ? l->name : "a lock");
}

u32 efs_test_locks_held(void)
{
	return efs_test_self()->held_count;
}

u64 efs_test_steps(void)
{
	return efs_test_load(&steps);
}

void efs_test_not_under(const char *call, enum efs_test_rank rank)
{
	struct efs_test_self *self = efs_test_self();
	u32 i;

	efs_test_add(&steps, 1);
	for (i = 0; i < self->held_count; i++)
		if (self->held[i].lock->rank >= rank)
			efs_test_bug("%s() under %s", call, self->held[i].lock->name);
}
