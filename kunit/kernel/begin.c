// SPDX-License-Identifier: GPL-2.0
/*
 * First element of the section in which the KTAP shim collects suites, in a kernel
 * without KUnit. This file is linked first, run.c, which has the last element, last: a
 * module is not linked to the end, so the linker names no bounds.
 */
#include "run.h"

struct kunit_suite *efs_kunit_begin[1] __used __section("efs_kunit_suites");
