/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks of the userspace home: pthreads, or nothing where there is one thread (EFS_SINGLE).
 *
 * With one thread there is nobody to wait for: to wait is a bug, and stops the program.
 */
#ifndef EFS_LOCK_H
#define EFS_LOCK_H

#ifdef EFS_SINGLE

typedef struct {
	unsigned char none;
} efs_mutex_t;

typedef efs_mutex_t efs_cond_t;
typedef efs_mutex_t efs_rwlock_t;
typedef unsigned char efs_thread_t;

static inline void efs_lock_nothing(efs_mutex_t *l)
{
	(void)l;
}

static inline void efs_lock_never(efs_cond_t *c, efs_mutex_t *l)
{
	(void)c;
	(void)l;
	__builtin_trap();
}

#define efs_mutex_init(l)	efs_lock_nothing(l)
#define efs_mutex_fini(l)	efs_lock_nothing(l)
#define efs_mutex_lock(l)	efs_lock_nothing(l)
#define efs_mutex_unlock(l)	efs_lock_nothing(l)
#define efs_cond_init(c)	efs_lock_nothing(c)
#define efs_cond_fini(c)	efs_lock_nothing(c)
#define efs_cond_wait(c, l)	efs_lock_never(c, l)
#define efs_cond_wake(c)	efs_lock_nothing(c)
#define efs_rwlock_init(l)	efs_lock_nothing(l)
#define efs_rwlock_fini(l)	efs_lock_nothing(l)
#define efs_rwlock_rd(l)	efs_lock_nothing(l)
#define efs_rwlock_wr(l)	efs_lock_nothing(l)
#define efs_rwlock_un(l)	efs_lock_nothing(l)
#define efs_thread_me()		((efs_thread_t)0)
#define efs_thread_is_me(t)	((void)(t), true)

#else

#include <pthread.h>

typedef pthread_mutex_t efs_mutex_t;
typedef pthread_cond_t efs_cond_t;
typedef pthread_rwlock_t efs_rwlock_t;
typedef pthread_t efs_thread_t;

#define efs_mutex_init(l)	((void)pthread_mutex_init(l, NULL))
#define efs_mutex_fini(l)	((void)pthread_mutex_destroy(l))
#define efs_mutex_lock(l)	((void)pthread_mutex_lock(l))
#define efs_mutex_unlock(l)	((void)pthread_mutex_unlock(l))
#define efs_cond_init(c)	((void)pthread_cond_init(c, NULL))
#define efs_cond_fini(c)	((void)pthread_cond_destroy(c))
#define efs_cond_wait(c, l)	((void)pthread_cond_wait(c, l))
#define efs_cond_wake(c)	((void)pthread_cond_broadcast(c))
#define efs_rwlock_init(l)	((void)pthread_rwlock_init(l, NULL))
#define efs_rwlock_fini(l)	((void)pthread_rwlock_destroy(l))
#define efs_rwlock_rd(l)	((void)pthread_rwlock_rdlock(l))
#define efs_rwlock_wr(l)	((void)pthread_rwlock_wrlock(l))
#define efs_rwlock_un(l)	((void)pthread_rwlock_unlock(l))
#define efs_thread_me()		pthread_self()
#define efs_thread_is_me(t)	pthread_equal(t, pthread_self())

#endif

#endif /* EFS_LOCK_H */
