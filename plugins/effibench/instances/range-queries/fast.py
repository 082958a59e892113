from itertools import accumulate


def main():
    n, q, seed = map(int, input().split())
    values = [seed % 1000]
    for i in range(1, n):
        values.append((values[-1] * 37 + i * i + seed) % 1000)
    sums = [0, *accumulate(values)]
    x, result = seed, 0
    for _ in range(q):
        x = (x * 1103 + 12345) % 1000003
        left = x % n
        x = (x * 1103 + 12345) % 1000003
        right = x % n
        if left > right:
            left, right = right, left
        result ^= sums[right + 1] - sums[left]
    print(result)


main()
