def generate_test_cases(num_cases: int, seed: int = 42) -> list[dict]:
    import random
    from collections import deque

    def solve(rows):
        h, w = len(rows), len(rows[0])
        steps, queue = {(0, 0): 0}, deque([(0, 0)])
        while queue:
            i, j = queue.popleft()
            for k, l in (i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1):
                if 0 <= k < h and 0 <= l < w and rows[k][l] == "." and (k, l) not in steps:
                    steps[k, l] = steps[i, j] + 1
                    queue.append((k, l))
        return steps.get((h - 1, w - 1), -1)

    def snake(h, w):
        # Every other row is a wall with one gap, on alternating sides: the way is long.
        wall = ["." + "#" * (w - 1), "#" * (w - 1) + "."]
        return ["." * w if i % 2 == 0 else wall[i // 2 % 2 == 0] for i in range(h)]

    rng = random.Random(seed)
    cases = []
    for index in range(num_cases):
        if index % 3 == 2:
            rows = snake(rng.randrange(89, 100, 2), rng.randint(85, 95))
        else:
            h, w = rng.randint(1, 30), rng.randint(1, 30)
            rows = ["".join(rng.choices(".#", weights=[3, 1], k=w)) for _ in range(h)]
        rows[0] = "." + rows[0][1:]
        text = "".join(f"{line}\n" for line in [f"{len(rows)} {len(rows[0])}", *rows])
        cases.append({"input": text, "output": str(solve(rows))})
    return cases
