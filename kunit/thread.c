// SPDX-License-Identifier: GPL-2.0
/*
 * Threads of a case, what belongs to each, and the guards that keep them apart.
 *
 * While a case has one thread, guards cost a look at a flag. While it has more, threads
 * also step aside now and then where they take guards and locks, or two of them on one
 * processor would hardly ever meet.
 *
 * A thread that breaks a rule ends, and with it, soon, the others: they look at @broken
 * whenever they wait.
 */
#include "efs_thread.h"

/* a wait this long is a deadlock */
#define PATIENCE_MS 60000

struct worker {
	struct efs_os_thread os;
	struct efs_test_self self;
	void (*fn)(void *arg);
	void *arg;
	bool done;
};

static struct efs_test_self main_self;
static struct worker workers[EFS_TEST_THREADS];

/* threads are about, all are there, one has broken a rule: written by one, read by all */
static u32 many, go, broken;

struct efs_test_self *efs_test_self(void)
{
	struct efs_test_self *self = efs_test_load(&many) ? efs_os_get() : NULL;

	return self ? self : &main_self;
}

bool efs_test_threaded(void)
{
	return efs_test_load(&many);
}

void __noreturn efs_test_thread_end(void)
{
	struct efs_test_self *self = efs_test_self();

	efs_test_put(&broken, 1);
	efs_os_leave(self);
	efs_os_exit(&workers[self->index].os);
}

void efs_test_wait(u64 *since, const char *what)
{
	u64 now = efs_os_ms();

	if (!*since)
		*since = now;
	if (efs_test_load(&broken) && efs_test_self()->worker)
		efs_test_thread_end();
	if (now - *since > PATIENCE_MS)
		efs_test_bug("deadlock: %s never comes", what);
	efs_os_pause();
}

/* in one of 16 places a thread lets others go first */
static void step_aside(struct efs_test_self *self)
{
	if (efs_test_rand(&self->seed) % 16 == 0)
		efs_os_pause();
}

void efs_test_guard(struct efs_test_guard *g)
{
	struct efs_test_self *self;
	u64 since = 0;

	if (!efs_test_load(&many))
		return;
	self = efs_test_self();
	if (self->guards == ARRAY_SIZE(self->guard))
		efs_test_bug("too many guards");
	if (!self->guards)
		step_aside(self);
	while (__atomic_exchange_n(&g->word, 1, __ATOMIC_ACQUIRE))
		efs_test_wait(&since, "a guard");
	self->guard[self->guards++] = g;
}

void efs_test_unguard(struct efs_test_guard *g)
{
	struct efs_test_self *self;

	if (!efs_test_load(&many))
		return;
	self = efs_test_self();
	if (!self->guards || self->guard[self->guards - 1] != g)
		efs_test_bug("a guard is given back out of turn");
	self->guards--;
	__atomic_store_n(&g->word, 0, __ATOMIC_RELEASE);
}

void efs_test_drop_guards(void)
{
	struct efs_test_self *self = efs_test_self();

	while (self->guards)
		__atomic_store_n(&self->guard[--self->guards]->word, 0, __ATOMIC_RELEASE);
}

static void body(void *arg)
{
	struct worker *w = arg;

	efs_os_enter(&w->self);
	while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE))
		efs_os_pause();
	w->fn(w->arg);
	if (w->self.held_count || w->self.guards)
		efs_test_bug("a thread ends with a lock");
	w->done = true;
	efs_os_leave(&w->self);
}

void efs_test_together(struct kunit *test, u32 n, void (*fn)(void *arg), void *const *arg)
{
	u32 i, started = 0;

	KUNIT_ASSERT_LE(test, n, EFS_TEST_THREADS);
	memset(workers, 0, sizeof(workers));
	memset(&main_self, 0, sizeof(main_self));
	efs_test_put(&go, 0);
	efs_test_put(&broken, 0);
	efs_test_put(&many, 1);
	for (i = 0; i < n; i++) {
		struct worker *w = &workers[i];

		w->self.index = i;
		w->self.worker = true;
		w->self.seed = 0x9e3779b9 * (i + 1);
		w->fn = fn;
		w->arg = arg[i];
		if (!efs_os_start(&w->os, body, w))
			break;
		started++;
	}
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	for (i = 0; i < started; i++)
		efs_os_join(&workers[i].os);
	efs_test_put(&many, 0);
	KUNIT_ASSERT_EQ(test, started, n);
	for (i = 0; i < n; i++)
		KUNIT_ASSERT_TRUE_MSG(test, workers[i].done, "thread %u", i);
}
