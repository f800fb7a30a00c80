"""The recent calls."""

from collections import Counter, deque
from typing import Any, cast

from mainstay.ports.clock import Clock
from mainstay.simulator.models import CATALOGUE
from mainstay.simulator.prompt import Json

_UNKNOWN = "(unknown)"


class CallLog:
    """Counts all calls and remembers the last ones; never holds any text.

    Args:
        size: calls that are remembered.
        clock: when they come.
    """

    def __init__(self, size: int, clock: Clock) -> None:
        self._clock = clock
        self._recent: deque[Json] = deque(maxlen=size)
        self._per_model: Counter[str] = Counter()
        self._per_status: Counter[int] = Counter()
        self._per_path: Counter[str] = Counter()
        self._total = 0

    def count(self, path: str) -> None:
        """Count a request by its path, one of those that the simulator knows."""
        self._per_path[path] += 1

    def open(self) -> Json:
        """Enter a call and return its entry, to be filled in as the call goes on."""
        self._total += 1
        entry: Json = {
            "n": self._total,
            "at_ms": round(self._clock.monotonic_s() * 1000),
            "model": None,
            "stream": False,
            "tools": False,
            "tool_choice": None,
            "after_tool": False,
            "fault": False,
            "scripted": False,
            "status": None,
            "stop_reason": None,
        }
        self._recent.append(entry)
        return entry

    def describe(self, entry: Json, body: object) -> None:
        """Note what a call asks for, whatever the shape of its body."""
        given = cast("Json", body) if isinstance(body, dict) else {}
        model, choice = given.get("model"), given.get("tool_choice")
        entry["model"] = model[:64] if isinstance(model, str) else None
        entry["stream"] = given.get("stream") is True
        entry["tools"] = bool(given.get("tools"))
        if isinstance(choice, dict):
            entry["tool_choice"] = str(cast("Json", choice).get("type"))[:16]
        known = model if isinstance(model, str) and model in CATALOGUE else _UNKNOWN
        self._per_model[known] += 1

    def close(self, entry: Json, status: int) -> None:
        """Note how a call was answered."""
        entry["status"] = status
        self._per_status[status] += 1

    def clear(self) -> None:
        """Forget all calls and start counting anew."""
        self._recent.clear()
        self._per_model.clear()
        self._per_status.clear()
        self._per_path.clear()
        self._total = 0

    def show(self) -> dict[str, Any]:
        """Return totals and the recent calls, oldest first."""
        return {
            "total": self._total,
            "per_model": dict(self._per_model),
            "per_status": {str(k): v for k, v in self._per_status.items()},
            "per_path": dict(self._per_path),
            "calls": list(self._recent),
        }
