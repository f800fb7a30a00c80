"""Roles as processes of their own on PostgreSQL, and a balancer before them."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from mainstay.testing.servers.server import free_port

KEY = "k" * 40
AUTH = {"Authorization": f"Bearer {KEY}"}
SECRET = "a secret of the tests, 32 bytes long"  # noqa: S105 - nobody's
START_S = 60.0
LOOK_S = 0.02
PROBE_S = 0.2


class Role:
    """One process of ``mainstay serve``, on a port that it keeps over restarts.

    Args:
        name: the layer and a number, such as ``"worker-1"``.
        folder: for data and logs.
        settings: its environment.
    """

    def __init__(self, name: str, folder: Path, **settings: str) -> None:
        self.name = name
        self.port = free_port()
        self._folder = folder
        self._env = {
            **{k: os.environ[k] for k in ("PATH", "PYTHONPATH") if k in os.environ},
            "ANTHROPIC_API_KEY": "stand-in",
            "LOG_LEVEL": "WARNING",
            "MAINSTAY_BOOTSTRAP_KEY": KEY,
            "MAINSTAY_DATA": str(folder),
            "MAINSTAY_TOOLS_SECRET": SECRET,
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it printed and logged."""
        return self._folder / f"{self.name}.log"

    def start(self) -> None:
        """Start it; does not wait."""
        layer, _, _ = self.name.partition("-")
        command = [sys.executable, "-m", "mainstay", "serve", layer]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port)],
                cwd=self._folder,
                env=self._env,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    async def serves(self) -> None:
        """Return when it is ready."""
        until = time.monotonic() + START_S
        while not await asyncio.to_thread(is_ready, self.port):
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            assert time.monotonic() < until, f"{self.name} is not ready"
            await asyncio.sleep(LOOK_S)

    async def drained(self) -> float:
        """End it by SIGTERM; return the seconds it took, in good order."""
        assert self.process is not None
        began = time.monotonic()
        self.process.terminate()
        code = await asyncio.to_thread(self.process.wait, 60)
        assert code == 0, f"{self.name}: {code}, {self.log.read_text()[-2000:]}"
        return time.monotonic() - began

    def kill(self) -> None:
        """End it at once, if it runs."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def is_ready(port: int) -> bool:
    """Ask as a balancer does."""
    url = f"http://127.0.0.1:{port}/health/ready"
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return answer.status == 200
    except (OSError, urllib.error.HTTPError):
        return False


class Balancer:
    """Passes connections to whoever is ready, in turn, and bytes as they are.

    Like any balancer it tries the next one where nobody accepts a connection, and
    repeats nothing that it has sent.

    Args:
        ports: of the processes behind it.
    """

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = ports
        self._ready = dict.fromkeys(ports, False)
        self._turn = 0
        self.port = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Listen, and follow who is ready."""
        server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            server.close()

    async def knows(self, port: int) -> None:
        """Return when it sends connections to a process."""
        async with asyncio.timeout(10):
            while not self._ready[port]:  # noqa: ASYNC110 - another process's state
                await asyncio.sleep(LOOK_S)

    async def _watch(self) -> None:
        while True:
            for port in self._ready:
                self._ready[port] = await asyncio.to_thread(is_ready, port)
            await asyncio.sleep(PROBE_S)

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        there = await self._connected()
        if there is None:
            writer.transport.abort()
            return
        back, forth = there
        await asyncio.gather(_pipe(reader, forth), _pipe(back, writer))

    async def _connected(
        self,
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        self._turn += 1
        ready = [port for port, is_ready in self._ready.items() if is_ready]
        for n in range(len(ready)):
            port = ready[(self._turn + n) % len(ready)]
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, its end and its breaking off."""
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()
    except OSError:
        writer.transport.abort()
