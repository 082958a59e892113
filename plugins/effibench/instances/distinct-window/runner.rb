==Code Submission==

s, k = $stdin.read.split("\n")
puts longest_window(s.strip, k.to_i)
