#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# efs sh: words, patterns, the current directory, both sides, errors, and a terminal.
. "${0%/*}/lib.sh"
NL=$'\n'
export EFS_HISTFILE=$TMP/history

prepare()
{
	image s.img 8M
	echo one >one
	echo two >two
	"$EFS" sh s.img -c 'mkdir d "a b"; put one two d; put one "a b/x*y"; ln -s d l; rmdir lost+found' ||
		die "status $?"
	clean s.img
	equal "$("$EFS" find s.img | sort | tr '\n' ' ')" "/ /a b /a b/x*y /d /d/one /d/two /l " "made"
}

# sh SCRIPT WANT: what it prints
says()
{
	equal "$("$EFS" sh s.img -c "$1" 2>&1)" "$2" "$1"
}

words()
{
	says 'pwd' /
	says 'cd d; pwd; ls' $'/d\none\ntwo'
	says 'cd d; cd ../l; pwd; cd ..; pwd' $'/d\n/'
	says 'ls -d *' "a b${NL}d${NL}l"
	says 'ls -d d/*' "d/one${NL}d/two"
	says 'ls -d /d/t*' /d/two
	says 'ls -d [dl]' $'d\nl'
	says 'ls -d */one' $'d/one\nl/one'
	says 'ls -d "*"' "efs ls: *: No such file or directory"
	says 'ls -d none*' "efs ls: none*: No such file or directory"
	says "ls 'a b'" 'x*y'
	says 'ls a\ b' 'x*y'
	says 'cat "a b/x*y" # a comment; cat none' one
	says 'cat a\ b/x\*y' one
	says 'cat "a b"/*' one
	says 'find . -name t*' ./d/two
	says "stat -c '%s;%n' d/one" '4;d/one'
	says "cat 'unfinished" "efs sh: a quote is not closed"
	says $'cd d\nls\n\ncd /\n' $'one\ntwo'
	says 'frobnicate' "efs: unknown command frobnicate"
	says 'sh x' "efs: unknown command sh"
	says 'cd d/one' "efs cd: d/one: Not a directory"
	"$EFS" sh s.img -c 'help' | grep -q '^  truncate' || die "help"
	"$EFS" sh s.img -c 'help ls' | grep -q 'Usage: efs ls' || die "help ls"
}

# files of this machine
sides()
{
	mkdir host
	says 'lcd host; put ../o* d; get d/one got; lpwd; !cat got' "$PWD/host
one"
	says 'get d/* host; cat d/two' two
	cmp host/two two || die "get"
	equal "$(ls host | tr '\n' ' ')" "got one two " "here"
	says '!exit 3' ""
	clean s.img
}

# statuses, -e, standard input
batch()
{
	"$EFS" sh s.img -c 'cat none; pwd' >out 2>err || die "the last command counts"
	equal "$(cat out)" / "it goes on"
	fails 1 "none" "$EFS" sh -e s.img -c 'cat none; mkdir not-made'
	fails 1 "No such" "$EFS" stat s.img:/not-made
	"$EFS" sh s.img -c 'exit 7; pwd' >out
	equal "$?,$(cat out)" "7," "exit"
	"$EFS" sh s.img -c '!exit 9'
	equal $? 9 "the status of a command of this machine"
	printf 'mkdir new\ncd new\n# comment\nput one .\n' | "$EFS" sh s.img || die "stdin"
	equal "$("$EFS" ls s.img:/new)" one "stdin"
	clean s.img
	fails 2 "takes one image" "$EFS" sh
	fails 1 "none.img: No such file" "$EFS" sh none.img -c pwd
	before=$(sha256sum <s.img)
	fails 1 "Read-only file system" "$EFS" --read-only sh s.img -c 'ls; mkdir x'
	"$EFS" -o overlay sh s.img -c 'mkdir dry; put one dry; cat dry/one' >out || die overlay
	equal "$(cat out)" one "an overlay"
	equal "$(sha256sum <s.img)" "$before" "the image"
}

# what a command did is on the device before the next one
durable()
{
	cp s.img k.img
	"$EFS" sh k.img -c 'mkdir kept; put one kept; !kill -9 $PPID' >/dev/null 2>&1
	equal $? 137 "killed"
	"$EFS" cat k.img:/kept/one >got 2>/dev/null || die "it is lost"
	cmp got one
	heals k.img
}

# keys FILE default|ignore [SHOWN KEYS]...: a session at a terminal, with that done about SIGINT by
# whoever started it; KEYS are typed once SHOWN is there, looked for in what came since the last were
keys()
{
	local file=$1 int=$2 at=0 pid

	shift 2
	rm -f typed
	mkfifo typed
	TERM=xterm env --$int-signal=INT script -qefc "'$EFS' sh s.img" /dev/null <typed >"$file" 2>&1 &
	pid=$!
	exec 7>typed
	while [ $# != 0 ]; do
		for _ in {1..2000}; do
			tail -c +$((at + 1)) "$file" | grep -aqF -- "$1" && break
			sleep 0.01
		done
		at=$(stat -c %s "$file")
		printf "$2" >&7
		shift 2
	done
	exec 7>&-
	wait $pid
}

terminal()
{
	local root='efs:/> ' new='efs:/new> ' how

	# one that is ignored ends no command, but the line all the same
	for how in default ignore; do
		keys tty $how "$root" 'cd ne\t' 'w/' '\n' "$new" 'pwd\n' "$new" \
			'ls nothing' 'ls nothing' '\003' "$new" "mkdir ty-$how\n" \
			"$new" 'mkd\t' 'ir ' "ped-$how\n" "$new" 'exit\n'
		grep -aq '^/new' tty || { cat -v tty; die "completion of a path"; }
		"$EFS" stat s.img:/new/ty-$how >got || { cat -v tty; die "after Ctrl-C"; }
		"$EFS" stat s.img:/new/ped-$how >got || { cat -v tty; die "completion of a command"; }
	done
	grep -q 'pwd' history || die "history"
	clean s.img
}

ok "prepare" prepare
ok "words and patterns" words
ok "both sides" sides
ok "batches" batch
ok "durable after each command" durable
ok "a terminal" terminal

done_testing
