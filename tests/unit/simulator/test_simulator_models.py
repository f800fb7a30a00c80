"""Which models answer, and what /v1/models says of them."""

import anthropic  # the SDK is the witness
import pytest


async def test_an_unknown_model_is_not_found(sim):
    """404 not_found_error (https://platform.claude.com/docs/en/api/errors)."""
    message = await sim.refused(404, "not_found_error", model="claude-9")
    assert message == "model: claude-9"


@pytest.mark.parametrize(
    "model", ["claude-3-5-sonnet-20241022", "claude-3-5-haiku-20241022"]
)
async def test_a_retired_model_is_not_found(sim, model):
    """Requests to them fail (.../docs/en/about-claude/model-deprecations)."""
    await sim.refused(404, "not_found_error", model=model)


async def test_the_sdk_reads_a_model_with_its_lifecycle(claude):
    """Its lifecycle and retires_at are those of anthropic.types.ModelInfo."""
    sonnet = await claude.models.retrieve("claude-sonnet-5-5")
    assert (sonnet.lifecycle, sonnet.retires_at) == ("active", None)
    assert sonnet.max_input_tokens == 1_000_000
    assert sonnet.capabilities.thinking.types.between_tools.supported
    assert not sonnet.capabilities.thinking.types.disabled.supported
    old = await claude.models.retrieve("claude-3-5-sonnet-20241022")
    assert old.lifecycle == "retired"
    assert old.retires_at.date().isoformat() == "2025-10-28"


async def test_a_list_leaves_out_retired_models_unless_asked(claude):
    """As anthropic.types.ModelListParams.lifecycle says."""
    usual = [m.lifecycle async for m in claude.models.list()]
    assert set(usual) == {"active", "deprecated"}
    retired = [m.id async for m in claude.models.list(lifecycle=["retired"])]
    assert "claude-3-5-haiku-20241022" in retired


async def test_a_list_pages(claude):
    """Both limit and after_id lead through all (anthropic.types.ModelListParams)."""
    paged = [m.id async for m in claude.models.list(limit=2)]
    assert paged == [m.id async for m in claude.models.list(limit=1_000)]


async def test_a_model_that_never_was_is_not_found(claude):
    """404 not_found_error (https://platform.claude.com/docs/en/api/errors)."""
    with pytest.raises(anthropic.NotFoundError):
        await claude.models.retrieve("claude-9")
