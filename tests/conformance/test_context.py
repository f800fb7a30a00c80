"""A turn that reads from the cache reads what the store would tell, word for word."""

import random
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from tests.conformance import postgres_ports, sqlite_ports
from tests.conformance.redis_servers import connected
from tests.unit.caches.fickle import Bypasses, FickleCache

from mainstay.caches.context import packed
from mainstay.caches.context_journal import ContextJournal
from mainstay.caches.context_keeper import ContextKeeper
from mainstay.domain.turn import Claim
from mainstay.ports.cache import Cache
from mainstay.ports.journal import EffectChange, Ending, Entry, Record
from mainstay.testing.clock import ManualClock
from mainstay.testing.store_conformance.ports import (
    StorePorts,
    answered,
    effect,
    reply,
    thought,
)

SEEDS, ACTS = 12, 100


class CountedJournal:
    """A store's journal that counts how much was read."""

    def __init__(self, ports: StorePorts) -> None:
        self._journal = ports.journal
        self.loads: list[int] = []
        self.messages = 0

    async def load(self, claim: Claim, *, after: int = 0) -> Record:
        """Read and count."""
        self.loads.append(after)
        record = await self._journal.load(claim, after=after)
        self.messages += len(record.messages)
        return record


class Reader:
    """A worker that reads with a cache, and compares."""

    def __init__(self, ports: StorePorts, cache: Cache) -> None:
        self.ports = ports
        self.cache = cache
        self.store = CountedJournal(ports)
        self.bypasses = Bypasses()
        self.keeper = ContextKeeper(cache)
        self.journal = ContextJournal(self.store, cache, self.keeper, self.bypasses)
        self.turns = 0
        self.whole_messages = 0

    async def read(self, claim: Claim) -> Record:
        """Return the turn's record; it must be the one that the store alone gives."""
        whole = await self.ports.journal.load(claim)
        record = await self.journal.load(claim)
        assert record == whole
        assert [m.seq for m in record.messages] == [m.seq for m in whole.messages]
        self.turns += 1
        self.whole_messages += len(whole.messages)
        return record


class Life:
    """Random histories of two conversations, and a cache that is meddled with."""

    def __init__(self, reader: Reader, seed: int) -> None:
        self.reader = reader
        self.ports = reader.ports
        self.random = random.Random(seed)  # noqa: S311 - a history needs no secrets
        self.ids: list[str] = []
        self.old: list[bytes] = []

    async def live(self, acts: int) -> None:
        """Do so many acts."""
        self.ids = [await self.ports.open("ada"), await self.ports.open("bob")]
        weighted: list[tuple[Callable[[str], Awaitable[None]], int]] = [
            (self.say, 5),
            (self.serve, 8),
            (self.talk, 1),
            (self.meddle, 3),
        ]
        choices, weights = zip(*weighted, strict=True)
        for _ in range(acts):
            (act,) = self.random.choices(choices, weights)
            await act(self.random.choice(self.ids))

    async def say(self, id_: str) -> None:
        """A customer writes, once or more often."""
        for _ in range(self.random.choice([1, 1, 1, 2, 5])):
            await self.ports.say(id_, "é" * self.random.choice([0, 3, 300]) + "?")

    async def serve(self, id_: str) -> None:
        """A worker reads, and ends the attempt in any way."""
        claims = await self.ports.leases.claim([id_], "one")
        for claim in claims:
            await self.reader.read(claim)
            await self._end(claim)

    async def _end(self, claim: Claim) -> None:
        journal, way = self.ports.journal, self.random.random()
        if way < 0.3:
            key = f"{claim.turn.id}:{claim.turn.attempt}"
            intended = effect(claim, key)
            await journal.append(claim, Entry([thought("Hm.")], intended=[intended]))
            change = EffectChange(key, "committed", {"ok": True}, "Paid.")
            await journal.append(claim, Entry(changed=[change]))
        if way < 0.2:
            await journal.postpone(claim, 0, orderly=True)
        elif way < 0.25:
            await journal.finish(claim, Ending(reply("Sorry.", 4), "dead"))
        else:
            await journal.finish(claim, answered("Here you are. " * 5))

    async def talk(self, id_: str) -> None:
        """A human takes over, says little or very much, and hands back."""
        await self.ports.desk.take_over(id_, "op", "test")
        for _ in range(self.random.choice([1, 3, 60])):
            await self.ports.desk.reply(id_, "op", "I am here.")
        await self.ports.desk.hand_back(id_, "op")

    async def meddle(self, id_: str) -> None:
        """The cache forgets, or tells of earlier times, of others, or nonsense."""
        cache, other = self.reader.cache, self.ids[id_ == self.ids[0]]
        now = await cache.get_context(id_) or b""
        self.old.append(now)
        lies = [b"", b"nonsense", now[: len(now) // 2], self.random.choice(self.old)]
        lies.append(await cache.get_context(other) or b"")
        await cache.put_context(id_, self.random.choice(lies))


@pytest.fixture(params=["sqlite", "postgres"])
async def ports(request, tmp_path: Path) -> AsyncIterator[StorePorts]:
    """Give a fresh store of each kind."""
    if request.param == "sqlite":
        path = sqlite_ports.empty(tmp_path / "s.db")
        with sqlite_ports.opened(path, ManualClock()) as fresh:
            yield fresh
    else:
        url = await postgres_ports.empty()
        clock = postgres_ports.DatabaseClock(url.rsplit("/", 1)[1])
        async with postgres_ports.opened(url, clock) as fresh:
            yield fresh


async def test_over_any_history_the_records_are_equal(ports: StorePorts):
    """Also with a cache that forgets, lags, mixes up and lies; and it is of use."""
    turns = joined = again = read = whole = 0
    for seed in range(SEEDS):
        reader = Reader(ports, FickleCache(ManualClock()))
        await reader.keeper.start()
        await Life(reader, seed).live(ACTS)
        await reader.keeper.stop()
        turns += reader.turns
        joined += sum(after > 0 for after in reader.store.loads)
        again += len(reader.store.loads) - reader.turns
        read += reader.store.messages
        whole += reader.whole_messages
        assert reader.bypasses.uses == []
    assert again > 10, "no lie was found out"
    assert joined - again > turns / 2, "no context was of use"
    assert read < whole, "the store told what was known"


async def test_what_one_worker_read_another_one_uses(ports: StorePorts):
    """Through Redis."""
    async with connected("context") as cache, connected("context") as other:
        one, two = Reader(ports, cache), Reader(ports, other)
        id_ = await ports.open()
        for n in range(1, 5):
            await ports.say(id_, f"Question {n}")
            claim = await ports.claim(id_)
            record = await (one if n % 2 else two).read(claim)
            if n % 2:
                context = packed(record)
                assert context is not None
                assert await cache.put_context(id_, context)
            await ports.journal.finish(claim, answered())
        assert two.store.loads == [0, 4]
        assert two.store.messages == 3 + 3


async def test_without_the_cache_the_store_tells_all(ports: StorePorts):
    """In one read, and each such turn is counted."""
    cache = FickleCache(ManualClock())
    reader = Reader(ports, cache)
    await reader.keeper.start()
    cache.away = True
    id_ = await ports.open()
    for _ in range(3):
        await ports.say(id_)
        claim = await ports.claim(id_)
        await reader.read(claim)
        await ports.journal.finish(claim, answered())
    await reader.keeper.stop()
    assert reader.store.loads == [0, 0, 0]
    assert reader.bypasses.uses == ["context", "context"]
    cache.away = False
    assert await cache.get_context(id_) == b""


async def test_a_store_brought_back_from_a_backup_is_right(tmp_path: Path):
    """The cache knows what the store has lost: none of that reaches a model."""
    clock, cache = ManualClock(), FickleCache(ManualClock())
    path = sqlite_ports.empty(tmp_path / "s.db")
    with sqlite_ports.opened(path, clock) as ports:
        id_ = await ports.open()
        await ports.say(id_, "Before the backup.")
        await ports.journal.finish(await ports.claim(id_), answered())
    shutil.copy(path, tmp_path / "backup.db")
    for store, texts in (("s.db", ["Lost."] * 3), ("backup.db", ["New."] * 5)):
        with sqlite_ports.opened(tmp_path / store, clock) as ports:
            reader = Reader(ports, cache)
            for text in texts:
                await ports.say(id_, text)
                await ports.journal.finish(await ports.claim(id_), answered())
            await ports.say(id_, texts[0])
            record = await reader.read(await ports.claim(id_))
            asked = {m.text for m in record.messages if m.role == "customer"}
            assert asked == {"Before the backup.", texts[0]}
            assert await cache.put_context(id_, packed(record) or b"")
    assert reader.store.loads == [8, 0], "the context was not tried"
