"""The turn's view of the effect ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mainstay.domain.effect import Effect, EffectState
from mainstay.ports.journal import EffectChange


class Ledger:
    """The conversation's effects as this turn knows them.

    Args:
        turn_id: the turn.
        effects: what the store holds, in order.
    """

    def __init__(self, turn_id: str, effects: Sequence[Effect]) -> None:
        self._turn_id = turn_id
        self._effects = {effect.key: effect for effect in effects}
        self._changes: list[EffectChange] = []

    def intend(self, effect: Effect) -> None:
        """Note an effect that the journal now holds as intended."""
        self._effects[effect.key] = effect

    def settle(self, change: EffectChange) -> None:
        """Note what became of an effect; the next journal write stores it."""
        before = self._effects[change.key]
        self._effects[change.key] = replace(
            before, state=change.state, result=change.result, statement=change.statement
        )
        self._changes.append(change)

    @property
    def unsaved(self) -> list[EffectChange]:
        """Changes that the journal does not hold yet."""
        return self._changes

    def saved(self) -> None:
        """Note that the journal holds every change."""
        self._changes = []

    def get(self, key: str) -> Effect | None:
        """Return an effect by its key, or None."""
        return self._effects.get(key)

    def in_doubt(self, tool: str, args: Mapping[str, Any]) -> bool:
        """Tell whether exactly this call was sent, and nobody knows its fate."""
        return any(
            effect.tool == tool
            and effect.args == args
            and effect.state in ("intended", "unknown")
            for effect in self._effects.values()
        )

    def of_turn(self, *states: EffectState) -> list[Effect]:
        """Return this turn's effects in these states; in any, if none is named."""
        mine = (e for e in self._effects.values() if e.turn_id == self._turn_id)
        return [effect for effect in mine if not states or effect.state in states]

    def of_earlier_turns(self) -> list[Effect]:
        """Return what earlier turns of the conversation did or may have done."""
        return [
            effect
            for effect in self._effects.values()
            if effect.turn_id != self._turn_id and effect.state != "failed"
        ]
