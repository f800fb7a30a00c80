"""The grants that were used."""

from mainstay.tools.wire.grant import Grant


class SpentGrants:
    """Remembers grants for as long as they would be valid, and not more than a limit.

    Args:
        limit: how many are remembered at most.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._expiry_s: dict[str, int] = {}

    def full(self, now_ms: int) -> bool:
        """Tell whether no other grant can be remembered now."""
        if len(self._expiry_s) >= self._limit:
            self._forget(now_ms)
        return len(self._expiry_s) >= self._limit

    def spend(self, grant: Grant) -> bool:
        """Note a grant; False when it was spent before."""
        if grant.grant_id in self._expiry_s:
            return False
        self._expiry_s[grant.grant_id] = grant.expires_s
        return True

    def _forget(self, now_ms: int) -> None:
        self._expiry_s = {
            grant_id: expires_s
            for grant_id, expires_s in self._expiry_s.items()
            if expires_s * 1000 > now_ms
        }
