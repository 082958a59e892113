def generate_test_cases(num_cases: int, seed: int = 42) -> list[dict]:
    import random
    from bisect import bisect_left

    def solve(values):
        ends = []
        for value in values:
            at = bisect_left(ends, value)
            ends[at:at + 1] = [value]
        return len(ends)

    rng = random.Random(seed)
    cases = [{"input": "0\n\n", "output": "0"}, {"input": "6\n3 1 2 2 5 4\n", "output": "3"}]
    while len(cases) < num_cases:
        n = 6000 if len(cases) % 3 == 2 else rng.randint(1, 60)
        bound = rng.choice([5, 1000, 10**6])
        values = [rng.randint(-bound, bound) for _ in range(n)]
        if len(cases) % 4 == 1:
            values.sort()
        cases.append({"input": f"{n}\n{' '.join(map(str, values))}\n", "output": str(solve(values))})
    return cases[:num_cases]
