#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Big strings, sort, hashes, regular expressions, child processes.
use strict;
use warnings;

$| = 1;

my $text = "abc" x 10_000_000;
$text .= "end";
print length($text), " ", substr($text, -5), " ", unpack("%32C*", $text), "\n";
$text =~ s/abc/x/ for 1 .. 3;
print length($text), "\n";
$text = reverse $text;
print substr($text, 0, 8), " ", ($text =~ tr/a//), "\n";
undef $text;

# A string grown in one step, then all of it looked at; again after it was used.
for my $round (1 .. 4) {
    my $zeros = "";
    vec($zeros, 30_000_000 - 1, 8) = 0;
    my $count = ($zeros =~ tr/\0//);
    print "round $round: $count of ", length($zeros), " bytes are zero\n";
    $zeros = "\xff" x length($zeros);
}

my $n = 1;
my @numbers = map { $n = ($n * 16807) % 2147483647 } 1 .. 200_000;
my @sorted = sort { $a <=> $b } @numbers;
my @words = sort map { "w$_" } @numbers;
print "@sorted[0, 100_000, -1] @words[0, 100_000, -1]\n";

my %count;
$count{ $_ % 5003 }++ for @numbers;
my ($most) = sort { $count{$b} <=> $count{$a} || $a <=> $b } keys %count;
print scalar(keys %count), " $most $count{$most}\n";

my $joined = join(",", @numbers);
my $found = () = $joined =~ /(?<=,)(\d)(\d*)\1(?=,)/g;
print length($joined), " $found\n";
my @parts = split /,/, $joined;
print scalar(@parts), " ", pack("N*", @parts[0 .. 3]) eq
    pack("N4", @numbers[0 .. 3]) ? "same" : "different", "\n";

for my $child (1 .. 4) {
    my $pid = open(my $pipe, "-|") // die "fork: $!";
    if ($pid == 0) {
        my $mine = "y" x (1_000_000 * $child);
        print length($mine . $joined), "\n";
        exit 0;
    }
    print "child $child: ", <$pipe>;
    close($pipe) or die "child: $?";
}

my $status = system($^X, "-e", 'my @a = (1) x 1e6; exit(scalar(@a) / 1e6 + 6)');
print "status ", $status >> 8, "\n";
warn "a warning\n";
