"""Connecting to Redis: what the settings name may not be readable."""

from contextlib import AsyncExitStack
from typing import Any, cast

import pytest

from mainstay.assembly.sharing import open_sharing
from mainstay.domain.errors import MainstayError
from mainstay.monitoring.telemetry import Monitoring
from mainstay.settings import load


async def test_what_redis_py_cannot_read_is_one_line() -> None:
    """A parameter of the address that its client refuses: said, and not shown."""
    settings = load({"REDIS_URL": "redis://:Zx9@h:6379/0?max_connections=Zx9"})
    no_store = cast("Any", None)
    async with AsyncExitStack() as stack:
        with pytest.raises(MainstayError, match=r"^REDIS_URL is not") as refused:
            await open_sharing(stack, settings, no_store, Monitoring())
    assert "Zx9" not in str(refused.value)
