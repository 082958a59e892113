"""The execution service: compile a program once, run it on many inputs, measure it against another.

A task is handed an :class:`Execution`. In a component it leads to the host's sandbox, in native tests
to a :class:`perfagent_task.testing.Script`.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol

from .records import CompileRequest, Round, RunOptions, RunReport, RunRequest


class Program(Protocol):
    """A compiled program. Use it in a ``with`` statement, which frees what the host keeps for it."""

    def run(self, requests: Sequence[RunRequest], options: RunOptions) -> list[RunReport]:
        """Run the program once for each request; the reports come in the order of the requests.

        Raises :class:`perfagent_task.Failure` when the host could not run it. How a program ended
        stands in its report.
        """
        ...

    def compare(
        self, incumbent: Program, requests: Sequence[RunRequest], rounds: int, options: RunOptions
    ) -> list[Round]:
        """Run this program and ``incumbent`` on the same requests, ``rounds`` times, interleaved.

        Both meet the same conditions, and are measured. Raises :class:`perfagent_task.Failure`.
        """
        ...

    def __enter__(self) -> Program: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Execution(Protocol):
    """Compiles programs."""

    def compile(self, request: CompileRequest) -> Program:
        """Compile a program; for interpreted languages this merely stores the source.

        Raises :class:`perfagent_task.Rejected` when the compiler refuses the program and
        :class:`perfagent_task.Failure` when the host could not do its part.
        """
        ...
