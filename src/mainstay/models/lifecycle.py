"""What the models endpoint says of a model; no tokens are spent.

Source: https://platform.claude.com/docs/en/api/models/retrieve; the fields are those of
``anthropic.types.ModelInfo``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from mainstay.models.connection import Connection


async def described(
    connection: Connection, api_key: str, model: str
) -> Mapping[str, Any]:
    """Return a model as the endpoint describes it, nothing where that is no object.

    Args:
        connection: to the API.
        api_key: whose call it is.
        model: its id.

    Raises:
        anthropic.APIError: for an error status, or without an answer.
    """
    told = await connection.get(api_key, f"/v1/models/{model}")
    return cast("Mapping[str, Any]", told) if isinstance(told, Mapping) else {}


def retires_at_ms(told: Mapping[str, Any]) -> int | None:
    """Return when a model is retired, Unix time in ms; None without a date."""
    at = told.get("retires_at")
    if not isinstance(at, str):
        return None
    return round(datetime.fromisoformat(at).timestamp() * 1000)
