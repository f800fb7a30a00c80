"""What a cloud's errors mean, in the words of the domain.

Sources: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
and https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from mainstay.domain.model_call import ModelFailure
from mainstay.models.broken import of_exception
from mainstay.models.failures import of_status
from mainstay.models.provider import ProviderName

MODEL_ERROR = 424
"""Bedrock's ModelErrorException: the model failed, not the request."""

SERVER_ERROR = 500
TOO_LONG = "too long"


def of_cloud(error: Exception, provider: ProviderName, now: datetime) -> ModelFailure:
    """Return the failure that an exception tells of.

    Args:
        error: whatever came out of a call.
        provider: whose.
        now: for a Retry-After that is a date.
    """
    from anthropic import APIStatusError

    if _tells_of_credentials(error, provider):
        return ModelFailure("auth", f"no credentials: {type(error).__name__}")
    if not isinstance(error, APIStatusError):
        return of_exception(error, now)
    told = _error(error.body)
    status = SERVER_ERROR if error.status_code == MODEL_ERROR else error.status_code
    failure = of_status(status, {"error": told}, error.response.headers, now)
    if failure.kind == "invalid" and TOO_LONG in str(told.get("message", "")):
        return replace(failure, kind="too_long")
    return failure


def _tells_of_credentials(error: Exception, provider: ProviderName) -> bool:
    """Tell whether there was nothing to sign the request with."""
    if type(error) is RuntimeError:  # the SDK's own, which has no type for it
        return "Could not resolve" in str(error)
    if provider == "bedrock":
        from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
            BotoCoreError,
        )

        return isinstance(error, BotoCoreError)
    from google.auth.exceptions import GoogleAuthError

    return isinstance(error, GoogleAuthError)


def _error(body: object) -> Mapping[str, Any]:
    """Return what is told: in an ``error``, in a list of one, or in the body itself."""
    if isinstance(body, list) and body:
        body = cast("list[Any]", body)[0]
    if not isinstance(body, dict):
        return {}
    told = cast("dict[str, Any]", body)
    inner = told.get("error")
    return cast("dict[str, Any]", inner) if isinstance(inner, dict) else told
