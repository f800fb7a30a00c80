"""A tool call that never takes longer than its turn has left."""

import asyncio

from mainstay.domain.step import ToolCall
from mainstay.ports.tools import (
    ToolContext,
    ToolDoubt,
    ToolOutcome,
    ToolRefused,
    Tools,
    ToolSpec,
)
from mainstay.resilience.deadline import Deadline

LEAST_S = 0.5
"""A call that could have less is not made."""

NO_TIME = "Not done: there was no time left for it."
CUT_SHORT = "There was no time left to wait for its answer."


def has_time(spec: ToolSpec, deadline: Deadline) -> bool:
    """Tell whether a call may still be started."""
    return deadline.attempt_timeout_s(spec.timeout_s) >= min(LEAST_S, spec.timeout_s)


async def call_in_time(
    tools: Tools,
    call: ToolCall,
    spec: ToolSpec,
    context: ToolContext,
    deadline: Deadline | None,
) -> ToolOutcome:
    """Call a tool; one that is cut short is in doubt if it has an effect.

    Without a deadline it has the whole time that it declares.
    """
    whole_s = spec.timeout_s
    limit_s = whole_s if deadline is None else deadline.attempt_timeout_s(whole_s)
    if limit_s >= whole_s:
        # Its own limit comes first: no second timer for the usual call.
        return await tools.call(call.name, call.args, context)
    try:
        async with asyncio.timeout(limit_s):
            return await tools.call(call.name, call.args, context)
    except TimeoutError:
        return ToolDoubt(CUT_SHORT) if spec.effect else ToolRefused(CUT_SHORT)


def was_cut_short(outcome: ToolOutcome) -> bool:
    """Tell whether our deadline ended the call, which does not speak against it."""
    match outcome:
        case ToolDoubt(reason) | ToolRefused(reason):
            return reason == CUT_SHORT
        case _:
            return False
