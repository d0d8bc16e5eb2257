#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/runners/suites.sh [DIR]: which file of core/ has no suite? KTAP on stdout.
#
# A suite says in its opening comment which files it is there to test:
#
#	 * Tests: core/engine/balloc.c core/engine/group.c
#
# One leaf for each source of core/: some suite names it. One leaf for each suite of kunit/: it
# names something, and all it names is there. Suites elsewhere (user/tests) may say it, too. That a
# suite also reaches what it names is for the figures of coverage to tell.
#
# DIR: another copy of the sources (this one)

set -u
cd "${1:-$(dirname "$0")/../..}" || exit 1
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

# what each suite names: "SUITE FILE" a line
shopt -s nullglob
suites=(kunit/*_test.c user/tests/*_test.c)
[ ${#suites[@]} != 0 ] || exit 1
named=$(awk 'FNR == 1 { head = 1 }
	/^ \*\// { head = 0 }
	head && sub(/^ \* Tests: /, "") { for (i = 1; i <= NF; i++) print FILENAME, $i }' "${suites[@]}")

for f in core/*/*.c; do
	by=$(awk -v f="$f" '$2 == f { sub(/.*\//, "", $1); print $1 }' <<<"$named" | xargs)
	[ -n "$by" ]
	result $? "$f${by:+ # $by}"
done
for s in kunit/*_test.c; do
	files=$(awk -v s="$s" '$1 == s { print $2 }' <<<"$named")
	missing=
	for f in $files; do
		[ -e "$f" ] || missing="$missing $f"
	done
	[ -z "$files" ] && echo "# it has no line \"Tests:\""
	[ -z "$missing" ] || echo "# not there:$missing"
	[ -n "$files" ] && [ -z "$missing" ]
	result $? "$s says what it tests"
done
echo "1..$n"
[ $bad = 0 ]
