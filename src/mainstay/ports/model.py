"""The model: one call, one typed outcome."""

from collections.abc import Callable
from typing import Protocol

from mainstay.domain.model_call import ModelOutcome, ModelRequest

OnText = Callable[[str], None]
"""Receives each piece of text as it arrives; must not block."""


class Model(Protocol):
    """Calls a model once; never retries, never raises for the other side's faults."""

    async def call(self, request: ModelRequest, on_text: OnText) -> ModelOutcome:
        """Make one streamed call within ``request.timeout_s`` seconds.

        Cancellation passes through. Every other end is a ModelStep or ModelFailure.
        """
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...
