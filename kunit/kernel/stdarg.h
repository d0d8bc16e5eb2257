/* SPDX-License-Identifier: GPL-2.0 */
/* What the memory port and the suites use of libc, in the kernel: variable arguments. */
#include <linux/stdarg.h>
