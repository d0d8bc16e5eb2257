/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Power cuts in the kernel: tests/crash, with the kernel in the place of the core.
 *
 *   cut.c     the program, and the list of cases, which guest and host walk alike
 *   guest.c   in the guest: each case's script on a device that is logged
 *   log.c     on the host: what dm-log-writes wrote, as tests/crash records it
 */
#ifndef EFS_CRASH_KERNEL_H
#define EFS_CRASH_KERNEL_H

#include "../crash.h"

struct leaf {
	char script[64];
	enum mode mode;
	const struct volume *volume;
};

/* each case has a slice of the log disk: a log, and a volume that lost its last writes */
#define SLICE_BYTES	(8ull << 20)
#define LOG_BYTES	(6ull << 20)
#define DEVICE_BYTES	(4u << 20)

static inline u64 volume_size(const struct volume *v)
{
	return (u64)v->blocks * v->block_size;
}

/** drop_after() - the operation of @s after which a device of case @slice keeps no write */
static inline u32 drop_after(const struct script *s, u32 slice)
{
	return slice * 2654435761u / 65536 % s->n + 1;
}

/** prepare() - the base script and that of @l, and the model of both */
struct model *prepare(const struct leaf *l, struct script *s);

/** run_guest() - all of @l; DIR holds BASE.img of each volume */
void run_guest(const struct leaf *l, u32 n, const char *fs, const char *dir, const char *data,
	       const char *log);

/* of the linker: run_posix() calls the first for system(), guest.c the second */
int __wrap_system(const char *cmd);
int __real_system(const char *cmd);

/** log_read() - slice @slice of the log disk @fd becomes @r; return: writes that were logged */
u32 log_read(int fd, u32 slice, const struct volume *v, struct record *r);

#endif
