"""Processes that go: Prometheus sees it, Alertmanager tells, and it clears again."""

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from tests.acceptance.server import Server, StandIn, serving
from tests.acceptance.watched import Watch

pytestmark = pytest.mark.long


@pytest.mark.timeout(240)
def test_each_role_is_missed_and_in_the_end_all_of_them(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """No worker, no gateway, nothing; the deadman fires until there is nothing."""

    def role(name: str) -> AbstractContextManager[Server]:
        return serving(tmp_path / "data", stand_in.address, name, API_WORKERS="1")

    with ExitStack() as stack:
        pager = watch.pager
        gateway = stack.enter_context(role("gateway"))
        with role("worker") as worker:
            watch.scrape(gateway, worker)
            pager.wait("firing", "MainstayDeadman")
            assert worker.stop() == 0
        pager.wait("firing", "MainstayNoWorkers")
        watch.told("MainstayNoWorkers")
        with role("worker") as worker:
            watch.scrape(gateway, worker)
            pager.wait("resolved", "MainstayNoWorkers")
            assert gateway.stop() == 0
            pager.wait("firing", "MainstayNoGateways")
            watch.told("MainstayNoGateways")
            assert not pager.has("resolved", "MainstayDeadman")
            assert worker.stop() == 0
        pager.wait("firing", "MainstayGone")
        assert watch.told("MainstayGone")["labels"]["severity"] == "page"
        pager.wait("resolved", "MainstayDeadman")
        back = stack.enter_context(role("all"))
        watch.scrape(back)
        pager.wait("firing", "MainstayDeadman")
        pager.wait("resolved", "MainstayGone", "MainstayNoGateways")
