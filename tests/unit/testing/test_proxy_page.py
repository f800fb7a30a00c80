"""The page about the proxy: its example runs, and it names every call."""

import inspect
import re
from pathlib import Path

from mainstay.testing.proxy import Proxy

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "proxy.md"


def test_its_example_runs(capsys) -> None:
    """As it stands."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    exec(compile(code, str(PAGE), "exec"), {})  # noqa: S102 - our own page
    assert capsys.readouterr().out == "cut after b'hel'\n"


def test_it_names_every_call() -> None:
    """Each public member of the proxy is on the page."""
    calls = {name for name, _ in inspect.getmembers(Proxy) if not name.startswith("_")}
    named = set(re.findall(r"`(\w+)[`(]", PAGE.read_text("utf-8")))
    assert calls - {"start"} <= named
