import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize(
    "name",
    ["circuit-breaker.md", "concurrency.md", "rate-limit.md", "claude-limits.md"],
)
def test_usage_does_what_the_page_says(name: str) -> None:
    """The page's example runs, and what it asserts is so."""
    page = (PAGES / name).read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert examples
    for example in examples:
        assert "assert " in example
        exec(compile(example, name, "exec"), {})  # noqa: S102 - our own page
