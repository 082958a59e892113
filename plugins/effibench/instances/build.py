#!/usr/bin/env python3
"""Writes each folder beside this file as an instance of the EffiBench-X format.

Needs nothing but Python 3.9 or newer, and always writes the same bytes. With --check it writes
nothing and fails where a file is not what it would write.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
LANGUAGES = {"py": "python3", "cpp": "cpp", "java": "java", "js": "javascript", "go": "golang", "rb": "ruby", "c": "c", "rs": "rust"}
# Every third of them is a large one.
TESTS = 9
# What the problems' texts do not say: difficulty and tags.
PROBLEMS = {
    "anagram-pairs": ("easy", ["hash table", "string"]),
    "collatz-longest": ("medium", ["memoization", "number theory"]),
    "count-inversions": ("medium", ["divide and conquer", "binary indexed tree"]),
    "distinct-window": ("medium", ["sliding window", "string"]),
    "flood-distance": ("medium", ["breadth-first search", "grid"]),
    "longest-rise": ("medium", ["binary search", "dynamic programming"]),
    "range-queries": ("easy", ["prefix sum"]),
    "step-ways": ("hard", ["matrix", "dynamic programming"]),
}


def by_language(folder, stem):
    sources = {LANGUAGES[path.suffix[1:]]: path.read_text() for path in folder.glob(f"{stem}.*")}
    return {name: sources[name] for name in LANGUAGES.values() if name in sources}


def instance(name):
    folder = ROOT / name
    difficulty, tags = PROBLEMS[name]
    text = (folder / "problem.md").read_text()
    generator = (folder / "generator.py").read_text()
    scope = {}
    exec(generator, scope)
    runners = by_language(folder, "runner")
    return {
        "id": name,
        "title": text.split("\n")[0],
        "title_slug": name,
        "description": text,
        "description_md": text,
        "difficulty": difficulty,
        "tags": tags,
        "source": "perfagent",
        "url": "",
        "type": "functional" if runners else "io",
        "time_limit_nanos": 20_000_000_000,
        "memory_limit_bytes": 1 << 30,
        "starter_code": by_language(folder, "starter") or None,
        # Where an optimisation starts: the slow ones.
        "solutions": {language: {"code": code} for language, code in by_language(folder, "slow").items()},
        "test_case_generator": generator,
        "evaluator": (ROOT / "evaluator.py").read_text(),
        # As the data set has both of them: JSON in a string.
        "generated_tests": json.dumps(scope["generate_test_cases"](TESTS)),
        "test_runners": json.dumps(runners) if runners else None,
    }


def main():
    is_check = sys.argv[1:] == ["--check"]
    for name in PROBLEMS:
        path = ROOT / f"{name}.json"
        text = json.dumps(instance(name), indent=1, ensure_ascii=False) + "\n"
        if not is_check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            sys.exit(f"{path.name} is not what its sources say: run build.py")


main()
