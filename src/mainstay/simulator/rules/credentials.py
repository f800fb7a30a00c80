"""Headers without which nothing else is read."""

from collections.abc import Collection, Mapping

from mainstay.simulator.errors import RejectedError

VERSIONS = frozenset({"2023-01-01", "2023-06-01", "2026-10-21"})
"""https://platform.claude.com/docs/en/api/versioning."""


def check_key(headers: Mapping[str, str], accepted: Collection[str]) -> None:
    """Want a key: ``x-api-key``, or ``Authorization: Bearer`` as SDKs from 2.0 on.

    Any key will do while none is named in ``accepted``.

    Source: https://platform.claude.com/docs/en/api/errors (401) and
    ``anthropic.Anthropic.auth_headers``.
    """
    bearer = headers.get("authorization", "")
    token = bearer[7:].strip() if bearer[:7].lower() == "bearer " else ""
    key = headers.get("x-api-key", "").strip() or token
    if not key:
        raise RejectedError("x-api-key header is required", "authentication_error")
    if accepted and key not in accepted:
        raise RejectedError("invalid x-api-key", "authentication_error")


def check_version(headers: Mapping[str, str]) -> str:
    """Return the ``anthropic-version``, which every request must carry.

    Source: https://platform.claude.com/docs/en/api/versioning.
    """
    version = headers.get("anthropic-version", "")
    if not version:
        raise RejectedError("anthropic-version: header is required")
    if version not in VERSIONS:
        raise RejectedError(
            f'anthropic-version: "{version}" is not a valid version. '
            "See https://platform.claude.com/docs/en/api/versioning for a list."
        )
    return version
