"""The draft of a reply, as one reader of an event stream has it."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mainstay.domain.event import Delta, Event
from mainstay.gateway.frames import frame

OVER = ("answered", "handed_off", "dead")

LATE = 16
"""Turns that ended last, of which pieces may yet come."""


class Draft:
    """The unfinished reply as one reader has it: whole from its start, or void."""

    def __init__(self) -> None:
        self._turn: tuple[str, int] | None = None
        self._whole = False
        self._next = 0
        self._over: deque[str] = deque(maxlen=LATE)

    def told(self, events: Sequence[Event]) -> None:
        """Note what the reader is told for good: a turn that ended has no draft.

        Its last pieces may come after its end, from another process.
        """
        for event in events:
            if event.kind == "turn":
                self._ended(event.data)

    def frames(self, deltas: Sequence[Delta] | None) -> Iterator[bytes]:
        """Yield the frames for deltas; None means that some were lost."""
        if deltas is None:
            yield from self._void()
            return
        for delta in deltas:
            yield from self._frame(delta)

    def _ended(self, told: Mapping[str, Any]) -> None:
        turn_id = told["turn_id"]
        if turn_id in self._over:
            self._over.remove(turn_id)
        if told["state"] in OVER and not told.get("held"):
            self._over.append(turn_id)

    def _frame(self, delta: Delta) -> Iterator[bytes]:
        if delta.turn_id in self._over:
            return
        turn = (delta.turn_id, delta.attempt)
        if turn != self._turn:
            again = self._turn is not None and self._turn[0] == delta.turn_id
            self._turn = turn
            # A reader that came in the middle gets the finished message only.
            self._whole = delta.n == 0 or not delta.text
            if again or not delta.text:
                yield _reset(*turn)
        elif delta.n != self._next:
            # What another process sends may get lost: no draft has a hole.
            yield from self._void()
        self._next = delta.n + 1 if delta.text else 0
        if delta.text and self._whole:
            data = {"turn_id": delta.turn_id, "attempt": delta.attempt}
            yield frame("delta", data | {"n": delta.n, "text": delta.text})

    def _void(self) -> Iterator[bytes]:
        if self._turn is not None and self._whole:
            yield _reset(*self._turn)
        self._whole = False


def _reset(turn_id: str, attempt: int) -> bytes:
    return frame("reset", {"turn_id": turn_id, "attempt": attempt})
