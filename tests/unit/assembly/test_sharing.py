"""What Redis' address may say."""

from contextlib import AsyncExitStack
from typing import Any, cast

import pytest
from pydantic import SecretStr

from mainstay.assembly.sharing import open_sharing
from mainstay.domain.errors import MainstayError
from mainstay.monitoring.telemetry import Monitoring
from mainstay.settings import load

URL = "redis://:Zx9@h:6379/0?max_connections=Zx9"


def test_a_parameter_that_cannot_be_is_a_fault_of_the_settings() -> None:
    """It is said before anything starts, and not shown."""
    with pytest.raises(MainstayError, match=r"^REDIS_URL") as refused:
        load({"REDIS_URL": URL})
    assert "Zx9" not in str(refused.value)


async def test_what_redis_py_cannot_read_is_one_line() -> None:
    """What the settings let through is still said in one line, and not shown."""
    settings = load({}).model_copy(update={"redis_url": SecretStr(URL)})
    no_store = cast("Any", None)
    async with AsyncExitStack() as stack:
        with pytest.raises(MainstayError, match=r"^REDIS_URL is not") as refused:
            await open_sharing(stack, settings, no_store, Monitoring())
    assert "Zx9" not in str(refused.value)
