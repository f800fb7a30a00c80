"""What a turn keeps of traces; run it on your store.

Give ``TraceConformance`` the same ``ports`` fixture as the suites in
``store_conformance``.
"""

from dataclasses import replace

import pytest

from mainstay.domain.trace import AGAIN, Trace
from mainstay.domain.turn import Turn
from mainstay.ports.inbox import Accepted
from mainstay.ports.journal import Approval, Ending
from mainstay.testing.store_conformance.ports import StorePorts, message, reply

ANSWER_BY_S = 28
MOST_LINES = 30
FIRST = Trace("a" * 32, "1" * 16, sampled=True, state="vendor=one")
SECOND = Trace("b" * 32, "2" * 16, sampled=True, state="vendor=two")


async def say(ports: StorePorts, conversation_id: str, trace: Trace | None) -> str:
    """Accept a message of a trace; return its turn."""
    new = replace(message(conversation_id, "Hi"), trace=trace)
    accepted = await ports.inbox.accept(new)
    assert isinstance(accepted, Accepted)
    return accepted.turn_id


async def claimed(ports: StorePorts, conversation_id: str, owner: str = "one") -> Turn:
    """Claim a conversation and return its turn."""
    return (await ports.claim(conversation_id, owner)).turn


class TraceConformance:
    """Whoever goes on with a turn is told where it stands in its traces."""

    pytestmark = pytest.mark.asyncio

    async def test_the_claim_tells_the_trace(self, ports: StorePorts) -> None:
        """As accept was given it, and when the turn was first claimed."""
        id_ = await ports.open()
        await say(ports, id_, FIRST)
        ports.clock.advance(1)
        turn = await claimed(ports, id_)
        assert (turn.trace, turn.claimed_at_ms) == (FIRST.text, ports.clock.now_ms())

    async def test_a_second_claim_tells_the_same(self, ports: StorePorts) -> None:
        """No wake brought it: the first worker died."""
        id_ = await ports.open()
        await say(ports, id_, FIRST)
        first = await claimed(ports, id_)
        await ports.leases.bury("one")
        ports.clock.advance(1)
        second = await claimed(ports, id_, "two")
        assert second.attempt == 2
        assert (second.trace, second.claimed_at_ms) == (
            first.trace,
            first.claimed_at_ms,
        )

    async def test_without_a_trace_there_is_none(self, ports: StorePorts) -> None:
        """Not for the turn, and not through a message that joins it."""
        id_ = await ports.open()
        await say(ports, id_, None)
        await say(ports, id_, SECOND)
        assert (await claimed(ports, id_)).trace is None

    async def test_a_message_that_joins_adds_a_line(self, ports: StorePorts) -> None:
        """Without its state; one of no trace adds nothing."""
        id_ = await ports.open()
        await say(ports, id_, FIRST)
        await say(ports, id_, SECOND)
        await say(ports, id_, None)
        turn = await claimed(ports, id_)
        assert turn.trace == f"{FIRST.text}\n{SECOND.traceparent}"

    async def test_a_long_burst_is_cut(self, ports: StorePorts) -> None:
        """A turn of many messages does not grow its row with each."""
        id_ = await ports.open()
        for _ in range(MOST_LINES + 5):
            await say(ports, id_, SECOND)
        trace = (await claimed(ports, id_)).trace
        assert trace is not None
        assert 2 < len(trace.splitlines()) < MOST_LINES

    async def test_the_watchdog_is_told(self, ports: StorePorts) -> None:
        """Its holding reply is part of the trace."""
        id_ = await ports.open()
        await say(ports, id_, FIRST)
        ports.clock.advance(ANSWER_BY_S)
        (late,) = await ports.watch.overdue(10)
        assert (late.turn.trace, late.turn.claimed_at_ms) == (FIRST.text, None)

    async def test_a_decision_goes_on_with_the_trace(self, ports: StorePorts) -> None:
        """What a human approved is done in the trace of the message that led to it."""
        id_ = await ports.open()
        await say(ports, id_, FIRST)
        claim = await ports.claim(id_)
        asked = Approval("a1", id_, claim.turn.id, "pay", {}, "k", "waiting")
        ending = Ending(reply("I have asked."), "waiting_approval", approvals=[asked])
        await ports.journal.finish(claim, ending)
        await ports.desk.decide("a1", "op", "approve")
        turn = await claimed(ports, id_)
        assert (turn.approval_id, turn.trace) == ("a1", FIRST.text)

    async def test_a_hand_back_goes_on_with_the_trace(self, ports: StorePorts) -> None:
        """Of the first message that nobody has answered."""
        id_ = await ports.open()
        await ports.desk.take_over(id_, "op", "test")
        await say(ports, id_, FIRST)
        await say(ports, id_, SECOND)
        await ports.desk.hand_back(id_, "op")
        turn = await claimed(ports, id_)
        assert (turn.first_seq, turn.last_seq) == (1, 2)
        assert turn.trace == FIRST.text

    async def test_a_redriven_turn_says_so(self, ports: StorePorts) -> None:
        """It ends once more in the same trace; one without a trace stays so."""
        for trace in (FIRST, None):
            id_ = await ports.open()
            turn_id = await say(ports, id_, trace)
            ending = Ending(reply("Sorry.", 4), "dead", escalate="gave up")
            await ports.journal.finish(await ports.claim(id_), ending)
            await ports.desk.redrive([turn_id], "op")
            turn = await claimed(ports, id_)
            assert turn.trace == (trace and f"{trace.text}\n{AGAIN}")
