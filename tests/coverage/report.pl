#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# report.pl TOP coverage.json STATUS: judge what `llvm-cov export` says about core/.
#
# What counts. A branch is one outcome, true or false, of one condition in the source; `a && b` has
# four. The ternaries inside min(), max() and their kin count where the macro is used: whether a
# bound was ever met is worth knowing. One thing is left out: efs_assert(), whose failing is no path
# of the program. An inline function of a header is one function, however many sources include it.
#
# tests/coverage/uncovered lists what no test reaches. An entry is a line
#
#	FILE FUNCTION OUTCOME CONDITION
#
# with FILE below core/, OUTCOME "true" or "false", and CONDITION as the source has it, white space
# folded; it never gets that outcome. For what is inside a macro, CONDITION is the macro with its
# arguments, a colon, and the place in its definition ("a" or "b": in that argument). OUTCOME "call":
# the function is never called. Indented lines after it give the reason and must be there. An entry
# that begins with "~" may be reached by chance, by threads that race; no other may be reached.

use strict;
use warnings;
use JSON::PP;
use List::Util qw(min);

my ($top, $json, $status) = @ARGV;
# percent of branches; what no test reaches is listed for these. Others are only shown.
my %least = (format => 95, engine => 85);

my $n = 0;
my $failed = 0;
my (%source, %file, %gap, %why, %met, %chance);

sub slurp
{
	my ($path) = @_;

	open(my $f, '<', $path) or die "$path: $!\n";
	local $/;
	return <$f>;
}

sub leaf
{
	my ($good, $name) = @_;

	$n++;
	$failed++ if !$good;
	print $good ? '' : 'not ', "ok $n - $name\n";
}

# text between two positions of a source file
sub text
{
	my ($path, $l1, $c1, $l2, $c2) = @_;
	my $lines = $source{$path} //= [split(/\n/, slurp($path))];
	my @part = @{$lines}[$l1 - 1 .. $l2 - 1];

	$part[-1] = substr($part[-1], 0, min($c2 - 1, length($part[-1])));
	$part[0] = substr($part[0], $c1 - 1);
	my $s = join(' ', @part);
	$s =~ s/\s+/ /g;
	return $s;
}

# a macro's use, with its arguments
sub call
{
	my ($path, $l, $c) = @_;
	my $s = text($path, $l, $c, min($l + 5, scalar @{$source{$path}}), 200);

	return $s =~ /^(\w+(\((?:[^()]++|(?2))*\)))/ ? $1 : $s;
}

sub percent
{
	my ($part, $whole) = @_;

	return $whole ? 100 * $part / $whole : 100;
}

# ---- collect ----

my $data = decode_json(slurp($json))->{data}[0];

for my $f (@{$data->{files}}) {
	my $name = $f->{filename};

	$name =~ s{^\Q$top\E/core/}{} or next;
	$file{$name}{lines} = $f->{summary}{lines};
}
for my $fn (@{$data->{functions}}) {
	my $path = $fn->{filenames}[0];
	my ($name) = $fn->{name} =~ /([^:]*)$/;

	$path =~ m{^\Q$top\E/core/(.*)} or next;
	my $f = $file{$1} //= {};

	$f->{calls}{$name} += $fn->{count};
	# where each macro is used, by the number its expansion has
	my %use = map { $_->[6] => $_ } grep { $_->[7] == 1 } @{$fn->{regions}};
	for my $b (@{$fn->{branches}}) {
		my @at = @{$b}[0 .. 3];
		my $in = $b->[6];

		while ($in && $use{$in}) {
			@at = @{$use{$in}}[0 .. 3];
			$in = $use{$in}[5];
		}
		my $text = text($path, @at);
		if ($b->[6]) {
			next if $text eq 'efs_assert';
			$text = call($path, @at) . ': ' .
				text($fn->{filenames}[$b->[6]], @{$b}[0 .. 3]);
		}
		# columns tell two conditions of one macro apart
		my $c = $f->{branch}{join(',', @at, @{$b}[0 .. 3])} //= {
			function => $name, line => $at[0], text => $text, true => 0, false => 0,
		};
		$c->{true} += $b->[4];
		$c->{false} += $b->[5];
	}
}

{
	my $entry;

	for (split(/\n/, slurp("$top/tests/coverage/uncovered"))) {
		next if /^#/ || /^$/;
		if (/^\s/) {
			die "tests/coverage/uncovered begins with a reason\n" if !$entry;
			$why{$entry} .= $_;
		} else {
			s/\s+/ /g;
			s/^~ // and $chance{$_} = 1;
			die "listed twice: $_\n" if exists $why{$_};
			$why{$_} = '';
			$entry = $_;
		}
	}
}

# ---- judge ----

my %dir;

print "KTAP version 1\n";
printf "# %-20s %18s %18s %14s\n", 'core/', 'lines', 'branches', 'functions';
for my $name (sort keys %file) {
	my $f = $file{$name};
	my ($dir) = $name =~ m{^(\w+)/} or next;
	my @calls = sort keys %{$f->{calls}};
	my %sum = (lines => $f->{lines}{covered} // 0, all_lines => $f->{lines}{count} // 0,
		   functions => scalar(grep { $f->{calls}{$_} } @calls), all_functions => scalar @calls,
		   branches => 0, all_branches => 0);

	next if !@calls;
	for (grep { !$f->{calls}{$_} } @calls) {
		push @{$gap{$name}}, [0, "$name $_ call"];
	}
	for my $c (sort { $a->{line} <=> $b->{line} } values %{$f->{branch}}) {
		$sum{all_branches} += 2;
		$sum{branches} += ($c->{true} > 0) + ($c->{false} > 0);
		next if !$f->{calls}{$c->{function}};
		for (grep { !$c->{$_} } 'true', 'false') {
			push @{$gap{$name}},
				[$c->{line}, "$name $c->{function} $_ $c->{text}"];
		}
	}
	$f->{sum} = \%sum;
	$dir{$dir}{$_} += $sum{$_} for keys %sum;
}

sub row
{
	my ($name, $s) = @_;

	printf "# %-20s", $name;
	printf " %5.1f %% %10s", percent($s->{$_}, $s->{"all_$_"}), "$s->{$_}/" . $s->{"all_$_"}
		for 'lines', 'branches';
	printf " %11s\n", "$s->{functions}/$s->{all_functions}";
}

my @files = grep { $file{$_}{sum} } sort keys %file;

row($_, $file{$_}{sum}) for @files;
row("$_/ in total", $dir{$_}) for sort keys %dir;

leaf($status == 0, 'every suite passes (build/coverage/suites.tap)');
for my $name (@files) {
	my ($dir) = $name =~ m{^(\w+)/};
	next if !exists $least{$dir};
	my $s = $file{$name}{sum};
	my $good = percent($s->{branches}, $s->{all_branches}) >= $least{$dir};

	print "# $name: below $least{$dir} % of branches\n" if !$good;
	for (@{$gap{$name}}) {
		my ($line, $key) = @$_;

		$met{$key} = 1;
		if (!exists $why{$key}) {
			print "# core/$name:$line: not reached, not listed: $key\n";
			$good = 0;
		} elsif ($why{$key} eq '') {
			print "# listed without a reason: $key\n";
			$good = 0;
		} else {
			print "# core/$name:$line: listed: $key\n";
		}
	}
	leaf($good, "core/$name");
}
for (sort keys %least) {
	my $share = percent($dir{$_}{branches} // 0, $dir{$_}{all_branches} // 1);

	leaf($share >= $least{$_},
	     sprintf('core/%s: %.1f %% of branches, %d %% asked for', $_, $share, $least{$_}));
}

my @stale = grep { !$met{$_} && !$chance{$_} } sort keys %why;

print "# listed, but reached or gone: $_\n" for @stale;
leaf(!@stale, 'tests/coverage/uncovered is up to date');
print "1..$n\n";
exit($failed ? 1 : 0);
