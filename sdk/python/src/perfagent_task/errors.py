"""What a task raises, and what the execution service raises.

Any other exception that leaves a task becomes :class:`InternalError` with the exception's name, and
its traceback goes to the log.
"""

from __future__ import annotations

from .records import FailureKind, Outcome


class TaskError(Exception):
    """A message for people: what is wrong, with which thing, and what to do."""


class BadInstance(TaskError):
    """The instance's bytes are not what the task reads. Name the field."""


class BadConfig(TaskError):
    """The task's configuration is wrong. Name the key."""


class BadTemplate(TaskError):
    """A template is wrong. Name the placeholder and list the known ones."""


class ExecutionError(TaskError):
    """The execution service could not do its part."""


class InternalError(TaskError):
    """The task itself failed."""


class Rejected(Exception):
    """The compiler did not accept a program."""

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.message = message


class Failure(ExecutionError):
    """The host could not do what was asked; this says nothing about the program.

    A task may let it pass: the host then hears of a failure of the execution service.
    """

    def __init__(self, kind: FailureKind, message: str, retryable: bool = False) -> None:
        super().__init__(message + (" (trying again may help)" if retryable else ""))
        self.kind = kind
        self.message = message
        self.retryable = retryable
