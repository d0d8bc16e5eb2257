#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Devices that fail: each request of each command in turn, once and for good.
#
# A write that fails is said, with a status that is not 0, and leaves a volume that e2fsck
# mends; files that nobody touched stay as they are. A read that fails is said as well,
# unless it was read-ahead and all went well without.
. "${0%/*}/lib.sh"

prepare()
{
	image base.img 3M -b 1024 -I 256
	head -c 300000 /dev/urandom >data
	head -c 50000 /dev/urandom >keep
	head -c 80000 data >old
	must "$EFS" mkdir -p base.img:/tree/a/b base.img:/keep
	must "$EFS" put keep base.img:/keep/keep
	must "$EFS" put old base.img:/old
	for k in {1..30}; do echo "$k" >"n$k"; done
	must "$EFS" put n? n?? base.img:/tree/a
	must "$EFS" put data base.img:/tree/a/b
	clean base.img
	mkdir -p src/d
	head -c 5000 data >src/d/f
	ln src/d/f src/hard
	ln -s d src/l
}

# requests that a run without faults makes: reads, writes, flushes
requests()
{
	cp base.img f.img
	EFS_FAULT=count EFS_FAULT_LOG=$PWD/requests "$EFS_FAULTY" "$@" >/dev/null || die "$*"
	clean f.img
	read -r _ reads writes flushes <requests
	[ "$flushes" -gt 0 ] || die "nothing was flushed"
}

# one run with a fault; a read may fail without harm
faulty()
{
	local fault=$1 status

	shift
	cp base.img f.img
	EFS_FAULT=$fault "$EFS_FAULTY" "$@" >out 2>err
	status=$?
	case $status,$fault in
	0,read:*)
		clean f.img
		return
		;;
	1,*)
		[ -s err ] || die "$fault: nothing was said"
		;;
	*)
		cat err
		die "$fault: status $status"
		;;
	esac
	heals f.img
	"$EFS" cat f.img:/keep/keep | cmp - keep || die "$fault: a file that was not touched"
}

each()
{
	local n

	requests "$@"
	for n in $(seq 1 "$writes"); do
		faulty "write:$n" "$@"
		faulty "write:$n+" "$@"
	done
	for n in $(seq 1 "$flushes"); do faulty "flush:$n" "$@"; done
	for n in $(seq 1 "$reads"); do
		faulty "read:$n" "$@"
		[ $((n % 4)) = 0 ] && faulty "read:$n+" "$@"
	done
	return 0
}

# reading commands: what comes out before the error is right, and the image stays as it is
reading()
{
	local n before

	cp base.img f.img
	before=$(sha256sum <f.img)
	EFS_FAULT=count EFS_FAULT_LOG=$PWD/requests "$EFS_FAULTY" cat f.img:/tree/a/b/data >/dev/null
	read -r _ reads writes flushes <requests
	equal "$writes" 0 "writes of cat"
	for n in $(seq 1 "$reads"); do
		EFS_FAULT=read:$n "$EFS_FAULTY" cat f.img:/tree/a/b/data >out 2>err
		if [ $? = 0 ]; then
			cmp out data || die "read:$n"
		else
			[ -s err ] || die "read:$n: nothing was said"
			cmp -n "$(stat -c %s out)" out data || die "read:$n: wrong data"
		fi
	done
	equal "$(sha256sum <f.img)" "$before" "the image"
}

# copies out of an image: whatever is there afterwards is right, and what is missing was said
extracting()
{
	local n

	rm -rf got
	EFS_FAULT=count EFS_FAULT_LOG=$PWD/requests "$EFS_FAULTY" cp -a base.img:/tree got || die "cp"
	read -r _ reads writes flushes <requests
	for n in $(seq 1 "$reads"); do
		rm -rf got
		EFS_FAULT=read:$n "$EFS_FAULTY" cp -a base.img:/tree got 2>err
		if [ $? = 0 ]; then
			[ "$(find got -type f | wc -l)" = 31 ] || die "read:$n: files are missing"
		else
			[ -s err ] || die "read:$n: nothing was said"
		fi
		[ ! -e got/a/b/data ] || cmp got/a/b/data data || die "read:$n: wrong data"
	done
}

ok "prepare" prepare
ok "mkdir -p" each mkdir -p f.img:/x/y/z
ok "put, a new file" each put data f.img:/new
ok "put, over a file" each put data f.img:/old
ok "rm" each rm f.img:/tree/a/b/data
ok "rm -r" each rm -r f.img:/tree
ok "cp -a, a tree" each cp -a "$TMP/src" f.img:/
ok "mv" each mv f.img:/tree f.img:/keep/moved
ok "chmod -R" each chmod -R go-rwx f.img:/tree
ok "xattr set" each xattr set user.name value f.img:/old
ok "truncate" each truncate -s 10K f.img:/old
ok "sh" each sh -e f.img -c 'cd tree; mkdir new; ln -s a new/l; rm -r a'
ok "cat" reading
ok "cp -a, to this machine" extracting

done_testing
