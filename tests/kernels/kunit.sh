#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/kernels/kunit.sh [-o DIR] [-f FILTER] [KERNEL...]: build the suites of kunit/ as a module for
# each KERNEL, load it there, and print a line for each; exit status 0 if all passed.
#
#   KERNEL   uml, uml-kasan, uml-6.1, uml-kasan-6.1: KUnit in user-mode Linux
#            debug: KUnit on the debug kernel, in a guest
#            6.1, 6.12, or a full version: the KTAP shim on a stock kernel, in a guest
#            (default: uml uml-kasan 6.1 6.12)
#   -o DIR   keep KERNEL.ktap and KERNEL.console there (build/kunit-ktap)
#   -f NAME  suites whose name begins so
#
# A kernel passes when every suite and case it announced was seen and none failed, and its console
# shows no splat. Skipped are the cases that need e2fsprogs.

set -u

HERE=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)

die()
{
	echo "kunit: $*" >&2
	exit 1
}

out=$TOP/build/kunit-ktap filter=
while getopts o:f: opt; do
	case "$opt" in
	o)	out=$OPTARG ;;
	f)	filter=$OPTARG ;;
	*)	exit 1 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- uml uml-kasan 6.1 6.12
mkdir -p "$out" || die "cannot write to $out"

fail=0
for k in "$@"; do
	run= make=()
	case "$k" in
	uml|uml-kasan|uml-6.1|uml-kasan-6.1)
		series=6.12
		[ "${k%-6.1}" = "$k" ] || series=6.1
		dir=$("$HERE/build.sh" "${k%-6.1}" "$series") || { fail=1; continue; }
		run=("$TOP/tests/uml/run" -k "$dir")
		make=(-C "$dir/build" ARCH=um)
		;;
	debug)
		dir=$("$HERE/build.sh" debug) || { fail=1; continue; }
		run=("$TOP/tests/vm/run" -k debug)
		make=(-C "$dir/build")
		;;
	*)
		kver=$("$TOP/scripts/kernels.sh" resolve "$k") || { fail=1; continue; }
		run=("$TOP/tests/vm/run" -k "$kver")
		make=(-C "/lib/modules/$kver/build")
		;;
	esac
	build=$TOP/build/kunit-$k
	exec 7>"$out/$k.lock"
	flock 7
	if ! {
		"$TOP/scripts/mirror.sh" "$build" &&
		nice make -s "${make[@]}" M="$build/kunit/kernel" -j"${EFS_JOBS:-2}" modules
	} >"$out/$k.build" 2>&1; then
		grep -E 'error|ERROR|undefined' "$out/$k.build" | head -n 20 >&2
		echo "kunit: $k: not built ($out/$k.build)"
		fail=1
		continue
	fi
	ko=$build/kunit/kernel/efsext2_kunit.ko
	param=
	[ -z "$filter" ] || param=only=$filter
	start=$(date +%s.%N)
	# KUnit waits for a case without a word, which after some time looks like a task that hangs
	"${run[@]}" -t 900 -l "$out/$k.console" -- sh -c \
		"echo 0 >/proc/sys/kernel/hung_task_timeout_secs; exec insmod $ko $param" >"$out/$k.out" 2>&1
	rc=$?
	secs=$(echo "$(date +%s.%N) - $start" | bc | cut -d. -f1)
	# the console without its clock
	sed 's/^\[ *[0-9]*\.[0-9]*\] //' "$out/$k.console" | sed -n '/^KTAP version/,$p' >"$out/$k.ktap"
	: >"$out/$k.failed"
	read -r passed failed skipped < <(awk -v names="$out/$k.failed" -f "$TOP/scripts/ktap.awk" \
		"$out/$k.ktap")
	if [ $rc -eq 0 ] && [ "$failed" = 0 ] && [ "$passed" -gt 0 ]; then
		echo "kunit: $k: ok, $passed cases, $skipped skipped, ${secs:-0} s"
	else
		fail=1
		echo "kunit: $k: FAILED, $failed of $((passed + failed)) cases (status $rc; $out/$k.ktap)"
		sed 's/^/  /' "$out/$k.failed" | head -n 20
		[ $rc -eq 0 ] || sed 's/^/  /' "$out/$k.out" | head -n 60
	fi
	flock -u 7
done
exit $fail
