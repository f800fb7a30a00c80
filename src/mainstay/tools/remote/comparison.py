"""Tells operators when worker and tool service do not have the same tools."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

from mainstay.domain.errors import MainstayError
from mainstay.ports.clock import Clock
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.ports.tools import ToolSpec
from mainstay.tools.remote.options import RemoteOptions
from mainstay.tools.remote.session import ToolSession
from mainstay.tools.wire.likeness import likeness


class Comparison:
    """Compares now and then, and says each change once.

    Args:
        specs: the worker's tools.
        session: asks the service.
        clock: for the time between.
        telemetry: takes a ``Trouble`` when the sides differ or cannot be compared.
        options: how often.
    """

    def __init__(
        self,
        specs: Sequence[ToolSpec],
        session: ToolSession,
        clock: Clock,
        telemetry: Telemetry,
        options: RemoteOptions,
    ) -> None:
        self._here = {s.name: likeness(s.input_schema, effect=s.effect) for s in specs}
        self._session = session
        self._clock = clock
        self._telemetry = telemetry
        self._options = options
        self._said = ""
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; may be repeated."""
        if self._task is None:
            self._task = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        """End; may be repeated."""
        if self._task is not None:
            task, self._task = self._task, None
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _go_on(self) -> None:
        while True:
            found = await self._compare()
            if found and found != self._said:
                self._telemetry.emit(Trouble(where="tool service", error=found))
            self._said = found
            await self._clock.sleep(self._options.compare_every_s)

    async def _compare(self) -> str:
        try:
            there = await self._session.list(self._options.accept_s)
        except MainstayError as error:
            return f"its tools cannot be compared: {error}"
        return name_differences(self._here, there)


def name_differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Return one line that names every tool the sides differ in; "" for none.

    Args:
        here: the worker's, name → likeness.
        there: the service's.
    """
    missing = [name for name in here if name not in there]
    unknown = [name for name in there if name not in here]
    other = [name for name in here if there.get(name, here[name]) != here[name]]
    told = {
        "missing there": missing,
        "unknown here": unknown,
        "with other arguments or effect": other,
    }
    parts = [f"{word}: {', '.join(names)}" for word, names in told.items() if names]
    if not parts:
        return ""
    return f"worker and tool service run different agents ({'; '.join(parts)})"
