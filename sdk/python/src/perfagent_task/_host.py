"""The functions that a component imports; natively there is no host, and stand-ins answer."""

from __future__ import annotations

from typing import Protocol

from .records import CodeBlock, EditResult, Level, Ratio, SampleSummary


class Host(Protocol):
    """What the host offers beside the execution service."""

    def apply_edits(self, program: str, reply: str) -> EditResult: ...

    def code_blocks(self, text: str) -> list[CodeBlock]: ...

    def render_template(self, template: str, values: dict[str, str]) -> str: ...

    def summarize(self, values: list[float], trim_ratio: float) -> SampleSummary | None: ...

    def compare_pairs(
        self, candidate: list[float], incumbent: list[float], confidence: float
    ) -> Ratio | None: ...

    def write(self, level: Level, message: str) -> None: ...


_host: Host | None = None


def install(host: Host) -> None:
    """Lets ``host`` answer from now on."""
    global _host
    _host = host


def host() -> Host:
    """Whoever answers here."""
    if _host is None:
        from ._standin import StandIn

        install(StandIn())
        return host()
    return _host
