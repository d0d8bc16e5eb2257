#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# disks: 48M
# time: 900
#
# efs-fuse beside the kernel module, on the same volume: a corpus of shapes, each filled by one and
# seen by both, must be the same to every program: names, attributes, contents, block counts.
# Then a daemon that is killed while it writes, and many threads.

. "$EFS_TOP/tests/guest/lib.sh"

MODULE=efsext2
DAEMON=fuse.efs
umask 022

# on FS OPTIONS COMMAND...: while $DEV is mounted
on()
{
	local fs=$1 options=$2 rc

	shift 2
	[ $fs != $DAEMON ] || options=$options,dev,suid,allow_other
	mount -t $fs -o $options $DEV $MNT || return
	"$@"
	rc=$?
	umount $MNT && return $rc
}

# everything there is to see of what lies below $MNT: by the tools of others, and by efs-work
see()
{
	(cd $MNT && find . -printf '%p|%y|%m|%U:%G|%n|%s|%i|%b|%A@|%T@|%C@|%l\n' | sort) >$TMP/$1 &&
		$EFS_WORK tree sum $MNT blocks >>$TMP/$1
}

# seen NAME: the module and the daemon see the same on $DEV
seen()
{
	check "$1: the module lists it" on $MODULE ro see theirs
	check "$1: efs-fuse lists it" on $DAEMON ro see ours
	same "$1: both see the same" $TMP/ours $TMP/theirs
}

make_tree()
{
	$EFS_WORK tree make $MNT tiny >/dev/null
}

prune()
{
	$EFS_WORK tree prune $MNT >/dev/null
}

# shape [-p] NAME MKE2FS-OPTION...: made by the module, and with -p changed by efs-fuse
shape()
{
	local p= n

	[ "$1" != -p ] || { p=1; shift; }
	n=$1
	shift
	mkfs $DEV -N 4096 "$@" || return
	check "$n: the module makes a tree" on $MODULE rw make_tree || return
	seen "$n"
	[ $p ] || return 0
	check "$n: efs-fuse prunes it" on $DAEMON rw prune
	fsck "$n: e2fsck"
	seen "$n, pruned"
}

check "module loads" load $MODULE || finish
check "fuse loads" load $DAEMON || finish

shape -p "1k, 128" -b 1024 -I 128
shape -p "4k, 256" -b 4096 -I 256
shape "2k, 512, revision 1" -b 2048 -I 512
shape "revision 0" -r 0 -b 1024 -O none
shape "meta_bg" -b 1024 -O meta_bg,^resize_inode -g 1024
shape "no filetype" -b 1024 -O ^filetype
shape "no sparse_super" -b 2048 -O ^sparse_super,^resize_inode

# --- the other way round
mkfs $DEV -N 4096 -b 1024
check "efs-fuse makes a tree" on $DAEMON rw make_tree
fsck "e2fsck after efs-fuse"
seen "made by efs-fuse"
check "the module prunes it" on $MODULE rw prune
fsck "e2fsck after the module"
seen "made by efs-fuse, pruned"

# --- an indexed directory, made by e2fsck
mkfs $DEV -b 1024 -N 2048
many()
{
	mkdir $MNT/d && (cd $MNT/d && seq -f "a-file-with-a-longish-name-%g" 1 800 | xargs touch)
}
on $MODULE rw many
e2fsck -fyD $DEV >/dev/null 2>&1
seen "indexed directory"

# --- extended attributes that e2fsprogs has written
mkfs $DEV -b 1024 -I 256
on $MODULE rw touch $MNT/f $MNT/g
seq 100 | tr '\n' , >$TMP/long
for c in "ea_set f user.one 1" "ea_set -f $TMP/long f user.long" "ea_set g trusted.t xyz"; do
	debugfs -w -R "$c" $DEV >/dev/null 2>&1
done
values()
{
	getfattr --absolute-names --only-values -n user.one $MNT/f &&
		getfattr --absolute-names --only-values -n user.long $MNT/f &&
		getfattr --absolute-names --only-values -n trusted.t $MNT/g
}
equal "attributes: values" "$(on $DAEMON ro values)" "1$(cat $TMP/long)xyz"
on $DAEMON rw setfattr -n user.new -v "here" $MNT/g
equal "attributes: debugfs reads what was set" \
	"$(debugfs -R 'ea_get g user.new' $DEV 2>/dev/null | tr -d '"')" "user.new (4) = here"
fsck "attributes: e2fsck"

# --- killed while it writes
mkfs $DEV -b 1024
mnt_fuse()
{
	mount -t $DAEMON $DEV $MNT
}
check "kill: mount" mnt_fuse
mkdir $MNT/busy
(i=0; while dd if=/dev/zero of=$MNT/busy/$i bs=7000 count=3 2>/dev/null; do
	i=$((i + 1))
	rm -f $MNT/busy/$((i / 2))
done) &
for i in 1 2 3 4 5 6; do
	seq ${i}000 ${i}999 >$MNT/safe$i
	sync $MNT/safe$i
done
pkill -KILL -f mount.fuse.efs
wait
umount -l $MNT
e2fsck -fp $DEV >$TMP/out 2>&1
rc=$?
show $TMP/out 5
equal "kill: e2fsck -p repairs it" "$([ $rc -le 1 ] && echo yes)" yes
fsck "kill: e2fsck after it"
check "kill: mount by the module" mount -t $MODULE $DEV $MNT
for i in 1 2 3 4 5 6; do
	seq ${i}000 ${i}999 | cmp - $MNT/safe$i || echo $i
done >$TMP/out 2>&1
equal "kill: what was fsynced is there" "$(cat $TMP/out)" ""
umount $MNT

# --- many threads
mkfs $DEV -b 1024
check "threads: mount" mount -t $DAEMON $DEV $MNT
check "threads: fio" fio --name=v --directory=$MNT --size=1m --numjobs=8 --thread --rw=randrw \
	--bs=512-32k --bs_unaligned=1 --verify=crc32c --verify_fatal=1 --do_verify=1 \
	--fallocate=none --minimal --eta=never
check "threads: mixed load" $EFS_WORK mixed $MNT 3 100 7
check "threads: umount" umount $MNT
fsck "threads: e2fsck"

check "no daemon is left" unload $DAEMON
check "module unloads" unload $MODULE
finish
