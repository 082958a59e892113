"""The task's log. The host bounds it; in native tests it goes to standard error."""

from __future__ import annotations

from ._host import host
from .records import Level


def debug(message: str) -> None:
    """Log what only helps whoever debugs the task."""
    host().write(Level.DEBUG, message)


def info(message: str) -> None:
    """Log what a user may want to know."""
    host().write(Level.INFO, message)


def warning(message: str) -> None:
    """Log what a user should know, though the run goes on."""
    host().write(Level.WARNING, message)


def error(message: str) -> None:
    """Log what went wrong, beside the error that is raised."""
    host().write(Level.ERROR, message)
