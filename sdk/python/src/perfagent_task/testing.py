"""What a task's native tests need: a :class:`Script` that stands in for the execution service.

::

    script = Script(lambda program, request: RunReport(Exited(0), output=request.input))
    task = MyTask.load("example", data, {})
    evaluation = evaluate(task, script, "a program")

Edit blocks, fences and templates are those of :mod:`perfagent_task.toolkit`'s stand-ins.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from . import toolkit
from .execution import Program
from .records import CompileRequest, Description, Evaluation, Round, RunOptions, RunReport, RunRequest
from .task import Task


@dataclass
class Script:
    """An execution service that does what a test says, and keeps what it was asked.

    ``run`` makes the report of each run; ``check`` may raise what compiling raises.
    """

    run: Callable[[CompileRequest, RunRequest], RunReport]
    check: Callable[[CompileRequest], None] = lambda request: None
    compiled: list[CompileRequest] = field(default_factory=list)
    runs: list[list[RunRequest]] = field(default_factory=list)

    def compile(self, request: CompileRequest) -> ScriptedProgram:
        """Compile as ``check`` says."""
        self.compiled.append(request)
        self.check(request)
        return ScriptedProgram(self, request)


class ScriptedProgram:
    """A program of a :class:`Script`."""

    def __init__(self, script: Script, source: CompileRequest) -> None:
        self.script = script
        self.source = source

    def run(self, requests: Sequence[RunRequest], options: RunOptions) -> list[RunReport]:
        """Run as the script says."""
        self.script.runs.append(list(requests))
        return [self.script.run(self.source, request) for request in requests]

    def compare(
        self, incumbent: Program, requests: Sequence[RunRequest], rounds: int, options: RunOptions
    ) -> list[Round]:
        """Run both as the script says."""
        return [
            Round(self.run(requests, options), incumbent.run(requests, options)) for _ in range(rounds)
        ]

    def __enter__(self) -> ScriptedProgram:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def evaluate(task: Task, script: Script, candidate: str, incumbent: str | None = None) -> Evaluation:
    """Evaluate as the host does, and hold the evaluation to what the host demands."""
    evaluation = task.evaluate(script, candidate, incumbent)
    if evaluation.success and not math.isfinite(evaluation.metric):
        raise AssertionError(f"success with the metric {evaluation.metric}")
    if "\n" in evaluation.summary:
        raise AssertionError(f"the summary has several lines: {evaluation.summary!r}")
    if not isinstance(json.loads(evaluation.artifacts), dict):
        raise AssertionError("the artifacts are not a JSON object")
    return evaluation


def check_description(description: Description) -> None:
    """Hold a description to what the host demands; raise :class:`AssertionError` or a template's error."""
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789-")
    if not description.name or not set(description.name) <= allowed:
        raise AssertionError(f"name {description.name!r}: use lower-case letters, digits and `-`")
    if len(description.version.split("-")[0].split("+")[0].split(".")) != 3:
        raise AssertionError(f"version {description.version!r}: write major.minor.patch")
    if not isinstance(json.loads(description.config_schema), dict):
        raise AssertionError("the configuration's schema is not a JSON object")
    toolkit.render_template(description.system_template, dict.fromkeys(description.system_variables, ""))
    toolkit.render_template(
        description.optimization_template, dict.fromkeys(description.optimization_variables, "")
    )
