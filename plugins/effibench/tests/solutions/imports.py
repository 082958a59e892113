from __future__ import annotations
import sys, bisect as b; from typing import (
    List,  # (
)


class Solution:
    def countInversions(self, nums: List[int]) -> int:
        seen = []
        inversions = 0
        for num in nums:
            inversions += len(seen) - b.bisect(seen, num)
            b.insort(seen, num)
        return inversions
