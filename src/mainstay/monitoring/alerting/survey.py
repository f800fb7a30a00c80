"""Reads the metrics of every process, again and again."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor

from mainstay.monitoring.alerting.samples import Samples
from mainstay.monitoring.alerting.target import Target
from mainstay.ports.alerts import Page

FETCH_S = 10.0
MAX_PAGES = 200

FAR = "that address leads there from its own machine only"
BEYOND = f"more than {MAX_PAGES} processes; the others' metrics are not read"


class Survey:
    """The processes that are known, and whether each can be read.

    Args:
        samples: where their metrics go.
        fetch: returns the page at an address; blocks.
        threads: run it.
        trouble: is told when a process cannot be read any more.
        machine: where this process is.
        within_s: how long all of them together may take.
    """

    def __init__(
        self,
        samples: Samples,
        fetch: Callable[[str], str],
        threads: Executor,
        trouble: Callable[[str], None],
        *,
        machine: str = "",
        within_s: float = FETCH_S,
    ) -> None:
        self._samples = samples
        self._fetch = fetch
        self._threads = threads
        self._trouble = trouble
        self._machine = machine
        self._within_s = within_s
        self._targets: dict[str, Target] = {}
        self._up: dict[str, bool] = {}
        self._are_too_many = False

    @property
    def up(self) -> Mapping[str, bool]:
        """Whether each process could be read."""
        return dict(self._up)

    def meet(self, pages: Sequence[Page]) -> None:
        """Take it that these are there, and no others.

        Those beyond the bound are not read, and count as not seen.
        """
        read = pages[:MAX_PAGES]
        near = {one.address for one in read if self._is_near(one)}
        # From here the address would lead to a process of this machine.
        far = {self._name(one) for one in read if not self._is_near(one)}
        beyond = {self._name(one) for one in pages[MAX_PAGES:]} - near
        self._are_too_many = bool(beyond)
        for gone in self._targets.keys() - near:
            self._targets.pop(gone).leave()
        for gone in self._up.keys() - near - far - beyond:
            del self._up[gone]
        self._up |= dict.fromkeys(beyond, False)
        for address in sorted(near - self._targets.keys()):
            self._targets[address] = Target(address, self._samples)
            self._up.pop(address, None)
        for name in sorted(far):
            self._missed(name, FAR)

    def _name(self, page: Page) -> str:
        is_near = self._is_near(page)
        return page.address if is_near else f"{page.address} of {page.machine}"

    def _is_near(self, page: Page) -> bool:
        return page.machine in {"", self._machine}

    async def pages(self) -> dict[str, str | None]:
        """Return the page of each address, None where there is none in time.

        Who did not answer the last time is asked last, and keeps nobody waiting.
        """
        order = sorted(self._targets, key=lambda at: not self._up.get(at, True))
        asking = {at: asyncio.create_task(self._page(at)) for at in order}
        if asking:
            await asyncio.wait(asking.values(), timeout=self._within_s)
        pages: dict[str, str | None] = {}
        for address, task in asking.items():
            if not task.done():
                task.cancel()
                self._missed(address, f"not answered in {self._within_s:g} s")
            pages[address] = task.result() if task.done() else None
        return pages

    async def _page(self, address: str) -> str | None:
        loop = asyncio.get_running_loop()
        try:
            page = await loop.run_in_executor(self._threads, self._fetch, address)
        except (OSError, ValueError) as error:
            self._missed(address, str(error))
            return None
        self._up[address] = True
        return page

    def _missed(self, address: str, reason: str) -> None:
        if self._up.get(address, True):
            self._trouble(f"no metrics at {address}: {reason}")
        self._up[address] = False

    def take(self, pages: Mapping[str, str | None], now_s: float) -> list[str]:
        """Take what was read at a time; return what could not be, a line each."""
        faults: list[str] = []
        if self._are_too_many:
            faults.append(BEYOND)
        for address, page in pages.items():
            target = self._targets[address]
            try:
                if page is not None:
                    target.take(page, now_s)
                    continue
            except ValueError as error:
                faults.append(f"metrics at {address}: {error}")
            target.miss(now_s)
        return faults
