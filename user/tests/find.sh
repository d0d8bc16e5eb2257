#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Listings and searches, beside what the coreutils and find say of the same tree here; and
# the commands that change attributes, beside their namesakes.
. "${0%/*}/lib.sh"

prepare()
{
	local k

	mkdir -p t/a/b/c t/.hidden/x t/empty t/many
	head -c 100000 /dev/urandom >t/a/big
	head -c 5000 /dev/urandom >t/a/b/mid
	printf 123 >t/a/b/c/three
	: >t/a/nothing
	: >t/.hidden/dot
	ln t/a/big t/a/b/hard
	ln -s ../a/big t/a/link
	ln -s missing t/dangling
	mkfifo t/fifo
	for k in {1..40}; do echo "$k" >"t/many/file$k.txt"; done
	chmod 4755 t/a/b/mid
	chmod 600 t/a/b/c/three
	chmod 1777 t/empty
	touch -d '2001-09-09 01:46:40.5' t/a/big t/many/file7.txt
	touch -d '2030-01-01 00:00:00' t/many/file8.txt
	touch -d '5 days ago' t/many/file9.txt
	[ "$(id -u)" != 0 ] || chown 1234:4321 t/many/file1.txt t/a
	image i.img 16M -b 1024 -I 256
	must "$EFS" cp -a t i.img:/
	clean i.img
}

# find EXPRESSION...: the same here and there
both()
{
	(cd t && find . "$@") | sed 's|^\.|/t|' | sort >want
	"$EFS" find i.img:/t "$@" | sort >got || die "find $*"
	diff want got || die "find $*"
}

searches()
{
	both
	both -type f
	both -type d,l
	both -name '*.txt'
	both -iname 'FILE1?.TXT'
	both -mindepth 1 -name '.*'
	both -path '*/b/*' -o -name fifo
	both ! -type d -a -name 'b*'
	both '(' -name big -o -name mid ')' -type f
	both -size +10k
	both -size -2
	both -size 3c
	both -type f -empty
	both -type d -empty
	both -perm 600
	both -perm -4000
	both -perm /022
	both -perm -u+rw,go-w -type f
	both -user 1234
	both -group 4321
	both -uid +1000
	both -links 2 -type f
	both -links +1 -type f
	both -mtime +100
	both -mtime -1
	both -mtime 5
	both -mmin -60
	both -newermt '2029-01-01 00:00'
	both -maxdepth 1
	both -mindepth 2 -maxdepth 3
	both -name b -prune -o -type f -print
	both -depth -type d
	both -lname '*big'
	both -name a -print -o -name b
	(cd t && find . -newer a/big) | sed 's|^\.|/t|' | sort >want
	"$EFS" find i.img:/t -newer i.img:/t/a/big | sort >got
	diff want got || die "-newer"
	"$EFS" find i.img:/t -print0 | tr '\0' '\n' | sort >got
	(cd t && find .) | sed 's|^\.|/t|' | sort | diff - got || die "-print0"
	(cd t && find . -printf '%M %n %U %s\n' | sort) >want
	"$EFS" find i.img:/t -exec 2>err && die "an unknown test was taken"
	"$EFS" find i.img:/t -ls | awk '{ print $3, $4 }' | sort >got
	awk '{ print $1, $2 }' want | sort | diff - got || die "-ls"
	fails 2 "not closed" "$EFS" find i.img:/t '(' -name x
	fails 2 "must follow" "$EFS" find i.img:/t -name
	fails 2 "wrong" "$EFS" find i.img:/t -size x
	fails 1 "No such file" "$EFS" find i.img:/none
}

# ~ is a space that does not break
drawn='/drawn
├── a
│~~ ├── b
│~~ │~~ └── f
│~~ └── g
├── c
│~~ └── h
└── l -> a/g

4 directories, 4 files'

listings()
{
	local opts

	for opts in -l -la -lA -ln -lh -lt -ltr -ld -lR -i1; do
		[ "$opts" = -i1 ] || (cd t && ls "$opts" --time-style='+%F %H:%M' .) >want
		[ "$opts" = -i1 ] && (cd t && ls -1) >want
		"$EFS" ls "$opts" i.img:/t >got || die "ls $opts"
		# what a directory takes is the volume's matter
		[ "$opts" != -i1 ] || sed -i 's/^ *[0-9]* //' got
		listing_facts want >want2
		listing_facts got | sed 's|^/t|.|; s| /t$| .|' >got2
		diff want2 got2 || die "ls $opts"
	done
	equal "$("$EFS" ls -F i.img:/t | tr '\n' ' ')" "$(ls -F t | tr '\n' ' ')" "-F"
	equal "$(COLUMNS=60 "$EFS" ls -C i.img:/t/many)" "$(ls -C -w 60 -T 0 t/many)" "-C"
	equal "$("$EFS" ls -S i.img:/t/many)" "$(ls -S t/many)" "-S"
	equal "$("$EFS" ls -U i.img:/t | sort)" "$(ls t)" "-U"
	equal "$("$EFS" ls --color=always -d i.img:/t)" $'\e[01;34m/t\e[0m' "--color"
	fails 2 "always, never or auto" "$EFS" ls --color=x i.img
	fails 2 "none: No such file" "$EFS" ls i.img:/none
	"$EFS" tree i.img:/t >got || die tree
	tail -n 1 got | grep -q "^6 directories, 48 files$" || { cat got; die "tree"; }
	must "$EFS" mkdir -p i.img:/drawn/a/b i.img:/drawn/c
	must "$EFS" touch i.img:/drawn/a/b/f i.img:/drawn/a/g i.img:/drawn/c/h
	must "$EFS" ln -s a/g i.img:/drawn/l
	equal "$(LC_ALL=C.UTF-8 "$EFS" tree i.img:/drawn)" "${drawn//\~/$'\xc2\xa0'}" "a drawing"
	must "$EFS" rm -r i.img:/drawn
	"$EFS" tree -L 1 -d i.img:/t | grep -c -- '-- ' | grep -qx 3 || die "tree -d -L 1"
}

# lines of ls -l without what differs between file systems: sizes of directories, totals
listing_facts()
{
	# where .. is, is another matter too
	grep -v '^total\| \.\.$' "$1" |
		sed -E 's/^(d.*) +[0-9.]+K? +([0-9-]{10} [0-9:]{5})/\1 # \2/; s/ +/ /g'
}

sizes()
{
	(cd t && find . -type f -links 1 -printf '%s %p\n' | sort -k2) >want
	"$EFS" du -ab i.img:/t/many | sort -k2 | grep txt | sed 's|/t/|./|; s/\t/ /' >got
	grep many want | diff - got || die "du -ab"
	# the file with two names once
	equal "$("$EFS" du -s i.img:/t | cut -f1)" \
		"$("$EFS" find i.img:/t -ls | sort -u -k1,1 |
			awk '{ s += $2 } END { print s }')" "du -s"
	equal "$("$EFS" du -c -s i.img:/t/a i.img:/t/many | tail -n 1 | cut -f2)" total "du -c"
	[ "$("$EFS" du i.img:/t | wc -l)" = "$(find t -type d | wc -l)" ] || die "lines of du"
	[ "$("$EFS" du -d 1 i.img:/t | wc -l)" = "$(find t -maxdepth 1 -type d | wc -l)" ] || die "du -d 1"
	"$EFS" du -sh i.img:/t | grep -q '^[0-9.]*K' || die "du -h"
}

formats()
{
	local f

	for f in a/big a/b/mid a/link fifo empty many/file1.txt; do
		equal "$("$EFS" stat -c '%a %A %f %F %g %G %h %s %u %U %Y %y %%' "i.img:/t/$f" | field "$f")" \
			"$(stat -c '%a %A %f %F %g %G %h %s %u %U %Y %y %%' "t/$f" | field "$f")" "stat $f"
	done
	equal "$("$EFS" stat --printf '%n\t%s\n' i.img:/t/a/big)" $'/t/a/big\t100000' "--printf"
	equal "$("$EFS" stat -c %N i.img:/t/a/link)" "'/t/a/link' -> '../a/big'" "%N"
	equal "$("$EFS" stat -L -c %s i.img:/t/a/link)" 100000 "-L"
	"$EFS" stat --json i.img:/t/a/big i.img:/t/a/link i.img:/t/fifo >json || die "--json"
	perl -MJSON::PP -ne 'my $o = decode_json($_); die unless $o->{path} =~ m{^/t/};
		print "$o->{type} $o->{size}\n"' json >got 2>err || { cat err json; die "no JSON"; }
	equal "$(head -n 1 got)" "regular file 100000" "JSON"
	equal "$("$EFS" readlink i.img:/t/a/link) $("$EFS" readlink -f i.img:/t/a/link)" \
		"../a/big /t/a/big" "readlink"
	equal "$("$EFS" readlink -f i.img:/t/a/../many/./new)" /t/many/new "readlink -f"
	fails 1 "No such file" "$EFS" readlink -f i.img:/t/none/x
	fails 1 "Invalid argument" "$EFS" readlink i.img:/t/a/big
}

# sizes of directories differ
field()
{
	if [ -d "t/$1" ]; then sed -E 's/^(([^ ]+ ){7})[0-9]+/\1/'; else cat; fi
}

# the same change on both sides, then the same modes
modes()
{
	local m

	image m.img 4M
	for m in 755 0 7777 u+x,go-rwx a=r g=u o=g u=rwx,g=,o=t +x -w =rw ug+s,o+t u-s a+X g+w,o=u ; do
		rm -rf f d
		echo x >f
		mkdir d
		chmod 640 f
		chmod 2750 d
		"$EFS" rm -rf m.img:/f m.img:/d
		must "$EFS" cp -a f d m.img:/
		chmod -- "$m" f d
		must "$EFS" chmod "$m" m.img:/f m.img:/d
		equal "$("$EFS" stat -c %a m.img:/f m.img:/d | tr '\n' ' ')" \
			"$(stat -c %a f d | tr '\n' ' ')" "chmod $m"
	done
	clean m.img
	must "$EFS" mkdir -p m.img:/r/s
	must "$EFS" touch m.img:/r/f m.img:/r/s/f
	must "$EFS" ln -s f m.img:/r/l
	must "$EFS" chmod -R u=rwX,go= m.img:/r
	equal "$("$EFS" stat -c %a m.img:/r m.img:/r/f m.img:/r/s m.img:/r/s/f | tr '\n' ' ')" \
		"700 600 700 600 " "-R"
	fails 2 "no mode" "$EFS" chmod u+q m.img:/r
	fails 2 "no mode" "$EFS" chmod 99 m.img:/r
	must "$EFS" chown 1:2 m.img:/r/f
	must "$EFS" chown -h :3 m.img:/r/l
	must "$EFS" chown root m.img:/r/s
	must "$EFS" chgrp -R 70000 m.img:/r/s
	equal "$("$EFS" stat -c %u:%g m.img:/r/f m.img:/r/l m.img:/r/s m.img:/r/s/f | tr '\n' ' ')" \
		"1:2 0:3 0:70000 0:70000 " "owners"
	must "$EFS" chown --reference=m.img:/r/f m.img:/r/s/f
	equal "$("$EFS" stat -c %u:%g m.img:/r/s/f)" 1:2 "--reference"
	fails 2 "no owner" "$EFS" chown nobody-of-that-name m.img:/r
	clean m.img
}

times()
{
	local t

	must "$EFS" touch m.img:/t
	for t in @1000000000.25 2001-09-09 '2001-09-09 01:46' 2001-09-09T01:46:40.125Z \
		 2001-09-09T01:46:40+02:00 2040-05-06T07:08:09-0330 1965-01-01; do
		must "$EFS" touch -d "$t" m.img:/t
		equal "$("$EFS" stat -c '%x %y' m.img:/t)" \
			"$(touch -d "$t" host; stat -c '%x %y' host)" "touch -d $t"
	done
	must "$EFS" touch -a -d @5 m.img:/t
	must "$EFS" touch -m -d @7 m.img:/t
	equal "$("$EFS" stat -c '%X %Y' m.img:/t)" "5 7" "-a, -m"
	must "$EFS" touch -r m.img:/t m.img:/t2
	equal "$("$EFS" stat -c '%X %Y' m.img:/t2)" "5 7" "-r"
	must "$EFS" touch -c m.img:/none
	fails 1 "No such file" "$EFS" stat m.img:/none
	for t in 2001-02-30 yesterday @x 2001-13-01 2001-01-01T25:00; do
		fails 2 "no time" "$EFS" touch -d "$t" m.img:/t
	done
	must "$EFS" truncate -s 10K m.img:/t
	must "$EFS" truncate -s +5 m.img:/t
	must "$EFS" truncate -s -1kB m.img:/t
	equal "$("$EFS" stat -c %s m.img:/t)" $((10240 + 5 - 1000)) "truncate"
	must "$EFS" truncate -c -s 1 m.img:/none
	fails 2 "no size" "$EFS" truncate -s x m.img:/t
	fails 1 "too large" "$EFS" truncate -s 100T m.img:/t
	clean m.img
}

names()
{
	image n.img 4M
	echo x >x
	must "$EFS" put x n.img:/x
	must "$EFS" ln n.img:/x n.img:/y
	must "$EFS" ln -s x n.img:/s
	fails 1 "File exists" "$EFS" ln -s y n.img:/s
	must "$EFS" ln -sf y n.img:/s
	must "$EFS" ln -f n.img:/s n.img:/y
	equal "$("$EFS" ls n.img | tr '\n' ' ')" "lost+found s x y " "names"
	equal "$("$EFS" stat -c %h:%F n.img:/x n.img:/y | tr '\n' ' ')" \
		"1:regular file 2:symbolic link " "links"
	must "$EFS" mkdir n.img:/d
	must "$EFS" ln n.img:/x n.img:/d
	must "$EFS" ln -s /a/b n.img:/d/
	equal "$("$EFS" ls n.img:/d | tr '\n' ' ')" "b x " "into a directory"
	fails 1 "Operation not permitted\|Is a directory" "$EFS" ln n.img:/d n.img:/e
	clean n.img
	must "$EFS" mknod n.img:/fifo p
	must "$EFS" mknod -m 600 n.img:/sock s
	must "$EFS" mknod n.img:/chr c 300 70000
	must "$EFS" mknod n.img:/blk b 8 1
	equal "$("$EFS" ls -l n.img | grep '^[pscb]' | sed 's/  */ /g' | cut -d' ' -f1,5- |
		sed 's/ [0-9-]* [0-9:]* / /')" "brw-r--r-- 8, 1 blk
crw-r--r-- 300, 70000 chr
prw-r--r-- 0 fifo
srw------- 0 sock" "mknod"
	dbg n.img "stat /chr" | grep -q "300:70000" || die "debugfs: numbers of the device"
	fails 2 "major" "$EFS" mknod n.img:/q c 1
	fails 2 "at most" "$EFS" mknod n.img:/q c 5000 1
	clean n.img
	must "$EFS" mkdir -p n.img:/p/q/r
	must "$EFS" mkdir -v -p n.img:/p/v >out
	equal "$(cat out)" "created directory '/p/v'" "mkdir -v"
	fails 1 "Directory not empty" "$EFS" rmdir n.img:/p/q
	must "$EFS" rmdir n.img:/p/v
	must "$EFS" rmdir -p n.img:/p/q/r
	fails 1 "No such file" "$EFS" stat n.img:/p
	equal "$("$EFS" rm -v n.img:/blk)" "removed 'n.img:/blk'" "rm -v"
	must "$EFS" find n.img:/d -delete
	fails 1 "No such" "$EFS" stat n.img:/d
	clean n.img
}

attributes()
{
	image x.img 4M -I 256
	echo x >x
	must "$EFS" put x x.img:/f
	must "$EFS" ln -s f x.img:/l
	must "$EFS" xattr set user.a "some text" x.img:/f
	must "$EFS" xattr set user.b 0x00ff10 x.img:/l
	must "$EFS" xattr set trusted.c 0sAAECAw== x.img:/f
	must "$EFS" xattr set user.d '"quo\"te\012"' x.img:/f
	must "$EFS" xattr set user.e "" x.img:/f
	clean x.img
	equal "$("$EFS" xattr list x.img:/f | sort | tr '\n' ' ')" \
		"trusted.c user.a user.b user.d user.e " "list"
	equal "$("$EFS" xattr get user.b x.img:/f)" "user.b=0sAP8Q" "base64"
	equal "$("$EFS" xattr get -e hex user.b x.img:/f)" "user.b=0x00ff10" "hex"
	equal "$("$EFS" xattr get -e text user.b x.img:/f)" 'user.b="\000\377\020"' "text"
	equal "$("$EFS" xattr get --only-values user.a x.img:/f)" "some text" "value"
	equal "$("$EFS" xattr get --only-values user.d x.img:/f)" 'quo"te' "quoted"
	dbg x.img "ea_get /f user.a" | grep -q "some text" || die "debugfs"
	debugfs -w -R "ea_set /f user.z by-debugfs" x.img 2>/dev/null
	equal "$("$EFS" xattr get user.z x.img:/f)" 'user.z="by-debugfs"' "of debugfs"
	must "$EFS" xattr rm user.a x.img:/f
	fails 1 "user.a: No such attribute" "$EFS" xattr rm user.a x.img:/f
	fails 1 "No such attribute" "$EFS" xattr get user.a x.img:/f
	fails 1 "File exists" "$EFS" xattr set --create user.b 1 x.img:/f
	fails 1 "No such attribute" "$EFS" xattr set --replace user.new 1 x.img:/f
	fails 2 "no value" "$EFS" xattr set user.a 0xf x.img:/f
	fails 2 "no value" "$EFS" xattr set user.a '0s*' x.img:/f
	fails 2 "list, dump" "$EFS" xattr x.img:/f
	clean x.img
	"$EFS" cp -a x.img:/f out.f || die "cp -a"
	if setfattr -n user.probe -v 1 x 2>/dev/null; then
		getfattr -d out.f | grep -q '^user.z="by-debugfs"' || die "not copied"
		"$EFS" xattr dump x.img:/f | grep '^user' | sort >got
		getfattr -d out.f | grep '^user' | sort >want
		diff want got || die "getfattr -d"
	fi
}

ok "a tree" prepare
ok "find" searches
ok "ls and tree" listings
ok "du" sizes
ok "stat and readlink" formats
ok "chmod, chown, chgrp" modes
ok "touch and truncate" times
ok "ln, mknod, mkdir, rmdir, rm" names
ok "xattr" attributes

done_testing
