def main():
    h, w = map(int, input().split())
    rows = [input() for _ in range(h)]
    steps = [[-1] * w for _ in range(h)]
    steps[0][0] = 0
    time = 0
    has_changed = True
    while has_changed:
        has_changed = False
        for i in range(h):
            for j in range(w):
                if steps[i][j] != time:
                    continue
                for k, l in (i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1):
                    if 0 <= k < h and 0 <= l < w and rows[k][l] == "." and steps[k][l] == -1:
                        steps[k][l] = time + 1
                        has_changed = True
        time += 1
    print(steps[h - 1][w - 1])


main()
