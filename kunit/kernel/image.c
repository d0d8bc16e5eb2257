// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel has no e2fsprogs: the counterpart of ../image.c that says so.
 *
 * What only they can make or edit is skipped, visibly. Their verdict over what the core
 * wrote is left to the same case in userspace, where the same core wrote the same bytes.
 */
#include "mem_port.h"

void efs_test_mkfs(struct efs_test_dev *dev, const char *args)
{
	kunit_skip(dev->test, "mke2fs %s: not in the kernel", args);
}

int efs_test_fsck(struct efs_test_dev *dev)
{
	return 0;
}

int efs_test_preen(struct efs_test_dev *dev)
{
	return 0;
}

int efs_test_repair(struct efs_test_dev *dev, bool yes)
{
	kunit_skip(dev->test, "e2fsck: not in the kernel");
	return 0;
}

void efs_test_debugfs(struct efs_test_dev *dev, const char *commands)
{
	kunit_skip(dev->test, "debugfs: not in the kernel");
}

void efs_test_dump(struct efs_test_dev *dev, const char *path)
{
	kunit_skip(dev->test, "%s: no files in the kernel's tests", path);
}
