"""The two sides are compared again and again, and each change is said once."""

from collections.abc import Mapping

from tests.conformance.tool_stage import Heard

from mainstay.ports.tools import ToolSpec
from mainstay.testing.clock import ManualClock
from mainstay.tools.remote.comparison import Comparison
from mainstay.tools.remote.failure import NotSent
from mainstay.tools.remote.options import RemoteOptions
from mainstay.tools.wire.likeness import likeness

SPEC = ToolSpec("pay", "Pays.", {"type": "object"}, effect=True, once="keyed")
SAME = {"pay": likeness(SPEC.input_schema, effect=True)}
A_LOOKUP = {"pay": likeness(SPEC.input_schema, effect=False)}


class Script:
    """A session that answers from a list, the last answer for ever.

    Args:
        answers: the service's tools; None when it cannot be reached.
    """

    def __init__(self, *answers: Mapping[str, str] | None) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def list(self, timeout_s: float) -> Mapping[str, str]:
        """Return the next answer."""
        self.asked += 1
        answer = self._answers.pop(0) if self._answers[1:] else self._answers[0]
        if answer is None:
            raise NotSent("nobody")
        return answer


async def told(rounds: int, *answers: Mapping[str, str] | None) -> list[str]:
    """Return what is said in as many comparisons."""
    heard, clock, script = Heard(), ManualClock(), Script(*answers)
    options = RemoteOptions(compare_every_s=15)
    comparison = Comparison([SPEC], script, clock, heard, options)  # type: ignore[arg-type]
    await comparison.start()
    await clock.run_for(15 * (rounds - 1) + 1)
    await comparison.stop()
    assert script.asked == rounds
    return [event.error for event in heard.events]


async def test_agreement_is_silent() -> None:
    """Equal tools are nothing to say."""
    assert await told(3, SAME) == []


async def test_a_difference_is_said_once() -> None:
    """A difference that stays is said once, with the tool's name."""
    said = await told(4, {})
    assert len(said) == 1
    assert "missing there: pay" in said[0]


async def test_an_effect_is_no_lookup() -> None:
    """A tool that is an effect on one side alone is a difference."""
    said = await told(2, A_LOOKUP)
    assert "other arguments or effect: pay" in said[0]


async def test_a_change_is_said_again() -> None:
    """A service that was gone, came back and differs is two things to say."""
    said = await told(5, None, None, SAME, {})
    assert len(said) == 2
    assert "cannot be compared" in said[0]
    assert "missing there: pay" in said[1]
