#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 64M 64M
# mem: 256
# time: 300
#
# Mounting beyond single options (options.sh) and ordinary lives (life.sh): defaults that come
# from the volume, statfs against the reference, devices that do not fit, what a remount may not
# change, repair under a read-only mount, freezing under load, errors=, tracepoints.

. "$EFS_TOP/tests/guest/lib.sh"

# shown: the file system's own options of the mount at $MNT
shown()
{
	awk -v m="$MNT" '$2 == m { print $4 }' /proc/mounts | sed 's/^r[wo],//; s/^relatime,\{0,1\}//'
}

# with NAME WANTED-OPTIONS [OPTIONS]: mount, compare what is shown, unmount
with()
{
	check "$1: mount -o '${3-}'" mnt $MNT "${3-}" || return
	equal "$1: shown" "$(shown)" "$2"
	check "$1: umount" umount $MNT
}

# refused NAME REGEX OPTIONS: mount fails and says why: in one line, or in two where a detail
# found by the core comes before the verdict
refused()
{
	dmesg_mark "$count"
	if mount -w -t "$FS" ${3:+-o "$3"} "$DEV" $MNT 2>$TMP/err; then
		umount $MNT
		not_ok "$1: refused"
		return
	fi
	dmesg_since >$TMP/said
	if grep -qE -- "$2" $TMP/said && [ "$(grep -c "$FS" $TMP/said)" -le 2 ]; then
		ok "$1: refused, and it says why"
	else
		show $TMP/said
		not_ok "$1: refused, and it says why ($2)"
	fi
}

# super COMMAND...: edit the superblock of $DEV
super()
{
	for c; do
		debugfs -w -R "$c" $DEV 2>&1 | grep -v ^debugfs
	done
}

field()
{
	dumpe2fs -h "${2:-$DEV}" 2>/dev/null | sed -n "s/^$1: *//p"
}

check "module loads" load || finish
equal "no other module came with it" "$(awk '$1 == "efsext2" { print $3 }' /proc/modules)" 0

# ---- options ----
mkfs $DEV -b 1024
with "old names" "" orlov,nobh,noacl,nouser_xattr,noquota,nocheck,check=none,reservation
with "acl,user_xattr" "" acl,user_xattr
with "all at once" "minixdf,grpid,debug,nouid32,resuid=7,resgid=8,errors=continue" \
	errors=continue,resgid=8,resuid=7,nouid32,debug,bsdgroups,minixdf
refused "resuid=-1" "[Bb]ad value|no user" resuid=4294967295
refused "check=strict" "check=strict is not supported" check=strict

tune2fs -o debug,bsdgroups -e continue $DEV >/dev/null
with "volume's defaults" ""
with "volume's defaults, one taken back" "nogrpid" nogrpid
check "volume's defaults: mount" mnt
mkdir -m 777 $MNT/g && chgrp 33 $MNT/g && touch $MNT/g/f
equal "grpid by default" "$(stat -c %g $MNT/g/f)" 33
check "umount" umount $MNT
check "mount nogrpid" mnt $MNT nogrpid
touch $MNT/g/h
equal "nogrpid" "$(stat -c %g $MNT/g/h)" 0
check "umount" umount $MNT
tune2fs -o ^debug,^bsdgroups -r 5000 -u 11 -g 12 $DEV >/dev/null
with "volume's ids" ""
with "others than the volume's ids" "resuid=0,resgid=0" resuid=0,resgid=0
fsck "e2fsck after all that"

# ---- statfs, as the reference counts ----
mkfs $DEV -b 1024
for o in bsddf minixdf; do
	check "statfs: mount $o" mnt $MNT $o
	stat -f -c '%b %f %a %c %d %l %s %i' $MNT >$TMP/ours
	check "statfs: umount" umount $MNT
	if load ext2; then
		mount -t ext2 -o $o $DEV $MNT && stat -f -c '%b %f %a %c %d %l %s %i' $MNT >$TMP/ref
		umount $MNT
		same "statfs: $o as ext2 says" $TMP/ref $TMP/ours
	else
		not_ok "ext2 loads"
	fi
done

# ---- what cannot be mounted ----
mkfs $DEV -b 1024
super "set_super_value feature_ro_compat 0x8003"
refused "ro_compat: verity" "cannot be written: .*verity"
check "ro_compat: read-only mount" mnt $MNT ro
dmesg_mark ro
refuse "ro_compat: remount rw" mount -o remount,rw $MNT
dmesg_since >$TMP/said
check "ro_compat: it says why" grep -q 'cannot be written: .*verity' $TMP/said
check "ro_compat: umount" umount $MNT

mke2fs -q -F -t ext2 -b 8192 $DEV 2>/dev/null </dev/null
refused "blocks larger than a page" "8192 bytes are larger than a page"
modprobe loop
l=$(losetup -f --show -b 4096 $DEV) || not_ok "loop device"
mkfs $DEV -b 1024
real=$DEV DEV=$l
refused "sectors larger than a block" "1024 bytes are smaller than the device's sectors"
DEV=$real
mkfs $DEV -b 4096
check "sectors of 4096 bytes: mount" mount -t $FS $l $MNT
check "sectors of 4096 bytes: umount" umount $MNT
check "loop device detaches" losetup -d $l
mkfs $DEV -b 1024
blockdev --setro $DEV
check "read-only device: ro" mnt $MNT ro
refuse "read-only device: remount rw" mount -o remount,rw $MNT
check "read-only device: umount" umount $MNT
blockdev --setrw $DEV

# ---- remount ----
mkfs $DEV -b 4096
check "rw mount" mnt
echo one >$MNT/a
check "remount changes options" mount -o remount,errors=panic,grpid,resuid=5,minixdf $MNT
equal "they are shown" "$(shown)" "minixdf,grpid,resuid=5,errors=panic"
check "remount leaves out what it does not name" mount -o remount,bsddf $MNT
equal "and keeps the rest" "$(shown)" "grpid,resuid=5,errors=panic"
dmesg_mark sb
refuse "remount cannot move sb=" mount -o remount,sb=8193 $MNT
refuse "remount cannot set nouid32" mount -o remount,nouid32 $MNT
dmesg_since >$TMP/said
equal "each with a line" "$(grep -c 'by a remount' $TMP/said)" 2
check "remount with the same sb=" mount -o remount,sb=1 $MNT
exec 9>$MNT/open
rm $MNT/open
refuse "no remount ro over a deleted open file" mount -o remount,ro $MNT
exec 9>&-
check "remount ro once it is closed" mount -o remount,ro $MNT
check "umount" umount $MNT
fsck "e2fsck after remounts"

# ---- repaired while mounted read-only, as a root file system is at boot ----
check "ro mount" mnt $MNT ro
super "set_super_value state 0" "freeb 9000 4"
e2fsck -fy $DEV >/dev/null 2>&1
check "remount rw after a repair" mount -o remount,rw $MNT
dd if=/dev/zero of=$MNT/fill bs=1M count=40 status=none
check "umount" umount $MNT
fsck "e2fsck after a repair under a read-only mount"

# ---- freeze ----
check "mount" mnt
cp /bin/busybox $MNT/bb
check "freeze" fsfreeze -f $MNT
dd if=$DEV of=$TWIN bs=1M status=none
fsck "a frozen volume is clean" $TWIN
equal "its state too" "$(field 'Filesystem state' $TWIN)" clean
(echo later >$MNT/later) &
sleep 1
equal "a writer waits" "$(ls $MNT | grep -c later)" 0
check "a reader does not" cmp $MNT/bb /bin/busybox
check "thaw" fsfreeze -u $MNT
wait
equal "the writer went on" "$(cat $MNT/later)" later
sync
equal "not clean after the thaw" "$(field 'Filesystem state')" "not clean"
exec 9>$MNT/open
rm $MNT/open
check "freeze with a deleted open file" fsfreeze -f $MNT
dd if=$DEV of=$TWIN bs=1M status=none
equal "such a volume is not called clean" "$(field 'Filesystem state' $TWIN)" "not clean"
check "thaw" fsfreeze -u $MNT
exec 9>&-
check "umount" umount $MNT
fsck "e2fsck after freezing"

# ---- syncfs: everything is on the disk ----
check "mount" mnt
cp -a /etc $MNT/etc 2>/dev/null
sync -f $MNT
dd if=$DEV of=$TWIN bs=1M iflag=direct status=none
e2fsck -fn $TWIN >$TMP/fsck 2>&1
equal "after sync only the clean mark is missing" \
	"$(grep -cE '\? no$' $TMP/fsck)" 0 || show $TMP/fsck
check "umount" umount $MNT
fsck "e2fsck after sync"

# ---- errors= ----
# a file whose first block pointer lies in the inode table
broken()
{
	mkfs $DEV -b 1024
	mnt && echo x >$MNT/bad && echo y >$MNT/good && umount $MNT
	super "set_inode_field bad block[0] 7"
}

broken
check "errors=continue: mount" mnt $MNT errors=continue
dmesg_mark cont
refuse "errors=continue: the bad file cannot be read" cat $MNT/bad
dmesg_since >$TMP/said
check "errors=continue: named" grep -q 'MAP_BLOCK.*inode .*block 7' $TMP/said
check "errors=continue: changes go on" touch $MNT/new
check "errors=continue: umount" umount $MNT
equal "errors=continue: on record" "$(field 'Filesystem state')" "clean with errors"
check "errors=continue: counted" [ "$(field 'FS Error count')" -ge 1 ]
check "errors=continue: where" [ -n "$(field 'First error function')" ]

broken
check "errors=remount-ro: mount" mnt $MNT errors=remount-ro
refuse "errors=remount-ro: the bad file cannot be read" cat $MNT/bad
equal "errors=remount-ro: shown" "$(shown)" "errors=remount-ro,emergency_ro"
equal "errors=remount-ro: no changes" "$(touch $MNT/new 2>&1 | grep -c 'Read-only file system')" 1
refuse "errors=remount-ro: no mkdir" mkdir $MNT/d
refuse "errors=remount-ro: no rm" rm -f $MNT/good
refuse "errors=remount-ro: no chmod" chmod 0 $MNT/good
refuse "errors=remount-ro: no append" sh -c "echo z >>$MNT/good"
check "errors=remount-ro: reads go on" grep -q y $MNT/good
refuse "errors=remount-ro: remount rw" mount -o remount,rw $MNT
check "errors=remount-ro: remount ro" mount -o remount,ro $MNT
refuse "errors=remount-ro: and rw" mount -o remount,rw $MNT
check "errors=remount-ro: umount" umount $MNT
equal "errors=remount-ro: on record" "$(field 'Filesystem state')" "not clean with errors"
e2fsck -fy $DEV >/dev/null 2>&1
fsck "errors=remount-ro: e2fsck repairs it"
check "errors=remount-ro: mounts again" mnt
check "errors=remount-ro: writes again" touch $MNT/new
check "errors=remount-ro: umount" umount $MNT

broken
check "errors on a read-only mount: mount" mnt $MNT ro
sha256sum $DEV >$TMP/img1
refuse "errors on a read-only mount: found" cat $MNT/bad
check "errors on a read-only mount: umount" umount $MNT
sha256sum $DEV >$TMP/img2
same "errors on a read-only mount: nothing written" $TMP/img1 $TMP/img2

# ---- tracepoints ----
mkfs $DEV -b 1024
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
t=/sys/kernel/tracing
equal "tracepoints" "$(ls $t/events/efsext2 | grep efsext2_ | tr '\n' ' ')" \
	"efsext2_alloc efsext2_error efsext2_free efsext2_map efsext2_mount "
echo 1 >$t/events/efsext2/enable
check "traced mount" mnt
cp /bin/busybox $MNT/f
sync
rm $MNT/f
check "traced umount" umount $MNT
echo 0 >$t/events/efsext2/enable
for e in mount alloc free map; do
	check "efsext2_$e was seen" grep -q "efsext2_$e:" $t/trace
done

check "module unloads" unload
finish
