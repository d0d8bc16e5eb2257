#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 64M
# time: 300
#
# Mount options: what each does, how it shows, what a bad one says.

. "$EFS_TOP/tests/guest/lib.sh"

shown()
{
	awk -v d=$MNT '$2 == d { print "," $4 "," }' /proc/mounts | grep -q ",$1,"
}

# as USER COMMAND: as an ordinary user
as()
{
	setpriv --reuid=$1 --regid=$2 --clear-groups sh -c "$3"
}

check "module loads" load || finish

mkfs $DEV -b 1024 -m 10
for o in errors=continue errors=remount-ro errors=panic minixdf grpid debug nouid32 resuid=7 \
	resgid=8; do
	check "$o: mount" mnt $MNT $o || continue
	check "$o: shown" shown $o
	check "$o: umount" umount $MNT
done
for o in bsddf nogrpid bsdgroups sysvgroups; do
	check "$o: mount" mnt $MNT $o
	check "$o: umount" umount $MNT
done
for o in nonsense errors=never resuid=x resgid=-1 sb= sb=x grpid=1 "errors=continue,wrong"; do
	dmesg_mark bad
	refuse "$o: refused" mnt $MNT "$o"
	check "$o: says so" said "$FS"
	equal "$o: in one line" "$(lines)" 1
	umount $MNT 2>/dev/null
done
strace -e trace=mount -o $TMP/st mount -i -t $FS -o nonsense $DEV $MNT 2>/dev/null
equal "a bad option is EINVAL" "$(grep -c 'EINVAL' $TMP/st)" 1

# remount keeps what it is not told to change
check "remount: mount" mnt $MNT errors=remount-ro,grpid
check "remount: another option" mount -o remount,resuid=9 $MNT
check "remount: errors= is kept" shown errors=remount-ro
check "remount: grpid is kept" shown grpid
check "remount: the new one" shown resuid=9
refuse "remount: bad option" mount -o remount,errors=never $MNT
check "remount: after a bad one nothing changed" shown errors=remount-ro
umount $MNT

# df: with and without metadata
mnt
bsd=$(stat -f -c %b $MNT)
umount $MNT
mnt $MNT minixdf
equal "minixdf counts every block" "$(stat -f -c %b $MNT)" 65536
equal "bsddf counts fewer" "$([ $bsd -lt 65536 ] && echo yes)" yes
umount $MNT

# grpid: the group of a new file
for o in grpid nogrpid; do
	mnt $MNT $o
	mkdir -p $MNT/g
	chown 0:4242 $MNT/g
	chmod 777 $MNT/g
	as 1000 1000 "umask 0; touch $MNT/g/$o; mkdir $MNT/g/$o.d"
	[ $o = grpid ] && w=4242 || w=1000
	equal "$o: file" "$(stat -c %g $MNT/g/$o)" $w
	equal "$o: directory" "$(stat -c %g $MNT/g/$o.d)" $w
	umount $MNT
done

# nouid32: 16 bits on the disk
mnt $MNT nouid32
touch $MNT/id
chown 70000:70001 $MNT/id
umount $MNT
mnt
equal "nouid32: large ids do not reach the disk" "$(stat -c %u:%g $MNT/id)" 65534:65534
rm -r $MNT/id $MNT/g
umount $MNT
fsck "nouid32: e2fsck"

# the reserve: root and resuid= and resgid= may use it, others may not
mkfs $DEV -b 1024 -m 20
for o in "" resuid=1000 resgid=1001; do
	mnt $MNT $o
	chmod 777 $MNT
	as 1000 1001 "dd if=/dev/zero of=$MNT/u bs=64k" 2>/dev/null
	left=$(stat -f -c %f $MNT)
	if [ "$o" ]; then
		equal "reserve, $o: may be used" "$([ $left -lt 100 ] && echo yes)" yes
	else
		equal "reserve: kept from others" "$([ $left -gt 12000 ] && echo yes)" yes
		equal "reserve: none is available" "$([ $(stat -f -c %a $MNT) -lt 4 ] && echo yes)" yes
		dd if=/dev/zero of=$MNT/r bs=64k 2>/dev/null
		equal "reserve: root takes it" "$([ $(stat -f -c %f $MNT) -lt 100 ] && echo yes)" yes
	fi
	rm -f $MNT/u $MNT/r
	umount $MNT
done
fsck "reserve: e2fsck"

# sb=: a backup, in units of 1 KiB
for b in 1024 4096; do
	mkfs $DEV -b $b -g 8192 -I 128
	[ $b = 1024 ] && at=8193 || at=32768
	mnt $MNT
	echo here >$MNT/file
	umount $MNT
	dd if=/dev/zero of=$DEV bs=1k seek=1 count=1 conv=notrunc status=none
	blockdev --flushbufs $DEV
	refuse "sb=, $b: no primary" mnt
	check "sb=$at, $b: mount" mnt $MNT ro,sb=$at
	equal "sb=$at, $b: contents" "$(cat $MNT/file)" here
	check "sb=$at, $b: shown" shown sb=$at
	umount $MNT
	refuse "sb=7, $b: nothing there" mnt $MNT ro,sb=7
	refuse "sb=, $b: beyond the device" mnt $MNT ro,sb=99999999
done

# debug: geometry, in one line
mkfs $DEV -b 2048
dmesg_mark debug
mnt $MNT debug
check "debug: says the geometry" said "$FS.*2048"
umount $MNT
check "module unloads" unload
finish
