"""Asks a running system how it is, over HTTP."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from mainstay.cli.live.look import Look
from mainstay.cli.live.page import read
from mainstay.domain.errors import MainstayError

METRICS = "/metrics"
HEALTH = "/health"
QUEUE, BREAKERS = "/v1/admin/queue", "/v1/admin/breakers"
SPEND, TURNS = "/v1/admin/spend", "/v1/admin/turns"
PATHS = (HEALTH, QUEUE, BREAKERS, SPEND, TURNS)

ANSWER_S = 4.0
_REFUSED = frozenset({401, 403})


class Watched:
    """A gateway and the workers beside it.

    Args:
        session: makes requests; it has no address of its own.
        gateway: its address.
        workers: addresses whose metrics count too.
        key: an API key of an administrator.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        gateway: str,
        workers: Sequence[str],
        key: str,
    ) -> None:
        self._session = session
        self._gateway = gateway
        self._workers = [one for one in workers if one != gateway]
        self._headers = {"Authorization": f"Bearer {key}"}

    async def look(self) -> Look:
        """Ask all at once; who does not answer is named, and why.

        Raises:
            MainstayError: the gateway refuses the key.
        """
        key = self._headers
        asked = {self._gateway: self._ask(self._gateway + METRICS, read, key)}
        # A worker's metrics need no key, so whatever is named as one gets none.
        asked |= {one: self._ask(one + METRICS, read, {}) for one in self._workers}
        asked |= {
            path: self._ask(self._gateway + path, json.loads, key) for path in PATHS
        }
        answers = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
        told = {name: one.told for name, one in answers.items() if one.told is not None}
        silent = {n: one.why for n, one in answers.items() if one.told is None}
        gone = {self._gateway, *PATHS} <= silent.keys()
        return Look(
            asyncio.get_running_loop().time(),
            {name: page for name, page in told.items() if name not in PATHS},
            {name: told[name] for name in PATHS if name in told},
            silent,
            silent[self._gateway] if gone else None,
        )

    async def _ask(
        self, url: str, decode: Callable[[str], Any], headers: Mapping[str, str]
    ) -> "_Answer":
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        try:
            async with self._session.get(
                url, headers=headers, timeout=timeout
            ) as response:
                if headers and response.status in _REFUSED:
                    raise MainstayError(
                        f"{self._gateway} refused the key; give one of an "
                        "administrator with --key"
                    )
                if not response.ok:
                    return _Answer(None, f"status {response.status}")
                return _Answer(decode(await response.text()))
        except TimeoutError:
            return _Answer(None, f"no answer in {ANSWER_S:g} s")
        except aiohttp.ClientConnectorError:
            return _Answer(None, "nobody listens there")
        except aiohttp.ClientError as error:
            return _Answer(None, type(error).__name__)
        except ValueError:
            return _Answer(None, "its answer is not Mainstay's")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was told, or why nothing was."""

    told: Any
    why: str = ""
