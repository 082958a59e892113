def generate_test_cases(num_cases: int, seed: int = 42) -> list[dict]:
    import random
    from collections import Counter

    def solve(words):
        return sum(count * (count - 1) // 2 for count in Counter("".join(sorted(word)) for word in words).values())

    rng = random.Random(seed)
    cases = [{"input": "0\n", "output": "0"}, {"input": "4\ntea\neat\nten\ntea\n", "output": "3"}]
    while len(cases) < num_cases:
        is_large = len(cases) % 3 == 2
        n = 1200 if is_large else rng.randint(1, 30)
        letters, longest = rng.choice([("ab", 6), ("abc", 8), ("abcdefghijklmnopqrstuvwxyz", 12)])
        words = ["".join(rng.choices(letters, k=6 if is_large else rng.randint(1, longest))) for _ in range(n)]
        cases.append({"input": "".join(f"{line}\n" for line in [n, *words]), "output": str(solve(words))})
    return cases[:num_cases]
