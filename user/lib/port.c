// SPDX-License-Identifier: GPL-2.0
/*
 * The out-of-line half of the port over the buffer cache, the volume's surroundings, and
 * pthreads.
 *
 * sb->port.home is a struct efs_home, so nothing here is global. What each function promises
 * is said in core/port.h.
 */
#include <stdarg.h>

#include "home.h"

#define REPORTS_MAX	32u		/* inconsistencies logged one by one */

/* what sleeps must not be called under a spin lock: here it would only be slow */
#ifdef EFS_PORT_DEBUG
__thread int efs_port_spins;
#define may_sleep()	efs_assert(!efs_port_spins)
#else
#define may_sleep()	((void)0)
#endif

int efs_buf_read(struct efs_sb *sb, u32 blk, struct efs_buf **out)
{
	may_sleep();
	return efsu_bcache_get(efs_home(sb)->cache, blk, false, out);
}

int efs_buf_new(struct efs_sb *sb, u32 blk, struct efs_buf **out)
{
	may_sleep();
	return efsu_bcache_get(efs_home(sb)->cache, blk, true, out);
}

void efs_buf_dirty(struct efs_sb *sb, struct efs_inode *owner, struct efs_buf *b)
{
	may_sleep();
	(void)sb;
	if (owner)
		efsu_bcache_own(b, owner->ino);
	efsu_bcache_dirty(b);
}

int efs_buf_sync(struct efs_buf *b)
{
	may_sleep();
	return efsu_bcache_write(b);
}

void efs_buf_forget(struct efs_buf *b)
{
	may_sleep();
	efsu_bcache_forget(b);
}

void efs_buf_ahead(struct efs_sb *sb, u32 blk, u32 len)
{
	may_sleep();
	efsu_bcache_ahead(efs_home(sb)->cache, blk, len);
}

int efs_order(struct efs_inode *ei, struct efs_buf *b)
{
	int err;

	may_sleep();
	if (!efs_i_sync(ei))
		return 0;
	err = efsu_bcache_write(b);
	return err ? err : efsu_bcache_flush(efs_home(ei->sb)->cache);
}

void efs_data_new(struct efs_sb *sb, u32 blk, u32 len)
{
	may_sleep();
	efsu_bcache_drop(efs_home(sb)->cache, blk, len);
}

int efs_zero(struct efs_sb *sb, u32 blk, u32 len)
{
	struct efsu_bcache *c = efs_home(sb)->cache;
	int err;

	may_sleep();
	err = efsu_bcache_data_zero(c, blk, len);
	return err ? err : efsu_bcache_flush(c);
}

/* in front of each block, as efs_free() is told nothing else */
struct head {
	const struct efs_env *env;
	size_t size;
};

static_assert(sizeof(struct head) <= EFSU_CACHELINE);

void *efs_alloc(struct efs_sb *sb, size_t size)
{
	const struct efs_env *env = &efs_home(sb)->env;
	struct head *head;

	may_sleep();
	if (size > SIZE_MAX - EFSU_CACHELINE)
		return NULL;
	size += EFSU_CACHELINE;
	head = efs_env_alloc(env, size, EFSU_CACHELINE);
	if (!head)
		return NULL;
	memset(head, 0, size);
	head->env = env;
	head->size = size;
	return (char *)head + EFSU_CACHELINE;
}

void efs_free(void *p)
{
	struct head *head;

	if (!p)
		return;
	head = (struct head *)((char *)p - EFSU_CACHELINE);
	efs_env_free(head->env, head, head->size);
}

s64 efs_now(struct efs_sb *sb, u32 *nsec)
{
	const struct efs_env *env = &efs_home(sb)->env;
	int64_t sec;

	env->now(env->ctx, &sec, nsec);
	return sec;
}

/* splitmix64 over a counter: each thread takes its own value without a lock */
u32 efs_rand(struct efs_sb *sb)
{
	efs_ctr_t *c = &efs_home(sb)->rand;
	u64 x = (u64)efs_ctr_step(c, (s64)0x9E3779B97F4A7C15ull);

	x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
	x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
	return (u32)(x >> 32) ^ (u32)x;
}

void efs_log(struct efs_sb *sb, enum efs_log_level level, const char *fmt, ...)
{
	const struct efs_env *env = &efs_home(sb)->env;
	char msg[512];
	va_list args;

	if (!env->log || level > EFS_LOG_INFO)
		return;
	va_start(args, fmt);
	efs_vformat(msg, sizeof(msg), fmt, args);
	va_end(args);
	env->log(env->ctx, (int)level, msg);
}

/* a hostile volume can be inconsistent without end */
void efs_report(struct efs_sb *sb, const struct efs_rep *rep)
{
	u32 n = __atomic_add_fetch(&efs_home(sb)->reports, 1, __ATOMIC_RELAXED);
	char where[96] = "";
	size_t at = 0;

	may_sleep();
	if (n == REPORTS_MAX + 1)
		efs_log(sb, EFS_LOG_ERR, "further inconsistencies are not listed");
	if (n > REPORTS_MAX)
		return;
	if (rep->ino)
		at += efs_format(where + at, sizeof(where) - at, ", inode %u", rep->ino);
	if (rep->blk)
		at += efs_format(where + at, sizeof(where) - at, ", block %u", rep->blk);
	if (rep->off)
		efs_format(where + at, sizeof(where) - at, ", offset %u", rep->off);
	efs_log(sb, EFS_LOG_ERR, "inconsistent: %s [%s]%s (%s:%u)", efs_code_text(rep->code),
		efs_code_name(rep->code), where, rep->func, rep->line);
}

void efs_trace_alloc(struct efs_sb *sb, u32 ino, u32 goal, u32 start, u32 len)
{
	(void)sb;
	(void)ino;
	(void)goal;
	(void)start;
	(void)len;
}

void efs_trace_free(struct efs_sb *sb, u32 ino, u32 start, u32 len)
{
	(void)sb;
	(void)ino;
	(void)start;
	(void)len;
}

#ifdef EFS_SINGLE

void efs_assert_fail(const char *what, const char *file, int line)
{
	(void)what;
	(void)file;
	(void)line;
	__builtin_trap();
}

#else

#include <stdio.h>
#include <stdlib.h>

void efs_assert_fail(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
	abort();
}

#endif
