"""What a turn's work is measured by; defaults and ranges in one place."""

from dataclasses import dataclass, field

from mainstay.domain.own_texts import OwnTexts

DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderOptions:
    """Options of the ladder.

    Args:
        model: primary model's id (levels 0 and 1).
        fallback_model: model of level 2.
        fallback_enabled: false skips level 2.
        call_timeout_s: seconds one model call may take.
        max_tokens: the most one response may have.
        first_token_s: seconds until the first token.
        idle_s: seconds between content events.
        fallback_needs_s: seconds that must be left to enter a lower model level.
        call_needs_s: seconds that must be left to start any model call.
    """

    model: str
    fallback_model: str
    fallback_enabled: bool = True
    call_timeout_s: float = 20.0
    max_tokens: int = 1024
    first_token_s: float = 8.0
    idle_s: float = 5.0
    fallback_needs_s: float = 6.0
    call_needs_s: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """The agent as the heart sees it.

    Args:
        name: its name.
        instructions: its system prompt.
        contact: where customers find help when it cannot speak, or "".
        scope: agent, locale and policy version; level 3 answers must share it.
        edition: the scope and the hash of its own texts; earlier answers share it.
            None: none is kept or given.
        own: what its author wrote; an answer that others may get states no other facts.
        reuse_ms: for how long an earlier answer may be given again.
    """

    name: str
    instructions: str
    contact: str
    scope: str
    edition: str | None = ""
    own: OwnTexts = field(default_factory=OwnTexts)
    reuse_ms: int = 30 * DAY_MS
