def generate_test_cases(num_cases: int, seed: int = 42) -> list[dict]:
    import random

    ways = [1, 1, 2]
    while len(ways) <= 700000:
        ways.append(sum(ways[-3:]) % (10**9 + 7))
    rng = random.Random(seed)
    cases = [{"input": "2\n3\n4\n", "output": "4\n7"}]
    while len(cases) < num_cases:
        bound = 700000 if len(cases) % 3 == 2 else 100
        stairs = [rng.randint(0, bound) for _ in range(20 if bound > 100 else rng.randint(1, 20))]
        text = "".join(f"{n}\n" for n in [len(stairs), *stairs])
        cases.append({"input": text, "output": "\n".join(str(ways[n]) for n in stairs)})
    return cases[:num_cases]
