"""Which replies may be given to other customers: the only place that says so."""

from mainstay.agent.options import Persona
from mainstay.agent.progress import Progress
from mainstay.agent.transcript import Transcript
from mainstay.domain.question import Reusable, is_shareable, normalised
from mainstay.domain.reply import Reply

CACHED = 3
"""The level that gives earlier answers again; it and the one below make none."""


def reusable(
    persona: Persona, transcript: Transcript, progress: Progress, reply: Reply
) -> Reusable | None:
    """Return the question under which a reply may be kept for others, or None.

    A model made it, whole and without a tool, from the agent's instructions and one
    general question alone, and it states no fact that the agent's own texts do not.
    """
    asked, edition = transcript.question, persona.edition
    whole = [r.stop_reason for r in progress.responses] == ["end_turn"]
    if edition is None or not whole or reply.fallback_level >= CACHED:
        return None
    if not (is_shareable(asked) and transcript.is_first):
        return None
    if not persona.own.bear_out(reply.response, asked):
        return None
    return Reusable(normalised(asked), edition, persona.reuse_ms)
