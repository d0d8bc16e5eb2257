#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mirror.sh DIR: make DIR a tree of links to the sources of the kernel modules.
#
# The kernel's build system lays objects beside their sources, and each kernel needs its own. Links
# are to files, never to directories, so nothing is written outside DIR; those whose source is
# gone are removed.

set -eu

TOP=$(cd "$(dirname "$0")/.." && pwd)
dir=$1
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

cd "$TOP"
find "$dir" -xtype l -delete
find Kbuild core module kunit \( -name '*.[ch]' -o -name 'Kbuild*' \) -type f 2>/dev/null |
while read -r f; do
	[ -L "$dir/$f" ] && continue
	mkdir -p "$dir/$(dirname "$f")"
	ln -s "$TOP/$f" "$dir/$f"
done
