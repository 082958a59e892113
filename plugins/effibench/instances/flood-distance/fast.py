from collections import deque


def main():
    h, w = map(int, input().split())
    rows = [input() for _ in range(h)]
    steps = [[-1] * w for _ in range(h)]
    steps[0][0] = 0
    queue = deque([(0, 0)])
    while queue:
        i, j = queue.popleft()
        for k, l in (i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1):
            if 0 <= k < h and 0 <= l < w and rows[k][l] == "." and steps[k][l] == -1:
                steps[k][l] = steps[i][j] + 1
                queue.append((k, l))
    print(steps[h - 1][w - 1])


main()
