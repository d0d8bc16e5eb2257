/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads of a case, in the kernel. Userspace has the same under kunit/port.
 *
 * There are no thread-local variables, so a small table tells a task what belongs to it. Cases
 * run one after another: whoever is not in it is the thread of the case.
 */
#ifndef EFS_THREAD_H
#define EFS_THREAD_H

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include "mem_port.h"

struct efs_os_thread {
	struct completion done;
	void (*fn)(void *arg);
	void *arg;
};

static struct {
	struct task_struct *task;
	struct efs_test_self *self;
} efs_os_table[EFS_TEST_THREADS];

static int efs_os_body(void *arg)
{
	struct efs_os_thread *t = arg;

	t->fn(t->arg);
	kthread_complete_and_exit(&t->done, 0);
}

/* run @fn; false: no thread to be had */
static inline bool efs_os_start(struct efs_os_thread *t, void (*fn)(void *arg), void *arg)
{
	t->fn = fn;
	t->arg = arg;
	init_completion(&t->done);
	return !IS_ERR(kthread_run(efs_os_body, t, "efsext2_race"));
}

static inline void efs_os_join(struct efs_os_thread *t)
{
	while (!wait_for_completion_timeout(&t->done, 30 * HZ))
		;	/* in steps, or a long case looks like a task that hangs */
}

static inline void __noreturn efs_os_exit(struct efs_os_thread *t)
{
	kthread_complete_and_exit(&t->done, 0);
}

/* first and last words of a thread; what belongs to it */
static inline void efs_os_enter(struct efs_test_self *self)
{
	efs_os_table[self->index].self = self;
	/* pairs with efs_os_get(): whoever sees the task sees what is its own */
	smp_store_release(&efs_os_table[self->index].task, current);
}

static inline void efs_os_leave(struct efs_test_self *self)
{
	WRITE_ONCE(efs_os_table[self->index].task, NULL);
}

static inline struct efs_test_self *efs_os_get(void)
{
	u32 i;

	for (i = 0; i < EFS_TEST_THREADS; i++)
		/* pairs with efs_os_enter() */
		if (smp_load_acquire(&efs_os_table[i].task) == current)
			return efs_os_table[i].self;
	return NULL;
}

/* let others run */
static inline void efs_os_pause(void)
{
	usleep_range(1, 20);
}

static inline u64 efs_os_ms(void)
{
	return jiffies64_to_msecs(get_jiffies_64());
}

#endif /* EFS_THREAD_H */
