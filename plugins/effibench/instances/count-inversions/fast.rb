def count_inversions(nums)
  seen = []
  inversions = 0
  nums.each do |num|
    at = seen.bsearch_index { |other| other > num } || seen.size
    inversions += seen.size - at
    seen.insert(at, num)
  end
  inversions
end
