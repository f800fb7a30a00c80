"""Lets in who carries a grant for exactly this call."""

from collections.abc import Mapping
from typing import Any

from mainstay.domain.errors import MainstayError
from mainstay.ports.clock import Clock
from mainstay.tools.service.options import ServiceOptions
from mainstay.tools.service.spent import SpentGrants
from mainstay.tools.wire.grant import Grant, GrantKey, GrantRefused
from mainstay.tools.wire.words import BUSY, GRANT, GRANT_REFUSED, REPLAYED


class NotAdmitted(MainstayError):
    """A request is turned away before anything is done for it.

    Args:
        code: why, as the wire says it.
        reason: the same in words, without anything of the request.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Guard:
    """Reads the grants of requests.

    Args:
        key: the shared secret.
        clock: judges expiry.
        options: the limits.
    """

    def __init__(self, key: GrantKey, clock: Clock, options: ServiceOptions) -> None:
        self._key = key
        self._clock = clock
        self._spent = SpentGrants(options.max_grants)

    def admit(
        self, meta: Mapping[str, Any] | None, tool: str, args: Mapping[str, Any]
    ) -> Grant:
        """Return the request's grant, which is thereby spent.

        Raises:
            NotAdmitted: there is none, it is for another call or spent, or too many
                are remembered to tell.
        """
        now_ms = self._clock.now_ms()
        try:
            grant = self._key.read((meta or {}).get(GRANT), now_ms)
        except GrantRefused as error:
            raise NotAdmitted(GRANT_REFUSED, str(error)) from error
        if not _allows(grant, tool, args):
            raise NotAdmitted(GRANT_REFUSED, "the grant is for another call")
        if self._spent.full(now_ms):
            raise NotAdmitted(BUSY, "too many grants are in use")
        if not self._spent.spend(grant):
            raise NotAdmitted(REPLAYED, "the grant was used before")
        return grant


def _allows(grant: Grant, tool: str, args: Mapping[str, Any]) -> bool:
    try:
        return grant.allows(tool, args)
    except ValueError:  # no JSON data (NaN is none), so no grant can be for it
        return False
