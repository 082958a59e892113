"""What answers for the host in native tests; knows the plain cases only."""

from __future__ import annotations

import re
import sys

from .errors import BadTemplate
from .records import CodeBlock, EditResult, EditStatus, EditVerdict, Level, Ratio, SampleSummary

_BLOCK = re.compile(r"^<{7} SEARCH\n(.*?)^={7}\n(.*?)^>{7} REPLACE", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^```([^`\n]*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_BRACE = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]")


class StandIn:
    """See :mod:`perfagent_task.toolkit` for what it knows."""

    def apply_edits(self, program: str, reply: str) -> EditResult:
        verdicts = []
        text = program if program.endswith("\n") else program + "\n"
        for found in _BLOCK.finditer(reply):
            search, replacement = found.groups()
            count = text.count(search)
            if count == 1:
                text = text.replace(search, replacement)
                verdicts.append(EditVerdict(EditStatus.APPLIED, "applied"))
            else:
                status = EditStatus.AMBIGUOUS if count else EditStatus.NOT_FOUND
                verdicts.append(EditVerdict(status, f"the text occurs {count} times"))
        return EditResult(text if program.endswith("\n") else text.removesuffix("\n"), verdicts)

    def code_blocks(self, text: str) -> list[CodeBlock]:
        found = _FENCE.finditer(text)
        return [CodeBlock((block[1].split() or [""])[0].lower(), block[2]) for block in found]

    def render_template(self, template: str, values: dict[str, str]) -> str:
        def fill(found: re.Match[str]) -> str:
            if found[0] in ("{{", "}}"):
                return found[0][0]
            if found[1] in values:
                return values[found[1]]
            known = ", ".join("{" + name + "}" for name in values)
            raise BadTemplate(f"{found[0]} is no placeholder; known are {known}")

        return _BRACE.sub(fill, template)

    def summarize(self, values: list[float], trim_ratio: float) -> SampleSummary | None:
        raise NotImplementedError("statistics work in a component only")

    def compare_pairs(
        self, candidate: list[float], incumbent: list[float], confidence: float
    ) -> Ratio | None:
        raise NotImplementedError("statistics work in a component only")

    def write(self, level: Level, message: str) -> None:
        print(f"{level.name.lower()}: {message}", file=sys.stderr)
