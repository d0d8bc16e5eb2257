/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of devices share.
 */
#ifndef EFS_DEV_TEST_H
#define EFS_DEV_TEST_H

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/dev.h"
#include "ktap.h"

#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

/** rnd() - below @n, from a state of the caller's: the same in each run */
static inline uint32_t rnd(uint32_t *state, uint32_t n)
{
	*state = *state * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)(*state >> 4) * n) >> 28);
}

static inline void fill(uint32_t *state, void *buf, size_t len)
{
	unsigned char *p = buf;

	while (len--)
		*p++ = (unsigned char)rnd(state, 256);
}

#define MODEL_IO	(24u << 10)	/* bytes of a request, at most */

/** struct model - a device and what its bytes must be */
struct model {
	struct efs_device *dev;
	unsigned char *bytes;
	size_t size;
	uint32_t rnd;
};

/**
 * model_step() - one random request; reads are compared
 * Most are small and at odd places, some end where the device ends.
 * Return: an error of the device, or -EILSEQ if it read what is not there.
 */
static inline int model_step(struct model *m, bool write)
{
	static _Thread_local unsigned char space[MODEL_IO + 4096];
	/* odd addresses and, half of the time, the alignment that devices like */
	unsigned char *buf = space + (4096 - (uintptr_t)space % 4096) % 4096;
	size_t len = rnd(&m->rnd, rnd(&m->rnd, 4) ? 700 : MODEL_IO - 64), off;
	int err;

	if (rnd(&m->rnd, 2))
		buf += 1 + rnd(&m->rnd, 63);
	if (!rnd(&m->rnd, 4))
		len &= ~511ul;
	len = len < m->size ? len : m->size;
	off = rnd(&m->rnd, 8) ? rnd(&m->rnd, (uint32_t)(m->size - len + 1)) : m->size - len;
	if (!rnd(&m->rnd, 4))
		off &= ~511ul;
	if (write) {
		fill(&m->rnd, buf, len);
		err = efs_device_write(m->dev, off, buf, len);
		if (!err)
			memcpy(m->bytes + off, buf, len);
		return err;
	}
	err = efs_device_read(m->dev, off, buf, len);
	return err ? err : memcmp(buf, m->bytes + off, len) ? -EILSEQ : 0;
}

/** model_same() - is all of the device as it must be? 0, an error, or -EILSEQ */
static inline int model_same(struct model *m)
{
	unsigned char *all = malloc(m->size);
	int err = all ? efs_device_read(m->dev, 0, all, m->size) : -ENOMEM;

	if (!err && memcmp(all, m->bytes, m->size))
		err = -EILSEQ;
	free(all);
	return err;
}

#endif /* EFS_DEV_TEST_H */
