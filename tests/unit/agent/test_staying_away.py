"""What wants to be left alone is left alone by all callers, without being counted."""

from typing import get_args

import pytest

from mainstay.agent.breaker_gate import BreakerGate
from mainstay.agent.gate import CallEnd, ProposedCall, Refusal
from mainstay.agent.staying_away import (
    LIMIT_OFF_S,
    MODEL_OFF_S,
    PROVIDER_OFF_S,
    StayAway,
    stay_away,
)
from mainstay.domain.model_call import FailureKind, ModelFailure, ModelRequest
from mainstay.resilience.breaker import Breaker, Permit
from mainstay.resilience.deadline import Deadline
from mainstay.testing.chance import ScriptedRandom
from mainstay.testing.clock import ManualClock

WANTED = {
    "auth": StayAway(PROVIDER_OFF_S, provider=True),
    "spent": StayAway(PROVIDER_OFF_S, provider=True),
    "model_gone": StayAway(MODEL_OFF_S),
}


@pytest.mark.parametrize("kind", get_args(FailureKind))
def test_each_kind_asks_for_what_the_table_says(kind: FailureKind) -> None:
    """Keys and money stop a provider, a 404 one model; a rate limit is a pool's."""
    assert stay_away(ModelFailure(kind, "")) == WANTED.get(kind)


class Alone:
    """A guard that no other process knows of."""

    def __init__(self, breaker: Breaker) -> None:
        self.breaker = breaker

    @property
    def retry_in_s(self) -> float | None:
        """As the breaker has it."""
        return self.breaker.retry_in_s

    async def admit(self) -> Permit | None:
        """Ask the breaker."""
        return self.breaker.admit()

    def trip(self, for_s: float, *, ramps: bool = False) -> None:
        """Tell the breaker."""
        self.breaker.trip(for_s, ramps=ramps)


class Shut:
    """A gate before two models of one provider."""

    def __init__(self, *, limits: bool = False) -> None:
        self.clock = ManualClock()
        self.breakers = {
            name: Breaker(self.clock, ScriptedRandom(0.5), on_change=lambda state: None)
            for name in ("primary", "fallback")
        }
        guards = {n: Alone(b) for n, b in self.breakers.items()}
        self.gate = BreakerGate(guards, limits=limits)

    async def admitted(self, model: str = "primary") -> bool:
        """Tell whether a call would pass; it does not end."""
        return not isinstance(await self.gate.admit(self._call(model)), Refusal)

    async def ends(self, failure: ModelFailure) -> None:
        """Let a call of the primary end so."""
        admitted = await self.gate.admit(self._call("primary"))
        assert not isinstance(admitted, Refusal)
        admitted.settle(CallEnd(failure, 0.1))

    def _call(self, model: str) -> ProposedCall:
        deadline = Deadline(self.clock.now_ms() + 26_000, self.clock)
        return ProposedCall("turn_1", ModelRequest(model, "", []), deadline, False)

    @property
    def states(self) -> list[str]:
        """The two breakers' states."""
        return [breaker.state for breaker in self.breakers.values()]


@pytest.mark.parametrize("kind", ["auth", "spent"])
async def test_a_provider_that_is_off_is_off_with_all_its_models(
    kind: FailureKind,
) -> None:
    """One refusal is enough for every turn: none asks again before its time."""
    shut = Shut()
    await shut.ends(ModelFailure(kind, ""))
    assert shut.states == ["open", "open"]
    shut.clock.advance(PROVIDER_OFF_S - 0.1)
    assert [await shut.admitted(name) for name in shut.breakers] == [False, False]
    shut.clock.advance(0.2)
    assert [await shut.admitted(name) for name in shut.breakers] == [True, True]


async def test_a_model_that_is_gone_is_off_alone() -> None:
    """The other model goes on."""
    shut = Shut()
    await shut.ends(ModelFailure("model_gone", ""))
    assert shut.states == ["open", "closed"]


@pytest.mark.parametrize(("after_s", "off_s"), [(7.0, 7.0), (None, LIMIT_OFF_S)])
async def test_where_nothing_else_heeds_a_limit_it_shuts_the_model(
    after_s: float | None, off_s: float
) -> None:
    """For as long as it says; the provider's other model has a limit of its own."""
    shut = Shut(limits=True)
    await shut.ends(ModelFailure("rate_limited", "", retry_after_s=after_s))
    assert shut.states == ["open", "closed"]
    shut.clock.advance(off_s - 0.1)
    assert not await shut.admitted()
    shut.clock.advance(0.2)
    assert await shut.admitted()


async def test_who_grew_too_fast_comes_back_slowly() -> None:
    """After a ramp limit, and not after another one."""
    for kind, ramps in (("ramp_limited", True), ("rate_limited", False)):
        shut = Shut(limits=True)
        await shut.ends(ModelFailure(kind, ""))
        assert shut.breakers["primary"].ramps is ramps
