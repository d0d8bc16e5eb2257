#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The Debian packages that building and testing need.
#
#   scripts/deps.sh          install what is missing (root), or name it and exit 1 (anyone else)
#   scripts/deps.sh list     print the whole list, one package a line
#   scripts/deps.sh missing  print what is missing, one package a line
#
# When nothing is missing this is one dpkg-query call.

set -u

PACKAGES="
make gcc ccache libc6-dev binutils clang libclang-rt-dev sparse perl-base perl bc bison flex libelf-dev libssl-dev
git kmod cpio rsync xz-utils zstd ca-certificates
linux-headers-amd64 linux-headers-6.12-amd64
qemu-system-x86 busybox-static e2fsprogs util-linux dmsetup fio attr acl strace
pkg-config libfuse3-dev fuse3 libedit-dev fdisk g++
lib32gcc-12-dev libc6-dev-i386 gcc-powerpc-linux-gnu libc6-dev-powerpc-cross qemu-user-static
libarchive-dev mandoc jq
llvm clang-format cppcheck codespell shellcheck
fuse2fs e2tools
"
# lib32gcc and libc6-dev-i386 and not gcc-multilib, which will not stand beside a cross compiler

die()
{
	echo "deps: $*" >&2
	exit 1
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
	die "this is not a Debian system; install the equivalents of:" $PACKAGES

missing()
{
	local have p

	have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $PACKAGES 2>/dev/null |
	       sed -n 's/ installed$//p')
	for p in $PACKAGES; do
		grep -qxF -- "$p" <<<"$have" || echo "$p"
	done
}

case "${1-}" in
list)
	printf '%s\n' $PACKAGES
	exit 0
	;;
missing)
	missing
	exit 0
	;;
"")
	;;
*)
	die "unknown argument '$1' (list, missing, or none)"
	;;
esac

need=$(missing)
[ -n "$need" ] || exit 0
[ "$(id -u)" = 0 ] ||
	die "missing packages (as root: apt-get install --no-install-recommends" $need")"

echo "deps: installing" $need
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
apt-get -q update >"$log" 2>&1 || {
	tail -n 5 "$log" >&2
	die "apt-get update failed"
}
apt-get -q -y --no-install-recommends install $need >"$log" 2>&1 || {
	tail -n 15 "$log" >&2
	die "apt-get could not install all of:" $need
}
left=$(missing)
[ -z "$left" ] || die "still missing after apt-get install:" $left
