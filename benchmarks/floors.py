"""What cannot be beaten here: bare HTTP, bare commits, the bare SDK."""

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.customers import Crowd, Talk
from benchmarks.figures import percentile
from benchmarks.process import ROOT, running
from benchmarks.steady import Steady
from mainstay.testing.servers.postgres import PostgresServer

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

COMMITS = 500
GROUP = 100
ROW_BYTES = 1_000
PROBE_PER_S = 15.0


async def bare_accept(seconds: float) -> dict[str, float]:
    """Post messages to an ASGI application that reads them and says 202."""
    with running("-m", "benchmarks.floors") as server:
        steady = Steady(server.address, "none", [Talk("conv") for _ in range(50)])
        done = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, done.set)
        await steady.run(PROBE_PER_S, done)
        crowd = await Crowd.of(server.address, "none", 32)
        began_s = time.perf_counter()
        posted = await crowd.post(Talk("conv"), 5000)
        took_s = time.perf_counter() - began_s
        crowd.close()
    return {
        "bare_asgi_accept_p50_ms_at_15_per_s": percentile(steady.took_ms, 50),
        "bare_asgi_accept_p99_ms_at_15_per_s": percentile(steady.took_ms, 99),
        "bare_asgi_accepts_per_s": posted / took_s,
    }


def sdk(address: str, pairs: int) -> dict[str, float]:
    """Measure the plain SDK against a stand-in."""
    args = ("--address", address, "--pairs", str(pairs))
    command = [sys.executable, "-m", "benchmarks.baseline", *args]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=300
    )
    return json.loads(done.stdout)


def sqlite_commits() -> dict[str, float]:
    """Commit rows to a file with the store's own pragmas, one by one and in groups."""
    with (
        TemporaryDirectory(prefix="mainstay-floor-") as folder,
        closing(sqlite3.connect(Path(folder) / "db", isolation_level=None)) as db,
    ):
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE rows (bytes BLOB)")

        def commit(rows: int) -> float:
            began_s = time.perf_counter()
            db.execute("BEGIN")
            for _ in range(rows):
                db.execute("INSERT INTO rows VALUES (zeroblob(?))", (ROW_BYTES,))
            db.execute("COMMIT")
            return time.perf_counter() - began_s

        return _rates("sqlite", [commit(1) for _ in range(COMMITS)]) | _grouped(
            "sqlite", [commit(GROUP) for _ in range(COMMITS)]
        )


async def postgres_commits() -> dict[str, float]:
    """Do the same on PostgreSQL, over one connection."""
    import asyncpg  # pyright: ignore[reportMissingTypeStubs]

    insert = "INSERT INTO rows SELECT repeat('x', $2) FROM generate_series(1, $1)"
    with TemporaryDirectory(prefix="mainstay-floor-") as folder:
        server = PostgresServer(Path(folder))
        server.start()
        try:
            connection: Any = await asyncpg.connect(server.url())
            await connection.execute("CREATE TABLE rows (text text)")

            async def commit(rows: int) -> float:
                began_s = time.perf_counter()
                await connection.execute(insert, rows, ROW_BYTES)
                return time.perf_counter() - began_s

            alone = [await commit(1) for _ in range(COMMITS)]
            together = [await commit(GROUP) for _ in range(COMMITS)]
            await connection.close()
        finally:
            server.stop()
    return _rates("postgres", alone) | _grouped("postgres", together)


def _rates(engine: str, took_s: list[float]) -> dict[str, float]:
    return {f"bare_{engine}_commits_per_s": 1 / median(took_s)}


def _grouped(engine: str, took_s: list[float]) -> dict[str, float]:
    return {f"bare_{engine}_rows_per_s_in_commits_of_{GROUP}": GROUP / median(took_s)}


async def application(scope: "Scope", receive: "Receive", send: "Send") -> None:
    """Read a request and say 202."""
    while scope["type"] == "http" and (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


def _serve() -> None:
    import uvicorn

    from mainstay.gateway.server import bind

    listener = bind("127.0.0.1", 0)
    print(f"ready: http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        application, lifespan="off", log_level="warning", access_log=False
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    _serve()
