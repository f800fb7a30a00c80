"""A record: what a check of the deployment, or a drill, has found."""

from dataclasses import dataclass
from typing import Literal

RecordKind = Literal["checklist", "drill"]

KEPT = 500
"""Records of a kind that a store keeps; older ones go first."""


@dataclass(frozen=True, slots=True)
class Record:
    """One dated finding.

    Args:
        id: its identity; sorts by time.
        kind: what it is of.
        name: of a drill which one, else the deployment's.
        passed: whether it found what was hoped for.
        at_ms: when it was made; Unix time in milliseconds.
        text: the whole of it, signed JSON.
    """

    id: str
    kind: RecordKind
    name: str
    passed: bool
    at_ms: int
    text: str
