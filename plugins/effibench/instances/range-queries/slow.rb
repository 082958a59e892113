n, q, seed = gets.split.map(&:to_i)
values = [seed % 1000]
(1...n).each { |i| values << (values[-1] * 37 + i * i + seed) % 1000 }
x = seed
result = 0
q.times do
  x = (x * 1103 + 12345) % 1000003
  left = x % n
  x = (x * 1103 + 12345) % 1000003
  right = x % n
  left, right = right, left if left > right
  total = 0
  left.upto(right) { |i| total += values[i] }
  result ^= total
end
puts result
