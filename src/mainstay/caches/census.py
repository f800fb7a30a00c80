"""How many processes serve a role now."""

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.clock import Clock
from mainstay.ports.leases import Leases
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.resilience.every import Every

EVERY_S = 3.0


class Census:
    """Counts every 3 s in the background; whoever asks has the answer at once.

    Args:
        leases: knows the processes.
        role: which of them count.
        telemetry: is told when the store cannot be read; the last count stays.
        clock: for the pauses.
    """

    def __init__(
        self, leases: Leases, role: str, telemetry: Telemetry, clock: Clock
    ) -> None:
        self._leases = leases
        self._role = role
        self._telemetry = telemetry
        self._count = 1
        self._counting = Every(EVERY_S, self.look, clock)

    @property
    def count(self) -> int:
        """The last count; 1 or more, for whoever asks lives."""
        return self._count

    async def start(self) -> None:
        """Count once, then go on in the background."""
        await self.look()
        await self._counting.start()

    async def stop(self) -> None:
        """Stop counting; may be repeated."""
        await self._counting.stop()

    async def look(self) -> None:
        """Count once."""
        try:
            self._count = max(1, await self._leases.serving(self._role))
        except StoreUnavailable as error:
            self._telemetry.emit(Trouble("census", str(error)))
        except Exception as error:  # noqa: BLE001 - counting must outlive any fault
            self._telemetry.emit(Trouble("census", repr(error)))
