"""Which models answer."""

from typing import Any

from mainstay.simulator.errors import RejectedError
from mainstay.simulator.models import CATALOGUE, ModelCard


def known_model(name: Any) -> ModelCard:
    """Return the model's card; unknown and retired models are not found.

    Source: https://platform.claude.com/docs/en/about-claude/model-deprecations
    ("Requests to retired models will fail") and .../api/errors (404).
    """
    card = CATALOGUE.get(str(name))
    if card is None or card.lifecycle == "retired":
        raise RejectedError(f"model: {name}", "not_found_error")
    return card
