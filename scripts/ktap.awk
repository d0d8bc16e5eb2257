# SPDX-License-Identifier: GPL-2.0-only
#
# Counts the leaves of a KTAP stream: "PASSED FAILED SKIPPED" on one line.
#
# A result line that stands to the left of the result line before it sums up that one's group
# and is no case of its own. A plan ("1..N") that is not met by as many results of its
# indentation counts as a failure: whoever printed it died on the way.

function close_plan(d)
{
	if (d in plan && plan[d] >= 0 && seen[d] != plan[d]) {
		fail++
		printf "# planned %d results, saw %d\n", plan[d], seen[d] > "/dev/stderr"
	}
	delete plan[d]
	seen[d] = 0
}

# another stream begins: the one before it has to be complete
/^ *KTAP version/ {
	match($0, /^ */)
	close_plan(RLENGTH)
	last = RLENGTH
	next
}

/^ *1\.\.[0-9]+/ {
	match($0, /^ */)
	d = RLENGTH
	split($0, a, /\.\./)
	plan[d] = a[2] + 0
	next
}

/^ *(not )?ok / {
	match($0, /^ */)
	d = RLENGTH
	for (i in plan)
		if (i + 0 > d)
			close_plan(i + 0)
	seen[d]++
	if (last > d) {
		last = d
		# a group that failed although its cases passed: its set-up or end did
		if ($1 == "not" && !failed_inside)
			fail++
		failed_inside = 0
		next
	}
	last = d
	if ($0 ~ /# SKIP/)
		skip++
	else if ($1 == "not") {
		fail++
		failed_inside = 1
	} else
		pass++
}

END {
	for (i in plan)
		close_plan(i + 0)
	printf "%d %d %d\n", pass, fail, skip
}
