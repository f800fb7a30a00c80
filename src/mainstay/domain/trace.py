"""A place in a trace, as W3C Trace Context writes it.

Whoever knows the place of a turn knows the ids of the spans below it without asking:
they are hashes of what the spans stand for. So a second process goes on with a trace
that a dead one began, and nothing but the turn's row has to tell it where.

Source: https://www.w3.org/TR/trace-context/
"""

import re
from hashlib import blake2b
from typing import NamedTuple

TRACEPARENT_LENGTH = 55
MAX_STATE = 512
"""Characters of a ``tracestate`` that are passed on; a longer one is left out."""

AGAIN = "again"
"""A line of a turn's trace: it died, and was given new attempts."""

_PARENT = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})"
    r"(-.*)?"
)
_STATE = re.compile(rf"[ -~]{{1,{MAX_STATE}}}")


class Trace(NamedTuple):
    """A span, as those see it who make spans below it.

    A tuple, because a turn makes a dozen, and a frozen dataclass is slower to make.

    Args:
        trace_id: 32 hexadecimal digits.
        span_id: 16 hexadecimal digits.
        sampled: whether the trace's spans are kept.
        state: the ``tracestate`` that came with it, or "".
        parent_id: the span above it; "" when there is none, or it is not known.
    """

    trace_id: str
    span_id: str
    sampled: bool
    state: str = ""
    parent_id: str = ""

    @property
    def traceparent(self) -> str:
        """The header that makes another service's spans children of this one."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    @property
    def text(self) -> str:
        """Both headers in one line, as a turn's row keeps them."""
        return f"{self.traceparent} {self.state}" if self.state else self.traceparent

    def below(self, *names: str) -> "Trace":
        """Return the span below that the names stand for, each time the same one."""
        id_ = span_id(self.span_id, *names)
        return Trace(self.trace_id, id_, self.sampled, self.state, self.span_id)


def span_id(*names: str) -> str:
    """Return the id that the names stand for: 16 hexadecimal digits."""
    return blake2b("/".join(names).encode(), digest_size=8).hexdigest()


def of_headers(traceparent: str, tracestate: str = "") -> Trace | None:
    """Return the place that headers name; None when they name none.

    A later version's header is read as far as this one knows it (section 4.3).
    """
    found = _PARENT.fullmatch(traceparent)
    if found is None or (found[1] == "00" and found[5] is not None):
        return None
    state = tracestate if _STATE.fullmatch(tracestate) else ""
    return Trace(found[2], found[3], bool(int(found[4], 16) & 1), state)


def of_text(text: str) -> Trace:
    """Return what ``Trace.text`` wrote."""
    sampled = text[TRACEPARENT_LENGTH - 2 : TRACEPARENT_LENGTH] == "01"
    return Trace(text[3:35], text[36:52], sampled, text[TRACEPARENT_LENGTH + 1 :])
