"""The faults that are set right now."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from mainstay.simulator.fault import BadFaultError, Fault, parse_fault

_MAX_FAULTS = 1_000
_HEALED = Fault()


class _Posted:
    """A fault with what it has already done."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.fired = 0
        self._share = 0.0

    @property
    def healed(self) -> bool:
        return self.fault.times is not None and self.fired >= self.fault.times

    def strikes(self, *, after_tool: bool) -> bool:
        if self.healed or not self.fault.concerns(after_tool=after_tool):
            return False
        # Error diffusion instead of dice: 0.5 is exactly every second call.
        self._share += self.fault.probability
        if self._share < 1.0:
            return False
        self._share -= 1.0
        self.fired += 1
        return True


class FaultBoard:
    """Faults by model, or path; ``*`` is every model, and a model's own come first."""

    def __init__(self) -> None:
        self._posted: dict[str, list[_Posted]] = {}

    def put(self, described: object) -> None:
        """Replace the faults of each named model; null or [] removes them.

        Args:
            described: model or ``*`` → a fault, or a list of which the first that
                concerns a call strikes it.

        Raises:
            BadFaultError: nothing was changed.
        """
        if not isinstance(described, dict):
            raise BadFaultError("an object of model (or *) → fault")
        posted = dict(self._posted)
        for model, value in cast("dict[str, Any]", described).items():
            faults = cast("list[Any]", value if isinstance(value, list) else [value])
            posted[model] = [_Posted(parse_fault(f)) for f in faults if f is not None]
        posted = {model: faults for model, faults in posted.items() if faults}
        if sum(map(len, posted.values())) > _MAX_FAULTS:
            raise BadFaultError(f"at most {_MAX_FAULTS} faults")
        self._posted = posted

    def clear(self, model: str | None = None) -> None:
        """Remove all faults, or those of one model or path."""
        if model is None:
            self._posted.clear()
        else:
            self._posted.pop(model, None)

    def strike(self, model: str, *, after_tool: bool) -> Fault:
        """Return the fault for this call; one that does nothing if there is none."""
        return self._first(model, "*", after_tool=after_tool)

    def strike_path(self, path: str) -> Fault:
        """Return the fault for a request to a path, which those of models leave out."""
        return self._first(path, after_tool=False)

    def _first(self, *names: str, after_tool: bool) -> Fault:
        for name in names:
            for posted in self._posted.get(name, ()):
                if posted.strikes(after_tool=after_tool):
                    return posted.fault
        return _HEALED

    def show(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return what is set, with how often each fired."""
        return {
            model: [_shown(posted) for posted in faults]
            for model, faults in self._posted.items()
        }


def _shown(posted: _Posted) -> dict[str, Any]:
    plain = asdict(_HEALED)
    given = {k: v for k, v in asdict(posted.fault).items() if v != plain[k]}
    return {**given, "fired": posted.fired, "healed": posted.healed}
