import sys


def main():
    values = list(map(int, sys.stdin.read().split()))[1:]
    lengths = []
    for i in range(len(values)):
        best = 0
        for j in range(i):
            if values[j] < values[i] and lengths[j] > best:
                best = lengths[j]
        lengths.append(best + 1)
    print(max(lengths, default=0))


main()
