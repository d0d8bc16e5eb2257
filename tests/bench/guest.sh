#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs in a guest that counts instructions: the phases of `bench` on a RAM disk, once for each
# file system, then the I/O of the same phases on a virtio disk from diskstats. Prints rows
# `file system<TAB>name<TAB>units<TAB>value`; units 0 marks requests and sectors.

set -eu
bench=$2 efsext2=$3 ext2=$4
mkdir -p /mnt/b
insmod "$ext2" 2>/dev/null || modprobe ext2
modprobe ext4
insmod "$efsext2"
modprobe brd rd_nr=1 rd_size=131072

image()
{
	mke2fs -Fq -t ext2 -b 4096 -E hash_seed=0e25e2e2-1111-4000-8000-00000000e2e2 "$1" 100M
}

# ext4 mounts the image as "ext4": its name "ext2" belongs to ext2.ko here
for fs in efsext2 ext2 ext4; do
	image /dev/ram0
	for phase in small look gone write direct read cut; do
		mount -t $fs /dev/ram0 /mnt/b
		"$bench" /mnt/b $phase | sed "s/^/$fs	/"
		umount /mnt/b
	done
	e2fsck -fn /dev/ram0 >/dev/null 2>&1 || echo "$fs	e2fsck	1	failed"
done

stats()
{
	# reads completed, sectors read, writes completed, sectors written
	awk '$3 == "vda" { print $4, $6, $8, $10 }' /proc/diskstats
}

for fs in efsext2 ext2 ext4; do
	image /dev/vda
	for phase in small look gone write direct read cut; do
		sync
		set -- $(stats)
		mount -t $fs /dev/vda /mnt/b
		"$bench" /mnt/b $phase >/dev/null
		umount /mnt/b
		set -- "$@" $(stats)
		echo "$fs	I/O of $phase	0	$(($5 - $1)) $(($6 - $2)) $(($7 - $3)) $(($8 - $4))"
	done
done
