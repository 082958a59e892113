"""A task: make a program sort its input using fewer bytes of source.

Read this file from top to bottom: what the task is, what it asks, what it finds in a reply, and what
it thinks of a program. ``perfagent plugin build`` makes the component.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self

from perfagent_task import (
    Attempt,
    BadInstance,
    Changed,
    CompileRequest,
    Description,
    Direction,
    EditsFailed,
    EditStatus,
    Evaluation,
    Execution,
    Exited,
    Extraction,
    Finding,
    Identical,
    InitialSolution,
    InstanceSummary,
    Limits,
    NoSolution,
    Policy,
    PromptContext,
    Rejected,
    RunOptions,
    RunReport,
    RunRequest,
    Task,
    TaskMetadata,
    export,
    parse_object,
    toolkit,
)

SYSTEM_TEMPLATE = """\
You shorten programs. A program is better the fewer bytes its source has, as long as it passes every test. \
Tests are hidden: they give the program an input and compare all of its output.

{problem}

The program is written in {language}. Reply either with SEARCH/REPLACE blocks that change the current \
program or with the whole new program in one fenced code block.
{additions}
"""

OPTIMIZATION_TEMPLATE = """\
The current program has {bytes} bytes.

```{language}
{program}
```

{verdict}
{notes}
Make it shorter.
"""

CONFIG_SCHEMA = """\
{
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "language": {
      "description": "language of the programs",
      "enum": ["python3", "javascript", "ruby"],
      "default": "python3"
    }
  }
}
"""

# What stands in an instance that says nothing of its problem.
PROBLEM = "The program sorts the lines of its input."
# Elapsed time of one test.
TIME_LIMIT_MS = 10_000
# Characters shown of what a program read or wrote.
SHOWN_CHARS = 300
EXTENSIONS = {"python3": "py", "javascript": "js", "ruby": "rb"}


@dataclass
class Test:
    """An input and all that a right program prints for it."""

    input: str
    output: str


@dataclass
class Instance:
    """What an instance's file holds: JSON with `program` and `tests`, and perhaps `id` and `problem`."""

    id: str
    problem: str
    program: str
    tests: list[Test]

    @classmethod
    def read(cls, name: str, data: bytes) -> Self:
        """Reads an instance; without an `id` it is called `name`."""
        fields = parse_object(data)
        tests = fields.get("tests")
        if not isinstance(tests, list) or not tests:
            raise BadInstance("`tests` must be a list with at least one test")
        return cls(
            id=text(fields, "id", "id", name),
            problem=text(fields, "problem", "problem", PROBLEM),
            program=text(fields, "program", "program").rstrip("\n"),
            tests=[read_test(index, test) for index, test in enumerate(tests)],
        )


def read_test(index: int, test: Any) -> Test:
    """Reads one test."""
    if not isinstance(test, dict):
        raise BadInstance(f"`tests[{index}]` must be an object")
    return Test(
        input=text(test, "input", f"tests[{index}].input"),
        output=text(test, "output", f"tests[{index}].output"),
    )


def text(fields: dict[str, Any], key: str, path: str, default: str | None = None) -> str:
    """A text that may be missing where there is a default; `path` names it in errors."""
    value = fields[key] if key in fields else default
    if key not in fields and default is None:
        raise BadInstance(f"`{path}` is missing")
    if not isinstance(value, str):
        raise BadInstance(f"`{path}` must be a text")
    return value


class Golf(Task):
    """One instance in one language."""

    def __init__(self, instance: Instance, language: str) -> None:
        self.instance = instance
        self.language = language

    @classmethod
    def describe(cls) -> Description:
        return Description(
            name="sort-golf",
            version="0.1.0",
            summary="make a program sort its input using fewer bytes of source",
            metric="source size",
            direction=Direction.MINIMIZE,
            languages=list(EXTENSIONS),
            config_schema=CONFIG_SCHEMA,
            system_template=SYSTEM_TEMPLATE,
            system_variables=["problem", "language", "additions"],
            optimization_template=OPTIMIZATION_TEMPLATE,
            optimization_variables=["language", "program", "bytes", "verdict", "notes"],
        )

    @classmethod
    def metadata(cls, name: str, data: bytes) -> TaskMetadata:
        instance = Instance.read(name, data)
        return TaskMetadata(instance.id, instance.problem)

    @classmethod
    def load(cls, name: str, data: bytes, config: dict[str, Any]) -> Self:
        return cls(Instance.read(name, data), config.get("language", "python3"))

    def summary(self) -> InstanceSummary:
        return InstanceSummary(EXTENSIONS[self.language], language=self.language, unit="bytes")

    def initial_solution(self) -> InitialSolution:
        return InitialSolution(self.instance.program)

    def system_values(self, context: PromptContext) -> dict[str, str]:
        additions = "".join(f"\n{addition}\n" for addition in context.additions())
        return {"problem": self.instance.problem, "language": self.language, "additions": additions}

    def optimization_values(self, context: PromptContext, attempt: Attempt) -> dict[str, str]:
        program = attempt.solution.rstrip("\n")
        notes = toolkit.listed_notes(attempt.notes)
        return {
            "language": self.language,
            "program": program,
            "bytes": str(len(program.encode())),
            "verdict": verdict(attempt.evaluation),
            "notes": f"\n{notes}\n" if notes else "",
        }

    def extract(self, reply: str, current: str) -> Extraction:
        edited = toolkit.apply_edits(current, reply)
        if not edited.verdicts:
            names = [self.language, self.language.rstrip("3"), EXTENSIONS[self.language]]
            block = toolkit.last_code_block(reply, names)
            if block is None or not block.code.strip(" \t\r\n\f"):
                return Extraction(NoSolution("neither edit blocks nor a program in a fenced block"))
            return Extraction(compared(block.code, current))
        applied = (EditStatus.APPLIED, EditStatus.APPLIED_REINDENTED)
        if any(verdict.status in applied for verdict in edited.verdicts):
            return Extraction(compared(edited.program, current), edited.verdicts)
        failed = EditsFailed(f"none of {len(edited.verdicts)} edit blocks could be applied")
        return Extraction(failed, edited.verdicts)

    def evaluate(self, execution: Execution, candidate: str, incumbent: str | None) -> Evaluation:
        tests = self.instance.tests
        try:
            program = execution.compile(CompileRequest(self.language, candidate))
        except Rejected as rejection:
            return invalid("it does not compile", shown(rejection.message), len(tests), 0)
        limits = Limits(wall_ms=TIME_LIMIT_MS)
        with program:
            requests = [RunRequest(test.input.encode(), limits=limits) for test in tests]
            reports = program.run(requests, RunOptions(Policy.CHECK))
        faults = [fault(test, report) for test, report in zip(tests, reports)]
        passed = faults.count(None)
        for index, found in enumerate(faults):
            if found is not None:
                title = f"test {index + 1} of {len(tests)}: {found}"
                return invalid(title, details(tests[index], reports[index]), len(tests), passed)
        size = len(candidate.rstrip("\n").encode())
        artifacts = {"bytes": size, "failure": None, "passed": passed, "tests": len(tests)}
        return Evaluation(size, True, f"{size} bytes, all {passed} tests passed", json.dumps(artifacts))


def compared(program: str, current: str) -> Finding:
    """Newlines at the end need no bytes and make no difference."""
    program = program.rstrip("\n")
    return Identical() if program == current.rstrip("\n") else Changed(program)


def fault(test: Test, report: RunReport) -> str | None:
    """What is wrong with a run, if anything is."""
    if report.outcome != Exited(0):
        return str(report.outcome)
    is_right = decoded(report.output).rstrip("\n") == test.output.rstrip("\n")
    return None if is_right else "wrong output"


def details(test: Test, report: RunReport) -> str:
    """A failing run, for the model."""
    return (
        f"Input:\n{shown(test.input)}\nExpected output:\n{shown(test.output)}\n"
        f"Output:\n{shown(decoded(report.output))}\nStandard error:\n{shown(decoded(report.error_output))}"
    )


def decoded(output: bytes) -> str:
    """What a program wrote, which may not be UTF-8."""
    return output.decode("utf-8", "replace")


def shown(text: str) -> str:
    """The beginning of a text."""
    text = text.rstrip("\n")
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…"


def invalid(title: str, details: str, tests: int, passed: int) -> Evaluation:
    """The evaluation of a program that is not right."""
    artifacts = {"bytes": None, "failure": f"{title}\n{details}", "passed": passed, "tests": tests}
    return Evaluation(Direction.MINIMIZE.worst, False, title, json.dumps(artifacts))


def verdict(evaluation: Evaluation | None) -> str:
    """What the next prompt says of the current program."""
    if evaluation is None:
        return "It was not tested."
    failure = json.loads(evaluation.artifacts).get("failure")
    return "It passes all tests." if failure is None else f"It is not right yet. {failure}"


Runner = export(Golf)
