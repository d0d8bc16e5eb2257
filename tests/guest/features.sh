#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 64M
# time: 300
#
# Feature flags: what is honoured, what is kept, what is refused by name.

. "$EFS_TOP/tests/guest/lib.sh"

COMPAT=$((1024 + 0x5c))
INCOMPAT=$((1024 + 0x60))
RO_COMPAT=$((1024 + 0x64))

features()
{
	dumpe2fs -h $DEV 2>/dev/null | sed -n 's/^Filesystem features: *//p'
}

# flags PATH: of an inode, as debugfs knows them
flags()
{
	debugfs -R "stat $1" $DEV 2>/dev/null | sed -n 's/.*Flags: \(0x[0-9a-f]*\).*/\1/p'
}

check "module loads" load || finish

# --- an indexed directory is read, and stops being called indexed when it is changed
mkfs $DEV -b 1024 -I 128
mnt
mkdir $MNT/kept $MNT/grown $MNT/shrunk $MNT/moved
for d in kept grown shrunk moved; do
	(cd $MNT/$d && seq -f "a-file-with-a-longish-name-%g" 1 1500 | xargs touch)
done
umount $MNT
fsck "indexed: e2fsck before"
e2fsck -fyD $DEV >/dev/null 2>&1
for d in kept grown shrunk moved; do
	equal "indexed: $d has an index" "$(flags $d)" 0x1000
done
check "indexed: mount" mnt
ls $MNT/kept | sort >$TMP/got
seq -f "a-file-with-a-longish-name-%g" 1 1500 | sort >$TMP/want
same "indexed: listing" $TMP/want $TMP/got
check "indexed: every name is found" sh -c "cd $MNT/kept && xargs ls -d <$TMP/want"
check "indexed: add" touch $MNT/grown/new
check "indexed: remove" rm $MNT/shrunk/a-file-with-a-longish-name-777
check "indexed: rename" mv $MNT/moved/a-file-with-a-longish-name-1 $MNT/moved/b
check "indexed: umount" umount $MNT
equal "indexed: the untouched one keeps its flag" "$(flags kept)" 0x1000
for d in grown shrunk moved; do
	equal "indexed: $d lost its flag" "$(flags $d)" 0x0
done
fsck "indexed: e2fsck after"
check "indexed: mount again" mnt
equal "indexed: count" "$(ls $MNT/grown $MNT/shrunk $MNT/moved | grep -c -e -file- -e '^b$' -e '^new$')" 4500
check "indexed: remove all" rm -r $MNT/grown $MNT/shrunk $MNT/moved $MNT/kept
check "indexed: umount" umount $MNT
fsck "indexed: e2fsck when gone"

# --- COMPAT bits are nobody's business, and kept
mkfs $DEV
poke $DEV $COMPAT "03 3e 00 00"
before=$(features)
check "compat: unknown bits mount writable" mnt
check "compat: write" cp /etc/passwd $MNT/x
umount $MNT
equal "compat: all bits are kept" "$(features | tr ' ' '\n' | grep -vx ext_attr | sort | tr '\n' ' ')" \
	"$(echo "$before" | tr ' ' '\n' | grep -vx ext_attr | sort | tr '\n' ' ')"

# --- INCOMPAT: refused, and named
for f in "42 extent" "82 64bit" "02,02 flex_bg" "06 recover" "02,80 inline_data" "02,00,80 bit.?23|0x800000"; do
	set -- $f
	mkfs $DEV
	poke $DEV $INCOMPAT "$(echo $1 | tr , ' ')"
	dmesg_mark incompat
	refuse "incompat $1: refused" mnt
	check "incompat $1: named $2" said "$FS.*($2)"
	equal "incompat $1: one line" "$(lines)" 1
	refuse "incompat $1: read-only as well" mnt $MNT ro
done

# --- RO_COMPAT: read-only
for f in "0b huge_file" "03,04 metadata_csum" "03,01 quota" "03,00,40 bit.?22|0x400000"; do
	set -- $f
	mkfs $DEV
	poke $DEV $RO_COMPAT "$(echo $1 | tr , ' ')"
	dmesg_mark rocompat
	# -w, or mount(8) tries again read-only by itself
	refuse "ro_compat $1: not writable" mount -w -t $FS $DEV $MNT
	check "ro_compat $1: named $2" said "$FS.*($2)"
	check "ro_compat $1: read-only" mnt $MNT ro
	check "ro_compat $1: readable" ls $MNT/lost+found
	refuse "ro_compat $1: no remount" mount -o remount,rw $MNT
	check "ro_compat $1: umount" umount $MNT
done

# --- large_file appears with the first file that needs it
mkfs $DEV -O ^large_file
mnt
check "large_file: 2 GiB - 1" truncate -s 2147483647 $MNT/f
sync
equal "large_file: not yet" "$(features | grep -c large_file)" 0
check "large_file: 2 GiB" truncate -s 2147483648 $MNT/f
umount $MNT
equal "large_file: now" "$(features | grep -c large_file)" 1
fsck "large_file: e2fsck"

# --- revision 0 becomes 1 when it must
mkfs $DEV -r 0 -O none -b 1024
mnt
check "revision 0: a small file" sh -c "echo x >$MNT/f"
sync
equal "revision 0: stays" "$(dumpe2fs -h $DEV 2>/dev/null | sed -n 's/.*revision #: *\([0-9]\).*/\1/p')" 0
check "revision 0: 3 GiB" truncate -s 3G $MNT/f
umount $MNT
equal "revision 0: is 1 now" "$(dumpe2fs -h $DEV 2>/dev/null | sed -n 's/.*revision #: *\([0-9]\).*/\1/p')" 1
fsck "revision 0: e2fsck"

# --- the limit of links, on a directory: the count is put there, not reached
mkfs $DEV -b 1024
mnt
mkdir $MNT/d
umount $MNT
debugfs -w -R "sif d links_count 31999" $DEV >/dev/null 2>&1
mnt
check "links: directory 31998" mkdir $MNT/d/a
equal "links: at the limit" "$(stat -c %h $MNT/d)" 32000
refuse "links: one more" mkdir $MNT/d/b
check "links: a file still" touch $MNT/d/f
mkdir $MNT/e
refuse "links: none moves in" mv $MNT/e $MNT/d/e
check "links: room after rmdir" rmdir $MNT/d/a
equal "links: below again" "$(stat -c %h $MNT/d)" 31999
umount $MNT
debugfs -w -R "sif d links_count 2" $DEV >/dev/null 2>&1
fsck "links: e2fsck"

# --- creator: Hurd volumes mount read-only or not at all
mkfs $DEV -o hurd -O none -b 1024
dmesg_mark hurd
refuse "hurd: not writable" mount -w -t $FS $DEV $MNT
umount $MNT 2>/dev/null
check "hurd: said why" said "$FS.*(creator|hurd)"
equal "hurd: untouched" "$(dumpe2fs -h $DEV 2>/dev/null | sed -n 's/^Mount count: *//p')" 0
check "module unloads" unload
finish
