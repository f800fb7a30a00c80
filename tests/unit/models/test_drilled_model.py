"""A model in drills: an outage is what an overloaded provider answers."""

from mainstay.domain.model_call import ModelFailure, ModelRequest
from mainstay.models.drilled import DrilledModel
from mainstay.testing.clock import ManualClock
from mainstay.testing.scripted_model import ScriptedModel, says

REQUEST = ModelRequest("m", "", [])


async def test_calls_reach_the_model_unless_there_is_an_outage() -> None:
    """Which begins and ends between two calls."""
    script = ScriptedModel(says("Yes."), says("Yes."), clock=ManualClock())
    out = [False]
    model = DrilledModel(script, lambda: out[0])
    assert not isinstance(await model.call(REQUEST, lambda _: None), ModelFailure)
    out[0] = True
    failure = await model.call(REQUEST, lambda _: None)
    assert isinstance(failure, ModelFailure)
    assert (failure.kind, failure.status) == ("overloaded", 529)
    assert len(script.seen) == 1
    out[0] = False
    assert not isinstance(await model.call(REQUEST, lambda _: None), ModelFailure)
