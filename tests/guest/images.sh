#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 160M
# time: 500
#
# Every shape mke2fs can give an ext2: a tree is made, read back by in-tree ext2, pruned, checked.

. "$EFS_TOP/tests/guest/lib.sh"

check "ext2 loads" load ext2 || finish
check "module loads" load || finish

shape()
{
	local n=$1

	shift
	mkfs $DEV -N 4096 "$@"
	check "$n: mount" mnt || return
	check "$n: tree" $EFS_WORK tree make $MNT tiny
	sync
	$EFS_WORK tree sum $MNT blocks >$TMP/want
	check "$n: umount" umount $MNT
	fsck "$n: e2fsck"
	check "$n: mount by ext2" mount -t ext2 -o ro $DEV $MNT
	$EFS_WORK tree sum $MNT blocks >$TMP/got
	same "$n: ext2 reads the same" $TMP/want $TMP/got
	umount $MNT
	check "$n: mount again" mnt
	check "$n: prune" $EFS_WORK tree prune $MNT
	check "$n: umount" umount $MNT
	fsck "$n: e2fsck after pruning"
}

shape "revision 0" -r 0 -b 1024 -O none
shape "revision 0, 4k" -r 0 -b 4096 -O none
shape "meta_bg" -b 1024 -O meta_bg,^resize_inode -g 1024
shape "many groups" -b 1024 -g 256
BLOCKS=30000 shape "one group" -b 4096 -g 32768 -O ^resize_inode
shape "no sparse_super" -b 2048 -O ^sparse_super,^resize_inode
shape "no filetype" -b 1024 -O ^filetype
shape "no large_file" -b 4096 -O ^large_file
shape "inodes of 512" -b 2048 -I 512
shape "inodes as large as blocks" -b 4096 -I 4096
BLOCKS=100001 shape "ragged last group" -b 1024 -g 8192 -O ^resize_inode
shape "no feature at all" -b 1024 -O none

# blocks larger than a page: one clear line, no mount
mke2fs -q -F -t ext2 -b 8192 $DEV >/dev/null 2>&1
dmesg_mark blocks
refuse "8k blocks are refused" mnt
check "8k blocks: the reason" said "$FS.*8192"
equal "8k blocks: one line" "$(lines)" 1
mkfs $DEV -b 4096
blockdev --flushbufs $DEV
dd if=/dev/zero of=$DEV bs=4k count=1 status=none
dmesg_mark empty
refuse "nothing is refused" mnt
equal "nothing: one line" "$(lines)" 1
check "module unloads" unload
finish
