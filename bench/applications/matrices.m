% SPDX-License-Identifier: MIT
% matrices.m TIMES: element by element, sums, sorting, a filter.
times = str2double (argv (){1});
rand ("twister", 1);
total = 0;
for turn = 1:times
  a = rand (1500 + 100 * mod (turn, 3), 2000);
  b = a .* a + sin (a) ./ (a + 1);
  c = cumsum (b, 2) - repmat (mean (b, 2), 1, columns (b));
  d = sort (b(:, 1:500));
  e = conv2 (a, ones (3) / 9, "same");
  total = total + sum (c(:, end)) + sum (d(1, :)) + sum (e(:)) / numel (e);
endfor
printf ("%.4f\n", total);
