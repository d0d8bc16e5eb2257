#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh [COUNT [SEED]]: is the verdict of efs_check() that of `e2fsck -fn`? KTAP on stdout.
#
#   1  what mke2fs makes, and what is filled by debugfs and indexed by e2fsck -D, is clean
#   2  each row of `classes` is one kind of damage, made by debugfs: both say so, and we by a name
#   3  where the verdicts differ, a case of each reason that `excuse` knows
#   4  COUNT (150) images of tests/fuzz/mutate: the same verdict, but for what `excuse` knows
#
# The last lines tell how many verdicts there were, and how many were the same.

top=$(cd "${0%/*}/../.." && pwd) || exit 1
. "${0%/*}/lib.sh"

CHECK=${CHECK:-$top/build/user-asan/check_test}
COUNT=${1:-150} SEED=${2:-30}
same=0 verdicts=0 both_clean=0

# ours IMAGE: "clean ..." or "wrong CODE..."
ours()
{
	"$CHECK" "$1" | sed 's/^[^:]*: //'
}

# theirs IMAGE: the word; what it said is in fsck.log. It loops on some damage, hence the limit
theirs()
{
	timeout -s KILL 20 e2fsck -fn "$1" >fsck.log 2>&1 && echo clean || echo wrong
}

# differ IMAGE [OURS]: is the verdict another? Sets $we, $they
differ()
{
	we=${2:-$(ours "$1")}
	they=$(theirs "$1")
	[ "${we%% *}" != "$they" ]
}

# agree IMAGE: verdicts are the same; they are counted
agree()
{
	if differ "$1"; then
		echo "we: $we; e2fsck: $they"
		grep -v '^Pass\|^$' fsck.log | head -n 12
		return 1
	fi
}

# ---- clean volumes ----

fill()
{
	debugfs -w -f - "$1" >debugfs.log 2>&1 <<END
write $TMP/words big
mkdir d
mkdir d/e
write $TMP/words d/f
symlink fast target
symlink slow $(printf 'x%.0s' {1..100})
mknod fifo p
mknod chr c 1 3
ea_set big user.one 12345
ea_set d/f user.long $(printf 'y%.0s' {1..300})
$(for i in {1..90}; do echo "symlink d/a-name-that-is-rather-long-so-that-there-are-many-blocks-$i to-$i"; done)
END
	e2fsck -fyD "$1" >fsck.log 2>&1
	[ $? -le 1 ] || die "e2fsck -fyD $1"
}

# sound NAME SIZE MKE2FS-OPTION...: empty, then full
sound()
{
	local file=$1.img

	shift
	image "$file" "$@"
	agree "$file" || exit 1
	[ "$they" = clean ] || die "e2fsck: $they"
	fill "$file"
	agree "$file" || exit 1
	[ "$they" = clean ] || die "e2fsck: $they"
}

seq 1 20000 >words

shapes="
1k      8M  -b 1024 -I 128 -N 400
1k256   8M  -b 1024 -I 256 -N 400 -g 2048
2k      8M  -b 2048 -I 512 -N 400
4k      12M -b 4096 -N 400
64k     48M -b 65536 -N 800
rev0    6M  -b 1024 -r 0 -N 400
metabg  8M  -b 1024 -g 512 -N 800 -O meta_bg,^resize_inode
nosparse 8M -b 1024 -g 1024 -N 400 -O ^sparse_super,^resize_inode
sparse2 8M  -b 1024 -g 1024 -N 400 -O sparse_super2,^resize_inode
plain   6M  -b 1024 -N 400 -O none
nodir   6M  -b 1024 -N 400 -O ^dir_index,^filetype,^ext_attr
one     2M  -b 1024 -g 8192 -N 400
"
while read -r name size options; do
	[ -n "$name" ] || continue
	# shellcheck disable=SC2086 # words of options
	ok "clean: $name" sound "$name" $size $options
	verdicts=$((verdicts + 2)) same=$((same + 2)) both_clean=$((both_clean + 2))
done <<<"$shapes"

# ---- kinds of damage ----

# inode number, block number, and the like of the base, for the rows below
base=1k256.img
[ -e $base ] || die "no base"
num()
{
	dbg $base "stat $1" | sed -n 's/^Inode: *\([0-9]*\).*/\1/p'
}
blocks()
{
	dbg $base "blocks $1" | tr -d '\n'
}
read -r dir_blk dir_blk2 dir_blk3 _ < <(blocks d)
read -r e_blk _ < <(blocks d/e)
read -r big_blk big_blk2 _ < <(blocks big)
read -r root_blk _ < <(blocks /)
xattr_blk=$(dbg $base "stat d/f" | sed -n 's/.*File ACL: *\([0-9]*\).*/\1/p')
ind_blk=$(dbg $base "stat big" | sed -n 's/.*(IND):\([0-9]*\).*/\1/p')
ino_f=$(num d/f)
unused=$(dbg $base "ffi" | tr -dc '0-9')
for v in dir_blk3 e_blk big_blk2 root_blk xattr_blk ind_blk ino_f unused; do
	[ -n "${!v}" ] || die "$v is not known"
done

# patch OFFSET BLOCK BYTES...: octal bytes, for rows that debugfs has no command for
patch()
{
	local at=$(($2 * 1024 + $1)) b

	shift 2
	for b; do
		printf "\\$b"
	done | dd of=case.img bs=1 seek="$at" conv=notrunc status=none
}

# do_damage WORDS: commands of debugfs, divided by `;`, or patches
do_damage()
{
	local line

	cp --sparse=always $base case.img
	tr ';' '\n' <<<"$1" | while read -r line; do
		case $line in
		patch\ *)	eval "$line" ;;
		?*)		debugfs -w -R "$line" case.img >>debugfs.log 2>&1 ;;
		esac
	done
}

damage()
{
	local code=$1

	do_damage "$2"
	agree case.img || exit 1
	[[ " $we " = *" $code "* ]] || die "no $code: $we"
	case $code in
	note:*)	[ "$they" = clean ] || die "e2fsck: $they" ;;
	*)	[ "$they" = wrong ] || die "e2fsck: $they" ;;
	esac
	echo "$they" >>agreed
}

classes="
SUPER              patch 56 1 0
SUPER              ssv inodes_count 5
SUPER              ssv first_data_block 5
SUPER              ssv log_block_size 9
SUPER              ssv inode_size 100
SUPER              ssv rev_level 7
SUPER              ssv feature_incompat 0x40000002
SUPER_VALUE        ssv r_blocks_count 8000
SUPER_VALUE        ssv desc_size 33
SUPER_VALUE        ssv clusters_per_group 77
SUPER_FEATURE      ssv feature_compat 0x40000038
SUPER_JOURNAL      ssv journal_inum 9
note:SUPER_FOREIGN ssv creator_os 2
note:SUPER_STATE   ssv state 0
note:SUPER_ORPHANS ssv last_orphan $ino_f
note:SUPER_EXTRA_SIZE ssv want_extra_isize 31
note:SUPER_BLOCKS  ssv free_blocks_count 17
note:SUPER_INODES  ssv free_inodes_count 17
note:SUPER_COPY    ssv uuid clear
note:RESIZE        feature ^resize_inode
note:SUPER_RESERVE feature ^resize_inode
GROUP_BITMAP       set_bg 1 block_bitmap 5
GROUP_INODE_BITMAP set_bg 1 inode_bitmap 5
GROUP_TABLE        set_bg 2 inode_table 8000
GROUP_BLOCKS       set_bg 1 free_blocks_count 1
GROUP_INODES       set_bg 1 free_inodes_count 1
GROUP_DIRS         set_bg 0 used_dirs_count 77
note:GROUP_FLAGS   set_bg 3 flags 2
ENTRY_UNINIT       set_bg 0 flags 1
ENTRY_UNINIT       set_bg 0 itable_unused 90
BITMAP_BLOCK_FREE  freeb $big_blk2
BITMAP_BLOCK_LOST  setb 4000
BITMAP_INODE_FREE  freei <$ino_f>
BITMAP_INODE_LOST  seti <$unused>
INODE_ROOT         sif <2> mode 0100644
INODE_ROOT         clri <2>
INODE_RESERVED     sif <6> mode 0100644
INODE_RESERVED     sif <4> links_count 1
INODE_BAD          sif <1> uid 5
INODE_MODE         sif <$ino_f> mode 0030644
INODE_FLAGS        sif <$ino_f> flags 0x80000
INODE_FLAGS        sif <$ino_f> flags 0x10000000
INODE_FLAGS        sif <$ino_f> flags 0x2000
note:INODE_IMMUTABLE sif fifo flags 0x10
INODE_DEVICE       sif fifo flags 0x1000
INODE_SIZE         sif fifo size 5
INODE_SIZE         sif big size 100
INODE_SIZE         sif d size 1000
INODE_SIZE         sif d size 102400
INODE_ORPHAN       sif big dtime 17
INODE_NO_DTIME     sif <$unused> mode 0100644;sif <$unused> dtime 0
INODE_DTIME        sif big dtime 1700000000
INODE_EXTRA_SIZE   sif big extra_isize 33
INODE_WORDS        sif big faddr 5
INODE_BLOCKS       sif big blocks 5
INODE_LINK         sif fast size 3
INODE_LINK         sif slow size 99
INODE_LINKS        sif big links_count 5
INODE_UNATTACHED   unlink big
INODE_UNATTACHED   unlink fifo
MAP_RANGE          sif big block[3] 99999
MAP_RANGE          sif big block[IND] 99999
MAP_META           sif big block[3] 3
MAP_META           sif big block[DIND] 1
MAP_TWICE          sif big block[3] $big_blk
MAP_TWICE          sif big block[3] $dir_blk
MAP_TWICE          sif big block[TIND] $ind_blk
XATTR_BLOCK        feature ^ext_attr
XATTR_BLOCK        sif big file_acl 99999
XATTR_HEADER       zap_block -o 0 -l 4 -p 7 $xattr_blk
XATTR_COUNT        zap_block -o 4 -l 1 -p 7 $xattr_blk
XATTR_ENTRY        zap_block -o 34 -l 2 -p 255 $xattr_blk
XATTR_HASH         zap_block -o 44 -l 1 -p 7 $xattr_blk
XATTR_HASH         zap_block -o 1020 -l 1 -p 7 $xattr_blk
DIR_EMPTY          sif d/e block[0] 0;sif d/e blocks 0
DIR_HOLE           sif d block[1] 0
DIR_CHAIN          zap_block -o 4 -l 1 -p 7 $e_blk
DIR_CHAIN          zap_block -o 4 -l 1 -p 7 $dir_blk3
DIR_CHAIN          zap_block $dir_blk2
DIR_DOT            zap_block -o 0 -l 1 -p 99 $e_blk
DIR_DOT            zap_block -o 8 -l 1 -p 99 $e_blk
DIR_DOTDOT         zap_block -o 20 -l 1 -p 99 $e_blk
DIR_PARENT         zap_block -o 12 -l 1 -p 11 $e_blk
DIR_LOST           unlink d
DIR_TWICE          ln d d/e/again
DIR_TWICE          ln <2> d/e/root
DIR_TWICE          ln d/e d/e/self
ENTRY_INODE        ln <5> d/e/reserved
ENTRY_UNUSED       ln <$unused> d/e/unused
ENTRY_UNUSED       clri big
ENTRY_TYPE         sif fifo mode 010644;patch 31 $root_blk 3
note:ENTRY_NO_TYPE patch 31 $root_blk 0
ENTRY_NAME         ln big d/e/x;patch 32 $e_blk 57
ENTRY_DOT          ln big d/e/x;patch 32 $e_blk 56
ENTRY_TWICE        ln big d/e/xx;ln big d/e/yy;patch 44 $e_blk 170 170
INDEX_FLAG         sif big flags 0x1000
INDEX_FLAG         feature ^dir_index
INDEX_ROOT         zap_block -o 28 -l 1 -p 7 $dir_blk
INDEX_ROOT         zap_block -o 30 -l 1 -p 7 $dir_blk
INDEX_NODE         zap_block -o 32 -l 1 -p 7 $dir_blk
INDEX_NODE         zap_block -o 44 -l 1 -p 77 $dir_blk
INDEX_BLOCK        zap_block -o 34 -l 1 -p 2 $dir_blk
INDEX_HASH         zap_block -o 28 -l 1 -p 2 $dir_blk
"
# the rows need these names where the patches look for them
while read -r code words; do
	[ -n "$code" ] || continue
	verdicts=$((verdicts + 1))
	: >agreed
	ok "$code: $words" damage "$code" "$words"
	same=$((same + $(wc -l <agreed)))
done <<<"$classes"

# ---- where we differ ----

# differs CODES COMMAND...: what e2fsck does not mind, or does not see; CODES are ours
differs()
{
	local codes=$1

	shift
	"$@"
	differ case.img || die "no difference: $we"
	[ "$we" = "wrong $codes" ] || [[ "$we" = "wrong $codes "* ]] || die "we: $we"
	[ -n "$(excuse)" ] || die "no excuse for it: $we"
}

# a ring of two directories, r and r/s, that are named by each other alone, all counts right
ring()
{
	local r s

	image case.img 2M -b 1024 -N 64
	debugfs -w -f - case.img >debugfs.log 2>&1 <<END
mkdir r
mkdir r/s
ln r r/s/x
END
	r=$(debugfs -R "blocks r" case.img 2>/dev/null | tr -d ' \n')
	s=$(debugfs -R "blocks r/s" case.img 2>/dev/null | tr -d ' \n')
	debugfs -w -f - case.img >>debugfs.log 2>&1 <<END
unlink r
sif <2> links_count 3
sif <13> links_count 3
zap_block -o 12 -l 1 -p 13 $r
zap_block -o 31 -l 1 -p 2 $s
END
}

# one more entry of a name, in another block
two_names()
{
	local at

	cp --sparse=always nodir.img case.img
	debugfs -w -f - case.img >debugfs.log 2>&1 <<END
expand_dir d
ln fast d/b-name-that-is-rather-long-so-that-there-are-many-blocks-1
sif fast links_count 2
END
	at=$(grep -abo b-name case.img | head -n 1)
	printf a | dd of=case.img bs=1 seek="${at%%:*}" conv=notrunc status=none
}

# a volume without a file: the copies that mke2fs made are up to date
copies()
{
	image case.img 8M -b 1024 -g 2048 -N 400 -O ^resize_inode
	debugfs -w -R "set_bg 2 inode_table 5" case.img >debugfs.log 2>&1
}

too_small()
{
	cp --sparse=always $base case.img
	truncate -s 7M case.img
}

huge()
{
	image case.img 4M -b 8192 -N 64
	debugfs -w -f - case.img >debugfs.log 2>&1 <<END
write $TMP/words big
sif big size 0x200000000000
END
}

# excuse: the reason for the difference in $we, $they, fsck.log; nothing if there is none
excuse()
{
	local codes=" ${we#wrong} "

	# notes count for nothing
	codes=$(sed 's/ note:[^ ]*//g' <<<"$codes")
	if [ "$they" = wrong ]; then
		return
	fi
	if grep -q 'trying backup blocks' fsck.log && [[ $codes = *SUPER* || $codes = *GROUP_* ]]; then
		echo "e2fsck puts copies of superblock and descriptors in place of bad ones"
	elif grep -q 'physical size of the device' fsck.log && [[ $codes = *" SUPER "* ]]; then
		echo "e2fsck goes on where the device ends before the volume does"
	elif [[ $codes =~ ^[[:space:]]*SUPER(_FEATURE)?[[:space:]]*$ ]]; then
		echo "a feature of ext4"
	elif [[ $codes =~ ^[[:space:]]*ENTRY_TWICE[[:space:]]*$ ]]; then
		echo "e2fsck compares names within a block only"
	elif [[ $codes =~ ^[[:space:]]*DIR_LOOP[[:space:]]*$ ]]; then
		echo "e2fsck does not see a ring of directories"
	elif [[ $codes =~ ^[[:space:]]*XATTR_ENTRY[[:space:]]*$ ]]; then
		echo "values of attributes are aligned, e2fsck does not ask"
	elif [[ $codes =~ ^[[:space:]]*INODE_HUGE[[:space:]]*$ ]]; then
		echo "e2fsck does not mind files of more than 2^32 blocks"
	elif [[ $codes =~ ^[[:space:]]*INODE_VALUE[[:space:]]*$ ]]; then
		echo "e2fsck does not mind the flag of inodes that are values"
	fi
}

ok "differs: features of ext4 that e2fsck can check" differs SUPER \
	do_damage "ssv feature_incompat 0x402"
ok "differs: features of ext4 that a kernel only reads" differs SUPER_FEATURE \
	do_damage "ssv feature_ro_compat 0x8003"
ok "differs: bad descriptors whose copies are good" differs GROUP_TABLE copies
ok "differs: a device that is too small" differs SUPER too_small
ok "differs: equal names in two blocks" differs ENTRY_TWICE two_names
ok "differs: a ring of directories" differs DIR_LOOP ring
ok "differs: a file of more than 2^32 blocks" differs INODE_HUGE huge
ok "differs: a file with the flag of a value" differs INODE_VALUE \
	do_damage "sif big flags 0x200000"

# ---- damage of all kinds ----

mutated()
{
	local f n=0 reason verdict

	mkdir -p mutated
	"$top/build/fuzz/mutate" "$COUNT" "$SEED" mutated >/dev/null || die "no mutated images"
	"$CHECK" mutated/*.img >verdicts || die "check_test fails"
	while IFS=: read -r f verdict; do
		n=$((n + 1))
		if differ "$f" "${verdict# }"; then
			reason=$(excuse)
			echo "$f: we: $we; e2fsck: $they; ${reason:-NO REASON}"
			echo "${reason:-none}" >>reasons
		else
			echo "$they" >>agreed
		fi
	done <verdicts
	[ $n = "$COUNT" ] || die "$n images, not $COUNT"
	! grep -qx none reasons 2>/dev/null
}

flock "$top/build/fuzz.lock" make -s -C "$top/tests/fuzz" "$top/build/fuzz/mutate" >make.log 2>&1 || {
	sed 's/^/# /' make.log
	die "Bail out! tests/fuzz/mutate does not build"
}
: >reasons
: >agreed
ok "$COUNT mutated images" mutated
verdicts=$((verdicts + COUNT)) same=$((same + $(wc -l <agreed)))
both_clean=$((both_clean + $(grep -c clean agreed)))

"$CHECK" -i 1k256.img >interface.log
status=$?
ok "the interface" eval "cat interface.log; [ $status = 0 ]"

echo "# $verdicts verdicts, $same the same as e2fsck's ($both_clean clean)"
sort reasons | uniq -c | sed 's/^/# differing: /'
done_testing
