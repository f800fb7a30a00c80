"""What Redis' address may say."""

import pytest

from mainstay.domain.errors import MainstayError
from mainstay.settings import load


def test_what_redis_py_cannot_read_is_one_line() -> None:
    """A parameter of the address that its client refuses: said, and not shown."""
    url = "redis://:Zx9@h:6379/0?max_connections=Zx9"
    with pytest.raises(MainstayError, match=r"^REDIS_URL") as refused:
        load({"REDIS_URL": url})
    assert "Zx9" not in str(refused.value)
