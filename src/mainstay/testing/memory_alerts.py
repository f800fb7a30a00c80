"""The in-memory twin of the ports of alerting."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from mainstay.ports.alerts import Page, Part, Silence
from mainstay.ports.clock import Clock


@dataclass
class MemoryAlerts:
    """Lets one process watch; implements ``ports.Alerts`` and ``ports.Pages``.

    Args:
        clock: the store's time.
        known: returns the owners that are known as processes.
    """

    clock: Clock
    known: Callable[[], Collection[str]]
    _owner: str = ""
    _epoch: int = 0
    _until_ms: int = 0
    _memory: dict[Part, bytes] = field(default_factory=dict[Part, bytes])
    _silences: dict[str, Silence] = field(default_factory=dict[str, Silence])
    _pages: dict[str, Page] = field(default_factory=dict[str, Page])

    async def watch(
        self, owner: str, for_s: float, *, patient: bool = False
    ) -> int | None:
        """Win or prolong the right to watch; return the epoch, or None."""
        now_ms = self.clock.now_ms()
        if owner != self._owner:
            is_held = patient or self._until_ms > now_ms
            if is_held and self._owner in self.known():
                return None
            self._owner, self._epoch = owner, self._epoch + 1
        self._until_ms = now_ms + round(for_s * 1000)
        return self._epoch

    async def remember(self, epoch: int, part: Part, content: bytes) -> bool:
        """Keep what the watcher of an epoch knows; return whether it is the present."""
        if epoch == self._epoch:
            self._memory[part] = content
        return epoch == self._epoch

    async def recall(self, part: Part) -> bytes:
        """Return what was kept last."""
        return self._memory.get(part, b"")

    async def silence(self, name: str, for_s: float, reason: str, actor: str) -> int:
        """Silence an alert from now on; return when that ends."""
        until_ms = self.clock.now_ms() + round(for_s * 1000)
        self._silences[name] = Silence(name, until_ms, reason, actor)
        return until_ms

    async def silences(self) -> Sequence[Silence]:
        """Return those that hold now, by name."""
        now_ms = self.clock.now_ms()
        held = (one for one in self._silences.values() if one.until_ms > now_ms)
        return sorted(held, key=lambda one: one.name)

    async def publish(self, owner: str, address: str, machine: str = "") -> None:
        """Tell where a process's metrics are."""
        self._pages[owner] = Page(address, machine)

    async def pages(self) -> Sequence[Page]:
        """Return the pages of processes that are known."""
        known = self.known()
        found = {page for owner, page in self._pages.items() if owner in known}
        return sorted(found, key=lambda page: (page.address, page.machine))
