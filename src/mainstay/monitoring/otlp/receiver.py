"""A receiver of OTLP, and what it said to a request."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from mainstay.monitoring.exchange.answer import Answer
from mainstay.monitoring.exchange.post import Post
from mainstay.monitoring.otlp.envelope import Envelope
from mainstay.monitoring.otlp.partial import rejected
from mainstay.ports.clock import Clock

MAX_ASKED_S = 300.0
"""The longest that a Retry-After keeps us away."""

RETRIED = frozenset({429, 502, 503, 504})
"""https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes"""

TOO_LARGE = 413
MAX_REASON_CHARACTERS = 200

KEPT_BYTES = 1024
"""Of an answer's body: enough for how many items were rejected, and why."""

_GZIP = 16 + zlib.MAX_WBITS
_FAST = 1


@dataclass(frozen=True, slots=True)
class Taken:
    """The items are there, and must not be sent again.

    Args:
        reason: why some were rejected; "" where all were taken.
        rejected: spans, log records or points of metrics that the receiver threw away.
    """

    reason: str = ""
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class TooLarge:
    """So many items at once are too much."""

    reason: str = f"HTTP {TOO_LARGE}"


@dataclass(frozen=True, slots=True)
class Refused:
    """These items will never be taken."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """The same items may be taken another time.

    Args:
        reason: why not now.
        asked_s: seconds to wait, as the receiver asked; 0 when it did not.
    """

    reason: str
    asked_s: float = 0.0


Outcome = Taken | TooLarge | Refused | Later


class Receiver:
    """One address for one signal.

    Args:
        post: to the address; keeps ``KEPT_BYTES`` of an answer.
        envelope: around the items.
        clock: Unix time, for dates in answers.
        compressed: whether bodies are gzipped.
    """

    def __init__(
        self, post: Post, envelope: Envelope, clock: Clock, *, compressed: bool
    ) -> None:
        self._post = post
        self._envelope = envelope
        self._clock = clock
        self._compressed = compressed

    def send(self, items: Sequence[bytes], within_s: float) -> Outcome:
        """Make one request of items; never raises."""
        body = self._envelope.around(items)
        try:
            if self._compressed:
                squeeze = zlib.compressobj(_FAST, wbits=_GZIP)
                body = squeeze.compress(body) + squeeze.flush()
            return self._judged(self._post.send(body, within_s))
        except OSError as error:
            reason = f"{type(error).__name__}: {error}"
            return Later(_line(reason))
        except Exception as error:  # noqa: BLE001 - the thread must outlive any fault
            # Its words may quote a header.
            return Refused(type(error).__name__)

    def close(self) -> None:
        """Give the connection back; may be repeated."""
        self._post.close()

    def _judged(self, answer: Answer) -> Outcome:
        if 200 <= answer.status < 300:  # noqa: PLR2004 - success, as HTTP has it
            return _taken(answer.body)
        if answer.status == TOO_LARGE:
            return TooLarge()
        if answer.status in RETRIED:
            asked_s = _asked_s(answer.retry_after, self._clock.now_ms())
            return Later(f"HTTP {answer.status}", asked_s)
        return Refused(f"HTTP {answer.status}")


def headers(given: Mapping[str, str], *, compressed: bool) -> dict[str, str]:
    """Return all headers of a request: what it is, and what was given."""
    own = {"Content-Type": "application/x-protobuf", "User-Agent": "mainstay"}
    if compressed:
        own["Content-Encoding"] = "gzip"
    return {**own, **given}


def _taken(body: bytes) -> Taken:
    count, reason = rejected(body)
    if not count:
        return Taken()
    return Taken(_line(f"{count} rejected: {reason or 'it does not say why'}"), count)


def _line(text: str) -> str:
    return " ".join(text.split())[:MAX_REASON_CHARACTERS]


def _asked_s(header: str, now_ms: int) -> float:
    """Return the seconds of a Retry-After, a number or a date; 0 for anything else."""
    try:
        asked_s = float(header)
    except ValueError:
        try:
            asked_s = parsedate_to_datetime(header).timestamp() - now_ms / 1000
        except ValueError:
            return 0.0
    return min(asked_s, MAX_ASKED_S) if asked_s > 0 else 0.0
