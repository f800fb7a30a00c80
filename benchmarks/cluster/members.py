"""The processes of a cluster: real ones, that can be killed, frozen and replaced."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path

from benchmarks.process import ROOT

READY_S = 60.0
STOP_S = 40.0


class Member:
    """One process.

    Args:
        name: which it is, and the name of its log.
        args: what Python runs; its first line with ``http://`` tells its address.
        env: what its environment has more than ours.
        logs: a folder for what it prints to stderr.
    """

    def __init__(
        self, name: str, args: tuple[str, ...], env: Mapping[str, str], logs: Path
    ) -> None:
        self.name = name
        self._args = args
        self._env = env
        self._log = logs / f"{name}.log"
        self._process: Process | None = None
        self.address = ""
        self.killed = False

    @property
    def pid(self) -> int:
        """Its process id; it must run."""
        if self._process is None:
            raise RuntimeError(f"{self.name} does not run")
        return self._process.pid

    async def start(self) -> None:
        """Return when it serves.

        Raises:
            RuntimeError: it ended, or does not serve within 60 s.
        """
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._args,
                cwd=ROOT,
                env={**os.environ, **self._env},
                stdout=PIPE,
                stderr=log,
            )
        try:
            async with asyncio.timeout(READY_S):
                self.address = await _address(self._process)
        except TimeoutError as error:
            raise RuntimeError(f"{self.name} did not serve: {self.tail()}") from error
        if not self.address:
            raise RuntimeError(f"{self.name} ended at its start: {self.tail()}")

    def kill(self) -> None:
        """End it at once."""
        self.killed = True
        os.kill(self.pid, signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it where it is."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    async def stop(self) -> None:
        """Let it drain, and return when it has ended; may be repeated."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    def tail(self) -> str:
        """Return the end of what it printed."""
        return self._log.read_text("utf-8", errors="replace")[-2000:]


async def _address(process: Process) -> str:
    """Return the first address that it prints, or "" when it ends before."""
    lines = process.stdout
    while lines is not None and (line := await lines.readline()):
        words = (word.strip("(),") for word in line.decode().split())
        address = next((w for w in words if w.startswith("http://")), None)
        if address is not None:
            return address
    return ""
