import sys
from bisect import bisect_left


def main():
    ends = []
    for value in map(int, sys.stdin.read().split()[1:]):
        at = bisect_left(ends, value)
        if at == len(ends):
            ends.append(value)
        else:
            ends[at] = value
    print(len(ends))


main()
