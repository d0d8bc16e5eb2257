#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 160M
# time: 500
#
# fio's verify jobs: every block written carries its own checksum and place.

. "$EFS_TOP/tests/guest/lib.sh"

job()
{
	local name=$1

	shift
	fio --name=v --directory=$MNT --size=12m --verify=crc32c --verify_fatal=1 --do_verify=1 \
		--randrepeat=1 --fallocate=none --thread --group_reporting --minimal \
		--eta=never "$@"
}

check "module loads" load || finish
for g in "1024 128" "4096 256"; do
	n="$(echo $g | tr ' ' /)"
	mkfs $DEV $(geometry "$g")
	check "$n mount" mnt || continue
	check "$n buffered sequential" job a --ioengine=psync --rw=write --bs=64k
	rm -f $MNT/v.*
	check "$n buffered random" job b --ioengine=psync --rw=randwrite --bs=512-16k \
		--bs_unaligned=1 --numjobs=2
	rm -f $MNT/v.*
	check "$n buffered random with fsync" job c --ioengine=psync --rw=randwrite --bs=4k \
		--fsync=64 --size=4m
	rm -f $MNT/v.*
	check "$n mmap sequential" job d --ioengine=mmap --rw=write --bs=4k
	rm -f $MNT/v.*
	check "$n mmap random" job e --ioengine=mmap --rw=randwrite --bs=4k --numjobs=2
	rm -f $MNT/v.*
	check "$n direct sequential" job f --ioengine=psync --direct=1 --rw=write --bs=64k
	check "$n direct random overwrite" job f --ioengine=psync --direct=1 --rw=randwrite --bs=4k
	rm -f $MNT/v.*
	check "$n direct random into holes" job g --ioengine=psync --direct=1 --rw=randwrite \
		--bs=4k-16k --blockalign=4k --numjobs=2
	rm -f $MNT/v.*
	check "$n libaio depth 8" job h --ioengine=libaio --iodepth=8 --direct=1 --rw=randwrite \
		--bs=4k
	check "$n umount" umount $MNT
	fsck "$n e2fsck"
	check "$n second mount" mnt
	check "$n verify after a remount" job h --ioengine=psync --rw=randwrite --bs=4k \
		--verify_only=1
	check "$n umount" umount $MNT
	fsck "$n e2fsck after verifying"
	[ -z "$EFS_LIGHT" ] || break
done
check "module unloads" unload
finish
