"""Providers: which there are, and what each needs."""

import pytest

from mainstay.settings import faults, load

BEDROCK = {"CLAUDE_PROVIDERS": "bedrock", "BEDROCK_REGION": "eu-central-1"}


def test_a_list_keeps_its_order() -> None:
    """Spaces around commas are nothing."""
    env = BEDROCK | {"CLAUDE_PROVIDERS": "bedrock, anthropic"}
    assert load(env).providers == ["bedrock", "anthropic"]


@pytest.mark.parametrize("text", ["azure", "anthropic,anthropic", "anthropic,", ","])
def test_a_list_that_means_nothing(text: str) -> None:
    """Unknown, twice, or empty."""
    (found, *_) = faults({"CLAUDE_PROVIDERS": text})
    assert found.startswith("CLAUDE_PROVIDERS: should name some of anthropic, bedrock")


def test_a_cloud_is_told_where_it_is() -> None:
    """Each name that is missing, and why it is asked for."""
    assert faults({"CLAUDE_PROVIDERS": "anthropic,bedrock,vertex"}) == [
        "BEDROCK_REGION not set; CLAUDE_PROVIDERS has bedrock",
        "VERTEX_PROJECT not set; CLAUDE_PROVIDERS has vertex",
        "VERTEX_REGION not set; CLAUDE_PROVIDERS has vertex",
    ]
    assert faults({"BEDROCK_REGION": "eu-central-1"}) == []


def test_without_anthropic_no_key_is_needed() -> None:
    """In production neither."""
    chosen = {
        "MAINSTAY_ENV": "production",
        "DB_TYPE": "sqlite",
        "QUEUE_TYPE": "database",
    }
    assert faults(chosen | BEDROCK) == []
    both = chosen | BEDROCK | {"CLAUDE_PROVIDERS": "bedrock,anthropic"}
    assert faults(both) == ["ANTHROPIC_API_KEY not set"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("claude-sonnet-5-5", "should be pairs of ids"),
        ("claude-sonnet-5-5=", "should be pairs of ids"),
        ("claude-sonnet-5-5=a,claude-sonnet-5-5=b", "should name each model once"),
        ("claude-opus-1=a", "claude-opus-1 is not called"),
    ],
)
def test_ids_that_cannot_be(text: str, fault: str) -> None:
    """Half a pair, two for one model, or one for a model that nobody calls."""
    (found,) = faults(BEDROCK | {"BEDROCK_MODELS": text})
    assert found.startswith(f"BEDROCK_MODELS: {fault}")


def test_ids_go_by_the_models_that_are_called() -> None:
    """Also where these are not the defaults."""
    env = BEDROCK | {
        "CLAUDE_MODEL": "claude-opus-5-5",
        "BEDROCK_MODELS": "claude-opus-5-5=eu.x, claude-haiku-5-5=eu.y:0",
    }
    ids = load(env).bedrock_models
    assert ids == "claude-opus-5-5=eu.x,claude-haiku-5-5=eu.y:0"
