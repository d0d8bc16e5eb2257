#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# style.sh [GATE...]: what can be said about the sources without running them. KTAP on stdout, one
# leaf for each gate, its remarks before it as lines of comment; the status is 1 if a gate is shut.
#
#   - checkpatch    --strict, 100 columns, the script of the newest kernel's linux-source
#   - clang-format  indentation and spacing, as far as .clang-format can judge them (style/format.pl)
#   - kernel-doc    -Wall over the headers, the script of that linux-source; complete in core's contracts
#   - cppcheck      warning, performance, portability
#   - codespell     prose and identifiers of every text file
#   - shellcheck    all scripts, from warnings on
#   - module        the module for the newest kernel: gcc at W=1, sparse at C=2, not a word from either
#   - sparse        user/ and core/ as user/ compiles them
#   - stack         frames of the module's functions, at most STACK bytes; the ten largest are shown
#   - size          text, data, bss of the module and its objects, at most SIZE bytes in all
#   - exceptions    each line of style/exceptions still excuses something
#
# A remark is "FILE:LINE: KIND: words". style/exceptions says which are not ours to heed, and why.
# What checkpatch says of a file depends on nothing else, so it is kept in ${EFS_CACHE:-...}/style.

set -u
TOP=$(cd "$(dirname "$0")/.." && pwd)
cd "$TOP" || exit 1
CACHE=${EFS_CACHE:-${HOME:-/root}/.cache/efsext2}/style
STACK=1024
SIZE=196608

GATES="checkpatch clang-format kernel-doc cppcheck codespell shellcheck module sparse stack size
	exceptions"

die()
{
	echo "style: $*" >&2
	exit 1
}

for g; do
	case " $(echo $GATES) " in
	*" $g "*)	;;
	*)		die "no gate '$g' (have:" $GATES")" ;;
	esac
done
[ $# -gt 0 ] || set -- $GATES
want=" $* "

git rev-parse --git-dir >/dev/null 2>&1 || die "not a git checkout: which files are ours?"
mkdir -p "$CACHE" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/raw" "$work/left"
kver=$(scripts/kernels.sh list | tail -n 1)
[ -n "$kver" ] || die "no kernel to build for"

sources()
{
	# what has been removed but not yet committed is of no interest
	git ls-files "$@" | while read -r f; do
		[ -e "$f" ] && echo "$f"
	done
}

scripts()
{
	sources | grep -vE '\.([chS]|rst|md)$|/regress/|/corpus/' | xargs grep -lE '^#!/bin/(ba)?sh'
}

# ---- the gates: each prints its remarks ----

# checkpatch FILE...: raw remarks, those of each file in a file of its own
ask_checkpatch()
{
	local f me=$BASHPID

	perl "$checkpatch" --strict --no-tree --no-summary --terse --show-types \
		--max-line-length=100 --root="$work" -f "$@" >"$work/cp.$me" 2>&1
	[ $? -le 1 ] && [ -e "$work/cp.$me" ] || return 1
	for f; do
		awk -v f="$f:" 'index($0, f) == 1' "$work/cp.$me" >"${key[$f]}.$me"
		mv "${key[$f]}.$me" "${key[$f]}"
	done
	# what is about no file is about checkpatch itself
	for f; do
		echo "$f:"
	done | awk 'NR == FNR { ours[$0]; next } { split($0, a, ":"); if (!((a[1] ":") in ours)) print }' \
		- "$work/cp.$me"
}

gate_checkpatch()
{
	local checkpatch f sum tool i slow first= second=
	local -a todo=()
	local -A key=()

	checkpatch=$(scripts/kernels.sh tool scripts/checkpatch.pl) || return 1
	tool=$(cat "$checkpatch" "$(dirname "$checkpatch")"/{spelling.txt,const_structs.checkpatch} |
		sha1sum | cut -c1-16)
	while read -r sum f; do
		# the path matters: a header is not judged as a source is
		key[$f]=$CACHE/$(echo "$tool $sum $f" | sha1sum | cut -c1-32)
		[ -e "${key[$f]}" ] || todo+=("$f")
	done < <(sources '*.[ch]' | xargs sha1sum)
	if [ ${#todo[@]} -gt 0 ]; then
		for ((i = 0; i < ${#todo[@]}; i++)); do
			((i % 2)) && second+=" ${todo[i]}" || first+=" ${todo[i]}"
		done
		# names without blanks
		ask_checkpatch $first &
		slow=$!
		[ -z "$second" ] || ask_checkpatch $second || return 1
		wait $slow || return 1
	fi
	for f in "${!key[@]}"; do
		touch "${key[$f]}"
		sed -E 's/^([^:]*:[0-9]+): [A-Z]+:([A-Z_]+): /\1: \2: /' "${key[$f]}"
	done
	find "$CACHE" -type f -mtime +30 -delete
	rm -f .checkpatch-camelcase.*
}

gate_clang-format()
{
	sources '*.[ch]' | xargs perl scripts/style/format.pl
}

gate_kernel-doc()
{
	local tool

	tool=$(scripts/kernels.sh tool scripts/kernel-doc) || return 1
	sources '*.h' | xargs perl "$tool" -none -Wall 2>&1 |
		sed -E 's/^([^:]*:[0-9]+): (warning|error): /\1: doc: /
			s/: doc: (.* not described in |No description found for return)/: missing: \1/'
}

# ask_cppcheck NAME FLAGS PATHSPEC...: one home with its includes
# ctuuninitvar is told only while nothing is cached, and takes a structure that a call fills for unset
ask_cppcheck()
{
	local dir=$TOP/build/cppcheck/$1 flags=$2

	shift 2
	mkdir -p "$dir"
	sources "$@" >"$work/cppcheck"
	# shellcheck disable=SC2086 # words of flags
	cppcheck -q --enable=warning,performance,portability --std=c11 --inline-suppr --force \
		--cppcheck-build-dir="$dir" --template='{file}:{line}: {id}: {message}' \
		--template-location='' --suppress=ctuuninitvar $flags --file-list="$work/cppcheck" 2>&1
}

gate_cppcheck()
{
	ask_cppcheck core "-Ikunit/port -Icore/engine" 'core/*.c'
	ask_cppcheck user "-Iuser/port -Icore/engine -Iuser/include" 'user/*.c'
	# the probes' answers, as the module's build found them
	[ -e "build/$kver/efs_probe.h" ] || make -s KVER="$kver" modules >"$work/log" 2>&1 ||
		cat "$work/log"
	ask_cppcheck module "-Imodule -Imodule/port -Icore/engine -Ibuild/$kver -D__KERNEL__" \
		'module/*.c' ':(exclude)module/probe.c'
	ask_cppcheck tests "-Ikunit -Ikunit/port -Icore/engine -DSTATX_DIOALIGN=1" \
		'kunit/*.c' 'tests/*.c' ':(exclude)*/probe.c'
}

gate_codespell()
{
	sources | grep -vE '/regress/|/corpus/|\.(img|gz|xz)$' |
		xargs codespell -q 2 -L iput,te |
		sed -E 's/^([^:]*:[0-9]+): /\1: spelling: /'
}

gate_shellcheck()
{
	scripts | xargs shellcheck -x -S warning -f gcc |
		sed -E 's/^([^:]*:[0-9]+):[0-9]+: [a-z]+: (.*) \[(SC[0-9]+)\]$/\1: \3: \2/'
}

build_module()
{
	make -s -j2 KVER="$kver" W=1 C=2 modules >"$work/module.log" 2>&1 </dev/null
	rc=$?
	dir=$TOP/build/$kver
	return $rc
}

gate_module()
{
	local dir rc=0

	build_module || echo "module: build: status $rc"
	grep -E '(warning|error|Error)[: ]|\*\*\*' "$work/module.log" |
		sed -E "s|^$dir/||; s/^([^:]*:[0-9]+):[0-9]+: /\1: build: /"
	echo "# $(basename "$dir"), $(gcc --version | head -n 1), sparse $(sparse --version)"
}

gate_sparse()
{
	make -s -C user sparse 2>&1 | sed -E "s|^$TOP/||; s/^([^:]*:[0-9]+):[0-9]+: /\1: sparse: /"
	echo "# user/ and core/ as user/ compiles it"
}

# objects of the module, built by whoever was first
objects()
{
	dir=$TOP/build/$kver
	make -s -j2 KVER="$kver" W=1 modules >"$work/log" 2>&1 || {
		echo "module: build: $(grep -m1 error: "$work/log")"
		return 1
	}
	tr ' ' '\n' <"$dir/efsext2.mod" | sed "s|^$dir/||" | grep '\.o$' >"$work/objects"
}

gate_stack()
{
	local dir

	objects || return
	(cd "$dir" && sed 's/o$/su/' "$work/objects" | xargs cat) |
		sed "s|^$dir/||; s|/\./|/|" | awk -F '\t' -v budget=$STACK '
		{ n = split($1, a, ":"); where = a[1] ":" a[2]; name = a[n] }
		# "dynamic,bounded" is static but for the arguments of its calls
		$3 == "dynamic" { print where ": dynamic: " name "() has a frame of no fixed size" }
		$2 > budget { print where ": stack: " name "() takes " $2 " of " budget " bytes" }
		{ print $2 "\t" name "\t" where >(ENVIRON["FRAMES"]) }'
	[ -s "$FRAMES" ] || echo "module: stack: no frames to be seen"
	echo "# largest frames of $(wc -l <"$FRAMES"), in bytes:"
	sort -rn "$FRAMES" | head -n 10 | awk -F '\t' '{ printf "#%7d  %s\n", $1, $2 }'
}

gate_size()
{
	local dir text data bss

	objects || return
	read -r text data bss _ < <(size "$dir/efsext2.ko" | tail -n 1)
	[ $((text + data + bss)) -le $SIZE ] ||
		echo "module: size: $((text + data + bss)) of $SIZE bytes"
	echo "# efsext2.ko: text $text, data $data, bss $bss"
	(cd "$dir" && xargs size <"$work/objects") | awk 'NR > 1 {
		printf "#%8d %6d %5d  %s\n", $1, $2, $3, $6 }' | sort -k2nr
}

# an exception that excuses nothing any more is a trap for the next one
gate_exceptions()
{
	local gate kind where rest

	while read -r gate kind where rest; do
		case "$gate" in ''|'#'*) continue ;; esac
		case "$want" in *" $gate "*) ;; *) continue ;; esac
		[ "$rest" ] || echo "scripts/style/exceptions:1: reason: none for $gate $kind $where"
		grep -qxF "$gate $kind $where" "$work/used" 2>/dev/null ||
			echo "scripts/style/exceptions:1: unused: $gate $kind $where"
	done <scripts/style/exceptions
}

# ---- all of them ----

# run GATE: raw remarks, and those that nothing excuses
run()
{
	export FRAMES=$work/frames
	"gate_$1" >"$work/raw/$1" 2>"$work/raw/$1.err" || echo "$1: status: it did not run" >>"$work/raw/$1"
	cat "$work/raw/$1.err" >>"$work/raw/$1"
	awk -v gate="$1" -v used="$work/used" -f scripts/style/excuse.awk \
		scripts/style/exceptions "$work/raw/$1" >"$work/left/$1"
}

# one lane for the slowest, one for the rest; what needs the module's objects comes after them
: >"$work/used"
lane()
{
	local g

	for g; do
		case "$want" in *" $g "*) run "$g" ;; esac
	done
}
start=$SECONDS
lane checkpatch clang-format shellcheck codespell &
slow=$!
lane module cppcheck sparse stack size kernel-doc
wait $slow
lane exceptions

echo "KTAP version 1"
echo "1..$#"
n=0 shut=0
for g in $GATES; do
	case "$want" in *" $g "*) ;; *) continue ;; esac
	n=$((n + 1))
	found=$(grep -vc '^#' "$work/left/$g")
	grep -v '^#' "$work/left/$g" | sort -t: -k1,1 -k2,2n | head -n 200 | sed 's/^/# /'
	grep '^#' "$work/left/$g"
	if [ "$found" = 0 ]; then
		echo "ok $n $g"
	else
		shut=$((shut + 1))
		echo "not ok $n $g # $found remarks"
	fi
done
echo "style: $# gates in $((SECONDS - start)) s" >&2
[ $shut = 0 ]
