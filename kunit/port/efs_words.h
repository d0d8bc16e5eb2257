/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stateless words under kernel names, for the test port outside the kernel.
 *
 * The rule of core/port.h: only what has no state may carry a kernel name here.
 */
#ifndef EFS_WORDS_H
#define EFS_WORDS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef signed char s8;
typedef short s16;
typedef int s32;
/* as in the kernel, so that %llu is right on every machine */
typedef unsigned long long u64;
typedef long long s64;

#ifdef __CHECKER__
#define __bitwise	__attribute__((bitwise))
#define __force		__attribute__((force))
#else
#define __bitwise
#define __force
#endif

typedef u16 __bitwise __le16;
typedef u32 __bitwise __le32;
typedef u64 __bitwise __le64;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define efs_swab16(x)	((u16)(x))
#define efs_swab32(x)	((u32)(x))
#define efs_swab64(x)	((u64)(x))
#else
#define efs_swab16(x)	__builtin_bswap16(x)
#define efs_swab32(x)	__builtin_bswap32(x)
#define efs_swab64(x)	__builtin_bswap64(x)
#endif

static inline u16 le16_to_cpu(__le16 x)
{
	return efs_swab16((__force u16)x);
}

static inline u32 le32_to_cpu(__le32 x)
{
	return efs_swab32((__force u32)x);
}

static inline u64 le64_to_cpu(__le64 x)
{
	return efs_swab64((__force u64)x);
}

#define cpu_to_le16(x)	((__force __le16)efs_swab16((u16)(x)))
#define cpu_to_le32(x)	((__force __le32)efs_swab32((u32)(x)))
#define cpu_to_le64(x)	((__force __le64)efs_swab64((u64)(x)))

#define min_t(type, a, b) ({ type __a = (a); type __b = (b); __a < __b ? __a : __b; })
#define max_t(type, a, b) ({ type __a = (a); type __b = (b); __a > __b ? __a : __b; })
/* like 6.1, insist on one type */
#define min(a, b) ({					\
	__typeof__(a) __x = (a);			\
	__typeof__(b) __y = (b);			\
	(void)(&__x == &__y);				\
	__x < __y ? __x : __y; })
#define max(a, b) ({					\
	__typeof__(a) __x = (a);			\
	__typeof__(b) __y = (b);			\
	(void)(&__x == &__y);				\
	__x > __y ? __x : __y; })

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
/* in terms that a thread sanitizer knows */
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#undef static_assert
#define static_assert(expr, ...) _Static_assert(expr, #expr)
#define __printf(a, b)	__attribute__((format(printf, a, b)))
#define __maybe_unused	__attribute__((unused))
#define __noreturn	__attribute__((noreturn))
#define __section(s)	__attribute__((section(s)))
#define __used		__attribute__((used))
#define __aligned(n)	__attribute__((aligned(n)))
#define fallthrough	__attribute__((fallthrough))

static inline u64 div_u64_rem(u64 a, u32 b, u32 *rem)
{
	*rem = a % b;
	return a / b;
}

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline u32 efs_ctz64(u64 x)
{
	return __builtin_ctzll(x);
}

static inline u32 efs_clz64(u64 x)
{
	return __builtin_clzll(x);
}

#endif /* EFS_WORDS_H */
