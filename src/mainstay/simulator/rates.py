"""The limits of a minute: token buckets per model line, and their headers.

Source: https://platform.claude.com/docs/en/api/rate-limits: token buckets per
organisation and model line, refilled continuously. Unless it is told to enforce them,
the simulator only says what is left.
"""

import math
from datetime import UTC, datetime

from mainstay.simulator.options import Options

_WINDOW_S = 60.0


class _Bucket:
    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self._limit = limit
        self._left = float(limit)
        self._seen_s = 0.0

    def lacks_s(self, need: int, now_s: float) -> float:
        """Return the seconds until so much is there; 0.0 when it is."""
        self._refill(now_s)
        return max(0.0, need - self._left) * _WINDOW_S / self._limit

    def headers(self, used: int, now_s: float, now_ms: int) -> list[tuple[str, str]]:
        """Take ``used`` and return limit, remaining and reset."""
        self._refill(now_s)
        self._left = max(0.0, self._left - used)
        full_in_s = (self._limit - self._left) * _WINDOW_S / self._limit
        reset = datetime.fromtimestamp(now_ms / 1000 + full_in_s, UTC)
        stem = f"anthropic-ratelimit-{self.name}"
        return [
            (f"{stem}-limit", str(self._limit)),
            (f"{stem}-remaining", str(int(self._left))),
            (f"{stem}-reset", reset.strftime("%Y-%m-%dT%H:%M:%SZ")),
        ]

    def _refill(self, now_s: float) -> None:
        refill = (now_s - self._seen_s) * self._limit / _WINDOW_S
        self._left = min(float(self._limit), self._left + refill)
        self._seen_s = now_s


class Rates:
    """Counts what each model line has used of its minute."""

    def __init__(self, options: Options) -> None:
        self._clock = options.clock
        self._lines = {
            line: (
                _Bucket("requests", options.requests_per_min),
                _Bucket("input-tokens", options.input_tokens_per_min),
                _Bucket("output-tokens", options.output_tokens_per_min),
            )
            for line in ("haiku", "sonnet", "opus")
        }

    def take(self, line: str, tokens_in: int, tokens_out: int) -> list[tuple[str, str]]:
        """Return the nine headers after one request.

        Args:
            line: the model line.
            tokens_in: input tokens that no cache served; cache reads do not count.
            tokens_out: output tokens.
        """
        return self._take(line, (1, tokens_in, tokens_out))

    def refusal(self, line: str, tokens_in: int) -> list[tuple[str, str]]:
        """Return the headers of a 429, ``retry-after`` included; none if it may pass.

        What a reply will have is not known: one output token must be left.

        Args:
            line: the model line.
            tokens_in: input tokens that no cache serves.
        """
        now_s, need = self._clock.monotonic_s(), (1, tokens_in, 1)
        buckets = zip(self._lines[line], need, strict=True)
        lacks_s = max(bucket.lacks_s(amount, now_s) for bucket, amount in buckets)
        if lacks_s <= 0:
            return []
        retry = ("retry-after", str(math.ceil(lacks_s)))
        return [retry, *self._take(line, (0, 0, 0))]

    def _take(self, line: str, used: tuple[int, int, int]) -> list[tuple[str, str]]:
        now_s, now_ms = self._clock.monotonic_s(), self._clock.now_ms()
        headers: list[tuple[str, str]] = []
        for bucket, amount in zip(self._lines[line], used, strict=True):
            headers += bucket.headers(amount, now_s, now_ms)
        return headers
