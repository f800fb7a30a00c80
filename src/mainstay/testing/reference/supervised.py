"""A process that is started anew when it ends, as its platform would do."""

import asyncio
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from mainstay.system.ending import end

READY_S = 60.0
PAUSE_S = 0.5
_ADDRESS = re.compile(rb"http://[\w.:\[\]]+")


class Supervised:
    """``mainstay WORDS…``, kept running.

    Args:
        name: of its log.
        words: its arguments.
        env: its whole environment.
        folder: where it runs, and its log is.
    """

    def __init__(
        self, name: str, words: Sequence[str], env: Mapping[str, str], folder: Path
    ) -> None:
        self._name = name
        self._words = words
        self._env = env
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self.address = ""
        self.starts = 0

    @property
    def pid(self) -> int:
        """Its process id; it must run."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Return when it is ready.

        Raises:
            RuntimeError: it ended, or does not serve within a minute.
        """
        await self._start()
        self._keeping = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Drain it; may be repeated."""
        keeping, self._keeping = self._keeping, None
        if keeping is not None:
            keeping.cancel()
            await asyncio.wait([keeping])
        process, self._process = self._process, None
        if process is not None:
            await end(process)

    async def _start(self) -> None:
        with (self._folder / f"{self._name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "mainstay", *self._words),
                cwd=self._folder,
                env=dict(self._env),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        self._process = process
        self.starts += 1
        assert process.stdout is not None
        async with asyncio.timeout(READY_S):
            found = _ADDRESS.search(await process.stdout.readline())
        if found is None:
            raise RuntimeError(f"{self._name} did not start: {self._tail()}")
        self.address = found[0].decode()

    async def _keep(self) -> None:
        while self._process is not None:
            await self._process.wait()
            await asyncio.sleep(PAUSE_S)
            # One that does not get ready is tried again when it has ended.
            with suppress(RuntimeError, TimeoutError):
                await self._start()

    def _tail(self) -> str:
        return (self._folder / f"{self._name}.log").read_text("utf-8")[-2000:]
