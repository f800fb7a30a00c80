"""The clouds' routes; the SDK's clients are the witnesses in the conformance suite.

Sources: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
and https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude.
"""

import json
from typing import Any

import pytest

SCOPE = "AKID/20261125/eu/bedrock/aws4_request"
SIGNED = {
    "authorization": f"AWS4-HMAC-SHA256 Credential={SCOPE}, "
    "SignedHeaders=host, Signature=0"
}
TOKEN = {"authorization": "Bearer ya29.x"}
BEDROCK = "/model/{}/invoke"
VERTEX = "/projects/p/locations/eu/publishers/anthropic/models/{}:rawPredict"


def body(**changes: Any) -> dict[str, Any]:
    """Return a body as a cloud takes it, but for the changes."""
    message = {"role": "user", "content": "Hello"}
    told = {"anthropic_version": "2026-10-21", "max_tokens": 100}
    return told | {"messages": [message]} | changes


async def ask(sim: Any, path: str, headers: dict[str, str], **changes: Any) -> Any:
    """Post to a cloud's path."""
    return await sim.http.post(path, json=body(**changes), headers=headers)


@pytest.mark.parametrize(
    "id_", ["anthropic.claude-sonnet-5-5", "eu.anthropic.claude-sonnet-5-5"]
)
async def test_bedrock_has_ids_of_its_own(sim, id_: str):
    """A model's, or an inference profile's, which begins with a region."""
    answer = await ask(sim, BEDROCK.format(id_), SIGNED)
    assert answer.status_code == 200
    assert answer.json()["model"] == "claude-sonnet-5-5"


async def test_vertex_has_anthropics_ids(sim):
    """Below the project and its region."""
    answer = await ask(sim, VERTEX.format("claude-sonnet-5-5"), TOKEN)
    assert answer.status_code == 200
    assert answer.json()["model"] == "claude-sonnet-5-5"


@pytest.mark.parametrize(
    "version", ["bedrock-2023-05-31", "vertex-2023-10-16", "2023-06-01"]
)
async def test_versions_are_in_the_body(sim, version: str):
    """The clouds' own names and Anthropic's."""
    path = BEDROCK.format("anthropic.claude-haiku-5-5")
    assert (await ask(sim, path, SIGNED, anthropic_version=version)).status_code == 200
    assert (await ask(sim, path, SIGNED, anthropic_version="1")).status_code == 400


async def test_who_did_not_sign_is_refused(sim):
    """With 401, in each cloud's words."""
    for headers in ({}, {"authorization": "AWS4-HMAC-SHA256 Credential=AKID"}):
        answer = await ask(sim, BEDROCK.format("anthropic.claude-sonnet-5-5"), headers)
        assert answer.status_code == 401
        assert answer.headers["x-amzn-errortype"] == "UnrecognizedClientException"
        assert set(answer.json()) == {"message"}
    answer = await ask(sim, VERTEX.format("claude-sonnet-5-5"), {})
    assert answer.status_code == 401


async def test_an_access_key_is_a_key(sim):
    """It can be revoked as one."""
    path = BEDROCK.format("anthropic.claude-sonnet-5-5")
    await sim.control("PUT", "/keys", ["AKID"])
    assert (await ask(sim, path, SIGNED)).status_code == 200
    await sim.control("PUT", "/keys", ["other"])
    assert (await ask(sim, path, SIGNED)).status_code == 401


async def test_bedrocks_errors(sim):
    """A message, and a name in a header."""
    answer = await ask(sim, BEDROCK.format("anthropic.claude-none"), SIGNED)
    assert answer.status_code == 404
    assert answer.headers["x-amzn-errortype"] == "ResourceNotFoundException"
    await sim.control("PUT", "/faults", {"*": {"status": 429}})
    answer = await ask(sim, BEDROCK.format("anthropic.claude-sonnet-5-5"), SIGNED)
    assert answer.headers["x-amzn-errortype"] == "ThrottlingException"
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_a_token_is_given_to_anybody(sim):
    """As Google's server for service accounts does to those it knows."""
    answer = await sim.http.post("/token", data={"assertion": "x"})
    assert json.loads(answer.content)["access_token"]


async def test_calls_are_logged_by_the_models_own_id(sim):
    """Whatever the cloud calls it."""
    await ask(sim, BEDROCK.format("eu.anthropic.claude-sonnet-5-5"), SIGNED)
    calls = (await sim.control("GET", "/calls")).json()
    assert calls["per_model"] == {"claude-sonnet-5-5": 1}
