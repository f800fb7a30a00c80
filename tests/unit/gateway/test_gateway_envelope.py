import asyncio
import json

import pytest
from gateway_world import World

from mainstay.gateway.deps import GatewayOptions


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health/live", 200),
        ("GET", "/nowhere", 404),
        ("PUT", "/v1/conversations/conv_1/messages", 405),
        ("GET", "/v1/turns/turn_1", 404),
        ("POST", "/v1/conversations", 422),
        ("GET", "/openapi.json", 200),
    ],
)
async def test_every_answer_has_a_request_id(
    world: World, method: str, path: str, status: int
):
    """Answers and errors alike carry a request id and refuse to be sniffed or kept."""
    async with world.api() as api:
        answer = await api.request(method, path)
    assert answer.status_code == status
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert answer.json()["instance"] == path


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abc-1.2_X", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("a b", False),
        ("", False),
    ],
)
async def test_request_id_of_the_caller(world: World, given: str, kept: bool):
    """A sane request id is kept; any other is replaced."""
    async with world.api() as api:
        answer = await api.get("/health/live", headers={"x-request-id": given})
    assert (answer.headers["x-request-id"] == given) is kept


async def test_method_not_allowed_names_all_methods(world: World):
    """405 lists every method of the path (RFC 9110, section 15.5.6)."""
    async with world.api() as api:
        answer = await api.delete("/v1/conversations/conv_1/messages")
    assert answer.headers["allow"] == "GET, POST"


async def test_surprise_tells_nothing(world: World):
    """An error nobody expected is 500 without its words, and is noted without them."""

    async def explode(_: str) -> None:
        raise RuntimeError("customer said: secret")

    world.store.get = explode
    async with world.api() as api:
        answer = await api.get("/v1/conversations/conv_1")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    (trouble,) = world.telemetry.events
    assert "RuntimeError" in str(trouble)
    assert "secret" not in str(trouble)


async def test_request_that_takes_too_long(world: World):
    """A request ends at its limit with 504."""
    world.store.stuck = asyncio.Event()
    async with world.api(options=GatewayOptions(request_timeout_s=0.05)) as api:
        answer = await api.get("/v1/conversations/conv_1")
    assert answer.status_code == 504
    assert answer.json()["type"] == "urn:mainstay:problem:timeout"
    assert world.telemetry.events == []


async def test_served_requests_are_told(world: World):
    """Telemetry hears of each request by its route's template, and of its id."""
    async with world.api() as api:
        await api.get("/v1/conversations/conv_1", headers={"x-request-id": "one"})
        await api.get("/nowhere", headers={"x-request-id": "two"})
    assert world.telemetry.request_ids == ["one", "two"]
    assert [(s.method, s.route, s.status) for s in world.telemetry.served] == [
        ("GET", "/v1/conversations/{id}", 404),
        ("GET", "", 404),
    ]


async def test_document_names_only_problems_for_errors(world: World):
    """The OpenAPI document describes every route, its credentials and its errors."""
    async with world.api(None) as api:
        document = (await api.get("/openapi.json")).json()
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) == 30
    for path, _, operation in operations:
        assert operation["security"] == ([] if "/v1/" not in path else [{"bearer": []}])
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"]
    text = json.dumps(document)
    for reference in text.split('"$ref": "#/components/schemas/')[1:]:
        assert reference.split('"')[0] in document["components"]["schemas"]
