"""Speech: pieces of a reply in the making, for those who listen."""

from mainstay.agent.ladder import OnText
from mainstay.domain.event import Delta
from mainstay.domain.turn import Turn
from mainstay.ports.feed import Whisper

MAX_CALLS = 1000
"""More model calls than one attempt can make: spaces the attempts' delta numbers."""


class Speech:
    """Numbers the pieces of a turn's texts for those who listen.

    Args:
        turn: whose.
        whisper: where the pieces go.
    """

    def __init__(self, turn: Turn, whisper: Whisper) -> None:
        self._turn = turn
        self._whisper = whisper
        self._text = turn.attempt * MAX_CALLS
        self._n = 0

    def start(self) -> OnText:
        """Start a new text: what was said before in this turn is void at once."""
        heard = self._n > 0
        self._text += 1
        self._n = 0
        if heard:
            self._say("")
            self._n = 0
        return self._say

    def _say(self, text: str) -> None:
        turn = self._turn
        delta = Delta(turn.conversation_id, turn.id, self._text, self._n, text)
        self._n += 1
        self._whisper(delta)
