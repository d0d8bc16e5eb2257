#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# efs-fuse on this machine's kernel: mounting in all its forms, what a mounted volume does, and what
# is left of it when the daemon ends in one way or another. The comparison with the kernel
# module is tests/guest/fuse.sh; that runs wherever this cannot.
#
#   EFS_FUSE        the program, with whatever sanitizer
#   EFS_FUSE_FAULT  the same over a device that fails
#   EFS_FUSE_TSAN   the same with the thread sanitizer

. "${0%/*}/lib.sh"

EFS_FUSE=${EFS_FUSE:-$build/efs-fuse}
EFS_FUSE_FAULT=${EFS_FUSE_FAULT:-$build/efs-fuse-fault}
EFS_FUSE_TSAN=${EFS_FUSE_TSAN:-$build/../user-tsan/efs-fuse}
top=$(cd "$build/../.." && pwd)
WORK=$build/../tests/efs-work
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

pid=
mkdir m

leave()
{
	cd /
	mountpoint -q "$TMP/m" && fusermount3 -uz "$TMP/m"
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
	rm -rf "$TMP"
}
trap leave EXIT

# up [-p PROGRAM] ARGUMENT...: the daemon in the foreground of this shell's jobs, mounted on m
up()
{
	local prog=$EFS_FUSE k

	[ "$1" != -p ] || { prog=$2; shift 2; }
	"$prog" -f "$@" m 2>daemon.log &
	pid=$!
	for k in $(seq 500); do
		mountpoint -q m && return 0
		kill -0 $pid 2>/dev/null || break
		sleep 0.02
	done
	cat daemon.log
	die "not mounted: $*"
}

# ends STATUS: so the daemon must end
ends()
{
	local got

	wait $pid
	got=$?
	pid=
	[ $got = "$1" ] || { cat daemon.log; die "efs-fuse ended with status $got, not $1"; }
}

# down: unmount, and the daemon has nothing to complain about
down()
{
	must "$EFS_FUSE" -u m
	ends 0
}

# a test may fail with a mount or a daemon left
try()
{
	ok "$@"
	mountpoint -q m && fusermount3 -uz m
	pkill -KILL -P $$ -f "^$EFS_FUSE" 2>/dev/null
	pkill -KILL -P $$ -f "^$EFS_FUSE_TSAN" 2>/dev/null
	true
}

work()
{
	"$WORK" "$@" || die "efs-work $*"
}

# ---- mounting ----

background()
{
	image a.img 16M
	must "$EFS_FUSE" a.img m
	must mountpoint -q m
	equal "$(awk -v m="$TMP/m" '$2 == m { print $1, $3 }' /proc/mounts)" "$TMP/a.img fuse.efs" mounts
	must cp /etc/passwd m/file
	fails 1 'efs-fuse: .*a.img:.*[Bb]usy' "$EFS_FUSE" a.img m
	must fusermount3 -u m
	# until the daemon has written everything
	must flock a.img true
	clean a.img
	must "$EFS_FUSE" -r a.img m
	must cmp m/file /etc/passwd
	must "$EFS_FUSE" -u m
	clean a.img
}

# with nothing to write, too: whoever unmounted it may have the image at once
waits()
{
	local how umount

	for how in rw ro; do
		image a.img 16M
		up -o $how a.img
		kill -STOP $pid
		"$EFS_FUSE" -u m &
		umount=$!
		for _ in {1..1000}; do
			mountpoint -q m || break
			sleep 0.01
		done
		mountpoint -q m && die "$how: not unmounted"
		sleep 0.3
		kill -0 $umount 2>/dev/null || die "$how: it does not wait for the daemon"
		kill -CONT $pid
		must wait $umount
		must flock -n a.img true
		ends 0
	done
	# for its own daemon, not for others that read the same image
	mkdir -p other
	must "$EFS_FUSE" -r a.img other
	up -r a.img
	down
	must "$EFS_FUSE" -u other
	must flock -n a.img true
}

helper()
{
	image a.img 16M
	ln -s "$EFS_FUSE" mount.fuse.efs
	ln -s "$EFS_FUSE" umount.fuse.efs
	must ./mount.fuse.efs a.img m -sn -o rw,noauto,x-systemd.automount,user,_netdev,nodev -t fuse.efs
	must touch m/new
	must ./umount.fuse.efs m -n -t fuse.efs
	clean a.img
	must ./mount.fuse.efs a.img m -r
	fails 1 'Read-only' touch m/other
	must ./umount.fuse.efs m
	must ./mount.fuse.efs a.img m -f -o rw
	fails 1 'not a file system of efs-fuse' ./umount.fuse.efs m
	fails 1 'no such option' ./mount.fuse.efs a.img m -x
	must "$EFS_FUSE" --version >out
	must "$EFS_FUSE" -h >out
	must grep -q errors= out
}

refusals()
{
	image a.img 16M
	truncate -s 1M empty
	fails 1 'nothing.*No such file' "$EFS_FUSE" nothing m
	fails 1 'empty: .' "$EFS_FUSE" empty m
	fails 1 'nowhere.*No such file' "$EFS_FUSE" a.img nowhere
	fails 1 'Not a directory' "$EFS_FUSE" a.img a.img
	fails 1 'are wanted' "$EFS_FUSE" a.img
	fails 1 'too many' "$EFS_FUSE" a.img m m
	fails 1 'nonsense' "$EFS_FUSE" -o nonsense a.img m
	fails 1 'errors=never' "$EFS_FUSE" -o errors=never a.img m
	fails 1 'offset=x' "$EFS_FUSE" -o offset=x a.img m
	fails 1 'beyond the end' "$EFS_FUSE" -o offset=1G a.img m
	fails 1 'partition 1' "$EFS_FUSE" -o partition=1 empty m
	fails 1 'do not go together' "$EFS_FUSE" -o partition=1,offset=2 a.img m
	fails 1 'sb=0' "$EFS_FUSE" -o sb=0 a.img m
	image b.img 16M -O extents
	fails 1 'b.img: .' "$EFS_FUSE" b.img m
	must test ! -e m/lost+found
	clean a.img
}

places()
{
	image a.img 16M -b 1024
	up a.img
	must cp /etc/passwd m/file
	down
	truncate -s 20M whole
	echo 'start=2048, size=32768, type=83' | sfdisk -q whole >sfdisk.log 2>&1 || die "sfdisk"
	must dd if=a.img of=whole bs=1M seek=1 conv=notrunc status=none
	for o in partition=1 offset=1M offset=0x100000; do
		up -o $o whole
		must cmp m/file /etc/passwd
		must touch m/$o
		down
	done
	dd if=whole of=a.img bs=1M skip=1 count=16 status=none
	clean a.img
	dd if=/dev/zero of=a.img bs=1k seek=1 count=1 conv=notrunc status=none
	fails 1 . "$EFS_FUSE" a.img m
	up -o ro,sb=8193 a.img
	must test -e m/offset=1M
	down
}

# the owner of an image needs no privilege, and is alone with it
as_user()
{
	image a.img 8M -E root_owner=1000:1000
	chmod 755 .
	mkdir mine
	chown 1000:1000 mine a.img
	setpriv --reuid=1000 --regid=1000 --clear-groups "$EFS_FUSE" a.img mine || die "no mount"
	ls mine >out 2>&1 && die "root looks into a user's mount"
	setpriv --reuid=1000 --regid=1000 --clear-groups sh -c 'cp /etc/passwd mine/f && cmp /etc/passwd mine/f &&
		! touch mine/lost+found/x 2>/dev/null' || die "not the owner's"
	setpriv --reuid=1000 --regid=1000 --clear-groups "$EFS_FUSE" -u mine || die "no umount"
	clean a.img
	equal "$(dbg a.img 'stat f' | sed -n 's/.*User: *\([0-9]*\).*/\1/p')" 1000 owner
	chown 0:0 a.img
	chmod 644 a.img
	fails 1 'Permission denied.*-o ro' setpriv --reuid=1000 --regid=1000 --clear-groups "$EFS_FUSE" a.img mine
	setpriv --reuid=1000 --regid=1000 --clear-groups "$EFS_FUSE" -o ro a.img mine || die "no mount"
	must fusermount3 -u mine
}

# ---- use ----

tree()
{
	image a.img 96M "$@" -N 16384
	up -o dev,suid a.img
	mkdir m/t
	work tree make m/t >out
	work tree sum m/t >want
	down
	clean a.img
	up -o dev,suid a.img
	work tree sum m/t >got
	must cmp want got
	work tree prune m/t >out
	work tree sum m/t >want
	down
	clean a.img
	up -o dev,suid,ro a.img
	work tree sum m/t >got
	must cmp want got
	down
}

# each process keeps a model of what is its own and compares; e2fsck compares the rest
mixed()
{
	local prog=$1

	image a.img 96M -b 1024
	up -p "$prog" a.img
	work mixed m 4 400 1
	must sync -f m
	down
	clean a.img
}

verify()
{
	image a.img 64M
	up a.img
	fio --name=v --directory=m --size=4m --numjobs=8 --thread --rw=randrw --bs=512-64k --bs_unaligned=1 \
		--verify=crc32c --verify_fatal=1 --fallocate=none --randrepeat=1 --minimal \
		--eta=never >out 2>&1 || { cat out; die "fio"; }
	rm m/v.*
	fio --name=v --directory=m --size=4m --numjobs=2 --thread --ioengine=mmap --rw=randwrite --bs=4k \
		--verify=crc32c --verify_fatal=1 --fallocate=none --minimal --eta=never >out 2>&1 ||
		{ cat out; die "fio mmap"; }
	down
	clean a.img
}

# what has no name stays as long as it is open, and its space comes back
nameless()
{
	local free

	image a.img 16M
	up a.img
	free=$(stat -f -c %f m)
	exec 5<>m/gone
	rm m/gone
	head -c 1000000 /dev/urandom >random
	cat random >&5
	must cmp /proc/self/fd/5 random
	must [ "$(stat -f -c %f m)" -lt "$free" ]
	exec 5>&-
	for k in $(seq 50); do
		[ "$(stat -f -c %f m)" != "$free" ] || break
		sleep 0.1
	done
	equal "$(stat -f -c %f m)" "$free" "free blocks"
	down
	clean a.img
}

# the kernel keeps lists: they must follow what is done to a directory
listings()
{
	image a.img 16M -N 4096
	up a.img
	mkdir m/d
	(cd m/d && seq -f 'a-name-%g' 1 2000 | xargs touch)
	equal "$(ls m/d | wc -l)" 2000 "names"
	equal "$(ls m/d | wc -l)" 2000 "names again"
	rm m/d/a-name-7?
	touch m/d/b
	equal "$(ls m/d | wc -l)" 1991 "names after a change"
	equal "$(find m/d -maxdepth 1 -perm 644 | wc -l)" 1991 "with attributes"
	equal "$(find m/d -type f -newer m/lost+found | wc -l)" 1991 "found"
	rm -r m/d
	must test ! -e m/d
	down
	clean a.img
}

atime()
{
	image a.img 16M
	up -o "$1" a.img
	echo x >m/f
	touch -a -d 2001-01-01 m/f
	touch -m -d 2002-01-01 m/f
	c=$(stat -c %z m/f)
	cat m/f >out
	[ "$2" = moves ] && must [ "$(stat -c %X m/f)" -gt 1500000000 ]
	[ "$2" = stays ] && equal "$(stat -c %x m/f | cut -c1-10)" 2001-01-01 atime
	equal "$(stat -c %z m/f)" "$c" ctime
	# it was read since it was changed
	touch -m -d 2001-01-01 m/f
	[ "$1" != relatime ] || { sleep 0.05; cat m/f m/f >out; cat m/f >out; }
	[ "$1" != relatime ] || a=$(stat -c %x m/f)
	[ "$1" != relatime ] || { sleep 0.05; cat m/f >out; equal "$(stat -c %x m/f)" "$a" "atime once"; }
	down
	clean a.img
}

space()
{
	image a.img 16M -b 1024
	up a.img
	head -c 300000 /dev/urandom >m/f
	before=$(stat -c %b m/f)
	cp m/f copy
	must fallocate -p -o 100000 -l 100000 m/f
	head -c 100000 /dev/zero | dd of=copy bs=1000 seek=100 conv=notrunc iflag=fullblock status=none
	must cmp m/f copy
	must [ "$(stat -c %b m/f)" -lt "$before" ]
	must fallocate -l 400000 m/f
	equal "$(stat -c %s m/f)" 400000 size
	must fallocate -z -o 0 -l 1000 m/f
	truncate -s 400000 copy
	head -c 1000 /dev/zero | dd of=copy conv=notrunc status=none
	must cmp m/f copy
	fails 1 'not supported' fallocate -c -o 0 -l 1024 m/f
	truncate -s 1M m/hole
	echo x | dd of=m/hole bs=1024 seek=500 conv=notrunc status=none
	must cp --sparse=auto m/hole m/hole2
	must cmp m/hole m/hole2
	must [ "$(stat -c %b m/hole2)" -le "$(stat -c %b m/hole)" ]
	# to the last block, and back
	dd if=/dev/zero of=m/full bs=64k 2>err && die "no end"
	must grep -q 'No space left' err
	rm m/full
	must cp copy m/again
	down
	clean a.img
}

attributes()
{
	image a.img 16M -I 256
	up a.img
	touch m/f
	must setfattr -n user.one -v 1 m/f
	must setfattr -n user.long -v "$(seq 200 | tr '\n' ,)" m/f
	must setfattr -n trusted.t -v 0x000102 m/f
	equal "$(getfattr --absolute-names -n user.one --only-values m/f)" 1 value
	equal "$(getfattr -d m/f 2>/dev/null | grep -c ^user)" 2 list
	must setfattr -x user.one m/f
	fails 1 'No such attribute' getfattr -n user.one m/f
	down
	clean a.img
	up a.img
	equal "$(getfattr -n user.long --only-values m/f)" "$(seq 200 | tr '\n' ,)" "after a remount"
	must chattr +i m/f
	equal "$(lsattr m/f | cut -c5)" i flag
	fails 2 'not permitted' sh -c 'echo >m/f'
	must chattr -i +a m/f
	must sh -c 'echo x >>m/f'
	fails 2 'not permitted' sh -c 'echo x >m/f'
	must chattr -a m/f
	down
	clean a.img
}

# the kernel heeds lists, libefs hands them on
lists()
{
	image a.img 16M -I 256
	chmod 755 .
	up -o allow_other a.img
	echo secret >m/f
	chmod 600 m/f
	must setfacl -m u:1000:r,g:7:rw m/f
	equal "$(getfacl -ncE m/f | tr '\n' ,)" user::rw-,user:1000:r--,group::---,group:7:rw-,mask::rw-,other::---,, list
	equal "$(stat -c %a m/f)" 660 mode
	if [ "$(id -u)" = 0 ]; then
		must setpriv --reuid=1000 --regid=1000 --clear-groups cat m/f
		fails 1 'Permission denied' setpriv --reuid=1001 --regid=1001 --clear-groups cat m/f
		fails 2 'Permission denied' setpriv --reuid=1000 --regid=1000 --clear-groups sh -c 'echo >m/f'
	fi
	chmod 600 m/f
	equal "$(getfacl -ncE m/f | grep mask)" mask::--- "mask after chmod"
	(umask 027; mkdir m/plain m/d; touch m/plain/f)
	equal "$(stat -c %a m/plain) $(stat -c %a m/plain/f)" "750 640" "umask"
	must setfacl -d -m u::rwx,g::rx,o::r,u:1000:rwx m/d
	(umask 077; mkdir m/d/sub; touch m/d/f; mknod m/d/p p)
	equal "$(getfacl -ncE m/d/sub | grep -c ^default)" 5 "handed on"
	equal "$(stat -c %a m/d/sub) $(stat -c %a m/d/f) $(stat -c %a m/d/p)" "774 664 664" "no umask"
	equal "$(getfacl -ncE m/d/f | grep 1000)" user:1000:rwx "entry"
	getfacl -R m >want 2>&1
	down
	clean a.img
	up -o allow_other,ro a.img
	getfacl -R m >got 2>&1
	must cmp want got
	down
}

# ---- the end ----

# SIGTERM: shared mappings, too, are written before the session ends
ended_by()
{
	image a.img 16M
	up a.img
	head -c 3000000 /dev/urandom >random
	must cp random m/f
	must cp random m/g
	kill -"$1" $pid
	ends 0
	mountpoint -q m && die "still mounted"
	clean a.img
	up a.img
	must cmp random m/f
	must cmp random m/g
	down
}

# SIGKILL in the middle of it: e2fsck -p sees to it, and what was fsynced is there
killed()
{
	local n=0 k

	image a.img 64M -b 1024 -N 8192
	up a.img
	mkdir m/safe m/busy
	for k in 1 2 3; do
		(cd m/busy && for ((i = 0; ; i++)); do
			head -c $((RANDOM * 3)) /dev/zero >$k-$i || exit
			[ $((i % 3)) = 0 ] && rm -f $k-$((i / 2))
		done) 2>/dev/null &
	done
	for ((n = 0; n < 20; n++)); do
		seq $((n * 1000)) $((n * 1000 + 2000)) >m/safe/$n
		must sync m/safe/$n
	done
	{ kill -KILL $pid; wait $pid; pid=; } 2>/dev/null
	fusermount3 -uz m
	wait
	e2fsck -fp a.img >fsck.log 2>&1
	k=$?
	[ $k -le 1 ] || { cat fsck.log; die "e2fsck -p: status $k"; }
	clean a.img
	up a.img
	for ((n = 0; n < 20; n++)); do
		seq $((n * 1000)) $((n * 1000 + 2000)) | cmp - m/safe/$n || die "safe/$n"
	done
	must cp /etc/passwd m/new
	down
	clean a.img
}

# what nobody synced is on the device after a few seconds
periodic()
{
	image a.img 16M
	up a.img
	must cp /etc/passwd m/f
	for k in $(seq 90); do
		cp a.img copy.img
		[ "$(dbg copy.img 'cat f' | cksum)" != "$(cksum </etc/passwd)" ] || break
		sleep 0.1
	done
	equal "$(dbg copy.img 'cat f' | cksum)" "$(cksum </etc/passwd)" "on the device"
	down
}

# a device that fails is told of: to the writer or in fsync, and in the exit status
failing()
{
	image a.img 16M
	export EFS_FAULT=write:6+
	up -p "$EFS_FUSE_FAULT" a.img
	unset EFS_FAULT
	(cp -r /etc/default m/x && sync m/x/* && sync m) 2>err && die "nothing was said"
	must grep -qE 'Input/output error|Read-only' err
	must "$EFS_FUSE" -u m
	ends 1
	must grep -q 'a.img: ' daemon.log
	heals a.img
}

make -s -C "$top/tests/guest/work" OUT="$WORK" >&2 || exit 1
image probe.img 2M
if ! "$EFS_FUSE" probe.img m 2>log || ! mountpoint -q m; then
	sed 's/^/# /' log
	echo "ok 1 - efs-fuse # SKIP no FUSE mounts here; tests/guest/run fuse covers it in a guest"
	echo "1..1"
	exit 0
fi
"$EFS_FUSE" -u m

try "mounts and detaches" background
try "who unmounts it waits for the daemon" waits
try "is a mount helper" helper
try "refusals have reasons" refusals
try "offset, partition, backup superblock" places
if [ "$(id -u)" = 0 ]; then
	try "a user's own image" as_user
else
	try "a user's own image" background
fi
for g in "1024 128" "4096 256"; do
	try "a tree, blocks and inodes of $g" tree -b ${g% *} -I ${g#* }
done
try "four processes at once" mixed "$EFS_FUSE"
try "four processes at once, thread sanitizer" mixed "$EFS_FUSE_TSAN"
try "fio verifies, 8 threads" verify
try "files without names" nameless
try "listings" listings
try "relatime" atime relatime moves
try "noatime" atime noatime stays
try "strictatime" atime strictatime moves
try "holes, reservations, the last block" space
try "extended attributes and flags" attributes
try "access control lists" lists
try "SIGTERM" ended_by TERM
try "SIGINT" ended_by INT
try "SIGKILL" killed
try "written after a while" periodic
try "a device that fails" failing
done_testing
