"""The world outside: every call that reached it, one line each, never taken back."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

VARIABLE = "CLUSTER_LEDGER"

Kind = Literal["keyed", "unsafe"]


@dataclass(frozen=True, slots=True)
class Called:
    """A call as the other side saw it.

    Args:
        kind: what its tool declares.
        turn_id: for which turn.
        key: its idempotency key.
    """

    kind: str
    turn_id: str
    key: str


def write(kind: Kind, turn_id: str, key: str) -> None:
    """Note a call; a line this short is appended whole, whoever writes beside us."""
    path = os.environ[VARIABLE]
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, f"{kind} {turn_id} {key}\n".encode())
    finally:
        os.close(file)


def read(path: Path) -> list[Called]:
    """Return every call so far."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [Called(*line.split(" ")) for line in lines]


def doubled(calls: list[Called]) -> list[str]:
    """Return the turns for which something happened twice.

    The other side carries a key out once, so that a keyed effect is doubled by a second
    key; an unsafe one by a second call.
    """
    keyed = {(c.turn_id, c.key) for c in calls if c.kind == "keyed"}
    happened = Counter(turn_id for turn_id, _ in keyed)
    happened.update(c.turn_id for c in calls if c.kind == "unsafe")
    return [turn_id for turn_id, times in happened.items() if times > 1]
