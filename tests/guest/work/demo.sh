#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's half of `make demo` (scripts/demo.sh): every step on both file systems, a row for
# each result, and e2fsck on both images after each group of rows.

. "$EFS_TOP/tests/guest/lib.sh"

R=/mnt/r
rows=0 unequal=0 unclean=0
beyond=$TMP/beyond
: >$beyond

say()
{
	echo "==> $*"
}

# short TEXT: what fits a column
short()
{
	printf '%s' "$1" | cut -c1-25
}

# verdict: e2fsck on both; both volumes are unmounted
verdict()
{
	local d

	fsck=clean
	for d in $DEV $TWIN; do
		e2fsck -fn $d >$TMP/fsck 2>&1 || {
			fsck="NOT CLEAN ($d)"
			unclean=$((unclean + 1))
			show $TMP/fsck
		}
	done
}

# row NAME OURS THEIRS
row()
{
	rows=$((rows + 1))
	eq=equal
	[ "$2" = "$3" ] || {
		eq=DIFFERENT
		unequal=$((unequal + 1))
	}
	printf '%-34s %-26s %-26s %-9s %s\n' "$1" "$(short "$2")" "$(short "$3")" $eq "$fsck"
}

head_line()
{
	printf '\n%-34s %-26s %-26s %-9s %s\n' operation efsext2 "in-tree ext2" "" e2fsck
}

up()
{
	mount -t efsext2 $DEV $MNT && mount -t ext2 $TWIN $R || {
		say "mount failed"
		dmesg | tail -n 5
		exit 1
	}
}

down()
{
	umount $MNT && umount $R || exit 1
}

# result STATUS TEXT: in one cell; a long text by its checksum and number of lines
result()
{
	if [ "$1" != 0 ]; then
		echo "status $1, $(echo "$2" | head -n 1)"
	elif [ -z "$2" ]; then
		echo done
	elif [ ${#2} -lt 25 ]; then
		echo "$2"
	else
		echo "$(echo "$2" | wc -l) lines, $(echo "$2" | cksum | cut -d' ' -f1)"
	fi
}

# both NAME COMMAND...: with DIR for the mount point
both()
{
	local name=$1 a b

	shift
	a=$(DIR=$MNT sh -c "$*" 2>&1)
	a=$(result $? "$(echo "$a" | sed "s,$MNT,DIR,g")")
	b=$(DIR=$R sh -c "$*" 2>&1)
	b=$(result $? "$(echo "$b" | sed "s,$R,DIR,g")")
	echo "$name|$a|$b" >>$TMP/pending
}

# flush: the rows since the last mount, now that e2fsck has looked
flush()
{
	down
	verdict
	while IFS='|' read -r n a b; do
		row "$n" "$a" "$b"
	done <$TMP/pending
	: >$TMP/pending
}

say "insmod of in-tree ext2.ko (with mbcache, which it needs) and of efsext2.ko (which needs nothing)"
load ext2 && load efsext2 || exit 1
lsmod | grep -E '^(efsext2|ext2|mbcache) ' | sed 's/^/    /'
say "mke2fs -t ext2 on both disks, its defaults: the image most people have"
mkfs $DEV -N 24576 || exit 1
mkfs $TWIN -N 24576 || exit 1
cmp $DEV $TWIN && echo "    the images are the same, byte for byte"
dumpe2fs -h $DEV 2>/dev/null | grep -E '^(Filesystem features|Inode count|Block count|Block size|Inode size)' |
	sed 's/^/    /'

say "every operation of the VFS, one by one, and e2fsck after each group of them"
head_line
for g in $($EFS_WORK ops list); do
	up
	$EFS_WORK ops $MNT $g >$TMP/ours 2>&1
	$EFS_WORK ops $R $g >$TMP/theirs 2>&1
	down
	verdict
	"$EFS_TOP/tests/guest/compare" -s $TMP/ours $TMP/theirs >$TMP/rows
	while IFS='|' read -r n a b v why; do
		[ "$n" != done ] || continue
		case "$v" in
		expected)
			printf '%-34s %-26s %-26s %s\n' "$n" "$(short "$a")" "$(short "$b")" \
				"$why" >>$beyond
			;;
		*)
			row "$n" "$a" "$b"
			;;
		esac
	done <$TMP/rows
done

say "a tree of some 9,000 objects: deep, wide, long names, links, nodes, sparse past the triple-indirect boundary"
head_line
: >$TMP/pending
up
both "make the tree" '$EFS_WORK tree make $DIR'
both "list it with checksums" '$EFS_WORK tree sum $DIR'
both "space taken by each file" 'sync; $EFS_WORK tree sum $DIR blocks'
both "cp -a of a part" 'mkdir $DIR/w && cp -a $DIR/files $DIR/w/copy && $EFS_WORK tree sum $DIR/w/copy'
both "mv across directories" 'mv $DIR/w/copy/dir-01 $DIR/w/ && ls $DIR/w $DIR/w/copy'
both "rm -r, and the space comes back" 'sync; b=$(stat -f -c "%f %d" $DIR); cp -a $DIR/odd $DIR/x; rm -r $DIR/x $DIR/w; sync; mkdir $DIR/w; cp -a $DIR/files $DIR/w/copy; mv $DIR/w/copy/dir-01 $DIR/w; sync; [ "$b" = "$(stat -f -c "%f %d" $DIR)" ] && rm -r $DIR/w && echo yes'
flush
up
both "list it after a remount" '$EFS_WORK tree sum $DIR blocks'
both "remove a third" '$EFS_WORK tree prune $DIR'
both "list what is left" '$EFS_WORK tree sum $DIR'
flush
up
both "list it after another remount" '$EFS_WORK tree sum $DIR'
both "inodes in use" 'df --output=iused $DIR | tail -n 1'
flush

say "load: four processes at once, each checking itself; fio with checksums; filling up"
head_line
up
both "mixed load, 4 processes" '$EFS_WORK mixed $DIR 4 600 7'
both "fio, buffered" 'fio --name=b --directory=$DIR --size=8m --rw=randwrite --bs=4k --ioengine=psync --verify=crc32c --minimal >/dev/null'
both "fio, mmap" 'fio --name=m --directory=$DIR --size=8m --rw=randwrite --bs=4k --ioengine=mmap --verify=crc32c --minimal >/dev/null'
both "fio, direct" 'fio --name=d --directory=$DIR --size=8m --rw=randwrite --bs=4k --direct=1 --ioengine=psync --verify=crc32c --minimal >/dev/null'
flush
up
both "fill up with one file, and recover" '$EFS_WORK fill large $DIR >/dev/null'
flush

say "each reads what the other wrote"
head_line
# read_by FS DEV: as whole seconds, which is all that in-tree ext2 sees
read_by()
{
	mount -t $1 -o ro $2 $MNT
	$EFS_WORK tree sum $MNT blocks seconds
	umount $MNT
}
one_ours="$(read_by efsext2 $DEV)"
one_theirs="$(read_by ext2 $DEV)"
two_ours="$(read_by efsext2 $TWIN)"
two_theirs="$(read_by ext2 $TWIN)"
verdict
row "written by efsext2" "$(result 0 "$one_ours")" "$(result 0 "$one_theirs")"
row "written by in-tree ext2" "$(result 0 "$two_ours")" "$(result 0 "$two_theirs")"

say "unloading"
head_line
rmmod efsext2
a=$?
rmmod ext2
row "rmmod" $a $?
row "slab caches left" "$(grep -c ^efsext2_ /proc/slabinfo)" "$(grep -c ^ext2_ /proc/slabinfo)"
row "'Busy inodes' in the log" "$(dmesg | grep -c 'efsext2.*Busy inodes')" \
	"$(dmesg | grep -c 'EXT2.*Busy inodes')"

say "beyond in-tree ext2: answered by efsext2, not or otherwise by in-tree ext2"
cat $beyond
echo
echo "$rows rows, $((rows - unequal)) equal, $unequal different; e2fsck: $unclean times unclean"
[ $((unequal + unclean)) = 0 ]
