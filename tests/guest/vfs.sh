#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 32M
# time: 120
#
# File handles as NFS uses them, and idmapped mounts.

. "$EFS_TOP/tests/guest/lib.sh"

check "module loads" load || finish
for b in 1024 4096; do
	mkfs $DEV -b $b
	check "$b: mount" mnt
	check "$b: file handles" $EFS_WORK handle $MNT
	equal "$b: forged handles are no errors of the volume" "$(dmesg | grep -c 'efsext2.*error')" 0
	check "$b: idmapped mount" $EFS_WORK idmap $MNT
	check "$b: umount" umount $MNT
	fsck "$b: e2fsck"
done
check "module unloads" unload
finish
