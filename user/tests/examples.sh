#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The examples do what they say, and e2fsck has nothing against it.
#
#   EXAMPLES	where they are; by default where `make -C user examples` puts them

. "${0%/*}/lib.sh"

EXAMPLES=${EXAMPLES:-$build/examples}

fresh()
{
	image disk.img 8M "$@"
	mkdir -p tree/a/b
	seq 20000 >tree/a/numbers
	ln -sf a/numbers tree/link
	touch tree/a/b/empty
	rm -f disk.img
	truncate -s 8M disk.img
	must mke2fs -q -F -t ext2 -d tree "$@" disk.img
}

cat_file()
{
	fresh
	before=$(sha256sum <disk.img)
	must "$EXAMPLES/cat" disk.img /a/numbers >out
	must cmp out tree/a/numbers
	must "$EXAMPLES/cat" disk.img link >out
	must cmp out tree/a/numbers
	must "$EXAMPLES/cat" disk.img a/b/empty >out
	[ ! -s out ] || die "an empty file has contents"
	fails 1 "No such file or directory" "$EXAMPLES/cat" disk.img /none
	fails 1 "Is a directory" "$EXAMPLES/cat" disk.img /a
	fails 1 "no file system that is known" "$EXAMPLES/cat" "$EXAMPLES/cat" /a
	fails 2 Usage "$EXAMPLES/cat" disk.img
	equal "$(sha256sum <disk.img)" "$before" "the image"
}

walk()
{
	fresh -b 1024
	must "$EXAMPLES/walk" disk.img >out
	sed -E 's/^([^ ]+) +[0-9]+ /\1 /' out | sort >got
	(cd tree && find . -mindepth 1 -printf '%M /%P\n'; echo "drwx------ /lost+found") | sort >want
	grep ' /' got | must diff - want
	grep -q '^-.* 108894 /a/numbers$' out || die "no numbers of the right size"
	tail -n 1 out | grep -q '^6 files, 3 directories among them, ' || die "other totals"
}

embedded()
{
	local n

	for n in 1 2 3; do
		[ $n -gt 1 ] || fresh "$@"
		must "$EXAMPLES/embedded" disk.img >out
		grep -q "^boot $n; " out || { cat out; die "not boot $n"; }
		grep -q ' bytes at most, 0 left behind' out || { cat out; die "memory left behind"; }
		grep -q '^[0-9]* boots$' out || die "no such file in the list"
		clean disk.img
	done
	equal "$(dbg disk.img 'cat /boots' | od -An -tx1)" " 03 00" "the file"
	tail -n 1 out
}

cplusplus()
{
	fresh
	must "$EXAMPLES/raii" disk.img >out
	equal "$(head -n 1 out)" "destructors closed this" "what was read"
	grep -qx from-c++ out || die "no such file in the list"
	clean disk.img
	equal "$(dbg disk.img 'cat /from-c++')" "destructors closed this" "the file"
	fails 1 "from-c++: File exists" "$EXAMPLES/raii" disk.img
	clean disk.img
}

# nothing but the four functions of memory, also where it is used: no C library behind it
undefined()
{
	local names

	names=$(nm -u "$EXAMPLES/../embedded/all.o" | awk '{ print $NF }' | sort | tr '\n' ' ')
	equal "$names" "memcmp memcpy memmove memset " "undefined in the embedded library"
}

ok "cat" cat_file
ok "walk" walk
ok "embedded" embedded
ok "embedded, blocks of 4 KiB" embedded -b 4096
ok "C++" cplusplus
case $(uname -m) in
x86_64)	ok "the embedded library stands alone" undefined ;;
esac

done_testing
