/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inline half of the contract over libc and pthreads, first part: words and types. With
 * EFS_SINGLE there is one thread and no pthreads: locks are nothing, atomics plain.
 *
 * Shared by every home that lives in userspace: the library and command (user/lib/port.c)
 * and the test port, which replaces the out-of-line half only. Works on either byte
 * order, with 32- and 64-bit pointers, under sparse, and under ThreadSanitizer.
 * What each item means is said in core/port.h.
 *
 * With EFS_PORT_DEBUG the out-of-line half defines efs_port_spins, and may assert in
 * everything that sleeps that it is 0: no spin lock is held by this thread.
 */
#ifndef EFS_PORT_TYPES_H
#define EFS_PORT_TYPES_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "efs_lock.h"

#ifdef __CHECKER__
#define __efs_bitwise	__attribute__((bitwise))
#define __efs_force	__attribute__((force))
#else
#define __efs_bitwise
#define __efs_force
#endif

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;
typedef u16 __efs_bitwise __le16;
typedef u32 __efs_bitwise __le32;
typedef u64 __efs_bitwise __le64;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define __efs_swap16(x)	(x)
#define __efs_swap32(x)	(x)
#define __efs_swap64(x)	(x)
#else
#define __efs_swap16(x)	__builtin_bswap16(x)
#define __efs_swap32(x)	__builtin_bswap32(x)
#define __efs_swap64(x)	__builtin_bswap64(x)
#endif

#define le16_to_cpu(x)	((u16)__efs_swap16((__efs_force u16)(__le16)(x)))
#define le32_to_cpu(x)	((u32)__efs_swap32((__efs_force u32)(__le32)(x)))
#define le64_to_cpu(x)	((u64)__efs_swap64((__efs_force u64)(__le64)(x)))
#define cpu_to_le16(x)	((__efs_force __le16)(u16)__efs_swap16((u16)(x)))
#define cpu_to_le32(x)	((__efs_force __le32)(u32)__efs_swap32((u32)(x)))
#define cpu_to_le64(x)	((__efs_force __le64)(u64)__efs_swap64((u64)(x)))

#define __efs_paste2(a, b)	a##b
#define __efs_paste(a, b)	__efs_paste2(a, b)
#define __efs_uniq(name)	__efs_paste(name, __COUNTER__)

#define __efs_choose(x, y, op, a, b) ({					\
	__typeof__(x) a = (x);						\
	__typeof__(y) b = (y);						\
	a op b ? a : b; })
#undef min
#undef max
#define min(x, y)	__efs_choose(x, y, <, __efs_uniq(__a), __efs_uniq(__b))
#define max(x, y)	__efs_choose(x, y, >, __efs_uniq(__a), __efs_uniq(__b))
#define min_t(t, x, y)	min((t)(x), (t)(y))
#define max_t(t, x, y)	max((t)(x), (t)(y))

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))

#undef static_assert
#define static_assert(expr, ...)	__efs_static_assert(expr, ##__VA_ARGS__, #expr)
#define __efs_static_assert(expr, msg, ...)	_Static_assert(expr, msg)

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#undef __printf
#define __printf(a, b)	__attribute__((format(printf, a, b)))
#define EFSU_CACHELINE	64
#define __efs_cacheline	__attribute__((aligned(EFSU_CACHELINE)))

/* relaxed atomics are what these mean, and ThreadSanitizer understands them */
#if defined(__CHECKER__) || defined(EFS_SINGLE)
#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#else
#define READ_ONCE(x)	__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#endif

#ifndef EUCLEAN		/* systems other than Linux */
#define EUCLEAN		117
#endif
#ifndef ESTALE
#define ESTALE		116
#endif

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline u64 div_u64_rem(u64 a, u32 b, u32 *rem)
{
	*rem = (u32)(a % b);
	return a / b;
}

static inline u32 efs_ctz64(u64 v)
{
	return (u32)__builtin_ctzll(v);
}

static inline u32 efs_clz64(u64 v)
{
	return (u32)__builtin_clzll(v);
}

/** efs_assert_fail() - name the broken assertion on stderr and abort; out of line */
void efs_assert_fail(const char *what, const char *file, int line) __attribute__((noreturn));

#define efs_assert(cond)						\
	do {								\
		if (unlikely(!(cond)))					\
			efs_assert_fail(#cond, __FILE__, __LINE__);	\
	} while (0)

/*
 * Mutexes, not spinning: a thread that holds one may lose its processor. @owner is
 * 0 or the holder, so that efs_spin_assert() means this thread and not any.
 */
typedef struct {
	efs_mutex_t m;
	efs_thread_t owner;
	bool held;
} efs_spin_t;

typedef efs_rwlock_t efs_rwsem_t;

/* by efs_ctr_*() only; some 32-bit machines align less than is good for atomics */
typedef struct {
	s64 v __attribute__((aligned(8)));
} efs_ctr_t;

/**
 * struct efs_sb_port - the home's part of a mounted file system
 * @home: whatever the out-of-line half wants
 * @sync: each change is to be synchronous
 * @dirsync: each change of a directory is
 * @unprivileged: reserved blocks are out of reach
 */
struct efs_sb_port {
	void *home;
	bool sync;
	bool dirsync;
	bool unprivileged;
};

/**
 * struct efs_inode_port - the home's part of a core inode
 * @lock: protects the attributes beside it in struct efsu_inode; leaf
 * @sync: a write that is to be synchronous is under way (rwsem, held for writing)
 * @dirty: efs_i_mark_dirty() was called after the last store; by __atomic only
 */
struct efs_inode_port {
	efs_spin_t lock;
	bool sync;
	bool dirty;
};

/**
 * struct efs_buf - one block of the device in memory
 * @data: the block's bytes
 * @nr: block number
 * @refs: references; by __atomic only, raised from 0 under the owner's lock only
 * @verified: contents were validated; by __atomic only
 * @lock: efs_buf_lock()
 *
 * The rest belongs to whoever makes buffers; they embed this.
 */
struct efs_buf {
	void *data;
	u32 nr;
	u32 refs;
	bool verified;
	efs_mutex_t lock;
};

#endif /* EFS_PORT_TYPES_H */
