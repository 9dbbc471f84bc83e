# SPDX-License-Identifier: MIT
# strings.pl TIMES: strings of tens of megabytes are built, changed and joined.
use strict;
use warnings;
my ($total, $times) = (0, $ARGV[0]);
for my $turn (1 .. $times) {
    my $text = "the quick brown fox $turn " x (400000 + 100000 * ($turn % 3));
    my $upper = uc $text;
    (my $changed = $text) =~ tr/a-m/n-z/;
    my @parts = unpack '(a1000000)*', $changed;
    my $joined = join '-', reverse @parts;
    $joined .= substr $upper, 0, length($upper) / 2;
    $total += length($joined) + ($joined =~ tr/q//);
}
print "$total\n";
