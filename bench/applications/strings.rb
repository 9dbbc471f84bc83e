# SPDX-License-Identifier: MIT
# strings.rb TIMES: strings and arrays of tens of megabytes.
total = 0
ARGV[0].to_i.times do |turn|
  text = "the quick brown fox #{turn} " * (400_000 + 100_000 * (turn % 3))
  changed = text.tr('a-m', 'n-z')
  joined = changed.unpack('a1000000' * 5).reverse.join('-') + text.upcase
  numbers = Array.new(2_000_000 + turn % 3 * 500_000) { |i| i * 7 }
  sums = numbers.each_slice(1000).map(&:sum)
  packed = numbers.pack('l*')
  total += joined.length + sums.length + packed.bytesize + joined.count('q')
end
puts total
