#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/check.sh [quick] [KVER=WHAT] [V=1] [STEP...]: everything that must hold. `make check`
# calls it. With names of steps (-l lists them), the builds and those only.
# scripts/check.sh long=GROUP [V=1]: what `make GROUP` does: the long form of some of it.
#
#   1. the module builds for each kernel: gcc and clang at W=1, sparse at C=2, not a word from any
#   2. on the host: walls, style, unit tests on every runner, coverage, fuzzers, power cuts,
#      mutations of the source, the tests of user/
#   3. in kernels: KUnit in user-mode Linux and on the stock kernels; the guest suites on each stock
#      kernel; the debug kernel                                           (not with `quick`)
#
# The steps of 2 and 3 run side by side, one for each processor (EFS_JOBS says otherwise), longest
# first. Each writes KTAP to build/check/STEP.tap and what else it says to STEP.log. The leaves of
# all streams are counted; a step that dies, or breaks its plan, is a failure. The last line is
# "N passed, N failed".

# Read whole before it runs: the file may change under a long run.
{
set -u
TOP=$(cd "$(dirname "$0")/.." && pwd)
cd "$TOP" || exit 1
OUT=$TOP/build/check
kernels=$TOP/scripts/kernels.sh
quick= verbose=0 want= only= list_only= long=

die()
{
	echo "check: $*" >&2
	exit 1
}

for a; do
	case "$a" in
	-l)	list_only=1 ;;
	quick)	quick=1 ;;
	V=*)	verbose=${a#V=} ;;
	KVER=*)	want=${a#KVER=} ;;
	long=*)	long=${a#long=} ;;
	-*|*=*)	die "unknown argument '$a' (quick, long=, KVER=, V=, -l, or steps)" ;;
	*)	only="$only $a" ;;
	esac
done

"$TOP/scripts/deps.sh" || exit 1
# What was compiled before, by another checkout too, is not compiled again. Paths below this one are
# told relative to where the compiler runs, so that those of others are the same.
export PATH=/usr/lib/ccache:$PATH CCACHE_DIR=${EFS_CACHE:-${HOME:-/root}/.cache/efsext2}/ccache
export CCACHE_BASEDIR=$TOP CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=2G
if [ -n "$want" ]; then
	list=$("$kernels" resolve "$want") || exit 1
else
	list=$("$kernels" list) || exit 1
	[ -n "$list" ] || die "no kernel to test with: scripts/deps.sh installs headers"
fi

# ---- what there is to do, longest first: name, command ----

host_steps()
{
	cat <<-END
	user		make -s -C user check
	kunit		make -s -C kunit check-short
	style		scripts/style.sh
	mutations	tests/mutations/run -s
	crash		tests/crash/run
	coverage	tests/coverage/run
	fuzz		tests/fuzz/run T=20
	walls		tests/walls/check.sh
	suites		tests/runners/suites.sh
	checklist	tests/runners/checklist.sh
	END
}

kernel_steps()
{
	local k s

	echo "debug tests/debug/run short"
	echo "kunit-uml tests/kernels/kunit.sh -s -m core uml"
	echo "kunit-uml-kasan tests/kernels/kunit.sh -s -m vfs uml-kasan"
	echo "crash-kernel tests/crash/kernel/run short"
	for s in $(tests/guest/run -l); do
		for k in $list; do
			# efs-fuse is no part of a kernel: one is enough
			case "$s" in
			fuse*)	[ "$k" = "${list##*[[:space:]]}" ] || continue ;;
			esac
			echo "$s-$k tests/guest/run -k $k -o $OUT/$k $s"
		done
	done
	for k in $list; do
		echo "kunit-$k tests/kernels/kunit.sh -s $k"
	done
}

# the long forms
long_steps()
{
	local k

	case "$long" in
	kunit)
		for k in uml $list; do
			echo "kunit-$k tests/kernels/kunit.sh $k"
		done
		# the core under KASAN takes a quarter of an hour; ASan looks at it in userspace
		echo "kunit-uml-kasan tests/kernels/kunit.sh -m vfs uml-kasan"
		echo "kunit make -s -C kunit check-all"
		echo "kunit-long make -s -C kunit check-long"
		;;
	check-debug)	echo "check-debug tests/debug/run" ;;
	fuzz)		echo "fuzz tests/fuzz/run T=${T:-300}" ;;
	crash)
		echo "crash-kernel tests/crash/kernel/run"
		echo "crash tests/crash/run -l"
		;;
	coverage)	echo "coverage tests/coverage/run" ;;
	mutations)	echo "mutations tests/mutations/run" ;;
	style)		echo "style scripts/style.sh" ;;
	*)		die "no long form '$long'" ;;
	esac
}

steps()
{
	if [ -n "$long" ]; then
		long_steps
		return
	fi
	[ -n "$quick" ] || kernel_steps
	host_steps
}

jobs=$(steps) || exit 1
if [ -n "$list_only" ]; then
	awk '{ print $1 }' <<<"$jobs"
	exit
fi
for s in $only; do
	awk -v s="$s" '$1 == s { found = 1 } END { exit !found }' <<<"$jobs" ||
		die "no step '$s' (-l lists them)"
done
[ -z "$only" ] || jobs=$(awk -v only="$only " 'index(only, " " $1 " ")' <<<"$jobs")

rm -rf "$OUT"
mkdir -p "$OUT"

# ---- running and counting ----

passed=0
failed=0
skipped=0

# run NAME COMMAND...: one step, its status and seconds to NAME.rc
run()
{
	local name=$1 start=$SECONDS

	shift
	"$@" >"$OUT/$name.tap" 2>"$OUT/$name.log" </dev/null
	echo "$? $((SECONDS - start))" >"$OUT/$name.rc"
}

# count NAME: add up what a step that ended left, say how it went
count()
{
	local p f s rc seconds tap=$OUT/$1.tap

	read -r rc seconds <"$OUT/$1.rc" || rc=1 seconds=0
	read -r p f s < <(awk -f "$TOP/scripts/ktap.awk" "$tap" 2>>"$OUT/$1.log")
	# a failure nobody counted: the step itself died
	if [ "$rc" != 0 ] && [ "$f" = 0 ]; then
		f=1
		echo "# $1: ended with status $rc" >>"$tap"
	fi
	[ $((p + f + s)) -gt 0 ] || f=1
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
	printf '%-30s %5d passed %3d failed %3d skipped  %4d s\n' "$1" "$p" "$f" "$s" "$seconds"
	[ "$verbose" = 0 ] || cat "$tap"
	if [ "$f" != 0 ]; then
		grep -B 12 -A 1 -E '^ *not ok|^# .*(status [1-9]|SPLAT)' "$tap" | tail -n 80
		[ ! -s "$OUT/$1.log" ] || tail -n 20 "$OUT/$1.log" | sed 's/^/log: /'
	fi
}

# ---- builds ----

# silent NAME COMMAND...: must succeed and print nothing that looks like a complaint about us
silent()
{
	local name=$1 log=$OUT/build.tmp

	shift
	cases=$((cases + 1))
	if "$@" >"$log" 2>&1 </dev/null && ! grep -nE '(warning|error):' "$log" >&2; then
		echo "ok $cases - $name"
	else
		sed 's/^/# /' "$log" | grep -vE '^# (make|  (CC|LD|AR|MODPOST|CHECK) )' | head -n 30
		echo "not ok $cases - $name"
	fi
}

build_all()
{
	local k dir

	cases=0
	for k in $list; do
		silent "$k: gcc, W=1, sparse C=2" make -s -j2 KVER="$k" W=1 C=2 modules
		dir=$TOP/build/$k-clang
		"$TOP/scripts/mirror.sh" "$dir"
		silent "$k: clang, W=1" make -s -j2 -C "/lib/modules/$k/build" M="$dir" W=1 \
			CC="$TOP/scripts/clang-kernel.sh" CONFIG_OBJTOOL= modules
	done
	silent "the efs command" make -s -C user CFLAGS="-O2 -g -Werror"
	silent "user/ and core/ under sparse" make -s -C user sparse
	echo "1..$cases"
}

if [ -z "$long" ]; then
	echo "kernels: $(echo "$list" | tr '\n' ' ')"
	run build build_all
	count build
fi

# What many steps share is made once, before two of them could make it at the same time.
if [ -z "$quick$long" ]; then
	for k in $list; do
		"$kernels" image "$k" >/dev/null || die "no image of kernel $k"
		"$kernels" ext2 "$k" >/dev/null || die "in-tree ext2 does not build for $k"
	done
	make -s -C tests/guest/work OUT="$TOP/build/tests/efs-work" || die "tests/guest/work"
fi

# ---- steps, side by side ----

declare -A name_of
workers=${EFS_JOBS:-$(nproc)}
free=$workers

reap()
{
	local pid

	wait -n -p pid
	count "${name_of[$pid]}"
	free=$((free + 1))
}

while read -r name command; do
	[ "$free" -gt 0 ] || reap
	# shellcheck disable=SC2086 # a command and its words
	run "$name" $command &
	name_of[$!]=$name
	free=$((free - 1))
done <<<"$jobs"
while [ "$free" -lt "$workers" ]; do
	reap
done

echo
echo "logs: build/check/; $SECONDS s; $skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
exit
}
