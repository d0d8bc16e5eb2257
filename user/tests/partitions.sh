#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Partitions as sfdisk makes them: where the library finds each is where sfdisk says it is.
#
#   PART_TEST	the program that looks; by default the one that `make -C user tests` built

. "${0%/*}/lib.sh"

PART_TEST=${PART_TEST:-$build/part_test}

# same N: each partition of disk.img lies where sfdisk's dump has it, and there are N
same()
{
	local number start size n=0

	sfdisk -d disk.img >dump 2>/dev/null || die "sfdisk -d"
	while read -r number start size; do
		n=$((n + 1))
		equal "$("$PART_TEST" disk.img "$number")" \
			"$((start * 512)) $((size * 512))" "partition $number"
	done < <(sed -nE '/type=[5f](,|$)/d; s/^disk.img([0-9]+) : start= *([0-9]+), size= *([0-9]+).*/\1 \2 \3/p' dump)
	equal $n "$1" "partitions looked at"
	equal "$("$PART_TEST" disk.img 99)" "No such device or address" "partition 99"
}

make()
{
	rm -f disk.img
	truncate -s 64M disk.img
	must sfdisk -q disk.img
}

mbr()
{
	make <<-END
		label: dos
		start=2048, size=8192, type=83
		start=16384, size=100000, type=5
		start=120000, type=7
		start=20480, size=4096, type=83
		start=30000, size=5000, type=82
		start=40000, size=70000, type=83
	END
	same 5
}

gpt()
{
	make <<-END
		label: gpt
		size=4M, type=L
		size=8M, type=S
		7: size=16M
		100: type=U
	END
	same 4
}

backup()
{
	gpt
	must dd if=/dev/zero of=disk.img bs=512 seek=1 count=33 conv=notrunc 2>/dev/null
	equal "$("$PART_TEST" disk.img 1)" "1048576 4194304" "partition 1 by the backup"
}

ok "MBR with logical partitions" mbr
ok "GPT" gpt
ok "GPT, the first copy gone" backup

done_testing
