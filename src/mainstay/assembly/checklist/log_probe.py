"""A whole server in a process of its own, for what it writes into its log."""

import asyncio
import json
import re
import secrets
import sys
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mainstay.checklist.web import Request, ask
from mainstay.domain.errors import MainstayError
from mainstay.settings import environment
from mainstay.simulator.server import running
from mainstay.system.ending import end

READY_S = 30.0
SOON = frozenset({200, 202})
"""Answered, or still at it: its end is awaited before the log is read."""

AGENT = "mainstay.shop.agent:agent"
_ADDRESS = re.compile(rb"http://[\w.:\[\]]+")
_KEPT = ("PATH", "PYTHONPATH", "HOME", "LANG", "LD_LIBRARY_PATH")
_LOUD = ("ANTHROPIC_LOG", "PYTHONASYNCIODEBUG", "PYTHONDEVMODE", "PYTHONWARNINGS")
"""What has libraries write into the log beside us: as in the deployment."""


class LogProbe:
    """Runs the sample shop on the local stand-in, and returns its log.

    The deployment's own agent is not run: its tools would act. What is said and what
    fails is the same everywhere: an answer, a refused key, a provider's error that
    quotes what it was sent, a client without a credential that holds.

    Args:
        env: development or production: decides the log's form.
    """

    def __init__(self, env: str) -> None:
        self._env = env

    async def __call__(self, secret: str, words: str) -> str:
        """Send both through, and return all that was logged.

        Raises:
            MainstayError: the server did not start, or did not answer.
        """
        with TemporaryDirectory(prefix="mainstay-check-") as folder:
            log = Path(folder) / "log"
            async with running() as model, self._serving(log, model, secret) as server:
                await _talk(server, model, secret, words)
            return log.read_text("utf-8", errors="replace")

    @asynccontextmanager
    async def _serving(self, log: Path, model: str, secret: str) -> AsyncGenerator[str]:
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "mainstay", "serve", "all"),
                *("--host", "127.0.0.1", "--agent", AGENT),
                cwd=log.parent,
                env=self._environment(log.parent, model, secret),
                stdout=asyncio.subprocess.PIPE,
                stderr=out,
            )
        try:
            yield await _address(process)
        finally:
            await end(process)

    def _environment(self, folder: Path, model: str, secret: str) -> dict[str, str]:
        ours = environment()
        return {name: ours[name] for name in (*_KEPT, *_LOUD) if name in ours} | {
            "MAINSTAY_ENV": self._env,
            "MAINSTAY_DATA": str(folder),
            "DB_TYPE": "sqlite",
            "QUEUE_TYPE": "database",
            "API_PORT": "0",
            "DRAIN_NOTICE_SECONDS": "0",
            "LOG_LEVEL": "DEBUG",
            "ANTHROPIC_API_KEY": secret,
            "ANTHROPIC_BASE_URL": model,
            "MAINSTAY_BOOTSTRAP_KEY": secret,
        }


async def _address(process: asyncio.subprocess.Process) -> str:
    found = None
    with suppress(TimeoutError):
        async with asyncio.timeout(READY_S):
            line = await process.stdout.readline() if process.stdout else b""
            found = _ADDRESS.search(line)
    if found is None:
        raise MainstayError("a server for the log did not start; try: mainstay demo")
    return found[0].decode()


async def _talk(server: str, model: str, secret: str, words: str) -> None:
    await _post(f"{server}/v1/conversations", secret + secrets.token_hex(4), {}, {401})
    customer = {"customer_id": "check"}
    opened = await _post(f"{server}/v1/conversations", secret, customer, {201})
    path = f"{server}/v1/conversations/{opened['id']}/messages?wait=5"
    await _post(path, secret, {"text": words}, SOON)
    quoted = {"status": 500, "message": f"{secret} sent {words}"}
    await _put(f"{model}/faults", {"*": quoted})
    await _post(path, secret, {"text": f"{words} again"}, SOON)
    await _put(f"{model}/faults", {})
    await _put(f"{model}/keys", ["another key"])
    await _post(path, secret, {"text": f"{words} once more"}, SOON)


async def _post(
    url: str, key: str, body: dict[str, str], expected: Collection[int]
) -> Any:
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    told = json.dumps(body).encode()
    answer = await ask(Request("POST", url, headers, told))
    if answer.status not in expected:
        told = f"a server for the log answered {answer.status}"
        raise MainstayError(f"{told}; try: mainstay demo")
    return json.loads(answer.text)


async def _put(url: str, body: Any) -> None:
    await ask(Request("PUT", url, {}, json.dumps(body).encode()))
