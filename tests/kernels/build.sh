#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/kernels/build.sh KIND [SERIES]: build a test kernel from Debian's linux-source package
# once; print the directory it is in.
#
#   KIND    uml         user-mode Linux with KUnit, lockdep and fault injection (tests/uml/run)
#           uml-kasan   the same with KASAN, UBSAN and kmemleak
#           debug       x86-64 with all of that on several processors (tests/vm/run -k debug)
#   SERIES  6.12 (default) or 6.1
#
# The directory holds `kernel` (what to boot), `config`, `release` (what uname -r says),
# `lib/modules/RELEASE` with the modules of the kernel, and `build`, against which a module
# builds: make -C DIR/build M=... (for uml and uml-kasan with ARCH=um).
#
# The configuration is allnoconfig plus KIND's fragments beside this file. Kernels live in
# ${EFS_CACHE:-$HOME/.cache/efsext2}/built, keyed by KIND, the version of the source and
# a hash of the fragments; one is built in a temporary directory and renamed into place.
# The unpacked source is shared, beside its archive. EFS_JOBS limits make (2 by default: a
# kernel is seldom the only thing a machine has to do).

set -u
set -o pipefail

HERE=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
CACHE=${EFS_CACHE:-${HOME:-/root}/.cache/efsext2}
# the kernel that comes of it is kept, so its objects need not be
export CCACHE_DISABLE=1

die()
{
	echo "kernels/build: $*" >&2
	exit 1
}

kind=${1-}
series=${2:-6.12}
arch=um
case "$kind" in
uml)		frags="common uml" ;;
uml-kasan)	frags="common uml uml-kasan" ;;
debug)		frags="common debug" arch=x86_64 ;;
*)
	sed -n '4,10s/^# \{0,1\}//p' "$0" >&2
	exit 1
	;;
esac
case "$series" in
6.1|6.12) ;;
*)	die "no such series: $series" ;;
esac

archive=$("$TOP/scripts/kernels.sh" source "$series") || exit 1
ver=$(basename "$(dirname "$archive")")
frag=
for f in $frags; do
	frag="$frag $HERE/$f.config"
done
key=$(cat $frag | sha256sum | cut -c1-10)
final=$CACHE/built/$kind-$ver-$key
if [ -e "$final/release" ]; then
	echo "$final"
	exit 0
fi

for t in flex bison bc make gcc; do
	command -v $t >/dev/null || die "no $t (scripts/deps.sh installs it)"
done
mkdir -p "$CACHE/built" "$CACHE/tmp" || die "cannot write to $CACHE"
# One kernel at a time, and not under the lock of scripts/kernels.sh: a build takes minutes.
exec 8>"$CACHE/built/lock"
flock 8
[ -e "$final/release" ] && { echo "$final"; exit 0; }

tmp= mpid=
trap '[ -z "$tmp" ] || rm -rf "$tmp"' EXIT
# make ends when its children have ended; the lock is theirs too
trap '[ -z "$mpid" ] || { kill "$mpid"; wait "$mpid"; } 2>/dev/null; exit 1' INT TERM HUP

# The tree without what no configuration here compiles: it is three quarters of the whole.
src=$(dirname "$archive")/linux
if [ ! -e "$src/Makefile" ]; then
	tmp=$(mktemp -d "$CACHE/tmp/XXXXXX") || die "no temporary directory"
	tar -xJf "$archive" -C "$tmp" --one-top-level=linux --strip-components=1 \
		--exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/net/*/*.[ch]' \
		--exclude='*/drivers/media/*.[ch]' --exclude='*/drivers/infiniband/*.[ch]' \
		--exclude='*/drivers/staging/*.[ch]' --exclude='*/drivers/accel/*.[ch]' \
		--exclude='*/sound/*.[ch]' --exclude='*/tools/perf' --exclude='*/tools/testing/selftests' \
		--exclude='*/Documentation/*.rst' --exclude='*/Documentation/*.yaml' \
		--exclude='*/arch/*.dts*' --exclude='*/arch/[ac-tv-wy-z]*/*.[chS]' ||
		die "cannot unpack $archive"
	mv -T "$tmp/linux" "$src" || die "cannot create $src"
	rm -rf "$tmp"
fi

tmp=$(mktemp -d "$CACHE/tmp/XXXXXX") || die "no temporary directory"
out=$tmp/build
mkdir "$out"

# kmake ARGS: quiet, unless it fails
kmake()
{
	nice -n 10 make -C "$src" O="$out" ARCH=$arch -j"${EFS_JOBS:-2}" \
		LOCALVERSION= KBUILD_BUILD_USER=efsext2 KBUILD_BUILD_HOST=efsext2 \
		KBUILD_BUILD_TIMESTAMP=1970-01-01 "$@" >"$tmp/log" 2>&1 &
	mpid=$!
	wait "$mpid" || {
		grep -E 'error|Error|\*\*\*' "$tmp/log" | head -n 20 >&2
		tail -n 5 "$tmp/log" >&2
		die "$kind $series: make $* failed"
	}
	mpid=
}

echo "kernels/build: building $kind $ver (some minutes)" >&2
# user-mode Linux counts no preemption before 6.2
absent=
[ "$arch $series" != "um 6.1" ] || absent=CONFIG_DEBUG_ATOMIC_SLEEP
{
	grep -hv "^${absent:-#}" $frag
	echo "CONFIG_LOCALVERSION=\"-efs-$kind\""
} >"$tmp/wanted"
kmake KCONFIG_ALLCONFIG="$tmp/wanted" allnoconfig
lost=$(grep -h '^CONFIG' "$tmp/wanted" | sort -u | grep -vxFf "$out/.config")
[ -z "$lost" ] || die "$kind $series: the configuration has no" $lost

case "$arch" in
um)	kmake linux modules ;;
*)	kmake vmlinux modules ;;
esac
release=$(cat "$out/include/config/kernel.release") || die "no release"
kmake INSTALL_MOD_PATH="$tmp" modules_install
rm -f "$tmp/lib/modules/$release"/{build,source}
case "$arch" in
um)	strip -o "$tmp/kernel" "$out/vmlinux" ;;
*)	strip -o "$tmp/kernel" "$out/vmlinux" ;;
esac || die "no kernel"
cp "$out/.config" "$tmp/config"
# A module needs none of the kernel's objects.
find "$out" -path "$out/scripts" -prune -o -path "$out/tools" -prune -o -type f \
	\( -name '*.o' -o -name '*.a' -o -name '*.ko' -o -name '*.cmd' -o -name 'vmlinux*' \
	-o -name '*.mod*' -o -name linux -o -name System.map \) ! -name module.lds \
	! -name modules.builtin ! -name modules.order -print0 | xargs -0 rm -f
rm -f "$tmp/wanted" "$tmp/log"
chmod 755 "$tmp"
# last: what tells that the directory is complete
echo "$release" >"$tmp/release"
mv -T "$tmp" "$final" || die "cannot create $final"
tmp=
echo "$final"
