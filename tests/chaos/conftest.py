"""What the tests of whole processes share."""

import shutil
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from tests.acceptance.server import StandIn
from tests.acceptance.shared import Cluster, cluster
from tests.chaos.lives import Forge, opened

from mainstay.simulator.server import running_in_thread
from mainstay.stores.sqlite.schema import migrate


@pytest.fixture(scope="session")
def model_address() -> Generator[str]:
    """Give the address of a stand-in for Claude."""
    with running_in_thread() as address:
        yield address


@pytest.fixture
def stand_in(model_address: str) -> Generator[StandIn]:
    """Give a stand-in without faults."""
    claude = StandIn(model_address)
    claude.heal()
    yield claude
    claude.heal()


@pytest.fixture
def shared(tmp_path: Path, stand_in: StandIn) -> Generator[Cluster]:
    """Give a cluster without processes."""
    with cluster(tmp_path, stand_in) as one:
        yield one


@pytest.fixture
def forge(model_address: str) -> Generator[Forge]:
    """Give a forge of processes."""
    opened_forge = Forge(model_address)
    yield opened_forge
    opened_forge.close()


@pytest.fixture
async def folder_of(forge: Forge, tmp_path: Path) -> Callable[[str], tuple[Path, str]]:
    """Give new data folders, each with a schema and one open conversation."""
    template = tmp_path / "template"
    migrate(template / "mainstay.db")
    life = forge.live(template, "opener", roles=("gateway",))
    conversation_id = await opened(life.address())
    life.end(15)
    life.gone()

    def make(name: str) -> tuple[Path, str]:
        folder = tmp_path / name
        shutil.copytree(template, folder)
        return folder, conversation_id

    return make
