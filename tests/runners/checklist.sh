#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/runners/checklist.sh [FILE]: does each test exist that the tables of FILE name? KTAP on
# stdout, a leaf for each. FILE: Documentation/library.rst
#
# What counts as a test's name, between two backquotes on either side:
#
#	efsext2_SUITE.CASE	a case of kunit/: the suite and the case stand in one file there
#	NAME "TITLE"		user/tests/NAME.c or user/tests/NAME has that title
#	tests/PATH		a program that is there
#
# That all of it runs, and succeeds, is for others to tell.

set -u
cd "$(dirname "$0")/../.." || exit 1
file=${1:-Documentation/library.rst}
n=0
bad=0

# kunit SUITE CASE
kunit()
{
	local f

	for f in $(grep -lF ".name = \"$1\"" kunit/*_test.c); do
		grep -Eq "KUNIT_CASE(_[A-Z]+)*\($2[,)]" "$f" && return
	done
	return 1
}

# program NAME TITLE
program()
{
	local f

	for f in "user/tests/$1" "user/tests/$1.c"; do
		[ -f "$f" ] && grep -qF "\"$2\"" "$f" && return
	done
	return 1
}

exists()
{
	case $1 in
	efsext2_*.*)	kunit "${1%%.*}" "${1#*.}" ;;
	tests/*)	[ -x "$1" ] ;;
	*)		program "${1%% *}" "$(sed 's/^[^"]*"//; s/"$//' <<<"$1")" ;;
	esac
}

[ -r "$file" ] || { echo "Bail out! no $file"; exit 1; }
while read -r name; do
	n=$((n + 1))
	if exists "$name"; then
		echo "ok $n - $name"
	else
		bad=$((bad + 1))
		echo "not ok $n - $name"
	fi
done < <(grep -oE '``(efsext2_[a-z0-9_]+\.[a-z0-9_]+|tests/[a-z0-9_/.-]+\.sh|[a-z0-9_]+(\.sh)? "[^"]+")``' "$file" |
	tr -d '`' | sort -u)
echo "1..$n"
[ $n != 0 ] && [ $bad = 0 ]
