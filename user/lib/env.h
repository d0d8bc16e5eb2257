/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The surroundings of a volume or a device, from the inside: struct efs_env with no NULL in it
 * but for log.
 */
#ifndef EFS_ENV_H
#define EFS_ENV_H

#include "../include/efs.h"

#define EFS_IO_ALIGN	512u	/* of memory that goes to a device */

/** efs_env_fill() - @env as the caller gave it, or NULL, with the usual where it has NULL */
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

#endif /* EFS_ENV_H */
