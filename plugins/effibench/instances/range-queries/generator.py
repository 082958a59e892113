def generate_test_cases(num_cases: int, seed: int = 42) -> list[dict]:
    import random

    def solve(n, q, start):
        sums, value = [0], start % 1000
        for i in range(n):
            if i:
                value = (value * 37 + i * i + start) % 1000
            sums.append(sums[-1] + value)
        x, result = start, 0
        for _ in range(q):
            x = (x * 1103 + 12345) % 1000003
            l = x % n
            x = (x * 1103 + 12345) % 1000003
            r = x % n
            result ^= sums[max(l, r) + 1] - sums[min(l, r)]
        return result

    rng = random.Random(seed)
    cases = []
    for index in range(num_cases):
        n, q = [(1, 1), (5, 3), (7000, 7000)][index % 3] if index < 9 else (rng.randint(1, 200), rng.randint(1, 200))
        start = rng.randrange(10**6) if index != 1 else 7
        cases.append({"input": f"{n} {q} {start}\n", "output": str(solve(n, q, start))})
    return cases
