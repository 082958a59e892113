import sys
from typing import List

# ==Code Submission==

if __name__ == "__main__":
    numbers = list(map(int, sys.stdin.read().split()))
    print(Solution().countInversions(numbers[1:]))
