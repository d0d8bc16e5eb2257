#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 160M 160M
# time: 400
#
# ops.sh with efs-fuse in the place of the module.

EFS_FS=fuse.efs
EFS_LIGHT=1
. "$EFS_TOP/tests/guest/ops.sh"
