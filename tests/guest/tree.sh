#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 160M
# time: 900
#
# A tree of some 9,000 objects is copied in, listed with checksums, seen again after a remount,
# pruned by a third, seen again; e2fsck after each step. Every block and inode size.

. "$EFS_TOP/tests/guest/lib.sh"

mkdir $TMP/src
mount -t tmpfs -o size=64m,nr_inodes=20000 tmpfs $TMP/src
check "module loads" load || finish
check "the tree is made" $EFS_WORK tree make $TMP/src
$EFS_WORK tree sum $TMP/src >$TMP/want
mkdir $TMP/pruned
mount -t tmpfs -o size=64m,nr_inodes=20000 tmpfs $TMP/pruned
cp -a $TMP/src/. $TMP/pruned/
$EFS_WORK tree prune $TMP/pruned >/dev/null
$EFS_WORK tree sum $TMP/pruned >$TMP/left
umount $TMP/pruned
equal "it holds 3,000 files and more" "$(awk 'END { print (NR > 3000) }' $TMP/want)" 1

for g in "1024 128" "1024 256" "2048 128" "2048 256" "4096 128" "4096 256"; do
	n="$(echo $g | tr ' ' /):"
	mkfs $DEV -N 16384 $(geometry "$g") || finish
	check "$n mount" mnt || continue
	check "$n cp -a of the tree" cp -a $TMP/src/. $MNT/
	check "$n listing" sh -c "$EFS_WORK tree sum $MNT >$TMP/got"
	same "$n reads back what was written" $TMP/want $TMP/got
	check "$n umount" umount $MNT
	fsck "$n e2fsck after the copy"
	check "$n second mount" mnt
	check "$n listing" sh -c "$EFS_WORK tree sum $MNT >$TMP/got"
	same "$n reads back after a remount" $TMP/want $TMP/got
	check "$n prune" $EFS_WORK tree prune $MNT
	check "$n listing" sh -c "$EFS_WORK tree sum $MNT >$TMP/got"
	same "$n what is left is what should be" $TMP/left $TMP/got
	check "$n umount" umount $MNT
	fsck "$n e2fsck after removal"
	check "$n third mount" mnt
	check "$n listing" sh -c "$EFS_WORK tree sum $MNT >$TMP/got"
	same "$n reads back after the third mount" $TMP/left $TMP/got
	check "$n umount" umount $MNT
	[ -z "$EFS_LIGHT" ] || break
done
check "module unloads" unload
finish
