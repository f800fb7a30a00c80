"""Responses that the model paused: they and what follows them are one response.

Source: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons,
``pause_turn``: send what was said back as it is, and the model goes on.
"""

from collections.abc import Sequence
from dataclasses import replace

from mainstay.domain.step import ModelStep, Usage

MAX_PAUSES = 3
"""Pauses of one response after which it counts as broken off."""


def is_paused(step: ModelStep) -> bool:
    """Tell whether there is more to come; a call is answered before that."""
    return step.stop_reason == "pause_turn" and not step.calls


def joined(paused: Sequence[ModelStep], step: ModelStep) -> ModelStep:
    """Return the parts and the step that ends them as one response."""
    content = [block for part in (*paused, step) for block in part.content]
    usage = sum((part.usage for part in paused), Usage()) + step.usage
    return replace(step, content=content, usage=usage)
