"""What a simulator can be told when it starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mainstay.ports.clock import Clock
from mainstay.simulator.clock import WallClock

NATURAL_PACE_S = 0.015
"""Seconds between two pieces of text at which a reply reads as if typed."""


def _no_windows() -> Mapping[str, int]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the simulator answers; the defaults answer at once.

    Args:
        pace_s: seconds between two streamed pieces (0: the whole stream at once).
        delay_s: seconds before the first byte of every answer.
        windows: tokens of context per model id, over the published ones.
        max_body_bytes: the largest request body (the API: 32 MB).
        min_cache_tokens: shortest prefix that is cached; None: as published.
        prefix_check: reject thinking blocks whose prefix has changed.
        foreign_thinking: what becomes of another model's thinking blocks. The API
            drops them without a word; ``reject`` is stricter on purpose, because
            a client that sends them has mixed up its histories.
        requests_per_min: what the rate headers of each model line start from; so
            large that a client that keeps to them is not held back by a stand-in.
        input_tokens_per_min: as above, for input tokens that no cache served.
        output_tokens_per_min: as above, for output tokens.
        enforce_rates: whether a call beyond them is answered with 429.
        call_log_size: how many recent calls ``GET /calls`` remembers.
        clock: time and waiting.
    """

    pace_s: float = 0.0
    delay_s: float = 0.0
    windows: Mapping[str, int] = field(default_factory=_no_windows)
    max_body_bytes: int = 32 * 1024 * 1024
    min_cache_tokens: int | None = None
    prefix_check: bool = True
    foreign_thinking: Literal["reject", "drop"] = "reject"
    requests_per_min: int = 1_000_000
    input_tokens_per_min: int = 500_000_000
    output_tokens_per_min: int = 100_000_000
    enforce_rates: bool = False
    call_log_size: int = 1_000
    clock: Clock = field(default_factory=WallClock)

    def __post_init__(self) -> None:
        """Raise ValueError for a value that cannot work."""
        if self.pace_s < 0 or self.delay_s < 0:
            raise ValueError("pace_s and delay_s are seconds and cannot be negative")
        if self.call_log_size < 1 or self.max_body_bytes < 1:
            raise ValueError("call_log_size and max_body_bytes must be at least 1")
