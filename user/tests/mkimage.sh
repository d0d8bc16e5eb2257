#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# efs mkimage: an image equals the directory or archive it was made of, twice is the same bytes,
# it is as large as it must be, and a failure leaves nothing behind.
. "${0%/*}/lib.sh"

unset SOURCE_DATE_EPOCH
export TMPDIR=$TMP

root=false
[ "$(id -u)" = 0 ] && root=true

# what a directory is worth comparing by: names, types, modes, owners, links, sizes, targets, times
facts()
{
	(cd "$1" && find . -mindepth 1 -printf '%P|%y|%m|%U:%G|%n|%l|%Ts' \
		\( -type f -printf '|%s\n' -o -printf '\n' \) | sort
	find . -type b -o -type c | sort | xargs -r stat -c '%n %t:%T')
}

# same ONE OTHER: contents; diff(1) has no word for special files that are the same
same()
{
	diff -r --no-dereference -x fifo -x null -x disk "$1" "$2" || die "contents"
}

source_tree()
{
	mkdir -p src/a/b/c src/empty src/.hidden
	for k in $(seq 1 120); do echo "$k" >src/a/file-$k; done
	head -c 700000 /dev/urandom >src/big
	truncate -s 20M src/sparse
	printf end >>src/sparse
	: >src/a/nothing
	ln -s ../big src/a/link
	ln -s "$(printf 'x%.0s' {1..150})" src/a/longlink
	ln src/big src/0big
	ln src/big src/a/b/big
	mkfifo src/fifo
	printf odd >src/$'a\nb\xff'
	chmod 4755 src/a/file-1
	chmod 2775 src/empty
	chmod 1777 src/a/b/c
	chmod 0 src/a/file-2
	setfattr -n user.colour -v green src/a/file-3 2>/dev/null || no_xattr=1
	touch -d @1000000000 src/a/file-4 src/a/b
	if $root; then
		mknod src/null c 1 3
		mknod src/disk b 300 70000
		chown 1000:70000 src/a/file-5
		chown -h 7:8 src/a/link
	fi
	no_xattr=${no_xattr-}
}

from_directory()
{
	must "$EFS" mkimage src i.img
	clean i.img
	must "$EFS" cp -a i.img:/ iout
	rm -rf iout/lost+found
	same src iout
	facts src >want
	facts iout >got
	diff want got || die "attributes"
	[ "$(stat -c %b iout/sparse)" -lt 2000 ] || die "the hole was filled"
	dbg i.img "stat /sparse" | grep -q 'Blockcount: [0-9]\{1,3\}$' || die "the hole was filled there"
	[ -n "$no_xattr" ] || dbg i.img "ea_get /a/file-3 user.colour" | grep -q green || die "xattr"
	equal "$(dbg i.img 'stat /0big' | sed -n 's/^Inode: \([0-9]*\).*/\1/p')" \
		"$(dbg i.img 'stat /a/b/big' | sed -n 's/^Inode: \([0-9]*\).*/\1/p')" "hard links"
	"$EFS" check i.img >text || die "check"
}

from_tar()
{
	tar -C src -cf t.tar .
	must "$EFS" mkimage --from-tar t.tar t.img
	clean t.img
	must "$EFS" mkimage - p.img <t.tar
	must "$EFS" cp -a t.img:/ tout
	rm -rf tout/lost+found
	same src tout
	facts src >want
	facts tout >got
	diff want got || die "attributes"
	# archive in, archive out
	tar -C tout --sort=name -cf out.tar .
	tar -C src --sort=name -cf in.tar .
	tar tvf out.tar --numeric-owner >got
	tar tvf in.tar --numeric-owner >want
	diff want got || die "tar tv"
	tar -C src -Szcf s.tgz .
	must "$EFS" mkimage --from-tar s.tgz s.img
	clean s.img
	dbg s.img "stat /sparse" | grep -q 'Blockcount: [0-9]\{1,3\}$' || die "the hole was filled"
}

# device nodes, owners and ACLs that only an archive can bring to those who are not root
tar_privileges()
{
	perl -e '
		sub entry {
			my ($name, $type, $mode, $major, $minor, $link, $size, $data) = @_;
			my $h = pack("a100 a8 a8 a8 a12 a12 A8 a1 a100 a6 a2 a32 a32 a8 a8 a155 x12",
				$name, sprintf("%07o", $mode), sprintf("%07o", 12), sprintf("%07o", 34),
				sprintf("%011o", $size), sprintf("%011o", 1234567890), "", $type, $link,
				"ustar", "00", "", "", sprintf("%07o", $major), sprintf("%07o", $minor), "");
			substr($h, 148, 8) = sprintf("%06o\0 ", unpack("%32C*", $h));
			print $h, $data, "\0" x (-length($data) % 512);
		}
		entry("dev/null", 3, 0666, 1, 3, "", 0, "");
		entry("dev/sda", 4, 0660, 8, 0, "", 0, "");
		entry("/abs/file", 0, 0640, 0, 0, "", 5, "first");
		entry("abs/hard", 1, 0, 0, 0, "abs/file", 0, "");
		entry("abs/file", 0, 0644, 0, 0, "", 6, "second");
		entry("dev", 5, 0751, 0, 0, "", 0, "");
		print "\0" x 1024;' >x.tar
	must "$EFS" mkimage --from-tar x.tar x.img
	clean x.img
	dbg x.img "stat /dev/null" | grep -q "Device major/minor number: 01:03" || die "null"
	dbg x.img "stat /dev/sda" | grep -q "Type: block .*Mode:  0660" || die "sda"
	dbg x.img "stat /dev" | grep -q "Mode:  0751" || die "a directory whose entry comes late"
	dbg x.img "stat /abs/hard" | grep -q "User: *12 *Group: *34 .*Size: 5$" || die "owner"
	equal "$("$EFS" cat x.img:/abs/hard x.img:/abs/file)" firstsecond "a name that comes twice"
	printf 'no archive at all, but some text' >no.tar
	fails 1 "no.tar: Unrecognized archive" "$EFS" mkimage --from-tar no.tar no.img
	[ ! -e no.img ] || die "an image of nothing"
	head -c 1536 t.tar >cut.tar
	fails 1 "cut.tar: " "$EFS" mkimage --from-tar cut.tar no.img
	tar --transform 's,^,../,' -P -cf up.tar -C src big 2>/dev/null
	fails 1 "cannot be in an image" "$EFS" mkimage --from-tar up.tar no.img
	equal "$(echo no.img* efs-mkimage*)" "no.img* efs-mkimage*" "left over"
}

reproducible()
{
	export SOURCE_DATE_EPOCH=1500000000

	must "$EFS" mkimage src r1.img
	# another order of names in the directory, other times of last access
	cp -a src copy
	mv copy/a/file-9 copy/a/x
	touch -r src/a/file-9 copy/a/y
	mv copy/a/x copy/a/file-9
	rm copy/a/y
	cat copy/big >/dev/null
	sleep 1
	must "$EFS" mkimage copy r2.img
	cmp r1.img r2.img || die "two runs differ"
	clean r1.img
	must "$EFS" mkimage - r3.img <t.tar
	must "$EFS" mkimage --from-tar t.tar r4.img
	cmp r3.img r4.img || die "two archives differ"
	equal "$("$EFS" dump --json r1.img super | jq -r '.super | .made, .written, .mounted' | sort -u)" \
		2017-07-14T02:40:00Z "times of the volume"
	equal "$("$EFS" dump --json r1.img all |
		jq -r '.inodes[] | .inode | .atime, .mtime, .ctime | .[:19]' | sort -u | tail -n 1)" \
		2017-07-14T02:40:00 "the latest time"
	dbg r1.img "stat /a/file-4" | grep -q "mtime: 0x3b9aca00" || die "an earlier time"
	echo more >>copy/a/file-7
	must "$EFS" mkimage copy r5.img
	equal "$(super r1.img 'Filesystem UUID' | wc -c)" 37 uuid
	[ "$(super r1.img 'Filesystem UUID')" != "$(super r5.img 'Filesystem UUID')" ] ||
		die "another input, the same volume"
	export SOURCE_DATE_EPOCH=x
	fails 1 "SOURCE_DATE_EPOCH" "$EFS" mkimage src r6.img
}

options()
{
	must "$EFS" mkimage -b 4096 -I 128 -N 500 -L name -U 12345678-1234-4234-8234-123456789abc \
		-O ^dir_index -s 8M --owner 5:6 --root-owner 7 src/a o.img
	clean o.img
	equal "$(stat -c %s o.img)" $((8 << 20)) size
	equal "$(super o.img 'Block size')" 4096 "block size"
	equal "$(super o.img 'Inode size' | tr -d ' \t')" 128 "inode size"
	[ "$(super o.img 'Inode count')" -ge 500 ] || die inodes
	equal "$(super o.img 'Filesystem volume name')" name label
	equal "$(super o.img 'Filesystem UUID')" 12345678-1234-4234-8234-123456789abc uuid
	super o.img 'Filesystem features' | grep -q dir_index && die features
	dbg o.img "stat /file-1" | grep -q "User: *5 *Group: *6 " || die owner
	dbg o.img "stat /" | grep -q "User: *7 *Group: *7 " || die "owner of the root"
	must "$EFS" mkimage --size-slack 3M src/a s.img
	[ $(($(super s.img 'Free blocks') * 1024)) -ge $((3 << 20)) ] || die slack
	for b in 1024 2048 8192 65536; do
		must "$EFS" mkimage -b $b --size-slack 0 src m.img 2>warnings
		clean m.img
		# what was counted is not far from what is needed
		[ $(($(super m.img 'Free blocks') * b)) -lt $((1000000 + 60 * b)) ] ||
			die "$(super m.img 'Free blocks') blocks of $b are free"
	done
	must "$EFS" mkimage src/empty e.img
	clean e.img
	fails 2 "no block size" "$EFS" mkimage -b 1000 src never.img
	fails 2 "no size" "$EFS" mkimage -s x src never.img
	fails 2 "no owner" "$EFS" mkimage --owner nobody-at-all src never.img
	fails 2 "Usage: efs mkimage" "$EFS" mkimage src
	fails 2 "16 bytes" "$EFS" mkimage -L 12345678901234567 src never.img
	fails 1 "needs 1[0-9]* inodes" "$EFS" mkimage -N 20 src/a never.img
	[ ! -e never.img ] || die "never.img"
}

failures()
{
	mkdir -p f
	echo old >f/i.img
	fails 1 "No space left" "$EFS" mkimage -s 512K src f/i.img
	grep -q "f/i.img has not been made" err || die "message"
	fails 1 "none: No such file" "$EFS" mkimage none f/i.img
	fails 1 "big: Not a directory" "$EFS" mkimage src/big f/i.img
	fails 1 "mke2fs: It failed" "$EFS" mkimage -O nonsense src f/i.img
	fails 1 "no regular file" "$EFS" mkimage src f
	fails 1 "No such file" "$EFS" mkimage src f/none/i.img
	equal "$(cat f/i.img)" old "what was there"
	equal "$(ls f)" i.img "left over"
	mkfifo pipe
	"$EFS" mkimage - f/i.img <pipe 2>err &
	pid=$!
	exec 8>pipe
	head -c 100000 t.tar >&8
	sleep 0.2
	kill -INT $pid 2>/dev/null
	exec 8>&-
	wait $pid
	equal "$(ls f; cat f/i.img)" $'i.img\nold' "after SIGINT"
	must "$EFS" mkimage src f/i.img
	clean f/i.img
}

many()
{
	local begin end

	mkdir many
	(cd many && seq 1 10000 | split -l 1 -a 4 -)
	begin=$(date +%s%N)
	must "$EFS" mkimage many many.img
	end=$(date +%s%N)
	echo "$(((end - begin) / 1000000)) ms"
	clean many.img
	"$EFS" ls many.img:/ | grep -vc lost >n
	equal "$(cat n)" 10000 files
	# with all the sanitizers, on a machine that does other things, too
	[ $((end - begin)) -lt 60000000000 ] || die "too slow"
}

source_tree
ok "a directory" from_directory
ok "an archive" from_tar
ok "what archives can hold" tar_privileges
ok "twice the same bytes" reproducible
ok "options" options
ok "failures" failures
ok "10,000 files" many

done_testing
