#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 48M 48M
# time: 300
# expect: Buffer I/O error|lost (async|sync) page write|I/O error, dev|[Dd]evice .* error
#
# A device that disappears under a mounted volume while processes work on it: they are told,
# nothing hangs or splats, and the volume can be unmounted.

. "$EFS_TOP/tests/guest/lib.sh"
export DM_DISABLE_UDEV=1

# vanish NAME DEVICE COMMAND...: COMMAND takes the device away
vanish()
{
	local name=$1 dev=$2 pid

	shift 2
	mkfs $dev -b 1024
	check "$name: mount" mount -t $FS $dev $MNT || return
	cp /bin/busybox $MNT/old
	sync -f $MNT
	$EFS_WORK mixed $MNT 2 100000 1 >$TMP/mixed 2>&1 &
	pid=$!
	exec 5>$MNT/open
	echo dirty >&5
	sleep 1
	check "$name: processes are at work" kill -0 $pid
	check "$name: the device goes" "$@"
	refuse "$name: fsync" dd if=/dev/zero of=$MNT/new bs=4k count=8 conv=fsync
	refuse "$name: the processes are told" wait $pid
	echo more >&5
	exec 5>&-
	mkdir $MNT/dir 2>/dev/null
	rm -rf $MNT/proc-* $MNT/common 2>/dev/null
	echo 2 >/proc/sys/vm/drop_caches
	ls -lR $MNT >/dev/null 2>&1
	cat $MNT/old >/dev/null 2>&1
	refuse "$name: syncfs" sync -f $MNT
	check "$name: umount" timeout 60 umount $MNT
	check "$name: is not mounted" sh -c "! grep -q ' $MNT ' /proc/mounts"
	refuse "$name: no mount without a device" mount -t $FS $dev $MNT
}

# table TABLE: switch what is behind t without the freeze that dmsetup would ask for
table()
{
	dmsetup suspend --nolockfs --noflush t && dmsetup load t --table "$1" && dmsetup resume t
}

# null_on: a RAM disk that can be switched off
null_on()
{
	modprobe configfs && modprobe null_blk nr_devices=0 || return
	mount -t configfs configfs /sys/kernel/config 2>/dev/null
	mkdir $NULL && echo 1 >$NULL/memory_backed && echo 48 >$NULL/size && echo 1 >$NULL/power
}
NULL=/sys/kernel/config/nullb/nullb0

check "module loads" load || finish
modprobe dm-mod 2>/dev/null

N=$(blockdev --getsz $DEV)
check "dm: device" dmsetup create t --table "0 $N linear $DEV 0"
vanish "dm, all requests fail" /dev/mapper/t table "0 $N error"
check "dm: device goes" dmsetup remove t

check "null_blk: device" null_on
vanish "null_blk, switched off" /dev/nullb0 sh -c "echo 0 >$NULL/power"
check "null_blk: device goes" rmdir $NULL

# the last: the driver lets go of the disk, as if it had been pulled out
bus=$(basename $(readlink -f /sys/block/${TWIN##*/}/device))
vanish "virtio, pulled out" $TWIN sh -c "echo $bus >/sys/bus/virtio/drivers/virtio_blk/unbind"
check "module unloads" unload
finish
