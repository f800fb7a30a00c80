"""What providers have is what the page says they have."""

from pathlib import Path

import pytest

from mainstay.models.provider import PROVIDERS, SSE, ProviderName

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "add-providers.md"
ROWS = {
    cells[0].strip(): [cell.strip() for cell in cells[1:]]
    for line in PAGE.read_text().splitlines()
    if line.startswith("|")
    for cells in [line.strip("|").split("|")]
}
NAMES = ROWS[""]


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_page_says_what_each_has(name: ProviderName) -> None:
    """Its stream, its headers, its list of models, its ids."""
    provider, column = PROVIDERS[name], NAMES.index(name)
    yes = {True: "yes", False: "no"}
    assert ROWS["rate headers"][column] == yes[provider.rate_headers]
    assert ROWS["list of models"][column] == yes[provider.lists_models]
    stream = "SSE" if provider.stream == SSE else "AWS event stream"
    assert ROWS["stream"][column] == stream
    own = f"`{provider.prefix}` + its own" if provider.prefix else "its own"
    assert ROWS["id of a model"][column] == own


def test_ids_that_the_rule_does_not_make() -> None:
    """Are given."""
    bedrock = PROVIDERS["bedrock"]
    assert bedrock.model_id("m", {}) == "anthropic.m"
    assert bedrock.model_id("m", {"m": "eu.anthropic.m"}) == "eu.anthropic.m"
