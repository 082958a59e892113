def count_inversions(nums)
  inversions = 0
  nums.each_index do |i|
    (i + 1).upto(nums.size - 1) { |j| inversions += 1 if nums[i] > nums[j] }
  end
  inversions
end
