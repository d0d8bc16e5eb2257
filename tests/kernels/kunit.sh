#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/kernels/kunit.sh [-s] [-o DIR] [-f NAME] [-m core|vfs] [KERNEL...]: build the suites of kunit/
# as modules for each KERNEL, load them there, and print what they say: KTAP, a group for each
# kernel. A line for each goes to stderr. Exit status 0 if all passed.
#
#   KERNEL   uml, uml-kasan, uml-6.1, uml-kasan-6.1: KUnit in user-mode Linux
#            debug: KUnit on the debug kernel, in a guest
#            6.1, 6.12, or a full version: the KTAP shim on a stock kernel, in a guest
#            (default: uml uml-kasan 6.1 6.12)
#   -s       short: leave out the cases that take seconds
#   -m WHAT  one of the two modules: the core's suites over the memory port, or those that drive
#            efsext2.ko through the VFS
#   -o DIR   keep KERNEL.ktap, KERNEL.console and KERNEL.images there (build/kunit-ktap)
#   -f NAME  suites whose name begins so
#
# A kernel passes when every suite and case it announced was seen and none failed, its console shows
# no splat, and e2fsck finds nothing wrong with any volume the VFS suites left behind. Skipped are
# the cases that need e2fsprogs inside the kernel, or a kernel that can let allocations fail.

set -u

HERE=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)

die()
{
	echo "kunit: $*" >&2
	exit 1
}

out=$TOP/build/kunit-ktap filter= short= what="core vfs"
while getopts so:f:m: opt; do
	case "$opt" in
	s)	short=1 ;;
	o)	out=$OPTARG ;;
	f)	filter=$OPTARG ;;
	m)	what=$OPTARG ;;
	*)	exit 1 ;;
	esac
done
case "$what" in
core|vfs|"core vfs") ;;
*)	die "-m core or -m vfs" ;;
esac
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- uml uml-kasan 6.1 6.12
mkdir -p "$out" || die "cannot write to $out"
out=$(cd "$out" && pwd)

# build_all KERNEL DIR MAKEARGS...: the modules, into the directory of links DIR
build_all()
{
	local k=$1 dir=$2 m

	shift 2
	"$TOP/scripts/mirror.sh" "$dir" || return 1
	for m in "" /kunit/kernel /kunit/vfs; do
		case "$what:$m" in
		core:|core:/kunit/vfs|vfs:/kunit/kernel) continue ;;
		esac
		nice make -s "$@" M="$dir$m" -j"${EFS_JOBS:-2}" modules || return 1
	done
}

# commands DIR: what the kernel is told, a script
commands()
{
	local dir=$1 p=/sys/module/kunit/parameters

	# KUnit waits for a case without a word, which after some time looks like a task that hangs
	echo "echo 0 >/proc/sys/kernel/hung_task_timeout_secs 2>/dev/null"
	echo "mount -t debugfs none /sys/kernel/debug 2>/dev/null"
	echo "for f in failslab fail_page_alloc; do"
	echo "[ -d /sys/kernel/debug/\$f ] || continue"
	echo "echo N >/sys/kernel/debug/\$f/ignore-gfp-wait; echo 0 >/sys/kernel/debug/\$f/verbose"
	echo "done"
	[ -z "$filter" ] || echo "[ ! -e $p/filter_glob ] || echo -n '$filter*' >$p/filter_glob"
	[ -z "$short" ] || echo "[ ! -e $p/filter ] || echo -n 'speed>slow' >$p/filter"
	# what only the shim knows
	echo "shim=; [ -e $p ] || shim='${filter:+only=$filter }${short:+fast=1}'"
	echo "set -e"
	case "$what" in
	*core*)	echo "insmod $dir/kunit/kernel/efsext2_kunit.ko \$shim" ;;
	esac
	case "$what" in
	*vfs*)
		echo "insmod $dir/efsext2.ko"
		echo "insmod $dir/kunit/vfs/efsext2_vfs_kunit.ko share=/share \$shim"
		echo "rmmod efsext2_vfs_kunit efsext2"
		;;
	esac
}

# verdicts DIR: e2fsck over the images in DIR
verdicts()
{
	local n=0 rc=ok f

	shopt -s nullglob
	set -- "$1"/*
	shopt -u nullglob
	echo "KTAP version 1"
	echo "1..1"
	echo "    KTAP version 1"
	echo "    # Subtest: e2fsck"
	echo "    1..$#"
	for f; do
		n=$((n + 1))
		if e2fsck -fn "$f" >"$f.log" 2>&1; then
			echo "    ok $n ${f##*/}"
			rm -f "$f" "$f.log"
		else
			rc="not ok"
			sed 's/^/    # /' "$f.log"
			echo "    not ok $n ${f##*/}"
		fi
	done
	echo "$rc 1 e2fsck"
}

# The console without its clock, and without what is no test result; one group.
ktap_of()
{
	sed 's/^\[ *[0-9]*\.[0-9]*\] //' "$1" |
	sed -n '/^KTAP version/,$p' |
	grep -E '^ *(KTAP version|1\.\.[0-9]|ok |not ok |# |        [^ ])' |
	grep -v '^1\.\.0$'
}

fail=0 count=0
echo "KTAP version 1"
echo "1..$#"
for k in "$@"; do
	count=$((count + 1))
	run= make=()
	case "$k" in
	uml|uml-kasan|uml-6.1|uml-kasan-6.1)
		series=6.12
		[ "${k%-6.1}" = "$k" ] || series=6.1
		if dir=$("$HERE/build.sh" "${k%-6.1}" "$series"); then
			run=("$TOP/tests/uml/run" -k "$dir")
			make=(-C "$dir/build" ARCH=um)
		fi
		;;
	debug)
		if dir=$("$HERE/build.sh" debug); then
			run=("$TOP/tests/vm/run" -k debug)
			make=(-C "$dir/build")
		fi
		;;
	*)
		if kver=$("$TOP/scripts/kernels.sh" resolve "$k"); then
			run=("$TOP/tests/vm/run" -k "$kver")
			make=(-C "/lib/modules/$kver/build")
		fi
		;;
	esac
	if [ -z "${run[*]}" ]; then
		echo "not ok $count $k: no kernel"
		fail=1
		continue
	fi
	build=$TOP/build/kunit-$k
	exec 7>"$out/$k.lock"
	flock 7
	if ! build_all "$k" "$build" "${make[@]}" >"$out/$k.build" 2>&1; then
		grep -E 'error|ERROR|undefined' "$out/$k.build" | head -n 20 >&2
		echo "kunit: $k: not built ($out/$k.build)" >&2
		echo "not ok $count $k: not built"
		fail=1
		continue
	fi
	rm -rf "$out/$k.images"
	mkdir "$out/$k.images"
	commands "$build" >"$out/$k.sh"
	start=$(date +%s%N)
	"${run[@]}" -t 1800 -s "$out/$k.images" -l "$out/$k.console" -- sh "$out/$k.sh" >"$out/$k.out" 2>&1
	rc=$?
	ms=$((($(date +%s%N) - start) / 1000000))
	{
		ktap_of "$out/$k.console"
		case "$what" in
		*vfs*)	verdicts "$out/$k.images" ;;
		esac
		echo "KTAP version 1"
		echo "1..1"
		[ $rc -eq 0 ] || sed 's/^/# /' "$out/$k.out" | head -n 60
		[ $rc -eq 0 ] && echo "ok 1 the kernel's own opinion" ||
			echo "not ok 1 the kernel's own opinion (status $rc)"
	} >"$out/$k.ktap"
	: >"$out/$k.failed"
	read -r passed failed skipped < <(awk -v names="$out/$k.failed" -f "$TOP/scripts/ktap.awk" \
		"$out/$k.ktap")
	echo "    # Subtest: $k"
	sed 's/^/    /' "$out/$k.ktap"
	secs=$((ms / 1000)).$((ms / 100 % 10))
	if [ "$failed" = 0 ] && [ "$passed" -gt 1 ]; then
		echo "ok $count $k"
		echo "kunit: $k: ok, $passed passed, $skipped skipped, $secs s" >&2
	else
		fail=1
		echo "not ok $count $k"
		echo "kunit: $k: FAILED, $failed of $((passed + failed)) (status $rc; $out/$k.ktap)" >&2
		grep -E '^ *not ok' "$out/$k.ktap" | head -n 20 >&2
		[ $rc -eq 0 ] || head -n 60 "$out/$k.out" >&2
	fi
	flock -u 7
done
exit $fail
