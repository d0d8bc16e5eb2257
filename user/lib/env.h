/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The surroundings of a volume or a device, from the inside: struct efs_env with no NULL in it
 * but for log, and text for that log.
 */
#ifndef EFS_ENV_H
#define EFS_ENV_H

#include <stdarg.h>

#include "../include/efs.h"

#define EFS_IO_ALIGN	512u	/* of memory that goes to a device */

/** efs_env_fill() - @env as the caller gave it, or NULL, with the usual where it has NULL
 * With EFS_SINGLE the usual is no memory at all, and a clock that stands still.
 */
void efs_env_fill(struct efs_env *out, const struct efs_env *env);

/** efs_env_alloc() - @size bytes for @align, a power of two; not zeroed. NULL: none left */
static inline void *efs_env_alloc(const struct efs_env *env, size_t size, size_t align)
{
	return env->alloc(env->ctx, size, align);
}

/** efs_env_zalloc() - zeroed, for any object */
void *efs_env_zalloc(const struct efs_env *env, size_t size);

/** efs_env_free() - @size as it was allocated; accepts NULL */
static inline void efs_env_free(const struct efs_env *env, void *p, size_t size)
{
	if (p)
		env->free(env->ctx, p, size);
}

/**
 * efs_vformat() - a message of the log, NUL-terminated, in the way of vsnprintf() (format.c)
 * @fmt: %s %c %d %i %u %x %%, with l, ll, z, a width and 0 before it
 *
 * Return: bytes that there are, or would be with room for them.
 */
size_t efs_vformat(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

/** efs_format() - the same in the way of snprintf() */
size_t efs_format(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* EFS_ENV_H */
