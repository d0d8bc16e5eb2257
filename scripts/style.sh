#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# style.sh [FILE...]: checkpatch --strict over our C sources, with the checkpatch of the newest
# kernel's linux-source. Status 1 when it has anything to say.
#
# Not asked: CamelCase is not ours (kernel and libc names), FILE_PATH_CHANGES and the like are for
# patches, and 100 columns is the kernel's own limit.

set -u
TOP=$(cd "$(dirname "$0")/.." && pwd)
cd "$TOP" || exit 1
checkpatch=$(scripts/kernels.sh tool scripts/checkpatch.pl) || exit 1
if [ $# = 0 ]; then
	mapfile -t files < <(git ls-files '*.[ch]')
	set -- "${files[@]}"
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# ask IGNORED FILE...
ask()
{
	local ignore=$1

	shift
	[ $# -gt 0 ] || return 0
	perl "$checkpatch" --strict --no-tree --no-summary --terse --show-types \
		--max-line-length=100 --ignore "$ignore" --root="$work" -f "$@"
}

# advice that names what only the kernel has, or that a program of the C library cannot follow
user=PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,VOLATILE,NEW_TYPEDEFS,AVOID_EXTERNS,STRCPY
user=$user,BIT_MACRO,MACRO_ARG_REUSE,MACRO_WITH_FLOW_CONTROL,STRNCPY,SSCANF_TO_KSTRTO,CONSIDER_KSTRTO
user=$user,EMBEDDED_FUNCTION_NAME,ARRAY_SIZE,MACRO_ARG_PRECEDENCE,MACRO_ARG_UNUSED
always=CAMELCASE,FILE_PATH_CHANGES,SPDX_LICENSE_TAG

# lists of macros, tracepoints, and types whose definition is a kernel's business
macro=COMPLEX_MACRO,MACRO_ARG_UNUSED,MACRO_ARG_REUSE,OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT,NEW_TYPEDEFS

kernel=() home=() macros=()
for f; do
	case "$f" in
	core/format/codes.h|module/trace.h|module/compat.h|module/port/*.h)
		macros+=("$f")
		;;
	core/*|module/*)	kernel+=("$f") ;;
	*)			home+=("$f") ;;
	esac
done
{
	ask "$always,$macro" ${macros[@]+"${macros[@]}"}
	ask "$always" ${kernel[@]+"${kernel[@]}"}
	ask "$always,$user" ${home[@]+"${home[@]}"}
} >"$work/out" 2>&1
cat "$work/out"
n=$(wc -l <"$work/out")
rm -f .checkpatch-camelcase.*
echo "style: $# files, $n remarks"
[ "$n" = 0 ]
