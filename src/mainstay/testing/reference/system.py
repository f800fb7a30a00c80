"""The whole deployment, started in order and ended in the opposite one."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from mainstay.checklist.web import ask
from mainstay.drills.customers import Customers
from mainstay.simulator.options import NATURAL_PACE_S, Options
from mainstay.simulator.server import running_in_thread
from mainstay.system.clock import SystemClock
from mainstay.testing.reference.alerts import OnCall
from mainstay.testing.reference.secrets import exported, kept, made
from mainstay.testing.reference.supervised import Supervised
from mainstay.testing.servers.alertmanager import AlertmanagerServer
from mainstay.testing.servers.engines import serving

WORKERS = 2
COMMAND_S = 60.0
_KEPT = ("PATH", "PYTHONPATH", "HOME", "LANG")
_PASSED_ON = ("ALERT_RULES", "MAINSTAY_RUNBOOKS")
DEPLOYMENT = "reference"
SETTINGS = {
    "MAINSTAY_ENV": "production",
    "MAINSTAY_DEPLOYMENT": DEPLOYMENT,
    "MAINSTAY_AGENT": "mainstay.shop.agent:agent",
    "API_PORT": "0",
    "API_WORKERS": "1",
    "DRAIN_NOTICE_SECONDS": "0",
    # Drills shall not last: the default is a minute.
    "BREAKER_RECOVERY_SECONDS": "5",
    # What a spike of costs meets.
    "LIMIT_CONVERSATION_USD": "0.5",
}


class Reference:
    """Everything that a deployment is made of, on loopback.

    Args:
        folder: for its data; must not exist, or be empty.
        customers: how many write all the time.
        settings: further variables, over the usual ones.
    """

    def __init__(
        self, folder: Path, customers: int, settings: Mapping[str, str] | None = None
    ) -> None:
        self._folder = folder
        self._count = customers
        self._settings = dict(settings or {})
        self._stack = AsyncExitStack()
        self.env: dict[str, str] = {}
        self.env_file = folder / "env"
        self.address = ""
        self.workers: list[Supervised] = []
        self.customers: Customers | None = None

    async def __aenter__(self) -> Self:
        """Return when everything serves.

        Raises:
            BackendMissing: a server is not installed.
        """
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """End everything."""
        await self._stack.aclose()

    async def watch(self) -> None:
        """Wait for ever; processes that end are started anew meanwhile."""
        await asyncio.Event().wait()

    async def command(self, *words: str, said: str = "") -> tuple[int, str, str]:
        """Run ``mainstay WORDS…`` in it; return exit code, output and errors.

        Args:
            words: the arguments.
            said: what its standard input says.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mainstay", *words),
            cwd=self._folder,
            env=self.env,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, errors = await process.communicate(said.encode())
        assert process.returncode is not None
        return process.returncode, out.decode(), errors.decode()

    async def _start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        addresses = self._stack.enter_context(
            serving(["postgres", "rabbitmq", "redis"], self._folder / "servers")
        )
        values = made(addresses)
        model = self._stack.enter_context(
            running_in_thread(Options(pace_s=NATURAL_PACE_S))
        )
        passed = (*_KEPT, *_PASSED_ON)
        self.env = {name: os.environ[name] for name in passed if name in os.environ}
        self.env |= SETTINGS | kept(values, self._folder / "secrets")
        self.env |= {
            "MAINSTAY_DATA": str(self._folder / "data"),
            "ANTHROPIC_BASE_URL": model,
            "ALERTMANAGER_URL": await self._alerts(),
        }
        self.env |= self._settings
        self._run("migrate")
        self._run("queue", "init")
        await self._roles()
        self.env_file.write_text(exported(self._told()), "utf-8")
        await self._customers(values["MAINSTAY_BOOTSTRAP_KEY"])

    async def _alerts(self) -> str:
        on_call = OnCall()
        await on_call.start()
        self._stack.push_async_callback(on_call.stop)
        server = AlertmanagerServer(self._folder / "alertmanager", on_call.address)
        server.start()
        self._stack.callback(server.stop)
        return f"http://{server.address}"

    async def _roles(self) -> None:
        host = ("--host", "127.0.0.1")
        gateway = Supervised(
            "gateway", ["serve", "gateway", *host], self.env, self._folder
        )
        self.workers = [
            Supervised(
                f"worker-{n}", ["serve", "worker", *host], self.env, self._folder
            )
            for n in range(1, WORKERS + 1)
        ]
        for one in (gateway, *self.workers):
            # First: one that does not get ready is ended, too.
            self._stack.push_async_callback(one.stop)
            await one.start()
        self.address = gateway.address

    async def _customers(self, key: str) -> None:
        if not self._count:
            return
        clock = SystemClock()
        self.customers = Customers(self.address, key, self._count, ask, clock)
        await self.customers.start()
        self._stack.push_async_callback(self.customers.stop)

    def _run(self, *words: str) -> None:
        subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "mainstay", *words],
            cwd=self._folder,
            env=self.env,
            check=True,
            timeout=COMMAND_S,
            stdout=subprocess.DEVNULL,
        )

    def _told(self) -> dict[str, str]:
        """Return what a shell needs to be told: not what it has already."""
        return {name: v for name, v in self.env.items() if name not in _KEPT}
