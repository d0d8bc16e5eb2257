# SPDX-License-Identifier: GPL-2.0-only
#
# excuse.awk -v gate=GATE -v used=FILE EXCEPTIONS REMARKS: the remarks that no exception covers. Lines
# of comment pass. The exceptions that were needed are added to FILE.

# a shell pattern of names as a regular expression
function pattern(glob)
{
	gsub(/\./, "\\.", glob)
	gsub(/\*/, ".*", glob)
	return "^(" glob ")$"
}

NR == FNR {
	if ($1 == gate) {
		n++
		kind[n] = $2
		where[n] = pattern($3)
		line[n] = $1 " " $2 " " $3
	}
	next
}

/^#/ {
	print
	next
}

{
	split($0, part, ":")
	what = part[3]
	gsub(/ /, "", what)
	for (i = 1; i <= n; i++)
		if (what == kind[i] && part[1] ~ where[i]) {
			print line[i] >>used
			next
		}
	print
}
