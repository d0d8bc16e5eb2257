#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The command's manners: usage, messages, exit status, refusals, full volumes, signals.
. "${0%/*}/lib.sh"

usage()
{
	fails 2 "Usage: efs .*COMMAND" "$EFS"
	fails 2 "unknown command" "$EFS" frobnicate
	fails 2 "Usage: efs ls" "$EFS" ls
	fails 2 "Usage: efs ls" "$EFS" ls -z i.img
	fails 2 "Usage: efs put" "$EFS" put
	fails 2 "no image is named" "$EFS" put x
	fails 2 "wrong option -o nonsense" "$EFS" -o nonsense ls i.img
	fails 2 "wrong option -o offset=x" "$EFS" -o offset=x ls i.img
	fails 2 "octal" "$EFS" mkdir -m 9 i.img:/x
	fails 2 "octal" "$EFS" mkdir -m 70000 i.img:/x
	fails 2 "Usage: efs rm" "$EFS" rm -r
	must "$EFS" rm -f
	"$EFS" --help | grep -q "efs mkdir" || die "help"
	"$EFS" mkdir --help | grep -q "Usage: efs mkdir" || die "help of a command"
	"$EFS" --version | grep -q "^efs [0-9]" || die "version"
	"$EFS" --commands >names
	while read -r name; do
		"$EFS" "$name" --help >help.out || die "$name --help"
		[ "$(wc -l <help.out)" -ge 2 ] || die "$name --help says nothing"
	done <names
	[ "$(wc -l <names)" -gt 20 ] || die "few commands"
}

no_image()
{
	fails 2 "nothing.img: No such file" "$EFS" ls nothing.img:/
	fails 2 "/dev/null: Neither a file nor a block device" "$EFS" ls /dev/null:/
	fails 2 "No image is named" "$EFS" ls :/x
	mkdir -p dir
	fails 2 "dir: Is a directory" "$EFS" ls dir:/
	: >empty
	fails 2 "empty: Cannot use it" "$EFS" ls empty:/
	head -c 100000 /dev/urandom >noise
	fails 2 "noise: Cannot use it" "$EFS" ls noise:/
	image short.img 8M -b 1024
	truncate -s 4M short.img
	fails 2 "larger than its device" "$EFS" ls short.img:/
	image colon:name.img 1M
	fails 1 "No such file" "$EFS" mkdir colon:name.img:/a:/b:
	must "$EFS" mkdir -p colon:name.img:/a:/b:
	must "$EFS" ls colon:name.img:/a:/b:
	clean colon:name.img
}

features()
{
	truncate -s 16M f.img
	mke2fs -q -F -t ext4 f.img || die mke2fs
	fails 2 "incompatible features:.*extent" "$EFS" ls f.img:/
	fails 2 "Cannot use it: unsupported incompatible features" "$EFS" ls f.img:/
	mke2fs -q -F -t ext2 -O huge_file f.img || die mke2fs
	must "$EFS" ls f.img:/
	fails 1 "reading only: huge_file" "$EFS" mkdir f.img:/x
	mke2fs -q -F -t ext3 f.img || die mke2fs
	must "$EFS" mkdir f.img:/x
	clean f.img
}

# partitions, offsets, another superblock, read-only, a dry run
places()
{
	local before

	image v.img 8M -b 1024 -g 4096
	echo hello >hello
	must "$EFS" put hello v.img:/hello
	truncate -s 24M disk.img
	dd if=v.img of=disk.img bs=1M seek=4 conv=notrunc status=none
	echo '8192,16384,83' | sfdisk -q disk.img >/dev/null 2>&1 || die sfdisk
	dd if=v.img of=disk.img bs=1M seek=4 conv=notrunc status=none
	equal "$("$EFS" cat disk.img#1:/hello)" hello "a partition by name"
	equal "$("$EFS" -o partition=1 cat disk.img:/hello)" hello "a partition by option"
	equal "$("$EFS" -o offset=4M,sizelimit=8M cat disk.img:/hello)" hello "offset"
	must "$EFS" mkdir disk.img#1:/made
	must "$EFS" cp disk.img#1:/hello v.img:/copy
	dd if=disk.img of=part.img bs=1M skip=4 count=8 status=none
	clean part.img
	fails 1 "no partition 2" "$EFS" cat disk.img#2:/hello
	fails 1 "no partition table" "$EFS" cat v.img#1:/hello
	fails 1 "does not reach" "$EFS" -o offset=1G cat disk.img:/hello
	cp v.img 'odd#1'
	equal "$("$EFS" cat 'odd#1:/hello')" hello "a name with #"
	equal "$("$EFS" -o sb=4097 cat v.img:/hello)" hello "another superblock"
	must "$EFS" -o direct,sync mkdir v.img:/direct
	clean v.img
	before=$(sha256sum <v.img)
	fails 1 "Read-only file system" "$EFS" --read-only mkdir v.img:/x
	fails 1 "Read-only file system" "$EFS" -o ro rm v.img:/hello
	must "$EFS" -o overlay rm v.img:/hello
	must "$EFS" -i v.img ls hello
	equal "$(sha256sum <v.img)" "$before" "the image"
}

in_use()
{
	image u.img 2M
	exec 9<u.img
	flock -x 9 || die flock
	fails 2 "Another program is using it" "$EFS" ls u.img:/
	flock -u 9
	flock -s 9 || die flock
	must "$EFS" ls u.img:/
	fails 1 "Another program is using it" "$EFS" mkdir u.img:/x
	exec 9<&-
	must "$EFS" mkdir u.img:/x
}

full()
{
	local before=0 size

	image s.img 3M -b 1024 -m 5
	head -c 4000000 /dev/urandom >big
	before=$(super s.img 'Free blocks')
	fails 1 "s.img:/big: No space left on device; nothing was written" "$EFS" put big s.img:/big
	clean s.img
	equal "$("$EFS" ls s.img)" lost+found "nothing"
	equal "$(super s.img 'Free blocks')" "$before" "free blocks"
	echo small >small
	must "$EFS" put small s.img:/f
	fails 1 "s.img:/f is incomplete: [0-9]* bytes" "$EFS" put big s.img:/f
	clean s.img
	size=$("$EFS" stat s.img:/f | sed -n 's/^size: //p')
	[ "$size" -gt 2000000 ] || die "$size bytes"
	"$EFS" cat s.img:/f | cmp -n "$size" - big || die "what is there is wrong"
	fails 1 "No space left" "$EFS" mkdir s.img:/d
	clean s.img
	must "$EFS" rm s.img:/f
	equal "$(super s.img 'Free blocks')" "$before" "free blocks after rm"
	head -c $(((before - 40) * 1024)) big >fits
	must "$EFS" put fits s.img:/fits
	clean s.img
	image n.img 1M -b 1024 -N 16
	for k in 1 2 3 4 5; do must "$EFS" put small n.img:/$k; done
	fails 1 "No space left" "$EFS" put small n.img:/6
	fails 1 "No space left" "$EFS" mkdir n.img:/d
	clean n.img
	must "$EFS" rm n.img:/3
	must "$EFS" mkdir n.img:/d
	clean n.img
}

put_targets()
{
	image p.img 4M
	echo one >one
	echo two >two
	mkdir -p sub
	echo three >sub/three
	must "$EFS" mkdir p.img:/d
	must "$EFS" put one p.img:/d
	must "$EFS" put sub/three two p.img:/d/
	equal "$(echo $("$EFS" ls p.img:/d))" "one three two" "names"
	equal "$("$EFS" cat p.img:/d/one p.img:/d/two p.img:/d/three | tr '\n' ' ')" \
		"one two three " "contents"
	fails 1 "Is a directory" "$EFS" put - p.img:/d <one
	fails 1 "Not a directory" "$EFS" put one two p.img:/d/one
	fails 1 "Not a directory" "$EFS" put one p.img:/new/
	fails 1 "No such file" "$EFS" put one p.img:/x/y
	fails 1 "nothing: No such file" "$EFS" put nothing p.img:/x
	fails 1 "sub: Is a directory" "$EFS" put sub p.img:/x
	must "$EFS" mkdir p.img:/d2 p.img:/d2/one
	fails 1 "no regular file" "$EFS" put one p.img:/d2
	chmod 640 one
	must "$EFS" put one p.img:/mode
	must "$EFS" put -m 6755 one p.img:/mode2
	must "$EFS" mkdir -m 1777 p.img:/mode3
	"$EFS" stat p.img:/mode p.img:/mode2 p.img:/mode3 | grep ^mode: >modes
	equal "$(cat modes)" "mode: 0640 -rw-r-----
mode: 6755 -rwsr-sr-x
mode: 1777 drwxrwxrwt" modes
	clean p.img
}

stat_format()
{
	image t.img 4M -I 256
	echo hello >h
	must "$EFS" put -m 644 h t.img:/h
	debugfs -w -f - t.img >/dev/null 2>&1 <<-END
		set_inode_field h uid 1000
		set_inode_field h gid 100
		set_inode_field h atime @0x40000000
		set_inode_field h mtime @0x7fffffff
		set_inode_field h mtime_extra 0xee6b27fd
		set_inode_field h ctime @1234567890
		set_inode_field h ctime_extra 4
		set_inode_field h crtime @1
		set_inode_field h crtime_extra 0
		set_inode_field h atime_extra 0
		set_inode_field h generation 42
		set_inode_field h flags 0xd0
	END
	"$EFS" stat t.img:/h >got || die stat
	cat >want <<-END
		path: /h
		type: regular file
		inode: 12
		mode: 0644 -rw-r--r--
		links: 1
		uid: 1000
		gid: 100
		size: 6
		sectors: 2
		block size: 1024
		atime: 2004-01-10T13:37:04.000000000Z
		mtime: 2174-02-25T09:42:23.999999999Z
		ctime: 2009-02-13T23:31:30.000000001Z
		btime: 1970-01-01T00:00:01.000000000Z
		flags: immutable
		generation: 42
	END
	diff want got || die "stat differs"
	fails 1 "Operation not permitted" "$EFS" put h t.img:/h
	fails 1 "Operation not permitted" "$EFS" rm t.img:/h
}

listing()
{
	image l.img 4M
	must "$EFS" mkdir -p l.img:/a/b l.img:/a/.hid l.img:/c
	echo x >x
	must "$EFS" put x l.img:/a/x
	must "$EFS" rm -r l.img:/lost+found
	"$EFS" ls -R l.img:/ >got || die ls
	printf '/:\na\nc\n\n/a:\nb\nx\n\n/a/b:\n\n/c:\n' >want
	diff want got || die "ls -R"
	equal "$("$EFS" ls -d l.img:/a)" /a "ls -d"
	equal "$(echo $("$EFS" ls -a l.img:/a))" ". .. .hid b x" "ls -a"
	"$EFS" ls l.img:/a l.img:/c >got || die ls
	printf '/a:\nb\nx\n\n/c:\n' >want
	diff want got || die "two directories"
	equal "$("$EFS" ls l.img:/a/x)" /a/x "a file"
	fails 2 "none: No such file" "$EFS" ls l.img:/none l.img:/a
	grep -q '^b$' out || die "the other operand was not listed"
}

# names as they are in a pipe; nothing a terminal could obey on a terminal
escapes()
{
	image e.img 1M
	must "$EFS" mkdir e.img:/$'\e[31mred\xff\xc3\xa4\\'
	must "$EFS" rm -r e.img:/lost+found
	equal "$("$EFS" ls e.img)" $'\e[31mred\xff\xc3\xa4\\' "raw"
	script -qec "'$EFS' ls --color=never e.img" /dev/null </dev/null | tr -d '\r' >tty.out
	equal "$(cat tty.out)" '\033[31mred\377'$'\xc3\xa4''\134' "on a terminal"
	fails 1 'no\\033\[m' "$EFS" cat e.img:/no$'\e[m'
}

# a reader that goes away, a disk that is full
output()
{
	image o.img 8M
	head -c 3000000 /dev/urandom >big
	must "$EFS" put big o.img:/big
	fails 1 "standard output: No space left" sh -c '"$0" cat o.img:/big >/dev/full' "$EFS"
	fails 1 "standard output: No space left" sh -c '"$0" ls o.img:/ >/dev/full' "$EFS"
	"$EFS" cat o.img:/big | head -c 10 >/dev/null
	equal "${PIPESTATUS[0]}" 141 "SIGPIPE"
}

# the signal comes while put waits for more of its standard input
interrupted()
{
	local sig=$1 status=$2 pid

	image g.img 8M
	must "$EFS" mkdir g.img:/d
	mkfifo pipe
	# in the background a shell has SIGINT ignored, and that is respected
	env --default-signal=INT "$EFS" put - g.img:/d/file <pipe 2>err &
	pid=$!
	exec 8>pipe
	head -c 1000000 /dev/zero >&8
	sleep 0.3
	kill -"$sig" $pid
	wait $pid
	equal $? "$status" "status"
	exec 8>&-
	rm pipe
	[ "$sig" = KILL ] && { heals g.img; return; }
	grep -q "g.img:/d/file: Interrupted system call; nothing was written" err || { cat err; die "message"; }
	clean g.img
	equal "$(super g.img 'Filesystem state')" clean "state"
	equal "$("$EFS" ls g.img:/d)" "" "names"
}

last_mount()
{
	image m.img 1M
	must "$EFS" ls m.img
	equal "$(super m.img 'Mount count')" 0 "mount count after ls"
	must "$EFS" mkdir m.img:/a m.img:/b
	equal "$(super m.img 'Mount count')" 1 "mount count after mkdir"
	debugfs -w -R "ssv state 0" m.img 2>/dev/null
	"$EFS" mkdir m.img:/c 2>err || die mkdir
	grep -q "running e2fsck is recommended" err || die "no warning"
	equal "$(super m.img 'Filesystem state')" "not clean" "state"
}

loops()
{
	image r.img 2M
	must "$EFS" mkdir -p r.img:/a/b/c
	echo x >x
	must "$EFS" put x r.img:/a/b/c/x
	# c holds an entry that leads to a again
	debugfs -w -R "ln /a /a/b/c/up" r.img 2>/dev/null
	fails 1 "/a/b/c/up: Met for the second time" "$EFS" ls -R r.img:/a
	cp r.img r2.img
	fails 1 "inconsistent" "$EFS" rm -r r2.img:/a
	heals r2.img
}

ok "usage" usage
ok "what is no image" no_image
ok "features that are not supported" features
ok "partitions, offsets, options" places
ok "an image in use" in_use
ok "a full volume" full
ok "targets of put" put_targets
ok "stat" stat_format
ok "ls" listing
ok "strange names on a terminal and in a pipe" escapes
ok "standard output that fails" output
ok "SIGINT" interrupted INT 130
ok "SIGTERM" interrupted TERM 143
ok "SIGKILL" interrupted KILL 137
ok "mount count and state" last_mount
ok "a directory inside itself" loops

done_testing
