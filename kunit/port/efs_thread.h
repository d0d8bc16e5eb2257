/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads of a case, in userspace. The kernel's half has the same name (kunit/kernel).
 */
#ifndef EFS_THREAD_H
#define EFS_THREAD_H

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include "mem_port.h"

struct efs_os_thread {
	pthread_t id;
	void (*fn)(void *arg);
	void *arg;
};

static _Thread_local struct efs_test_self *efs_os_self;

static void *efs_os_body(void *arg)
{
	struct efs_os_thread *t = arg;

	t->fn(t->arg);
	return NULL;
}

/* run @fn; false: no thread to be had */
static inline bool efs_os_start(struct efs_os_thread *t, void (*fn)(void *arg), void *arg)
{
	t->fn = fn;
	t->arg = arg;
	return !pthread_create(&t->id, NULL, efs_os_body, t);
}

static inline void efs_os_join(struct efs_os_thread *t)
{
	pthread_join(t->id, NULL);
}

static inline void __noreturn efs_os_exit(struct efs_os_thread *t)
{
	(void)t;
	pthread_exit(NULL);
}

/* first and last words of a thread; what belongs to it */
static inline void efs_os_enter(struct efs_test_self *self)
{
	efs_os_self = self;
}

static inline void efs_os_leave(struct efs_test_self *self)
{
	(void)self;
	efs_os_self = NULL;
}

static inline struct efs_test_self *efs_os_get(void)
{
	return efs_os_self;
}

/* let others run */
static inline void efs_os_pause(void)
{
	sched_yield();
}

static inline u64 efs_os_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

#endif /* EFS_THREAD_H */
