"""What an exception from the SDK or its transport means."""

import json
from dataclasses import replace
from datetime import datetime

from mainstay.domain.model_call import ModelFailure
from mainstay.models.failures import of_status
from mainstay.models.rate_headers import pool_state


def expected() -> tuple[type[Exception], ...]:
    """Return the exceptions that tell of the other side or of the way to it."""
    from aiohttp import ClientError
    from anthropic import APIError
    from httpx2 import HTTPError

    return (APIError, HTTPError, ClientError, OSError, json.JSONDecodeError)


def of_exception(error: Exception, now: datetime) -> ModelFailure:
    """Return the failure that an exception tells of; of one not expected, its type.

    Args:
        error: whatever came out of a call.
        now: for a Retry-After that is a date.
    """
    from anthropic import APIConnectionError, APIStatusError
    from httpx2 import DecodingError

    if not isinstance(error, expected()):
        return ModelFailure("unforeseen", type(error).__name__)
    if isinstance(error, APIStatusError):
        headers = error.response.headers
        failure = of_status(error.status_code, error.body, headers, now)
        return replace(failure, pool=pool_state(headers.raw))
    if isinstance(error, (DecodingError, json.JSONDecodeError)):
        return ModelFailure("garbled", type(error).__name__, status=200)
    cause = error.__cause__ if isinstance(error, APIConnectionError) else error
    return _of_transport(type(cause or error).__name__)


def _of_transport(name: str) -> ModelFailure:
    """Return the failure by the exception's name, which its three libraries share."""
    if name == "PoolTimeout":
        return ModelFailure("shed", "no connection was free")
    if "Timeout" in name and name != "ConnectTimeout":
        return ModelFailure("slow", name)
    return ModelFailure("cut", name)
