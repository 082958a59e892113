"""What a Python author needs to write a task for perfagent.

A task derives from :class:`Task`; the module that is made a component says once, at its end::

    Runner = export(MyTask)

``perfagent plugin build`` makes the component with componentize-py. The task's logic is tested
natively, with :mod:`perfagent_task.testing`.
"""

from __future__ import annotations

import importlib.util
from typing import Any

from . import log, toolkit
from .errors import (
    BadConfig,
    BadInstance,
    BadTemplate,
    ExecutionError,
    Failure,
    InternalError,
    Rejected,
    TaskError,
)
from .execution import Execution, Program
from .records import *  # noqa: F403
from .task import Task, parse_object

__version__ = "0.1.0"


def export(task: type[Task]) -> type[Any] | None:
    """Make the exports of a component of ``task``: assign the result to ``Runner``.

    Outside a component it is ``None``.
    """
    if importlib.util.find_spec("wit_world") is None:
        return None
    from . import _component

    return _component.exports(task)
