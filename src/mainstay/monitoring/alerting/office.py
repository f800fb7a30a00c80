"""What the process that watches over alerts does, round by round.

It reads the metrics of all processes, evaluates the rules, tells what there is to tell,
and has the store remember what whoever follows must know: before a notice, that it was
begun, after it, that it was taken. So a process that dies in between makes its follower
tell it again; nothing is told twice otherwise, and nothing is lost.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from typing_extensions import TypeVarTuple

from mainstay.domain.errors import StoreUnavailable
from mainstay.monitoring.alerting import history, memory
from mainstay.monitoring.alerting.dispatch import Dispatch, Errand
from mainstay.monitoring.alerting.memory import Memory
from mainstay.monitoring.alerting.notice import NotSent
from mainstay.monitoring.alerting.rounds import Rounds
from mainstay.monitoring.alerting.surroundings import Surroundings
from mainstay.monitoring.alerting.survey import Survey
from mainstay.monitoring.alerting.template import DOCS

Given = TypeVarTuple("Given")
Result = TypeVar("Result")

RIGHT_S = 60.0
"""How long the right to watch is held without being prolonged."""

SEND_S = 10.0
HISTORY_S = 300.0
EARLIER = f"earlier messages to it took longer than {SEND_S:g} s"
READERS, COURIERS = 8, 4
"""Threads that read pages, and that each sender has at most."""


class Office:
    """Watches in one epoch.

    Args:
        epoch: in which this process has the right to.
        around: what it stands on.
    """

    def __init__(self, epoch: int, around: Surroundings) -> None:
        self.epoch = epoch
        self._around = around
        options = around.options
        self._rounds = Rounds(options.rules, {DOCS: options.docs})
        self._dispatch = Dispatch(options.source, options.severities, options.senders)
        self._silenced: frozenset[str] = frozenset()
        self._faults: tuple[str, ...] = ()
        self._played_s = 0.0
        self._history_s = around.clock.monotonic_s()
        # Samples and rules have a thread of their own, one thing after the other. A
        # sender that hangs keeps no page from being read, and no other from telling.
        self._thread = ThreadPoolExecutor(1, "alerts")
        self._lines = ThreadPoolExecutor(READERS, "alerts-lines")
        self._couriers = {
            one.name: ThreadPoolExecutor(COURIERS, f"alerts-{one.name}")
            for one in options.senders
        }
        self._survey = Survey(
            self._rounds.samples,
            around.fetch,
            self._lines,
            around.trouble,
            machine=around.machine,
        )

    async def recall(self) -> None:
        """Go on from what an earlier watcher left; what cannot be read is left out."""
        shared = self._around.shared
        try:
            left = memory.loaded(await shared.recall("alerts"))
            self._played_s = left.played_s
            self._rounds.recall(left.alerts)
            self._dispatch.recall(left.told)
            content = await shared.recall("history")
            await self._in_thread(history.load, self._rounds.samples, content)
        except ValueError as error:
            self._around.trouble(f"what was remembered cannot be read: {error}")

    async def play(self, *, alone: bool) -> None:
        """Play one round.

        Args:
            alone: whether the store is away: nothing is asked of it, or kept there.
        """
        began_s = self._around.clock.monotonic_s()
        if not alone:
            await self._look()
        pages = await self._survey.pages()
        now_s = self._around.clock.now_ms() / 1000
        faults = await self._in_thread(self._evaluated, pages, now_s)
        self._played_s = now_s
        if faults != self._faults:
            self._faults = faults
            for fault in faults:
                self._around.trouble(fault)
        await self._tell(now_s, began_s, alone=alone)
        if not alone and began_s - self._history_s >= HISTORY_S:
            self._history_s = began_s
            await self._keep_history()

    async def leave(self) -> None:
        """Have everything remembered, and give up the right to watch."""
        await self._remember()
        await self._keep_history()
        await self._around.shared.watch(self._around.owner, 0)

    def close(self) -> None:
        """End the threads; what is on its way comes to its own end."""
        for threads in (self._thread, self._lines, *self._couriers.values()):
            threads.shutdown(wait=False, cancel_futures=True)

    async def _look(self) -> None:
        """See who is there and what is silenced; the last look serves without it."""
        shared = self._around.shared
        try:
            self._survey.meet(await shared.pages())
            self._silenced = frozenset(one.name for one in await shared.silences())
        except StoreUnavailable as error:
            self._around.trouble(str(error))

    def _evaluated(
        self, pages: Mapping[str, str | None], now_s: float
    ) -> tuple[str, ...]:
        samples = self._rounds.samples
        samples.left_out = 0
        faults = self._survey.take(pages, now_s)
        faults += self._rounds.play(now_s)
        if samples.left_out:
            faults.append("more series than are kept; some rules do not see all")
        return tuple(faults)

    async def _tell(self, now_s: float, began_s: float, *, alone: bool) -> None:
        errands = self._dispatch.errands(self._rounds.alerts, self._silenced, now_s)
        if errands:
            self._dispatch.begin(errands)
            if not (alone or await self._may_tell(began_s)):
                return
            sent = await asyncio.gather(*(self._is_sent(one) for one in errands))
            for errand, was_taken in zip(errands, sent, strict=True):
                self._dispatch.end(errand, now_s, was_taken=was_taken)
        if not alone:
            await self._remember()

    async def _may_tell(self, began_s: float) -> bool:
        """Note what is begun; tell whether nobody else can have followed by now."""
        kept = await self._remember()
        took_s = self._around.clock.monotonic_s() - began_s
        return kept and took_s < RIGHT_S - SEND_S

    async def _is_sent(self, errand: Errand) -> bool:
        sender = errand.sender
        sending = self._couriers[sender.name].submit(sender.send, errand.notice)
        try:
            async with asyncio.timeout(SEND_S):
                await asyncio.wrap_future(sending)
        except NotSent as error:
            reason = str(error)
        except TimeoutError:
            # What can be called off now has not begun.
            reason = EARLIER if sending.cancel() else f"did not answer in {SEND_S:g} s"
        except Exception as error:  # noqa: BLE001 - or what others took is not noted
            reason = type(error).__name__
        else:
            return True
        self._around.trouble(
            f"{sender.name} was not told of {errand.notice.name}: {reason}"
        )
        return False

    async def _remember(self) -> bool:
        """Keep what was found; return whether this process still has the right."""
        left = Memory(
            watcher=self._around.owner,
            played_s=self._played_s,
            alerts=tuple(self._rounds.alerts),
            told=self._dispatch.told,
            pages=self._survey.up,
            faults=self._faults,
        )
        try:
            return await self._around.shared.remember(
                self.epoch, "alerts", memory.dumped(left)
            )
        except StoreUnavailable as error:
            self._around.trouble(str(error))
            return True

    async def _keep_history(self) -> None:
        try:
            content = await self._in_thread(history.dumped, self._rounds.samples)
            await self._around.shared.remember(self.epoch, "history", content)
        except (StoreUnavailable, ValueError) as error:
            self._around.trouble(f"samples were not kept: {error}")

    async def _in_thread(
        self, work: Callable[[*Given], Result], *given: *Given
    ) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, work, *given)
