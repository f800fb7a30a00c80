"""A model that drills can take away, for a while."""

from collections.abc import Callable

from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.ports.model import Model, OnText


class DrilledModel:
    """Implements ``ports.Model``: an outage of drills lies in front of the real one.

    What it answers then is what a provider that is overloaded answers, so that
    breakers, retries and levels do what they do in a real outage.

    Args:
        model: the real one.
        is_out: whether an outage is being drilled; asked for each call.
    """

    def __init__(self, model: Model, is_out: Callable[[], bool]) -> None:
        self._model = model
        self._is_out = is_out

    async def call(self, request: ModelRequest, on_text: OnText) -> ModelOutcome:
        """Make the call, unless there is an outage."""
        if self._is_out():
            return ModelFailure("overloaded", "a drill: claude-outage", status=529)
        return await self._model.call(request, on_text)

    async def close(self) -> None:
        """Give connections back."""
        await self._model.close()
