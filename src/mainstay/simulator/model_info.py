"""A model as ``GET /v1/models`` shows it (``anthropic.types.ModelInfo``)."""

from collections.abc import Iterable
from typing import Any

from mainstay.simulator.models import CATALOGUE, ModelCard

_THINKING = ("adaptive", "between_tools", "disabled", "enabled")
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_DEFAULT_STAGES = ("active", "deprecated")


def _support(supported: bool) -> dict[str, bool]:
    return {"supported": supported}


def _capabilities(card: ModelCard) -> dict[str, Any]:
    efforts: dict[str, Any] = {e: _support(e in card.efforts) for e in _EFFORTS}
    types = {t: _support(t in card.thinking) for t in _THINKING}
    nothing = _support(supported=False)
    return {
        "batch": nothing,
        "citations": nothing,
        "code_execution": nothing,
        "context_management": nothing,
        "effort": {"supported": bool(card.efforts), **efforts},
        "image_input": nothing,
        "pdf_input": nothing,
        "server_tools": {
            "supported": False,
            "code_execution": nothing,
            "web_search": nothing,
        },
        "structured_outputs": nothing,
        "thinking": {
            "supported": bool(card.thinking - {"disabled"}),
            "types": types,
        },
    }


def _moment(date: str | None) -> str | None:
    return None if date is None else f"{date}T00:00:00Z"


def model_info(card: ModelCard) -> dict[str, Any]:
    """Return one model; capabilities are what the simulator itself can play."""
    return {
        "type": "model",
        "id": card.alias_of or card.id,
        "display_name": card.name,
        "created_at": _moment(card.created),
        "lifecycle": card.lifecycle,
        "deprecated_at": _moment(card.deprecated_at),
        "retires_at": _moment(card.retires_at),
        "line": card.line,
        "max_input_tokens": card.window,
        "max_tokens": card.max_output,
        "capabilities": _capabilities(card),
    }


def model_page(
    stages: Iterable[str], limit: int = 20, after_id: str | None = None
) -> dict[str, Any]:
    """Return a page of models, newest first.

    Args:
        stages: lifecycles to show; none: active and deprecated
            (``anthropic.types.ModelListParams``).
        limit: at most so many.
        after_id: the last id of the page before.
    """
    wanted = tuple(stages) or _DEFAULT_STAGES
    cards = [c for c in CATALOGUE.values() if c.lifecycle in wanted and not c.alias_of]
    cards.sort(key=lambda card: card.created, reverse=True)
    ids = [card.id for card in cards]
    start = ids.index(after_id) + 1 if after_id in ids else 0
    data = [model_info(card) for card in cards[start : start + limit]]
    return {
        "data": data,
        "has_more": start + limit < len(cards),
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
    }
