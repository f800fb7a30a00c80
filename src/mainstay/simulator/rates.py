"""The ``anthropic-ratelimit-*`` headers.

Source: https://platform.claude.com/docs/en/api/rate-limits: token buckets per
organisation and model line, refilled continuously. The simulator tells what is left
and does not enforce it; a fault with status 429 does.
"""

from datetime import UTC, datetime

from mainstay.simulator.options import Options

_WINDOW_S = 60.0


class _Bucket:
    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self._limit = limit
        self._left = float(limit)
        self._seen_s = 0.0

    def headers(self, used: int, now_s: float, now_ms: int) -> list[tuple[str, str]]:
        """Take ``used`` and return limit, remaining and reset."""
        refill = (now_s - self._seen_s) * self._limit / _WINDOW_S
        self._left = max(0.0, min(self._limit, self._left + refill) - used)
        self._seen_s = now_s
        full_in_s = (self._limit - self._left) * _WINDOW_S / self._limit
        reset = datetime.fromtimestamp(now_ms / 1000 + full_in_s, UTC)
        stem = f"anthropic-ratelimit-{self.name}"
        return [
            (f"{stem}-limit", str(self._limit)),
            (f"{stem}-remaining", str(int(self._left))),
            (f"{stem}-reset", reset.strftime("%Y-%m-%dT%H:%M:%SZ")),
        ]


class RateHeaders:
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
        now_s, now_ms = self._clock.monotonic_s(), self._clock.now_ms()
        used = (1, tokens_in, tokens_out)
        headers: list[tuple[str, str]] = []
        for bucket, amount in zip(self._lines[line], used, strict=True):
            headers += bucket.headers(amount, now_s, now_ms)
        return headers
