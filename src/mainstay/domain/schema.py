"""A store's schema as its operator sees it: revisions by phase, and who runs on it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from typing_extensions import override

from mainstay.domain.errors import MainstayError

Phase = Literal["pre", "post"]
"""``pre`` adds and runs while the version before still works; ``post`` takes away what
only that version needed, and runs when no process of it is left."""

BOTH: tuple[Phase, ...] = ("pre", "post")


@dataclass(frozen=True, slots=True)
class Applied:
    """A revision that a store has.

    Args:
        number: four digits; revisions have one order.
        phase: when it was to run.
        version: the release that ran it.
    """

    number: str
    phase: Phase
    version: str


@dataclass(frozen=True, slots=True)
class Process:
    """A process that lives on a store.

    Args:
        owner: its identity.
        role: what it serves.
        version: its release.
        head: the newest revision that it knows.
        functions: its set of functions in the database, "" where there are none.
    """

    owner: str
    role: str
    version: str
    head: str
    functions: str = ""

    @override
    def __str__(self) -> str:
        """Return it as an operator would look for it."""
        return f"{self.owner} ({self.role}, version {self.version})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaStatus:
    """Where a store stands.

    Args:
        current: its newest revision, None without a schema.
        head: the newest revision that this version knows.
        pre: what ``--phase pre`` would do, in order.
        post: what ``--phase post`` would do after that.
        old: living processes of another version, for which ``post`` waits.
    """

    current: str | None
    head: str
    pre: Sequence[str]
    post: Sequence[str]
    old: Sequence[Process]


@dataclass(slots=True)
class Migrated:
    """What a run did.

    Args:
        before: the newest revision before it, None without a schema.
        after: and after it.
        done: what was done, in order.
    """

    before: str | None
    after: str | None
    done: list[str] = field(default_factory=list[str])


class OldProcesses(MainstayError):
    """Processes of another version still run; stop them, then run it again."""

    def __init__(self, what: str, processes: Sequence[Process]) -> None:
        self.processes = tuple(processes)
        told = ", ".join(str(process) for process in processes)
        many = "a process" if len(processes) == 1 else f"{len(processes)} processes"
        super().__init__(
            f"{what} waits for {many} of another version: {told}; "
            "stop them (SIGTERM drains), then run it again"
        )
