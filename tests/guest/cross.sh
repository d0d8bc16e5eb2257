#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 160M
# time: 600
#
# What one implementation writes, the others read: efsext2 and in-tree ext2 both ways, and
# libext2fs (mke2fs -d, debugfs rdump). Listings include the blocks each file takes.

. "$EFS_TOP/tests/guest/lib.sh"

check "ext2 loads" load ext2 || finish
check "module loads" load || finish

# sums FS OPTIONS FILE [blocks]: mount, list, umount
sums()
{
	mount -t "$1" -o "$2" $DEV $MNT || return 1
	$EFS_WORK tree sum $MNT $4 >"$3" || return 1
	umount $MNT
}

# what debugfs restores: of files and directories, all but set-id bits, links and times
plain()
{
	awk -F '\t' '$2 ~ /^(10....|4....)$/ { print $1, substr($2, length($2) - 2), $3, $4, $6, $9 }' "$1"
}

for g in "1024 128" "2048 256" "4096 256"; do
	n="$(echo $g | tr ' ' /)"
	for w in "$FS ext2" "ext2 $FS"; do
		set -- $w
		writer=$1
		reader=$2
		m="$n written by $writer:"
		mkfs $DEV -N 16384 $(geometry "$g")
		mount -t $writer $DEV $MNT || finish
		check "$m tree" $EFS_WORK tree make $MNT
		$EFS_WORK tree sum $MNT blocks >$TMP/want
		umount $MNT
		fsck "$m e2fsck"
		check "$m $reader lists it" sums $reader ro $TMP/got blocks
		same "$m $reader sees the same" $TMP/want $TMP/got
		# the reader now changes what the writer made
		mount -t $reader $DEV $MNT || finish
		check "$m $reader prunes it" $EFS_WORK tree prune $MNT
		$EFS_WORK tree sum $MNT blocks >$TMP/want
		umount $MNT
		fsck "$m e2fsck after $reader changed it"
		check "$m $writer lists the change" sums $writer ro $TMP/got blocks
		same "$m $writer sees the change" $TMP/want $TMP/got
	done
	[ -z "$EFS_LIGHT" ] || break
done

# libext2fs reads
mkfs $DEV -N 16384 -b 2048
mnt || finish
check "tree for debugfs" $EFS_WORK tree make $MNT tiny
rm $MNT/sparse-1k
$EFS_WORK tree sum $MNT >$TMP/want
umount $MNT
mkdir $TMP/dump
mount -t tmpfs tmpfs $TMP/dump
check "debugfs rdump" debugfs -R "rdump / $TMP/dump" $DEV
$EFS_WORK tree sum $TMP/dump >$TMP/got
plain $TMP/want >$TMP/want.p
plain $TMP/got >$TMP/got.p
same "debugfs reads what efsext2 wrote" $TMP/want.p $TMP/got.p

# libext2fs writes
umount $TMP/dump
mount -t tmpfs tmpfs $TMP/dump
check "tree for mke2fs" $EFS_WORK tree make $TMP/dump tiny
$EFS_WORK tree sum $TMP/dump >$TMP/want
mkfs $DEV -N 16384 -b 1024 -d $TMP/dump
check "mke2fs -d image lists" sums $FS rw $TMP/got
same "efsext2 reads what mke2fs -d wrote" $TMP/want $TMP/got
fsck "e2fsck after a mount"
check "module unloads" unload
finish
