"""What acceptance tests share."""

from collections.abc import Generator
from pathlib import Path

import pytest
from tests.acceptance.server import Server, StandIn, serving
from tests.acceptance.watched import Watch, watching

from mainstay.simulator.server import running_in_thread


@pytest.fixture(scope="session")
def stand_in_address() -> Generator[str]:
    """Give the address of one stand-in for the whole run."""
    with running_in_thread() as address:
        yield address


@pytest.fixture
def stand_in(stand_in_address: str) -> Generator[StandIn]:
    """Give a stand-in without faults."""
    claude = StandIn(stand_in_address)
    claude.heal()
    yield claude
    claude.heal()


@pytest.fixture
def server(tmp_path: Path, stand_in: StandIn) -> Generator[Server]:
    """Give a server with all roles."""
    with serving(tmp_path / "data", stand_in.address) as running:
        yield running


@pytest.fixture
def watch(tmp_path: Path) -> Generator[Watch]:
    """Give a Prometheus and an Alertmanager that know nothing yet."""
    with watching(tmp_path / "watch") as made:
        yield made
