class Solution:
    def longestWindow(self, s: str, k: int) -> int:
