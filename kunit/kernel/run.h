/* SPDX-License-Identifier: GPL-2.0 */
/* Between the two ends of the section of suites; see begin.c. */
#ifndef EFS_KUNIT_RUN_H
#define EFS_KUNIT_RUN_H

#include "efs_kunit.h"

extern struct kunit_suite *efs_kunit_begin[];

#endif /* EFS_KUNIT_RUN_H */
