#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 32M
# time: 400
#
# Volumes that lie. Each is refused, or its errors are reported and returned; the kernel's console
# stays free of splats (tests/vm/run sees to that), and errors= is obeyed.

. "$EFS_TOP/tests/guest/lib.sh"

check "module loads" load || finish
SB=1024

# --- superblocks: name, offset in the superblock, bytes
while read -r name off bytes; do
	mkfs $DEV -b 1024 -g 8192
	poke $DEV $((SB + off)) "$bytes"
	dmesg_mark sb
	refuse "$name: refused" mnt
	check "$name: said" said "$FS.*vda"
	equal "$name: in one line" "$(lines)" 1
	umount $MNT 2>/dev/null
done <<END
magic 0x38 00 00
log-block-size 0x18 3f 00 00 00
log-block-size-huge 0x18 ff ff ff ff
log-frag-size 0x1c 02 00 00 00
inodes-per-group-0 0x28 00 00 00 00
inodes-per-group-huge 0x28 ff ff ff ff
blocks-per-group-0 0x20 00 00 00 00
blocks-per-group-huge 0x20 ff ff ff 7f
blocks-per-group-odd 0x20 01 00 00 00
first-data-block 0x14 ff ff ff 0f
first-data-block-0 0x14 00 00 00 00
inode-size-3 0x58 03 00
inode-size-0 0x58 00 00
inode-size-huge 0x58 00 80
inode-size-no-power 0x58 90 00
first-ino 0x54 ff ff ff ff
first-ino-1 0x54 01 00 00 00
blocks-count-0 0x04 00 00 00 00
blocks-count-beyond-device 0x04 00 00 00 01
inodes-count-wrong 0x00 01 00 00 00
END

# a revision from the future may be read: what is new in it is feature bits
mkfs $DEV -b 1024 -g 8192
poke $DEV $((SB + 0x4c)) "09 00 00 00"
refuse "revision 9: not writable" mount -w -t $FS $DEV $MNT
check "revision 9: readable" mount -r -t $FS $DEV $MNT
check "revision 9: the root is there" ls $MNT/lost+found
umount $MNT

# --- descriptors (block 2): 32 bytes each, bitmap, bitmap, table
while read -r name off bytes; do
	mkfs $DEV -b 1024 -g 8192
	poke $DEV $((2048 + off)) "$bytes"
	dmesg_mark gd
	refuse "descriptor $name: refused" mnt
	check "descriptor $name: said" said "$FS.*vda"
	umount $MNT 2>/dev/null
done <<END
block-bitmap-0 0 00 00 00 00
block-bitmap-at-superblock 0 01 00 00 00
block-bitmap-beyond 0 ff ff ff ff
inode-bitmap-at-descriptors 4 02 00 00 00
inode-bitmap-in-other-group 36 05 00 00 00
inode-table-beyond 8 ff ff ff 0f
inode-table-over-bitmaps 8 02 00 00 00
inode-table-of-group-1-in-0 40 08 00 00 00
END

# --- things met later: the operation fails with EUCLEAN, the superblock remembers
errors()
{
	dumpe2fs -h $DEV 2>/dev/null | sed -n 's/^FS Error count: *//p'
}

damage()
{
	mkfs $DEV -b 1024 -I 128
	mnt
	mkdir $MNT/dir
	for i in 1 2 3; do
		echo content-$i >$MNT/dir/file$i
	done
	dd if=/dev/urandom of=$MNT/big bs=1k count=300 status=none
	ln -s $(printf %0100d 0) $MNT/slow
	umount $MNT
	for c in "$@"; do
		debugfs -w -R "$c" $DEV >/dev/null 2>&1
	done
	blockdev --flushbufs $DEV
}

# met NAME COMMAND...: fails, reports, counts
met()
{
	local name=$1

	shift
	dmesg_mark met
	check "$name: mount" mnt $MNT errors=continue || return
	refuse "$name: fails" "$@"
	check "$name: reported" said "$FS.*vda"
	umount $MNT
	equal "$name: counted in the superblock" "$([ "$(errors)" -gt 0 ] && echo yes)" yes
	equal "$name: the volume wants a check" \
		"$(dumpe2fs -h $DEV 2>/dev/null | grep -c 'state:.*errors')" 1
	e2fsck -fy $DEV >/dev/null 2>&1
	fsck "$name: e2fsck can mend it"
}

damage "sif big block[0] 4294967295"
met "pointer beyond the volume" cat $MNT/big
damage "sif big block[5] 3"
met "pointer into the bitmap" cat $MNT/big
damage "sif big block[IND] 2"
met "indirect pointer into the descriptors" cat $MNT/big
damage "sif dir block[0] 99999999"
met "directory block beyond" ls $MNT/dir
damage "sif dir size 100"
met "directory size" ls $MNT/dir
damage "sif dir/file1 mode 0170644"
met "file type" cat $MNT/dir/file1
damage "sif slow size 4000000000"
met "symlink length" readlink $MNT/slow
damage "sif big file_acl 5"
dmesg_mark acl
check "wrong xattr block: mount" mnt $MNT errors=continue
cat $MNT/big >/dev/null 2>&1
umount $MNT
damage "clri <2>"
dmesg_mark root
refuse "no root inode: refused" mnt
umount $MNT 2>/dev/null

# entries of a directory block: rec_len, name_len, inode
while read -r name off bytes; do
	damage
	blk=$(debugfs -R "bmap dir 0" $DEV 2>/dev/null)
	poke $DEV $((blk * 1024 + off)) "$bytes"
	met "entry: $name" ls -l $MNT/dir
done <<END
rec_len-0 28 00 00
rec_len-4 28 04 00
rec_len-odd 28 0d 00
rec_len-beyond 28 00 08
name_len-too-long 30 ff
inode-beyond 24 ff ff ff 0f
END

# what errors= does: remount-ro refuses each further change
damage "sif big block[0] 4294967295"
check "errors=remount-ro: mount" mnt $MNT errors=remount-ro
refuse "errors=remount-ro: the error" cat $MNT/big
refuse "errors=remount-ro: no more writing" touch $MNT/new
check "errors=remount-ro: reading goes on" cat $MNT/dir/file1
check "errors=remount-ro: umount" umount $MNT
equal "errors=remount-ro: counted" "$([ "$(errors)" -gt 0 ] && echo yes)" yes
damage "sif big block[0] 4294967295"
check "errors=continue: mount" mnt $MNT errors=continue
refuse "errors=continue: the error" cat $MNT/big
check "errors=continue: writing goes on" touch $MNT/new
check "errors=continue: umount" umount $MNT
damage "sif dir block[0] 99999999"
mnt $MNT errors=continue
strace -e trace=getdents64 -o $TMP/st ls $MNT/dir >/dev/null 2>&1
equal "the error is EUCLEAN" "$(grep -c EUCLEAN $TMP/st)" 1
umount $MNT
check "module unloads" unload
finish
