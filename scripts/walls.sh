#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# walls.sh: what may know what (Documentation/design.rst), seen in includes and in symbols.
#
#   home (module, user, kunit) -> engine -> format;  unix -> engine;  core/ -> no home
#
# Each core source is compiled freestanding over tests/walls, a home that only declares. What its
# object leaves undefined is what it asks of others. Prints KTAP.

set -u

TOP=$(cd "$(dirname "$0")/.." && pwd)
OUT=${1:-$TOP/build/walls}
CC=${CC:-gcc}
count=0 bad=0

result()
{
	local ok=$1

	shift
	count=$((count + 1))
	if [ "$ok" = 0 ]; then
		echo "ok $count - $*"
	else
		echo "not ok $count - $*"
		bad=1
	fi
}

cd "$TOP" || exit 1
rm -rf "$OUT"
mkdir -p "$OUT"
sources=$(ls core/format/*.c core/engine/*.c core/unix/*.c 2>/dev/null)

# compilers may call these four behind a program's back, freestanding or not
LIBC='^(memcpy|memset|memmove|memcmp)$'

for f in $sources; do
	o=$OUT/$(echo "$f" | tr / _).o
	$CC -std=gnu11 -O2 -ffreestanding -nostdinc -fno-builtin -fno-stack-protector -Wall -Wextra \
		-Wno-sign-compare -Wno-unused-parameter -Wno-missing-field-initializers \
		-Wno-maybe-uninitialized -Werror \
		-Itests/walls -Icore/engine -c -o "$o" "$f" >"$OUT/log" 2>&1
	rc=$?
	[ $rc = 0 ] || sed 's/^/# /' "$OUT/log" | head -n 10
	result $rc "$f compiles freestanding"
done

# --- symbols
defs()
{
	nm -g --defined-only "$OUT"/core_"$1"_*.o 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u
}

undefined()
{
	nm -u "$1" | awk '{ print $2 }' | grep -vE "$LIBC" | sort -u
}

# the port is what core/port.h and the inline half declare
cat core/port.h tests/walls/*.h | grep -oE '\befs_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u >"$OUT/port"
defs format >"$OUT/format"
defs engine >"$OUT/engine"
defs unix >"$OUT/unix"

for f in $sources; do
	o=$OUT/$(echo "$f" | tr / _).o
	room=$(echo "$f" | cut -d/ -f2)
	case "$room" in
	format)	allowed="$OUT/format" ;;
	engine)	allowed="$OUT/format $OUT/engine $OUT/port" ;;
	*)	allowed="$OUT/format $OUT/engine $OUT/unix $OUT/port" ;;
	esac
	undefined "$o" 2>/dev/null | grep -vxF -f <(cat $allowed /dev/null) >"$OUT/left"
	rc=0
	if [ -s "$OUT/left" ] || [ ! -e "$o" ]; then
		sed 's/^/# undefined: /' "$OUT/left"
		rc=1
	fi
	result $rc "$f asks only what core/$room may"
done

# --- includes
includes()
{
	sed -n 's/^[ \t]*#[ \t]*include[ \t]*[<"]\([^>"]*\)[>"].*/\1/p' "$1"
}

for f in core/*.h core/*/*.[ch]; do
	[ -e "$f" ] || continue
	rc=0
	room=$(dirname "$f")
	for i in $(includes "$f"); do
		case "$room/$i" in
		# the home's halves of the contract, found by -I
		*/efs_port_types.h|*/efs_port_ops.h)	[ "$f" = core/port.h ] && continue ;;
		core/format/*.h)	;;
		core/engine/*.h)	;;
		core/unix/*.h)		;;
		core/*.h)		;;
		esac
		# where the preprocessor would find it: beside the file, then by -I
		p=$(realpath -m --relative-to=. "$room/$i")
		[ -e "$p" ] || [ ! -e "core/engine/$i" ] || p=core/engine/$i
		case "$room $p" in
		"core/format core/format/"*|"core/format core/port.h")	;;
		"core/engine core/format/"*|"core/engine core/engine/"*|"core/engine core/port.h") ;;
		"core/unix core/"*)	;;
		"core core/format/"*|"core core/port.h")	;;
		*)
			echo "# $f includes $i"
			rc=1
			;;
		esac
	done
	result $rc "$f includes only what it may"
done

# a platform may not be asked for, in any spelling
rc=0
grep -nE '^[ \t]*#[ \t]*(if|ifdef|ifndef|elif).*(__KERNEL__|__linux__|_WIN32|__APPLE__|__FreeBSD__|__unix)' \
	core/*.h core/*/*.[ch] | sed 's/^/# /' | grep . && rc=1
result $rc "core/ has no #if of a platform"
rc=0
for f in core/*.h core/*/*.[ch]; do
	head -n 1 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0-only OR MIT' || {
		echo "# $f"
		rc=1
	}
done
result $rc "core/ says GPL-2.0-only OR MIT"
rc=0
for f in $(git ls-files module user kunit tests scripts 2>/dev/null | grep -E '\.(c|h|sh|awk)$'); do
	head -n 2 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0' || {
		echo "# $f"
		rc=1
	}
done
result $rc "everything else says GPL-2.0"

# --- the module as it was built: the inline half of the port is the kernel's own calls, and
# these are all it comes to
PORT='__brelse|__init_rwsem|__lock_buffer|unlock_buffer|(down|up)_(read|write)'
PORT="$PORT|(__)?percpu_counter_[a-z_]*|_raw_spin_(un)?lock|__cond_resched"
PORT="$PORT|current_task|const_pcpu_hot|pcpu_hot|current_time|__mark_inode_dirty|set_nlink"
PORT="$PORT|inode_set_ctime_[a-z_]*|(from|make)_k[ug]id|in_group_p|init_user_ns|ns_capable_noaudit"
# what a kernel's compiler adds by itself: tracing, return and call thunks, checks
HELPER='__fentry__|__x86_[a-z_0-9]*thunk[a-z_0-9]*|__stack_chk_fail|__SC[TK]__[a-z_]*'
HELPER="$HELPER|__ubsan_[a-z_]*|__fortify_[a-z_]*|__asan_[a-z_0-9]*|__sanitizer_[a-z_0-9]*"
for ko in build/*/efsext2.ko; do
	[ -e "$ko" ] || continue
	d=$(dirname "$ko")
	for o in "$d"/core/format/*.o "$d"/core/engine/*.o; do
		nm -u "$o" | awk '{ print $2 }' | grep -vxE "$PORT|$HELPER|memcpy|memset|memmove|memcmp" |
			grep -vxF -f <(cat "$OUT/format" "$OUT/engine" "$OUT/port") |
			sed "s,^,# $(basename "$o"): ,"
	done >"$OUT/left"
	rc=0
	[ ! -s "$OUT/left" ] || rc=1
	cat "$OUT/left"
	result $rc "$(basename "$d"): the core in the module asks for the port only"
done

echo "1..$count"
echo "# done"
exit $bad
