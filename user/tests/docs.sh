#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Manual pages and completion: well formed, and nothing is missing in them that the programs and
# headers have.
. "${0%/*}/lib.sh"

user=$(cd "$OLDPWD" && cd "${0%/*}/.." && pwd)

well_formed()
{
	local page

	for page in "$user"/man/*.[1-8]; do
		mandoc -T lint -W warning "$page" >said 2>&1 || { cat said; die "$page"; }
		# groff, where man-db is there
		! command -v man >/dev/null || MANROFFSEQ='' man --warnings -l "$page" 2>&1 >/dev/null |
			grep . >said
		[ ! -s said ] || { cat said; die "$page: groff"; }
		[ "$(head -c 4 "$page")" = ".so " ] || grep -q '^\.\\" SPDX-License-Identifier' "$page" ||
			die "$page: licence"
	done
}

# text PAGE: as it is read
text()
{
	mandoc -T ascii "$user/man/$1" | col -bx
}

# options of the text of a help: -x, --word; [-rfv] is three of them, -name is one
options_of()
{
	perl -ne '
		while (/(^\s+|[\[\s|,(])(--[a-z][a-z-]*|-[A-Za-z0-9]+)/g) {
			my ($lead, $o) = ($1, $2);
			print "$o\n" and next if $lead ne "[" || $o =~ /^--/;
			print "-$_\n" for split //, substr $o, 1;
		}' | sort -u
}

commands()
{
	local cmd opt n=0

	text efs.1 >page
	for cmd in $("$EFS" --commands); do
		# the part of the page about it; what shares a part stands in a row
		awk -v cmd="$cmd" '
			/^   [a-z]/ { head = 1; here = $1 == cmd || (here && last == NR - 1); last = NR }
			/^[A-Z]/ { here = 0 }
			/^   [a-z]/ && $1 == cmd { found = 1 }
			here || ($0 ~ /^   [a-z]/) { buf[NR] = $0 }
			here { print }' page >part
		[ -s part ] || die "efs.1 has no $cmd"
		# a part without words of its own is followed by that which has them
		if ! grep -q '^     [^ ]' part; then
			awk -v cmd="$cmd" '$0 ~ "^   " cmd " " { on = 1 } /^[A-Z]/ { on = 0 }
				on && /^   [a-z]/ && body { exit } on { print } on && /^     [^ ]/ { body = 1 }' \
				page >part
		fi
		"$EFS" "$cmd" --help >help || die "$cmd --help"
		for opt in $(options_of <help); do
			n=$((n + 1))
			grep -qE -- "(^|[^a-z-])$opt([^a-z-]|$)" part || die "efs.1, $cmd: no $opt"
		done
	done
	[ $n -gt 60 ] || die "only $n options were looked at"
	"$EFS" --help | sed '/^  efs /,$d' | options_of >opts
	for opt in $(cat opts); do
		grep -qE -- "(^|[^a-z-])$opt([^a-z-]|$)" page || die "efs.1: no $opt"
	done
	# words of -o
	for opt in $("$EFS" --help | sed -n '/-o KEY/,/-r,/p' | grep -oE '[a-z]+=|\b(ro|sync|dirsync|minixdf|direct|overlay)\b'); do
		grep -q -- "$opt" page || die "efs.1: no -o $opt"
	done
}

fuse()
{
	local program=${EFS%/*}/efs-fuse opt

	[ -x "$program" ] || program=$user/../build/user/efs-fuse
	text efs-fuse.8 >page
	"$program" --help >help 2>&1 || die "--help"
	for opt in $(options_of <help) $(grep -oE '^  [a-z_]+[=,]?' help | tr -d ' ,='); do
		grep -qE -- "(^|[^a-z-])$opt([^a-z_-]|$)" page || die "efs-fuse.8: no $opt"
	done
}

library()
{
	local name

	text libefs.3 >page
	for name in $(cat "$user"/include/*.h | sed 's,^ \*.*,,' | grep -oE '^[a-z].*\befs_[a-z0-9_]+\(' |
		grep -oE 'efs_[a-z0-9_]+\($' | sort -u); do
		grep -q "${name%(}()" page || die "libefs.3: no ${name%(}"
	done
	# its example
	sed -n '/^\.Bd -literal/,/^\.Ed/p' "$user/man/libefs.3" | sed '1d; $d; s/\\\\/\\/g' >example.c
	must "${CC:-gcc}" -Wall -Wextra -Werror -I"$user/include" -c example.c
}

# complete LINE: what is offered, sorted
complete_line()
{
	COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
	_efs
	printf '%s\n' "${COMPREPLY[@]}" | sort | xargs -d '\n'
}

completion()
{
	mkdir bin
	ln -s "$EFS" bin/efs
	PATH=$PWD/bin:$PATH
	compopt() { :; }
	. "$user/completion/efs"
	image c.img 1M
	must efs mkdir c.img:/dir c.img:/dir/sub c.img:/dark
	echo x >x
	must efs put x "c.img:/dir/with blank"
	equal "$(complete_line 'efs mkim')" mkimage command
	equal "$(complete_line 'efs --comm')" --commands option
	equal "$(complete_line 'efs -o sb')" sb= "word of -o"
	equal "$(complete_line 'efs mkimage --size')" "--size --size-slack" "option of a command"
	complete_line 'efs rm -' | grep -q -- '-f -r -v\|-f.*-r' || die "clusters: $(complete_line 'efs rm -')"
	equal "$(complete_line 'efs ls c.i')" c.img: "an image"
	equal "$(complete_line 'efs ls c.img:/d')" "/dark/ /dir/" "paths"
	equal "$(complete_line 'efs cat c.img:/dir/')" '/dir/sub/ /dir/with\ blank' "a directory"
	equal "$(complete_line 'efs cat c.img:/dir/with\ b')" '/dir/with\ blank' "a blank"
	equal "$(complete_line 'efs -i c.img ls /di')" /dir/ "with -i"
	equal "$(complete_line 'efs dump c.img in')" inode "what to dump"
	for cmd in $(efs --commands); do
		[ -n "$(complete_line "efs $cmd -")" ] || die "no options of $cmd"
	done
}

ok "pages are well formed" well_formed
ok "each command and option is in efs.1" commands
ok "each option is in efs-fuse.8" fuse
ok "each function is in libefs.3, and its example compiles" library
ok "completion" completion

done_testing
