class Solution:
    def countInversions(self, nums: List[int]) -> int:
