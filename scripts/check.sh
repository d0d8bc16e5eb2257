#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/check.sh [quick] [KVER=WHAT] [V=1]: everything that must hold. `make check` calls it.
#
#   1. the module builds for each kernel: gcc and clang at W=1, sparse at C=2, not a word from any
#   2. the walls around core/ stand
#   3. unit tests and the tests of user/, under sanitizers
#   4. guest suites on each stock kernel, two guests at a time         (not with `quick`)
#
# Each step writes KTAP to build/check/STEP.tap. The leaves of all streams are counted; a step that
# dies, or breaks its plan, is a failure. The last line is "N passed, N failed".

# Read whole before it runs: the file may change under a long run.
{
set -u
TOP=$(cd "$(dirname "$0")/.." && pwd)
cd "$TOP" || exit 1
OUT=$TOP/build/check
kernels=$TOP/scripts/kernels.sh
quick= verbose=0 want=

die()
{
	echo "check: $*" >&2
	exit 1
}

for a; do
	case "$a" in
	quick)	quick=1 ;;
	V=*)	verbose=${a#V=} ;;
	KVER=*)	want=${a#KVER=} ;;
	*)	die "unknown argument '$a' (quick, KVER=, V=)" ;;
	esac
done

rm -rf "$OUT"
mkdir -p "$OUT"
"$TOP/scripts/deps.sh" || exit 1

passed=0
failed=0
skipped=0

# count STEP STATUS SECONDS: add up build/check/STEP.tap, say how it went
count()
{
	local p f s tap=$OUT/$1.tap

	read -r p f s < <(awk -f "$TOP/scripts/ktap.awk" "$tap" 2>>"$OUT/$1.log")
	# a failure nobody counted: the step itself died
	if [ "$2" != 0 ] && [ "$f" = 0 ]; then
		f=1
		echo "# $1: ended with status $2" >>"$tap"
	fi
	[ $((p + f + s)) -gt 0 ] || f=1
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
	printf '%-24s %5d passed %3d failed %3d skipped  %4d s\n' "$1" "$p" "$f" "$s" "$3"
	if [ "$f" != 0 ]; then
		grep -B 12 -A 1 -E '^ *not ok|^# .*(status [1-9]|SPLAT)' "$tap" | tail -n 80
		[ ! -s "$OUT/$1.log" ] || tail -n 20 "$OUT/$1.log" | sed 's/^/log: /'
	fi
}

# step NAME COMMAND...: run it now
step()
{
	local name=$1 start=$SECONDS rc

	shift
	if [ "$verbose" != 0 ]; then
		"$@" 2>"$OUT/$name.log" </dev/null | tee "$OUT/$name.tap"
		rc=${PIPESTATUS[0]}
	else
		"$@" >"$OUT/$name.tap" 2>"$OUT/$name.log" </dev/null
		rc=$?
	fi
	count "$name" $rc $((SECONDS - start))
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

walls()
{
	tests/walls/check.sh
}

if [ -n "$want" ]; then
	list=$("$kernels" resolve "$want") || exit 1
else
	list=$("$kernels" list) || exit 1
	[ -n "$list" ] || die "no kernel to test with: scripts/deps.sh installs headers"
fi

echo "kernels: $(echo "$list" | tr '\n' ' ')"
step build build_all
step walls walls
step kunit make -s -C kunit check
step user make -s -C user check

# ---- guests ----

if [ -z "$quick" ]; then
	for k in $list; do
		"$kernels" image "$k" >/dev/null || die "no image of kernel $k"
		"$kernels" ext2 "$k" >/dev/null || die "in-tree ext2 does not build for $k"
	done
	# longest first would be best; the suites are many and short enough
	jobs=$(for s in $(tests/guest/run -l); do
		for k in $list; do
			echo "$k $s"
		done
	done)
	export TOP OUT
	# the workloads are built once, before two runners could do it at the same time
	make -s -C tests/guest/work OUT="$TOP/build/tests/efs-work" || die "tests/guest/work"
	xargs -P 2 -L 1 sh -c 't=$(date +%s)
		"$TOP/tests/guest/run" -k "$0" -o "$OUT/$0" "$1" \
			>"$OUT/$1-$0.tap" 2>"$OUT/$1-$0.log" </dev/null
		echo "$? $(($(date +%s) - t))" >"$OUT/$1-$0.rc"' <<<"$jobs"
	while read -r k s; do
		read -r rc seconds <"$OUT/$s-$k.rc" || rc=1 seconds=0
		count "$s-$k" "$rc" "$seconds"
	done <<<"$jobs"
fi

echo
echo "logs: build/check/; $SECONDS s; $skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
exit
}
