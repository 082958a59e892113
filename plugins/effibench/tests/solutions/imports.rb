require 'set'
require "json"

def count_inversions(nums)
  JSON.parse(nums.each_index.sum { |i| nums[0, i].count { |num| num > nums[i] } }.to_s)
end
