"""Each interleaving that the fences guard against, forced by a pause in a commit."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mainstay.domain.errors import LeaseLost, TakenOver
from mainstay.domain.reply import Reply
from mainstay.domain.step import ModelStep
from mainstay.domain.turn import Claim
from mainstay.ports.inbox import Accepted, NewConversation, NewMessage
from mainstay.ports.journal import Ending, Entry
from mainstay.stores.sqlite.store import SqliteStore, open_store
from mainstay.system.ids import SystemIds

STEP = ModelStep("m", [{"type": "text", "text": "thinking"}], "end_turn")
REPLY = Ending(Reply("Here you are.", "m", True, 0), "answered")


class HandClock:
    """Time moved by hand."""

    def __init__(self) -> None:
        self.ms = 1_000_000

    def now_ms(self) -> int:
        """Return the time that was set."""
        return self.ms

    def monotonic_s(self) -> float:
        """Return the same in seconds."""
        return self.ms / 1000

    async def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.ms += int(seconds * 1000)


class Pause:
    """Stops a store's writer thread before a statement until it is let go."""

    def __init__(self, store: SqliteStore, before: str) -> None:
        self._reached = threading.Event()
        self._go = threading.Event()
        self._before = before
        self.seen: list[str] = []
        store.writer.connection.set_trace_callback(self._trace)

    async def reached(self) -> None:
        """Return when the writer stands before the statement."""
        assert await asyncio.to_thread(self._reached.wait, 5), "never reached"

    def go(self) -> None:
        """Let the writer go on."""
        self._go.set()

    def _trace(self, sql: str) -> None:
        self.seen.append(sql)
        if self._before in " ".join(sql.split()) and not self._reached.is_set():
            self._reached.set()
            self._go.wait(10)


@asynccontextmanager
async def stores(
    folder: Path, clock: HandClock
) -> AsyncIterator[tuple[SqliteStore, SqliteStore]]:
    """Open one file twice, as two processes do."""
    opened = [
        open_store(
            folder / "s.db",
            clock,
            SystemIds(),
            busy_timeout_s=5,
            on_commit=lambda touched: None,
        )
        for _ in range(2)
    ]
    try:
        yield opened[0], opened[1]
    finally:
        for store in opened:
            store.close()


async def begin(store: SqliteStore) -> str:
    """Open a conversation."""
    return (await store.inbox.open(NewConversation("c", "test", {}))).id


async def say(
    store: SqliteStore, conversation_id: str, text: str = "Hello"
) -> Accepted:
    """Accept a message."""
    new = NewMessage(conversation_id, None, text, (), text)
    accepted = await store.inbox.accept(new)
    assert isinstance(accepted, Accepted)
    return accepted


async def claim(store: SqliteStore, conversation_id: str, owner: str) -> Claim:
    """Claim a conversation that must be free."""
    [won] = await store.leases.claim([conversation_id], owner)
    return won


async def still_waits(task: "asyncio.Task[Any]") -> None:
    """Check that a task does not end while the pause lasts."""
    done, _ = await asyncio.wait([task], timeout=0.2)
    assert not done, "it did not wait for the paused transaction"


def started(work: Awaitable[Any]) -> "asyncio.Task[Any]":
    """Start work in the background."""
    return asyncio.ensure_future(work)


async def test_an_uncommitted_old_write_is_seen_by_the_new_claim(
    tmp_path: Path,
) -> None:
    """A new claim waits for the old holder's open transaction and folds its row."""
    clock = HandClock()
    async with stores(tmp_path, clock) as (a, b):
        conversation = await begin(a)
        await say(a, conversation)
        old = await claim(a, conversation, "a")
        clock.ms += 10_001
        pause = Pause(a, "INSERT INTO steps")
        writing = started(a.journal.append(old, Entry([STEP])))
        await pause.reached()
        claiming = started(claim(b, conversation, "b"))
        await still_waits(claiming)
        pause.go()
        await writing
        new = await claiming
        assert (await b.journal.load(new)).steps == [STEP]
        with pytest.raises(LeaseLost):
            await a.journal.append(old, Entry([STEP]))
        assert (await b.journal.load(new)).steps == [STEP]


async def test_a_claim_under_way_shuts_the_old_write_out(tmp_path: Path) -> None:
    """A write that comes while the new claim commits finds its epoch gone."""
    clock = HandClock()
    async with stores(tmp_path, clock) as (a, b):
        conversation = await begin(a)
        await say(a, conversation)
        old = await claim(a, conversation, "a")
        clock.ms += 10_001
        pause = Pause(b, "UPDATE turns SET state = 'running'")
        claiming = started(claim(b, conversation, "b"))
        await pause.reached()
        writing = started(a.journal.finish(old, REPLY))
        await still_waits(writing)
        pause.go()
        new = await claiming
        with pytest.raises(LeaseLost):
            await writing
        assert len(await b.conversations.messages(conversation, 0, 10)) == 1
        await b.journal.finish(new, REPLY)
        assert len(await b.conversations.messages(conversation, 0, 10)) == 2


async def test_a_stale_reply_inside_a_group_commit_fails_alone(tmp_path: Path) -> None:
    """Claim, stale reply and another's accept share a commit; only the reply fails."""
    clock = HandClock()
    async with stores(tmp_path, clock) as (a, _):
        conversation, other = await begin(a), await begin(a)
        await say(a, conversation)
        old = await claim(a, conversation, "a")
        clock.ms += 10_001
        pause = Pause(a, "INSERT INTO conversations")
        blocker = started(begin(a))
        await pause.reached()
        group = [
            started(claim(a, conversation, "b")),
            started(a.journal.finish(old, REPLY)),
            started(say(a, other)),
        ]
        await asyncio.sleep(0)
        pause.go()
        new, reply, accepted = await asyncio.gather(*group, return_exceptions=True)
        await blocker
        assert isinstance(new, Claim)
        assert isinstance(reply, LeaseLost)
        assert isinstance(accepted, Accepted)
        assert pause.seen.count("COMMIT") == 2, "the three did not share a commit"
        assert len(await a.conversations.messages(conversation, 0, 10)) == 1
        assert len(await a.conversations.messages(other, 0, 10)) == 1


async def test_a_message_at_the_moment_of_the_claim_opens_the_next_turn(
    tmp_path: Path,
) -> None:
    """Accept waits for the claim's commit and does not join the turn it took."""
    async with stores(tmp_path, HandClock()) as (a, b):
        conversation = await begin(a)
        first = await say(a, conversation)
        pause = Pause(b, "UPDATE turns SET state = 'running'")
        claiming = started(claim(b, conversation, "b"))
        await pause.reached()
        accepting = started(say(a, conversation, "And another thing"))
        await still_waits(accepting)
        pause.go()
        won, second = await claiming, await accepting
        assert (won.turn.id, won.turn.last_seq) == (first.turn_id, 1)
        assert second.turn_id != first.turn_id


async def test_a_claim_at_the_moment_of_a_message_takes_it_along(
    tmp_path: Path,
) -> None:
    """The claim waits for accept's commit; the burst is one turn."""
    async with stores(tmp_path, HandClock()) as (a, b):
        conversation = await begin(a)
        first = await say(a, conversation)
        pause = Pause(a, "UPDATE turns SET last_seq")
        accepting = started(say(a, conversation, "And another thing"))
        await pause.reached()
        claiming = started(claim(b, conversation, "b"))
        await still_waits(claiming)
        pause.go()
        second, won = await accepting, await claiming
        assert second.turn_id == first.turn_id == won.turn.id
        assert won.turn.last_seq == 2


async def test_a_message_during_the_release_is_not_stranded(tmp_path: Path) -> None:
    """Accept waits for the reply's commit; the conversation is due again after it."""
    async with stores(tmp_path, HandClock()) as (a, b):
        conversation = await begin(a)
        await say(a, conversation)
        won = await claim(a, conversation, "a")
        pause = Pause(a, "UPDATE conversations SET last_seq = last_seq + 1, last_event")
        finishing = started(a.journal.finish(won, REPLY))
        await pause.reached()
        accepting = started(say(b, conversation, "One more"))
        await still_waits(accepting)
        pause.go()
        await finishing
        second = await accepting
        assert (await claim(b, conversation, "b")).turn.id == second.turn_id


async def test_a_release_during_a_message_sees_it(tmp_path: Path) -> None:
    """The reply's commit waits for accept and leaves the conversation due."""
    async with stores(tmp_path, HandClock()) as (a, b):
        conversation = await begin(a)
        await say(a, conversation)
        won = await claim(a, conversation, "a")
        pause = Pause(b, "INSERT INTO messages")
        accepting = started(say(b, conversation, "One more"))
        await pause.reached()
        finishing = started(a.journal.finish(won, REPLY))
        await still_waits(finishing)
        pause.go()
        second = await accepting
        await finishing
        assert (await claim(b, conversation, "b")).turn.id == second.turn_id


async def test_no_reply_commits_after_a_takeover(tmp_path: Path) -> None:
    """A reply that comes while the takeover commits is refused; the lease is ended."""
    async with stores(tmp_path, HandClock()) as (a, b):
        conversation = await begin(a)
        accepted = await say(a, conversation)
        won = await claim(a, conversation, "a")
        pause = Pause(b, "INSERT INTO events")
        taking = started(b.desk.take_over(conversation, "olga", "asked for"))
        await pause.reached()
        finishing = started(a.journal.finish(won, REPLY))
        await still_waits(finishing)
        pause.go()
        assert await taking is True
        with pytest.raises(TakenOver):
            await finishing
        assert len(await a.conversations.messages(conversation, 0, 10)) == 1
        turn = await a.conversations.turn(accepted.turn_id)
        assert turn is not None
        assert (turn.state, turn.reply) == ("handed_off", None)


async def test_a_reply_under_way_commits_before_the_takeover(tmp_path: Path) -> None:
    """A takeover waits for the reply's commit; the reply stands, the human follows."""
    async with stores(tmp_path, HandClock()) as (a, b):
        conversation = await begin(a)
        await say(a, conversation)
        won = await claim(a, conversation, "a")
        pause = Pause(a, "INSERT INTO messages")
        finishing = started(a.journal.finish(won, REPLY))
        await pause.reached()
        taking = started(b.desk.take_over(conversation, "olga", "asked for"))
        await still_waits(taking)
        pause.go()
        await finishing
        assert await taking is True
        roles = [m.role for m in await a.conversations.messages(conversation, 0, 10)]
        assert roles == ["customer", "agent"]
        assert await a.leases.claim([conversation], "b") == []
