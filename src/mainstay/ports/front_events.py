"""Events of the gateway: requests answered, messages accepted."""

from dataclasses import dataclass
from typing import Literal

Fate = Literal["stored", "replayed", "key_reused", "not_found", "failed"]


@dataclass(slots=True)
class RequestServed:
    """An HTTP request was answered; the endless ones, event streams, are not told.

    Args:
        method: the HTTP method.
        route: the route's template, ``""`` when none matched.
        status: the HTTP status; 0 when the client left before there was one.
        duration_ms: from its head to the end of its answer, without the time that
            it waited for a reply because it was asked to.
    """

    method: str
    route: str
    status: int
    duration_ms: float


@dataclass(slots=True)
class MessageTaken:
    """Whether a customer's message was stored is decided.

    Args:
        turn_id: the turn that answers it; "" when it was not stored.
        outcome: ``stored``; ``replayed``: stored before, by its idempotency key;
            ``key_reused``: that key had come with another message; ``not_found``: no
            such conversation; ``failed``: the store could not write it, it took too
            long, or the client left.
        duration_ms: from the head of its request until then.
    """

    turn_id: str
    outcome: Fate
    duration_ms: float
