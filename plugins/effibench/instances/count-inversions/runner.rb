# ==Code Submission==

_, *nums = $stdin.read.split.map(&:to_i)
puts count_inversions(nums)
