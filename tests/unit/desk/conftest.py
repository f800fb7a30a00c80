"""Makes the fakes importable and gives each test a fresh world."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "gateway"))

from gateway_world import World


@pytest.fixture
def world() -> World:
    """Return fakes nobody has touched."""
    return World()
