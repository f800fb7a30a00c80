"""Credentials: from the Authorization header to a principal."""

from typing import TYPE_CHECKING

from starlette.types import Scope

from mainstay.gateway.keyring import KeyRing, digest_of
from mainstay.gateway.principal import Principal
from mainstay.gateway.problems import Problem

if TYPE_CHECKING:
    # What verifies tokens takes 8 MB; a gateway without any goes without.
    from mainstay.gateway.tokens import CustomerTokens

MAX_CREDENTIAL_BYTES = 4_096


class Credentials:
    """Tells who calls.

    Args:
        keys: API keys.
        tokens: customer tokens, or None when the host signs none.
    """

    def __init__(self, keys: KeyRing, tokens: "CustomerTokens | None") -> None:
        self._keys = keys
        self._tokens = tokens

    async def principal(self, scope: Scope) -> Principal:
        """Return the caller.

        Raises:
            Problem: 401 without valid credentials.
            StoreUnavailable: a key must be looked up and the store cannot be read.
        """
        secret = _bearer(scope)
        if self._tokens is not None and self._tokens.resembles(secret):
            customer_id = self._tokens.customer(secret)
            if customer_id is not None:
                return Principal(f"customer:{customer_id}", None, customer_id)
        key = await self._keys.find(digest_of(secret))
        if key is None:
            raise _unauthorized(
                "The API key or customer token is unknown, revoked, expired or not "
                "meant for this service.",
                'Bearer realm="mainstay", error="invalid_token"',
            )
        return Principal(f"key:{key.id}", key.role, None)


def _bearer(scope: Scope) -> bytes:
    """Return the bearer's secret (RFC 6750, section 2.1)."""
    header = dict(scope["headers"]).get(b"authorization", b"")
    secret = header[7:].strip()
    if header[:7].lower() != b"bearer " or not 0 < len(secret) <= MAX_CREDENTIAL_BYTES:
        raise _unauthorized(
            "Send Authorization: Bearer <API key or customer token>.",
            'Bearer realm="mainstay"',
        )
    return secret


def _unauthorized(detail: str, challenge: str) -> Problem:
    return Problem(401, "unauthorized", detail, headers={"www-authenticate": challenge})
