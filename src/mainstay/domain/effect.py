"""What a tool changed in the world, as the effect ledger keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

EffectState = Literal["intended", "committed", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Effect:
    """One row of the effect ledger.

    Args:
        key: the idempotency key; one row a key.
        tool: the tool that acts.
        args: its arguments, a JSON object.
        state: ``intended`` before the call; then what became of it; ``unknown``
            when nobody can tell and a human must look.
        result: what the tool returned, as JSON data, or None.
        statement: one sentence a customer may read about a committed effect.
        turn_id: the turn that acted.
        unique_key: at most one intended/committed/unknown effect bears it, or None.
    """

    key: str
    tool: str
    args: Mapping[str, Any]
    state: EffectState
    result: Any
    statement: str
    turn_id: str
    unique_key: str | None = None
