"""The system under load: one ``serve all``, a stand-in model, a fresh store."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.process import Child, running


@dataclass(frozen=True, slots=True)
class System:
    """What runs.

    Args:
        server: gateway and worker in one process.
        model: the stand-in.
        key: an API key of the server.
        data: the store's folder.
    """

    server: Child
    model: Child
    key: str
    data: Path

    def store_mb(self) -> float:
        """Return the size of the store's files in MB (10^6 bytes)."""
        return sum(f.stat().st_size for f in self.data.glob("*.db*")) / 1e6


@contextmanager
def system() -> Generator[System]:
    """Run everything until the block ends."""
    key = secrets.token_urlsafe(32)
    with TemporaryDirectory(prefix="mainstay-bench-") as folder, _model() as model:
        env = {
            "ANTHROPIC_API_KEY": "bench",
            "ANTHROPIC_BASE_URL": model.address,
            "API_PORT": "0",
            "MAINSTAY_BOOTSTRAP_KEY": key,
            "MAINSTAY_DATA": folder,
            "LOG_LEVEL": "WARNING",
        }
        serve = ("-m", "mainstay", "serve", "all", "--agent", "benchmarks.agent:agent")
        with running(*serve, env=env) as server:
            yield System(server, model, key, Path(folder))


@contextmanager
def _model() -> Generator[Child]:
    with running("-m", "benchmarks.stand_in") as model:
        yield model
