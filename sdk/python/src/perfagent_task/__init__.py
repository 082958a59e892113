"""What a Python author needs to write a task for perfagent.

A task derives from :class:`Task`; the module that is made a component says once, at its end::

    Runner = export(MyTask)

``perfagent plugin build`` makes the component with componentize-py. The task's logic is tested
natively, with :mod:`perfagent_task.testing`.
"""

from __future__ import annotations

import importlib.util
from typing import Any

from . import log as log
from . import toolkit as toolkit
from .errors import BadConfig as BadConfig
from .errors import BadInstance as BadInstance
from .errors import BadTemplate as BadTemplate
from .errors import ExecutionError as ExecutionError
from .errors import Failure as Failure
from .errors import InternalError as InternalError
from .errors import Rejected as Rejected
from .errors import TaskError as TaskError
from .execution import Execution as Execution
from .execution import Program as Program
from .records import *  # noqa: F403
from .task import Task as Task
from .task import parse_object as parse_object

__version__ = "0.1.0"


def export(task: type[Task]) -> type[Any] | None:
    """Make the exports of a component of ``task``: assign the result to ``Runner``.

    Outside a component it is ``None``.
    """
    if importlib.util.find_spec("wit_world") is None:
        return None
    from . import _component

    return _component.exports(task)
