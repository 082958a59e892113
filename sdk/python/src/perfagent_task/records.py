"""The records of the interface ``perfagent:task``, as Python dataclasses.

Units stand in the names. Fields that most tasks leave alone have defaults.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Union

__all__ = [
    "Attempt",
    "Changed",
    "CodeBlock",
    "CompileRequest",
    "CpuLimit",
    "Description",
    "Detail",
    "Direction",
    "EditResult",
    "EditStatus",
    "EditVerdict",
    "EditsFailed",
    "Evaluation",
    "Exited",
    "Extraction",
    "FailureKind",
    "File",
    "FileLimit",
    "Finding",
    "Forbidden",
    "Identical",
    "InitialSolution",
    "InstanceSummary",
    "Level",
    "Limits",
    "Measurement",
    "MemoryLimit",
    "NoSolution",
    "OtherFinding",
    "OtherOutcome",
    "Outcome",
    "OutputLimit",
    "Policy",
    "PromptContext",
    "Ratio",
    "Round",
    "RunOptions",
    "RunReport",
    "RunRequest",
    "SampleSummary",
    "Signaled",
    "TaskMetadata",
    "WallLimit",
]


class Direction(Enum):
    """Whether less or more of the metric is better."""

    MINIMIZE = 0
    MAXIMIZE = 1

    @property
    def worst(self) -> float:
        """The value that every valid solution beats."""
        return float("inf") if self is Direction.MINIMIZE else float("-inf")


class Policy(Enum):
    """What runs are for: only results count, or measurements count too."""

    CHECK = 0
    MEASURE = 1


class FailureKind(Enum):
    """Why the host could not do what was asked."""

    UNAVAILABLE = 0
    REFUSED = 1
    EXHAUSTED = 2
    INTERNAL = 3


class EditStatus(Enum):
    """What became of a SEARCH/REPLACE block."""

    APPLIED = 0
    APPLIED_REINDENTED = 1
    NOT_FOUND = 2
    AMBIGUOUS = 3
    MALFORMED = 4


class Level(Enum):
    """How important a line of the log is."""

    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass
class Detail:
    """A named value where later versions need more than the records hold today."""

    name: str
    value: str


@dataclass
class File:
    """A file that lies beside the program; ``path`` is relative, with ``/`` between its parts."""

    path: str
    content: bytes


@dataclass
class Limits:
    """Upper bounds of one run; ``None`` is the host's default."""

    wall_ms: int | None = None
    cpu_ms: int | None = None
    memory_bytes: int | None = None
    processes: int | None = None
    output_bytes: int | None = None
    file_bytes: int | None = None


@dataclass
class CompileRequest:
    """What to compile: a program in one of the languages that the task declares."""

    language: str
    source: str
    files: list[File] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
    details: list[Detail] = field(default_factory=list)


@dataclass
class RunRequest:
    """One run: what stands on standard input, arguments, bounds."""

    input: bytes
    arguments: list[str] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)


@dataclass
class RunOptions:
    """How a list of runs is carried out."""

    policy: Policy = Policy.CHECK
    max_parallel: int | None = None
    details: list[Detail] = field(default_factory=list)


@dataclass
class Exited:
    """The program ended by itself with this exit code."""

    code: int

    def __str__(self) -> str:
        return f"exit code {self.code}"


@dataclass
class Signaled:
    """A signal ended the program and no limit explains it."""

    signal: int

    def __str__(self) -> str:
        return f"signal {self.signal}"


@dataclass
class WallLimit:
    """The elapsed time reached its limit."""

    def __str__(self) -> str:
        return "time limit"


@dataclass
class CpuLimit:
    """The processor time reached its limit."""

    def __str__(self) -> str:
        return "processor time limit"


@dataclass
class MemoryLimit:
    """The memory reached its limit."""

    def __str__(self) -> str:
        return "memory limit"


@dataclass
class OutputLimit:
    """The program wrote too much."""

    def __str__(self) -> str:
        return "output limit"


@dataclass
class FileLimit:
    """The program wrote too much to files."""

    def __str__(self) -> str:
        return "file size limit"


@dataclass
class Forbidden:
    """The sandbox refused a system call."""

    call: str

    def __str__(self) -> str:
        return f"forbidden: {self.call}"


@dataclass
class OtherOutcome:
    """An ending that this version has no case for."""

    text: str

    def __str__(self) -> str:
        return self.text


Outcome = Union[
    Exited, Signaled, WallLimit, CpuLimit, MemoryLimit, OutputLimit, FileLimit, Forbidden, OtherOutcome
]
"""How a run ended; ``str()`` puts it in words."""


@dataclass
class Measurement:
    """What the processes of a run used; ``None`` where the machine cannot tell."""

    wall_ns: int = 0
    user_ns: int = 0
    system_ns: int = 0
    peak_resident_bytes: int = 0
    peak_charged_bytes: int | None = None
    memory_byte_seconds: float = 0.0
    instructions: int | None = None
    details: list[Detail] = field(default_factory=list)


@dataclass
class RunReport:
    """What one run came to."""

    outcome: Outcome
    output: bytes = b""
    output_dropped_bytes: int = 0
    error_output: bytes = b""
    error_dropped_bytes: int = 0
    measurement: Measurement = field(default_factory=Measurement)


@dataclass
class Round:
    """One round of a comparison: a report for each request, in the order of the requests."""

    candidate: list[RunReport]
    incumbent: list[RunReport]


@dataclass
class EditVerdict:
    """What became of one SEARCH/REPLACE block; ``lines`` are counted from 1."""

    status: EditStatus
    message: str
    lines: list[int] = field(default_factory=list)


@dataclass
class EditResult:
    """The program after all blocks that applied, and a verdict per block."""

    program: str
    verdicts: list[EditVerdict]


@dataclass
class CodeBlock:
    """A fenced block; ``language`` is the first word of its info string, in lower case."""

    language: str
    code: str


@dataclass
class SampleSummary:
    """Statistics of a sample after outliers are dropped."""

    original_count: int
    count: int
    mean: float
    deviation: float
    min: float
    max: float
    interval: tuple[float, float]
    trimmed_mean: float


@dataclass
class Ratio:
    """A quotient of two measured quantities with its confidence interval."""

    estimate: float
    low: float
    high: float
    confidence: float


@dataclass
class Description:
    """What holds for every instance of a task. ``config_schema`` is a JSON Schema (2020-12)."""

    name: str
    metric: str
    direction: Direction
    summary: str = ""
    version: str = "0.1.0"
    languages: list[str] = field(default_factory=list)
    config_schema: str = '{"type":"object","additionalProperties":false}'
    system_template: str = ""
    system_variables: list[str] = field(default_factory=list)
    optimization_template: str = ""
    optimization_variables: list[str] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)


@dataclass
class TaskMetadata:
    """What names an instance, and the problem in the words that people read."""

    id: str
    problem: str


@dataclass
class InstanceSummary:
    """What holds for one instance under its configuration. ``extension`` has no dot."""

    extension: str
    language: str | None = None
    target: str | None = None
    unit: str | None = None
    details: list[Detail] = field(default_factory=list)


@dataclass
class PromptContext:
    """What the user adds to the prompts. Without a template the task's own is used."""

    system_template: str | None = None
    optimization_template: str | None = None
    additional_requirements: str = ""
    local_memory: str = ""
    global_memory: str = ""
    details: list[Detail] = field(default_factory=list)

    def additions(self) -> list[str]:
        """The requirements and memories that the user gave, without blank space around them."""
        texts = [self.additional_requirements, self.local_memory, self.global_memory]
        return [text.strip() for text in texts if text.strip()]


@dataclass
class InitialSolution:
    """Where the loop starts; not ``judged`` where it is a mere placeholder."""

    code: str
    judged: bool = True


@dataclass
class Evaluation:
    """What a solution is worth. ``artifacts`` is a JSON object, ``summary`` one line for people."""

    metric: float
    success: bool
    summary: str
    artifacts: str = "{}"
    samples: list[float] = field(default_factory=list)
    ratio: Ratio | None = None
    details: list[Detail] = field(default_factory=list)


@dataclass
class Attempt:
    """The solution that the next prompt starts from."""

    solution: str
    evaluation: Evaluation | None = None
    notes: list[str] = field(default_factory=list)


@dataclass
class Changed:
    """A solution that differs from the current one."""

    solution: str


@dataclass
class NoSolution:
    """No solution; the text says what was looked for."""

    reason: str


@dataclass
class EditsFailed:
    """Edit blocks, none of which could be applied."""

    reason: str


@dataclass
class Identical:
    """The current solution once more."""


@dataclass
class OtherFinding:
    """Unchanged for another reason."""

    reason: str


Finding = Union[Changed, NoSolution, EditsFailed, Identical, OtherFinding]
"""What a reply holds."""


@dataclass
class Extraction:
    """What a reply holds, with one verdict per edit block."""

    finding: Finding
    verdicts: list[EditVerdict] = field(default_factory=list)
