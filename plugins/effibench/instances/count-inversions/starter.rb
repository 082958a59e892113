# @param {Integer[]} nums
# @return {Integer}
def count_inversions(nums)

end
