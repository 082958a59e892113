import sys
from collections import defaultdict


def main():
    seen = defaultdict(int)
    pairs = 0
    for word in sys.stdin.read().split()[1:]:
        letters = "".join(sorted(word))
        pairs += seen[letters]
        seen[letters] += 1
    print(pairs)


main()
