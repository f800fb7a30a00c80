"""The failure table as data: what the stand-in does, and how the turn must end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

WAIT_S = 0.3
"""What the stand-in asks for, where it asks for a time that fits."""

PAUSE_S = 0.1
"""The first pause of a turn, with the chance that the test gives."""

SPEND_WORDS = "You have reached your specified API usage limits."
TOO_LONG = "prompt is too long: 1000001 tokens > 1000000 maximum"
REFUND = {"tool_use": [{"name": "refund_order", "input": {"order_id": "1042"}}]}

Fault = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One way to fail, and its end.

    Args:
        name: of the row.
        primary: what befalls every call of the primary model.
        fallback: the same of the fallback model.
        script: what the primary says before it speaks for itself.
        options: of the ladder, besides the test's own.
        calls: the server's log: the model's letter, ``+`` with tools and ``-`` without.
        level: of the reply.
        counted: failures in a row that the primary's breaker holds afterwards.
        breakers: state of the primary's and of the fallback's.
        retry_s: seconds between the two last calls of the model that was retried.
        retries: how many the journal holds.
        work: effects made.
    """

    name: str
    primary: Fault | None = None
    fallback: Fault | None = None
    script: Sequence[Any] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    calls: str = ""
    level: int = 2
    counted: int = 0
    breakers: tuple[str, str] = ("closed", "closed")
    retry_s: float | None = None
    retries: int = 0
    work: int = 0


CLOSED, OFF, GONE = ("closed", "closed"), ("open", "open"), ("open", "closed")
FOR_A_HUMAN: Mapping[str, Any] = {"calls": "P+", "level": 4}
PROVIDER_OFF: Mapping[str, Any] = {**FOR_A_HUMAN, "breakers": OFF}
TRIED_AGAIN: Mapping[str, Any] = {"calls": "P+ P+ F-", "retry_s": PAUSE_S, "retries": 1}
AGAIN_COUNTED: Mapping[str, Any] = {**TRIED_AGAIN, "counted": 2}
AT_ONCE_COUNTED: Mapping[str, Any] = {"calls": "P+ F-", "counted": 1}
WAITED: Mapping[str, Any] = {"retry_s": WAIT_S, "retries": 1}
HEALED: Mapping[str, Any] = {"calls": "P+ P+", "level": 0, "retries": 1}


def _status(status: int, **more: Any) -> Fault:
    return {"status": status, **more}


def _event(type_: str, *, shown: bool = False, **more: Any) -> Fault:
    return {"error_event": type_, "error_after": 9 if shown else 1, **more}


STATUSES = [
    Row(name="400", primary=_status(400), **FOR_A_HUMAN),
    Row(name="422", primary=_status(422), **FOR_A_HUMAN),
    Row(name="413", primary=_status(413), calls=" ".join(["P+"] * 6), level=4),
    Row(
        name="413 once",
        primary=_status(413, times=1),
        calls="P+ P+",
        level=0,
    ),
    Row(
        name="400 too long, once",
        primary=_status(400, message=TOO_LONG, times=1),
        calls="P+ P+",
        level=0,
    ),
    Row(name="401", primary=_status(401), **PROVIDER_OFF),
    Row(name="402", primary=_status(402), **PROVIDER_OFF),
    Row(name="403", primary=_status(403), **PROVIDER_OFF),
    Row(name="404", primary=_status(404), calls="P+ F-", breakers=GONE),
    Row(name="408", primary=_status(408), **AGAIN_COUNTED),
    Row(name="409", primary=_status(409), **TRIED_AGAIN),
    *(
        Row(name=str(status), primary=_status(status), **AGAIN_COUNTED)
        for status in (500, 502, 503, 504)
    ),
    Row(
        name="500 once",
        primary=_status(500, times=1),
        retry_s=PAUSE_S,
        **HEALED,
    ),
    Row(name="529", primary=_status(529), **AT_ONCE_COUNTED),
    Row(
        name="529 everywhere",
        primary=_status(529),
        fallback=_status(529),
        calls="P+ F- F-",
        level=4,
        counted=1,
        retry_s=PAUSE_S,
        retries=1,
    ),
    Row(
        name="529 without another model",
        primary=_status(529),
        options={"fallback_enabled": False},
        calls="P+ P+",
        level=4,
        counted=2,
        retry_s=PAUSE_S,
        retries=1,
    ),
]

LIMITS = [
    Row(
        name="429 that fits, once",
        primary=_status(429, retry_after=WAIT_S, times=1),
        retry_s=WAIT_S,
        **HEALED,
    ),
    Row(
        name="429 that fits",
        primary=_status(429, retry_after=WAIT_S),
        calls="P+ P+ F-",
        **WAITED,
    ),
    Row(
        name="429 that does not fit",
        primary=_status(429, retry_after=120),
        calls="P+ F-",
    ),
    Row(name="429 without a time", primary=_status(429), calls="P+ F-"),
    Row(
        name="429 ramp, once",
        primary=_status(
            429, error_code="ramp_limit_exceeded", retry_after=WAIT_S, times=1
        ),
        retry_s=WAIT_S,
        **HEALED,
    ),
    Row(
        name="429 ramp",
        primary=_status(429, error_code="ramp_limit_exceeded", retry_after=WAIT_S),
        calls="P+ P+ F-",
        **WAITED,
    ),
    Row(
        name="429 spend limit",
        primary=_status(429, error_code="enforced_spend_limit_reached", retry_after=1),
        **PROVIDER_OFF,
    ),
    Row(
        name="400 spend limit",
        primary=_status(400, message=SPEND_WORDS),
        **PROVIDER_OFF,
    ),
]

EVENTS = [
    Row(name="event overloaded", primary=_event("overloaded_error"), **AT_ONCE_COUNTED),
    Row(name="event server", primary=_event("api_error"), **AGAIN_COUNTED),
    Row(name="event timeout", primary=_event("timeout_error"), **AGAIN_COUNTED),
    Row(name="event rate limit", primary=_event("rate_limit_error"), calls="P+ F-"),
    Row(
        name="event invalid",
        primary=_event("invalid_request_error"),
        **FOR_A_HUMAN,
    ),
    *(
        Row(name=f"event {type_}", primary=_event(type_), **PROVIDER_OFF)
        for type_ in ("authentication_error", "billing_error", "permission_error")
    ),
    Row(
        name="event spend limit",
        primary=_event("rate_limit_error", error_code="contract_spend_limit_reached"),
        **PROVIDER_OFF,
    ),
    Row(
        name="event gone",
        primary=_event("not_found_error"),
        calls="P+ F-",
        breakers=GONE,
    ),
    Row(
        name="event too large",
        primary=_event("request_too_large"),
        calls=" ".join(["P+"] * 6),
        level=4,
    ),
    Row(
        name="event server, shown",
        primary=_event("api_error", shown=True),
        **AT_ONCE_COUNTED,
    ),
    Row(
        name="event overloaded, shown everywhere",
        primary=_event("overloaded_error", shown=True),
        fallback=_event("overloaded_error", shown=True),
        calls="P+ F-",
        level=4,
        counted=1,
    ),
]
