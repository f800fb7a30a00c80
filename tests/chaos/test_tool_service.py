"""The tool service killed, frozen and restarted: no effect is lost sight of."""

import asyncio
import os
import signal
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path

import pytest
from tests.chaos.tool_service import ledger_agent, lines_of
from tests.conformance.tool_stage import remote

from mainstay import ToolContext
from mainstay.ports.tools import ToolDone, ToolDoubt, ToolOutcome, ToolRefused
from mainstay.testing.servers.server import ServerProcess, free_port
from mainstay.tools.remote.options import RemoteOptions
from mainstay.tools.remote.tools import RemoteTools

ROOT = Path(__file__).parents[2]
OPTIONS = RemoteOptions(accept_s=0.5, patience_s=1.0)
PATIENT = RemoteOptions(accept_s=2.0, patience_s=60.0)
LOOK_S = 0.01


class Stage:
    """A tool service in a process, and the file of its effects.

    Args:
        folder: for its files.
    """

    def __init__(self, folder: Path) -> None:
        self.ledger = folder / "ledger"
        self.ledger.touch()
        self.port = free_port()
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        self.process = ServerProcess(
            "tool service",
            [
                sys.executable,
                str(ROOT / "tests/chaos/tool_service.py"),
                str(self.port),
                str(self.ledger),
            ],
            ready=self._ready,
            log=folder / "log",
            env={"PYTHONPATH": os.pathsep.join(path for path in paths if path)},
        )

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/mcp"

    def _ready(self) -> bool:
        url = f"http://127.0.0.1:{self.port}/health/ready"
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                return answer.status == 200
        except (OSError, urllib.error.HTTPError):
            return False

    async def until(self, holds: Callable[[list[str]], bool]) -> None:
        """Return when what the effects wrote is as asked; within 10 s."""
        async with asyncio.timeout(10):
            while not holds(lines_of(self.ledger)):  # noqa: ASYNC110 - a file
                await asyncio.sleep(LOOK_S)

    def carried_out(self) -> Counter[str]:
        """Return how often the effect of each key was carried out."""
        lines = lines_of(self.ledger)
        return Counter(
            line.removeprefix("done ") for line in lines if line.startswith("done ")
        )


@pytest.fixture
def stage(tmp_path: Path) -> Generator[Stage]:
    """Give a running tool service."""
    stage = Stage(tmp_path)
    stage.process.start()
    yield stage
    stage.process.kill()


@pytest.fixture
async def tools(stage: Stage) -> AsyncGenerator[RemoteTools]:
    """Give a worker's side with little patience."""
    async with remote(ledger_agent(stage.ledger), stage.url, options=OPTIONS) as tools:
        yield tools


def keyed(key: str) -> ToolContext:
    """Return the context of a call."""
    return ToolContext("ada", "conversation", "turn", key)


async def test_killed_in_a_call(stage: Stage, tools: RemoteTools) -> None:
    """A call that a kill cut is in doubt; the next process tells what was done."""
    await tools.call("pay", {}, keyed("k1"))
    calling = asyncio.create_task(tools.call("pay_slowly", {"wait_s": 1}, keyed("k2")))
    await stage.until(lambda lines: "begun k2" in lines)
    await asyncio.to_thread(stage.process.kill)
    assert isinstance(await calling, ToolDoubt)
    assert isinstance(await tools.query("pay", keyed("k1")), ToolDoubt)
    await asyncio.to_thread(stage.process.start)
    assert isinstance(await tools.query("pay", keyed("k1")), ToolDone)
    assert await tools.query("pay_slowly", keyed("k2")) is None


async def test_frozen_in_a_call(stage: Stage, tools: RemoteTools) -> None:
    """A call that a frozen service keeps is in doubt, and thawed it can be asked."""
    args = {"wait_s": 0.5}
    calling = asyncio.create_task(tools.call("pay_slowly", args, keyed("k1")))
    await stage.until(lambda lines: "begun k1" in lines)
    stage.process.freeze()
    assert isinstance(await calling, ToolDoubt)
    stage.process.thaw()
    found = await tools.query("pay_slowly", keyed("k1"))
    done = stage.carried_out()["k1"] == 1
    assert isinstance(found, ToolDone) == done


async def test_frozen_before_a_call(stage: Stage, tools: RemoteTools) -> None:
    """What a frozen service did not let in is refused, and never done when it thaws."""
    await tools.call("pay", {}, keyed("warm"))
    stage.process.freeze()
    outcome = await tools.call("pay", {}, keyed("k1"))
    assert outcome == ToolRefused("pay does not work at the moment.", fault=True)
    stage.process.thaw()
    assert isinstance(await tools.call("pay", {}, keyed("k2")), ToolDone)
    assert await tools.query("pay", keyed("k1")) is None
    assert stage.carried_out() == {"warm": 1, "k2": 1}


async def test_terminated_in_a_call(stage: Stage, tools: RemoteTools) -> None:
    """On SIGTERM a call that runs gets to finish, and is answered."""
    calling = asyncio.create_task(
        tools.call("pay_slowly", {"wait_s": 0.5}, keyed("k1"))
    )
    await stage.until(lambda lines: "begun k1" in lines)
    await asyncio.to_thread(stage.process.stop)
    assert isinstance(await calling, ToolDone)


async def _call_on(
    tools: RemoteTools, name: str, end: asyncio.Event
) -> dict[str, ToolOutcome]:
    """Call one after another until the end; return the outcomes by key."""
    outcomes: dict[str, ToolOutcome] = {}
    while not end.is_set():
        key = f"{name}-{len(outcomes)}"
        outcomes[key] = await tools.call("pay", {}, keyed(key))
    return outcomes


async def _under_load(
    stage: Stage, options: RemoteOptions, ends: list[signal.Signals]
) -> dict[str, ToolOutcome]:
    """End and start the service again and again while four callers call."""
    end = asyncio.Event()
    agent = ledger_agent(stage.ledger)
    async with remote(agent, stage.url, options=options) as tools:
        callers = [asyncio.create_task(_call_on(tools, str(n), end)) for n in range(4)]
        for number in ends:
            seen = len(lines_of(stage.ledger))
            await stage.until(lambda lines, seen=seen: len(lines) > seen + 50)
            way = stage.process.kill if number == signal.SIGKILL else stage.process.stop
            await asyncio.to_thread(way)
            await asyncio.to_thread(stage.process.start)
        end.set()
        return {
            key: outcome
            for outcomes in await asyncio.gather(*callers)
            for key, outcome in outcomes.items()
        }


async def test_restarts_under_load(stage: Stage) -> None:
    """Restarts in good order cost no call: each is done, once, and none in doubt."""
    outcomes = await _under_load(stage, PATIENT, [signal.SIGTERM] * 4)
    assert len(outcomes) >= 200
    assert all(isinstance(outcome, ToolDone) for outcome in outcomes.values())
    assert stage.carried_out() == dict.fromkeys(outcomes, 1)


async def test_kills_under_load(stage: Stage) -> None:
    """Whatever a kill hits: done was done once, refused never; the rest is doubt."""
    outcomes = await _under_load(stage, PATIENT, [signal.SIGKILL] * 4)
    carried_out = stage.carried_out()
    assert len(outcomes) >= 200
    for key, outcome in outcomes.items():
        match outcome:
            case ToolDone():
                assert carried_out[key] == 1
            case ToolRefused():
                assert carried_out[key] == 0
            case ToolDoubt():
                assert carried_out[key] <= 1
