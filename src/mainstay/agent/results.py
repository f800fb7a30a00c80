"""Tool outcomes as the model reads them."""

import json

from mainstay.domain.step import ResultStep
from mainstay.ports.tools import ToolDone, ToolDoubt, ToolOutcome, ToolRefused

IN_DOUBT = (
    "It is not known whether this was carried out. Do not try it again; tell the "
    "customer that a colleague checks it."
)


def as_result(call_id: str, outcome: ToolOutcome) -> ResultStep:
    """Return the journal's row for an outcome."""
    match outcome:
        case ToolDone(result, _, handoff):
            text = result if isinstance(result, str) else json.dumps(result)
            return ResultStep(call_id, text, handoff=handoff)
        case ToolRefused(reason):
            return ResultStep(call_id, reason, is_error=True)
        case ToolDoubt():
            return ResultStep(call_id, IN_DOUBT, is_error=True)
