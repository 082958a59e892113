import bisect


class Solution:
    def countInversions(self, nums: List[int]) -> int:
        seen = []
        inversions = 0
        for num in nums:
            at = bisect.bisect_right(seen, num)
            inversions += len(seen) - at
            seen.insert(at, num)
        return inversions
