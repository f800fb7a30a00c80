"""One fault, as ``PUT /faults`` takes it."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, cast

from mainstay.simulator.errors import STATUS_OF_TYPE

if TYPE_CHECKING:
    from mainstay.simulator.prompt import Json

When = Literal["always", "before_tool", "after_tool"]


class BadFaultError(ValueError):
    """The description of a fault is not one; the message says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong, for which calls, how often.

    Args:
        status: answer with this HTTP status instead.
        error_type: error type of that answer; by default the status's own.
        error_code: ``error.details.error_code``, as ``ramp_limit_exceeded``.
        message: its text.
        retry_after: seconds in a ``retry-after`` header.
        headers: further headers, also on good answers; they win over the usual ones.
        latency_s: seconds before the first byte.
        slow_tokens_s: seconds before each piece of a stream.
        cut_stream_after: events after which the connection is dropped.
        end_without_stop: end a stream in good order before it is complete.
        broken_json: 200 with JSON that breaks off.
        broken_after: events before these two; by default half of them.
        pings_only: a stream that opens and then only pings.
        ping_every_s: seconds between those pings.
        error_event: an SSE ``error`` event after the 200: its error type.
        error_after: events before that error event.
        stop_reason: end the reply with refusal; pause_turn and max_tokens before its
            end, the latter inside its last block.
        when: only calls whose history has no tool result yet, or has one.
        times: heal after so many.
        probability: share of the calls, evenly spread (0.5: every second one).
    """

    status: int | None = None
    error_type: str | None = None
    error_code: str | None = None
    message: str | None = None
    retry_after: float | None = None
    headers: dict[str, str] | None = None
    latency_s: float = 0.0
    slow_tokens_s: float = 0.0
    cut_stream_after: int | None = None
    end_without_stop: bool = False
    broken_json: bool = False
    broken_after: int | None = None
    pings_only: bool = False
    ping_every_s: float = 1.0
    error_event: str | None = None
    error_after: int = 3
    stop_reason: Literal["refusal", "pause_turn", "max_tokens"] | None = None
    when: When = "always"
    times: int | None = None
    probability: float = 1.0

    def concerns(self, *, after_tool: bool) -> bool:
        """Return whether a call at this point of its turn is meant."""
        return self.when == "always" or (self.when == "after_tool") == after_tool


_NUMBERS = {
    "status": (200, 599),
    "retry_after": (0, 86_400),
    "latency_s": (0, 3_600),
    "slow_tokens_s": (0, 3_600),
    "cut_stream_after": (0, 1_000_000),
    "ping_every_s": (0.001, 3_600),
    "broken_after": (0, 1_000_000),
    "error_after": (0, 1_000_000),
    "times": (1, 1_000_000_000),
    "probability": (0, 1),
}
_WHOLE = frozenset(
    {"status", "cut_stream_after", "broken_after", "error_after", "times"}
)
_SWITCHES = frozenset({"end_without_stop", "broken_json", "pings_only"})
_TEXTS = frozenset({"error_type", "error_code", "message"})
_CHOICES: dict[str, tuple[str, ...]] = {
    "when": ("always", "before_tool", "after_tool"),
    "stop_reason": ("refusal", "pause_turn", "max_tokens"),
    "error_event": tuple(STATUS_OF_TYPE),
}
_NAMES = frozenset(field.name for field in fields(Fault))


def parse_fault(value: object) -> Fault:
    """Return the fault that a JSON object describes.

    Raises:
        BadFaultError: naming the member that is wrong.
    """
    if not isinstance(value, dict):
        raise BadFaultError("a fault is an object")
    described = cast("Json", value)
    unknown = sorted(described.keys() - _NAMES)
    if unknown:
        raise BadFaultError(f"{unknown[0]}: unknown; known: {sorted(_NAMES)}")
    given = {name: _checked(name, v) for name, v in described.items() if v is not None}
    return Fault(**given)


def _checked(name: str, value: Any) -> Any:
    if name == "error_event" and value is True:
        return "overloaded_error"
    if name in _NUMBERS:
        return _number(name, value)
    if name in _SWITCHES and not isinstance(value, bool):
        raise BadFaultError(f"{name}: true or false")
    if name in _TEXTS and not isinstance(value, str):
        raise BadFaultError(f"{name}: a string")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise BadFaultError(f"{name}: one of {_CHOICES[name]}")
    if name == "headers":
        return _headers(value)
    return value


def _number(name: str, value: Any) -> float:
    low, high = _NUMBERS[name]
    kinds = (int,) if name in _WHOLE else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise BadFaultError(f"{name}: a {'whole ' if name in _WHOLE else ''}number")
    if not low <= value <= high:
        raise BadFaultError(f"{name}: between {low} and {high}")
    return value


def _headers(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise BadFaultError("headers: an object of strings")
    return {str(k).lower(): str(v) for k, v in cast("Json", value).items()}
