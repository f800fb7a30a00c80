"""The models that the simulator knows, with what each accepts.

Sources: https://platform.claude.com/docs/en/models/sonnet-5-5/whats-new-sonnet-5-5,
.../models/haiku-5-5/whats-new-haiku-5-5, .../about-claude/model-deprecations.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Thinking = Literal["adaptive", "between_tools", "disabled", "enabled"]
Lifecycle = Literal["active", "deprecated", "retired"]
Line = Literal["haiku", "sonnet", "opus"]

_EFFORTS = frozenset({"low", "medium", "high", "xhigh", "max"})
_NO_EFFORT = frozenset[str]()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What one model accepts.

    Args:
        id: the API id.
        name: the display name.
        line: the pool that its rate limits are shared in.
        created: date of release.
        window: context in tokens.
        max_output: largest ``max_tokens``.
        thinking: accepted values of ``thinking.type``.
        thinks_by_default: whether leaving ``thinking`` out turns it on.
        shows_thinking: whether thinking text is returned unless asked to omit it.
        forced_tools: whether ``tool_choice`` any/tool exists at all.
        prefill: whether the last message may be the assistant's.
        sampling: whether temperature, top_p and top_k exist.
        system_role: whether ``messages`` may hold system messages.
        preserved: whether thinking blocks are bound to their prefix.
        min_cache: shortest prefix in tokens that is cached.
        efforts: accepted values of ``output_config.effort``.
        lifecycle: active, deprecated or retired.
        deprecated_at: date, for models that are not active.
        retires_at: date, if one is set.
        alias_of: the id that an alias answers as.
    """

    id: str
    name: str
    line: Line
    created: str
    window: int = 200_000
    max_output: int = 64_000
    thinking: frozenset[Thinking]
    thinks_by_default: bool = False
    shows_thinking: bool = True
    forced_tools: bool = True
    prefill: bool = False
    sampling: bool = False
    system_role: bool = False
    preserved: bool = False
    min_cache: int = 1_024
    efforts: frozenset[str] = _EFFORTS
    lifecycle: Lifecycle = "active"
    deprecated_at: str | None = None
    retires_at: str | None = None
    alias_of: str | None = None


def _retired(id_: str, name: str, line: Line, created: str, at: str) -> ModelCard:
    return ModelCard(
        id=id_,
        name=name,
        line=line,
        created=created,
        thinking=frozenset({"disabled"}),
        efforts=_NO_EFFORT,
        lifecycle="retired",
        deprecated_at=at,
        retires_at=at,
    )


_CARDS = (
    ModelCard(
        id="claude-haiku-5-5",
        name="Claude Haiku 5.5",
        line="haiku",
        created="2026-10-07",
        window=1_000_000,
        max_output=128_000,
        thinking=frozenset({"adaptive", "disabled"}),
        thinks_by_default=True,
        shows_thinking=False,
        system_role=True,
        preserved=True,
        min_cache=512,
    ),
    ModelCard(
        id="claude-sonnet-5-5",
        name="Claude Sonnet 5.5",
        line="sonnet",
        created="2026-09-28",
        window=1_000_000,
        max_output=128_000,
        thinking=frozenset({"adaptive", "between_tools"}),
        thinks_by_default=True,
        shows_thinking=False,
        forced_tools=False,
        system_role=True,
        preserved=True,
        min_cache=512,
    ),
    ModelCard(
        id="claude-opus-5-5",
        name="Claude Opus 5.5",
        line="opus",
        created="2026-09-22",
        window=1_000_000,
        max_output=128_000,
        thinking=frozenset({"adaptive"}),
        thinks_by_default=True,
        shows_thinking=False,
        forced_tools=False,
        system_role=True,
        preserved=True,
        min_cache=512,
    ),
    ModelCard(
        id="claude-sonnet-4-6",
        name="Claude Sonnet 4.6",
        line="sonnet",
        created="2026-02-17",
        window=1_000_000,
        thinking=frozenset({"adaptive", "enabled", "disabled"}),
        sampling=True,
    ),
    ModelCard(
        id="claude-haiku-4-5-20251001",
        name="Claude Haiku 4.5",
        line="haiku",
        created="2025-10-01",
        thinking=frozenset({"enabled", "disabled"}),
        prefill=True,
        sampling=True,
        min_cache=4_096,
        efforts=_NO_EFFORT,
    ),
    ModelCard(
        id="claude-haiku-4-5",
        name="Claude Haiku 4.5",
        line="haiku",
        created="2025-10-01",
        thinking=frozenset({"enabled", "disabled"}),
        prefill=True,
        sampling=True,
        min_cache=4_096,
        efforts=_NO_EFFORT,
        alias_of="claude-haiku-4-5-20251001",
    ),
    ModelCard(
        id="claude-sonnet-4-5-20250929",
        name="Claude Sonnet 4.5",
        line="sonnet",
        created="2025-09-29",
        thinking=frozenset({"enabled", "disabled"}),
        prefill=True,
        sampling=True,
        efforts=_NO_EFFORT,
        lifecycle="deprecated",
        deprecated_at="2026-09-29",
        retires_at="2026-11-30",
    ),
    _retired(
        "claude-sonnet-4-20250514",
        "Claude Sonnet 4",
        "sonnet",
        "2025-05-22",
        "2026-06-15",
    ),
    _retired(
        "claude-3-5-haiku-20241022",
        "Claude Haiku 3.5",
        "haiku",
        "2024-10-22",
        "2026-02-19",
    ),
    _retired(
        "claude-3-5-sonnet-20241022",
        "Claude Sonnet 3.5",
        "sonnet",
        "2024-10-22",
        "2025-10-28",
    ),
)

CATALOGUE = MappingProxyType({card.id: card for card in _CARDS})
"""Every known model by id."""
