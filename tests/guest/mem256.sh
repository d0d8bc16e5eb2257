#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 640M
# mem: 256
# time: 400
#
# 256 MB of memory: the tree is copied in three times beside a file larger than memory.

. "$EFS_TOP/tests/guest/lib.sh"

check "module loads" load || finish
mkfs $DEV -N 60000
check "mount" mnt || finish
mkdir $MNT/a
check "tree" $EFS_WORK tree make $MNT/a small
$EFS_WORK tree sum $MNT/a >$TMP/want
check "a file larger than memory" dd if=/dev/zero of=$MNT/large bs=1M count=300
for i in b c; do
	mkdir $MNT/$i
	check "copy $i" cp -a $MNT/a/. $MNT/$i/
	check "read through the cache" sh -c "cat $MNT/large >/dev/null"
	check "list $i" sh -c "$EFS_WORK tree sum $MNT/$i >$TMP/got"
	same "copy $i is the tree" $TMP/want $TMP/got
	[ -z "$EFS_LIGHT" ] || break
done
echo 2 >/proc/sys/vm/drop_caches
check "list again after the shrinkers" sh -c "$EFS_WORK tree sum $MNT/b >$TMP/got"
same "copy b is still the tree" $TMP/want $TMP/got
equal "nothing was killed for memory" "$(dmesg | grep -ci 'out of memory')" 0
check "removal" rm -rf $MNT/a $MNT/b $MNT/large
check "umount" umount $MNT
fsck "e2fsck"
check "module unloads" unload
finish
