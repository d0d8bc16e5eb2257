#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The whole command on every kind of volume: block sizes, inode sizes, revisions, layouts.
# What it writes is read back by itself and by debugfs, what debugfs writes is read by it;
# e2fsck looks after each change.
. "${0%/*}/lib.sh"

# what has been put, by name, to compare with later
put()
{
	must "$EFS" put "$1" "i.img:$2"
	clean i.img
	"$EFS" cat "i.img:$2" | cmp - "$1" || die "cat $2 differs"
	dbg i.img "dump $2 dumped"
	cmp dumped "$1" || die "debugfs dump $2 differs"
	equal "$(dbg i.img "stat $2" | sed -n 's/^User:.* Size: \([0-9]*\).*/\1/p')" \
		"$(stat -c %s "$1")" "size of $2"
}

sizes()
{
	local bs=$1 ptrs=$(($1 / 4)) n k

	must "$EFS" mkdir i.img:/sizes
	clean i.img
	for n in 0 1 $((bs - 1)) "$bs" $((bs + 1)) $((12 * bs)) $((12 * bs + 1)) \
		 $(((12 + ptrs) * bs)) $(((12 + ptrs) * bs + 1)) $(((12 + 2 * ptrs) * bs + 77)); do
		[ "$n" -lt 12000000 ] || continue
		head -c "$n" "$DATA" >src
		put src "/sizes/s$n"
	done
	# another file in place of one that is there: shorter, longer
	head -c $((3 * bs + 5)) "$DATA" >src
	put src "/sizes/s$((12 * bs))"
	head -c $((40 * bs)) "$DATA" >src
	put src /sizes/s1
	must "$EFS" put - i.img:/sizes/stdin <src
	clean i.img
	"$EFS" cat i.img:/sizes/stdin | cmp - src || die "standard input"
	cp src stdin.src
}

holes()
{
	local bs=$1 ptrs=$(($1 / 4)) used

	rm -f src
	truncate -s $(((12 + ptrs) * bs + 9 * bs)) src
	printf data | dd of=src bs=1 seek=$((20 * 65536 + 100)) conv=notrunc status=none
	must "$EFS" put src i.img:/holes
	clean i.img
	"$EFS" cat i.img:/holes | cmp - src || die "cat of a file with holes"
	dbg i.img "dump /holes dumped"
	cmp dumped src || die "debugfs dump of a file with holes"
	used=$("$EFS" stat i.img:/holes | sed -n 's/^sectors: //p')
	[ "$used" -le $(((65536 + 3 * bs) / 512)) ] || die "holes were filled: $used sectors"
	truncate -s 5000000 src2
	must "$EFS" put src2 i.img:/hole
	clean i.img
	equal "$("$EFS" stat i.img:/hole | sed -n 's/^sectors: //p')" 0 "sectors of one hole"
}

trees()
{
	local k p=/deep long

	for k in 1 2 3 4 5 6 7 8 9 10 11 12; do p=$p/level-$k; done
	must "$EFS" mkdir -p "i.img:$p"
	clean i.img
	must "$EFS" mkdir -p "i.img:$p"
	must "$EFS" put "$DATA1" "i.img:$p/file"
	clean i.img
	long=$(printf 'x%.0s' {1..255})
	must "$EFS" put "$DATA1" "i.img:/deep/$long"
	clean i.img
	must "$EFS" cat "i.img:/deep/$long" | cmp - "$DATA1" || die "long name"
	fails 1 "File name too long" "$EFS" put "$DATA1" "i.img:/deep/y$long"
	fails 1 "File exists" "$EFS" mkdir i.img:/deep
	fails 1 "No such file" "$EFS" mkdir i.img:/none/x
	fails 1 "Not a directory" "$EFS" mkdir "i.img:$p/file/x"
	must "$EFS" put "$DATA1" $'i.img:/deep/a b\n\377'
	clean i.img
	for k in {1..120}; do echo "$k" >"many-$k"; done
	must "$EFS" mkdir i.img:/many
	must "$EFS" put many-* i.img:/many
	clean i.img
	equal "$("$EFS" ls i.img:/many)" "$(ls -1 many-*)" "ls"
	equal "$("$EFS" ls -a i.img:/many)" \
		"$(dbg i.img "ls -p /many" | cut -d/ -f6 | grep . | sort)" "ls and debugfs ls"
	equal "$("$EFS" cat i.img:/many/many-77)" 77 "cat"
}

# made by debugfs, read by efs
foreign()
{
	local slow

	slow=$(printf 'dir/%.0s' {1..30})target
	debugfs -w -f - i.img >dbg.log 2>&1 <<-END
		mkdir /foreign
		cd /foreign
		symlink fast ../sizes/stdin
		symlink slow $slow
		mknod chr c 5 1
		mknod blk b 259 60000
		mknod fifo p
		write $DATA1 file
		set_inode_field file uid 70000
		set_inode_field file gid 80000
		set_inode_field file mode 0104751
		set_inode_field file mtime @1000000000
		set_inode_field chr mtime @1000000000
		ln file hard
		set_inode_field file links_count 2
	END
	clean i.img
	"$EFS" ls -l i.img:/foreign >ls.out || die "ls -l"
	grep -q '^lrwxrwxrwx .* fast -> \.\./sizes/stdin$' ls.out || { cat ls.out; die "fast"; }
	grep -q "^lrwxrwxrwx .* slow -> $slow\$" ls.out || { cat ls.out; die "slow"; }
	grep -q '^c.* 5, *1 2001-09-09 01:46 chr$' ls.out || { cat ls.out; die "chr"; }
	grep -q '^b.* 259, 60000 .* blk$' ls.out || { cat ls.out; die "blk"; }
	grep -q '^p.* fifo$' ls.out || { cat ls.out; die "fifo"; }
	grep -q '^-rwsr-x--x 2 70000 80000 .* 2001-09-09 01:46 file$' ls.out || { cat ls.out; die "file"; }
	"$EFS" cat i.img:/foreign/hard | cmp - "$DATA1" || die "hard link"
	"$EFS" cat i.img:/foreign/fast | cmp - stdin.src || die "through a symbolic link"
	fails 1 "Not a regular file" "$EFS" cat i.img:/foreign/fifo
	equal "$(readlink_of /foreign/slow)" "$slow" "target"
	must "$EFS" put "$DATA1" i.img:/foreign/fast
	clean i.img
	"$EFS" cat i.img:/sizes/stdin | cmp - "$DATA1" || die "written through a link"
}

readlink_of()
{
	"$EFS" stat "i.img:$1" | sed -n 's/^target: //p'
}

removal()
{
	must "$EFS" rm i.img:/sizes/stdin
	clean i.img
	fails 1 "No such file" "$EFS" rm i.img:/sizes/stdin
	must "$EFS" rm -f i.img:/sizes/stdin
	fails 1 "Is a directory" "$EFS" rm i.img:/sizes
	fails 1 "Refusing" "$EFS" rm -r i.img:/
	fails 1 "Refusing" "$EFS" rm -r i.img:/sizes/..
	fails 1 "Not a directory" "$EFS" rm i.img:/foreign/fast/
	must "$EFS" rm i.img:/foreign/hard
	clean i.img
	equal "$("$EFS" stat i.img:/foreign/file | sed -n 's/^links: //p')" 1 "links"
	must "$EFS" rm -r i.img:/sizes i.img:/deep i.img:/holes i.img:/hole i.img:/foreign
	clean i.img
	must "$EFS" rm -r i.img:/many
	clean i.img
	equal "$("$EFS" ls i.img)" "lost+found" "what is left"
	equal "$(super i.img 'Free blocks')" "$(cat free.blocks)" "free blocks"
	equal "$(super i.img 'Free inodes')" "$(cat free.inodes)" "free inodes"
	equal "$(super i.img 'Filesystem state')" clean "state"
}

# not a byte changes
reading()
{
	local before

	before=$(sha256sum <i.img)
	"$EFS" ls -laR i.img >/dev/null || die "ls"
	"$EFS" stat i.img:/ i.img:/foreign/file >/dev/null || die "stat"
	"$EFS" cat i.img:/holes >/dev/null || die "cat"
	"$EFS" cat i.img:/none >/dev/null 2>&1 && die "cat of nothing"
	equal "$(sha256sum <i.img)" "$before" "the image"
}

volume()
{
	local name=$1 bs=$2 size=$3

	shift 3
	ok "$name: make" image i.img "$size" -b "$bs" "$@"
	super i.img 'Free blocks' >free.blocks
	super i.img 'Free inodes' >free.inodes
	ok "$name: files of all sizes" sizes "$bs"
	ok "$name: holes" holes "$bs"
	ok "$name: directories" trees
	ok "$name: what debugfs makes" foreign
	ok "$name: reading changes nothing" reading
	ok "$name: removal gives everything back" removal
}

DATA=$TMP/data
DATA1=$TMP/data1
head -c 12000000 /dev/urandom >"$DATA"
head -c 12345 "$DATA" >"$DATA1"

volume "1k, inodes of 128" 1024 40M -I 128
volume "1k, inodes of 256" 1024 40M -I 256
volume "2k" 2048 40M -I 256
volume "4k, inodes of 128" 4096 64M -I 128
volume "4k, inodes of 256" 4096 64M -I 256
volume "4k, inodes of 4096" 4096 80M -I 4096 -N 600
volume "8k" 8192 80M
volume "16k" 16384 128M
volume "32k" 32768 160M
volume "64k" 65536 256M
volume "revision 0" 1024 40M -r 0 -I 128
volume "no filetype" 1024 40M -O ^filetype,^dir_index
volume "no sparse_super" 1024 40M -O ^sparse_super,^resize_inode
volume "meta_bg" 1024 40M -O meta_bg,^resize_inode
volume "meta_bg, small groups" 4096 96M -O meta_bg,^resize_inode -g 1024
volume "small groups" 1024 40M -g 512

done_testing
