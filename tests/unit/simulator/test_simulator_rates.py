"""Limits a minute that are enforced (https://platform.claude.com/docs/en/api/rate-limits)."""

from tests.unit.simulator.conftest import SONNET, Sim

from mainstay.simulator.options import Options
from mainstay.testing.clock import ManualClock

HAIKU = "claude-haiku-5-5"


def limited(clock: ManualClock, **limits: int) -> Sim:
    """Return a simulator that enforces these limits."""
    return Sim(Options(enforce_rates=True, clock=clock, **limits))


async def test_a_call_beyond_the_requests_is_refused() -> None:
    """With 429, its type and whole seconds to wait; the other line has its own."""
    clock = ManualClock()
    clock.advance(60)
    sim = limited(clock, requests_per_min=4)
    assert [(await sim.post()).status_code for _ in range(4)] == [200] * 4
    refused = await sim.post()
    assert refused.status_code == 429
    assert refused.json()["error"]["type"] == "rate_limit_error"
    assert refused.headers["retry-after"] == "15"
    assert refused.headers["anthropic-ratelimit-requests-remaining"] == "0"
    assert (await sim.post(model=HAIKU)).status_code == 200
    clock.advance(14.9)
    assert (await sim.post()).status_code == 429
    clock.advance(0.1)
    assert (await sim.post()).status_code == 200


async def test_a_prompt_beyond_the_input_tokens_is_refused() -> None:
    """A refused call takes nothing."""
    clock = ManualClock()
    clock.advance(60)
    sim = limited(clock, input_tokens_per_min=1_000)
    long = [{"role": "user", "content": "x" * 3_000}]
    assert (await sim.post(model=SONNET, messages=long)).status_code == 200
    assert (await sim.post(messages=long)).status_code == 429
    assert (await sim.post()).status_code == 200


async def test_without_output_tokens_nothing_is_written() -> None:
    """A reply may go beyond what is left; the next call is refused."""
    clock = ManualClock()
    clock.advance(60)
    sim = limited(clock, output_tokens_per_min=5)
    assert (await sim.post()).status_code == 200
    assert (await sim.post()).status_code == 429


async def test_unless_told_limits_are_shown_only() -> None:
    """What is left stays at nothing."""
    sim = Sim(Options(requests_per_min=1))
    answers = [await sim.post() for _ in range(3)]
    assert [one.status_code for one in answers] == [200] * 3
    name = "anthropic-ratelimit-requests-remaining"
    assert answers[-1].headers[name] == "0"
