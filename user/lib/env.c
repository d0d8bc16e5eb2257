// SPDX-License-Identifier: GPL-2.0
/*
 * The surroundings of a volume: memory and time, of the system if the caller has none.
 *
 * Without a system (EFS_SINGLE) there is nothing usual: what is not given is not there.
 */
#include <string.h>

#include "env.h"

#ifdef EFS_SINGLE

static void *system_alloc(void *ctx, size_t size, size_t align)
{
	(void)ctx;
	(void)size;
	(void)align;
	return NULL;
}

static void system_free(void *ctx, void *p, size_t size)
{
	(void)ctx;
	(void)p;
	(void)size;
}

static void system_now(void *ctx, int64_t *sec, uint32_t *nsec)
{
	(void)ctx;
	*sec = 0;
	*nsec = 0;
}

#else

#include <stdlib.h>
#include <time.h>

static void *system_alloc(void *ctx, size_t size, size_t align)
{
	void *p;

	(void)ctx;
	if (align <= __alignof__(max_align_t))
		return malloc(size);
	return posix_memalign(&p, align, size) ? NULL : p;
}

static void system_free(void *ctx, void *p, size_t size)
{
	(void)ctx;
	(void)size;
	free(p);
}

static void system_now(void *ctx, int64_t *sec, uint32_t *nsec)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_REALTIME, &ts);
	*sec = ts.tv_sec;
	*nsec = (uint32_t)ts.tv_nsec;
}

#endif

void efs_env_fill(struct efs_env *out, const struct efs_env *env)
{
	*out = env ? *env : (struct efs_env){ 0 };
	if (!out->alloc) {
		out->alloc = system_alloc;
		out->free = system_free;
	}
	if (!out->now)
		out->now = system_now;
}

void *efs_env_zalloc(const struct efs_env *env, size_t size)
{
	void *p = efs_env_alloc(env, size, __alignof__(max_align_t));

	return p ? memset(p, 0, size) : NULL;
}
