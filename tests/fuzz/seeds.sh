#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/fuzz/seeds.sh DIR: inputs for the fuzzers to begin with, in DIR/TARGET/.
#
# Superblocks and descriptors of volumes made by mke2fs, directory blocks of all shapes, and
# scripts that use each operation on each volume. Formats are told at the head of each fuzzer.

set -eu
PATH=$PATH:/usr/sbin:/sbin
# the same bytes each time
export E2FSPROGS_FAKE_TIME=1700000000
uuid=a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf
OUT=${1:?usage: seeds.sh DIR}
mkdir -p "$OUT"/fuzz_super "$OUT"/fuzz_dirent "$OUT"/fuzz_xattr "$OUT"/fuzz_sfs "$OUT"/fuzz_image \
	"$OUT"/fuzz_ops "$OUT"/fuzz_unix "$OUT"/fuzz_check
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Inputs are put together in $input as escapes of printf: a program started for each byte would
# take minutes.

# bytes NUMBER...: each as one byte
bytes()
{
	local text

	printf -v text '\\x%02x' "$@"
	input+=$text
}

le16()
{
	bytes $(($1 & 255)) $(($1 >> 8 & 255))
}

le32()
{
	le16 $(($1 & 65535))
	le16 $(($1 >> 16 & 65535))
}

# begin TARGET/NAME NUMBER...: an input, and its first bytes
begin()
{
	file=$OUT/$1
	input=
	shift
	bytes "$@"
}

# end: what was put together is the input
end()
{
	printf '%b' "$input" >"$file"
}

# ---- superblocks: options of mke2fs, blocks
n=0
input=
le32 102400
printf '%b' "$input" >"$tmp/kib"
while read -r blocks opts; do
	rm -f "$tmp/img"
	truncate -s 100M "$tmp/img"
	case $opts in
	*"-E "*)	opts+=,hash_seed=$uuid ;;
	*)		opts+=" -E hash_seed=$uuid" ;;
	esac
	# shellcheck disable=SC2086 # words of options
	mke2fs -q -F -t ext2 -U $uuid $opts "$tmp/img" "$blocks" >"$tmp/log" 2>&1 ||
		{ cat "$tmp/log" >&2; exit 1; }
	bs=1024
	case $opts in *"-b 2048"*) bs=2048 ;; *"-b 4096"*) bs=4096 ;; *"-b 65536"*) bs=65536 ;; esac
	gdt=$((bs == 1024 ? 2048 : bs))
	{
		dd if="$tmp/img" bs=1024 skip=1 count=1 status=none
		cat "$tmp/kib"
		dd if="$tmp/img" bs=256 skip=$((gdt / 256)) count=1 status=none
	} >"$OUT/fuzz_super/$n"
	n=$((n + 1))
done <<END
500 -b 1024 -I 128
20000 -b 1024 -g 256 -I 256 -N 4000
200 -b 4096
400 -b 65536 -N 64 -O ^resize_inode
20000 -b 1024 -g 256 -O meta_bg,^resize_inode
9000 -b 1024 -O sparse_super2,^resize_inode -g 256
4000 -b 2048 -r 0
8000 -b 1024 -O ^sparse_super,^resize_inode
20000 -b 4096 -O resize_inode -E resize=2000000
END

# ---- indexes of the Simple File System: a marker, names and others, an identifier
# sfs TYPE MORE START END SIZE NAME: a name with MORE continuations; no START: a directory
sfs()
{
	local at=10 text=$6 i

	bytes "$1" "$2" 0 0 0 0 0 0 0 0
	if [ -n "$3" ]; then
		for i in "$3" "$4" "$5"; do
			le32 "$i"
			le32 0
		done
		at=34
	fi
	input+=$text
	for ((i = at + ${#text}; i < 64 * ($2 + 1); i++)); do
		input+='\x00'
	done
}

# sfs_other TYPE
sfs_other()
{
	sfs "$1" 0 "" "" "" ""
}

long=$(printf 'n%.0s' {1..60})
for flags in 16 17 18 20 24; do
	begin fuzz_sfs/all-$flags $flags 0 0 3
	sfs_other 2
	sfs 17 0 "" "" "" dir
	sfs 18 0 1 1 300 dir/file
	sfs 18 1 2 5 2000 "dir/$long"
	sfs 17 1 "" "" "" "dir/$long-d"
	sfs 18 0 1 0 0 "dir/$long-d/x"
	sfs 26 0 1 2 100 gone
	sfs 25 0 "" "" "" gone/dir
	sfs_other 16
	sfs_other 24
	sfs 18 0 9 9 10 none/there
	sfs 18 0 3 3 100 dir/file
	sfs 18 0 1 8 4096 all
	sfs_other 1
	end
done
begin fuzz_sfs/super 17 21 64 0; sfs_other 2; sfs 17 0 "" "" "" d; sfs_other 1; end
begin fuzz_sfs/empty 16 0 0 0; end

# ---- directory blocks: options of the fuzzer, then entries
# entry INODE RECLEN TYPE NAME
entry()
{
	local pad=$(($2 - 8 - ${#4})) zeros=

	le32 "$1"
	le16 "$2"
	bytes ${#4} "$3"
	[ $pad -le 0 ] || printf -v zeros '\\0%.0s' $(seq $pad)
	input+=$4$zeros
}

begin fuzz_dirent/new 0 3; entry 12 12 2 .; entry 2 1012 2 ..; end
begin fuzz_dirent/first 0 3; entry 12 12 2 .; entry 2 12 2 ..; entry 20 24 1 somefile
entry 0 400 0 ''; entry 21 576 1 last; end
begin fuzz_dirent/empty 0 2; entry 0 1024 0 ''; end
begin fuzz_dirent/many 1 4
for i in 1 2 3 4 5 6 7; do entry 2$i 128 0 name-of-file-$i; done
entry 30 128 0 end; end
begin fuzz_dirent/4k 2 131; entry 12 12 2 .; entry 2 4084 2 ..; end
begin fuzz_dirent/64k 3 3; entry 12 12 2 .; le32 2; bytes 244 255 2 2; input+=..; end
begin fuzz_dirent/64k-empty 3 2; le32 0; le16 65535; bytes 0 0; end
begin fuzz_dirent/repeated 4 128; entry 44 16 0 seven-c; end

# ---- attributes: options of the fuzzer, operations, the tail of an inode, a block
# attr INDEX OFFSET SIZE NAME: an entry
attr()
{
	local pad=$(((4 - ${#4} % 4) % 4))

	bytes ${#4} "$1"
	le16 "$2"
	le32 0
	le32 "$3"
	le32 0
	input+=$4
	while [ $pad -gt 0 ]; do
		bytes 0
		pad=$((pad - 1))
	done
}

# zeros: up to byte $1 of what began at $start
zeros()
{
	local text have

	have=$(printf '%b' "$input" | wc -c)
	printf -v text '\\0%.0s' $(seq $((start + $1 - have)))
	input+=$text
}

# change OPERATION NAME SIZE...
changes()
{
	while [ $# -gt 0 ]; do
		bytes "$1" "$2"
		le16 "$3"
		shift 3
	done
}

for options in 4 5 6 12 20 13 14; do
	begin fuzz_xattr/all-$options $options 16
	changes 0 0 500 1 0 0 5 0 30 5 1 100 4 2 400 2 0 0 5 0 31 4 3 300 \
		21 0 30 20 2 400 18 0 0 37 4 5 69 4 9 5 6 7 1 6 0 0 0 0
	start=$(printf '%b' "$input" | wc -c)
	if [ $((options & 1)) = 0 ]; then
		le32 0
		attr 1 88 4 a
		attr 6 80 6 x
		zeros 96
		start=$((start + 96))
	fi
	zeros 32
	attr 1 1016 8 b
	attr 1 1000 13 bb
	attr 2 972 28 ''
	attr 4 0 0 a
	attr 1 900 3 other
	end
done
begin fuzz_xattr/empty-4 4 3; changes 5 0 20 4 1 600 18 1 9; end
begin fuzz_xattr/none-1 1 3; changes 5 0 20 4 1 600 18 1 9; end
begin fuzz_xattr/faults 68 14
for nth in 0 1 2 3; do changes 3 $nth $nth 4 1 $((nth * 200 + 90)) 5 2 $((nth + 8)); done
changes 2 1 0 2 2 0; end

# ---- scripts: rec OPERATION A B C NUMBER
rec()
{
	bytes "$1" "$2" "$3" "$4" $(($5 & 255)) $(($5 >> 8 & 255))
}

# damaged volumes: all operations of fuzz_image.c by number, on every base
for base in 0 1 2 3 4 5 6 7 8 9 10 11; do
	begin "fuzz_image/all-$base" "$base" 0 0 0
	for path in 0 1 2 3 4 5 8 16 21; do
		rec 26 0 0 0 $path
	done
	for op in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 18 21 23 24; do
		rec $op 0 $((op * 3)) $op $((op * 37))
		rec $op 2 $((op + base)) $((op + 8)) 3
	done
	end
	# a directory is written to by another program while it is in use
	for how in 0 1 2 6 7; do
		begin "fuzz_image/poke-$base-$how" "$base" 0 0 0
		for entry in 0 1 2 3 4 5 6 7 8 9; do
			rec 6 0 26 0 1
			rec 25 16 4 $((how + 64)) $((entry | 4 << 8))
			rec 10 0 0 0 0
			rec 13 0 0 0 0
			rec 6 0 $entry 0 1
		done
		end
	done
	# synchronous, each operation with a failure in it
	for kind in 0 1 2 3; do
		begin "fuzz_image/fault-$base-$kind" "$base" 16 0 0
		rec 26 0 0 0 16
		rec 26 0 0 0 2
		for op in 4 5 6 7 8 9 10 11 12 24; do
			rec 22 0 0 $kind $((op + base))
			rec $op 0 $((op * 3)) $op $((op * 37))
			rec 22 0 0 $kind 1
			rec $op 3 $((op + base)) $((op + 8)) 3
		done
		end
	done
	# tables full of pointers to themselves, or to another, and nobody stops at an error
	for table in 0 1 2 3 4 5; do
		begin "fuzz_image/loop-$base-$table" "$base" 4 1 0 5 195 $table 0 0 0 0 0 0 0
		for name in 2 3 4 21 3 4; do
			rec 1 0 $name 0 0
			rec 10 0 $name 0 0
			rec 5 1 0 128 0
		done
		end
	done
	for patch in '0 0 0 0 0 0 0 0 0 0' '7 3 0 0 0 0 0 0 0 0' '3 3 4 0 0 0 0 0 0 0' \
		'5 3 1 0 0 0 0 0 0 0' '9 1 0 0 60 0 0 0 0 0' '4 1 9 0 4 0 0 0 0 0'; do
		# shellcheck disable=SC2086 # words of bytes
		begin "fuzz_image/patch-$base-${patch%% *}" "$base" 0 1 0 $patch
		rec 0 0 0 0 0
		rec 26 0 0 0 3
		rec 4 4 0 8 100
		rec 5 4 0 128 0
		rec 6 0 26 0 1
		rec 10 0 0 0 0
		end
	done
done

# sound volumes: all operations of fuzz_ops.c, synchronous and not. A is the slot, less one, for
# what is made or opened; S says two slots: S % 6 and S / 6
for volume in 0 1 2 3 4 5 6; do
	for flags in 0 2; do
		begin "fuzz_ops/all-$volume-$flags" "$volume" "$flags" 0 0
		rec 1 0 1 0 0; rec 1 0 2 1 0; rec 2 0 3 2 0; rec 2 3 4 3 0
		rec 9 1 0 8 9000; rec 17 13 0 0 20; rec 9 1 0 12 500; rec 9 1 0 5 300
		rec 18 9 0 8 23; rec 18 9 0 9 23; rec 19 9 0 8 20
		rec 5 9 5 0 0; rec 8 0 1 6 0; rec 8 21 4 7 0; rec 8 0 3 6 2
		rec 3 0 8 4 70; rec 3 0 9 4 7; rec 4 0 10 4 0
		rec 11 1 0 3 700; rec 10 1 0 2 50; rec 11 1 0 16 0
		rec 12 0 0 0 0; rec 14 0 0 0 0; rec 16 3 0 0 0; rec 20 0 0 0 0
		rec 6 0 2 0 0; rec 7 0 3 0 0; rec 13 0 0 0 0; rec 0 0 6 1 0
		end
	done
done

# the volume fills up
for volume in 0 1 3 5; do
	for flags in 0 1 2; do
		begin "fuzz_ops/full-$volume-$flags" $volume $flags 0 0
		rec 1 0 1 0 0; rec 1 0 2 1 0; rec 2 0 0 2 0
		for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
			rec 17 13 0 0 23; rec 9 2 0 8 11999
		done
		rec 9 1 0 8 11999; rec 1 3 1 3 0; rec 3 3 2 4 900; rec 2 0 3 4 0
		rec 18 15 0 8 23; rec 18 15 0 9 23; rec 9 2 0 13 300; rec 11 2 0 4 0
		rec 18 15 0 10 23; rec 8 18 2 3 0; rec 13 0 0 0 0
		end
	done
done

# names that move between directories, and what may fail on the way
tree()
{
	begin "$1" "$2" "$3" 0 0
	rec 2 0 0 0 0; rec 2 0 1 1 0
	rec 2 1 2 2 0; rec 2 2 2 3 0
	rec 1 1 3 2 0; rec 1 2 3 3 0
	rec 2 1 4 2 0
}
for volume in 0 2 4; do
	for flags in 0 2; do
		# slot 1 is a directory, 2 another
		tree "fuzz_ops/rename-$volume-$flags" $volume $flags
		rec 8 13 2 2 0; rec 8 8 2 4 0; rec 8 13 3 3 0; rec 8 13 4 3 2
		rec 8 8 3 4 2; rec 8 13 4 5 1; rec 8 8 5 5 2; rec 16 1 0 0 0; rec 16 2 0 0 0
		end
		for kind in 0 1 2 3; do
			tree "fuzz_ops/fault-$volume-$flags-$kind" $volume $flags
			for nth in 0 1 2 3 4 5 6 7 8 9 10 11; do
				rec 21 0 0 $kind $nth; rec 8 13 2 2 0
				rec 21 0 0 $kind $nth; rec 8 8 3 4 $((nth % 3))
				rec 21 0 0 $kind $nth; rec 8 13 4 3 2
			done
			end
		done
	done
done

# damaged volumes behind the general interface: all operations of fuzz_unix.c by number
for base in 0 1 2 3 4 5 6 7 8 9 10 11; do
	for patch in '0 0 0 0 0 0 0 0 0 0' '5 195 3 0 0 0 0 0 0 0' '4 1 9 0 4 0 0 0 0 0'; do
		# shellcheck disable=SC2086 # words of bytes
		begin "fuzz_unix/all-$base-${patch%% *}" "$base" 4 1 0 $patch
		for name in 0 2 3 4 8 13 16 21; do
			rec 1 0 $name 0 $name
			rec 11 $((1 + name % 5)) 0 128 0
		done
		for op in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 21 22; do
			rec $op 0 $((op * 3)) $op $((op * 37))
			rec $op $((op % 36)) $((op + base)) $((op + 8)) 3
		done
		end
		# shellcheck disable=SC2086 # words of bytes
		begin "fuzz_unix/attrs-$base-${patch%% *}" "$base" 4 1 0 $patch
		rec 0 0 0 0 0
		for name in 0 1 2 3 4 5 6 7 8; do
			rec 1 0 $((10 + name)) 0 1
			rec 24 $((name % 2 * 7)) $name 0 $((name * 40))
			rec 25 $((name % 2 * 7)) $name $((name * 16)) $((name * 70))
			rec 25 7 $((name + 1)) $((name % 2 * 128)) $((name * 30))
		done
		end
	done
	# a directory is written to by another program while it is in use
	for how in 0 1 2 6 7; do
		begin "fuzz_unix/poke-$base-$how" "$base" 0 0 0
		for entry in 0 1 2 3 4 5 6 7 8 9; do
			rec 2 0 26 0 1
			rec 20 16 4 $((how + 64)) $((entry | 4 << 8))
			rec 6 0 $entry 0 0
			rec 0 0 0 0 0
		done
		end
	done
done

# volumes to be checked: sound, cut short, something fails; each kind of structure damaged
for base in 0 1 2 3 4 5 6 7 8 9 10 11; do
	begin "fuzz_check/sound-$base" "$base" 0 0 0; end
	begin "fuzz_check/copy-$base" "$base" 32 0 0; end
	for stop in 1 3 6; do
		begin "fuzz_check/stop-$base-$stop" "$base" 0 0 0 $stop; end
	done
	for fault in 128 133 144 149; do
		begin "fuzz_check/fault-$base-$fault" "$base" 0 0 $fault; end
	done
	for target in 0 1 2 3 4 5 6 7 8 9 10; do
		begin "fuzz_check/patch-$base-$target" "$base" 0 1 0 $target 7 2 0 4 0 9 0 0 0; end
	done
	# link counts, one less and one more
	for ino in 0 1 2 3 4; do
		begin "fuzz_check/less-$base-$ino" "$base" 0 1 0 2 70 $ino 0 26 0 255 0 0 0; end
		begin "fuzz_check/more-$base-$ino" "$base" 0 1 0 2 70 $ino 0 26 0 1 0 0 0; end
	done
done
