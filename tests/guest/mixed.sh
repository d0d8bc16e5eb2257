#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 160M
# time: 500
#
# Several processes do everything at once, each comparing with its own model.

. "$EFS_TOP/tests/guest/lib.sh"

check "module loads" load || finish
for g in "1024 128" "4096 256"; do
	for seed in 1 2; do
		n="$(echo $g | tr ' ' /) seed $seed"
		mkfs $DEV $(geometry "$g")
		check "$n mount" mnt || continue
		check "$n mixed load" $EFS_WORK mixed $MNT 4 1500 $seed
		# what a mapping dirtied over a hole may get its block only when written out
		sync
		$EFS_WORK tree sum $MNT blocks >$TMP/want
		check "$n umount" umount $MNT
		fsck "$n e2fsck"
		check "$n second mount" mnt
		check "$n listing" sh -c "$EFS_WORK tree sum $MNT blocks >$TMP/got"
		same "$n same after a remount" $TMP/want $TMP/got
		check "$n removal" sh -c "rm -rf $MNT/proc-* $MNT/common $MNT/striped"
		check "$n umount" umount $MNT
		fsck "$n e2fsck after removal"
	done
	[ -z "$EFS_LIGHT" ] || break
done
check "module unloads" unload
finish
