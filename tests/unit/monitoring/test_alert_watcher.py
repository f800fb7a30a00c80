"""One process watches, another follows; alerts are told once, and none is lost."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from tests.unit.monitoring.alert_world import World

from mainstay.monitoring.alerting import memory
from mainstay.monitoring.alerting import office as office_code
from mainstay.monitoring.alerting import watcher as watcher_code
from mainstay.monitoring.alerting.office import COURIERS, READERS, RIGHT_S
from mainstay.monitoring.alerting.telling import GAP_S
from mainstay.monitoring.alerting.watcher import EVERY_S, PATIENCE_S, Watcher
from mainstay.ports.alerts import Page

CALM = 'queue{q="a"} 1\nage 0\nfailures_total 5\n'
LONG = CALM.replace("} 1", "} 20")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Give a deployment."""
    one = World()
    yield one
    one.clock.advance(0)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Stop every watcher in the end."""
    async with AsyncExitStack() as one:
        yield one


async def joined(
    world: World, stack: AsyncExitStack, owner: str, page: str = CALM
) -> Watcher:
    """Start a process that is stopped in the end."""
    watcher = await world.join(owner, page)
    stack.push_async_callback(watcher.stop)
    return watcher


async def test_an_alert_is_told_once_and_its_end_once(
    world: World, stack: AsyncExitStack
) -> None:
    """At once, and not again while it goes on."""
    await joined(world, stack, "one", LONG)
    await world.rounds(20)
    assert world.teller.lines == [("Long", "firing")]
    (notice,) = world.teller.told
    assert notice.firing[0].annotations["summary"] == "20 wait"
    world.page["one:1"] = CALM
    await world.rounds(20)
    assert world.teller.lines == [("Long", "firing"), ("Long", "resolved")]
    assert world.troubles == []


async def test_it_is_told_again_after_its_time(
    world: World, stack: AsyncExitStack
) -> None:
    """What still fires must not be forgotten."""
    world.teller.repeat_s = 600
    await joined(world, stack, "one", LONG)
    await world.rounds(int(1300 / EVERY_S))
    assert world.teller.lines == [("Long", "firing")] * 3


async def test_it_fires_when_it_has_lasted(world: World, stack: AsyncExitStack) -> None:
    """A minute, not less; an interruption begins anew."""
    await joined(world, stack, "one", CALM.replace("age 0", "age 9"))
    await world.rounds(3)
    world.page["one:1"] = CALM
    await world.rounds(1)
    world.page["one:1"] = CALM.replace("age 0", "age 9")
    await world.rounds(4)
    assert world.teller.lines == []
    await world.rounds(1)
    assert world.teller.lines == [("Slow", "firing")]


async def test_it_fires_on_for_its_time(world: World, stack: AsyncExitStack) -> None:
    """A short gap is not an end."""
    await joined(world, stack, "one")
    await world.rounds(1)
    world.page["one:1"] = CALM.replace("total 5", "total 7")
    await world.rounds(1)
    assert world.teller.lines == [("Failing", "firing")]
    await world.rounds(int((300 + 90) / EVERY_S))
    assert world.teller.lines == [("Failing", "firing")]
    await world.rounds(4)
    assert world.teller.lines == [("Failing", "firing"), ("Failing", "resolved")]


async def test_more_of_the_same_are_one_message_later(
    world: World, stack: AsyncExitStack
) -> None:
    """The second process that is slow is told of with the first, after five minutes."""
    slow = CALM.replace("age 0", 'age{process="1"} 9')
    await joined(world, stack, "one", slow)
    await world.rounds(5)
    assert world.teller.lines == [("Slow", "firing")]
    world.page["one:1"] = slow + 'age{process="2"} 9\nage{process="3"} 9\n'
    await world.rounds(6)
    assert len(world.teller.told) == 1
    await world.rounds(int(GAP_S / EVERY_S))
    assert [len(one.firing) for one in world.teller.told] == [1, 3]


async def test_the_heartbeat_goes_on_by_the_minute(
    world: World, stack: AsyncExitStack
) -> None:
    """People do not hear of the deadman; the heartbeat hears of nothing else."""
    await joined(world, stack, "one", LONG)
    await world.rounds(20)
    assert {name for name, _ in world.heartbeat.lines} == {"Deadman"}
    assert len(world.heartbeat.told) == 6


async def test_what_was_not_taken_is_tried_again_until_it_is(
    world: World, stack: AsyncExitStack
) -> None:
    """Ever less often, and told as trouble."""
    world.teller.refuses = True
    await joined(world, stack, "one", LONG)
    await world.rounds(40)
    tries = [one for one in world.troubles if "was not told of Long: not now" in one]
    assert 4 <= len(tries) <= 6
    world.teller.refuses = False
    await world.rounds(21)
    assert world.teller.lines == [("Long", "firing")]


async def test_a_sender_with_a_fault_of_its_own_is_one_that_refused(
    world: World, stack: AsyncExitStack
) -> None:
    """Told by the fault's type; what others took is not sent to them again."""
    world.teller.fault = RuntimeError("with a secret")
    await joined(world, stack, "one", LONG)
    await world.rounds(8)
    assert len(world.heartbeat.told) == 3
    told = [one for one in world.troubles if "was not told of Long" in one]
    assert set(told) == {"webhook was not told of Long: RuntimeError"}
    assert len(told) == 4
    world.teller.fault = None
    await world.rounds(8)
    assert world.teller.lines == [("Long", "firing")]


async def test_a_sender_that_hangs_keeps_nobody_from_being_seen(
    world: World, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many of its messages are on their way: pages are read, others told."""
    monkeypatch.setattr(office_code, "SEND_S", 0.2)
    over = threading.Event()
    stack.callback(over.set)
    monkeypatch.setattr(world.teller, "send", lambda _: over.wait(30))
    (long,) = [one for one in world.rules if one.name == "Long"]
    many = range(COURIERS + READERS)
    world.rules += [replace(long, name=f"Long{n}") for n in many]
    await joined(world, stack, "one", LONG)
    await world.rounds(8)
    assert len(world.heartbeat.told) == 3
    assert [one for one in world.troubles if "no metrics" in one] == []


async def test_what_was_over_before_anybody_was_told_is_still_ended(
    world: World, stack: AsyncExitStack
) -> None:
    """A refusal may be a late yes: the other side must not keep it open for ever."""
    world.teller.refuses = True
    await joined(world, stack, "one", LONG)
    world.page["one:1"] = CALM
    await world.rounds(2)
    world.teller.refuses = False
    await world.rounds(3)
    assert world.teller.lines == [("Long", "resolved")]


async def test_a_silence_keeps_it_quiet_until_it_ends(
    world: World, stack: AsyncExitStack
) -> None:
    """Then it is told, if it still fires."""
    await world.shared.silence("Long", 120, "known", "cli")
    await joined(world, stack, "one", LONG)
    await world.rounds(7)
    assert world.teller.lines == []
    await world.rounds(2)
    assert world.teller.lines == [("Long", "firing")]


async def test_an_end_is_told_in_spite_of_a_silence(
    world: World, stack: AsyncExitStack
) -> None:
    """Nobody should go on working on what is over."""
    await joined(world, stack, "one", LONG)
    await world.shared.silence("Long", 600, "working on it", "cli")
    world.page["one:1"] = CALM
    await world.rounds(2)
    assert world.teller.lines == [("Long", "firing"), ("Long", "resolved")]


async def test_all_processes_are_seen_together(
    world: World, stack: AsyncExitStack
) -> None:
    """Two queues of 6 are 12, whoever watches; one that dies counts no more."""
    half = CALM.replace("} 1", "} 6")
    await joined(world, stack, "one", half)
    await joined(world, stack, "two", half)
    await world.rounds(1)
    assert world.teller.lines == [("Long", "firing")]
    del world.page["two:1"]
    await world.rounds(1)
    assert world.teller.lines[1:] == [("Long", "resolved")]
    assert any("no metrics at two:1" in one for one in world.troubles)


async def test_only_one_process_tells(world: World, stack: AsyncExitStack) -> None:
    """However many could."""
    for owner in ("one", "two", "three"):
        await joined(world, stack, owner, LONG)
    await world.rounds(20)
    assert world.teller.lines == [("Long", "firing")]


async def test_another_follows_a_dead_watcher_without_telling_again(
    world: World, stack: AsyncExitStack
) -> None:
    """It knows what was told, and ends it."""
    first = await world.join("one", LONG)
    await joined(world, stack, "two", LONG)
    await world.rounds(2)
    await first._going.stop()  # noqa: SLF001 - dies without a word
    world.known.discard("one")
    await world.rounds(4)
    assert world.teller.lines == [("Long", "firing")]
    world.page["two:1"] = CALM
    await world.rounds(3)
    assert world.teller.lines == [("Long", "firing"), ("Long", "resolved")]


async def test_another_follows_one_that_is_frozen(
    world: World, stack: AsyncExitStack
) -> None:
    """After the time of its right, though it is still known."""
    first = await world.join("one", CALM)
    await joined(world, stack, "two", CALM)
    await first._going.stop()  # noqa: SLF001 - it stands still
    world.page["two:1"] = LONG
    for _ in range(int(RIGHT_S / 5) + 1):
        world.clock.advance(5)
        await world.clock.until_sleepers(1)
    assert world.teller.lines == [("Long", "firing")]


async def test_one_that_leaves_is_followed_at_once(
    world: World, stack: AsyncExitStack
) -> None:
    """Within the pause between two looks, with all its samples."""
    first = await world.join("one", CALM)
    await joined(world, stack, "two", CALM)
    await world.rounds(8)
    world.page["two:1"] = world.page["one:1"] = CALM.replace("total 5", "total 9")
    await first.stop()
    world.known.discard("one")
    await world.rounds(2, every_s=5)
    # The increase is known only to who has the samples from before.
    assert world.teller.lines == [("Failing", "firing")]


async def test_a_stop_waits_for_a_round_that_hangs_only_once(
    world: World, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a bounded time; a second stop finds nothing to wait for."""
    monkeypatch.setattr(watcher_code, "SEND_S", 1.0)
    hanging = asyncio.Event()

    async def never() -> list[Page]:
        hanging.set()
        await asyncio.Event().wait()
        return []

    watcher = await joined(world, stack, "one")
    monkeypatch.setattr(world.shared, "pages", never)
    world.clock.advance(EVERY_S)
    await asyncio.wait_for(hanging.wait(), 20)
    await watcher.stop()
    await asyncio.wait_for(watcher.stop(), 0.5)


async def test_a_death_between_begin_and_end_ends_it_all_the_same(
    world: World, stack: AsyncExitStack
) -> None:
    """What was begun is remembered before it is sent: the follower can resolve it."""
    first = await world.join("one", CALM)
    await joined(world, stack, "two", CALM)
    world.page["two:1"] = LONG
    world.teller.refuses = True
    await world.rounds(1)
    await first._going.stop()  # noqa: SLF001 - dies without a word
    world.known.discard("one")
    world.page["two:1"] = CALM
    world.teller.refuses = False
    await world.rounds(4)
    assert world.teller.lines == [("Long", "resolved")]


async def test_it_goes_on_while_the_store_is_away(
    world: World, stack: AsyncExitStack
) -> None:
    """Just then there is something to tell; afterwards it is remembered."""
    await joined(world, stack, "one", CALM)
    world.shared.away = True
    world.page["one:1"] = LONG
    await world.rounds(3)
    assert world.teller.lines == [("Long", "firing")]
    world.shared.away = False
    await world.rounds(3)
    assert world.teller.lines == [("Long", "firing")]
    assert b"Long" in await world.shared.recall("alerts")


async def test_who_told_while_the_store_was_away_goes_on_afterwards(
    world: World, stack: AsyncExitStack
) -> None:
    """Its right is over and others look more often, but only it knows what it told."""
    await joined(world, stack, "one", CALM)
    await joined(world, stack, "two", CALM)
    await world.rounds(2)
    world.shared.away = True
    world.page["one:1"] = LONG
    await world.rounds(int(2 * RIGHT_S / EVERY_S))
    world.shared.away = False
    await world.rounds(12, every_s=5)
    assert world.teller.lines == [("Long", "firing")]
    world.page["one:1"] = CALM
    await world.rounds(3, every_s=5)
    assert world.teller.lines == [("Long", "firing"), ("Long", "resolved")]


async def test_one_that_starts_takes_no_right_from_who_tells_alone(
    world: World, stack: AsyncExitStack
) -> None:
    """As a gateway that comes up in the same moment as the store."""
    await joined(world, stack, "one", CALM)
    world.shared.away = True
    world.page["one:1"] = LONG
    await world.rounds(int(2 * RIGHT_S / EVERY_S))
    world.shared.away = False
    world.page["one:1"] = CALM
    await joined(world, stack, "two", CALM)
    await world.rounds(6, every_s=5)
    assert world.teller.lines == [("Long", "firing"), ("Long", "resolved")]


async def test_one_that_died_while_the_store_was_away_is_followed(
    world: World, stack: AsyncExitStack
) -> None:
    """Also while it is still known: after a while nobody waits for it any more."""
    first = await world.join("one", CALM)
    await joined(world, stack, "two", CALM)
    world.shared.away = True
    await world.rounds(int(2 * RIGHT_S / EVERY_S))
    await first._going.stop()  # noqa: SLF001 - dies without a word
    world.shared.away = False
    world.page["two:1"] = LONG
    for _ in range(int(PATIENCE_S / 5) + 1):
        world.clock.advance(5)
        await world.clock.until_sleepers(1)
    assert world.teller.lines == [("Long", "firing")]


async def test_a_clock_that_is_set_back_makes_nobody_blind(
    world: World, stack: AsyncExitStack
) -> None:
    """As after a moment in which it was an hour ahead: all goes on from there."""
    await joined(world, stack, "one", LONG)
    await world.rounds(2)
    world.clock.set_wall_ms(world.clock.now_ms() - 3_600_000)
    world.page["one:1"] = CALM
    await world.rounds(1)
    assert world.teller.lines == [("Long", "firing"), ("Long", "resolved")]
    beats = len(world.heartbeat.told)
    world.page["one:1"] = CALM.replace("age 0", "age 9")
    await world.rounds(8)
    assert world.teller.lines[2:] == [("Slow", "firing")]
    assert len(world.heartbeat.told) == beats + 2


async def test_what_was_remembered_and_cannot_be_read_is_left_out(
    world: World, stack: AsyncExitStack
) -> None:
    """It is told as trouble, and watching goes on."""
    world.known.add("zero")
    epoch = await world.shared.watch("zero", 0)
    assert epoch is not None
    await world.shared.remember(epoch, "alerts", b"{")
    await world.shared.remember(epoch, "history", b"odd")
    world.known.discard("zero")
    await joined(world, stack, "one", LONG)
    assert world.teller.lines == [("Long", "firing")]
    assert any("cannot be read" in one for one in world.troubles)


async def test_what_is_remembered_is_of_the_last_round(
    world: World, stack: AsyncExitStack
) -> None:
    """Values and processes too, though there was nothing to tell; not of the end."""
    watcher = await joined(world, stack, "one", LONG)
    await joined(world, stack, "two")
    await world.rounds(2)
    world.page["one:1"] = LONG.replace("} 20", "} 30")
    del world.page["two:1"]
    await world.rounds(1)
    played_s = world.clock.now_ms() / 1000
    left = memory.loaded(await world.shared.recall("alerts"))
    assert [one.value for one in left.alerts if one.name == "Long"] == [30]
    assert left.pages == {"one:1": True, "two:1": False}
    assert left.played_s == played_s
    world.clock.advance(1)
    await watcher.stop()
    assert memory.loaded(await world.shared.recall("alerts")).played_s == played_s
