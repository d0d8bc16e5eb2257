#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Stock Debian kernels, and the in-tree ext2 that stands beside efsext2, without installing either.
#
#   scripts/kernels.sh list            the kernels under test: one version a line, 6.1 then 6.12
#   scripts/kernels.sh default         what `make` builds for: running kernel, else newest headers
#   scripts/kernels.sh resolve WHAT    6.1, 6.12, default, debug, uml, uml-kasan or a full version
#                                      -> full version
#   scripts/kernels.sh build KVER      prints the tree that modules for KVER are built against
#   scripts/kernels.sh image KVER      bring the kernel image; prints its directory:
#                                      kernel, config, lib/modules/KVER with modules.dep
#   scripts/kernels.sh source KVER     bring linux-source; prints the path of its tar.xz
#   scripts/kernels.sh ext2 KVER       build fs/ext2 of that source; prints the path of ext2.ko
#   scripts/kernels.sh tool PATH       one file of the newest linux-source (scripts/checkpatch.pl)
#
# All products live in ${EFS_CACHE:-$HOME/.cache/efsext2}, keyed by version. Each is made in a
# temporary directory and renamed into place, so an interrupted run leaves nothing half-made.
# A kernel is usable when its headers are installed and its image is in the cache or archive:
# Debian's archive drops old images, so the newest headers for which that holds are taken.
#
# debug, uml and uml-kasan are no stock kernels but those of tests/kernels/build.sh, built when first
# asked for; image, build and ext2 know their versions too.

set -u
set -o pipefail

TOP=$(cd "$(dirname "$0")/.." && pwd)
CACHE=${EFS_CACHE:-${HOME:-/root}/.cache/efsext2}
SERIES="6.1 6.12"
APT="-q -o APT::Sandbox::User=root"

die()
{
	echo "kernels: $*" >&2
	exit 1
}

note()
{
	echo "kernels: $*" >&2
}

# headers [SERIES]: versions whose build tree is installed, oldest first
headers()
{
	local d k

	for d in /lib/modules/*-amd64/build/Makefile; do
		[ -e "$d" ] || continue
		k=${d#/lib/modules/}
		k=${k%/build/Makefile}
		case "$k" in
		*-rt-amd64|*-cloud-amd64)
			continue
			;;
		esac
		[ $# = 0 ] || [ "$(series "$k")" = "$1" ] || continue
		echo "$k"
	done | sort -V
}

# series KVER: 6.1.0-56-amd64 -> 6.1
series()
{
	echo "$1" | cut -d. -f1,2
}

# header_package KVER: the package version of the headers (e.g. 6.1.192-2)
header_package()
{
	dpkg-query -W -f '${Version}' "linux-headers-$1" 2>/dev/null
}

# in_archive PACKAGE: can apt download it? Refreshes an empty or stale index once, when root.
updated=
in_archive()
{
	apt-cache show "$1" >/dev/null 2>&1 && return 0
	[ -z "$updated" ] && [ "$(id -u)" = 0 ] || return 1
	updated=1
	apt-get $APT update >/dev/null 2>&1
	apt-cache show "$1" >/dev/null 2>&1
}

have_image()
{
	[ -e "$CACHE/kernels/$1/kernel" ]
}

# pick SERIES: newest installed headers with an image to be had; installs newer headers if none
pick()
{
	local s=$1 k meta

	for k in $(headers "$s" | tac); do
		if have_image "$k" || in_archive "linux-image-$k"; then
			echo "$k"
			return 0
		fi
	done
	meta=linux-headers-$s-amd64
	[ "$s" = 6.1 ] && meta=linux-headers-amd64
	[ "$(id -u)" = 0 ] || {
		note "no usable $s kernel: as root, apt-get update && apt-get install $meta"
		return 1
	}
	DEBIAN_FRONTEND=noninteractive apt-get $APT -y --no-install-recommends install "$meta" \
		>/dev/null 2>&1
	for k in $(headers "$s" | tac); do
		if in_archive "linux-image-$k"; then
			echo "$k"
			return 0
		fi
	done
	note "no usable $s kernel: $meta gives no headers whose image the archive has"
	return 1
}

default_kver()
{
	local k

	k=$(uname -r)
	[ -e "/lib/modules/$k/build/Makefile" ] || k=$(headers | tail -n 1)
	[ -n "$k" ] || die "no kernel headers found in /lib/modules (scripts/deps.sh installs them)"
	echo "$k"
}

resolve()
{
	case "$1" in
	""|default)
		default_kver
		;;
	6.1|6.12)
		pick "$1" || exit 1
		;;
	debug|uml|uml-kasan|*-efs-*)
		local dir

		dir=$(own_dir "$1") || exit 1
		cat "$dir/release"
		;;
	*)
		[ -e "/lib/modules/$1/build/Makefile" ] || {
			[ "$(headers)" ] || die "no kernel headers installed; run scripts/deps.sh"
			die "unsupported kernel '$1': no headers for it (have:" $(headers)")"
		}
		case " $SERIES " in
		*" $(series "$1") "*)
			;;
		*)
			note "kernel $1 is outside the tested series ($SERIES)"
			;;
		esac
		echo "$1"
		;;
	esac
}

# own_dir KIND|KVER: where a kernel of our own is; it takes a lock by itself
own_dir()
{
	local s=6.12

	case "$1" in
	6.1.*)	s=6.1 ;;
	esac
	"$TOP/tests/kernels/build.sh" "${1##*-efs-}" $s
}

# build_tree KVER: what make -C wants
build_tree()
{
	case "$1" in
	*-efs-*)	echo "$(own_dir "$1")/build" ;;
	*)		echo "/lib/modules/$1/build" ;;
	esac
}

# scratch: a temporary directory beside the final place, so that mv is a rename
scratch()
{
	mkdir -p "$CACHE/tmp" && mktemp -d "$CACHE/tmp/XXXXXX" || die "cannot write to $CACHE"
}

# publish TMP FINAL: rename into place; another run may have won the race, which is as good
publish()
{
	mkdir -p "$(dirname "$2")"
	mv -T "$1" "$2" 2>/dev/null || [ -e "$2" ] || die "cannot create $2"
}

# download PACKAGE WANTED-VERSION DIR: the .deb, of that version if the archive still has it
download()
{
	local pkg=$1 ver=$2 dir=$3

	in_archive "$pkg" || die "package $pkg is not in the archive (apt-get update?)"
	if [ -z "$ver" ] || ! apt-cache madison "$pkg" | cut -d'|' -f2 | grep -qw -F -- "$ver"; then
		ver=
	fi
	note "downloading $pkg${ver:+ $ver}"
	(cd "$dir" && apt-get $APT download "$pkg${ver:+=$ver}" >log 2>&1) || {
		tail -n 3 "$dir/log" >&2
		die "cannot download $pkg"
	}
}

# unpack_vmlinuz BZIMAGE OUT: the ELF kernel inside, whose PVH entry QEMU can start. The guest is
# then spared decompressing itself, which takes an emulated processor some seconds. Offsets:
# the setup header of Documentation/arch/x86/boot.rst; the payload ends with its 4-byte size.
unpack_vmlinuz()
{
	local sects off len

	sects=$(od -An -tu1 -j $((0x1f1)) -N 1 "$1")
	off=$(od -An -tu4 -j $((0x248)) -N 4 "$1")
	len=$(od -An -tu4 -j $((0x24c)) -N 4 "$1")
	tail -c +$(((sects + 1) * 512 + off + 1)) "$1" | head -c $((len - 4)) >"$2.packed"
	case "$(od -An -tx1 -N 4 "$2.packed")" in
	*fd?37?7a?58*)	xz -dc --single-stream <"$2.packed" >"$2" ;;
	*28?b5?2f?fd*)	zstd -qdc <"$2.packed" >"$2" ;;
	*1f?8b*)	gzip -dc <"$2.packed" >"$2" ;;
	*)		false ;;
	esac 2>/dev/null && [ "$(od -An -c -j 1 -N 3 "$2" | tr -d ' ')" = ELF ]
	local rc=$?

	rm -f "$2.packed"
	return $rc
}

image()
{
	local k=$1 final=$CACHE/kernels/$1 tmp

	if ! have_image "$k"; then
		tmp=$(scratch) || exit 1
		download "linux-image-$k" "$(header_package "$k")" "$tmp"
		mkdir "$tmp/root" "$tmp/out"
		dpkg-deb -x "$tmp"/*.deb "$tmp/root" || die "cannot unpack linux-image-$k"
		# the whole image boots too, only slower
		unpack_vmlinuz "$tmp/root/boot/vmlinuz-$k" "$tmp/out/kernel" ||
			mv "$tmp/root/boot/vmlinuz-$k" "$tmp/out/kernel"
		mv "$tmp/root/boot/config-$k" "$tmp/out/config"
		mkdir -p "$tmp/out/lib/modules"
		mv "$tmp/root/lib/modules/$k" "$tmp/out/lib/modules/"
		depmod -b "$tmp/out" "$k" || die "depmod failed for $k"
		chmod 755 "$tmp/out"
		publish "$tmp/out" "$final"
		rm -rf "$tmp"
	fi
	echo "$final"
}

# source_dir KVER: keyed by the version of the headers' package
source_tar()
{
	local k=$1 s ver final tmp

	s=$(series "$k")
	ver=$(header_package "$k")
	final=$CACHE/source/${ver:-$s}/linux-source-$s.tar.xz
	if [ ! -e "$final" ]; then
		tmp=$(scratch) || exit 1
		download "linux-source-$s" "$ver" "$tmp"
		dpkg-deb --fsys-tarfile "$tmp"/*.deb | tar -xf - -C "$tmp" --wildcards \
			'./usr/src/linux-source-*.tar.xz' || die "cannot unpack linux-source-$s"
		publish "$tmp/usr/src/linux-source-$s.tar.xz" "$final"
		rm -rf "$tmp"
	fi
	echo "$final"
}

# ext2 KVER: the options are those of a distribution that enables ext2. The module's own
# preprocessor sees them from KCFLAGS, because the headers' autoconf.h says "not set".
ext2()
{
	local k=$1 final=$CACHE/ext2/$1-$(header_package "$1")/ext2.ko tmp tar c opts= defs=

	if [ ! -e "$final" ]; then
		tar=$(source_tar "$k") || exit 1
		tmp=$(scratch) || exit 1
		note "building in-tree ext2 for $k"
		tar -xJf "$tar" -C "$tmp" --strip-components=1 --wildcards '*/fs/ext2/*' ||
			die "no fs/ext2 in $tar"
		for c in XATTR POSIX_ACL SECURITY; do
			opts="$opts CONFIG_EXT2_FS_$c=y"
			defs="$defs -DCONFIG_EXT2_FS_$c=1"
		done
		make -s -C "/lib/modules/$k/build" M="$tmp/fs/ext2" CONFIG_EXT2_FS=m $opts \
			KCFLAGS="-DCONFIG_EXT2_FS_MODULE=1 $defs" modules >"$tmp/log" 2>&1 || {
			tail -n 15 "$tmp/log" >&2
			die "in-tree ext2 does not build for $k"
		}
		mkdir "$tmp/out"
		strip -d -o "$tmp/out/ext2.ko" "$tmp/fs/ext2/ext2.ko"
		chmod 755 "$tmp/out"
		publish "$tmp/out" "$(dirname "$final")"
		rm -rf "$tmp"
	fi
	echo "$final"
}

tool()
{
	local k tar dir

	k=$(headers | tail -n 1)
	[ -n "$k" ] || die "no kernel headers installed; run scripts/deps.sh"
	tar=$(source_tar "$k") || exit 1
	dir=$(dirname "$tar")
	if [ ! -e "$dir/scripts/checkpatch.pl" ]; then
		local tmp

		tmp=$(scratch) || exit 1
		tar -xJf "$tar" -C "$tmp" --strip-components=1 --wildcards \
			'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
			'*/scripts/const_structs.checkpatch' '*/scripts/kernel-doc' ||
			die "no scripts in $tar"
		publish "$tmp/scripts" "$dir/scripts"
		rm -rf "$tmp"
	fi
	[ -e "$dir/$1" ] || die "no $1 in $(basename "$tar")"
	echo "$dir/$1"
}

cmd=${1-}
[ $# -gt 0 ] && shift
case "$cmd" in
list)
	for s in $SERIES; do
		pick "$s" || exit 1
	done
	;;
default)
	default_kver
	;;
resolve)
	resolve "${1-}"
	;;
build)
	k=$(resolve "${1-}") || exit 1
	build_tree "$k"
	;;
image|source|ext2)
	k=$(resolve "${1-}") || exit 1
	case "$cmd $k" in
	"image "*-efs-*)
		own_dir "$k"
		exit
		;;
	"ext2 "*-efs-*)
		echo "$(own_dir "$k")/lib/modules/$k/kernel/fs/ext2/ext2.ko"
		exit
		;;
	esac
	[ "$cmd" = source ] && cmd=source_tar
	# one maker at a time; the lock dies with the process
	mkdir -p "$CACHE" || die "cannot write to $CACHE"
	exec 9>"$CACHE/lock"
	flock 9
	"$cmd" "$k"
	;;
tool)
	mkdir -p "$CACHE" || die "cannot write to $CACHE"
	exec 9>"$CACHE/lock"
	flock 9
	tool "${1:-scripts/checkpatch.pl}"
	;;
*)
	sed -n '5,15s/^# \{0,1\}//p' "$0" >&2
	exit 1
	;;
esac
