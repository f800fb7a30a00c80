"""Headers that the API wants; the source of each rule is in its test."""


async def test_a_request_without_a_key_is_not_authenticated(sim):
    """401 authentication_error (https://platform.claude.com/docs/en/api/errors)."""
    message = await sim.refused(
        401, "authentication_error", headers={"anthropic-version": "2026-10-21"}
    )
    assert "x-api-key" in message


async def test_a_key_of_blanks_is_no_key(sim):
    """401 authentication_error (https://platform.claude.com/docs/en/api/errors)."""
    headers = {"x-api-key": "  ", "anthropic-version": "2026-10-21"}
    await sim.refused(401, "authentication_error", headers=headers)


async def test_a_bearer_token_is_a_key(sim):
    """SDKs from 2.0 on send Authorization: Bearer (Anthropic.auth_headers)."""
    headers = {"authorization": "Bearer any", "anthropic-version": "2026-10-21"}
    assert (await sim.post(headers=headers)).status_code == 200


async def test_only_accepted_keys_are_taken(sim):
    """401 for a key that is revoked (https://platform.claude.com/docs/en/api/errors)."""
    version = {"anthropic-version": "2026-10-21"}
    await sim.control("PUT", "/keys", ["old", "new"])
    assert (await sim.control("GET", "/keys")).json() == {"accepted": 2}
    assert (await sim.post(headers={"x-api-key": "old"} | version)).status_code == 200
    await sim.control("PUT", "/keys", ["new"])
    old = {"authorization": "Bearer old"} | version
    assert "invalid" in await sim.refused(401, "authentication_error", headers=old)
    assert (await sim.http.get("/v1/models", headers=old)).status_code == 401
    await sim.control("DELETE", "/keys")
    assert (await sim.post(headers=old)).status_code == 200


async def test_keys_that_are_none_are_refused(sim):
    """422, and what was accepted before still is."""
    for body in ("old", {"old": 1}, [1], [""]):
        assert (await sim.control("PUT", "/keys", body)).status_code == 422
    assert (await sim.post()).status_code == 200


async def test_a_request_without_a_version_is_refused(sim):
    """The header is required (https://platform.claude.com/docs/en/api/versioning)."""
    assert "anthropic-version" in await sim.refused(headers={"x-api-key": "any"})


async def test_a_version_that_never_was_is_refused(sim):
    """Three versions exist (https://platform.claude.com/docs/en/api/versioning)."""
    headers = {"x-api-key": "any", "anthropic-version": "2024-01-01"}
    assert "not a valid version" in await sim.refused(headers=headers)


async def test_every_answer_names_its_call_and_organisation(sim):
    """request-id and anthropic-organization-id (.../docs/en/api/errors#request-id)."""
    response = await sim.post()
    assert response.headers["request-id"].startswith("req_")
    assert response.headers["anthropic-organization-id"]
