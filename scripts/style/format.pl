#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# format.pl FILE...: what clang-format would change in these files, less what is a matter of
# judgement. A remark is "FILE:LINE: KIND: words":
#
#   indent   a statement begins in another column than it should
#   space    white space is missing, or there is some where none belongs
#   empty    empty lines in a row
#
# Left alone are line breaks and the columns of lines that continue another (of which checkpatch
# judges the alignment at parentheses), the width of gaps (tables, columns of comments), what
# stands behind a backslash, and the places where clang-format takes C for C++.

use strict;
use warnings;

my %entity = (lt => '<', gt => '>', amp => '&', quot => '"', apos => "'");

# the text before @at, without comments and blanks at its end
sub before
{
	my ($text, $at) = @_;
	my $s = substr($text, 0, $at);

	while ($s =~ s{(?:\s|/\*(?:(?!\*/).)*\*/|\n#[^\n]*)\z}{}s) {}
	return $s;
}

sub judge
{
	my ($s, $at, $old, $new) = @_;
	my $head = substr($s, 0, $at);
	my $tail = substr($s, $at + length $old);
	my ($lines, $wanted) = ($old =~ tr/\n//, $new =~ tr/\n//);

	return if "$old$new" =~ /\\/ || !$lines != !$wanted;
	if (!$lines) {
		return if $old ne '' && $new ne '';
		# "new && x", "(t *)(p) - x" taken for C++; "for (i = 0; ; )"; empty braces
		return if $new eq '' && $head =~ /[*;{&-]\z/;
		return if $new eq '' && $tail =~ /^[-{]/;
		return ('space', $new eq '' ? 'none belongs here' : 'missing');
	}
	return ('empty', 'empty lines') if $lines > $wanted;
	return if $lines < $wanted;
	# a line that continues another
	return if before($s, $at) !~ m{(?:[;\{\}]|\)|\belse|\bdo|\w:|':)\z};
	return if $tail =~ /^[&|?:+*.<>=-]/;
	return ('indent', 'indentation');
}

my $shown = 0;
for my $file (@ARGV) {
	my ($s, $xml);

	{
		local $/;
		open(my $in, '<', $file) or die "$file: $!\n";
		$s = <$in>;
		close($in);
		open($in, '-|', 'clang-format', '--style=file', '--output-replacements-xml', $file) or
			die "clang-format: $!\n";
		$xml = <$in>;
		close($in) or die "clang-format: $file: status $?\n";
	}
	while ($xml =~ m{<replacement offset='(\d+)' length='(\d+)'>(.*?)</replacement>}gs) {
		my ($at, $len, $new) = ($1, $2, $3);
		my $old = substr($s, $at, $len);

		$new =~ s/&#(\d+);/chr $1/ge;
		$new =~ s/&(\w+);/$entity{$1}/g;
		# the whole gap, of which a replacement may be a part
		while ($at > 0 && substr($s, $at - 1, 1) =~ /\s/) {
			$at--;
			$_ = substr($s, $at, 1) . $_ for $old, $new;
		}
		while ($at + length $old < length $s && substr($s, $at + length $old, 1) =~ /\s/) {
			my $c = substr($s, $at + length $old, 1);

			$_ .= $c for $old, $new;
		}
		my ($kind, $words) = judge($s, $at, $old, $new) or next;
		my $line = 1 + (substr($s, 0, $at + length $old) =~ tr/\n//);
		my ($text) = substr($s, $at + length $old) =~ /^(.{0,40})/;

		print "$file:$line: $kind: $words before \"$text\"\n";
	}
}
