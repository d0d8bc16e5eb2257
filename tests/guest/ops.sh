#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 160M 160M
# time: 400
#
# Every operation of the VFS, one by one, on twin images: efsext2 must answer what in-tree ext2
# answers, apart from tests/guest/differences, and efs-fuse apart from differences-fuse.

. "$EFS_TOP/tests/guest/lib.sh"

check "ext2 loads" load ext2 || finish
check "module loads" load || finish
how=
more=
# a request to a daemon costs ten times an operation in the kernel
if [ $FS = fuse.efs ]; then
	how=quick
	more="-d $EFS_TOP/tests/guest/differences-fuse"
fi
for g in "1024 128" "2048 256" "4096 256"; do
	n="$(echo $g | tr ' ' /)"
	mkfs $DEV -N 16384 $(geometry "$g")
	mkfs $TWIN -N 16384 $(geometry "$g")
	check "$n mount" mnt || continue
	check "$n mount of the twin" mount -t ext2 $TWIN /mnt/r || continue
	check "$n operations" sh -c "$EFS_WORK ops $MNT $how >$TMP/ours"
	check "$n operations on the twin" sh -c "$EFS_WORK ops /mnt/r $how >$TMP/theirs"
	"$EFS_TOP/tests/guest/compare" $more -p "$n" $TMP/ours $TMP/theirs >$TMP/rows
	while read -r l; do
		case "$l" in
		"ok - "*)	ok "${l#ok - }" ;;
		"not ok - "*)	not_ok "${l#not ok - }" ;;
		*)		echo "$l" ;;
		esac
	done <$TMP/rows
	check "$n umount" umount $MNT
	check "$n umount of the twin" umount /mnt/r
	fsck "$n e2fsck"
	fsck "$n e2fsck of the twin" $TWIN
	# the limit of hard links does not depend on the shape
	how=quick
	[ -z "$EFS_LIGHT" ] || break
done
check "module unloads" unload
finish
