#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# demo.sh [KVER]: efsext2 and in-tree ext2 do the same work on twin images in a guest with a stock
# Debian kernel, and a table says whether anybody could tell them apart. Installs nothing but
# packages, and loads nothing into the running kernel.

set -u

TOP=$(cd "$(dirname "$0")/.." && pwd)
cd "$TOP" || exit 1

[ $# -le 1 ] || {
	echo "demo: one argument at most, a kernel (6.1, 6.12, or a version with headers)" >&2
	exit 1
}
step()
{
	echo "==> $*"
}

[ "$(uname -m)" = x86_64 ] || {
	echo "demo: an x86-64 machine is needed, this is $(uname -m)" >&2
	exit 1
}
step "packages"
scripts/deps.sh || exit 1
kver=$(scripts/kernels.sh resolve "${1:-6.12}") || exit 1
step "kernel $kver: the stock image, brought into a cache beside the tree"
scripts/kernels.sh image "$kver" >/dev/null || exit 1
step "in-tree ext2 of that kernel, from Debian's linux-source"
ext2=$(scripts/kernels.sh ext2 "$kver") || exit 1
step "efsext2.ko for that kernel"
make -s KVER="$kver" modules || exit 1
mkdir -p build/tests/demo
step "the guest's workloads"
make -s -C tests/guest/work OUT="$TOP/build/tests/efs-work" || exit 1
step "booting the guest (two disks of 192 MB, both made by mke2fs from the same seed)"
tests/vm/run -k "$kver" -m 768 -t 900 -d 192M -d 192M -l build/tests/demo/console \
	-e "EFS_FS=efsext2" -e "EFS_BUILD=$TOP/build/$kver" \
	-e "EFS_WORK=$TOP/build/tests/efs-work" -e "EFS_EXT2=$ext2" \
	-- sh "$TOP/tests/guest/work/demo.sh"
rc=$?
if [ $rc != 0 ]; then
	echo "demo: FAILED (status $rc; the guest's console is in build/tests/demo/console)" >&2
	exit 1
fi
cat <<END

All rows equal, every e2fsck clean, nothing unusual on the guest's console.

To use efsext2 on a machine that runs $kver:

    make KVER=$kver                  # or plain \`make\` for the kernel you run
    sudo insmod build/$kver/efsext2.ko
    sudo mount -t efsext2 /dev/DEVICE /mnt
    ...
    sudo umount /mnt && sudo rmmod efsext2

\`sudo make modules_install\` puts it where modprobe finds it; \`mount -t ext2\` stays with ext4.
END
