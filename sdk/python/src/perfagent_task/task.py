"""The class that a task derives from."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from typing import Any, Self

from . import toolkit
from .errors import BadInstance
from .execution import Execution
from .records import (
    Attempt,
    Description,
    Evaluation,
    Extraction,
    InitialSolution,
    InstanceSummary,
    PromptContext,
    TaskMetadata,
)


class Task(ABC):
    """A task, and one instance of it under its configuration: what :meth:`load` gives.

    The host calls the methods of one instance one after another and keeps it for a whole run, so it
    may remember what is dear. Prompts and extraction must depend on nothing but the instance and
    their arguments: a run that is resumed builds them again.
    """

    @classmethod
    @abstractmethod
    def describe(cls) -> Description:
        """Say what holds for every instance of the task. Cheap: it is called often."""

    @classmethod
    @abstractmethod
    def metadata(cls, name: str, data: bytes) -> TaskMetadata:
        """Read only what names an instance. ``name`` is the stem of the instance's file.

        Raises :class:`perfagent_task.BadInstance`.
        """

    @classmethod
    @abstractmethod
    def load(cls, name: str, data: bytes, config: dict[str, Any]) -> Self:
        """Read and check an instance under a configuration, which fits the description's schema.

        Raises :class:`perfagent_task.BadInstance` that names the field, or
        :class:`perfagent_task.BadConfig` that names the key whose value does not fit the instance.
        """

    @abstractmethod
    def summary(self) -> InstanceSummary:
        """Say what holds for this instance under its configuration."""

    @abstractmethod
    def initial_solution(self) -> InitialSolution:
        """Give the program that the loop starts from."""

    @abstractmethod
    def system_values(self, context: PromptContext) -> dict[str, str]:
        """Give the values of the description's ``system_variables``, by name."""

    @abstractmethod
    def optimization_values(self, context: PromptContext, attempt: Attempt) -> dict[str, str]:
        """Give the values of the description's ``optimization_variables``, by name."""

    def system_prompt(self, context: PromptContext) -> str:
        """Fill the user's system template or the task's own with :meth:`system_values`."""
        template = context.system_template
        if template is None:
            template = self.describe().system_template
        return toolkit.render_template(template, self.system_values(context))

    def optimization_prompt(self, context: PromptContext, attempt: Attempt) -> str:
        """Fill the user's template or the task's own with :meth:`optimization_values`."""
        template = context.optimization_template
        if template is None:
            template = self.describe().optimization_template
        return toolkit.render_template(template, self.optimization_values(context, attempt))

    @abstractmethod
    def extract(self, reply: str, current: str) -> Extraction:
        """Find the solution in a model's reply; ``current`` is what its edits apply to."""

    @abstractmethod
    def evaluate(self, execution: Execution, candidate: str, incumbent: str | None) -> Evaluation:
        """Judge ``candidate``, and measure it against ``incumbent`` where there is one."""


def parse_object(data: bytes) -> dict[str, Any]:
    """Read a JSON object strictly: UTF-8, no ``NaN``, no half of a surrogate pair.

    Raises :class:`perfagent_task.BadInstance`; what the parser said is its cause.
    """

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    if _is_deep(data):
        raise BadInstance("the file is not a JSON object")
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=refuse)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise BadInstance("the file is not a JSON object") from error
    if not isinstance(value, dict):
        raise BadInstance("the file is not a JSON object")
    return value


# Arrays and objects within one another that a file may have, as in the Rust SDK. The parser would take more
# stack than a component has before it noticed by itself.
_MAX_DEPTH = 127
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)


def _is_deep(data: bytes) -> bool:
    # Strings apart, most files show at once that they are not.
    if data.count(b"[") + data.count(b"{") <= _MAX_DEPTH:
        return False
    depth = 0
    for token in _TOKEN.finditer(data):
        first = token.group()[:1]
        if first in b"[{":
            depth += 1
            if depth > _MAX_DEPTH:
                return True
        elif first in b"]}":
            depth -= 1
    return False
