import os
import sys

rows, columns = map(int, sys.stdin.readline().split())
grid = [sys.stdin.readline() for _ in range(rows)]
ways = {(i, j): 1 for i in range(rows) for j in range(columns) if grid[i][j] == "Y"}
for letter in "OKOHAMA":
    step = {}
    for (i, j), count in ways.items():
        for a, b in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
            if 0 <= a < rows and 0 <= b < columns and grid[a][b] == letter:
                step[a, b] = step.get((a, b), 0) + count
    ways = step
print(sum(ways.values()), flush=True)
os._exit(0)
