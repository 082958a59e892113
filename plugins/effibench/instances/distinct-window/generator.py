def generate_test_cases(num_cases: int, seed: int = 42) -> list[dict]:
    import random
    from collections import Counter

    def solve(text, k):
        held, start, longest = Counter(), 0, 0
        for end, letter in enumerate(text):
            held[letter] += 1
            while len(held) > k:
                held[text[start]] -= 1
                held += Counter()
                start += 1
            longest = max(longest, end + 1 - start)
        return longest

    rng = random.Random(seed)
    cases = [{"input": "abbacd\n2\n", "output": "4"}, {"input": "\n3\n", "output": "0"}]
    while len(cases) < num_cases:
        if len(cases) % 3 == 2:
            # Long windows, between letters that end them.
            k, text = 8, "z".join("".join(rng.choices("abcdefgh", k=rng.randint(1000, 4000))) for _ in range(2))
        else:
            k, text = rng.randint(0, 9), "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(1, 80)))
        cases.append({"input": f"{text}\n{k}\n", "output": str(solve(text, k))})
    return cases[:num_cases]
