#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 32M
# time: 200
# expect: Buffer I/O error|lost (async|sync) page write|I/O error, dev|[Dd]evice .* error
#
# A device that fails: reads and writes return errors, nothing hangs or splats, and the volume
# can be unmounted and repaired afterwards.

. "$EFS_TOP/tests/guest/lib.sh"
export DM_DISABLE_UDEV=1
N=$(blockdev --getsz $DEV)
DM=/dev/mapper/t

# table TABLE: switch what is behind $DM without the freeze that dmsetup would ask for
table()
{
	dmsetup suspend --nolockfs --noflush t && dmsetup load t --table "$1" && dmsetup resume t
}

good="0 $N linear $DEV 0"
check "module loads" load || finish
check "device mapper" modprobe dm-mod
modprobe dm-flakey
check "device" dmsetup create t --table "$good" || finish

for b in 1024 4096; do
	mkfs $DM -b $b
	check "$b: mount" mount -t $FS $DM $MNT
	cp -a /usr/share/doc/bash $MNT/doc 2>/dev/null
	cp /bin/busybox $MNT/bb
	sync
	echo 3 >/proc/sys/vm/drop_caches

	check "$b: device fails" table "0 $N error"
	refuse "$b: read" cat $MNT/bb
	refuse "$b: lookup" ls -lR $MNT
	refuse "$b: fsync" dd if=/dev/zero of=$MNT/new bs=4k count=8 conv=fsync
	mkdir $MNT/d 2>/dev/null
	rm -rf $MNT/doc 2>/dev/null
	refuse "$b: syncfs" sync -f $MNT
	timeout 60 umount $MNT
	check "$b: umount goes through" sh -c "! grep -q ' $MNT ' /proc/mounts"
	check "$b: device works again" table "$good"
	e2fsck -fy $DM >/dev/null 2>&1
	fsck "$b: repaired" $DM

	# writes fail, reads work; then they work again, and what memory holds reaches the disk
	check "$b: mount again" mount -t $FS $DM $MNT
	cp -a /usr/share/doc/bash $MNT/doc2 2>/dev/null
	check "$b: writes fail" table "0 $N flakey $DEV 0 0 1000 1 error_writes"
	for i in 1 2 3 4 5 6; do
		mkdir $MNT/e$i && cp /bin/busybox $MNT/e$i/bb
		sync -f $MNT
	done 2>/dev/null
	check "$b: writes work" table "$good"
	for i in 7 8 9; do
		mkdir $MNT/e$i && cp /bin/busybox $MNT/e$i/bb
	done 2>/dev/null
	sync -f $MNT 2>/dev/null
	check "$b: umount" umount $MNT
	e2fsck -fy $DM >/dev/null 2>&1
	fsck "$b: repaired again" $DM
	check "$b: mount at last" mount -t $FS $DM $MNT
	check "$b: a file written after the failures" cmp /bin/busybox $MNT/e9/bb
	check "$b: umount at last" umount $MNT
	fsck "$b: e2fsck" $DM
done
check "no mount from a device that fails" table "0 $N error"
refuse "mount" mount -t $FS $DM $MNT
check "device goes" dmsetup remove t
check "module unloads" unload
finish
