"""The people of a simulated world: customers who write, humans who take over."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mainstay.domain.errors import MainstayError, StoreUnavailable
from mainstay.ports.inbox import Accepted, NewConversation, NewMessage
from mainstay.testing.simulation.cluster import Cluster, GoneError
from mainstay.testing.simulation.dice import Dice
from mainstay.testing.simulation.events import Say, TakeOver
from mainstay.testing.simulation.history import History
from mainstay.testing.simulation.member import Member

T = TypeVar("T")

AGAIN_S = 0.5
WAITS_S = 40.0
DESK_S = 1.0
REPLIES_S = 5.0
TRIES = 200


@dataclass(frozen=True, slots=True)
class Promise:
    """A message that a customer was told is accepted: a 202.

    Args:
        at_s: simulated time at which the customer heard so.
        say: what was written.
        conversation_id: where.
        accepted: what the customer was told.
    """

    at_s: float
    say: Say
    conversation_id: str
    accepted: Accepted


class People:
    """Plays everybody; in no process, so that nothing stops them.

    Args:
        cluster: whom they reach.
        history: what customers hear.
        dice: what humans decide.

    Attributes:
        promises: what customers were promised, in order.
        conversations: the conversation of each talk.
        busy: how many of them have something left to do.
    """

    def __init__(self, cluster: Cluster, history: History, dice: Dice) -> None:
        self._cluster = cluster
        self._history = history
        self._dice = dice
        self._loop = asyncio.get_running_loop()
        self.promises: list[Promise] = []
        self.conversations: dict[int, str] = {}
        self._opened: dict[int, asyncio.Event] = {}
        self.busy = 0

    def converse(self, talk: int, says: Sequence[Say]) -> None:
        """Let a customer write, each message at its time."""
        self._opened[talk] = asyncio.Event()
        self._begin(self._converse(talk, says))

    def take_over(self, event: TakeOver) -> None:
        """Let a human take a conversation over."""
        self._begin(self._take_over(event))

    def man_the_desk(self) -> None:
        """Let humans decide approvals and answer what was handed to them."""
        self._loop.create_task(self._desk())

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self.busy += 1

        async def to_the_end() -> None:
            try:
                await work
            finally:
                self.busy -= 1

        self._loop.create_task(to_the_end())

    async def _converse(self, talk: int, says: Sequence[Say]) -> None:
        await self._until(says[0].at_s)
        # Two neighbours are one customer's: two conversations at once.
        new = NewConversation(f"cust_{talk // 2}", "test", {})
        opened = await self._insist(lambda member: member.store.inbox.open(new))
        self.conversations[talk] = opened.id
        self._opened[talk].set()
        for say in says:
            await self._until(say.at_s)
            promise = await self._say(opened.id, say)
            if promise is not None and say.waits:
                await self._history.reply(promise.accepted.turn_id, WAITS_S)

    async def _say(self, conversation_id: str, say: Say) -> Promise | None:
        key = f"key:{say.ref}"
        new = NewMessage(conversation_id, None, say.text, (key,), say.text)
        patience_s = say.patience_s
        for _ in range(say.tries):
            try:
                async with asyncio.timeout(patience_s):
                    accepted = await self._cluster.ask_gateway(
                        lambda member: member.accept(new)
                    )
            except (GoneError, MainstayError, TimeoutError):
                patience_s *= 1.5
                await self._pause(AGAIN_S)
                continue
            if not isinstance(accepted, Accepted):
                raise TypeError(f"refused: {accepted}")
            promise = Promise(self._loop.time(), say, conversation_id, accepted)
            self.promises.append(promise)
            return promise
        return None

    async def _take_over(self, event: TakeOver) -> None:
        await self._until(event.at_s)
        await self._opened[event.talk].wait()
        id_ = self.conversations[event.talk]
        await self._insist(lambda m: m.store.desk.take_over(id_, "human", "simulated"))
        if event.replies:
            await self._pause(self._dice.uniform(0, event.for_s or REPLIES_S))
            await self._reply(id_)
        if event.for_s is not None:
            await self._pause(event.for_s)
            await self._hand_back(id_)

    async def _reply(self, id_: str) -> None:
        try:
            await self._insist(
                lambda m: m.store.desk.reply(id_, "human", "I am looking into it.")
            )
        except MainstayError:
            return  # another human has given it back

    async def _hand_back(self, id_: str) -> None:
        async def work(member: Member) -> None:
            await member.store.desk.hand_back(id_, "human")
            await member.wake(id_)

        await self._insist(work)

    async def _desk(self) -> None:
        while True:
            await self._pause(DESK_S)
            try:
                waiting = await self._cluster.ask_gateway(
                    lambda member: member.store.desk.approvals()
                )
                for approval in waiting:
                    await self._decide(approval.id, approval.conversation_id)
            except (GoneError, MainstayError):
                continue

    async def _decide(self, approval_id: str, conversation_id: str) -> None:
        approves = self._dice.happens(0.7)

        async def work(member: Member) -> None:
            decision = "approve" if approves else "deny"
            await member.store.desk.decide(approval_id, "human", decision)
            await member.wake(conversation_id)

        await self._cluster.ask_gateway(work)

    async def _insist(self, work: Callable[[Member], Coroutine[Any, Any, T]]) -> T:
        """Ask gateways until one has done it."""
        for _ in range(TRIES):
            try:
                return await self._cluster.ask_gateway(work)
            except (GoneError, StoreUnavailable):
                await self._pause(AGAIN_S)
        raise RuntimeError("no gateway could be reached")

    async def _until(self, at_s: float) -> None:
        await self._pause(at_s - self._loop.time())

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))  # noqa: TID251 - simulated time
