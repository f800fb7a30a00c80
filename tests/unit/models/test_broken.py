"""Exceptions of the SDK and of both its transports, by what they mean."""

import json
from datetime import UTC, datetime

import aiohttp
import anthropic
import httpx2
import pytest

from mainstay.models.broken import expected, of_exception

NOW = datetime(2026, 11, 23, tzinfo=UTC)
REQUEST = httpx2.Request("POST", "http://claude.example/v1/messages")


def wrapped(cause: Exception) -> Exception:
    """Return the exception that the SDK raises for one of its transport."""
    kind = anthropic.APIConnectionError
    if isinstance(cause, httpx2.TimeoutException):
        kind = anthropic.APITimeoutError
    error = kind(request=REQUEST)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (wrapped(httpx2.PoolTimeout("")), "shed"),
        (wrapped(httpx2.ConnectTimeout("")), "cut"),
        (wrapped(httpx2.ConnectError("")), "cut"),
        (wrapped(httpx2.ReadTimeout("")), "slow"),
        (anthropic.APITimeoutError(request=REQUEST), "slow"),
        (anthropic.APIConnectionError(request=REQUEST), "cut"),
        (httpx2.ReadTimeout(""), "slow"),
        (httpx2.ReadError(""), "cut"),
        (httpx2.RemoteProtocolError(""), "cut"),
        (httpx2.DecodingError(""), "garbled"),
        (aiohttp.ClientPayloadError(), "cut"),
        (aiohttp.ServerDisconnectedError(), "cut"),
        (aiohttp.SocketTimeoutError(), "slow"),
        (ConnectionResetError(), "cut"),
        (json.JSONDecodeError("", "", 0), "garbled"),
    ],
)
def test_an_exception_has_its_kind(error, kind):
    """Only a full pool is our own fault; the rest is the way, or the other side."""
    assert isinstance(error, expected())
    assert of_exception(error, NOW).kind == kind


def test_any_other_exception_is_our_own_fault():
    """Its message stays here: nobody knows what it quotes."""
    failure = of_exception(KeyError("Ada"), NOW)
    assert (failure.kind, failure.detail) == ("unforeseen", "KeyError")


def test_a_status_inside_a_stream_counts():
    """An APIStatusError is read as its status, also when it is a 200."""
    response = httpx2.Response(529, request=REQUEST)
    error = anthropic.APIStatusError("no", response=response, body=None)
    assert of_exception(error, NOW).kind == "overloaded"
