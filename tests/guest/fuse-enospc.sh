#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 8M
# time: 400
#
# enospc.sh with efs-fuse in the place of the module.

EFS_FS=fuse.efs
EFS_LIGHT=1
. "$EFS_TOP/tests/guest/enospc.sh"
