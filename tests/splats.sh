# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by what runs a kernel (tests/vm/run, tests/uml/run): what its console must not show.

# "Call Trace" and "cut here" catch what the list forgets.
SPLAT='WARNING:|BUG:|BUG at|Oops|KASAN|KCSAN|UBSAN|Busy inodes|hung_task|blocked for more than'
SPLAT="$SPLAT|refcount_t|[Ll]eaked|Objects remaining|Call Trace|Kernel panic|general protection"
SPLAT="$SPLAT|possible (recursive|circular) locking|inconsistent lock state|sleeping function"
SPLAT="$SPLAT|scheduling while atomic|unable to handle|list_(add|del) corruption|Bad page"
SPLAT="$SPLAT|soft lockup|rcu.*detected.*stall|invalid opcode|cut here|Buffer I/O error"
SPLAT="$SPLAT|suspicious RCU usage|lock held when returning|kmemleak: [1-9][0-9]* new|ODEBUG:"
SPLAT="$SPLAT|turning off the locking correctness validator"

# splats FILE WHO: status 1, and the first splat on stderr, if the console in FILE shows one
splats()
{
	local first

	first=$(grep -nE -m 1 -- "$SPLAT" "$1" | cut -d: -f1)
	[ "$first" ] || return 0
	echo "$2: splat on the console:" >&2
	sed -n "$((first > 3 ? first - 3 : 1)),$((first + 45))p" "$1" | sed 's/^/console: /' >&2
	return 1
}
