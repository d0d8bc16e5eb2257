/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A home that is nothing but declarations.
 *
 * The core is compiled over it with -ffreestanding -nostdinc: what the objects then
 * leave undefined is exactly what the core asks of a home.
 */
#ifndef EFS_PORT_TYPES_H
#define EFS_PORT_TYPES_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;
typedef u16 __le16;
typedef u32 __le32;
typedef u64 __le64;
typedef _Bool bool;
typedef __SIZE_TYPE__ size_t;

#define true 1
#define false 0
#define NULL ((void *)0)
#define offsetof(t, m) __builtin_offsetof(t, m)
#define container_of(p, t, m) ((t *)((char *)(p) - offsetof(t, m)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define static_assert(e) _Static_assert(e, #e)
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(t, a, b) ((t)(a) < (t)(b) ? (t)(a) : (t)(b))
#define max_t(t, a, b) ((t)(a) > (t)(b) ? (t)(a) : (t)(b))
#define __printf(a, b) __attribute__((format(printf, a, b)))
#define __efs_cacheline __attribute__((aligned(64)))

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define le16_to_cpu(x) ((u16)(x))
#define le32_to_cpu(x) ((u32)(x))
#define le64_to_cpu(x) ((u64)(x))
#else
#define le16_to_cpu(x) __builtin_bswap16(x)
#define le32_to_cpu(x) __builtin_bswap32(x)
#define le64_to_cpu(x) __builtin_bswap64(x)
#endif
#define cpu_to_le16(x) le16_to_cpu(x)
#define cpu_to_le32(x) le32_to_cpu(x)
#define cpu_to_le64(x) le64_to_cpu(x)

#define EPERM 1
#define ENOENT 2
#define EIO 5
#define ENXIO 6
#define E2BIG 7
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EBUSY 16
#define EEXIST 17
#define EXDEV 18
#define ENOTDIR 20
#define EISDIR 21
#define EINVAL 22
#define EFBIG 27
#define ENOSPC 28
#define EROFS 30
#define EMLINK 31
#define ERANGE 34
#define ENAMETOOLONG 36
#define ENOTEMPTY 39
#define ENODATA 61
#define EINTR 4
#define ELOOP 40
#define ESTALE 116
#define EUCLEAN 117
#define EOPNOTSUPP 95

void *memcpy(void *d, const void *s, size_t n);
void *memmove(void *d, const void *s, size_t n);
void *memset(void *d, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

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

void efs_assert_fail(const char *what);
#define efs_assert(c) do { if (!(c)) efs_assert_fail(#c); } while (0)

typedef struct { int v; } efs_spin_t;
typedef struct { int v; } efs_rwsem_t;
typedef struct { s64 v; } efs_ctr_t;
struct efs_sb_port { void *home; };
struct efs_inode_port { void *home; };

#endif
