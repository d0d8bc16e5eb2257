#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Copies of whole trees: in, out, inside an image and between images. What comes back must
# be what went in: contents, modes, owners, times, attributes, links, holes, nodes.
. "${0%/*}/lib.sh"

# attributes of all below a directory, to compare: links, sizes, owners, modes, times, nodes
facts()
{
	(cd "$1" && find . -printf '%P|%y|%m|%U:%G|%n|%l|%T@\n' | sort) >"$2"
	(cd "$1" && find . -type f -printf '%P|%s\n' | sort) >>"$2"
	(cd "$1" && find . \( -type b -o -type c \) -exec stat -c '%n %t %T' {} + | sort) >>"$2"
}

# diff cannot compare what is no file; facts does that
same()
{
	diff -r --no-dereference "$1" "$2" | grep -v '^File .* is a .* while file .* is a ' && return 1
	return 0
}

make_tree()
{
	local k

	mkdir -p src/dir/deeper src/empty src/many
	head -c 3000000 /dev/urandom >src/big
	head -c 1048576 src/big >src/dir/small
	: >src/dir/nothing
	printf x >src/dir/deeper/x
	for k in {1..300}; do echo "file $k" >"src/many/$k"; done
	ln src/big src/dir/hard
	ln src/dir/deeper/x src/many/hard2
	ln -s ../big src/dir/link
	ln -s /nowhere/at/all src/dangling
	ln -s "$(printf 'long/%.0s' {1..40})end" src/long
	mkfifo src/fifo
	truncate -s 5000000 src/holes
	printf middle | dd of=src/holes bs=1 seek=2500000 conv=notrunc status=none
	truncate -s 300000 src/smallhole
	printf end | dd of=src/smallhole bs=1 seek=200000 conv=notrunc status=none
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("src/socket")' 2>/dev/null ||
		mkfifo src/socket
	touch $'src/a b\n\xff\xc3' 'src/-dash'
	chmod 4751 src/dir/small
	chmod 2775 src/dir
	chmod 1777 src/empty
	chmod 0400 src/dir/nothing
	touch -d @1000000000.123456789 src/big src/many/7
	touch -h -d @1100000000.5 src/dir/link
	if [ "$(id -u)" = 0 ]; then
		chown -h 1234:70000 src/dir/deeper/x src/dangling src/empty
		mknod src/null c 1 3 && mknod src/block b 259 70000
		chmod 0640 src/null
	fi
	setfattr -n user.test -v value src/big 2>/dev/null
	setfattr -n user.dir -v "$(head -c 200 /dev/zero | tr '\0' y)" src/dir 2>/dev/null
	touch -d @1200000000 src/dir/deeper src/dir src/empty src
	facts src src.facts
}

# there and back with -a
archive()
{
	rm -rf back
	image a.img 40M "$@"
	must "$EFS" cp -a src a.img:/
	clean a.img
	must "$EFS" cp -a a.img:/src back
	same src back || die "contents"
	facts back back.facts
	diff src.facts back.facts || die "attributes"
	equal "$(getfattr -d -m user -R --absolute-names back 2>/dev/null | sed 's/back/src/')" \
		"$(getfattr -d -m user -R --absolute-names src 2>/dev/null)" "extended attributes"
	equal "$(stat -c %i back/big)" "$(stat -c %i back/dir/hard)" "a hard link"
	[ "$(stat -c %b back/holes)" -le 256 ] || die "holes were filled on the way out"
	[ "$("$EFS" stat -c %b a.img:/src/holes)" -le 140 ] || die "holes were filled in the image"
	[ "$("$EFS" stat -c %b a.img:/src/smallhole)" -le 140 ] || die "small holes were filled"
	[ "$(stat -c %s back/holes)" = 5000000 ] || die "the hole at the end"
	# debugfs sees the same
	dbg a.img "dump /src/big dumped"
	cmp dumped src/big || die "debugfs: contents"
	dbg a.img "ea_get /src/big user.test" | grep -q value || die "debugfs: attribute"
	rsync -niaHX --delete src/ back/ >rsync.out 2>&1 && [ ! -s rsync.out ] ||
		{ cat rsync.out; die "rsync would change something"; }
}

# rdump of debugfs and ours
beside_debugfs()
{
	mkdir dumped.dir
	dbg a.img "rdump /src/many dumped.dir"
	must "$EFS" cp -r a.img:/src/many ours
	diff -r dumped.dir/many ours || die "rdump differs"
}

# merging into what is there, from inside and from another image
inside()
{
	must "$EFS" cp -a a.img:/src a.img:/copy
	clean a.img
	image b.img 40M -b 1024 -I 128
	must "$EFS" cp -a a.img:/copy b.img:/from-a
	clean b.img
	must "$EFS" cp -a b.img:/from-a back2
	same src back2 || die "contents"
	find back2 -printf '%P|%y|%m|%U:%G|%n|%l\n' | sort >got
	find src -printf '%P|%y|%m|%U:%G|%n|%l\n' | sort >want
	diff want got || die "attributes"
	echo changed >src/dir/deeper/x
	must "$EFS" cp -a src/. b.img:/from-a
	clean b.img
	equal "$("$EFS" cat b.img:/from-a/dir/deeper/x)" changed "a file that was overwritten"
	equal "$("$EFS" cat b.img:/from-a/many/hard2)" changed "its other name"
	fails 1 "into itself" "$EFS" cp -r a.img:/src a.img:/src/dir
	clean a.img
	fails 1 "file that is to be copied" "$EFS" cp a.img:/src/big a.img:/src/dir/hard
	must "$EFS" rm -r a.img:/copy
	clean a.img
}

manners()
{
	image c.img 8M
	echo one >one
	echo two >two
	fails 1 "src: Is a directory" "$EFS" cp src c.img:/
	fails 1 "Neither side is in an image" "$EFS" cp one two
	fails 1 "No such file" "$EFS" cp one two c.img:/nothing
	must "$EFS" cp one c.img:/one
	fails 1 "Not a directory" "$EFS" cp one two c.img:/one
	fails 1 "Not a directory" "$EFS" cp one c.img:/new/
	fails 2 "not named" "$EFS" cp one
	must "$EFS" cp one c.img:/f
	must "$EFS" cp -n two c.img:/f
	equal "$("$EFS" cat c.img:/f)" one "-n"
	equal "$("$EFS" cp -v two c.img:/f)" "'two' -> 'c.img:/f'" "-v"
	equal "$("$EFS" cat c.img:/f)" two "without -n"
	ln -sf one link
	must "$EFS" cp link c.img:/followed
	must "$EFS" cp -P link c.img:/kept
	equal "$("$EFS" stat -c %F c.img:/followed c.img:/kept | tr '\n' ' ')" \
		"regular file symbolic link " "-P"
	equal "$("$EFS" readlink c.img:/kept)" one "-P"
	umask 027
	chmod 777 one
	must "$EFS" cp one c.img:/masked
	must "$EFS" cp c.img:/masked masked
	equal "$("$EFS" stat -c %a c.img:/masked) $(stat -c %a masked)" "750 750" "umask"
	"$EFS" cp --progress src/big c.img:/big 2>bar || die "--progress"
	grep -q "2.9M of 2.9M" bar || { cat bar; die "no bar"; }
	"$EFS" cp src/big c.img:/big 2>bar || die "cp"
	[ ! -s bar ] || die "a bar where stderr is no terminal"
	must "$EFS" -i c.img put one /put
	must "$EFS" -i c.img get /put got
	cmp one got || die "get"
	"$EFS" put <(echo piped) c.img:/piped || die "a pipe as source"
	equal "$("$EFS" cat c.img:/piped)" piped "a pipe"
	clean c.img
	# the image itself, by whatever name
	ln -s c.img alias
	cp c.img c.copy
	fails 1 "the image that is in use" "$EFS" cp c.img:/f c.img
	fails 1 "the image that is in use" "$EFS" cp c.img:/f alias
	fails 1 "the image that is in use" "$EFS" get -f c.img:/f c.img
	cmp c.img c.copy || die "the image was overwritten"
	fails 1 "the image that is in use" "$EFS" cp c.img c.img:/
	mkdir around
	ln c.img around/c.img
	echo x >around/x
	fails 1 "around/c.img: It is the image" "$EFS" cp -r around c.img:/
	equal "$("$EFS" ls c.img:/around)" x "what is beside it"
	clean c.img
}

# nothing that an image holds makes a file outside of where it is extracted to
hostile()
{
	image h.img 4M
	mkdir outside
	must "$EFS" mkdir h.img:/t h.img:/u h.img:/u/sub
	must "$EFS" ln -s "$PWD/outside" h.img:/t/sub
	echo evil >evil
	must "$EFS" put evil h.img:/u/sub/evil
	must "$EFS" put evil h.img:/u/file
	must "$EFS" ln -s "$PWD/outside/created" h.img:/t/file
	mkdir target
	must "$EFS" cp -r h.img:/t/. target
	# the second tree meets the links of the first
	fails 1 "Not a directory" "$EFS" cp -r h.img:/u/. target
	grep -q "target/file: Exists and is no regular file" err || { cat err; die "no refusal"; }
	equal "$(ls outside)" "" "outside"
	must "$EFS" cp -rf h.img:/u/file target
	[ -f target/file ] && [ ! -L target/file ] || die "-f did not replace the link"
	equal "$(ls outside)" "" "outside"
	# one directory with two entries of one name: a link and a directory
	must "$EFS" mkdir h.img:/twice h.img:/twice/nbme
	must "$EFS" put evil h.img:/twice/nbme/evil
	must "$EFS" ln -s "$PWD/outside" h.img:/twice/name
	sed -i 's/nbme/name/' h.img
	"$EFS" cp -a h.img:/twice/. target2 2>err
	"$EFS" cp -a h.img:/twice target3 2>err && die "two entries of one name went unnoticed"
	equal "$(ls outside)" "" "outside"
	# a name with a slash in it
	must "$EFS" put evil h.img:/escXXXXpwn
	sed -i 's|escXXXXpwn|esc/../pwn|' h.img
	"$EFS" cp -r h.img:/ target4 2>err && die "a slash in a name went unnoticed"
	[ ! -e target4/pwn ] && [ ! -e pwn ] || die "it left its directory"
	grep -q "inconsistent" err || { cat err; die "no message"; }
}

# what may not be read or written, for one who is not root; and who cannot give files away
refusals()
{
	local as=()

	image r.img 4M
	must "$EFS" cp -a src/dir/small r.img:/owned
	must "$EFS" chown 1234:1234 r.img:/owned
	cp "$EFS" efs
	echo secret >secret
	chmod 0 secret
	mkdir closed open
	if [ "$(id -u)" = 0 ]; then
		as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
		chown 65534 open r.img
	fi
	chmod 755 . open
	chmod 555 closed
	fails 1 "secret: Permission denied" "${as[@]}" ./efs cp secret r.img:/
	fails 1 "Permission denied" "${as[@]}" ./efs cp r.img:/owned closed
	equal "$(ls closed)" "" "what is there"
	"${as[@]}" ./efs cp -a r.img:/owned open || die "cp -a"
	cmp src/dir/small open/owned || die "contents"
	# set-user-ID was for another owner
	equal "$(stat -c %a open/owned)" 751 "mode"
	clean r.img
}

moving()
{
	image m.img 16M
	image n.img 16M
	cp -a src src2
	must "$EFS" mv src2 m.img:/tree
	[ ! -e src2 ] || die "the source is still there"
	clean m.img
	must "$EFS" mv m.img:/tree n.img:/
	clean m.img
	clean n.img
	equal "$("$EFS" ls m.img)" "lost+found" "what is left"
	must "$EFS" mkdir n.img:/dir
	must "$EFS" mv n.img:/tree n.img:/dir/renamed
	clean n.img
	must "$EFS" mv n.img:/dir/renamed back3
	same src back3 || die "contents"
	equal "$("$EFS" ls n.img:/dir)" "" "what is left"
	clean n.img
	echo a >a
	echo b >b
	must "$EFS" put a b n.img:/
	must "$EFS" mv -n n.img:/a n.img:/b
	equal "$("$EFS" cat n.img:/b)" b "-n"
	must "$EFS" mv n.img:/a n.img:/b
	equal "$("$EFS" cat n.img:/b)" a "over a file"
	fails 1 "Refusing" "$EFS" mv n.img:/ n.img:/dir
	fails 1 "Invalid argument" "$EFS" mv n.img:/dir n.img:/dir/sub
	clean n.img
}

# a full volume: what was begun is gone, what was there before is said to be incomplete
full()
{
	image f.img 2M -b 1024
	fails 1 "nothing was written" "$EFS" cp -r src f.img:/
	clean f.img
	"$EFS" cat f.img:/src/big >got 2>/dev/null && die "a part of a file has its name"
	must "$EFS" rm -r f.img:/src
	clean f.img
	equal "$("$EFS" find f.img -type f)" "" "files"
}

# Ctrl-C in a tree: the image is clean, and all files that are there are whole
interrupted()
{
	local pid name n=0

	image i.img 64M
	mkdir -p trees
	for k in 1 2 3 4 5 6; do cp -a src "trees/$k"; done
	env --default-signal=INT "$EFS" cp -rv trees i.img:/ 2>err >names &
	pid=$!
	# in the middle: the first names come when there are enough of them for a write
	while [ ! -s names ] && kill -0 $pid; do sleep 0.01; done
	kill -INT $pid
	wait $pid
	case $? in
	130)	grep -q "incomplete" err || { cat err; die "nothing was said"; } ;;
	0)	;;
	*)	cat err; die "status $?" ;;
	esac
	clean i.img
	equal "$(super i.img 'Filesystem state')" clean "state"
	"$EFS" find i.img:/ -type f -path '*/many/*' >files
	while read -r name; do
		n=$((n + 1))
		[ $((n % 50)) != 0 ] || "$EFS" cat "i.img:$name" | cmp - "${name#/}" || die "$name"
	done <files
}

# 2,000 small files without a walk for each
many()
{
	local k

	mkdir lots
	for k in {1..20}; do
		mkdir "lots/$k"
		(cd "lots/$k" && for j in {1..100}; do echo "$k $j" >"$j"; done)
	done
	image l.img 32M -N 4000
	must "$EFS" cp -r lots l.img:/
	clean l.img
	must "$EFS" cp -r l.img:/lots lots.back
	diff -r lots lots.back || die "contents"
	must "$EFS" rm -r l.img:/lots
	clean l.img
}

ok "make a tree" make_tree
ok "there and back, 4k" archive -b 4096 -I 256
ok "there and back, 1k" archive -b 1024 -I 256
ok "beside debugfs" beside_debugfs
ok "inside and between images" inside
ok "options" manners
ok "hostile names and links" hostile
ok "permissions" refusals
ok "mv" moving
ok "a full volume" full
ok "SIGINT" interrupted
ok "many small files" many

done_testing
