"""Which model calls of a turn may get a second one beside them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.unit.agent.attempts import answered, attempt, claimed, claimed_again, dies
from tests.unit.agent.turn_script import Script, lookup, say, tool, use

from mainstay.agent.failover import Calls
from mainstay.agent.gate import ProposedCall, Refusal
from mainstay.agent.turn import TurnRunner
from mainstay.domain.model_call import ModelFailure, ModelOutcome
from mainstay.domain.step import ModelStep
from mainstay.ports.tools import ToolDone
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import World


@dataclass
class Noted:
    """Notes of each call whether it was the first; then makes it."""

    calls: Calls | None = None
    first: list[bool] = field(default_factory=list[bool])

    def around(self, runner: TurnRunner) -> TurnRunner:
        """Stand between a turn and its model."""
        self.calls = runner.caller
        return replace(runner, caller=self)

    async def call(
        self, call: ProposedCall, on_text: Callable[[str], None]
    ) -> ModelOutcome | Refusal:
        """Make the call."""
        assert self.calls is not None
        self.first.append(call.first)
        return await self.calls.call(call, on_text)


async def firsts(folder: Path, model: Script) -> list[bool]:
    """Return which calls of a whole turn were its first."""
    tools = ScriptedTools(lookup("look", ToolDone({"n": 1})), tool("pay"))
    noted = Noted()
    async with World(folder, model, tools).living(working=False) as world:
        await answered(world, await claimed(world), noted.around)
    return noted.first


async def test_a_tool_that_ran_ends_it(tmp_path: Path) -> None:
    """Be it a lookup or an effect."""
    for name in ("look", "pay"):
        model = Script(use(name), say("Done."))
        assert await firsts(tmp_path / name, model) == [True, False]


async def test_a_failure_ends_it(tmp_path: Path) -> None:
    """A retry and a lower level are extra calls already."""
    for kind in ("server", "slow", "overloaded"):
        model = Script(ModelFailure(kind, kind), say("Here."))
        assert await firsts(tmp_path / kind, model) == [True, False]


async def test_a_shown_text_ends_it(tmp_path: Path) -> None:
    """A response that paused is gone on with, not begun again."""
    paused = replace(say("Well,"), stop_reason="pause_turn")
    assert isinstance(paused, ModelStep)
    assert await firsts(tmp_path, Script(paused, say("yes."))) == [True, False]


async def test_a_death_ends_it(tmp_path: Path) -> None:
    """Nobody knows what the dead worker had shown."""
    model, noted = Script(dies, say("Here.")), Noted()
    async with World(tmp_path, model, ScriptedTools()).living(working=False) as world:
        claim = await claimed(world)
        assert await attempt(world, claim, noted.around) is None
        await answered(world, await claimed_again(world, claim), noted.around)
    assert noted.first == [True, False]
