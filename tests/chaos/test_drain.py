"""SIGTERM: what runs ends or is handed on; nothing is left behind; exit code 0."""

import asyncio
import contextlib
import json
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from tests.acceptance.server import serving
from tests.chaos.lives import (
    Forge,
    Life,
    answered,
    check,
    each_at_once,
    posted,
    rows,
)
from tests.chaos.pairs import Folders, struck_itself

from mainstay.simulator.server import running_in_thread

DRAIN_S = 20.0


@pytest.mark.timeout(240)
async def test_what_was_accepted_is_answered_or_left_for_the_next_process(
    forge: Forge, folder_of: Folders
) -> None:
    """SIGTERM at every statement and call of accept and turn.

    The message is accepted. A turn that was claimed is answered before the end, for
    nothing limits its model; one that was not is due at once for the next process. No
    lease, no strike, no entry of the process and no word of complaint is left.
    """
    folder, conversation = folder_of("whole")
    life = forge.live(folder, "first", at=0)
    assert await posted(life.address(), conversation, "k") is not None
    answered(folder, within_s=20)
    life.end()
    points = life.points

    async def scenario(at: int) -> float:
        folder, conversation = folder_of(f"term-{at}")
        life = forge.live(folder, "first", at=at, by="SIGTERM")
        assert await posted(life.address(), conversation, "k") is not None
        if not struck_itself(folder):
            _terminate(life, folder)
        took_s = life.gone(DRAIN_S)
        where = f"terminated at {points[at - 1]} ({at})"
        store = folder / "mainstay.db"
        [(state, strikes, attempt)] = rows(
            store, "SELECT state, strikes, attempt FROM turns"
        )
        assert strikes == 0, where
        if state == "pending":
            assert attempt == 0, f"a claimed turn was left: {where}"
            _go_on(forge, folder)
        check(folder, where)
        assert rows(folder / "mainstay.db", "SELECT * FROM processes") == [], where
        assert list((folder / "processes").iterdir()) == [], where
        assert life.output == "", where
        return took_s

    numbers = range(1, len(points) + 1)
    took_s = await asyncio.to_thread(each_at_once, scenario, numbers)
    print(f"{len(points)} points, slowest end {max(took_s):.2f} s after the signal")


async def test_a_turn_that_takes_too_long_is_handed_to_another(
    folder_of: Folders,
) -> None:
    """When the drain time is over, the lease is given back and no strike is counted."""
    with running_in_thread() as address:
        forge = Forge(address)
        folder, conversation = folder_of("slow")
        gateway = forge.live(folder, "gateway", roles=("gateway",))
        first = forge.live(folder, "first", roles=("worker",), drain_s=1.0)
        first.address()
        _set_fault(address, {"latency_s": 7, "times": 1})
        assert await posted(gateway.address(), conversation, "k") is not None
        _wait_for_claim(folder)
        second = forge.live(folder, "second", roles=("worker",))
        second.address()
        first.end(15)
        ended_s = first.gone(within_s=5)
        assert ended_s >= 1, "it did not give the turn time to end"
        assert first.output == ""
        answered(folder, within_s=5)
        check(folder, "handed over")
        turn = rows(folder / "mainstay.db", "SELECT attempt, strikes FROM turns")
        assert turn == [(2, 0)]
        forge.close()


def test_the_command_exits_with_0(tmp_path: Path) -> None:
    """``mainstay serve`` ends a turn that runs, then ends well."""
    with (
        running_in_thread() as address,
        serving(tmp_path / "data", address) as server,
    ):
        conversation = server.open()
        _set_fault(address, {"latency_s": 1.5, "times": 1})
        path = f"/v1/conversations/{conversation}/messages"
        status, _, _ = server.call("POST", path, {"text": "Where is order 1042?"})
        assert status == 202
        _wait_for_claim(tmp_path / "data")
        started = time.monotonic()
        assert server.stop() == 0
        assert 1 < time.monotonic() - started < DRAIN_S
        store = tmp_path / "data" / "mainstay.db"
        assert rows(store, "SELECT state FROM turns") == [("answered",)]
        assert rows(store, "SELECT lease_owner FROM conversations") == [(None,)]
        assert rows(store, "SELECT owner FROM processes") == []


def _terminate(life: Life, folder: Path) -> None:
    """Send the signal from here, unless the life has just sent it to itself.

    Nor may it do so at a statement of its drain: a second signal ends it at once.
    """
    with contextlib.suppress(FileExistsError):
        (folder / "struck").touch(exist_ok=False)
        life.end(15)


def _go_on(forge: Forge, folder: Path) -> None:
    """Let the next process answer what was left, and end it too."""
    life = forge.live(folder, "second")
    life.address()
    answered(folder, within_s=5)
    life.end(15)
    life.gone(DRAIN_S)


def _wait_for_claim(folder: Path) -> None:
    until = time.monotonic() + 10
    while rows(folder / "mainstay.db", "SELECT state FROM turns") != [("running",)]:
        assert time.monotonic() < until, "nobody claimed the turn"
        time.sleep(0.02)


def _set_fault(address: str, fault: dict[str, object]) -> None:
    body = json.dumps({"*": fault}).encode()
    with urlopen(Request(f"{address}/faults", body, method="PUT"), timeout=5) as got:
        assert got.status == 200
