def generate_test_cases(num_cases: int, seed: int = 42) -> list[dict]:
    import random
    from bisect import bisect_right, insort

    def solve(values):
        seen, inversions = [], 0
        for value in values:
            inversions += len(seen) - bisect_right(seen, value)
            insort(seen, value)
        return inversions

    rng = random.Random(seed)
    cases = [{"input": "5\n2 4 1 3 5\n", "output": "3"}, {"input": "0\n\n", "output": "0"}]
    while len(cases) < num_cases:
        n = 5000 if len(cases) % 3 == 2 else rng.randint(1, 60)
        bound = rng.choice([3, 1000, 10**6])
        values = [rng.randint(-bound, bound) for _ in range(n)]
        cases.append({"input": f"{n}\n{' '.join(map(str, values))}\n", "output": str(solve(values))})
    return cases[:num_cases]
