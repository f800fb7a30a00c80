"""What a process costs, from ``/proc`` (https://man7.org/linux/man-pages/man5/proc.5.html)."""

import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
STOP_S = 60
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Child:
    """A process that was started here and told us its address.

    Args:
        pid: its process id.
        address: where it listens, ``http://host:port``.
    """

    pid: int
    address: str

    def cpu_s(self) -> float:
        """Return its CPU time so far in seconds: user and system, all threads."""
        return _cpu_s(self._read("stat"))

    def main_thread_cpu_s(self) -> float:
        """Return the same of its main thread, which runs the event loop."""
        return _cpu_s(self._read(f"task/{self.pid}/stat"))

    def rss_mb(self) -> float:
        """Return its resident memory in MB (10^6 bytes)."""
        return self._memory_mb("VmRSS:")

    def peak_rss_mb(self) -> float:
        """Return the most resident memory it ever had, in MB (10^6 bytes)."""
        return self._memory_mb("VmHWM:")

    def file_mb(self) -> float:
        """Return how much of its resident memory is files' pages, in MB."""
        return self._memory_mb("RssFile:")

    def _memory_mb(self, name: str) -> float:
        lines = self._read("status").splitlines()
        line = next(line for line in lines if line.startswith(name))
        return int(line.split()[1]) * 1024 / 1e6

    def _read(self, name: str) -> str:
        return Path(f"/proc/{self.pid}/{name}").read_text()


def _cpu_s(stat: str) -> float:
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def family_cpu_s(pid: int) -> float:
    """Return the CPU time of a process and its children, also of those that ended."""
    names = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    living = [Path(f"/proc/{one}/stat").read_text() for one in (str(pid), *names)]
    fields = living[0].rpartition(")")[2].split()
    ended_s = (int(fields[13]) + int(fields[14])) / _TICKS_PER_S
    return ended_s + sum(_cpu_s(stat) for stat in living)


@contextmanager
def running(*args: str, env: Mapping[str, str] | None = None) -> Generator[Child]:
    """Run ``python ARGS`` in the root until the block ends, then stop it by SIGTERM.

    Args:
        args: what Python runs; its first line with ``http://`` tells its address.
        env: what its environment has more than ours.

    Raises:
        RuntimeError: it ended before it told an address.
    """
    process = subprocess.Popen(
        [sys.executable, *args],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Child(process.pid, _address(process, args))
    finally:
        process.terminate()
        try:
            process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _address(process: subprocess.Popen[str], args: tuple[str, ...]) -> str:
    if process.stdout is not None:
        for line in process.stdout:
            words = (word.strip("(),") for word in line.split())
            address = next((w for w in words if w.startswith("http://")), None)
            if address is not None:
                return address
    message = f"{' '.join(args)} ended before it was ready; its errors are above"
    raise RuntimeError(message)
