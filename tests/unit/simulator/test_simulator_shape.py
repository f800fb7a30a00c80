"""Fields, types and ranges of a request."""

import pytest


@pytest.mark.parametrize("field", ["model", "max_tokens", "messages"])
async def test_a_required_field_that_is_missing_is_named(sim, field):
    """Required in anthropic.types.MessageCreateParamsBase."""
    assert await sim.refused(**{field: None}) == f"{field}: Field required"


async def test_an_unknown_field_is_refused(sim):
    """The API permits no extra inputs (anthropic.types.MessageCreateParamsBase)."""
    message = await sim.refused(response_format="json")
    assert message == "response_format: Extra inputs are not permitted"


async def test_a_beta_may_bring_fields_of_its_own(sim):
    """Beta headers switch features on (.../docs/en/api/beta-headers)."""
    headers = {
        "x-api-key": "any",
        "anthropic-version": "2026-10-21",
        "anthropic-beta": "context-management-2025-06-27",
    }
    response = await sim.post(headers=headers, context_management={})
    assert response.status_code == 200


@pytest.mark.parametrize("wrong", ["many", -1, 128_001, True])
async def test_max_tokens_has_a_range(sim, wrong):
    """At most the model's maximum (anthropic.types.ModelInfo.max_tokens)."""
    assert (await sim.refused(max_tokens=wrong)).startswith("max_tokens:")


async def test_messages_cannot_be_empty(sim):
    """The field messages is required (anthropic.types.MessageCreateParamsBase)."""
    assert "at least one message" in await sim.refused(messages=[])


async def test_a_message_has_no_further_fields(sim):
    """anthropic.types.UserMessageParam has role and content."""
    message = {"role": "user", "content": "Hello", "name": "Ann"}
    assert "name: Extra inputs" in await sim.refused(messages=[message])


async def test_a_block_of_unknown_type_is_refused(sim):
    """anthropic.types.ContentBlockParam is a closed union."""
    message = {"role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
    assert "input_text" in await sim.refused(messages=[message])


async def test_a_block_has_no_further_fields(sim):
    """anthropic.types.TextBlockParam has text, citations and cache_control."""
    block = {"type": "text", "text": "Hello", "model": "m"}
    message = {"role": "user", "content": [block]}
    assert "model: Extra inputs" in await sim.refused(messages=[message])


async def test_a_body_that_is_not_json_is_refused(sim):
    """400 for the format of a request (https://platform.claude.com/docs/en/api/errors)."""
    response = await sim.http.post(
        "/v1/messages",
        content=b'{"model": ',
        headers={"x-api-key": "any", "anthropic-version": "2026-10-21"},
    )
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


async def test_an_unknown_path_is_not_found(sim):
    """404 not_found_error (https://platform.claude.com/docs/en/api/errors)."""
    response = await sim.get("/v1/complete")
    assert response.status_code == 404
    assert response.json()["error"]["type"] == "not_found_error"
