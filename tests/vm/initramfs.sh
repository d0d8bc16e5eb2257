#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# initramfs.sh KERNELDIR KVER: builds, once, the initramfs that tests/vm/run boots; prints its path.
#
# It holds busybox and the modules that reach the host's root (virtio, 9p, overlay), and an init
# that stacks a tmpfs over that root and enters it. Keyed by the contents of this file and of
# the busybox in use; nothing here depends on the tree under test.

set -eu
set -o pipefail

kdir=$1
kver=$2
here=$(cd "$(dirname "$0")" && pwd)
busybox=$(command -v busybox) || { echo "initramfs: no busybox" >&2; exit 1; }
key=$(cat "$here/initramfs.sh" "$here/init" "$busybox" | sha256sum | cut -c1-12)
final=$kdir/initramfs-$key

if [ ! -e "$final" ]; then
	tmp=$(mktemp -d "$kdir/tmp.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	mkdir -p "$tmp"/r/{bin,dev,proc,sys,mod,host,top,new}
	cp "$busybox" "$tmp/r/bin/busybox"
	cp "$here/init" "$tmp/r/init"
	chmod 755 "$tmp/r/init"
	: >"$tmp/r/mod/order"	# stays empty where all is built in
	modprobe -d "$kdir" -S "$kver" --show-depends -a virtio_pci virtio_blk virtio_console \
		9pnet_virtio 9p overlay | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
	while read -r ko; do
		name=$(basename "$ko")
		case "$name" in
		*.xz)
			name=${name%.xz}
			xz -dc "$ko" >"$tmp/r/mod/$name"
			;;
		*)
			cp "$ko" "$tmp/r/mod/$name"
			;;
		esac
		echo "$name" >>"$tmp/r/mod/order"
	done
	(cd "$tmp/r" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) >"$tmp/img"
	mv "$tmp/img" "$final"
fi
echo "$final"
