"""The signed token that says for whom one request may call one tool."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import jwt

from mainstay.domain.errors import MainstayError

AUDIENCE = "mainstay-tools"
ALGORITHM = "HS256"
MIN_SECRET_BYTES = 32
"""As long as the hash. Source: RFC 7518, section 3.2."""

_NAMES = {
    "grant_id": "jti",
    "tool": "tool",
    "args_hash": "args",
    "customer_id": "sub",
    "conversation_id": "conversation",
    "turn_id": "turn",
    "idempotency_key": "key",
}


class GrantRefused(MainstayError):
    """A token is missing, not ours, too old, or for another call."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One request's permission.

    Args:
        grant_id: of this request alone.
        tool: the tool's name on the wire.
        args_hash: from ``hash_args``.
        customer_id: whom the tool acts for; "" when for nobody.
        conversation_id: the conversation.
        turn_id: the turn.
        idempotency_key: the call's key.
        expires_s: Unix time in whole seconds from which it is worth nothing.
    """

    grant_id: str
    tool: str
    args_hash: str
    customer_id: str
    conversation_id: str
    turn_id: str
    idempotency_key: str
    expires_s: int

    def allows(self, tool: str, args: Mapping[str, Any]) -> bool:
        """Tell whether it was given for this tool with these arguments."""
        return self.tool == tool and self.args_hash == hash_args(args)


class GrantKey:
    """Signs grants and reads them: HS256 over a shared secret (RFC 7519).

    Args:
        secret: shared by workers and service, at least 32 bytes.

    Raises:
        MainstayError: the secret is too short.
    """

    def __init__(self, secret: str) -> None:
        if len(secret.encode()) < MIN_SECRET_BYTES:
            raise MainstayError(
                f"The tools' secret has fewer than {MIN_SECRET_BYTES} bytes; set"
                " MAINSTAY_TOOLS_SECRET to the output of: openssl rand -hex 32"
            )
        self._secret = secret

    def sign(self, grant: Grant) -> str:
        """Return the grant as a token."""
        claims: dict[str, Any] = {
            claim: getattr(grant, name) for name, claim in _NAMES.items()
        }
        claims |= {"aud": AUDIENCE, "exp": grant.expires_s}
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def read(self, token: object, now_ms: int) -> Grant:
        """Return what a token grants.

        Raises:
            GrantRefused: it is none, forged, for others, incomplete or expired.
        """
        if not isinstance(token, str):
            raise GrantRefused("the request carries no grant")
        try:
            # Expiry is judged below: by the given clock, not by the library's.
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                options={
                    "require": ["exp", *_NAMES.values()],
                    "verify_exp": False,
                },
            )
        except jwt.InvalidSignatureError as error:
            raise GrantRefused(
                "MAINSTAY_TOOLS_SECRET of worker and tool service differ"
            ) from error
        except jwt.InvalidTokenError as error:
            raise GrantRefused(f"the grant is none: {type(error).__name__}") from error
        grant = _grant(cast("Mapping[str, object]", claims))
        if now_ms >= grant.expires_s * 1000:
            raise GrantRefused(
                "the grant has expired; compare the clocks of worker and service"
            )
        return grant


def hash_args(args: Mapping[str, Any]) -> str:
    """Return the SHA-256 of arguments, the same for equal JSON.

    Raises:
        ValueError: the arguments are no JSON data.
    """
    try:
        text = json.dumps(args, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, RecursionError) as error:
        raise ValueError("the arguments are no JSON data") from error
    return hashlib.sha256(text.encode()).hexdigest()


def _grant(claims: Mapping[str, object]) -> Grant:
    told = {name: claims[claim] for name, claim in _NAMES.items()}
    expires_s = claims["exp"]
    if isinstance(expires_s, int) and all(isinstance(v, str) for v in told.values()):
        return Grant(**cast("dict[str, str]", told), expires_s=expires_s)
    raise GrantRefused("the grant is none: a claim has another type")
