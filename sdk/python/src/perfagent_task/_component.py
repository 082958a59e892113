"""Leads the host's calls to a task and the task's calls to the host. Works in a component only.

The generated records and ours have the same fields, so values are carried over by class: ``lower``
makes generated records of ours, ``lift`` ours of generated ones.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import traceback
from collections.abc import Callable, Sequence
from enum import Enum
from types import ModuleType, TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

from componentize_py_types import Err
from wit_world.exports import runner
from wit_world.imports import execution, log, toolkit

from . import _host, errors, records
from .task import Task

# Where the generated name is another: cases of variants.
_CASES = {
    records.Exited: execution.Outcome_Exited,
    records.Signaled: execution.Outcome_Signaled,
    records.WallLimit: execution.Outcome_WallLimit,
    records.CpuLimit: execution.Outcome_CpuLimit,
    records.MemoryLimit: execution.Outcome_MemoryLimit,
    records.OutputLimit: execution.Outcome_OutputLimit,
    records.FileLimit: execution.Outcome_FileLimit,
    records.Forbidden: execution.Outcome_Forbidden,
    records.OtherOutcome: execution.Outcome_Other,
    records.Changed: runner.Finding_Changed,
    records.NoSolution: runner.Finding_NoSolution,
    records.EditsFailed: runner.Finding_EditsFailed,
    records.Identical: runner.Finding_Identical,
    records.OtherFinding: runner.Finding_Other,
}

_ERRORS = [
    (errors.BadInstance, runner.TaskError_BadInstance),
    (errors.BadConfig, runner.TaskError_BadConfig),
    (errors.BadTemplate, runner.TaskError_BadTemplate),
    (errors.ExecutionError, runner.TaskError_Execution),
    (errors.InternalError, runner.TaskError_Internal),
    (errors.TaskError, runner.TaskError_Other),
]


def _pairs() -> dict[type, type]:
    pairs: dict[type, type] = dict(_CASES)
    for name, own in vars(records).items():
        if not (isinstance(own, type) and own.__module__ == records.__name__):
            continue
        for module in (runner, execution, toolkit, log):
            # Modules see each other's names by import, so the definition's own module counts.
            generated = getattr(module, name, None)
            if isinstance(generated, type) and own not in pairs:
                pairs[own] = generated
    return pairs


_GENERATED = _pairs()
_OWN = {generated: own for own, generated in _GENERATED.items()}


def _carry(value: Any, classes: dict[type, type]) -> Any:
    if isinstance(value, list):
        return [_carry(item, classes) for item in value]
    target: Any = classes.get(type(value))
    if target is None:
        return value
    if isinstance(value, Enum):
        return target[value.name]
    fields = {field.name: _carry(getattr(value, field.name), classes) for field in dataclasses.fields(value)}
    is_case = type(value) in _CASES or target in _CASES
    return target(*fields.values()) if is_case else target(**fields)


def lower(value: Any) -> Any:
    """Ours to generated."""
    return _carry(value, _GENERATED)


def lift(value: Any) -> Any:
    """Generated to ours."""
    return _carry(value, _OWN)


class HostFunctions:
    """The imports beside the execution service."""

    def apply_edits(self, program: str, reply: str) -> records.EditResult:
        result: records.EditResult = lift(toolkit.apply_edits(program, reply))
        return result

    def code_blocks(self, text: str) -> list[records.CodeBlock]:
        blocks: list[records.CodeBlock] = lift(toolkit.code_blocks(text))
        return blocks

    def render_template(self, template: str, values: dict[str, str]) -> str:
        variables = [toolkit.Variable(name, value) for name, value in values.items()]
        try:
            return str(toolkit.render_template(template, variables))
        except Err as error:
            raise errors.BadTemplate(str(error.value)) from None

    def summarize(self, values: list[float], trim_ratio: float) -> records.SampleSummary | None:
        summary: records.SampleSummary | None = lift(toolkit.summarize(values, trim_ratio))
        return summary

    def compare_pairs(
        self, candidate: list[float], incumbent: list[float], confidence: float
    ) -> records.Ratio | None:
        ratio: records.Ratio | None = lift(toolkit.compare_pairs(candidate, incumbent, confidence))
        return ratio

    def write(self, level: records.Level, message: str) -> None:
        log.write(lower(level), message)


class HostProgram:
    """A program that the host compiled."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def run(
        self, requests: Sequence[records.RunRequest], options: records.RunOptions
    ) -> list[records.RunReport]:
        try:
            reports: list[records.RunReport] = lift(self.inner.run(lower(list(requests)), lower(options)))
        except Err as error:
            raise _failure(error.value) from None
        return reports

    def compare(
        self, incumbent: Any, requests: Sequence[records.RunRequest], rounds: int, options: records.RunOptions
    ) -> list[records.Round]:
        try:
            found: list[records.Round] = lift(
                self.inner.compare(incumbent.inner, lower(list(requests)), rounds, lower(options))
            )
        except Err as error:
            raise _failure(error.value) from None
        return found

    def __enter__(self) -> HostProgram:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.inner.__exit__(kind, error, trace)


class HostExecution:
    """The execution service that the component imports."""

    def compile(self, request: records.CompileRequest) -> HostProgram:
        try:
            return HostProgram(execution.Program.compile(lower(request)))
        except Err as error:
            if isinstance(error.value, execution.CompileError_Rejected):
                rejection = error.value.value
                raise errors.Rejected(lift(rejection.outcome), rejection.message) from None
            raise _failure(error.value.value) from None


def _failure(failure: Any) -> errors.Failure:
    return errors.Failure(lift(failure.kind), failure.message, failure.retryable)


_Arguments = ParamSpec("_Arguments")
_First = TypeVar("_First")


def _reported(
    method: Callable[Concatenate[_First, _Arguments], Any],
) -> Callable[Concatenate[_First, _Arguments], Any]:
    """Gives a method's result to the host, and its exceptions as errors of the interface."""

    def call(first: _First, /, *arguments: _Arguments.args, **named: _Arguments.kwargs) -> Any:
        try:
            return lower(method(first, *arguments, **named))
        except Exception as error:
            for cause in (error, error.__cause__):
                if cause is not None:
                    log.write(log.Level.DEBUG, "".join(traceback.format_exception(cause, chain=False)))
            for own, generated in _ERRORS:
                if isinstance(error, own):
                    raise Err(generated(str(error))) from None
            log.write(log.Level.ERROR, traceback.format_exc())
            raise Err(runner.TaskError_Internal(f"{type(error).__name__}: {error}")) from None

    return call


def exports(task: type[Task]) -> type[Any]:
    """The class that componentize-py looks for in the app; the module it looks for beside is made here."""

    class Instance:
        def __init__(self, loaded: Task) -> None:
            self.task = loaded

        @classmethod
        @_reported
        def load(cls, name: str, data: bytes, config: str) -> Any:
            return cls(task.load(name, data, json.loads(config or "{}")))

        @_reported
        def summary(self) -> Any:
            return self.task.summary()

        @_reported
        def initial_solution(self) -> Any:
            return self.task.initial_solution()

        @_reported
        def system_prompt(self, context: Any) -> Any:
            return self.task.system_prompt(lift(context))

        @_reported
        def optimization_prompt(self, context: Any, attempt: Any) -> Any:
            return self.task.optimization_prompt(lift(context), lift(attempt))

        @_reported
        def extract(self, reply: str, current: str) -> Any:
            return self.task.extract(reply, current)

        @_reported
        def evaluate(self, candidate: str, incumbent: str | None) -> Any:
            return self.task.evaluate(HostExecution(), candidate, incumbent)

    class Runner:
        @_reported
        def describe(self) -> Any:
            return task.describe()

        @_reported
        def metadata(self, name: str, data: bytes) -> Any:
            return task.metadata(name, data)

    _host.install(HostFunctions())
    module = ModuleType("runner")
    setattr(module, "Instance", Instance)
    sys.modules["runner"] = module
    return Runner
