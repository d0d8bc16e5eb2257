/* SPDX-License-Identifier: GPL-2.0 */
/* What the memory port and the suites use of libc, in the kernel: text. */
#ifndef EFS_TEST_STDIO_H
#define EFS_TEST_STDIO_H

#include <linux/kernel.h>
#include <linux/printk.h>

#define fprintf(to, fmt, ...)	pr_err(fmt, ##__VA_ARGS__)

#endif /* EFS_TEST_STDIO_H */
