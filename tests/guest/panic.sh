#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 16M
# time: 120
# expect: Kernel panic - not syncing: efsext2 .vda.: errors=panic
# no-exit
#
# errors=panic does what it says, after the error went to the disk.

. "$EFS_TOP/tests/guest/lib.sh"

load
mkfs $DEV -b 1024
mnt && echo x >$MNT/bad && umount $MNT
debugfs -w -R "set_inode_field bad block[0] 7" $DEV
mnt $MNT errors=panic
cat $MNT/bad
