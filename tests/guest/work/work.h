/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * efs-work: the workloads of the guest tests, one static program, because starting a program
 * costs an emulated guest 10-20 ms and a shell loop over thousands of files costs minutes.
 *
 * Every workload is deterministic in its seed. A sub-command returns 0 when all it checked held;
 * otherwise it has said what did not, and returns 1.
 */
#ifndef EFS_WORK_H
#define EFS_WORK_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

struct rng {
	uint64_t s;
};

uint64_t rng_next(struct rng *r);
/* below(r, n): uniform enough for tests, 0 <= result < n, n > 0 */
uint32_t rng_below(struct rng *r, uint32_t n);
/* fill(): the bytes that file `key` has at [off, off + len), whatever the call boundaries */
void pattern(uint64_t key, uint64_t off, void *buf, size_t len);
uint64_t hash_bytes(uint64_t h, const void *buf, size_t len);

void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* full-length I/O or death */
void write_all(int fd, const void *buf, size_t len, off_t off);
void read_all(int fd, void *buf, size_t len, off_t off);
/* the block numbers at which an ext2 map of this block size changes level, in bytes */
int boundaries(uint64_t bs, uint64_t out[3]);

int cmd_tree(int argc, char **argv);
int cmd_ops(int argc, char **argv);
int cmd_mixed(int argc, char **argv);
int cmd_fill(int argc, char **argv);
int cmd_handle(int argc, char **argv);
int cmd_idmap(int argc, char **argv);
int cmd_chew(int argc, char **argv);
int cmd_nth(int argc, char **argv);
int cmd_nthcheck(int argc, char **argv);

#endif
