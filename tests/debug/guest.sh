# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh chew|nth|short: what tests/debug/run wants of a guest with the debug kernel, KTAP on
# stdout. /share holds images/, lists of them, and takes what `nth` leaves for the host.
#
# Two workloads run at once, one for each processor, each in a mount namespace of its own. Their
# output comes one after the other.

. "$EFS_TOP/tests/guest/lib.sh"

# apart NAME COMMAND...: in the background
apart()
{
	local name=$1

	shift
	unshare -m "$@" >$TMP/$name.out 2>&1 || echo "not ok - $name ended with status $?" >>$TMP/$name.out &
}

# all: wait for what was started; show it
all()
{
	local f

	wait
	for f in $TMP/*.out; do
		echo "KTAP version 1"
		cat $f
		rm $f
	done
}

chew()
{
	apart chew0 $EFS_WORK chew $FS /share/list.0
	apart chew1 $EFS_WORK chew $FS /share/list.1
	all
}

# nth KIND...: two at a time must mean the same things to fail
nth()
{
	local k

	for k; do
		mkdir -p /share/out/$k
		apart $k $EFS_WORK nth $FS /share/out/$k $k $OPERATIONS
	done
	all
}

mixed()
{
	echo "KTAP version 1"
	mkfs $DEV -b 1024
	check "mixed: mount" mnt
	check "mixed: three processes at once" $EFS_WORK mixed $MNT 3 150 1
	check "mixed: umount" umount $MNT
	fsck "mixed: e2fsck"
	echo "1..$count"
}

load || { echo "not ok 1 - module loads"; exit 1; }
modprobe loop 2>/dev/null
case $1 in
chew)	chew ;;
nth)	shift; nth "$@" ;;
short)
	mixed
	chew
	OPERATIONS="create-grow rename-over unlink-big append truncate" nth alloc alloc-sync
	OPERATIONS="mount mkdir rename-dir fsync-new umount" nth io io-sync
	;;
esac
echo "KTAP version 1"
echo "1..1"
if unload; then
	echo "ok 1 - module unloads"
else
	echo "not ok 1 - module unloads"
fi
echo "# done"
