# SPDX-License-Identifier: GPL-2.0
#
# For the shell tests: KTAP, a scratch directory, images. Read by `.`.
#
#   EFS         the command under test; by default the one that `make -C user` built
#   EFS_FAULTY  the same over a device that fails
#
# A test is a function; ok NAME runs it in a subshell with `set -e`-like helpers: must, fails.

set -u
export LC_ALL=C TZ=UTC
export ASAN_OPTIONS=abort_on_error=0:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1

build=$(cd "${0%/*}/../../build/user" && pwd)
export EFS=${EFS:-$build/efs} EFS_FAULTY=${EFS_FAULTY:-$build/efs-fault}

TMP=$(mktemp -d "${TMPDIR:-/tmp}/efs-test.XXXXXX") || exit 1
trap 'rm -rf "$TMP"' EXIT
cd "$TMP" || exit 1

count=0
failed=0

# ok NAME COMMAND...: one test, in a shell of its own
ok()
{
	local name=$1 verdict=ok

	shift
	count=$((count + 1))
	if ! ("$@") >log 2>&1; then
		verdict="not ok"
		failed=$((failed + 1))
		sed 's/^/# /' log
	fi
	echo "$verdict $count - $name"
}

done_testing()
{
	echo "1..$count"
	[ "$failed" = 0 ]
	exit
}

die()
{
	echo "$*"
	exit 1
}

# must COMMAND...: it succeeds
must()
{
	"$@" || die "status $?: $*"
}

# fails STATUS PATTERN COMMAND...: it ends with that status and says that on stderr
fails()
{
	local want=$1 pattern=$2 got

	shift 2
	"$@" >out 2>err
	got=$?
	[ $got = "$want" ] || { cat err; die "status $got, not $want: $*"; }
	grep -q -- "$pattern" err || { cat err; die "no '$pattern' on stderr: $*"; }
}

# equal GOT WANT WHAT
equal()
{
	[ "$1" = "$2" ] || die "$3: '$1', not '$2'"
}

# clean IMAGE: e2fsck finds nothing
clean()
{
	e2fsck -fn "$1" >fsck.log 2>&1 || { cat fsck.log; die "e2fsck -fn $1"; }
}

# heals IMAGE: what e2fsck finds it can mend
heals()
{
	e2fsck -fy "$1" >fsck.log 2>&1
	[ $? -lt 4 ] || { cat fsck.log; die "e2fsck -fy $1"; }
	clean "$1"
}

# image FILE SIZE MKE2FS-OPTION...
image()
{
	local file=$1 size=$2

	shift 2
	rm -f "$file"
	truncate -s "$size" "$file"
	mke2fs -q -F -t ext2 "$@" "$file" 2>mke2fs.log || { cat mke2fs.log; die "mke2fs $*"; }
}

# dbg IMAGE COMMAND: debugfs without its banner
dbg()
{
	debugfs -R "$2" "$1" 2>/dev/null
}

# super IMAGE FIELD: a line of dumpe2fs -h
super()
{
	dumpe2fs -h "$1" 2>/dev/null | sed -n "s/^$2: *//p"
}
