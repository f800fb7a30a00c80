"""A server as tests have it: start, stop, kill, freeze, and always an end."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from mainstay.domain.errors import MainstayError

LOOK_S = 0.05
START_S = 90.0
STOP_S = 30.0

FIRST_PORT, PORTS = 16_000, 16_000
"""Of servers: below what Linux (32768), macOS and Windows (49152) give to others."""

_STARTER = ThreadPoolExecutor(1, "servers")
"""Starts every server. The kernel ends a child with the thread that made it (prctl(2),
PR_SET_PDEATHSIG), and this one lives as long as the process."""


class BackendMissing(MainstayError):
    """A server's program is not installed; the message says what to install."""


class ServerProcess:
    """One server process that ends with the process that started it.

    ``served`` names every server that this process has had.

    Args:
        name: what it is and its version, for errors.
        command: program and arguments; it must stay in the foreground.
        ready: tells whether it serves; called until it does.
        log: file that takes all it prints.
        env: variables in addition to this process's own.
        user: whose rights it gets when this process is root.
        stop_signal: asks it to end in good order.
    """

    served: ClassVar[set[str]] = set()

    def __init__(  # noqa: PLR0913 - what a process needs
        self,
        name: str,
        command: Sequence[str],
        *,
        ready: Callable[[], bool],
        log: Path,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self._command = [*_prefix(user), *command]
        self._ready = ready
        self.log = log
        self._env = {**os.environ, **(env or {})}
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id; it must run."""
        assert self._process is not None, f"{self.name} does not run"
        return self._process.pid

    def start(self) -> None:
        """Return when it serves; may be repeated, and after a stop or kill.

        Raises:
            RuntimeError: it ended, or does not serve within 90 s.
        """
        if self._process is not None and self._process.poll() is None:
            return
        self._process = _STARTER.submit(self._spawn).result()
        self._await_ready(self._process)

    def stop(self) -> None:
        """Ask it to end and return when it has; its data stays. May be repeated."""
        self._end(self._stop_signal)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop its processes where they are."""
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        os.killpg(self.pid, signal.SIGCONT)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        # To the leader alone: a server ends its own children in its own order.
        if process.poll() is None:
            process.send_signal(number)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _kill_group(process.pid)
            process.wait(STOP_S)

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - a server of ours
                self._command,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self._env,
                cwd="/",
                start_new_session=True,
            )

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        pause = threading.Event()
        for _ in range(int(START_S / LOOK_S)):
            if process.poll() is not None:
                raise RuntimeError(f"{self.name} ended at its start: {self.tail()}")
            if self._ready():
                self.served.add(self.name)
                return
            pause.wait(LOOK_S)
        self.kill()
        raise RuntimeError(f"{self.name} did not serve in {START_S:g} s: {self.tail()}")

    def tail(self) -> str:
        """Return the end of what it printed."""
        return self.log.read_text("utf-8", errors="replace")[-2000:]


def free_port() -> int:
    """Return a port of loopback that nobody has.

    Below those that systems give to outgoing connections (ip(7)): one of these might
    take it before a server that starts for seconds does.
    """
    for _ in range(PORTS):
        port = FIRST_PORT + secrets.randbelow(PORTS)
        with socket.socket() as taken, suppress(OSError):
            taken.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port of loopback is free")


def accepts(port: int) -> bool:
    """Tell whether somebody accepts connections on a port of loopback."""
    with socket.socket() as knock:
        knock.settimeout(1)
        return knock.connect_ex(("127.0.0.1", port)) == 0


def program(name: str, package: str, *folders: str) -> str:
    """Return the path of a program.

    Args:
        name: the program.
        package: what brings it, for the error.
        folders: where it may be besides PATH.

    Raises:
        BackendMissing: it is not installed.
    """
    path = os.pathsep.join((*folders, os.environ.get("PATH", "")))
    found = shutil.which(name, path=path)
    if found is None:
        raise BackendMissing(f"{name} is not installed; apt install {package}")
    return found


def version(program: str) -> str:
    """Return the first number with dots in what a program says of its version."""
    done = subprocess.run(  # noqa: S603 - a server's program
        [program, "--version"], capture_output=True, text=True, check=True
    )
    found = re.search(r"\d+(?:\.\d+)+", done.stdout)
    return found[0] if found else "of unknown version"


def _prefix(user: str | None) -> list[str]:
    """Let the server die with this process, and not be root."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    given_up: list[str] = []
    if user is not None and os.geteuid() == 0:
        given_up = [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    return [setpriv, "--pdeathsig", "KILL", *given_up, "--"]


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
