"""Check 8: the gateway lets nobody in without a credential that holds."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from mainstay.checklist.finding import Finding, failed, passed
from mainstay.checklist.web import Ask, Request
from mainstay.gateway.keyring import digest_of, new_secret
from mainstay.ports.keys import Keys

REFUSED = 401
PATH = "/v1/conversations/conv_00000000000000000000000000"
"""Who is let in is told that there is none such."""


@dataclass(frozen=True, slots=True)
class AuthenticationEnabled:
    """Comes without, with wrong, and with ended credentials.

    Args:
        gateway: gives the address of a gateway, one that runs or one started for this.
        keys: gives what makes and ends API keys.
        expired_token: makes a customer token that has expired; None where there are no
            tokens, or only their host can sign.
        ask: makes requests.
    """

    gateway: Callable[[], AbstractAsyncContextManager[str]]
    keys: Callable[[], Awaitable[Keys]]
    expired_token: Callable[[], str] | None
    ask: Ask
    title: str = "API authentication enabled"

    async def look(self) -> Finding:
        """Knock with each; a good key shows that it is the credential that counts."""
        good, ended, keys = new_secret(), new_secret(), await self.keys()
        async with self.gateway() as address:
            key = await keys.add(digest_of(ended), "client", "checklist")
            await keys.revoke(key.id)
            bad = self._bad(ended)
            for what, secret in bad.items():
                status = await self._knock(address, secret)
                if status != REFUSED:
                    told = f"{address} answered {status} to {what}"
                    return failed(told, "take that gateway out of service; report this")
            key = await keys.add(digest_of(good), "client", "checklist")
            try:
                status = await self._knock(address, good)
            finally:
                await keys.revoke(key.id)
        if status == REFUSED:
            told = f"{address} refuses a good key"
            return failed(told, "does it use this store? check its DATABASE_URL")
        return passed(f"{address} refuses {', '.join(bad)}")

    def _bad(self, ended: str) -> dict[str, str]:
        """Return what nobody may come in with."""
        bad = {"no credentials": "", "a wrong key": new_secret(), "an ended key": ended}
        if self.expired_token is not None:
            bad["an expired token"] = self.expired_token()
        return bad

    async def _knock(self, address: str, secret: str) -> int:
        headers = {"authorization": f"Bearer {secret}"} if secret else {}
        return (await self.ask(Request("GET", f"{address}{PATH}", headers))).status
