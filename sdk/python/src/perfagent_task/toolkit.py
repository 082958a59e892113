"""Helpers that most tasks need. In a component they are the host's, the same as in Rust.

In native tests stand-ins answer that know the plain cases only: edit blocks whose text occurs exactly
once, fences of backticks, templates; no statistics.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ._host import host
from .records import CodeBlock, EditResult, Ratio, SampleSummary


def apply_edits(program: str, reply: str) -> EditResult:
    """Apply every SEARCH/REPLACE block of ``reply`` to ``program``, each to the result of those before.

    No verdicts means that the reply holds no block.
    """
    return host().apply_edits(program, reply)


def code_blocks(text: str) -> list[CodeBlock]:
    """Find the fenced blocks of a Markdown text, in order."""
    return host().code_blocks(text)


def last_code_block(text: str, languages: Collection[str]) -> CodeBlock | None:
    """Find the last block in one of ``languages`` (lower case), else the last block of any."""
    blocks = code_blocks(text)
    found = [block for block in blocks if block.language in languages] or blocks
    return found[-1] if found else None


def render_template(template: str, values: Mapping[str, str]) -> str:
    """Replace ``{name}`` by the value of that name; ``{{`` and ``}}`` are literal braces.

    Raises :class:`perfagent_task.BadTemplate`, which names the unknown placeholder and the known ones.
    """
    return host().render_template(template, dict(values))


def summarize(values: Sequence[float], trim_ratio: float = 0.0) -> SampleSummary | None:
    """Summarise finite and infinite values after outliers are dropped; ``None`` where there is none."""
    return host().summarize(list(values), trim_ratio)


def compare_pairs(
    candidate: Sequence[float], incumbent: Sequence[float], confidence: float
) -> Ratio | None:
    """Give the ratio candidate / incumbent of values measured in pairs, with its interval.

    ``None`` with fewer than two pairs of finite positive values.
    """
    return host().compare_pairs(list(candidate), list(incumbent), confidence)


def cut_middle(text: str, max_chars: int) -> str:
    """Shorten ``text`` to ``max_chars`` characters by cutting its middle out, marked."""

    def mark(missing: int) -> str:
        return f"…[{missing} characters cut]…"

    total = len(text)
    if total <= max_chars:
        return text
    for kept in range(max_chars - 1, -1, -1):
        if kept + len(mark(total - kept)) <= max_chars:
            tail = (kept + 1) // 2
            return text[: kept - tail] + mark(total - kept) + text[total - tail :]
    return text[: max(max_chars - 1, 0)] + "…"[:max_chars]


def listed_notes(notes: Sequence[str]) -> str | None:
    """Put the notes on the last reply into a list with a heading, bounded; ``None`` without notes."""
    if not notes:
        return None
    lines = "\n".join("- " + note.strip().replace("\n", "\n  ") for note in notes)
    return "Of your last reply:\n" + cut_middle(lines, 4000)
