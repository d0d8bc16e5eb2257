#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# user/tests/sfs.sh: SFS volumes that mksfs made of directories, through the efs command: the
# same names, contents and times come out; nothing can be written; damage is told.

top=$(cd "${0%/*}/../.." && pwd) || exit 1
. "${0%/*}/lib.sh"

gcc=${CC:-cc}
"$gcc" -O1 -g -Wall -Wextra -fsanitize=address,undefined -fno-sanitize-recover=all -I"$top/user/port" \
	-o mksfs "$top/user/tests/mksfs.c" "$top/kunit/mksfs.c" || { echo "Bail out! mksfs"; exit 1; }

tree()
{
	mkdir -p src/dir/deep/er src/void "src/with space"
	echo hello >src/hello
	: >src/empty
	seq 1 20000 >src/dir/numbers
	head -c 100000 /dev/zero >src/dir/deep/zeros
	echo x >"src/with space/$(printf 'n%.0s' $(seq 1 200))"
	echo y >"src/dir/deep/er/$(printf '\303\244\342\202\254')"
	for i in $(seq 1 300); do
		echo "$i" >"src/dir/deep/er/f$i"
	done
	find src -exec touch -d @1234567890 {} +
}

# same BLOCK-SIZE: what comes out is what went in
same()
{
	must ./mksfs -b "$1" -l label src sfs.img
	must "$EFS" cp -a sfs.img:/ out
	must diff -r src out
	(cd src && find . -mindepth 1 -printf '%P %y %s %T@\n' | sed -E '/ d /s/ d [0-9]+ / d /' | sort) >want
	(cd out && find . -mindepth 1 -printf '%P %y %s %T@\n' | sed -E '/ d /s/ d [0-9]+ / d /' | sort) >got
	must diff want got
	rm -rf out
	"$EFS" ls -R sfs.img:/ >list || die "ls -R"
	equal "$(grep -c '^f[0-9]*$' list)" 300 "names"
	equal "$("$EFS" cat sfs.img:/hello)" hello "cat"
}

refused()
{
	cp sfs.img ro.img
	fails 1 'can only be read' "$EFS" rm ro.img:/hello
	fails 1 'can only be read' "$EFS" mkdir ro.img:/new
	must cmp sfs.img ro.img
}

damaged()
{
	cp sfs.img bad.img
	printf '\377' | dd of=bad.img bs=1 seek=$((0x1bd)) conv=notrunc 2>/dev/null
	fails 2 'checksum' "$EFS" ls bad.img:/
	head -c 60000 sfs.img >bad.img
	fails 2 'larger than its device' "$EFS" ls bad.img:/
	must cmp -n 60000 bad.img sfs.img
}

tree
for b in 128 512 1024 4096 65536; do
	ok "blocks of $b bytes" same "$b"
done
ok "nothing is written" refused
ok "damage is told" damaged
done_testing
