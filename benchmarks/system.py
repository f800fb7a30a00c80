"""The system under load: gateway and worker, a stand-in model, a fresh store."""

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from urllib.request import urlopen

from benchmarks.backends import database, queue
from benchmarks.process import Child, running
from benchmarks.silent import SETTINGS

AGENT = "benchmarks.agent:agent"


@dataclass(frozen=True, slots=True)
class Layout:
    """What runs, and on what.

    Args:
        store: ``sqlite``, with gateway and worker in one process, or ``postgres``, with
            a process for each.
        queue: ``database``, ``sqs``, ``kafka`` or ``rabbitmq``.
        monitored: whether it tells what it does.
        sends_to: a collector that gets its spans, metrics and log; "" for none.
        keeps: the share of traces that is sampled.
    """

    store: str = "sqlite"
    queue: str = "database"
    monitored: bool = True
    sends_to: str = ""
    keeps: float = 1.0

    @property
    def name(self) -> str:
        """The layout in words."""
        return (
            self.store if self.queue == "database" else f"{self.store} + {self.queue}"
        )


ALONE = Layout()


@dataclass(frozen=True, slots=True)
class System:
    """What runs.

    Args:
        roles: the processes by what they serve.
        model: the stand-in.
        key: an API key of the gateway.
        data: a folder on the store's disk.
        store_mb: tells the size of the store in MB (10^6 bytes).
        store_cpu_s: tells the CPU time of the database server; 0 when there is none.
    """

    roles: dict[str, Child]
    model: Child
    key: str
    data: Path
    store_mb: Callable[[], float]
    store_cpu_s: Callable[[], float]

    @property
    def address(self) -> str:
        """Where customers come in."""
        return next(iter(self.roles.values())).address

    def pace_model(self, pause_ms: int) -> None:
        """Let every answer of the model take so many milliseconds."""
        address = urlsplit(self.model.address).netloc
        with closing(HTTPConnection(address, timeout=5)) as connection:
            connection.request("PUT", f"/pause/{pause_ms}")
            connection.getresponse().read()

    def commits(self) -> int:
        """Return how many groups of writes its processes have committed."""
        return sum(_commits(child.address) for child in self.roles.values())

    def cpu_s(self) -> float:
        """Return the CPU time of all its processes in seconds."""
        return sum(child.cpu_s() for child in self.roles.values())

    def rss_mb(self) -> float:
        """Return their resident memory in MB."""
        return sum(child.rss_mb() for child in self.roles.values())

    def peak_rss_mb(self) -> float:
        """Return the sum of the most that each ever had, in MB."""
        return sum(child.peak_rss_mb() for child in self.roles.values())

    def peak_mb(self) -> float:
        """Return the same, but for the pages of files that processes share.

        Those of the largest process count once: code is in memory once.
        """
        children = self.roles.values()
        files_mb = [child.file_mb() for child in children]
        return self.peak_rss_mb() - sum(files_mb) + max(files_mb)


@contextmanager
def system(layout: Layout = ALONE) -> Generator[System]:
    """Run everything until the block ends."""
    key = secrets.token_urlsafe(32)
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="mainstay-bench-"))
        model = stack.enter_context(running("-m", "benchmarks.stand_in"))
        store = stack.enter_context(database(layout.store, Path(folder)))
        env = {
            "ANTHROPIC_API_KEY": "bench",
            "ANTHROPIC_BASE_URL": model.address,
            "API_PORT": "0",
            "API_WORKERS": "1",
            "MAINSTAY_BOOTSTRAP_KEY": key,
            "MAINSTAY_DATA": folder,
            "LOG_LEVEL": "WARNING",
            **({} if layout.monitored else SETTINGS),
            **sending(layout),
            **store.env,
            **stack.enter_context(queue(layout.queue, Path(folder))),
        }
        subprocess.run(
            [sys.executable, "-m", "mainstay", "migrate"],
            env={**os.environ, **env},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        command = "mainstay" if layout.monitored else "benchmarks.silent"
        roles = ["all"] if layout.store == "sqlite" else ["gateway", "worker"]
        children = {
            role: stack.enter_context(
                running("-m", command, "serve", role, "--agent", AGENT, env=env)
            )
            for role in roles
        }
        yield System(children, model, key, store.disk, store.size_mb, store.cpu_s)


def sending(layout: Layout) -> dict[str, str]:
    """Return the settings of a system that sends to a collector, if there is one."""
    if not layout.sends_to:
        return {}
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": layout.sends_to,
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": str(layout.keeps),
    }


def _commits(address: str) -> int:
    with urlopen(f"{address}/metrics", timeout=5) as page:  # noqa: S310 - loopback
        text = page.read().decode()
    found = re.search(r"^mainstay_store_commits_total (\S+)$", text, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"{address} does not tell its commits")
    return int(float(found[1]))
