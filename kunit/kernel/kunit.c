// SPDX-License-Identifier: GPL-2.0
/*
 * What a module of KUnit suites needs besides the suites: KUnit finds those by their
 * section and runs them when the module is loaded.
 */
#include <linux/module.h>

MODULE_DESCRIPTION("KUnit tests of the core of efsext2");
MODULE_LICENSE("GPL");
