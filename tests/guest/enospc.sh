#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 24M
# time: 400
#
# To the last block and inode, and back.

. "$EFS_TOP/tests/guest/lib.sh"

check "module loads" load || finish
for g in "1024 128" "2048 256" "4096 256"; do
	n="$(echo $g | tr ' ' /)"
	mkfs $DEV $(geometry "$g")
	check "$n mount" mnt || continue
	for w in small large inodes; do
		check "$n fill: $w" $EFS_WORK fill $w $MNT
		show $TMP/out 3
	done
	check "$n umount" umount $MNT
	fsck "$n e2fsck after filling"
	# left full across a remount
	check "$n mount" mnt
	dd if=/dev/zero of=$MNT/full bs=64k 2>$TMP/dd
	dd if=/dev/zero of=$MNT/last bs=${g% *} 2>/dev/null
	equal "$n dd meets ENOSPC" "$(grep -c 'No space left' $TMP/dd)" 1
	check "$n a name still fits in a directory block" ln $MNT/full $MNT/full2
	refuse "$n a directory does not" mkdir $MNT/dir
	check "$n sync of the full volume" sync -f $MNT
	check "$n umount full" umount $MNT
	fsck "$n e2fsck full"
	check "$n mount full" mnt
	check "$n remove on the full volume" rm $MNT/full $MNT/full2 $MNT/last
	check "$n mkdir after it" mkdir $MNT/dir
	check "$n umount" umount $MNT
	fsck "$n e2fsck after emptying"
	# two writers race to the end: neither may get what the other has
	check "$n mount" mnt
	for i in 1 2; do
		dd if=/dev/urandom of=$MNT/race$i bs=7000 2>/dev/null &
	done
	wait
	sum1=$(cat $MNT/race1 $MNT/race2 | cksum)
	sync
	echo 3 >/proc/sys/vm/drop_caches
	equal "$n racing writers keep their own" "$(cat $MNT/race1 $MNT/race2 | cksum)" "$sum1"
	check "$n umount" umount $MNT
	fsck "$n e2fsck after the race"
	[ -z "$EFS_LIGHT" ] || break
done
check "module unloads" unload
finish
