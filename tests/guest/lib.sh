# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by the suites of this directory, which run inside a guest (tests/vm/run).
#
# A suite prints KTAP: `ok N - name` or `not ok N - name`, output of what failed as `# ` lines
# before it, and ends with `finish`: the plan and `# done`. A suite that dies before is seen to.
#
# Given by the host: EFS_KVER, EFS_TOP, EFS_BUILD (build/KVER: efsext2.ko), EFS_WORK (efs-work),
# EFS_EXT2 (ext2.ko), EFS_FS (the file system under test; ext2 runs the suites on the reference,
# fuse.efs on efs-fuse), EFS_FUSE (efs-fuse),
# EFS_LIGHT: not empty on a kernel so slow that the first shape of volumes has to do.

: "${EFS_GUEST:?these scripts run in a guest: tests/guest/run SUITE}"

FS=${EFS_FS:-efsext2}
DEV=/dev/vda
TWIN=/dev/vdb
MNT=/mnt/t
TMP=/run/t
UUID=0e25e2e2-0000-4000-8000-00000000e2e2
SEED=0e25e2e2-1111-4000-8000-00000000e2e2
export E2FSPROGS_FAKE_TIME=1500000000
export MKE2FS_SYNC=0
count=0
bad=0
marks=0

mkdir -p $MNT $TMP /mnt/r

# ok NAME, not_ok NAME: one result line
ok()
{
	count=$((count + 1))
	echo "ok $count - $*"
}

not_ok()
{
	count=$((count + 1))
	bad=$((bad + 1))
	echo "not ok $count - $*"
}

# show FILE: as diagnostic lines, bounded
show()
{
	head -n "${2:-25}" "$1" | cut -c1-300 | sed 's/^/# /'
}

# check NAME COMMAND...: the command must succeed
check()
{
	local name=$1

	shift
	if "$@" >$TMP/out 2>&1 </dev/null; then
		ok "$name"
		return 0
	fi
	echo "# failed (status $?): $*" | cut -c1-300
	show $TMP/out
	not_ok "$name"
	return 1
}

# refuse NAME COMMAND...: the command must fail
refuse()
{
	local name=$1

	shift
	if "$@" >$TMP/out 2>&1 </dev/null; then
		echo "# succeeded and should not have: $*"
		not_ok "$name"
		return 1
	fi
	ok "$name"
}

# same NAME A B: two files with equal contents
same()
{
	if cmp -s "$2" "$3"; then
		ok "$1"
		return 0
	fi
	diff "$2" "$3" >$TMP/diff
	echo "# $(grep -c '^[<>]' $TMP/diff) lines differ ($2 < > $3):"
	show $TMP/diff 12
	not_ok "$1"
	return 1
}

# equal NAME GOT WANTED
equal()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
		return 0
	fi
	echo "# got '$2', wanted '$3'"
	not_ok "$1"
	return 1
}

finish()
{
	local p

	for p in /mnt/t /mnt/r; do
		mountpoint -q $p && umount $p
	done
	echo "1..$count"
	echo "# done"
	[ $bad = 0 ]
	exit $?
}

# umount [OPTION...] DIR. umount(8) of root's asks statfs() for the type, learns no more than "fuse",
# and calls no helper: it would be over before the daemon of efs-fuse is.
umount()
{
	local dir type

	for dir; do :; done
	type=$(awk -v d="$dir" '$2 == d { t = $3 } END { print t }' /proc/mounts)
	if [ "$type" = fuse.efs ]; then
		"$EFS_FUSE" -u "$@"
	else
		command umount "$@"
	fi
}

# load [FS]: a bare insmod; ext2 needs its xattr cache beside it, fuse.efs its helpers
load()
{
	local fs=${1:-$FS}

	if [ "$fs" = fuse.efs ]; then
		modprobe fuse && ln -sf "$EFS_FUSE" /sbin/mount.fuse.efs &&
			ln -sf "$EFS_FUSE" /sbin/umount.fuse.efs
		return
	fi
	grep -qw "$fs" /proc/filesystems && return 0
	case "$fs" in
	ext2)
		modprobe mbcache && insmod "$EFS_EXT2"
		;;
	*)
		insmod "$EFS_BUILD/$fs.ko" || return
		# where it lies, for whoever reads a leak's backtrace after it is gone
		[ ! -e /proc/self/fail-nth ] || grep "^$fs " /proc/modules >/dev/kmsg
		;;
	esac
}

# unload: fails while the module is used; of fuse.efs, if a daemon is left
unload()
{
	case "${1:-$FS}" in
	fuse.efs)	! pgrep -f mount.fuse.efs ;;
	*)		rmmod "${1:-$FS}" ;;
	esac
}

# mkfs DEV OPTION...: the same image whenever the options are the same; EXT: more -E options,
# BLOCKS: a size
mkfs()
{
	local dev=$1

	shift
	dd if=/dev/zero of="$dev" bs=64k count=4 conv=notrunc status=none
	mke2fs -q -F -t ext2 -U $UUID -E "hash_seed=$SEED${EXT:+,$EXT}" "$@" "$dev" $BLOCKS \
		>$TMP/mkfs 2>&1 || {
		show $TMP/mkfs
		not_ok "mke2fs $*"
		return 1
	}
}

# geometry "BS INODESIZE": mke2fs options for one of the tested shapes
geometry()
{
	set -- $1
	echo "-b $1 -I $2"
}

# what a file system in the kernel does anyway
if [ "$FS" = fuse.efs ]; then
	FSOPTS=dev,suid,allow_other
else
	FSOPTS=
fi

# mnt [DIR [OPTIONS]]
mnt()
{
	local o=$FSOPTS${FSOPTS:+${2:+,}}${2-}

	mount -t "$FS" ${o:+-o "$o"} "$DEV" "${1:-$MNT}"
}

# fsck NAME [DEV]: nothing at all to complain about
fsck()
{
	e2fsck -fn "${2:-$DEV}" >$TMP/fsck 2>&1
	local rc=$?

	if [ $rc = 0 ] && ! grep -qE '\? no$|FIXED|WARNING|Padding|wrong' $TMP/fsck; then
		ok "$1"
		return 0
	fi
	echo "# e2fsck -fn: status $rc"
	show $TMP/fsck
	not_ok "$1"
	return 1
}

# dmesg_mark / dmesg_since: the kernel's messages of one step
dmesg_mark()
{
	marks=$((marks + 1))
	MARK="mark-$1-$marks-"
	echo "$MARK" >/dev/kmsg
}

dmesg_since()
{
	dmesg | sed "1,/$MARK/d"
}

# poke DEV OFFSET HEXBYTES: put bytes on a device, and see that nothing cached hides them
poke()
{
	local b

	for b in $3; do
		printf "\\$(printf %03o 0x$b)"
	done >$TMP/poke
	dd if=$TMP/poke of="$1" bs=1 seek=$(($2)) conv=notrunc status=none
	sync
	blockdev --flushbufs "$1"
}

# said TEXT: the kernel has said a line matching it since dmesg_mark
said()
{
	dmesg_since | grep -qiE -- "$1" || {
		echo "# not said: $1"
		dmesg_since | head -n 5 | sed 's/^/# /'
		return 1
	}
}

# lines: how many lines of the file system the kernel has said since dmesg_mark
lines()
{
	dmesg_since | grep -c "$FS"
}
