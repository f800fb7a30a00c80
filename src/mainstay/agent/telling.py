"""Tells telemetry of the humans that a turn's end asks for."""

from mainstay.domain.turn import Turn
from mainstay.ports.journal import Ending
from mainstay.ports.telemetry import Telemetry
from mainstay.ports.turn_events import Cause, Escalated, HandedOff

ASKED = "the customer asked for a person"
"""Why a human takes over where the customer wished for one."""


def tell_of_humans(
    telemetry: Telemetry, turn: Turn, ending: Ending, cause: Cause, *, by_tool: bool
) -> None:
    """Tell, after the commit.

    Args:
        telemetry: is told.
        turn: the turn.
        ending: how it ended.
        cause: why a human should look, if the ending asks for that.
        by_tool: whether a tool asked for a handoff.
    """
    if ending.escalate is not None:
        telemetry.emit(Escalated(turn.id, cause))
    if ending.state == "handed_off":
        who = "customer" if ending.escalate == ASKED else "limit"
        who = "tool" if by_tool else who
        telemetry.emit(HandedOff(turn.conversation_id, who))
