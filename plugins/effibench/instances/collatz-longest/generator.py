def generate_test_cases(num_cases: int, seed: int = 42) -> list[dict]:
    import random

    known = {1: 1}

    def length(x):
        path = []
        while x not in known:
            path.append(x)
            x = 3 * x + 1 if x % 2 else x // 2
        for count, passed in enumerate(reversed(path), known[x] + 1):
            known[passed] = count
        return known[x] + len(path)

    rng = random.Random(seed)
    cases = [{"input": "2\n1 3\n9 9\n", "output": "3 8\n9 20"}]
    while len(cases) < num_cases:
        queries = []
        for _ in range(rng.randint(1, 6)):
            # Later ranges overlap earlier ones, so that what was found before helps.
            span = 30000 if len(cases) % 3 == 2 else 50
            a = rng.randint(1, 2000)
            queries.append((a, a + rng.randint(0, 9) + span))
        best = [max(range(a, b + 1), key=lambda x: (length(x), -x)) for a, b in queries]
        text = "".join(f"{a} {b}\n" for a, b in queries)
        output = "\n".join(f"{x} {length(x)}" for x in best)
        cases.append({"input": f"{len(queries)}\n{text}", "output": output})
    return cases[:num_cases]
