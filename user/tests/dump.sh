#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# efs dump, df and check: what they say against dumpe2fs, debugfs and e2fsck; JSON that is JSON;
# volumes that cannot be mounted.
. "${0%/*}/lib.sh"

# json IMAGE WHAT...: it is valid; out.json
json()
{
	"$EFS" dump --json "$@" >out.json 2>err || { cat err; die "dump --json $*"; }
	jq -e . out.json >/dev/null || { cat out.json; die "no JSON: $*"; }
}

# field PATH WANT: a value in out.json
field()
{
	equal "$(jq -r "$1" out.json)" "$2" "$1"
}

volume()
{
	image d.img 9M -b 1024 -I 256 -L 'a"b\c'
	mkdir -p tree/sub
	head -c 300000 /dev/urandom >tree/big
	printf x >tree/$'odd\n"\\\xff'
	ln -s target tree/link
	for k in 1 2 3 4; do echo $k >tree/sub/f$k; done
	must "$EFS" cp -a tree d.img:/
	must "$EFS" rm d.img:/tree/sub/f2
	clean d.img
}

super_block()
{
	json d.img super
	field .super.verdict sound
	field .super.label 'a"b\c'
	field .super.blocks "$(super d.img 'Block count')"
	field .super.free_blocks "$(super d.img 'Free blocks')"
	field .super.free_inodes "$(super d.img 'Free inodes')"
	field .super.uuid "$(super d.img 'Filesystem UUID')"
	field .super.hash_seed "$(super d.img 'Directory Hash Seed')"
	field .super.reserved_gdt_blocks "$(super d.img 'Reserved GDT blocks')"
	field '.super | .compat + .incompat + .ro_compat | sort | join(" ")' \
		"$(super d.img 'Filesystem features' | tr ' ' '\n' | sort | xargs)"
	"$EFS" dump d.img super >text
	grep -q '^free blocks:  *[0-9]*$' text || die "text"
	[ "$(awk '/^[a-z ]*:  *[^ ]/ { match($0, /:  */); print RSTART + RLENGTH }' text |
		sort -u | wc -l)" = 1 ] || die "values are not in one column"
	"$EFS" -i d.img dump super | cmp - text || die "-i"
}

all_groups()
{
	json d.img group
	equal "$(jq -r '.groups[] | "\(.group) \(.block_bitmap) \(.inode_bitmap) \(.inode_table)"' out.json)" \
		"$(dbg d.img stats | sed -n 's/^ Group *\([0-9]*\): block bitmap at \([0-9]*\), inode bitmap at \([0-9]*\), inode table at \([0-9]*\).*/\1 \2 \3 \4/p')" \
		groups
	json d.img group 1
	equal "$(jq -r '.group.free_block_ranges[] | if .[0] == .[1] then .[0] else "\(.[0])-\(.[1])" end' out.json |
		paste -sd, | sed 's/,/, /g')" \
		"$(dumpe2fs d.img 2>/dev/null | sed -n '/^Group 1:/,$s/^  Free blocks: //p')" "free blocks"
	fails 1 "no group 2" "$EFS" dump d.img group 2
}

inodes()
{
	local ino

	json d.img inode /tree/big
	ino=$(jq .inode.inode out.json)
	equal "$ino" "$(dbg d.img 'stat /tree/big' | sed -n 's/^Inode: \([0-9]*\).*/\1/p')" number
	field .inode.size 300000
	field .inode.bitmap used
	field .inode.problem null
	json d.img inode "$ino"
	field .inode.inode "$ino"
	json d.img inode /tree/link
	field .inode.target target
	field .inode.type "symbolic link"
	json d.img blocks /tree/big
	equal "$(jq -r '.map[] | range(.physical; .physical + .length)' out.json)" \
		"$(dbg d.img 'blocks /tree/big' | tr ' ' '\n' | grep .)" blocks
	field '[.map[] | select(.kind == "data") | .length] | add' 293
	fails 1 "no inode 99999" "$EFS" dump d.img inode 99999
	fails 1 "/tree/none: No such file" "$EFS" dump d.img inode /tree/none
	fails 1 "Not a directory" "$EFS" dump d.img dir /tree/big
}

directory()
{
	json d.img dir /tree/sub
	equal "$(jq -r '[.records[] | select(.state == "used") | .name] | sort | join(" ")' out.json)" \
		". .. f1 f3 f4" names
	equal "$(jq -r '.records[] | select(.state != "used") | .name' out.json)" f2 "deleted"
	json d.img dir /tree
	jq -r '.records[].name' out.json | grep -q '^odd$' || die "a newline"
	equal "$("$EFS" dump d.img dir /tree | grep -c odd)" 1 "a name is one line"
	"$EFS" dump d.img dir /tree | grep -qF 'odd\012"\134\377' || die "escapes"
}

bytes()
{
	json d.img block 1
	equal "$(jq -r .block.hex out.json)" \
		"$(dd if=d.img bs=1024 skip=1 count=1 status=none | od -An -v -tx1 | tr -d ' \n')" hex
	field .block.purpose superblock
	"$EFS" dump d.img block 1 | grep '^0' >got
	dd if=d.img bs=1024 skip=1 count=1 status=none | od -An -v -tx1 | sed 's/^ //' >want
	cut -c11-33,35-58 --output-delimiter=' ' got | sed 's/  */ /g; s/ $//' | cmp - want || die "text"
	fails 1 "block 99999" "$EFS" dump d.img block 99999
}

everything()
{
	json d.img all
	field '.inodes | length' "$(dumpe2fs -h d.img 2>/dev/null |
		awk '/^Inode count/ { n = $3 } /^Free inodes/ { n -= $3 } END { print n }')"
	must "$EFS" dump d.img all >text
	grep -q 'f3$' text || die "records"
}

damaged()
{
	cp d.img s.img
	dd if=/dev/zero of=s.img bs=1024 seek=1 count=1 conv=notrunc status=none
	fails 1 "sb=8193" "$EFS" dump s.img group
	grep -q "no ext2 superblock" err || die "reason"
	json s.img super
	field .super.verdict unreadable
	field '.super.problems[0]' "SB_MAGIC: no ext2 superblock"
	"$EFS" -o sb=8193 dump s.img dir /tree/sub | grep -q 'f3$' || die "by the copy"
	json -- d.img super
	cp d.img m.img
	printf '\0' | dd of=m.img bs=1 seek=1080 conv=notrunc status=none
	json m.img dir /tree/sub
	cp d.img g.img
	# a group descriptor, and the length of a record
	printf '\377\377' | dd of=g.img bs=1 seek=$((2048 + 32)) conv=notrunc status=none
	json g.img group
	field '.groups[0].problem' null
	field '.groups[1].problem | split(":")[0]' BG_BLOCK_BITMAP
	block=$("$EFS" dump --json d.img blocks /tree/sub | jq '.map[0].physical')
	printf '\003\0' | dd of=g.img bs=1 seek=$((block * 1024 + 4)) conv=notrunc status=none
	json g.img dir "$("$EFS" dump --json d.img inode /tree/sub | jq .inode.inode)"
	field '.records[0].problem | split(":")[0]' DIRENT_RECLEN
	: >empty
	fails 1 "ends before" "$EFS" dump empty super
	truncate -s 16M e.img
	mke2fs -q -F -t ext4 e.img || die mke2fs
	json e.img super
	field .super.verdict refused
	field '.super.incompat | index("extent") != null' true
	fails 1 "Operation not supported" "$EFS" dump e.img dir /
}

wrong_usage()
{
	fails 2 "Usage: efs dump" "$EFS" dump
	fails 2 "Usage: efs dump" "$EFS" dump d.img
	fails 2 "Usage: efs dump" "$EFS" dump d.img nonsense
	fails 2 "Usage: efs dump" "$EFS" dump d.img inode
	fails 2 "Usage: efs dump" "$EFS" dump d.img super 1
	fails 2 "neither a number" "$EFS" dump d.img inode x
	fails 2 "no number" "$EFS" dump d.img block x
	fails 1 "No such file" "$EFS" dump none.img super
}

room()
{
	local total free type size avail name

	read -r type size _ avail _ name < <("$EFS" df d.img | tail -n 1)
	equal "$type $name" "ext2 d.img" "df"
	total=$(super d.img 'Block count')
	free=$(super d.img 'Free blocks')
	equal "$avail" "$((free - $(super d.img 'Reserved block count')))" available
	[ "$size" -gt "$free" ] && [ "$size" -le "$total" ] || die "size $size"
	read -r _ size _ avail _ < <("$EFS" df -i d.img | tail -n 1)
	equal "$size $avail" "$(super d.img 'Inode count') $(super d.img 'Free inodes')" inodes
	"$EFS" df -h d.img | grep -Eq '^ext2 +[0-9.]+M ' || die "-h"
	equal "$("$EFS" df d.img d.img | wc -l)" 3 lines
	fails 2 "Usage: efs df" "$EFS" df
	fails 1 "No such file" "$EFS" df none.img
}

verdict()
{
	must "$EFS" check d.img >text
	grep -q "^d.img: clean, " text || die "$(cat text)"
	must "$EFS" check --json d.img >out.json
	field .clean true
	field '.problems | map(select(.wrong)) | length' 0
	cp d.img c.img
	debugfs -w -R "set_inode_field /tree/big links_count 7" c.img 2>/dev/null
	"$EFS" check c.img >text
	equal $? 4 "status"
	grep -q "c.img: inconsistent" text || die "$(cat text)"
	"$EFS" check --json c.img >out.json
	equal $? 4 "status of --json"
	field .clean false
	jq -e '.problems[] | select(.wrong and .want == 1 and .have == 7)' out.json >/dev/null ||
		die "$(cat out.json)"
	fails 8 "none.img: No such file" "$EFS" check none.img
	fails 16 "Usage: efs check" "$EFS" check
	fails 16 "Usage: efs check" "$EFS" check -z d.img
}

(volume) >log 2>&1 || { sed 's/^/# /' log; echo "Bail out! no image"; exit 1; }
ok "the superblock" super_block
ok "groups" all_groups
ok "inodes and maps" inodes
ok "directories, what was deleted too" directory
ok "bytes of a block" bytes
ok "everything" everything
ok "what cannot be mounted" damaged
ok "usage" wrong_usage
ok "df" room
ok "check" verdict

done_testing
