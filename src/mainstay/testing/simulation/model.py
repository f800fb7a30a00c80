"""The model of a simulated world: reads what it is sent, and does what it was asked.

It knows nothing but the request, so that what Mainstay leaves out of one is missed in
the answer.
"""

import asyncio
import math
from dataclasses import dataclass

from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.domain.step import ModelStep, Usage
from mainstay.ports.model import OnText
from mainstay.testing.simulation.dice import Dice
from mainstay.testing.simulation.process import PROCESS, reach
from mainstay.testing.simulation.reading import Reading
from mainstay.testing.simulation.trace import Trace
from mainstay.testing.simulation.weather import Spell, Weather

PRIMARY, FALLBACK = "primary", "fallback"
CUT_OFF = "I was"
FIRST_TOKEN_S = (0.2, 1.2)
TEXT_S = (0.1, 1.2)
QUICK_S = (0.02, 0.3)
LATE_FIRST_TOKEN_S = 7.5


@dataclass(slots=True)
class Call:
    """A call as the model's side saw it.

    Args:
        at_s: simulated time of its begin.
        number: of the trace's line about its begin.
        process: who called.
        model: which model.
        use_tools: whether tools might be used.
        refs: the customers' messages it was asked about.
        ended: how it ended: ``ok``, a failure's kind, or "" when nobody heard.
        ended_s: when; infinite while it is out.
    """

    at_s: float
    number: int
    process: str
    model: str
    use_tools: bool
    refs: tuple[int, ...]
    ended: str = ""
    ended_s: float = math.inf


class SimulatedModel:
    """Implements ``ports.Model``.

    Args:
        weather: what goes wrong.
        dice: how long it takes.
        trace: is told.

    Attributes:
        calls: every call, in order.
        faults: requests that the Messages API would refuse.
    """

    def __init__(self, weather: Weather, dice: Dice, trace: Trace) -> None:
        self._weather = weather
        self._dice = dice
        self._trace = trace
        self._named = 0
        self.calls: list[Call] = []
        self.faults: list[str] = []

    async def call(self, request: ModelRequest, on_text: OnText) -> ModelOutcome:
        """Answer, or fail as the weather says."""
        reading = Reading(request)
        self.faults += reading.faults
        call = self._begun(request, reading)
        await reach("model")
        try:
            outcome = await self._outcome(request, reading, on_text)
        finally:
            call.ended_s = asyncio.get_running_loop().time()
        call.ended = outcome.kind if isinstance(outcome, ModelFailure) else "ok"
        self._note(call, call.ended)
        await reach("answer")
        return outcome

    def _begun(self, request: ModelRequest, reading: Reading) -> Call:
        process = PROCESS.get()
        call = Call(
            self._now_s(),
            self._trace.count,
            "nobody" if process is None else process.id,
            request.model,
            request.use_tools,
            reading.refs,
        )
        self.calls.append(call)
        self._note(call, "begins")
        return call

    def _note(self, call: Call, what: str) -> None:
        told = f"{call.process} {call.model} tools={call.use_tools} {call.refs} {what}"
        self._trace.note(self._now_s(), "model", told)

    async def close(self) -> None:
        """Hold nothing; may be repeated."""

    async def _outcome(
        self, request: ModelRequest, reading: Reading, on_text: OnText
    ) -> ModelOutcome:
        spell = self._weather.strikes(request.model)
        if spell is None:
            await self._pass(self._dice.uniform(*FIRST_TOKEN_S))
            return await self._answered(request, reading, on_text)
        match spell.fault:
            case "late_success":
                await self._pass(min(LATE_FIRST_TOKEN_S, request.first_token_s - 0.1))
                return await self._answered(request, reading, on_text)
            case "pause_turn":
                await self._pass(self._dice.uniform(*FIRST_TOKEN_S))
                pause: dict[str, object] = {"type": "text", "text": "One moment. "}
                return self._step(request, [pause], "pause_turn")
            case "refusal":
                await self._pass(self._dice.uniform(*FIRST_TOKEN_S))
                return self._step(request, [], "refusal")
            case "max_tokens":
                await self._pass(self._dice.uniform(*FIRST_TOKEN_S))
                # The adapter leaves a call out that was cut off: so half a text it is.
                half = f"About {reading.about}: {CUT_OFF}"
                return self._step(
                    request, [{"type": "text", "text": half}], "max_tokens"
                )
            case _:
                return await self._failed(request, spell, on_text)

    async def _failed(
        self, request: ModelRequest, spell: Spell, on_text: OnText
    ) -> ModelOutcome:
        failure = spell.failure()
        if spell.fault == "slow":
            await self._pass(min(request.first_token_s, request.timeout_s))
            return failure
        await self._pass(self._dice.uniform(*QUICK_S))
        if failure.shown:
            on_text("Let me")
            left_s = request.timeout_s if spell.fault == "trickle" else 1.0
            await self._pass(min(left_s, request.timeout_s))
        return failure

    async def _answered(
        self, request: ModelRequest, reading: Reading, on_text: OnText
    ) -> ModelOutcome:
        wishes = reading.open_wishes if request.use_tools else []
        if wishes:
            await self._pass(self._dice.uniform(*TEXT_S))
            if self._dice.happens(0.3):
                wishes = wishes[:1]
            blocks: list[dict[str, object]] = [
                {"type": "tool_use", "id": self._name(), "name": tool, "input": args}
                for tool, args in wishes
            ]
            return self._step(request, blocks, "tool_use")
        # Without tools it may leave out what was done: Mainstay adds it.
        tells = request.use_tools or self._dice.happens(0.5)
        text = reading.answer(tells=tells)
        middle = len(text) // 2
        for piece in (text[:middle], text[middle:]):
            on_text(piece)
            await self._pass(self._dice.uniform(*TEXT_S) / 2)
        return self._step(request, [{"type": "text", "text": text}], "end_turn")

    def _step(
        self, request: ModelRequest, content: list[dict[str, object]], stop: str
    ) -> ModelStep:
        return ModelStep(request.model, content, stop, Usage(100, 20))

    def _name(self) -> str:
        self._named += 1
        return f"toolu_{self._named}"

    async def _pass(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))  # noqa: TID251 - simulated time

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()
