"""Prompt caching, as far as ``usage`` shows it.

Source: https://platform.claude.com/docs/en/build-with-claude/prompt-caching: an entry
is everything up to a breakpoint; a breakpoint looks back over 20 blocks; an entry
lives 5 minutes or an hour from its last use; short prefixes are not cached.
"""

from collections import OrderedDict
from dataclasses import dataclass

from mainstay.simulator.options import Options
from mainstay.simulator.prompt import lifetime_s
from mainstay.simulator.request import Request

_LOOKBACK = 20
_MAX_ENTRIES = 10_000
_HOUR_S = 3_600


@dataclass(frozen=True, slots=True)
class InputUsage:
    """Where the input tokens of a call came from; the three add up to the prompt."""

    fresh: int
    read: int = 0
    created_5m: int = 0
    created_1h: int = 0

    @property
    def created(self) -> int:
        """Tokens written to the cache."""
        return self.created_5m + self.created_1h


class PromptCache:
    """Remembers which prefixes were sent lately; at most 10,000 of them."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._expiry: OrderedDict[tuple[str, str], float] = OrderedDict()

    def use(self, request: Request) -> InputUsage:
        """Return the input usage of a call and remember its prefixes."""
        prompt, card = request.prompt, request.card
        breakpoints = _breakpoints(request)
        if not breakpoints:
            return InputUsage(fresh=prompt.tokens)
        least = self._options.min_cache_tokens
        least = card.min_cache if least is None else least
        sums = _running_sums(prompt.sizes)
        now_s = self._options.clock.monotonic_s()
        read = max((self._hit(request, i, now_s) for i in breakpoints), default=-1)
        read_tokens = sums[read] if read >= 0 and sums[read] >= least else 0
        written, long = read_tokens, False
        for i, ttl_s in breakpoints.items():
            if sums[i] >= least:
                self._remember((card.id, prompt.cache_marks[i]), now_s + ttl_s)
                written, long = max(written, sums[i]), ttl_s == _HOUR_S
        created = written - read_tokens
        return InputUsage(
            fresh=prompt.tokens - written,
            read=read_tokens,
            created_5m=0 if long else created,
            created_1h=created if long else 0,
        )

    def _hit(self, request: Request, i: int, now_s: float) -> int:
        """Return the last cached piece at or shortly before piece ``i``, or -1."""
        for j in range(i, max(-1, i - _LOOKBACK - 1), -1):
            key = (request.card.id, request.prompt.cache_marks[j])
            if self._expiry.get(key, 0.0) > now_s:
                return j
        return -1

    def _remember(self, key: tuple[str, str], until_s: float) -> None:
        self._expiry[key] = until_s
        self._expiry.move_to_end(key)
        if len(self._expiry) > _MAX_ENTRIES:
            self._expiry.popitem(last=False)


def _breakpoints(request: Request) -> dict[int, int]:
    """Return piece index → lifetime in seconds."""
    pieces = request.prompt.pieces
    found = {i: ttl for i, piece in enumerate(pieces) if (ttl := piece.ttl_s)}
    last_ttl_s = lifetime_s(request.body.get("cache_control"))
    if last_ttl_s is not None:
        found.setdefault(len(pieces) - 1, last_ttl_s)
    return found


def _running_sums(sizes: tuple[int, ...]) -> list[int]:
    total, sums = 0, list[int]()
    for size in sizes:
        total += size
        sums.append(total)
    return sums
