"""Tests of the task's own logic, without a component and without a sandbox: ``python3 -m unittest``.

Those in the folder ``tests`` run the component: ``perfagent plugin test``.
"""

import sys
import unittest
from pathlib import Path

HERE = Path(__file__).parent
# The SDK that came with the project; one that pip installed is found without.
sys.path.insert(0, str(HERE / "../../src"))

from perfagent_task import (  # noqa: E402
    Attempt,
    BadInstance,
    Changed,
    CompileRequest,
    EditsFailed,
    Exited,
    Finding,
    Identical,
    NoSolution,
    PromptContext,
    RunReport,
    RunRequest,
    WallLimit,
)
from perfagent_task.testing import Script, check_description, evaluate  # noqa: E402

from app import Golf  # noqa: E402

LINES = (HERE / "examples/lines.json").read_bytes()


def golf() -> Golf:
    return Golf.load("lines", LINES, {})


def sort(_program: CompileRequest, request: RunRequest) -> RunReport:
    """Sorts as the programs should."""
    lines = sorted(request.input.decode().splitlines())
    return RunReport(Exited(0), output="\n".join(lines).encode())


class GolfTest(unittest.TestCase):
    def test_the_description_is_what_the_host_demands(self) -> None:
        check_description(Golf.describe())

    def test_a_right_program_is_worth_its_bytes(self) -> None:
        evaluation = evaluate(golf(), Script(sort), "é\n")
        self.assertEqual((evaluation.success, evaluation.metric), (True, 2))

    def test_the_first_failing_test_reaches_the_prompt(self) -> None:
        def run(_program: CompileRequest, request: RunRequest) -> RunReport:
            return RunReport(WallLimit()) if not request.input else RunReport(Exited(0), b"apple\nfig\npear\n")

        evaluation = evaluate(golf(), Script(run), "x")
        self.assertEqual((evaluation.success, evaluation.summary), (False, "test 2 of 3: time limit"))
        prompt = golf().optimization_prompt(PromptContext(), Attempt("x", evaluation))
        self.assertIn("test 2 of 3: time limit\nInput:\n\nExpected", prompt)

    def test_edits_and_whole_programs_are_found(self) -> None:
        def found(reply: str) -> Finding:
            return golf().extract(reply, "a\nb").finding

        self.assertEqual(found("<<<<<<< SEARCH\nb\n=======\nc\n>>>>>>> REPLACE"), Changed("a\nc"))
        self.assertEqual(found("```python\nc\n```"), Changed("c"))
        self.assertEqual(found("```\na\nb\n\n```"), Identical())
        self.assertIsInstance(found("no idea"), NoSolution)
        self.assertIsInstance(found("<<<<<<< SEARCH\nz\n=======\nc\n>>>>>>> REPLACE"), EditsFailed)

    def test_bad_instances_name_the_field(self) -> None:
        for data, field in [
            ("[]", "JSON object"),
            ("[" * 1_000_000, "JSON object"),
            ('{"program": 1, "tests": [{"input": "", "output": ""}]}', "`program` must be a text"),
            ('{"program": "", "tests": []}', "`tests`"),
            ('{"program": "", "tests": [{"input": ""}]}', "`tests[0].output` is missing"),
        ]:
            with self.assertRaises(BadInstance) as raised:
                Golf.metadata("x", data.encode())
            self.assertIn(field, str(raised.exception))


if __name__ == "__main__":
    unittest.main()
