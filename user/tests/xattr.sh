#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Extended attributes and access control lists on volumes of mke2fs: what the command sets,
# debugfs reads, and the other way round, byte by byte; e2fsck looks after each change.
. "${0%/*}/lib.sh"

head -c 3000 /dev/urandom >DATA

# set_ours PATH NAME FILE
set_ours()
{
	must "$EFS" xattr set "$2" "0x$(od -An -v -tx1 "$3" | tr -d ' \n')" "i.img:$1"
	clean i.img
}

# set_theirs PATH NAME FILE
set_theirs()
{
	debugfs -w -R "ea_set -f $3 $1 $2" i.img >dbg.log 2>&1
	clean i.img
}

# both PATH NAME FILE: both read the bytes of FILE
both()
{
	must "$EFS" xattr get --only-values "$2" "i.img:$1" >got
	cmp got "$3" || die "$2 of $1 as the command reads it"
	rm -f got
	dbg i.img "ea_get -f got $1 $2"
	cmp got "$3" || die "$2 of $1 as debugfs reads it"
}

names()
{
	"$EFS" xattr list "i.img:$1" | sort | tr '\n' ' '
}

# values of all sizes, up to what a block holds
sizes()
{
	local bs=$1 n

	for n in 0 1 3 4 5 59 60 67 68 69 100 $((bs - 60)) $((bs - 57)) $((bs - 56)); do
		[ "$n" -le 3000 ] || continue
		head -c "$n" DATA >value
		set_ours /f user.a value
		both /f user.a value
	done
	if [ "$bs" -lt 3000 ]; then
		fails 1 "No space left" "$EFS" xattr set user.a \
			"0x$(head -c $((bs - 55)) DATA | od -An -v -tx1 | tr -d ' \n')" i.img:/f
		both /f user.a value
	fi
	must "$EFS" xattr rm user.a i.img:/f
	clean i.img
	equal "$(names /f)" "" "names of /f"
	equal "$(dbg i.img 'stat /f' | sed -n 's/.*File ACL: \([0-9]*\).*/\1/p')" 0 "block of /f"
	fails 1 "No such attribute" "$EFS" xattr rm user.a i.img:/f
}

# in any order: debugfs does not sort, and puts into the inode what fits there
mixed()
{
	local name k=0

	for name in user.zz user.b trusted.aaa security.selinux user.a user.ccc; do
		k=$((k + 1))
		head -c $((k * 19)) DATA >"$name"
		if [ $((k % 2)) = 1 ]; then
			set_theirs /g $name $name
		else
			set_ours /g $name $name
		fi
	done
	for name in user.zz user.b trusted.aaa security.selinux user.a user.ccc; do
		both /g $name $name
	done
	equal "$(names /g)" "security.selinux trusted.aaa user.a user.b user.ccc user.zz " "names"
	# replaced by the other one
	tail -c 25 DATA >user.zz
	set_ours /g user.zz user.zz
	both /g user.zz user.zz
	tail -c 30 DATA >user.b
	set_theirs /g user.b user.b
	both /g user.b user.b
	debugfs -w -R "ea_rm /g user.a" i.img >dbg.log 2>&1
	must "$EFS" xattr rm user.zz i.img:/g
	clean i.img
	equal "$(names /g)" "security.selinux trusted.aaa user.b user.ccc " "names"
	both /g user.b user.b
}

# owner rwx, user 1000 r-x, group r--, mask rwx, others --x; then the same with a mask of r--
ACL=0x0200000001000700ffffffff02000500e803000004000400ffffffff10000700ffffffff20000100ffffffff
MASKED=${ACL/10000700ffffffff/10000400ffffffff}

bytes()
{
	local hex=${1#0x}

	# shellcheck disable=SC2001 # each two digits
	printf '%b' "$(sed 's/../\\x&/g' <<<"$hex")"
}

# list PATH NAME LIST: both read that; debugfs has 0 for the id of entries without one
list()
{
	bytes "$3" >want
	must "$EFS" xattr get --only-values "$2" "i.img:$1" >got
	cmp got want || die "$2 of $1 as the command reads it"
	bytes "${3//ffffffff/00000000}" >want
	rm -f got
	dbg i.img "ea_get -f got $1 $2"
	cmp got want || die "$2 of $1 as debugfs reads it"
}

acls()
{
	local name=system.posix_acl_access

	bytes $ACL >acl
	must "$EFS" xattr set $name $ACL i.img:/h
	clean i.img
	list /h $name $ACL
	dbg i.img 'stat /h' | grep -q 'Mode:  0771' || die "the list is not in the mode"
	# the same bytes on disk as from debugfs
	set_theirs /h2 $name acl
	list /h2 $name $ACL
	dbg i.img "ea_get -x -r /h $name" | sed 's/ *$//' >raw
	dbg i.img "ea_get -x -r /h2 $name" | sed 's/ *$//' >raw2
	cmp raw raw2 || die "lists differ on disk"
	must "$EFS" chmod 741 i.img:/h
	clean i.img
	list /h $name $MASKED
	# what is made in a directory with a default list has both
	must "$EFS" xattr set system.posix_acl_default $ACL i.img:/d
	clean i.img
	must "$EFS" mkdir i.img:/d/sub
	clean i.img
	list /d/sub system.posix_acl_default $ACL
	list /d system.posix_acl_default $ACL
	# a list that is a mode is not kept
	must "$EFS" xattr set $name 0x0200000001000600ffffffff04000400ffffffff20000000ffffffff \
		i.img:/h
	clean i.img
	equal "$(names /h)" "" "names"
	dbg i.img 'stat /h' | grep -q 'Mode:  0640' || die "the mode is not in the list"
	fails 1 "Invalid argument" "$EFS" xattr set $name 0x0200000001000600ffffffff i.img:/h
}

# block PATH: of attributes
block()
{
	dbg i.img "stat $1" | sed -n 's/.*File ACL: \([0-9]*\).*/\1/p'
}

# equal files have one block, which goes with the last of them
sharing()
{
	local before value k script=

	value=0x$(head -c 400 DATA | od -An -v -tx1 | tr -d ' \n')
	: >empty
	for k in 1 2 3 4 5; do
		must "$EFS" put empty "i.img:/s$k"
		script+="xattr set user.same $value /s$k;"
	done
	before=$(super i.img "Free blocks")
	must "$EFS" sh -e -c "$script" i.img
	clean i.img
	for k in 2 3 4 5; do
		equal "$(block /s$k)" "$(block /s1)" "block of /s$k"
	done
	[ "$(block /s1)" != 0 ] || die "no block"
	equal "$(super i.img "Free blocks")" $((before - 1)) "free blocks"
	# one goes its own way
	must "$EFS" xattr set user.same 0x00 i.img:/s3
	clean i.img
	head -c 400 DATA >value
	for k in 1 2 4 5; do
		both /s$k user.same value
	done
	for k in 1 2 3 4 5; do
		must "$EFS" rm "i.img:/s$k"
		clean i.img
	done
	equal "$(super i.img "Free blocks")" "$before" "free blocks"
}

for format in "1024 -I 128" "1024 -I 256" "2048 -I 512" "4096 -I 256" "1024 -r 0"; do
	# shellcheck disable=SC2086 # words of options
	image i.img 12M -b $format -N 500 2>/dev/null
	for f in f g h h2; do
		: >empty
		"$EFS" put empty "i.img:/$f" || exit 1
		"$EFS" chmod 644 "i.img:/$f" || exit 1
	done
	"$EFS" mkdir i.img:/d || exit 1
	ok "sizes, $format" sizes "${format%% *}"
	ok "mixed, $format" mixed
	ok "acls, $format" acls
	ok "sharing, $format" sharing
done
done_testing
