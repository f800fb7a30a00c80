"""The in-memory twin of the Model port: answers as it is told."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.domain.step import ModelStep, Usage
from mainstay.ports.clock import Clock
from mainstay.ports.model import OnText

MAX_SEEN = 10_000
_WORD = re.compile(r"\s*\S+")


@dataclass(frozen=True, slots=True)
class Broken:
    """A reply that breaks off after its first words.

    Args:
        said: what is passed on before.
        failure: how the call ends; ``shown`` is set.
    """

    said: str
    failure: ModelFailure


@dataclass(frozen=True, slots=True)
class Silent:
    """No reply at all: the call ends when its patience does."""


Answer = ModelOutcome | Broken | Silent | Callable[[ModelRequest], ModelOutcome]


def says(text: str, *, model: str = "scripted") -> ModelStep:
    """Return a response in words."""
    usage = Usage(input_tokens=10, output_tokens=max(1, len(text.split())))
    return ModelStep(model, [{"type": "text", "text": text}], "end_turn", usage)


def calls(tool: str, id_: str = "toolu_1", **args: object) -> ModelStep:
    """Return a response that calls one tool."""
    block = {"type": "tool_use", "id": id_, "name": tool, "input": args}
    return ModelStep("scripted", [block], "tool_use", Usage(10, 5))


class ScriptedModel:
    """Gives the next answer at each call; the last one stays.

    A response's ``model`` becomes the one that was asked for.

    Args:
        answers: one at least; a function is given the request.
        clock: for ``Silent``.

    Attributes:
        seen: the newest requests, in order.
    """

    def __init__(self, *answers: Answer, clock: Clock) -> None:
        if not answers:
            raise ValueError("a scripted model needs an answer")
        self._answers = list(answers)
        self._clock = clock
        self.seen: list[ModelRequest] = []

    def then(self, *answers: Answer) -> None:
        """Lay down what comes next, instead of all that is left."""
        self._answers = list(answers)

    async def call(self, request: ModelRequest, on_text: OnText) -> ModelOutcome:
        """Answer by the script, word by word."""
        self.seen = [*self.seen, request][-MAX_SEEN:]
        more = len(self._answers) > 1
        answer = self._answers.pop(0) if more else self._answers[0]
        if callable(answer):
            answer = answer(request)
        match answer:
            case Silent():
                patience_s = min(request.first_token_s, request.timeout_s)
                await self._clock.sleep(patience_s)
                return ModelFailure("slow", "no first token in time")
            case Broken(said, failure):
                _show(said, on_text)
                return replace(failure, shown=said != "")
            case ModelStep():
                _show("".join(_texts(answer)), on_text)
                return replace(answer, model=request.model)
            case ModelFailure():
                return answer

    async def close(self) -> None:
        """Hold nothing; may be repeated."""


def _texts(step: ModelStep) -> list[str]:
    return [block["text"] for block in step.content if block["type"] == "text"]


def _show(text: str, on_text: OnText) -> None:
    for word in _WORD.findall(text):
        on_text(word)
