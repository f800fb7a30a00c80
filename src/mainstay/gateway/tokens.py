"""Customer tokens: short-lived JWTs that the host signs for its customers."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from mainstay.gateway.recent import Recent
from mainstay.gateway.texts import CUSTOMER_ID
from mainstay.ports.clock import Clock

LEEWAY_S = 5.0
"""How far the host's clock may differ from ours."""

REMEMBER_TOKENS = 10_000

MIN_SECRET_BYTES = 32
"""An HS256 key is at least as long as its hash (RFC 7518, section 3.2)."""

_SHAPE = re.compile(rb"eyJ[\w-]*\.[\w-]+\.[\w-]+")

# Times are checked against the injected clock instead, on every use.
_OPTIONS: Any = {
    "require": ["exp", "aud", "sub"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}


class CustomerTokens:
    """Verifies customer tokens with one key and the one algorithm it is for.

    The algorithm is never taken from the token (RFC 8725, section 3.1).

    Args:
        key: the HS256 secret or the Ed25519 public key.
        algorithm: ``HS256`` or ``EdDSA``.
        audience: the ``aud`` a token must name.
        clock: tells whether a token is still good.
    """

    def __init__(
        self,
        key: bytes | Ed25519PublicKey,
        algorithm: str,
        *,
        audience: str,
        clock: Clock,
    ) -> None:
        self._key = key
        self._algorithm = algorithm
        self._audience = audience
        self._clock = clock
        self._seen: Recent[bytes, str] = Recent(REMEMBER_TOKENS)

    @classmethod
    def hs256(cls, secret: str, *, audience: str, clock: Clock) -> "CustomerTokens":
        """Verify with a shared secret.

        Raises:
            ValueError: the secret is shorter than 32 bytes.
        """
        key = secret.encode()
        if len(key) < MIN_SECRET_BYTES:
            raise ValueError(f"needs at least {MIN_SECRET_BYTES} bytes for HS256")
        return cls(key, "HS256", audience=audience, clock=clock)

    @classmethod
    def eddsa(cls, public_key: str, *, audience: str, clock: Clock) -> "CustomerTokens":
        """Verify with an Ed25519 public key in PEM.

        Raises:
            ValueError: it is not such a key.
        """
        try:
            key = load_pem_public_key(public_key.encode())
        except ValueError as error:
            raise ValueError("needs an Ed25519 public key in PEM") from error
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError(  # noqa: TRY004 - the text is at fault, not its type
                "needs an Ed25519 public key in PEM, not another kind"
            )
        return cls(key, "EdDSA", audience=audience, clock=clock)

    @staticmethod
    def resembles(secret: bytes) -> bool:
        """Return whether the secret has the form of a signed JWT."""
        return _SHAPE.fullmatch(secret) is not None

    def customer(self, token: bytes) -> str | None:
        """Return the token's customer, or None when it is not valid now."""
        now_s = self._clock.now_ms() / 1000
        digest = hashlib.sha256(token).digest()
        seen = self._seen.get(digest, now_s)
        if seen is not None:
            return seen
        claims = self._claims(token)
        if claims is None or not CUSTOMER_ID.fullmatch(claims["sub"]):
            return None
        until_s = _time(claims.get("exp"))
        since_s = _time(claims.get("nbf", 0))
        if until_s is None or since_s is None or since_s > now_s + LEEWAY_S:
            return None
        if until_s + LEEWAY_S <= now_s:
            return None
        self._seen.put(digest, claims["sub"], until_s + LEEWAY_S)
        return claims["sub"]

    def _claims(self, token: bytes) -> Mapping[str, Any] | None:
        try:
            return jwt.decode(
                token,
                self._key,
                algorithms=[self._algorithm],
                audience=self._audience,
                options=_OPTIONS,
            )
        except jwt.InvalidTokenError:
            return None


def _time(claim: object) -> float | None:
    """Return a NumericDate (RFC 7519, section 2), or None when it is not one."""
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        return None
    return float(claim) if abs(claim) < 1e12 else None  # noqa: PLR2004 - a date
