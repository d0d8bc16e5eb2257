#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/bench/user.sh [ROW...]: the efs command and efs-fuse beside what Debian has for the same
# work: debugfs, e2tools, fuse2fs. Same images, in turn on this machine. Prints a table: seconds of
# wall clock, and of processor time, from closed image to closed image: mount, unmount and daemon
# included; of RUNS (5) runs the least of each, as whatever else the machine does only adds to
# them. Files and images are in the page cache; a FUSE mount begins with an empty one of its own.
#
# Rows: in out smallin smallout list random. SIZE: MiB of the large file (256), FILES of 4 KiB (10000),
# ENTRIES of the long directory (50000), READS of 4 KiB at random (20000).

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
cd "$TOP" || exit 1
RUNS=${RUNS:-5} SIZE=${SIZE:-256} FILES=${FILES:-10000} ENTRIES=${ENTRIES:-50000} READS=${READS:-20000}
rows=${*:-in out smallin smallout list random}
peers="efs debugfs e2tools efs-fuse fuse2fs"

die()
{
	echo "bench-user: $*" >&2
	exit 1
}

scripts/deps.sh >&2 || exit 1
make -s -C user all >&2 || die "no efs"
bin=$TOP/build/user
work=$(mktemp -d "${TMPDIR:-/tmp}/efs-bench.XXXXXX") || exit 1
mnt=$work/mnt
mkdir "$mnt"
daemon=

# unmount; returns when the daemon is gone and the image complete
release()
{
	[ -n "$daemon" ] || return 0
	fusermount3 -u "$mnt" && wait "$daemon" || die "cannot unmount: $(cat "$work/fuse.log")"
	daemon=
}

trap 'release; rm -rf "$work"' EXIT

# ---- what is moved ----

echo "bench-user: making files" >&2
head -c "${SIZE}M" /dev/urandom >"$work/big"
for ((i = 0; i < FILES; i++)); do
	((i % 100)) || mkdir -p "$work/small/d$((i / 100))"
	# not of zeros, which debugfs leaves out
	head -c 4096 /dev/urandom >"$work/small/d$((i / 100))/file$i"
done
dirs=$(ls "$work/small")

# empty IMAGE: a volume for all of it
empty()
{
	rm -f "$1"
	truncate -s "$((SIZE + FILES / 100 + 200))M" "$1"
	mke2fs -q -F -t ext2 -b 4096 -N $((FILES + ENTRIES + 1000)) "$1" || die "mke2fs"
}

full=$work/full.img
empty "$full"
"$bin/efs" cp "$work/big" "$full:/big" || die "cannot fill the image"
"$bin/efs" cp -r "$work/small" "$full:/small" || die "cannot fill the image"
mkdir "$work/long"
(cd "$work/long" && seq -f "entry-%.0f" "$ENTRIES" | xargs touch)
"$bin/efs" cp -r "$work/long" "$full:/long" || die "cannot fill the image"
rm -rf "$work/long"
e2fsck -fn "$full" >/dev/null 2>&1 || die "the image is damaged"

# ---- who moves it; each writes to $img or $out ----

script()
{
	debugfs -w -f - "$img" >"$work/debugfs.log" 2>&1
}

efs_in()		{ "$bin/efs" cp "$work/big" "$img:/big"; }
efs_out()		{ "$bin/efs" cp "$img:/big" "$out/big"; }
efs_smallin()		{ "$bin/efs" cp -r "$work/small" "$img:/small"; }
efs_smallout()		{ "$bin/efs" cp -r "$img:/small" "$out/small"; }
efs_list()		{ "$bin/efs" ls -U "$img:/long" >"$out/list"; }

debugfs_in()		{ echo "write $work/big big" | script; }
debugfs_out()		{ echo "dump /big $out/big" | script; }
debugfs_smallin()
{
	{
		echo "mkdir small"
		for d in $dirs; do
			echo "mkdir small/$d"
			echo "cd /small/$d"
			for f in "$work/small/$d"/*; do
				echo "write $f ${f##*/}"
			done
			echo "cd /"
		done
	} | script
}
debugfs_smallout()	{ echo "rdump /small $out" | script; }
debugfs_list()		{ debugfs -R "ls -p /long" "$img" >"$out/list" 2>/dev/null; }

e2tools_in()		{ e2cp "$work/big" "$img:/big"; }
e2tools_out()		{ e2cp "$img:/big" "$out/big"; }
e2tools_smallin()
{
	e2mkdir "$img:/small"
	for d in $dirs; do
		e2mkdir "$img:/small/$d"
		e2cp "$work/small/$d"/* "$img:/small/$d"
	done
}
e2tools_smallout()
{
	for d in $dirs; do
		mkdir -p "$out/small/$d"
		(cd "$work/small/$d" && printf "$img:/small/$d/%s\n" *) |
			xargs sh -c 'e2cp "$@" "$0"' "$out/small/$d"
	done
}
e2tools_list()		{ e2ls "$img:/long" >"$out/list"; }

fuse_in()		{ cp "$work/big" "$mnt/big"; }
fuse_out()		{ cp "$mnt/big" "$out/big"; }
fuse_smallin()		{ cp -r "$work/small" "$mnt/small"; }
fuse_smallout()		{ cp -r "$mnt/small" "$out/small"; }
fuse_list()		{ ls -U "$mnt/long" >"$out/list"; }
fuse_random()
{
	fio --name=r --filename="$mnt/big" --rw=randread --bs=4k --ioengine=psync --invalidate=1 \
		--randseed=1 --number_ios="$READS" --norandommap --size="${SIZE}M" >"$work/fio.log" 2>&1
}

# mount_with PEER
mount_with()
{
	case $1 in
	efs-fuse)	"$bin/efs-fuse" -f "$img" "$mnt" 2>"$work/fuse.log" & ;;
	fuse2fs)	fuse2fs "$img" "$mnt" -f -o rw >"$work/fuse.log" 2>&1 & ;;
	esac
	daemon=$!
	for ((i = 0; i < 500; i++)); do
		mountpoint -q "$mnt" && return
		sleep 0.01
	done
	die "$1 does not mount: $(cat "$work/fuse.log")"
}

check()
{
	case $1 in
	out)		cmp -s "$work/big" "$out/big" ;;
	smallout)	diff -rq "$work/small" "$out/small" >/dev/null ;;
	list)		[ "$(grep -o 'entry-[0-9]*' "$out/list" | sort -u | wc -l)" = "$ENTRIES" ] ;;
	in|smallin)	e2fsck -fn "$img" >/dev/null 2>&1 &&
			[ "$("$bin/efs" find "$img:/" -type f | wc -l)" = "$files" ] ;;
	esac
}

# all a peer does for a row, from a closed image to a closed image
whole()
{
	local rc

	case $1 in
	efs-fuse|fuse2fs)	mount_with "$1" ;;
	esac
	"$2" 2>"$work/err"
	rc=$?
	release
	return $rc
}

# once ROW PEER: "WALL CPU", or "-" where it cannot
once()
{
	local row=$1 peer=$2 call=$2_$1 files=1 out=$work/out img=$full

	rm -rf "$out"
	mkdir "$out"
	case $row in
	smallin)	files=$FILES ;;
	esac
	case $row in
	in|smallin)
		img=$work/new.img
		empty "$img"
		;;
	esac
	case $peer in
	efs-fuse|fuse2fs)	call=fuse_$row ;;
	esac
	declare -F "$call" >/dev/null || {
		echo -
		return
	}
	sync -f "$work"
	TIMEFORMAT='%R %U %S'
	{ time whole "$peer" "$call"; } 2>"$work/time" || die "$peer $row: $(cat "$work/err" "$work/time")"
	check "$row" || die "$peer $row: the result is wrong"
	awk '{ printf "%.2f %.2f\n", $1, $2 + $3 }' "$work/time"
}

# row NAME: a line "WALL CPU" for each peer; in each of the runs all of them, so that a busy moment of
# the machine is not one peer's alone
row()
{
	local i peer r

	for ((i = 0; i < RUNS; i++)); do
		for peer in $peers; do
			r=$(once "$1" "$peer") || exit 1
			echo "$peer $r"
		done
	done >"$work/runs" || exit 1
	for peer in $peers; do
		awk -v peer="$peer" '
			$1 != peer || $2 == "-" { next }
			!n++ || $2 < wall { wall = $2 }
			n == 1 || $3 < cpu { cpu = $3 }
			END { print n ? wall " / " cpu : "-" }' "$work/runs"
	done
}

name_of()
{
	case $1 in
	in)		echo "$SIZE MiB in" ;;
	out)		echo "$SIZE MiB out" ;;
	smallin)	echo "$FILES files in" ;;
	smallout)	echo "$FILES files out" ;;
	list)		echo "list $ENTRIES" ;;
	random)		echo "$READS reads" ;;
	esac
}

line="====================  ===========  ===========  ===========  ===========  ==========="
echo "$line"
printf '%-20s' "wall / CPU seconds"
printf '  %11s' $peers
printf '\n%s\n' "$line"
for row in $rows; do
	printf '%-20s' "$(name_of "$row")"
	cells=$(row "$row") || exit 1
	while read -r r; do
		printf '  %11s' "$r"
	done <<<"$cells"
	echo
done
echo "$line"
