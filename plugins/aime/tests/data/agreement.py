"""Writes what the DAPO grader says of generated solutions: agreement.jsonl and normal.jsonl.

    python3 agreement.py MATH_DAPO [COUNT]

MATH_DAPO is the file verl/utils/reward_score/math_dapo.py of verl (made with 0.9.1). Its two rules
are asked one by one: late versions fall back from the first to the second, this task does not. The
tests read the two files alone; this script is here to tell where they come from and to make larger
ones.
"""

import importlib.util
import json
import pathlib
import random
import sys

FOLDER = pathlib.Path(__file__).parent
PROSE = [
    "We count the pairs and find two cases.",
    "So the sum is 12 + 30 = 42 and the rest follows.",
    "By symmetry each case occurs 3 times.\n\nThus nothing else is left.",
    "The answer is close: it only needs the last step.",
    "Let $x = 5$. Then $\\frac{x}{2}$ is no integer.",
]
WRAPPINGS = [
    "{}", "${}$", "$ {} $", "\\boxed{{{}}}", "$\\boxed{{{}}}$", "\\text{{{}}}", "\\textbf{{{}}}", "x = {}",
    "m + n = ${}$", "{} square units", "{} ways", "{} degrees", "{}^\\circ", "{}^{{\\circ}}", "{} \\text{{ cm}}",
    "{} cm", "\\${}", "{} cents", "{} points", "{}\\text{{ m}}", "so ${}$ it is", "${}.$", "a {}", '"{}"',
    "{} minutes", "{} \\mbox{{ inches}}^2", "{} meters", "{}\\mathrm{{th}}", "$n = {}$ integers",
]
PIECES = [
    "frac", "\\frac", "\\dfrac", "sqrt", "\\sqrt", "\\text{", "\\textbf{", "\\overline{", "\\boxed{", "\\mbox{",
    "{", "}", "{,}", ",\\!", "\\;", "\\ ", "\\$", "$", ".$", "=", "^\\circ", "^{\\circ}", "^2", "^3", ",", ".", "-",
    "+", "/", "(", ")", "!", "1", "2", "3", "10", "x", "y", "a ", "an ", " ", "m", "s", "and", "cm", "km", "units",
    "square", "points", "sue", "\"", "\\dots", "\\ldots", "\\mathrm{th}", "\\pi", "é", "*",
]


def answer(dice):
    kind = dice.randrange(6)
    number = dice.randrange(1, 1000)
    if kind < 3:
        return str(number)
    if kind == 3:
        return "%d,%03d" % (number, dice.randrange(1000))
    if kind == 4:
        return "\\frac{%d}{%d}" % (2 * number + 1, 2 ** dice.randrange(1, 9))
    return "%d\\sqrt{%d}" % (number % 9 + 2, dice.choice([2, 3, 5, 7]))


def other_spelling(text, dice):
    if "\\frac{" in text and len(text) == len("\\frac{1}{2}"):
        return "\\frac%s%s" % (text[6], text[9])
    if "sqrt{" in text and dice.random() < 0.5:
        return text.replace("{", "").replace("}", "")
    return text.replace(",", dice.choice(["", ",", "{,}", ",\\!"]))


def solution(right, dice):
    said = right if dice.random() < 0.6 else answer(dice)
    said = dice.choice(WRAPPINGS).format(other_spelling(said, dice))
    lines = dice.sample(PROSE, dice.randrange(4))
    if dice.random() < 0.05:
        return "\n".join(lines + [said])
    lines.append("%s%s:%s%s" % (dice.choice(["", "Final ", "The "]), dice.choice(["Answer", "answer", "ANSWER"]),
                                dice.choice([" ", "", "  "]), said))
    if dice.random() < 0.1:
        lines.append(dice.choice(PROSE) * dice.choice([1, 9]))
    return "\n".join(lines)


def main():
    spec = importlib.util.spec_from_file_location("math_dapo", sys.argv[1])
    grader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(grader)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    dice = random.Random(4)
    with open(FOLDER / "agreement.jsonl", "w", encoding="utf-8") as file:
        for _ in range(count):
            right = answer(dice)
            case = {"answer": right, "solution": solution(right, dice)}
            window = case["solution"][-300:]
            case["acc"], case["pred"] = grader.is_correct_minerva(window, right)
            strict, case["strict_pred"] = grader.is_correct_strict_box(window, right)
            case["strict_acc"] = strict == 1
            file.write(json.dumps(case, ensure_ascii=False) + "\n")
    with open(FOLDER / "normal.jsonl", "w", encoding="utf-8") as file:
        for _ in range(count):
            text = "".join(dice.choices(PIECES, k=dice.randrange(1, 14)))
            file.write(json.dumps({"text": text, "normal": grader.normalize_final_answer(text)}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
