#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/walls/check.sh: do the walls around core/ stand? KTAP on stdout.
#
# Each file of the core is compiled with -ffreestanding -nostdinc over a home that is nothing but
# declarations (the headers beside this script). What the objects leave undefined must be names of
# the port, the four mem functions, or defined by a room the arrows allow:
#
#   format -> nothing    engine -> format, port    unix, check -> engine, format, port
#
# The same holds for includes. core/ includes nothing with angle brackets and asks for no platform.

set -u
HERE=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
OUT=${OUT:-$TOP/build/walls}
CC=${CC:-gcc}
FLAGS="-std=gnu11 -ffreestanding -nostdinc -fno-builtin -O2 -Wall -Wextra -Wshadow -Werror
	-Wno-unused-parameter -Wno-sign-compare -Wmissing-prototypes -Wframe-larger-than=1024"
n=0
bad=0

result()
{
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		bad=$((bad + 1))
		echo "not ok $n - $2"
	fi
}

# no_lines NAME: standard input must be empty; what is there is shown
no_lines()
{
	local found

	found=$(cat)
	[ -z "$found" ] || sed 's/^/# /' <<<"$found" | head -n 20
	[ -z "$found" ]
	result $? "$1"
}

cd "$TOP" || exit 1
rm -rf "$OUT"
for room in format engine unix check; do
	mkdir -p "$OUT/$room"
	for f in core/$room/*.c; do
		[ -e "$f" ] || continue
		# shellcheck disable=SC2086 # words of flags
		$CC $FLAGS -I"$HERE" -Icore/engine -c -o "$OUT/$room/$(basename "$f" .c).o" "$f" \
			2>"$OUT/log" || sed 's/^/# /' "$OUT/log" | head -n 20
		[ -e "$OUT/$room/$(basename "$f" .c).o" ]
		result $? "$f compiles freestanding with $CC"
	done
	nm --defined-only "$OUT/$room"/*.o 2>/dev/null | awk 'NF == 3 && $2 ~ /[TDBRC]/ { print $3 }' |
		sort -u >"$OUT/$room.defined"
	nm -u "$OUT/$room"/*.o 2>/dev/null | awk 'NF == 2 { print $2 }' | sort -u >"$OUT/$room.undefined"
done
printf '%s\n' memcpy memset memmove memcmp >"$OUT/mem"
cat core/port.h "$HERE"/*.h | grep -o '\befs_[a-z0-9_]*(' | tr -d '(' | sort -u >"$OUT/port"

undefined_beyond()
{
	local room=$1

	shift
	(cd "$OUT" && cat mem "$@" | sort -u | comm -13 - "$room.undefined")
}

no_lines "core/format needs nothing but itself" < <(undefined_beyond format format.defined)
no_lines "core/engine needs nothing but core/format and the port" < <(
	undefined_beyond engine engine.defined format.defined port)
no_lines "core/unix needs nothing but the rooms below it and the port" < <(
	undefined_beyond unix unix.defined engine.defined format.defined port)
no_lines "core/check needs nothing but the rooms below it and the port" < <(
	undefined_beyond check check.defined engine.defined format.defined port)

# the rooms a file of the core may include from, relative to the file
no_lines "core/format includes from itself and the port only" < <(
	grep -n '#include' core/port.h core/format/*.[ch] | grep -vE \
	'^core/port\.h.*"efs_port_types\.h"|^core/format/.*"(\.\./port\.h|[a-z_]+\.h)"')
no_lines "core/engine includes from itself, core/format and the port only" < <(
	grep -n '#include' core/engine/*.[ch] | grep -vE '"(\.\./format/|\.\./)?[a-z_]+\.h"')
no_lines "core/unix includes from itself and the rooms below only" < <(
	grep -n '#include' core/unix/*.[ch] |
	grep -vE '"(\.\./engine/|\.\./format/|\.\./)?[a-z0-9_]+\.h"')
no_lines "core/check includes from itself and the rooms below only" < <(
	grep -n '#include' core/check/*.[ch] | grep -vE '"(\.\./engine/)?[a-z_]+\.h"')
no_lines "core/ has no conditional code" < <(
	grep -rnE '^[[:space:]]*#[[:space:]]*(if|ifdef|elif)\b' core/)
no_lines "core/ has no #ifndef but include guards" < <(
	grep -rnE '^[[:space:]]*#[[:space:]]*ifndef' core/ | grep -v '#ifndef EFS_[A-Z0-9_]*_H$')
no_lines "module/compat.h alone asks which kernel it is" < <(
	grep -rlE 'LINUX_VERSION_CODE|KERNEL_VERSION|EFS_HAVE_' module |
	grep -vE '^module/(compat\.h|probe\.c)$')
no_lines "core/ is GPL-2.0-only OR MIT" < <(
	grep -L 'SPDX-License-Identifier: GPL-2.0-only OR MIT' core/port.h core/*/*.[ch])
no_lines "everything else is GPL-2.0" < <(
	git ls-files module user kunit tests scripts Makefile Kbuild .ci 2>/dev/null |
	grep -vE '\.(md|rst|txt|config|supp)$|/corpus/|/regress/|/differences$' |
	xargs grep -LE 'SPDX-License-Identifier: GPL-2.0(-only)?([[:space:]]|$)')

echo "1..$n"
[ $bad = 0 ]
