/* SPDX-License-Identifier: GPL-2.0 */
/* What the memory port and the suites use of libc, in the kernel: text. */
#ifndef EFS_TEST_STDIO_H
#define EFS_TEST_STDIO_H

#include <linux/kernel.h>
#include <linux/printk.h>

#define stderr		0
#define fprintf(to, fmt, ...)	((void)(to), printk(KERN_ERR fmt, ##__VA_ARGS__))

#endif /* EFS_TEST_STDIO_H */
