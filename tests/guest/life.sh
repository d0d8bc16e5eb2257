#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 64M 64M
# time: 300
#
# Mount, remount, freeze, unload, reload: what the superblock says at each moment, and that
# nothing is left behind.

. "$EFS_TOP/tests/guest/lib.sh"

super()
{
	dumpe2fs -h "${2:-$DEV}" 2>/dev/null | sed -n "s/^$1: *//p"
}

mkfs $DEV
mkfs $TWIN
check "module loads alone" load || finish
equal "its name" "$(lsmod | awk '$1 == "'$FS'" { print $1 }')" $FS
equal "its file system is known" "$(grep -cw $FS /proc/filesystems)" 1
equal "clean before" "$(super 'Filesystem state')" clean
check "mount" mnt
sync
equal "not clean while mounted" "$(super 'Filesystem state')" "not clean"
equal "mount count" "$(super 'Mount count')" 1
refuse "unload while mounted" unload
check "the same volume elsewhere" mount -t $FS $DEV /mnt/r
echo hello >$MNT/file
equal "both see the same" "$(cat /mnt/r/file)" hello
check "umount the second" umount /mnt/r
check "another volume beside it" mount -t $FS $TWIN /mnt/r
check "umount it" umount /mnt/r
equal "last mounted on" "$(super 'Last mounted on')" $MNT

check "remount read-only" mount -o remount,ro $MNT
sync
equal "clean when read-only" "$(super 'Filesystem state')" clean
fsck "e2fsck while read-only"
refuse "write on read-only" sh -c "echo x >$MNT/new"
equal "reads still work" "$(cat $MNT/file)" hello
check "remount writable" mount -o remount,rw $MNT
sync
equal "not clean again" "$(super 'Filesystem state')" "not clean"
check "write again" sh -c "echo more >>$MNT/file"
exec 5>>$MNT/file
refuse "remount read-only with a file open for writing" mount -o remount,ro $MNT
exec 5>&-
check "remount read-only when closed" mount -o remount,ro $MNT
check "remount writable" mount -o remount,rw $MNT
check "freeze" fsfreeze -f $MNT
equal "clean when frozen" "$(super 'Filesystem state')" clean
fsck "e2fsck while frozen"
check "thaw" fsfreeze -u $MNT
check "write after the thaw" sh -c "echo end >>$MNT/file"
check "umount" umount $MNT
equal "clean after" "$(super 'Filesystem state')" clean
fsck "e2fsck after all that"

check "mount read-only" mnt $MNT ro
refuse "write on it" touch $MNT/x
equal "contents" "$(tr '\n' , <$MNT/file)" hello,more,end,
check "umount" umount $MNT
cp $DEV $TMP/before
check "mount read-only on a read-only device" sh -c \
	"blockdev --setro $DEV && mount -t $FS -o ro $DEV $MNT && ls $MNT && umount $MNT"
blockdev --setrw $DEV
check "a read-only mount writes nothing" cmp $DEV $TMP/before
rm $TMP/before

# a file unlinked while open is freed at its last close, and by a lazy umount too
check "mount" mnt
free0=$(stat -f -c %f $MNT)
exec 6>$MNT/unlinked
dd if=/dev/zero bs=64k count=16 >&6 2>/dev/null
rm $MNT/unlinked
check "lazy umount with an open file" umount -l $MNT
exec 6>&-
i=0
while grep -qw $DEV /proc/mounts || ! rmmod $FS 2>/dev/null; do
	i=$((i + 1))
	[ $i -lt 50 ] || break
	sleep 0.1
done
equal "unloaded once the file is closed" "$(grep -cw $FS /proc/filesystems)" 0
fsck "e2fsck after a lazy umount"
check "reload" load
check "mount" mnt
equal "the space is back" "$(stat -f -c %f $MNT)" "$free0"
check "umount" umount $MNT

for i in 1 2 3 4 5; do
	check "unload $i" unload
	equal "no slab left $i" "$(grep -c ${FS}_inode /proc/slabinfo)" 0
	check "load $i" load
	check "mount $i" mnt
	check "use $i" cp -r /usr/include/linux/can $MNT/can$i
	check "umount $i" umount $MNT
done
fsck "e2fsck after five lives"
check "module unloads" unload
equal "no inode was busy" "$(dmesg | grep -c 'Busy inodes')" 0
equal "no object was left in a cache" "$(dmesg | grep -c 'Objects remaining')" 0
finish
